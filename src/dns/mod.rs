//! The door for questions about the office's own names, for offices without a DNS server (R1).
//!
//! It answers for its one zone and for nothing else: whatever it is asked beyond is refused, and nobody is asked in turn.
//! The messages are read and written by `hickory-proto`, which the resolver brings along. Its server is made for catalogs,
//! transfers and updates; here a few dozen records stand still, and what a stranger may cost is bounded before a message is
//! read: the counts in its header are what memory would be reserved for.

mod answer;
mod door;

pub use answer::{Carrier, answer};
pub use door::{Door, datagrams};
