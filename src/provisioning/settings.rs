//! What the configuration says about acts on people and mailboxes (R29).

use serde::{Deserialize, Serialize};

use crate::credential::Policy;
use crate::language::Language;
use crate::name::NameRule;

/// The numbers and names that rules use.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The department's name, as it signs.
    pub organisation: String,
    /// How a name becomes an address.
    pub name_rule: NameRule,
    /// What a new password must be.
    pub passwords: Policy,
    /// Octets that a new mailbox may hold.
    pub quota_bytes: u64,
    /// What mail programs are to be told.
    pub client: ClientSettings,
}

/// What a person types into a mail program (R10).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientSettings {
    /// Reading mail.
    pub imap: Endpoint,
    /// Sending mail.
    pub submission: Endpoint,
}

/// A server of a mail program's settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Its name, which is also in its certificate.
    pub host: String,
    /// The port; TLS from the first octet on (RFC 8314).
    pub port: u16,
}

impl ClientSettings {
    /// The settings as labels and values: on the slip, in the welcome message, in the guide.
    pub fn rows(&self, language: Language) -> Vec<(&'static str, String)> {
        let (imap, submission, port) = match language {
            Language::Vi => ("Nhận thư (IMAP)", "Gửi thư (SMTP)", "cổng"),
            Language::En => ("Incoming mail (IMAP)", "Outgoing mail (SMTP)", "port"),
        };
        let server = |endpoint: &Endpoint| format!("{}, {port} {}, SSL/TLS", endpoint.host, endpoint.port);
        vec![(imap, server(&self.imap)), (submission, server(&self.submission))]
    }
}

/// Labels and values in two columns, a line each.
pub(super) fn aligned(rows: &[(&str, String)]) -> String {
    let width = rows.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0);
    rows.iter().fold(String::new(), |text, (label, value)| text + &format!("{label:width$}  {value}\n"))
}
