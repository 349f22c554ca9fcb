//! The door for questions about the office's own names, for offices without a DNS server (R1).
//!
//! It answers for its one zone and for nothing else: whatever it is asked beyond is refused, and nobody is asked in turn.
//! The messages are read and written by `hickory-proto`, which the resolver brings along; its server would look after
//! catalogs, transfers and signatures, where a few dozen records stand still, and has no bounds for each address.

mod answer;
mod door;

pub use answer::{Carrier, answer};
pub use door::{Door, datagrams};
