//! Address lists as ENVELOPE shows them: the names stay as they came, encoded words included.
//!
//! The reader is lenient where mail is known to be sloppy (a bare `root`, `a@b <a@b>`, lists parted by `;`, commas in
//! encoded words) and always ends: every byte is looked at once, comments are counted, not recursed into
//! (hostile B61, B62).

use std::borrow::Cow;

use memchr::memmem;

/// One element of an ENVELOPE address list (RFC 9051 §7.5.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Item {
    /// An address.
    Mailbox(Mailbox),
    /// `name:` of a group; the members follow.
    GroupStart(Vec<u8>),
    /// `;` of a group, or the end of the field within one.
    GroupEnd,
}

/// `name <@route:local@domain>`, quoting and comments removed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Mailbox {
    pub(super) name: Option<Vec<u8>>,
    pub(super) route: Option<Vec<u8>>,
    pub(super) local: Vec<u8>,
    /// Empty where the address has none; never absent, since an absent host means a group.
    pub(super) domain: Vec<u8>,
}

/// Reads an address list from an unfolded field value.
///
/// ```abnf
/// address-list = (address *("," address))          ; RFC 5322 §3.4, with the obsolete forms of §4.4
/// address      = mailbox / group
/// mailbox      = ([display-name] "<" [route ":"] addr-spec ">") / addr-spec
/// group        = display-name ":" [mailbox-list] ";"
/// ```
pub(super) fn mailboxes(value: &[u8]) -> Mailboxes<'_> {
    Mailboxes { tokens: Tokens { rest: value }, in_group: false, ready: None }
}

pub(super) struct Mailboxes<'a> {
    tokens: Tokens<'a>,
    in_group: bool,
    ready: Option<Item>,
}

impl Iterator for Mailboxes<'_> {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        if let Some(item) = self.ready.take() {
            return Some(item);
        }
        let mut draft = Draft::default();
        loop {
            match self.tokens.next() {
                Some(Token::Special(b',')) => {
                    if let Some(mailbox) = std::mem::take(&mut draft).mailbox() {
                        return Some(Item::Mailbox(mailbox));
                    }
                }
                Some(Token::Special(b':')) if !self.in_group && draft.may_name_a_group() => {
                    self.in_group = true;
                    return Some(Item::GroupStart(draft.text));
                }
                Some(Token::Special(b'<')) => draft.angle = Some(self.tokens.angle()),
                Some(Token::Special(b';')) | None => {
                    let end = std::mem::take(&mut self.in_group).then_some(Item::GroupEnd);
                    let mailbox = std::mem::take(&mut draft).mailbox().map(Item::Mailbox);
                    let is_last = self.tokens.rest.is_empty();
                    match mailbox {
                        Some(mailbox) => {
                            self.ready = end;
                            return Some(mailbox);
                        }
                        None if end.is_some() || is_last => return end,
                        None => {}
                    }
                }
                Some(token) => draft.take(token),
            }
        }
    }
}

/// What has been read of one address.
#[derive(Default)]
struct Draft {
    /// The words outside angle brackets, a space between them except around `@`.
    text: Vec<u8>,
    /// Where the last word before `@` begins: the local part, if there are no angle brackets.
    word: usize,
    /// Where `@` is in `text`.
    at: Option<usize>,
    comment: Option<Vec<u8>>,
    angle: Option<Mailbox>,
}

impl Draft {
    fn take(&mut self, token: Token<'_>) {
        match token {
            // After the angle brackets nothing but a comment means anything.
            Token::Word(_) | Token::Special(_) if self.angle.is_some() => {}
            Token::Word(word) => {
                if !self.text.is_empty() && !self.text.ends_with(b"@") {
                    self.text.push(b' ');
                }
                if self.at.is_none() {
                    self.word = self.text.len();
                }
                self.text.extend_from_slice(&word);
            }
            Token::Comment(comment) => self.comment = Some(comment.into_owned()),
            Token::Special(special) => {
                if special == b'@' && self.at.is_none() {
                    self.at = Some(self.text.len());
                }
                self.text.push(special);
            }
        }
    }

    fn may_name_a_group(&self) -> bool {
        self.angle.is_none() && self.at.is_none() && !self.text.is_empty()
    }

    fn mailbox(self) -> Option<Mailbox> {
        let Self { text, word, at, comment, angle } = self;
        let named = |name: &[u8]| Some(name.trim_ascii().to_vec()).filter(|name| !name.is_empty()).or(comment);
        let mailbox = match (angle, at) {
            (Some(angle), _) => Mailbox { name: named(&text), ..angle },
            (None, Some(at)) => {
                let (before, after) = text.split_at_checked(at)?;
                let (name, local) = before.split_at_checked(word)?;
                let domain = after.get(1..)?.split(|byte| *byte == b' ').next()?;
                Mailbox { name: named(name), route: None, local: local.to_vec(), domain: domain.to_vec() }
            }
            (None, None) if text.contains(&b' ') => Mailbox { name: named(&text), ..Mailbox::default() },
            (None, None) => Mailbox { name: named(b""), local: text, ..Mailbox::default() },
        };
        let is_empty = mailbox.name.is_none() && mailbox.local.is_empty() && mailbox.domain.is_empty();
        (!is_empty).then_some(mailbox)
    }
}

enum Token<'a> {
    /// An atom, a quoted string without its quotes, or a domain literal with its brackets.
    Word(Cow<'a, [u8]>),
    Comment(Cow<'a, [u8]>),
    Special(u8),
}

struct Tokens<'a> {
    rest: &'a [u8],
}

impl<'a> Tokens<'a> {
    fn next(&mut self) -> Option<Token<'a>> {
        self.rest = self.rest.trim_ascii_start();
        match self.rest.first()? {
            b'"' => Some(Token::Word(self.quoted())),
            b'(' => Some(Token::Comment(self.comment())),
            b'[' => {
                let end = self.rest.iter().position(|byte| *byte == b']').map_or(self.rest.len(), |end| end + 1);
                Some(Token::Word(Cow::Borrowed(self.split(end))))
            }
            special @ (b'<' | b'>' | b'@' | b',' | b';' | b':') => {
                let special = *special;
                self.split(1);
                Some(Token::Special(special))
            }
            _ => {
                let end = self.encoded_word().unwrap_or_else(|| self.atom());
                Some(Token::Word(Cow::Borrowed(self.split(end))))
            }
        }
    }

    /// The address within angle brackets, `<` being read; it ends at `>`, or where the next address must begin.
    fn angle(&mut self) -> Mailbox {
        let (mut route, mut local, mut domain) = (None, Vec::new(), None::<Vec<u8>>);
        loop {
            let before = self.rest;
            // RFC 5322 §4.4: a route, "@a,@b:", comes before there is a local part.
            let in_route = domain.is_some() && local.is_empty();
            match self.next() {
                None | Some(Token::Special(b'>')) => break,
                Some(Token::Special(b',' | b';')) if !in_route => {
                    self.rest = before;
                    break;
                }
                Some(Token::Special(b':')) if in_route => {
                    route = domain.take().map(|hosts| [b"@", hosts.as_slice()].concat());
                }
                Some(Token::Special(b'@')) if domain.is_none() => domain = Some(Vec::new()),
                Some(Token::Special(special)) => domain.as_mut().unwrap_or(&mut local).push(special),
                Some(Token::Word(word)) => domain.as_mut().unwrap_or(&mut local).extend_from_slice(&word),
                Some(Token::Comment(_)) => {}
            }
        }
        Mailbox { name: None, route, local, domain: domain.unwrap_or_default() }
    }

    fn split(&mut self, at: usize) -> &'a [u8] {
        let (token, rest) = self.rest.split_at_checked(at).unwrap_or((self.rest, b""));
        self.rest = rest;
        token
    }

    fn atom(&self) -> usize {
        let ends = |byte: &u8| byte.is_ascii_whitespace() || b"\"()<>@,;:[".contains(byte);
        self.rest.iter().position(ends).unwrap_or(self.rest.len()).max(1)
    }

    /// The length of an encoded word (RFC 2047 §2), inside which specials mean nothing.
    fn encoded_word(&self) -> Option<usize> {
        let inner = self.rest.strip_prefix(b"=?")?;
        let question = inner.iter().position(|byte| *byte == b'?')?;
        let text = question + 3;
        let word = inner.split(u8::is_ascii_whitespace).next()?;
        Some(2 + text + memmem::find(word.get(text..)?, b"?=")? + 2)
    }

    /// A quoted string without quotes and backslashes; one that is not closed runs to the end.
    fn quoted(&mut self) -> Cow<'a, [u8]> {
        let mut text = Vec::new();
        let mut bytes = self.rest.strip_prefix(b"\"").unwrap_or_default().iter();
        while let Some(byte) = bytes.next() {
            match byte {
                b'"' => break,
                b'\\' => text.extend(bytes.next()),
                byte => text.push(*byte),
            }
        }
        self.rest = bytes.as_slice();
        Cow::Owned(text)
    }

    /// A comment without its outer parentheses and backslashes; one that is not closed runs to the end.
    fn comment(&mut self) -> Cow<'a, [u8]> {
        let mut text = Vec::new();
        let mut depth = 0_usize;
        let mut bytes = self.rest.iter();
        while let Some(byte) = bytes.next() {
            match byte {
                b'(' => depth += 1,
                b')' => depth = depth.saturating_sub(1),
                b'\\' => {
                    text.extend(bytes.next());
                    continue;
                }
                _ => {}
            }
            if depth == 0 {
                break;
            }
            if *byte != b'(' || depth > 1 {
                text.push(*byte);
            }
        }
        self.rest = bytes.as_slice();
        Cow::Owned(text)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn mailbox(name: Option<&str>, local: &str, domain: &str) -> Item {
        let name = name.map(|name| name.as_bytes().to_vec());
        Item::Mailbox(Mailbox { name, route: None, local: local.into(), domain: domain.into() })
    }

    fn read(value: &str) -> Vec<Item> {
        mailboxes(value.as_bytes()).collect()
    }

    #[test]
    fn usual_forms_are_read() {
        for (value, name, local, domain) in [
            ("a@b.vn", None, "a", "b.vn"),
            ("<a@b.vn>", None, "a", "b.vn"),
            ("A. B. <a.c@b.vn>", Some("A. B."), "a.c", "b.vn"),
            (r#""B, \"A\"" <a@b>"#, Some("B, \"A\""), "a", "b"),
            (r#""A" B <"x y"@b>"#, Some("A B"), "x y", "b"),
            ("a@b (Tên)", Some("Tên"), "a", "b"),
            ("a@b <a@b>", Some("a@b"), "a", "b"),
            ("=?utf-8?Q?Nguy=E1=BB=85n,_A?= <a@b>", Some("=?utf-8?Q?Nguy=E1=BB=85n,_A?="), "a", "b"),
            ("[External] A <a@[10.0.0.1]>", Some("[External] A"), "a", "[10.0.0.1]"),
            ("root", None, "root", ""),
            ("Văn phòng", Some("Văn phòng"), "", ""),
            ("A <>", Some("A"), "", ""),
        ] {
            assert_eq!(read(value), [mailbox(name, local, domain)], "{value}");
        }
    }

    #[test]
    fn lists_and_groups_are_read() {
        assert_eq!(read("a@b,, c@d;e@f"), [mailbox(None, "a", "b"), mailbox(None, "c", "d"), mailbox(None, "e", "f")]);
        assert_eq!(
            read("undisclosed-recipients:;"),
            [Item::GroupStart(b"undisclosed-recipients".to_vec()), Item::GroupEnd]
        );
        assert_eq!(
            read("x@y, Phòng A: a@b, C <c@d>; e@f, G: h@i"),
            [
                mailbox(None, "x", "y"),
                Item::GroupStart("Phòng A".into()),
                mailbox(None, "a", "b"),
                mailbox(Some("C"), "c", "d"),
                Item::GroupEnd,
                mailbox(None, "e", "f"),
                Item::GroupStart(b"G".to_vec()),
                mailbox(None, "h", "i"),
                Item::GroupEnd,
            ]
        );
    }

    #[test]
    fn a_route_is_kept_apart() {
        let routed = Mailbox {
            name: Some(b"N".to_vec()),
            route: Some(b"@x,@y".to_vec()),
            local: b"a".to_vec(),
            domain: b"b".to_vec(),
        };
        assert_eq!(read("N <@x,@y:a@b>"), [Item::Mailbox(routed)]);
    }

    #[test]
    fn what_is_not_closed_ends_with_the_field() {
        assert_eq!(read(r#""Tên <a@b>"#), [mailbox(Some("Tên <a@b>"), "", "")]);
        assert_eq!(read("a@b (x\\"), [mailbox(Some("x"), "a", "b")]);
        assert_eq!(read("a@b ((x)"), [mailbox(Some("(x)"), "a", "b")]);
        assert_eq!(read("a <b@c, d@e"), [mailbox(Some("a"), "b", "c"), mailbox(None, "d", "e")]);
        assert_eq!(read("<\"\\"), []);
        assert_eq!(read(&"(".repeat(100_000)).len(), 1);
        for value in ["<", ">", "@", ":", ";", ",", "[", "=?", "=?a?b", "\"", "<@", "<@:", "a:", ":;", "\\"] {
            read(value);
        }
    }

    #[test]
    fn a_long_list_is_read_in_linear_time() {
        let began = std::time::Instant::now();
        assert_eq!(mailboxes("=?".repeat(500_000).as_bytes()).count(), 1);
        assert_eq!(mailboxes("a@b,".repeat(100_000).as_bytes()).count(), 100_000);
        assert!(began.elapsed().as_secs() < 10);
    }
}
