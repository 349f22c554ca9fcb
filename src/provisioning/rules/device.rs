//! Passwords of devices: each opens the mailbox beside the person's own, and ends alone (R17).

use super::{Case, Present};
use crate::name::Label;
use crate::provisioning::{Refusal, Step};

pub(super) fn add(who: &str, device: &Label, case: &Case<'_>) -> Result<Vec<Step>, Refusal> {
    let Present { person, mailbox, address } = case.person(who)?;
    let (mailbox, address, holder) = (mailbox.id, address.clone(), person.name.clone());
    Ok(vec![Step::AddDevice { mailbox, address, holder, device: device.clone() }])
}

pub(super) fn remove(who: &str, device: &Label, case: &Case<'_>) -> Result<Vec<Step>, Refusal> {
    let Present { mailbox, address, .. } = case.person(who)?;
    let (mailbox, address) = (mailbox.id, address.clone());
    Ok(vec![
        Step::RemoveDevice { mailbox, address: address.clone(), device: device.clone() },
        Step::EndSessions { mailbox, address },
    ])
}
