//! Acts on people while the daemon serves them: what is decided holds at once in every protocol.

use std::process::Output;
use std::time::{Duration, Instant};

use crate::client::Heard;
use crate::process::Process;

struct Office {
    process: Process,
    _dir: tempfile::TempDir,
}

impl Office {
    fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self { process: Process::start(&dir.path().join("hopthu-data")), _dir: dir }
    }

    /// `staff hire` into the Office, with further arguments.
    fn hire(&self, decision: &str, name: &str, more: &[&str]) -> Output {
        let hire = ["--json", "staff", "hire", "--decision", decision, "--dated", "2026-11-02", "--unit", "van-phong"];
        self.process.command(&[&hire[..], &["--name", name], more].concat())
    }
}

fn json(output: &Output) -> serde_json::Value {
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(&text).unwrap_or_else(|error| {
        panic!("{error}: {text}{}", String::from_utf8_lossy(&output.stderr));
    })
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

#[test]
fn who_is_hired_logs_in_at_once_and_a_decision_applies_once() {
    let office = Office::open();
    let done = office.hire("45/QĐ-STP", "Đặng Thị Huế", &[]);
    assert_eq!(code(&done), 0, "{}", String::from_utf8_lossy(&done.stderr));
    let done = json(&done);
    assert_eq!(done["staff"]["address"], "huedt@daklak.doj.gov.vn", "{done}");
    let login = crate::process::Login {
        address: "huedt@daklak.doj.gov.vn".into(),
        password: done["first_password"].as_str().unwrap().into(),
    };
    let mut imap = office.process.imap_as(&login);
    imap.ok("SELECT INBOX");
    let again = office.hire("45/QĐ-STP", "Đặng Thị Huế", &[]);
    assert_eq!(code(&again), 1);
    assert_eq!(json(&again)["error"]["rule"], "R16");
    assert_eq!(json(&office.process.command(&["audit", "verify", "--json"]))["ok"], true);
    // R9: out within five seconds, with the daemon running.
    let start = Instant::now();
    imap.say("x IDLE");
    imap.until("+");
    assert_eq!(code(&office.process.command(&["staff", "suspend", &login.address])), 0);
    while !matches!(imap.line(Duration::from_secs(5)), Heard::End) {
        assert!(start.elapsed() < Duration::from_secs(6), "still there");
    }
    let list = json(&office.process.command(&["staff", "list", "--json"]));
    assert!(list["staff"].as_array().unwrap().len() >= 12, "{list}");
    office.process.assert_clean();
}

/// Hostile B84 to B86: names that are code elsewhere, one name in two normal forms, names that are not for people.
#[test]
fn names_are_data() {
    let office = Office::open();
    let hired = |decision, name| json(&office.hire(decision, name, &[]))["staff"]["address"].clone();
    assert_eq!(hired("1/QĐ-STP", "Phùng Thị Quỳ"), "quypt@daklak.doj.gov.vn");
    assert_eq!(hired("2/QĐ-STP", "Phu\u{300}ng Thi\u{323} Quy\u{300}"), "quypt2@daklak.doj.gov.vn");
    let list = json(&office.process.command(&["staff", "list", "--json"]));
    let people = list["staff"].as_array().unwrap().iter().filter(|person| person["name"] == "Phùng Thị Quỳ").count();
    assert_eq!(people, 2, "both names are kept in NFC: {list}");
    for (decision, name) in [("3/QĐ-STP", "x' OR 1=1--"), ("4/QĐ-STP", "%_*)(uid=*"), ("5/QĐ-STP", "a\r\nb")] {
        let output = office.hire(decision, name, &[]);
        let unharmed = json(&office.process.command(&["staff", "list", "--json"]));
        assert!(matches!(code(&output), 0..=2), "{name}");
        assert!(unharmed["staff"].as_array().unwrap().len() >= people, "{name}");
        assert!(!String::from_utf8_lossy(&output.stderr).contains('\r'), "{name} is echoed raw");
    }
    for reserved in ["postmaster", "abuse", "root"] {
        let output = office.hire(&format!("9-{reserved}"), "Lê Văn Lộc", &["--address", reserved]);
        assert_ne!(code(&output), 0, "{reserved} was given to a person");
    }
    office.process.assert_clean();
}

/// Exit codes of interface.md: 1 by a rule, 2 by the command line, and `--dry-run` changes nothing.
#[test]
fn refusals_have_their_exit_codes() {
    let office = Office::open();
    assert_eq!(code(&office.process.command(&["staff", "hire"])), 2);
    assert_eq!(code(&office.process.command(&["khong-co"])), 2);
    assert_eq!(code(&office.process.command(&["staff", "show", "khong-ai"])), 2);
    let unit = office.process.command(&[
        "staff",
        "hire",
        "--decision",
        "7/QĐ-STP",
        "--dated",
        "2026-11-02",
        "--unit",
        "khong-co",
        "--name",
        "Lê Văn Lộc",
    ]);
    assert_ne!(code(&unit), 0);
    assert_eq!(code(&office.hire("8/QĐ-STP", "Lê Văn Lộc", &["--dry-run"])), 0);
    assert_eq!(code(&office.process.command(&["staff", "show", "loclv@daklak.doj.gov.vn"])), 2);
    assert_eq!(code(&office.hire("8/QĐ-STP", "Lê Văn Lộc", &[])), 0, "a rehearsal used up the decision");
    assert_eq!(code(&office.process.command(&["staff", "show", "loclv@daklak.doj.gov.vn"])), 0);
}
