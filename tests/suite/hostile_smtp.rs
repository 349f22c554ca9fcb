//! Hostile input to SMTP, TLS and log-ins that a transcript cannot show: timed, cut off, or too much of it.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use data_encoding::BASE64;

use crate::client::{Client, Heard};
use crate::harness::{Daemon, PASSWORD, Person, Settings};

fn greeted(daemon: &Daemon, door: &str) -> Client {
    let mut client = daemon.connect(door);
    client.reply();
    assert_eq!(client.ask("EHLO x.example.vn"), 250);
    client
}

fn count(daemon: &Daemon, who: &Person, subject: &str) -> usize {
    let mut imap = daemon.imap_as(who);
    imap.ok("SELECT INBOX");
    imap.ok(&format!("SEARCH SUBJECT {subject}"))[0].split(' ').skip(2).count()
}

/// Hostile B32: what the client does not stay to hear has become of its message is one copy at most, and it is whole.
#[test]
fn a_connection_lost_before_the_reply_leaves_one_copy_at_most() {
    let daemon = Daemon::start(&Settings::default());
    let binh = daemon.person("binhdx").unwrap();
    for n in 0..20_u64 {
        let mut client = greeted(&daemon, "smtp");
        client.send(format!("MAIL FROM:<>\r\nRCPT TO:<{}>\r\nDATA\r\n", binh.address).as_bytes());
        assert_eq!([client.reply().0, client.reply().0, client.reply().0], [250, 250, 354]);
        client.send(format!("Subject: mat-tin-{n}-het\r\n\r\nwhole\r\n.\r\n").as_bytes());
        std::thread::sleep(Duration::from_micros(n * 200));
    }
    std::thread::sleep(Duration::from_millis(500));
    for n in 0..20 {
        assert!(count(&daemon, &binh, &format!("mat-tin-{n}-het")) <= 1, "{n}");
    }
    assert_eq!(count(&daemon, &binh, "mat-tin BODY whole"), count(&daemon, &binh, "mat-tin"));
}

/// Hostile B22: with the number of recipients that EHLO announces.
#[test]
fn the_thousand_and_first_recipient_comes_with_another_message() {
    let daemon = Daemon::start(&Settings::default());
    let binh = daemon.person("binhdx").unwrap();
    let mut client = greeted(&daemon, "smtp");
    let mut lines = String::from("MAIL FROM:<a@example.vn>\r\n");
    (0..1001).for_each(|n| lines += &format!("RCPT TO:<{}+{n}@daklak.doj.gov.vn>\r\n", binh.local()));
    client.send(lines.as_bytes());
    let codes: Vec<u16> = (0..1002).map(|_| client.reply().0).collect();
    assert!(codes[..1001].iter().all(|code| *code == 250));
    assert_eq!(codes[1001], 452);
    assert_eq!(client.ask("DATA"), 354);
    client.send(b"Subject: nghin\r\n\r\nx\r\n.\r\n");
    assert_eq!(client.reply().0, 250);
    assert_eq!(count(&daemon, &binh, "nghin"), 1);
}

/// Hostile B69: half a handshake holds its place for 30 s at most.
#[test]
fn half_a_handshake_is_closed() {
    let daemon = Daemon::start(&Settings::default());
    let hold = |door: &str, before: &[u8]| {
        let mut stream = TcpStream::connect(daemon.address(door)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(45))).unwrap();
        if !before.is_empty() {
            let mut heard = [0; 512];
            assert!(stream.read(&mut heard).unwrap() > 0);
            for line in before.split_inclusive(|octet| *octet == b'\n') {
                stream.write_all(line).unwrap();
                assert!(stream.read(&mut heard).unwrap() > 0);
            }
        }
        stream.write_all(&[0x16, 3, 1, 2, 0, 1, 0]).unwrap();
        let start = Instant::now();
        let mut rest = Vec::new();
        match stream.read_to_end(&mut rest) {
            Err(error) if error.kind() != ErrorKind::ConnectionReset => panic!("{door}: {error}"),
            _ => assert!(start.elapsed() < Duration::from_secs(35), "{door}: {:?}", start.elapsed()),
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(|| hold("submissions", b""));
        scope.spawn(|| hold("imaps", b""));
        scope.spawn(|| hold("smtp", b"EHLO x.example.vn\r\nSTARTTLS\r\n"));
    });
}

/// A `ClientHello` of TLS 1.2 that names this server.
fn client_hello(name: &[u8]) -> Vec<u8> {
    let len = |n: usize| u16::try_from(n).unwrap().to_be_bytes();
    let list = [&[0][..], &len(name.len()), name].concat();
    let sni = [&[0, 0][..], &len(list.len() + 2), &len(list.len()), &list].concat();
    let groups = [0, 10, 0, 4, 0, 2, 0, 29];
    let signatures = [0, 13, 0, 6, 0, 4, 4, 3, 8, 4];
    let points = [0, 11, 0, 2, 1, 0];
    let master = [0, 23, 0, 0];
    let extensions = [&sni[..], &groups, &signatures, &points, &master].concat();
    let body =
        [&[3, 3][..], &[7; 32], &[0], &[0, 4, 0xc0, 0x2b, 0xc0, 0x2f], &[1, 0], &len(extensions.len()), &extensions]
            .concat();
    let handshake = [&[1, 0][..], &len(body.len()), &body].concat();
    [&[0x16, 3, 1][..], &len(handshake.len()), &handshake].concat()
}

/// Hostile B70: whatever name a client asks for, it gets the one certificate, or an alert; never a file.
#[test]
fn odd_server_names_get_the_one_certificate_or_an_alert() {
    let daemon = Daemon::start(&Settings::default());
    let long = [b'a'; 255];
    let names: [&[u8]; 6] =
        [b"other.example.vn", b"..\\..\\tls\\key.pem", b"../../tls/key.pem", &long, b"\0", "đắk.vn".as_bytes()];
    for name in names {
        let mut stream = TcpStream::connect(daemon.address("submissions")).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        stream.write_all(&client_hello(name)).unwrap();
        let mut kind = [0];
        stream.read_exact(&mut kind).unwrap();
        let expected: &[u8] = if name == b"other.example.vn" { &[0x16] } else { &[0x16, 0x15] };
        assert!(expected.contains(&kind[0]), "{name:?}: {kind:?}");
    }
    greeted(&daemon, "submissions");
}

/// Hostile B71: after `close_notify` in the middle of a message nothing more is read, and nothing is kept.
#[test]
fn clear_text_after_tls_was_closed_is_not_read() {
    let daemon = Daemon::start(&Settings::default());
    let binh = daemon.person("binhdx").unwrap();
    let mut client = greeted(&daemon, "smtp");
    assert_eq!(client.ask("STARTTLS"), 220);
    client.start_tls();
    assert_eq!(client.ask("EHLO x.example.vn"), 250);
    client.send(format!("MAIL FROM:<>\r\nRCPT TO:<{}>\r\nDATA\r\n", binh.address).as_bytes());
    assert_eq!([client.reply().0, client.reply().0, client.reply().0], [250, 250, 354]);
    client.send(b"Subject: cat-ngang\r\n\r\nhalf\r\n");
    let mut stream = client.close_tls();
    let _ = stream.write_all(b".\r\nMAIL FROM:<>\r\n");
    let _ = stream.shutdown(Shutdown::Write);
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest);
    assert!(memchr::memmem::find(&rest, b"250").is_none());
    assert_eq!(count(&daemon, &binh, "cat-ngang"), 0);
}

/// Hostile B72, B73, B75: log-ins of every bad shape are refused one by one, and none disturbs another.
#[test]
fn log_ins_of_every_bad_shape_are_refused() {
    let daemon = Daemon::start(&Settings::default());
    let binh = daemon.person("binhdx").unwrap();
    let plain = |name: &str, password: &str| {
        format!("AUTH PLAIN {}", BASE64.encode(format!("\0{name}\0{password}").as_bytes()))
    };
    let ask = |line: &str| greeted(&daemon, "submissions").ask(line);
    for (line, code) in [
        (plain("", PASSWORD), 535),
        (plain(&binh.address, ""), 535),
        (plain(&binh.address, "a\tb"), 535),
        (plain(&binh.address, &"x".repeat(1025)), 535),
        (plain(&"x".repeat(1000), PASSWORD), 535),
        (format!("AUTH PLAIN {}", BASE64.encode(b"no separators")), 501),
        (format!("AUTH PLAIN {}", BASE64.encode(b"\0a\0b\0c")), 501),
        (format!("AUTH PLAIN {}", BASE64.encode(b"\0a\0\xff\xfe")), 535),
        ("AUTH PLAIN !".to_owned(), 501),
        ("AUTH PLAIN =".to_owned(), 535),
        (format!("AUTH PLAIN {}", "A".repeat(20_000)), 500),
    ] {
        let said = ask(&line);
        assert!(said == code || (code == 535 && said == 501), "{}: {said}", line.get(..60).unwrap_or(&line));
    }
    // 1 MB, and a cancelled exchange after which the same client logs in.
    let mut client = greeted(&daemon, "submissions");
    client.send(format!("AUTH PLAIN {}\r\n", "A".repeat(1 << 20)).as_bytes());
    assert!(matches!(client.line(Duration::from_secs(20)), Heard::Line(line) if line.starts_with("500 ")));
    let mut client = greeted(&daemon, "submissions");
    assert_eq!(client.ask("AUTH LOGIN"), 334);
    assert_eq!(client.ask("*"), 501);
    assert_eq!(client.ask(&plain(&binh.address, PASSWORD)), 235);
}

/// Hostile B75: a password is the same in every normal form (RFC 8265).
#[test]
fn a_password_is_one_in_every_normal_form() {
    let daemon = Daemon::start(&Settings::default());
    let binh = daemon.person("binhdx").unwrap();
    daemon.set_password(&binh.address, "Đường-về-nhà-2026");
    for spelled in ["Đường-về-nhà-2026", "Đu\u{31b}o\u{31b}\u{300}ng-ve\u{302}\u{300}-nha\u{300}-2026"] {
        let login = BASE64.encode(format!("\0{}\0{spelled}", binh.address).as_bytes());
        assert_eq!(greeted(&daemon, "submissions").ask(&format!("AUTH PLAIN {login}")), 235, "{spelled}");
    }
}

/// Hostile B76: a name that nobody has takes as long to be refused as a wrong password, and hears the same.
#[test]
fn names_that_nobody_has_are_refused_like_wrong_passwords() {
    let daemon = Daemon::start(&Settings::default());
    let binh = daemon.person("binhdx").unwrap();
    let refused = |name: &str| {
        let mut client = greeted(&daemon, "submissions");
        let login = BASE64.encode(format!("\0{name}\0khong-phai-mat-khau").as_bytes());
        let start = Instant::now();
        client.say(&format!("AUTH PLAIN {login}"));
        (client.reply(), start.elapsed())
    };
    let (mut unknown, mut wrong) = (Vec::new(), Vec::new());
    for n in 0..5 {
        let (said, took) = refused(&format!("khong-co-{n}@daklak.doj.gov.vn"));
        let (told, needed) = refused(&binh.address);
        assert_eq!(said, told);
        unknown.push(took);
        wrong.push(needed);
    }
    // The best of each: what the machine does beside it only adds to the others.
    let (unknown, wrong) = (unknown.into_iter().min().unwrap(), wrong.into_iter().min().unwrap());
    assert!(unknown < wrong * 3 && wrong < unknown * 3, "{unknown:?} and {wrong:?}");
}
