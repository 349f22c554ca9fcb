//! Machines that show a certificate of themselves when they connect, and those of them that are known.

use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use rustls::RootCertStore;
use rustls::crypto::aws_lc_rs as provider;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;

use super::outward::TrustError;
use super::tls;

/// SHA-256 of a certificate, as `openssl x509 -fingerprint -sha256` shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

/// A text is not a fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a fingerprint is SHA-256 in hexadecimal, 32 pairs with or without colons")]
pub struct FingerprintError;

/// Which certificates are known: each by its fingerprint, or all that an authority vouches for.
#[derive(Debug, Default)]
pub struct Clients {
    known: Vec<Fingerprint>,
    authority: Option<Arc<dyn ClientCertVerifier>>,
}

impl Clients {
    /// These, and those that the certificates of a PEM file vouch for.
    ///
    /// # Errors
    /// [`TrustError`] names what is wrong with the file.
    pub fn new(known: Vec<Fingerprint>, authority: Option<&Path>) -> Result<Self, TrustError> {
        let authority = authority.map(vouching).transpose()?;
        Ok(Self { known, authority })
    }

    /// Whether any are known, so that it is worth asking.
    pub fn are_known(&self) -> bool {
        !self.known.is_empty() || self.authority.is_some()
    }

    /// Whether the one who showed these certificates, its own first, is known.
    pub(super) fn knows(&self, shown: &[CertificateDer<'_>]) -> bool {
        let Some((own, others)) = shown.split_first() else { return false };
        let vouched =
            |verifier: &Arc<dyn ClientCertVerifier>| verifier.verify_client_cert(own, others, UnixTime::now()).is_ok();
        self.known.contains(&Fingerprint::of(own)) || self.authority.as_ref().is_some_and(vouched)
    }
}

fn vouching(file: &Path) -> Result<Arc<dyn ClientCertVerifier>, TrustError> {
    let mut roots = RootCertStore::empty();
    for certificate in tls::chain(file)? {
        roots.add(certificate)?;
    }
    let building = WebPkiClientVerifier::builder_with_provider(roots.into(), provider::default_provider().into());
    building.build().map_err(|error| TrustError::Certificate(rustls::Error::General(error.to_string())))
}

impl Fingerprint {
    /// Of a certificate.
    pub fn of(certificate: &CertificateDer<'_>) -> Self {
        let mut octets = [0; 32];
        octets.iter_mut().zip(digest(&SHA256, certificate).as_ref()).for_each(|(to, from)| *to = *from);
        Self(octets)
    }
}

impl FromStr for Fingerprint {
    type Err = FingerprintError;

    fn from_str(text: &str) -> Result<Self, FingerprintError> {
        let digits = text.replace(':', "").to_ascii_uppercase();
        let octets = data_encoding::HEXUPPER.decode(digits.as_bytes()).map_err(|_| FingerprintError)?;
        octets.try_into().map(Self).map_err(|_| FingerprintError)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXUPPER.encode(&self.0))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_read_as_openssl_writes_it() {
        let plain = "0A".repeat(32);
        let colons = vec!["0a"; 32].join(":");
        assert_eq!(plain.parse::<Fingerprint>(), colons.parse());
        assert_eq!(plain.parse::<Fingerprint>().unwrap().to_string(), plain);
        for bad in ["", "0A", "zz", &"0A".repeat(33)] {
            assert_eq!(bad.parse::<Fingerprint>(), Err(FingerprintError), "{bad}");
        }
    }
}
