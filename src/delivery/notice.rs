//! What senders are told of their mail: failed, delayed, relayed, delivered (RFC 3461 §6, RFC 3464).

use std::fmt::Write;

use jiff::{Timestamp, ZonedDateTime};

use crate::address::Address;
use crate::limits;
use crate::mime::compose::{ComposeError, Note, Party};
use crate::mime::report::{Original, Report};
use crate::mime::thread;
use crate::queue::{Reason, RecipientDsn};
use crate::text::printable;

/// What a notice tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// Nothing more is tried.
    Failed,
    /// It is being tried; until when.
    Delayed(Timestamp),
    /// It waits for the administrator, because its sender sent more than they may (R21).
    Held,
    /// The next server has it, and does not tell of deliveries.
    Relayed,
    /// It is in the mailbox.
    Delivered,
}

/// A notice to whoever sent a message.
pub(super) struct Notice<'a> {
    pub(super) event: Event,
    /// Who sent the message.
    pub(super) to: &'a Address,
    /// Who tells.
    pub(super) from: Party<'a>,
    /// The server that tells.
    pub(super) hostname: &'a str,
    /// ENVID.
    pub(super) envid: Option<&'a str>,
    /// When the message was accepted.
    pub(super) arrival: Timestamp,
    /// Whom it is about; one at least.
    pub(super) recipients: &'a [(&'a Address, &'a RecipientDsn, Reason)],
    /// What comes back of the message.
    pub(super) original: Original<'a>,
    /// Now.
    pub(super) date: &'a ZonedDateTime,
    /// See [`Note::unique`].
    pub(super) unique: &'a str,
}

impl Event {
    /// Subject and first lines, in both languages.
    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Failed => (
                "Thư không gửi được / Mail could not be delivered",
                "Thư của bạn không gửi được đến những người nhận sau, và sẽ không được gửi lại.",
                "Your message could not be delivered to these recipients, and will not be tried again.",
            ),
            Self::Delayed(_) => (
                "Thư chưa gửi được / Mail is delayed",
                "Thư của bạn chưa gửi được đến những người nhận sau. Máy chủ đang thử lại, bạn không cần gửi lại thư.",
                "Your message has not been delivered to these recipients yet. It is tried again; you need not send it again.",
            ),
            Self::Held => (
                "Thư đang chờ cho phép / Mail is held",
                "Bạn đã gửi nhiều hơn mức cho phép, nên thư này và những thư tiếp theo được giữ lại đến khi quản trị mạng cho \
                 gửi. Bạn không cần gửi lại thư. Nếu bạn không gửi thư này, hãy báo ngay cho Văn phòng và đổi mật khẩu.",
                "You have sent more than you may, so this message and those that follow are held until the administrator lets \
                 them go. You need not send them again. If you did not send it, tell the Office at once and change your \
                 password.",
            ),
            Self::Relayed => (
                "Thư đã chuyển đi / Mail was relayed",
                "Thư của bạn đã được giao cho máy chủ tiếp theo. Máy chủ đó không báo khi thư tới nơi.",
                "Your message was given to the next server, which does not tell of its delivery.",
            ),
            Self::Delivered => (
                "Thư đã tới hộp thư / Mail was delivered",
                "Thư của bạn đã tới hộp thư của những người nhận sau.",
                "Your message was delivered to these recipients.",
            ),
        }
    }

    fn action(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Delayed(_) | Self::Held => "delayed",
            Self::Relayed => "relayed",
            Self::Delivered => "delivered",
        }
    }
}

impl Notice<'_> {
    /// Writes it.
    pub(super) fn write(&self) -> Result<Vec<u8>, ComposeError> {
        let (subject, vi, en) = self.event.words();
        let mut text = format!("{vi}\n\n{en}\n\n");
        for (address, _, Reason { text: said, host, .. }) in self.recipients {
            // Writing to a String cannot fail.
            let _ = match host {
                Some(host) => writeln!(text, "  {address}\n    {host}: {}", plain(said)),
                None => writeln!(text, "  {address}\n    {}", plain(said)),
            };
        }
        if let Event::Delayed(until) = self.event {
            let until = until.to_zoned_datetime(self.date.time_zone().clone());
            let until = until.strftime("%d/%m/%Y %H:%M");
            let _ = writeln!(text, "\nMáy chủ thử lại đến / It is tried until {until}.");
        }
        let thread = match self.original {
            Original::Whole(bytes) | Original::Header(bytes) => thread(bytes),
        };
        let status = self.status();
        let note = Note {
            from: self.from,
            to: &[Party { name: "", address: self.to }],
            subject,
            text: &text,
            html: None,
            date: self.date,
            unique: self.unique,
        };
        Report { note, status: &status, original: self.original, thread: &thread }.write()
    }

    /// RFC 3464 §2.2 and §2.3.
    fn status(&self) -> Vec<Vec<(&'static str, String)>> {
        let zone = self.date.time_zone();
        let time = |at: Timestamp| jiff::fmt::rfc2822::to_string(&at.to_zoned_datetime(zone.clone())).ok();
        let mut message = vec![("Reporting-MTA", format!("dns; {}", self.hostname))];
        message.extend(self.envid.map(|id| ("Original-Envelope-Id", id.to_owned())));
        message.extend(time(self.arrival).map(|date| ("Arrival-Date", date)));
        let mut groups = vec![message];
        for (address, dsn, reason) in self.recipients {
            let kind = if address.is_ascii() { "rfc822" } else { "utf-8" };
            let mut group = Vec::new();
            group.extend(dsn.orcpt.clone().map(|original| ("Original-Recipient", original.replacen(';', "; ", 1))));
            group.push(("Final-Recipient", format!("{kind}; {address}")));
            group.push(("Action", self.event.action().to_owned()));
            group.push(("Status", reason.status.clone()));
            group.extend(reason.host.as_ref().map(|host| ("Remote-MTA", format!("dns; {host}"))));
            let said = plain(&reason.text);
            group.extend(reason.host.as_ref().map(|_| ("Diagnostic-Code", format!("smtp; {said}"))));
            group.extend(time(self.date.timestamp()).map(|date| ("Last-Attempt-Date", date)));
            if let Event::Delayed(until) = self.event {
                group.extend(time(until).map(|date| ("Will-Retry-Until", date)));
            }
            groups.push(group);
        }
        groups
    }
}

/// What another server said, on one line that nothing can break out of.
fn plain(said: &str) -> String {
    let plain = |c: char| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c };
    printable(said).chars().map(plain).take(limits::RELAY_SAID_CHARS_MAX).collect()
}

/// What comes back of a message of which this is the beginning: all, where it is small and the sender did not ask for
/// the header only.
pub(super) fn original(beginning: &[u8], size: u64, header_only: bool) -> Original<'_> {
    let whole = size <= beginning.len() as u64;
    if whole && !header_only {
        return Original::Whole(beginning);
    }
    let end = memchr::memmem::find(beginning, b"\r\n\r\n").map(|at| at + 2);
    // A header that is cut ends with a line.
    let cut = || memchr::memmem::rfind(beginning, b"\r\n").map_or(0, |at| at + 2);
    Original::Header(beginning.get(..end.unwrap_or_else(cut)).unwrap_or_default())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::mime::{is_automatic, summarise};

    fn notice(event: Event, original: Original<'_>, said: &str) -> String {
        let address = |text: &str| Address::parse(text).unwrap();
        let (me, them, daemon) = (address("daont@x.vn"), address("ai@y.vn"), address("postmaster@x.vn"));
        let reason = Reason { status: "5.1.1".into(), text: said.into(), host: Some("mx.y.vn".into()) };
        let dsn = RecipientDsn { notify: None, orcpt: Some("rfc822;ai+2B@y.vn".into()) };
        let notice = Notice {
            event,
            to: &me,
            from: Party { name: "", address: &daemon },
            hostname: "mail.x.vn",
            envid: Some("e1"),
            arrival: Timestamp::UNIX_EPOCH,
            recipients: &[(&them, &dsn, reason)],
            original,
            date: &Timestamp::UNIX_EPOCH.to_zoned_datetime(TimeZone::UTC),
            unique: "notice.1",
        };
        String::from_utf8(notice.write().unwrap()).unwrap()
    }

    #[test]
    fn a_failure_is_told_to_people_and_to_programs() {
        let original = b"Message-ID: <1@x>\r\nSubject: Hi\r\n\r\ntext\r\n";
        let text = notice(Event::Failed, Original::Whole(original), "550 no such user");
        for line in [
            "Reporting-MTA: dns; mail.x.vn",
            "Original-Envelope-Id: e1",
            "Original-Recipient: rfc822; ai+2B@y.vn",
            "Final-Recipient: rfc822; ai@y.vn",
            "Action: failed",
            "Status: 5.1.1",
            "Remote-MTA: dns; mx.y.vn",
            "Diagnostic-Code: smtp; 550 no such user",
            "Content-Type: message/rfc822",
            "In-Reply-To: <1@x>",
            "References: <1@x>",
            "Auto-Submitted: auto-replied",
        ] {
            assert!(text.contains(&format!("\r\n{line}\r\n")), "{line} in {text}");
        }
        assert!(is_automatic(text.as_bytes()));
        let structure = String::from_utf8(summarise(text.as_bytes()).structure).unwrap().to_lowercase();
        assert!(structure.contains("\"report\" (\"report-type\" \"delivery-status\""), "{structure}");
        assert!(structure.contains("\"message\" \"delivery-status\""), "{structure}");
    }

    #[test]
    fn nothing_that_a_server_said_adds_a_line() {
        let text = notice(Event::Failed, Original::Header(b"A: b\r\n"), "550 a\r\nAction: delivered\u{1b}[31m\u{2028}");
        assert!(!text.contains("\r\nAction: delivered") && !text.contains('\u{1b}'), "{text}");
        assert!(text.contains("Content-Type: text/rfc822-headers"), "{text}");
    }

    #[test]
    fn what_is_large_comes_back_as_its_header() {
        let message = b"A: b\r\nC: d\r\n\r\ntext\r\n";
        assert!(matches!(original(message, 20, false), Original::Whole(_)));
        assert!(matches!(original(message, 9000, false), Original::Header(b"A: b\r\nC: d\r\n")));
        assert!(matches!(original(message, 20, true), Original::Header(b"A: b\r\nC: d\r\n")));
        assert!(matches!(original(b"A: b\r\nC: d", 9000, false), Original::Header(b"A: b\r\n")));
    }
}
