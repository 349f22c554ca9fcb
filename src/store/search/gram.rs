//! Grams: the pieces of one to three characters, and of four letters a to z, of which text consists; and its seams, which
//! are the ends of two words and the character between them (`ke hoach` has the seam `ke ho`). Without seams most of the
//! texts that hold the words of a phrase would have all of its grams.
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
/// Characters of a seam.
const SEAM: usize = 5;

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
        let seams: Vec<Option<Code>> = (chars.windows(SEAM))
            .map(|gram| if gram.iter().all(char::is_ascii) { seam(window(gram)) } else { None })
            .collect();
        let is_four = |at: usize| four.get(at).copied().unwrap_or(false);
        let is_seam = |at: usize| seams.get(at).is_some_and(Option::is_some);
        let in_longer = |at: usize| {
            (at.saturating_sub(LONGEST - 3)..=at).any(is_four) || (at.saturating_sub(SEAM - 3)..=at).any(is_seam)
        };
        for (at, three) in chars.windows(LONGEST - 1).enumerate() {
            if is_four(at) {
                codes.extend(chars.get(at..at + LONGEST).map(code));
            } else if !in_longer(at) {
                codes.push(code(three));
            }
        }
        codes.extend(seams.iter().flatten());
    }
    codes.sort_unstable();
    codes.dedup();
    let exact = chars.len() <= LONGEST && codes.len() == 1 && codes.iter().all(|code| *code < HASHED);
    let step = codes.len().div_ceil(most.max(1)).max(1);
    Needed { codes: codes.into_iter().step_by(step).collect(), exact }
}

/// Calls `each` with the code of every gram of a text.
pub(super) fn grams(text: &str, mut each: impl FnMut(Code)) {
    // The last characters, seven bits each, and how many of them are ASCII, and letters, without a break.
    let (mut window, mut ascii, mut letters) = (0_u64, 0, 0);
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
        window = window << 7 | (c as u64 & 127);
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
        if letters == 2 && ascii >= SEAM {
            seam(window).into_iter().for_each(&mut each);
        }
    }
}

fn code(gram: &[char]) -> Code {
    if gram.iter().all(char::is_ascii) { packed(window(gram), gram.len()) } else { hashed(gram) }
}

/// ASCII characters, seven bits each; of others, what the seven bits can hold.
fn window(gram: &[char]) -> u64 {
    gram.iter().fold(0, |window, c| window << 7 | (*c as u64 & 127))
}

/// A one before the characters tells how many they are.
fn packed(window: u64, len: usize) -> Code {
    let one = 1 << (7 * len);
    // At most 29 bits.
    Code::try_from(one | window & (one - 1)).unwrap_or(HASHED)
}

/// Of the last five characters of a window, which are ASCII, if they are a seam.
fn seam(window: u64) -> Option<Code> {
    let letter = |at: usize| (u64::from(b'a')..=u64::from(b'z')).contains(&(window >> (7 * at) & 127));
    let is_seam = letter(0) && letter(1) && !letter(2) && letter(3) && letter(4);
    is_seam.then(|| HASHED | (spread(window & ((1 << (7 * SEAM)) - 1)) >> 34) as Code)
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
        assert_eq!(needed("hoach so", 16).codes.len(), 3, "hoac oach ch_so");
        assert_eq!(needed("ke 12 so", 16).codes.len(), 6, "three at a time: no seam");
        assert!(needed(&"abcdefgh".repeat(9), 16).codes.len() <= 16);
    }

    proptest! {
        #[test]
        fn a_text_has_the_grams_of_what_it_holds(before in "\\PC{0,9}", needle in "[a-e –đ1 -]{1,9}|[ab]{2} [ab]{2}-[a-c ]{2,6}", after in "[a-f ]{0,9}") {
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
