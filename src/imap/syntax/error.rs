//! Why a command is not one.

use super::Tag;

/// A command that could not be read, with what is needed to answer it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The tag, where there was one; without it the answer is untagged.
    pub tag: Option<Tag>,
    /// What is wrong.
    pub error: SyntaxError,
}

/// What is wrong, and where. Says nothing of what the client sent, so it may be sent back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{cause} at octet {at}")]
pub struct SyntaxError {
    /// Octets from the start of the command; the contents of literals are not counted.
    pub at: usize,
    /// What is wrong.
    pub cause: Cause,
}

/// The causes. Those that are not plain syntax are named so that they can be answered by something else than BAD.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    /// No tag, or one with characters that a tag may not have.
    #[error("no valid tag")]
    Tag,
    /// Longer than [`crate::limits::IMAP_TAG_BYTES_MAX`].
    #[error("tag too long")]
    TagTooLong,
    /// A command this grammar does not know.
    #[error("unknown command")]
    UnknownCommand,
    /// Something else should stand here.
    #[error("expected {0}")]
    Expected(&'static str),
    /// The command is complete before its end.
    #[error("more than the command takes")]
    Trailing,
    /// NUL, outside a binary literal.
    #[error("NUL")]
    Nul,
    /// A number that is zero where it may not be, or too large.
    #[error("number out of range")]
    Number,
    /// A date or time that does not exist.
    #[error("no such date")]
    Date,
    /// A flag that clients may not set.
    #[error("not a flag that can be set")]
    Flag,
    /// A keyword over [`crate::limits::IMAP_KEYWORD_BYTES_MAX`], or more than [`crate::limits::IMAP_FLAGS_MAX`]: NO \[LIMIT\].
    #[error("too long or too many flags")]
    FlagLimit,
    /// A folder name that is no modified UTF-7 or UTF-8, or has characters no folder name has: NO \[CANNOT\].
    #[error("not a valid folder name")]
    MailboxName,
    /// A special use this grammar does not know: NO \[USEATTR\] (RFC 6154 §3).
    #[error("unknown special use")]
    SpecialUse,
    /// A charset that is not known: NO \[BADCHARSET\].
    #[error("unknown charset")]
    Charset,
    /// The same, of a search whose result was to be saved: nothing is saved then (RFC 9051 §6.4.4.1).
    #[error("unknown charset")]
    CharsetOfSaved,
    /// A charset, where the client enabled UTF-8 for everything.
    #[error("no charset can be named under UTF8=ACCEPT")]
    CharsetNamed,
    /// Text that is not in the charset it is said to be in.
    #[error("text is not in its charset")]
    Encoding,
    /// Lists or search keys within each other beyond [`crate::limits::IMAP_NESTING_MAX`]: BAD \[LIMIT\].
    #[error("nested too deeply")]
    Nesting,
    /// More of something in one command than its bound: BAD \[LIMIT\].
    #[error("too many {0}")]
    TooMany(&'static str),
    /// More octets without messages than [`crate::limits::IMAP_COMMAND_BYTES_MAX`]: BAD \[LIMIT\].
    #[error("command too long")]
    CommandTooLong,
    /// A literal's size is not a number that a literal can have.
    #[error("not a literal size")]
    LiteralSize,
    /// A message larger than may be stored: NO \[TOOBIG\].
    #[error("message too big")]
    MessageTooBig,
}

impl Cause {
    /// At a place.
    pub(super) fn at(self, at: usize) -> SyntaxError {
        SyntaxError { at, cause: self }
    }
}
