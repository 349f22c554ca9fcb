//! Values as an administrator writes them: sizes with a unit, addresses with a port, time zones by name.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// A number of octets, written with `k`, `M` or `G` (1024, 1024², 1024³).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Size(pub u64);

/// A time, written with `s`, `m`, `h` or `d`; never none at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Wait(pub Duration);

/// An address and port to listen on; port 0 takes a free one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct ListenAddress(pub SocketAddr);

/// A time zone by its IANA name.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Zone(pub TimeZone);

/// Why a text is not the value that its key needs; the message says what would be right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// Not a whole number and a unit, or more than 2^64 octets.
    #[error("{0:?} is not a size; write a whole number with k, M or G, as in 25M")]
    Size(String),
    /// Nothing, or more than a database counts.
    #[error("{0:?} is no size of a mailbox; write a whole number above 0, as in 2G")]
    Quota(String),
    /// Not a whole number and a unit, or nothing, or centuries.
    #[error("{0:?} is not a time; write a whole number from 1 with s, m, h or d, as in 15s")]
    Wait(String),
    /// Not `address:port`.
    #[error("{0:?} is not an address with a port from 0 to 65535; write it as in 0.0.0.0:25 or [::]:25")]
    Listen(String),
    /// No such zone in the time zone database.
    #[error("{0:?} is not a time zone; write its name in the IANA database, as in Asia/Ho_Chi_Minh")]
    Zone(String),
}

/// The units, largest first.
const SIZE_UNITS: [(char, u64); 3] = [('G', 1 << 30), ('M', 1 << 20), ('k', 1 << 10)];

/// The units of time, in seconds.
const TIME_UNITS: [(char, u64); 4] = [('s', 1), ('m', 60), ('h', 3_600), ('d', 86_400)];

/// Reads a value by its [`FromStr`].
pub(super) fn parsed<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: FromStr<Err: fmt::Display>,
{
    String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
}

/// The same of each of a list.
pub(super) fn all_parsed<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: FromStr<Err: fmt::Display>,
{
    let texts = Vec::<String>::deserialize(deserializer)?;
    let parsed = |text: String| text.parse().map_err(|error| serde::de::Error::custom(format!("{text:?}: {error}")));
    texts.into_iter().map(parsed).collect()
}

impl FromStr for Size {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let (digits, unit) = SIZE_UNITS
            .iter()
            .find_map(|(letter, octets)| Some((text.strip_suffix(*letter)?, *octets)))
            .unwrap_or((text, 1));
        let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        plain
            .then(|| digits.parse::<u64>().ok()?.checked_mul(unit))
            .flatten()
            .map(Self)
            .ok_or_else(|| ValueError::Size(text.to_owned()))
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match SIZE_UNITS.iter().find(|(_, octets)| self.0 >= *octets && self.0.is_multiple_of(*octets)) {
            Some((letter, octets)) => write!(f, "{}{letter}", self.0 / octets),
            None => write!(f, "{}", self.0),
        }
    }
}

impl TryFrom<String> for Size {
    type Error = ValueError;

    fn try_from(text: String) -> Result<Self, ValueError> {
        text.parse()
    }
}

impl From<Size> for String {
    fn from(size: Size) -> Self {
        size.to_string()
    }
}

impl FromStr for Wait {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let written = TIME_UNITS.iter().find_map(|(letter, seconds)| Some((text.strip_suffix(*letter)?, *seconds)));
        written
            .filter(|(digits, _)| digits.bytes().all(|b| b.is_ascii_digit()))
            .and_then(|(digits, seconds)| digits.parse::<u32>().ok().map(|number| u64::from(number) * seconds))
            .filter(|seconds| *seconds > 0)
            .map(|seconds| Self(Duration::from_secs(seconds)))
            .ok_or_else(|| ValueError::Wait(text.to_owned()))
    }
}

impl TryFrom<String> for Wait {
    type Error = ValueError;

    fn try_from(text: String) -> Result<Self, ValueError> {
        text.parse()
    }
}

impl TryFrom<String> for ListenAddress {
    type Error = ValueError;

    fn try_from(text: String) -> Result<Self, ValueError> {
        text.parse().map(Self).map_err(|_| ValueError::Listen(text))
    }
}

impl TryFrom<String> for Zone {
    type Error = ValueError;

    fn try_from(text: String) -> Result<Self, ValueError> {
        TimeZone::get(&text).map(Self).map_err(|_| ValueError::Zone(text))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_and_shown_with_their_unit() {
        for (text, octets, shown) in [
            ("25M", 25 << 20, "25M"),
            ("0", 0, "0"),
            ("1536k", 1_572_864, "1536k"),
            ("2048M", 2 << 30, "2G"),
            ("7", 7, "7"),
        ] {
            let size: Size = text.parse().unwrap();
            assert_eq!((size.0, size.to_string().as_str()), (octets, shown));
        }
    }

    #[test]
    fn times_are_read_with_their_unit_only() {
        for (text, seconds) in [("15s", 15), ("2m", 120), ("1h", 3_600), ("30d", 2_592_000)] {
            assert_eq!(text.parse(), Ok(Wait(Duration::from_secs(seconds))), "{text}");
        }
        for text in ["", "s", "0s", "15", "-1s", "1.5h", "2w", "99999999999s"] {
            assert_eq!(text.parse::<Wait>(), Err(ValueError::Wait(text.to_owned())));
        }
    }

    #[test]
    fn what_is_not_a_size_is_refused() {
        for text in ["", "M", "-1", "+1", "1.5G", "10 MB", "1T", "99999999999G", "18446744073709551616"] {
            assert_eq!(text.parse::<Size>(), Err(ValueError::Size(text.to_owned())));
        }
    }
}
