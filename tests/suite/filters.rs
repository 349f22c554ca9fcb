//! Filters against spam and viruses: what they are told, what becomes of what they say, and what when they fail.

use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use crate::client::Client;
use crate::filter::{Act, Milter, Script, at, at_end, packet, terms};
use crate::harness::{DOMAIN, Daemon, Person, Settings, log_in_imap, log_in_smtp};
use crate::process::Process;
use crate::relay::{jobs, notices};
use crate::scripted::wait_until;

const MESSAGE: &str =
    "From: <a@example.vn>\r\nSubject: hai\r\n dong\r\nSubject: two\r\nX-Spam: yes\r\n\r\nbody\r\n..dot\r\n";
const STORED: &str = "From: <a@example.vn>\r\nSubject: hai\r\n dong\r\nSubject: two\r\n\r\nbody\r\n.dot\r\n";

/// A filter in the configuration.
fn block(name: &str, milter: &Milter, more: &str) -> String {
    block_at(name, &milter.address.to_string(), "2s", more)
}

pub fn block_at(name: &str, address: &str, patience: &str, more: &str) -> String {
    format!("{{ name = {name:?}, address = {address:?}, patience = {patience:?} {more} }}")
}

/// A department whose incoming mail this filter looks at.
fn daemon(milter: &Milter, more: &str) -> Daemon {
    Daemon::start(&settings(&[block("one", milter, more)]))
}

pub fn settings(filters: &[String]) -> Settings {
    Settings::default().with("filter", &format!("[{}]", filters.join(", "))).with("server.language", "\"en\"")
}

/// Mail from outside; what is answered to the message.
pub fn bring(daemon: &Daemon, message: &str) -> (u16, String) {
    bring_to(daemon, "binhdx", message)
}

fn bring_to(daemon: &Daemon, local: &str, message: &str) -> (u16, String) {
    let mut client = daemon.connect("smtp");
    client.reply();
    assert_eq!(client.ask("EHLO ngoai.example.vn"), 250);
    send(&mut client, "a@example.vn", &daemon.person(local).unwrap().address, message)
}

/// Mail from one of us.
pub fn submit(daemon: &Daemon, message: &str) -> (u16, String) {
    let who = daemon.person("daont").unwrap();
    let mut client = daemon.connect("submissions");
    client.reply();
    log_in_smtp(&mut client, &who);
    send(&mut client, &who.address, &daemon.person("binhdx").unwrap().address, message)
}

fn send(client: &mut Client, from: &str, to: &str, message: &str) -> (u16, String) {
    assert_eq!(client.ask(&format!("MAIL FROM:<{from}>")), 250);
    assert_eq!(client.ask(&format!("RCPT TO:<{to}>")), 250);
    assert_eq!(client.ask("DATA"), 354);
    client.send(format!("{message}.\r\n").as_bytes());
    client.reply()
}

/// The messages of a folder without our trace fields; not the welcome that everybody has.
pub fn folder(daemon: &Daemon, who: &Person, name: &str) -> Vec<String> {
    let mut client = daemon.connect("imaps");
    client.expect_line();
    log_in_imap(&mut client, who);
    let count = client.ok(&format!("EXAMINE {name}"));
    let count: usize =
        count.iter().find_map(|line| line.strip_prefix("* ")?.strip_suffix(" EXISTS")?.parse().ok()).unwrap();
    let text = |n: usize| {
        let octets = client.answer(&format!("FETCH {n} (BODY.PEEK[])"));
        let text = String::from_utf8(octets).unwrap();
        let (_, text) = text.split_once("}\r\n").unwrap();
        let (text, _) = text.rsplit_once(")\r\nt OK").unwrap();
        text.to_owned()
    };
    let texts = (1..=count).map(text).filter(|text| text.contains("\r\nReceived: "));
    texts.map(|text| untraced(&text)).collect()
}

/// What stands behind Return-Path, Delivered-To and Received.
fn untraced(text: &str) -> String {
    let mut rest = text.split_once("\r\nReceived: ").unwrap().1.split_once("\r\n").unwrap().1;
    while rest.starts_with('\t') {
        rest = rest.split_once("\r\n").unwrap().1;
    }
    rest.to_owned()
}

fn status(daemon: &Daemon) -> String {
    String::from_utf8(daemon.command(&["--json", "status"]).stdout).unwrap()
}

fn change(command: u8, index: u32, name: &str, value: &str) -> Vec<u8> {
    packet(command, [&index.to_be_bytes()[..], format!("{name}\0{value}\0").as_bytes()].concat())
}

fn go_on() -> Vec<u8> {
    packet(b'c', "")
}

#[test]
fn a_filter_is_told_everything_once_and_in_order() {
    let milter = Milter::start(Script::new());
    let daemon = daemon(&milter, "");
    assert_eq!(bring(&daemon, MESSAGE).0, 250);
    assert_eq!(milter.commands(), "ODCHDMDRDTLLLDNBDEQ");
    let heard = milter.heard();
    let of = |command: u8| {
        let texts = heard.iter().filter(|(c, _)| *c == command).map(|(_, d)| String::from_utf8_lossy(d).into_owned());
        texts.collect::<Vec<_>>()
    };
    assert_eq!(heard[0].1, [6_u32, 0x33, 0x1F_F7FF].map(u32::to_be_bytes).concat());
    assert!(of(b'C')[0].starts_with("[127.0.0.1]\x004") && of(b'C')[0].ends_with("127.0.0.1\0"), "{:?}", of(b'C'));
    assert_eq!(of(b'H'), ["ngoai.example.vn\0"]);
    assert_eq!(of(b'M'), ["<a@example.vn>\0"]);
    assert_eq!(of(b'R'), [format!("<{}>\0", daemon.person("binhdx").unwrap().address)]);
    let space = |field: &str, value: &str| format!("{field}\0{value}\0");
    assert_eq!(of(b'L'), [space("From", "<a@example.vn>"), space("Subject", "hai\n dong"), space("Subject", "two")]);
    assert_eq!(of(b'B'), ["body\r\n.dot\r\n"]);
    let macros = of(b'D').join("|");
    assert!(
        macros.contains("Cj\0mail.daklak.doj.gov.vn\0{daemon_name}\0")
            && macros.contains("{client_addr}\x00127.0.0.1\0")
    );
    assert!(macros.contains("Mi\0") && !macros.contains("{auth_authen}"), "{macros}");
    assert_eq!(folder(&daemon, &daemon.person("binhdx").unwrap(), "INBOX"), [STORED]);
}

#[test]
fn a_filter_for_what_people_send_hears_who_they_are_and_nothing_of_what_comes_in() {
    let milter = Milter::start(Script::new());
    let daemon = daemon(&milter, ", for = [\"submission\"]");
    assert_eq!(bring(&daemon, MESSAGE).0, 250);
    assert_eq!(milter.connections(), 0);
    assert_eq!(submit(&daemon, "Subject: x\r\n\r\n").0, 250);
    let macros: Vec<_> = milter.heard().into_iter().filter(|(c, _)| *c == b'D').flat_map(|(_, data)| data).collect();
    let macros = String::from_utf8(macros).unwrap();
    assert!(macros.contains(&format!("{{auth_authen}}\0daont@{DOMAIN}\0")), "{macros}");
    assert!(macros.contains("{tls_version}\0TLSv1.3\0{cipher}\0TLS13_"), "{macros}");
}

#[test]
fn what_a_filter_does_not_want_or_answer_is_not_said_or_waited_for() {
    let milter = Milter::start(at(b'O', terms(0x01 | 0x02 | 0x10 | 0x200)));
    let daemon = daemon(&milter, "");
    assert_eq!(bring(&daemon, MESSAGE).0, 250);
    assert_eq!(milter.commands(), "ODMDRLLLDNDEQ");
    milter.set(at(b'O', terms(0x000F_F080)));
    assert_eq!(bring(&daemon, MESSAGE).0, 250);
    let mut skips = at(b'B', Act::Says(packet(b's', "")));
    skips.insert(b'O', terms(0x400));
    milter.set(skips);
    assert_eq!(bring(&daemon, &format!("Subject: x\r\n\r\n{}", "0123456789abcdef\r\n".repeat(20_000))).0, 250);
    assert_eq!(milter.heard().iter().filter(|(_, data)| data == b"65535").count(), 1, "one piece was enough");
}

#[test]
fn a_filter_can_refuse_or_put_off_at_every_step_in_its_own_words() {
    let milter = Milter::start(Script::new());
    let daemon = daemon(&milter, "");
    for step in *b"CHMRTLNBE" {
        for (said, code, text) in [
            (packet(b'r', ""), 550, "550 5.7.1 the message is not accepted"),
            (packet(b't', ""), 451, "451 4.7.1 the message cannot be examined at this moment; try again later"),
            (packet(b'y', "554 5.7.9 too 100%% bad\r\n250 ok\0"), 550, "550 5.7.1 too 100% bad"),
            (packet(b'y', "452 busy\0"), 451, "451 4.7.1 busy"),
        ] {
            milter.set(at(step, Act::Says(said)));
            let answered = bring(&daemon, MESSAGE);
            assert_eq!((answered.0, answered.1.trim()), (code, text), "at {}", char::from(step));
        }
        milter.set(at(step, Act::Says(packet(b'a', ""))));
        assert_eq!(bring(&daemon, MESSAGE).0, 250);
    }
    assert!(!status(&daemon).contains("filter_down"));
}

#[test]
fn a_filter_changes_header_and_body_and_the_next_one_sees_it() {
    let first = Milter::start(at_end(&[
        packet(b'p', ""),
        packet(b'h', "X-First\0one\n\ttwo\nBcc: x\0"),
        change(b'i', 0, "X-Top", "top"),
        change(b'm', 2, "Subject", ""),
        change(b'm', 1, "Subject", "new"),
        packet(b'b', "other\r\n"),
        packet(b'b', "body\r\n"),
        packet(b'+', "<x@x.vn>\0"),
        go_on(),
    ]));
    let second = Milter::start(Script::new());
    let daemon = Daemon::start(&settings(&[block("one", &first, ""), block("two", &second, "")]));
    assert_eq!(bring(&daemon, MESSAGE).0, 250);
    let expected = "X-Top: top\r\nFrom: <a@example.vn>\r\nSubject: new\r\nX-First: one\r\n\ttwo\r\n\tBcc: x\r\n\r\nother\r\nbody\r\n";
    assert_eq!(folder(&daemon, &daemon.person("binhdx").unwrap(), "INBOX"), [expected]);
    let heard = second.heard();
    assert!(heard.contains(&(b'B', b"other\r\nbody\r\n".to_vec())), "{heard:?}");
    assert!(heard.contains(&(b'L', b"X-First\0one\n\ttwo\n\tBcc: x\0".to_vec())), "{heard:?}");
}

#[test]
fn what_a_filter_marks_goes_to_junk_and_what_strangers_mark_does_not() {
    let milter = Milter::start(Script::new());
    let daemon = daemon(&milter, "");
    let who = daemon.person("binhdx").unwrap();
    for (n, field) in ["X-Spam", "X-Spam-Flag"].into_iter().enumerate() {
        milter.set(Script::new());
        assert_eq!(bring(&daemon, &format!("{field}: YES\r\nX-Filter-Missing: one\r\n\r\nx\r\n")).0, 250);
        assert_eq!(folder(&daemon, &who, "INBOX")[n], "\r\nx\r\n");
        milter.set(at_end(&[change(b'm', 1, field, "Yes"), go_on()]));
        assert_eq!(bring(&daemon, "Subject: x\r\n\r\n").0, 250);
        assert_eq!(folder(&daemon, &who, "Junk")[n], format!("Subject: x\r\n{field}: Yes\r\n\r\n"));
    }
    milter.set(at_end(&[packet(b'h', "X-Spam\0No\0"), go_on()]));
    assert_eq!(bring(&daemon, "Subject: x\r\n\r\n").0, 250);
    assert_eq!((folder(&daemon, &who, "INBOX").len(), folder(&daemon, &who, "Junk").len()), (3, 2));
}

#[test]
fn what_a_filter_would_hide_waits_for_the_administrator_and_is_not_lost() {
    let milter = Milter::start(at(b'B', Act::Says(packet(b'd', ""))));
    let daemon = daemon(&milter, ", for = [\"incoming\", \"submission\"]");
    let who = daemon.person("binhdx").unwrap();
    assert_eq!(bring(&daemon, MESSAGE).0, 250);
    milter.set(at_end(&[packet(b'q', "virus\0"), packet(b'h', "X-Virus\0Eicar\0"), go_on()]));
    assert_eq!(bring(&daemon, MESSAGE).0, 250);
    assert_eq!(submit(&daemon, "Subject: x\r\n\r\n").0, 250);
    assert_eq!((jobs(&daemon).len(), folder(&daemon, &who, "INBOX").len()), (3, 0));
    assert!(notices(&daemon, &daemon.person("daont").unwrap()).is_empty(), "it was no burst");
    assert!(status(&daemon).contains("mail_held"));
    assert!(daemon.command(&["queue", "release", "--held"]).status.success());
    wait_until(|| (folder(&daemon, &who, "INBOX").len() == 3).then_some(()));
    let texts = folder(&daemon, &who, "INBOX");
    assert_eq!(texts.iter().filter(|text| text.contains("\r\nX-Virus: Eicar\r\n")).count(), 2, "{texts:?}");
}

#[test]
fn a_filter_that_fails_in_any_way_keeps_mail_out_or_lets_it_in_as_it_is_told() {
    let endless = packet(b'h', "X\0y\0");
    let ways: [(&str, Script); 14] = [
        ("closes at once", at(b'O', Act::Goes(Vec::new()))),
        ("another protocol", at(b'O', Act::Goes(b"220 mail.example.vn ESMTP\r\n".to_vec()))),
        ("another version", at(b'O', Act::Says(packet(b'O', [7_u32, 0, 0].map(u32::to_be_bytes).concat())))),
        ("never answers", at(b'O', Act::Nothing)),
        ("half a packet", at(b'M', Act::Goes(b"\0\0".to_vec()))),
        ("half a packet, and waits", at(b'M', Act::Says(b"\0\0\0\x09c".to_vec()))),
        ("an endless packet", at(b'E', Act::Repeats(b"\xff\xff\xff\xffh".to_vec()))),
        ("an empty packet", at(b'E', Act::Says(vec![0; 4]))),
        ("garbage", at(b'E', Act::Says(packet(b'z', "")))),
        ("a change before its time", at(b'M', Act::Says(endless.clone()))),
        ("changes without end", at(b'E', Act::Repeats(endless))),
        ("a body without end", at(b'E', Act::Repeats(packet(b'b', vec![b'x'; 65_535])))),
        ("progress without end", at(b'E', Act::Repeats(packet(b'p', "")))),
        ("gives up in the end", at_end(&[packet(b'h', "X-Half\0y\0"), packet(b'f', "")])),
    ];
    let strict = Milter::start(Script::new());
    let strict_daemon = daemon(&strict, "");
    let lenient = Milter::start(Script::new());
    let lenient_daemon = daemon(&lenient, ", on_failure = \"accept\"");
    let who = lenient_daemon.person("binhdx").unwrap();
    let expected = STORED.replacen("\r\n\r\n", "\r\nX-Filter-Missing: one\r\n\r\n", 1);
    for (n, (way, script)) in ways.into_iter().enumerate() {
        strict.set(script.clone());
        lenient.set(script);
        let begun = Instant::now();
        assert_eq!(bring(&strict_daemon, MESSAGE).0, 451, "{way}");
        assert_eq!(bring(&lenient_daemon, MESSAGE).0, 250, "{way}");
        assert!(begun.elapsed() < Duration::from_secs(8), "{way} took {:?}", begun.elapsed());
        let texts = folder(&lenient_daemon, &who, "INBOX");
        assert_eq!((texts.len(), &texts[n]), (n + 1, &expected), "{way}");
        for daemon in [&strict_daemon, &lenient_daemon] {
            assert!(status(daemon).contains("filter_down"), "{way}");
        }
        // It works again, and after its wait it is asked again.
        for (milter, daemon) in [(&strict, &strict_daemon), (&lenient, &lenient_daemon)] {
            milter.set(at_end(&[packet(b'r', "")]));
            wait_until(|| (bring_to(daemon, "daont", MESSAGE).0 == 550).then_some(()));
            assert!(!status(daemon).contains("filter_down"), "{way}");
        }
    }
}

#[test]
fn nobody_waits_for_a_filter_that_is_down() {
    let milter = Milter::start(at(b'O', Act::Nothing));
    let daemon = daemon(&milter, "");
    assert_eq!(bring(&daemon, MESSAGE).0, 451);
    let begun = Instant::now();
    for _ in 0..20 {
        assert_eq!(bring(&daemon, MESSAGE).0, 451);
        if begun.elapsed() > Duration::from_millis(800) {
            break;
        }
    }
    assert!(begun.elapsed() < Duration::from_secs(2) && milter.connections() == 1, "{:?}", begun.elapsed());
}

#[test]
fn r9_who_is_suspended_while_a_filter_thinks_sends_nothing() {
    let milter = Milter::start(at(b'E', Act::Nothing));
    let filter = block_at("one", &milter.address.to_string(), "1m", ", for = [\"submission\"]");
    let daemon = Daemon::start(&settings(&[filter]));
    let begun = std::thread::scope(|scope| {
        let answer = scope.spawn(|| submit(&daemon, "Subject: x\r\n\r\n"));
        wait_until(|| milter.commands().ends_with('E').then_some(()));
        let begun = Instant::now();
        daemon.suspend(&daemon.person("daont").unwrap());
        assert_eq!(answer.join().unwrap().0, 421);
        begun
    });
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert!(folder(&daemon, &daemon.person("binhdx").unwrap(), "INBOX").is_empty());
}

#[test]
fn a_header_that_no_filter_could_look_at_is_refused() {
    let milter = Milter::start(Script::new());
    let daemon = daemon(&milter, "");
    let begun = Instant::now();
    let long = |line: &str| line.repeat(1_000_000 / line.len());
    assert_eq!(bring(&daemon, &format!("{}\r\n", long("X-Spam: yes\r\n"))).0, 250);
    assert_eq!(bring(&daemon, &format!("{}\r\n", long("X-Spam: yes\r\n").repeat(2))).0, 552);
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}

#[test]
fn check_says_whether_each_filter_answers_and_a_socket_does_as_well() {
    let milter = Milter::start(Script::new());
    let dir = tempfile::tempdir().unwrap();
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
    let socket = dir.path().join("milter.sock");
    let serving = Milter::at_socket(&socket);
    let unix = format!("{{ name = \"two\", address = \"unix:{}\" }}", socket.display());
    let gone = "{ name = \"three\", address = \"127.0.0.1:1\", for = [\"submission\"] }".to_owned();
    let daemon = Daemon::start(&settings(&[block("one", &milter, ""), unix, gone]));
    let checked = daemon.command(&["--json", "check"]);
    assert!(!checked.status.success());
    let checked: serde_json::Value = serde_json::from_slice(&checked.stdout).unwrap();
    let filters: Vec<_> =
        checked["checks"].as_array().unwrap().iter().filter(|check| check["name"] == "filter").collect();
    let ok: Vec<_> = filters.iter().map(|check| check["ok"].as_bool().unwrap()).collect();
    assert_eq!(ok, [true, true, false], "{filters:?}");
    assert!(
        filters[2]["detail"].as_str().unwrap().starts_with("three (127.0.0.1:1): it does not answer: "),
        "{filters:?}"
    );
    serving.join().unwrap();
}

#[test]
fn fifty_megabytes_go_to_a_filter_without_a_second_copy_of_them() {
    const MEGABYTES: usize = 50;
    let milter = Milter::start(at_end(&[packet(b'h', "X-Seen\0yes\0"), go_on()]));
    let peak = |filters: &str| {
        let dir = tempfile::tempdir().unwrap();
        let data_dir = dir.path().join("data");
        drop(Process::start(&data_dir));
        let file = data_dir.join("hopthu.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, text.replace("[listen]\n", &format!("{filters}\n[listen]\n"))).unwrap();
        let daemon = Process::start(&data_dir);
        let who = &daemon.people()[0];
        let mut client = Client::plain(daemon.address("smtp"), daemon.trust());
        client.reply();
        assert_eq!(client.ask("EHLO ngoai.example.vn"), 250);
        let line = format!("{}\r\n", "x".repeat(998));
        let message = format!("Subject: large\r\n\r\n{}", line.repeat(MEGABYTES * 1000));
        assert_eq!(send(&mut client, "a@example.vn", &who.address, &message).0, 250);
        daemon.peak_kb()
    };
    let without = peak("");
    let with = peak(&format!("[[filter]]\nname = \"one\"\naddress = \"{}\"\n", milter.address));
    assert_eq!(milter.body(), MEGABYTES * 1_000_000);
    assert!(with < without + 8 * 1024, "{with} kB with a filter, {without} kB without");
}
