//! Authentic mail: what goes out is signed, and what comes in is looked at. The other side is Debian's dkimpy, and a tiny DNS
//! server.

use std::io::Write;
use std::net::UdpSocket;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::client::Client;
use crate::filter::{Milter, at_end, packet};
use crate::filters::block_at;
use crate::harness::{Daemon, Person, Settings};
use crate::names::{Names, Says};
use crate::relay::{inbox, sender, settings, to};
use crate::scripted::{Mood, Scripted};

const AUTHOR: &str = "bank.example";

/// Debian's own Python, which has Debian's dkimpy.
fn dkimpy(document: &Value) -> Value {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/authentic.py");
    let mut python = Command::new("/usr/bin/python3");
    let mut python = python.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    python.stdin.take().unwrap().write_all(document.to_string().as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What dkimpy finds of each signature.
fn verified(message: &str, records: &Value) -> Vec<(String, bool)> {
    let found = dkimpy(&json!({ "act": "verify", "message": message, "records": records }));
    serde_json::from_value(found["signatures"].clone()).unwrap()
}

fn dkim(daemon: &Daemon, arguments: &[&str]) -> Value {
    let output = daemon.command(&[&["dkim"], arguments, &["--json"]].concat());
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What DNS would say of all keys.
fn records(daemon: &Daemon) -> Value {
    let pairs = dkim(daemon, &["list"]);
    let pairs = pairs["pairs"].as_array().unwrap();
    let records = pairs.iter().flat_map(|pair| pair["records"].as_array().unwrap());
    records.map(|record| (record["name"].as_str().unwrap().to_owned(), record["txt"].clone())).collect()
}

/// Sends a message; the answer to it.
fn send(client: &mut Client, from: &str, recipients: &[&str], message: &str) -> (u16, String) {
    assert_eq!(client.ask(&format!("MAIL FROM:<{from}>")), 250);
    for recipient in recipients {
        assert_eq!(client.ask(&format!("RCPT TO:<{recipient}>")), 250, "{recipient}");
    }
    assert_eq!(client.ask("DATA"), 354);
    client.send(format!("{message}.\r\n").as_bytes());
    client.reply()
}

/// A message of somebody outside.
fn letter(from: &str) -> String {
    format!(
        "From: Ngân hàng <{from}>\r\nTo: daont@daklak.doj.gov.vn\r\nSubject: Thông báo\r\n\
         Date: Mon, 02 Nov 2026 08:00:00 +0700\r\nMessage-ID: <1@x>\r\n\r\nNội dung\r\n"
    )
}

/// A daemon that asks this DNS server, and somebody in it.
struct Office {
    names: Names,
    daemon: Daemon,
    to: Person,
}

impl Office {
    fn open(known: &[(&str, &str)]) -> Self {
        Self::with(known, |settings| settings)
    }

    fn with(known: &[(&str, &str)], more: impl FnOnce(Settings) -> Settings) -> Self {
        let known: Vec<_> = known.iter().map(|(name, text)| (*name, Says::Txt((*text).to_owned()))).collect();
        let names = Names::start(&known);
        let daemon = Daemon::start(&more(asking(&names.address.to_string())));
        let to = daemon.person("daont").unwrap();
        Self { names, daemon, to }
    }

    fn know(&self, records: &Value) {
        for (name, text) in records.as_object().unwrap() {
            self.names.set(name, Says::Txt(text.as_str().unwrap().to_owned()));
        }
    }

    /// Brings a message from outside; the answer.
    fn bring(&self, from: &str, message: &str) -> (u16, String) {
        self.bring_as("mail.outside.example", from, message)
    }

    fn bring_as(&self, hello: &str, from: &str, message: &str) -> (u16, String) {
        let mut client = self.daemon.connect("smtp");
        client.reply();
        assert_eq!(client.ask(&format!("EHLO {hello}")), 250);
        send(&mut client, from, &[&self.to.address], message)
    }

    /// Brings a message that is taken; its results, unfolded.
    fn results(&self, from: &str, message: &str) -> String {
        let (code, text) = self.bring(from, message);
        assert_eq!(code, 250, "{text}");
        results(&inbox(&self.daemon, &self.to).pop().unwrap())
    }

    fn junk(&self) -> Vec<String> {
        let mut client = self.daemon.imap_as(&self.to);
        client.ok("EXAMINE Junk");
        client.ok("FETCH 1:* (BODY.PEEK[])")
    }
}

fn asking(server: &str) -> Settings {
    Settings::default().with("authentic.verify", "\"on\"").with("relay.dns", &format!("[{server:?}]"))
}

/// The one field of results that a message has on top, unfolded.
fn results(message: &str) -> String {
    let unfolded = message.replace("\r\n\t", " ").replace("\n\t", " ");
    let ours: Vec<_> =
        unfolded.lines().filter(|line| line.starts_with("Authentication-Results: mail.daklak")).collect();
    assert_eq!(ours.len(), 1, "{message}");
    ours[0].trim_end().to_owned()
}

/// The same message signed by its author's domain, and what DNS says of it.
pub fn signed(message: &str, domain: &str) -> (String, Value) {
    let algorithms = ["rsa-sha256", "ed25519-sha256"];
    let done = dkimpy(&json!({ "act": "sign", "message": message, "domain": domain, "algorithms": algorithms }));
    (done["message"].as_str().unwrap().to_owned(), done["records"].clone())
}

#[test]
fn what_goes_out_is_signed_twice_and_an_independent_verifier_agrees() {
    let server = Scripted::start(Mood::Well);
    let daemon = Daemon::start(&settings(server.address, ""));
    let (who, mut client) = sender(&daemon);
    let binh = daemon.person("binhdx").unwrap();
    let message = format!(
        "Authentication-Results: MAIL.daklak.doj.gov.vn; dkim=pass header.d=bank.example\r\n\
         From: Đào <{}>\r\nTo: a@daklak.gov.vn\r\nSubject: Báo cáo\r\n\r\nDòng  một \r\n\r\n\r\n",
        who.address
    );
    assert_eq!(send(&mut client, &who.address, &["a@daklak.gov.vn", &binh.address], &message).0, 250);
    let out = server.wait_for(1).remove(0).message;
    let records = records(&daemon);
    let both = |holds| vec![("rsa-sha256".to_owned(), holds), ("ed25519-sha256".to_owned(), holds)];
    assert_eq!(verified(&out, &records), both(true), "{out}");
    assert!(!out.contains("Authentication-Results"), "nobody speaks in our name: {out}");
    // The copy here is the same message.
    let here = inbox(&daemon, &binh).pop().unwrap();
    let signature =
        |text: &str| text.lines().find(|line| line.starts_with("DKIM-Signature")).unwrap().trim_end().to_owned();
    assert_eq!(signature(&here), signature(&out));
    // Neither text nor a field more can be changed unseen.
    assert_eq!(verified(&out.replace("một", "hai"), &records), both(false));
    assert_eq!(verified(&out.replace("Subject: Báo", "Subject: Cáo"), &records), both(false));
    for more in ["Subject: x", "From: x@y", "Reply-To: x@y", "Content-Type: text/html"] {
        assert_eq!(verified(&format!("{more}\r\n{out}"), &records), both(false), "{more}");
    }
    // What others write is not signed, nor a notice to people here twice.
    daemon.deliver(&binh, letter("ai@bank.example").as_bytes());
    assert!(!inbox(&daemon, &binh).pop().unwrap().contains("DKIM-Signature"));
}

/// What filters make of a message is what is signed, not what they were given.
#[test]
fn what_filters_changed_is_signed() {
    let server = Scripted::start(Mood::Well);
    let changes = [packet(b'h', "Reply-To\0binhdx@daklak.doj.gov.vn\0"), packet(b'b', "khác\r\n"), packet(b'c', "")];
    let milter = Milter::start(at_end(&changes));
    let block = block_at("one", &milter.address.to_string(), "5s", ", for = [\"submission\"]");
    let daemon = Daemon::start(&settings(server.address, "").with("filter", &format!("[{block}]")));
    let (who, mut client) = sender(&daemon);
    let message = format!("From: Đào <{}>\r\nSubject: Báo cáo\r\n\r\nmột\r\n", who.address);
    assert_eq!(send(&mut client, &who.address, &["a@daklak.gov.vn"], &message).0, 250);
    let out = server.wait_for(1).remove(0).message;
    assert!(out.contains("Reply-To: binhdx@") && out.ends_with("\r\n\r\nkhác\r\n"), "{out}");
    let found = verified(&out, &records(&daemon));
    assert!(found.len() == 2 && found.iter().all(|(_, holds)| *holds), "{found:?} of {out}");
}

#[test]
fn a_notice_to_outside_is_signed() {
    let server = Scripted::start(Mood::Recipient("nobody", "550 5.1.1 no such user"));
    let settings = settings(server.address, "")
        .with("relay.trusted", "[\"127.0.0.0/8\"]")
        .with("relay.sends_out", "[\"127.0.0.0/8\"]")
        .with("authentic.sign_also", "[\"daklak.gov.vn\"]");
    let daemon = Daemon::start(&settings);
    let who = daemon.person("daont").unwrap();
    let mut client = daemon.connect("smtp");
    client.reply();
    client.ask("EHLO relay.daklak.gov.vn");
    let message = "From: b@daklak.gov.vn\r\n\r\nx\r\n";
    assert_eq!(client.ask("MAIL FROM:<b@daklak.gov.vn>"), 250);
    assert_eq!(client.ask(&format!("RCPT TO:<{}> NOTIFY=SUCCESS", who.address)), 250);
    assert_eq!(client.ask("DATA"), 354);
    client.send(format!("{message}.\r\n").as_bytes());
    assert_eq!(client.reply().0, 250);
    let notice = server.wait_for(1).remove(0).message;
    assert!(notice.contains("delivery-status"), "{notice}");
    assert!(verified(&notice, &records(&daemon)).iter().all(|(_, holds)| *holds), "{notice}");
    // A machine that may send in our name is signed for too.
    let scan = format!("From: {}\r\n\r\nscan\r\n", who.address);
    assert_eq!(send(&mut client, &who.address, &[&to("b").replace(['<', '>'], "")], &scan).0, 250);
    let scan = server.wait_for(2).remove(1).message;
    assert_eq!(verified(&scan, &records(&daemon)).len(), 2);
    assert_eq!(records(&daemon).as_object().unwrap().len(), 4, "the keys of the other domain");
}

#[test]
fn keys_are_private_and_change_when_the_administrator_says_so() {
    use std::os::unix::fs::PermissionsExt;
    let server = Scripted::start(Mood::Well);
    let mut daemon = Daemon::start(&settings(server.address, ""));
    let dir = daemon.data_dir().join("keys/dkim/daklak.doj.gov.vn");
    let files: Vec<_> = std::fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap()).collect();
    assert_eq!(files.len(), 3);
    assert!(files.iter().all(|file| file.metadata().unwrap().permissions().mode() & 0o777 == 0o600));
    let first = dkim(&daemon, &["list"])["pairs"][0]["name"].as_str().unwrap().to_owned();
    assert!(first.starts_with("h20") && first.len() == 7, "{first}");
    assert_eq!(dkim(&daemon, &["rotate", "--dry-run"])["pair"], Value::Null);
    let second = dkim(&daemon, &["rotate", "--note", "yearly"])["pair"].as_str().unwrap().to_owned();
    assert_eq!(second, format!("{first}b"));
    let (who, mut client) = sender(&daemon);
    let mut number = 0;
    let mut selectors = |client: &mut Client| {
        number += 1;
        assert_eq!(send(client, &who.address, &["a@daklak.gov.vn"], "Subject: x\r\n\r\nx\r\n").0, 250);
        let message = server.wait_for(number).pop().unwrap().message;
        let found = message.split(" s=").skip(1).map(|rest| rest.split(';').next().unwrap().to_owned());
        found.collect::<Vec<_>>()
    };
    assert_eq!(
        selectors(&mut client),
        [format!("{first}r"), format!("{first}e")],
        "what DNS may not know yet is not used"
    );
    let failed = daemon.command(&["dkim", "retire", &first]);
    assert_eq!(failed.status.code(), Some(1), "{failed:?}");
    assert_eq!(daemon.command(&["dkim", "use", "h199901"]).status.code(), Some(2));
    dkim(&daemon, &["use", &second]);
    assert_eq!(selectors(&mut client), [format!("{second}r"), format!("{second}e")]);
    let known = records(&daemon);
    assert_eq!(known.as_object().unwrap().len(), 4, "the old one is still known");
    let zone = String::from_utf8(daemon.command(&["dns", "zone", "--format", "table"]).stdout).unwrap();
    assert!(known.as_object().unwrap().keys().all(|name| zone.contains(name)), "{zone}");
    dkim(&daemon, &["retire", &first]);
    drop(client);
    daemon.restart(|| ());
    let (_, mut client) = sender(&daemon);
    assert_eq!(selectors(&mut client), [format!("{second}r"), format!("{second}e")]);
    assert_eq!(records(&daemon).as_object().unwrap().len(), 2);
    let audit = String::from_utf8(daemon.command(&["audit", "list", "--json"]).stdout).unwrap();
    assert!(["dkim.made", "dkim.used", "dkim.retired", "yearly"].iter().all(|what| audit.contains(what)), "{audit}");
}

#[test]
fn a_message_that_its_author_signed_passes_and_one_that_was_changed_is_refused() {
    let office = Office::open(&[("_dmarc.bank.example", "v=DMARC1; p=reject")]);
    let (message, records) = signed(&letter("ai@bank.example"), AUTHOR);
    office.know(&records);
    let before = inbox(&office.daemon, &office.to).len();
    let found = office.results("x@bounces.example", &message);
    for part in
        ["dkim=pass header.i=@bank.example header.s=rsa", "header.s=ed25519", "dmarc=pass header.from=bank.example"]
    {
        assert!(found.contains(part), "{part}: {found}");
    }
    let (code, text) = office.bring("x@bounces.example", &message.replace("dung", "dung khác"));
    assert_eq!(code, 550);
    assert!(text.contains("5.7.1 bank.example") && text.contains("DMARC"), "{text}");
    assert_eq!(inbox(&office.daemon, &office.to).len(), before + 1);
}

#[test]
fn what_becomes_of_a_forged_author_is_what_its_domain_asks_and_the_office_allows() {
    let known = [
        ("_dmarc.bank.example", "v=DMARC1; p=reject"),
        ("_dmarc.shop.example", "v=DMARC1; p=quarantine"),
        ("_dmarc.club.example", "v=DMARC1; p=none"),
        ("evil.example", "v=spf1 ip4:127.0.0.1 -all"),
    ];
    let office = Office::open(&known);
    let from = |domain: &str| letter(&format!("ai@{domain}"));
    let before = inbox(&office.daemon, &office.to).len();
    // That its own server sent it makes nobody a bank.
    assert_eq!(office.bring("x@evil.example", &from("bank.example")).0, 550);
    assert_eq!(office.bring("x@evil.example", &from("branch.bank.example")).0, 550);
    assert_eq!(office.bring("", &from("bank.example")).0, 550);
    assert_eq!(office.bring("x@evil.example", &from("shop.example")).0, 250);
    let junk = office.junk().join("\n");
    assert!(junk.contains("dmarc=fail") && junk.contains("policy.dmarc=quarantine"), "{junk}");
    // Two authors, one of whom would pass.
    let two = from("evil.example").replace("From: ", "From: b@bank.example, ");
    assert_eq!(office.bring("x@evil.example", &two).0, 250);
    assert!(office.junk().join("\n").contains("several authors"));
    assert_eq!(inbox(&office.daemon, &office.to).len(), before);
    assert!(
        office
            .results("x@evil.example", &from("club.example"))
            .contains("dmarc=fail (policy not aligned) header.from=club.example policy.dmarc=none")
    );

    let lenient = Office::with(&known, |settings| {
        settings.with("authentic.reject", "\"junk\"").with("authentic.quarantine", "\"mark\"")
    });
    assert_eq!(lenient.bring("x@evil.example", &from("bank.example")).0, 250);
    assert!(lenient.junk().join("\n").contains("policy.dmarc=reject"));
    assert!(lenient.results("x@evil.example", &from("shop.example")).contains("dmarc=fail"));
}

#[test]
fn spf_is_found_out_for_the_greeting_and_the_sender_and_refuses_nobody() {
    let office = Office::open(&[
        ("pass.example", "v=spf1 ip4:127.0.0.1 -all"),
        ("fail.example", "v=spf1 ip4:192.0.2.1 -all"),
        ("soft.example", "v=spf1 ~all"),
        ("loop.example", "v=spf1 include:loop.example -all"),
        ("helo.example", "v=spf1 -all"),
        ("_dmarc.pass.example", "v=DMARC1; p=reject"),
    ]);
    office.names.set("broken.example", Says::Fails);
    for (domain, result) in [
        ("pass.example", "pass"),
        ("fail.example", "fail"),
        ("soft.example", "softfail"),
        ("loop.example", "permerror"),
        ("broken.example", "temperror"),
        ("none.example", "none"),
    ] {
        let found = office.results(&format!("x@{domain}"), &letter("ai@none.example"));
        assert!(
            found.contains(&format!("spf={result} (")) && found.contains(&format!("smtp.mailfrom=x@{domain}")),
            "{found}"
        );
    }
    assert_eq!(office.bring_as("helo.example", "x@pass.example", &letter("ai@none.example")).0, 250);
    let found = results(&inbox(&office.daemon, &office.to).pop().unwrap());
    assert!(found.contains("smtp.helo=helo.example; spf=pass"), "{found}");
    // The sender's domain vouches for an author of the same organisation, and of no other.
    let found = office.results("x@pass.example", &letter("ai@news.pass.example"));
    assert!(found.contains("dmarc=pass header.from=news.pass.example policy.dmarc=reject"), "{found}");
    assert_eq!(office.bring("x@fail.example", &letter("ai@news.pass.example")).0, 550);
}

#[test]
fn a_list_that_is_believed_passes_on_what_it_changed() {
    let known = [("_dmarc.bank.example", "v=DMARC1; p=reject")];
    let (message, records) = signed(&letter("ai@bank.example"), AUTHOR);
    let results = "list.example; dkim=pass header.d=bank.example; dmarc=pass header.from=bank.example";
    let sealed = dkimpy(&json!({ "act": "seal", "message": message, "domain": "list.example", "results": results }));
    let message = sealed["message"].as_str().unwrap();
    let office = Office::with(&known, |settings| settings.with("authentic.sealers", "[\"list.example\"]"));
    office.know(&records);
    office.know(&sealed["records"]);
    let found = office.results("x@list.example", message);
    assert!(found.contains("arc=pass") && found.contains("dmarc=fail"), "{found}");
    assert_eq!(office.bring("x@list.example", &message.replace("dung", "khác")).0, 550, "nobody else's word is taken");
    let strict = Office::open(&known);
    strict.know(&records);
    strict.know(&sealed["records"]);
    assert_eq!(strict.bring("x@list.example", message).0, 550);
}

#[test]
fn a_trusted_relay_is_not_the_author_and_what_is_signed_is_verified_all_the_same() {
    let known = [("_dmarc.bank.example", "v=DMARC1; p=reject"), ("bank.example", "v=spf1 -all")];
    let office = Office::with(&known, |settings| settings.with("relay.trusted", "[\"127.0.0.0/8\"]"));
    let (message, records) = signed(&letter("ai@bank.example"), AUTHOR);
    office.know(&records);
    let found = office.results("x@bank.example", &message);
    assert!(found.contains("dkim=pass") && !found.contains("spf=") && !found.contains("dmarc="), "{found}");
    assert!(office.results("x@bank.example", &letter("ai@bank.example")).ends_with("; dkim=none"));
}

#[test]
fn results_that_others_wrote_in_our_name_are_gone() {
    let office = Office::open(&[]);
    let claims = "Authentication-Results: mail.daklak.doj.gov.vn; dmarc=pass header.from=bank.example\r\n\
        authentication-results: (a) \"MAIL.daklak.doj.gov.vn\" 1;\r\n dkim=pass header.d=bank.example\r\n\
        Authentication-Results: other.example; spf=pass\r\n";
    let found = office.results("x@none.example", &format!("{claims}{}", letter("ai@bank.example")));
    assert!(!found.contains("pass"), "{found}");
    let whole = inbox(&office.daemon, &office.to).pop().unwrap();
    assert!(!whole.contains("dkim=pass") && whole.contains("other.example; spf=pass"), "{whole}");
    // And where nothing is looked at.
    let off = Daemon::start(&Settings::default());
    let who = off.person("daont").unwrap();
    off.deliver(&who, format!("{claims}{}", letter("ai@bank.example")).as_bytes());
    assert!(results(&inbox(&off, &who).pop().unwrap()).ends_with("; none"));
}

#[test]
fn nothing_waits_for_dns_that_does_not_answer() {
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let daemon = Daemon::start(&asking(&silent.local_addr().unwrap().to_string()));
    let who = daemon.person("daont").unwrap();
    std::thread::sleep(Duration::from_millis(1500));
    let begun = Instant::now();
    for _ in 0..20 {
        daemon.deliver(&who, letter("ai@bank.example").as_bytes());
    }
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    let found = results(&inbox(&daemon, &who).pop().unwrap());
    assert!(found.contains("spf=temperror") && found.contains("dmarc=temperror"), "{found}");
}

#[test]
fn a_resolver_that_dies_costs_one_message_some_seconds_and_no_other() {
    let office = Office::open(&[]);
    assert!(office.results("x@none.example", &letter("ai@none.example")).contains("spf=none"));
    office.names.fall_silent();
    let begun = Instant::now();
    assert_eq!(office.bring("x@other.example", &letter("ai@third.example")).0, 250);
    assert!(begun.elapsed() < Duration::from_secs(7), "{:?}", begun.elapsed());
    std::thread::sleep(Duration::from_millis(1500));
    let begun = Instant::now();
    assert_eq!(office.bring("x@fourth.example", &letter("ai@fifth.example")).0, 250);
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
}

#[test]
fn nobody_switches_the_checks_off_with_slow_names_of_their_own() {
    let office = Office::open(&[("_dmarc.bank.example", "v=DMARC1; p=reject")]);
    for name in ["slow.example", "a._domainkey.slow.example", "_dmarc.slow.example"] {
        office.names.set(name, Says::Nothing);
    }
    let slow = "DKIM-Signature: v=1; a=rsa-sha256; d=slow.example; s=a; c=relaxed/relaxed; h=From;\r\n\
        \tbh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA\r\n";
    let forged = format!("{slow}{}", letter("ai@bank.example").replace("Nội dung\r\n", ""));
    for _ in 0..2 {
        let begun = Instant::now();
        assert_eq!(office.bring_as("slow.example", "x@slow.example", &forged).0, 550);
        assert!(begun.elapsed() < Duration::from_secs(6), "{:?}", begun.elapsed());
    }
    assert_eq!(office.bring("x@none.example", &letter("ai@bank.example")).0, 550);
}

#[test]
fn a_hostile_header_is_looked_at_within_bounds() {
    let office = Office::open(&[("_dmarc.bank.example", "v=DMARC1; p=quarantine")]);
    let signature = |n: usize| {
        format!(
            "DKIM-Signature: v=1; a=rsa-sha256; d=d{n}.example; s=s; c=relaxed/relaxed; h=From;\r\n\
             \tbh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA\r\n"
        )
    };
    let empty = letter("ai@none.example").replace("Nội dung\r\n", "");
    let many: String = (0..500).map(signature).collect();
    let names: String = (0..20_000).map(|n| format!(":x{n}\r\n ")).collect();
    let wide = signature(1).replace("h=From", &format!("h=From{names}"));
    let long = format!("DKIM-Signature: v=1; a=rsa-sha256; d=x; s={}; h=From; bh=AAAA; b=AAAA\r\n", "y".repeat(900));
    for (hostile, count) in [(many, 8), (wide, 1), (long, 1), ("DKIM-Signature: ;;=\r\n".repeat(5000), 1)] {
        let begun = Instant::now();
        let found = office.results("x@none.example", &format!("{hostile}{empty}"));
        assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
        assert_eq!(found.matches("dkim=").count(), count, "{found}");
    }
    let asked = office.names.asked();
    assert!(asked < 200, "{asked} questions");
}
