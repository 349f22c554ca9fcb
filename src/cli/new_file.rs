//! A file that an answer is written to: a slip, a change file, the audit. It is found to be writable before the answer is
//! asked for, so that no password or number is given out that cannot be handed over, and is there whole or not at all.

use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::config::files::FILE_MODE;
use crate::control::{Exit, Failure};

/// A new file under another name, removed unless it is written.
pub(super) struct NewFile {
    option: &'static str,
    path: PathBuf,
    aside: PathBuf,
    file: Option<File>,
}

impl NewFile {
    /// Begins the file that an option names; one that is there is left alone and refused.
    pub(super) fn make(option: &'static str, path: &Path) -> Result<Self, Failure> {
        let mut aside = path.as_os_str().to_owned();
        aside.push(".new");
        let aside = PathBuf::from(aside);
        let begin = || {
            if path.symlink_metadata().is_ok() {
                return Err(Error::from(ErrorKind::AlreadyExists));
            }
            // What was cut short before is nobody's.
            let _ = std::fs::remove_file(&aside);
            OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(&aside)
        };
        let file = begin().map_err(|error| failed(Exit::Input, option, path, &error))?;
        Ok(Self { option, path: path.to_owned(), aside, file: Some(file) })
    }

    /// The same where the option is given.
    pub(super) fn wanted(option: &'static str, path: Option<&Path>) -> Result<Option<Self>, Failure> {
        path.map(|path| Self::make(option, path)).transpose()
    }

    /// Adds to it.
    pub(super) fn add(&mut self, text: &str) -> Result<(), Failure> {
        let written = self.file.as_mut().map_or(Ok(()), |file| file.write_all(text.as_bytes()));
        written.map_err(|error| failed(Exit::System, self.option, &self.path, &error))
    }

    /// Puts it on the disk, in its place.
    pub(super) fn finish(mut self) -> Result<(), Failure> {
        let Some(file) = self.file.take() else { return Ok(()) };
        let done = file.sync_all().and_then(|()| std::fs::rename(&self.aside, &self.path));
        done.map_err(|error| failed(Exit::System, self.option, &self.path, &error))
    }

    /// Writes all of it.
    pub(super) fn write(mut self, text: &str) -> Result<(), Failure> {
        self.add(text)?;
        self.finish()
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if self.file.is_some() {
            let _ = std::fs::remove_file(&self.aside);
        }
    }
}

fn failed(exit: Exit, option: &str, path: &Path, error: &Error) -> Failure {
    Failure::new(exit, "out_file", &format!("{option} {}: {error}", path.display()))
}
