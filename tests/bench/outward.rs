//! Mail to another server: how fast it leaves to Postfix's `smtp-sink`, and what a hundred thousand jobs cost while the
//! server is down.

use std::io;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::figure::{Figure, Unit, milliseconds};
use crate::hopthu;
use crate::message;
use crate::server::{Server, free_port};
use crate::wire::Smtp;

/// Messages that leave while it is measured.
const MESSAGES: usize = 5_000;
/// Jobs that wait for a server that is down.
const WAITING: usize = 100_000;
/// Octets of a message.
const MESSAGE_BYTES: usize = 10_000;
/// Connections that bring mail in.
const SENDERS: usize = 20;

/// Everything about mail that leaves; a server of its own, whose route leads to a port where nothing listens at first.
pub async fn measure(dir: &Path) -> io::Result<Vec<Figure>> {
    let dir = dir.join("outward");
    std::fs::create_dir_all(&dir)?;
    let port = free_port();
    let server = hopthu::start_with(&dir, |config| route(&config, port));
    let mut figures = Vec::new();
    fill(&server, MESSAGES).await?;
    let sink = Sink(
        Command::new("smtp-sink")
            .args(sink_user())
            .args([&format!("127.0.0.1:{port}"), "200"])
            .stdout(Stdio::null())
            .spawn()?,
    );
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let start = Instant::now();
    hopthu::command(&dir, &["queue", "retry", "--all"])?;
    wait_for(&dir, 0).await?;
    figures.push(Figure::new(
        "relay out, to smtp-sink",
        Unit::PerSecond,
        MESSAGES as f64 / start.elapsed().as_secs_f64(),
    ));
    drop(sink);
    let empty = server.memory_kb();
    fill(&server, WAITING).await?;
    drop(server);
    let start = Instant::now();
    let server = hopthu::start_with(&dir, |config| config);
    figures.push(Figure::new("start with 100,000 jobs waiting", Unit::Milliseconds, milliseconds(start.elapsed())));
    tokio::time::sleep(Duration::from_secs(5)).await;
    figures.push(Figure::new("memory with 100,000 jobs waiting", Unit::Megabytes, server.memory_kb() as f64 / 1024.0));
    figures.push(Figure::new("memory with none", Unit::Megabytes, empty as f64 / 1024.0));
    Ok(figures)
}

fn route(config: &str, port: u16) -> String {
    let config = config.replace("#trusted = []", "trusted = [\"127.0.0.0/8\"]");
    let config = config.replace("#sends_out = []", "sends_out = [\"127.0.0.0/8\"]");
    config
        + &format!(
            "\n[[relay.route]]\nname = \"tinh\"\nhost = \"127.0.0.1\"\nport = {port}\ndomains = [\"daklak.gov.vn\"]\ntls = \"none\"\n"
        )
}

fn sink_user() -> &'static [&'static str] {
    if nix::unistd::geteuid().is_root() { &["-u", "nobody"] } else { &[] }
}

struct Sink(Child);

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Brings so many messages in for the server that is down.
async fn fill(server: &Server, count: usize) -> io::Result<()> {
    crate::work::share(count, SENDERS, |_, mine| {
        let (smtp, from) = (server.smtp, server.people[0].address.clone());
        async move {
            let mut smtp = Smtp::open(smtp).await?;
            while let Some(n) = mine() {
                let message = message::plain(n, MESSAGE_BYTES);
                smtp.send(&from, "a@daklak.gov.vn", &message, || ()).await?;
            }
            Ok(())
        }
    })
    .await
}

async fn wait_for(dir: &Path, waiting: i64) -> io::Result<()> {
    loop {
        let status: serde_json::Value = serde_json::from_slice(&hopthu::command(dir, &["status", "--json"])?)?;
        if status["queue"]["waiting"] == waiting {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
