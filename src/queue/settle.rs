//! What becomes of jobs: after an attempt, and at the administrator's word.

use jiff::Timestamp;

use super::{HeldFor, Lane, Reason};
use crate::db::{DbError, Tx};
use crate::id::{BodyId, JobId};

/// What became of a job at an attempt.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Which.
    pub job: JobId,
    /// Recipients whose turn it was, by place.
    pub recipients: Vec<(i64, Fate)>,
    /// What then.
    pub then: Then,
}

/// What became of a recipient.
#[derive(Clone, Debug)]
pub enum Fate {
    /// The next server has it.
    Relayed(Reason),
    /// It will be tried again.
    Deferred(Reason),
    /// It will not.
    Failed(Reason),
}

/// What becomes of the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// Nobody waits any more: it ends.
    End,
    /// Others of it are being tried.
    Going,
    /// Somebody waits: again, not before this.
    Again {
        /// When.
        next: Timestamp,
        /// Whether the answer to the whole message was lost.
        unclear: bool,
    },
    /// The administrator is asked.
    Hold(HeldFor),
}

/// Bodies of jobs that ended: the store is told, in the same transaction.
pub type Settled = Vec<BodyId>;

impl Fate {
    /// Why.
    pub fn reason(&self) -> &Reason {
        match self {
            Self::Relayed(reason) | Self::Deferred(reason) | Self::Failed(reason) => reason,
        }
    }

    fn state(&self) -> &'static str {
        match self {
            Self::Relayed(_) => "relayed",
            Self::Deferred(_) => "waiting",
            Self::Failed(_) => "failed",
        }
    }
}

/// Marks what became of jobs. One that was dropped meanwhile stays dropped, one that was held stays held.
pub async fn settle(tx: &mut Tx, outcomes: &[Outcome]) -> Result<Settled, DbError> {
    let mut recipients = Vec::new();
    let mut jobs = Vec::new();
    let mut ended = Vec::new();
    for outcome in outcomes {
        match outcome.then {
            Then::End => ended.push(outcome.job),
            Then::Going => {}
            Then::Again { next, unclear } => jobs.push((outcome.job, Some(next.as_second()), unclear, None)),
            Then::Hold(why) => jobs.push((outcome.job, None, why == HeldFor::Unclear, Some(why.code()))),
        }
        if outcome.then != Then::End {
            for (place, fate) in &outcome.recipients {
                let Reason { status, text, host } = fate.reason();
                recipients.push((outcome.job, place, fate.state(), status, text, host));
            }
        }
    }
    if !recipients.is_empty() {
        sqlx::query(
            "UPDATE job_recipient SET state = r.value->>2, status = r.value->>3, reply = r.value->>4, host = r.value->>5 \
             FROM json_each(?) r WHERE job = r.value->>0 AND place = r.value->>1",
        )
        .bind(serde_json::json!(recipients).to_string())
        .execute(tx.connection())
        .await?;
    }
    if !jobs.is_empty() {
        sqlx::query(
            "UPDATE job SET attempts = attempts + 1, next = coalesce(r.value->>1, next), \
                    unclear = unclear + (r.value->>2), \
                    state = CASE WHEN r.value->>3 IS NULL THEN state ELSE 'held' END, \
                    held_for = coalesce(held_for, r.value->>3) \
             FROM json_each(?) r WHERE job.id = r.value->>0",
        )
        .bind(serde_json::json!(jobs).to_string())
        .execute(tx.connection())
        .await?;
    }
    if ended.is_empty() { Ok(Vec::new()) } else { drop_jobs(tx, &ended).await }
}

/// Ends jobs, whatever became of them.
pub async fn drop_jobs(tx: &mut Tx, jobs: &[JobId]) -> Result<Settled, DbError> {
    let list = serde_json::json!(jobs).to_string();
    sqlx::query("DELETE FROM job_recipient WHERE job IN (SELECT value FROM json_each(?))")
        .bind(&list)
        .execute(tx.connection())
        .await?;
    let bodies = sqlx::query_scalar("DELETE FROM job WHERE id IN (SELECT value FROM json_each(?)) RETURNING body_id");
    Ok(bodies.bind(&list).fetch_all(tx.connection()).await?)
}

/// Remembers that the senders of jobs were told of the delay.
pub async fn mark_warned(tx: &mut Tx, jobs: &[JobId]) -> Result<(), DbError> {
    change(tx, "UPDATE job SET warned = 1 WHERE id IN (SELECT value FROM json_each(?1))", jobs, "").await.map(drop)
}

/// Jobs wait for the administrator. Returns how many did not yet.
pub async fn hold(tx: &mut Tx, jobs: &[JobId]) -> Result<u64, DbError> {
    let statement = "UPDATE job SET state = 'held', held_for = 'administrator' \
                     WHERE state = 'waiting' AND id IN (SELECT value FROM json_each(?1))";
    change(tx, statement, jobs, "").await
}

/// Held jobs go on, at once. Their time begins now: a mail that was held for days is not to fail when it is let go.
pub async fn release(tx: &mut Tx, jobs: &[JobId], now: Timestamp) -> Result<u64, DbError> {
    let statement = "UPDATE job SET state = 'waiting', held_for = NULL, unclear = 0, next = ?2 + 0, accepted = ?2 + 0 \
                     WHERE state = 'held' AND id IN (SELECT value FROM json_each(?1))";
    change(tx, statement, jobs, &now.as_second().to_string()).await
}

/// Waiting jobs are tried at once.
pub async fn retry(tx: &mut Tx, jobs: &[JobId], now: Timestamp) -> Result<u64, DbError> {
    let statement = "UPDATE job SET next = ?2 + 0 WHERE state = 'waiting' AND id IN (SELECT value FROM json_each(?1))";
    change(tx, statement, jobs, &now.as_second().to_string()).await
}

/// Jobs take another way. What waits in mailboxes here cannot.
pub async fn reroute(tx: &mut Tx, jobs: &[JobId], lane: &Lane) -> Result<u64, DbError> {
    let statement = "UPDATE job SET lane = ?2 WHERE lane <> 'local' AND id IN (SELECT value FROM json_each(?1))";
    change(tx, statement, jobs, &lane.to_string()).await
}

async fn change(tx: &mut Tx, statement: &'static str, jobs: &[JobId], to: &str) -> Result<u64, DbError> {
    let query = sqlx::query(statement).bind(serde_json::json!(jobs).to_string());
    let query = if to.is_empty() { query } else { query.bind(to) };
    Ok(query.execute(tx.connection()).await?.rows_affected())
}
