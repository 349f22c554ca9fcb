//! Which ways are down, and when each is tried again: one back-off for a way, however many jobs wait for it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::{Lane, Reason, Terms};
use crate::limits;

/// A way that is down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Down {
    /// Since when.
    pub since: Timestamp,
    /// Attempts since then.
    pub failures: u32,
    /// When it is tried again.
    pub until: Timestamp,
    /// Why.
    pub reason: Reason,
}

/// What is known of all ways.
#[derive(Debug, Default)]
pub struct Health(Mutex<BTreeMap<Lane, Down>>);

impl Health {
    /// An attempt at a way failed: nothing more goes there until its back-off is over. Returns when that is.
    pub fn failed(&self, lane: &Lane, reason: Reason, terms: &Terms, now: Timestamp) -> Timestamp {
        let mut downs = self.lock();
        if downs.len() >= limits::LANES_REMEMBERED_MAX && !downs.contains_key(lane) {
            forget_one(&mut downs);
        }
        let new = || Down { since: now, failures: 0, until: now, reason: reason.clone() };
        let down = downs.entry(lane.clone()).or_insert_with(new);
        down.failures = down.failures.saturating_add(1);
        let seed = now.as_microsecond().unsigned_abs();
        let wait = SignedDuration::try_from(terms.wait(down.failures, seed)).unwrap_or(SignedDuration::MAX);
        down.until = now.checked_add(wait).unwrap_or(Timestamp::MAX);
        down.reason = reason;
        down.until
    }

    /// A way works. Returns whether it was down.
    pub fn works(&self, lane: &Lane) -> bool {
        self.lock().remove(lane).is_some()
    }

    /// Tries the ways again at once that the caller chooses; how long they have been down is not forgotten.
    pub fn retry(&self, chosen: impl Fn(&Lane) -> bool, now: Timestamp) {
        for (_, down) in self.lock().iter_mut().filter(|(lane, _)| chosen(lane)) {
            down.until = now;
        }
    }

    /// What is known of a way that is down.
    pub fn of(&self, lane: &Lane) -> Option<Down> {
        self.lock().get(lane).cloned()
    }

    /// Every way that is down.
    pub fn all(&self) -> Vec<(Lane, Down)> {
        self.lock().iter().map(|(lane, down)| (lane.clone(), down.clone())).collect()
    }

    /// Every change under the lock is whole, so a panic elsewhere leaves nothing half done.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<Lane, Down>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The one that would be tried first is tried as if it had never been.
fn forget_one(downs: &mut BTreeMap<Lane, Down>) {
    let next = downs.iter().min_by_key(|(_, down)| down.until).map(|(lane, _)| lane.clone());
    if let Some(lane) = next {
        downs.remove(&lane);
    }
}
