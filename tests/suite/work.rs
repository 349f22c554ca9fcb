//! The work of a unit (R26): what comes into its mailbox, who takes it and who deals with it, by mail programs and the command
//! line, at a time that the test sets.

use hopthu::clock::Clock;
use hopthu::directory::Rights;
use hopthu::provisioning::{Act, Delegate};
use jiff::civil::{DateTime, date};
use jiff::tz::{TimeZone, offset};
use serde_json::Value;

use crate::client::Client;
use crate::clients::run;
use crate::harness::{DOMAIN, Daemon, PASSWORD, Person, Settings, UNIT, log_in_smtp};

const INBOX: &str = "\"Đơn vị/Văn phòng/INBOX\"";

struct Office {
    daemon: Daemon,
    clock: Clock,
    /// Answers for the unit's mailbox.
    head: Person,
    /// Two who were given leave to work in it.
    delegates: [Person; 2],
}

impl Office {
    /// On Tuesday, the 24th of November 2026, at ten.
    fn open(settings: &Settings) -> Self {
        let zone = TimeZone::fixed(offset(7));
        let clock = Clock::standing(zone.to_timestamp(date(2026, 11, 24).at(10, 0, 0, 0)).unwrap(), zone);
        let daemon = Daemon::start_at(settings, Some(clock.clone()));
        let [head, member] = ["binhdx", "daont"].map(|local| daemon.person(local).unwrap());
        daemon.decide(vec![Act::AppointHead { code: UNIT.into(), who: head.address.clone() }]).unwrap();
        let delegates = [member, daemon.hire("Trần Văn Khoa")];
        for delegate in &delegates {
            daemon.act(vec![Act::Delegate(Delegate {
                mailbox: unit().parse().unwrap(),
                to: delegate.address.clone(),
                rights: Rights::READ.and(Rights::PROCESS).and(Rights::SEND),
                from: None,
                until: None,
            })]);
        }
        Self { daemon, clock, head, delegates }
    }

    fn at(&self, time: DateTime) {
        self.clock.set(TimeZone::fixed(offset(7)).to_timestamp(time).unwrap());
    }

    /// A letter to the unit from outside.
    fn letter(&self, subject: &str, header: &str) {
        let text = format!("From: Ông Lê <le@example.vn>\r\nSubject: {subject}\r\n{header}\r\nx\r\n");
        self.daemon.deliver(&Person { address: unit() }, text.as_bytes());
    }

    /// Somebody with the unit's INBOX open.
    fn imap(&self, who: &Person) -> Client {
        let mut client = self.daemon.imap_as(who);
        client.ok("ENABLE IMAP4rev2");
        client.ok(&format!("SELECT {INBOX}"));
        client
    }

    /// An answer to the letter, from an address.
    fn answer(&self, who: &Person, from: &str, header: &str) {
        let mut client = self.daemon.connect("submissions");
        client.reply();
        log_in_smtp(&mut client, who);
        for line in [format!("MAIL FROM:<{from}>"), format!("RCPT TO:<{}>", self.head.address), "DATA".to_owned()] {
            assert!(client.ask(&line) < 400, "{line}");
        }
        client.send(format!("From: <{from}>\r\nSubject: Re: x\r\n{header}\r\nx\r\n.\r\n").as_bytes());
        assert_eq!(client.reply().0, 250);
    }

    fn work(&self, words: &[&str]) -> Result<Value, Value> {
        let done = self.daemon.command(&[&["work"], words, &["--json"]].concat());
        let said = if done.status.success() { &done.stdout } else { &done.stderr };
        let said: Value =
            serde_json::from_slice(said).or_else(|_| serde_json::from_slice(&done.stdout)).unwrap_or_default();
        if done.status.success() { Ok(said) } else { Err(said) }
    }

    fn list(&self, words: &[&str]) -> Vec<Value> {
        self.work(&[&["list"], words].concat()).unwrap()["items"].as_array().unwrap().clone()
    }

    /// Of each item: its subject, where it stands and how it came there, who took it, who dealt with it.
    fn items(&self) -> Vec<[String; 5]> {
        let of = |item: &Value| {
            ["subject", "state", "how", "taken_by_name", "done_by_name"]
                .map(|key| item[key].as_str().unwrap_or("-").to_owned())
        };
        self.list(&[]).iter().map(of).collect()
    }

    /// What was done with the first item, by the name of whoever did it.
    fn history(&self) -> Vec<[String; 4]> {
        let shown = self.work(&["show", "1"]).unwrap();
        let of =
            |trace: &Value| ["at", "name", "deed", "detail"].map(|key| trace[key].as_str().unwrap_or("-").to_owned());
        let mut history: Vec<_> = shown["history"].as_array().unwrap().iter().map(of).collect();
        history.sort();
        history
    }

    fn inbox_of_head(&self) -> Vec<String> {
        self.told(&self.head)
    }

    /// For each message that tells somebody what is overdue, what is in their INBOX.
    fn told(&self, who: &Person) -> Vec<String> {
        let mut client = self.daemon.imap_as(who);
        client.ok("ENABLE IMAP4rev2");
        client.ok("SELECT INBOX");
        let found = client.ok("SEARCH SUBJECT \"Thư quá hạn\"").concat();
        let count = found.split("ALL ").nth(1).map_or(0, |set| set.split([',', ':']).count());
        let texts = client.ok("UID FETCH 1:* BINARY.PEEK[1]").concat();
        std::iter::repeat_n(texts, count).collect()
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
fn r26_an_item_is_taken_by_the_first_who_flags_tags_or_moves_it() {
    let mut office = Office::open(&Settings::default());
    for subject in ["cờ", "nhãn", "việc", "chuyển", "chép", "chưa"] {
        office.letter(subject, "");
    }
    let [dao, khoa] = office.delegates.clone();
    let (mut one, mut other) = (office.imap(&dao), office.imap(&khoa));
    one.ok("CREATE \"Đơn vị/Văn phòng/Đang xử lý\"");
    one.ok("STORE 1 +FLAGS (\\Seen)");
    one.ok("STORE 1 +FLAGS (\\Flagged)");
    other.ok("STORE 1 +FLAGS ($label2)");
    other.ok("STORE 2 +FLAGS ($Label1)");
    other.ok("STORE 3 +FLAGS ($Viec_Khoa)");
    other.ok("STORE 3 -FLAGS ($Viec_Khoa)");
    one.ok("STORE 3 +FLAGS ($VIEC_dao)");
    other.ok("MOVE 4 \"Đơn vị/Văn phòng/Đang xử lý\"");
    // A program that knows no MOVE.
    one.ok("NOOP");
    one.ok("COPY 4 \"Đơn vị/Văn phòng/Đang xử lý\"");
    one.ok("STORE 4 +FLAGS (\\Deleted)");
    one.ok("EXPUNGE");
    let expected = rows([
        ["cờ", "taken", "-", DAO, "-"],
        ["nhãn", "taken", "-", KHOA, "-"],
        ["việc", "taken", "-", KHOA, "-"],
        ["chuyển", "taken", "-", KHOA, "-"],
        ["chép", "taken", "-", DAO, "-"],
        ["chưa", "open", "-", "-", "-"],
    ]);
    assert_eq!(office.items(), expected);
    drop((one, other));
    office.daemon.restart(|| ());
    assert_eq!(office.items(), expected);
    // The item goes with the message.
    let mut one = office.daemon.imap_as(&dao);
    one.ok("ENABLE IMAP4rev2");
    one.ok("SELECT \"Đơn vị/Văn phòng/Đang xử lý\"");
    one.ok("STORE 1 +FLAGS ($Done)");
    assert_eq!(office.items()[3], rows([["chuyển", "done", "marked", KHOA, DAO]])[0]);
    // It is gone with its folder, too.
    office.imap(&office.head).ok("DELETE \"Đơn vị/Văn phòng/Đang xử lý\"");
    assert_eq!(office.items()[4], rows([["chép", "done", "removed", DAO, "Đỗ Xuân Bình"]])[0]);
}

#[test]
fn r26_an_item_is_done_by_an_answer_in_the_units_name_whatever_the_message_id_looks_like() {
    let office = Office::open(&Settings::default());
    office.letter("gấp", "Message-ID:\r\n <folded@example.vn>\r\n");
    office.letter("lạ", "Message-Id: (x) < odd+id=1@[10.0.0.1] >\r\n");
    office.letter("riêng", "Message-ID: <own@example.vn>\r\n");
    office.letter("không", "");
    let [dao, khoa] = &office.delegates;
    office.answer(dao, &unit(), "In-Reply-To:\r\n <folded@example.vn>\r\n");
    office.answer(khoa, &unit(), "References: <a@example.vn>\r\n <odd+id=1@[10.0.0.1]>\r\nIn-Reply-To: <b@x>\r\n");
    // An answer by a person's own address is not the unit's.
    office.answer(dao, &dao.address, "In-Reply-To: <own@example.vn>\r\n");
    office.answer(dao, &unit(), "");
    assert_eq!(
        office.items(),
        rows([
            ["gấp", "done", "answered", "-", DAO],
            ["lạ", "done", "answered", "-", KHOA],
            ["riêng", "open", "-", "-", "-"],
            ["không", "open", "-", "-", "-"],
        ])
    );
    office.answer(khoa, &unit(), "In-Reply-To: <own@example.vn>\r\n");
    assert_eq!(office.items()[2], rows([["riêng", "done", "answered", "-", KHOA]])[0]);
}

#[test]
fn r26_an_item_is_done_by_a_flag_the_archive_or_removal() {
    let office = Office::open(&Settings::default());
    for subject in ["trả lời", "xong", "lưu", "xoá", "thùng rác", "đánh dấu xoá", "trả lại"] {
        office.letter(subject, "");
    }
    let [dao, khoa] = &office.delegates;
    let (mut one, mut other) = (office.imap(dao), office.imap(khoa));
    one.ok("UID STORE 1 +FLAGS (\\Flagged)");
    other.ok("UID STORE 1 +FLAGS (\\Answered)");
    one.ok("UID STORE 2 +FLAGS ($done)");
    other.ok("UID MOVE 3 \"Đơn vị/Văn phòng/Archive\"");
    one.ok("UID STORE 4 +FLAGS.SILENT (\\Deleted)");
    one.ok("UID EXPUNGE 4");
    other.ok("UID MOVE 5 \"Đơn vị/Văn phòng/Trash\"");
    one.ok("UID STORE 6 +FLAGS (\\Deleted)");
    other.ok("UID STORE 7 +FLAGS (\\Deleted)");
    other.ok("UID STORE 7 -FLAGS (\\Deleted)");
    assert_eq!(
        office.items(),
        rows([
            ["trả lời", "done", "answered", DAO, KHOA],
            ["xong", "done", "marked", "-", DAO],
            ["lưu", "done", "archived", "-", KHOA],
            ["xoá", "done", "removed", "-", DAO],
            ["thùng rác", "done", "removed", "-", KHOA],
            ["đánh dấu xoá", "done", "removed", "-", DAO],
            ["trả lại", "open", "-", "-", "-"],
        ])
    );
    // What comes back into the INBOX is open again.
    let mut bin = office.daemon.imap_as(dao);
    bin.ok("ENABLE IMAP4rev2");
    bin.ok("SELECT \"Đơn vị/Văn phòng/Trash\"");
    bin.ok(&format!("UID MOVE 1 {INBOX}"));
    assert_eq!(office.items()[4], rows([["thùng rác", "open", "-", "-", "-"]])[0]);
}

#[test]
fn r23_who_fetched_opened_flagged_moved_answered_and_removed_a_message_is_known() {
    let mut office = Office::open(&Settings::default());
    office.letter("đơn", "Message-ID: <1@example.vn>\r\n");
    let [dao, khoa] = office.delegates.clone();
    // Thunderbird fetches a text without a mark, in whatever way it is shown; then the mark comes.
    let mut one = office.imap(&dao);
    one.ok("UID FETCH 1 (UID RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS (From To Subject)])");
    assert_eq!(office.history(), rows([]), "who saw the list has read nothing");
    one.ok("UID FETCH 1 (UID RFC822.SIZE BODY.PEEK[])");
    one.ok("UID STORE 1 +FLAGS (\\Seen)");
    // curl opens it, which was seen before.
    let folder = "%26ARABoQ-n%20v%26Hss-%2FV%26AQM-n%20ph%26API-ng%2FINBOX";
    let folder = format!("imaps://{}/{folder};UID=1", office.daemon.address("imaps"));
    let login = format!("{}:{PASSWORD}", khoa.address);
    let read = run("curl", &["-sS", "-k", "-u", &login, &folder], b"").stdout;
    assert!(read.ends_with(b"\r\nx\r\n"), "{}", String::from_utf8_lossy(&read));
    one.ok("CREATE \"Đơn vị/Văn phòng/Đang xử lý\"");
    one.ok("UID STORE 1 +FLAGS (\\Flagged $Label1)");
    one.ok("UID STORE 1 -FLAGS (\\Flagged)");
    one.ok("UID STORE 1 +FLAGS (\\Flagged)");
    one.ok("UID COPY 1 INBOX");
    one.ok("UID MOVE 1 \"Đơn vị/Văn phòng/Đang xử lý\"");
    office.at(date(2026, 11, 24).at(11, 0, 0, 0));
    office.answer(&khoa, &unit(), "In-Reply-To: <1@example.vn>\r\n");
    let mut other = office.daemon.imap_as(&khoa);
    other.ok("ENABLE IMAP4rev2");
    other.ok("SELECT \"Đơn vị/Văn phòng/Đang xử lý\"");
    other.ok("STORE 1 +FLAGS.SILENT (\\Deleted)");
    other.ok("EXPUNGE");
    let expected = rows([
        ["2026-11-24T03:00:00Z", DAO, "copied", ""],
        ["2026-11-24T03:00:00Z", DAO, "fetched", ""],
        ["2026-11-24T03:00:00Z", DAO, "flagged", "\\Flagged"],
        ["2026-11-24T03:00:00Z", DAO, "flagged", "\\Flagged $Label1"],
        ["2026-11-24T03:00:00Z", DAO, "moved", "Đang xử lý"],
        ["2026-11-24T03:00:00Z", DAO, "opened", ""],
        ["2026-11-24T03:00:00Z", KHOA, "opened", ""],
        ["2026-11-24T04:00:00Z", KHOA, "answered", ""],
        ["2026-11-24T04:00:00Z", KHOA, "removed", ""],
    ]);
    assert_eq!(office.history(), expected);
    office.daemon.restart(|| ());
    assert_eq!(office.history(), expected, "it stays when the message is gone");
    let table = String::from_utf8(office.daemon.command(&["work", "show", "1"]).stdout).unwrap();
    assert!(table.contains("chuyển vào") && table.contains("Đang xử lý"), "{table}");
    assert_eq!(office.work(&["show", "2"]).unwrap_err()["error"]["code"], "item_unknown");
}

#[test]
fn r26_mail_to_people_is_no_work() {
    let office = Office::open(&Settings::default());
    let dao = &office.delegates[0];
    office.daemon.deliver(dao, b"Subject: x\r\n\r\nx\r\n");
    let mut own = office.daemon.imap_as(dao);
    own.ok("ENABLE IMAP4rev2");
    own.ok("SELECT INBOX");
    own.ok("STORE 1:* +FLAGS (\\Flagged \\Answered)");
    assert_eq!(office.items(), rows([]));
    // Once it is put into the unit's INBOX, it is.
    own.ok(&format!("UID MOVE * {INBOX}"));
    assert_eq!(office.items(), rows([["x", "open", "-", "-", "-"]]));
}

#[test]
fn r26_the_administrator_gives_and_closes_items_with_an_entry() {
    let office = Office::open(&Settings::default());
    office.letter("một", "");
    office.letter("hai", "");
    let [dao, khoa] = &office.delegates;
    office.imap(dao).ok("STORE 1 +FLAGS (\\Flagged)");
    office.work(&["assign", "1", "--to", &khoa.address, "--dry-run"]).unwrap();
    assert_eq!(office.items()[0], rows([["một", "taken", "-", DAO, "-"]])[0], "a rehearsal leaves nothing");
    office.work(&["assign", "1", "--to", &khoa.address]).unwrap();
    let closed = office.work(&["close", "2", "--note", "Đã gọi điện"]).unwrap();
    assert_eq!((&closed["item"]["state"], &closed["item"]["note"]), (&"done".into(), &"Đã gọi điện".into()));
    assert_eq!(office.items(), rows([["một", "taken", "-", KHOA, "-"], ["hai", "done", "closed", "-", "-"]]));
    let code =
        |words: &[&str]| office.work(words).unwrap_err()["error"]["code"].as_str().unwrap_or_default().to_owned();
    assert_eq!(code(&["close", "2", "--note", "x"]), "item_done");
    assert_eq!(code(&["close", "9", "--note", "x"]), "item_unknown");
    let stranger = office.daemon.hire("Phạm Thị Lan");
    assert_eq!(code(&["assign", "1", "--to", &stranger.address]), "no_right");
    let audit = office.daemon.command(&["audit", "list", "--json"]).stdout;
    let audit = String::from_utf8(audit).unwrap();
    assert!(audit.contains("item.assigned") && audit.contains("item.closed") && audit.contains("Đã gọi điện"));
    // Tables, too.
    let table = String::from_utf8(office.daemon.command(&["work", "list", "--mailbox", &unit()]).stdout).unwrap();
    assert!(table.contains("một") && table.contains(KHOA) && table.contains("đã đóng"), "{table}");
}

#[test]
fn r26_the_head_is_told_each_morning_what_is_overdue() {
    let settings = Settings::default().with("units.answer_within", "\"3\"").with("shares.holidays", "[\"2026-11-26\"]");
    let mut office = Office::open(&settings);
    office.letter("Cấp lại giấy", "");
    office.letter("đã trả lời", "");
    let [dao, _] = office.delegates.clone();
    office.imap(&dao).ok("STORE 1 +FLAGS (\\Flagged)");
    office.imap(&dao).ok("STORE 2 +FLAGS (\\Answered)");
    assert_eq!(office.list(&[])[0]["due"], "2026-11-30", "Thursday is off, and so is the weekend");
    // Its last day.
    office.at(date(2026, 11, 30).at(9, 0, 0, 0));
    assert_eq!(office.list(&["--overdue"]), Vec::<Value>::new());
    office.at(date(2026, 12, 1).at(7, 0, 0, 0));
    let overdue = office.list(&["--overdue"]);
    assert_eq!(overdue.iter().map(|item| &item["subject"]).collect::<Vec<_>>(), ["Cấp lại giấy"]);
    std::thread::sleep(std::time::Duration::from_millis(2500));
    assert_eq!(office.inbox_of_head().len(), 0, "not before the office opens");
    office.at(date(2026, 12, 1).at(7, 30, 0, 0));
    let text = wait_for(1, &office, &office.head);
    for part in ["Cấp lại giấy", "le@example.vn", "24/11/2026", DAO, &unit()] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(!text.contains(": đã trả lời"), "{text}");
    // Once a day, also after a restart.
    office.at(date(2026, 12, 1).at(16, 0, 0, 0));
    office.daemon.restart(|| ());
    std::thread::sleep(std::time::Duration::from_millis(2500));
    assert_eq!(office.inbox_of_head().len(), 1);
    office.at(date(2026, 12, 2).at(8, 0, 0, 0));
    wait_for(2, &office, &office.head);
}

fn wait_for(count: usize, office: &Office, who: &Person) -> String {
    let until = std::time::Instant::now() + std::time::Duration::from_secs(10);
    loop {
        let told = office.told(who);
        if told.len() == count {
            return told.concat();
        }
        assert!(std::time::Instant::now() < until, "{} is told, {} times", who.address, told.len());
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
}

/// A unit that keeps no copies of what it sent.
#[test]
fn r26_an_answer_in_the_units_name_closes_the_item_also_where_no_copy_is_kept() {
    let office = Office::open(&Settings::default());
    office.letter("một", "Message-ID: <mot@example.vn>\r\n");
    office.letter("hai", "Message-ID: <hai@example.vn>\r\n");
    office.imap(&office.head).ok("DELETE \"Đơn vị/Văn phòng/Sent\"");
    let [dao, _] = &office.delegates;
    // What is passed on is not answered, whatever it names.
    office.answer(dao, &unit(), "References: <mot@example.vn>\r\nX-Forwarded-Message-Id: <mot@example.vn>\r\n");
    office.answer(dao, &unit(), "In-Reply-To: <hai@example.vn>\r\n");
    assert_eq!(office.items(), rows([["một", "open", "-", "-", "-"], ["hai", "done", "answered", "-", DAO]]));
}

#[test]
fn r26_what_is_passed_on_by_thunderbird_is_not_answered() {
    let office = Office::open(&Settings::default());
    office.letter("một", "Message-ID: <mot@example.vn>\r\n");
    let [dao, _] = &office.delegates;
    office.answer(dao, &unit(), "References: <mot@example.vn>\r\nX-Forwarded-Message-Id: <mot@example.vn>\r\n");
    let mut copy = office.daemon.imap_as(dao);
    copy.ok("ENABLE IMAP4rev2");
    let forward = "Subject: Fwd: một\r\nReferences: <mot@example.vn>\r\n\r\nx\r\n";
    assert!(copy.append("\"Đơn vị/Văn phòng/Sent\"", "(\\Seen)", forward.as_bytes()).starts_with("t OK"));
    assert_eq!(office.items(), rows([["một", "open", "-", "-", "-"]]));
}

/// The Director and a deputy answer for the department's mailbox together.
#[test]
fn r25_r26_all_leaders_are_told_what_is_overdue_in_the_departments_mailbox() {
    let office = Office::open(&Settings::default());
    let leaders = ["Hoàng Văn Nam", "Vũ Thị Mai"].map(|name| office.daemon.hire(name));
    for (leader, position) in leaders.iter().zip(["Giám đốc", "Phó Giám đốc"]) {
        let position = hopthu::name::Label::parse(position).unwrap();
        office.daemon.decide(vec![Act::Promote { who: leader.address.clone(), position }]).unwrap();
    }
    let department = Person { address: format!("sotuphap@{DOMAIN}") };
    office.daemon.deliver(&department, b"From: a@example.vn\r\nSubject: Don cua dan\r\n\r\nx\r\n");
    assert_eq!(office.items()[0][..2], ["Don cua dan", "open"]);
    office.at(date(2026, 12, 22).at(9, 0, 0, 0));
    for leader in &leaders {
        let text = wait_for(1, &office, leader);
        assert!(text.contains("Don cua dan") && text.contains(&department.address), "{text}");
    }
    assert_eq!(office.inbox_of_head().len(), 0, "the head of a unit does not answer for the department");
}

#[test]
fn r14_r26_work_goes_on_in_the_unit_that_another_was_merged_into() {
    let office = Office::open(&Settings::default());
    let create = |code: &str, name: &str| {
        Act::CreateUnit(hopthu::provisioning::CreateUnit {
            code: hopthu::name::LocalPart::parse(code).unwrap(),
            name: hopthu::name::Label::parse(name).unwrap(),
            kind: hopthu::directory::UnitKind::Division,
            place: hopthu::directory::Place::Lan,
            parent: None,
        })
    };
    office.daemon.act(vec![create("phong-a", "Phòng A")]);
    let to = Person { address: format!("phong-a@{DOMAIN}") };
    let letter =
        |subject: &str| format!("From: a@x.vn\r\nSubject: {subject}\r\nMessage-ID: <{subject}@x.vn>\r\n\r\nx\r\n");
    // One message is in both: as long as the unit has no head, the head of the Office answers for it.
    office.daemon.deliver(&to, letter("chung").as_bytes());
    let mut copying = office.daemon.imap_as(&office.head);
    copying.ok("ENABLE IMAP4rev2");
    copying.ok("SELECT \"Đơn vị/Phòng A/INBOX\"");
    copying.ok(&format!("COPY 1 {INBOX}"));
    assert_eq!(office.items().len(), 2);
    let head = office.daemon.hire("Hoàng Văn Nam");
    office.daemon.decide(vec![Act::AppointHead { code: "phong-a".into(), who: head.address.clone() }]).unwrap();
    for subject in ["mot", "hai", "ba"] {
        office.daemon.deliver(&to, letter(subject).as_bytes());
    }
    let mut former = office.daemon.imap_as(&head);
    former.ok("ENABLE IMAP4rev2");
    former.ok("SELECT \"Đơn vị/Phòng A/INBOX\"");
    former.ok("STORE 2 +FLAGS (\\Flagged)");
    former.ok("STORE 3 +FLAGS ($Done)");
    office.daemon.decide(vec![Act::MergeUnit { code: "phong-a".into(), into: UNIT.into() }]).unwrap();
    let nam = "Hoàng Văn Nam";
    let merged = [
        ["chung", "open", "-", "-", "-"],
        ["mot", "taken", "-", nam, "-"],
        ["hai", "done", "marked", "-", nam],
        ["ba", "open", "-", "-", "-"],
    ];
    assert_eq!(office.items(), rows(merged));
    let kept = office.list(&[])[0]["id"].to_string();
    let history = office.work(&["show", &kept]).unwrap()["history"].to_string();
    assert!(history.contains("\"copied\""), "what was done with the one is known of the other: {history}");
    let of_unit = |words: &[&str]| office.list(&[&["--mailbox", &unit()], words].concat()).len();
    assert_eq!(of_unit(&[]), 4);
    // By the flag in the folder where it lies now, and by an answer in the name of the unit that goes on.
    let [dao, _] = &office.delegates;
    let mut client = office.daemon.imap_as(dao);
    client.ok("ENABLE IMAP4rev2");
    client.ok("SELECT \"Đơn vị/Văn phòng/Phòng A/INBOX\"");
    client.ok("STORE 4 +FLAGS (\\Flagged)");
    office.answer(dao, &unit(), "In-Reply-To: <mot@x.vn>\r\n");
    assert_eq!(office.items()[1], rows([["mot", "done", "answered", nam, DAO]])[0]);
    assert_eq!(office.items()[3], rows([["ba", "taken", "-", DAO, "-"]])[0]);
    // New mail to the old address is work of the unit that goes on; what is late is told to its head.
    office.daemon.deliver(&to, letter("bon").as_bytes());
    assert_eq!(of_unit(&[]), 5);
    office.at(date(2026, 12, 22).at(9, 0, 0, 0));
    let told = wait_for(1, &office, &office.head);
    assert!(told.contains(": ba") && told.contains(": bon") && !told.contains(": mot"), "{told}");
}
