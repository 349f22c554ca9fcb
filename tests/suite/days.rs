//! Days of an office (R18, R22, R23, R25, R26) as those who work there see them: each with two or more of the programs of
//! `desk`, and what Thunderbird says, on one daemon.

use hopthu::clock::Clock;
use hopthu::name::Label;
use hopthu::provisioning::Act;
use jiff::civil::{DateTime, date};
use jiff::tz::{TimeZone, offset};
use serde_json::{Value, json};

use crate::client::Client;
use crate::desk::{Python, Synced, curl, letter};
use crate::harness::{DOMAIN, Daemon, Person, Settings, UNIT, log_in_smtp};

/// The unit's INBOX, as `IMAP4rev1` writes it.
const INBOX: &str = "&ARABoQ-n v&Hss-/V&AQM-n ph&API-ng/INBOX";

struct Office {
    daemon: Daemon,
    clock: Clock,
    /// Answers for the unit's mailbox.
    head: Person,
    dao: Person,
    khoa: Person,
}

impl Office {
    /// On Tuesday, the 24th of November 2026, at ten.
    fn open() -> Self {
        let zone = TimeZone::fixed(offset(7));
        let clock = Clock::standing(zone.to_timestamp(date(2026, 11, 24).at(10, 0, 0, 0)).unwrap(), zone);
        let daemon = Daemon::start_at(&Settings::default(), Some(clock.clone()));
        let [head, dao] = ["binhdx", "daont"].map(|local| daemon.person(local).unwrap());
        daemon.decide(vec![Act::AppointHead { code: UNIT.into(), who: head.address.clone() }]).unwrap();
        let khoa = daemon.hire("Trần Văn Khoa");
        Self { daemon, clock, head, dao, khoa }
    }

    fn at(&self, time: DateTime) {
        self.clock.set(TimeZone::fixed(offset(7)).to_timestamp(time).unwrap());
    }

    fn ask(&self, words: &[&str]) -> Value {
        let done = self.daemon.command(&[words, &["--json"]].concat());
        assert!(done.status.success(), "{words:?}: {done:?}");
        serde_json::from_slice(&done.stdout).unwrap()
    }

    /// Why a command was refused.
    fn refused(&self, words: &[&str]) -> String {
        let done = self.daemon.command(&[words, &["--json"]].concat());
        assert_eq!(done.status.code(), Some(1), "{words:?}: {done:?}");
        let said: Value = serde_json::from_slice(&done.stdout).unwrap();
        said["error"]["code"].as_str().unwrap_or_default().to_owned()
    }

    fn delegate(&self, to: &Person, rights: &str, more: &[&str]) {
        let mailbox = unit();
        self.ask(&[&["mailbox", "delegate", &mailbox, "--to", &to.address, "--rights", rights], more].concat());
    }

    /// Of each item: its subject, where it stands and how, who took it, who dealt with it.
    fn work(&self) -> Vec<[String; 5]> {
        let of = |item: &Value| {
            ["subject", "state", "how", "taken_by_name", "done_by_name"]
                .map(|key| item[key].as_str().unwrap_or("-").to_owned())
        };
        self.ask(&["work", "list"])["items"].as_array().unwrap().iter().map(of).collect()
    }

    /// Sends as Thunderbird does, with one connection for each message.
    fn thunderbird_sends(&self, who: &Person, from: &str, to: &str, text: &str) -> u16 {
        let mut client = self.daemon.connect("submissions");
        client.reply();
        log_in_smtp(&mut client, who);
        for line in [format!("MAIL FROM:<{from}> BODY=8BITMIME SIZE={}", text.len()), format!("RCPT TO:<{to}>")] {
            let code = client.ask(&line);
            if code >= 400 {
                return code;
            }
        }
        client.ask("DATA");
        client.send(format!("{text}\r\n.\r\n").as_bytes());
        client.reply().0
    }

    /// Thunderbird with the unit's INBOX open.
    fn thunderbird(&self, who: &Person) -> Client {
        let mut client = self.daemon.imap_as(who);
        client.command("ID (\"name\" \"Thunderbird\" \"version\" \"140.4.0\")");
        client.ok("list (subscribed) \"\" \"*\" return (special-use)");
        client.ok(&format!("select \"{INBOX}\""));
        client.ok(&format!("getquotaroot \"{INBOX}\""));
        client
    }
}

fn unit() -> String {
    format!("{UNIT}@{DOMAIN}")
}

fn rows<const N: usize, const M: usize>(of: [[&str; M]; N]) -> Vec<[String; M]> {
    of.map(|row| row.map(str::to_owned)).to_vec()
}

const DAO: &str = "Nguyễn Thị Đào";
const KHOA: &str = "Trần Văn Khoa";

#[test]
fn r23_a_delegate_sees_the_mailbox_at_the_next_list_and_every_act_is_theirs_until_the_last_day() {
    let office = Office::open();
    letter(&office.daemon, &unit(), "Xin so lieu", &["Message-Id: <1@example.vn>"]);
    let mut session = Python::imap(&office.daemon, &office.khoa);
    let synced = Synced::new(&office.daemon, &office.khoa, INBOX);
    assert!(!session.ok(&json!(["list", "\"\"", "*"])).contains("&ARABoQ-n"));
    office.delegate(&office.khoa, "read,process", &["--until", "2026-11-30"]);
    assert!(session.ok(&json!(["list", "\"\"", "*"])).contains(INBOX), "without a new connection");
    session.ok(&json!(["select", "INBOX"]));
    let told = session.ok(&json!(["search", null, "SUBJECT", "\"uy quyen su dung hop thu van-phong\""]));
    assert_ne!(told, "[\"\"]", "who is let in is told");
    let guide = office.ask(&["guide", KHOA]);
    let mailbox = &guide["guide"]["mailboxes"][0];
    assert_eq!(mailbox["folder"], "Đơn vị/Văn phòng", "{guide}");
    assert_eq!((&mailbox["rights"], &mailbox["until"]), (&"read,process".into(), &"2026-11-30".into()));
    let printed = String::from_utf8(office.daemon.command(&["guide", KHOA]).stdout).unwrap();
    for part in ["Đơn vị/Văn phòng", "đọc, xử lý", "30/11/2026", "Nhận việc", "van-phong+ket-qua-tuan@"]
    {
        assert!(printed.contains(part), "{part} in {printed}");
    }
    session.ok(&json!(["select", format!("\"{INBOX}\"")]));
    session.ok(&json!(["uid", "FETCH", "1", "(FLAGS BODY[TEXT])"]));
    session.ok(&json!(["uid", "STORE", "1", "+FLAGS", "(\\Flagged)"]));
    assert!(synced.sync());
    assert!(synced.message(INBOX, "Xin so lieu").to_str().unwrap().ends_with(":2,FS"));
    // What was not delegated is not done, by whatever program.
    let answer =
        format!("From: <{}>\r\nTo: <le@example.vn>\r\nSubject: Re\r\nIn-Reply-To: <1@example.vn>\r\n\r\nx", unit());
    let mut sender = Python::smtp(&office.daemon, &office.khoa);
    let forbidden = sender.call(&json!(["sendmail", unit(), [office.head.address], answer]));
    assert!(forbidden["error"].as_str().unwrap().contains("553"), "{forbidden}");
    assert!(office.thunderbird_sends(&office.khoa, &unit(), &office.head.address, &answer) >= 500);
    office.delegate(&office.khoa, "read,process,send", &["--until", "2026-11-30"]);
    assert_eq!(sender.call(&json!(["sendmail", unit(), [office.head.address], answer])), json!({}));
    assert_eq!(office.work(), rows([["Xin so lieu", "done", "answered", KHOA, KHOA]]));
    let deeds = office.ask(&["work", "show", "1"])["history"].clone();
    let deeds: Vec<_> = deeds.as_array().unwrap().iter().map(|deed| (&deed["name"], &deed["deed"])).collect();
    for deed in ["opened", "flagged", "answered"] {
        assert!(deeds.contains(&(&KHOA.into(), &deed.into())), "{deed} of {deeds:?}");
    }
    // The head finds both, with another program.
    let read = curl(&office.daemon, &office.head, "%26ARABoQ-n%20v%26Hss-%2FV%26AQM-n%20ph%26API-ng%2FSent;UID=1", &[]);
    let named = read.lines().find(|line| line.starts_with("Sender:"));
    assert!(named.is_some_and(|line| line.contains(&office.khoa.address)), "{read}");
    office.at(date(2026, 11, 30).at(23, 0, 0, 0));
    session.ok(&json!(["noop"]));
    office.at(date(2026, 12, 1).at(0, 1, 0, 0));
    let until = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while session.call(&json!(["noop"])).get("error").is_none() {
        assert!(std::time::Instant::now() < until, "the session ends with the day");
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    let mut session = Python::imap(&office.daemon, &office.khoa);
    assert!(!session.ok(&json!(["list", "\"\"", "*"])).contains("&ARABoQ-n"));
    let refused = sender.call(&json!(["sendmail", unit(), [office.head.address], answer]));
    assert!(refused.get("error").is_some(), "{refused}");
}

#[test]
fn r25_director_and_deputy_share_the_departments_mailbox_and_let_heads_use_it() {
    let office = Office::open();
    for (who, position) in [(&office.dao, "Giám đốc"), (&office.khoa, "Phó Giám đốc")] {
        let position = Label::parse(position).unwrap();
        office.daemon.decide(vec![Act::Promote { who: who.address.clone(), position }]).unwrap();
    }
    let department = format!("sotuphap@{DOMAIN}");
    letter(&office.daemon, &department, "Cong van", &["Message-Id: <2@example.vn>"]);
    let mut director = Python::imap(&office.daemon, &office.dao);
    let listed = director.ok(&json!(["list", "\"\"", "\"&ARABoQ-n v&Hss-/*\""]));
    // What LIST says, without its attributes: the folders of the department's mailbox.
    let inbox = listed.split('"').find(|name| name.starts_with("&ARABoQ-n v&Hss-/S&") && name.ends_with("/INBOX\\"));
    let inbox = inbox.map_or_else(|| panic!("{listed}"), |name| name.trim_end_matches('\\').to_owned());
    director.ok(&json!(["select", format!("\"{inbox}\"")]));
    director.ok(&json!(["store", "1", "+FLAGS", "(\\Flagged)"]));
    let deputy = Synced::new(&office.daemon, &office.khoa, &inbox);
    assert!(deputy.sync());
    assert!(deputy.message(&inbox, "Cong van").to_str().unwrap().ends_with(":2,F"), "what the Director marked");
    let none = Synced::new(&office.daemon, &office.head, &inbox);
    none.sync();
    assert_eq!(none.messages(&inbox).len(), 0, "nobody else has it");
    let delegate =
        |to: &Person| ["mailbox", "delegate", &department, "--to", &to.address, "--rights", "read"].map(str::to_owned);
    let lan = office.daemon.hire("Phạm Thị Lan");
    let words = delegate(&lan);
    assert_eq!(office.refused(&words.each_ref().map(String::as_str)), "not_a_head", "P8: heads only");
    let words = delegate(&office.head);
    office.ask(&words.each_ref().map(String::as_str));
    assert!(none.sync());
    assert_eq!(none.messages(&inbox).len(), 1);
    // Who reads may not process.
    none.mark(&inbox, "Cong van", "FRS");
    none.sync();
    let flags = director.ok(&json!(["fetch", "1", "(FLAGS)"]));
    assert!(!flags.contains("Answered"), "{flags}");
    assert_eq!(office.work(), rows([["Cong van", "taken", "-", DAO, "-"]]));
}

#[test]
fn r26_work_is_taken_and_done_from_every_mail_program() {
    let office = Office::open();
    for delegate in [&office.dao, &office.khoa] {
        office.delegate(delegate, "read,process,send", &[]);
    }
    for (at, subject) in ["nhan", "tra loi", "curl", "mbsync", "outlook", "luu", "chua"].into_iter().enumerate() {
        letter(&office.daemon, &unit(), subject, &[&format!("Message-Id: <{at}@example.vn>")]);
    }
    // Thunderbird: a tag with the keyboard; an answer, whose copy it puts into a folder of the person.
    let mut thunderbird = office.thunderbird(&office.dao);
    thunderbird.ok("UID fetch 1:* (FLAGS)");
    thunderbird.ok("UID fetch 1 (UID RFC822.SIZE BODY.PEEK[])");
    thunderbird.ok("uid store 1 +Flags (\\Seen)");
    thunderbird.ok("uid store 1 +Flags ($label1)");
    let text = format!(
        "Message-ID: <tb@{DOMAIN}>\r\nDate: Tue, 24 Nov 2026 10:05:00 +0700\r\nMIME-Version: 1.0\r\nUser-Agent: Mozilla Thunderbird\r\n\
         Subject: Re: tra loi\r\nTo: <{to}>\r\nReferences: <1@example.vn>\r\nContent-Language: vi\r\n\
         From: =?UTF-8?B?VsSDbiBwaMOybmc=?= <{from}>\r\nIn-Reply-To: <1@example.vn>\r\n\
         Content-Type: text/plain; charset=UTF-8; format=flowed\r\nContent-Transfer-Encoding: 8bit\r\n\r\nĐã nhận.",
        to = office.head.address,
        from = unit(),
    );
    assert_eq!(office.thunderbird_sends(&office.dao, &unit(), &office.head.address, &text), 250);
    assert!(thunderbird.append("\"Sent\"", "(\\Seen)", text.as_bytes()).starts_with("t OK"));
    assert_eq!(office.work()[1][1..3], ["done", "answered"], "before the program says so");
    thunderbird.ok("uid store 2 +Flags (\\Answered)");
    // curl, as scripts use it.
    let inbox = "%26ARABoQ-n%20v%26Hss-%2FV%26AQM-n%20ph%26API-ng%2FINBOX";
    curl(&office.daemon, &office.khoa, inbox, &["-X", "UID STORE 3 +FLAGS (\\Flagged)"]);
    // mbsync carries the star of whatever reads the Maildir.
    let synced = Synced::new(&office.daemon, &office.khoa, INBOX);
    assert!(synced.sync());
    synced.mark(INBOX, "Subject: mbsync", "FS");
    assert!(synced.sync());
    // Outlook moves by a copy; imaplib knows no more.
    let mut outlook = Python::imap(&office.daemon, &office.khoa);
    outlook.ok(&json!(["create", "\"&ARABoQ-n v&Hss-/V&AQM-n ph&API-ng/Khoa\""]));
    outlook.ok(&json!(["select", format!("\"{INBOX}\"")]));
    outlook.ok(&json!(["uid", "COPY", "5", "\"&ARABoQ-n v&Hss-/V&AQM-n ph&API-ng/Khoa\""]));
    outlook.ok(&json!(["uid", "COPY", "6", "\"&ARABoQ-n v&Hss-/V&AQM-n ph&API-ng/Archive\""]));
    outlook.ok(&json!(["uid", "STORE", "5,6", "+FLAGS", "(\\Deleted)"]));
    outlook.ok(&json!(["expunge"]));
    assert_eq!(
        office.work(),
        rows([
            ["nhan", "taken", "-", DAO, "-"],
            ["tra loi", "done", "answered", "-", DAO],
            ["curl", "taken", "-", KHOA, "-"],
            ["mbsync", "taken", "-", KHOA, "-"],
            ["outlook", "taken", "-", KHOA, "-"],
            ["luu", "done", "archived", "-", KHOA],
            ["chua", "open", "-", "-", "-"],
        ])
    );
    // Five working days later the head is told, and reads it with curl.
    office.at(date(2026, 12, 2).at(7, 31, 0, 0));
    let until = std::time::Instant::now() + std::time::Duration::from_secs(15);
    let found = loop {
        let found = curl(&office.daemon, &office.head, "INBOX", &["-X", "UID SEARCH SUBJECT \"qua han tra loi\""]);
        if found.trim() != "* SEARCH" {
            break found;
        }
        assert!(std::time::Instant::now() < until, "the head is told");
        std::thread::sleep(std::time::Duration::from_millis(200));
    };
    let uid = found.trim().rsplit(' ').next().unwrap().to_owned();
    let mut client = office.daemon.imap_as(&office.head);
    client.ok("select INBOX");
    let told = client.ok(&format!("uid fetch {uid} BINARY.PEEK[1]")).join("\n");
    for part in ["nhan", "curl", "mbsync", "outlook", "chua", DAO, KHOA] {
        assert!(told.contains(part), "{part} in {told}");
    }
    assert!(!told.contains("tra loi\n") && !told.contains("luu"), "{told}");
}

#[test]
fn r22_a_fault_is_reported_from_any_mail_program_seen_by_the_office_and_closed() {
    let office = Office::open();
    let suco = format!("suco@{DOMAIN}");
    let report = format!("From: <{}>\r\nTo: <{suco}>\r\nSubject: Khong gui duoc thu\r\n\r\nx\r\n", office.dao.address);
    let mut sender = Python::smtp(&office.daemon, &office.dao);
    assert_eq!(sender.call(&json!(["sendmail", office.dao.address, [suco], report])), json!({}));
    let text = format!(
        "From: <{}>\r\nTo: <{suco}>\r\nSubject: =?UTF-8?B?TcOheSBpbiBo4buPbmc=?=\r\n\r\nx",
        office.khoa.address
    );
    assert_eq!(office.thunderbird_sends(&office.khoa, &office.khoa.address, &suco, &text), 250);
    let listed = office.ask(&["incident", "list"]);
    let of =
        |incident: &Value| ["text", "reporter", "state"].map(|key| incident[key].as_str().unwrap_or("-").to_owned());
    let incidents: Vec<_> = listed["incidents"].as_array().unwrap().iter().map(of).collect();
    assert_eq!(incidents, rows([["Khong gui duoc thu", DAO, "open"], ["Máy in hỏng", KHOA, "open"]]));
    // The Office has both in its mailbox: as mail, and as work.
    let mut head = Python::imap(&office.daemon, &office.head);
    head.ok(&json!(["select", format!("\"{INBOX}\"")]));
    assert_eq!(head.ok(&json!(["search", null, "TO", suco])), "[\"1 2\"]");
    let id = listed["incidents"][0]["id"].to_string();
    office.ask(&["incident", "close", &id, "--outcome", "Đã cấu hình lại"]);
    let open = office.ask(&["incident", "list"]);
    let states: Vec<_> =
        open["incidents"].as_array().unwrap().iter().map(|one| one["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["open"], "{open}");
}

#[test]
fn r18_a_person_keeps_archives_and_gets_back_their_own_mail() {
    let office = Office::open();
    for subject in ["giu", "mat"] {
        letter(&office.daemon, &office.dao.address, subject, &[]);
    }
    let mut session = Python::imap(&office.daemon, &office.dao);
    session.ok(&json!(["create", "\"H&ANM-a s&AQE-\""]));
    session.ok(&json!(["select", "INBOX"]));
    let mut phone = office.daemon.imap_as(&office.dao);
    phone.ok("select INBOX");
    session.ok(&json!(["uid", "COPY", "2", "Archive"]));
    let synced = Synced::new(&office.daemon, &office.dao, "*");
    assert!(synced.sync());
    let welcome = 1;
    assert_eq!((synced.messages("INBOX").len(), synced.messages("Archive").len()), (welcome + 2, 1));
    // Lost, and found again by the administrator; it is there for every program.
    phone.ok("uid store 3 +Flags (\\Deleted)");
    phone.ok("expunge");
    assert!(synced.sync());
    assert_eq!(synced.messages("INBOX").len(), welcome + 1);
    let lost = office.ask(&["mailbox", "restore", &office.dao.address, "--list", "--since", "1d"]);
    let id = lost["messages"][0]["id"].as_str().unwrap_or_else(|| panic!("{lost}")).to_owned();
    office.ask(&["mailbox", "restore", &office.dao.address, "--message", &id]);
    assert!(synced.sync());
    synced.message("INBOX", "Subject: mat");
    // A mailbox that is nearly full says so, and one that is full takes no more.
    office.ask(&["mailbox", "quota", &office.dao.address, "100k"]);
    let text = format!("Subject: lon\r\n\r\n{}\r\n", "x".repeat(96_000));
    let appended = session.call(&json!(["append", "Archive", "", "\"24-Nov-2026 10:00:00 +0700\"", { "bytes": text }]));
    assert_eq!(appended[0], "OK", "{appended}");
    let quota = session.ok(&json!(["getquotaroot", "INBOX"]));
    assert!(quota.contains("STORAGE"), "{quota}");
    let full = session.call(&json!(["append", "Archive", "", "\"24-Nov-2026 10:00:00 +0700\"", { "bytes": text }]));
    assert!(full.to_string().contains("OVERQUOTA"), "{full}");
    let found = curl(&office.daemon, &office.dao, "Archive", &["-X", "SEARCH SUBJECT lon"]);
    assert_eq!(found.trim(), "* SEARCH 2");
}
