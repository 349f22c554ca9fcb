//! Which DNS servers are asked.

use std::net::SocketAddr;

use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig, ResolverOpts};
use hickory_resolver::net::NetError;
use hickory_resolver::system_conf::read_system_conf;

/// These servers, or those of the system where there are none.
///
/// # Errors
/// The system names none.
pub fn configuration(servers: &[SocketAddr]) -> Result<(ResolverConfig, ResolverOpts), NetError> {
    if servers.is_empty() {
        return read_system_conf();
    }
    let servers = servers.iter().map(|server| {
        let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
            connection.port = server.port();
            connection
        });
        NameServerConfig::new(server.ip(), true, connections.to_vec())
    });
    Ok((ResolverConfig::from_parts(None, Vec::new(), servers.collect()), ResolverOpts::default()))
}
