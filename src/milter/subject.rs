//! What filters are told about a message, beside the message: the data of the steps, and the macros that go with them.

use std::net::{IpAddr, SocketAddr};

use super::syntax::Step;
use crate::address::Address;
use crate::mime::Field;

/// How a message came in.
#[derive(Clone, Debug)]
pub struct Subject<'a> {
    /// What finds it in the log.
    pub id: &'a str,
    /// This server.
    pub hostname: &'a str,
    /// Where it comes from.
    pub peer: SocketAddr,
    /// What the client calls itself.
    pub hello: &'a str,
    /// TLS version and cipher suite; none in clear.
    pub cipher: Option<&'a str>,
    /// Who is logged in.
    pub login: Option<&'a Address>,
    /// The sender; none is the null one.
    pub from: Option<&'a Address>,
    /// The recipients.
    pub to: Vec<&'a Address>,
}

impl Subject<'_> {
    /// What is known with a step: names as Sendmail and Postfix have them.
    pub(super) fn macros(&self, step: Step) -> Vec<u8> {
        let mut text = Vec::new();
        let mut put = |name: &str, value: &str| {
            text.extend_from_slice(name.as_bytes());
            text.push(0);
            text.extend(value.bytes().filter(|byte| *byte != 0));
            text.push(0);
        };
        match step {
            Step::Connect => {
                put("j", self.hostname);
                put("{daemon_name}", self.hostname);
                put("v", concat!("hopthu ", env!("CARGO_PKG_VERSION")));
            }
            Step::Hello => {
                if let Some((version, cipher)) = self.cipher.and_then(|cipher| cipher.split_once(' ')) {
                    // rustls writes TLSv1_3.
                    put("{tls_version}", &version.replace('_', "."));
                    put("{cipher}", cipher);
                }
            }
            Step::Sender => {
                put("i", self.id);
                put("{client_addr}", &self.peer.ip().to_canonical().to_string());
                put("{client_port}", &self.peer.port().to_string());
                if let Some(login) = self.login {
                    put("{auth_authen}", &login.to_string());
                }
                put("{mail_addr}", &self.from.map(ToString::to_string).unwrap_or_default());
            }
            Step::Data | Step::EndOfHeader | Step::End => put("i", self.id),
            Step::Recipient | Step::Field | Step::Body => {}
        }
        text
    }

    /// ```abnf
    /// connect = name %x00 ( "4" / "6" ) port string   ; port = 2OCTET
    /// ```
    /// Nobody looks up the client's name, so it stands for itself as an address.
    pub(super) fn connect(&self) -> Vec<u8> {
        let address = self.peer.ip().to_canonical();
        let family = if matches!(address, IpAddr::V4(_)) { b"4" } else { b"6" };
        let (name, address) = (format!("[{address}]\0"), format!("{address}\0"));
        [name.as_bytes(), family, &self.peer.port().to_be_bytes(), address.as_bytes()].concat()
    }

    /// How it greeted.
    pub(super) fn hello(&self) -> Vec<u8> {
        format!("{}\0", self.hello).into_bytes()
    }
}

/// The sender, or nobody, in angle brackets.
pub(super) fn sender(from: Option<&Address>) -> Vec<u8> {
    format!("<{}>\0", from.map(ToString::to_string).unwrap_or_default()).into_bytes()
}

/// A recipient in angle brackets.
pub(super) fn recipient(to: &Address) -> Vec<u8> {
    format!("<{to}>\0").into_bytes()
}

/// What is known with it.
pub(super) fn recipient_macro(to: &Address) -> Vec<u8> {
    format!("{{rcpt_addr}}\0{to}\0").into_bytes()
}

/// ```abnf
/// header = string string   ; name, and value with LF where it is folded
/// ```
/// Of a value that is longer than a packet the filter sees the beginning.
pub(super) fn field(field: &Field<'_>, leading_space: bool, max: usize) -> Vec<u8> {
    let value = if leading_space { field.value } else { field.value.trim_ascii_start() };
    let value = value.trim_ascii_end();
    let room = max.saturating_sub(field.name.len() + 2);
    let plain = value.iter().filter(|byte| !matches!(byte, b'\r' | 0)).take(room);
    let mut data = field.name.get(..field.name.len().min(max)).unwrap_or_default().to_vec();
    data.push(0);
    data.extend(plain);
    data.push(0);
    data
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::mime::fields;

    #[test]
    fn a_field_keeps_its_folds_and_loses_its_end() {
        let one = fields(b"Subject:  a\r\n b\r\n").next().unwrap();
        assert_eq!(field(&one, true, 100), b"Subject\0  a\n b\0");
        assert_eq!(field(&one, false, 100), b"Subject\0a\n b\0");
        assert_eq!(field(&one, false, 11), b"Subject\0a\n\0");
    }

    #[test]
    fn an_ipv4_client_is_one_however_it_connected() {
        let subject = Subject {
            id: "x",
            hostname: "mail.x.vn",
            peer: "[::ffff:192.0.2.1]:258".parse().unwrap(),
            hello: "y",
            cipher: Some("TLSv1_3 AES"),
            login: None,
            from: None,
            to: Vec::new(),
        };
        assert_eq!(subject.connect(), b"[192.0.2.1]\x004\x01\x02192.0.2.1\0");
        assert_eq!(sender(subject.from), b"<>\0");
        assert_eq!(subject.macros(Step::Hello), b"{tls_version}\0TLSv1.3\0{cipher}\0AES\0");
    }
}
