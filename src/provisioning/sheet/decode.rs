//! Octets of a file as text: UTF-8 or UTF-16 as found, windows-1258 where it is named. What cannot be read is a fault at
//! its place; no replacement character is ever kept.

use encoding_rs::WINDOWS_1258;

use super::fault::{Fault, Place, Wrong};
use crate::limits;
use crate::text::nfc;

/// How a file's text is encoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8 or UTF-16, as the octets show.
    #[default]
    Recognised,
    /// UTF-8.
    Utf8,
    /// UTF-16, the lower octet first.
    Utf16Le,
    /// UTF-16, the upper octet first.
    Utf16Be,
    /// The code page of Vietnamese Windows before Unicode: any octets would pass for it, so it is taken only when named.
    Windows1258,
}

impl Encoding {
    /// The encodings that a command line may name.
    pub const NAMED: [(&'static str, Self); 5] = [
        ("utf-8", Self::Utf8),
        ("utf-16", Self::Recognised),
        ("utf-16le", Self::Utf16Le),
        ("utf-16be", Self::Utf16Be),
        ("windows-1258", Self::Windows1258),
    ];

    /// The encoding of a name, in any case.
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMED.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, encoding)| *encoding)
    }

    /// The encoding of octets, and where their text begins. A byte order mark is certain, whatever else was said.
    fn of(self, octets: &[u8]) -> (Self, &[u8]) {
        match octets {
            [0xEF, 0xBB, 0xBF, text @ ..] => (Self::Utf8, text),
            [0xFF, 0xFE, text @ ..] => (Self::Utf16Le, text),
            [0xFE, 0xFF, text @ ..] => (Self::Utf16Be, text),
            _ if self == Self::Recognised => (Self::plainly(octets), octets),
            _ => (self, octets),
        }
    }

    /// Without a mark: a header holds ASCII, whose upper octet in UTF-16 is NUL, and no letter of Vietnamese has a NUL for
    /// its lower one.
    fn plainly(octets: &[u8]) -> Self {
        let begin = octets.get(..limits::SHEET_LOOKED_AT_BYTES).unwrap_or(octets);
        let nul = |first: usize| begin.iter().skip(first).step_by(2).any(|octet| *octet == 0);
        match (nul(0), nul(1)) {
            (false, true) => Self::Utf16Le,
            (true, false) => Self::Utf16Be,
            (true, true) | (false, false) => Self::Utf8,
        }
    }
}

/// The text in NFC, its lines ended by LF alone.
pub(super) fn text(octets: &[u8], encoding: Encoding) -> Result<String, Fault> {
    if octets.len() > limits::SHEET_BYTES_MAX {
        return Err(Fault::of_file(Wrong::FileTooLong));
    }
    let text = match encoding.of(octets) {
        (Encoding::Utf8 | Encoding::Recognised, octets) => utf8(octets)?,
        (Encoding::Utf16Le, octets) => utf16(octets, u16::from_le_bytes)?,
        (Encoding::Utf16Be, octets) => utf16(octets, u16::from_be_bytes)?,
        (Encoding::Windows1258, octets) => WINDOWS_1258.decode_without_bom_handling(octets).0.into_owned(),
    };
    // windows-1258 writes tones as combining marks, and so do some programs in Unicode.
    Ok(nfc(&text.replace("\r\n", "\n").replace('\r', "\n")))
}

fn utf8(octets: &[u8]) -> Result<String, Fault> {
    std::str::from_utf8(octets).map(str::to_owned).map_err(|error| {
        let (sound, rest) = octets.split_at_checked(error.valid_up_to()).unwrap_or((octets, &[]));
        let octet = rest.first().copied().unwrap_or_default();
        Fault::at(position(&String::from_utf8_lossy(sound)), Wrong::NotUtf8(octet))
    })
}

fn utf16(octets: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, Fault> {
    let (pairs, rest) = octets.as_chunks::<2>();
    let mut text = String::with_capacity(octets.len());
    for character in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
        match character {
            Ok(character) => text.push(character),
            Err(_) => return Err(Fault::at(position(&text), Wrong::NotUtf16)),
        }
    }
    if rest.is_empty() { Ok(text) } else { Err(Fault::at(position(&text), Wrong::NotUtf16)) }
}

/// Characters that no table holds: controls, and what an earlier conversion could not read.
pub(super) fn unfit(text: &str) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (line, written) in (1..).zip(text.lines()) {
        for (column, character) in (1..).zip(written.chars()) {
            let wrong = match character {
                '\t' => continue,
                '\u{FFFD}' => Wrong::Replaced,
                character if character.is_control() => Wrong::Control(character),
                _ => continue,
            };
            faults.push(Fault::at((line, column), wrong));
        }
    }
    faults
}

/// Line and character of what follows `before`, both from 1.
fn position(before: &str) -> (u32, u32) {
    let before = before.replace("\r\n", "\n").replace('\r', "\n");
    let (lines, last) =
        before.rsplit_once('\n').map_or((0, before.as_str()), |(lines, last)| (lines.matches('\n').count() + 1, last));
    let number = |count: usize| u32::try_from(count + 1).unwrap_or(u32::MAX);
    (number(lines), number(last.chars().count()))
}

impl Fault {
    /// A fault at a character.
    fn at((line, character): (u32, u32), wrong: Wrong) -> Self {
        Self { line, place: Some(Place { number: character, header: None }), wrong }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read(octets: &[u8]) -> Result<String, Fault> {
        text(octets, Encoding::Recognised)
    }

    fn wide(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(unit).collect()
    }

    #[test]
    fn one_text_in_every_encoding() {
        let written = "số quyết định;tên\r\n45/QĐ-STP;Nguyễn Thị Đào\r";
        let expected = "số quyết định;tên\n45/QĐ-STP;Nguyễn Thị Đào\n";
        let marked = format!("\u{feff}{written}");
        for octets in [
            written.as_bytes().to_vec(),
            marked.clone().into_bytes(),
            wide(written, u16::to_le_bytes),
            wide(written, u16::to_be_bytes),
            wide(&marked, u16::to_le_bytes),
            wide(&marked, u16::to_be_bytes),
        ] {
            assert_eq!(read(&octets).as_deref(), Ok(expected), "{octets:?}");
        }
    }

    /// Tones of windows-1258 are marks of their own; they are composed.
    #[test]
    fn windows_1258_is_composed() {
        let octets = b"Nguy\xea\xden Thi\xf2 \xd0a\xcco, M\xfd\xf5i";
        assert_eq!(text(octets, Encoding::Windows1258).as_deref(), Ok("Nguyễn Thị Đào, Mươi"));
        assert_eq!(text("\u{feff}Đào".as_bytes(), Encoding::Windows1258).as_deref(), Ok("Đào"), "a mark is certain");
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_place() {
        let place = |octets: &[u8]| {
            let fault = read(octets).unwrap_err();
            (fault.line, fault.place.unwrap().number, fault.wrong)
        };
        assert_eq!(place(b"a\r\nb\xc3\xaa\xff"), (2, 3, Wrong::NotUtf8(0xff)));
        assert_eq!(place(b"Nguy\xea\xden"), (1, 5, Wrong::NotUtf8(0xea)));
        assert_eq!(place(b"\xff\xfea\0\n\0b\0\x00\xd8"), (2, 2, Wrong::NotUtf16));
        assert_eq!(place(b"\xff\xfea\0\n"), (1, 2, Wrong::NotUtf16));
    }

    #[test]
    fn a_file_is_bounded() {
        let fault = read(&vec![b'a'; limits::SHEET_BYTES_MAX + 1]).unwrap_err();
        assert_eq!(fault.wrong, Wrong::FileTooLong);
    }

    #[test]
    fn characters_that_no_table_holds_are_all_told() {
        let wrongs: Vec<_> = unfit("a\tb\n\u{1b}[31m\u{fffd}\u{9b}\n").into_iter().map(|fault| fault.wrong).collect();
        assert_eq!(wrongs, [Wrong::Control('\u{1b}'), Wrong::Replaced, Wrong::Control('\u{9b}')]);
    }
}
