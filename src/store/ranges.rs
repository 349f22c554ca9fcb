//! Sets of UIDs, as ranges.

use std::fmt::Write;
use std::ops::RangeInclusive;

use crate::id::Uid;

/// UIDs as ranges in ascending order that neither overlap nor touch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UidRanges(Vec<RangeInclusive<u32>>);

impl UidRanges {
    /// Sorts and merges what is given, in any order.
    pub fn new(mut ranges: Vec<RangeInclusive<u32>>) -> Self {
        ranges.retain(|r| !r.is_empty());
        ranges.sort_unstable_by_key(|r| *r.start());
        let mut merged: Vec<RangeInclusive<u32>> = Vec::with_capacity(ranges.len());
        for range in ranges {
            match merged.last_mut() {
                Some(last) if *range.start() <= last.end().saturating_add(1) => {
                    *last = *last.start()..=*last.end().max(range.end());
                }
                _ => merged.push(range),
            }
        }
        Self(merged)
    }

    /// No UIDs.
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// From UIDs in ascending order.
    pub fn from_sorted(uids: impl IntoIterator<Item = Uid>) -> Self {
        let mut ranges: Vec<RangeInclusive<u32>> = Vec::new();
        for Uid(uid) in uids {
            match ranges.last_mut() {
                Some(last) if last.end().checked_add(1) == Some(uid) => *last = *last.start()..=uid,
                _ => ranges.push(uid..=uid),
            }
        }
        Self(ranges)
    }

    /// The ranges, ascending.
    pub fn as_slice(&self) -> &[RangeInclusive<u32>] {
        &self.0
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.0.iter().map(|r| u64::from(r.end() - r.start()) + 1).sum()
    }

    /// Those that are in both.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let (mut mine, mut theirs) = (self.0.iter().peekable(), other.0.iter().peekable());
        let mut both = Vec::new();
        while let (Some(a), Some(b)) = (mine.peek(), theirs.peek()) {
            let (start, end) = (*a.start().max(b.start()), *a.end().min(b.end()));
            if start <= end {
                both.push(start..=end);
            }
            if a.end() < b.end() {
                mine.next()
            } else {
                theirs.next()
            };
        }
        Self(both)
    }

    /// Whether the UID is among them.
    pub fn contains(&self, uid: Uid) -> bool {
        let after = self.0.partition_point(|r| *r.start() <= uid.0);
        after.checked_sub(1).and_then(|i| self.0.get(i)).is_some_and(|r| r.contains(&uid.0))
    }

    /// `[[first,last],…]`, as statements take it.
    pub(super) fn to_json(&self) -> String {
        let mut json = String::with_capacity(self.0.len() * 16 + 2);
        json.push('[');
        for (i, range) in self.0.iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            let _ = write!(json, "{comma}[{},{}]", range.start(), range.end());
        }
        json.push(']');
        json
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_sorted_and_merged() {
        let ranges = UidRanges::new(vec![5..=7, 1..=2, 3..=3, 6..=9, 20..=20]);
        assert_eq!(ranges.as_slice(), [1..=3, 5..=9, 20..=20]);
        assert!(ranges.contains(Uid(9)) && !ranges.contains(Uid(10)) && !ranges.contains(Uid(4)));
        assert_eq!(ranges.to_json(), "[[1,3],[5,9],[20,20]]");
        let others = UidRanges::new(vec![2..=6, 8..=8, 10..=19, 20..=u32::MAX]);
        assert_eq!((ranges.and(&others).as_slice(), ranges.count()), (&[2..=3, 5..=6, 8..=8, 20..=20][..], 9));
        assert_eq!(UidRanges::from_sorted([1, 2, 3, 7].map(Uid)).as_slice(), [1..=3, 7..=7]);
    }
}
