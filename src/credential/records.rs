//! The hashes of a mailbox: the holder's own password, those of devices, and those that open it to an administrator.

use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteConnection;

use super::device::Bond;
use super::hasher::Hash;
use crate::db::{DbError, Tx};
use crate::id::{CredentialId, MailboxId};

/// Whether the holder chose the password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "lowercase")]
#[sqlx(rename_all = "lowercase")]
pub enum Standing {
    /// Issued by the Office on a slip; to be changed (R10).
    First,
    /// The holder's own, or issued to stay.
    Chosen,
}

/// What a password is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "lowercase")]
#[sqlx(rename_all = "lowercase")]
pub enum Kind {
    /// For its holder, everywhere.
    Own,
    /// For one device of the holder's: reading and sending, not the staff page. Or for a machine of a unit, which is bound.
    Device,
    /// For an administrator, for a while (R20).
    Opened,
}

/// A password of a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// For ever.
    pub id: CredentialId,
    /// Its hash.
    pub hash: Hash,
    /// Whether it must be changed.
    pub standing: Standing,
    /// What it is for.
    pub kind: Kind,
    /// Of the device; for an opening, who opened.
    pub name: Option<String>,
    /// When it was set, Unix seconds.
    pub set_at: i64,
    /// The second at which it ends; only an opening's does.
    pub until: Option<i64>,
    /// What binds it, where it is a machine's.
    pub bond: Option<Bond>,
    /// When it was last used, Unix seconds, within ten minutes.
    pub last_used: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: CredentialId,
    hash: String,
    standing: Standing,
    kind: Kind,
    name: Option<String>,
    set_at: i64,
    until: Option<i64>,
    bond: Option<String>,
    last_used: Option<i64>,
}

/// The passwords that open a mailbox now. Openings that are over are none.
pub async fn of(connection: &mut SqliteConnection, mailbox: MailboxId, now: i64) -> Result<Vec<Stored>, DbError> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT id, hash, standing, kind, name, set_at, until, last_used, CASE WHEN doors IS NOT NULL THEN \
         json_object('networks', json(networks), 'purpose', purpose, 'for', doors) END AS bond FROM credential \
         WHERE mailbox = ? AND (until IS NULL OR until > ?) ORDER BY id",
    )
    .bind(mailbox)
    .bind(now)
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(Stored::read).collect::<Result<_, sqlx::Error>>()?)
}

impl Stored {
    fn read(row: Row) -> Result<Self, sqlx::Error> {
        let bond = row.bond.map(|bond| serde_json::from_str(&bond)).transpose();
        Ok(Self {
            id: row.id,
            hash: Hash(row.hash),
            standing: row.standing,
            kind: row.kind,
            name: row.name,
            set_at: row.set_at,
            until: row.until,
            bond: bond.map_err(|error| sqlx::Error::Decode(error.into()))?,
            last_used: row.last_used,
        })
    }
}

/// Sets or replaces the holder's own password. The caller raises the mailbox's generation in the same transaction.
pub async fn set_own(
    tx: &mut Tx,
    mailbox: MailboxId,
    hash: &Hash,
    standing: Standing,
    now: i64,
) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO credential (mailbox, kind, hash, standing, set_at) VALUES (?, 'own', ?, ?, ?) \
         ON CONFLICT (mailbox) WHERE kind = 'own' DO UPDATE SET hash = excluded.hash, standing = excluded.standing, \
         set_at = excluded.set_at, last_used = NULL",
    )
    .bind(mailbox)
    .bind(&hash.0)
    .bind(standing)
    .bind(now)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Mailboxes of people who are here and have no password of their own: the Office has not issued one yet.
pub async fn missing(connection: &mut SqliteConnection) -> Result<Vec<MailboxId>, DbError> {
    Ok(sqlx::query_scalar(
        "SELECT id FROM mailbox m WHERE kind = 'staff' AND state = 'open' AND NOT EXISTS \
         (SELECT 1 FROM credential WHERE mailbox = m.id AND kind = 'own') ORDER BY id",
    )
    .fetch_all(connection)
    .await?)
}

/// Opens a mailbox to an administrator until a second (R20).
pub async fn open_until(
    tx: &mut Tx,
    mailbox: MailboxId,
    by: &str,
    hash: &Hash,
    now: i64,
    until: i64,
) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO credential (mailbox, kind, name, hash, standing, set_at, until) \
         VALUES (?, 'opened', ?, ?, 'chosen', ?, ?)",
    )
    .bind(mailbox)
    .bind(by)
    .bind(&hash.0)
    .bind(now)
    .bind(until)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Removes what opened mailboxes and is over. Nobody can log in with it any more; this is housekeeping.
pub async fn end_openings(tx: &mut Tx, now: i64) -> Result<u64, DbError> {
    let ended = sqlx::query("DELETE FROM credential WHERE kind = 'opened' AND until <= ?");
    Ok(ended.bind(now).execute(tx.connection()).await?.rows_affected())
}

/// Removes every password of a mailbox: nothing opens it any more. The caller raises the mailbox's generation.
pub async fn end_all(tx: &mut Tx, mailbox: MailboxId) -> Result<(), DbError> {
    sqlx::query("DELETE FROM credential WHERE mailbox = ?").bind(mailbox).execute(tx.connection()).await?;
    Ok(())
}
