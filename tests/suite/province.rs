//! R4 from outside: what the Centre of the province knows after every change file is what the department's directory
//! says, and the Centre's answers are read back. The Centre is `tests/clients/stand_in.py`.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::process::Process;

/// A department that works, and acts on it.
pub struct Office {
    pub process: Process,
    pub dir: tempfile::TempDir,
    decisions: u32,
}

impl Office {
    pub fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self { process: Process::start(&dir.path().join("hopthu-data")), dir, decisions: 0 }
    }

    pub fn data(&self) -> PathBuf {
        self.dir.path().join("hopthu-data")
    }

    /// Ends the daemon, lets something be done to its directory, and starts it again.
    pub fn restart(self, between: impl FnOnce(&Path)) -> Self {
        let Self { process, dir, decisions } = self;
        drop(process);
        let data = dir.path().join("hopthu-data");
        between(&data);
        Self { process: Process::start(&data), dir, decisions }
    }

    pub fn file(&self, name: &str) -> String {
        self.dir.path().join(name).display().to_string()
    }

    /// A command that is done, as a document.
    pub fn ok(&self, arguments: &[&str]) -> Value {
        let output = self.process.command(&[arguments, &["--json"]].concat());
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{arguments:?}: {out}{err}");
        serde_json::from_str(&out).unwrap()
    }

    /// A command that ends with a code, as a document.
    pub fn refused(&self, code: i32, arguments: &[&str]) -> Value {
        let output = self.process.command(&[arguments, &["--json"]].concat());
        let out = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {out}");
        serde_json::from_str(&out).unwrap()
    }

    /// An act by a decision of its own.
    pub fn decide(&mut self, arguments: &[&str]) -> Value {
        self.decisions += 1;
        let number = format!("{}/QĐ-STP", 900 + self.decisions);
        self.ok(&[arguments, &["--decision", &number, "--dated", "2026-11-02"]].concat())
    }

    pub fn hire(&mut self, name: &str, unit: &str) -> String {
        let done = self.decide(&["staff", "hire", "--name", name, "--unit", unit, "--position", "Chuyên viên"]);
        done["staff"]["address"].as_str().unwrap().to_owned()
    }

    /// `province export` into a new file; nothing where there is nothing to say.
    pub fn export(&self, name: &str) -> Option<String> {
        let path = self.file(name);
        let done = self.ok(&["province", "export", "--out", &path]);
        assert_eq!(done["made"].is_null(), !Path::new(&path).exists());
        Path::new(&path).exists().then_some(path)
    }

    /// What belongs on the Centre's list, by address.
    fn wanted(&self) -> Value {
        let list = self.ok(&["province", "list"]);
        let used = list["addresses"].as_array().unwrap().iter().filter(|address| address["in_use"] == true);
        let said = |address: &Value| {
            let said =
                ["mailbox", "kind", "name", "unit", "position"].map(|key| (key.to_owned(), address[key].clone()));
            (address["address"].as_str().unwrap().to_owned(), Value::Object(said.into_iter().collect()))
        };
        Value::Object(used.map(said).collect())
    }

    /// Where each address stands.
    fn state(&self, address: &str) -> String {
        let list = self.ok(&["province", "list"]);
        let found = list["addresses"].as_array().unwrap().iter().find(|listed| listed["address"] == address);
        found.map_or("nowhere", |found| found["state"].as_str().unwrap()).to_owned()
    }

    fn centre(&self, name: &str) -> Centre {
        let key = self.ok(&["province", "list"])["public_key"].as_str().unwrap().to_owned();
        Centre { state: self.file(name), key }
    }

    /// A life of decisions: everything that an address, or what is said of it, can go through.
    pub fn live(&mut self) {
        let first = self.hire("Đặng Thị Huế", "van-phong");
        let second = self.hire("Lê Văn Lộc", "to-chuc");
        let third = self.hire("Phùng Thị Quỳ", "cong-chung-1");
        self.decide(&["staff", "transfer", &first, "--to", "to-chuc", "--position", "Phó Trưởng phòng"]);
        self.decide(&["staff", "rename", &second, "--name", "Lê Văn Lợi"]);
        self.decide(&["staff", "depart", &third, "--reason", "resign"]);
        self.decide(&["unit", "create", "ho-tich", "--name", "Phòng Hộ tịch", "--kind", "division"]);
        let head = self.hire("Nông Văn Ích", "ho-tich");
        self.decide(&["unit", "appoint", "ho-tich", "--head", &head]);
        self.decide(&["unit", "rename", "to-chuc", "--name", "Phòng Tổ chức cán bộ"]);
    }
}

/// A stand-in for the Centre, with what it knows.
struct Centre {
    state: String,
    key: String,
}

impl Centre {
    fn run(&self, arguments: &[&str]) -> Output {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/stand_in.py");
        let mut command = Command::new("python3");
        command.arg(script).args(arguments).args(["--state", &self.state]).env("LC_ALL", "C.UTF-8");
        command.output().unwrap()
    }

    fn apply(&self, more: &[&str]) -> Value {
        let output = self.run(&[&["apply", "--key", &self.key], more].concat());
        assert!(output.status.success(), "{more:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Why it refuses files.
    fn refuses(&self, files: &[&str]) -> String {
        let output = self.run(&[&["apply", "--key", &self.key], files].concat());
        assert!(!output.status.success(), "{files:?} was applied");
        String::from_utf8_lossy(&output.stderr).trim().to_owned()
    }
}

#[test]
fn r4_the_centres_list_is_the_departments_after_every_file() {
    let mut office = Office::open();
    let first = office.export("1.jsonl").unwrap();
    let centre = office.centre("centre.json");
    assert_eq!(centre.apply(&[&first]), office.wanted());
    assert_eq!(office.export("none.jsonl"), None, "nothing was new");

    office.live();
    let planned = office.ok(&["province", "export", "--dry-run"]);
    let second = office.export("2.jsonl").unwrap();
    assert_eq!(centre.apply(&[&second]), office.wanted());
    let changes = |what: &str| {
        let lines = std::fs::read_to_string(&second).unwrap();
        let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.filter(|line| line["change"] == what).count()
    };
    // Who came and went between the two files is in neither; one came with a unit of their own.
    assert_eq!((changes("register"), changes("withdraw")), (4, 0), "{planned}");
    assert!(changes("update") >= 2);
    assert_eq!(planned["changes"].as_array().unwrap().len(), changes("register") + changes("update"));

    let leaving = office.ok(&["staff", "show", "Lê Văn Lợi"])["staff"]["address"].as_str().unwrap().to_owned();
    office.decide(&["staff", "depart", &leaving, "--reason", "retire"]);
    office.decide(&["unit", "merge", "ho-tich", "--into", "van-phong"]);
    let third = office.export("3.jsonl").unwrap();
    assert_eq!(centre.apply(&[&third]), office.wanted());
    let back = office.decide(&["staff", "reinstate", &leaving])["staff"]["address"].as_str().unwrap().to_owned();
    assert_eq!(back, leaving);
    let fourth = office.export("4.jsonl").unwrap();
    assert_eq!(centre.apply(&[&fourth]), office.wanted());

    // Everything again, octet for octet, for a Centre that begins anew.
    let all = office.file("all.jsonl");
    office.ok(&["province", "export", "--since", "0", "--out", &all]);
    let files = [&first, &second, &third, &fourth].map(|file| std::fs::read(file).unwrap());
    assert_eq!(std::fs::read(&all).unwrap(), files.concat());
    assert_eq!(office.centre("anew.json").apply(&[&all]), office.wanted());
    office.process.assert_clean();
}

#[test]
fn r4_a_gap_a_repeat_and_an_altered_file_are_refused_by_the_reader() {
    let mut office = Office::open();
    let first = office.export("1.jsonl").unwrap();
    office.hire("Đặng Thị Huế", "van-phong");
    let second = office.export("2.jsonl").unwrap();
    let centre = office.centre("centre.json");
    assert!(centre.refuses(&[&second]).contains("gap: file 2 comes after file 0"));
    centre.apply(&[&first]);
    assert!(centre.refuses(&[&first]).contains("repeat: file 1"));

    let whole = std::fs::read_to_string(&second).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    let altered = [
        ("signature", whole.replace("Huế", "Hué")),
        ("signature", whole.replace("\"changes\":1", "\"changes\":2")),
        ("signature", [lines[0], lines[2]].map(|line| format!("{line}\n")).concat()),
        ("truncated", [lines[0], lines[1]].map(|line| format!("{line}\n")).concat()),
    ];
    for (why, text) in altered {
        let path = office.file("altered.jsonl");
        std::fs::write(&path, text).unwrap();
        let said = centre.refuses(&[&path]);
        assert!(said.contains(why), "{why}: {said}");
    }
    // Another office's file, sound in itself.
    let other = Office::open();
    other.export("1.jsonl").unwrap();
    assert!(centre.refuses(&[&other.file("1.jsonl")]).contains("signature"));
    centre.apply(&[&second]);
}

#[test]
fn r4_the_centres_answer_is_taken_whole_and_once_and_a_refusal_is_an_alarm() {
    let mut office = Office::open();
    let hue = office.hire("Đặng Thị Huế", "van-phong").replace(".doj", "");
    let first = office.export("1.jsonl").unwrap();
    assert_eq!(office.state(&hue), "sent");
    let (centre, answer) = (office.centre("centre.json"), office.file("answer.jsonl"));
    centre.apply(&["--refuse", &format!("{hue}=trùng với người khác"), "--answer", &answer, &first]);

    let wrong = office.file("wrong.csv");
    let rows =
        format!("Tệp số;Địa chỉ;Kết quả;Lý do\n1;{hue};registered;\n7;{hue};registered;\n1;khong@x.vn;refused;\n");
    std::fs::write(&wrong, rows).unwrap();
    let faults = office.refused(2, &["province", "acknowledge", &wrong]);
    let lines: Vec<_> =
        faults["error"]["faults"].as_array().unwrap().iter().map(|fault| fault["line"].clone()).collect();
    assert_eq!(lines, [json!(3), json!(4)], "{faults}");
    std::fs::write(
        &wrong,
        format!("file,address,result\n1,{hue},registered\n7,{hue},registered\n1,k@x.vn,withdrawn\n"),
    )
    .unwrap();
    let faults = office.refused(2, &["province", "acknowledge", &wrong]);
    let lines: Vec<_> =
        faults["error"]["faults"].as_array().unwrap().iter().map(|fault| fault["line"].clone()).collect();
    assert_eq!((lines, office.state(&hue)), (vec![json!(3), json!(4)], "sent".to_owned()));

    let rehearsed = office.ok(&["province", "acknowledge", &answer, "--dry-run"]);
    assert_eq!((&rehearsed["refused"], office.state(&hue)), (&json!(1), "sent".to_owned()));
    let taken = office.ok(&["province", "acknowledge", &answer, "--note", "công văn 12"]);
    assert_eq!((&taken["refused"], office.state(&hue)), (&json!(1), "wanted".to_owned()));
    assert_eq!(office.state("sotuphap@daklak.gov.vn"), "registered");
    let entries = office.ok(&["audit", "verify"])["entries"].clone();
    let again = office.ok(&["province", "acknowledge", &answer]);
    assert_eq!((&again["registered"], &again["refused"]), (&json!(0), &json!(0)));
    assert_eq!(office.ok(&["audit", "verify"])["entries"], entries, "twice changes nothing");
    let alarms = office.ok(&["status"])["alarms"].clone();
    let refused = |alarms: &Value| alarms.as_array().unwrap().iter().any(|alarm| alarm["code"] == "province_refused");
    assert!(refused(&alarms) && alarms.to_string().contains("trùng với người khác"), "{alarms}");

    // It stays wanted: the next file asks again, and this time the Centre agrees.
    let second = office.export("2.jsonl").unwrap();
    assert!(!refused(&office.ok(&["status"])["alarms"]));
    let table = office.process.command(&["province", "export", "--since", "1", "--format", "csv"]);
    let table = String::from_utf8(table.stdout).unwrap();
    let rows: Vec<_> =
        table.trim_start_matches('\u{feff}').lines().map(|row| row.split(',').collect::<Vec<_>>()).collect();
    assert!(table.starts_with('\u{feff}') && rows.len() == 2, "{table}");
    assert_eq!((rows[0][3], rows[1][2], rows[1][3]), ("Địa chỉ", "Đăng ký", hue.as_str()));
    let answer = office.file("answer2.jsonl");
    assert_eq!(centre.apply(&["--answer", &answer, &second]), office.wanted());
    office.ok(&["province", "acknowledge", &answer]);
    assert_eq!(office.state(&hue), "registered");
    office.decide(&["staff", "depart", &hue.replace("daklak", "daklak.doj"), "--reason", "move-out"]);
    let third = office.export("3.jsonl").unwrap();
    assert_eq!(office.state(&hue), "withdrawal-sent");
    let answer = office.file("answer3.jsonl");
    centre.apply(&["--answer", &answer, &third]);
    office.ok(&["province", "acknowledge", &answer]);
    assert_eq!(office.state(&hue), "withdrawn");
    office.process.assert_clean();
}

/// Hostile F4: whatever an export was doing when the daemon was killed, every file that has a number can be written
/// again, and is the one that the next file goes on from.
#[test]
fn r4_a_kill_while_a_file_is_made_leaves_no_gap() {
    let mut office = Office::open();
    let mut handed_out = Vec::new();
    for round in 0..5 {
        office.hire(&format!("Lê Văn {}", ["Lộc", "Lợi", "Long", "Lam", "Lực"][round]), "van-phong");
        let out = office.file(&format!("round-{round}.jsonl"));
        let mut export = Command::new(env!("CARGO_BIN_EXE_hopthu"))
            .args(["--config", &office.data().join("hopthu.toml").display().to_string()])
            .args(["province", "export", "--out", &out])
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(7 * u64::try_from(round).unwrap()));
        office.process.kill();
        drop(export.wait());
        office = office.restart(|_| {});
        if let Ok(file) = std::fs::read(&out) {
            handed_out.push(file);
        }
    }
    office.export("last.jsonl");
    let all = office.file("all.jsonl");
    office.ok(&["province", "export", "--since", "0", "--out", &all]);
    assert_eq!(office.centre("centre.json").apply(&[&all]), office.wanted());
    let all = String::from_utf8(std::fs::read(&all).unwrap()).unwrap();
    for file in handed_out {
        assert!(all.contains(&String::from_utf8(file).unwrap()), "a file was handed out that is no longer made");
    }
    office.process.assert_clean();
}

/// Two people of one name, one after the other, with nothing between them: the Centre is told of both.
#[test]
fn r4_an_address_that_goes_to_somebody_else_is_withdrawn_and_registered() {
    let at_once = |data: &Path| {
        let file = data.join("hopthu.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, text.replace("#quarantine = \"2y\"", "quarantine = \"0d\"")).unwrap();
    };
    let mut office = Office::open().restart(at_once);
    let first = office.hire("Đặng Thị Huế", "van-phong");
    let centre = office.centre("centre.json");
    centre.apply(&[&office.export("1.jsonl").unwrap()]);
    office.decide(&["staff", "depart", &first, "--reason", "retire", "--grace", "0d"]);
    let until = std::time::Instant::now() + std::time::Duration::from_mins(2);
    let resting = |office: &Office| office.process.command(&["mailbox", "show", &first]).status.success();
    while resting(&office) {
        assert!(std::time::Instant::now() < until, "the mailbox is not removed");
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    let second = office.hire("Đàm Thị Huế", "to-chuc");
    assert_eq!(first, second);
    let file = office.export("2.jsonl").unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<_> = lines[1..3].iter().map(|line| (line["change"].as_str(), line["name"].as_str())).collect();
    assert_eq!(told, [(Some("withdraw"), Some("Đặng Thị Huế")), (Some("register"), Some("Đàm Thị Huế"))]);
    assert_ne!(lines[1]["mailbox"], lines[2]["mailbox"]);
    assert_eq!(centre.apply(&[&file]), office.wanted());
    office.process.assert_clean();
}

#[test]
fn r4_a_file_goes_where_the_configuration_says() {
    let office = Office::open();
    let target = office.data().join("tinh");
    std::fs::create_dir(&target).unwrap();
    let configuration = office.data().join("hopthu.toml");
    let text = std::fs::read_to_string(&configuration).unwrap();
    std::fs::write(&configuration, text.replace("#target = \"/srv/tinh\"", "target = \"tinh\"")).unwrap();
    office.ok(&["province", "export"]);
    let put: Vec<_> = std::fs::read_dir(&target).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(put.len(), 1, "{put:?}");
    let first = std::fs::read_to_string(&put[0]).unwrap();
    assert!(put[0].extension().unwrap() == "jsonl" && first.starts_with("{\"format\""), "{put:?} {first}");
    // Nothing to say makes no file.
    office.ok(&["province", "export"]);
    assert_eq!(std::fs::read_dir(&target).unwrap().count(), 1);
}
