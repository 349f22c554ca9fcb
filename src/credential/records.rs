//! The hashes of a mailbox.

use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteConnection;

use super::hasher::Hash;
use crate::db::{DbError, Tx};
use crate::id::MailboxId;

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

/// A password of a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its hash.
    pub hash: Hash,
    /// Whether it must be changed.
    pub standing: Standing,
}

/// The passwords that open a mailbox.
pub async fn of(connection: &mut SqliteConnection, mailbox: MailboxId) -> Result<Vec<Stored>, DbError> {
    let rows: Vec<(String, Standing)> =
        sqlx::query_as("SELECT hash, standing FROM credential WHERE mailbox = ? ORDER BY id")
            .bind(mailbox)
            .fetch_all(connection)
            .await?;
    Ok(rows.into_iter().map(|(hash, standing)| Stored { hash: Hash(hash), standing }).collect())
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
         ON CONFLICT (mailbox) WHERE kind = 'own' \
         DO UPDATE SET hash = excluded.hash, standing = excluded.standing, set_at = excluded.set_at",
    )
    .bind(mailbox)
    .bind(&hash.0)
    .bind(standing)
    .bind(now)
    .execute(tx.connection())
    .await?;
    Ok(())
}
