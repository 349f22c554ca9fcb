//! One planned effect of an act. A plan is shown to people before it is applied, and applied without another question.

use serde::Serialize;

use super::refusal::vietnamese;
use crate::address::Address;
use crate::credential::Standing;
use crate::directory::write::{NewMailbox, NewStaff, NewUnit};
use crate::directory::{AddressKind, StaffState};
use crate::id::{MailboxId, StaffId, UnitId};
use crate::language::Language;
use crate::name::PersonName;

/// A planned effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Step {
    /// A unit is entered.
    EnterUnit(NewUnit),
    /// A person is entered.
    EnterStaff(NewStaff),
    /// A mailbox is opened for the person or unit just entered, or for the department where none was.
    OpenMailbox(NewMailbox),
    /// The mailbox just opened gets an address.
    GiveAddress {
        /// The address.
        address: Address,
        /// What it is to the mailbox.
        kind: AddressKind,
    },
    /// The mailbox just opened gets its folders.
    MakeFolders,
    /// A password is set.
    SetPassword {
        /// Of which mailbox.
        mailbox: Whose,
        /// The address that goes with it.
        address: Address,
        /// The holder's name.
        holder: PersonName,
        /// Whether it must be changed.
        standing: Standing,
    },
    /// A message with the settings of mail programs is put into the mailbox just opened.
    Welcome {
        /// Its address.
        address: Address,
        /// The holder's name.
        holder: PersonName,
    },
    /// A person's standing changes.
    ChangeStanding {
        /// Whose.
        staff: StaffId,
        /// The name.
        holder: PersonName,
        /// What it was.
        from: StaffState,
        /// What it becomes.
        to: StaffState,
    },
    /// What the holder was let in for so far ends now: open sessions are cut.
    EndSessions {
        /// Of which mailbox.
        mailbox: MailboxId,
        /// Its address.
        address: Address,
    },
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

impl Step {
    /// The step as a line of a plan.
    pub fn describe(&self, language: Language) -> String {
        match language {
            Language::Vi => self.in_vietnamese(),
            Language::En => self.in_english(),
        }
    }

    fn in_vietnamese(&self) -> String {
        match self {
            Self::EnterUnit(unit) => format!("lập đơn vị {} ({})", unit.name, unit.code),
            Self::EnterStaff(person) => {
                format!("ghi tên {} vào danh bạ từ ngày {}", person.name, vietnamese(person.since))
            }
            Self::OpenMailbox(mailbox) => {
                format!("mở hộp thư, dung lượng {} MB", megabytes(mailbox.quota_bytes))
            }
            Self::GiveAddress { address, kind } => match kind {
                AddressKind::Primary => format!("cấp địa chỉ {address}"),
                AddressKind::Alias => format!("cấp địa chỉ phụ {address}"),
                AddressKind::Provincial => format!("đề nghị tỉnh cấp địa chỉ {address}"),
            },
            Self::MakeFolders => "tạo các thư mục".to_owned(),
            Self::SetPassword { address, standing, .. } => match standing {
                Standing::First => format!("cấp mật khẩu lần đầu cho {address}, phải đổi khi dùng"),
                Standing::Chosen => format!("đặt mật khẩu cho {address}"),
            },
            Self::Welcome { address, .. } => format!("gửi thư hướng dẫn đến {address}"),
            Self::ChangeStanding { holder, to, .. } => match to {
                StaffState::Active => format!("cho {holder} đăng nhập lại"),
                StaffState::Suspended => format!("tạm ngừng quyền đăng nhập của {holder}"),
                StaffState::Departed => format!("ghi nhận {holder} thôi việc"),
            },
            Self::EndSessions { address, .. } => format!("ngắt các phiên đang mở của {address}"),
        }
    }

    fn in_english(&self) -> String {
        match self {
            Self::EnterUnit(unit) => format!("enter the unit {} ({})", unit.name, unit.code),
            Self::EnterStaff(person) => format!("enter {} in the directory from {}", person.name, person.since),
            Self::OpenMailbox(mailbox) => format!("open a mailbox of {} MB", megabytes(mailbox.quota_bytes)),
            Self::GiveAddress { address, kind } => match kind {
                AddressKind::Primary => format!("give the address {address}"),
                AddressKind::Alias => format!("give the further address {address}"),
                AddressKind::Provincial => format!("ask the province for the address {address}"),
            },
            Self::MakeFolders => "make the folders".to_owned(),
            Self::SetPassword { address, standing, .. } => match standing {
                Standing::First => format!("issue a first password for {address}, to be changed"),
                Standing::Chosen => format!("set the password of {address}"),
            },
            Self::Welcome { address, .. } => format!("send a message with settings to {address}"),
            Self::ChangeStanding { holder, to, .. } => match to {
                StaffState::Active => format!("let {holder} log in again"),
                StaffState::Suspended => format!("suspend {holder}'s right to log in"),
                StaffState::Departed => format!("record that {holder} has left"),
            },
            Self::EndSessions { address, .. } => format!("cut the open sessions of {address}"),
        }
    }
}

fn megabytes(octets: u64) -> u64 {
    octets >> 20
}
