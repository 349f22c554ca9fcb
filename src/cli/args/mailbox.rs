//! `mailbox …`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::civil::Date;

use super::{ByDecision, Manner, date, quota};
use crate::address::Address;
use crate::config::value::Size;
use crate::credential::Doors;
use crate::directory::Rights;
use crate::name::{Label, LocalPart};
use crate::network::Network;

/// `mailbox …`
#[derive(Debug, Subcommand)]
pub enum Mailboxes {
    /// About the mailbox itself.
    #[command(flatten)]
    Mailbox(Mailbox),
    /// What goes in and out of it.
    #[command(flatten)]
    Mail(crate::cli::mail::Mail),
}

/// `mailbox …`, each of them one request.
#[derive(Debug, Subcommand)]
pub enum Mailbox {
    /// Danh sách hộp thư | All mailboxes
    List,
    /// Một hộp thư | One mailbox
    Show {
        /// Địa chỉ | Its address
        address: Address,
    },
    /// Ai được làm gì với hộp thư nào | Who may do what with which mailbox
    Rights {
        /// Chỉ hộp thư này | This mailbox only
        address: Option<Address>,
    },
    /// Uỷ quyền dùng hộp thư đơn vị hoặc cơ quan | Let somebody use a unit's or the department's mailbox
    Delegate(Delegate),
    /// Chấm dứt uỷ quyền | End what was delegated
    Revoke {
        /// Địa chỉ hộp thư | The mailbox's address
        address: Address,
        /// Của ai | From whom
        #[arg(long, value_name = "WHO")]
        from: String,
        /// Every act takes these.
        #[command(flatten)]
        manner: Manner,
    },
    /// Bàn giao hộp thư đơn vị hoặc cơ quan | Hand a unit's or the department's mailbox over
    Handover(HandOver),
    /// Số thư và mã kiểm tra của từng thư mục | Messages and digest of every folder
    Manifest {
        /// Địa chỉ hộp thư | The mailbox's address
        address: Address,
    },
    /// Thiết bị của hộp thư đơn vị hoặc cơ quan | Devices of a unit's or the department's mailbox
    #[command(subcommand)]
    Device(Device),
    /// Địa chỉ phụ | Further addresses
    #[command(subcommand)]
    Alias(Alias),
    /// Dung lượng | How much it may hold
    Quota {
        /// Địa chỉ hộp thư | The mailbox's address
        address: Address,
        /// Dung lượng mới | The new size
        #[arg(value_name = "2G", value_parser = quota)]
        size: Size,
        /// Every act takes these.
        #[command(flatten)]
        manner: Manner,
    },
    /// Mở hộp thư để xem trong ít phút; chủ hộp thư được báo | Open a mailbox for reading; its owner is told
    Open {
        /// Địa chỉ hộp thư | The mailbox's address
        address: Address,
        /// Lý do, chủ hộp thư đọc được | Why; the owner reads it
        #[arg(long)]
        reason: Label,
        /// Trong bao nhiêu phút | For how many minutes
        #[arg(long, value_name = "N", default_value_t = 30)]
        minutes: u32,
        /// Every act takes these.
        #[command(flatten)]
        manner: Manner,
    },
}

/// `mailbox delegate`
#[derive(Args, Debug)]
pub struct Delegate {
    /// Địa chỉ hộp thư | The mailbox's address
    pub address: Address,
    /// Người được uỷ quyền | Whom
    #[arg(long, value_name = "WHO")]
    pub to: String,
    /// Quyền | What they may do
    #[arg(long, value_name = "read,process,send")]
    pub rights: Rights,
    /// Từ ngày, mặc định hôm nay | From this day, today if not given
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub from: Option<Date>,
    /// Đến hết ngày | To the end of this day
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub until: Option<Date>,
    /// Every act takes these.
    #[command(flatten)]
    pub manner: Manner,
}

/// `mailbox handover`
#[derive(Args, Debug)]
pub struct HandOver {
    /// Địa chỉ hộp thư | The mailbox's address
    pub address: Address,
    /// Bên giao | Who hands it over
    #[arg(long, value_name = "WHO")]
    pub from: String,
    /// Bên nhận | Who takes it over
    #[arg(long, value_name = "WHO")]
    pub to: String,
    /// Ghi biên bản bàn giao vào tệp (.html hoặc văn bản) | Write the minutes to this file (.html or text)
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// The decision.
    #[command(flatten)]
    pub decision: ByDecision,
    /// Every act takes these.
    #[command(flatten)]
    pub manner: Manner,
}

/// `mailbox device …`
#[derive(Debug, Subcommand)]
pub enum Device {
    /// Cấp mật khẩu cho thiết bị, chỉ dùng được từ mạng đã ghi | Issue a password that works from its networks only
    Add(AddDevice),
    /// Danh sách thiết bị | All devices
    List {
        /// Địa chỉ hộp thư | The mailbox's address
        address: Address,
    },
    /// Huỷ mật khẩu của thiết bị | End a device's password
    Remove {
        /// Địa chỉ hộp thư | The mailbox's address
        address: Address,
        /// Tên thiết bị | The device's name
        #[arg(long)]
        name: Label,
        /// Every act takes these.
        #[command(flatten)]
        manner: Manner,
    },
}

/// `mailbox device add`
#[derive(Args, Debug)]
pub struct AddDevice {
    /// Địa chỉ hộp thư | The mailbox's address
    pub address: Address,
    /// Tên thiết bị | The device's name
    #[arg(long)]
    pub name: Label,
    /// Mạng mà thiết bị nối từ đó | The networks that it connects from
    #[arg(long, value_name = "10.20.0.0/24,...", required = true, value_delimiter = ',', value_parser = Network::parse)]
    pub network: Vec<Network>,
    /// Để làm gì | What it is there for
    #[arg(long)]
    pub purpose: Label,
    /// Gửi, đọc hay cả hai | Whether it sends, reads or both
    #[arg(long = "for", value_name = "send|read|both", value_parser = doors, default_value = "send")]
    pub doors: Doors,
    /// Every act takes these.
    #[command(flatten)]
    pub manner: Manner,
}

fn doors(text: &str) -> Result<Doors, String> {
    let known = || Doors::ALL.map(|(_, word)| word).join(" | ");
    Doors::ALL.into_iter().find(|(_, word)| *word == text).map(|(doors, _)| doors).ok_or_else(known)
}

/// `mailbox alias …`
#[derive(Debug, Subcommand)]
pub enum Alias {
    /// Thêm địa chỉ phụ | Add one
    Add {
        /// Địa chỉ hộp thư | The mailbox's address
        address: Address,
        /// Phần trước @ | The part before @
        alias: LocalPart,
        /// Every act takes these.
        #[command(flatten)]
        manner: Manner,
    },
    /// Bỏ địa chỉ phụ; địa chỉ bị phong toả một thời gian | Remove one; it rests for a time
    Remove {
        /// Địa chỉ phụ | The further address
        alias: Address,
        /// Every act takes these.
        #[command(flatten)]
        manner: Manner,
    },
}
