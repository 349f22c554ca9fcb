//! When something is tried again: a plain function of how often it was.

use std::time::Duration;

/// How long is waited, and for how long tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// After the first failure.
    pub first: Duration,
    /// After many.
    pub longest: Duration,
    /// From the acceptance to the delay notice.
    pub warn_after: Duration,
    /// From the acceptance to the failure notice.
    pub give_up_after: Duration,
}

impl Terms {
    /// How long to wait after so many failures (one at least): twice as long each time, and up to a quarter more, so that
    /// what failed together does not come back together. `seed` chooses how much.
    pub fn wait(&self, failures: u32, seed: u64) -> Duration {
        let doubled = self.first.saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1)));
        let plain = doubled.min(self.longest);
        let quarter = u64::try_from(plain.as_millis() / 4).unwrap_or(u64::MAX);
        let more = scramble(seed ^ u64::from(failures).rotate_left(32)) % quarter.max(1);
        (plain + Duration::from_millis(more)).min(self.longest)
    }
}

/// The finaliser of `SplitMix64`: numbers that follow each other come out far apart.
fn scramble(seed: u64) -> u64 {
    let mut mixed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_from_the_first_to_the_longest_and_never_leaves_them() {
        let second = Duration::from_secs;
        let terms = Terms {
            first: second(60),
            longest: second(1800),
            warn_after: second(14_400),
            give_up_after: second(432_000),
        };
        for seed in 0..1000 {
            let waits: Vec<_> = (1..100).map(|failures| terms.wait(failures, seed)).collect();
            assert!(waits.iter().all(|wait| (second(60)..=second(1800)).contains(wait)));
            assert!((second(60)..second(75)).contains(&waits[0]) && (second(240)..second(300)).contains(&waits[2]));
            assert_eq!(waits[98], second(1800));
        }
        let seconds: std::collections::BTreeSet<_> = (0..100).map(|seed| terms.wait(1, seed)).collect();
        assert!(seconds.len() > 90, "what failed together comes back apart");
    }
}
