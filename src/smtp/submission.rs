//! What a message of our own people must say, and what is added where their programs left it out (RFC 6409).

use jiff::ZonedDateTime;
use jiff::fmt::rfc2822;
use mail_parser::HeaderForm;

use super::author;
use super::header::HeaderFault;
use crate::address::Address;
use crate::mime::compose::Party;
use crate::mime::{Field, Lines, fields};

/// What makes a header whole: RFC 6409 §8.
pub struct Completion<'a> {
    /// The author, if there is no From: whoever sends it.
    pub from: &'a Address,
    /// Who really sends, where it is not the author (RFC 5322 §3.6.2).
    pub sender: Option<Party<'a>>,
    /// When it came in.
    pub date: &'a ZonedDateTime,
    /// The part of Message-ID before `@`.
    pub id: &'a str,
    /// The part after it.
    pub hostname: &'a str,
}

/// Fields that say who a message is from, and whether they may be repeated (RFC 5322 §3.6: each block of resent fields
/// has its own).
const AUTHORS: &[(&str, Times)] =
    &[("From", Times::Once), ("Sender", Times::Once), ("Resent-From", Times::Any), ("Resent-Sender", Times::Any)];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Times {
    Once,
    Any,
}

/// Who a header says that a message is from.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// The author, and so whose mailbox it is from.
    pub from: Option<Address>,
    /// Who sent it for the author.
    pub sender: Option<Address>,
}

/// Refuses a header in which somebody speaks for another (R19).
///
/// # Errors
/// Names the field and what is wrong with it.
pub fn check(header: &[u8], owns: impl Fn(&Address) -> bool) -> Result<Named, HeaderFault> {
    // Text can be encoded for servers that take no longer lines; a header cannot.
    if Lines::of(header) == Lines::Long {
        return Err(HeaderFault::LongLine);
    }
    check_qualified(header)?;
    let mut named = Named::default();
    for (name, times) in AUTHORS {
        for (at, field) in fields(header).filter(|field| field.is(name)).enumerate() {
            if at > 0 && *times == Times::Once {
                return Err(HeaderFault::Repeated(name));
            }
            let author = author::check(&field, name, &owns)?;
            match *name {
                "From" => named.from = Some(author),
                "Sender" => named.sender = Some(author),
                _ => {}
            }
        }
    }
    Ok(named)
}

/// RFC 6409 §4.2: an address without a whole domain means something here, and something else where it arrives.
fn check_qualified(header: &[u8]) -> Result<(), HeaderFault> {
    for name in ["To", "Cc", "Reply-To"] {
        for field in fields(header).filter(|field| field.is(name)) {
            let parsed = HeaderForm::Addresses.parse(field.value);
            let named = parsed.value().as_address().into_iter().flat_map(|list| list.mailboxes());
            let mut named = named.filter_map(|mailbox| Address::parse(mailbox.address()?).ok());
            if named.any(|address| !address.domain().is_qualified()) {
                return Err(HeaderFault::NotQualified(name));
            }
        }
    }
    Ok(())
}

impl Completion<'_> {
    /// The header with what it lacks, and without what nobody is to get: those who were named in confidence (RFC 5322
    /// §3.6.3), and a return path, which only delivery writes (RFC 5321 §4.4). A date or id that none can read is
    /// written anew (RFC 6409 §8.2, §8.3). Where the message has no header at all, the blank line that ends it.
    pub fn of(&self, message: &[u8], header: &[u8]) -> Vec<u8> {
        let kept = |field: &Field<'_>| !GOES.iter().any(|name| field.is(name)) && is_readable(field);
        let has = |name: &str| fields(header).any(|field| field.is(name) && kept(&field));
        // A year beyond 9999 is the one thing this format of dates cannot say.
        let date = || rfc2822::to_string(self.date).unwrap_or_default();
        let sender = |party: Party<'_>| party.field("Sender").unwrap_or_else(|_| address("Sender", party.address));
        let added = [
            (!has("From")).then(|| address("From", self.from)),
            self.sender.filter(|_| !has("Sender")).map(sender),
            (!has("Date")).then(|| format!("Date: {}\r\n", date()).into_bytes()),
            (!has("Message-ID")).then(|| format!("Message-ID: <{}@{}>\r\n", self.id, self.hostname).into_bytes()),
        ];
        let mut text: Vec<u8> = added.into_iter().flatten().flatten().collect();
        fields(header).filter(kept).for_each(|field| text.extend_from_slice(field.raw));
        if header.is_empty() && !message.starts_with(b"\r\n") {
            text.extend_from_slice(b"\r\n");
        }
        text
    }
}

fn address(field: &str, address: &Address) -> Vec<u8> {
    format!("{field}: {address}\r\n").into_bytes()
}

/// Fields that leave a message before anybody gets it.
const GOES: &[&str] = &["Bcc", "Resent-Bcc", "Return-Path"];

/// Whether a reader finds a moment in Date and an id in Message-ID; of other fields nothing is asked.
fn is_readable(field: &Field<'_>) -> bool {
    let text = field.unfolded();
    let text = String::from_utf8_lossy(&text);
    if field.is("Date") {
        // Days of the week that do not fit their date are a frequent slip, and no reader looks at them.
        static PARSER: rfc2822::DateTimeParser = rfc2822::DateTimeParser::new().relaxed_weekday(true);
        return PARSER.parse_timestamp(text.as_bytes()).is_ok();
    }
    !field.is("Message-ID") || is_id(&text)
}

/// ```abnf
/// msg-id = [CFWS] "<" id-left "@" id-right ">" [CFWS]
/// ```
/// RFC 5322 §3.6.4, without comments.
fn is_id(text: &str) -> bool {
    let inside = text.trim().strip_prefix('<').and_then(|text| text.strip_suffix('>'));
    let sides = inside.and_then(|inside| inside.rsplit_once('@'));
    let plain = |side: &str| !side.is_empty() && !side.contains(|c: char| c.is_whitespace() || "<>".contains(c));
    sides.is_some_and(|(left, right)| plain(left) && plain(right))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use jiff::tz::{Offset, TimeZone};

    fn judge(header: &str) -> Result<(), HeaderFault> {
        let me = Address::parse("me@x.vn").unwrap();
        check(header.as_bytes(), |address| *address == me).map(drop)
    }

    #[test]
    fn every_field_that_names_an_author_is_looked_at() {
        assert_eq!(judge("From: me@x.vn\r\nSender: me@x.vn\r\n"), Ok(()));
        assert_eq!(judge("From: me@x.vn\r\nFROM : me@x.vn\r\n"), Err(HeaderFault::Repeated("From")));
        assert_eq!(judge("From: me@x.vn\r\nSender: b@x.vn\r\n"), Err(HeaderFault::NotOwn("Sender")));
        let resent = "From: me@x.vn\r\nResent-From: me@x.vn\r\nResent-From: b@x.vn\r\n";
        assert_eq!(judge(resent), Err(HeaderFault::NotOwn("Resent-From")));
    }

    /// The header of a message, made whole.
    fn completed(message: &str) -> String {
        completed_for("me@x.vn", None, message)
    }

    /// The same of one that somebody sends for somebody.
    fn completed_for(from: &str, sender: Option<Party<'_>>, message: &str) -> String {
        let zone = TimeZone::fixed(Offset::from_hours(7).unwrap());
        let date = jiff::Timestamp::from_second(1_793_923_200).unwrap().to_zoned_datetime(zone);
        let from = Address::parse(from).unwrap();
        let header = crate::smtp::header::strict_block(message.as_bytes()).unwrap();
        let completion = Completion { from: &from, sender, date: &date, id: "7", hostname: "mail.x.vn" };
        String::from_utf8(completion.of(message.as_bytes(), header)).unwrap()
    }

    const FROM: &str = "From: me@x.vn\r\n";
    const DATE: &str = "Date: Fri, 6 Nov 2026 07:00:00 +0700\r\n";
    const ID: &str = "Message-ID: <7@mail.x.vn>\r\n";

    #[test]
    fn what_is_missing_is_added_and_nothing_else() {
        let whole = "Date: Fri, 6 Nov 2026 07:00 +0700\r\nFrom: me@x.vn\r\nX: y\r\n z\r\nMessage-Id: <1@y>\r\n";
        assert_eq!(completed(&format!("{whole}\r\nhello")), whole);
        let expected = format!("{FROM}{DATE}{ID}");
        assert_eq!(completed("\r\nhello"), expected);
        assert_eq!(completed("hello"), format!("{expected}\r\n"));
    }

    #[test]
    fn what_nobody_is_to_get_goes_and_what_none_can_read_is_written_anew() {
        for goes in ["Bcc: a@x.vn,\r\n b@x.vn\r\n", "bcc :\r\n", "Resent-Bcc: a@x.vn\r\n", "Return-Path: <a@x.vn>\r\n"]
        {
            assert_eq!(
                completed(&format!("{FROM}{goes}{DATE}{ID}To: b@x.vn\r\n\r\nx")),
                format!("{FROM}{DATE}{ID}To: b@x.vn\r\n")
            );
        }
        for date in ["Date: yesterday", "Date:", "Date: 2026-11-06T07:00:00Z", "Date: Fri, 36 Nov 2026 07:00:00 +0700"]
        {
            assert_eq!(completed(&format!("{FROM}{ID}{date}\r\n\r\nx")), format!("{DATE}{FROM}{ID}"), "{date}");
        }
        // Old zones, comments and wrong days of the week are read everywhere.
        for date in ["Date: Mon, 6 Nov 2026 07:00:00 GMT", "Date: 6 Nov 2026 07:00:00 +0700 (Indochina Time)"] {
            assert!(completed(&format!("{FROM}{ID}{date}\r\n\r\nx")).contains(date), "{date}");
        }
        for id in ["Message-ID: 1@y", "Message-ID: <1>", "Message-ID: <1@>", "Message-ID: <1 2@y>", "Message-ID:"] {
            assert_eq!(completed(&format!("{FROM}{DATE}{id}\r\n\r\nx")), format!("{ID}{FROM}{DATE}"), "{id}");
        }
    }

    #[test]
    fn addresses_have_whole_domains_and_lines_an_end() {
        assert_eq!(
            judge("From: me@x.vn\r\nTo: a@y.vn, Nhóm: b@[10.0.0.1];\r\nCc: undisclosed-recipients:;\r\n"),
            Ok(())
        );
        assert_eq!(judge("From: me@x.vn\r\nCc: A <a@may-chu>\r\n"), Err(HeaderFault::NotQualified("Cc")));
        let long = format!("From: me@x.vn\r\nX: {}\r\n", "x".repeat(1000));
        assert_eq!(judge(&long), Err(HeaderFault::LongLine));
    }

    #[test]
    fn who_sends_for_a_unit_is_named() {
        let me = Address::parse("me@x.vn").unwrap();
        let sender = |name, more: &str| {
            let message = format!("From: unit@x.vn\r\n{DATE}{ID}{more}\r\nx");
            let text = completed_for("unit@x.vn", Some(Party { name, address: &me }), &message);
            let senders: Vec<_> =
                fields(text.as_bytes()).filter(|field| field.is("Sender")).map(|field| field.text()).collect();
            senders
        };
        assert_eq!(sender("Nguyễn Thị Đào", ""), ["Nguyễn Thị Đào <me@x.vn>"]);
        assert_eq!(sender("a\nb", ""), ["me@x.vn"]);
        assert_eq!(sender("", "Sender: <me@x.vn>\r\n"), ["<me@x.vn>"]);
    }
}
