//! Works on a folder of 100,000 messages, and on many folders.

use std::io;
use std::time::{Duration, Instant};

use crate::figure::{Figure, Unit, median, milliseconds};
use crate::message;
use crate::server::Server;
use crate::wire::Imap;
use crate::work::timed;

/// Messages of each large folder.
const MESSAGES: usize = 100_000;
/// How many are copied at once.
const COPIED: usize = 1_000;
/// Large folders: as often can one be opened for the first time.
const FOLDERS: usize = 3;
/// Folders of which the numbers are asked.
const SMALL_FOLDERS: usize = 100;
/// Sessions on one large folder at once.
const SESSIONS: usize = 200;

/// Opening it for the first time and again, reading its flags, coming back to it, and holding it open often.
pub async fn large(server: &Server) -> io::Result<Vec<Figure>> {
    let person = &server.people[2];
    let mut imap = Imap::open(server.imap, &person.address, &person.password).await?;
    fill(&mut imap).await?;
    let mut figures = Vec::new();
    let mut first = Vec::new();
    for n in 0..FOLDERS {
        first.push(timed(&mut imap, &format!("SELECT Lon{n}"), 1).await?.0);
    }
    figures.push(Figure::new("first SELECT, 100,000 messages", Unit::Milliseconds, median(first)));
    for (work, command) in
        [("SELECT, 100,000 messages", "SELECT Lon0"), ("FETCH 1:* FLAGS, 100,000", "FETCH 1:* FLAGS")]
    {
        figures.push(Figure::new(work, Unit::Milliseconds, timed(&mut imap, command, 5).await?.0));
    }
    figures.push(Figure::new("QRESYNC of 1,000 changes", Unit::Milliseconds, resync(server, &mut imap).await?));
    for n in 0..SMALL_FOLDERS {
        imap.command(&format!("CREATE Nho{n}")).await?;
    }
    let status = "LIST \"\" \"Nho%\" RETURN (STATUS (MESSAGES UNSEEN UIDNEXT))";
    figures.push(Figure::new("STATUS of 100 folders", Unit::Milliseconds, timed(&mut imap, status, 5).await?.0));
    figures.extend(hold_open(server).await?);
    Ok(figures)
}

async fn fill(imap: &mut Imap) -> io::Result<()> {
    imap.command("CREATE Nguon").await?;
    for n in 0..COPIED {
        imap.append("Nguon", &message::plain(n, 500)).await?;
    }
    imap.command("SELECT Nguon").await?;
    for n in 0..FOLDERS {
        imap.command(&format!("CREATE Lon{n}")).await?;
        for _ in 0..MESSAGES / COPIED {
            imap.command(&format!("COPY 1:* Lon{n}")).await?;
        }
    }
    Ok(())
}

/// 900 messages are flagged and 100 taken away while a client is not there.
async fn resync(server: &Server, imap: &mut Imap) -> io::Result<f64> {
    let person = &server.people[2];
    let mut away = Imap::open(server.imap, &person.address, &person.password).await?;
    away.command("ENABLE QRESYNC").await?;
    let opened = away.ask("SELECT Lon0").await?;
    let number = |code: &str| opened.split(code).nth(1).and_then(|rest| rest.split(']').next()).unwrap_or("1");
    let known = format!("{} {}", number("[UIDVALIDITY "), number("[HIGHESTMODSEQ "));
    let every =
        |step: usize, count: usize| (0..count).map(|n| (n * step + 1).to_string()).collect::<Vec<_>>().join(",");
    imap.command("SELECT Lon0").await?;
    imap.command(&format!("STORE {} +FLAGS.SILENT (\\Flagged)", every(110, 900))).await?;
    imap.command(&format!("STORE {} +FLAGS.SILENT (\\Deleted)", every(997, 100))).await?;
    imap.command("EXPUNGE").await?;
    Ok(timed(&mut away, &format!("SELECT Lon0 (QRESYNC ({known}))"), 5).await?.0)
}

/// Many sessions on one large folder: how soon all are told, and the server's memory then.
async fn hold_open(server: &Server) -> io::Result<Vec<Figure>> {
    let person = &server.people[2];
    let mut sessions = Vec::new();
    for _ in 0..SESSIONS {
        let mut imap = Imap::open(server.imap, &person.address, &person.password).await?;
        imap.command("SELECT Lon0").await?;
        imap.idle().await?;
        sessions.push(imap);
    }
    // All are told, and hold the same state again.
    let start = Instant::now();
    let mut imap = Imap::open(server.imap, &person.address, &person.password).await?;
    imap.append("Lon0", &message::plain(0, 500)).await?;
    for session in &mut sessions {
        session.exists().await?;
    }
    let told = milliseconds(start.elapsed());
    tokio::time::sleep(Duration::from_millis(500)).await;
    Ok(vec![
        Figure::new("200 sessions told of a message", Unit::Milliseconds, told),
        Figure::new("the whole server with them", Unit::Megabytes, server.memory_kb() as f64 / 1024.0),
    ])
}
