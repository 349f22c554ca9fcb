//! Sets of sequence numbers and UIDs: RFC 9051 §9 "sequence-set".

use super::cursor::{Cursor, Parsed};

/// Which messages a command is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Messages {
    /// By number.
    Set(SequenceSet),
    /// `$`: what the last SEARCH saved (RFC 5182).
    Saved,
}

/// A set as the client wrote it, `*` not yet replaced; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SequenceSet(Vec<(Edge, Edge)>);

/// One end of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// A number, never 0.
    Number(u32),
    /// `*`: the last message.
    Last,
}

impl SequenceSet {
    /// Of a single message.
    pub fn one(message: Edge) -> Self {
        Self(vec![(message, message)])
    }

    /// The numbers meant, where `last` is the number of the last message, 0 in an empty folder: there `*` is nothing,
    /// and so is a range that ends in it. Numbers beyond the last are kept; only the caller knows what they mean.
    pub fn resolve(&self, last: u32) -> Ranges {
        let number = |edge| match edge {
            Edge::Number(number) => number,
            Edge::Last => last,
        };
        let spans = self.0.iter().map(|&(a, b)| (number(a), number(b))).filter(|&(a, b)| a != 0 && b != 0);
        Ranges::from_spans(spans.map(|(a, b)| Span { first: a.min(b), last: a.max(b) }).collect())
    }

    /// Whether `*` is in it.
    pub fn has_last(&self) -> bool {
        self.0.iter().any(|&(a, b)| a == Edge::Last || b == Edge::Last)
    }

    /// The ranges as they were written.
    pub fn ranges(&self) -> &[(Edge, Edge)] {
        &self.0
    }
}

/// Numbers in rising order without repetition, as ranges that neither overlap nor touch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ranges(Vec<Span>);

/// Numbers from the first to the last, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// Not above `last`.
    pub first: u32,
    /// Not below `first`.
    pub last: u32,
}

impl Ranges {
    /// Sorts and joins, so that what follows is linear however often a client repeats itself (hostile B40).
    pub fn from_spans(mut spans: Vec<Span>) -> Self {
        spans.sort_unstable();
        spans.dedup_by(|next, kept| {
            let joined = next.first <= kept.last.saturating_add(1);
            if joined {
                kept.last = kept.last.max(next.last);
            }
            joined
        });
        Self(spans)
    }

    /// The ranges.
    pub fn spans(&self) -> &[Span] {
        &self.0
    }

    /// Each number.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.0.iter().flat_map(|span| span.first..=span.last)
    }

    /// How many numbers.
    pub fn count(&self) -> u64 {
        self.0.iter().map(|span| u64::from(span.last - span.first) + 1).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The smallest number.
    pub fn min(&self) -> Option<u32> {
        self.0.first().map(|span| span.first)
    }

    /// The greatest number.
    pub fn max(&self) -> Option<u32> {
        self.0.last().map(|span| span.last)
    }

    /// Whether the number is in it.
    pub fn contains(&self, number: u32) -> bool {
        let after = self.0.partition_point(|span| span.last < number);
        self.0.get(after).is_some_and(|span| span.first <= number)
    }
}

impl FromIterator<u32> for Ranges {
    /// Fastest with rising numbers.
    fn from_iter<I: IntoIterator<Item = u32>>(numbers: I) -> Self {
        let mut spans: Vec<Span> = Vec::new();
        for number in numbers {
            match spans.last_mut() {
                Some(span) if span.last.checked_add(1) == Some(number) => span.last = number,
                _ => spans.push(Span { first: number, last: number }),
            }
        }
        Self::from_spans(spans)
    }
}

/// ```abnf
/// sequence-set =/ seq-last-command        ; RFC 5182: "$"
/// ```
pub(super) fn messages(cursor: &mut Cursor) -> Parsed<Messages> {
    if cursor.take(b'$') { Ok(Messages::Saved) } else { sequence_set(cursor).map(Messages::Set) }
}

/// ```abnf
/// sequence-set = (seq-number / seq-range) ["," sequence-set]
/// seq-range    = seq-number ":" seq-number
/// seq-number   = nz-number / "*"
/// ```
pub(super) fn sequence_set(cursor: &mut Cursor) -> Parsed<SequenceSet> {
    let mut ranges = Vec::new();
    loop {
        let first = edge(cursor)?;
        let last = if cursor.take(b':') { edge(cursor)? } else { first };
        ranges.push((first, last));
        if !cursor.take(b',') {
            return Ok(SequenceSet(ranges));
        }
    }
}

fn edge(cursor: &mut Cursor) -> Parsed<Edge> {
    if cursor.take(b'*') { Ok(Edge::Last) } else { cursor.nonzero32().map(Edge::Number) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use proptest::prelude::*;

    use super::super::command::Command;
    use super::super::parse::tests::read;
    use super::super::{Cause, Numbers};
    use super::*;

    fn set(text: &str) -> Result<SequenceSet, Cause> {
        match read(&format!("UID EXPUNGE {text}"))? {
            Command::Expunge(Some(Messages::Set(set))) => Ok(set),
            other => panic!("{other:?}"),
        }
    }

    fn resolved(text: &str, last: u32) -> Vec<(u32, u32)> {
        set(text).unwrap().resolve(last).spans().iter().map(|span| (span.first, span.last)).collect()
    }

    #[test]
    fn ranges_are_sorted_and_joined() {
        assert_eq!(resolved("2,4:7,9,12:*", 15), [(2, 2), (4, 7), (9, 9), (12, 15)]);
        assert_eq!(resolved("9:7,1,2,8:10", 15), [(1, 2), (7, 10)]);
        assert_eq!(resolved("*:4,5:7", 5), [(4, 7)]);
        assert_eq!(resolved("559:*", 5), [(5, 559)]);
        assert_eq!(resolved("4294967295,1", 5), [(1, 1), (4_294_967_295, 4_294_967_295)]);
    }

    #[test]
    fn the_last_message_of_an_empty_folder_is_none() {
        assert_eq!(resolved("*", 0), []);
        assert_eq!(resolved("1:*", 0), []);
        assert_eq!(resolved("3,*:7", 0), [(3, 3)]);
    }

    #[test]
    fn numbers_that_are_none_are_refused() {
        for text in ["0", "1:0", "4294967296", "99999999999999999999999"] {
            assert_eq!(set(text), Err(Cause::Number), "{text}");
        }
        for text in ["1:", ",1", "1,", ":", "a", ""] {
            assert_eq!(set(text), Err(Cause::Expected("number")), "{text}");
        }
        assert_eq!(set("1:2:3"), Err(Cause::Trailing));
        assert_eq!(set("$,1"), Err(Cause::Trailing));
    }

    #[test]
    fn repetition_costs_nothing() {
        let text = vec!["1:*"; 10_000].join(",");
        let Ok(Command::Copy(copy)) = read(&format!("COPY {text} x")) else { panic!() };
        assert_eq!(copy.numbers, Numbers::Sequence);
        let Messages::Set(set) = copy.messages else { panic!() };
        assert_eq!((set.ranges().len(), set.resolve(7).spans().len()), (10_000, 1));
    }

    proptest! {
        #[test]
        fn ranges_hold_what_was_put_in(numbers in proptest::collection::vec(1u32..60, 0..40)) {
            let ranges: Ranges = numbers.iter().copied().collect();
            let mut expected = numbers;
            expected.sort_unstable();
            expected.dedup();
            prop_assert_eq!(ranges.iter().collect::<Vec<_>>(), expected.clone());
            prop_assert_eq!(ranges.count(), expected.len() as u64);
            prop_assert_eq!((ranges.min(), ranges.max()), (expected.first().copied(), expected.last().copied()));
            for number in 0..61 {
                prop_assert_eq!(ranges.contains(number), expected.contains(&number));
            }
        }
    }
}
