//! A unit's name or code changes; the address follows the code, and the old one goes on leading to it (R14).

use super::Case;
use crate::provisioning::{Refusal, RenameUnit, Step};

pub(super) fn plan(rename: &RenameUnit, case: &Case<'_>) -> Result<Vec<Step>, Refusal> {
    case.decided()?;
    let unit = case.unit(&rename.code)?;
    let (mailbox, _) = case.mailbox_of(unit)?;
    let mut steps = Vec::new();
    if let Some(name) = rename.name.as_ref().filter(|name| name.as_str() != unit.name) {
        steps.push(Step::RenameUnit { unit: unit.id, from: unit.name.clone(), to: name.clone() });
    }
    if let Some(code) = rename.new_code.as_ref().filter(|code| code.as_str() != unit.code) {
        case.unit_but_office(&rename.code)?;
        if case.snapshot.unit_by_code(code.as_str()).is_some() {
            return Err(Refusal::UnitExists(code.to_string()));
        }
        steps.push(Step::RecodeUnit { unit: unit.id, from: unit.code.clone(), to: code.clone() });
        steps.extend(case.readdress(mailbox, code)?);
    }
    if steps.is_empty() { Err(Refusal::NothingChanges(unit.code.clone())) } else { Ok(steps) }
}
