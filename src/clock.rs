//! The time, in the office's zone. One clock is handed to everything that asks what time it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};

/// The machine's clock, or one that stands where it was set (a rehearsal of decisions dated ahead).
#[derive(Clone, Debug)]
pub struct Clock {
    zone: TimeZone,
    set: Option<Arc<AtomicI64>>,
}

impl Clock {
    /// The machine's clock, shown in `zone`.
    pub fn system(zone: TimeZone) -> Self {
        Self { zone, set: None }
    }

    /// A clock that moves only by [`Clock::set`]; copies share it.
    pub fn standing(at: Timestamp, zone: TimeZone) -> Self {
        Self { zone, set: Some(Arc::new(AtomicI64::new(at.as_second()))) }
    }

    /// Puts a standing clock to another time; the machine's clock stays as it is.
    pub fn set(&self, at: Timestamp) {
        if let Some(set) = &self.set {
            set.store(at.as_second(), Ordering::Relaxed);
        }
    }

    /// Now, to the second on a standing clock.
    pub fn now(&self) -> Timestamp {
        match &self.set {
            Some(set) => Timestamp::from_second(set.load(Ordering::Relaxed)).unwrap_or(Timestamp::UNIX_EPOCH),
            None => Timestamp::now(),
        }
    }

    /// Now, with the office's offset, as mail headers show it.
    pub fn zoned(&self) -> ZonedDateTime {
        self.now().to_zoned_datetime(self.zone.clone())
    }

    /// Today's date at the office.
    pub fn today(&self) -> Date {
        self.zoned().date()
    }

    /// The office's time zone.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }
}

/// A day as people write it: `2026-11-23` or `23/11/2026`.
pub fn date(text: &str) -> Option<Date> {
    let written = || -> Option<Date> {
        let mut parts = text.splitn(3, '/');
        let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
        // A year of two digits would be one of the first century, and nobody means that.
        let plain = year.len() == 4 && text.bytes().all(|byte| byte == b'/' || byte.is_ascii_digit());
        plain.then(|| Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok())?
    };
    // Exactly ten characters: jiff would also take a time of day after them.
    text.parse().ok().filter(|_| text.len() == 10).or_else(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_in_both_forms() {
        let expected = jiff::civil::date(2026, 11, 3);
        for text in ["2026-11-03", "03/11/2026", "3/11/2026"] {
            assert_eq!(date(text), Some(expected), "{text}");
        }
        for text in ["2026-13-01", "31/2/2026", "11/2026", "", "1/2/3/4", "3/11/26", "+3/11/2026", "2026-11-03T05:00"] {
            assert_eq!(date(text), None, "{text}");
        }
    }
}
