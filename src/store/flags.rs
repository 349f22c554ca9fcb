//! Flags: a bit each, the system's the same everywhere, keywords by the folder's own dictionary.

use std::sync::Arc;

use crate::limits;

/// The flags of one message, or a mask of flags, as bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Flags(pub u64);

impl Flags {
    /// `\Seen`
    pub const SEEN: Self = Self(1);
    /// `\Answered`
    pub const ANSWERED: Self = Self(1 << 1);
    /// `\Flagged`
    pub const FLAGGED: Self = Self(1 << 2);
    /// `\Deleted`
    pub const DELETED: Self = Self(1 << 3);
    /// `\Draft`
    pub const DRAFT: Self = Self(1 << 4);
    /// The system flags with their names, in the order in which they are printed (RFC 9051 §2.3.2).
    pub const SYSTEM: [(Self, &'static str); 5] = [
        (Self::ANSWERED, "\\Answered"),
        (Self::FLAGGED, "\\Flagged"),
        (Self::DELETED, "\\Deleted"),
        (Self::SEEN, "\\Seen"),
        (Self::DRAFT, "\\Draft"),
    ];
    /// The bits of all keywords.
    pub const KEYWORDS: Self = Self(u64::MAX << Self::KEYWORDS_FROM);
    const KEYWORDS_FROM: usize = Self::SYSTEM.len();

    /// Whether all of `other` are set.
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// All of both.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// These without the others.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Those that are among `others`.
    #[must_use]
    pub fn within(self, others: Self) -> Self {
        Self(self.0 & others.0)
    }

    /// The bit of the keyword at this place of its folder's.
    #[must_use]
    pub fn keyword(place: usize) -> Self {
        Self(1 << (place + Self::KEYWORDS_FROM).min(63))
    }

    /// As the database keeps them.
    pub(super) fn to_sql(self) -> i64 {
        i64::from_ne_bytes(self.0.to_ne_bytes())
    }

    pub(super) fn from_sql(bits: i64) -> Self {
        Self(u64::from_ne_bytes(bits.to_ne_bytes()))
    }
}

/// Flags as a client names them; keywords are not yet bits of a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlagNames {
    /// The system flags.
    pub system: Flags,
    /// Keywords as spelled by the client.
    pub keywords: Vec<String>,
}

impl FlagNames {
    /// Those that are permitted; keywords are permitted together.
    #[must_use]
    pub fn within(self, permitted: Flags) -> Self {
        let keywords = if permitted.contains(Flags::KEYWORDS) { self.keywords } else { Vec::new() };
        Self { system: self.system.within(permitted), keywords }
    }

    /// Whether none is named.
    pub fn is_empty(&self) -> bool {
        self.system == Flags::default() && self.keywords.is_empty()
    }

    /// Takes a flag as mail programs and other servers spell it. What no client could name again is left out:
    /// `\Recent`, flags of other servers, what is no atom (RFC 9051 §9 "flag-keyword").
    pub fn add(&mut self, name: &str) {
        if let Some((flag, _)) = Flags::SYSTEM.iter().find(|(_, known)| known.eq_ignore_ascii_case(name)) {
            self.system = self.system.with(*flag);
        } else if is_keyword(name) && !self.keywords.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            self.keywords.push(name.to_owned());
        }
    }
}

fn is_keyword(name: &str) -> bool {
    let atom = |octet: u8| octet.is_ascii_graphic() && !b"(){%*\"\\]".contains(&octet);
    (1..=limits::IMAP_KEYWORD_BYTES_MAX).contains(&name.len()) && name.bytes().all(atom)
}

/// A folder's keywords: the place of each is its bit. Spelled as first used, compared without regard to case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keywords(Vec<Arc<str>>);

impl Keywords {
    /// From the names in the order of their bits.
    pub(super) fn new(names: Vec<Arc<str>>) -> Self {
        Self(names)
    }

    /// From the names as the database joins them.
    pub(super) fn kept(names: &str) -> Self {
        Self(names.split_ascii_whitespace().map(Into::into).collect())
    }

    /// The names in the order of their bits.
    pub fn names(&self) -> &[Arc<str>] {
        &self.0
    }

    /// The keywords among `flags`.
    pub fn of(&self, flags: Flags) -> impl Iterator<Item = &str> {
        let bits = flags.0 >> Flags::KEYWORDS_FROM;
        self.0.iter().enumerate().filter(move |(i, _)| bits & (1u64 << i) != 0).map(|(_, name)| &**name)
    }

    /// The bit of a keyword, if the folder has it.
    pub fn bit(&self, name: &str) -> Option<Flags> {
        let place = self.0.iter().position(|n| n.eq_ignore_ascii_case(name))?;
        Some(Flags(1 << (place + Flags::SYSTEM.len())))
    }

    /// Takes up a new keyword and gives its bit; `None` when the folder has as many as it may.
    pub(super) fn add(&mut self, name: &str) -> Option<Flags> {
        if self.0.len() >= limits::KEYWORDS_PER_FOLDER_MAX {
            return None;
        }
        self.0.push(name.into());
        self.bit(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_bits_after_the_system_flags() {
        let mut keywords = Keywords::default();
        let label = keywords.add("$Label1").expect("there is room");
        assert_eq!(keywords.bit("$LABEL1"), Some(label));
        assert_eq!(keywords.of(label.with(Flags::SEEN)).collect::<Vec<_>>(), ["$Label1"]);
    }

    #[test]
    fn a_folder_has_room_for_a_bounded_number_of_keywords() {
        let mut keywords = Keywords::default();
        let taken = (0..100).filter(|i| keywords.add(&format!("k{i}")).is_some()).count();
        assert_eq!(taken, limits::KEYWORDS_PER_FOLDER_MAX);
    }
}
