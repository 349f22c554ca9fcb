//! Text as a table: comma, semicolon or tab between cells, quotes as in RFC 4180, and of every cell its line.

use csv::{ReaderBuilder, StringRecord};
use memchr::memchr_iter;

use super::fault::{Fault, Place, Wrong};
use crate::limits;

/// A table with its header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) header: Vec<Cell>,
    pub(super) rows: Vec<Row>,
}

/// A row in which something is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) line: u32,
    pub(super) cells: Vec<Cell>,
}

/// What stands in a cell, on one line; empty where nothing, or only `-`, is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) line: u32,
    pub(super) text: String,
}

/// Reads the table. Faults are added to `faults`; without a header there is no table.
pub(super) fn read(text: &str, faults: &mut Vec<Fault>) -> Option<Table> {
    let (named, body) = named_separator(text);
    let first = if named.is_some() { 2 } else { 1 };
    let mut records = Records::new(body, first, named.unwrap_or_else(|| separator(body)));
    let Some(header) = records.next(faults, &[]) else {
        faults.push(Fault::of_file(Wrong::NoHeader));
        return None;
    };
    let mut rows = Vec::new();
    while let Some(row) = records.next(faults, &header.cells) {
        if rows.len() == limits::SHEET_ROWS_MAX {
            faults.push(Fault { line: row.line, place: None, wrong: Wrong::TooManyRows });
            break;
        }
        rows.push(row);
    }
    Some(Table { header: header.cells, rows })
}

/// Excel's own first line, `sep=;`, and what follows it.
fn named_separator(text: &str) -> (Option<u8>, &str) {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let named = first.split_at_checked(4).filter(|(word, _)| word.eq_ignore_ascii_case("sep="));
    match named.map(|(_, separator)| separator.as_bytes()) {
        Some([separator @ (b',' | b';' | b'\t')]) => (Some(*separator), rest),
        _ => (None, text),
    }
}

/// What stands between cells: whatever of the three is most often outside quotes in the header.
fn separator(text: &str) -> u8 {
    let header = text.trim_start_matches('\n').split('\n').next().unwrap_or_default();
    let outside: String = header.split('"').step_by(2).collect();
    let count = |separator: &u8| memchr_iter(*separator, outside.as_bytes()).count();
    // The last of equals is taken: a comma where there is none of them.
    [b'\t', b';', b','].into_iter().max_by_key(count).unwrap_or(b',')
}

/// Records of a text, with the line on which each begins.
struct Records<'a> {
    text: &'a str,
    reader: csv::Reader<&'a [u8]>,
    record: StringRecord,
    /// How far lines are counted.
    counted: usize,
    line: u32,
}

impl<'a> Records<'a> {
    fn new(text: &'a str, first: u32, separator: u8) -> Self {
        let mut builder = ReaderBuilder::new();
        let reader = builder.has_headers(false).flexible(true).delimiter(separator).from_reader(text.as_bytes());
        Self { text, reader, record: StringRecord::new(), counted: 0, line: first }
    }

    /// The next record in which something is written.
    fn next(&mut self, faults: &mut Vec<Fault>, header: &[Cell]) -> Option<Row> {
        loop {
            match self.reader.read_record(&mut self.record) {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => {
                    faults.push(Fault { line: self.line, place: None, wrong: Wrong::Unreadable(error.to_string()) });
                    return None;
                }
            }
            if let Some(row) = self.row(faults, header) {
                return Some(row);
            }
        }
    }

    fn row(&mut self, faults: &mut Vec<Fault>, header: &[Cell]) -> Option<Row> {
        let written = self.written();
        // A quote that is not closed makes one cell of all the lines after it.
        if memchr_iter(b'"', written.as_bytes()).count() % 2 == 1 {
            faults.push(Fault { line: self.line, place: None, wrong: Wrong::Quote });
        }
        if self.record.len() > limits::SHEET_COLUMNS_MAX {
            faults.push(Fault { line: self.line, place: None, wrong: Wrong::TooManyColumns });
            return None;
        }
        let mut line = self.line;
        let mut cells = Vec::with_capacity(self.record.len());
        for (number, written) in (1..).zip(&self.record) {
            let place = || Place { number, header: header.get(cells.len()).map(|cell| cell.text.clone()) };
            match Cell::read(line, written) {
                Ok(cell) => cells.push(cell),
                Err(wrong) => {
                    faults.push(Fault { line, place: Some(place()), wrong });
                    cells.push(Cell { line, text: String::new() });
                }
            }
            line = line.saturating_add(lines(written));
        }
        let blank = cells.iter().all(|cell| cell.text.is_empty());
        (!blank).then_some(Row { line: self.line, cells })
    }

    /// The record as it stands in the text; counts lines up to its first. The reader passes over empty lines itself.
    fn written(&mut self) -> &'a str {
        let offset = |position: Option<&csv::Position>| {
            position.and_then(|position| usize::try_from(position.byte()).ok()).unwrap_or(self.text.len())
        };
        let (begin, end) = (offset(self.record.position()), offset(Some(self.reader.position())));
        let written = self.text.get(begin..end).unwrap_or_default();
        let record = written.trim_start_matches('\n');
        let begin = begin + written.len() - record.len();
        self.line = self.line.saturating_add(lines(self.text.get(self.counted..begin).unwrap_or_default()));
        self.counted = begin;
        record
    }
}

fn lines(text: &str) -> u32 {
    u32::try_from(memchr_iter(b'\n', text.as_bytes()).count()).unwrap_or(u32::MAX)
}

impl Cell {
    fn read(line: u32, written: &str) -> Result<Self, Wrong> {
        if written.len() > limits::SHEET_CELL_BYTES_MAX {
            return Err(Wrong::CellTooLong);
        }
        let text = written.split_whitespace().collect::<Vec<_>>().join(" ");
        if text == "-" {
            return Ok(Self { line, text: String::new() });
        }
        // A spreadsheet program would run it, on the machine of whoever opens a list made from this file.
        let begins = |text: &str| text.chars().next().filter(|first| matches!(first, '=' | '+' | '-' | '@' | '\t'));
        match begins(written).or_else(|| begins(&text)).filter(|_| !text.is_empty()) {
            Some(first) => Err(Wrong::Formula(first)),
            None => Ok(Self { line, text }),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn texts(text: &str) -> (Vec<Vec<String>>, Vec<(u32, Wrong)>) {
        let mut faults = Vec::new();
        let table = read(text, &mut faults);
        let all = table.map_or_else(Vec::new, |table| {
            let rows = table.rows.into_iter().map(|row| row.cells);
            std::iter::once(table.header).chain(rows).collect::<Vec<_>>()
        });
        let words = |cells: Vec<Cell>| cells.into_iter().map(|cell| cell.text).collect();
        (all.into_iter().map(words).collect(), faults.into_iter().map(|fault| (fault.line, fault.wrong)).collect())
    }

    #[test]
    fn every_separator_reads_the_same() {
        for separator in [",", ";", "\t"] {
            for named in ["", "sep=X\n", "SEP=X\n"] {
                let text = format!("{named}aXbXc\n\n1X\"2 \"\"hai\"\"\n 2\"X-\nXX\n4\n").replace('X', separator);
                let (cells, faults) = texts(&text);
                assert_eq!(cells, [vec!["a", "b", "c"], vec!["1", "2 \"hai\" 2", ""], vec!["4"]], "{text:?}");
                assert_eq!(faults, []);
            }
        }
        assert_eq!(texts("a;\"b,c,d\"\n").0, [["a", "b,c,d"]], "what is within quotes does not count");
    }

    #[test]
    fn every_cell_knows_its_line() {
        let mut faults = Vec::new();
        let table = read("\n\nx,y\n\n\"a\nb\",\"c\n\",d\n\ne,f", &mut faults).unwrap();
        let lines = |row: &Row| (row.line, row.cells.iter().map(|cell| cell.line).collect::<Vec<_>>());
        assert_eq!(table.header.first().unwrap().line, 3);
        assert_eq!(table.rows.iter().map(lines).collect::<Vec<_>>(), [(5, vec![5, 6, 7]), (9, vec![9, 9])]);
    }

    #[test]
    fn what_a_spreadsheet_would_run_is_refused() {
        for cell in ["=cmd|'/c calc'!A0", "+1", "@SUM(1)", "-1", "\t=1", " =1"] {
            let first = if cell.starts_with('\t') { '\t' } else { cell.trim().chars().next().unwrap() };
            assert_eq!(texts(&format!("a;b\n1;\"{cell}\"\n")).1, [(2, Wrong::Formula(first))], "{cell:?}");
        }
        assert_eq!(texts("a,b\n-,1\n").1, []);
    }

    #[test]
    fn a_quote_that_is_not_closed_is_told() {
        assert_eq!(texts("a,b\n1,\"2\n3,4\n").1, [(2, Wrong::Quote)]);
        assert_eq!(texts("a,b\n1,5\"\n3,4\n").1, [(2, Wrong::Quote)]);
        assert_eq!(texts("").1, [(1, Wrong::NoHeader)]);
        assert_eq!(texts("\n;;\n").1, [(1, Wrong::NoHeader)]);
    }

    #[test]
    fn tables_are_bounded() {
        let many = format!("a\n{}", "1\n".repeat(limits::SHEET_ROWS_MAX + 1));
        assert_eq!(texts(&many).1, [(u32::try_from(limits::SHEET_ROWS_MAX).unwrap() + 2, Wrong::TooManyRows)]);
        assert_eq!(texts(&format!("a\n{}\n", ",".repeat(limits::SHEET_COLUMNS_MAX))).1, [(2, Wrong::TooManyColumns)]);
        assert_eq!(
            texts(&format!("a\n{}\n", "x".repeat(limits::SHEET_CELL_BYTES_MAX + 1))).1,
            [(2, Wrong::CellTooLong)]
        );
    }
}
