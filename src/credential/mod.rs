//! Passwords: what one may be, how it is hashed, and where the hash is kept.

mod device;
mod habits;
mod hasher;
mod logins;
mod policy;
mod records;

use std::fmt;

use aws_lc_rs::rand;

pub use device::{Bond, Device, Doors, add_device, devices, has_machines, remove_device};
pub use habits::{Habit, Habits};
pub use hasher::{Busy, Hash, Hasher, Turn};
pub use logins::{Door, Entered, Seen, logins, record};
pub use policy::{Policy, Weak};
pub use records::{Kind, Standing, Stored, end_all, end_openings, missing, of, open_until, set_own};

use crate::limits;
use crate::text::nfc;

/// A password, in the form in which passwords are compared (RFC 8265 §4.2: NFC, every space a plain one). Never shown
/// by accident: it has no `Display`, and `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// Why a text is no password at all. Nothing was hashed to find out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// RFC 8265 §4.2.2 forbids it.
    #[error("a password is empty")]
    Empty,
    /// Hashing is not to be used as a weapon (hostile B75).
    #[error("a password is longer than {} octets", limits::PASSWORD_BYTES_MAX)]
    TooLong,
    /// TAB, NUL and the like: RFC 8264 §4.3.2.
    #[error("a password holds a control character")]
    Control,
}

/// Letters and digits that are not mistaken for each other in print: no i, l, o, 0, 1.
const READABLE: &[u8; 31] = b"abcdefghjkmnpqrstuvwxyz23456789";

impl Secret {
    /// Reads a password as it was typed or sent.
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        if text.len() > limits::PASSWORD_BYTES_MAX {
            return Err(SecretError::TooLong);
        }
        if text.chars().any(char::is_control) {
            return Err(SecretError::Control);
        }
        let plain: String = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
        if plain.is_empty() { Err(SecretError::Empty) } else { Ok(Self(nfc(&plain))) }
    }

    /// Makes a first password: four groups of four readable characters, 79 bits.
    ///
    /// # Errors
    /// Where the system has no randomness to give.
    pub fn generate() -> Result<Self, std::io::Error> {
        let mut letters = String::new();
        while letters.len() < 4 * 4 + 3 {
            let mut octets = [0_u8; 32];
            rand::fill(&mut octets).map_err(|_| std::io::Error::other("the system has no randomness"))?;
            // Five bits each; the one value without a letter is thrown away, so that all letters are equally likely.
            for letter in octets.iter().filter_map(|octet| READABLE.get(usize::from(octet & 31))) {
                if letters.len() % 5 == 4 {
                    letters.push('-');
                }
                letters.push(char::from(*letter));
            }
        }
        letters.truncate(4 * 4 + 3);
        Ok(Self(letters))
    }

    /// The text, for the one place that prints it, and for hashing.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn one_password_in_two_normal_forms_is_one() {
        assert_eq!(
            Secret::parse("mật khẩu").unwrap(),
            Secret::parse("ma\u{323}\u{302}t\u{a0}kha\u{302}\u{309}u").unwrap()
        );
    }

    #[test]
    fn what_is_no_password_is_refused_before_hashing() {
        assert_eq!(Secret::parse(""), Err(SecretError::Empty));
        assert_eq!(Secret::parse("a\tb"), Err(SecretError::Control));
        assert_eq!(Secret::parse("a\0b"), Err(SecretError::Control));
        assert_eq!(Secret::parse(&"x".repeat(limits::PASSWORD_BYTES_MAX + 1)), Err(SecretError::TooLong));
    }

    #[test]
    fn first_passwords_are_readable_and_differ() {
        let (one, other) = (Secret::generate().unwrap(), Secret::generate().unwrap());
        assert_ne!(one, other);
        assert_eq!(one.expose().len(), 19);
        assert!(one.expose().split('-').all(|group| group.len() == 4 && !group.contains(['i', 'l', 'o', '0', '1'])));
        assert!(Policy::default().admit(&one, &Habits::default()).is_ok());
        assert_eq!(format!("{one:?}"), "Secret(…)");
    }
}
