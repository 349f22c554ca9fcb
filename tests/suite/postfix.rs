//! Debian's Postfix as the province's server, with its own configuration and its own directory, on loopback and free ports;
//! and its `smtp-sink`, which fails in every way it knows. Postfix starts as root only.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::client::Client;
use crate::harness::Daemon;
use crate::relay::{inbox, jobs, notices, sender, settings, submit, to, wait_for_empty_queue};
use crate::scripted::wait_until;

const PROVINCE: &str = "daklak.gov.vn";
const OURS: &str = "daklak.doj.gov.vn";

/// The province's server; stopped when it is dropped.
struct Postfix {
    dir: tempfile::TempDir,
    address: SocketAddr,
}

/// A port below those that the system hands out: it is still free when a server that was stopped comes back.
pub fn free_port() -> u16 {
    let from = 12_000 + u16::try_from(std::process::id() % 18_000).unwrap();
    let mut ports = (from..30_000).chain(12_000..from);
    ports.find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).expect("a free port")
}

fn root(program: &str) -> Command {
    if nix::unistd::geteuid().is_root() {
        return Command::new(program);
    }
    let mut sudo = Command::new("sudo");
    sudo.args(["-n", program]);
    sudo
}

fn write(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
}

impl Postfix {
    /// It has mailboxes `a`, `b` and `c`, and brings mail for our domain to `us`.
    fn prepare(port: u16) -> Self {
        let dir = tempfile::Builder::new().prefix("postfix").tempdir().unwrap();
        for name in ["postfix", "mail", "queue", "data"] {
            std::fs::create_dir_all(dir.path().join(name)).unwrap();
        }
        for name in [".", "mail"] {
            std::fs::set_permissions(dir.path().join(name), std::fs::Permissions::from_mode(0o777)).unwrap();
        }
        let address = ([127, 0, 0, 1], port).into();
        Self { dir, address }
    }

    fn configure(&self, us: SocketAddr) {
        let dir = self.dir.path().display();
        write(
            &self.dir.path().join("postfix/main.cf"),
            &format!(
                "compatibility_level = 3.6
queue_directory = {dir}/queue
data_directory = {dir}/data
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mail.{PROVINCE}
mydestination =
mynetworks = 127.0.0.0/8
alias_maps =
virtual_mailbox_domains = {PROVINCE}
virtual_mailbox_base = {dir}/mail
virtual_mailbox_maps = inline:{{ {{ a@{PROVINCE} = a/ }}, {{ b@{PROVINCE} = b/ }}, {{ c@{PROVINCE} = c/ }} }}
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
relay_domains = {OURS}
transport_maps = inline:{{ {{ {OURS} = smtp:[127.0.0.1]:{} }} }}
smtputf8_enable = no
maillog_file = {dir}/postfix.log
maillog_file_prefixes = {dir}
",
                us.port()
            ),
        );
        write(&self.dir.path().join("postfix/master.cf"), &master_cf(self.address.port()));
        assert!(root("chown").arg("postfix").arg(self.dir.path().join("data")).status().unwrap().success());
    }

    fn run(&self, word: &str) {
        let output = root("postfix").arg("-c").arg(self.dir.path().join("postfix")).arg(word).output();
        let output = output.expect("Debian's package postfix, and root");
        assert!(output.status.success(), "postfix {word}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn start(&self) {
        self.run("start");
        wait_until(|| TcpStream::connect(self.address).ok().map(drop));
    }

    /// The messages that it has delivered to a mailbox, each by its Subject.
    fn mailbox(&self, name: &str) -> Vec<String> {
        let files = std::fs::read_dir(self.dir.path().join("mail").join(name).join("new")).into_iter().flatten();
        let subject = |file: std::io::Result<std::fs::DirEntry>| {
            let text = std::fs::read_to_string(file.ok()?.path()).ok()?;
            text.lines().find_map(|line| line.strip_prefix("Subject: ")).map(str::to_owned)
        };
        let mut subjects: Vec<_> = files.filter_map(subject).collect();
        subjects.sort_unstable();
        subjects
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        let _ = root("postfix").arg("-c").arg(self.dir.path().join("postfix")).arg("stop").output();
        let _ = root("rm").arg("-rf").arg(self.dir.path()).output();
    }
}

fn master_cf(smtp: u16) -> String {
    let mut text = format!("127.0.0.1:{smtp} inet n - n - - smtpd\n");
    for (name, wake, limit) in [("pickup", "60", "1"), ("cleanup", "-", "0"), ("qmgr", "300", "1"), ("showq", "-", "-")]
    {
        text += &format!("{name} unix n - n {wake} {limit} {name}\n");
    }
    for (name, limit, program) in [
        ("rewrite", "-", "trivial-rewrite"),
        ("bounce", "0", "bounce"),
        ("defer", "0", "bounce"),
        ("trace", "0", "bounce"),
        ("verify", "1", "verify"),
        ("proxymap", "-", "proxymap"),
        ("smtp", "-", "smtp"),
        ("relay", "-", "smtp"),
        ("virtual", "-", "virtual"),
        ("anvil", "1", "anvil"),
        ("scache", "1", "scache"),
        ("error", "-", "error"),
        ("retry", "-", "error"),
    ] {
        text += &format!("{name} unix - n n - {limit} {program}\n");
    }
    text + "flush unix n - n 1000? 0 flush\npostlog unix-dgram n - n - 1 postlogd\n"
}

#[test]
fn mail_goes_both_ways_with_postfix_and_a_stop_of_it_loses_nothing_and_doubles_only_what_it_did_not_answer() {
    const MESSAGES: usize = 40;
    let postfix = Postfix::prepare(free_port());
    let daemon = Daemon::start(&settings(postfix.address, "").with("relay.trusted", "[\"127.0.0.0/8\"]"));
    postfix.configure(daemon.address("smtp"));
    postfix.start();
    let (who, mut client) = sender(&daemon);
    let mail = format!("MAIL FROM:<{}>", who.address);
    for n in 0..MESSAGES {
        if n == MESSAGES / 4 {
            postfix.run("stop");
        }
        assert_eq!(submit(&mut client, &mail, &[&to("a"), &to("b")], &format!("n{n:02}")).0, 250);
    }
    wait_until(|| daemon.running().installation().queue.health().all().pop());
    assert!(!jobs(&daemon).is_empty());
    postfix.start();
    wait_for_empty_queue(&daemon);
    // What Postfix had whole, and was stopped before it said so, may be there twice, and nothing else (hostile F23).
    let unclear = usize::try_from(daemon.running().installation().metrics.unclear.get()).unwrap();
    let expected: Vec<_> = (0..MESSAGES).map(|n| format!("n{n:02}")).collect();
    for mailbox in ["a", "b"] {
        let unlike = || {
            let mut found = postfix.mailbox(mailbox);
            let all = found.len();
            found.dedup();
            (found == expected).then(|| all - MESSAGES)
        };
        let twice = wait_until(unlike);
        assert!(twice <= unclear, "{mailbox}: {twice} are there twice, and {unclear} were not answered");
    }
    // A stop while nothing is under way doubles nothing.
    postfix.run("stop");
    assert_eq!(submit(&mut client, &mail, &[&to("c")], "after").0, 250);
    wait_until(|| daemon.running().installation().queue.health().all().pop());
    postfix.start();
    wait_for_empty_queue(&daemon);
    wait_until(|| (!postfix.mailbox("c").is_empty()).then_some(()));
    assert_eq!(postfix.mailbox("c"), ["after"]);
    assert_eq!(daemon.running().installation().metrics.unclear.get(), unclear as u64);
    // The other way.
    let before = inbox(&daemon, &who).len();
    let mut province = Client::plain(postfix.address, daemon.trust());
    province.reply();
    assert_eq!(province.ask("EHLO trong-tinh"), 250);
    let here = format!("<{}>", who.address);
    assert_eq!(submit(&mut province, &format!("MAIL FROM:<a@{PROVINCE}>"), &[&here], "from the province").0, 250);
    wait_until(|| (inbox(&daemon, &who).len() > before).then_some(()));
    // And what the province has no mailbox for.
    assert_eq!(submit(&mut client, &mail, &[&to("nobody")], "lost").0, 250);
    let told = wait_until(|| notices(&daemon, &who).pop());
    assert!(told.contains("Status: 5.1.1") && told.contains("User unknown"), "{told}");
}

/// A sink at a port, failing as the arguments say; each message that it takes is a file.
struct Sink(Child);

impl Sink {
    fn start(port: u16, dir: &Path, arguments: &[&str]) -> Self {
        let user: &[&str] = if nix::unistd::geteuid().is_root() { &["-u", "nobody"] } else { &[] };
        let child = Command::new("smtp-sink")
            .args(user)
            .args(["-d", &format!("{}/%M.", dir.display())])
            .args(arguments)
            .args([&format!("127.0.0.1:{port}"), "100"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("smtp-sink of Debian's package postfix");
        let sink = Self(child);
        wait_until(|| TcpStream::connect(("127.0.0.1", port)).ok().map(drop));
        sink
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn f19_f23_a_sink_that_fails_in_every_way_it_knows() {
    let (port, dir, well) = (free_port(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for dir in [&dir, &well] {
        std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
    }
    let (mut told, mut taken) = (0, 0);
    let daemon = Daemon::start(&settings(([127, 0, 0, 1], port).into(), ""));
    let (who, mut client) = sender(&daemon);
    for (arguments, for_good) in [
        (&["-r", "connect"][..], false),
        (&["-r", "ehlo,helo"], false),
        (&["-r", "mail"], false),
        (&["-r", "rcpt"], false),
        (&["-r", "data"], false),
        (&["-r", "."], false),
        (&["-q", "connect"], false),
        (&["-q", "ehlo"], false),
        (&["-q", "mail"], false),
        (&["-q", "rcpt"], false),
        (&["-q", "data"], false),
        (&["-Q", "mail"], false),
        (&["-Q", "rcpt"], false),
        (&["-Q", "."], false),
        (&["-f", "mail"], true),
        (&["-f", "rcpt"], true),
        (&["-f", "data"], true),
        (&["-f", "."], true),
        (&["-A", "1"], true),
    ] {
        let failing = Sink::start(port, dir.path(), arguments);
        assert_eq!(submit(&mut client, &format!("MAIL FROM:<{}>", who.address), &[&to("a")], "x").0, 250);
        if for_good {
            wait_for_empty_queue(&daemon);
            told += 1;
        } else {
            let queue = daemon.running().installation().queue.clone();
            wait_until(|| {
                let tried = jobs(&daemon).first().is_some_and(|job| job.attempts > 0);
                (tried || !queue.health().all().is_empty()).then_some(())
            });
            drop(failing);
            let sink = Sink::start(port, well.path(), &[]);
            wait_for_empty_queue(&daemon);
            taken += 1;
            drop(sink);
        }
        let files = std::fs::read_dir(well.path()).unwrap().count();
        assert_eq!((notices(&daemon, &who).len(), files), (told, taken), "{arguments:?}");
    }
}
