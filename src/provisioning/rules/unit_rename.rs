//! A unit's name or code changes; the address follows the code, and the old one goes on leading to it (R14).

use super::Case;
use crate::directory::AddressKind;
use crate::provisioning::{Refusal, Registration, RenameUnit, Step, Whose};

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
        let address = case.chosen(code, Registration::None)?.own;
        steps.push(Step::RecodeUnit { unit: unit.id, from: unit.code.clone(), to: code.clone() });
        let primary = mailbox.addresses.iter().find(|held| held.kind == AddressKind::Primary);
        steps.extend(primary.map(|held| Step::DemoteAddress { id: held.id, address: held.address.clone() }));
        steps.push(Step::GiveAddress { mailbox: Whose::Known(mailbox.id), address, kind: AddressKind::Primary });
    }
    if steps.is_empty() { Err(Refusal::NothingChanges(unit.code.clone())) } else { Ok(steps) }
}
