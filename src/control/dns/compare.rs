//! What the network's servers say of the zone's names, beside what would be right.

use futures_util::{StreamExt, stream};
use hickory_resolver::TokioResolver;
use hickory_resolver::proto::rr::{RData, Record};
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

use crate::limits;
use crate::zone::{self, Entry, Purpose, Zone};

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

/// Asks for everything that the zone has, but for who answers for it, which is the network's affair.
pub(super) async fn compare(zone: &Zone, resolver: &TokioResolver) -> Compared {
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
