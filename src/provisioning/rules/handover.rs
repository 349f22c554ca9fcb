//! A mailbox is handed over from whoever answered for it to whoever does from now on: a unit's by the appointment of its
//! new head (R24), the department's among its leaders, who stay so by their positions (R25). What others could do with it
//! ends. Nobody's own mailbox is handed over.

use super::{Case, Present};
use crate::address::Address;
use crate::directory::{Mailbox, Owner, Staff, StaffState};
use crate::provisioning::{Act, HandOver, Refusal, Step};

/// A unit's mailbox goes with the unit.
pub(super) fn parts(hand_over: &HandOver, case: &Case<'_>) -> Result<Vec<Act>, Refusal> {
    let (mailbox, address) = case.mailbox(&hand_over.mailbox)?;
    let unit = match mailbox.owner {
        Owner::Staff(_) => return Err(Refusal::Personal(address.clone())),
        Owner::Unit(unit) => case.snapshot.unit(unit),
        Owner::Department => None,
    };
    let Some(unit) = unit else { return Ok(vec![Act::HandOver(hand_over.clone())]) };
    let (former, Present { person, .. }) = (case.anybody(&hand_over.from)?, case.able(&hand_over.to)?);
    if unit.head != Some(former.id) {
        return Err(Refusal::NotSteward { holder: former.name.clone(), address: address.clone() });
    }
    if person.unit != unit.id {
        return Err(Refusal::NotOfUnit { holder: person.name.clone(), code: unit.code.clone() });
    }
    Ok(vec![Act::AppointHead { code: unit.code.clone(), who: hand_over.to.clone() }])
}

pub(super) fn plan(hand_over: &HandOver, case: &Case<'_>) -> Result<Vec<Step>, Refusal> {
    case.decided()?;
    let (mailbox, address) = case.mailbox(&hand_over.mailbox)?;
    let (former, Present { person, .. }) = (case.anybody(&hand_over.from)?, case.able(&hand_over.to)?);
    let stewards = case.snapshot.stewards(mailbox);
    // Whoever left has no position by which they would be known.
    if !stewards.contains(&former.id) && former.state != StaffState::Departed {
        return Err(Refusal::NotSteward { holder: former.name.clone(), address: address.clone() });
    }
    if !stewards.contains(&person.id) {
        return Err(Refusal::NotALeader(person.name.clone()));
    }
    if former.id == person.id {
        return Err(Refusal::NothingChanges(format!("{address}, {}", person.name)));
    }
    let mut steps = case.end_uses(mailbox, address);
    steps.push(step(mailbox, address, former, person));
    Ok(steps)
}

/// What is there is handed over, last of all.
pub(super) fn step(mailbox: &Mailbox, address: &Address, former: &Staff, person: &Staff) -> Step {
    Step::HandOver {
        mailbox: mailbox.id,
        address: address.clone(),
        from: former.id,
        giving: former.name.clone(),
        to: person.id,
        taking: person.name.clone(),
    }
}
