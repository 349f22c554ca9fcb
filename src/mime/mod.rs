//! Messages: what is read out of them once, when they are stored, and how the messages we send are written.
//!
//! Everything here is pure and total: any bytes give a summary, nothing panics, and every list and text is cut at a
//! bound of [`crate::limits`]. The MIME grammar is mail-parser's; what IMAP makes of it (ENVELOPE, BODYSTRUCTURE, the
//! text that SEARCH looks at) is ours.
//!
//! ```text
//! raw --parts--> Part --envelope, structure--> Summary   ENVELOPE, BODYSTRUCTURE, BODY, at append
//!     --fields--> Field --------------------> Thread    THREAD, and Sortable for SORT
//!     |---------> only lines, where it came as something else
//!     |---------> the beginning of its text             PREVIEW, at append
//!     \---------> decoded, folded text                  SEARCH
//! compose::Note --> raw                                 what the server itself writes
//! ```
mod automatic;
pub mod compose;
mod envelope;
mod field;
mod identifiers;
mod lines;
mod mailboxes;
mod media;
mod nstring;
mod part;
mod preview;
pub mod report;
mod search;
mod sort;
mod structure;
mod subject;
mod summary;
mod thread;
mod vietnamese;

pub use automatic::is_automatic;
pub use field::{Field, Fields, fields};
pub use lines::{Lines, LinesError, in_lines};
pub use part::{Content, Encoding, Part, parts};
pub use preview::preview;
pub use search::{Searched, body_text, header_field_text, header_text, searched};
pub use sort::{SortText, Sortable};
pub use summary::{SUMMARY_VERSION, Summary, summarise};
pub use thread::{Thread, answered, thread};

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]
mod tests;
