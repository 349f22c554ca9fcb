//! FETCH: RFC 9051 §6.4.5, with CHANGEDSINCE and VANISHED of RFC 7162 and BINARY of RFC 3516.

use std::ops::Range;

use super::cursor::{Cursor, Parsed, add_new};
use super::{Cause, Messages, Numbers, Page, page, sequence};
use crate::id::ModSeq;
use crate::limits::IMAP_FETCH_ITEMS_MAX;

/// The arguments of FETCH.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetch {
    /// How `messages` is to be read, and whether UID is in every answer.
    pub numbers: Numbers,
    /// Which messages.
    pub messages: Messages,
    /// What of them; macros are expanded, nothing comes twice.
    pub items: Vec<FetchItem>,
    /// Only some of those that are there: RFC 9394 §3.3; `UID FETCH` only.
    pub page: Option<Page>,
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
    /// `EMAILID`: RFC 8474
    EmailId,
    /// `THREADID`: RFC 8474
    ThreadId,
    /// `SAVEDATE`: RFC 8514
    SaveDate,
    /// `PREVIEW`: RFC 8970
    Preview(Patience),
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

/// Whether a client waits for a PREVIEW that has to be made first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// It does.
    Waits,
    /// `(LAZY)`: it asks again another time.
    Lazy,
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

impl Partial {
    /// Which octets are meant of something of this size; none, where it ends before.
    pub fn range(self, size: u64) -> Range<u64> {
        self.offset.min(size)..self.offset.saturating_add(self.length).min(size)
    }

    /// The octets that are meant.
    pub fn of(self, octets: &[u8]) -> &[u8] {
        let range = self.range(octets.len() as u64);
        let within = |edge| usize::try_from(edge).unwrap_or(octets.len());
        octets.get(within(range.start)..within(range.end)).unwrap_or_default()
    }
}

/// ```abnf
/// fetch = "FETCH" SP sequence-set SP ("ALL" / "FULL" / "FAST" / fetch-att / "(" fetch-att *(SP fetch-att) ")")
///         [SP "(" fetch-modifier *(SP fetch-modifier) ")"]
/// ```
pub(in crate::imap) fn fetch(cursor: &mut Cursor, numbers: Numbers) -> Parsed<Fetch> {
    cursor.space()?;
    let messages = sequence::messages(cursor)?;
    cursor.space()?;
    let items = items(cursor)?;
    let mut fetch = Fetch { numbers, messages, items, page: None, changed_since: None };
    if cursor.take(b' ') {
        modifiers(cursor, &mut fetch)?;
    }
    Ok(fetch)
}

fn items(cursor: &mut Cursor) -> Parsed<Vec<FetchItem>> {
    let fast = vec![FetchItem::Flags, FetchItem::InternalDate, FetchItem::Rfc822Size];
    let with = |more: &[FetchItem]| [&fast, more].concat();
    if cursor.peek() == Some(b'(') {
        let mut items = Vec::new();
        cursor.nonempty_list("fetch items", IMAP_FETCH_ITEMS_MAX, |cursor| {
            add_new(&mut items, item(cursor)?);
            Ok(())
        })?;
        return Ok(items);
    }
    if cursor.take_word("FAST") {
        return Ok(fast);
    }
    if cursor.take_word("ALL") {
        return Ok(with(&[FetchItem::Envelope]));
    }
    if cursor.take_word("FULL") {
        return Ok(with(&[FetchItem::Envelope, FetchItem::Body]));
    }
    Ok(vec![item(cursor)?])
}

/// ```abnf
/// fetch-att = "ENVELOPE" / "FLAGS" / "INTERNALDATE" / "RFC822.SIZE" / "BODY" ["STRUCTURE"] / "UID" / "MODSEQ" /
///             "BODY" [".PEEK"] section [partial] / "BINARY" [".PEEK"] section-binary [partial] /
///             "BINARY.SIZE" section-binary / "RFC822" [".HEADER" / ".TEXT"] / "EMAILID" / "THREADID" / "SAVEDATE" /
///             "PREVIEW" [SP "(" "LAZY" ")"]
/// section-binary = "[" [section-part] "]"
/// ```
pub(super) fn item(cursor: &mut Cursor) -> Parsed<FetchItem> {
    let start = cursor.at();
    let word = cursor.word();
    let bracket = cursor.peek() == Some(b'[');
    let item = match (word.as_str(), bracket) {
        ("BODY", true) => body_section(cursor, Seen::Set)?,
        ("BODY.PEEK", true) => body_section(cursor, Seen::Keep)?,
        ("BINARY", true) => binary(cursor, Seen::Set)?,
        ("BINARY.PEEK", true) => binary(cursor, Seen::Keep)?,
        ("BINARY.SIZE", true) => FetchItem::BinarySize(binary_path(cursor)?),
        ("UID", false) => FetchItem::Uid,
        ("FLAGS", false) => FetchItem::Flags,
        ("INTERNALDATE", false) => FetchItem::InternalDate,
        ("RFC822.SIZE", false) => FetchItem::Rfc822Size,
        ("ENVELOPE", false) => FetchItem::Envelope,
        ("BODY", false) => FetchItem::Body,
        ("BODYSTRUCTURE", false) => FetchItem::BodyStructure,
        ("MODSEQ", false) => FetchItem::ModSeq,
        ("EMAILID", false) => FetchItem::EmailId,
        ("THREADID", false) => FetchItem::ThreadId,
        ("SAVEDATE", false) => FetchItem::SaveDate,
        ("PREVIEW", false) => FetchItem::Preview(patience(cursor)),
        ("RFC822", false) => FetchItem::Rfc822(Rfc822::Message),
        ("RFC822.HEADER", false) => FetchItem::Rfc822(Rfc822::Header),
        ("RFC822.TEXT", false) => FetchItem::Rfc822(Rfc822::Text),
        _ => return Err(Cause::Expected("fetch item").at(start)),
    };
    Ok(item)
}

/// A list behind PREVIEW may also be that of the modifiers of the whole FETCH.
fn patience(cursor: &mut Cursor) -> Patience {
    if cursor.take_text(" (LAZY)") { Patience::Lazy } else { Patience::Waits }
}

fn body_section(cursor: &mut Cursor, seen: Seen) -> Parsed<FetchItem> {
    Ok(FetchItem::Section { section: section(cursor)?, partial: partial(cursor)?, seen })
}

fn binary(cursor: &mut Cursor, seen: Seen) -> Parsed<FetchItem> {
    Ok(FetchItem::Binary { path: binary_path(cursor)?, partial: partial(cursor)?, seen })
}

fn binary_path(cursor: &mut Cursor) -> Parsed<Vec<u32>> {
    let start = cursor.at();
    match section(cursor)? {
        Section { path, text: SectionText::Whole } => Ok(path),
        _ => Err(Cause::Expected("part number").at(start)),
    }
}

/// ```abnf
/// section         = "[" [section-spec] "]"
/// section-spec    = section-msgtext / (section-part ["." section-text])
/// section-msgtext = "HEADER" / "HEADER.FIELDS" [".NOT"] SP header-list / "TEXT"
/// section-part    = nz-number *("." nz-number)
/// section-text    = section-msgtext / "MIME"
/// ```
pub(super) fn section(cursor: &mut Cursor) -> Parsed<Section> {
    cursor.need(b'[', "[")?;
    let mut path = Vec::new();
    let mut text = SectionText::Whole;
    while !cursor.take(b']') {
        if !path.is_empty() {
            cursor.need(b'.', "]")?;
        }
        if cursor.peek().is_some_and(|octet| octet.is_ascii_digit()) {
            path.push(cursor.nonzero32()?);
        } else {
            text = section_text(cursor, &path)?;
            cursor.need(b']', "]")?;
            break;
        }
    }
    Ok(Section { path, text })
}

fn section_text(cursor: &mut Cursor, path: &[u32]) -> Parsed<SectionText> {
    let start = cursor.at();
    match cursor.word().as_str() {
        "HEADER" => Ok(SectionText::Header),
        "TEXT" => Ok(SectionText::Text),
        "MIME" if !path.is_empty() => Ok(SectionText::Mime),
        "HEADER.FIELDS" => header_fields(cursor).map(SectionText::Fields),
        "HEADER.FIELDS.NOT" => header_fields(cursor).map(SectionText::FieldsNot),
        _ => Err(Cause::Expected("section").at(start)),
    }
}

/// ```abnf
/// header-list     = "(" header-fld-name *(SP header-fld-name) ")"
/// header-fld-name = astring
/// ```
fn header_fields(cursor: &mut Cursor) -> Parsed<HeaderFields> {
    cursor.space()?;
    cursor.nonempty_list("header fields", IMAP_FETCH_ITEMS_MAX, Cursor::utf8).map(HeaderFields)
}

/// ```abnf
/// partial = "<" number64 "." nz-number64 ">"
/// ```
fn partial(cursor: &mut Cursor) -> Parsed<Option<Partial>> {
    if !cursor.take(b'<') {
        return Ok(None);
    }
    let offset = cursor.number64()?;
    cursor.need(b'.', ".")?;
    let length = cursor.nonzero64()?;
    cursor.need(b'>', ">")?;
    Ok(Some(Partial { offset, length }))
}

/// ```abnf
/// fetch-modifier =/ "CHANGEDSINCE" SP mod-sequence-value      ; RFC 7162 §7
/// fetch-modifier =/ "VANISHED"                                ; only in UID FETCH with CHANGEDSINCE
/// fetch-modifier =/ "PARTIAL" SP partial-range                ; RFC 9394 §4; only in UID FETCH
/// ```
fn modifiers(cursor: &mut Cursor, fetch: &mut Fetch) -> Parsed<()> {
    let by_uid = fetch.numbers == Numbers::Uid;
    let mut mod_seq = None;
    let mut expunged = Expunged::Omit;
    cursor.nonempty_list("fetch modifiers", 3, |cursor| {
        if by_uid && cursor.take_word("VANISHED") {
            expunged = Expunged::Tell;
            return Ok(());
        }
        if by_uid && cursor.take_word("PARTIAL") {
            cursor.space()?;
            fetch.page = Some(page::page(cursor)?);
            return Ok(());
        }
        cursor.one_of("fetch modifier", &[("CHANGEDSINCE", ())])?;
        cursor.space()?;
        mod_seq = Some(ModSeq(cursor.nonzero64()?));
        Ok(())
    })?;
    fetch.changed_since = mod_seq.map(|mod_seq| ChangedSince { mod_seq, expunged });
    match (fetch.changed_since, expunged) {
        (None, Expunged::Tell) => cursor.expected("CHANGEDSINCE"),
        (Some(_), _) | (None, Expunged::Omit) => Ok(()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::Counted;
    use super::super::command::Command;
    use super::super::parse::tests::read;
    use super::*;

    fn fetched(arguments: &str) -> Result<Fetch, Cause> {
        match read(&format!("UID FETCH $ {arguments}"))? {
            Command::Fetch(fetch) => Ok(fetch),
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn macros_are_spelled_out() {
        let fast = vec![FetchItem::Flags, FetchItem::InternalDate, FetchItem::Rfc822Size];
        assert_eq!(fetched("fast").unwrap().items, fast);
        assert_eq!(fetched("ALL").unwrap().items, [&fast[..], &[FetchItem::Envelope]].concat());
        assert_eq!(fetched("FULL").unwrap().items, [&fast[..], &[FetchItem::Envelope, FetchItem::Body]].concat());
        assert_eq!(fetched("(FLAGS FLAGS UID)").unwrap().items, [FetchItem::Flags, FetchItem::Uid]);
    }

    #[test]
    fn headers_as_thunderbird_asks_for_them() {
        let fetch = fetched("(UID RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS (From To \"Message-ID\")])").unwrap();
        let fields = HeaderFields(["From", "To", "Message-ID"].map(str::to_owned).to_vec());
        let section = Section { path: vec![], text: SectionText::Fields(fields) };
        assert_eq!(fetch.items[..3], [FetchItem::Uid, FetchItem::Rfc822Size, FetchItem::Flags]);
        assert_eq!(fetch.items[3..], [FetchItem::Section { section, partial: None, seen: Seen::Keep }]);
    }

    #[test]
    fn sections_of_every_form() {
        let path = vec![4, 2];
        for (name, path, text) in [
            ("", vec![], SectionText::Whole),
            ("text", vec![], SectionText::Text),
            ("4.2", path.clone(), SectionText::Whole),
            ("4.2.HEADER", path.clone(), SectionText::Header),
            ("4.2.MIME", path, SectionText::Mime),
        ] {
            let section = Section { path, text };
            let item = FetchItem::Section { section, partial: None, seen: Seen::Set };
            assert_eq!(fetched(&format!("BODY[{name}]")).unwrap().items, [item], "{name}");
        }
        for name in ["MIME", "0", "1.", ".1", "1.0", "4294967296", "1.HEADER.FIELDS", "HEADER.FIELDS ()", "1 2", "FROB"]
        {
            assert!(fetched(&format!("BODY[{name}]")).is_err(), "{name}");
        }
        let long = vec!["1"; 1000].join(".");
        assert!(fetched(&format!("BODY[{long}]")).is_ok());
        assert_eq!(fetched("BINARY.SIZE[1.2]").unwrap().items, [FetchItem::BinarySize(vec![1, 2])]);
        assert!(fetched("BINARY[TEXT]").is_err());
        assert_eq!(fetched("RFC822.HEADER").unwrap().items, [FetchItem::Rfc822(Rfc822::Header)]);
    }

    #[test]
    fn a_partial_is_never_empty() {
        let partial = |text: &str| match fetched(&format!("BINARY.PEEK[]{text}"))?.items.remove(0) {
            FetchItem::Binary { partial, .. } => Ok(partial),
            other => unreachable!("{other:?}"),
        };
        assert_eq!(partial("<0.2048>"), Ok(Some(Partial { offset: 0, length: 2048 })));
        assert_eq!(partial("<4294967295.1>"), Ok(Some(Partial { offset: 4_294_967_295, length: 1 })));
        assert_eq!(partial("<0.0>"), Err(Cause::Number));
        assert_eq!(partial("<9223372036854775808.1>"), Err(Cause::Number));
        assert_eq!(partial("<0>"), Err(Cause::Expected(".")));
        assert_eq!(partial("<0.1"), Err(Cause::Expected(">")));
    }

    #[test]
    fn only_what_has_changed() {
        let since = |mod_seq, expunged| Some(ChangedSince { mod_seq: ModSeq(mod_seq), expunged });
        assert_eq!(fetched("FLAGS (CHANGEDSINCE 12345)").unwrap().changed_since, since(12345, Expunged::Omit));
        assert_eq!(fetched("FLAGS (CHANGEDSINCE 1 VANISHED)").unwrap().changed_since, since(1, Expunged::Tell));
        assert_eq!(fetched("FLAGS (VANISHED CHANGEDSINCE 1)").unwrap().changed_since, since(1, Expunged::Tell));
        assert_eq!(fetched("FLAGS (VANISHED)"), Err(Cause::Expected("CHANGEDSINCE")));
        assert_eq!(fetched("FLAGS (CHANGEDSINCE 0)"), Err(Cause::Number));
        assert_eq!(read("FETCH 1 FLAGS (CHANGEDSINCE 1 VANISHED)"), Err(Cause::Expected("fetch modifier")));
    }

    #[test]
    fn some_of_many() {
        let last = Page { counted: Counted::FromLast, one: 1, other: 3 };
        assert_eq!(fetched("FLAGS (PARTIAL -1:-3)").unwrap().page, Some(last));
        let fetch = fetched("FLAGS (PARTIAL -1:-3 CHANGEDSINCE 98305)").unwrap();
        assert!(fetch.page == Some(last) && fetch.changed_since.is_some());
        assert!(fetched("FLAGS (PARTIAL 1)").is_err());
        assert_eq!(read("FETCH 1:* FLAGS (PARTIAL 1:3)"), Err(Cause::Expected("fetch modifier")));
    }
}
