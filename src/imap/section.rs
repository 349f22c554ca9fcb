//! The octets behind `BODY[…]` and `BINARY[…]`: RFC 9051 §6.4.5.1.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::ops::Range;

use super::syntax::{HeaderFields, Section, SectionText};
use crate::mime::{self, Content, Encoding, Part};

/// How much of a message a section is cut from, so that no more is read; ascending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// The header block; [`FieldFilter`] does the rest, if anything is to be left out.
    Header,
    /// The message as it is.
    Message,
    /// The message, opened: see [`Opened`].
    Parts,
}

impl Section {
    /// What it is cut from.
    pub fn source(&self) -> Source {
        match &self.text {
            _ if !self.path.is_empty() => Source::Parts,
            SectionText::Whole => Source::Message,
            SectionText::Header | SectionText::Fields(_) | SectionText::FieldsNot(_) => Source::Header,
            SectionText::Text | SectionText::Mime => Source::Parts,
        }
    }
}

/// A message whose parts are looked for once, and only if a section needs them.
pub struct Opened<'a> {
    raw: &'a [u8],
    root: OnceCell<Part>,
}

/// Where the octets of a section are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// They are octets of the message.
    Within(Range<usize>),
    /// They were made from it.
    Made(Vec<u8>),
}

/// The content is encoded in a way that is not known: NO \[UNKNOWN-CTE\] (RFC 3516 §4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the part's transfer encoding is unknown")]
pub struct UnknownEncoding;

impl<'a> Opened<'a> {
    /// Of a whole message.
    pub fn new(raw: &'a [u8]) -> Self {
        Self { raw, root: OnceCell::new() }
    }

    /// What a section names; `None`, which is NIL, if the message has no such part.
    pub fn section(&self, section: &Section) -> Option<Found> {
        if section.path.is_empty() && section.text == SectionText::Whole {
            return Some(Found::Within(0..self.raw.len()));
        }
        let part = self.root().section(&section.path)?;
        match &section.text {
            SectionText::Whole => return Some(Found::Within(part.body.clone())),
            SectionText::Mime => return Some(Found::Within(part.header.clone())),
            _ => {}
        }
        // The rest is only of messages: this one, or one within it.
        let message = match &part.content {
            _ if section.path.is_empty() => part,
            Content::Message(message) => message,
            _ => return None,
        };
        Some(match FieldFilter::new(&section.text) {
            Some(filter) => {
                let mut kept = Vec::new();
                filter.filter(self.raw.get(message.header.clone()).unwrap_or_default(), &mut kept);
                Found::Made(kept)
            }
            None if section.text == SectionText::Header => Found::Within(message.header.clone()),
            None => Found::Within(message.body.clone()),
        })
    }

    /// The body of a part without its transfer encoding (RFC 3516 §4.2); the whole message, as it is, for no numbers.
    /// `None` if there is no such part.
    pub fn binary(&self, path: &[u32]) -> Result<Option<Found>, UnknownEncoding> {
        if path.is_empty() {
            return Ok(Some(Found::Within(0..self.raw.len())));
        }
        match self.root().section(path) {
            Some(part) if part.encoding == Encoding::Unknown => Err(UnknownEncoding),
            part => Ok(part.map(|part| match part.decoded(self.raw) {
                Cow::Borrowed(_) => Found::Within(part.body.clone()),
                Cow::Owned(decoded) => Found::Made(decoded),
            })),
        }
    }

    /// The octets that were found.
    pub fn octets<'f>(&self, found: &'f Found) -> &'f [u8]
    where
        'a: 'f,
    {
        match found {
            Found::Within(range) => self.raw.get(range.clone()).unwrap_or_default(),
            Found::Made(octets) => octets,
        }
    }

    fn root(&self) -> &Part {
        self.root.get_or_init(|| mime::parts(self.raw))
    }
}

/// `HEADER.FIELDS` and `HEADER.FIELDS.NOT`, made once for a command and used for all its messages.
#[derive(Clone, Debug)]
pub struct FieldFilter<'a> {
    names: &'a HeaderFields,
    /// Bit n: one of the names has n octets. Most fields of a message are told apart by that alone.
    lengths: u64,
    keep: Keep,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keep {
    Named,
    Others,
}

impl<'a> FieldFilter<'a> {
    /// `None` for what is no choice of fields.
    pub fn new(text: &'a SectionText) -> Option<Self> {
        let (names, keep) = match text {
            SectionText::Fields(names) => (names, Keep::Named),
            SectionText::FieldsNot(names) => (names, Keep::Others),
            SectionText::Whole | SectionText::Header | SectionText::Text | SectionText::Mime => return None,
        };
        let lengths = names.0.iter().fold(0, |lengths, name| lengths | length_bit(name.len()));
        Some(Self { names, lengths, keep })
    }

    /// Adds the fields that are kept to `out`, as they came, and the blank line that is always there.
    pub fn filter(&self, header: &[u8], out: &mut Vec<u8>) {
        for field in mime::fields(header) {
            let named =
                self.lengths & length_bit(field.name.len()) != 0 && self.names.0.iter().any(|name| field.is(name));
            if named == (self.keep == Keep::Named) {
                out.extend_from_slice(field.raw);
                if !field.raw.ends_with(b"\n") {
                    out.extend_from_slice(b"\r\n");
                }
            }
        }
        out.extend_from_slice(b"\r\n");
    }
}

/// All lengths that do not fit share the last bit.
fn length_bit(length: usize) -> u64 {
    1 << length.min(63)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::super::syntax::{Command, Dialect, FetchItem, Partial};
    use super::*;
    use crate::imap::syntax::{Assembler, Next, parse};

    const NESTED: &str = "From: a@x\r\n\
        Subject: outer\r\n  folded\r\n\
        Content-Type: multipart/mixed; boundary=b\r\n\
        \r\n\
        preamble\r\n\
        --b\r\n\
        Content-Type: text/plain\r\n\
        \r\n\
        one\r\n\
        --b\r\n\
        Content-Type: message/rfc822\r\n\
        \r\n\
        Subject: inner\r\n\
        To: b@x\r\n\
        Content-Type: multipart/alternative; boundary=c\r\n\
        \r\n\
        --c\r\n\
        \r\n\
        two one\r\n\
        --c\r\n\
        Content-Type: text/plain; charset=utf-8\r\n\
        Content-Transfer-Encoding: base64\r\n\
        \r\n\
        xJHGsOG7nW5n\r\n\
        --c--\r\n\
        --b\r\n\
        Content-Transfer-Encoding: x-unknown\r\n\
        \r\n\
        three\r\n\
        --b--\r\n";
    const SINGLE: &str = "Subject: single\r\nX-Empty:\r\n\r\nbody\r\n";

    fn item(name: &str) -> FetchItem {
        let Next::Command(input) = Assembler::default().line(format!("a FETCH 1 {name}").as_bytes(), 0) else {
            panic!()
        };
        let Command::Fetch(mut fetch) = parse(input, Dialect::Utf7).unwrap().command else { panic!() };
        fetch.items.remove(0)
    }

    fn section(raw: &str, name: &str) -> Option<String> {
        let FetchItem::Section { section, partial, .. } = item(&format!("BODY[{name}]")) else { panic!() };
        assert_eq!(partial, None);
        let opened = Opened::new(raw.as_bytes());
        opened.section(&section).map(|found| String::from_utf8(opened.octets(&found).to_vec()).unwrap())
    }

    #[test]
    fn every_section_of_a_nested_message() {
        let (header, body) = NESTED.split_once("preamble").unwrap();
        let inner = NESTED.split_once("rfc822\r\n\r\n").unwrap().1.split_once("\r\n--b\r\n").unwrap().0;
        let (inner_header, inner_body) = inner.split_once("--c").unwrap();
        for (name, octets) in [
            ("", NESTED),
            ("HEADER", header),
            ("TEXT", &format!("preamble{body}")),
            ("HEADER.FIELDS (subject X-None)", "Subject: outer\r\n  folded\r\n\r\n"),
            ("HEADER.FIELDS (None)", "\r\n"),
            ("HEADER.FIELDS.NOT (from Content-Type)", "Subject: outer\r\n  folded\r\n\r\n"),
            ("1", "one"),
            ("1.MIME", "Content-Type: text/plain\r\n\r\n"),
            ("2", inner),
            ("2.MIME", "Content-Type: message/rfc822\r\n\r\n"),
            ("2.HEADER", inner_header),
            ("2.TEXT", &format!("--c{inner_body}")),
            ("2.HEADER.FIELDS (To)", "To: b@x\r\n\r\n"),
            ("2.1", "two one"),
            ("2.1.MIME", "\r\n"),
            ("2.2", "xJHGsOG7nW5n"),
            ("3", "three"),
        ] {
            assert_eq!(section(NESTED, name).as_deref(), Some(octets), "{name}");
        }
    }

    #[test]
    fn what_a_message_does_not_have_is_nil() {
        for name in ["4", "1.1", "1.HEADER", "1.TEXT", "2.3", "2.1.1", "2.1.TEXT", "3.HEADER", "1.2.3"] {
            assert_eq!(section(NESTED, name), None, "{name}");
        }
        let long = vec!["1"; 1000].join(".");
        assert_eq!(section(NESTED, &long), None);
        assert_eq!(section(SINGLE, &long), None);
    }

    #[test]
    fn a_message_without_parts_is_its_own_first() {
        assert_eq!(section(SINGLE, "1").as_deref(), Some("body\r\n"));
        assert_eq!(section(SINGLE, "1.MIME").as_deref(), Some("Subject: single\r\nX-Empty:\r\n\r\n"));
        assert_eq!(section(SINGLE, "TEXT").as_deref(), Some("body\r\n"));
        assert_eq!(section(SINGLE, "2"), None);
        assert_eq!(section("", "TEXT").as_deref(), Some(""));
        assert_eq!(section("", "HEADER.FIELDS (X)").as_deref(), Some("\r\n"));
    }

    #[test]
    fn a_header_that_just_ends_is_completed() {
        assert_eq!(section("Subject: x", "HEADER.FIELDS (Subject)").as_deref(), Some("Subject: x\r\n\r\n"));
        let long = "x".repeat(70);
        let raw = format!("{long}: 1\r\n{long}y: 2\r\n\r\n");
        assert_eq!(section(&raw, &format!("HEADER.FIELDS ({long})")), Some(format!("{long}: 1\r\n\r\n")));
    }

    #[test]
    fn binary_undoes_the_transfer_encoding() {
        let message = Opened::new(NESTED.as_bytes());
        let decoded = |path: &[u32]| message.octets(&message.binary(path).unwrap().unwrap()).to_vec();
        assert_eq!(decoded(&[2, 2]), "đường".as_bytes());
        assert_eq!(decoded(&[1]), b"one");
        assert_eq!(decoded(&[]), NESTED.as_bytes());
        assert_eq!(message.binary(&[3]), Err(UnknownEncoding));
        assert_eq!(message.binary(&[9]), Ok(None));
    }

    #[test]
    fn a_partial_may_lie_anywhere() {
        for (offset, length, octets) in [
            (0, 2, "bo"),
            (2, 100, "dy"),
            (4, 1, ""),
            (4_294_967_295, 1, ""),
            (i64::MAX.cast_unsigned(), i64::MAX.cast_unsigned(), ""),
            (1, u64::MAX, "ody"),
        ] {
            assert_eq!(Partial { offset, length }.of(b"body"), octets.as_bytes());
        }
    }

    #[test]
    fn only_what_is_needed_is_read() {
        for (name, source) in [
            ("BODY[]", Source::Message),
            ("BODY[HEADER]", Source::Header),
            ("BODY[HEADER.FIELDS (To)]", Source::Header),
            ("BODY[TEXT]", Source::Parts),
            ("BODY[1.HEADER]", Source::Parts),
        ] {
            let FetchItem::Section { section, .. } = item(name) else { panic!() };
            assert_eq!(section.source(), source);
        }
    }
}
