//! A person goes to another unit: mailbox and address stay, what was delegated to them ends (R14).

use super::{Case, Present};
use crate::directory::Grantee;
use crate::provisioning::{Act, Refusal, Step, Transfer};

/// What they are head of is handed over first, where somebody is named.
pub(super) fn parts(transfer: &Transfer, case: &Case<'_>) -> Result<Vec<Act>, Refusal> {
    let last = Act::Transfer(Transfer { handover_to: None, ..transfer.clone() });
    case.handed_over(&transfer.who, transfer.handover_to.as_deref(), last)
}

pub(super) fn plan(transfer: &Transfer, case: &Case<'_>) -> Result<Vec<Step>, Refusal> {
    case.decided()?;
    let Present { person, .. } = case.person(&transfer.who)?;
    let unit = case.unit(&transfer.to)?;
    let (holder, mut steps) = (&person.name, Vec::new());
    if unit.id != person.unit {
        case.no_stewardship(person)?;
        let (from, to) = (case.unit_of(person), unit.code.clone());
        steps.push(Step::MoveStaff { staff: person.id, holder: holder.clone(), unit: unit.id, from, to });
        steps.extend(case.end_delegations(|d| d.staff == person.id));
        steps.extend(case.end_grants(|g| g.to == Grantee::Staff(person.id)));
    }
    if let Some(position) = transfer.position.as_ref().filter(|new| person.position.as_deref() != Some(new.as_str())) {
        let (from, to) = (person.position.clone(), Some(position.clone()));
        steps.push(Step::ChangePosition { staff: person.id, holder: holder.clone(), from, to });
    }
    if steps.is_empty() { Err(Refusal::NothingChanges(format!("{holder}, {}", unit.code))) } else { Ok(steps) }
}
