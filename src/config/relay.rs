//! `[relay]`: other servers and devices, and the ways mail takes to them.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use super::value::{self, Wait};
use crate::address::Address;
use crate::net::Fingerprint;
use crate::network::Network;
use crate::queue::{DefaultRoute, DomainPattern, Origin, Routing, Rule, Terms};

/// `[relay]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Relay {
    /// What happens to mail for domains that no route is for: `refuse`, `mx`, or a route's name.
    pub default: String,
    /// Networks that may bring mail with senders of our own domain, without a login.
    pub trusted: Vec<Network>,
    /// Networks that may send to other domains with senders of our own domain, without a login.
    pub sends_out: Vec<Network>,
    /// Certificates of servers that are trusted as if they were of a trusted network.
    #[serde(deserialize_with = "value::all_parsed")]
    pub trusted_certificates: Vec<Fingerprint>,
    /// PEM file of the certificates that vouch for such servers.
    pub trusted_authority: Option<PathBuf>,
    /// Networks of list servers, which send on what people here wrote to a list.
    pub lists: Vec<Network>,
    /// Scanners, copiers and other machines that send in one name each.
    pub device: Vec<Device>,
    /// The address that connections to other servers come from.
    pub source: Option<IpAddr>,
    /// DNS servers that are asked for other servers; those of the system where there are none.
    pub dns: Vec<SocketAddr>,
    /// Where servers listen that DNS names.
    pub mx_port: u16,
    /// How long to wait after the first failure.
    pub retry_first: Wait,
    /// How long to wait after many.
    pub retry_longest: Wait,
    /// When the sender is told that a message takes long.
    pub warn_after: Wait,
    /// When a message is given up.
    pub give_up_after: Wait,
    /// Ways to other servers.
    pub route: Vec<Route>,
}

/// `[[relay.device]]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Device {
    /// What it is called in the log.
    pub name: String,
    /// Where it connects from.
    pub networks: Vec<Network>,
    /// The one address that it sends from.
    pub sender: Address,
    /// Recipients that it may send to in an hour.
    #[serde(default = "default_hourly_limit")]
    pub hourly_limit: usize,
}

/// `[[relay.route]]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// What the route is called.
    pub name: String,
    /// Domains of recipients that it is for.
    #[serde(default, deserialize_with = "value::all_parsed")]
    pub domains: Vec<DomainPattern>,
    /// Senders that it is for, where no route has the recipient's domain.
    #[serde(default, deserialize_with = "value::all_parsed")]
    pub senders: Vec<Origin>,
    /// The server's name or address.
    pub host: String,
    /// Where it listens.
    #[serde(default = "default_port")]
    pub port: u16,
    /// Whether mail goes under TLS.
    #[serde(default)]
    pub tls: RouteTls,
    /// PEM file of the certificates that may vouch for the server; those of the system where there is none.
    #[serde(default)]
    pub trust: Option<PathBuf>,
    /// The name to log in with.
    #[serde(default)]
    pub username: Option<String>,
    /// The file that the password is in, of mode 0600.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
    /// How long to wait for an answer, at most.
    #[serde(default = "default_patience")]
    pub patience: Wait,
    /// Connections at a time.
    #[serde(default = "default_connections")]
    pub connections: usize,
}

/// Whether mail goes under TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RouteTls {
    /// Never.
    None,
    /// Where the server offers it, whoever it is.
    #[default]
    Opportunistic,
    /// Always, with a server that proves its name.
    Required,
}

const fn default_port() -> u16 {
    25
}

const fn default_hourly_limit() -> usize {
    crate::limits::DEVICE_RECIPIENTS_PER_HOUR_USUAL
}

fn default_patience() -> Wait {
    Wait(crate::limits::RELAY_DATA_END_WAIT_MAX)
}

const fn default_connections() -> usize {
    crate::limits::RELAY_CONNECTIONS_USUAL
}

impl Default for Relay {
    fn default() -> Self {
        Self {
            default: REFUSE.to_owned(),
            trusted: Vec::new(),
            sends_out: Vec::new(),
            trusted_certificates: Vec::new(),
            trusted_authority: None,
            lists: Vec::new(),
            device: Vec::new(),
            source: None,
            dns: Vec::new(),
            mx_port: default_port(),
            retry_first: Wait(crate::limits::RELAY_RETRY_FIRST),
            retry_longest: Wait(crate::limits::RELAY_RETRY_LONGEST),
            warn_after: Wait(crate::limits::RELAY_WARN_AFTER),
            give_up_after: Wait(crate::limits::RELAY_GIVE_UP_AFTER),
            route: Vec::new(),
        }
    }
}

const REFUSE: &str = "refuse";
const MX: &str = "mx";

impl Relay {
    /// What is wrong with the whole, with the key that it is about.
    pub(super) fn fault(&self) -> Option<(&'static str, String)> {
        let named = |name: &str| self.route.iter().filter(|route| route.name == name).count();
        if !matches!(self.default.as_str(), REFUSE | MX) && named(&self.default) == 0 {
            return Some((
                "default",
                format!("{:?} is no route; write refuse, mx, or the name of a [[relay.route]]", self.default),
            ));
        }
        if self.retry_longest < self.retry_first {
            return Some(("retry_longest", "it cannot be shorter than retry_first".to_owned()));
        }
        let twice = |device: &Device| self.device.iter().filter(|other| other.name == device.name).count() > 1;
        if let Some(problem) = self.device.iter().find_map(|device| device.fault(twice(device))) {
            return Some(("device", problem));
        }
        self.route.iter().find_map(|route| Some(("route", route.fault(named(&route.name) > 1)?)))
    }

    /// Which way a message takes.
    pub fn routing(&self) -> Routing {
        let rule = |route: &Route| Rule {
            route: route.name.clone(),
            domains: route.domains.clone(),
            senders: route.senders.clone(),
        };
        let default = match self.default.as_str() {
            REFUSE => DefaultRoute::Refuse,
            MX => DefaultRoute::Direct,
            name => DefaultRoute::Route(name.to_owned()),
        };
        Routing { rules: self.route.iter().map(rule).collect(), default }
    }

    /// When mail is tried again.
    pub fn terms(&self) -> Terms {
        let of = |wait: Wait| -> Duration { wait.0 };
        Terms {
            first: of(self.retry_first),
            longest: of(self.retry_longest),
            warn_after: of(self.warn_after),
            give_up_after: of(self.give_up_after),
        }
    }
}

impl Device {
    fn fault(&self, is_twice: bool) -> Option<String> {
        let (name, most) = (&self.name, crate::limits::DEVICE_RECIPIENTS_PER_HOUR_MAX);
        if name.is_empty() || is_twice {
            return Some(format!("a device has a name of its own, and {name:?} is none"));
        }
        if self.networks.is_empty() {
            return Some(format!("device {name:?} needs an address or network that it connects from"));
        }
        let fits = (1..=most).contains(&self.hourly_limit);
        (!fits).then(|| format!("device {name:?}: hourly_limit is a number from 1 to {most}"))
    }
}

impl Route {
    fn fault(&self, is_twice: bool) -> Option<String> {
        let name = &self.name;
        let plain = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        if !plain || matches!(name.as_str(), REFUSE | MX) {
            return Some(format!("{name:?} is no name of a route; write letters, digits, - and _"));
        }
        if is_twice {
            return Some(format!("there are two routes {name:?}"));
        }
        if self.host.is_empty() || self.connections == 0 {
            return Some(format!("route {name:?} needs a host, and a connection at least"));
        }
        if self.username.is_some() != self.password_file.is_some() {
            return Some(format!("route {name:?}: username and password_file go together"));
        }
        if self.username.is_some() && self.tls != RouteTls::Required {
            return Some(format!("route {name:?}: a password is sent under tls = \"required\" only"));
        }
        let needless = self.trust.is_some() && self.tls != RouteTls::Required;
        needless.then(|| {
            format!("route {name:?}: trust says whom tls = \"required\" believes; without that nobody is asked")
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn relay(text: &str) -> Result<Relay, String> {
        let relay: Relay = toml::from_str(text).map_err(|error| error.to_string())?;
        relay.fault().map_or(Ok(relay), |(_, problem)| Err(problem))
    }

    #[test]
    fn a_route_says_what_it_is_for() {
        let text =
            "default = 'tinh'\n[[route]]\nname = 'tinh'\nhost = 'mail.daklak.gov.vn'\ndomains = ['daklak.gov.vn']\n";
        let relay = relay(text).unwrap();
        assert_eq!((relay.route[0].port, relay.route[0].tls), (25, RouteTls::Opportunistic));
        assert_eq!(relay.routing().default, DefaultRoute::Route("tinh".to_owned()));
    }

    #[test]
    fn what_does_not_go_together_is_named() {
        let route = "[[route]]\nname = 'a'\nhost = 'h'\n";
        for (text, expected) in [
            ("default = 'x'\n".to_owned(), "\"x\" is no route"),
            ("retry_longest = '1s'\n".to_owned(), "shorter than retry_first"),
            (format!("{route}{route}"), "two routes \"a\""),
            (format!("{route}username = 'u'\n"), "go together"),
            (format!("{route}username = 'u'\npassword_file = 'f'\n"), "\"required\" only"),
            (format!("{route}trust = 'f'\n"), "whom tls"),
            (format!("{route}domains = ['a b']\n"), "not a host name"),
            (route.replace("'a'", "'a b'"), "no name of a route"),
            ("[[device]]\nname = 'a'\nnetworks = []\nsender = 'a@x.vn'\n".to_owned(), "connects from"),
            (
                "[[device]]\nname = 'a'\nnetworks = ['10.1.1.1']\nsender = 'a@x.vn'\nhourly_limit = 0\n".to_owned(),
                "from 1 to",
            ),
            ("trusted_certificates = ['0A']\n".to_owned(), "32 pairs"),
        ] {
            let problem = relay(&text).unwrap_err();
            assert!(problem.contains(expected), "{text}: {problem}");
        }
    }
}
