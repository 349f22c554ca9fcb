//! `unit …`

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{ByDecision, Manner, NewMail};
use crate::directory::UnitKind;
use crate::name::{Label, LocalPart};
use crate::period::Period;

/// `unit …`
#[derive(Debug, Subcommand)]
pub enum Unit {
    /// Lập đơn vị và hộp thư của đơn vị | A new unit with its mailbox
    Create {
        /// Mã, cũng là phần trước @ của địa chỉ | Code, also the part before @ of its address
        code: LocalPart,
        /// Tên đầy đủ | Full name
        #[arg(long)]
        name: Label,
        /// Loại | Kind
        #[arg(long, value_name = "office|division|centre|enforcement|notary", value_parser = kind)]
        kind: UnitKind,
        /// Không nối mạng LAN với Sở | Not on the department's network
        #[arg(long)]
        remote: bool,
        /// Đơn vị cấp trên | The unit it belongs to
        #[arg(long, value_name = "CODE")]
        parent: Option<String>,
        /// The decision, where there is one.
        #[command(flatten)]
        decision: ByDecision,
        /// Every act takes these.
        #[command(flatten)]
        manner: Manner,
    },
    /// Đổi tên hoặc mã đơn vị | A unit's name or code changes
    Rename {
        /// Mã đơn vị | Its code
        code: String,
        /// Tên mới | The new name
        #[arg(long)]
        name: Option<Label>,
        /// Mã mới; địa chỉ cũ vẫn nhận thư | The new code; the old address goes on receiving
        #[arg(long, value_name = "CODE")]
        new_code: Option<LocalPart>,
        /// The decision.
        #[command(flatten)]
        decision: ByDecision,
        /// Every act takes these.
        #[command(flatten)]
        manner: Manner,
    },
    /// Sáp nhập vào đơn vị khác, không mất gì | A unit goes over into another with all it has
    Merge {
        /// Mã đơn vị kết thúc | The code of the one that ends
        code: String,
        /// Mã đơn vị tiếp nhận | The code of the one that goes on
        #[arg(long, value_name = "CODE")]
        into: String,
        /// The decision.
        #[command(flatten)]
        decision: ByDecision,
        /// Every act takes these.
        #[command(flatten)]
        manner: Manner,
    },
    /// Tách một phần thành đơn vị mới | Some of a unit's people make a new one
    Split(Split),
    /// Giải thể đơn vị | A unit ends
    Close {
        /// Mã đơn vị | Its code
        code: String,
        /// Thời gian lưu hộp thư | How long its mailbox is kept
        #[arg(long, value_name = "6mo")]
        grace: Option<Period>,
        /// What becomes of new mail.
        #[command(flatten)]
        new_mail: NewMail,
        /// The decision.
        #[command(flatten)]
        decision: ByDecision,
        /// Every act takes these.
        #[command(flatten)]
        manner: Manner,
    },
    /// Bổ nhiệm thủ trưởng, bàn giao hộp thư đơn vị | A unit gets a head, who takes over its mailbox
    Appoint {
        /// Mã đơn vị | Its code
        code: String,
        /// Thủ trưởng mới | The new head
        #[arg(long, value_name = "WHO")]
        head: String,
        /// Ghi biên bản bàn giao vào tệp (.html hoặc văn bản) | Write the minutes to this file (.html or text)
        #[arg(long, value_name = "FILE")]
        record: Option<PathBuf>,
        /// The decision.
        #[command(flatten)]
        decision: ByDecision,
        /// Every act takes these.
        #[command(flatten)]
        manner: Manner,
    },
    /// Danh sách đơn vị | All units
    List,
    /// Một đơn vị | One unit
    Show {
        /// Mã đơn vị | Its code
        code: String,
    },
}

/// `unit split`
#[derive(Args, Debug)]
pub struct Split {
    /// Mã đơn vị được tách | The code of the unit they come from
    pub code: String,
    /// Mã đơn vị mới | The code of the new one
    #[arg(long, value_name = "CODE")]
    pub new: LocalPart,
    /// Tên đơn vị mới | Its full name
    #[arg(long)]
    pub name: Label,
    /// Loại | Kind
    #[arg(long, value_name = "office|division|centre|enforcement|notary", value_parser = kind)]
    pub kind: UnitKind,
    /// Không nối mạng LAN với Sở | Not on the department's network
    #[arg(long)]
    pub remote: bool,
    /// Đơn vị cấp trên | The unit it belongs to
    #[arg(long, value_name = "CODE")]
    pub parent: Option<String>,
    /// Người chuyển sang, ghi một hoặc nhiều lần | Who goes; once for each
    #[arg(long = "staff", value_name = "WHO", required = true)]
    pub staff: Vec<String>,
    /// The decision.
    #[command(flatten)]
    pub decision: ByDecision,
    /// Every act takes these.
    #[command(flatten)]
    pub manner: Manner,
}

fn kind(text: &str) -> Result<UnitKind, String> {
    let known = || UnitKind::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(" | ");
    UnitKind::ALL.iter().copied().find(|kind| kind.as_str() == text).ok_or_else(known)
}
