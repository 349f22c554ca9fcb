//! A person joins: after the decision, a mailbox in both systems (R13).

use super::{Addresses, Case};
use crate::credential::Standing;
use crate::directory::write::NewStaff;
use crate::provisioning::{FirstPassword, Hire, Refusal, Step, Whose};

pub(super) fn plan(hire: &Hire, case: &Case<'_>) -> Result<Vec<Step>, Refusal> {
    let decision = case.decision.ok_or(Refusal::DecisionMissing)?;
    let unit = case.snapshot.unit_by_code(&hire.unit).ok_or_else(|| Refusal::UnitUnknown(hire.unit.clone()))?;
    if let Some(code) = hire.staff_code.as_ref().filter(|code| case.snapshot.staff_by_code(code.as_str()).is_some()) {
        return Err(Refusal::StaffCodeInUse(code.clone()));
    }
    let addresses = match &hire.address {
        Some(local) => case.chosen(local, hire.registration)?,
        None => by_rule(hire, case)?,
    };
    let address = addresses.own.clone();
    let standing = match hire.first_password {
        FirstPassword::ToBeChanged => Standing::First,
        FirstPassword::MayStay => Standing::Chosen,
    };
    let mut steps = vec![Step::EnterStaff(NewStaff {
        code: hire.staff_code.clone(),
        name: hire.name.clone(),
        unit: unit.id,
        position: hire.position.clone(),
        since: decision.effective,
    })];
    let quota_bytes = hire.quota_bytes.unwrap_or(case.settings.quota_bytes);
    steps.extend(case.open(addresses, quota_bytes, hire.reach));
    steps.push(Step::SetPassword {
        mailbox: Whose::JustOpened,
        address: address.clone(),
        holder: hire.name.clone(),
        standing,
    });
    steps.push(Step::Welcome { address, holder: hire.name.clone() });
    Ok(steps)
}

/// The first name of the rule under which everything is free.
fn by_rule(hire: &Hire, case: &Case<'_>) -> Result<Addresses, Refusal> {
    case.settings
        .name_rule
        .candidates(&hire.name)
        .filter_map(|local| case.addresses(&local, hire.registration).ok())
        .find(|addresses| case.free(addresses).is_ok())
        .ok_or_else(|| Refusal::NoAddress(hire.name.clone()))
}
