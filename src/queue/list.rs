//! The queue as the administrator sees it.

use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteConnection;

use super::HeldFor;
use crate::address::Address;
use crate::db::DbError;
use crate::id::{JobId, MailboxId};
use crate::limits;

/// Which jobs are meant: those that agree with everything that is set, and none where nothing is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Selection {
    /// These.
    #[serde(default)]
    pub jobs: Vec<JobId>,
    /// Of this sender.
    #[serde(default)]
    pub from: Option<Address>,
    /// On this way.
    #[serde(default)]
    pub lane: Option<String>,
    /// Those that are held, or those that are not.
    #[serde(default)]
    pub held: Option<bool>,
    /// Every one.
    #[serde(default)]
    pub all: bool,
}

/// A job as it is listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Which.
    pub id: JobId,
    /// As the log calls it.
    pub name: String,
    /// Nothing: the null sender.
    pub from: String,
    /// The way.
    pub lane: String,
    /// Octets.
    pub size: i64,
    /// When it was accepted, Unix seconds.
    pub accepted: i64,
    /// Why it is held.
    pub held: Option<HeldFor>,
    /// Attempts so far.
    pub attempts: i64,
    /// Not before, Unix seconds.
    pub next: i64,
    /// How many wait for it.
    pub recipients: i64,
    /// What was said at the last attempt.
    pub reply: Option<String>,
}

/// A recipient of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::FromRow)]
pub struct ListedRecipient {
    /// Where.
    pub address: String,
    /// `waiting`, `relayed`, `failed`.
    pub state: String,
    /// RFC 3463, of the last attempt.
    pub status: Option<String>,
    /// What was said then.
    pub reply: Option<String>,
    /// By whom.
    pub host: Option<String>,
}

/// How long the queue is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, sqlx::FromRow)]
pub struct Counts {
    /// Jobs that are tried.
    pub waiting: i64,
    /// Jobs that wait for the administrator.
    pub held: i64,
    /// When the oldest of those that are tried was accepted, Unix seconds.
    pub oldest: Option<i64>,
}

type Row = (JobId, String, String, String, i64, i64, Option<String>, i64, i64, i64, Option<String>);

/// The first jobs that are meant, at most [`limits::JOBS_LISTED_MAX`].
pub async fn list(connection: &mut SqliteConnection, selection: &Selection) -> Result<Vec<Listed>, DbError> {
    let jobs = select(connection, selection, limits::JOBS_LISTED_MAX).await?;
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT id, name, sender, lane, size, accepted, held_for, attempts, next, \
                (SELECT count(*) FROM job_recipient r WHERE r.job = j.id AND r.state = 'waiting'), \
                (SELECT max(reply) FROM job_recipient r WHERE r.job = j.id AND r.state = 'waiting') \
         FROM job j WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id",
    )
    .bind(serde_json::json!(jobs).to_string())
    .fetch_all(connection)
    .await?;
    let listed = |(id, name, from, lane, size, accepted, held, attempts, next, recipients, reply): Row| {
        let held = held.as_deref().map(HeldFor::of);
        Listed { id, name, from, lane, size, accepted, held, attempts, next, recipients, reply }
    };
    Ok(rows.into_iter().map(listed).collect())
}

/// Which jobs are meant, the first so many.
pub async fn select(
    connection: &mut SqliteConnection,
    selection: &Selection,
    at_most: i64,
) -> Result<Vec<JobId>, DbError> {
    let Selection { jobs, from, lane, held, all } = selection;
    let named = (!jobs.is_empty()).then(|| serde_json::json!(jobs).to_string());
    let state = held.map(|held| if held { "held" } else { "waiting" });
    if named.is_none() && from.is_none() && lane.is_none() && state.is_none() && !all {
        return Ok(Vec::new());
    }
    Ok(sqlx::query_scalar(
        "SELECT id FROM job WHERE (?1 IS NULL OR id IN (SELECT value FROM json_each(?1))) \
         AND (?2 IS NULL OR sender = ?2) AND (?3 IS NULL OR lane = ?3) AND (?4 IS NULL OR state = ?4) ORDER BY id LIMIT ?5",
    )
    .bind(named)
    .bind(from.as_ref().map(ToString::to_string))
    .bind(lane)
    .bind(state)
    .bind(at_most)
    .fetch_all(connection)
    .await?)
}

/// Everybody of a job.
pub async fn recipients(connection: &mut SqliteConnection, job: JobId) -> Result<Vec<ListedRecipient>, DbError> {
    let query =
        sqlx::query_as("SELECT address, state, status, reply, host FROM job_recipient WHERE job = ? ORDER BY place");
    Ok(query.bind(job).fetch_all(connection).await?)
}

/// How long the queue is.
pub async fn counts(connection: &mut SqliteConnection) -> Result<Counts, DbError> {
    let query = "SELECT (SELECT count(*) FROM job WHERE state = 'waiting') AS waiting, \
                        (SELECT count(*) FROM job WHERE state = 'held') AS held, \
                        (SELECT min(accepted) FROM job WHERE state = 'waiting') AS oldest";
    Ok(sqlx::query_as(query).fetch_one(connection).await?)
}

/// How much of one sender is held: messages, and their octets. All who are not from here count as one.
pub async fn held_of(connection: &mut SqliteConnection, mailbox: Option<MailboxId>) -> Result<(i64, i64), DbError> {
    let query = "SELECT count(*), coalesce(sum(size), 0) FROM job WHERE state = 'held' AND mailbox IS ?";
    Ok(sqlx::query_as(query).bind(mailbox).fetch_one(connection).await?)
}
