//! The last times somebody logged in to a mailbox, from where and with what: its holder is shown them.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::sqlite::SqliteConnection;

use crate::db::{DbError, Tx};
use crate::id::{CredentialId, MailboxId};
use crate::limits;

/// Where somebody logged in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "lowercase")]
#[sqlx(rename_all = "lowercase")]
pub enum Door {
    /// Reading mail.
    Imap,
    /// Sending mail.
    Smtp,
    /// The staff page.
    Web,
}

/// A log-in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entered {
    /// To which mailbox.
    pub mailbox: MailboxId,
    /// When, Unix seconds.
    pub at: i64,
    /// Where.
    pub door: Door,
    /// From which address.
    pub peer: IpAddr,
    /// The device's name, where its password was used.
    pub device: Option<String>,
    /// By which password.
    pub credential: CredentialId,
}

/// A log-in, as it is shown to the mailbox's holder.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Seen {
    /// When, Unix seconds.
    pub at: i64,
    /// Where.
    pub door: Door,
    /// From which address.
    pub peer: String,
    /// The device's name, where its password was used.
    pub device: Option<String>,
}

impl From<&Entered> for Seen {
    fn from(entered: &Entered) -> Self {
        let Entered { at, door, peer, device, .. } = entered;
        Self { at: *at, door: *door, peer: peer.to_string(), device: device.clone() }
    }
}

/// Enters log-ins in bulk: each with its mailbox, and as the last use of its password. Of each mailbox the newest stay.
pub async fn record(tx: &mut Tx, entered: &[Entered]) -> Result<(), DbError> {
    let rows = json!(entered).to_string();
    for statement in [
        "INSERT OR IGNORE INTO login (mailbox, at, door, peer, device) \
         SELECT value ->> 'mailbox', value ->> 'at', value ->> 'door', value ->> 'peer', value ->> 'device' \
         FROM json_each(?)",
        // A password that was replaced meanwhile has another date: what was let in by the old one is no use of it.
        "UPDATE credential SET last_used = used.at FROM ( \
             SELECT value ->> 'credential' AS id, max(value ->> 'at') AS at FROM json_each(?) GROUP BY 1 \
         ) AS used \
         WHERE credential.id = used.id AND credential.set_at <= used.at AND coalesce(credential.last_used, 0) < used.at",
    ] {
        sqlx::query(statement).bind(&rows).execute(tx.connection()).await?;
    }
    sqlx::query(
        "DELETE FROM login WHERE (mailbox, at, door, peer) IN ( \
             SELECT mailbox, at, door, peer FROM ( \
                 SELECT *, row_number() OVER (PARTITION BY mailbox ORDER BY at DESC) AS place FROM login \
                 WHERE mailbox IN (SELECT value ->> 'mailbox' FROM json_each(?)) \
             ) WHERE place > ? \
         )",
    )
    .bind(&rows)
    .bind(limits::LOGINS_KEPT_MAX)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The log-ins kept of a mailbox, the newest first.
pub async fn logins(connection: &mut SqliteConnection, mailbox: MailboxId) -> Result<Vec<Seen>, DbError> {
    let seen = sqlx::query_as("SELECT at, door, peer, device FROM login WHERE mailbox = ? ORDER BY at DESC");
    Ok(seen.bind(mailbox).fetch_all(connection).await?)
}
