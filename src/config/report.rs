//! `[report]`: what the Director is told each month (R30).

use serde::Deserialize;

use super::value;
use crate::address::{Address, Domain};
use crate::limits;
use crate::report;
use crate::workday::Workdays;

/// `[report]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Report {
    /// Who gets it; the Director where nobody is named.
    #[serde(deserialize_with = "value::all_parsed")]
    pub recipients: Vec<Address>,
    /// On which day of the month.
    pub day: MonthDay,
}

/// A day that every month has; written `3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "i8")]
pub struct MonthDay(pub i8);

/// Why a number is no such day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is no day that every month has; write a whole number from 1 to {max}", max = limits::REPORT_DAY_MAX)]
pub struct MonthDayError(i8);

impl Default for MonthDay {
    fn default() -> Self {
        Self(limits::REPORT_DAY)
    }
}

impl TryFrom<i8> for MonthDay {
    type Error = MonthDayError;

    fn try_from(day: i8) -> Result<Self, MonthDayError> {
        if (1..=limits::REPORT_DAY_MAX).contains(&day) { Ok(Self(day)) } else { Err(MonthDayError(day)) }
    }
}

impl Report {
    /// What is wrong with the recipients, if anything is: only mailboxes of these domains are here.
    pub(super) fn fault(&self, own: &Domain, provincial: Option<&Domain>) -> Option<String> {
        let strange = |address: &&Address| address.domain() != own && Some(address.domain()) != provincial;
        let stranger = self.recipients.iter().find(strange)?;
        Some(format!("{stranger} is no mailbox here: reports go to addresses of {own}"))
    }

    /// The same for those who act on it.
    pub fn settings(&self, workdays: Workdays) -> report::Settings {
        report::Settings { recipients: self.recipients.clone(), day: self.day.0, workdays }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_one_that_every_month_has_and_recipients_are_here() {
        assert_eq!(MonthDay::try_from(3), Ok(MonthDay::default()));
        for day in [0, -1, 29] {
            assert_eq!(MonthDay::try_from(day), Err(MonthDayError(day)));
        }
        let (own, provincial): (Domain, Domain) = ("a.vn".parse().unwrap(), "b.vn".parse().unwrap());
        let to = |text: &str| Report { recipients: vec![text.parse().unwrap()], ..Report::default() };
        assert_eq!(to("x@b.vn").fault(&own, Some(&provincial)), None);
        assert!(to("x@b.vn").fault(&own, None).unwrap().starts_with("x@b.vn is no mailbox here"));
    }
}
