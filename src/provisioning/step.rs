//! One planned effect of an act. A plan is shown to people before it is applied, and applied without another question.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use crate::acl::Acl;
use crate::address::Address;
use crate::credential::{Bond, Standing};
use crate::directory::{AddressKind, Grantee, NewMailbox, NewStaff, NewUnit, Province, Rights, StaffState, Treatment};
use crate::id::{AddressId, DelegationId, FolderId, GrantId, MailboxId, StaffId, UnitId};
use crate::name::{Label, LocalPart, PersonName};

/// A planned effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "step", rename_all = "snake_case")]
#[allow(missing_docs, reason = "each field is the thing of its name; names and addresses beside ids are for people")]
pub enum Step {
    /// A unit is entered.
    EnterUnit(NewUnit),
    /// A unit's name changes.
    RenameUnit { unit: UnitId, from: String, to: Label },
    /// A unit's code changes.
    RecodeUnit { unit: UnitId, from: String, to: LocalPart },
    /// A unit belongs to another one from now on.
    MoveUnit { unit: UnitId, code: String, parent: Option<UnitId>, to: Option<String> },
    /// A unit ends.
    CloseUnit { unit: UnitId, code: String },
    /// A unit's head changes.
    Appoint { unit: UnitId, code: String, staff: Option<StaffId>, from: Option<PersonName>, to: Option<PersonName> },
    /// A person is entered.
    EnterStaff(NewStaff),
    /// A person goes to another unit.
    MoveStaff { staff: StaffId, holder: PersonName, unit: UnitId, from: String, to: String },
    /// A person's position changes.
    ChangePosition { staff: StaffId, holder: PersonName, from: Option<String>, to: Option<Label> },
    /// A person's name changes.
    RenameStaff { staff: StaffId, from: PersonName, to: PersonName },
    /// A person's standing changes.
    ChangeStanding { staff: StaffId, holder: PersonName, from: StaffState, to: StaffState },
    /// A mailbox is opened for the person or unit just entered, or for the department where none was.
    OpenMailbox(NewMailbox),
    /// A mailbox gets its folders.
    MakeFolders,
    /// A closed mailbox is open again.
    ReopenMailbox { mailbox: MailboxId, address: Address },
    /// A mailbox is closed: nobody enters it, and after a day it is archived and removed.
    CloseMailbox { mailbox: MailboxId, address: Address, until: Date, treatment: Treatment },
    /// A mailbox ends with all it holds.
    RemoveMailbox { mailbox: MailboxId, address: Address },
    /// Everything in a mailbox goes into a folder of another one.
    MoveContents { mailbox: MailboxId, from: Address, target: MailboxId, to: Address, under: String },
    /// What a mailbox may hold changes.
    SetQuota { mailbox: MailboxId, address: Address, from: u64, to: u64 },
    /// A mailbox gets an address.
    GiveAddress { mailbox: Whose, address: Address, kind: AddressKind },
    /// An address that the mailbox has, or that rests after it had it, becomes its primary or a further one.
    RegainAddress { id: AddressId, address: Address, kind: AddressKind },
    /// A primary address becomes a further one.
    DemoteAddress { id: AddressId, address: Address },
    /// An address leads to another mailbox from now on.
    LeadAddress { id: AddressId, address: Address, kind: AddressKind, mailbox: MailboxId, to: Address },
    /// An address is out of use, and nobody else may have it before a day.
    RestAddress { id: AddressId, address: Address, until: Date },
    /// Where an address stands with the province.
    MarkProvince { id: AddressId, address: Address, from: Province, to: Province },
    /// Somebody may use a mailbox that is not their own.
    Delegate {
        mailbox: MailboxId,
        address: Address,
        staff: StaffId,
        holder: PersonName,
        rights: Rights,
        since: Date,
        until: Option<Date>,
    },
    /// That ends.
    EndDelegation { delegation: DelegationId, address: Address, holder: PersonName },
    /// What a mailbox holds at this moment is handed over, and a record of it filed in the mailbox (R24).
    HandOver {
        mailbox: MailboxId,
        address: Address,
        from: StaffId,
        giving: PersonName,
        to: StaffId,
        taking: PersonName,
    },
    /// A folder is opened to somebody.
    OpenFolder {
        mailbox: MailboxId,
        address: Address,
        folder: FolderId,
        path: String,
        to: Grantee,
        whom: String,
        rights: Acl,
    },
    /// That ends.
    EndGrant { grant: GrantId, address: Address, whom: String },
    /// A password is set.
    SetPassword { mailbox: Whose, address: Address, holder: PersonName, standing: Standing },
    /// No password is set yet.
    PasswordLater { address: Address },
    /// A device gets a password of its own.
    AddDevice { mailbox: MailboxId, address: Address, holder: PersonName, device: Label, bond: Option<Bond> },
    /// A device's password ends.
    RemoveDevice { mailbox: MailboxId, address: Address, device: Label },
    /// Every password that opens a mailbox ends.
    EndCredentials { mailbox: MailboxId, address: Address },
    /// A mailbox may be read with a password of its own until a moment.
    Open { mailbox: MailboxId, address: Address, reason: Label, minutes: u32, until: Timestamp },
    /// What a mailbox holds is taken out to files.
    Export { mailbox: MailboxId, address: Address, reason: Label },
    /// What the holder was let in for so far ends now: open sessions are cut.
    EndSessions { mailbox: MailboxId, address: Address },
    /// A message with the settings of mail programs is put into the mailbox just opened.
    Welcome { address: Address, holder: PersonName },
    /// Somebody is told by mail what became of a mailbox that they answer for, or may use from now on (R20, R23, R25).
    Notify { mailbox: MailboxId, address: Address },
    /// A leak is entered among the incidents (R17).
    OpenIncident { mailbox: MailboxId, holder: PersonName },
}

impl Step {
    /// Whether somebody may no longer do what they could before.
    pub(super) fn ends(&self) -> bool {
        matches!(
            self,
            Self::Appoint { from: Some(_), .. }
                | Self::EndDelegation { .. }
                | Self::EndGrant { .. }
                | Self::EndCredentials { .. }
        )
    }

    /// Whether it changes what somebody knows of the department; the others are what goes with every change of its kind.
    pub fn is_change(&self) -> bool {
        !matches!(self, Self::OpenMailbox(_) | Self::MakeFolders | Self::Welcome { .. } | Self::EndSessions { .. })
    }
}

/// A mailbox of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Whose {
    /// The one that an earlier step opens.
    JustOpened,
    /// One that is there.
    Known(MailboxId),
}

/// Whom or what an act was about, once it is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Subject {
    /// The person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub staff: Option<StaffId>,
    /// The unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitId>,
    /// The mailbox.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mailbox: Option<MailboxId>,
}

impl Subject {
    /// This, and what is missing of it from another.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            staff: self.staff.or(other.staff),
            unit: self.unit.or(other.unit),
            mailbox: self.mailbox.or(other.mailbox),
        }
    }
}
