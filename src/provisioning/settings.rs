//! What the configuration says about acts on people and mailboxes (R29).

use serde::{Deserialize, Serialize};

use super::items::Terms;
use crate::credential::Policy;
use crate::directory::TreatmentKind;
use crate::language::Language;
use crate::name::NameRule;
use crate::period::Period;

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
    /// Whether acts on people and units need an approved request.
    pub requests: Requests,
    /// What becomes of mailboxes whose holder leaves.
    pub departure: Departure,
    /// By when what units are written is to be dealt with.
    pub work: Terms,
    /// What mail programs are to be told.
    pub client: ClientSettings,
}

/// Whether acts on people and units need a request that the Office approved (R12).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Requests {
    /// They may have one.
    #[default]
    Optional,
    /// They are refused without.
    Required,
}

/// What becomes of mailboxes whose holder leaves (R15): grace by position, as the ministry's rule 652/QĐ-BTTTT has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Departure {
    /// How long a mailbox stays closed before it is archived and removed.
    pub grace: Period,
    /// The same for those who led the department.
    pub grace_leaders: Period,
    /// What becomes of new mail, where the decision does not say.
    pub treatment: TreatmentKind,
    /// How long an address rests after its mailbox is removed (R3).
    pub quarantine: Period,
}

impl Default for Departure {
    fn default() -> Self {
        Self {
            grace: Period::months(6),
            grace_leaders: Period::months(12),
            treatment: TreatmentKind::Reply,
            quarantine: Period::months(24),
        }
    }
}

/// What a person types into a mail program (R10).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientSettings {
    /// Reading mail.
    pub imap: Endpoint,
    /// Sending mail.
    pub submission: Endpoint,
    /// Where people change their passwords, as a URL; none where that page is closed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub page: Option<String>,
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
    /// What mail programs are told, as labels and values.
    pub fn servers(&self, language: Language) -> Vec<(&'static str, String)> {
        let (imap, submission, port) = match language {
            Language::Vi => ("Nhận thư (IMAP)", "Gửi thư (SMTP)", "cổng"),
            Language::En => ("Incoming mail (IMAP)", "Outgoing mail (SMTP)", "port"),
        };
        let server = |endpoint: &Endpoint| format!("{}, {port} {}, SSL/TLS", endpoint.host, endpoint.port);
        vec![(imap, server(&self.imap)), (submission, server(&self.submission))]
    }

    /// The same and where the password is changed: on the slip, in the welcome message, in the guide.
    pub fn rows(&self, language: Language) -> Vec<(&'static str, String)> {
        let label = match language {
            Language::Vi => "Đổi mật khẩu tại",
            Language::En => "Change the password at",
        };
        let mut rows = self.servers(language);
        rows.extend(self.page.clone().map(|page| (label, page)));
        rows
    }
}

/// Labels and values in two columns, a line each.
pub(super) fn aligned(rows: &[(&str, String)]) -> String {
    let width = rows.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0);
    rows.iter().fold(String::new(), |text, (label, value)| text + &format!("{label:width$}  {value}\n"))
}
