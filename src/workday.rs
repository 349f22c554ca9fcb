//! Days on which the office works: Monday to Friday, without the public holidays (Labour Code 2019, article 112). Which days
//! these are is told each year, because Tết and the Hùng Kings' day follow the moon and days off are moved: they are data.

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::{Date, Time, Weekday};
use serde::Deserialize;

use crate::clock;
use crate::limits;

/// Nobody is told of anything before they are at work: they find it when they come.
pub const MORNING: Time = Time::constant(7, 30, 0, 0);

/// The office's days off beside the weekends, and weekend days on which it works instead.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Workdays {
    off: BTreeSet<Date>,
    on: BTreeSet<Date>,
}

/// A day, or the days from one to another: `2027-02-04` or `2027-02-04..2027-02-10`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Days {
    first: Date,
    last: Date,
}

/// Why a text names no days.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} names no days; write 2027-02-04, or 2027-02-04..2027-02-10 for up to {max} of them", max = limits::HOLIDAY_DAYS_MAX)]
pub struct DaysError(String);

impl TryFrom<String> for Days {
    type Error = DaysError;

    fn try_from(text: String) -> Result<Self, DaysError> {
        let (first, last) = text.split_once("..").unwrap_or((&text, &text));
        let days = clock::date(first).zip(clock::date(last)).filter(|(first, last)| {
            first.until(*last).is_ok_and(|span| (0..limits::HOLIDAY_DAYS_MAX).contains(&span.get_days()))
        });
        days.map(|(first, last)| Self { first, last }).ok_or(DaysError(text))
    }
}

impl Days {
    fn each(self) -> impl Iterator<Item = Date> {
        self.first.series(1.day()).take_while(move |day| *day <= self.last)
    }
}

impl Workdays {
    /// Off on these days, and at work on those.
    pub fn new(off: &[Days], on: &[Days]) -> Self {
        let all = |days: &[Days]| days.iter().copied().flat_map(Days::each).collect();
        Self { off: all(off), on: all(on) }
    }

    /// Whether the office works on a day.
    pub fn includes(&self, day: Date) -> bool {
        let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        self.on.contains(&day) || (!weekend && !self.off.contains(&day))
    }

    /// The day itself, or the next one on which the office works.
    #[must_use]
    pub fn at_or_after(&self, day: Date) -> Date {
        let year = day.series(1.day()).take(limits::WORKDAY_SEARCHED_MAX);
        year.into_iter().find(|day| self.includes(*day)).unwrap_or(day)
    }

    /// The day that is so many working days later: the first counts as none.
    #[must_use]
    pub fn later(&self, day: Date, working_days: usize) -> Date {
        let days = day.series(1.day()).skip(1).take(limits::WORKDAY_SEARCHED_MAX + 7 * working_days);
        days.filter(|day| self.includes(*day)).take(working_days).last().unwrap_or(day)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn days(text: &str) -> Days {
        Days::try_from(text.to_owned()).unwrap()
    }

    #[test]
    fn the_week_before_tet_and_after_it() {
        let office = Workdays::new(&[days("2027-02-04..2027-02-10")], &[days("2027-02-13")]);
        assert!(office.includes(date(2027, 2, 3)));
        assert!(!office.includes(date(2027, 2, 4)) && !office.includes(date(2027, 2, 10)));
        assert!(office.includes(date(2027, 2, 13)), "a Saturday at work");
        assert!(!office.includes(date(2027, 2, 14)));
        assert_eq!(office.at_or_after(date(2027, 2, 5)), date(2027, 2, 11));
        assert_eq!(office.later(date(2027, 2, 3), 3), date(2027, 2, 13));
        assert_eq!(office.later(date(2027, 2, 3), 0), date(2027, 2, 3));
    }

    #[test]
    fn what_names_no_days_is_refused() {
        for text in ["", "..", "2027-02-04..", "2027-02-10..2027-02-04", "2027-01-01..2027-12-31", "Tết", "2027-02-30"]
        {
            assert_eq!(Days::try_from(text.to_owned()), Err(DaysError(text.to_owned())), "{text}");
        }
    }
}
