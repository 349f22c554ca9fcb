//! When something is to be published: each week by a day of it, each month by a day of it (P4.2). Plain functions of dates.

use std::fmt;
use std::str::FromStr;

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};

use crate::workday::Workdays;

/// How often something is due; written `monday` or `25`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Rhythm {
    /// Each week, by this day.
    Weekly(Weekday),
    /// Each month, by this day of it; a month that is shorter ends it.
    Monthly(i8),
}

/// Why a text is no rhythm.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} says not when something is due; write a day of the week, as in \"monday\", or of the month, as in \"25\""
)]
pub struct RhythmError(String);

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

impl TryFrom<String> for Rhythm {
    type Error = RhythmError;

    fn try_from(text: String) -> Result<Self, RhythmError> {
        let weekly = WEEKDAYS.iter().find(|(word, _)| *word == text).map(|(_, day)| Self::Weekly(*day));
        let monthly = || text.parse().ok().filter(|day| (1..=31).contains(day)).map(Self::Monthly);
        weekly.or_else(monthly).ok_or(RhythmError(text))
    }
}

impl fmt::Display for Rhythm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Weekly(weekday) => {
                let word = WEEKDAYS.iter().find(|(_, day)| day == weekday).map_or("", |(word, _)| word);
                f.write_str(word)
            }
            Self::Monthly(day) => day.fmt(f),
        }
    }
}

/// When a unit of its own owes something; written as a [`Rhythm`], or `none`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Due {
    /// Never.
    Never,
    /// At each of these times.
    Each(Rhythm),
}

impl TryFrom<String> for Due {
    type Error = RhythmError;

    fn try_from(text: String) -> Result<Self, RhythmError> {
        if text == "none" { Ok(Self::Never) } else { text.try_into().map(Self::Each) }
    }
}

impl FromStr for Due {
    type Err = RhythmError;

    fn from_str(text: &str) -> Result<Self, RhythmError> {
        text.to_owned().try_into()
    }
}

impl From<Due> for String {
    fn from(due: Due) -> Self {
        due.to_string()
    }
}

impl fmt::Display for Due {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Never => f.write_str("none"),
            Self::Each(rhythm) => rhythm.fmt(f),
        }
    }
}

/// One time at which something is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// From this day on what is published is for this time: half a week or half a month before it.
    pub opens: Date,
    /// The last day: the next on which the office works, where the rhythm names another.
    pub due: Date,
    /// The day before the next time's [`Term::opens`].
    pub closes: Date,
}

/// What has become of a term.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Something was published in time.
    OnTime,
    /// Something was published, after the day.
    Late,
    /// Nothing was, and the day is not over.
    Open,
    /// Nothing was, and the day is over.
    Missing,
}

impl Rhythm {
    /// Each week by Monday (R6).
    pub const MONDAY: Self = Self::Weekly(Weekday::Monday);
    /// Each month by the 25th (R6).
    pub const THE_25TH: Self = Self::Monthly(25);

    /// The term that a day belongs to.
    pub fn term(self, day: Date, office: &Workdays) -> Term {
        let named = self.named_around(day);
        let [_, this, next] = named;
        let opens = |named: Date| named.saturating_sub(self.lead().days());
        Term { opens: opens(this), due: office.at_or_after(this), closes: opens(next).saturating_sub(1.day()) }
    }

    /// The term before one.
    pub fn before(self, term: Term, office: &Workdays) -> Term {
        self.term(term.opens.saturating_sub(1.day()), office)
    }

    /// How long before its day a term opens.
    fn lead(self) -> i64 {
        match self {
            Self::Weekly(_) => 3,
            Self::Monthly(_) => 14,
        }
    }

    /// The days that the rhythm names: before the term of a day, of it, and after it.
    fn named_around(self, day: Date) -> [Date; 3] {
        // The term's day is the first one that is not so far back that another's has opened.
        let ahead = day.saturating_add(self.lead().days());
        match self {
            Self::Weekly(weekday) => {
                let back = i64::from(weekday.until(ahead.weekday()));
                let this = ahead.saturating_sub(back.days());
                [this.saturating_sub(7.days()), this, this.saturating_add(7.days())]
            }
            Self::Monthly(wanted) => {
                let of = |months: i64| {
                    let month = ahead.first_of_month().saturating_add(months.months());
                    let last = month.days_in_month();
                    month.saturating_add(i64::from(wanted.clamp(1, last) - 1).days())
                };
                let months = if of(0) <= ahead { [-1, 0, 1] } else { [-2, -1, 0] };
                months.map(of)
            }
        }
    }
}

impl Term {
    /// What has become of it today; `published` is the first day of it on which something was.
    pub fn state(self, published: Option<Date>, today: Date) -> State {
        match published {
            Some(day) if day <= self.due => State::OnTime,
            Some(_) => State::Late,
            None if today <= self.due => State::Open,
            None => State::Missing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    const WEEKLY: Rhythm = Rhythm::Weekly(Weekday::Monday);
    const MONTHLY: Rhythm = Rhythm::Monthly(25);

    #[test]
    fn a_day_is_written_as_it_is_read() {
        for text in ["monday", "sunday", "1", "31", "none"] {
            assert_eq!(text.parse::<Due>().map(|due| due.to_string()), Ok(text.to_owned()));
        }
        for text in ["", "0", "32", "Monday", "never"] {
            assert_eq!(text.parse::<Due>(), Err(RhythmError(text.to_owned())));
        }
    }

    #[test]
    fn a_week_is_due_on_monday_from_friday_to_thursday() {
        let office = Workdays::default();
        // The 23rd of November 2026 is a Monday.
        let term = Term { opens: date(2026, 11, 20), due: date(2026, 11, 23), closes: date(2026, 11, 26) };
        for day in 20..=26 {
            assert_eq!(WEEKLY.term(date(2026, 11, day), &office), term, "{day}");
        }
        assert_ne!(WEEKLY.term(date(2026, 11, 19), &office), term);
        assert_ne!(WEEKLY.term(date(2026, 11, 27), &office), term);
        assert_eq!(WEEKLY.before(term, &office).due, date(2026, 11, 16));
    }

    #[test]
    fn a_month_is_due_on_the_25th_or_on_its_last_day() {
        let office = Workdays::default();
        let term = MONTHLY.term(date(2026, 11, 24), &office);
        assert_eq!((term.opens, term.due), (date(2026, 11, 11), date(2026, 11, 25)));
        assert_eq!(MONTHLY.term(term.closes, &office), term);
        assert_eq!(term.closes, date(2026, 12, 10));
        let last = Rhythm::Monthly(31).term(date(2027, 2, 20), &office);
        assert_eq!(last.due, date(2027, 3, 1), "the 28th of February 2027 is a Sunday");
    }

    #[test]
    fn terms_follow_each_other_without_a_gap() {
        let office = Workdays::default();
        for rhythm in [WEEKLY, MONTHLY, Rhythm::Weekly(Weekday::Sunday), Rhythm::Monthly(31), Rhythm::Monthly(1)] {
            let mut term = rhythm.term(date(2026, 1, 1), &office);
            for _ in 0..60 {
                let next = rhythm.term(term.closes.saturating_add(1.day()), &office);
                assert_eq!((next.opens, rhythm.before(next, &office)), (term.closes.saturating_add(1.day()), term));
                term = next;
            }
        }
    }

    #[test]
    fn a_holiday_moves_the_day() {
        let tet = crate::workday::Days::try_from("2027-02-04..2027-02-10".to_owned()).ok();
        let office = Workdays::new(tet.as_slice(), &[]);
        let term = WEEKLY.term(date(2027, 2, 8), &office);
        assert_eq!(term.due, date(2027, 2, 11));
        assert_eq!(term.state(None, date(2027, 2, 11)), State::Open);
        assert_eq!(term.state(None, date(2027, 2, 12)), State::Missing);
        assert_eq!(term.state(Some(date(2027, 2, 11)), date(2027, 2, 20)), State::OnTime);
        assert_eq!(term.state(Some(date(2027, 2, 12)), date(2027, 2, 20)), State::Late);
    }
}
