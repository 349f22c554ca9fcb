//! Messages on their way in. A large one is set aside in a file until all of it has come, so that whoever sends slowly, or
//! never to the end, holds no memory; and one at a time is read again to be stored.
//!
//! The files have no names: they are gone with the last who has them open, a crash leaves at most an empty one, which the
//! next takes over.

use std::fs::{File, OpenOptions};
use std::io;
use std::ops::Range;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::AsyncWriteExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::limits;

/// Where messages are set aside, and how much of them.
#[derive(Debug)]
pub struct Spool {
    directory: PathBuf,
    /// A permit is a KiB on the disk.
    room: Arc<Semaphore>,
    /// For who reads a large message again.
    turn: Arc<Semaphore>,
    made: AtomicU64,
}

/// Why a message was not set aside.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// Others take all the room there is, or had their turn for too long.
    #[error("too many large messages are on their way")]
    Busy,
    /// The disk failed, or is full.
    #[error("a message cannot be set aside: {0}")]
    Io(#[from] io::Error),
}

impl Spool {
    /// In the data directory, which one process has at a time.
    pub fn new(directory: &Path) -> Arc<Self> {
        Arc::new(Self {
            directory: directory.to_owned(),
            room: Arc::new(Semaphore::new(limits::SPOOLED_KIB_MAX)),
            turn: Arc::new(Semaphore::new(1)),
            made: AtomicU64::new(0),
        })
    }

    /// Room for so many octets, waiting a while for others to leave it.
    pub async fn room(&self, octets: u64) -> Result<OwnedSemaphorePermit, SpoolError> {
        let permits = u32::try_from(octets.div_ceil(1024)).unwrap_or(u32::MAX);
        let room = timeout(limits::IN_FLIGHT_WAIT_MAX, self.room.clone().acquire_many_owned(permits)).await;
        room.ok().and_then(Result::ok).ok_or(SpoolError::Busy)
    }

    /// The turn to read a large message again: small ones never wait behind more than one.
    pub async fn turn(&self) -> Result<OwnedSemaphorePermit, SpoolError> {
        let turn = timeout(limits::SPOOL_TURN_WAIT_MAX, self.turn.clone().acquire_owned()).await;
        turn.ok().and_then(Result::ok).ok_or(SpoolError::Busy)
    }

    /// A new file; what goes into it must have its [`Spool::room`].
    pub fn file(&self) -> io::Result<Aside> {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        let path = self.directory.join(format!(".incoming-{number}"));
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).mode(0o600).open(&path)?;
        std::fs::remove_file(&path)?;
        Ok(Aside { written: tokio::fs::File::from_std(file.try_clone()?), file: Arc::new(file), end: 0 })
    }
}

/// A file that octets are set aside in.
#[derive(Debug)]
pub struct Aside {
    written: tokio::fs::File,
    file: Arc<File>,
    end: u64,
}

impl Aside {
    /// Where the next octets go.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// Adds octets.
    pub async fn push(&mut self, octets: &[u8]) -> io::Result<()> {
        self.written.write_all(octets).await?;
        self.end += octets.len() as u64;
        Ok(())
    }

    /// All that was added since `start`.
    pub async fn since(&mut self, start: u64, nul: Nul) -> io::Result<Slice> {
        self.written.flush().await?;
        Ok(Slice { file: self.file.clone(), range: start..self.end, nul })
    }
}

/// Whether there is a NUL among octets, which IMAP has in binary literals only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nul {
    /// There is none.
    Absent,
    /// There is one.
    Present,
}

impl Nul {
    /// In these octets.
    pub fn of(octets: &[u8]) -> Self {
        if memchr::memchr(0, octets).is_some() { Self::Present } else { Self::Absent }
    }
}

/// Octets that were set aside.
#[derive(Clone, Debug)]
pub struct Slice {
    file: Arc<File>,
    range: Range<u64>,
    nul: Nul,
}

impl Slice {
    /// Octets.
    pub fn len(&self) -> usize {
        usize::try_from(self.range.end - self.range.start).unwrap_or(usize::MAX)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.range.is_empty()
    }

    /// Adds those within `wanted`, counted from the first of them, to `into`. Waits for the disk only where the system has
    /// forgotten what was just written.
    pub fn read(&self, wanted: Range<usize>, into: &mut Vec<u8>) -> io::Result<()> {
        let start = into.len();
        into.resize(start + wanted.len(), 0);
        let space = into.get_mut(start..).unwrap_or_default();
        self.file.read_exact_at(space, self.range.start + wanted.start as u64)
    }
}

/// What came: a message, or a part of one.
#[derive(Clone, Debug)]
pub enum Contents {
    /// In memory.
    Here(Vec<u8>),
    /// Set aside.
    Aside(Slice),
}

impl Contents {
    /// Octets.
    pub fn len(&self) -> usize {
        match self {
            Self::Here(octets) => octets.len(),
            Self::Aside(slice) => slice.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether there is a NUL among them.
    pub fn nul(&self) -> Nul {
        match self {
            Self::Here(octets) => Nul::of(octets),
            Self::Aside(slice) => slice.nul,
        }
    }

    /// Adds those within `wanted` to `into`: see [`Slice::read`].
    pub fn read(&self, wanted: Range<usize>, into: &mut Vec<u8>) -> io::Result<()> {
        match self {
            Self::Here(octets) => into.extend_from_slice(octets.get(wanted).unwrap_or_default()),
            Self::Aside(slice) => slice.read(wanted, into)?,
        }
        Ok(())
    }
}

/// The same octets; what was set aside is only the same as itself.
impl PartialEq for Contents {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Here(a), Self::Here(b)) => a == b,
            (Self::Aside(a), Self::Aside(b)) => Arc::ptr_eq(&a.file, &b.file) && a.range == b.range,
            _ => false,
        }
    }
}

impl Eq for Contents {}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_set_aside_has_no_name_and_is_read_again() {
        let directory = tempfile::tempdir().unwrap();
        let spool = Spool::new(directory.path());
        // What a crash left.
        std::fs::write(directory.path().join(".incoming-0"), b"old").unwrap();
        let mut aside = spool.file().unwrap();
        aside.push(b"first ").await.unwrap();
        let start = aside.end();
        aside.push(b"sec\0").await.unwrap();
        aside.push(b"ond").await.unwrap();
        let second = Contents::Aside(aside.since(start, Nul::Present).await.unwrap());
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
        let mut read = b"the ".to_vec();
        second.read(0..second.len(), &mut read).unwrap();
        second.read(4..6, &mut read).unwrap();
        assert_eq!((read.as_slice(), second.nul()), (&b"the sec\0ondon"[..], Nul::Present));
        assert!(second.read(0..8, &mut Vec::new()).is_err());
    }

    #[tokio::test]
    async fn room_is_bounded_and_comes_back() {
        let spool = Spool::new(Path::new("/nowhere"));
        let all = spool.room(limits::SPOOLED_KIB_MAX as u64 * 1024).await.unwrap();
        timeout(std::time::Duration::from_millis(10), spool.room(1)).await.unwrap_err();
        drop(all);
        assert!(spool.room(1).await.is_ok());
        assert!(spool.file().is_err());
    }
}
