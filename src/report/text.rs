//! A report as plain text, in lines that no mail program breaks.

use comfy_table::{CellAlignment, ContentArrangement, TableStyle};
use jiff::tz::TimeZone;

use super::Report;
use super::document::{Block, Cell, Column, Document, Side, Table};
use super::words;
use crate::text::one_line;

/// Columns of a line: RFC 5322 §2.1.1 asks for 78 at most.
const WIDTH: u16 = 76;
/// The longest bar.
const BAR: u64 = 14;

/// The report, with times of the office. Nothing in it acts on a terminal.
pub fn text(report: &Report, zone: &TimeZone) -> String {
    let Document { from, dated, subject, to, basis, sections, closing } = words::document(report, zone);
    let [organisation, office] = from.map(|text| one_line(&text).to_uppercase());
    let [subject, to] = [subject, to].map(|text| one_line(&text));
    let mut text =
        format!("{organisation}\n{office}\n{dated}\n\nBÁO CÁO\n{subject}\n\nKính gửi: {to}\n\n{}\n", paragraph(&basis));
    for (number, section) in (1..).zip(&sections) {
        text.extend([format!("\n{number}. {}\n", section.title.to_uppercase())]);
        text.extend(section.blocks.iter().map(block));
    }
    text.push('\n');
    text.push_str(&paragraph(&closing));
    text
}

fn block(block: &Block) -> String {
    match block {
        Block::Line(line) => paragraph(line),
        Block::List(items) => lines(items.iter().map(|item| ["-".to_owned(), one_line(item)])),
        Block::Facts(facts) => lines(facts.iter().map(|(label, known)| [format!("{label}:"), one_line(known)])),
        Block::Table(of) => table(of),
    }
}

fn paragraph(words: &str) -> String {
    lines(std::iter::once([one_line(words)]))
}

fn table(of: &Table) -> String {
    let mut table = empty();
    table.set_header(of.columns.iter().map(|column| one_line(&column.heading).to_uppercase()));
    table.add_rows(of.rows.iter().map(|row| row.iter().map(cell).collect::<Vec<_>>()));
    for (column, Column { side, .. }) in table.column_iter_mut().zip(&of.columns) {
        column.set_cell_alignment(match side {
            Side::Left => CellAlignment::Left,
            Side::Right => CellAlignment::Right,
        });
    }
    written(&table)
}

fn cell(cell: &Cell) -> String {
    let text = one_line(&cell.text);
    let bar = cell.bar.map(|bar| "█".repeat(bar.length(BAR))).filter(|bar| !bar.is_empty());
    bar.map_or_else(|| text.clone(), |bar| format!("{text} {bar}"))
}

fn lines<const N: usize>(rows: impl Iterator<Item = [String; N]>) -> String {
    written(empty().add_rows(rows))
}

fn empty() -> comfy_table::Table {
    let mut table = comfy_table::Table::new();
    table.load_style(TableStyle::new()).set_content_arrangement(ContentArrangement::Dynamic).set_width(WIDTH);
    table
}

fn written(table: &comfy_table::Table) -> String {
    table.lines().map(|line| line.strip_prefix(' ').unwrap_or(&line).trim_end().to_owned() + "\n").collect()
}
