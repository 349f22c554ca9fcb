//! What can be asked for: one value per command, as the command line and the control socket carry it.

use serde::{Deserialize, Serialize};

use crate::directory::{DecisionKind, Place, Reach, UnitKind};
use crate::name::{Label, LocalPart, PersonName};

/// An act. Whom it is about is told by address, staff code or unambiguous full name, and looked up when it is planned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum Act {
    /// The department's own mailbox, once, before everything else.
    FoundDepartment(FoundDepartment),
    /// A unit with its mailbox.
    CreateUnit(CreateUnit),
    /// A person joins (R13).
    Hire(Hire),
    /// A person may not log in for a while (R9).
    Suspend {
        /// Whom.
        who: String,
    },
    /// A suspended person may log in again (R9).
    Resume {
        /// Whom.
        who: String,
    },
    /// A new password (R10, R17).
    SetPassword {
        /// For whom.
        who: String,
    },
}

/// The department's own mailbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundDepartment {
    /// The part before `@` of its address, `sotuphap`.
    pub address: LocalPart,
    /// Whether it is to have an address at the province's domain too.
    pub registration: Registration,
}

/// A unit with its mailbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateUnit {
    /// Short name; also the part before `@` of its address.
    pub code: LocalPart,
    /// Full name.
    pub name: Label,
    /// What sort.
    pub kind: UnitKind,
    /// On the network or not.
    pub place: Place,
    /// The code of the unit it belongs to.
    pub parent: Option<String>,
}

/// A person joins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hire {
    /// Full name.
    pub name: PersonName,
    /// The code of the unit.
    pub unit: String,
    /// Position.
    pub position: Option<Label>,
    /// The personnel office's own number.
    pub staff_code: Option<Label>,
    /// The part before `@`, where the rule is not to choose it.
    pub address: Option<LocalPart>,
    /// Octets of mail, where the configuration's default is not meant.
    pub quota_bytes: Option<u64>,
    /// How far mail may go (R27).
    pub reach: Reach,
    /// Whether an address at the province's domain is wanted (R4).
    pub registration: Registration,
    /// What becomes of the first password.
    pub first_password: FirstPassword,
}

/// Whether a mailbox is to be registered with the province (R4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Registration {
    /// In the next change file.
    Wanted,
    /// Not at all.
    None,
}

/// What becomes of the first password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FirstPassword {
    /// The holder must change it (R10).
    ToBeChanged,
    /// It may stay: the sample department's.
    MayStay,
}

impl Act {
    /// The stable name of what is done, also a decision's kind.
    pub fn kind(&self) -> DecisionKind {
        let kind = match self {
            Self::FoundDepartment(_) => "department.found",
            Self::CreateUnit(_) => "unit.create",
            Self::Hire(_) => "staff.hire",
            Self::Suspend { .. } => "staff.suspend",
            Self::Resume { .. } => "staff.resume",
            Self::SetPassword { .. } => "staff.passwd",
        };
        DecisionKind(kind.to_owned())
    }
}
