//! Traces (R23): who fetched, opened, flagged, moved, answered or removed what came to a unit or to the department. They are
//! left in the transaction of the deed; nothing is kept of what people do with mail of their own.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteConnection;

use super::json::list;
use super::{Store, StoreError, UidRanges};
use crate::db::{DbError, Tx};
use crate::id::{FolderId, ItemId, MailboxId, StaffId};
use crate::limits;

/// What somebody did with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "lowercase")]
#[sqlx(rename_all = "lowercase")]
pub enum Deed {
    /// Their mail program has its text; whether they looked at it is theirs to know.
    Fetched,
    /// It was shown to them, or they said that they had seen it.
    Opened,
    /// They set these flags.
    Flagged,
    /// They put it into this folder of the mailbox.
    Moved,
    /// They took a copy elsewhere.
    Copied,
    /// They answered it in the mailbox's name, or their mail program says so.
    Answered,
    /// They threw it away: no folder of the mailbox has it any more.
    Removed,
}

/// A deed of somebody's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// When it was first done.
    pub at: Timestamp,
    /// Who did it.
    pub staff: StaffId,
    /// What.
    pub deed: Deed,
    /// The flags, or the folder; empty where neither is meant.
    pub detail: String,
}

/// What was done with an item, as it happened, of more than [`limits::TRACES_LISTED_MAX`] the first.
pub async fn traces(connection: &mut SqliteConnection, item: ItemId) -> Result<Vec<Trace>, DbError> {
    let rows: Vec<(i64, StaffId, Deed, String)> = sqlx::query_as(
        "SELECT at, staff_id, deed, detail FROM trace WHERE item_id = ? ORDER BY at, deed, staff_id, detail LIMIT ?",
    )
    .bind(item)
    .bind(limits::TRACES_LISTED_MAX)
    .fetch_all(connection)
    .await?;
    let trace = |(at, staff, deed, detail)| Trace {
        at: Timestamp::from_second(at).unwrap_or(Timestamp::UNIX_EPOCH),
        staff,
        deed,
        detail,
    };
    Ok(rows.into_iter().map(trace).collect())
}

/// The items of messages of a folder: ?1 the folder, ?2 ranges of UIDs.
macro_rules! of_messages {
    ($begin:literal, $end:literal) => {
        concat!(
            $begin,
            " FROM office_folder f CROSS JOIN json_each(?2) r \
             CROSS JOIN message m ON m.folder_id = f.id AND m.uid BETWEEN r.value->>0 AND r.value->>1 \
             CROSS JOIN item i ON i.mailbox_id = f.mailbox_id AND i.body_id = m.body_id AND i.variant = m.variant \
             WHERE f.id = ?1 ",
            $end
        )
    };
}

impl Store {
    /// Somebody gets the texts of messages of a unit's or the department's mailbox. Durable when this returns, which costs a
    /// sync for the first time and a look for every other.
    pub async fn leave_on_reading(&self, folder: FolderId, uids: &UidRanges, deed: Deed) -> Result<(), StoreError> {
        let Some(staff) = self.hand.staff() else { return Ok(()) };
        let uids = uids.to_json();
        let is_new: bool = sqlx::query_scalar(of_messages!(
            "SELECT EXISTS (SELECT 1",
            "AND NOT EXISTS (SELECT 1 FROM trace t WHERE t.item_id = i.id AND t.staff_id = ?3 AND t.deed IN (?4, 'opened')))"
        ))
        .bind(folder)
        .bind(&uids)
        .bind(staff)
        .bind(deed)
        .fetch_one(&mut *self.db.read().await?)
        .await
        .map_err(DbError::from)?;
        if !is_new {
            return Ok(());
        }
        let store = self.clone();
        let written = self.db.write(move |tx| {
            Box::pin(async move { Ok::<_, StoreError>(leave(tx, &store, (folder, &uids), deed, "").await?) })
        });
        written.await
    }
}

/// Leaves a trace on the items of these messages of a folder, by ranges of UIDs.
pub(super) async fn leave(
    tx: &mut Tx,
    store: &Store,
    (folder, uids): (FolderId, &str),
    deed: Deed,
    detail: &str,
) -> Result<(), DbError> {
    let Some(staff) = store.hand.staff() else { return Ok(()) };
    let left = sqlx::query(of_messages!("INSERT OR IGNORE INTO trace SELECT i.id, ?3, ?4, ?5, ?6", ""));
    let left = left.bind(folder).bind(uids).bind(staff).bind(deed).bind(detail).bind(store.clock.now().as_second());
    left.execute(tx.connection()).await?;
    Ok(())
}

/// Messages were put into another folder as well: of the same mailbox or not.
pub(super) async fn copied(
    tx: &mut Tx,
    store: &Store,
    (from, uids): (FolderId, &str),
    to: FolderId,
) -> Result<(), DbError> {
    let Some(staff) = store.hand.staff() else { return Ok(()) };
    let left = sqlx::query(of_messages!(
        "INSERT OR IGNORE INTO trace SELECT i.id, ?3, iif(name IS NULL, 'copied', 'moved'), coalesce(name, ''), ?5 \
         FROM (SELECT i.id, (SELECT t.name FROM folder t WHERE t.id = ?4 AND t.mailbox_id = f.mailbox_id) AS name",
        ") i"
    ));
    let left = left.bind(from).bind(uids).bind(staff).bind(to).bind(store.clock.now().as_second());
    left.execute(tx.connection()).await?;
    Ok(())
}

/// A message was sent in the mailbox's name that answers others.
pub(super) async fn answered(
    tx: &mut Tx,
    store: &Store,
    mailbox: MailboxId,
    references: &[i64],
) -> Result<(), DbError> {
    let Some(staff) = store.hand.staff() else { return Ok(()) };
    sqlx::query(
        "INSERT OR IGNORE INTO trace SELECT i.id, ?3, ?4, '', ?5 FROM json_each(?2) r \
         CROSS JOIN item i ON i.mailbox_id = ?1 AND i.reference = r.value",
    )
    .bind(mailbox)
    .bind(list(references.iter().copied()))
    .bind(staff)
    .bind(Deed::Answered)
    .bind(store.clock.now().as_second())
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Messages are gone from a folder: where no other of the mailbox has one, it was removed.
pub(super) async fn removed(tx: &mut Tx, store: &Store, folder: FolderId, uids: &str) -> Result<(), DbError> {
    let Some(staff) = store.hand.staff() else { return Ok(()) };
    let left = sqlx::query(of_messages!(
        "INSERT OR IGNORE INTO trace SELECT i.id, ?3, ?4, '', ?5",
        "AND NOT EXISTS (SELECT 1 FROM message c CROSS JOIN state s ON s.folder_id = c.folder_id AND s.uid = c.uid \
             CROSS JOIN folder o ON o.id = c.folder_id AND o.mailbox_id = i.mailbox_id \
             WHERE c.body_id = i.body_id AND c.variant = i.variant)"
    ));
    let left = left.bind(folder).bind(uids).bind(staff).bind(Deed::Removed).bind(store.clock.now().as_second());
    left.execute(tx.connection()).await?;
    Ok(())
}

/// What was done with undone items of a mailbox that another one has too is from now on known of those alone.
pub(super) async fn move_twins(tx: &mut Tx, from: MailboxId, to: MailboxId) -> Result<(), DbError> {
    let moved = sqlx::query(
        "UPDATE OR IGNORE trace SET item_id = n.kept FROM (SELECT t.id, k.id AS kept FROM item t CROSS JOIN item k \
             ON k.mailbox_id = ?2 AND k.body_id = t.body_id AND k.variant = t.variant \
             WHERE t.mailbox_id = ?1 AND t.done_at IS NULL) n WHERE trace.item_id = n.id",
    );
    moved.bind(from).bind(to).execute(tx.connection()).await?;
    // Whoever did the same with both did it once.
    let doubled = sqlx::query(
        "DELETE FROM trace WHERE item_id IN (SELECT id FROM item WHERE mailbox_id = ? AND done_at IS NULL)",
    );
    doubled.bind(from).execute(tx.connection()).await?;
    Ok(())
}
