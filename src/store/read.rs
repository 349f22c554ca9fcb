//! Reading in bulk. A row of a result costs microseconds, so SQL joins many small values into one row.
//!
//! The order is that of the loops: `json_each` goes through its array, and CROSS JOIN and LEFT JOIN are not reordered, so
//! that nothing is sorted.

use std::ops::Range;

use futures_util::TryStreamExt;
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::json::{Json, list, sql};
use super::{Entry, Flags, Index, Keywords, Store, StoreError, seen};
use crate::db::DbError;
use crate::id::{BodyId, FolderId, ModSeq, StaffId, Uid};
use crate::limits;

/// The header blocks of messages, for [`each`].
pub(super) const HEADERS: &str = "SELECT group_concat(key || ' ' || octet_length(t), ' '), group_concat(t, '') FROM ( \
         SELECT r.key, CASE WHEN p.id % 4096 THEN p.data ELSE m.prefix || coalesce(p.data, '') END AS t \
         FROM json_each(?2) r CROSS JOIN message m ON m.folder_id = ?1 AND m.uid = r.value->>0 \
         CROSS JOIN body b ON b.id = m.body_id \
         LEFT JOIN piece p ON p.id >= b.id * 4096 AND p.id < b.id * 4096 + (b.header_size + 262143) / 262144)";

/// Which derived text of a message is wanted; all are IMAP text, ready to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Derived {
    /// ENVELOPE
    Envelope,
    /// BODYSTRUCTURE
    Structure,
    /// BODY, without extension data
    BasicStructure,
    /// PREVIEW; empty where it has not been made yet
    Preview,
}

/// Texts of several messages, in the order in which they were asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Texts {
    /// All texts, one behind the other, and where each ends.
    pub fn into_parts(self) -> (Vec<u8>, Vec<usize>) {
        (self.bytes, self.ends)
    }

    /// Texts as [`Texts::into_parts`] took them apart.
    pub fn from_parts(bytes: Vec<u8>, ends: Vec<usize>) -> Self {
        Self { bytes, ends }
    }

    /// A single one.
    pub fn one(text: Vec<u8>) -> Self {
        Self { ends: vec![text.len()], bytes: text }
    }

    /// Each text in order. One that is no longer there is empty.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.ends.iter().enumerate().map(|(i, end)| {
            let start = i.checked_sub(1).and_then(|i| self.ends.get(i)).copied().unwrap_or(0);
            self.bytes.get(start..*end).unwrap_or_default()
        })
    }
}

impl Store {
    /// Texts derived from messages, at most [`limits::BATCH_MESSAGES_MAX`] a call for bounded memory.
    pub async fn derived(&self, what: Derived, bodies: &[BodyId]) -> Result<Texts, StoreError> {
        let statement = match what {
            Derived::Envelope => {
                "SELECT group_concat(octet_length(t), ' '), group_concat(t, '') FROM (SELECT coalesce(b.envelope, '') AS t \
                 FROM json_each(?) r LEFT JOIN body b ON b.id = r.value)"
            }
            Derived::Structure => {
                "SELECT group_concat(octet_length(t), ' '), group_concat(t, '') FROM (SELECT coalesce(b.structure, '') AS t \
                 FROM json_each(?) r LEFT JOIN body b ON b.id = r.value)"
            }
            Derived::Preview => {
                "SELECT group_concat(octet_length(t), ' '), group_concat(t, '') FROM (SELECT coalesce(b.preview, '') AS t \
                 FROM json_each(?) r LEFT JOIN body b ON b.id = r.value)"
            }
            Derived::BasicStructure => {
                "SELECT group_concat(octet_length(t), ' '), group_concat(t, '') FROM (SELECT coalesce(b.basic_structure, '') AS t \
                 FROM json_each(?) r LEFT JOIN body b ON b.id = r.value)"
            }
        };
        let mut reader = self.db.read().await?;
        Ok(joined(&mut reader, statement, list(bodies.iter().map(|b| b.0))).await?)
    }

    /// The Date fields of messages in seconds since 1970, `None` where there is no date to make out; at most
    /// [`limits::INDEX_BATCH_MESSAGES_MAX`] a call for bounded memory.
    pub async fn sent(&self, bodies: &[BodyId]) -> Result<Vec<Option<i64>>, StoreError> {
        let mut reader = self.db.read().await?;
        let packed: Option<String> = sqlx::query_scalar(
            "SELECT group_concat(coalesce(b.sent, '-'), ' ') FROM json_each(?) r LEFT JOIN body b ON b.id = r.value",
        )
        .bind(list(bodies.iter().map(|b| b.0)))
        .fetch_one(&mut *reader)
        .await
        .map_err(DbError::from)?;
        Ok(packed.unwrap_or_default().split_ascii_whitespace().map(|sent| sent.parse().ok()).collect())
    }

    /// Header blocks, the blank line included, at most [`limits::BATCH_MESSAGES_MAX`] a call for bounded memory.
    pub async fn headers(&self, folder: FolderId, messages: &[(Uid, BodyId)]) -> Result<Texts, StoreError> {
        self.read_each(HEADERS, folder, messages).await
    }

    /// Whole messages; the caller keeps a call's messages within [`limits::BATCH_BYTES_MAX`] or asks for one alone.
    pub async fn messages(&self, folder: FolderId, messages: &[(Uid, BodyId)]) -> Result<Texts, StoreError> {
        self.read_each(
            "SELECT group_concat(key || ' ' || octet_length(t), ' '), group_concat(t, '') FROM ( \
                 SELECT r.key, CASE WHEN p.id % 4096 THEN p.data ELSE m.prefix || coalesce(p.data, '') END AS t \
                 FROM json_each(?2) r CROSS JOIN message m ON m.folder_id = ?1 AND m.uid = r.value->>0 \
                 LEFT JOIN piece p ON p.id >= m.body_id * 4096 AND p.id < (m.body_id + 1) * 4096)",
            folder,
            messages,
        )
        .await
    }

    /// The pieces of a body from a number on, some hundreds of kilobytes of them; none behind the last.
    pub async fn pieces(&self, body: BodyId, from: i64) -> Result<Vec<Vec<u8>>, StoreError> {
        let mut reader = self.db.read().await?;
        let first = super::first_piece(body);
        let pieces = sqlx::query_scalar("SELECT data FROM piece WHERE id >= ? AND id < ? ORDER BY id LIMIT ?")
            .bind(first + from)
            .bind(first + super::PIECES_PER_BODY)
            .bind(sql(limits::BATCH_BYTES_MAX / limits::BODY_PIECE_BYTES_MAX))
            .fetch_all(&mut *reader)
            .await
            .map_err(DbError::from)?;
        Ok(pieces)
    }

    /// The beginning of a body, at most so many octets.
    pub async fn beginning(&self, body: BodyId, at_most: usize) -> Result<Vec<u8>, StoreError> {
        let mut bytes: Vec<u8> = Vec::new();
        let mut from = 0;
        while bytes.len() < at_most {
            let pieces = self.pieces(body, from).await?;
            if pieces.is_empty() {
                break;
            }
            from += sql(pieces.len());
            for piece in &pieces {
                bytes.extend_from_slice(piece);
            }
        }
        bytes.truncate(at_most);
        Ok(bytes)
    }

    /// Some octets of one message, for those too large to be read whole.
    pub async fn range(
        &self,
        folder: FolderId,
        (uid, body): (Uid, BodyId),
        wanted: Range<u64>,
    ) -> Result<Vec<u8>, StoreError> {
        let mut reader = self.db.read().await?;
        let prefix: Vec<u8> = sqlx::query_scalar("SELECT prefix FROM message WHERE folder_id = ? AND uid = ?")
            .bind(folder)
            .bind(uid.0)
            .fetch_optional(&mut *reader)
            .await
            .map_err(DbError::from)?
            .ok_or(StoreError::NoSuchFolder)?;
        let rows = sqlx::query(
            "SELECT s.start, p.data FROM (SELECT id, n, sum(n) OVER (ORDER BY id) - n AS start FROM \
                (SELECT id, octet_length(data) AS n FROM piece WHERE id >= ?1 AND id < ?1 + 4096)) s \
             CROSS JOIN piece p ON p.id = s.id WHERE s.start < ?3 AND s.start + s.n > ?2 ORDER BY s.id",
        )
        .bind(super::first_piece(body))
        .bind(wanted.start.saturating_sub(prefix.len() as u64).cast_signed())
        .bind(wanted.end.saturating_sub(prefix.len() as u64).cast_signed())
        .fetch_all(&mut *reader)
        .await
        .map_err(DbError::from)?;
        let mut bytes = cut(&prefix, 0, &wanted).to_vec();
        for row in &rows {
            let start: i64 = row.try_get(0).map_err(DbError::from)?;
            let data: &[u8] = row.try_get(1).map_err(DbError::from)?;
            bytes.extend_from_slice(cut(data, prefix.len() as u64 + start.unsigned_abs(), &wanted));
        }
        Ok(bytes)
    }

    /// One message of any size, in no more memory than it takes; the caller has room for that. Empty if it is no longer
    /// there.
    pub async fn message(&self, folder: FolderId, message: (Uid, BodyId), size: u64) -> Result<Vec<u8>, StoreError> {
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
        while (bytes.len() as u64) < size {
            let start = bytes.len() as u64;
            let end = size.min(start + limits::BATCH_BYTES_MAX as u64);
            match self.range(folder, message, start..end).await {
                Ok(piece) if piece.is_empty() => return Ok(Vec::new()),
                Ok(piece) => bytes.extend_from_slice(&piece),
                Err(StoreError::NoSuchFolder) => return Ok(Vec::new()),
                Err(error) => return Err(error),
            }
        }
        Ok(bytes)
    }

    async fn read_each(
        &self,
        statement: &'static str,
        folder: FolderId,
        messages: &[(Uid, BodyId)],
    ) -> Result<Texts, StoreError> {
        let mut reader = self.db.read().await?;
        Ok(each(&mut reader, statement, folder, messages).await?)
    }

    /// The octets of the messages of folders that are marked `\\Deleted`.
    pub async fn deleted_bytes(
        &self,
        folders: impl IntoIterator<Item = FolderId>,
    ) -> Result<Vec<(FolderId, u64)>, StoreError> {
        let mut reader = self.db.read().await?;
        let sums: Vec<(FolderId, i64)> = sqlx::query_as(
            "SELECT s.folder_id, sum(m.size) FROM json_each(?1) r CROSS JOIN state s ON s.folder_id = r.value \
             CROSS JOIN message m ON m.folder_id = s.folder_id AND m.uid = s.uid WHERE s.flags & ?2 GROUP BY s.folder_id",
        )
        .bind(list(folders.into_iter().map(|folder| folder.0)))
        .bind(Flags::DELETED.to_sql())
        .fetch_all(&mut *reader)
        .await
        .map_err(DbError::from)?;
        Ok(sums.into_iter().map(|(folder, bytes)| (folder, bytes.unsigned_abs())).collect())
    }

    /// A folder's index as one state of the database has it; for a person, with what they have seen.
    pub(super) async fn read_index(&self, folder: FolderId, eyes: Option<StaffId>) -> Result<Index, StoreError> {
        let mut reader = self.db.read().await?;
        let mut snapshot = sqlx::Connection::begin(&mut *reader).await.map_err(DbError::from)?;
        let row = sqlx::query(
            "SELECT uid_next, highest_modseq, \
                (SELECT group_concat(name, ' ') FROM (SELECT name FROM keyword WHERE folder_id = ?1 ORDER BY bit)) \
             FROM folder WHERE id = ?1 AND selectable",
        )
        .bind(folder)
        .fetch_optional(&mut *snapshot)
        .await
        .map_err(DbError::from)?
        .ok_or(StoreError::NoSuchFolder)?;
        let mut entries = entries(&mut snapshot, folder, "[[1,4294967295]]".to_owned()).await?;
        if let Some(staff) = eyes {
            seen::through_eyes_of(&mut snapshot, staff, folder, &mut entries).await?;
        }
        let read = || -> Result<Index, sqlx::Error> {
            let names: Option<&str> = row.try_get(2)?;
            let keywords = Keywords::new(names.unwrap_or_default().split_ascii_whitespace().map(Into::into).collect());
            let highest = ModSeq(row.try_get::<i64, _>(1)?.unsigned_abs());
            Ok(Index::new(&entries, keywords, Uid(row.try_get(0)?), highest).through(eyes))
        };
        Ok(read().map_err(DbError::from)?)
    }
}

/// Texts that a statement joined into one row: their lengths, and all of them.
pub(super) async fn joined(
    connection: &mut SqliteConnection,
    statement: &'static str,
    argument: String,
) -> Result<Texts, DbError> {
    let row = sqlx::query(statement).bind(argument).fetch_one(connection).await?;
    let lengths: Option<&str> = row.try_get(0)?;
    let bytes: Option<Vec<u8>> = row.try_get(1)?;
    let mut texts = Texts { bytes: bytes.unwrap_or_default(), ends: Vec::new() };
    let mut end = 0;
    for [length] in numbers(lengths.unwrap_or_default()) {
        end += usize::try_from(length).unwrap_or(0);
        texts.ends.push(end);
    }
    Ok(texts)
}

/// Texts of messages, each in the pieces that the statement gives.
pub(super) async fn each(
    connection: &mut SqliteConnection,
    statement: &'static str,
    folder: FolderId,
    messages: &[(Uid, BodyId)],
) -> Result<Texts, DbError> {
    let mut request = Json::new();
    for (uid, body) in messages {
        request.row(&[i64::from(uid.0), body.0]);
    }
    let row = sqlx::query(statement).bind(folder).bind(request.end()).fetch_one(connection).await?;
    in_pieces(&row, messages.len())
}

/// Whole bodies, without what stands above them in a copy. A single one, which may be large, is read piece by piece: it
/// is in memory once, and not joined by SQLite and copied by its driver besides.
pub(super) async fn bodies(connection: &mut SqliteConnection, bodies: &[i64]) -> Result<Texts, DbError> {
    if let [body] = bodies {
        let size: Option<i64> = sqlx::query_scalar("SELECT size FROM body WHERE id = ?")
            .bind(body)
            .fetch_optional(&mut *connection)
            .await?;
        let mut bytes = Vec::with_capacity(usize::try_from(size.unwrap_or(0)).unwrap_or(0));
        let mut pieces = sqlx::query("SELECT data FROM piece WHERE id >= ?1 AND id < ?1 + 4096 ORDER BY id")
            .bind(super::first_piece(BodyId(*body)))
            .fetch(connection);
        while let Some(piece) = pieces.try_next().await? {
            bytes.extend_from_slice(piece.try_get(0)?);
        }
        return Ok(Texts { ends: vec![bytes.len()], bytes });
    }
    let row = sqlx::query(
        "SELECT group_concat(r.key || ' ' || octet_length(p.data), ' '), group_concat(p.data, '') \
         FROM json_each(?) r CROSS JOIN piece p ON p.id >= r.value * 4096 AND p.id < (r.value + 1) * 4096",
    )
    .bind(list(bodies.iter().copied()))
    .fetch_one(connection)
    .await?;
    in_pieces(&row, bodies.len())
}

/// Texts of which each has one or more pieces; one that is no longer there has none.
fn in_pieces(row: &SqliteRow, count: usize) -> Result<Texts, DbError> {
    let lengths: Option<&str> = row.try_get(0)?;
    let bytes: Option<Vec<u8>> = row.try_get(1)?;
    let mut texts = Texts { bytes: bytes.unwrap_or_default(), ends: Vec::with_capacity(count) };
    let mut end = 0;
    for [key, length] in numbers(lengths.unwrap_or_default()) {
        texts.ends.resize(usize::try_from(key).unwrap_or(0), end);
        end += usize::try_from(length).unwrap_or(0);
        texts.ends.push(end);
    }
    texts.ends.resize(count, end);
    Ok(texts)
}

/// The messages of a folder within ranges of UIDs, ascending.
pub(super) async fn entries(
    connection: &mut SqliteConnection,
    folder: FolderId,
    uids: String,
) -> Result<Vec<Entry>, DbError> {
    let packed: Vec<String> = sqlx::query_scalar(
        "SELECT group_concat(s.uid || ' ' || m.size || ' ' || s.flags || ' ' || s.modseq || ' ' || m.internal_date || ' ' \
                             || m.body_id, ' ') \
         FROM json_each(?2) r CROSS JOIN state s ON s.folder_id = ?1 AND s.uid BETWEEN r.value->>0 AND r.value->>1 \
         CROSS JOIN message m ON m.folder_id = s.folder_id AND m.uid = s.uid GROUP BY s.uid / ?3",
    )
    .bind(folder)
    .bind(uids)
    .bind(sql(limits::BATCH_MESSAGES_MAX))
    .fetch_all(connection)
    .await?;
    let mut entries: Vec<Entry> = packed
        .iter()
        .flat_map(|text| numbers(text))
        .map(|[number, size, flags, modseq, date, body]| Entry {
            uid: uid(number),
            size: u32::try_from(size).unwrap_or(u32::MAX),
            flags: Flags::from_sql(flags),
            modseq: ModSeq(modseq.unsigned_abs()),
            date,
            body: BodyId(body),
        })
        .collect();
    if !entries.is_sorted_by_key(|e| e.uid) {
        entries.sort_unstable_by_key(|e| e.uid);
    }
    Ok(entries)
}

/// Packed numbers, `N` to a record.
pub(super) fn numbers<const N: usize>(packed: &str) -> impl Iterator<Item = [i64; N]> {
    let mut words = packed.split_ascii_whitespace();
    std::iter::from_fn(move || {
        let mut record = [0; N];
        for number in &mut record {
            *number = words.next()?.parse().ok()?;
        }
        Some(record)
    })
}

pub(super) fn uid(number: i64) -> Uid {
    Uid(u32::try_from(number).unwrap_or(u32::MAX))
}

/// What of `bytes`, which begin at `start`, is wanted.
fn cut<'a>(bytes: &'a [u8], start: u64, wanted: &Range<u64>) -> &'a [u8] {
    let place = |at: u64| usize::try_from(at.saturating_sub(start)).unwrap_or(usize::MAX).min(bytes.len());
    bytes.get(place(wanted.start)..place(wanted.end)).unwrap_or_default()
}
