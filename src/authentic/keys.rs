//! The keys of our domains, in `data_dir/keys/dkim`: a directory for each domain, in it a PEM file for each key and a file
//! `in-use` that names the pair which signs. A pair is named after its month, its selectors after it: `h202611` has
//! `h202611e` and `h202611r`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::error::KeyError;
use super::files::{in_use, pairs, use_pair};
use super::key::{Record, SigningPair, ed25519_selector, file, rsa_selector};
use super::message::author_domain;
use crate::address::Domain;
use crate::limits;

/// The keys of our domains. Cheap to clone.
#[derive(Clone, Default)]
pub struct Keys(Arc<Kept>);

#[derive(Default)]
struct Kept {
    dir: PathBuf,
    /// The pairs in use, of the domains that we sign for.
    signing: ArcSwap<BTreeMap<Domain, SigningPair>>,
    /// Held by whoever changes files.
    changing: Mutex<()>,
}

/// A pair of keys as it is listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pair {
    /// Whose it is.
    pub domain: Domain,
    /// What it is called: its selectors without their last letter.
    pub name: String,
    /// Whether it signs.
    pub standing: Standing,
    /// What DNS must say of it.
    pub records: Vec<Record>,
}

/// Whether a pair signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It signs.
    InUse,
    /// It is kept: not used yet, or no longer.
    Kept,
}

impl Keys {
    /// Reads the keys of these domains; a domain that has none gets a pair, which is used at once. Takes some hundred
    /// milliseconds where keys are made.
    pub fn open(dir: PathBuf, domains: &[Domain], today: Date) -> Result<Self, KeyError> {
        let keys = Self(Arc::new(Kept { dir, ..Kept::default() }));
        keys.configure(domains, today)?;
        Ok(keys)
    }

    /// The same for other domains.
    pub fn configure(&self, domains: &[Domain], today: Date) -> Result<(), KeyError> {
        let _one = self.changing();
        for domain in domains {
            let dir = self.dir_of(domain);
            if pairs(&dir)?.is_empty() {
                let name = self.free_name([domain], today)?;
                SigningPair::make(&dir, &name)?;
                use_pair(&dir, &name)?;
                tracing::info!(%domain, pair = name, "made keys that sign mail");
            }
        }
        self.load(domains)
    }

    /// Every pair, by domain and age.
    pub fn list(&self) -> Result<Vec<Pair>, KeyError> {
        let mut listed = Vec::new();
        for domain in self.domains() {
            let dir = self.dir_of(&domain);
            let in_use = in_use(&dir)?;
            for name in pairs(&dir)? {
                let standing = if in_use.as_ref() == Some(&name) { Standing::InUse } else { Standing::Kept };
                let records = SigningPair::read(&dir, &domain, &name)?.records.to_vec();
                listed.push(Pair { domain: domain.clone(), name, standing, records });
            }
        }
        Ok(listed)
    }

    /// Makes a pair for each domain, which does not sign yet; its name.
    pub fn rotate(&self, today: Date) -> Result<String, KeyError> {
        let _one = self.changing();
        let domains = self.domains();
        let name = self.free_name(&domains, today)?;
        domains.iter().try_for_each(|domain| SigningPair::make(&self.dir_of(domain), &name))?;
        Ok(name)
    }

    /// Signs with a pair from now on, for every domain that has it.
    ///
    /// # Errors
    /// [`KeyError::Unknown`], or a file that cannot be written.
    pub fn use_pair(&self, name: &str) -> Result<(), KeyError> {
        let _one = self.changing();
        for domain in self.having(name)? {
            use_pair(&self.dir_of(&domain), name)?;
        }
        self.load(&self.domains())
    }

    /// Removes a pair that does not sign.
    ///
    /// # Errors
    /// [`KeyError::Unknown`], [`KeyError::InUse`], or a file that cannot be removed.
    pub fn retire(&self, name: &str) -> Result<(), KeyError> {
        let _one = self.changing();
        self.may_retire(name)?;
        for domain in self.having(name)? {
            for selector in [ed25519_selector(name), rsa_selector(name)] {
                let file = file(&self.dir_of(&domain), &selector);
                std::fs::remove_file(&file).map_err(|error| KeyError::File { file, error })?;
            }
        }
        Ok(())
    }

    /// What would stand in the way of removing a pair.
    pub fn may_retire(&self, name: &str) -> Result<(), KeyError> {
        for domain in self.having(name)? {
            if in_use(&self.dir_of(&domain))?.as_deref() == Some(name) {
                return Err(KeyError::InUse(name.to_owned()));
            }
        }
        Ok(())
    }

    /// The domains that have a pair.
    pub fn having(&self, name: &str) -> Result<Vec<Domain>, KeyError> {
        let mut having = Vec::new();
        for domain in self.domains() {
            if pairs(&self.dir_of(&domain))?.iter().any(|known| known == name) {
                having.push(domain);
            }
        }
        if having.is_empty() { Err(KeyError::Unknown(name.to_owned())) } else { Ok(having) }
    }

    /// The fields that sign a message of one of our domains; nothing where its author is somebody else. They go on top of
    /// the message as it is: nothing of what they sign changes afterwards.
    pub fn sign(&self, message: &[u8]) -> String {
        let signing = self.0.signing.load();
        let Some(pair) = author_domain(message).and_then(|domain| signing.get(&domain)) else { return String::new() };
        // Half a millisecond for the two of them; what is large is hashed beside the other connections.
        let signed = if message.len() <= limits::PARSED_IN_PLACE_BYTES_MAX {
            pair.sign(message)
        } else {
            tokio::task::block_in_place(|| pair.sign(message))
        };
        signed.unwrap_or_else(|error| {
            tracing::error!(%error, "a message could not be signed");
            String::new()
        })
    }

    /// The same message with its signatures.
    pub fn signed(&self, message: Vec<u8>) -> Vec<u8> {
        let fields = self.sign(&message);
        if fields.is_empty() { message } else { [fields.as_bytes(), &message].concat() }
    }

    fn load(&self, domains: &[Domain]) -> Result<(), KeyError> {
        let mut signing = BTreeMap::new();
        for domain in domains {
            let dir = self.dir_of(domain);
            if let Some(name) = in_use(&dir)? {
                signing.insert(domain.clone(), SigningPair::read(&dir, domain, &name)?);
            }
        }
        self.0.signing.store(Arc::new(signing));
        Ok(())
    }

    fn domains(&self) -> Vec<Domain> {
        self.0.signing.load().keys().cloned().collect()
    }

    fn dir_of(&self, domain: &Domain) -> PathBuf {
        self.0.dir.join(domain.as_str())
    }

    fn changing(&self) -> std::sync::MutexGuard<'_, ()> {
        self.0.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A name of the month that none of the domains has: `h202611`, `h202611b`, …
    fn free_name<'a>(&self, domains: impl IntoIterator<Item = &'a Domain>, today: Date) -> Result<String, KeyError> {
        let month = format!("h{:04}{:02}", today.year(), today.month());
        let letters = std::iter::once(String::new()).chain(('b'..='z').map(String::from));
        let mut names = letters.map(|letter| format!("{month}{letter}"));
        let dirs: Vec<_> = domains.into_iter().map(|domain| self.dir_of(domain)).collect();
        let taken = |name: &String| {
            let selectors = [ed25519_selector(name), rsa_selector(name)];
            dirs.iter().any(|dir| selectors.iter().any(|selector| file(dir, selector).exists()))
        };
        names.find(|name| !taken(name)).ok_or(KeyError::TooMany)
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keys({})", self.0.dir.display())
    }
}
