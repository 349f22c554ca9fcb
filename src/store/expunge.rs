//! Taking messages out of a folder: RFC 9051 §6.4.3, RFC 4315 §2.1.

use super::item::{self, Part};
use super::json::sql;
use super::{Change, Count, Entry, Fate, Flags, Store, StoreError, UidRanges, trace};
use crate::db::{DbError, Tx};
use crate::id::{FolderId, ModSeq, Uid};

/// What was taken out of a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// The messages, ascending.
    pub uids: Vec<Uid>,
    /// The mod-sequence at which they went; `None` where nothing did.
    pub modseq: Option<ModSeq>,
}

impl Store {
    /// Expunges what is marked `\Deleted`, of all messages or of those given.
    pub async fn expunge(&self, folder: FolderId, of: Option<&UidRanges>) -> Result<Removed, StoreError> {
        let store = self.clone();
        let uids = of.map_or_else(|| "[[1,4294967295]]".to_owned(), UidRanges::to_json);
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let mut gone = super::read::entries(tx.connection(), folder, uids).await?;
                    gone.retain(|e| e.flags.contains(Flags::DELETED));
                    let modseq = remove(tx, &store, folder, &gone, Fate::Gone).await?;
                    Ok(Removed { uids: gone.into_iter().map(|e| e.uid).collect(), modseq })
                })
            })
            .await
    }
}

/// Takes messages out; returns the mod-sequence at which they go. Their rows stay for the grace period: see `expunged` in
/// the schema.
pub(super) async fn remove(
    tx: &mut Tx,
    store: &Store,
    folder: FolderId,
    gone: &[Entry],
    fate: Fate,
) -> Result<Option<ModSeq>, StoreError> {
    if gone.is_empty() {
        return Ok(None);
    }
    let (highest, part): (i64, Option<Part>) = sqlx::query_as(
        "SELECT highest_modseq, (SELECT part FROM office_folder o WHERE o.id = f.id) FROM folder f WHERE id = ?",
    )
    .bind(folder)
    .fetch_optional(tx.connection())
    .await
    .map_err(DbError::from)?
    .ok_or(StoreError::NoSuchFolder)?;
    let modseq = highest + 1;
    let uids = super::json::list(gone.iter().map(|e| i64::from(e.uid.0)));
    sqlx::query(
        "INSERT INTO expunged (folder_id, uid, modseq, at, flags, fate) \
         SELECT ?1, r.value, ?3, ?4, s.flags, ?5 \
         FROM json_each(?2) r CROSS JOIN state s ON s.folder_id = ?1 AND s.uid = r.value",
    )
    .bind(folder)
    .bind(&uids)
    .bind(modseq)
    .bind(store.clock.now().as_second())
    .bind(fate.sql())
    .execute(tx.connection())
    .await
    .map_err(DbError::from)?;
    sqlx::query("DELETE FROM state WHERE folder_id = ?1 AND uid IN (SELECT value FROM json_each(?2))")
        .bind(folder)
        .bind(&uids)
        .execute(tx.connection())
        .await
        .map_err(DbError::from)?;
    let those = |wanted: &dyn Fn(Flags) -> bool| sql(gone.iter().filter(|e| wanted(e.flags)).count());
    let count = Count {
        modseq,
        messages: -sql(gone.len()),
        unseen: -those(&|flags| !flags.contains(Flags::SEEN)),
        deleted: -those(&|flags| flags.contains(Flags::DELETED)),
        bytes: -gone.iter().map(|e| i64::from(e.size)).sum::<i64>(),
    };
    super::count(tx, folder, count).await?;
    let uids: Vec<Uid> = gone.iter().map(|e| e.uid).collect();
    if part.is_some() {
        let ranges = UidRanges::from_sorted(uids.iter().copied()).to_json();
        item::left(tx, store, folder, &ranges).await?;
        trace::removed(tx, store, folder, &ranges).await?;
    }
    let modseq = ModSeq(modseq.unsigned_abs());
    store.publish(tx, folder, modseq, vec![Change::Expunged(uids)]);
    Ok(Some(modseq))
}
