//! Line files as a table that people open, and the Centre's answers as a table that people type (RFC 4180).

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

/// Reads a table whose cells are parted by `separator`; empty lines are left out.
///
/// # Errors
/// The line on which a quoted cell begins that never ends.
pub fn read(text: &str, separator: char) -> Result<Vec<Record>, usize> {
    let mut records = Vec::new();
    let (mut cells, mut cell) = (Vec::new(), String::new());
    let (mut line, mut begun) = (1, 1);
    let mut quoted = None;
    let mut characters = text.strip_prefix(BOM).unwrap_or(text).chars().peekable();
    while let Some(c) = characters.next() {
        line += usize::from(c == '\n');
        match (c, quoted) {
            ('"', Some(_)) if characters.next_if_eq(&'"').is_some() => cell.push('"'),
            ('"', Some(_)) => quoted = None,
            ('"', None) if cell.is_empty() => quoted = Some(line),
            ('\n', None) => {
                cells.push(std::mem::take(&mut cell));
                records.push(Record { line: begun, cells: std::mem::take(&mut cells) });
                begun = line;
            }
            ('\r', None) if characters.peek() == Some(&'\n') => {}
            (c, None) if c == separator => cells.push(std::mem::take(&mut cell)),
            (c, _) => cell.push(c),
        }
    }
    if let Some(line) = quoted {
        return Err(line);
    }
    cells.push(cell);
    records.push(Record { line: begun, cells });
    records.retain(|record| record.cells.iter().any(|cell| !cell.trim().is_empty()));
    Ok(records)
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
        let read = read("\u{feff}a;b\r\n\"x;\"\"y\r\nz\";1\r\n\r\nlast;", ';').unwrap();
        let rows: Vec<_> = read.iter().map(|row| (row.line, row.cells.join("|"))).collect();
        assert_eq!(rows, [(1, "a|b".into()), (2, "x;\"y\r\nz|1".into()), (5, "last|".into())]);
        assert_eq!(super::read("a\n\"b\nc", ','), Err(2));
    }
}
