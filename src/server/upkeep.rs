//! What the daemon does by itself, by the minute and by the hour.

use std::sync::Arc;
use std::time::Instant;

use arc_swap::ArcSwap;
use tokio_util::sync::CancellationToken;

use crate::access::Access;
use crate::clock::Clock;
use crate::control::Services;
use crate::credential;
use crate::db::{Db, DbError};
use crate::limits;
use crate::spool::Spool;
use crate::store::{Indexed, Store, StoreError};

/// Does what is due, at the start and every hour, until the daemon drains.
pub(super) async fn run(services: Arc<ArcSwap<Services>>, drain: CancellationToken) {
    let mut hours = tokio::time::interval(limits::UPKEEP_EVERY);
    loop {
        tokio::select! {
            () = drain.cancelled() => return,
            _ = hours.tick() => {}
        }
        let services = services.load_full();
        purge(&services).await;
        end_openings(&services.provisioning.db, &services.provisioning.clock).await;
        services.keeper.work().await;
    }
}

/// Ends expunged messages whose time is over.
async fn purge(services: &Services) {
    let now = services.provisioning.clock.now();
    match services.provisioning.store.purge(services.expunged_kept.before_moment(now)).await {
        Ok(0) => {}
        Ok(messages) => tracing::info!(messages, "expunged messages ended"),
        Err(error) => tracing::warn!(%error, "expunged messages stay for now"),
    }
}

/// Nobody can log in with them any more; their hashes need not be kept.
async fn end_openings(db: &Db, clock: &Clock) {
    let now = clock.now().as_second();
    let ended: Result<u64, DbError> =
        db.write(move |tx| Box::pin(async move { credential::end_openings(tx, now).await })).await;
    match ended {
        Ok(0) => {}
        Ok(openings) => tracing::info!(openings, "openings of mailboxes ended"),
        Err(error) => tracing::warn!(%error, "openings of mailboxes stay for now"),
    }
}

/// Writes down who logged in, every minute, until the daemon drains; what is left then is written at its close.
pub(super) async fn log_ins(access: Access, drain: CancellationToken) {
    let mut minutes = tokio::time::interval(limits::LOGINS_WRITTEN_EVERY);
    loop {
        tokio::select! {
            () = drain.cancelled() => return,
            _ = minutes.tick() => {}
        }
        if let Err(error) = access.write_logins().await {
            tracing::warn!(%error, "log-ins are not written down yet");
        }
    }
}

/// Keeps the index of SEARCH up to date, as mail comes in, until the daemon drains.
pub(super) async fn index(store: Store, spool: Arc<Spool>, drain: CancellationToken) {
    let mut again = tokio::time::interval(limits::SEARCH_LOOKS_EVERY);
    loop {
        tokio::select! {
            () = drain.cancelled() => return,
            () = store.arrived() => {}
            _ = again.tick() => {}
        }
        if let Err(error) = index_all(&store, &spool, &drain).await {
            tracing::warn!(%error, "the search index is behind; messages are read instead");
        }
    }
}

async fn index_all(store: &Store, spool: &Spool, drain: &CancellationToken) -> Result<(), StoreError> {
    loop {
        // Of large messages one is in memory at a time, whoever reads it; who wait longer than this come first.
        let Ok(turn) = spool.turn().await else { return Ok(()) };
        let start = Instant::now();
        if drain.is_cancelled() || store.index_more().await? == Indexed::All {
            return Ok(());
        }
        drop(turn);
        // Whoever delivers at this moment goes first.
        let rest = start.elapsed() * limits::SEARCH_REST;
        if drain.run_until_cancelled(tokio::time::sleep(rest)).await.is_none() {
            return Ok(());
        }
    }
}
