//! A unit ends: nobody is in it any more, and its mailbox is closed as that of somebody who left (R14, R15).

use super::Case;
use crate::address::Address;
use crate::directory::{Grantee, Mailbox, Owner, Treatment, TreatmentKind, Unit, UnitState};
use crate::provisioning::{CloseUnit, Refusal, Step};

pub(super) fn plan(close: &CloseUnit, case: &Case<'_>) -> Result<Vec<Step>, Refusal> {
    case.decided()?;
    let unit = case.unit_but_office(&close.code)?;
    let (mailbox, address) = case.mailbox_of(unit)?;
    let people = case.snapshot.members(unit.id).count();
    let below = |other: &&Unit| other.parent == Some(unit.id) && other.state == UnitState::Open;
    let units = case.snapshot.all_units().filter(below).count();
    if people + units > 0 {
        return Err(Refusal::UnitNotEmpty { code: unit.code.clone(), people, units });
    }
    let departure = &case.settings.departure;
    let treatment = match (&close.treatment, departure.treatment) {
        (Some(Treatment::Reply(None)), _) | (None, TreatmentKind::Reply) => Treatment::Reply(above(unit, case)),
        (None, TreatmentKind::Forward) => above(unit, case).map_or(Treatment::Refuse, Treatment::Forward),
        (None, TreatmentKind::Refuse) => Treatment::Refuse,
        (Some(asked), _) => asked.clone(),
    };
    if let Treatment::Forward(to) = &treatment {
        case.forward_target(to, mailbox.id)?;
    }
    let until = case.kept_until(close.grace.unwrap_or(departure.grace));
    let mut steps = case.end_delegations(|d| d.mailbox == mailbox.id);
    steps.extend(case.end_grants(|g| g.mailbox == mailbox.id || g.to == Grantee::Unit(unit.id)));
    // Whoever took it over from somebody who left may head it from another unit.
    steps.extend(unit.head.into_iter().flat_map(|head| case.end_headship(head, unit)));
    let (mailbox, address) = (mailbox.id, address.clone());
    steps.extend([
        Step::EndCredentials { mailbox, address: address.clone() },
        Step::EndSessions { mailbox, address: address.clone() },
        Step::CloseMailbox { mailbox, address, until, treatment },
        Step::CloseUnit { unit: unit.id, code: unit.code.clone() },
    ]);
    Ok(steps)
}

/// The address of the unit above, or of the Office.
fn above(unit: &Unit, case: &Case<'_>) -> Option<Address> {
    let parent = unit.parent.and_then(|id| case.snapshot.unit(id)).filter(|parent| parent.state == UnitState::Open);
    let other = parent.or_else(|| case.snapshot.office()).filter(|other| other.id != unit.id)?;
    case.snapshot.of(Owner::Unit(other.id)).and_then(Mailbox::primary).cloned()
}
