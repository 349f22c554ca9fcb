//! A row of the directory as its table, the audit and the replay of the audit have it: one form for all three.

use serde_json::{Map, Value, json};

use super::model::{Addressed, Delegation, Grant, Grantee, Mailbox, Owner, Staff, Unit};

/// A row of any of the directory's tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row {
    /// Of `staff`.
    Staff(Staff),
    /// Of `unit`.
    Unit(Unit),
    /// Of `mailbox`; the addresses in it are rows of their own.
    Mailbox(Mailbox),
    /// Of `address`.
    Address(Addressed),
    /// Of `delegation`.
    Delegation(Delegation),
    /// Of `grant`.
    Grant(Grant),
}

/// The directory's tables, each after those that its rows refer to when they begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// Units.
    Unit,
    /// People.
    Staff,
    /// Mailboxes.
    Mailbox,
    /// Addresses.
    Address,
    /// Delegations.
    Delegation,
    /// Grants.
    Grant,
}

/// Which row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Of which table.
    pub table: Table,
    /// Its id.
    pub id: i64,
}

impl Table {
    /// All of them, in that order.
    pub const ALL: [Self; 6] = [Self::Unit, Self::Staff, Self::Mailbox, Self::Address, Self::Delegation, Self::Grant];

    /// Its name, which is also how subjects of audit entries begin.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unit => "unit",
            Self::Staff => "staff",
            Self::Mailbox => "mailbox",
            Self::Address => "address",
            Self::Delegation => "delegation",
            Self::Grant => "grant",
        }
    }
}

impl std::fmt::Display for Key {
    /// The subject of an audit entry: `staff:12`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.table.name(), self.id)
    }
}

impl Row {
    /// Which row it is.
    pub fn key(&self) -> Key {
        match self {
            Self::Staff(row) => Key { table: Table::Staff, id: row.id.0 },
            Self::Unit(row) => Key { table: Table::Unit, id: row.id.0 },
            Self::Mailbox(row) => Key { table: Table::Mailbox, id: row.id.0 },
            Self::Address(row) => Key { table: Table::Address, id: row.id.0 },
            Self::Delegation(row) => Key { table: Table::Delegation, id: row.id.0 },
            Self::Grant(row) => Key { table: Table::Grant, id: row.id.0 },
        }
    }

    /// Its columns by name.
    pub fn columns(&self) -> Map<String, Value> {
        let columns = match self {
            Self::Staff(row) => json!(row),
            Self::Unit(row) => json!(row),
            Self::Delegation(row) => json!(row),
            Self::Mailbox(row) => mailbox(row),
            Self::Grant(row) => grant(row),
            Self::Address(row) => json!({
                "id": row.id, "mailbox": row.mailbox, "local": row.address.local(), "key": row.address.key(),
                "domain": row.address.domain(), "kind": row.kind, "province": row.province, "state": row.state,
                "since": row.since, "until": row.until,
            }),
        };
        match columns {
            Value::Object(columns) => columns,
            _ => Map::new(),
        }
    }
}

fn grant(row: &Grant) -> Value {
    let (staff, unit) = match row.to {
        Grantee::Staff(id) => (Some(id), None),
        Grantee::Unit(id) => (None, Some(id)),
        Grantee::Anyone => (None, None),
    };
    json!({
        "id": row.id, "mailbox": row.mailbox, "folder": row.folder, "staff": staff, "unit": unit, "rights": row.rights,
        "state": row.state,
    })
}

fn mailbox(row: &Mailbox) -> Value {
    let (kind, staff, unit) = match row.owner {
        Owner::Staff(id) => ("staff", Some(id), None),
        Owner::Unit(id) => ("unit", None, Some(id)),
        Owner::Department => ("department", None, None),
    };
    let treatment = row.grace.as_ref().map(|grace| &grace.treatment);
    json!({
        "id": row.id, "kind": kind, "staff": staff, "unit": unit,
        "quota_bytes": i64::try_from(row.quota_bytes).unwrap_or(i64::MAX), "reach": row.reach, "state": row.state,
        "generation": row.generation, "opened": row.opened, "until": row.grace.as_ref().map(|grace| grace.until),
        "treatment": treatment.map(super::Treatment::kind),
        "target": treatment.and_then(super::Treatment::target),
    })
}
