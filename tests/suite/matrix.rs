//! Who may do what (R23, R25; invariant I7): every IMAP command that touches a folder, tried by everybody who could have
//! something to do with it, against the daemon in one run. What is expected is the table below and is nowhere asked of the
//! program; a cell that differs is printed in a table of the same form.

use std::time::Duration;

use hopthu::clock::Clock;
use hopthu::directory::{Place, UnitKind};
use hopthu::name::{Label, LocalPart};
use hopthu::provisioning::{Act, CreateUnit, Delegate, Transfer};
use jiff::civil::{Date, date};
use jiff::tz::{TimeZone, offset};

use crate::client::Client;
use crate::harness::{DOMAIN, Daemon, Person, Settings, UNIT};

/// A command a row, somebody a column.
///
/// `+` done, `r` opened for reading only, `x` refused, `-` told that there is no such folder (or shown nothing of it), `0` said
/// to be done and nothing has changed for the head (what others read of a shared folder is theirs alone), `.` not to be tried: the
/// folder cannot be opened.
///
/// Before the command: `s` it is opened first, `d` its first message is marked deleted and it is opened, `o` a folder of one's
/// own is. `{f}` is the folder, `{k}` one below it or beside it, `{m}` and `{n}` are names of such, `{w}` is
/// somebody, `{q}` the quota root.
///
/// The unit's INBOX: its head; delegates with the rights to read (R), process (P), send (S), R+S, P+S; one whose last day is
/// over, and one whose leave was revoked, both with a session from before (ex, rv); a member of the unit (me), of another
/// unit (ot), the deputy director (dp). The department's INBOX: director, deputy, heads with the right to read and to
/// process, one without, somebody. A person's INBOX: the person, their head, the deputy. A shared folder of the unit: its
/// head, a delegate with R, with P, a member, another unit's member, the deputy.
const TABLE: &str = r#"
                                                      | unit                             | department        | person   | shared
                                                      | hd R  P  S  RS PS ex rv me ot dp | di dp R  P  hd me | ow hd dp | hd R  P  me ot dp
SELECT {f}                                            | +  r  +  -  r  +  -  -  -  -  - | +  +  r  +  -  - | +  -  - | +  +  +  +  +  +
EXAMINE {f}                                           | r  r  r  -  r  r  -  -  -  -  - | r  r  r  r  -  - | r  -  - | r  r  r  r  r  r
STATUS {f} (MESSAGES UNSEEN)                          | +  +  +  -  +  +  -  -  -  -  - | +  +  +  +  -  - | +  -  - | +  +  +  +  +  +
LIST "" {f}                                           | +  +  +  -  +  +  -  -  -  -  - | +  +  +  +  -  - | +  -  - | +  +  +  +  +  +
SUBSCRIBE {f}                                         | +  +  +  -  +  +  -  -  -  -  - | +  +  +  +  -  - | +  -  - | +  +  +  +  +  +
LSUB "" {f}                                           | +  +  +  -  +  +  -  -  -  -  - | +  +  +  +  -  - | +  -  - | +  +  +  +  +  +
UNSUBSCRIBE {f}                                       | +  +  +  +  +  +  +  +  +  +  + | +  +  +  +  +  + | +  +  + | +  +  +  +  +  +
MYRIGHTS {f}                                          | +  +  +  -  +  +  -  -  -  -  - | +  +  +  +  -  - | +  -  - | +  +  +  +  +  +
GETACL {f}                                            | +  x  x  -  x  x  -  -  -  -  - | +  +  x  x  -  - | x  -  - | +  x  x  x  x  x
LISTRIGHTS {f} anyone                                 | +  x  x  -  x  x  -  -  -  -  - | +  +  x  x  -  - | x  -  - | +  x  x  x  x  x
SETACL {f} {w} l                                      | +  x  x  -  x  x  -  -  -  -  - | +  +  x  x  -  - | x  -  - | +  x  x  x  x  x
DELETEACL {f} {w}                                     | +  x  x  -  x  x  -  -  -  -  - | +  +  x  x  -  - | x  -  - | +  x  x  x  x  x
GETQUOTAROOT {f}                                      | +  +  +  0  +  +  -  -  -  -  - | +  +  +  +  -  - | +  -  - | +  +  +  0  0  0
GETQUOTA {q}                                          | +  +  +  -  +  +  -  -  -  -  - | +  +  +  +  -  - | +  -  - | +  +  +  -  -  -
GETMETADATA {f} /private/comment                      | +  +  +  -  +  +  -  -  -  -  - | +  +  +  +  -  - | +  -  - | +  +  +  +  +  +
GETMETADATA {f} /shared/comment                       | +  +  +  -  +  +  -  -  -  -  - | +  +  +  +  -  - | +  -  - | +  +  +  +  +  +
SETMETADATA {f} (/private/comment {1+}\r\nx)          | +  +  +  -  +  +  -  -  -  -  - | +  +  +  +  -  - | +  -  - | +  +  +  +  +  +
SETMETADATA {f} (/shared/comment {1+}\r\nx)           | +  x  +  -  x  +  -  -  -  -  - | +  +  x  +  -  - | +  -  - | +  x  x  x  x  x
APPEND {f} {6+}\r\nx: y\r\n                           | +  x  +  -  x  +  -  -  -  -  - | +  +  x  +  -  - | +  -  - | +  +  +  +  x  x
CREATE {n}                                            | +  x  +  x  x  +  x  x  x  x  x | +  +  x  +  x  x | +  x  x | +  x  x  x  x  x
DELETE {k}                                            | +  x  x  -  x  x  -  -  -  -  - | +  +  x  x  -  - | +  -  - | +  x  x  x  x  x
RENAME {k} {m}                                        | +  x  x  -  x  x  -  -  -  -  - | +  +  x  x  -  - | +  -  - | +  x  x  x  x  x
s FETCH 1 BODY.PEEK[]                                 | +  +  +  .  +  +  .  .  .  .  . | +  +  +  +  .  . | +  .  . | +  +  +  +  +  +
s FETCH 1 BODY[]                                      | +  0  +  .  0  +  .  .  .  .  . | +  +  0  +  .  . | +  .  . | +  0  0  0  0  0
s SEARCH ALL                                          | +  +  +  .  +  +  .  .  .  .  . | +  +  +  +  .  . | +  .  . | +  +  +  +  +  +
s SORT (DATE) UTF-8 ALL                               | +  +  +  .  +  +  .  .  .  .  . | +  +  +  +  .  . | +  .  . | +  +  +  +  +  +
s THREAD REFERENCES UTF-8 ALL                         | +  +  +  .  +  +  .  .  .  .  . | +  +  +  +  .  . | +  .  . | +  +  +  +  +  +
s STORE 1 +FLAGS (\Seen)                              | +  x  +  .  x  +  .  .  .  .  . | +  +  x  +  .  . | +  .  . | +  0  0  0  0  0
s STORE 1 +FLAGS (\Flagged)                           | +  x  +  .  x  +  .  .  .  .  . | +  +  x  +  .  . | +  .  . | +  x  x  x  x  x
s STORE 1 +FLAGS (\Deleted)                           | +  x  +  .  x  +  .  .  .  .  . | +  +  x  +  .  . | +  .  . | +  x  x  x  x  x
s STORE 1 +FLAGS ($label1)                            | +  x  +  .  x  +  .  .  .  .  . | +  +  x  +  .  . | +  .  . | +  x  x  x  x  x
s COPY 1 Archive                                      | +  +  +  .  +  +  .  .  .  .  . | +  +  +  +  .  . | +  .  . | +  +  +  +  +  +
s MOVE 1 Archive                                      | +  x  +  .  x  +  .  .  .  .  . | +  +  x  +  .  . | +  .  . | +  x  x  x  x  x
o COPY 1 {f}                                          | +  x  +  -  x  +  -  -  -  -  - | +  +  x  +  -  - | +  -  - | +  +  +  +  x  x
o MOVE 1 {f}                                          | +  x  +  -  x  +  -  -  -  -  - | +  +  x  +  -  - | +  -  - | +  +  +  +  x  x
d EXPUNGE                                             | +  x  +  .  x  +  .  .  .  .  . | +  +  x  +  .  . | +  .  . | +  x  x  x  x  x
d UID EXPUNGE 1:*                                     | +  x  +  .  x  +  .  .  .  .  . | +  +  x  +  .  . | +  .  . | +  x  x  x  x  x
d CLOSE                                               | +  0  +  .  0  +  .  .  .  .  . | +  +  0  +  .  . | +  .  . | +  0  0  0  0  0
ESEARCH IN (mailboxes {f}) ALL                        | +  +  +  -  +  +  -  -  -  -  - | +  +  +  +  -  - | +  -  - | +  +  +  +  +  +
NOTIFY SET (mailboxes {f} (MessageNew MessageExpunge))| +  +  +  -  +  +  -  -  -  -  - | +  +  +  +  -  - | +  -  - | +  +  +  +  +  +
"#;

const LAST_DAY: Date = date(2026, 11, 25);

/// Somebody at a folder.
struct Column {
    client: Client,
    folder: String,
    beside: String,
    keeper: usize,
}

struct Office {
    daemon: Daemon,
    clock: Clock,
}

impl Office {
    fn open() -> Self {
        let zone = TimeZone::fixed(offset(7));
        let clock = Clock::standing(zone.to_timestamp(date(2026, 11, 24).at(10, 0, 0, 0)).unwrap(), zone);
        let daemon = Daemon::start_at(&Settings::default(), Some(clock.clone()));
        let office = Self { daemon, clock };
        for (code, name) in [("phong-a", "Phòng A"), ("phong-b", "Phòng B"), ("phong-c", "Phòng C")] {
            office.daemon.act(vec![Act::CreateUnit(CreateUnit {
                code: LocalPart::parse(code).unwrap(),
                name: Label::parse(name).unwrap(),
                kind: UnitKind::Division,
                place: Place::Lan,
                parent: None,
            })]);
        }
        office
    }

    fn head(&self, name: &str, unit: &str) -> Person {
        let person = self.member(name, unit);
        self.daemon.decide(vec![Act::AppointHead { code: unit.into(), who: person.address.clone() }]).unwrap();
        person
    }

    fn member(&self, name: &str, unit: &str) -> Person {
        let person = self.daemon.hire(name);
        if unit != UNIT {
            let transfer = Transfer { who: person.address.clone(), to: unit.into(), position: None, handover_to: None };
            self.daemon.decide(vec![Act::Transfer(transfer)]).unwrap();
        }
        person
    }

    fn leader(&self, name: &str, position: &str) -> Person {
        let person = self.member(name, "phong-b");
        let position = Label::parse(position).unwrap();
        self.daemon.decide(vec![Act::Promote { who: person.address.clone(), position }]).unwrap();
        person
    }

    fn delegate(&self, local: &str, to: &Person, rights: &str, until: Option<Date>) {
        self.daemon.act(vec![Act::Delegate(Delegate {
            mailbox: format!("{local}@{DOMAIN}").parse().unwrap(),
            to: to.address.clone(),
            rights: rights.parse().unwrap(),
            from: None,
            until,
        })]);
    }

    fn session(&self, who: &Person) -> Client {
        let mut client = self.daemon.imap_as(who);
        client.ok("ENABLE IMAP4rev2");
        assert!(client.append("Drafts", "", b"Subject: own\r\n\r\nx\r\n").starts_with("t OK"));
        client
    }
}

const UNITS_INBOX: [&str; 2] = ["Đơn vị/Văn phòng/INBOX", "Đơn vị/Văn phòng/Con"];
const DEPARTMENTS_INBOX: [&str; 2] = ["Đơn vị/Sở Tư pháp tỉnh Đắk Lắk/INBOX", "Đơn vị/Sở Tư pháp tỉnh Đắk Lắk/Con"];
const PERSONS_INBOX: [&str; 2] = ["INBOX", "Con"];
/// As others could call it.
const ANOTHERS_INBOX: [&str; 2] = ["Đơn vị/Lê Thị Hoa/INBOX", "Đơn vị/Lê Thị Hoa/Con"];
const SHARED: [&str; 2] = ["Dùng chung/Văn phòng/Cha", "Dùng chung/Văn phòng/Cha/Con"];

#[test]
fn r23_r25_everybody_may_do_what_the_table_says() {
    let office = Office::open();
    let head = office.head("Lê Thị Hoa", UNIT);
    let delegates = ["Bùi Văn Đọc", "Bùi Văn Xử", "Bùi Văn Gửi", "Bùi Văn Đáp", "Bùi Văn Toàn"];
    let delegates = delegates.map(|name| office.member(name, UNIT));
    for (delegate, rights) in delegates.iter().zip(["read", "process", "send", "read,send", "process,send"]) {
        office.delegate(UNIT, delegate, rights, None);
    }
    let [ended, revoked, member] = ["Cao Văn Hết", "Cao Văn Thu", "Cao Văn Viên"].map(|name| office.member(name, UNIT));
    office.delegate(UNIT, &ended, "process,send", Some(LAST_DAY));
    office.delegate(UNIT, &revoked, "process,send", None);
    let other = office.member("Đinh Thị Khác", "phong-a");
    let [director, deputy] =
        [("Hoàng Giám", "Giám đốc"), ("Hoàng Phó", "Phó Giám đốc")].map(|(n, p)| office.leader(n, p));
    let heads = [("Mai Trưởng", "phong-a"), ("Ngô Trưởng", "phong-b"), ("Ông Trưởng", "phong-c")];
    let [reading, processing, without] = heads.map(|(name, unit)| office.head(name, unit));
    office.delegate("sotuphap", &reading, "read", None);
    office.delegate("sotuphap", &processing, "process", None);
    let [d0, d1, d2, d3, d4] = &delegates;

    // Keepers prepare what is tried.
    let mut keepers = [&head, &director, &head, &head].map(|keeper| office.session(keeper));
    keepers[0].ok(&format!("CREATE \"{}\"", SHARED[0]));
    let places: [(usize, [&str; 2], &[&Person]); 5] = [
        (0, UNITS_INBOX, &[&head, d0, d1, d2, d3, d4, &ended, &revoked, &member, &other, &deputy]),
        (1, DEPARTMENTS_INBOX, &[&director, &deputy, &reading, &processing, &without, &other]),
        (2, PERSONS_INBOX, &[&head]),
        (2, ANOTHERS_INBOX, &[d1, &deputy]),
        (3, SHARED, &[&head, d0, d1, &member, &other, &deputy]),
    ];
    let mut columns: Vec<Column> = Vec::new();
    for (keeper, [folder, beside], people) in places {
        let column = |who: &&Person| Column {
            client: office.session(who),
            folder: format!("\"{folder}\""),
            beside: format!("\"{beside}\""),
            keeper,
        };
        columns.extend(people.iter().map(column));
    }
    // Who has lost a right since, with the folder open at that time, is out of it.
    for open in [6, 7] {
        let Column { client, folder, .. } = &mut columns[open];
        client.ok(&format!("SELECT {folder}"));
    }
    office
        .daemon
        .act(vec![Act::Revoke { mailbox: format!("{UNIT}@{DOMAIN}").parse().unwrap(), from: revoked.address.clone() }]);
    let next_day = TimeZone::fixed(offset(7)).to_timestamp(date(2026, 11, 26).at(10, 0, 0, 0)).unwrap();
    office.clock.set(next_day);
    for (open, who) in [(6, &ended), (7, &revoked)] {
        columns[open].client.until("* BYE");
        columns[open].client = office.session(who);
    }

    let mut found = String::from("\n");
    for line in TABLE.lines().filter(|line| !line.is_empty()) {
        let (command, _) = line.split_once('|').unwrap();
        if command.trim().is_empty() {
            found.extend([line, "\n"]);
            continue;
        }
        let mut outcomes = columns.iter_mut().map(|column| column.tries(command.trim(), &mut keepers));
        let groups: Vec<String> = [11, 6, 3, 6]
            .map(|count| outcomes.by_ref().take(count).map(|outcome| format!(" {outcome} ")).collect::<String>())
            .to_vec();
        found.push_str(&format!("{:<54}|{}\n", command.trim(), groups.join("|").trim_end()));
    }
    assert!(found == TABLE, "{found}");
}

impl Column {
    /// What becomes of a command.
    fn tries(&mut self, command: &str, keepers: &mut [Client]) -> char {
        let (first, command) = match command.split_once(' ').unwrap() {
            (first @ ("s" | "d" | "o"), command) => (first, command),
            _ => ("", command),
        };
        let keeper = &mut keepers[self.keeper];
        let [folder, beside] = match self.keeper {
            0 => UNITS_INBOX,
            1 => DEPARTMENTS_INBOX,
            2 => PERSONS_INBOX,
            _ => SHARED,
        }
        .map(|name| format!("\"{name}\""));
        // Two messages, the first of which nobody has touched, or that is about to go.
        keeper.ok(&format!("SELECT {folder}"));
        keeper.ok("STORE 1:* +FLAGS.SILENT (\\Deleted)");
        keeper.ok("EXPUNGE");
        for number in 1..=2 {
            let flags = if first == "d" && number == 1 { "(\\Deleted)" } else { "" };
            assert!(keeper.append(&folder, flags, b"Subject: x\r\n\r\nx\r\n").starts_with("t OK"));
        }
        keeper.command(&format!("CREATE {beside}"));
        keeper.ok("UNSELECT");

        let opened = match first {
            "s" | "d" => self.client.command(&format!("SELECT {}", self.folder)),
            "o" => self.client.ok("SELECT Drafts"),
            _ => vec!["t OK".to_owned()],
        };
        if !opened.last().unwrap().starts_with("t OK") {
            return '.';
        }
        let root = keeper.ok(&format!("GETQUOTAROOT {folder}")).concat();
        let root = root.split("* QUOTA ").nth(1).unwrap().split(' ').next().unwrap().to_owned();
        let said = command
            .replace("{q}", &root)
            .replace("\\r\\n", "\r\n")
            .replace("{f}", &self.folder)
            .replace("{w}", &bystander())
            .replace("{k}", &self.beside)
            .replace("{m}", &self.beside.replace("Con", "Moi"))
            .replace("{n}", &self.beside.replace("Con", "Thêm"));
        let lines = self.client.command(&said);
        let outcome = self.outcome(command, &lines, (keeper, &folder));
        self.client.command("UNSELECT");
        if first == "o" && command.starts_with("MOVE") {
            self.client.append("Drafts", "", b"Subject: own\r\n\r\nx\r\n");
        }
        // What was made or given is taken back.
        for name in ["Con", "Moi", "Thêm"] {
            keeper.command(&format!("DELETE {}", beside.replace("Con", name)));
        }
        keeper.command(&format!("DELETEACL {folder} {}", bystander()));
        outcome
    }

    /// Whether mail that comes in is told; who is told nothing by the time of several commands will not be.
    fn is_told(&mut self, (keeper, folder): (&mut Client, &str)) -> char {
        assert!(keeper.append(folder, "", b"Subject: new\r\n\r\nx\r\n").starts_with("t OK"));
        let told = (0..10).any(|_| {
            std::thread::sleep(Duration::from_millis(20));
            self.client.ok("NOOP").iter().any(|line| line.starts_with("* STATUS"))
        });
        self.client.ok("NOTIFY NONE");
        if told { '+' } else { '-' }
    }

    fn outcome(&mut self, command: &str, lines: &[String], (keeper, folder): (&mut Client, &str)) -> char {
        let (tagged, told) = lines.split_last().unwrap();
        if !tagged.starts_with("t OK") {
            return match tagged.as_str() {
                no if no.starts_with("t NO [NONEXISTENT]") || no.starts_with("t NO [TRYCREATE]") => '-',
                no if no.starts_with("t NO") => 'x',
                other => panic!("{command}: {other}"),
            };
        }
        let verb = command.split(' ').next().unwrap();
        let shown = |what: &str| if told.iter().any(|line| line.contains(what)) { '+' } else { '-' };
        match verb {
            "SELECT" | "EXAMINE" if tagged.contains("READ-ONLY") => 'r',
            "LIST" => shown("* LIST"),
            "LSUB" => shown("* LSUB"),
            // The root of a folder need not be told, nor how much it holds.
            "GETQUOTAROOT" if shown("* QUOTA ") == '-' => '0',
            "FETCH" if command.contains("BODY[]") => seen(keeper, folder, "\\Seen"),
            "ESEARCH" => shown("* ESEARCH"),
            "NOTIFY" => self.is_told((keeper, folder)),
            // What was said to be done is looked for.
            "STORE" => seen(keeper, folder, command.split(['(', ')']).nth(1).unwrap()),
            "EXPUNGE" | "UID" | "CLOSE" | "MOVE" if !command.contains("{f}") => {
                let left = keeper.ok(&format!("STATUS {folder} (MESSAGES)")).concat();
                if left.contains("MESSAGES 1)") { '+' } else { '0' }
            }
            _ => '+',
        }
    }
}

/// Whether the first message has a flag.
fn seen(keeper: &mut Client, folder: &str, flag: &str) -> char {
    keeper.ok(&format!("EXAMINE {folder}"));
    if keeper.ok("FETCH 1 FLAGS").concat().contains(flag) { '+' } else { '0' }
}

/// Somebody who is given rights.
fn bystander() -> String {
    format!("binhdx@{DOMAIN}")
}
