//! Phrases: up to four whole words with one character between each two. A syllable is a word in Vietnamese writing, so
//! people look for two to four of them.
//!
//! Grams say that a text lacks a phrase, but not that it holds it. The phrases that many texts of a segment hold are
//! kept as terms of their own: where a needle is one, those texts need no look at. The others, which are few, do.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::gram::{CODES, Code, spread};
use super::segment::Seen;

/// Words of the longest phrase.
const WORDS: usize = 4;
/// Octets of the longest phrase.
const BYTES: usize = 48;
/// Texts of a segment that a phrase must be in.
const TEXTS: usize = 4;
/// Octets of a text that are looked at.
const TEXT_BYTES: usize = 64 * 1024;

/// A phrase and the places of the texts that hold it, ascending.
#[derive(Clone, Debug, Default)]
pub(super) struct Held<'a> {
    pub(super) phrase: &'a str,
    pub(super) code: Code,
    pub(super) places: Vec<usize>,
}

/// The phrases that many of these texts hold.
pub(super) fn common<'a>(texts: &[(usize, &'a str)]) -> Vec<Held<'a>> {
    let mut hashes = Vec::new();
    let mut seen = Seen::default();
    for (_, text) in texts {
        seen.clear();
        phrases(text, |_, hash| {
            if seen.is_new(hash) {
                hashes.push(hash);
            }
        });
    }
    hashes.sort_unstable();
    let frequent = hashes.chunk_by(|a, b| a == b).filter(|same| same.len() >= TEXTS).filter_map(|same| same.first());
    let mut held: HashMap<u64, Held<'a>, Hashed> = frequent.map(|hash| (*hash, Held::default())).collect();
    for (place, text) in texts {
        phrases(text, |phrase, hash| {
            let Some(held) = held.get_mut(&hash) else { return };
            if held.places.is_empty() {
                (held.phrase, held.code) = (phrase, code_of(hash));
            }
            // Another phrase with the same hash is not kept.
            if held.places.last() != Some(place) && held.phrase == phrase {
                held.places.push(*place);
            }
        });
    }
    held.into_values().filter(|held| held.places.len() >= TEXTS).collect()
}

/// The code of a needle that is a phrase.
pub(super) fn code(needle: &str) -> Option<Code> {
    let mut code = None;
    phrases(needle, |phrase, hash| {
        if phrase.len() == needle.len() {
            code = Some(code_of(hash));
        }
    });
    code
}

/// Above the codes of all grams.
fn code_of(hash: u64) -> Code {
    CODES | (hash >> 33) as Code
}

/// Calls `each` with every phrase and its hash.
fn phrases<'a>(text: &'a str, mut each: impl FnMut(&'a str, u64)) {
    let text = text.get(..text.floor_char_boundary(TEXT_BYTES)).unwrap_or(text);
    // The phrases that end with the word in hand: where each begins, and its hash up to that word. The newest is last.
    let mut begun: [Option<(usize, u64)>; WORDS] = [None; WORDS];
    let (mut word, mut in_word) = (0, false);
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        let was_in_word = std::mem::replace(&mut in_word, c.is_alphanumeric());
        match (was_in_word, in_word) {
            (false, true) => {
                begun.rotate_left(1);
                if let Some(newest) = begun.last_mut() {
                    *newest = Some((at, 0));
                }
                word = mix(0, c as u64);
            }
            (true, true) => word = mix(word, c as u64),
            (true, false) => {
                for (start, hash) in begun.iter_mut().flatten() {
                    *hash = mix(*hash, word);
                    if at - *start <= BYTES {
                        each(text.get(*start..at).unwrap_or_default(), spread(*hash));
                    }
                    *hash = mix(*hash, c as u64);
                }
            }
            // A second character after a word ends the phrase.
            (false, false) => begun = [None; WORDS],
        }
    }
}

fn mix(hash: u64, next: u64) -> u64 {
    (hash.rotate_left(5) ^ next).wrapping_mul(0x517c_c1b7_2722_0a95)
}

type Hashed = BuildHasherDefault<AsIs>;

/// For keys that are hashes.
#[derive(Default)]
struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, byte| mix(hash, u64::from(*byte)));
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<&str> {
        let mut all = Vec::new();
        phrases(text, |phrase, _| all.push(phrase));
        all
    }

    #[test]
    fn a_phrase_is_up_to_four_words_with_one_character_between() {
        assert_eq!(all("so tu-phap, x"), ["so", "so tu", "tu", "so tu-phap", "tu-phap", "phap", "x"]);
        assert_eq!(all(" a b c d e").iter().filter(|p| p.len() > 6).collect::<Vec<_>>(), [&"a b c d", &"b c d e"]);
        for (needle, is_phrase) in
            [("ke hoach", true), ("77/qd-stp", true), ("hoach ", false), ("a  b", false), ("", false)]
        {
            assert_eq!(code(needle).is_some(), is_phrase, "{needle}");
        }
    }

    #[test]
    fn phrases_of_many_texts_are_kept() {
        let texts: Vec<_> =
            (0..TEXTS).map(|place| (place * 2, "ke hoach ke hoach")).chain([(99, "hoach rieng")]).collect();
        let common = common(&texts);
        let named = |phrase: &str| common.iter().find(|held| held.phrase == phrase).map(|held| held.places.as_slice());
        assert_eq!(named("ke hoach"), Some(&[0, 2, 4, 6][..]));
        assert_eq!(named("hoach"), Some(&[0, 2, 4, 6, 99][..]));
        assert_eq!(named("rieng"), None);
    }
}
