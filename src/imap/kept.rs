//! What FETCH and SEARCH ask of messages that the index does not have: when they were saved (RFC 8514) and their ids
//! (RFC 8474). Looked up in one statement for all messages that are in question.

use std::collections::{HashMap, HashSet};

use jiff::tz::TimeZone;

use super::condition::span;
use super::syntax::{KeptKey, SearchKey};
use crate::id::{FolderId, Uid};
use crate::store::{EmailId, Entry, Index, Kept, Store, StoreError, ThreadId, UidRanges};

/// Whether conversations are asked for: those that messages do not have yet are given to them first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threads {
    /// They are.
    Asked,
    /// They are not.
    NotAsked,
}

/// What is kept of messages, in ascending order of their UIDs. One that is purged is left out.
pub(super) async fn kept(
    store: &Store,
    folder: FolderId,
    entries: &[Entry],
    threads: Threads,
) -> Result<Vec<(Uid, Kept)>, StoreError> {
    let uids = UidRanges::from_sorted(entries.iter().map(|entry| entry.uid));
    let kept = store.kept(folder, &uids).await?;
    let unnamed: Vec<_> =
        kept.iter().filter(|(_, kept)| kept.thread.is_none()).map(|(uid, kept)| (*uid, kept.email.body)).collect();
    if threads == Threads::NotAsked || unnamed.is_empty() {
        return Ok(kept);
    }
    store.name_threads(folder, unnamed).await?;
    store.kept(folder, &uids).await
}

/// Which messages the conditions of a SEARCH on what is kept hold for.
#[derive(Debug, Default)]
pub struct LookedUp(HashMap<KeptKey, UidRanges>);

impl LookedUp {
    /// The messages that a condition holds for.
    pub fn of(&self, key: &KeptKey) -> &UidRanges {
        const NONE: &UidRanges = &UidRanges::none();
        self.0.get(key).unwrap_or(NONE)
    }
}

/// Looks up all that the keys of a SEARCH ask.
pub(super) async fn look_up(
    store: &Store,
    folder: FolderId,
    index: &Index,
    key: &SearchKey,
    zone: &TimeZone,
) -> Result<LookedUp, StoreError> {
    let mut keys = HashSet::new();
    gather(key, &mut keys);
    if keys.is_empty() {
        return Ok(LookedUp::default());
    }
    let tests: Vec<(&KeptKey, Test)> = keys.iter().map(|key| (*key, Test::of(key, zone))).collect();
    let threads =
        if tests.iter().any(|(_, test)| matches!(test, Test::Thread(_))) { Threads::Asked } else { Threads::NotAsked };
    let entries: Vec<Entry> =
        index.iter().map(|(_, entry)| *entry).filter(|e| tests.iter().any(|t| t.1.may_hold(e))).collect();
    let kept = kept(store, folder, &entries, threads).await?;
    let found =
        |test: &Test| UidRanges::from_sorted(kept.iter().filter(|(_, kept)| test.holds(kept)).map(|(uid, _)| *uid));
    Ok(LookedUp(tests.iter().map(|(key, test)| ((*key).clone(), found(test))).collect()))
}

fn gather<'k>(key: &'k SearchKey, keys: &mut HashSet<&'k KeptKey>) {
    match key {
        SearchKey::And(all) => all.iter().for_each(|key| gather(key, keys)),
        SearchKey::Or(either) => {
            gather(&either.0, keys);
            gather(&either.1, keys);
        }
        SearchKey::Not(key) => gather(key, keys),
        SearchKey::Kept(key) => drop(keys.insert(key)),
        _ => {}
    }
}

/// A key, read. An id that this server never gave is that of no message.
enum Test {
    Saved(std::ops::Range<i64>),
    Email(Option<EmailId>),
    Thread(Option<ThreadId>),
}

impl Test {
    fn of(key: &KeptKey, zone: &TimeZone) -> Self {
        match key {
            KeptKey::Saved(test, date) => Self::Saved(span(*test, *date, zone)),
            KeptKey::Email(id) => Self::Email(EmailId::parse(id)),
            KeptKey::Thread(id) => Self::Thread(ThreadId::parse(id)),
        }
    }

    /// What the index says of it.
    fn may_hold(&self, entry: &Entry) -> bool {
        match self {
            Self::Email(id) => id.is_some_and(|id| id.body == entry.body),
            Self::Thread(id) => id.is_some(),
            Self::Saved(_) => true,
        }
    }

    fn holds(&self, kept: &Kept) -> bool {
        match self {
            Self::Saved(span) => span.contains(&kept.saved),
            Self::Email(id) => *id == Some(kept.email),
            Self::Thread(id) => id.is_some() && *id == kept.thread,
        }
    }
}
