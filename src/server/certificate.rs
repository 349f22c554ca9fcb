//! The certificate: the configured one, or a self-signed pair made at the first start.

use crate::config::{Config, ConfigError, files};
use crate::net::{Tls, tls};

/// Loads the certificate, making a self-signed one where none is configured and none was made yet.
///
/// # Errors
/// [`ConfigError`] at `tls.key` or `tls.certificate`: a missing file, a key that others can read, a pair that does not match.
pub(super) fn load(config: &Config) -> Result<Tls, ConfigError> {
    if config.tls.certificate.is_none() && !config.tls_files().0.exists() {
        make(config)?;
    }
    check(config)
}

/// Reads the certificate without using it.
///
/// # Errors
/// As [`load`], and where none was made yet.
pub fn check(config: &Config) -> Result<Tls, ConfigError> {
    let (certificate, key) = config.tls_files();
    files::check_file(&key).map_err(|error| config.wrong("tls", "key", error.to_string()))?;
    Tls::load(&certificate, &key).map_err(|error| config.wrong("tls", "certificate", error.to_string()))
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
