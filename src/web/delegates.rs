//! Units' mailboxes: whoever answers for one lets others use it, and ends that (P8, R23, R25).

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::civil::Date;

use super::door::Pages;
use super::form::Fields;
use super::password::order;
use super::sign_in::failed;
use super::view::{Delegates, Fault, Problem, away, page, problem};
use super::visit::{Entrant, Form, Holder};
use crate::access::Login;
use crate::address::Address;
use crate::clock::date;
use crate::directory::{
    Delegation, DelegationState, Mailbox, MailboxState, Owner, Rights, Snapshot, Staff, StaffState,
};
use crate::language::Language;
use crate::provisioning::{Act, Delegate, Failure};

/// A mailbox that the person answers for.
pub(super) struct Managed {
    pub(super) address: Address,
    pub(super) name: String,
    /// Who may use it, now or later.
    pub(super) delegates: Vec<Delegated>,
    /// Who else may be let in: people of the unit, or heads.
    pub(super) others: Vec<Other>,
}

/// Somebody who may use it.
pub(super) struct Delegated {
    pub(super) who: Other,
    pub(super) rights: Rights,
    pub(super) since: Date,
    pub(super) until: Option<Date>,
}

/// Somebody, with the address of their own mailbox.
pub(super) struct Other {
    pub(super) name: String,
    pub(super) address: Address,
}

/// `/delegates`
pub(super) async fn list(State(pages): State<Arc<Pages>>, Holder(holder): Holder) -> Response {
    show(&holder, &pages, None)
}

/// Lets somebody use a mailbox; what they could do with it before is replaced.
pub(super) async fn allow(State(pages): State<Arc<Pages>>, Holder(holder): Holder, Form(fields): Form) -> Response {
    match read(&fields, holder.visit.language) {
        Ok(delegate) => act(&holder, &pages, Act::Delegate(delegate)).await,
        Err(fault) => show(&holder, &pages, Some(fault)),
    }
}

/// Ends it, in sessions that are open too.
pub(super) async fn end(State(pages): State<Arc<Pages>>, Holder(holder): Holder, Form(fields): Form) -> Response {
    let Ok(mailbox) = Address::parse(fields.of("mailbox")) else { return show(&holder, &pages, None) };
    act(&holder, &pages, Act::Revoke { mailbox, from: fields.of("who").to_owned() }).await
}

async fn act(holder: &Entrant, pages: &Pages, act: Act) -> Response {
    match pages.provisioning.execute(order(&holder.login, act, None)).await {
        // What has ended is another's mailbox by now, or the password was replaced: the page shows which.
        Ok(_) | Err(Failure::Ended) => away(&holder.visit, "/delegates"),
        Err(Failure::Refused(refusal)) => show(holder, pages, Some(Fault(refusal.message(holder.visit.language)))),
        Err(Failure::Busy(_)) => problem(&holder.visit, pages, Problem::Busy),
        Err(failure) => failed(&holder.visit, pages, &failure),
    }
}

fn read(fields: &Fields, language: Language) -> Result<Delegate, Fault> {
    let say = |vietnamese: &str, english: &str| match language {
        Language::Vi => Fault(vietnamese.to_owned()),
        Language::En => Fault(english.to_owned()),
    };
    let day = |name| match fields.of(name) {
        "" => Ok(None),
        typed => {
            date(typed).map(Some).ok_or_else(|| say("hãy viết ngày như 31/12/2026", "write a day as in 2026-12-31"))
        }
    };
    let mailbox = Address::parse(fields.of("mailbox"));
    let mailbox = mailbox.map_err(|_| say("hãy chọn lại hộp thư", "choose the mailbox again"))?;
    let more = [("process", Rights::PROCESS), ("send", Rights::SEND)];
    let chosen = more.into_iter().filter(|(name, _)| !fields.of(name).is_empty());
    let rights = chosen.fold(Rights::READ, |rights, (_, right)| rights.and(right));
    Ok(Delegate { mailbox, to: fields.of("who").to_owned(), rights, from: day("from")?, until: day("until")? })
}

fn show(holder: &Entrant, pages: &Pages, fault: Option<Fault>) -> Response {
    let Entrant { visit, token, login } = holder;
    let snapshot = pages.provisioning.directory.snapshot();
    let today = pages.provisioning.clock.today();
    let status = if fault.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let form = pages.sessions.form_token(token);
    let managed = managed(login, &snapshot).filter_map(|mailbox| Managed::of(mailbox, &snapshot, today)).collect();
    let template = Delegates { frame: visit.frame(pages), form, managed, fault };
    page(status, &template, &template.frame)
}

/// The mailboxes of units and of the department that somebody answers for.
pub(super) fn managed<'s>(login: &Login, snapshot: &'s Snapshot) -> impl Iterator<Item = &'s Mailbox> {
    let staff = login.staff();
    let office = |mailbox: &&Mailbox| {
        mailbox.state == MailboxState::Open && matches!(mailbox.owner, Owner::Unit(_) | Owner::Department)
    };
    let is_theirs = move |mailbox: &&Mailbox| staff.is_some_and(|staff| snapshot.stewards(mailbox).contains(&staff));
    snapshot.all_mailboxes().filter(office).filter(is_theirs)
}

impl Managed {
    fn of(mailbox: &Mailbox, snapshot: &Snapshot, today: Date) -> Option<Self> {
        let theirs = |d: &&Delegation| {
            d.mailbox == mailbox.id && d.state == DelegationState::Live && d.until.is_none_or(|last| last >= today)
        };
        let delegated = |d: &Delegation| {
            let who = Other::of(snapshot.staff(d.staff)?, snapshot)?;
            Some(Delegated { who, rights: d.rights, since: d.since, until: d.until })
        };
        let stewards = snapshot.stewards(mailbox);
        let may_be = |person: &&Staff| match mailbox.owner {
            _ if person.state != StaffState::Active || stewards.contains(&person.id) => false,
            Owner::Unit(unit) => person.unit == unit,
            Owner::Department => snapshot.all_units().any(|unit| unit.head == Some(person.id)),
            Owner::Staff(_) => false,
        };
        Some(Self {
            address: mailbox.primary()?.clone(),
            name: snapshot.label(mailbox).unwrap_or_default(),
            delegates: snapshot.all_delegations().filter(theirs).filter_map(delegated).collect(),
            others: snapshot.all_staff().filter(may_be).filter_map(|person| Other::of(person, snapshot)).collect(),
        })
    }
}

impl Other {
    fn of(person: &Staff, snapshot: &Snapshot) -> Option<Self> {
        let address = snapshot.of(Owner::Staff(person.id))?.primary()?.clone();
        Some(Self { name: person.name.to_string(), address })
    }
}
