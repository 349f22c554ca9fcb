//! Why there is no key.

use std::io;
use std::path::PathBuf;

use crate::seal::SealError;

/// Why there is no key, or it stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// A file, or the directory for it.
    #[error("{}: {error}", file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// The system's reason.
        error: io::Error,
    },
    /// The file cannot be read, or others may read it.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// It holds something else.
    #[error("{} holds no key that signs mail, in PKCS #8 PEM", .0.display())]
    Malformed(PathBuf),
    /// The system has no randomness.
    #[error("no key could be made")]
    Made,
    /// Nobody has that pair.
    #[error("there is no pair of keys {0}")]
    Unknown(String),
    /// It signs.
    #[error("the pair of keys {0} is in use")]
    InUse(String),
    /// A letter tells the pairs of a month apart, and there are no more.
    #[error("there are too many pairs of keys of this month")]
    TooMany,
}
