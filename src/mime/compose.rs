//! The one composer of every message that the server itself writes: a control character in what it is given is an
//! error, so nothing that people or other servers typed can add a header field or end a message.

use jiff::ZonedDateTime;
use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address as Header;
use mail_builder::headers::raw::Raw;
use mail_builder::headers::{Header as _, HeaderType};

use super::thread::Thread;
use crate::address::Address;

/// A message from the server to people: a welcome, a notice, an answer.
///
/// It says `Auto-Submitted: auto-generated` (RFC 3834 §5.1), so that nothing answers it, and is meant to be delivered
/// with the null sender (RFC 5321 §4.5.5), so that nothing bounces to it.
#[derive(Clone, Debug)]
pub struct Note<'a> {
    /// Who it is from; its domain is also that of the Message-ID.
    pub from: Party<'a>,
    /// Whom it is shown to be for; one at least.
    pub to: &'a [Party<'a>],
    /// The subject, in any language.
    pub subject: &'a str,
    /// The text, its lines ended in any way.
    pub text: &'a str,
    /// The same text as HTML, for programs that prefer it.
    pub html: Option<&'a str>,
    /// The time it is written, with the office's offset.
    pub date: &'a ZonedDateTime,
    /// The left side of the Message-ID, never used twice by this server: letters, digits, `-`, `_` and single dots.
    pub unique: &'a str,
}

/// A name and an address in a header.
#[derive(Clone, Copy, Debug)]
pub struct Party<'a> {
    /// As people write it; may be empty.
    pub name: &'a str,
    /// Where mail goes.
    pub address: &'a Address,
}

/// Why a message cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ComposeError {
    /// A name, the subject or the text holds a character that could be taken for structure.
    #[error("control character in the {0} of a message")]
    Control(&'static str),
    /// RFC 5322 §3.4: To without an address is no field.
    #[error("a message needs at least one recipient")]
    NoRecipient,
    /// [`Note::unique`] is not made as it says.
    #[error("the identifier of a message may only hold letters, digits, '-', '_' and single dots")]
    Identifier,
    /// The time has no form in RFC 5322 §3.3 (a year before 0 or after 9999).
    #[error("the date of a message is out of range")]
    Date,
}

impl Note<'_> {
    /// Writes the message, lines ended by CRLF, all of it ASCII but for addresses that need SMTPUTF8.
    ///
    /// # Errors
    /// If anything given to it could break out of its place: see [`ComposeError`].
    pub fn write(&self) -> Result<Vec<u8>, ComposeError> {
        Ok(self.message("auto-generated")?.finish())
    }

    /// Writes it as an answer by rule to another message (RFC 3834 §3.1): `Auto-Submitted: auto-replied`, in the
    /// conversation of what it answers.
    ///
    /// # Errors
    /// As [`Note::write`].
    pub fn write_answer(&self, to: &Thread) -> Result<Vec<u8>, ComposeError> {
        Ok(self.message("auto-replied")?.answering(to).finish())
    }

    pub(super) fn message(&self, submitted: &'static str) -> Result<Written<'_>, ComposeError> {
        let to = self.to.iter().map(|party| party.header("To")).collect::<Result<Vec<_>, _>>()?;
        if to.is_empty() {
            return Err(ComposeError::NoRecipient);
        }
        let date = jiff::fmt::rfc2822::to_string(self.date).map_err(|_| ComposeError::Date)?;
        let mut message = MessageBuilder::new()
            .header("Date", Raw::new(date))
            .from(self.from.header("From")?)
            .to(Header::new_list(to))
            .subject(one_line(self.subject, "Subject")?)
            .message_id(self.message_id()?)
            .header("Auto-Submitted", HeaderType::Raw(Raw::new(submitted)))
            .text_body(crlf(self.text, "text")?);
        if let Some(html) = self.html {
            message = message.html_body(crlf(html, "HTML")?);
        }
        Ok(Written(message))
    }

    fn message_id(&self) -> Result<String, ComposeError> {
        let is_word = |part: &str| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        };
        if !self.unique.split('.').all(is_word) {
            return Err(ComposeError::Identifier);
        }
        Ok(format!("{}@{}", self.unique, self.from.address.domain()))
    }
}

/// A message that only needs to be put into bytes.
pub(super) struct Written<'x>(pub(super) MessageBuilder<'x>);

impl<'x> Written<'x> {
    /// In the conversation of a message.
    pub(super) fn answering(self, to: &'x Thread) -> Self {
        let Some(answered) = &to.message_id else { return self };
        let conversation: Vec<&str> = to.references.iter().chain([answered]).map(String::as_str).collect();
        Self(self.0.in_reply_to(answered.as_str()).references(conversation))
    }

    pub(super) fn finish(self) -> Vec<u8> {
        let mut written = Vec::new();
        self.0.serialize(&mut written);
        written
    }
}

impl Party<'_> {
    /// A whole field that names this party, in ASCII but for an address that needs SMTPUTF8.
    ///
    /// # Errors
    /// [`ComposeError::Control`].
    pub fn field(&self, name: &'static str) -> Result<Vec<u8>, ComposeError> {
        let mut field = format!("{name}: ").into_bytes();
        let used = field.len();
        self.header(name)?.write_header(&mut field, used);
        Ok(field)
    }

    fn header(&self, field: &'static str) -> Result<Header<'static>, ComposeError> {
        let name = one_line(self.name, field)?;
        let name = Some(name.to_owned()).filter(|name| !name.is_empty());
        Ok(Header::new_address(name, self.address.to_string()))
    }
}

/// Text of a header field; `place` is named in the error.
pub(super) fn one_line<'a>(text: &'a str, place: &'static str) -> Result<&'a str, ComposeError> {
    if text.chars().any(|c| c.is_control() || is_separator(c)) { Err(ComposeError::Control(place)) } else { Ok(text) }
}

/// Text of a body: any line ending becomes CRLF (RFC 5322 §2.3), and the last line gets one.
pub(super) fn crlf(text: &str, place: &'static str) -> Result<String, ComposeError> {
    let mut lines = String::with_capacity(text.len() + text.len() / 16);
    for line in text.lines() {
        if line.chars().any(|c| c.is_control() && c != '\t') {
            return Err(ComposeError::Control(place));
        }
        lines.push_str(line);
        lines.push_str("\r\n");
    }
    Ok(lines)
}

/// Line and paragraph separators, which some programs treat as line breaks.
fn is_separator(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use jiff::Timestamp;
    use jiff::tz::{TimeZone, offset};

    use super::*;
    use crate::mime::{body_text, header_field_text, summarise, thread};

    fn noon() -> ZonedDateTime {
        let timestamp: Timestamp = "2026-11-23T05:00:00Z".parse().unwrap();
        timestamp.to_zoned_datetime(TimeZone::fixed(offset(7)))
    }

    fn write(name: &str, subject: &str, text: &str) -> Result<Vec<u8>, ComposeError> {
        let (from, to) = (Address::parse("postmaster@x.vn").unwrap(), Address::parse("daont@x.vn").unwrap());
        let note = Note {
            from: Party { name: "Hộp thư", address: &from },
            to: &[Party { name, address: &to }],
            subject,
            text,
            html: None,
            date: &noon(),
            unique: "welcome.7",
        };
        note.write()
    }

    #[test]
    fn a_note_reads_back_as_written() {
        let raw = write("Nguyễn Thị Đào", "Chào mừng đến Sở Tư pháp", "Kính gửi bà,\n.\nMật khẩu: x\r\n").unwrap();
        let text = String::from_utf8(raw.clone()).unwrap();
        assert!(text.starts_with("Date: Mon, 23 Nov 2026 12:00:00 +0700\r\n"), "{text}");
        assert!(text.contains("\r\nMessage-ID: <welcome.7@x.vn>\r\n"), "{text}");
        assert!(text.contains("\r\nAuto-Submitted: auto-generated\r\n"), "{text}");
        assert!(text.is_ascii());
        assert!(!text.replace("\r\n", "").contains(['\r', '\n']));
        assert_eq!(thread(&raw).subject, "chào mừng đến sở tư pháp");
        assert_eq!(thread(&raw).message_id.as_deref(), Some("welcome.7@x.vn"));
        assert_eq!(summarise(&raw).sent, Some(noon().timestamp().as_second()));
        assert_eq!(header_field_text(&raw, "to").as_deref(), Some("nguyen thi dao <daont@x.vn>"));
        assert!(body_text(&raw).starts_with("kinh gui ba,\r\n.\r\nmat khau: x"));
    }

    #[test]
    fn html_stands_beside_the_text() {
        let from = Address::parse("postmaster@x.vn").unwrap();
        let party = Party { name: "", address: &from };
        let note = Note {
            from: party,
            to: &[party, party],
            subject: "x",
            text: "văn bản",
            html: Some("<p>văn bản</p>"),
            date: &noon(),
            unique: "a",
        };
        let summary = summarise(&note.write().unwrap());
        let body = String::from_utf8(summary.body).unwrap();
        assert!(body.starts_with("((\"text\" \"plain\" (\"charset\" \"utf-8\")"), "{body}");
        assert!(body.ends_with(" \"alternative\")"), "{body}");
    }

    #[test]
    fn nothing_can_add_a_field() {
        for bad in ["a\r\nBcc: x@y", "a\nb", "a\rb", "a\0b", "a\u{85}b", "a\u{2028}b", "a\u{1b}[31m"] {
            assert_eq!(write(bad, "s", "t"), Err(ComposeError::Control("To")), "{bad:?}");
            assert_eq!(write("n", bad, "t"), Err(ComposeError::Control("Subject")), "{bad:?}");
        }
        for bad in ["a\rb", "a\0b", "a\u{1b}[31m"] {
            assert_eq!(write("n", "s", bad), Err(ComposeError::Control("text")), "{bad:?}");
        }
    }
}
