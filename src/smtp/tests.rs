//! The door with everything behind it: what needs memory to be short, or a right to end at a certain moment.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::{Door, Kind, Services, Settings};
use crate::access::{self, Access, Allowance, Origin, Rules};
use crate::address::Address;
use crate::audit;
use crate::clock::Clock;
use crate::credential::{Hasher, Policy};
use crate::db::Db;
use crate::delivery::Delivery;
use crate::directory::{Decision, DecisionKind, Directory, Place, Reach, UnitKind};
use crate::limits;
use crate::metrics::Metrics;
use crate::milter::Filters;
use crate::name::{Label, LocalPart, NameRule, PersonName};
use crate::net::{Tls, tls};
use crate::network::Network;
use crate::provisioning::{
    self, Act, ClientSettings, CreateUnit, Endpoint, FirstPassword, FoundDepartment, Hire, Order, Provisioning,
    Registration,
};
use crate::queue::{self, HeldFor, Queue, Selection, Terms};
use crate::store::{FolderName, Store};

struct Office {
    services: Arc<Services>,
    provisioning: Provisioning,
    store: Store,
    address: SocketAddr,
    drain: CancellationToken,
    /// Of `binhdx@x.vn`.
    password: String,
    _dir: tempfile::TempDir,
}

impl Office {
    /// A department with one person, and one door with `kibibytes` for messages on their way in.
    async fn open(kind: Kind, kibibytes: usize) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(&dir.path().join("mail.db")).await.unwrap();
        let clock = Clock::standing(Timestamp::now(), TimeZone::UTC);
        let store = Store::open(db.clone(), clock.clone()).await.unwrap();
        let domains = crate::directory::Department::of("x.vn");
        let directory = Directory::open(&db, domains).await.unwrap();
        let hasher = Hasher::new();
        let provisioning = Provisioning {
            db: db.clone(),
            directory: directory.clone(),
            store: store.clone(),
            hasher: hasher.clone(),
            clock: clock.clone(),
            settings: Arc::new(rules()),
        };
        let password = found(&provisioning).await;
        let queue = Queue::new(terms());
        let tls = Arc::new(certificate(dir.path()));
        let services = Arc::new(Services {
            access: Access::new(&db, &directory, &hasher, &clock, Rules::default()).unwrap(),
            keys: crate::authentic::Keys::default(),
            verifier: Arc::new(crate::authentic::Verifier::off(
                "mail.x.vn".into(),
                crate::authentic::Policy::default(),
            )),
            delivery: Delivery::new(db.clone(), store.clone(), directory.clone(), queue, clock.clone()),
            provisioning: provisioning.clone(),
            directory,
            tls: Arc::clone(&tls),
            tls_of_servers: tls,
            devices: super::Devices::default(),
            clock,
            metrics: Metrics::default(),
            in_flight: Arc::new(Semaphore::new(kibibytes)),
            filters: Filters::new(Arc::new(Semaphore::new(kibibytes))),
            settings: Settings {
                hostname: "mail.x.vn".into(),
                message_bytes_max: 1 << 20,
                recipients_max: 100,
                allowance: Allowance { hourly: 20, daily: 50, strangers: 10 },
                page: Some("https://mail.x.vn/".into()),
                plaintext_login_from: vec![Network::parse("127.0.0.0/8").unwrap()],
                trusted: Vec::new(),
                sends_out: Vec::new(),
                lists: Vec::new(),
                devices: Vec::new(),
                sender_trace: super::SenderTrace::Address,
            },
        });
        let drain = CancellationToken::new();
        let door = Arc::new(Door::new(Arc::clone(&services), kind, drain.clone()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((stream, peer)) = listener.accept().await {
                let door = Arc::clone(&door);
                tokio::spawn(async move { door.session(stream, peer).await });
            }
        });
        Self { services, provisioning, store, address, drain, password, _dir: dir }
    }

    async fn usage(&self) -> u64 {
        let address = Address::parse("binhdx@x.vn").unwrap();
        let mailbox = self.services.directory.snapshot().holder(&address).unwrap().id;
        self.store.usage(mailbox).await.unwrap()
    }

    async fn messages(&self) -> u32 {
        let address = Address::parse("binhdx@x.vn").unwrap();
        let mailbox = self.services.directory.snapshot().holder(&address).unwrap().id;
        self.store.folder(mailbox, &FolderName::inbox()).await.unwrap().counters.messages
    }

    /// What the audit says of bursts.
    async fn bursts(&self) -> Vec<audit::Listed> {
        let mut reader = self.provisioning.db.read().await.unwrap();
        let all = audit::list(&mut reader, &audit::Filter::default()).await.unwrap();
        all.into_iter().filter(|entry| entry.subject.starts_with("burst:")).collect()
    }

    /// What waits for the administrator.
    async fn held(&self) -> Vec<queue::Listed> {
        let selection = Selection { held: Some(true), ..Selection::default() };
        queue::list(&mut self.provisioning.db.read().await.unwrap(), &selection).await.unwrap()
    }

    /// Lets minutes pass.
    fn pass(&self, minutes: i64) {
        let clock = &self.services.clock;
        clock.set(clock.now() + jiff::SignedDuration::from_mins(minutes));
    }

    /// Hires somebody more; their password.
    async fn hire(&self, name: &str, first_password: FirstPassword) -> String {
        let order = hiring("2/QĐ-STP", vec![Act::Hire(newcomer(name, first_password))]);
        let done = self.provisioning.execute(order).await.unwrap();
        done.acts.into_iter().find_map(|act| act.slip).unwrap().password.expose().to_owned()
    }

    async fn client(&self) -> Client {
        let mut client = Client { stream: TcpStream::connect(self.address).await.unwrap(), heard: Vec::new() };
        client.expect("220").await;
        client.say("EHLO c\r\n", "250 ").await;
        client
    }

    /// A client that is logged in.
    async fn person(&self) -> Client {
        let mut client = self.client().await;
        let response = data_encoding::BASE64.encode(format!("\0binhdx@x.vn\0{}", self.password).as_bytes());
        client.say(&format!("AUTH PLAIN {response}\r\n"), "235").await;
        client
    }
}

fn terms() -> Terms {
    let (first, longest) = (limits::RELAY_RETRY_FIRST, limits::RELAY_RETRY_LONGEST);
    Terms { first, longest, warn_after: limits::RELAY_WARN_AFTER, give_up_after: limits::RELAY_GIVE_UP_AFTER }
}

fn rules() -> provisioning::Settings {
    let endpoint = |port| Endpoint { host: "mail.x.vn".into(), port };
    provisioning::Settings {
        organisation: "Sở Tư pháp".into(),
        name_rule: NameRule::parse("{given}{initials}").unwrap(),
        passwords: Policy { min_length: 10 },
        quota_bytes: 1 << 30,
        requests: provisioning::Requests::Optional,
        departure: provisioning::Departure::default(),
        work: crate::provisioning::items::Terms::default(),
        client: ClientSettings { imap: endpoint(993), submission: endpoint(465), page: None },
    }
}

fn certificate(dir: &Path) -> Tls {
    let (certificate, key) = (dir.join("tls.crt"), dir.join("tls.key"));
    tls::self_signed(&["mail.x.vn".into()], &certificate, &key).unwrap();
    Tls::load(&certificate, &key).unwrap()
}

/// The department and Đỗ Xuân Bình; his password.
async fn found(provisioning: &Provisioning) -> String {
    let department =
        FoundDepartment { address: LocalPart::parse("sotuphap").unwrap(), registration: Registration::None };
    let unit = CreateUnit {
        code: LocalPart::parse("van-phong").unwrap(),
        name: Label::parse("Văn phòng").unwrap(),
        kind: UnitKind::Office,
        place: Place::Lan,
        parent: None,
    };
    let hire = newcomer("Đỗ Xuân Bình", FirstPassword::MayStay);
    let acts = vec![Act::FoundDepartment(department), Act::CreateUnit(unit), Act::Hire(hire)];
    let order = hiring("1/QĐ-STP", acts);
    let done = provisioning.execute(order).await.unwrap();
    done.acts.into_iter().find_map(|act| act.slip).unwrap().password.expose().to_owned()
}

fn newcomer(name: &str, first_password: FirstPassword) -> Hire {
    Hire {
        name: PersonName::parse(name).unwrap(),
        unit: "van-phong".into(),
        position: None,
        staff_code: None,
        address: None,
        quota_bytes: None,
        reach: Reach::Province,
        registration: Registration::None,
        first_password,
    }
}

fn hiring(number: &str, acts: Vec<Act>) -> Order {
    let dated = jiff::civil::date(2026, 11, 2);
    let decision = Decision {
        number: Label::parse(number).unwrap(),
        dated,
        effective: dated,
        kind: DecisionKind("staff.hire".into()),
        issuer: None,
        approver: None,
        note: None,
    };
    Order::new("test", Some(decision), acts)
}

struct Client {
    stream: TcpStream,
    heard: Vec<u8>,
}

impl Client {
    /// Reads until a line begins with `start`; everything up to and with it.
    async fn expect(&mut self, start: &str) -> String {
        let reading = async {
            loop {
                let text = String::from_utf8_lossy(&self.heard).into_owned();
                if text.ends_with("\r\n") && text.lines().any(|line| line.starts_with(start)) {
                    self.heard.clear();
                    return text;
                }
                assert!(self.stream.read_buf(&mut self.heard).await.unwrap() > 0, "closed after {text:?}");
            }
        };
        tokio::time::timeout(Duration::from_secs(20), reading).await.unwrap_or_else(|_| panic!("no {start}"))
    }

    async fn say(&mut self, text: &str, answer: &str) -> String {
        self.stream.write_all(text.as_bytes()).await.unwrap();
        self.expect(answer).await
    }

    async fn is_closed(&mut self) {
        let mut rest = Vec::new();
        tokio::time::timeout(Duration::from_secs(20), self.stream.read_to_end(&mut rest)).await.unwrap().unwrap();
    }
}

const ENVELOPE: &str = "MAIL FROM:<a@y.vn>\r\nRCPT TO:<binhdx@x.vn>\r\nDATA\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn memory_for_messages_is_bounded_over_all_connections_and_given_back() {
    let office = Office::open(Kind::Relay, 256).await;
    let before = office.usage().await;
    let line = format!("{}\r\n", "x".repeat(998));
    let mut holder = office.client().await;
    holder.say(ENVELOPE, "354").await;
    holder.stream.write_all(format!("Subject: a\r\n\r\n{}", line.repeat(100)).as_bytes()).await.unwrap();
    while office.services.in_flight.available_permits() > 160 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let mut other = office.client().await;
    other.say(ENVELOPE, "354").await;
    other.say(&format!("Subject: b\r\n\r\n{}.\r\n", line.repeat(250)), "452 4.3.1").await;
    other.say("MAIL FROM:<a@y.vn> SIZE=260000\r\n", "452 4.3.1").await;
    holder.say(".\r\n", "250 2.0.0").await;
    assert_eq!(office.services.in_flight.available_permits(), 256);
    other.say(ENVELOPE, "354").await;
    other.say(&format!("Subject: b\r\n\r\n{}.\r\n", line.repeat(20)), "250 2.0.0").await;
    let stored = office.usage().await - before;
    assert!((120_000..125_000).contains(&stored), "{stored}");
}

#[tokio::test(flavor = "multi_thread")]
async fn chunks_that_wait_for_others_hold_memory_until_they_are_dropped() {
    let office = Office::open(Kind::Relay, 1024).await;
    let (chunk, size) = (format!("{}\r\n", "x".repeat(998)).repeat(100), 100_000);
    let envelope = ENVELOPE.replace("DATA\r\n", "");
    let mut one = office.client().await;
    one.say(&format!("{envelope}BDAT {size}\r\n{chunk}"), "250 2.0.0 Chunk").await;
    assert!(office.services.in_flight.available_permits() < 1024 - 97);
    one.say("RSET\r\n", "250 2.0.0 OK").await;
    assert_eq!(office.services.in_flight.available_permits(), 1024);
    // What another message leaves no room for is read, refused, and forgotten.
    let mut other = office.client().await;
    other.say(&format!("{envelope}BDAT {size}\r\n{chunk}BDAT {size}\r\n{chunk}"), "250 2.0.0 Chunk").await;
    one.say(&format!("{envelope}BDAT {size}\r\n{chunk}"), "250 2.0.0 Chunk").await;
    one.say(&format!("BDAT {}\r\n{}", 9 * size, chunk.repeat(9)), "452 4.3.1").await;
    one.say("BDAT 6 LAST\r\nQUIT\r\n", "503").await;
    drop(other);
    let given_back = async {
        while office.services.in_flight.available_permits() < 1024 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), given_back).await.unwrap();
    one.say(&format!("{envelope}BDAT 17 LAST\r\nSubject: a\r\n\r\nx\r\nNOOP\r\n"), "250 2.0.0 OK").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_that_ends_in_data_ends_the_session_and_stores_nothing() {
    let office = Office::open(Kind::Submission, 1024).await;
    let before = office.usage().await;
    let mut person = office.person().await;
    person.say("MAIL FROM:<binhdx@x.vn>\r\nRCPT TO:<binhdx@x.vn>\r\nDATA\r\n", "354").await;
    person.stream.write_all(b"From: binhdx@x.vn\r\n\r\nhello\r\n").await.unwrap();
    let acts = vec![Act::Suspend { who: "binhdx@x.vn".into() }];
    let order = Order::new("test", None, acts);
    office.provisioning.execute(order).await.unwrap();
    person.expect("421 4.7.0").await;
    person.is_closed().await;
    assert_eq!(office.usage().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drain_ends_idle_sessions_and_lets_a_message_finish() {
    let office = Office::open(Kind::Relay, 1024).await;
    let (mut idle, mut busy) = (office.client().await, office.client().await);
    busy.say(ENVELOPE, "354").await;
    office.drain.cancel();
    idle.expect("421 4.3.2").await;
    idle.is_closed().await;
    let said = busy.say("Subject: a\r\n\r\n.\r\n", "250 2.0.0").await;
    if !said.contains("421 4.3.2") {
        busy.expect("421 4.3.2").await;
    }
    busy.is_closed().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_submission_is_completed_and_delivered_to_oneself() {
    let office = Office::open(Kind::Submission, 1024).await;
    let before = office.usage().await;
    let mut person = office.person().await;
    person.say("MAIL FROM:<binhdx@x.vn>\r\nRCPT TO:<binhdx+a@x.vn>\r\nDATA\r\n", "354").await;
    person.say("hello\nthere\r\n.\r\nNOOP\r\n", "250 2.0.0 Accepted").await;
    assert!(office.usage().await > before);
    person.say("MAIL FROM:<boss@x.vn>\r\n", "553 5.7.1").await;
}

/// Says MAIL, RCPT to oneself so many times, and a small message; every reply.
async fn submit(person: &mut Client, recipients: usize) -> String {
    let mut said = person.say("MAIL FROM:<binhdx@x.vn>\r\nNOOP\r\n", "250 2.0.0 OK").await;
    for n in 0..recipients {
        said += &person.say(&format!("RCPT TO:<binhdx+{n}@x.vn>\r\nNOOP\r\n"), "250 2.0.0 OK").await;
    }
    if said.contains("250 2.1.5") {
        person.say("DATA\r\n", "354").await;
        said += &person.say("Subject: x\r\n\r\n.\r\nNOOP\r\n", "250 2.0.0 OK").await;
    } else {
        said += &person.say("RSET\r\n", "250 2.0.0 OK").await;
    }
    said
}

/// R21: of a burst all that was accepted is there, all else waits for the administrator, and nothing is lost.
#[tokio::test(flavor = "multi_thread")]
async fn r21_a_burst_is_held_and_told_of() {
    let office = Office::open(Kind::Submission, 1024).await;
    let access = &office.services.access;
    let before = office.messages().await;
    let mut person = office.person().await;
    for sent in 1..=4 {
        let said = submit(&mut person, 5).await;
        assert!(said.contains("250 2.0.0 Accepted"), "{said}");
        assert_eq!(office.messages().await - before, sent);
    }
    for _ in 0..3 {
        let said = submit(&mut person, 1).await;
        assert!(said.contains("250 2.0.0 Accepted"), "{said}");
    }
    assert_eq!(office.messages().await - before, 4 + 1, "those within the bound, and one notice of the others");
    let held = office.held().await;
    assert_eq!(held.len(), 3);
    assert!(held.iter().all(|job| job.held == Some(HeldFor::Burst) && job.lane == "local"), "{held:?}");
    assert_eq!(access.bursts().len(), 1);
    let entries = office.bursts().await;
    assert_eq!(entries.len(), 1, "once per burst: {entries:?}");
    assert_eq!((entries[0].what.as_str(), entries[0].actor.as_str()), ("mail.burst", "binhdx@x.vn"));
    // A restart forgets nothing.
    access.close().await.unwrap();
    let db = &office.provisioning.db;
    let again =
        Access::new(db, &office.services.directory, &Hasher::new(), &office.services.clock, Rules::default()).unwrap();
    let from = Origin { door: access::Door::Smtp, peer: [127, 0, 0, 1].into() };
    let login = again.login("binhdx", &office.password, None, from).await.unwrap();
    assert!(again.charge(&login, 1, std::iter::empty(), office.services.settings.allowance).await.is_err());
    office.pass(61);
    assert_eq!(access.bursts(), []);
    assert!(submit(&mut person, 5).await.contains("250 2.0.0 Accepted"));
    assert_eq!(office.messages().await - before, 5 + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn r21_the_day_has_its_own_bound_and_a_message_over_it_is_held_whole() {
    let office = Office::open(Kind::Submission, 1024).await;
    let mut person = office.person().await;
    for _ in 0..2 {
        assert!(submit(&mut person, 20).await.contains("250 2.0.0 Accepted"));
        office.pass(61);
    }
    assert!(submit(&mut person, 15).await.contains("250 2.0.0 Accepted"));
    assert_eq!(office.held().await.iter().map(|job| job.recipients).collect::<Vec<_>>(), [15]);
    // What is held was not counted: ten more may be sent.
    assert!(submit(&mut person, 10).await.contains("250 2.0.0 Accepted"));
    assert_eq!(office.held().await.len(), 1);
    assert!(submit(&mut person, 1).await.contains("250 2.0.0 Accepted"));
    assert_eq!(office.held().await.len(), 2);
    office.pass(24 * 60);
    assert!(submit(&mut person, 5).await.contains("250 2.0.0 Accepted"));
    assert_eq!(office.held().await.len(), 2);
}

/// Several sessions at once do not get more than one.
#[tokio::test(flavor = "multi_thread")]
async fn r21_sessions_side_by_side_share_one_bound() {
    let office = Office::open(Kind::Submission, 1024).await;
    let before = office.messages().await;
    let (mut one, mut other) = (office.person().await, office.person().await);
    let envelope = "RCPT TO:<binhdx@x.vn>\r\n".repeat(15);
    for person in [&mut one, &mut other] {
        person.say(&format!("MAIL FROM:<binhdx@x.vn>\r\n{envelope}DATA\r\n"), "354").await;
    }
    one.say("Subject: x\r\n\r\n.\r\n", "250 2.0.0 Accepted").await;
    other.say("Subject: x\r\n\r\n.\r\n", "250 2.0.0 Accepted").await;
    assert_eq!(
        (office.messages().await - before, office.held().await.len()),
        (1 + 1, 1),
        "one, and a notice of the other"
    );
}

/// R10: whoever has a first password is told where to change it, and sends nothing.
#[tokio::test(flavor = "multi_thread")]
async fn r10_a_first_password_does_not_send() {
    let mut office = Office::open(Kind::Submission, 1024).await;
    let hired = office.hire("Nguyễn Thị Đào", FirstPassword::ToBeChanged).await;
    let binh = std::mem::replace(&mut office.password, hired);
    let mut person = office.client().await;
    let response = data_encoding::BASE64.encode(format!("\0daont@x.vn\0{}", office.password).as_bytes());
    person.say(&format!("AUTH PLAIN {response}\r\n"), "235").await;
    for from in ["daont@x.vn", "", "boss@x.vn"] {
        let said = person.say(&format!("MAIL FROM:<{from}>\r\n"), "550 5.7.1").await;
        assert!(said.contains("https://mail.x.vn/"), "{said}");
    }
    person.say("RCPT TO:<binhdx@x.vn>\r\n", "503").await;
    office.password = binh;
    office.person().await.say("MAIL FROM:<binhdx@x.vn>\r\n", "250").await;
}
