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
use crate::address::{Address, Domain};
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

/// What a new mailbox is to be reached by.
struct Addresses {
    own: Address,
    provincial: Option<Address>,
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

    /// The addresses that a mailbox under this name would have.
    fn addresses(&self, local: &LocalPart, registration: Registration) -> Result<Addresses, Refusal> {
        let domains = self.snapshot.domains();
        let at = |domain: &Domain| {
            Address::new(local.as_str(), domain.clone()).map_err(|_| Refusal::NotAnAddress(local.clone()))
        };
        let provincial = match registration {
            Registration::Wanted => domains.provincial.as_ref().map(at).transpose()?,
            Registration::None => None,
        };
        Ok(Addresses { own: at(&domains.own)?, provincial })
    }

    /// Whether they may be given out today (R3).
    fn free(&self, addresses: &Addresses) -> Result<(), Refusal> {
        for address in std::iter::once(&addresses.own).chain(&addresses.provincial) {
            let address = address.clone();
            match self.snapshot.availability(&address, self.today) {
                Availability::Free => {}
                Availability::InUse(_) => return Err(Refusal::AddressInUse(address)),
                Availability::Resting(rest) => return Err(Refusal::AddressResting { address, until: rest.until }),
            }
        }
        Ok(())
    }

    /// Addresses under a name that was chosen by hand.
    fn chosen(&self, local: &LocalPart, registration: Registration) -> Result<Addresses, Refusal> {
        let addresses = self.addresses(local, registration)?;
        self.free(&addresses)?;
        match self.snapshot.look_alike(local) {
            Some(other) => Err(Refusal::AddressLooksLike { address: addresses.own, other: Box::new(other.clone()) }),
            None => Ok(addresses),
        }
    }

    /// The steps that open the mailbox of whoever was just entered.
    fn open(&self, addresses: Addresses, quota_bytes: u64, reach: Reach) -> Vec<Step> {
        let Addresses { own, provincial } = addresses;
        let mut steps = vec![
            Step::OpenMailbox(NewMailbox { quota_bytes, reach, opened: self.effective() }),
            Step::GiveAddress { address: own, kind: AddressKind::Primary },
        ];
        steps.extend(provincial.map(|address| Step::GiveAddress { address, kind: AddressKind::Provincial }));
        steps.push(Step::MakeFolders);
        steps
    }
}
