//! Which addresses may be given out (R3).

use jiff::civil::Date;

use super::Snapshot;
use crate::address::Address;
use crate::directory::model::{Addressed, Held, Owner};
use crate::id::{MailboxId, StaffId};
use crate::name::LocalPart;

/// Whether an address may be given to a mailbox today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Availability {
    /// Nobody has it.
    Free,
    /// This mailbox has it.
    InUse(MailboxId),
    /// It rests, and nobody else may have it before this day.
    Resting(Date),
}

impl Snapshot {
    /// Whether an address may be given out on this day (R3). Whoever had it may have it again.
    pub fn availability(&self, address: &Address, today: Date, person: Option<StaffId>) -> Availability {
        if let Some(held) = self.live.get(address).and_then(|id| self.addresses.get(id)) {
            return Availability::InUse(held.mailbox);
        }
        let Some(rest) = self.resting.get(address).and_then(|id| self.addresses.get(id)) else {
            return Availability::Free;
        };
        let theirs = person.is_some_and(|person| {
            self.mailboxes.get(&rest.mailbox).is_some_and(|had| had.owner == Owner::Staff(person))
        });
        match rest.until {
            Some(until) if until > today && !theirs => Availability::Resting(until),
            _ => Availability::Free,
        }
    }

    /// The row of an address: the live one, or of those at rest the one that ends last.
    pub fn known(&self, address: &Address) -> Option<&Addressed> {
        self.addresses.get(self.live.get(address).or_else(|| self.resting.get(address))?)
    }

    /// A live address at our domain, none of `theirs`, that a hurried reader would take for this one (hostile B86).
    pub fn look_alike(&self, local: &LocalPart, theirs: &[Held]) -> Option<&Address> {
        let similar = self.appearances.get(&local.appearance())?;
        let others = similar.iter().filter(|id| theirs.iter().all(|held| held.id != **id));
        let others = others.filter_map(|id| self.addresses.get(id)).map(|held| &held.address);
        others.into_iter().find(|address| address.key() != local.as_str())
    }
}
