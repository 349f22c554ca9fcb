//! `[units]`: by when units deal with what they are written (R26).

use serde::Deserialize;

use crate::limits;

/// `[units]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Units {
    /// In how many working days.
    pub answer_within: WorkingDays,
}

/// A number of working days; written `5`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct WorkingDays(pub usize);

impl Default for WorkingDays {
    fn default() -> Self {
        Self(limits::ANSWER_DAYS)
    }
}

/// Why a text is no number of working days.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no number of working days; write a whole number from 1 to {max}, as in \"5\"", max = limits::ANSWER_DAYS_MAX)]
pub struct WorkingDaysError(String);

impl TryFrom<String> for WorkingDays {
    type Error = WorkingDaysError;

    fn try_from(text: String) -> Result<Self, WorkingDaysError> {
        let days = text.parse().ok().filter(|days| (1..=limits::ANSWER_DAYS_MAX).contains(days));
        days.map(Self).ok_or(WorkingDaysError(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_working_days_is_some_and_not_too_many() {
        assert_eq!(WorkingDays::try_from("5".to_owned()), Ok(WorkingDays::default()));
        for text in ["0", "-1", "5d", "", "251"] {
            assert_eq!(WorkingDays::try_from(text.to_owned()), Err(WorkingDaysError(text.to_owned())));
        }
    }
}
