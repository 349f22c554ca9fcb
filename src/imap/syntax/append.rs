//! APPEND: RFC 9051 §6.3.12, with several messages at once (RFC 3502) and binary ones (RFC 3516).

use super::{Flag, MailboxArg};

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
