//! Rows as decisions: each row an act, rows of one number and year one decision, in the order of the file.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use serde::{Deserialize, Serialize};

use super::columns::Column;
use super::fault::{Fault, Wrong};
use super::kinds::{Kind, NamedKind};
use super::reading::{Paper, Reading};
use super::table::{Cell, Table};
use crate::directory::Decision;
use crate::name::PersonName;
use crate::provisioning::Act;
use crate::text::fold;

/// A decision of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    /// The paper.
    pub decision: Decision,
    /// Its acts, in the order of the file.
    pub acts: Vec<RowAct>,
}

/// A row as an act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowAct {
    /// The line of the file.
    pub line: u32,
    /// What is to be done.
    pub act: Act,
    /// The name that the row gives a person whom it names by address or code: it must be that person's.
    pub bears: Option<PersonName>,
}

/// The decisions of a table. Faults are added to `faults`; what has one is left out.
pub(super) fn read(table: &Table, columns: &[Option<Column>], faults: &mut Vec<Fault>) -> Vec<Planned> {
    let mut decisions = Decisions::default();
    let mut seen = Seen::default();
    for row in &table.rows {
        let mut reading = Reading { row, header: &table.header, columns, faults };
        reading.beyond();
        seen.row(&mut reading);
        let paper = reading.paper();
        let act = reading.act();
        if let (Some(paper), Some(kind)) = (paper, reading.kind()) {
            decisions.enter(paper, kind, act, &mut reading);
        }
    }
    decisions.in_order
}

/// The decisions found so far.
#[derive(Default)]
struct Decisions {
    in_order: Vec<Planned>,
    /// By number and year: where it is, and where each of its particulars was read.
    known: HashMap<(String, i16), Known>,
}

struct Known {
    index: usize,
    line: u32,
    effective: Option<u32>,
    issuer: Option<u32>,
    note: Option<u32>,
}

impl Decisions {
    /// Enters a row's act under its decision; particulars that a row leaves empty are those of the other rows.
    fn enter(&mut self, paper: Paper, kind: &NamedKind, act: Option<RowAct>, reading: &mut Reading<'_>) {
        let line = reading.row.line;
        let known = self.known.entry((paper.number.key(), paper.dated.year())).or_insert_with(|| {
            let decision = Decision {
                number: paper.number.clone(),
                dated: paper.dated,
                effective: paper.dated,
                kind: kind.decision(),
                issuer: None,
                approver: None,
                note: None,
            };
            self.in_order.push(Planned { decision, acts: Vec::new() });
            Known { index: self.in_order.len() - 1, line, effective: None, issuer: None, note: None }
        });
        let Some(planned) = self.in_order.get_mut(known.index) else { return };
        let decision = &mut planned.decision;
        if paper.dated != decision.dated {
            reading.wrong(Column::Dated, Wrong::Disagrees { column: Column::Dated, line: known.line });
        }
        let mut effective = known.effective.map(|_| decision.effective);
        reading.agree(Column::Effective, paper.effective, &mut effective, &mut known.effective);
        decision.effective = effective.unwrap_or(decision.effective);
        let issuer = paper.issuer.map(String::from);
        reading.agree(Column::Issuer, issuer, &mut decision.issuer, &mut known.issuer);
        reading.agree(Column::Note, paper.note.map(String::from), &mut decision.note, &mut known.note);
        planned.acts.extend(act);
    }
}

/// What may be in a file only once, and the line of the first (hostile B88).
#[derive(Default)]
struct Seen {
    rows: HashMap<Vec<String>, u32>,
    values: HashMap<(Column, String), u32>,
}

impl Seen {
    fn row(&mut self, reading: &mut Reading<'_>) {
        let read = |(column, cell): (&Option<Column>, &Cell)| match column {
            // Rows are numbered in their own column, also where they are the same otherwise.
            Some(Column::Serial) => String::new(),
            _ => word_key_exact(&cell.text),
        };
        let cells: Vec<_> = reading.columns.iter().zip(&reading.row.cells).map(read).collect();
        if let Some(line) = first(self.rows.entry(cells), reading.row.line) {
            reading.wrong_at(None, Wrong::Repeated { line });
        }
        let once: &[Column] = match reading.kind().map(|named| named.kind) {
            Some(Kind::Hire) => &[Column::StaffCode, Column::Address],
            Some(Kind::Rename) => &[Column::Address],
            Some(Kind::CreateUnit) => &[Column::Unit],
            Some(Kind::SplitUnit | Kind::RenameUnit) => &[Column::NewCode],
            _ => &[],
        };
        for column in once {
            let Some(key) = reading.text(*column).map(fold) else { continue };
            // The code of a unit, old or new, is also an address.
            let shared = if *column == Column::StaffCode { *column } else { Column::Address };
            if let Some(line) = first(self.values.entry((shared, key)), reading.row.line) {
                reading.wrong(*column, Wrong::Twice { column: *column, line });
            }
        }
    }
}

/// Case and form make no difference, letters do: Đào and Dao are two people.
fn word_key_exact(text: &str) -> String {
    text.to_lowercase()
}

/// The line of the first of equals; none where this is it.
fn first<K>(entry: Entry<'_, K, u32>, line: u32) -> Option<u32> {
    match entry {
        Entry::Occupied(first) => Some(*first.get()),
        Entry::Vacant(place) => {
            place.insert(line);
            None
        }
    }
}
