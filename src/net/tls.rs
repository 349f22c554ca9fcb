//! TLS 1.2 and 1.3 with a certificate that can be replaced while connections live (RFC 8314, RFC 9325).

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::anybody::Anybody;
use super::clients::Clients;
use super::{Stream, WireError};
use crate::limits;

/// Takes connections into TLS with the certificate that holds now.
pub struct Tls {
    acceptor: TlsAcceptor,
    clients: Arc<Clients>,
    current: Arc<Current>,
    certificate: PathBuf,
    key: PathBuf,
}

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read or written.
    #[error("{}: {cause}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// A file is not PEM, or holds nothing of the kind expected.
    #[error("{}: {cause}", path.display())]
    Pem {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        cause: pem::Error,
    },
    /// There is no certificate in the file.
    #[error("{}: there is no certificate in this file", .0.display())]
    NoCertificate(PathBuf),
    /// Every account of the machine can read the key (hostile B91).
    #[error("{}: everybody on this machine can read the key; its mode must be 0600", .0.display())]
    KeyExposed(PathBuf),
    /// The key belongs to another certificate, or is of a kind that TLS does not use.
    #[error("{} and {} do not go together: {cause}", certificate.display(), key.display())]
    Mismatch {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// What the library found.
        cause: rustls::Error,
    },
    /// The certificate is not X.509.
    #[error("{}: not an X.509 certificate", .0.display())]
    Certificate(PathBuf),
    /// A certificate could not be made.
    #[error("no certificate could be made: {0}")]
    Make(#[from] rcgen::Error),
}

/// A certificate that was read and found usable.
#[derive(Debug)]
struct Pair {
    key: Arc<CertifiedKey>,
    expires: Timestamp,
}

/// One certificate for every name a client asks for: SNI never names a file (hostile B70).
#[derive(Debug)]
struct Current(ArcSwap<Pair>);

impl ResolvesServerCert for Current {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.load().key))
    }
}

impl Tls {
    /// Reads a certificate chain and its key, both PEM.
    ///
    /// # Errors
    /// Names the file, and whether it is missing, malformed, readable by all, or half of another pair.
    pub fn load(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let pair = read(certificate, key, &provider)?;
        let current = Arc::new(Current(ArcSwap::from_pointee(pair)));
        let config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13, &TLS12])
            .map_err(|cause| mismatch(certificate, key, cause))?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&current) as Arc<dyn ResolvesServerCert>);
        let (acceptor, clients) = (TlsAcceptor::from(Arc::new(config)), Arc::default());
        Ok(Self { acceptor, clients, current, certificate: certificate.to_owned(), key: key.to_owned() })
    }

    /// The same certificate for connections on which clients are asked for theirs, if any of theirs are known.
    ///
    /// # Errors
    /// Those of the library, which takes what it took in [`Tls::load`].
    pub fn asking(&self, clients: Clients) -> Result<Self, TlsError> {
        let (certificate, key) = (self.certificate.clone(), self.key.clone());
        let mut acceptor = self.acceptor.clone();
        if clients.are_known() {
            let provider = Arc::new(aws_lc_rs::default_provider());
            let config = ServerConfig::builder_with_provider(provider.clone())
                .with_protocol_versions(&[&TLS13, &TLS12])
                .map_err(|cause| mismatch(&certificate, &key, cause))?
                .with_client_cert_verifier(Arc::new(Anybody(provider)))
                .with_cert_resolver(Arc::clone(&self.current) as Arc<dyn ResolvesServerCert>);
            acceptor = TlsAcceptor::from(Arc::new(config));
        }
        Ok(Self { acceptor, clients: Arc::new(clients), current: Arc::clone(&self.current), certificate, key })
    }

    /// Whether the client showed a certificate that is known.
    pub fn knows(&self, stream: &Stream) -> bool {
        stream.certificates().is_some_and(|shown| self.clients.knows(shown))
    }

    /// Reads the files again; handshakes from now on show what they hold, connections live on (hostile F30).
    ///
    /// # Errors
    /// As [`Tls::load`]; then the old certificate stays in use.
    pub fn reload(&self) -> Result<(), TlsError> {
        let pair = read(&self.certificate, &self.key, &aws_lc_rs::default_provider())?;
        self.current.0.store(Arc::new(pair));
        Ok(())
    }

    /// When the certificate in use ends.
    pub fn expires(&self) -> Timestamp {
        self.current.0.load().expires
    }

    /// Makes the handshake, within [`limits::TLS_HANDSHAKE_MAX`].
    pub async fn accept(&self, stream: TcpStream) -> Result<Stream, WireError> {
        let handshake = timeout(limits::TLS_HANDSHAKE_MAX, self.acceptor.accept(stream));
        let stream = handshake.await.map_err(|_| WireError::TimedOut)??;
        Ok(Stream::Tls(Box::new(stream)))
    }
}

/// Makes a certificate for `names` (host names and IP addresses) that ends in ten years, and its key, readable by their
/// owner only. Clients ask once whether to trust it; renewing it sooner would make them ask again for nothing.
pub fn self_signed(names: &[String], certificate: &Path, key: &Path) -> Result<(), TlsError> {
    let today = Timestamp::now().to_zoned_datetime(TimeZone::UTC).date();
    let (first, last) = (today.saturating_sub(1.day()), today.saturating_add(10.years()));
    let day = |of: Date| rcgen::date_time_ymd(of.year().into(), of.month().unsigned_abs(), of.day().unsigned_abs());
    let mut params = rcgen::CertificateParams::new(names)?;
    (params.not_before, params.not_after) = (day(first), day(last));
    params.distinguished_name = rcgen::DistinguishedName::new();
    if let Some(name) = names.first() {
        params.distinguished_name.push(rcgen::DnType::CommonName, name.as_str());
    }
    let pair = rcgen::KeyPair::generate()?;
    let made = params.self_signed(&pair)?;
    write_private(key, &pair.serialize_pem())?;
    write_private(certificate, &made.pem())
}

/// When the first certificate of a PEM file ends: for `check`, which looks at files that are not in use yet.
pub fn expiry(certificate: &Path) -> Result<Timestamp, TlsError> {
    let chain = chain(certificate)?;
    chain.first().and_then(not_after).ok_or_else(|| TlsError::Certificate(certificate.to_owned()))
}

fn read(certificate: &Path, key: &Path, provider: &CryptoProvider) -> Result<Pair, TlsError> {
    let chain = chain(certificate)?;
    let expires = chain.first().and_then(not_after).ok_or_else(|| TlsError::Certificate(certificate.to_owned()))?;
    let private = fs::read(key).map_err(|cause| file(key, cause))?;
    let mode = fs::metadata(key).map_err(|cause| file(key, cause))?.permissions().mode();
    if mode & 0o007 != 0 {
        return Err(TlsError::KeyExposed(key.to_owned()));
    }
    let private = PrivateKeyDer::from_pem_slice(&private).map_err(|cause| malformed(key, cause))?;
    let key = CertifiedKey::from_der(chain, private, provider).map_err(|cause| mismatch(certificate, key, cause))?;
    Ok(Pair { key: Arc::new(key), expires })
}

pub(super) fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let text = fs::read(path).map_err(|cause| file(path, cause))?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let chain = chain.map_err(|cause| malformed(path, cause))?;
    if chain.is_empty() { Err(TlsError::NoCertificate(path.to_owned())) } else { Ok(chain) }
}

fn not_after(certificate: &CertificateDer<'_>) -> Option<Timestamp> {
    let (_, parsed) = x509_parser::parse_x509_certificate(certificate).ok()?;
    Timestamp::from_second(parsed.validity().not_after.timestamp()).ok()
}

/// Writes a new file that only its owner can read from its first moment on.
fn write_private(path: &Path, text: &str) -> Result<(), TlsError> {
    let create = || -> io::Result<()> {
        let mut written = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
        written.write_all(text.as_bytes())?;
        File::sync_all(&written)
    };
    create().map_err(|cause| file(path, cause))
}

fn file(path: &Path, cause: io::Error) -> TlsError {
    TlsError::File { path: path.to_owned(), cause }
}

fn malformed(path: &Path, cause: pem::Error) -> TlsError {
    TlsError::Pem { path: path.to_owned(), cause }
}

fn mismatch(certificate: &Path, key: &Path, cause: rustls::Error) -> TlsError {
    TlsError::Mismatch { certificate: certificate.to_owned(), key: key.to_owned(), cause }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn made(dir: &Path, name: &str) -> (PathBuf, PathBuf) {
        let (certificate, key) = (dir.join(format!("{name}.crt")), dir.join(format!("{name}.key")));
        self_signed(&["mail.x.vn".to_owned(), "127.0.0.1".to_owned()], &certificate, &key).unwrap();
        (certificate, key)
    }

    #[test]
    fn a_bad_reload_keeps_the_old_certificate_and_says_why() {
        let dir = tempfile::tempdir().unwrap();
        let (certificate, key) = made(dir.path(), "a");
        let (_, other) = made(dir.path(), "b");
        let tls = Tls::load(&certificate, &key).unwrap();
        let before = Arc::clone(&tls.current.0.load().key);
        fs::copy(&other, &key).unwrap();
        assert!(matches!(tls.reload(), Err(TlsError::Mismatch { .. })));
        assert!(Arc::ptr_eq(&before, &tls.current.0.load().key));
        self_signed(&["x.vn".to_owned()], &certificate, &key).unwrap();
        tls.reload().unwrap();
        assert!(!Arc::ptr_eq(&before, &tls.current.0.load().key));
    }

    #[test]
    fn a_key_that_everybody_can_read_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let (certificate, key) = made(dir.path(), "a");
        assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(Tls::load(&certificate, &key), Err(TlsError::KeyExposed(_))));
    }

    #[test]
    fn the_expiry_is_read_from_the_certificate() {
        let dir = tempfile::tempdir().unwrap();
        let (certificate, key) = made(dir.path(), "a");
        let years = expiry(&certificate).unwrap().duration_since(Timestamp::now()).as_hours() / 24 / 365;
        assert!((9..=10).contains(&years), "{years}");
        assert!(matches!(expiry(&key), Err(TlsError::NoCertificate(_))));
    }
}
