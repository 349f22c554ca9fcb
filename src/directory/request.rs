//! What units and the personnel division ask for, and what the Office answered (R12).

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::sqlite::SqliteConnection;

use super::load::unreadable;
use crate::db::{DbError, Tx};
use crate::id::{DecisionId, RequestId, UnitId};
use crate::name::{Account, Label};

/// Where a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "lowercase")]
#[sqlx(rename_all = "lowercase")]
pub enum RequestState {
    /// It waits for the Office.
    Filed,
    /// It may be applied by a decision.
    Approved,
    /// It may not.
    Rejected,
    /// It was applied.
    Applied,
}

impl RequestState {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Filed => "filed",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Applied => "applied",
        }
    }
}

/// What somebody asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Filing {
    /// Who asks.
    pub by: Label,
    /// For which unit; the personnel division's own has none.
    pub unit: Option<UnitId>,
    /// The act, as its JSON.
    pub act: Value,
    /// Why.
    pub reason: Option<Account>,
}

/// What the Office answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// [`RequestState::Approved`] or [`RequestState::Rejected`].
    pub state: RequestState,
    /// Who answers.
    pub by: Label,
    /// Why.
    pub reason: Option<Account>,
}

/// A request in the records.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// For ever.
    pub id: RequestId,
    /// When it was filed, Unix seconds.
    pub filed_at: i64,
    /// By whom.
    pub filed_by: String,
    /// For which unit.
    pub unit: Option<UnitId>,
    /// What is asked for, as its JSON.
    pub act: Value,
    /// Why.
    pub reason: Option<String>,
    /// Where it stands.
    pub state: RequestState,
    /// When it was answered, Unix seconds.
    pub decided_at: Option<i64>,
    /// By whom.
    pub decided_by: Option<String>,
    /// Why it was answered so.
    pub answer: Option<String>,
    /// By which decision it was applied.
    pub decision: Option<DecisionId>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: RequestId,
    filed_at: i64,
    filed_by: String,
    unit: Option<UnitId>,
    act: String,
    reason: Option<String>,
    state: RequestState,
    decided_at: Option<i64>,
    decided_by: Option<String>,
    answer: Option<String>,
    decision: Option<DecisionId>,
}

impl Row {
    fn read(self) -> Result<Request, DbError> {
        Ok(Request {
            id: self.id,
            filed_at: self.filed_at,
            filed_by: self.filed_by,
            unit: self.unit,
            act: serde_json::from_str(&self.act).map_err(|error| unreadable("request.act", &error))?,
            reason: self.reason,
            state: self.state,
            decided_at: self.decided_at,
            decided_by: self.decided_by,
            answer: self.answer,
            decision: self.decision,
        })
    }
}

/// Enters a request.
pub async fn insert(tx: &mut Tx, filing: &Filing, at: i64) -> Result<RequestId, DbError> {
    let inserted =
        sqlx::query("INSERT INTO request (filed_at, filed_by, unit, act, reason, state) VALUES (?, ?, ?, ?, ?, ?)")
            .bind(at)
            .bind(filing.by.as_str())
            .bind(filing.unit)
            .bind(filing.act.to_string())
            .bind(filing.reason.as_ref().map(Account::as_str))
            .bind(RequestState::Filed)
            .execute(tx.connection())
            .await?;
    Ok(RequestId(inserted.last_insert_rowid()))
}

/// Enters the Office's answer.
pub async fn answer(tx: &mut Tx, id: RequestId, answer: &Answer, at: i64) -> Result<(), DbError> {
    sqlx::query("UPDATE request SET state = ?, decided_at = ?, decided_by = ?, answer = ? WHERE id = ?")
        .bind(answer.state)
        .bind(at)
        .bind(answer.by.as_str())
        .bind(answer.reason.as_ref().map(Account::as_str))
        .bind(id)
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Notes the decision by which a request was applied.
pub async fn apply(tx: &mut Tx, id: RequestId, decision: DecisionId) -> Result<(), DbError> {
    sqlx::query("UPDATE request SET state = ?, decision = ? WHERE id = ?")
        .bind(RequestState::Applied)
        .bind(decision)
        .bind(id)
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Notes that a decision which was to apply a request was withdrawn: the request is approved, as before. Which one it was.
pub async fn release(tx: &mut Tx, decision: DecisionId) -> Result<Option<RequestId>, DbError> {
    Ok(sqlx::query_scalar("UPDATE request SET state = ?, decision = NULL WHERE decision = ? RETURNING id")
        .bind(RequestState::Approved)
        .bind(decision)
        .fetch_optional(tx.connection())
        .await?)
}

/// One request.
pub async fn find(connection: &mut SqliteConnection, id: RequestId) -> Result<Option<Request>, DbError> {
    let found: Option<Row> = sqlx::query_as(
        "SELECT id, filed_at, filed_by, unit, act, reason, state, decided_at, decided_by, answer, decision \
         FROM request WHERE id = ?",
    )
    .bind(id)
    .fetch_optional(connection)
    .await?;
    found.map(Row::read).transpose()
}

/// All requests, in the order of their filing.
pub async fn list(connection: &mut SqliteConnection) -> Result<Vec<Request>, DbError> {
    let found: Vec<Row> = sqlx::query_as(
        "SELECT id, filed_at, filed_by, unit, act, reason, state, decided_at, decided_by, answer, decision \
         FROM request ORDER BY id",
    )
    .fetch_all(connection)
    .await?;
    found.into_iter().map(Row::read).collect()
}
