//! What requests ask about the network, which only the house knows its way around.

use std::net::SocketAddr;

use futures_util::future::BoxFuture;

use crate::zone::{Zone, ZoneError};

/// The network around, by the configuration.
pub trait Surroundings: Send + Sync {
    /// The names that it needs of this server.
    fn zone(&self) -> Result<Zone, ZoneError>;

    /// Who is asked for names; those of the system where there are none.
    fn resolvers(&self) -> &[SocketAddr];

    /// Whether mail that goes out needs any of them.
    fn asks_dns(&self) -> bool;

    /// Tries every route, within a bounded time; an error where the configuration cannot be used.
    fn ways(&self) -> BoxFuture<'_, Result<Vec<Way>, String>>;
}

/// What came of trying a way out.
pub struct Way {
    /// `route:NAME`
    pub name: String,
    /// Where it leads.
    pub server: String,
    /// The server that answered, or what went wrong.
    pub found: Result<String, String>,
}
