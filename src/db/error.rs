//! What can go wrong with the file, by cause; the doors choose the reply.

use std::sync::Arc;

/// Why the database did not do what was asked. Nothing of the operation was kept.
#[derive(Clone, Debug, thiserror::Error)]
pub enum DbError {
    /// No space left on the device, or a quota of the file system (hostile F6).
    #[error("the disk is full")]
    Full,
    /// The file system became read-only (hostile F8).
    #[error("the database cannot be written to")]
    ReadOnly,
    /// Somebody else holds the lock (hostile F15).
    #[error("the database is locked by another process")]
    Busy,
    /// A write or sync failed; the daemon must end, since the page cache can no longer be trusted (hostile F5).
    #[error("reading or writing the disk failed: {0}")]
    Io(Arc<sqlx::Error>),
    /// A damaged page or a file that is no database (hostile F13).
    #[error("the database is damaged: {0}")]
    Damaged(Arc<sqlx::Error>),
    /// The writer is gone: the daemon is ending.
    #[error("the daemon is shutting down")]
    Closed,
    /// The library or the file is not what this program needs.
    #[error("the database cannot be used: {0}")]
    Unfit(String),
    /// Anything else is a mistake of ours.
    #[error("database: {0}")]
    Other(Arc<sqlx::Error>),
}

impl DbError {
    /// Whether the file may no longer be written to by this process.
    pub fn is_fatal(&self) -> bool {
        matches!(self, Self::Io(_) | Self::Damaged(_))
    }
}

impl From<sqlx::Error> for DbError {
    /// Maps the primary result code: <https://sqlite.org/rescode.html>.
    fn from(error: sqlx::Error) -> Self {
        let code =
            error.as_database_error().and_then(sqlx::error::DatabaseError::code).and_then(|c| c.parse::<i32>().ok());
        match code.map(|c| c & 0xff) {
            Some(13) => Self::Full,
            Some(8) => Self::ReadOnly,
            Some(5 | 6) => Self::Busy,
            Some(10) => Self::Io(Arc::new(error)),
            Some(11 | 26) => Self::Damaged(Arc::new(error)),
            _ => match error {
                sqlx::Error::PoolTimedOut => Self::Busy,
                sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => Self::Closed,
                error => Self::Other(Arc::new(error)),
            },
        }
    }
}
