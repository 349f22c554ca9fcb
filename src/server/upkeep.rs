//! What the daemon does by itself, by the hour.

use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::limits;
use crate::store::Store;

/// Ends expunged messages whose time is over, at the start and every hour, until the daemon drains.
pub(super) async fn run(store: Store, clock: Clock, drain: CancellationToken) {
    let mut hours = tokio::time::interval(limits::UPKEEP_EVERY);
    loop {
        tokio::select! {
            () = drain.cancelled() => return,
            _ = hours.tick() => {}
        }
        match store.purge(clock.now() - limits::EXPUNGED_KEPT).await {
            Ok(0) => {}
            Ok(messages) => tracing::info!(messages, "expunged messages ended"),
            Err(error) => tracing::warn!(%error, "expunged messages stay for now"),
        }
    }
}
