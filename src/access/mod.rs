//! Who may log in, and for how long; what they may do while they are in.

mod history;
mod login;
mod throttle;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use arc_swap::ArcSwap;
use aws_lc_rs::{hmac, rand};
use jiff::Timestamp;
use moka::sync::Cache;

pub use crate::credential::{Door, Kind, Seen};
pub use login::Login;
pub use throttle::{Rate, Rates};

use crate::address::Address;
use crate::clock::Clock;
use crate::credential::{self, Busy, Entered, Hash, Hasher, Secret, Standing, Stored};
use crate::db::{Db, DbError};
use crate::directory::{Directory, Generation, Mailbox, MailboxState, Owner, Snapshot, StaffState};
use crate::id::{CredentialId, MailboxId, StaffId};
use crate::limits;
use history::History;
use throttle::{Attempt, Block, Throttle};

/// Decides who may log in. Cheap to clone.
#[derive(Clone)]
pub struct Access(Arc<Shared>);

struct Shared {
    db: Db,
    directory: Directory,
    hasher: Hasher,
    clock: Clock,
    bounds: ArcSwap<Bounds>,
    history: History,
    /// Right passwords only; a wrong one is hashed every time, so that nothing is learned by trying twice.
    remembered: Cache<Remembered, Right>,
    key: hmac::Key,
}

/// What the configuration says about logging in (R29).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// How guessing is slowed.
    pub rates: Rates,
    /// Days after which a first password that nobody changed no longer logs in; 0: it always does.
    pub first_password_days: u32,
}

/// The rules, and the failures that are counted by them.
struct Bounds {
    rules: Rules,
    throttle: Throttle,
}

/// Where somebody comes to log in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// By which protocol.
    pub door: Door,
    /// From which address.
    pub peer: IpAddr,
}

/// A password that was right, and what it is for.
#[derive(Clone, Debug)]
struct Right {
    credential: CredentialId,
    standing: Standing,
    kind: Kind,
    /// Of the device.
    name: Option<String>,
    /// When it no longer opens anything.
    until: Option<Timestamp>,
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
    /// The password is right, but it is a first one that was not changed in time (R10): the Office issues another.
    #[error("a first password that was not changed in time")]
    Expired,
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

const SECONDS_PER_DAY: i64 = 86_400;

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
    pub fn new(db: &Db, directory: &Directory, hasher: &Hasher, clock: &Clock, rules: Rules) -> std::io::Result<Self> {
        let mut key = [0_u8; 32];
        rand::fill(&mut key).map_err(|_| std::io::Error::other("the system has no randomness"))?;
        Ok(Self(Arc::new(Shared {
            db: db.clone(),
            directory: directory.clone(),
            hasher: hasher.clone(),
            clock: clock.clone(),
            bounds: ArcSwap::from_pointee(Bounds::new(rules)),
            history: History::new(),
            remembered: Cache::builder()
                .max_capacity(limits::LOGINS_REMEMBERED_MAX)
                .time_to_live(limits::LOGIN_REMEMBERED)
                .build(),
            key: hmac::Key::new(hmac::HMAC_SHA256, &key),
        })))
    }

    /// Takes over the rules of a reloaded configuration. Failures are counted anew only where the rates changed.
    pub fn configure(&self, rules: Rules) {
        if self.0.bounds.load().rules != rules {
            self.0.bounds.store(Arc::new(Bounds::new(rules)));
        }
    }

    /// Logs somebody in by address, or by the part of it before `@`, and password. `authzid` is whom they ask to act as:
    /// nobody, or themselves.
    pub async fn login(
        &self,
        name: &str,
        password: &str,
        authzid: Option<&str>,
        from: Origin,
    ) -> Result<Login, LoginRefusal> {
        let shared = &self.0;
        let snapshot = shared.directory.snapshot();
        if name.len() > limits::LOGIN_NAME_BYTES_MAX {
            return Err(LoginRefusal::Malformed);
        }
        let secret = Secret::parse(password).map_err(|_| LoginRefusal::Malformed)?;
        let address = address_of(name, &snapshot).ok_or(LoginRefusal::Malformed)?;
        let attempt = Attempt { name: format!("{}@{}", address.key(), address.domain()), block: Block::of(from.peer) };
        let claim = Claim::of(&snapshot, &address);
        let right = shared.verify(&attempt, claim.as_ref(), &secret).await?;
        let claim = claim.ok_or(LoginRefusal::Wrong)?;
        claim.admit(&snapshot, authzid)?;
        shared.still(&right)?;
        let entered = right.entered(claim.mailbox.id, from, shared.clock.now());
        let login = claim.login(&snapshot, &right, shared).ok_or(LoginRefusal::Wrong)?;
        shared.history.note(entered);
        Ok(login)
    }

    /// Writes down the log-ins of the last minute, and tells how many they were.
    pub async fn write_logins(&self) -> Result<usize, DbError> {
        self.0.history.write(&self.0.db).await
    }

    /// The last log-ins to a mailbox, the newest first.
    pub async fn logins(&self, mailbox: MailboxId) -> Result<Vec<Seen>, DbError> {
        self.0.history.of(&self.0.db, mailbox).await
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
    ) -> Result<Right, LoginRefusal> {
        let remembered = claim.map(|claim| self.tag(claim.mailbox, secret));
        if let Some(right) = self.remembered(attempt, remembered.as_ref())? {
            return Ok(right);
        }
        let turn = self.hasher.turn().await?;
        // While this one waited, another session of the same person may have been let in, or guesses were counted.
        if let Some(right) = self.remembered(attempt, remembered.as_ref())? {
            return Ok(right);
        }
        let stored = match claim {
            Some(claim) => {
                let now = self.clock.now().as_second();
                credential::of(&mut *self.db.read().await?, claim.mailbox.id, now).await?
            }
            None => Vec::new(),
        };
        let hashes = if stored.is_empty() {
            vec![Hash::of_nobody()]
        } else {
            stored.iter().map(|stored| stored.hash.clone()).collect()
        };
        let throttle = &self.bounds.load_full().throttle;
        // Counted before it is known to be wrong: guesses side by side count as much as guesses in a row.
        throttle.failed(attempt, Instant::now());
        let place = turn.verify(secret, hashes).await;
        let right = place.and_then(|place| stored.into_iter().nth(place)).ok_or(LoginRefusal::Wrong)?;
        throttle.succeeded(attempt);
        let right = Right::of(right, &self.bounds.load().rules);
        if let Some(key) = remembered {
            self.remembered.insert(key, right.clone());
        }
        Ok(right)
    }

    /// Whether what the password opens is still open.
    fn still(&self, right: &Right) -> Result<(), LoginRefusal> {
        match (right.until, right.kind) {
            (Some(until), _) if until > self.clock.now() => Ok(()),
            (None, _) => Ok(()),
            (Some(_), Kind::Own) => Err(LoginRefusal::Expired),
            (Some(_), Kind::Device | Kind::Opened) => Err(LoginRefusal::Wrong),
        }
    }

    fn remembered(&self, attempt: &Attempt, key: Option<&Remembered>) -> Result<Option<Right>, LoginRefusal> {
        if !self.bounds.load().throttle.allows(attempt, Instant::now()) {
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

impl Default for Rules {
    fn default() -> Self {
        Self { rates: Rates::default(), first_password_days: limits::FIRST_PASSWORD_DAYS }
    }
}

impl Bounds {
    fn new(rules: Rules) -> Self {
        Self { rules, throttle: Throttle::new(rules.rates) }
    }
}

impl Right {
    fn of(stored: Stored, rules: &Rules) -> Self {
        let days = i64::from(rules.first_password_days);
        let until = match (stored.kind, stored.standing) {
            (Kind::Own, Standing::First) if days > 0 => Some(stored.set_at.saturating_add(days * SECONDS_PER_DAY)),
            _ => stored.until,
        };
        Self {
            credential: stored.id,
            standing: stored.standing,
            kind: stored.kind,
            name: stored.name,
            until: until.and_then(|second| Timestamp::from_second(second).ok()),
        }
    }

    fn entered(&self, mailbox: MailboxId, from: Origin, now: Timestamp) -> Entered {
        Entered {
            mailbox,
            at: now.as_second(),
            door: from.door,
            peer: from.peer.to_canonical(),
            device: self.name.clone(),
            credential: self.credential,
        }
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

    fn login(&self, snapshot: &Snapshot, right: &Right, shared: &Shared) -> Option<Login> {
        Some(Login {
            staff: self.staff,
            mailbox: self.mailbox.id,
            address: self.mailbox.primary()?.clone(),
            name: snapshot.staff(self.staff)?.name.to_string(),
            standing: right.standing,
            kind: right.kind,
            generation: self.mailbox.generation,
            until: right.until.filter(|_| right.kind == Kind::Opened),
            clock: shared.clock.clone(),
            directory: shared.directory.clone(),
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
