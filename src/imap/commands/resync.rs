//! What a client missed while it was away: RFC 7162 §3.2.5 (SELECT with QRESYNC) and §3.2.6 (UID FETCH with VANISHED).

use std::sync::Arc;

use crate::id::{ModSeq, Uid};
use crate::imap::connection::Connection;
use crate::imap::lines::{self, Flagged, Vanished};
use crate::imap::places::{Places, Walk};
use crate::imap::refusal::{Refusal, Stop};
use crate::imap::session::{CondStore, Gone};
use crate::imap::syntax::{Messages, Numbers, QResync, SequenceSet};
use crate::imap::tell;
use crate::limits;
use crate::store::{Index, UidRanges};

/// Whether the client may speak of what it missed.
///
/// # Errors
/// RFC 7162 §3.2.3: only after ENABLE QRESYNC.
pub(super) fn enabled(c: &Connection) -> Result<(), Refusal> {
    match c.session.gone {
        Gone::Vanished => Ok(()),
        Gone::Expunge => Err(Refusal::NotEnabled),
    }
}

/// Tells, of the messages named, those that went since; only such as the client no longer counts.
pub(super) async fn vanished(c: &mut Connection, since: ModSeq, messages: &Messages) -> Result<(), Stop> {
    enabled(c)?;
    let selected = c.session.selected()?;
    let told = selected.view.told();
    let named = match messages {
        Messages::Set(set) => uids(set, told),
        Messages::Saved => selected.saved.clone(),
    };
    let gone = c.services.store.vanished(selected.view.folder(), since, told).await?;
    say_vanished(c, &gone.and(&named)).await
}

/// Tells what became of the messages that a client knew, now that it has opened their folder again.
pub(super) async fn resync(c: &mut Connection, known: &QResync) -> Result<(), Stop> {
    let selected = c.session.selected()?;
    let index = selected.view.told().clone();
    let all = || UidRanges::new(vec![1..=index.uid_next().0.saturating_sub(1)]);
    let meant = known.known.as_ref().map_or_else(all, |set| uids(set, &index));
    let gone = c.services.store.vanished(selected.view.folder(), known.mod_seq, &index).await?;
    let lost = known.matched.as_ref().map_or(1, |(numbers, uids)| first_lost(numbers, uids, &index));
    say_vanished(c, &gone.and(&meant).and(&UidRanges::new(vec![lost..=u32::MAX]))).await?;
    let changed = Places::of_uids(&meant, &index).filter(&index, &index, |entry| entry.modseq > known.mod_seq);
    say_changed(c, index, changed).await
}

async fn say_vanished(c: &mut Connection, uids: &UidRanges) -> Result<(), Stop> {
    let mut out = Vec::new();
    lines::vanished(&mut out, Vanished::Earlier, uids);
    Ok(c.wire.send(&out, limits::WIRE_WRITE_STALL_MAX).await?)
}

async fn say_changed(c: &mut Connection, index: Arc<Index>, changed: Places) -> Result<(), Stop> {
    let recent_from = c.session.selected()?.view.recent_from();
    let (revision, cond_store, numbers) = (c.session.revision, CondStore::On, Numbers::Uid);
    let mut walk = Walk::new(index.clone(), index.clone(), changed);
    let mut out = Vec::new();
    loop {
        let batch = walk.batch(limits::INDEX_BATCH_MESSAGES_MAX, u64::MAX);
        if batch.is_empty() {
            break;
        }
        for message in &batch {
            let (sequence, entry, keywords) = (message.sequence, &message.entry, index.keywords());
            let flagged = Flagged { sequence, entry, keywords, recent_from, revision, cond_store, numbers };
            lines::flagged(&mut out, flagged);
        }
        tell::send_full(c, &mut out).await?;
    }
    c.wire.queue(&out);
    Ok(())
}

/// UIDs as the client wrote them, of messages that need not be there any more.
fn uids(set: &SequenceSet, index: &Index) -> UidRanges {
    let last = index.len().checked_sub(1).and_then(|last| index.entry(last)).map_or(0, |entry| entry.uid.0);
    UidRanges::new(set.resolve(last).spans().iter().map(|span| span.first..=span.last).collect())
}

/// The first UID of which something may have gone: where the client's message with a number is still the one with this
/// number, none went before it (RFC 7162 §3.2.5.2).
fn first_lost(numbers: &SequenceSet, uids: &SequenceSet, index: &Index) -> u32 {
    let (numbers, uids) = (numbers.resolve(0), uids.resolve(0));
    let count = usize::try_from(numbers.count()).unwrap_or(usize::MAX).min(index.len());
    let mut first = 1;
    for (number, uid) in numbers.iter().zip(uids.iter()).take(count) {
        let place = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
        if place.is_some() && index.position(Uid(uid)) == place {
            first = uid.saturating_add(1);
        }
    }
    first
}
