//! A unit gets a head: the former head's access to its mailbox and everything delegated ends, the new head's begins
//! (R24). Whoever is appointed belongs to the unit from then on, unless it was handed over by somebody who goes.

use super::{Case, Present};
use crate::directory::Grantee;
use crate::provisioning::{Act, Refusal, Step, Transfer};

/// Whoever comes from another unit is transferred first.
pub(super) fn parts(code: &str, who: &str, case: &Case<'_>) -> Result<Vec<Act>, Refusal> {
    let (unit, Present { person, .. }) = (case.unit(code)?, case.able(who)?);
    let mut parts = vec![Act::AppointHead { code: code.to_owned(), who: who.to_owned() }];
    if person.unit != unit.id {
        let to = code.to_owned();
        parts.insert(0, Act::Transfer(Transfer { who: who.to_owned(), to, position: None, handover_to: None }));
    }
    Ok(parts)
}

pub(super) fn plan(code: &str, who: &str, case: &Case<'_>) -> Result<Vec<Step>, Refusal> {
    case.decided()?;
    let (unit, Present { person, .. }) = (case.unit(code)?, case.able(who)?);
    let (mailbox, address) = case.mailbox_of(unit)?;
    if unit.head == Some(person.id) {
        return Err(Refusal::NothingChanges(format!("{}, {}", unit.code, person.name)));
    }
    let mut steps = case.end_delegations(|d| d.mailbox == mailbox.id);
    // What units share with each other is theirs, whoever heads them.
    steps.extend(case.end_grants(|g| g.mailbox == mailbox.id && matches!(g.to, Grantee::Staff(_))));
    steps.extend(unit.head.into_iter().flat_map(|head| case.end_headship(head, unit)));
    steps.push(Step::EndCredentials { mailbox: mailbox.id, address: address.clone() });
    steps.push(Step::EndSessions { mailbox: mailbox.id, address: address.clone() });
    steps.push(Step::Appoint {
        unit: unit.id,
        code: unit.code.clone(),
        staff: Some(person.id),
        from: unit.head.and_then(|head| case.name_of(head)),
        to: Some(person.name.clone()),
    });
    Ok(steps)
}
