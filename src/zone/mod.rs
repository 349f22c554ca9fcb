//! The names that a network needs of this server (R1): what they are, as records of DNS. Nothing is asked here.

mod record;

use std::net::IpAddr;

use hickory_resolver::proto::rr::rdata::{MX, NS, SOA, SRV};
use hickory_resolver::proto::rr::{Name, RData, Record};

use crate::address::Domain;
use crate::limits;

pub use record::{data, text, txt};

/// The office's zone, and what other zones have to say of its server.
#[derive(Clone, Debug, PartialEq)]
pub struct Zone {
    /// The domain that it is of.
    pub origin: Name,
    /// The records, in the order in which people read them; the first is the SOA.
    pub entries: Vec<Entry>,
}

/// A record, and what for.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// What for.
    pub purpose: Purpose,
    /// The record.
    pub record: Record,
}

/// What a record is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// The zone itself: SOA and NS.
    Zone,
    /// Where the server is.
    Address,
    /// Where the domain's mail goes.
    Mail,
    /// How mail programs find their server (RFC 6186, RFC 8314).
    Clients,
    /// Who sends the domain's mail (RFC 7208).
    Senders,
    /// With which keys it is signed (RFC 6376).
    Keys,
    /// What becomes of mail that is neither (RFC 7489).
    Policy,
    /// Whose the server's addresses are; belongs into the zone of the network.
    Reverse,
}

/// What a zone is made of.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// The office's domain.
    pub domain: &'a Domain,
    /// The server's name.
    pub hostname: &'a Domain,
    /// Where the server is.
    pub addresses: &'a [IpAddr],
    /// Where mail programs find it.
    pub services: &'a [Service],
    /// Who sends the domain's mail besides the server.
    pub senders: &'a [Sender],
    /// What becomes of mail that is not proved to be the domain's.
    pub policy: Policy,
    /// The keys that mail is signed with.
    pub keys: &'a [Key],
    /// The zone's number: it only grows (RFC 1035 §3.3.13).
    pub serial: u32,
}

/// A service of mail programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Service {
    /// `_imaps`
    pub label: &'static str,
    /// The lowest is tried first (RFC 6186 §3.3).
    pub priority: u16,
    /// The port; none where there is no such service, which is said too (RFC 6186 §3.4).
    pub port: Option<u16>,
}

/// Who sends mail of the domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sender {
    /// An address.
    Address(IpAddr),
    /// A host, by name.
    Host(String),
}

/// The public half of a key, as DNS has it (RFC 6376 §3.6.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// `SELECTOR._domainkey.DOMAIN`, without a final dot.
    pub name: String,
    /// `v=DKIM1; …`
    pub text: String,
}

/// What receivers are asked to do with mail that fails (RFC 7489 §6.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Policy {
    /// To tell only.
    None,
    /// To set it apart.
    #[default]
    Quarantine,
    /// To refuse it.
    Reject,
}

/// Why there is no zone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ZoneError {
    /// It is not known where the server is.
    #[error("no address of this server is known")]
    NoAddress,
    /// A name that DNS cannot have.
    #[error("{0:?} is no name for DNS")]
    Name(String),
    /// A text that DNS cannot have.
    #[error("the text of {0} is too long for a record")]
    Text(String),
}

impl Policy {
    /// The word of RFC 7489.
    fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Quarantine => "quarantine",
            Self::Reject => "reject",
        }
    }
}

impl Zone {
    /// The zone of an office.
    ///
    /// # Errors
    /// Where an address is not known, or a name or text does not fit into DNS.
    pub fn of(facts: &Facts<'_>) -> Result<Self, ZoneError> {
        if facts.addresses.is_empty() {
            return Err(ZoneError::NoAddress);
        }
        let (origin, host) = (name(facts.domain.as_str())?, name(facts.hostname.as_str())?);
        let below = |label: &str| name(&format!("{label}.{}", facts.domain));
        let mut zone = Self { origin: origin.clone(), entries: Vec::new() };
        zone.add(Purpose::Zone, &origin, RData::SOA(soa(&host, below("postmaster")?, facts.serial)));
        zone.add(Purpose::Zone, &origin, RData::NS(NS(host.clone())));
        for address in facts.addresses {
            zone.add(Purpose::Address, &host, RData::from(*address));
        }
        zone.add(Purpose::Mail, &origin, RData::MX(MX::new(MX_PREFERENCE, host.clone())));
        for service in facts.services {
            zone.add(Purpose::Clients, &below(&format!("{}._tcp", service.label))?, srv(service, &host));
        }
        zone.add(Purpose::Senders, &origin, txt(&spf("mx", facts.senders)));
        if host != origin {
            // Notices have no sender: there the name in EHLO is asked for (RFC 7208 §2.3).
            zone.add(Purpose::Senders, &host, txt(&spf("a", facts.senders)));
        }
        for key in facts.keys {
            zone.add(Purpose::Keys, &name(&key.name)?, txt(&key.text));
        }
        let policy = format!("v=DMARC1; p={}; rua=mailto:postmaster@{}", facts.policy.as_str(), facts.domain);
        zone.add(Purpose::Policy, &below("_dmarc")?, txt(&policy));
        for address in facts.addresses {
            zone.add(Purpose::Reverse, &Name::from(*address), record::ptr(&host));
        }
        match zone.entries.iter().find(|entry| record::too_long(&entry.record.data)) {
            Some(entry) => Err(ZoneError::Text(entry.record.name.to_ascii())),
            None => Ok(zone),
        }
    }

    fn add(&mut self, purpose: Purpose, name: &Name, data: RData) {
        let record = Record::from_rdata(name.clone(), limits::ZONE_TTL_SECONDS, data);
        self.entries.push(Entry { purpose, record });
    }

    /// Whether it says what another one says, whatever their numbers.
    pub fn says_the_same(&self, other: &Self) -> bool {
        self.entries.iter().skip(1).eq(other.entries.iter().skip(1))
    }

    /// The records that the zone itself has.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.entries.iter().map(|entry| &entry.record).filter(|record| self.origin.zone_of(&record.name))
    }
}

/// One server only: the number compares it to nobody.
const MX_PREFERENCE: u16 = 10;

/// A whole name.
fn name(text: &str) -> Result<Name, ZoneError> {
    // An address as in `[10.1.1.10]` is a domain of mail, and no name.
    let fits = !text.starts_with('[');
    let parsed = Name::from_ascii(format!("{text}.")).ok().filter(|_| fits);
    parsed.ok_or_else(|| ZoneError::Name(text.to_owned()))
}

/// RFC 1035 §3.3.13, its times those that RFC 1912 §2.2 advises.
fn soa(host: &Name, postmaster: Name, serial: u32) -> SOA {
    SOA::new(
        host.clone(),
        postmaster,
        serial,
        limits::ZONE_REFRESH_SECONDS,
        limits::ZONE_RETRY_SECONDS,
        limits::ZONE_EXPIRE_SECONDS,
        limits::ZONE_NEGATIVE_TTL_SECONDS,
    )
}

/// Where there is no service the target is the root, and nothing else means anything (RFC 6186 §3.4).
fn srv(service: &Service, host: &Name) -> RData {
    RData::SRV(match service.port {
        Some(port) => SRV::new(service.priority, 1, port, host.clone()),
        None => SRV::new(0, 0, 0, Name::root()),
    })
}

/// RFC 7208 §5: this server, by the mechanism that finds it from the name, and whoever hands its mail on.
fn spf(server: &str, senders: &[Sender]) -> String {
    let mut text = format!("v=spf1 {server}");
    for sender in senders {
        match sender {
            Sender::Address(IpAddr::V4(address)) => text.extend([" ip4:", &address.to_string()]),
            Sender::Address(IpAddr::V6(address)) => text.extend([" ip6:", &address.to_string()]),
            Sender::Host(host) => text.extend([" a:", host]),
        }
    }
    text + " -all"
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn lines(facts: &Facts<'_>) -> Vec<String> {
        let zone = Zone::of(facts).unwrap();
        let line = |entry: &Entry| {
            let Record { name, data, .. } = &entry.record;
            format!("{name} {} {}", data.record_type(), super::data(data))
        };
        zone.entries.iter().map(line).collect()
    }

    #[test]
    fn the_zone_names_the_server_its_services_and_who_sends() {
        let domain = Domain::parse("so.vn").unwrap();
        let hostname = Domain::parse("mail.so.vn").unwrap();
        let key = "v=DKIM1; p=".to_owned() + &"A".repeat(300);
        let facts = Facts {
            domain: &domain,
            hostname: &hostname,
            addresses: &["10.1.1.10".parse().unwrap(), "fd00::10".parse().unwrap()],
            services: &[
                Service { label: "_imaps", priority: 0, port: Some(993) },
                Service { label: "_pop3s", priority: 0, port: None },
            ],
            senders: &[Sender::Address("10.1.1.11".parse().unwrap()), Sender::Host("relay.vn".to_owned())],
            policy: Policy::Reject,
            keys: &[Key { name: "s1._domainkey.so.vn".to_owned(), text: key.clone() }],
            serial: 2_026_112_409,
        };
        let (first, second) = key.split_at(255);
        assert_eq!(
            lines(&facts),
            [
                "so.vn. SOA mail.so.vn. postmaster.so.vn. 2026112409 14400 3600 1209600 300",
                "so.vn. NS mail.so.vn.",
                "mail.so.vn. A 10.1.1.10",
                "mail.so.vn. AAAA fd00::10",
                "so.vn. MX 10 mail.so.vn.",
                "_imaps._tcp.so.vn. SRV 0 1 993 mail.so.vn.",
                "_pop3s._tcp.so.vn. SRV 0 0 0 .",
                "so.vn. TXT \"v=spf1 mx ip4:10.1.1.11 a:relay.vn -all\"",
                "mail.so.vn. TXT \"v=spf1 a ip4:10.1.1.11 a:relay.vn -all\"",
                &format!("s1._domainkey.so.vn. TXT \"{first}\" \"{second}\""),
                "_dmarc.so.vn. TXT \"v=DMARC1; p=reject; rua=mailto:postmaster@so.vn\"",
                "10.1.1.10.in-addr.arpa. PTR mail.so.vn.",
                "0.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa. PTR mail.so.vn.",
            ]
        );
        let nowhere = Facts { addresses: &[], ..facts.clone() };
        assert_eq!(Zone::of(&nowhere), Err(ZoneError::NoAddress));
        let literal = Domain::parse("[10.1.1.10]").unwrap();
        let unnamed = Facts { hostname: &literal, ..facts };
        assert_eq!(Zone::of(&unnamed), Err(ZoneError::Name("[10.1.1.10]".to_owned())));
    }
}
