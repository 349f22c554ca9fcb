//! Who logged in lately, from where and with what. Kept in memory and written down by the minute: a log-in costs no write.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use moka::sync::Cache;

use super::throttle::Block;
use crate::credential::{self, Door, Entered, Seen};
use crate::db::{Db, DbError};
use crate::id::{CredentialId, MailboxId};
use crate::limits;

/// Log-ins that wait to be written down, and those that need not be noted again yet.
pub(super) struct History {
    noted: Cache<Repeated, ()>,
    waiting: Mutex<VecDeque<Entered>>,
}

/// Log-ins that are one to their holder.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Repeated {
    mailbox: MailboxId,
    block: Block,
    door: Door,
    credential: CredentialId,
}

impl History {
    pub(super) fn new() -> Self {
        let noted =
            Cache::builder().max_capacity(limits::THROTTLED_KEYS_MAX).time_to_live(limits::LOGIN_NOTED_EVERY).build();
        Self { noted, waiting: Mutex::default() }
    }

    /// Notes a log-in, unless one like it was noted lately.
    pub(super) fn note(&self, entered: Entered) {
        let Entered { mailbox, door, credential, .. } = entered;
        let repeated = Repeated { mailbox, block: Block::of(entered.peer), door, credential };
        if !self.noted.entry(repeated).or_insert(()).is_fresh() {
            return;
        }
        let mut waiting = self.waiting();
        if waiting.len() >= limits::LOGINS_WAITING_MAX {
            waiting.pop_front();
        }
        waiting.push_back(entered);
    }

    /// Writes down what waits, and tells how much that was. What could not be written waits on.
    pub(super) async fn write(&self, db: &Db) -> Result<usize, DbError> {
        let entered: Vec<Entered> = self.waiting().drain(..).collect();
        if entered.is_empty() {
            return Ok(0);
        }
        let rows = entered.clone();
        let written = db.write(move |tx| Box::pin(async move { credential::record(tx, &rows).await })).await;
        if let Err(error) = written {
            let mut waiting = self.waiting();
            let room = limits::LOGINS_WAITING_MAX.saturating_sub(waiting.len());
            entered.iter().rev().take(room).for_each(|entered| waiting.push_front(entered.clone()));
            return Err(error);
        }
        Ok(entered.len())
    }

    /// The last log-ins to a mailbox, the newest first: those that wait, then those written down.
    pub(super) async fn of(&self, db: &Db, mailbox: MailboxId) -> Result<Vec<Seen>, DbError> {
        let mut seen: Vec<Seen> =
            self.waiting().iter().rev().filter(|entered| entered.mailbox == mailbox).map(Seen::from).collect();
        for written in credential::logins(&mut *db.read().await?, mailbox).await? {
            if !seen.contains(&written) {
                seen.push(written);
            }
        }
        seen.sort_by_key(|seen| std::cmp::Reverse(seen.at));
        Ok(seen)
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, VecDeque<Entered>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn entered(mailbox: i64, at: i64, peer: &str, credential: i64) -> Entered {
        Entered {
            mailbox: MailboxId(mailbox),
            at,
            door: Door::Imap,
            peer: peer.parse().unwrap(),
            device: None,
            credential: CredentialId(credential),
        }
    }

    #[test]
    fn log_ins_that_are_alike_are_noted_once() {
        let history = History::new();
        for (mailbox, peer, credential) in
            [(1, "10.0.0.5", 1), (1, "10.0.0.77", 1), (1, "10.0.1.5", 1), (1, "10.0.0.5", 2), (2, "10.0.0.5", 3)]
        {
            history.note(entered(mailbox, 100, peer, credential));
        }
        assert_eq!(history.waiting().len(), 4);
    }

    #[test]
    fn what_waits_is_bounded_and_the_oldest_forgotten() {
        let history = History::new();
        for n in 0..=i64::try_from(limits::LOGINS_WAITING_MAX).unwrap() {
            history.note(entered(n, n, "10.0.0.5", n));
        }
        assert_eq!(history.waiting().len(), limits::LOGINS_WAITING_MAX);
        assert_eq!(history.waiting().front().unwrap().at, 1);
    }
}
