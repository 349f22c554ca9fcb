//! SEARCH: RFC 9051 §6.4.4, with RFC 4731, 5182 (SAVE, `$`), 5032 (OLDER, YOUNGER), 7162 (MODSEQ) and 6203 (FUZZY).

use std::borrow::Cow;

use encoding_rs::Encoding;
use jiff::civil::Date;

use super::cursor::{Cursor, Parsed, add_new};
use super::date::date;
use super::{Cause, Dialect, Flag, Messages, Numbers, Page, flag, page, sequence};
use crate::id::ModSeq;
use crate::limits::{IMAP_LIST_OPTIONS_MAX, IMAP_SEARCH_KEYS_MAX};

/// The arguments of SEARCH. Its text is decoded from the charset that was given, UTF-8 if none was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    /// Which numbers are answered.
    pub numbers: Numbers,
    /// RETURN (…): `None` without it, `[All]` for an empty one.
    pub returns: Option<Vec<SearchReturn>>,
    /// What to look for.
    pub key: SearchKey,
    /// Whether it matters how relevant each message is.
    pub scores: Scores,
}

/// Whether messages are told, or sorted, by how relevant they are: RFC 6203 §4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scores {
    /// No.
    Unwanted,
    /// Yes; then a key is FUZZY.
    Wanted,
}

impl Scores {
    /// # Errors
    /// [`Cause::Expected`] where they are wanted and no key is FUZZY.
    pub(super) fn of(wanted: bool, key: &SearchKey, cursor: &Cursor) -> Parsed<Self> {
        match wanted {
            false => Ok(Self::Unwanted),
            true if key.is_fuzzy() => Ok(Self::Wanted),
            true => cursor.fail(Cause::Expected("FUZZY, which RELEVANCY needs")),
        }
    }
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
    /// `PARTIAL`: RFC 9394; never with `ALL`, and never twice
    Partial(Page),
    /// `SAVE`
    Save,
    /// `RELEVANCY`: only where a key is FUZZY
    Relevancy,
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
    /// `FUZZY`
    Fuzzy(Box<SearchKey>),
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
    /// By what is kept of the message beside the rest.
    Kept(KeptKey),
}

/// A condition on when a message was saved, or on its ids.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum KeptKey {
    /// `SAVEDBEFORE`, `SAVEDON`, `SAVEDSINCE`: RFC 8514 §4
    Saved(DateTest, Date),
    /// `EMAILID`: RFC 8474 §6
    Email(String),
    /// `THREADID`
    Thread(String),
}

impl SearchKey {
    /// Whether some of it is FUZZY.
    pub fn is_fuzzy(&self) -> bool {
        match self {
            Self::Fuzzy(_) => true,
            Self::And(keys) => keys.iter().any(Self::is_fuzzy),
            Self::Or(keys) => keys.0.is_fuzzy() || keys.1.is_fuzzy(),
            Self::Not(key) => key.is_fuzzy(),
            _ => false,
        }
    }
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
pub(in crate::imap) fn search(cursor: &mut Cursor, numbers: Numbers) -> Parsed<Search> {
    cursor.space()?;
    let returns = returns(cursor)?;
    let charset = optional_charset(cursor, returns.as_deref().unwrap_or_default())?;
    let key = program(cursor, charset)?;
    let told = returns.as_ref().is_some_and(|returns| returns.contains(&SearchReturn::Relevancy));
    let scores = Scores::of(told, &key, cursor)?;
    Ok(Search { numbers, returns, key, scores })
}

/// `["CHARSET" SP charset SP]`
pub(super) fn optional_charset(cursor: &mut Cursor, returns: &[SearchReturn]) -> Parsed<&'static Encoding> {
    if !cursor.take_word("CHARSET") {
        return Ok(encoding_rs::UTF_8);
    }
    cursor.space()?;
    if cursor.dialect() == Dialect::Utf8Accept {
        // RFC 9755 §3: everything is UTF-8, and a label could only contradict that.
        return cursor.fail(Cause::CharsetNamed);
    }
    let charset = charset(cursor, returns)?;
    cursor.space()?;
    Ok(charset)
}

/// A charset that text can be decoded from; under UTF8=ACCEPT, where everything is UTF-8, no other (RFC 9755 §3).
pub(super) fn charset(cursor: &mut Cursor, returns: &[SearchReturn]) -> Parsed<&'static Encoding> {
    let start = cursor.at();
    let label = cursor.astring()?;
    let saves = returns.contains(&SearchReturn::Save);
    let unknown = if saves { Cause::CharsetOfSaved } else { Cause::Charset };
    let known = match cursor.dialect() {
        Dialect::Utf7 | Dialect::Utf8 => Encoding::for_label_no_replacement(&label),
        Dialect::Utf8Accept => {
            let is_utf8 = [&b"UTF-8"[..], b"US-ASCII"].iter().any(|name| label.eq_ignore_ascii_case(name));
            is_utf8.then_some(encoding_rs::UTF_8)
        }
    };
    known.ok_or(unknown.at(start))
}

/// `search-key *(SP search-key)`, with its text in that charset.
pub(super) fn program(cursor: &mut Cursor, charset: &'static Encoding) -> Parsed<SearchKey> {
    Program { charset, keys: 0 }.all_of(cursor)
}

/// `["RETURN" SP "(" [search-return-opt *(SP search-return-opt)] ")" SP]`: empty is ALL.
pub(super) fn returns(cursor: &mut Cursor) -> Parsed<Option<Vec<SearchReturn>>> {
    if !cursor.take_word("RETURN") {
        return Ok(None);
    }
    cursor.space()?;
    let start = cursor.at();
    let mut returns = Vec::new();
    cursor.list("return options", IMAP_LIST_OPTIONS_MAX, |cursor| {
        add_new(&mut returns, search_return(cursor)?);
        Ok(())
    })?;
    cursor.space()?;
    // RFC 9394 §3.1.
    let tells_which = |option: &&SearchReturn| matches!(option, SearchReturn::All | SearchReturn::Partial(_));
    if returns.iter().filter(tells_which).count() > 1 {
        return Err(Cause::Expected("one of ALL and PARTIAL").at(start));
    }
    if returns.is_empty() {
        returns.push(SearchReturn::All);
    }
    Ok(Some(returns))
}

/// ```abnf
/// search-return-opt = "MIN" / "MAX" / "ALL" / "COUNT" / "SAVE" / "PARTIAL" SP partial-range
/// ```
fn search_return(cursor: &mut Cursor) -> Parsed<SearchReturn> {
    const OPTIONS: &[(&str, SearchReturn)] = &[
        ("MIN", SearchReturn::Min),
        ("MAX", SearchReturn::Max),
        ("ALL", SearchReturn::All),
        ("COUNT", SearchReturn::Count),
        ("SAVE", SearchReturn::Save),
        ("RELEVANCY", SearchReturn::Relevancy),
    ];
    if cursor.take_word("PARTIAL") {
        cursor.space()?;
        return page::page(cursor).map(SearchReturn::Partial);
    }
    cursor.one_of("return option", OPTIONS)
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
            "FUZZY" => self.fuzzy(cursor),
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

    /// ```abnf
    /// search-key =/ "FUZZY" SP search-key     ; RFC 6203 §6
    /// ```
    fn fuzzy(&mut self, cursor: &mut Cursor) -> Parsed<SearchKey> {
        cursor.nested(|cursor| {
            cursor.space()?;
            Ok(SearchKey::Fuzzy(Box::new(self.key(cursor)?)))
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
        // Every message has a date of saving: RFC 8514 §4.
        "ALL" | "SAVEDATESUPPORTED" => SearchKey::All,
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
    let saved = |test| move |cursor: &mut Cursor| date(cursor).map(|date| SearchKey::Kept(KeptKey::Saved(test, date)));
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
        "SAVEDBEFORE" => argument(cursor, saved(DateTest::Before)),
        "SAVEDON" => argument(cursor, saved(DateTest::On)),
        "SAVEDSINCE" => argument(cursor, saved(DateTest::Since)),
        "EMAILID" => argument(cursor, |cursor| object_id(cursor).map(|id| SearchKey::Kept(KeptKey::Email(id)))),
        "THREADID" => argument(cursor, |cursor| object_id(cursor).map(|id| SearchKey::Kept(KeptKey::Thread(id)))),
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
/// objectid = 1*255(ALPHA / DIGIT / "_" / "-")     ; RFC 8474 §7
/// ```
fn object_id(cursor: &mut Cursor) -> Parsed<String> {
    let id = cursor.run(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'_' | b'-'));
    if !(1..=255).contains(&id.len()) {
        return cursor.expected("object id");
    }
    Ok(String::from_utf8_lossy(id).into_owned())
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::super::command::Command;
    use super::super::parse::tests::{read, read_octets};
    use super::super::{Counted, Dialect, Ranges, print};
    use super::*;
    use crate::limits::IMAP_NESTING_MAX;

    fn searched(program: &str) -> Result<Search, Cause> {
        match read(&format!("UID SEARCH {program}"))? {
            Command::Search(search) => Ok(search),
            other => unreachable!("{other:?}"),
        }
    }

    fn not(key: SearchKey) -> SearchKey {
        SearchKey::Not(Box::new(key))
    }

    #[test]
    fn the_examples_of_the_rfcs() {
        let smith = SearchKey::Field(SearchField::From, "Smith".to_owned());
        let since = SearchKey::Received(DateTest::Since, jiff::civil::date(1994, 2, 1));
        let flagged = SearchKey::Flag(Flag::Flagged);
        let search = searched("FLAGGED SINCE 1-Feb-1994 NOT FROM \"Smith\"").unwrap();
        assert_eq!(search.key, SearchKey::And(vec![flagged, since, not(smith)]));
        assert_eq!((search.returns, search.numbers), (None, Numbers::Uid));

        let search = searched("RETURN (MIN COUNT min) DELETED").unwrap();
        assert_eq!(search.returns, Some(vec![SearchReturn::Min, SearchReturn::Count]));
        assert_eq!(searched("RETURN () ALL").unwrap().returns, Some(vec![SearchReturn::All]));
        assert_eq!(searched("RETURN (SAVE) $").unwrap().key, SearchKey::Sequence(Messages::Saved));
        for program in ["MODSEQ \"/flags/\\\\draft\" all 620162338", "MODSEQ 620162338"] {
            assert_eq!(searched(program).unwrap().key, SearchKey::ModSeq(ModSeq(620_162_338)), "{program}");
        }
        assert_eq!(searched("YOUNGER 259200").unwrap().key, SearchKey::Age(Comparison::Less, 259_200));
    }

    #[test]
    fn fuzzy_is_a_key_before_a_key() {
        let text = SearchKey::Text("ke hoach".to_owned());
        assert_eq!(searched("FUZZY TEXT \"ke hoach\"").unwrap().key, SearchKey::Fuzzy(Box::new(text)));
        assert!(searched("RETURN (RELEVANCY ALL) NOT FUZZY (SEEN SUBJECT x)").is_ok());
        for none in ["FUZZY", "RETURN (RELEVANCY) TEXT x"] {
            assert!(searched(none).is_err(), "{none}");
        }
        assert_eq!(searched(&("FUZZY ".repeat(10_000) + "ALL")), Err(Cause::Nesting));
    }

    #[test]
    fn one_page_or_all_is_told() {
        let page = |counted, one, other| SearchReturn::Partial(Page { counted, one, other });
        for (options, returns) in [
            ("PARTIAL 23500:24000", vec![page(Counted::FromFirst, 23_500, 24_000)]),
            (
                "count partial -1:-100 save",
                vec![SearchReturn::Count, page(Counted::FromLast, 1, 100), SearchReturn::Save],
            ),
        ] {
            assert_eq!(searched(&format!("RETURN ({options}) ALL")).unwrap().returns, Some(returns), "{options}");
        }
        for options in [
            "PARTIAL",
            "PARTIAL 1",
            "PARTIAL 0:1",
            "PARTIAL 1:*",
            "PARTIAL -1:100",
            "PARTIAL 1:2 ALL",
            "PARTIAL 1:2 PARTIAL 3:4",
        ] {
            assert!(searched(&format!("RETURN ({options}) ALL")).is_err(), "{options}");
        }
    }

    #[test]
    fn old_names_stand_for_their_meaning() {
        for (name, meaning) in [("NEW", "RECENT UNSEEN"), ("OLD", "NOT RECENT"), ("UNKEYWORD x", "NOT KEYWORD x")] {
            assert_eq!(searched(name), searched(meaning), "{name}");
        }
        assert_eq!(searched("((ALL))").unwrap().key, SearchKey::All);
    }

    #[test]
    fn text_is_decoded_from_its_charset() {
        let subject = |text: &str| SearchKey::Field(SearchField::Subject, text.to_owned());
        let search = |octets: &[u8]| match read_octets(octets, Dialect::Utf7).map(|tagged| tagged.command) {
            Ok(Command::Search(search)) => Ok(search.key),
            Ok(other) => unreachable!("{other:?}"),
            Err(failure) => Err(failure.error.cause),
        };
        let utf8 = "a uid SEARCH CHARSET UTF-8 SUBJECT {9}\r\nđường".as_bytes();
        assert_eq!(search(utf8), Ok(subject("đường")));
        assert_eq!(search("a SEARCH SUBJECT \"đường\"".as_bytes()), Ok(subject("đường")));
        assert_eq!(search(b"a SEARCH CHARSET iso-8859-1 SUBJECT {2}\r\n\xe9t"), Ok(subject("ét")));
        assert_eq!(search(b"a SEARCH CHARSET \"windows-1258\" SUBJECT {1}\r\n\xf0"), Ok(subject("đ")));
        assert_eq!(search(b"a SEARCH CHARSET UTF-8 SUBJECT {1}\r\n\xf0"), Err(Cause::Encoding));
        assert_eq!(search(b"a SEARCH CHARSET x-bogus ALL"), Err(Cause::Charset));
    }

    #[test]
    fn nesting_and_number_of_keys_are_bounded() {
        let deep = |open: &str, close: &str, depth| format!("{}ALL{}", open.repeat(depth), close.repeat(depth));
        for (open, close) in [("(", ")"), ("NOT ", ""), ("OR ALL ", ""), ("OR ", " ALL")] {
            assert!(searched(&deep(open, close, IMAP_NESTING_MAX)).is_ok(), "{open}");
            assert_eq!(searched(&deep(open, close, 10_000)), Err(Cause::Nesting), "{open}");
        }
        let keys = |count| vec!["(SEEN SEEN)"; count].join(" ");
        assert!(searched(&keys(1000)).is_ok());
        assert_eq!(searched(&keys(3000)), Err(Cause::TooMany("search keys")));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for program in
            ["FROB", "", "()", "(ALL", "ALL)", "OR ALL", "NOT", "SINCE 30-Feb-2026", "LARGER -1", "OLDER 0", "UID"]
        {
            assert!(searched(program).is_err(), "{program}");
        }
    }

    /// As a client would write it.
    fn print(out: &mut Vec<u8>, key: &SearchKey) {
        let mut text = |name: &str, texts: &[&str]| {
            out.extend_from_slice(name.as_bytes());
            for text in texts {
                out.push(b' ');
                print::string(out, text.as_bytes());
            }
        };
        match key {
            SearchKey::Flag(Flag::Keyword(keyword)) => text(&format!("KEYWORD {keyword}"), &[]),
            SearchKey::Header(name, value) => text("HEADER", &[name, value]),
            SearchKey::Body(value) => text("BODY", &[value]),
            SearchKey::Sent(DateTest::On, date) => text(&date.strftime("SENTON %-d-%b-%Y").to_string(), &[]),
            SearchKey::Size(Comparison::Greater, size) => text(&format!("LARGER {size}"), &[]),
            SearchKey::Not(key) => {
                text("NOT ", &[]);
                print(out, key);
            }
            SearchKey::Or(keys) => {
                text("OR ", &[]);
                print(out, &keys.0);
                out.push(b' ');
                print(out, &keys.1);
            }
            SearchKey::And(keys) => {
                out.push(b'(');
                print::spaced(out, keys, print);
                out.push(b')');
            }
            other => unreachable!("{other:?}"),
        }
    }

    fn keys() -> impl Strategy<Value = SearchKey> {
        let leaf = prop_oneof![
            "[a-z$]{1,9}".prop_map(|name| SearchKey::Flag(Flag::Keyword(name))),
            ("[a-zA-Z-]{1,5}", "[^\\x00]{0,9}").prop_map(|(name, value)| SearchKey::Header(name, value)),
            "\\PC{0,9}".prop_map(SearchKey::Body),
            (1i16..3000, 1i8..29).prop_map(|(y, d)| SearchKey::Sent(DateTest::On, jiff::civil::date(y, 2, d.min(28)))),
            (0..1u64 << 63).prop_map(|size| SearchKey::Size(Comparison::Greater, size)),
        ];
        leaf.prop_recursive(6, 30, 4, |inner| {
            prop_oneof![
                inner.clone().prop_map(not),
                (inner.clone(), inner.clone()).prop_map(|keys| SearchKey::Or(Box::new(keys))),
                proptest::collection::vec(inner, 2..4).prop_map(SearchKey::And),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_condition_is_read_back(key in keys()) {
            let mut command = b"a SEARCH ".to_vec();
            print(&mut command, &key);
            let read = read_octets(&command, Dialect::Utf7).map(|tagged| tagged.command);
            // What stands in parentheses at the outermost is one key, as is what stands without.
            let search = Search { numbers: Numbers::Sequence, returns: None, key, scores: Scores::Unwanted };
            prop_assert_eq!(read, Ok(Command::Search(search)));
        }

        #[test]
        fn any_set_is_a_key(numbers in proptest::collection::vec(1u32.., 1..9)) {
            let set: Ranges = numbers.into_iter().collect();
            let mut command = b"a SEARCH UID ".to_vec();
            print::ranges(&mut command, &set);
            let read = read_octets(&command, Dialect::Utf7).map(|tagged| tagged.command);
            let is_set = matches!(&read, Ok(Command::Search(Search { key: SearchKey::Uid(Messages::Set(read)), .. }))
                if read.resolve(0) == set);
            prop_assert!(is_set);
        }
    }
}
