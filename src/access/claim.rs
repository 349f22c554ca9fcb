//! Whose mailbox a log-in is to open, and whether its password opens it: plain questions to one snapshot.

use jiff::civil::Date;

use super::{Door, Login, LoginRefusal, Right, Shared, Who};
use crate::address::Address;
use crate::credential::{Doors, Kind, Stored};
use crate::directory::{Mailbox, MailboxState, Owner, Rights, Snapshot, Staff, StaffState};

/// The mailbox whose address was given, as of one snapshot.
pub(super) struct Claim<'a>(pub(super) &'a Mailbox);

/// Whose mailbox a login is to open, and who is to be let in.
pub(super) struct Admitted<'a> {
    who: Who,
    name: String,
    mailbox: &'a Mailbox,
    rights: Rights,
}

/// The address meant by a name: a lone local part is one of the department's.
pub(super) fn address_of(name: &str, snapshot: &Snapshot) -> Option<Address> {
    if name.contains('@') {
        Address::parse(name).ok()
    } else {
        Address::new(name, snapshot.department().own.clone()).ok()
    }
}

impl<'a> Claim<'a> {
    pub(super) fn of(snapshot: &'a Snapshot, address: &Address) -> Option<Self> {
        snapshot.holder(address).map(Self)
    }

    /// Those who answer for a unit's mailbox log in as themselves: no password is its own, but those of its machines.
    pub(super) fn takes(&self, stored: &Stored) -> bool {
        match self.0.owner {
            Owner::Staff(_) => true,
            Owner::Unit(_) | Owner::Department => stored.kind == Kind::Opened || stored.bond.is_some(),
        }
    }

    /// What is asked once the password is known to be right.
    pub(super) fn admit(
        &self,
        snapshot: &'a Snapshot,
        right: &Right,
        authzid: Option<&str>,
        (door, today): (Door, Date),
    ) -> Result<Admitted<'a>, LoginRefusal> {
        let named = authzid.filter(|other| !other.is_empty());
        let asked = match named.map(|other| address_of(other, snapshot)) {
            None => self.0,
            Some(address) => {
                let mailbox = address.and_then(|address| snapshot.holder(&address));
                mailbox.ok_or(LoginRefusal::AuthzidNotAllowed)?
            }
        };
        match (right.kind, self.0.owner) {
            (Kind::Opened, _) => self.admit_opener(right, asked, door),
            (Kind::Own | Kind::Device, Owner::Staff(staff)) => {
                self.admit_person(snapshot, snapshot.staff(staff), asked, (door, today))
            }
            (Kind::Device, Owner::Unit(_) | Owner::Department) => self.admit_machine(right, asked),
            (Kind::Own, Owner::Unit(_) | Owner::Department) => Err(LoginRefusal::Wrong),
        }
    }

    /// A machine does what it is there for, and stands for nobody.
    fn admit_machine(&self, right: &Right, asked: &Mailbox) -> Result<Admitted<'a>, LoginRefusal> {
        if asked.id != self.0.id {
            return Err(LoginRefusal::AuthzidNotAllowed);
        }
        if self.0.state != MailboxState::Open {
            return Err(LoginRefusal::Departed);
        }
        let (name, bond) = right.name.clone().zip(right.bond.as_ref()).ok_or(LoginRefusal::Wrong)?;
        let rights = rights_of(bond.doors);
        Ok(Admitted { who: Who::Machine(name.clone()), name, mailbox: self.0, rights })
    }

    /// Whatever has become of its owner: what somebody left behind is looked into when they are not here.
    fn admit_opener(&self, right: &Right, asked: &Mailbox, door: Door) -> Result<Admitted<'a>, LoginRefusal> {
        if asked.id != self.0.id {
            return Err(LoginRefusal::AuthzidNotAllowed);
        }
        if self.0.state == MailboxState::Removed {
            return Err(LoginRefusal::Departed);
        }
        if door != Door::Imap {
            return Err(LoginRefusal::OpeningElsewhere);
        }
        let name = right.name.clone().unwrap_or_default();
        Ok(Admitted { who: Who::Opener(name.clone()), name, mailbox: self.0, rights: Rights::READ })
    }

    fn admit_person(
        &self,
        snapshot: &Snapshot,
        person: Option<&Staff>,
        asked: &'a Mailbox,
        (door, today): (Door, Date),
    ) -> Result<Admitted<'a>, LoginRefusal> {
        let person = person.ok_or(LoginRefusal::Departed)?;
        match person.state {
            StaffState::Active if self.0.state == MailboxState::Open => {}
            StaffState::Suspended => return Err(LoginRefusal::Suspended),
            StaffState::Active | StaffState::Departed => return Err(LoginRefusal::Departed),
        }
        let rights = snapshot.rights(person.id, asked.id, today);
        let needed = match door {
            Door::Imap => Rights::READ,
            Door::Smtp => Rights::SEND,
            Door::Web => Rights::ALL,
        };
        if !rights.include(needed) {
            return Err(LoginRefusal::AuthzidNotAllowed);
        }
        Ok(Admitted { who: Who::Staff(person.id), name: person.name.to_string(), mailbox: asked, rights })
    }
}

impl Admitted<'_> {
    pub(super) fn login(self, claim: &Claim<'_>, right: &Right, shared: &Shared) -> Option<Login> {
        Some(Login {
            who: self.who,
            mailbox: self.mailbox.id,
            address: self.mailbox.primary()?.clone(),
            name: self.name,
            rights: self.rights,
            standing: right.standing,
            kind: right.kind,
            key: claim.0.id,
            generation: claim.0.generation,
            until: right.until.filter(|_| right.kind == Kind::Opened),
            clock: shared.clock.clone(),
            directory: shared.directory.clone(),
        })
    }
}

/// What a machine may do with its mailbox.
pub fn rights_of(doors: Doors) -> Rights {
    match doors {
        Doors::Send => Rights::SEND,
        Doors::Read => Rights::READ,
        Doors::Both => Rights::READ.and(Rights::SEND),
    }
}
