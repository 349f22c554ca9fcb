//! What is entered without a plan of steps, a request or an incident: its rehearsal is the entry itself, undone.

use super::order::Manner;
use crate::db::{Db, DbError, Tx, Work};

/// By whom something is entered, and how.
#[derive(Clone, Debug)]
pub struct By {
    /// Who asks: the control socket's peer, the SSH user.
    pub actor: String,
    /// What the actor wishes to add to the audit.
    pub note: Option<String>,
    /// Whether it stays.
    pub manner: Manner,
}

/// How a write ended that was not to stay.
enum Undone<T, E> {
    Rehearsed(T),
    Failed(E),
}

impl<T, E: From<DbError>> From<DbError> for Undone<T, E> {
    fn from(error: DbError) -> Self {
        Self::Failed(error.into())
    }
}

/// Writes, and undoes it where it is a rehearsal; what was written is told either way.
pub(super) async fn enter<T, E, F>(db: &Db, manner: Manner, operation: F) -> Result<T, E>
where
    T: Send + 'static,
    E: From<DbError> + Send + 'static,
    F: for<'t> FnOnce(&'t mut Tx) -> Work<'t, Result<T, E>> + Send + 'static,
{
    let written = db.write(move |tx| {
        Box::pin(async move {
            let entered = operation(tx).await.map_err(Undone::Failed)?;
            match manner {
                Manner::Apply => Ok(entered),
                Manner::Rehearse => Err(Undone::Rehearsed(entered)),
            }
        })
    });
    match written.await {
        Ok(entered) | Err(Undone::Rehearsed(entered)) => Ok(entered),
        Err(Undone::Failed(error)) => Err(error),
    }
}
