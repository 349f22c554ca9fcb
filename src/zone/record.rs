//! One record: made, and written as zone files have it (RFC 1035 §5.1).

use hickory_resolver::proto::rr::rdata::{PTR, TXT};
use hickory_resolver::proto::rr::{Name, RData};

use crate::limits;

/// A text, in strings of the length that a string may have.
pub fn txt(text: &str) -> RData {
    let strings = text.as_bytes().chunks(limits::DNS_STRING_BYTES_MAX).collect();
    RData::TXT(TXT::from_bytes(strings))
}

/// The name of an address.
pub(super) fn ptr(host: &Name) -> RData {
    RData::PTR(PTR(host.clone()))
}

/// Whether a text is more than an answer has room for.
pub(super) fn too_long(data: &RData) -> bool {
    text(data).is_some_and(|text| text.len() > limits::ZONE_TEXT_BYTES_MAX)
}

/// What a TXT record says, its strings put together (RFC 7208 §3.3, RFC 6376 §3.6.2.2).
pub fn text(data: &RData) -> Option<Vec<u8>> {
    match data {
        RData::TXT(txt) => Some(txt.txt_data.concat()),
        _ => None,
    }
}

/// What stands behind the type.
pub fn data(data: &RData) -> String {
    match data {
        RData::TXT(txt) => txt.txt_data.iter().map(|string| quoted(string)).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

/// ```abnf
/// quoted = DQUOTE *( char / "\" DQUOTE / "\\" / "\" 3DIGIT ) DQUOTE
/// ```
fn quoted(string: &[u8]) -> String {
    let mut text = "\"".to_owned();
    for byte in string {
        match byte {
            b'"' | b'\\' => text.extend(['\\', char::from(*byte)]),
            b' '..=b'~' => text.push(char::from(*byte)),
            other => text.extend(["\\", &format!("{other:03}")]),
        }
    }
    text + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_is_quoted_as_zone_files_are_read() {
        assert_eq!(data(&txt("a \"b\" \\ đ;")), r#""a \"b\" \\ \196\145;""#);
        assert_eq!(text(&txt(&"x".repeat(600))).map(|text| text.len()), Some(600));
    }
}
