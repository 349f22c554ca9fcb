//! Header fields as they came: one reader for ENVELOPE, BODYSTRUCTURE, SEARCH and HEADER.FIELDS.

use std::borrow::Cow;

use mail_parser::HeaderForm;
use memchr::memchr;

use super::vietnamese;
use crate::limits;

/// One field of a header block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    /// The bytes before the colon, without white space around them.
    pub name: &'a [u8],
    /// The bytes after the colon: folds and the final line break are still in.
    pub value: &'a [u8],
    /// The whole field, from its name to its final line break.
    pub raw: &'a [u8],
}

/// The fields of a header block in order, up to the blank line (RFC 5322 §2.2). A line that is neither a field nor the
/// continuation of one is passed over (hostile B60).
pub fn fields(header: &[u8]) -> Fields<'_> {
    Fields { rest: header }
}

/// See [`fields`].
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    rest: &'a [u8],
}

impl Fields<'_> {
    /// Octets behind the field that was read last.
    pub fn remaining(&self) -> usize {
        self.rest.len()
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        while !self.rest.is_empty() && !self.rest.starts_with(b"\r\n") && !self.rest.starts_with(b"\n") {
            let (raw, rest) = self.rest.split_at(field_end(self.rest));
            self.rest = rest;
            if let Some(colon) = memchr(b':', raw) {
                let (name, value) = raw.split_at(colon);
                return Some(Field { name: name.trim_ascii(), value: value.get(1..).unwrap_or_default(), raw });
            }
        }
        None
    }
}

/// Where the first field ends: after a line break that no white space follows (RFC 5322 §2.2.3).
fn field_end(bytes: &[u8]) -> usize {
    let mut end = 0;
    while let Some(newline) = memchr(b'\n', bytes.get(end..).unwrap_or_default()) {
        end += newline + 1;
        if !matches!(bytes.get(end), Some(b' ' | b'\t')) {
            return end;
        }
    }
    bytes.len()
}

impl<'a> Field<'a> {
    /// Whether the field has this name (RFC 5322 §1.2.2: in any case).
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    /// The value as IMAP gives it: unfolded, not decoded, without white space around it; without CR, LF and NUL, which
    /// no IMAP string may hold. Cut at [`limits::FIELD_BYTES_MAX`].
    pub fn unfolded(&self) -> Cow<'a, [u8]> {
        let value = self.bounded().trim_ascii();
        if value.iter().any(|byte| is_line_or_nul(*byte)) {
            Cow::Owned(value.iter().copied().filter(|byte| !is_line_or_nul(*byte)).collect())
        } else {
            Cow::Borrowed(value)
        }
    }

    /// The value as a person reads it: unfolded, encoded words decoded (RFC 2047). Damage shows as U+FFFD.
    pub fn text(&self) -> String {
        decoded(self.bounded())
    }

    fn bounded(&self) -> &'a [u8] {
        self.value.get(..limits::FIELD_BYTES_MAX).unwrap_or(self.value)
    }
}

/// Text with its encoded words decoded (RFC 2047).
pub(super) fn decoded(text: &[u8]) -> String {
    let text = vietnamese::transcode_words(text);
    HeaderForm::Text.parse(&text).value().as_text().unwrap_or_default().to_owned()
}

fn is_line_or_nul(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n' | 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_up_to_the_blank_line() {
        let header = b"Subject: a\r\n b\r\nno colon\r\nX-Y :c\nlast:\r\n\r\nBody: x\r\n";
        let read: Vec<_> = fields(header).map(|f| (f.name, f.unfolded().into_owned())).collect();
        let expected: Vec<(&[u8], Vec<u8>)> =
            vec![(b"Subject", b"a b".to_vec()), (b"X-Y", b"c".to_vec()), (b"last", Vec::new())];
        assert_eq!(read, expected);
        assert_eq!(fields(header).next().map(|f| f.raw), Some(&b"Subject: a\r\n b\r\n"[..]));
    }

    #[test]
    fn no_line_break_and_no_nul_survives_unfolding() {
        let header = b"Subject: a\r\r\n\tb\0c\xff\r\n";
        assert_eq!(fields(header).next().map(|f| f.unfolded().into_owned()), Some(b"a\tbc\xff".to_vec()));
    }

    #[test]
    fn encoded_words_are_decoded_and_damage_is_replaced() {
        for (value, text) in [
            ("=?utf-8?B?TmfGsOG7nWk=?= x", "Người x"),
            ("=?windows-1258?Q?Nguy=EA=DEn?=", "Nguyê\u{303}n"),
            ("=?viscii?Q?Nguy=ADn?=", "Nguyễn"),
            ("=?x-viet-tcvn5712?Q?Ng=AD=EAi?=", "Người"),
            ("=?no-such?Q?abc?=", "abc"),
            ("=?utf-8?B?%%%?= b", "=?utf-8?B?%%%?= b"),
            ("\"=?utf-8?Q?=C4=90=C3=A0o?=\" <a@b>", "\"Đào\" <a@b>"),
            // A letter cut in two by the words, and one that never ends (hostile B63).
            ("=?utf-8?Q?S=E1=BB?= =?utf-8?Q?=9F?=", "Sở"),
            ("=?utf-8?Q?S=E1=BB?= x", "S\u{fffd} x"),
        ] {
            let header = format!("Subject: {value}\r\n");
            let read = fields(header.as_bytes()).next().map(|f| f.text()).unwrap_or_default();
            assert_eq!(read, text, "{value}");
        }
    }
}
