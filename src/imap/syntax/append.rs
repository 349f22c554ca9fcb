//! APPEND: RFC 9051 §6.3.12, with several messages at once (RFC 3502), binary ones (RFC 3516), and such
//! as are put together (RFC 4469); REPLACE (RFC 8508).

use super::cursor::{Cursor, Parsed};
use super::{Command, Edge, Flag, MailboxArg, Messages, Numbers, SequenceSet, date, flag};
use crate::limits::IMAP_CATENATE_PARTS_MAX;
use crate::spool::Contents;

/// The arguments of APPEND.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Append {
    /// Where to.
    pub mailbox: MailboxArg,
    /// The messages, at least one.
    pub messages: Vec<AppendMessage>,
}

/// The arguments of REPLACE: RFC 8508 §3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replace {
    /// How `message` is counted.
    pub numbers: Numbers,
    /// Which message goes.
    pub message: Messages,
    /// Where the new one goes.
    pub mailbox: MailboxArg,
    /// What takes its place.
    pub by: AppendMessage,
}

/// One message to append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppendMessage {
    /// Its flags.
    pub flags: Vec<Flag>,
    /// Its internal date; now, if there is none.
    pub date: Option<jiff::Timestamp>,
    /// The message itself.
    pub data: AppendData,
}

/// How a message is given.
#[derive(Clone, PartialEq, Eq)]
pub enum AppendData {
    /// Whole, in a literal of a kind.
    Literal(Octets, Contents),
    /// In parts, in their order (RFC 4469).
    Catenate(Vec<CatPart>),
}

/// A part of a message that is put together.
#[derive(Clone, PartialEq, Eq)]
pub enum CatPart {
    /// Text as it came.
    Text(Contents),
    /// Something of a message that is here, as a URL of RFC 5092.
    Url(String),
}

/// What kind of literal a message came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Octets {
    /// `{n}`: no NUL in it.
    Text,
    /// `~{n}`: anything.
    Binary,
}

/// The length stands for the octets.
impl std::fmt::Debug for AppendData {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Literal(octets, contents) => write!(f, "Literal({octets:?}, {})", contents.len()),
            Self::Catenate(parts) => f.debug_tuple("Catenate").field(parts).finish(),
        }
    }
}

impl std::fmt::Debug for CatPart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(contents) => write!(f, "Text({})", contents.len()),
            Self::Url(url) => f.debug_tuple("Url").field(url).finish(),
        }
    }
}

/// ```abnf
/// append         = "APPEND" SP mailbox 1*append-message
/// append-message = [SP flag-list] [SP date-time] SP append-data
/// append-data    = literal / literal8
/// append-data    =/ "UTF8" SP "(" literal8 ")"                             ; RFC 6855
/// append-data    =/ "CATENATE" SP "(" cat-part *(SP cat-part) ")"          ; RFC 4469
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

/// ```abnf
/// replace     = "REPLACE" SP seq-number SP mailbox append-message
/// seq-number  = nz-number / "*"
/// uid-replace = "UID" SP "REPLACE" SP uniqueid SP mailbox append-message
/// ```
pub(in crate::imap) fn replace(cursor: &mut Cursor, numbers: Numbers) -> Parsed<Command> {
    cursor.space()?;
    let is_last = numbers == Numbers::Sequence && cursor.take(b'*');
    let replaced = if is_last { Edge::Last } else { Edge::Number(cursor.nonzero32()?) };
    cursor.space()?;
    let mailbox = cursor.mailbox()?;
    let replaced = Messages::Set(SequenceSet::one(replaced));
    Ok(Command::Replace(Replace { numbers, message: replaced, mailbox, by: message(cursor)? }))
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
    Ok(AppendMessage { flags, date, data: data(cursor)? })
}

fn data(cursor: &mut Cursor) -> Parsed<AppendData> {
    if cursor.take_word("CATENATE") {
        cursor.space()?;
        return cursor.nonempty_list("part", IMAP_CATENATE_PARTS_MAX, cat_part).map(AppendData::Catenate);
    }
    let in_utf8 = cursor.take_word("UTF8");
    if in_utf8 {
        cursor.space()?;
        cursor.need(b'(', "(")?;
    }
    let (octets, contents) = cursor.message()?;
    if in_utf8 {
        cursor.need(b')', ")")?;
    }
    Ok(AppendData::Literal(octets, contents))
}

/// ```abnf
/// cat-part     = text-literal / url
/// text-literal = "TEXT" SP literal
/// url          = "URL" SP astring
/// ```
fn cat_part(cursor: &mut Cursor) -> Parsed<CatPart> {
    let is_text = cursor.one_of("TEXT or URL", &[("TEXT", true), ("URL", false)])?;
    cursor.space()?;
    if is_text { cursor.text_literal().map(CatPart::Text) } else { cursor.utf8().map(CatPart::Url) }
}
