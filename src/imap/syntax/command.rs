//! A command as a value.

use std::fmt;

use super::{
    AclChange, AclEntry, Append, Create, Fetch, GetMetadata, List, Lsub, MailboxArg, Messages, MultiSearch, Notify,
    Rename, Replace, Search, Select, SetMetadata, SetQuota, Sort, Status, Store, Thread,
};
use crate::imap::table::Row;

/// A command with the tag under which it is answered: RFC 9051 §2.2.1.
#[derive(Debug)]
pub struct Tagged {
    /// Goes back with the answer.
    pub tag: Tag,
    /// What is known of the command.
    pub row: &'static Row,
    /// What is to be done.
    pub command: Command,
}

/// A client's name for one of its commands; only characters that may be sent back as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag(pub(super) String);

impl Tag {
    /// As the client sent it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether messages are named, and answered, by sequence number or by UID: RFC 9051 §6.4.9.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbers {
    /// `FETCH`
    Sequence,
    /// `UID FETCH`
    Uid,
}

/// Every command of RFC 3501 and RFC 9051 and of the extensions named beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// `CAPABILITY`
    Capability,
    /// `NOOP`
    Noop,
    /// `LOGOUT`
    Logout,
    /// `ID`: what the client says of itself, empty for NIL (RFC 2971).
    Id(Vec<(String, Option<String>)>),

    /// `STARTTLS`
    StartTls,
    /// `AUTHENTICATE`
    Authenticate(Authenticate),
    /// `LOGIN`
    Login(Credentials),

    /// `UNAUTHENTICATE` (RFC 8437)
    Unauthenticate,
    /// `ENABLE`: the names in upper case (RFC 5161).
    Enable(Vec<String>),
    /// `SELECT`
    Select(Select),
    /// `EXAMINE`
    Examine(Select),
    /// `CREATE`
    Create(Create),
    /// `DELETE`
    Delete(MailboxArg),
    /// `RENAME`
    Rename(Rename),
    /// `SUBSCRIBE`
    Subscribe(MailboxArg),
    /// `UNSUBSCRIBE`
    Unsubscribe(MailboxArg),
    /// `LIST`
    List(List),
    /// `LSUB`
    Lsub(Lsub),
    /// `NAMESPACE` (RFC 2342)
    Namespace,
    /// `STATUS`
    Status(Status),
    /// `APPEND`
    Append(Append),
    /// `REPLACE` and `UID REPLACE` (RFC 8508)
    Replace(Replace),
    /// `IDLE`: the `DONE` that ends it is no command and is read by the connection (RFC 2177).
    Idle,
    /// `NOTIFY` (RFC 5465)
    Notify(Notify),

    /// `CHECK`
    Check,
    /// `CLOSE`
    Close,
    /// `UNSELECT` (RFC 3691)
    Unselect,
    /// `EXPUNGE`, or `UID EXPUNGE` with the messages it is limited to (RFC 4315).
    Expunge(Option<Messages>),
    /// `SEARCH` and `UID SEARCH`
    Search(Search),
    /// `ESEARCH` (RFC 7377)
    MultiSearch(MultiSearch),
    /// `SORT` and `UID SORT` (RFC 5256)
    Sort(Sort),
    /// `THREAD` and `UID THREAD`
    Thread(Thread),
    /// `FETCH` and `UID FETCH`
    Fetch(Fetch),
    /// `STORE` and `UID STORE`
    Store(Store),
    /// `COPY` and `UID COPY`
    Copy(Copy),
    /// `MOVE` and `UID MOVE` (RFC 6851)
    Move(Copy),

    /// `SETACL` (RFC 4314)
    SetAcl(AclChange),
    /// `DELETEACL`
    DeleteAcl(AclEntry),
    /// `GETACL`
    GetAcl(MailboxArg),
    /// `LISTRIGHTS`
    ListRights(AclEntry),
    /// `MYRIGHTS`
    MyRights(MailboxArg),
    /// `GETQUOTA`: the name of a quota root (RFC 9208).
    GetQuota(String),
    /// `GETQUOTAROOT`
    GetQuotaRoot(MailboxArg),
    /// `SETQUOTA`
    SetQuota(SetQuota),
    /// `GETMETADATA` (RFC 5464)
    GetMetadata(GetMetadata),
    /// `SETMETADATA`
    SetMetadata(SetMetadata),
    /// `COMPRESS DEFLATE`, the only mechanism there is (RFC 4978).
    Compress,
}

/// The arguments of AUTHENTICATE: RFC 9051 §6.2.2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authenticate {
    /// The SASL mechanism in upper case.
    pub mechanism: String,
    /// The initial response in base64 as sent (RFC 4959); empty where the client sent `=`.
    pub initial: Option<Secret>,
}

/// The arguments of LOGIN: RFC 9051 §6.2.3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// The name, which is an address.
    pub name: String,
    /// The password.
    pub password: Secret,
}

/// What must not appear in a log: its `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The arguments of COPY and MOVE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// How `messages` is to be read.
    pub numbers: Numbers,
    /// What is copied.
    pub messages: Messages,
    /// Where to.
    pub mailbox: MailboxArg,
}
