//! Mail to other servers: what is sent, what is kept while they fail, and what senders are told (hostile F19-F26).

use std::net::SocketAddr;
use std::time::Duration;

use hopthu::queue::{self, Listed, Selection};

use crate::client::Client;
use crate::harness::{Daemon, Person, Settings, log_in_imap, log_in_smtp};
use crate::names::{Names, Says};
use crate::process::Process;
use crate::scripted::{Mood, Scripted, Shape, certificate, wait_until};

const PROVINCE: &str = "daklak.gov.vn";

/// A department whose province is behind a route to this server.
pub fn settings(server: SocketAddr, more: &str) -> Settings {
    let route = format!(
        "[{{ name = \"tinh\", host = \"127.0.0.1\", port = {}, domains = [\"{PROVINCE}\", \"*.{PROVINCE}\"] {more} }}]",
        server.port()
    );
    Settings::default()
        .with("organisation.provincial_domain", &format!("{PROVINCE:?}"))
        .with("relay.route", &route)
        .with("relay.retry_first", "\"1s\"")
        .with("relay.retry_longest", "\"2s\"")
        .with("server.language", "\"en\"")
}

/// Somebody who is logged in to send.
pub fn sender(daemon: &Daemon) -> (Person, Client) {
    let who = daemon.person("daont").unwrap();
    let mut client = daemon.connect("submissions");
    client.reply();
    log_in_smtp(&mut client, &who);
    (who, client)
}

/// Sends a message; the answer to it.
pub fn submit(client: &mut Client, mail: &str, recipients: &[&str], subject: &str) -> (u16, String) {
    assert_eq!(client.ask(mail), 250, "{mail}");
    for recipient in recipients {
        client.say(&format!("RCPT TO:{recipient}"));
        let (code, text) = client.reply();
        assert_eq!(code, 250, "{recipient}: {text}");
    }
    assert_eq!(client.ask("DATA"), 354);
    client.send(format!("Subject: {subject}\r\nMessage-ID: <{subject}@test>\r\n\r\n..dot\r\ntext\r\n.\r\n").as_bytes());
    client.reply()
}

pub fn to(local: &str) -> String {
    format!("<{local}@{PROVINCE}>")
}

pub fn jobs(daemon: &Daemon) -> Vec<Listed> {
    let db = &daemon.running().installation().db;
    let all = Selection { all: true, ..Selection::default() };
    daemon.wait(async { queue::list(&mut db.read().await.unwrap(), &all).await.unwrap() })
}

pub fn wait_for_empty_queue(daemon: &Daemon) {
    wait_until(|| jobs(daemon).is_empty().then_some(()));
}

/// The text of every message of the person's INBOX.
pub fn inbox(daemon: &Daemon, who: &Person) -> Vec<String> {
    let mut client = daemon.connect("imaps");
    client.expect_line();
    log_in_imap(&mut client, who);
    client.ok("EXAMINE INBOX");
    let lines = client.ok("FETCH 1:* (BODY.PEEK[])");
    lines.join("\n").split("* ").skip(1).map(str::to_owned).collect()
}

pub fn notices(daemon: &Daemon, who: &Person) -> Vec<String> {
    inbox(daemon, who).into_iter().filter(|text| text.contains("delivery-status\"")).collect()
}

#[test]
fn mail_for_the_province_goes_out_beside_copies_for_mailboxes_here() {
    let server = Scripted::start(Mood::Well);
    let daemon = Daemon::start(&settings(server.address, ""));
    let (who, mut client) = sender(&daemon);
    let binh = daemon.person("binhdx").unwrap();
    let before = inbox(&daemon, &binh).len();
    let here = format!("<{}>", binh.address);
    let mail = format!("MAIL FROM:<{}>", who.address);
    let recipients = [&to("a"), &to("b"), &here, "<c@xa.daklak.gov.vn>"];
    assert_eq!(submit(&mut client, &mail, &recipients.map(|r| r as &str), "one").0, 250);
    let taken = server.wait_for(1);
    assert_eq!(taken[0].recipients.len(), 3, "several recipients in one transaction: {taken:?}");
    assert!(taken[0].mail.starts_with(&format!("MAIL FROM:<{}> SIZE=", who.address)), "{taken:?}");
    assert!(
        taken[0].message.contains("\r\nSubject: one\r\n") && taken[0].message.ends_with("\r\n\r\n.dot\r\ntext\r\n")
    );
    assert!(taken[0].message.starts_with("Received: "), "{taken:?}");
    assert_eq!(inbox(&daemon, &binh).len(), before + 1);
    wait_for_empty_queue(&daemon);
    // A second one takes the same connection.
    assert_eq!(submit(&mut client, &mail, &[&to("a")], "two").0, 250);
    server.wait_for(2);
    assert_eq!(server.connections(), 1);
}

#[test]
fn r27_b20_who_may_send_where() {
    let server = Scripted::start(Mood::Well);
    let route = settings(server.address, "").with("relay.default", "\"tinh\"");
    let daemon = Daemon::start(&route);
    let (who, mut client) = sender(&daemon);
    assert_eq!(client.ask(&format!("MAIL FROM:<{}>", who.address)), 250);
    client.say("RCPT TO:<ai@example.com>");
    let (code, text) = client.reply();
    assert_eq!(code, 550);
    assert!(text.contains("5.7.1") && text.contains("Van phong <van-phong@daklak.doj.gov.vn>"), "{text}");
    assert_eq!(client.ask("RCPT TO:<ai@daklak.gov.vn>"), 250);
    let lucky = daemon.hire_with_internet("Trần Văn Cường");
    let mut client = daemon.connect("submissions");
    client.reply();
    log_in_smtp(&mut client, &lucky);
    assert_eq!(submit(&mut client, &format!("MAIL FROM:<{}>", lucky.address), &["<ai@example.com>"], "far").0, 250);
    server.wait_for(1);
    let mut stranger = daemon.connect("smtp");
    stranger.reply();
    stranger.ask("EHLO x");
    assert_eq!(stranger.ask("MAIL FROM:<ai@example.com>"), 250);
    assert_eq!(stranger.ask("RCPT TO:<b@example.org>"), 554);
    assert_eq!(stranger.ask("RCPT TO:<b@daklak.gov.vn>"), 554);
}

#[test]
fn a_trusted_network_sends_out_in_our_name_only() {
    let server = Scripted::start(Mood::Well);
    let settings = settings(server.address, "")
        .with("relay.trusted", "[\"127.0.0.0/8\"]")
        .with("relay.sends_out", "[\"127.0.0.0/8\"]");
    let daemon = Daemon::start(&settings);
    let mut scanner = daemon.connect("smtp");
    scanner.reply();
    scanner.ask("EHLO scanner");
    assert_eq!(scanner.ask("MAIL FROM:<x@daklak.gov.vn>"), 250);
    assert_eq!(scanner.ask("RCPT TO:<b@daklak.gov.vn>"), 554, "no circle through the province's own server");
    assert_eq!(scanner.ask("RSET"), 250);
    let who = daemon.person("daont").unwrap();
    assert_eq!(submit(&mut scanner, &format!("MAIL FROM:<{}>", who.address), &[&to("b")], "scan").0, 250);
    server.wait_for(1);
}

#[test]
fn a_device_sends_where_its_mailbox_may() {
    let server = Scripted::start(Mood::Well);
    let device = "[{ name = \"scan\", networks = [\"127.0.0.1\"], sender = \"daont@daklak.doj.gov.vn\" }]";
    let settings = settings(server.address, "").with("relay.default", "\"tinh\"").with("relay.device", device);
    let daemon = Daemon::start(&settings);
    let mut scanner = daemon.connect("smtp");
    scanner.reply();
    scanner.ask("EHLO scanner");
    assert_eq!(submit(&mut scanner, "MAIL FROM:<daont@daklak.doj.gov.vn>", &[&to("b")], "scan").0, 250);
    let message = server.wait_for(1).remove(0).message;
    assert!(message.contains("\r\nFrom: daont@daklak.doj.gov.vn\r\n"), "{message}");
    assert_eq!(scanner.ask("MAIL FROM:<daont@daklak.doj.gov.vn>"), 250);
    scanner.say("RCPT TO:<ai@example.com>");
    let (code, text) = scanner.reply();
    assert!(code == 550 && text.contains("5.7.1"), "the Internet is for whom it was opened: {text}");
}

#[test]
fn f19_a_server_that_is_down_is_tried_once_for_all_and_gets_everything_later() {
    let server = Scripted::start(Mood::Well);
    let address = server.address;
    drop(server);
    let mut daemon = Daemon::start(&settings(address, ""));
    let (who, mut client) = sender(&daemon);
    let mail = format!("MAIL FROM:<{}>", who.address);
    for n in 0..20 {
        assert_eq!(submit(&mut client, &mail, &[&to("a")], &format!("n{n}")).0, 250);
    }
    let health = daemon.running().installation().queue.clone();
    let down = wait_until(|| health.health().all().pop());
    assert!(down.1.reason.text.contains("refused"), "{down:?}");
    assert!(jobs(&daemon).iter().all(|job| job.attempts == 0), "jobs are not touched by a server that is down");
    let status = daemon.command(&["status", "--json"]);
    let status: serde_json::Value = serde_json::from_slice(&status.stdout).unwrap();
    assert_eq!(status["queue"]["waiting"], 20, "{status}");
    assert!(status["alarms"].as_array().unwrap().iter().any(|alarm| alarm["code"] == "relay_down"), "{status}");
    // Nor is anything lost by a restart.
    daemon.restart(|| ());
    assert_eq!(jobs(&daemon).len(), 20);
    let server = Scripted::at(address, Mood::Well, Shape::default());
    let taken = server.wait_for(20);
    wait_for_empty_queue(&daemon);
    let mut subjects: Vec<_> =
        taken.iter().map(|mail| mail.message.lines().find(|l| l.starts_with("Subject")).unwrap()).collect();
    subjects.sort_unstable();
    subjects.dedup();
    assert_eq!((subjects.len(), server.taken().len()), (20, 20), "nothing lost, nothing twice");
    assert!(server.connections() <= 4, "{} connections", server.connections());
}

#[test]
fn f20_a_silent_server_is_given_up_after_a_while_and_the_mail_is_kept() {
    let server = Scripted::start(Mood::Silent);
    let daemon = Daemon::start(&settings(server.address, ", patience = \"1s\""));
    let (who, mut client) = sender(&daemon);
    assert_eq!(submit(&mut client, &format!("MAIL FROM:<{}>", who.address), &[&to("a")], "x").0, 250);
    let queue = daemon.running().installation().queue.clone();
    let (_, down) = wait_until(|| queue.health().all().pop());
    assert!(down.reason.text.contains("too long") && down.reason.status == "4.4.2", "{down:?}");
    assert_eq!(jobs(&daemon).len(), 1);
    server.set(Mood::Well);
    server.wait_for(1);
}

#[test]
fn f21_only_recipients_that_failed_are_tried_again() {
    let server = Scripted::start(Mood::Recipient("later", "450 4.2.1 not now"));
    let daemon = Daemon::start(&settings(server.address, ""));
    let (who, mut client) = sender(&daemon);
    let recipients = [to("now"), to("later"), to("also")];
    let recipients: Vec<_> = recipients.iter().map(String::as_str).collect();
    assert_eq!(submit(&mut client, &format!("MAIL FROM:<{}>", who.address), &recipients, "x").0, 250);
    assert_eq!(server.wait_for(1)[0].recipients.len(), 2);
    let job = wait_until(|| jobs(&daemon).pop().filter(|job| job.attempts > 0));
    assert_eq!((job.recipients, job.reply.as_deref()), (1, Some("450 4.2.1 not now")));
    server.set(Mood::Well);
    let taken = server.wait_for(2);
    assert_eq!(taken[1].recipients.len(), 1);
    assert!(taken[1].recipients[0].starts_with("RCPT TO:<later@"), "{taken:?}");
    wait_for_empty_queue(&daemon);
    assert_eq!(server.taken().len(), 2);
    assert!(notices(&daemon, &who).is_empty());
}

#[test]
fn f22_a_refusal_for_good_is_told_once_and_never_to_the_null_sender() {
    let server = Scripted::start(Mood::Recipient("nobody", "550 5.1.1 no such user"));
    let daemon = Daemon::start(&settings(server.address, ""));
    let (who, mut client) = sender(&daemon);
    let recipients = [to("nobody"), to("somebody"), to("nobody2")];
    let recipients: Vec<_> = recipients.iter().map(String::as_str).collect();
    assert_eq!(submit(&mut client, &format!("MAIL FROM:<{}>", who.address), &recipients, "x").0, 250);
    wait_for_empty_queue(&daemon);
    let told = notices(&daemon, &who);
    assert_eq!(told.len(), 1, "{told:?}");
    for line in [
        "Return-Path: <>",
        "Final-Recipient: rfc822; nobody@daklak.gov.vn",
        "Final-Recipient: rfc822; nobody2@daklak.gov.vn",
        "Action: failed",
        "Status: 5.1.1",
        "Diagnostic-Code: smtp; 550 5.1.1 no such user",
        "In-Reply-To: <x@test>",
        "Auto-Submitted: auto-replied",
    ] {
        assert!(told[0].contains(line), "{line} in {}", told[0]);
    }
    assert!(!told[0].contains("Final-Recipient: rfc822; somebody"), "{}", told[0]);
    let before = inbox(&daemon, &who).len();
    assert_eq!(submit(&mut client, "MAIL FROM:<>", &[&to("nobody")], "null").0, 250);
    let mail = format!("MAIL FROM:<{}>", who.address);
    assert_eq!(submit(&mut client, &mail, &[&format!("{} NOTIFY=NEVER", to("nobody"))], "never").0, 250);
    wait_for_empty_queue(&daemon);
    assert_eq!(inbox(&daemon, &who).len(), before);
}

#[test]
fn f23_a_message_whose_answer_is_lost_is_sent_once_more_and_then_held() {
    let server = Scripted::start(Mood::ClosesAfterMessage);
    let daemon = Daemon::start(&settings(server.address, ""));
    let (who, mut client) = sender(&daemon);
    assert_eq!(submit(&mut client, &format!("MAIL FROM:<{}>", who.address), &[&to("a")], "x").0, 250);
    let held = wait_until(|| jobs(&daemon).pop().filter(|job| job.held.is_some()));
    assert_eq!(held.held, Some(queue::HeldFor::Unclear));
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(server.taken().len(), 2, "one duplicate at most");
    server.set(Mood::Well);
    let released = daemon.command(&["queue", "release", &held.id.to_string()]);
    assert!(released.status.success(), "{released:?}");
    server.wait_for(3);
    wait_for_empty_queue(&daemon);
}

#[test]
fn f23_answers_that_are_none_or_never_end_are_given_up_in_bounded_memory() {
    for (mood, expected) in [
        (Mood::Endless, "does not come to an end"),
        (Mood::Greets("HTTP/1.1 200 OK"), "does not speak SMTP: HTTP/1.1 200 OK"),
        (Mood::Greets("554 5.7.1 you are blocked"), "554 5.7.1 you are blocked"),
        (Mood::Greets("421 4.3.2 closing"), "421 4.3.2 closing"),
        (Mood::Garbage, "does not speak SMTP: <html>"),
        (Mood::ClosesInMessage, "closed"),
    ] {
        let server = Scripted::start(mood.clone());
        let daemon = Daemon::start(&settings(server.address, ", patience = \"5s\""));
        let (who, mut client) = sender(&daemon);
        assert_eq!(submit(&mut client, &format!("MAIL FROM:<{}>", who.address), &[&to("a")], "x").0, 250);
        let queue = daemon.running().installation().queue.clone();
        let (_, down) = wait_until(|| queue.health().all().pop());
        assert!(down.reason.text.contains(expected) && down.reason.status.starts_with('4'), "{mood:?}: {down:?}");
        assert_eq!(jobs(&daemon).len(), 1, "{mood:?}");
        server.set(Mood::Well);
        server.wait_for(1);
        wait_for_empty_queue(&daemon);
        assert_eq!(server.taken().len(), 1, "{mood:?}");
        assert!(notices(&daemon, &who).is_empty());
    }
}

#[test]
fn f22_answers_to_sender_and_message_are_heeded() {
    for (mood, deferred) in [
        (Mood::Sender("451 4.3.0 later"), true),
        (Mood::Message("451 4.3.0 later"), true),
        (Mood::Message("421 4.3.2 going down"), true),
        (Mood::Sender("550 5.7.1 never"), false),
        (Mood::Message("554 5.6.0 never"), false),
    ] {
        let server = Scripted::start(mood.clone());
        let daemon = Daemon::start(&settings(server.address, ""));
        let (who, mut client) = sender(&daemon);
        assert_eq!(submit(&mut client, &format!("MAIL FROM:<{}>", who.address), &[&to("a")], "x").0, 250);
        if deferred {
            wait_until(|| jobs(&daemon).pop().filter(|job| job.attempts > 0));
            server.set(Mood::Well);
            server.wait_for(1);
        }
        wait_for_empty_queue(&daemon);
        assert_eq!(notices(&daemon, &who).len(), usize::from(!deferred), "{mood:?}");
    }
}

#[test]
fn a_server_that_goes_after_each_message_still_gets_all() {
    let server = Scripted::start(Mood::Hasty);
    let daemon = Daemon::start(&settings(server.address, ""));
    let (who, mut client) = sender(&daemon);
    for n in 0..5 {
        let mail = format!("MAIL FROM:<{}>", who.address);
        assert_eq!(submit(&mut client, &mail, &[&to("a")], &format!("n{n}")).0, 250);
    }
    server.wait_for(5);
    wait_for_empty_queue(&daemon);
    assert_eq!(server.taken().len(), 5);
}

#[test]
fn f24_f25_where_tls_is_required_nothing_is_said_without_it() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| dir.path().join(name);
    let good = certificate("127.0.0.1", 300, &file("good.pem"));
    let expired = certificate("127.0.0.1", -1, &file("expired.pem"));
    let other = certificate("mail.example.vn", 300, &file("other.pem"));
    let stranger = certificate("127.0.0.1", 300, &file("stranger.pem"));
    // Those of the first three are believed: it is the day and the name that are wrong.
    let believed = ["good.pem", "expired.pem", "other.pem"].map(|name| std::fs::read_to_string(file(name)).unwrap());
    std::fs::write(file("trust.pem"), believed.concat()).unwrap();
    let required = format!(", tls = \"required\", trust = {:?}", file("trust.pem").display().to_string());
    for (tls, expected) in [
        (None, "does not offer TLS"),
        (Some(expired), "expired"),
        (Some(other), "not valid for name"),
        (Some(stranger), "invalid peer certificate"),
    ] {
        let server = Scripted::shaped(Mood::Well, Shape { tls, ..Shape::default() });
        let daemon = Daemon::start(&settings(server.address, &required));
        let (who, mut client) = sender(&daemon);
        assert_eq!(submit(&mut client, &format!("MAIL FROM:<{}>", who.address), &[&to("a")], "x").0, 250);
        let queue = daemon.running().installation().queue.clone();
        let (_, down) = wait_until(|| queue.health().all().pop());
        assert!(down.reason.text.contains(expected) && down.reason.status.starts_with("4.7"), "{down:?}");
        assert!(!server.lines().iter().any(|line| line.starts_with("MAIL")), "{:?}", server.lines());
        assert_eq!(jobs(&daemon).len(), 1);
    }
    let password = dir.path().join("password");
    std::fs::write(&password, "mat-khau\n").unwrap();
    std::fs::set_permissions(&password, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let login = format!("{required}, username = \"stp\", password_file = {:?}", password.display().to_string());
    let mut shape = Shape { tls: Some(good), ..Shape::default() };
    shape.features.push("AUTH PLAIN LOGIN");
    let server = Scripted::shaped(Mood::Well, shape);
    let daemon = Daemon::start(&settings(server.address, &login));
    let (who, mut client) = sender(&daemon);
    assert_eq!(submit(&mut client, &format!("MAIL FROM:<{}>", who.address), &[&to("a")], "x").0, 250);
    let taken = server.wait_for(1);
    let expected = data_encoding::BASE64.encode(b"\0stp\0mat-khau");
    assert_eq!((taken[0].secure, taken[0].login.as_deref()), (true, Some(expected.as_str())));
}

#[test]
fn where_tls_is_welcome_any_certificate_will_do_and_none_too() {
    let dir = tempfile::tempdir().unwrap();
    for (tls, secure) in [(Some(certificate("other.example.vn", -1, &dir.path().join("a.pem"))), true), (None, false)] {
        let server = Scripted::shaped(Mood::Well, Shape { tls, ..Shape::default() });
        let daemon = Daemon::start(&settings(server.address, ""));
        let (who, mut client) = sender(&daemon);
        assert_eq!(submit(&mut client, &format!("MAIL FROM:<{}>", who.address), &[&to("a")], "x").0, 250);
        assert_eq!(server.wait_for(1)[0].secure, secure);
    }
}

#[test]
fn what_a_server_cannot_take_is_told_and_not_tried() {
    let server = Scripted::shaped(Mood::Well, Shape { features: vec!["SIZE 2000"], tls: None });
    let daemon = Daemon::start(&settings(server.address, ""));
    let (who, mut client) = sender(&daemon);
    let mail = format!("MAIL FROM:<{}>", who.address);
    assert_eq!(submit(&mut client, &mail, &[&to("a")], "plain").0, 250);
    server.wait_for(1);
    assert!(!server.lines().iter().any(|line| line.contains("BODY=")), "{:?}", server.lines());
    assert_eq!(submit(&mut client, &mail, &[&to("a")], "tiếng Việt").0, 250);
    assert_eq!(submit(&mut client, &format!("{mail} SMTPUTF8"), &[&to("đào")], "utf8").0, 250);
    assert_eq!(submit(&mut client, &mail, &[&to("a")], &["x"; 1000].join("\r\n ")).0, 250);
    wait_for_empty_queue(&daemon);
    let told = notices(&daemon, &who).join("\n");
    for status in ["Status: 5.6.3", "Status: 5.6.7", "Status: 5.3.4"] {
        assert!(told.contains(status), "{status} in {told}");
    }
    assert_eq!(server.taken().len(), 1);
}

#[test]
fn rfc9422_limits_of_a_server_are_kept_to() {
    let features = vec!["PIPELINING", "LIMITS MAILMAX=2 RCPTMAX=3 RCPTDOMAINMAX=1"];
    let server = Scripted::shaped(Mood::Recipient("later", "450 4.2.1 not now"), Shape { features, tls: None });
    let daemon = Daemon::start(&settings(server.address, ""));
    let (who, mut client) = sender(&daemon);
    let mut recipients: Vec<_> = (0..7).map(|n| to(&format!("a{n}"))).collect();
    recipients.insert(1, to("later"));
    recipients.extend((0..4).map(|n| format!("<b{n}@xa.{PROVINCE}>")));
    let recipients: Vec<&str> = recipients.iter().map(String::as_str).collect();
    assert_eq!(submit(&mut client, &format!("MAIL FROM:<{}>", who.address), &recipients, "many").0, 250);
    let taken = server.wait_for(5);
    for mail in &taken {
        let far = mail.recipients.iter().filter(|line| line.contains("@xa.")).count();
        assert!(mail.recipients.len() <= 3 && (far == 0 || far == mail.recipients.len()), "{mail:?}");
    }
    assert!(server.connections() >= 3, "two messages on each connection: {}", server.connections());
    server.set(Mood::Well);
    wait_for_empty_queue(&daemon);
    let mut all: Vec<_> = server.taken().into_iter().flat_map(|mail| mail.recipients).collect();
    all.sort_unstable();
    let count = all.len();
    all.dedup();
    assert_eq!((all.len(), count), (12, 12), "everybody once, whoever was put off too: {all:?}");
}

#[test]
fn rfc6531_only_those_whom_a_server_cannot_name_fail() {
    let server = Scripted::shaped(Mood::Well, Shape { features: vec!["PIPELINING", "8BITMIME", "DSN"], tls: None });
    let daemon = Daemon::start(&settings(server.address, ""));
    let (who, mut client) = sender(&daemon);
    assert_eq!(client.ask(&format!("MAIL FROM:<{}> SMTPUTF8", who.address)), 250);
    let original = "ORCPT=utf-8;đào@daklak.gov.vn";
    for (address, more) in [("a", original), ("đào", original), ("b", "")] {
        assert_eq!(client.ask(&format!("RCPT TO:{} {more}", to(address))), 250);
    }
    assert_eq!(client.ask("DATA"), 354);
    client.send("Subject: plain\r\n\r\ntiếng Việt\r\n.\r\n".as_bytes());
    assert_eq!(client.reply().0, 250);
    wait_for_empty_queue(&daemon);
    let taken: Vec<_> = server.taken().into_iter().flat_map(|mail| mail.recipients).collect();
    assert_eq!(taken.len(), 2, "{taken:?}");
    assert!(taken[0].ends_with("ORCPT=utf-8;\\x{111}\\x{E0}o@daklak.gov.vn"), "{taken:?}");
    assert!(!server.lines().iter().any(|line| line.contains("SMTPUTF8")), "{:?}", server.lines());
    let told = notices(&daemon, &who).join("\n");
    assert!(told.contains("Final-Recipient: utf-8; đào@daklak.gov.vn") && told.contains("Status: 5.6.7"), "{told}");
    assert!(told.contains("Original-Recipient: utf-8; \\x{111}\\x{E0}o@"), "{told}");
}

#[test]
fn senders_are_told_of_deliveries_as_they_ask() {
    let dumb = Scripted::shaped(Mood::Well, Shape { features: vec!["8BITMIME"], tls: None });
    let daemon = Daemon::start(&settings(dumb.address, ""));
    let (who, mut client) = sender(&daemon);
    let binh = daemon.person("binhdx").unwrap();
    let mail = format!("MAIL FROM:<{}> RET=HDRS ENVID=e+2B1", who.address);
    let wants = format!("{} NOTIFY=SUCCESS ORCPT=rfc822;b@x.vn", to("a"));
    let here = format!("<{}> NOTIFY=SUCCESS,FAILURE", binh.address);
    assert_eq!(submit(&mut client, &mail, &[&wants, &here], "x").0, 250);
    wait_for_empty_queue(&daemon);
    let told = notices(&daemon, &who);
    assert_eq!(told.len(), 2, "{told:?}");
    let relayed = told.iter().find(|text| text.contains("Action: relayed")).unwrap();
    assert!(relayed.contains("Original-Recipient: rfc822; b@x.vn") && relayed.contains("Original-Envelope-Id: e+2B1"));
    assert!(relayed.contains("text/rfc822-headers") && !relayed.contains(".dot"), "{relayed}");
    assert!(told.iter().any(|text| text.contains("Action: delivered")), "{told:?}");
    let clever = Scripted::start(Mood::Well);
    let daemon = Daemon::start(&settings(clever.address, ""));
    let (who, mut client) = sender(&daemon);
    assert_eq!(submit(&mut client, &format!("MAIL FROM:<{}> RET=HDRS ENVID=e1", who.address), &[&wants], "x").0, 250);
    let taken = clever.wait_for(1);
    assert!(taken[0].mail.ends_with(" RET=HDRS ENVID=e1"), "{taken:?}");
    assert!(taken[0].recipients[0].ends_with(" NOTIFY=SUCCESS ORCPT=rfc822;b@x.vn"), "{taken:?}");
    wait_for_empty_queue(&daemon);
    assert!(notices(&daemon, &who).is_empty(), "the next server tells");
}

#[test]
fn a_delay_is_told_once_and_then_the_failure() {
    let server = Scripted::start(Mood::Sender("451 4.3.0 later"));
    let settings =
        settings(server.address, "").with("relay.warn_after", "\"1s\"").with("relay.give_up_after", "\"1h\"");
    let clock = hopthu::clock::Clock::standing(jiff::Timestamp::now(), jiff::tz::TimeZone::UTC);
    let mut daemon = Daemon::start_at(&settings, Some(clock.clone()));
    let who = {
        let (who, mut client) = sender(&daemon);
        assert_eq!(submit(&mut client, &format!("MAIL FROM:<{}>", who.address), &[&to("a")], "x").0, 250);
        who
    };
    wait_until(|| jobs(&daemon).pop().filter(|job| job.attempts > 0));
    clock.set(clock.now() + jiff::SignedDuration::from_secs(5));
    daemon.restart(|| ());
    let told = wait_until(|| notices(&daemon, &who).pop());
    for line in ["Action: delayed", "Will-Retry-Until: ", "Status: 4.3.0", "451 4.3.0 later"] {
        assert!(told.contains(line), "{line} in {told}");
    }
    clock.set(clock.now() + jiff::SignedDuration::from_hours(2));
    daemon.restart(|| ());
    wait_for_empty_queue(&daemon);
    let told = notices(&daemon, &who);
    assert_eq!(told.iter().filter(|text| text.contains("Action: delayed")).count(), 1, "{told:#?}");
    let failed = told.iter().find(|text| text.contains("Action: failed")).unwrap();
    assert!(failed.contains("Status: 4.4.7") && failed.contains("451 4.3.0 later"), "{failed}");
}

#[test]
fn the_administrator_holds_releases_reroutes_and_drops() {
    let (server, other) = (Scripted::start(Mood::Well), Scripted::start(Mood::Well));
    let routes = format!(
        "[{{ name = \"tinh\", host = \"127.0.0.1\", port = {}, domains = [\"{PROVINCE}\"] }}, \
          {{ name = \"khac\", host = \"127.0.0.1\", port = {} }}]",
        server.address.port(),
        other.address.port()
    );
    server.set(Mood::Sender("451 4.3.0 later"));
    let daemon = Daemon::start(
        &settings(server.address, "")
            .with("relay.route", &routes)
            .with("relay.retry_first", "\"1m\"")
            .with("relay.retry_longest", "\"2m\""),
    );
    let (who, mut client) = sender(&daemon);
    for n in 0..3 {
        let mail = format!("MAIL FROM:<{}>", who.address);
        assert_eq!(submit(&mut client, &mail, &[&to("a")], &format!("n{n}")).0, 250);
    }
    let ids = wait_until(|| {
        let jobs = jobs(&daemon);
        jobs.iter().all(|job| job.attempts > 0).then(|| jobs.iter().map(|job| job.id.to_string()).collect::<Vec<_>>())
    });
    let queue = |arguments: &[&str]| {
        let output = daemon.command(&[&["queue"], arguments, &["--json"]].concat());
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()
    };
    let listed = queue(&["list"]);
    assert_eq!(listed["jobs"].as_array().unwrap().len(), 3, "{listed}");
    let shown = queue(&["show", &ids[0]]);
    assert_eq!(shown["recipients"][0]["reply"], "451 4.3.0 later", "{shown}");
    assert_eq!(queue(&["hold", &ids[0]])["changed"], 1);
    assert_eq!(queue(&["drop", &ids[1], "--dry-run"])["dry_run"], true);
    assert_eq!(queue(&["drop", &ids[1], "--note", "rác"])["changed"], 1);
    assert_eq!(queue(&["reroute", &ids[2], "--to", "khac"])["changed"], 1);
    assert_eq!(queue(&["retry", "--all"])["changed"], 1);
    other.wait_for(1);
    wait_until(|| (jobs(&daemon).len() == 1).then_some(()));
    assert!(server.taken().is_empty());
    server.set(Mood::Well);
    assert_eq!(queue(&["release", "--held"])["changed"], 1);
    server.wait_for(1);
    wait_for_empty_queue(&daemon);
    let wrong = daemon.command(&["queue", "reroute", "--all", "--to", "nowhere"]);
    assert_eq!(wrong.status.code(), Some(2));
    let audit = String::from_utf8(daemon.command(&["audit", "list", "--json"]).stdout).unwrap();
    for what in ["queue.held", "queue.dropped", "queue.rerouted", "queue.retried", "queue.released"] {
        assert!(audit.contains(what), "{what} in {audit}");
    }
}

/// R21, to its end: what was held goes to its recipients when it is let go, here and elsewhere.
#[test]
fn r21_a_burst_that_is_released_reaches_everybody() {
    let server = Scripted::start(Mood::Well);
    let daemon = Daemon::start(&settings(server.address, "").with("mail.hourly_limit", "2"));
    let (who, mut client) = sender(&daemon);
    let binh = daemon.person("binhdx").unwrap();
    let before = inbox(&daemon, &binh).len();
    let here = format!("<{}>", binh.address);
    for n in 0..3 {
        let mail = format!("MAIL FROM:<{}>", who.address);
        assert_eq!(submit(&mut client, &mail, &[&here, &to("a")], &format!("n{n}")).0, 250);
    }
    server.wait_for(1);
    let held: Vec<_> = wait_until(|| Some(jobs(&daemon)).filter(|jobs| jobs.iter().all(|job| job.held.is_some())));
    assert_eq!(held.len(), 4, "one for here and one for the province, twice: {held:?}");
    assert_eq!(inbox(&daemon, &binh).len(), before + 1);
    assert!(daemon.command(&["queue", "release", "--from", &who.address]).status.success());
    server.wait_for(3);
    wait_for_empty_queue(&daemon);
    assert_eq!(inbox(&daemon, &binh).len(), before + 3);
    assert_eq!(server.taken().len(), 3);
}

/// Whoever stole a password writes to strangers: too many of them in a day are a burst. Those who were written to before,
/// and people here, are none.
#[test]
fn r21_too_many_strangers_are_held_and_the_sender_is_told_once() {
    let server = Scripted::start(Mood::Well);
    let daemon = Daemon::start(&settings(server.address, "").with("mail.strangers_limit", "2"));
    let (who, mut client) = sender(&daemon);
    let here = format!("<{}>", daemon.person("binhdx").unwrap().address);
    let before = inbox(&daemon, &who).len();
    let mail = format!("MAIL FROM:<{}>", who.address);
    let mut say = |to: &[&str]| assert_eq!(submit(&mut client, &mail, to, "x").0, 250);
    say(&[&to("a"), &here, &to("A"), &to("b")]);
    say(&[&to("b"), &here, &to("a")]);
    server.wait_for(2);
    assert_eq!(jobs(&daemon), [], "all are known");
    say(&[&to("c")]);
    say(&[&to("d"), &to("a")]);
    let held = jobs(&daemon);
    assert!(held.len() == 2 && held.iter().all(|job| job.held.is_some()), "{held:?}");
    let told = inbox(&daemon, &who).split_off(before);
    assert_eq!(told.len(), 1, "{told:?}");
    say(&[&to("b")]);
    server.wait_for(3);
    assert!(daemon.command(&["queue", "release", "--all"]).status.success());
    server.wait_for(5);
}

fn send_one(daemon: &Daemon, from: &Person, to: &str) {
    let mut client = daemon.connect("submissions");
    client.reply();
    log_in_smtp(&mut client, from);
    assert_eq!(submit(&mut client, &format!("MAIL FROM:<{}>", from.address), &[to], "x").0, 250);
}

#[test]
fn f26_names_that_cannot_be_resolved_are_waited_for_and_told_of() {
    for says in [Says::Fails, Says::NoName, Says::Nothing] {
        let server = Scripted::start(Mood::Well);
        let names = Names::start(&[("mail.daklak.gov.vn", says.clone())]);
        let route = format!(
            "[{{ name = \"tinh\", host = \"mail.daklak.gov.vn\", port = {}, domains = [\"{PROVINCE}\"] }}]",
            server.address.port()
        );
        let daemon = Daemon::start(
            &settings(server.address, "")
                .with("relay.route", &route)
                .with("relay.dns", &format!("[\"{}\"]", names.address)),
        );
        send_one(&daemon, &daemon.person("daont").unwrap(), &to("a"));
        let queue = daemon.running().installation().queue.clone();
        let (_, down) = wait_until(|| queue.health().all().pop());
        assert!(down.reason.text.starts_with("DNS, mail.daklak.gov.vn"), "{says:?}: {down:?}");
        let status = daemon.command(&["status", "--json"]);
        assert!(String::from_utf8_lossy(&status.stdout).contains("\"relay_down\""), "{status:?}");
        names.set("mail.daklak.gov.vn", Says::A([127, 0, 0, 1].into()));
        server.wait_for(1);
        wait_for_empty_queue(&daemon);
    }
}

#[test]
fn dns_names_the_servers_where_the_administrator_opens_it() {
    let server = Scripted::start(Mood::Well);
    let local = || Says::A([127, 0, 0, 1].into());
    let names = Names::start(&[
        ("example.com", Says::Mx(vec![(20, "second.example.com"), (10, "first.example.com")])),
        ("first.example.com", Says::NoName),
        ("second.example.com", local()),
        ("plain.example.com", local()),
        ("silent.example.com", Says::Mx(vec![(0, "")])),
        ("broken.example.com", Says::Fails),
    ]);
    let daemon = Daemon::start(
        &settings(server.address, "")
            .with("relay.default", "\"mx\"")
            .with("relay.mx_port", &server.address.port().to_string())
            .with("relay.dns", &format!("[\"{}\"]", names.address)),
    );
    let who = daemon.hire_with_internet("Trần Văn Cường");
    send_one(&daemon, &who, "<a@example.com>");
    send_one(&daemon, &who, "<a@plain.example.com>");
    assert_eq!(server.wait_for(2).len(), 2);
    send_one(&daemon, &who, "<a@silent.example.com>");
    send_one(&daemon, &who, "<a@nowhere.example.com>");
    wait_for_empty_queue(&daemon);
    let told = notices(&daemon, &who).join("\n");
    assert!(told.contains("Status: 5.1.10") && told.contains("Status: 5.1.2"), "{told}");
    send_one(&daemon, &who, "<a@broken.example.com>");
    wait_until(|| daemon.running().installation().queue.health().all().pop());
    assert_eq!(jobs(&daemon).len(), 1);
    names.set("broken.example.com", local());
    server.wait_for(3);
    wait_for_empty_queue(&daemon);
}

/// Hostile F2: the daemon is killed at each sync of the way out, one after the other. What was acknowledged arrives, once
/// or, where the kill fell between the next server's answer and our mark, twice.
#[test]
fn f2_a_kill_at_any_write_loses_nothing_and_doubles_at_most_what_was_under_way() {
    const MESSAGES: usize = 3;
    let server = Scripted::start(Mood::Well);
    let dir = tempfile::tempdir().unwrap();
    let data_dir = dir.path().join("hopthu-data");
    drop(Process::start(&data_dir));
    let file = data_dir.join("hopthu.toml");
    let route = format!(
        "\n[[relay.route]]\nname = \"tinh\"\nhost = \"127.0.0.1\"\nport = {}\ndomains = [\"{PROVINCE}\"]\n",
        server.address.port()
    );
    let text = std::fs::read_to_string(&file).unwrap().replace("#retry_first = \"1m\"", "retry_first = \"1s\"");
    std::fs::write(&file, text + &route).unwrap();
    let mut acknowledged = Vec::new();
    let mut sent = 0;
    for at in 1..=2 * MESSAGES + 1 {
        let process = Process::start(&data_dir);
        let tracer = process.killed_at_sync(at);
        let login = &process.people()[0];
        let submitted = || -> Option<()> {
            let mut client = Client::try_plain(process.address("submissions"), process.trust())?;
            client.try_start_tls()?;
            client.try_reply()?;
            client.say("EHLO x");
            client.try_reply()?;
            let response = format!("\0{}\0{}", login.address, login.password);
            client.say(&format!("AUTH PLAIN {}", data_encoding::BASE64.encode(response.as_bytes())));
            client.try_reply()?;
            for _ in 0..MESSAGES {
                sent += 1;
                client.say(&format!("MAIL FROM:<{}>", login.address));
                client.try_reply()?;
                client.say(&format!("RCPT TO:{}", to("a")));
                client.try_reply()?;
                client.say("DATA");
                client.try_reply()?;
                client.send(format!("Subject: n{sent}.\r\n\r\n.\r\n").as_bytes());
                if client.try_reply()?.0 == 250 {
                    acknowledged.push(sent);
                }
                std::thread::sleep(Duration::from_millis(100));
            }
            Some(())
        };
        let mut submitted = submitted;
        submitted();
        process.kill();
        drop(tracer);
        drop(process);
        let process = Process::start(&data_dir);
        process.assert_clean();
        wait_until(|| {
            let listed = process.command(&["queue", "list", "--json"]);
            let listed: serde_json::Value = serde_json::from_slice(&listed.stdout).ok()?;
            listed["jobs"].as_array()?.is_empty().then_some(())
        });
        process.assert_clean();
    }
    let taken = server.taken();
    let copies = |n: usize| taken.iter().filter(|mail| mail.message.contains(&format!("Subject: n{n}.\r\n"))).count();
    for n in 1..=sent {
        let known = acknowledged.contains(&n);
        assert!(
            copies(n) <= 2 && (copies(n) >= 1 || !known),
            "message {n}: {} copies, acknowledged: {known}",
            copies(n)
        );
    }
    println!("{sent} sent, {} acknowledged, {} taken", acknowledged.len(), taken.len());
    assert!(acknowledged.len() >= MESSAGES && taken.len() <= sent + 2 * MESSAGES + 1);
}
