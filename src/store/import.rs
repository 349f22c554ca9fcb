//! Mail from elsewhere: each message comes in once, however often it is brought (hostile B89). That it came in is written
//! in the commit that brings it, so whatever breaks an import off leaves nothing to compare.

use std::collections::HashSet;
use std::sync::Arc;

use jiff::Timestamp;
use sqlx::sqlite::SqliteConnection;

use super::append::append_each;
use super::{Append, FlagNames, FolderName, Prepared, SpecialUse, Store, StoreError};
use crate::db::{DbError, Tx};
use crate::id::{FolderId, MailboxId};

/// A message that is brought in.
#[derive(Clone, Debug)]
pub struct Arriving {
    /// What it is known by where it comes from.
    pub key: String,
    /// Its flags there.
    pub flags: FlagNames,
    /// INTERNALDATE.
    pub date: Timestamp,
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
/// mailbox has for this use. A message that does not fit is told and does not keep the others out.
pub async fn import_in(
    tx: &mut Tx,
    store: &Store,
    mailbox: MailboxId,
    source: &str,
    (folder, special_use): (&FolderName, Option<SpecialUse>),
    messages: &[Arriving],
    quota: Option<u64>,
) -> Result<Vec<Came>, StoreError> {
    let folder = match super::folder::of_use(tx, mailbox, special_use).await? {
        Some(folder) => folder,
        None => super::folder::obtain(tx, mailbox, folder, special_use).await?,
    };
    let keys: Vec<String> = messages.iter().map(|message| message.key.clone()).collect();
    let mut before = known(tx.connection(), mailbox, source, &keys).await?;
    let mut came = vec![Came::Before; messages.len()];
    let mut wanted: Vec<usize> =
        (0..).zip(messages).filter(|(_, m)| before.insert(m.key.clone())).map(|(n, _)| n).collect();
    for with in [Keeping::All, Keeping::System] {
        let requests = wanted.iter().filter_map(|n| messages.get(*n));
        let requests = requests.map(|message| vec![with.append(message, folder, quota)]).collect();
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
    remember(tx, mailbox, source, &kept.map(|(key, _)| key.as_str()).collect::<Vec<_>>()).await?;
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
        let Arriving { date, message, .. } = message;
        Append { folder, message: message.clone(), prefix: Vec::new(), flags, date: *date, quota }
    }
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
