//! Messages found in files, on their way into a mailbox: read ahead on a thread of their own, a few megabytes at a time.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::BASE64URL_NOPAD;
use tokio::sync::mpsc;

use super::{Format, Manifest, from_maildir, from_mbox, manifest_path};
use crate::limits;
use crate::store::{FolderName, FolderNameError};

/// A message as it was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// File and place, for people.
    pub place: String,
    /// What it is known by: its digest, and a number behind that where the folder has it several times. So neither a file
    /// that moves nor one that grows brings a message twice, and equal messages stay as many as they are (hostile B93).
    pub key: String,
    /// Flags, as IMAP spells them.
    pub flags: Vec<String>,
    /// INTERNALDATE, Unix seconds.
    pub date: i64,
    /// The message, its lines ending with CRLF.
    pub bytes: Vec<u8>,
}

/// Messages of one folder.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The folder as the files have it.
    pub folder: FolderName,
    /// What it is for: the attribute of RFC 6154 §2.
    pub special_use: Option<String>,
    /// The messages.
    pub messages: Vec<Found>,
}

/// What reading comes upon.
#[derive(Debug)]
pub enum Event {
    /// Messages.
    Batch(Batch),
    /// Something that does not come in.
    Refused(Refused),
}

/// A message, or a file, that does not come in.
#[derive(Clone, Debug)]
pub struct Refused {
    /// File and place.
    pub place: String,
    /// Why.
    pub why: Why,
}

/// Why something does not come in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// Longer than [`limits::IMPORTED_MESSAGE_BYTES_MAX`].
    TooLarge,
    /// The file does not begin as an mbox file does.
    NotMbox,
    /// The folder's name cannot be one here.
    FolderName(FolderNameError),
    /// The name's octets are no text.
    Encoding,
    /// Not a file of its own: what a link leads to is not brought in.
    NotAFile,
    /// The system's reason.
    Unreadable(String),
    /// The folder has more than [`limits::IMPORTED_FOLDER_MESSAGES_MAX`].
    TooMany,
}

/// Why nothing could be read at all.
#[derive(Debug, thiserror::Error)]
pub enum FoundError {
    /// The place cannot be read.
    #[error("{}: {error}", path.display())]
    Unreadable {
        /// The place.
        path: PathBuf,
        /// The system's reason.
        error: io::Error,
    },
    /// There is no Maildir there.
    #[error("{}: no Maildir: it has neither cur and new nor directories .NAME that have", .0.display())]
    NoMaildir(PathBuf),
    /// A file's name is no folder's.
    #[error("{}: cannot be a folder's name; name the folder with --folder", .0.display())]
    Unnamed(PathBuf),
}

/// Begins to read; the receiver's end stops it.
pub fn read(format: Format, from: PathBuf) -> (mpsc::Receiver<Event>, tokio::task::JoinHandle<Result<(), FoundError>>) {
    let (events, received) = mpsc::channel(limits::IMPORT_BATCHES_AHEAD);
    let reading = tokio::task::spawn_blocking(move || {
        let manifest = || serde_json::from_slice::<Manifest>(&fs::read(manifest_path(&from)).ok()?).ok();
        let mut gathering = Gathering { events, manifest: manifest(), folder: None };
        let ended = match format {
            Format::Mbox => from_mbox::read(&from, &mut gathering),
            Format::Maildir => from_maildir::read(&from, &mut gathering),
        };
        match ended {
            Err(Stop::Failed(error)) => Err(error),
            // Whoever asked has heard enough.
            Err(Stop::Unwanted) | Ok(()) => Ok(()),
        }
    });
    (received, reading)
}

/// Why reading ends early.
pub(super) enum Stop {
    Unwanted,
    Failed(FoundError),
}

/// Puts messages together, folder by folder.
pub(super) struct Gathering {
    events: mpsc::Sender<Event>,
    manifest: Option<Manifest>,
    folder: Option<Gathered>,
}

struct Gathered {
    batch: Batch,
    bytes: usize,
    /// How often each message came so far.
    seen: HashMap<[u8; 32], u32>,
}

impl Gathering {
    /// The folder of a file or directory, where a manifest tells.
    pub(super) fn told(&self, directory: &str) -> Option<(FolderName, Option<String>)> {
        let archived = self.manifest.as_ref()?.folders.iter().find(|archived| archived.directory == directory)?;
        Some((FolderName::parse(&archived.folder).ok()?, archived.special_use.clone()))
    }

    pub(super) fn begin(&mut self, (folder, special_use): (FolderName, Option<String>)) {
        let batch = Batch { folder, special_use, messages: Vec::new() };
        self.folder = Some(Gathered { batch, bytes: 0, seen: HashMap::new() });
    }

    pub(super) fn add(&mut self, place: String, flags: Vec<String>, date: i64, bytes: Vec<u8>) -> Result<(), Stop> {
        let Some(gathered) = &mut self.folder else { return Ok(()) };
        let digest = digest(&SHA256, &bytes);
        let name: [u8; 32] = digest.as_ref().try_into().unwrap_or_default();
        if gathered.seen.len() >= limits::IMPORTED_FOLDER_MESSAGES_MAX && !gathered.seen.contains_key(&name) {
            return self.refuse(place, Why::TooMany);
        }
        let times = gathered.seen.entry(name).or_default();
        let mut key = BASE64URL_NOPAD.encode(&name);
        if *times > 0 {
            key = format!("{key}.{times}");
        }
        *times += 1;
        let full = gathered.bytes + bytes.len() > limits::IMPORT_BATCH_BYTES_MAX
            || gathered.batch.messages.len() >= limits::BATCH_MESSAGES_MAX;
        if full {
            self.send()?;
        }
        if let Some(gathered) = &mut self.folder {
            gathered.bytes += bytes.len();
            gathered.batch.messages.push(Found { place, key, flags, date, bytes });
        }
        Ok(())
    }

    fn send(&mut self) -> Result<(), Stop> {
        let Some(gathered) = &mut self.folder else { return Ok(()) };
        gathered.bytes = 0;
        let messages = std::mem::take(&mut gathered.batch.messages);
        let batch = Batch { messages, ..gathered.batch.clone() };
        if batch.messages.is_empty() { Ok(()) } else { self.tell(Event::Batch(batch)) }
    }

    /// Ends the folder. One without messages is told too: it is made.
    pub(super) fn end(&mut self) -> Result<(), Stop> {
        self.send()?;
        match self.folder.take() {
            Some(Gathered { batch, seen, .. }) if seen.is_empty() => self.tell(Event::Batch(batch)),
            _ => Ok(()),
        }
    }

    pub(super) fn refuse(&mut self, place: String, why: Why) -> Result<(), Stop> {
        self.tell(Event::Refused(Refused { place, why }))
    }

    fn tell(&mut self, event: Event) -> Result<(), Stop> {
        self.events.blocking_send(event).map_err(|_| Stop::Unwanted)
    }
}

/// The names in a directory, sorted.
pub(super) fn names(directory: &Path) -> Result<Vec<std::ffi::OsString>, Stop> {
    let read = || -> io::Result<Vec<_>> { fs::read_dir(directory)?.map(|entry| Ok(entry?.file_name())).collect() };
    let mut names = read().map_err(|error| unreadable(directory, error))?;
    names.sort_unstable();
    Ok(names)
}

pub(super) fn unreadable(path: &Path, error: io::Error) -> Stop {
    Stop::Failed(FoundError::Unreadable { path: path.to_owned(), error })
}

/// Opens a file that is one, and no link to what its owner could not read.
pub(super) fn open(path: &Path) -> Result<File, Why> {
    let failed = |error: io::Error| Why::Unreadable(error.to_string());
    if !fs::symlink_metadata(path).map_err(failed)?.is_file() {
        return Err(Why::NotAFile);
    }
    File::open(path).map_err(failed)
}

/// Reads a message's file whole.
pub(super) fn whole(file: &mut File) -> Result<Vec<u8>, Why> {
    let mut bytes = Vec::new();
    let most = limits::IMPORTED_MESSAGE_BYTES_MAX as u64 + 1;
    file.take(most).read_to_end(&mut bytes).map_err(|error| Why::Unreadable(error.to_string()))?;
    if bytes.len() > limits::IMPORTED_MESSAGE_BYTES_MAX { Err(Why::TooLarge) } else { Ok(bytes) }
}
