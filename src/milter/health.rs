//! Which filters are down, and when each is asked again: one wait for a filter, however many messages come meanwhile.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::limits;

/// What is known of filters that are down, by name.
#[derive(Debug, Default)]
pub(super) struct Health(Mutex<BTreeMap<String, Down>>);

#[derive(Debug)]
struct Down {
    failures: u32,
    until: Instant,
    reason: String,
}

impl Health {
    /// Whether a filter may be asked. After its wait the first to come tries it, and the others do not wait for what it finds.
    pub(super) fn may_ask(&self, name: &str, now: Instant) -> bool {
        let mut downs = self.lock();
        match downs.get_mut(name) {
            None => true,
            Some(down) if now < down.until => false,
            Some(down) => {
                down.until = now + wait(down.failures);
                true
            }
        }
    }

    /// A filter failed.
    pub(super) fn failed(&self, name: &str, reason: String, now: Instant) {
        let mut downs = self.lock();
        let failures = downs.get(name).map_or(0, |down| down.failures).saturating_add(1);
        downs.insert(name.to_owned(), Down { failures, until: now + wait(failures), reason });
    }

    /// A filter works.
    pub(super) fn works(&self, name: &str) {
        self.lock().remove(name);
    }

    /// Forgets filters that there are no more.
    pub(super) fn keep(&self, is_there: impl Fn(&str) -> bool) {
        self.lock().retain(|name, _| is_there(name));
    }

    /// Which filters are down, and why.
    pub(super) fn all(&self) -> Vec<(String, String)> {
        self.lock().iter().map(|(name, down)| (name.clone(), down.reason.clone())).collect()
    }

    /// Every change under the lock is whole, so a panic elsewhere leaves nothing half done.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Down>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Twice as long after each failure.
fn wait(failures: u32) -> Duration {
    let doubled = 2_u32.saturating_pow(failures.saturating_sub(1));
    limits::FILTER_RETRY_FIRST.saturating_mul(doubled).min(limits::FILTER_RETRY_LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_its_wait_one_tries_and_the_others_do_not_wait() {
        let (health, now, first) = (Health::default(), Instant::now(), limits::FILTER_RETRY_FIRST);
        assert!(health.may_ask("a", now));
        health.failed("a", "gone".to_owned(), now);
        assert!(!health.may_ask("a", now) && health.may_ask("b", now));
        assert!(health.may_ask("a", now + first) && !health.may_ask("a", now + first));
        health.failed("a", "gone".to_owned(), now + first);
        assert!(!health.may_ask("a", now + first * 2) && health.may_ask("a", now + first * 3));
        health.works("a");
        assert!(health.may_ask("a", now) && health.may_ask("a", now));
        assert_eq!(wait(100), limits::FILTER_RETRY_LONGEST);
    }
}
