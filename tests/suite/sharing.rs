//! What units share, and what they owe to it (R5-R7), by mail programs and the command line, at a time that the test sets.

use hopthu::clock::Clock;
use hopthu::directory::{Place, UnitKind};
use hopthu::name::{Label, LocalPart};
use hopthu::provisioning::{Act, CreateUnit, Transfer};
use jiff::civil::{Date, date};
use jiff::tz::{TimeZone, offset};
use serde_json::Value;

use crate::client::Client;
use crate::harness::{DOMAIN, Daemon, Person, Settings, UNIT, log_in_imap, log_in_smtp};

const SECTION: &str = "Chương trình tuần";

struct Office {
    daemon: Daemon,
    clock: Clock,
    head: Person,
    member: Person,
}

impl Office {
    /// On Tuesday, the 24th of November 2026.
    fn open(settings: &Settings) -> Self {
        let zone = TimeZone::fixed(offset(7));
        let clock = Clock::standing(zone.to_timestamp(date(2026, 11, 24).at(10, 0, 0, 0)).unwrap(), zone);
        let daemon = Daemon::start_at(settings, Some(clock.clone()));
        let [head, member] = ["binhdx", "daont"].map(|local| daemon.person(local).unwrap());
        daemon.decide(vec![Act::AppointHead { code: UNIT.into(), who: head.address.clone() }]).unwrap();
        let office = Self { daemon, clock, head, member };
        office.wait_for_sections();
        office
    }

    fn wait_for_sections(&self) {
        let until = std::time::Instant::now() + std::time::Duration::from_secs(10);
        while self.imap(&self.member).ok("LIST \"\" \"Dùng chung/*\"").len() < 6 {
            assert!(std::time::Instant::now() < until, "sections are made");
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    }

    /// Somebody of another unit, which gets its sections too.
    fn outsider(&self) -> Person {
        self.daemon.act(vec![Act::CreateUnit(CreateUnit {
            code: LocalPart::parse("phong-to-chuc").unwrap(),
            name: Label::parse("Phòng Tổ chức").unwrap(),
            kind: UnitKind::Division,
            place: Place::Lan,
            parent: None,
        })]);
        let who = self.daemon.hire("Trần Văn Khoa");
        let moved =
            Transfer { who: who.address.clone(), to: "phong-to-chuc".into(), position: None, handover_to: None };
        self.daemon.decide(vec![Act::Transfer(moved)]).unwrap();
        who
    }

    fn at(&self, day: Date) {
        self.clock.set(TimeZone::fixed(offset(7)).to_timestamp(day.at(9, 0, 0, 0)).unwrap());
    }

    fn imap(&self, who: &Person) -> Client {
        let mut client = self.daemon.connect("imaps");
        client.expect_line();
        log_in_imap(&mut client, who);
        client.ok("ENABLE IMAP4rev2");
        client
    }

    fn publish(&self, who: &Person, subject: &str) {
        let message = format!("From: {}\r\nSubject: {subject}\r\n\r\nx\r\n", who.address);
        // Whatever date the program gives it, it came when it came.
        let date = "\" 1-Jan-2026 08:00:00 +0700\"";
        let said = self.imap(who).append(&section(SECTION), date, message.as_bytes());
        assert!(said.starts_with("t OK"), "{said}");
    }

    fn send(&self, who: &Person, to: &str, subject: &str) {
        let mut client = self.daemon.connect("submissions");
        client.reply();
        log_in_smtp(&mut client, who);
        for line in [format!("MAIL FROM:<{}>", who.address), format!("RCPT TO:<{to}>"), "DATA".to_owned()] {
            client.say(&line);
            assert!(client.reply().0 < 400, "{line}");
        }
        client.send(format!("Subject: {subject}\r\n\r\nx\r\n.\r\n").as_bytes());
        assert_eq!(client.reply().0, 250);
    }

    fn share(&self, words: &[&str]) -> Vec<Value> {
        let done = self.daemon.command(&[&["share"], words, &["--json"]].concat());
        assert!(done.status.success(), "{done:?}");
        let said: Value = serde_json::from_slice(&done.stdout).unwrap();
        let of = if words == ["list"] { "shelves" } else { "duties" };
        said[of].as_array().unwrap_or_else(|| panic!("{said}")).clone()
    }

    /// How often the head was told of a day.
    fn reminders(&self, due: &str) -> usize {
        let mut client = self.imap(&self.head);
        client.ok("SELECT INBOX");
        let text = client.ok("UID FETCH 1:* BINARY.PEEK[1]").join("\n");
        text.split("BINARY[1]").filter(|text| text.contains(due)).count()
    }

    fn wait_for_reminders(&self, due: &str, times: usize) {
        let until = std::time::Instant::now() + std::time::Duration::from_secs(10);
        while self.reminders(due) < times {
            assert!(std::time::Instant::now() < until, "the head is told of {due}");
            std::thread::sleep(std::time::Duration::from_millis(200));
        }
    }

    /// The sections that are overdue; the unit's head answers for each.
    fn overdue(&self) -> Vec<String> {
        let overdue = self.share(&["overdue"]);
        assert!(overdue.iter().all(|duty| duty["head_name"] == "Đỗ Xuân Bình"), "{overdue:?}");
        overdue.iter().map(|duty| duty["section"].as_str().unwrap().to_owned()).collect()
    }

    /// What stands of the weekly programme: the day and the state of each term that is owed.
    fn terms(&self) -> Vec<(String, String)> {
        let of = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
        let duties = self.share(&["duty", "list"]);
        let ours = duties.iter().filter(|duty| duty["section"] == SECTION && duty["unit"] == UNIT);
        ours.map(|duty| (of(duty, "due"), of(duty, "state"))).collect()
    }
}

fn section(name: &str) -> String {
    format!("\"Dùng chung/Văn phòng/{name}\"")
}

fn states(of: &[(&str, &str)]) -> Vec<(String, String)> {
    of.iter().map(|(due, state)| ((*due).to_owned(), (*state).to_owned())).collect()
}

#[test]
fn r5_every_unit_has_the_sections_and_members_post_what_others_read() {
    let office = Office::open(&Settings::default());
    let outsider = office.outsider();
    let listed = office.imap(&outsider).ok("LIST \"\" \"Dùng chung/Văn phòng/*\"").concat();
    for name in ["Lĩnh vực chuyên môn", "Chương trình tuần", "Chương trình tháng", "Kết quả tuần", "Kết quả tháng"]
    {
        assert!(listed.contains(name), "{name} in {listed}");
    }
    office.publish(&office.member, "Tuần 48");
    let mut reader = office.imap(&outsider);
    reader.ok(&format!("SELECT {}", section(SECTION)));
    assert!(reader.ok("FETCH 1 BODY[HEADER.FIELDS (SUBJECT)]").concat().contains("Tuần 48"));
    assert!(reader.append(&section(SECTION), "", b"Subject: x\r\n\r\n").starts_with("t NO [NOPERM]"));
    // By mail, too; what others send there is mail to the unit.
    let to = format!("{UNIT}+Chuong-Trinh-Tuan@{DOMAIN}");
    office.send(&office.member, &to, "Tuần 49");
    office.send(&outsider, &to, "Hỏi");
    // What comes is new to everybody, also to whoever sent it; who has read the first has read that.
    for (who, unseen) in [(&office.member, 2), (&office.head, 2), (&outsider, 1)] {
        let status = office.imap(who).ok(&format!("STATUS {} (UNSEEN)", section(SECTION))).concat();
        assert!(status.contains(&format!("(UNSEEN {unseen})")), "{}: {status}", who.address);
    }
    let shelves = office.share(&["list"]);
    let shelf = shelves.iter().find(|shelf| shelf["section"] == SECTION && shelf["unit"] == UNIT).unwrap();
    assert_eq!((&shelf["tag"], &shelf["messages"]), (&"chuong-trinh-tuan".into(), &2.into()));
    let unread = office.imap(&office.head).ok("STATUS \"Đơn vị/Văn phòng/INBOX\" (MESSAGES)").concat();
    assert!(unread.contains("MESSAGES 1"), "{unread}");
}

#[test]
fn r6_r7_what_is_due_is_on_time_late_or_missing() {
    let office = Office::open(&Settings::default().with("shares.holidays", "[\"2026-12-14..2026-12-15\"]"));
    assert_eq!(office.terms(), [], "a unit owes from the first term on that opens in its time");
    office.at(date(2026, 11, 27));
    assert_eq!(office.terms(), states(&[("2026-11-30", "open")]));
    office.at(date(2026, 11, 30));
    office.wait_for_reminders("30/11/2026", 1);
    office.publish(&office.member, "Tuần 49");
    assert_eq!(office.terms(), states(&[("2026-11-30", "on_time")]));
    office.at(date(2026, 12, 7));
    office.wait_for_reminders("07/12/2026", 1);
    assert_eq!(office.terms(), states(&[("2026-11-30", "on_time"), ("2026-12-07", "open")]));
    // The weekly results were forgotten, too.
    assert_eq!(office.overdue(), ["Kết quả tuần"]);
    office.at(date(2026, 12, 8));
    office.wait_for_reminders("07/12/2026", 2);
    assert_eq!(office.terms(), states(&[("2026-11-30", "on_time"), ("2026-12-07", "missing")]));
    assert_eq!(office.overdue(), [SECTION, "Kết quả tuần", "Kết quả tuần"]);
    office.publish(&office.head, "Tuần 50");
    assert_eq!(office.terms(), states(&[("2026-11-30", "on_time"), ("2026-12-07", "late")]));
    let duties = office.share(&["duty", "list"]);
    let late = duties.iter().find(|duty| duty["state"] == "late").unwrap();
    assert_eq!(
        (&late["published"]["subject"], &late["published"]["by"]),
        (&"Tuần 50".into(), &office.head.address.as_str().into())
    );
    // On the morning of the day, and of the next, the head was told; once each.
    let counts = ["30/11/2026", "07/12/2026"].map(|due| office.reminders(due));
    assert_eq!(counts, [2, 2]);
    // A Monday off moves the day to the next on which the office works.
    office.at(date(2026, 12, 12));
    assert_eq!(office.terms()[1], states(&[("2026-12-16", "open")])[0]);
}

#[test]
fn r6_a_unit_has_a_day_of_its_own_or_none_and_the_others_keep_theirs() {
    let office = Office::open(&Settings::default());
    office.outsider();
    let set = |due: &str, more: &[&str]| {
        let words = ["share", "duty", "set", UNIT, "Chuong-trinh-tuan", "--due", due, "--json"];
        let done = office.daemon.command(&[&words[..], more].concat());
        assert!(done.status.success(), "{done:?}");
        serde_json::from_slice::<Value>(&done.stdout).unwrap()
    };
    let rehearsed = set("friday", &["--dry-run"]);
    assert_eq!((&rehearsed["dry_run"], &rehearsed["own"]["section"]), (&true.into(), &SECTION.into()), "{rehearsed}");
    office.at(date(2026, 11, 28));
    assert_eq!(office.terms(), states(&[("2026-11-30", "open")]), "what was rehearsed is not set");
    set("friday", &["--note", "theo đề nghị của Văn phòng"]);
    office.at(date(2026, 12, 2));
    assert_eq!(office.terms(), states(&[("2026-12-04", "open")]));
    let done = office.daemon.command(&["share", "duty", "list", "--json"]);
    let said: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!((&said["own"][0]["due"], &said["own"][0]["since"]), (&"friday".into(), &"2026-11-28".into()), "{said}");
    let others = said["duties"].as_array().unwrap().iter();
    let others = others.filter(|duty| duty["section"] == SECTION && duty["unit"] == "phong-to-chuc");
    assert!(others.map(|duty| &duty["due"]).eq(["2026-11-30"]), "{said}");
    set("none", &[]);
    assert_eq!(office.terms(), []);
    // What was due before stays owed: nobody sets it aside by another day.
    set("friday", &[]);
    office.at(date(2026, 12, 14));
    set("none", &[]);
    assert_eq!(office.terms(), states(&[("2026-12-11", "missing")]));
    let shown = String::from_utf8(office.daemon.command(&["share", "duty", "list"]).stdout).unwrap();
    assert!(shown.lines().any(|line| line.starts_with("Văn phòng") && line.contains(" none ")), "{shown}");
    let audit = String::from_utf8(office.daemon.command(&["audit", "list", "--json"]).stdout).unwrap();
    assert!(audit.contains("duty.set") && audit.contains("theo đề nghị của Văn phòng"), "{audit}");
    for words in [["nowhere", SECTION, "monday"], [UNIT, "Khác", "monday"], [UNIT, SECTION, "someday"]] {
        let [unit, section, due] = words;
        let done = office.daemon.command(&["share", "duty", "set", unit, section, "--due", due]);
        assert_eq!(done.status.code(), Some(2), "{words:?}: {done:?}");
    }
}

#[test]
fn r5_what_is_granted_on_the_command_line_is_what_mail_programs_may_do_until_it_is_revoked() {
    let office = Office::open(&Settings::default());
    let outsider = office.outsider();
    let share = |words: &[&str]| {
        let done = office.daemon.command(&[&["share"], words].concat());
        assert!(done.status.success(), "{done:?}");
    };
    let rights = || office.imap(&outsider).ok(&format!("MYRIGHTS {}", section(SECTION))).remove(0);
    let put = || office.imap(&outsider).append(&section(SECTION), "", b"Subject: x\r\n\r\n");
    let before = rights();
    assert!(put().starts_with("t NO [NOPERM]"));
    let own = [outsider.address.as_str(), "Trần Văn Khoa", "phong-to-chuc", "anyone"];
    for to in own {
        share(&["grant", UNIT, SECTION, "--to", to, "--rights", "lrsi", "--dry-run"]);
        assert_eq!(rights(), before, "{to}");
        share(&["grant", UNIT, "chuong-trinh-tuan", "--to", to, "--rights", "lrsi", "--note", "phối hợp"]);
        assert!(rights().contains("lrsi") && put().starts_with("t OK"), "{to}: {}", rights());
        // The unit's head sees it with GETACL, as if it had been set there.
        let acl = office.imap(&office.head).ok(&format!("GETACL {}", section(SECTION))).concat();
        assert!(acl.contains("lrsi"), "{to}: {acl}");
        share(&["revoke", UNIT, SECTION, "--to", to]);
        assert_eq!(rights(), before, "{to}");
        assert!(put().starts_with("t NO [NOPERM]"), "{to}");
    }
    for words in [[UNIT, SECTION, "nobody"], [UNIT, "Khác", "anyone"], ["nowhere", SECTION, "anyone"]] {
        let [unit, section, to] = words;
        let done = office.daemon.command(&["share", "grant", unit, section, "--to", to, "--rights", "lr"]);
        assert!(matches!(done.status.code(), Some(1 | 2)), "{words:?}: {done:?}");
    }
}

/// Told by IDLE to who has the section open, as any MOVE is.
#[test]
fn r5_messages_of_former_years_move_to_their_year() {
    let office = Office::open(&Settings::default());
    office.at(date(2026, 12, 28));
    let message = b"From: daont@daklak.doj.gov.vn\r\nSubject: Tu\xe1\xba\xa7n 53\r\n\r\nx\r\n";
    let date_given = "(\\Flagged $Viec) \" 1-Feb-2026 08:00:00 +0700\"";
    assert!(office.imap(&office.head).append(&section(SECTION), date_given, message).starts_with("t OK"));
    let mut reader = office.imap(&office.head);
    reader.ok(&format!("SELECT {}", section(SECTION)));
    reader.say("i IDLE");
    while !reader.expect_line().starts_with('+') {}
    office.at(date(2027, 1, 5));
    while reader.expect_line() != "* 1 EXPUNGE" {}
    reader.say("DONE");
    while !reader.expect_line().starts_with("i OK") {}
    // The same message, with its flags and dates: it came when it came.
    let year = format!("\"Dùng chung/Văn phòng/{SECTION}/2026\"");
    let status = |folder: &str| office.imap(&office.member).ok(&format!("STATUS {folder} (MESSAGES)")).concat();
    reader.ok(&format!("SELECT {year}"));
    let found = reader.ok("FETCH 1 (FLAGS INTERNALDATE SAVEDATE BODY.PEEK[HEADER.FIELDS (SUBJECT)])").concat();
    for part in ["\\Flagged", "$Viec", " 1-Feb-2026 08:00:00 +0700", "28-Dec-2026 09:00:00 +0700", "Tuần 53"] {
        assert!(found.contains(part), "{part}: {found}");
    }
    // The last term of the old year stays done, and the first of the new one is not done by it.
    assert_eq!(office.terms(), states(&[("2026-12-28", "on_time"), ("2027-01-04", "missing")]));
    assert!(office.imap(&office.member).ok("LIST \"\" \"Dùng chung/Văn phòng/*/2026\"").concat().contains(SECTION));
    // What comes now stays; nothing is moved twice.
    office.publish(&office.member, "Tuần 1");
    office.at(date(2027, 1, 6));
    office.wait_for_reminders("04/01/2027", 1);
    assert!(status(&section(SECTION)).contains("MESSAGES 1") && status(&year).contains("MESSAGES 1"));
    let others = office.imap(&office.member).ok("LIST \"\" \"Dùng chung/Văn phòng/*/*\"");
    assert_eq!(others.len(), 2, "where nothing is old, there is no folder: {others:?}");
}

#[test]
fn r5_r29_former_years_stay_where_the_configuration_says_so() {
    let office = Office::open(&Settings::default().with("shares.year_folders", "false"));
    office.publish(&office.member, "Tuần 48");
    office.at(date(2027, 1, 5));
    office.wait_for_reminders("04/01/2027", 1);
    let status = office.imap(&office.member).ok(&format!("STATUS {} (MESSAGES)", section(SECTION))).concat();
    assert!(status.contains("MESSAGES 1"), "{status}");
}
