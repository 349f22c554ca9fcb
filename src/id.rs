//! Identities. Everything that lasts is known by one of these, never by its name or address.

use serde::{Deserialize, Serialize};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type)]
        #[sqlx(transparent)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

ids! {
    /// A person of the department.
    StaffId
    /// A unit of the department.
    UnitId
    /// A mailbox of a person, a unit or the department; the same for ever, whatever its address.
    MailboxId
    /// What IMAP calls a mailbox. Also the source of UIDVALIDITY: never reused.
    FolderId
    /// The bytes of a message, shared by every folder that holds it.
    BodyId
    /// A personnel decision.
    DecisionId
    /// A password of a mailbox.
    CredentialId
    /// An address that was given out.
    AddressId
    /// Leave to use a mailbox that is not one's own.
    DelegationId
    /// Leave to use one folder of a mailbox that is not one's own.
    GrantId
    /// What a unit or the personnel division asks for.
    RequestId
    /// A fault or a leak that was reported.
    IncidentId
    /// A message that a unit must deal with.
    ItemId
    /// A message on its way out, for the recipients that go one way.
    JobId
}

/// A message's number in its folder, never reused: RFC 9051 §2.3.1.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uid(pub u32);

/// A folder's change counter, at most 2^63 - 1: RFC 7162 §3.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModSeq(pub u64);

impl std::fmt::Display for Uid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::fmt::Display for ModSeq {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
