//! Figures by the day: how much mail came and went, how much is kept (R30). Counts are added in the transaction of what they
//! count; what is measured is written once a day. A day without any figure is one of which nothing is known.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteConnection;

use crate::db::{Db, DbError, Tx};

/// What is counted or measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(rename_all = "snake_case")]
pub enum Figure {
    /// Messages that came from other servers and devices.
    Received,
    /// Messages that people sent.
    Submitted,
    /// Recipients elsewhere whose mail the next server took.
    Relayed,
    /// Recipients who were given up.
    Bounced,
    /// Messages that were held because their sender sent more than they may (R21).
    Held,
    /// Messages that were left to their sender, because too many are held already (R21).
    Refused,
    /// Starts of the daemon.
    Starts,
    /// Backups that were made.
    Backups,
    /// Octets of all mailboxes, when the day was first looked at.
    MailOctets,
    /// Octets of the database file and its log, then.
    DatabaseOctets,
}

/// Figures of one day, or what is to be added to them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures(BTreeMap<Figure, u64>);

impl Figures {
    /// How many there are.
    pub fn of(&self, figure: Figure) -> u64 {
        self.0.get(&figure).copied().unwrap_or(0)
    }

    /// What was measured, if it was.
    pub fn measured(&self, figure: Figure) -> Option<u64> {
        self.0.get(&figure).copied()
    }

    /// Counts so many more; of nothing nothing is kept.
    pub fn count(&mut self, figure: Figure, more: u64) {
        if more > 0 {
            let sum = self.0.entry(figure).or_default();
            *sum = sum.saturating_add(more);
        }
    }

    /// Adds all of these.
    pub fn add(&mut self, others: &Self) {
        for (figure, more) in &others.0 {
            self.count(*figure, *more);
        }
    }

    /// As SQL has them: no more than a database counts.
    fn rows(&self) -> String {
        let row = |(figure, value): (&Figure, &u64)| (*figure, i64::try_from(*value).unwrap_or(i64::MAX));
        serde_json::json!(self.0.iter().map(row).collect::<Vec<_>>()).to_string()
    }
}

impl FromIterator<(Figure, u64)> for Figures {
    fn from_iter<I: IntoIterator<Item = (Figure, u64)>>(figures: I) -> Self {
        Self(figures.into_iter().collect())
    }
}

/// Adds to the figures of a day: one statement, and none where there is nothing to add.
pub async fn add(tx: &mut Tx, day: Date, more: &Figures) -> Result<(), DbError> {
    if more.0.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO figure (day, name, value) SELECT ?1, j.value->>0, j.value->>1 FROM json_each(?2) j WHERE true \
         ON CONFLICT (day, name) DO UPDATE SET value = figure.value + excluded.value",
    )
    .bind(day.to_string())
    .bind(more.rows())
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Counts one thing that happened on a day, by itself.
pub async fn count_one(db: &Db, day: Date, figure: Figure) -> Result<(), DbError> {
    let one = [(figure, 1)].into_iter().collect();
    db.write(move |tx| Box::pin(async move { add(tx, day, &one).await })).await
}

/// Writes what was measured on a day; what is there already stays.
pub async fn measure(tx: &mut Tx, day: Date, measured: &Figures) -> Result<(), DbError> {
    sqlx::query("INSERT OR IGNORE INTO figure SELECT ?1, value->>0, value->>1 FROM json_each(?2)")
        .bind(day.to_string())
        .bind(measured.rows())
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// The figures from one day to another, of days of which something is known.
pub async fn between(
    connection: &mut SqliteConnection,
    (first, last): (Date, Date),
) -> Result<BTreeMap<Date, Figures>, DbError> {
    let rows: Vec<(String, Figure, i64)> =
        sqlx::query_as("SELECT day, name, value FROM figure WHERE day BETWEEN ? AND ? ORDER BY day")
            .bind(first.to_string())
            .bind(last.to_string())
            .fetch_all(connection)
            .await?;
    let mut days: BTreeMap<Date, Figures> = BTreeMap::new();
    for (day, figure, value) in rows {
        let day = read(&day)?;
        days.entry(day).or_default().0.insert(figure, value.unsigned_abs());
    }
    Ok(days)
}

/// The first day of which something is known.
pub async fn first_day(connection: &mut SqliteConnection) -> Result<Option<Date>, DbError> {
    let day: Option<String> = sqlx::query_scalar("SELECT min(day) FROM figure").fetch_one(connection).await?;
    day.as_deref().map(read).transpose()
}

/// The last day on which something was counted.
pub async fn last_day(connection: &mut SqliteConnection, figure: Figure) -> Result<Option<Date>, DbError> {
    let day: Option<String> =
        sqlx::query_scalar("SELECT max(day) FROM figure WHERE name = ?").bind(figure).fetch_one(connection).await?;
    day.as_deref().map(read).transpose()
}

/// Ends the figures of the days before one.
pub async fn purge(tx: &mut Tx, before: Date) -> Result<(), DbError> {
    sqlx::query("DELETE FROM figure WHERE day < ?").bind(before.to_string()).execute(tx.connection()).await?;
    Ok(())
}

fn read(day: &str) -> Result<Date, DbError> {
    day.parse().map_err(|_| DbError::Unfit(format!("{day:?} is no day of a figure")))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[tokio::test]
    async fn counts_add_up_measures_stay_and_unknown_days_are_not_zero() {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(&dir.path().join("mail.db")).await.unwrap();
        let [first, second, third] = [date(2026, 10, 1), date(2026, 10, 2), date(2026, 10, 3)];
        let written = db.write(move |tx| {
            Box::pin(async move {
                for more in [2, 3] {
                    add(tx, first, &[(Figure::Received, more), (Figure::Relayed, 1)].into_iter().collect()).await?;
                    measure(tx, third, &[(Figure::MailOctets, more)].into_iter().collect()).await?;
                }
                add(tx, second, &Figures::default()).await
            })
        });
        written.await.unwrap();
        let mut reader = db.read().await.unwrap();
        let days = between(&mut reader, (first, third)).await.unwrap();
        assert_eq!(days.keys().copied().collect::<Vec<_>>(), [first, third]);
        let of = |figure| days[&first].of(figure);
        assert_eq!((of(Figure::Received), of(Figure::Relayed), of(Figure::Held)), (5, 2, 0));
        assert_eq!(days[&third].measured(Figure::MailOctets), Some(2));
        assert_eq!(first_day(&mut reader).await.unwrap(), Some(first));
        assert_eq!(last_day(&mut reader, Figure::Received).await.unwrap(), Some(first));
        drop(reader);
        db.write(move |tx| Box::pin(async move { purge(tx, second).await })).await.unwrap();
        assert_eq!(first_day(&mut db.read().await.unwrap()).await.unwrap(), Some(third));
    }
}
