//! IMAP strings: what no byte of a message can break out of (hostile B67).

/// ```abnf
/// nstring = string / nil
/// ```
pub(super) fn nstring(out: &mut Vec<u8>, text: Option<&[u8]>) {
    match text {
        Some(text) => string(out, text),
        None => out.extend_from_slice(b"NIL"),
    }
}

/// Printable ASCII is quoted, anything else goes as a literal; NUL, which not even a literal may hold, is left out.
///
/// ```abnf
/// string  = quoted / literal
/// literal = "{" number "}" CRLF *CHAR8    ; CHAR8 = %x01-ff
/// ```
pub(super) fn string(out: &mut Vec<u8>, text: &[u8]) {
    if text.iter().all(|byte| matches!(byte, b' '..=b'~')) {
        out.push(b'"');
        for byte in text {
            if matches!(byte, b'"' | b'\\') {
                out.push(b'\\');
            }
            out.push(*byte);
        }
        out.push(b'"');
    } else {
        let held = text.iter().copied().filter(|byte| *byte != 0);
        out.extend_from_slice(format!("{{{}}}\r\n", held.clone().count()).as_bytes());
        out.extend(held);
    }
}

/// ```abnf
/// number = 1*DIGIT
/// ```
pub(super) fn number(out: &mut Vec<u8>, number: usize) {
    out.extend_from_slice(number.to_string().as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_printable_ascii_is_a_literal_without_nul() {
        let written = |text: Option<&[u8]>| {
            let mut out = Vec::new();
            nstring(&mut out, text);
            out
        };
        assert_eq!(written(None), b"NIL");
        assert_eq!(written(Some(b"")), b"\"\"");
        assert_eq!(written(Some(br#"a"b\c"#)), br#""a\"b\\c""#);
        assert_eq!(written(Some(b"a\r\nb")), b"{4}\r\na\r\nb");
        assert_eq!(written(Some(b"\0a\xff")), b"{2}\r\na\xff");
    }
}
