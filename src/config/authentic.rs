//! `[authentic]`: what is signed, and what becomes of mail that is not what it claims to be.

use serde::Deserialize;

use crate::address::Domain;
use crate::authentic::{Policy, Response};

/// `[authentic]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Authentic {
    /// Whether strangers' mail is looked at.
    pub verify: Verify,
    /// What becomes of what the domain in From asks to reject.
    pub reject: Response,
    /// What becomes of what it calls suspicious.
    pub quarantine: Response,
    /// Domains whose word is taken for what they pass on (ARC).
    pub sealers: Vec<Domain>,
    /// Names of relays whose `Authentication-Results` are believed.
    pub relays: Vec<Domain>,
    /// Domains that are signed for beside our own.
    pub sign_also: Vec<Domain>,
}

/// Whether strangers' mail is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verify {
    /// By asking DNS.
    #[default]
    On,
    /// DNS is never asked.
    Off,
}

impl Default for Authentic {
    fn default() -> Self {
        let Policy { reject, quarantine, sealers, relays } = Policy::default();
        Self { verify: Verify::default(), reject, quarantine, sealers, relays, sign_also: Vec::new() }
    }
}

impl Authentic {
    /// The same as the checks use it.
    pub fn policy(&self) -> Policy {
        let (sealers, relays) = (self.sealers.clone(), self.relays.clone());
        Policy { reject: self.reject, quarantine: self.quarantine, sealers, relays }
    }
}
