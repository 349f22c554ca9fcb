//! The works that are measured, each the same for every server.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::process::{Command, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::figure::{Figure, Unit, median, milliseconds, percentile};
use crate::message;
use crate::server::Server;
use crate::wire::{Imap, Smtp};

/// How often each work is done; the median counts.
const ROUNDS: usize = 3;
/// Octets of a delivered message.
const MESSAGE_BYTES: usize = 10_000;
/// Messages of the folder that is read.
pub const FOLDER_MESSAGES: usize = 10_000;
/// Its name.
const FOLDER: &str = "Kho";

/// Delivery over so many connections: per second until all are in their mailboxes, and the wait for the reply.
pub async fn deliver(server: &Server, connections: usize) -> io::Result<Vec<Figure>> {
    let count = 300 + 30 * connections;
    let (mut rates, mut waits) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let before = in_mailboxes(server).await?;
        let took = Rc::new(RefCell::new(Vec::new()));
        let start = Instant::now();
        share(count, connections, |_, mine| {
            let (smtp, took) = (server.smtp, took.clone());
            let people: Vec<_> = server.people.iter().map(|p| p.address.clone()).collect();
            async move {
                let mut smtp = Smtp::open(smtp).await?;
                while let Some(n) = mine() {
                    let end = Cell::new(Instant::now());
                    let message = message::plain(n, MESSAGE_BYTES);
                    smtp.deliver(&people[n % people.len()], &message, || end.set(Instant::now())).await?;
                    took.borrow_mut().push(milliseconds(end.get().elapsed()));
                }
                Ok(())
            }
        })
        .await?;
        while in_mailboxes(server).await? < before + count {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        rates.push(count as f64 / start.elapsed().as_secs_f64());
        waits.append(&mut took.borrow_mut());
    }
    let work = format!("delivery, {connections} connections");
    Ok(vec![
        Figure::new(work.clone(), Unit::PerSecond, median(rates)),
        Figure::new(format!("{work}, p50"), Unit::Milliseconds, percentile(&mut waits, 0.5)),
        Figure::new(format!("{work}, p99"), Unit::Milliseconds, percentile(&mut waits, 0.99)),
    ])
}

/// Syncs per delivered message, counted by strace where it is there.
pub async fn syncs(server: &Server, connections: usize) -> io::Result<Vec<Figure>> {
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-e", "trace=fsync,fdatasync,sync_file_range,msync"]);
    for pid in server.tree() {
        strace.args(["-p", &pid.to_string()]);
    }
    let log = tempfile::NamedTempFile::new()?;
    let Ok(mut strace) = strace.arg("-o").arg(log.path()).stderr(Stdio::null()).spawn() else { return Ok(Vec::new()) };
    tokio::time::sleep(Duration::from_millis(500)).await;
    let count = 200 * connections.min(10);
    let before = in_mailboxes(server).await?;
    let people: Vec<_> = server.people.iter().map(|p| p.address.clone()).collect();
    share(count, connections, |_, mine| {
        let (smtp, people) = (server.smtp, people.clone());
        async move {
            let mut smtp = Smtp::open(smtp).await?;
            while let Some(n) = mine() {
                smtp.deliver(&people[n % people.len()], &message::plain(n, MESSAGE_BYTES), || ()).await?;
            }
            Ok(())
        }
    })
    .await?;
    while in_mailboxes(server).await? < before + count {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Command::new("kill").arg(strace.id().to_string()).status()?;
    strace.wait()?;
    let log = std::fs::read_to_string(log.path())?;
    let syncs = log.lines().filter(|line| !line.contains("resumed>")).filter(|line| line.contains("sync(")).count();
    let work = format!("syncs per message, {connections} connections");
    Ok(vec![Figure::new(work, Unit::Each, syncs as f64 / count as f64)])
}

/// APPEND over so many connections, each to a folder of another person.
pub async fn append(server: &Server, connections: usize) -> io::Result<Vec<Figure>> {
    let count = 500 + 30 * connections;
    let mut rates = Vec::new();
    for _ in 0..ROUNDS {
        let start = Instant::now();
        share(count, connections, |connection, mine| {
            let (imap, person) = (server.imap, server.people[connection % server.people.len()].clone());
            async move {
                let mut imap = Imap::open(imap, &person.address, &person.password).await?;
                while let Some(n) = mine() {
                    imap.append("Drafts", &message::plain(n, MESSAGE_BYTES)).await?;
                }
                Ok(())
            }
        })
        .await?;
        rates.push(count as f64 / start.elapsed().as_secs_f64());
    }
    Ok(vec![Figure::new(format!("APPEND, {connections} connections"), Unit::PerSecond, median(rates))])
}

/// Fills the folder that is read, and reads it in every way.
pub async fn folder(server: &Server) -> io::Result<Vec<Figure>> {
    let person = &server.people[0];
    let mut imap = Imap::open(server.imap, &person.address, &person.password).await?;
    imap.command(&format!("CREATE {FOLDER}")).await?;
    share(FOLDER_MESSAGES, 10, |_, mine| {
        let (imap, person) = (server.imap, person.clone());
        async move {
            let mut imap = Imap::open(imap, &person.address, &person.password).await?;
            while let Some(n) = mine() {
                imap.append(FOLDER, &message::of_folder(n)).await?;
            }
            Ok(())
        }
    })
    .await?;
    let mut figures = Vec::new();
    let select = format!("SELECT {FOLDER}");
    let (time, _) = timed(&mut imap, &select, 10).await?;
    figures.push(Figure::new("SELECT, 10,000 messages", Unit::Milliseconds, time));
    let header = "FETCH 1:* (BODY.PEEK[HEADER.FIELDS (From To Cc Subject Date Message-ID References Content-Type)])";
    for (work, command) in [
        ("FETCH 1:* FLAGS", "FETCH 1:* FLAGS"),
        ("FETCH 1:* ENVELOPE", "FETCH 1:* ENVELOPE"),
        ("FETCH 1:* header fields", header),
        ("FETCH 1:* BODYSTRUCTURE", "FETCH 1:* BODYSTRUCTURE"),
        ("SEARCH SUBJECT", "SEARCH CHARSET UTF-8 SUBJECT \"so 77\""),
        ("SEARCH UNSEEN", "SEARCH UNSEEN"),
        ("SORT (DATE)", "SORT (DATE) UTF-8 ALL"),
        ("SORT (SUBJECT)", "SORT (SUBJECT) UTF-8 ALL"),
        ("SORT (DISPLAYFROM REVERSE DATE)", "SORT (DISPLAYFROM REVERSE DATE) UTF-8 ALL"),
        ("THREAD REFERENCES", "THREAD REFERENCES UTF-8 ALL"),
        ("STORE 1:* +FLAGS", "STORE 1:* +FLAGS (\\Flagged)"),
    ] {
        let mut times = Vec::new();
        for _ in 0..ROUNDS {
            times.push(timed(&mut imap, command, 1).await?.0);
            if command.starts_with("STORE") {
                imap.command("STORE 1:* -FLAGS.SILENT (\\Flagged)").await?;
            }
        }
        figures.push(Figure::new(work, Unit::Milliseconds, median(times)));
    }
    let (time, _) = timed(&mut imap, "SEARCH TEXT \"bao-cao\"", 1).await?;
    figures.push(Figure::new("SEARCH TEXT", Unit::Milliseconds, time));
    let (time, bytes) = timed(&mut imap, "FETCH 1:* BODY.PEEK[]", ROUNDS).await?;
    let rate = bytes as f64 / 1e3 / time;
    figures.push(Figure::new(
        format!("FETCH 1:* BODY.PEEK[], {} MB", bytes / 1_000_000),
        Unit::MegabytesPerSecond,
        rate,
    ));
    Ok(figures)
}

/// Searches a large folder, once the server knows its words.
pub async fn search(server: &Server) -> io::Result<Vec<Figure>> {
    const MESSAGES: usize = 100_000;
    /// Searches that become no faster for so long read no messages any more.
    const STEADY: Duration = Duration::from_secs(15);
    let person = &server.people[2];
    let mut imap = Imap::open(server.imap, &person.address, &person.password).await?;
    imap.command("CREATE Tim").await?;
    share(MESSAGES, 10, |_, mine| {
        let (imap, person) = (server.imap, person.clone());
        async move {
            let mut imap = Imap::open(imap, &person.address, &person.password).await?;
            while let Some(n) = mine() {
                imap.append("Tim", &message::plain(n, 2_000 + n % 7 * 500)).await?;
            }
            Ok(())
        }
    })
    .await?;
    imap.command("SELECT Tim").await?;
    let (start, mut best, mut improved) = (Instant::now(), f64::MAX, Instant::now());
    while improved.elapsed() < STEADY {
        let (time, _) = timed(&mut imap, "SEARCH TEXT \"khong co trong thu nao\"", 1).await?;
        if time < best * 0.9 {
            (best, improved) = (time, Instant::now());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let known = milliseconds(improved - start);
    let mut figures = vec![Figure::new("words of 100,000 messages known after", Unit::Milliseconds, known)];
    for (work, command) in [
        ("SEARCH TEXT, 100,000 messages, a rare word", "SEARCH TEXT \"77123\""),
        ("SEARCH TEXT, 100,000 messages, a common word", "SEARCH TEXT \"quyet dinh\""),
        ("SEARCH TEXT, 100,000 messages, two letters", "SEARCH TEXT \"ng\""),
        ("SEARCH TEXT, 100,000 messages, nothing", "SEARCH TEXT \"zebra\""),
        ("SEARCH SUBJECT, 100,000 messages", "SEARCH SUBJECT \"so 77\""),
    ] {
        figures.push(Figure::new(work, Unit::Milliseconds, timed(&mut imap, command, 5).await?.0));
    }
    Ok(figures)
}

/// From the end of data to EXISTS in a session that waits in IDLE.
pub async fn idle_latency(server: &Server) -> io::Result<Vec<Figure>> {
    let person = &server.people[1];
    let mut imap = Imap::open(server.imap, &person.address, &person.password).await?;
    imap.command("SELECT INBOX").await?;
    let mut smtp = Smtp::open(server.smtp).await?;
    let mut waits = Vec::new();
    for n in 0..30 {
        imap.idle().await?;
        let end = Cell::new(Instant::now());
        let message = message::plain(n, MESSAGE_BYTES);
        let deliver = smtp.deliver(&person.address, &message, || end.set(Instant::now()));
        let told = async {
            imap.exists().await?;
            Ok::<_, io::Error>(Instant::now())
        };
        let ((), told) = tokio::try_join!(deliver, told)?;
        waits.push(milliseconds(told.duration_since(end.get())));
        imap.done().await?;
    }
    Ok(vec![Figure::new("end of data to EXISTS in IDLE, p50", Unit::Milliseconds, percentile(&mut waits, 0.5))])
}

/// LOGIN and LOGOUT over ten connections at once.
pub async fn logins(server: &Server) -> io::Result<Vec<Figure>> {
    let mut rates = Vec::new();
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let count = 1_000;
        share(count, 10, |connection, mine| {
            let (address, person) = (server.imap, server.people[connection % server.people.len()].clone());
            async move {
                while mine().is_some() {
                    Imap::open(address, &person.address, &person.password).await?.command("LOGOUT").await?;
                }
                Ok(())
            }
        })
        .await?;
        rates.push(count as f64 / start.elapsed().as_secs_f64());
    }
    Ok(vec![Figure::new("login and logout, 10 connections", Unit::PerSecond, median(rates))])
}

/// What a thousand sessions in IDLE add to the server's memory, and what it has then.
pub async fn idle_memory(server: &Server) -> io::Result<Vec<Figure>> {
    const SESSIONS: usize = 1_000;
    let before = server.memory_kb();
    let mut sessions = Vec::new();
    for n in 0..SESSIONS {
        let person = &server.people[n % server.people.len()];
        let mut imap = Imap::open(server.imap, &person.address, &person.password).await?;
        imap.command("SELECT INBOX").await?;
        imap.idle().await?;
        sessions.push(imap);
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let after = server.memory_kb();
    Ok(vec![
        Figure::new("1,000 idle sessions, growth", Unit::Megabytes, after.saturating_sub(before) as f64 / 1024.0),
        Figure::new("1,000 idle sessions, whole server", Unit::Megabytes, after as f64 / 1024.0),
    ])
}

/// The median time of a command in milliseconds, and the bytes of its answer.
pub async fn timed(imap: &mut Imap, command: &str, rounds: usize) -> io::Result<(f64, usize)> {
    let (mut times, mut bytes) = (Vec::new(), 0);
    for _ in 0..rounds {
        let start = Instant::now();
        bytes = imap.command(command).await?;
        times.push(milliseconds(start.elapsed()));
    }
    Ok((median(times), bytes))
}

/// Messages in all INBOXes together.
async fn in_mailboxes(server: &Server) -> io::Result<usize> {
    thread_local! {
        /// Connections that only count, kept over a whole run.
        static COUNTERS: RefCell<BTreeMap<(u16, usize), Imap>> = const { RefCell::new(BTreeMap::new()) };
    }
    let mut sum = 0;
    for (n, person) in server.people.iter().enumerate() {
        let key = (server.imap.port(), n);
        let kept = COUNTERS.with(|all| all.borrow_mut().remove(&key));
        let mut imap = match kept {
            Some(imap) => imap,
            None => Imap::open(server.imap, &person.address, &person.password).await?,
        };
        sum += imap.count("INBOX").await?;
        COUNTERS.with(|all| all.borrow_mut().insert(key, imap));
    }
    Ok(sum)
}

/// Does `count` pieces of work on so many connections; each takes the next piece when it is done with one.
pub async fn share<W, F>(count: usize, connections: usize, mut worker: W) -> io::Result<()>
where
    W: FnMut(usize, Box<dyn Fn() -> Option<usize>>) -> F,
    F: Future<Output = io::Result<()>> + 'static,
{
    let next = Rc::new(Cell::new(0));
    let mut all = JoinSet::new();
    for connection in 0..connections {
        let next = next.clone();
        let mine = Box::new(move || {
            let n = next.get();
            next.set(n + 1);
            (n < count).then_some(n)
        });
        all.spawn_local(worker(connection, mine));
    }
    while let Some(done) = all.join_next().await {
        done.map_err(io::Error::other)??;
    }
    Ok(())
}
