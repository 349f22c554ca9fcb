//! Personnel decisions: the cause of acts, each applied once (R16).

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::sqlite::SqliteConnection;

use super::load::{date, unreadable};
use crate::db::{DbError, Tx};
use crate::id::{DecisionId, StaffId, UnitId};
use crate::name::Label;

/// What is asked for on paper: the cause of one or several acts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Its number as it stands on the paper, `45/QĐ-STP`; unique within the year of its date.
    pub number: Label,
    /// The day it was issued.
    pub dated: Date,
    /// The day from which it holds.
    pub effective: Date,
    /// What it is about.
    pub kind: DecisionKind,
    /// Who signed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// Who at the Office approved its execution (R12).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approver: Option<String>,
    /// Anything else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// What a decision is about: the name of its acts, `staff.hire`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DecisionKind(pub String);

/// Where a decision stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "lowercase")]
#[sqlx(rename_all = "lowercase")]
pub enum DecisionState {
    /// Dated ahead: waits for its day.
    Waiting,
    /// Its acts are done.
    Applied,
    /// Withdrawn before its day.
    Cancelled,
}

/// A decision in the records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// For ever.
    pub id: DecisionId,
    /// What it said.
    #[serde(flatten)]
    pub decision: Decision,
    /// Where it stands.
    pub state: DecisionState,
    /// When it was entered, Unix seconds.
    pub recorded_at: i64,
    /// When its acts were done, Unix seconds.
    pub applied_at: Option<i64>,
    /// What it asks for, as it was entered; never holds a password.
    pub acts: Value,
    /// Whom its acts name, where it waits: nobody else is meant, whoever bears the name or the address on its day.
    #[serde(skip)]
    pub pins: Pins,
}

/// People and units by what an act calls them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Pins {
    /// By address, staff code or name.
    pub people: BTreeMap<String, StaffId>,
    /// By code.
    pub units: BTreeMap<String, UnitId>,
}

/// A decision to be entered.
#[derive(Clone, Copy, Debug)]
pub struct Entering<'a> {
    /// What it says.
    pub decision: &'a Decision,
    /// What it asks for, as JSON.
    pub acts: &'a Value,
    /// Applied in the same transaction, or waiting for its day.
    pub state: DecisionState,
    /// Unix seconds.
    pub now: i64,
}

impl Decision {
    fn year(&self) -> i64 {
        i64::from(self.dated.year())
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: DecisionId,
    number: String,
    dated: String,
    effective: String,
    kind: String,
    issuer: Option<String>,
    approver: Option<String>,
    note: Option<String>,
    state: DecisionState,
    recorded_at: i64,
    applied_at: Option<i64>,
    acts: String,
    pins: String,
}

impl Row {
    fn read(self) -> Result<Recorded, DbError> {
        Ok(Recorded {
            id: self.id,
            decision: Decision {
                number: Label::parse(&self.number).map_err(|e| unreadable("decision.number", &e))?,
                dated: date(&self.dated)?,
                effective: date(&self.effective)?,
                kind: DecisionKind(self.kind),
                issuer: self.issuer,
                approver: self.approver,
                note: self.note,
            },
            state: self.state,
            recorded_at: self.recorded_at,
            applied_at: self.applied_at,
            acts: serde_json::from_str(&self.acts).map_err(|e| unreadable("decision.acts", &e))?,
            pins: serde_json::from_str(&self.pins).map_err(|e| unreadable("decision.pins", &e))?,
        })
    }
}

impl Recorded {
    /// The decision of this number and year that is not cancelled.
    pub async fn find(connection: &mut SqliteConnection, decision: &Decision) -> Result<Option<Self>, DbError> {
        let row: Option<Row> = sqlx::query_as(
            "SELECT id, number, dated, effective, kind, issuer, approver, note, state, recorded_at, applied_at, acts, pins \
             FROM decision WHERE key = ? AND year = ? AND state <> 'cancelled'",
        )
        .bind(decision.number.key())
        .bind(decision.year())
        .fetch_optional(connection)
        .await?;
        row.map(Row::read).transpose()
    }

    /// Every decision, the newest first.
    pub async fn list(connection: &mut SqliteConnection) -> Result<Vec<Self>, DbError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT id, number, dated, effective, kind, issuer, approver, note, state, recorded_at, applied_at, acts, pins \
             FROM decision ORDER BY id DESC",
        )
        .fetch_all(connection)
        .await?;
        rows.into_iter().map(Row::read).collect()
    }

    /// Decisions that wait and hold on this day, in the order in which they are to be applied.
    pub async fn waiting(connection: &mut SqliteConnection, day: Date) -> Result<Vec<Self>, DbError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT id, number, dated, effective, kind, issuer, approver, note, state, recorded_at, applied_at, acts, pins \
             FROM decision WHERE state = 'waiting' AND effective <= ? ORDER BY effective, id",
        )
        .bind(day.to_string())
        .fetch_all(connection)
        .await?;
        rows.into_iter().map(Row::read).collect()
    }

    /// Enters a decision whose acts are done in the same transaction, or wait.
    pub async fn enter(tx: &mut Tx, entering: Entering<'_>) -> Result<DecisionId, DbError> {
        let Entering { decision, acts, state, now } = entering;
        let inserted = sqlx::query(
            "INSERT INTO decision (number, key, year, dated, effective, kind, issuer, approver, note, acts, state, \
             recorded_at, applied_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(decision.number.as_str())
        .bind(decision.number.key())
        .bind(decision.year())
        .bind(decision.dated.to_string())
        .bind(decision.effective.to_string())
        .bind(&decision.kind.0)
        .bind(decision.issuer.as_deref())
        .bind(decision.approver.as_deref())
        .bind(decision.note.as_deref())
        .bind(acts.to_string())
        .bind(state)
        .bind(now)
        .bind((state == DecisionState::Applied).then_some(now))
        .execute(tx.connection())
        .await?;
        Ok(DecisionId(inserted.last_insert_rowid()))
    }

    /// Keeps whom a waiting decision's acts name.
    pub async fn pin(tx: &mut Tx, id: DecisionId, pins: &Pins) -> Result<(), DbError> {
        sqlx::query("UPDATE decision SET pins = ? WHERE id = ?")
            .bind(serde_json::json!(pins).to_string())
            .bind(id)
            .execute(tx.connection())
            .await?;
        Ok(())
    }

    /// A waiting decision's acts are done, or it is withdrawn. Tells where it stood before: one that does not wait any more
    /// stays as it is (invariant I5).
    pub async fn settle(tx: &mut Tx, id: DecisionId, state: DecisionState, now: i64) -> Result<DecisionState, DbError> {
        let before = sqlx::query_scalar("SELECT state FROM decision WHERE id = ?");
        let before = before.bind(id).fetch_one(tx.connection()).await?;
        sqlx::query("UPDATE decision SET state = ?, applied_at = ? WHERE id = ? AND state = 'waiting'")
            .bind(state)
            .bind((state == DecisionState::Applied).then_some(now))
            .bind(id)
            .execute(tx.connection())
            .await?;
        Ok(before)
    }
}
