//! The monthly report that the Office sends to the Director (decision 158/QĐ-STP, article 2; R30): gathered from the records
//! into one plain value, then put into words, then written as text and as HTML from the same words.
//!
//! ```text
//! records --gather--> Report --words--> Document --text--> text/plain
//!                        |                      \--html--> text/html
//!                        \--> --json
//! ```

mod acts;
mod document;
mod gather;
mod html;
mod month;
mod send;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
mod text;
mod value;
mod words;

use std::sync::Arc;

use crate::address::Address;
use crate::clock::Clock;
use crate::db::Db;
use crate::directory::Directory;
use crate::limits;
use crate::store::Store;
use crate::workday::Workdays;

pub use gather::Known;
pub use html::html;
pub use month::{Month, MonthError};
pub use send::{SendError, Sent};
pub use text::text;
pub use value::{
    Applied, Burst, Day, Health, Incidents, Limits, Mail, Moved, Owed, People, Report, Sample, Storage, Work,
};

/// Reports are made and sent with these. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Reports {
    /// Where all is written.
    pub db: Db,
    /// Where the Office's copies lie.
    pub store: Store,
    /// Who is told.
    pub directory: Directory,
    /// What time it is.
    pub clock: Clock,
    /// When, and to whom.
    pub settings: Arc<Settings>,
}

/// What the configuration says about reports.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Who gets them; the Director where nobody is named.
    pub recipients: Vec<Address>,
    /// On which day of the month the one before is told of; the next on which the office works.
    pub day: i8,
    /// On which days the office works.
    pub workdays: Workdays,
}

impl Default for Settings {
    fn default() -> Self {
        Self { recipients: Vec::new(), day: limits::REPORT_DAY, workdays: Workdays::default() }
    }
}
