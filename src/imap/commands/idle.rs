//! IDLE: RFC 2177.

use crate::imap::connection::Connection;
use crate::imap::refusal::{Farewell, Refusal, Stop};
use crate::imap::reply::{self, Done};
use crate::imap::tell;
use crate::imap::view::Tell;
use crate::limits;
use crate::net::WireError;
use tokio::time::Instant;

/// Tells everything as it happens until the client says DONE. What was kept back during FETCH is told first.
pub(super) async fn idle(c: &mut Connection) -> Result<Done, Stop> {
    let mut text = Vec::new();
    reply::idling(&mut text);
    c.wire.queue(&text);
    let by = Instant::now() + limits::IMAP_IDLE_MAX;
    loop {
        tell::news(c, Tell::All).await?;
        match wait(c, by).await? {
            Woken::Folder => {}
            Woken::Line(line) if line.eq_ignore_ascii_case(b"DONE") => return Ok(Done::Plainly),
            // A client that forgot DONE: IDLE ends, and the session goes on (hostile B56).
            Woken::Line(_) | Woken::TooLong => return Err(Refusal::NotDone.into()),
        }
    }
}

enum Woken {
    Folder,
    Line(bytes::Bytes),
    TooLong,
}

async fn wait(c: &mut Connection, by: Instant) -> Result<Woken, Stop> {
    let Connection { wire, session, drain, .. } = c;
    let line = wire.line(limits::IMAP_LINE_BYTES_MAX, by);
    let watch = session.selected_mut().ok().map(|selected| &mut selected.watch);
    let changed = async {
        match watch {
            Some(watch) => watch.changed().await,
            None => std::future::pending().await,
        }
    };
    // That the right to be here ended is watched for around every command.
    tokio::select! {
        biased;
        () = drain.cancelled() => Err(Stop::End(Farewell::Draining)),
        line = line => match line {
            Ok(Some(line)) => Ok(Woken::Line(line)),
            Ok(None) => Err(WireError::Closed.into()),
            Err(WireError::TooLong) => Ok(Woken::TooLong),
            Err(error) => Err(error.into()),
        },
        () = changed => Ok(Woken::Folder),
    }
}
