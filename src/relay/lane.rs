//! The jobs of one way while somebody works on them: read some at a time, each given to one worker.

use std::collections::VecDeque;

use tokio::sync::{Mutex, Notify};

use crate::clock::Clock;
use crate::db::{Db, DbError};
use crate::id::JobId;
use crate::queue::{self, Job, Lane, Queue};

/// A way that is being served.
pub(super) struct Served {
    pub(super) lane: Lane,
    jobs: Mutex<Jobs>,
    /// Told that there may be more.
    pub(super) more: Notify,
}

#[derive(Default)]
struct Jobs {
    /// Read, and not begun.
    ready: VecDeque<Job>,
    /// Begun.
    begun: Vec<JobId>,
    /// The count of changes by hand when they were read.
    read_at: u64,
}

impl Served {
    pub(super) fn new(lane: Lane) -> Self {
        Self { lane, jobs: Mutex::default(), more: Notify::new() }
    }

    /// The next job that is due; it is the caller's until [`Served::done`].
    pub(super) async fn next(&self, db: &Db, queue: &Queue, clock: &Clock) -> Result<Option<Job>, DbError> {
        let mut jobs = self.jobs.lock().await;
        let changes = queue.changes();
        if jobs.read_at != changes {
            jobs.ready.clear();
            jobs.read_at = changes;
        }
        if jobs.ready.is_empty() {
            let taken = queue::take(&mut *db.read().await?, &self.lane, &jobs.begun, clock.now()).await?;
            jobs.ready = taken.into();
        }
        let next = jobs.ready.pop_front();
        jobs.begun.extend(next.iter().map(|job| job.id));
        Ok(next)
    }

    /// How many more are read already.
    pub(super) async fn ready(&self) -> usize {
        self.jobs.lock().await.ready.len()
    }

    /// Those that somebody works on.
    pub(super) async fn begun(&self) -> Vec<JobId> {
        self.jobs.lock().await.begun.clone()
    }

    /// Nobody works on the job any more.
    pub(super) async fn done(&self, job: JobId) {
        self.jobs.lock().await.begun.retain(|begun| *begun != job);
    }
}
