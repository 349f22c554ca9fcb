//! `mailbox …`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::civil::Date;

use super::{ByDecision, Manner, date, quota};
use crate::address::Address;
use crate::config::value::Size;
use crate::directory::Rights;
use crate::name::{Label, LocalPart};

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
