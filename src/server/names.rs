//! The names of this server, and the network around it, made from the configuration.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use arc_swap::ArcSwap;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio_util::sync::CancellationToken;

use crate::authentic::{self, Keys};
use crate::clock::Clock;
use crate::config::relay::Route;
use crate::config::{Config, ConfigError};
use crate::control::{Services, Surroundings, Way};
use crate::limits;
use crate::metrics::Listener;
use crate::queue::DefaultRoute;
use crate::relay;
use crate::zone::{Facts, Key, Sender, Service, Zone, ZoneError};

use super::doors::Doors;
use super::installation::known_port;
use super::{Addresses, outward};

/// What mail programs look for: TLS from the first octet before STARTTLS (RFC 8314 §5.1), and that there is no POP.
const SERVICES: [(&str, Option<Listener>, u16); 6] = [
    ("_imaps", Some(Listener::Imaps), 0),
    ("_submissions", Some(Listener::Submissions), 0),
    ("_imap", Some(Listener::Imap), 10),
    ("_submission", Some(Listener::Submission), 10),
    ("_pop3s", None, 0),
    ("_pop3", None, 0),
];

/// The zone by one configuration, listened at these addresses if it is the daemon's.
pub(super) fn zone(
    config: &Config,
    addresses: Option<&Addresses>,
    clock: &Clock,
    keys: &Keys,
) -> Result<Zone, ZoneError> {
    let here = places(config);
    let services = SERVICES.map(|(label, listener, priority)| {
        let port = listener.and_then(|listener| known_port(config, addresses, listener));
        Service { label, priority, port }
    });
    Zone::of(&Facts {
        domain: &config.organisation.domain,
        hostname: &config.server.hostname,
        addresses: &here,
        services: &services,
        senders: &senders(config, &here),
        policy: config.dns.policy,
        keys: &public(config, keys),
        serial: serial(clock),
    })
}

/// The zone that the daemon answers from; none where it does not listen for questions.
pub(super) fn answered(
    config: &Config,
    addresses: &Addresses,
    clock: &Clock,
    keys: &Keys,
) -> Result<Option<Zone>, ConfigError> {
    if addresses.of(Listener::Dns).is_none() {
        return Ok(None);
    }
    let zone = zone(config, Some(addresses), clock, keys);
    zone.map(Some)
        .map_err(|error| config.wrong("dns", "addresses", format!("{error}; name it here, as in [\"10.1.1.10\"]")))
}

/// Answers from what the zone says by now, until the daemon drains.
pub(super) async fn renew(doors: Arc<ArcSwap<Doors>>, control: Arc<ArcSwap<Services>>, drain: CancellationToken) {
    let mut looks = tokio::time::interval(limits::DNS_LOOK_EVERY);
    while drain.run_until_cancelled(looks.tick()).await.is_some() {
        let Some(door) = doors.load().names() else { continue };
        match control.load().surroundings.zone() {
            Ok(zone) => door.renew(zone),
            Err(error) => tracing::error!(%error, "questions about names are answered as before"),
        }
    }
}

/// Where the server is: as configured, or where it listens for mail. Its loopback is nobody else's business, unless it has
/// nothing else.
fn places(config: &Config) -> Vec<IpAddr> {
    let mail = [Listener::Smtp, Listener::Submissions, Listener::Submission, Listener::Imaps, Listener::Imap];
    let listened = || mail.into_iter().flat_map(|listener| config.listens(listener)).map(|address| address.0.ip());
    let mut found = config.dns.addresses.clone();
    if found.is_empty() {
        found.extend(listened().filter(|address| !address.is_unspecified() && !address.is_loopback()));
    }
    if found.is_empty() {
        found.extend(listened().filter(IpAddr::is_loopback));
    }
    let mut known = std::collections::BTreeSet::new();
    found.retain(|address| known.insert(*address));
    found
}

/// Who else sends the domain's mail: this machine by another address, and the servers that hand on what we give them. A
/// route for a domain of its own ends there: whoever receives by it sees us.
fn senders(config: &Config, here: &[IpAddr]) -> Vec<Sender> {
    let default = config.relay.routing().default;
    let hands_on = |route: &&Route| !route.senders.is_empty() || default == DefaultRoute::Route(route.name.clone());
    let own = config.relay.source.filter(|source| !here.contains(source)).map(Sender::Address);
    let routes = config.relay.route.iter().filter(hands_on).map(|route| match route.host.parse() {
        Ok(address) => Sender::Address(address),
        Err(_) => Sender::Host(route.host.clone()),
    });
    let mut senders: Vec<Sender> = Vec::new();
    for sender in own.into_iter().chain(routes) {
        if !senders.contains(&sender) {
            senders.push(sender);
        }
    }
    senders
}

/// The keys of our own domain; those of other domains are for their zones.
fn public(config: &Config, keys: &Keys) -> Vec<Key> {
    let end = format!("._domainkey.{}", config.organisation.domain);
    let records = authentic::records(keys).unwrap_or_else(|error| {
        tracing::error!(%error, "a key that signs mail is missing in DNS");
        Vec::new()
    });
    let own = records.into_iter().filter(|record| record.name.ends_with(&end));
    own.map(|authentic::Record { name, txt }| Key { name, text: txt }).collect()
}

/// The day and the hour at the office (RFC 1912 §2.2): a change is told to copies of the zone within the hour.
fn serial(clock: &Clock) -> u32 {
    clock.zoned().strftime("%Y%m%d%H").to_string().parse().unwrap_or_default()
}

/// The network around, by one configuration.
struct Network {
    config: Config,
    addresses: Option<Addresses>,
    clock: Clock,
    keys: Keys,
}

pub(super) fn surroundings(
    config: &Config,
    addresses: Option<&Addresses>,
    clock: &Clock,
    keys: &Keys,
) -> Arc<dyn Surroundings> {
    let (config, addresses) = (config.clone(), addresses.cloned());
    Arc::new(Network { config, addresses, clock: clock.clone(), keys: keys.clone() })
}

impl Surroundings for Network {
    fn zone(&self) -> Result<Zone, ZoneError> {
        zone(&self.config, self.addresses.as_ref(), &self.clock, &self.keys)
    }

    fn resolvers(&self) -> &[SocketAddr] {
        &self.config.relay.dns
    }

    fn asks_dns(&self) -> bool {
        let relay = &self.config.relay;
        relay.routing().default == DefaultRoute::Direct
            || relay.route.iter().any(|route| route.host.parse::<IpAddr>().is_err())
    }

    fn ways(&self) -> BoxFuture<'_, Result<Vec<Way>, String>> {
        async {
            let settings = outward::settings(&self.config).map_err(|error| error.to_string())?;
            let way = |probed: relay::Probed| Way {
                name: probed.lane.to_string(),
                server: probed.server,
                found: probed.found.map_err(|reason| reason.text),
            };
            Ok(relay::probe(&settings).await.into_iter().map(way).collect())
        }
        .boxed()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn config(rest: &str) -> Config {
        let text =
            format!("server.hostname = 'mail.so.vn'\norganisation = {{ name = 'Sở', domain = 'so.vn' }}\n{rest}");
        Config::parse(&text, "hopthu.toml".as_ref()).unwrap()
    }

    #[test]
    fn the_server_is_where_it_listens_or_where_it_is_said_to_be() {
        let all = "smtp = ['0.0.0.0:25'], submission = [], submissions = [], imaps = []";
        for (rest, expected) in [
            (String::new(), &[][..]),
            (format!("listen = {{ {all}, imap = ['10.1.1.10:143', '127.0.0.1:143'] }}"), &["10.1.1.10"]),
            (format!("listen = {{ {all}, imap = ['127.0.0.1:143'] }}"), &["127.0.0.1"]),
            ("dns.addresses = ['10.1.1.9', 'fd00::9']".to_owned(), &["10.1.1.9", "fd00::9"]),
        ] {
            let expected: Vec<IpAddr> = expected.iter().map(|address| address.parse().unwrap()).collect();
            assert_eq!(places(&config(&rest)), expected, "{rest}");
        }
    }

    #[test]
    fn who_hands_our_mail_on_sends_it_and_who_receives_it_does_not() {
        let config = config(
            "[relay]\ndefault = 'ra'\nsource = '10.1.1.11'\n\
             [[relay.route]]\nname = 'ra'\nhost = 'relay.tinh.vn'\n\
             [[relay.route]]\nname = 'tinh'\nhost = '10.9.9.9'\ndomains = ['tinh.vn']\n\
             [[relay.route]]\nname = 'khac'\nhost = '10.9.9.8'\nsenders = ['so.vn']\n",
        );
        let expected = [
            Sender::Address("10.1.1.11".parse().unwrap()),
            Sender::Host("relay.tinh.vn".to_owned()),
            Sender::Address("10.9.9.8".parse().unwrap()),
        ];
        assert_eq!(senders(&config, &["10.1.1.10".parse().unwrap()]), expected);
    }
}
