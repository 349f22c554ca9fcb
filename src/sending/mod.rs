//! To how many recipients each person has sent in the last day (R21): counted in memory, kept in the database so that a
//! restart forgets nothing.

mod correspondent;

use std::collections::{BTreeMap, VecDeque};

use sqlx::sqlite::SqliteConnection;

use crate::db::{DbError, Tx};
use crate::id::StaffId;
use crate::limits;

pub use correspondent::{Strangers, meet, met_lately, strangers};

/// A step of time in which recipients are counted together: Unix time in steps of [`limits::SENDING_STEP_SECONDS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Step(i64);

/// Recipients of one person in one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Who sent.
    pub staff: StaffId,
    /// When.
    pub step: Step,
    /// To how many.
    pub recipients: u32,
}

/// Everybody's recipients of the last day. It holds no more than the steps of a day for each person.
#[derive(Clone, Debug, Default)]
pub struct Counts(BTreeMap<StaffId, VecDeque<(Step, u32)>>);

impl Step {
    /// The one that a second belongs to.
    pub fn of(second: i64) -> Self {
        Self(second.div_euclid(limits::SENDING_STEP_SECONDS))
    }

    /// The first one of the hour that ends with this.
    #[must_use]
    pub fn hour(self) -> Self {
        Self(self.0 + 1 - limits::SENDING_STEPS_PER_HOUR)
    }

    /// The first one of the day that ends with this.
    #[must_use]
    pub fn day(self) -> Self {
        Self(self.0 + 1 - 24 * limits::SENDING_STEPS_PER_HOUR)
    }
}

impl Counts {
    /// From what was kept.
    pub fn new(rows: Vec<Row>) -> Self {
        let mut counts = Self::default();
        for row in rows {
            counts.0.entry(row.staff).or_default().push_back((row.step, row.recipients));
        }
        counts
    }

    /// To how many the person has sent since a step.
    pub fn since(&self, staff: StaffId, step: Step) -> u32 {
        let steps = self.0.get(&staff).into_iter().flatten();
        steps.filter(|(at, _)| *at >= step).fold(0, |sum, (_, recipients)| sum.saturating_add(*recipients))
    }

    /// Adds recipients, and forgets what is older than a day.
    pub fn add(&mut self, staff: StaffId, now: Step, recipients: u32) {
        let steps = self.0.entry(staff).or_default();
        while steps.front().is_some_and(|(at, _)| *at < now.day()) {
            steps.pop_front();
        }
        match steps.back_mut().filter(|(at, _)| *at >= now) {
            // A clock that was put back counts on where it was.
            Some((_, count)) => *count = count.saturating_add(recipients),
            None => steps.push_back((now, recipients)),
        }
    }

    /// Takes back what was added and not sent.
    pub fn take_back(&mut self, staff: StaffId, recipients: u32) {
        if let Some((_, count)) = self.0.get_mut(&staff).and_then(VecDeque::back_mut) {
            *count = count.saturating_sub(recipients);
        }
    }

    /// The step in which something was counted last for a person.
    pub fn last(&self, staff: StaffId) -> Option<Step> {
        self.0.get(&staff)?.back().map(|(step, _)| *step)
    }

    /// What was counted in one step.
    pub fn row(&self, staff: StaffId, step: Step) -> Option<Row> {
        let (_, recipients) = self.0.get(&staff)?.iter().find(|(at, _)| *at == step)?;
        Some(Row { staff, step, recipients: *recipients })
    }
}

/// What was kept since a step, in the order of time.
pub async fn load(connection: &mut SqliteConnection, since: Step) -> Result<Vec<Row>, DbError> {
    let rows: Vec<(StaffId, i64, u32)> =
        sqlx::query_as("SELECT staff, step, recipients FROM sending WHERE step >= ? ORDER BY step")
            .bind(since.0)
            .fetch_all(connection)
            .await?;
    Ok(rows.into_iter().map(|(staff, step, recipients)| Row { staff, step: Step(step), recipients }).collect())
}

/// Keeps counts, replacing those of the same steps, and forgets what is older than `since`.
pub async fn keep(tx: &mut Tx, rows: &[Row], since: Step) -> Result<(), DbError> {
    let rows: Vec<_> = rows.iter().map(|row| (row.staff, row.step.0, row.recipients)).collect();
    sqlx::query(
        "INSERT INTO sending (staff, step, recipients) SELECT value->>0, value->>1, value->>2 FROM json_each(?) WHERE true \
         ON CONFLICT DO UPDATE SET recipients = excluded.recipients",
    )
    .bind(serde_json::json!(rows).to_string())
    .execute(tx.connection())
    .await?;
    sqlx::query("DELETE FROM sending WHERE step < ?").bind(since.0).execute(tx.connection()).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHO: StaffId = StaffId(7);

    #[test]
    fn an_hour_and_a_day_end_with_the_step_of_now() {
        let (mut counts, start) = (Counts::default(), 1_000_000 * limits::SENDING_STEP_SECONDS);
        let at = |minutes: i64| Step::of(start + minutes * 60);
        for minutes in [0, 9, 10, 59, 60, 24 * 60 - 1] {
            counts.add(WHO, at(minutes), 1);
        }
        assert_eq!(counts.since(WHO, at(59).hour()), 6, "nothing is later than now");
        assert_eq!(counts.since(WHO, at(24 * 60 - 1).hour()), 1);
        assert_eq!(counts.since(WHO, at(24 * 60 - 1).day()), 6);
        assert_eq!(counts.since(WHO, at(24 * 60).day()), 4);
        assert_eq!(counts.since(StaffId(8), at(0)), 0);
    }

    #[test]
    fn no_more_is_remembered_than_a_day() {
        let mut counts = Counts::default();
        for hour in 0..1000 {
            counts.add(WHO, Step::of(hour * 3600), 3);
        }
        assert_eq!(counts.0.get(&WHO).map(VecDeque::len), Some(24));
        counts.take_back(WHO, 1);
        let last = counts.last(WHO).and_then(|step| counts.row(WHO, step));
        assert_eq!(last.map(|row| row.recipients), Some(2));
        assert_eq!(Counts::new(vec![Row { staff: WHO, step: Step(5), recipients: 9 }]).since(WHO, Step(5)), 9);
    }
}
