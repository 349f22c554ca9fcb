//! Vietnamese text: one form to keep, one to compare.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

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
    text.nfkd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .map(|c| if c == 'đ' { 'd' } else { c })
        .collect()
}

/// Shows what came from outside on a terminal or in a log: C0, C1, DEL and the bidirectional controls are escaped.
pub fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => {
                shown.extend(c.escape_unicode())
            }
            c if c.is_control() => shown.extend(c.escape_default()),
            c => shown.push(c),
        }
    }
    shown
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
    fn controls_are_shown_escaped() {
        assert_eq!(printable("a\x1b[31m\u{202e}b"), "a\\u{1b}[31m\\u{202e}b");
    }
}
