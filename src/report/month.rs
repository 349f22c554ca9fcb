//! A month of the calendar, written `2026-10` or `10/2026`.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

/// A month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Month {
    first: Date,
}

/// Why a text is no month.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?}: 2026-10 | 10/2026")]
pub struct MonthError(String);

impl Month {
    /// The month of a day.
    pub fn of(day: Date) -> Self {
        Self { first: day.first_of_month() }
    }

    /// Its first day.
    pub fn first(self) -> Date {
        self.first
    }

    /// Its last day.
    pub fn last(self) -> Date {
        self.first.last_of_month()
    }

    /// The one before.
    #[must_use]
    pub fn before(self) -> Self {
        Self { first: self.first.saturating_sub(1.month()) }
    }

    /// All its days.
    pub fn days(self) -> impl Iterator<Item = Date> {
        self.first.series(1.day()).take_while(move |day| *day <= self.last())
    }

    /// Its seconds at the office, as Unix counts them.
    pub fn seconds(self, zone: &TimeZone) -> Range<i64> {
        let midnight = |day: Date| zone.to_timestamp(day.at(0, 0, 0, 0)).map_or(i64::MAX, Timestamp::as_second);
        midnight(self.first)..midnight(self.last().saturating_add(1.day()))
    }
}

impl FromStr for Month {
    type Err = MonthError;

    fn from_str(text: &str) -> Result<Self, MonthError> {
        let parts = text.split_once('-').or_else(|| text.split_once('/').map(|(month, year)| (year, month)));
        let read = |(year, month): (&str, &str)| {
            let plain =
                year.len() == 4 && month.len() <= 2 && [year, month].concat().bytes().all(|b| b.is_ascii_digit());
            plain.then(|| Date::new(year.parse().ok()?, month.parse().ok()?, 1).ok())?
        };
        parts.and_then(read).map(|first| Self { first }).ok_or_else(|| MonthError(text.to_owned()))
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.first.year(), self.first.month())
    }
}

impl TryFrom<String> for Month {
    type Error = MonthError;

    fn try_from(text: String) -> Result<Self, MonthError> {
        text.parse()
    }
}

impl From<Month> for String {
    fn from(month: Month) -> Self {
        month.to_string()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_month_is_read_in_both_forms_and_knows_its_days() {
        for text in ["2026-02", "02/2026", "2/2026"] {
            let month: Month = text.parse().unwrap();
            assert_eq!((month.to_string().as_str(), month.last()), ("2026-02", date(2026, 2, 28)), "{text}");
        }
        for text in ["", "2026", "2026-13", "13/2026", "2026-00", "26-01", "+026-01", "2026-1x", "2026-10-01"] {
            assert!(text.parse::<Month>().is_err(), "{text}");
        }
        let january: Month = "2027-01".parse().unwrap();
        assert_eq!((january.before().to_string().as_str(), january.days().count()), ("2026-12", 31));
        let seconds = january.seconds(&TimeZone::UTC);
        assert_eq!(seconds.end - seconds.start, 31 * 86_400);
    }
}
