//! The end of expunged messages: after the grace period their rows go, and bodies that nothing holds any more.

use jiff::Timestamp;
use sqlx::Row;

use super::json::{Json, list, sql};
use super::{Store, StoreError};
use crate::db::{DbError, Tx};
use crate::id::BodyId;
use crate::limits;

/// A message whose time has come.
struct Due {
    folder: i64,
    uid: i64,
    body: BodyId,
}

impl Store {
    /// Removes what was expunged before a time, some hundred messages a commit so that deliveries do not wait.
    /// Returns how many messages it removed.
    ///
    /// What was expunged within [`limits::EXPUNGED_KEPT_MIN`] stays whatever is asked: sessions that have not been told
    /// may still read it.
    pub async fn purge(&self, before: Timestamp) -> Result<usize, StoreError> {
        let latest = self.clock.now().as_second() - limits::EXPUNGED_KEPT_MIN.as_secs().cast_signed();
        let before = before.as_second().min(latest);
        let mut purged = 0;
        loop {
            let due = self.due(before).await?;
            if due.is_empty() {
                break;
            }
            purged += due.len();
            self.db.write(move |tx| Box::pin(async move { remove(tx, &due).await })).await?;
        }
        if purged > 0 {
            self.db.write(|tx| Box::pin(async move { forget_folders(tx).await })).await?;
        }
        Ok(purged)
    }

    async fn due(&self, before: i64) -> Result<Vec<Due>, DbError> {
        let mut reader = self.db.read().await?;
        let rows = sqlx::query(
            "SELECT folder_id, uid, body_id FROM expunged JOIN message USING (folder_id, uid) WHERE at < ? LIMIT ?",
        )
        .bind(before)
        .bind(sql(limits::BATCH_MESSAGES_MAX))
        .fetch_all(&mut *reader)
        .await?;
        let due =
            |row| Ok(Due { folder: Row::try_get(row, 0)?, uid: Row::try_get(row, 1)?, body: Row::try_get(row, 2)? });
        Ok(rows.iter().map(due).collect::<Result<_, sqlx::Error>>()?)
    }
}

/// A deleted folder is remembered for its messages alone.
async fn forget_folders(tx: &mut Tx) -> Result<(), DbError> {
    sqlx::query(
        "DELETE FROM deleted_folder WHERE NOT EXISTS (SELECT 1 FROM expunged x WHERE x.folder_id = deleted_folder.id)",
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}

async fn remove(tx: &mut Tx, due: &[Due]) -> Result<(), StoreError> {
    let mut rows = Json::new();
    for d in due {
        rows.row(&[d.folder, d.uid]);
    }
    let rows = rows.end();
    for statement in [
        "UPDATE folder SET expunged_since = max(expunged_since, g.modseq) \
         FROM (SELECT folder_id, max(modseq) AS modseq FROM json_each(?) r CROSS JOIN expunged x \
               ON x.folder_id = r.value->>0 AND x.uid = r.value->>1 GROUP BY folder_id) g \
         WHERE folder.id = g.folder_id",
        "DELETE FROM message WHERE (folder_id, uid) IN (SELECT value->>0, value->>1 FROM json_each(?))",
        "DELETE FROM seen WHERE folder_id IN (SELECT value->>0 FROM json_each(?1)) \
         AND (folder_id, uid) IN (SELECT value->>0, value->>1 FROM json_each(?1))",
        "DELETE FROM expunged WHERE (folder_id, uid) IN (SELECT value->>0, value->>1 FROM json_each(?))",
    ] {
        sqlx::query(statement).bind(&rows).execute(tx.connection()).await.map_err(DbError::from)?;
    }
    let mut bodies: Vec<BodyId> = due.iter().map(|d| d.body).collect();
    bodies.dedup();
    release_bodies(tx, &bodies).await?;
    Ok(())
}

/// Ends those of the bodies that nothing holds any more: no message, and no job of the queue.
pub async fn release_bodies(tx: &mut Tx, bodies: &[BodyId]) -> Result<(), DbError> {
    let bodies = list(bodies.iter().map(|body| body.0));
    for statement in [
        "UPDATE last_body SET id = max(id, (SELECT coalesce(max(value), 0) FROM json_each(?)))",
        "DELETE FROM body WHERE id IN (SELECT value FROM json_each(?)) \
         AND NOT EXISTS (SELECT 1 FROM message WHERE body_id = body.id) \
         AND NOT EXISTS (SELECT 1 FROM job WHERE body_id = body.id)",
        "DELETE FROM piece WHERE id IN (SELECT p.id FROM json_each(?) r \
         CROSS JOIN piece p ON p.id >= r.value * 4096 AND p.id < (r.value + 1) * 4096 \
         WHERE NOT EXISTS (SELECT 1 FROM body WHERE id = r.value))",
    ] {
        sqlx::query(statement).bind(&bodies).execute(tx.connection()).await?;
    }
    Ok(())
}
