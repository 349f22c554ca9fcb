//! Whoever waits for a long command hears that it is worked on, which also keeps the connection from being taken for
//! dead on its way: INPROGRESS, RFC 9585.

use std::num::NonZero;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;

use super::reply;
use super::syntax::Tag;
use crate::limits;
use crate::net::{Wire, WireError};

/// How far a command has come.
#[derive(Debug, Default)]
pub(super) struct Progress {
    done: AtomicU64,
    /// `None` where nobody knows.
    goal: Option<NonZero<u64>>,
}

impl Progress {
    /// Towards so many messages.
    pub(super) fn towards(messages: usize) -> Self {
        Self { goal: NonZero::new(messages as u64), ..Self::default() }
    }

    /// So many more are done.
    pub(super) fn done(&self, messages: usize) {
        self.done.fetch_add(messages as u64, Ordering::Relaxed);
    }
}

/// Does some work of a command, and tells from time to time how far it has come. Between its lines only: nothing of the work
/// may be under way on the wire.
pub(super) async fn told<T, S: AsyncRead + AsyncWrite + Unpin>(
    wire: &mut Wire<S>,
    tag: &Tag,
    progress: &Progress,
    work: impl Future<Output = T>,
) -> Result<T, WireError> {
    let mut work = pin!(work);
    loop {
        if let Ok(done) = timeout(limits::IMAP_PROGRESS_EVERY, work.as_mut()).await {
            return Ok(done);
        }
        let mut text = Vec::new();
        reply::in_progress(&mut text, tag.as_str(), progress.done.load(Ordering::Relaxed), progress.goal);
        wire.queue(&text);
        wire.flush(limits::WIRE_WRITE_STALL_MAX).await?;
    }
}
