//! What the door needs, and where a connection comes in.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use data_encoding::BASE32_DNSSEC;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::debug;

use super::connection::{Connection, Outcome};
use super::received::SenderTrace;
use super::refusal::Refusal;
use super::reply::Reply;
use super::session::{Kind, Security, Session, Terms};
use super::standing::{Device, Devices};
use crate::access::{Access, Allowance};
use crate::authentic::{Keys, Verifier};
use crate::clock::Clock;
use crate::delivery::Delivery;
use crate::directory::Directory;
use crate::limits;
use crate::metrics::Metrics;
use crate::milter::Filters;
use crate::net::{Stream, Tls, Wire, WireError};
use crate::network::Network;
use crate::provisioning::Provisioning;

/// What is behind the door; one for all of its listeners.
pub struct Services {
    /// Who may log in, and send as whom.
    pub access: Access,
    /// Who has which address.
    pub directory: Directory,
    /// Where accepted mail goes.
    pub delivery: Delivery,
    /// What looks at mail before it is accepted.
    pub filters: Filters,
    /// Where faults that are reported by mail are entered.
    pub provisioning: Provisioning,
    /// Signs what our own people send.
    pub keys: Keys,
    /// Looks at what strangers send.
    pub verifier: Arc<Verifier>,
    /// The certificate.
    pub tls: Arc<Tls>,
    /// The same, for the port where other servers are asked for theirs.
    pub tls_of_servers: Arc<Tls>,
    /// When devices last sent.
    pub devices: Devices,
    /// The time for trace fields.
    pub clock: Clock,
    /// What the daemon counts.
    pub metrics: Metrics,
    /// Memory for messages on their way in, in KiB: shared by all connections of all doors.
    pub in_flight: Arc<Semaphore>,
    /// What the configuration says.
    pub settings: Settings,
}

/// What the administrator decides about SMTP.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How this server calls itself.
    pub hostname: String,
    /// The largest message, in bytes.
    pub message_bytes_max: usize,
    /// Recipients of one message, at most [`limits::SMTP_RECIPIENTS_MAX`].
    pub recipients_max: usize,
    /// Recipients that a person may send to.
    pub allowance: Allowance,
    /// Where people change their passwords, as a URL; `None` where there is no such page.
    pub page: Option<String>,
    /// Networks from which people may log in without TLS.
    pub plaintext_login_from: Vec<Network>,
    /// Networks whose servers may bring mail with senders of our own domain, without a login.
    pub trusted: Vec<Network>,
    /// Networks of list servers, which bring mail with a From of our own domain and a sender of theirs.
    pub lists: Vec<Network>,
    /// Machines that send in one name each.
    pub devices: Vec<Device>,
    /// What is told of the machines that people send from.
    pub sender_trace: SenderTrace,
    /// Networks whose machines may send to other domains, in the name of one of us, without a login.
    pub sends_out: Vec<Network>,
}

/// The door as one listener has it.
pub struct Door {
    pub(super) services: Arc<Services>,
    pub(super) tls: Arc<Tls>,
    kind: Kind,
    pub(super) drain: CancellationToken,
    /// The next message's number: counted from the microsecond of the start, so that no two runs share one.
    next: AtomicU64,
}

impl Door {
    /// The door for one kind of listener. When `drain` is cancelled, sessions end after the message in hand.
    pub fn new(services: Arc<Services>, kind: Kind, drain: CancellationToken) -> Self {
        let start = u64::try_from(services.clock.now().as_microsecond()).unwrap_or(0);
        let tls = match kind {
            Kind::Relay => Arc::clone(&services.tls_of_servers),
            Kind::Submission | Kind::Submissions => Arc::clone(&services.tls),
        };
        Self { services, tls, kind, drain, next: AtomicU64::new(start) }
    }

    /// Serves a client until it or the server ends the session.
    pub async fn session(&self, stream: TcpStream, peer: SocketAddr) {
        if let Err(error) = self.converse(stream, peer).await {
            debug!(%peer, %error, "connection lost");
        }
    }

    async fn converse(&self, stream: TcpStream, peer: SocketAddr) -> Result<(), WireError> {
        if self.kind == Kind::Relay && speaks_first(&stream).await {
            let mut wire = Wire::new(Stream::Plain(stream));
            wire.queue(Reply::from(Refusal::AheadOfReply).as_bytes());
            wire.close(limits::SMTP_FAREWELL_MAX).await;
            return Ok(());
        }
        let (stream, security) = match self.kind {
            Kind::Submissions => (self.tls.accept(stream).await?, Security::Tls),
            Kind::Relay | Kind::Submission => (Stream::Plain(stream), self.security_in_clear(peer)),
        };
        let session = Session::new(self.services.settings.hostname.clone(), self.terms(security));
        let mut wire = Wire::new(stream);
        wire.queue(session.greeting().as_bytes());
        let mut connection = Connection::new(self, peer, session);
        loop {
            match connection.run(&mut wire).await? {
                Outcome::Over => break,
                Outcome::StartTls => {
                    wire.flush(limits::SMTP_FAREWELL_MAX).await?;
                    wire = wire.upgrade(&self.tls).await?;
                    connection.secured(&wire);
                }
            }
        }
        wire.close(limits::SMTP_FAREWELL_MAX).await;
        Ok(())
    }

    fn security_in_clear(&self, peer: SocketAddr) -> Security {
        let allowed = self.services.settings.plaintext_login_from.iter().any(|network| network.contains(peer.ip()));
        if allowed { Security::ClearAllowed } else { Security::Clear }
    }

    fn terms(&self, security: Security) -> Terms {
        Terms {
            kind: self.kind,
            security,
            can_secure: self.kind != Kind::Submissions,
            message_bytes_max: self.services.settings.message_bytes_max,
            recipients_max: self.services.settings.recipients_max.min(limits::SMTP_RECIPIENTS_MAX),
        }
    }

    /// An id for a message, never given twice.
    pub(super) fn message_id(&self) -> String {
        BASE32_DNSSEC.encode(&self.next.fetch_add(1, Ordering::Relaxed).to_be_bytes())
    }
}

/// Whether the client speaks before it is greeted, as programs do that send their words blindly (hostile B27).
async fn speaks_first(stream: &TcpStream) -> bool {
    let spoken = timeout(limits::SMTP_GREETING_PAUSE, stream.peek(&mut [0])).await;
    matches!(spoken, Ok(Ok(len)) if len > 0)
}
