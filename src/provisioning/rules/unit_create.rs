//! A unit gets a mailbox under its code (R3).

use super::Case;
use crate::directory::Reach;
use crate::directory::write::NewUnit;
use crate::provisioning::{CreateUnit, Refusal, Registration, Step};

pub(super) fn plan(unit: &CreateUnit, case: &Case<'_>) -> Result<Vec<Step>, Refusal> {
    if case.snapshot.unit_by_code(unit.code.as_str()).is_some() {
        return Err(Refusal::UnitExists(unit.code.to_string()));
    }
    let parent = match &unit.parent {
        Some(code) => Some(case.snapshot.unit_by_code(code).ok_or_else(|| Refusal::UnitUnknown(code.clone()))?.id),
        None => None,
    };
    let addresses = case.chosen(&unit.code, Registration::Wanted)?;
    let mut steps = vec![Step::EnterUnit(NewUnit {
        code: unit.code.clone(),
        name: unit.name.clone(),
        kind: unit.kind,
        place: unit.place,
        parent,
        since: case.effective(),
    })];
    steps.extend(case.open(addresses, case.settings.quota_bytes, Reach::Province));
    Ok(steps)
}
