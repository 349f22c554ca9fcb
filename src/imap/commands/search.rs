//! SEARCH: RFC 9051 §6.4.4, RFC 4731 (ESEARCH), RFC 5182 (SEARCHRES), RFC 6203 (FUZZY).

use crate::id::ModSeq;
use crate::imap::condition::{Condition, Context};
use crate::imap::connection::Connection;
use crate::imap::find::find;
use crate::imap::lines::count;
use crate::imap::places::{Message, Places};
use crate::imap::refusal::Stop;
use crate::imap::reply::Done;
use crate::imap::session::{CondStore, Revision};
use crate::imap::syntax::{Numbers, Ranges, Search, SearchReturn, Tag, print};
use crate::limits;
use crate::store::UidRanges;

/// Finds messages.
pub(super) async fn search(c: &mut Connection, tag: &Tag, args: Search) -> Result<Done, Stop> {
    let returns = args.returns.as_deref();
    let saves = returns.is_some_and(|returns| returns.contains(&SearchReturn::Save));
    let selected = c.session.selected()?;
    let index = selected.watch.index();
    let zone = c.services.clock.zone().clone();
    let context = Context { selected, index: &index, now: c.services.clock.now(), zone: &zone };
    let condition = Condition::of(&args.key, &context)?;
    let asks_mod_seq = condition.asks_mod_seq();
    let (folder, told) = (selected.view.folder(), selected.view.told().clone());
    let found = find(&c.services, folder, told.clone(), index.clone(), condition).await?;
    let mut scores = None;
    if returns.is_some_and(|returns| returns.contains(&SearchReturn::Relevancy)) {
        let among = Condition::At(Places::of_uids(&uids(&found), &told));
        let mut more = Vec::new();
        for relevant in Condition::relevant(&args.key, &context)? {
            let condition = Condition::And(vec![among.clone(), relevant]);
            more.push(uids(&find(&c.services, folder, told.clone(), index.clone(), condition).await?));
        }
        scores = Some(found.iter().map(|message| score(message, &more)).collect::<Vec<_>>());
    }
    if asks_mod_seq {
        c.session.cond_store = CondStore::On;
    }
    let mut found = Found { messages: found, numbers: args.numbers, asks_mod_seq, scores };
    let mut out = Vec::new();
    match (returns, c.session.revision) {
        (None, Revision::One) => print::search(&mut out, &found.ranges(), found.mod_seq()),
        (None, Revision::Two) => found.extended(&mut out, tag, &[SearchReturn::All]),
        // RFC 5182 §2.1: SAVE alone is not answered.
        (Some([SearchReturn::Save]), _) => {}
        (Some(returns), _) => found.extended(&mut out, tag, returns),
    }
    c.wire.send(&out, limits::WIRE_WRITE_STALL_MAX).await?;
    if saves {
        found.keep_answered(returns.unwrap_or_default());
        c.session.selected_mut()?.saved = uids(&found.messages);
    }
    Ok(Done::Plainly)
}

fn uids(messages: &[Message]) -> UidRanges {
    UidRanges::from_sorted(messages.iter().map(|message| message.entry.uid))
}

/// From 1 to 100 (RFC 6203 §4), by how many of three things hold.
fn score(message: &Message, relevant: &[UidRanges]) -> u32 {
    let holds = |uids: &&UidRanges| uids.contains(message.entry.uid);
    1 + 33 * count(relevant.iter().filter(holds).count())
}

/// What was found, ascending.
struct Found {
    messages: Vec<Message>,
    numbers: Numbers,
    asks_mod_seq: bool,
    scores: Option<Vec<u32>>,
}

impl Found {
    fn number(&self, message: &Message) -> u32 {
        match self.numbers {
            Numbers::Sequence => message.sequence,
            Numbers::Uid => message.entry.uid.0,
        }
    }

    fn ranges(&self) -> Ranges {
        self.messages.iter().map(|message| self.number(message)).collect()
    }

    fn mod_seq(&self) -> Option<ModSeq> {
        self.messages.iter().map(|m| m.entry.modseq).max().filter(|_| self.asks_mod_seq)
    }

    /// RFC 4731 §3.1.
    fn extended(&self, out: &mut Vec<u8>, tag: &Tag, returns: &[SearchReturn]) {
        let asked = |what: SearchReturn| returns.contains(&what);
        let end = |message: Option<&Message>, what| message.filter(|_| asked(what)).map(|m| self.number(m));
        let ranges = self.ranges();
        let ends_only = !asked(SearchReturn::All) && !asked(SearchReturn::Count);
        let of_ends = || {
            let first = self.messages.first().filter(|_| asked(SearchReturn::Min));
            let last = self.messages.last().filter(|_| asked(SearchReturn::Max));
            first.into_iter().chain(last).map(|m| m.entry.modseq).max().filter(|_| self.asks_mod_seq)
        };
        let answer = print::Esearch {
            tag,
            numbers: self.numbers,
            min: end(self.messages.first(), SearchReturn::Min),
            max: end(self.messages.last(), SearchReturn::Max),
            count: asked(SearchReturn::Count).then(|| count(self.messages.len()).into()),
            all: asked(SearchReturn::All).then_some(&ranges),
            relevancy: self.scores.as_deref(),
            mod_seq: if ends_only { of_ends() } else { self.mod_seq() },
        };
        print::esearch(out, &answer);
    }

    /// With only MIN or MAX asked for, only those are saved: RFC 5182 §2.4.
    fn keep_answered(&mut self, returns: &[SearchReturn]) {
        let asked = |what: SearchReturn| returns.contains(&what);
        let (min, max) = (asked(SearchReturn::Min), asked(SearchReturn::Max));
        if asked(SearchReturn::All) || asked(SearchReturn::Count) || !(min || max) {
            return;
        }
        let last = self.messages.len().saturating_sub(1);
        let mut place = 0;
        self.messages.retain(|_| {
            let kept = min && place == 0 || max && place == last;
            place += 1;
            kept
        });
    }
}
