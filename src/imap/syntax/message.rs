//! Commands that move messages: COPY, MOVE, UID EXPUNGE (RFC 9051 §6.4.7, §6.4.8, RFC 4315).

use super::cursor::{Cursor, Parsed};
use super::{Command, Copy, Numbers, sequence};

/// ```abnf
/// uid-expunge = "UID" SP "EXPUNGE" SP sequence-set
/// ```
pub(in crate::imap) fn uid_expunge(cursor: &mut Cursor) -> Parsed<Command> {
    cursor.space()?;
    Ok(Command::Expunge(Some(sequence::messages(cursor)?)))
}

/// ```abnf
/// copy = "COPY" SP sequence-set SP mailbox
/// move = "MOVE" SP sequence-set SP mailbox
/// ```
pub(in crate::imap) fn copy(cursor: &mut Cursor, numbers: Numbers) -> Parsed<Copy> {
    cursor.space()?;
    let messages = sequence::messages(cursor)?;
    cursor.space()?;
    Ok(Copy { numbers, messages, mailbox: cursor.mailbox()? })
}
