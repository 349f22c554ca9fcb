//! What a message of our own people must say, and what is added where their programs left it out (RFC 6409).

use jiff::ZonedDateTime;
use jiff::fmt::rfc2822;

use super::author;
use super::header::HeaderFault;
use crate::address::Address;
use crate::mime::compose::Party;
use crate::mime::fields;

/// What is added to a message that lacks it: RFC 6409 §8.
pub struct Repair<'a> {
    /// The author, if there is no From: whoever is logged in.
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

impl Repair<'_> {
    /// The fields that `header` lacks, and where the message has no header at all, its end.
    pub fn missing(&self, message: &[u8], header: &[u8]) -> Vec<u8> {
        let has = |name: &str| fields(header).any(|field| field.is(name));
        // A year beyond 9999 is the one thing this format of dates cannot say.
        let date = || rfc2822::to_string(self.date).unwrap_or_default();
        let sender = |party: Party<'_>| party.field("Sender").unwrap_or_else(|_| address("Sender", party.address));
        let added = [
            (!has("From")).then(|| address("From", self.from)),
            self.sender.filter(|_| !has("Sender")).map(sender),
            (!has("Date")).then(|| format!("Date: {}\r\n", date()).into_bytes()),
            (!has("Message-ID")).then(|| format!("Message-ID: <{}@{}>\r\n", self.id, self.hostname).into_bytes()),
            (header.is_empty() && !message.starts_with(b"\r\n")).then(|| b"\r\n".to_vec()),
        ];
        added.into_iter().flatten().flatten().collect()
    }
}

fn address(field: &str, address: &Address) -> Vec<u8> {
    format!("{field}: {address}\r\n").into_bytes()
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

    #[test]
    fn what_is_missing_is_added_and_nothing_else() {
        let zone = TimeZone::fixed(Offset::from_hours(7).unwrap());
        let date = jiff::Timestamp::from_second(1_793_923_200).unwrap().to_zoned_datetime(zone);
        let me = Address::parse("me@x.vn").unwrap();
        let repair = Repair { from: &me, sender: None, date: &date, id: "7", hostname: "mail.x.vn" };
        let whole = "Date: x\r\nFrom: me@x.vn\r\nMessage-Id: <1@y>\r\n";
        assert_eq!(repair.missing(whole.as_bytes(), whole.as_bytes()), b"");
        let expected = "From: me@x.vn\r\nDate: Fri, 6 Nov 2026 07:00:00 +0700\r\nMessage-ID: <7@mail.x.vn>\r\n";
        assert_eq!(repair.missing(b"\r\nhello", b""), expected.as_bytes());
        assert_eq!(repair.missing(b"hello", b""), format!("{expected}\r\n").as_bytes());
    }

    #[test]
    fn who_sends_for_a_unit_is_named() {
        let zone = TimeZone::fixed(Offset::from_hours(7).unwrap());
        let date = jiff::Timestamp::UNIX_EPOCH.to_zoned_datetime(zone);
        let [unit, me] = ["unit@x.vn", "me@x.vn"].map(|address| Address::parse(address).unwrap());
        let sender = |name, header: &str| {
            let sender = Some(Party { name, address: &me });
            let repair = Repair { from: &unit, sender, date: &date, id: "7", hostname: "mail.x.vn" };
            let added = repair.missing(header.as_bytes(), header.as_bytes());
            fields(&added).find(|field| field.is("Sender")).map(|field| field.text())
        };
        let whole = "Date: x\r\nFrom: unit@x.vn\r\nMessage-ID: <1@y>\r\n";
        assert_eq!(sender("Nguyễn Thị Đào", whole).unwrap(), "Nguyễn Thị Đào <me@x.vn>");
        assert_eq!(sender("a\nb", whole).unwrap(), "me@x.vn");
        assert_eq!(sender("", &format!("{whole}Sender: me@x.vn\r\n")), None);
    }
}
