//! The directory while acts are planned on it: rows are changed in memory, each act sees what those before it left, and
//! at the end what changed is written at once, or forgotten.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Serialize;
use serde_json::{Map, Value};

use super::model::{
    AddressKind, AddressState, Addressed, Delegation, DelegationState, Generation, Grant, Grantee, Mailbox,
    MailboxState, Owner, Place, Province, Reach, Rights, Staff, StaffState, Unit, UnitKind, UnitState,
};
use super::row::{Key, Row, Table};
use super::snapshot::Snapshot;
use crate::acl::Acl;
use crate::address::Address;
use crate::id::{AddressId, DelegationId, FolderId, GrantId, MailboxId, StaffId, UnitId};
use crate::name::{Label, LocalPart, PersonName};

/// A directory that is being changed.
#[derive(Clone, Debug)]
pub struct Draft {
    snapshot: Snapshot,
    numbers: Numbers,
    /// Rows as they were before the draft; nothing where they began in it.
    before: BTreeMap<Key, Option<Row>>,
    /// The same since [`Draft::take_changes`].
    recent: BTreeMap<Key, Option<Row>>,
}

/// The last id given in each table: none is given twice, even after a row is gone.
#[derive(Clone, Debug, Default)]
pub(super) struct Numbers(pub(super) BTreeMap<&'static str, i64>);

/// What became of a row: the columns that changed, as they were and as they are; all of them where the row began.
#[derive(Clone, Debug, PartialEq)]
pub struct Changed {
    /// Which row.
    pub key: Key,
    /// What the columns were.
    pub before: Option<Map<String, Value>>,
    /// What they are.
    pub after: Map<String, Value>,
}

/// A unit to be created.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NewUnit {
    /// Short name, also of its address.
    pub code: LocalPart,
    /// Full name.
    pub name: Label,
    /// What sort.
    pub kind: UnitKind,
    /// On the network or not.
    pub place: Place,
    /// The unit it belongs to.
    pub parent: Option<UnitId>,
    /// The day of its creation.
    pub since: Date,
}

/// A person to be entered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NewStaff {
    /// The personnel office's own number.
    pub code: Option<Label>,
    /// Full name.
    pub name: PersonName,
    /// The unit.
    pub unit: UnitId,
    /// Position.
    pub position: Option<Label>,
    /// The day of joining.
    pub since: Date,
}

/// A mailbox to be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct NewMailbox {
    /// Octets of mail it may hold.
    pub quota_bytes: u64,
    /// How far its mail may go.
    pub reach: Reach,
    /// The day of opening.
    pub opened: Date,
}

/// Leave to use a mailbox that is not one's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewDelegation {
    /// Which mailbox.
    pub mailbox: MailboxId,
    /// Who.
    pub staff: StaffId,
    /// What.
    pub rights: Rights,
    /// From this day.
    pub since: Date,
    /// To this day.
    pub until: Option<Date>,
}

impl Draft {
    pub(super) fn new(snapshot: Snapshot, numbers: Numbers) -> Self {
        Self { snapshot, numbers, before: BTreeMap::new(), recent: BTreeMap::new() }
    }

    /// The directory as it has become.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Enters a unit.
    pub fn enter_unit(&mut self, unit: &NewUnit) -> UnitId {
        let id = UnitId(self.next(Table::Unit));
        self.put(Row::Unit(Unit {
            id,
            code: unit.code.to_string(),
            name: unit.name.to_string(),
            kind: unit.kind,
            place: unit.place,
            parent: unit.parent,
            head: None,
            state: UnitState::Open,
            since: unit.since,
        }));
        id
    }

    /// Enters a person.
    pub fn enter_staff(&mut self, person: &NewStaff) -> StaffId {
        let id = StaffId(self.next(Table::Staff));
        self.put(Row::Staff(Staff {
            id,
            code: person.code.as_ref().map(Label::to_string),
            name: person.name.clone(),
            unit: person.unit,
            position: person.position.as_ref().map(Label::to_string),
            state: StaffState::Active,
            since: person.since,
        }));
        id
    }

    /// Opens a mailbox.
    pub fn open_mailbox(&mut self, owner: Owner, mailbox: &NewMailbox) -> MailboxId {
        let id = MailboxId(self.next(Table::Mailbox));
        self.put(Row::Mailbox(Mailbox {
            id,
            owner,
            state: MailboxState::Open,
            quota_bytes: mailbox.quota_bytes,
            reach: mailbox.reach,
            generation: Generation(1),
            opened: mailbox.opened,
            grace: None,
            addresses: Vec::new(),
        }));
        id
    }

    /// Gives an address to a mailbox. A provincial one starts as wanted.
    pub fn give_address(&mut self, mailbox: MailboxId, address: &Address, kind: AddressKind, since: Date) -> AddressId {
        let id = AddressId(self.next(Table::Address));
        self.put(Row::Address(Addressed {
            id,
            mailbox,
            address: address.clone(),
            kind,
            province: (kind == AddressKind::Provincial).then_some(Province::Wanted),
            state: AddressState::Live,
            since,
            until: None,
        }));
        id
    }

    /// Enters a delegation.
    pub fn delegate(&mut self, new: NewDelegation) -> DelegationId {
        let NewDelegation { mailbox, staff, rights, since, until } = new;
        let (id, state) = (DelegationId(self.next(Table::Delegation)), DelegationState::Live);
        self.put(Row::Delegation(Delegation { id, mailbox, staff, rights, since, until, state }));
        id
    }

    /// Enters a grant.
    pub fn open_folder(&mut self, mailbox: MailboxId, folder: FolderId, to: Grantee, rights: Acl) -> GrantId {
        let (id, state) = (GrantId(self.next(Table::Grant)), DelegationState::Live);
        self.put(Row::Grant(Grant { id, mailbox, folder, to, rights, state }));
        id
    }

    /// Changes a grant that was made.
    pub fn change_grant(&mut self, id: GrantId, change: impl FnOnce(&mut Grant)) {
        if let Some(mut row) = self.snapshot.grant(id).cloned() {
            change(&mut row);
            self.put(Row::Grant(row));
        }
    }

    /// Changes a person who is there.
    pub fn change_staff(&mut self, id: StaffId, change: impl FnOnce(&mut Staff)) {
        if let Some(mut row) = self.snapshot.staff(id).cloned() {
            change(&mut row);
            self.put(Row::Staff(row));
        }
    }

    /// Changes a unit that is there.
    pub fn change_unit(&mut self, id: UnitId, change: impl FnOnce(&mut Unit)) {
        if let Some(mut row) = self.snapshot.unit(id).cloned() {
            change(&mut row);
            self.put(Row::Unit(row));
        }
    }

    /// Changes a mailbox that is there.
    pub fn change_mailbox(&mut self, id: MailboxId, change: impl FnOnce(&mut Mailbox)) {
        if let Some(mut row) = self.snapshot.mailbox(id).cloned() {
            change(&mut row);
            self.put(Row::Mailbox(row));
        }
    }

    /// Changes an address that was given out.
    pub fn change_address(&mut self, id: AddressId, change: impl FnOnce(&mut Addressed)) {
        if let Some(mut row) = self.snapshot.address(id).cloned() {
            change(&mut row);
            self.put(Row::Address(row));
        }
    }

    /// Changes a delegation that was made.
    pub fn change_delegation(&mut self, id: DelegationId, change: impl FnOnce(&mut Delegation)) {
        if let Some(mut row) = self.snapshot.delegation(id).cloned() {
            change(&mut row);
            self.put(Row::Delegation(row));
        }
    }

    /// Ends everything that was allowed to the mailbox's holder so far: open sessions, remembered passwords.
    pub fn raise_generation(&mut self, id: MailboxId) {
        self.change_mailbox(id, |mailbox| mailbox.generation.0 += 1);
    }

    fn next(&mut self, table: Table) -> i64 {
        let last = self.numbers.0.entry(table.name()).or_default();
        *last += 1;
        *last
    }

    fn put(&mut self, row: Row) {
        let key = row.key();
        let old = self.snapshot.row(key);
        self.before.entry(key).or_insert_with(|| old.clone());
        self.recent.entry(key).or_insert(old);
        self.snapshot.put(row);
    }

    /// What became of each row since this was last asked, for the audit.
    pub fn take_changes(&mut self) -> Vec<Changed> {
        let recent = std::mem::take(&mut self.recent);
        recent.into_iter().filter_map(|(key, old)| Changed::between(key, old, &self.snapshot.row(key)?)).collect()
    }

    /// Rows that began or became different, in the order of their tables.
    pub(super) fn rows(&self) -> impl Iterator<Item = (Origin, Row)> {
        self.before.iter().filter_map(|(key, old)| {
            let row = self.snapshot.row(*key)?;
            match old {
                None => Some((Origin::Begun, row)),
                Some(old) => (*old != row).then_some((Origin::Kept, row)),
            }
        })
    }

    /// The directory to be published once the rows are written.
    pub(super) fn finish(self) -> Snapshot {
        self.snapshot.next()
    }
}

/// Whether a row was there before the draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// It was not.
    Begun,
    /// It was.
    Kept,
}

impl Changed {
    fn between(key: Key, old: Option<Row>, new: &Row) -> Option<Self> {
        let mut after = new.columns();
        let Some(old) = old else { return Some(Self { key, before: None, after }) };
        let mut before = old.columns();
        before.retain(|column, value| after.get(column) != Some(value));
        after.retain(|column, _| before.contains_key(column));
        (!after.is_empty()).then_some(Self { key, before: Some(before), after })
    }
}
