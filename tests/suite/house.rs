//! The program as an administrator meets it: its command line, with and without a daemon, its configuration, its socket.

use std::io::{BufRead, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use hopthu::directory::{Place, UnitKind};
use hopthu::name::{Label, LocalPart};
use hopthu::provisioning::{Act, CreateUnit};
use serde_json::{Value, json};

use crate::harness::{Daemon, Settings};
use crate::process::Process;

const PROGRAM: &str = env!("CARGO_BIN_EXE_hopthu");

fn hopthu(arguments: &[&str]) -> Output {
    Command::new(PROGRAM).args(arguments).stdin(Stdio::null()).output().unwrap()
}

/// What a command printed for scripts, and its exit code.
fn answer(output: &Output) -> (Value, i32) {
    let text = String::from_utf8_lossy(&output.stdout);
    let document = serde_json::from_str(&text);
    let said = || panic!("not one JSON document: {text}{}", String::from_utf8_lossy(&output.stderr));
    (document.unwrap_or_else(|_| said()), output.status.code().unwrap())
}

/// An empty installation on free ports.
fn initialised() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("data");
    let made = hopthu(&[
        "init",
        "--lang",
        "en",
        "--dir",
        home.to_str().unwrap(),
        "--domain",
        "daklak.doj.gov.vn",
        "--provincial-domain",
        "daklak.gov.vn",
        "--organisation",
        "Sở Tư pháp",
    ]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let file = home.join("hopthu.toml");
    let mut text = std::fs::read_to_string(&file).unwrap();
    for listener in ["smtp", "submission", "submissions", "imap", "imaps", "https", "metrics"] {
        let default = text.lines().find(|line| line.starts_with(&format!("#{listener} ="))).unwrap().to_owned();
        text = text.replace(&default, &format!("{listener} = [\"127.0.0.1:0\"]"));
    }
    std::fs::write(&file, text).unwrap();
    (dir, file)
}

/// Where the daemon of a configuration listens.
fn addresses(file: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(file.with_file_name("run").join("addresses.json")).unwrap()).unwrap()
}

fn change(file: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(file).unwrap();
    assert!(text.contains(from), "{from}");
    std::fs::write(file, text.replace(from, to)).unwrap();
}

/// A daemon started by `serve`, with its log.
struct Serving(Child);

impl Serving {
    fn start(file: &Path) -> Self {
        let addresses = file.with_file_name("run").join("addresses.json");
        let log = std::fs::File::create(file.with_file_name("log")).unwrap();
        let child = Command::new(PROGRAM).arg("--config").arg(file).arg("serve").stderr(log).spawn().unwrap();
        wait_for("the daemon accepts", || addresses.exists());
        Self(child)
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.0.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }

    fn end(mut self) -> i32 {
        self.signal("TERM");
        self.0.wait().unwrap().code().unwrap()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn wait_for(what: &str, mut holds: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(30);
    while !holds() {
        assert!(Instant::now() < until, "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn hire<'a>(file: &'a str, number: &'a str, name: &'a str) -> Vec<&'a str> {
    let act = ["staff", "hire", "--decision", number, "--dated", "2026-11-02", "--unit", "van-phong", "--name", name];
    ["--config", file, "--json"].into_iter().chain(act).collect()
}

#[test]
fn a_wrong_configuration_is_named_with_its_line_and_nothing_starts() {
    let (_dir, file) = initialised();
    let line_of = |part: &str| {
        let text = std::fs::read_to_string(&file).unwrap();
        text.lines().position(|line| line.contains(part)).unwrap() + 1
    };
    let key = file.with_file_name("other.pem");
    for (from, to, expected) in [
        ("#quota = ", "quotas = ", "mail.quotas: unknown field"),
        ("quotas = ", "#quota = ", ""),
        ("smtp = [\"127.0.0.1:0\"]", "smtp = [\"127.0.0.1:66666\"]", "listen.smtp[0]"),
        ("smtp = [\"127.0.0.1:66666\"]", "smtp = [\"127.0.0.1:0\"]", ""),
        ("#key = \"/etc/hopthu/key.pem\"", "key = \"other.pem\"", "tls.key: a certificate and its key go together"),
    ] {
        change(&file, from, to);
        if expected.is_empty() {
            continue;
        }
        for command in [&["serve"][..], &["check", "--config-only"], &["staff", "list"]] {
            let output = hopthu(&[&["--config", file.to_str().unwrap()], command].concat());
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{command:?}: {said}");
            assert!(said.contains(&format!("hopthu.toml:{}:", line_of(to))) && said.contains(expected), "{said}");
        }
    }
    change(&file, "#certificate = \"/etc/hopthu/certificate.pem\"", "certificate = \"tls/certificate.pem\"");
    change(&file, "key = \"other.pem\"", "key = \"tls/key.pem\"");
    let tls = file.with_file_name("tls");
    std::fs::create_dir(&tls).unwrap();
    let names = ["mail.daklak.doj.gov.vn".to_owned()];
    hopthu::net::tls::self_signed(&names, &tls.join("certificate.pem"), &tls.join("key.pem")).unwrap();
    hopthu::net::tls::self_signed(&names, &tls.join("other.pem"), &key).unwrap();
    let starts = |expected: &str| {
        let output = hopthu(&["--config", file.to_str().unwrap(), "serve"]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("hopthu.toml:") && said.contains(expected), "{said}");
    };
    std::fs::set_permissions(tls.join("key.pem"), std::fs::Permissions::from_mode(0o644)).unwrap();
    starts("chmod 0600");
    std::fs::copy(&key, tls.join("key.pem")).unwrap();
    std::fs::set_permissions(tls.join("key.pem"), std::fs::Permissions::from_mode(0o600)).unwrap();
    starts("do not go together");
}

#[test]
fn the_command_line_does_the_same_with_and_without_a_daemon() {
    let (_dir, file) = initialised();
    let config = file.to_str().unwrap();
    let unit = ["unit", "create", "van-phong", "--name", "Văn phòng Sở", "--kind", "office"];
    let (created, code) = answer(&hopthu(&[&["--config", config, "--json"], &unit[..]].concat()));
    assert_eq!((code, created["unit"]["address"].as_str()), (0, Some("van-phong@daklak.doj.gov.vn")));
    let (alone, code) = answer(&hopthu(&hire(config, "1/QĐ-STP", "Đỗ Xuân Bình")));
    assert_eq!((code, alone["staff"]["address"].as_str()), (0, Some("binhdx@daklak.doj.gov.vn")));

    let daemon = Serving::start(&file);
    // The same name in another normal form, and another decision: a namesake, with an address of his own.
    let decomposed = "Đo\u{302}\u{303} Xua\u{302}n Bi\u{300}nh";
    let (asked, code) = answer(&hopthu(&hire(config, "2/QĐ-STP", decomposed)));
    assert_eq!((code, asked["staff"]["address"].as_str()), (0, Some("binhdx2@daklak.doj.gov.vn")));
    assert_eq!(asked["staff"]["name"], "Đỗ Xuân Bình");
    let keys: Vec<_> = alone.as_object().unwrap().keys().collect();
    assert_eq!(keys, asked.as_object().unwrap().keys().collect::<Vec<_>>());
    for held in ["staff", "first_password", "steps", "decision"] {
        assert!(asked.get(held).is_some(), "{held}");
    }

    let (refused, code) = answer(&hopthu(&hire(config, "2/qđ-stp", "Lê Thị Ổi")));
    assert_eq!((code, refused["error"]["rule"].as_str()), (1, Some("R16")));
    let (ambiguous, code) = answer(&hopthu(&["--config", config, "--json", "staff", "show", "do xuan binh"]));
    assert_eq!((code, ambiguous["error"]["candidates"].as_array().unwrap().len()), (2, 2));
    let (listed, _) = answer(&hopthu(&["--config", config, "--json", "staff", "list"]));
    assert_eq!(listed["staff"].as_array().unwrap().len(), 2);
    let (status, _) = answer(&hopthu(&["--config", config, "--json", "status"]));
    assert_eq!(status["running"], true);
    assert_eq!(daemon.end(), 0);

    let (status, _) = answer(&hopthu(&["--config", config, "--json", "status"]));
    assert_eq!(status["running"], false);
    let (verified, code) = answer(&hopthu(&["--config", config, "--json", "audit", "verify"]));
    assert_eq!((code, &verified["ok"], &verified["broken_at"]), (0, &Value::Bool(true), &Value::Null));
    let (checked, code) = answer(&hopthu(&["--config", config, "--json", "check"]));
    assert_eq!((code, &checked["ok"]), (0, &Value::Bool(true)), "{checked:#}");
}

#[test]
fn a_rehearsal_changes_nothing() {
    let (_dir, file) = initialised();
    let config = file.to_str().unwrap();
    let unit = ["unit", "create", "van-phong", "--name", "Văn phòng", "--kind", "office", "--dry-run"];
    for _ in 0..2 {
        let (planned, code) = answer(&hopthu(&[&["--config", config, "--json"], &unit[..]].concat()));
        assert_eq!((code, &planned["dry_run"]), (0, &Value::Bool(true)));
        assert!(planned["steps"].as_array().unwrap().len() > 1);
    }
    let (units, _) = answer(&hopthu(&["--config", config, "--json", "unit", "list"]));
    assert_eq!(units["units"].as_array().unwrap().len(), 0);
}

/// Requests and incidents are entered without a plan: their rehearsal shows the entry, and leaves nothing.
#[test]
fn what_is_entered_can_be_rehearsed_and_noted() {
    let (_dir, file) = initialised();
    let file = file.to_str().unwrap();
    let ask = |arguments: &[&str]| answer(&hopthu(&[&["--json", "--config", file], arguments].concat()));
    assert_eq!(ask(&["unit", "create", "van-phong", "--name", "Văn phòng", "--kind", "office"]).1, 0);
    let request = ["request", "file", "--personnel", "--by", "Đào", "--note", "gấp"];
    let act = ["--", "staff", "hire", "--name", "Lê Văn Lộc", "--unit", "van-phong"];
    let incident = ["incident", "report", "--text", "Mất mạng", "--note", "gấp"];
    for (noun, listed, enter) in
        [("request", "requests", [&request[..], &act].concat()), ("incident", "incidents", incident.to_vec())]
    {
        let mut rehearse = enter.clone();
        rehearse.insert(2, "--dry-run");
        let (rehearsed, code) = ask(&rehearse);
        assert_eq!((code, &rehearsed["dry_run"], &rehearsed[noun]["id"]), (0, &json!(true), &json!(1)), "{rehearsed}");
        assert_eq!(ask(&[noun, "list"]).0[listed], json!([]));
        let (entered, code) = ask(&enter);
        assert_eq!((code, &entered["dry_run"], &entered[noun]["id"]), (0, &json!(false), &json!(1)), "{entered}");
        assert_eq!(ask(&["audit", "list", "--last", "1"]).0["entries"][0]["note"], "gấp");
    }
    let approve = ["request", "approve", "1", "--by", "Đào", "--note", "được"];
    assert_eq!(ask(&[&approve[..], &["--dry-run"]].concat()).0["request"]["state"], "approved");
    assert_eq!(ask(&["request", "show", "1"]).0["request"]["state"], "filed");
    assert_eq!(ask(&approve).0["request"]["state"], "approved");
    let close = ["incident", "close", "1", "--outcome", "xong"];
    assert_eq!(ask(&[&close[..], &["--dry-run"]].concat()).0["incident"]["state"], "closed");
    assert_eq!(ask(&close).1, 0, "a rehearsal closed it");
    assert_eq!(ask(&["audit", "verify"]).0["ok"], true);
}

/// What is wrong with a command line names everything that is missing or unfit, in the language of the installation.
#[test]
fn a_wrong_command_line_is_told_of_in_both_languages() {
    let (_dir, file) = initialised();
    let config = file.to_str().unwrap();
    let told = |arguments: &[&str]| {
        let (document, code) = answer(&hopthu(&[&["--json", "--config", config], arguments].concat()));
        assert_eq!((code, &document["error"]["code"]), (2, &json!("usage")), "{document}");
        document["error"]["message"].as_str().unwrap().to_owned()
    };
    // The configuration says en.
    assert_eq!(told(&["staff", "hire"]), "missing: --name <NAME>, --unit <CODE>");
    assert_eq!(told(&["--lang", "vi", "staff", "hire"]), "còn thiếu: --name <NAME>, --unit <CODE>");
    for (arguments, vietnamese) in [
        (&["staff", "lst"][..], "không có lệnh \"lst\"; có phải list?"),
        (&["staff", "show", "-x"], "không có tham số -x ở lệnh này"),
        (&["staff", "hire", "--name"], "--name <NAME> cần có giá trị"),
        (
            &["mailbox", "alias", "add", "a@b.vn", "suco"],
            "<ALIAS> không nhận \"suco\": suco là tên dành riêng, hoặc dễ nhầm với tên dành riêng",
        ),
    ] {
        assert_eq!(told(&[&["--lang=vi"], arguments].concat()), vietnamese);
        assert_ne!(told(arguments), vietnamese);
    }
    // A mailbox holds something, and no more than the database counts.
    for size in ["0", "9000000000G"] {
        assert!(told(&["mailbox", "quota", "a@b.vn", size]).contains("is no size of a mailbox"), "{size}");
    }
    let words = hopthu(&["--lang", "vi", "--config", config, "staff", "hire"]);
    let words = String::from_utf8(words.stderr).unwrap();
    assert!(
        words.starts_with("hopthu: còn thiếu: --name") && words.contains("\nCách dùng: hopthu staff hire"),
        "{words}"
    );
}

#[test]
fn what_came_from_outside_cannot_act_on_the_terminal() {
    let (_dir, file) = initialised();
    let config = file.to_str().unwrap();
    for name in ["a\r\nb", "\x1b[31mred", "\u{202e}nab", "-x"] {
        let output = hopthu(&["--config", config, "unit", "create", "x", "--kind", "office", "--name", name]);
        assert_eq!(output.status.code(), Some(2), "{name:?}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let acts = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!said.contains(acts), "{said:?}");
    }
    let sql = "x' OR 1=1-- %_*)(uid=*";
    let (shown, code) = answer(&hopthu(&["--config", config, "--json", "staff", "show", sql]));
    assert_eq!((code, shown["error"]["code"].as_str()), (2, Some("who_unknown")));
}

#[test]
fn a_slip_goes_into_its_file_and_nowhere_else() {
    let (dir, file) = initialised();
    let config = file.to_str().unwrap();
    let unit = hopthu(&["--config", config, "unit", "create", "van-phong", "--name", "Văn phòng", "--kind", "office"]);
    assert!(unit.status.success());
    let slip = dir.path().join("slip.html");
    let mut arguments = hire(config, "1/QĐ-STP", "Đỗ Xuân Bình");
    arguments.retain(|argument| *argument != "--json");
    arguments.extend(["--slip", slip.to_str().unwrap()]);
    let output = hopthu(&arguments);
    assert!(output.status.success());
    let written = std::fs::read_to_string(&slip).unwrap();
    assert!(written.starts_with("<!DOCTYPE html>") && written.contains("binhdx@daklak.doj.gov.vn"));
    assert_eq!(std::fs::metadata(&slip).unwrap().permissions().mode() & 0o777, 0o600);
    let password = written.split("<td>").nth(3).unwrap().split('<').next().unwrap();
    assert!(password.len() > 12 && !String::from_utf8_lossy(&output.stdout).contains(password));
    let other = dir.path().join("slip.txt");
    let output =
        hopthu(&[&hire(config, "3/QĐ-STP", "Phạm Văn Đức")[..], &["--slip", other.to_str().unwrap()]].concat());
    assert!(output.status.success());
    let text = std::fs::read_to_string(&other).unwrap();
    let password = text.lines().find_map(|line| line.strip_prefix("Password")).unwrap().trim();
    assert!(password.len() > 12 && !String::from_utf8_lossy(&output.stdout).contains(password), "{output:?}");
    // A file that is there is not written over, and nobody is hired.
    let again = hopthu(&[&hire(config, "2/QĐ-STP", "Lê Thị Ổi")[..], &["--slip", slip.to_str().unwrap()]].concat());
    assert_eq!((answer(&again).1, std::fs::read_to_string(&slip).unwrap()), (2, written));
}

/// Several commands at once, while a daemon starts: each waits for the others, none is told that the directory is taken.
#[test]
fn commands_wait_for_each_other_and_a_starting_daemon_for_them() {
    let (_dir, file) = initialised();
    let config = file.to_str().unwrap();
    let ask = |_| {
        let mut status = Command::new(PROGRAM);
        status.args(["--json", "--config", config, "status"]).stdin(Stdio::null());
        status.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let mut asking: Vec<Child> = (0..6).map(ask).collect();
    let daemon = Serving::start(&file);
    asking.extend((0..6).map(ask));
    for asked in asking {
        let output = asked.wait_with_output().unwrap();
        assert_eq!(answer(&output).1, 0, "{}", String::from_utf8_lossy(&output.stdout));
    }
    assert_eq!(daemon.end(), 0);
}

#[test]
fn a_second_daemon_on_one_directory_refuses() {
    let (_dir, file) = initialised();
    let _first = Serving::start(&file);
    let second = hopthu(&["--config", file.to_str().unwrap(), "serve"]);
    let said = String::from_utf8_lossy(&second.stderr);
    assert_eq!(second.status.code(), Some(3), "{said}");
    assert!(said.contains("process "), "{said}");
}

#[test]
fn a_directory_that_others_may_enter_is_refused() {
    let (_dir, file) = initialised();
    std::fs::set_permissions(file.parent().unwrap(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let output = hopthu(&["--config", file.to_str().unwrap(), "--json", "serve"]);
    let (refused, code) = answer(&output);
    assert_eq!(code, 2);
    assert!(refused["error"]["message"].as_str().unwrap().contains("chmod 0700"), "{refused}");
}

#[test]
fn garbage_on_the_control_socket_ends_that_connection_alone() {
    let (_dir, file) = initialised();
    let _daemon = Serving::start(&file);
    let socket = file.with_file_name("run").join("control.sock");
    assert_eq!(std::fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
    let half = UnixStream::connect(&socket).unwrap();
    (&half).write_all(&[0, 0, 1, 0, b'{']).unwrap();
    for garbage in
        [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0x40, 0, 0, 0, b'{'], &[0, 0, 0, 2, b'{', b'}'], b"\0\0\0\x03\xff\xff\xff"]
    {
        let mut stream = UnixStream::connect(&socket).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.write_all(garbage).unwrap();
        let mut rest = Vec::new();
        // Closed, with or without a reset: nothing is answered.
        drop(stream.read_to_end(&mut rest));
        assert!(rest.is_empty(), "{garbage:?}: {rest:?}");
    }
    let (status, code) = answer(&hopthu(&["--config", file.to_str().unwrap(), "--json", "status"]));
    assert_eq!((code, &status["running"]), (0, &Value::Bool(true)));
}

#[test]
fn a_bad_reload_keeps_what_holds_and_says_why() {
    let (_dir, file) = initialised();
    let daemon = Serving::start(&file);
    let log = || std::fs::read_to_string(file.with_file_name("log")).unwrap();
    change(&file, "#quota = ", "quotas = ");
    daemon.signal("HUP");
    wait_for("the log says what is wrong", || log().contains("mail.quotas"));
    let addresses = addresses(&file);
    let mut greeting = [0; 4];
    let mut stream = std::net::TcpStream::connect(addresses["smtp"].as_str().unwrap()).unwrap();
    stream.read_exact(&mut greeting).unwrap();
    assert_eq!(&greeting, b"220 ");
    change(&file, "quotas = \"2G\"", "quota = \"1G\"");
    daemon.signal("HUP");
    wait_for("the log says that it is done", || log().contains("\"reloaded\""));
    assert_eq!(daemon.end(), 0);
}

#[test]
fn a_drain_ends_idle_sessions_and_leaves_no_traces() {
    let (_dir, file) = initialised();
    let daemon = Serving::start(&file);
    let addresses = addresses(&file);
    let lines = ["smtp", "imap"].map(|door| {
        let stream = std::net::TcpStream::connect(addresses[door].as_str().unwrap()).unwrap();
        let mut lines = std::io::BufReader::new(stream).lines();
        lines.next().unwrap().unwrap();
        lines
    });
    let start = Instant::now();
    assert_eq!(daemon.end(), 0);
    assert!(start.elapsed() < Duration::from_secs(10));
    for (mut lines, farewell) in lines.into_iter().zip(["421 ", "* BYE "]) {
        assert!(lines.next().unwrap().unwrap().starts_with(farewell), "{farewell}");
    }
    assert!(!file.with_file_name("run").join("control.sock").exists());
    assert!(!file.with_file_name("run").join("addresses.json").exists());
    let wal = file.with_file_name("hopthu.db-wal");
    assert!(std::fs::metadata(wal).map_or(0, |m| m.len()) == 0);
}

#[test]
fn who_asks_and_does_not_listen_to_the_answer_does_not_hold_up_the_end() {
    let mut daemon = Daemon::start(&Settings::default());
    let unit = |n| CreateUnit {
        code: LocalPart::parse(&format!("phong-{n}")).unwrap(),
        name: Label::parse(&format!("Phòng {n}")).unwrap(),
        kind: UnitKind::Division,
        place: Place::Lan,
        parent: None,
    };
    daemon.act((0..400).map(|n| Act::CreateUnit(unit(n))).collect());
    let mut stream = UnixStream::connect(daemon.data_dir().join("run/control.sock")).unwrap();
    // The answer is larger than what the system keeps for a reader: `hopthu audit export`, stopped with Ctrl-Z.
    let call = r#"{"language":"en","request":{"audit":{"page":{"after":0}}}}"#;
    stream.write_all(&u32::try_from(call.len()).unwrap().to_be_bytes()).unwrap();
    stream.write_all(call.as_bytes()).unwrap();
    stream.read_exact(&mut [0; 4]).unwrap();
    let (done, ended) = std::sync::mpsc::channel::<()>();
    let stopped = std::thread::spawn(move || {
        let ended = ended.recv_timeout(Duration::from_secs(30));
        drop(stream);
        ended.is_ok()
    });
    daemon.restart(|| done.send(()).unwrap_or_default());
    assert!(stopped.join().unwrap(), "the daemon waits for its reader");
}

#[test]
fn monitoring_reads_metrics_and_health() {
    let (_dir, file) = initialised();
    let _daemon = Serving::start(&file);
    let addresses = addresses(&file);
    for (page, expected) in [("/health", "ok\n"), ("/metrics", "hopthu_panics_total 0\n"), ("/other", "404 Not Found")]
    {
        let mut stream = std::net::TcpStream::connect(addresses["metrics"].as_str().unwrap()).unwrap();
        write!(stream, "GET {page} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        assert!(text.contains(expected), "{page}: {text}");
    }
}

#[test]
fn quickstart_run_again_serves_what_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("hopthu-data");
    let first = Process::start(&home);
    let credentials = std::fs::read_to_string(home.join("credentials.txt")).unwrap();
    assert_eq!(std::fs::metadata(home.join("credentials.txt")).unwrap().permissions().mode() & 0o777, 0o600);
    drop(first);
    let second = Process::start(&home);
    assert_eq!(std::fs::read_to_string(home.join("credentials.txt")).unwrap(), credentials);
    let (listed, _) = answer(&second.command(&["--json", "staff", "list"]));
    assert_eq!(listed["staff"].as_array().unwrap().len(), credentials.lines().count());
    for who in second.people() {
        second.imap_as(&who);
    }
    second.assert_clean();
}

/// A data directory as the release before decisions left it: the first two migrations, and one unit with its mailbox.
fn older() -> (tempfile::TempDir, PathBuf, Vec<u8>) {
    let (dir, file) = initialised();
    let database = hopthu::server::database(file.parent().unwrap());
    std::fs::remove_file(&database).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let first: Vec<_> = sqlx::migrate!().iter().take(2).cloned().collect();
        let older = sqlx::migrate::Migrator { migrations: first.into(), ..sqlx::migrate::Migrator::DEFAULT };
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&database).create_if_missing(true);
        let mut connection = sqlx::ConnectOptions::connect(&options).await.unwrap();
        older.run(&mut connection).await.unwrap();
        let rows = "INSERT INTO unit (id, code, name, kind, place, state, since)
                 VALUES (1, 'van-phong', 'Văn phòng', 'office', 'lan', 'open', '2026-01-01');
             INSERT INTO mailbox (id, kind, unit, quota_bytes, reach, state, opened)
                 VALUES (1, 'unit', 1, 1, 'province', 'open', '2026-01-01');
             INSERT INTO address (mailbox, local, key, domain, kind, state, since)
                 VALUES (1, 'van-phong', 'van-phong', 'daklak.doj.gov.vn', 'primary', 'live', '2026-01-01');
             INSERT INTO folder (mailbox_id, name, uid_validity) VALUES (1, 'INBOX', 1);
             UPDATE uid_validity SET last = 1;
             UPDATE directory SET version = 2;";
        sqlx::raw_sql(rows).execute(&mut connection).await.unwrap();
        sqlx::Connection::close(connection).await.unwrap();
    });
    let octets = std::fs::read(&database).unwrap();
    (dir, file, octets)
}

/// Hostile F4, F35: the older schema or the newer one, whenever the program is killed, and in the end the newer one.
#[test]
fn f4_a_kill_while_an_older_database_is_brought_up_to_date_loses_nothing() {
    let (_dir, file, old) = older();
    let config = file.to_str().unwrap();
    let database = hopthu::server::database(file.parent().unwrap());
    for round in 0..24_u64 {
        for left in ["", "-wal", "-shm"] {
            drop(std::fs::remove_file(format!("{}{left}", database.display())));
        }
        std::fs::write(&database, &old).unwrap();
        std::fs::set_permissions(&database, std::fs::Permissions::from_mode(0o600)).unwrap();
        let mut program = Command::new(PROGRAM);
        program.args(["--config", config, "status"]).stdout(Stdio::null()).stderr(Stdio::null());
        let mut killed = program.spawn().unwrap();
        std::thread::sleep(Duration::from_micros(round * 1_500));
        killed.kill().unwrap();
        killed.wait().unwrap();
        let (checked, _) = answer(&hopthu(&["--config", config, "check", "--json"]));
        let whole = |name| checked["checks"].as_array().unwrap().iter().any(|c| c["name"] == name && c["ok"] == true);
        assert!(["database", "store", "directory", "audit"].into_iter().all(whole), "round {round}: {checked}");
        let (units, _) = answer(&hopthu(&["--config", config, "unit", "list", "--json"]));
        assert_eq!(units["units"][0]["address"], "van-phong@daklak.doj.gov.vn", "round {round}: {units}");
        let (told, _) = answer(&hopthu(&["--config", config, "audit", "list", "--json"]));
        let adopted = told["entries"].as_array().unwrap().iter().filter(|entry| entry["what"] == "directory.adopted");
        assert_eq!(adopted.count(), 3, "round {round}: {told}");
    }
}
