//! The IMAP grammar, pure: bytes in, values out, values in, bytes out. RFC 9051, and RFC 3501 where clients still speak it.
//!
//! A command comes as lines and literals. [`Assembler`] is fed the lines and says what to read next; what it gives at
//! the end, an [`Input`], goes to [`parse`], which makes a [`Tagged`] command of it. [`print`] writes the other way.
//!
//! Each of the files beside this one has the values of one group of commands on top and their grammar below.
pub(super) mod append;
mod assemble;
mod command;
mod cursor;
mod date;
mod error;
pub(super) mod fetch;
pub(super) mod flag;
pub(super) mod folder;
pub(super) mod list;
mod mailbox;
pub(super) mod message;
pub(super) mod metadata;
pub(super) mod multisearch;
pub(super) mod notify;
mod page;
mod parse;
pub(super) mod plain;
pub mod print;
pub(super) mod rights;
pub(super) mod search;
mod sequence;
pub(super) mod sort;
mod url;

pub use append::{Append, AppendData, AppendMessage, CatPart, Octets, Replace};
pub use assemble::{Assembler, Awaited, Input, LiteralKind, Next};
pub use command::{Authenticate, Command, Copy, Credentials, Numbers, Secret, Tag, Tagged};
pub(super) use cursor::{Cursor, Parsed};
pub use error::{Cause, Failure, SyntaxError};
pub use fetch::{
    ChangedSince, Expunged, Fetch, FetchItem, HeaderFields, Partial, Patience, Rfc822, Section, SectionText, Seen,
};
pub use flag::{Answer, Flag, FlagChange, Store};
pub use folder::{Create, QResync, Rename, Select, SelectParameter, SpecialUse, Status, StatusItem};
pub use list::{List, ListForm, ListReturn, ListSelection, Lsub};
pub use mailbox::{Dialect, MailboxArg};
pub use metadata::{AskedMetadata, Audience, Depth, EntryName, GetMetadata, SetMetadata};
pub use multisearch::{MultiSearch, Source};
pub use notify::{Event, EventGroup, FolderFilter, Notify, NotifyStatus};
pub use page::{Counted, Page};
pub use parse::parse;
pub use rights::{AclChange, AclEntry, RightsChange, SetQuota};
pub use search::{Comparison, DateTest, KeptKey, Scores, Search, SearchField, SearchKey, SearchReturn};
pub use sequence::{Edge, Messages, Ranges, SequenceSet, Span};
pub use sort::{Algorithm, Criterion, Direction, Sort, SortKey, Thread};
pub use url::MessageUrl;
