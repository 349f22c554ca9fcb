//! What becomes of mail to an address.

use super::Snapshot;
use crate::address::{Address, Domain};
use crate::directory::model::{MailboxState, Owner, Province, StaffState, Treatment};
use crate::id::MailboxId;
use crate::limits;

/// What becomes of mail to an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// It is put into this mailbox.
    Mailbox(MailboxId),
    /// The holder is suspended.
    Suspended,
    /// The holder has left, and whoever writes is told so.
    Relocated {
        /// Whose mail it would have been: closed, and kept until it is archived.
        mailbox: MailboxId,
        /// Whom to write to instead, where somebody took over.
        successor: Option<Address>,
    },
    /// The holder has left, or the address is out of use and rests.
    Departed,
    /// Our domain, but nobody's address.
    Unknown,
    /// Not ours to deliver.
    Foreign,
}

/// Names that every domain answers to (RFC 5321 §4.5.1, RFC 2142), delivered to the department unless somebody has them.
const ROLES: [&str; 5] = ["postmaster", "abuse", "hostmaster", "webmaster", "security"];

/// Where staff report faults (regulation P7, R22): the Office's mailbox.
const FAULTS: &str = "suco";

impl Snapshot {
    /// What becomes of mail to an address. A sub-address (`name+tag@`) is its base's, unless it is an address itself.
    pub fn resolve(&self, address: &Address) -> Resolution {
        self.resolve_within(address, limits::FORWARDS_MAX)
    }

    fn resolve_within(&self, address: &Address, forwards: usize) -> Resolution {
        if !self.is_ours(address.domain()) {
            return Resolution::Foreign;
        }
        if let Some(found) = self.exactly(address, forwards) {
            return found;
        }
        let base = address.without_tag().map(|(base, _)| base);
        if let Some(found) = base.as_ref().and_then(|base| self.exactly(base, forwards)) {
            return found;
        }
        if *address.domain() != self.department.own {
            return Resolution::Foreign;
        }
        self.role(base.as_ref().unwrap_or(address).key()).map_or(Resolution::Unknown, Resolution::Mailbox)
    }

    /// Whether mail to an address reports a fault (R22): nobody else has it.
    pub fn hears_faults(&self, address: &Address) -> bool {
        let base = address.without_tag().map_or_else(|| address.clone(), |(base, _)| base);
        *base.domain() == self.department.own && base.key() == FAULTS && self.holder(&base).is_none()
    }

    /// Whether some address of the domain may be ours.
    fn is_ours(&self, domain: &Domain) -> bool {
        *domain == self.department.own || self.department.provincial.as_ref() == Some(domain)
    }

    fn exactly(&self, address: &Address, forwards: usize) -> Option<Resolution> {
        let Some(held) = self.live.get(address).and_then(|id| self.addresses.get(id)) else {
            let rests = *address.domain() == self.department.own && self.resting.contains_key(address);
            return rests.then_some(Resolution::Departed);
        };
        match held.province {
            // Not ours before the Centre has said so, nor after: the province may have another holder of that name.
            Some(Province::Wanted | Province::Sent | Province::Withdrawn) => None,
            None | Some(Province::Registered | Province::WithdrawalSent) => Some(self.standing(held.mailbox, forwards)),
        }
    }

    fn standing(&self, id: MailboxId, forwards: usize) -> Resolution {
        let Some(mailbox) = self.mailboxes.get(&id) else { return Resolution::Unknown };
        let person = match mailbox.owner {
            Owner::Staff(staff) => self.staff.get(&staff).map(|person| person.state),
            Owner::Unit(_) | Owner::Department => None,
        };
        match (mailbox.state, mailbox.grace.as_ref().map(|grace| &grace.treatment), person) {
            (MailboxState::Open, _, Some(StaffState::Suspended)) => Resolution::Suspended,
            (MailboxState::Open, _, Some(StaffState::Active) | None) => Resolution::Mailbox(id),
            (MailboxState::Closed, Some(Treatment::Reply(successor)), _) => {
                let successor = successor.as_ref().and_then(|to| self.successor(to, forwards));
                Resolution::Relocated { mailbox: id, successor }
            }
            // Whoever it was forwarded to may have left too; a circle ends as if all had.
            (MailboxState::Closed, Some(Treatment::Forward(to)), _) if forwards > 0 => {
                match self.resolve_within(to, forwards - 1) {
                    Resolution::Foreign | Resolution::Unknown => Resolution::Departed,
                    found => found,
                }
            }
            (MailboxState::Open | MailboxState::Closed | MailboxState::Removed, ..) => Resolution::Departed,
        }
    }

    /// Whom to write to where this address is to be named: whoever took over may have left too, and their address may be
    /// out of use.
    fn successor(&self, to: &Address, forwards: usize) -> Option<Address> {
        match self.resolve_within(to, forwards.checked_sub(1)?) {
            Resolution::Mailbox(_) | Resolution::Foreign => Some(to.clone()),
            Resolution::Relocated { successor, .. } => successor,
            Resolution::Suspended | Resolution::Departed | Resolution::Unknown => None,
        }
    }

    /// The mailbox that answers to a name nobody holds.
    fn role(&self, name: &str) -> Option<MailboxId> {
        if name == FAULTS {
            let office = self.office().and_then(|office| self.of(Owner::Unit(office.id)));
            return office.map(|mailbox| mailbox.id).or_else(|| self.postmaster());
        }
        ROLES.contains(&name).then(|| self.postmaster()).flatten()
    }

    fn postmaster(&self) -> Option<MailboxId> {
        let named = self.department.postmaster.as_ref().and_then(|address| self.holder(address));
        named.or_else(|| self.of(Owner::Department)).map(|mailbox| mailbox.id)
    }
}
