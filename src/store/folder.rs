//! Folders: what their rows say, and making, renaming and deleting them.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Destination, FolderName, Missing, SeenBy, Store, StoreError};
use crate::db::{DbError, Tx};
use crate::id::{FolderId, MailboxId, ModSeq, Uid};
use crate::limits;

/// What a folder is for: RFC 6154 §2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum SpecialUse {
    Archive,
    Drafts,
    Junk,
    Sent,
    Trash,
}

impl SpecialUse {
    /// All of them with their attribute and their name in the database.
    pub const ALL: [(Self, &'static str, &'static str); 5] = [
        (Self::Archive, "\\Archive", "archive"),
        (Self::Drafts, "\\Drafts", "drafts"),
        (Self::Junk, "\\Junk", "junk"),
        (Self::Sent, "\\Sent", "sent"),
        (Self::Trash, "\\Trash", "trash"),
    ];

    /// The attribute as LIST prints it.
    pub fn attribute(self) -> &'static str {
        Self::ALL.iter().find(|(u, ..)| *u == self).map_or("", |(_, attribute, _)| attribute)
    }

    /// From an attribute, without regard to case.
    pub fn from_attribute(text: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, a, _)| a.eq_ignore_ascii_case(text)).map(|(u, ..)| *u)
    }

    pub(super) fn sql(self) -> &'static str {
        Self::ALL.iter().find(|(u, ..)| *u == self).map_or("", |(.., sql)| sql)
    }

    pub(super) fn from_sql(text: &str) -> Option<Self> {
        Self::ALL.iter().find(|(.., sql)| *sql == text).map(|(u, ..)| *u)
    }
}

/// A folder as its row has it.
#[derive(Clone, Debug)]
pub struct Folder {
    /// The same for ever, whatever the name.
    pub id: FolderId,
    /// Whose it is.
    pub mailbox: MailboxId,
    /// Its full name.
    pub name: FolderName,
    /// RFC 6154.
    pub special_use: Option<SpecialUse>,
    /// No: it was deleted while it had children; it holds nothing and cannot be selected.
    pub selectable: bool,
    /// RFC 9051 §2.3.1.1.
    pub uid_validity: u32,
    /// Whose `\Seen` it keeps.
    pub seen_by: SeenBy,
    /// What is in it.
    pub counters: Counters,
}

/// The numbers that STATUS and SELECT ask for, kept in the folder's row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counters {
    /// Messages.
    pub messages: u32,
    /// Messages without `\Seen`; where everybody has one of their own, of whoever asks.
    pub unseen: u32,
    /// Messages with `\Deleted`.
    pub deleted: u32,
    /// Octets of all messages.
    pub bytes: u64,
    /// The UID the next message gets.
    pub uid_next: Uid,
    /// RFC 7162 §3.1.2.1.
    pub highest_modseq: ModSeq,
    /// Messages that no session has been told of: RFC 3501 §2.3.2.
    pub recent: u32,
}

/// Whether a name is subscribed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Subscription {
    On,
    Off,
}

/// Folders as whoever ?1 is has seen them, or nobody in particular. What somebody has seen may be expunged, and not purged.
macro_rules! folders {
    ($which:literal) => {
        concat!(
            "SELECT f.*, (SELECT count(*) FROM state s WHERE s.folder_id = f.id AND s.uid >= f.recent_from) AS recent, \
                    iif(f.shared AND ?1 IS NOT NULL, f.messages \
                        - (SELECT count(*) FROM seen p WHERE p.folder_id = f.id AND p.staff_id = ?1 AND p.seen) \
                        + (SELECT count(*) FROM expunged x CROSS JOIN seen p \
                           ON p.folder_id = x.folder_id AND p.staff_id = ?1 AND p.uid = x.uid AND p.seen \
                           WHERE x.folder_id = f.id), \
                        f.unseen) AS own_unseen \
             FROM folder f ",
            $which
        )
    };
}

impl Store {
    /// All folders of a mailbox, by name.
    pub async fn folders(&self, mailbox: MailboxId) -> Result<Vec<Folder>, StoreError> {
        self.folders_of(&[mailbox]).await
    }

    /// All folders of some mailboxes, by name within each.
    pub async fn folders_of(&self, mailboxes: &[MailboxId]) -> Result<Vec<Folder>, StoreError> {
        let mut reader = self.db.read().await?;
        let rows =
            sqlx::query(folders!("WHERE mailbox_id IN (SELECT value FROM json_each(?2)) ORDER BY mailbox_id, name"))
                .bind(self.hand.staff())
                .bind(super::json::list(mailboxes.iter().map(|mailbox| mailbox.0)))
                .fetch_all(&mut *reader)
                .await
                .map_err(DbError::from)?;
        rows.iter().map(read_folder).collect()
    }

    /// Some folders, by id; those that are there.
    pub async fn folders_by_id(&self, ids: &[FolderId]) -> Result<Vec<Folder>, StoreError> {
        let mut reader = self.db.read().await?;
        let rows = sqlx::query(folders!("WHERE id IN (SELECT value FROM json_each(?2)) ORDER BY name"))
            .bind(self.hand.staff())
            .bind(super::json::list(ids.iter().map(|id| id.0)))
            .fetch_all(&mut *reader)
            .await
            .map_err(DbError::from)?;
        rows.iter().map(read_folder).collect()
    }

    /// One folder, by name.
    pub async fn folder(&self, mailbox: MailboxId, name: &FolderName) -> Result<Folder, StoreError> {
        let mut reader = self.db.read().await?;
        let row = sqlx::query(folders!("WHERE mailbox_id = ?2 AND name = ?3"))
            .bind(self.hand.staff())
            .bind(mailbox)
            .bind(name.as_str())
            .fetch_optional(&mut *reader)
            .await
            .map_err(DbError::from)?;
        read_folder(&row.ok_or(StoreError::NoSuchFolder)?)
    }

    /// Makes a folder and what is missing above it: RFC 9051 §6.3.4.
    pub async fn create_folder(
        &self,
        mailbox: MailboxId,
        name: FolderName,
        special_use: Option<SpecialUse>,
    ) -> Result<Folder, StoreError> {
        let (store, made) = (self.clone(), name.clone());
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    store.names_changed(tx, mailbox);
                    create(tx, mailbox, &made, special_use).await.map(drop)
                })
            })
            .await
            .map_err(|e: StoreError| e)?;
        self.folder(mailbox, &name).await
    }

    /// Renames a folder with all below it. INBOX stays: its messages move to the new folder (RFC 9051 §6.3.6).
    pub async fn rename_folder(&self, mailbox: MailboxId, from: FolderName, to: FolderName) -> Result<(), StoreError> {
        if from.is_inbox() {
            let inbox = self.folder(mailbox, &from).await?;
            let target = self.create_folder(mailbox, to, None).await?;
            let (from, to) = (inbox.id, target.id);
            self.db.write(move |tx| Box::pin(super::annotation::copy(tx, from, to))).await?;
            let all = super::UidRanges::new(vec![1..=u32::MAX]);
            return self.move_messages(inbox.id, all, Destination::of(target.id), Missing::PassOver).await.map(drop);
        }
        if to.is_below(&from) {
            return Err(StoreError::IntoItself);
        }
        let store = self.clone();
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let (id, _) = find(tx, mailbox, &from).await?.ok_or(StoreError::NoSuchFolder)?;
                    if to.is_inbox() || find(tx, mailbox, &to).await?.is_some() {
                        return Err(StoreError::AlreadyExists);
                    }
                    if let Some(parent) = to.parent() {
                        ensure(tx, mailbox, &parent).await?;
                    }
                    sqlx::query(
                        "UPDATE folder SET name = ?3 || substr(name, length(?2) + 1) \
                         WHERE id = ?4 OR (mailbox_id = ?1 AND substr(name, 1, length(?2) + 1) = ?2 || '/')",
                    )
                    .bind(mailbox)
                    .bind(from.as_str())
                    .bind(to.as_str())
                    .bind(id)
                    .execute(tx.connection())
                    .await
                    .map_err(DbError::from)?;
                    store.names_changed(tx, mailbox);
                    Ok(())
                })
            })
            .await
    }

    /// Deletes a folder with its messages; one with children stays as a name that cannot be selected.
    pub async fn delete_folder(&self, mailbox: MailboxId, name: FolderName) -> Result<(), StoreError> {
        if name.is_inbox() {
            return Err(StoreError::IsInbox);
        }
        let (store, now) = (self.clone(), self.clock.now().as_second());
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let (folder, selectable) = find(tx, mailbox, &name).await?.ok_or(StoreError::NoSuchFolder)?;
                    let children: bool = sqlx::query_scalar(
                        "SELECT EXISTS (SELECT 1 FROM folder \
                         WHERE mailbox_id = ?1 AND substr(name, 1, length(?2) + 1) = ?2 || '/')",
                    )
                    .bind(mailbox)
                    .bind(name.as_str())
                    .fetch_one(tx.connection())
                    .await
                    .map_err(DbError::from)?;
                    if children && !selectable {
                        return Err(StoreError::HasChildren);
                    }
                    discard(tx, folder, now).await?;
                    super::item::folder_left(tx, &store, folder).await?;
                    remember(tx, folder, now).await?;
                    sqlx::query("DELETE FROM folder WHERE id = ?")
                        .bind(folder)
                        .execute(tx.connection())
                        .await
                        .map_err(DbError::from)?;
                    if children {
                        keep_name(tx, mailbox, &name).await?;
                    }
                    store.names_changed(tx, mailbox);
                    tx.after_commit(move || store.hub.remove(folder));
                    Ok(())
                })
            })
            .await
    }

    /// The names a mailbox's clients subscribed to.
    pub async fn subscriptions(&self, mailbox: MailboxId) -> Result<Vec<FolderName>, StoreError> {
        let mut reader = self.db.read().await?;
        let names: Vec<String> = sqlx::query_scalar("SELECT name FROM subscription WHERE mailbox_id = ? ORDER BY name")
            .bind(mailbox)
            .fetch_all(&mut *reader)
            .await
            .map_err(DbError::from)?;
        Ok(names.into_iter().map(FolderName::kept).collect())
    }

    /// Subscribes to a name, or no longer.
    pub async fn subscribe(&self, mailbox: MailboxId, name: FolderName, to: Subscription) -> Result<(), StoreError> {
        let store = self.clone();
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    subscribe(tx, mailbox, &name, to).await?;
                    store.names_changed(tx, mailbox);
                    Ok(())
                })
            })
            .await
    }

    /// Folders of other mailboxes that a mailbox's clients do not subscribe to.
    pub async fn hidden(&self, mailbox: MailboxId) -> Result<Vec<FolderId>, StoreError> {
        let mut reader = self.db.read().await?;
        let folders = sqlx::query_scalar("SELECT folder_id FROM hidden WHERE mailbox_id = ?").bind(mailbox);
        Ok(folders.fetch_all(&mut *reader).await.map_err(DbError::from)?)
    }

    /// Subscribes to a folder of another mailbox, or no longer: whoever may see one does, unless they say otherwise.
    pub async fn hide(&self, mailbox: MailboxId, folder: FolderId, to: Subscription) -> Result<(), StoreError> {
        let statement = match to {
            Subscription::On => "DELETE FROM hidden WHERE mailbox_id = ?1 AND folder_id = ?2",
            Subscription::Off => "INSERT INTO hidden (mailbox_id, folder_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
        };
        let store = self.clone();
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let changed = sqlx::query(statement).bind(mailbox).bind(folder).execute(tx.connection()).await;
                    changed.map_err(DbError::from)?;
                    store.names_changed(tx, mailbox);
                    Ok(())
                })
            })
            .await
    }

    /// Takes what is recent for the session that asks: messages from this UID on have been told to nobody else.
    pub async fn claim_recent(&self, folder: FolderId) -> Result<Uid, StoreError> {
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let from: Option<u32> = sqlx::query_scalar("SELECT recent_from FROM folder WHERE id = ?")
                        .bind(folder)
                        .fetch_optional(tx.connection())
                        .await
                        .map_err(DbError::from)?;
                    sqlx::query("UPDATE folder SET recent_from = uid_next WHERE id = ?")
                        .bind(folder)
                        .execute(tx.connection())
                        .await
                        .map_err(DbError::from)?;
                    from.map(Uid).ok_or(StoreError::NoSuchFolder)
                })
            })
            .await
    }
}

async fn create(
    tx: &mut Tx,
    mailbox: MailboxId,
    name: &FolderName,
    special_use: Option<SpecialUse>,
) -> Result<FolderId, StoreError> {
    let id = found_or_made(tx, mailbox, name).await?;
    if special_use.is_some() {
        set_use(tx, id, special_use).await?;
    }
    Ok(id)
}

async fn found_or_made(tx: &mut Tx, mailbox: MailboxId, name: &FolderName) -> Result<FolderId, StoreError> {
    if let Some((id, selectable)) = find(tx, mailbox, name).await? {
        if selectable {
            return Err(StoreError::AlreadyExists);
        }
        revive(tx, id).await?;
        return Ok(id);
    }
    if let Some(parent) = name.parent() {
        ensure(tx, mailbox, &parent).await?;
    }
    insert(tx, mailbox, name).await
}

/// The folder of this name, made and subscribed to if it is missing.
///
/// # Errors
/// [`StoreError::TooManyFolders`] where it is missing and the mailbox may have no more.
pub async fn folder_in(
    tx: &mut Tx,
    store: &Store,
    mailbox: MailboxId,
    name: &FolderName,
) -> Result<FolderId, StoreError> {
    store.names_changed(tx, mailbox);
    obtain(tx, mailbox, name, None).await
}

/// The folder of this name, made and subscribed to if it is missing: one that only held others becomes a folder again.
/// The use is its own where no other folder of the mailbox has it.
pub(super) async fn obtain(
    tx: &mut Tx,
    mailbox: MailboxId,
    name: &FolderName,
    special_use: Option<SpecialUse>,
) -> Result<FolderId, StoreError> {
    if let Some((id, true)) = find(tx, mailbox, name).await? {
        return Ok(id);
    }
    let other = of_use(tx, mailbox, special_use).await?;
    let made = create(tx, mailbox, name, special_use.filter(|_| other.is_none())).await?;
    subscribe(tx, mailbox, name, Subscription::On).await?;
    Ok(made)
}

/// The folder that is for this use.
pub(super) async fn of_use(
    tx: &mut Tx,
    mailbox: MailboxId,
    special_use: Option<SpecialUse>,
) -> Result<Option<FolderId>, StoreError> {
    let Some(special_use) = special_use else { return Ok(None) };
    Ok(sqlx::query_scalar("SELECT id FROM folder WHERE mailbox_id = ? AND special_use = ? AND selectable LIMIT 1")
        .bind(mailbox)
        .bind(special_use.sql())
        .fetch_optional(tx.connection())
        .await
        .map_err(DbError::from)?)
}

async fn subscribe(tx: &mut Tx, mailbox: MailboxId, name: &FolderName, to: Subscription) -> Result<(), StoreError> {
    let statement = match to {
        Subscription::On => {
            "INSERT INTO subscription SELECT ?1, ?2 \
             WHERE (SELECT count(*) FROM subscription WHERE mailbox_id = ?1) < ?3 ON CONFLICT DO NOTHING"
        }
        Subscription::Off => "DELETE FROM subscription WHERE mailbox_id = ?1 AND name = ?2",
    };
    sqlx::query(statement)
        .bind(mailbox)
        .bind(name.as_str())
        .bind(limits::FOLDERS_PER_MAILBOX_MAX)
        .execute(tx.connection())
        .await
        .map_err(DbError::from)?;
    Ok(())
}

/// Makes the folder and those above it unless they are there.
pub(super) async fn ensure(tx: &mut Tx, mailbox: MailboxId, name: &FolderName) -> Result<(), StoreError> {
    let mut missing = Vec::new();
    let mut next = Some(name.clone());
    while let Some(name) = next {
        if find(tx, mailbox, &name).await?.is_some() {
            break;
        }
        next = name.parent();
        missing.push(name);
    }
    for name in missing.iter().rev() {
        insert(tx, mailbox, name).await?;
    }
    Ok(())
}

async fn insert(tx: &mut Tx, mailbox: MailboxId, name: &FolderName) -> Result<FolderId, StoreError> {
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM folder WHERE mailbox_id = ?")
        .bind(mailbox)
        .fetch_one(tx.connection())
        .await
        .map_err(DbError::from)?;
    if count >= limits::FOLDERS_PER_MAILBOX_MAX {
        return Err(StoreError::TooManyFolders);
    }
    let validity = super::initial::uid_validities(tx, 1).await?;
    // A mailbox that was removed in this moment gets none any more.
    let id = sqlx::query_scalar(
        "INSERT INTO folder (mailbox_id, name, uid_validity) \
         SELECT id, ?2, ?3 FROM mailbox WHERE id = ?1 AND state <> 'removed' RETURNING id",
    )
    .bind(mailbox)
    .bind(name.as_str())
    .bind(validity)
    .fetch_optional(tx.connection())
    .await
    .map_err(DbError::from)?;
    id.ok_or(StoreError::NoSuchFolder)
}

/// The name of a deleted folder stays for its children. Another folder, should one be made of it: with another id (RFC
/// 8474 §4) and UIDs from 1.
async fn keep_name(tx: &mut Tx, mailbox: MailboxId, name: &FolderName) -> Result<(), StoreError> {
    let kept = insert(tx, mailbox, name).await?;
    sqlx::query("UPDATE folder SET selectable = 0 WHERE id = ?")
        .bind(kept)
        .execute(tx.connection())
        .await
        .map_err(DbError::from)?;
    Ok(())
}

/// A name that was kept for its children becomes a folder again.
async fn revive(tx: &mut Tx, folder: FolderId) -> Result<(), StoreError> {
    sqlx::query("UPDATE folder SET selectable = 1 WHERE id = ?")
        .bind(folder)
        .execute(tx.connection())
        .await
        .map_err(DbError::from)?;
    Ok(())
}

/// Gives a folder a use, or takes it away. Clients look for one folder of a kind in a mailbox.
pub(super) async fn set_use(tx: &mut Tx, folder: FolderId, special_use: Option<SpecialUse>) -> Result<(), StoreError> {
    let set = sqlx::query(
        "UPDATE folder SET special_use = ?2 WHERE id = ?1 AND (?2 IS NULL OR selectable AND NOT EXISTS \
             (SELECT 1 FROM folder o WHERE o.mailbox_id = folder.mailbox_id AND o.id <> ?1 AND o.special_use = ?2))",
    )
    .bind(folder)
    .bind(special_use.map(SpecialUse::sql))
    .execute(tx.connection())
    .await
    .map_err(DbError::from)?;
    if set.rows_affected() == 0 { Err(StoreError::UseTaken) } else { Ok(()) }
}

/// Ends the messages of a folder that is deleted: they can no longer be found, and are purged after the grace period.
async fn discard(tx: &mut Tx, folder: FolderId, now: i64) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO expunged (folder_id, uid, modseq, at, flags) \
         SELECT folder_id, uid, modseq, ?2, flags FROM state WHERE folder_id = ?1",
    )
    .bind(folder)
    .bind(now)
    .execute(tx.connection())
    .await
    .map_err(DbError::from)?;
    sqlx::query("DELETE FROM state WHERE folder_id = ?")
        .bind(folder)
        .execute(tx.connection())
        .await
        .map_err(DbError::from)?;
    Ok(())
}

/// Keeps what a folder was, for messages of it that are brought back.
async fn remember(tx: &mut Tx, folder: FolderId, now: i64) -> Result<(), StoreError> {
    let keywords = super::read_keywords(tx.connection(), folder).await?;
    let names: Vec<&str> = keywords.names().iter().map(|name| &**name).collect();
    sqlx::query(
        "INSERT INTO deleted_folder (id, mailbox_id, name, special_use, keywords, at) \
         SELECT id, mailbox_id, name, special_use, ?2, ?3 FROM folder \
         WHERE id = ?1 AND EXISTS (SELECT 1 FROM expunged WHERE folder_id = ?1)",
    )
    .bind(folder)
    .bind(names.join(" "))
    .bind(now)
    .execute(tx.connection())
    .await
    .map_err(DbError::from)?;
    Ok(())
}

async fn find(tx: &mut Tx, mailbox: MailboxId, name: &FolderName) -> Result<Option<(FolderId, bool)>, StoreError> {
    Ok(sqlx::query_as("SELECT id, selectable FROM folder WHERE mailbox_id = ? AND name = ?")
        .bind(mailbox)
        .bind(name.as_str())
        .fetch_optional(tx.connection())
        .await
        .map_err(DbError::from)?)
}

fn read_folder(row: &SqliteRow) -> Result<Folder, StoreError> {
    let read = || -> Result<Folder, sqlx::Error> {
        Ok(Folder {
            id: row.try_get("id")?,
            mailbox: row.try_get("mailbox_id")?,
            name: FolderName::kept(row.try_get("name")?),
            special_use: row.try_get::<Option<&str>, _>("special_use")?.and_then(SpecialUse::from_sql),
            selectable: row.try_get("selectable")?,
            uid_validity: row.try_get("uid_validity")?,
            seen_by: if row.try_get("shared")? { SeenBy::Each } else { SeenBy::All },
            counters: Counters {
                messages: row.try_get("messages")?,
                unseen: row.try_get("own_unseen")?,
                deleted: row.try_get("deleted")?,
                bytes: row.try_get::<i64, _>("bytes")?.unsigned_abs(),
                uid_next: Uid(row.try_get("uid_next")?),
                highest_modseq: ModSeq(row.try_get::<i64, _>("highest_modseq")?.unsigned_abs()),
                recent: row.try_get("recent")?,
            },
        })
    };
    read().map_err(|e| DbError::from(e).into())
}
