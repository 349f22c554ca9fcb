//! SEARCH: RFC 9051 §6.4.4, with RFC 4731, 5182 (SAVE, `$`), 5032 (OLDER, YOUNGER) and 7162 (MODSEQ).

use jiff::civil::Date;

use super::{Flag, Messages, Numbers};
use crate::id::ModSeq;

/// The arguments of SEARCH. Its text is decoded from the charset that was given, UTF-8 if none was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    /// Which numbers are answered.
    pub numbers: Numbers,
    /// RETURN (…): `None` without it, `[All]` for an empty one.
    pub returns: Option<Vec<SearchReturn>>,
    /// What to look for.
    pub key: SearchKey,
}

/// What SEARCH tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchReturn {
    /// `MIN`
    Min,
    /// `MAX`
    Max,
    /// `ALL`
    All,
    /// `COUNT`
    Count,
    /// `SAVE`
    Save,
}

/// A condition. NEW, OLD, UNSEEN and the like are spelled out in these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SearchKey {
    /// `ALL`
    All,
    /// Several, which all must hold; at least two.
    And(Vec<SearchKey>),
    /// `OR`
    Or(Box<(SearchKey, SearchKey)>),
    /// `NOT`
    Not(Box<SearchKey>),
    /// By sequence number, or `$`.
    Sequence(Messages),
    /// `UID`
    Uid(Messages),
    /// Has the flag.
    Flag(Flag),
    /// `RECENT`: only RFC 3501
    Recent,
    /// `FROM`, `SUBJECT` …
    Field(SearchField, String),
    /// `HEADER name text`; empty text asks whether the field is there.
    Header(String, String),
    /// `BODY`
    Body(String),
    /// `TEXT`
    Text(String),
    /// `BEFORE`, `ON`, `SINCE`: by the internal date, without regard to time and zone.
    Received(DateTest, Date),
    /// `SENTBEFORE`, `SENTON`, `SENTSINCE`: by the Date field, without regard to time and zone.
    Sent(DateTest, Date),
    /// `LARGER`, `SMALLER`: octets
    Size(Comparison, u64),
    /// `OLDER` (greater), `YOUNGER` (less): seconds since the internal date; RFC 5032
    Age(Comparison, u32),
    /// `MODSEQ`: at least this, on any entry; RFC 7162 §3.1.5
    ModSeq(ModSeq),
}

/// A field of the header with a search key of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchField {
    /// `BCC`
    Bcc,
    /// `CC`
    Cc,
    /// `FROM`
    From,
    /// `SUBJECT`
    Subject,
    /// `TO`
    To,
}

/// How a date is compared with that of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateTest {
    /// Earlier than the day.
    Before,
    /// On the day.
    On,
    /// On the day or later.
    Since,
}

/// How a number of the message is compared with the one given. OLDER and YOUNGER hold at equality too (RFC 5032 §2), LARGER and SMALLER do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// The message's is less.
    Less,
    /// The message's is greater.
    Greater,
}
