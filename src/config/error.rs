//! What is wrong with a configuration, and where.

use std::path::{Path, PathBuf};

/// Why the configuration cannot be used. Every message names the file and says what would be right.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The text is not TOML, a key is unknown or missing, or a value is not what its key needs.
    #[error("{}{at}: {}{problem}", file.display(), key.as_ref().map(|k| format!("{k}: ")).unwrap_or_default())]
    Key {
        /// The configuration file.
        file: PathBuf,
        /// Where in it.
        at: Position,
        /// The dotted key, where the place has one.
        key: Option<String>,
        /// What is wrong and what would be right.
        problem: String,
    },
    /// The file, or one that it names, cannot be read.
    #[error("{}: {error}", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// The system's reason.
        error: std::io::Error,
    },
    /// It belongs to another system user than the one this program runs as.
    #[error("{} belongs to {owner}: run this as {owner}, as in sudo -u {owner} hopthu ...", file.display())]
    Owner {
        /// The file or directory.
        file: PathBuf,
        /// Whose it is.
        owner: String,
    },
    /// Others than the owner may enter or read (hostile §7): repaired by the administrator, never silently.
    #[error("{}: mode {mode:04o} lets others in; it must be {wanted:04o}: chmod {wanted:04o} {}", file.display(), file.display())]
    Mode {
        /// The file or directory.
        file: PathBuf,
        /// Its mode.
        mode: u32,
        /// The widest mode allowed.
        wanted: u32,
    },
}

/// Line and column, both from 1; nothing where the place is unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position(Option<(usize, usize)>);

impl Position {
    /// The position of an octet offset in a text.
    pub(super) fn of(text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.matches('\n').count() + 1;
        let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
        Self(Some((line, column)))
    }

    /// Where a key stands in a configuration text; unknown where it is left at its default.
    pub(super) fn of_key(text: &str, section: &str, key: &str) -> Self {
        let table = toml::de::DeTable::parse(text).ok();
        let entry = table.as_ref().and_then(|table| {
            let section = table.get_ref().get(section)?.get_ref().as_table()?;
            section.get_key_value(key).map(|(key, _)| key.span().start)
        });
        entry.map(|offset| Self::of(text, offset)).unwrap_or_default()
    }
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.map_or(Ok(()), |(line, column)| write!(f, ":{line}:{column}"))
    }
}

impl ConfigError {
    pub(super) fn read(file: &Path, error: std::io::Error) -> Self {
        Self::Read { file: file.to_owned(), error }
    }
}
