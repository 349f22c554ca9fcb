//! What the configuration says about other servers.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use super::dns::Resolver;
use crate::credential::Secret;
use crate::net::outward::Trust;

/// Everything about mail that leaves.
pub struct Settings {
    /// How this server calls itself.
    pub hostname: String,
    /// The address that connections come from; the system's choice where there is none.
    pub source: Option<IpAddr>,
    /// Routes by name.
    pub routes: BTreeMap<String, Route>,
    /// How servers are reached that DNS names.
    pub direct: Route,
    /// Asks DNS.
    pub resolver: Resolver,
}

/// A way to one server.
pub struct Route {
    /// Its name or address; of no meaning where DNS names the servers.
    pub host: String,
    /// Where it listens.
    pub port: u16,
    /// Whether mail goes under TLS.
    pub security: Security,
    /// Whose certificates are good.
    pub trust: Trust,
    /// Name and password.
    pub login: Option<(String, Secret)>,
    /// How long it may take over an answer, below what RFC 5321 §4.5.3.2 allows.
    pub patience: Duration,
    /// Connections at a time.
    pub connections: usize,
}

/// Whether mail goes under TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// It does not.
    Never,
    /// It does where the server can, whoever it is (RFC 7435).
    IfOffered,
    /// It does, with a server that proves its name, or it waits.
    Required,
}
