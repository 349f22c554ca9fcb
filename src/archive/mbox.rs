//! mbox files, one for each folder: RFC 4155, with the quoting of mboxrd, which can be undone. Everything here blocks.
//!
//! Each message begins with three lines that Dovecot and mutt know: `Status` (R: read, O: not new), `X-Status` (A: answered,
//! F: flagged, D: deleted, T: draft) and `X-Keywords`. Where exactly these three stand first they are ours, and reading
//! takes them away again; anywhere else they are the message's own, and stay. Lines end with LF, as mbox files do.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use aws_lc_rs::digest::{Context, SHA256};
use data_encoding::HEXLOWER;
use jiff::Timestamp;
use jiff::tz::Offset;
use memchr::memchr;

use super::maildir::{self, Label};
use crate::id::FolderId;
use crate::limits;
use crate::store::{Flags, FolderName};

/// What the files' names end in.
pub(super) const SUFFIX: &str = ".mbox";
/// How the line before a message begins.
pub(super) const FROM: &[u8] = b"From ";
/// The names of the lines that carry flags, in their order.
pub(super) const LINES: [&str; 3] = ["Status:", "X-Status:", "X-Keywords:"];
/// Letters of X-Status.
pub(super) const LETTERS: [(Flags, char); 4] =
    [(Flags::ANSWERED, 'A'), (Flags::FLAGGED, 'F'), (Flags::DELETED, 'D'), (Flags::DRAFT, 'T')];

/// The file of a folder: its name with levels parted by `%2F`, since no name holds a percent sign.
pub(super) fn file_name(folder: FolderId, name: &FolderName) -> String {
    let mut file = name.as_str().replace('/', "%2F");
    let mark = format!("~{folder}");
    if file.len() + SUFFIX.len() > limits::FILE_NAME_BYTES_MAX {
        file.truncate(file.floor_char_boundary(limits::FILE_NAME_BYTES_MAX - SUFFIX.len() - mark.len()));
        file.push_str(&mark);
    }
    file + SUFFIX
}

/// A folder being written.
pub(super) struct Writing {
    file: BufWriter<File>,
    digest: Context,
    pub(super) messages: u64,
    pub(super) bytes: u64,
}

/// A message being written: what of its last line is not written yet, as more may come that changes it.
#[derive(Default)]
pub(super) struct Message {
    /// The beginning of a line that may be one to quote.
    begun: Vec<u8>,
    within: Within,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Within {
    /// At the beginning of a line, or in its first octets.
    #[default]
    Beginning,
    /// In the middle of a line.
    Line,
    /// After a CR that may be half of a line's end.
    Cr,
}

impl Writing {
    pub(super) fn begin(path: &Path) -> io::Result<Self> {
        let file = BufWriter::with_capacity(limits::BODY_PIECE_BYTES_MAX, maildir::new_file(path)?);
        Ok(Self { file, digest: Context::new(&SHA256), messages: 0, bytes: 0 })
    }

    /// The line before a message, and those that carry its flags.
    pub(super) fn message(&mut self, label: &Label, keywords: &[String]) -> io::Result<Message> {
        let date = Timestamp::from_second(label.date).unwrap_or_default();
        let date = Offset::UTC.to_datetime(date).strftime("%a %b %e %H:%M:%S %Y +0000").to_string();
        let read = if label.flags.contains(Flags::SEEN) { "RO" } else { "O" };
        let letters = LETTERS.iter().filter(|(flag, _)| label.flags.contains(*flag));
        let letters: String = letters.map(|(_, letter)| *letter).collect();
        let words = label.keywords.iter().filter_map(|place| keywords.get(*place));
        let words: Vec<_> = words.map(String::as_str).collect();
        let [status, x_status, x_keywords] = LINES;
        let words = words.join(" ");
        writeln!(self.file, "From MAILER-DAEMON {date}\n{status} {read}\n{x_status} {letters}\n{x_keywords} {words}")?;
        Ok(Message::default())
    }

    pub(super) fn write(&mut self, message: &mut Message, bytes: &[u8]) -> io::Result<()> {
        self.digest.update(bytes);
        self.bytes += bytes.len() as u64;
        message.take(bytes, &mut self.file)
    }

    pub(super) fn end(&mut self, mut message: Message) -> io::Result<()> {
        message.finish(&mut self.file)?;
        self.messages += 1;
        Ok(())
    }

    pub(super) fn finish(self) -> io::Result<String> {
        self.file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        Ok(HEXLOWER.encode(self.digest.finish().as_ref()))
    }
}

impl Message {
    /// Writes octets with LF for CRLF, and `>` before lines that could be taken for the beginning of a message.
    fn take(&mut self, mut bytes: &[u8], out: &mut impl Write) -> io::Result<()> {
        while let Some((&first, rest)) = bytes.split_first() {
            match self.within {
                Within::Cr if first == b'\n' => {
                    out.write_all(b"\n")?;
                    (self.within, bytes) = (Within::Beginning, rest);
                }
                Within::Cr => {
                    out.write_all(b"\r")?;
                    self.within = Within::Line;
                }
                Within::Line => {
                    let end = bytes.iter().position(|octet| matches!(octet, b'\r' | b'\n')).unwrap_or(bytes.len());
                    let (line, rest) = bytes.split_at(end);
                    out.write_all(line)?;
                    bytes = rest;
                    match bytes.split_first() {
                        Some((b'\r', rest)) => (self.within, bytes) = (Within::Cr, rest),
                        Some((_, rest)) => {
                            out.write_all(b"\n")?;
                            (self.within, bytes) = (Within::Beginning, rest);
                        }
                        None => {}
                    }
                }
                Within::Beginning => {
                    self.begun.push(first);
                    match quoted(&self.begun) {
                        Quoted::Yes => {
                            out.write_all(b">")?;
                            self.flush(out)?;
                            bytes = rest;
                        }
                        Quoted::Perhaps => bytes = rest,
                        Quoted::No => {
                            self.begun.pop();
                            self.flush(out)?;
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn flush(&mut self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(&self.begun)?;
        self.begun.clear();
        self.within = Within::Line;
        Ok(())
    }

    /// Ends the message, with an end of line if it has none, and an empty line.
    fn finish(&mut self, out: &mut impl Write) -> io::Result<()> {
        if self.within == Within::Cr {
            out.write_all(b"\r")?;
        }
        if self.within != Within::Beginning || !self.begun.is_empty() {
            out.write_all(&self.begun)?;
            out.write_all(b"\n")?;
        }
        out.write_all(b"\n")
    }
}

/// Whether a line that begins so is quoted.
enum Quoted {
    Yes,
    Perhaps,
    No,
}

fn quoted(begun: &[u8]) -> Quoted {
    let level = begun.iter().take_while(|octet| **octet == b'>').count();
    let rest = begun.get(level..).unwrap_or_default();
    if rest == FROM {
        Quoted::Yes
    } else if FROM.starts_with(rest) {
        Quoted::Perhaps
    } else {
        Quoted::No
    }
}

/// A line of a message as it was before it was quoted.
pub(super) fn unquoted(line: &[u8]) -> &[u8] {
    match line.split_first() {
        Some((b'>', rest)) if matches!(quoted(rest.get(..level(rest) + FROM.len()).unwrap_or(rest)), Quoted::Yes) => {
            rest
        }
        _ => line,
    }
}

fn level(line: &[u8]) -> usize {
    line.iter().take_while(|octet| **octet == b'>').count()
}

/// The date of a line before a message: `From`, a sender, `Tue Nov 24 08:52:25 2026`, with a zone before or behind the
/// year or none, which means UTC (RFC 4155). Nothing where it is an ordinary line that begins with the word.
pub(super) fn date(line: &[u8]) -> Option<Timestamp> {
    let text = String::from_utf8_lossy(line.strip_prefix(FROM)?);
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let weekday = words.iter().position(|word| WEEKDAYS.contains(word))?;
    let [month, day, time, rest @ ..] = words.get(weekday + 1..)? else { return None };
    let year = *rest.iter().find(|word| word.len() == 4 && word.bytes().all(|octet| octet.is_ascii_digit()))?;
    let zone = rest.iter().find(|word| word.starts_with(['+', '-']) && word.len() == 5).unwrap_or(&"+0000");
    let time = if time.len() == 5 { Cow::Owned(format!("{time}:00")) } else { Cow::Borrowed(*time) };
    let whole = format!("{day} {month} {year} {time} {zone}");
    Timestamp::strptime("%d %b %Y %H:%M:%S %z", whole).ok()
}

const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// The three lines of ours that a message begins with, if it does, and what is behind them.
pub(super) fn own_lines(message: &[u8]) -> Option<([&[u8]; 3], &[u8])> {
    let mut rest = message;
    let mut values = [&b""[..]; 3];
    for (name, value) in LINES.iter().zip(&mut values) {
        let line = rest.get(..memchr(b'\n', rest)?)?;
        *value = line.strip_prefix(name.as_bytes())?.trim_ascii();
        rest = rest.get(line.len() + 1..)?;
    }
    Some((values, rest))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(message: &[u8], pieces: usize) -> Vec<u8> {
        let (mut out, mut writing) = (Vec::new(), Message::default());
        for piece in message.chunks(pieces) {
            writing.take(piece, &mut out).unwrap();
        }
        writing.finish(&mut out).unwrap();
        out
    }

    #[test]
    fn lines_that_could_begin_a_message_are_quoted_wherever_the_pieces_end() {
        let message = b"Subject: x\r\n\r\nFrom me\r\n>From you\r\n>>Fromage\r\n From\r\nFrom";
        for pieces in 1..message.len() {
            let text = "Subject: x\n\n>From me\n>>From you\n>>Fromage\n From\nFrom\n\n";
            assert_eq!(String::from_utf8(written(message, pieces)).unwrap(), text, "{pieces}");
        }
    }

    #[test]
    fn a_line_before_a_message_has_a_date() {
        for (line, date) in [
            ("From MAILER-DAEMON Tue Nov 24 08:52:25 2026 +0000", "2026-11-24T08:52:25Z"),
            ("From a@b.vn Tue Nov  3 08:52 2026", "2026-11-03T08:52:00Z"),
            ("From a@b.vn Tue Nov  3 08:52:01 +0700 2026", "2026-11-03T01:52:01Z"),
            ("From - Tue Nov 03 08:52:01 2026", "2026-11-03T08:52:01Z"),
        ] {
            assert_eq!(self::date(line.as_bytes()).unwrap().to_string(), date, "{line}");
        }
        for line in
            ["From the beginning", "From Tuesday on", "From a Tue Nov 24 2026", "From a Tue Nov 33 08:52:25 2026"]
        {
            assert_eq!(self::date(line.as_bytes()), None, "{line}");
        }
    }

    proptest! {
        #[test]
        fn quoting_is_undone(lines in prop::collection::vec("[> ]{0,3}(From |From|x)?[a-z]{0,3}", 0..8), pieces in 1usize..9) {
            let message: String = lines.iter().flat_map(|line| [line.as_str(), "\r\n"]).collect();
            let written = written(message.as_bytes(), pieces);
            let text = written.strip_suffix(b"\n").unwrap();
            let mut back = Vec::new();
            for line in text.split_inclusive(|octet| *octet == b'\n') {
                let line = line.strip_suffix(b"\n").unwrap();
                prop_assert!(!line.starts_with(FROM));
                back.extend_from_slice(unquoted(line));
                back.extend_from_slice(b"\r\n");
            }
            prop_assert_eq!(back, message.as_bytes());
        }
    }
}
