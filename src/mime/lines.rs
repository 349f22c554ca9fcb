//! Messages made of lines out of those that are not: parts with octets of any kind (RFC 3030 §3) or lines that are too
//! long (RFC 5322 §2.1.1) are encoded, and nothing else is touched.

use std::ops::Range;

use memchr::{memchr3_iter, memmem};

use super::{Content, Encoding, Field, Part, fields, parts};
use crate::limits;

/// What octets are, as lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lines {
    /// Lines that every server takes.
    Fit,
    /// A line has more than [`limits::TEXT_LINE_BYTES_MAX`] octets.
    Long,
    /// There is a CR or LF alone.
    Broken,
    /// There is a NUL.
    Nul,
}

/// Why a message is not made of lines though its parts were encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinesError {
    /// There is a CR or LF alone where nothing can be encoded: in a header, or between parts.
    #[error("a CR or LF stands alone outside of the parts")]
    LineEnd,
    /// The same of a NUL.
    #[error("a NUL stands outside of the parts")]
    Nul,
}

impl Lines {
    /// Looks at octets; the worst of what is there.
    pub fn of(octets: &[u8]) -> Self {
        let (mut worst, mut start) = (Self::Fit, 0);
        for at in memchr3_iter(b'\r', b'\n', 0, octets) {
            let found = match (octets.get(at), octets.get(at + 1)) {
                (Some(b'\r'), Some(b'\n')) if at - start > limits::TEXT_LINE_BYTES_MAX => Self::Long,
                (Some(b'\r'), Some(b'\n')) => Self::Fit,
                (Some(b'\n'), _) if at > 0 && octets.get(at - 1) == Some(&b'\r') => Self::Fit,
                (Some(0), _) => return Self::Nul,
                _ => Self::Broken,
            };
            worst = worst.max(found);
            start = at + 1;
        }
        if octets.len() - start > limits::TEXT_LINE_BYTES_MAX { worst.max(Self::Long) } else { worst }
    }
}

/// Appends the message to `out` with every part that is not made of lines in base64. What is signed (RFC 1847) stays as it
/// is, however long its lines.
///
/// # Errors
/// [`LinesError`] for what cannot be encoded.
pub fn in_lines(raw: &[u8], out: &mut Vec<u8>) -> Result<(), LinesError> {
    let start = out.len();
    let mut writing = Writing { raw, out, copied: 0 };
    let root = parts(raw);
    let has_version = fields(raw.get(root.header.clone()).unwrap_or_default()).any(|field| field.is("MIME-Version"));
    writing.part(&root, if has_version { "" } else { "MIME-Version: 1.0\r\n" });
    writing.copy_to(raw.len());
    match Lines::of(out.get(start..).unwrap_or_default()) {
        Lines::Fit | Lines::Long => Ok(()),
        Lines::Broken => Err(LinesError::LineEnd),
        Lines::Nul => Err(LinesError::Nul),
    }
}

struct Writing<'a> {
    raw: &'a [u8],
    out: &'a mut Vec<u8>,
    /// How much of `raw` is written.
    copied: usize,
}

impl Writing<'_> {
    /// `version` is what a header lacks to be one of MIME. Recursion is bounded as the tree is, by
    /// [`limits::MIME_DEPTH_MAX`].
    fn part(&mut self, part: &Part, version: &str) {
        let header = self.raw.get(part.header.clone()).unwrap_or_default();
        let body = self.raw.get(part.body.clone()).unwrap_or_default();
        if names(header, "Content-Type", "multipart/signed") {
            return;
        }
        let encode = part.encoding == Encoding::Identity && Lines::of(body) != Lines::Fit;
        let is_leaf = matches!(part.content, Content::Text | Content::Html | Content::Other);
        if is_leaf && encode {
            self.label(&part.header, &format!("{version}Content-Transfer-Encoding: base64\r\n"));
            self.base64(&part.body);
        } else if names(header, TRANSFER, "binary") {
            self.label(&part.header, "Content-Transfer-Encoding: 8bit\r\n");
        }
        match &part.content {
            Content::Multipart(children) => children.iter().for_each(|child| self.part(child, "")),
            Content::Message(message) => self.part(message, ""),
            Content::Text | Content::Html | Content::Other => {}
        }
    }

    fn copy_to(&mut self, end: usize) {
        self.out.extend_from_slice(self.raw.get(self.copied..end).unwrap_or_default());
        self.copied = self.copied.max(end);
    }

    /// Writes a header with these fields in the place of those that tell the encoding, or at its end.
    fn label(&mut self, header: &Range<usize>, label: &str) {
        let block = self.raw.get(header.clone()).unwrap_or_default();
        let old: Vec<Field<'_>> = fields(block).filter(|field| field.is(TRANSFER)).collect();
        if old.is_empty() {
            self.copy_to(header.end - usize::from(block.ends_with(b"\r\n")) * 2);
            self.out.extend_from_slice(label.as_bytes());
        }
        for (nth, field) in old.iter().enumerate() {
            let from = self.copied.max(header.start);
            let rest = self.raw.get(from..header.end).unwrap_or_default();
            let Some(at) = memmem::find(rest, field.raw) else { continue };
            self.copy_to(from + at);
            self.copied += field.raw.len();
            self.out.extend_from_slice(if nth == 0 { label.as_bytes() } else { b"" });
        }
        self.copy_to(header.end);
    }

    /// RFC 2045 §6.8.
    fn base64(&mut self, body: &Range<usize>) {
        let octets = self.raw.get(body.clone()).unwrap_or_default();
        let (start, len) = (self.out.len(), data_encoding::BASE64_MIME.encode_len(octets.len()));
        self.out.resize(start + len, 0);
        if let Some(place) = self.out.get_mut(start..) {
            data_encoding::BASE64_MIME.encode_mut(octets, place);
        }
        // The line break before a boundary belongs to the boundary.
        if body.end < self.raw.len() {
            self.out.truncate(start + len - usize::from(len > 0) * 2);
        }
        self.copied = body.end;
    }
}

const TRANSFER: &str = "Content-Transfer-Encoding";

/// Whether a field's value is this, in any case and whatever parameters follow.
fn names(header: &[u8], name: &str, value: &str) -> bool {
    fields(header).any(|field| {
        let text = field.unfolded();
        let word = text.split(|octet| matches!(octet, b';' | b' ' | b'(')).next().unwrap_or_default();
        field.is(name) && word.eq_ignore_ascii_case(value.as_bytes())
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lined(raw: &[u8]) -> Result<String, LinesError> {
        let mut out = b"X: y\r\n".to_vec();
        in_lines(raw, &mut out)?;
        Ok(String::from_utf8(out.split_off(6)).unwrap())
    }

    #[test]
    fn lines_are_looked_at() {
        let long = [b'x'; 999];
        for (octets, expected) in [
            (&b""[..], Lines::Fit),
            (b"a\r\n\r\nb", Lines::Fit),
            (b"a\nb", Lines::Broken),
            (b"\n", Lines::Broken),
            (b"a\rb", Lines::Broken),
            (b"a\r\r\n", Lines::Broken),
            (b"a\r", Lines::Broken),
            (b"a\r\n\0", Lines::Nul),
            (&long[..998], Lines::Fit),
            (&long, Lines::Long),
            (&[&long[..], b"\r\n"].concat(), Lines::Long),
            (&[&long[1..], b"\r\na\r\n"].concat(), Lines::Fit),
        ] {
            assert_eq!(Lines::of(octets), expected, "{octets:?}");
        }
    }

    #[test]
    fn binary_parts_are_encoded_and_the_rest_stays() {
        let raw = b"Subject: a\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\
            Content-Transfer-Encoding: BINARY\r\n\r\npreamble\r\n--b\r\n\r\ntext\r\n--b\r\n\
            Content-Type: application/x\r\ncontent-transfer-encoding: binary\r\nX-Y: z\r\n\r\na\0b\nc\r\n--b\r\n\
            Content-Type: text/plain\r\nContent-Transfer-Encoding: binary\r\n\r\nlines\r\n--b--\r\n";
        let expected = "Subject: a\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\
            Content-Transfer-Encoding: 8bit\r\n\r\npreamble\r\n--b\r\n\r\ntext\r\n--b\r\n\
            Content-Type: application/x\r\nContent-Transfer-Encoding: base64\r\nX-Y: z\r\n\r\nYQBiCmM=\r\n--b\r\n\
            Content-Type: text/plain\r\nContent-Transfer-Encoding: 8bit\r\n\r\nlines\r\n--b--\r\n";
        assert_eq!(lined(raw).unwrap(), expected);
    }

    #[test]
    fn a_message_without_mime_gets_it_with_its_encoding() {
        let long = "x".repeat(1200);
        let said = lined(format!("Subject: a\r\n\r\n{long}\r\n").as_bytes()).unwrap();
        let start = "Subject: a\r\nMIME-Version: 1.0\r\nContent-Transfer-Encoding: base64\r\n\r\n";
        let encoded = said.strip_prefix(start).unwrap();
        assert!(encoded.lines().all(|line| line.len() <= 76) && encoded.ends_with("\r\n"), "{said}");
        let part = &parts(said.as_bytes());
        assert_eq!(part.decoded(said.as_bytes()).as_ref(), format!("{long}\r\n").as_bytes());
        let short = "Subject: a\r\n\r\nx\r\n";
        assert_eq!(lined(short.as_bytes()).unwrap(), short);
    }

    #[test]
    fn messages_within_messages_are_looked_into_and_what_is_signed_is_not() {
        let inner = "Content-Transfer-Encoding: binary\r\n\r\na\nb";
        let of = |kind: &str, part: &str| {
            format!("MIME-Version: 1.0\r\nContent-Type: {kind}; boundary=b\r\n\r\n--b\r\n{part}\r\n--b--\r\n")
        };
        let nested = of("multipart/mixed", &format!("Content-Type: message/rfc822\r\n\r\nSubject: in\r\n{inner}"));
        assert!(
            lined(nested.as_bytes()).unwrap().contains("in\r\nContent-Transfer-Encoding: base64\r\n\r\nYQpi\r\n--b")
        );
        assert_eq!(lined(of("multipart/signed", inner).as_bytes()), Err(LinesError::LineEnd));
        let long = of("multipart/signed; protocol=x", &format!("\r\n{}", "x".repeat(1200)));
        assert_eq!(lined(long.as_bytes()).unwrap(), long);
    }

    #[test]
    fn what_cannot_be_encoded_is_named() {
        assert_eq!(lined(b"Subject: a\0\r\n\r\nx\r\n"), Err(LinesError::Nul));
        assert_eq!(lined(b"Subject: a\nb\r\n\r\nx\r\n"), Err(LinesError::LineEnd));
    }

    proptest! {
        #[test]
        fn whatever_a_part_holds_comes_out_again(body in proptest::collection::vec(any::<u8>(), 0..300)) {
            let head = b"A: b\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=Qz\r\n\r\n--Qz\r\n\
                Content-Type: application/x\r\nContent-Transfer-Encoding: binary\r\n\r\n";
            let raw = [&head[..], &body, b"\r\n--Qz--\r\n"].concat();
            let mut said = Vec::new();
            in_lines(&raw, &mut said).unwrap();
            let tree = parts(&said);
            let decoded = tree.section(&[1]).unwrap().decoded(&said);
            prop_assert_eq!(decoded.as_ref(), body.as_slice());
            prop_assert!(Lines::of(&said) == Lines::Fit);
        }

        #[test]
        fn no_bytes_make_it_panic(raw in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = in_lines(&raw, &mut Vec::new());
        }
    }
}
