//! Folders and messages: what IMAP shows and delivery fills.
//!
//! Every write is one operation of the shared commit ([`crate::db`]); what it changed reaches the sessions on the folder
//! only after the commit (invariant I3), through the folder's [`Index`].

mod annotation;
mod append;
mod change;
mod check;
mod contents;
mod copy;
mod expunge;
mod flags;
mod folder;
mod import;
mod inboxes;
mod index;
mod initial;
mod item;
mod json;
mod listen;
mod manifest;
mod name;
mod object;
mod preview;
mod purge;
mod ranges;
mod read;
mod replace;
mod restore;
mod saved;
mod search;
mod seen;
mod tally;
#[cfg(test)]
mod tests;
mod thread;
mod trace;
mod vanished;
mod watch;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

pub use annotation::{Annotation, Note};
use sqlx::sqlite::SqliteConnection;

pub use append::{Append, Appended, Prepared, append_each, append_in, keep_body};
pub use change::{Changed, FlagChange};
pub use check::{Violation, check};
pub use contents::{Volume, discard_mailbox, move_contents, volume};
pub use copy::{Copied, Destination, Missing, Saved};
pub use expunge::Removed;
pub use flags::{FlagNames, Flags, Keywords};
pub use folder::{Counters, Folder, SpecialUse, Subscription, folder_in};
pub use import::{Arriving, Came, copies, digests, import_in};
pub use index::{Entry, Index};
pub use initial::{create_default_folders, create_default_folders_of, inbox_in};
pub use item::{Hand, How, Item, Items, Standing, answer_items, assign_item, close_item, items, remind, undone_items};
pub use listen::{Happened, Heard, Listener, Names};
pub use manifest::{Manifest, Sum, manifest};
pub use name::{FolderName, FolderNameError};
pub use object::{EmailId, Kept, ThreadId};
pub use purge::release_bodies;
pub use ranges::UidRanges;
pub use read::{Derived, Texts};
use restore::Fate;
pub use restore::{Lost, LostId, LostIdError, Which, restore_in};
pub use saved::SavedMessage;
pub use search::{Indexed, Look, Question};
pub use seen::SeenBy;
pub use tally::{Tally, octets, tally};
pub use trace::{Deed, Trace, traces};
pub use watch::Watch;

use tokio::sync::Notify;

use crate::clock::Clock;
use crate::db::{Db, DbError, Tx};
use crate::id::{BodyId, FolderId, MailboxId, ModSeq};
use inboxes::Inboxes;
use index::Change;
use listen::Posts;
use watch::Hub;

/// Pieces that one body may have: with pieces of 256 KiB far more than any message that is accepted.
const PIECES_PER_BODY: i64 = 4096;

/// The store of all messages. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    db: Db,
    clock: Clock,
    hub: Arc<Hub>,
    posts: Arc<Posts>,
    last_body: Arc<AtomicI64>,
    inboxes: Arc<Inboxes>,
    arrivals: Arc<Notify>,
    /// Whose doing it is, what is done by this handle, and who has seen what it shows.
    hand: Hand,
}

/// Why the store did not do what was asked. Nothing of the request was kept.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No folder of this name or id, or it cannot be selected.
    #[error("there is no such folder")]
    NoSuchFolder,
    /// The name is taken.
    #[error("there is a folder of this name already")]
    AlreadyExists,
    /// INBOX cannot be deleted (RFC 9051 §6.3.5).
    #[error("INBOX cannot be deleted")]
    IsInbox,
    /// A folder cannot be moved below itself.
    #[error("a folder cannot be moved into itself")]
    IntoItself,
    /// A name that stands for children only goes when they have gone (RFC 9051 §6.3.5).
    #[error("the folder holds other folders")]
    HasChildren,
    /// The name stands for children only.
    #[error("the folder only holds other folders")]
    NotSelectable,
    /// A message that was to be copied was expunged by somebody else.
    #[error("a message was expunged meanwhile")]
    MessageGone,
    /// The mailbox may not hold more octets.
    #[error("the mailbox is full")]
    OverQuota,
    /// The folder has as many keywords as it may.
    #[error("the folder has {} keywords and may have no more", crate::limits::KEYWORDS_PER_FOLDER_MAX)]
    TooManyKeywords,
    /// The mailbox has as many folders as it may.
    #[error("the mailbox has {} folders and may have no more", crate::limits::FOLDERS_PER_MAILBOX_MAX)]
    TooManyFolders,
    /// Another folder of the mailbox has the use already: clients look for one of a kind (RFC 6154 §3).
    #[error("another folder has this use")]
    UseTaken,
    /// An annotation says more than one may.
    #[error("an annotation has at most {} octets", crate::limits::ANNOTATION_BYTES_MAX)]
    AnnotationTooLong,
    /// The folder, or the person, has as many annotations as they may.
    #[error("there are {} annotations and may be no more", crate::limits::ANNOTATIONS_MAX)]
    TooManyAnnotations,
    /// A folder would get a name that none can have.
    #[error(transparent)]
    Name(#[from] FolderNameError),
    /// All UIDs were given: RFC 9051 §2.3.1.1 allows no more messages here.
    #[error("the folder has no numbers left")]
    FolderFull,
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl Store {
    /// The store over an open database.
    pub async fn open(db: Db, clock: Clock) -> Result<Self, StoreError> {
        let mut reader = db.read().await?;
        let last: i64 = sqlx::query_scalar("SELECT max(id, (SELECT coalesce(max(id), 0) FROM body)) FROM last_body")
            .fetch_one(&mut *reader)
            .await
            .map_err(DbError::from)?;
        drop(reader);
        Ok(Self {
            db,
            clock,
            hub: Arc::default(),
            posts: Arc::default(),
            last_body: Arc::new(AtomicI64::new(last)),
            inboxes: Arc::default(),
            arrivals: Arc::default(),
            hand: Hand::default(),
        })
    }

    /// A folder's index, shared by all that watch it; read from the database if nobody does yet.
    pub async fn watch(&self, folder: FolderId) -> Result<Watch, StoreError> {
        self.hub.watch((folder, None), self.read_index(folder, None)).await
    }

    /// The same with what whoever has this handle has seen, where everybody has a `\Seen` of their own.
    pub async fn watch_own(&self, folder: &Folder) -> Result<Watch, StoreError> {
        let eyes = match folder.seen_by {
            SeenBy::Each => self.hand.staff(),
            SeenBy::All => None,
        };
        self.hub.watch((folder.id, eyes), self.read_index(folder.id, eyes)).await
    }

    /// The folder that a mailbox's mail arrives in.
    pub async fn inbox(&self, mailbox: MailboxId) -> Result<FolderId, StoreError> {
        let seen = match self.inboxes.get(mailbox) {
            Ok(folder) => return Ok(folder),
            Err(unknown) => unknown,
        };
        let folder = self.folder(mailbox, &FolderName::inbox()).await?.id;
        self.inboxes.learn(seen, mailbox, folder);
        Ok(folder)
    }

    /// The folder of a mailbox that has a use; none where its people removed it.
    pub async fn folder_for(&self, mailbox: MailboxId, special: SpecialUse) -> Result<Option<FolderId>, StoreError> {
        let mut reader = self.db.read().await?;
        let folder = sqlx::query_scalar("SELECT id FROM folder WHERE mailbox_id = ? AND special_use = ?")
            .bind(mailbox)
            .bind(special.sql())
            .fetch_optional(&mut *reader)
            .await
            .map_err(DbError::from)?;
        Ok(folder)
    }

    /// The octets of all messages of a mailbox.
    pub async fn usage(&self, mailbox: MailboxId) -> Result<u64, StoreError> {
        Ok(self.volume(mailbox).await?.bytes)
    }

    /// How much a mailbox holds.
    pub async fn volume(&self, mailbox: MailboxId) -> Result<Volume, StoreError> {
        let mut reader = self.db.read().await?;
        Ok(volume(&mut reader, mailbox).await?)
    }

    /// Ids are given here, not by SQLite: a batch knows them before it is written.
    fn next_body(&self) -> BodyId {
        BodyId(self.last_body.fetch_add(1, Ordering::Relaxed) + 1)
    }

    fn publish(&self, tx: &mut Tx, folder: FolderId, modseq: ModSeq, changes: Vec<Change>) {
        let (hub, posts) = (self.hub.clone(), self.posts.clone());
        let changes: Arc<[Change]> = changes.into();
        tx.after_commit(move || {
            hub.publish(folder, modseq, &changes);
            posts.folder(folder, &changes);
        });
    }
}

/// The first of the piece numbers that belong to a body.
fn first_piece(body: BodyId) -> i64 {
    body.0 * PIECES_PER_BODY
}

/// Keeps a folder's keywords; bits that were given stay.
async fn write_keywords(tx: &mut Tx, folder: FolderId, keywords: &Keywords) -> Result<(), DbError> {
    let names: Vec<&str> = keywords.names().iter().map(|n| &**n).collect();
    sqlx::query("INSERT INTO keyword SELECT ?1, key, value FROM json_each(?2) WHERE true ON CONFLICT DO NOTHING")
        .bind(folder)
        .bind(serde_json::json!(names).to_string())
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// A folder's keywords in the order of their bits.
async fn read_keywords(connection: &mut SqliteConnection, folder: FolderId) -> Result<Keywords, DbError> {
    let names: Option<String> = sqlx::query_scalar(
        "SELECT group_concat(name, ' ') FROM (SELECT name FROM keyword WHERE folder_id = ? ORDER BY bit)",
    )
    .bind(folder)
    .fetch_one(connection)
    .await?;
    Ok(Keywords::kept(&names.unwrap_or_default()))
}

/// What a change adds to the numbers in a folder's row.
#[derive(Default)]
struct Count {
    /// The folder's new highest mod-sequence.
    modseq: i64,
    messages: i64,
    unseen: i64,
    deleted: i64,
    bytes: i64,
}

async fn count(tx: &mut Tx, folder: FolderId, count: Count) -> Result<(), DbError> {
    sqlx::query(
        "UPDATE folder SET highest_modseq = ?2, messages = messages + ?3, unseen = unseen + ?4, \
         deleted = deleted + ?5, bytes = bytes + ?6 WHERE id = ?1",
    )
    .bind(folder)
    .bind(count.modseq)
    .bind(count.messages)
    .bind(count.unseen)
    .bind(count.deleted)
    .bind(count.bytes)
    .execute(tx.connection())
    .await?;
    Ok(())
}
