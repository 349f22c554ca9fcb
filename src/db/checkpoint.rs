//! Moving the WAL into the file, away from the commit path: an automatic checkpoint inside a commit costs its callers
//! 20-60 ms.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use sqlx::Connection;
use sqlx::sqlite::SqliteConnection;
use tokio::sync::Notify;

use crate::limits;

/// Asks for checkpoints; dropped with the writer.
#[derive(Debug)]
pub(super) struct Checkpointer {
    wake: Arc<Notify>,
    stop: Arc<AtomicBool>,
    /// Copies being made: each holds one state of the database, and no reset could get behind it.
    copies: Arc<AtomicUsize>,
    wal: std::path::PathBuf,
    commits: u32,
    seen_bytes: u64,
    task: Option<tokio::task::JoinHandle<()>>,
}

/// Starts the task on its own connection.
pub(super) fn start(mut connection: SqliteConnection, path: &Path, copies: Arc<AtomicUsize>) -> Checkpointer {
    let mut wal = path.as_os_str().to_owned();
    wal.push("-wal");
    let wake = Arc::new(Notify::new());
    let stop = Arc::new(AtomicBool::new(false));
    let (woken, stopped) = (wake.clone(), stop.clone());
    let task = tokio::spawn(async move {
        loop {
            woken.notified().await;
            if stopped.load(Ordering::Acquire) {
                break;
            }
            if let Err(error) = sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").execute(&mut connection).await {
                tracing::warn!(%error, "checkpoint failed");
            }
        }
        let _ = connection.close().await;
    });
    Checkpointer { wake, stop, copies, wal: wal.into(), commits: 0, seen_bytes: 0, task: Some(task) }
}

/// What the writer is to do about the WAL after a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// Nothing.
    None,
    /// The WAL outgrew what passive checkpoints can keep up with: the writer itself must reset it now.
    Reset,
}

impl Checkpointer {
    /// Called after each commit; wakes the task after some commits, or when the WAL grows beyond its usual length.
    pub(super) fn committed(&mut self) -> Need {
        self.commits += 1;
        let bytes = std::fs::metadata(&self.wal).map_or(0, |m| m.len());
        // A WAL that was reset keeps its length and is written over from the start: only growth says anything.
        let grew = bytes > self.seen_bytes;
        self.seen_bytes = bytes;
        if self.commits >= limits::COMMITS_PER_CHECKPOINT || (grew && bytes >= limits::WAL_BYTES_USUAL) {
            self.commits = 0;
            self.wake.notify_one();
        }
        let free = self.copies.load(Ordering::Acquire) == 0;
        if grew && free && bytes >= limits::WAL_BYTES_MAX { Need::Reset } else { Need::None }
    }

    /// Ends the task and waits for it.
    pub(super) async fn stop(&mut self) {
        self.stop.store(true, Ordering::Release);
        self.wake.notify_one();
        if let Some(task) = self.task.take() {
            let _ = task.await;
        }
    }
}
