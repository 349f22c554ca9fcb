//! Putting messages into folders. Whatever waits is put in together: five statements for one message or for hundreds.

use std::collections::HashMap;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use aws_lc_rs::digest;
use jiff::Timestamp;
use sqlx::Row;

use super::item::{self, Part};
use super::json::{Json, sql};
use super::seen::{self, Mark};
use super::{Change, Entry, FlagNames, Flags, Hand, Keywords, Store, StoreError, Volume};
use crate::db::{Answers, DbError, Joined, Tx, Work};
use crate::id::{BodyId, FolderId, ModSeq, Uid};
use crate::limits;
use crate::mime::{self, Summary};
use crate::spool::{Contents, Slice};

/// A message with all that is derived from it, made once and shared by every folder it goes to.
#[derive(Debug)]
pub struct Prepared {
    contents: Contents,
    digest: digest::Digest,
    summary: Summary,
}

impl Prepared {
    /// Parses the message: tens of microseconds for usual mail; large ones belong on a blocking thread.
    pub fn new(bytes: Vec<u8>) -> Self {
        let (digest, summary) = derive(&bytes);
        Self { contents: Contents::Here(bytes), digest, summary }
    }

    /// The same of a message that was set aside: it is in memory for as long as this takes, and stored piece by piece.
    pub fn aside(slice: Slice) -> io::Result<Self> {
        let contents = Contents::Aside(slice);
        let mut bytes = Vec::new();
        contents.read(0..contents.len(), &mut bytes)?;
        let (digest, summary) = derive(&bytes);
        Ok(Self { contents, digest, summary })
    }

    /// Octets of the message.
    pub fn len(&self) -> usize {
        self.contents.len()
    }

    /// Whether there is not a single octet.
    pub fn is_empty(&self) -> bool {
        self.contents.is_empty()
    }

    /// The message, if it is in memory.
    pub fn bytes(&self) -> Option<&[u8]> {
        match &self.contents {
            Contents::Here(bytes) => Some(bytes),
            Contents::Aside(_) => None,
        }
    }

    /// The pieces it is stored in: the header block first, none longer than [`limits::BODY_PIECE_BYTES_MAX`].
    fn pieces(&self) -> impl Iterator<Item = Range<usize>> {
        let header = self.summary.header_len.min(self.len());
        chunks(0..header).chain(chunks(header..self.len()))
    }
}

fn derive(bytes: &[u8]) -> (digest::Digest, Summary) {
    (digest::digest(&digest::SHA256, bytes), mime::summarise(bytes))
}

fn chunks(range: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let max = limits::BODY_PIECE_BYTES_MAX;
    range.clone().step_by(max).map(move |start| start..range.end.min(start + max))
}

/// One message for one folder.
#[derive(Clone, Debug)]
pub struct Append {
    /// Where it goes.
    pub folder: FolderId,
    /// The message.
    pub message: Arc<Prepared>,
    /// Header lines that this copy alone has on top: Return-Path and Delivered-To.
    pub prefix: Vec<u8>,
    /// Its flags.
    pub flags: FlagNames,
    /// INTERNALDATE.
    pub date: Timestamp,
    /// What the mailbox may hold in octets; no bound where `None`.
    pub quota: Option<u64>,
}

/// Where a message was put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// The folder's validity, for APPENDUID (RFC 4315 §3).
    pub uid_validity: u32,
    /// The message's number there.
    pub uid: Uid,
    /// Its bytes, shared by all folders that it was put into at once.
    pub body: BodyId,
}

impl Store {
    /// Puts messages into folders, all or none, and answers when they are durable.
    pub async fn append(&self, messages: Vec<Append>) -> Result<Vec<Appended>, StoreError> {
        self.db.write_joined(Request { store: self.clone(), messages }).await
    }
}

/// What one caller asks for: all of its messages, or none.
pub(super) struct Request {
    store: Store,
    messages: Vec<Append>,
}

impl Joined for Request {
    type Output = Vec<Appended>;
    type Error = StoreError;

    fn run_all(tx: &mut Tx, requests: Vec<Self>) -> Work<'_, Result<Answers<Self>, DbError>> {
        Box::pin(async move {
            let Some(store) = requests.first().map(|r| r.store.clone()) else { return Ok(Vec::new()) };
            append_each(tx, &store, requests.into_iter().map(|r| (r.store.hand, r.messages)).collect()).await
        })
    }
}

/// The same within a transaction of the caller's.
pub async fn append_in(tx: &mut Tx, store: &Store, messages: Vec<Append>) -> Result<Vec<Appended>, StoreError> {
    append_each(tx, store, vec![(store.hand, messages)]).await?.pop().unwrap_or(Ok(Vec::new()))
}

/// Keeps a message that goes into no folder here: a job of the queue holds it, in the same transaction.
pub async fn keep_body(tx: &mut Tx, store: &Store, message: &Arc<Prepared>) -> Result<BodyId, DbError> {
    let mut rows = Rows::new(store.clock.now().as_second());
    let body = rows.body(message, store);
    rows.write_bodies(tx).await?;
    rows.write_pieces(tx).await?;
    Ok(body)
}

/// A folder that messages go to, as its row was and as it will be.
struct Target {
    uid_validity: u32,
    uid_next: u32,
    modseq: u64,
    volume: Volume,
    keywords: Keywords,
    new_keywords: bool,
    part: Option<Part>,
    entries: Vec<Entry>,
    /// Whose doing each of the entries is.
    hands: Vec<Hand>,
    /// Entries that those who put them in have seen, where that is their own.
    seen: Vec<Mark>,
}

/// What several ask for, each with whose doing it is: all of one's messages, or none.
pub async fn append_each(
    tx: &mut Tx,
    store: &Store,
    requests: Vec<(Hand, Vec<Append>)>,
) -> Result<Vec<Result<Vec<Appended>, StoreError>>, DbError> {
    let mut targets = read_targets(tx, &requests).await?;
    let mut rows = Rows::new(store.clock.now().as_second());
    let answers =
        requests.iter().map(|(hand, request)| place(*hand, request, &mut targets, &mut rows, store)).collect();
    targets.retain(|_, target| !target.entries.is_empty());
    if !targets.is_empty() {
        rows.write(tx).await?;
        let seen: Vec<Mark> = targets.values().flat_map(|target| target.seen.iter().copied()).collect();
        seen::mark(tx, &seen).await?;
        update_folders(tx, &targets).await?;
        for (folder, target) in &targets {
            let messages = target.hands.iter().copied().zip(&target.entries);
            item::appended(tx, store, (*folder, target.part), messages).await?;
        }
        publish(tx, store, targets);
        let arrivals = store.arrivals.clone();
        tx.after_commit(move || arrivals.notify_one());
    }
    Ok(answers)
}

async fn read_targets(tx: &mut Tx, requests: &[(Hand, Vec<Append>)]) -> Result<HashMap<FolderId, Target>, DbError> {
    let mut folders: Vec<FolderId> = requests.iter().flat_map(|(_, messages)| messages).map(|m| m.folder).collect();
    folders.sort_unstable();
    folders.dedup();
    let rows = sqlx::query(
        "SELECT f.id, f.uid_validity, f.uid_next, f.highest_modseq, \
                sum(m.bytes), sum(m.messages), \
                (SELECT group_concat(name, ' ') FROM (SELECT name FROM keyword WHERE folder_id = f.id ORDER BY bit)), \
                (SELECT part FROM office_folder o WHERE o.id = f.id) \
         FROM folder f CROSS JOIN folder m ON m.mailbox_id = f.mailbox_id WHERE f.id IN (SELECT value FROM json_each(?)) AND f.selectable \
         GROUP BY f.id",
    )
    .bind(super::json::list(folders.iter().map(|f| f.0)))
    .fetch_all(tx.connection())
    .await?;
    rows.iter()
        .map(|row| {
            let keywords = row.try_get::<Option<&str>, _>(6)?.unwrap_or_default();
            let target = Target {
                uid_validity: row.try_get(1)?,
                uid_next: row.try_get(2)?,
                modseq: row.try_get::<i64, _>(3)?.unsigned_abs() + 1,
                volume: Volume {
                    bytes: row.try_get::<i64, _>(4)?.unsigned_abs(),
                    messages: row.try_get::<i64, _>(5)?.unsigned_abs(),
                },
                keywords: Keywords::new(keywords.split_ascii_whitespace().map(Into::into).collect()),
                new_keywords: false,
                part: row.try_get(7)?,
                entries: Vec::new(),
                hands: Vec::new(),
                seen: Vec::new(),
            };
            Ok((row.try_get(0)?, target))
        })
        .collect::<Result<_, sqlx::Error>>()
        .map_err(DbError::from)
}

/// Gives each message of a request its place, or refuses the request whole.
fn place(
    hand: Hand,
    request: &[Append],
    targets: &mut HashMap<FolderId, Target>,
    rows: &mut Rows,
    store: &Store,
) -> Result<Vec<Appended>, StoreError> {
    for message in request {
        admit(message, request, targets)?;
    }
    let mut flags = Vec::with_capacity(request.len());
    for message in request {
        let target = targets.get_mut(&message.folder).ok_or(StoreError::NoSuchFolder)?;
        flags.push(target.flags(&message.flags)?);
    }
    // Nothing can be refused from here on.
    let mut appended = Vec::with_capacity(request.len());
    for (message, flags) in request.iter().zip(flags) {
        if let Some(target) = targets.get_mut(&message.folder) {
            let flags = target.keep_seen(message.folder, hand, flags);
            target.hands.push(hand);
            appended.push(target.take(message, flags, rows, store));
        }
    }
    Ok(appended)
}

/// Whether the folder is there, has numbers left, and its mailbox has room for all that the request puts there.
fn admit(message: &Append, request: &[Append], targets: &HashMap<FolderId, Target>) -> Result<(), StoreError> {
    let target = targets.get(&message.folder).ok_or(StoreError::NoSuchFolder)?;
    let here = request.iter().filter(|m| m.folder == message.folder);
    let count = u32::try_from(here.clone().count()).unwrap_or(u32::MAX);
    // The highest number is kept free, so that UIDNEXT always names a UID.
    target.uid_next.checked_add(count).filter(|next| *next < u32::MAX).ok_or(StoreError::FolderFull)?;
    let bytes: u64 = here.map(|m| (m.prefix.len() + m.message.len()) as u64).sum();
    target.volume.admits(Volume { messages: count.into(), bytes }, message.quota)
}

impl Target {
    fn flags(&mut self, names: &FlagNames) -> Result<Flags, StoreError> {
        let mut flags = names.system;
        for name in &names.keywords {
            let known = self.keywords.bit(name);
            let bit = known.or_else(|| self.keywords.add(name)).ok_or(StoreError::TooManyKeywords)?;
            self.new_keywords |= known.is_none();
            flags = flags.with(bit);
        }
        Ok(flags)
    }

    /// Where everybody has a `\Seen` of their own, it is that of whoever puts the next message in, and no other's.
    fn keep_seen(&mut self, folder: FolderId, hand: Hand, flags: Flags) -> Flags {
        let (Some(Part::Shared), Some(staff)) = (self.part, hand.staff()) else { return flags };
        let (uid, modseq) = (Uid(self.uid_next), ModSeq(self.modseq));
        let seen = flags.within(Flags::SEEN);
        if seen == Flags::SEEN {
            self.seen.push(Mark { folder, staff, uid, seen, modseq });
        }
        flags.without(seen)
    }

    fn take(&mut self, message: &Append, flags: Flags, rows: &mut Rows, store: &Store) -> Appended {
        let size = message.prefix.len() + message.message.len();
        let entry = Entry {
            uid: Uid(self.uid_next),
            size: u32::try_from(size).unwrap_or(u32::MAX),
            flags,
            modseq: ModSeq(self.modseq),
            date: message.date.as_second(),
            body: rows.body(&message.message, store),
        };
        rows.message(message, &entry);
        self.uid_next += 1;
        self.volume.messages += 1;
        self.volume.bytes += size as u64;
        self.entries.push(entry);
        Appended { uid_validity: self.uid_validity, uid: entry.uid, body: entry.body }
    }
}

/// The rows of a batch. The bytes of many rows lie in one buffer and their numbers in one JSON array, so that one
/// statement writes them, however many they are.
struct Rows {
    saved: i64,
    bodies: Vec<(BodyId, Arc<Prepared>)>,
    /// How many times the last body was put somewhere already.
    variant: i64,
    prefixes: Vec<u8>,
    messages: Json,
}

impl Rows {
    fn new(saved: i64) -> Self {
        Self { saved, bodies: Vec::new(), variant: 0, prefixes: Vec::new(), messages: Json::new() }
    }

    /// The body of a message: one for all the folders it goes to.
    fn body(&mut self, message: &Arc<Prepared>, store: &Store) -> BodyId {
        match self.bodies.last() {
            Some((id, last)) if Arc::ptr_eq(last, message) => {
                self.variant += 1;
                *id
            }
            _ => {
                self.variant = 0;
                let id = store.next_body();
                self.bodies.push((id, message.clone()));
                id
            }
        }
    }

    fn message(&mut self, message: &Append, entry: &Entry) {
        let at = blob_offset(&self.prefixes);
        self.prefixes.extend_from_slice(&message.prefix);
        self.messages.row(&[
            message.folder.0,
            i64::from(entry.uid.0),
            entry.body.0,
            at,
            sql(message.prefix.len()),
            i64::from(entry.size),
            entry.date,
            entry.flags.to_sql(),
            entry.modseq.0.cast_signed(),
            self.variant,
        ]);
    }

    async fn write(self, tx: &mut Tx) -> Result<(), DbError> {
        self.write_bodies(tx).await?;
        self.write_pieces(tx).await?;
        let messages = self.messages.end();
        sqlx::query(
            "INSERT INTO message (folder_id, uid, body_id, prefix, size, internal_date, saved, variant) \
             SELECT value->>0, value->>1, value->>2, coalesce(substr(?1, value->>3, value->>4), x''), value->>5, value->>6, ?3, \
                    value->>9 \
             FROM json_each(?2)",
        )
        .bind(self.prefixes)
        .bind(messages.clone())
        .bind(self.saved)
        .execute(tx.connection())
        .await?;
        sqlx::query(
            "INSERT INTO state (folder_id, uid, flags, modseq) \
             SELECT value->>0, value->>1, value->>7, value->>8 FROM json_each(?1)",
        )
        .bind(messages)
        .execute(tx.connection())
        .await?;
        Ok(())
    }

    async fn write_bodies(&self, tx: &mut Tx) -> Result<(), DbError> {
        let mut bytes = Vec::new();
        let mut rows = Json::new();
        for (id, message) in &self.bodies {
            let summary = &message.summary;
            let at = blob_offset(&bytes);
            for part in
                [message.digest.as_ref(), &summary.envelope, &summary.structure, &summary.body, &summary.preview]
            {
                bytes.extend_from_slice(part);
            }
            let [envelope, structure, body, preview] =
                [&summary.envelope, &summary.structure, &summary.body, &summary.preview].map(|t| sql(t.len()));
            let header = sql(summary.header_len);
            let sent = summary.sent.unwrap_or(i64::MIN);
            rows.row(&[id.0, at, sql(message.len()), header, envelope, structure, body, sent, preview]);
        }
        sqlx::query(
            "INSERT INTO body (id, digest, size, header_size, summary_version, envelope, structure, basic_structure, sent, \
                               preview) \
             SELECT id, substr(?1, at, 32), size, header, ?3, substr(?1, at + 32, e), substr(?1, at + 32 + e, s), \
                    substr(?1, at + 32 + e + s, b), nullif(sent, ?4), substr(?1, at + 32 + e + s + b, p) \
             FROM (SELECT value->>0 AS id, value->>1 AS at, value->>2 AS size, value->>3 AS header, value->>4 AS e, \
                          value->>5 AS s, value->>6 AS b, value->>7 AS sent, value->>8 AS p FROM json_each(?2))",
        )
        .bind(bytes)
        .bind(rows.end())
        .bind(mime::SUMMARY_VERSION)
        .bind(i64::MIN)
        .execute(tx.connection())
        .await?;
        Ok(())
    }

    /// Some hundreds of kilobytes a statement, so that a large message is never copied whole.
    async fn write_pieces(&self, tx: &mut Tx) -> Result<(), DbError> {
        let mut bytes = Vec::new();
        let mut rows = Json::new();
        for (body, message) in &self.bodies {
            for (id, piece) in (super::first_piece(*body)..).zip(message.pieces()) {
                if !bytes.is_empty() && bytes.len() + piece.len() > limits::BATCH_BYTES_MAX {
                    insert_pieces(tx, std::mem::take(&mut bytes), std::mem::replace(&mut rows, Json::new())).await?;
                }
                rows.row(&[id, blob_offset(&bytes), sql(piece.len())]);
                message.contents.read(piece, &mut bytes).map_err(sqlx::Error::Io)?;
            }
        }
        insert_pieces(tx, bytes, rows).await
    }
}

async fn insert_pieces(tx: &mut Tx, bytes: Vec<u8>, rows: Json) -> Result<(), DbError> {
    sqlx::query("INSERT INTO piece (id, data) SELECT value->>0, substr(?1, value->>1, value->>2) FROM json_each(?2)")
        .bind(bytes)
        .bind(rows.end())
        .execute(tx.connection())
        .await?;
    Ok(())
}

async fn update_folders(tx: &mut Tx, targets: &HashMap<FolderId, Target>) -> Result<(), DbError> {
    let mut rows = Json::new();
    for (folder, target) in targets {
        let count = |wanted: &dyn Fn(Flags) -> bool| sql(target.entries.iter().filter(|e| wanted(e.flags)).count());
        let bytes: u64 = target.entries.iter().map(|e| u64::from(e.size)).sum();
        rows.row(&[
            folder.0,
            i64::from(target.uid_next),
            target.modseq.cast_signed(),
            sql(target.entries.len()),
            count(&|flags| !flags.contains(Flags::SEEN)),
            count(&|flags| flags.contains(Flags::DELETED)),
            bytes.cast_signed(),
        ]);
        if target.new_keywords {
            super::write_keywords(tx, *folder, &target.keywords).await?;
        }
    }
    sqlx::query(
        "UPDATE folder SET uid_next = value->>1, highest_modseq = value->>2, messages = messages + (value->>3), \
                unseen = unseen + (value->>4), deleted = deleted + (value->>5), bytes = bytes + (value->>6) \
         FROM json_each(?) WHERE folder.id = value->>0",
    )
    .bind(rows.end())
    .execute(tx.connection())
    .await?;
    Ok(())
}

fn publish(tx: &mut Tx, store: &Store, targets: HashMap<FolderId, Target>) {
    for (folder, target) in targets {
        let mut changes = Vec::with_capacity(2);
        if target.new_keywords {
            changes.push(Change::Keywords(target.keywords));
        }
        changes.push(Change::Appended(target.entries));
        changes.extend(target.seen.iter().map(|mark| Change::Seen(mark.staff, vec![(mark.uid, mark.seen)])));
        store.publish(tx, folder, ModSeq(target.modseq), changes);
    }
}

/// Where the next bytes will be, counted from 1 as `substr` does.
fn blob_offset(bytes: &[u8]) -> i64 {
    sql(bytes.len()) + 1
}
