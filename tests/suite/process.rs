//! The real program in a process of its own, on the sample department.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::client::{Client, Trust};

/// A daemon that `hopthu quickstart` runs; ended with SIGTERM when it is dropped.
pub struct Process {
    child: Child,
    data_dir: PathBuf,
    addresses: serde_json::Value,
}

/// What follows a process; it ends with it.
pub struct Tracer(Child);

impl Drop for Tracer {
    fn drop(&mut self) {
        let _ = self.0.wait();
    }
}

/// A person of the sample department.
#[derive(Clone, Debug)]
pub struct Login {
    pub address: String,
    pub password: String,
}

impl Process {
    /// Starts it on `data_dir`, which is made the first time, and waits until everything accepts.
    pub fn start(data_dir: &Path) -> Self {
        Self::start_with(data_dir, &[])
    }

    /// The same on a machine whose clock is wrong by so much: `+370d`, `-1d` (libfaketime).
    pub fn start_at(data_dir: &Path, offset: &str) -> Self {
        let here =
            |entry: std::io::Result<std::fs::DirEntry>| Some(entry.ok()?.path().join("faketime/libfaketime.so.1"));
        let library = std::fs::read_dir("/usr/lib").unwrap().filter_map(here).find(|path| path.exists());
        let library = library.expect("Debian's package faketime").into_os_string().into_string().unwrap();
        Self::start_with(
            data_dir,
            &[("LD_PRELOAD", &library), ("FAKETIME", offset), ("FAKETIME_DONT_FAKE_MONOTONIC", "1")],
        )
    }

    /// The same, whatever it connects and sends to written down (strace).
    pub fn start_traced(data_dir: &Path, to: &Path) -> Self {
        let mut strace = Command::new("strace");
        // The program is this process's own child, and the tracer a stranger (-D).
        strace.args(["-D", "-f", "-qq", "-s", "0", "-e", "trace=connect,sendto,sendmsg,sendmmsg", "-o"]).arg(to);
        strace.arg(env!("CARGO_BIN_EXE_hopthu"));
        Self::launch(strace, data_dir)
    }

    fn start_with(data_dir: &Path, environment: &[(&str, &str)]) -> Self {
        let mut program = Command::new(env!("CARGO_BIN_EXE_hopthu"));
        program.envs(environment.iter().copied());
        Self::launch(program, data_dir)
    }

    /// With sockets of a service manager: a stream and datagrams at the same free port, both of this name.
    pub fn start_activated(data_dir: &Path, name: &str) -> Self {
        let manager = "\
import os, socket, sys
stream = socket.socket()
stream.bind(('127.0.0.1', 0))
stream.listen()
datagrams = socket.socket(type=socket.SOCK_DGRAM)
datagrams.bind(stream.getsockname())
for fd, handed in ((3, os.dup(stream.fileno())), (4, os.dup(datagrams.fileno()))):
    os.dup2(handed, fd)
name = sys.argv[1]
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='2', LISTEN_FDNAMES=f'{name}:{name}')
os.execv(sys.argv[2], sys.argv[2:])
";
        let mut python = Command::new("python3");
        python.args(["-c", manager, name, env!("CARGO_BIN_EXE_hopthu")]);
        Self::launch(python, data_dir)
    }

    fn launch(mut program: Command, data_dir: &Path) -> Self {
        let file = data_dir.join("run/addresses.json");
        drop(std::fs::remove_file(&file));
        let log = data_dir.with_extension("log");
        let log = std::fs::File::options().create(true).append(true).open(log).unwrap();
        let mut child = program
            .args(["quickstart", "--port-base", "0", "--dir"])
            .arg(data_dir)
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let until = Instant::now() + Duration::from_mins(1);
        let addresses = loop {
            if let Some(addresses) = std::fs::read(&file).ok().and_then(|text| serde_json::from_slice(&text).ok()) {
                break addresses;
            }
            let ended = child.try_wait().unwrap();
            assert!(
                ended.is_none() && Instant::now() < until,
                "hopthu does not start ({ended:?}): {}",
                last_words(data_dir)
            );
            std::thread::sleep(Duration::from_millis(10));
        };
        Self { child, data_dir: data_dir.to_owned(), addresses }
    }

    /// Has the kernel kill it at its so-manyth sync from now on (strace). Returns what sees to it, which is to be kept.
    pub fn killed_at_sync(&self, at: usize) -> Tracer {
        self.killed_at("fsync,fdatasync", at)
    }

    /// The same at the so-manyth of some system calls.
    pub fn killed_at(&self, calls: &str, at: usize) -> Tracer {
        let pid = self.child.id().to_string();
        let [trace, inject] = [format!("trace={calls}"), format!("inject={calls}:signal=SIGKILL:when={at}")];
        let tracer = Command::new("strace")
            .args(["-f", "-qq", "-e", &trace, "-e", &inject, "-o", "/dev/null", "-p", &pid])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("Debian's package strace");
        let until = Instant::now() + Duration::from_secs(20);
        let followed = |task: std::io::Result<std::fs::DirEntry>| {
            let status = task.ok().and_then(|task| std::fs::read_to_string(task.path().join("status")).ok());
            // A zombie was killed already, by something it did of itself.
            status.is_none_or(|status| !status.contains("TracerPid:\t0\n") || status.contains("State:\tZ"))
        };
        while !std::fs::read_dir(format!("/proc/{pid}/task")).unwrap().all(followed) {
            assert!(Instant::now() < until, "strace does not attach");
            std::thread::sleep(Duration::from_millis(10));
        }
        Tracer(tracer)
    }

    pub fn address(&self, door: &str) -> SocketAddr {
        self.addresses[door].as_str().unwrap().parse().unwrap()
    }

    pub fn port(&self, door: &str) -> String {
        self.address(door).port().to_string()
    }

    pub fn certificate(&self) -> PathBuf {
        self.data_dir.join("tls/certificate.pem")
    }

    pub fn trust(&self) -> Trust {
        Trust::new(CertificateDer::from_pem_file(self.certificate()).unwrap(), "127.0.0.1")
    }

    /// The file that holds everything.
    pub fn database(&self) -> PathBuf {
        hopthu::server::database(&self.data_dir)
    }

    /// Everybody, with their first passwords.
    pub fn people(&self) -> Vec<Login> {
        let text = std::fs::read_to_string(self.data_dir.join("credentials.txt")).unwrap();
        let login = |line: &str| {
            let (address, password) = line.split_once('\t')?;
            Some(Login { address: address.into(), password: password.into() })
        };
        text.lines().filter_map(login).collect()
    }

    /// An IMAP connection of the person, over TLS.
    pub fn imap_as(&self, who: &Login) -> Client {
        let mut client = Client::tls(self.address("imaps"), self.trust());
        client.expect_line();
        client.ok(&format!("LOGIN {} \"{}\"", who.address, who.password));
        client
    }

    /// A command of the program about this daemon.
    pub fn command(&self, arguments: &[&str]) -> std::process::Output {
        let config = self.data_dir.join("hopthu.toml");
        let program = env!("CARGO_BIN_EXE_hopthu");
        Command::new(program).arg("--config").arg(config).args(arguments).stdin(Stdio::null()).output().unwrap()
    }

    /// `hopthu check` finds nothing wrong.
    pub fn assert_clean(&self) {
        let output = self.command(&["check", "--json"]);
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "check: {text}{}", String::from_utf8_lossy(&output.stderr));
    }

    /// What it occupies, `VmRSS`.
    pub fn memory_kb(&self) -> u64 {
        self.memory("VmRSS:")
    }

    /// The most that it ever occupied, `VmHWM`.
    pub fn peak_kb(&self) -> u64 {
        self.memory("VmHWM:")
    }

    fn memory(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// The processor time it has taken, its own and the system's for it.
    pub fn cpu(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let fields: Vec<_> = stat.rsplit(") ").next().unwrap().split(' ').collect();
        let ticks: u64 = fields[11..=12].iter().map(|field| field.parse::<u64>().unwrap()).sum();
        // A tick is a hundredth of a second on every Linux.
        Duration::from_millis(ticks * 10)
    }

    /// The files in its directory.
    pub fn files(&self) -> Vec<PathBuf> {
        fn walk(dir: &Path, files: &mut Vec<PathBuf>) {
            for entry in std::fs::read_dir(dir).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    walk(&path, files);
                }
                files.push(path);
            }
        }
        let mut files = Vec::new();
        walk(self.data_dir.parent().unwrap(), &mut files);
        files.sort();
        files
    }

    /// SIGKILL: no goodbye.
    pub fn kill(&self) {
        let status = Command::new("kill").args(["-KILL", &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Until one that was killed is gone, and what it had locked is free.
    pub fn wait_for_end(&mut self) {
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The number of one that is gone may be somebody else's by now.
        if matches!(self.child.try_wait(), Ok(None)) {
            drop(Command::new("kill").arg(self.child.id().to_string()).status());
            drop(self.child.wait());
        }
        if std::thread::panicking() {
            eprintln!("the daemon's log ends with:\n{}", last_words(&self.data_dir));
        }
    }
}

fn last_words(data_dir: &Path) -> String {
    let log = std::fs::read_to_string(data_dir.with_extension("log")).unwrap_or_default();
    let lines: Vec<_> = log.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}
