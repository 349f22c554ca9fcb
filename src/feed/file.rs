//! A change file as octets: the same octets whenever it is written.

use aws_lc_rs::digest::{SHA256, digest};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::listing::Line;
use crate::address::Domain;
use crate::seal::Signature;

/// The first word of every file.
pub const FORMAT: &str = "hopthu-province-changes";
/// Rises when a reader of the old form would misunderstand the new one.
pub const VERSION: u32 = 1;

/// The first line of a file. Everything in it that is not in the audit's entries before is kept in the entry that
/// records the file, so that a later change of the configuration or key changes no file that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// [`FORMAT`].
    pub format: String,
    /// [`VERSION`].
    pub version: u32,
    /// From 1 without gaps.
    pub file: i64,
    /// SHA-256 of the whole file before, in hexadecimal; none before the first.
    pub previous: Option<String>,
    /// The department's name.
    pub organisation: String,
    /// The department's own domain.
    pub domain: Domain,
    /// The domain of the addresses below.
    pub provincial_domain: Domain,
    /// When the file was made.
    pub made: Timestamp,
    /// Which entries of the department's audit the file tells of.
    pub audit: Range,
    /// How many lines follow before the last.
    pub changes: usize,
    /// What the last line's signature is verified with: base64 of 32 octets (RFC 8032). Compare it with the one that the
    /// department gave you by another way.
    pub public_key: String,
}

/// Entries of the audit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// After this one,
    pub after: i64,
    /// up to this one.
    pub to: i64,
}

/// The last line.
#[derive(Debug, Serialize)]
struct Seal {
    signature: String,
}

/// The whole file but its last line: what is signed.
pub fn body(header: &Header, changes: &[Line]) -> Result<String, serde_json::Error> {
    let mut body = serde_json::to_string(header)? + "\n";
    for change in changes {
        body.push_str(&serde_json::to_string(change)?);
        body.push('\n');
    }
    Ok(body)
}

/// The whole file.
pub fn sealed(mut body: String, signature: &Signature) -> Result<String, serde_json::Error> {
    body.push_str(&serde_json::to_string(&Seal { signature: signature.to_string() })?);
    body.push('\n');
    Ok(body)
}

/// What the next file names this one by.
pub fn digest_of(file: &str) -> [u8; 32] {
    let mut octets = [0; 32];
    octets.copy_from_slice(digest(&SHA256, file.as_bytes()).as_ref());
    octets
}
