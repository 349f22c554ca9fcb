//! Who did what, when, by which decision: append-only, each entry's digest over the one before it (R28).

mod chain;
mod checkpoint;
mod files;
pub mod heads;
mod verify;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::sqlite::SqliteConnection;

pub use checkpoint::{Checkpoint, Cut, cut, cuttable, newest};
pub use files::ChangeFile;
pub use verify::{Problem, Trust, Verified, verify, verify_with};

use crate::db::{DbError, Tx};
use crate::id::DecisionId;
use chain::{Digest, Link};

/// What is to be recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// When, Unix seconds.
    pub at: i64,
    /// Who: the control socket's peer, the SSH user, a person of the directory.
    pub actor: String,
    /// What was done: a stable code, `staff.hired`.
    pub what: &'static str,
    /// To whom or what: `staff:12`, `mailbox:7`.
    pub subject: String,
    /// By which decision.
    pub decision: Option<DecisionId>,
    /// What the actor wished to add.
    pub note: Option<String>,
    /// What was before; nothing where something began.
    pub before: Option<Value>,
    /// What is now; nothing where something ended.
    pub after: Option<Value>,
}

/// An entry in the records.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Listed {
    /// Its place, from 1 without gaps.
    pub seq: i64,
    /// When, Unix seconds.
    pub at: i64,
    /// Who.
    pub actor: String,
    /// What was done.
    pub what: String,
    /// To whom or what.
    pub subject: String,
    /// By which decision.
    pub decision: Option<DecisionId>,
    /// What the actor wished to add.
    pub note: Option<String>,
    /// What was before.
    pub before: Option<Value>,
    /// What is now.
    pub after: Option<Value>,
    /// Of this entry and all before it, in hexadecimal.
    pub digest: String,
}

/// Which entries to list: those that agree with everything that is set.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// After this place.
    pub after: i64,
    /// Up to this place.
    pub to: Option<i64>,
    /// At most this many, the first of those that agree.
    pub at_most: Option<i64>,
    /// At most this many, the last of those that agree.
    pub newest: Option<i64>,
    /// From this moment on, Unix seconds.
    pub since: Option<i64>,
    /// Before this moment, Unix seconds.
    pub until: Option<i64>,
    /// To whom or what.
    pub subject: Option<String>,
    /// By one of these decisions.
    pub decisions: Option<Vec<DecisionId>>,
}

/// Records entries in the transaction of what they tell of (invariant I4).
pub async fn append(tx: &mut Tx, entries: Vec<Entry>) -> Result<(), DbError> {
    let connection = tx.connection();
    let (mut seq, head): (i64, Vec<u8>) =
        sqlx::query_as("SELECT entries, digest FROM audit_head").fetch_one(&mut *connection).await?;
    let mut digest = Digest::read(&head).ok_or_else(|| DbError::Unfit("the audit's head is damaged".to_owned()))?;
    let mut rows = Vec::with_capacity(entries.len());
    for entry in entries {
        seq += 1;
        let (before, after) = (entry.before.map(|v| v.to_string()), entry.after.map(|v| v.to_string()));
        let link = Link {
            seq,
            at: entry.at,
            actor: &entry.actor,
            what: entry.what,
            subject: &entry.subject,
            decision: entry.decision.map(|id| id.0),
            note: entry.note.as_deref(),
            before: before.as_deref(),
            after: after.as_deref(),
        };
        digest = link.digest(&digest);
        let (decision, subject, hex) = (link.decision, link.subject, digest.hex());
        rows.push(serde_json::json!([
            seq,
            entry.at,
            entry.actor,
            entry.what,
            subject,
            decision,
            entry.note,
            before,
            after,
            hex
        ]));
    }
    sqlx::query(
        "INSERT INTO audit (seq, at, actor, what, subject, decision, note, before, after, digest) \
         SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, \
         value ->> 7, value ->> 8, unhex(value ->> 9) FROM json_each(?)",
    )
    .bind(Value::Array(rows).to_string())
    .execute(&mut *connection)
    .await?;
    sqlx::query("UPDATE audit_head SET entries = ?, digest = ?")
        .bind(seq)
        .bind(digest.octets())
        .execute(&mut *connection)
        .await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Row {
    seq: i64,
    at: i64,
    actor: String,
    what: String,
    subject: String,
    decision: Option<i64>,
    note: Option<String>,
    before: Option<String>,
    after: Option<String>,
    digest: Vec<u8>,
}

impl Row {
    fn link(&self) -> Link<'_> {
        Link {
            seq: self.seq,
            at: self.at,
            actor: &self.actor,
            what: &self.what,
            subject: &self.subject,
            decision: self.decision,
            note: self.note.as_deref(),
            before: self.before.as_deref(),
            after: self.after.as_deref(),
        }
    }

    fn listed(self) -> Listed {
        let json = |text: Option<String>| text.and_then(|text| serde_json::from_str(&text).ok());
        Listed {
            seq: self.seq,
            at: self.at,
            actor: self.actor,
            what: self.what,
            subject: self.subject,
            decision: self.decision.map(DecisionId),
            note: self.note,
            before: json(self.before),
            after: json(self.after),
            digest: data_encoding::HEXLOWER.encode(&self.digest),
        }
    }
}

/// How many entries there are.
pub async fn length(connection: &mut SqliteConnection) -> Result<i64, DbError> {
    Ok(sqlx::query_scalar("SELECT entries FROM audit_head").fetch_one(connection).await?)
}

/// Entries in their order.
pub async fn list(connection: &mut SqliteConnection, filter: &Filter) -> Result<Vec<Listed>, DbError> {
    let decisions = filter.decisions.as_ref().map(|ids| serde_json::json!(ids).to_string());
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT * FROM (SELECT seq, at, actor, what, subject, decision, note, before, after, digest FROM audit \
         WHERE seq > ?1 AND seq <= ?2 AND at >= ?3 AND at < ?8 AND (?4 IS NULL OR subject = ?4) \
         AND (?5 IS NULL OR decision IN (SELECT value FROM json_each(?5))) \
         ORDER BY CASE WHEN ?6 >= 0 THEN -seq ELSE seq END LIMIT coalesce(?6, -1)) ORDER BY seq LIMIT ?7",
    )
    .bind(filter.after)
    .bind(filter.to.unwrap_or(i64::MAX))
    .bind(filter.since.unwrap_or(i64::MIN))
    .bind(filter.subject.as_deref())
    .bind(decisions)
    .bind(filter.newest)
    .bind(filter.at_most.unwrap_or(-1))
    .bind(filter.until.unwrap_or(i64::MAX))
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(Row::listed).collect())
}

/// Entries about subjects of one kind, `change_file`, in their order.
pub async fn of_kind(connection: &mut SqliteConnection, kind: &str) -> Result<Vec<Listed>, DbError> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT seq, at, actor, what, subject, decision, note, before, after, digest FROM audit \
         WHERE subject >= ?1 || ':' AND subject < ?1 || ';' ORDER BY seq",
    )
    .bind(kind)
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(Row::listed).collect())
}
