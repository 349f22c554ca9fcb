//! `[[filter]]`: programs that look at mail.

use serde::Deserialize;

use super::value::{self, Wait};
use crate::limits;
use crate::milter::{self, Direction, OnFailure, Place};

/// `[[filter]]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// What the filter is called.
    pub name: String,
    /// Where it listens.
    #[serde(deserialize_with = "value::parsed")]
    pub address: Place,
    /// What becomes of mail that it cannot look at.
    #[serde(default)]
    pub on_failure: OnFailure,
    /// Which mail it looks at.
    #[serde(default = "default_for", rename = "for")]
    pub directions: Vec<Direction>,
    /// How long it may take over a message.
    #[serde(default = "default_patience")]
    pub patience: Wait,
}

fn default_for() -> Vec<Direction> {
    vec![Direction::Incoming]
}

const fn default_patience() -> Wait {
    Wait(limits::FILTER_PATIENCE)
}

impl Filter {
    /// The same as it is used.
    pub fn terms(&self) -> milter::Filter {
        milter::Filter {
            name: self.name.clone(),
            place: self.address.clone(),
            on_failure: self.on_failure,
            directions: self.directions.clone(),
            patience: self.patience.0,
        }
    }
}

/// What is wrong with the whole.
pub(super) fn fault(filters: &[Filter]) -> Option<String> {
    if filters.len() > limits::FILTERS_MAX {
        return Some(format!("there can be {} filters at most", limits::FILTERS_MAX));
    }
    filters.iter().enumerate().find_map(|(at, Filter { name, directions, patience, .. })| {
        let plain = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        if !plain {
            return Some(format!("{name:?} is no name of a filter; write letters, digits, - and _"));
        }
        if filters.iter().take(at).any(|earlier| earlier.name == *name) {
            return Some(format!("there are two filters {name:?}"));
        }
        if directions.is_empty() {
            return Some(format!("filter {name:?} is for nothing; write for = [\"incoming\"], or leave it out"));
        }
        let longest = limits::FILTER_PATIENCE_MAX;
        (patience.0 > longest)
            .then(|| format!("filter {name:?}: senders do not wait longer than {} s for a filter", longest.as_secs()))
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Whole {
        filter: Vec<Filter>,
    }

    fn filters(text: &str) -> Result<Vec<Filter>, String> {
        let whole: Whole = toml::from_str(text).map_err(|error| error.to_string())?;
        fault(&whole.filter).map_or(Ok(whole.filter), Err)
    }

    #[test]
    fn a_filter_keeps_mail_out_that_it_cannot_look_at_unless_it_is_said_otherwise() {
        let found = filters("[[filter]]\nname = 'clamav'\naddress = 'unix:/run/clamav.ctl'\n").unwrap();
        assert_eq!((found[0].on_failure, &found[0].directions), (OnFailure::Tempfail, &default_for()));
    }

    #[test]
    fn what_is_wrong_with_a_filter_is_named() {
        let filter = "[[filter]]\nname = 'a'\naddress = '127.0.0.1:1'\n";
        for (text, expected) in [
            (format!("{filter}{filter}"), "two filters \"a\""),
            (filter.replace("'a'", "'a b'"), "no name of a filter"),
            (filter.replace("127.0.0.1:1", "localhost"), "no place of a filter"),
            (format!("{filter}for = []\n"), "for nothing"),
            (format!("{filter}for = ['all']\n"), "unknown variant"),
            (format!("{filter}patience = '1h'\n"), "do not wait longer"),
            (filter.repeat(9), "8 filters at most"),
        ] {
            let problem = filters(&text).unwrap_err();
            assert!(problem.contains(expected), "{text}: {problem}");
        }
    }
}
