//! SEARCH: RFC 9051 §6.4.4, RFC 4731 (ESEARCH), RFC 5182 (SEARCHRES).

use std::sync::Arc;

use jiff::tz::TimeZone;
use tokio::sync::OwnedSemaphorePermit;

use super::fetch::is_large;
use crate::id::{FolderId, ModSeq};
use crate::imap::Services;
use crate::imap::condition::{Condition, Context, Needs, Text};
use crate::imap::connection::Connection;
use crate::imap::lines::count;
use crate::imap::places::{Message, Places, Walk};
use crate::imap::refusal::{Refusal, Stop};
use crate::imap::reply::Done;
use crate::imap::session::{CondStore, Revision};
use crate::imap::syntax::{Numbers, Ranges, Search, SearchReturn, Tag, print};
use crate::limits;
use crate::store::{Entry, Texts, UidRanges};

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
    let told = selected.view.told().clone();
    let all = Places::all(told.len());
    let scan = Scan { services: &c.services, folder: selected.view.folder(), condition: Arc::new(condition), zone };
    let found = scan.run(Walk::new(told, index, all)).await?;
    if asks_mod_seq {
        c.session.cond_store = CondStore::On;
    }
    let mut found = Found { messages: found, numbers: args.numbers, asks_mod_seq };
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
        c.session.selected_mut()?.saved = UidRanges::from_sorted(found.messages.iter().map(|m| m.entry.uid));
    }
    Ok(Done::Plainly)
}

/// A walk through a folder that keeps what the condition holds for.
struct Scan<'a> {
    services: &'a Services,
    folder: FolderId,
    condition: Arc<Condition>,
    zone: TimeZone,
}

impl Scan<'_> {
    async fn run(&self, mut walk: Walk) -> Result<Vec<Message>, Stop> {
        let needs = self.condition.needs();
        let mut found = Vec::new();
        loop {
            let batch = walk.batch(limits::INDEX_BATCH_MESSAGES_MAX, u64::MAX);
            if batch.is_empty() {
                return Ok(found);
            }
            let (mut doubtful, before) = (Vec::new(), found.len());
            for message in batch {
                match self.condition.by_index(message.place(), &message.entry) {
                    Some(true) => found.push(message),
                    Some(false) => {}
                    None => doubtful.push(message),
                }
            }
            if !doubtful.is_empty() {
                self.read(doubtful, needs, &mut found).await?;
                if let Some(new) = found.get_mut(before..) {
                    new.sort_unstable_by_key(|message| message.sequence);
                }
            }
            // The index is walked in memory: other sessions get their turn.
            tokio::task::yield_now().await;
        }
    }

    /// Reads the messages in doubt; while one batch is judged on a blocking thread, the next is read.
    async fn read(&self, doubtful: Vec<Message>, needs: Needs, found: &mut Vec<Message>) -> Result<(), Stop> {
        let mut judging = None;
        for batch in batches(doubtful, needs) {
            let held = match batch.first().filter(|m| needs == Needs::Message && is_large(m)) {
                Some(large) => Some(self.services.hold(large.entry.size.into()).await?),
                None => None,
            };
            let texts = self.texts(&batch, needs).await?;
            if let Some(judged) = judging.replace(self.judge(batch, texts, held)) {
                found.extend(judged.await.map_err(|_| Refusal::Broken)?);
            }
        }
        if let Some(judged) = judging {
            found.extend(judged.await.map_err(|_| Refusal::Broken)?);
        }
        Ok(())
    }

    async fn texts(&self, batch: &[Message], needs: Needs) -> Result<Texts, Refusal> {
        let wanted: Vec<_> = batch.iter().map(|m| (m.entry.uid, m.entry.body)).collect();
        Ok(match needs {
            Needs::Nothing | Needs::Header => self.services.store.headers(self.folder, &wanted).await?,
            Needs::Message => self.services.store.messages(self.folder, &wanted).await?,
        })
    }

    /// `held`: memory for the texts, until they are judged.
    fn judge(
        &self,
        batch: Vec<Message>,
        texts: Texts,
        held: Option<OwnedSemaphorePermit>,
    ) -> tokio::task::JoinHandle<Vec<Message>> {
        let (condition, zone) = (self.condition.clone(), self.zone.clone());
        tokio::task::spawn_blocking(move || {
            let _held = held;
            let holds = |(message, raw): &(Message, &[u8])| {
                condition.by_text(message.place(), &message.entry, &Text::new(raw, &zone))
            };
            batch.into_iter().zip(texts.iter()).filter(holds).map(|(message, _)| message).collect()
        })
    }
}

/// Batches that one statement reads in bounded memory.
fn batches(messages: Vec<Message>, needs: Needs) -> Vec<Vec<Message>> {
    let bytes_of = |entry: &Entry| match needs {
        Needs::Nothing | Needs::Header => 0,
        Needs::Message => u64::from(entry.size),
    };
    let mut batches: Vec<Vec<Message>> = Vec::new();
    let mut bytes = 0;
    for message in messages {
        let size = bytes_of(&message.entry);
        match batches.last_mut() {
            Some(batch)
                if batch.len() < limits::BATCH_MESSAGES_MAX && bytes + size <= limits::BATCH_BYTES_MAX as u64 =>
            {
                bytes += size;
                batch.push(message);
            }
            _ => {
                bytes = size;
                batches.push(vec![message]);
            }
        }
    }
    batches
}

/// What was found, ascending.
struct Found {
    messages: Vec<Message>,
    numbers: Numbers,
    asks_mod_seq: bool,
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
