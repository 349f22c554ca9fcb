//! The personnel office's file (R11): a table of decisions, a row for each person or unit, as spreadsheet programs save it.
//!
//! Bytes become text ([`decode`]), text a table ([`table`]), its header known columns ([`columns`]), each row an act
//! ([`reading`]), and rows decisions ([`rows`]). Everything here is pure, and all that is wrong with a file is told at
//! once (hostile B87, B88).

mod apply;
mod columns;
mod decode;
mod fault;
mod kinds;
mod reading;
mod rows;
mod table;

pub use apply::{Considered, Manner, Outcome, RowRefusal, SheetError, SheetOrder};
pub use columns::{COLUMNS, Column, NamedColumn};
pub use decode::Encoding;
pub use fault::{Fault, Place, Wrong};
pub use kinds::{KINDS, Kind, NamedKind};
pub use rows::{Planned, RowAct};

use crate::name::NameError;
use crate::text::fold;
use table::Table;

/// A file that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// Its decisions, in the order of their first rows.
    pub planned: Vec<Planned>,
    table: Table,
}

impl Sheet {
    /// The place of a cell on a line that holds this word: where a rule refuses what it names.
    pub fn place(&self, line: u32, word: &str) -> Option<Place> {
        let index = self.table.rows.binary_search_by_key(&line, |row| row.line).ok()?;
        let row = self.table.rows.get(index)?;
        let index = row.cells.iter().position(|cell| fold(&cell.text) == fold(word))?;
        let header = self.table.header.get(index).map(|cell| cell.text.clone());
        Some(Place { number: u32::try_from(index + 1).ok()?, header })
    }
}

/// Reads a file: its decisions, or everything that is wrong with it, by line.
pub fn read(octets: &[u8], encoding: Encoding) -> Result<Sheet, Vec<Fault>> {
    let text = decode::text(octets, encoding).map_err(|fault| vec![fault])?;
    let unfit = decode::unfit(&text);
    let mut faults = Vec::new();
    let sheet = table::read(&text, &mut faults).map(|table| {
        let columns = columns::of(&table.header, &mut faults);
        Sheet { planned: rows::read(&table, &columns, &mut faults), table }
    });
    // A control character is told where it stands, not once more as part of a name.
    let told = |fault: &Fault| {
        fault.wrong == Wrong::Name(NameError::Control) && unfit.iter().any(|other| other.line == fault.line)
    };
    faults.retain(|fault| !told(fault));
    faults.extend(unfit);
    match sheet {
        Some(sheet) if faults.is_empty() => Ok(sheet),
        _ => {
            faults.sort_by_key(|fault| (fault.line, fault.place.as_ref().map(|place| place.number)));
            Err(faults)
        }
    }
}

#[cfg(test)]
mod tests;
