//! Forms: `application/x-www-form-urlencoded` (URL Standard §5.1), read strictly and within bounds.

use crate::limits;

/// The fields of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads a body; none where it is not a form, or has more fields than any of ours.
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        let mut fields = Vec::new();
        for pair in body.split(|b| *b == b'&').filter(|pair| !pair.is_empty()) {
            let at = pair.iter().position(|b| *b == b'=')?;
            let (name, value) = (pair.get(..at)?, pair.get(at + 1..)?);
            fields.push((decoded(name)?, decoded(value)?));
            if fields.len() > limits::WEB_FIELDS_MAX {
                return None;
            }
        }
        Some(Self(fields))
    }

    /// What was typed into a field; empty where it is not there, or there twice.
    pub(super) fn of(&self, name: &str) -> &str {
        let mut values = self.0.iter().filter(|(field, _)| field == name).map(|(_, value)| value.as_str());
        values.next().filter(|_| values.next().is_none()).unwrap_or_default()
    }
}

fn decoded(text: &[u8]) -> Option<String> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(octet) = rest.next() {
        octets.push(match octet {
            b'+' => b' ',
            b'%' => hex(*rest.next()?)? << 4 | hex(*rest.next()?)?,
            plain => *plain,
        });
    }
    String::from_utf8(octets).ok()
}

fn hex(digit: u8) -> Option<u8> {
    u8::try_from(char::from(digit).to_digit(16)?).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_decoded() {
        let fields = Fields::parse(b"name=%C4%90%C3%A0o+th%E1%BB%8B&empty=&a%3D=%26").unwrap();
        assert_eq!(fields.of("name"), "Đào thị");
        assert_eq!((fields.of("empty"), fields.of("missing"), fields.of("a=")), ("", "", "&"));
    }

    #[test]
    fn what_is_no_form_is_refused_and_a_field_twice_is_none() {
        for body in [&b"a"[..], b"a=%", b"a=%4", b"a=%zz", b"a=%ff", b"\xff=1"] {
            assert_eq!(Fields::parse(body), None, "{body:?}");
        }
        assert_eq!(Fields::parse(b"a=1&a=2").unwrap().of("a"), "");
        assert_eq!(Fields::parse("a=1&".repeat(limits::WEB_FIELDS_MAX + 1).as_bytes()), None);
    }
}
