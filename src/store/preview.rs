//! Previews of bodies that were stored before there were any: made when they are asked for, and kept.

use super::{Store, StoreError};
use crate::db::DbError;
use crate::id::BodyId;
use crate::limits;
use crate::mime;

/// Pieces that are read of a body: its text begins in the first megabyte, or a client can do without.
const PIECES: usize = 4;

impl Store {
    /// Makes the PREVIEW of a body that has none, ready to send; empty where the body is gone.
    pub async fn make_preview(&self, body: BodyId) -> Result<Vec<u8>, StoreError> {
        let mut reader = self.db.read().await?;
        let pieces: Vec<Vec<u8>> =
            sqlx::query_scalar("SELECT data FROM piece WHERE id >= ?1 AND id < ?1 + ?2 ORDER BY id")
                .bind(super::first_piece(body))
                .bind(super::json::sql(PIECES))
                .fetch_all(&mut *reader)
                .await
                .map_err(DbError::from)?;
        drop(reader);
        let raw = pieces.concat();
        debug_assert!(raw.len() <= PIECES * limits::BODY_PIECE_BYTES_MAX, "a piece is too long");
        // To parse is total: it cannot fail but by the end of the program.
        let preview = tokio::task::spawn_blocking(move || mime::preview(&raw)).await.unwrap_or_default();
        let kept = preview.clone();
        self.db.write(move |tx| Box::pin(async move { keep(tx, body, &kept).await })).await?;
        Ok(preview)
    }
}

async fn keep(tx: &mut crate::db::Tx, body: BodyId, preview: &[u8]) -> Result<(), StoreError> {
    sqlx::query("UPDATE body SET preview = ? WHERE id = ?")
        .bind(preview)
        .bind(body)
        .execute(tx.connection())
        .await
        .map_err(DbError::from)?;
    Ok(())
}
