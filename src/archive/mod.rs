//! A mailbox as files that any mail program reads: what is kept of it when its grace is over, and what its holder takes
//! along (R15, R18).
//!
//! The archive is a Maildir++ directory, its messages exactly as IMAP shows them, and beside it a manifest that says what
//! must be in it. Both are made under names that end in `.part`, synced, and renamed: an archive that has its name is
//! whole. An attempt that was broken off is repeated from its beginning.

mod maildir;

use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{MailboxId, Uid};
use crate::limits;
use crate::store::{Entry, Folder, Index, Store, StoreError};
use maildir::{Label, Writing};

/// What is in an archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Whose mail it is.
    pub mailbox: MailboxId,
    /// When it was written.
    pub written: Timestamp,
    /// Messages of all folders.
    pub messages: u64,
    /// Their octets.
    pub bytes: u64,
    /// Each folder, by name.
    pub folders: Vec<Archived>,
}

/// A folder in an archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Archived {
    /// Its name in the mailbox, levels separated by `/`.
    pub folder: String,
    /// Its directory within the archive; empty for INBOX, which is the archive itself.
    pub directory: String,
    /// Messages.
    pub messages: u64,
    /// Their octets.
    pub bytes: u64,
    /// SHA-256 of all its messages one after another, as `cat cur/*` gives them.
    pub sha256: String,
    /// Keywords in the order of their letters in file names, `a` the first.
    pub keywords: Vec<String>,
}

/// Why there is no archive. What was written of it is no obstacle to another attempt.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The name belongs to something else, which is left as it is.
    #[error("{0} is there already, and is no archive of this mailbox")]
    Taken(PathBuf),
    /// A message was expunged, and purged, while its folder was being written.
    #[error("message {uid:?} of {folder:?} went away while it was being archived")]
    Vanished {
        /// The folder's name.
        folder: String,
        /// The message.
        uid: Uid,
    },
    /// The store could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file could not be written.
    #[error("{file}: {error}")]
    File {
        /// The archive, or its manifest.
        file: PathBuf,
        /// The system's reason.
        error: io::Error,
    },
}

/// The manifest's place beside an archive.
pub fn manifest_path(archive: &Path) -> PathBuf {
    maildir::beside(archive, ".manifest.json")
}

/// Writes a mailbox to a directory that does not exist yet, or that is an older archive of the same mailbox; in memory is
/// a megabyte of messages at a time and the index of one folder. Returns when everything is on the disk.
///
/// What changes in the mailbox meanwhile may or may not be in it, message by message: whoever removes the mailbox
/// afterwards closes it before.
pub async fn write(store: &Store, mailbox: MailboxId, to: &Path, now: Timestamp) -> Result<Manifest, ArchiveError> {
    let archive = Archive { store, part: maildir::beside(to, ".part") };
    let (path, part) = (to.to_owned(), archive.part.clone());
    let cleared = move || if replaceable(&path, mailbox) { maildir::clear(&part).map(|()| true) } else { Ok(false) };
    if !blocking(to, cleared).await? {
        return Err(ArchiveError::Taken(to.to_owned()));
    }
    let mut manifest = Manifest { mailbox, written: now, messages: 0, bytes: 0, folders: Vec::new() };
    for folder in store.folders(mailbox).await?.into_iter().filter(|folder| folder.selectable) {
        let archived = archive.folder(&folder).await?;
        manifest.messages += archived.messages;
        manifest.bytes += archived.bytes;
        manifest.folders.push(archived);
    }
    let text = serde_json::to_vec_pretty(&manifest).map_err(|error| file(to, error.into()))?;
    let (path, part) = (to.to_owned(), archive.part);
    blocking(to, move || {
        maildir::put(&manifest_path(&path), &text)?;
        maildir::publish(&part, &path)
    })
    .await?;
    Ok(manifest)
}

/// Whether nothing is lost by writing there.
fn replaceable(path: &Path, mailbox: MailboxId) -> bool {
    let manifest = || serde_json::from_slice::<Manifest>(&std::fs::read(manifest_path(path)).ok()?).ok();
    !path.exists() || manifest().is_some_and(|manifest| manifest.mailbox == mailbox)
}

/// An archive being written.
struct Archive<'a> {
    store: &'a Store,
    part: PathBuf,
}

impl Archive<'_> {
    async fn folder(&self, folder: &Folder) -> Result<Archived, ArchiveError> {
        let watch = self.store.watch(folder.id).await?;
        let index = watch.index();
        let keywords: Vec<String> = index.keywords().names().iter().map(ToString::to_string).collect();
        let directory = maildir::directory(folder.id, &folder.name);
        let (part, named, letters) = (self.part.clone(), directory.clone(), keywords.clone());
        let mut writing = blocking(&self.part, move || Writing::begin(&part, &named, &letters)).await?;
        let mut batch = Batch::default();
        for (_, entry) in index.iter() {
            if batch.is_full_with(entry) {
                writing = self.batch(writing, folder, &index, std::mem::take(&mut batch)).await?;
            }
            if u64::from(entry.size) > limits::BATCH_BYTES_MAX as u64 {
                writing = self.large(writing, folder, &index, entry).await?;
            } else {
                batch.push(*entry);
            }
        }
        writing = self.batch(writing, folder, &index, batch).await?;
        let (messages, bytes) = (writing.messages, writing.bytes);
        let sha256 = blocking(&self.part, move || writing.finish()).await?;
        Ok(Archived { folder: folder.name.to_string(), directory, messages, bytes, sha256, keywords })
    }

    /// Messages that are read together.
    async fn batch(
        &self,
        mut writing: Writing,
        folder: &Folder,
        index: &Index,
        batch: Batch,
    ) -> Result<Writing, ArchiveError> {
        if batch.entries.is_empty() {
            return Ok(writing);
        }
        let asked: Vec<_> = batch.entries.iter().map(|entry| (entry.uid, entry.body)).collect();
        let texts = self.store.messages(folder.id, &asked).await?;
        for (entry, text) in batch.entries.iter().zip(texts.iter()) {
            whole(folder, entry, text.len() as u64)?;
        }
        let labels: Vec<_> = batch.entries.iter().map(|entry| label(folder, index, entry)).collect();
        blocking(&self.part, move || {
            for (label, text) in labels.iter().zip(texts.iter()) {
                let mut message = writing.message(label)?;
                writing.write(&mut message, text)?;
                writing.end(&message)?;
            }
            Ok(writing)
        })
        .await
    }

    /// A message that is read piece by piece.
    async fn large(
        &self,
        writing: Writing,
        folder: &Folder,
        index: &Index,
        entry: &Entry,
    ) -> Result<Writing, ArchiveError> {
        let label = label(folder, index, entry);
        let (before, size) = (writing.bytes, u64::from(entry.size));
        let (mut writing, mut message) = blocking(&self.part, move || {
            let message = writing.message(&label)?;
            Ok((writing, message))
        })
        .await?;
        let mut at = 0;
        while at < size {
            let next = size.min(at + limits::BATCH_BYTES_MAX as u64);
            let piece = self.store.range(folder.id, (entry.uid, entry.body), at..next).await?;
            (writing, message) = blocking(&self.part, move || {
                writing.write(&mut message, &piece)?;
                Ok((writing, message))
            })
            .await?;
            at = next;
        }
        whole(folder, entry, writing.bytes - before)?;
        blocking(&self.part, move || {
            writing.end(&message)?;
            Ok(writing)
        })
        .await
    }
}

/// Messages whose octets together are few.
#[derive(Default)]
struct Batch {
    entries: Vec<Entry>,
    bytes: u64,
}

impl Batch {
    /// Whether it is to be written before this message: a large one is written alone, in its turn.
    fn is_full_with(&self, next: &Entry) -> bool {
        self.bytes + u64::from(next.size) > limits::BATCH_BYTES_MAX as u64
            || self.entries.len() >= limits::BATCH_MESSAGES_MAX
    }

    fn push(&mut self, entry: Entry) {
        self.bytes += u64::from(entry.size);
        self.entries.push(entry);
    }
}

fn whole(folder: &Folder, entry: &Entry, bytes: u64) -> Result<(), ArchiveError> {
    if bytes == u64::from(entry.size) {
        return Ok(());
    }
    Err(ArchiveError::Vanished { folder: folder.name.to_string(), uid: entry.uid })
}

fn label(folder: &Folder, index: &Index, entry: &Entry) -> Label {
    let names = index.keywords().names();
    let has = |name: &str| names.iter().position(|known| **known == *name);
    Label {
        uid: entry.uid,
        uid_validity: folder.uid_validity,
        flags: entry.flags,
        keywords: index.keywords().of(entry.flags).filter_map(has).collect(),
        date: entry.date,
    }
}

fn file(path: &Path, error: io::Error) -> ArchiveError {
    ArchiveError::File { file: path.to_owned(), error }
}

/// Files are written where nothing else waits for it.
async fn blocking<T: Send + 'static>(
    path: &Path,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, ArchiveError> {
    let done = tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(io::Error::other(error)));
    done.map_err(|error| file(path, error))
}
