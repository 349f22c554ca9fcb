//! The tree of a message's parts, by offset: what `BODY[1.2.HEADER]` is cut from.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use mail_parser::{HeaderForm, HeaderName, Message, MessageParser, MessagePart, PartKind};
use memchr::{memchr, memchr_iter};

use crate::limits;

/// One entity of a message: the message itself, a part of a multipart, or a message within `message/rfc822`.
///
/// All offsets are into the bytes given to [`parts`]. A part ends before the line break of the boundary that follows
/// it (RFC 2046 §5.1.1), as `BODY[n]` needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The header fields with the blank line that ends them: `BODY[n.MIME]`, or `BODY[HEADER]` of a message.
    pub header: Range<usize>,
    /// What follows the blank line, still transfer-encoded: `BODY[n]`, or `BODY[TEXT]` of a message.
    pub body: Range<usize>,
    /// How the body is to be decoded.
    pub encoding: Encoding,
    /// What the body holds.
    pub content: Content,
}

/// What a part's body holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Text other than HTML, and whatever claims a structure that it does not have.
    Text,
    /// `text/html`.
    Html,
    /// Anything else that is not opened: files, encoded messages (their offsets would not be ours), what lies beyond
    /// the bounds on depth and number of parts.
    Other,
    /// The parts of a multipart, in order; possibly none.
    Multipart(Vec<Part>),
    /// The message within a `message/rfc822` or `message/global`; its header begins where this part's body begins.
    Message(Box<Part>),
}

/// Content-Transfer-Encoding (RFC 2045 §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// `7bit`, `8bit`, `binary`, or not said.
    Identity,
    /// RFC 2045 §6.7.
    QuotedPrintable,
    /// RFC 2045 §6.8.
    Base64,
    /// Said, but none of the above: RFC 3516 §4.3 has `UNKNOWN-CTE` for it.
    Unknown,
}

/// The parts of a message. What is not a message is one text without header, what is beyond
/// [`limits::MIME_LINES_MAX`] one text behind its header.
pub fn parts(raw: &[u8]) -> Part {
    match parse(raw) {
        Some(message) => Part::of(message.root().root_part()),
        None if is_too_long(raw) => Part::text(raw, header_end(raw)),
        None => Part::text(raw, 0),
    }
}

impl Part {
    /// The part that the numbers of a section name, counted from this message (RFC 9051 §6.4.5): within a multipart
    /// the n-th part; a message that is no multipart has its own body as number 1. No numbers name the message itself.
    pub fn section(&self, numbers: &[u32]) -> Option<&Part> {
        let mut part = self;
        for (depth, number) in numbers.iter().enumerate() {
            let (holder, is_message) = match &part.content {
                _ if depth == 0 => (part, true),
                Content::Message(message) => (message.as_ref(), true),
                _ => (part, false),
            };
            part = match &holder.content {
                Content::Multipart(children) => children.get(usize::try_from(*number).ok()?.checked_sub(1)?)?,
                _ if is_message && *number == 1 => holder,
                _ => return None,
            };
        }
        Some(part)
    }

    /// The body without its transfer encoding; damaged encodings are decoded as far as they go.
    pub fn decoded<'a>(&self, raw: &'a [u8]) -> Cow<'a, [u8]> {
        let body = raw.get(self.body.clone()).unwrap_or_default();
        match self.encoding {
            Encoding::Identity | Encoding::Unknown => Cow::Borrowed(body),
            Encoding::QuotedPrintable => mail_parser::Encoding::QuotedPrintable.decode(body),
            Encoding::Base64 => mail_parser::Encoding::Base64.decode(body),
        }
    }

    fn text(raw: &[u8], header_end: usize) -> Self {
        let (header, body) = (0..header_end, header_end..raw.len());
        Self { header, body, encoding: Encoding::Identity, content: Content::Text }
    }

    /// Recursion is bounded by [`limits::MIME_DEPTH_MAX`], which the parser keeps.
    fn of(part: MessagePart<'_>) -> Self {
        let (start, middle, end) =
            (offset(part.offset_header()), offset(part.offset_body()), offset(part.offset_end()));
        let content = match part.kind() {
            PartKind::Text => Content::Text,
            PartKind::Html => Content::Html,
            PartKind::Binary if is_unbounded(part) => Content::Text,
            PartKind::Binary | PartKind::InlineBinary => Content::Other,
            PartKind::Multipart => Content::Multipart(part.children().map(Self::of).collect()),
            PartKind::Message(message) => Content::Message(Box::new(Self::of(message.root_part()))),
        };
        let encoding = match part.encoding() {
            mail_parser::Encoding::Base64 => Encoding::Base64,
            mail_parser::Encoding::QuotedPrintable => Encoding::QuotedPrintable,
            mail_parser::Encoding::None if part.has_known_transfer_encoding() => Encoding::Identity,
            mail_parser::Encoding::None => Encoding::Unknown,
        };
        Self { header: start..middle, body: middle..end, encoding, content }
    }
}

/// Whether a part claims to be a multipart but has no boundary: then it is read as text, so that none is lost
/// (hostile B59).
pub(super) fn is_unbounded(part: MessagePart<'_>) -> bool {
    !part.is_multipart() && part.content_type().is_some_and(|kind| kind.ctype() == "multipart")
}

fn offset(offset: u32) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

/// Parses structure only: of the header fields those that make the structure are read, the others are kept as bytes
/// for [`super::field`] to read where they are wanted. `None` for what is not a message or too long.
pub(super) fn parse(raw: &[u8]) -> Option<Message<'_>> {
    if is_too_long(raw) { None } else { PARSER.parse(raw) }
}

fn is_too_long(raw: &[u8]) -> bool {
    raw.len() > limits::MIME_LINES_MAX && memchr_iter(b'\n', raw).count() > limits::MIME_LINES_MAX
}

/// The end of the first empty line, or of the input (RFC 5322 §2.1).
fn header_end(raw: &[u8]) -> usize {
    let mut line = 0;
    loop {
        let Some(newline) = memchr(b'\n', raw.get(line..).unwrap_or_default()) else { return raw.len() };
        let end = line + newline + 1;
        if matches!(raw.get(line..end), Some(b"\r\n" | b"\n")) {
            return end;
        }
        line = end;
    }
}

static PARSER: LazyLock<MessageParser> = LazyLock::new(|| {
    let structured = [
        HeaderName::Subject,
        HeaderName::Comments,
        HeaderName::ContentDescription,
        HeaderName::ContentLocation,
        HeaderName::From,
        HeaderName::To,
        HeaderName::Cc,
        HeaderName::Bcc,
        HeaderName::ReplyTo,
        HeaderName::Sender,
        HeaderName::ResentTo,
        HeaderName::ResentFrom,
        HeaderName::ResentBcc,
        HeaderName::ResentCc,
        HeaderName::ResentSender,
        HeaderName::ListArchive,
        HeaderName::ListHelp,
        HeaderName::ListId,
        HeaderName::ListOwner,
        HeaderName::ListPost,
        HeaderName::ListSubscribe,
        HeaderName::ListUnsubscribe,
        HeaderName::Date,
        HeaderName::ResentDate,
        HeaderName::MessageId,
        HeaderName::References,
        HeaderName::InReplyTo,
        HeaderName::ReturnPath,
        HeaderName::ContentId,
        HeaderName::ResentMessageId,
        HeaderName::Keywords,
        HeaderName::ContentLanguage,
        HeaderName::Received,
    ];
    let parser = MessageParser::new()
        .unknown_headers(HeaderForm::Ignore)
        .max_depth(limits::MIME_DEPTH_MAX)
        .max_parts(limits::MIME_PARTS_MAX)
        .max_encoded_nesting(0);
    structured.into_iter().fold(parser, |parser, name| parser.header(name, HeaderForm::Ignore))
});
