//! Which servers a way leads to: those of a route, or those that DNS names for a domain (RFC 5321 §5.1, RFC 7505).

use std::net::{IpAddr, SocketAddr};

use hickory_resolver::TokioResolver;
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{RData, RecordType};

use super::trouble::Trouble;
use crate::address::Domain;
use crate::limits;
use crate::net::resolver::configuration;
use crate::queue::Reason;

/// Asks DNS; or knows why it cannot, which matters to nobody on a network without any (R2).
pub struct Resolver(Result<TokioResolver, String>);

/// A server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// By the name that its certificate has.
    pub(super) host: String,
    pub(super) address: SocketAddr,
}

impl Resolver {
    /// Asks these servers, or those of the system where there are none.
    pub fn new(servers: &[SocketAddr]) -> Self {
        let built = configuration(servers).and_then(|(config, options)| {
            TokioResolver::builder_with_config(config, TokioRuntimeProvider::default()).with_options(options).build()
        });
        Self(built.map_err(|error| error.to_string()))
    }

    fn ask(&self) -> Result<&TokioResolver, Trouble> {
        self.0.as_ref().map_err(|error| Trouble::later(Reason::own("4.4.3", format!("DNS: {error}"))))
    }

    /// The addresses of a server that the configuration names: whatever is wrong may be put right.
    pub(super) async fn server(&self, host: &str, port: u16) -> Result<Vec<Target>, Trouble> {
        if let Ok(address) = host.parse::<IpAddr>() {
            return Ok(vec![Target { host: host.to_owned(), address: (address, port).into() }]);
        }
        let found = addresses(self.ask()?, host, port).await;
        let found = found.map_err(|error| Trouble::later(unresolved(host, &error)))?;
        if found.is_empty() {
            Err(Trouble::later(Reason::own("4.4.4", format!("{host} has no address"))))
        } else {
            Ok(found)
        }
    }

    /// The servers of a domain, the preferred first: those of its MX records, or itself where it has none.
    pub(super) async fn mail_servers(&self, domain: &Domain, port: u16) -> Result<Vec<Target>, Trouble> {
        let name = domain.as_str();
        if let Some(literal) = literal(name) {
            return Ok(vec![Target { host: name.to_owned(), address: (literal, port).into() }]);
        }
        let resolver = self.ask()?;
        let mut servers = match resolver.lookup(absolute(name), RecordType::MX).await {
            Ok(found) => found.answers().iter().filter_map(|record| exchange(&record.data)).collect(),
            Err(error) if error.is_nx_domain() => {
                return Err(Trouble::Never(Reason::own("5.1.2", format!("there is no domain {name}"))));
            }
            Err(error) if error.is_no_records_found() => Vec::new(),
            Err(error) => return Err(Trouble::later(unresolved(name, &error))),
        };
        if servers.iter().any(|(_, host)| host.is_empty()) {
            return Err(Trouble::Never(Reason::own("5.1.10", format!("{name} takes no mail (null MX)"))));
        }
        if servers.is_empty() {
            servers.push((0, name.to_owned()));
        }
        servers.sort();
        of_servers(resolver, name, &servers, port).await
    }
}

/// The addresses of mail servers. One that cannot be found does not stand in the way of the others.
async fn of_servers(
    resolver: &TokioResolver,
    domain: &str,
    servers: &[(u16, String)],
    port: u16,
) -> Result<Vec<Target>, Trouble> {
    let mut targets = Vec::new();
    let mut failed = None;
    for (_, host) in servers.iter().take(limits::RELAY_HOSTS_MAX) {
        match addresses(resolver, host, port).await {
            Ok(found) => targets.extend(found),
            Err(error) if error.is_no_records_found() => {}
            Err(error) => failed = Some(unresolved(host, &error)),
        }
    }
    targets.truncate(limits::RELAY_HOSTS_MAX);
    match failed {
        _ if !targets.is_empty() => Ok(targets),
        Some(reason) => Err(Trouble::later(reason)),
        None => Err(Trouble::Never(Reason::own("5.1.2", format!("{domain} has no mail server")))),
    }
}

async fn addresses(resolver: &TokioResolver, host: &str, port: u16) -> Result<Vec<Target>, NetError> {
    let target = |address: IpAddr| Target { host: host.to_owned(), address: (address, port).into() };
    let found = resolver.lookup_ip(absolute(host)).await?;
    Ok(found.iter().take(limits::RELAY_HOSTS_MAX).map(target).collect())
}

/// A full name: it is not looked for in the domains of this machine.
fn absolute(name: &str) -> String {
    format!("{}.", name.trim_end_matches('.'))
}

/// `[192.0.2.1]`, `[IPv6:2001:db8::1]`.
fn literal(domain: &str) -> Option<IpAddr> {
    let inner = domain.strip_prefix('[')?.strip_suffix(']')?;
    inner.strip_prefix("ipv6:").unwrap_or(inner).parse().ok()
}

fn exchange(data: &RData) -> Option<(u16, String)> {
    match data {
        RData::MX(mx) => Some((mx.preference, mx.exchange.to_ascii().trim_end_matches('.').to_ascii_lowercase())),
        _ => None,
    }
}

fn unresolved(name: &str, error: &NetError) -> Reason {
    let why = if error.is_nx_domain() { "there is no such name".to_owned() } else { error.to_string() };
    Reason::own("4.4.3", super::syntax::kept(format!("DNS, {name}: {why}").as_bytes()))
}
