//! Guessing is slow: failed log-ins are counted per network, per name, and per pair of both. Nobody is exempt, not even
//! loopback; nobody is locked out for good; and whoever guesses at a name from elsewhere does not lock its holder out.

use std::hash::Hash;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::{Duration, Instant};

use moka::ops::compute::Op;
use moka::sync::Cache;

use crate::limits;

/// How many failures in a row are let through, and how soon another is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Failures at once.
    pub burst: u32,
    /// Until one more is let through.
    pub every: Duration,
}

/// The bounds on guessing, from the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rates {
    /// At one name from one network.
    pub pair: Rate,
    /// At one name from networks where its holder never was.
    pub name: Rate,
    /// From one network at names whose holders never were there.
    pub network: Rate,
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            pair: Rate { burst: limits::LOGIN_PAIR_FAILURES_MAX, every: limits::LOGIN_PAIR_FAILURE_EVERY },
            name: Rate { burst: limits::LOGIN_NAME_FAILURES_MAX, every: limits::LOGIN_NAME_FAILURE_EVERY },
            network: Rate { burst: limits::LOGIN_NETWORK_FAILURES_MAX, every: limits::LOGIN_NETWORK_FAILURE_EVERY },
        }
    }
}

/// The peer's network: /24 of IPv4, /64 of IPv6, which is what one party usually holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Block(IpAddr);

/// Who tries to log in, and from where.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Attempt {
    pub(super) name: String,
    pub(super) block: Block,
}

pub(super) struct Throttle {
    pair: Bucket<Attempt>,
    name: Bucket<String>,
    network: Bucket<Block>,
    /// Where holders have logged in: there, others' guessing elsewhere does not shut them out.
    known: Cache<Attempt, ()>,
}

impl Block {
    pub(super) fn of(peer: IpAddr) -> Self {
        Self(match peer.to_canonical() {
            IpAddr::V4(v4) => Ipv4Addr::from_bits(v4.to_bits() & !0xff).into(),
            IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64)).into(),
        })
    }
}

impl Throttle {
    pub(super) fn new(rates: Rates) -> Self {
        Self {
            pair: Bucket::new(rates.pair),
            name: Bucket::new(rates.name),
            network: Bucket::new(rates.network),
            known: Cache::builder()
                .max_capacity(limits::THROTTLED_KEYS_MAX)
                .time_to_live(limits::LOGIN_PLACE_KNOWN)
                .build(),
        }
    }

    /// Whether a failure of this attempt would still be let through now.
    pub(super) fn allows(&self, attempt: &Attempt, now: Instant) -> bool {
        let elsewhere = || self.name.allows(&attempt.name, now) && self.network.allows(&attempt.block, now);
        self.pair.allows(attempt, now) && (self.known.contains_key(attempt) || elsewhere())
    }

    /// Counts a failure.
    pub(super) fn failed(&self, attempt: &Attempt, now: Instant) {
        self.pair.charge(attempt, now);
        if !self.known.contains_key(attempt) {
            self.name.charge(&attempt.name, now);
            self.network.charge(&attempt.block, now);
        }
    }

    /// Takes back a failure that was none, forgives what the holder mistyped here, and remembers the place as theirs.
    pub(super) fn succeeded(&self, attempt: &Attempt) {
        self.pair.paid.invalidate(attempt);
        if !self.known.contains_key(attempt) {
            self.name.refund(&attempt.name);
            self.network.refund(&attempt.block);
            self.known.insert(attempt.clone(), ());
        }
    }
}

/// The generic cell rate algorithm (ITU-T I.371): per key one moment, at which all failures so far are paid off.
struct Bucket<K> {
    rate: Rate,
    paid: Cache<K, Instant>,
}

impl<K: Clone + Eq + Hash + Send + Sync + 'static> Bucket<K> {
    fn new(rate: Rate) -> Self {
        // Once idle this long a key is paid off and says nothing.
        let idle = rate.every.saturating_mul(rate.burst.saturating_add(1));
        Self { rate, paid: Cache::builder().max_capacity(limits::THROTTLED_KEYS_MAX).time_to_idle(idle).build() }
    }

    fn allows(&self, key: &K, now: Instant) -> bool {
        let owed = self.paid.get(key).map_or(Duration::ZERO, |paid| paid.saturating_duration_since(now));
        owed + self.rate.every <= self.rate.every * self.rate.burst
    }

    fn charge(&self, key: &K, now: Instant) {
        self.paid.entry_by_ref(key).and_compute_with(|known| {
            let paid = known.map_or(now, |entry| now.max(*entry.value()));
            Op::Put(paid + self.rate.every)
        });
    }

    fn refund(&self, key: &K) {
        self.paid.entry_by_ref(key).and_compute_with(|known| {
            let paid = known.and_then(|entry| entry.value().checked_sub(self.rate.every));
            paid.map_or(Op::Nop, Op::Put)
        });
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn attempt(name: &str, peer: &str) -> Attempt {
        Attempt { name: name.to_owned(), block: Block::of(peer.parse().unwrap()) }
    }

    fn few() -> Rates {
        let rate = |burst| Rate { burst, every: Duration::from_mins(1) };
        Rates { pair: rate(3), name: rate(5), network: rate(8) }
    }

    #[test]
    fn one_party_is_one_block() {
        assert_eq!(Block::of("10.0.0.1".parse().unwrap()), Block::of("::ffff:10.0.0.77".parse().unwrap()));
        assert_eq!(Block::of("fd00::1".parse().unwrap()), Block::of("fd00::ffff:1".parse().unwrap()));
        assert_ne!(Block::of("10.0.0.1".parse().unwrap()), Block::of("10.0.1.1".parse().unwrap()));
    }

    #[test]
    fn guessing_is_slowed_and_let_through_again_later() {
        let (throttle, now) = (Throttle::new(few()), Instant::now());
        let guess = attempt("daont", "127.0.0.1");
        for _ in 0..3 {
            assert!(throttle.allows(&guess, now));
            throttle.failed(&guess, now);
        }
        assert!(!throttle.allows(&guess, now), "no exemption for loopback");
        assert!(throttle.allows(&guess, now + Duration::from_mins(1)), "no lock-out for good");
    }

    #[test]
    fn guessing_from_elsewhere_does_not_lock_the_holder_out() {
        let (throttle, now) = (Throttle::new(few()), Instant::now());
        let home = attempt("daont", "10.0.0.5");
        throttle.succeeded(&home);
        for n in 0..20 {
            throttle.failed(&attempt("daont", &format!("192.0.{n}.1")), now);
        }
        assert!(!throttle.allows(&attempt("daont", "198.51.100.1"), now));
        assert!(throttle.allows(&home, now));
    }

    #[test]
    fn guessing_at_many_names_from_one_network_is_slowed_for_strangers_only() {
        let (throttle, now) = (Throttle::new(few()), Instant::now());
        throttle.succeeded(&attempt("binhdx", "10.0.0.9"));
        for n in 0..9 {
            throttle.failed(&attempt(&format!("name{n}"), "10.0.0.5"), now);
        }
        assert!(!throttle.allows(&attempt("name9", "10.0.0.6"), now));
        assert!(throttle.allows(&attempt("binhdx", "10.0.0.9"), now));
    }
}
