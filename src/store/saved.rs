//! When messages came into folders: SAVEDATE, RFC 8514.

use std::ops::Range;

use super::json::{list, sql};
use super::{Store, StoreError};
use crate::db::DbError;
use crate::id::{BodyId, FolderId, Uid};

/// A message, and when it came into its folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SavedMessage {
    /// Where it is.
    pub folder: FolderId,
    /// Which.
    pub uid: Uid,
    /// Its body.
    pub body: BodyId,
    /// Unix seconds.
    pub saved: i64,
}

impl Store {
    /// Messages that came into one of these folders before a Unix second, and are there: at most so many, by folder and time.
    pub async fn saved_before(
        &self,
        folders: &[FolderId],
        before: i64,
        at_most: usize,
    ) -> Result<Vec<SavedMessage>, StoreError> {
        let mut reader = self.db.read().await?;
        let rows: Vec<(FolderId, u32, BodyId, i64)> = sqlx::query_as(
            "SELECT m.folder_id, m.uid, m.body_id, m.saved FROM json_each(?1) f \
             CROSS JOIN state s ON s.folder_id = f.value CROSS JOIN message m ON m.folder_id = s.folder_id AND m.uid = s.uid \
             WHERE m.saved < ?2 ORDER BY m.folder_id, m.saved LIMIT ?3",
        )
        .bind(list(folders.iter().map(|folder| folder.0)))
        .bind(before)
        .bind(sql(at_most))
        .fetch_all(&mut *reader)
        .await
        .map_err(DbError::from)?;
        Ok(rows.into_iter().map(SavedMessage::of).collect())
    }

    /// The first message that came into one of the folders in a span of Unix seconds, and is there.
    pub async fn first_saved(
        &self,
        folders: &[FolderId],
        span: Range<i64>,
    ) -> Result<Option<SavedMessage>, StoreError> {
        let mut reader = self.db.read().await?;
        let row: Option<(FolderId, u32, BodyId, i64)> = sqlx::query_as(
            "SELECT m.folder_id, m.uid, m.body_id, m.saved FROM json_each(?1) f \
             CROSS JOIN state s ON s.folder_id = f.value CROSS JOIN message m ON m.folder_id = s.folder_id AND m.uid = s.uid \
             WHERE m.saved >= ?2 AND m.saved < ?3 ORDER BY m.saved LIMIT 1",
        )
        .bind(list(folders.iter().map(|folder| folder.0)))
        .bind(span.start)
        .bind(span.end)
        .fetch_optional(&mut *reader)
        .await
        .map_err(DbError::from)?;
        Ok(row.map(SavedMessage::of))
    }
}

impl SavedMessage {
    fn of((folder, uid, body, saved): (FolderId, u32, BodyId, i64)) -> Self {
        Self { folder, uid: Uid(uid), body, saved }
    }
}
