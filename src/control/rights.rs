//! `mailbox rights`: the one report of who may do what with which mailbox, and why (R20, R23, R25).

use jiff::Timestamp;
use jiff::civil::Date;

use super::execute::Services;
use super::failure::Failure;
use super::reply::{Basis, Reply, RightView};
use crate::access::rights_of;
use crate::address::Address;
use crate::credential::{self, Stored};
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
        Some(address) => vec![super::execute::held(address, snapshot, language)?],
        None => snapshot.all_mailboxes().filter(|mailbox| mailbox.state != MailboxState::Removed).collect(),
    };
    let clock = &services.provisioning.clock;
    let mut reader = services.provisioning.db.read().await?;
    let mut rights = Vec::new();
    for mailbox in wanted {
        rights.extend(held(mailbox, snapshot, clock.today()));
        let stored = credential::of(&mut reader, mailbox.id, clock.now().as_second()).await?;
        rights.extend(stored.into_iter().filter_map(|stored| by_password(mailbox, stored)));
    }
    Ok(Reply::MailboxRights { rights })
}

/// `mailbox device list`
pub(super) async fn devices(
    address: &Address,
    services: &Services,
    snapshot: &Snapshot,
    language: Language,
) -> Result<Reply, Failure> {
    let mailbox = super::execute::held(address, snapshot, language)?.id;
    let devices = credential::devices(&mut *services.provisioning.db.read().await?, mailbox).await?;
    Ok(Reply::MailboxDevices { devices })
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
        networks: Vec::new(),
    }
}

/// Who uses it by a password of the mailbox itself: an administrator for a while, a machine.
fn by_password(mailbox: &Mailbox, stored: Stored) -> Option<RightView> {
    let (basis, rights, networks) = match (stored.until, stored.bond) {
        (Some(_), _) => (Basis::Opened, Rights::READ, Vec::new()),
        (None, Some(bond)) => (Basis::Device, rights_of(bond.doors), bond.networks),
        (None, None) => return None,
    };
    let until = stored.until.and_then(|until| Timestamp::from_second(until).ok());
    Some(RightView {
        mailbox: mailbox.shown(),
        kind: kind(mailbox).to_owned(),
        who: stored.name?,
        address: None,
        basis,
        rights: rights.to_string(),
        since: None,
        until: until.map(|until| until.to_string()),
        networks,
    })
}

fn kind(mailbox: &Mailbox) -> &'static str {
    match mailbox.owner {
        Owner::Staff(_) => "staff",
        Owner::Unit(_) => "unit",
        Owner::Department => "department",
    }
}
