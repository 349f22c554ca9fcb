//! Tells a client what it did not ask for: messages that came and went, flags that others changed.

use super::commands;
use super::connection::Connection;
use super::lines::{self, Flagged, Vanished};
use super::notify::Notifying;
use super::refusal::{Farewell, Stop};
use super::reply::{self, Fact};
use super::session::{CondStore, Events, Gone, Idle, Revision};
use super::syntax::Numbers;
use super::table;
use super::view::{Item, Tell};
use crate::id::Uid;
use crate::limits;
use crate::net::WireError;
use crate::store::UidRanges;

/// Resolves when there is something to tell.
pub(super) async fn events(events: Events<'_>) {
    let changed = async {
        match events.watch {
            Some(watch) => watch.changed().await,
            None => std::future::pending().await,
        }
    };
    let heard = async {
        match events.listener {
            Some(listener) => listener.woken().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! { () = changed => {}, () = heard => {} }
}

/// Tells what the client wants to hear while it waits: in IDLE all of the open folder, unless NOTIFY chose, which then
/// holds in IDLE too (RFC 5465 §4).
pub(super) async fn happened(c: &mut Connection, idle: Idle) -> Result<(), Stop> {
    let tell = match (&c.session.notify, idle) {
        (None, Idle::Yes) => Some(Tell::All),
        (None, Idle::No) => None,
        // What goes may always be told in IDLE.
        (Some(notify), Idle::Yes) => notify.between_commands().map(|_| Tell::All),
        (Some(notify), Idle::No) => notify.between_commands(),
    };
    if let Some(tell) = tell {
        news(c, tell).await?;
        bounds(c);
    }
    commands::notify::heard(c).await
}

/// Brings the session up to date, as far as may be told now.
pub(super) async fn news(c: &mut Connection, tell: Tell) -> Result<(), Stop> {
    let (revision, cond_store, how) = (c.session.revision, c.session.cond_store, c.session.gone);
    let tell = if tell == Tell::All && table::counts(c.wire.ahead()) { Tell::Flags } else { tell };
    let flags = c.session.notify.as_deref().is_none_or(Notifying::wants_flags);
    let Ok(selected) = c.session.selected_mut() else { return Ok(()) };
    if selected.watch.gone() {
        return Err(Stop::End(Farewell::FolderGone));
    }
    selected.watch.mark_seen();
    let known = selected.view.told().uid_next();
    let news = selected.view.news(&selected.watch.index(), tell);
    let recent_from = selected.view.recent_from();
    let index = news.newest().clone();
    let mut out = Vec::new();
    let mut vanished = Vec::new();
    for item in news {
        match item {
            Item::Expunged { uid, .. } if how == Gone::Vanished && vanished.len() < limits::BATCH_MESSAGES_MAX => {
                vanished.push(uid);
                continue;
            }
            _ => say_vanished(&mut out, &mut vanished),
        }
        match item {
            Item::Keywords => lines::flags(&mut out, &index),
            Item::Expunged { sequence, uid } => match how {
                Gone::Expunge => lines::numbered(&mut out, sequence, "EXPUNGE"),
                Gone::Vanished => vanished.push(uid),
            },
            Item::Exists(count) => lines::numbered(&mut out, count, "EXISTS"),
            Item::Recent(count) => match revision {
                Revision::One => lines::numbered(&mut out, count, "RECENT"),
                Revision::Two => {}
            },
            Item::Changed { .. } if !flags => {}
            Item::Changed { sequence, entry } => {
                let (entry, keywords, numbers) = (&entry, index.keywords(), Numbers::Sequence);
                lines::flagged(
                    &mut out,
                    Flagged { sequence, entry, keywords, recent_from, revision, cond_store, numbers },
                );
            }
        }
        send_full(c, &mut out).await?;
    }
    say_vanished(&mut out, &mut vanished);
    c.wire.queue(&out);
    match &c.session.notify {
        Some(notify) if !notify.fetched().is_empty() => Box::pin(commands::announce(c, known)).await,
        _ => Ok(()),
    }
}

fn say_vanished(out: &mut Vec<u8>, uids: &mut Vec<Uid>) {
    lines::vanished(out, Vanished::Now, &UidRanges::from_sorted(uids.drain(..)));
}

/// After news: where messages that went, or came, are kept back while later mod-sequences were told, a client must not
/// take the highest of those for all it needs to ask from (RFC 7162 §3.2).
pub(super) fn bounds(c: &mut Connection) {
    if c.session.gone == Gone::Vanished
        && let Ok(selected) = c.session.selected()
        && selected.view.lags()
    {
        say_highest(c);
    }
}

/// A command came that is only given by clients that keep mod-sequences; from here on they are told (RFC 7162 §3.1).
pub(super) fn mod_sequences(c: &mut Connection) {
    if std::mem::replace(&mut c.session.cond_store, CondStore::On) == CondStore::Off {
        say_highest(c);
    }
}

/// Up to where the client knows the folder that is open.
fn say_highest(c: &mut Connection) {
    let Ok(selected) = c.session.selected() else { return };
    let mut out = Vec::new();
    reply::fact(&mut out, Fact::HighestModSeq(selected.view.settled()));
    c.wire.queue(&out);
}

/// Writes what has gathered once it is much, so that however much there is to say little of it is in memory.
pub(super) async fn send_full(c: &mut Connection, out: &mut Vec<u8>) -> Result<(), WireError> {
    if out.len() >= limits::WIRE_OUTPUT_BYTES_MAX {
        c.wire.send(out, limits::WIRE_WRITE_STALL_MAX).await?;
        out.clear();
    }
    Ok(())
}
