//! Hashing passwords: Argon2id on blocking threads, as many at once as there are cores.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Secret;
use crate::limits;

/// A hashed password, as a PHC string (`$argon2id$…`).
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
    /// Which of the hashes is the password's, if any; ends the turn.
    pub async fn verify(self, secret: &Secret, hashes: Vec<Hash>) -> Option<usize> {
        let secret = secret.clone();
        let found = blocking(self, move || {
            let argon2 = argon2()?;
            hashes.iter().position(|hash| {
                PasswordHash::new(&hash.0)
                    .is_ok_and(|hash| argon2.verify_password(secret.expose().as_bytes(), &hash).is_ok())
            })
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
