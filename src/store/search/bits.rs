//! Which bodies of a segment have a term: as a set in memory, and packed as the database keeps it.

/// A set of places within a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bits(Vec<u64>);

/// How a packed set begins.
const DELTAS: u8 = 0;
const BITMAP: u8 = 1;

impl Bits {
    /// None of `span` places.
    pub(super) fn none(span: usize) -> Self {
        Self(vec![0; span.div_ceil(64)])
    }

    /// All of `span` places.
    pub(super) fn all(span: usize) -> Self {
        Self(vec![u64::MAX; span.div_ceil(64)])
    }

    /// A place beyond the span is passed over.
    pub(super) fn insert(&mut self, place: usize) {
        if let Some(word) = self.0.get_mut(place / 64) {
            *word |= 1 << (place % 64);
        }
    }

    pub(super) fn remove(&mut self, place: usize) {
        if let Some(word) = self.0.get_mut(place / 64) {
            *word &= !(1 << (place % 64));
        }
    }

    pub(super) fn contains(&self, place: usize) -> bool {
        self.0.get(place / 64).is_some_and(|word| word >> (place % 64) & 1 == 1)
    }

    /// Keeps what the other has too.
    pub(super) fn intersect(&mut self, other: &Self) {
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word &= other;
        }
    }

    /// Adds what the other has.
    pub(super) fn unite(&mut self, other: &Self) {
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word |= other;
        }
    }

    /// Of what [`pack`] made; what is damaged reads as far as it goes.
    pub(super) fn unpack(packed: &[u8], span: usize) -> Self {
        let mut bits = Self::none(span);
        for place in unpack(packed) {
            bits.insert(place);
        }
        bits
    }
}

/// Packs ascending places: as the distances between them, or as a bitmap where that is shorter.
pub(super) fn pack(places: &[usize]) -> Vec<u8> {
    let mut packed = Vec::with_capacity(places.len() + 2);
    packed.push(DELTAS);
    let mut next = 0;
    for place in places {
        number(&mut packed, (place - next) as u64);
        next = place + 1;
    }
    let bytes = next.div_ceil(8);
    if packed.len() > bytes + 1 {
        packed = vec![0; bytes + 1];
        if let Some((kind, bitmap)) = packed.split_first_mut() {
            *kind = BITMAP;
            for place in places {
                if let Some(byte) = bitmap.get_mut(place / 8) {
                    *byte |= 1 << (place % 8);
                }
            }
        }
    }
    packed
}

/// The places that [`pack`] was given.
pub(super) fn unpack(packed: &[u8]) -> Vec<usize> {
    let mut places = Vec::new();
    match packed.split_first() {
        Some((&DELTAS, mut rest)) => {
            let mut next = 0_usize;
            while let Some(distance) = take_number(&mut rest) {
                let place = next.saturating_add(usize::try_from(distance).unwrap_or(usize::MAX));
                places.push(place);
                next = place.saturating_add(1);
            }
        }
        Some((&BITMAP, bitmap)) => {
            for (at, byte) in bitmap.iter().enumerate() {
                places.extend((0..8).filter(|bit| byte >> bit & 1 == 1).map(|bit| at * 8 + bit));
            }
        }
        _ => {}
    }
    places
}

/// Seven bits an octet, the lowest first; the last octet is below 128.
pub(super) fn number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 128 {
        out.push(low(number) | 128);
        number >>= 7;
    }
    out.push(low(number));
}

fn low(number: u64) -> u8 {
    number.to_le_bytes()[0] & 127
}

/// Reads what [`number`] wrote; `None` at the end.
pub(super) fn take_number(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(first & 127) << shift;
        if *first < 128 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_packed_is_unpacked(places in proptest::collection::btree_set(0_usize..3000, 0..600)) {
            let places: Vec<usize> = places.into_iter().collect();
            let packed = pack(&places);
            prop_assert_eq!(unpack(&packed), places.clone());
            prop_assert!(packed.len() <= 3000 / 8 + 2);
            let bits = Bits::unpack(&packed, 3000);
            prop_assert!((0..3100).all(|place| bits.contains(place) == places.binary_search(&place).is_ok()));
        }

        #[test]
        fn what_is_damaged_is_read_as_far_as_it_goes(packed in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = Bits::unpack(&packed, 100);
        }
    }
}
