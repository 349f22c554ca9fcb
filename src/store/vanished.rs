//! Which messages went from a folder since a client last looked: RFC 7162 §3.2.

use super::json::sql;
use super::{Index, Store, StoreError, UidRanges};
use crate::db::DbError;
use crate::id::{FolderId, ModSeq, Uid};
use crate::limits;

impl Store {
    /// The UIDs of messages that went after `since` and are not in `index`, a state of the folder. Where they are no
    /// longer known one by one, or are very many, every UID that was given and is not in `index`: RFC 7162 §3.2.5.2
    /// allows to name too many, never too few.
    ///
    /// What went after the state of `index` is not among them: it is told as it happens, once.
    pub async fn vanished(&self, folder: FolderId, since: ModSeq, index: &Index) -> Result<UidRanges, StoreError> {
        if since >= index.highest_modseq() {
            return Ok(UidRanges::default());
        }
        let named = self.expunged(folder, since, index.highest_modseq()).await?;
        Ok(named.unwrap_or_else(|| absent(index)))
    }

    /// What went after one mod-sequence and up to another; `None` where the records do not name all of it, or it is
    /// more than [`limits::VANISHED_NAMED_MAX`]. One statement, so that no purge comes between its halves.
    async fn expunged(&self, folder: FolderId, after: ModSeq, until: ModSeq) -> Result<Option<UidRanges>, StoreError> {
        let mut reader = self.db.read().await?;
        let packed: Option<Option<String>> = sqlx::query_scalar(
            "SELECT (SELECT group_concat(uid, ' ') FROM (SELECT uid FROM expunged \
                     WHERE folder_id = ?1 AND modseq > ?2 AND modseq <= ?3 LIMIT ?4)) \
             FROM folder WHERE id = ?1 AND expunged_since <= ?2",
        )
        .bind(folder)
        .bind(after.0.cast_signed())
        .bind(until.0.cast_signed())
        .bind(sql(limits::VANISHED_NAMED_MAX + 1))
        .fetch_optional(&mut *reader)
        .await
        .map_err(DbError::from)?;
        let Some(packed) = packed else { return Ok(None) };
        let numbers = super::read::numbers(packed.as_deref().unwrap_or_default());
        let mut uids: Vec<Uid> = numbers.map(|[uid]| super::read::uid(uid)).collect();
        uids.sort_unstable();
        Ok((uids.len() <= limits::VANISHED_NAMED_MAX).then(|| UidRanges::from_sorted(uids)))
    }
}

/// Every UID that was given in a folder and is not there.
fn absent(index: &Index) -> UidRanges {
    let mut ranges = Vec::new();
    let mut next = 1;
    for (_, entry) in index.iter() {
        if entry.uid.0 > next {
            ranges.push(next..=entry.uid.0 - 1);
        }
        next = entry.uid.0.saturating_add(1);
    }
    ranges.push(next..=index.uid_next().0.saturating_sub(1));
    UidRanges::new(ranges)
}
