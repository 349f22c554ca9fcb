//! The daemon of this build, as `quickstart` makes it, in a process of its own.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::server::{Person, Running, Server, wait_for};

/// Starts the daemon on the sample department under `dir`; people may log in without TLS from this machine.
pub fn start(dir: &Path) -> Server {
    start_with(dir, |config| {
        let line = "plaintext_login_from = [\"127.0.0.0/8\"]";
        let config = config.replace("#plaintext_login_from = []", line);
        assert!(config.contains(line), "hopthu.toml has no place for plaintext_login_from");
        config
    })
}

/// The same with the configuration as `edit` makes it.
pub fn start_with(dir: &Path, edit: impl FnOnce(String) -> String) -> Server {
    let data = dir.join("hopthu-data");
    if !data.exists() {
        drop(Running::Process(quickstart(&data)));
    }
    let file = data.join("hopthu.toml");
    let config = std::fs::read_to_string(&file).expect("hopthu.toml of quickstart");
    std::fs::write(&file, edit(config)).expect("hopthu.toml");
    let child = quickstart(&data);
    let addresses = std::fs::read(data.join("run/addresses.json")).expect("addresses.json");
    let addresses: serde_json::Value = serde_json::from_slice(&addresses).expect("addresses.json");
    let address =
        |door: &str| -> SocketAddr { addresses[door].as_str().and_then(|a| a.parse().ok()).expect("address") };
    let credentials = std::fs::read_to_string(data.join("credentials.txt")).expect("credentials.txt");
    let person = |line: &str| {
        let (address, password) = line.split_once('\t')?;
        Some(Person { address: address.into(), password: password.into() })
    };
    Server {
        name: "hopthu",
        smtp: address("smtp"),
        imap: address("imap"),
        people: credentials.lines().filter_map(person).collect(),
        processes: vec![child.id()],
        running: vec![Running::Process(child)],
    }
}

/// A command about the daemon under `dir`; what it prints.
pub fn command(dir: &Path, arguments: &[&str]) -> std::io::Result<Vec<u8>> {
    let config = dir.join("hopthu-data/hopthu.toml");
    Ok(Command::new(env!("CARGO_BIN_EXE_hopthu")).arg("--config").arg(config).args(arguments).output()?.stdout)
}

/// Starts it and waits until all its listeners accept.
fn quickstart(data: &Path) -> Child {
    let addresses = data.join("run/addresses.json");
    drop(std::fs::remove_file(&addresses));
    #[allow(clippy::zombie_processes, reason = "ended and waited for by Running")]
    let child = Command::new(env!("CARGO_BIN_EXE_hopthu"))
        .args(["quickstart", "--port-base", "0", "--dir"])
        .arg(data)
        .env("RUST_LOG", "warn")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("hopthu");
    let until = Instant::now() + Duration::from_mins(1);
    let ready = || std::fs::read(&addresses).ok().and_then(|text| serde_json::from_slice(&text).ok());
    loop {
        let found: Option<serde_json::Value> = ready();
        if let Some(smtp) = found.as_ref().and_then(|a| a["smtp"].as_str()).and_then(|a| a.parse().ok()) {
            wait_for(smtp);
            return child;
        }
        assert!(Instant::now() < until, "hopthu does not start");
        std::thread::sleep(Duration::from_millis(20));
    }
}
