//! The files of an archive. Everything here blocks.
//!
//! Maildir++ as Courier and Dovecot have it: INBOX is the directory itself, every other folder a directory `.Level.Level`
//! in it. Names are UTF-8 (Dovecot: `mailbox_list_utf8 = yes`); a dot within a level is written `%2E`, which no folder's
//! name can hold.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use aws_lc_rs::digest::{Context, SHA256};
use data_encoding::HEXLOWER;

use crate::id::{FolderId, Uid};
use crate::limits;
use crate::store::{Flags, FolderName};

const DIRECTORY_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;

/// Letters for flags, in the order of ASCII that the format asks for.
const LETTERS: [(Flags, char); 5] =
    [(Flags::DRAFT, 'D'), (Flags::FLAGGED, 'F'), (Flags::ANSWERED, 'R'), (Flags::SEEN, 'S'), (Flags::DELETED, 'T')];

/// A folder being written.
pub(super) struct Writing {
    directory: PathBuf,
    digest: Context,
    pub(super) messages: u64,
    pub(super) bytes: u64,
}

/// A message being written.
pub(super) struct Message {
    file: File,
    date: i64,
}

/// What one message's file is called, and when it is said to be from.
#[derive(Clone, Debug)]
pub(super) struct Label {
    pub(super) uid: Uid,
    pub(super) uid_validity: u32,
    pub(super) flags: Flags,
    /// Places of the folder's keywords that the message has.
    pub(super) keywords: Vec<usize>,
    /// INTERNALDATE, Unix seconds.
    pub(super) date: i64,
}

impl Label {
    /// `0000000017.1793923200.hopthu:2,FSab`: sorted by UID, so that `cat cur/*` is what the digest is of. Keywords are
    /// the letters by which Dovecot's `dovecot-keywords` knows them.
    pub(super) fn file_name(&self) -> String {
        let system = LETTERS.iter().filter(|(flag, _)| self.flags.contains(*flag)).map(|(_, letter)| *letter);
        let keywords = self.keywords.iter().filter_map(|place| letter(*place));
        let letters: String = system.chain(keywords).collect();
        format!("{:010}.{}.hopthu:2,{letters}", self.uid.0, self.uid_validity)
    }
}

/// The format has letters for the first 26 keywords of a folder.
fn letter(place: usize) -> Option<char> {
    ('a'..='z').nth(place)
}

/// The directory of a folder; that of INBOX is the archive itself.
pub(super) fn directory(folder: FolderId, name: &FolderName) -> String {
    if name.is_inbox() {
        return String::new();
    }
    let levels: Vec<_> = name.as_str().split('/').map(|level| level.replace('.', "%2E")).collect();
    let mut directory = format!(".{}", levels.join("."));
    if directory.len() > limits::FILE_NAME_BYTES_MAX {
        let mark = format!("~{folder}");
        directory.truncate(directory.floor_char_boundary(limits::FILE_NAME_BYTES_MAX - mark.len()));
        directory.push_str(&mark);
    }
    directory
}

impl Writing {
    /// Makes the directory of a folder.
    pub(super) fn begin(archive: &Path, directory: &str, keywords: &[String]) -> io::Result<Self> {
        let path = archive.join(directory);
        make_directory(&path)?;
        for part in ["cur", "new", "tmp"] {
            make_directory(&path.join(part))?;
        }
        if !directory.is_empty() {
            new_file(&path.join("maildirfolder"))?;
        }
        if !keywords.is_empty() {
            let mut file = new_file(&path.join("dovecot-keywords"))?;
            for (place, name) in keywords.iter().enumerate().take_while(|(place, _)| letter(*place).is_some()) {
                writeln!(file, "{place} {name}")?;
            }
            file.sync_all()?;
        }
        Ok(Self { directory: path, digest: Context::new(&SHA256), messages: 0, bytes: 0 })
    }

    /// Begins a message.
    pub(super) fn message(&self, label: &Label) -> io::Result<Message> {
        let file = new_file(&self.directory.join("cur").join(label.file_name()))?;
        Ok(Message { file, date: label.date })
    }

    /// Writes some of it.
    pub(super) fn write(&mut self, message: &mut Message, bytes: &[u8]) -> io::Result<()> {
        message.file.write_all(bytes)?;
        self.digest.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    /// Ends a message; it is on the disk then.
    pub(super) fn end(&mut self, message: &Message) -> io::Result<()> {
        let since = Duration::from_secs(message.date.unsigned_abs());
        let date = if message.date < 0 {
            SystemTime::UNIX_EPOCH.checked_sub(since)
        } else {
            SystemTime::UNIX_EPOCH.checked_add(since)
        };
        if let Some(date) = date {
            message.file.set_modified(date)?;
        }
        message.file.sync_all()?;
        self.messages += 1;
        Ok(())
    }

    /// Ends the folder: the digest of all its messages, one after another.
    pub(super) fn finish(self) -> io::Result<String> {
        for part in ["cur", "new", "tmp"] {
            sync(&self.directory.join(part))?;
        }
        sync(&self.directory)?;
        Ok(HEXLOWER.encode(self.digest.finish().as_ref()))
    }
}

/// Makes room for an archive: what an attempt that was broken off left is removed.
pub(super) fn clear(part: &Path) -> io::Result<()> {
    match fs::remove_dir_all(part) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => {
            if let Some(parent) = part.parent() {
                DirBuilder::new().recursive(true).mode(DIRECTORY_MODE).create(parent)?;
            }
            make_directory(part)
        }
    }
}

/// Writes a file whole or not at all.
pub(super) fn put(path: &Path, contents: &[u8]) -> io::Result<()> {
    let part = beside(path, ".part");
    match fs::remove_file(&part) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = new_file(&part)?;
    file.write_all(contents)?;
    file.sync_all()?;
    fs::rename(&part, path)
}

/// Gives the archive its name. An older one of that name is gone only when the new one is there.
pub(super) fn publish(part: &Path, path: &Path) -> io::Result<()> {
    // It names the folders that were made after INBOX, which is the directory itself, had ended.
    sync(part)?;
    let old = beside(path, ".old");
    let had = path.exists();
    if had {
        clear(&old)?;
        fs::rename(path, &old)?;
    }
    fs::rename(part, path)?;
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        sync(parent)?;
    }
    if old.exists() { fs::remove_dir_all(&old) } else { Ok(()) }
}

/// The same name with something behind it.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn make_directory(path: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(DIRECTORY_MODE).create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made,
    }
}

pub(super) fn new_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(path)
}

/// Makes what a directory names durable.
fn sync(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn folders_have_names_that_say_their_levels() {
        let called = |name: &str| directory(FolderId(7), &FolderName::parse(name).unwrap());
        assert_eq!(called("INBOX"), "");
        assert_eq!(called("INBOX/2026"), ".INBOX.2026");
        assert_eq!(called("Hồ sơ/Quý 4/v1.2"), ".Hồ sơ.Quý 4.v1%2E2");
        let long = called(&"ồ".repeat(300));
        assert!(long.len() <= 255 && long.ends_with("~7"), "{long}");
    }

    #[test]
    fn flags_are_letters_in_the_order_of_ascii() {
        let flags = Flags::SEEN.with(Flags::DRAFT).with(Flags::ANSWERED);
        let label = Label { uid: Uid(17), uid_validity: 5, flags, keywords: vec![0, 3, 40], date: 0 };
        assert_eq!(label.file_name(), "0000000017.5.hopthu:2,DRSad");
    }
}
