//! Everything that is derived from a message, once, when it is stored.

use super::part::parts;

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
    let root = parts(raw);
    Summary { header_len: root.header.end, ..Summary::default() }
}
