//! The personnel office's files, requests and incidents, as the program's own command line has them.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

use hopthu::provisioning::sheet::{COLUMNS, Column, KINDS};
use serde_json::Value;

use crate::process::Process;

struct Office {
    process: Process,
    dir: tempfile::TempDir,
}

impl Office {
    fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self { process: Process::start(&dir.path().join("hopthu-data")), dir }
    }

    fn file(&self, name: &str, octets: impl AsRef<[u8]>) -> PathBuf {
        let path = self.dir.path().join(name);
        std::fs::write(&path, octets).unwrap();
        path
    }

    /// A command with `--json`: its exit code and document.
    fn json(&self, arguments: &[&str]) -> (i32, Value) {
        json(&self.process.command(&[&["--json"], arguments].concat()))
    }

    fn hr(&self, verb: &str, file: &Path, more: &[&str]) -> (i32, Value) {
        self.json(&[&["hr", verb, file.to_str().unwrap()], more].concat())
    }

    fn staff(&self) -> usize {
        self.json(&["staff", "list"]).1["staff"].as_array().unwrap().len()
    }

    fn entries(&self) -> i64 {
        let (code, verified) = self.json(&["audit", "verify"]);
        assert_eq!((code, &verified["ok"]), (0, &Value::Bool(true)), "{verified}");
        verified["entries"].as_i64().unwrap()
    }
}

fn json(output: &Output) -> (i32, Value) {
    let text = String::from_utf8_lossy(&output.stdout);
    let document = serde_json::from_str(&text).unwrap_or_else(|error| {
        panic!("{error}: {text}{}", String::from_utf8_lossy(&output.stderr));
    });
    (output.status.code().unwrap(), document)
}

const HEADER: &str = "số quyết định;ngày ký;loại;họ và tên;mã cán bộ;đơn vị";

/// People to be hired, ten to a decision.
fn hires(count: usize) -> String {
    let mut text = format!("{HEADER}\n");
    for n in 0..count {
        let given = ["An", "Bình", "Châu", "Dũng", "Đào", "Giang", "Hà", "Khánh", "Liên", "Minh"][n % 10];
        let middle = ["Văn", "Thị", "Hữu", "Ngọc", "Xuân", "Thu", "Quốc"][n / 10 % 7];
        let family = ["Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương"][n / 70 % 11];
        let decision = 100 + n / 10;
        writeln!(text, "{decision}/QĐ-STP;02/11/2026;tuyển dụng;{family} {middle} {given};M{n:05};van-phong").unwrap();
    }
    text
}

/// What is wrong, as `line:column code`.
fn faults(document: &Value) -> Vec<String> {
    let faults = document["error"]["faults"].as_array().unwrap_or_else(|| panic!("{document}"));
    let told = |fault: &Value| {
        let code = fault["code"].as_str().unwrap();
        format!("{}:{} {code}", fault["line"], fault["column"].as_i64().unwrap_or_default())
    };
    faults.iter().map(told).collect()
}

/// R11: a file of 200 rows with one bad row does nothing and names the row; put right it is done, and a second time
/// changes nothing; the same decision with other acts is refused (R16).
#[test]
fn r11_one_bad_row_of_200_and_nothing_is_done() {
    let office = Office::open();
    let (people, entries) = (office.staff(), office.entries());
    let good = hires(200);
    let bad = good.replace("M00136;van-phong", "M00136;khong-co");
    let file = office.file("nhan-su.csv", &bad);
    for verb in ["plan", "apply"] {
        let (code, answer) = office.hr(verb, &file, &[]);
        assert_eq!((code, faults(&answer)), (2, vec!["138:6 unit_unknown".to_owned()]), "{answer}");
        assert_eq!(answer["error"]["faults"][0]["header"], "đơn vị");
    }
    assert_eq!((office.staff(), office.entries()), (people, entries), "something was done");

    let file = office.file("nhan-su.csv", &good);
    let (code, plan) = office.hr("plan", &file, &[]);
    assert_eq!((code, office.staff()), (0, people), "{plan}");
    assert_eq!(plan["decisions"].as_array().unwrap().len(), 20);
    let (code, done) = office.hr("apply", &file, &["--note", "đợt 1"]);
    assert_eq!((code, office.staff()), (0, people + 200), "{done}");
    assert!(done.to_string().find("password\":\"").is_none() && done["slips"].is_null());

    let entries = office.entries();
    let (code, again) = office.hr("apply", &file, &[]);
    assert_eq!((code, &again["already_applied"]), (0, &Value::Bool(true)), "{again}");
    assert_eq!((office.staff(), office.entries()), (people + 200, entries), "the second time changed something");

    let other = office.file("nhan-su.csv", good.replace("M00042;van-phong", "M00042;to-chuc"));
    let (code, answer) = office.hr("apply", &other, &[]);
    assert_eq!((code, faults(&answer)), (1, vec!["42:1 decision_already_entered".to_owned()]), "{answer}");
    assert_eq!(answer["error"]["faults"][0]["rule"], "R16");
    office.process.assert_clean();
}

/// R11: every kind of decision in one file, as the sample has them; the plan tells what changes before → after and fits
/// 100 columns; slips go to their files and nowhere else.
#[test]
fn r11_a_file_of_every_kind_is_planned_and_applied() {
    let office = Office::open();
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/sample/nhan-su.csv");
    let plan = office.process.command(&["--lang", "en", "hr", "plan", sample.to_str().unwrap()]);
    let plan = String::from_utf8_lossy(&plan.stdout).into_owned();
    assert!(plan.contains("Decision 23/QĐ-STP of 2026-11-02") && plan.contains("to-chuc → phap-che"), "{plan}");
    assert!(plan.lines().all(|line| line.chars().count() <= 100), "{plan}");
    let slips = office.dir.path().join("slips");
    let (code, done) = office.hr("apply", &sample, &["--slips", slips.to_str().unwrap()]);
    assert_eq!(code, 0, "{done}");
    let slip = slips.join("huedt@daklak.doj.gov.vn.txt");
    let text = std::fs::read_to_string(&slip).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&slip).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    let password = text.split_whitespace().find(|word| word.len() == 19 && word.matches('-').count() == 3).unwrap();
    assert!(!done.to_string().contains(password), "the password is not in its slip alone");
    let login = crate::process::Login { address: "huedt@daklak.doj.gov.vn".into(), password: password.into() };
    office.process.imap_as(&login).ok("SELECT INBOX");
    let (_, nhung) = office.json(&["staff", "show", "Vũ Hồng Nhung"]);
    assert_eq!(
        (&nhung["staff"]["unit"], &nhung["staff"]["position"]),
        (&"phap-che".into(), &"Phó trưởng phòng".into())
    );
    let (_, unit) = office.json(&["unit", "show", "phap-che"]);
    assert_eq!(unit["unit"]["head"], "Vũ Hồng Nhung");
    let (code, again) = office.hr("apply", &sample, &["--slips", slips.to_str().unwrap()]);
    assert_eq!((code, &again["already_applied"]), (0, &Value::Bool(true)), "{again}");
    office.process.assert_clean();
}

/// R11, R16: decisions dated ahead are planned each on what those before it will have left, wait, and are not entered twice.
#[test]
fn r11_decisions_dated_ahead_wait_for_their_day() {
    let office = Office::open();
    let people = office.staff();
    let text = "decision;dated;effective;kind;name;staff code;unit;to;position\n\
        1/QĐ;2026-11-02;2099-01-01;hire;Lê An;A1;van-phong;;\n\
        2/QĐ;2026-11-02;2099-01-02;transfer;;A1;;to-chuc;\n\
        3/QĐ;2026-11-02;2099-01-02;promote;;A1;;;Phó trưởng phòng\n\
        4/QĐ;2026-11-02;2099-01-01;promote;;A1;;;Chuyên viên\n";
    let (code, answer) =
        office.hr("plan", &office.file("x.csv", format!("{text}5/QĐ;2026-11-02;;promote;;A1;;;X\n")), &[]);
    assert_eq!((code, faults(&answer)), (2, vec!["6:6 who_unknown".to_owned()]), "{answer}");
    // What a later row does on an earlier day leaves nothing for the second day to do.
    let moved = text.replace("promote;;A1;;;Chuyên viên", "transfer;;A1;;to-chuc;");
    let (code, answer) = office.hr("plan", &office.file("x.csv", moved), &[]);
    assert_eq!((code, faults(&answer)), (1, vec!["3:0 nothing_changes".to_owned()]), "{answer}");
    let file = office.file("x.csv", text.replace("4/QĐ;2026-11-02;2099-01-01;promote;;A1;;;Chuyên viên\n", ""));
    for already in [false, true] {
        let (code, done) = office.hr("apply", &file, &[]);
        assert_eq!((code, &done["already_applied"]), (0, &Value::Bool(already)), "{done}");
        let states: Vec<_> =
            done["decisions"].as_array().unwrap().iter().map(|d| d["state"].as_str().unwrap()).collect();
        assert_eq!(states, ["waiting"; 3]);
    }
    assert_eq!(office.staff(), people);
    office.process.assert_clean();
}

/// Hostile B83: what could act on a terminal is not taken, and not echoed raw.
#[test]
fn b83_arguments_and_cells_that_could_act_on_a_terminal() {
    let office = Office::open();
    let file = office.file("x.csv", format!("{HEADER}\n1;2/11/2026;tuyển dụng;A\u{1b}[31m B;;van-phong\n"));
    let commands: [&[&str]; 4] = [
        &["incident", "report", "--text", "a\r\nb"],
        &["request", "approve", "1", "--by", "\u{1b}[31m"],
        &["hr", "plan", "--khong-co"],
        &["hr", "plan", file.to_str().unwrap()],
    ];
    for command in commands {
        let output = office.process.command(command);
        let told = [output.stdout, output.stderr].concat();
        assert_eq!(output.status.code(), Some(2), "{command:?}");
        assert!(!told.is_empty() && !told.iter().any(|octet| matches!(octet, 0x1b | b'\r')), "{command:?}");
    }
    let (_, answer) = office.hr("plan", &file, &[]);
    assert_eq!(faults(&answer), ["2:25 control_character"]);
}

/// Hostile B87: every form in which offices save a file is read, or told why not, with its line.
#[test]
fn b87_files_as_offices_save_them() {
    let office = Office::open();
    let text = format!("{HEADER}\r\n7/QĐ-STP;02/11/2026;tuyển dụng;\"Phùng\r\nThị Quỳ\";CB 9;van-phong\r\n");
    let utf16: Vec<u8> = format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let bare: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let excel = format!("sep=,\r\n{}", text.replace(';', ","));
    for octets in
        [format!("\u{feff}{text}").into_bytes(), utf16, bare, text.replace(';', "\t").into_bytes(), excel.into()]
    {
        let (code, plan) = office.hr("plan", &office.file("x.csv", octets), &[]);
        assert_eq!(code, 0, "{plan}");
        assert_eq!(plan["decisions"][0]["rows"][0]["subject"], "Phùng Thị Quỳ");
    }
    // In windows-1258 tones are octets of their own; it is taken only when it is named.
    let old = b"decision;dated;kind;name;unit\r\n7/Q\xd0;02/11/2026;hire;Nguy\xea\xden Thi\xf2 Qu\xccy;van-phong\r\n";
    let file = office.file("x.csv", old);
    let (code, answer) = office.hr("plan", &file, &[]);
    assert_eq!((code, faults(&answer)), (2, vec!["2:4 encoding".to_owned()]), "{answer}");
    let (code, plan) = office.hr("plan", &file, &["--encoding", "windows-1258"]);
    assert_eq!((code, &plan["decisions"][0]["rows"][0]["subject"]), (0, &"Nguyễn Thị Qùy".into()), "{plan}");
    for (bad, expected) in [
        ("=cmd|'/c calc'!A0;2/11/2026;hire;A;;van-phong\n", "2:1 formula"),
        ("1;2/11/2026;hire;A;;\"van-phong\n2;2/11/2026;hire;B;;van-phong\n", "2:0 quote"),
    ] {
        let (code, answer) = office.hr("apply", &office.file("x.csv", format!("{HEADER}\n{bad}")), &[]);
        assert_eq!((code, faults(&answer)[0].as_str()), (2, expected), "{answer}");
    }
    office.process.assert_clean();
}

/// Hostile B88: nothing of a file is done where two would be one; two people of one name get two addresses.
#[test]
fn b88_two_that_would_be_one() {
    let office = Office::open();
    let people = office.staff();
    let rows = "1;2/11/2026;hire;Lê Văn An;A1;van-phong;anlv\n1;2/11/2026;hire;Lê Văn Ân;a1;van-phong;ANLV\n";
    let file = office.file("x.csv", format!("{HEADER};địa chỉ\n{rows}"));
    let (code, answer) = office.hr("apply", &file, &[]);
    assert_eq!(
        (code, faults(&answer)),
        (2, vec!["3:5 staff_code_twice".into(), "3:7 address_twice".into()]),
        "{answer}"
    );
    let taken = office.file(
        "x.csv",
        format!("{HEADER};địa chỉ\n1;2/11/2026;hire;Lê An;;van-phong;daont\n2;2/11/2026;hire;Lê Bê;;khong-co;\n"),
    );
    let (code, answer) = office.hr("apply", &taken, &[]);
    assert_eq!((code, faults(&answer)), (1, vec!["2:7 address_in_use".into(), "3:6 unit_unknown".into()]), "{answer}");
    assert_eq!(office.staff(), people);
    let file = office.file(
        "x.csv",
        format!("{HEADER}\n1;2/11/2026;hire;Lê Văn An;A1;van-phong\n1;2/11/2026;hire;Lê Văn An;A2;van-phong\n"),
    );
    assert_eq!(office.hr("apply", &file, &[]).0, 0);
    let address = |code| office.json(&["staff", "show", code]).1["staff"]["address"].as_str().unwrap().to_owned();
    assert_eq!((address("A1").as_str(), address("A2").as_str()), ("anlv@daklak.doj.gov.vn", "anlv2@daklak.doj.gov.vn"));
    office.process.assert_clean();
}

/// Hostile B89: whenever the daemon is killed, all of a file is there or nothing; given again, it is there once.
#[test]
fn b89_a_killed_import_is_whole_or_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("hopthu-data");
    let file = dir.path().join("nhan-su.csv");
    let mut process = Process::start(&data);
    let count =
        |process: &Process| json(&process.command(&["--json", "staff", "list"])).1["staff"].as_array().unwrap().len();
    let first = count(&process);
    std::fs::write(&file, hires(300)).unwrap();
    let config = data.join("hopthu.toml");
    for wait in [50, 150, 300, 500, 800] {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_hopthu"));
        command.arg("--config").arg(&config).args(["--json", "hr", "apply"]).arg(&file);
        let mut apply =
            command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(wait));
        process.kill();
        drop(apply.wait());
        drop(process);
        process = Process::start(&data);
        let people = count(&process);
        assert!(people == first || people == first + 300, "{people} people after {wait} ms");
        process.assert_clean();
    }
    for _ in 0..2 {
        let done = process.command(&["hr", "apply", file.to_str().unwrap()]);
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        assert_eq!(count(&process), first + 300);
    }
    process.assert_clean();
}

/// R12: filed, approved or rejected by name, applied as a decision; each step in the audit, and no other order of them.
#[test]
fn r12_a_request_from_filing_to_the_audit() {
    let office = Office::open();
    let transfer = ["--", "staff", "transfer", "nhungvh@daklak.doj.gov.vn", "--to", "van-phong"];
    let file = ["request", "file", "--unit", "to-chuc", "--by", "Phạm Văn Đức", "--reason", "thiếu người"];
    for _ in 0..2 {
        let (code, filed) = office.json(&[&file[..], &transfer].concat());
        assert_eq!((code, &filed["request"]["state"]), (0, &"filed".into()), "{filed}");
    }
    let apply = ["request", "apply", "1", "--decision", "60/QĐ-STP", "--dated", "2026-11-02"];
    let refused = |arguments: &[&str]| {
        let (code, answer) = office.json(arguments);
        assert_eq!((code, &answer["error"]["rule"]), (1, &"R12".into()), "{answer}");
    };
    refused(&apply);
    let (code, approved) = office.json(&["request", "approve", "1", "--by", "Nguyễn Thị Đào"]);
    assert_eq!((code, &approved["request"]["decided_by"]), (0, &"Nguyễn Thị Đào".into()), "{approved}");
    let reject = ["request", "reject", "2", "--by", "Nguyễn Thị Đào", "--reason", "đã có đề nghị 1"];
    assert_eq!(office.json(&reject).0, 0);
    refused(&reject);
    refused(&["request", "approve", "1", "--by", "Nguyễn Thị Đào"]);
    refused(&["request", "apply", "2", "--decision", "61/QĐ-STP", "--dated", "2026-11-02"]);
    assert_eq!(office.json(&[&apply[..], &["--dry-run"]].concat()).0, 0);
    assert_eq!(office.json(&["request", "show", "1"]).1["request"]["state"], "approved", "a rehearsal applied it");
    let (code, done) = office.json(&apply);
    assert_eq!((code, &done["decision"]["approver"]), (0, &"Nguyễn Thị Đào".into()), "{done}");
    refused(&apply);
    assert_eq!(office.json(&["staff", "show", "Vũ Hồng Nhung"]).1["staff"]["unit"], "van-phong");
    let (_, shown) = office.json(&["request", "show", "1"]);
    assert_eq!(
        (&shown["request"]["state"], shown["request"]["decision"].is_i64()),
        (&"applied".into(), true),
        "{shown}"
    );
    assert_eq!(office.json(&["request", "show", "9"]).0, 2);
    for no_act in [&["--", "staff", "list"][..], &["--", "staff", "passwd", "nhungvh@daklak.doj.gov.vn"], &["--", "x"]]
    {
        assert_eq!(office.json(&[&file[..], no_act].concat()).0, 2, "{no_act:?} is no act of a request");
    }
    let (_, audit) = office.json(&["audit", "list", "--last", "1000"]);
    let of_request: Vec<_> =
        audit["entries"].as_array().unwrap().iter().filter(|e| e["subject"] == "request:1").collect();
    let whats: Vec<_> = of_request.iter().map(|entry| entry["what"].as_str().unwrap()).collect();
    assert_eq!(whats, ["request.file", "request.approve", "request.apply"]);
    office.process.assert_clean();
}

/// R12: where the configuration asks for it, nobody is moved without an approved request; a file names who approved it.
#[test]
fn r12_requests_may_be_required() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("hopthu-data");
    drop(Process::start(&data));
    let config = data.join("hopthu.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replacen("[organisation]", "[organisation]\nrequests = \"required\"", 1)).unwrap();
    let office = Office { process: Process::start(&data), dir };
    let decision = ["--decision", "60/QĐ-STP", "--dated", "2026-11-02"];
    for approver in [&[][..], &["--approver", "Nguyễn Thị Đào"]] {
        let hire = ["staff", "hire", "--name", "Lê An", "--unit", "van-phong"];
        let (code, answer) = office.json(&[&hire[..], &decision, approver].concat());
        assert_eq!((code, &answer["error"]["rule"]), (1, &"R12".into()), "{answer}");
    }
    let (code, _) = office.json(&["staff", "suspend", "nhungvh@daklak.doj.gov.vn"]);
    assert_eq!(code, 0, "who may log in is the Office's own affair");
    let file = ["request", "file", "--personnel", "--by", "Phạm Văn Đức", "--"];
    assert_eq!(office.json(&[&file[..], &["staff", "hire", "--name", "Lê An", "--unit", "van-phong"]].concat()).0, 0);
    assert_eq!(office.json(&["request", "approve", "1", "--by", "Nguyễn Thị Đào"]).0, 0);
    let (code, done) = office.json(&[&["request", "apply", "1"][..], &decision].concat());
    assert_eq!((code, done["first_password"].is_string()), (0, true), "{done}");
    let sides = ["--from", "Nguyễn Thị Đào", "--to", "Lê Thị Mỹ Dung"];
    let hand_over = [&["mailbox", "handover", "van-phong@daklak.doj.gov.vn"][..], &sides].concat();
    let decision = ["--decision", "61/QĐ-STP", "--dated", "2026-11-02"];
    let (code, answer) = office.json(&[&hand_over[..], &decision].concat());
    assert_eq!((code, &answer["error"]["rule"]), (1, &"R12".into()), "{answer}");
    assert_eq!(office.json(&[&file[..], &hand_over].concat()).0, 0);
    assert_eq!(office.json(&["request", "approve", "2", "--by", "Nguyễn Thị Đào"]).0, 0);
    let (code, done) = office.json(&[&["request", "apply", "2"][..], &decision].concat());
    assert_eq!((code, done["handovers"][0]["digest"].is_string()), (0, true), "{done}");
    let sheet = office.file("x.csv", hires(3));
    let (code, answer) = office.hr("apply", &sheet, &[]);
    assert_eq!((code, &answer["error"]["rule"]), (1, &"R12".into()), "{answer}");
    assert_eq!(office.hr("apply", &sheet, &["--approver", "Nguyễn Thị Đào"]).0, 0);
    office.process.assert_clean();
}

/// R22: incidents are reported, listed, an alarm while they are open, and closed with their outcome, once.
#[test]
fn r22_incidents_are_kept_until_they_are_closed() {
    let office = Office::open();
    let alarms = || {
        let (_, status) = office.json(&["status"]);
        status["alarms"].as_array().unwrap().iter().filter(|alarm| alarm["code"] == "incidents").count()
    };
    assert_eq!(alarms(), 0);
    let report = ["incident", "report", "--text", "Không gửi được thư", "--by", "Lê Thị Mỹ Dung"];
    let (code, one) = office.json(&[&report[..], &["--mailbox", "dungltm@daklak.doj.gov.vn"]].concat());
    assert_eq!((code, &one["incident"]["state"]), (0, &"open".into()), "{one}");
    assert_eq!(office.json(&[&report[..], &["--kind", "leak"]].concat()).0, 0);
    assert_eq!(office.json(&[&report[..], &["--mailbox", "khong-co@daklak.doj.gov.vn"]].concat()).0, 2);
    assert_eq!((alarms(), office.json(&["incident", "list"]).1["incidents"].as_array().unwrap().len()), (1, 2));
    let close = ["incident", "close", "1", "--outcome", "Đã thay dây mạng"];
    let (code, closed) = office.json(&close);
    assert_eq!((code, &closed["incident"]["outcome"]), (0, &"Đã thay dây mạng".into()), "{closed}");
    let (code, again) = office.json(&close);
    assert_eq!((code, &again["error"]["rule"]), (1, &"R22".into()), "{again}");
    assert_eq!(office.json(&["incident", "list"]).1["incidents"].as_array().unwrap().len(), 1);
    assert_eq!(office.json(&["incident", "list", "--all"]).1["incidents"].as_array().unwrap().len(), 2);
    office.entries();
    office.process.assert_clean();
}

/// The manual's tables of columns and kinds are those of the program.
#[test]
fn the_readme_has_every_column_and_kind() {
    let columns = COLUMNS.map(|named| format!("| {} | {} | {} |\n", named.vi, named.en, named.about)).concat();
    let names = |columns: &[Column]| {
        let names: Vec<_> = columns.iter().map(|column| column.name(hopthu::language::Language::En)).collect();
        if names.is_empty() { "-".to_owned() } else { names.join(", ") }
    };
    let kinds = KINDS.map(|named| {
        let vi = [&[named.vi], named.others].concat().join(", ");
        format!("| {vi} | {} | {} | {} |\n", named.en, names(named.needs), names(named.takes))
    });
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    for table in [columns, kinds.concat()] {
        assert!(readme.contains(&table), "README.md lacks\n{table}");
    }
}
