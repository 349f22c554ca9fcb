//! What the configuration says about acts on people and mailboxes (R29).

use serde::{Deserialize, Serialize};

use crate::credential::Policy;
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
