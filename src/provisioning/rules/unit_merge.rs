//! A unit goes over into another: its people, the units below it, its mail, its addresses and who may use its mailbox.
//! Nothing is lost (R14).

use super::Case;
use crate::directory::{AddressKind, DelegationState, Grantee, Mailbox, Rights, Unit, UnitState};
use crate::provisioning::{Refusal, Step};

pub(super) fn plan(code: &str, into: &str, case: &Case<'_>) -> Result<Vec<Step>, Refusal> {
    case.decided()?;
    let (unit, target) = (case.unit(code)?, case.unit(into)?);
    if unit.id == target.id {
        return Err(Refusal::IntoItself(unit.code.clone()));
    }
    case.unit_but_office(code)?;
    let (old, from) = case.mailbox_of(unit)?;
    let (new, to) = case.mailbox_of(target)?;
    let mut steps = people(unit, target, case);
    steps.extend(units_below(unit, target, case));
    steps.extend(stewards(unit, target, (old, new), case));
    steps.push(Step::EndCredentials { mailbox: old.id, address: from.clone() });
    steps.push(Step::EndSessions { mailbox: old.id, address: from.clone() });
    steps.push(Step::MoveContents {
        mailbox: old.id,
        from: from.clone(),
        target: new.id,
        to: to.clone(),
        under: unit.name.replace(['/', '*', '%'], "-"),
    });
    steps.extend(old.addresses.iter().map(|held| Step::LeadAddress {
        id: held.id,
        address: held.address.clone(),
        kind: if held.kind == AddressKind::Provincial { held.kind } else { AddressKind::Alias },
        mailbox: new.id,
        to: to.clone(),
    }));
    steps.push(Step::RemoveMailbox { mailbox: old.id, address: from.clone() });
    steps.push(Step::CloseUnit { unit: unit.id, code: unit.code.clone() });
    Ok(steps)
}

fn people(unit: &Unit, target: &Unit, case: &Case<'_>) -> Vec<Step> {
    let step = |person: &crate::directory::Staff| Step::MoveStaff {
        staff: person.id,
        holder: person.name.clone(),
        unit: target.id,
        from: unit.code.clone(),
        to: target.code.clone(),
    };
    case.snapshot.members(unit.id).map(step).collect()
}

/// The units below go along. If the one that goes on is among them, at whatever depth, it takes the place of the one that
/// ends first: no unit may come to stand within itself.
fn units_below(unit: &Unit, target: &Unit, case: &Case<'_>) -> Vec<Step> {
    let step = |below: &Unit, parent: Option<&Unit>| Step::MoveUnit {
        unit: below.id,
        code: below.code.clone(),
        parent: parent.map(|parent| parent.id),
        to: parent.map(|parent| parent.code.clone()),
    };
    let above = |unit: &Unit| unit.parent.and_then(|parent| case.snapshot.unit(parent));
    let within = std::iter::successors(above(target), |unit| above(unit)).any(|above| above.id == unit.id);
    let rises = within.then(|| step(target, above(unit)));
    let below = case
        .snapshot
        .all_units()
        .filter(|below| below.parent == Some(unit.id) && below.id != target.id && below.state == UnitState::Open);
    rises.into_iter().chain(below.map(|below| step(below, Some(target)))).collect()
}

/// Whoever could use the old mailbox can use the one that has its mail now; the old head too, or leads where nobody does.
fn stewards(unit: &Unit, target: &Unit, (old, new): (&Mailbox, &Mailbox), case: &Case<'_>) -> Vec<Step> {
    let mut steps = case.end_delegations(|d| d.mailbox == old.id);
    steps.extend(case.end_grants(|g| g.mailbox == old.id || g.to == Grantee::Unit(unit.id)));
    let may_already = |person| {
        target.head == Some(person)
            || case
                .snapshot
                .all_delegations()
                .any(|d| d.mailbox == new.id && d.staff == person && d.state == DelegationState::Live)
    };
    let delegate = |staff, rights, since, until| {
        let (address, holder) = (new.primary()?.clone(), case.name_of(staff)?);
        Some(Step::Delegate { mailbox: new.id, address, staff, holder, rights, since, until })
    };
    let live = case.snapshot.all_delegations().filter(|d| d.mailbox == old.id && d.state == DelegationState::Live);
    let moved = live.filter(|d| !may_already(d.staff));
    steps.extend(moved.filter_map(|d| delegate(d.staff, d.rights, d.since, d.until)));
    let Some(head) = unit.head else { return steps };
    let (holder, code) = (case.name_of(head), unit.code.clone());
    steps.push(Step::Appoint { unit: unit.id, code, staff: None, from: holder.clone(), to: None });
    if target.head.is_none() {
        let code = target.code.clone();
        steps.push(Step::Appoint { unit: target.id, code, staff: Some(head), from: None, to: holder });
    } else {
        steps.extend(case.end_headship(head, unit));
        if !may_already(head) {
            steps.extend(delegate(head, Rights::ALL, case.effective(), None));
        }
    }
    steps
}
