//! The daemon: one process that owns a data directory, listens, and ends in order.

mod addresses;
mod certificate;
pub mod daemon;
mod doors;
mod due;
mod duties;
mod installation;
mod listen;
mod lock;
mod look;
mod names;
mod outward;
mod sessions;
mod upkeep;

use std::path::Path;
use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::net::{TcpListener, UdpSocket};
use tokio_util::task::TaskTracker;

use crate::clock::Clock;
use crate::config::{Config, ConfigError, files};
use crate::control::{self, Control};
use crate::db::DbError;
use crate::limits;
use crate::metrics::Listener;
use crate::net::Gate;
use crate::provisioning::Provisioning;
use crate::{dns, relay};

pub use addresses::Addresses;
pub use certificate::check as check_certificate;
pub use installation::{Installation, OpenError, database};
pub use listen::ListenError;
pub use lock::{Lock, LockError};

use doors::Doors;
use listen::Activated;
use look::Looks;
use sessions::Sessions;

/// Starts daemons.
pub struct Server;

/// Why the daemon does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration or a file that it names.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The data directory.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A socket.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The run directory, in which sockets and addresses are.
    #[error("{file}: {error}")]
    Run {
        /// Which file.
        file: String,
        /// The system's reason.
        error: std::io::Error,
    },
}

/// A daemon that serves.
pub struct Running {
    installation: Installation,
    doors: Arc<ArcSwap<Doors>>,
    control: Arc<ArcSwap<control::Services>>,
    outward: Arc<ArcSwap<relay::Settings>>,
    addresses: Addresses,
    sessions: Sessions,
    answering: TaskTracker,
}

impl Server {
    /// Opens the data directory, listens, and returns once everything accepts. What time it is, the clock says.
    pub async fn start(config: Config, clock: Clock) -> Result<Running, StartError> {
        let installation = Installation::open_when_free(config, clock).await?;
        let config = &installation.config;
        let tls = certificate::load(config)?;
        let outward = Arc::new(ArcSwap::from_pointee(outward::settings(config)?));
        let run = config.server.data_dir.join("run");
        let failed = |error| StartError::Run { file: run.display().to_string(), error };
        files::make_directory(&run).map_err(failed)?;
        let socket = Control::bind(&config.server.data_dir).map_err(failed)?;
        let Bound { streams, datagrams, addresses } = bind_all(config)?;
        let zone = names::answered(config, &addresses, &installation.clock, &installation.keys)?;
        addresses.write(&config.server.data_dir).map_err(failed)?;

        let sessions = Sessions::new(installation.metrics.clone());
        let drain = sessions.drain();
        let doors = Arc::new(ArcSwap::from_pointee(Doors::new(&installation, config, &addresses, &tls, zone, &drain)));
        for (listener, socket) in streams {
            accept(listener, socket, &doors, &sessions);
        }
        let control = Arc::new(ArcSwap::from_pointee(installation.control(config, Some(&addresses))));
        let answering = TaskTracker::new();
        for socket in datagrams {
            let doors = doors.clone();
            let door = move || doors.load().names();
            answering.spawn(dns::datagrams(socket, door, installation.metrics.clone(), drain.clone()));
        }
        let cut = sessions.cut();
        answering.spawn(socket.serve(control.clone(), drain.clone(), cut.clone()));
        answering.spawn(cut.clone().run_until_cancelled_owned(outward::run(&installation, &outward, drain.clone())));
        answering.spawn(upkeep::log_ins(installation.access.clone(), drain.clone()));
        answering.spawn(upkeep::index(installation.store.clone(), installation.spool.clone(), drain.clone()));
        answering.spawn(names::renew(doors.clone(), control.clone(), drain.clone()));
        // An archive takes as long as a mailbox is large, and is begun again at the next start.
        answering.spawn(cut.clone().run_until_cancelled_owned(upkeep::run(control.clone(), drain.clone())));
        let looks = || Looks::new(control.clone(), drain.clone());
        answering.spawn(cut.clone().run_until_cancelled_owned(due::run(looks())));
        answering.spawn(cut.run_until_cancelled_owned(duties::run(looks())));
        tracing::info!(addresses = %serde_json::json!(addresses), "serving");
        Ok(Running { installation, doors, control, outward, addresses, sessions, answering })
    }
}

/// The sockets of a configuration.
struct Bound {
    streams: Vec<(Listener, TcpListener)>,
    datagrams: Vec<UdpSocket>,
    addresses: Addresses,
}

/// Opens every listening socket of the configuration: all or none.
fn bind_all(config: &Config) -> Result<Bound, ListenError> {
    let mut activated = Activated::take();
    let mut bound = Bound { streams: Vec::new(), datagrams: Vec::new(), addresses: Addresses::default() };
    for listener in Listener::ALL {
        let (name, addresses) = (listener.name(), config.listens(listener));
        let streams = if listener == Listener::Dns {
            let (streams, datagrams) = activated.or_bind_both(name, addresses)?;
            bound.datagrams = datagrams;
            streams
        } else {
            activated.or_bind(name, addresses)?
        };
        for socket in streams {
            if let Ok(address) = socket.local_addr() {
                bound.addresses.add(listener, address);
            }
            bound.streams.push((listener, socket));
        }
    }
    Ok(bound)
}

/// Accepts at one socket. Each has a gate of its own, so that a flood at one cannot shut the others.
fn accept(listener: Listener, socket: TcpListener, doors: &Arc<ArcSwap<Doors>>, sessions: &Sessions) {
    let gate = match listener {
        Listener::Https => Gate::new(limits::WEB_CONNECTIONS_MAX, limits::WEB_CONNECTIONS_PER_ADDRESS_MAX),
        Listener::Dns => Gate::new(limits::DNS_CONNECTIONS_MAX, limits::DNS_CONNECTIONS_PER_ADDRESS_MAX),
        _ => Gate::new(limits::SESSIONS_MAX, limits::SESSIONS_PER_ADDRESS_MAX),
    };
    let doors = doors.clone();
    let serve = move |connection, peer| doors.load().session(listener, connection, peer);
    sessions.listen(listener, socket, gate, doors::turned_away(listener), serve);
}

impl Running {
    /// Where it listens.
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// What it serves.
    pub fn installation(&self) -> &Installation {
        &self.installation
    }

    /// The acts on what it serves.
    pub fn provisioning(&self) -> Provisioning {
        self.control.load().provisioning.clone()
    }

    /// Resolves when the disk failed: the process must end, without a further word to the disk (hostile F5).
    pub async fn failed(&self) -> DbError {
        self.installation.db.failed().await
    }

    /// Reads configuration and certificate again. New sessions follow the new ones; open sessions live on. What cannot
    /// change without a restart (`data_dir`, `[listen]`) is said in the log.
    ///
    /// # Errors
    /// The first thing that is wrong; then everything stays as it was.
    pub async fn reload(&self, file: &Path) -> Result<(), ReloadError> {
        let new = Config::load(file)?;
        let tls = certificate::load(&new)?;
        let outward = outward::settings(&new)?;
        installation::check_seal(&new)?;
        let old = &self.installation.config;
        let zone = names::answered(&new, &self.addresses, &self.installation.clock, &self.installation.keys)?;
        let fixed =
            |config: &Config| (config.server.data_dir.clone(), config.listen.clone(), config.dns.listen.clone());
        if fixed(&new) != fixed(old) {
            tracing::warn!("server.data_dir, [listen] and dns.listen change at the next restart only");
        }
        // First what may fail: a reload is whole or none.
        self.installation.directory.configure(installation::department(&new)).await?;
        self.installation.sign_for(&new).await?;
        self.installation.access.configure(installation::login_rules(&new));
        self.outward.store(Arc::new(outward));
        self.installation.delivery.configure(installation::outbound(&new, &self.installation.keys));
        self.installation.filters.configure(installation::filter_settings(&new));
        self.installation.queue.configure(new.relay.terms());
        self.doors.store(Arc::new(Doors::new(
            &self.installation,
            &new,
            &self.addresses,
            &tls,
            zone,
            &self.sessions.drain(),
        )));
        self.control.store(Arc::new(self.installation.control(&new, Some(&self.addresses))));
        Ok(())
    }

    /// Stops accepting, lets sessions finish, and closes the database: within 10 s.
    pub async fn shutdown(self) {
        Addresses::remove(&self.installation.config.server.data_dir);
        self.sessions.end(&self.answering).await;
        self.installation.close().await;
    }
}

/// Why a reload was not done.
#[derive(Debug, thiserror::Error)]
pub enum ReloadError {
    /// The configuration, or the certificate that it names.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The directory could not take over the domains.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The keys of a domain.
    #[error(transparent)]
    Keys(#[from] OpenError),
}
