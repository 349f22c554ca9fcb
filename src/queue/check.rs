//! What must hold of the queue's tables, whatever happened.

use sqlx::Row;
use sqlx::sqlite::SqliteConnection;

use crate::db::DbError;

/// Something that must not be: the rule broken, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The rule.
    pub rule: &'static str,
    /// The row that breaks it.
    pub place: String,
}

/// Each rule with the statement that finds the rows breaking it.
const RULES: [(&str, &str); 3] = [
    (
        "a job has somebody who waits for it",
        "SELECT 'job ' || id FROM job j \
         WHERE NOT EXISTS (SELECT 1 FROM job_recipient r WHERE r.job = j.id AND r.state = 'waiting')",
    ),
    (
        "a job is as long as its body",
        "SELECT 'job ' || j.id FROM job j LEFT JOIN body b ON b.id = j.body_id WHERE b.size IS NOT j.size",
    ),
    (
        "a recipient who is done has an answer",
        "SELECT 'job ' || job || ' ' || place FROM job_recipient WHERE state <> 'waiting' AND status IS NULL",
    ),
];

/// Everything that does not hold.
pub async fn check(connection: &mut SqliteConnection) -> Result<Vec<Violation>, DbError> {
    let mut violations = Vec::new();
    for (rule, statement) in RULES {
        for row in sqlx::query(statement).fetch_all(&mut *connection).await? {
            violations.push(Violation { rule, place: row.try_get(0)? });
        }
    }
    Ok(violations)
}
