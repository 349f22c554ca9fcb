//! Reading Maildir++ as Courier, Dovecot and others write it, and as we do. Everything here blocks.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::time::SystemTime;

use memchr::memchr;

use super::found::{FoundError, Gathering, Stop, Why, names, open, whole};
use crate::limits;
use crate::store::FolderName;
use crate::utf7;

/// Letters of flags; `P` (passed on) is a keyword that mail programs know (RFC 5788).
const LETTERS: [(char, &str); 6] = [
    ('D', "\\Draft"),
    ('F', "\\Flagged"),
    ('P', "$Forwarded"),
    ('R', "\\Answered"),
    ('S', "\\Seen"),
    ('T', "\\Deleted"),
];

pub(super) fn read(from: &Path, gathering: &mut Gathering) -> Result<(), Stop> {
    let mut any = false;
    if is_maildir(from) {
        any = true;
        let inbox = gathering.told("").unwrap_or((FolderName::inbox(), None));
        folder(from, inbox, gathering)?;
    }
    for name in names(from)? {
        let path = from.join(&name);
        let Some(levels) = name.to_str().map_or(Some(None), |name| name.strip_prefix('.').map(Some)) else { continue };
        if !is_maildir(&path) {
            continue;
        }
        any = true;
        let Some(levels) = levels else {
            gathering.refuse(path.display().to_string(), Why::Encoding)?;
            continue;
        };
        match gathering.told(&format!(".{levels}")).map_or_else(|| named(levels).map(|name| (name, None)), Ok) {
            Ok(found) => folder(&path, found, gathering)?,
            Err(why) => gathering.refuse(path.display().to_string(), why)?,
        }
    }
    if any { Ok(()) } else { Err(Stop::Failed(FoundError::NoMaildir(from.to_owned()))) }
}

fn is_maildir(path: &Path) -> bool {
    let directory = |name: &str| fs::symlink_metadata(path.join(name)).is_ok_and(|found| found.is_dir());
    fs::symlink_metadata(path).is_ok_and(|found| found.is_dir()) && directory("cur") && directory("new")
}

/// The folder of a directory `.Level.Level`: modified UTF-7 where it is that, UTF-8 otherwise; a dot within a level as we
/// write it.
fn named(levels: &str) -> Result<FolderName, Why> {
    let level = |level: &str| match utf7::decode(level.as_bytes()) {
        Ok(decoded) => decoded,
        Err(_) => level.to_owned(),
    };
    let levels: Vec<_> = levels.split('.').map(|text| level(text).replace("%2E", ".")).collect();
    FolderName::parse(&levels.join("/")).map_err(Why::FolderName)
}

fn folder(path: &Path, found: (FolderName, Option<String>), gathering: &mut Gathering) -> Result<(), Stop> {
    gathering.begin(found);
    let keywords = keywords(path);
    let mut files = Vec::new();
    for part in ["cur", "new"] {
        files.extend(names(&path.join(part))?.into_iter().map(|name| (name, part)));
    }
    files.sort_unstable();
    for (name, part) in files {
        let file = path.join(part).join(&name);
        let place = file.display().to_string();
        match message(&file) {
            Ok((bytes, date)) => gathering.add(place, flags(&name, part, &keywords), date, bytes)?,
            Err(why) => gathering.refuse(place, why)?,
        }
    }
    gathering.end()
}

fn message(path: &Path) -> Result<(Vec<u8>, i64), Why> {
    let mut file = open(path)?;
    let failed = |error: io::Error| Why::Unreadable(error.to_string());
    let modified = file.metadata().and_then(|found| found.modified()).map_err(failed)?;
    let seconds = |time: std::time::Duration| i64::try_from(time.as_secs()).unwrap_or_default();
    let date = match modified.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => seconds(since),
        Err(before) => -seconds(before.duration()),
    };
    Ok((with_crlf(whole(&mut file)?), date))
}

/// A file whose first line ends with CRLF is as it should be; in others every line end becomes one.
fn with_crlf(bytes: Vec<u8>) -> Vec<u8> {
    let Some(first) = memchr(b'\n', &bytes) else { return bytes };
    if bytes.get(..first).is_some_and(|line| line.ends_with(b"\r")) {
        return bytes;
    }
    let mut text = Vec::with_capacity(bytes.len() + bytes.len() / 16);
    for line in bytes.split_inclusive(|octet| *octet == b'\n') {
        match line.strip_suffix(b"\n") {
            Some(line) => {
                text.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
                text.extend_from_slice(b"\r\n");
            }
            None => text.extend_from_slice(line),
        }
    }
    text
}

/// The letters behind `:2,`; where a file system has no colon, others stand for it.
fn flags(name: &OsStr, part: &str, keywords: &[(char, String)]) -> Vec<String> {
    let name = name.to_string_lossy();
    let mut flags = Vec::new();
    if part == "new" {
        return flags;
    }
    let Some((_, letters)) = [":2,", ";2,", "!2,"].iter().find_map(|mark| name.rsplit_once(mark)) else { return flags };
    for letter in letters.chars().take_while(|letter| *letter != ',') {
        let system = LETTERS.iter().find(|(known, _)| *known == letter).map(|(_, flag)| *flag);
        let keyword = || keywords.iter().find(|(known, _)| *known == letter).map(|(_, word)| word.as_str());
        flags.extend(system.or_else(keyword).map(str::to_owned));
    }
    flags
}

/// `dovecot-keywords`: `0 $Label1` names the letter `a`.
fn keywords(path: &Path) -> Vec<(char, String)> {
    let mut text = Vec::new();
    let read = open(&path.join("dovecot-keywords"))
        .map(|file| file.take(limits::KEYWORD_FILE_BYTES_MAX).read_to_end(&mut text));
    if read.is_err() {
        return Vec::new();
    }
    let text = String::from_utf8_lossy(&text);
    let keyword = |line: &str| {
        let (place, word) = line.trim_end().split_once(' ')?;
        Some((('a'..='z').nth(place.parse().ok()?)?, word.to_owned()))
    };
    text.lines().filter_map(keyword).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_named_in_utf7_and_in_utf8() {
        for (directory, name) in [
            ("Sent", "Sent"),
            ("H&1ZM- s&AbA-.2026", "H\u{d593} sư/2026"),
            ("Hồ sơ.v1%2E2", "Hồ sơ/v1.2"),
            ("R&D", "R&D"),
            ("INBOX.a&-b", "INBOX/a&b"),
        ] {
            assert_eq!(named(directory).unwrap().as_str(), name);
        }
        assert!(matches!(named("a..b"), Err(Why::FolderName(_))));
    }

    #[test]
    fn letters_are_flags_whatever_stands_for_the_colon() {
        let keywords = [('a', "$Label1".to_owned())];
        for name in ["1.x:2,FSa", "1.x;2,FSa", "1.x!2,FSa", "1.x:2,FSa,S=10"] {
            assert_eq!(flags(OsStr::new(name), "cur", &keywords), ["\\Flagged", "\\Seen", "$Label1"], "{name}");
        }
        assert_eq!(flags(OsStr::new("1.x"), "cur", &keywords), [""; 0]);
    }

    #[test]
    fn lines_end_with_crlf_and_those_that_do_stay() {
        assert_eq!(with_crlf(b"a\nb\r\n\nc".to_vec()), b"a\r\nb\r\n\r\nc");
        assert_eq!(with_crlf(b"a\r\nb\nc".to_vec()), b"a\r\nb\nc");
    }
}
