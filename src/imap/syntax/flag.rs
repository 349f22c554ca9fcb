//! Flags and STORE: RFC 9051 §2.3.2 and §6.4.6, with UNCHANGEDSINCE of RFC 7162.

use super::{Messages, Numbers};
use crate::id::ModSeq;

/// A flag that a client may set. `\Recent` is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flag {
    /// `\Answered`
    Answered,
    /// `\Flagged`
    Flagged,
    /// `\Deleted`
    Deleted,
    /// `\Seen`
    Seen,
    /// `\Draft`
    Draft,
    /// Any other, as spelled by the client; compared without regard to case.
    Keyword(String),
}

/// The arguments of STORE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Store {
    /// How `messages` is to be read.
    pub numbers: Numbers,
    /// Which messages.
    pub messages: Messages,
    /// Leave alone what has changed after this: RFC 7162 §3.1.3.
    pub unchanged_since: Option<ModSeq>,
    /// What to do with the flags.
    pub change: FlagChange,
    /// Whether the new flags are told.
    pub answer: Answer,
    /// The flags; may be none.
    pub flags: Vec<Flag>,
}

/// What STORE does with the flags it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlagChange {
    /// `FLAGS`
    Replace,
    /// `+FLAGS`
    Add,
    /// `-FLAGS`
    Remove,
}

/// Whether STORE is answered with FETCH lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is.
    Flags,
    /// `.SILENT`: it is not, except for MODSEQ where CONDSTORE is on.
    Silent,
}
