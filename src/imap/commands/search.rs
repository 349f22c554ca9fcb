//! SEARCH: RFC 9051 §6.4.4, RFC 4731 (ESEARCH), RFC 5182 (SEARCHRES), RFC 9394 (PARTIAL),
//! RFC 6203 (FUZZY).

use std::sync::Arc;

use crate::id::{FolderId, Uid};
use crate::imap::condition::{Condition, Context};
use crate::imap::connection::Connection;
use crate::imap::find::find;
use crate::imap::kept;
use crate::imap::places::{Message, Places};
use crate::imap::progress::{self, Progress};
use crate::imap::refusal::Stop;
use crate::imap::reply::Done;
use crate::imap::results::{Relevant, Results};
use crate::imap::session::Revision;
use crate::imap::syntax::{Scores, Search, SearchReturn, Tag, print};
use crate::imap::tell;
use crate::limits;
use crate::store::{Index, UidRanges};

/// Finds messages.
pub(super) async fn search(c: &mut Connection, tag: &Tag, args: Search) -> Result<Done, Stop> {
    let results = results(c, tag, &args).await?;
    let all = [SearchReturn::All];
    match (args.returns.as_deref(), c.session.revision) {
        (None, Revision::One) => {
            let mut out = Vec::new();
            print::found(&mut out, "SEARCH", results.numbers(), results.mod_seq());
            c.wire.send(&out, limits::WIRE_WRITE_STALL_MAX).await?;
        }
        (None, Revision::Two) => answer(c, tag, &results, &all).await?,
        (Some(returns), _) => answer(c, tag, &results, returns).await?,
    }
    Ok(Done::Plainly)
}

/// What the selected folder holds for a search, in the order of its messages.
pub(super) async fn results(c: &mut Connection, tag: &Tag, search: &Search) -> Result<Results, Stop> {
    let selected = c.session.selected()?;
    let seen = Seen {
        folder: selected.view.folder(),
        told: selected.view.told().clone(),
        index: selected.watch.index(),
        saved: selected.saved.clone(),
        recent_from: selected.view.recent_from(),
    };
    let progress = Progress::towards(seen.told.len());
    let results = results_in(c, (tag, &progress), seen, search).await;
    // RFC 9051 §6.4.4.1: a search that could not be done leaves nothing saved.
    if results.is_err() && search.returns.as_deref().unwrap_or_default().contains(&SearchReturn::Save) {
        c.session.forget_saved();
    }
    results
}

/// A folder to be searched.
pub(super) struct Seen {
    pub(super) folder: FolderId,
    /// What the client was told of it.
    pub(super) told: Arc<Index>,
    /// What is so now.
    pub(super) index: Arc<Index>,
    /// What `$` stands for.
    pub(super) saved: UidRanges,
    /// From which UID on messages are `\Recent`.
    pub(super) recent_from: Uid,
}

/// What a folder holds for a search, in the order of its messages.
pub(super) async fn results_in(
    c: &mut Connection,
    (tag, progress): (&Tag, &Progress),
    seen: Seen,
    search: &Search,
) -> Result<Results, Stop> {
    let Seen { folder, told, index, saved, recent_from } = seen;
    let zone = c.services.clock.zone().clone();
    let now = c.services.clock.now();
    let kept = kept::look_up(&c.services.store, folder, &index, &search.key, &zone).await?;
    let context = Context { told: &told, saved: &saved, recent_from, index: &index, kept: &kept, now, zone: &zone };
    let condition = Condition::of(&search.key, &context)?;
    let asks_mod_seq = condition.asks_mod_seq();
    let finding = find(&c.services, folder, told.clone(), index.clone(), condition, progress);
    let found = progress::told(&mut c.wire, tag, progress, finding).await??;
    let mut relevant = None;
    if search.scores == Scores::Wanted {
        let uids = |messages: &[Message]| UidRanges::from_sorted(messages.iter().map(|message| message.entry.uid));
        let among = Condition::At(Places::of_uids(&uids(&found), &told));
        let mut each = Vec::new();
        for more in Condition::relevant(&search.key, &context)? {
            let condition = Condition::And(vec![among.clone(), more]);
            let finding = find(&c.services, folder, told.clone(), index.clone(), condition, progress);
            each.push(uids(&progress::told(&mut c.wire, tag, progress, finding).await??));
        }
        relevant = Some(Relevant(each));
    }
    if asks_mod_seq {
        tell::mod_sequences(c);
    }
    Ok(Results { messages: found, numbers: search.numbers, asks_mod_seq, relevant })
}

/// Tells what RETURN asks for, and saves what is to be saved.
pub(super) async fn answer(
    c: &mut Connection,
    tag: &Tag,
    results: &Results,
    returns: &[SearchReturn],
) -> Result<(), Stop> {
    // RFC 5182 §2.1: SAVE alone is not answered.
    if returns != [SearchReturn::Save] {
        let mut out = Vec::new();
        results.extended(&mut out, tag, None, returns);
        c.wire.send(&out, limits::WIRE_WRITE_STALL_MAX).await?;
    }
    if returns.contains(&SearchReturn::Save) {
        c.session.selected_mut()?.saved = results.saved(returns);
    }
    Ok(())
}
