//! Days, times and amounts as a report shows them.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};

use crate::limits;
use crate::report::document::{Block, Table};
use crate::text::grouped;

/// Where a figure is missing: never a zero.
pub(super) const UNKNOWN: &str = "không có số liệu";

pub(super) fn day(day: Date) -> String {
    day.strftime("%d/%m/%Y").to_string()
}

/// Days of the month that everything is about.
pub(super) fn days(days: &[Date]) -> String {
    days.iter().map(|day| day.strftime("%d/%m").to_string()).collect::<Vec<_>>().join(", ")
}

pub(super) fn moment(at: Timestamp, zone: &TimeZone) -> String {
    zoned(at, zone).strftime("%H:%M %d/%m/%Y").to_string()
}

pub(super) fn zoned(at: Timestamp, zone: &TimeZone) -> ZonedDateTime {
    at.to_zoned_datetime(zone.clone())
}

/// A figure of something that may not have been counted.
pub(super) fn known(figure: Option<u64>) -> String {
    figure.map_or_else(|| UNKNOWN.to_owned(), grouped)
}

pub(super) fn count(count: usize) -> String {
    grouped(u64::try_from(count).unwrap_or(u64::MAX))
}

/// Octets with one digit behind the comma.
pub(super) fn octets(octets: u64) -> String {
    let units = [("GB", 30), ("MB", 20), ("kB", 10)];
    let (unit, bits) = units.into_iter().find(|(_, bits)| octets >> bits >= 1).unwrap_or(("kB", 10));
    // Tenths, rounded; the number of octets in any store leaves room for it.
    let tenths = octets.saturating_mul(10).saturating_add(1 << (bits - 1)) >> bits;
    format!("{},{} {unit}", grouped(tenths / 10), tenths % 10)
}

/// A change of octets, with its sign.
pub(super) fn growth(octets: i64) -> String {
    let sign = if octets < 0 { "giảm" } else { "tăng" };
    format!("{sign} {}", self::octets(octets.unsigned_abs()))
}

/// The two largest units of a stretch of time.
pub(super) fn duration(seconds: u64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => "dưới 1 phút".to_owned(),
        (0, 0, minutes) => format!("{minutes} phút"),
        (0, hours, minutes) => format!("{hours} giờ{}", rest(minutes % 60, "phút")),
        (days, hours, _) => format!("{days} ngày{}", rest(hours % 24, "giờ")),
    }
}

fn rest(count: u64, unit: &str) -> String {
    if count == 0 { String::new() } else { format!(" {count} {unit}") }
}

/// What somebody wrote, not longer than a table bears.
pub(super) fn short(text: &str) -> String {
    let mut shown: String = text.chars().take(limits::REPORT_TEXT_CHARS_MAX).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

/// A table of the first lines; the rest is counted.
pub(super) fn bounded(mut table: Table) -> Vec<Block> {
    let more = table.rows.len().saturating_sub(limits::REPORT_LINES_MAX);
    table.rows.truncate(limits::REPORT_LINES_MAX);
    let rest = (more > 0).then(|| Block::Line(format!("Và {more} dòng khác.")));
    std::iter::once(Block::Table(table)).chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_as_in_vietnamese() {
        assert_eq!([0, 1_536, 1 << 20, 5_368_709_120].map(octets), ["0,0 kB", "1,5 kB", "1,0 MB", "5,0 GB"]);
        assert_eq!([growth(-2048), growth(0)], ["giảm 2,0 kB", "tăng 0,0 kB"]);
        assert_eq!(
            [59, 300, 12_000, 86_400, 187_200].map(duration),
            ["dưới 1 phút", "5 phút", "3 giờ 20 phút", "1 ngày", "2 ngày 4 giờ"]
        );
        assert_eq!((octets(u64::MAX).is_empty(), known(None).as_str()), (false, UNKNOWN));
    }

    #[test]
    fn what_is_long_is_cut() {
        assert_eq!(short("ngắn"), "ngắn");
        assert_eq!(short(&"đ".repeat(500)).chars().count(), limits::REPORT_TEXT_CHARS_MAX + 1);
    }
}
