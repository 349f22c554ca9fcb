//! Copying and moving: RFC 9051 §6.4.7, RFC 6851. A copy shares the body.

use sqlx::Row;

use super::item::{self, Part};
use super::json::{Json, sql};
use super::seen::{self, Mark};
use super::{Change, Count, Entry, Fate, Flags, Keywords, Store, StoreError, UidRanges, Volume, trace};
use crate::db::{DbError, Tx};
use crate::id::{FolderId, ModSeq, Uid};

/// What COPYUID says: RFC 4315 §3.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Copied {
    /// The validity of the folder copied to.
    pub uid_validity: u32,
    /// Old and new number of each message, ascending.
    pub pairs: Vec<(Uid, Uid)>,
}

/// Where messages go.
#[derive(Clone, Copy, Debug)]
pub struct Destination {
    /// The folder.
    pub folder: FolderId,
    /// What its mailbox may hold in octets; no bound where `None`.
    pub quota: Option<u64>,
    /// The flags that they may have there: RFC 4314 §4.
    pub permitted: Flags,
    /// When they came there.
    pub saved: Saved,
}

/// When a message that is copied or moved came into its folder (RFC 8514).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saved {
    /// Now.
    Now,
    /// When it came into the folder that it was in: it is only put in order.
    Kept,
}

impl Destination {
    /// Without bounds.
    pub fn of(folder: FolderId) -> Self {
        Self { folder, quota: None, permitted: Flags(u64::MAX), saved: Saved::Now }
    }
}

/// What becomes of a copy or move when a message named was expunged meanwhile: RFC 2180 §4.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// It is done to the others: UIDs that are not there are passed over (RFC 9051 §6.4.9).
    PassOver,
    /// Nothing is done.
    Refuse,
}

impl Store {
    /// Copies messages with their flags and internal dates, all or none.
    pub async fn copy_messages(
        &self,
        from: FolderId,
        uids: UidRanges,
        to: Destination,
        missing: Missing,
    ) -> Result<Copied, StoreError> {
        let store = self.clone();
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let entries = named(tx, from, &uids, missing).await?;
                    copy(tx, &store, from, &entries, to).await
                })
            })
            .await
    }

    /// Moves messages, all or none, in one commit: at no time are they in both folders or in neither.
    pub async fn move_messages(
        &self,
        from: FolderId,
        uids: UidRanges,
        to: Destination,
        missing: Missing,
    ) -> Result<Copied, StoreError> {
        let store = self.clone();
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let entries = named(tx, from, &uids, missing).await?;
                    let copied = copy(tx, &store, from, &entries, to).await?;
                    super::expunge::remove(tx, &store, from, &entries, Fate::Moved).await?;
                    Ok(copied)
                })
            })
            .await
    }
}

/// The messages named, as they are.
async fn named(tx: &mut Tx, from: FolderId, uids: &UidRanges, missing: Missing) -> Result<Vec<Entry>, StoreError> {
    let entries = super::read::entries(tx.connection(), from, uids.to_json()).await?;
    match missing {
        Missing::Refuse if (entries.len() as u64) < uids.count() => Err(StoreError::MessageGone),
        Missing::Refuse | Missing::PassOver => Ok(entries),
    }
}

/// The folder copied to.
struct Target {
    uid_validity: u32,
    uid_next: u32,
    modseq: i64,
    volume: Volume,
    keywords: Keywords,
    part: Option<Part>,
}

async fn copy(
    tx: &mut Tx,
    store: &Store,
    from: FolderId,
    entries: &[Entry],
    to: Destination,
) -> Result<Copied, StoreError> {
    let own = super::read_keywords(tx.connection(), from).await?;
    let mut entries = entries.to_vec();
    if let Some(staff) = store.hand.staff() {
        seen::through_eyes_of(tx.connection(), staff, from, &mut entries).await?;
    }
    copy_rows(tx, store, (from, &own), &entries, to).await
}

/// The same from message rows whose folder, and its keywords, may not be there any more.
pub(super) async fn copy_rows(
    tx: &mut Tx,
    store: &Store,
    (from, own): (FolderId, &Keywords),
    entries: &[Entry],
    Destination { folder: to, quota, permitted, saved }: Destination,
) -> Result<Copied, StoreError> {
    let mut target = read_target(tx, to).await?;
    let known = target.keywords.names().len();
    let bytes: u64 = entries.iter().map(|e| u64::from(e.size)).sum();
    if quota.is_some() {
        target.volume.admits(Volume { messages: entries.len() as u64, bytes }, quota)?;
    }
    let numbers = target.uid_next..u32::MAX;
    if numbers.len() <= entries.len() {
        return Err(StoreError::FolderFull);
    }
    let modseq = ModSeq((target.modseq + 1).unsigned_abs());
    let mut made = Vec::with_capacity(entries.len());
    for (entry, uid) in entries.iter().zip(numbers) {
        let flags = translate(entry.flags.within(permitted), own, &mut target.keywords)?;
        made.push(Entry { uid: Uid(uid), flags, modseq, ..*entry });
    }
    let pairs = entries.iter().map(|e| e.uid).zip(made.iter().map(|e| e.uid)).collect();
    let copied = Copied { uid_validity: target.uid_validity, pairs };
    if made.is_empty() {
        return Ok(copied);
    }
    let now = store.clock.now().as_second();
    let saved = (saved == Saved::Now).then_some(now);
    let each = target.part == Some(Part::Shared);
    let seen = if each { take_seen(store, to, &mut made) } else { Vec::new() };
    write(tx, (from, to), saved, &copied.pairs, &made).await?;
    seen::mark(tx, &seen).await?;
    trace::copied(tx, store, (from, &UidRanges::from_sorted(entries.iter().map(|e| e.uid)).to_json()), to).await?;
    if target.part == Some(Part::Inbox) {
        item::arrived(tx, store, to, &made).await?;
    }
    let those = |wanted: &dyn Fn(Flags) -> bool| sql(made.iter().filter(|e| wanted(e.flags)).count());
    let count = Count {
        modseq: modseq.0.cast_signed(),
        messages: sql(made.len()),
        unseen: those(&|flags| !flags.contains(Flags::SEEN)),
        deleted: those(&|flags| flags.contains(Flags::DELETED)),
        bytes: bytes.cast_signed(),
    };
    super::count(tx, to, count).await?;
    let mut changes = Vec::with_capacity(2);
    if target.keywords.names().len() > known {
        super::write_keywords(tx, to, &target.keywords).await?;
        changes.push(Change::Keywords(target.keywords));
    }
    changes.push(Change::Appended(made));
    if each {
        changes.extend(seen::copy(tx, (from, to), &copied.pairs, modseq).await?);
    }
    store.publish(tx, to, modseq, changes);
    Ok(copied)
}

/// Where everybody has a `\Seen` of their own, what whoever copies has seen is theirs, and no other's.
fn take_seen(store: &Store, folder: FolderId, made: &mut [Entry]) -> Vec<Mark> {
    let Some(staff) = store.hand.staff() else { return Vec::new() };
    let seen = made.iter_mut().filter(|entry| entry.flags.contains(Flags::SEEN));
    seen.map(|entry| {
        entry.flags = entry.flags.without(Flags::SEEN);
        Mark { folder, staff, uid: entry.uid, seen: Flags::SEEN, modseq: entry.modseq }
    })
    .collect()
}

async fn read_target(tx: &mut Tx, to: FolderId) -> Result<Target, StoreError> {
    let row = sqlx::query(
        "SELECT uid_validity, uid_next, highest_modseq, \
                (SELECT sum(bytes) FROM folder m WHERE m.mailbox_id = f.mailbox_id), \
                (SELECT sum(messages) FROM folder m WHERE m.mailbox_id = f.mailbox_id), \
                (SELECT part FROM office_folder o WHERE o.id = f.id) \
         FROM folder f WHERE id = ? AND selectable",
    )
    .bind(to)
    .fetch_optional(tx.connection())
    .await
    .map_err(DbError::from)?
    .ok_or(StoreError::NoSuchFolder)?;
    let keywords = super::read_keywords(tx.connection(), to).await?;
    let read = || -> Result<_, sqlx::Error> {
        Ok(Target {
            uid_validity: row.try_get(0)?,
            uid_next: row.try_get(1)?,
            modseq: row.try_get(2)?,
            volume: Volume {
                bytes: row.try_get::<i64, _>(3)?.unsigned_abs(),
                messages: row.try_get::<i64, _>(4)?.unsigned_abs(),
            },
            keywords,
            part: row.try_get(5)?,
        })
    };
    Ok(read().map_err(DbError::from)?)
}

/// The same flags by the other folder's keywords.
fn translate(flags: Flags, own: &Keywords, target: &mut Keywords) -> Result<Flags, StoreError> {
    let mut translated =
        Flags::SYSTEM.iter().filter(|(f, _)| flags.contains(*f)).fold(Flags::default(), |a, (f, _)| a.with(*f));
    for name in own.of(flags) {
        let bit = target.bit(name).or_else(|| target.add(name)).ok_or(StoreError::TooManyKeywords)?;
        translated = translated.with(bit);
    }
    Ok(translated)
}

async fn write(
    tx: &mut Tx,
    (from, to): (FolderId, FolderId),
    saved: Option<i64>,
    pairs: &[(Uid, Uid)],
    made: &[Entry],
) -> Result<(), DbError> {
    let mut rows = Json::new();
    for ((old, new), entry) in pairs.iter().zip(made) {
        rows.row(&[i64::from(old.0), i64::from(new.0), entry.flags.to_sql(), entry.modseq.0.cast_signed()]);
    }
    let rows = rows.end();
    sqlx::query(
        "INSERT INTO message (folder_id, uid, body_id, prefix, size, internal_date, saved, variant, thread) \
         SELECT ?2, r.value->>1, m.body_id, m.prefix, m.size, m.internal_date, coalesce(?4, m.saved), m.variant, m.thread \
         FROM json_each(?3) r CROSS JOIN message m ON m.folder_id = ?1 AND m.uid = r.value->>0",
    )
    .bind(from)
    .bind(to)
    .bind(&rows)
    .bind(saved)
    .execute(tx.connection())
    .await?;
    sqlx::query(
        "INSERT INTO state (folder_id, uid, flags, modseq) SELECT ?1, value->>1, value->>2, value->>3 FROM json_each(?2)",
    )
    .bind(to)
    .bind(&rows)
    .execute(tx.connection())
    .await?;
    sqlx::query("UPDATE folder SET uid_next = uid_next + ?2 WHERE id = ?1")
        .bind(to)
        .bind(sql(made.len()))
        .execute(tx.connection())
        .await?;
    Ok(())
}
