//! Folder names as they come in a command.

use super::Cause;
use crate::text;
use crate::utf7;

/// How folder names are written on this connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// In modified UTF-7: the state of a new connection.
    #[default]
    Utf7,
    /// In UTF-8: after `ENABLE IMAP4rev2` (RFC 9051 §5.1).
    Utf8,
    /// In UTF-8 like everything else, so that no charset is named any more: after `ENABLE UTF8=ACCEPT` (RFC 9755 §3).
    Utf8Accept,
}

/// The name of a folder: decoded, NFC, without control characters, `INBOX` in upper case. Whether a folder may be called
/// so is for the store to say.
///
/// Two are equal that name the same folder, however they were written.
#[derive(Clone, Debug)]
pub struct MailboxArg {
    name: String,
    /// As the client wrote it, where that is another name than the folder has.
    written: Option<String>,
}

impl PartialEq for MailboxArg {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for MailboxArg {}

impl MailboxArg {
    /// Reads a name as it was sent.
    ///
    /// # Errors
    /// [`Cause::MailboxName`]
    pub fn decode(name: &[u8], dialect: Dialect) -> Result<Self, Cause> {
        let written = read(name, dialect)?;
        let mut name = normal(&written);
        // Also as the root of other folders, or there would be two.
        let root = name.find('/').unwrap_or(name.len());
        if let Some(root) = name.get_mut(..root).filter(|root| root.eq_ignore_ascii_case("INBOX")) {
            root.make_ascii_uppercase();
        }
        let written = (written != name).then_some(written);
        Ok(Self { name, written })
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// As the client wrote it, where that is not the name: OLDNAME tells it (RFC 9051 §6.3.9.7).
    pub fn written(&self) -> Option<&str> {
        self.written.as_deref()
    }
}

/// Reads a name, or a part or pattern of one.
pub(super) fn decode(name: &[u8], dialect: Dialect) -> Result<String, Cause> {
    read(name, dialect).map(|name| normal(&name))
}

fn read(name: &[u8], dialect: Dialect) -> Result<String, Cause> {
    let name = match dialect {
        Dialect::Utf7 => utf7::decode(name).map_err(|_| Cause::MailboxName)?,
        Dialect::Utf8 | Dialect::Utf8Accept => std::str::from_utf8(name).map_err(|_| Cause::MailboxName)?.to_owned(),
    };
    if name.contains(char::is_control) {
        return Err(Cause::MailboxName);
    }
    Ok(name)
}

fn normal(name: &str) -> String {
    if name.is_ascii() { name.to_owned() } else { text::nfc(name) }
}
