//! `mailbox rights`: the one report of who may do what with which mailbox, and why (R20, R23, R25).

use jiff::Timestamp;
use jiff::civil::Date;

use super::execute::Services;
use super::failure::Failure;
use super::reply::{Basis, Reply, RightView};
use crate::address::Address;
use crate::credential;
use crate::directory::{Delegation, DelegationState, Mailbox, MailboxState, Owner, Rights, Snapshot, StaffState};
use crate::id::StaffId;
use crate::language::Language;

pub(super) async fn report(
    address: Option<&Address>,
    services: &Services,
    snapshot: &Snapshot,
    language: Language,
) -> Result<Reply, Failure> {
    let wanted: Vec<_> = match address {
        Some(address) => {
            let what = ("hộp thư", "mailbox");
            let unknown = || Failure::unknown("mailbox_unknown", what, &address.to_string(), language);
            vec![snapshot.holder(address).ok_or_else(unknown)?]
        }
        None => snapshot.all_mailboxes().filter(|mailbox| mailbox.state != MailboxState::Removed).collect(),
    };
    let clock = &services.provisioning.clock;
    let mut reader = services.provisioning.db.read().await?;
    let mut rights = Vec::new();
    for mailbox in wanted {
        rights.extend(held(mailbox, snapshot, clock.today()));
        let openings = credential::of(&mut reader, mailbox.id, clock.now().as_second()).await?;
        rights.extend(openings.into_iter().filter_map(|stored| Some(opened(mailbox, stored.name?, stored.until?))));
    }
    Ok(Reply::MailboxRights { rights })
}

/// What the directory gives: the owner's or stewards' rights, and what was delegated.
fn held(mailbox: &Mailbox, snapshot: &Snapshot, today: Date) -> Vec<RightView> {
    let own = matches!(mailbox.owner, Owner::Staff(_)) && mailbox.state == MailboxState::Open;
    let basis = if own { Basis::Owner } else { Basis::Steward };
    let stewards = snapshot.stewards(mailbox).into_iter().map(|person| {
        let rights = snapshot.rights(person, mailbox.id, today);
        view(mailbox, snapshot, person, (basis, rights))
    });
    let theirs = |d: &&Delegation| d.mailbox == mailbox.id && d.state == DelegationState::Live;
    let over = |d: &Delegation| d.until.is_some_and(|last| last < today);
    let delegates = snapshot.all_delegations().filter(|d| theirs(d) && !over(d)).map(|d| RightView {
        since: Some(d.since),
        until: d.until.map(|last| last.to_string()),
        ..view(mailbox, snapshot, d.staff, (Basis::Delegate, allowed(d, snapshot)))
    });
    stewards.chain(delegates).collect()
}

/// What was delegated, unless the person may not log in.
fn allowed(delegation: &Delegation, snapshot: &Snapshot) -> Rights {
    let active = snapshot.staff(delegation.staff).is_some_and(|person| person.state == StaffState::Active);
    if active { delegation.rights } else { Rights::default() }
}

fn view(mailbox: &Mailbox, snapshot: &Snapshot, person: StaffId, (basis, rights): (Basis, Rights)) -> RightView {
    RightView {
        mailbox: mailbox.shown(),
        kind: kind(mailbox).to_owned(),
        who: snapshot.staff(person).map(|person| person.name.to_string()).unwrap_or_default(),
        address: snapshot.of(Owner::Staff(person)).and_then(Mailbox::primary).cloned(),
        basis,
        rights: rights.to_string(),
        since: None,
        until: None,
    }
}

fn opened(mailbox: &Mailbox, by: String, until: i64) -> RightView {
    RightView {
        mailbox: mailbox.shown(),
        kind: kind(mailbox).to_owned(),
        who: by,
        address: None,
        basis: Basis::Opened,
        rights: Rights::READ.to_string(),
        since: None,
        until: Timestamp::from_second(until).ok().map(|until| until.to_string()),
    }
}

fn kind(mailbox: &Mailbox) -> &'static str {
    match mailbox.owner {
        Owner::Staff(_) => "staff",
        Owner::Unit(_) => "unit",
        Owner::Department => "department",
    }
}
