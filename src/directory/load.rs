//! The directory's rows, read whole: one statement per table.

use std::collections::HashMap;

use jiff::civil::Date;
use sqlx::sqlite::SqliteConnection;

use super::model::{
    AddressKind, Domains, Generation, Held, Mailbox, MailboxState, Owner, Place, Province, Reach, Staff, StaffState,
    Unit, UnitKind, UnitState,
};
use super::snapshot::{Resting, Rows, Snapshot};
use crate::address::{Address, Domain};
use crate::db::DbError;
use crate::id::{MailboxId, StaffId, UnitId};
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
}

#[derive(sqlx::FromRow)]
struct AddressRow {
    mailbox: MailboxId,
    local: String,
    domain: String,
    kind: AddressKind,
    province: Option<Province>,
    until: Option<String>,
}

/// Reads the directory as the connection sees it. The reads are of one moment where the connection is in a
/// transaction.
pub(super) async fn load(connection: &mut SqliteConnection, domains: Domains) -> Result<Snapshot, DbError> {
    let version = version(connection).await?;
    let staff =
        sqlx::query_as::<_, StaffRow>("SELECT id, code, name, unit, position, state, since FROM staff ORDER BY id")
            .fetch_all(&mut *connection)
            .await?;
    let units = sqlx::query_as::<_, UnitRow>(
        "SELECT id, code, name, kind, place, parent, head, state, since FROM unit ORDER BY id",
    )
    .fetch_all(&mut *connection)
    .await?;
    let mailboxes = sqlx::query_as::<_, MailboxRow>(
        "SELECT id, staff, unit, quota_bytes, reach, state, generation, opened FROM mailbox ORDER BY id",
    )
    .fetch_all(&mut *connection)
    .await?;
    let addresses = sqlx::query_as::<_, AddressRow>(
        "SELECT mailbox, local, domain, kind, province, until FROM address \
         ORDER BY mailbox, CASE kind WHEN 'primary' THEN 0 WHEN 'alias' THEN 1 ELSE 2 END, id",
    )
    .fetch_all(&mut *connection)
    .await?;
    let (mut held, resting) = addresses_of(addresses)?;
    let rows = Rows {
        version,
        staff: staff.into_iter().map(StaffRow::read).collect::<Result<_, _>>()?,
        units: units.into_iter().map(UnitRow::read).collect::<Result<_, _>>()?,
        mailboxes: mailboxes
            .into_iter()
            .map(|row| {
                let addresses = held.remove(&row.id).unwrap_or_default();
                row.read(addresses)
            })
            .collect::<Result<_, _>>()?,
        resting,
    };
    Ok(Snapshot::new(domains, rows))
}

/// Counts the changes of the directory.
pub(super) async fn version(connection: &mut SqliteConnection) -> Result<i64, DbError> {
    Ok(sqlx::query_scalar("SELECT version FROM directory").fetch_one(connection).await?)
}

type Addresses = (HashMap<MailboxId, Vec<Held>>, Vec<(Address, Resting)>);

fn addresses_of(rows: Vec<AddressRow>) -> Result<Addresses, DbError> {
    let mut held: HashMap<MailboxId, Vec<Held>> = HashMap::new();
    let mut resting = Vec::new();
    for row in rows {
        let domain = Domain::parse(&row.domain).map_err(|e| unreadable("address", &e))?;
        let address = Address::new(&row.local, domain).map_err(|e| unreadable("address", &e))?;
        match row.until {
            Some(until) => resting.push((address, Resting { mailbox: row.mailbox, until: date(&until)? })),
            None => held.entry(row.mailbox).or_default().push(Held { address, kind: row.kind, province: row.province }),
        }
    }
    // Of several rests of one address the last to end counts.
    resting.sort_by_key(|(_, rest)| rest.until);
    Ok((held, resting))
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
    fn read(self, addresses: Vec<Held>) -> Result<Mailbox, DbError> {
        let owner = match (self.staff, self.unit) {
            (Some(staff), _) => Owner::Staff(staff),
            (None, Some(unit)) => Owner::Unit(unit),
            (None, None) => Owner::Department,
        };
        Ok(Mailbox {
            id: self.id,
            owner,
            state: self.state,
            quota_bytes: u64::try_from(self.quota_bytes).map_err(|e| unreadable("mailbox.quota_bytes", &e))?,
            reach: self.reach,
            generation: self.generation,
            opened: date(&self.opened)?,
            addresses,
        })
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
