//! What is wrong with a file, at its place, in both languages.

use super::columns::Column;
use super::kinds::{KINDS, NamedKind};
use crate::directory::{Place as UnitPlace, UnitKind};
use crate::language::Language;
use crate::limits;
use crate::name::NameError;

/// Something wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The line of the file, from 1.
    pub line: u32,
    /// Where on it, if not the whole of it.
    pub place: Option<Place>,
    /// What.
    pub wrong: Wrong,
}

/// A place on a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The number of the column, from 1; without a header, of the character.
    pub number: u32,
    /// The column's name in the file.
    pub header: Option<String>,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// More octets than are read.
    FileTooLong,
    /// This octet is no part of UTF-8.
    NotUtf8(u8),
    /// Half a character of UTF-16.
    NotUtf16,
    /// A control character.
    Control(char),
    /// An earlier conversion has put a replacement character here.
    Replaced,
    /// Nothing is written.
    NoHeader,
    /// A quote is not closed, or stands where none may.
    Quote,
    /// More rows than are read.
    TooManyRows,
    /// More cells than are read.
    TooManyColumns,
    /// A longer cell than is read.
    CellTooLong,
    /// The table cannot be read.
    Unreadable(String),
    /// A formula of spreadsheet programs, by its first character.
    Formula(char),
    /// No column has this name.
    UnknownColumn,
    /// The column is there already.
    DoubledColumn(Column),
    /// The file lacks a column.
    MissingColumn(Column),
    /// Something stands beyond the named columns.
    NoColumn,
    /// The cell is empty.
    Needed(Column, &'static str, &'static str),
    /// The kind has no use for the cell.
    NotUsed(&'static str, &'static str),
    /// A rename that renames nothing.
    NothingNew,
    /// No day.
    Date,
    /// No kind.
    Kind,
    /// No reason to leave.
    Reason,
    /// No kind of unit.
    UnitKind,
    /// No place of a unit.
    UnitPlace,
    /// No name, label or local part.
    Name(NameError),
    /// Rows of one decision differ.
    Disagrees {
        /// In what.
        column: Column,
        /// From which line.
        line: u32,
    },
    /// The same row again.
    Repeated {
        /// The line of the first.
        line: u32,
    },
    /// Two are to have one address, staff code or unit code.
    Twice {
        /// What they would share.
        column: Column,
        /// The line of the first.
        line: u32,
    },
}

impl Fault {
    /// A fault of the file as a whole.
    pub(super) fn of_file(wrong: Wrong) -> Self {
        Self { line: 1, place: None, wrong }
    }

    /// A stable code for scripts.
    pub fn code(&self) -> &'static str {
        match self.wrong {
            Wrong::FileTooLong => "file_too_long",
            Wrong::NotUtf8(_) | Wrong::NotUtf16 | Wrong::Replaced => "encoding",
            Wrong::Control(_) => "control_character",
            Wrong::NoHeader => "no_header",
            Wrong::Quote => "quote",
            Wrong::TooManyRows => "too_many_rows",
            Wrong::TooManyColumns => "too_many_columns",
            Wrong::CellTooLong => "cell_too_long",
            Wrong::Unreadable(_) => "unreadable",
            Wrong::Formula(_) => "formula",
            Wrong::UnknownColumn | Wrong::NoColumn => "column_unknown",
            Wrong::DoubledColumn(_) => "column_doubled",
            Wrong::MissingColumn(_) => "column_missing",
            Wrong::Needed(..) => "cell_needed",
            Wrong::NotUsed(..) => "cell_not_used",
            Wrong::NothingNew => "nothing_new",
            Wrong::Date => "date",
            Wrong::Kind => "kind_unknown",
            Wrong::Reason => "reason_unknown",
            Wrong::UnitKind => "unit_kind_unknown",
            Wrong::UnitPlace => "place_unknown",
            Wrong::Name(_) => "name",
            Wrong::Disagrees { .. } => "decision_disagrees",
            Wrong::Repeated { .. } => "row_repeated",
            Wrong::Twice { column: Column::Address, .. } => "address_twice",
            Wrong::Twice { column: Column::StaffCode, .. } => "staff_code_twice",
            Wrong::Twice { .. } => "unit_twice",
        }
    }

    /// What is wrong and what would be right.
    pub fn message(&self, language: Language) -> String {
        match language {
            Language::Vi => self.wrong.in_vietnamese(),
            Language::En => self.wrong.in_english(),
        }
    }
}

impl Wrong {
    fn in_vietnamese(&self) -> String {
        let name = |column: &Column| column.name(Language::Vi);
        match self {
            Self::FileTooLong => format!("tệp lớn hơn {} MB", limits::SHEET_BYTES_MAX >> 20),
            Self::NotUtf8(octet) => format!(
                "byte 0x{octet:02X} không phải UTF-8: hãy lưu tệp dạng \"CSV UTF-8\", hoặc ghi --encoding windows-1258"
            ),
            Self::NotUtf16 => "tệp UTF-16 bị hỏng ở đây: hãy lưu lại dạng \"CSV UTF-8\"".to_owned(),
            Self::Control(character) => format!("có ký tự điều khiển {}", character.escape_default()),
            Self::Replaced => "chữ ở đây đã mất khi chuyển mã: hãy lưu lại từ bảng tính gốc".to_owned(),
            Self::NoHeader => "tệp không có dòng tên cột".to_owned(),
            Self::Quote => "dấu nháy kép không được đóng, hoặc đặt sai chỗ".to_owned(),
            Self::TooManyRows => format!("tệp có quá {} dòng: hãy chia nhỏ", limits::SHEET_ROWS_MAX),
            Self::TooManyColumns => format!("dòng có quá {} ô", limits::SHEET_COLUMNS_MAX),
            Self::CellTooLong => format!("ô dài hơn {} byte", limits::SHEET_CELL_BYTES_MAX),
            Self::Unreadable(why) => format!("không đọc được: {why}"),
            Self::Formula(first) => {
                format!("ô bắt đầu bằng {first:?} như một công thức của bảng tính: hãy ghi giá trị")
            }
            Self::UnknownColumn => "không có cột nào tên như vậy".to_owned(),
            Self::DoubledColumn(column) => format!("cột \"{}\" có hai lần", name(column)),
            Self::MissingColumn(column) => format!("thiếu cột \"{}\"", name(column)),
            Self::NoColumn => "ô nằm ngoài các cột có tên".to_owned(),
            Self::Needed(column, kind, _) => format!("\"{kind}\" cần có \"{}\"", name(column)),
            Self::NotUsed(kind, _) => format!("\"{kind}\" không dùng ô này: hãy để trống"),
            Self::NothingNew => "hãy ghi tên mới hoặc mã mới".to_owned(),
            Self::Date => "không phải ngày: hãy ghi 23/11/2026 hoặc 2026-11-23".to_owned(),
            Self::Kind => format!("không có loại quyết định này; có: {}", kinds(Language::Vi)),
            Self::Reason => "lý do là: nghỉ hưu, thôi việc, chuyển công tác, buộc thôi việc, từ trần".to_owned(),
            Self::UnitKind => "loại đơn vị là: văn phòng, phòng, trung tâm, thi hành án, công chứng".to_owned(),
            Self::UnitPlace => "nơi là: mạng LAN, ở xa".to_owned(),
            Self::Name(error) => error.message(Language::Vi),
            Self::Disagrees { column, line } => {
                format!("cùng một quyết định nhưng \"{}\" khác dòng {line}", name(column))
            }
            Self::Repeated { line } => format!("trùng hoàn toàn với dòng {line}"),
            Self::Twice { column, line } => format!("\"{}\" này đã có ở dòng {line}", name(column)),
        }
    }

    fn in_english(&self) -> String {
        let name = |column: &Column| column.name(Language::En);
        match self {
            Self::FileTooLong => format!("the file is larger than {} MB", limits::SHEET_BYTES_MAX >> 20),
            Self::NotUtf8(octet) => format!(
                "the octet 0x{octet:02X} is no UTF-8: save the file as \"CSV UTF-8\", or give --encoding windows-1258"
            ),
            Self::NotUtf16 => "the UTF-16 of the file is broken here: save it again as \"CSV UTF-8\"".to_owned(),
            Self::Control(character) => format!("a control character {}", character.escape_default()),
            Self::Replaced => "a letter was lost here in a conversion: save the original again".to_owned(),
            Self::NoHeader => "the file has no line of column names".to_owned(),
            Self::Quote => "a quote is not closed, or stands where none may".to_owned(),
            Self::TooManyRows => format!("the file has more than {} rows: divide it", limits::SHEET_ROWS_MAX),
            Self::TooManyColumns => format!("the row has more than {} cells", limits::SHEET_COLUMNS_MAX),
            Self::CellTooLong => format!("the cell is longer than {} octets", limits::SHEET_CELL_BYTES_MAX),
            Self::Unreadable(why) => format!("not readable: {why}"),
            Self::Formula(first) => {
                format!("the cell begins with {first:?}, as a spreadsheet's formula does: write the value")
            }
            Self::UnknownColumn => "no column has this name".to_owned(),
            Self::DoubledColumn(column) => format!("the column \"{}\" is there twice", name(column)),
            Self::MissingColumn(column) => format!("the column \"{}\" is missing", name(column)),
            Self::NoColumn => "the cell is beyond the named columns".to_owned(),
            Self::Needed(column, _, kind) => format!("\"{kind}\" needs \"{}\"", name(column)),
            Self::NotUsed(_, kind) => format!("\"{kind}\" has no use for this cell: leave it empty"),
            Self::NothingNew => "give a new name or a new code".to_owned(),
            Self::Date => "not a date: write 2026-11-23 or 23/11/2026".to_owned(),
            Self::Kind => format!("no such kind of decision; there are: {}", kinds(Language::En)),
            Self::Reason => "a reason is one of: retire, resign, move-out, dismiss, die".to_owned(),
            Self::UnitKind => {
                let all: Vec<_> = UnitKind::ALL.iter().map(|kind| kind.as_str()).collect();
                format!("a kind of unit is one of: {}", all.join(", "))
            }
            Self::UnitPlace => format!("a place is one of: {}, {}", UnitPlace::Lan, UnitPlace::Remote),
            Self::Name(error) => error.message(Language::En),
            Self::Disagrees { column, line } => {
                format!("one decision, but another \"{}\" than on line {line}", name(column))
            }
            Self::Repeated { line } => format!("the same as line {line}"),
            Self::Twice { column, line } => format!("this \"{}\" is on line {line} already", name(column)),
        }
    }
}

fn kinds(language: Language) -> String {
    KINDS.iter().map(|named: &NamedKind| named.name(language)).collect::<Vec<_>>().join(", ")
}
