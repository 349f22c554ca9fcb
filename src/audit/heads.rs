//! The audit's head, written day by day to a file that may lie on another disk: whoever rewrites the whole chain in the
//! database cannot rewrite what is kept elsewhere.
//!
//! The file is JSON Lines, one signed line a day: `{"date": "2026-11-24", "entries": 125, "digest": "…", "signature": "…"}`.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteConnection;

use super::chain::Digest;
use crate::db::DbError;
use crate::limits;
use crate::seal::{PublicKey, Seal, Signature};

/// What a signature of this kind covers begins with.
const KIND: &str = "hopthu audit head 1";
const FILE_MODE: u32 = 0o600;

/// How far the audit had come on a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// The day at the office.
    pub date: Date,
    /// How many entries there were, those that were cut included.
    pub entries: i64,
    /// The digest of the last one, in hexadecimal.
    pub digest: String,
    /// Base64, of the office's key.
    pub signature: String,
}

/// A line of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadLine {
    /// From 1.
    pub number: usize,
    /// What it says, if it is a head at all.
    pub head: Option<Head>,
}

impl Head {
    /// The head of this moment.
    pub async fn now(connection: &mut SqliteConnection, date: Date, seal: &Seal) -> Result<Self, DbError> {
        let (entries, digest): (i64, Vec<u8>) =
            sqlx::query_as("SELECT entries, digest FROM audit_head").fetch_one(connection).await?;
        let digest = Digest::read(&digest).ok_or_else(|| DbError::Unfit("the audit's head is damaged".to_owned()))?;
        let mut head = Self { date, entries, digest: digest.hex(), signature: String::new() };
        head.signature = seal.sign(&head.signed()).to_string();
        Ok(head)
    }

    fn signed(&self) -> Vec<u8> {
        format!("{KIND}\n{}\n{}\n{}", self.date, self.entries, self.digest).into_bytes()
    }

    pub(super) fn is_genuine(&self, key: Option<&PublicKey>) -> bool {
        let held = key.zip(Signature::parse(&self.signature));
        held.is_some_and(|(key, signature)| key.verifies(&self.signed(), &signature))
    }
}

/// Reads the lines of a file. A last line without its end was never written whole, and counts for nothing.
pub fn lines(text: &str) -> Vec<HeadLine> {
    let whole = text.rfind('\n').and_then(|end| text.get(..end)).unwrap_or_default();
    let head = |(at, line)| HeadLine { number: at + 1, head: serde_json::from_str(line).ok() };
    whole.lines().enumerate().map(head).collect()
}

/// Reads a file; one that is not there yet is empty.
pub fn read(path: &Path) -> io::Result<String> {
    let mut octets = Vec::new();
    match File::open(path) {
        Ok(file) => file.take(limits::AUDIT_HEADS_BYTES_MAX).read_to_end(&mut octets)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
        Err(error) => return Err(error),
    };
    // What is no text is no head either, and is found by its line.
    Ok(String::from_utf8_lossy(&octets).into_owned())
}

/// Adds a line and waits until it is on the disk. What a crash left of a line before it is taken away.
pub fn append(path: &Path, head: &Head) -> io::Result<()> {
    let mut file = OpenOptions::new().read(true).append(true).create(true).mode(FILE_MODE).open(path)?;
    let mut text = Vec::new();
    file.read_to_end(&mut text)?;
    let whole = text.iter().rposition(|octet| *octet == b'\n').map_or(0, |end| end + 1);
    if whole < text.len() {
        file.set_len(whole as u64)?;
    }
    file.write_all((serde_json::to_string(head)? + "\n").as_bytes())?;
    file.sync_all()?;
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(directory)?.sync_all()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_was_cut_short_is_written_anew() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("heads.jsonl");
        let date = jiff::civil::date(2026, 11, 24);
        let head = |entries| Head { date, entries, digest: "00".to_owned(), signature: "x".to_owned() };
        append(&path, &head(1)).unwrap();
        let whole = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, format!("{whole}{{\"date\": \"20")).unwrap();
        assert_eq!(lines(&read(&path).unwrap()), [HeadLine { number: 1, head: Some(head(1)) }]);
        append(&path, &head(2)).unwrap();
        let found: Vec<_> = lines(&read(&path).unwrap()).into_iter().filter_map(|line| line.head).collect();
        assert_eq!(found, [head(1), head(2)]);
        assert!(lines("{}\nx\n").iter().all(|line| line.head.is_none()));
    }
}
