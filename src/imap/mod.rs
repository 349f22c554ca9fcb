//! IMAP: RFC 9051 and RFC 3501.
//!
//! ```text
//! Wire --line, literal--> syntax::Assembler --Input--> syntax::parse --Command--> table (state? offered?)
//!      --> commands::* --Done or Refusal--> view (what else is to be told) --> reply --> Wire
//! ```
//! The grammar ([`syntax`]), the state ([`session`], [`view`], [`places`]), the list of commands ([`table`]) and the
//! words ([`reply`]) are plain functions; only `connection`, `tell`, `find` and `commands` wait for anything.
pub mod answer;
mod commands;
pub mod condition;
mod connection;
mod find;
pub mod flags;
mod headers;
mod intake;
pub mod kept;
pub mod lines;
pub mod listing;
pub mod locate;
pub mod notify;
pub mod pattern;
pub mod places;
mod progress;
pub mod refusal;
pub mod reply;
pub mod results;
pub mod section;
mod sent;
pub mod session;
pub mod sort;
pub mod syntax;
pub mod table;
mod tell;
#[cfg(test)]
mod tests;
pub mod thread;
pub mod view;

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::access;
use crate::clock::Clock;
use crate::directory::Directory;
use crate::language::Language;
use crate::limits;
use crate::metrics::Metrics;
use crate::net::{Stream, Tls, Wire, WireError};
use crate::network::Network;
use crate::provisioning::Provisioning;
use crate::spool::Spool;
use crate::store::Store;
use refusal::Refusal;

/// What the door is told by the configuration.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How the server calls itself in the greeting.
    pub hostname: String,
    /// The language of what people are shown.
    pub language: Language,
    /// Where people change their passwords, as a URL; `None` where there is no such page.
    pub page: Option<String>,
    /// Octets of the largest message that APPEND takes.
    pub message_bytes_max: usize,
    /// Where a password may be sent without TLS.
    pub plaintext_login_from: Vec<Network>,
}

/// What stands behind the door.
#[derive(Clone)]
pub struct Services {
    /// Who may log in.
    pub access: access::Access,
    /// Whose mailbox is how large.
    pub directory: Directory,
    /// Folders and messages.
    pub store: Store,
    /// What stewards may have done: folders opened to others.
    pub provisioning: Provisioning,
    /// The certificate.
    pub tls: Arc<Tls>,
    /// The time.
    pub clock: Clock,
    /// What is counted.
    pub metrics: Metrics,
    /// Messages held in memory, of all connections and doors together; a permit is a KiB.
    pub in_flight: Arc<Semaphore>,
    /// Where large messages wait until all of them has come.
    pub spool: Arc<Spool>,
    /// From the configuration.
    pub settings: Settings,
}

impl Services {
    /// Reserves memory for a message, waiting a while for others to leave it.
    async fn hold(&self, octets: u64) -> Result<OwnedSemaphorePermit, Refusal> {
        let permits = u32::try_from(octets.div_ceil(1024)).unwrap_or(u32::MAX);
        let wait = self.in_flight.clone().acquire_many_owned(permits);
        match timeout(limits::IN_FLIGHT_WAIT_MAX, wait).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(Refusal::Busy),
        }
    }
}

/// At which port a client came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Port {
    /// In clear, TLS by STARTTLS.
    Imap,
    /// TLS from the first octet (RFC 8314).
    Imaps,
}

/// The door: turns connections into sessions.
pub struct Door {
    services: Arc<Services>,
    port: Port,
    drain: CancellationToken,
}

impl Door {
    /// A door to these services; its sessions say BYE when `drain` is cancelled.
    pub fn new(services: Arc<Services>, port: Port, drain: CancellationToken) -> Self {
        Self { services, port, drain }
    }

    /// Serves one client until it leaves.
    pub async fn session(&self, stream: TcpStream, peer: SocketAddr) {
        if let Err(error) = self.serve(stream, peer).await {
            tracing::debug!(%peer, %error, "IMAP connection lost");
        }
    }

    async fn serve(&self, stream: TcpStream, peer: SocketAddr) -> Result<(), WireError> {
        let stream = match self.port {
            Port::Imap => Stream::Plain(stream),
            Port::Imaps => Box::pin(self.services.tls.accept(stream)).await?,
        };
        let services = &self.services;
        let mut connection = connection::Connection::new(Wire::new(stream), services.clone(), peer, self.drain.clone());
        connection.greet();
        loop {
            connection = match connection.converse().await? {
                connection::Ended::Bye => break,
                connection::Ended::Compress => connection.compress(),
                connection::Ended::StartTls => {
                    // What was said in clear counts for nothing: RFC 9051 §6.2.1.
                    let wire = Box::pin(connection.into_wire().upgrade(&services.tls)).await?;
                    connection::Connection::new(wire, services.clone(), peer, self.drain.clone())
                }
            };
        }
        connection.into_wire().close(limits::IMAP_FAREWELL_MAX).await;
        Ok(())
    }
}
