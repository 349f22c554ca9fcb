//! How fast the daemon is: `cargo bench --ignore-rust-version`, and beside Debian's Postfix and Dovecot with
//! `cargo bench --ignore-rust-version -- --peer` (needs root). Words after `--` choose works whose name has one of
//! them: `-- delivery`. The daemon is the release build in a process of its own; the load comes from one thread over
//! loopback without TLS. Absolute figures move with the machine, so only ratios within one run count.
#![allow(
    clippy::format_push_string,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    missing_docs
)]

mod figure;
mod hopthu;
mod large;
mod machine;
mod message;
mod outward;
mod peer;
mod server;
mod wire;
mod work;

use std::path::Path;

use figure::Figure;
use server::Server;

fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let with_peer = arguments.iter().any(|a| a == "--peer");
    let only_peer = arguments.iter().any(|a| a == "--only-peer");
    let words: Vec<&str> = arguments.iter().map(String::as_str).filter(|a| !a.starts_with("--")).collect();
    machine::raise_open_files();
    let dir = tempfile::Builder::new().prefix("b").tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    println!(
        "{:44} {:>12.0} /s",
        "the machine's synced appends of 10 kB",
        machine::synced_appends_per_second(dir.path())
    );
    let theirs =
        (with_peer || only_peer).then(|| measure(dir.path(), |dir| peer::start(dir, 12), &words)).transpose()?;
    let mut ours = if only_peer { None } else { Some(measure(dir.path(), hopthu::start, &words)?) };
    if let Some((_, figures)) = ours.as_mut().filter(|_| words.is_empty() || words.contains(&"relay")) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        figures.extend(tokio::task::LocalSet::new().block_on(&runtime, outward::measure(dir.path()))?);
    }
    match (&ours, &theirs) {
        (Some((_, ours)), theirs) => {
            figure::print(ours, theirs.as_ref().map(|(name, figures)| (*name, figures.as_slice())));
        }
        (None, Some((_, theirs))) => figure::print(theirs, None),
        (None, None) => {}
    }
    Ok(())
}

/// Runs every work on a server started for it.
fn measure(
    dir: &Path,
    start: impl Fn(&Path) -> Server,
    words: &[&str],
) -> std::io::Result<(&'static str, Vec<Figure>)> {
    let server = start(dir);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let wanted = |work: &str| words.is_empty() || words.iter().any(|word| work.contains(word));
    let figures = tokio::task::LocalSet::new().block_on(&runtime, async {
        let mut figures = Vec::new();
        for connections in [1, 10, 50] {
            if wanted("delivery") {
                figures.extend(work::deliver(&server, connections).await?);
            }
        }
        for connections in [1, 50] {
            if wanted("syncs") {
                figures.extend(work::syncs(&server, connections).await?);
            }
        }
        for connections in [1, 10, 50] {
            if wanted("append") {
                figures.extend(work::append(&server, connections).await?);
            }
        }
        if wanted("folder") {
            figures.extend(work::folder(&server).await?);
        }
        if wanted("search") {
            figures.extend(work::search(&server).await?);
        }
        if wanted("large") {
            figures.extend(large::large(&server).await?);
        }
        if wanted("latency") {
            figures.extend(work::idle_latency(&server).await?);
        }
        if wanted("login") {
            figures.extend(work::logins(&server).await?);
        }
        if wanted("memory") {
            figures.extend(work::idle_memory(&server).await?);
        }
        Ok::<_, std::io::Error>(figures)
    })?;
    Ok((server.name, figures))
}
