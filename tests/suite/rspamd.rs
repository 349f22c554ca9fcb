//! Debian's rspamd as the filter, with its own configuration and directories, on loopback and a free port.

use std::net::{SocketAddr, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::filters::{block_at, bring, folder, settings, submit};
use crate::harness::Daemon;
use crate::postfix::free_port;
use crate::scripted::wait_until;

/// What rspamd refuses, and what it marks, whatever else is in the message.
const REFUSED: &str = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X";
const MARKED: &str = "YJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X";

/// The filter; stopped when it is dropped.
struct Rspamd {
    main: Child,
    dir: tempfile::TempDir,
    address: SocketAddr,
}

impl Rspamd {
    fn start() -> Self {
        let dir = tempfile::Builder::new().prefix("rspamd").tempdir().unwrap();
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let path = |name: &str| dir.path().join(name).display().to_string();
        // The whole list of domains takes it a quarter of a minute to compile.
        std::fs::write(path("domains"), "com\nvn\n").unwrap();
        std::fs::write(path("rspamd.conf"), configuration(address, dir.path())).unwrap();
        let mut program = Command::new("rspamd");
        program.args(["-f", "-c", &path("rspamd.conf")]);
        for name in ["DBDIR", "RUNDIR", "LOGDIR", "LOCAL_CONFDIR"] {
            program.arg(format!("--var={name}={}", dir.path().display()));
        }
        if nix::unistd::geteuid().is_root() {
            program.args(["-i", "-u", "root", "-g", "root"]);
        }
        let program = program.process_group(0).stdout(Stdio::null()).stderr(Stdio::null());
        let rspamd = Self { main: program.spawn().expect("Debian's package rspamd"), dir, address };
        wait_until(|| TcpStream::connect(address).ok().map(drop));
        rspamd
    }
}

impl Drop for Rspamd {
    fn drop(&mut self) {
        // With its workers, which would take a quarter of a minute to end by themselves.
        let _ = Command::new("kill").args(["-KILL", "--", &format!("-{}", self.main.id())]).status();
        let _ = self.main.wait();
        if std::thread::panicking() {
            eprintln!("{}", std::fs::read_to_string(self.dir.path().join("rspamd.log")).unwrap_or_default());
        }
    }
}

fn configuration(address: SocketAddr, dir: &Path) -> String {
    let dir = dir.display();
    format!(
        r#".include "$CONFDIR/common.conf"
options {{
    pidfile = "{dir}/rspamd.pid";
    .include "$CONFDIR/options.inc"
    dns {{ nameserver = ["127.0.0.1:9"]; timeout = 0.1s; retransmits = 1; }}
    control_socket = "{dir}/rspamd.sock mode=0600";
    disable_hyperscan = true;
    enable_test_patterns = true;
    url_tld = "{dir}/domains";
}}
logging {{ type = "file"; filename = "{dir}/rspamd.log"; level = "info"; }}
milter_headers {{ use = ["x-spamd-bar", "x-spamd-result"]; skip_local = false; skip_authenticated = false; }}
worker "rspamd_proxy" {{
    bind_socket = "{address}";
    milter = yes;
    count = 1;
    upstream "local" {{ default = yes; self_scan = yes; }}
}}
"#
    )
}

fn mail(text: &str) -> String {
    format!(
        "From: A <a@example.vn>\r\nTo: B <b@daklak.doj.gov.vn>\r\nSubject: Giay moi hop\r\n\
         Date: Mon, 23 Nov 2026 08:00:00 +0700\r\nMessage-ID: <1@example.vn>\r\n\r\n{text}\r\n"
    )
}

#[test]
fn rspamd_lets_mail_pass_with_its_fields_marks_some_and_refuses_some() {
    let rspamd = Rspamd::start();
    let filter = block_at("rspamd", &rspamd.address.to_string(), "20s", ", for = [\"incoming\", \"submission\"]");
    let daemon = Daemon::start(&settings(&[filter]));
    let who = daemon.person("binhdx").unwrap();
    assert_eq!(bring(&daemon, &mail("Kinh moi anh chi den hop luc 8 gio.")).0, 250);
    let inbox = folder(&daemon, &who, "INBOX");
    assert_eq!(inbox.len(), 1);
    assert!(inbox[0].contains("\r\nX-Spamd-Result: default: ") && inbox[0].contains("\r\n\r\nKinh moi"), "{inbox:?}");
    assert!(!inbox[0].contains("X-Filter-Missing"), "{inbox:?}");

    assert_eq!(bring(&daemon, &mail(MARKED)).0, 250);
    let junk = folder(&daemon, &who, "Junk");
    assert_eq!((junk.len(), folder(&daemon, &who, "INBOX").len()), (1, 1));
    assert!(junk[0].contains("\r\nX-Spam: Yes\r\n"), "{junk:?}");

    let (code, text) = bring(&daemon, &mail(REFUSED));
    assert_eq!((code, text.trim()), (550, "550 5.7.1 Gtube pattern"));
    assert_eq!(submit(&daemon, "Subject: cham\r\n\r\nchao anh\r\n").0, 250);
    assert_eq!(submit(&daemon, &format!("Subject: x\r\n\r\n{REFUSED}\r\n")).0, 550);

    let large = mail(&"Van ban dinh kem rat dai, mot dong cua no.\r\n".repeat(100_000));
    assert_eq!(bring(&daemon, &large).0, 250);
    assert_eq!(folder(&daemon, &who, "INBOX").len(), 3);
    let log = std::fs::read_to_string(rspamd.dir.path().join("rspamd.log")).unwrap();
    let seen = log.lines().filter(|line| line.contains("rspamd_task_write_log") && line.contains("ip: 127.0.0.1"));
    assert_eq!(seen.filter(|line| line.contains("user: daont@daklak.doj.gov.vn")).count(), 2, "{log}");
}
