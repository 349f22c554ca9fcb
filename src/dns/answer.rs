//! What is answered: a question in, an answer out (RFC 1035, RFC 6891). No socket, no state.

use hickory_resolver::proto::op::{Edns, Message, MessageType, Metadata, OpCode, Query, ResponseCode};
use hickory_resolver::proto::rr::{DNSClass, RData, Record, RecordType};

use crate::limits;
use crate::zone::Zone;

/// What an answer travels in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// UDP: who asked may be somebody else, so the answer is short.
    Datagram,
    /// TCP.
    Stream,
}

/// The answer to a message; none to what is no question, so that two servers never talk to each other for ever.
pub fn answer(message: &[u8], zone: &Zone, carrier: Carrier) -> Option<Vec<u8>> {
    let [high, low, flags, _, counts @ ..] = *message.first_chunk::<HEADER_BYTES>()?;
    if flags & IS_ANSWER != 0 {
        return None;
    }
    let kind = OpCode::from_u8((flags >> 3) & 0x0f);
    let response = match Asked::read(message, kind, counts) {
        Ok(asked) => asked.answered(zone),
        Err(code) => Message::error_msg(u16::from_be_bytes([high, low]), kind, code),
    };
    let room = match carrier {
        Carrier::Stream => usize::from(u16::MAX),
        Carrier::Datagram => usize::from(response.max_payload().min(limits::DNS_DATAGRAM_BYTES_MAX)),
    };
    let bytes = response.to_vec().ok()?;
    // Then the question comes again over TCP (RFC 2181 §9).
    if bytes.len() > room { response.truncate().to_vec().ok() } else { Some(bytes) }
}

/// RFC 1035 §4.1.1: the number, the flags, and how many there are of each section.
const HEADER_BYTES: usize = 12;
/// Of the flags: QR.
const IS_ANSWER: u8 = 0x80;

/// A question.
struct Asked {
    metadata: Metadata,
    query: Query,
    edns: Option<Edns>,
}

impl Asked {
    /// The counts are looked at before anything is read: a question has one name, and little behind it.
    fn read(message: &[u8], kind: OpCode, counts: [u8; 8]) -> Result<Self, ResponseCode> {
        if kind != OpCode::Query {
            return Err(ResponseCode::NotImp);
        }
        let [0, 1, 0, 0, 0, 0, 0, 0..=limits::DNS_ADDITIONAL_MAX] = counts else { return Err(ResponseCode::FormErr) };
        let message = Message::from_vec(message).map_err(|_| ResponseCode::FormErr)?;
        let query = message.queries.into_iter().next().ok_or(ResponseCode::FormErr)?;
        Ok(Self { metadata: message.metadata, query, edns: message.edns })
    }

    fn answered(self, zone: &Zone) -> Message {
        let mut response = Message::new(self.metadata.id, MessageType::Response, OpCode::Query);
        response.metadata = Metadata::response_from_request(&self.metadata);
        let version = self.edns.as_ref().map_or(0, Edns::version);
        response.edns = self.edns.map(|asked| {
            let mut edns = Edns::new();
            edns.set_version(0).set_max_payload(asked.max_payload().min(limits::DNS_DATAGRAM_BYTES_MAX));
            edns
        });
        response.metadata.response_code =
            if version > 0 { ResponseCode::BADVERS } else { look_up(&mut response, &self.query, zone) };
        response.add_query(self.query);
        response
    }
}

/// Puts what the zone knows into the answer.
fn look_up(response: &mut Message, query: &Query, zone: &Zone) -> ResponseCode {
    let transfer = matches!(query.query_type(), RecordType::AXFR | RecordType::IXFR);
    if !zone.origin.zone_of(query.name()) || query.query_class() != DNSClass::IN || transfer {
        return ResponseCode::Refused;
    }
    response.metadata.authoritative = true;
    let here = || zone.records().filter(|record| record.name == *query.name());
    let wanted = match query.query_type() {
        // One kind of what is there, as RFC 8482 §4.1 allows: the question is asked for the size of its answer only.
        RecordType::ANY => here().next().map(Record::record_type),
        wanted => Some(wanted),
    };
    response.add_answers(here().filter(|record| Some(record.record_type()) == wanted).cloned());
    if !response.answers.is_empty() {
        return ResponseCode::NoError;
    }
    response.add_authorities(zone.records().find_map(negative));
    // A name that others are below is there, though it has nothing (RFC 8020).
    let is_there = zone.records().any(|record| query.name().zone_of(&record.name));
    if is_there { ResponseCode::NoError } else { ResponseCode::NXDomain }
}

/// The SOA, as long as it may be remembered that something is not there (RFC 2308 §3).
fn negative(record: &Record) -> Option<Record> {
    match &record.data {
        RData::SOA(soa) => {
            let ttl = record.ttl.min(soa.minimum);
            Some(Record::from_rdata(record.name.clone(), ttl, record.data.clone()))
        }
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use hickory_resolver::proto::rr::Name;
    use proptest::prelude::*;

    use super::*;
    use crate::address::Domain;
    use crate::zone::{Facts, Key, Policy};

    fn zone() -> Zone {
        let (domain, hostname) = (Domain::parse("so.vn").unwrap(), Domain::parse("mail.so.vn").unwrap());
        Zone::of(&Facts {
            domain: &domain,
            hostname: &hostname,
            addresses: &["10.1.1.10".parse().unwrap()],
            services: &[],
            senders: &[],
            policy: Policy::default(),
            keys: &[Key {
                name: "s1._domainkey.so.vn".to_owned(),
                text: "v=DKIM1; p=".to_owned() + &"A".repeat(1_400),
            }],
            serial: 1,
        })
        .unwrap()
    }

    fn asked(name: &str, kind: RecordType, edns: Option<u16>) -> Vec<u8> {
        let mut message = Message::query();
        message.add_query(Query::query(Name::from_ascii(name).unwrap(), kind));
        message.edns = edns.map(|payload| {
            let mut edns = Edns::new();
            edns.set_max_payload(payload);
            edns
        });
        message.to_vec().unwrap()
    }

    fn answered(question: &[u8], carrier: Carrier) -> Message {
        Message::from_vec(&answer(question, &zone(), carrier).unwrap()).unwrap()
    }

    #[test]
    fn what_has_no_room_in_a_datagram_comes_over_tcp() {
        for edns in [None, Some(65_535)] {
            let question = asked("s1._domainkey.so.vn.", RecordType::TXT, edns);
            let short = answered(&question, Carrier::Datagram);
            assert!(short.metadata.truncation && short.answers.is_empty(), "{edns:?}");
            let whole = answered(&question, Carrier::Stream);
            assert!(!whole.metadata.truncation && whole.answers.len() == 1, "{edns:?}");
        }
    }

    #[test]
    fn a_question_is_echoed_as_it_was_written() {
        let question = asked("MaIl.So.Vn.", RecordType::A, Some(1_232));
        let said = answered(&question, Carrier::Datagram);
        assert_eq!(said.queries.first().unwrap().name().to_ascii(), "MaIl.So.Vn.");
        assert!(said.metadata.authoritative && !said.metadata.recursion_available && said.answers.len() == 1);
    }

    proptest! {
        #[test]
        fn whatever_comes_is_answered_shortly_or_not_at_all(
            mut message in proptest::collection::vec(any::<u8>(), 0..600),
            is_question in any::<bool>(),
        ) {
            if let Some(header) = message.first_chunk_mut::<HEADER_BYTES>().filter(|_| is_question) {
                header[2..].copy_from_slice(&[1, 0, 0, 1, 0, 0, 0, 0, 0, 1]);
            }
            if let Some(answer) = answer(&message, &zone(), Carrier::Datagram) {
                prop_assert!(answer.len() <= usize::from(limits::DNS_DATAGRAM_BYTES_MAX) && answer.get(2).is_some_and(|b| b & IS_ANSWER != 0));
            }
        }
    }
}
