//! The directory's rows, read whole: one statement per table.

use jiff::civil::Date;
use sqlx::sqlite::SqliteConnection;

use super::model::{
    AddressKind, AddressState, Addressed, Delegation, DelegationState, Department, Generation, Grace, Grant, Grantee,
    Mailbox, MailboxState, Owner, Place, Province, Reach, Staff, StaffState, Treatment, TreatmentKind, Unit, UnitKind,
    UnitState,
};
use super::row::Row;
use super::snapshot::Snapshot;
use crate::address::{Address, Domain};
use crate::db::DbError;
use crate::id::{AddressId, DelegationId, FolderId, GrantId, MailboxId, StaffId, UnitId};
use crate::name::PersonName;

#[derive(sqlx::FromRow)]
struct StaffRow {
    id: StaffId,
    code: Option<String>,
    name: String,
    unit: UnitId,
    position: Option<String>,
    state: StaffState,
    since: String,
}

#[derive(sqlx::FromRow)]
struct UnitRow {
    id: UnitId,
    code: String,
    name: String,
    kind: UnitKind,
    place: Place,
    parent: Option<UnitId>,
    head: Option<StaffId>,
    state: UnitState,
    since: String,
}

#[derive(sqlx::FromRow)]
struct MailboxRow {
    id: MailboxId,
    staff: Option<StaffId>,
    unit: Option<UnitId>,
    quota_bytes: i64,
    reach: Reach,
    state: MailboxState,
    generation: Generation,
    opened: String,
    until: Option<String>,
    treatment: Option<TreatmentKind>,
    target: Option<String>,
}

#[derive(sqlx::FromRow)]
struct AddressRow {
    id: AddressId,
    mailbox: MailboxId,
    local: String,
    domain: String,
    kind: AddressKind,
    province: Option<Province>,
    state: AddressState,
    since: String,
    until: Option<String>,
}

#[derive(sqlx::FromRow)]
struct DelegationRow {
    id: DelegationId,
    mailbox: MailboxId,
    staff: StaffId,
    rights: String,
    since: String,
    until: Option<String>,
    state: DelegationState,
}

#[derive(sqlx::FromRow)]
struct GrantRow {
    id: GrantId,
    mailbox: MailboxId,
    folder: FolderId,
    staff: Option<StaffId>,
    unit: Option<UnitId>,
    rights: String,
    state: DelegationState,
}

/// Reads the directory as the connection sees it. The reads are of one moment where the connection is in a
/// transaction.
pub(super) async fn load(connection: &mut SqliteConnection, department: Department) -> Result<Snapshot, DbError> {
    let mut snapshot = Snapshot::empty(version(connection).await?, department);
    let staff: Vec<StaffRow> =
        sqlx::query_as("SELECT id, code, name, unit, position, state, since FROM staff ORDER BY id")
            .fetch_all(&mut *connection)
            .await?;
    let units: Vec<UnitRow> =
        sqlx::query_as("SELECT id, code, name, kind, place, parent, head, state, since FROM unit ORDER BY id")
            .fetch_all(&mut *connection)
            .await?;
    let mailboxes: Vec<MailboxRow> = sqlx::query_as(
        "SELECT id, staff, unit, quota_bytes, reach, state, generation, opened, until, treatment, target \
         FROM mailbox ORDER BY id",
    )
    .fetch_all(&mut *connection)
    .await?;
    let addresses: Vec<AddressRow> = sqlx::query_as(
        "SELECT id, mailbox, local, domain, kind, province, state, since, until FROM address ORDER BY id",
    )
    .fetch_all(&mut *connection)
    .await?;
    let delegations: Vec<DelegationRow> =
        sqlx::query_as("SELECT id, mailbox, staff, rights, since, until, state FROM delegation ORDER BY id")
            .fetch_all(&mut *connection)
            .await?;
    let grants: Vec<GrantRow> =
        sqlx::query_as("SELECT id, mailbox, folder, staff, unit, rights, state FROM \"grant\" ORDER BY id")
            .fetch_all(&mut *connection)
            .await?;
    for row in units {
        snapshot.put(Row::Unit(row.read()?));
    }
    for row in staff {
        snapshot.put(Row::Staff(row.read()?));
    }
    for row in mailboxes {
        snapshot.put(Row::Mailbox(row.read()?));
    }
    for row in addresses {
        snapshot.put(Row::Address(row.read()?));
    }
    for row in delegations {
        snapshot.put(Row::Delegation(row.read()?));
    }
    for row in grants {
        snapshot.put(Row::Grant(row.read()?));
    }
    Ok(snapshot)
}

/// Counts the changes of the directory.
pub(super) async fn version(connection: &mut SqliteConnection) -> Result<i64, DbError> {
    Ok(sqlx::query_scalar("SELECT version FROM directory").fetch_one(connection).await?)
}

impl StaffRow {
    fn read(self) -> Result<Staff, DbError> {
        Ok(Staff {
            id: self.id,
            code: self.code,
            name: PersonName::parse(&self.name).map_err(|e| unreadable("staff.name", &e))?,
            unit: self.unit,
            position: self.position,
            state: self.state,
            since: date(&self.since)?,
        })
    }
}

impl UnitRow {
    fn read(self) -> Result<Unit, DbError> {
        Ok(Unit {
            id: self.id,
            code: self.code,
            name: self.name,
            kind: self.kind,
            place: self.place,
            parent: self.parent,
            head: self.head,
            state: self.state,
            since: date(&self.since)?,
        })
    }
}

impl MailboxRow {
    fn read(self) -> Result<Mailbox, DbError> {
        let owner = match (self.staff, self.unit) {
            (Some(staff), _) => Owner::Staff(staff),
            (None, Some(unit)) => Owner::Unit(unit),
            (None, None) => Owner::Department,
        };
        let target = self.target.map(|text| Address::parse(&text)).transpose();
        let target = target.map_err(|e| unreadable("mailbox.target", &e))?;
        let grace = match (self.until, self.treatment, target) {
            (Some(until), Some(TreatmentKind::Reply), target) => Some((until, Treatment::Reply(target))),
            (Some(until), Some(TreatmentKind::Forward), Some(target)) => Some((until, Treatment::Forward(target))),
            (Some(until), ..) => Some((until, Treatment::Refuse)),
            (None, ..) => None,
        };
        let grace = grace.map(|(until, treatment)| Ok::<_, DbError>(Grace { until: date(&until)?, treatment }));
        Ok(Mailbox {
            id: self.id,
            owner,
            state: self.state,
            quota_bytes: u64::try_from(self.quota_bytes).map_err(|e| unreadable("mailbox.quota_bytes", &e))?,
            reach: self.reach,
            generation: self.generation,
            opened: date(&self.opened)?,
            grace: grace.transpose()?,
            addresses: Vec::new(),
        })
    }
}

impl AddressRow {
    fn read(self) -> Result<Addressed, DbError> {
        let domain = Domain::parse(&self.domain).map_err(|e| unreadable("address", &e))?;
        Ok(Addressed {
            id: self.id,
            mailbox: self.mailbox,
            address: Address::new(&self.local, domain).map_err(|e| unreadable("address", &e))?,
            kind: self.kind,
            province: self.province,
            state: self.state,
            since: date(&self.since)?,
            until: self.until.as_deref().map(date).transpose()?,
        })
    }
}

impl DelegationRow {
    fn read(self) -> Result<Delegation, DbError> {
        Ok(Delegation {
            id: self.id,
            mailbox: self.mailbox,
            staff: self.staff,
            rights: self.rights.parse().map_err(|e| unreadable("delegation.rights", &e))?,
            since: date(&self.since)?,
            until: self.until.as_deref().map(date).transpose()?,
            state: self.state,
        })
    }
}

impl GrantRow {
    fn read(self) -> Result<Grant, DbError> {
        let to = match (self.staff, self.unit) {
            (Some(staff), _) => Grantee::Staff(staff),
            (None, Some(unit)) => Grantee::Unit(unit),
            (None, None) => Grantee::Anyone,
        };
        let rights = self.rights.parse().map_err(|e| unreadable("grant.rights", &e))?;
        Ok(Grant { id: self.id, mailbox: self.mailbox, folder: self.folder, to, rights, state: self.state })
    }
}

/// Reads a date as it is stored.
pub(super) fn date(text: &str) -> Result<Date, DbError> {
    text.parse().map_err(|e| unreadable("date", &e))
}

/// A row that this program did not write, or wrote in a newer release.
pub(super) fn unreadable(what: &str, error: &dyn std::fmt::Display) -> DbError {
    DbError::Unfit(format!("the directory holds a {what} that cannot be read: {error}"))
}
