//! The order in which people expect names and subjects.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::limits::SORT_TEXT_CHARS_MAX;

/// What a text is sorted by: keys are compared octet by octet.
///
/// RFC 5256 §1 asks for i;unicode-casemap (RFC 5051): texts that differ only in case or normal form are equal. So they are
/// here. Its order of unequal ones is that of code points, though, which puts `Đào` behind `Xuân` and `Án` behind `Ao`;
/// here it is that of the Vietnamese alphabet, as in any list of staff: a ă â b c d đ e ê …, and where all letters are
/// the same, the tones in the order ngang, huyền, hỏi, ngã, sắc, nặng (CLDR has the same for `vi`). Of a text, [`SORT_TEXT_CHARS_MAX`] are looked at.
pub fn order_key(text: &str) -> Vec<u8> {
    let mut letters = Vec::with_capacity(text.len().min(SORT_TEXT_CHARS_MAX) + 1);
    let mut tones = Vec::new();
    for c in text.chars().take(SORT_TEXT_CHARS_MAX).nfkd().flat_map(char::to_lowercase) {
        match c {
            'đ' => {
                letters.extend([b'd', BREVE_OR_STROKE]);
                tones.push(LEVEL);
            }
            '\u{306}' => letters.push(BREVE_OR_STROKE),
            '\u{302}' => letters.push(CIRCUMFLEX),
            '\u{31b}' => letters.push(HORN),
            '\u{300}' => tones.push(2),
            '\u{309}' => tones.push(3),
            '\u{303}' => tones.push(4),
            '\u{301}' => tones.push(5),
            '\u{323}' => tones.push(6),
            c if is_combining_mark(c) => tones.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            c => {
                letters.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                tones.push(LEVEL);
            }
        }
    }
    // Nothing sorts before the end of the letters; most texts have no tones and need no more than that.
    letters.push(0);
    let told = tones.iter().rposition(|tone| *tone != LEVEL).map_or(0, |last| last + 1);
    letters.extend_from_slice(tones.get(..told).unwrap_or_default());
    letters
}

/// One for each letter; a tone follows it.
const LEVEL: u8 = 1;
/// Behind a letter, these make another of it, which sorts behind all that begins with it: no octet of UTF-8 is greater.
const BREVE_OR_STROKE: u8 = 0xFB;
const CIRCUMFLEX: u8 = 0xFC;
const HORN: u8 = 0xFD;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::nfc;

    #[test]
    fn names_are_in_the_order_of_the_alphabet_and_of_the_tones() {
        let sorted = [
            "", "an", "án", "An Bình", "ao", "ăn", "âm", "bình", "da", "dũng", "đào", "đặng", "em", "êm", "la", "là",
            "lả", "lã", "lá", "lạ", "lan", "oanh", "ông", "ơn", "tu", "từ", "ü", "ước", "vy", "xuân",
        ];
        let mut texts = sorted.to_vec();
        texts.reverse();
        texts.sort_by_key(|text| order_key(text));
        assert_eq!(texts, sorted);
    }

    #[test]
    fn case_and_normal_form_make_no_difference() {
        for (one, other) in
            [("NGUYỄN", "Nguyễn"), ("Nguye\u{302}\u{303}n", "nguyễn"), ("ĐƯỜNG", "đu\u{31b}o\u{31b}\u{300}ng")]
        {
            assert_eq!(order_key(one), order_key(other), "{one} {other}");
        }
        assert_ne!(order_key("nguyen"), order_key("nguyễn"));
    }

    proptest! {
        #[test]
        fn equal_keys_are_equal_but_for_case_and_form(text in "[a-dA-DđĐăêƠôúọ \u{300}\u{302}\u{31b}]{0,6}") {
            prop_assert_eq!(order_key(&text), order_key(&text.to_uppercase()));
            prop_assert_eq!(order_key(&text), order_key(&nfc(&text)));
        }
    }
}
