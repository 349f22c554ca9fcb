//! The columns that a file may have, by name: Vietnamese or English, with or without diacritics, in any case and order.

use super::fault::{Fault, Place, Wrong};
use super::table::Cell;
use crate::language::Language;
use crate::text::fold;

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "COLUMNS tells what each holds")]
pub enum Column {
    Serial,
    Number,
    Dated,
    Effective,
    Issuer,
    Kind,
    Who,
    StaffCode,
    Name,
    Unit,
    To,
    Position,
    Address,
    NewName,
    Reason,
    HandoverTo,
    UnitName,
    UnitKind,
    Place,
    Parent,
    NewCode,
    Staff,
    Note,
}

/// A column with its names.
#[derive(Clone, Copy, Debug)]
pub struct NamedColumn {
    /// Which.
    pub column: Column,
    /// Its name in Vietnamese.
    pub vi: &'static str,
    /// Its name in English.
    pub en: &'static str,
    /// Other names under which offices know it.
    pub others: &'static [&'static str],
    /// What it holds.
    pub about: &'static str,
}

/// All columns: reading, messages and the manual know them from here.
pub const COLUMNS: [NamedColumn; 23] = {
    const fn column(
        column: Column,
        (vi, en): (&'static str, &'static str),
        others: &'static [&'static str],
        about: &'static str,
    ) -> NamedColumn {
        NamedColumn { column, vi, en, others, about }
    }
    [
        column(Column::Serial, ("STT", "no"), &["số thứ tự", "tt"], "not read"),
        column(
            Column::Number,
            ("số quyết định", "decision"),
            &["số QĐ", "quyết định", "decision number"],
            "number of the decision; rows of one number and year are one decision",
        ),
        column(Column::Dated, ("ngày ký", "dated"), &["ngày quyết định"], "the day it was signed"),
        column(
            Column::Effective,
            ("hiệu lực", "effective"),
            &["ngày hiệu lực", "ngày có hiệu lực", "hiệu lực từ"],
            "the day from which it holds; that of signing if empty",
        ),
        column(Column::Issuer, ("người ký", "issuer"), &[], "who signed it"),
        column(Column::Kind, ("loại", "kind"), &["loại quyết định"], "what is decided, see the kinds below"),
        column(Column::Who, ("ai", "who"), &[], "the person: address, staff code or full name"),
        column(
            Column::StaffCode,
            ("mã cán bộ", "staff code"),
            &["mã số cán bộ", "mã số", "mã công chức"],
            "the personnel office's number; names the person where \"who\" is empty",
        ),
        column(
            Column::Name,
            ("họ và tên", "name"),
            &["họ tên", "full name"],
            "full name; names the person where nothing else does, and is compared where something does",
        ),
        column(Column::Unit, ("đơn vị", "unit"), &["mã đơn vị"], "code of the unit"),
        column(
            Column::To,
            ("đơn vị mới", "to"),
            &["đến đơn vị", "đơn vị đến"],
            "code of the unit that the person goes to, or that takes a unit over",
        ),
        column(Column::Position, ("chức vụ", "position"), &["chức danh"], "position, the new one"),
        column(Column::Address, ("địa chỉ", "address"), &["địa chỉ thư"], "the part before @, instead of the rule's"),
        column(Column::NewName, ("tên mới", "new name"), &["họ và tên mới"], "the new name of a person or unit"),
        column(
            Column::Reason,
            ("lý do", "reason"),
            &["lí do"],
            "why somebody leaves: retire, resign, move-out, dismiss, die",
        ),
        column(
            Column::HandoverTo,
            ("bàn giao cho", "handover to"),
            &["người nhận bàn giao"],
            "who takes over the mailboxes that the person answers for",
        ),
        column(Column::UnitName, ("tên đơn vị", "unit name"), &[], "full name of a new unit"),
        column(Column::UnitKind, ("loại đơn vị", "unit kind"), &[], "office, division, centre, enforcement, notary"),
        column(Column::Place, ("nơi", "place"), &["nối mạng"], "lan, the default, or remote"),
        column(Column::Parent, ("đơn vị cấp trên", "parent"), &["trực thuộc"], "code of the unit above"),
        column(Column::NewCode, ("mã mới", "new code"), &["mã đơn vị mới"], "code of a new unit, or a unit's new code"),
        column(
            Column::Staff,
            ("cán bộ chuyển sang", "staff"),
            &[],
            "who go into the new unit of a split, parted by semicolons",
        ),
        column(Column::Note, ("ghi chú", "note"), &[], "a note on the decision"),
    ]
};

impl Column {
    /// Its name in messages.
    pub fn name(self, language: Language) -> &'static str {
        let named = COLUMNS.iter().find(|named| named.column == self);
        named.map_or("", |named| match language {
            Language::Vi => named.vi,
            Language::En => named.en,
        })
    }

    fn of(header: &str) -> Option<Self> {
        let key = word_key(header);
        let is = |name: &str| word_key(name) == key;
        let named = COLUMNS.iter().find(|named| is(named.vi) || is(named.en) || named.others.iter().any(|o| is(o)));
        named.map(|named| named.column)
    }
}

/// The form in which words of a file are compared: letters and digits alone, without diacritics and case.
pub(super) fn word_key(text: &str) -> String {
    fold(text).chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Which columns a header has, by their place; none where nothing is written.
pub(super) fn of(header: &[Cell], faults: &mut Vec<Fault>) -> Vec<Option<Column>> {
    let mut columns: Vec<Option<Column>> = Vec::with_capacity(header.len());
    for (number, cell) in (1..).zip(header) {
        let mut wrong = |wrong| {
            let place = Some(Place { number, header: Some(cell.text.clone()) });
            faults.push(Fault { line: cell.line, place, wrong });
        };
        let column = Column::of(&cell.text);
        match column {
            None if !cell.text.is_empty() => wrong(Wrong::UnknownColumn),
            Some(column) if columns.contains(&Some(column)) => wrong(Wrong::DoubledColumn(column)),
            _ => {}
        }
        columns.push(column);
    }
    let line = header.first().map_or(1, |cell| cell.line);
    for column in [Column::Number, Column::Dated, Column::Kind] {
        if !columns.contains(&Some(column)) {
            faults.push(Fault { line, place: None, wrong: Wrong::MissingColumn(column) });
        }
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_names_one_column() {
        for named in COLUMNS {
            for name in [named.vi, named.en].iter().chain(named.others) {
                for written in [(*name).to_owned(), name.to_uppercase(), fold(name), name.replace(' ', "_")] {
                    assert_eq!(Column::of(&written), Some(named.column), "{written}");
                }
            }
        }
    }

    #[test]
    fn columns_that_are_unknown_doubled_or_missing_are_told() {
        let header = ["Decision", "Số quyết định", "Lương", "", "DATED"];
        let cells: Vec<_> = header.map(|text| Cell { line: 1, text: text.to_owned() }).into();
        let mut faults = Vec::new();
        let columns = of(&cells, &mut faults);
        let number = Some(Column::Number);
        assert_eq!(columns, [number, number, None, None, Some(Column::Dated)]);
        let wrongs: Vec<_> = faults.into_iter().map(|fault| fault.wrong).collect();
        let missing = Wrong::MissingColumn(Column::Kind);
        assert_eq!(wrongs, [Wrong::DoubledColumn(Column::Number), Wrong::UnknownColumn, missing]);
    }
}
