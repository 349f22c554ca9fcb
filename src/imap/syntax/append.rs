//! APPEND: RFC 9051 §6.3.12, with several messages at once (RFC 3502) and binary ones (RFC 3516).

use super::cursor::{Cursor, Parsed};
use super::{Flag, MailboxArg, date, flag};

/// The arguments of APPEND.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Append {
    /// Where to.
    pub mailbox: MailboxArg,
    /// The messages, at least one.
    pub messages: Vec<AppendMessage>,
}

/// One message to append.
#[derive(Clone, PartialEq, Eq)]
pub struct AppendMessage {
    /// Its flags.
    pub flags: Vec<Flag>,
    /// Its internal date; now, if there is none.
    pub date: Option<jiff::Timestamp>,
    /// What may be in it.
    pub octets: Octets,
    /// The message, in the buffer into which it was read.
    pub body: Vec<u8>,
}

/// What kind of literal a message came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Octets {
    /// `{n}`: no NUL in it.
    Text,
    /// `~{n}`: anything.
    Binary,
}

impl std::fmt::Debug for AppendMessage {
    /// The length stands for the body.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AppendMessage")
            .field("flags", &self.flags)
            .field("date", &self.date)
            .field("octets", &self.octets)
            .field("body", &self.body.len())
            .finish()
    }
}

/// ```abnf
/// append         = "APPEND" SP mailbox 1*append-message
/// append-message = [SP flag-list] [SP date-time] SP append-data
/// append-data    = literal / literal8 / "UTF8" SP "(" literal8 ")"      ; the last of RFC 6855
/// ```
pub(in crate::imap) fn append(cursor: &mut Cursor) -> Parsed<Append> {
    cursor.space()?;
    let mailbox = cursor.mailbox()?;
    let mut messages = Vec::new();
    while messages.is_empty() || !cursor.at_end() {
        messages.push(message(cursor)?);
    }
    Ok(Append { mailbox, messages })
}

fn message(cursor: &mut Cursor) -> Parsed<AppendMessage> {
    cursor.space()?;
    let mut flags = Vec::new();
    if cursor.peek() == Some(b'(') {
        flags = flag::flag_list(cursor)?;
        cursor.space()?;
    }
    let mut date = None;
    if cursor.peek() == Some(b'"') {
        date = Some(date::date_time(cursor)?);
        cursor.space()?;
    }
    let in_utf8 = cursor.take_word("UTF8");
    if in_utf8 {
        cursor.space()?;
        cursor.need(b'(', "(")?;
    }
    let (octets, body) = cursor.message()?;
    if in_utf8 {
        cursor.need(b')', ")")?;
    }
    Ok(AppendMessage { flags, date, octets, body })
}
