//! The daemon: one process that owns a data directory, listens, and ends in order.

mod listen;
mod lock;
mod sessions;

pub use listen::ListenError;
pub use lock::{Lock, LockError};
