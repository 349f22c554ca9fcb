//! Line files as a table that people open, and the Centre's answers as a table that people type (RFC 4180).

use csv::{Position, ReaderBuilder};
use jiff::civil::Date;

use super::listing::{Kind, Line, What};

/// A table begins with this, so that spreadsheets take it for UTF-8.
pub const BOM: char = '\u{feff}';

/// One column for each thing that a line of a change file says.
const HEADINGS: [&str; 11] = [
    "Tệp số",
    "Mục nhật ký",
    "Thay đổi",
    "Địa chỉ",
    "Hộp thư số",
    "Loại",
    "Họ và tên",
    "Đơn vị",
    "Chức vụ",
    "Quyết định số",
    "Ngày quyết định",
];

/// The headings, as the first row.
pub fn headings() -> String {
    format!("{BOM}{}", row(HEADINGS))
}

/// The changes of one file.
pub fn rows(file: i64, changes: &[Line]) -> String {
    changes.iter().map(|change| one(file, change)).collect()
}

fn one(file: i64, change: &Line) -> String {
    let what = match change.change {
        What::Register => "Đăng ký",
        What::Update => "Cập nhật",
        What::Withdraw => "Thu hồi",
    };
    let listing = &change.listing;
    let kind = match listing.kind {
        Kind::Staff => "Cá nhân",
        Kind::Unit => "Đơn vị",
        Kind::Department => "Cơ quan",
    };
    let said = |text: &Option<String>| text.clone().unwrap_or_default();
    let (number, dated) = change.decision.as_ref().map_or_else(Default::default, |paper| {
        let shown = |date: Date| format!("{:02}/{:02}/{:04}", date.day(), date.month(), date.year());
        (paper.number.clone(), shown(paper.dated))
    });
    row([
        file.to_string(),
        change.seq.to_string(),
        what.to_owned(),
        listing.address.clone(),
        listing.mailbox.to_string(),
        kind.to_owned(),
        said(&listing.name),
        said(&listing.unit),
        said(&listing.position),
        number,
        dated,
    ])
}

fn row<T: AsRef<str>, const N: usize>(cells: [T; N]) -> String {
    cells.map(|text| cell(text.as_ref())).join(",") + "\r\n"
}

/// A spreadsheet takes a cell that begins with one of these for a formula and may act on it; an apostrophe makes it text.
fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let guarded = if formula { format!("'{text}") } else { text.to_owned() };
    let plain = !guarded.contains(['"', ',', ';', '\n', '\r']);
    if plain { guarded } else { format!("\"{}\"", guarded.replace('"', "\"\"")) }
}

/// A row of a table that was read: the line on which it begins, from 1, and its cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Where it begins.
    pub line: usize,
    /// Its cells, without the quotes.
    pub cells: Vec<String>,
}

/// Reads a table whose cells are parted by `separator`; rows in which nothing is written are left out.
///
/// # Errors
/// The line on which a row begins whose quote never ends.
pub fn read(text: &str, separator: u8) -> Result<Vec<Record>, usize> {
    let text = text.strip_prefix(BOM).unwrap_or(text);
    let mut records = Vec::new();
    let mut reader = ReaderBuilder::new();
    let mut reader = reader.has_headers(false).flexible(true).delimiter(separator).from_reader(text.as_bytes());
    // The text is UTF-8 and rows may be of any length: nothing else is an error.
    for record in reader.records().flatten() {
        let cells: Vec<_> = record.iter().map(str::to_owned).collect();
        records.push(Record { line: begin(text, record.position()), cells });
    }
    match records.last() {
        // A table has its quotes in pairs; the last row takes in all that follows one without its pair.
        Some(last) if text.matches('"').count() % 2 == 1 => Err(last.line),
        _ => {
            records.retain(|record| record.cells.iter().any(|cell| !cell.trim().is_empty()));
            Ok(records)
        }
    }
}

/// The line on which a record begins: its position is before the empty lines that were skipped to reach it.
fn begin(text: &str, position: Option<&Position>) -> usize {
    let before = |position: &Position| {
        let place = usize::try_from(position.byte()).ok()?;
        let skipped = text.get(place..)?.bytes().take_while(|octet| matches!(octet, b'\r' | b'\n'));
        let line = usize::try_from(position.line()).ok()?;
        Some(line + skipped.filter(|octet| *octet == b'\n').count())
    };
    position.and_then(before).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for (text, written) in [
            ("=1+1", "'=1+1"),
            ("+84", "'+84"),
            ("-x", "'-x"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("=a,\"b\"", "\"'=a,\"\"b\"\"\""),
            ("Đỗ Xuân Bình", "Đỗ Xuân Bình"),
            ("a;b", "\"a;b\""),
        ] {
            assert_eq!(cell(text), written, "{text}");
        }
    }

    #[test]
    fn a_table_is_read_with_the_lines_of_its_rows() {
        let read = read("\u{feff}a;b\r\n\"x;\"\"y\r\nz\";1\r\n\r\nlast;", b';').unwrap();
        let rows: Vec<_> = read.iter().map(|row| (row.line, row.cells.join("|"))).collect();
        assert_eq!(rows, [(1, "a|b".into()), (2, "x;\"y\r\nz|1".into()), (5, "last|".into())]);
        assert_eq!(super::read("a\n\"b\nc", b','), Err(2));
    }
}
