//! A steward lets somebody use a mailbox: a unit's is delegated to people of the unit, the department's to heads (R23,
//! R25). Nobody's own mailbox is.

use super::{Case, Present};
use crate::address::Address;
use crate::directory::{DelegationState, Owner};
use crate::provisioning::{Delegate, Refusal, Step};

pub(super) fn plan(delegate: &Delegate, case: &Case<'_>) -> Result<Vec<Step>, Refusal> {
    let (mailbox, address) = case.mailbox(&delegate.mailbox)?;
    let Present { person, .. } = case.person(&delegate.to)?;
    let holder = person.name.clone();
    if case.snapshot.stewards(mailbox).contains(&person.id) {
        return Err(Refusal::IsSteward(holder));
    }
    match mailbox.owner {
        Owner::Staff(_) => return Err(Refusal::Personal(address.clone())),
        Owner::Unit(unit) if person.unit != unit => {
            let code = case.snapshot.unit(unit).map(|unit| unit.code.clone()).unwrap_or_default();
            return Err(Refusal::NotOfUnit { holder, code });
        }
        Owner::Department if case.answers_for(person).is_empty() => return Err(Refusal::NotAHead(holder)),
        Owner::Unit(_) | Owner::Department => {}
    }
    let since = delegate.from.unwrap_or(case.today);
    if let Some(until) = delegate.until.filter(|until| *until < since || *until < case.today) {
        return Err(Refusal::Days { from: since, until });
    }
    let mut steps = case.end_delegations(|d| d.mailbox == mailbox.id && d.staff == person.id);
    steps.push(Step::Delegate {
        mailbox: mailbox.id,
        address: address.clone(),
        staff: person.id,
        holder,
        rights: delegate.rights,
        since,
        until: delegate.until,
    });
    let own = case.snapshot.own(person.id);
    steps.extend(own.map(|(mailbox, address)| Step::Notify { mailbox, address: address.clone() }));
    Ok(steps)
}

pub(super) fn revoke(mailbox: &Address, from: &str, case: &Case<'_>) -> Result<Vec<Step>, Refusal> {
    let (mailbox, _) = case.mailbox(mailbox)?;
    let person = case.anybody(from)?;
    let steps =
        case.end_delegations(|d| d.mailbox == mailbox.id && d.staff == person.id && d.state == DelegationState::Live);
    if steps.is_empty() { Err(Refusal::DelegationUnknown(person.name.clone())) } else { Ok(steps) }
}
