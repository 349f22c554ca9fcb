//! A unit gets a mailbox under its code (R3).

use super::Case;
use crate::directory::{NewUnit, Reach};
use crate::provisioning::{CreateUnit, Refusal, Registration, Step};

pub(super) fn plan(unit: &CreateUnit, case: &Case<'_>) -> Result<Vec<Step>, Refusal> {
    if case.snapshot.unit_by_code(unit.code.as_str()).is_some() {
        return Err(Refusal::UnitExists(unit.code.to_string()));
    }
    let parent = unit.parent.as_deref().map(|code| case.unit(code)).transpose()?;
    let addresses = case.chosen(&unit.code, Registration::Wanted)?;
    let mut steps = vec![Step::EnterUnit(NewUnit {
        code: unit.code.clone(),
        name: unit.name.clone(),
        kind: unit.kind,
        place: unit.place,
        parent: parent.map(|parent| parent.id),
        since: case.effective(),
    })];
    steps.extend(case.open(addresses, case.settings.quota_bytes, Reach::Province));
    Ok(steps)
}
