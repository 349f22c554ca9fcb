//! How messages belong together: RFC 5256 §3 "THREAD".
//!
//! Conversations may be as long as a folder holds messages: nothing here calls itself.
mod forest;
mod ordered;
mod references;
mod subjects;
#[cfg(test)]
mod tests;

pub use forest::Forest;
pub use ordered::OrderedSubject;
pub use references::References;

use crate::mime;

/// A way of putting messages together. They are added in the order of their numbers.
pub trait Threading: Send + 'static {
    /// Takes up a message: its number, when it was sent, in seconds since 1970, and what its header says.
    fn add(&mut self, number: u32, sent: i64, header: &mime::Thread);

    /// The conversations of all messages that were added, each of which is in one of them.
    fn finish(self) -> Forest;
}
