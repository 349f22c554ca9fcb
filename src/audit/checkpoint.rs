//! What stands in the place of entries that were older than the retention and were cut.
//!
//! The checkpoint holds the last digest of what was cut, so that the chain goes on from it, and the directory as those
//! entries left it, so that it can still be rebuilt from the audit alone. The office's key signs all of it: whoever cuts
//! more, or other things, has no signature for it.

use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteConnection;

use super::chain::Digest;
use crate::db::{DbError, Tx};
use crate::seal::{PublicKey, Seal, Signature};

/// What a signature of this kind covers begins with, so that no other signed text can pass for a checkpoint.
const KIND: &str = "hopthu audit checkpoint 1";

/// The place from which the audit is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The last entry that was cut.
    pub seq: i64,
    /// When it was cut, Unix seconds.
    pub cut_at: i64,
    /// The directory as the entries up to here left it, as JSON.
    pub state: String,
    pub(super) digest: Digest,
    pub(super) signature: Option<Signature>,
}

/// A checkpoint as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cut {
    /// The last entry that was cut.
    pub seq: i64,
    /// When it was cut, Unix seconds.
    pub at: i64,
}

impl Checkpoint {
    /// Lines of digits and hexadecimal, and the state at the end: no two checkpoints have one text.
    fn signed(seq: i64, cut_at: i64, digest: &Digest, state: &str) -> Vec<u8> {
        format!("{KIND}\n{seq}\n{cut_at}\n{}\n{state}", digest.hex()).into_bytes()
    }

    /// Whether the key's holder made it.
    pub(super) fn is_genuine(&self, key: Option<&PublicKey>) -> bool {
        let text = Self::signed(self.seq, self.cut_at, &self.digest, &self.state);
        let held = key.zip(self.signature.as_ref());
        held.is_some_and(|(key, signature)| key.verifies(&text, signature))
    }

    /// The checkpoint, where entries were cut.
    pub async fn load(connection: &mut SqliteConnection) -> Result<Option<Self>, DbError> {
        let row: Option<Row> = sqlx::query_as("SELECT seq, cut_at, digest, state, signature FROM audit_checkpoint")
            .fetch_optional(connection)
            .await?;
        Ok(row.map(Row::read))
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    seq: i64,
    cut_at: i64,
    digest: Vec<u8>,
    state: String,
    signature: Vec<u8>,
}

impl Row {
    /// The table holds both to their lengths; what is not a digest fits no chain, and what is no signature no key.
    fn read(self) -> Checkpoint {
        Checkpoint {
            seq: self.seq,
            cut_at: self.cut_at,
            state: self.state,
            digest: Digest::read(&self.digest).unwrap_or(Digest::START),
            signature: Signature::read(&self.signature),
        }
    }
}

/// The last entry that may be cut: all up to it are older than `before` (Unix seconds), and none lies after `bound`.
/// The newest entry always stays.
pub async fn cuttable(
    connection: &mut SqliteConnection,
    before: i64,
    bound: Option<i64>,
) -> Result<Option<i64>, DbError> {
    let (first, old): (Option<i64>, Option<i64>) = sqlx::query_as(
        "SELECT (SELECT min(seq) FROM audit), \
         (SELECT coalesce((SELECT min(seq) FROM audit WHERE at >= ?1), entries) - 1 FROM audit_head)",
    )
    .bind(before)
    .fetch_one(connection)
    .await?;
    let last = old.map(|old| bound.map_or(old, |bound| old.min(bound)));
    Ok(last.zip(first).filter(|(last, first)| last >= first).map(|(last, _)| last))
}

/// When the newest entry was made, Unix seconds.
pub async fn newest(connection: &mut SqliteConnection) -> Result<Option<i64>, DbError> {
    Ok(sqlx::query_scalar("SELECT at FROM audit ORDER BY seq DESC LIMIT 1").fetch_optional(connection).await?)
}

/// Cuts every entry up to `seq` and puts a checkpoint in their place, with the directory as they left it.
///
/// # Errors
/// [`DbError`]; also where there is no such entry.
pub async fn cut(tx: &mut Tx, seq: i64, state: &str, now: i64, seal: &Seal) -> Result<u64, DbError> {
    let connection = tx.connection();
    let digest: Option<Vec<u8>> =
        sqlx::query_scalar("SELECT digest FROM audit WHERE seq = ?").bind(seq).fetch_optional(&mut *connection).await?;
    let digest = digest.and_then(|octets| Digest::read(&octets));
    let digest = digest.ok_or_else(|| DbError::Unfit(format!("there is no entry {seq} to cut at")))?;
    let signature = seal.sign(&Checkpoint::signed(seq, now, &digest, state));
    sqlx::query(
        "INSERT OR REPLACE INTO audit_checkpoint (only, seq, digest, cut_at, state, signature) \
         VALUES (1, ?, ?, ?, ?, ?)",
    )
    .bind(seq)
    .bind(digest.octets())
    .bind(now)
    .bind(state)
    .bind(signature.octets())
    .execute(&mut *connection)
    .await?;
    let cut = sqlx::query("DELETE FROM audit WHERE seq <= ?").bind(seq).execute(&mut *connection).await?;
    Ok(cut.rows_affected())
}
