//! Conversations: which messages of a mailbox answer each other, by Message-ID, References and In-Reply-To.
//!
//! A message is given its conversation when somebody first asks for it, and keeps it for ever (RFC 8474 §5.2): delivery
//! does nothing for it. Of the Message-IDs that were met a mailbox keeps digests, so that a message finds those that it
//! answers, and those that answer it, in whatever order they came.

use std::collections::HashMap;

use aws_lc_rs::digest;

use super::json::{Json, list};
use super::{Store, StoreError, ThreadId, UidRanges, object};
use crate::db::{DbError, Tx};
use crate::id::{BodyId, FolderId, Uid};
use crate::limits;
use crate::mime;

/// A message's place in a conversation.
struct Place {
    uid: Uid,
    /// Digests of its own Message-ID and of its ancestors', from the newest to the oldest.
    references: Vec<i64>,
}

impl Store {
    /// Gives conversations to those of the messages that have none yet.
    pub async fn name_threads(&self, folder: FolderId, messages: Vec<(Uid, BodyId)>) -> Result<(), StoreError> {
        for batch in messages.chunks(limits::BATCH_MESSAGES_MAX) {
            let headers = self.headers(folder, batch).await?;
            let uids: Vec<Uid> = batch.iter().map(|(uid, _)| *uid).collect();
            let read = tokio::task::spawn_blocking(move || {
                uids.into_iter().zip(headers.iter()).map(|(uid, header)| Place::of(uid, header)).collect::<Vec<_>>()
            });
            // Reading headers is total; a batch that was broken off is read again when it is asked for again.
            let Ok(places) = read.await else { continue };
            self.db.write(move |tx| Box::pin(async move { name(tx, folder, &places).await })).await?;
        }
        Ok(())
    }
}

impl Place {
    fn of(uid: Uid, header: &[u8]) -> Self {
        let thread = mime::thread(header);
        let ids = thread.message_id.iter().chain(thread.references.iter().rev());
        Self { uid, references: ids.map(|id| reference(id)).collect() }
    }
}

/// The first 64 bits of the SHA-256.
pub(super) fn reference(message_id: &str) -> i64 {
    let digest = digest::digest(&digest::SHA256, message_id.as_bytes());
    digest.as_ref().first_chunk().map_or(0, |first| i64::from_be_bytes(*first))
}

async fn name(tx: &mut Tx, folder: FolderId, places: &[Place]) -> Result<(), StoreError> {
    let uids = UidRanges::from_sorted(places.iter().map(|place| place.uid));
    let kept: HashMap<_, _> = object::kept(tx.connection(), folder, &uids).await?.into_iter().collect();
    let mut known = known(tx, folder, places).await?;
    let (mut references, mut named) = (Json::new(), Json::new());
    for place in places {
        let Some(kept) = kept.get(&place.uid).filter(|kept| kept.thread.is_none()) else { continue };
        let met = place.references.iter().find_map(|reference| known.get(reference)).copied();
        let thread = met.unwrap_or(ThreadId(kept.email.body));
        for reference in &place.references {
            if !known.contains_key(reference) {
                known.insert(*reference, thread);
                references.row(&[*reference, thread.0.0]);
            }
        }
        named.row(&[kept.email.body.0, kept.email.variant.into(), thread.0.0]);
    }
    write(tx, folder, references.end(), named.end()).await
}

/// Which of the Message-IDs the mailbox has met, and in which conversation.
async fn known(tx: &mut Tx, folder: FolderId, places: &[Place]) -> Result<HashMap<i64, ThreadId>, StoreError> {
    let rows: Vec<(i64, BodyId)> = sqlx::query_as(
        "SELECT t.reference, t.thread FROM folder f CROSS JOIN json_each(?2) r \
         CROSS JOIN thread_reference t ON t.mailbox_id = f.mailbox_id AND t.reference = r.value WHERE f.id = ?1",
    )
    .bind(folder)
    .bind(list(places.iter().flat_map(|place| place.references.iter().copied())))
    .fetch_all(tx.connection())
    .await
    .map_err(DbError::from)?;
    Ok(rows.into_iter().map(|(reference, thread)| (reference, ThreadId(thread))).collect())
}

/// A message has one conversation in all folders that hold it (RFC 8474 §5.2).
async fn write(tx: &mut Tx, folder: FolderId, references: String, named: String) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO thread_reference SELECT f.mailbox_id, value->>0, value->>1 FROM folder f CROSS JOIN json_each(?2) \
         WHERE f.id = ?1 ON CONFLICT DO NOTHING",
    )
    .bind(folder)
    .bind(references)
    .execute(tx.connection())
    .await
    .map_err(DbError::from)?;
    sqlx::query(
        "UPDATE message SET thread = r.value->>2 FROM json_each(?) r \
         WHERE message.body_id = r.value->>0 AND message.variant = r.value->>1 AND message.thread IS NULL",
    )
    .bind(named)
    .execute(tx.connection())
    .await
    .map_err(DbError::from)?;
    Ok(())
}
