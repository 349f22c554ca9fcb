//! The file that a slip is written to: made before the act, so that no password is made that cannot be handed over.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::config::files::FILE_MODE;
use crate::control::{Exit, Failure};

/// A new, empty file, removed unless it is written.
pub(super) struct SlipFile {
    path: PathBuf,
    file: Option<File>,
}

impl SlipFile {
    /// Makes the file; one that is there is left alone and refused.
    pub(super) fn make(path: &Path) -> Result<Self, Failure> {
        let made = OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(path);
        let file = made
            .map_err(|error| Failure::new(Exit::Input, "slip_file", &format!("--slip {}: {error}", path.display())))?;
        Ok(Self { path: path.to_owned(), file: Some(file) })
    }

    /// Writes the slip.
    pub(super) fn write(mut self, slip: &str) -> Result<(), Failure> {
        let Some(mut file) = self.file.take() else { return Ok(()) };
        file.write_all(slip.as_bytes()).and_then(|()| file.sync_all()).map_err(|error| {
            Failure::new(Exit::System, "slip_file", &format!("--slip {}: {error}", self.path.display()))
        })
    }
}

impl Drop for SlipFile {
    fn drop(&mut self) {
        if self.file.is_some() {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}
