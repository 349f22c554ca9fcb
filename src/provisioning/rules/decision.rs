//! A decision is applied once, from the day it holds (R16).

use jiff::Timestamp;

use crate::clock::Clock;
use crate::directory::{Decision, DecisionState, Recorded};
use crate::name::Label;
use crate::provisioning::{Act, Approval, Order, Refusal, Requests, Settings};

/// Whether the Office has approved what is asked for, where the configuration wants that of acts on people and units
/// (R12). Who may log in is the Office's own affair, and what was entered once is not asked again on its day.
pub(crate) fn approved(order: &Order, settings: &Settings) -> Result<(), Refusal> {
    let asked = settings.requests == Requests::Required && order.due.is_none();
    let approved = order.approval != Approval::None;
    if asked && !approved && order.acts.iter().any(Act::is_of_personnel) { Err(Refusal::NotApproved) } else { Ok(()) }
}

/// Whether the decision is entered as done now or as waiting for its day; `earlier` is what is in the records under its
/// number and year.
pub fn admit(decision: &Decision, earlier: Option<&Recorded>, clock: &Clock) -> Result<DecisionState, Refusal> {
    if let Some(earlier) = earlier {
        let at = Timestamp::from_second(earlier.applied_at.unwrap_or(earlier.recorded_at));
        let day = at.map_or(clock.today(), |at| at.to_zoned_datetime(clock.zone().clone()).date());
        return Err(Refusal::DecisionAlready {
            number: earlier.decision.number.clone(),
            dated: earlier.decision.dated,
            state: earlier.state,
            on: day,
        });
    }
    Ok(if decision.effective > clock.today() { DecisionState::Waiting } else { DecisionState::Applied })
}

/// Refuses what is to be done with a decision that waits where it waits no longer: it was withdrawn or done since it was
/// looked up.
pub(crate) fn waits(number: &Label, state: DecisionState) -> Result<(), Refusal> {
    match state {
        DecisionState::Waiting => Ok(()),
        DecisionState::Applied | DecisionState::Cancelled => {
            Err(Refusal::DecisionSettled { number: number.clone(), state })
        }
    }
}
