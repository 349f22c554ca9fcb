//! The index behind SEARCH: which bodies hold a needle in which of their texts, answered as a look at each text would.
//!
//! ```text
//! body --indexer--> texts (search_text) --128 at a time--> segment --16 at a time--> larger segment
//! needle --gram, phrase--> terms --segments--> surely / perhaps / surely not --look at the text--> yes / no
//! ```
//! * Terms belong to bodies, not to folders: a copy has them at once, and a move costs nothing. Only the lines that a
//!   copy alone has are looked at for each.
//! * A segment is for bodies that were stored one after the other. A look-up costs some bitmaps of each segment and
//!   never walks through everybody's mail, however common the word: FTS5, which has one list of all documents for each
//!   term, would.
//! * Grams of one to four characters say where a needle can be; of needles that are grams, where it is. Phrases that
//!   many texts hold say the same of longer ones. What neither decides is decided by the text.
//! * What has no texts yet the caller looks at himself: an answer is complete at every moment, and delivery waits for
//!   nothing.
//!
//! Everything here may be thrown away: [`VERSION`] makes it anew.

mod bits;
mod gram;
mod indexer;
mod lookup;
mod phrase;
mod segment;

pub use indexer::Indexed;
pub use lookup::{Look, Question};

/// Rises whenever a text, or its terms, would be others: all are then made anew.
const VERSION: i64 = 1;

/// The texts of a body that are told apart, as in the columns of `search_text`.
const AREAS: usize = 8;
const SUBJECT: usize = 0;
const FROM: usize = 1;
const TO: usize = 2;
const CC: usize = 3;
const BCC: usize = 4;
const PREFIX: usize = 5;
const HEADER: usize = 6;
const BODY: usize = 7;

/// Buckets that a segment may have.
const BUCKETS_PER_SEGMENT: i64 = 1 << 20;

/// The row of a segment's bucket.
fn row_id(segment: i64, bucket: i64) -> i64 {
    segment * BUCKETS_PER_SEGMENT + bucket
}
