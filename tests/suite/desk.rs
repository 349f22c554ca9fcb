//! The programs at the desks of an office, beside each other and at a time that the test sets: sessions of Python's imaplib and
//! smtplib, curl, mbsync and swaks.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::clients::run;
use crate::harness::{Daemon, PASSWORD, Person};

/// A session of imaplib or smtplib that does what it is told.
pub struct Python {
    child: Child,
    told: ChildStdin,
    said: BufReader<ChildStdout>,
}

impl Python {
    pub fn imap(daemon: &Daemon, who: &Person) -> Self {
        Self::connect(daemon, who, ("imap", "imaps"))
    }

    pub fn smtp(daemon: &Daemon, who: &Person) -> Self {
        Self::connect(daemon, who, ("smtp", "submissions"))
    }

    fn connect(daemon: &Daemon, who: &Person, (kind, door): (&str, &str)) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/session.py");
        let mut python = Command::new("python3");
        python.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = python.spawn().expect("python3");
        let (told, said) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut session = Self { child, told, said };
        let address = daemon.address(door);
        let setup = json!({ "kind": kind, "host": address.ip().to_string(), "port": address.port(),
            "certificate": certificate(daemon), "address": who.address, "password": PASSWORD });
        assert_eq!(session.say(&setup), "connected");
        session
    }

    fn say(&mut self, what: &Value) -> Value {
        writeln!(self.told, "{what}").unwrap();
        let mut line = String::new();
        self.said.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{what}: {error}: {line}"))
    }

    /// Calls a method with its arguments.
    pub fn call(&mut self, call: &Value) -> Value {
        assert!(call.is_array(), "{call}");
        self.say(call)
    }

    /// The same with imaplib, which must be answered OK; what was said, in one text.
    pub fn ok(&mut self, call: &Value) -> String {
        let answer = self.call(call);
        assert_eq!(answer[0], "OK", "{call}: {answer}");
        answer[1].to_string()
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        // One that ended by itself is not there to be ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn certificate(daemon: &Daemon) -> PathBuf {
    daemon.data_dir().join("tls/certificate.pem")
}

/// What curl prints; the folder's name is written as in a URL, of modified UTF-7.
pub fn curl(daemon: &Daemon, who: &Person, path: &str, more: &[&str]) -> String {
    let (login, url) = (format!("{}:{PASSWORD}", who.address), format!("imaps://{}/{path}", daemon.address("imaps")));
    let output = run("curl", &[&["-sS", "-k", "-u", &login, &url], more].concat(), b"");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A Maildir that mbsync keeps the same as folders of a mailbox.
pub struct Synced {
    dir: tempfile::TempDir,
    config: String,
}

impl Synced {
    /// Of all folders whose names mbsync's pattern describes; written as `IMAP4rev1` does.
    pub fn new(daemon: &Daemon, who: &Person, pattern: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let config = format!(
            "IMAPAccount office\nHost 127.0.0.1\nPort {}\nUser {}\nPass \"{PASSWORD}\"\nSSLType IMAPS\nCertificateFile {}\n\
             SystemCertificates no\n\nIMAPStore far\nAccount office\n\nMaildirStore near\nPath {dir}/\nInbox {dir}/INBOX\n\
             SubFolders Verbatim\n\nChannel all\nFar :far:\nNear :near:\nPatterns \"{pattern}\"\nCreate Near\nExpunge Both\nSyncState *\n",
            daemon.address("imaps").port(),
            who.address,
            certificate(daemon).display(),
            dir = dir.path().display(),
        );
        let file = dir.path().join("mbsyncrc");
        std::fs::write(&file, config).unwrap();
        Self { config: file.display().to_string(), dir }
    }

    /// Runs mbsync; whether it had no complaint.
    pub fn sync(&self) -> bool {
        let sync = Command::new("mbsync").args(["-q", "-c", &self.config, "-a"]).output().expect("mbsync");
        sync.status.success()
    }

    /// The messages of a folder, by their files.
    pub fn messages(&self, folder: &str) -> Vec<PathBuf> {
        let folder = self.dir.path().join(folder);
        let subs = ["cur", "new"].into_iter().filter_map(|sub| std::fs::read_dir(folder.join(sub)).ok());
        subs.flatten().map(|entry| entry.unwrap().path()).collect()
    }

    /// The message that has this text.
    pub fn message(&self, folder: &str, text: &str) -> PathBuf {
        let has = |path: &PathBuf| String::from_utf8_lossy(&std::fs::read(path).unwrap()).contains(text);
        self.messages(folder).into_iter().find(has).unwrap_or_else(|| panic!("{text} in {folder}"))
    }

    /// Marks a message as the mail program over the Maildir does.
    pub fn mark(&self, folder: &str, text: &str, flags: &str) {
        let path = self.message(folder, text);
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let base = name.split(":2,").next().unwrap();
        std::fs::rename(&path, self.dir.path().join(folder).join("cur").join(format!("{base}:2,{flags}"))).unwrap();
    }
}

/// A letter from outside, by swaks; further header fields as swaks takes them.
pub fn letter(daemon: &Daemon, to: &str, subject: &str, headers: &[&str]) {
    let (port, subject) = (daemon.address("smtp").port().to_string(), format!("Subject: {subject}"));
    let common = ["--server", "127.0.0.1", "--port", &port, "--from", "le@example.vn", "--to", to];
    let headers = [&subject].map(String::as_str).into_iter().chain(headers.iter().copied());
    let headers: Vec<&str> = headers.flat_map(|header| ["--header", header]).collect();
    run("swaks", &[&common[..], &headers, &["--body", "Kính gửi đơn vị"]].concat(), b"");
}
