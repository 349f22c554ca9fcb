//! An installation whose audit began before entries held rows: what the directory holds is entered once, as it is, so that
//! from then on the audit alone tells it.

use serde_json::Value;

use super::replay::ADOPTED;
use crate::audit::{self, Entry};
use crate::clock::Clock;
use crate::db::{Db, DbError};
use crate::directory::{Directory, Row};
use crate::limits;

/// Enters every row that an older release left; nothing where the audit has told them all from the first on.
pub async fn adopt(db: &Db, directory: &Directory, clock: &Clock) -> Result<usize, DbError> {
    let (directory, at) = (directory.clone(), clock.now().as_second());
    let adopted = db.write(move |tx| {
        Box::pin(async move {
            if !directory.take_untold(tx).await? {
                return Ok::<_, DbError>(0);
            }
            let entries: Vec<Entry> = directory.within(tx).await?.rows().map(|row| entry(&row, at)).collect();
            for some in entries.chunks(limits::ROWS_PER_STATEMENT_MAX) {
                audit::append(tx, some.to_vec()).await?;
            }
            Ok(entries.len())
        })
    });
    adopted.await
}

fn entry(row: &Row, at: i64) -> Entry {
    Entry {
        at,
        actor: "hopthu".to_owned(),
        what: ADOPTED,
        subject: row.key().to_string(),
        decision: None,
        note: None,
        before: None,
        after: Some(Value::Object(row.columns())),
    }
}
