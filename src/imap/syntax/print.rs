//! What responses are made of: RFC 9051 §9. Everything is written at the end of a buffer, nothing is allocated on the way.

use jiff::Timestamp;
use jiff::tz::Offset;

use super::cursor::is_astring;
use super::date::MONTHS;
use super::{Counted, Dialect, FetchItem, Numbers, Page, Ranges, Rfc822, Section, SectionText, Tag};
use crate::id::ModSeq;
use crate::utf7;

/// A number.
pub fn number(out: &mut Vec<u8>, number: impl Into<u64>) {
    // 20 digits are the longest u64.
    let mut digits = [0; 20];
    let mut rest: u64 = number.into();
    let mut length = 0;
    for digit in digits.iter_mut().rev() {
        *digit = b"0123456789".get((rest % 10) as usize).copied().unwrap_or(b'0');
        rest /= 10;
        length += 1;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(digits.get(20 - length..).unwrap_or_default());
}

/// A string: quoted if it is printable ASCII, otherwise a literal.
pub fn string(out: &mut Vec<u8>, string: &[u8]) {
    if string.iter().all(|octet| matches!(octet, b' '..=b'~')) {
        quoted(out, string);
    } else {
        literal(out, string);
    }
}

/// A string, or NIL.
pub fn nstring(out: &mut Vec<u8>, octets: Option<&[u8]>) {
    match octets {
        Some(octets) => string(out, octets),
        None => out.extend_from_slice(b"NIL"),
    }
}

/// A string, without quotes where it may be.
pub fn astring(out: &mut Vec<u8>, octets: &[u8]) {
    let is_atom = !octets.is_empty() && octets.iter().all(|octet| is_astring(*octet));
    if is_atom && !octets.eq_ignore_ascii_case(b"NIL") {
        out.extend_from_slice(octets);
    } else {
        string(out, octets);
    }
}

/// A quoted string; there must be no CR, LF or NUL in it.
fn quoted(out: &mut Vec<u8>, octets: &[u8]) {
    out.push(b'"');
    for &octet in octets {
        if matches!(octet, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(octet);
    }
    out.push(b'"');
}

/// A literal; there must be no NUL in it.
pub fn literal(out: &mut Vec<u8>, octets: &[u8]) {
    literal_size(out, octets.len());
    out.extend_from_slice(octets);
}

/// What stands in front of the octets of a literal, for those who send the octets themselves.
pub fn literal_size(out: &mut Vec<u8>, size: usize) {
    out.push(b'{');
    number(out, size as u64);
    out.extend_from_slice(b"}\r\n");
}

/// The content of BINARY: a literal8 where there is NUL in it (RFC 3516 §4.2).
pub fn binary(out: &mut Vec<u8>, octets: &[u8]) {
    if memchr::memchr(0, octets).is_some() {
        out.push(b'~');
    }
    literal(out, octets);
}

/// A folder's name, as names are written on this connection.
pub fn mailbox(out: &mut Vec<u8>, name: &str, dialect: Dialect) {
    if name.is_ascii() && !name.contains('&') {
        astring(out, name.as_bytes());
    } else if dialect != Dialect::Utf7 {
        quoted(out, name.as_bytes());
    } else {
        // Neither quote nor backslash comes out of the encoding but as itself.
        let start = out.len();
        utf7::encode(name, out);
        let encoded = out.split_off(start);
        astring(out, &encoded);
    }
}

/// Words in parentheses: flags, attributes.
pub fn list<'a>(out: &mut Vec<u8>, words: impl IntoIterator<Item = &'a str>) {
    out.push(b'(');
    spaced(out, words, |out, word| out.extend_from_slice(word.as_bytes()));
    out.push(b')');
}

/// Things with a space between them.
pub fn spaced<T>(out: &mut Vec<u8>, things: impl IntoIterator<Item = T>, mut one: impl FnMut(&mut Vec<u8>, T)) {
    for (place, thing) in things.into_iter().enumerate() {
        if place > 0 {
            out.push(b' ');
        }
        one(out, thing);
    }
}

/// A sequence-set, as short as it can be: `1:5,7`. Nothing for no numbers, which no sequence-set can say.
pub fn ranges(out: &mut Vec<u8>, ranges: &Ranges) {
    for (place, span) in ranges.spans().iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        number(out, span.first);
        if span.last > span.first {
            out.push(b':');
            number(out, span.last);
        }
    }
}

/// Numbers in an order that means something, as a sequence-set: those that rise by one become a range (RFC 5267 §3.2).
pub fn ordered(out: &mut Vec<u8>, numbers: impl IntoIterator<Item = u32>) {
    let mut numbers = numbers.into_iter().peekable();
    let mut place = 0;
    while let Some(first) = numbers.next() {
        let mut last = first;
        while let Some(next) = numbers.next_if(|next| last.checked_add(1) == Some(*next)) {
            last = next;
        }
        if place > 0 {
            out.push(b',');
        }
        place += 1;
        number(out, first);
        if last > first {
            out.push(b':');
            number(out, last);
        }
    }
}

/// An internal date in a zone, in quotes: `"17-Jul-1996 02:44:25 -0700"`.
pub fn date_time(out: &mut Vec<u8>, when: Timestamp, zone: Offset) {
    let local = zone.to_datetime(when);
    let two = |out: &mut Vec<u8>, value: u64| {
        if value < 10 {
            out.push(b'0');
        }
        number(out, value);
    };
    out.push(b'"');
    // The day is two characters wide: RFC 9051 §9 "date-day-fixed".
    if local.day() < 10 {
        out.push(b' ');
    }
    number(out, local.day().unsigned_abs());
    out.push(b'-');
    let month = MONTHS.get(usize::from(local.month().unsigned_abs()).saturating_sub(1)).copied().unwrap_or_default();
    out.extend_from_slice(month.as_bytes());
    out.push(b'-');
    let year = u64::from(local.year().unsigned_abs());
    two(out, year / 100);
    two(out, year % 100);
    for (separator, value) in [(b' ', local.hour()), (b':', local.minute()), (b':', local.second())] {
        out.push(separator);
        two(out, u64::from(value.unsigned_abs()));
    }
    let minutes = u64::from(zone.seconds().unsigned_abs() / 60);
    out.extend_from_slice(if zone.is_negative() { b" -" } else { b" +" });
    two(out, minutes / 60);
    two(out, minutes % 60);
    out.push(b'"');
}

/// The name under which FETCH answers with an item: `FLAGS`, `BODY[1.HEADER.FIELDS (To)]<0>`. The same for every
/// message, so it need be made only once for a command.
pub fn item_name(out: &mut Vec<u8>, item: &FetchItem) {
    let name: &[u8] = match item {
        FetchItem::Uid => b"UID",
        FetchItem::Flags => b"FLAGS",
        FetchItem::InternalDate => b"INTERNALDATE",
        FetchItem::Rfc822Size => b"RFC822.SIZE",
        FetchItem::Envelope => b"ENVELOPE",
        FetchItem::Body | FetchItem::Section { .. } => b"BODY",
        FetchItem::BodyStructure => b"BODYSTRUCTURE",
        FetchItem::ModSeq => b"MODSEQ",
        FetchItem::EmailId => b"EMAILID",
        FetchItem::ThreadId => b"THREADID",
        FetchItem::SaveDate => b"SAVEDATE",
        FetchItem::Preview(_) => b"PREVIEW",
        FetchItem::Rfc822(Rfc822::Message) => b"RFC822",
        FetchItem::Rfc822(Rfc822::Header) => b"RFC822.HEADER",
        FetchItem::Rfc822(Rfc822::Text) => b"RFC822.TEXT",
        FetchItem::Binary { .. } => b"BINARY",
        FetchItem::BinarySize(_) => b"BINARY.SIZE",
    };
    out.extend_from_slice(name);
    let partial = match item {
        FetchItem::Section { section: named, partial, .. } => {
            section(out, named);
            *partial
        }
        FetchItem::Binary { path: numbers, partial, .. } => {
            bracketed(out, |out| path(out, numbers));
            *partial
        }
        FetchItem::BinarySize(numbers) => {
            bracketed(out, |out| path(out, numbers));
            None
        }
        _ => None,
    };
    if let Some(partial) = partial {
        out.push(b'<');
        number(out, partial.offset);
        out.push(b'>');
    }
}

fn section(out: &mut Vec<u8>, section: &Section) {
    bracketed(out, |out| {
        path(out, &section.path);
        if !section.path.is_empty() && section.text != SectionText::Whole {
            out.push(b'.');
        }
        let (name, fields): (&[u8], _) = match &section.text {
            SectionText::Whole => (b"", None),
            SectionText::Header => (b"HEADER", None),
            SectionText::Text => (b"TEXT", None),
            SectionText::Mime => (b"MIME", None),
            SectionText::Fields(fields) => (b"HEADER.FIELDS", Some(fields)),
            SectionText::FieldsNot(fields) => (b"HEADER.FIELDS.NOT", Some(fields)),
        };
        out.extend_from_slice(name);
        if let Some(fields) = fields {
            out.extend_from_slice(b" (");
            spaced(out, &fields.0, |out, field| astring(out, field.as_bytes()));
            out.push(b')');
        }
    });
}

fn bracketed(out: &mut Vec<u8>, inner: impl FnOnce(&mut Vec<u8>)) {
    out.push(b'[');
    inner(out);
    out.push(b']');
}

fn path(out: &mut Vec<u8>, numbers: &[u32]) {
    for (place, part) in numbers.iter().enumerate() {
        if place > 0 {
            out.push(b'.');
        }
        number(out, *part);
    }
}

/// The answer to SEARCH in RFC 3501, or to SORT in RFC 5256, with the MODSEQ of RFC 7162 §3.1.5 and §3.1.6.
pub fn found(out: &mut Vec<u8>, name: &str, found: impl IntoIterator<Item = u32>, mod_seq: Option<ModSeq>) {
    out.extend_from_slice(b"* ");
    out.extend_from_slice(name.as_bytes());
    for found in found {
        out.push(b' ');
        number(out, found);
    }
    if let Some(mod_seq) = mod_seq {
        out.extend_from_slice(b" (MODSEQ ");
        number(out, mod_seq.0);
        out.push(b')');
    }
    out.extend_from_slice(b"\r\n");
}

/// The answer to SEARCH in RFC 9051 §7.3.4 and RFC 4731: what was not asked for, or does not exist, is `None`.
#[derive(Clone, Copy, Debug)]
pub struct Esearch<'a> {
    /// Of the command that is answered.
    pub tag: &'a Tag,
    /// Where it was found, if not in the selected folder as a matter of course: RFC 7377 §2.1.
    pub folder: Option<Folder<'a>>,
    /// What the numbers are.
    pub numbers: Numbers,
    /// The smallest.
    pub min: Option<u32>,
    /// The greatest.
    pub max: Option<u32>,
    /// How many.
    pub count: Option<u64>,
    /// Which, in their order; left out when there are none.
    pub all: Option<&'a [u32]>,
    /// Which of those at the places asked for: RFC 9394.
    pub page: Option<(Page, &'a [u32])>,
    /// How relevant each of them is, in the same order: RFC 6203 §4.
    pub relevancy: Option<&'a [u32]>,
    /// The highest mod-sequence of those answered.
    pub mod_seq: Option<ModSeq>,
}

/// A folder that an answer is about.
#[derive(Clone, Copy, Debug)]
pub struct Folder<'a> {
    /// Its name.
    pub name: &'a str,
    /// How names are written.
    pub dialect: Dialect,
    /// Its UIDVALIDITY.
    pub uid_validity: u32,
}

/// Writes an [`Esearch`].
pub fn esearch(out: &mut Vec<u8>, answer: &Esearch<'_>) {
    out.extend_from_slice(b"* ESEARCH (TAG ");
    quoted(out, answer.tag.as_str().as_bytes());
    if let Some(folder) = answer.folder {
        out.extend_from_slice(b" MAILBOX ");
        mailbox(out, folder.name, folder.dialect);
        out.extend_from_slice(b" UIDVALIDITY ");
        number(out, folder.uid_validity);
    }
    out.push(b')');
    if answer.numbers == Numbers::Uid {
        out.extend_from_slice(b" UID");
    }
    let numbers: [(&[u8], Option<u64>); 3] =
        [(b" MIN ", answer.min.map(u64::from)), (b" MAX ", answer.max.map(u64::from)), (b" COUNT ", answer.count)];
    for (name, value) in numbers {
        if let Some(value) = value {
            out.extend_from_slice(name);
            number(out, value);
        }
    }
    if let Some(all) = answer.all.filter(|all| !all.is_empty()) {
        out.extend_from_slice(b" ALL ");
        ordered(out, all.iter().copied());
    }
    if let Some((page, numbers)) = answer.page {
        partial(out, page, numbers);
    }
    if let Some(scores) = answer.relevancy {
        out.extend_from_slice(b" RELEVANCY (");
        spaced(out, scores, |out, score| number(out, u64::from(*score)));
        out.push(b')');
    }
    if let Some(mod_seq) = answer.mod_seq {
        out.extend_from_slice(b" MODSEQ ");
        number(out, mod_seq.0);
    }
    out.extend_from_slice(b"\r\n");
}

/// ```abnf
/// ret-data-partial = "PARTIAL" SP "(" partial-range SP (sequence-set / "NIL") ")"    ; RFC 9394 §4
/// ```
fn partial(out: &mut Vec<u8>, page: Page, numbers: &[u32]) {
    out.extend_from_slice(b" PARTIAL (");
    for (before, end) in [("", page.one), (":", page.other)] {
        out.extend_from_slice(before.as_bytes());
        if page.counted == Counted::FromLast {
            out.push(b'-');
        }
        number(out, end);
    }
    out.push(b' ');
    if numbers.is_empty() {
        out.extend_from_slice(b"NIL");
    } else {
        ordered(out, numbers.iter().copied());
    }
    out.push(b')');
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use proptest::prelude::*;

    use super::super::command::Command;
    use super::super::parse::tests::{read, read_octets};
    use super::super::{HeaderFields, MailboxArg, Messages, Partial, Seen};
    use super::*;

    fn printed(print: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        print(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn strings_are_quoted_where_they_can_be() {
        assert_eq!(printed(|out| string(out, b"a\"b\\")), "\"a\\\"b\\\\\"");
        assert_eq!(printed(|out| string(out, "đ".as_bytes())), "{2}\r\nđ");
        assert_eq!(printed(|out| nstring(out, None)), "NIL");
        assert_eq!(printed(|out| astring(out, b"nil")), "\"nil\"");
        assert_eq!(printed(|out| astring(out, b"")), "\"\"");
        assert_eq!(printed(|out| binary(out, b"a\0")), "~{2}\r\na\0");
    }

    #[test]
    fn answers_are_spelled_as_in_the_rfcs() {
        let all = [2, 10, 11];
        assert_eq!(printed(|out| ranges(out, &all.into_iter().collect())), "2,10:11");
        assert_eq!(
            printed(|out| found(out, "SEARCH", all, Some(ModSeq(917_162_500)))),
            "* SEARCH 2 10 11 (MODSEQ 917162500)\r\n"
        );
        let tag = Tag("A282".to_owned());
        let mut answer = Esearch {
            tag: &tag,
            folder: None,
            numbers: Numbers::Uid,
            min: Some(2),
            max: None,
            count: Some(3),
            all: Some(&all),
            page: None,
            relevancy: None,
            mod_seq: None,
        };
        assert_eq!(printed(|out| esearch(out, &answer)), "* ESEARCH (TAG \"A282\") UID MIN 2 COUNT 3 ALL 2,10:11\r\n");
        answer = Esearch { numbers: Numbers::Sequence, min: None, count: Some(0), all: Some(&[]), ..answer };
        assert_eq!(printed(|out| esearch(out, &answer)), "* ESEARCH (TAG \"A282\") COUNT 0\r\n");
        let page = Page { counted: Counted::FromLast, one: 1, other: 3 };
        let folder = Some(Folder { name: "Công việc", dialect: Dialect::Utf7, uid_validity: 503 });
        answer = Esearch { folder, count: None, page: Some((page, &[11, 10, 3, 4, 5])), ..answer };
        let line =
            "* ESEARCH (TAG \"A282\" MAILBOX \"C&APQ-ng vi&Hsc-c\" UIDVALIDITY 503) PARTIAL (-1:-3 11,10,3:5)\r\n";
        assert_eq!(printed(|out| esearch(out, &answer)), line);
        answer = Esearch { folder: None, page: Some((page, &[])), ..answer };
        assert_eq!(printed(|out| esearch(out, &answer)), "* ESEARCH (TAG \"A282\") PARTIAL (-1:-3 NIL)\r\n");
    }

    #[test]
    fn an_internal_date_is_written_in_its_zone() {
        let zone = Offset::from_seconds(-7 * 3600).unwrap();
        let when = Timestamp::from_second(837_596_665).unwrap();
        assert_eq!(printed(|out| date_time(out, when, zone)), "\"17-Jul-1996 02:44:25 -0700\"");
    }

    fn paths() -> impl Strategy<Value = Vec<u32>> {
        proptest::collection::vec(1u32.., 0..4)
    }

    fn sections() -> impl Strategy<Value = Section> {
        let fields = || proptest::collection::vec("[!-~]{1,5}|\"a b\"|đ", 1..4).prop_map(HeaderFields);
        let text = prop_oneof![
            Just(SectionText::Whole),
            Just(SectionText::Header),
            Just(SectionText::Text),
            Just(SectionText::Mime),
            fields().prop_map(SectionText::Fields),
            fields().prop_map(SectionText::FieldsNot),
        ];
        (paths(), text)
            .prop_filter("MIME is of a part", |(path, text)| !path.is_empty() || *text != SectionText::Mime)
            .prop_map(|(path, text)| Section { path, text })
    }

    proptest! {
        #[test]
        fn any_string_is_read_back(name in "\\PC*", password in "[^\\x00]*") {
            let command = printed(|out| {
                out.extend_from_slice(b"LOGIN ");
                astring(out, name.as_bytes());
                out.push(b' ');
                string(out, password.as_bytes());
            });
            let Ok(Command::Login(login)) = read(&command) else { panic!("{command:?}") };
            prop_assert_eq!(login.name, name);
            prop_assert_eq!(login.password.0, password);
        }

        #[test]
        fn any_folder_name_is_read_back(name in "[\\PC&]{1,12}", utf8 in any::<bool>()) {
            let dialect = if utf8 { Dialect::Utf8 } else { Dialect::Utf7 };
            let name = MailboxArg::decode(name.as_bytes(), Dialect::Utf8).unwrap();
            let mut command = b"a DELETE ".to_vec();
            mailbox(&mut command, name.as_str(), dialect);
            let read = read_octets(&command, dialect).map(|tagged| tagged.command);
            prop_assert_eq!(read, Ok(Command::Delete(name)));
        }

        #[test]
        fn any_set_is_read_back(numbers in proptest::collection::vec(1u32.., 1..20)) {
            let set: Ranges = numbers.into_iter().collect();
            let command = printed(|out| {
                out.extend_from_slice(b"UID EXPUNGE ");
                ranges(out, &set);
            });
            let Ok(Command::Expunge(Some(Messages::Set(read)))) = read(&command) else { panic!("{command}") };
            prop_assert_eq!(read.resolve(0), set);
        }

        #[test]
        fn any_internal_date_is_read_back(seconds in -60_000_000_000i64..250_000_000_000, zone in -14 * 60..14 * 60) {
            let when = Timestamp::from_second(seconds).unwrap();
            let zone = Offset::from_seconds(zone * 60).unwrap();
            let date = printed(|out| date_time(out, when, zone));
            let Ok(Command::Append(append)) = read(&format!("APPEND x {date} {{1}}\r\nx")) else { panic!("{date}") };
            prop_assert_eq!(append.messages.first().unwrap().date, Some(when));
        }

        #[test]
        fn any_section_is_named_as_it_was_asked_for(section in sections(), offset in proptest::option::of(0u64..1 << 63)) {
            let item = FetchItem::Section {
                section,
                partial: offset.map(|offset| Partial { offset, length: 7 }),
                seen: Seen::Set,
            };
            let asked = printed(|out| item_name(out, &item));
            let asked = if offset.is_some() { format!("{}.7>", asked.strip_suffix('>').unwrap()) } else { asked };
            let Ok(Command::Fetch(fetch)) = read(&format!("FETCH 1 {asked}")) else { panic!("{asked}") };
            prop_assert_eq!(fetch.items, vec![item]);
        }
    }
}
