//! What THREAD and the subject key of SORT go by (RFC 5256).

use super::envelope::Envelope;
use super::field::Field;
use super::identifiers::{ancestors, identifiers};
use super::subject::{BaseSubject, base_subject};
use crate::limits;

/// Where a message stands in a conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Thread {
    /// The base subject of RFC 5256 §2.1: decoded, NFC, lower case, without `Re:`, `Fwd:` and the like.
    pub subject: String,
    /// Whether reply or forward marks were taken off for `subject` (THREAD=REFERENCES, step 5).
    pub is_reply: bool,
    /// The Message-ID without angle brackets.
    pub message_id: Option<String>,
    /// The ancestors, oldest first, without angle brackets: References, or else the first of In-Reply-To
    /// (RFC 5256 §3). At most [`limits::REFERENCES_MAX`], each once, never the message itself.
    pub references: Vec<String>,
}

/// Reads a message's place in a conversation from its header block.
pub fn thread(header: &[u8]) -> Thread {
    let fields = Envelope::of(header);
    let unfolded = |field: Option<Field<'_>>| field.map(|field| field.unfolded().into_owned()).unwrap_or_default();
    let message_id = identifiers(&unfolded(fields.message_id)).next().map(str::to_owned);
    let references = ancestors(&unfolded(fields.references), &unfolded(fields.in_reply_to), message_id.as_deref());
    let BaseSubject { text: subject, is_reply } =
        base_subject(&fields.subject.map(|field| field.text()).unwrap_or_default());
    Thread { subject, is_reply, message_id, references }
}

/// What a message says that it answers, without angle brackets: of In-Reply-To and of References the newest, at most
/// [`limits::REFERENCES_MAX`] of each. Programs differ in which of the two they write (RFC 5322 §3.6.4). What is sent on
/// answers nothing, though some programs name it in the same fields.
pub fn answered(header: &[u8]) -> Vec<String> {
    let fields = Envelope::of(header);
    if is_forwarded(header, &fields) {
        return Vec::new();
    }
    let named = |field: Option<Field<'_>>| {
        let value = field.map(|field| field.unfolded().into_owned()).unwrap_or_default();
        identifiers(&value).rev().take(limits::REFERENCES_MAX).map(str::to_owned).collect::<Vec<_>>()
    };
    [named(fields.in_reply_to), named(fields.references)].concat()
}

/// Whether a message passes another one on: Thunderbird says so, others by the first mark of the subject.
fn is_forwarded(header: &[u8], fields: &Envelope<'_>) -> bool {
    let subject = fields.subject.map(|field| field.text()).unwrap_or_default();
    let begins =
        |mark: &str| subject.trim_start().get(..mark.len()).is_some_and(|start| start.eq_ignore_ascii_case(mark));
    super::fields(header).any(|field| field.is("X-Forwarded-Message-Id"))
        || ["Fwd:", "Fw:", "[Fwd:"].into_iter().any(begins)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_names_its_ancestors() {
        let header = "Subject: =?utf-8?Q?Re:_H=E1=BB=8Dp?=\r\nMessage-ID: <c@x>\r\nReferences: <a@x>\r\n <b@x>\r\n\r\n";
        let expected = Thread {
            subject: "họp".to_owned(),
            is_reply: true,
            message_id: Some("c@x".to_owned()),
            references: vec!["a@x".to_owned(), "b@x".to_owned()],
        };
        assert_eq!(thread(header.as_bytes()), expected);
        assert_eq!(thread(b""), Thread::default());
    }

    #[test]
    fn what_is_passed_on_is_not_answered() {
        let of = |header: &str| answered(format!("{header}References: <a@x>\r\n\r\n").as_bytes());
        assert_eq!(of("Subject: Re: Fwd: x\r\n"), ["a@x"]);
        assert_eq!(of("Subject: Re: x\r\nX-Forwarded-Message-Id: <a@x>\r\n"), [""; 0]);
        for subject in ["Fwd: x", "FW: x", "[Fwd: x]", " fwd:"] {
            assert_eq!(of(&format!("Subject: {subject}\r\n")), [""; 0], "{subject}");
        }
    }
}
