//! Phrases: up to four whole words with one character between each two. A syllable is a word in Vietnamese writing, so
//! people look for two to four of them.
//!
//! Grams say that a text lacks a phrase, but not that it holds it. The phrases that many texts of a segment hold are
//! kept as terms of their own: where a needle is one, those texts need no look at. The others, which are few, do.

use std::collections::{HashMap, HashSet};

use super::gram::{CODES, Code, hash};
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
pub(super) type Held<'a> = (&'a str, Vec<usize>);

/// The phrases that many of these texts hold.
pub(super) fn common<'a>(texts: &[(usize, &'a str)]) -> Vec<Held<'a>> {
    let mut hashes = Vec::new();
    let mut seen = Seen::default();
    for (_, text) in texts {
        seen.clear();
        phrases(text, |phrase| {
            let hash = hash(phrase.bytes());
            if seen.is_new(hash) {
                hashes.push(hash);
            }
        });
    }
    hashes.sort_unstable();
    let frequent: HashSet<u64> = hashes
        .chunk_by(|a, b| a == b)
        .filter(|same| same.len() >= TEXTS)
        .filter_map(|same| same.first().copied())
        .collect();
    let mut held: HashMap<&str, Vec<usize>> = HashMap::new();
    for (place, text) in texts {
        phrases(text, |phrase| {
            if frequent.contains(&hash(phrase.bytes())) {
                let places = held.entry(phrase).or_default();
                if places.last() != Some(place) {
                    places.push(*place);
                }
            }
        });
    }
    let mut held: Vec<Held<'a>> = held.into_iter().filter(|(_, places)| places.len() >= TEXTS).collect();
    held.sort_unstable();
    held
}

/// The code of a needle that is a phrase.
pub(super) fn code(needle: &str) -> Option<Code> {
    let mut is_phrase = false;
    phrases(needle, |phrase| is_phrase |= phrase.len() == needle.len());
    is_phrase.then(|| code_of(needle))
}

/// Above the codes of all grams.
pub(super) fn code_of(phrase: &str) -> Code {
    CODES | (hash(phrase.bytes()) >> 33) as Code
}

/// Calls `each` with every phrase.
fn phrases<'a>(text: &'a str, mut each: impl FnMut(&'a str)) {
    let text = text.get(..text.floor_char_boundary(TEXT_BYTES)).unwrap_or(text);
    // Where the words of the phrase in hand begin, the newest last.
    let mut starts = [None; WORDS];
    let mut in_word = false;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        match (in_word, c.is_alphanumeric()) {
            (false, true) => {
                starts.rotate_left(1);
                if let Some(newest) = starts.last_mut() {
                    *newest = Some(at);
                }
            }
            (true, false) => {
                let whole = starts.iter().flatten().filter(|start| at - **start <= BYTES);
                whole.filter_map(|start| text.get(*start..at)).for_each(&mut each);
            }
            // A second character after a word ends the phrase.
            (false, false) => starts = [None; WORDS],
            (true, true) => {}
        }
        in_word = c.is_alphanumeric();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<&str> {
        let mut all = Vec::new();
        phrases(text, |phrase| all.push(phrase));
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
        let named = |phrase: &str| common.iter().find(|(held, _)| *held == phrase).map(|(_, places)| places.as_slice());
        assert_eq!(named("ke hoach"), Some(&[0, 2, 4, 6][..]));
        assert_eq!(named("hoach"), Some(&[0, 2, 4, 6, 99][..]));
        assert_eq!(named("rieng"), None);
    }
}
