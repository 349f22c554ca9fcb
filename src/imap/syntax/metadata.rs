//! Annotations: RFC 5464, and in LIST RFC 9590.

use super::cursor::{Cursor, Parsed, add_new};
use super::{Cause, MailboxArg};
use crate::limits::{ANNOTATION_NAME_BYTES_MAX, ANNOTATIONS_MAX};

/// The arguments of GETMETADATA.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetMetadata {
    /// Of which folder; an empty name is the server.
    pub mailbox: MailboxArg,
    /// What is asked of it.
    pub asked: AskedMetadata,
}

/// Which annotations are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedMetadata {
    /// Their names, at least one.
    pub entries: Vec<EntryName>,
    /// What lies below them.
    pub depth: Depth,
    /// Larger values are left out, in octets.
    pub size_max: Option<u64>,
}

/// How far below an entry others are told with it: RFC 5464 §4.2.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// `0`: the entry alone.
    This,
    /// `1`: also those one level below it.
    Children,
    /// `infinity`
    All,
}

/// The arguments of SETMETADATA.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetMetadata {
    /// Of which folder; an empty name is the server.
    pub mailbox: MailboxArg,
    /// What each entry is to be; `None` removes it.
    pub values: Vec<(EntryName, Option<Vec<u8>>)>,
}

/// The name of an annotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryName {
    /// Who sees it.
    pub audience: Audience,
    /// The rest of the name, `/comment`; in lower case, empty for all there is.
    pub path: String,
}

/// Who sees an annotation: RFC 5464 §3.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Audience {
    /// `/private`: whoever made it.
    Private,
    /// `/shared`: everybody who may see the folder.
    Shared,
}

impl Audience {
    /// As it begins a name.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Private => "/private",
            Self::Shared => "/shared",
        }
    }
}

/// ```abnf
/// getmetadata = "GETMETADATA" [SP getmetadata-options] SP mailbox SP entries
/// ```
/// Options are taken behind the mailbox too, where the examples of RFC 5464 §4.2 have them.
pub(in crate::imap) fn get_metadata(cursor: &mut Cursor) -> Parsed<GetMetadata> {
    let mut asked = AskedMetadata { entries: Vec::new(), depth: Depth::This, size_max: None };
    cursor.space()?;
    if cursor.peek() == Some(b'(') {
        options(cursor, &mut asked)?;
        cursor.space()?;
    }
    let mailbox = cursor.mailbox()?;
    cursor.space()?;
    if cursor.comes("(MAXSIZE ") || cursor.comes("(DEPTH ") {
        options(cursor, &mut asked)?;
        cursor.space()?;
    }
    asked.entries = entries(cursor)?;
    Ok(GetMetadata { mailbox, asked })
}

/// ```abnf
/// return-option =/ "METADATA" SP entries        ; RFC 9590 §5
/// ```
pub(super) fn list_metadata(cursor: &mut Cursor) -> Parsed<AskedMetadata> {
    cursor.space()?;
    Ok(AskedMetadata { entries: entries(cursor)?, depth: Depth::This, size_max: None })
}

/// ```abnf
/// getmetadata-options = "(" getmetadata-option *(SP getmetadata-option) ")"
/// maxsize-opt         = "MAXSIZE" SP number
/// scope-opt           = "DEPTH" SP ("0" / "1" / "infinity")
/// ```
fn options(cursor: &mut Cursor, asked: &mut AskedMetadata) -> Parsed<()> {
    cursor.nonempty_list("options", 2, |cursor| {
        if cursor.take_word("MAXSIZE") {
            cursor.space()?;
            asked.size_max = Some(cursor.number64()?);
            return Ok(());
        }
        cursor.one_of("option", &[("DEPTH", ())])?;
        cursor.space()?;
        asked.depth =
            cursor.one_of("depth", &[("0", Depth::This), ("1", Depth::Children), ("INFINITY", Depth::All)])?;
        Ok(())
    })?;
    Ok(())
}

/// ```abnf
/// entries = entry / "(" entry *(SP entry) ")"
/// ```
fn entries(cursor: &mut Cursor) -> Parsed<Vec<EntryName>> {
    if cursor.peek() != Some(b'(') {
        return Ok(vec![entry(cursor)?]);
    }
    let mut entries = Vec::new();
    cursor.nonempty_list("entries", ANNOTATIONS_MAX, |cursor| {
        add_new(&mut entries, entry(cursor)?);
        Ok(())
    })?;
    Ok(entries)
}

/// ```abnf
/// entry = astring        ; slash-separated path to entry
/// ```
/// Without `*`, `%`, controls, what is not ASCII, empty levels: RFC 5464 §3.1.
fn entry(cursor: &mut Cursor) -> Parsed<EntryName> {
    let start = cursor.at();
    let name = cursor.utf8()?.to_ascii_lowercase();
    let audiences = [Audience::Private, Audience::Shared];
    let split = audiences.into_iter().find_map(|audience| Some((audience, name.strip_prefix(audience.prefix())?)));
    let is_sound = |path: &str| {
        path.bytes().all(|octet| matches!(octet, b' '..=b'~') && !matches!(octet, b'*' | b'%'))
            && (path.is_empty() || path.starts_with('/') && path.split('/').skip(1).all(|level| !level.is_empty()))
    };
    match split {
        Some((audience, path)) if is_sound(path) && path.len() <= ANNOTATION_NAME_BYTES_MAX => {
            Ok(EntryName { audience, path: path.to_owned() })
        }
        _ => Err(Cause::Expected("entry").at(start)),
    }
}

/// ```abnf
/// setmetadata  = "SETMETADATA" SP mailbox SP entry-values
/// entry-values = "(" entry-value *(SP entry-value) ")"
/// entry-value  = entry SP value
/// value        = nstring / literal8
/// ```
pub(in crate::imap) fn set_metadata(cursor: &mut Cursor) -> Parsed<SetMetadata> {
    cursor.space()?;
    let mailbox = cursor.mailbox()?;
    cursor.space()?;
    let values = cursor.nonempty_list("entries", ANNOTATIONS_MAX, |cursor| {
        let entry = entry(cursor)?;
        cursor.space()?;
        let value = match cursor.peek() {
            Some(b'~') => Some(cursor.literal8()?),
            _ => cursor.nstring()?.map(std::borrow::Cow::into_owned),
        };
        Ok((entry, value))
    })?;
    Ok(SetMetadata { mailbox, values })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::command::Command;
    use super::super::parse::tests::{inbox, read};
    use super::*;

    fn name(audience: Audience, path: &str) -> EntryName {
        EntryName { audience, path: path.to_owned() }
    }

    fn got(text: &str) -> Result<AskedMetadata, Cause> {
        match read(&format!("GETMETADATA {text}"))? {
            Command::GetMetadata(get) => Ok(get.asked),
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn annotations_are_asked_for() {
        let comment = || vec![name(Audience::Shared, "/comment")];
        let asked = |entries, depth, size_max| Ok(AskedMetadata { entries, depth, size_max });
        assert_eq!(got("\"\" /shared/comment"), asked(comment(), Depth::This, None));
        assert_eq!(got("INBOX (/Shared/Comment \"/shared/comment\")"), asked(comment(), Depth::This, None));
        let all = asked(comment(), Depth::All, Some(1024));
        assert_eq!(got("(MAXSIZE 1024 DEPTH infinity) INBOX /shared/comment"), all);
        assert_eq!(got("INBOX (depth infinity maxsize 1024) (/shared/comment)"), all);
        assert_eq!(got("(DEPTH 1) INBOX /private"), asked(vec![name(Audience::Private, "")], Depth::Children, None));
        for wrong in ["/comment", "/privately", "/private/", "/shared//x", "/shared/*", "/shared/đ", "()", "(/shared"]
        {
            assert!(got(&format!("INBOX {wrong}")).is_err(), "{wrong}");
        }
        assert!(got("(DEPTH 2) INBOX /shared").is_err() && got("(FROB) INBOX /shared").is_err());
    }

    #[test]
    fn annotations_are_set() {
        let values = vec![
            (name(Audience::Private, "/comment"), Some(b"x".to_vec())),
            (name(Audience::Shared, "/comment"), None),
            (name(Audience::Shared, "/vendor/x"), Some(b"a\0".to_vec())),
        ];
        let set = SetMetadata { mailbox: inbox(), values };
        let text = "SETMETADATA INBOX (/private/comment {1}\r\nx /shared/comment NIL /shared/vendor/x ~{2}\r\na\0)";
        assert_eq!(read(text), Ok(Command::SetMetadata(set)));
        assert!(read("SETMETADATA INBOX ()").is_err() && read("SETMETADATA INBOX (/shared/x)").is_err());
    }
}
