//! The office's names: printed, compared with what the network's DNS says, and answered, as BIND's own programs see it; and
//! the daemon on a network of its own.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::client::Client;
use crate::harness::{DOMAIN, Daemon, HOSTNAME, Settings};
use crate::names::{Names, Says};
use crate::process::{Login, Process};
use crate::relay::settings;
use crate::scripted::{Mood, Scripted, wait_until};

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn english() -> Settings {
    Settings::default().with("server.language", "\"en\"")
}

/// The responder at a port that is known before, so that it can be who is asked, too.
fn answering() -> (Daemon, SocketAddr) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    drop(socket);
    let here = format!("[\"{address}\"]");
    (Daemon::start(&english().with("dns.listen", &here).with("relay.dns", &here)), address)
}

fn dig(server: SocketAddr, arguments: &[&str]) -> String {
    let port = server.port().to_string();
    let output = Command::new("dig")
        .args(["@127.0.0.1", "-p", &port, "+tries=1", "+timeout=5"])
        .args(arguments)
        .output()
        .expect("Debian's package dnsutils");
    text(&output)
}

fn short(server: SocketAddr, name: &str, kind: &str) -> Vec<String> {
    dig(server, &["+short", name, kind]).lines().map(str::to_owned).collect()
}

/// `named-checkzone` finds nothing to say about what is printed, a server of another domain included.
fn zone_is_taken(daemon: &Daemon, language: &str) {
    let output = daemon.command(&["--lang", language, "dns", "zone"]);
    assert!(output.status.success(), "{}", text(&output));
    let file = daemon.data_dir().join("zone");
    std::fs::write(&file, &output.stdout).unwrap();
    let checked = Command::new("named-checkzone").args(["-k", "fail", "-n", "fail", DOMAIN]).arg(&file).output();
    let checked = checked.expect("Debian's package bind9-utils");
    assert!(checked.status.success(), "{}\n{}", text(&checked), text(&output));
}

#[test]
fn r1_the_zone_is_one_that_bind_takes() {
    let daemon = Daemon::start(&english().with("dns.addresses", "[\"10.1.1.10\", \"fd00::10\"]"));
    for language in ["en", "vi"] {
        zone_is_taken(&daemon, language);
    }
    zone_is_taken(&Daemon::start(&english().with("server.hostname", "\"thu.tinh.vn\"")), "en");
    let table = text(&daemon.command(&["dns", "zone", "--format", "table"]));
    assert!(table.contains(&format!("{HOSTNAME}.")) && table.contains("fd00::10"), "{table}");
    let json: Value = serde_json::from_slice(&daemon.command(&["dns", "zone", "--json"]).stdout).unwrap();
    let imaps = json["records"].as_array().unwrap().iter().find(|r| r["name"] == format!("_imaps._tcp.{DOMAIN}."));
    let port = daemon.address("imaps").port();
    assert_eq!(imaps.unwrap()["data"], format!("0 1 {port} {HOSTNAME}."));
    assert_eq!(json["elsewhere"][0]["name"], "10.1.1.10.in-addr.arpa.");
}

#[test]
fn r1_where_the_server_is_not_known_it_is_asked_for() {
    let daemon = Daemon::start(
        &["smtp", "submission", "submissions", "imap", "imaps"]
            .into_iter()
            .fold(english(), |settings, door| settings.with(&format!("listen.{door}"), "[\"0.0.0.0:0\"]")),
    );
    let output = daemon.command(&["dns", "zone"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output).contains("addresses = [\"10.1.1.10\"] below [dns]"), "{}", text(&output));
}

#[test]
fn r1_resolvers_find_the_server_by_its_names_and_nothing_else() {
    let (daemon, server) = answering();
    assert_eq!(short(server, HOSTNAME, "A"), ["127.0.0.1"]);
    assert_eq!(short(server, "MAIL.DakLak.DOJ.gov.vn", "A"), ["127.0.0.1"]);
    assert_eq!(short(server, DOMAIN, "MX"), [format!("10 {HOSTNAME}.")]);
    let port = daemon.address("submissions").port();
    assert_eq!(short(server, &format!("_submissions._tcp.{DOMAIN}"), "SRV"), [format!("0 1 {port} {HOSTNAME}.")]);
    assert_eq!(short(server, &format!("_pop3._tcp.{DOMAIN}"), "SRV"), ["0 0 0 ."]);
    assert_eq!(dig(server, &["+short", "+tcp", DOMAIN, "TXT"]).trim(), "\"v=spf1 mx -all\"");
    for (arguments, expected) in [
        (&[HOSTNAME, "AAAA"][..], &["status: NOERROR", "flags: qr aa rd;", "ANSWER: 0, AUTHORITY: 1", "\t300\t"][..]),
        // What others are below is there.
        (&["_tcp.daklak.doj.gov.vn", "A"], &["status: NOERROR", "ANSWER: 0"]),
        (&["nobody.daklak.doj.gov.vn", "A"], &["status: NXDOMAIN", "AUTHORITY: 1"]),
        (&["daklak.gov.vn", "MX"], &["status: REFUSED", "flags: qr rd;", "AUTHORITY: 0"]),
        (&[".", "NS"], &["status: REFUSED"]),
        (&[DOMAIN, "MX", "-c", "CH"], &["status: REFUSED"]),
        (&[DOMAIN, "AXFR"], &["Transfer failed."]),
        (&[DOMAIN, "MX", "+edns=1", "+noednsnegotiation"], &["status: BADVERS"]),
        (&[DOMAIN, "MX", "+opcode=NOTIFY"], &["status: NOTIMP"]),
        // One kind only, however many there are (RFC 8482).
        (&[DOMAIN, "ANY", "+notcp"], &["status: NOERROR", "ANSWER: 1,"]),
    ] {
        let said = dig(server, arguments);
        for expected in expected {
            assert!(said.contains(expected), "{arguments:?}: {expected} in {said}");
        }
    }
}

#[test]
fn r1_the_check_of_names_says_what_is_there_and_what_would_be_right() {
    let (daemon, _) = answering();
    let output = daemon.command(&["dns", "check"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert!(text(&output).contains("everything that is needed is right"), "{}", text(&output));
    assert!(text(&output).contains("✓ mail.daklak.doj.gov.vn. A: 127.0.0.1\n"), "{}", text(&output));

    let names = Names::start(&[(HOSTNAME, Says::A([10, 1, 1, 99].into())), (DOMAIN, Says::NoName)]);
    let daemon = Daemon::start(
        &english().with("relay.dns", &format!("[\"{}\"]", names.address)).with("dns.addresses", "[\"10.1.1.10\"]"),
    );
    let output = daemon.command(&["dns", "check"]);
    assert_eq!(output.status.code(), Some(1));
    for expected in [
        "✗ mail.daklak.doj.gov.vn. A: different: there is 10.1.1.99; right would be 10.1.1.10\n",
        "✗ daklak.doj.gov.vn. MX: missing; right would be 10 mail.daklak.doj.gov.vn.\n",
        "! 10.1.1.10.in-addr.arpa. PTR: missing; right would be mail.daklak.doj.gov.vn.\n",
    ] {
        assert!(text(&output).contains(expected), "{expected} in {}", text(&output));
    }
    names.set(DOMAIN, Says::Mx(vec![(10, "MAIL.daklak.doj.gov.vn")]));
    names.set(HOSTNAME, Says::A([10, 1, 1, 10].into()));
    let json: Value = serde_json::from_slice(&daemon.command(&["dns", "check", "--json"]).stdout).unwrap();
    let state =
        |kind: &str| json["names"].as_array().unwrap().iter().find(|n| n["type"] == kind).unwrap()["state"].clone();
    assert_eq!((state("MX"), state("A"), json["ok"].clone()), ("ok".into(), "ok".into(), false.into()));
}

#[test]
fn a_resolver_that_says_nothing_is_not_waited_for_long() {
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let daemon = Daemon::start(
        &english()
            .with("relay.dns", &format!("[\"{}\"]", silent.local_addr().unwrap()))
            .with("relay.default", "\"mx\"")
            .with("dns.addresses", "[\"10.1.1.10\"]"),
    );
    let began = Instant::now();
    let output = daemon.command(&["dns", "check"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output).contains("✗ mail.daklak.doj.gov.vn. A: no answer: "), "{}", text(&output));
    let output = daemon.command(&["check"]);
    assert_eq!(output.status.code(), Some(1));
    let server = silent.local_addr().unwrap();
    assert!(text(&output).contains(&format!("no answer ({server})")), "{}", text(&output));
    assert!(began.elapsed() < Duration::from_mins(1), "{:?}", began.elapsed());
}

#[test]
fn the_check_tries_every_way_out_and_sends_nothing() {
    let relay = Scripted::start(Mood::Well);
    let daemon = Daemon::start(&settings(relay.address, ""));
    let checked = |daemon: &Daemon| -> (Option<i32>, Value) {
        let output = daemon.command(&["check", "--json"]);
        let json: Value = serde_json::from_slice(&output.stdout).unwrap();
        let way = json["checks"].as_array().unwrap().iter().find(|check| check["name"] == "route:tinh").cloned();
        (output.status.code(), way.unwrap())
    };
    let (code, way) = checked(&daemon);
    assert_eq!((code, &way["ok"]), (Some(0), &true.into()), "{way}");
    assert!(relay.taken().is_empty());
    for (mood, expected) in [
        (Mood::Greets("554 5.3.2 we are closed"), "554 5.3.2 we are closed"),
        (Mood::Greets("hello"), "does not speak SMTP: hello"),
        (Mood::Silent, "within 10 s"),
    ] {
        relay.set(mood);
        let (code, way) = checked(&daemon);
        let detail = way["detail"].as_str().unwrap();
        assert_eq!(code, Some(1));
        assert!(detail.contains(expected) && detail.contains(&relay.address.to_string()), "{detail}");
        assert!(detail.contains("look at the network"), "{detail}");
    }
    relay.set(Mood::Well);
    let demanding = Daemon::start(&settings(relay.address, ", tls = \"required\""));
    let (code, way) = checked(&demanding);
    assert_eq!(code, Some(1));
    assert!(way["detail"].as_str().unwrap().contains("does not offer TLS, which is required"), "{way}");
}

#[test]
fn the_sockets_of_a_service_manager_are_taken_for_questions() {
    let dir = tempfile::tempdir().unwrap();
    let daemon = Process::start_activated(&dir.path().join("data"), "dns");
    for way in ["+notcp", "+tcp"] {
        assert_eq!(dig(daemon.address("dns"), &["+short", way, DOMAIN, "MX"]).trim(), "10 localhost.", "{way}");
    }
}

#[test]
fn a_reload_changes_what_is_answered() {
    let (daemon, server) = answering();
    let file = daemon.data_dir().join("hopthu.toml");
    let changed = std::fs::read_to_string(&file).unwrap() + "dns.addresses = [\"10.1.1.10\"]\n";
    std::fs::write(&file, changed).unwrap();
    daemon.wait(daemon.running().reload(&file)).unwrap();
    assert_eq!(short(server, HOSTNAME, "A"), ["10.1.1.10"]);
}

/// Numbers without rhyme (xorshift).
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.next() as u8).collect()
    }
}

/// A header with these counts, and what is behind it.
fn message(counts: [u8; 8], rest: &[u8]) -> Vec<u8> {
    [&[0x12, 0x34, 1, 0], &counts[..], rest].concat()
}

#[test]
fn whatever_comes_to_the_responder_it_goes_on() {
    let (daemon, server) = answering();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    let mut noise = Noise(0x9e37_79b9_7f4a_7c15);
    let one = [0, 1, 0, 0, 0, 0, 0, 0];
    let mut packets: Vec<Vec<u8>> = (0..3_000).map(|n| noise.bytes(n % 700)).collect();
    packets.extend((0..3_000).map(|n| message(one, &noise.bytes(n % 300))));
    // A name that points to itself, two that point to each other, and one that points behind the end.
    packets.push(message(one, &[0xc0, 12, 0, 1, 0, 1]));
    packets.push(message(one, &[0xc0, 14, 0xc0, 12, 0, 1, 0, 1]));
    packets.push(message(one, &[0xff, 0xff, 0, 1, 0, 1]));
    packets.push(message([0xff; 8], &[0; 500]));
    packets.push(message([0xff, 0xff, 0, 0, 0, 0, 0, 0], &[0; 1500]));
    packets.push(message([0, 1, 0, 0, 0, 0, 0xff, 0xff], &[0; 1500]));
    packets.push(vec![0; 9_000]);
    packets.push(Vec::new());
    for packet in &packets {
        socket.send_to(packet, server).unwrap();
    }
    let mut answer = vec![0; 65_535];
    while let Ok(len) = socket.recv(&mut answer) {
        assert!(len <= 1_232 && answer[2] & 0x80 != 0, "an answer of {len} octets");
    }
    // Two servers do not answer each other's answers.
    socket.send_to(&[&[0x12, 0x34, 0x81, 0], &one[..], &[0, 0, 1, 0, 1]].concat(), server).unwrap();
    assert!(socket.recv(&mut answer).is_err());

    let mut long = TcpStream::connect(server).unwrap();
    let _ = long.write_all(&[&[0xff, 0xff], &noise.bytes(65_535)[..]].concat());
    assert!(!matches!(long.read(&mut answer), Ok(1..)), "64 kB are no question");
    let mut held: Vec<TcpStream> = (0..1_000).filter_map(|_| TcpStream::connect(server).ok()).collect();
    for connection in &mut held {
        let _ = connection.write_all(&[0]);
    }
    // They are too many of one address, and the datagrams go on beside them.
    assert_eq!(short(server, HOSTNAME, "A"), ["127.0.0.1"]);
    drop(held);
    wait_until(|| (dig(server, &["+short", "+tcp", HOSTNAME, "A"]).trim() == "127.0.0.1").then_some(()));
    assert_eq!(daemon.running().installation().metrics.panics.get(), 0);
}

/// Set where the test of the loopback runs on a network that has nothing else.
const ALONE: &str = "HOPTHU_TEST_ALONE";

#[test]
fn r2_on_a_network_of_its_own_mail_runs_and_nothing_reaches_out() {
    if std::env::var_os(ALONE).is_some() {
        return alone();
    }
    let dir = tempfile::tempdir().unwrap();
    let resolv = dir.path().join("resolv.conf");
    std::fs::write(&resolv, "nameserver 127.0.0.1\n").unwrap();
    let inside = "ip link set lo up && mount --bind \"$0\" /etc/resolv.conf && exec \"$@\"";
    let test = "zone::r2_on_a_network_of_its_own_mail_runs_and_nothing_reaches_out";
    let mut command = Command::new("unshare");
    if !nix::unistd::geteuid().is_root() {
        command = Command::new("sudo");
        command.args(["-n", "unshare"]);
    }
    let output = command
        .args(["--net", "--mount", "sh", "-c", inside])
        .arg(&resolv)
        .args(["env", &format!("{ALONE}=1")])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .output()
        .unwrap();
    let said = text(&output);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

/// What the test does where there is the loopback only.
fn alone() {
    assert!(TcpStream::connect("10.255.255.1:25").is_err(), "this is no network of its own");
    let dir = tempfile::tempdir().unwrap();
    let made = dir.path().join("moi");
    let init = Command::new(env!("CARGO_BIN_EXE_hopthu"))
        .args(["init", "--domain", "so.vn", "--organisation", "Sở", "--dir"])
        .arg(&made)
        .output()
        .unwrap();
    assert!(init.status.success(), "{}", text(&init));

    let data = dir.path().join("data");
    drop(Process::start(&data));
    let file = data.join("hopthu.toml");
    let mut toml = std::fs::read_to_string(&file).unwrap();
    for (from, to) in [
        ("hostname = \"localhost\"", "hostname = \"mail.daklak.doj.gov.vn\""),
        ("#listen = []", "listen = [\"127.0.0.1:53\"]"),
        (
            "[listen]\n",
            "[[relay.route]]\nname = \"tinh\"\nhost = \"mail.daklak.gov.vn\"\ndomains = [\"daklak.gov.vn\"]\n\n[listen]\n",
        ),
    ] {
        assert_eq!(toml.matches(from).count(), 1, "{from}");
        toml = toml.replace(from, to);
    }
    std::fs::write(&file, toml).unwrap();
    let trace = dir.path().join("trace");
    let daemon = Process::start_traced(&data, &trace);
    let people = daemon.people();
    let (from, to) = (&people[0], &people[1]);

    let mut outside = Client::plain(daemon.address("smtp"), daemon.trust());
    outside.reply();
    assert_eq!(outside.ask("EHLO may-quet"), 250);
    send(&mut outside, "ngoai@example.vn", &[&to.address], "delivered");
    let mut client = Client::tls(daemon.address("submissions"), daemon.trust());
    client.reply();
    assert_eq!(client.ask("EHLO may-tram"), 250);
    let login = data_encoding::BASE64.encode(format!("\0{}\0{}", from.address, from.password).as_bytes());
    assert_eq!(client.ask(&format!("AUTH PLAIN {login}")), 235);
    send(&mut client, &from.address, &[&to.address, "nguoi-khac@daklak.gov.vn"], "submitted");
    let seen = subjects(&daemon, to);
    assert!(seen.contains("delivered") && seen.contains("submitted"), "{seen}");

    resolvers_find("mail.daklak.doj.gov.vn", "127.0.0.1");
    let output = daemon.command(&["dns", "check"]);
    assert!(output.status.success(), "{}", text(&output));
    let waiting = || {
        let json: Value = serde_json::from_slice(&daemon.command(&["queue", "list", "--json"]).stdout).unwrap();
        (json["down"][0]["lane"] == "route:tinh").then(|| json["jobs"].as_array().unwrap().len())
    };
    assert_eq!(wait_until(waiting), 1, "mail for elsewhere waits");
    let output = daemon.command(&["--lang", "vi", "check"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output).contains("không gửi được qua"), "{}", text(&output));
    assert_eq!(text(&output).matches('✗').count(), 1, "{}", text(&output));
    drop(daemon);
    only_here(&trace);
}

fn send(client: &mut Client, from: &str, to: &[&str], subject: &str) {
    assert_eq!(client.ask(&format!("MAIL FROM:<{from}>")), 250);
    for to in to {
        assert_eq!(client.ask(&format!("RCPT TO:<{to}>")), 250);
    }
    assert_eq!(client.ask("DATA"), 354);
    client.send(format!("From: <{from}>\r\nSubject: {subject}\r\n\r\nx\r\n.\r\n").as_bytes());
    assert_eq!(client.reply().0, 250);
}

fn subjects(daemon: &Process, who: &Login) -> String {
    let mut client = daemon.imap_as(who);
    client.ok("SELECT INBOX");
    client.ok("FETCH 1:* BODY.PEEK[HEADER.FIELDS (SUBJECT)]").join("\n")
}

/// By the C library and by Python, through `/etc/resolv.conf`; the last line is for the name that mail programs look up.
fn resolvers_find(name: &str, address: &str) {
    let python = format!("import socket; print(socket.getaddrinfo('{name}', 993, socket.AF_INET)[0][4][0])");
    for (program, arguments) in [("getent", ["hosts", name]), ("python3", ["-c", &python])] {
        let output = Command::new(program).args(arguments).stdin(Stdio::null()).output().unwrap();
        assert!(text(&output).starts_with(address), "{program}: {}", text(&output));
    }
    let output = Command::new("dig").args(["+short", "_imaps._tcp.daklak.doj.gov.vn", "SRV"]).output().unwrap();
    assert!(text(&output).ends_with(&format!("{name}.\n")), "{}", text(&output));
}

/// Every address that the daemon connected or sent to was this machine.
fn only_here(trace: &Path) {
    let trace = std::fs::read_to_string(trace).unwrap();
    let outward: Vec<_> = trace
        .lines()
        .filter(|line| line.contains("sin_addr") || line.contains("sin6_addr"))
        .filter(|line| !line.contains("inet_addr(\"127.") && !line.contains("\"::1\""))
        .collect();
    assert_eq!(outward, [""; 0]);
    // It was watched: the question for the relay's address went to the resolver.
    assert!(trace.contains("htons(53)"), "{trace}");
}
