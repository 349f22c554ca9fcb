//! One row, cell by cell: what it says of its decision, and its act.

use jiff::civil::Date;

use super::columns::{Column, word_key};
use super::fault::{Fault, Place, Wrong};
use super::kinds::{Kind, NamedKind};
use super::rows::RowAct;
use super::table::{Cell, Row};
use crate::clock;
use crate::directory::{Place as UnitPlace, Reach, UnitKind};
use crate::name::{Label, LocalPart, NameError, PersonName};
use crate::provisioning::{
    Act, CloseUnit, CreateUnit, Depart, FirstPassword, Hire, Registration, Reinstate, Rename, RenameUnit, SplitUnit,
    Transfer,
};

/// A row being read.
pub(super) struct Reading<'a> {
    pub(super) row: &'a Row,
    pub(super) header: &'a [Cell],
    pub(super) columns: &'a [Option<Column>],
    pub(super) faults: &'a mut Vec<Fault>,
}

/// What a row says of its decision.
pub(super) struct Paper {
    pub(super) number: Label,
    pub(super) dated: Date,
    pub(super) effective: Option<Date>,
    pub(super) issuer: Option<Label>,
    pub(super) note: Option<Label>,
}

impl Reading<'_> {
    /// A particular of the decision: the first row that has it says it, the others say the same or nothing.
    pub(super) fn agree<T: PartialEq>(
        &mut self,
        column: Column,
        here: Option<T>,
        said: &mut Option<T>,
        on: &mut Option<u32>,
    ) {
        let Some(here) = here else { return };
        match *on {
            Some(line) if said.as_ref() != Some(&here) => self.wrong(column, Wrong::Disagrees { column, line }),
            Some(_) => {}
            None => (*said, *on) = (Some(here), Some(self.row.line)),
        }
    }

    /// The cell of a column, and its number.
    fn cell(&self, column: Column) -> Option<(u32, &str)> {
        let index = self.columns.iter().position(|known| *known == Some(column))?;
        let text = self.row.cells.get(index).map_or("", |cell| cell.text.as_str());
        Some((u32::try_from(index + 1).ok()?, text))
    }

    /// What stands in a column; none where nothing does.
    pub(super) fn text(&self, column: Column) -> Option<&str> {
        self.cell(column).map(|(_, text)| text).filter(|text| !text.is_empty())
    }

    pub(super) fn wrong(&mut self, column: Column, wrong: Wrong) {
        let number = self.cell(column).map(|(number, _)| number);
        self.wrong_at(number, wrong);
    }

    pub(super) fn wrong_at(&mut self, number: Option<u32>, wrong: Wrong) {
        let index = number.and_then(|number| usize::try_from(number).ok()).map(|number| number - 1);
        let line = index.and_then(|index| self.row.cells.get(index)).map_or(self.row.line, |cell| cell.line);
        let header = index.and_then(|index| self.header.get(index)).map(|cell| cell.text.clone());
        let place = number.map(|number| Place { number, header });
        self.faults.push(Fault { line, place, wrong });
    }

    /// What stands in a column, read; a fault where it cannot be.
    fn parsed<T>(&mut self, column: Column, parse: impl FnOnce(&str) -> Result<T, Wrong>) -> Option<T> {
        let parsed = parse(self.text(column)?);
        parsed.map_err(|wrong| self.wrong(column, wrong)).ok()
    }

    fn label(&mut self, column: Column) -> Option<Label> {
        self.parsed(column, |text| Label::parse(text).map_err(Wrong::Name))
    }

    fn person(&mut self, column: Column) -> Option<PersonName> {
        self.parsed(column, |text| PersonName::parse(text).map_err(Wrong::Name))
    }

    fn local(&mut self, column: Column) -> Option<LocalPart> {
        self.parsed(column, |text| LocalPart::parse(text).map_err(Wrong::Name))
    }

    fn date(&mut self, column: Column) -> Option<Date> {
        self.parsed(column, |text| clock::date(text).ok_or(Wrong::Date))
    }

    /// Text that is looked up in the directory: one line like a name, kept as it is written.
    fn word(&mut self, column: Column) -> Option<String> {
        self.label(column).map(String::from)
    }

    /// Cells that stand under no name.
    pub(super) fn beyond(&mut self) {
        for (number, cell) in (1..).zip(&self.row.cells) {
            let named = usize::try_from(number - 1).ok().and_then(|index| self.header.get(index));
            if !cell.text.is_empty() && named.is_none_or(|header| header.text.is_empty()) {
                self.wrong_at(Some(number), Wrong::NoColumn);
            }
        }
    }

    /// What the row decides.
    pub(super) fn kind(&self) -> Option<&'static NamedKind> {
        self.text(Column::Kind).and_then(NamedKind::of)
    }

    /// The decision that the row is of.
    pub(super) fn paper(&mut self) -> Option<Paper> {
        let words = self.kind().map_or(("quyết định", "decision"), |kind| (kind.vi, kind.en));
        for column in [Column::Number, Column::Dated, Column::Kind] {
            if self.cell(column).is_some_and(|(_, text)| text.is_empty()) {
                self.wrong(column, Wrong::Needed(column, words.0, words.1));
            }
        }
        let (effective, issuer, note) =
            (self.date(Column::Effective), self.label(Column::Issuer), self.label(Column::Note));
        let (number, dated) = (self.label(Column::Number), self.date(Column::Dated));
        Some(Paper { number: number?, dated: dated?, effective, issuer, note })
    }

    /// The row's act.
    pub(super) fn act(&mut self) -> Option<RowAct> {
        let before = self.faults.len();
        let kind = self.parsed(Column::Kind, |word| NamedKind::of(word).ok_or(Wrong::Kind))?;
        self.filled(kind);
        let act = self.of_kind(kind.kind);
        let named_otherwise = kind.needs.contains(&Column::Who)
            && (self.text(Column::Who).is_some() || self.text(Column::StaffCode).is_some());
        let bears = if named_otherwise { self.person(Column::Name) } else { None };
        let sound = self.faults.len() == before;
        act.filter(|_| sound).map(|act| RowAct { line: self.row.line, act, bears })
    }

    /// Whether the cells that the kind needs are filled, and no others.
    fn filled(&mut self, kind: &NamedKind) {
        let identity = [Column::Who, Column::StaffCode, Column::Name];
        for column in kind.needs {
            let empty = match column {
                Column::Who => identity.iter().all(|column| self.text(*column).is_none()),
                column => self.text(*column).is_none(),
            };
            if empty {
                self.wrong(*column, Wrong::Needed(*column, kind.vi, kind.en));
            }
        }
        let used = |column: Column| {
            let always = matches!(
                column,
                Column::Serial
                    | Column::Number
                    | Column::Dated
                    | Column::Effective
                    | Column::Issuer
                    | Column::Kind
                    | Column::Note
            );
            let names = kind.needs.contains(&Column::Who) && identity.contains(&column);
            always || names || kind.needs.contains(&column) || kind.takes.contains(&column)
        };
        let columns = self.columns;
        for column in columns.iter().flatten().filter(|column| !used(**column)) {
            if self.text(*column).is_some() {
                self.wrong(*column, Wrong::NotUsed(kind.vi, kind.en));
            }
        }
    }

    /// Whom the row is about.
    fn who(&mut self) -> Option<String> {
        let named = [Column::Who, Column::StaffCode, Column::Name];
        let column = named.into_iter().find(|column| self.text(*column).is_some())?;
        self.word(column)
    }

    /// Every column is read before one that is missing ends it, so that all faults are told.
    fn of_kind(&mut self, kind: Kind) -> Option<Act> {
        Some(match kind {
            Kind::Hire => {
                let (name, unit) = (self.person(Column::Name), self.word(Column::Unit));
                let (position, staff_code) = (self.label(Column::Position), self.label(Column::StaffCode));
                let address = self.local(Column::Address);
                Act::Hire(Hire {
                    name: name?,
                    unit: unit?,
                    position,
                    staff_code,
                    address,
                    quota_bytes: None,
                    reach: Reach::Province,
                    registration: Registration::Wanted,
                    first_password: FirstPassword::Later,
                })
            }
            Kind::Reinstate => {
                let (who, unit, position) = (self.who(), self.word(Column::Unit), self.label(Column::Position));
                Act::Reinstate(Reinstate { who: who?, unit, position, first_password: FirstPassword::Later })
            }
            Kind::Transfer => {
                let (who, to) = (self.who(), self.word(Column::To));
                let (position, handover_to) = (self.label(Column::Position), self.word(Column::HandoverTo));
                Act::Transfer(Transfer { who: who?, to: to?, position, handover_to })
            }
            Kind::Promote => {
                let (who, position) = (self.who(), self.label(Column::Position));
                Act::Promote { who: who?, position: position? }
            }
            Kind::Rename => {
                let (who, name, address) = (self.who(), self.person(Column::NewName), self.local(Column::Address));
                Act::Rename(Rename { who: who?, name: name?, address })
            }
            Kind::Suspend => Act::Suspend { who: self.who()? },
            Kind::Resume => Act::Resume { who: self.who()? },
            Kind::Depart(reason) => {
                let told = || self.parsed(Column::Reason, |word| Kind::reason(word).ok_or(Wrong::Reason));
                let reason = reason.or_else(told);
                let (who, handover_to) = (self.who(), self.word(Column::HandoverTo));
                Act::Depart(Depart { who: who?, reason: reason?, handover_to, grace: None, treatment: None })
            }
            Kind::CreateUnit => Act::CreateUnit(self.new_unit(Column::Unit)?),
            Kind::RenameUnit => {
                let code = self.word(Column::Unit);
                let (name, new_code) = (self.label(Column::NewName), self.local(Column::NewCode));
                if self.text(Column::NewName).or(self.text(Column::NewCode)).is_none() {
                    self.wrong(Column::NewName, Wrong::NothingNew);
                }
                Act::RenameUnit(RenameUnit { code: code?, name, new_code })
            }
            Kind::MergeUnit => {
                let (code, into) = (self.word(Column::Unit), self.word(Column::To));
                Act::MergeUnit { code: code?, into: into? }
            }
            Kind::SplitUnit => {
                let (code, new, staff) = (self.word(Column::Unit), self.new_unit(Column::NewCode), self.people());
                Act::SplitUnit(SplitUnit { code: code?, new: new?, staff })
            }
            Kind::CloseUnit => {
                Act::CloseUnit(CloseUnit { code: self.word(Column::Unit)?, grace: None, treatment: None })
            }
            Kind::AppointHead => {
                let (code, who) = (self.word(Column::Unit), self.who());
                Act::AppointHead { code: code?, who: who? }
            }
        })
    }

    fn new_unit(&mut self, code: Column) -> Option<CreateUnit> {
        let (code, name) = (self.local(code), self.label(Column::UnitName));
        let kind = self.parsed(Column::UnitKind, |word| unit_kind(word).ok_or(Wrong::UnitKind));
        let place = self.parsed(Column::Place, |word| unit_place(word).ok_or(Wrong::UnitPlace));
        let parent = self.word(Column::Parent);
        Some(CreateUnit { code: code?, name: name?, kind: kind?, place: place.unwrap_or(UnitPlace::Lan), parent })
    }

    /// People of one cell, parted by semicolons.
    fn people(&mut self) -> Vec<String> {
        let read = |text: &str| {
            let parts = text.split(';').map(str::trim).filter(|part| !part.is_empty());
            parts
                .map(|part| Label::parse(part).map(String::from))
                .collect::<Result<_, NameError>>()
                .map_err(Wrong::Name)
        };
        self.parsed(Column::Staff, read).unwrap_or_default()
    }
}

fn unit_kind(word: &str) -> Option<UnitKind> {
    let key = word_key(word);
    let vietnamese = |kind: UnitKind| match kind {
        UnitKind::Office => ["văn phòng", "lãnh đạo"],
        UnitKind::Division => ["phòng", "phòng chuyên môn"],
        UnitKind::Centre => ["trung tâm", "đơn vị sự nghiệp"],
        UnitKind::Enforcement => ["thi hành án", "thi hành án dân sự"],
        UnitKind::Notary => ["công chứng", "phòng công chứng"],
    };
    let is = |kind: &UnitKind| vietnamese(*kind).iter().chain([&kind.as_str()]).any(|known| word_key(known) == key);
    UnitKind::ALL.iter().copied().find(is)
}

fn unit_place(word: &str) -> Option<UnitPlace> {
    match word_key(word).as_str() {
        "lan" | "manglan" => Some(UnitPlace::Lan),
        "oxa" | "xa" | "remote" => Some(UnitPlace::Remote),
        _ => None,
    }
}
