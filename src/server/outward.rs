//! The door out, made from the configuration; a reload gives it other settings.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio_util::sync::CancellationToken;

use super::Installation;
use crate::config::relay::{Route as Configured, RouteTls};
use crate::config::{Config, ConfigError, files};
use crate::credential::Secret;
use crate::limits;
use crate::net::outward::{Trust, TrustError};
use crate::relay::{Relay, Resolver, Route, Security, Services, Settings};

/// What the configuration says about other servers; the files that it names are read.
pub(super) fn settings(config: &Config) -> Result<Settings, ConfigError> {
    let wrong = |problem: String| config.wrong("relay", "route", problem);
    let routes = config.relay.route.iter().map(|configured| Ok((configured.name.clone(), route(configured, config)?)));
    let direct = Route {
        host: String::new(),
        port: config.relay.mx_port,
        security: Security::IfOffered,
        trust: Trust::of_anybody().map_err(|error| wrong(error.to_string()))?,
        login: None,
        patience: limits::RELAY_DATA_END_WAIT_MAX,
        connections: limits::RELAY_CONNECTIONS_USUAL,
    };
    Ok(Settings {
        hostname: config.server.hostname.to_string(),
        source: config.relay.source,
        routes: routes.collect::<Result<_, ConfigError>>()?,
        direct,
        resolver: Resolver::new(&config.relay.dns),
    })
}

fn route(configured: &Configured, config: &Config) -> Result<Route, ConfigError> {
    let untrusted = |error: TrustError| config.wrong("relay", "route", format!("{}: {error}", configured.name));
    let (security, trust) = match (configured.tls, &configured.trust) {
        (RouteTls::None, _) => (Security::Never, Trust::of_anybody()),
        (RouteTls::Opportunistic, _) => (Security::IfOffered, Trust::of_anybody()),
        (RouteTls::Required, Some(file)) => (Security::Required, Trust::of_file(file)),
        (RouteTls::Required, None) => (Security::Required, Trust::of_system()),
    };
    let login = match (&configured.username, &configured.password_file) {
        (Some(name), Some(file)) => Some((name.clone(), password(file, config)?)),
        _ => None,
    };
    Ok(Route {
        host: configured.host.clone(),
        port: configured.port,
        security,
        trust: trust.map_err(untrusted)?,
        login,
        patience: configured.patience.0,
        connections: configured.connections,
    })
}

/// The password in a file that only its owner may read; the end of its line does not belong to it.
fn password(path: &Path, config: &Config) -> Result<Secret, ConfigError> {
    files::check_file(path)?;
    let mut text = String::new();
    let read =
        std::fs::File::open(path).and_then(|file| file.take(limits::PASSWORD_FILE_BYTES_MAX).read_to_string(&mut text));
    read.map_err(|error| ConfigError::Read { file: path.to_owned(), error })?;
    let wrong = |problem: String| config.wrong("relay", "route", format!("{}: {problem}", path.display()));
    Secret::parse(text.trim_end_matches(['\r', '\n'])).map_err(|error| wrong(error.to_string()))
}

/// Sends what waits until the daemon drains.
pub(super) fn run(
    here: &Installation,
    settings: &Arc<ArcSwap<Settings>>,
    drain: CancellationToken,
) -> impl Future<Output = ()> + use<> {
    let services = Services {
        db: here.db.clone(),
        queue: here.queue.clone(),
        store: here.store.clone(),
        delivery: here.delivery.clone(),
        clock: here.clock.clone(),
        metrics: here.metrics.clone(),
    };
    Relay::new(services, settings.clone()).run(drain)
}
