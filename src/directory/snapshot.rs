//! The whole directory at one moment: every question about people, units and addresses is answered here, without waiting.

use std::collections::{BTreeMap, HashMap};

use jiff::civil::Date;

use super::model::{Domains, Held, Mailbox, MailboxState, Owner, Province, Staff, StaffState, Unit, UnitState};
use crate::address::{Address, Domain};
use crate::id::{MailboxId, StaffId, UnitId};
use crate::name::LocalPart;
use crate::text::{fold, nfc};

/// The directory as of one commit. Two are equal when every row they were made from is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    version: i64,
    domains: Domains,
    staff: BTreeMap<StaffId, Staff>,
    units: BTreeMap<UnitId, Unit>,
    mailboxes: BTreeMap<MailboxId, Mailbox>,
    live: HashMap<Address, (MailboxId, Held)>,
    resting: HashMap<Address, Resting>,
    by_code: HashMap<String, StaffId>,
    by_name: HashMap<String, Vec<StaffId>>,
    unit_by_code: HashMap<String, UnitId>,
    of: HashMap<Owner, MailboxId>,
}

/// An address that is out of use, and may not be another mailbox's before a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resting {
    /// The mailbox that had it.
    pub mailbox: MailboxId,
    /// The first day on which anybody may have it.
    pub until: Date,
}

/// The rows that a snapshot is made of.
pub(super) struct Rows {
    pub(super) version: i64,
    pub(super) staff: Vec<Staff>,
    pub(super) units: Vec<Unit>,
    pub(super) mailboxes: Vec<Mailbox>,
    pub(super) resting: Vec<(Address, Resting)>,
}

/// What becomes of mail to an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// It is put into this mailbox.
    Mailbox(MailboxId),
    /// The holder is suspended.
    Suspended,
    /// The holder has left, or the address is out of use and rests.
    Departed,
    /// Our domain, but nobody's address.
    Unknown,
    /// Not ours to deliver.
    Foreign,
}

/// Whether an address may be given to a mailbox today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Availability {
    /// Nobody has it.
    Free,
    /// This mailbox has it.
    InUse(MailboxId),
    /// It rests.
    Resting(Resting),
}

/// Why a WHO names nobody.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FindError {
    /// No such address, staff code or name.
    #[error("nobody is known by {0:?}")]
    Unknown(String),
    /// Several people bear the name.
    #[error("{name:?} is the name of {} people", candidates.len())]
    Ambiguous {
        /// What was asked for.
        name: String,
        /// Who bear it.
        candidates: Vec<StaffId>,
    },
}

/// Names that every domain answers to (RFC 5321 §4.5.1, RFC 2142), delivered to the department unless somebody has them.
const ROLES: [&str; 5] = ["postmaster", "abuse", "hostmaster", "webmaster", "security"];

impl Snapshot {
    pub(super) fn new(domains: Domains, rows: Rows) -> Self {
        let mut by_name: HashMap<String, Vec<StaffId>> = HashMap::new();
        for person in &rows.staff {
            by_name.entry(person.name.key()).or_default().push(person.id);
        }
        let code_of = |person: &Staff| Some((fold(person.code.as_deref()?), person.id));
        let lives = |mailbox: &&Mailbox| mailbox.state != MailboxState::Removed;
        let holds = |mailbox: &Mailbox| {
            let id = mailbox.id;
            mailbox.addresses.clone().into_iter().map(move |held| (held.address.clone(), (id, held)))
        };
        Self {
            version: rows.version,
            domains,
            by_name,
            by_code: rows.staff.iter().filter_map(code_of).collect(),
            unit_by_code: (rows.units.iter().filter(|u| u.state == UnitState::Open))
                .map(|unit| (unit.code.clone(), unit.id))
                .collect(),
            of: rows.mailboxes.iter().filter(lives).map(|mailbox| (mailbox.owner, mailbox.id)).collect(),
            live: rows.mailboxes.iter().flat_map(holds).collect(),
            resting: rows.resting.into_iter().collect(),
            staff: rows.staff.into_iter().map(|person| (person.id, person)).collect(),
            units: rows.units.into_iter().map(|unit| (unit.id, unit)).collect(),
            mailboxes: rows.mailboxes.into_iter().map(|mailbox| (mailbox.id, mailbox)).collect(),
        }
    }

    /// Counts the commits that changed the directory.
    pub fn version(&self) -> i64 {
        self.version
    }

    /// The domains whose mail is ours.
    pub fn domains(&self) -> &Domains {
        &self.domains
    }

    /// What becomes of mail to an address. A sub-address (`name+tag@`) is its base's, unless it is an address itself.
    pub fn resolve(&self, address: &Address) -> Resolution {
        if !self.is_ours(address.domain()) {
            return Resolution::Foreign;
        }
        if let Some(found) = self.exactly(address) {
            return found;
        }
        let base = address.without_tag().map(|(base, _)| base);
        if let Some(found) = base.as_ref().and_then(|base| self.exactly(base)) {
            return found;
        }
        if *address.domain() != self.domains.own {
            return Resolution::Foreign;
        }
        let role = ROLES.contains(&base.as_ref().unwrap_or(address).key());
        role.then(|| self.postmaster()).flatten().map_or(Resolution::Unknown, Resolution::Mailbox)
    }

    /// Whether some address of the domain may be ours.
    fn is_ours(&self, domain: &Domain) -> bool {
        *domain == self.domains.own || self.domains.provincial.as_ref() == Some(domain)
    }

    fn exactly(&self, address: &Address) -> Option<Resolution> {
        let Some((id, held)) = self.live.get(address) else {
            let rests = *address.domain() == self.domains.own && self.resting.contains_key(address);
            return rests.then_some(Resolution::Departed);
        };
        match held.province {
            // Not ours before the Centre has said so, nor after: the province may have another holder of that name.
            Some(Province::Wanted | Province::Sent | Province::Withdrawn) => None,
            None | Some(Province::Registered | Province::WithdrawalSent) => Some(self.standing(*id)),
        }
    }

    fn standing(&self, id: MailboxId) -> Resolution {
        let Some(mailbox) = self.mailboxes.get(&id) else { return Resolution::Unknown };
        let person = match mailbox.owner {
            Owner::Staff(staff) => self.staff.get(&staff).map(|person| person.state),
            Owner::Unit(_) | Owner::Department => None,
        };
        match (mailbox.state, person) {
            (MailboxState::Closed | MailboxState::Removed, _) | (_, Some(StaffState::Departed)) => Resolution::Departed,
            (MailboxState::Open, Some(StaffState::Suspended)) => Resolution::Suspended,
            (MailboxState::Open, Some(StaffState::Active) | None) => Resolution::Mailbox(id),
        }
    }

    fn postmaster(&self) -> Option<MailboxId> {
        let named = self.domains.postmaster.as_ref().and_then(|address| self.live.get(address)).map(|(id, _)| *id);
        named.or_else(|| self.of(Owner::Department).map(|mailbox| mailbox.id))
    }

    /// Whether an address may be given out on this day (R3).
    pub fn availability(&self, address: &Address, today: Date) -> Availability {
        if let Some((mailbox, _)) = self.live.get(address) {
            return Availability::InUse(*mailbox);
        }
        match self.resting.get(address) {
            Some(resting) if resting.until > today => Availability::Resting(*resting),
            _ => Availability::Free,
        }
    }

    /// A live address at our domain that a hurried reader would take for this one (hostile B86).
    pub fn look_alike(&self, local: &LocalPart) -> Option<&Address> {
        let appearance = local.appearance();
        let similar = |address: &&Address| {
            *address.domain() == self.domains.own
                && address.key() != local.as_str()
                && LocalPart::parse(address.key()).is_ok_and(|other| other.appearance() == appearance)
        };
        self.live.keys().find(similar)
    }

    /// A person by id.
    pub fn staff(&self, id: StaffId) -> Option<&Staff> {
        self.staff.get(&id)
    }

    /// A unit by id.
    pub fn unit(&self, id: UnitId) -> Option<&Unit> {
        self.units.get(&id)
    }

    /// A mailbox by id.
    pub fn mailbox(&self, id: MailboxId) -> Option<&Mailbox> {
        self.mailboxes.get(&id)
    }

    /// The mailbox of a person, a unit or the department.
    pub fn of(&self, owner: Owner) -> Option<&Mailbox> {
        self.mailboxes.get(self.of.get(&owner)?)
    }

    /// The unit of this code that is open.
    pub fn unit_by_code(&self, code: &str) -> Option<&Unit> {
        self.units.get(self.unit_by_code.get(&fold(code))?)
    }

    /// The person with this number of the personnel office.
    pub fn staff_by_code(&self, code: &str) -> Option<&Staff> {
        self.staff.get(self.by_code.get(&fold(code))?)
    }

    /// The mailbox that an address is one of, whatever its state.
    pub fn holder(&self, address: &Address) -> Option<&Mailbox> {
        self.mailboxes.get(&self.live.get(address)?.0)
    }

    /// Everybody, in the order of joining the directory.
    pub fn all_staff(&self) -> impl Iterator<Item = &Staff> {
        self.staff.values()
    }

    /// All units, in the order of their creation.
    pub fn all_units(&self) -> impl Iterator<Item = &Unit> {
        self.units.values()
    }

    /// All mailboxes, in the order of their opening.
    pub fn all_mailboxes(&self) -> impl Iterator<Item = &Mailbox> {
        self.mailboxes.values()
    }

    /// Finds a person by address, staff code or unambiguous full name. A name is found without diacritics too; written
    /// with them it means exactly that name, and those who are here come before those who left.
    pub fn find(&self, who: &str) -> Result<&Staff, FindError> {
        let unknown = || FindError::Unknown(who.to_owned());
        if let Ok(address) = Address::parse(who) {
            return match self.holder(&address).map(|mailbox| mailbox.owner) {
                Some(Owner::Staff(id)) => self.staff(id).ok_or_else(unknown),
                _ => Err(unknown()),
            };
        }
        let name = nfc(&who.split_whitespace().collect::<Vec<_>>().join(" "));
        if let Some(person) = self.staff_by_code(&name) {
            return Ok(person);
        }
        let namesakes: Vec<&Staff> =
            self.by_name.get(&fold(&name)).into_iter().flatten().filter_map(|id| self.staff.get(id)).collect();
        let written = name.to_lowercase();
        let exact = narrowed(namesakes, |person| person.name.as_str().to_lowercase() == written);
        match narrowed(exact, |person| person.state != StaffState::Departed).as_slice() {
            [] => Err(unknown()),
            [one] => Ok(one),
            several => Err(FindError::Ambiguous { name, candidates: several.iter().map(|person| person.id).collect() }),
        }
    }
}

/// Those of whom it holds; all of them where it holds of none.
fn narrowed(people: Vec<&Staff>, holds: impl Fn(&Staff) -> bool) -> Vec<&Staff> {
    if people.iter().any(|person| holds(person)) {
        people.into_iter().filter(|person| holds(person)).collect()
    } else {
        people
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::id::UnitId;
    use crate::name::PersonName;

    fn people(named: &[(&str, StaffState)]) -> Snapshot {
        let person = |(n, (name, state)): (i64, &(&str, StaffState))| Staff {
            id: StaffId(n),
            code: Some(format!("CB{n}")),
            name: PersonName::parse(name).unwrap(),
            unit: UnitId(1),
            position: None,
            state: *state,
            since: date(2026, 1, 1),
        };
        let domains = Domains { own: "x.vn".parse().unwrap(), provincial: None, postmaster: None };
        let staff = (1..).zip(named).map(person).collect();
        Snapshot::new(domains, Rows { version: 1, staff, units: vec![], mailboxes: vec![], resting: vec![] })
    }

    #[test]
    fn a_person_is_found_by_code_or_by_a_name_that_is_theirs_alone() {
        let (here, left) = (StaffState::Active, StaffState::Departed);
        let snapshot = people(&[
            ("Nguyễn Thị Đào", here),
            ("Nguyễn Thị Dào", here),
            ("Lê Văn An", left),
            ("Lê Văn An", here),
            ("Đỗ Xuân Bình", left),
        ]);
        for (who, id) in [
            ("cb2", 2),
            ("Nguyễn Thị Đào", 1),
            ("NGUYỄN  THỊ ĐÀO", 1),
            ("Nguye\u{302}\u{303}n Thi\u{323} Da\u{300}o", 2),
            ("le van an", 4),
            ("do xuan binh", 5),
        ] {
            assert_eq!(snapshot.find(who).map(|person| person.id), Ok(StaffId(id)), "{who}");
        }
        let candidates = vec![StaffId(1), StaffId(2)];
        let name = "nguyen thi dao".to_owned();
        assert_eq!(snapshot.find("nguyen thi dao"), Err(FindError::Ambiguous { name, candidates }));
        for who in ["", "Nguyễn", "%", "CB9", "a@x.vn"] {
            assert_eq!(snapshot.find(who), Err(FindError::Unknown(who.to_owned())));
        }
    }
}
