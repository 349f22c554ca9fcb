//! The rules: from an act and the directory to steps, or to a refusal. Nothing is waited for and nothing is changed here.

mod alias;
mod compromised;
pub mod decision;
mod delegate;
mod depart;
mod department;
mod device;
mod export;
mod grant;
mod handover;
mod hire;
mod open;
mod password;
mod promote;
mod province;
mod reinstate;
mod remove;
mod rename;
mod resume;
mod suspend;
mod transfer;
mod unit_appoint;
mod unit_close;
mod unit_create;
mod unit_merge;
mod unit_rename;
mod unit_split;

use jiff::Timestamp;
use jiff::civil::Date;

use super::act::{Act, FirstPassword, Registration};
use super::refusal::Refusal;
use super::settings::Settings;
use super::step::{Step, Whose};
use crate::address::{Address, Domain};
use crate::credential::{Secret, Standing};
use crate::directory::{
    AddressKind, AddressState, Availability, Decision, Delegation, DelegationState, Grantee, Held, Mailbox,
    MailboxState, NewMailbox, Owner, Pins, Reach, Snapshot, Staff, StaffState, Unit, UnitState,
};
use crate::id::{MailboxId, StaffId};
use crate::name::{LocalPart, PersonName};
use crate::period::Period;

/// What a rule may look at.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// The directory before the act.
    pub snapshot: &'a Snapshot,
    /// The configuration.
    pub settings: &'a Settings,
    /// The cause, where there is one.
    pub decision: Option<&'a Decision>,
    /// A password chosen by somebody, for an act that sets one.
    pub password: Option<&'a Secret>,
    /// Whom the act names, where that was known before its day.
    pub pins: &'a Pins,
    /// Whether somebody is there to take a slip with a first password.
    pub handing: Handing,
    /// Now.
    pub now: Timestamp,
    /// Today, at the office.
    pub today: Date,
}

/// Whether somebody is there to take a slip with a first password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handing {
    /// Whoever asks for the act gets it.
    Slip,
    /// The act is done by itself on its day.
    Nobody,
}

/// The acts that an act is made of, each to be planned on what the ones before it left. Most are made of themselves.
pub fn parts(act: &Act, case: &Case<'_>) -> Result<Vec<Act>, Refusal> {
    match act {
        Act::SplitUnit(split) => unit_split::parts(split, case),
        Act::AppointHead { code, who } => unit_appoint::parts(code, who, case),
        Act::HandOver(hand_over) => handover::parts(hand_over, case),
        Act::Transfer(transfer) => transfer::parts(transfer, case),
        Act::Depart(depart) => depart::parts(depart, case),
        other => Ok(vec![other.clone()]),
    }
}

/// The steps of an act.
pub fn plan(act: &Act, case: &Case<'_>) -> Result<Vec<Step>, Refusal> {
    match act {
        Act::FoundDepartment(found) => department::plan(found, case),
        Act::CreateUnit(unit) => unit_create::plan(unit, case),
        Act::RenameUnit(rename) => unit_rename::plan(rename, case),
        Act::MergeUnit { code, into } => unit_merge::plan(code, into, case),
        // Whatever a split does, its parts do.
        Act::SplitUnit(_) => Ok(Vec::new()),
        Act::CloseUnit(close) => unit_close::plan(close, case),
        Act::AppointHead { code, who } => unit_appoint::plan(code, who, case),
        Act::Hire(hire) => hire::plan(hire, case),
        Act::Reinstate(reinstate) => reinstate::plan(reinstate, case),
        Act::Transfer(transfer) => transfer::plan(transfer, case),
        Act::Promote { who, position } => promote::plan(who, position, case),
        Act::Rename(rename) => rename::plan(rename, case),
        Act::Depart(depart) => depart::plan(depart, case),
        Act::Suspend { who } => suspend::plan(who, case),
        Act::Resume { who } => resume::plan(who, case),
        Act::SetPassword { who } => password::plan(who, case),
        Act::Compromised { who } => compromised::plan(who, case),
        Act::AddDevice { who, device } => device::add(who, device, case),
        Act::RemoveDevice { who, device } => device::remove(who, device, case),
        Act::AddMachine(add) => device::add_machine(add, case),
        Act::RemoveMachine { mailbox, device } => device::remove_machine(mailbox, device, case),
        Act::Delegate(delegate) => delegate::plan(delegate, case),
        Act::Revoke { mailbox, from } => delegate::revoke(mailbox, from, case),
        Act::HandOver(hand_over) => handover::plan(hand_over, case),
        Act::OpenFolder(open) => grant::plan(open, case),
        Act::AddAlias { mailbox, alias } => alias::add(mailbox, alias, case),
        Act::RemoveAlias { alias } => alias::remove(alias, case),
        Act::SetQuota { mailbox, quota_bytes } => alias::quota(mailbox, *quota_bytes, case),
        Act::OpenMailbox(open) => open::plan(open, case),
        Act::ExportMailbox { mailbox, reason } => export::plan(mailbox, reason, case),
        Act::RemoveMailbox { mailbox } => remove::plan(*mailbox, case),
        Act::MarkProvince { marks } => Ok(province::plan(marks, case)),
    }
}

/// What a new mailbox is to be reached by.
struct Addresses {
    own: Address,
    provincial: Option<Address>,
}

/// A person who is here, and their mailbox.
struct Present<'a> {
    person: &'a Staff,
    mailbox: &'a Mailbox,
    address: &'a Address,
}

impl<'a> Case<'a> {
    /// The decision, which acts on people's positions and on units need (R16).
    fn decided(&self) -> Result<&'a Decision, Refusal> {
        self.decision.ok_or(Refusal::DecisionMissing)
    }

    /// The person meant, whoever they are.
    fn anybody(&self, who: &str) -> Result<&'a Staff, Refusal> {
        if let Some(pinned) = self.pins.people.get(who).and_then(|id| self.snapshot.staff(*id)) {
            return Ok(pinned);
        }
        self.snapshot.find(who).map_err(|error| Refusal::of_find(error, self.snapshot))
    }

    /// The person meant, who is still here, and the mailbox.
    fn person(&self, who: &str) -> Result<Present<'a>, Refusal> {
        let person = self.anybody(who)?;
        let mailbox = self.snapshot.of(Owner::Staff(person.id));
        match mailbox.and_then(|mailbox| Some((mailbox, mailbox.primary()?))) {
            Some((mailbox, address)) if person.state != StaffState::Departed => {
                Ok(Present { person, mailbox, address })
            }
            _ => Err(Refusal::Standing { holder: person.name.clone(), state: StaffState::Departed }),
        }
    }

    /// The same, where they are to answer for a mailbox: whoever is suspended could not open it.
    fn able(&self, who: &str) -> Result<Present<'a>, Refusal> {
        let present = self.person(who)?;
        match present.person.state {
            StaffState::Active => Ok(present),
            state => Err(Refusal::Standing { holder: present.person.name.clone(), state }),
        }
    }

    /// The open unit of this code.
    fn unit(&self, code: &str) -> Result<&'a Unit, Refusal> {
        let found = match self.pins.units.get(code) {
            Some(pinned) => self.snapshot.unit(*pinned).filter(|unit| unit.state == UnitState::Open),
            None => self.snapshot.unit_by_code(code),
        };
        found.ok_or_else(|| Refusal::UnitUnknown(code.to_owned()))
    }

    /// The open unit of this code, which is to end or to be known by another one: not the Office (P5).
    fn unit_but_office(&self, code: &str) -> Result<&'a Unit, Refusal> {
        let unit = self.unit(code)?;
        let office = self.snapshot.office().is_some_and(|office| office.id == unit.id);
        if office { Err(Refusal::IsOffice(unit.code.clone())) } else { Ok(unit) }
    }

    /// A unit's mailbox and its address.
    fn mailbox_of(&self, unit: &Unit) -> Result<(&'a Mailbox, &'a Address), Refusal> {
        let mailbox = self.snapshot.of(Owner::Unit(unit.id));
        let found = mailbox.and_then(|mailbox| Some((mailbox, mailbox.primary()?)));
        found.ok_or_else(|| Refusal::UnitUnknown(unit.code.clone()))
    }

    /// The mailbox that is in use under an address.
    fn mailbox(&self, address: &Address) -> Result<(&'a Mailbox, &'a Address), Refusal> {
        let mailbox = self.snapshot.holder(address).filter(|mailbox| mailbox.state == MailboxState::Open);
        let found = mailbox.and_then(|mailbox| Some((mailbox, mailbox.primary()?)));
        found.ok_or_else(|| Refusal::MailboxUnknown(address.clone()))
    }

    /// The day from which the act holds.
    fn effective(&self) -> Date {
        self.decision.map_or(self.today, |decision| decision.effective)
    }

    /// The day until which a mailbox that is closed now is kept. A decision dated back is carried out now: from now on
    /// whoever writes is told, and nobody's mail may end on the day it was closed (R15).
    fn kept_until(&self, grace: Period) -> Date {
        grace.after(self.effective().max(self.today))
    }

    /// Codes of the units that a person is head of.
    fn answers_for(&self, person: &Staff) -> Vec<String> {
        self.snapshot.headed_by(person.id).map(|unit| unit.code.clone()).collect()
    }

    /// Refuses where somebody who is to go answers for a unit (R15).
    fn no_stewardship(&self, person: &Staff) -> Result<(), Refusal> {
        let units = self.answers_for(person);
        if units.is_empty() { Ok(()) } else { Err(Refusal::StewardshipOpen { holder: person.name.clone(), units }) }
    }

    /// Handing over everything that somebody is head of, before `last` is done. Whoever takes it over stays in their own
    /// unit: the decision is about somebody else.
    fn handed_over(&self, who: &str, to: Option<&str>, last: Act) -> Result<Vec<Act>, Refusal> {
        let Some(to) = to else { return Ok(vec![last]) };
        let (going, successor) = (self.anybody(who)?, self.able(to)?.person);
        if going.id == successor.id {
            return Err(Refusal::NothingChanges(going.name.to_string()));
        }
        let appoint = |code| Act::AppointHead { code, who: to.to_owned() };
        Ok(self.answers_for(going).into_iter().map(appoint).chain([last]).collect())
    }

    /// The end of what is delegated to a person, or of a mailbox.
    fn end_delegations(&self, which: impl Fn(&Delegation) -> bool) -> Vec<Step> {
        let live = self.snapshot.all_delegations().filter(|d| d.state == DelegationState::Live && which(d));
        live.filter_map(|d| {
            Some(Step::EndDelegation {
                delegation: d.id,
                address: self.snapshot.mailbox(d.mailbox)?.primary()?.clone(),
                holder: self.name_of(d.staff)?,
            })
        })
        .collect()
    }

    /// The end of everything by which others than its stewards use a mailbox, and of every open session.
    fn end_uses(&self, mailbox: &Mailbox, address: &Address) -> Vec<Step> {
        let mut steps = self.end_delegations(|d| d.mailbox == mailbox.id);
        // What units share with each other is theirs, whoever heads them.
        steps.extend(self.end_grants(|g| g.mailbox == mailbox.id && matches!(g.to, Grantee::Staff(_))));
        steps.push(Step::EndCredentials { mailbox: mailbox.id, address: address.clone() });
        steps.push(Step::EndSessions { mailbox: mailbox.id, address: address.clone() });
        steps
    }

    /// The end of what is delegated to somebody as a head: the department's mailbox, unless they head another unit (R25).
    fn end_headship(&self, head: StaffId, unit: &Unit) -> Vec<Step> {
        if self.snapshot.headed_by(head).any(|other| other.id != unit.id) {
            return Vec::new();
        }
        let department = self.snapshot.of(Owner::Department).map(|mailbox| mailbox.id);
        self.end_delegations(|d| d.staff == head && Some(d.mailbox) == department)
    }

    fn name_of(&self, person: StaffId) -> Option<PersonName> {
        self.snapshot.staff(person).map(|person| person.name.clone())
    }

    /// The code of a person's unit.
    fn unit_of(&self, person: &Staff) -> String {
        self.snapshot.unit(person.unit).map(|unit| unit.code.clone()).unwrap_or_default()
    }

    /// The unit a person belongs to, where it is open.
    fn open_unit_of(&self, person: &Staff) -> Option<&'a Unit> {
        self.snapshot.unit(person.unit).filter(|unit| unit.state == UnitState::Open)
    }

    /// The addresses that a mailbox under this name would have.
    fn addresses(&self, local: &LocalPart, registration: Registration) -> Result<Addresses, Refusal> {
        let department = self.snapshot.department();
        let at = |domain: &Domain| {
            Address::new(local.as_str(), domain.clone()).map_err(|_| Refusal::NotAnAddress(local.clone()))
        };
        let provincial = match registration {
            Registration::Wanted => department.provincial.as_ref().map(at).transpose()?,
            Registration::None => None,
        };
        Ok(Addresses { own: at(&department.own)?, provincial })
    }

    /// Whether they may be given out today (R3); whoever had them may have them again.
    fn free(&self, addresses: &Addresses, person: Option<StaffId>) -> Result<(), Refusal> {
        for address in std::iter::once(&addresses.own).chain(&addresses.provincial) {
            let address = address.clone();
            match self.snapshot.availability(&address, self.today, person) {
                Availability::Free => {}
                Availability::InUse(_) => return Err(Refusal::AddressInUse(address)),
                Availability::Resting(until) => return Err(Refusal::AddressResting { address, until }),
            }
        }
        Ok(())
    }

    /// Addresses under a name that was chosen by hand, for a mailbox that is new.
    fn chosen(&self, local: &LocalPart, registration: Registration) -> Result<Addresses, Refusal> {
        let addresses = self.addresses(local, registration)?;
        self.free(&addresses, None)?;
        self.distinct(local, &addresses.own, &[])?;
        Ok(addresses)
    }

    /// Refuses a name that would be taken for another one, but for those that the mailbox has itself (hostile B86).
    fn distinct(&self, local: &LocalPart, address: &Address, theirs: &[Held]) -> Result<(), Refusal> {
        match self.snapshot.look_alike(local, theirs) {
            Some(other) => Err(Refusal::AddressLooksLike { address: address.clone(), other: Box::new(other.clone()) }),
            None => Ok(()),
        }
    }

    /// The step that gives a mailbox an address under a name that was chosen by hand: a new one, or one that it has or had
    /// (R3).
    fn give(&self, mailbox: &Mailbox, local: &LocalPart, kind: AddressKind) -> Result<Step, Refusal> {
        let addresses = self.addresses(local, Registration::None)?;
        let known = self.snapshot.known(&addresses.own).filter(|known| known.mailbox == mailbox.id);
        match (known.map(|known| known.state), kind) {
            // A further address becomes the primary one.
            (Some(AddressState::Live), AddressKind::Primary) => {}
            (Some(AddressState::Quarantined), _) => self.distinct(local, &addresses.own, &mailbox.addresses)?,
            (Some(AddressState::Live) | None, _) => {
                let person = match mailbox.owner {
                    Owner::Staff(person) => Some(person),
                    Owner::Unit(_) | Owner::Department => None,
                };
                self.free(&addresses, person)?;
                self.distinct(local, &addresses.own, &mailbox.addresses)?;
            }
        }
        let address = addresses.own;
        Ok(match known {
            Some(known) => Step::RegainAddress { id: known.id, address, kind },
            None => Step::GiveAddress { mailbox: Whose::Known(mailbox.id), address, kind },
        })
    }

    /// The steps that give a mailbox another primary address; the one it had goes on leading to it.
    fn readdress(&self, mailbox: &Mailbox, local: &LocalPart) -> Result<Vec<Step>, Refusal> {
        let primary = mailbox.addresses.iter().find(|held| held.kind == AddressKind::Primary);
        let demoted = primary.map(|held| Step::DemoteAddress { id: held.id, address: held.address.clone() });
        Ok(demoted.into_iter().chain([self.give(mailbox, local, AddressKind::Primary)?]).collect())
    }

    /// Addresses under the first name of the rule under which everything is free.
    fn by_rule(
        &self,
        name: &PersonName,
        registration: Registration,
        person: Option<StaffId>,
    ) -> Result<Addresses, Refusal> {
        let candidates = self.settings.name_rule.candidates(name);
        candidates
            .filter_map(|local| self.addresses(&local, registration).ok())
            .find(|addresses| self.free(addresses, person).is_ok())
            .ok_or_else(|| Refusal::NoAddress(name.clone()))
    }

    /// The steps that open the mailbox of whoever was just entered.
    fn open(&self, addresses: Addresses, quota_bytes: u64, reach: Reach) -> Vec<Step> {
        let Addresses { own, provincial } = addresses;
        let give = |address, kind| Step::GiveAddress { mailbox: Whose::JustOpened, address, kind };
        let mut steps = vec![
            Step::OpenMailbox(NewMailbox { quota_bytes, reach, opened: self.effective() }),
            give(own, AddressKind::Primary),
        ];
        steps.extend(provincial.map(|address| give(address, AddressKind::Provincial)));
        steps.push(Step::MakeFolders);
        steps
    }

    /// The step that sets a first password, or leaves it for later.
    fn first_password(&self, mailbox: Whose, address: &Address, holder: &PersonName, first: FirstPassword) -> Step {
        let standing = match (first, self.handing) {
            (FirstPassword::Later, _) | (_, Handing::Nobody) => {
                return Step::PasswordLater { address: address.clone() };
            }
            (FirstPassword::ToBeChanged, Handing::Slip) => Standing::First,
            (FirstPassword::MayStay, Handing::Slip) => Standing::Chosen,
        };
        Step::SetPassword { mailbox, address: address.clone(), holder: holder.clone(), standing }
    }

    /// An open mailbox here that mail may be forwarded to, other than this one.
    fn forward_target(&self, to: &Address, from: MailboxId) -> Result<(), Refusal> {
        let open = self.snapshot.holder(to).is_some_and(|m| m.state == MailboxState::Open && m.id != from);
        if open { Ok(()) } else { Err(Refusal::ForwardNotHere(to.clone())) }
    }
}

#[cfg(test)]
mod tests;
