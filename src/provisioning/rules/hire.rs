//! A person joins: after the decision, a mailbox in both systems (R13).

use super::Case;
use crate::address::Address;
use crate::credential::Standing;
use crate::directory::Availability;
use crate::directory::write::NewStaff;
use crate::name::PersonName;
use crate::provisioning::{FirstPassword, Hire, Refusal, Step, Whose};

pub(super) fn plan(hire: &Hire, case: &Case<'_>) -> Result<Vec<Step>, Refusal> {
    let decision = case.decision.ok_or(Refusal::DecisionMissing)?;
    let unit = case.snapshot.unit_by_code(&hire.unit).ok_or_else(|| Refusal::UnitUnknown(hire.unit.clone()))?;
    if let Some(code) = hire.staff_code.as_ref().filter(|code| case.snapshot.staff_by_code(code.as_str()).is_some()) {
        return Err(Refusal::StaffCodeInUse(code.clone()));
    }
    let address = match &hire.address {
        Some(local) => case.chosen(local)?,
        None => by_rule(&hire.name, case)?,
    };
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
    steps.extend(case.open(address.clone(), quota_bytes, hire.reach, hire.registration));
    steps.push(Step::SetPassword {
        mailbox: Whose::JustOpened,
        address: address.clone(),
        holder: hire.name.clone(),
        standing,
    });
    steps.push(Step::Welcome { address, holder: hire.name.clone() });
    Ok(steps)
}

/// The first address of the rule that nobody has and that does not rest.
fn by_rule(name: &PersonName, case: &Case<'_>) -> Result<Address, Refusal> {
    case.settings
        .name_rule
        .candidates(name)
        .filter_map(|local| case.own(&local).ok())
        .find(|address| case.snapshot.availability(address, case.today) == Availability::Free)
        .ok_or_else(|| Refusal::NoAddress(name.clone()))
}
