//! What may be written about people, units, mailboxes and addresses. Each function is one effect; whether it should be
//! done was decided before. Call [`super::Directory::publish`] after the last of a transaction.

use jiff::civil::Date;
use serde::Serialize;

use super::model::{AddressKind, MailboxState, Owner, Place, Province, Reach, StaffState, UnitKind, UnitState};
use crate::address::Address;
use crate::db::{DbError, Tx};
use crate::id::{MailboxId, StaffId, UnitId};
use crate::name::{Label, LocalPart, PersonName};

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

/// Enters a unit.
pub async fn insert_unit(tx: &mut Tx, unit: &NewUnit) -> Result<UnitId, DbError> {
    let inserted =
        sqlx::query("INSERT INTO unit (code, name, kind, place, parent, state, since) VALUES (?, ?, ?, ?, ?, ?, ?)")
            .bind(unit.code.as_str())
            .bind(unit.name.as_str())
            .bind(unit.kind)
            .bind(unit.place)
            .bind(unit.parent)
            .bind(UnitState::Open)
            .bind(unit.since.to_string())
            .execute(tx.connection())
            .await?;
    Ok(UnitId(inserted.last_insert_rowid()))
}

/// Enters a person.
pub async fn insert_staff(tx: &mut Tx, person: &NewStaff) -> Result<StaffId, DbError> {
    let inserted =
        sqlx::query("INSERT INTO staff (code, name, unit, position, state, since) VALUES (?, ?, ?, ?, ?, ?)")
            .bind(person.code.as_ref().map(Label::as_str))
            .bind(person.name.as_str())
            .bind(person.unit)
            .bind(person.position.as_ref().map(Label::as_str))
            .bind(StaffState::Active)
            .bind(person.since.to_string())
            .execute(tx.connection())
            .await?;
    Ok(StaffId(inserted.last_insert_rowid()))
}

/// Opens a mailbox.
pub async fn insert_mailbox(tx: &mut Tx, owner: Owner, mailbox: &NewMailbox) -> Result<MailboxId, DbError> {
    let (kind, staff, unit) = match owner {
        Owner::Staff(id) => ("staff", Some(id), None),
        Owner::Unit(id) => ("unit", None, Some(id)),
        Owner::Department => ("department", None, None),
    };
    let inserted = sqlx::query(
        "INSERT INTO mailbox (kind, staff, unit, quota_bytes, reach, state, opened) VALUES (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(kind)
    .bind(staff)
    .bind(unit)
    .bind(i64::try_from(mailbox.quota_bytes).unwrap_or(i64::MAX))
    .bind(mailbox.reach)
    .bind(MailboxState::Open)
    .bind(mailbox.opened.to_string())
    .execute(tx.connection())
    .await?;
    Ok(MailboxId(inserted.last_insert_rowid()))
}

/// Gives an address to a mailbox. A provincial one starts as wanted.
pub async fn insert_address(
    tx: &mut Tx,
    mailbox: MailboxId,
    address: &Address,
    kind: AddressKind,
    since: Date,
) -> Result<(), DbError> {
    let province = (kind == AddressKind::Provincial).then_some(Province::Wanted);
    sqlx::query(
        "INSERT INTO address (mailbox, local, key, domain, kind, province, state, since) \
         VALUES (?, ?, ?, ?, ?, ?, 'live', ?)",
    )
    .bind(mailbox)
    .bind(address.local())
    .bind(address.key())
    .bind(address.domain().as_str())
    .bind(kind)
    .bind(province)
    .bind(since.to_string())
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Takes an address out of use; nobody else may have it before `until`.
pub async fn quarantine_address(tx: &mut Tx, address: &Address, until: Date) -> Result<(), DbError> {
    sqlx::query("UPDATE address SET state = 'quarantined', until = ? WHERE domain = ? AND key = ? AND state = 'live'")
        .bind(until.to_string())
        .bind(address.domain().as_str())
        .bind(address.key())
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Changes a person's standing.
pub async fn set_staff_state(tx: &mut Tx, staff: StaffId, state: StaffState) -> Result<(), DbError> {
    sqlx::query("UPDATE staff SET state = ? WHERE id = ?").bind(state).bind(staff).execute(tx.connection()).await?;
    Ok(())
}

/// Ends everything that was allowed to the mailbox's holder so far: open sessions, remembered passwords.
pub async fn raise_generation(tx: &mut Tx, mailbox: MailboxId) -> Result<(), DbError> {
    sqlx::query("UPDATE mailbox SET generation = generation + 1 WHERE id = ?")
        .bind(mailbox)
        .execute(tx.connection())
        .await?;
    Ok(())
}
