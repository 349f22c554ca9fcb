//! The wire under load: compression with a client that is not ours, bombs, readers that do not read, and large messages of
//! many clients at once. `--no-capture` shows what was measured.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::client::{Client, Heard};
use crate::process::{Login, Process};

/// What the daemon may grow by while somebody floods it.
const GROWTH_KB_MAX: u64 = 24 * 1024;
/// A message as large as may be.
const LARGE: usize = 50_000_000;

struct Office {
    process: Process,
    people: Vec<Login>,
    _dir: tempfile::TempDir,
}

impl Office {
    fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let process = Process::start(&dir.path().join("hopthu-data"));
        let people = process.people();
        Self { process, people, _dir: dir }
    }

    fn imap(&self) -> Client {
        self.process.imap_as(&self.people[0])
    }

    fn compressed(&self) -> Client {
        let mut client = self.imap();
        client.ok("COMPRESS DEFLATE");
        client.start_compression();
        client
    }
}

/// A message of two parts, the first of them small, of about so many octets.
fn message(octets: usize) -> Vec<u8> {
    let mut noise = 1_u64;
    let mut line = || {
        let mut line = Vec::with_capacity(78);
        for _ in 0..76 {
            noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            line.push(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[(noise >> 58) as usize]);
        }
        line.extend_from_slice(b"\r\n");
        line
    };
    let mut text =
        b"Subject: to\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nxin chao\r\n\
        --b\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n"
            .to_vec();
    while text.len() < octets - 100 {
        text.extend(line());
    }
    text.extend_from_slice(b"--b--\r\n");
    text
}

/// The most that the daemon occupies while `work` runs, beyond what it did before.
fn growth(process: &Process, work: impl FnOnce()) -> u64 {
    let before = process.memory_kb();
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let watching = scope.spawn(|| {
            let mut most = before;
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                most = most.max(process.memory_kb());
                std::thread::sleep(Duration::from_millis(5));
            }
            most
        });
        let worked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        if let Err(failed) = worked {
            std::panic::resume_unwind(failed);
        }
        watching.join().unwrap().saturating_sub(before)
    })
}

#[test]
fn python_compresses_and_reads_back_byte_for_byte() {
    let office = Office::open();
    let who = &office.people[0];
    let setup = serde_json::json!({
        "host": "127.0.0.1",
        "imaps": office.process.address("imaps").port(),
        "certificate": office.process.certificate(),
        "person": [who.address, who.password],
        "large": LARGE,
    });
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/compress.py");
    let mut python = Command::new("python3").arg(script).stdin(Stdio::piped()).spawn().unwrap();
    serde_json::to_writer(python.stdin.take().unwrap(), &setup).unwrap();
    assert!(python.wait().unwrap().success());
    office.process.assert_clean();
}

/// Hostile B15, B35, B37 in compressed form: what is small on the line is bounded by what it stands for.
#[test]
fn a_bomb_meets_the_bounds_of_what_it_stands_for() {
    let office = Office::open();
    let grown = growth(&office.process, || {
        // A line of 100 MB.
        let mut client = office.compressed();
        client.send(&vec![b'a'; 100 << 20]);
        assert!(String::from_utf8_lossy(&client.rest()).contains("BYE"));
        // A literal that is refused, and 200 MB that are thrown away.
        let mut client = office.compressed();
        client.say("a APPEND Drafts {200000000+}");
        client.send(&vec![b'a'; 200_000_000]);
        client.send(b"\r\nb NOOP\r\n");
        assert!(client.until("a ").pop().unwrap().starts_with("a NO [TOOBIG]"));
        client.until("b OK");
        for size in ["99999999999", "4294967296"] {
            assert!(client.command(&format!("APPEND Drafts {{{size}}}"))[0].starts_with("t NO [TOOBIG]"));
        }
        assert!(client.command(&format!("SEARCH {}ALL", "OR ".repeat(10_000)))[0].contains("[LIMIT]"));
        assert!(client.command(&format!("SEARCH {}", "(".repeat(10_000)))[0].contains("[LIMIT]"));
        client.send(format!("t SEARCH{}\r\n", " BODY {1+}\r\nx".repeat(1000)).as_bytes());
        assert!(client.until("t ")[0].contains("[LIMIT]"));
        client.ok("NOOP");
    });
    eprintln!("bombs: {grown} kB more");
    assert!(grown < GROWTH_KB_MAX, "{grown} kB more");
}

/// Hostile B57 under compression, and with SELECT: who asks and never reads is not served without bound.
#[test]
fn answers_that_nobody_reads_are_bounded_in_every_form() {
    let office = Office::open();
    let mut client = office.imap();
    assert!(client.append("Drafts", "", &message(1_000_000)).starts_with("t OK"));
    let grown = growth(&office.process, || {
        let mut stuck = Vec::new();
        for command in ["FETCH 1 BODY.PEEK[]", "SELECT Drafts", "FETCH 1 (FLAGS ENVELOPE BODYSTRUCTURE)"] {
            for mut client in [office.imap(), office.compressed()] {
                client.ok("SELECT Drafts");
                client.set_write_timeout(Duration::from_millis(500));
                client.send(format!("x {command}\r\n").repeat(2000).as_bytes());
                stuck.push(client);
            }
        }
        std::thread::sleep(Duration::from_secs(2));
        office.imap().ok("STATUS INBOX (MESSAGES)");
    });
    eprintln!("six that do not read: {grown} kB more");
    // A batch in memory and one on its way to each.
    assert!(grown < 2 * GROWTH_KB_MAX, "{grown} kB more");
}

/// Compression costs an idle session little: what its compressor took serves those who come later.
#[test]
fn idle_sessions_keep_little_for_compression() {
    const SESSIONS: u64 = 200;
    let office = Office::open();
    drop(office.compressed());
    let idle = || {
        let before = office.process.memory_kb();
        let sessions: Vec<_> = (0..SESSIONS)
            .map(|_| {
                let mut client = office.compressed();
                client.ok("SELECT INBOX");
                client.say("i IDLE");
                client.until("+");
                client
            })
            .collect();
        std::thread::sleep(Duration::from_secs(2));
        (sessions, office.process.memory_kb().saturating_sub(before) / SESSIONS)
    };
    let (_first, first) = idle();
    let (_second, second) = idle();
    eprintln!("kB a session: {first}, and of those who come once these rest: {second}");
    assert!(second < 150, "{second} kB");
}

/// Twenty who append 50 MB at once over slow connections hold hardly any memory, and do not keep others from small ones.
#[test]
fn large_appends_at_once_neither_fill_memory_nor_hold_up_small_ones() {
    const CLIENTS: usize = 20;
    let office = Office::open();
    let large = message(LARGE);
    let mut slowest = Duration::ZERO;
    // What their logins take is not theirs: hashing keeps its memory.
    let mut small = office.imap();
    let people = office.people.iter().cycle().take(CLIENTS);
    let clients: Vec<_> = people.map(|who| office.process.imap_as(who)).collect();
    let grown = growth(&office.process, || {
        std::thread::scope(|scope| {
            let uploads: Vec<_> = clients
                .into_iter()
                .map(|mut client| {
                    let large = &large;
                    scope.spawn(move || {
                        client.say(&format!("t APPEND Drafts {{{}}}", large.len()));
                        client.until("+");
                        for piece in large.chunks(large.len() / 40) {
                            client.send(piece);
                            std::thread::sleep(Duration::from_millis(100));
                        }
                        client.send(b"\r\n");
                        let answer = until_patiently(&mut client, "t ");
                        assert!(answer.starts_with("t OK"), "{answer}");
                    })
                })
                .collect();
            while !uploads.iter().all(std::thread::ScopedJoinHandle::is_finished) {
                let start = Instant::now();
                assert!(small.append("Sent", "", b"Subject: nho\r\n\r\nx\r\n").starts_with("t OK"));
                slowest = slowest.max(start.elapsed());
                std::thread::sleep(Duration::from_millis(50));
            }
        });
    });
    eprintln!("{CLIENTS} of {LARGE} octets at once: {grown} kB more, a small one took {slowest:?} at most");
    assert!(grown < 128 * 1024, "{grown} kB more");
    assert!(slowest < Duration::from_secs(8), "{slowest:?}");
    let mut client = office.imap();
    client.ok("SELECT Drafts");
    let read = client.ok("FETCH 1 (RFC822.SIZE BODY.PEEK[1])");
    assert!(read.iter().any(|line| line.contains(&large.len().to_string())), "{:?}", read.first());
    office.process.assert_clean();
}

/// The last line of an answer that may take a minute.
fn until_patiently(client: &mut Client, start: &str) -> String {
    let until = Instant::now() + Duration::from_mins(3);
    while Instant::now() < until {
        match client.line(Duration::from_secs(5)) {
            Heard::Line(line) if line.starts_with(start) => return line,
            Heard::Line(_) | Heard::Silence => {}
            Heard::End => return "the end".into(),
        }
    }
    "silence".into()
}

/// RFC 3502: 200 messages of one command, of every size, are one commit.
#[test]
fn two_hundred_messages_are_appended_at_once() {
    let office = Office::open();
    let sizes = [300, 5_000, 40_000, 300_000, 1_500_000];
    let messages: Vec<_> = sizes.into_iter().map(message).collect();
    let mut client = office.imap();
    let grown = growth(&office.process, || {
        client.send(b"t APPEND Drafts");
        for n in 0..200 {
            let message = &messages[n % 5];
            client.send(format!(" {{{}+}}\r\n", message.len()).as_bytes());
            client.send(message);
        }
        client.send(b"\r\n");
        assert!(until_patiently(&mut client, "t ").starts_with("t OK [APPENDUID "));
    });
    let total: usize = (0..200).map(|n| messages[n % 5].len()).sum();
    eprintln!("200 messages of {total} octets: {grown} kB more");
    assert!(grown < 96 * 1024, "{grown} kB more");
    let states = client.ok("STATUS Drafts (MESSAGES SIZE)");
    assert!(states[0].contains(&format!("MESSAGES 200 SIZE {total}")), "{states:?}");
    client.ok("SELECT Drafts");
    for n in [1, 4, 5, 199, 200] {
        let read = client.ok(&format!("FETCH {n} BODY.PEEK[]")).join("\r\n");
        let sent = String::from_utf8(messages[(n - 1) % 5].clone()).unwrap();
        assert!(read.contains(&sent), "message {n}");
    }
    office.process.assert_clean();
}

/// RFC 4469: whatever a message is put together from, it is what its parts are one behind the other.
#[test]
fn a_message_put_together_is_its_parts_in_a_row() {
    let office = Office::open();
    let mut client = office.imap();
    let source = message(700_000);
    let answer = client.append("Drafts", "", &source);
    let uid = answer.split([' ', ']']).nth(4).unwrap().to_owned();
    let mut noise = 7_u64;
    let mut random = |below: usize| {
        noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (noise >> 33) as usize % below
    };
    client.ok("SELECT Drafts");
    for round in 2..30 {
        let mut expected = Vec::new();
        client.send(b"t APPEND Drafts CATENATE (");
        for part in 0..=random(6) {
            let space = if part == 0 { "" } else { " " };
            let scale = [9, 5_000, 400_000][random(3)];
            let (offset, length) = (random(source.len()), 1 + random(scale));
            let piece = &source[offset..source.len().min(offset + length)];
            expected.extend_from_slice(piece);
            if random(2) == 0 {
                client.send(format!("{space}URL \"/Drafts;UID={uid}/;PARTIAL={offset}.{length}\"").as_bytes());
            } else {
                client.send(format!("{space}TEXT {{{}+}}\r\n", piece.len()).as_bytes());
                client.send(piece);
            }
        }
        client.send(b")\r\n");
        let told = client.until("t ");
        assert!(told.last().unwrap().starts_with("t OK"), "{told:?}");
        let read = client.ok(&format!("FETCH {round} BODY.PEEK[]"));
        let literal = format!("* {round} FETCH (BODY[] {{{}}}", expected.len());
        assert_eq!(read[0], literal);
        let whole = read[1..].join("\r\n");
        assert!(whole.as_bytes().starts_with(&expected), "round {round}");
    }
    office.process.assert_clean();
}

/// Parts of large messages are sent as the messages are: piece by piece.
#[test]
fn parts_of_large_messages_for_slow_readers_take_no_memory() {
    let office = Office::open();
    let large = message(LARGE);
    let mut client = office.imap();
    client.say(&format!("t APPEND Drafts {{{}+}}", large.len()));
    client.send(&large);
    client.send(b"\r\n");
    assert!(until_patiently(&mut client, "t ").starts_with("t OK"));
    let grown = growth(&office.process, || {
        // All of them have got their first piece, and read no more.
        let readers: Vec<_> = (0..12)
            .map(|_| {
                let mut reader = office.imap();
                reader.ok("SELECT Drafts");
                reader.say("t FETCH 1 (BODY.PEEK[2] BODY.PEEK[2.MIME])");
                reader.until("* 1 FETCH");
                reader
            })
            .collect();
        drop(readers);
    });
    eprintln!("12 readers of a part of {LARGE} octets: {grown} kB more");
    assert!(grown < 256 * 1024, "{grown} kB more");
    client.ok("SELECT Drafts");
    let body = String::from_utf8(large).unwrap();
    let second = body.split_once("base64\r\n\r\n").unwrap().1.strip_suffix("\r\n--b--\r\n").unwrap();
    let read = client.ok("FETCH 1 (BODY.PEEK[2] BODY.PEEK[1] BODY.PEEK[2]<3.5> BINARY.SIZE[2])");
    let whole = read.join("\r\n");
    assert!(whole.contains(&format!("BODY[2] {{{}}}\r\n{second} BODY[1] {{8}}\r\nxin chao", second.len())));
    assert!(whole.contains(&format!("BODY[2]<3> {{5}}\r\n{} BINARY.SIZE[2] ", &second[3..8])));
}

/// RFC 9585: whoever waits for the database hears that the command is worked on.
#[test]
fn a_command_that_takes_long_says_so() {
    let office = Office::open();
    let mut client = office.imap();
    assert!(client.append("Drafts", "", b"Subject: x\r\n\r\n").starts_with("t OK"));
    client.ok("SELECT Drafts");
    let database = office.process.database();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut other = runtime.block_on(async {
        use sqlx::Connection;
        let mut other = sqlx::SqliteConnection::connect(&format!("sqlite://{}", database.display())).await.unwrap();
        sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
        other
    });
    client.say("copy-1 COPY 1 Sent");
    let told = client.until("* OK [INPROGRESS (\"copy-1\" NIL NIL)] ");
    assert_eq!(told.len(), 1, "{told:?}");
    runtime.block_on(async { sqlx::query("ROLLBACK").execute(&mut other).await.unwrap() });
    assert!(until_patiently(&mut client, "copy-1 ").starts_with("copy-1 OK [COPYUID "));
}

/// What FETCH sends a second, in clear and compressed: a figure, and that both are the same.
#[test]
fn compressed_answers_are_the_same() {
    let office = Office::open();
    let mut clients = [office.imap(), office.compressed()];
    for _ in 0..20 {
        assert!(clients[0].append("Drafts", "", &message(200_000)).starts_with("t OK"));
    }
    let read = clients.each_mut().map(|client| {
        client.ok("SELECT Drafts");
        let start = Instant::now();
        let lines = client.ok("FETCH 1:* (UID ENVELOPE BODY.PEEK[])");
        (lines, start.elapsed())
    });
    eprintln!("4 MB in {:?}, compressed in {:?}", read[0].1, read[1].1);
    assert!(read[0].0 == read[1].0);
}
