//! The texts that SORT compares: RFC 5256 §3 and RFC 5957 §3.

use super::envelope::Envelope;
use super::field::{Field, decoded};
use super::mailboxes::{Item, Mailbox, mailboxes};
use super::subject::base_subject;

/// A text of a message that it can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortText {
    /// The local part of the first Cc address, or the name of the group that comes first.
    Cc,
    /// What a mail program shows of the first From address.
    DisplayFrom,
    /// What a mail program shows of the first To address.
    DisplayTo,
    /// The local part of the first From address.
    From,
    /// The base subject: without `Re:` and the like.
    Subject,
    /// The local part of the first To address.
    To,
}

/// A message's header, ready to be sorted by.
pub struct Sortable<'a>(Envelope<'a>);

impl<'a> Sortable<'a> {
    /// Reads a header block.
    pub fn of(header: &'a [u8]) -> Self {
        Self(Envelope::of(header))
    }

    /// The text, empty where the message has none.
    pub fn text(&self, what: SortText) -> String {
        match what {
            SortText::Cc => mailbox(self.0.cc),
            SortText::DisplayFrom => display(self.0.from),
            SortText::DisplayTo => display(self.0.to),
            SortText::From => mailbox(self.0.from),
            SortText::Subject => base_subject(&self.0.subject.map(|field| field.text()).unwrap_or_default()).text,
            SortText::To => mailbox(self.0.to),
        }
    }
}

/// RFC 5256 §3: the addr-mailbox of the first address, as ENVELOPE has it.
fn mailbox(field: Option<Field<'_>>) -> String {
    match first(field) {
        Some(Item::Mailbox(mailbox)) => text(&mailbox.local),
        Some(Item::GroupStart(name)) => text(&name),
        Some(Item::GroupEnd) | None => String::new(),
    }
}

/// RFC 5957 §3: the name, or else the address.
fn display(field: Option<Field<'_>>) -> String {
    match first(field) {
        Some(Item::Mailbox(Mailbox { name, local, domain, .. })) => {
            let name = name.map(|name| decoded(&name)).unwrap_or_default();
            match (name.is_empty(), domain.is_empty()) {
                (false, _) => name,
                (true, false) => format!("{}@{}", text(&local), text(&domain)),
                (true, true) => text(&local),
            }
        }
        Some(Item::GroupStart(name)) => decoded(&name),
        Some(Item::GroupEnd) | None => String::new(),
    }
}

fn first(field: Option<Field<'_>>) -> Option<Item> {
    mailboxes(&field?.unfolded()).next()
}

fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted_by(header: &str, what: SortText) -> String {
        Sortable::of(header.as_bytes()).text(what)
    }

    #[test]
    fn the_first_address_counts() {
        let header = "From: \"=?utf-8?B?xJDDoG8=?=\" <daont@x.vn>, b@x\r\nTo: Phòng A: c@x;\r\nCc: d@x (Tên)\r\n\r\n";
        for (what, text) in [
            (SortText::From, "daont"),
            (SortText::DisplayFrom, "Đào"),
            (SortText::To, "Phòng A"),
            (SortText::DisplayTo, "Phòng A"),
            (SortText::Cc, "d"),
            (SortText::Subject, ""),
        ] {
            assert_eq!(sorted_by(header, what), text, "{what:?}");
        }
    }

    #[test]
    fn an_address_without_name_is_shown_whole() {
        assert_eq!(sorted_by("From: binhdx@x.vn\r\n\r\n", SortText::DisplayFrom), "binhdx@x.vn");
        assert_eq!(sorted_by("From: \"\" <binhdx@x.vn>\r\n\r\n", SortText::DisplayFrom), "binhdx@x.vn");
        assert_eq!(sorted_by("To: root\r\n\r\n", SortText::DisplayTo), "root");
        assert_eq!(sorted_by("\r\n", SortText::DisplayTo), "");
    }

    #[test]
    fn replies_sort_beside_what_they_answer() {
        assert_eq!(sorted_by("Subject: Re: [STP] Fwd: Họp\r\n\r\n", SortText::Subject), "họp");
    }
}
