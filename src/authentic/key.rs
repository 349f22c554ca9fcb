//! One pair of keys of a domain: an Ed25519 key and an RSA key, which sign every message both.

use std::path::Path;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair, RsaKeyPair};
use data_encoding::BASE64;
use mail_auth::crypto::{Ed25519Key, RsaKey, Sha256, SigningKey};
use mail_auth::dkim::DkimSigner;
use mail_auth::headers::HeaderWriter;
use mail_auth::signer::Ready;
use rustls::pki_types::PrivateKeyDer;
use serde::{Deserialize, Serialize};

use super::error::KeyError;
use crate::address::Domain;
use crate::seal::{self, SealError};

/// What is signed (RFC 6376 §5.4.1): what a reader sees, and what decides how it is shown. Each is named once more than it is
/// there, so that none can be added (§8.15). Fields that lists put in are not among them.
const SIGNED: [&str; 12] = [
    "From",
    "Reply-To",
    "Subject",
    "Date",
    "To",
    "Cc",
    "Message-ID",
    "In-Reply-To",
    "References",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
];

/// A TXT record that makes a key known: RFC 6376 §3.6.2.1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// `SELECTOR._domainkey.DOMAIN`, without a final dot.
    pub name: String,
    /// The text in one piece, of any length.
    pub txt: String,
}

/// A pair, ready to sign.
pub(super) struct SigningPair {
    ed25519: DkimSigner<Ed25519Key, Ready>,
    rsa: DkimSigner<RsaKey<Sha256>, Ready>,
    pub(super) records: [Record; 2],
}

/// The selector of a pair's Ed25519 key.
pub(super) fn ed25519_selector(pair: &str) -> String {
    format!("{pair}e")
}

/// The selector of a pair's RSA key.
pub(super) fn rsa_selector(pair: &str) -> String {
    format!("{pair}r")
}

impl SigningPair {
    /// Makes the two keys and keeps them.
    pub(super) fn make(dir: &Path, pair: &str) -> Result<(), KeyError> {
        // RFC 8301 §3.2: 2048 bits at least, which is also what fits into the answers of DNS.
        let rsa = aws_lc_rs::rsa::KeyPair::generate(KeySize::Rsa2048).map_err(|_| KeyError::Made)?;
        let rsa: Pkcs8V1Der<'_> = rsa.as_der().map_err(|_| KeyError::Made)?;
        let ed25519 = Ed25519KeyPair::generate().map_err(|_| KeyError::Made)?;
        let ed25519 = ed25519.to_pkcs8v1().map_err(|_| KeyError::Made)?;
        for (selector, der) in [(rsa_selector(pair), rsa.as_ref()), (ed25519_selector(pair), ed25519.as_ref())] {
            let path = file(dir, &selector);
            seal::keep(&path, &seal::pem(der)).map_err(|error| KeyError::File { file: path, error })?;
        }
        Ok(())
    }

    /// Reads the two keys.
    pub(super) fn read(dir: &Path, domain: &Domain, pair: &str) -> Result<Self, KeyError> {
        let (ed25519, ed25519_txt) = read(dir, &ed25519_selector(pair), |der| {
            let txt = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).ok()?.public_key().as_ref().to_vec();
            Some((
                Ed25519Key::from_pkcs8_maybe_unchecked_der(der).ok()?,
                format!("k=ed25519; p={}", BASE64.encode(&txt)),
            ))
        })?;
        let (rsa, rsa_txt) = read(dir, &rsa_selector(pair), |der| {
            // As everybody publishes it, and RFC 6376 means it by its erratum 3017.
            let public: PublicKeyX509Der<'_> = RsaKeyPair::from_pkcs8(der).ok()?.public_key().as_der().ok()?;
            let key = RsaKey::from_key_der(PrivateKeyDer::Pkcs8(der.into())).ok()?;
            Some((key, format!("k=rsa; p={}", BASE64.encode(public.as_ref()))))
        })?;
        let record =
            |selector, txt| Record { name: format!("{selector}._domainkey.{domain}"), txt: format!("v=DKIM1; {txt}") };
        Ok(Self {
            records: [record(ed25519_selector(pair), ed25519_txt), record(rsa_selector(pair), rsa_txt)],
            ed25519: signer(ed25519, domain, ed25519_selector(pair)),
            rsa: signer(rsa, domain, rsa_selector(pair)),
        })
    }

    /// The two fields that sign a message.
    pub(super) fn sign(&self, message: &[u8]) -> Result<String, mail_auth::Error> {
        // Whoever knows no Ed25519 finds the other one first.
        Ok(self.rsa.sign(message)?.to_header() + &self.ed25519.sign(message)?.to_header())
    }
}

/// The file of a key.
pub(super) fn file(dir: &Path, selector: &str) -> std::path::PathBuf {
    dir.join(format!("{selector}.pem"))
}

fn read<T>(dir: &Path, selector: &str, parse: impl FnOnce(&[u8]) -> Option<T>) -> Result<T, KeyError> {
    let path = file(dir, selector);
    match seal::read_pkcs8(&path) {
        Ok(Some(der)) => parse(der.secret_pkcs8_der()).ok_or(KeyError::Malformed(path)),
        Ok(None) | Err(SealError::Malformed(_)) => Err(KeyError::Malformed(path)),
        Err(error) => Err(error.into()),
    }
}

fn signer<K: SigningKey>(key: K, domain: &Domain, selector: String) -> DkimSigner<K, Ready> {
    let twice = SIGNED.iter().flat_map(|name| [*name, *name]);
    DkimSigner::from_key(key).domain(domain.as_str()).selector(selector).headers(twice)
}
