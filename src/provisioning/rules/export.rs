//! An administrator takes what a mailbox holds out to files: for a reason, and whoever answers for it is told (R18, R20).

use super::{Case, open};
use crate::address::Address;
use crate::directory::MailboxState;
use crate::name::Label;
use crate::provisioning::{Refusal, Step};

/// One that is closed too: its holder may take its mail along. There is nobody to be told then.
pub(super) fn plan(address: &Address, reason: &Label, case: &Case<'_>) -> Result<Vec<Step>, Refusal> {
    let found = case.snapshot.holder(address).filter(|mailbox| mailbox.state != MailboxState::Removed);
    let mailbox = found.ok_or_else(|| Refusal::MailboxUnknown(address.clone()))?;
    let shown = mailbox.primary().unwrap_or(address).clone();
    let mut steps = vec![Step::Export { mailbox: mailbox.id, address: shown, reason: reason.clone() }];
    if mailbox.state == MailboxState::Open {
        steps.extend(open::notices(mailbox, case));
    }
    Ok(steps)
}
