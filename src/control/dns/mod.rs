//! `dns …`: the names that the network needs of this server, and what it knows of them (R1).

mod compare;

use std::net::SocketAddr;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::ResolveHosts;
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::RecordType;
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

use crate::language::Language;
use crate::limits;
use crate::net::resolver::configuration;
use crate::zone::{self, Entry, Purpose, Zone, ZoneError};

use super::execute::Services;
use super::failure::{Exit, Failure};

pub use compare::{Compared, NameState, NameView};

use compare::compare;

/// What is asked about names.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// `dns zone`
    Zone,
    /// `dns check`
    Check,
}

/// The answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// The zone.
    Zone(ZoneView),
    /// What the network knows of it.
    Check(Compared),
}

/// The office's zone.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ZoneView {
    /// The domain that it is of.
    pub origin: String,
    /// Its records; the first is the SOA.
    pub records: Vec<RecordView>,
    /// Records of this server that belong into other zones.
    pub elsewhere: Vec<RecordView>,
}

/// A record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordView {
    /// Whose.
    pub name: String,
    /// How long it may be remembered, in seconds.
    pub ttl: u32,
    /// `MX`
    #[serde(rename = "type")]
    pub kind: String,
    /// As zone files have it.
    pub data: String,
    /// What for.
    pub purpose: Purpose,
}

pub(super) async fn execute(ask: Ask, services: &Services, language: Language) -> Result<Answer, Failure> {
    let zone = services.surroundings.zone().map_err(|error| unmade(&error, language))?;
    match ask {
        Ask::Zone => Ok(Answer::Zone(ZoneView::of(&zone))),
        Ask::Check => {
            let resolver = resolver(services.surroundings.resolvers());
            let resolver = resolver.map_err(|error| Failure::new(Exit::System, "resolver", &error.to_string()))?;
            Ok(Answer::Check(compare(&zone, &resolver).await))
        }
    }
}

fn unmade(error: &ZoneError, language: Language) -> Failure {
    let (code, hint) = match (error, language) {
        (ZoneError::NoAddress, Language::Vi) => (
            "address_unknown",
            "chưa biết địa chỉ của máy chủ này: hãy ghi addresses = [\"10.1.1.10\"] dưới [dns]".to_owned(),
        ),
        (ZoneError::NoAddress, Language::En) => {
            ("address_unknown", format!("{error}: write addresses = [\"10.1.1.10\"] below [dns]"))
        }
        (ZoneError::Name(name), Language::Vi) => ("name", format!("{name:?} không thể là tên trong DNS")),
        (ZoneError::Text(name), Language::Vi) => ("text", format!("bản ghi của {name} quá dài")),
        (ZoneError::Name(_), Language::En) => ("name", error.to_string()),
        (ZoneError::Text(_), Language::En) => ("text", error.to_string()),
    };
    Failure::new(Exit::Input, code, &hint)
}

impl ZoneView {
    fn of(zone: &Zone) -> Self {
        let of = |inside: bool| {
            let entries = zone.entries.iter().filter(move |entry| zone.origin.zone_of(&entry.record.name) == inside);
            entries.map(RecordView::of).collect()
        };
        Self { origin: zone.origin.to_ascii(), records: of(true), elsewhere: of(false) }
    }
}

impl RecordView {
    fn of(Entry { purpose, record }: &Entry) -> Self {
        Self {
            name: record.name.to_ascii(),
            ttl: record.ttl,
            kind: record.record_type().to_string(),
            data: zone::data(&record.data),
            purpose: *purpose,
        }
    }
}

/// Asks the network's servers alone: this machine's own list of hosts does not count. Somebody waits.
fn resolver(servers: &[SocketAddr]) -> Result<TokioResolver, NetError> {
    let (config, mut options) = configuration(servers)?;
    options.use_hosts_file = ResolveHosts::Never;
    options.timeout = limits::NAMES_WAIT_MAX;
    options.attempts = 1;
    TokioResolver::builder_with_config(config, TokioRuntimeProvider::default()).with_options(options).build()
}

/// Whether anybody answers at all; what, is said by `dns check`.
pub(super) async fn probe(services: &Services, language: Language) -> Result<String, String> {
    let around = &services.surroundings;
    let servers: Vec<_> = around.resolvers().iter().map(ToString::to_string).collect();
    let who = if servers.is_empty() { "/etc/resolv.conf".to_owned() } else { servers.join(", ") };
    if !around.asks_dns() {
        return Ok(match language {
            Language::Vi => "không đường gửi thư nào cần đến".to_owned(),
            Language::En => "no way out needs it".to_owned(),
        });
    }
    let asked = async {
        let resolver = resolver(around.resolvers()).map_err(|error| error.to_string())?;
        let question = resolver.lookup(format!("{}.", services.feed.domain), RecordType::MX);
        match timeout(limits::PROBE_WAIT_MAX, question).await {
            Ok(Err(error)) if !error.is_no_records_found() => Err(error.to_string()),
            Ok(_) => Ok(()),
            Err(late) => Err(late.to_string()),
        }
    };
    match (asked.await, language) {
        (Ok(()), _) => Ok(who),
        (Err(error), Language::Vi) => Err(format!(
            "không được trả lời ({who}): {error}; cần một máy chủ DNS tới được, ghi ở relay.dns hoặc /etc/resolv.conf"
        )),
        (Err(error), Language::En) => Err(format!(
            "no answer ({who}): {error}; name a DNS server that can be reached in relay.dns or /etc/resolv.conf"
        )),
    }
}
