//! A mailbox is handed over with all it holds (R24, R25): by the command line, seen by mail programs of both sides.

use std::process::Output;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::HEXLOWER;
use hopthu::address::Address;
use hopthu::id::Uid;
use hopthu::name::Label;
use hopthu::provisioning::{Act, Delegate};
use hopthu::store::{self, FolderName};
use serde_json::Value;

use crate::client::Client;
use crate::harness::{DOMAIN, Daemon, PASSWORD, Person, Settings, UNIT};
use crate::process::Process;

/// Whoever loses a right is out within this (R9).
const CUT: Duration = Duration::from_secs(5);
/// Where records are filed.
const FILED: &str = "Bàn giao";
const AUDIT: [&str; 4] = ["audit", "list", "--last=1000", "--json"];
const INBOX: &str = "\"Đơn vị/Văn phòng/INBOX\"";

/// A unit with a head, somebody who may read its mail, and somebody who takes over.
struct Office {
    daemon: Daemon,
    former: Person,
    next: Person,
    delegate: Person,
}

impl Office {
    fn open() -> Self {
        Self::of(Daemon::start(&Settings::default()))
    }

    fn of(daemon: Daemon) -> Self {
        let [former, next] = ["binhdx", "daont"].map(|local| daemon.person(local).unwrap());
        let delegate = daemon.hire("Lê Thị Hoa");
        daemon.decide(vec![Act::AppointHead { code: UNIT.into(), who: former.address.clone() }]).unwrap();
        let office = Self { daemon, former, next, delegate };
        office.delegate(&address(UNIT), &office.delegate);
        office
    }

    fn delegate(&self, mailbox: &str, to: &Person) {
        self.daemon.act(vec![Act::Delegate(Delegate {
            mailbox: Address::parse(mailbox).unwrap(),
            to: to.address.clone(),
            rights: "read".parse().unwrap(),
            from: None,
            until: None,
        })]);
    }

    fn imap(&self, who: &Person) -> Client {
        let mut client = self.daemon.connect("imaps");
        client.expect_line();
        client.ok(&format!("LOGIN {} {PASSWORD}", who.address));
        client.ok("ENABLE IMAP4rev2");
        client
    }

    /// Whether the person can open the unit's mail.
    fn opens(&self, who: &Person) -> bool {
        self.imap(who).command(&format!("SELECT {INBOX}")).last().unwrap().starts_with("t OK")
    }

    fn hand_over(&self, mailbox: &str, (from, to): (&Person, &Person), more: &[&str]) -> Output {
        let words = ["mailbox", "handover", mailbox, "--from", &from.address, "--to", &to.address, "--json"];
        self.daemon.command(&[&words, more].concat())
    }

    fn manifest(&self, mailbox: &str) -> Value {
        done(&self.daemon.command(&["mailbox", "manifest", mailbox, "--json"]))
    }

    /// Entries of hand-overs.
    fn audited(&self) -> Vec<Value> {
        audited(&done(&self.daemon.command(&AUDIT)))
    }
}

fn address(local: &str) -> String {
    format!("{local}@{DOMAIN}")
}

fn paper(number: &str) -> [String; 4] {
    ["--decision", number, "--dated", "02/11/2026"].map(str::to_owned)
}

fn done(output: &Output) -> Value {
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A refusal's code.
fn refused(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    said["error"]["code"].as_str().unwrap().to_owned()
}

fn audited(listed: &Value) -> Vec<Value> {
    let entries = listed["entries"].as_array().unwrap_or_else(|| panic!("{listed}"));
    entries.iter().filter(|entry| entry["after"]["manifest"].is_string()).cloned().collect()
}

fn folder<'v>(manifest: &'v Value, name: &str) -> &'v Value {
    manifest["folders"].as_array().unwrap().iter().find(|folder| folder["name"] == name).unwrap_or(&Value::Null)
}

fn sha256(octets: &[u8]) -> String {
    HEXLOWER.encode(digest(&SHA256, octets).as_ref())
}

/// All folders but the one of records.
fn content(manifest: &Value) -> Vec<&Value> {
    manifest["folders"].as_array().unwrap().iter().filter(|folder| folder["name"] != FILED).collect()
}

#[test]
fn r24_a_head_hands_the_mailbox_over_with_a_record_that_both_sign() {
    let office = Office::open();
    let unit = address(UNIT);
    let messages: [&[u8]; 2] = [b"Subject: mot\r\n\r\nx\r\n", "Subject: hai\r\n\r\nđã đọc\r\n".as_bytes()];
    let mut former = office.imap(&office.former);
    for message in messages {
        assert!(former.append(INBOX, "", message).starts_with("t OK"));
    }
    former.ok(&format!("SELECT {INBOX}"));
    assert!(office.opens(&office.delegate) && !office.opens(&office.next));
    let before = office.manifest(&unit);
    // The digest can be made again by anybody.
    let lines: String = (1..).zip(messages).map(|(uid, message)| format!("{uid} {}\n", sha256(message))).collect();
    assert_eq!(folder(&before, "INBOX")["digest"], sha256(lines.as_bytes()), "{before}");
    let place = tempfile::tempdir().unwrap();
    let page = place.path().join("bien-ban.html");
    let record = ["--record", page.to_str().unwrap()].map(str::to_owned);
    let paper = [paper("77/QĐ-STP"), [record[0].clone(), record[1].clone(), "--dry-run".into(), "--lang=en".into()]];
    let words: Vec<&str> = paper.iter().flatten().map(String::as_str).collect();
    let sides = (&office.former, &office.next);

    let foretold = done(&office.hand_over(&unit, sides, &words));
    assert_eq!((&foretold["dry_run"], &foretold["handovers"][0]["digest"]), (&true.into(), &before["digest"]));
    assert!(!page.exists() && office.opens(&office.delegate) && office.audited().is_empty());
    assert_eq!(office.manifest(&unit), before);

    let words: Vec<&str> = words.into_iter().filter(|word| *word != "--dry-run").collect();
    let handed = done(&office.hand_over(&unit, sides, &words));
    let since = Instant::now();
    while office.opens(&office.former) || office.opens(&office.delegate) || !office.opens(&office.next) {
        assert!(since.elapsed() < CUT, "rights are not handed over");
    }
    let over = &handed["handovers"][0];
    assert_eq!(over["digest"], before["digest"], "{handed}");
    assert_eq!(content(&office.manifest(&unit)), content(&before));
    let audited = office.audited();
    assert_eq!(audited.len(), 1, "{audited:?}");
    assert_eq!(audited[0]["after"]["manifest"], before["digest"], "{audited:?}");
    assert!(over["ended"].to_string().contains("Lê Thị Hoa"), "{over}");

    // The record: in the file, and in the mailbox for whoever took it over.
    let page = std::fs::read_to_string(&page).unwrap();
    let mut next = office.imap(&office.next);
    next.ok(&format!("SELECT \"Đơn vị/Văn phòng/{FILED}\""));
    next.ok("SEARCH CHARSET UTF-8 SUBJECT \"biên bản\" TEXT \"77/QĐ-STP\"");
    let text = String::from_utf8(next.ok("FETCH 1 BINARY.PEEK[1]").join("\n").into_bytes()).unwrap();
    let digest = before["digest"].as_str().unwrap();
    for said in
        [digest, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "77/QĐ-STP", "Đỗ Xuân Bình", "Nguyễn Thị Đào", "Lê Thị Hoa"]
    {
        assert!(page.contains(said), "{said} in {page}");
        assert!(text.contains(said), "{said} in {text}");
    }
    // What was handed over once is not the former head's to hand over again.
    let again = self::paper("78/QĐ-STP");
    let again: Vec<&str> = again.iter().map(String::as_str).collect();
    assert_eq!(refused(&office.hand_over(&unit, sides, &again)), "not_steward");
}

#[test]
fn r24_what_may_not_be_handed_over_stays_as_it_is() {
    let office = Office::open();
    let unit = address(UNIT);
    let before = office.manifest(&unit);
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("bien-ban.txt");
    let [number, dated] = ["--decision=1/QĐ-X", "--dated=02/11/2026"];
    let record = format!("--record={}", file.display());
    let sides = (&office.former, &office.next);
    assert_eq!(refused(&office.hand_over(&unit, sides, &[&record])), "decision_missing");
    let words = [number, dated, &record];
    assert_eq!(refused(&office.hand_over(&unit, (&office.next, &office.delegate), &words)), "not_steward");
    assert_eq!(refused(&office.hand_over(&unit, (&office.former, &office.former), &words)), "nothing_changes");
    assert_eq!(refused(&office.hand_over(&office.former.address, sides, &words)), "personal_mailbox");
    assert_eq!(refused(&office.hand_over(&address("sotuphap"), sides, &words)), "not_a_leader");
    office.daemon.suspend(&office.next);
    assert_eq!(refused(&office.hand_over(&unit, sides, &words)), "standing");
    assert!(std::fs::read_dir(place.path()).unwrap().next().is_none(), "a file is left");
    assert_eq!((office.manifest(&unit), office.audited()), (before, Vec::new()));
    assert!(office.opens(&office.former) && office.opens(&office.delegate));
}

#[test]
fn r25_the_departments_mailbox_is_handed_over_among_its_leaders() {
    let office = Office::open();
    let department = address("sotuphap");
    for (who, position) in [(&office.delegate, "Giám đốc"), (&office.next, "Phó Giám đốc")] {
        let position = Label::parse(position).unwrap();
        office.daemon.decide(vec![Act::Promote { who: who.address.clone(), position }]).unwrap();
    }
    // To the head of the Office, who does not lead.
    office.delegate(&department, &office.former);
    let before = office.manifest(&department);
    let sides = (&office.delegate, &office.next);
    let handed = done(&office.hand_over(&department, sides, &["--decision=5/QĐ-UBND", "--dated=02/11/2026"]));
    let over = &handed["handovers"][0];
    assert_eq!(over["digest"], before["digest"]);
    assert!(over["ended"].to_string().contains("Đỗ Xuân Bình"), "{over}");
    let record = over["record"].as_str().unwrap();
    assert!(record.contains("Lê Thị Hoa, chức vụ: Giám đốc") && record.contains("chức vụ: Phó Giám đốc"), "{record}");
    let after = office.manifest(&department);
    assert_eq!((content(&after), folder(&after, FILED)["messages"].clone()), (content(&before), 1.into()));
    let rights = done(&office.daemon.command(&["mailbox", "rights", &department, "--json"]));
    let held: Vec<_> = rights["rights"].as_array().unwrap().iter().map(|right| right["who"].clone()).collect();
    assert_eq!(held.len(), 2, "{rights}");
    assert!(!held.contains(&"Đỗ Xuân Bình".into()), "{rights}");
}

#[test]
fn r24_the_manifest_is_of_one_moment_while_mail_comes_in() {
    let office = Office::open();
    let unit = Person { address: address(UNIT) };
    let stop = AtomicBool::new(false);
    let (handed, sent) = std::thread::scope(|scope| {
        let sending = scope.spawn(|| {
            let mut sent = 0;
            while !stop.load(Ordering::Relaxed) {
                sent += 1;
                office.daemon.deliver(&unit, format!("Subject: so {sent}\r\n\r\nx\r\n").as_bytes());
            }
            sent
        });
        std::thread::sleep(Duration::from_millis(300));
        let sides = (&office.former, &office.next);
        let handed = office.hand_over(&unit.address, sides, &["--decision=9/QĐ-STP", "--dated=02/11/2026"]);
        std::thread::sleep(Duration::from_millis(300));
        stop.store(true, Ordering::Relaxed);
        (done(&handed), sending.join().unwrap())
    });
    let handed = folder(&handed["handovers"][0], "INBOX").clone();
    let installation = office.daemon.running().installation();
    let held = office.daemon.wait(async {
        let mailbox = installation.directory.snapshot().holder(&Address::parse(&unit.address).unwrap()).unwrap().id;
        let inbox = installation.store.folder(mailbox, &FolderName::inbox()).await.unwrap().id;
        store::copies(&mut installation.db.read().await.unwrap(), inbox).await.unwrap()
    });
    assert_eq!(held.len(), sent, "mail was lost");
    let messages = u32::try_from(handed["messages"].as_u64().unwrap()).unwrap();
    assert!(messages > 0 && (messages as usize) < sent, "no mail came in at the time: {messages} of {sent}");
    let lines: String = (1..=messages).map(|uid| format!("{uid} {}\n", held[&Uid(uid)].0.to_lowercase())).collect();
    assert_eq!(handed["digest"], sha256(lines.as_bytes()));
}

/// What there is of hand-overs of a mailbox: the head's name, records in the mailbox, entries in the audit.
fn stands(process: &Process, unit: &str, mailbox: &str) -> (String, u64, u64) {
    let show = done(&process.command(&["unit", "show", unit, "--json"]));
    let manifest = done(&process.command(&["mailbox", "manifest", mailbox, "--json"]));
    let records = folder(&manifest, FILED)["messages"].as_u64().unwrap_or(0);
    (show["unit"]["head"].as_str().unwrap().to_owned(), records, audited(&done(&process.command(&AUDIT))).len() as u64)
}

#[test]
fn r24_a_hand_over_is_whole_or_not_at_all_after_kill_9() {
    let dir = tempfile::tempdir().unwrap();
    let data_dir = dir.path().join("hopthu-data");
    let mut process = Process::start(&data_dir);
    let listed = done(&process.command(&["staff", "list", "--json"]));
    let staff = listed["staff"].as_array().unwrap();
    let (unit, mailbox) = (UNIT, address(UNIT));
    let (mut head, _, _) = stands(&process, unit, &mailbox);
    // What the daemon does of itself at its first start is not what is to be killed.
    let until = Instant::now() + Duration::from_secs(20);
    while folder(&done(&process.command(&["mailbox", "manifest", &mailbox, "--json"])), "Dùng chung").is_null() {
        assert!(Instant::now() < until, "sections are made");
        std::thread::sleep(Duration::from_millis(50));
    }
    let (mut whole, mut nothing) = (0, 0);
    // In the middle of the log's pages, when all of them are written, and after the commit.
    let syncs = "fsync,fdatasync";
    let places = [("pwrite64", 1), ("pwrite64", 20), (syncs, 1), ("pwrite64", 30), (syncs, 2), ("pwrite64", 45)];
    for (round, (calls, at)) in places.into_iter().enumerate() {
        let other = staff.iter().find(|one| one["unit"] == unit && one["name"] != head.as_str()).unwrap();
        let (from, to) = (head.clone(), other["address"].as_str().unwrap());
        let number = format!("--decision={round}/QĐ-CRASH");
        let tracer = process.killed_at(calls, at);
        let words = ["mailbox", "handover", &mailbox, "--from", &from, "--to", to, &number, "--dated=02/11/2026"];
        let output = process.command(&words);
        drop(process);
        drop(tracer);
        process = Process::start(&data_dir);
        process.assert_clean();
        let after = stands(&process, unit, &mailbox);
        let done = after.0 != head;
        println!("{calls} {at}: done: {done}, told: {}", output.status.success());
        assert!(done || !output.status.success(), "what was told as done is gone");
        if done {
            whole += 1;
        } else {
            nothing += 1;
        }
        assert_eq!((after.1, after.2), (whole, whole), "killed at {calls} {at}");
        head = after.0;
    }
    assert!(whole > 0 && nothing > 0, "{whole} were whole, {nothing} nothing");
}

#[test]
fn r24_r26_the_record_names_what_is_not_finished_and_it_stays_with_the_mailbox() {
    let office = Office::open();
    let unit = Person { address: address(UNIT) };
    let begun = ["đang làm <b>", "đã xong", "còn mở"];
    for subject in begun.iter().map(ToString::to_string).chain((4..=53).map(|number| format!("việc {number}"))) {
        let letter = format!(
            "From: Ông Lê <le@example.vn>\r\nSubject: {subject}\r\nMessage-ID: <{}@x>\r\n\r\nx\r\n",
            subject.len()
        );
        office.daemon.deliver(&unit, letter.as_bytes());
    }
    let mut former = office.imap(&office.former);
    former.ok(&format!("SELECT {INBOX}"));
    former.ok("STORE 1 +FLAGS (\\Flagged)");
    former.ok("STORE 2 +FLAGS ($Done)");
    let place = tempfile::tempdir().unwrap();
    let page = place.path().join("bien-ban.html");
    let record = format!("--record={}", page.display());
    let sides = (&office.former, &office.next);
    let handed = done(&office.hand_over(&unit.address, sides, &["--decision=8/QĐ", "--dated=02/11/2026", &record]));
    let over = &handed["handovers"][0];
    let items = over["open_items"].as_array().unwrap();
    assert_eq!((&over["open_items_total"], items.len()), (&52.into(), 50), "{over}");
    assert_eq!([&items[0]["subject"], &items[1]["subject"]], [begun[0], begun[2]]);
    assert_eq!([&items[0]["taken_by"], &items[1]["state"]], ["Đỗ Xuân Bình", "open"]);
    assert!(items[0]["from"].as_str().unwrap().contains("le@example.vn") && items[0]["due"].is_string(), "{over}");
    let mut next = office.imap(&office.next);
    next.ok(&format!("SELECT \"Đơn vị/Văn phòng/{FILED}\""));
    let text = String::from_utf8(next.ok("FETCH 1 BINARY.PEEK[1]").join("\n").into_bytes()).unwrap();
    let page = std::fs::read_to_string(&page).unwrap();
    for (paper, first) in [(&text, "đang làm <b> – Ông Lê"), (&page, "đang làm &lt;b&gt; – Ông Lê")] {
        for said in [first, "còn mở", "chưa ai nhận", "việc 51", "52, dưới đây là 50 thư cũ nhất"] {
            assert!(paper.contains(said), "{said} in {paper}");
        }
        assert!(!paper.contains("đã xong") && !paper.contains("việc 52"), "{paper}");
    }
    assert!(text.contains("người xử lý: Đỗ Xuân Bình") && page.contains("<td>Đỗ Xuân Bình</td>"));
    assert_eq!(office.manifest(&unit.address)["open_items_total"], 52);
    // It stays, with whoever had it, and the new head goes on with it.
    next.ok(&format!("SELECT {INBOX}"));
    next.ok("STORE 3 +FLAGS (\\Answered)");
    let listed = done(&office.daemon.command(&["work", "list", "--mailbox", &unit.address, "--json"]));
    let of = |n: usize, key: &str| listed["items"][n][key].clone();
    assert_eq!([of(0, "taken_by_name"), of(2, "done_by_name")], ["Đỗ Xuân Bình", "Nguyễn Thị Đào"]);
}

#[test]
fn r24_the_record_of_a_decision_dated_ahead_is_made_on_its_day_and_filed() {
    let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(7));
    let at = |day: i8| zone.to_timestamp(jiff::civil::date(2026, 11, day).at(9, 0, 0, 0)).unwrap();
    let clock = hopthu::clock::Clock::standing(at(24), zone.clone());
    let office = Office::of(Daemon::start_at(&Settings::default(), Some(clock.clone())));
    let place = tempfile::tempdir().unwrap();
    let record = format!("--record={}", place.path().join("bien-ban.html").display());
    let sides = (&office.former, &office.next);
    let words = ["--decision=9/QĐ-STP", "--dated=24/11/2026", "--effective=26/11/2026"];
    let refused = self::refused(&office.hand_over(&address(UNIT), sides, &[&words[..], &[&record]].concat()));
    assert_eq!(refused, "record_ahead");
    assert!(std::fs::read_dir(place.path()).unwrap().next().is_none(), "a file is left");
    let none = done(&office.daemon.command(&["decision", "list", "--json"]))["decisions"].to_string();
    assert!(!none.contains("9/QĐ-STP"), "{none}");
    let entered = done(&office.hand_over(&address(UNIT), sides, &words));
    assert_eq!((&entered["decision"]["state"], &entered["handovers"]), (&"waiting".into(), &Value::Null));
    assert!(office.opens(&office.former));
    clock.set(at(26));
    let since = Instant::now();
    while office.audited().is_empty() {
        assert!(since.elapsed() < Duration::from_secs(20), "its day has come");
        std::thread::sleep(Duration::from_millis(100));
    }
    let mut next = office.imap(&office.next);
    next.ok(&format!("SELECT \"Đơn vị/Văn phòng/{FILED}\""));
    let text = next.ok("FETCH 1 BINARY.PEEK[1]").join("\n");
    assert!(text.contains("9/QĐ-STP") && text.contains("ngày 26 tháng 11 năm 2026"), "{text}");
}
