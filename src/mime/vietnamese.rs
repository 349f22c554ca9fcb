//! Vietnamese charsets of the years before Unicode that the parser does not know: VISCII, TCVN 5712 and VNI. Read for
//! search only; what is stored and sent stays as it came.

use std::borrow::Cow;

use data_encoding::BASE64;
use mail_parser::Encoding;
use memchr::{memchr, memmem};

use crate::limits;

/// A charset of this module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Charset {
    /// RFC 1456.
    Viscii,
    /// TCVN 5712:1993, its first form; the third, "TCVN3" or "ABC", is a part of it.
    Tcvn,
    /// VNI for Windows: a vowel, then its marks as a byte of their own.
    Vni,
}

impl Charset {
    /// The charset of a MIME label, in any case.
    pub(super) fn of(label: &[u8]) -> Option<Self> {
        const LABELS: [(&str, Charset); 12] = [
            ("viscii", Charset::Viscii),
            ("viscii1.1-1", Charset::Viscii),
            ("csviscii", Charset::Viscii),
            ("tcvn", Charset::Tcvn),
            ("tcvn3", Charset::Tcvn),
            ("tcvn-5712", Charset::Tcvn),
            ("tcvn5712-1", Charset::Tcvn),
            ("x-viet-tcvn", Charset::Tcvn),
            ("x-viet-tcvn5712", Charset::Tcvn),
            ("vni", Charset::Vni),
            ("x-viet-vni", Charset::Vni),
            ("x-vni", Charset::Vni),
        ];
        LABELS.iter().find(|(known, _)| label.eq_ignore_ascii_case(known.as_bytes())).map(|(_, charset)| *charset)
    }

    /// The text of `bytes`; any byte has a meaning.
    pub(super) fn decode(self, bytes: &[u8]) -> String {
        let mut text = String::with_capacity(bytes.len() + bytes.len() / 2);
        for byte in bytes {
            match self {
                Self::Viscii => text.push(single(*byte, &VISCII, &VISCII_CONTROLS)),
                Self::Tcvn => text.push(single(*byte, &TCVN, &TCVN_CONTROLS)),
                Self::Vni => vni(*byte, &mut text),
            }
        }
        text
    }
}

/// Encoded words (RFC 2047) in a charset of this module become words in UTF-8, for the parser to decode with the rest.
pub(super) fn transcode_words(value: &[u8]) -> Cow<'_, [u8]> {
    let mut transcoded = Vec::new();
    let mut rest = value;
    while let Some(begin) = memmem::find(rest, b"=?") {
        let (before, word) = rest.split_at(begin);
        transcoded.extend_from_slice(before);
        if let Some((text, after)) = transcode_word(word) {
            transcoded.extend_from_slice(format!("=?utf-8?B?{}?=", BASE64.encode(text.as_bytes())).as_bytes());
            rest = after;
        } else {
            transcoded.extend_from_slice(b"=?");
            rest = word.get(2..).unwrap_or_default();
        }
    }
    if rest.len() == value.len() {
        return Cow::Borrowed(value);
    }
    transcoded.extend_from_slice(rest);
    Cow::Owned(transcoded)
}

/// The text of the encoded word at the beginning of `word`, and what follows it.
///
/// ```abnf
/// encoded-word = "=?" charset ["*" language] "?" encoding "?" encoded-text "?="    ; RFC 2047 §2, RFC 2231 §5
/// ```
fn transcode_word(word: &[u8]) -> Option<(String, &[u8])> {
    let word = word.get(2..)?;
    let inner = word.get(..limits::ENCODED_WORD_BYTES_MAX).unwrap_or(word);
    let (label, rest) = inner.split_at_checked(memchr(b'?', inner)?)?;
    let charset = Charset::of(label.split(|byte| *byte == b'*').next()?)?;
    let [b'?', encoding, b'?', text @ ..] = rest else { return None };
    let end = memmem::find(text, b"?=")?;
    let text = text.get(..end)?;
    let after = word.get(label.len() + 3 + text.len() + 2..)?;
    let bytes = match encoding {
        b'B' | b'b' => Encoding::Base64.decode(text).into_owned(),
        b'Q' | b'q' => {
            let spaced: Vec<u8> = text.iter().map(|byte| if *byte == b'_' { b' ' } else { *byte }).collect();
            Encoding::QuotedPrintable.decode(&spaced).into_owned()
        }
        _ => return None,
    };
    Some((charset.decode(&bytes), after))
}

/// A byte of a charset with one byte per letter: its upper half, and the letters that lie where ASCII has controls.
fn single(byte: u8, upper: &[char; 128], controls: &[(u8, char)]) -> char {
    let listed = || controls.iter().find(|(control, _)| *control == byte).map(|(_, letter)| *letter);
    let above = usize::from(byte).checked_sub(upper.len()).and_then(|index| upper.get(index).copied());
    above.or_else(listed).unwrap_or(char::from(byte))
}

/// A byte of VNI as letter or combining marks.
fn vni(byte: u8, text: &mut String) {
    text.push_str(match byte {
        // Letters that carry their marks with them.
        0xD1 => "Đ",
        0xF1 => "đ",
        0xD4 => "Ơ",
        0xF4 => "ơ",
        0xD6 => "Ư",
        0xF6 => "ư",
        0xCD => "Í",
        0xED => "í",
        0xCC => "Ì",
        0xEC => "ì",
        0xC6 => "Ỉ",
        0xE6 => "ỉ",
        0xD3 => "Ĩ",
        0xF3 => "ĩ",
        0xD2 => "Ị",
        0xF2 => "ị",
        0xCE => "Ỵ",
        0xEE => "ỵ",
        // Marks of the vowel before: tones, circumflex with tones, breve with tones.
        0xD8 | 0xF8 => "\u{300}",
        0xD9 | 0xF9 => "\u{301}",
        0xDB | 0xFB => "\u{309}",
        0xD5 | 0xF5 => "\u{303}",
        0xCF | 0xEF => "\u{323}",
        0xC2 | 0xE2 => "\u{302}",
        0xC0 | 0xE0 => "\u{302}\u{300}",
        0xC1 | 0xE1 => "\u{302}\u{301}",
        0xC5 | 0xE5 => "\u{302}\u{309}",
        0xC3 | 0xE3 => "\u{302}\u{303}",
        0xC4 | 0xE4 => "\u{302}\u{323}",
        0xCA | 0xEA => "\u{306}",
        0xC8 | 0xE8 => "\u{306}\u{300}",
        0xC9 | 0xE9 => "\u{306}\u{301}",
        0xDA | 0xFA => "\u{306}\u{309}",
        0xDC | 0xFC => "\u{306}\u{303}",
        0xCB | 0xEB => "\u{306}\u{323}",
        byte => return text.push(char::from(byte)),
    });
}

/// 0x80 to 0xFF of RFC 1456.
#[rustfmt::skip]
const VISCII: [char; 128] = [
    'Ạ', 'Ắ', 'Ằ', 'Ặ', 'Ấ', 'Ầ', 'Ẩ', 'Ậ', 'Ẽ', 'Ẹ', 'Ế', 'Ề', 'Ể', 'Ễ', 'Ệ', 'Ố', // 8_
    'Ồ', 'Ổ', 'Ỗ', 'Ộ', 'Ợ', 'Ớ', 'Ờ', 'Ở', 'Ị', 'Ỏ', 'Ọ', 'Ỉ', 'Ủ', 'Ũ', 'Ụ', 'Ỳ', // 9_
    'Õ', 'ắ', 'ằ', 'ặ', 'ấ', 'ầ', 'ẩ', 'ậ', 'ẽ', 'ẹ', 'ế', 'ề', 'ể', 'ễ', 'ệ', 'ố', // A_
    'ồ', 'ổ', 'ỗ', 'Ỡ', 'Ơ', 'ộ', 'ờ', 'ở', 'ị', 'Ự', 'Ứ', 'Ừ', 'Ử', 'ơ', 'ớ', 'Ư', // B_
    'À', 'Á', 'Â', 'Ã', 'Ả', 'Ă', 'ẳ', 'ẵ', 'È', 'É', 'Ê', 'Ẻ', 'Ì', 'Í', 'Ĩ', 'ỳ', // C_
    'Đ', 'ứ', 'Ò', 'Ó', 'Ô', 'ạ', 'ỷ', 'ừ', 'ử', 'Ù', 'Ú', 'ỹ', 'ỵ', 'Ý', 'ỡ', 'ư', // D_
    'à', 'á', 'â', 'ã', 'ả', 'ă', 'ữ', 'ẫ', 'è', 'é', 'ê', 'ẻ', 'ì', 'í', 'ĩ', 'ỉ', // E_
    'đ', 'ự', 'ò', 'ó', 'ô', 'õ', 'ỏ', 'ọ', 'ụ', 'ù', 'ú', 'ũ', 'ủ', 'ý', 'ợ', 'Ữ', // F_
];

const VISCII_CONTROLS: [(u8, char); 6] = [(0x02, 'Ẳ'), (0x05, 'Ẵ'), (0x06, 'Ẫ'), (0x14, 'Ỷ'), (0x19, 'Ỹ'), (0x1E, 'Ỵ')];

/// 0x80 to 0xFF of TCVN 5712:1993.
#[rustfmt::skip]
const TCVN: [char; 128] = [
    'À', 'Ả', 'Ã', 'Á', 'Ạ', 'Ặ', 'Ậ', 'È', 'Ẻ', 'Ẽ', 'É', 'Ẹ', 'Ệ', 'Ì', 'Ỉ', 'Ĩ', // 8_
    'Í', 'Ị', 'Ò', 'Ỏ', 'Õ', 'Ó', 'Ọ', 'Ộ', 'Ờ', 'Ở', 'Ỡ', 'Ớ', 'Ợ', 'Ù', 'Ủ', 'Ũ', // 9_
    '\u{a0}', 'Ă', 'Â', 'Ê', 'Ô', 'Ơ', 'Ư', 'Đ', 'ă', 'â', 'ê', 'ô', 'ơ', 'ư', 'đ', 'Ằ', // A_
    '\u{300}', '\u{309}', '\u{303}', '\u{301}', '\u{323}', 'à', 'ả', 'ã', 'á', 'ạ', 'Ẳ', 'ằ', 'ẳ', 'ẵ', 'ắ', 'Ẵ', // B_
    'Ắ', 'Ầ', 'Ẩ', 'Ẫ', 'Ấ', 'Ề', 'ặ', 'ầ', 'ẩ', 'ẫ', 'ấ', 'ậ', 'è', 'Ể', 'ẻ', 'ẽ', // C_
    'é', 'ẹ', 'ề', 'ể', 'ễ', 'ế', 'ệ', 'ì', 'ỉ', 'Ễ', 'Ế', 'Ồ', 'ĩ', 'í', 'ị', 'ò', // D_
    'Ổ', 'ỏ', 'õ', 'ó', 'ọ', 'ồ', 'ổ', 'ỗ', 'ố', 'ộ', 'ờ', 'ở', 'ỡ', 'ớ', 'ợ', 'ù', // E_
    'Ỗ', 'ủ', 'ũ', 'ú', 'ụ', 'ừ', 'ử', 'ữ', 'ứ', 'ự', 'ỳ', 'ỷ', 'ỹ', 'ý', 'ỵ', 'Ố', // F_
];

const TCVN_CONTROLS: [(u8, char); 12] = [
    (0x01, 'Ú'),
    (0x02, 'Ụ'),
    (0x04, 'Ừ'),
    (0x05, 'Ử'),
    (0x06, 'Ữ'),
    (0x11, 'Ứ'),
    (0x12, 'Ự'),
    (0x13, 'Ỳ'),
    (0x14, 'Ỷ'),
    (0x15, 'Ỹ'),
    (0x16, 'Ý'),
    (0x17, 'Ỵ'),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{fold, nfc};

    const LOWER: &str = "àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵ";

    /// Every Vietnamese letter, in both cases, has exactly one byte.
    #[test]
    fn tables_hold_every_letter_once() {
        let upper = LOWER.to_uppercase();
        for charset in [Charset::Viscii, Charset::Tcvn] {
            let all = charset.decode(&(0..=255).collect::<Vec<u8>>());
            for letter in LOWER.chars().chain(upper.chars()) {
                assert_eq!(all.matches(letter).count(), 1, "{letter} in {charset:?}");
            }
        }
    }

    #[test]
    fn known_words_are_read() {
        for (charset, bytes, words) in [
            (
                Charset::Viscii,
                &b"C\xb5ng h\xf2a x\xe3 h\xb5i ch\xfc ngh\xeea Vi\xaet Nam"[..],
                "Cộng hòa xã hội chủ nghĩa Việt Nam",
            ),
            (Charset::Viscii, b"S\xb7 T\xdf ph\xe1p t\xefnh \xd0\xa1k L\xa1k", "Sở Tư pháp tỉnh Đắk Lắk"),
            (
                Charset::Tcvn,
                b"C\xe9ng h\xdfa x\xb7 h\xe9i ch\xf1 ngh\xdca Vi\xd6t Nam",
                "Cộng hòa xã hội chủ nghĩa Việt Nam",
            ),
            (Charset::Tcvn, b"S\xeb T\xad ph\xb8p t\xd8nh \xa7\xbek L\xbek", "Sở Tư pháp tỉnh Đắk Lắk"),
            (
                Charset::Vni,
                b"Co\xe4ng ho\xf8a xa\xf5 ho\xe4i chu\xfb ngh\xf3a Vie\xe4t Nam",
                "Cộng hòa xã hội chủ nghĩa Việt Nam",
            ),
            (Charset::Vni, b"S\xf4\xfb T\xf6 pha\xf9p t\xe6nh \xd1a\xe9k La\xe9k", "Sở Tư pháp tỉnh Đắk Lắk"),
        ] {
            assert_eq!(nfc(&charset.decode(bytes)), words, "{charset:?}");
            assert_eq!(fold(&charset.decode(bytes)), fold(words), "{charset:?}");
        }
    }

    #[test]
    fn only_words_in_these_charsets_are_transcoded() {
        let read = |value: &str| String::from_utf8_lossy(&transcode_words(value.as_bytes())).into_owned();
        assert_eq!(read("a =?VISCII*vi?q?=F0_b?= c"), "a =?utf-8?B?xJEgYg==?= c");
        for value in ["a =?utf-8?Q?b?= c", "=?viscii", "=?viscii?Q?abc", "=?viscii?X?abc?=", "=?", "=?=?viscii?"] {
            assert_eq!(read(value), value);
        }
    }
}
