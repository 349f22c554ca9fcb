//! Message identifiers (RFC 5322 §3.6.4), for SORT, THREAD and duplicates.

use memchr::memchr;

use crate::limits;

/// The identifiers in a Message-ID, In-Reply-To or References value, without angle brackets, in order. What is not
/// printable, too long or not closed is passed over.
///
/// ```abnf
/// msg-id = [CFWS] "<" id-left "@" id-right ">" [CFWS]
/// ```
pub(super) fn identifiers(value: &[u8]) -> impl DoubleEndedIterator<Item = &str> {
    let opened = memchr(b'<', value).and_then(|begin| value.get(begin + 1..)).unwrap_or_default();
    opened.split(|byte| *byte == b'<').filter_map(|piece| {
        let id = piece.get(..memchr(b'>', piece)?)?.trim_ascii();
        let is_sound = (1..=limits::MESSAGE_ID_BYTES_MAX).contains(&id.len()) && id.iter().all(u8::is_ascii_graphic);
        is_sound.then(|| std::str::from_utf8(id).ok()).flatten()
    })
}

/// The ancestors of a message, oldest first, without repetition (hostile B66): References, or else the first of
/// In-Reply-To (RFC 5256 §3, step 1). Of more than [`limits::REFERENCES_MAX`] the newest are kept.
pub(super) fn ancestors(references: &[u8], in_reply_to: &[u8], own: Option<&str>) -> Vec<String> {
    let mut newest_first: Vec<&str> = Vec::new();
    for id in identifiers(references).rev().filter(|id| Some(*id) != own) {
        if newest_first.len() == limits::REFERENCES_MAX {
            break;
        }
        if !newest_first.contains(&id) {
            newest_first.push(id);
        }
    }
    if newest_first.is_empty() {
        newest_first.extend(identifiers(in_reply_to).find(|id| Some(*id) != own));
    }
    newest_first.into_iter().rev().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_what_stands_in_angle_brackets() {
        let read: Vec<&str> = identifiers(b"x <a@b> , < c@d >\t<>y<e f><g@\xff><h@i").collect();
        assert_eq!(read, ["a@b", "c@d"]);
    }

    #[test]
    fn ancestors_are_bounded_and_never_loop() {
        assert_eq!(ancestors(b"<a> <b> <a> <me>", b"<z>", Some("me")), ["b", "a"]);
        assert_eq!(ancestors(b"", b"Your mail of <z> and <y>", None), ["z"]);
        assert!(ancestors(b"<me>", b"<me>", Some("me")).is_empty());
        let many = (0..5000).map(|n| format!("<{n}@x>")).collect::<Vec<_>>().concat();
        let kept = ancestors(many.as_bytes(), b"", None);
        assert_eq!((kept.len(), kept.last().map(String::as_str)), (limits::REFERENCES_MAX, Some("4999@x")));
    }
}
