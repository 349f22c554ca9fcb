//! The names of folders.

use std::fmt;

use crate::limits;
use crate::text::nfc;

/// A folder's full name: NFC, levels separated by `/`, INBOX in capitals however it was spelled (RFC 9051 §5.1).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FolderName(String);

/// Why a text cannot be a folder's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FolderNameError {
    /// No text, or a level without text (`a//b`, `/a`).
    #[error("a level of the folder name is empty")]
    Empty,
    /// Longer than [`limits::FOLDER_NAME_BYTES_MAX`].
    #[error("the folder name is longer than {} octets", limits::FOLDER_NAME_BYTES_MAX)]
    TooLong,
    /// More levels than [`limits::FOLDER_LEVELS_MAX`].
    #[error("the folder name has more than {} levels", limits::FOLDER_LEVELS_MAX)]
    TooDeep,
    /// A control, or `*` or `%`, which LIST could never name again.
    #[error("the folder name holds a character that is not allowed")]
    Character,
}

impl FolderName {
    /// Reads a decoded name; one trailing `/` is taken as RFC 9051 §6.3.4 says (the client will create below it).
    pub fn parse(text: &str) -> Result<Self, FolderNameError> {
        let text = text.strip_suffix('/').unwrap_or(text);
        if text.len() > limits::FOLDER_NAME_BYTES_MAX {
            return Err(FolderNameError::TooLong);
        }
        let name = nfc(text);
        if name.chars().any(|c| c.is_control() || matches!(c, '*' | '%' | '\u{2028}' | '\u{2029}' | '\u{FFFD}')) {
            return Err(FolderNameError::Character);
        }
        if name.split('/').any(|level| level.trim().is_empty()) {
            return Err(FolderNameError::Empty);
        }
        if name.split('/').any(|level| matches!(level, "." | "..")) {
            return Err(FolderNameError::Character);
        }
        if name.split('/').count() > limits::FOLDER_LEVELS_MAX {
            return Err(FolderNameError::TooDeep);
        }
        Ok(match name.split_once('/') {
            None if name.eq_ignore_ascii_case("INBOX") => Self::inbox(),
            Some((first, rest)) if first.eq_ignore_ascii_case("INBOX") => Self(format!("INBOX/{rest}")),
            _ => Self(name),
        })
    }

    /// A name that was parsed before it was kept.
    pub(super) fn kept(name: String) -> Self {
        Self(name)
    }

    /// The folder that every mailbox has and mail arrives in.
    pub fn inbox() -> Self {
        Self("INBOX".to_owned())
    }

    /// Whether this is INBOX.
    pub fn is_inbox(&self) -> bool {
        self.0 == "INBOX"
    }

    /// The full name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The folder above.
    pub fn parent(&self) -> Option<Self> {
        self.0.rsplit_once('/').map(|(parent, _)| Self(parent.to_owned()))
    }

    /// Whether this is somewhere below `other`.
    pub fn is_below(&self, other: &Self) -> bool {
        self.0.strip_prefix(&other.0).is_some_and(|rest| rest.starts_with('/'))
    }
}

impl fmt::Display for FolderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_folder_has_one_name() {
        let nfd = FolderName::parse("C\u{f4}ng va\u{306}n").unwrap();
        assert_eq!(nfd, FolderName::parse("Công văn/").unwrap());
        assert!(FolderName::parse("inBox").unwrap().is_inbox());
        assert_eq!(FolderName::parse("inbox/2026").unwrap().as_str(), "INBOX/2026");
    }

    #[test]
    fn names_that_cannot_be_are_refused_with_their_cause() {
        let deep = vec!["a"; limits::FOLDER_LEVELS_MAX + 1].join("/");
        for (name, cause) in [
            ("", FolderNameError::Empty),
            ("/etc", FolderNameError::Empty),
            ("a//b", FolderNameError::Empty),
            ("../x", FolderNameError::Character),
            ("a\0b", FolderNameError::Character),
            ("a*", FolderNameError::Character),
            (deep.as_str(), FolderNameError::TooDeep),
            ("x".repeat(10_000).as_str(), FolderNameError::TooLong),
        ] {
            assert_eq!(FolderName::parse(name), Err(cause), "{name:.20}");
        }
    }
}
