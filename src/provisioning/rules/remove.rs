//! A closed mailbox ends when its grace is over; its addresses rest (R3, R15).

use super::Case;
use crate::directory::MailboxState;
use crate::id::MailboxId;
use crate::provisioning::{Refusal, Step};

pub(super) fn plan(id: MailboxId, case: &Case<'_>) -> Result<Vec<Step>, Refusal> {
    let ended = case.snapshot.mailbox(id).filter(|mailbox| {
        mailbox.state == MailboxState::Closed && mailbox.grace.as_ref().is_some_and(|grace| grace.until <= case.today)
    });
    let over = || Refusal::GraceNotOver(id.to_string());
    let mailbox = ended.ok_or_else(over)?;
    let address = mailbox.primary().ok_or_else(over)?.clone();
    let until = case.settings.departure.quarantine.after(case.today);
    let rest = mailbox.addresses.iter().map(|held| {
        // As late as the longest claim on it: mail meant for the old holder must not reach a new one.
        Step::RestAddress { id: held.id, address: held.address.clone(), until }
    });
    Ok(rest.chain([Step::RemoveMailbox { mailbox: id, address }]).collect())
}
