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
