//! A second opinion on what the IMAP door says: a grammar that others wrote (imap-codec, without its leniencies) reads
//! every response. What it cannot read is listed here with the reason; what it has learnt to read must leave the list.

use imap_codec::decode::Decoder;
use imap_codec::{GreetingCodec, ResponseCodec};

/// Responses that imap-codec 2.0.0-alpha.10 does not know: how they begin, what they hold, and what that is.
const UNREAD: &[(&str, &str, &str)] = &[
    ("* ESEARCH ", "", "RFC 4731, RFC 9051 §7.3.4"),
    ("* ACL ", "", "RFC 4314 §3.6"),
    ("* LISTRIGHTS ", "", "RFC 4314 §3.7"),
    ("* MYRIGHTS ", "", "RFC 4314 §3.8"),
    ("* LIST ", " (\"CHILDINFO\" ", "RFC 5258 §4"),
    ("* ", " BINARY[1]<0> ", "RFC 3516 §4.3, which has it in its words and not in its grammar"),
    ("* ", " (BINARY[1]<4294967295> ", "the same"),
    ("* LIST ", " (\"OLDNAME\" ", "RFC 9051 §6.3.9.7"),
    ("* STATUS ", "SIZE ", "RFC 9051 §6.3.11"),
    ("* STATUS ", "APPENDLIMIT ", "RFC 7889 §3.2"),
    ("* STATUS ", "MAILBOXID (", "RFC 8474 §4.3"),
    ("* ", "EMAILID (", "RFC 8474 §5.1"),
    ("* ", "THREADID ", "RFC 8474 §5.2"),
    ("* ", "SAVEDATE \"", "RFC 8514 §4.3"),
    ("* ", "SAVEDATE NIL", "RFC 8514 §4.3"),
    ("* ", "PREVIEW \"", "RFC 8970 §3.1"),
    ("* ", "PREVIEW {", "RFC 8970 §3.1"),
    ("* ", "PREVIEW NIL", "RFC 8970 §3.1"),
];

/// Reads what came on one connection.
#[derive(Default)]
pub struct Reader {
    /// Octets that were read.
    read: usize,
    /// Responses that were.
    responses: usize,
}

impl Reader {
    /// Reads what has come since, as far as it is complete; `heard` is all that ever came.
    pub fn read(&mut self, heard: &[u8]) -> Result<(), String> {
        while let Some(length) = response(&heard[self.read..]) {
            let response = &readable(&heard[self.read..self.read + length]);
            let text = String::from_utf8_lossy(response);
            let read = match self.responses {
                0 => {
                    GreetingCodec::default().decode(response).map(|(rest, _)| rest.len()).map_err(|e| format!("{e:?}"))
                }
                _ => {
                    ResponseCodec::default().decode(response).map(|(rest, _)| rest.len()).map_err(|e| format!("{e:?}"))
                }
            };
            let known = UNREAD.iter().find(|(start, held, _)| text.starts_with(start) && text.contains(held));
            match (read, known) {
                (Err(_), Some(_)) if text.starts_with("* ESEARCH ") => esearch(&text).ok_or(text.clone())?,
                (Ok(0), None) | (Err(_), Some(_)) => {}
                (Ok(0), Some((.., what))) => return Err(format!("imap-codec reads {what} by now: {text}")),
                (Ok(left), _) => return Err(format!("imap-codec does not read the last {left} octets of: {text}")),
                (Err(why), None) => return Err(format!("imap-codec does not read: {text}{why}")),
            }
            self.read += length;
            self.responses += 1;
        }
        Ok(())
    }
}

/// An ESEARCH response, which imap-codec does not know, held against its grammar.
///
/// ```abnf
/// esearch-response   = "* ESEARCH" [SP "(" one-correlator *(SP one-correlator) ")"] [SP "UID"] *(SP search-return-data)
/// one-correlator     = "TAG" SP tag-string / "MAILBOX" SP astring / "UIDVALIDITY" SP nz-number     ; RFC 7377 §4
/// search-return-data = "MIN" SP nz-number / "MAX" SP nz-number / "ALL" SP sequence-set / "COUNT" SP number /
///                      "RELEVANCY" SP score-list / "MODSEQ" SP mod-sequence-value / "PARTIAL" SP "(" partial-range SP (sequence-set / "NIL") ")"
/// ```
fn esearch(text: &str) -> Option<()> {
    let mut rest = text.strip_prefix("* ESEARCH")?.strip_suffix("\r\n")?;
    let mut take = |what: &str| rest.strip_prefix(what).map(|after| rest = after).is_some();
    if take(" (TAG \"") {
        let (tag, after) = rest.split_once('"')?;
        rest = after;
        (!tag.is_empty() && !tag.contains(' ')).then_some(())?;
        if let Some(after) = rest.strip_prefix(" MAILBOX ") {
            let (name, after) = match after.strip_prefix('"') {
                Some(quoted) => quoted.split_once('"')?,
                None => after.split_once(' ').map(|(name, _)| (name, &after[name.len()..]))?,
            };
            (!name.is_empty()).then_some(())?;
            let (validity, after) = after.strip_prefix(" UIDVALIDITY ")?.split_once(')')?;
            validity.parse::<std::num::NonZeroU32>().ok()?;
            rest = after;
        } else {
            rest = rest.strip_prefix(')')?;
        }
    }
    rest = rest.strip_prefix(" UID").unwrap_or(rest);
    let mut words = rest.split(' ').skip(1);
    let mut told = Vec::new();
    while let Some(name) = words.next() {
        (!told.contains(&name)).then(|| told.push(name))?;
        let value = words.next()?;
        match name {
            "MIN" | "MAX" => drop(value.parse::<std::num::NonZeroU32>().ok()?),
            "COUNT" => drop(value.parse::<u32>().ok()?),
            "MODSEQ" => drop(value.parse::<std::num::NonZeroU64>().ok()?),
            "RELEVANCY" => {
                // "(" [score *(SP score)] ")", each from 1 to 100: RFC 6203 §4.
                let mut score = value.strip_prefix('(')?;
                while !score.ends_with(')') {
                    (1..=100).contains(&score.parse::<u32>().ok()?).then_some(())?;
                    score = words.next()?;
                }
                let last = score.strip_suffix(')')?;
                (last.is_empty() || (1..=100).contains(&last.parse::<u32>().ok()?)).then_some(())?;
            }
            "ALL" => sequence_set(value)?,
            "PARTIAL" => {
                let range = value.strip_prefix('(')?;
                let (one, other) = range.split_once(':')?;
                let ends = [one, other].map(|end| end.strip_prefix('-').map_or((false, end), |end| (true, end)));
                (ends[0].0 == ends[1].0).then_some(())?;
                sequence_set(&format!("{},{}", ends[0].1, ends[1].1))?;
                let numbers = words.next()?.strip_suffix(')')?;
                if numbers != "NIL" {
                    sequence_set(numbers)?;
                }
            }
            _ => return None,
        }
    }
    Some(())
}

/// Numbers and ranges of them, without `*`: RFC 9051 §9 "sequence-set", RFC 5267 §3.2.
fn sequence_set(text: &str) -> Option<()> {
    text.split(',').try_for_each(|range| {
        let (first, last) = range.split_once(':').unwrap_or((range, range));
        let [first, last] = [first, last].map(|number| number.parse::<std::num::NonZeroU32>().ok());
        (first? <= last?).then_some(())
    })
}

/// A response as it came; but words for people are in Vietnamese, in UTF-8 (RFC 9051 §9 "text"), where imap-codec has the
/// ASCII of RFC 3501: there, each octet beyond that becomes a question mark.
fn readable(response: &[u8]) -> Vec<u8> {
    let condition = response.split(|octet| *octet == b' ').nth(1);
    if !matches!(condition, Some(b"OK" | b"NO" | b"BAD" | b"BYE")) {
        return response.to_vec();
    }
    response.iter().map(|octet| if octet.is_ascii() { *octet } else { b'?' }).collect()
}

/// The length of the response at the beginning, with its literals, if it is whole.
fn response(octets: &[u8]) -> Option<usize> {
    let mut end = 0;
    loop {
        end += octets[end..].windows(2).position(|pair| pair == b"\r\n")? + 2;
        let Some(literal) = literal(&octets[..end - 2]) else { return Some(end) };
        end += literal;
        if end > octets.len() {
            return None;
        }
    }
}

/// How many octets a line announces at its end: `{12}`.
fn literal(line: &[u8]) -> Option<usize> {
    let inner = line.strip_suffix(b"}")?;
    let start = inner.iter().rposition(|octet| *octet == b'{')? + 1;
    std::str::from_utf8(&inner[start..]).ok()?.parse().ok()
}

#[test]
fn a_response_is_whole_with_its_literals() {
    assert_eq!(response(b"* OK x\r\n* 1"), Some(8));
    assert_eq!(response(b"* 1 FETCH (A {3}\r\na\r\n {1}\r\nb)\r\n* 2"), Some(31));
    assert_eq!(response(b"* 1 FETCH (A {30}\r\nabc)\r\n"), None);
    assert_eq!(response(b"* OK"), None);
}

#[test]
fn what_is_no_response_is_noticed() {
    let mut reader = Reader::default();
    assert_eq!(reader.read(b"* OK ready\r\n* 1 EXISTS\r\n"), Ok(()));
    assert!(reader.read(b"* OK ready\r\n* 1 EXISTS\r\n* 1 EXISTS \r\n").is_err());
    assert!(Reader::default().read(b"* 1 EXISTS\r\n").is_err());
    for (line, sound) in [
        ("* ESEARCH (TAG \"a\")\r\n", true),
        ("* ESEARCH (TAG \"a\" MAILBOX \"a b\" UIDVALIDITY 7) UID MIN 1 COUNT 0 ALL 2,1,4:5\r\n", true),
        ("* ESEARCH (TAG \"a\" MAILBOX INBOX UIDVALIDITY 7) UID PARTIAL (-1:-3 NIL) MODSEQ 7\r\n", true),
        ("* ESEARCH (TAG \"a\") ALL\r\n", false),
        ("* ESEARCH (TAG \"a\") ALL 1 ALL 2\r\n", false),
        ("* ESEARCH (TAG \"a\") MIN 0\r\n", false),
        ("* ESEARCH (TAG \"a\") PARTIAL (-1:3 1)\r\n", false),
        ("* ESEARCH (TAG \"a\" MAILBOX INBOX) UID ALL 1\r\n", false),
        ("* ESEARCH (TAG \"a\")  ALL 1\r\n", false),
    ] {
        assert_eq!(esearch(line).is_some(), sound, "{line}");
    }
    assert!(Reader::default().read(b"* OK ready\r\n* 1 FETCH (FLAGS (\\Seen)\r\n").is_err());
}
