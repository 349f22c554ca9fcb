//! A unit gets a head: the former head's access to its mailbox and everything delegated ends, the new head's begins
//! (R24). Whoever is appointed belongs to the unit from then on, unless it was handed over by somebody who goes.

use super::{Case, Present};
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
    let mut steps = case.end_uses(mailbox, address);
    steps.extend(unit.head.into_iter().flat_map(|head| case.end_headship(head, unit)));
    steps.push(Step::Appoint {
        unit: unit.id,
        code: unit.code.clone(),
        staff: Some(person.id),
        from: unit.head.and_then(|head| case.name_of(head)),
        to: Some(person.name.clone()),
    });
    // The first head takes over from nobody.
    let former = unit.head.and_then(|head| case.snapshot.staff(head));
    steps.extend(former.map(|former| super::handover::step(mailbox, address, former, person)));
    Ok(steps)
}
