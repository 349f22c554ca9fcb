//! The rules: from an act and the directory to steps, or to a refusal. Nothing is waited for and nothing is changed here.

pub mod decision;
mod department;
mod hire;
mod password;
mod resume;
mod suspend;
mod unit_create;

use jiff::civil::Date;

use super::act::{Act, Registration};
use super::refusal::Refusal;
use super::settings::Settings;
use super::step::Step;
use crate::address::Address;
use crate::credential::Secret;
use crate::directory::write::NewMailbox;
use crate::directory::{AddressKind, Availability, Decision, Mailbox, Owner, Reach, Snapshot, Staff, StaffState};
use crate::name::LocalPart;

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
    /// Today, at the office.
    pub today: Date,
}

/// The steps of an act.
pub fn plan(act: &Act, case: &Case<'_>) -> Result<Vec<Step>, Refusal> {
    match act {
        Act::FoundDepartment(found) => department::plan(found, case),
        Act::CreateUnit(unit) => unit_create::plan(unit, case),
        Act::Hire(hire) => hire::plan(hire, case),
        Act::Suspend { who } => suspend::plan(who, case),
        Act::Resume { who } => resume::plan(who, case),
        Act::SetPassword { who } => password::plan(who, case),
    }
}

impl<'a> Case<'a> {
    /// The person meant, who is still here, and the mailbox.
    fn person(&self, who: &str) -> Result<(&'a Staff, &'a Mailbox, &'a Address), Refusal> {
        let person = self.snapshot.find(who).map_err(|error| Refusal::of_find(error, self.snapshot))?;
        let mailbox = self.snapshot.of(Owner::Staff(person.id));
        match mailbox.and_then(|mailbox| Some((mailbox, mailbox.primary()?))) {
            Some((mailbox, address)) if person.state != StaffState::Departed => Ok((person, mailbox, address)),
            _ => Err(Refusal::Standing { holder: person.name.clone(), state: StaffState::Departed }),
        }
    }

    /// The day from which the act holds.
    fn effective(&self) -> Date {
        self.decision.map_or(self.today, |decision| decision.effective)
    }

    /// An address at the department's own domain.
    fn own(&self, local: &LocalPart) -> Result<Address, Refusal> {
        let domain = self.snapshot.domains().own.clone();
        Address::new(local.as_str(), domain).map_err(|_| Refusal::NotAnAddress(local.clone()))
    }

    /// An address that was chosen by hand, if it may be given out today (R3).
    fn chosen(&self, local: &LocalPart) -> Result<Address, Refusal> {
        let address = self.own(local)?;
        match self.snapshot.availability(&address, self.today) {
            Availability::InUse(_) => Err(Refusal::AddressInUse(address)),
            Availability::Resting(resting) => Err(Refusal::AddressResting { address, until: resting.until }),
            Availability::Free => match self.snapshot.look_alike(local) {
                Some(other) => Err(Refusal::AddressLooksLike { address, other: other.clone() }),
                None => Ok(address),
            },
        }
    }

    /// The steps that open the mailbox of whoever was just entered.
    fn open(&self, address: Address, quota_bytes: u64, reach: Reach, registration: Registration) -> Vec<Step> {
        let provincial = match (registration, &self.snapshot.domains().provincial) {
            (Registration::Wanted, Some(domain)) => Address::new(address.local(), domain.clone()).ok(),
            _ => None,
        };
        let mut steps = vec![
            Step::OpenMailbox(NewMailbox { quota_bytes, reach, opened: self.effective() }),
            Step::GiveAddress { address, kind: AddressKind::Primary },
        ];
        steps.extend(provincial.map(|address| Step::GiveAddress { address, kind: AddressKind::Provincial }));
        steps.push(Step::MakeFolders);
        steps
    }
}
