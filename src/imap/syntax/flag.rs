//! Flags and STORE: RFC 9051 §2.3.2 and §6.4.6, with UNCHANGEDSINCE of RFC 7162.

use super::cursor::{Cursor, Parsed};
use super::{Cause, Messages, Numbers, sequence};
use crate::id::ModSeq;
use crate::limits::{IMAP_FLAGS_MAX, IMAP_KEYWORD_BYTES_MAX};

/// A flag that a client may set. `\Recent` is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flag {
    /// `\Answered`
    Answered,
    /// `\Flagged`
    Flagged,
    /// `\Deleted`
    Deleted,
    /// `\Seen`
    Seen,
    /// `\Draft`
    Draft,
    /// Any other, as spelled by the client; compared without regard to case.
    Keyword(String),
}

/// The arguments of STORE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Store {
    /// How `messages` is to be read.
    pub numbers: Numbers,
    /// Which messages.
    pub messages: Messages,
    /// Leave alone what has changed after this: RFC 7162 §3.1.3.
    pub unchanged_since: Option<ModSeq>,
    /// What to do with the flags.
    pub change: FlagChange,
    /// Whether the new flags are told.
    pub answer: Answer,
    /// The flags; may be none.
    pub flags: Vec<Flag>,
}

/// What STORE does with the flags it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlagChange {
    /// `FLAGS`
    Replace,
    /// `+FLAGS`
    Add,
    /// `-FLAGS`
    Remove,
}

/// Whether STORE is answered with FETCH lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is.
    Flags,
    /// `.SILENT`: it is not, except for MODSEQ where CONDSTORE is on.
    Silent,
}

/// ```abnf
/// store           = "STORE" SP sequence-set [SP "(" "UNCHANGEDSINCE" SP mod-sequence-valzer ")"] SP store-att-flags
/// store-att-flags = (["+" / "-"] "FLAGS" [".SILENT"]) SP (flag-list / (flag *(SP flag)))
/// ```
pub(in crate::imap) fn store(cursor: &mut Cursor, numbers: Numbers) -> Parsed<Store> {
    cursor.space()?;
    let messages = sequence::messages(cursor)?;
    cursor.space()?;
    let unchanged_since = if cursor.peek() == Some(b'(') { Some(unchanged_since(cursor)?) } else { None };
    let change = if cursor.take(b'+') {
        FlagChange::Add
    } else if cursor.take(b'-') {
        FlagChange::Remove
    } else {
        FlagChange::Replace
    };
    let answer = cursor.one_of("FLAGS", &[("FLAGS", Answer::Flags), ("FLAGS.SILENT", Answer::Silent)])?;
    cursor.space()?;
    let flags = if cursor.peek() == Some(b'(') { flag_list(cursor)? } else { flags(cursor)? };
    Ok(Store { numbers, messages, unchanged_since, change, answer, flags })
}

fn unchanged_since(cursor: &mut Cursor) -> Parsed<ModSeq> {
    cursor.need(b'(', "(")?;
    cursor.one_of("UNCHANGEDSINCE", &[("UNCHANGEDSINCE", ())])?;
    cursor.space()?;
    let mod_seq = cursor.number64()?;
    cursor.need(b')', ")")?;
    cursor.space()?;
    Ok(ModSeq(mod_seq))
}

/// ```abnf
/// flag-list = "(" [flag *(SP flag)] ")"
/// ```
pub(super) fn flag_list(cursor: &mut Cursor) -> Parsed<Vec<Flag>> {
    cursor.need(b'(', "(")?;
    if cursor.take(b')') {
        return Ok(Vec::new());
    }
    let flags = flags(cursor)?;
    cursor.need(b')', ")")?;
    Ok(flags)
}

fn flags(cursor: &mut Cursor) -> Parsed<Vec<Flag>> {
    let flags = cursor.spaced("flags", IMAP_FLAGS_MAX, flag);
    flags.map_err(|error| match error.cause {
        Cause::TooMany(_) => Cause::FlagLimit.at(error.at),
        _ => error,
    })
}

/// ```abnf
/// flag         = "\Answered" / "\Flagged" / "\Deleted" / "\Seen" / "\Draft" / flag-keyword / flag-extension
/// flag-keyword = "$MDNSent" / "$Forwarded" / "$Junk" / "$NotJunk" / "$Phishing" / atom
/// ```
/// No flag-extension is known, and `\Recent` is not for clients to set.
fn flag(cursor: &mut Cursor) -> Parsed<Flag> {
    let start = cursor.at();
    if !cursor.take(b'\\') {
        return keyword(cursor).map(Flag::Keyword);
    }
    match cursor.atom("flag")?.to_ascii_uppercase().as_str() {
        "ANSWERED" => Ok(Flag::Answered),
        "FLAGGED" => Ok(Flag::Flagged),
        "DELETED" => Ok(Flag::Deleted),
        "SEEN" => Ok(Flag::Seen),
        "DRAFT" => Ok(Flag::Draft),
        _ => Err(Cause::Flag.at(start)),
    }
}

/// A keyword within its bound (hostile B52).
pub(super) fn keyword(cursor: &mut Cursor) -> Parsed<String> {
    let start = cursor.at();
    let keyword = cursor.atom("flag")?;
    if keyword.len() > IMAP_KEYWORD_BYTES_MAX { Err(Cause::FlagLimit.at(start)) } else { Ok(keyword) }
}

#[cfg(test)]
mod tests {
    use super::super::SequenceSet;
    use super::super::command::Command;
    use super::super::parse::tests::read;
    use super::*;

    fn keyword(name: &str) -> Flag {
        Flag::Keyword(name.to_owned())
    }

    #[test]
    fn store_changes_flags_as_thunderbird_and_the_rfc_spell_it() {
        let saved = |change, answer, unchanged_since: Option<u64>, flags: Vec<Flag>| {
            let unchanged_since = unchanged_since.map(ModSeq);
            let (numbers, messages) = (Numbers::Uid, Messages::Saved);
            Ok(Command::Store(Store { numbers, messages, unchanged_since, change, answer, flags }))
        };
        for (text, command) in [
            ("+Flags (\\Seen)", saved(FlagChange::Add, Answer::Flags, None, vec![Flag::Seen])),
            (
                "-FLAGS.SILENT \\Draft $a",
                saved(FlagChange::Remove, Answer::Silent, None, vec![Flag::Draft, keyword("$a")]),
            ),
            ("FLAGS ()", saved(FlagChange::Replace, Answer::Flags, None, vec![])),
            (
                "(UNCHANGEDSINCE 0) +FLAGS.SILENT \\deleted",
                saved(FlagChange::Add, Answer::Silent, Some(0), vec![Flag::Deleted]),
            ),
        ] {
            assert_eq!(read(&format!("UID STORE $ {text}")), command, "{text}");
        }
        assert!(matches!(
            read("store 1:* +FLAGS.SILENT (\\Deleted)"),
            Ok(Command::Store(Store { numbers: Numbers::Sequence, messages: Messages::Set(SequenceSet { .. }), .. }))
        ));
    }

    #[test]
    fn flags_are_bounded_in_kind_length_and_number() {
        for (flags, cause) in [
            ("(\\Recent)".to_owned(), Cause::Flag),
            ("(\\*)".to_owned(), Cause::Expected("flag")),
            ("(\\Invented)".to_owned(), Cause::Flag),
            ("x".repeat(10_000), Cause::FlagLimit),
            (format!("({})", "k ".repeat(30_000)), Cause::FlagLimit),
            ("(a".to_owned(), Cause::Expected(")")),
            ("(a\u{111})".to_owned(), Cause::Expected(")")),
        ] {
            assert_eq!(read(&format!("STORE 1 FLAGS {flags}")), Err(cause));
        }
        assert!(read(&format!("STORE 1 FLAGS {}", "x".repeat(IMAP_KEYWORD_BYTES_MAX))).is_ok());
    }

    #[test]
    fn a_mod_sequence_has_63_bits() {
        assert!(read("STORE 1 (UNCHANGEDSINCE 9223372036854775807) FLAGS ()").is_ok());
        assert_eq!(read("STORE 1 (UNCHANGEDSINCE 9223372036854775808) FLAGS ()"), Err(Cause::Number));
        assert_eq!(read("STORE 1 (UNCHANGEDSINCE -1) FLAGS ()"), Err(Cause::Expected("number")));
    }
}
