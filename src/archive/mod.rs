//! A mailbox as files that any mail program reads: what is kept of it when its grace is over, what its holder takes
//! along, and what somebody brings (R15, R18).
//!
//! The archive is a Maildir++ directory, its messages exactly as IMAP shows them, or a directory of mbox files; beside it
//! is a manifest that says what must be in it. Both are made under names that end in `.part`, synced, and renamed: an archive that has its name is
//! whole. An attempt that was broken off is repeated from its beginning.

mod contents;
pub mod found;
mod from_maildir;
mod from_mbox;
mod maildir;
mod mbox;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{MailboxId, Uid};
use crate::limits;
use crate::store::{Entry, Flags, FolderName, Store};
pub use contents::{Contents, Listing, Own, Shelf};
use maildir::Label;

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
    /// Its directory within the archive; empty for the INBOX of a Maildir, which is the archive itself. Of mbox files, the
    /// file.
    pub directory: String,
    /// What it is for, as RFC 6154 §2 names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub special_use: Option<String>,
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
    /// The mailbox could not be read.
    #[error("{0}")]
    Contents(String),
    /// There is no folder of this name.
    #[error("there is no folder {0}")]
    NoSuchFolder(FolderName),
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

/// How messages lie in files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A file for each message.
    Maildir,
    /// A file for each folder.
    Mbox,
}

/// What is to be written, and where.
pub struct Job<'a> {
    /// Whose mail it is.
    pub mailbox: MailboxId,
    /// In which form.
    pub format: Format,
    /// Only this folder.
    pub folder: Option<&'a FolderName>,
    /// A directory that does not exist yet, or that is an older archive of the same mailbox.
    pub to: &'a Path,
    /// What the manifest says of the time.
    pub now: Timestamp,
    /// Told how many messages and octets are written, batch by batch.
    pub progress: &'a (dyn Fn(u64, u64) + Send + Sync),
}

/// Writes a mailbox of the store as a Maildir: see [`export`].
pub async fn write(store: &Store, mailbox: MailboxId, to: &Path, now: Timestamp) -> Result<Manifest, ArchiveError> {
    let contents = Own { store, mailbox };
    let job = Job { mailbox, format: Format::Maildir, folder: None, to, now, progress: &|_, _| () };
    export(&contents, job).await
}

/// Writes a mailbox; in memory is a megabyte of messages at a time and the index of one folder. Returns when everything is
/// on the disk.
///
/// What changes in the mailbox meanwhile may or may not be in it, message by message: whoever removes the mailbox
/// afterwards closes it before.
pub async fn export(contents: &impl Contents, job: Job<'_>) -> Result<Manifest, ArchiveError> {
    let Job { mailbox, format, folder: only, to, now, progress } = job;
    let archive = Archive { contents, part: maildir::beside(to, ".part"), format, progress };
    let (path, part) = (to.to_owned(), archive.part.clone());
    let cleared = move || if is_free(&path, mailbox) { maildir::clear(&part).map(|()| true) } else { Ok(false) };
    if !blocking(to, cleared).await? {
        return Err(ArchiveError::Taken(to.to_owned()));
    }
    let mut shelves = contents.folders().await?;
    if let Some(only) = only {
        shelves.retain(|which| which.name == *only);
        if shelves.is_empty() {
            return Err(ArchiveError::NoSuchFolder(only.clone()));
        }
    }
    let mut manifest = Manifest { mailbox, written: now, messages: 0, bytes: 0, folders: Vec::new() };
    for which in shelves {
        let archived = archive.folder(&which).await?;
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

/// Whether nothing is lost by writing an archive of this mailbox there.
pub fn is_free(path: &Path, mailbox: MailboxId) -> bool {
    let manifest = || serde_json::from_slice::<Manifest>(&std::fs::read(manifest_path(path)).ok()?).ok();
    !path.exists() || manifest().is_some_and(|manifest| manifest.mailbox == mailbox)
}

/// An archive being written.
struct Archive<'a, C> {
    contents: &'a C,
    part: PathBuf,
    format: Format,
    progress: &'a (dyn Fn(u64, u64) + Send + Sync),
}

/// A folder being written.
enum Writing {
    Maildir(maildir::Writing),
    Mbox(mbox::Writing),
}

/// A message being written.
enum Message {
    Maildir(maildir::Message),
    Mbox(mbox::Message),
}

impl Writing {
    fn message(&mut self, label: &Label, keywords: &[String]) -> io::Result<Message> {
        Ok(match self {
            Self::Maildir(writing) => Message::Maildir(writing.message(label)?),
            Self::Mbox(writing) => Message::Mbox(writing.message(label, keywords)?),
        })
    }

    fn write(&mut self, message: &mut Message, bytes: &[u8]) -> io::Result<()> {
        match (self, message) {
            (Self::Maildir(writing), Message::Maildir(message)) => writing.write(message, bytes),
            (Self::Mbox(writing), Message::Mbox(message)) => writing.write(message, bytes),
            _ => Err(io::Error::other("a message of another format")),
        }
    }

    fn end(&mut self, message: Message) -> io::Result<()> {
        match (self, message) {
            (Self::Maildir(writing), Message::Maildir(message)) => writing.end(&message),
            (Self::Mbox(writing), Message::Mbox(message)) => writing.end(message),
            _ => Err(io::Error::other("a message of another format")),
        }
    }

    fn written(&self) -> (u64, u64) {
        match self {
            Self::Maildir(writing) => (writing.messages, writing.bytes),
            Self::Mbox(writing) => (writing.messages, writing.bytes),
        }
    }

    fn finish(self) -> io::Result<String> {
        match self {
            Self::Maildir(writing) => writing.finish(),
            Self::Mbox(writing) => writing.finish(),
        }
    }
}

impl<C: Contents> Archive<'_, C> {
    async fn folder(&self, which: &Shelf) -> Result<Archived, ArchiveError> {
        let listing = self.contents.index(which).await?;
        let keywords = listing.keywords.clone();
        let directory = match self.format {
            Format::Maildir => maildir::directory(which.id, &which.name),
            Format::Mbox => mbox::file_name(which.id, &which.name),
        };
        let (part, named, letters, format) = (self.part.clone(), directory.clone(), keywords.clone(), self.format);
        let mut writing = blocking(&self.part, move || {
            Ok(match format {
                Format::Maildir => Writing::Maildir(maildir::Writing::begin(&part, &named, &letters)?),
                Format::Mbox => Writing::Mbox(mbox::Writing::begin(&part.join(&named))?),
            })
        })
        .await?;
        let mut batch = Batch::default();
        for entry in &listing.entries {
            if batch.is_full_with(entry) {
                writing = self.batch(writing, which, &listing, std::mem::take(&mut batch)).await?;
            }
            if u64::from(entry.size) > limits::BATCH_BYTES_MAX as u64 {
                writing = self.large(writing, which, &listing, entry).await?;
            } else {
                batch.push(*entry);
            }
        }
        writing = self.batch(writing, which, &listing, batch).await?;
        let (messages, bytes) = writing.written();
        let sha256 = blocking(&self.part, move || writing.finish()).await?;
        let special_use = which.special_use.clone();
        Ok(Archived { folder: which.name.to_string(), directory, special_use, messages, bytes, sha256, keywords })
    }

    /// Messages that are read together.
    async fn batch(
        &self,
        mut writing: Writing,
        which: &Shelf,
        listing: &Listing,
        batch: Batch,
    ) -> Result<Writing, ArchiveError> {
        if batch.entries.is_empty() {
            return Ok(writing);
        }
        let asked: Vec<_> = batch.entries.iter().map(|entry| (entry.uid, entry.body)).collect();
        let texts = self.contents.messages(which, &asked).await?;
        for (entry, text) in batch.entries.iter().zip(texts.iter()) {
            whole(which, entry, text.len() as u64)?;
        }
        (self.progress)(batch.entries.len() as u64, batch.bytes);
        let labels: Vec<_> = batch.entries.iter().map(|entry| label(which, listing, entry)).collect();
        let keywords = listing.keywords.clone();
        blocking(&self.part, move || {
            for (label, text) in labels.iter().zip(texts.iter()) {
                let mut message = writing.message(label, &keywords)?;
                writing.write(&mut message, text)?;
                writing.end(message)?;
            }
            Ok(writing)
        })
        .await
    }

    /// A message that is read piece by piece.
    async fn large(
        &self,
        mut writing: Writing,
        which: &Shelf,
        listing: &Listing,
        entry: &Entry,
    ) -> Result<Writing, ArchiveError> {
        let (label, keywords) = (label(which, listing, entry), listing.keywords.clone());
        let ((_, before), size) = (writing.written(), u64::from(entry.size));
        let (mut writing, mut message) = blocking(&self.part, move || {
            let message = writing.message(&label, &keywords)?;
            Ok((writing, message))
        })
        .await?;
        let mut at = 0;
        while at < size {
            let next = size.min(at + limits::BATCH_BYTES_MAX as u64);
            let piece = self.contents.range(which, (entry.uid, entry.body), at..next).await?;
            (writing, message) = blocking(&self.part, move || {
                writing.write(&mut message, &piece)?;
                Ok((writing, message))
            })
            .await?;
            at = next;
        }
        whole(which, entry, writing.written().1 - before)?;
        (self.progress)(1, size);
        blocking(&self.part, move || {
            writing.end(message)?;
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

fn whole(which: &Shelf, entry: &Entry, bytes: u64) -> Result<(), ArchiveError> {
    if bytes == u64::from(entry.size) {
        return Ok(());
    }
    Err(ArchiveError::Vanished { folder: which.name.to_string(), uid: entry.uid })
}

fn label(which: &Shelf, listing: &Listing, entry: &Entry) -> Label {
    let has = |place: &usize| entry.flags.contains(Flags::keyword(*place));
    Label {
        uid: entry.uid,
        uid_validity: which.uid_validity,
        flags: entry.flags,
        keywords: (0..listing.keywords.len()).filter(has).collect(),
        date: entry.date,
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Maildir => "maildir",
            Self::Mbox => "mbox",
        })
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
