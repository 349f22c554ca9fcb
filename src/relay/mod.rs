//! The door out: mail of the queue goes to other servers (RFC 5321 §4.5.4).
//!
//! One task looks which ways have something due and are not down, and has each served by a worker of its own. A way that
//! cannot be used is left alone until its back-off is over, and then tried by one connection, however many jobs wait.

mod connection;
mod dns;
mod lane;
mod probe;
mod settings;
pub mod syntax;
mod transaction;
mod trouble;
mod worker;

use std::collections::BTreeMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use jiff::Timestamp;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tracing::error;

use crate::clock::Clock;
use crate::db::{Db, DbError};
use crate::delivery::Delivery;
use crate::limits;
use crate::metrics::Metrics;
use crate::queue::{self, Lane, Queue};
use crate::store::{Store, StoreError};

pub use dns::Resolver;
pub use probe::{Probed, probe};
pub use settings::{Route, Security, Settings};

use lane::Served;
use worker::Serving;

/// What is behind the door.
#[derive(Clone)]
pub struct Services {
    /// The database.
    pub db: Db,
    /// What waits.
    pub queue: Queue,
    /// The messages.
    pub store: Store,
    /// What becomes of jobs.
    pub delivery: Delivery,
    /// The time.
    pub clock: Clock,
    /// What the daemon counts.
    pub metrics: Metrics,
}

/// The door out. Cheap to clone.
#[derive(Clone)]
pub struct Relay(Arc<Shared>);

struct Shared {
    services: Services,
    settings: Arc<ArcSwap<Settings>>,
}

impl Relay {
    /// With settings that may be replaced while it works.
    pub fn new(services: Services, settings: Arc<ArcSwap<Settings>>) -> Self {
        Self(Arc::new(Shared { services, settings }))
    }

    fn services(&self) -> &Services {
        &self.0.services
    }

    /// Sends what is due until the daemon drains; then it finishes what it has in hand.
    pub async fn run(self, drain: CancellationToken) {
        let mut workers: JoinSet<()> = JoinSet::new();
        let mut serving: BTreeMap<Lane, Serving> = BTreeMap::new();
        let mut sweep = Instant::now();
        while !drain.is_cancelled() {
            if sweep <= Instant::now() {
                self.sweep(&serving, &drain).await;
                sweep = Instant::now() + limits::RELAY_SWEEP_EVERY;
            }
            let look = match self.begin(&mut workers, &mut serving, &drain).await {
                Ok(next) => self.until(next).min(sweep),
                Err(error) => {
                    error!(%error, "the queue cannot be read");
                    Instant::now() + limits::RELAY_RETRY_WAIT
                }
            };
            tokio::select! {
                () = drain.cancelled() => {}
                () = self.services().queue.woken() => {}
                () = tokio::time::sleep_until(look) => {}
                // Whoever ended, or panicked, has let go of its way.
                Some(_) = workers.join_next() => serving.retain(|_, served| Arc::strong_count(served) > 1),
            }
        }
        while workers.join_next().await.is_some() {}
    }

    /// Begins to serve what is due and not down, and tells those who serve already that there may be more. Returns when
    /// the next of the others is.
    async fn begin(
        &self,
        workers: &mut JoinSet<()>,
        serving: &mut BTreeMap<Lane, Serving>,
        drain: &CancellationToken,
    ) -> Result<Option<Timestamp>, DbError> {
        let Services { db, queue, clock, .. } = self.services();
        let lanes = queue::lanes(&mut *db.read().await?).await?;
        let now = clock.now();
        let mut next: Option<Timestamp> = None;
        for (lane, due) in lanes {
            let due = queue.health().of(&lane).map_or(due, |down| down.until.max(due));
            if due > now {
                next = Some(next.map_or(due, |next| next.min(due)));
                continue;
            }
            let (relay, settings, drain) = (self.clone(), self.0.settings.load_full(), drain.clone());
            if let Some(served) = serving.get(&lane) {
                if served.wants_more_than(Arc::strong_count(served) - 1).await {
                    let served = served.clone();
                    workers.spawn(async move { relay.help(&served, &settings, &drain).await });
                } else {
                    served.more.notify_one();
                }
            } else if serving.len() < limits::RELAY_LANES_MAX {
                let served = Arc::new(Served::new(lane.clone()));
                serving.insert(lane, served.clone());
                workers.spawn(async move { relay.serve(&served, &settings, &drain).await });
            }
        }
        Ok(next)
    }

    fn until(&self, next: Option<Timestamp>) -> Instant {
        let wait = next.map(|next| next.duration_since(self.services().clock.now()));
        let wait = wait.map(|wait| std::time::Duration::try_from(wait).unwrap_or_default());
        Instant::now() + wait.unwrap_or(limits::RELAY_SWEEP_EVERY).min(limits::RELAY_SWEEP_EVERY)
    }

    /// Tells senders of what takes long, and gives up what took too long.
    async fn sweep(&self, serving: &BTreeMap<Lane, Serving>, drain: &CancellationToken) {
        while !drain.is_cancelled() {
            match self.sweep_some(serving).await {
                Ok(0) => return,
                Ok(_) => {}
                Err(error) => {
                    error!(%error, "senders of delayed mail are not told");
                    return sleep(limits::RELAY_RETRY_WAIT).await;
                }
            }
        }
    }

    async fn sweep_some(&self, serving: &BTreeMap<Lane, Serving>) -> Result<usize, StoreError> {
        let Services { queue, delivery, .. } = self.services();
        let mut begun = Vec::new();
        for served in serving.values() {
            begun.extend(served.begun().await);
        }
        let jobs = delivery.overdue_jobs(&begun).await?;
        for job in &jobs {
            let down = queue.health().of(&job.lane);
            delivery.overdue(job, down.as_ref().map(|down| &down.reason)).await?;
        }
        Ok(jobs.len())
    }
}
