//! Tells a client what it did not ask for: messages that came and went, flags that others changed.

use super::connection::Connection;
use super::lines::{self, Flagged};
use super::refusal::{Farewell, Stop};
use super::session::Revision;
use super::syntax::Numbers;
use super::view::{Item, Tell};
use crate::limits;
use crate::net::WireError;

/// Brings the session up to date, as far as may be told now.
pub(super) async fn news(c: &mut Connection, tell: Tell) -> Result<(), Stop> {
    let (revision, cond_store) = (c.session.revision, c.session.cond_store);
    let Ok(selected) = c.session.selected_mut() else { return Ok(()) };
    if selected.watch.gone() {
        return Err(Stop::End(Farewell::FolderGone));
    }
    selected.watch.mark_seen();
    let news = selected.view.news(selected.watch.index(), tell);
    let recent_from = selected.view.recent_from();
    let index = news.newest().clone();
    let mut out = Vec::new();
    for item in news {
        match item {
            Item::Keywords => lines::flags(&mut out, &index),
            Item::Expunged(sequence) => lines::numbered(&mut out, sequence, "EXPUNGE"),
            Item::Exists(count) => lines::numbered(&mut out, count, "EXISTS"),
            Item::Recent(count) => match revision {
                Revision::One => lines::numbered(&mut out, count, "RECENT"),
                Revision::Two => {}
            },
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
    c.wire.queue(&out);
    Ok(())
}

/// Writes what has gathered once it is much, so that however much there is to say little of it is in memory.
pub(super) async fn send_full(c: &mut Connection, out: &mut Vec<u8>) -> Result<(), WireError> {
    if out.len() >= limits::WIRE_OUTPUT_BYTES_MAX {
        c.wire.send(out, limits::WIRE_WRITE_STALL_MAX).await?;
        out.clear();
    }
    Ok(())
}
