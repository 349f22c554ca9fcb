//! The Centre's answer to change files, as JSON Lines or as a table: `file`, `address`, `result`, `reason`.

use serde::{Deserialize, Serialize};

use super::csv;
use crate::address::Address;
use crate::language::Language;
use crate::limits;
use crate::text::fold;

/// What became of one line of a change file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The number of the change file.
    pub file: i64,
    /// The address.
    pub address: Address,
    /// What became of it.
    pub result: Outcome,
    /// Why, where it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What the Centre did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// The address is there, as the file said.
    Registered,
    /// The address is no longer there.
    Withdrawn,
    /// Nothing; the reason says why.
    Refused,
}

/// Something wrong in an answer, and on which line, from 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Which line.
    pub line: usize,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What is wrong with a line of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Problem {
    /// Not the JSON of an answer; the parser's words.
    Json(String),
    /// A table without this column.
    Column(String),
    /// A cell that does not end before the file does.
    Quote,
    /// Not a whole number.
    File(String),
    /// Not an address.
    Address(String),
    /// None of the three words.
    Result(String),
    /// A refusal that does not say why.
    Reason,
    /// More lines than any office has addresses.
    Long,
    /// No file of this number was made.
    FileUnknown(i64),
    /// The entries that the file told of were cut from the audit.
    FileCut(i64),
    /// The file says nothing of this address.
    AddressUnknown(i64, Address),
    /// The file asked for something else.
    Unasked(i64, Address),
    /// An earlier line says something else of the same address in the same file.
    Contradiction(usize),
}

impl Problem {
    /// A stable word for scripts.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Json(_) => "json",
            Self::Column(_) => "column",
            Self::Quote => "quote",
            Self::File(_) => "file",
            Self::Address(_) => "address",
            Self::Result(_) => "result",
            Self::Reason => "reason",
            Self::Long => "long",
            Self::FileUnknown(_) => "file_unknown",
            Self::FileCut(_) => "file_cut",
            Self::AddressUnknown(..) => "address_unknown",
            Self::Unasked(..) => "unasked",
            Self::Contradiction(_) => "contradiction",
        }
    }

    /// For people.
    pub fn message(&self, language: Language) -> String {
        match (self, language) {
            (Self::Json(why), Language::Vi) => format!("không phải một dòng trả lời: {why}"),
            (Self::Json(why), Language::En) => format!("not a line of an answer: {why}"),
            (Self::Column(name), Language::Vi) => format!("bảng thiếu cột {name}"),
            (Self::Column(name), Language::En) => format!("the table has no column {name}"),
            (Self::Quote, Language::Vi) => "ô mở ngoặc kép mà không đóng".to_owned(),
            (Self::Quote, Language::En) => "a quoted cell does not end".to_owned(),
            (Self::File(text), Language::Vi) => format!("{text:?} không phải số của tệp"),
            (Self::File(text), Language::En) => format!("{text:?} is not the number of a file"),
            (Self::Address(text), Language::Vi) => format!("{text:?} không phải địa chỉ thư"),
            (Self::Address(text), Language::En) => format!("{text:?} is not an address"),
            (Self::Result(text), Language::Vi) => format!("{text:?}: kết quả là registered, withdrawn hoặc refused"),
            (Self::Result(text), Language::En) => format!("{text:?}: a result is registered, withdrawn or refused"),
            (Self::Reason, Language::Vi) => "từ chối thì phải ghi lý do".to_owned(),
            (Self::Reason, Language::En) => "a refusal says why".to_owned(),
            (Self::Long, Language::Vi) => format!("tệp dài hơn {} dòng", limits::PROVINCE_ANSWER_LINES_MAX),
            (Self::Long, Language::En) => format!("the file has over {} lines", limits::PROVINCE_ANSWER_LINES_MAX),
            (Self::FileUnknown(file), Language::Vi) => format!("chưa lập tệp số {file}"),
            (Self::FileUnknown(file), Language::En) => format!("no file {file} was made"),
            (Self::FileCut(file), Language::Vi) => format!("nhật ký của tệp số {file} đã quá hạn lưu"),
            (Self::FileCut(file), Language::En) => format!("the audit behind file {file} is past its retention"),
            (Self::AddressUnknown(file, address), Language::Vi) => format!("tệp số {file} không có {address}"),
            (Self::AddressUnknown(file, address), Language::En) => format!("file {file} does not name {address}"),
            (Self::Unasked(file, address), Language::Vi) => format!("tệp số {file} không đề nghị thế với {address}"),
            (Self::Unasked(file, address), Language::En) => format!("file {file} did not ask that of {address}"),
            (Self::Contradiction(line), Language::Vi) => format!("trái với dòng {line}"),
            (Self::Contradiction(line), Language::En) => format!("line {line} says otherwise"),
        }
    }
}

/// Answers with the lines on which they stand.
pub type Numbered = Vec<(usize, Answer)>;

/// Reads an answer: JSON Lines where it begins with a brace, otherwise a table. What is wrong stands beside what could be
/// read, so that everything that is wrong can be told at once.
pub fn read(text: &str) -> (Numbered, Vec<Fault>) {
    let text = text.strip_prefix(csv::BOM).unwrap_or(text);
    if text.lines().nth(limits::PROVINCE_ANSWER_LINES_MAX).is_some() {
        return (Vec::new(), vec![Fault { line: limits::PROVINCE_ANSWER_LINES_MAX + 1, problem: Problem::Long }]);
    }
    let read = if text.trim_start().starts_with('{') { Ok(lines(text)) } else { table(text) };
    let read = match read {
        Ok(read) => read,
        Err(faults) => return (Vec::new(), faults),
    };
    let (mut answers, mut faults) = (Vec::new(), Vec::new());
    for (line, answer) in read {
        match answer {
            Ok(Answer { result: Outcome::Refused, reason: None, .. }) => {
                faults.push(Fault { line, problem: Problem::Reason });
            }
            Ok(answer) => answers.push((line, answer)),
            Err(problem) => faults.push(Fault { line, problem }),
        }
    }
    (answers, faults)
}

type Read = Vec<(usize, Result<Answer, Problem>)>;

fn lines(text: &str) -> Read {
    let answer = |(at, line): (usize, &str)| {
        let read: Result<Answer, _> = serde_json::from_str(line);
        let read = read.map(|answer| Answer { reason: answer.reason.and_then(|why| said(&why)), ..answer });
        (at + 1, read.map_err(|error| Problem::Json(cause(&error))))
    };
    text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).map(answer).collect()
}

/// What is wrong, and the column; each line is a document of its own, so the parser's line is always the first.
fn cause(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let cause = text.split(" at line ").next().unwrap_or_default();
    format!("{cause} (:{})", error.column())
}

/// A text that says something, without what surrounds it.
fn said(text: &str) -> Option<String> {
    Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// The columns by their names, in either language.
const COLUMNS: [[&str; 2]; 4] =
    [["file", "tep so"], ["address", "dia chi"], ["result", "ket qua"], ["reason", "ly do"]];

fn table(text: &str) -> Result<Read, Vec<Fault>> {
    let first = text.lines().next().unwrap_or_default();
    let separator = [b';', b'\t'].into_iter().find(|separator| first.as_bytes().contains(separator)).unwrap_or(b',');
    let records = csv::read(text, separator).map_err(|line| vec![Fault { line, problem: Problem::Quote }])?;
    let Some((headings, rows)) = records.split_first() else { return Ok(Vec::new()) };
    let place =
        |names: &[&str; 2]| headings.cells.iter().position(|heading| names.contains(&fold(heading.trim()).as_str()));
    let places = COLUMNS.each_ref().map(place);
    let missing = COLUMNS.iter().zip(places).take(3).filter(|(_, place)| place.is_none());
    let missing = missing.map(|([name, _], _)| Fault { line: 1, problem: Problem::Column((*name).to_owned()) });
    let faults: Vec<_> = missing.collect();
    if !faults.is_empty() {
        return Err(faults);
    }
    let cell = |record: &csv::Record, place: Option<usize>| {
        place.and_then(|place| record.cells.get(place)).map(|cell| cell.trim().to_owned()).unwrap_or_default()
    };
    let [file, address, result, reason] = places;
    let answer = |record: &csv::Record| {
        let (file, address) = (cell(record, file), cell(record, address));
        let answer = typed(&file, &address, &cell(record, result), &cell(record, reason));
        (record.line, answer)
    };
    Ok(rows.iter().map(answer).collect())
}

fn typed(file: &str, address: &str, result: &str, reason: &str) -> Result<Answer, Problem> {
    Ok(Answer {
        file: file.parse().map_err(|_| Problem::File(file.to_owned()))?,
        address: Address::parse(address).map_err(|_| Problem::Address(address.to_owned()))?,
        result: match result.to_ascii_lowercase().as_str() {
            "registered" => Outcome::Registered,
            "withdrawn" => Outcome::Withdrawn,
            "refused" => Outcome::Refused,
            _ => return Err(Problem::Result(result.to_owned())),
        },
        reason: said(reason),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn answer(file: i64, address: &str, result: Outcome, reason: Option<&str>) -> Answer {
        Answer { file, address: Address::parse(address).unwrap(), result, reason: reason.map(str::to_owned) }
    }

    fn right(text: &str) -> Numbered {
        let (answers, faults) = read(text);
        assert_eq!(faults, []);
        answers
    }

    fn wrong(text: &str) -> Vec<Fault> {
        read(text).1
    }

    #[test]
    fn both_forms_say_the_same() {
        let json = "{\"file\": 1, \"address\": \"a@x.vn\", \"result\": \"registered\"}\n\n\
                    {\"file\": 1, \"address\": \"b@x.vn\", \"result\": \"refused\", \"reason\": \"trùng, tên\"}\n";
        let read_json = right(json);
        let expected = [
            (1, answer(1, "a@x.vn", Outcome::Registered, None)),
            (3, answer(1, "b@x.vn", Outcome::Refused, Some("trùng, tên"))),
        ];
        assert_eq!(read_json, expected);
        for table in ["\u{feff}file,address,result,reason\r\na\r\n", "file;address;result\n1;a@x.vn;ok"] {
            assert!(!wrong(table).is_empty(), "{table}");
        }
        let table = "\u{feff}Địa chỉ;Tệp số;Kết quả;Lý do\r\na@x.vn;1;registered;\r\n;;;\r\nb@x.vn;1;Refused;\"trùng, tên\"\r\n";
        let read_table = right(table);
        assert_eq!(read_table.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2, 4]);
        assert!(read_table.iter().map(|(_, a)| a).eq(expected.iter().map(|(_, a)| a)));
    }

    #[test]
    fn every_fault_is_told_with_its_line() {
        let text = "file,address,result,reason\nx,a@x.vn,registered,\n1,nobody,registered,\n1,a@x.vn,done,\n1,a@x.vn,refused,\n";
        let faults = wrong(text);
        let lines: Vec<_> = faults.iter().map(|fault| fault.line).collect();
        assert_eq!(lines, [2, 3, 4, 5]);
        assert_eq!(faults.last().unwrap().problem, Problem::Reason);
        assert_eq!(wrong("file,address\n").len(), 1);
        assert!(right("").is_empty());
        assert!(matches!(wrong("{\"file\": 1}\n")[0].problem, Problem::Json(_)));
    }
}
