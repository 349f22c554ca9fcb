//! The whole directory at one moment: every question about people, units and addresses is answered here, without waiting.

mod addresses;
mod find;
mod mail;
mod put;
mod rights;

use std::collections::{BTreeMap, HashMap};

use super::model::{Addressed, Delegation, Department, Grant, Mailbox, Owner, Staff, StaffState, Unit, UnitState};
use super::row::{Key, Row, Table};
use crate::address::Address;
use crate::id::{AddressId, DelegationId, GrantId, MailboxId, StaffId, UnitId};
use crate::text::fold;
pub use addresses::Availability;
pub use find::FindError;
pub use mail::Resolution;
pub use rights::{SHARED, Tree, UNITS};

/// The directory as of one commit. Two are equal when every row they were made from is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    version: i64,
    department: Department,
    staff: BTreeMap<StaffId, Staff>,
    units: BTreeMap<UnitId, Unit>,
    mailboxes: BTreeMap<MailboxId, Mailbox>,
    addresses: BTreeMap<AddressId, Addressed>,
    delegations: BTreeMap<DelegationId, Delegation>,
    grants: BTreeMap<GrantId, Grant>,
    live: HashMap<Address, AddressId>,
    resting: HashMap<Address, AddressId>,
    /// Live local parts of our own domain by what they look like.
    appearances: HashMap<String, Vec<AddressId>>,
    by_code: HashMap<String, StaffId>,
    by_name: HashMap<String, Vec<StaffId>>,
    unit_by_code: HashMap<String, UnitId>,
    of: HashMap<Owner, MailboxId>,
}

impl Snapshot {
    /// A directory with nobody in it.
    pub(in crate::directory) fn empty(version: i64, department: Department) -> Self {
        Self {
            version,
            department,
            staff: BTreeMap::new(),
            units: BTreeMap::new(),
            mailboxes: BTreeMap::new(),
            addresses: BTreeMap::new(),
            delegations: BTreeMap::new(),
            grants: BTreeMap::new(),
            live: HashMap::new(),
            resting: HashMap::new(),
            appearances: HashMap::new(),
            by_code: HashMap::new(),
            by_name: HashMap::new(),
            unit_by_code: HashMap::new(),
            of: HashMap::new(),
        }
    }

    /// The same directory as of the next commit.
    pub(in crate::directory) fn next(mut self) -> Self {
        self.version += 1;
        self
    }

    /// Counts the commits that changed the directory.
    pub fn version(&self) -> i64 {
        self.version
    }

    /// Whose mail is ours, and who leads.
    pub fn department(&self) -> &Department {
        &self.department
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

    /// An address by id, live or at rest.
    pub fn address(&self, id: AddressId) -> Option<&Addressed> {
        self.addresses.get(&id)
    }

    /// The mailbox of a person, a unit or the department.
    pub fn of(&self, owner: Owner) -> Option<&Mailbox> {
        self.mailboxes.get(self.of.get(&owner)?)
    }

    /// A person's own mailbox and its address, where it has one.
    pub fn own(&self, person: StaffId) -> Option<(MailboxId, &Address)> {
        let mailbox = self.of(Owner::Staff(person))?;
        Some((mailbox.id, mailbox.primary()?))
    }

    /// The unit of this code that is open.
    pub fn unit_by_code(&self, code: &str) -> Option<&Unit> {
        self.units.get(self.unit_by_code.get(&fold(code))?)
    }

    /// The unit that is the Office (văn phòng): it keeps the directory and hears of faults (P5.1, P7).
    pub fn office(&self) -> Option<&Unit> {
        self.unit_by_code(&self.department.office)
    }

    /// The person with this number of the personnel office.
    pub fn staff_by_code(&self, code: &str) -> Option<&Staff> {
        self.staff.get(self.by_code.get(&fold(code))?)
    }

    /// The mailbox that an address is one of, whatever its state.
    pub fn holder(&self, address: &Address) -> Option<&Mailbox> {
        self.mailboxes.get(&self.addresses.get(self.live.get(address)?)?.mailbox)
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

    /// All addresses ever given out, in that order.
    pub fn all_addresses(&self) -> impl Iterator<Item = &Addressed> {
        self.addresses.values()
    }

    /// All delegations ever made, in that order.
    pub fn all_delegations(&self) -> impl Iterator<Item = &Delegation> {
        self.delegations.values()
    }

    /// A delegation by id.
    pub fn delegation(&self, id: DelegationId) -> Option<&Delegation> {
        self.delegations.get(&id)
    }

    /// What a unit's or the department's mailbox is called among folders: as the unit is, with its code where another is
    /// called the same. Nobody's own mailbox is among them.
    pub fn label(&self, mailbox: &Mailbox) -> Option<String> {
        let as_level = |name: &str| name.replace(|c: char| c.is_control() || matches!(c, '/' | '*' | '%'), "-");
        match mailbox.owner {
            Owner::Staff(_) => None,
            Owner::Department => Some(as_level(&self.department.name)),
            Owner::Unit(id) => {
                let unit = self.units.get(&id)?;
                let twin = |other: &Unit| other.id != id && other.state == UnitState::Open && other.name == unit.name;
                let name = as_level(&unit.name);
                let shared = unit.name == self.department.name || self.units.values().any(twin);
                Some(if shared { format!("{name} ({})", unit.code) } else { name })
            }
        }
    }

    /// All grants ever made, in that order.
    pub fn all_grants(&self) -> impl Iterator<Item = &Grant> {
        self.grants.values()
    }

    /// A grant by id.
    pub fn grant(&self, id: GrantId) -> Option<&Grant> {
        self.grants.get(&id)
    }

    /// A row by table and id.
    pub fn row(&self, key: Key) -> Option<Row> {
        Some(match key.table {
            Table::Unit => Row::Unit(self.units.get(&UnitId(key.id))?.clone()),
            Table::Staff => Row::Staff(self.staff.get(&StaffId(key.id))?.clone()),
            Table::Mailbox => Row::Mailbox(self.mailboxes.get(&MailboxId(key.id))?.clone()),
            Table::Address => Row::Address(self.addresses.get(&AddressId(key.id))?.clone()),
            Table::Delegation => Row::Delegation(self.delegations.get(&DelegationId(key.id))?.clone()),
            Table::Grant => Row::Grant(self.grants.get(&GrantId(key.id))?.clone()),
        })
    }

    /// Every row of the directory.
    pub fn rows(&self) -> impl Iterator<Item = Row> {
        let units = self.units.values().cloned().map(Row::Unit);
        let staff = self.staff.values().cloned().map(Row::Staff);
        let mailboxes = self.mailboxes.values().cloned().map(Row::Mailbox);
        let addresses = self.addresses.values().cloned().map(Row::Address);
        let delegations = self.delegations.values().cloned().map(Row::Delegation);
        let grants = self.grants.values().cloned().map(Row::Grant);
        units.chain(staff).chain(mailboxes).chain(addresses).chain(delegations).chain(grants)
    }

    /// Who of a unit are here.
    pub fn members(&self, unit: UnitId) -> impl Iterator<Item = &Staff> {
        self.staff.values().filter(move |person| person.unit == unit && person.state != StaffState::Departed)
    }

    /// The units a person is head of.
    pub fn headed_by(&self, person: StaffId) -> impl Iterator<Item = &Unit> {
        self.units.values().filter(move |unit| unit.head == Some(person) && unit.state == UnitState::Open)
    }
}
