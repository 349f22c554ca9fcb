//! The jobs of one way while somebody works on them: read some at a time, each given to one worker.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};

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
    /// Workers that it may have.
    workers_max: AtomicUsize,
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
        Self { lane, jobs: Mutex::default(), more: Notify::new(), workers_max: AtomicUsize::new(1) }
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

    /// It may have so many workers: one until a connection was had, and no more where another could not be had.
    pub(super) fn allow(&self, workers: usize) {
        self.workers_max.store(workers, Ordering::Relaxed);
    }

    /// Whether jobs wait that nobody of these workers has begun, and another may come.
    pub(super) async fn wants_more_than(&self, workers: usize) -> bool {
        workers < self.workers_max.load(Ordering::Relaxed) && !self.jobs.lock().await.ready.is_empty()
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
