//! URLs of messages and of their parts: RFC 5092, as CATENATE names what is here already (RFC 4469).

use super::cursor::Cursor;
use super::{Dialect, Input, MailboxArg, Partial, Section, fetch};

/// What a URL names within the reach of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageUrl {
    /// The folder; `None` is the one that is selected.
    pub mailbox: Option<MailboxArg>,
    /// Its validity, where it is named: another one names another folder.
    pub uid_validity: Option<u32>,
    /// The message.
    pub uid: u32,
    /// What of it; all, if nothing is said.
    pub section: Option<Section>,
    /// Which octets of that.
    pub partial: Option<Partial>,
}

impl MessageUrl {
    /// Reads a URL without scheme and server: other servers are out of reach, and ours needs no name.
    /// ```abnf
    /// url           = ["/" enc-mailbox] [";UIDVALIDITY=" nz-number] ["/"] ";UID=" nz-number
    ///                 ["/" ";SECTION=" enc-section] ["/" ";PARTIAL=" number64 ["." nz-number64]]
    /// ```
    pub fn parse(url: &str) -> Option<Self> {
        let (place, message) = split_ignoring_case(url, ";UID=")?;
        let place = place.strip_suffix('/').unwrap_or(place);
        let (name, validity) = match split_ignoring_case(place, ";UIDVALIDITY=") {
            Some((name, validity)) => (name, Some(nonzero(validity)?)),
            None => (place, None),
        };
        let mailbox = match name.strip_prefix('/') {
            _ if name.is_empty() => None,
            // UTF-8, whatever the session speaks: RFC 5092 §4.
            Some(name) => Some(MailboxArg::decode(&unescaped(name)?, Dialect::Utf8).ok()?),
            None => return None,
        };
        let (message, partial) = match split_ignoring_case(message, "/;PARTIAL=") {
            Some((message, partial)) => (message, Some(range(partial)?)),
            None => (message, None),
        };
        let (uid, section) = match split_ignoring_case(message, "/;SECTION=") {
            Some((uid, section)) => (uid, Some(section_of(section)?)),
            None => (message, None),
        };
        let uid = nonzero(uid.strip_suffix('/').unwrap_or(uid))?;
        Some(Self { mailbox, uid_validity: validity, uid, section, partial })
    }
}

fn split_ignoring_case<'a>(text: &'a str, name: &str) -> Option<(&'a str, &'a str)> {
    let is_here = |window: &[u8]| window.eq_ignore_ascii_case(name.as_bytes());
    let at = text.as_bytes().windows(name.len()).position(is_here)?;
    Some((text.get(..at)?, text.get(at + name.len()..)?))
}

fn nonzero(digits: &str) -> Option<u32> {
    let plain = digits.bytes().all(|octet| octet.is_ascii_digit());
    digits.parse().ok().filter(|number| plain && *number != 0)
}

/// ```abnf
/// enc-section = 1*bchar        ; "%" HEXDIG HEXDIG for what cannot stand there
/// ```
fn section_of(encoded: &str) -> Option<Section> {
    let mut input = Input { text: [b"[", &*unescaped(encoded)?, b"]"].concat(), literals: Vec::new() };
    let mut cursor = Cursor::new(&mut input, Dialect::Utf8);
    let section = fetch::section(&mut cursor).ok()?;
    cursor.at_end().then_some(section)
}

/// ```abnf
/// partial-range = number64 ["." nz-number64]
/// ```
fn range(text: &str) -> Option<Partial> {
    let number = |digits: &str| {
        let plain = !digits.is_empty() && digits.bytes().all(|octet| octet.is_ascii_digit());
        digits.parse::<i64>().ok().filter(|_| plain).map(i64::unsigned_abs)
    };
    match text.split_once('.') {
        None => Some(Partial { offset: number(text)?, length: u64::MAX }),
        Some((offset, length)) => {
            Some(Partial { offset: number(offset)?, length: number(length).filter(|length| *length > 0)? })
        }
    }
}

/// Undoes `%XX`: RFC 3986 §2.1.
fn unescaped(text: &str) -> Option<Vec<u8>> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes().iter();
    while let Some(&octet) = rest.next() {
        octets.push(if octet == b'%' {
            let digit = |octet: &u8| char::from(*octet).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            digit(rest.next()?)? * 16 + digit(rest.next()?)?
        } else {
            octet
        });
    }
    Some(octets)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::super::SectionText;
    use super::*;

    fn folder(name: &str) -> MailboxArg {
        MailboxArg::decode(name.as_bytes(), Dialect::Utf8).unwrap()
    }

    #[test]
    fn urls_of_messages_and_parts() {
        let whole =
            |mailbox, uid_validity, uid| MessageUrl { mailbox, uid_validity, uid, section: None, partial: None };
        let section = |path: &[u32], text| Some(Section { path: path.to_vec(), text });
        let at = |uid| whole(Some(folder("Drafts")), Some(387_899_045), uid);
        for (text, url) in [
            ("/Drafts;UIDVALIDITY=387899045/;UID=20", at(20)),
            ("/drafts;uidvalidity=387899045/;uid=20/", MessageUrl { mailbox: Some(folder("drafts")), ..at(20) }),
            (
                "/Drafts;UIDVALIDITY=387899045/;UID=20/;section=HEADER",
                MessageUrl { section: section(&[], SectionText::Header), ..at(20) },
            ),
            (
                "/Drafts;UIDVALIDITY=387899045/;UID=20/;SECTION=1.2/;PARTIAL=3.5",
                MessageUrl {
                    section: section(&[1, 2], SectionText::Whole),
                    partial: Some(Partial { offset: 3, length: 5 }),
                    ..at(20)
                },
            ),
            (
                "/Drafts;UIDVALIDITY=387899045/;UID=20/;PARTIAL=7",
                MessageUrl { partial: Some(Partial { offset: 7, length: u64::MAX }), ..at(20) },
            ),
            ("/C%C3%B4ng%20v%c4%83n/A;UID=1", whole(Some(folder("Công văn/A")), None, 1)),
            (";UID=4", whole(None, None, 4)),
            ("/;UID=4", whole(None, None, 4)),
        ] {
            assert_eq!(MessageUrl::parse(text), Some(url), "{text}");
        }
    }

    #[test]
    fn what_names_no_message_here_is_none() {
        for text in [
            "",
            "/",
            "/INBOX",
            "imap://other.example.vn/INBOX;UID=1",
            "INBOX;UID=1",
            "/INBOX;UID=0",
            "/INBOX;UID=+1",
            "/INBOX;UID=1;UID=2",
            "/INBOX;UIDVALIDITY=0;UID=1",
            "/INBOX%;UID=1",
            "/INBOX%zz;UID=1",
            "/IN%00BOX;UID=1",
            "/INBOX;UID=1/;SECTION=",
            "/INBOX;UID=1/;SECTION=1]x",
            "/INBOX;UID=1/;PARTIAL=1.0",
            "/INBOX;UID=1/;PARTIAL=-1",
            "/INBOX;UID=1/;URLAUTH=anonymous",
        ] {
            let url = MessageUrl::parse(text);
            let whole =
                url.as_ref().is_some_and(|url| url.section == Some(Section { path: vec![], text: SectionText::Whole }));
            assert!(url.is_none() || whole && text.ends_with('='), "{text}: {url:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(/|%|[a-z]|;UID=|;UIDVALIDITY=|/;SECTION=|/;PARTIAL=|[0-9.\\[\\](){}\"]){0,20}") {
            let _ = MessageUrl::parse(&text);
        }
    }
}
