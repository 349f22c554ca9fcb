//! A person's position changes: with it the grace after a departure, and for leaders the department's mailbox (R15, R25).

use super::{Case, Present};
use crate::name::Label;
use crate::provisioning::{Refusal, Step};

pub(super) fn plan(who: &str, position: &Label, case: &Case<'_>) -> Result<Vec<Step>, Refusal> {
    case.decided()?;
    let Present { person, .. } = case.person(who)?;
    if person.position.as_deref() == Some(position.as_str()) {
        return Err(Refusal::NothingChanges(format!("{}, {position}", person.name)));
    }
    Ok(vec![Step::ChangePosition {
        staff: person.id,
        holder: person.name.clone(),
        from: person.position.clone(),
        to: Some(position.clone()),
    }])
}
