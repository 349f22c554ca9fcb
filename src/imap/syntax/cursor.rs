//! Reading a command from left to right.

use super::Tag;
use crate::limits::IMAP_TAG_BYTES_MAX;

/// The tag in front of a line, if there is a valid one.
pub(super) fn tag_of(line: &[u8]) -> Option<Tag> {
    let end = line.iter().position(|octet| !is_tag(*octet)).unwrap_or(line.len());
    let (tag, rest) = line.split_at_checked(end)?;
    let is_tag = !tag.is_empty() && tag.len() <= IMAP_TAG_BYTES_MAX && matches!(rest.first(), None | Some(b' '));
    is_tag.then(|| Tag(String::from_utf8_lossy(tag).into_owned()))
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
