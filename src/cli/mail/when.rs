//! A moment on the command line.

use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::clock;
use crate::period::Period;

/// A day, a time of day at the office, or so long ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// `2026-11-24`, `24/11/2026`, `2026-11-24 10:30`
    At(DateTime),
    /// `2h`, `3d`
    Ago(Period),
}

impl FromStr for When {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(day) = clock::date(text) {
            return Ok(Self::At(day.into()));
        }
        let time = || {
            let (day, time) = text.split_once([' ', 'T'])?;
            let time = if time.len() == 5 { format!("{time}:00") } else { time.to_owned() };
            Some(clock::date(day)?.to_datetime(time.parse().ok()?))
        };
        let ago = || text.parse().ok().map(Self::Ago);
        let forms = || "2026-11-24 | 24/11/2026 | \"2026-11-24 10:30\" | 2h | 3d".to_owned();
        time().map(Self::At).or_else(ago).ok_or_else(forms)
    }
}

impl When {
    /// The moment itself.
    pub(super) fn moment(self, zone: &TimeZone) -> Option<Timestamp> {
        match self {
            Self::At(civil) => zone.to_timestamp(civil).ok(),
            Self::Ago(period) => Some(period.before_moment(Timestamp::now())),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_day_a_time_or_so_long_ago() {
        let zone = TimeZone::get("Asia/Ho_Chi_Minh").unwrap();
        let moment = |text: &str| text.parse::<When>().unwrap().moment(&zone).unwrap();
        assert_eq!(moment("24/11/2026").to_string(), "2026-11-23T17:00:00Z");
        assert_eq!(moment("2026-11-24 10:30").to_string(), "2026-11-24T03:30:00Z");
        let moment = moment("2h").as_second();
        let ago = Timestamp::now().as_second() - moment;
        assert!((7200..7260).contains(&ago), "{ago}");
        for text in ["", "yesterday", "2026-11-24 25:00", "10:30"] {
            assert!(text.parse::<When>().is_err(), "{text}");
        }
    }
}
