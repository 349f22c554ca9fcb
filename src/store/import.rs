//! Mail from elsewhere: each message comes in once, however often it is brought (hostile B89). That it came in is written
//! in the commit that brings it, so whatever breaks an import off leaves nothing to compare.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;
use sqlx::sqlite::SqliteConnection;

use super::append::append_each;
use super::{Append, FlagNames, FolderName, Hand, Prepared, SpecialUse, Store, StoreError};
use crate::db::{DbError, Tx};
use crate::id::{FolderId, MailboxId, Uid};

/// A message that is brought in.
#[derive(Clone, Debug)]
pub struct Arriving {
    /// What it is known by where it comes from.
    pub key: String,
    /// Its flags there.
    pub flags: FlagNames,
    /// INTERNALDATE.
    pub date: Timestamp,
    /// Header lines that this copy alone has on top.
    pub prefix: Vec<u8>,
    /// The message.
    pub message: Arc<Prepared>,
}

/// What became of a message that was brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Came {
    /// It is in.
    In,
    /// It is in, without the keywords that its folder has no room for.
    WithoutKeywords,
    /// It came in before, and may have been moved or deleted since.
    Before,
    /// The mailbox has no room for it.
    OverQuota,
    /// The folder has no numbers left.
    FolderFull,
}

impl Store {
    /// Which of these messages of a folder elsewhere came in before.
    pub async fn imported(
        &self,
        mailbox: MailboxId,
        source: &str,
        keys: &[String],
    ) -> Result<HashSet<String>, StoreError> {
        let mut reader = self.db.read().await?;
        Ok(known(&mut reader, mailbox, source, keys).await?)
    }
}

/// Brings messages of one folder elsewhere into a folder, which is made if it is missing, or into the one that the
/// mailbox has for this use. Without a source it is not remembered that they came. A message that does not fit is told and does not keep the others out.
pub async fn import_in(
    tx: &mut Tx,
    store: &Store,
    mailbox: MailboxId,
    source: Option<&str>,
    (folder, special_use): (&FolderName, Option<SpecialUse>),
    messages: &[Arriving],
    quota: Option<u64>,
) -> Result<Vec<Came>, StoreError> {
    let folder = match super::folder::of_use(tx, mailbox, special_use).await? {
        Some(folder) => folder,
        None => super::folder::obtain(tx, mailbox, folder, special_use).await?,
    };
    let keys: Vec<String> = messages.iter().map(|message| message.key.clone()).collect();
    let mut before = match source {
        Some(source) => known(tx.connection(), mailbox, source, &keys).await?,
        None => HashSet::new(),
    };
    let mut came = vec![Came::Before; messages.len()];
    let mut wanted: Vec<usize> =
        (0..).zip(messages).filter(|(_, m)| before.insert(m.key.clone())).map(|(n, _)| n).collect();
    for with in [Keeping::All, Keeping::System] {
        let requests = wanted.iter().filter_map(|n| messages.get(*n));
        let requests = requests.map(|message| (Hand::Import, vec![with.append(message, folder, quota)])).collect();
        let answers = append_each(tx, store, requests).await?;
        let mut again = Vec::new();
        for (n, answer) in wanted.into_iter().zip(answers) {
            let became = match (answer, with) {
                (Ok(_), Keeping::All) => Came::In,
                (Ok(_), Keeping::System) => Came::WithoutKeywords,
                (Err(StoreError::OverQuota), _) => Came::OverQuota,
                (Err(StoreError::FolderFull), _) => Came::FolderFull,
                (Err(StoreError::TooManyKeywords), Keeping::All) => {
                    again.push(n);
                    continue;
                }
                (Err(error), _) => return Err(error),
            };
            if let Some(place) = came.get_mut(n) {
                *place = became;
            }
        }
        wanted = again;
    }
    let kept = keys.iter().zip(&came).filter(|(_, came)| matches!(came, Came::In | Came::WithoutKeywords));
    if let Some(source) = source {
        remember(tx, mailbox, source, &kept.map(|(key, _)| key.as_str()).collect::<Vec<_>>()).await?;
    }
    Ok(came)
}

/// What is kept of a message's flags.
#[derive(Clone, Copy)]
enum Keeping {
    All,
    System,
}

impl Keeping {
    fn append(self, message: &Arriving, folder: FolderId, quota: Option<u64>) -> Append {
        let flags = match self {
            Self::All => message.flags.clone(),
            Self::System => FlagNames { system: message.flags.system, keywords: Vec::new() },
        };
        let Arriving { date, prefix, message, .. } = message;
        Append { folder, message: message.clone(), prefix: prefix.clone(), flags, date: *date, quota }
    }
}

/// The digests of all bodies that a mailbox holds, in hexadecimal.
pub async fn digests(connection: &mut SqliteConnection, mailbox: MailboxId) -> Result<HashSet<String>, DbError> {
    let found: Vec<String> = sqlx::query_scalar(
        "SELECT DISTINCT hex(b.digest) FROM folder f CROSS JOIN state s ON s.folder_id = f.id \
         CROSS JOIN message m ON m.folder_id = s.folder_id AND m.uid = s.uid CROSS JOIN body b ON b.id = m.body_id \
         WHERE f.mailbox_id = ?",
    )
    .bind(mailbox)
    .fetch_all(connection)
    .await?;
    Ok(found.into_iter().collect())
}

/// The digest of each of these bodies, in hexadecimal, and the length of the prefix of each copy.
pub async fn copies(
    connection: &mut SqliteConnection,
    folder: FolderId,
) -> Result<HashMap<Uid, (String, usize)>, DbError> {
    let found: Vec<(u32, String, i64)> = sqlx::query_as(
        "SELECT m.uid, hex(b.digest), octet_length(m.prefix) FROM state s \
         CROSS JOIN message m ON m.folder_id = s.folder_id AND m.uid = s.uid CROSS JOIN body b ON b.id = m.body_id \
         WHERE s.folder_id = ?",
    )
    .bind(folder)
    .fetch_all(connection)
    .await?;
    let copy = |(uid, digest, prefix): (u32, String, i64)| (Uid(uid), (digest, usize::try_from(prefix).unwrap_or(0)));
    Ok(found.into_iter().map(copy).collect())
}

async fn known(
    connection: &mut SqliteConnection,
    mailbox: MailboxId,
    source: &str,
    keys: &[String],
) -> Result<HashSet<String>, DbError> {
    let found: Option<String> = sqlx::query_scalar(
        "SELECT group_concat(i.key, ' ') FROM import_source s CROSS JOIN json_each(?3) k \
         CROSS JOIN imported i ON i.source = s.id AND i.key = k.value WHERE s.mailbox_id = ?1 AND s.name = ?2",
    )
    .bind(mailbox)
    .bind(source)
    .bind(serde_json::json!(keys).to_string())
    .fetch_one(connection)
    .await?;
    Ok(found.unwrap_or_default().split_ascii_whitespace().map(str::to_owned).collect())
}

async fn remember(tx: &mut Tx, mailbox: MailboxId, source: &str, keys: &[&str]) -> Result<(), DbError> {
    let source: i64 = sqlx::query_scalar(
        "INSERT INTO import_source (mailbox_id, name) VALUES (?, ?) \
         ON CONFLICT (mailbox_id, name) DO UPDATE SET name = excluded.name RETURNING id",
    )
    .bind(mailbox)
    .bind(source)
    .fetch_one(tx.connection())
    .await?;
    sqlx::query("INSERT INTO imported (source, key) SELECT ?1, value FROM json_each(?2)")
        .bind(source)
        .bind(serde_json::json!(keys).to_string())
        .execute(tx.connection())
        .await?;
    Ok(())
}
