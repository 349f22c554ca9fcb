//! `dns …`: the names that the network needs of this server, and what it knows of them (R1).

use std::net::SocketAddr;

use futures_util::{StreamExt, stream};
use hickory_resolver::TokioResolver;
use hickory_resolver::config::ResolveHosts;
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{RData, Record, RecordType};
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

use crate::language::Language;
use crate::limits;
use crate::net::resolver::configuration;
use crate::zone::{self, Entry, Purpose, Zone, ZoneError};

use super::execute::Services;
use super::failure::{Exit, Failure};

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

/// What the network knows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Compared {
    /// Whether everything that must be there is.
    pub ok: bool,
    /// Name by name.
    pub names: Vec<NameView>,
}

/// One kind of record of a name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NameView {
    /// Whose.
    pub name: String,
    /// `MX`
    #[serde(rename = "type")]
    pub kind: String,
    /// What came of it.
    pub state: NameState,
    /// Whether mail needs it; the others are for good order.
    pub required: bool,
    /// What would be right.
    pub right: Vec<String>,
    /// What is there.
    pub there: Vec<String>,
    /// Why there is no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What came of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NameState {
    /// It is as it should be.
    Ok,
    /// There is nothing.
    Missing,
    /// There is something else.
    Different,
    /// Nobody knows.
    Unanswered,
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

/// Asks for everything that the zone has, but for who answers for it, which is the network's affair.
async fn compare(zone: &Zone, resolver: &TokioResolver) -> Compared {
    let mut sets: Vec<Vec<Entry>> = Vec::new();
    for entry in zone.entries.iter().filter(|entry| entry.purpose != Purpose::Zone) {
        let same = |set: &&mut Vec<Entry>| set.first().is_some_and(|first| is_of_one_set(&first.record, &entry.record));
        match sets.iter_mut().find(same) {
            Some(set) => set.push(entry.clone()),
            None => sets.push(vec![entry.clone()]),
        }
    }
    let asked = stream::iter(sets).map(|set| ask(set, resolver.clone())).buffered(limits::NAMES_ASKED_MAX);
    let names: Vec<NameView> = asked.filter_map(std::future::ready).collect().await;
    Compared { ok: names.iter().all(|name| name.state == NameState::Ok || !name.required), names }
}

fn is_of_one_set(a: &Record, b: &Record) -> bool {
    a.name == b.name && a.record_type() == b.record_type()
}

/// Asks for one kind of record of one name.
async fn ask(set: Vec<Entry>, resolver: TokioResolver) -> Option<NameView> {
    let first = set.first()?;
    let (name, kind) = (&first.record.name, first.record.record_type());
    let right: Vec<&RData> = set.iter().map(|entry| &entry.record.data).collect();
    let (there, error) = match timeout(limits::NAMES_QUESTION_WAIT_MAX, resolver.lookup(name.clone(), kind)).await {
        Ok(Ok(found)) => (found.answers().iter().map(|record| record.data.clone()).collect(), None),
        Ok(Err(error)) if error.is_no_records_found() => (Vec::new(), None),
        Ok(Err(error)) => (Vec::new(), Some(error.to_string())),
        Err(_) => (Vec::new(), Some("timed out".to_owned())),
    };
    let there: Vec<RData> = there.into_iter().filter(|data| concerns(data, &right)).collect();
    let is_right = there.iter().all(|data| right.iter().any(|right| says_the_same(data, right)))
        && right.iter().all(|right| there.iter().any(|data| says_the_same(data, right)));
    Some(NameView {
        name: name.to_ascii(),
        kind: kind.to_string(),
        state: match (&error, there.is_empty(), is_right) {
            (Some(_), _, _) => NameState::Unanswered,
            (None, true, _) => NameState::Missing,
            (None, false, true) => NameState::Ok,
            (None, false, false) => NameState::Different,
        },
        required: first.purpose != Purpose::Reverse,
        right: right.into_iter().map(zone::data).collect(),
        there: there.iter().map(zone::data).collect(),
        error,
    })
}

/// Of the same kind; of texts those that begin like one of ours, since a name may have texts for others too.
fn concerns(data: &RData, right: &[&RData]) -> bool {
    right.iter().any(|right| data.record_type() == right.record_type() && version(data) == version(right))
}

/// ```abnf
/// version = "v" "=" 1*( ALPHA / DIGIT )
/// ```
/// RFC 7208 §4.5, RFC 6376 §3.6.1, RFC 7489 §6.3.
fn version(data: &RData) -> Option<Vec<u8>> {
    let text = zone::text(data)?;
    let end = text.iter().position(|byte| matches!(byte, b' ' | b';')).unwrap_or(text.len());
    text.get(..end).map(<[u8]>::to_ascii_lowercase)
}

/// However a text is cut into strings, and a name written.
fn says_the_same(a: &RData, b: &RData) -> bool {
    match (zone::text(a), zone::text(b)) {
        (Some(a), Some(b)) => a == b,
        _ => a == b,
    }
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
        match resolver.lookup(format!("{}.", services.feed.domain), RecordType::MX).await {
            Err(error) if !error.is_no_records_found() => Err(error.to_string()),
            _ => Ok(()),
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
