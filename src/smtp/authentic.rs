//! Between a message that has come and its delivery: a stranger's is looked at as it came, our own is signed as it goes.

use tracing::info;

use super::connection::Connection;
use super::header;
use super::standing::Standing;
use crate::address::Address;
use crate::authentic::{Arrival, Peer, Treatment, Verdict, without_claims};
use crate::delivery::Filing;

/// A message that is not what it claims to be: the domain of its author disowns it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disowned(pub String);

impl Connection<'_> {
    /// Finds out whose a message is; nothing where it is our own.
    pub(super) async fn look_at(
        &self,
        from: Option<&Address>,
        message: &[u8],
        id: &str,
    ) -> Result<Option<Verdict>, Disowned> {
        let ip = self.peer.ip();
        let peer = match self.standing() {
            Standing::Person(_) | Standing::Device(_) => return Ok(None),
            Standing::Trusted | Standing::List | Standing::Stranger if self.may_send_out(from) => return Ok(None),
            Standing::Trusted | Standing::List => Peer::Trusted(ip),
            Standing::Stranger => Peer::Unknown(ip),
        };
        let hello = self.session.hello().map_or("", |hello| hello.name.as_str());
        // Apart, so that a connection that only waits is small.
        let verdict = Box::pin(self.door.services.verifier.check(Arrival { peer, hello, from }, message)).await;
        info!(%id, peer = %self.peer, found = %verdict.field.trim_end().replace("\r\n\t", " "), "looked at");
        match verdict.treatment {
            Treatment::Refuse(domain) => Err(Disowned(domain)),
            Treatment::Take | Treatment::Junk => Ok(Some(verdict)),
        }
    }

    /// Nobody else speaks in our name in a message whose first `trace` octets are ours.
    pub(super) fn disclaim(&self, bytes: &mut Vec<u8>, trace: usize) {
        let header = header::block(bytes.get(trace..).unwrap_or_default());
        if let Some(kept) = without_claims(header, &self.door.services.settings.hostname) {
            let end = trace + header.len();
            bytes.splice(trace..end, kept);
        }
    }

    /// Completes such a message: with what was found out, or, where it is our own, with signatures. Says where it belongs.
    pub(super) fn complete(&self, verdict: Option<Verdict>, bytes: &mut Vec<u8>, trace: usize) -> Filing {
        let services = &self.door.services;
        let Some(verdict) = verdict else {
            let fields = services.keys.sign(bytes.get(trace..).unwrap_or_default());
            insert(bytes, trace, fields);
            return Filing::Inbox;
        };
        insert(bytes, 0, verdict.field);
        match verdict.treatment {
            Treatment::Junk => Filing::Junk,
            Treatment::Take | Treatment::Refuse(_) => Filing::Inbox,
        }
    }
}

/// Puts fields into a message that grows by no more than them.
fn insert(bytes: &mut Vec<u8>, at: usize, fields: String) {
    bytes.reserve_exact(fields.len());
    bytes.splice(at..at, fields.into_bytes());
}
