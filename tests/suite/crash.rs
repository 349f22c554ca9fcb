//! Invariants I1 and I9 under SIGKILL: the real program is killed again and again while mail comes in over SMTP and
//! IMAP. What was acknowledged is there once, what was not is there once at most (hostile B32), UIDs only grew, and the
//! check is clean. `HOPTHU_CRASH_ROUNDS` asks for more rounds.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::client::Client;
use crate::process::{Login, Process};

const ROUNDS: usize = 8;
/// Threads that send over SMTP, and that append over IMAP.
const SENDERS: usize = 4;
const APPENDERS: usize = 3;

/// What became of a message, by Message-ID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// It was sent, and the answer never came.
    Unanswered,
    /// It was answered with 250 or OK.
    Acknowledged,
}

#[derive(Clone, Default)]
struct Ledger {
    fates: Arc<Mutex<BTreeMap<String, Fate>>>,
    next: Arc<AtomicUsize>,
}

/// Where a message was found: folder, UID.
type Place = (usize, &'static str, u32);

#[test]
fn what_was_acknowledged_survives_kill_9() {
    let rounds = std::env::var("HOPTHU_CRASH_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(ROUNDS);
    let dir = tempfile::tempdir().unwrap();
    let data_dir = dir.path().join("hopthu-data");
    let ledger = Ledger::default();
    let mut known: BTreeMap<Place, String> = BTreeMap::new();
    let mut seed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos();
    let mut process = Process::start(&data_dir);
    let people: Vec<Login> = process.people().into_iter().take(3).collect();
    for round in 0..rounds {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let time = Duration::from_millis(u64::from(seed >> 16) % 900 + 50);
        std::thread::scope(|scope| {
            for sender in 0..SENDERS {
                let (process, people, ledger) = (&process, &people, ledger.clone());
                scope.spawn(move || send(process, people, sender, &ledger));
            }
            for appender in 0..APPENDERS {
                let (process, who, ledger) = (&process, &people[appender % people.len()], ledger.clone());
                scope.spawn(move || append(process, who, &ledger));
            }
            std::thread::sleep(time);
            // The threads end when their connections do.
            process.kill();
        });
        drop(process);
        process = Process::start(&data_dir);
        process.assert_clean();
        let found = everything(&process, &people);
        compare(&ledger, &found, people.len());
        for (place, id) in &known {
            assert_eq!(found.get(place), Some(id), "round {round}: {place:?} was another message before");
        }
        known = found;
    }
    let fates = ledger.fates.lock().unwrap();
    let acknowledged = fates.values().filter(|fate| **fate == Fate::Acknowledged).count();
    println!("{rounds} kills, {acknowledged} messages acknowledged, {} not answered", fates.len() - acknowledged);
    assert!(acknowledged > 0, "nothing was ever acknowledged: the test tests nothing");
}

impl Ledger {
    fn write(&self, folder: &str) -> (String, Vec<u8>) {
        let id = format!("<{folder}.{}@crash.example.vn>", self.next.fetch_add(1, Ordering::Relaxed));
        let body = "Thư này không được mất.\r\n".repeat(200);
        let message = format!("Message-ID: {id}\r\nSubject: crash\r\n\r\n{body}").into_bytes();
        self.fates.lock().unwrap().insert(id.clone(), Fate::Unanswered);
        (id, message)
    }

    fn acknowledge(&self, id: String) {
        self.fates.lock().unwrap().insert(id, Fate::Acknowledged);
    }
}

/// Sends to everybody at once until the connection ends.
fn send(process: &Process, people: &[Login], sender: usize, ledger: &Ledger) -> Option<()> {
    let mut client = Client::try_plain(process.address("smtp"), process.trust())?;
    client.try_reply()?;
    client.say(&format!("EHLO sender{sender}.example.vn"));
    client.try_reply()?;
    loop {
        let mut envelope = "MAIL FROM:<ai-do@example.vn>\r\n".to_owned();
        for person in people {
            envelope += &format!("RCPT TO:<{}>\r\n", person.address);
        }
        client.send(format!("{envelope}DATA\r\n").as_bytes());
        for _ in 0..people.len() + 2 {
            client.try_reply()?;
        }
        let (id, message) = ledger.write("INBOX");
        client.send(&[message.as_slice(), b".\r\n"].concat());
        if client.try_reply()?.0 == 250 {
            ledger.acknowledge(id);
        }
    }
}

/// Appends until the connection ends.
fn append(process: &Process, who: &Login, ledger: &Ledger) -> Option<()> {
    let mut client = Client::try_plain(process.address("imaps"), process.trust())?;
    client.try_start_tls()?;
    client.try_until("* OK")?;
    client.say(&format!("t LOGIN {} \"{}\"", who.address, who.password));
    client.try_until("t ")?;
    loop {
        let (id, message) = ledger.write("Drafts");
        client.say(&format!("t APPEND Drafts (\\Draft) {{{}+}}", message.len()));
        client.send(&[message.as_slice(), b"\r\n"].concat());
        if client.try_until("t ")?.last()?.starts_with("t OK") {
            ledger.acknowledge(id);
        }
    }
}

/// Every message of ours in every folder that they go to.
fn everything(process: &Process, people: &[Login]) -> BTreeMap<Place, String> {
    let mut found = BTreeMap::new();
    for (n, person) in people.iter().enumerate() {
        let mut client = process.imap_as(person);
        for folder in ["INBOX", "Drafts"] {
            client.ok(&format!("EXAMINE {folder}"));
            let mut uid = 0;
            for line in client.ok("FETCH 1:* (UID BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])") {
                if let Some(text) = line.split("(UID ").nth(1) {
                    uid = text.split(' ').next().unwrap().parse().unwrap();
                } else if let Some(id) =
                    line.strip_prefix("Message-ID: ").filter(|id| id.ends_with("@crash.example.vn>"))
                {
                    found.insert((n, folder, uid), id.to_owned());
                }
            }
        }
    }
    found
}

fn compare(ledger: &Ledger, found: &BTreeMap<Place, String>, people: usize) {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for id in found.values() {
        *counts.entry(id).or_default() += 1;
    }
    for (id, fate) in ledger.fates.lock().unwrap().iter() {
        let whole = if id.starts_with("<INBOX") { people } else { 1 };
        let count = counts.remove(id.as_str()).unwrap_or(0);
        match fate {
            Fate::Acknowledged => assert_eq!(count, whole, "{id} was acknowledged"),
            // To all or to nobody, and never twice.
            Fate::Unanswered => assert!(count == 0 || count == whole, "{id}: {count} copies, {whole} recipients"),
        }
    }
    assert!(counts.is_empty(), "nobody sent {counts:?}");
}
