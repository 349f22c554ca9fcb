//! Connections to other servers: TLS with certificates that the system trusts, or that a file names.

use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::ServerName;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::anybody::Anybody;
use super::tls::{self, TlsError};
use super::{Wire, WireError};
use crate::limits;

/// What a connection to another server stands on, in clear or under TLS.
pub trait Link: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Link for S {}

/// A connection to another server.
pub type Outward = Wire<Box<dyn Link>>;

/// By which certificates other servers are trusted.
pub struct Trust(TlsConnector);

/// Why other servers cannot be trusted.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The system has no certificates.
    #[error("this system has no trusted certificates (package ca-certificates): {0}")]
    System(String),
    /// The file.
    #[error(transparent)]
    File(#[from] TlsError),
    /// A certificate that no signature can be checked with.
    #[error("{0}")]
    Certificate(#[from] rustls::Error),
}

impl Trust {
    /// Those of the system.
    pub fn of_system() -> Result<Self, TrustError> {
        let found = rustls_native_certs::load_native_certs();
        let mut roots = RootCertStore::empty();
        let (added, _) = roots.add_parsable_certificates(found.certs);
        if added == 0 {
            let errors: Vec<_> = found.errors.iter().map(ToString::to_string).collect();
            return Err(TrustError::System(errors.join("; ")));
        }
        Self::of(roots)
    }

    /// Those of a PEM file.
    pub fn of_file(path: &Path) -> Result<Self, TrustError> {
        let mut roots = RootCertStore::empty();
        for certificate in tls::chain(path)? {
            roots.add(certificate)?;
        }
        Self::of(roots)
    }

    /// Whoever answers: what is encrypted is not read by those who only listen (RFC 7435).
    pub fn of_anybody() -> Result<Self, TrustError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(&[&TLS13, &TLS12])?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Anybody(provider)))
            .with_no_client_auth();
        Ok(Self(TlsConnector::from(Arc::new(config))))
    }

    fn of(roots: RootCertStore) -> Result<Self, TrustError> {
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(&[&TLS13, &TLS12])?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self(TlsConnector::from(Arc::new(config))))
    }

    /// Makes the handshake with the server of this name.
    pub async fn secure(&self, host: &str, stream: impl Link + 'static) -> Result<Outward, WireError> {
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        let handshake = timeout(limits::TLS_HANDSHAKE_MAX, self.0.connect(name, stream));
        let stream = handshake.await.map_err(|_| WireError::TimedOut)??;
        Ok(Wire::new(Box::new(stream)))
    }
}

/// Connects, by whichever of the name's addresses answers.
pub async fn connect(host: &str, port: u16) -> Result<TcpStream, WireError> {
    let connecting = timeout(limits::REMOTE_CONNECT_WAIT_MAX, TcpStream::connect((host, port)));
    let stream = connecting.await.map_err(|_| WireError::TimedOut)??;
    stream.set_nodelay(true)?;
    Ok(stream)
}
