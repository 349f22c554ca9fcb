//! Dates: RFC 9051 §9 "date" and "date-time".

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;

use super::Cause;
use super::cursor::{Cursor, Parsed};

/// The names of the months.
pub(super) const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// ```abnf
/// date      = date-text / DQUOTE date-text DQUOTE
/// date-text = date-day "-" date-month "-" date-year
/// date-day  = 1*2DIGIT
/// ```
pub(super) fn date(cursor: &mut Cursor) -> Parsed<Date> {
    let quoted = cursor.take(b'"');
    let start = cursor.at();
    let day = match cursor.run(|octet| octet.is_ascii_digit()) {
        digits @ ([_] | [_, _]) => decimal(digits),
        _ => return Err(Cause::Expected("date").at(start)),
    };
    let date = month_and_year(cursor, start, day)?;
    if quoted {
        cursor.need(b'"', "closing quote")?;
    }
    Ok(date)
}

/// ```abnf
/// date-time      = DQUOTE date-day-fixed "-" date-month "-" date-year SP time SP zone DQUOTE
/// date-day-fixed = (SP DIGIT) / 2DIGIT
/// time           = 2DIGIT ":" 2DIGIT ":" 2DIGIT
/// zone           = ("+" / "-") 4DIGIT
/// ```
pub(super) fn date_time(cursor: &mut Cursor) -> Parsed<Timestamp> {
    cursor.need(b'"', "date-time")?;
    let start = cursor.at();
    let day = if cursor.take(b' ') { digits(cursor, 1)? } else { digits(cursor, 2)? };
    let date = month_and_year(cursor, start, day)?;
    cursor.space()?;
    let hour = digits(cursor, 2)?;
    cursor.need(b':', ":")?;
    let minute = digits(cursor, 2)?;
    cursor.need(b':', ":")?;
    // A leap second is written by some clocks and counted by none.
    let second = match digits(cursor, 2)? {
        60 => 59,
        second => second,
    };
    cursor.space()?;
    let sign = if cursor.take(b'-') { -1 } else { cursor.need(b'+', "zone").map(|()| 1)? };
    let (zone_hours, zone_minutes) = (digits(cursor, 2)?, digits(cursor, 2)?);
    cursor.need(b'"', "closing quote")?;
    let timestamp = || {
        let time = Time::new(narrow(hour)?, narrow(minute)?, narrow(second)?, 0).ok()?;
        let zone = (zone_hours < 24 && zone_minutes < 60).then_some((zone_hours * 60 + zone_minutes) * 60)?;
        let offset = Offset::from_seconds(sign * i32::try_from(zone).ok()?).ok()?;
        offset.to_timestamp(DateTime::from_parts(date, time)).ok()
    };
    timestamp().ok_or(Cause::Date.at(start))
}

/// The rest of a date. The first year and the last that fit are refused, so that no zone can push them out of range.
fn month_and_year(cursor: &mut Cursor, start: usize, day: u32) -> Parsed<Date> {
    cursor.need(b'-', "-")?;
    let name = cursor.exactly(3).unwrap_or_default();
    let month = (1..).zip(MONTHS).find(|(_, month)| month.as_bytes().eq_ignore_ascii_case(name));
    let month: i8 = month.map(|(number, _)| number).ok_or(Cause::Expected("month").at(start))?;
    cursor.need(b'-', "-")?;
    let year = digits(cursor, 4)?;
    let date = || match i16::try_from(year) {
        Ok(year @ 1..=9998) => Date::new(year, month, narrow(day)?).ok(),
        _ => None,
    };
    date().ok_or(Cause::Date.at(start))
}

fn digits(cursor: &mut Cursor, count: usize) -> Parsed<u32> {
    let start = cursor.at();
    match cursor.exactly(count) {
        Some(digits) if digits.iter().all(u8::is_ascii_digit) => Ok(decimal(digits)),
        _ => Err(Cause::Expected("digit").at(start)),
    }
}

/// The value of at most four digits.
fn decimal(digits: &[u8]) -> u32 {
    digits.iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0'))
}

fn narrow(number: u32) -> Option<i8> {
    i8::try_from(number).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::super::command::Command;
    use super::super::parse::tests::read;
    use super::*;

    fn internal(text: &str) -> Result<Timestamp, Cause> {
        match read(&format!("APPEND x \"{text}\" {{1}}\r\nx"))? {
            Command::Append(append) => Ok(append.messages[0].date.unwrap()),
            _ => Err(Cause::UnknownCommand),
        }
    }

    #[test]
    fn an_internal_date_is_a_moment() {
        assert_eq!(internal("17-Jul-1996 02:44:25 -0700").unwrap().to_string(), "1996-07-17T09:44:25Z");
        assert_eq!(internal(" 7-feb-1994 22:43:04 +0530").unwrap().to_string(), "1994-02-07T17:13:04Z");
        assert_eq!(internal("31-Dec-2016 23:59:60 +0000").unwrap().to_string(), "2016-12-31T23:59:59Z");
    }

    #[test]
    fn a_moment_that_does_not_exist_is_refused() {
        for text in [
            "17-Jul-0000 02:44:25 -0700",
            "17-Jul-9999 02:44:25 -0700",
            "30-Feb-2026 02:44:25 +0700",
            "00-Jan-2026 02:44:25 +0700",
            "17-Jul-1996 24:44:25 -0700",
            "17-Jul-1996 02:60:25 -0700",
            "17-Jul-1996 02:44:61 -0700",
            "17-Jul-1996 02:44:25 -2400",
            "17-Jul-1996 02:44:25 -0060",
        ] {
            assert_eq!(internal(text), Err(Cause::Date), "{text}");
        }
        for text in
            ["", "7-Jul-1996 02:44:25 -0700", "17-Juli-1996", "17-Jul-96 02:44:25 -0700", "17-Jul-1996 02:44:25 GMT"]
        {
            assert!(matches!(internal(text), Err(Cause::Expected(_))), "{text}");
        }
    }
}
