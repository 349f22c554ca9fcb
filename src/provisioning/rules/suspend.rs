//! The Chief of Office withdraws the permission to log in; open sessions end at once (R9).

use super::{Case, Present};
use crate::directory::StaffState;
use crate::provisioning::{Refusal, Step};

pub(super) fn plan(who: &str, case: &Case<'_>) -> Result<Vec<Step>, Refusal> {
    let Present { person, mailbox, address } = case.person(who)?;
    if person.state == StaffState::Suspended {
        return Err(Refusal::Standing { holder: person.name.clone(), state: person.state });
    }
    Ok(vec![
        Step::ChangeStanding {
            staff: person.id,
            holder: person.name.clone(),
            from: person.state,
            to: StaffState::Suspended,
        },
        Step::EndSessions { mailbox: mailbox.id, address: address.clone() },
    ])
}
