//! What the machine itself can do, beside which the servers' figures are read.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

/// Appends of 10 kB, each synced, per second.
pub fn synced_appends_per_second(dir: &Path) -> f64 {
    let mut file = File::create(dir.join("appends")).expect("a file");
    let block = [b'x'; 10_000];
    let start = Instant::now();
    let mut count = 0_u32;
    while start.elapsed() < Duration::from_secs(2) {
        file.write_all(&block).and_then(|()| file.sync_data()).expect("a synced append");
        count += 1;
    }
    f64::from(count) / start.elapsed().as_secs_f64()
}

/// Lets this process and its children open some thousands of connections.
pub fn raise_open_files() {
    let pid = std::process::id().to_string();
    drop(std::process::Command::new("prlimit").args(["--pid", &pid, "--nofile=16384:16384"]).status());
}
