//! The daemon in its surroundings: signals, the service manager, exit.

use std::path::Path;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use sd_notify::NotifyState;
use tokio::signal::unix::{SignalKind, signal};

use crate::config::Config;

use super::{Server, StartError};

/// Why the daemon did not end in order.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    /// It could not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The system does not let it hear signals.
    #[error("signals: {0}")]
    Signals(#[from] std::io::Error),
}

/// The exit code for a failure of the system, as everywhere on the command line.
const DISK_FAILED: i32 = 3;

/// Serves until SIGTERM or SIGINT; `started` is told once all listeners accept. SIGHUP reloads.
pub async fn run(config: Config, started: impl FnOnce(&super::Addresses)) -> Result<(), DaemonError> {
    let file = config.file.clone();
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let mut hangup = signal(SignalKind::hangup())?;
    raise_open_files();
    let clock = config.clock();
    let running = Server::start(config, clock).await?;
    started(running.addresses());
    tell(&[NotifyState::Ready]);
    loop {
        tokio::select! {
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            _ = hangup.recv() => reload(&running, &file).await,
            error = running.failed() => {
                tracing::error!(%error, "ending, since the disk can no longer be trusted");
                // At once: closing the database in order would sync again what a sync has failed for (hostile F5).
                std::process::exit(DISK_FAILED);
            }
        }
    }
    tracing::info!("stopping");
    tell(&[NotifyState::Stopping]);
    running.shutdown().await;
    Ok(())
}

/// Takes as many file descriptors as the system grants: a session needs one, and shells grant a thousand by habit.
fn raise_open_files() {
    let raised = getrlimit(Resource::RLIMIT_NOFILE)
        .and_then(|(soft, hard)| if soft < hard { setrlimit(Resource::RLIMIT_NOFILE, hard, hard) } else { Ok(()) });
    if let Err(error) = raised {
        tracing::warn!(%error, "the number of open files stays as it is");
    }
}

/// A bad configuration or certificate changes nothing, and the log says what is wrong with it.
async fn reload(running: &super::Running, file: &Path) {
    // Since systemd 253 the two go together.
    tell(&std::iter::once(NotifyState::Reloading).chain(NotifyState::monotonic_usec_now()).collect::<Vec<_>>());
    match running.reload(file).await {
        Ok(()) => tracing::info!("reloaded"),
        Err(error) => tracing::error!(%error, "not reloaded; the old configuration and certificate stay"),
    }
    tell(&[NotifyState::Ready]);
}

/// Nobody listens where there is no service manager.
fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(%error, "the service manager cannot be told");
    }
}
