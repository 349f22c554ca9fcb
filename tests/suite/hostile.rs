//! Hostile input that a transcript cannot show: split at every point, without end, or too much of it.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::harness::{Daemon, Settings};
use crate::process::Process;

/// What the daemon may grow by while somebody floods it.
const GROWTH_KB_MAX: u64 = 24 * 1024;

/// Hostile B8: whatever the segments, the dots are right.
#[test]
fn dot_lines_split_at_every_point_arrive_whole() {
    let daemon = Daemon::start(&Settings::default());
    let who = daemon.person("binhdx").unwrap();
    let data = b"Subject: cat\r\n\r\n..a\r\n.\r.\r\n".strip_suffix(b".\r.\r\n").unwrap();
    let data = [data, b"...\r\n.\r\n"].concat();
    let mut client = daemon.connect("smtp");
    client.reply();
    assert_eq!(client.ask("EHLO x.example.vn"), 250);
    let splits = 1..data.len();
    let count = splits.len();
    for at in splits {
        client.send(format!("MAIL FROM:<>\r\nRCPT TO:<{}>\r\nDATA\r\n", who.address).as_bytes());
        let codes: Vec<u16> = (0..3).map(|_| client.reply().0).collect();
        assert_eq!(codes, [250, 250, 354]);
        client.send(&data[..at]);
        std::thread::sleep(Duration::from_millis(3));
        client.send(&data[at..]);
        assert_eq!(client.reply().0, 250, "split at {at}");
    }
    let mut imap = daemon.imap_as(&who);
    imap.ok("SELECT INBOX");
    let found = imap.ok("SEARCH SUBJECT cat");
    let numbers = found[0].strip_prefix("* SEARCH ").unwrap().replace(' ', ",");
    assert_eq!(numbers.split(',').count(), count);
    let texts = imap.ok(&format!("FETCH {numbers} BODY.PEEK[TEXT]"));
    let bodies: Vec<_> = texts.iter().filter(|line| line.starts_with('.')).collect();
    assert_eq!(bodies, [".a", ".."].repeat(count).iter().collect::<Vec<_>>());
}

/// Hostile B15: a line without end is refused, and costs no memory.
#[test]
fn a_line_without_end_is_cut_off() {
    let dir = tempfile::tempdir().unwrap();
    let process = Process::start(&dir.path().join("hopthu-data"));
    for door in ["smtp", "imap"] {
        let before = process.memory_kb();
        let mut stream = TcpStream::connect(process.address(door)).unwrap();
        stream.set_write_timeout(Some(Duration::from_secs(5))).unwrap();
        let block = vec![b'a'; 64 * 1024];
        // 256 MB, if nobody stops us.
        let sent = (0..4096).take_while(|_| stream.write_all(&block).is_ok()).count();
        let grown = process.memory_kb().saturating_sub(before);
        assert!(grown < GROWTH_KB_MAX, "{door}: {grown} kB more after {sent} blocks");
    }
    process.assert_clean();
}

/// Hostile B57: who asks and never reads is not served without bound.
#[test]
fn answers_that_nobody_reads_are_bounded() {
    let dir = tempfile::tempdir().unwrap();
    let process = Process::start(&dir.path().join("hopthu-data"));
    let who = &process.people()[0];
    let mut client = process.imap_as(who);
    let message = format!("Subject: to\r\n\r\n{}", "0123456789abcdef\r\n".repeat(60_000)).into_bytes();
    assert!(client.append("Drafts", "", &message).starts_with("t OK"));
    client.ok("SELECT Drafts");
    // What SEARCH makes of the message is made by then.
    std::thread::sleep(Duration::from_secs(2));
    let before = process.memory_kb();
    client.set_write_timeout(Duration::from_millis(500));
    client.send("x FETCH 1 BODY.PEEK[]\r\n".repeat(2000).as_bytes());
    std::thread::sleep(Duration::from_secs(2));
    let grown = process.memory_kb().saturating_sub(before);
    assert!(grown < GROWTH_KB_MAX, "{grown} kB more");
    // Others are served meanwhile.
    process.imap_as(who).ok("STATUS INBOX (MESSAGES)");
}

/// Hostile B68, B69: TLS 1.1, and what is no TLS at all, end at once.
#[test]
fn old_and_broken_handshakes_end() {
    let daemon = Daemon::start(&Settings::default());
    let mut hello = vec![0x16, 3, 1, 0, 45, 1, 0, 0, 41, 3, 2];
    hello.extend([7; 32]);
    hello.extend([0, 0, 2, 0, 0x2f, 1, 0]);
    for (name, bytes) in
        [("TLS 1.1", hello.as_slice()), ("garbage", b"EHLO x\r\n\r\n\r\n\r\n\r\n"), ("zeros", &[0; 64])]
    {
        for door in ["imaps", "submissions"] {
            let heard = say_and_hear(daemon.address(door), bytes);
            // Nothing, or an alert.
            assert!(heard.first().is_none_or(|kind| *kind == 0x15), "{name} at {door}: {heard:?}");
        }
    }
}

/// Sends bytes and reads to the end of the connection.
fn say_and_hear(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream.write_all(bytes).unwrap();
    let mut heard = Vec::new();
    let start = Instant::now();
    match stream.read_to_end(&mut heard) {
        Err(error) if error.kind() != ErrorKind::ConnectionReset => panic!("{error} after {:?}", start.elapsed()),
        _ => heard,
    }
}

/// Hostile F29 in small: somebody who guesses passwords does not lock others out.
#[test]
fn guessing_does_not_lock_others_out() {
    let daemon = Daemon::start(&Settings::default());
    let (guessed, other) = (daemon.person("binhdx").unwrap(), daemon.person("daont").unwrap());
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let mut client = daemon.connect("imaps");
                client.expect_line();
                for n in 0..5 {
                    client.say(&format!("t LOGIN {} doan-{n}", guessed.address));
                    if client.try_until("t ").is_none() {
                        break;
                    }
                }
            });
        }
        let start = Instant::now();
        daemon.imap_as(&other).ok("NOOP");
        assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    });
}
