//! The text that SEARCH looks at: decoded from any charset and encoding, folded by [`crate::text::fold`].

use std::borrow::Cow;

use mail_parser::{MessagePart, MessageRef, PartKind, html_to_text};
use memchr::memchr_iter;

use super::envelope::Envelope;
use super::field::{Field, fields};
use super::part::{is_unbounded, parse};
use super::vietnamese::Charset;
use crate::limits;
use crate::text::fold;

/// The texts of a message that SEARCH looks at, decoded and folded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Searched {
    /// Of the Subject fields.
    pub subject: String,
    /// Of the From fields.
    pub from: String,
    /// Of the To fields.
    pub to: String,
    /// Of the Cc fields.
    pub cc: String,
    /// Of the Bcc fields.
    pub bcc: String,
    /// Of the whole header block: [`header_text`].
    pub header: String,
    /// [`body_text`].
    pub body: String,
}

/// What a search index is fed with. `None` for the odd message whose texts would be others if header lines stood above
/// it, as they do above a copy: that has no header, begins with half a field, or is near one of the bounds.
pub fn searched(raw: &[u8], header_len: usize) -> Option<Searched> {
    const ROOM: usize = 64 * 1024;
    let header = raw.get(..header_len)?;
    let begins_within_a_field = matches!(header.first(), None | Some(b' ' | b'\t' | b'\r' | b'\n'));
    let lines = || memchr_iter(b'\n', raw).count();
    if begins_within_a_field || raw.len() + ROOM > limits::MIME_LINES_MAX && lines() + ROOM > limits::MIME_LINES_MAX {
        return None;
    }
    let whole = header_block(header);
    if whole.room() < ROOM {
        return None;
    }
    let field = |name| header_field_text(header, name).unwrap_or_default();
    Some(Searched {
        subject: field("subject"),
        from: field("from"),
        to: field("to"),
        cc: field("cc"),
        bcc: field("bcc"),
        header: whole.folded(),
        body: body_text(raw),
    })
}

/// The decoded and folded text of all fields called `name`, one per line; `None` if there is none. SEARCH HEADER, and
/// FROM, TO, CC, BCC, SUBJECT, look for a substring of it; a field that is there with no text is `Some("")`, so that
/// HEADER with an empty string asks for presence (RFC 9051 §6.4.4).
pub fn header_field_text(header: &[u8], name: &str) -> Option<String> {
    let mut text = Text::default();
    let mut found = false;
    for field in fields(header).filter(|field| field.is(name)) {
        found = true;
        text.line(&field.text());
    }
    found.then(|| text.folded())
}

/// The decoded and folded text of a whole header block, `name: text` per line: the header's share of SEARCH TEXT.
pub fn header_text(header: &[u8]) -> String {
    header_block(header).folded()
}

fn header_block(header: &[u8]) -> Text {
    let mut text = Text::default();
    for field in fields(header) {
        if text.is_full() {
            break;
        }
        text.line(&String::from_utf8_lossy(field.name));
        text.push(": ");
        text.push(&field.text());
    }
    text
}

/// The decoded and folded text of a message's body, for SEARCH BODY and the body's share of SEARCH TEXT: its text
/// parts, attached ones too, the names of its files, and the same of messages within it with their subjects and
/// addresses.
pub fn body_text(raw: &[u8]) -> String {
    let mut text = Text::default();
    text.body(raw);
    text.folded()
}

/// Text that is being gathered, at most [`limits::SEARCH_TEXT_BYTES_MAX`].
#[derive(Default)]
struct Text(String);

impl Text {
    fn envelope(&mut self, envelope: &Envelope<'_>) {
        let of_interest = [envelope.subject, envelope.from, envelope.to, envelope.cc];
        for field in of_interest.iter().flatten() {
            self.line(&Field::text(field));
        }
    }

    fn body(&mut self, raw: &[u8]) {
        let Some(message) = parse(raw) else {
            let raw = raw.get(..limits::SEARCH_TEXT_BYTES_MAX).unwrap_or(raw);
            return self.line(&String::from_utf8_lossy(raw));
        };
        self.parts(message.root(), limits::MIME_DEPTH_MAX);
    }

    /// Nesting ends at `depth`; the parser keeps to the same bound, but for messages that were encoded.
    fn parts(&mut self, message: MessageRef<'_>, depth: usize) {
        for part in message.parts() {
            if self.is_full() {
                return;
            }
            if let Some(name) = part.attachment_name() {
                self.line(name);
            }
            match part.kind() {
                PartKind::Text | PartKind::Html => self.text_part(part),
                PartKind::Binary if is_unbounded(part) => {
                    let bytes = part.decoded();
                    self.line(&String::from_utf8_lossy(bytes.get(..self.room()).unwrap_or(&bytes)));
                }
                PartKind::Message(nested) => {
                    self.envelope(&Envelope::of(nested.root_part().raw_headers()));
                    if depth > 0 {
                        self.parts(nested, depth - 1);
                    }
                }
                PartKind::Binary | PartKind::InlineBinary | PartKind::Multipart => {}
            }
        }
    }

    fn text_part(&mut self, part: MessagePart<'_>) {
        let Some(text) = decoded(part, self.room()) else { return };
        match part.kind() {
            PartKind::Html => self.line(&html_to_text(&text)),
            _ => self.line(&text),
        }
    }

    fn line(&mut self, text: &str) {
        if !self.0.is_empty() {
            self.push("\n");
        }
        self.push(text);
    }

    fn push(&mut self, text: &str) {
        let end = text.floor_char_boundary(self.room());
        self.0.push_str(text.get(..end).unwrap_or_default());
    }

    fn room(&self) -> usize {
        limits::SEARCH_TEXT_BYTES_MAX.saturating_sub(self.0.len())
    }

    /// A character may be larger than the last room.
    fn is_full(&self) -> bool {
        self.room() < char::MAX.len_utf8()
    }

    fn folded(self) -> String {
        fold(&self.0)
    }
}

/// The first `most` bytes of a text part's text. What does not say its charset is read as UTF-8.
fn decoded(part: MessagePart<'_>, most: usize) -> Option<Cow<'_, str>> {
    let label = part.content_type().and_then(|kind| kind.attribute("charset"));
    match label.and_then(|label| Charset::of(label.as_bytes())) {
        Some(charset) => {
            let bytes = part.decoded();
            Some(Cow::Owned(charset.decode(bytes.get(..most).unwrap_or(&bytes))))
        }
        None => part.text_prefix_bytes(most),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_by_any_spelling() {
        let header = "Subject: =?utf-8?B?TmfGsOG7nWkgxJDDoG8=?=\r\nFrom: \"Nguyễn Thị Đào\" <daont@x.vn>\r\n\
            X-Empty:\r\nto: a@b\r\nTo: c@d\r\n\r\n";
        let text = |name: &str| header_field_text(header.as_bytes(), name);
        assert_eq!(text("SUBJECT").unwrap(), "nguoi dao");
        assert_eq!(text("from").unwrap(), "\"nguyen thi dao\" <daont@x.vn>");
        assert_eq!(text("To").unwrap(), "a@b\nc@d");
        assert_eq!(text("x-empty").as_deref(), Some(""));
        assert_eq!(text("x-none"), None);
        assert!(header_text(header.as_bytes()).contains("x-empty: \nto: a@b"));
    }

    #[test]
    fn text_is_found_in_any_charset_and_encoding() {
        for (kind, encoding, body) in [
            ("text/plain; charset=utf-8", "8bit", &b"\xc4\x90\xe1\xba\xafk L\xe1\xba\xafk"[..]),
            ("text/plain; charset=windows-1258", "quoted-printable", b"=D0=E3=ECk L=E3=ECk"),
            ("text/plain; charset=viscii", "8bit", b"\xd0\xa1k L\xa1k"),
            ("text/plain; charset=x-viet-tcvn5712", "base64", b"p75rIEy+aw=="),
            ("text/plain; charset=x-viet-vni", "8bit", b"\xd1a\xe9k La\xe9k"),
            ("text/html; charset=us-ascii", "7bit", b"<p>&#272;&#7855;k<b> L&#7855;k</b></p>"),
            ("text/plain", "8bit", "Đắk Lắk".as_bytes()),
        ] {
            let mut raw = format!("Content-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n").into_bytes();
            raw.extend_from_slice(body);
            assert_eq!(body_text(&raw).trim(), "dak lak", "{kind} {encoding}");
        }
        assert_eq!(body_text("Đắk Lắk".as_bytes()), "dak lak");
    }

    #[test]
    fn texts_of_attachments_and_of_messages_within_are_found() {
        let attached = |kind: &str, text: &str| {
            format!("--a\r\nContent-Disposition: attachment\r\nContent-Type: {kind}\r\n\r\n{text}\r\n")
        };
        let within = "Subject: chuyển tiếp\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nbên trong\r\n--b\r\n\
             Content-Type: message/rfc822\r\n\r\nSubject: sâu hơn\r\n\r\nsâu nhất\r\n--b--\r\n";
        let raw = ["Content-Type: multipart/mixed; boundary=a\r\n\r\n".to_owned()]
            .into_iter()
            .chain([
                attached("text/csv; charset=utf-8", "họ,tên"),
                attached("text/calendar", "SUMMARY:họp giao ban"),
                attached("text/plain; name=\"ghi chú.txt\"", "trích yếu"),
                attached("message/rfc822", within),
                "--a--\r\n".to_owned(),
            ])
            .collect::<String>();
        let found = body_text(raw.as_bytes());
        for text in
            ["ho,ten", "hop giao ban", "ghi chu.txt", "trich yeu", "chuyen tiep", "ben trong", "sau hon", "sau nhat"]
        {
            assert!(found.contains(text), "{text}: {found}");
        }
    }

    #[test]
    fn text_is_capped() {
        let raw = format!("Subject: x\r\n\r\n{}", "ố".repeat(limits::SEARCH_TEXT_BYTES_MAX));
        assert!(body_text(raw.as_bytes()).len() <= limits::SEARCH_TEXT_BYTES_MAX);
        let html = format!("Content-Type: text/html\r\n\r\n{}", "<a&".repeat(limits::SEARCH_TEXT_BYTES_MAX));
        assert!(body_text(html.as_bytes()).len() <= limits::SEARCH_TEXT_BYTES_MAX);
    }
}
