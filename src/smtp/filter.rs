//! What filters make of a message before it is accepted.

use tokio::sync::OwnedSemaphorePermit;

use super::connection::{Connection, ended};
use super::header;
use super::receive::Rejection;
use super::refusal::Refusal;
use super::session::Transaction;
use super::standing::Standing;
use crate::delivery::{DeliveryError, Filing};
use crate::milter::{Changed, Direction, Subject, Verdict};
use crate::queue::HeldFor;

/// Between header and body.
const BLANK_LINE: &[u8] = b"\r\n";

/// Where a message goes that filters let pass.
pub(super) struct Filtered {
    pub(super) filing: Filing,
    pub(super) held: Option<HeldFor>,
    /// The memory of what they made of it.
    _room: Option<OwnedSemaphorePermit>,
}

impl Connection<'_> {
    /// Shows a message, which begins after `trace_len` bytes of ours, to the filters, and changes it as they say.
    pub(super) async fn filter(
        &self,
        transaction: &Transaction,
        bytes: &mut Vec<u8>,
        trace_len: usize,
        id: &str,
        cipher: Option<&str>,
    ) -> Result<Filtered, Rejection> {
        let (services, login) = (&self.door.services, self.session.login());
        let message = bytes.get(trace_len..).unwrap_or_default();
        let header_len = header::block(message).len();
        let subject = Subject {
            id,
            hostname: &services.settings.hostname,
            peer: self.peer,
            hello: self.session.hello().map(|hello| hello.name.as_str()).unwrap_or_default(),
            cipher,
            login: login.map(|login| &login.address),
            from: transaction.mail.from.as_ref(),
            to: transaction.recipients.iter().map(|recipient| &recipient.address).collect(),
        };
        let direction = match self.standing() {
            Standing::Person(_) | Standing::Device(_) => Direction::Submission,
            Standing::Trusted | Standing::List | Standing::Stranger => Direction::Incoming,
        };
        let examined = tokio::select! {
            biased;
            examined = services.filters.examine(direction, &subject, message, header_len) => examined,
            // A filter may take minutes, and whoever is suspended sends nothing after five seconds (R9).
            () = ended(login) => return Err(Rejection::Session(Refusal::LoginEnded)),
        };
        let examined = examined.map_err(Rejection::Filter)?;
        let (filing, held) = match examined.verdict {
            Verdict::Good => (Filing::Inbox, None),
            Verdict::Unwanted => (Filing::Junk, None),
            Verdict::Held => (Filing::Inbox, Some(HeldFor::Administrator)),
        };
        if held.is_some() {
            let sender = login.map(|login| login.mailbox);
            let may_hold = services.delivery.may_hold(sender).await;
            if !may_hold.map_err(|error| Rejection::Delivery(DeliveryError::from(error)))? {
                return Err(Rejection::Session(Refusal::NoRoom));
            }
        }
        let room = examined.changed.and_then(|changed| rewrite(bytes, trace_len, header_len, changed));
        Ok(Filtered { filing, held, _room: room })
    }
}

/// Puts another header, and another body if there is one, behind our trace fields.
fn rewrite(bytes: &mut Vec<u8>, trace: usize, header: usize, changed: Changed) -> Option<OwnedSemaphorePermit> {
    // To the octet: a buffer that grows by itself doubles, and the message may be large.
    bytes.reserve_exact(changed.header.len().saturating_sub(header));
    bytes.splice(trace..trace + header, changed.header.iter().copied());
    if let Some(body) = changed.body {
        bytes.truncate(trace + changed.header.len());
        bytes.reserve_exact(BLANK_LINE.len() + body.len());
        bytes.extend_from_slice(BLANK_LINE);
        bytes.extend_from_slice(&body);
    }
    changed.room
}
