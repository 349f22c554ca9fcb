//! A mailbox is handed over under the eyes of the programs that use it (R24, R25): the old head's Thunderbird and mbsync, a
//! delegate's mbsync and curl, the new head's mbsync.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::{BASE64, HEXLOWER};
use hopthu::provisioning::{Act, Delegate};
use serde_json::Value;

use crate::client::{Client, Heard};
use crate::harness::{DOMAIN, Daemon, PASSWORD, Person, Settings, UNIT};

/// Whoever loses a right is out within this (R9).
const CUT: Duration = Duration::from_secs(5);
const BOXES: [&str; 2] = ["Đơn vị/Văn phòng/INBOX", "Đơn vị/Văn phòng/Công văn đến"];

struct Office {
    daemon: Daemon,
    dir: tempfile::TempDir,
}

fn done(output: &std::process::Output) -> Value {
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn sha256(octets: &[u8]) -> String {
    HEXLOWER.encode(digest(&SHA256, octets).as_ref())
}

impl Office {
    /// What mbsync pulls for somebody, and whether it had nothing to complain of.
    fn mbsync(&self, who: &Person, to: &str) -> (PathBuf, bool) {
        let near = self.dir.path().join(to);
        std::fs::create_dir_all(&near).unwrap();
        let channels = BOXES.iter().enumerate().map(|(number, name)| {
            let far = utf7(name);
            format!(
                "\nChannel {number}\nFar \":far:{far}\"\nNear :near:{number}\nSync Pull\nCreate Near\nSyncState *\n"
            )
        });
        let config = format!(
            "IMAPAccount office\nHost 127.0.0.1\nPort {}\nUser {}\nPass \"{PASSWORD}\"\nSSLType IMAPS\nCertificateFile {}\n\
             SystemCertificates no\n\nIMAPStore far\nAccount office\n\nMaildirStore near\nPath {near}/\nInbox {near}/INBOX\n{}",
            self.daemon.address("imaps").port(),
            who.address,
            self.certificate().display(),
            channels.collect::<String>(),
            near = near.display(),
        );
        let file = self.dir.path().join(format!("{to}.rc"));
        std::fs::write(&file, config).unwrap();
        let synced = Command::new("mbsync").args(["-q", "-a", "-c"]).arg(&file).output().unwrap();
        (near, synced.status.success())
    }

    /// The first message of the unit's INBOX as curl reads it.
    fn curl(&self, who: &Person) -> Option<Vec<u8>> {
        let name: String = utf7(BOXES[0]).bytes().map(|octet| format!("%{octet:02X}")).collect();
        let url = format!("imaps://127.0.0.1:{}/{name};UID=1", self.daemon.address("imaps").port());
        let login = format!("{}:{PASSWORD}", who.address);
        let ca = self.certificate();
        let read = Command::new("curl").args(["-sS", "-u", &login, "--cacert"]).arg(ca).arg(url).output().unwrap();
        read.status.success().then_some(read.stdout)
    }

    fn certificate(&self) -> PathBuf {
        self.daemon.data_dir().join("tls/certificate.pem")
    }

    fn manifest(&self) -> Value {
        done(&self.daemon.command(&["mailbox", "manifest", &unit(), "--json"]))
    }

    /// Thunderbird's first connection, up to waiting in the unit's INBOX.
    fn thunderbird(&self, who: &Person) -> Client {
        let mut client = self.daemon.connect("imap");
        client.expect_line();
        client.ok("STARTTLS");
        client.start_tls();
        client.ok("capability");
        client.say("t authenticate PLAIN");
        client.expect_line();
        client.say(&BASE64.encode(format!("\0{}\0{PASSWORD}", who.address).as_bytes()));
        client.until("t OK");
        client.ok("namespace");
        client.ok("ID (\"name\" \"Thunderbird\" \"version\" \"153.7.0\")");
        let [inbox, space] = ["Đơn vị/Văn phòng/INBOX", "Đơn vị/*"].map(utf7);
        client.ok("list (subscribed) \"\" \"*\" return (special-use)");
        client.ok(&format!("list (subscribed) \"\" \"{space}\" return (special-use)"));
        client.ok(&format!("list \"\" \"{space}\""));
        client.ok(&format!("select \"{inbox}\""));
        for command in ["myrights", "getacl", "getquotaroot"] {
            client.ok(&format!("{command} \"{inbox}\""));
        }
        client.ok("UID fetch 1:* (FLAGS)");
        client.ok(
            "UID fetch 1:* (UID RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS (From To Cc Bcc Subject Date Message-ID Priority \
             X-Priority References Newsgroups In-Reply-To Content-Type Reply-To Received)])",
        );
        client.say("t IDLE");
        client.until("+");
        client
    }
}

/// A folder's name as these programs write it.
fn utf7(name: &str) -> String {
    let mut encoded = Vec::new();
    hopthu::utf7::encode(name, &mut encoded);
    String::from_utf8(encoded).unwrap()
}

fn unit() -> String {
    format!("{UNIT}@{DOMAIN}")
}

/// What there may be in a mailbox of an office: text in two encodings, lines that look like ends, something large.
fn letters(count: usize) -> Vec<Vec<u8>> {
    let body = |number: usize| match number % 4 {
        0 => "Kính gửi đồng chí,\r\n..\r\n. \r\n".to_owned(),
        1 => "MIME-Version: x\r\n\r\nFrom here\r\n".repeat(3),
        2 => "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAx\r\n".repeat(4000),
        _ => String::new(),
    };
    let letter = |number| {
        format!(
            "From: a@example.vn\r\nSubject: =?utf-8?B?{}?=\r\nMessage-ID: <{number}@example.vn>\r\n\r\n{}",
            BASE64.encode(format!("Công văn số {number}").as_bytes()),
            body(number)
        )
    };
    (1..=count).map(|number| letter(number).into_bytes()).collect()
}

/// Digests of the messages below a directory, as they were before mbsync added its field and took the line ends.
fn pulled(maildir: &Path) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for place in ["new", "cur"].map(|place| maildir.join(place)) {
        for file in std::fs::read_dir(&place).into_iter().flatten() {
            let text = String::from_utf8(std::fs::read(file.unwrap().path()).unwrap()).unwrap();
            let lines = text.split_inclusive('\n').filter(|line| !line.starts_with("X-TUID:"));
            let text: String = lines.map(|line| line.replace('\n', "\r\n")).collect();
            *found.entry(sha256(text.as_bytes())).or_default() += 1;
        }
    }
    found
}

fn digests(letters: &[Vec<u8>]) -> BTreeMap<String, usize> {
    letters.iter().map(|letter| (sha256(letter), 1)).collect()
}

#[test]
fn r24_old_and_new_heads_programs_at_a_hand_over() {
    let daemon = Daemon::start(&Settings::default());
    let [former, next] = ["binhdx", "daont"].map(|local| daemon.person(local).unwrap());
    let delegate = daemon.hire("Lê Thị Hoa");
    daemon.decide(vec![Act::AppointHead { code: UNIT.into(), who: former.address.clone() }]).unwrap();
    daemon.act(vec![Act::Delegate(Delegate {
        mailbox: unit().parse().unwrap(),
        to: delegate.address.clone(),
        rights: "read".parse().unwrap(),
        from: None,
        until: None,
    })]);
    let office = Office { daemon, dir: tempfile::tempdir().unwrap() };
    let all = letters(45);
    let (inbox, filed) = all.split_at(40);
    let mut filing = office.daemon.imap_as(&former);
    filing.ok("ENABLE IMAP4rev2");
    filing.ok(&format!("CREATE \"{}\"", BOXES[1]));
    for (name, letters) in [(BOXES[0], inbox), (BOXES[1], filed)] {
        for letter in letters {
            assert!(filing.append(&format!("\"{name}\""), "(\\Seen)", letter).starts_with("t OK"));
        }
    }
    drop(filing);

    let mut waiting = office.thunderbird(&former);
    let ((of_former, one), (of_delegate, other)) = (office.mbsync(&former, "cu"), office.mbsync(&delegate, "uy-quyen"));
    assert!(one && other, "mbsync of the old head: {one}, of the delegate: {other}");
    for near in [&of_former, &of_delegate] {
        assert_eq!([pulled(&near.join("0")), pulled(&near.join("1"))], [digests(inbox), digests(filed)]);
    }
    assert_eq!(office.curl(&delegate).as_deref(), Some(&inbox[0][..]));
    assert!(!office.mbsync(&next, "chua").1, "not before it is theirs");

    let before = office.manifest();
    let words = ["mailbox", "handover", &unit(), "--from", &former.address, "--to", &next.address, "--json"];
    let handed = [&words[..], &["--decision", "7/QĐ-STP", "--dated", "24/11/2026"]].concat();
    let handed = done(&office.daemon.command(&handed));
    let since = Instant::now();
    let mut last = String::new();
    loop {
        match waiting.line(CUT.saturating_sub(since.elapsed())) {
            Heard::Line(line) => last = line,
            Heard::End => break,
            Heard::Silence => panic!("the old head still waits in the INBOX"),
        }
    }
    assert!(last.starts_with("* BYE "), "{last}");
    assert_eq!(handed["handovers"][0]["digest"], before["digest"]);

    // Whoever could read it finds nothing more, and keeps what was pulled before.
    assert!(!office.mbsync(&former, "cu").1 && !office.mbsync(&delegate, "uy-quyen").1);
    assert_eq!(pulled(&of_former.join("0")), digests(inbox));
    assert_eq!((office.curl(&former), office.curl(&delegate)), (None, None));
    let (near, synced) = office.mbsync(&next, "moi");
    assert!(synced);
    assert_eq!([pulled(&near.join("0")), pulled(&near.join("1"))], [digests(inbox), digests(filed)]);
    // By Thunderbird, too; and every folder but that of records is what it was.
    let mut going_on = office.thunderbird(&next);
    going_on.say("DONE");
    going_on.until("t OK");
    let content = |manifest: &Value| {
        let folders = manifest["folders"].as_array().unwrap().iter();
        folders.filter(|folder| folder["name"] != "Bàn giao").cloned().collect::<Vec<_>>()
    };
    assert_eq!(content(&office.manifest()), content(&before));
}
