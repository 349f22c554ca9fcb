//! Every bound of the program: its unit is in its name, its source beside it. No wait, line, list or buffer is without one.

use std::time::Duration;

/// RFC 5321 §4.5.3.1.1.
pub const LOCAL_PART_BYTES_MAX: usize = 64;
/// RFC 5321 §4.5.3.1.2.
pub const DOMAIN_BYTES_MAX: usize = 255;

/// A body is stored in pieces of at most this, so that nothing needs one allocation of a whole message.
pub const BODY_PIECE_BYTES_MAX: usize = 256 * 1024;

/// Writes that wait for the writer; past this callers wait to be taken in.
pub const WRITES_WAITING_MAX: usize = 4096;
/// Writes that share one commit: bounds how long the first of them waits for the last.
pub const WRITES_PER_COMMIT_MAX: usize = 256;
/// Connections that read the database at once.
pub const READERS_MAX: u32 = 8;
/// How long a read waits for a connection before it fails.
pub const READER_WAIT_MAX: Duration = Duration::from_secs(30);
/// How long SQLite waits for another process's lock (hostile F15).
pub const DATABASE_BUSY_MAX: Duration = Duration::from_secs(30);
/// Commits after which the checkpointer moves the WAL into the file.
pub const COMMITS_PER_CHECKPOINT: u32 = 100;
/// A WAL longer than this wakes the checkpointer at once.
pub const WAL_BYTES_USUAL: u64 = 16 * 1024 * 1024;
/// A WAL longer than this is reset by the writer itself, which costs the waiting writes some tens of milliseconds.
pub const WAL_BYTES_MAX: u64 = 128 * 1024 * 1024;
