//! Mail from units that are not on the network, filed in their sections at the Office (R8). The relay is smtplib or swaks, what
//! it brings is signed by dkimpy, and those who read use imaplib and curl.

use std::path::Path;

use hopthu::clock::Clock;
use hopthu::directory::{Place, Reach, UnitKind};
use hopthu::mime;
use hopthu::name::{Label, LocalPart};
use hopthu::provisioning::{Act, CloseUnit, CreateUnit, FirstPassword, Hire, Transfer};
use jiff::civil::date;
use jiff::tz::{TimeZone, offset};
use serde_json::{Value, json};

use crate::authentic::signed;
use crate::clients::run;
use crate::harness::{DOMAIN, Daemon, PASSWORD, Person, Settings, newcomer};
use crate::names::{Names, Says};

const NOTARY: &str = "cong-chung-2";
const SECTION: &str = "Kết quả tuần";
const INBOX: &str = "Đơn vị/Sở Tư pháp tỉnh Đắk Lắk/INBOX";
const RESULTS: &str = "Dùng chung/Phòng Công chứng số 2/Kết quả tuần";

struct Office {
    daemon: Daemon,
    names: Names,
    director: Person,
    /// Of another unit.
    member: Person,
    /// The head of the notary office.
    notary: Person,
}

impl Office {
    /// On Monday, the 30th of November 2026, with a notary office that is not on the network since the 2nd.
    fn open() -> Self {
        Self::with(|settings| settings)
    }

    fn with(more: impl FnOnce(Settings) -> Settings) -> Self {
        let names = Names::start(&[]);
        let zone = TimeZone::fixed(offset(7));
        let at = |day: jiff::civil::Date| zone.to_timestamp(day.at(9, 0, 0, 0)).unwrap();
        let clock = Clock::standing(at(date(2026, 11, 2)), zone.clone());
        let settings = Settings::default()
            .with("organisation.provincial_domain", "\"daklak.gov.vn\"")
            .with("relay.trusted", "[\"127.0.0.0/8\"]")
            .with("relay.dns", &format!("[\"{}\"]", names.address))
            .with("authentic.verify", "\"on\"");
        let daemon = Daemon::start_at(&more(settings), Some(clock.clone()));
        daemon.act(vec![Act::CreateUnit(CreateUnit {
            code: LocalPart::parse(NOTARY).unwrap(),
            name: Label::parse("Phòng Công chứng số 2").unwrap(),
            kind: UnitKind::Notary,
            place: Place::Remote,
            parent: None,
        })]);
        let hire = |name: &str, unit: &str, position: &str| {
            let newcomer = newcomer(name, FirstPassword::MayStay);
            let hire =
                Hire { unit: unit.into(), position: Label::parse(position).ok(), reach: Reach::Province, ..newcomer };
            let done = daemon.decide(vec![Act::Hire(hire)]).unwrap();
            let address = done.acts[0].slip.as_ref().unwrap().address.to_string();
            daemon.set_password(&address, PASSWORD);
            Person { address }
        };
        let director = hire("Trần Văn Sơn", "van-phong", "Giám đốc");
        let notary = hire("Lê Thị Hạnh", NOTARY, "Trưởng phòng");
        daemon.decide(vec![Act::AppointHead { code: NOTARY.into(), who: notary.address.clone() }]).unwrap();
        clock.set(at(date(2026, 11, 30)));
        let member = daemon.person("daont").unwrap();
        let office = Self { daemon, names, director, member, notary };
        office.wait_for_sections();
        office
    }

    fn wait_for_sections(&self) {
        let until = std::time::Instant::now() + std::time::Duration::from_secs(10);
        let folders = || self.daemon.imap_as(&self.member).ok(&format!("LIST \"\" \"{}\"", utf7("Dùng chung/*")));
        while folders().iter().filter(|line| line.contains(&utf7(SECTION))).count() < 2 {
            assert!(std::time::Instant::now() < until, "sections are made");
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    }

    fn python(&self, mut setup: Value) -> Value {
        setup["certificate"] = self.daemon.data_dir().join("tls/certificate.pem").display().to_string().into();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/filing.py");
        let output = run("python3", &[script.to_str().unwrap()], setup.to_string().as_bytes());
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// What the relay hears that brings a message.
    fn relay(&self, from: &str, to: &str, message: &str) -> u16 {
        let port = self.daemon.address("smtp").port();
        let said = self.python(json!({ "act": "relay", "port": port, "from": from, "to": [to], "message": message }));
        u16::try_from(said["code"].as_u64().unwrap()).unwrap()
    }

    /// Brings a message that the unit's domain signed.
    fn file(&self, to: &str, subject: &str) {
        let from = own(NOTARY);
        assert_eq!(self.relay(&from, to, &self.sign(&letter(&from, to, subject))), 250, "{subject}");
    }

    fn sign(&self, message: &str) -> String {
        let author = message.split_once('@').unwrap().1.split_once('>').unwrap().0;
        let (message, records) = signed(message, author);
        for (name, text) in records.as_object().unwrap() {
            self.names.set(name, Says::Txt(text.as_str().unwrap().to_owned()));
        }
        message
    }

    /// The messages of a folder, by imaplib.
    fn read(&self, who: &Person, folder: &str) -> Vec<String> {
        let (port, login) = (self.daemon.address("imaps").port(), [&who.address, PASSWORD]);
        let setup = json!({ "act": "read", "port": port, "login": login, "folder": utf7(folder) });
        serde_json::from_value(self.python(setup)["messages"].clone()).unwrap()
    }

    fn inbox(&self) -> Vec<String> {
        self.read(&self.director, INBOX)
    }

    /// What the notary office was sent by the department.
    fn receipts(&self) -> Vec<String> {
        let inbox = self.read(&self.notary, "Đơn vị/Phòng Công chứng số 2/INBOX");
        inbox.into_iter().filter(|message| message.contains("Auto-Submitted: auto-replied")).collect()
    }

    fn share(&self, words: &[&str]) -> Value {
        let done = self.daemon.command(&[&["share"], words, &["--json"]].concat());
        assert!(done.status.success(), "{done:?}");
        serde_json::from_slice(&done.stdout).unwrap()
    }

    /// A section of the notary office.
    fn shelf(&self, tag: &str) -> Value {
        let shelves = self.share(&["list"])["shelves"].as_array().unwrap().clone();
        let mut ours = shelves.into_iter().filter(|shelf| shelf["unit"] == NOTARY && shelf["tag"] == tag);
        ours.next().map_or(Value::Null, |shelf| shelf["messages"].clone())
    }

    /// The note that the message of this identifier got, unfolded and decoded.
    fn note(&self, id: &str) -> Option<String> {
        let answers = format!("In-Reply-To: <{id}@x>");
        let mut notes: Vec<_> = self.inbox().into_iter().filter(|message| message.contains(&answers)).collect();
        assert!(notes.len() < 2, "{notes:?}");
        let note = notes.pop()?;
        assert!(note.contains("References: <") && note.contains("Auto-Submitted: auto-replied"), "{note}");
        Some(mime::body_text(note.as_bytes()))
    }
}

fn utf7(folder: &str) -> String {
    let mut name = Vec::new();
    hopthu::utf7::encode(folder, &mut name);
    String::from_utf8(name).unwrap()
}

fn own(local: &str) -> String {
    format!("{local}@{DOMAIN}")
}

fn letter(from: &str, to: &str, subject: &str) -> String {
    let id = id(subject);
    format!(
        "From: Phòng Công chứng số 2 <{from}>\r\nTo: {to}\r\nSubject: {subject}\r\n\
         Date: Mon, 30 Nov 2026 08:00:00 +0700\r\nMessage-ID: <{id}@x>\r\n\r\nNội dung\r\n"
    )
}

/// The message's identifier, before the `@`.
fn id(subject: &str) -> String {
    data_encoding::HEXLOWER.encode(subject.as_bytes())
}

#[test]
fn r8_what_a_remote_unit_sends_over_the_relay_is_filed_and_does_its_duty() {
    let office = Office::open();
    let overdue = |section: &str| {
        let duties = office.share(&["duty", "list"])["duties"].as_array().unwrap().clone();
        let ours = duties
            .iter()
            .find(|duty| duty["unit"] == NOTARY && duty["section"] == section && duty["due"] == "2026-11-30");
        ours.unwrap().clone()
    };
    assert_eq!(overdue(SECTION)["state"], "open");
    office.file(&own("sotuphap+ket-qua-tuan"), "Tuần 48");
    let duty = overdue(SECTION);
    assert_eq!((&duty["state"], &duty["published"]["subject"]), (&json!("on_time"), &json!("Tuần 48")), "{duty}");
    assert!(duty["published"]["by"].as_str().unwrap().contains(&own(NOTARY)), "{duty}");
    // The Director reads it there, and so does another unit, with curl.
    let filed = office.read(&office.director, RESULTS);
    assert!(filed.len() == 1 && filed[0].contains("Tuần 48") && filed[0].contains("dkim=pass"), "{filed:?}");
    let url = utf7(RESULTS).replace('&', "%26").replace(' ', "%20").replace('/', "%2F");
    let url = format!("imaps://127.0.0.1:{}/{url};UID=1", office.daemon.address("imaps").port());
    let login = format!("{}:{PASSWORD}", office.member.address);
    let read = run("curl", &["-sS", "--insecure", "-u", &login, &url], b"").stdout;
    assert!(String::from_utf8(read).unwrap().contains("Subject: Tuần 48"));
    // In one place, and the sender has one receipt, from the department, in the conversation.
    assert_eq!(office.inbox(), [""; 0]);
    let receipts = office.receipts();
    assert_eq!(receipts.len(), 1, "{receipts:?}");
    for part in ["Return-Path: <>", &format!("In-Reply-To: <{}@x>", id("Tuần 48")), "<sotuphap@daklak.doj.gov.vn>"] {
        assert!(receipts[0].contains(part), "{part}: {}", receipts[0]);
    }
    let said = mime::body_text(receipts[0].as_bytes());
    assert!(said.contains("09:00 30/11/2026") && said.contains("da duoc luu") && said.contains("was filed"), "{said}");
}

#[test]
fn r8_the_section_is_found_however_the_subject_writes_it() {
    let office = Office::open();
    let named = [
        "[Kết quả tuần] Tuần 48",
        "[KET QUA TUAN] Tuan 48",
        "Re: [kết quả tuần] Tuần 48",
        "Trả lời: Fwd: [ Kết quả tuần ]",
        "=?utf-8?B?W0vhur90IHF14bqjIHR14bqnbl0gdHXhuqduIDQ4?=",
        "=?utf-8?Q?=5BK=E1=BA=BFt_qu=E1=BA=A3?= =?utf-8?Q?_tu=E1=BA=A7n=5D?= 48",
        "[ket-qua-tuan] [Khẩn] 48",
    ];
    for subject in named {
        office.file(&own("sotuphap"), subject);
    }
    office.file(&own("sotuphap+Ket-Qua-Tuan"), "Họp");
    assert_eq!(office.shelf("ket-qua-tuan"), named.len() + 1, "{:?}", office.inbox());
    assert_eq!(office.inbox(), [""; 0]);
    assert_eq!(office.receipts().len(), named.len() + 1);
    // Whatever has no tag is mail, without a note; a tag that is no section's gets one.
    office.file(&own("sotuphap"), "Kết quả tuần 48");
    assert_eq!(office.inbox().len(), 1);
    office.file(&own("sotuphap"), "[Kết quả quý] 3");
    assert_eq!(office.inbox().len(), 3);
    let note = office.note(&id("[Kết quả quý] 3")).unwrap();
    assert!(note.contains("khong co muc nao") && note.contains("no such section"), "{note}");
    office.file(&own("sotuphap+chuong-trinh-tuan"), "[Kết quả tuần] 48");
    assert!(office.note(&id("[Kết quả tuần] 48")).unwrap().contains("several sections"));
    assert_eq!(office.shelf("chuong-trinh-tuan"), 0);
    assert_eq!(office.receipts().len(), named.len() + 1);
}

#[test]
fn r8_what_is_doubtful_is_in_the_departments_inbox_with_the_reason_and_nowhere_else() {
    let office = Office::open();
    let (unit, to) = (own(NOTARY), own("sotuphap+ket-qua-tuan"));
    let reason = |name: &str, from: &str, message: &str, reason: &str| {
        assert_eq!(office.relay(from, &to, message), 250, "{name}");
        let note = office.note(&id(name)).unwrap_or_else(|| panic!("{name}: a note"));
        assert!(note.contains(reason), "{name}: {note}");
        let there =
            office.inbox().iter().filter(|message| message.contains(&format!("Message-ID: <{}@x>", id(name)))).count();
        assert_eq!(there, 1, "{name}");
    };
    let by = |subject: &str| letter(&unit, &to, subject);
    // With swaks: nobody signed it.
    let server = format!("127.0.0.1:{}", office.daemon.address("smtp").port());
    let forged = by("giả").replace("\r\n", "\n");
    run("swaks", &["--server", &server, "--from", &unit, "--to", &to, "--data", "-"], forged.as_bytes());
    assert!(office.note(&id("giả")).unwrap().contains("did not sign it"), "{:?}", office.inbox());
    reason("không ký", &unit, &by("không ký"), "did not sign it");
    reason("sửa", &unit, &office.sign(&by("sửa")).replace("Nội dung", "Khác"), "did not sign it");
    let other = signed(&by("khác"), "bank.example");
    for (name, text) in other.1.as_object().unwrap() {
        office.names.set(name, Says::Txt(text.as_str().unwrap().to_owned()));
    }
    reason("khác", &unit, &other.0, "did not sign it");
    reason("phong bì", "x@bank.example", &office.sign(&by("phong bì")), "not the address that it was sent from");
    let two = office.sign(&by("hai")).replace("\r\nFrom: ", "\r\nFrom: Ai <ai@bank.example>\r\nFrom: ");
    reason("hai", &unit, &two, "not the address that it was sent from");
    // An ordinary letter of the unit's, which somebody sends again to a section.
    let ordinary = office.sign(&letter(&unit, &own("sotuphap"), "thường"));
    reason("thường", &unit, &ordinary, "may be an old letter");
    // The province has not registered it yet.
    let provincial = format!("{NOTARY}@daklak.gov.vn");
    let early = office.sign(&letter(&provincial, &to, "sớm"));
    reason("sớm", &provincial, &early, "not registered");
    // From the unit's head, who is not the unit; and from a unit of the network.
    let head = &office.notary.address;
    reason("trưởng", head, &office.sign(&letter(head, &to, "trưởng")), "not sent from the address of a unit");
    let lan = own("van-phong");
    reason("văn phòng", &lan, &office.sign(&letter(&lan, &to, "văn phòng")), "on the network");
    // There is no such folder, until the daemon looks again, and then no room.
    office.daemon.imap_as(&office.notary).ok(&format!("DELETE \"{}\"", utf7(RESULTS)));
    reason("mất", &unit, &office.sign(&by("mất")), "no folder for this section");
    let quota = |octets: &str| {
        let done = office.daemon.command(&["mailbox", "quota", &unit, octets]);
        assert!(done.status.success(), "{done:?}");
    };
    quota("1k");
    reason("đầy", &unit, &office.sign(&by("đầy")), "mailbox is full");
    quota("1G");
    assert_eq!(office.shelf("ket-qua-tuan"), 0);
    assert_eq!(office.receipts(), [""; 0]);
    let work = String::from_utf8(office.daemon.command(&["work", "list", "--json"]).stdout).unwrap();
    assert!(!work.contains("Not filed") && work.contains("thư"), "what the server notes is nobody's work: {work}");
    // What others write about a section is mail, and no attempt to file.
    let about = letter(&office.member.address, &own("sotuphap"), "Re: [Kết quả tuần] 48");
    assert_eq!(office.relay(&office.member.address, &own("sotuphap"), &about), 250);
    assert_eq!(office.note(&id("Re: [Kết quả tuần] 48")), None);
}

#[test]
fn r8_a_unit_that_is_closed_files_no_more() {
    let office = Office::open();
    let (unit, to) = (own(NOTARY), own("sotuphap+ket-qua-tuan"));
    let message = office.sign(&letter(&unit, &to, "muộn"));
    let who = office.notary.address.clone();
    let moved =
        Transfer { who, to: "van-phong".into(), position: None, handover_to: Some(office.member.address.clone()) };
    office.daemon.decide(vec![Act::Transfer(moved)]).unwrap();
    let close = CloseUnit { code: NOTARY.into(), grace: None, treatment: None };
    office.daemon.decide(vec![Act::CloseUnit(close)]).unwrap();
    assert_eq!(office.relay(&unit, &to, &message), 250);
    assert!(office.note(&id("muộn")).unwrap().contains("closed"));
}

#[test]
fn r8_a_unit_files_by_its_registered_provincial_address_and_by_logging_in() {
    let office = Office::open();
    let provincial = format!("{NOTARY}@daklak.gov.vn");
    let file = office.daemon.data_dir().join("1.jsonl").display().to_string();
    let answer = office.daemon.data_dir().join("answer.csv");
    std::fs::write(&answer, format!("file,address,result\n1,{provincial},registered\n")).unwrap();
    for words in [["export", "--out", &file], ["acknowledge", answer.to_str().unwrap(), "--json"]] {
        let done = office.daemon.command(&[&["province"], &words[..]].concat());
        assert!(done.status.success(), "{done:?}");
    }
    let to = &own("sotuphap+ket-qua-tuan");
    assert_eq!(office.relay(&provincial, to, &office.sign(&letter(&provincial, to, "một"))), 250);
    assert_eq!(office.shelf("ket-qua-tuan"), 1, "{:?}", office.inbox());
    assert!(office.receipts()[0].contains(&format!("Delivered-To: {provincial}")), "{:?}", office.receipts());
    // Its head logs in and sends in its name; as a person, nobody files.
    let send = |from: &str, subject: &str| {
        let to = own("sotuphap");
        let message = letter(from, &to, subject);
        let port = office.daemon.address("submissions").port();
        let setup = json!({ "act": "send", "port": port, "login": [office.notary.address, PASSWORD], "from": from,
            "to": [to], "message": message });
        assert_eq!(office.python(setup)["code"], 250);
    };
    send(&own(NOTARY), "[Kết quả tuần] hai");
    assert_eq!(office.shelf("ket-qua-tuan"), 2, "{:?}", office.inbox());
    send(&office.notary.address, "[Kết quả tuần] ba");
    assert_eq!(office.shelf("ket-qua-tuan"), 2);
    assert!(office.note(&id("[Kết quả tuần] ba")).unwrap().contains("not sent from the address of a unit"));
    // What a program sent is filed, and not answered.
    let automatic = letter(&provincial, to, "bốn").replace("Date:", "Auto-Submitted: auto-generated\r\nDate:");
    assert_eq!(office.relay(&provincial, to, &office.sign(&automatic)), 250);
    assert_eq!((office.shelf("ket-qua-tuan"), office.receipts().len()), (json!(3), 2));
}

#[test]
fn r8_a_relay_that_is_believed_vouches_for_who_wrote_though_there_is_no_dns() {
    let believed = |settings: Settings| {
        settings.with("authentic.verify", "\"off\"").with("authentic.relays", "[\"mx.daklak.gov.vn\"]")
    };
    let office = Office::with(believed);
    let (unit, to) = (own(NOTARY), own("sotuphap+ket-qua-tuan"));
    let by = |server: &str, from: &str, subject: &str| {
        format!("Authentication-Results: {server}; dmarc=pass header.from={from}\r\n{}", letter(&unit, &to, subject))
    };
    assert_eq!(office.relay(&unit, &to, &by("mx.daklak.gov.vn", DOMAIN, "một")), 250);
    assert_eq!(office.shelf("ket-qua-tuan"), 1, "{:?}", office.inbox());
    for (server, from, subject) in [("mx.bank.example", DOMAIN, "hai"), ("mx.daklak.gov.vn", "bank.example", "ba")] {
        assert_eq!(office.relay(&unit, &to, &by(server, from, subject)), 250);
        assert!(office.note(&id(subject)).unwrap().contains("did not sign it"), "{subject}");
    }
    assert_eq!(office.shelf("ket-qua-tuan"), 1);
}
