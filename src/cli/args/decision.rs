//! `decision …`

use clap::Subcommand;

use super::Manner;
use crate::name::Label;

/// `decision …`
#[derive(Debug, Subcommand)]
pub enum Decision {
    /// Danh sách quyết định | All decisions
    List,
    /// Một quyết định: ai, việc gì, đã làm gì | One decision: what it asks for and what it did
    Show {
        /// Số quyết định | Its number
        number: Label,
    },
    /// Huỷ quyết định chưa đến ngày hiệu lực | Withdraw a decision before its day
    Cancel {
        /// Số quyết định | Its number
        number: Label,
        /// Every act takes these.
        #[command(flatten)]
        manner: Manner,
    },
}
