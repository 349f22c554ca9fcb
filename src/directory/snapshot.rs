//! The whole directory at one moment: every question about people, units and addresses is answered here, without waiting.

use std::collections::{BTreeMap, HashMap};

use jiff::civil::Date;

use super::model::{
    AddressState, Addressed, Delegation, Department, Held, Mailbox, MailboxState, Owner, Province, Rights, Staff,
    StaffState, Treatment, Unit, UnitState,
};
use super::row::{Key, Row, Table};
use crate::address::{Address, Domain};
use crate::id::{AddressId, DelegationId, MailboxId, StaffId, UnitId};
use crate::limits;
use crate::name::LocalPart;
use crate::text::{fold, nfc};

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
    live: HashMap<Address, AddressId>,
    resting: HashMap<Address, AddressId>,
    /// Live local parts of our own domain by what they look like.
    appearances: HashMap<String, Vec<AddressId>>,
    by_code: HashMap<String, StaffId>,
    by_name: HashMap<String, Vec<StaffId>>,
    unit_by_code: HashMap<String, UnitId>,
    of: HashMap<Owner, MailboxId>,
}

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

/// Where staff report faults (regulation P7, R22): the Office's mailbox.
const FAULTS: &str = "suco";

impl Snapshot {
    /// A directory with nobody in it.
    pub(super) fn empty(version: i64, department: Department) -> Self {
        Self {
            version,
            department,
            staff: BTreeMap::new(),
            units: BTreeMap::new(),
            mailboxes: BTreeMap::new(),
            addresses: BTreeMap::new(),
            delegations: BTreeMap::new(),
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
    pub(super) fn next(mut self) -> Self {
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

    /// A row by table and id.
    pub fn row(&self, key: Key) -> Option<Row> {
        Some(match key.table {
            Table::Unit => Row::Unit(self.units.get(&UnitId(key.id))?.clone()),
            Table::Staff => Row::Staff(self.staff.get(&StaffId(key.id))?.clone()),
            Table::Mailbox => Row::Mailbox(self.mailboxes.get(&MailboxId(key.id))?.clone()),
            Table::Address => Row::Address(self.addresses.get(&AddressId(key.id))?.clone()),
            Table::Delegation => Row::Delegation(self.delegations.get(&DelegationId(key.id))?.clone()),
        })
    }

    /// Every row of the directory.
    pub fn rows(&self) -> impl Iterator<Item = Row> {
        let units = self.units.values().cloned().map(Row::Unit);
        let staff = self.staff.values().cloned().map(Row::Staff);
        let mailboxes = self.mailboxes.values().cloned().map(Row::Mailbox);
        let addresses = self.addresses.values().cloned().map(Row::Address);
        let delegations = self.delegations.values().cloned().map(Row::Delegation);
        units.chain(staff).chain(mailboxes).chain(addresses).chain(delegations)
    }

    /// Who of a unit are here.
    pub fn members(&self, unit: UnitId) -> impl Iterator<Item = &Staff> {
        self.staff.values().filter(move |person| person.unit == unit && person.state != StaffState::Departed)
    }

    /// The units a person is head of.
    pub fn headed_by(&self, person: StaffId) -> impl Iterator<Item = &Unit> {
        self.units.values().filter(move |unit| unit.head == Some(person) && unit.state == UnitState::Open)
    }

    /// Who answers for a mailbox (P8): the person; the unit's head, and where there is none the head of the unit above it,
    /// then of the Office; the department's leaders. Whoever left is followed by those who answer for their unit.
    pub fn stewards(&self, mailbox: &Mailbox) -> Vec<StaffId> {
        match mailbox.owner {
            Owner::Staff(id) => match self.staff.get(&id) {
                Some(person) if person.state == StaffState::Departed => self.heads(Some(person.unit)),
                _ => vec![id],
            },
            Owner::Unit(id) => self.heads(Some(id)),
            Owner::Department => self.leaders(),
        }
    }

    /// The head of the unit or of the nearest one above it that has one, of the Office, or the leaders.
    fn heads(&self, unit: Option<UnitId>) -> Vec<StaffId> {
        let mut next = unit.and_then(|id| self.units.get(&id));
        // As many steps as there are units: a circle ends too.
        for _ in 0..self.units.len() {
            let Some(unit) = next else { break };
            if let (Some(head), UnitState::Open) = (unit.head, unit.state) {
                return vec![head];
            }
            next = unit.parent.and_then(|id| self.units.get(&id));
        }
        match self.office().and_then(|office| office.head) {
            Some(head) => vec![head],
            None => self.leading().collect(),
        }
    }

    /// Director and deputies; the head of the Office where there is neither.
    fn leaders(&self) -> Vec<StaffId> {
        let leaders: Vec<_> = self.leading().collect();
        if leaders.is_empty() { self.office().and_then(|office| office.head).into_iter().collect() } else { leaders }
    }

    fn leading(&self) -> impl Iterator<Item = StaffId> {
        let leads = |person: &&Staff| {
            person.state != StaffState::Departed && self.department.is_led_by(person.position.as_deref())
        };
        self.staff.values().filter(leads).map(|person| person.id)
    }

    /// What somebody may do with a mailbox on this day (invariant I7): everything with one's own or one that one answers
    /// for, what was delegated with another (R20, R23, R25).
    pub fn rights(&self, person: StaffId, mailbox: MailboxId, today: Date) -> Rights {
        let active = self.staff.get(&person).is_some_and(|person| person.state == StaffState::Active);
        let open = self.mailboxes.get(&mailbox).filter(|mailbox| mailbox.state == MailboxState::Open && active);
        let Some(open) = open else { return Rights::default() };
        if self.stewards(open).contains(&person) {
            return Rights::ALL;
        }
        let theirs = |d: &&Delegation| d.mailbox == mailbox && d.staff == person && d.holds(today);
        self.delegations.values().filter(theirs).fold(Rights::default(), |rights, d| rights.and(d.rights))
    }

    /// Finds a person by address, staff code or unambiguous full name. A name is found without diacritics too; written
    /// with them it means exactly that name, and those who are here come before those who left.
    pub fn find(&self, who: &str) -> Result<&Staff, FindError> {
        let unknown = || FindError::Unknown(who.to_owned());
        if let Ok(address) = Address::parse(who) {
            let id = self.live.get(&address).or_else(|| self.resting.get(&address));
            let mailbox = id.and_then(|id| self.addresses.get(id)).and_then(|held| self.mailboxes.get(&held.mailbox));
            return match mailbox.map(|mailbox| mailbox.owner) {
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
            [] => self.find(&self.at_home(&name).ok_or_else(unknown)?.to_string()),
            [one] => Ok(one),
            several => Err(FindError::Ambiguous { name, candidates: several.iter().map(|person| person.id).collect() }),
        }
    }

    /// The address of our own domain that a lone word is the local part of.
    fn at_home(&self, word: &str) -> Option<Address> {
        Address::new(word, self.department.own.clone()).ok().filter(|address| self.live.contains_key(address))
    }
}

/// Rows put in, one at a time: what is found by them is kept current.
impl Snapshot {
    /// Adds a row, or replaces the one of its id.
    pub(super) fn put(&mut self, row: Row) {
        match row {
            Row::Staff(row) => self.put_staff(row),
            Row::Unit(row) => self.put_unit(row),
            Row::Mailbox(row) => self.put_mailbox(row),
            Row::Address(row) => self.put_address(row),
            Row::Delegation(row) => _ = self.delegations.insert(row.id, row),
        }
    }

    fn put_staff(&mut self, row: Staff) {
        if let Some(old) = self.staff.get(&row.id) {
            if let Some(code) = &old.code {
                self.by_code.remove(&fold(code));
            }
            unlink(&mut self.by_name, &old.name.key(), old.id);
        }
        if let Some(code) = &row.code {
            self.by_code.insert(fold(code), row.id);
        }
        link(&mut self.by_name, row.name.key(), row.id);
        self.staff.insert(row.id, row);
    }

    fn put_unit(&mut self, row: Unit) {
        if let Some(old) = self.units.get(&row.id).filter(|old| self.unit_by_code.get(&old.code) == Some(&old.id)) {
            self.unit_by_code.remove(&old.code);
        }
        if row.state == UnitState::Open {
            self.unit_by_code.insert(row.code.clone(), row.id);
        }
        self.units.insert(row.id, row);
    }

    fn put_mailbox(&mut self, mut row: Mailbox) {
        // Addresses are rows of their own.
        row.addresses = self.mailboxes.remove(&row.id).map(|old| old.addresses).unwrap_or_default();
        if row.state != MailboxState::Removed {
            self.of.insert(row.owner, row.id);
        } else if self.of.get(&row.owner) == Some(&row.id) {
            self.of.remove(&row.owner);
        }
        self.mailboxes.insert(row.id, row);
    }

    fn put_address(&mut self, row: Addressed) {
        if let Some(old) = self.addresses.remove(&row.id) {
            self.forget(&old);
        }
        match row.state {
            AddressState::Live => {
                self.live.insert(row.address.clone(), row.id);
                if let Some(appearance) = self.appearance(&row.address) {
                    link(&mut self.appearances, appearance, row.id);
                }
                if let Some(mailbox) = self.mailboxes.get_mut(&row.mailbox) {
                    mailbox.addresses.push(Held::of(&row));
                    mailbox.addresses.sort_by_key(|held| (held.kind, held.id));
                }
            }
            AddressState::Quarantined => self.rest(&row),
        }
        self.addresses.insert(row.id, row);
    }

    /// Of several rests of one address the last to end counts.
    fn rest(&mut self, row: &Addressed) {
        let known = self.resting.get(&row.address).and_then(|id| self.addresses.get(id));
        if known.is_none_or(|known| (known.until, known.id) < (row.until, row.id)) {
            self.resting.insert(row.address.clone(), row.id);
        }
    }

    fn forget(&mut self, old: &Addressed) {
        if self.live.get(&old.address) == Some(&old.id) {
            self.live.remove(&old.address);
        }
        if let Some(appearance) = self.appearance(&old.address) {
            unlink(&mut self.appearances, &appearance, old.id);
        }
        if let Some(mailbox) = self.mailboxes.get_mut(&old.mailbox) {
            mailbox.addresses.retain(|held| held.id != old.id);
        }
        if self.resting.get(&old.address) == Some(&old.id) {
            self.resting.remove(&old.address);
            let others = self.addresses.values().filter(|a| a.address == old.address && a.until.is_some());
            if let Some(last) = others.max_by_key(|a| (a.until, a.id)) {
                self.resting.insert(last.address.clone(), last.id);
            }
        }
    }

    fn appearance(&self, address: &Address) -> Option<String> {
        let ours = *address.domain() == self.department.own;
        ours.then(|| LocalPart::parse(address.key()).ok()).flatten().map(|local| local.appearance())
    }
}

impl Held {
    fn of(row: &Addressed) -> Self {
        Self { id: row.id, address: row.address.clone(), kind: row.kind, province: row.province }
    }
}

/// Lists are kept in the order of ids, whatever the order in which rows came.
fn link<T: Copy + Ord>(index: &mut HashMap<String, Vec<T>>, key: String, id: T) {
    let list = index.entry(key).or_default();
    if let Err(place) = list.binary_search(&id) {
        list.insert(place, id);
    }
}

fn unlink<T: Copy + Ord>(index: &mut HashMap<String, Vec<T>>, key: &str, id: T) {
    let Some(list) = index.get_mut(key) else { return };
    list.retain(|known| *known != id);
    if list.is_empty() {
        index.remove(key);
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
        let mut snapshot = Snapshot::empty(1, Department::of("x.vn"));
        (1..).zip(named).map(person).for_each(|person| snapshot.put(Row::Staff(person)));
        snapshot
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
