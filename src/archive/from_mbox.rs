//! Reading mbox files of any length. Everything here blocks.
//!
//! A message begins at a line `From ` with a date, at the beginning of the file or after an empty line; whatever else begins
//! with the word is part of the message (hostile B93). One `>` is taken from `>From `, `>>From ` and so on (mboxrd).

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use super::found::{FoundError, Gathering, Stop, Why, names, open, unreadable};
use super::mbox::{FROM, LETTERS, LINES, SUFFIX, date, own_lines, unquoted};
use crate::limits;
use crate::mime;
use crate::store::{Flags, FolderName};

/// What Thunderbird keeps beside its mbox files.
const NO_MAIL: [&str; 4] = ["msf", "dat", "json", "html"];

pub(super) fn read(from: &Path, gathering: &mut Gathering) -> Result<(), Stop> {
    if from.is_dir() {
        return directory(from, None, gathering);
    }
    let found = of_file(from, None, gathering).ok_or_else(|| Stop::Failed(FoundError::Unnamed(from.to_owned())))?;
    let opened = File::open(from).map_err(|error| unreadable(from, error))?;
    folder(from, opened, found, gathering)
}

/// Every file of a directory; folders below others are in directories NAME.sbd, as Thunderbird has them.
fn directory(path: &Path, above: Option<&FolderName>, gathering: &mut Gathering) -> Result<(), Stop> {
    for name in names(path)? {
        let file = path.join(&name);
        let suffix = file.extension().and_then(|suffix| suffix.to_str()).unwrap_or_default();
        let place = file.display().to_string();
        if suffix == "sbd" {
            if let Some(parent) = of_file(&file, above, gathering) {
                directory(&file, Some(&parent.0), gathering)?;
            }
            continue;
        }
        if NO_MAIL.contains(&suffix) || file.is_dir() {
            continue;
        }
        let Some(found) = of_file(&file, above, gathering) else {
            gathering.refuse(place, Why::Encoding)?;
            continue;
        };
        match open(&file) {
            Ok(opened) => folder(&file, opened, found, gathering)?,
            Err(why) => gathering.refuse(place, why)?,
        }
    }
    Ok(())
}

/// The folder of a file: as the manifest tells, or as the file is called.
fn of_file(file: &Path, above: Option<&FolderName>, gathering: &Gathering) -> Option<(FolderName, Option<String>)> {
    let name = file.file_name()?.to_str()?;
    if let Some(told) = gathering.told(name) {
        return Some(told);
    }
    let stem = [SUFFIX, ".sbd", ".mbx"].iter().find_map(|suffix| name.strip_suffix(suffix)).unwrap_or(name);
    let name = stem.replace("%2F", "/");
    let whole = above.map_or_else(|| name.clone(), |above| format!("{above}/{name}"));
    FolderName::parse(&whole).ok().map(|name| (name, None))
}

/// A message being read.
#[derive(Default)]
struct Reading {
    /// The line that it begins at.
    line: u64,
    date: i64,
    bytes: Vec<u8>,
    /// It is too long, and no longer kept.
    overflown: bool,
    /// Octets of its last line, if that is empty: it parts it from the next one.
    parting: usize,
}

fn folder(path: &Path, file: File, found: (FolderName, Option<String>), gathering: &mut Gathering) -> Result<(), Stop> {
    let mut lines = Lines { file: BufReader::with_capacity(limits::BODY_PIECE_BYTES_MAX, file), line: Vec::new() };
    let mut reading: Option<Reading> = None;
    let (mut number, mut beginning, mut after_empty, mut crlf) = (0, true, true, false);
    gathering.begin(found);
    while lines.next().map_err(|error| unreadable(path, error))? {
        let line = lines.line.as_slice();
        number += u64::from(beginning);
        let starts = if beginning && after_empty && line.starts_with(FROM) { date(line) } else { None };
        if let Some(date) = starts {
            if let Some(done) = reading.take() {
                end(path, done, gathering)?;
            } else {
                crlf = line.ends_with(b"\r\n");
            }
            reading = Some(Reading { line: number, date: date.as_second(), ..Reading::default() });
            (beginning, after_empty) = (true, false);
            continue;
        }
        let empty = beginning && matches!(line, b"\n" | b"\r\n");
        match &mut reading {
            Some(reading) => reading.take(if beginning { unquoted(line) } else { line }, crlf, empty),
            None if empty => {}
            None => {
                gathering.refuse(format!("{}:{number}", path.display()), Why::NotMbox)?;
                return gathering.end();
            }
        }
        beginning = line.ends_with(b"\n");
        after_empty = empty;
    }
    if let Some(done) = reading {
        end(path, done, gathering)?;
    }
    gathering.end()
}

/// Lines, the longest in pieces.
struct Lines {
    file: BufReader<File>,
    line: Vec<u8>,
}

impl Lines {
    fn next(&mut self) -> io::Result<bool> {
        self.line.clear();
        let most = limits::BODY_PIECE_BYTES_MAX as u64;
        Ok((&mut self.file).take(most).read_until(b'\n', &mut self.line)? > 0)
    }
}

impl Reading {
    fn take(&mut self, line: &[u8], crlf: bool, empty: bool) {
        if self.bytes.len() + line.len() > limits::IMPORTED_MESSAGE_BYTES_MAX {
            (self.overflown, self.bytes) = (true, Vec::new());
        }
        if self.overflown {
            return;
        }
        let before = self.bytes.len();
        match line.strip_suffix(b"\n") {
            Some(text) if !crlf => {
                self.bytes.extend_from_slice(text.strip_suffix(b"\r").unwrap_or(text));
                self.bytes.extend_from_slice(b"\r\n");
            }
            _ => self.bytes.extend_from_slice(line),
        }
        self.parting = if empty { self.bytes.len() - before } else { 0 };
    }
}

fn end(path: &Path, mut reading: Reading, gathering: &mut Gathering) -> Result<(), Stop> {
    let place = format!("{}:{}", path.display(), reading.line);
    if reading.overflown {
        return gathering.refuse(place, Why::TooLarge);
    }
    reading.bytes.truncate(reading.bytes.len() - reading.parting);
    // The last message of a file may lack the end of its last line.
    if !reading.bytes.is_empty() && !reading.bytes.ends_with(b"\n") {
        reading.bytes.extend_from_slice(b"\r\n");
    }
    let own = own_lines(&reading.bytes).map(|([status, letters, words], rest)| {
        (flags(&text(status), &text(letters), &text(words)), reading.bytes.len() - rest.len())
    });
    let flags = match own {
        Some((flags, lines)) => {
            reading.bytes.drain(..lines);
            flags
        }
        None => foreign(&reading.bytes),
    };
    gathering.add(place, flags, reading.date, reading.bytes)
}

fn text(value: &[u8]) -> String {
    String::from_utf8_lossy(value).into_owned()
}

fn flags(status: &str, letters: &str, words: &str) -> Vec<String> {
    let seen = status.contains('R').then_some("\\Seen");
    let set = LETTERS.iter().filter(|(_, letter)| letters.contains(*letter)).map(|(flag, _)| name(*flag));
    seen.into_iter().chain(set).chain(words.split_ascii_whitespace()).map(str::to_owned).collect()
}

fn name(flag: Flags) -> &'static str {
    Flags::SYSTEM.iter().find(|(known, _)| *known == flag).map_or("", |(_, name)| *name)
}

/// What other programs wrote among a message's fields; it stays there.
fn foreign(message: &[u8]) -> Vec<String> {
    let field = |name: &str| mime::fields(message).find(|field| field.is(name)).map(|field| field.text());
    let [status, letters, words] = LINES.map(|line| field(line.trim_end_matches(':')).unwrap_or_default());
    let mut found = flags(&status, &letters, &words);
    let mozilla = field("X-Mozilla-Status").and_then(|bits| u32::from_str_radix(bits.trim(), 16).ok());
    for (bit, flag) in [(1, "\\Seen"), (2, "\\Answered"), (4, "\\Flagged"), (8, "\\Deleted")] {
        if mozilla.is_some_and(|bits| bits & bit != 0) {
            found.push(flag.to_owned());
        }
    }
    let tags = field("X-Mozilla-Keys").unwrap_or_default();
    found.extend(tags.split_ascii_whitespace().map(str::to_owned));
    found
}
