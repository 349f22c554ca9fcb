//! The Chief of Office gives the permission to log in back; the password is as it was (R9).

use super::{Case, Present};
use crate::directory::StaffState;
use crate::provisioning::{Refusal, Step};

pub(super) fn plan(who: &str, case: &Case<'_>) -> Result<Vec<Step>, Refusal> {
    let Present { person, .. } = case.person(who)?;
    if person.state != StaffState::Suspended {
        return Err(Refusal::Standing { holder: person.name.clone(), state: person.state });
    }
    Ok(vec![Step::ChangeStanding {
        staff: person.id,
        holder: person.name.clone(),
        from: person.state,
        to: StaffState::Active,
    }])
}
