//! The day that a message's Date field names: RFC 5322 §3.3.

use jiff::civil::Date;

use crate::mime;

const MONTHS: [&[u8]; 12] =
    [b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"];

/// The day as it is written, without regard to time and zone (RFC 9051 §6.4.4 "SENTON"); `None` where there is no date
/// to make out.
pub fn day(header: &[u8]) -> Option<Date> {
    let field = mime::fields(header).find(|field| field.is("date"))?;
    written(&field.unfolded())
}

/// ```abnf
/// date-time = [ day-name "," ] day month year time
/// year      = 4*DIGIT / 2*3DIGIT    ; two or three digits by RFC 5322 §4.3
/// ```
fn written(value: &[u8]) -> Option<Date> {
    let mut words = value.split(|b| matches!(b, b' ' | b'\t' | b',' | b'-')).filter(|word| !word.is_empty());
    let first = words.next()?;
    let day = if first.first()?.is_ascii_digit() { first } else { words.next()? };
    let month = words.next()?.get(..3)?;
    let year = words.next()?;
    let month = (1..).zip(MONTHS).find(|(_, name)| month.eq_ignore_ascii_case(name))?.0;
    let year = match (number(year)?, year.len()) {
        (year, 2) if year < 50 => year + 2000,
        (year, 2 | 3) => year + 1900,
        (year, _) => year,
    };
    Date::new(year, month, i8::try_from(number(day)?).ok()?).ok()
}

fn number(digits: &[u8]) -> Option<i16> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    #[test]
    fn the_day_is_read_as_it_is_written() {
        for (field, day) in [
            ("Mon, 23 Nov 2026 23:59:59 -0700", Some(date(2026, 11, 23))),
            ("1 jan 97 00:00 GMT", Some(date(1997, 1, 1))),
            ("Tue, 05\r\n December 2006 10:00:00 +0700 (ICT)", Some(date(2006, 12, 5))),
            ("yesterday", None),
            ("31 Feb 2026 00:00:00 +0000", None),
            ("", None),
        ] {
            let header = format!("Subject: x\r\nDate: {field}\r\n\r\n");
            assert_eq!(super::day(header.as_bytes()), day, "{field}");
        }
        assert_eq!(super::day(b"Subject: x\r\n\r\n"), None);
    }
}
