//! Reading the audit into a state of the directory.

use std::collections::BTreeMap;

use super::replay::{self, Gap, Refusal, State};
use crate::audit::{self, ChangeFile, Checkpoint, Filter, Listed};
use crate::db::{Connection, DbError};
use crate::limits;
use crate::seal::SealError;

/// Why nothing can be told from the audit.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The office's key.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// Entries are missing.
    #[error(transparent)]
    Gap(#[from] Gap),
    /// What stands for the entries that were cut cannot be read.
    #[error("the audit's checkpoint cannot be read: {0}")]
    Checkpoint(serde_json::Error),
    /// Something could not be written as JSON.
    #[error("json: {0}")]
    Json(#[from] serde_json::Error),
    /// A change file cannot be written again as it was.
    #[error("the audit no longer says what change file {0} said; hopthu audit verify tells more")]
    Changed(i64),
    /// The file of exported heads.
    #[error("{file}: {error}")]
    Heads {
        /// Which file.
        file: String,
        /// The system's reason.
        error: std::io::Error,
    },
    /// A task of ours ended before its time.
    #[error("the work was interrupted")]
    Interrupted,
}

/// The state from which the audit is kept: empty, or the checkpoint's.
pub async fn start(connection: &mut Connection) -> Result<State, FeedError> {
    match Checkpoint::load(connection).await? {
        Some(checkpoint) => State::read(&checkpoint.state, checkpoint.seq).map_err(FeedError::Checkpoint),
        None => Ok(State::default()),
    }
}

/// What the Centre last refused, by the rows of the addresses, and the number of the newest change file; from the
/// entries of the change files alone.
pub async fn refusals(connection: &mut Connection) -> Result<(BTreeMap<i64, Refusal>, i64), DbError> {
    let newest = ChangeFile::last(connection).await?.map_or(0, |file| file.number);
    let mut refusals = BTreeMap::new();
    for entry in audit::of_kind(connection, "change_file").await? {
        replay::refused(entry.after.as_ref(), &mut refusals);
    }
    Ok((refusals, newest))
}

/// Folds the entries after a state into it, up to a place or the end.
pub async fn advance(connection: &mut Connection, mut state: State, to: Option<i64>) -> Result<State, FeedError> {
    loop {
        let page = Filter { after: state.last(), to, at_most: Some(limits::AUDIT_PAGE_ENTRIES), ..Filter::default() };
        let entries = audit::list(connection, &page).await?;
        let last = entries.len() < usize::try_from(limits::AUDIT_PAGE_ENTRIES).unwrap_or(usize::MAX);
        state = fold(state, entries).await?;
        if last {
            return Ok(state);
        }
    }
}

/// Thousands of entries take longer than other work should wait.
async fn fold(mut state: State, entries: Vec<Listed>) -> Result<State, FeedError> {
    let folding = move || {
        entries.iter().try_for_each(|entry| state.fold(entry))?;
        Ok(state)
    };
    tokio::task::spawn_blocking(folding).await.map_err(|_| FeedError::Interrupted)?
}
