//! Authentic mail: what we send is signed, and what strangers send is looked at.
//!
//! [`Keys`] signs what our own people and the server itself write, with RSA and Ed25519 (DKIM: RFC 6376, RFC 8463).
//! [`Verifier`] asks DNS about what comes from servers that nobody here knows: SPF (RFC 7208), DKIM, ARC (RFC 8617) and
//! DMARC (RFC 9989), says what it found in one `Authentication-Results` field (RFC 8601), and what is to become of the
//! message. The standards are mail-auth's; here are their bounds, the keys, and what a failure leads to.
//!
//! Nothing waits for DNS that is not there: `names.rs` knows whether it is.

mod asking;
mod error;
mod field;
mod files;
mod key;
mod keys;
mod message;
mod names;
mod policy;
mod verify;

pub use error::KeyError;
pub use field::without_claims;
pub use key::Record;
pub use keys::{Keys, Pair, Standing};
pub use policy::{Policy, Response, Treatment};
pub use verify::{Arrival, Peer, Verdict, Verifier};

/// The records of every key that is kept, for the zones of their domains: those of keys that are not in use too, so that
/// what is still under way is verified, and a new key is known before it is used. A text may be longer than the 255
/// octets of one string of a TXT record (RFC 1035 §3.3.14); whoever writes the zone divides it (RFC 6376 §3.6.2.2).
///
/// # Errors
/// A file that cannot be read, or holds no key.
pub fn records(keys: &Keys) -> Result<Vec<Record>, KeyError> {
    Ok(keys.list()?.into_iter().flat_map(|pair| pair.records).collect())
}
