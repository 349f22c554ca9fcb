//! A message in the place of another: RFC 8508.

use sqlx::Row;

use super::{Append, Appended, Fate, Store, StoreError};
use crate::db::{DbError, Tx};
use crate::id::{FolderId, MailboxId, Uid};

impl Store {
    /// Puts a message into a folder and takes another out, in one commit: at no time are both lost. One that is gone already
    /// is no reason to lose the new one. The quota bounds what is there afterwards.
    pub async fn replace(&self, old: (FolderId, Uid), mut new: Append) -> Result<Appended, StoreError> {
        let store = self.clone();
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let (from, uid) = old;
                    let uids = super::UidRanges::from_sorted([uid]).to_json();
                    let gone = super::read::entries(tx.connection(), from, uids).await?;
                    if mailbox(tx, from).await? == mailbox(tx, new.folder).await? {
                        let left: u64 = gone.iter().map(|entry| u64::from(entry.size)).sum();
                        new.quota = new.quota.map(|quota| quota + left);
                    }
                    let appended = super::append_in(tx, &store, vec![new]).await?.pop();
                    super::expunge::remove(tx, &store, from, &gone, Fate::Gone).await?;
                    appended.ok_or(StoreError::NoSuchFolder)
                })
            })
            .await
    }
}

/// Whose folder it is; nobody's, if it is gone.
async fn mailbox(tx: &mut Tx, folder: FolderId) -> Result<Option<MailboxId>, StoreError> {
    let row = sqlx::query("SELECT mailbox_id FROM folder WHERE id = ?").bind(folder);
    let row = row.fetch_optional(tx.connection()).await.map_err(DbError::from)?;
    Ok(row.map(|row| row.try_get(0)).transpose().map_err(DbError::from)?)
}
