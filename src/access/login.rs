//! Somebody who is logged in, for as long as the right to be lasts.

use std::time::Duration;

use jiff::Timestamp;

use crate::address::Address;
use crate::clock::Clock;
use crate::credential::{Kind, Standing};
use crate::directory::{Directory, Generation, Mailbox, MailboxState, Owner, Resolution, Rights, Snapshot, StaffState};
use crate::id::{MailboxId, StaffId};
use crate::limits;

/// Who is logged in: every act carries a person's name (R19, R23).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// A person of the department, with a password of their own.
    Staff(StaffId),
    /// An administrator, by name, with a password that opens one mailbox for a while (R20).
    Opener(String),
    /// A machine of a unit or the department, by the name that its steward knows it by (R23).
    Machine(String),
}

/// The proof that somebody logged in. It may be kept as long as a session lives; whether it still holds is asked of it.
#[derive(Clone, Debug)]
pub struct Login {
    /// Who.
    pub who: Who,
    /// The mailbox that was opened: the person's own, or one that they answer for or that was delegated to them.
    pub mailbox: MailboxId,
    /// Its address.
    pub address: Address,
    /// The person's full name; the machine's.
    pub name: String,
    /// What may be done with the mailbox; the login ends when any of it does.
    pub rights: Rights,
    /// Whether the password is still the first one (R10).
    pub standing: Standing,
    /// What the password is for.
    pub kind: Kind,
    /// The mailbox whose password it is.
    pub(super) key: MailboxId,
    /// That mailbox's, when the password was given.
    pub(super) generation: Generation,
    /// Only what was opened for a while has an end of its own.
    pub(super) until: Option<Timestamp>,
    pub(super) clock: Clock,
    pub(super) directory: Directory,
}

impl Login {
    /// The person, unless it is an administrator's opening.
    pub fn staff(&self) -> Option<StaffId> {
        match &self.who {
            Who::Staff(staff) => Some(*staff),
            Who::Opener(_) | Who::Machine(_) => None,
        }
    }

    /// As the audit names who is here.
    pub fn actor(&self) -> String {
        match &self.who {
            Who::Staff(_) => self.person().to_string(),
            Who::Opener(name) => name.clone(),
            Who::Machine(name) => format!("{name} ({})", self.address),
        }
    }

    /// The address of whoever is here; that of the mailbox where it is nobody of the staff.
    pub fn person(&self) -> Address {
        let snapshot = self.directory.snapshot();
        let own = self.own(&snapshot).and_then(Mailbox::primary);
        own.unwrap_or(&self.address).clone()
    }

    /// The person's own mailbox.
    pub(super) fn own<'a>(&self, snapshot: &'a Snapshot) -> Option<&'a Mailbox> {
        snapshot.of(Owner::Staff(self.staff()?))
    }

    /// Whether the right to be logged in holds now (invariant I7).
    pub fn holds(&self) -> bool {
        let snapshot = self.directory.snapshot();
        let key = snapshot.mailbox(self.key).filter(|key| key.generation == self.generation);
        key.is_some_and(|key| match self.who {
            Who::Staff(staff) => {
                let here = snapshot.staff(staff).is_some_and(|person| person.state == StaffState::Active);
                let rights = || snapshot.rights(staff, self.mailbox, self.clock.today());
                here && key.state == MailboxState::Open && rights().include(self.rights)
            }
            Who::Opener(_) => key.state != MailboxState::Removed && !self.is_over(),
            Who::Machine(_) => key.state == MailboxState::Open,
        })
    }

    /// Resolves when the right to be logged in has ended: suspension, departure, another password, a right that was
    /// withdrawn or whose days are over. Doors wait for it beside everything else they wait for, and close the session.
    pub async fn ended(&self) {
        self.ended_with(None, |_| true).await;
    }

    /// The same, where something in a mailbox is in use, perhaps in another one: also when `holds` no longer does.
    pub async fn ended_with(&self, mailbox: Option<MailboxId>, holds: impl Fn(&Self) -> bool) {
        // Subscribed before asking: a change in between is seen by one or the other.
        let mut versions = self.directory.changes();
        while self.holds() && holds(self) {
            tokio::select! {
                changed = versions.changed() => if changed.is_err() { return },
                () = self.next_look(mailbox) => {}
            }
        }
    }

    /// Rights between days and openings end by the clock alone, and a clock may be put forward: they are looked at again
    /// and again. One's own mailbox is not.
    async fn next_look(&self, used: Option<MailboxId>) {
        if self.until.is_none() && self.mailbox == self.key && used.is_none_or(|used| used == self.key) {
            return std::future::pending().await;
        }
        let left = self.until.map(|until| until.duration_since(self.clock.now()));
        let left = left.map_or(Duration::MAX, |left| Duration::try_from(left).unwrap_or(Duration::ZERO));
        tokio::time::sleep(left.min(limits::RIGHTS_LOOK_EVERY)).await;
    }

    fn is_over(&self) -> bool {
        self.until.is_some_and(|until| until <= self.clock.now())
    }

    /// Whether the password is still the one that was issued (R10): whoever has it reads, and does not send.
    pub fn must_change_password(&self) -> bool {
        self.standing == Standing::First
    }

    /// By which password the person is here, for what they ask to be done: it is asked again when it is done.
    pub fn authority(&self) -> (MailboxId, Generation) {
        (self.key, self.generation)
    }

    /// The same right after the holder's own act raised the generation once. None where anything else changed, too: then
    /// it is not for the holder to say that it holds.
    pub fn renewed(&self) -> Option<Self> {
        let generation = Generation(self.generation.0 + 1);
        let renewed = Self { generation, ..self.clone() };
        renewed.holds().then_some(renewed)
    }

    /// Whether mail may carry this address as its sender now: one of the person's own or of a mailbox that they may send
    /// from, with or without a tag (R19, R23).
    pub(super) fn may_send_as(&self, address: &Address) -> bool {
        let snapshot = self.directory.snapshot();
        match (&self.who, snapshot.resolve(address)) {
            (Who::Staff(staff), Resolution::Mailbox(mailbox)) => {
                let rights = snapshot.rights(*staff, mailbox, self.clock.today());
                self.holds() && rights.include(Rights::SEND) && !is_forwarded(&snapshot, address, mailbox)
            }
            (Who::Machine(_), Resolution::Mailbox(mailbox)) if mailbox == self.mailbox => {
                self.holds() && self.rights.include(Rights::SEND) && !is_forwarded(&snapshot, address, mailbox)
            }
            _ => false,
        }
    }
}

/// Whether the address is another mailbox's, whose mail goes to this one for the time being: nobody speaks for whoever
/// left (R15).
fn is_forwarded(snapshot: &Snapshot, address: &Address, mailbox: MailboxId) -> bool {
    let base = address.without_tag().map(|(base, _)| base);
    let holder = snapshot.holder(address).or_else(|| snapshot.holder(base.as_ref()?));
    holder.is_some_and(|holder| holder.id != mailbox)
}
