//! What leaves the office about its mailboxes, and what the audit is kept by: the audit is the only source of both.
//!
//! # The province's change files (R4)
//! The Centre of the province keeps a list of our addresses at its domain. Each change file tells it what has changed
//! since the one before: the difference between the list at two places of the audit. A file is UTF-8, one JSON object a
//! line (JSON Lines), each line ended by a line feed:
//!
//! 1. The [`file::Header`]: `format` (`"hopthu-province-changes"`), `version` (1), `file` (its number, from 1 without
//!    gaps), `previous` (SHA-256 of the file before, whole, in hexadecimal; `null` in the first), `organisation`,
//!    `domain`, `provincial_domain`, `made` (RFC 3339), `audit` (`{"after": N, "to": M}`), `changes` (how many lines
//!    follow before the last), `public_key` (base64 of the 32 octets of an Ed25519 key, RFC 8032).
//! 2. One [`listing::Line`] a line: `seq` (the entry of the audit that is the cause), `change` (`"withdraw"`, `"update"`
//!    or `"register"`, in this order), `address`, `mailbox` (a number that stays the same for ever), `kind` (`"staff"`,
//!    `"unit"` or `"department"`), `name` (the person's; of a unit, its head's), `unit`, `position`, `decision`
//!    (`{"number": …, "dated": …}`); what is not there is `null`.
//! 3. `{"signature": …}`: base64 of the Ed25519 signature over every octet before this line.
//!
//! A reader applies files in the order of their numbers. It refuses one whose `file` is not the next number, whose
//! `previous` is not the digest of the file it applied before, whose signature is not of the key that it knows, or
//! whose lines are not as many as `changes` says. Files may follow each other in one stream. `tests/clients/stand_in.py`
//! is such a reader.
//!
//! An address that was registered and withdrawn between two files is in neither. One that goes to somebody else is
//! withdrawn and registered, in this order, with another `mailbox`. What the Centre refused is asked for again.
//!
//! # A file is made in one transaction, and can always be written again
//! Making a file records its number, places, digest, header and signature together with where each address stands from
//! then on; only then is it handed out. Whatever ends the program before that, no file was made; after that, the file is
//! written again octet for octet by `province export --since N`, and is no other however often. The other order would
//! leave a file on the disk that the audit knows nothing of, and another one would get its number.

mod adopt;
pub mod answer;
pub mod csv;
pub mod file;
pub mod judge;
mod keep;
pub mod listing;
mod read;
pub mod replay;
mod tell;

pub use adopt::adopt;
pub use keep::Keeper;
pub use read::{FeedError, advance, refusals, start};
pub use tell::{Act, Feed, Made, Replayed};

#[cfg(test)]
mod tests;
