//! Everything that is derived from a message, once, when it is stored.

use mail_parser::{HeaderForm, HeaderValue};

use super::envelope::Envelope;
use super::field::Field;
use super::identifiers::{ancestors, identifiers};
use super::part::{Part, parse};
use super::search::summary_text;
use super::structure::{Structure, structure};
use super::subject::base_subject;

/// Rises whenever the same message would give another [`Summary`]: stored ones of a lower version are rebuilt.
pub const SUMMARY_VERSION: u32 = 1;

/// What FETCH, SEARCH, SORT and THREAD need to know of a message, so that none of them opens the body.
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
    /// Subject, addresses, file names and text parts, decoded and folded by [`crate::text::fold`], cut at
    /// [`crate::limits::SEARCH_TEXT_BYTES_MAX`].
    pub search: String,
    /// The Date field in seconds since 1970; `None` where there is no date to make out (SORT then uses the internal
    /// date, RFC 5256 §2.2).
    pub sent: Option<i64>,
    /// The base subject of RFC 5256 §2.1: decoded, NFC, lower case, without `Re:`, `Fwd:` and the like.
    pub subject_base: String,
    /// Whether reply or forward marks were taken off for `subject_base` (RFC 5256 §2.1, THREAD=REFERENCES step 5).
    pub subject_is_reply: bool,
    /// The Message-ID without angle brackets.
    pub message_id: Option<String>,
    /// The ancestors, oldest first, without angle brackets: References, or else the first of In-Reply-To
    /// (RFC 5256 §3). At most [`crate::limits::REFERENCES_MAX`].
    pub references: Vec<String>,
}

/// Summarises a message; any bytes have a summary. Takes tens of microseconds for usual mail, up to a second for
/// tens of megabytes made to be slow: large messages belong on a blocking thread.
pub fn summarise(raw: &[u8]) -> Summary {
    let message = parse(raw);
    let root = message.as_ref().map_or_else(|| Part::bare(raw), |message| Part::of(message.root().root_part()));
    let header = raw.get(root.header.clone()).unwrap_or_default();
    let fields = Envelope::of(header);
    let mut envelope = Vec::with_capacity(USUAL_BYTES);
    fields.write(&mut envelope);
    let Structure { full, basic } = structure(raw, &root);
    let unfolded = |field: Option<Field<'_>>| field.map(|field| field.unfolded().into_owned()).unwrap_or_default();
    let message_id = identifiers(&unfolded(fields.message_id)).next().map(str::to_owned);
    let subject = base_subject(&fields.subject.map(|field| field.text()).unwrap_or_default());
    Summary {
        header_len: root.header.end,
        envelope,
        structure: full,
        body: basic,
        search: summary_text(raw, message.as_ref(), &fields),
        sent: fields.date.and_then(sent),
        subject_base: subject.text,
        subject_is_reply: subject.is_reply,
        references: ancestors(&unfolded(fields.references), &unfolded(fields.in_reply_to), message_id.as_deref()),
        message_id,
    }
}

/// What an ENVELOPE of usual mail takes: saves growing step by step.
const USUAL_BYTES: usize = 512;

/// The Date field in seconds since 1970, if it is a date at all (hostile B65).
fn sent(field: Field<'_>) -> Option<i64> {
    match HeaderForm::Date.parse(&field.unfolded()).value() {
        HeaderValue::DateTime(date) if date.is_valid() => Some(date.to_timestamp()),
        _ => None,
    }
}
