//! Vietnamese text: one form to keep, one to compare, one to sort.

mod order;

use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

pub use order::order_key;

/// The form in which names and folder names are kept: NFC.
pub fn nfc(text: &str) -> String {
    text.nfc().collect()
}

/// The form in which text is searched and compared: without diacritics, đ = d, lower case.
/// `Nguyễn`, `NGUYỄN` in any normal form and `nguyen` are one.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut folded = String::with_capacity(text.len());
    for c in text.chars() {
        match FOLDED.get(c as usize) {
            Some(Folded::Nothing) => {}
            Some(Folded::One(one)) => folded.push(*one),
            Some(Folded::Many) | None => folded.extend(fold_char(c)),
        }
    }
    folded
}

/// A name as addresses and subjects can have it: folded, its words joined by `-`. `Kết quả tuần` is `ket-qua-tuan`.
pub fn slug(text: &str) -> String {
    let folded = fold(text);
    let words = folded.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

/// Decomposition is ten times the cost of everything else in a search: for the scripts in daily use it is done once.
static FOLDED: LazyLock<Vec<Folded>> = LazyLock::new(|| {
    ('\0'..'\u{2000}')
        .map(|c| {
            let mut folded = fold_char(c);
            match (folded.next(), folded.next()) {
                (None, _) => Folded::Nothing,
                (Some(one), None) => Folded::One(one),
                (Some(_), Some(_)) => Folded::Many,
            }
        })
        .collect()
});

/// What a character becomes.
enum Folded {
    /// It is a mark.
    Nothing,
    One(char),
    Many,
}

/// Each character is folded by itself: only the order of marks depends on its neighbours, and marks are dropped.
fn fold_char(c: char) -> impl Iterator<Item = char> {
    std::iter::once(c)
        .nfkd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .map(|c| if c == 'đ' { 'd' } else { c })
}

/// Shows what came from outside on a terminal or in a log: C0, C1, DEL and the bidirectional controls are escaped.
pub fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => {
                shown.extend(c.escape_unicode());
            }
            c if c.is_control() => shown.extend(c.escape_default()),
            c => shown.push(c),
        }
    }
    shown
}

/// A number with its thousands apart, as it is written in Vietnamese: `1.234.567`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('.');
        }
        text.push(digit);
    }
    text
}

/// What others wrote, on one line.
pub fn one_line(text: &str) -> String {
    printable(&text.replace(['\n', '\r', '\t', '\u{2028}', '\u{2029}'], " "))
}

/// As HTML has it, in text and in attributes.
pub fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_forgets_marks_case_and_normal_form() {
        for written in ["Nguyễn Đường", "NGUYỄN ĐƯỜNG", "Nguye\u{302}\u{303}n Đu\u{31b}o\u{31b}\u{300}ng"]
        {
            assert_eq!(fold(written), "nguyen duong");
        }
    }

    #[test]
    fn folding_by_the_table_is_folding_by_decomposition() {
        let all: String = (' '..'\u{3000}').collect();
        let decomposed: String = (all.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase))
            .map(|c| if c == 'đ' { 'd' } else { c })
            .collect();
        assert_eq!(fold(&all), decomposed);
    }

    #[test]
    fn controls_are_shown_escaped() {
        assert_eq!(printable("a\x1b[31m\u{202e}b"), "a\\u{1b}[31m\\u{202e}b");
    }
}
