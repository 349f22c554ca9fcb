//! What can be asked for: one value per command, as the command line and the control socket carry it.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::acl::Acl;
use crate::address::Address;
use crate::credential::Bond;
use crate::directory::{DecisionKind, Owner, Place, Province, Reach, Rights, Snapshot, Treatment, UnitKind};
use crate::id::{AddressId, FolderId, MailboxId};
use crate::name::{Label, LocalPart, PersonName};
use crate::period::Period;

/// An act. Whom it is about is told by address, staff code or unambiguous full name, and looked up when it is planned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum Act {
    /// The department's own mailbox, once, before everything else.
    FoundDepartment(FoundDepartment),
    /// A unit with its mailbox.
    CreateUnit(CreateUnit),
    /// A unit's name or code changes.
    RenameUnit(RenameUnit),
    /// A unit goes over into another, with everything it has.
    MergeUnit {
        /// The code of the one that ends.
        code: String,
        /// The code of the one that goes on.
        into: String,
    },
    /// Some of a unit's people make a new one.
    SplitUnit(SplitUnit),
    /// A unit ends.
    CloseUnit(CloseUnit),
    /// A unit gets a head, who answers for its mailbox (R24).
    AppointHead {
        /// The unit's code.
        code: String,
        /// Who.
        who: String,
    },
    /// A person joins (R13).
    Hire(Hire),
    /// Somebody who left comes back.
    Reinstate(Reinstate),
    /// A person goes to another unit (R14).
    Transfer(Transfer),
    /// A person's position changes.
    Promote {
        /// Whose.
        who: String,
        /// What it becomes.
        position: Label,
    },
    /// A person's name changes, or was written wrongly.
    Rename(Rename),
    /// A person leaves (R15).
    Depart(Depart),
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
    /// A password was leaked: everything that opens the mailbox ends, and a new first password is issued (R17).
    Compromised {
        /// Whose.
        who: String,
    },
    /// A password for one device.
    AddDevice {
        /// Whose.
        who: String,
        /// What the device is called.
        device: Label,
    },
    /// A device's password ends.
    RemoveDevice {
        /// Whose.
        who: String,
        /// What the device is called.
        device: Label,
    },
    /// A machine of a unit or the department gets a password (R23).
    AddMachine(AddMachine),
    /// A machine's password ends.
    RemoveMachine {
        /// Of which mailbox.
        mailbox: Address,
        /// What the machine is called.
        device: Label,
    },
    /// A steward lets somebody use a unit's or the department's mailbox (R23, R25).
    Delegate(Delegate),
    /// That ends.
    Revoke {
        /// Which mailbox.
        mailbox: Address,
        /// From whom.
        from: String,
    },
    /// Whoever answered for a unit's or the department's mailbox hands it over (R24, R25).
    HandOver(HandOver),
    /// A folder of a unit's or the department's mailbox is opened to others, or no longer (R5).
    OpenFolder(OpenFolder),
    /// A further address at our domain.
    AddAlias {
        /// Of which mailbox.
        mailbox: Address,
        /// The part before `@`.
        alias: LocalPart,
    },
    /// A further address ends, and rests.
    RemoveAlias {
        /// Which.
        alias: Address,
    },
    /// What a mailbox may hold.
    SetQuota {
        /// Which.
        mailbox: Address,
        /// Octets.
        quota_bytes: u64,
    },
    /// An administrator looks into a mailbox for a while (R20).
    OpenMailbox(OpenMailbox),
    /// An administrator takes all that a mailbox holds out to files (R18, R20).
    ExportMailbox {
        /// Which.
        mailbox: Address,
        /// Why: the owner reads it too.
        reason: Label,
    },
    /// A closed mailbox ends: its grace is over, and what it held is in the archive (R15).
    RemoveMailbox {
        /// Which.
        mailbox: MailboxId,
    },
    /// What the province was told, or answered (R4).
    MarkProvince {
        /// Where each address stands from now on.
        marks: Vec<(AddressId, Province)>,
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

/// A unit's name or code changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenameUnit {
    /// The code it has.
    pub code: String,
    /// The name it gets.
    pub name: Option<Label>,
    /// The code it gets; the address follows, and the old one goes on leading to it.
    pub new_code: Option<LocalPart>,
}

/// Some of a unit's people make a new one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SplitUnit {
    /// The unit they come from.
    pub code: String,
    /// The new one.
    pub new: CreateUnit,
    /// Who goes.
    pub staff: Vec<String>,
}

/// A unit ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloseUnit {
    /// Its code.
    pub code: String,
    /// How long its mailbox stays closed before it is removed; the configuration's time where none is given.
    pub grace: Option<Period>,
    /// What becomes of new mail meanwhile.
    pub treatment: Option<Treatment>,
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

/// Somebody who left comes back, to the mailbox and address of before where they are still there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reinstate {
    /// Who.
    pub who: String,
    /// The code of the unit; that of before where none is given.
    pub unit: Option<String>,
    /// Position.
    pub position: Option<Label>,
    /// What becomes of the first password.
    pub first_password: FirstPassword,
}

/// A person goes to another unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    /// Who.
    pub who: String,
    /// The code of the unit.
    pub to: String,
    /// Position there, where it changes.
    pub position: Option<Label>,
    /// Who takes over what they are head of.
    pub handover_to: Option<String>,
}

/// A person's name changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rename {
    /// Who.
    pub who: String,
    /// What it becomes.
    pub name: PersonName,
    /// A new part before `@`, where the address is to follow; the old address goes on leading to them.
    pub address: Option<LocalPart>,
}

/// A person leaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Depart {
    /// Who.
    pub who: String,
    /// Why.
    pub reason: DepartReason,
    /// Who takes over what they are head of.
    pub handover_to: Option<String>,
    /// How long the mailbox stays closed before it is removed; the configuration's time for the position where none is
    /// given.
    pub grace: Option<Period>,
    /// What becomes of new mail meanwhile; a reply names who took over.
    pub treatment: Option<Treatment>,
}

/// Why a person leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DepartReason {
    /// With a pension (nghỉ hưu).
    Retire,
    /// At their own wish (thôi việc).
    Resign,
    /// To another agency (chuyển công tác).
    MoveOut,
    /// As a punishment (buộc thôi việc).
    Dismiss,
    /// Died (từ trần).
    Die,
}

/// A machine gets a password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddMachine {
    /// Of which mailbox: a unit's or the department's.
    pub mailbox: Address,
    /// What the machine is called.
    pub device: Label,
    /// Where it is and what it does.
    pub bond: Bond,
}

/// A steward lets somebody use a mailbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delegate {
    /// Which mailbox: a unit's or the department's.
    pub mailbox: Address,
    /// Whom.
    pub to: String,
    /// What they may do.
    pub rights: Rights,
    /// From this day; from today where none is given.
    pub from: Option<Date>,
    /// To this day; until it is revoked where none is given.
    pub until: Option<Date>,
}

/// A mailbox is handed over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandOver {
    /// Which mailbox: a unit's or the department's.
    pub mailbox: Address,
    /// Who answered for it.
    pub from: String,
    /// Who does from now on.
    pub to: String,
}

/// A folder is opened to others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenFolder {
    /// Whose folder: a unit's or the department's.
    pub mailbox: Address,
    /// Which.
    pub folder: FolderId,
    /// What it is called, for people.
    pub path: String,
    /// To whom.
    pub to: To,
    /// What they may do from now on; nothing ends it.
    pub rights: Acl,
}

/// Whom a folder is opened to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum To {
    /// A person.
    Staff(String),
    /// Whoever is of the unit of this code.
    Unit(String),
    /// Everybody.
    Anyone,
}

/// An administrator looks into a mailbox for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenMailbox {
    /// Which.
    pub mailbox: Address,
    /// Why: the owner reads it too.
    pub reason: Label,
    /// For how many minutes.
    pub minutes: u32,
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
    /// There is none yet: the Office issues one when somebody is there to take the slip.
    Later,
}

impl DepartReason {
    /// All of them, as they are written on the command line.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::Retire, "retire"),
        (Self::Resign, "resign"),
        (Self::MoveOut, "move-out"),
        (Self::Dismiss, "dismiss"),
        (Self::Die, "die"),
    ];
}

impl Act {
    /// Whether it is for somebody to ask who acts for themselves: of a unit's or the department's mailbox, those who answer for
    /// it let others use it (P8, R23, R25).
    pub(super) fn is_for(&self, asking: Owner, snapshot: &Snapshot) -> bool {
        let (Self::Delegate(Delegate { mailbox, .. }) | Self::Revoke { mailbox, .. }) = self else { return true };
        let Owner::Staff(asking) = asking else { return false };
        snapshot.holder(mailbox).is_some_and(|mailbox| snapshot.stewards(mailbox).contains(&asking))
    }

    /// The stable name of what is done, also a decision's kind.
    pub fn what(&self) -> &'static str {
        match self {
            Self::FoundDepartment(_) => "department.found",
            Self::CreateUnit(_) => "unit.create",
            Self::RenameUnit(_) => "unit.rename",
            Self::MergeUnit { .. } => "unit.merge",
            Self::SplitUnit(_) => "unit.split",
            Self::CloseUnit(_) => "unit.close",
            Self::AppointHead { .. } => "unit.appoint",
            Self::Hire(_) => "staff.hire",
            Self::Reinstate(_) => "staff.reinstate",
            Self::Transfer(_) => "staff.transfer",
            Self::Promote { .. } => "staff.promote",
            Self::Rename(_) => "staff.rename",
            Self::Depart(_) => "staff.depart",
            Self::Suspend { .. } => "staff.suspend",
            Self::Resume { .. } => "staff.resume",
            Self::SetPassword { .. } => "staff.passwd",
            Self::Compromised { .. } => "staff.compromised",
            Self::AddDevice { .. } => "device.add",
            Self::RemoveDevice { .. } => "device.remove",
            Self::AddMachine(_) => "machine.add",
            Self::RemoveMachine { .. } => "machine.remove",
            Self::Delegate(_) => "mailbox.delegate",
            Self::Revoke { .. } => "mailbox.revoke",
            Self::HandOver(_) => "mailbox.handover",
            Self::OpenFolder(_) => "folder.open",
            Self::AddAlias { .. } => "alias.add",
            Self::RemoveAlias { .. } => "alias.remove",
            Self::SetQuota { .. } => "mailbox.quota",
            Self::OpenMailbox(_) => "mailbox.open",
            Self::ExportMailbox { .. } => "mailbox.export",
            Self::RemoveMailbox { .. } => "mailbox.remove",
            Self::MarkProvince { .. } => "province.mark",
        }
    }

    /// What it calls the people it is about, to be looked up when it is planned.
    pub(super) fn people(&self) -> Vec<&str> {
        let (mut one, mut several) = (None, Vec::new());
        match self {
            Self::Reinstate(Reinstate { who, .. })
            | Self::Rename(Rename { who, .. })
            | Self::Promote { who, .. }
            | Self::Suspend { who }
            | Self::Resume { who }
            | Self::SetPassword { who }
            | Self::Compromised { who }
            | Self::AddDevice { who, .. }
            | Self::RemoveDevice { who, .. }
            | Self::AppointHead { who, .. }
            | Self::Delegate(Delegate { to: who, .. })
            | Self::OpenFolder(OpenFolder { to: To::Staff(who), .. })
            | Self::Revoke { from: who, .. } => one = Some(who),
            Self::Transfer(Transfer { who, handover_to, .. }) | Self::Depart(Depart { who, handover_to, .. }) => {
                one = Some(who);
                several.extend(handover_to);
            }
            Self::HandOver(HandOver { from, to, .. }) => several.extend([from, to]),
            Self::SplitUnit(SplitUnit { staff, .. }) => several.extend(staff),
            Self::FoundDepartment(_)
            | Self::CreateUnit(_)
            | Self::RenameUnit(_)
            | Self::MergeUnit { .. }
            | Self::CloseUnit(_)
            | Self::Hire(_)
            | Self::AddMachine(_)
            | Self::RemoveMachine { .. }
            | Self::OpenFolder(_)
            | Self::AddAlias { .. }
            | Self::RemoveAlias { .. }
            | Self::SetQuota { .. }
            | Self::OpenMailbox(_)
            | Self::ExportMailbox { .. }
            | Self::RemoveMailbox { .. }
            | Self::MarkProvince { .. } => {}
        }
        one.into_iter().chain(several).map(String::as_str).collect()
    }

    /// The codes of the units it names, to be looked up when it is planned.
    pub(super) fn units(&self) -> Vec<&str> {
        let named: [Option<&String>; 2] = match self {
            Self::CreateUnit(CreateUnit { parent, .. }) => [parent.as_ref(), None],
            Self::SplitUnit(SplitUnit { code, new, .. }) => [Some(code), new.parent.as_ref()],
            Self::MergeUnit { code, into } => [Some(code), Some(into)],
            Self::RenameUnit(RenameUnit { code, .. })
            | Self::CloseUnit(CloseUnit { code, .. })
            | Self::AppointHead { code, .. }
            | Self::Hire(Hire { unit: code, .. })
            | Self::Transfer(Transfer { to: code, .. }) => [Some(code), None],
            Self::Reinstate(Reinstate { unit, .. }) => [unit.as_ref(), None],
            _ => [None, None],
        };
        named.into_iter().flatten().map(String::as_str).collect()
    }

    /// Whether it sets a password, which is made before the write begins.
    pub(super) fn sets_password(&self) -> bool {
        match self {
            Self::SetPassword { .. }
            | Self::Compromised { .. }
            | Self::AddDevice { .. }
            | Self::AddMachine(_)
            | Self::OpenMailbox(_) => true,
            Self::Hire(Hire { first_password, .. }) | Self::Reinstate(Reinstate { first_password, .. }) => {
                *first_password != FirstPassword::Later
            }
            _ => false,
        }
    }

    /// Whether a mailbox may change hands by it, so that passwords of its machines are replaced.
    pub(super) fn may_hand_over(&self) -> bool {
        match self {
            Self::AppointHead { .. } | Self::HandOver(_) => true,
            Self::Transfer(Transfer { handover_to, .. }) | Self::Depart(Depart { handover_to, .. }) => {
                handover_to.is_some()
            }
            _ => false,
        }
    }

    /// Whether it is about people's positions or about units: what units and the personnel division ask for (R12).
    pub fn is_of_personnel(&self) -> bool {
        matches!(
            self,
            Self::CreateUnit(_)
                | Self::RenameUnit(_)
                | Self::MergeUnit { .. }
                | Self::SplitUnit(_)
                | Self::CloseUnit(_)
                | Self::AppointHead { .. }
                | Self::HandOver(_)
                | Self::Hire(_)
                | Self::Reinstate(_)
                | Self::Transfer(_)
                | Self::Promote { .. }
                | Self::Rename(_)
                | Self::Depart(_)
        )
    }

    /// The same as a decision's kind.
    pub fn kind(&self) -> DecisionKind {
        DecisionKind(self.what().to_owned())
    }
}
