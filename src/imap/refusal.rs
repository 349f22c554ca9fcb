//! Why a command was not done, by cause; what is answered is chosen in [`super::reply`].

use super::syntax::SyntaxError;
use super::table::Stage;
use crate::access::LoginRefusal;
use crate::net::WireError;
use crate::net::sasl::SaslError;
use crate::provisioning;
use crate::spool::SpoolError;
use crate::store::{FolderNameError, StoreError};

/// Why a command was refused. The session goes on.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// It could not be read.
    #[error(transparent)]
    Syntax(#[from] SyntaxError),
    /// It asks for something that the client must switch on first: RFC 7162 §3.2.3.
    #[error("not enabled")]
    NotEnabled,
    /// It does not belong to the state the session is in.
    #[error("not allowed in this state")]
    OutOfState(Stage),
    /// It would send a password in clear.
    #[error("a login needs TLS first")]
    NeedsTls,
    /// STARTTLS under TLS.
    #[error("TLS is active already")]
    SecureAlready,
    /// COMPRESS, or STARTTLS, where the connection is compressed.
    #[error("compression is active already")]
    CompressedAlready,
    /// AUTHENTICATE with a mechanism that is not offered.
    #[error("no such mechanism")]
    UnknownMechanism,
    /// AUTHENTICATE did not come to its end.
    #[error(transparent)]
    Sasl(#[from] SaslError),
    /// The login was refused.
    #[error(transparent)]
    Login(#[from] LoginRefusal),
    /// No folder can be called so.
    #[error(transparent)]
    FolderName(#[from] FolderNameError),
    /// A copy or message is to go to a folder that could be made.
    #[error("the target folder does not exist")]
    NoTarget,
    /// A special use that no folder can be made for.
    #[error("no folder can be given this use")]
    SpecialUse,
    /// No quota root is called so, or none that may be seen.
    #[error("no such quota root")]
    NoQuotaRoot,
    /// SETQUOTA: the office sets what a mailbox may hold.
    #[error("quota is not set here")]
    QuotaIsFixed,
    /// SETMETADATA of what is read only.
    #[error("the entry cannot be changed")]
    EntryIsFixed,
    /// SETMETADATA of a private entry by somebody who is no person of the department.
    #[error("no private entries here")]
    NoPrivateEntries,
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The folder was opened with EXAMINE.
    #[error("the folder is open for reading only")]
    ReadOnly,
    /// There is no right to it: RFC 5530 §3.
    #[error("there is no right to do this")]
    NoPermission,
    /// A folder would go to another mailbox by its name.
    #[error("a folder cannot be renamed into another mailbox")]
    OtherMailbox,
    /// A letter that is no right: RFC 4314 §3.1.
    #[error("there is no such right")]
    UnknownRight,
    /// Nobody is called so: RFC 4314 §2.
    #[error("there is nobody of this name")]
    UnknownIdentifier,
    /// A rule of the office forbids it.
    #[error(transparent)]
    Act(#[from] Box<provisioning::Failure>),
    /// A sequence number beyond the last message.
    #[error("no message has this number")]
    NoSuchMessage,
    /// A UID that no message has: RFC 8508 §3.4.
    #[error("no message has this UID")]
    NoSuchUid,
    /// A URL that names nothing here: RFC 4469 §4.
    #[error("the URL names nothing here")]
    BadUrl(String),
    /// A message would be larger than may be stored: RFC 4469 §4.
    #[error("the message is too big")]
    TooBig,
    /// A part whose transfer encoding is not known cannot be decoded: RFC 3516 §4.3.
    #[error("the transfer encoding of the part is not known")]
    UnknownEncoding,
    /// NOTIFY with an event that is not told here: RFC 5465 §5.
    #[error("no such event")]
    UnknownEvent,
    /// NOTIFY for more folders than one session may listen to: RFC 5465 §5.8.
    #[error("too many folders to listen to")]
    TooMuchToHear,
    /// Messages in flight take all the memory there is for them.
    #[error("too many messages are on their way")]
    Busy,
    /// IDLE was ended by something other than DONE.
    #[error("expected DONE")]
    NotDone,
    /// A message could not be set aside until it is stored.
    #[error("a message could not be set aside: {0}")]
    Aside(std::io::Error),
    /// Work done apart from the session was broken off.
    #[error("the server could not finish")]
    Broken,
}

impl From<SpoolError> for Refusal {
    fn from(error: SpoolError) -> Self {
        match error {
            SpoolError::Busy => Self::Busy,
            SpoolError::Io(error) => Self::Aside(error),
        }
    }
}

impl From<std::io::Error> for Refusal {
    fn from(error: std::io::Error) -> Self {
        Self::Aside(error)
    }
}

/// Why a command ended without an answer of its own.
#[derive(Debug, thiserror::Error)]
pub enum Stop {
    /// It was refused; the tagged answer says so.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The session ends here.
    #[error("the session ends")]
    End(Farewell),
    /// Nobody is there any more.
    #[error(transparent)]
    Lost(#[from] WireError),
}

impl From<provisioning::Failure> for Refusal {
    fn from(failure: provisioning::Failure) -> Self {
        Self::Act(Box::new(failure))
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Refused(error.into())
    }
}

impl From<FolderNameError> for Stop {
    fn from(error: FolderNameError) -> Self {
        Self::Refused(error.into())
    }
}

/// Why the server ends a session: RFC 9051 §7.1.5.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Farewell {
    /// LOGOUT
    Asked,
    /// The right to be logged in ended: suspended, departed, another password.
    RightsEnded,
    /// The daemon is shutting down.
    Draining,
    /// Nothing came for too long.
    Idle,
    /// Too many logins failed on this connection.
    LoginsFailed,
    /// Too many commands in a row that are none: this is no mail client.
    Nonsense,
    /// There is no telling where the next command begins.
    OutOfStep,
    /// The folder that was selected is gone.
    FolderGone,
}
