//! Programs that keep a Maildir and a mailbox the same, while somebody else works in the mailbox and the Maildir changes
//! too: nothing is lost, nothing is there twice, and when it is quiet there is nothing to do.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::client::Client;
use crate::clients::{Office, run};

/// Vietnamese names on three levels, as `IMAP4rev1` writes them.
const FOLDERS: [&str; 5] = [
    "INBOX",
    "C&APQ-ng v&AQM-n &AREevw-n",
    "C&APQ-ng v&AQM-n &AREevw-n/N&AQM-m 2026",
    "C&APQ-ng v&AQM-n &AREevw-n/N&AQM-m 2026/Qu&AP0- 1",
    "L&AbA-u tr&Hu8-",
];
const MESSAGES: usize = 2_000;
/// Below the bound of literals in one command.
const AT_ONCE: usize = 200;

/// Where every message is to be in the end: by its number, with its flags as a Maildir names them.
type Expected = BTreeMap<String, (usize, String)>;

/// What else happens while a program runs.
#[derive(PartialEq, Eq)]
enum Meanwhile {
    Change,
    Quiet,
}

/// One side: folder, message number, flags.
type Side = BTreeSet<(usize, String, String)>;

fn message(id: &str) -> String {
    format!(
        "From: ngoai@example.vn\r\nMessage-ID: <{id}>\r\nSubject: {id}\r\nDate: Mon, 2 Nov 2026 08:00:00 +0700\r\n\r\nThư {id}\r\n"
    )
}

fn fill(imap: &mut Client) -> Expected {
    let mut expected = Expected::new();
    for (at, folder) in FOLDERS.into_iter().enumerate() {
        if at > 0 {
            imap.ok(&format!("CREATE \"{folder}\""));
            imap.ok(&format!("SUBSCRIBE \"{folder}\""));
        }
        let numbers: Vec<_> = (0..MESSAGES).filter(|n| n % FOLDERS.len() == at).collect();
        for numbers in numbers.chunks(AT_ONCE) {
            let appended = numbers.iter().map(|n| {
                let (flags, letters) =
                    [("", ""), ("\\Seen", "S"), ("\\Seen \\Flagged $Viec", "FS"), ("\\Answered", "R")][n % 4];
                expected.insert(n.to_string(), (at, letters.to_owned()));
                let text = message(&n.to_string());
                format!(" ({flags}) {{{}+}}\r\n{text}", text.len())
            });
            let command = format!("APPEND \"{folder}\"{}", appended.collect::<String>());
            imap.ok(&command);
        }
    }
    expected
}

/// Delivers, marks, moves and expunges until it is told to stop. Only messages whose number is divisible by four are its
/// own; what comes of it is written down.
fn work(imap: &mut Client, expected: &mut Expected, round: &str, stop: &AtomicBool) {
    let own: Vec<_> =
        expected.keys().filter(|id| id.parse().is_ok_and(|n: usize| n.is_multiple_of(4))).cloned().collect();
    for (step, id) in own.into_iter().enumerate().take_while(|_| !stop.load(Ordering::Relaxed)) {
        let (at, letters) = expected[&id].clone();
        imap.ok(&format!("SELECT \"{}\"", FOLDERS[at]));
        let uid = imap.ok(&format!("UID SEARCH HEADER Message-ID \"<{id}>\""))[0].replace("* SEARCH ", "");
        match step % 4 {
            0 => {
                let new = format!("{round}-{step}");
                let text = message(&new);
                assert!(imap.append(&format!("\"{}\"", FOLDERS[at]), "", text.as_bytes()).starts_with("t OK"));
                expected.insert(new, (at, String::new()));
            }
            1 => {
                imap.ok(&format!("UID STORE {uid} +FLAGS.SILENT (\\Flagged $Xong)"));
                let letters: BTreeSet<char> = letters.chars().chain(['F']).collect();
                expected.insert(id, (at, letters.into_iter().collect()));
            }
            2 => {
                let to = (at + 1) % FOLDERS.len();
                imap.ok(&format!("UID MOVE {uid} \"{}\"", FOLDERS[to]));
                expected.insert(id, (to, letters));
            }
            _ => {
                imap.ok(&format!("UID STORE {uid} +FLAGS.SILENT (\\Deleted)"));
                imap.ok(&format!("UID EXPUNGE {uid}"));
                expected.remove(&id);
            }
        }
    }
}

/// Everything in the mailbox.
fn far(imap: &mut Client) -> Side {
    let mut side = Side::new();
    let mut count = 0;
    for (at, folder) in FOLDERS.into_iter().enumerate() {
        imap.ok(&format!("EXAMINE \"{folder}\""));
        let mut flags = String::new();
        for line in imap.ok("FETCH 1:* (FLAGS BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])") {
            if let Some((_, after)) = line.split_once("FLAGS (") {
                let names = after.split(')').next().unwrap();
                let letters =
                    [("\\Draft", 'D'), ("\\Flagged", 'F'), ("\\Answered", 'R'), ("\\Seen", 'S'), ("\\Deleted", 'T')];
                flags =
                    letters.into_iter().filter(|(name, _)| names.contains(name)).map(|(_, letter)| letter).collect();
            } else if let Some(id) = id_of(&line) {
                side.insert((at, id, flags.clone()));
                count += 1;
            }
        }
    }
    assert_eq!(side.len(), count, "something is in the mailbox twice");
    side
}

/// Everything in the Maildirs; of new messages the first ones by the order of `FOLDERS`.
fn near(maildirs: &[PathBuf]) -> Side {
    let mut side = Side::new();
    let mut count = 0;
    for (at, maildir) in maildirs.iter().enumerate() {
        for path in ["cur", "new"].into_iter().flat_map(|sub| std::fs::read_dir(maildir.join(sub)).unwrap()) {
            let path = path.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            let Some(id) = id_of(&text) else { continue };
            assert!(
                text.replace("\r\n", "\n").trim_end().ends_with(&format!("Thư {id}")),
                "{}: {text}",
                path.display()
            );
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let flags = name.split_once(":2,").map_or("", |(_, flags)| flags).chars().filter(char::is_ascii_uppercase);
            side.insert((at, id, flags.collect()));
            count += 1;
        }
    }
    assert_eq!(side.len(), count, "something is in the Maildirs twice");
    side
}

/// The name of one of these messages; none of others, whose names have the domain.
fn id_of(text: &str) -> Option<String> {
    let line = text.lines().find_map(|line| line.strip_prefix("Message-ID: <"))?;
    Some(line.trim_end_matches('>').to_owned()).filter(|id| !id.contains('@'))
}

/// Changes the Maildirs: of the messages whose number leaves one when divided by four, every fourth is deleted, every
/// fourth marked; and some are new.
fn change(maildirs: &[PathBuf], expected: &mut Expected) {
    for maildir in maildirs {
        for path in std::fs::read_dir(maildir.join("cur")).unwrap().collect::<Vec<_>>() {
            let path = path.unwrap().path();
            let Some(id) = id_of(&std::fs::read_to_string(&path).unwrap()) else { continue };
            match id.parse::<usize>().map(|n| n % 16) {
                Ok(1) => {
                    std::fs::remove_file(&path).unwrap();
                    expected.remove(&id);
                }
                Ok(5) => {
                    let name = path.to_str().unwrap().split_once(":2,").unwrap().0;
                    std::fs::rename(&path, format!("{name}:2,RS")).unwrap();
                    "RS".clone_into(&mut expected.get_mut(&id).unwrap().1);
                }
                _ => {}
            }
        }
    }
    for n in 0..10 {
        let id = format!("near-{n}");
        let at = n % FOLDERS.len();
        std::fs::write(maildirs[at].join(format!("cur/{n}.near.may-con:2,S")), message(&id).replace("\r\n", "\n"))
            .unwrap();
        expected.insert(id, (at, "S".to_owned()));
    }
}

/// Both sides change while `sync` runs, until it is quiet; then they are the same, and the next run changes nothing.
fn sync_under_change(office: &Office, maildir_of: impl Fn(usize) -> PathBuf, sync: impl Fn(Meanwhile) + Sync) {
    let mut imap = office.process.imap_as(&office.to);
    let mut expected = fill(&mut imap);
    let during = |expected: &mut Expected, round: &str| {
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let working = scope.spawn(|| work(&mut office.process.imap_as(&office.to), expected, round, &stop));
            sync(Meanwhile::Change);
            stop.store(true, Ordering::Relaxed);
            working.join().unwrap();
        });
    };
    during(&mut expected, "first");
    let maildirs: Vec<_> = (0..FOLDERS.len()).map(maildir_of).collect();
    change(&maildirs, &mut expected);
    during(&mut expected, "second");
    sync(Meanwhile::Quiet);
    let wanted: Side = expected.into_iter().map(|(id, (at, flags))| (at, id, flags)).collect();

    differ("the mailbox", &far(&mut imap), &wanted);
    differ("the Maildirs", &near(&maildirs), &wanted);
    let mut numbers = || {
        // The first one tells that mod-sequences are told from here on, too (RFC 7162 §3.1.2.1).
        let state = |folder: &str| {
            let told = imap.ok(&format!("STATUS \"{folder}\" (MESSAGES UIDNEXT HIGHESTMODSEQ)"));
            told.into_iter().find(|line| line.starts_with("* STATUS ")).unwrap()
        };
        (FOLDERS.map(state), files(&maildirs))
    };
    let before = numbers();
    sync(Meanwhile::Quiet);
    assert_eq!(numbers(), before, "there was something to do");
    imap.ok(&format!("SELECT \"{}\"", FOLDERS[1]));
    assert_ne!(imap.ok("SEARCH KEYWORD $Viec")[0], "* SEARCH", "keywords are gone");
}

fn files(maildirs: &[PathBuf]) -> BTreeSet<PathBuf> {
    let list = |dir: &Path| std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    maildirs.iter().flat_map(|dir| ["cur", "new"].map(|sub| list(&dir.join(sub)))).flatten().collect()
}

fn differ(what: &str, found: &Side, wanted: &Side) {
    let (more, missing): (Vec<_>, Vec<_>) = (found.difference(wanted).collect(), wanted.difference(found).collect());
    assert!(more.is_empty() && missing.is_empty(), "{what}: too much {more:?}, missing {missing:?}");
}

#[test]
fn mbsync_loses_nothing_while_both_sides_change() {
    let office = Office::open();
    let near = office.folder("near");
    let config = format!(
        "IMAPAccount office\nHost 127.0.0.1\nPort {}\nUser {}\nPass \"{}\"\nSSLType IMAPS\nCertificateFile {}\n\
         SystemCertificates no\n\nIMAPStore far\nAccount office\n\nMaildirStore near\nPath {dir}/\nInbox {dir}/INBOX\n\
         SubFolders Verbatim\n\nChannel all\nFar :far:\nNear :near:\nPatterns *\nCreate Both\nExpunge Both\nSyncState *\n",
        office.process.port("imaps"),
        office.to.address,
        office.to.password,
        office.certificate(),
        dir = near.display(),
    );
    let config = office.write("mbsyncrc", config);
    sync_under_change(&office, |at| near.join(FOLDERS[at]), |_| drop(run("mbsync", &["-q", "-c", &config, "-a"], b"")));
}

#[test]
fn offlineimap_loses_nothing_while_both_sides_change() {
    let office = Office::open();
    let (near, metadata) = (office.folder("near"), office.folder("offlineimap"));
    let config = format!(
        "[general]\nmetadata = {metadata}\naccounts = office\nfsync = no\n\n[Account office]\nlocalrepository = near\n\
         remoterepository = far\n\n[Repository near]\ntype = Maildir\nlocalfolders = {near}\nsep = /\n\n\
         [Repository far]\ntype = IMAP\nremotehost = localhost\nremoteport = {port}\nremoteuser = {user}\n\
         remotepass = {password}\nssl = yes\nsslcacertfile = {certificate}\nmaxconnections = 3\n",
        metadata = metadata.display(),
        near = near.display(),
        port = office.process.port("imaps"),
        user = office.to.address,
        password = office.to.password,
        certificate = office.certificate(),
    );
    let config = office.write("offlineimaprc", config);
    let sync = |meanwhile| {
        let output = Command::new("offlineimap").args(["-c", &config, "-o", "-u", "basic"]).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        // Of a message that is taken away before its turn comes it says so, and ends in failure.
        let mut errors = said.lines().filter(|line| line.trim_start().starts_with("ERROR: IMAP"));
        let gone = errors.all(|line| line.contains("does not have a message with UID"));
        assert!(output.status.success() || meanwhile == Meanwhile::Change && gone, "{said}");
    };
    sync_under_change(&office, |at| near.join(FOLDERS[at]), sync);
}
