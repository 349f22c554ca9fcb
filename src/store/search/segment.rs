//! Segments: for some bodies that were stored one after the other, which of them have which term.
//!
//! A segment is written once. Its terms lie in buckets by the hash of their keys, each bucket one row of the database:
//! a term is one look-up by number, and a row is not so small that it is mostly SQLite's own.

use std::collections::BTreeMap;

use super::bits::{self, Bits, number, take_number};
use super::gram::{self, Code, spread};
use super::{AREAS, phrase};

/// A term of one area.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key(u64);

impl Key {
    pub(super) fn new(area: usize, code: Code) -> Self {
        Self(u64::from(code) << 3 | area as u64)
    }

    /// Where its entry is, of as many buckets as a segment of the level has.
    pub(super) fn bucket(self, level: u32) -> i64 {
        (spread(self.0) >> (64 - bucket_bits(level))).cast_signed()
    }

    fn is_phrase(self) -> bool {
        self.0 >> 3 >= u64::from(gram::CODES)
    }
}

/// As the segments of a level grow sixteenfold, their terms grow eightfold.
pub(super) fn bucket_bits(level: u32) -> u32 {
    10 + 3 * level
}

/// A row: its bucket, and all entries of it.
pub(super) type Row = (i64, Vec<u8>);

/// Gathers entries and writes them as rows.
struct Rows {
    level: u32,
    buckets: BTreeMap<i64, Vec<u8>>,
}

impl Rows {
    fn new(level: u32) -> Self {
        Self { level, buckets: BTreeMap::new() }
    }

    fn entry(&mut self, key: Key, phrase: &[u8], places: &[usize]) {
        let row = self.buckets.entry(key.bucket(self.level)).or_default();
        let packed = bits::pack(places);
        let mut payload = Vec::with_capacity(phrase.len() + packed.len() + 1);
        if key.is_phrase() {
            number(&mut payload, phrase.len() as u64);
            payload.extend_from_slice(phrase);
        }
        payload.extend_from_slice(&packed);
        number(row, key.0);
        number(row, payload.len() as u64);
        row.extend_from_slice(&payload);
    }

    fn end(self) -> Vec<Row> {
        self.buckets.into_iter().collect()
    }
}

/// The texts of a body, by area, and its place in the segment.
pub(super) struct Body<'a> {
    pub(super) place: usize,
    pub(super) texts: [&'a str; AREAS],
}

/// The rows of a segment of level 0: tens of milliseconds.
pub(super) fn build(bodies: &[Body<'_>]) -> Vec<Row> {
    // A term in the upper bits, the number of the body that has it in the lower ones.
    const NUMBER_BITS: u32 = 24;
    let mut held: Vec<u64> = Vec::new();
    let mut seen = Seen::default();
    for (number, body) in (0..1 << NUMBER_BITS).zip(bodies) {
        for (area, text) in body.texts.iter().enumerate() {
            seen.clear();
            gram::grams(text, |code| {
                if seen.is_new(spread(u64::from(code) + 1)) {
                    held.push(Key::new(area, code).0 << NUMBER_BITS | number);
                }
            });
        }
    }
    held.sort_unstable();
    held.dedup();
    let mut rows = Rows::new(0);
    for same in held.chunk_by(|a, b| a >> NUMBER_BITS == b >> NUMBER_BITS) {
        let number = |held: &u64| usize::try_from(held & ((1 << NUMBER_BITS) - 1)).ok();
        let places: Vec<usize> = same.iter().filter_map(|held| Some(bodies.get(number(held)?)?.place)).collect();
        if let Some(held) = same.first() {
            rows.entry(Key(held >> NUMBER_BITS), b"", &places);
        }
    }
    for area in 0..AREAS {
        let texts: Vec<_> = bodies.iter().filter_map(|body| Some((body.place, *body.texts.get(area)?))).collect();
        let mut kept: BTreeMap<Key, phrase::Held<'_>> = BTreeMap::new();
        for held in phrase::common(&texts) {
            // Of two phrases with one code the more frequent one is kept.
            let kept = kept.entry(Key::new(area, held.code)).or_default();
            if kept.places.len() < held.places.len() {
                *kept = held;
            }
        }
        for (key, held) in kept {
            rows.entry(key, held.phrase.as_bytes(), &held.places);
        }
    }
    rows.end()
}

/// Rows of one segment that go into another, which begins `shift` places before it.
pub(super) struct Source {
    pub(super) shift: usize,
    pub(super) rows: Vec<Vec<u8>>,
}

/// Puts the same buckets of several segments, in their order, together into rows of a segment of `level`; of the places,
/// those that are still `alive`.
pub(super) fn merge(sources: &[Source], level: u32, alive: &Bits) -> Vec<Row> {
    let mut terms: BTreeMap<Key, (&[u8], Vec<usize>)> = BTreeMap::new();
    for source in sources {
        for (key, payload) in source.rows.iter().flat_map(|row| entries(row)) {
            let Some((phrase, packed)) = split(key, payload) else { continue };
            let (held, places) = terms.entry(key).or_insert_with(|| (phrase, Vec::new()));
            // Another phrase with the same hash: its texts will be looked at.
            if *held == phrase {
                let shifted = bits::unpack(packed).into_iter().map(|place| place.saturating_add(source.shift));
                places.extend(shifted.filter(|place| alive.contains(*place)));
            }
        }
    }
    let mut rows = Rows::new(level);
    for (key, (phrase, places)) in terms.iter().filter(|(_, (_, places))| !places.is_empty()) {
        rows.entry(*key, phrase, places);
    }
    rows.end()
}

/// The bodies that a row says have the term.
pub(super) fn find<'a>(row: &'a [u8], key: Key, phrase: &str) -> Option<&'a [u8]> {
    let (_, payload) = entries(row).find(|(found, _)| *found == key)?;
    let (held, packed) = split(key, payload)?;
    (!key.is_phrase() || held == phrase.as_bytes()).then_some(packed)
}

fn entries(mut row: &[u8]) -> impl Iterator<Item = (Key, &[u8])> {
    std::iter::from_fn(move || {
        let key = take_number(&mut row)?;
        let len = take_number(&mut row)?;
        let (payload, rest) = row.split_at_checked(usize::try_from(len).ok()?)?;
        row = rest;
        Some((Key(key), payload))
    })
}

/// The phrase, if the term is one, and the packed places.
fn split(key: Key, mut payload: &[u8]) -> Option<(&[u8], &[u8])> {
    if !key.is_phrase() {
        return Some((b"", payload));
    }
    let len = take_number(&mut payload)?;
    payload.split_at_checked(usize::try_from(len).ok()?)
}

/// Remembers most of what it has seen: what it calls new may not be.
pub(super) struct Seen(Vec<u64>);

impl Default for Seen {
    fn default() -> Self {
        Self(vec![0; 1 << Self::BITS])
    }
}

impl Seen {
    const BITS: u32 = 14;

    pub(super) fn clear(&mut self) {
        self.0.fill(0);
    }

    /// Of numbers whose high bits are spread.
    pub(super) fn is_new(&mut self, number: u64) -> bool {
        let slot = usize::try_from(number >> (64 - Self::BITS)).ok().and_then(|at| self.0.get_mut(at));
        slot.is_none_or(|slot| std::mem::replace(slot, number) != number)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn places(rows: &[Row], level: u32, area: usize, needle: &str) -> Vec<usize> {
        let codes = super::super::gram::needed(needle, 16).codes;
        let mut found = Bits::none(64);
        (0..64).for_each(|place| found.insert(place));
        for code in codes {
            let key = Key::new(area, code);
            let row = rows.iter().find(|(bucket, _)| *bucket == key.bucket(level));
            let packed = row.and_then(|(_, row)| find(row, key, ""));
            found.intersect(&packed.map_or(Bits::none(64), |packed| Bits::unpack(packed, 64)));
        }
        (0..64).filter(|place| found.contains(*place)).collect()
    }

    fn of(place: usize, text: &str) -> Body<'_> {
        let mut texts = [""; AREAS];
        texts[1] = text;
        Body { place, texts }
    }

    #[test]
    fn merged_segments_say_what_they_said_alone_of_those_that_are_left() {
        let one = build(&[of(0, "ke hoach tuan"), of(3, "bao cao"), of(4, "ke hoach")]);
        let two = build(&[of(1, "ke hoach nam")]);
        assert_eq!(places(&one, 0, 1, "hoach"), [0, 4]);
        assert_eq!(places(&one, 0, 2, "hoach"), [] as [usize; 0]);
        let mut alive = Bits::none(64);
        for place in [0, 3, 11] {
            alive.insert(place);
        }
        let rows = |rows: Vec<Row>| rows.into_iter().map(|(_, row)| row).collect();
        let sources = [Source { shift: 0, rows: rows(one) }, Source { shift: 10, rows: rows(two) }];
        let merged = merge(&sources, 1, &alive);
        assert_eq!(places(&merged, 1, 1, "hoach"), [0, 11]);
        assert_eq!(places(&merged, 1, 1, "ao c"), [3]);
    }

    #[test]
    fn a_phrase_is_found_by_its_text_not_its_hash_alone() {
        let rows = build(&(0..5).map(|place| of(place, "ke hoach nam")).collect::<Vec<_>>());
        let key = Key::new(1, phrase::code("ke hoach").unwrap());
        let (_, row) = rows.iter().find(|(bucket, _)| *bucket == key.bucket(0)).unwrap();
        assert_eq!(find(row, key, "ke hoach").map(bits::unpack), Some(vec![0, 1, 2, 3, 4]));
        assert_eq!(find(row, key, "ke khoac"), None);
    }
}
