//! The certificate: the configured one, or a self-signed pair made at the first start.

use std::sync::Arc;

use crate::config::{Config, ConfigError, files};
use crate::net::{Clients, Tls, tls};

/// The certificate, as the ports need it.
pub(super) struct Certificates {
    /// Where people connect.
    pub(super) people: Arc<Tls>,
    /// Where servers do, which may be known by theirs.
    pub(super) servers: Arc<Tls>,
}

/// Loads the certificate, making a self-signed one where none is configured and none was made yet.
///
/// # Errors
/// [`ConfigError`] at `tls.key` or `tls.certificate`: a missing file, a key that others can read, a pair that does not match.
pub(super) fn load(config: &Config) -> Result<Certificates, ConfigError> {
    if config.tls.certificate.is_none() && !config.tls_files().0.exists() {
        make(config)?;
    }
    let people = check(config)?;
    let servers = for_servers(config, &people)?;
    Ok(Certificates { people: Arc::new(people), servers: Arc::new(servers) })
}

/// Reads the certificate, and those by which servers are known, without using them.
///
/// # Errors
/// As [`load`], and where none was made yet.
pub fn check(config: &Config) -> Result<Tls, ConfigError> {
    let (certificate, key) = config.tls_files();
    files::check_file(&key).map_err(|error| config.wrong("tls", "key", error.to_string()))?;
    let tls = Tls::load(&certificate, &key);
    let tls = tls.map_err(|error| config.wrong("tls", "certificate", error.to_string()))?;
    for_servers(config, &tls).map(|_| tls)
}

/// The certificate for port 25, where other servers may be known by theirs.
///
/// # Errors
/// [`ConfigError`] at `relay.trusted_authority`.
fn for_servers(config: &Config, tls: &Tls) -> Result<Tls, ConfigError> {
    let wrong = |error: String| config.wrong("relay", "trusted_authority", error);
    let (known, authority) = (config.relay.trusted_certificates.clone(), config.relay.trusted_authority.as_deref());
    let clients = Clients::new(known, authority).map_err(|error| wrong(error.to_string()))?;
    tls.asking(clients).map_err(|error| wrong(error.to_string()))
}

/// Self-signed, for the host name and for the addresses that people may type instead.
fn make(config: &Config) -> Result<(), ConfigError> {
    let (certificate, key) = config.tls_files();
    let mut names = vec![config.server.hostname.to_string()];
    for address in config.listen.imaps.iter().chain(&config.listen.submissions).chain(&config.listen.https) {
        let ip = address.0.ip();
        if !ip.is_unspecified() && !names.contains(&ip.to_string()) {
            names.push(ip.to_string());
        }
    }
    if let Some(directory) = key.parent() {
        files::make_directory(directory).map_err(|error| ConfigError::Read { file: directory.to_owned(), error })?;
    }
    tls::self_signed(&names, &certificate, &key)
        .map_err(|error| config.wrong("tls", "certificate", error.to_string()))?;
    tracing::info!(certificate = %certificate.display(), ?names, "made a self-signed certificate");
    Ok(())
}
