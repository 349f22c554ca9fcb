//! The trace field that is put on top of every message: RFC 5321 §4.4.

use std::net::IpAddr;

use jiff::ZonedDateTime;
use jiff::fmt::rfc2822;
use serde::Deserialize;

use super::session::Hello;
use crate::address::Address;

/// What is told of the machine that somebody of ours sends from: its address says where in the office, or at which home,
/// they sit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SenderTrace {
    /// Its address and name, as of every client.
    #[default]
    Address,
    /// Nothing.
    Nothing,
}

/// What a `Received` field tells.
pub struct Received<'a> {
    /// How the client greeted.
    pub hello: Option<&'a Hello>,
    /// Where it connected from; `None` where that is not to be told.
    pub peer: Option<IpAddr>,
    /// This server.
    pub hostname: &'a str,
    /// TLS version and cipher, if there was TLS.
    pub cipher: Option<&'a str>,
    /// Whether somebody was logged in.
    pub logged_in: bool,
    /// Whether the envelope was internationalised.
    pub smtputf8: bool,
    /// What finds the message in the log.
    pub id: &'a str,
    /// The recipient if there is only one: of several, none should learn of the others.
    pub recipient: Option<&'a Address>,
    /// When it came in.
    pub date: &'a ZonedDateTime,
}

impl Received<'_> {
    /// The field with its line end, folded.
    pub fn field(&self) -> String {
        let from = self.peer.map(|peer| self.from(peer)).unwrap_or_default();
        let tls = self.cipher.map(|cipher| format!("\r\n\t({cipher})")).unwrap_or_default();
        let to = self.recipient.map(|recipient| format!("\r\n\tfor <{recipient}>")).unwrap_or_default();
        // A year beyond 9999 is the one thing this format cannot say.
        let date = rfc2822::to_string(self.date).unwrap_or_default();
        format!(
            "Received: {from}{tls}\r\n\tby {} with {} id {}{to};\r\n\t{date}\r\n",
            self.hostname,
            self.protocol(),
            self.id
        )
    }

    fn from(&self, peer: IpAddr) -> String {
        let peer = match peer.to_canonical() {
            IpAddr::V4(v4) => format!("[{v4}]"),
            IpAddr::V6(v6) => format!("[IPv6:{v6}]"),
        };
        let name = self.hello.map(|hello| hello.name.as_str()).filter(|name| is_plain(name)).unwrap_or(&peer);
        format!("from {name} ({peer})")
    }

    /// RFC 3848, and RFC 6531 §4.3 for internationalised mail.
    fn protocol(&self) -> &'static str {
        let extended = self.hello.is_some_and(|hello| hello.extended);
        match (self.smtputf8, extended, self.cipher.is_some(), self.logged_in) {
            (false, false, _, _) => "SMTP",
            (false, true, false, false) => "ESMTP",
            (false, true, true, false) => "ESMTPS",
            (false, true, false, true) => "ESMTPA",
            (false, true, true, true) => "ESMTPSA",
            (true, _, false, false) => "UTF8SMTP",
            (true, _, true, false) => "UTF8SMTPS",
            (true, _, false, true) => "UTF8SMTPA",
            (true, _, true, true) => "UTF8SMTPSA",
        }
    }
}

/// Whether a client's name can stand in the field as it is: others could end it, or begin a comment.
fn is_plain(name: &str) -> bool {
    let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    !address.is_empty() && address.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_:".contains(&byte))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::smtp::syntax::{Command, command};
    use jiff::tz::TimeZone;

    fn field(name: &str, recipient: Option<&Address>) -> String {
        let Ok(Command::Ehlo(name)) = command(format!("EHLO {name}").as_bytes()) else { panic!("{name}") };
        let date = jiff::Timestamp::UNIX_EPOCH.to_zoned_datetime(TimeZone::UTC);
        let (hello, peer) = (Hello { name, extended: true }, Some("10.0.0.9".parse().unwrap()));
        let (hello, cipher) = (Some(&hello), Some("TLSv1_3 X"));
        let (logged_in, smtputf8) = (true, false);
        Received { hello, peer, hostname: "h", cipher, logged_in, smtputf8, id: "7", recipient, date: &date }.field()
    }

    #[test]
    fn a_field_tells_where_a_message_came_from() {
        let to = Address::parse("a@x.vn").unwrap();
        assert_eq!(
            field("pc.x.vn", Some(&to)),
            "Received: from pc.x.vn ([10.0.0.9])\r\n\t(TLSv1_3 X)\r\n\tby h with ESMTPSA id 7\r\n\tfor <a@x.vn>;\r\n\t\
             Thu, 1 Jan 1970 00:00:00 +0000\r\n"
        );
    }

    #[test]
    fn a_name_that_could_be_read_as_more_is_left_out() {
        for name in ["x(y", "a;b", "máy", "[a]b]"] {
            assert!(field(name, None).starts_with("Received: from [10.0.0.9] ([10.0.0.9])"), "{name}");
        }
    }
}
