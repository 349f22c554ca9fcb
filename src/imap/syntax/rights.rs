//! Rights and quota: RFC 4314 and RFC 9208.

use super::MailboxArg;

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
