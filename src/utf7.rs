//! Modified UTF-7, in which folder names travel unless UTF-8 was agreed on: RFC 3501 §5.1.3.
//!
//! Strict, so that a folder has one spelling only: what [`encode`] would not write, [`decode`] does not read.

/// In the alphabet of RFC 2152, with `,` for `/`.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

/// The name is not what [`encode`] writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not valid modified UTF-7")]
pub struct Utf7Error;

/// Reads a name.
pub fn decode(name: &[u8]) -> Result<String, Utf7Error> {
    let mut decoded = String::with_capacity(name.len());
    let mut rest = name;
    while let Some((&octet, after)) = rest.split_first() {
        rest = after;
        match octet {
            b'&' => {
                let end = memchr::memchr(b'-', rest).ok_or(Utf7Error)?;
                let (shifted, after) = rest.split_at_checked(end).ok_or(Utf7Error)?;
                rest = after.get(1..).unwrap_or_default();
                if shifted.is_empty() {
                    decoded.push('&');
                } else {
                    decode_shifted(shifted, &mut decoded)?;
                    // Two shifted runs in a row could have been one.
                    if rest.starts_with(b"&") && !rest.starts_with(b"&-") {
                        return Err(Utf7Error);
                    }
                }
            }
            b' '..=b'~' => decoded.push(char::from(octet)),
            _ => return Err(Utf7Error),
        }
    }
    Ok(decoded)
}

fn decode_shifted(shifted: &[u8], decoded: &mut String) -> Result<(), Utf7Error> {
    let mut units = Vec::with_capacity(shifted.len() * 6 / 16);
    let (mut bits, mut held) = (0u32, 0u32);
    for octet in shifted {
        let value = ALPHABET.iter().position(|letter| letter == octet).ok_or(Utf7Error)?;
        bits = (bits << 6) | u32::try_from(value).map_err(|_| Utf7Error)?;
        held += 6;
        if held >= 16 {
            held -= 16;
            units.push(u16::try_from(bits >> held).map_err(|_| Utf7Error)?);
            bits &= (1 << held) - 1;
        }
    }
    if held >= 6 || bits != 0 {
        return Err(Utf7Error);
    }
    for unit in char::decode_utf16(units) {
        match unit {
            Ok(' '..='~') | Err(_) => return Err(Utf7Error),
            Ok(other) => decoded.push(other),
        }
    }
    Ok(())
}

/// Writes a name at the end of `out`.
pub fn encode(name: &str, out: &mut Vec<u8>) {
    let mut shift = None;
    for letter in name.chars() {
        if let ' '..='~' = letter {
            end_shift(shift.take(), out);
            out.push(letter as u8);
            if letter == '&' {
                out.push(b'-');
            }
            continue;
        }
        let (mut bits, mut held) = shift.unwrap_or_else(|| {
            out.push(b'&');
            (0, 0)
        });
        for unit in letter.encode_utf16(&mut [0; 2]) {
            bits = (bits << 16) | u32::from(*unit);
            held += 16;
            while held >= 6 {
                held -= 6;
                out.push(base64(bits >> held));
                bits &= (1 << held) - 1;
            }
        }
        shift = Some((bits, held));
    }
    end_shift(shift, out);
}

fn end_shift(shift: Option<(u32, u32)>, out: &mut Vec<u8>) {
    if let Some((bits, held)) = shift {
        if held > 0 {
            out.push(base64(bits << (6 - held)));
        }
        out.push(b'-');
    }
}

fn base64(bits: u32) -> u8 {
    ALPHABET.get((bits & 63) as usize).copied().unwrap_or(b'A')
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn encoded(name: &str) -> String {
        let mut out = Vec::new();
        encode(name, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn names_are_written_as_thunderbird_and_the_rfc_write_them() {
        for (name, spelled) in [
            ("Công văn đến", "C&APQ-ng v&AQM-n &AREevw-n"),
            ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
            ("a&b", "a&-b"),
            ("&đ&", "&-&ARE-&-"),
            ("😀", "&2D3eAA-"),
        ] {
            assert_eq!(encoded(name), spelled);
            assert_eq!(decode(spelled.as_bytes()).unwrap(), name);
        }
    }

    #[test]
    fn a_folder_has_one_spelling_only() {
        let bad: [&[u8]; 12] = [
            b"&",
            b"x&",
            b"&AOE",
            b"&AGE-",
            b"&AOE-&AOE-",
            b"&AOF-",
            b"&AOEA-",
            b"&AOE=-",
            b"&U/BTFw-",
            b"&2D0-",
            b"&3gA-",
            "đ".as_bytes(),
        ];
        for spelled in bad {
            assert_eq!(decode(spelled), Err(Utf7Error), "{}", spelled.escape_ascii());
        }
    }

    proptest! {
        #[test]
        fn every_name_survives(name in "\\PC*") {
            prop_assert_eq!(decode(encoded(&name).as_bytes()).unwrap(), name);
        }

        #[test]
        fn what_is_read_is_what_would_be_written(spelled in "[&A-Da-c+,-]{0,12}") {
            if let Ok(name) = decode(spelled.as_bytes()) {
                prop_assert_eq!(encoded(&name), spelled);
            }
        }
    }
}
