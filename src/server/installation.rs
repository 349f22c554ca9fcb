//! Everything of one data directory, open: what the daemon serves, and what the command line acts on when none runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::access::{Access, Rate, Rates, Rules};
use crate::address::Domain;
use crate::authentic::{KeyError, Keys};
use crate::clock::Clock;
use crate::config::{self, Config, ConfigError, files};
use crate::control;
use crate::credential::{Hasher, Policy};
use crate::db::{Db, DbError};
use crate::delivery::{self, Delivery, Tagged};
use crate::directory::{Department, Directory};
use crate::feed::{self, Feed, Keeper};
use crate::limits;
use crate::metrics::{Listener, Metrics};
use crate::milter::{self, Filters};
use crate::provisioning::items::Terms;
use crate::provisioning::{ClientSettings, Endpoint, Provisioning, Settings};
use crate::queue::Queue;
use crate::report::Reports;
use crate::seal::SealFile;
use crate::sharing::{self, Sharing};
use crate::smtp;
use crate::spool::Spool;
use crate::store::{Store, StoreError};
use crate::text::fold;
use crate::web;

use jiff::Timestamp;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep};

use super::{Addresses, Lock, LockError, names};

/// An open data directory. One process has it at a time.
pub struct Installation {
    /// The configuration it was opened with.
    pub config: Config,
    /// The database.
    pub db: Db,
    /// The office's time.
    pub clock: Clock,
    /// People, units, mailboxes, addresses.
    pub directory: Directory,
    /// Folders and messages.
    pub store: Store,
    /// Mail on its way out.
    pub queue: Queue,
    /// Sign mail.
    pub keys: Keys,
    /// Delivers mail, and knows who was told of closed mailboxes: a reload does not make it tell them again.
    pub delivery: Delivery,
    /// What looks at mail, and which of it is down.
    pub filters: Filters,
    /// Hashes passwords.
    pub hasher: Hasher,
    /// Who may log in.
    pub access: Access,
    /// Who is signed in on the staff page.
    pub pages: web::Sessions,
    /// Memory for messages on their way in; a permit is a KiB.
    pub in_flight: Arc<Semaphore>,
    /// When devices last sent.
    pub devices: smtp::Devices,
    /// Where large messages wait until all of them has come.
    pub spool: Arc<Spool>,
    /// Counters since the start.
    pub metrics: Metrics,
    /// When it was opened.
    pub opened: Timestamp,
    _lock: Lock,
}

/// Why a data directory cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Not made yet, or others may enter it.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Another process has it.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The file of the database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// What the database holds.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keys that sign mail.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The system has none to give.
    #[error("randomness: {0}")]
    Randomness(std::io::Error),
}

impl Installation {
    /// Takes the lock and opens the database, bringing an older one up to date. What time it is, the clock says.
    pub async fn open(config: Config, clock: Clock) -> Result<Self, OpenError> {
        let data_dir = &config.server.data_dir;
        files::check_directory(data_dir)
            .and_then(|()| files::check_owner(data_dir))
            .map_err(|error| config.wrong("server", "data_dir", error.to_string()))?;
        check_seal(&config)?;
        let lock = Lock::take(data_dir)?;
        let db = Db::open(&database(data_dir)).await?;
        let directory = Directory::open(&db, department(&config)).await?;
        let adopted = feed::adopt(&db, &directory, &clock).await?;
        if adopted > 0 {
            tracing::info!(rows = adopted, "what an older release left is in the audit now");
        }
        let store = Store::open(db.clone(), clock.clone()).await?;
        let queue = Queue::new(config.relay.terms());
        let delivery = Delivery::new(db.clone(), store.clone(), directory.clone(), queue.clone(), clock.clone());
        let keys = open_keys(&config, &clock).await?;
        delivery.configure(outbound(&config, &keys));
        let hasher = Hasher::new();
        let access =
            Access::new(&db, &directory, &hasher, &clock, login_rules(&config)).map_err(OpenError::Randomness)?;
        let pages = web::Sessions::new().map_err(OpenError::Randomness)?;
        let in_flight = Arc::new(Semaphore::new(limits::IN_FLIGHT_KIB_MAX));
        let filters = Filters::new(in_flight.clone());
        filters.configure(filter_settings(&config));
        let spool = Spool::new(data_dir);
        let (metrics, opened) = (Metrics::default(), clock.now());
        Ok(Self {
            config,
            db,
            clock,
            directory,
            store,
            queue,
            keys,
            delivery,
            filters,
            hasher,
            access,
            pages,
            in_flight,
            devices: smtp::Devices::default(),
            spool,
            metrics,
            opened,
            _lock: lock,
        })
    }

    /// The same, after a command that is at work in the directory, which takes moments. Where another daemon serves it, it is
    /// refused at once (hostile F17).
    pub async fn open_when_free(config: Config, clock: Clock) -> Result<Self, OpenError> {
        let until = Instant::now() + limits::LOCK_WAIT_MAX;
        loop {
            match Self::open(config.clone(), clock.clone()).await {
                Err(OpenError::Lock(LockError::Held { .. }))
                    if Instant::now() < until && !control::listens(&config.server.data_dir).await =>
                {
                    sleep(limits::LOCK_RETRY_WAIT).await;
                }
                opened => return opened,
            }
        }
    }

    /// What requests act on, by the daemon that listens at these addresses, or without one.
    pub fn control(&self, config: &Config, addresses: Option<&Addresses>) -> control::Services {
        let seal = SealFile::at(&config.signing_key());
        control::Services {
            provisioning: Provisioning {
                db: self.db.clone(),
                directory: self.directory.clone(),
                store: self.store.clone(),
                hasher: self.hasher.clone(),
                clock: self.clock.clone(),
                settings: Arc::new(settings(config, addresses)),
            },
            access: self.access.clone(),
            queue: self.queue.clone(),
            delivery: self.delivery.clone(),
            keys: self.keys.clone(),
            filters: self.filters.clone(),
            sharing: Sharing {
                db: self.db.clone(),
                store: self.store.clone(),
                directory: self.directory.clone(),
                clock: self.clock.clone(),
                // Looked at when the configuration was read.
                settings: Arc::new(config.shares.settings().unwrap_or_default()),
            },
            reports: Reports {
                db: self.db.clone(),
                store: self.store.clone(),
                directory: self.directory.clone(),
                clock: self.clock.clone(),
                settings: Arc::new(config.report.settings(config.shares.settings().unwrap_or_default().workdays)),
            },
            feed: Feed {
                seal: seal.clone(),
                organisation: config.organisation.name.as_str().into(),
                domain: config.organisation.domain.clone(),
                provincial: config.organisation.provincial_domain.clone(),
            },
            keeper: Keeper {
                db: self.db.clone(),
                clock: self.clock.clone(),
                seal,
                heads: config.audit_heads().into(),
                retention: config.audit.retention,
                province: config.organisation.provincial_domain.is_some(),
                failed: Arc::default(),
            },
            metrics: self.metrics.clone(),
            archives: config.archive(),
            expunged_kept: config.mail.expunged_kept,
            certificate: config.tls_files().0,
            surroundings: names::surroundings(config, addresses, &self.clock, &self.keys),
            running_since: addresses.map(|_| self.opened),
        }
    }

    /// Signs for the domains of another configuration from now on.
    pub(super) async fn sign_for(&self, config: &Config) -> Result<(), OpenError> {
        let (keys, domains, today) = (self.keys.clone(), signed_domains(config), self.clock.today());
        let configured = tokio::task::spawn_blocking(move || keys.configure(&domains, today)).await;
        configured.map_err(|_| KeyError::Made)?.map_err(OpenError::Keys)
    }

    /// Finishes what is being written and gives the directory free.
    pub async fn close(self) {
        if let Err(error) = self.access.close().await {
            tracing::warn!(%error, "the last log-ins, and what people sent lately, are not written down");
        }
        self.db.close().await;
    }
}

/// The one file of a data directory that holds everything.
pub fn database(data_dir: &Path) -> PathBuf {
    data_dir.join("hopthu.db")
}

/// Refuses a signing key that others can read, or that is none. It need not be there yet.
pub(super) fn check_seal(config: &Config) -> Result<(), ConfigError> {
    let opened = SealFile::at(&config.signing_key()).open();
    opened.map(drop).map_err(|error| config.wrong("province", "signing_key", error.to_string()))
}

/// What the directory is to know of the whole organisation.
pub(super) fn department(config: &Config) -> Department {
    let organisation = &config.organisation;
    Department {
        own: organisation.domain.clone(),
        provincial: organisation.provincial_domain.clone(),
        // The department's mailbox answers for postmaster@ and the like.
        postmaster: None,
        leaders: organisation.leaders.iter().map(|position| fold(position)).collect(),
        office: organisation.office.clone(),
        name: organisation.name.clone(),
    }
}

/// What the configuration says about logging in.
pub(super) fn login_rules(config: &Config) -> Rules {
    let throttle = &config.passwords.throttle;
    let rate = |rate: &config::Rate| Rate { burst: rate.burst.get(), every: rate.every.0 };
    let rates = Rates { pair: rate(&throttle.pair), name: rate(&throttle.name), network: rate(&throttle.network) };
    Rules { rates, first_password_days: config.passwords.first_password_days }
}

/// What the configuration says about mail that goes elsewhere.
pub(super) fn outbound(config: &Config, keys: &Keys) -> delivery::Settings {
    let (hostname, routing) = (config.server.hostname.to_string(), config.relay.routing());
    // Looked at when the configuration was read.
    let shared = config.shares.settings().unwrap_or_default();
    let tagged = |section: sharing::Section| Tagged { tag: section.tag(), name: section.name, folder: section.folder };
    let sections = shared.sections.into_iter().map(tagged).collect();
    delivery::Settings { hostname, routing, keys: keys.clone(), sections }
}

/// The keys of the domains that we sign for; those that are not there are made, which takes some hundred milliseconds.
async fn open_keys(config: &Config, clock: &Clock) -> Result<Keys, OpenError> {
    let (dir, domains, today) = (config.server.data_dir.join("keys/dkim"), signed_domains(config), clock.today());
    let opened = tokio::task::spawn_blocking(move || Keys::open(dir, &domains, today)).await;
    opened.map_err(|_| KeyError::Made)?.map_err(OpenError::Keys)
}

/// Our own domain, and those that the configuration names beside it.
fn signed_domains(config: &Config) -> Vec<Domain> {
    std::iter::once(&config.organisation.domain).chain(&config.authentic.sign_also).cloned().collect()
}

/// What the configuration says about filters.
pub(super) fn filter_settings(config: &Config) -> milter::Settings {
    milter::Settings {
        filters: config.filter.iter().map(config::Filter::terms).collect(),
        message_bytes_max: message_bytes_max(config),
    }
}

/// The largest message that is taken.
pub(super) fn message_bytes_max(config: &Config) -> usize {
    usize::try_from(config.mail.max_message_size.0).unwrap_or(usize::MAX)
}

/// What the configuration says about acts.
fn settings(config: &Config, addresses: Option<&Addresses>) -> Settings {
    let endpoint =
        |listener| Endpoint { host: config.server.hostname.to_string(), port: port(config, addresses, listener) };
    Settings {
        organisation: config.organisation.name.clone(),
        name_rule: config.organisation.name_rule.clone(),
        passwords: Policy { min_length: config.passwords.min_length },
        quota_bytes: config.mail.quota.0,
        requests: config.organisation.requests,
        departure: config.departure.terms(),
        work: Terms {
            answer_within: config.units.answer_within.0,
            // Looked at when the configuration was read.
            workdays: config.shares.settings().unwrap_or_default().workdays,
        },
        client: ClientSettings {
            imap: endpoint(Listener::Imaps),
            submission: endpoint(Listener::Submissions),
            page: page(config, addresses),
        },
    }
}

/// Where the staff page is, as far as it is known: a free port is known once it is listened at.
fn page(config: &Config, addresses: Option<&Addresses>) -> Option<String> {
    let hostname = &config.server.hostname;
    Some(match known_port(config, addresses, Listener::Https)? {
        443 => format!("https://{hostname}/"),
        port => format!("https://{hostname}:{port}/"),
    })
}

/// The port that mail programs are told: the one listened at, else the configured one, else the standard one.
fn port(config: &Config, addresses: Option<&Addresses>, listener: Listener) -> u16 {
    let standard = if listener == Listener::Imaps { 993 } else { 465 };
    known_port(config, addresses, listener).unwrap_or(standard)
}

pub(super) fn known_port(config: &Config, addresses: Option<&Addresses>, listener: Listener) -> Option<u16> {
    let real = addresses.and_then(|addresses| addresses.of(listener)).map(|address| address.port());
    let configured = || config.listens(listener).first().map(|address| address.0.port()).filter(|port| *port != 0);
    real.or_else(configured)
}
