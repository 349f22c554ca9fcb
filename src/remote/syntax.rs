//! What another server says: RFC 9051 §9 "response", as far as a reader of mailboxes needs it.

use crate::limits;

/// A response as it came: lines, and the literals between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// What stands outside literals; the announcement of a literal is not in it.
    Text(Vec<u8>),
    /// A literal.
    Literal(Vec<u8>),
}

/// A part of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// An atom, a number, NIL, also with what stands in brackets behind it: `BODY[]`.
    Atom(String),
    /// A string.
    Text(Vec<u8>),
    /// What stands in parentheses.
    List(Vec<Value>),
}

/// What cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the server's response cannot be read")]
pub struct SyntaxError;

impl Value {
    /// A string, or an atom in its place.
    pub fn text(&self) -> Option<&[u8]> {
        match self {
            Self::Atom(atom) => Some(atom.as_bytes()),
            Self::Text(text) => Some(text),
            Self::List(_) => None,
        }
    }

    /// An atom of this name, in whatever case.
    pub fn is(&self, name: &str) -> bool {
        matches!(self, Self::Atom(atom) if atom.eq_ignore_ascii_case(name))
    }

    /// A number.
    pub fn number(&self) -> Option<u32> {
        match self {
            Self::Atom(atom) => atom.parse().ok(),
            _ => None,
        }
    }

    /// The members of a list; none of anything else.
    pub fn members(&self) -> &[Self] {
        match self {
            Self::List(members) => members,
            _ => &[],
        }
    }
}

/// A line without the literal that it announces at its end, and the octets of that.
///
/// ```abnf
/// literal = "{" number64 ["+"] "}" CRLF *CHAR8
/// ```
pub fn announced(line: &[u8]) -> Option<(&[u8], usize)> {
    let open = line.strip_suffix(b"}")?;
    let start = open.iter().rposition(|octet| *octet == b'{')?;
    let digits = open.get(start + 1..)?;
    let octets = std::str::from_utf8(digits.strip_suffix(b"+").unwrap_or(digits)).ok()?.parse().ok()?;
    Some((line.get(..start)?, octets))
}

/// Reads what stands behind `*` or a tag.
pub fn read(pieces: Vec<Piece>) -> Result<Vec<Value>, SyntaxError> {
    let mut open: Vec<Vec<Value>> = vec![Vec::new()];
    for piece in pieces {
        match piece {
            Piece::Literal(text) => put(&mut open, Value::Text(text))?,
            Piece::Text(line) => line_values(&line, &mut open)?,
        }
    }
    match (open.pop(), open.is_empty()) {
        (Some(values), true) => Ok(values),
        _ => Err(SyntaxError),
    }
}

fn put(open: &mut [Vec<Value>], value: Value) -> Result<(), SyntaxError> {
    open.last_mut().map(|list| list.push(value)).ok_or(SyntaxError)
}

fn line_values(line: &[u8], open: &mut Vec<Vec<Value>>) -> Result<(), SyntaxError> {
    let mut rest = line;
    while let Some((&octet, after)) = rest.split_first() {
        match octet {
            b' ' => rest = after,
            b'(' => {
                if open.len() > limits::REMOTE_NESTING_MAX {
                    return Err(SyntaxError);
                }
                open.push(Vec::new());
                rest = after;
            }
            b')' => {
                let list = open.pop().ok_or(SyntaxError)?;
                put(open, Value::List(list))?;
                rest = after;
            }
            b'"' => {
                let (text, behind) = quoted(after)?;
                put(open, Value::Text(text))?;
                rest = behind;
            }
            _ => {
                let (atom, behind) = rest.split_at(atom_end(rest));
                put(open, Value::Atom(String::from_utf8_lossy(atom).into_owned()))?;
                rest = behind;
            }
        }
    }
    Ok(())
}

/// ```abnf
/// quoted = DQUOTE *(%x01-09 / %x0B-0C / %x0E-21 / %x23-5B / %x5D-7F / "\" quoted-specials) DQUOTE
/// ```
fn quoted(text: &[u8]) -> Result<(Vec<u8>, &[u8]), SyntaxError> {
    let (mut read, mut rest) = (Vec::new(), text);
    loop {
        match rest {
            [b'"', after @ ..] => return Ok((read, after)),
            [b'\\', octet, after @ ..] | [octet, after @ ..] => {
                read.push(*octet);
                rest = after;
            }
            [] => return Err(SyntaxError),
        }
    }
}

/// An atom ends at a space or a parenthesis outside its brackets: `BODY[HEADER.FIELDS (SUBJECT)]`.
fn atom_end(text: &[u8]) -> usize {
    let mut depth = 0_usize;
    for (at, octet) in text.iter().enumerate() {
        match octet {
            b'[' => depth += 1,
            b']' => depth = depth.saturating_sub(1),
            b' ' | b'(' | b')' | b'"' if depth == 0 => return at.max(1),
            _ => {}
        }
    }
    text.len()
}

/// A name or a password as an argument: quoted, or nothing where only a literal carries it.
pub fn as_quoted(text: &[u8]) -> Option<Vec<u8>> {
    if text.iter().any(|octet| matches!(octet, 0 | b'\r' | b'\n' | 128..)) {
        return None;
    }
    let mut quoted = vec![b'"'];
    for octet in text {
        if matches!(octet, b'"' | b'\\') {
            quoted.push(b'\\');
        }
        quoted.push(*octet);
    }
    quoted.push(b'"');
    Some(quoted)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn atom(text: &str) -> Value {
        Value::Atom(text.to_owned())
    }

    #[test]
    fn a_fetch_response_is_a_list() {
        let pieces = vec![
            Piece::Text(
                b"12 FETCH (UID 7 FLAGS (\\Seen $Label1) INTERNALDATE \"17-Jul-1996 02:44:25 -0700\" BODY[] ".to_vec(),
            ),
            Piece::Literal(b"a)\r\n(b".to_vec()),
            Piece::Text(b")".to_vec()),
        ];
        let list = vec![
            atom("UID"),
            atom("7"),
            atom("FLAGS"),
            Value::List(vec![atom("\\Seen"), atom("$Label1")]),
            atom("INTERNALDATE"),
            Value::Text(b"17-Jul-1996 02:44:25 -0700".to_vec()),
            atom("BODY[]"),
            Value::Text(b"a)\r\n(b".to_vec()),
        ];
        assert_eq!(read(pieces).unwrap(), [atom("12"), atom("FETCH"), Value::List(list)]);
    }

    #[test]
    fn a_list_response_has_a_name_of_any_kind() {
        for (line, name) in [("LIST (\\Sent) \"/\" \"a \\\"b\\\\\"", "a \"b\\"), ("LIST () NIL Trash", "Trash")] {
            let values = read(vec![Piece::Text(line.into())]).unwrap();
            assert_eq!(values.last().unwrap().text().unwrap(), name.as_bytes());
            assert_eq!(values.len(), 4);
        }
    }

    #[test]
    fn literals_are_announced_at_the_end_of_a_line() {
        assert_eq!(announced(b"* 1 FETCH (BODY[] {12}"), Some((&b"* 1 FETCH (BODY[] "[..], 12)));
        assert_eq!(announced(b"x {3+}"), Some((&b"x "[..], 3)));
        assert_eq!(announced(b"* OK {x}"), None);
        assert_eq!(announced(b"* OK 12}"), None);
    }

    proptest! {
        #[test]
        fn nothing_another_server_says_does_harm(line in prop::collection::vec(any::<u8>(), 0..64)) {
            drop(read(vec![Piece::Text(line.clone())]));
            announced(&line);
        }

        #[test]
        fn what_is_quoted_is_read_back(text in "[ -~]{0,20}") {
            let quoted = as_quoted(text.as_bytes()).unwrap();
            prop_assert_eq!(read(vec![Piece::Text(quoted)]).unwrap(), [Value::Text(text.into_bytes())]);
        }
    }
}
