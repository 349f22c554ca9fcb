//! Reports of what became of a message: `multipart/report` of RFC 6522 with the delivery status of RFC 3464, or of
//! RFC 6533 where an address is not ASCII.

use mail_builder::headers::content_type::ContentType;
use mail_builder::mime::MimePart;

use super::compose::{self, ComposeError, Note};
use super::thread::Thread;

/// A note with what a program reads of it, and the message that it is about.
pub struct Report<'a> {
    /// What people read. Its text and address are the report's; HTML is not sent with it.
    pub note: Note<'a>,
    /// The fields of the delivery status: those of the message first, then those of each recipient.
    pub status: &'a [Vec<(&'static str, String)>],
    /// The message.
    pub original: Original<'a>,
    /// Its place in its conversation.
    pub thread: &'a Thread,
}

/// What comes back of a message.
#[derive(Clone, Copy, Debug)]
pub enum Original<'a> {
    /// All of it.
    Whole(&'a [u8]),
    /// Its header.
    Header(&'a [u8]),
}

impl Report<'_> {
    /// Writes it.
    ///
    /// # Errors
    /// If anything given to it could break out of its place: see [`ComposeError`].
    pub fn write(&self) -> Result<Vec<u8>, ComposeError> {
        let mut status = String::new();
        for group in self.status {
            for (name, value) in group {
                let value = compose::one_line(value, name)?;
                status.extend([name, ": ", value, "\r\n"]);
            }
            status.push_str("\r\n");
        }
        let text = MimePart::new("text/plain", compose::crlf(self.note.text, "text")?);
        let kind = if status.is_ascii() { "message/delivery-status" } else { "message/global-delivery-status" };
        let parts = vec![text, as_it_is(kind, status.as_bytes()), self.original.part()];
        let report = ContentType::new("multipart/report").attribute("report-type", kind.trim_start_matches("message/"));
        let mut written = self.note.message("auto-replied")?.answering(self.thread);
        written.0 = written.0.body(MimePart::new(report, parts));
        Ok(written.finish())
    }
}

impl<'a> Original<'a> {
    fn part(self) -> MimePart<'a> {
        match self {
            Self::Whole(message) => as_it_is("message/rfc822", message),
            Self::Header(header) => as_it_is("text/rfc822-headers", header),
        }
    }
}

/// A part whose bytes are sent unchanged: RFC 2046 §5.2.1 allows no other encoding of a message.
fn as_it_is<'a>(kind: &'static str, bytes: &[u8]) -> MimePart<'a> {
    let encoding = if bytes.is_ascii() { "7bit" } else { "8bit" };
    MimePart::new(ContentType::new(kind), bytes.to_vec()).transfer_encoding(encoding)
}
