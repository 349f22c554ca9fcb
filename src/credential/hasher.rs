//! Hashing passwords: Argon2id on blocking threads, as many at once as there are cores.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::HEXLOWER;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Secret;
use crate::limits;

/// A hashed password, as a PHC string (`$argon2id$…`). Behind that of a password that was made here, and that is one of
/// several of its mailbox, stands a mark (`~3f9a`), by which it is told from the others without hashing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hash(pub(super) String);

/// Hands out turns to hash. Cheap to clone; clones share the bound.
#[derive(Clone, Debug)]
pub struct Hasher {
    turns: Arc<Semaphore>,
    queue: Arc<Semaphore>,
}

/// The right to hash now. Others wait until it is dropped.
#[derive(Debug)]
pub struct Turn {
    _turn: OwnedSemaphorePermit,
}

/// Too many are waiting to hash, or the daemon is ending: to be tried again later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many log-ins at once")]
pub struct Busy;

impl Hash {
    /// Matches no password, and takes as long as any other to say so: for names that nobody has (hostile B76).
    pub fn of_nobody() -> Self {
        Self(
            "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IG5vYm9keSE$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".to_owned(),
        )
    }

    /// The PHC string, which has no tilde in it, and the mark.
    fn parts(&self) -> (&str, Option<&str>) {
        self.0.split_once('~').map_or((&self.0, None), |(phc, mark)| (phc, Some(mark)))
    }

    fn is_of(&self, secret: &Secret, argon2: &Argon2<'_>) -> bool {
        let (phc, _) = self.parts();
        PasswordHash::new(phc).is_ok_and(|hash| argon2.verify_password(secret.expose().as_bytes(), &hash).is_ok())
    }
}

/// 16 bits of a password that was made here: 63 of its 79 are left to be guessed. What people choose has none to give.
fn mark(secret: &Secret) -> String {
    let digest = digest(&SHA256, secret.expose().as_bytes());
    HEXLOWER.encode(digest.as_ref().get(..2).unwrap_or_default())
}

impl Hasher {
    /// As many turns at once as the machine has cores.
    pub fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
        let queue = Arc::new(Semaphore::new(limits::HASHES_WAITING_MAX));
        Self { turns: Arc::new(Semaphore::new(cores)), queue }
    }

    /// Waits for a turn.
    pub async fn turn(&self) -> Result<Turn, Busy> {
        let _waiting = self.queue.try_acquire().map_err(|_| Busy)?;
        let turn = self.turns.clone().acquire_owned().await.map_err(|_| Busy)?;
        Ok(Turn { _turn: turn })
    }

    /// Hashes a password that was made here, of which a mailbox may have several: whoever guesses is not told by the time
    /// it takes how many there are, and costs us one hash (hostile B75, B76).
    pub async fn hash_made(&self, secret: &Secret) -> Result<Hash, Busy> {
        let Hash(phc) = self.hash(secret).await?;
        Ok(Hash(format!("{phc}~{}", mark(secret))))
    }

    /// Hashes a new password in a turn of its own.
    pub async fn hash(&self, secret: &Secret) -> Result<Hash, Busy> {
        let turn = self.turn().await?;
        let secret = secret.clone();
        let hashed = blocking(turn, move || {
            let hash = argon2()?.hash_password(secret.expose().as_bytes()).ok()?;
            Some(Hash(hash.to_string()))
        });
        hashed.await.flatten().ok_or(Busy)
    }
}

impl Default for Hasher {
    fn default() -> Self {
        Self::new()
    }
}

impl Turn {
    /// Which of the hashes is the password's, if any; ends the turn. Where there is none to compare it with, it takes as
    /// long as if there were.
    pub async fn verify(self, secret: &Secret, hashes: Vec<Hash>) -> Option<usize> {
        let secret = secret.clone();
        let found = blocking(self, move || {
            let (argon2, mark) = (argon2()?, mark(&secret));
            let may_be = |hash: &Hash| hash.parts().1.is_none_or(|own| own == mark);
            let mut places = hashes.iter().enumerate().filter(|(_, hash)| may_be(hash)).peekable();
            if places.peek().is_none() {
                Hash::of_nobody().is_of(&secret, &argon2);
            }
            places.find(|(_, hash)| hash.is_of(&secret, &argon2)).map(|(place, _)| place)
        });
        found.await.flatten()
    }
}

/// Runs the work on a blocking thread. The turn goes with it: a caller who goes away leaves it running, and its place
/// must not be taken before it ends.
async fn blocking<T: Send + 'static>(turn: Turn, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let done = tokio::task::spawn_blocking(move || {
        let result = work();
        drop(turn);
        result
    });
    done.await.ok()
}

/// OWASP's smallest advice for Argon2id: 36 ms on the target machine.
fn argon2() -> Option<Argon2<'static>> {
    let params = Params::new(limits::ARGON2_MEMORY_KIB, limits::ARGON2_PASSES, limits::ARGON2_LANES, None).ok()?;
    Some(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn of_many_passwords_made_here_each_is_known_and_opens_alone() {
        let hasher = Hasher::new();
        let mut stored = Vec::new();
        let secrets: Vec<_> = (0..3).map(|_| Secret::generate().unwrap()).collect();
        for secret in &secrets {
            stored.push(hasher.hash_made(secret).await.unwrap());
        }
        for (place, secret) in secrets.iter().enumerate() {
            assert_eq!(hasher.turn().await.unwrap().verify(secret, stored.clone()).await, Some(place));
        }
        let other = Secret::generate().unwrap();
        assert_eq!(hasher.turn().await.unwrap().verify(&other, stored.clone()).await, None);
        // The mark alone opens nothing.
        let marked = Hash(format!("{}~{}", stored[0].parts().0, mark(&other)));
        assert_eq!(hasher.turn().await.unwrap().verify(&other, vec![marked]).await, None);
        assert_eq!(hasher.turn().await.unwrap().verify(&other, Vec::new()).await, None);
    }

    #[tokio::test]
    async fn a_password_is_known_by_its_hash_alone() {
        let hasher = Hasher::new();
        let (right, wrong) = (Secret::parse("mật khẩu đúng").unwrap(), Secret::parse("mật khẩu sai").unwrap());
        let hash = hasher.hash(&right).await.unwrap();
        assert!(hash.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.0);
        let some = vec![Hash::of_nobody(), hash];
        assert_eq!(hasher.turn().await.unwrap().verify(&right, some.clone()).await, Some(1));
        assert_eq!(hasher.turn().await.unwrap().verify(&wrong, some).await, None);
    }

    #[tokio::test]
    async fn the_hash_of_nobody_is_computed_like_any_other() {
        let hash = Hash::of_nobody();
        let parsed = PasswordHash::new(&hash.0).unwrap();
        assert_eq!(parsed.hash.unwrap().as_ref().len(), 32);
        let outcome = argon2().unwrap().verify_password(b"x", &parsed);
        assert_eq!(outcome, Err(argon2::password_hash::Error::PasswordInvalid));
    }
}
