//! What may be done with a folder, as letters: RFC 4314 §2.1.

use std::fmt;
use std::str::FromStr;

/// A set of the rights of RFC 4314; written as their letters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Acl(u16);

/// A letter that is no right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no right: the rights are the letters {LETTERS}")]
pub struct AclError(char);

/// The letters in the order in which they are written; the place of each is its bit.
const LETTERS: &str = "lrswipkxtea";

impl Acl {
    /// `l`: LIST and LSUB name the folder.
    pub const LOOKUP: Self = Self(1);
    /// `r`: it can be opened and read.
    pub const READ: Self = Self(1 << 1);
    /// `s`: `\Seen` is kept.
    pub const SEEN: Self = Self(1 << 2);
    /// `w`: other flags are kept.
    pub const WRITE: Self = Self(1 << 3);
    /// `i`: messages are put in.
    pub const INSERT: Self = Self(1 << 4);
    /// `p`: mail may be sent to its address.
    pub const POST: Self = Self(1 << 5);
    /// `k`: folders are made below it.
    pub const CREATE: Self = Self(1 << 6);
    /// `x`: it is deleted or renamed.
    pub const DELETE_FOLDER: Self = Self(1 << 7);
    /// `t`: `\Deleted` is kept.
    pub const DELETE_MESSAGES: Self = Self(1 << 8);
    /// `e`: messages are expunged.
    pub const EXPUNGE: Self = Self(1 << 9);
    /// `a`: others' rights are changed.
    pub const ADMINISTER: Self = Self(1 << 10);

    /// Every right there is.
    pub const ALL: Self = Self((1 << 11) - 1);
    /// None.
    pub const NONE: Self = Self(0);

    /// Whether all of `other` are in it.
    pub const fn includes(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether any of `other` is in it.
    pub const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// All of both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// These without the others.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Each right alone, in the order of the letters.
    pub fn each(self) -> impl Iterator<Item = Self> {
        (0..LETTERS.len()).map(|bit| Self(1 << bit)).filter(move |right| self.includes(*right))
    }
}

impl FromStr for Acl {
    type Err = AclError;

    /// The letters in any order. `c` and `d` are those of RFC 2086: `k`, and `t`, `e` and `x` (RFC 4314 §2.1.1).
    fn from_str(text: &str) -> Result<Self, AclError> {
        text.chars().try_fold(Self::NONE, |so_far, letter| {
            let right = match letter {
                'c' => Self::CREATE,
                'd' => Self::DELETE_MESSAGES.and(Self::EXPUNGE).and(Self::DELETE_FOLDER),
                _ => LETTERS.find(letter).map(|bit| Self(1 << bit)).ok_or(AclError(letter))?,
            };
            Ok(so_far.and(right))
        })
    }
}

impl fmt::Display for Acl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        LETTERS
            .char_indices()
            .filter(|(bit, _)| self.0 & (1 << bit) != 0)
            .try_for_each(|(_, letter)| write!(f, "{letter}"))
    }
}

impl serde::Serialize for Acl {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Acl {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_are_letters() {
        assert_eq!("swrl".parse::<Acl>().map(|acl| acl.to_string()), Ok("lrsw".to_owned()));
        assert_eq!(Acl::ALL.to_string(), LETTERS);
        assert_eq!("".parse::<Acl>(), Ok(Acl::NONE));
        assert_eq!("lq".parse::<Acl>(), Err(AclError('q')));
        assert_eq!("cd".parse::<Acl>().map(|acl| acl.to_string()), Ok("kxte".to_owned()));
        assert_eq!(Acl::ALL.each().count(), LETTERS.len());
    }
}
