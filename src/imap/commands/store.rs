//! STORE: RFC 9051 §6.4.6, with UNCHANGEDSINCE of RFC 7162 §3.1.3.

use crate::acl::Acl;
use crate::imap::connection::Connection;
use crate::imap::flags::names;
use crate::imap::lines::{self, Flagged};
use crate::imap::locate;
use crate::imap::places::{Places, Walk};
use crate::imap::refusal::{Refusal, Stop};
use crate::imap::reply::Done;
use crate::imap::session::{CondStore, Selected};
use crate::imap::syntax::{self, Answer, Numbers, print};
use crate::imap::tell;
use crate::imap::view::Tell;
use crate::limits;
use crate::store::{Changed, FlagChange, Flags, StoreError, UidRanges};

/// Changes flags, in one commit for all messages.
pub(super) async fn store(c: &mut Connection, args: syntax::Store) -> Result<Done, Stop> {
    let flags = names(&args.flags);
    let permitted = locate::permitted(c.session.acl()?);
    // Some may be changed and others not: RFC 4314 §4. None at all is a refusal.
    if permitted == Flags::default() || !flags.is_empty() && flags.clone().within(permitted).is_empty() {
        return Err(Refusal::NoPermission.into());
    }
    c.session.writable(Acl::NONE)?;
    if args.unchanged_since.is_some() {
        tell::mod_sequences(c);
    }
    let selected = c.session.selected()?;
    let places = selected.places(args.numbers, &args.messages)?;
    let uids = places.uids(selected.view.told());
    if uids.is_empty() {
        return Ok(Done::Plainly);
    }
    let change = match args.change {
        syntax::FlagChange::Add => FlagChange::Add(flags),
        syntax::FlagChange::Remove => FlagChange::Remove(flags),
        syntax::FlagChange::Replace => FlagChange::Replace(flags),
    };
    let folder = selected.view.folder();
    let store = c.store()?;
    let changed = store.change_permitted_flags(folder, &uids, change, args.unchanged_since, permitted).await?;
    let selected = c.session.selected_mut()?;
    selected.view.made(&changed);
    let gone = match args.numbers {
        Numbers::Sequence => places.gone(selected.view.told(), &selected.watch.index()),
        Numbers::Uid => Places::default(),
    };
    // A keyword is told before the first message that has it.
    tell::news(c, Tell::Flags).await?;
    answer(c, &args, places, &changed).await?;
    match args.unchanged_since {
        // RFC 2180 §4.2.3: to the others it was done.
        None if !gone.is_empty() => Err(StoreError::MessageGone.into()),
        None => Ok(Done::Plainly),
        Some(_) => Ok(unmet(c.session.selected()?, args.numbers, &changed, gone)),
    }
}

/// The messages left alone, those that are gone among them, by the numbers the client used.
fn unmet(selected: &Selected, numbers: Numbers, changed: &Changed, gone: Places) -> Done {
    let uids = UidRanges::from_sorted(changed.unmet.iter().copied());
    let numbers = match numbers {
        Numbers::Uid => uids,
        Numbers::Sequence => Places::of_uids(&uids, selected.view.told()).and(gone).sequences(),
    };
    if numbers.is_empty() { Done::Plainly } else { Done::Unmet(numbers) }
}

/// FETCH lines: the flags of every message named that is there, or, of those changed, what a client needs that wants no
/// flags but keeps mod-sequences (RFC 7162 §3.1.3).
async fn answer(c: &mut Connection, args: &syntax::Store, places: Places, changed: &Changed) -> Result<(), Stop> {
    let (revision, cond_store) = (c.session.revision, c.session.cond_store);
    if args.answer == Answer::Silent && cond_store == CondStore::Off {
        return Ok(());
    }
    let selected = c.session.selected_mut()?;
    let newest = selected.watch.index();
    selected.view.look(newest.clone());
    let (index, recent_from) = (selected.view.told().clone(), selected.view.recent_from());
    let there = places.clone().without(&places.gone(&index, &newest));
    let mut walk = Walk::new(index.clone(), index.clone(), there);
    let mut out = Vec::new();
    loop {
        let batch = walk.batch(limits::INDEX_BATCH_MESSAGES_MAX, u64::MAX);
        if batch.is_empty() {
            break;
        }
        for message in &batch {
            let (sequence, entry) = (message.sequence, &message.entry);
            if changed.unmet.binary_search(&entry.uid).is_ok() {
                continue;
            }
            if args.answer == Answer::Flags {
                let (keywords, numbers) = (index.keywords(), args.numbers);
                lines::flagged(
                    &mut out,
                    Flagged { sequence, entry, keywords, recent_from, revision, cond_store, numbers },
                );
            } else if changed.modseq == Some(entry.modseq) {
                // What somebody changed after that is told with its flags.
                lines::fetch_begin(&mut out, sequence);
                out.extend_from_slice(b"UID ");
                print::number(&mut out, entry.uid.0);
                out.push(b' ');
                lines::mod_seq(&mut out, entry.modseq);
                lines::fetch_end(&mut out);
            }
        }
        tell::send_full(c, &mut out).await?;
    }
    c.wire.queue(&out);
    Ok(())
}
