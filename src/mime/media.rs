//! Content-Type and Content-Disposition as BODYSTRUCTURE shows them: the pieces of a continued parameter are joined
//! (RFC 2231 §6 asks this of IMAP servers), encoded text stays as it came for the client to decode.

use std::borrow::Cow;

use memchr::{memchr, memmem};

use crate::limits;

/// A parameter: its name in lower case, its value without quotes.
pub(super) type Parameter<'a> = (Vec<u8>, Cow<'a, [u8]>);

/// `type/subtype`, in lower case; `None` where it is not that (RFC 2045 §5.2: then it is plain text).
///
/// ```abnf
/// content = "Content-Type" ":" type "/" subtype *(";" parameter)
/// ```
pub(super) fn media_type(value: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let head = value.split(|byte| *byte == b';').next()?;
    let slash = memchr(b'/', head)?;
    Some((token(head.get(..slash)?)?, token(head.get(slash + 1..)?)?))
}

/// The one word before the parameters: a disposition (RFC 2183 §2), a transfer encoding (RFC 2045 §6.1).
pub(super) fn word(value: &[u8]) -> Option<Vec<u8>> {
    token(value.split(|byte| *byte == b';').next()?)
}

/// A token of RFC 2045 §5.1 in lower case, a comment behind it left out.
fn token(text: &[u8]) -> Option<Vec<u8>> {
    let text = text.split(|byte| *byte == b'(').next()?.trim_ascii();
    let is_token = |byte: &u8| byte.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?=".contains(byte);
    (!text.is_empty() && text.iter().all(is_token)).then(|| text.to_ascii_lowercase())
}

/// The parameters after the first `;`, at most [`limits::MIME_PARAMETERS_MAX`]; of repeated ones the first
/// (hostile B64).
///
/// ```abnf
/// parameter = attribute "=" value
/// value     = token / quoted-string      ; in practice anything up to ";"
/// ```
pub(super) fn parameters(value: &[u8]) -> Vec<Parameter<'_>> {
    let mut found: Vec<Parameter<'_>> = Vec::new();
    let mut rest = memchr(b';', value).and_then(|semicolon| value.get(semicolon + 1..)).unwrap_or_default();
    while !rest.is_empty() && found.len() < limits::MIME_PARAMETERS_MAX {
        let Some(end) = rest.iter().position(|byte| matches!(byte, b'=' | b';')) else { break };
        let (name, after) = rest.split_at(end);
        let is_named = after.starts_with(b"=");
        rest = after.get(1..).unwrap_or_default();
        if !is_named {
            continue;
        }
        let value;
        (value, rest) = parameter_value(rest.trim_ascii_start());
        if let Some(name) = token(name).filter(|name| found.iter().all(|(known, _)| known != name)) {
            found.push((name, value));
        }
    }
    if found.iter().any(|(name, _)| name.contains(&b'*')) { joined(found) } else { found }
}

/// Joins `name*0`, `name*1`, … to `name`, or to `name*` if a piece is encoded (RFC 2231 §3, §4.1). What lacks its
/// beginning, or lies behind a gap, stays as it came.
///
/// ```abnf
/// parameter := attribute [section] ["*"] "=" value
/// section   := "*" ("0" / nonzero-digit *DIGIT)
/// ```
fn joined(mut found: Vec<Parameter<'_>>) -> Vec<Parameter<'_>> {
    let mut joined: Vec<Parameter<'_>> = Vec::new();
    while let Some(first) = found.iter().position(|(name, _)| name.ends_with(b"*0") || name.ends_with(b"*0*")) {
        let (name, value) = found.remove(first);
        let base = name.strip_suffix(b"*").unwrap_or(&name).strip_suffix(b"*0").unwrap_or_default();
        let mut pieces = vec![(name.ends_with(b"*"), value)];
        while let Some(next) = found.iter().position(|(next, _)| is_piece(next, base, pieces.len())) {
            let (name, value) = found.remove(next);
            pieces.push((name.ends_with(b"*"), value));
        }
        joined.push(continued(base, &pieces));
    }
    found.append(&mut joined);
    found
}

fn is_piece(name: &[u8], base: &[u8], number: usize) -> bool {
    let section = name.strip_prefix(base).and_then(|rest| rest.strip_prefix(b"*"));
    section.map(|section| section.strip_suffix(b"*").unwrap_or(section)) == Some(number.to_string().as_bytes())
}

/// One parameter of pieces, each with whether it is encoded; plain pieces among encoded ones are encoded too.
fn continued(base: &[u8], pieces: &[(bool, Cow<'_, [u8]>)]) -> Parameter<'static> {
    let is_encoded = pieces.iter().any(|(is_encoded, _)| *is_encoded);
    let mut value = Vec::new();
    if is_encoded && !pieces.first().is_some_and(|(is_encoded, _)| *is_encoded) {
        // RFC 2231 §4: charset'language' stands before encoded text; here neither was said.
        value.extend_from_slice(b"''");
    }
    for (is_piece_encoded, piece) in pieces {
        for byte in piece.iter() {
            if is_encoded && !is_piece_encoded && !byte.is_ascii_alphanumeric() && !b"-._".contains(byte) {
                value.extend_from_slice(format!("%{byte:02X}").as_bytes());
            } else {
                value.push(*byte);
            }
        }
    }
    let name = if is_encoded { [base, b"*"].concat() } else { base.to_vec() };
    (name, Cow::Owned(value))
}

/// The value at the beginning of `text`, and what follows its `;`.
fn parameter_value(text: &[u8]) -> (Cow<'_, [u8]>, &[u8]) {
    if let Some(quoted) = text.strip_prefix(b"\"") {
        let mut value = Vec::new();
        let mut bytes = quoted.iter();
        while let Some(byte) = bytes.next() {
            match byte {
                b'"' => break,
                b'\\' => value.extend(bytes.next()),
                byte => value.push(*byte),
            }
        }
        return (Cow::Owned(value), after_semicolon(bytes.as_slice()));
    }
    let end = memchr(b';', text).unwrap_or(text.len());
    let value = text.get(..end).unwrap_or_default().trim_ascii();
    // RFC 2045 §5.1 shows a comment behind a value: "charset=us-ascii (Plain text)".
    let comment = if value.ends_with(b")") { memmem::find(value, b" (") } else { None };
    let value = value.get(..comment.unwrap_or(value.len())).unwrap_or_default().trim_ascii();
    (Cow::Borrowed(value), after_semicolon(text))
}

fn after_semicolon(text: &[u8]) -> &[u8] {
    memchr(b';', text).and_then(|semicolon| text.get(semicolon + 1..)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Vec<(String, String)> {
        let lossy = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        parameters(value.as_bytes()).iter().map(|(name, value)| (lossy(name), lossy(value))).collect()
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn types_are_two_tokens_or_nothing() {
        assert_eq!(media_type(b"Text/HTML; x=y"), Some((b"text".to_vec(), b"html".to_vec())));
        assert_eq!(media_type(b"text / plain (c)"), Some((b"text".to_vec(), b"plain".to_vec())));
        for value in ["", "text", "text/", "/plain", "te xt/plain", "text/pl\"ain", "text/pl\u{e2}n"] {
            assert_eq!(media_type(value.as_bytes()), None, "{value}");
        }
        assert_eq!(word(b"Base64 (really)"), Some(b"base64".to_vec()));
    }

    #[test]
    fn parameters_are_read_as_mail_programs_write_them() {
        for (value, expected) in [
            ("a/b; charset=us-ascii (Plain text)", pairs(&[("charset", "us-ascii")])),
            ("a/b;Boundary=\"--=_a;b\\\"c\" ; x = y;", pairs(&[("boundary", "--=_a;b\"c"), ("x", "y")])),
            ("a/b; boundary=----=_Part_1", pairs(&[("boundary", "----=_Part_1")])),
            ("a/b; name=công văn (1).pdf", pairs(&[("name", "công văn (1).pdf")])),
            ("a/b; a; =x; b=1; b=2", pairs(&[("b", "1")])),
            ("a/b; n=\"open", pairs(&[("n", "open")])),
            ("a/b", pairs(&[])),
        ] {
            assert_eq!(read(value), expected, "{value}");
        }
    }

    #[test]
    fn continued_parameters_are_joined() {
        for (value, expected) in [
            ("; n*0*=utf-8''a%20; size=1; n*1*=b", pairs(&[("size", "1"), ("n*", "utf-8''a%20b")])),
            ("; n*1=\"b c\"; n*0=\"a \"", pairs(&[("n", "a b c")])),
            ("; n*0=a; n*2=c; n*1=b", pairs(&[("n", "abc")])),
            ("; n*0=a; n*2=c", pairs(&[("n*2", "c"), ("n", "a")])),
            ("; n*0*=utf-8'vi'%C3%A1; n*1=\" %\"", pairs(&[("n*", "utf-8'vi'%C3%A1%20%25")])),
            ("; n*0=a; n*1*=%20", pairs(&[("n*", "''a%20")])),
            ("; n*=utf-8''a", pairs(&[("n*", "utf-8''a")])),
        ] {
            assert_eq!(read(value), expected, "{value}");
        }
    }

    #[test]
    fn thousands_of_parameters_are_capped() {
        let many = (0..2000).map(|n| format!("; p{n}=x")).collect::<Vec<_>>().concat();
        assert_eq!(read(&many).len(), limits::MIME_PARAMETERS_MAX);
        assert_eq!(read(&"; a=1".repeat(100_000)), pairs(&[("a", "1")]));
    }
}
