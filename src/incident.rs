//! Faults and leaks that were reported to the Office: kept until somebody closes them (R17, R22).

use std::ops::Range;

use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteConnection;

use crate::db::{DbError, Tx};
use crate::id::{IncidentId, MailboxId};

/// What was reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "lowercase")]
#[sqlx(rename_all = "lowercase")]
pub enum Kind {
    /// Something does not work.
    Fault,
    /// A password became known to others.
    Leak,
}

/// Where an incident stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "lowercase")]
#[sqlx(rename_all = "lowercase")]
pub enum State {
    /// Somebody must see to it.
    Open,
    /// Its outcome is known.
    Closed,
}

/// A report to be entered.
#[derive(Clone, Debug)]
pub struct Report<'a> {
    /// When, Unix seconds.
    pub at: i64,
    /// Who reported it.
    pub reporter: &'a str,
    /// What it is.
    pub kind: Kind,
    /// The mailbox concerned, where one is.
    pub mailbox: Option<MailboxId>,
    /// In words.
    pub text: &'a str,
}

/// An incident in the records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::FromRow)]
pub struct Incident {
    /// For ever.
    pub id: IncidentId,
    /// When it was reported, Unix seconds.
    pub at: i64,
    /// By whom.
    pub reporter: String,
    /// What it is.
    pub kind: Kind,
    /// The mailbox concerned, where one is.
    pub mailbox: Option<MailboxId>,
    /// What happened.
    pub text: String,
    /// Where it stands.
    pub state: State,
    /// When it was closed, Unix seconds.
    pub closed_at: Option<i64>,
    /// By whom.
    pub closed_by: Option<String>,
    /// How it ended.
    pub outcome: Option<String>,
}

/// The end of an incident.
#[derive(Clone, Debug)]
pub struct Closing<'a> {
    /// When, Unix seconds.
    pub at: i64,
    /// Who closed it.
    pub by: &'a str,
    /// How it ended.
    pub outcome: &'a str,
}

/// Enters a report; it is open until it is closed.
pub async fn open(tx: &mut Tx, report: &Report<'_>) -> Result<IncidentId, DbError> {
    let id = sqlx::query_scalar(
        "INSERT INTO incident (at, reporter, kind, mailbox, text, state) VALUES (?, ?, ?, ?, ?, 'open') RETURNING id",
    )
    .bind(report.at)
    .bind(report.reporter)
    .bind(report.kind)
    .bind(report.mailbox)
    .bind(report.text)
    .fetch_one(tx.connection())
    .await?;
    Ok(id)
}

/// Closes an open incident.
pub async fn close(tx: &mut Tx, id: IncidentId, closing: &Closing<'_>) -> Result<(), DbError> {
    sqlx::query("UPDATE incident SET state = ?, closed_at = ?, closed_by = ?, outcome = ? WHERE id = ? AND state = ?")
        .bind(State::Closed)
        .bind(closing.at)
        .bind(closing.by)
        .bind(closing.outcome)
        .bind(id)
        .bind(State::Open)
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// One incident.
pub async fn find(connection: &mut SqliteConnection, id: IncidentId) -> Result<Option<Incident>, DbError> {
    let found = sqlx::query_as(
        "SELECT id, at, reporter, kind, mailbox, text, state, closed_at, closed_by, outcome FROM incident WHERE id = ?",
    );
    Ok(found.bind(id).fetch_optional(connection).await?)
}

/// Incidents in the order of their reports; of one state, where one is given.
pub async fn list(connection: &mut SqliteConnection, state: Option<State>) -> Result<Vec<Incident>, DbError> {
    let found = sqlx::query_as(
        "SELECT id, at, reporter, kind, mailbox, text, state, closed_at, closed_by, outcome FROM incident \
         WHERE ?1 IS NULL OR state = ?1 ORDER BY id",
    );
    Ok(found.bind(state).fetch_all(connection).await?)
}

/// Incidents that were open at some time between two moments, or still are, in the order of their reports.
pub async fn touching(connection: &mut SqliteConnection, span: &Range<i64>) -> Result<Vec<Incident>, DbError> {
    let found = sqlx::query_as(
        "SELECT id, at, reporter, kind, mailbox, text, state, closed_at, closed_by, outcome FROM incident \
         WHERE at < ? AND (closed_at IS NULL OR closed_at >= ?) ORDER BY id",
    );
    Ok(found.bind(span.end).bind(span.start).fetch_all(connection).await?)
}

/// How many somebody must see to.
pub async fn count_open(connection: &mut SqliteConnection) -> Result<i64, DbError> {
    let count = sqlx::query_scalar("SELECT count(*) FROM incident WHERE state = ?");
    Ok(count.bind(State::Open).fetch_one(connection).await?)
}
