//! A person joins: after the decision, a mailbox in both systems (R13).

use super::Case;
use crate::directory::NewStaff;
use crate::provisioning::{Hire, Refusal, Step, Whose};

pub(super) fn plan(hire: &Hire, case: &Case<'_>) -> Result<Vec<Step>, Refusal> {
    let decision = case.decided()?;
    let unit = case.unit(&hire.unit)?;
    if let Some(code) = hire.staff_code.as_ref().filter(|code| case.snapshot.staff_by_code(code.as_str()).is_some()) {
        return Err(Refusal::StaffCodeInUse(code.clone()));
    }
    let addresses = match &hire.address {
        Some(local) => case.chosen(local, hire.registration)?,
        None => case.by_rule(&hire.name, hire.registration, None)?,
    };
    let address = addresses.own.clone();
    let mut steps = vec![Step::EnterStaff(NewStaff {
        code: hire.staff_code.clone(),
        name: hire.name.clone(),
        unit: unit.id,
        position: hire.position.clone(),
        since: decision.effective,
    })];
    let quota_bytes = hire.quota_bytes.unwrap_or(case.settings.quota_bytes);
    steps.extend(case.open(addresses, quota_bytes, hire.reach));
    steps.push(case.first_password(Whose::JustOpened, &address, &hire.name, hire.first_password));
    steps.push(Step::Welcome { address, holder: hire.name.clone() });
    Ok(steps)
}
