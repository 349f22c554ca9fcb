//! Commands on folders: SELECT, CREATE, RENAME, LIST, LSUB, STATUS (RFC 9051 §6.3, RFC 5258, 5819, 6154, 7162, 8440).

use super::{MailboxArg, SequenceSet};
use crate::id::ModSeq;

/// The arguments of SELECT and EXAMINE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Select {
    /// Which folder.
    pub mailbox: MailboxArg,
    /// What stands in parentheses behind it.
    pub parameters: Vec<SelectParameter>,
}

/// A parameter of SELECT: RFC 7162 §3.1.8 and §3.2.5.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SelectParameter {
    /// `CONDSTORE`
    CondStore,
    /// `QRESYNC (…)`
    QResync(QResync),
}

/// What a client remembers of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QResync {
    /// The UIDVALIDITY it knew; never 0.
    pub uid_validity: u32,
    /// The HIGHESTMODSEQ it knew; never 0.
    pub mod_seq: ModSeq,
    /// The UIDs it knows, without `*`.
    pub known: Option<SequenceSet>,
    /// Some sequence numbers and their UIDs, without `*`, both of one length as far as spelled.
    pub matched: Option<(SequenceSet, SequenceSet)>,
}

/// The arguments of CREATE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Create {
    /// The new folder, perhaps with a separator at its end.
    pub mailbox: MailboxArg,
    /// `USE (…)`: RFC 6154 §3.
    pub uses: Vec<SpecialUse>,
}

/// What a folder is for: RFC 6154 §2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpecialUse {
    /// `\All`
    All,
    /// `\Archive`
    Archive,
    /// `\Drafts`
    Drafts,
    /// `\Flagged`
    Flagged,
    /// `\Junk`
    Junk,
    /// `\Sent`
    Sent,
    /// `\Trash`
    Trash,
}

/// The arguments of RENAME.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rename {
    /// The old name.
    pub from: MailboxArg,
    /// The new name.
    pub to: MailboxArg,
}

/// The arguments of LIST.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List {
    /// How it was asked, which decides on what goes without saying.
    pub form: ListForm,
    /// Which folders: RFC 5258 §3.1.
    pub selection: Vec<ListSelection>,
    /// In front of every pattern; often empty. Decoded.
    pub reference: String,
    /// Names with `*` and `%`, at least one. Decoded.
    pub patterns: Vec<String>,
    /// What to tell of them: RFC 5258 §3.2.
    pub returns: Vec<ListReturn>,
}

/// LIST of RFC 3501, or of RFC 5258.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListForm {
    /// No options, one pattern without parentheses: an empty pattern asks for the separator.
    Basic,
    /// Anything else.
    Extended,
}

/// Which folders LIST names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListSelection {
    /// `SUBSCRIBED`
    Subscribed,
    /// `REMOTE`
    Remote,
    /// `RECURSIVEMATCH`, never alone
    RecursiveMatch,
    /// `SPECIAL-USE`
    SpecialUse,
}

/// What LIST tells of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListReturn {
    /// `SUBSCRIBED`
    Subscribed,
    /// `CHILDREN`
    Children,
    /// `SPECIAL-USE`
    SpecialUse,
    /// `STATUS (…)`: RFC 5819
    Status(Vec<StatusItem>),
    /// `MYRIGHTS`: RFC 8440
    MyRights,
}

/// The arguments of LSUB: RFC 3501 §6.3.9.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lsub {
    /// In front of the pattern. Decoded.
    pub reference: String,
    /// A name with `*` and `%`. Decoded.
    pub pattern: String,
}

/// The arguments of STATUS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Which folder.
    pub mailbox: MailboxArg,
    /// What of it; at least one, nothing twice.
    pub items: Vec<StatusItem>,
}

/// What STATUS tells: RFC 9051 §6.3.11, RFC 7162 §3.1.7, RFC 7889 §5, RFC 9208 §4.1.4, RFC 8474 §4.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusItem {
    /// `MESSAGES`
    Messages,
    /// `RECENT`: only RFC 3501
    Recent,
    /// `UIDNEXT`
    UidNext,
    /// `UIDVALIDITY`
    UidValidity,
    /// `UNSEEN`
    Unseen,
    /// `SIZE`
    Size,
    /// `DELETED`
    Deleted,
    /// `DELETED-STORAGE`
    DeletedStorage,
    /// `HIGHESTMODSEQ`
    HighestModSeq,
    /// `APPENDLIMIT`
    AppendLimit,
    /// `MAILBOXID`
    MailboxId,
}
