//! Rights and quota: RFC 4314 and RFC 9208.

use super::cursor::{Cursor, Parsed};
use super::{Cause, MailboxArg};
use crate::limits::IMAP_QUOTA_RESOURCES_MAX;
use crate::text::nfc;

/// The arguments of SETACL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AclChange {
    /// On which folder.
    pub mailbox: MailboxArg,
    /// For whom.
    pub identifier: String,
    /// What happens to the rights.
    pub change: RightsChange,
    /// The letters of the rights, lower case letters and digits; may be none.
    pub rights: String,
}

/// What SETACL does with the rights it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RightsChange {
    /// The rights as they stand.
    Replace,
    /// `+`
    Add,
    /// `-`
    Remove,
}

/// The arguments of DELETEACL and LISTRIGHTS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AclEntry {
    /// On which folder.
    pub mailbox: MailboxArg,
    /// Whose.
    pub identifier: String,
}

/// The arguments of SETQUOTA.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetQuota {
    /// The name of a quota root.
    pub root: String,
    /// Resources in upper case, and their limits in the units of RFC 9208 §5.
    pub limits: Vec<(String, u64)>,
}

/// ```abnf
/// setacl     = "SETACL" SP mailbox SP identifier SP mod-rights
/// mod-rights = astring        ; +rights to add, -rights to remove, rights to replace
/// ```
pub(in crate::imap) fn set_acl(cursor: &mut Cursor) -> Parsed<AclChange> {
    let AclEntry { mailbox, identifier } = entry(cursor)?;
    cursor.space()?;
    let start = cursor.at();
    let written = cursor.utf8()?;
    let (change, rights) = match (written.strip_prefix('+'), written.strip_prefix('-')) {
        (Some(rights), _) => (RightsChange::Add, rights),
        (_, Some(rights)) => (RightsChange::Remove, rights),
        (None, None) => (RightsChange::Replace, written.as_str()),
    };
    if !rights.bytes().all(|right| right.is_ascii_lowercase() || right.is_ascii_digit()) {
        return Err(Cause::Expected("rights").at(start));
    }
    Ok(AclChange { mailbox, identifier, change, rights: rights.to_owned() })
}

/// ```abnf
/// deleteacl  = "DELETEACL" SP mailbox SP identifier
/// listrights = "LISTRIGHTS" SP mailbox SP identifier
/// ```
pub(in crate::imap) fn entry(cursor: &mut Cursor) -> Parsed<AclEntry> {
    cursor.space()?;
    let mailbox = cursor.mailbox()?;
    cursor.space()?;
    Ok(AclEntry { mailbox, identifier: nfc(&cursor.utf8()?) })
}

/// ```abnf
/// getquota = "GETQUOTA" SP quota-root-name
/// ```
pub(in crate::imap) fn quota_root(cursor: &mut Cursor) -> Parsed<String> {
    cursor.space()?;
    cursor.utf8()
}

/// ```abnf
/// setquota       = "SETQUOTA" SP quota-root-name SP setquota-list
/// setquota-list  = "(" [setquota-resource *(SP setquota-resource)] ")"
/// setquota-resource = resource-name SP resource-limit
/// ```
pub(in crate::imap) fn set_quota(cursor: &mut Cursor) -> Parsed<SetQuota> {
    let root = quota_root(cursor)?;
    cursor.space()?;
    let limits = cursor.list("resources", IMAP_QUOTA_RESOURCES_MAX, |cursor| {
        let resource = cursor.atom("resource")?.to_ascii_uppercase();
        cursor.space()?;
        Ok((resource, cursor.number64()?))
    })?;
    Ok(SetQuota { root, limits })
}

#[cfg(test)]
mod tests {
    use super::super::command::Command;
    use super::super::parse::tests::{inbox, read};
    use super::*;

    #[test]
    fn rights_are_given_taken_and_replaced() {
        for (text, change, rights) in [
            ("lrs", RightsChange::Replace, "lrs"),
            ("+cda", RightsChange::Add, "cda"),
            ("\"-x\"", RightsChange::Remove, "x"),
            ("\"\"", RightsChange::Replace, ""),
        ] {
            let entry =
                AclChange { mailbox: inbox(), identifier: "Fred đ".to_owned(), change, rights: rights.to_owned() };
            assert_eq!(read(&format!("SETACL INBOX \"Fred đ\" {text}")), Ok(Command::SetAcl(entry)), "{text}");
        }
        assert_eq!(read("SETACL INBOX Fred LRS"), Err(Cause::Expected("rights")));
        let entry = AclEntry { mailbox: inbox(), identifier: "Fred".to_owned() };
        assert_eq!(read("DELETEACL INBOX Fred"), Ok(Command::DeleteAcl(entry.clone())));
        assert_eq!(read("LISTRIGHTS INBOX Fred"), Ok(Command::ListRights(entry)));
        assert_eq!(read("MYRIGHTS INBOX"), Ok(Command::MyRights(inbox())));
        assert_eq!(read("GETACL INBOX"), Ok(Command::GetAcl(inbox())));
    }

    #[test]
    fn quota_is_asked_for_and_set() {
        assert_eq!(read("GETQUOTA \"\""), Ok(Command::GetQuota(String::new())));
        assert_eq!(read("getquotaroot \"INBOX\""), Ok(Command::GetQuotaRoot(inbox())));
        let limits = vec![("STORAGE".to_owned(), 512), ("MESSAGE".to_owned(), 0)];
        let set = SetQuota { root: "#a".to_owned(), limits };
        assert_eq!(read("SETQUOTA \"#a\" (STORAGE 512 message 0)"), Ok(Command::SetQuota(set)));
    }
}
