//! FETCH: RFC 9051 §6.4.5, with CHANGEDSINCE and VANISHED of RFC 7162 and BINARY of RFC 3516.

use super::{Messages, Numbers};
use crate::id::ModSeq;

/// The arguments of FETCH.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetch {
    /// How `messages` is to be read, and whether UID is in every answer.
    pub numbers: Numbers,
    /// Which messages.
    pub messages: Messages,
    /// What of them; macros are expanded, nothing comes twice.
    pub items: Vec<FetchItem>,
    /// Only messages changed since, which also asks for MODSEQ in every answer (RFC 7162 §3.1.4.1).
    pub changed_since: Option<ChangedSince>,
}

/// The modifiers CHANGEDSINCE and VANISHED.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChangedSince {
    /// Messages with a greater mod-sequence are meant.
    pub mod_seq: ModSeq,
    /// Whether those expunged since are told too.
    pub expunged: Expunged,
}

/// Whether UID FETCH tells which messages are gone: RFC 7162 §3.2.6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expunged {
    /// Without VANISHED.
    Omit,
    /// With VANISHED.
    Tell,
}

/// One thing to fetch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FetchItem {
    /// `UID`
    Uid,
    /// `FLAGS`
    Flags,
    /// `INTERNALDATE`
    InternalDate,
    /// `RFC822.SIZE`
    Rfc822Size,
    /// `ENVELOPE`
    Envelope,
    /// `BODY`: the structure without extension data.
    Body,
    /// `BODYSTRUCTURE`
    BodyStructure,
    /// `MODSEQ`
    ModSeq,
    /// `RFC822`, `RFC822.HEADER`, `RFC822.TEXT`: only RFC 3501.
    Rfc822(Rfc822),
    /// `BODY[…]<…>` and `BODY.PEEK[…]<…>`
    Section {
        /// What is in the brackets.
        section: Section,
        /// What is in the angle brackets.
        partial: Option<Partial>,
        /// Whether the message counts as read.
        seen: Seen,
    },
    /// `BINARY[…]<…>` and `BINARY.PEEK[…]<…>`
    Binary {
        /// The numbers of the part; empty for the whole message.
        path: Vec<u32>,
        /// What is in the angle brackets.
        partial: Option<Partial>,
        /// Whether the message counts as read.
        seen: Seen,
    },
    /// `BINARY.SIZE[…]`, with the numbers of the part
    BinarySize(Vec<u32>),
}

/// What RFC 3501 also calls the message and its halves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rfc822 {
    /// `RFC822`, as BODY[]
    Message,
    /// `RFC822.HEADER`, as BODY.PEEK[HEADER]
    Header,
    /// `RFC822.TEXT`, as BODY[TEXT]
    Text,
}

/// Whether to fetch a body sets `\Seen`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// It does.
    Set,
    /// `.PEEK`: it does not.
    Keep,
}

/// What stands between `[` and `]`: RFC 9051 §6.4.5.1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// The numbers of the part, from the outermost; empty for the message itself. Bounded only by the command's length.
    pub path: Vec<u32>,
    /// What of the part.
    pub text: SectionText,
}

/// What of a message or part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SectionText {
    /// All of the message, or the body of the part.
    Whole,
    /// `HEADER`
    Header,
    /// `HEADER.FIELDS (…)`
    Fields(HeaderFields),
    /// `HEADER.FIELDS.NOT (…)`
    FieldsNot(HeaderFields),
    /// `TEXT`
    Text,
    /// `MIME`: the header of the part itself; never with an empty path.
    Mime,
}

/// Names of header fields, at least one, as the client spelled them: the answer repeats them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderFields(pub Vec<String>);

/// `<offset.length>`: RFC 9051 §6.4.5.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partial {
    /// The first octet; may lie beyond the end.
    pub offset: u64,
    /// At most so many octets; never 0.
    pub length: u64,
}
