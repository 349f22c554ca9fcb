//! Machines of a unit (R23, R24): a scanner that sends, a workflow program that reads. Each has a password of its own, bound to
//! its network and purpose, which is replaced whenever the unit's mailbox is handed over.

use std::process::Output;
use std::time::{Duration, Instant};

use data_encoding::BASE64;
use hopthu::clock::Clock;
use hopthu::provisioning::Act;
use jiff::civil::date;
use jiff::tz::{TimeZone, offset};
use serde_json::Value;

use crate::client::{Client, Heard};
use crate::harness::{DOMAIN, Daemon, Person, Settings, UNIT};

/// Whoever loses a right is out within this (R9).
const CUT: Duration = Duration::from_secs(5);
const HERE: &str = "127.0.0.0/8,fd00::/8";

struct Office {
    daemon: Daemon,
    clock: Clock,
    head: Person,
    next: Person,
}

/// What a machine's password opens.
#[derive(Debug, PartialEq, Eq)]
struct Opens {
    imap: bool,
    smtp: bool,
}

const NOTHING: Opens = Opens { imap: false, smtp: false };
const READS: Opens = Opens { imap: true, smtp: false };
const SENDS: Opens = Opens { imap: false, smtp: true };

impl Office {
    fn open() -> Self {
        let zone = TimeZone::fixed(offset(7));
        let clock = Clock::standing(zone.to_timestamp(date(2026, 11, 24).at(10, 0, 0, 0)).unwrap(), zone);
        // What is tried here with wrong passwords is not what is to be tested.
        let daemon = Daemon::start_at(&Settings::default(), Some(clock.clone()));
        let [head, next] = ["binhdx", "daont"].map(|local| daemon.person(local).unwrap());
        daemon.decide(vec![Act::AppointHead { code: UNIT.into(), who: head.address.clone() }]).unwrap();
        Self { daemon, clock, head, next }
    }

    fn add(&self, name: &str, does: &str, network: &str) -> Output {
        let words = ["mailbox", "device", "add", &unit(), "--name", name, "--network", network, "--for", does];
        self.daemon.command(&[&words[..], &["--purpose", "việc của Văn phòng", "--json"]].concat())
    }

    /// A machine, and its password.
    fn machine(&self, name: &str, does: &str, network: &str) -> String {
        done(&self.add(name, does, network))["first_password"].as_str().unwrap().to_owned()
    }

    fn imap(&self, password: &str) -> Option<Client> {
        let mut client = self.daemon.connect("imaps");
        client.expect_line();
        let said = client.command(&format!("LOGIN {} {password}", unit())).pop().unwrap();
        // Whatever the reason, nothing is said but that it does not open.
        assert!(said.starts_with("t OK") || said.starts_with("t NO [AUTHENTICATIONFAILED]"), "{said}");
        said.starts_with("t OK").then_some(client)
    }

    fn smtp(&self, password: &str) -> Option<Client> {
        let mut client = self.daemon.connect("submissions");
        client.reply();
        client.ask("EHLO may-quet.example.vn");
        let code = client.ask(&format!("AUTH PLAIN {}", BASE64.encode(format!("\0{}\0{password}", unit()).as_bytes())));
        assert!(code == 235 || code == 535, "{code}");
        (code == 235).then_some(client)
    }

    fn opens(&self, password: &str) -> Opens {
        Opens { imap: self.imap(password).is_some(), smtp: self.smtp(password).is_some() }
    }

    fn listed(&self) -> Vec<Value> {
        let listed = done(&self.daemon.command(&["mailbox", "device", "list", &unit(), "--json"]));
        listed["devices"].as_array().unwrap().clone()
    }

    fn audit(&self) -> String {
        done(&self.daemon.command(&["audit", "list", "--last=1000", "--json"])).to_string()
    }

    /// What is in somebody's INBOX, as text.
    fn inbox(&self, who: &Person) -> String {
        let mut client = self.daemon.imap_as(who);
        client.ok("ENABLE IMAP4rev2");
        client.ok("SELECT INBOX");
        client.ok("UID FETCH 1:* BINARY.PEEK[1]").join("\n")
    }

    fn decided<'a>(&self, words: &[&'a str], number: &'a str) -> Value {
        done(&self.daemon.command(&[words, &["--decision", number, "--dated", "2026-11-24", "--json"]].concat()))
    }
}

fn unit() -> String {
    format!("{UNIT}@{DOMAIN}")
}

fn done(output: &Output) -> Value {
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn refused(output: &Output) -> String {
    let said: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    said["error"]["code"].as_str().unwrap_or_else(|| panic!("{said}")).to_owned()
}

fn send(client: &mut Client, from: &str, to: &str) -> u16 {
    for line in [format!("MAIL FROM:<{from}>"), format!("RCPT TO:<{to}>"), "DATA".to_owned()] {
        let code = client.ask(&line);
        if code >= 400 {
            client.ask("RSET");
            return code;
        }
    }
    client.send(format!("From: <{from}>\r\nSubject: Quét\r\n\r\nx\r\n.\r\n").as_bytes());
    client.reply().0
}

fn is_cut(client: &mut Client) {
    let since = Instant::now();
    loop {
        match client.line(CUT.saturating_sub(since.elapsed())) {
            Heard::Line(_) => {}
            Heard::End => return,
            Heard::Silence => panic!("still there"),
        }
    }
}

#[test]
fn r23_a_machine_of_a_unit_does_its_work_from_its_network_and_nothing_else() {
    let office = Office::open();
    let scanner = office.machine("Máy quét", "send", HERE);
    let reader = office.machine("Phần mềm văn bản", "read", HERE);
    let far = office.machine("Máy ở kho", "both", "10.20.0.0/24,fd20::/64");
    assert_eq!([office.opens(&scanner), office.opens(&reader), office.opens(&far)], [SENDS, READS, NOTHING]);

    let mut sending = office.smtp(&scanner).unwrap();
    assert_eq!(send(&mut sending, &unit(), &office.next.address), 250);
    assert_eq!(send(&mut sending, &office.head.address, &office.next.address), 553);
    office.daemon.deliver(&Person { address: unit() }, b"Subject: cong van\r\n\r\nx\r\n");
    let mut reading = office.imap(&reader).unwrap();
    reading.ok("ENABLE IMAP4rev2");
    assert_eq!(reading.ok("LIST \"\" \"*\"").iter().filter(|line| line.contains("Đơn vị")).count(), 0);
    reading.ok("SELECT INBOX");
    assert!(reading.ok("FETCH 1:* BODY.PEEK[TEXT]").concat().contains('x'));
    for command in ["STORE 1 +FLAGS (\\Flagged)", "CREATE x", "SETACL INBOX anyone lr", "MOVE 1 Archive"] {
        let said = reading.command(command).pop().unwrap();
        assert!(said.starts_with("t NO"), "{command}: {said}");
    }
    assert!(!reading.ok("SELECT INBOX").concat().contains("READ-WRITE"));

    // Everybody can find out what there is, and nobody a password.
    let names =
        |listed: &[Value]| listed.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    let listed = office.listed();
    assert_eq!(names(&listed), ["Máy quét", "Phần mềm văn bản", "Máy ở kho"]);
    assert_eq!((&listed[2]["for"], &listed[2]["networks"][0]), (&"both".into(), &"10.20.0.0/24".into()));
    let rights = done(&office.daemon.command(&["mailbox", "rights", &unit(), "--json"]));
    let of = |who: &str| rights["rights"].as_array().unwrap().iter().find(|right| right["who"] == who).unwrap().clone();
    assert_eq!((&of("Máy quét")["rights"], &of("Máy quét")["basis"]), (&"send".into(), &"device".into()));
    assert_eq!(of("Máy ở kho")["networks"], listed[2]["networks"]);
    let audit = office.audit();
    assert!(audit.contains("machine.add") && audit.contains("10.20.0.0/24"), "{audit}");
    assert!([&scanner, &reader, &far].iter().all(|password| !audit.contains(*password)));
    let told = office.inbox(&office.head);
    assert!(told.contains("Máy ở kho") && told.contains("10.20.0.0/24") && !told.contains(&far), "{told}");
    let work = done(&office.daemon.command(&["work", "list", "--json"]))["items"].clone();
    assert_eq!(work.as_array().unwrap().len(), 1, "what the server tells is no work: {work}");
    // What it does is its own, and nobody's of the staff.
    office.daemon.wait(async { office.daemon.running().installation().access.write_logins().await.unwrap() });
    assert!(office.listed()[0]["last_used"].is_i64() && office.listed()[2]["last_used"].is_null());

    done(&office.daemon.command(&["mailbox", "device", "remove", &unit(), "--name", "Phần mềm văn bản", "--json"]));
    is_cut(&mut reading);
    assert_eq!([office.opens(&reader), office.opens(&scanner)], [NOTHING, SENDS]);
    assert_eq!(names(&office.listed()), ["Máy quét", "Máy ở kho"]);
}

#[test]
fn r23_a_machine_that_is_not_bound_or_not_a_units_gets_no_password() {
    let office = Office::open();
    office.machine("Máy quét", "send", HERE);
    let before = office.audit();
    assert_eq!(refused(&office.add("Máy quét", "send", HERE)), "device_known");
    for everywhere in ["0.0.0.0/0", "10.0.0.0/8,::/0"] {
        assert_eq!(refused(&office.add("Máy khác", "send", everywhere)), "networks");
    }
    assert_eq!(refused(&office.add("Máy khác", "send", "10.1.2.3/8")), "usage");
    assert_eq!(refused(&office.add("Máy khác", "admin", HERE)), "usage");
    let theirs = ["mailbox", "device", "add", &office.head.address, "--name", "x", "--network", HERE, "--purpose", "x"];
    assert_eq!(refused(&office.daemon.command(&[&theirs[..], &["--json"]].concat())), "personal_devices");
    let unit = unit();
    let remove = ["mailbox", "device", "remove", &unit, "--name", "Máy khác", "--json"];
    assert_eq!(refused(&office.daemon.command(&remove)), "device_unknown");
    assert_eq!(refused(&office.daemon.command(&[&remove[..], &["--dry-run"]].concat())), "device_unknown");
    let words = ["mailbox", "device", "add", &unit, "--name", "Máy khác", "--network", HERE, "--purpose", "x"];
    let foretold = done(&office.daemon.command(&[&words[..], &["--dry-run", "--json"]].concat()));
    assert!(foretold["first_password"].is_null() && foretold["slip"].is_null(), "{foretold}");
    assert_eq!((office.listed().len(), office.audit()), (1, before));
}

#[test]
fn r24_machines_get_new_passwords_whenever_the_mailbox_is_handed_over() {
    let office = Office::open();
    let third = office.daemon.hire("Lê Thị Hoa");
    let mut scanner = office.machine("Máy quét", "send", HERE);
    let mut reader = office.machine("Phần mềm văn bản", "read", HERE);
    let (unit, head, next) = (unit(), office.head.address.clone(), office.next.address.clone());
    let ways: [&[&str]; 3] = [
        &["mailbox", "handover", &unit, "--from", &head, "--to", &next],
        &["unit", "appoint", UNIT, "--head", &third.address],
        &["staff", "depart", &third.address, "--reason", "retire", "--handover-to", &head],
    ];
    for (way, number) in ways.into_iter().zip(["1/QĐ-B", "2/QĐ-B", "3/QĐ-B"]) {
        let foretold = office.decided(&[way, &["--dry-run"]].concat(), number);
        assert_eq!(foretold["device_passwords"].as_array().unwrap().len(), 2, "{foretold}");
        assert!(foretold["device_passwords"][0]["password"].is_null(), "{foretold}");
        assert_eq!([office.opens(&scanner), office.opens(&reader)], [SENDS, READS]);
        let mut session = office.imap(&reader).unwrap();
        let handed = office.decided(way, number);
        is_cut(&mut session);
        assert_eq!([office.opens(&scanner), office.opens(&reader)], [NOTHING, NOTHING], "{way:?}");
        let new = handed["device_passwords"].as_array().unwrap();
        let password = |n: usize| new[n]["password"].as_str().unwrap().to_owned();
        assert_eq!([&new[0]["name"], &new[1]["name"]], ["Máy quét", "Phần mềm văn bản"]);
        (scanner, reader) = (password(0), password(1));
        assert_eq!([office.opens(&scanner), office.opens(&reader)], [SENDS, READS], "{way:?}");
        // Both sign that they were replaced; what they are is on no paper and in no log.
        let record = handed["handovers"][0]["record"].as_str().unwrap();
        assert!(record.contains("Máy quét (việc của Văn phòng; gửi thư, từ mạng 127.0.0.0/8, fd00::/8)"), "{record}");
        assert!(!record.contains(&scanner) && !office.audit().contains(&scanner));
    }
    assert_eq!(office.listed().len(), 2);
    assert_eq!(office.audit().matches("machine.replace").count(), 6);
}

#[test]
fn r24_machines_of_a_mailbox_that_is_handed_over_unattended_are_shut_out_and_the_new_steward_is_told() {
    let office = Office::open();
    let scanner = office.machine("Máy quét", "send", HERE);
    let (unit, head, next) = (unit(), office.head.address.clone(), office.next.address.clone());
    let way = ["mailbox", "handover", &unit, "--from", &head, "--to", &next, "--effective", "2026-12-01"];
    let entered = office.decided(&way, "9/QĐ-B");
    assert!(entered["device_passwords"].is_null(), "{entered}");
    assert_eq!(office.opens(&scanner), SENDS);
    office.clock.set(TimeZone::fixed(offset(7)).to_timestamp(date(2026, 12, 1).at(0, 5, 0, 0)).unwrap());
    let until = Instant::now() + Duration::from_secs(20);
    while office.opens(&scanner) != NOTHING {
        assert!(Instant::now() < until, "the day has come");
        std::thread::sleep(Duration::from_millis(300));
    }
    let told = office.inbox(&office.next);
    assert!(told.contains("Máy quét") && told.contains("cấp mật khẩu mới"), "{told}");
    assert!(office.listed().is_empty());
    assert_eq!(office.opens(&office.machine("Máy quét", "send", HERE)), SENDS);
}
