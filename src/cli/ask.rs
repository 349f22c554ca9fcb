//! Getting a request done: by the daemon while one runs, otherwise here, under the same lock and by the same code.

use crate::config::{Config, ConfigError};
use crate::control::{self, Call, CallError, Caller, Exit, Failure, Origin, Reply, Request, execute};
use crate::language::Language;
use crate::server::daemon::DaemonError;
use crate::server::{Installation, OpenError, StartError};

/// Asks for one thing.
pub(super) async fn ask(config: &Config, language: Language, request: Request) -> Result<Reply, Failure> {
    let origin = Origin::of_environment(|variable| std::env::var(variable).ok());
    let call = Call { language, origin, request };
    match control::call(&config.server.data_dir, &call).await {
        Ok(answer) => answer,
        Err(CallError::NotRunning(_)) => here(config.clone(), call).await,
        Err(error) => Err(Failure::new(Exit::System, "daemon", &error.to_string())),
    }
}

/// Opens the data directory, does one thing, and closes it.
async fn here(config: Config, call: Call) -> Result<Reply, Failure> {
    let clock = config.clock();
    let installation = Installation::open(config, clock).await.map_err(|error| not_opened(&error))?;
    let services = installation.control(&installation.config, None);
    let caller = Caller::here(call.origin.clone());
    let answer = execute(call, &caller, &services).await;
    installation.close().await;
    answer
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
