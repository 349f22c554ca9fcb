//! ENVELOPE (RFC 9051 §7.5.2).

use std::borrow::Cow;

use super::field::{Field, fields};
use super::mailboxes::{Item, Mailbox, mailboxes};
use super::nstring::{nstring, string};
use crate::limits;

/// The fields an ENVELOPE is made of. A field that is repeated against the rules (RFC 5322 §3.6) counts once: the
/// first, which is the one that mail programs show.
#[derive(Default)]
pub(super) struct Envelope<'a> {
    pub(super) date: Option<Field<'a>>,
    pub(super) subject: Option<Field<'a>>,
    pub(super) from: Option<Field<'a>>,
    sender: Option<Field<'a>>,
    reply_to: Option<Field<'a>>,
    pub(super) to: Option<Field<'a>>,
    pub(super) cc: Option<Field<'a>>,
    bcc: Option<Field<'a>>,
    pub(super) in_reply_to: Option<Field<'a>>,
    pub(super) message_id: Option<Field<'a>>,
    pub(super) references: Option<Field<'a>>,
}

impl<'a> Envelope<'a> {
    /// Picks the fields from a header block.
    pub(super) fn of(header: &'a [u8]) -> Self {
        let mut envelope = Self::default();
        for field in fields(header) {
            if let Some(place) = envelope.place(field.name) {
                place.get_or_insert(field);
            }
        }
        envelope
    }

    fn place(&mut self, name: &[u8]) -> Option<&mut Option<Field<'a>>> {
        let named = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
        // By length first: most fields of a message are none of these.
        Some(match name.len() {
            2 if named("to") => &mut self.to,
            2 if named("cc") => &mut self.cc,
            3 if named("bcc") => &mut self.bcc,
            4 if named("date") => &mut self.date,
            4 if named("from") => &mut self.from,
            6 if named("sender") => &mut self.sender,
            7 if named("subject") => &mut self.subject,
            8 if named("reply-to") => &mut self.reply_to,
            10 if named("message-id") => &mut self.message_id,
            10 if named("references") => &mut self.references,
            11 if named("in-reply-to") => &mut self.in_reply_to,
            _ => return None,
        })
    }

    /// Appends the ENVELOPE.
    ///
    /// ```abnf
    /// envelope = "(" env-date SP env-subject SP env-from SP env-sender SP env-reply-to SP
    ///            env-to SP env-cc SP env-bcc SP env-in-reply-to SP env-message-id ")"
    /// ```
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let mut room = Room { bytes: limits::ENVELOPE_BYTES_MAX, addresses: limits::ENVELOPE_ADDRESSES_MAX };
        out.push(b'(');
        room.text(out, self.date);
        out.push(b' ');
        room.text(out, self.subject);
        out.push(b' ');
        let from = out.len();
        room.list(out, self.from);
        let from = out.get(from..).unwrap_or_default().to_vec();
        // RFC 9051 §7.5.2: Sender and Reply-To that are absent or empty are as From.
        for field in [self.sender, self.reply_to] {
            out.push(b' ');
            let begin = out.len();
            room.list(out, field);
            if out.get(begin..) == Some(b"NIL") {
                out.truncate(begin);
                out.extend_from_slice(&from);
            }
        }
        for field in [self.to, self.cc, self.bcc] {
            out.push(b' ');
            room.list(out, field);
        }
        for field in [self.in_reply_to, self.message_id] {
            out.push(b' ');
            room.text(out, field);
        }
        out.push(b')');
    }
}

/// What one ENVELOPE may still take (hostile B61).
struct Room {
    bytes: usize,
    addresses: usize,
}

impl Room {
    fn text(&mut self, out: &mut Vec<u8>, field: Option<Field<'_>>) {
        nstring(out, field.map(|field| field.unfolded()).filter(|text| self.takes(text)).as_deref());
    }

    /// ```abnf
    /// env-list = "(" 1*address ")" / nil
    /// ```
    fn list(&mut self, out: &mut Vec<u8>, field: Option<Field<'_>>) {
        let value = field.map_or(Cow::Borrowed(&b""[..]), |field| field.unfolded());
        let begin = out.len();
        let mut in_group = false;
        for item in mailboxes(&value) {
            if self.addresses == 0 {
                break;
            }
            self.addresses -= 1;
            let held = out.len();
            if held == begin {
                out.push(b'(');
            }
            match &item {
                Item::Mailbox(mailbox) => address(out, mailbox),
                Item::GroupStart(name) => group_start(out, name),
                Item::GroupEnd => out.extend_from_slice(GROUP_END),
            }
            let written = out.len() - held;
            if written > self.bytes {
                out.truncate(held);
                break;
            }
            self.bytes -= written;
            in_group = match item {
                Item::Mailbox(_) => in_group,
                Item::GroupStart(_) => true,
                Item::GroupEnd => false,
            };
        }
        if out.len() == begin {
            return nstring(out, None);
        }
        if in_group {
            out.extend_from_slice(GROUP_END);
        }
        out.push(b')');
    }

    fn takes(&mut self, text: &[u8]) -> bool {
        let fits = text.len() <= self.bytes;
        if fits {
            self.bytes -= text.len();
        }
        fits
    }
}

/// ```abnf
/// address = "(" addr-name SP addr-adl SP addr-mailbox SP addr-host ")"
/// ```
fn address(out: &mut Vec<u8>, mailbox: &Mailbox) {
    out.push(b'(');
    nstring(out, mailbox.name.as_deref());
    out.push(b' ');
    nstring(out, mailbox.route.as_deref());
    out.push(b' ');
    string(out, &mailbox.local);
    out.push(b' ');
    string(out, &mailbox.domain);
    out.push(b')');
}

/// RFC 9051 §7.5.2: a group begins with its name as mailbox and no host, and ends with neither.
fn group_start(out: &mut Vec<u8>, name: &[u8]) {
    out.extend_from_slice(b"(NIL NIL ");
    string(out, name);
    out.extend_from_slice(b" NIL)");
}

const GROUP_END: &[u8] = b"(NIL NIL NIL NIL)";
