//! Decisions drive the directory (R3, R13, R15, R16, R29): the program's commands on one side, mail clients on the other,
//! and a clock that the test moves.

use std::process::Output;
use std::time::{Duration, Instant};

use hopthu::clock::Clock;
use hopthu::server;
use jiff::tz::{TimeZone, offset};
use serde_json::Value;

use crate::client::Heard;
use crate::harness::{Daemon, Settings, log_in_smtp};
use crate::process::Process;

/// A daemon on a day of its own, and a department as the program's commands make it.
struct Office {
    daemon: Daemon,
    clock: Clock,
}

impl Office {
    /// On the morning of 24 November 2026: the Office with its head, and a division with its head and a clerk.
    fn open() -> Self {
        Self::with(&Settings::default().with("organisation.provincial_domain", "\"daklak.gov.vn\""))
    }

    fn with(settings: &Settings) -> Self {
        let clock = Clock::standing("2026-11-24T01:00:00Z".parse().unwrap(), TimeZone::fixed(offset(7)));
        let office = Self { daemon: Daemon::start_at(settings, Some(clock.clone())), clock };
        office.done(&["unit", "create", "to-chuc", "--name", "Phòng Tổ chức", "--kind", "division"]);
        office.done(&["unit", "appoint", "van-phong", "--head", "binhdx", "--decision", "A1", "--dated", "2026-11-01"]);
        for (n, name) in ["Phạm Văn Đức", "Vũ Hồng Nhung"].into_iter().enumerate() {
            office.hire(&format!("H{n}"), name, "to-chuc");
        }
        office.done(&["unit", "appoint", "to-chuc", "--head", "ducpv", "--decision", "A2", "--dated", "2026-11-01"]);
        office
    }

    fn at(&self, moment: &str) {
        self.clock.set(format!("{moment}+07:00").parse().unwrap());
    }

    /// A command's document and exit code.
    fn ask(&self, arguments: &[&str]) -> (Value, i32) {
        answer(&self.daemon.command(&[arguments, &["--json"]].concat()))
    }

    fn done(&self, arguments: &[&str]) -> Value {
        let (document, code) = self.ask(arguments);
        assert_eq!(code, 0, "{arguments:?}: {document}");
        document
    }

    /// The rule and the code of a refusal.
    fn refused(&self, arguments: &[&str]) -> (String, String) {
        let (document, code) = self.ask(arguments);
        assert_eq!(code, 1, "{arguments:?}: {document}");
        let error = &document["error"];
        (error["rule"].as_str().unwrap().to_owned(), error["code"].as_str().unwrap().to_owned())
    }

    fn hire(&self, decision: &str, name: &str, unit: &str) -> Value {
        let dated = ["--dated", "2026-11-02", "--unit", unit, "--name", name];
        self.done(&[&["staff", "hire", "--decision", decision][..], &dated].concat())
    }

    /// Whether the name and password are let in over IMAP.
    fn logs_in(&self, address: &str, password: &str) -> bool {
        let mut imap = self.daemon.connect("imaps");
        imap.expect_line();
        imap.say(&format!("a LOGIN {address} \"{password}\""));
        let lines = imap.until("a ");
        lines.last().unwrap().starts_with("a OK")
    }

    /// The codes of what somebody should look at.
    fn alarms(&self) -> Vec<String> {
        let status = self.done(&["status"]);
        let alarms = status["alarms"].as_array().unwrap().iter();
        alarms.map(|alarm| alarm["code"].as_str().unwrap().to_owned()).collect()
    }

    /// What RCPT says to somebody outside.
    fn rcpt(&self, address: &str) -> (u16, String) {
        let mut smtp = self.daemon.connect("smtp");
        smtp.reply();
        assert_eq!(smtp.ask("EHLO ngoai.example.vn"), 250);
        assert_eq!(smtp.ask("MAIL FROM:<ngoai@example.vn>"), 250);
        smtp.say(&format!("RCPT TO:<{address}>"));
        smtp.reply()
    }

    fn person(&self, who: &str) -> Value {
        self.done(&["staff", "show", who])["staff"].clone()
    }
}

fn eventually(what: &str, holds: impl Fn() -> bool) {
    let until = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < until, "it never came about: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn answer(output: &Output) -> (Value, i32) {
    let text = String::from_utf8_lossy(&output.stdout);
    let document = serde_json::from_str(&text);
    let said = || panic!("not one JSON document: {text}{}", String::from_utf8_lossy(&output.stderr));
    (document.unwrap_or_else(|_| said()), output.status.code().unwrap())
}

#[test]
fn r3_one_address_space_over_people_units_and_aliases_and_a_quarantine_that_holds() {
    let office = Office::open();
    let hire = |address| {
        let who = ["--name", "Lê Văn Lộc", "--unit", "to-chuc", "--address", address];
        office.ask(&[&["staff", "hire", "--decision", "9/QĐ-STP", "--dated", "2026-11-02"][..], &who].concat())
    };
    office.done(&["mailbox", "alias", "add", "ducpv@daklak.doj.gov.vn", "nhan-su"]);
    for taken in ["ducpv", "to-chuc", "sotuphap", "nhan-su", "NHAN-SU"] {
        let (document, code) = hire(taken);
        assert_eq!((code, &document["error"]["rule"]), (1, &"R3".into()), "{taken}: {document}");
    }
    let unit = ["unit", "create", "nhan-su", "--name", "Nhân sự", "--kind", "division"];
    assert_eq!(office.refused(&unit).0, "R3");
    // An alias that ended rests two years, for everybody else.
    office.done(&["mailbox", "alias", "remove", "nhan-su@daklak.doj.gov.vn"]);
    assert_eq!(hire("nhan-su").0["error"]["code"], "address_in_quarantine");
    office.at("2028-11-23T09:00:00");
    assert_eq!(hire("nhan-su").0["error"]["code"], "address_in_quarantine");
    office.at("2028-11-24T09:00:00");
    assert_eq!(hire("nhan-su").1, 0);
}

#[test]
fn r13_whoever_is_hired_logs_in_and_sends_and_receives_once_the_password_is_their_own() {
    let office = Office::open();
    let hired = office.hire("45/QĐ-STP", "Đặng Thị Ngọc Ước", "to-chuc");
    assert_eq!(hired["staff"]["address"], "uocdtn@daklak.doj.gov.vn");
    let first = hired["first_password"].as_str().unwrap();
    assert!(office.logs_in("uocdtn@daklak.doj.gov.vn", first));
    assert!(!office.alarms().contains(&"passwords_missing".to_owned()));
    office.daemon.set_password("uocdtn", "cây bơ trước cổng cơ quan");
    let mailbox = office.done(&["mailbox", "show", "uocdtn@daklak.doj.gov.vn"]);
    assert_eq!(mailbox["mailbox"]["aliases"], serde_json::json!(["uocdtn@daklak.gov.vn"]));
    assert_eq!(office.rcpt("uocdtn@daklak.doj.gov.vn").0, 250);
    let shown = office.done(&["decision", "show", "45/QĐ-STP"]);
    assert_eq!(shown["decisions"][0]["state"], "applied");
    assert_eq!(shown["decisions"][0]["backdated"], true);
    assert!(shown["decisions"][0]["subjects"].to_string().contains("Đặng Thị Ngọc Ước"), "{shown}");
}

#[test]
fn r15_a_departure_closes_hands_over_keeps_archives_and_removes() {
    let office = Office::open();
    let password = "Rừng khộp tháng mười một";
    office.daemon.set_password("ducpv", password);
    let mut imap = office.daemon.connect("imaps");
    imap.expect_line();
    imap.ok(&format!("LOGIN ducpv \"{password}\""));
    imap.ok("SELECT INBOX");
    imap.say("x IDLE");
    imap.until("+");
    let depart = ["staff", "depart", "ducpv", "--reason", "retire", "--decision", "7/QĐ-STP", "--dated", "2026-11-24"];
    assert_eq!(office.refused(&depart), ("R15".into(), "stewardship_open".into()));
    assert!(office.logs_in("ducpv", password), "a refusal changes nothing");
    office.done(&[&depart[..], &["--handover-to", "nhungvh"]].concat());
    let start = Instant::now();
    while !matches!(imap.line(Duration::from_secs(5)), Heard::End) {
        assert!(start.elapsed() < Duration::from_secs(6), "still there");
    }
    assert!(!office.logs_in("ducpv", password));
    assert_eq!(office.done(&["unit", "show", "to-chuc"])["unit"]["head"], "Vũ Hồng Nhung");
    assert_eq!(office.person("Phạm Văn Đức")["state"], "departed");
    // The mailbox is kept closed for six months, and its address is nobody else's.
    let (code, text) = office.rcpt("ducpv@daklak.doj.gov.vn");
    assert!(code >= 550, "{code} {text}");
    let mailbox = office.done(&["mailbox", "show", "ducpv@daklak.doj.gov.vn"]);
    assert_eq!(mailbox["mailbox"]["state"], "closed");
    office.at("2027-05-23T09:00:00");
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(office.ask(&["mailbox", "show", "ducpv@daklak.doj.gov.vn"]).1, 0, "removed a day too early");
    office.at("2027-05-24T09:00:00");
    eventually("the mailbox is removed", || office.ask(&["mailbox", "show", "ducpv@daklak.doj.gov.vn"]).1 == 2);
    let archives: Vec<_> = std::fs::read_dir(office.daemon.data_dir().join("archive"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(
        archives
            .iter()
            .any(|name| name.starts_with("ducpv@daklak.doj.gov.vn-") && !name.contains('.')
                || name.starts_with("ducpv@")),
        "{archives:?}"
    );
    // The next person of that name gets another address.
    assert_eq!(office.hire("8/QĐ-STP", "Phạm Văn Đức", "to-chuc")["staff"]["address"], "ducpv2@daklak.doj.gov.vn");
    // Whoever comes back gets theirs.
    let back = ["staff", "reinstate", "ducpv@daklak.doj.gov.vn", "--decision", "9/QĐ-STP", "--dated", "2027-05-24"];
    assert_eq!(office.done(&back)["staff"]["address"], "ducpv@daklak.doj.gov.vn");
}

#[test]
fn r15_the_grace_is_by_position() {
    let office = Office::open();
    for (n, (name, position, until)) in
        [("Lê Hữu Phước", "Chuyên viên", "2027-05-24"), ("Trịnh Thị Sáu", "Phó Giám đốc", "2027-11-24")]
            .into_iter()
            .enumerate()
    {
        let number = format!("{n}/QĐ-TD");
        let who = ["--name", name, "--unit", "to-chuc", "--position", position];
        office.done(&[&["staff", "hire", "--decision", &number, "--dated", "2026-11-02"][..], &who].concat());
        let number = format!("{n}/QĐ-NV");
        let depart = ["staff", "depart", name, "--reason", "resign", "--decision", &number, "--dated", "2026-11-24"];
        let steps = office.done(&[&depart[..], &["--dry-run"]].concat())["steps"].clone();
        let closes = steps.as_array().unwrap().iter().find(|step| step["step"] == "close_mailbox").unwrap();
        assert_eq!(closes["until"], until, "{name}");
        let steps = office.done(&[&depart[..], &["--grace", "30d", "--refuse"]].concat())["steps"].clone();
        let closes = steps.as_array().unwrap().iter().find(|step| step["step"] == "close_mailbox").unwrap();
        assert_eq!((&closes["until"], &closes["treatment"]), (&"2026-12-24".into(), &"refuse".into()));
    }
}

#[test]
fn r16_a_decision_dated_ahead_waits_is_done_on_its_day_and_once() {
    let mut office = Office::open();
    let ahead = |number: &str, to: &str, effective: &str| {
        let who = ["--decision", number, "--dated", "2026-11-20", "--effective", effective];
        office.done(&[&["staff", "transfer", "nhungvh", "--to", to][..], &who].concat())
    };
    assert_eq!(ahead("21/QĐ-STP", "van-phong", "2026-12-01")["decision"]["state"], "waiting");
    assert_eq!(ahead("22/QĐ-STP", "to-chuc", "2026-12-15")["decision"]["state"], "waiting");
    assert_eq!(ahead("23/QĐ-STP", "van-phong", "2027-01-01")["decision"]["state"], "waiting");
    assert_eq!(office.person("nhungvh")["unit"], "to-chuc");
    let again =
        ["staff", "transfer", "ducpv", "--to", "van-phong", "--decision", "21 / qđ-stp", "--dated", "2026-05-01"];
    assert_eq!(office.refused(&again), ("R16".into(), "decision_already_entered".into()));
    office.at("2026-12-01T00:00:10");
    eventually("the first is done on its day", || office.person("nhungvh")["unit"] == "van-phong");
    // Days of downtime, and one withdrawn before its day.
    office.done(&["decision", "cancel", "23/QĐ-STP", "--note", "rút lại"]);
    assert_eq!(office.refused(&["decision", "cancel", "21/QĐ-STP"]), ("R16".into(), "decision_settled".into()));
    assert_eq!(office.ask(&["decision", "cancel", "99/QĐ-STP"]).1, 2);
    // Somebody hired on a day to come has no slip before somebody is there to take it.
    let hire = ["staff", "hire", "--name", "Lê Văn Sau", "--unit", "to-chuc", "--decision", "24/QĐ-STP"];
    office.done(&[&hire[..], &["--dated", "2026-11-20", "--effective", "2027-01-05"]].concat());
    let clock = office.clock.clone();
    office.daemon.restart(|| clock.set("2027-02-01T02:00:00Z".parse().unwrap()));
    eventually("the second is made up for", || office.person("nhungvh")["unit"] == "to-chuc");
    let states: Vec<_> = ["21/QĐ-STP", "22/QĐ-STP", "23/QĐ-STP"]
        .map(|number| office.done(&["decision", "show", number])["decisions"][0]["state"].clone())
        .to_vec();
    assert_eq!(states, ["applied", "applied", "cancelled"]);
    eventually("who has no password is an alarm", || office.alarms().contains(&"passwords_missing".to_owned()));
    let slip = office.done(&["staff", "passwd", "saulv", "--generate"]);
    assert!(office.logs_in("saulv", slip["first_password"].as_str().unwrap()));
    assert!(!office.alarms().contains(&"passwords_missing".to_owned()));
    // What was withdrawn may be entered again.
    office.done(&[
        "staff",
        "transfer",
        "nhungvh",
        "--to",
        "van-phong",
        "--decision",
        "23/QĐ-STP",
        "--dated",
        "2026-11-20",
    ]);
}

#[test]
fn r16_what_is_refused_on_its_day_waits_and_is_an_alarm_until_it_can_be_done() {
    let office = Office::open();
    let ahead = ["--decision", "31/QĐ-STP", "--dated", "2026-11-20", "--effective", "2026-12-01"];
    office.done(&[&["staff", "transfer", "nhungvh", "--to", "van-phong"][..], &ahead].concat());
    // Meanwhile she becomes head of her unit, which must be handed over before she goes.
    office.done(&["unit", "appoint", "to-chuc", "--head", "nhungvh", "--decision", "A3", "--dated", "2026-11-24"]);
    office.at("2026-12-01T08:00:00");
    eventually("the refusal is an alarm", || office.alarms().contains(&"decisions_due".to_owned()));
    let shown = office.done(&["decision", "show", "31/QĐ-STP"])["decisions"][0].clone();
    assert_eq!(shown["state"], "waiting");
    assert!(shown["refused"].as_str().unwrap().contains("to-chuc"), "{shown}");
    office.done(&["unit", "appoint", "to-chuc", "--head", "ducpv", "--decision", "A4", "--dated", "2026-12-01"]);
    eventually("it is done as soon as it can be", || office.person("nhungvh")["unit"] == "van-phong");
    assert!(!office.alarms().contains(&"decisions_due".to_owned()));
}

#[test]
fn r16_a_decision_that_waits_means_whoever_was_named_when_it_was_entered() {
    let office = Office::open();
    let ahead = ["--decision", "41/QĐ-STP", "--dated", "2026-11-20", "--effective", "2026-12-20"];
    office.done(&["unit", "create", "phap-che", "--name", "Phòng Pháp chế", "--kind", "division"]);
    office.done(&[&["staff", "transfer", "Vũ Hồng Nhung", "--to", "phap-che"][..], &ahead].concat());
    // Before its day she gets another name and address, and somebody else bears hers.
    let by = |number| ["--decision", number, "--dated", "2026-11-24"];
    let rename = ["staff", "rename", "nhungvh", "--name", "Vũ Thị Hồng Nhung", "--address", "nhung.vu"];
    office.done(&[&rename[..], &by("42/QĐ-STP")].concat());
    let other = office.hire("43/QĐ-STP", "Vũ Hồng Nhung", "to-chuc")["staff"]["id"].clone();
    // So does the unit she goes to.
    let unit = ["unit", "rename", "phap-che", "--name", "Phòng Pháp luật", "--new-code", "phap-luat"];
    office.done(&[&unit[..], &by("44/QĐ-STP")].concat());
    office.at("2026-12-20T08:00:00");
    eventually("the right one is moved", || office.person("nhung.vu")["unit"] == "phap-luat");
    let namesake = office.done(&["staff", "list"])["staff"].clone();
    let namesake = namesake.as_array().unwrap().iter().find(|person| person["id"] == other).unwrap().clone();
    assert_eq!(namesake["unit"], "to-chuc");
}

#[test]
fn r29_the_rules_numbers_are_configuration() {
    let settings = Settings::default()
        .with("departure.grace", "\"1mo\"")
        .with("departure.new_mail", "\"refuse\"")
        .with("departure.quarantine", "\"10d\"")
        .with("organisation.leaders", "[\"Trưởng ban\"]")
        .with("departure.grace_leaders", "\"3mo\"");
    let office = Office::with(&settings);
    office.done(&[
        "staff",
        "promote",
        "nhungvh",
        "--position",
        "Trưởng ban",
        "--decision",
        "P1",
        "--dated",
        "2026-11-24",
    ]);
    let steps = |who| {
        let depart =
            ["staff", "depart", who, "--reason", "die", "--decision", "D1", "--dated", "2026-11-24", "--dry-run"];
        let steps = office.done(&depart)["steps"].clone();
        steps.as_array().unwrap().iter().find(|step| step["step"] == "close_mailbox").unwrap().clone()
    };
    assert_eq!((&steps("nhungvh")["until"], &steps("nhungvh")["treatment"]), (&"2027-02-24".into(), &"refuse".into()));
    assert_eq!(steps("daont")["until"], "2026-12-24");
    let rights = office.done(&["mailbox", "rights", "sotuphap@daklak.doj.gov.vn"]);
    assert_eq!(rights["rights"][0]["who"], "Vũ Hồng Nhung", "{rights}");
    office.done(&["staff", "depart", "daont", "--reason", "die", "--decision", "D2", "--dated", "2026-11-24"]);
    office.at("2026-12-24T08:00:00");
    let address = "daont@daklak.doj.gov.vn";
    eventually("the shorter grace ends", || office.ask(&["mailbox", "show", address]).1 == 2);
    office.at("2027-01-03T08:00:00");
    let again = office.hire("45/QĐ-STP", "Nguyễn Thị Đào", "to-chuc");
    assert_eq!(again["staff"]["address"], "daont@daklak.doj.gov.vn", "the shorter quarantine is over");
}

/// Regulation P7: a fault is reported to the Office, by mail as by command.
#[test]
fn r22_mail_to_suco_is_in_the_offices_mailbox_and_among_the_incidents() {
    let office = Office::open();
    let person = office.daemon.person("daont").unwrap();
    let mut smtp = office.daemon.connect("submissions");
    smtp.reply();
    log_in_smtp(&mut smtp, &person);
    assert_eq!(smtp.ask(&format!("MAIL FROM:<{}>", person.address)), 250);
    assert_eq!(smtp.ask("RCPT TO:<suco@daklak.doj.gov.vn>"), 250);
    assert_eq!(smtp.ask("DATA"), 354);
    smtp.send(b"Subject: =?utf-8?Q?M=C3=A1y_in_t=E1=BA=A7ng_2_h=E1=BB=8Fng?=\r\n\r\nGiay ket.\r\n.\r\n");
    assert_eq!(smtp.reply().0, 250);
    let incidents = office.done(&["incident", "list"])["incidents"].clone();
    let [incident] = incidents.as_array().unwrap().as_slice() else { panic!("{incidents}") };
    assert_eq!((&incident["text"], &incident["reporter"]), (&"Máy in tầng 2 hỏng".into(), &"Nguyễn Thị Đào".into()));
    assert!(office.alarms().contains(&"incidents".to_owned()));
    let mailbox = office.done(&["mailbox", "show", "van-phong@daklak.doj.gov.vn"]);
    assert!(mailbox["mailbox"]["used_bytes"].as_u64().unwrap() > 0);
    // What strangers write is delivered, and no more.
    let suco = hopthu_person("suco@daklak.doj.gov.vn");
    office.daemon.deliver(&suco, b"Subject: quang cao\r\n\r\nx\r\n");
    assert_eq!(office.done(&["incident", "list"])["incidents"].as_array().unwrap().len(), 1);
}

#[test]
fn a_merger_loses_nothing() {
    let office = Office::open();
    let unit = |code: &str| format!("{code}@daklak.doj.gov.vn");
    office.done(&[
        "unit",
        "create",
        "phap-che",
        "--name",
        "Phòng Pháp chế",
        "--kind",
        "division",
        "--parent",
        "to-chuc",
    ]);
    office.done(&[
        "mailbox",
        "delegate",
        &unit("to-chuc"),
        "--to",
        "nhungvh",
        "--rights",
        "read,send",
        "--until",
        "2027-06-30",
    ]);
    office.done(&["mailbox", "alias", "add", &unit("to-chuc"), "dao-tao"]);
    let person = hopthu_person(&unit("to-chuc"));
    office.daemon.deliver(&person, b"Subject: truoc khi sap nhap\r\n\r\nnoi dung\r\n");
    office.done(&["unit", "merge", "to-chuc", "--into", "van-phong", "--decision", "M1", "--dated", "2026-11-24"]);
    let van_phong = office.done(&["mailbox", "show", &unit("van-phong")])["mailbox"].clone();
    for old in ["to-chuc", "dao-tao"] {
        assert!(van_phong["aliases"].to_string().contains(&unit(old)), "{van_phong}");
        assert_eq!(office.rcpt(&unit(old)).0, 250);
    }
    assert!(van_phong["used_bytes"].as_u64().unwrap() > 0, "the mail came along: {van_phong}");
    assert_eq!(office.done(&["unit", "show", "phap-che"])["unit"]["parent"], "van-phong");
    assert_eq!(office.person("ducpv")["unit"], "van-phong");
    let rights = office.done(&["mailbox", "rights", &unit("van-phong")])["rights"].clone();
    let held: Vec<_> = rights
        .as_array()
        .unwrap()
        .iter()
        .map(|right| {
            (right["who"].as_str().unwrap(), right["basis"].as_str().unwrap(), right["rights"].as_str().unwrap())
        })
        .collect();
    assert_eq!(
        held,
        [
            ("Đỗ Xuân Bình", "steward", "read,process,send"),
            ("Vũ Hồng Nhung", "delegate", "read,send"),
            ("Phạm Văn Đức", "delegate", "read,process,send"),
        ]
    );
    assert_eq!(office.ask(&["unit", "show", "to-chuc"]).1, 2, "its code is free again");
    let refused = ["unit", "merge", "van-phong", "--into", "van-phong", "--decision", "M2", "--dated", "2026-11-24"];
    assert_eq!(office.refused(&refused).1, "into_itself");
}

#[test]
fn a_split_a_renaming_and_a_closing_keep_the_directory_whole() {
    let office = Office::open();
    let by = |number: &'static str| ["--decision", number, "--dated", "2026-11-24"];
    let split = ["unit", "split", "to-chuc", "--new", "dao-tao", "--name", "Phòng Đào tạo", "--kind", "division"];
    assert_eq!(office.refused(&[&split[..], &["--staff", "binhdx"], &by("S1")].concat()).1, "not_of_unit");
    assert_eq!(office.refused(&[&split[..], &["--staff", "ducpv"], &by("S1")].concat()).1, "stewardship_open");
    office.done(&[&split[..], &["--staff", "nhungvh"], &by("S1")].concat());
    assert_eq!(office.person("nhungvh")["unit"], "dao-tao");
    office.done(
        &[&["unit", "rename", "dao-tao", "--name", "Phòng Bồi dưỡng", "--new-code", "boi-duong"][..], &by("S2")]
            .concat(),
    );
    let unit = office.done(&["unit", "show", "boi-duong"])["unit"].clone();
    assert_eq!((&unit["name"], &unit["address"]), (&"Phòng Bồi dưỡng".into(), &"boi-duong@daklak.doj.gov.vn".into()));
    assert_eq!(office.rcpt("dao-tao@daklak.doj.gov.vn").0, 250, "the old address goes on leading to it");
    let close = [&["unit", "close", "boi-duong"][..], &by("S3")].concat();
    assert_eq!(office.refused(&close).1, "unit_not_empty");
    office.done(&[&["staff", "transfer", "nhungvh", "--to", "to-chuc"][..], &by("S4")].concat());
    office.done(&close);
    assert!(office.rcpt("boi-duong@daklak.doj.gov.vn").0 >= 550);
}

/// Hostile F18: the machine's clock a year ahead, then a day behind.
#[test]
fn f18_a_clock_that_jumps_applies_what_is_due_once_and_freezes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("hopthu-data");
    let made = |process: &Process, name: &str| -> u64 {
        let mut imap = process.imap_as(&process.people()[3]);
        imap.ok(&format!("CREATE {name}"));
        let answer = imap.ok(&format!("STATUS {name} (UIDVALIDITY)")).join(" ");
        answer.split("UIDVALIDITY ").nth(1).unwrap().split(')').next().unwrap().parse().unwrap()
    };
    let done = |process: &Process, arguments: &[&str]| {
        let (document, code) = answer(&process.command(&[arguments, &["--json"]].concat()));
        assert_eq!(code, 0, "{arguments:?}: {document}");
        document
    };
    let process = Process::start(&data);
    let first = made(&process, "mot");
    let today = jiff::Timestamp::now().to_zoned_datetime(TimeZone::fixed(offset(7))).date();
    let (dated, soon) = (today.to_string(), today.saturating_add(jiff::Span::new().days(30)).to_string());
    let ahead = ["--decision", "61/QĐ-STP", "--dated", &dated, "--effective", &soon];
    done(&process, &[&["staff", "transfer", "nhungvh", "--to", "van-phong"][..], &ahead].concat());
    let by = ["--decision", "62/QĐ-STP", "--dated", &dated];
    done(&process, &[&["staff", "depart", "dungltm", "--reason", "resign"][..], &by].concat());
    drop(process);

    let process = Process::start_at(&data, "+370d");
    let person = |process: &Process| done(process, &["staff", "show", "nhungvh"])["staff"]["unit"].clone();
    eventually("what is due is done", || person(&process) == "van-phong");
    let gone = || process.command(&["mailbox", "show", "dungltm@daklak.doj.gov.vn"]).status.code() == Some(2);
    eventually("what was kept long enough is removed", gone);
    let second = made(&process, "hai");
    process.assert_clean();
    drop(process);

    let process = Process::start_at(&data, "-1d");
    let third = made(&process, "ba");
    assert!(first < second && second < third, "{first} {second} {third}");
    let transfers = done(&process, &["decision", "list"])["decisions"].clone();
    let applied =
        transfers.as_array().unwrap().iter().filter(|d| d["number"] == "61/QĐ-STP" && d["state"] == "applied");
    assert_eq!(applied.count(), 1);
    assert_eq!(person(&process), "van-phong");
    process.assert_clean();
}

/// Somebody the harness did not hire, or a unit, by address.
fn hopthu_person(address: &str) -> crate::harness::Person {
    crate::harness::Person { address: address.to_owned() }
}

#[test]
fn what_the_commands_print_fits_a_hundred_columns_in_both_languages() {
    let office = Office::open();
    let long = "Phòng Quản lý xử lý vi phạm hành chính và theo dõi thi hành pháp luật tỉnh Đắk Lắk";
    office.done(&["unit", "create", "xu-ly-vi-pham-hanh-chinh", "--name", long, "--kind", "division"]);
    for command in
        [&["unit", "list"][..], &["staff", "list"], &["decision", "list"], &["mailbox", "rights"], &["audit", "list"]]
    {
        for language in ["vi", "en"] {
            let output = office.daemon.command(&[command, &["--lang", language]].concat());
            let text = String::from_utf8(output.stdout).unwrap();
            assert!(output.status.success() && !text.is_empty());
            for line in text.lines() {
                assert!(line.chars().count() <= 100, "{command:?}: {line}");
            }
        }
    }
    assert!(server::database(office.daemon.data_dir()).exists());
}
