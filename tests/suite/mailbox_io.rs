//! Mail in and out of a mailbox by command line (R18), with the real program beside a running daemon.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant, SystemTime};

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::HEXLOWER;
use hopthu::address::Address;
use hopthu::id::MailboxId;
use hopthu::store::Flags;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;

use crate::client::Client;
use crate::dovecot::{self, Dovecot};
use crate::harness::{Daemon, Person, Settings};

/// A message as a mailbox holds it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Held {
    flags: BTreeSet<String>,
    date: i64,
    sha256: String,
}

fn sha256(bytes: &[u8]) -> String {
    HEXLOWER.encode(digest(&SHA256, bytes).as_ref())
}

fn mailbox(daemon: &Daemon, who: &Person) -> MailboxId {
    let address = Address::parse(&who.address).unwrap();
    daemon.running().installation().directory.snapshot().holder(&address).unwrap().id
}

/// Everything in a mailbox, folder by folder.
fn held(daemon: &Daemon, who: &Person) -> BTreeMap<String, Vec<Held>> {
    let store = &daemon.running().installation().store;
    daemon.wait(async {
        let mut all = BTreeMap::new();
        for folder in store.folders(mailbox(daemon, who)).await.unwrap() {
            let index = store.watch(folder.id).await.unwrap().index();
            let mut messages = Vec::new();
            for (_, entry) in index.iter() {
                let text = store.messages(folder.id, &[(entry.uid, entry.body)]).await.unwrap();
                let system =
                    Flags::SYSTEM.iter().filter(|(flag, _)| entry.flags.contains(*flag)).map(|(_, name)| *name);
                let flags = system.chain(index.keywords().of(entry.flags)).map(str::to_owned).collect();
                messages.push(Held { flags, date: entry.date, sha256: sha256(text.iter().next().unwrap()) });
            }
            all.insert(folder.name.to_string(), messages);
        }
        all
    })
}

fn count(daemon: &Daemon, who: &Person) -> usize {
    let store = &daemon.running().installation().store;
    let folders = daemon.wait(store.folders(mailbox(daemon, who))).unwrap();
    folders.iter().map(|folder| folder.counters.messages as usize).sum()
}

fn command(daemon: &Daemon, arguments: &[&str]) -> (i32, Value) {
    let output: Output = daemon.command(&[&["--lang", "en", "--json"], arguments].concat());
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let document =
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}{}", String::from_utf8_lossy(&output.stderr)));
    (output.status.code().unwrap(), document)
}

fn done(daemon: &Daemon, arguments: &[&str]) -> Value {
    let (code, document) = command(daemon, arguments);
    assert_eq!(code, 0, "{document:#}");
    document
}

fn import(daemon: &Daemon, who: &Person, format: &str, from: &Path, more: &[&str]) -> (i32, Value) {
    let from = from.to_str().unwrap();
    command(daemon, &[&["mailbox", "import", &who.address, "--format", format, "--from", from], more].concat())
}

fn export(daemon: &Daemon, who: &Person, format: &str, to: &Path) -> Value {
    let to = to.to_str().unwrap();
    done(daemon, &["mailbox", "export", &who.address, "--format", format, "--to", to, "--reason", "kiểm thử"])
}

fn audited(daemon: &Daemon, what: &str) -> Vec<Value> {
    let all = done(daemon, &["audit", "list", "--last", "1000"]);
    all["entries"].as_array().unwrap().iter().filter(|entry| entry["what"] == what).cloned().collect()
}

/// The program at work, to be killed.
fn begun(daemon: &Daemon, arguments: &[&str]) -> Child {
    let config = daemon.data_dir().join("hopthu.toml");
    let mut program = Command::new(env!("CARGO_BIN_EXE_hopthu"));
    program.arg("--config").arg(config).args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap()
}

/// Kills it once some messages are in, and not all of them.
fn killed_midway(daemon: &Daemon, who: &Person, arguments: &[&str], all: usize) {
    let before = count(daemon, who);
    let mut child = begun(daemon, arguments);
    let until = Instant::now() + Duration::from_mins(1);
    while count(daemon, who) < before + all / 10 {
        assert!(Instant::now() < until && child.try_wait().unwrap().is_none(), "it ended before it was killed");
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let after = count(daemon, who);
    assert!(after < before + all, "{after} of {all} came in before it was killed");
}

fn text(n: usize) -> String {
    format!(
        "From: a{n}@example.vn\nSubject: th\u{1b0} {n}\nMessage-ID: <{n}@example.vn>\n\n{}\n",
        "nội dung\n".repeat(60)
    )
}

fn crlf(text: &str) -> String {
    text.replace('\n', "\r\n")
}

#[derive(Clone, Debug)]
struct Letter {
    folder: usize,
    flags: BTreeSet<usize>,
    date: i64,
    lines: Vec<String>,
}

const FOLDERS: [&str; 5] = ["INBOX", "Công văn", "Công văn/Đến/v1.2", "Sent", "INBOX/2026"];
const FLAGS: [&str; 8] = ["\\Seen", "\\Answered", "\\Flagged", "\\Draft", "\\Deleted", "$Label1", "Viec", "$Forwarded"];

fn letters() -> impl Strategy<Value = Vec<Letter>> {
    let line = prop_oneof![
        "[ -~]{0,60}",
        "[>]{0,3}From [a-z]{0,9}( Tue Nov  3 08:52:01 2026)?",
        Just("Status: RO".to_owned()),
        Just("X-Status: F".to_owned()),
        Just("X-Keywords: x".to_owned()),
        Just(String::new()),
        "Subject: \\PC{0,20}",
    ];
    let letter = (
        0..FOLDERS.len(),
        prop::collection::btree_set(0..FLAGS.len(), 0..4),
        0..4_000_000_000_i64,
        prop::collection::vec(line, 0..12),
    );
    prop::collection::vec(letter.prop_map(|(folder, flags, date, lines)| Letter { folder, flags, date, lines }), 1..20)
}

/// Whatever is in a mailbox goes out, comes into another, out again and into a third as it was.
#[test]
fn r18_what_goes_out_comes_in_as_it_was() {
    let daemon = Daemon::start(&Settings::default());
    let mut runner = TestRunner::new(Config { cases: 6, failure_persistence: None, ..Config::default() });
    let round = std::cell::Cell::new(0);
    let names = ["An", "Bảo", "Chi", "Dung", "Giang", "Hà", "Khoa", "Lan", "Minh", "Nga", "Oanh", "Phúc"];
    runner
        .run(&letters(), |letters| {
            let hire = |n: usize| {
                let (first, second) = (names[n % names.len()], names[n / names.len() % names.len()]);
                daemon.hire(&format!("Lê {second} {first}"))
            };
            let [a, b, c] = [0, 1, 2].map(|n| hire(round.get() + n));
            round.set(round.get() + 3);
            let mut imap = daemon.imap_as(&a);
            imap.ok("ENABLE IMAP4rev2");
            for folder in FOLDERS {
                imap.command(&format!("CREATE \"{folder}\""));
            }
            for letter in &letters {
                let flags: Vec<_> = letter.flags.iter().map(|flag| FLAGS[*flag]).collect();
                let date = jiff::Timestamp::from_second(letter.date).unwrap();
                let date = jiff::tz::Offset::UTC.to_datetime(date).strftime("%d-%b-%Y %H:%M:%S +0000");
                let message: String = letter.lines.iter().map(|line| format!("{line}\r\n")).collect();
                let arguments = format!("({}) \"{date}\"", flags.join(" "));
                let said = imap.append(
                    &format!("\"{}\"", FOLDERS[letter.folder]),
                    &arguments,
                    format!("X: y\r\n{message}").as_bytes(),
                );
                prop_assert!(said.starts_with("t OK"), "{}", said);
            }
            let dir = tempfile::tempdir().unwrap();
            let (mbox, maildir) = (dir.path().join("mbox"), dir.path().join("maildir"));
            export(&daemon, &a, "mbox", &mbox);
            let first = held(&daemon, &a);
            let counted = import(&daemon, &b, "mbox", &mbox, &[]);
            prop_assert_eq!(counted.0, 0, "{}", counted.1);
            export(&daemon, &b, "maildir", &maildir);
            let counted = import(&daemon, &c, "maildir", &maildir, &[]);
            prop_assert_eq!(counted.0, 0, "{}", counted.1);
            for (who, own) in [(&b, 1), (&c, 1)] {
                let there = held(&daemon, who);
                prop_assert_eq!(first.keys().collect::<Vec<_>>(), there.keys().collect::<Vec<_>>());
                for (folder, messages) in &first {
                    // A welcome, and what the mailbox was told meanwhile, stand before or behind what came in.
                    let came: Vec<_> = there[folder].iter().skip(if folder == "INBOX" { own } else { 0 }).collect();
                    let expected: Vec<_> = messages.iter().collect();
                    if folder == "INBOX" {
                        prop_assert!(expected.iter().all(|message| came.contains(message)), "{}", folder);
                    } else {
                        prop_assert_eq!(expected, came, "{}", folder);
                    }
                }
            }
            // Once more brings nothing.
            let again = import(&daemon, &c, "maildir", &maildir, &[]).1;
            prop_assert_eq!(&again["imported"], 0);
            Ok(())
        })
        .unwrap();
}

fn mbox_of(path: &Path, messages: usize) {
    let message = |n| format!("From a@b.vn Tue Nov  3 08:{:02}:{:02} 2026\n{}\n", n / 60 % 60, n % 60, text(n));
    fs::write(path, (0..messages).map(message).collect::<String>()).unwrap();
}

/// Hostile B89, F4: killed midway and run again, everything is in once.
#[test]
fn b89_an_import_that_was_killed_goes_on_where_it_was() {
    let daemon = Daemon::start(&Settings::default());
    let who = daemon.person("daont").unwrap();
    let dir = tempfile::tempdir().unwrap();
    let mbox = dir.path().join("cũ.mbox");
    mbox_of(&mbox, 8000);
    let path = mbox.to_str().unwrap();
    killed_midway(&daemon, &who, &["mailbox", "import", &who.address, "--format", "mbox", "--from", path], 8000);
    let came = held(&daemon, &who)["cũ"].len();
    // Its holder works with what is there already.
    let mut imap = daemon.imap_as(&who);
    imap.ok("ENABLE IMAP4rev2");
    imap.ok("SELECT \"cũ\"");
    imap.ok("MOVE 1:10 Archive");
    imap.ok("STORE 1:10 +FLAGS (\\Deleted)");
    imap.ok("EXPUNGE");
    let (code, counted) = import(&daemon, &who, "mbox", &mbox, &[]);
    assert_eq!((code, &counted["imported"], &counted["before"]), (0, &(8000 - came).into(), &came.into()));
    assert_eq!(held(&daemon, &who)["cũ"].len(), 8000 - 20);
    let dates: Vec<_> = held(&daemon, &who)["cũ"].iter().map(|message| message.sha256.clone()).collect();
    let expected: Vec<_> = (20..8000).map(|n| sha256(crlf(&text(n)).as_bytes())).collect();
    assert_eq!(dates, expected);
    let noted = audited(&daemon, "mailbox.import");
    assert_eq!(noted.len(), 3, "begun, begun, done: {noted:?}");
    assert_eq!(noted[2]["after"]["imported"], 8000 - came);
}

fn maildir_of(path: &Path, folders: &[&str], messages: usize) {
    for (part, folder) in folders.iter().enumerate() {
        let path = path.join(folder);
        for sub in ["cur", "new", "tmp"] {
            fs::create_dir_all(path.join(sub)).unwrap();
        }
        fs::write(path.join("dovecot-keywords"), "0 $Label1\n1 $Viec\n").unwrap();
        for n in 0..messages {
            let letters = ["", "S", "FS", "RSa", "Tb", "DS"][n % 6];
            let name = if n % 7 == 6 { format!("new/{n:06}.x") } else { format!("cur/{n:06}.x:2,{letters}") };
            let file = path.join(name);
            fs::write(&file, text(n + part * messages)).unwrap();
            let date = SystemTime::UNIX_EPOCH + Duration::from_secs(1_600_000_000 + n as u64 * 61);
            fs::File::options().write(true).open(&file).unwrap().set_modified(date).unwrap();
        }
    }
}

/// What [`maildir_of`] makes, as a mailbox holds it.
fn made(part: usize, messages: usize) -> Vec<Held> {
    let message = |n: usize| {
        let flags: &[&str] = match (n % 7, n % 6) {
            (6, _) | (_, 0) => &[],
            (_, 1) => &["\\Seen"],
            (_, 2) => &["\\Flagged", "\\Seen"],
            (_, 3) => &["\\Answered", "\\Seen", "$Label1"],
            (_, 4) => &["\\Deleted", "$Viec"],
            _ => &["\\Draft", "\\Seen"],
        };
        Held {
            flags: flags.iter().map(|flag| (*flag).to_owned()).collect(),
            date: 1_600_000_000 + i64::try_from(n).unwrap() * 61,
            sha256: sha256(crlf(&text(n + part * messages)).as_bytes()),
        }
    };
    (0..messages).map(message).collect()
}

/// A Maildir of Dovecot's: names in modified UTF-7, letters for keywords, lines that end with LF.
#[test]
fn b89_a_maildir_comes_in_once_although_the_import_was_killed() {
    let daemon = Daemon::start(&Settings::default());
    let who = daemon.person("daont").unwrap();
    let dir = tempfile::tempdir().unwrap();
    maildir_of(dir.path(), &["", ".C&APQ-ng v&AQM-n.2026", ".Sent"], 2000);
    let path = dir.path().to_str().unwrap();
    killed_midway(&daemon, &who, &["mailbox", "import", &who.address, "--format", "maildir", "--from", path], 6000);
    let (code, counted) = import(&daemon, &who, "maildir", dir.path(), &[]);
    assert_eq!(code, 0, "{counted}");
    let held = held(&daemon, &who);
    assert_eq!(held["INBOX"][1..], made(0, 2000));
    assert_eq!(held["Công văn/2026"], made(1, 2000));
    assert_eq!(held["Sent"], made(2, 2000));
    assert!(daemon.imap_as(&who).ok("LIST \"\" \"Sent\"")[0].contains("\\Sent"));
}

/// A few thousand messages of a real Dovecot, killed midway and run again, then once more for what came later.
#[test]
fn r18_a_mailbox_moves_in_from_dovecot() {
    let daemon = Daemon::start(&Settings::default());
    let who = daemon.person("daont").unwrap();
    let dir = tempfile::tempdir().unwrap();
    let mail = dir.path().join("mail/hoa");
    maildir_of(&mail, &["", ".C&APQ-ng v&AQM-n.2026", ".G&Hu0-i"], 1500);
    for entry in walk(&mail) {
        let mode = if entry.is_dir() { 0o777 } else { 0o666 };
        fs::set_permissions(&entry, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    }
    // The certificate is the one that this daemon made for itself: any will do.
    let (certificate, key) = (daemon.data_dir().join("tls/certificate.pem"), daemon.data_dir().join("tls/key.pem"));
    let server = Dovecot::start(dir.path(), Some((&certificate, &key)));
    let password = dir.path().join("password");
    fs::write(&password, format!("{}\n", dovecot::PASSWORD)).unwrap();
    let url = format!("imap://127.0.0.1:{}", server.imap.port());
    let arguments = [
        "mailbox",
        "import",
        &who.address,
        "--imap",
        &url,
        "--name",
        "hoa",
        "--password-file",
        password.to_str().unwrap(),
    ];
    killed_midway(&daemon, &who, &arguments, 4500);
    let counted = done(&daemon, &arguments);
    assert_eq!(counted["imported"].as_u64().unwrap() + counted["before"].as_u64().unwrap(), 4500, "{counted}");
    let ours = held(&daemon, &who);
    assert_eq!(sorted(&ours["INBOX"][1..]), sorted(&made(0, 1500)));
    assert_eq!(sorted(&ours["Công văn/2026"]), sorted(&made(1, 1500)));
    assert_eq!(sorted(&ours["Sent"]), sorted(&made(2, 1500)), "the folder for sent mail there is the one here");
    // On the day of the move: what came since, and nothing twice.
    let mut there = Client::plain(server.imap, daemon.trust());
    there.expect_line();
    there.ok(&format!("LOGIN hoa {}", dovecot::PASSWORD));
    there.append("INBOX", "(\\Flagged) \"17-Jul-2001 02:44:25 -0700\"", b"Subject: late\r\n\r\nx\r\n");
    let counted = done(&daemon, &arguments);
    assert_eq!((&counted["imported"], &counted["before"]), (&1.into(), &4500.into()));
    let last = held(&daemon, &who)["INBOX"].last().unwrap().clone();
    let flags = BTreeSet::from(["\\Flagged".to_owned()]);
    assert_eq!(last, Held { flags, date: 995_363_065, sha256: sha256(b"Subject: late\r\n\r\nx\r\n") });
}

fn sorted(messages: &[Held]) -> Vec<Held> {
    let mut sorted = messages.to_vec();
    sorted.sort();
    sorted
}

fn walk(path: &Path) -> Vec<PathBuf> {
    let mut found = vec![path.to_owned()];
    if path.is_dir() {
        found.extend(fs::read_dir(path).unwrap().flat_map(|entry| walk(&entry.unwrap().path())));
    }
    found
}

/// A password goes over TLS or to this machine; a server is trusted by its certificate, and a wrong password is said so.
#[test]
fn r18_another_server_is_asked_over_tls_that_is_checked() {
    let daemon = Daemon::start(&Settings::default());
    let (who, other) = (daemon.person("daont").unwrap(), daemon.person("binhdx").unwrap());
    daemon.deliver(&other, b"Subject: moves\r\n\r\nx\r\n");
    let dir = tempfile::tempdir().unwrap();
    let password = dir.path().join("password");
    let certificate = daemon.data_dir().join("tls/certificate.pem");
    let run = |scheme: &str, door: &str, host: &str, word: &str, more: &[&str]| {
        fs::write(&password, word).unwrap();
        let url = format!("{scheme}://{host}:{}", daemon.address(door).port());
        let file = password.to_str().unwrap();
        let arguments =
            ["mailbox", "import", &who.address, "--imap", &url, "--name", &other.address, "--password-file", file];
        command(&daemon, &[&arguments, more].concat())
    };
    let ca = ["--ca", certificate.to_str().unwrap()];
    let (code, said) = run("imaps", "imaps", "127.0.0.1", crate::harness::PASSWORD, &[]);
    assert_eq!((code, &said["error"]["code"]), (3, &"remote".into()), "not trusted by the system: {said}");
    let (code, said) = run("imaps", "imaps", "localhost", crate::harness::PASSWORD, &ca);
    assert_eq!(code, 3, "not the certificate's name: {said}");
    let (code, said) = run("imap", "imap", "127.0.0.1", "sai-mat-khau", &ca);
    assert_eq!((code, &said["error"]["code"]), (2, &"remote_login".into()), "{said}");
    assert_eq!(count(&daemon, &who), 1);
}

/// Hostile B93.
#[test]
fn b93_an_mbox_never_merges_messages_nor_splits_one() {
    let daemon = Daemon::start(&Settings::default());
    let who = daemon.person("daont").unwrap();
    let dir = tempfile::tempdir().unwrap();
    let from = "From a@b.vn Tue Nov  3 08:52:01 2026";
    let cases: [(&str, String, &[&str]); 7] = [
        ("bare LF", format!("{from}\nA: 1\n\nx\n\n{from}\nA: 2\n\ny\n\n"), &["A: 1\r\n\r\nx\r\n", "A: 2\r\n\r\ny\r\n"]),
        ("CRLF", format!("{from}\r\nA: 1\r\n\r\nx\r\n\r\n{from}\r\nA: 2\r\n\r\n"), &["A: 1\r\n\r\nx\r\n", "A: 2\r\n"]),
        ("no final newline", format!("{from}\nA: 1\n\nx"), &["A: 1\r\n\r\nx\r\n"]),
        (
            "quoted",
            format!("{from}\nA: 1\n\n>From x\n>>From y\n>Frommage\n"),
            &["A: 1\r\n\r\nFrom x\r\n>From y\r\n>Frommage\r\n"],
        ),
        (
            "a sentence",
            format!("{from}\nA: 1\n\nx\n\nFrom the office, Tue\ny\n"),
            &["A: 1\r\n\r\nx\r\n\r\nFrom the office, Tue\r\ny\r\n"],
        ),
        (
            "no empty line",
            format!("{from}\nA: 1\n\nx\n{from}\ny\n"),
            &["A: 1\r\n\r\nx\r\nFrom a@b.vn Tue Nov  3 08:52:01 2026\r\ny\r\n"],
        ),
        ("twins", format!("{from}\nA: 1\n\nx\n\n{from}\nA: 1\n\nx\n\n"), &["A: 1\r\n\r\nx\r\n", "A: 1\r\n\r\nx\r\n"]),
    ];
    for (n, (case, file, messages)) in cases.iter().enumerate() {
        let path = dir.path().join(format!("case{n}"));
        fs::write(&path, file).unwrap();
        for _ in 0..2 {
            assert_eq!(import(&daemon, &who, "mbox", &path, &[]).0, 0, "{case}");
        }
        let held: Vec<_> = held(&daemon, &who)[&format!("case{n}")].iter().map(|held| held.sha256.clone()).collect();
        let expected: Vec<_> = messages.iter().map(|message| sha256(message.as_bytes())).collect();
        assert_eq!(held, expected, "{case}");
    }
    let path = dir.path().join("no-mbox");
    fs::write(&path, "\n\nDear all,\n").unwrap();
    let (code, counted) = import(&daemon, &who, "mbox", &path, &[]);
    assert_eq!((code, counted["refused"][0]["place"].as_str().unwrap()), (2, format!("{}:3", path.display()).as_str()));
}

/// Hostile B93: two gigabytes go by in bounded memory; what is too large is named, and what stands behind it comes in.
#[test]
fn b93_a_file_of_two_gigabytes_is_read_in_bounded_memory() {
    use std::io::{Seek, SeekFrom, Write};
    let daemon = Daemon::start(&Settings::default());
    let who = daemon.person("daont").unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("large");
    let mut file = fs::File::create(&path).unwrap();
    let from = "From a@b.vn Tue Nov  3 08:52:01 2026";
    write!(file, "{from}\nA: 1\n\nx\n\n{from}\nA: 2\n\n").unwrap();
    file.seek(SeekFrom::Start(2 << 30)).unwrap();
    write!(file, "\n\n{from}\nA: 3\n\nz\n").unwrap();
    drop(file);
    let (code, counted) = import(&daemon, &who, "mbox", &path, &[]);
    assert_eq!((code, &counted["imported"]), (2, &2.into()), "{counted}");
    assert_eq!(counted["refused"][0]["place"], format!("{}:6", path.display()));
    assert_eq!(held(&daemon, &who)["large"].len(), 2);
}

/// What a mailbox may hold is kept; it goes on where it stopped when there is room.
#[test]
fn r18_an_import_stops_at_the_quota_and_goes_on_behind_it() {
    let daemon = Daemon::start(&Settings::default());
    let who = daemon.person("daont").unwrap();
    let dir = tempfile::tempdir().unwrap();
    let mbox = dir.path().join("nhiều");
    mbox_of(&mbox, 300);
    done(&daemon, &["mailbox", "quota", &who.address, "100k"]);
    let (code, said) = import(&daemon, &who, "mbox", &mbox, &[]);
    assert_eq!((code, &said["error"]["code"]), (1, &"over_quota".into()), "{said}");
    assert!(said["error"]["message"].as_str().unwrap().contains("stopped at"), "{said}");
    let came = held(&daemon, &who)["nhiều"].len();
    assert!((1..300).contains(&came));
    let (code, planned) = import(&daemon, &who, "mbox", &mbox, &["--ignore-quota", "--dry-run"]);
    assert_eq!((code, &planned["imported"], count(&daemon, &who)), (0, &(300 - came).into(), came + 1));
    let (code, counted) = import(&daemon, &who, "mbox", &mbox, &["--ignore-quota"]);
    assert_eq!((code, &counted["imported"], &counted["before"]), (0, &(300 - came).into(), &came.into()));
    let below = import(&daemon, &daemon.person("binhdx").unwrap(), "mbox", &mbox, &["--folder", "Cũ/Thư"]);
    assert_eq!(held(&daemon, &daemon.person("binhdx").unwrap())["Cũ/Thư/nhiều"].len(), 300, "{below:?}");
}

/// R20: an export needs a reason, is in the audit, and its owner is told before the first message is read.
#[test]
fn r20_an_export_is_recorded_and_told_to_the_owner() {
    let daemon = Daemon::start(&Settings::default());
    let who = daemon.person("daont").unwrap();
    let dir = tempfile::tempdir().unwrap();
    let to = dir.path().join("out");
    let path = to.to_str().unwrap();
    let (code, said) = command(&daemon, &["mailbox", "export", &who.address, "--format", "mbox", "--to", path]);
    assert_eq!((code, said["error"]["message"].as_str().unwrap().contains("--reason")), (2, true), "{said}");
    let exported = export(&daemon, &who, "mbox", &to);
    assert_eq!(exported["manifest"]["messages"], 2, "a welcome, and the notice");
    let entry = &audited(&daemon, "mailbox.export")[0];
    assert_eq!(entry["after"]["reason"], "kiểm thử");
    let mut imap = daemon.imap_as(&who);
    imap.ok("SELECT INBOX");
    assert!(imap.ok("SEARCH BODY \"ly do: kiem thu\"")[0].len() > "* SEARCH".len());
    // Somebody else's mailbox is not written over it, and nobody is told of what cannot be.
    let other = daemon.person("binhdx").unwrap();
    let (code, said) =
        command(&daemon, &["mailbox", "export", &other.address, "--format", "mbox", "--to", path, "--reason", "x"]);
    assert_eq!((code, &said["error"]["code"]), (2, &"taken".into()));
    assert_eq!(audited(&daemon, "mailbox.export").len(), 1);
}

fn restore(daemon: &Daemon, who: &Person, arguments: &[&str]) -> (i32, Value) {
    command(daemon, &[&["mailbox", "restore", &who.address], arguments].concat())
}

fn ids(listed: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    listed["messages"]
        .as_array()
        .unwrap_or_else(|| panic!("{listed}"))
        .iter()
        .map(|lost| (text(&lost["id"]), text(&lost["subject"])))
        .collect()
}

/// Expunged, closed, deleted with its folder: all of it comes back as it was, once, and sessions see it.
#[test]
fn deleted_mail_comes_back_as_it_was_and_once() {
    let daemon = Daemon::start(&Settings::default());
    let who = daemon.person("daont").unwrap();
    let mut imap = daemon.imap_as(&who);
    imap.ok("ENABLE IMAP4rev2");
    imap.ok("CREATE \"Hồ sơ/Cũ\"");
    let date = "\"17-Jul-2001 02:44:25 -0700\"";
    for n in 1..=3 {
        let subject = format!("Subject: =?UTF-8?Q?th=C6=B0?= {n}\r\n\r\nx\r\n");
        imap.append("\"Hồ sơ/Cũ\"", &format!("(\\Seen $Viec) {date}"), subject.as_bytes());
        imap.append("INBOX", &format!("(\\Flagged) {date}"), format!("Subject: in {n}\r\n\r\nx\r\n").as_bytes());
    }
    let whole = held(&daemon, &who);
    imap.ok("SELECT INBOX");
    imap.ok("MOVE 4 Archive");
    let moved = held(&daemon, &who);
    imap.ok("STORE 2 +FLAGS (\\Deleted)");
    imap.ok("EXPUNGE");
    imap.ok("STORE 2 +FLAGS (\\Deleted)");
    imap.ok("CLOSE");
    imap.ok("DELETE \"Hồ sơ/Cũ\"");
    let used = daemon.wait(daemon.running().installation().store.usage(mailbox(&daemon, &who))).unwrap();
    let left: usize = held(&daemon, &who).values().map(Vec::len).sum();
    assert_eq!(left, 2, "a welcome, and what was moved");
    let listed = restore(&daemon, &who, &["--list"]).1;
    let all = ids(&listed);
    assert_eq!(all.len(), 5, "what was moved is not lost: {listed:#}");
    assert!(all.iter().any(|(_, subject)| subject == "thư 2"), "{all:?}");
    let (code, planned) = restore(&daemon, &who, &["--since", "1h", "--dry-run"]);
    assert_eq!(
        (code, &planned["restored"], held(&daemon, &who).values().map(Vec::len).sum::<usize>()),
        (0, &5.into(), 2)
    );
    let quota = format!("{}", used + 10);
    done(&daemon, &["mailbox", "quota", &who.address, &quota]);
    let (code, said) = restore(&daemon, &who, &["--since", "1h"]);
    assert_eq!(
        (code, &said["error"]["code"], ids(&restore(&daemon, &who, &["--list"]).1).len()),
        (1, &"over_quota".into(), 5)
    );
    done(&daemon, &["mailbox", "quota", &who.address, "1G"]);
    // A session on the folder learns of it at once.
    imap.ok("SELECT INBOX");
    imap.say("i IDLE");
    imap.until("+");
    let one = &all.iter().find(|(_, subject)| subject == "in 1").unwrap().0;
    assert_eq!(restore(&daemon, &who, &["--message", one]).1["restored"], 1);
    imap.until("* 2 EXISTS");
    assert_eq!(restore(&daemon, &who, &["--message", one]).1["restored"], 0);
    assert_eq!(restore(&daemon, &who, &["--since", "1h", "--folder", "Hồ sơ/Cũ"]).1["restored"], 3);
    assert_eq!(restore(&daemon, &who, &["--since", "1h"]).1["restored"], 1);
    assert_eq!(restore(&daemon, &who, &["--since", "1h"]).1["restored"], 0);
    let back = held(&daemon, &who);
    assert_eq!(sorted(&back["INBOX"]), sorted(&moved["INBOX"]));
    assert_eq!(back["Hồ sơ/Cũ"], whole["Hồ sơ/Cũ"]);
    let entries = audited(&daemon, "mailbox.restore");
    assert_eq!(entries.len(), 3, "{entries:?}");
    assert_eq!(entries[0]["after"]["restored"]["INBOX"][0], one.as_str());
    let (code, said) = restore(&daemon, &who, &["--message", "x"]);
    assert_eq!((code, &said["error"]["code"]), (2, &"usage".into()));
}

/// After the configured time it is gone.
#[test]
fn deleted_mail_comes_back_for_the_configured_time_only() {
    let clock = hopthu::clock::Clock::standing(
        "2026-11-24T03:00:00Z".parse().unwrap(),
        jiff::tz::TimeZone::get("Asia/Ho_Chi_Minh").unwrap(),
    );
    let settings = Settings::default().with("mail.expunged_kept", "\"2d\"");
    let mut daemon = Daemon::start_at(&settings, Some(clock.clone()));
    let who = daemon.person("daont").unwrap();
    let mut imap = daemon.imap_as(&who);
    imap.ok("CREATE x");
    imap.append("x", "(\\Deleted)", b"Subject: y\r\n\r\n");
    imap.ok("DELETE x");
    drop(imap);
    for (hours, left) in [(47, 1), (2, 0)] {
        clock.set(clock.now() + jiff::SignedDuration::from_hours(hours));
        daemon.restart(|| ());
        let until = Instant::now() + Duration::from_secs(10);
        // The daemon looks at its start.
        while ids(&restore(&daemon, &who, &["--list"]).1).len() != left {
            assert!(Instant::now() < until, "{left}");
        }
    }
}

/// What a backup holds and the mailbox does not any more comes back, by what it is and not by where it was.
#[test]
fn mail_comes_back_from_a_backup() {
    let daemon = Daemon::start(&Settings::default());
    let who = daemon.person("daont").unwrap();
    let mut imap = daemon.imap_as(&who);
    imap.ok("CREATE x");
    let date = "\"17-Jul-2001 02:44:25 -0700\"";
    imap.append("x", &format!("(\\Seen $Viec) {date}"), b"Subject: one\r\n\r\n");
    imap.append("x", "", b"Subject: two\r\n\r\n");
    daemon.deliver(&who, b"Subject: delivered\r\n\r\nx\r\n");
    daemon.suspend(&daemon.person("binhdx").unwrap());
    let whole = held(&daemon, &who);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("today.db");
    let path = file.to_str().unwrap();
    let made = done(&daemon, &["backup", path]);
    assert_eq!(made["backup"]["to"], path);
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&file).unwrap().permissions()) & 0o777, 0o600);
    assert_eq!(command(&daemon, &["backup", path]).1["error"]["code"], "taken");
    assert_eq!(done(&daemon, &["backup", "verify", path])["ok"], true);
    // One stays under another name, two are gone for good, one of them with its folder.
    imap.ok("SELECT x");
    imap.ok("MOVE 2 Archive");
    imap.ok("DELETE x");
    imap.ok("SELECT INBOX");
    imap.ok("STORE 2 +FLAGS (\\Deleted)");
    imap.ok("EXPUNGE");
    let from = ["--from", path];
    let listed = ids(&restore(&daemon, &who, &[&["--list"], &from[..]].concat()).1);
    let subjects: BTreeSet<_> = listed.iter().map(|(_, subject)| subject.as_str()).collect();
    assert_eq!(subjects, BTreeSet::from(["one", "delivered"]));
    let one = &listed.iter().find(|(_, subject)| subject == "one").unwrap().0;
    for expected in [1, 0] {
        assert_eq!(restore(&daemon, &who, &[&["--message", one], &from[..]].concat()).1["restored"], expected);
        // By the day on which a message came.
        let since = &["--since", "2026-01-01"];
        assert_eq!(restore(&daemon, &who, &[since, &from[..]].concat()).1["restored"], expected);
    }
    let back = held(&daemon, &who);
    assert_eq!(back["x"], whole["x"][..1]);
    assert_eq!(back["INBOX"], whole["INBOX"]);
    assert_eq!(audited(&daemon, "mailbox.restore").len(), 2);
    // Another office's backup has other mailboxes under the same numbers, and another history, if it is as short as here.
    let other = Daemon::start(&Settings::default());
    other.suspend(&other.person("daont").unwrap());
    let (code, said) = restore(&other, &other.person("daont").unwrap(), &[&["--list"], &from[..]].concat());
    assert_eq!((code, &said["error"]["code"]), (2, &"backup_foreign".into()), "{said}");
    // The whole of it, elsewhere.
    let elsewhere = dir.path().join("elsewhere");
    done(&daemon, &["restore", path, "--dir", elsewhere.to_str().unwrap()]);
    assert_eq!(daemon.wait(crate::harness::check(&hopthu::server::database(&elsewhere))), [""; 0]);
    assert_eq!(command(&daemon, &["restore", path, "--dir", elsewhere.to_str().unwrap()]).0, 1);
    let half = dir.path().join("half");
    fs::write(&half, &fs::read(&file).unwrap()[..100_000]).unwrap();
    assert_ne!(command(&daemon, &["backup", "verify", half.to_str().unwrap()]).0, 0);
}
