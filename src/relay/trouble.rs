//! What can go wrong on the way to the next server, apart from what it answers about one message.

use super::syntax::Reply;
use crate::net::WireError;
use crate::queue::Reason;
use crate::store::StoreError;

/// Why a way cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// It may work later.
    Later(Box<Reason>),
    /// It will not: there is nobody to bring mail to.
    Never(Reason),
}

/// Why a connection is of no use any more.
#[derive(Debug)]
pub(super) enum Lost {
    /// The network, or a time that is over.
    Wire(WireError),
    /// What came is no answer of a mail server (hostile F23).
    Garbage(String),
    /// More of an answer than anybody needs.
    Endless,
    /// The message cannot be read here.
    Store(StoreError),
    /// The server ends the session: 421, or a greeting that is none.
    Ended(Reply),
}

impl Trouble {
    pub(super) fn later(reason: Reason) -> Self {
        Self::Later(Box::new(reason))
    }
}

impl From<WireError> for Lost {
    fn from(error: WireError) -> Self {
        match error {
            WireError::TooLong | WireError::Endless => Self::Endless,
            error => Self::Wire(error),
        }
    }
}

impl Lost {
    /// In the words of RFC 3463.
    pub(super) fn reason(&self, host: &str) -> Reason {
        match self {
            Self::Wire(WireError::TimedOut) => Reason::own("4.4.2", format!("{host} took too long to answer")),
            Self::Wire(error) => Reason::own("4.4.2", format!("{host}: {error}")),
            Self::Garbage(said) => Reason::own("4.5.0", format!("{host} does not speak SMTP: {said}")),
            Self::Endless => Reason::own("4.5.0", format!("{host} does not come to an end with its answer")),
            Self::Store(error) => Reason::own("4.3.0", format!("the message cannot be read here: {error}")),
            Self::Ended(reply) => {
                let mut reason = reply.reason(host);
                if !reply.is_transient() {
                    "4.3.2".clone_into(&mut reason.status);
                }
                reason
            }
        }
    }
}
