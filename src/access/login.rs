//! A person who is logged in, for as long as the right to be lasts.

use crate::address::Address;
use crate::credential::Standing;
use crate::directory::{Directory, Generation, MailboxState, Resolution, StaffState};
use crate::id::{MailboxId, StaffId};

/// The proof that somebody logged in. It may be kept as long as a session lives; whether it still holds is asked of it.
#[derive(Clone, Debug)]
pub struct Login {
    /// Who.
    pub staff: StaffId,
    /// The person's own mailbox.
    pub mailbox: MailboxId,
    /// Its address.
    pub address: Address,
    /// The person's full name.
    pub name: String,
    /// Whether the password is still the first one (R10).
    pub standing: Standing,
    pub(super) generation: Generation,
    pub(super) directory: Directory,
}

impl Login {
    /// Whether the right to be logged in holds now (invariant I7).
    pub fn holds(&self) -> bool {
        let snapshot = self.directory.snapshot();
        let here = snapshot.staff(self.staff).is_some_and(|person| person.state == StaffState::Active);
        let unchanged = snapshot
            .mailbox(self.mailbox)
            .is_some_and(|mailbox| mailbox.state == MailboxState::Open && mailbox.generation == self.generation);
        here && unchanged
    }

    /// Resolves when the right to be logged in has ended: suspension, departure, another password. Doors wait for it
    /// beside everything else they wait for, and close the session.
    pub async fn ended(&self) {
        // Subscribed before asking: a change in between is seen by one or the other.
        let mut changes = self.directory.changes();
        while self.holds() {
            if changes.changed().await.is_err() {
                return;
            }
        }
    }

    /// Whether mail may carry this address as its sender: one of the person's own, with or without a tag (R19).
    pub(super) fn may_send_as(&self, address: &Address) -> bool {
        self.holds() && self.directory.snapshot().resolve(address) == Resolution::Mailbox(self.mailbox)
    }
}
