//! The monthly report (R30, with R7 and R22 in it): a month of a small department at a time that the test sets, and what the
//! Director is told of it.
//!
//! `HOPTHU_SCREENSHOTS=DIR` keeps what was seen, to be looked at.

use std::path::{Path, PathBuf};
use std::process::Command;

use hopthu::clock::Clock;
use hopthu::directory::{Place, UnitKind};
use hopthu::name::{Label, LocalPart};
use hopthu::provisioning::{Act, CreateUnit};
use jiff::tz::{TimeZone, offset};
use serde_json::{Value, json};

use crate::client::Client;
use crate::clients::run;
use crate::harness::{DOMAIN, Daemon, PASSWORD, Person, Settings, UNIT, log_in_imap, log_in_smtp};
use crate::relay::{settings, to, wait_for_empty_queue};
use crate::scripted::{Mood, Scripted, wait_until};

const DIRECTOR: &str = "Hoàng Minh Sơn";
const DIVISION: &str = "to-chuc";

struct Office {
    daemon: Daemon,
    clock: Clock,
    province: Scripted,
    director: Person,
}

impl Office {
    /// On Monday, the 2nd of November 2026, at eight: the Office with its head, a division, and the Director.
    fn open() -> Self {
        let zone = TimeZone::fixed(offset(7));
        let clock = Clock::standing("2026-11-02T08:00:00+07:00".parse().unwrap(), zone);
        let province = Scripted::start(Mood::Recipient("xau", "550 5.1.1 no such person"));
        let settings = settings(province.address, "").with("mail.hourly_limit", "3").with("server.language", "\"vi\"");
        let daemon = Daemon::start_at(&settings, Some(clock.clone()));
        let hire = ["staff", "hire", "--decision", "1/QĐ-UBND", "--dated", "2026-11-02", "--unit", UNIT];
        let hired = done(&daemon, &[&hire[..], &["--name", DIRECTOR, "--position", "Giám đốc"]].concat());
        let director = Person { address: hired["staff"]["address"].as_str().unwrap().to_owned() };
        daemon.set_password(&director.address, PASSWORD);
        daemon.act(vec![Act::CreateUnit(CreateUnit {
            code: LocalPart::parse(DIVISION).unwrap(),
            name: Label::parse("Phòng Tổ chức & Pháp chế").unwrap(),
            kind: UnitKind::Division,
            place: Place::Lan,
            parent: None,
        })]);
        let second = ["--decision", "40/QĐ-STP", "--dated", "2026-11-02", "--unit", DIVISION, "--name", "Phạm Văn Đức"];
        done(&daemon, &[&["staff", "hire"][..], &second].concat());
        for (code, head) in [(UNIT, "binhdx"), (DIVISION, "ducpv")] {
            daemon.decide(vec![Act::AppointHead { code: code.into(), who: format!("{head}@{DOMAIN}") }]).unwrap();
        }
        let office = Self { daemon, clock, province, director };
        office.wait_for_day("2026-11-02");
        office
    }

    fn at(&self, moment: &str) {
        self.clock.set(format!("{moment}:00+07:00").parse().unwrap());
    }

    fn done(&self, arguments: &[&str]) -> Value {
        done(&self.daemon, arguments)
    }

    fn report(&self, month: &str) -> Value {
        self.done(&["report", "--month", month])
    }

    /// Until what is kept was measured on the day.
    fn wait_for_day(&self, day: &str) {
        let month = &day[..7];
        wait_until(|| {
            let samples = self.report(month)["storage"]["samples"].clone();
            samples.as_array().unwrap().iter().any(|sample| sample["day"] == day).then_some(())
        });
    }

    fn person(&self, local: &str) -> Person {
        self.daemon.person(local).unwrap()
    }

    fn imap(&self, who: &Person) -> Client {
        let mut client = self.daemon.connect("imaps");
        client.expect_line();
        log_in_imap(&mut client, who);
        client.ok("ENABLE IMAP4rev2");
        client
    }

    fn publish(&self, section: &str) {
        let head = self.person("binhdx");
        let folder = format!("\"Dùng chung/Văn phòng/{section}\"");
        let said = self.imap(&head).append(&folder, "", b"Subject: Tuan\r\n\r\nx\r\n");
        assert!(said.starts_with("t OK"), "{said}");
    }

    fn send(&self, who: &Person, to: &[String], subject: &str) {
        let mut client = self.daemon.connect("submissions");
        client.reply();
        log_in_smtp(&mut client, who);
        assert_eq!(client.ask(&format!("MAIL FROM:<{}>", who.address)), 250);
        for recipient in to {
            assert_eq!(client.ask(&format!("RCPT TO:{recipient}")), 250, "{recipient}");
        }
        assert_eq!(client.ask("DATA"), 354);
        client.send(format!("Subject: {subject}\r\n\r\nx\r\n.\r\n").as_bytes());
        assert_eq!(client.reply().0, 250);
    }

    /// A month as it may be: what is due is published in time, late or not at all, mail comes, goes, is held and fails.
    fn november(&self) {
        let dao = self.person("daont");
        let unit = Person { address: format!("{UNIT}@{DOMAIN}") };
        let decided = |number| ["--decision", number, "--dated", "2026-11-03"];
        self.at("2026-11-03T09:00");
        let hire = ["staff", "hire", "--name", "Lê Thị Mỹ Dung", "--unit", DIVISION];
        self.done(&[&hire[..], &decided("45/QĐ-STP")].concat());
        self.done(&[&["staff", "transfer", "daont", "--to", DIVISION][..], &decided("46/QĐ-STP")].concat());
        self.daemon.hire("Trần Văn Khoa");
        self.done(&[&["staff", "depart", "khoatv", "--reason", "retire"][..], &decided("47/QĐ-STP")].concat());
        self.done(&["staff", "suspend", "dungltm"]);
        let ahead = ["--decision", "60/QĐ-STP", "--dated", "2026-11-03", "--effective", "2026-12-21"];
        self.done(&[&["staff", "hire", "--name", "Ngô Văn Tám", "--unit", UNIT][..], &ahead].concat());
        self.at("2026-11-04T10:00");
        self.daemon.deliver(&unit, b"From: <le@example.vn>\r\nSubject: Hoi ve ho tich\r\n\r\nx\r\n");
        self.at("2026-11-05T10:00");
        let mut head = self.imap(&self.person("binhdx"));
        head.ok("SELECT \"Đơn vị/Văn phòng/INBOX\"");
        head.ok("STORE 1 +FLAGS ($Done)");
        self.at("2026-11-06T08:00");
        self.daemon.deliver(&unit, b"From: <le@example.vn>\r\nSubject: Hoi lan hai\r\n\r\nx\r\n");
        self.at("2026-11-09T08:00");
        self.publish("Chương trình tuần");
        self.at("2026-11-10T08:00");
        self.send(&dao, &[format!("<suco@{DOMAIN}>")], "=?utf-8?Q?M=C3=A1y_in_t=E1=BA=A7ng_2_h=E1=BB=8Fng?=");
        self.at("2026-11-11T08:00");
        self.done(&["incident", "close", "1", "--outcome", "Đã thay hộp mực"]);
        self.at("2026-11-12T08:00");
        self.send(&dao, &[to("a"), to("b"), to("xau")], "Gui tinh");
        wait_for_empty_queue(&self.daemon);
        assert_eq!(self.province.taken().len(), 1);
        self.at("2026-11-13T08:00");
        let many: Vec<_> = ["a", "b", "c", "d", "e"].map(to).to_vec();
        self.send(&dao, &many, "Gui tat ca");
        self.at("2026-11-17T08:00");
        self.publish("Chương trình tuần");
        self.at("2026-11-20T08:00");
        self.publish("Chương trình tháng");
        self.done(&["incident", "report", "--text", "Đường truyền chậm (<1 Mb/s), hay ngắt", "--by", "Vũ Hồng Nhung"]);
        self.wait_for_day("2026-11-20");
    }

    /// The message with the report, as often as it came.
    fn reports_in(&self, who: &Person, folder: &str) -> Vec<String> {
        let mut client = self.imap(who);
        client.ok(&format!("SELECT {folder}"));
        let said = client.ok("UID SEARCH RETURN (ALL) SUBJECT \"Báo cáo hệ thống thư điện tử tháng 11\"");
        let set = said.iter().find_map(|line| line.split(" ALL ").nth(1));
        set.map(|set| set.split([',', ':']).map(str::to_owned).collect()).unwrap_or_default()
    }
}

fn done(daemon: &Daemon, arguments: &[&str]) -> Value {
    let output = daemon.command(&[arguments, &["--json"]].concat());
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{arguments:?}: {text}");
    serde_json::from_str(&text).unwrap()
}

/// What the report says of a unit's section: on time, late, missing.
fn owed(report: &Value, unit: &str, section: &str) -> [Value; 3] {
    let all = report["duties"].as_array().unwrap();
    let owed = all.iter().find(|owed| owed["unit"] == unit && owed["section"] == section).unwrap();
    ["on_time", "late", "missing"].map(|key| owed[key].clone())
}

#[test]
fn r30_the_report_tells_what_was_done_in_the_month() {
    let office = Office::open();
    office.november();
    office.at("2026-12-02T09:00");
    office.wait_for_day("2026-12-02");
    let report = office.report("2026-11");
    let of = |path: &str| report.pointer(path).unwrap_or_else(|| panic!("{path} in {report:#}")).clone();

    assert_eq!(of("/through"), "2026-11-30");
    let moved = of("/people/moved");
    assert_eq!(
        ["hired", "transferred", "departed", "suspended", "resumed"].map(|key| moved[key].as_u64().unwrap()),
        [6, 1, 1, 1, 0],
        "{moved}"
    );
    assert_eq!([of("/people/unit_mailboxes"), of("/people/closed_mailboxes")], [json!(2), json!(1)]);
    let decisions = of("/decisions");
    let transfer = decisions.as_array().unwrap().iter().find(|d| d["number"] == "46/QĐ-STP").unwrap();
    assert_eq!((&transfer["kind"], &transfer["whom"]), (&"staff.transfer".into(), &json!(["Nguyễn Thị Đào"])));
    assert_eq!(transfer["dated"], "2026-11-03");
    assert!(!decisions.to_string().contains("60/QĐ-STP"), "it waits: {decisions}");
    assert_eq!(of("/decisions_waiting"), 1);

    assert_eq!(owed(&report, UNIT, "Chương trình tuần"), [json!(1), json!(1), json!(2)]);
    assert_eq!(owed(&report, UNIT, "Chương trình tháng"), [json!(1), json!(0), json!(0)]);
    assert_eq!(owed(&report, UNIT, "Kết quả tháng"), [json!(0), json!(0), json!(1)]);
    assert_eq!(owed(&report, DIVISION, "Kết quả tuần"), [json!(0), json!(0), json!(4)]);
    assert_eq!(of("/duties/0/head"), "Đỗ Xuân Bình");

    let work = of("/work");
    let ours = work.as_array().unwrap().iter().find(|work| work["address"] == format!("{UNIT}@{DOMAIN}")).unwrap();
    assert_eq!(
        ["arrived", "done", "open", "overdue", "median_seconds"].map(|key| ours[key].as_u64().unwrap()),
        // Mail to suco@ is work, too.
        [3, 1, 2, 2, 86_400],
        "{ours}"
    );

    assert_eq!(["opened", "closed", "open"].map(|key| of("/incidents")[key].as_u64().unwrap()), [2, 1, 1]);
    assert_eq!(of("/incidents/list/0/text"), "Máy in tầng 2 hỏng");
    assert_eq!(of("/incidents/list/0/outcome"), "Đã thay hộp mực");

    assert_eq!([of("/limits/held"), of("/limits/refused")], [json!(1), json!(0)]);
    assert_eq!(of("/limits/bursts/0/who"), format!("daont@{DOMAIN}"));
    let total = ["received", "submitted", "relayed", "bounced"].map(|key| of("/traffic_total")[key].as_u64().unwrap());
    assert_eq!(total, [2, 3, 2, 1]);
    let days = of("/traffic");
    let day = |n: usize| days[n - 1]["mail"].clone();
    assert_eq!(days.as_array().unwrap().len(), 30);
    assert_eq!((day(12)["relayed"].as_u64(), day(12)["bounced"].as_u64()), (Some(2), Some(1)));
    assert_eq!(day(14), Value::Null, "of a day without figures nothing is known");
    assert!(of("/storage/growth_octets").as_i64().unwrap() > 0);
    assert_eq!((of("/health/audit_ok"), of("/health/starts")), (json!(true), json!(1)));
    assert_eq!(of("/health/last_backup"), Value::Null);

    // A month before there were figures is told of honestly, one that has not come is refused.
    let before = office.report("2026-10");
    assert_eq!((&before["traffic_total"], &before["limits"]["held"]), (&Value::Null, &Value::Null));
    let text = office.daemon.command(&["report", "--month", "2026-10"]);
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(text.contains("Trong tháng không có số liệu."), "{text}");
    assert_eq!(office.daemon.command(&["report", "--month", "2027-01"]).status.code(), Some(2));
}

#[test]
fn r30_the_director_gets_the_report_once_and_the_office_keeps_a_copy() {
    let mut office = Office::open();
    office.november();
    office.at("2026-12-02T09:00");
    office.wait_for_day("2026-12-02");
    assert_eq!(office.reports_in(&office.director, "INBOX"), [""; 0], "its day has not come");
    // It was down on its day; and the 5th and 6th are days off.
    let clock = office.clock.clone();
    office.daemon.restart(|| clock.set("2026-12-05T09:00:00+07:00".parse().unwrap()));
    office.wait_for_day("2026-12-05");
    assert_eq!(office.reports_in(&office.director, "INBOX"), [""; 0], "nobody is at work");
    office.at("2026-12-07T07:00");
    office.wait_for_day("2026-12-07");
    assert_eq!(office.reports_in(&office.director, "INBOX"), [""; 0], "it is too early");
    office.at("2026-12-07T07:31");
    wait_until(|| (office.reports_in(&office.director, "INBOX").len() == 1).then_some(()));
    office.daemon.restart(|| ());
    office.at("2026-12-08T09:00");
    office.wait_for_day("2026-12-08");
    let found = office.reports_in(&office.director, "INBOX");
    assert_eq!(found.len(), 1, "once");
    let head = office.person("binhdx");
    assert_eq!(office.reports_in(&head, "\"Đơn vị/Văn phòng/Sent\"").len(), 1);
    let audit = office.done(&["audit", "list", "--subject", "report:2026-11"]);
    assert_eq!(audit["entries"][0]["after"]["to"], json!([office.director.address]));
    // By two programs that people use.
    let login = format!("{}:{PASSWORD}", office.director.address);
    let ca = office.daemon.data_dir().join("tls/certificate.pem").display().to_string();
    let port = office.daemon.address("imaps").port();
    let url = format!("imaps://127.0.0.1:{port}/INBOX;UID={}", found[0]);
    let read = run("curl", &["-sS", "--cacert", &ca, "-u", &login, &url], b"").stdout;
    let setup = json!({ "host": "127.0.0.1", "imaps": port, "certificate": ca,
        "person": [office.director.address, PASSWORD], "from": format!("{UNIT}@{DOMAIN}"),
        "curl": data_encoding::BASE64.encode(&read) });
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/report.py");
    run("python3", &[script.to_str().unwrap()], setup.to_string().as_bytes());
    // Who asks for it gets it again.
    let sent = office.done(&["report", "--month", "2026-11", "--send"]);
    assert_eq!(sent["sent_to"], json!([office.director.address]));
    assert_eq!(office.reports_in(&office.director, "INBOX").len(), 2);
}

#[test]
fn r30_nothing_is_sent_where_nobody_is_to_get_it_and_others_may_be_named() {
    let named = format!("[\"daont@{DOMAIN}\", \"{UNIT}@{DOMAIN}\"]");
    for (settings, expected) in [
        (Settings::default(), Err("no_recipient")),
        (Settings::default().with("report.recipients", &named), Ok(2)),
        (Settings::default().with("report.recipients", &format!("[\"ai@{DOMAIN}\"]")), Err("recipient_unknown")),
    ] {
        let daemon = Daemon::start(&settings);
        let output = daemon.command(&["report", "--send", "--json"]);
        let said: Value = serde_json::from_slice(&output.stdout).unwrap();
        match expected {
            Ok(count) => assert_eq!(said["sent_to"].as_array().unwrap().len(), count, "{said}"),
            Err(code) => assert_eq!((&said["error"]["code"], output.status.code()), (&code.into(), Some(1))),
        }
    }
}

/// The page is as wide as A4, holds what the text says, fetches nothing, and lets nobody's words act.
#[test]
fn r30_the_page_prints_on_a4_and_text_and_html_agree() {
    let office = Office::open();
    office.november();
    // Before it is sent: what is recorded of that is told of from then on.
    office.at("2026-12-03T07:00");
    office.wait_for_day("2026-12-03");
    let dir = tempfile::tempdir().unwrap();
    let written = |name: &str| {
        let file = dir.path().join(name);
        let output = office.daemon.command(&["report", "--month", "2026-11", "--out", file.to_str().unwrap()]);
        assert!(output.status.success(), "{output:?}");
        (std::fs::read_to_string(&file).unwrap(), file)
    };
    let ((html, page), (text, _)) = (written("bao-cao.html"), written("bao-cao.txt"));
    for outside in ["http:", "https:", "src=", "<script", "<link", "url(", "@import", "<svg"] {
        assert!(!html.contains(outside), "{outside}");
    }
    assert!(html.contains("Phòng Tổ chức &amp; Pháp chế") && html.contains("(&lt;1 Mb/s)"), "{html}");
    assert!(text.lines().all(|line| line.chars().count() <= 78), "{text}");
    // Every word and figure of the page, in its order: what is wrapped in the text stands whole in the page.
    let words = |text: &str| -> Vec<String> {
        let mut words: Vec<_> = text.replace('█', " ").to_lowercase().split_whitespace().map(str::to_owned).collect();
        words.sort();
        words.dedup();
        words
    };
    let (of_text, of_page) = (words(&text), words(&seen(&html)));
    let lacking: Vec<_> = of_text.iter().filter(|word| word.len() > 1 && !of_page.contains(word)).collect();
    assert_eq!(lacking, [""; 0], "what the text says, the page says");

    let pdf = dir.path().join("bao-cao.pdf");
    chromium(&page, &["--no-pdf-header-footer", &format!("--print-to-pdf={}", pdf.display())]);
    let octets = std::fs::read(&pdf).unwrap();
    let media = String::from_utf8_lossy(&octets);
    assert!(media.contains("/MediaBox [0 0 594.95") || media.contains("/MediaBox [0 0 595"), "A4");
    let shot = dir.path().join("bao-cao.png");
    chromium(&page, &["--window-size=794,2900", "--hide-scrollbars", &format!("--screenshot={}", shot.display())]);
    assert!(std::fs::metadata(&shot).unwrap().len() > 10_000);
    if let Some(keep) = std::env::var_os("HOPTHU_SCREENSHOTS").map(PathBuf::from) {
        for file in [&pdf, &shot, &page] {
            std::fs::copy(file, keep.join(file.file_name().unwrap())).unwrap();
        }
        std::fs::write(keep.join("bao-cao.txt"), text).unwrap();
    }
}

/// What a reader sees of a page.
fn seen(html: &str) -> String {
    let body = html.split("<body").nth(1).unwrap();
    let visible = body.split('<').filter_map(|piece| piece.split_once('>')).map(|(_, text)| text);
    let text = visible.collect::<Vec<_>>().join(" ");
    [("&nbsp;", " "), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&amp;", "&")]
        .iter()
        .fold(text, |text, (entity, shown)| text.replace(entity, shown))
}

/// A browser that cannot reach anything.
fn chromium(page: &Path, arguments: &[&str]) {
    let profile = tempfile::tempdir().unwrap();
    let output = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"])
        .args(["--proxy-server=127.0.0.1:1", "--host-resolver-rules=MAP * ~NOTFOUND"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .args(arguments)
        .arg(format!("file://{}", page.display()))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
