//! What can be asked over the control socket.

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::credential::Secret;
use crate::directory::Decision;
use crate::language::Language;
use crate::name::Label;
use crate::provisioning::Act;
pub use crate::provisioning::Manner;

use super::caller::Origin;
use super::{audit, province};

/// One request with all that its execution depends on.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// In which messages are written.
    pub language: Language,
    /// Where the asking program was started from, as it says.
    #[serde(default)]
    pub origin: Origin,
    /// What is asked.
    pub request: Request,
    /// Messages that the request tells of, one behind the other; they travel behind its frame.
    #[serde(skip)]
    pub octets: Vec<u8>,
}

/// What is asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// `status`
    Status,
    /// `check`: the part that needs the database.
    Check,
    /// `unit list`
    UnitList,
    /// `unit show CODE`
    UnitShow(String),
    /// `staff list`
    StaffList,
    /// `staff show WHO`
    StaffShow(String),
    /// `mailbox list`
    MailboxList,
    /// `mailbox show ADDRESS`
    MailboxShow(Address),
    /// `mailbox manifest ADDRESS`
    MailboxManifest(Address),
    /// `decision list`
    DecisionList,
    /// `mailbox rights [ADDRESS]`
    MailboxRights(Option<Address>),
    /// `mailbox device list ADDRESS`
    MailboxDevices(Address),
    /// `decision show NO`
    DecisionShow(Label),
    /// `decision cancel NO`
    DecisionCancel {
        /// Which.
        number: Label,
        /// For the audit.
        note: Option<String>,
        /// Whether it is done.
        manner: Manner,
    },
    /// `province …`
    Province(province::Ask),
    /// `audit …`
    Audit(audit::Ask),
    /// `guide WHO`
    Guide(String),
    /// `hr …`
    Hr(Box<super::hr::Ask>),
    /// `request …`
    Requested(super::requested::Ask),
    /// `incident …`
    Incident(super::incident::Ask),
    /// `share …`
    Share(super::share::Ask),
    /// `report`
    Report(super::report::Ask),
    /// `work …`
    Work(super::work::Ask),
    /// `queue …`
    Queue(super::queue::Ask),
    /// `dkim …`
    Dkim(super::dkim::Ask),
    /// `dns …`
    Dns(super::dns::Ask),
    /// `backup TO`
    Backup(std::path::PathBuf),
    /// `mailbox export`, `import`, `restore`
    Mail(super::mail::Ask),
    /// Everything that changes something.
    Act(Box<Asked>),
}

/// An act and how it is asked for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Asked {
    /// What is to be done.
    pub act: Act,
    /// The paper it rests on.
    pub decision: Option<Decision>,
    /// The password to set, where the act sets one and it is not to be made.
    #[serde(with = "password")]
    pub password: Option<Secret>,
    /// For the audit.
    pub note: Option<String>,
    /// Whether it is done, or only what would be done is told.
    pub manner: Manner,
    /// The form of the slip or of the minutes, where the act makes any.
    pub slip: SlipForm,
}

/// The form of what is printed for people to keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SlipForm {
    /// Plain text.
    Text,
    /// A page to be printed.
    Html,
}

/// A password is shown in full in one place: the frame that carries it to the daemon of the same owner.
mod password {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::credential::Secret;

    #[allow(clippy::ref_option, reason = "the signature is serde's")]
    pub(super) fn serialize<S: Serializer>(secret: &Option<Secret>, serializer: S) -> Result<S::Ok, S::Error> {
        secret.as_ref().map(Secret::expose).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| Secret::parse(&text)).transpose().map_err(D::Error::custom)
    }
}
