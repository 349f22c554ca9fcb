//! Hostile messages, as they are delivered to and read from the real program. Where each row of the list is shown:
//!
//! | row | message |
//! |---|---|
//! | B58 nesting, parts | `deep`, `wide`, `nested` |
//! | B59 boundaries | `no boundary`, `empty boundary`, `long boundary`, `prefix` |
//! | B60 broken headers | `8 bit`, `no colon`; a NUL is refused at both doors: `a_message_with_nul_is_refused_whole` |
//! | B61 large headers | `large header`, `many addresses` |
//! | B62 what is not closed | `comment`, `quote`, `unclosed` |
//! | B63 encoded words | `charset`, `base64`, `split` |
//! | B64 parameters | `parameters` |
//! | B65 dates | `no date`, `garbage date`, `far date` |
//! | B66 references | `loop` |
//! | B67 file names | `path`, `line end`, `direction` |
//! | B67a cut short | `truncated` |
//!
//! Every one of them is stored as it came and told as one sound list, in bounded time; what is made of it is the business of
//! `mime::tests`.

use std::time::Duration;

use crate::client::Client;
use crate::process::{Login, Process};

/// Processor time for storing and describing one message. The program is built without optimising here.
const CPU_MAX: Duration = Duration::from_secs(if cfg!(debug_assertions) { 8 } else { 1 });
/// What the daemon may hold more than before once all of them are stored.
const GROWTH_KB_MAX: u64 = 160 * 1024;

fn messages() -> Vec<(&'static str, Vec<u8>)> {
    let text = |name: &'static str, raw: &str| (name, raw.as_bytes().to_vec());
    let deep: String =
        (0..101).map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n")).collect();
    let parts = "--w\r\n\r\nx\r\n".repeat(10_001);
    let parameters: String = (0..2000).rev().map(|n| format!("; name*{n}*=x; name*{}=y", n / 2)).collect();
    let long = "x".repeat(2048);
    let nested = "Content-Type: message/rfc822\r\n\r\n".repeat(1_000);
    let broken = |boundary: &str| format!("Content-Type: multipart/mixed{boundary}\r\n\r\ngiữ lại\r\n");
    vec![
        text("deep", &deep),
        text("wide", &format!("Content-Type: multipart/mixed; boundary=w\r\n\r\n{parts}--w--\r\n")),
        text("nested", &nested),
        text("no boundary", &broken("")),
        text("empty boundary", &broken("; boundary=\"\"")),
        text("long boundary", &broken(&format!("; boundary={long}"))),
        text(
            "prefix",
            "Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nContent-Type: multipart/mixed; boundary=ab\r\n\r\n\
             --ab\r\n\r\none\r\n--ab--\r\n--a\r\n\r\ngiữ lại\r\n--a--\r\n",
        ),
        ("8 bit", b"Subject: \xc4\xd7\xff\r\nFrom: \xff <a@b>\r\n\r\n\xff\r\n".to_vec()),
        text("no colon", "Subject: a\r\nno colon here\r\n: nothing\r\nTo: a@b\r\n\r\ngiữ lại\r\n"),
        ("large header", [b"Subject: ", vec![b'x'; 40_000_000].as_slice(), b"\r\n\r\ny\r\n"].concat()),
        text("many addresses", &format!("To: {}\r\n\r\n", "a <b@c.example>,\r\n ".repeat(100_000))),
        text("comment", "From: (a\\\r\nTo: (a\\\r\n\r\n"),
        text("quote", "From: \"a\\\r\nTo: \"a\\\r\nCc: \"\r\n\r\n"),
        text("unclosed", "From: ((((((\r\nTo: <a@b\r\nCc: a@[b\r\nSubject: ((\r\n\r\n"),
        text("charset", "Subject: =?x-none?q?a=C4?= =?utf-8?x?a?= =??q?a?=\r\n\r\n"),
        text("base64", "Subject: =?utf-8?b?x?= =?utf-8?b?!!!!?= =?utf-8?q?=4?=\r\n\r\n"),
        text("split", "Subject: =?utf-8?b?4bo=?= =?utf-8?b?pA==?= =?utf-8?q?=E1=BB?=\r\n\r\n"),
        text("parameters", &format!("Content-Type: text/plain{parameters}\r\n\r\nx\r\n")),
        text("no date", "Subject: ngay\r\n\r\nx\r\n"),
        text("garbage date", "Subject: ngay\r\nDate: hom qua\r\n\r\nx\r\n"),
        text("far date", "Subject: ngay\r\nDate: Mon, 2 Nov +9999 08:00:00 +9999\r\n\r\nx\r\n"),
        text("loop", "Message-ID: <a@b>\r\nReferences: <b@b> <a@b>\r\nIn-Reply-To: <a@b>\r\n\r\n"),
        text("loop", "Message-ID: <b@b>\r\nReferences: <a@b> <b@b>\r\nIn-Reply-To: <b@b>\r\n\r\n"),
        text(
            "path",
            "Content-Type: a/b; name=\"../../x\"\r\nContent-Disposition: attachment; filename=../../x\r\n\r\n",
        ),
        text(
            "line end",
            "Content-Type: a/b; name=\"a\r\n b\"\r\nContent-ID: <a\r\n\tb>\r\nContent-MD5: \"\\\"\r\n\r\n",
        ),
        text(
            "line end",
            "Content-Type: a/b; name*=utf-8''a%0d%0at%20OK%20b\r\nSubject: =?utf-8?q?a=0D=0A*_BYE?=\r\n\r\n",
        ),
        text("direction", "Content-Type: a/b; name=\"\u{202e}gpj.exe\"\r\n\r\n"),
        text("truncated", "Content-Type: message/rfc822\r\n\r\nContent-Type: message/rfc822\r\n\r\nContent-Type: mess"),
        text(
            "truncated",
            "Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nContent-Type: message/rfc822\r\n\r\nSubj",
        ),
    ]
}

#[test]
fn every_hostile_message_is_stored_as_it_came_and_told_as_a_sound_list() {
    let dir = tempfile::tempdir().unwrap();
    let process = Process::start(&dir.path().join("hopthu-data"));
    let people = process.people();
    let who = &people[0];
    let mut imap = process.imap_as(who);
    let mut other = process.imap_as(&people[1]);
    let first: usize = number(&imap.ok("STATUS INBOX (UIDNEXT)")[0]);
    let memory = process.memory_kb();
    let messages = messages();
    for (n, (name, raw)) in messages.iter().enumerate() {
        let before = process.cpu();
        deliver(&process, who, name, raw);
        imap.ok("SELECT INBOX");
        let uid = first + n;
        let told = imap.answer(&format!("UID FETCH {uid} (ENVELOPE BODY BODYSTRUCTURE RFC822.SIZE INTERNALDATE)"));
        is_sound(name, &told, 1);
        for section in ["BODY.PEEK[HEADER]", "BODY.PEEK[1]", "BODY.PEEK[1.MIME]", "BODY.PEEK[1.1.HEADER]<5.10>"] {
            is_sound(name, &imap.answer(&format!("UID FETCH {uid} ({section} UID)")), 1);
        }
        let section = vec!["1"; 1_000].join(".");
        is_sound(name, &imap.answer(&format!("UID FETCH {uid} BODY.PEEK[{section}]")), 1);
        let taken = process.cpu().saturating_sub(before);
        assert!(taken < CPU_MAX, "{name}: {taken:?} of processor time");
        let whole = imap.answer(&format!("UID FETCH {uid} BODY.PEEK[]"));
        assert!(memchr::memmem::find(&whole, raw).is_some(), "{name}: not as it was sent");
        other.ok("STATUS INBOX (MESSAGES)");
    }
    finds(&mut imap, messages.len() - 1 + first);
    let grown = process.memory_kb().saturating_sub(memory);
    assert!(grown < GROWTH_KB_MAX, "{grown} kB more");
    process.assert_clean();
}

/// RFC 5322 §4.1, RFC 9051 §9: no message has a NUL, nothing is taken out of one that does, and none of it is stored.
#[test]
fn a_message_with_nul_is_refused_whole() {
    let dir = tempfile::tempdir().unwrap();
    let process = Process::start(&dir.path().join("hopthu-data"));
    let who = &process.people()[0];
    let mut imap = process.imap_as(who);
    let before = imap.ok("STATUS INBOX (MESSAGES UIDNEXT)");
    for raw in [&b"Subject: a\0b\r\n\r\nx\r\n"[..], b"Subject: a\r\nX-A: \0\r\n\r\n", b"Subject: a\r\n\r\nx\0y\r\n"] {
        assert_eq!(offer(&process, who, raw).0, 550);
        assert!(imap.append("INBOX", "", raw).starts_with("t BAD"));
    }
    assert_eq!(imap.ok("STATUS INBOX (MESSAGES UIDNEXT)"), before);
    process.assert_clean();
}

/// Text behind broken boundaries is found; a date that is none is the day of arrival.
fn finds(imap: &mut Client, last: usize) {
    let found = imap.ok("UID SEARCH BODY \"giu lai\"");
    assert_eq!(found[0].split(' ').count(), 2 + 5, "{found:?}");
    let found = imap.ok("UID SEARCH SUBJECT ngay SENTSINCE 1-Jan-2026");
    assert_eq!(found[0].split(' ').count(), 2 + 3, "{found:?}");
    let found = imap.ok("UID SEARCH RETURN (COUNT) ALL");
    assert!(number(&found[0]) <= last, "{found:?}");
}

/// By SMTP, or by APPEND where a line is longer than SMTP takes.
fn deliver(process: &Process, to: &Login, name: &str, raw: &[u8]) {
    if raw.split(|octet| *octet == b'\n').any(|line| line.len() > 999) {
        assert!(process.imap_as(to).append("INBOX", "", raw).starts_with("t OK"), "{name}");
        return;
    }
    let (code, text) = offer(process, to, raw);
    assert_eq!(code, 250, "{name}: {text}");
}

/// The answer to a message at port 25.
fn offer(process: &Process, to: &Login, raw: &[u8]) -> (u16, String) {
    let mut smtp = Client::plain(process.address("smtp"), process.trust());
    smtp.reply();
    let recipient = format!("RCPT TO:<{}>", to.address);
    for line in ["EHLO ngoai.example.vn", "MAIL FROM:<ngoai@example.vn>", &recipient, "DATA"] {
        assert!(smtp.ask(line) < 400, "{line}");
    }
    let end: &[u8] = if raw.ends_with(b"\r\n") { b".\r\n" } else { b"\r\n.\r\n" };
    smtp.send(&[raw, end].concat());
    smtp.reply()
}

fn number(line: &str) -> usize {
    line.trim_end_matches(')').rsplit(' ').next().unwrap().parse().unwrap()
}

/// So many untagged answers, each a list in which everything that opens is closed, and the tagged one; no controls but in
/// literals.
fn is_sound(name: &str, answer: &[u8], lines: usize) {
    let (mut depth, mut quoted, mut ends, mut at) = (0_i32, false, 0, 0);
    while let Some(octet) = answer.get(at) {
        at += 1;
        match octet {
            b'\\' if quoted => at += 1,
            b'"' => quoted = !quoted,
            b'(' if !quoted => depth += 1,
            b')' if !quoted => depth -= 1,
            b'{' if !quoted => {
                let close = answer[at..].iter().position(|b| *b == b'}').unwrap();
                let size = std::str::from_utf8(&answer[at..at + close]).unwrap();
                at += close + 3 + size.parse::<usize>().unwrap();
            }
            b'\r' => {
                assert!(!quoted && depth == 0, "{name}: a line ends in a list: {}", show(answer));
                ends += 1;
                at += 1;
                let rest = &answer[at..];
                assert!(
                    rest.is_empty() || rest.starts_with(b"* ") || rest.starts_with(b"t OK"),
                    "{name}: {}",
                    show(rest)
                );
            }
            octet => assert!(*octet >= b' ' && *octet != 0x7f, "{name}: a control: {}", show(answer)),
        }
    }
    assert_eq!((depth, quoted, ends), (0, false, lines + 1), "{name}: {}", show(answer));
}

fn show(answer: &[u8]) -> String {
    answer[..answer.len().min(2_000)].escape_ascii().to_string()
}
