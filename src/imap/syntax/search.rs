//! SEARCH: RFC 9051 §6.4.4, with RFC 4731, 5182 (SAVE, `$`), 5032 (OLDER, YOUNGER) and 7162 (MODSEQ).

use std::borrow::Cow;

use encoding_rs::Encoding;
use jiff::civil::Date;

use super::cursor::{Cursor, Parsed, add_new};
use super::date::date;
use super::{Cause, Flag, Messages, Numbers, flag, sequence};
use crate::id::ModSeq;
use crate::limits::IMAP_SEARCH_KEYS_MAX;

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

/// ```abnf
/// search = "SEARCH" [SP "RETURN" SP "(" [search-return-opt *(SP search-return-opt)] ")"] SP search-program
/// search-program = ["CHARSET" SP charset SP] search-key *(SP search-key)
/// charset = atom / quoted
/// ```
pub(super) fn search(cursor: &mut Cursor, numbers: Numbers) -> Parsed<Search> {
    cursor.space()?;
    let mut returns = None;
    if cursor.take_word("RETURN") {
        cursor.space()?;
        returns = Some(search_returns(cursor)?);
        cursor.space()?;
    }
    let mut charset = encoding_rs::UTF_8;
    if cursor.take_word("CHARSET") {
        cursor.space()?;
        let start = cursor.at();
        let label = cursor.astring()?;
        charset = Encoding::for_label_no_replacement(&label).ok_or(Cause::Charset.at(start))?;
        cursor.space()?;
    }
    let mut program = Program { charset, keys: 0 };
    Ok(Search { numbers, returns, key: program.all_of(cursor)? })
}

fn search_returns(cursor: &mut Cursor) -> Parsed<Vec<SearchReturn>> {
    const OPTIONS: &[(&str, SearchReturn)] = &[
        ("MIN", SearchReturn::Min),
        ("MAX", SearchReturn::Max),
        ("ALL", SearchReturn::All),
        ("COUNT", SearchReturn::Count),
        ("SAVE", SearchReturn::Save),
    ];
    let mut returns = Vec::new();
    cursor.list("return options", OPTIONS.len(), |cursor| {
        add_new(&mut returns, cursor.one_of("return option", OPTIONS)?);
        Ok(())
    })?;
    Ok(if returns.is_empty() { vec![SearchReturn::All] } else { returns })
}

/// What holds for all keys of a SEARCH.
struct Program {
    charset: &'static Encoding,
    /// How many there were.
    keys: usize,
}

impl Program {
    /// `search-key *(SP search-key)`
    fn all_of(&mut self, cursor: &mut Cursor) -> Parsed<SearchKey> {
        let mut keys = cursor.spaced("search keys", IMAP_SEARCH_KEYS_MAX, |cursor| self.key(cursor))?;
        Ok(if keys.len() == 1 { keys.remove(0) } else { SearchKey::And(keys) })
    }

    /// ```abnf
    /// search-key = … / sequence-set / "(" search-key *(SP search-key) ")"
    /// ```
    fn key(&mut self, cursor: &mut Cursor) -> Parsed<SearchKey> {
        self.keys += 1;
        if self.keys > IMAP_SEARCH_KEYS_MAX {
            return cursor.fail(Cause::TooMany("search keys"));
        }
        match cursor.peek() {
            Some(b'(') => cursor.nested(|cursor| {
                cursor.need(b'(', "(")?;
                let key = self.all_of(cursor)?;
                cursor.need(b')', ")")?;
                Ok(key)
            }),
            Some(b'$' | b'*' | b'0'..=b'9') => sequence::messages(cursor).map(SearchKey::Sequence),
            _ => self.named(cursor),
        }
    }

    fn named(&mut self, cursor: &mut Cursor) -> Parsed<SearchKey> {
        let start = cursor.at();
        let word = cursor.word();
        if let Some(key) = flag_key(&word) {
            return Ok(key);
        }
        match word.as_str() {
            "OR" => self.or(cursor),
            "NOT" => self.not(cursor),
            "FROM" => self.field(cursor, SearchField::From),
            "TO" => self.field(cursor, SearchField::To),
            "CC" => self.field(cursor, SearchField::Cc),
            "BCC" => self.field(cursor, SearchField::Bcc),
            "SUBJECT" => self.field(cursor, SearchField::Subject),
            "BODY" => self.text(cursor).map(SearchKey::Body),
            "TEXT" => self.text(cursor).map(SearchKey::Text),
            "HEADER" => Ok(SearchKey::Header(self.text(cursor)?, self.text(cursor)?)),
            _ => numeric_key(cursor, &word).unwrap_or(Err(Cause::Expected("search key").at(start))),
        }
    }

    fn or(&mut self, cursor: &mut Cursor) -> Parsed<SearchKey> {
        cursor.nested(|cursor| {
            cursor.space()?;
            let one = self.key(cursor)?;
            cursor.space()?;
            Ok(SearchKey::Or(Box::new((one, self.key(cursor)?))))
        })
    }

    fn not(&mut self, cursor: &mut Cursor) -> Parsed<SearchKey> {
        cursor.nested(|cursor| {
            cursor.space()?;
            Ok(SearchKey::Not(Box::new(self.key(cursor)?)))
        })
    }

    fn field(&self, cursor: &mut Cursor, field: SearchField) -> Parsed<SearchKey> {
        Ok(SearchKey::Field(field, self.text(cursor)?))
    }

    /// ` astring`, decoded from the charset.
    fn text(&self, cursor: &mut Cursor) -> Parsed<String> {
        cursor.space()?;
        let start = cursor.at();
        let octets = cursor.astring()?;
        let text = self.charset.decode_without_bom_handling_and_without_replacement(&octets);
        text.map(Cow::into_owned).ok_or(Cause::Encoding.at(start))
    }
}

/// The keys without an argument.
fn flag_key(word: &str) -> Option<SearchKey> {
    let lacks = |flag| SearchKey::Not(Box::new(SearchKey::Flag(flag)));
    Some(match word {
        "ALL" => SearchKey::All,
        "ANSWERED" => SearchKey::Flag(Flag::Answered),
        "DELETED" => SearchKey::Flag(Flag::Deleted),
        "DRAFT" => SearchKey::Flag(Flag::Draft),
        "FLAGGED" => SearchKey::Flag(Flag::Flagged),
        "SEEN" => SearchKey::Flag(Flag::Seen),
        "UNANSWERED" => lacks(Flag::Answered),
        "UNDELETED" => lacks(Flag::Deleted),
        "UNDRAFT" => lacks(Flag::Draft),
        "UNFLAGGED" => lacks(Flag::Flagged),
        "UNSEEN" => lacks(Flag::Seen),
        "RECENT" => SearchKey::Recent,
        "OLD" => SearchKey::Not(Box::new(SearchKey::Recent)),
        "NEW" => SearchKey::And(vec![SearchKey::Recent, lacks(Flag::Seen)]),
        _ => return None,
    })
}

/// The keys whose argument is a number, a date, a keyword or a set; `None` if there is no such key.
fn numeric_key(cursor: &mut Cursor, word: &str) -> Option<Parsed<SearchKey>> {
    let received = |test| move |cursor: &mut Cursor| date(cursor).map(|date| SearchKey::Received(test, date));
    let sent = |test| move |cursor: &mut Cursor| date(cursor).map(|date| SearchKey::Sent(test, date));
    let size = |is| move |cursor: &mut Cursor| cursor.number64().map(|octets| SearchKey::Size(is, octets));
    let age = |is| move |cursor: &mut Cursor| cursor.nonzero32().map(|seconds| SearchKey::Age(is, seconds));
    let flag = |cursor: &mut Cursor| flag::keyword(cursor).map(|name| SearchKey::Flag(Flag::Keyword(name)));
    Some(match word {
        "KEYWORD" => argument(cursor, flag),
        "UNKEYWORD" => argument(cursor, flag).map(|key| SearchKey::Not(Box::new(key))),
        "UID" => argument(cursor, |cursor| sequence::messages(cursor).map(SearchKey::Uid)),
        "BEFORE" => argument(cursor, received(DateTest::Before)),
        "ON" => argument(cursor, received(DateTest::On)),
        "SINCE" => argument(cursor, received(DateTest::Since)),
        "SENTBEFORE" => argument(cursor, sent(DateTest::Before)),
        "SENTON" => argument(cursor, sent(DateTest::On)),
        "SENTSINCE" => argument(cursor, sent(DateTest::Since)),
        "LARGER" => argument(cursor, size(Comparison::Greater)),
        "SMALLER" => argument(cursor, size(Comparison::Less)),
        "OLDER" => argument(cursor, age(Comparison::Greater)),
        "YOUNGER" => argument(cursor, age(Comparison::Less)),
        "MODSEQ" => argument(cursor, mod_seq),
        _ => return None,
    })
}

fn argument(cursor: &mut Cursor, key: impl FnOnce(&mut Cursor) -> Parsed<SearchKey>) -> Parsed<SearchKey> {
    cursor.space()?;
    key(cursor)
}

/// ```abnf
/// search-modsequence = "MODSEQ" [search-modseq-ext] SP mod-sequence-valzer
/// search-modseq-ext  = SP entry-name SP entry-type-req
/// ```
/// All entries of a message share one mod-sequence here, so the entry makes no difference.
fn mod_seq(cursor: &mut Cursor) -> Parsed<SearchKey> {
    if cursor.peek() == Some(b'"') {
        cursor.string()?;
        cursor.space()?;
        cursor.one_of("entry type", &[("PRIV", ()), ("SHARED", ()), ("ALL", ())])?;
        cursor.space()?;
    }
    Ok(SearchKey::ModSeq(ModSeq(cursor.number64()?)))
}
