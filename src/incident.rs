//! Faults and leaks that were reported to the Office: kept until somebody closes them (R17, R22).

use serde::{Deserialize, Serialize};

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
