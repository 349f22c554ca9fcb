//! Programs that people and devices really use, against the real program: what one sends, another reads back byte for
//! byte.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::client::Client;
use crate::process::{Login, Process};

/// A daemon with two of its people.
pub struct Office {
    pub process: Process,
    pub from: Login,
    pub to: Login,
    dir: tempfile::TempDir,
}

impl Office {
    pub fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let process = Process::start(&dir.path().join("hopthu-data"));
        let mut people = process.people().into_iter();
        let (from, to) = (people.next().unwrap(), people.next().unwrap());
        Self { process, from, to, dir }
    }

    pub fn write(&self, name: &str, contents: impl AsRef<[u8]>) -> String {
        let path = self.dir.path().join(name);
        std::fs::write(&path, contents).unwrap();
        path.display().to_string()
    }

    /// An empty folder.
    pub fn folder(&self, name: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        std::fs::create_dir(&path).unwrap();
        path
    }

    pub fn certificate(&self) -> String {
        self.process.certificate().display().to_string()
    }

    /// Kills the daemon, and starts it again on the same data.
    pub fn restart(&mut self) {
        self.process.kill();
        self.process.wait_for_end();
        self.process = Process::start(&self.dir.path().join("hopthu-data"));
    }

    /// Runs a script of `tests/clients`, which is told of the office on its standard input.
    pub fn python(&self, script: &str, people: [&Login; 2], folder: &str) {
        let port = |door: &str| self.process.address(door).port();
        let setup = serde_json::json!({
            "host": "127.0.0.1",
            "submission": port("submission"),
            "submissions": port("submissions"),
            "imap": port("imap"),
            "imaps": port("imaps"),
            "certificate": self.certificate(),
            "people": people.map(|who| [&who.address, &who.password]),
            "folder": folder,
        });
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(script);
        run("python3", &[script.to_str().unwrap()], setup.to_string().as_bytes());
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.process.assert_clean();
        }
    }
}

/// Runs a program that must succeed.
pub fn run(program: &str, arguments: &[&str], input: &[u8]) -> Output {
    let command = Command::new(program)
        .args(arguments)
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = command.unwrap_or_else(|error| panic!("{program}: {error}"));
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{program} {arguments:?}: {}\n{out}\n{err}", output.status);
    output
}

/// A letter with a Vietnamese subject and an attachment of every byte.
fn letter(from: &Login, to: &Login, id: &str) -> Vec<u8> {
    let attachment = data_encoding::BASE64.encode(&(0..=255).collect::<Vec<u8>>());
    let lines: String =
        attachment.as_bytes().chunks(76).map(|l| String::from_utf8_lossy(l).into_owned() + "\r\n").collect();
    format!(
        "Date: Mon, 2 Nov 2026 08:00:00 +0700\r\nFrom: =?utf-8?q?=C4=90=E1=BB=97_Xu=C3=A2n_B=C3=ACnh?= <{}>\r\n\
         To: <{}>\r\nSubject: =?utf-8?B?{}?=\r\nMessage-ID: <{id}@example.vn>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=b1\r\n\r\n--b1\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Transfer-Encoding: 8bit\r\n\r\nKính gửi đồng chí,\r\n..\r\n. \r\n\r\n--b1\r\n\
         Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\
         Content-Disposition: attachment; filename=so-lieu.bin\r\n\r\n{lines}--b1--\r\n",
        from.address,
        to.address,
        data_encoding::BASE64.encode("Quyết định về việc nghỉ Tết".as_bytes()),
    )
    .into_bytes()
}

#[test]
fn curl_sends_and_reads_back_byte_for_byte() {
    let office = Office::open();
    let (from, to) = (&office.from, &office.to);
    let sent = letter(from, to, "curl");
    let file = office.write("letter.eml", &sent);
    let login = |who: &Login| format!("{}:{}", who.address, who.password);
    let ca = office.certificate();
    let url = format!("smtps://127.0.0.1:{}/may-con", office.process.port("submissions"));
    let arguments = ["-sS", "--cacert", &ca, "-u", &login(from), "--mail-from", &from.address, "--mail-rcpt"];
    run("curl", &[&arguments[..], &[&to.address, "-T", &file, &url]].concat(), b"");
    let imaps = format!("imaps://127.0.0.1:{}/INBOX", office.process.port("imaps"));
    let search = ["-sS", "--cacert", &ca, "-u", &login(to), "-X", "UID SEARCH SUBJECT \"nghi tet\"", &imaps];
    let found = String::from_utf8(run("curl", &search, b"").stdout).unwrap();
    let uid = found.trim().rsplit(' ').next().unwrap().to_owned();
    let read = run("curl", &["-sS", "--cacert", &ca, "-u", &login(to), &format!("{imaps};UID={uid}")], b"").stdout;
    assert!(read.ends_with(&sent), "{}", String::from_utf8_lossy(&read));
    let trace = &read[..read.len() - sent.len()];
    assert!(trace.starts_with(b"Return-Path: <"), "{}", String::from_utf8_lossy(trace));
    let plain = format!("imap://127.0.0.1:{}/INBOX", office.process.port("imap"));
    run("curl", &["-sS", "--ssl-reqd", "--cacert", &ca, "-u", &login(to), "-X", "NOOP", &plain], b"");
}

/// Folders with Vietnamese names, of one's own and of the others' namespaces: made, filled with a large message, read in
/// pieces, marked, moved.
#[test]
fn curl_works_in_folders_of_every_namespace() {
    let office = Office::open();
    let (ca, who) = (office.certificate(), format!("{}:{}", office.to.address, office.to.password));
    let server = format!("imaps://127.0.0.1:{}", office.process.port("imaps"));
    let curl =
        |arguments: &[&str]| run("curl", &[&["-sS", "--cacert", &ca, "-u", &who], arguments].concat(), b"").stdout;
    let custom =
        |folder: &str, command: &str| String::from_utf8(curl(&["-X", command, &format!("{server}/{folder}")])).unwrap();
    let listed = custom("", "LIST \"\" \"D&APk-ng chung/%\"");
    // "Sở …", among the units.
    let mut shared = listed.lines().filter_map(|line| line.trim().split("\"D&APk-ng chung/").nth(1));
    let department = shared.find(|name| name.starts_with("S&")).unwrap();
    let shared = format!("D&APk-ng chung/{}/Bi&HsM-u m&Hqs-u", department.trim_end_matches('"'));
    let attachment = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAx\r\n".repeat(120_000);
    let large = [letter(&office.from, &office.to, "lon"), attachment.into_bytes()].concat();
    let file = office.write("large.eml", &large);
    for folder in ["C&APQ-ng v&AQM-n/&AREevw-n", &shared] {
        custom("", &format!("CREATE \"{folder}\""));
        let url = folder.replace('&', "%26").replace(' ', "%20").replace('/', "%2F");
        curl(&["-T", &file, &format!("{server}/{url}")]);
        assert_eq!(curl(&[&format!("{server}/{url};UID=1")]), large, "{folder}");
        let piece = curl(&[&format!("{server}/{url};UID=1;SECTION=TEXT")]);
        assert!(large.ends_with(&piece) && piece.starts_with(b"--b1"));
        assert_eq!(custom(&url, "SEARCH SUBJECT \"quyet dinh\" LARGER 8000000").trim(), "* SEARCH 1");
        assert!(custom(&url, "UID STORE 1 +FLAGS ($Viec)").contains("$Viec"));
        let moved = custom(&url, "UID MOVE 1 Archive");
        assert!(moved.contains("COPYUID") || moved.contains("EXPUNGE"), "{moved}");
    }
    assert!(custom("", "STATUS Archive (MESSAGES)").contains("(MESSAGES 2)"));
}

#[test]
fn swaks_speaks_every_port() {
    let office = Office::open();
    let (from, to) = (&office.from, &office.to);
    let file = office.write("so-lieu.bin", (0..=255).collect::<Vec<u8>>());
    let subject = "Subject: =?utf-8?B?xJDGsOG7nW5nIGTDonkgbsOzbmc=?=";
    let common = ["--to", &to.address, "--header", subject, "--body", "Xin chào", "--attach", &format!("@{file}")];
    let own = ["--from", &from.address, "--auth-user", &from.address, "--auth-password", &from.password];
    let outside = ["--server", "127.0.0.1", "--from", "ngoai@example.vn", "--port", &office.process.port("smtp")];
    run("swaks", &[&outside[..], &common].concat(), b"");
    run("swaks", &[&outside[..], &common, &["--tls"]].concat(), b"");
    let port = office.process.port("submission");
    let submission = ["--server", "127.0.0.1", "--port", &port, "--tls", "--auth", "PLAIN"];
    run("swaks", &[&submission[..], &own, &common].concat(), b"");
    let port = office.process.port("submissions");
    let submissions = ["--server", "127.0.0.1", "--port", &port, "--tls-on-connect", "--auth", "LOGIN"];
    run("swaks", &[&submissions[..], &own, &common, &["--pipeline"]].concat(), b"");
    let mut imap = office.process.imap_as(to);
    imap.ok("SELECT INBOX");
    let found = imap.ok("SEARCH SUBJECT \"duong day nong\"");
    assert_eq!(found[0].split(' ').count(), 2 + 4, "{found:?}");
}

#[test]
fn python_sends_and_reads() {
    let office = Office::open();
    office.python("mail.py", [&office.from, &office.to], "INBOX");
}

#[test]
fn every_method_of_imaplib_understands_its_answer() {
    let office = Office::open();
    office.python("imap.py", [&office.from, &office.to], "INBOX");
}

#[test]
fn mbsync_has_nothing_to_do_the_second_time() {
    let office = Office::open();
    let who = &office.to;
    let mut imap = office.process.imap_as(who);
    let sent = letter(&office.from, who, "mbsync");
    for folder in ["INBOX", "Sent"] {
        assert!(imap.append(folder, "(\\Seen \\Flagged)", &sent).starts_with("t OK"));
    }
    imap.ok("CREATE \"C&APQ-ng v&AQM-n\"");
    assert!(imap.append("\"C&APQ-ng v&AQM-n\"", "", &sent).starts_with("t OK"));
    let maildir = office.dir.path().join("maildir");
    std::fs::create_dir(&maildir).unwrap();
    let config = format!(
        "IMAPAccount office\nHost 127.0.0.1\nPort {}\nUser {}\nPass \"{}\"\nSSLType IMAPS\nCertificateFile {}\n\
         SystemCertificates no\n\nIMAPStore far\nAccount office\n\nMaildirStore near\nPath {dir}/\nInbox {dir}/INBOX\n\
         SubFolders Verbatim\n\nChannel all\nFar :far:\nNear :near:\nPatterns *\nCreate Both\nExpunge Both\nSyncState *\n",
        office.process.port("imaps"),
        who.address,
        who.password,
        office.certificate(),
        dir = maildir.display(),
    );
    let config = office.write("mbsyncrc", config);
    let sync = || drop(run("mbsync", &["-q", "-c", &config, "-a"], b""));
    sync();
    let pulled: Vec<_> = std::fs::read_dir(maildir.join("Sent/cur")).unwrap().map(|e| e.unwrap().path()).collect();
    assert_eq!(pulled.len(), 1);
    // mbsync adds its X-TUID field and writes line ends as Unix does.
    let text = String::from_utf8(std::fs::read(&pulled[0]).unwrap()).unwrap();
    let text: String =
        text.lines().filter(|line| !line.starts_with("X-TUID:")).map(|l| l.to_owned() + "\r\n").collect();
    assert_eq!(text.as_bytes(), sent);
    assert!(pulled[0].to_str().unwrap().ends_with(":2,FS"), "{pulled:?}");
    // Near: a new message, other flags, and one that is gone.
    let near = String::from_utf8_lossy(&letter(&office.from, who, "near")).replace("\r\n", "\n");
    std::fs::write(maildir.join("Drafts/cur/1.near.may-con:2,D"), near).unwrap();
    let renamed = pulled[0].to_str().unwrap().replace(":2,FS", ":2,RS");
    std::fs::rename(&pulled[0], renamed).unwrap();
    sync();
    let mut both = || (tree(&maildir), far(&mut imap));
    let before = both();
    sync();
    assert_eq!(both(), before, "the second time there was something to do");
    imap.ok("SELECT Sent");
    let flags = imap.ok("FETCH 1 FLAGS");
    assert!(flags[0].contains("\\Answered") && !flags[0].contains("\\Flagged"), "{flags:?}");
    let drafts = imap.ok("STATUS Drafts (MESSAGES)");
    assert!(drafts[0].ends_with("(MESSAGES 1)"), "{drafts:?}");
}

/// Every message of a Maildir and of those below it: path with its flags, contents.
fn tree(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut messages = BTreeMap::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let is_message = dir.ends_with("cur") || dir.ends_with("new");
        if path.is_dir() {
            messages.extend(tree(&path));
        } else if is_message {
            messages.insert(path.clone(), std::fs::read(path).unwrap());
        }
    }
    messages
}

/// What the server has: its folders with all their numbers.
fn far(imap: &mut Client) -> Vec<String> {
    let folders = imap.ok("LIST \"\" *");
    let folders = folders.iter().filter(|line| !line.contains("\\Noselect"));
    let names = folders.filter_map(|line| line.split("\"/\" ").nth(1));
    names.flat_map(|name| imap.ok(&format!("STATUS {name} (MESSAGES UNSEEN UIDNEXT HIGHESTMODSEQ)"))).collect()
}

/// A configuration of mutt for the person.
fn muttrc(office: &Office, who: &Login) -> String {
    format!(
        "set realname=\"Đỗ Xuân Bình\"\nset from=\"{address}\"\nset use_from=yes\nset charset=utf-8\n\
         set certificate_file=\"{ca}\"\nset ssl_verify_dates=no\nset ssl_verify_host=no\n\
         set smtp_url=\"smtps://{local}@127.0.0.1:{smtp}/\"\nset smtp_pass=\"{password}\"\n\
         set imap_user=\"{address}\"\nset imap_pass=\"{password}\"\nset folder=\"imaps://127.0.0.1:{imap}/\"\n\
         set record=\"+Sent\"\nset spoolfile=\"+INBOX\"\nset copy=yes\n",
        address = who.address,
        local = who.address.replace('@', "%40"),
        password = who.password,
        ca = office.certificate(),
        smtp = office.process.port("submissions"),
        imap = office.process.port("imaps"),
    )
}

#[test]
fn mutt_sends_and_keeps_a_copy() {
    let office = Office::open();
    let (from, to) = (&office.from, &office.to);
    let config = office.write("muttrc", muttrc(&office, from));
    let file = office.write("so-lieu.bin", (0..=255).collect::<Vec<u8>>());
    let subject = "Lịch làm việc tuần tới của Giám đốc";
    run("mutt", &["-n", "-F", &config, "-s", subject, "-a", &file, "--", &to.address], "Kính gửi,\n".as_bytes());
    for (who, folder) in [(to, "INBOX"), (from, "Sent")] {
        let mut imap = office.process.imap_as(who);
        imap.ok(&format!("SELECT {folder}"));
        let found = imap.ok("SEARCH SUBJECT \"lich lam viec\"");
        assert_eq!(found[0].split(' ').count(), 3, "{folder}: {found:?}");
    }
}

/// In the department's inbox, by its name with accents: found in a search, opened, marked, moved to a folder that is made
/// for it.
#[test]
fn mutt_reads_and_files_in_the_departments_mailbox() {
    let office = Office::open();
    let who = &office.to;
    let mut imap = office.process.imap_as(who);
    let listed = imap.ok("LIST \"\" \"&ARABoQ-n v&Hss-/*\"");
    let inbox =
        listed.iter().find_map(|line| line.split("\"/\" ").nth(1).filter(|name| name.ends_with("/INBOX\""))).unwrap();
    let sent = letter(&office.from, who, "mutt");
    for message in [&sent[..], b"Subject: khac\r\n\r\nx\r\n"] {
        assert!(imap.append(inbox, "", message).starts_with("t OK"));
    }
    let config = muttrc(&office, who)
        + "set confirmcreate=no\nset confirmappend=no\nset quit=yes\nset delete=yes\nset move=no\nset wait_key=no\n\
           set pager_stop=yes\nset resolve=no\nset imap_check_subscribed=no\n\
           bind editor <space> noop\n\
           push \"<limit>~s 'nghỉ Tết'<enter><flag-message><display-message><exit><save-message>=Công văn/Nghỉ lễ<enter>\
           <sync-mailbox><quit>\"\n";
    let config = office.write("muttrc", config);
    let terminal = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/terminal.py");
    let folder = "=Đơn vị/Sở Tư pháp tỉnh Đắk Lắk/INBOX";
    run("python3", &[terminal.to_str().unwrap(), "mutt", "-n", "-F", &config, "-f", folder], b"");
    imap.ok(&format!("SELECT {inbox}"));
    assert_eq!(imap.ok("SEARCH ALL")[0], "* SEARCH 1");
    assert_eq!(imap.ok("SEARCH SUBJECT khac")[0], "* SEARCH 1");
    imap.ok("SELECT \"C&APQ-ng v&AQM-n/Ngh&Hsk- l&HsU-\"");
    assert_eq!(imap.ok("SEARCH FLAGGED SEEN SUBJECT \"nghi tet\"")[0], "* SEARCH 1");
    let read = imap.answer("FETCH 1 BODY.PEEK[]");
    assert!(memchr::memmem::find(&read, &sent).is_some(), "not as it was sent");
}
