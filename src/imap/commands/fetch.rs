//! FETCH: RFC 9051 §6.4.5.
//!
//! Goes through the messages in batches: while one is written to the client, the next is read. A message larger than a
//! batch is sent in pieces as they are read; where its parts must be found first, it is in memory for that long only.

use std::sync::Arc;

use jiff::tz::TimeZone;
use tokio::sync::OwnedSemaphorePermit;

use super::resync;
use crate::acl::Acl;
use crate::id::{BodyId, FolderId, Uid};
use crate::imap::Services;
use crate::imap::answer::{Folder, Plan, Read, Streamed, Unasked};
use crate::imap::connection::Connection;
use crate::imap::kept;
use crate::imap::notify::Notifying;
use crate::imap::places::{Message, Places, Walk};
use crate::imap::refusal::{Refusal, Stop};
use crate::imap::reply::Done;
use crate::imap::section::{Source, UnknownEncoding};
use crate::imap::session::{CondStore, Revision};
use crate::imap::syntax::{Expunged, Fetch, FetchItem, Numbers, Patience, Seen};
use crate::imap::tell;
use crate::imap::view::Access;
use crate::limits;
use crate::net::WireError;
use crate::store::{Deed, Derived, Entry, FlagChange, FlagNames, Flags, Index, Kept, StoreError, Texts, UidRanges};

/// Answers with what is asked of the messages named.
pub(super) async fn fetch(c: &mut Connection, args: Fetch) -> Result<Done, Stop> {
    let since = args.changed_since;
    if since.is_some() || args.items.contains(&FetchItem::ModSeq) {
        tell::mod_sequences(c);
    }
    if let Some(since) = since.filter(|since| since.expunged == Expunged::Tell) {
        resync::vanished(c, since.mod_seq, &args.messages).await?;
    }
    let plan = Plan::new(&args.items, args.numbers, since.is_some());
    let selected = c.session.selected_mut()?;
    selected.look();
    let mut places = selected.places(args.numbers, &args.messages)?;
    if let Some(since) = since {
        let told = selected.view.told();
        places = places.filter(told, told, |entry| entry.modseq > since.mod_seq);
    }
    if let Some(page) = args.page {
        let part = page.range(places.len());
        places = places.part(&part);
    }
    let made_seen = match plan.seen() {
        Seen::Set => make_seen(c, &places).await?,
        Seen::Keep => UidRanges::default(),
    };
    if plan.source() >= Some(Source::Message) {
        leave_traces(c, &places, plan.seen()).await?;
    }
    let index = c.session.selected()?.view.told().clone();
    fetching(c, plan, made_seen)?.run(c, Walk::new(index.clone(), index, places)).await
}

fn fetching<'a>(c: &Connection, plan: Plan<'a>, made_seen: UidRanges) -> Result<Fetching<'a>, Refusal> {
    let view = &c.session.selected()?.view;
    Ok(Fetching {
        plan,
        services: c.services.clone(),
        folder: view.folder(),
        index: view.told().clone(),
        recent_from: view.recent_from(),
        revision: c.session.revision,
        cond_store: c.session.cond_store,
        zone: c.services.clock.zone().clone(),
        made_seen,
    })
}

/// Answers with what NOTIFY asked of messages that come (RFC 5465 §5.2), of those told from a UID on. It makes none seen.
pub(in crate::imap) async fn announce(c: &mut Connection, from: Uid) -> Result<(), Stop> {
    let items = c.session.notify.as_deref().map(Notifying::fetched).unwrap_or_default().to_vec();
    let Ok(selected) = c.session.selected() else { return Ok(()) };
    let index = selected.view.told().clone();
    if items.is_empty() || index.uid_next() <= from {
        return Ok(());
    }
    let plan = Plan::new(&items, Numbers::Uid, c.session.cond_store == CondStore::On);
    let places = Places::of_uids(&UidRanges::new(vec![from.0..=u32::MAX]), &index);
    fetching(c, plan, UidRanges::default())?.run(c, Walk::new(index.clone(), index, places)).await?;
    Ok(())
}

/// Marks the messages as read, unless the folder is open for reading only; gives those that were not.
async fn make_seen(c: &mut Connection, places: &Places) -> Result<UidRanges, Stop> {
    let selected = c.session.selected()?;
    let told = selected.view.told();
    if selected.view.access() == Access::ReadOnly || !c.session.acl()?.includes(Acl::SEEN) {
        return Ok(UidRanges::default());
    }
    let unseen = places.clone().filter(told, told, |entry| !entry.flags.contains(Flags::SEEN)).uids(told);
    if unseen.is_empty() {
        return Ok(unseen);
    }
    let seen = FlagChange::Add(FlagNames { system: Flags::SEEN, keywords: Vec::new() });
    let changed = c.store()?.change_flags(selected.view.folder(), &unseen, seen, None).await?;
    let selected = c.session.selected_mut()?;
    selected.view.made(&changed);
    selected.look();
    Ok(UidRanges::from_sorted(changed.changed))
}

/// It is known of each message to a unit who has read it (R23).
async fn leave_traces(c: &Connection, places: &Places, seen: Seen) -> Result<(), Stop> {
    let selected = c.session.selected()?;
    if !c.session.login()?.is_office(&selected.opened.location) {
        return Ok(());
    }
    let deed = match seen {
        Seen::Set => Deed::Opened,
        Seen::Keep => Deed::Fetched,
    };
    let uids = places.clone().uids(selected.view.told());
    Ok(c.store()?.leave_on_reading(selected.view.folder(), &uids, deed).await?)
}

/// One FETCH on its way.
struct Fetching<'a> {
    plan: Plan<'a>,
    services: Arc<Services>,
    folder: FolderId,
    index: Arc<Index>,
    recent_from: Uid,
    revision: Revision,
    cond_store: CondStore,
    zone: TimeZone,
    made_seen: UidRanges,
}

/// A batch and what was read of it.
#[derive(Default)]
struct Loaded {
    messages: Vec<Message>,
    envelopes: Texts,
    structures: Texts,
    basic_structures: Texts,
    previews: Vec<Vec<u8>>,
    /// For each message; empty where nothing of it is asked.
    kept: Vec<Option<Kept>>,
    octets: Texts,
    /// Memory for a message that is larger than a batch.
    held: Option<OwnedSemaphorePermit>,
}

impl Fetching<'_> {
    async fn run(&self, c: &mut Connection, mut walk: Walk) -> Result<Done, Stop> {
        let mut result = Ok(Done::Plainly);
        let mut out = Vec::new();
        let mut loaded = self.load(self.batch(&mut walk)).await?;
        while !loaded.messages.is_empty() {
            let large = loaded.messages.first().filter(|m| self.is_streamed(m)).copied();
            let printed = match large {
                Some(message) => self.stream(c, &message, loaded).await?,
                None => self.print(&loaded, &mut out),
            };
            if printed.is_err() {
                result = Err(Refusal::UnknownEncoding.into());
            }
            let next = self.load(self.batch(&mut walk));
            let (sent, next) = tokio::join!(c.wire.send(&out, limits::WIRE_WRITE_STALL_MAX), next);
            sent?;
            loaded = next?;
            out.clear();
        }
        result
    }

    /// As many messages as one statement reads in bounded memory.
    fn batch(&self, walk: &mut Walk) -> Vec<Message> {
        match self.plan.source() {
            Some(Source::Message | Source::Parts) => {
                walk.batch(limits::BATCH_MESSAGES_MAX, limits::BATCH_BYTES_MAX as u64)
            }
            _ if self.plan.reads_database() => walk.batch(limits::BATCH_MESSAGES_MAX, u64::MAX),
            _ => walk.batch(limits::INDEX_BATCH_MESSAGES_MAX, u64::MAX),
        }
    }

    /// Whether a message is too large to be sent whole.
    fn is_streamed(&self, message: &Message) -> bool {
        self.plan.source() >= Some(Source::Message) && message.is_large()
    }

    fn reads_whole(&self, message: &Message) -> bool {
        self.plan.source() >= Some(Source::Message) && !(self.plan.is_streamable() && message.is_large())
    }

    async fn load(&self, messages: Vec<Message>) -> Result<Loaded, Refusal> {
        if messages.is_empty() || !self.plan.reads_database() {
            return Ok(Loaded { messages, ..Loaded::default() });
        }
        let held = match messages.first().filter(|m| m.is_large() && self.reads_whole(m)) {
            // Once as it is, once for what is decoded of it.
            Some(large) => Some(self.services.hold(u64::from(large.entry.size) * 2).await?),
            None => None,
        };
        let bodies: Vec<BodyId> = messages.iter().map(|m| m.entry.body).collect();
        let (envelopes, structures, basic_structures, previews, kept, octets) = tokio::try_join!(
            self.derived(Derived::Envelope, &bodies),
            self.derived(Derived::Structure, &bodies),
            self.derived(Derived::BasicStructure, &bodies),
            self.previews(&bodies),
            self.kept(&messages),
            self.octets(&messages),
        )?;
        Ok(Loaded { messages, envelopes, structures, basic_structures, previews, kept, octets, held })
    }

    async fn derived(&self, what: Derived, bodies: &[BodyId]) -> Result<Texts, StoreError> {
        if self.plan.wants(what) { self.services.store.derived(what, bodies).await } else { Ok(Texts::default()) }
    }

    /// Bodies that came before there were previews are given theirs, unless the client is in a hurry.
    async fn previews(&self, bodies: &[BodyId]) -> Result<Vec<Vec<u8>>, StoreError> {
        let Some(patience) = self.plan.wants_previews() else { return Ok(Vec::new()) };
        let made = self.services.store.derived(Derived::Preview, bodies).await?;
        let mut previews: Vec<_> = made.iter().map(<[u8]>::to_vec).collect();
        if patience == Patience::Waits {
            for (preview, body) in previews.iter_mut().zip(bodies).filter(|(preview, _)| preview.is_empty()) {
                *preview = self.services.store.make_preview(*body).await?;
            }
        }
        Ok(previews)
    }

    async fn kept(&self, messages: &[Message]) -> Result<Vec<Option<Kept>>, StoreError> {
        let Some(threads) = self.plan.wants_kept() else { return Ok(Vec::new()) };
        let entries: Vec<_> = messages.iter().map(|message| message.entry).collect();
        let kept = kept::kept(&self.services.store, self.folder, &entries, threads).await?;
        let of = |entry: &Entry| kept.binary_search_by_key(&entry.uid, |(uid, _)| *uid).ok();
        Ok(entries.iter().map(|entry| of(entry).and_then(|at| kept.get(at)).map(|(_, kept)| *kept)).collect())
    }

    async fn octets(&self, messages: &[Message]) -> Result<Texts, StoreError> {
        let whole = messages.first().is_some_and(|m| self.reads_whole(m));
        let store = &self.services.store;
        let wanted = || messages.iter().map(|m| (m.entry.uid, m.entry.body)).collect::<Vec<_>>();
        match self.plan.source() {
            Some(Source::Header) => store.headers(self.folder, &wanted()).await,
            _ if whole && messages.iter().any(Message::is_large) => {
                let mut whole = Vec::new();
                for Message { entry, .. } in messages {
                    whole = store.message(self.folder, (entry.uid, entry.body), entry.size.into()).await?;
                }
                Ok(Texts::one(whole))
            }
            _ if whole => store.messages(self.folder, &wanted()).await,
            _ => Ok(Texts::default()),
        }
    }

    fn folder(&self) -> Folder<'_> {
        let keywords = self.index.keywords();
        Folder { keywords, recent_from: self.recent_from, revision: self.revision, zone: &self.zone }
    }

    fn unasked(&self, message: &Message) -> Unasked {
        match self.cond_store {
            _ if !self.made_seen.contains(message.entry.uid) => Unasked::Nothing,
            CondStore::On => Unasked::FlagsAndModSeq,
            CondStore::Off => Unasked::Flags,
        }
    }

    fn print(&self, loaded: &Loaded, out: &mut Vec<u8>) -> Result<(), UnknownEncoding> {
        let folder = self.folder();
        let mut result = Ok(());
        let mut envelopes = loaded.envelopes.iter();
        let mut structures = loaded.structures.iter();
        let mut basic_structures = loaded.basic_structures.iter();
        let mut previews = loaded.previews.iter();
        let mut kept = loaded.kept.iter();
        let mut octets = loaded.octets.iter();
        for message in &loaded.messages {
            let read = Read {
                envelope: envelopes.next().unwrap_or_default(),
                structure: structures.next().unwrap_or_default(),
                basic_structure: basic_structures.next().unwrap_or_default(),
                preview: previews.next().map(Vec::as_slice).unwrap_or_default(),
                kept: kept.next().copied().flatten(),
                octets: octets.next().unwrap_or_default(),
            };
            result = result.and(self.plan.line(out, &folder, message, read, self.unasked(message)));
        }
        result
    }

    /// Sends a message piece by piece. What was announced must be sent: if it cannot be read, the connection ends.
    async fn stream(
        &self,
        c: &mut Connection,
        message: &Message,
        mut loaded: Loaded,
    ) -> Result<Result<(), UnknownEncoding>, Stop> {
        let Streamed { pieces, result } = if self.plan.is_streamable() {
            self.pieces(message, &loaded)
        } else {
            tokio::task::block_in_place(|| self.pieces(message, &loaded))
        };
        let held = loaded.held.take();
        drop(loaded);
        // What was decoded is in memory until it is sent; the rest is read again.
        let made: usize = pieces.iter().map(|(text, _)| text.len()).sum();
        let _held = held.filter(|_| made > limits::BATCH_BYTES_MAX);
        let entry = &message.entry;
        for (text, range) in pieces {
            c.wire.send(&text, limits::WIRE_WRITE_STALL_MAX).await?;
            let Some(mut range) = range else { continue };
            while !range.is_empty() {
                let end = range.end.min(range.start + limits::BATCH_BYTES_MAX as u64);
                let octets = self.services.store.range(self.folder, (entry.uid, entry.body), range.start..end).await;
                let octets = octets.ok().filter(|octets| octets.len() as u64 == end - range.start);
                let octets = octets.ok_or(WireError::Closed)?;
                c.wire.send(&octets, limits::WIRE_WRITE_STALL_MAX).await?;
                range.start = end;
            }
        }
        Ok(result)
    }

    fn pieces(&self, message: &Message, loaded: &Loaded) -> Streamed {
        let first = |texts: &'_ Texts| texts.iter().next().map(<[u8]>::to_vec).unwrap_or_default();
        let (envelope, structure) = (first(&loaded.envelopes), first(&loaded.structures));
        let basic_structure = first(&loaded.basic_structures);
        let octets = loaded.octets.iter().next().unwrap_or_default();
        let read = Read {
            envelope: &envelope,
            structure: &structure,
            basic_structure: &basic_structure,
            preview: loaded.previews.first().map(Vec::as_slice).unwrap_or_default(),
            kept: loaded.kept.first().copied().flatten(),
            octets,
        };
        self.plan.streamed(&self.folder(), message, read, self.unasked(message))
    }
}
