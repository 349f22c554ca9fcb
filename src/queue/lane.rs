//! The ways that mail leaves by, and which of them a message takes.

use std::fmt;
use std::str::FromStr;

use crate::address::{Address, Domain};

/// A way out. Jobs of one lane go to the same servers, and wait together while these are down.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lane {
    /// Into mailboxes here: only what was held goes this way.
    Local,
    /// A route of the configuration, by name.
    Route(String),
    /// The servers that DNS names for a domain.
    Direct(Domain),
}

/// Why a text names no lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a way out is local, route:NAME or mx:DOMAIN")]
pub struct LaneError;

/// Which ways there are.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Routing {
    /// Looked through in this order.
    pub rules: Vec<Rule>,
    /// Where no rule holds.
    pub default: Default,
}

/// What mail a route is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The route's name.
    pub route: String,
    /// Domains of recipients.
    pub domains: Vec<DomainPattern>,
    /// Senders.
    pub senders: Vec<Origin>,
}

/// What happens to mail that no route is for.
#[derive(Clone, Debug, PartialEq, Eq, std::default::Default)]
pub enum Default {
    /// It is refused.
    #[default]
    Refuse,
    /// It goes to the servers that DNS names.
    Direct,
    /// It takes a route.
    Route(String),
}

/// `daklak.gov.vn`, or `*.daklak.gov.vn` for all domains below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainPattern {
    domain: Domain,
    below: bool,
}

/// A sender, or all of a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// One address.
    Address(Address),
    /// Everybody of a domain.
    Domain(Domain),
}

impl Routing {
    /// The way of a recipient: by its domain, else by the sender, else the default; none where that is to refuse.
    pub fn lane(&self, from: Option<&Address>, to: &Domain) -> Option<Lane> {
        let by_domain = self.rules.iter().find(|rule| rule.domains.iter().any(|pattern| pattern.covers(to)));
        let by_sender = || {
            let from = from?;
            self.rules.iter().find(|rule| rule.senders.iter().any(|sender| sender.is(from)))
        };
        match (by_domain.or_else(by_sender), &self.default) {
            (Some(rule), _) => Some(Lane::Route(rule.route.clone())),
            (None, Default::Route(route)) => Some(Lane::Route(route.clone())),
            (None, Default::Direct) => Some(Lane::Direct(to.clone())),
            (None, Default::Refuse) => None,
        }
    }
}

impl DomainPattern {
    /// Whether the domain is meant.
    pub fn covers(&self, domain: &Domain) -> bool {
        if self.below { domain.is_below(&self.domain) } else { *domain == self.domain }
    }
}

impl Origin {
    fn is(&self, sender: &Address) -> bool {
        match self {
            Self::Address(address) => address == sender,
            Self::Domain(domain) => domain == sender.domain(),
        }
    }
}

impl FromStr for DomainPattern {
    type Err = crate::address::AddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.strip_prefix("*.") {
            Some(domain) => Ok(Self { domain: domain.parse()?, below: true }),
            None => Ok(Self { domain: text.parse()?, below: false }),
        }
    }
}

impl FromStr for Origin {
    type Err = crate::address::AddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.contains('@') { text.parse().map(Self::Address) } else { text.parse().map(Self::Domain) }
    }
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local => f.write_str("local"),
            Self::Route(name) => write!(f, "route:{name}"),
            Self::Direct(domain) => write!(f, "mx:{domain}"),
        }
    }
}

impl FromStr for Lane {
    type Err = LaneError;

    fn from_str(text: &str) -> Result<Self, LaneError> {
        match text.split_once(':') {
            None if text == "local" => Ok(Self::Local),
            Some(("route", name)) if !name.is_empty() => Ok(Self::Route(name.to_owned())),
            Some(("mx", domain)) => domain.parse().map(Self::Direct).map_err(|_| LaneError),
            _ => Err(LaneError),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_recipients_domain_comes_before_the_sender_and_the_default_last() {
        let rule = |route: &str, domains: &[&str], senders: &[&str]| Rule {
            route: route.to_owned(),
            domains: domains.iter().map(|d| d.parse().unwrap()).collect(),
            senders: senders.iter().map(|s| s.parse().unwrap()).collect(),
        };
        let mut routing = Routing {
            rules: vec![
                rule("tinh", &["daklak.gov.vn", "*.daklak.gov.vn"], &[]),
                rule("rieng", &[], &["a@x.vn", "y.vn"]),
            ],
            default: Default::Refuse,
        };
        let lane = |routing: &Routing, from: &str, to: &str| {
            routing.lane(Address::parse(from).ok().as_ref(), &to.parse().unwrap()).map(|lane| lane.to_string())
        };
        for (from, to, expected) in [
            ("a@x.vn", "daklak.gov.vn", Some("route:tinh")),
            ("", "xa.daklak.gov.vn", Some("route:tinh")),
            ("", "xdaklak.gov.vn", None),
            ("A@x.vn", "z.vn", Some("route:rieng")),
            ("b@y.vn", "z.vn", Some("route:rieng")),
            ("b@x.vn", "z.vn", None),
        ] {
            assert_eq!(lane(&routing, from, to).as_deref(), expected, "{from} {to}");
        }
        routing.default = Default::Direct;
        assert_eq!(lane(&routing, "", "Z.vn").as_deref(), Some("mx:z.vn"));
        routing.default = Default::Route("tinh".to_owned());
        assert_eq!(lane(&routing, "", "z.vn").as_deref(), Some("route:tinh"));
    }

    #[test]
    fn a_lane_reads_back_as_written() {
        for text in ["local", "route:tinh", "mx:x.vn"] {
            assert_eq!(text.parse::<Lane>().unwrap().to_string(), text);
        }
        for text in ["", "route:", "mx:a b", "x:y"] {
            assert_eq!(text.parse::<Lane>(), Err(LaneError), "{text}");
        }
    }
}
