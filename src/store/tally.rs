//! How much work there was, and how much is kept: sums for the monthly report (R30).

use std::collections::BTreeMap;
use std::ops::Range;

use sqlx::sqlite::SqliteConnection;

use crate::db::DbError;
use crate::id::MailboxId;

/// The items of one mailbox in a stretch of time, and those that are there now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Came in this time.
    pub arrived: u64,
    /// Were taken in it.
    pub taken: u64,
    /// Were dealt with in it.
    pub done: u64,
    /// Nobody has dealt with yet.
    pub open: u64,
    /// Of these, those that should be.
    pub overdue: u64,
    /// The median of the seconds that those that were dealt with took.
    pub median_seconds: Option<u64>,
}

#[derive(sqlx::FromRow)]
struct Row {
    mailbox_id: MailboxId,
    arrived: i64,
    taken: i64,
    done: i64,
    open: i64,
    overdue: i64,
    median: Option<i64>,
}

impl Row {
    fn tally(&self) -> Tally {
        Tally {
            arrived: self.arrived.unsigned_abs(),
            taken: self.taken.unsigned_abs(),
            done: self.done.unsigned_abs(),
            open: self.open.unsigned_abs(),
            overdue: self.overdue.unsigned_abs(),
            // A clock that was put back makes no item end before it came.
            median_seconds: self.median.map(|seconds| seconds.max(0).unsigned_abs()),
        }
    }
}

/// Tallies by mailbox, of those that ever had an item; what came before `overdue_before` and is not done is overdue.
pub async fn tally(
    connection: &mut SqliteConnection,
    span: Range<i64>,
    overdue_before: i64,
) -> Result<BTreeMap<MailboxId, Tally>, DbError> {
    let rows: Vec<Row> = sqlx::query_as(
        "WITH done AS ( \
             SELECT mailbox_id, done_at - arrived AS took, \
                    row_number() OVER (PARTITION BY mailbox_id ORDER BY done_at - arrived) AS place, \
                    count(*) OVER (PARTITION BY mailbox_id) AS n \
             FROM item WHERE done_at >= ?1 AND done_at < ?2) \
         SELECT mailbox_id, sum(arrived >= ?1 AND arrived < ?2) AS arrived, \
                coalesce(sum(taken_at >= ?1 AND taken_at < ?2), 0) AS taken, \
                coalesce(sum(done_at >= ?1 AND done_at < ?2), 0) AS done, \
                sum(done_at IS NULL) AS open, sum(done_at IS NULL AND arrived < ?3) AS overdue, \
                (SELECT CAST(avg(took) AS INTEGER) FROM done \
                 WHERE done.mailbox_id = item.mailbox_id AND place IN ((n + 1) / 2, (n + 2) / 2)) AS median \
         FROM item GROUP BY mailbox_id",
    )
    .bind(span.start)
    .bind(span.end)
    .bind(overdue_before)
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.mailbox_id, row.tally())).collect())
}

/// Octets of all folders.
pub async fn octets(connection: &mut SqliteConnection) -> Result<u64, DbError> {
    let octets: i64 = sqlx::query_scalar("SELECT coalesce(sum(bytes), 0) FROM folder").fetch_one(connection).await?;
    Ok(octets.unsigned_abs())
}
