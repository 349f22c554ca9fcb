//! Getting a request done: by the daemon while one runs, otherwise here, under the same lock and by the same code.

use tokio::time::{Instant, sleep};

use crate::config::{Config, ConfigError};
use crate::control::{self, Call, CallError, Caller, Exit, Failure, Origin, Reply, Request, execute};
use crate::language::Language;
use crate::limits;
use crate::server::daemon::DaemonError;
use crate::server::{Installation, LockError, OpenError, StartError};

/// Asks for one thing.
pub(super) async fn ask(config: &Config, language: Language, request: Request) -> Result<Reply, Failure> {
    let mut asking = Asking::new(config, language);
    let answer = asking.ask(request).await;
    asking.close().await;
    answer
}

/// Asks for one thing after the other: of the daemon, or of the data directory, which stays open in between.
pub(super) struct Asking<'c> {
    config: &'c Config,
    language: Language,
    here: Option<Installation>,
}

impl<'c> Asking<'c> {
    /// Nothing is opened yet.
    pub(super) fn new(config: &'c Config, language: Language) -> Self {
        Self { config, language, here: None }
    }

    /// Asks.
    pub(super) async fn ask(&mut self, request: Request) -> Result<Reply, Failure> {
        self.send(request, Vec::new()).await
    }

    /// Asks about messages that go along. A daemon that stops meanwhile leaves it to this process to go on.
    pub(super) async fn send(&mut self, request: Request, octets: Vec<u8>) -> Result<Reply, Failure> {
        let origin = Origin::of_environment(|variable| std::env::var(variable).ok());
        let call = Call { language: self.language, origin, request, octets };
        let until = Instant::now() + limits::LOCK_WAIT_MAX;
        loop {
            if let Some(installation) = &self.here {
                return here(installation, call).await;
            }
            let opened = match control::call(&self.config.server.data_dir, &call).await {
                Ok(answer) => return answer,
                Err(CallError::NotRunning(_)) => Installation::open(self.config.clone(), self.config.clock()).await,
                Err(error) => return Err(Failure::new(Exit::System, "daemon", &error.to_string())),
            };
            match opened {
                Ok(installation) => self.here = Some(installation),
                // Another command, which takes moments, or a daemon that listens soon or not any more.
                Err(OpenError::Lock(LockError::Held { .. })) if Instant::now() < until => {
                    sleep(limits::LOCK_RETRY_WAIT).await;
                }
                Err(error) => return Err(not_opened(&error)),
            }
        }
    }

    /// Gives the data directory free.
    pub(super) async fn close(self) {
        if let Some(installation) = self.here {
            installation.close().await;
        }
    }
}

/// Does one thing in the open data directory.
async fn here(installation: &Installation, call: Call) -> Result<Reply, Failure> {
    let services = installation.control(&installation.config, None);
    let caller = Caller::here(call.origin.clone());
    execute(call, &caller, &services).await
}

/// An answer to something else: the daemon is of another release.
pub(super) fn unexpected(reply: &Reply) -> Failure {
    Failure::new(Exit::System, "daemon", &format!("the daemon answered something else: {reply:?}"))
}

pub(super) fn misconfigured(error: &ConfigError) -> Failure {
    Failure::new(Exit::Input, "configuration", &error.to_string())
}

pub(super) fn not_opened(error: &OpenError) -> Failure {
    let (exit, code) = match error {
        OpenError::Config(_) => (Exit::Input, "configuration"),
        OpenError::Lock(_) => (Exit::System, "locked"),
        OpenError::Db(_) | OpenError::Store(_) => (Exit::System, "database"),
        OpenError::Keys(_) => (Exit::System, "keys"),
        OpenError::Randomness(_) => (Exit::System, "randomness"),
    };
    Failure::new(exit, code, &error.to_string())
}

pub(super) fn not_started(error: &DaemonError) -> Failure {
    let (exit, code) = match error {
        DaemonError::Start(StartError::Open(error)) => return not_opened(error),
        DaemonError::Start(StartError::Config(_)) => (Exit::Input, "configuration"),
        DaemonError::Start(StartError::Listen(_)) => (Exit::System, "listen"),
        DaemonError::Start(StartError::Run { .. }) => (Exit::System, "data_dir"),
        DaemonError::Signals(_) => (Exit::System, "signals"),
    };
    Failure::new(exit, code, &error.to_string())
}
