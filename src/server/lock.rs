//! One process owns a data directory (hostile F17).

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::config::files::FILE_MODE;

/// The lock of a data directory; held until dropped, and by the kernel no longer than the process lives.
#[derive(Debug)]
pub struct Lock(#[allow(dead_code, reason = "held for its lock")] File);

/// Why the directory is not ours.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process owns it.
    #[error("{directory} belongs to another running hopthu{}", holder.map(|pid| format!(" (process {pid})")).unwrap_or_default())]
    Held {
        /// The data directory.
        directory: String,
        /// That process, as far as it could say.
        holder: Option<u32>,
    },
    /// The lock file cannot be made or locked.
    #[error("{file}: {error}")]
    File {
        /// The lock file.
        file: String,
        /// The system's reason.
        error: std::io::Error,
    },
}

impl Lock {
    /// Takes the lock, or says who has it.
    pub fn take(data_dir: &Path) -> Result<Self, LockError> {
        let path = data_dir.join("lock");
        let failed = |error| LockError::File { file: path.display().to_string(), error };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(FILE_MODE)
            .open(&path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // Only to say who: an unreadable number is no second error.
                let _ = file.read_to_string(&mut holder);
                let directory = data_dir.display().to_string();
                return Err(LockError::Held { directory, holder: holder.trim().parse().ok() });
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id())).map_err(failed)?;
        Ok(Self(file))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_second_owner_is_refused_and_told_who_has_it() {
        let dir = tempfile::tempdir().unwrap();
        let first = Lock::take(dir.path()).unwrap();
        let refusal = Lock::take(dir.path()).unwrap_err();
        assert!(matches!(refusal, LockError::Held { holder: Some(pid), .. } if pid == std::process::id()));
        drop(first);
        Lock::take(dir.path()).unwrap();
    }
}
