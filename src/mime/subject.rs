//! The base subject (RFC 5256 §2.1): what a message and its replies have in common.

use crate::limits;
use crate::text::nfc;

/// A subject without what replying and forwarding put around it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BaseSubject {
    /// NFC, lower case.
    pub(super) text: String,
    /// Whether reply or forward marks were taken off.
    pub(super) is_reply: bool,
}

/// The steps of RFC 5256 §2.1 on a decoded subject, of which [`limits::SUBJECT_BYTES_MAX`] are looked at.
pub(super) fn base_subject(subject: &str) -> BaseSubject {
    let subject = subject.get(..subject.floor_char_boundary(limits::SUBJECT_BYTES_MAX)).unwrap_or_default();
    let spaced = subject.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = nfc(&spaced).to_lowercase();
    let mut base = text.as_str();
    let mut is_reply = false;
    loop {
        let before = base;
        while let Some(shorter) = base.trim_end().strip_suffix("(fwd)") {
            (base, is_reply) = (shorter, true);
        }
        base = base.trim();
        loop {
            if let Some(rest) = without_leader(base) {
                (base, is_reply) = (rest, true);
            } else if let Some(rest) = without_blob(base).filter(|rest| !rest.is_empty()) {
                base = rest;
            } else {
                break;
            }
        }
        if let Some(inner) = base.strip_prefix("[fwd:").and_then(|rest| rest.strip_suffix(']')) {
            (base, is_reply) = (inner, true);
        }
        if base == before {
            return BaseSubject { text: base.to_owned(), is_reply };
        }
    }
}

/// ```abnf
/// subj-leader = (*subj-blob subj-refwd) / WSP
/// subj-refwd  = ("re" / ("fw" ["d"])) *WSP [subj-blob] ":"
/// ```
fn without_leader(text: &str) -> Option<&str> {
    let mut rest = text;
    while let Some(shorter) = without_blob(rest) {
        rest = shorter;
    }
    let rest = ["re", "fwd", "fw"].iter().find_map(|mark| {
        let after = rest.strip_prefix(mark)?.trim_start();
        without_blob(after).unwrap_or(after).strip_prefix(':')
    })?;
    Some(rest.trim_start())
}

/// ```abnf
/// subj-blob = "[" *BLOBCHAR "]" *WSP        ; BLOBCHAR: anything but "[" and "]"
/// ```
fn without_blob(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('[')?;
    let end = inner.find(['[', ']'])?;
    inner.get(end..)?.strip_prefix(']').map(str::trim_start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_and_forwards_share_the_base_of_the_first() {
        for (subject, base, is_reply) in [
            ("Họp giao ban", "họp giao ban", false),
            ("RE: Họp  giao\tban", "họp giao ban", true),
            ("Re: Fwd: [STP] fw [2]: Họp giao ban (fwd) (fwd)", "họp giao ban", true),
            ("[Fwd: Re: Họp giao ban]", "họp giao ban", true),
            ("[STP] Họp", "họp", false),
            ("[STP]", "[stp]", false),
            ("re:", "", true),
            ("Report: x", "report: x", false),
            ("", "", false),
        ] {
            assert_eq!(base_subject(subject), BaseSubject { text: base.to_owned(), is_reply }, "{subject}");
        }
    }

    #[test]
    fn hostile_subjects_end() {
        for piece in ["[a]", "[", "re:", "[re:", "[fwd:", "(fwd)", "[a]re", "]"] {
            base_subject(&piece.repeat(40_000));
        }
    }
}
