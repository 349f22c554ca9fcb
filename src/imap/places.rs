//! Which messages of a folder a command names, as places in the client's count, and the walk through them in batches.

use std::ops::Range;
use std::sync::Arc;

use super::lines::count;
use super::refusal::Refusal;
use super::syntax::{Numbers, SequenceSet};
use crate::id::Uid;
use crate::limits;
use crate::store::{Entry, Index, UidRanges};

/// Places of messages, counted from 0, as ascending ranges that do not touch: a set named ten thousand times over is
/// still walked once (hostile B40).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places(Vec<Range<usize>>);

impl Places {
    /// Sorts and merges ranges given in any order.
    fn merged(mut ranges: Vec<Range<usize>>) -> Self {
        ranges.retain(|r| !r.is_empty());
        ranges.sort_unstable_by_key(|r| r.start);
        let mut merged: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
        for range in ranges {
            match merged.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                _ => merged.push(range),
            }
        }
        Self(merged)
    }

    /// The messages a client names, of those it was told of.
    ///
    /// # Errors
    /// A sequence number beyond the last message is a mistake (RFC 9051 §9 "seq-number"), but for `*`: in an empty
    /// folder it names nothing, so that `STORE 1:*` does nothing there (Thunderbird 153 empties an empty Trash so).
    /// UIDs that do not exist are passed over (RFC 9051 §6.4.9).
    pub fn resolve(set: &SequenceSet, numbers: Numbers, told: &Index) -> Result<Self, Refusal> {
        match numbers {
            Numbers::Sequence => Self::by_sequence(set, told),
            Numbers::Uid => {
                let last = told.len().checked_sub(1).and_then(|last| told.entry(last)).map_or(0, |e| e.uid.0);
                let ranges = set.resolve(last).spans().iter().map(|s| s.first..=s.last).collect();
                Ok(Self::of_uids(&UidRanges::new(ranges), told))
            }
        }
    }

    fn by_sequence(set: &SequenceSet, told: &Index) -> Result<Self, Refusal> {
        let last = count(told.len());
        match set.resolve(last).max() {
            Some(max) if max > last => Err(Refusal::NoSuchMessage),
            _ => Ok(Self::within(set, told)),
        }
    }

    /// The messages with these sequence numbers; those beyond the last one name nothing, as in a search, where they are
    /// no mistake (RFC 7377 §2.1).
    pub fn within(set: &SequenceSet, told: &Index) -> Self {
        let last = count(told.len());
        let place = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        let spans = set.resolve(last);
        Self::merged(spans.spans().iter().map(|s| place(s.first) - 1..place(s.last.min(last))).collect())
    }

    /// Those of `uids` that the client was told of.
    pub fn of_uids(uids: &UidRanges, told: &Index) -> Self {
        let range = |r: &std::ops::RangeInclusive<u32>| {
            let end = r.end().checked_add(1).map_or(told.len(), |after| told.lower_bound(Uid(after)));
            told.lower_bound(Uid(*r.start()))..end
        };
        Self::merged(uids.as_slice().iter().map(range).collect())
    }

    /// The first `len` messages: all of a folder.
    pub fn all(len: usize) -> Self {
        Self::merged(std::iter::once(0..len).collect())
    }

    /// Those at some of the places in this list of places.
    #[must_use]
    pub fn part(self, of: &Range<usize>) -> Self {
        let mut before = 0;
        let part = |range: Range<usize>| {
            let here = before..before + range.len();
            before = here.end;
            let (from, until) = (of.start.clamp(here.start, here.end), of.end.clamp(here.start, here.end));
            range.start + (from - here.start)..range.start + (until - here.start)
        };
        Self::merged(self.0.into_iter().map(part).collect())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.iter().map(ExactSizeIterator::len).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the place is among them.
    pub fn contains(&self, place: usize) -> bool {
        let after = self.0.partition_point(|r| r.start <= place);
        after.checked_sub(1).and_then(|i| self.0.get(i)).is_some_and(|r| r.contains(&place))
    }

    /// The messages of `index` at these places.
    pub fn entries<'a>(&'a self, index: &'a Index) -> impl Iterator<Item = (usize, &'a Entry)> {
        self.0.iter().flat_map(move |range| index.iter_from(range.start).take(range.len()))
    }

    /// Those for which the messages, as they are in `newest`, pass.
    #[must_use]
    pub fn filter(self, told: &Arc<Index>, newest: &Arc<Index>, passes: impl Fn(&Entry) -> bool) -> Self {
        let mut ranges: Vec<Range<usize>> = Vec::new();
        let mut walk = Walk::new(told.clone(), newest.clone(), self);
        loop {
            let batch = walk.batch(limits::INDEX_BATCH_MESSAGES_MAX, u64::MAX);
            if batch.is_empty() {
                return Self(ranges);
            }
            for place in batch.iter().filter(|m| passes(&m.entry)).map(Message::place) {
                match ranges.last_mut() {
                    Some(last) if last.end == place => last.end += 1,
                    _ => ranges.push(place..place + 1),
                }
            }
        }
    }

    /// Those of which `newest` has the messages no more.
    #[must_use]
    pub fn gone(&self, told: &Index, newest: &Index) -> Self {
        // Nothing went where all that the client was told of is still counted.
        if newest.lower_bound(told.uid_next()) == told.len() {
            return Self::default();
        }
        let gone = self.entries(told).filter(|(_, entry)| newest.position(entry.uid).is_none());
        Self::merged(gone.map(|(place, _)| place..place + 1).collect())
    }

    /// These and the others.
    #[must_use]
    pub fn and(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        Self::merged(self.0)
    }

    /// These but for the others.
    #[must_use]
    pub fn without(self, others: &Self) -> Self {
        if others.is_empty() {
            return self;
        }
        let kept = self.0.into_iter().flatten().filter(|place| !others.contains(*place));
        Self::merged(kept.map(|place| place..place + 1).collect())
    }

    /// Their sequence numbers.
    pub fn sequences(&self) -> UidRanges {
        UidRanges::new(self.0.iter().filter(|r| !r.is_empty()).map(|r| count(r.start + 1)..=count(r.end)).collect())
    }

    /// Their UIDs, as the store takes them.
    pub fn uids(&self, index: &Index) -> UidRanges {
        UidRanges::from_sorted(self.entries(index).map(|(_, e)| e.uid))
    }
}

/// A message as a command meets it.
#[derive(Clone, Copy, Debug)]
pub struct Message {
    /// As the client counts.
    pub sequence: u32,
    /// As it is now; if it is gone, as it was when the client was last told.
    pub entry: Entry,
}

impl Message {
    /// Its place, counted from 0.
    pub fn place(&self) -> usize {
        usize::try_from(self.sequence).map_or(usize::MAX, |sequence| sequence.saturating_sub(1))
    }

    /// Whether it is more than a batch by itself.
    pub fn is_large(&self) -> bool {
        u64::from(self.entry.size) > limits::BATCH_BYTES_MAX as u64
    }
}

/// Goes through messages in batches; holds the states it walks, so that writing may take its time.
#[derive(Debug)]
pub struct Walk {
    told: Arc<Index>,
    newest: Arc<Index>,
    left: std::vec::IntoIter<Range<usize>>,
    current: Range<usize>,
}

impl Walk {
    /// A walk through `places` of what the client was told, seeing the messages as they are in `newest`.
    pub fn new(told: Arc<Index>, newest: Arc<Index>, places: Places) -> Self {
        Self { told, newest, left: places.0.into_iter(), current: 0..0 }
    }

    /// The next messages: at most `count_max`, and of no more than `bytes_max` octets together, but for a single one
    /// that is larger. Empty when all have been seen.
    pub fn batch(&mut self, count_max: usize, bytes_max: u64) -> Vec<Message> {
        let mut batch = Batch { messages: Vec::new(), room: count_max, bytes_left: bytes_max };
        loop {
            if self.current.is_empty() {
                match self.left.next() {
                    Some(range) => self.current = range,
                    None => return batch.messages,
                }
            }
            let taken = self.take(&mut batch);
            self.current.start += taken;
            if !self.current.is_empty() {
                // It is full; or the index ends here, which a range made from it never passes.
                return batch.messages;
            }
        }
    }

    /// Takes from the range in hand as many as there is room for.
    fn take(&self, batch: &mut Batch) -> usize {
        let same = Arc::ptr_eq(&self.told, &self.newest);
        let mut newest = None;
        let mut taken = 0;
        for (place, told) in self.told.iter_from(self.current.start).take(self.current.len()) {
            let entry = if same {
                *told
            } else {
                let newest = newest.get_or_insert_with(|| {
                    self.newest.iter_from(self.newest.lower_bound(told.uid)).map(|(_, e)| e).peekable()
                });
                while newest.next_if(|e| e.uid < told.uid).is_some() {}
                newest.peek().filter(|e| e.uid == told.uid).map_or(*told, |e| **e)
            };
            if !batch.admits(&entry) {
                break;
            }
            batch.messages.push(Message { sequence: count(place + 1), entry });
            taken += 1;
        }
        taken
    }
}

/// A batch in the making.
struct Batch {
    messages: Vec<Message>,
    room: usize,
    bytes_left: u64,
}

impl Batch {
    /// Takes the room for a message, if there is any.
    fn admits(&mut self, entry: &Entry) -> bool {
        let size = u64::from(entry.size);
        if self.room == 0 || (size > self.bytes_left && !self.messages.is_empty()) {
            return false;
        }
        self.room -= 1;
        self.bytes_left = self.bytes_left.saturating_sub(size);
        true
    }
}
