//! What somebody is told who writes to a mailbox that was closed: whom to write to instead (R15).

use jiff::ZonedDateTime;

use crate::address::Address;
use crate::limits;
use crate::mime::compose::{ComposeError, Note, Party};
use crate::mime::{fields, thread};

/// An answer by rule: RFC 3834.
pub(super) struct Answer<'a> {
    /// The closed mailbox.
    pub(super) closed: Party<'a>,
    /// Who took over.
    pub(super) successor: Option<&'a Address>,
    /// Who wrote.
    pub(super) writer: &'a Address,
    /// What they wrote.
    pub(super) message: &'a [u8],
    pub(super) date: &'a ZonedDateTime,
    /// See [`Note::unique`].
    pub(super) unique: &'a str,
}

impl Answer<'_> {
    /// Writes it: Vietnamese first, then English.
    pub(super) fn write(&self) -> Result<Vec<u8>, ComposeError> {
        let Party { name, address } = self.closed;
        let (vi, en) = match self.successor {
            Some(successor) => {
                (format!("Từ nay xin gửi thư tới {successor}."), format!("Please write to {successor} from now on."))
            }
            None => ("Xin liên hệ Văn phòng.".to_owned(), "Please ask the Office whom to write to.".to_owned()),
        };
        let text = format!(
            "Hộp thư {address} của {name} không còn được sử dụng. {vi}\n\
             Thư của bạn đã được lưu trong hộp thư này, nhưng không còn ai đọc ở đây.\n\n\
             The mailbox {address} of {name} is no longer in use. {en}\n\
             Your message was put into it, but nobody reads it there.\n",
        );
        let subject = format!("Auto: {}", subject(self.message));
        let note = Note {
            from: self.closed,
            to: &[Party { name: "", address: self.writer }],
            // RFC 3834 §3.1.5
            subject: subject.trim_end(),
            text: &text,
            html: None,
            date: self.date,
            unique: self.unique,
        };
        note.write_answer(&thread(self.message))
    }
}

/// The subject that is answered, on one line.
pub(super) fn subject(message: &[u8]) -> String {
    let subject = fields(message).find(|field| field.is("Subject")).map(|field| field.text());
    let plain = |c: &char| !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}');
    subject.unwrap_or_default().chars().filter(plain).take(limits::ANSWERED_SUBJECT_CHARS_MAX).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use jiff::Timestamp;
    use jiff::tz::TimeZone;

    use super::*;
    use crate::mime::{body_text, header_text, is_automatic};

    fn answer(message: &str, successor: Option<&str>) -> String {
        let address = |text: &str| Address::parse(text).unwrap();
        let (closed, writer) = (address("daont@x.vn"), address("binhdx@x.vn"));
        let successor = successor.map(address);
        let answer = Answer {
            closed: Party { name: "Nguyễn Thị Đào", address: &closed },
            successor: successor.as_ref(),
            writer: &writer,
            message: message.as_bytes(),
            date: &Timestamp::UNIX_EPOCH.to_zoned_datetime(TimeZone::UTC),
            unique: "answer-1.2",
        };
        String::from_utf8(answer.write().unwrap()).unwrap()
    }

    #[test]
    fn it_says_whom_to_write_to_and_is_no_message_to_answer() {
        let message = "Subject: =?utf-8?Q?H=E1=BB=8Fi?=\r\nMessage-ID: <b@x>\r\nReferences: <a@x>\r\n\r\n";
        let text = answer(message, Some("huedt@x.vn"));
        assert!(is_automatic(text.as_bytes()) && text.contains("Auto-Submitted: auto-replied\r\n"), "{text}");
        let thread = thread(text.as_bytes());
        assert_eq!(thread.references, ["a@x", "b@x"]);
        assert!(text.contains("In-Reply-To: <b@x>\r\n"), "{text}");
        let found = header_text(text.as_bytes()) + &body_text(text.as_bytes());
        for part in ["auto: hoi", "tu nay xin gui thu toi huedt@x.vn", "please write to huedt@x.vn from now on"] {
            assert!(found.contains(part), "{part}: {found}");
        }
    }

    #[test]
    fn nothing_that_was_written_breaks_it() {
        for message in ["", "Subject: =?utf-8?Q?a=0D=0AB:_c=00?=\r\n\r\n", "Subject: \r\nMessage-ID: <>\r\n\r\n"] {
            let text = answer(message, None);
            assert!(!text.contains("\r\nB:") && text.contains("Subject: ") && text.contains("Auto:"), "{text}");
        }
        let long = answer(&format!("Subject: {}\r\n\r\n", "ờ".repeat(100_000)), None);
        assert!(long.len() < 5000, "{}", long.len());
    }
}
