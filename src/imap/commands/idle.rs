//! IDLE: RFC 2177.

use tokio::time::Instant;

use crate::imap::connection::{Connection, Woken};
use crate::imap::refusal::{Refusal, Stop};
use crate::imap::reply::{self, Done};
use crate::imap::session::Idle;
use crate::imap::tell;
use crate::limits;
use crate::net::WireError;

/// Tells everything as it happens until the client says DONE. What was kept back during FETCH is told first.
pub(super) async fn idle(c: &mut Connection) -> Result<Done, Stop> {
    let mut text = Vec::new();
    reply::idling(&mut text);
    c.wire.queue(&text);
    let by = Instant::now() + limits::IMAP_IDLE_MAX;
    loop {
        tell::happened(c, Idle::Yes).await?;
        match c.wait(by, Idle::Yes).await {
            Ok(Woken::Events) => {}
            Ok(Woken::Line(Some(line))) if line.eq_ignore_ascii_case(b"DONE") => return Ok(Done::Plainly),
            // A client that forgot DONE: IDLE ends, and the session goes on (hostile B56).
            Ok(Woken::Line(Some(_))) | Err(Stop::Lost(WireError::TooLong)) => return Err(Refusal::NotDone.into()),
            Ok(Woken::Line(None)) => return Err(WireError::Closed.into()),
            Err(stop) => return Err(stop),
        }
    }
}
