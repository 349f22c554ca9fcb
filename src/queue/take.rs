//! Which jobs are due.

use jiff::Timestamp;
use serde_json::Value;
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::{EnvelopeDsn, Form, Lane, NotifyOn, Reason, RecipientDsn, Return};
use crate::address::Address;
use crate::db::DbError;
use crate::id::{BodyId, JobId, MailboxId};
use crate::limits;

/// A job to be done, with those recipients who still wait.
#[derive(Clone, Debug)]
pub struct Job {
    /// Which.
    pub id: JobId,
    /// The message.
    pub body: BodyId,
    /// Octets of it.
    pub size: u64,
    /// As the log calls it.
    pub name: String,
    /// The reverse path; `None` is the null sender.
    pub from: Option<Address>,
    /// The mailbox of whoever sent it.
    pub mailbox: Option<MailboxId>,
    /// The way.
    pub lane: Lane,
    /// What it needs.
    pub form: Form,
    /// What MAIL asked for.
    pub dsn: EnvelopeDsn,
    /// When it was accepted.
    pub accepted: Timestamp,
    /// Attempts so far.
    pub attempts: u32,
    /// Attempts whose end nobody knows.
    pub unclear: u32,
    /// Whether the sender was told of the delay.
    pub warned: bool,
    /// Who still waits.
    pub recipients: Vec<Recipient>,
}

/// Somebody who waits for a message.
#[derive(Clone, Debug)]
pub struct Recipient {
    /// The place in the job.
    pub place: i64,
    /// Where.
    pub address: Address,
    /// What RCPT asked for.
    pub dsn: RecipientDsn,
    /// What became of the last attempt.
    pub last: Option<Reason>,
}

const COLUMNS: &str = "SELECT id, body_id, size, name, sender, mailbox, lane, eight_bit, utf8, ret, envid, accepted, attempts, \
    unclear, warned, (SELECT json_group_array(json_array(place, address, notify, orcpt, status, reply, host)) \
                      FROM job_recipient r WHERE r.job = j.id AND r.state = 'waiting') FROM job j ";

/// The next jobs of a lane that are due, except those that somebody works on.
pub async fn take(
    connection: &mut SqliteConnection,
    lane: &Lane,
    taken: &[JobId],
    now: Timestamp,
) -> Result<Vec<Job>, DbError> {
    let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
        "{COLUMNS} WHERE state = 'waiting' AND lane = ?1 AND next <= ?2 AND id NOT IN (SELECT value FROM json_each(?3)) \
         ORDER BY next, id LIMIT ?4"
    )))
    .bind(lane.to_string())
    .bind(now.as_second())
    .bind(serde_json::json!(taken).to_string())
    .bind(limits::JOBS_TAKEN_MAX)
    .fetch_all(connection)
    .await?;
    rows.iter().map(job).collect()
}

/// Jobs that are older than their sender was told: to be warned of since `warn`, to be given up since `end`. Some of them;
/// the caller asks again when it has dealt with these.
pub async fn overdue(
    connection: &mut SqliteConnection,
    (warn, end): (Timestamp, Timestamp),
    taken: &[JobId],
) -> Result<Vec<Job>, DbError> {
    let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
        "{COLUMNS} WHERE state = 'waiting' AND ((warned = 0 AND accepted <= ?1) OR (warned = 1 AND accepted <= ?2)) \
         AND id NOT IN (SELECT value FROM json_each(?3)) ORDER BY id LIMIT ?4"
    )))
    .bind(warn.as_second())
    .bind(end.as_second())
    .bind(serde_json::json!(taken).to_string())
    .bind(limits::JOBS_TAKEN_MAX)
    .fetch_all(connection)
    .await?;
    rows.iter().map(job).collect()
}

/// Every lane on which somebody waits, with when its first job is due. Looks at one row for each, however long they are.
pub async fn lanes(connection: &mut SqliteConnection) -> Result<Vec<(Lane, Timestamp)>, DbError> {
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "WITH RECURSIVE found (lane) AS ( \
             SELECT min(lane) FROM job WHERE state = 'waiting' UNION ALL \
             SELECT (SELECT min(j.lane) FROM job j WHERE j.state = 'waiting' AND j.lane > found.lane) \
             FROM found WHERE found.lane IS NOT NULL) \
         SELECT lane, (SELECT min(next) FROM job j WHERE j.state = 'waiting' AND j.lane = found.lane) \
         FROM found WHERE lane IS NOT NULL LIMIT ?",
    )
    .bind(limits::LANES_AT_ONCE_MAX)
    .fetch_all(connection)
    .await?;
    let read = |(lane, next): (String, i64)| Some((lane.parse().ok()?, Timestamp::from_second(next).ok()?));
    Ok(rows.into_iter().filter_map(read).collect())
}

fn job(row: &SqliteRow) -> Result<Job, DbError> {
    let unfit = |what: &str| DbError::Unfit(format!("a job's {what} cannot be read"));
    let sender: &str = row.try_get(4)?;
    let ret: Option<&str> = row.try_get(9)?;
    let recipients: Vec<Vec<Value>> = serde_json::from_str(row.try_get(15)?).map_err(|_| unfit("recipients"))?;
    Ok(Job {
        id: row.try_get(0)?,
        body: row.try_get(1)?,
        size: row.try_get::<i64, _>(2)?.unsigned_abs(),
        name: row.try_get(3)?,
        from: if sender.is_empty() { None } else { Some(Address::parse(sender).map_err(|_| unfit("sender"))?) },
        mailbox: row.try_get(5)?,
        lane: row.try_get::<&str, _>(6)?.parse().map_err(|_| unfit("lane"))?,
        form: Form { eight_bit: row.try_get(7)?, utf8: row.try_get(8)? },
        dsn: EnvelopeDsn { ret: ret.map(Return::of), envid: row.try_get(10)? },
        accepted: Timestamp::from_second(row.try_get(11)?).map_err(|_| unfit("time"))?,
        attempts: row.try_get(12)?,
        unclear: row.try_get(13)?,
        warned: row.try_get(14)?,
        recipients: recipients
            .iter()
            .map(|r| recipient(r).ok_or_else(|| unfit("recipient")))
            .collect::<Result<_, _>>()?,
    })
}

fn recipient(values: &[Value]) -> Option<Recipient> {
    let [place, address, notify, orcpt, status, reply, host] = values else { return None };
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let last = text(status).map(|status| Reason { status, text: text(reply).unwrap_or_default(), host: text(host) });
    Some(Recipient {
        place: place.as_i64()?,
        address: Address::parse(address.as_str()?).ok()?,
        dsn: RecipientDsn { notify: notify.as_i64().map(NotifyOn::from_sql), orcpt: text(orcpt) },
        last,
    })
}
