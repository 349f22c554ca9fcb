//! By when units publish in sections, where they have another day than the configuration says (R6, R29).

use jiff::civil::Date;
use sqlx::sqlite::SqliteConnection;

use crate::db::{DbError, Tx};
use crate::id::UnitId;

/// A day of a unit's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnDay {
    /// Whose.
    pub unit: UnitId,
    /// The section.
    pub section: String,
    /// As the configuration writes it, or `none`.
    pub due: String,
    /// The day it was set.
    pub since: Date,
}

/// Those that there were, and of each unit and section the one that holds last.
pub async fn own_days(connection: &mut SqliteConnection) -> Result<Vec<OwnDay>, DbError> {
    let rows: Vec<(UnitId, String, String, String)> =
        sqlx::query_as("SELECT unit, section, due, since FROM duty ORDER BY unit, section, since")
            .fetch_all(connection)
            .await?;
    let read = |(unit, section, due, since): (_, _, _, String)| {
        let since = since.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
        Ok(OwnDay { unit, section, due, since })
    };
    Ok(rows.into_iter().map(read).collect::<Result<_, sqlx::Error>>()?)
}

/// Sets one; returns what held before.
pub async fn set(tx: &mut Tx, day: &OwnDay) -> Result<Option<String>, DbError> {
    let before = sqlx::query_scalar("SELECT due FROM duty WHERE unit = ? AND section = ? ORDER BY since DESC LIMIT 1");
    let before = before.bind(day.unit).bind(&day.section).fetch_optional(tx.connection()).await?;
    sqlx::query("INSERT OR REPLACE INTO duty (unit, section, due, since) VALUES (?, ?, ?, ?)")
        .bind(day.unit)
        .bind(&day.section)
        .bind(&day.due)
        .bind(day.since.to_string())
        .execute(tx.connection())
        .await?;
    Ok(before)
}
