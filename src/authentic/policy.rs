//! What becomes of a message whose author's domain disowns it.

use mail_auth::DmarcResult;
use mail_auth::dmarc::Policy as Published;
use serde::Deserialize;

use crate::address::Domain;

/// What the administrator decides. That SPF alone fails never leads to anything: forwarders break it (RFC 7208 §8.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Where the domain asks to reject.
    pub reject: Response,
    /// Where the domain asks for suspicion.
    pub quarantine: Response,
    /// Whose word is taken for what they pass on, given by ARC (RFC 8617 §5.2).
    pub sealers: Vec<Domain>,
    /// As which servers relays of ours write results that are believed (RFC 8601 §2.5).
    pub relays: Vec<Domain>,
}

/// What is done with a message that fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Response {
    /// It is not taken.
    Refuse,
    /// It is put into the folder for unwanted mail.
    Junk,
    /// It is delivered with what was found.
    Mark,
}

/// What becomes of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Treatment {
    /// It is delivered.
    Take,
    /// It is put into the folder for unwanted mail.
    Junk,
    /// It is not taken: this domain says that it is not its own.
    Refuse(String),
}

impl Policy {
    /// What follows from the result of DMARC, where `author` is the domain that was asked.
    pub(super) fn treatment(&self, result: &DmarcResult, published: Published, author: &str) -> Treatment {
        match (result, published) {
            (DmarcResult::Fail(_), Published::Reject) => self.reject.treat(author),
            (DmarcResult::Fail(_), Published::Quarantine) => self.quarantine.treat(author),
            _ => Treatment::Take,
        }
    }
}

impl Response {
    pub(super) fn treat(self, author: &str) -> Treatment {
        match self {
            Self::Refuse => Treatment::Refuse(author.to_owned()),
            Self::Junk => Treatment::Junk,
            Self::Mark => Treatment::Take,
        }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self { reject: Response::Refuse, quarantine: Response::Junk, sealers: Vec::new(), relays: Vec::new() }
    }
}
