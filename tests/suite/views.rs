//! Twenty sessions on one folder, of every kind there is, change it at random. Each keeps a model of what it was told:
//! no answer ever contradicts it, and whenever all is quiet it is what a session sees that comes anew.
//!
//! `VIEWS_ROUNDS` and `VIEWS_SEED` make a longer or another run.

mod model;
mod session;

use std::collections::BTreeMap;
use std::sync::{Arc, Barrier, Mutex};

use crate::harness::{Daemon, Settings};
use session::{Kind, Session, Shared};

const SESSIONS: usize = 20;
/// After each of them all is quiet and every model is compared.
const ROUNDS: u64 = 8;
const OPERATIONS_PER_ROUND: usize = 20;

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

#[test]
fn twenty_sessions_are_never_told_what_is_not_so() {
    let (rounds, seed) = (number("VIEWS_ROUNDS", ROUNDS), number("VIEWS_SEED", 20_261_123));
    let daemon = Daemon::start(&Settings::default().with("tls.plaintext_login_from", "[\"127.0.0.0/8\"]"));
    let person = daemon.person("binhdx").unwrap();
    let texts = Mutex::new(BTreeMap::new());
    let shared = Arc::new(Shared { address: daemon.address("imap"), trust: daemon.trust(), person, texts });
    shared.prepare();
    let barrier = Arc::new(Barrier::new(SESSIONS));
    let kinds = [Kind::One, Kind::Two, Kind::CondStore, Kind::QResync, Kind::Notified];
    let sessions: Vec<_> = (0..SESSIONS)
        .map(|n| {
            let (shared, barrier) = (shared.clone(), barrier.clone());
            let kind = kinds[n % kinds.len()];
            std::thread::Builder::new()
                .name(format!("session {n} ({kind:?}), seed {seed}"))
                .spawn(move || {
                    let mut session = Session::open(shared, kind, seed.wrapping_mul(1_000).wrapping_add(n as u64));
                    for _ in 0..rounds {
                        for _ in 0..OPERATIONS_PER_ROUND {
                            session.operation();
                        }
                        barrier.wait();
                        session.compare();
                        barrier.wait();
                    }
                })
                .unwrap()
        })
        .collect();
    for session in sessions {
        // The one that failed has said why; the others wait for it in vain.
        while !session.is_finished() {
            std::thread::sleep(std::time::Duration::from_millis(10));
            assert!(!session::FAILED.load(std::sync::atomic::Ordering::Relaxed), "a session was told what is not so");
        }
        session.join().unwrap();
    }
}
