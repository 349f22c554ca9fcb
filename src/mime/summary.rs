//! Everything that is derived from a message, once, when it is stored.

use mail_parser::{HeaderForm, HeaderValue};

use super::envelope::Envelope;
use super::field::Field;
use super::part::parts;
use super::preview::preview_of;
use super::structure::{Structure, structure};

/// Rises whenever the same message would give another [`Summary`]: stored ones of a lower version are rebuilt.
pub const SUMMARY_VERSION: u32 = 1;

/// What FETCH and SORT need to know of a message, so that they do not open the body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Length of the header block in bytes, the blank line included; 0 if there is no header.
    pub header_len: usize,
    /// IMAP ENVELOPE, `(…)` ready to send (RFC 9051 §7.5.2).
    pub envelope: Vec<u8>,
    /// IMAP BODYSTRUCTURE, with extension data, ready to send.
    pub structure: Vec<u8>,
    /// IMAP BODY, without extension data, ready to send.
    pub body: Vec<u8>,
    /// IMAP PREVIEW (RFC 8970), ready to send.
    pub preview: Vec<u8>,
    /// The Date field in seconds since 1970; `None` where there is no date to make out (SORT then uses the internal
    /// date, RFC 5256 §2.2).
    pub sent: Option<i64>,
}

/// Summarises a message; any bytes have a summary. Takes some ten microseconds for usual mail, up to a second for
/// tens of megabytes made to be slow: large messages belong on a blocking thread.
pub fn summarise(raw: &[u8]) -> Summary {
    let root = parts(raw);
    let fields = Envelope::of(raw.get(root.header.clone()).unwrap_or_default());
    let mut envelope = Vec::with_capacity(USUAL_BYTES);
    fields.write(&mut envelope);
    let Structure { full, basic } = structure(raw, &root);
    Summary {
        header_len: root.header.end,
        envelope,
        structure: full,
        body: basic,
        preview: preview_of(raw, &root),
        sent: fields.date.and_then(|field| sent(&field)),
    }
}

/// What an ENVELOPE of usual mail takes: saves growing step by step.
const USUAL_BYTES: usize = 512;

/// The Date field in seconds since 1970, if it is a date at all (hostile B65).
fn sent(field: &Field<'_>) -> Option<i64> {
    let value = field.unfolded();
    match HeaderForm::Date.parse(&value).value() {
        HeaderValue::DateTime(date) if date.is_valid() && !has_absurd_zone(&value) => Some(date.to_timestamp()),
        _ => None,
    }
}

/// Whether an offset is more than a day can hold: the parser takes `+9999` modulo a day.
///
/// ```abnf
/// zone = FWS ( "+" / "-" ) 4DIGIT     ; RFC 5322 §3.3
/// ```
fn has_absurd_zone(date: &[u8]) -> bool {
    let zone = date.split(u8::is_ascii_whitespace).find(|word| matches!(word, [b'+' | b'-', _, _, _, _]));
    let offset = zone.and_then(|zone| std::str::from_utf8(zone.get(1..)?).ok()?.parse::<u16>().ok());
    offset.is_some_and(|offset| offset > 2359 || offset % 100 > 59)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_a_date_or_nothing() {
        for (date, expected) in [
            ("Mon, 23 Nov 2026 12:00:00 +0700", Some(1_795_410_000)),
            ("23 Nov 26 05:00 GMT (comment)", Some(1_795_410_000)),
            ("Thu, 1 Jan 1970 00:00:00 +0000", Some(0)),
            ("", None),
            ("yesterday", None),
            ("Mon, 99 Nov 2026 12:00:00 +0700", None),
            ("Mon, 23 Nov 2026 12:00:00 +9999", None),
            ("99999999999999999999 Nov 99999999999999 12:00:00", None),
        ] {
            let raw = format!("Date: {date}\r\n\r\n");
            assert_eq!(summarise(raw.as_bytes()).sent, expected, "{date}");
        }
    }

    #[test]
    fn what_is_not_a_message_is_one_text() {
        let summary = summarise(b"no header\r\nat all\r\n");
        assert_eq!(summary.header_len, 0);
        assert_eq!(summary.envelope, b"(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)");
        assert_eq!(summary.body, br#"("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 19 2)"#);
        assert_eq!(summarise(b"").body, br#"("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0)"#);
    }
}
