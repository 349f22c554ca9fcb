//! Who may log in, and for how long; what they may do while they are in.

mod login;
mod throttle;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use aws_lc_rs::{hmac, rand};
use moka::sync::Cache;

pub use login::Login;
pub use throttle::{Rate, Rates};

use crate::address::Address;
use crate::credential::{self, Busy, Hash, Hasher, Secret, Standing, Stored};
use crate::db::{Db, DbError};
use crate::directory::{Directory, Generation, Mailbox, MailboxState, Owner, Snapshot, StaffState};
use crate::id::{MailboxId, StaffId};
use crate::limits;
use throttle::{Attempt, Block, Throttle};

/// Decides who may log in. Cheap to clone.
#[derive(Clone)]
pub struct Access(Arc<Shared>);

struct Shared {
    db: Db,
    directory: Directory,
    hasher: Hasher,
    throttle: Throttle,
    /// Right passwords only; a wrong one is hashed every time, so that nothing is learned by trying twice.
    remembered: Cache<Remembered, Standing>,
    key: hmac::Key,
}

/// A password that was right under this generation, known by its HMAC under a key that lives as long as the daemon.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Remembered {
    mailbox: MailboxId,
    generation: Generation,
    tag: Vec<u8>,
}

/// Why a log-in was refused. The peer is told one thing in all cases but two: a refusal by [`LoginRefusal::Busy`] or
/// [`LoginRefusal::Database`] is to be tried again. The log and the tests see the cause.
#[derive(Debug, thiserror::Error)]
pub enum LoginRefusal {
    /// Nobody has this name and password.
    #[error("wrong name or password")]
    Wrong,
    /// The name or password can be nobody's: empty, too long, or with control characters.
    #[error("not a name and password")]
    Malformed,
    /// Too many failures lately; nothing was hashed.
    #[error("too many failed log-ins")]
    Throttled,
    /// The password is right, and its holder is suspended.
    #[error("suspended")]
    Suspended,
    /// The password is right, and its holder has left.
    #[error("departed")]
    Departed,
    /// The password is right, but the person may not act as the one named (RFC 4616 §2).
    #[error("not allowed to act as somebody else")]
    AuthzidNotAllowed,
    /// Too many log-ins wait.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The password could not be looked up.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Whose name was given, as of one snapshot.
struct Claim<'a> {
    staff: StaffId,
    mailbox: &'a Mailbox,
}

impl Access {
    /// Starts with nothing remembered.
    ///
    /// # Errors
    /// Where the system has no randomness for the key.
    pub fn new(db: &Db, directory: &Directory, hasher: &Hasher, rates: Rates) -> std::io::Result<Self> {
        let mut key = [0_u8; 32];
        rand::fill(&mut key).map_err(|_| std::io::Error::other("the system has no randomness"))?;
        Ok(Self(Arc::new(Shared {
            db: db.clone(),
            directory: directory.clone(),
            hasher: hasher.clone(),
            throttle: Throttle::new(rates),
            remembered: Cache::builder()
                .max_capacity(limits::LOGINS_REMEMBERED_MAX)
                .time_to_live(limits::LOGIN_REMEMBERED)
                .build(),
            key: hmac::Key::new(hmac::HMAC_SHA256, &key),
        })))
    }

    /// Logs somebody in by address, or by the part of it before `@`, and password. `authzid` is whom they ask to act as:
    /// nobody, or themselves.
    pub async fn login(
        &self,
        name: &str,
        password: &str,
        authzid: Option<&str>,
        peer: IpAddr,
    ) -> Result<Login, LoginRefusal> {
        let shared = &self.0;
        let snapshot = shared.directory.snapshot();
        if name.len() > limits::LOGIN_NAME_BYTES_MAX {
            return Err(LoginRefusal::Malformed);
        }
        let secret = Secret::parse(password).map_err(|_| LoginRefusal::Malformed)?;
        let address = address_of(name, &snapshot).ok_or(LoginRefusal::Malformed)?;
        let attempt = Attempt { name: format!("{}@{}", address.key(), address.domain()), block: Block::of(peer) };
        let claim = Claim::of(&snapshot, &address);
        let standing = shared.verify(&attempt, claim.as_ref(), &secret).await?;
        let claim = claim.ok_or(LoginRefusal::Wrong)?;
        claim.admit(&snapshot, authzid)?;
        claim.login(&snapshot, standing, &shared.directory).ok_or(LoginRefusal::Wrong)
    }

    /// Whether mail may carry this address as its sender now (R19).
    pub fn may_send_as(&self, login: &Login, address: &Address) -> bool {
        login.may_send_as(address)
    }
}

/// The address meant by a name: a lone local part is one of the department's.
fn address_of(name: &str, snapshot: &Snapshot) -> Option<Address> {
    if name.contains('@') {
        Address::parse(name).ok()
    } else {
        Address::new(name, snapshot.department().own.clone()).ok()
    }
}

impl Shared {
    /// Whether the password is right, in the same time whether or not anybody has the name (hostile B76).
    async fn verify(
        &self,
        attempt: &Attempt,
        claim: Option<&Claim<'_>>,
        secret: &Secret,
    ) -> Result<Standing, LoginRefusal> {
        let remembered = claim.map(|claim| self.tag(claim.mailbox, secret));
        if let Some(standing) = self.remembered(attempt, remembered.as_ref())? {
            return Ok(standing);
        }
        let turn = self.hasher.turn().await?;
        // While this one waited, another session of the same person may have been let in, or guesses were counted.
        if let Some(standing) = self.remembered(attempt, remembered.as_ref())? {
            return Ok(standing);
        }
        let stored = match claim {
            Some(claim) => {
                credential::of(&mut *self.db.read().await?, claim.mailbox.id, jiff::Timestamp::now().as_second())
                    .await?
            }
            None => Vec::new(),
        };
        let hashes = if stored.is_empty() {
            vec![Hash::of_nobody()]
        } else {
            stored.iter().map(|stored| stored.hash.clone()).collect()
        };
        // Counted before it is known to be wrong: guesses side by side count as much as guesses in a row.
        self.throttle.failed(attempt, Instant::now());
        let right = turn.verify(secret, hashes).await.and_then(|place| stored.get(place));
        let Some(Stored { standing, .. }) = right else { return Err(LoginRefusal::Wrong) };
        self.throttle.succeeded(attempt);
        if let Some(key) = remembered {
            self.remembered.insert(key, *standing);
        }
        Ok(*standing)
    }

    fn remembered(&self, attempt: &Attempt, key: Option<&Remembered>) -> Result<Option<Standing>, LoginRefusal> {
        if !self.throttle.allows(attempt, Instant::now()) {
            return Err(LoginRefusal::Throttled);
        }
        Ok(key.and_then(|key| self.remembered.get(key)))
    }

    fn tag(&self, mailbox: &Mailbox, secret: &Secret) -> Remembered {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(&mailbox.id.0.to_le_bytes());
        context.update(secret.expose().as_bytes());
        Remembered { mailbox: mailbox.id, generation: mailbox.generation, tag: context.sign().as_ref().to_vec() }
    }
}

impl<'a> Claim<'a> {
    fn of(snapshot: &'a Snapshot, address: &Address) -> Option<Self> {
        let mailbox = snapshot.holder(address)?;
        match mailbox.owner {
            Owner::Staff(staff) => Some(Self { staff, mailbox }),
            // Those who answer for it log in as themselves.
            Owner::Unit(_) | Owner::Department => None,
        }
    }

    /// What is asked once the password is known to be right.
    fn admit(&self, snapshot: &Snapshot, authzid: Option<&str>) -> Result<(), LoginRefusal> {
        match snapshot.staff(self.staff).map(|person| person.state) {
            Some(StaffState::Active) if self.mailbox.state == MailboxState::Open => {}
            Some(StaffState::Suspended) => return Err(LoginRefusal::Suspended),
            _ => return Err(LoginRefusal::Departed),
        }
        match authzid {
            None | Some("") => Ok(()),
            Some(other) => {
                let own = address_of(other, snapshot)
                    .and_then(|address| snapshot.holder(&address))
                    .is_some_and(|mailbox| mailbox.id == self.mailbox.id);
                if own { Ok(()) } else { Err(LoginRefusal::AuthzidNotAllowed) }
            }
        }
    }

    fn login(&self, snapshot: &Snapshot, standing: Standing, directory: &Directory) -> Option<Login> {
        Some(Login {
            staff: self.staff,
            mailbox: self.mailbox.id,
            address: self.mailbox.primary()?.clone(),
            name: snapshot.staff(self.staff)?.name.to_string(),
            standing,
            generation: self.mailbox.generation,
            directory: directory.clone(),
        })
    }
}

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Access").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
