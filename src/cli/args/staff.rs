//! `staff …`

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::{ByDecision, Manner, PasswordSource, Who, quota};
use crate::address::Address;
use crate::config::value::Size;
use crate::name::{Label, LocalPart, PersonName};
use crate::period::Period;
use crate::provisioning::DepartReason;

/// `staff …`
#[derive(Debug, Subcommand)]
pub enum Staff {
    /// Tiếp nhận cán bộ theo quyết định | A person joins, by decision
    Hire(Hire),
    /// Điều động sang đơn vị khác | A person goes to another unit
    Transfer(Transfer),
    /// Thay đổi chức vụ | A person's position changes
    Promote {
        /// Whose.
        #[command(flatten)]
        who: Who,
        /// Chức vụ mới | The new position
        #[arg(long)]
        position: Label,
        /// The decision.
        #[command(flatten)]
        decision: ByDecision,
        /// Every act takes these.
        #[command(flatten)]
        manner: Manner,
    },
    /// Đổi hoặc sửa họ tên | A person's name changes, or is put right
    Rename(Rename),
    /// Thôi việc: đóng ngay đăng nhập, hộp thư lưu lại một thời gian | A person leaves
    Depart(Depart),
    /// Tiếp nhận lại người đã thôi việc | Somebody who left comes back
    Reinstate(Reinstate),
    /// Tạm ngừng đăng nhập, cắt ngay phiên đang mở | Stop logins and cut open sessions at once
    Suspend {
        /// Whose.
        #[command(flatten)]
        who: Who,
        /// The decision, where there is one.
        #[command(flatten)]
        decision: ByDecision,
        /// Every act takes these.
        #[command(flatten)]
        manner: Manner,
    },
    /// Cho đăng nhập lại | Allow logins again
    Resume {
        /// Whose.
        #[command(flatten)]
        who: Who,
        /// The decision, where there is one.
        #[command(flatten)]
        decision: ByDecision,
        /// Every act takes these.
        #[command(flatten)]
        manner: Manner,
    },
    /// Đặt mật khẩu mới | Set a new password
    Passwd {
        /// Whose.
        #[command(flatten)]
        who: Who,
        /// Where the password comes from; a terminal asks for it.
        #[command(flatten)]
        source: PasswordSource,
        /// Ghi phiếu vào tệp | Write the slip to this file
        #[arg(long, value_name = "FILE")]
        slip: Option<PathBuf>,
        /// Every act takes these.
        #[command(flatten)]
        manner: Manner,
    },
    /// Lộ mật khẩu: huỷ mọi mật khẩu, cắt phiên, cấp lại, ghi sự cố | A password was leaked
    Compromised {
        /// Whose.
        #[command(flatten)]
        who: Who,
        /// Ghi phiếu vào tệp | Write the slip to this file
        #[arg(long, value_name = "FILE")]
        slip: Option<PathBuf>,
        /// Every act takes these.
        #[command(flatten)]
        manner: Manner,
    },
    /// Danh sách cán bộ | Everybody
    List,
    /// Một cán bộ | One person
    Show(Who),
}

impl Staff {
    /// The file that a slip is to be written to.
    pub fn slip(&self) -> Option<&Path> {
        match self {
            Self::Hire(Hire { slip, .. })
            | Self::Reinstate(Reinstate { slip, .. })
            | Self::Passwd { slip, .. }
            | Self::Compromised { slip, .. } => slip.as_deref(),
            _ => None,
        }
    }
}

/// `staff hire`
#[derive(Args, Debug)]
pub struct Hire {
    /// The decision.
    #[command(flatten)]
    pub decision: ByDecision,
    /// Họ và tên | Full name
    #[arg(long)]
    pub name: PersonName,
    /// Mã đơn vị | Code of the unit
    #[arg(long, value_name = "CODE")]
    pub unit: String,
    /// Chức vụ | Position
    #[arg(long)]
    pub position: Option<Label>,
    /// Mã số cán bộ | The personnel office's number
    #[arg(long, value_name = "X")]
    pub staff_code: Option<Label>,
    /// Phần trước @, thay cho quy tắc | The part before @, instead of the rule's
    #[arg(long, value_name = "LOCAL")]
    pub address: Option<LocalPart>,
    /// Dung lượng hộp thư | Size of the mailbox
    #[arg(long, value_name = "2G", value_parser = quota)]
    pub quota: Option<Size>,
    /// Được gửi thư ra ngoài tỉnh | May send beyond the province
    #[arg(long)]
    pub internet: bool,
    /// Không đăng ký hộp thư của tỉnh | No provincial address
    #[arg(long)]
    pub no_provincial: bool,
    /// Ghi phiếu cấp hộp thư vào tệp | Write the slip to this file
    #[arg(long, value_name = "FILE")]
    pub slip: Option<PathBuf>,
    /// Every act takes these.
    #[command(flatten)]
    pub manner: Manner,
}

/// `staff transfer`
#[derive(Args, Debug)]
pub struct Transfer {
    /// Whom.
    #[command(flatten)]
    pub who: Who,
    /// Mã đơn vị mới | Code of the unit
    #[arg(long, value_name = "CODE")]
    pub to: String,
    /// Chức vụ mới | Position there
    #[arg(long)]
    pub position: Option<Label>,
    /// Người nhận bàn giao hộp thư đơn vị | Who takes over the unit's mailbox
    #[arg(long, value_name = "WHO")]
    pub handover_to: Option<String>,
    /// The decision.
    #[command(flatten)]
    pub decision: ByDecision,
    /// Every act takes these.
    #[command(flatten)]
    pub manner: Manner,
}

/// `staff rename`
#[derive(Args, Debug)]
pub struct Rename {
    /// Whom.
    #[command(flatten)]
    pub who: Who,
    /// Họ và tên mới | The new full name
    #[arg(long)]
    pub name: PersonName,
    /// Phần trước @ mới; địa chỉ cũ vẫn nhận thư | A new part before @; the old address goes on receiving
    #[arg(long, value_name = "LOCAL")]
    pub address: Option<LocalPart>,
    /// The decision; putting diacritics right needs none.
    #[command(flatten)]
    pub decision: ByDecision,
    /// Every act takes these.
    #[command(flatten)]
    pub manner: Manner,
}

/// `staff depart`
#[derive(Args, Debug)]
pub struct Depart {
    /// Whom.
    #[command(flatten)]
    pub who: Who,
    /// Lý do | Why
    #[arg(long, value_name = "retire|resign|move-out|dismiss|die", value_parser = reason)]
    pub reason: DepartReason,
    /// Người nhận bàn giao hộp thư đơn vị | Who takes over the unit's mailbox
    #[arg(long, value_name = "WHO")]
    pub handover_to: Option<String>,
    /// Thời gian lưu hộp thư, mặc định theo chức vụ | How long the mailbox is kept, by position if not given
    #[arg(long, value_name = "6mo")]
    pub grace: Option<Period>,
    /// What becomes of new mail.
    #[command(flatten)]
    pub new_mail: NewMail,
    /// The decision.
    #[command(flatten)]
    pub decision: ByDecision,
    /// Every act takes these.
    #[command(flatten)]
    pub manner: Manner,
}

/// What becomes of new mail to a closed mailbox.
#[derive(Args, Debug)]
#[group(multiple = false)]
pub struct NewMail {
    /// Chuyển thư mới đến hộp thư này | New mail goes to this mailbox
    #[arg(long, value_name = "ADDR")]
    pub forward_to: Option<Address>,
    /// Trả lời người gửi, giới thiệu người thay | Senders are told who took over
    #[arg(long)]
    pub reply: bool,
    /// Từ chối thư mới | New mail is refused
    #[arg(long)]
    pub refuse: bool,
}

/// `staff reinstate`
#[derive(Args, Debug)]
pub struct Reinstate {
    /// Whom.
    #[command(flatten)]
    pub who: Who,
    /// Mã đơn vị, mặc định đơn vị cũ | Code of the unit, that of before if not given
    #[arg(long, value_name = "CODE")]
    pub unit: Option<String>,
    /// Chức vụ | Position
    #[arg(long)]
    pub position: Option<Label>,
    /// Ghi phiếu vào tệp | Write the slip to this file
    #[arg(long, value_name = "FILE")]
    pub slip: Option<PathBuf>,
    /// The decision.
    #[command(flatten)]
    pub decision: ByDecision,
    /// Every act takes these.
    #[command(flatten)]
    pub manner: Manner,
}

fn reason(text: &str) -> Result<DepartReason, String> {
    let known = || DepartReason::ALL.map(|(_, word)| word).join(" | ");
    DepartReason::ALL.into_iter().find(|(_, word)| *word == text).map(|(reason, _)| reason).ok_or_else(known)
}
