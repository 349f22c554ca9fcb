//! What the heads of units were reminded of (R7): nobody hears the same twice.

use jiff::civil::Date;
use serde::Serialize;
use sqlx::sqlite::SqliteConnection;

use crate::db::{DbError, Tx};
use crate::id::UnitId;

/// Something that a head is reminded of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reminder {
    /// Whose.
    pub unit: UnitId,
    /// The section.
    pub section: String,
    /// The last day.
    pub due: Date,
    /// What is said.
    pub said: Said,
}

/// What a reminder says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    /// Today is the last day.
    Due,
    /// It was, and nothing was published.
    Missing,
}

/// Those that were not said yet, by their place.
pub async fn unsaid(connection: &mut SqliteConnection, reminders: &[Reminder]) -> Result<Vec<usize>, DbError> {
    let places: Vec<i64> = sqlx::query_scalar(
        "SELECT n.key FROM json_each(?) n WHERE NOT EXISTS (SELECT 1 FROM reminder r WHERE r.unit = n.value->>'unit' \
            AND r.section = n.value->>'section' AND r.due = n.value->>'due' AND r.said = n.value->>'said')",
    )
    .bind(serde_json::json!(reminders).to_string())
    .fetch_all(connection)
    .await?;
    Ok(places.into_iter().filter_map(|place| usize::try_from(place).ok()).collect())
}

/// Remembers that they were said.
pub async fn said(tx: &mut Tx, reminders: &[Reminder]) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO reminder SELECT value->>'unit', value->>'section', value->>'due', value->>'said' FROM json_each(?)",
    )
    .bind(serde_json::json!(reminders).to_string())
    .execute(tx.connection())
    .await?;
    Ok(())
}
