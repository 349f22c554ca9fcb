//! Flags as clients name them, for the store.

use super::syntax::Flag;
use crate::store::{FlagNames, Flags, Keywords};

/// Flags for the store.
pub fn names(flags: &[Flag]) -> FlagNames {
    let mut names = FlagNames::default();
    for flag in flags {
        match system(flag) {
            Ok(bit) => names.system = names.system.with(bit),
            Err(keyword) => {
                if !names.keywords.iter().any(|k| k.eq_ignore_ascii_case(keyword)) {
                    names.keywords.push(keyword.to_owned());
                }
            }
        }
    }
    names
}

/// The bit of a flag in a folder; `None` for a keyword that no message there has.
pub fn bit(flag: &Flag, keywords: &Keywords) -> Option<Flags> {
    system(flag).map_or_else(|keyword| keywords.bit(keyword), Some)
}

fn system(flag: &Flag) -> Result<Flags, &str> {
    match flag {
        Flag::Answered => Ok(Flags::ANSWERED),
        Flag::Flagged => Ok(Flags::FLAGGED),
        Flag::Deleted => Ok(Flags::DELETED),
        Flag::Seen => Ok(Flags::SEEN),
        Flag::Draft => Ok(Flags::DRAFT),
        Flag::Keyword(keyword) => Err(keyword),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyword_named_twice_is_one() {
        let flags = [Flag::Seen, Flag::Keyword("$Label1".into()), Flag::Keyword("$LABEL1".into()), Flag::Deleted];
        let names = names(&flags);
        assert_eq!(names.system, Flags::SEEN.with(Flags::DELETED));
        assert_eq!(names.keywords, ["$Label1"]);
    }
}
