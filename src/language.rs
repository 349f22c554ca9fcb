//! The two languages of the office. Every message is one `match` on [`Language`], both texts side by side.

use serde::{Deserialize, Serialize};

/// What people read: tables, errors, notices, slips. Codes and JSON keys are the same in both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Vietnamese.
    #[default]
    Vi,
    /// English.
    En,
}
