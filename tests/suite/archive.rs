//! Archives of mailboxes (R15, R18): read back by a program that knows nothing of this one.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::HEXLOWER;
use hopthu::address::Address;
use hopthu::archive::{self, ArchiveError, Manifest};
use hopthu::id::MailboxId;
use serde_json::Value;

use crate::client::Client;
use crate::harness::{Daemon, Settings};

fn mailbox(daemon: &Daemon, local: &str) -> MailboxId {
    let address = Address::parse(&daemon.person(local).unwrap().address).unwrap();
    daemon.running().installation().directory.snapshot().holder(&address).unwrap().id
}

fn write(daemon: &Daemon, local: &str, to: &Path) -> Result<Manifest, ArchiveError> {
    let store = &daemon.running().installation().store;
    daemon.wait(archive::write(store, mailbox(daemon, local), to, jiff::Timestamp::now()))
}

fn read(archive: &Path) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/maildir.py");
    let output = Command::new("python3").args([&script, archive]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The octets of every message of a folder, as IMAP shows them.
fn shown(client: &mut Client, folder: &str) -> Vec<Value> {
    client.ok(&format!("EXAMINE \"{folder}\""));
    let lines = client.ok("UID FETCH 1:* (RFC822.SIZE)");
    let uids = lines.iter().filter_map(|line| line.split("(UID ").nth(1)?.split([' ', ')']).next());
    let uids: Vec<_> = uids.map(str::to_owned).collect();
    uids.iter().map(|uid| whole(client, uid)).collect()
}

fn whole(client: &mut Client, uid: &str) -> Value {
    client.say(&format!("f UID FETCH {uid} (BODY.PEEK[])"));
    let text = client.until("f ").join("\r\n");
    let (before, rest) = text.split_once("}\r\n").unwrap();
    let size: usize = before.rsplit('{').next().unwrap().parse().unwrap();
    let bytes = &rest.as_bytes()[..size];
    serde_json::json!({ "bytes": size, "sha256": HEXLOWER.encode(digest(&SHA256, bytes).as_ref()) })
}

#[test]
fn an_archive_is_read_by_python_as_imap_showed_it() {
    let daemon = Daemon::start(&Settings::default());
    let who = daemon.person("daont").unwrap();
    daemon.deliver(&who, b"From: ngoai@example.vn\r\nSubject: one\r\n\r\n.body\r\n");
    let mut imap = daemon.imap_as(&who);
    let date = "\"17-Jul-2001 02:44:25 -0700\"";
    let large = format!("Subject: large\r\n\r\n{}", "0123456789abcdef\r\n".repeat(200_000));
    imap.append("INBOX", &format!("(\\Seen \\Flagged $Label1) {date}"), b"Subject: two\r\n\r\nx\r\n");
    imap.append("INBOX", "(\\Answered)", large.as_bytes());
    for (folder, flags) in [("\"H&1ZM- s&AbA-/v1.2\"", "(\\Deleted)"), ("Drafts", "(\\Draft)")] {
        imap.command(&format!("CREATE {folder}"));
        let said = imap.append(folder, flags, b"Subject: more\r\n\r\nx");
        assert!(said.starts_with("t OK"), "{said}");
    }
    for _ in 0..600 {
        imap.append("Archive", "", b"Subject: many\r\n\r\nx");
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("kept/daont");
    let manifest = write(&daemon, "daont", &path).unwrap();
    let found = read(&path);
    let inbox = found[""].as_array().unwrap();
    assert_eq!(inbox.len(), 4, "a welcome, and three");
    let last = |folder: &str| found[folder].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&inbox[2]["flags"], &inbox[2]["date"]), (&"FS".into(), &995_363_065.into()));
    assert_eq!((&last("")["flags"], &last("")["bytes"]), (&"R".into(), &large.len().into()));
    assert_eq!(last("Drafts")["flags"], "D");
    assert_eq!(found["Archive"].as_array().unwrap().len(), 600);
    for (folder, directory) in [("INBOX", ""), ("Drafts", "Drafts"), ("Archive", "Archive")] {
        let (shown, kept) = (shown(&mut imap, folder), found[directory].as_array().unwrap());
        assert_eq!(shown.len(), kept.len(), "{folder}");
        for (shown, kept) in shown.iter().zip(kept) {
            assert_eq!((&shown["bytes"], &shown["sha256"]), (&kept["bytes"], &kept["sha256"]), "{folder}");
        }
    }
    let messages: usize = found.as_object().unwrap().values().map(|folder| folder.as_array().unwrap().len()).sum();
    assert_eq!(manifest.messages, messages as u64);
    hold(&path, &manifest);
}

/// The manifest says what is there, and nobody else may read it.
fn hold(path: &Path, manifest: &Manifest) {
    let kept: Manifest = serde_json::from_slice(&std::fs::read(archive::manifest_path(path)).unwrap()).unwrap();
    assert_eq!(&kept, manifest);
    for folder in &kept.folders {
        let cur = path.join(&folder.directory).join("cur");
        let mut files: Vec<_> = std::fs::read_dir(&cur).unwrap().map(|file| file.unwrap().path()).collect();
        files.sort();
        let bytes: Vec<u8> = files.iter().flat_map(|file| std::fs::read(file).unwrap()).collect();
        assert_eq!((files.len() as u64, bytes.len() as u64), (folder.messages, folder.bytes), "{}", folder.folder);
        assert_eq!(HEXLOWER.encode(digest(&SHA256, &bytes).as_ref()), folder.sha256, "{}", folder.folder);
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&cur), 0o700);
        assert!(files.iter().all(|file| mode(file) == 0o600));
    }
}

#[test]
fn an_archive_is_started_over_and_never_put_in_the_place_of_another() {
    let daemon = Daemon::start(&Settings::default());
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("daont");
    let part = dir.path().join("daont.part");
    std::fs::create_dir_all(part.join("cur")).unwrap();
    std::fs::write(part.join("cur/half"), "of a message").unwrap();
    let first = write(&daemon, "daont", &path).unwrap();
    hold(&path, &first);
    daemon.deliver(&daemon.person("daont").unwrap(), b"Subject: later\r\n\r\n");
    let second = write(&daemon, "daont", &path).unwrap();
    assert_eq!(second.messages, first.messages + 1);
    hold(&path, &second);
    assert!(matches!(write(&daemon, "binhdx", &path), Err(ArchiveError::Taken(_))));
    hold(&path, &second);
    std::fs::write(dir.path().join("file"), "x").unwrap();
    assert!(matches!(write(&daemon, "daont", &dir.path().join("file")), Err(ArchiveError::Taken(_))));
    let mut names: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["daont", "daont.manifest.json", "file"]);
}
