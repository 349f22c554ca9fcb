//! What the store knows of every message of a folder in use, in memory: some 40 bytes each, shared by all sessions.
//!
//! The index is persistent: a copy shares all chunks that have not changed since, so that each session can hold the
//! state it was last told of and find what is new by comparing chunks.

use std::sync::Arc;

use super::{Flags, Keywords, UidRanges};
use crate::id::{BodyId, ModSeq, StaffId, Uid};

const CHUNK: usize = 512;

/// One message of a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number in the folder.
    pub uid: Uid,
    /// RFC822.SIZE in octets.
    pub size: u32,
    /// Its flags.
    pub flags: Flags,
    /// When it last changed.
    pub modseq: ModSeq,
    /// INTERNALDATE in seconds since 1970.
    pub date: i64,
    /// Its bytes.
    pub body: BodyId,
}

/// The messages of a folder in the order of their UIDs.
#[derive(Clone, Debug)]
pub struct Index {
    chunks: Vec<Arc<Vec<Entry>>>,
    len: usize,
    keywords: Arc<Keywords>,
    uid_next: Uid,
    highest_modseq: ModSeq,
    /// Whose `\Seen` the messages have; `None`: the one that is common to all.
    eyes: Option<StaffId>,
}

/// What a commit did to a folder.
#[derive(Clone, Debug)]
pub(super) enum Change {
    /// Messages with UIDs above all others.
    Appended(Vec<Entry>),
    /// New flags of messages, by UID, ascending.
    Flags(Vec<(Uid, Flags)>),
    /// Messages that are gone, by UID, ascending.
    Expunged(Vec<Uid>),
    /// The folder's keywords, all of them.
    Keywords(Keywords),
    /// What a person has seen, and what not any more, by UID, ascending: [`Flags::SEEN`] or nothing.
    Seen(StaffId, Vec<(Uid, Flags)>),
}

impl Index {
    /// From entries in ascending order.
    pub(super) fn new(entries: &[Entry], keywords: Keywords, uid_next: Uid, highest_modseq: ModSeq) -> Self {
        let chunks = entries.chunks(CHUNK).map(|c| Arc::new(c.to_vec())).collect();
        Self { chunks, len: entries.len(), keywords: Arc::new(keywords), uid_next, highest_modseq, eyes: None }
    }

    /// The same, of messages as a person has seen them.
    pub(super) fn through(self, eyes: Option<StaffId>) -> Self {
        Self { eyes, ..self }
    }

    /// How many messages there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The UID the next message gets at least.
    pub fn uid_next(&self) -> Uid {
        self.uid_next
    }

    /// The latest change of the folder: RFC 7162 §3.1.2.
    pub fn highest_modseq(&self) -> ModSeq {
        self.highest_modseq
    }

    /// The folder's keywords.
    pub fn keywords(&self) -> &Keywords {
        &self.keywords
    }

    /// The message at a position, counted from 0 (sequence number - 1).
    pub fn entry(&self, mut position: usize) -> Option<&Entry> {
        for chunk in &self.chunks {
            match chunk.get(position) {
                Some(entry) => return Some(entry),
                None => position -= chunk.len(),
            }
        }
        None
    }

    /// The position, counted from 0, of the first message whose UID is this or greater.
    pub fn lower_bound(&self, uid: Uid) -> usize {
        let chunk = self.chunks.partition_point(|c| c.last().is_some_and(|e| e.uid < uid));
        let before: usize = self.chunks.iter().take(chunk).map(|c| c.len()).sum();
        before + self.chunks.get(chunk).map_or(0, |c| c.partition_point(|e| e.uid < uid))
    }

    /// The position, counted from 0, of a message.
    pub fn position(&self, uid: Uid) -> Option<usize> {
        let position = self.lower_bound(uid);
        self.entry(position).filter(|e| e.uid == uid).map(|_| position)
    }

    /// All messages with their positions, from a position on.
    pub fn iter_from(&self, from: usize) -> impl Iterator<Item = (usize, &Entry)> {
        let mut first = 0;
        let mut skip = from;
        for (i, chunk) in self.chunks.iter().enumerate() {
            first = i;
            if skip < chunk.len() {
                break;
            }
            skip -= chunk.len();
            first = i + 1;
        }
        self.chunks.iter().skip(first).flat_map(|c| c.iter()).skip(skip).enumerate().map(move |(i, e)| (from + i, e))
    }

    /// All messages with their positions.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &Entry)> {
        self.iter_from(0)
    }

    /// The messages with these UIDs, with their positions, ascending.
    pub fn range<'a>(&'a self, uids: &'a UidRanges) -> impl Iterator<Item = (usize, &'a Entry)> {
        uids.as_slice().iter().flat_map(move |range| {
            let from = self.lower_bound(Uid(*range.start()));
            self.iter_from(from).take_while(move |(_, e)| e.uid.0 <= *range.end())
        })
    }

    /// The chunks; two indexes that share one (`Arc::ptr_eq`) agree on its messages.
    pub fn chunks(&self) -> &[Arc<Vec<Entry>>] {
        &self.chunks
    }

    /// These messages as a later state has them; those that are gone stay as they were. As many chunks as can be are
    /// shared with it.
    #[must_use]
    pub fn refreshed(&self, newest: &Self) -> Self {
        let mut refreshed = self.clone();
        refreshed.keywords = newest.keywords.clone();
        let mut theirs = newest.chunks.iter().peekable();
        for chunk in &mut refreshed.chunks {
            let Some(first) = chunk.first().map(|e| e.uid) else { continue };
            while theirs.next_if(|t| t.last().is_some_and(|e| e.uid < first)).is_some() {}
            match theirs.peek() {
                Some(now) if Arc::ptr_eq(chunk, now) => {}
                Some(now) if chunk.iter().map(|e| e.uid).eq(now.iter().map(|e| e.uid)) => *chunk = Arc::clone(now),
                _ => {
                    let mut now = newest.iter_from(newest.lower_bound(first)).map(|(_, e)| e).peekable();
                    let refresh = |old: &Entry| {
                        while now.next_if(|e| e.uid < old.uid).is_some() {}
                        now.peek().filter(|e| e.uid == old.uid).map_or(*old, |e| **e)
                    };
                    *chunk = Arc::new(chunk.iter().map(refresh).collect());
                }
            }
        }
        refreshed
    }

    /// These messages, with those of a later state that came since.
    #[must_use]
    pub fn joined_by(&self, newest: &Self) -> Self {
        let mut joined = self.clone();
        joined.append(newest.iter_from(newest.lower_bound(self.uid_next)).map(|(_, e)| *e));
        (joined.uid_next, joined.keywords) = (newest.uid_next, newest.keywords.clone());
        joined
    }

    /// Makes a commit's change.
    pub(super) fn apply(&mut self, change: &Change, modseq: ModSeq) {
        // What of the flags that are common to all is not for these eyes.
        let own = if self.eyes.is_some() { Flags::SEEN } else { Flags::default() };
        match change {
            Change::Appended(entries) => {
                self.append(entries.iter().map(|e| Entry { flags: e.flags.without(own), ..*e }));
            }
            Change::Flags(changed) => {
                self.set_flags(changed, modseq, |old, new| new.without(own).with(old.within(own)));
            }
            Change::Seen(staff, changed) if self.eyes == Some(*staff) => {
                self.set_flags(changed, modseq, |old, new| old.without(Flags::SEEN).with(new));
            }
            Change::Seen(..) => {}
            Change::Expunged(uids) => self.expunge(uids),
            Change::Keywords(keywords) => self.keywords = Arc::new(keywords.clone()),
        }
        self.highest_modseq = self.highest_modseq.max(modseq);
    }

    fn append(&mut self, entries: impl Iterator<Item = Entry>) {
        for entry in entries {
            if let Some(chunk) = self.chunks.last_mut().filter(|c| c.len() < CHUNK) {
                Arc::make_mut(chunk).push(entry);
            } else {
                let mut chunk = Vec::with_capacity(8);
                chunk.push(entry);
                self.chunks.push(Arc::new(chunk));
            }
            self.len += 1;
            self.uid_next = self.uid_next.max(Uid(entry.uid.0.saturating_add(1)));
        }
    }

    /// `merge`: what becomes of the flags that a message has, by those that are given.
    fn set_flags(&mut self, changed: &[(Uid, Flags)], modseq: ModSeq, merge: impl Fn(Flags, Flags) -> Flags) {
        let mut changed = changed;
        for chunk in &mut self.chunks {
            let Some(last) = chunk.last().map(|e| e.uid) else { continue };
            let (here, later) = changed.split_at(changed.partition_point(|(uid, _)| *uid <= last));
            changed = later;
            if here.is_empty() {
                continue;
            }
            let entries = Arc::make_mut(chunk);
            for (uid, flags) in here {
                let place = entries.partition_point(|e| e.uid < *uid);
                if let Some(entry) = entries.get_mut(place).filter(|e| e.uid == *uid) {
                    (entry.flags, entry.modseq) = (merge(entry.flags, *flags), modseq);
                }
            }
        }
    }

    fn expunge(&mut self, uids: &[Uid]) {
        let mut uids = uids;
        for chunk in &mut self.chunks {
            let Some(last) = chunk.last().map(|e| e.uid) else { continue };
            let (here, later) = uids.split_at(uids.partition_point(|uid| *uid <= last));
            uids = later;
            if !here.is_empty() {
                Arc::make_mut(chunk).retain(|e| here.binary_search(&e.uid).is_err());
            }
        }
        self.chunks.retain(|c| !c.is_empty());
        self.len = self.chunks.iter().map(|c| c.len()).sum();
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests {
    use super::*;

    fn entry(uid: u32) -> Entry {
        let (flags, modseq) = (Flags::default(), ModSeq(1));
        Entry { uid: Uid(uid), size: 1, flags, modseq, date: 0, body: BodyId(1) }
    }

    fn index(count: u32) -> Index {
        let entries: Vec<Entry> = (1..=count).map(entry).collect();
        Index::new(&entries, Keywords::default(), Uid(count + 1), ModSeq(1))
    }

    #[test]
    fn a_state_is_refreshed_without_losing_what_went() {
        let told = index(1500);
        let mut newest = told.clone();
        newest.apply(&Change::Flags(vec![(Uid(2), Flags::SEEN), (Uid(600), Flags::SEEN)]), ModSeq(2));
        let shown = told.refreshed(&newest);
        newest.apply(&Change::Flags(vec![(Uid(1), Flags::SEEN), (Uid(1400), Flags::SEEN)]), ModSeq(3));
        newest.apply(&Change::Expunged(vec![Uid(2), Uid(3)]), ModSeq(4));
        newest.apply(&Change::Appended(vec![entry(1501), entry(1502)]), ModSeq(5));
        let shown = shown.refreshed(&newest);
        assert_eq!((shown.len(), shown.highest_modseq()), (1500, ModSeq(1)));
        let modseqs = [1, 2, 3, 600, 1400].map(|uid| shown.entry(uid - 1).map(|e| e.modseq.0));
        assert_eq!(modseqs, [3, 2, 1, 2, 3].map(Some));
        assert!(Arc::ptr_eq(&shown.chunks()[1], &newest.chunks()[1]));
        let joined = shown.joined_by(&newest);
        assert_eq!((joined.len(), joined.position(Uid(1502)), joined.uid_next()), (1502, Some(1501), Uid(1503)));
    }

    #[test]
    fn positions_and_uids_agree_after_expunges_and_appends() {
        let mut index = index(2000);
        let gone: Vec<Uid> = (1..=2000).filter(|u| u % 3 == 0).map(Uid).collect();
        index.apply(&Change::Expunged(gone), ModSeq(2));
        index.apply(&Change::Appended(vec![entry(2001)]), ModSeq(3));
        let left: Vec<u32> = (1..=2000).filter(|u| u % 3 != 0).chain([2001]).collect();
        assert_eq!(index.iter().map(|(_, e)| e.uid.0).collect::<Vec<_>>(), left);
        assert_eq!(index.len(), left.len());
        for (position, uid) in left.iter().enumerate() {
            assert_eq!(index.position(Uid(*uid)), Some(position));
            assert_eq!(index.entry(position).map(|e| e.uid.0), Some(*uid));
        }
        assert_eq!(index.position(Uid(3)), None);
        assert_eq!(index.iter_from(left.len()).count(), 0);
        let ranges = UidRanges::new(vec![1..=4, 1999..=5000]);
        assert_eq!(index.range(&ranges).map(|(_, e)| e.uid.0).collect::<Vec<_>>(), [1, 2, 4, 1999, 2000, 2001]);
        assert_eq!((index.uid_next(), index.highest_modseq()), (Uid(2002), ModSeq(3)));
    }

    #[test]
    fn a_copy_shares_what_did_not_change() {
        let told = index(2000);
        let mut newest = told.clone();
        newest.apply(&Change::Flags(vec![(Uid(1), Flags::SEEN)]), ModSeq(2));
        let same = told.chunks().iter().zip(newest.chunks()).filter(|(a, b)| Arc::ptr_eq(a, b)).count();
        assert_eq!(same, told.chunks().len() - 1);
        assert_eq!(told.entry(0).map(|e| e.flags), Some(Flags::default()));
        assert_eq!(newest.entry(0).map(|e| (e.flags, e.modseq)), Some((Flags::SEEN, ModSeq(2))));
    }
}
