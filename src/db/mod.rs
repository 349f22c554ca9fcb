//! The one SQLite file: opened and verified, read from several connections, written by one task that shares commits.

mod checkpoint;
mod error;
mod open;
#[cfg(test)]
mod tests;
mod write;

pub use error::DbError;
pub use open::Db;
pub use write::{Answers, Joined, Tx};

/// What records answer questions on; only they put SQL to it.
pub type Connection = sqlx::SqliteConnection;

/// What a write operation returns to the writer.
pub type Work<'t, T> = futures_util::future::BoxFuture<'t, T>;
