//! A person who is logged in, for as long as the right to be lasts.

use jiff::Timestamp;

use crate::address::Address;
use crate::clock::Clock;
use crate::credential::{Kind, Standing};
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
    /// What the password is for.
    pub kind: Kind,
    pub(super) generation: Generation,
    /// Only what was opened for a while has an end of its own.
    pub(super) until: Option<Timestamp>,
    pub(super) clock: Clock,
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
        here && unchanged && !self.is_over()
    }

    fn is_over(&self) -> bool {
        self.until.is_some_and(|until| until <= self.clock.now())
    }

    /// Resolves when the right to be logged in has ended: suspension, departure, another password. Doors wait for it
    /// beside everything else they wait for, and close the session.
    pub async fn ended(&self) {
        // Subscribed before asking: a change in between is seen by one or the other.
        let mut changes = self.directory.changes();
        while self.holds() {
            let time_is_up = async {
                match self.until {
                    Some(until) => tokio::time::sleep(until.duration_since(self.clock.now()).unsigned_abs()).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                told = changes.changed() => if told.is_err() { return },
                () = time_is_up => {}
            }
        }
    }

    /// The same right after the holder's own act raised the generation once. None where anything else changed, too: then
    /// it is not for the holder to say that it holds.
    pub fn renewed(&self) -> Option<Self> {
        let generation = Generation(self.generation.0 + 1);
        let renewed = Self { generation, ..self.clone() };
        renewed.holds().then_some(renewed)
    }

    /// Whether mail may carry this address as its sender: one of the person's own, with or without a tag (R19).
    pub(super) fn may_send_as(&self, address: &Address) -> bool {
        self.holds() && self.directory.snapshot().resolve(address) == Resolution::Mailbox(self.mailbox)
    }
}
