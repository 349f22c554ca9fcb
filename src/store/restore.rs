//! Bringing expunged messages back while they are kept: into the folder they were in, as they were but for `\Deleted`.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sqlx::Row;
use sqlx::sqlite::SqliteConnection;

use super::copy::{Destination, copy_rows};
use super::{Entry, Flags, FolderName, Keywords, SpecialUse, Store, StoreError};
use crate::db::{DbError, Tx};
use crate::id::{BodyId, FolderId, MailboxId, ModSeq, Uid};
use crate::limits;
use crate::mime;

/// Expunged messages of a mailbox that agree with [`Which`], from folders that are there and from deleted ones.
macro_rules! lost {
    () => {
        "FROM (SELECT id, name, NULL AS special_use, NULL AS keywords FROM folder WHERE mailbox_id = ?1 \
               UNION ALL SELECT id, name, special_use, keywords FROM deleted_folder WHERE mailbox_id = ?1) n \
         CROSS JOIN expunged x ON x.folder_id = n.id AND x.fate = 'gone' AND x.at >= ?2 AND x.at < ?3 \
         CROSS JOIN message m ON m.folder_id = x.folder_id AND m.uid = x.uid \
         WHERE (?4 IS NULL OR n.name = ?4) \
         AND (?5 IS NULL OR (x.folder_id, x.uid) IN (SELECT value->>0, value->>1 FROM json_each(?5)))"
    };
}

/// What became of a message that is in its folder no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is gone until it is brought back.
    Gone,
    /// It is in another folder.
    Moved,
}

impl Fate {
    pub(super) fn sql(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Moved => "moved",
        }
    }
}

/// An expunged message: `12-345`, the folder it was in and its number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LostId {
    folder: FolderId,
    uid: Uid,
}

/// The text names no expunged message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a message's number as `mailbox restore --list` shows it, such as 12-345")]
pub struct LostIdError;

impl LostId {
    /// Of a message in a backup: it is called by its place there.
    pub fn of(folder: FolderId, uid: Uid) -> Self {
        Self { folder, uid }
    }
}

impl FromStr for LostId {
    type Err = LostIdError;

    fn from_str(text: &str) -> Result<Self, LostIdError> {
        let (folder, uid) = text.split_once('-').ok_or(LostIdError)?;
        let folder = folder.parse().map(FolderId).map_err(|_| LostIdError)?;
        Ok(Self { folder, uid: uid.parse().map(Uid).map_err(|_| LostIdError)? })
    }
}

impl TryFrom<String> for LostId {
    type Error = LostIdError;

    fn try_from(text: String) -> Result<Self, LostIdError> {
        text.parse()
    }
}

impl From<LostId> for String {
    fn from(id: LostId) -> Self {
        id.to_string()
    }
}

impl fmt::Display for LostId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.folder, self.uid)
    }
}

/// Which expunged messages are meant: those that agree with everything that is set.
#[derive(Clone, Debug, Default)]
pub struct Which {
    /// These.
    pub ids: Option<Vec<LostId>>,
    /// Expunged at or after this, Unix seconds.
    pub since: Option<i64>,
    /// Expunged before this, Unix seconds.
    pub until: Option<i64>,
    /// From this folder.
    pub folder: Option<FolderName>,
}

/// A message that can be brought back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lost {
    /// What it is called by.
    pub id: LostId,
    /// The folder it was in.
    pub folder: String,
    /// INTERNALDATE, Unix seconds.
    pub date: i64,
    /// When it was expunged, Unix seconds; of a backup nobody knows.
    pub expunged: Option<i64>,
    /// Octets.
    pub size: u32,
    /// The From field, decoded.
    pub from: String,
    /// The Subject field, decoded.
    pub subject: String,
}

/// An expunged message as its rows have it.
#[derive(Debug)]
struct Kept {
    id: LostId,
    name: String,
    /// Of a folder that was deleted: its use and keywords.
    deleted: Option<(Option<String>, String)>,
    at: i64,
    entry: Entry,
}

impl Store {
    /// What can be brought back, the latest expunged first; no more than [`limits::LOST_LISTED_MAX`].
    pub async fn lost(&self, mailbox: MailboxId, which: &Which) -> Result<Vec<Lost>, StoreError> {
        let kept = kept(&mut *self.db.read().await?, mailbox, which, limits::LOST_LISTED_MAX).await?;
        let mut lost = Vec::with_capacity(kept.len());
        for some in kept.chunk_by(|a, b| a.id.folder == b.id.folder) {
            for batch in some.chunks(limits::BATCH_MESSAGES_MAX) {
                let Some(first) = batch.first() else { continue };
                let asked: Vec<_> = batch.iter().map(|kept| (kept.id.uid, kept.entry.body)).collect();
                let headers = self.headers(first.id.folder, &asked).await?;
                lost.extend(batch.iter().zip(headers.iter()).map(|(kept, header)| kept.shown(header)));
            }
        }
        Ok(lost)
    }

    /// How many octets these messages have together.
    pub async fn lost_bytes(&self, mailbox: MailboxId, which: &Which) -> Result<u64, StoreError> {
        let mut reader = self.db.read().await?;
        let summed = concat!("SELECT coalesce(sum(m.size), 0) ", lost!());
        let row = asked(sqlx::query(summed), mailbox, which).fetch_one(&mut *reader).await.map_err(DbError::from)?;
        Ok(row.try_get::<i64, _>(0).map_err(DbError::from)?.unsigned_abs())
    }
}

/// Brings back some of these messages, the earliest expunged first and no more than [`limits::BATCH_MESSAGES_MAX`], and
/// tells which; none once all are back. A folder that was deleted is made again.
pub async fn restore_in(
    tx: &mut Tx,
    store: &Store,
    mailbox: MailboxId,
    which: &Which,
    quota: Option<u64>,
) -> Result<Vec<(LostId, FolderName)>, StoreError> {
    let mut kept = kept(tx.connection(), mailbox, which, super::json::sql(limits::BATCH_MESSAGES_MAX)).await?;
    kept.sort_by_key(|kept| (kept.id.folder, kept.id.uid));
    let mut restored = Vec::with_capacity(kept.len());
    for some in kept.chunk_by(|a, b| a.id.folder == b.id.folder) {
        let Some(first) = some.first() else { continue };
        let (from, name) = (first.id.folder, FolderName::kept(first.name.clone()));
        let (special_use, own) = match &first.deleted {
            Some((special_use, keywords)) => {
                (special_use.as_deref().and_then(SpecialUse::from_sql), Keywords::kept(keywords))
            }
            None => (None, super::read_keywords(tx.connection(), from).await?),
        };
        let to = super::folder::obtain(tx, mailbox, &name, special_use).await?;
        let entries: Vec<_> = some.iter().map(|kept| kept.entry).collect();
        copy_rows(tx, store, (from, &own), &entries, Destination { quota, ..Destination::of(to) }).await?;
        restored.extend(some.iter().map(|kept| (kept.id, name.clone())));
    }
    mark(tx, &restored).await?;
    Ok(restored)
}

async fn mark(tx: &mut Tx, restored: &[(LostId, FolderName)]) -> Result<(), DbError> {
    sqlx::query(
        "UPDATE expunged SET fate = 'restored' \
         WHERE (folder_id, uid) IN (SELECT value->>0, value->>1 FROM json_each(?))",
    )
    .bind(pairs(restored.iter().map(|(id, _)| *id)))
    .execute(tx.connection())
    .await?;
    Ok(())
}

fn pairs(ids: impl Iterator<Item = LostId>) -> String {
    let mut rows = super::json::Json::new();
    for id in ids {
        rows.row(&[id.folder.0, i64::from(id.uid.0)]);
    }
    rows.end()
}

impl Kept {
    fn read(row: &sqlx::sqlite::SqliteRow) -> Result<Self, sqlx::Error> {
        let flags = Flags::from_sql(row.try_get("flags")?).without(Flags::DELETED);
        let keywords: Option<String> = row.try_get("keywords")?;
        let uid = Uid(row.try_get("uid")?);
        let entry = Entry {
            uid,
            size: row.try_get("size")?,
            flags,
            modseq: ModSeq(0),
            date: row.try_get("internal_date")?,
            body: BodyId(row.try_get("body_id")?),
        };
        Ok(Self {
            id: LostId { folder: row.try_get("folder_id")?, uid },
            name: row.try_get("name")?,
            deleted: match keywords {
                Some(keywords) => Some((row.try_get("special_use")?, keywords)),
                None => None,
            },
            at: row.try_get("at")?,
            entry,
        })
    }

    fn shown(&self, header: &[u8]) -> Lost {
        let mut fields: BTreeMap<&str, String> = BTreeMap::new();
        for field in mime::fields(header) {
            for name in ["from", "subject"] {
                if field.is(name) && !fields.contains_key(name) {
                    fields.insert(name, field.text());
                }
            }
        }
        Lost {
            id: self.id,
            folder: self.name.clone(),
            date: self.entry.date,
            expunged: Some(self.at),
            size: self.entry.size,
            from: fields.remove("from").unwrap_or_default(),
            subject: fields.remove("subject").unwrap_or_default(),
        }
    }
}

async fn kept(
    connection: &mut SqliteConnection,
    mailbox: MailboxId,
    which: &Which,
    at_most: i64,
) -> Result<Vec<Kept>, DbError> {
    let rows = asked(
        sqlx::query(concat!(
            "SELECT x.folder_id, x.uid, x.flags, x.at, n.name, n.special_use, n.keywords, m.size, m.internal_date, \
                    m.body_id ",
            lost!(),
            " ORDER BY x.at DESC, x.folder_id, x.uid LIMIT ?6"
        )),
        mailbox,
        which,
    );
    let rows = rows.bind(at_most).fetch_all(connection).await?;
    Ok(rows.iter().map(Kept::read).collect::<Result<_, sqlx::Error>>()?)
}

type Query = sqlx::query::Query<'static, sqlx::Sqlite, sqlx::sqlite::SqliteArguments>;

/// Asks about one mailbox's messages that are [`lost`].
fn asked(query: Query, mailbox: MailboxId, which: &Which) -> Query {
    query
        .bind(mailbox)
        .bind(which.since.unwrap_or(i64::MIN))
        .bind(which.until.unwrap_or(i64::MAX))
        .bind(which.folder.as_ref().map(|name| name.as_str().to_owned()))
        .bind(which.ids.as_ref().map(|ids| pairs(ids.iter().copied())))
}
