//! Stretches of time as an administrator writes them: `90s`, `30m`, `12h`, `45d`, `6mo`, `10y`, and several together:
//! `1y6mo`.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;
use jiff::{Span, Timestamp};
use serde::{Deserialize, Serialize};

use crate::limits;

/// A stretch of time on the calendar: months and years are not of one length, so they are counted apart from days,
/// and days apart from seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Period {
    months: u32,
    days: u32,
    seconds: u32,
}

/// Why a text is not a period; the message says what would be right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PeriodError {
    /// Not whole numbers with units, each unit once and the longest first.
    #[error(
        "{0:?} is not a period; write whole numbers with s, m, h, d, mo or y, the longest first, as in 30d or 1y6mo"
    )]
    Form(String),
    /// Longer than anybody plans.
    #[error("{0:?} is longer than {max} years", max = limits::PERIOD_YEARS_MAX)]
    Long(String),
}

/// Which count a unit adds to, and how much of it.
#[derive(Clone, Copy)]
enum Unit {
    Months(u32),
    Days(u32),
    Seconds(u32),
}

/// The units, longest first; `mo` stands before `m`, which begins it.
const UNITS: [(&str, Unit); 6] = [
    ("y", Unit::Months(12)),
    ("mo", Unit::Months(1)),
    ("d", Unit::Days(1)),
    ("h", Unit::Seconds(3600)),
    ("m", Unit::Seconds(60)),
    ("s", Unit::Seconds(1)),
];

const SECONDS_PER_DAY: u32 = 86_400;

impl Period {
    /// So many months.
    #[must_use]
    pub const fn months(months: u32) -> Self {
        Self { months, days: 0, seconds: 0 }
    }

    /// So many days.
    #[must_use]
    pub const fn days(days: u32) -> Self {
        Self { months: 0, days, seconds: 0 }
    }

    /// Whether it has no length.
    pub const fn is_zero(self) -> bool {
        self.months == 0 && self.days == 0 && self.seconds == 0
    }

    /// The day so long after another. A month after the 31st ends with its month; a begun day counts as a whole one;
    /// what would lie beyond the calendar is its last day.
    #[must_use]
    pub fn after(self, day: Date) -> Date {
        self.whole_days().span().map_or(day, |span| day.saturating_add(span))
    }

    /// The day so long before another.
    #[must_use]
    pub fn before(self, day: Date) -> Date {
        self.whole_days().span().map_or(day, |span| day.saturating_sub(span))
    }

    /// The moment so long after another, months and days being those of UTC.
    #[must_use]
    pub fn after_moment(self, moment: Timestamp) -> Timestamp {
        self.moved(moment, DateTime::saturating_add)
    }

    /// The moment so long before another.
    #[must_use]
    pub fn before_moment(self, moment: Timestamp) -> Timestamp {
        self.moved(moment, DateTime::saturating_sub)
    }

    fn moved(self, moment: Timestamp, by: fn(DateTime, Span) -> DateTime) -> Timestamp {
        let moved = self.span().map(|span| by(Offset::UTC.to_datetime(moment), span));
        moved.and_then(|civil| Offset::UTC.to_timestamp(civil).ok()).unwrap_or(moment)
    }

    fn whole_days(self) -> Self {
        let days = self.days.saturating_add(self.seconds.div_ceil(SECONDS_PER_DAY));
        Self { days, seconds: 0, ..self }
    }

    /// Nothing where the calendar has no such length, which [`Period::from_str`] lets nobody write.
    fn span(self) -> Option<Span> {
        let span = Span::new().try_months(self.months).ok()?;
        span.try_days(self.days).ok()?.try_seconds(self.seconds).ok()
    }

    fn plus(self, number: u32, unit: Unit) -> Option<Self> {
        let sum = |count: u32, size: u32| count.checked_add(number.checked_mul(size)?);
        Some(match unit {
            Unit::Months(size) => Self { months: sum(self.months, size)?, ..self },
            Unit::Days(size) => Self { days: sum(self.days, size)?, ..self },
            Unit::Seconds(size) => Self { seconds: sum(self.seconds, size)?, ..self },
        })
    }

    fn is_long(self) -> bool {
        let years = |count: u32, per_year: u32| count.div_ceil(per_year);
        let longest = limits::PERIOD_YEARS_MAX;
        years(self.months, 12) > longest
            || years(self.days, 366) > longest
            || years(self.seconds, 366 * SECONDS_PER_DAY) > longest
    }
}

impl FromStr for Period {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, PeriodError> {
        let form = || PeriodError::Form(text.to_owned());
        let (mut rest, mut period, mut units) = (text, Self::default(), UNITS.iter());
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(form)?;
            let (number, after) = rest.split_at(digits);
            let letters = after.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(after.len());
            let (name, left) = after.split_at(letters);
            // The iterator only moves on: a unit that came, or a longer one, is not found again.
            let (_, unit) = units.find(|(unit, _)| *unit == name).ok_or_else(form)?;
            if number.is_empty() {
                return Err(form());
            }
            let number = number.parse().map_err(|_| PeriodError::Long(text.to_owned()))?;
            period = period.plus(number, *unit).ok_or_else(|| PeriodError::Long(text.to_owned()))?;
            rest = left;
        }
        match text {
            "" => Err(form()),
            _ if period.is_long() => Err(PeriodError::Long(text.to_owned())),
            _ => Ok(period),
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_zero() {
            return f.write_str("0d");
        }
        let mut left = *self;
        for (name, unit) in UNITS {
            let (count, size) = match unit {
                Unit::Months(size) => (&mut left.months, size),
                Unit::Days(size) => (&mut left.days, size),
                Unit::Seconds(size) => (&mut left.seconds, size),
            };
            if *count >= size {
                write!(f, "{}{name}", *count / size)?;
                *count %= size;
            }
        }
        Ok(())
    }
}

impl TryFrom<String> for Period {
    type Error = PeriodError;

    fn try_from(text: String) -> Result<Self, PeriodError> {
        text.parse()
    }
}

impl From<Period> for String {
    fn from(period: Period) -> Self {
        period.to_string()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn period(text: &str) -> Period {
        text.parse().unwrap()
    }

    #[test]
    fn a_period_is_read_and_shown_in_its_longest_units() {
        for (text, shown) in [
            ("10y", "10y"),
            ("6mo", "6mo"),
            ("18mo", "1y6mo"),
            ("1y6mo", "1y6mo"),
            ("30d", "30d"),
            ("90m", "1h30m"),
            ("1d36h5s", "1d36h5s"),
            ("0s", "0d"),
        ] {
            assert_eq!(period(text).to_string(), shown, "{text}");
            assert_eq!(period(shown), period(text));
        }
    }

    #[test]
    fn what_is_not_a_period_is_refused() {
        for text in ["", "10", "y", "-1d", "+1d", "1.5y", "1 y", "1Y", "6mo1y", "1d1d", "1w", "1d ", "１d"] {
            assert_eq!(text.parse::<Period>(), Err(PeriodError::Form(text.to_owned())), "{text}");
        }
        for text in ["1001y", "12001mo", "366001d", "99999999999s", "4294967295y"] {
            assert_eq!(text.parse::<Period>(), Err(PeriodError::Long(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn months_end_with_the_month_and_begun_days_are_whole() {
        for (day, text, after) in [
            (date(2027, 8, 31), "6mo", date(2028, 2, 29)),
            (date(2028, 2, 29), "1y", date(2029, 2, 28)),
            (date(2026, 12, 31), "1d", date(2027, 1, 1)),
            (date(2026, 12, 31), "1s", date(2027, 1, 1)),
            (date(2026, 12, 30), "1d1h", date(2027, 1, 1)),
            (date(2026, 12, 30), "0d", date(2026, 12, 30)),
            (date(9999, 1, 1), "1000y", Date::MAX),
        ] {
            assert_eq!(period(text).after(day), after, "{day} {text}");
        }
        assert_eq!(period("6mo").before(date(2027, 8, 31)), date(2027, 2, 28));
    }

    #[test]
    fn moments_move_by_the_calendar_of_utc() {
        let moment: Timestamp = "2028-02-29T17:30:00Z".parse().unwrap();
        assert_eq!(period("10y").before_moment(moment).to_string(), "2018-02-28T17:30:00Z");
        assert_eq!(period("1mo1d1h30m").after_moment(moment).to_string(), "2028-03-30T19:00:00Z");
        assert_eq!(period("1000y").before_moment(Timestamp::MIN), Timestamp::MIN);
    }
}
