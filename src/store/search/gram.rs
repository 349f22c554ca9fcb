//! Grams: the pieces of one to three characters, and of four letters a to z, of which text consists.
//!
//! A text holds a needle only if it has all grams of the needle. The text of people is folded to ASCII nearly all of it,
//! and an ASCII gram is its own code, so that a needle that is a gram itself is found without a look at the text. Other
//! grams are hashed, and what they find is looked at.

/// The code of a gram; below [`CODES`].
pub(super) type Code = u32;

/// Codes are below this.
pub(super) const CODES: Code = 1 << 31;
/// Codes from here on are hashes.
const HASHED: Code = 1 << 30;
/// Characters of the longest gram.
const LONGEST: usize = 4;

/// The grams that a needle consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Needed {
    /// A text that holds the needle has all of them.
    pub(super) codes: Vec<Code>,
    /// Whether each text that has them holds the needle.
    pub(super) exact: bool,
}

/// Of a needle that is not empty. A longer gram makes the shorter ones in it needless; of a needle that has more than
/// `most`, grams here and there are taken.
pub(super) fn needed(needle: &str, most: usize) -> Needed {
    let chars: Vec<char> = needle.chars().collect();
    let letters = |gram: &[char]| gram.iter().all(char::is_ascii_lowercase);
    let mut codes = Vec::new();
    if chars.len() < LONGEST {
        codes.push(code(&chars));
    } else {
        let four: Vec<bool> = chars.windows(LONGEST).map(letters).collect();
        let is_four = |at: usize| four.get(at).copied().unwrap_or(false);
        for (at, three) in chars.windows(LONGEST - 1).enumerate() {
            if is_four(at) {
                codes.extend(chars.get(at..at + LONGEST).map(code));
            } else if !at.checked_sub(1).is_some_and(is_four) {
                codes.push(code(three));
            }
        }
    }
    codes.sort_unstable();
    codes.dedup();
    let exact = chars.len() <= LONGEST && codes.len() == 1 && codes.iter().all(|code| *code < HASHED);
    let step = codes.len().div_ceil(most.max(1)).max(1);
    Needed { codes: codes.into_iter().step_by(step).collect(), exact }
}

/// Calls `each` with the code of every gram of a text.
pub(super) fn grams(text: &str, mut each: impl FnMut(Code)) {
    // The last four characters, seven bits each, and how many of them are ASCII, and letters, without a break.
    let (mut window, mut ascii, mut letters) = (0, 0, 0);
    let mut last = ['\0'; LONGEST - 1];
    let mut seen = 0;
    for c in text.chars() {
        last.rotate_left(1);
        if let Some(newest) = last.last_mut() {
            *newest = c;
        }
        seen += 1;
        letters = if c.is_ascii_lowercase() { letters + 1 } else { 0 };
        ascii = if c.is_ascii() { ascii + 1 } else { 0 };
        window = window << 7 | (c as u32 & 127);
        for len in 1..LONGEST {
            if ascii >= len {
                each(packed(window, len));
            } else if seen >= len {
                each(hashed(last.get(LONGEST - 1 - len..).unwrap_or_default()));
            }
        }
        if letters >= LONGEST {
            each(packed(window, LONGEST));
        }
    }
}

fn code(gram: &[char]) -> Code {
    if gram.iter().all(char::is_ascii) {
        packed(gram.iter().fold(0, |window, c| window << 7 | *c as u32), gram.len())
    } else {
        hashed(gram)
    }
}

/// A one before the characters tells how many they are.
fn packed(window: u32, len: usize) -> Code {
    let one = 1 << (7 * len);
    one | window & (one - 1)
}

fn hashed(gram: &[char]) -> Code {
    // FNV-1a, by characters.
    let hash = gram.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, c| (hash ^ *c as u64).wrapping_mul(0x0100_0000_01b3));
    HASHED | (spread(hash) >> 34) as u32
}

/// Every bit of a number moves the high bits: it spreads, and protects nothing.
pub(super) fn spread(number: u64) -> u64 {
    (number ^ number >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn all(text: &str) -> BTreeSet<Code> {
        let mut codes = BTreeSet::new();
        grams(text, |code| {
            codes.insert(code);
        });
        codes
    }

    #[test]
    fn a_short_needle_is_a_gram_itself() {
        for needle in ["a", "-1", "so ", "hoac"] {
            let needed = needed(needle, 16);
            assert!(needed.exact, "{needle}");
            assert_eq!(needed.codes.len(), 1, "{needle}");
        }
        for needle in ["hoach", "a b c", "–", "so–", "0123"] {
            assert!(!needed(needle, 16).exact, "{needle}");
        }
        assert_eq!(needed("hoach so", 16).codes.len(), 5, "hoac oach ch_ h_s _so");
        assert!(needed(&"abcdefgh".repeat(9), 16).codes.len() <= 16);
    }

    proptest! {
        #[test]
        fn a_text_has_the_grams_of_what_it_holds(before in "\\PC{0,9}", needle in "[a-e –đ1-]{1,9}", after in "[a-f ]{0,9}") {
            let has = all(&format!("{before}{needle}{after}"));
            prop_assert!(needed(&needle, 5).codes.iter().all(|code| has.contains(code) && *code < CODES));
        }

        #[test]
        fn an_exact_needle_is_held_by_what_has_its_gram(text in "[ab –-]{0,9}", needle in "[ab –-]{1,4}") {
            let Needed { codes, exact } = needed(&needle, 16);
            let has = all(&text);
            prop_assert!(!exact || text.contains(&needle) == codes.iter().all(|code| has.contains(code)));
        }
    }
}
