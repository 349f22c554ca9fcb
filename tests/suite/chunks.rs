//! Messages in chunks, and of octets of any kind (RFC 3030): what cannot be said in a transcript.

use crate::client::Client;
use crate::harness::{Daemon, Person, Settings};
use crate::relay::{jobs, sender, settings, to, wait_for_empty_queue};
use crate::scripted::{Mood, Scripted};

/// All octets, twice, with what looks like commands, ends and boundaries.
fn octets() -> Vec<u8> {
    let all: Vec<u8> = (0..=255).collect();
    [&all[..], b"\r\n.\r\nQUIT\r\n--c\n\n", &all, b"\r"].concat()
}

/// A message that holds them.
fn binary(from: &str, subject: &str) -> Vec<u8> {
    let head = format!(
        "From: <{from}>\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: binary\r\n\r\n--b\r\n\r\ntext\r\n--b\r\n\
         Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\n"
    );
    [head.as_bytes(), &octets(), b"\r\n--b--\r\n"].concat()
}

/// Sends a message in chunks of a size, all in one go.
fn send(client: &mut Client, mail: &str, to: &str, message: &[u8], size: usize) -> Vec<u16> {
    let mut said = format!("{mail}\r\nRCPT TO:{to}\r\n").into_bytes();
    let chunks: Vec<_> = message.chunks(size).collect();
    for (nth, chunk) in chunks.iter().enumerate() {
        let last = if nth + 1 == chunks.len() { " LAST" } else { "" };
        said.extend(format!("BDAT {}{last}\r\n", chunk.len()).into_bytes());
        said.extend_from_slice(chunk);
    }
    client.send(&said);
    (0..chunks.len() + 2).map(|_| client.reply().0).collect()
}

fn fetched(daemon: &Daemon, who: &Person, subject: &str, what: &str) -> Vec<u8> {
    let mut imap = daemon.imap_as(who);
    imap.ok("SELECT INBOX");
    let found = imap.ok(&format!("SEARCH SUBJECT {subject}"));
    let number = found[0].strip_prefix("* SEARCH ").unwrap().trim().to_owned();
    imap.answer(&format!("FETCH {number} {what}"))
}

#[test]
fn what_came_as_binary_is_read_by_imap_octet_by_octet() {
    let daemon = Daemon::start(&Settings::default());
    let binh = daemon.person("binhdx").unwrap();
    let mut client = daemon.connect("smtp");
    client.reply();
    client.ask("EHLO x.example.vn");
    let to = format!("<{}>", binh.address);
    let message = binary("a@example.vn", "nhi-phan");
    for size in [1, 7, 100, message.len()] {
        let codes = send(&mut client, "MAIL FROM:<a@example.vn> BODY=BINARYMIME", &to, &message, size);
        assert!(codes.iter().all(|code| *code == 250), "{size}: {codes:?}");
    }
    let mut imap = daemon.imap_as(&binh);
    imap.ok("SELECT INBOX");
    let number = imap.ok("SEARCH SUBJECT nhi-phan")[0].rsplit(' ').next().unwrap().to_owned();
    let decoded = imap.answer(&format!("FETCH {number} BINARY.PEEK[2]"));
    let expected = [format!("~{{{}}}\r\n", octets().len()).as_bytes(), &octets()].concat();
    assert!(memchr::memmem::find(&decoded, &expected).is_some(), "{}", String::from_utf8_lossy(&decoded));
    // To mail programs that know nothing of it, it is a file in base64 like any other.
    let whole = imap.answer(&format!("FETCH {number} (BODY.PEEK[] BODYSTRUCTURE)"));
    let text = String::from_utf8(whole).unwrap();
    assert!(!text.contains('\0') && text.contains("Content-Transfer-Encoding: base64"), "{text}");
    assert!(text.contains("\"octet-stream\" NIL NIL NIL \"base64\""), "{text}");
}

#[test]
fn what_is_binary_nowhere_but_in_its_parts_is_taken_and_the_rest_refused() {
    let daemon = Daemon::start(&Settings::default());
    let binh = format!("<{}>", daemon.person("binhdx").unwrap().address);
    let mut client = daemon.connect("smtp");
    client.reply();
    client.ask("EHLO x.example.vn");
    let mail = "MAIL FROM:<a@example.vn> BODY=BINARYMIME";
    assert_eq!(send(&mut client, mail, &binh, b"Subject: a\0b\r\n\r\nx\r\n", 99), [250, 250, 550]);
    assert_eq!(send(&mut client, mail, &binh, b"Subject: a\nX: y\r\n\r\nx\r\n", 99), [250, 250, 550]);
    assert_eq!(client.ask(mail), 250);
    assert_eq!(client.ask(&format!("RCPT TO:{binh}")), 250);
    assert_eq!(client.ask("DATA"), 503);
    assert_eq!(client.ask("RSET"), 250);
}

#[test]
fn what_came_as_binary_goes_out_to_servers_that_know_nothing_of_it() {
    let server = Scripted::start(Mood::Well);
    let daemon = Daemon::start(&settings(server.address, ""));
    let (who, mut client) = sender(&daemon);
    let mail = format!("MAIL FROM:<{}> BODY=BINARYMIME", who.address);
    let codes = send(&mut client, &mail, &to("a"), &binary(&who.address, "di-xa"), 4096);
    assert_eq!(codes, [250, 250, 250]);
    let taken = server.wait_for(1).remove(0);
    let encoded = data_encoding::BASE64_MIME.encode(&octets());
    assert!(taken.message.contains(encoded.trim_end()), "{}", taken.message);
    assert!(!taken.mail.contains("BINARYMIME") && !taken.message.contains(": binary"), "{taken:?}");
    wait_for_empty_queue(&daemon);
}

#[test]
fn a_long_line_of_a_persons_text_is_encoded_for_its_way() {
    let server = Scripted::start(Mood::Well);
    let daemon = Daemon::start(&settings(server.address, ""));
    let (who, mut client) = sender(&daemon);
    let text = "đ".repeat(3000);
    let message = format!("Subject: dai\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n");
    let mail = format!("MAIL FROM:<{}>", who.address);
    let here = format!("<{}>", who.address);
    assert_eq!(client.ask(&mail), 250);
    for recipient in [&to("a"), &here] {
        assert_eq!(client.ask(&format!("RCPT TO:{recipient}")), 250);
    }
    assert_eq!(client.ask("DATA"), 354);
    client.send(format!("{message}.\r\n").as_bytes());
    assert_eq!(client.reply().0, 250);
    let taken = server.wait_for(1).remove(0);
    assert!(taken.message.lines().all(|line| line.len() <= 998), "{}", taken.message);
    let shown = fetched(&daemon, &who, "dai", "BINARY.PEEK[1]");
    assert!(String::from_utf8_lossy(&shown).contains(&text));
    assert!(jobs(&daemon).is_empty() || server.taken().len() == 1);
}

#[test]
fn the_sum_of_chunks_is_bounded_and_all_of_them_are_read() {
    let daemon = Daemon::start(&Settings::default().with("mail.max_message_size", "\"64k\""));
    let binh = format!("<{}>", daemon.person("binhdx").unwrap().address);
    let mut client = daemon.connect("smtp");
    client.reply();
    client.ask("EHLO x.example.vn");
    let message = format!("Subject: a\r\n\r\n{}", "0123456789abcd\r\n".repeat(7000));
    let codes = send(&mut client, "MAIL FROM:<a@example.vn>", &binh, message.as_bytes(), 16 * 1024);
    assert_eq!(codes, [250, 250, 250, 250, 250, 250, 552, 503, 503]);
    assert_eq!(client.ask("NOOP"), 250);
    assert_eq!(send(&mut client, "MAIL FROM:<a@example.vn>", &binh, b"Subject: b\r\n\r\n", 5)[..2], [250, 250]);
    // A size that nobody sends ends with the connection, not with memory.
    client.send(b"BDAT 18446744073709551615 LAST\r\n");
    drop(client);
    daemon.imap_as(&daemon.person("binhdx").unwrap()).ok("NOOP");
}

#[test]
fn chunks_that_were_on_their_way_to_nobody_end_no_session() {
    let daemon = Daemon::start(&Settings::default());
    let mut client = daemon.connect("smtp");
    client.reply();
    client.ask("EHLO x.example.vn");
    let message = format!("Subject: a\r\n\r\n{}", "x\r\n".repeat(100));
    let codes = send(&mut client, "MAIL FROM:<>", "<khong-co@daklak.doj.gov.vn>", message.as_bytes(), 10);
    assert_eq!(codes[..2], [250, 550]);
    assert!(codes.len() > 30 && codes[2..].iter().all(|code| *code == 503), "{codes:?}");
    assert_eq!(client.ask("RSET"), 250);
    let binh = format!("<{}>", daemon.person("binhdx").unwrap().address);
    assert_eq!(send(&mut client, "MAIL FROM:<>", &binh, b"Subject: a\r\n\r\n", 99), [250, 250, 250]);
}

#[test]
fn a_connection_lost_between_chunks_leaves_nothing() {
    let daemon = Daemon::start(&Settings::default());
    let binh = daemon.person("binhdx").unwrap();
    let mut client = daemon.connect("smtp");
    client.reply();
    client.ask("EHLO x.example.vn");
    client.send(
        format!("MAIL FROM:<>\r\nRCPT TO:<{}>\r\nBDAT 23\r\nSubject: nua-chung\r\n\r\nx\r\n", binh.address).as_bytes(),
    );
    assert_eq!([client.reply().0, client.reply().0, client.reply().0], [250; 3]);
    client.send(b"BDAT 100 LAST\r\nhalf");
    client.half_close();
    client.rest();
    let mut imap = daemon.imap_as(&binh);
    imap.ok("SELECT INBOX");
    assert_eq!(imap.ok("SEARCH SUBJECT nua-chung")[0].trim(), "* SEARCH");
}
