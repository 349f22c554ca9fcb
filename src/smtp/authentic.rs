//! Between a message that has come and its delivery: our own is signed, a stranger's is looked at.

use tracing::info;

use super::connection::Connection;
use super::header;
use crate::address::Address;
use crate::authentic::{Arrival, Peer, Treatment, without_claims};
use crate::delivery::Filing;

/// A message that is not what it claims to be: the domain of its author disowns it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disowned(pub String);

impl Connection<'_> {
    /// Completes a message whose first `trace` octets are ours: with signatures where it is our own, with what was found out
    /// where it is not. Says where it belongs.
    pub(super) async fn authenticate(
        &self,
        from: Option<&Address>,
        bytes: &mut Vec<u8>,
        trace: usize,
        id: &str,
    ) -> Result<Filing, Disowned> {
        let services = &self.door.services;
        let is_own = self.session.login().is_some() || self.may_send_out(from);
        let verdict = if is_own {
            None
        } else {
            let peer = self.peer.ip();
            let peer = if self.is_trusted() { Peer::Trusted(peer) } else { Peer::Unknown(peer) };
            let hello = self.session.hello().map_or("", |hello| hello.name.as_str());
            let message = bytes.get(trace..).unwrap_or_default();
            Some(services.verifier.check(Arrival { peer, hello, from }, message).await)
        };
        let header = header::block(bytes.get(trace..).unwrap_or_default());
        if let Some(kept) = without_claims(header, &services.settings.hostname) {
            let end = trace + header.len();
            bytes.splice(trace..end, kept);
        }
        let Some(verdict) = verdict else {
            let fields = services.keys.sign(bytes.get(trace..).unwrap_or_default());
            insert(bytes, trace, fields);
            return Ok(Filing::Inbox);
        };
        info!(%id, peer = %self.peer, found = %verdict.field.trim_end().replace("\r\n\t", " "), "looked at");
        insert(bytes, 0, verdict.field);
        match verdict.treatment {
            Treatment::Take => Ok(Filing::Inbox),
            Treatment::Junk => Ok(Filing::Junk),
            Treatment::Refuse(domain) => Err(Disowned(domain)),
        }
    }
}

/// Puts fields into a message that grows by no more than them.
fn insert(bytes: &mut Vec<u8>, at: usize, fields: String) {
    bytes.reserve_exact(fields.len());
    bytes.splice(at..at, fields.into_bytes());
}
