//! What the administrator does with mail on its way out: at once, and on record.

use jiff::Timestamp;
use serde_json::json;

use super::Delivery;
use crate::audit::{self, Entry};
use crate::db::{DbError, Tx};
use crate::id::JobId;
use crate::limits;
use crate::queue::{self, Lane, Selection};
use crate::store;

/// What is done with jobs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// They are tried at once.
    Retry,
    /// They wait until released.
    Hold,
    /// Those held go on.
    Release,
    /// They take another way.
    Reroute(Lane),
    /// They end, and nobody is told.
    Drop,
}

/// What was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// Jobs that were meant.
    pub meant: usize,
    /// Those of them that it made a difference to.
    pub changed: u64,
}

impl Change {
    fn code(&self) -> &'static str {
        match self {
            Self::Retry => "queue.retried",
            Self::Hold => "queue.held",
            Self::Release => "queue.released",
            Self::Reroute(_) => "queue.rerouted",
            Self::Drop => "queue.dropped",
        }
    }
}

impl Delivery {
    /// How many jobs are meant.
    pub async fn would_change(&self, selection: &Selection) -> Result<Changed, DbError> {
        let jobs = queue::select(&mut *self.db.read().await?, selection, limits::JOBS_CHANGED_MAX).await?;
        Ok(Changed { meant: jobs.len(), changed: 0 })
    }

    /// The routes of the configuration, by name.
    pub fn routes(&self) -> Vec<String> {
        self.settings.load().routing.rules.iter().map(|rule| rule.route.clone()).collect()
    }

    /// Changes the jobs that are meant, in one transaction with its entry in the audit.
    pub async fn change_jobs(
        &self,
        change: Change,
        selection: Selection,
        (actor, note): (String, Option<String>),
    ) -> Result<Changed, DbError> {
        let (now, queue) = (self.clock.now(), self.queue.clone());
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let jobs = queue::select(tx.connection(), &selection, limits::JOBS_CHANGED_MAX).await?;
                    let changed = apply(tx, &change, &jobs, now).await?;
                    if changed > 0 {
                        let after = json!({ "selection": selection, "jobs": changed, "to": target(&change) });
                        let (at, what) = (now.as_second(), change.code());
                        let (subject, decision, before, after) = ("queue".to_owned(), None, None, Some(after));
                        audit::append(tx, vec![Entry { at, actor, what, subject, decision, note, before, after }])
                            .await?;
                    }
                    tx.after_commit(move || {
                        if matches!(change, Change::Retry | Change::Release) {
                            queue.health().retry(|_| true, now);
                        }
                        queue.changed();
                    });
                    Ok(Changed { meant: jobs.len(), changed })
                })
            })
            .await
    }
}

fn target(change: &Change) -> Option<String> {
    match change {
        Change::Reroute(lane) => Some(lane.to_string()),
        Change::Retry | Change::Hold | Change::Release | Change::Drop => None,
    }
}

async fn apply(tx: &mut Tx, change: &Change, jobs: &[JobId], now: Timestamp) -> Result<u64, DbError> {
    match change {
        Change::Retry => queue::retry(tx, jobs, now).await,
        Change::Hold => queue::hold(tx, jobs).await,
        Change::Release => queue::release(tx, jobs, now).await,
        Change::Reroute(lane) => queue::reroute(tx, jobs, lane).await,
        Change::Drop => {
            let bodies = queue::drop_jobs(tx, jobs).await?;
            store::release_bodies(tx, &bodies).await?;
            Ok(bodies.len() as u64)
        }
    }
}
