//! Who may log in, and for how long; what they may do while they are in.

mod allowance;
mod claim;
mod history;
mod login;
mod reach;
mod throttle;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use arc_swap::ArcSwap;
use aws_lc_rs::{hmac, rand};
use jiff::Timestamp;
use moka::sync::Cache;

pub use crate::credential::{Door, Kind, Seen};
pub use allowance::{Allowance, Bound, Burst, Withheld};
pub use claim::rights_of;
pub use login::{Login, Who};
pub use reach::{Location, Reached};
pub use throttle::{Rate, Rates};

use crate::address::{Address, Domain};
use crate::clock::Clock;
use crate::credential::{self, Bond, Busy, Entered, Hasher, Secret, Standing, Stored};
use crate::db::{Db, DbError};
use crate::directory::{Directory, Generation, Mailbox, Reach, Resolution};
use crate::id::{CredentialId, MailboxId};
use crate::limits;
use allowance::Meter;
use claim::{Claim, address_of};
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
    meter: Meter,
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
    /// What binds it, where it is a machine's.
    bond: Option<Bond>,
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
    /// The password is right, but the person has no right on the mailbox named (RFC 4616 §2).
    #[error("not allowed to act as somebody else")]
    AuthzidNotAllowed,
    /// The password is right, but it opens a mailbox to an administrator, who reads it and does nothing else (R20).
    #[error("an opening is for reading only")]
    OpeningElsewhere,
    /// The password is right, but its machine is not where it belongs (R23).
    #[error("a machine's password from outside its networks")]
    MachineElsewhere,
    /// The password is right, but this is not what its machine is there for (R23).
    #[error("a machine's password for something else than its purpose")]
    MachinePurpose,
    /// Too many log-ins wait.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The password could not be looked up.
    #[error(transparent)]
    Database(#[from] DbError),
}

const SECONDS_PER_DAY: i64 = 86_400;

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
            meter: Meter::new(db.clone(), clock.clone()),
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

    /// Logs somebody in by address, or by the part of it before `@`, and password. `authzid` is the address of the mailbox
    /// that they ask to open: their own where there is none, or one that they answer for or that was delegated to them
    /// (R23). With the password of an opening the name is that of the mailbox (R20).
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
        let right = shared.verify(&attempt, claim.as_ref(), &secret, from).await?;
        let claim = claim.ok_or(LoginRefusal::Wrong)?;
        let admitted = claim.admit(&snapshot, &right, authzid, (from.door, shared.clock.today()))?;
        shared.still(&right)?;
        let login = admitted.login(&claim, &right, shared).ok_or(LoginRefusal::Wrong)?;
        let entered = right.entered(claim.0.id, from, shared.clock.now());
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

    /// The mailbox in whose name somebody sends who writes from this address, if it is not their own.
    pub fn spoken_for(&self, login: &Login, from: &Address) -> Option<MailboxId> {
        let snapshot = self.0.directory.snapshot();
        let Resolution::Mailbox(mailbox) = snapshot.resolve(from) else { return None };
        login.own(&snapshot).is_some_and(|own| own.id != mailbox).then_some(mailbox)
    }

    /// Whether mail from this address may go to a domain that is not ours: within the province always, further where the
    /// sending mailbox has leave for it (R27).
    pub fn may_write_to(&self, login: Option<&Login>, from: Option<&Address>, domain: &Domain) -> bool {
        let snapshot = self.0.directory.snapshot();
        let provincial = snapshot.department().provincial.as_ref();
        let sender = from.and_then(|from| snapshot.holder(from)).or_else(|| snapshot.mailbox(login?.mailbox));
        provincial.is_some_and(|province| domain == province || domain.is_below(province))
            || sender.is_some_and(|mailbox| mailbox.reach == Reach::Internet)
    }

    /// Counts the recipients of a message that is about to be accepted, unless they are too many, or too many of those
    /// outside are written to for the first time.
    pub async fn charge(
        &self,
        login: &Login,
        recipients: u32,
        outside: impl Iterator<Item = &Address>,
        allowance: Allowance,
    ) -> Result<(), Withheld> {
        self.0.meter.charge(login, recipients, outside, allowance).await
    }

    /// Takes back what was counted for a message that was not accepted after all.
    pub fn take_back(&self, login: &Login, recipients: u32) {
        self.0.meter.take_back(login, recipients);
    }

    /// Who lately wanted to send more than they may.
    pub fn bursts(&self) -> Vec<Burst> {
        self.0.meter.bursts()
    }

    /// Writes down what is in memory, before the database is closed.
    pub async fn close(&self) -> Result<(), DbError> {
        self.0.meter.keep().await?;
        self.write_logins().await.map(drop)
    }
}

impl Shared {
    /// Whether the password is right, in the same time whether or not anybody has the name (hostile B76).
    async fn verify(
        &self,
        attempt: &Attempt,
        claim: Option<&Claim<'_>>,
        secret: &Secret,
        from: Origin,
    ) -> Result<Right, LoginRefusal> {
        let remembered = claim.map(|claim| self.tag(claim.0, secret));
        // A machine's password that is used where it opens nothing takes as long as a wrong one.
        let known = || {
            let right = self.remembered(attempt, remembered.as_ref());
            right.map(|right| right.filter(|right| right.bound(from).is_ok()))
        };
        if let Some(right) = known()? {
            return Ok(right);
        }
        let turn = self.hasher.turn().await?;
        // While this one waited, another session of the same person may have been let in, or guesses were counted.
        if let Some(right) = known()? {
            return Ok(right);
        }
        let stored = match claim {
            Some(claim) => {
                let now = self.clock.now().as_second();
                let mut stored = credential::of(&mut *self.db.read().await?, claim.0.id, now).await?;
                stored.retain(|stored| claim.takes(stored));
                stored
            }
            None => Vec::new(),
        };
        let hashes = stored.iter().map(|stored| stored.hash.clone()).collect();
        let throttle = &self.bounds.load_full().throttle;
        // Counted before it is known to be wrong: guesses side by side count as much as guesses in a row.
        throttle.failed(attempt, Instant::now());
        let place = turn.verify(secret, hashes).await;
        let right = place.and_then(|place| stored.into_iter().nth(place)).ok_or(LoginRefusal::Wrong)?;
        let right = Right::of(right, &self.bounds.load().rules);
        right.bound(from)?;
        throttle.succeeded(attempt);
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
            bond: stored.bond,
            until: until.and_then(|second| Timestamp::from_second(second).ok()),
        }
    }

    /// Whether a machine comes from where it belongs, and for what it is there for.
    fn bound(&self, from: Origin) -> Result<(), LoginRefusal> {
        let Some(Bond { networks, doors, .. }) = &self.bond else { return Ok(()) };
        if !networks.iter().any(|network| network.contains(from.peer)) {
            return Err(LoginRefusal::MachineElsewhere);
        }
        if doors.include(from.door) { Ok(()) } else { Err(LoginRefusal::MachinePurpose) }
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

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Access").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
