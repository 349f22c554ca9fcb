//! Reading a command from left to right: the words that all commands are made of (RFC 9051 §4 and §9).

use std::borrow::Cow;

use super::{Cause, Dialect, Input, MailboxArg, Octets, SyntaxError, Tag, mailbox};
use crate::limits::{IMAP_NESTING_MAX, IMAP_TAG_BYTES_MAX};
use crate::spool::{Contents, Nul};

/// What every function of the grammar gives.
pub(in crate::imap) type Parsed<T> = Result<T, SyntaxError>;

/// A command and how far it has been read.
pub(in crate::imap) struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
    literals: std::vec::IntoIter<Contents>,
    dialect: Dialect,
    depth: usize,
}

impl<'a> Cursor<'a> {
    /// At the start of a command; takes the literals out of it.
    pub(super) fn new(input: &'a mut Input, dialect: Dialect) -> Self {
        let literals = std::mem::take(&mut input.literals).into_iter();
        Self { text: &input.text, at: 0, literals, dialect, depth: 0 }
    }

    /// The error that something is wrong here.
    pub(super) fn fail<T>(&self, cause: Cause) -> Parsed<T> {
        Err(cause.at(self.at))
    }

    /// The error that something else should stand here.
    pub(super) fn expected<T>(&self, what: &'static str) -> Parsed<T> {
        self.fail(Cause::Expected(what))
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.rest().first().copied()
    }

    fn rest(&self) -> &'a [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Whether a list comes next, behind a space.
    pub(super) fn list_follows(&self) -> bool {
        self.rest().starts_with(b" (")
    }

    /// Goes past the octet, if it is the next.
    pub(super) fn take(&mut self, octet: u8) -> bool {
        let taken = self.peek() == Some(octet);
        self.at += usize::from(taken);
        taken
    }

    /// Goes past the octet, which must be the next.
    pub(super) fn need(&mut self, octet: u8, what: &'static str) -> Parsed<()> {
        if self.take(octet) { Ok(()) } else { self.expected(what) }
    }

    pub(super) fn space(&mut self) -> Parsed<()> {
        self.need(b' ', "space")
    }

    /// Goes past as many octets as are of a kind.
    pub(super) fn run(&mut self, is_kind: impl Fn(u8) -> bool) -> &'a [u8] {
        let rest = self.rest();
        let length = rest.iter().position(|octet| !is_kind(*octet)).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    /// Goes past exactly so many octets.
    pub(super) fn exactly(&mut self, length: usize) -> Option<&'a [u8]> {
        let octets = self.rest().get(..length)?;
        self.at += length;
        Some(octets)
    }

    /// The command must be complete here.
    pub(super) fn end(&self) -> Parsed<()> {
        if self.at == self.text.len() { Ok(()) } else { self.fail(Cause::Trailing) }
    }

    pub(super) fn at_end(&self) -> bool {
        self.at == self.text.len()
    }

    /// A name of the grammar, in upper case; with dots and digits, as in `RFC822.SIZE`.
    pub(super) fn word(&mut self) -> String {
        ascii(self.run(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'.' | b'-'))).to_ascii_uppercase()
    }

    /// One of the names of a table, in any case.
    pub(super) fn one_of<T: Copy>(&mut self, what: &'static str, names: &[(&str, T)]) -> Parsed<T> {
        let start = self.at;
        let word = self.word();
        let found = names.iter().find(|(name, _)| *name == word);
        found.map(|&(_, value)| value).ok_or(Cause::Expected(what).at(start))
    }

    /// Goes past a name, if it is the next word.
    pub(super) fn take_word(&mut self, name: &str) -> bool {
        let start = self.at;
        let taken = self.word() == name;
        if !taken {
            self.at = start;
        }
        taken
    }

    /// Whether a text comes next, in any case.
    pub(super) fn comes(&self, text: &str) -> bool {
        self.rest().get(..text.len()).is_some_and(|next| next.eq_ignore_ascii_case(text.as_bytes()))
    }

    /// Goes past a text, in any case, if it comes next.
    pub(super) fn take_text(&mut self, text: &str) -> bool {
        let taken = self.comes(text);
        self.at += if taken { text.len() } else { 0 };
        taken
    }

    /// ```abnf
    /// atom = 1*ATOM-CHAR
    /// ```
    pub(super) fn atom(&mut self, what: &'static str) -> Parsed<String> {
        match self.run(is_atom) {
            [] => self.expected(what),
            atom => Ok(ascii(atom)),
        }
    }

    /// ```abnf
    /// string = quoted / literal
    /// ```
    pub(super) fn string(&mut self) -> Parsed<Cow<'a, [u8]>> {
        match self.peek() {
            Some(b'"') => self.quoted(),
            Some(b'{') => self.literal().map(Cow::Owned),
            _ => self.expected("string"),
        }
    }

    /// ```abnf
    /// astring = 1*ASTRING-CHAR / string
    /// ```
    pub(super) fn astring(&mut self) -> Parsed<Cow<'a, [u8]>> {
        self.string_or(is_astring)
    }

    /// A string, or at least one of these octets without quotes.
    pub(super) fn string_or(&mut self, is_kind: impl Fn(u8) -> bool) -> Parsed<Cow<'a, [u8]>> {
        match self.run(is_kind) {
            [] => self.string(),
            octets => Ok(Cow::Borrowed(octets)),
        }
    }

    /// ```abnf
    /// nstring = string / nil
    /// ```
    pub(super) fn nstring(&mut self) -> Parsed<Option<Cow<'a, [u8]>>> {
        if self.take_word("NIL") { Ok(None) } else { self.string().map(Some) }
    }

    /// An astring that is text in UTF-8.
    pub(super) fn utf8(&mut self) -> Parsed<String> {
        let start = self.at;
        let octets = self.astring()?;
        String::from_utf8(octets.into_owned()).map_err(|_| Cause::Encoding.at(start))
    }

    /// ```abnf
    /// quoted       = DQUOTE *QUOTED-CHAR DQUOTE
    /// QUOTED-CHAR  = <any TEXT-CHAR except quoted-specials> / "\" quoted-specials / UTF8-2 / UTF8-3 / UTF8-4
    /// ```
    /// Octets over 127 are let through; what is read as text is checked there.
    fn quoted(&mut self) -> Parsed<Cow<'a, [u8]>> {
        self.need(b'"', "quoted string")?;
        let mut unescaped = Vec::new();
        loop {
            let plain = self.run(|octet| !matches!(octet, b'"' | b'\\' | b'\r' | b'\n'));
            if self.take(b'"') {
                if unescaped.is_empty() {
                    return Ok(Cow::Borrowed(plain));
                }
                unescaped.extend_from_slice(plain);
                return Ok(Cow::Owned(unescaped));
            }
            self.need(b'\\', "closing quote")?;
            unescaped.extend_from_slice(plain);
            match self.peek() {
                Some(special @ (b'"' | b'\\')) => unescaped.push(special),
                _ => return self.expected("quote or backslash"),
            }
            self.at += 1;
        }
    }

    /// ```abnf
    /// literal = "{" number64 ["+"] "}" CRLF *CHAR8
    /// ```
    /// Without NUL (hostile B34).
    fn literal(&mut self) -> Parsed<Vec<u8>> {
        let start = self.at;
        self.text_literal().and_then(|literal| argument(literal, start))
    }

    /// An argument with any octets in it.
    /// ```abnf
    /// literal8 = "~{" number64 ["+"] "}" CRLF *OCTET
    /// ```
    pub(super) fn literal8(&mut self) -> Parsed<Vec<u8>> {
        let start = self.at;
        self.need(b'~', "literal8")?;
        self.octets().and_then(|literal| argument(literal, start))
    }

    /// A literal of any length without NUL.
    pub(super) fn text_literal(&mut self) -> Parsed<Contents> {
        let start = self.at;
        let literal = self.octets()?;
        if literal.nul() == Nul::Present { Err(Cause::Nul.at(start)) } else { Ok(literal) }
    }

    fn octets(&mut self) -> Parsed<Contents> {
        let start = self.at;
        self.need(b'{', "literal")?;
        self.run(|octet| octet.is_ascii_digit());
        self.take(b'+');
        // The assembler puts CRLF into the text only where it has read a literal.
        let whole = self.take(b'}') && self.take(b'\r') && self.take(b'\n');
        self.literals.next().filter(|_| whole).ok_or(Cause::Expected("literal").at(start))
    }

    /// ```abnf
    /// append-data = literal / literal8
    /// literal8    = "~{" number64 ["+"] "}" CRLF *OCTET
    /// ```
    pub(super) fn message(&mut self) -> Parsed<(Octets, Contents)> {
        if self.take(b'~') { Ok((Octets::Binary, self.octets()?)) } else { Ok((Octets::Text, self.text_literal()?)) }
    }

    /// The folder's name.
    /// ```abnf
    /// mailbox = "INBOX" / astring
    /// ```
    pub(super) fn mailbox(&mut self) -> Parsed<MailboxArg> {
        let start = self.at;
        let name = self.astring()?;
        MailboxArg::decode(&name, self.dialect).map_err(|cause| cause.at(start))
    }

    /// A part or pattern of a folder's name.
    /// ```abnf
    /// list-mailbox = 1*list-char / string
    /// list-char    = ATOM-CHAR / list-wildcards / resp-specials
    /// ```
    pub(super) fn pattern(&mut self) -> Parsed<String> {
        let start = self.at;
        let pattern = self.string_or(|octet| is_astring(octet) || matches!(octet, b'%' | b'*'))?;
        mailbox::decode(&pattern, self.dialect).map_err(|cause| cause.at(start))
    }

    /// ```abnf
    /// number64 = 1*DIGIT      ; 0 <= n <= 9,223,372,036,854,775,807
    /// ```
    pub(super) fn number64(&mut self) -> Parsed<u64> {
        let start = self.at;
        let digits = self.run(|octet| octet.is_ascii_digit());
        if digits.is_empty() {
            return self.expected("number");
        }
        let number = ascii(digits).parse::<i64>().ok().and_then(|number| u64::try_from(number).ok());
        number.ok_or(Cause::Number.at(start))
    }

    /// A number64 that is not 0.
    pub(super) fn nonzero64(&mut self) -> Parsed<u64> {
        let start = self.at;
        self.number64().and_then(|number| if number == 0 { Err(Cause::Number.at(start)) } else { Ok(number) })
    }

    /// ```abnf
    /// nz-number = digit-nz *DIGIT     ; 0 < n < 4,294,967,296
    /// ```
    pub(super) fn nonzero32(&mut self) -> Parsed<u32> {
        let start = self.at;
        u32::try_from(self.nonzero64()?).map_err(|_| Cause::Number.at(start))
    }

    /// `"(" [item *(SP item)] ")"`, with at most `max` items.
    pub(super) fn list<T>(
        &mut self,
        what: &'static str,
        max: usize,
        item: impl FnMut(&mut Self) -> Parsed<T>,
    ) -> Parsed<Vec<T>> {
        self.need(b'(', "(")?;
        if self.take(b')') {
            return Ok(Vec::new());
        }
        let items = self.spaced(what, max, item)?;
        self.need(b')', ")")?;
        Ok(items)
    }

    /// As [`Self::list`], but not empty.
    pub(super) fn nonempty_list<T>(
        &mut self,
        what: &'static str,
        max: usize,
        item: impl FnMut(&mut Self) -> Parsed<T>,
    ) -> Parsed<Vec<T>> {
        let items = self.list(what, max, item)?;
        if items.is_empty() { self.expected(what) } else { Ok(items) }
    }

    /// `item *(SP item)`, with at most `max` items.
    pub(super) fn spaced<T>(
        &mut self,
        what: &'static str,
        max: usize,
        mut item: impl FnMut(&mut Self) -> Parsed<T>,
    ) -> Parsed<Vec<T>> {
        let mut items = vec![item(self)?];
        while self.take(b' ') {
            if items.len() >= max {
                return self.fail(Cause::TooMany(what));
            }
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// Reads what may contain itself, within the bound of [`IMAP_NESTING_MAX`] (hostile B37).
    pub(super) fn nested<T>(&mut self, inner: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= IMAP_NESTING_MAX {
            return self.fail(Cause::Nesting);
        }
        self.depth += 1;
        let parsed = inner(self);
        self.depth -= 1;
        parsed
    }

    /// How names are written, and whether charsets are named.
    pub(super) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// How far the command has been read, for an error about what is read next.
    pub(super) fn at(&self) -> usize {
        self.at
    }
}

/// The tag in front of a command.
pub(super) fn tag_of(text: &[u8]) -> Result<Tag, Cause> {
    let end = text.iter().position(|octet| !is_tag(*octet)).unwrap_or(text.len());
    let (tag, rest) = text.split_at_checked(end).unwrap_or_default();
    if tag.is_empty() || !matches!(rest.first(), None | Some(b' ')) {
        return Err(Cause::Tag);
    }
    if tag.len() > IMAP_TAG_BYTES_MAX { Err(Cause::TagTooLong) } else { Ok(Tag(ascii(tag))) }
}

/// Takes up a value unless it is there.
pub(super) fn add_new<T: PartialEq>(values: &mut Vec<T>, value: T) {
    if !values.contains(&value) {
        values.push(value);
    }
}

/// ```abnf
/// tag = 1*<any ASTRING-CHAR except "+">
/// ```
fn is_tag(octet: u8) -> bool {
    is_astring(octet) && octet != b'+'
}

/// ```abnf
/// ASTRING-CHAR = ATOM-CHAR / resp-specials
/// ```
pub(super) fn is_astring(octet: u8) -> bool {
    is_atom(octet) || octet == b']'
}

/// ```abnf
/// ATOM-CHAR = <any CHAR except "(" / ")" / "{" / SP / CTL / "%" / "*" / DQUOTE / "\" / "]">
/// ```
pub(super) fn is_atom(octet: u8) -> bool {
    matches!(octet, b'!'..=b'~') && !matches!(octet, b'(' | b')' | b'{' | b'%' | b'*' | b'"' | b'\\' | b']')
}

/// Octets that are known to be ASCII.
fn ascii(octets: &[u8]) -> String {
    octets.iter().copied().map(char::from).collect()
}

/// What is set aside are messages, and an argument's place is not theirs.
fn argument(literal: Contents, start: usize) -> Parsed<Vec<u8>> {
    match literal {
        Contents::Here(octets) => Ok(octets),
        Contents::Aside(_) => Err(Cause::Expected("string").at(start)),
    }
}
