//! Who is signed in on the staff page: in memory only, known by the digest of a random token.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use aws_lc_rs::{digest, hmac, rand};
use data_encoding::BASE64URL_NOPAD;

use crate::access::Login;
use crate::limits;

/// The sessions of the staff page. Cheap to clone; a reload of the configuration keeps them, a restart ends them.
#[derive(Clone)]
pub struct Sessions(Arc<Shared>);

struct Shared {
    /// Binds forms to the browser that was shown them.
    key: hmac::Key,
    table: Mutex<HashMap<Vec<u8>, Session>>,
}

struct Session {
    login: Login,
    begun: Instant,
    used: Instant,
    notice: Option<Notice>,
}

/// What is told at the top of the next page, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notice {
    /// The password was changed.
    PasswordChanged,
    /// A device's password is gone.
    DeviceRemoved,
}

impl Sessions {
    /// None yet.
    ///
    /// # Errors
    /// Where the system has no randomness for the key.
    pub fn new() -> io::Result<Self> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &random()?);
        Ok(Self(Arc::new(Shared { key, table: Mutex::default() })))
    }

    /// Signs somebody in: the token is always a new one, so that nobody can have laid it there before.
    pub(super) fn open(&self, login: Login, notice: Option<Notice>, now: Instant) -> io::Result<String> {
        let token = token()?;
        let mut table = self.table();
        table.retain(|_, session| session.holds(now));
        let own = table.values().filter(|session| session.login.mailbox == login.mailbox).count();
        let person = login.mailbox;
        if own >= limits::WEB_SESSIONS_PER_PERSON_MAX {
            forget_idlest(&mut table, |session| session.login.mailbox == person);
        } else if table.len() >= limits::WEB_SESSIONS_MAX {
            forget_idlest(&mut table, |_| true);
        }
        table.insert(known_by(&token), Session { login, begun: now, used: now, notice });
        Ok(token)
    }

    /// Who is signed in with this token; that they are still there is noted.
    pub(super) fn of(&self, token: &str, now: Instant) -> Option<Login> {
        let mut table = self.table();
        let key = known_by(token);
        let session = table.get_mut(&key)?;
        if !session.holds(now) {
            table.remove(&key);
            return None;
        }
        session.used = now;
        Some(session.login.clone())
    }

    /// What is to be told now, and not again.
    pub(super) fn notice(&self, token: &str) -> Option<Notice> {
        self.table().get_mut(&known_by(token))?.notice.take()
    }

    /// Signs out.
    pub(super) fn close(&self, token: &str) {
        self.table().remove(&known_by(token));
    }

    /// The token of forms in the browser with this cookie.
    pub(super) fn form_token(&self, cookie: &str) -> String {
        BASE64URL_NOPAD.encode(hmac::sign(&self.0.key, cookie.as_bytes()).as_ref())
    }

    /// Whether a form was made for the browser with this cookie. Compared in constant time.
    pub(super) fn made_for(&self, cookie: &str, form_token: &str) -> bool {
        let tag = BASE64URL_NOPAD.decode(form_token.as_bytes());
        tag.is_ok_and(|tag| hmac::verify(&self.0.key, cookie.as_bytes(), &tag).is_ok())
    }

    fn table(&self) -> MutexGuard<'_, HashMap<Vec<u8>, Session>> {
        self.0.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Session {
    fn holds(&self, now: Instant) -> bool {
        let idle = now.saturating_duration_since(self.used) >= limits::WEB_IDLE_MAX;
        let old = now.saturating_duration_since(self.begun) >= limits::WEB_SESSION_MAX;
        !idle && !old && self.login.holds()
    }
}

/// Signs out who has done nothing for longest, of those asked for.
fn forget_idlest(table: &mut HashMap<Vec<u8>, Session>, asked: impl Fn(&Session) -> bool) {
    let idlest = table.iter().filter(|(_, session)| asked(session)).min_by_key(|(_, session)| session.used);
    if let Some(key) = idlest.map(|(key, _)| key.clone()) {
        table.remove(&key);
    }
}

/// 256 random bits, as a cookie holds them.
pub(super) fn token() -> io::Result<String> {
    Ok(BASE64URL_NOPAD.encode(&random()?))
}

fn random() -> io::Result<[u8; 32]> {
    let mut octets = [0; 32];
    rand::fill(&mut octets).map_err(|_| io::Error::other("the system has no randomness"))?;
    Ok(octets)
}

/// Whoever reads our memory finds no token.
fn known_by(token: &str) -> Vec<u8> {
    digest::digest(&digest::SHA256, token.as_bytes()).as_ref().to_vec()
}

impl std::fmt::Debug for Sessions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sessions").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
