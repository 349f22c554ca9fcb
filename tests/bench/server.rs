//! What is measured: a server with people who have mailboxes, ended when it is dropped.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// Somebody with a mailbox.
#[derive(Clone)]
pub struct Person {
    pub address: String,
    pub password: String,
}

/// A running server.
pub struct Server {
    pub name: &'static str,
    pub smtp: SocketAddr,
    pub imap: SocketAddr,
    pub people: Vec<Person>,
    /// Processes that were started here; their children belong to the server too.
    pub processes: Vec<u32>,
    /// Ended when they are dropped.
    #[expect(dead_code, reason = "held, not read")]
    pub(crate) running: Vec<Running>,
}

/// What is to be ended, and how.
pub enum Running {
    /// A process of ours.
    Process(Child),
    /// A server that detached itself: its process id.
    Detached(u32),
}

impl Drop for Running {
    fn drop(&mut self) {
        let pid = match self {
            Running::Process(child) => child.id(),
            Running::Detached(pid) => *pid,
        };
        drop(Command::new("kill").arg(pid.to_string()).status());
        if let Running::Process(child) = self {
            drop(child.wait());
        }
    }
}

impl Server {
    /// Memory of the server's processes in kB, what they share counted once (`Pss`).
    pub fn memory_kb(&self) -> u64 {
        self.tree().into_iter().filter_map(pss_kb).sum()
    }

    /// The server's processes and all that they started.
    pub fn tree(&self) -> Vec<u32> {
        let mut all = self.processes.clone();
        let parents = parents();
        let mut at = 0;
        while at < all.len() {
            let parent = all[at];
            all.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(pid, _)| *pid));
            at += 1;
        }
        all
    }
}

/// Every process and its parent.
fn parents() -> Vec<(u32, u32)> {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter_map(|pid| {
        let status = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let after_name = status.rsplit_once(") ")?.1;
        Some((pid, after_name.split(' ').nth(1)?.parse().ok()?))
    })
    .collect()
}

fn pss_kb(pid: u32) -> Option<u64> {
    let rollup = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

/// A port that nothing listens on at this moment.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port()
}

/// Waits until something answers at the address.
pub fn wait_for(address: SocketAddr) {
    let until = Instant::now() + Duration::from_secs(30);
    while TcpStream::connect(address).is_err() {
        assert!(Instant::now() < until, "nothing answers at {address}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Writes a file and gives its path as text.
pub fn write(path: &Path, text: &str) -> String {
    std::fs::write(path, text).expect("a file of the benchmark's directory");
    path.display().to_string()
}
