//! Looking whether a day, an hour or a half of it has begun at the office, or the directory has changed.

use std::sync::Arc;

use arc_swap::ArcSwap;
use jiff::civil::Date;
use tokio::time::Interval;
use tokio_util::sync::CancellationToken;

use crate::control::Services;
use crate::limits;

/// Looks again and again.
pub(super) struct Looks {
    services: Arc<ArcSwap<Services>>,
    drain: CancellationToken,
    ticks: Interval,
    /// The day, its half hour, and the version of the directory when something was last to do.
    seen: Option<(Date, i16, i64)>,
}

impl Looks {
    pub(super) fn new(services: Arc<ArcSwap<Services>>, drain: CancellationToken) -> Self {
        Self { services, drain, ticks: tokio::time::interval(limits::DAY_LOOK_EVERY), seen: None }
    }

    /// Waits until something is different, at first not at all; `None` once the daemon drains.
    pub(super) async fn next(&mut self) -> Option<Arc<Services>> {
        loop {
            self.drain.run_until_cancelled(self.ticks.tick()).await?;
            let services = self.services.load_full();
            let (at, version) =
                (services.provisioning.clock.zoned(), services.provisioning.directory.snapshot().version());
            let now = (at.date(), i16::from(at.hour()) * 2 + i16::from(at.minute() / 30), version);
            if self.seen.replace(now) != Some(now) {
                return Some(services);
            }
        }
    }
}
