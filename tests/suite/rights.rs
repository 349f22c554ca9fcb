//! What decisions do to sessions that are open and to mail (R9, R14, R15, R17, R19-R21, R23): by the daemon's own doors,
//! at a time that the test sets.

use std::time::{Duration, Instant};

use hopthu::address::Address;
use hopthu::audit;
use hopthu::clock::Clock;
use hopthu::db::DbError;
use hopthu::directory::{MailboxState, Place, Rights, Treatment, UnitKind};
use hopthu::name::{Label, LocalPart};
use hopthu::provisioning::{Act, CreateUnit, Delegate, Depart, DepartReason, FirstPassword, OpenMailbox, Transfer};
use hopthu::store::FolderName;
use jiff::civil::{Date, date};
use jiff::tz::{TimeZone, offset};

use crate::client::{Client, Heard};
use crate::harness::{DOMAIN, Daemon, PASSWORD, Person, Settings, UNIT, log_in_imap, log_in_smtp, newcomer};
use crate::http::Browser;

/// Whoever loses a right is out within this (R9).
const CUT: Duration = Duration::from_secs(5);
const OTHER: &str = "phong-to-chuc";

/// A daemon whose day is the 24th of November 2026, ten in the morning.
struct Office {
    daemon: Daemon,
    clock: Clock,
    binh: Person,
    dao: Person,
}

impl Office {
    fn open() -> Self {
        let now = zone().to_timestamp(date(2026, 11, 24).at(10, 0, 0, 0)).unwrap();
        let clock = Clock::standing(now, zone());
        let settings = Settings::default().with("tls.plaintext_login_from", "[\"127.0.0.0/8\"]");
        let daemon = Daemon::start_at(&settings, Some(clock.clone()));
        daemon.act(vec![Act::CreateUnit(CreateUnit {
            code: LocalPart::parse(OTHER).unwrap(),
            name: Label::parse("Phòng Tổ chức").unwrap(),
            kind: UnitKind::Division,
            place: Place::Lan,
            parent: None,
        })]);
        let [binh, dao] = ["binhdx", "daont"].map(|local| daemon.person(local).unwrap());
        daemon.decide(vec![Act::AppointHead { code: UNIT.into(), who: binh.address.clone() }]).unwrap();
        Self { daemon, clock, binh, dao }
    }

    fn pass(&self, time: jiff::SignedDuration) {
        self.clock.set(self.clock.now() + time);
    }

    fn delegate(&self, to: &Person, rights: &str, until: Option<Date>) {
        self.daemon.act(vec![Act::Delegate(Delegate {
            mailbox: address(UNIT),
            to: to.address.clone(),
            rights: rights.parse::<Rights>().unwrap(),
            from: None,
            until,
        })]);
    }

    /// An IMAP session of a person on a unit's mailbox.
    fn opened(&self, who: &Person, unit: &str) -> Client {
        let mut client = self.daemon.connect("imaps");
        client.expect_line();
        client.ok(&format!("AUTHENTICATE PLAIN {}", plain(&address(unit).to_string(), &who.address)));
        client
    }

    fn imap(&self) -> Client {
        let mut client = self.daemon.connect("imap");
        client.expect_line();
        client
    }

    /// A session on the submission port.
    fn submission(&self, who: &Person) -> Client {
        let mut client = self.daemon.connect("submission");
        client.reply();
        log_in_smtp(&mut client, who);
        client
    }

    fn messages(&self, who: &Person, folder: &str) -> Vec<String> {
        let mut client = self.daemon.imap_as(who);
        subjects(&mut client, folder)
    }

    /// What the audit says, `what subject` each.
    fn audited(&self) -> Vec<String> {
        let db = &self.daemon.running().installation().db;
        let entries =
            self.daemon.wait(async { audit::list(&mut db.read().await.unwrap(), &audit::Filter::default()).await });
        entries.unwrap().into_iter().map(|entry| format!("{} {}", entry.what, entry.subject)).collect()
    }
}

fn zone() -> TimeZone {
    TimeZone::fixed(offset(7))
}

fn address(local: &str) -> Address {
    Address::parse(&format!("{local}@{DOMAIN}")).unwrap()
}

/// The response of SASL PLAIN: RFC 4616.
fn plain(mailbox: &str, who: &str) -> String {
    data_encoding::BASE64.encode(format!("{mailbox}\0{who}\0{PASSWORD}").as_bytes())
}

fn subjects(client: &mut Client, folder: &str) -> Vec<String> {
    client.ok(&format!("EXAMINE {folder}"));
    let lines = client.ok("UID FETCH 1:* (BODY.PEEK[HEADER.FIELDS (SUBJECT)])");
    lines.iter().filter_map(|line| line.strip_prefix("Subject: ")).map(str::to_owned).collect()
}

/// The session ends in time, and these are its last lines.
fn cut(client: &mut Client, since: Instant) -> Vec<String> {
    let mut heard = Vec::new();
    loop {
        match client.line(CUT.saturating_sub(since.elapsed())) {
            Heard::Line(line) => heard.push(line),
            Heard::End => return heard,
            Heard::Silence => panic!("still there after {:?}: {heard:?}", since.elapsed()),
        }
    }
}

fn says_bye(lines: &[String]) -> bool {
    lines.last().is_some_and(|line| line.starts_with("* BYE Quyền đăng nhập đã thay đổi"))
}

/// Sends a message and gives the code of the first refusal, or of its acceptance.
fn send(client: &mut Client, from: &str, to: &str, message: &str) -> (u16, String) {
    for line in [format!("MAIL FROM:<{from}>"), format!("RCPT TO:<{to}>"), "DATA".to_owned()] {
        client.say(&line);
        let (code, text) = client.reply();
        if code >= 400 {
            client.ask("RSET");
            return (code, text);
        }
    }
    client.send(format!("{message}\r\n.\r\n").as_bytes());
    client.reply()
}

/// Who sends for a unit is named beside it, and the unit finds in its own folder what was sent in its name.
#[test]
fn r19_what_is_sent_for_a_unit_names_the_person_and_is_in_its_sent_folder() {
    let office = Office::open();
    let unit = address(UNIT).to_string();
    let person = &office.binh.address;
    let mut smtp = office.submission(&office.binh);
    let mut say = |from: &str, header: &str| send(&mut smtp, from, &office.dao.address, header).0;
    assert_eq!(say(&unit, &format!("From: Phòng <{unit}>\r\nSubject: one\r\n")), 250);
    // Its writer may still be the person in the envelope, and the program may name the sender itself.
    assert_eq!(say(person, &format!("From: {unit}\r\nSender: {person}\r\nSubject: two\r\n")), 250);
    assert_eq!(say(&unit, &format!("From: {unit}\r\nSender: {unit}\r\nSubject: nobody\r\n")), 550);
    assert_eq!(say(person, &format!("From: {person}\r\nSubject: own\r\n")), 250);
    let mut shared = office.opened(&office.binh, UNIT);
    assert_eq!(subjects(&mut shared, "Sent"), ["one", "two"]);
    let sent = shared.ok("FETCH 1:2 (FLAGS BODY.PEEK[HEADER.FIELDS (SENDER)])").concat();
    assert_eq!(sent.matches("\\Seen").count(), 2, "{sent}");
    assert_eq!(sent.matches(&format!("{person}>")).count(), 1, "{sent}");
    assert_eq!(sent.matches("Sender: ").count(), 2, "{sent}");
    let mut own = office.opened(&office.binh, "binhdx");
    assert_eq!(subjects(&mut own, "Sent"), [""; 0]);
    let mut reader = office.opened(&office.dao, "daont");
    assert_eq!(subjects(&mut reader, "INBOX").split_off(1), ["one", "two", "own"]);
    let got = reader.ok("FETCH 2:4 BODY.PEEK[HEADER.FIELDS (SENDER)]").concat();
    assert_eq!(got.matches("Sender: ").count(), 2, "{got}");
}

/// Sessions of one person in every state that a session may be in.
struct Sessions {
    idle: Client,
    fetching: Client,
    literal: Client,
    data: Client,
    quiet: Client,
    page: Browser,
}

impl Sessions {
    fn open(office: &Office, who: &Person) -> Self {
        let mut idle = office.daemon.imap_as(who);
        idle.ok("SELECT INBOX");
        idle.say("i IDLE");
        idle.until("+");
        let mut fetching = office.imap();
        log_in_imap(&mut fetching, who);
        let message = format!("Subject: large\r\n\r\n{}", "0123456789abcdef\r\n".repeat(60_000));
        for _ in 0..30 {
            assert!(fetching.append("Archive", "", message.as_bytes()).starts_with("t OK"));
        }
        fetching.ok("SELECT Archive");
        fetching.say("f FETCH 1:* BODY.PEEK[]");
        assert!(matches!(fetching.line(CUT), Heard::Line(_)));
        let mut literal = office.imap();
        log_in_imap(&mut literal, who);
        literal.say("l APPEND INBOX {100000+}");
        literal.send(b"Subject: half");
        let mut data = office.submission(who);
        assert_eq!(data.ask(&format!("MAIL FROM:<{}>", who.address)), 250);
        assert_eq!(data.ask(&format!("RCPT TO:<{}>", office.binh.address)), 250);
        assert_eq!(data.ask("DATA"), 354);
        data.send(b"Subject: half\r\n\r\n");
        let quiet = office.submission(who);
        let mut page = Browser::of(&office.daemon, who, PASSWORD);
        assert_eq!(page.get("/").status, 200);
        Self { idle, fetching, literal, data, quiet, page }
    }

    /// All of them end in time, none with what it was doing done.
    fn are_cut(&mut self, since: Instant) {
        assert!(says_bye(&cut(&mut self.idle, since)));
        assert!(says_bye(&cut(&mut self.literal, since)));
        for client in [&mut self.data, &mut self.quiet] {
            let last = cut(client, since);
            assert!(last.last().is_some_and(|line| line.starts_with("421 4.7.0")), "{last:?}");
        }
        let fetched = cut(&mut self.fetching, since);
        assert!(!fetched.iter().any(|line| line.starts_with("f OK")), "all of it was sent");
        assert_eq!(self.page.get("/").header("location"), Some("/sign-in"));
    }
}

/// Nobody logs in with this password any more, in any protocol.
fn shut_out(office: &Office, who: &Person) {
    let mut imap = office.imap();
    let said = imap.command(&format!("LOGIN {} {PASSWORD}", who.address));
    assert!(said.last().unwrap().starts_with("t NO [AUTHENTICATIONFAILED]"), "{said:?}");
    let mut smtp = office.daemon.connect("submission");
    smtp.reply();
    smtp.ask("EHLO c");
    assert_eq!(smtp.ask(&format!("AUTH PLAIN {}", plain("", &who.address))), 535);
}

fn depart(who: &Person, handover_to: Option<&Person>, treatment: Option<Treatment>) -> Vec<Act> {
    vec![Act::Depart(Depart {
        who: who.address.clone(),
        reason: DepartReason::Resign,
        handover_to: handover_to.map(|to| to.address.clone()),
        grace: None,
        treatment,
    })]
}

#[test]
fn r9_f31_who_is_suspended_is_out_of_everything_in_five_seconds() {
    let office = Office::open();
    let before = office.messages(&office.binh, "INBOX");
    let mut sessions = Sessions::open(&office, &office.dao);
    office.daemon.suspend(&office.dao);
    sessions.are_cut(Instant::now());
    shut_out(&office, &office.dao);
    assert_eq!(office.messages(&office.binh, "INBOX"), before, "half a message was delivered");
    assert!(office.audited().iter().any(|entry| entry.starts_with("staff.suspend staff:")), "{:?}", office.audited());
}

#[test]
fn f31_who_departs_is_out_of_everything_in_five_seconds() {
    let office = Office::open();
    let mut sessions = Sessions::open(&office, &office.dao);
    office.daemon.decide(depart(&office.dao, None, None)).unwrap();
    sessions.are_cut(Instant::now());
    shut_out(&office, &office.dao);
    assert!(office.audited().iter().any(|entry| entry.starts_with("staff.depart staff:")));
}

#[test]
fn f32_a_new_password_ends_every_session_of_the_old_one() {
    let office = Office::open();
    let mut sessions = Sessions::open(&office, &office.dao);
    office.daemon.set_password(&office.dao.address, "mot-mat-khau-khac-7");
    sessions.are_cut(Instant::now());
    shut_out(&office, &office.dao);
    let mut imap = office.imap();
    imap.ok(&format!("LOGIN {} mot-mat-khau-khac-7", office.dao.address));
}

#[test]
fn r14_b82_who_is_transferred_keeps_the_mailbox_and_leaves_that_of_the_unit() {
    let office = Office::open();
    office.delegate(&office.dao, "read,process,send", None);
    let mut own = office.daemon.imap_as(&office.dao);
    let mut unit = office.opened(&office.dao, UNIT);
    unit.ok("SELECT INBOX");
    unit.say("i IDLE");
    unit.until("+");
    let mut smtp = office.submission(&office.dao);
    assert_eq!(send(&mut smtp, &address(UNIT).to_string(), &office.binh.address, "Subject: as the unit\r\n").0, 250);
    let transfer = Transfer { who: office.dao.address.clone(), to: OTHER.into(), position: None, handover_to: None };
    office.daemon.decide(vec![Act::Transfer(transfer)]).unwrap();
    assert!(says_bye(&cut(&mut unit, Instant::now())));
    // B82: at once, in a session that goes on.
    let (code, text) = send(&mut smtp, &address(UNIT).to_string(), &office.binh.address, "Subject: too late\r\n");
    assert_eq!((code, text.get(..9)), (553, Some("553 5.7.1")), "{text}");
    assert_eq!(send(&mut smtp, &office.dao.address, &office.binh.address, "Subject: as myself\r\n").0, 250);
    own.ok("SELECT INBOX");
    let subjects = office.messages(&office.binh, "INBOX");
    assert!(subjects.ends_with(&["as the unit".into(), "as myself".into()]), "{subjects:?}");
}

#[test]
fn r19_r23_a_delegate_does_what_was_delegated_and_no_more() {
    let office = Office::open();
    let van_phong = address(UNIT).to_string();
    for who in [&office.dao, &office.binh] {
        office
            .daemon
            .deliver(&Person { address: van_phong.clone() }, format!("Subject: to {}\r\n\r\n", who.local()).as_bytes());
    }
    let refused = |office: &Office| {
        let mut client = office.imap();
        let said = client.command(&format!("AUTHENTICATE PLAIN {}", plain(&van_phong, &office.dao.address)));
        assert!(said.last().unwrap().starts_with("t NO [AUTHORIZATIONFAILED]"), "{said:?}");
    };
    refused(&office);
    office.delegate(&office.dao, "read", None);
    let mut reader = office.opened(&office.dao, UNIT);
    assert_eq!(subjects(&mut reader, "INBOX").len(), 2);
    assert!(reader.ok("SELECT INBOX").last().unwrap().contains("[READ-ONLY]"));
    reader.ok("FETCH 1 BODY[]");
    for command in [
        "STORE 1 +FLAGS (\\Seen)",
        "COPY 1 Archive",
        "MOVE 1 Archive",
        "EXPUNGE",
        "CREATE x",
        "DELETE Archive",
        "RENAME Archive x",
        "SUBSCRIBE x",
        "UNSUBSCRIBE Archive",
    ] {
        let said = reader.command(command);
        assert!(said.last().unwrap().starts_with("t NO [NOPERM]"), "{command}: {said:?}");
    }
    assert!(reader.append("INBOX", "", b"Subject: x\r\n\r\n").starts_with("t NO [NOPERM]"));
    // The head sees that nothing was marked as read.
    let mut head = office.opened(&office.binh, UNIT);
    assert!(head.ok("SELECT INBOX").last().unwrap().contains("[READ-WRITE]"));
    let flags = head.ok("FETCH 1 FLAGS");
    assert!(!flags[0].contains("Seen"), "{flags:?}");
    // Reading is no leave to send.
    let mut smtp = office.submission(&office.dao);
    assert_eq!(send(&mut smtp, &van_phong, &office.binh.address, "Subject: x\r\n").0, 553);
    let more = Act::Delegate(Delegate {
        mailbox: address(UNIT),
        to: office.dao.address.clone(),
        rights: "read,process,send".parse().unwrap(),
        from: None,
        until: None,
    });
    office.daemon.act(vec![more]);
    assert_eq!(send(&mut smtp, &van_phong, &office.binh.address, "Subject: x\r\n").0, 250);
    let mut writer = office.opened(&office.dao, UNIT);
    writer.ok("SELECT INBOX");
    writer.ok("STORE 1 +FLAGS (\\Seen)");
    office.daemon.act(vec![Act::Revoke { mailbox: address(UNIT), from: office.dao.address.clone() }]);
    let since = Instant::now();
    assert!(says_bye(&cut(&mut writer, since)) && says_bye(&cut(&mut reader, since)));
    refused(&office);
    assert_eq!(send(&mut smtp, &van_phong, &office.binh.address, "Subject: x\r\n").0, 553);
}

#[test]
fn r23_what_is_delegated_until_a_day_ends_with_it() {
    let office = Office::open();
    office.delegate(&office.dao, "read,send", Some(date(2026, 11, 24)));
    let mut reader = office.opened(&office.dao, UNIT);
    reader.ok("SELECT INBOX");
    reader.say("i IDLE");
    reader.until("+");
    let mut own = office.daemon.imap_as(&office.dao);
    office.pass(jiff::SignedDuration::from_hours(13));
    reader.send(b"");
    assert!(matches!(reader.line(Duration::from_secs(3)), Heard::Silence), "still the same day");
    office.pass(jiff::SignedDuration::from_hours(1));
    assert!(says_bye(&cut(&mut reader, Instant::now())));
    own.ok("NOOP");
    let mut smtp = office.submission(&office.dao);
    assert_eq!(send(&mut smtp, &address(UNIT).to_string(), &office.binh.address, "Subject: x\r\n").0, 553);
}

/// The same in the unit's folders below one's own mailbox: whoever is in one is out of it, by the day, by the steward's
/// SETACL and by a transfer, and the sessions that are elsewhere go on without.
#[test]
fn r23_rights_in_the_units_folders_end_at_once() {
    const INBOX: &str = "\"Đơn vị/Văn phòng/INBOX\"";
    const SHARED: &str = "\"Dùng chung/Văn phòng/Xin\"";
    let office = Office::open();
    let session = |who: &Person, folder: &str| {
        let mut client = office.daemon.imap_as(who);
        client.ok("ENABLE IMAP4rev2");
        client.ok(&format!("SELECT {folder}"));
        client
    };
    let idle = |mut client: Client| {
        client.say("i IDLE");
        client.until("+");
        client
    };
    office.delegate(&office.dao, "read", Some(date(2026, 11, 24)));
    let (mut idling, mut quiet) = (idle(session(&office.dao, INBOX)), session(&office.dao, INBOX));
    let mut own = session(&office.dao, "INBOX");
    own.ok(&format!("STATUS {INBOX} (MESSAGES)"));
    office.pass(jiff::SignedDuration::from_hours(14));
    let since = Instant::now();
    assert!(says_bye(&cut(&mut idling, since)) && says_bye(&cut(&mut quiet, since)));
    let refused = own.command(&format!("STATUS {INBOX} (MESSAGES)"));
    assert!(refused[0].starts_with("t NO [NONEXISTENT]"), "{refused:?}");
    // What the steward gave on one folder, and takes away.
    let mut steward = session(&office.binh, "INBOX");
    steward.ok(&format!("CREATE {SHARED}"));
    steward.ok(&format!("SETACL {INBOX} {} lr", office.dao.address));
    let mut idling = idle(session(&office.dao, INBOX));
    own.ok(&format!("STATUS {INBOX} (MESSAGES)"));
    steward.ok(&format!("SETACL {INBOX} {} -r", office.dao.address));
    assert!(says_bye(&cut(&mut idling, Instant::now())));
    let refused = own.command(&format!("STATUS {INBOX} (MESSAGES)"));
    assert!(refused[0].starts_with("t NO [NOPERM]"), "{refused:?}");
    steward.ok(&format!("DELETEACL {INBOX} {}", office.dao.address));
    let refused = own.command(&format!("STATUS {INBOX} (MESSAGES)"));
    assert!(refused[0].starts_with("t NO [NONEXISTENT]"), "{refused:?}");
    // What the unit's people may do ends with being one of them; what everybody may does not.
    steward.ok(&format!("SETACL {SHARED} unit={UNIT} swte"));
    let mut member = session(&office.dao, SHARED);
    assert!(member.append(SHARED, "", b"Subject: x\r\n\r\n").starts_with("t OK"));
    member.ok("STORE 1 +FLAGS (\\Deleted)");
    let mut reading = idle(session(&office.dao, SHARED));
    let transfer = Transfer { who: office.dao.address.clone(), to: OTHER.into(), position: None, handover_to: None };
    office.daemon.decide(vec![Act::Transfer(transfer)]).unwrap();
    for command in ["EXPUNGE", "STORE 1 -FLAGS (\\Deleted)", &format!("COPY 1 {SHARED}")] {
        let refused = member.command(command);
        assert!(refused.last().unwrap().starts_with("t NO [NOPERM]"), "{command}: {refused:?}");
    }
    assert!(member.append(SHARED, "", b"Subject: x\r\n\r\n").starts_with("t NO [NOPERM]"));
    member.ok("FETCH 1 (FLAGS BODY[])");
    reading.say("DONE");
    assert!(reading.until("i ").last().unwrap().starts_with("i OK"));
}

#[test]
fn r24_a_new_head_is_in_and_the_former_one_out() {
    let office = Office::open();
    let mut former = office.opened(&office.binh, UNIT);
    former.ok("SELECT INBOX");
    office.daemon.decide(vec![Act::AppointHead { code: UNIT.into(), who: office.dao.address.clone() }]).unwrap();
    assert!(says_bye(&cut(&mut former, Instant::now())));
    office.opened(&office.dao, UNIT).ok("SELECT INBOX");
    office.daemon.imap_as(&office.binh).ok("SELECT INBOX");
}

/// R20: for a reason, for some minutes, reading only, told to the owner, and in the audit.
#[test]
fn r20_an_administrator_reads_for_some_minutes_and_the_owner_is_told() {
    let office = Office::open();
    office.daemon.deliver(&office.dao, b"Subject: private\r\n\r\n");
    let opening = OpenMailbox {
        mailbox: Address::parse(&office.dao.address).unwrap(),
        reason: Label::parse("Xử lý sự cố").unwrap(),
        minutes: 30,
    };
    let done = office.daemon.act(vec![Act::OpenMailbox(opening)]);
    let password = done.acts[0].slip.as_ref().unwrap().password.expose().to_owned();
    let mut reader = office.imap();
    reader.ok(&format!("LOGIN {} {password}", office.dao.address));
    assert!(reader.ok("SELECT INBOX").last().unwrap().contains("[READ-ONLY]"));
    let number = reader.ok("SEARCH SUBJECT private")[0].split(' ').next_back().unwrap().to_owned();
    reader.ok(&format!("FETCH {number} BODY[]"));
    assert!(reader.command(&format!("STORE {number} +FLAGS (\\Seen)")).last().unwrap().starts_with("t NO [NOPERM]"));
    assert!(reader.append("INBOX", "", b"Subject: x\r\n\r\n").starts_with("t NO [NOPERM]"));
    let mut smtp = office.daemon.connect("submission");
    smtp.reply();
    smtp.ask("EHLO c");
    let login = data_encoding::BASE64.encode(format!("\0{}\0{password}", office.dao.address).as_bytes());
    assert_eq!(smtp.ask(&format!("AUTH PLAIN {login}")), 535);
    assert_eq!(Browser::at(&office.daemon).sign_in(&office.dao.address, &password).status, 403);
    let mut owner = office.daemon.imap_as(&office.dao);
    owner.ok("SELECT INBOX");
    assert!(!owner.ok(&format!("FETCH {number} FLAGS"))[0].contains("Seen"));
    let told = owner.ok("SEARCH BODY \"ly do: xu ly su co\"");
    assert!(told[0].len() > "* SEARCH".len(), "the owner was not told: {told:?}");
    reader.say("i IDLE");
    reader.until("+");
    office.pass(jiff::SignedDuration::from_mins(30));
    assert!(says_bye(&cut(&mut reader, Instant::now())));
    let said = office.imap().command(&format!("LOGIN {} {password}", office.dao.address));
    assert!(said.last().unwrap().starts_with("t NO [AUTHENTICATIONFAILED]"), "{said:?}");
    owner.ok("NOOP");
    assert!(office.audited().iter().any(|entry| entry.starts_with("mailbox.open")), "{:?}", office.audited());
}

/// A unit's mailbox has no password; one that was opened is entered by its own address.
#[test]
fn r20_a_units_mailbox_is_opened_by_its_address() {
    let office = Office::open();
    let unit = address(UNIT);
    let opening = OpenMailbox { mailbox: unit.clone(), reason: Label::parse("Kiểm tra").unwrap(), minutes: 5 };
    let done = office.daemon.act(vec![Act::OpenMailbox(opening)]);
    let password = done.acts[0].slip.as_ref().unwrap().password.expose().to_owned();
    let mut reader = office.imap();
    reader.ok(&format!("LOGIN {unit} {password}"));
    assert!(reader.ok("SELECT INBOX").last().unwrap().contains("[READ-ONLY]"));
    let own = data_encoding::BASE64.encode(format!("{}\0{unit}\0{password}", office.dao.address).as_bytes());
    let said = office.imap().command(&format!("AUTHENTICATE PLAIN {own}"));
    assert!(said.last().unwrap().starts_with("t NO ["), "{said:?}");
}

/// B94: whoever answers for a mailbox leaves when that is handed over, and not before.
#[test]
fn b94_a_steward_departs_by_an_explicit_handover_only() {
    let office = Office::open();
    let mut head = office.opened(&office.binh, UNIT);
    let refused = office.daemon.decide(depart(&office.binh, None, None)).unwrap_err();
    assert!(refused.to_string().contains("van-phong"), "{refused}");
    head.ok("SELECT INBOX");
    office.daemon.decide(depart(&office.binh, Some(&office.dao), None)).unwrap();
    assert!(says_bye(&cut(&mut head, Instant::now())));
    office.opened(&office.dao, UNIT).ok("SELECT INBOX");
    shut_out(&office, &office.binh);
}

/// R15: whoever writes from here is told once a day who took over, and the mail is kept; others hear at once.
#[test]
fn r15_mail_to_who_left_is_answered_forwarded_or_refused() {
    let office = Office::open();
    let successor = Address::parse(&office.binh.address).unwrap();
    let hue = office.daemon.hire("Đặng Thị Huế");
    let mut smtp = office.submission(&hue);
    office.daemon.decide(depart(&office.dao, None, Some(Treatment::Reply(Some(successor))))).unwrap();
    let kept = |office: &Office| {
        let here = office.daemon.running().installation();
        let mailbox = here.directory.snapshot().holder(&Address::parse(&office.dao.address).unwrap()).unwrap().id;
        let inbox = FolderName::inbox();
        office.daemon.wait(here.store.folder(mailbox, &inbox)).unwrap().counters.messages
    };
    let before = kept(&office);
    let told = |office: &Office| {
        let heard = office.messages(&hue, "INBOX");
        heard.iter().filter(|subject| subject.contains("Auto:")).count()
    };
    for _ in 0..2 {
        let message = "Subject: Hop\r\nMessage-ID: <hop.1@x.vn>\r\n";
        assert_eq!(send(&mut smtp, &hue.address, &office.dao.address, message).0, 250);
        // Whoever was told stays told when the configuration is read again.
        let file = office.daemon.data_dir().join("hopthu.toml");
        office.daemon.wait(office.daemon.running().reload(&file)).unwrap();
        smtp = office.submission(&hue);
    }
    assert_eq!((kept(&office) - before, told(&office)), (2, 1));
    let mut reader = office.daemon.imap_as(&hue);
    reader.ok("SELECT INBOX");
    let text = reader.ok("FETCH * BODY.PEEK[]").join("\n");
    for part in ["Return-Path: <>", "Auto-Submitted: auto-replied", "In-Reply-To: <hop.1@x.vn>"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let found = reader.ok(&format!("SEARCH BODY \"Please write to {}\"", office.binh.address));
    assert!(found[0].len() > "* SEARCH".len(), "{found:?}");
    for automatic in ["Auto-Submitted: auto-generated\r\n", "Precedence: bulk\r\n", "List-Id: <x.y>\r\n"] {
        office.pass(jiff::SignedDuration::from_hours(25));
        assert_eq!(send(&mut smtp, &hue.address, &office.dao.address, automatic).0, 250);
    }
    assert_eq!(send(&mut smtp, "", &office.dao.address, "Subject: a receipt\r\n").0, 250);
    assert_eq!((kept(&office) - before, told(&office)), (6, 1));
    assert_eq!(send(&mut smtp, &hue.address, &office.dao.address, "Subject: again\r\n").0, 250);
    assert_eq!(told(&office), 2);
    let mut stranger = office.daemon.connect("smtp");
    stranger.reply();
    stranger.ask("EHLO ngoai.example.vn");
    let (code, text) = send(&mut stranger, "ngoai@example.vn", &office.dao.address, "Subject: x\r\n");
    assert!(code == 551 && text.contains("5.1.6") && text.contains(&office.binh.address), "{text}");
    assert_eq!(kept(&office) - before, 7);

    // When its grace is over the mailbox is archived: what would come after that is refused.
    assert_eq!(smtp.ask(&format!("MAIL FROM:<{}>", hue.address)), 250);
    assert_eq!(smtp.ask(&format!("RCPT TO:<{}>", office.dao.address)), 250);
    assert_eq!(smtp.ask("DATA"), 354);
    let here = office.daemon.running().installation();
    let until = here.directory.snapshot().holder(&Address::parse(&office.dao.address).unwrap()).unwrap().grace.clone();
    office.clock.set(zone().to_timestamp(until.unwrap().until.at(0, 0, 0, 0)).unwrap());
    smtp.send(b"Subject: too late\r\n\r\n.\r\n");
    assert!(matches!(smtp.reply().0, 450 | 451), "for now; the next answer is for good");
    let (code, text) = send(&mut smtp, &hue.address, &office.dao.address, "Subject: too late\r\n");
    assert!(matches!(code, 550 | 551), "{text}");

    // Nobody speaks for whoever left, though their mail comes in.
    office
        .daemon
        .decide(depart(&hue, None, Some(Treatment::Forward(Address::parse(&office.binh.address).unwrap()))))
        .unwrap();
    let mut binh = office.submission(&office.binh);
    assert_eq!(send(&mut binh, &office.binh.address, &hue.address, "Subject: forwarded\r\n").0, 250);
    assert_eq!(office.messages(&office.binh, "INBOX").last().map(String::as_str), Some("forwarded"));
    assert_eq!(send(&mut binh, &hue.address, &office.binh.address, "Subject: x\r\n").0, 553);

    let an = office.daemon.hire("Lê Văn An");
    office.daemon.decide(depart(&an, None, Some(Treatment::Refuse))).unwrap();
    for client in [&mut binh, &mut stranger] {
        let from = if client.ask("NOOP") == 250 { "" } else { "x" };
        let (code, text) = send(client, from, &an.address, "Subject: x\r\n");
        assert!(code == 550 && text.contains("5.1.6"), "{text}");
    }
}

/// R15: a message that was taken in the last moment of the grace is in the archive, whatever held up its commit (I9).
#[test]
fn r15_mail_that_comes_in_behind_the_archive_is_archived_too() {
    let office = Office::open();
    // Archives go where the configuration says now.
    let file = office.daemon.data_dir().join("hopthu.toml");
    let text = std::fs::read_to_string(&file).unwrap() + "[departure]\narchive = \"kept\"\n";
    std::fs::write(&file, text).unwrap();
    office.daemon.wait(office.daemon.running().reload(&file)).unwrap();
    office.daemon.decide(depart(&office.dao, None, Some(Treatment::Reply(None)))).unwrap();
    let here = office.daemon.running().installation();
    let closed = here.directory.snapshot().holder(&Address::parse(&office.dao.address).unwrap()).unwrap().clone();
    let mut smtp = office.submission(&office.binh);
    assert_eq!(smtp.ask(&format!("MAIL FROM:<{}>", office.binh.address)), 250);
    assert_eq!(smtp.ask(&format!("RCPT TO:<{}>", office.dao.address)), 250);
    assert_eq!(smtp.ask("DATA"), 354);
    // The writer is busy with something long while the message comes, the day ends, and the archive is written.
    let (go, gone) = tokio::sync::oneshot::channel::<()>();
    let db = here.db.clone();
    let long = async move { db.write(move |_| Box::pin(async move { Ok::<_, DbError>(gone.await) })).await };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let long = std::thread::spawn(move || runtime.block_on(long));
    smtp.send(b"Subject: last moment\r\n\r\n.\r\n");
    std::thread::sleep(Duration::from_secs(1));
    office.clock.set(zone().to_timestamp(closed.grace.as_ref().unwrap().until.at(0, 0, 0, 0)).unwrap());
    let archive = office.daemon.data_dir().join(format!("kept/{}-{}", office.dao.address, closed.id));
    eventually("an archive", || archive.exists());
    go.send(()).unwrap();
    let (code, text) = smtp.reply();
    assert_eq!(code, 250, "{text}");
    long.join().unwrap().unwrap().unwrap();
    eventually("the end of the mailbox", || {
        let snapshot = here.directory.snapshot();
        snapshot.mailbox(closed.id).is_some_and(|mailbox| mailbox.state == MailboxState::Removed)
    });
    let kept = std::fs::read_dir(archive.join("cur")).unwrap().map(|file| std::fs::read(file.unwrap().path()).unwrap());
    let kept: Vec<String> = kept.map(|text| String::from_utf8(text).unwrap()).collect();
    assert_eq!(kept.iter().filter(|text| text.contains("Subject: last moment")).count(), 1, "{kept:?}");
}

fn eventually(what: &str, holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(30), "{what} did not come");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// R10: whoever has a first password reads, is told once where to change it, and sends nothing.
#[test]
fn r10_a_first_password_is_told_of_once_per_session() {
    let office = Office::open();
    let done = office.daemon.decide(vec![Act::Hire(newcomer("Lê Văn An", FirstPassword::ToBeChanged))]).unwrap();
    let slip = done.acts[0].slip.as_ref().unwrap();
    let mut client = office.daemon.connect("imaps");
    client.expect_line();
    client.ok(&format!("LOGIN {} {}", slip.address, slip.password.expose()));
    let page = format!("https://mail.{DOMAIN}:{}/", office.daemon.address("https").port());
    let alert = client.expect_line();
    assert!(alert.starts_with("* OK [ALERT] ") && alert.contains(&page), "{alert}");
    let lines = [client.ok("SELECT INBOX"), client.ok("NOOP"), client.ok("FETCH 1 BODY[]")].concat();
    assert!(lines.iter().all(|line| !line.contains("ALERT")), "{lines:?}");
    let mut smtp = office.daemon.connect("submissions");
    smtp.reply();
    smtp.ask("EHLO c");
    let login = data_encoding::BASE64.encode(format!("\0{}\0{}", slip.address, slip.password.expose()).as_bytes());
    assert_eq!(smtp.ask(&format!("AUTH PLAIN {login}")), 235);
    smtp.say(&format!("MAIL FROM:<{}>", slip.address));
    let (code, text) = smtp.reply();
    assert!(code == 550 && text.contains(&page), "{text}");
}

/// A unit that is merged: its mail is with the other, its sessions end, and what was on its way comes again.
#[test]
fn r14_a_merged_units_mail_is_with_the_other() {
    let office = Office::open();
    let hue = office.daemon.hire("Đặng Thị Huế");
    office.daemon.decide(vec![Act::AppointHead { code: OTHER.into(), who: hue.address.clone() }]).unwrap();
    let other = Person { address: address(OTHER).to_string() };
    office.daemon.deliver(&other, b"Subject: before\r\n\r\n");
    let mut head = office.opened(&hue, OTHER);
    head.ok("SELECT INBOX");
    head.ok("STORE 1 +FLAGS (\\Flagged $Label1)");
    head.say("i IDLE");
    head.until("+");
    let mut relay = office.daemon.connect("smtp");
    relay.reply();
    relay.ask("EHLO ngoai.example.vn");
    relay.ask("MAIL FROM:<ngoai@example.vn>");
    assert_eq!(relay.ask(&format!("RCPT TO:<{}>", other.address)), 250);
    office.daemon.decide(vec![Act::MergeUnit { code: OTHER.into(), into: UNIT.into() }]).unwrap();
    assert!(says_bye(&cut(&mut head, Instant::now())));
    assert_eq!(relay.ask("DATA"), 354);
    relay.send(b"Subject: on its way\r\n\r\n.\r\n");
    assert_eq!(relay.reply().0, 451, "refused for now: the sender keeps it");
    assert_eq!(send(&mut relay, "ngoai@example.vn", &other.address, "Subject: on its way\r\n").0, 250);
    let mut binh = office.opened(&office.binh, UNIT);
    assert_eq!(subjects(&mut binh, "INBOX"), ["on its way"]);
    binh.ok("ENABLE IMAP4rev2");
    assert_eq!(subjects(&mut binh, "\"Phòng Tổ chức/INBOX\""), ["before"]);
    let flags = binh.ok("FETCH 1 FLAGS");
    assert!(flags[0].contains("\\Flagged") && flags[0].contains("$Label1"), "{flags:?}");
}

/// R21: whoever sends too much is held back, and the Office sees it.
#[test]
fn r21_a_burst_is_an_alarm() {
    let settings = Settings::default().with("mail.hourly_limit", "3").with("server.language", "\"en\"");
    let daemon = Daemon::start(&settings);
    let who = daemon.person("daont").unwrap();
    let mut client = daemon.connect("submissions");
    client.reply();
    log_in_smtp(&mut client, &who);
    let answers: Vec<_> = (0..6).map(|_| send(&mut client, &who.address, &who.address, "Subject: x\r\n").0).collect();
    assert_eq!(answers, [250; 6], "what goes beyond is held");
    let status = daemon.command(&["status", "--json"]);
    let status: serde_json::Value = serde_json::from_slice(&status.stdout).unwrap();
    let alarms = status["alarms"].as_array().unwrap();
    assert_eq!(status["queue"]["held"], 3, "{status}");
    let alarm = alarms.iter().find(|alarm| alarm["code"] == "mail_burst").unwrap_or_else(|| panic!("{status}"));
    assert!(alarm["message"].as_str().unwrap().contains(&who.address), "{alarm}");
}
