//! The folders that every mailbox begins with.

use super::json::{list, sql};
use super::read::numbers;
use super::{FolderName, SpecialUse, StoreError};
use crate::db::{DbError, Tx};
use crate::id::{FolderId, MailboxId};

/// Makes the folders of a new mailbox, and subscribes to them; returns its INBOX.
pub async fn create_default_folders(tx: &mut Tx, mailbox: MailboxId) -> Result<FolderId, StoreError> {
    create_default_folders_of(tx, &[mailbox]).await?.pop().ok_or(StoreError::NoSuchFolder)
}

/// The same for many new mailboxes, in as many statements as for one; returns the INBOX of each, in their order.
pub async fn create_default_folders_of(tx: &mut Tx, mailboxes: &[MailboxId]) -> Result<Vec<FolderId>, StoreError> {
    if mailboxes.is_empty() {
        return Ok(Vec::new());
    }
    let folders = initial();
    let first = uid_validities(tx, mailboxes.len() * folders.len()).await?;
    let ids = list(mailboxes.iter().map(|mailbox| mailbox.0));
    sqlx::query(
        "INSERT INTO folder (mailbox_id, name, special_use, uid_validity) \
         SELECT m.value, f.value->>0, f.value->>1, ?3 + m.key * ?4 + f.key \
         FROM json_each(?1) m CROSS JOIN json_each(?2) f",
    )
    .bind(&ids)
    .bind(serde_json::json!(folders).to_string())
    .bind(first)
    .bind(sql(folders.len()))
    .execute(tx.connection())
    .await
    .map_err(DbError::from)?;
    sqlx::query(
        "INSERT INTO subscription SELECT f.mailbox_id, f.name \
         FROM json_each(?) m CROSS JOIN folder f ON f.mailbox_id = m.value",
    )
    .bind(&ids)
    .execute(tx.connection())
    .await
    .map_err(DbError::from)?;
    inboxes(tx, &ids).await
}

/// Name and use of each.
fn initial() -> Vec<(String, Option<&'static str>)> {
    let inbox = (FolderName::inbox().as_str().to_owned(), None);
    let named = |(_, attribute, sql): (SpecialUse, &str, &'static str)| {
        (attribute.trim_start_matches('\\').to_owned(), Some(sql))
    };
    std::iter::once(inbox).chain(SpecialUse::ALL.map(named)).collect()
}

async fn inboxes(tx: &mut Tx, mailboxes: &str) -> Result<Vec<FolderId>, StoreError> {
    let packed: Option<String> = sqlx::query_scalar(
        "SELECT group_concat(id, ' ') FROM (SELECT f.id FROM json_each(?) m CROSS JOIN folder f \
         ON f.mailbox_id = m.value AND f.name = 'INBOX' ORDER BY m.key)",
    )
    .bind(mailboxes)
    .fetch_one(tx.connection())
    .await
    .map_err(DbError::from)?;
    Ok(numbers(packed.as_deref().unwrap_or_default()).map(|[id]| FolderId(id)).collect())
}

/// Takes so many validities and gives the first of them: above all given before, and near the time as clients expect,
/// whatever the clock does (hostile F18).
pub(super) async fn uid_validities(tx: &mut Tx, count: usize) -> Result<i64, StoreError> {
    let last: i64 =
        sqlx::query_scalar("UPDATE uid_validity SET last = max(last + 1, unixepoch()) + ? - 1 RETURNING last")
            .bind(sql(count))
            .fetch_one(tx.connection())
            .await
            .map_err(DbError::from)?;
    Ok(last - sql(count) + 1)
}

/// The folder that a mailbox's mail arrives in, as the transaction sees it.
pub async fn inbox_in(tx: &mut Tx, mailbox: MailboxId) -> Result<FolderId, StoreError> {
    let inbox = FolderName::inbox();
    let found = sqlx::query_scalar("SELECT id FROM folder WHERE mailbox_id = ? AND name = ?")
        .bind(mailbox)
        .bind(inbox.as_str())
        .fetch_optional(tx.connection());
    found.await.map_err(DbError::from)?.ok_or(StoreError::NoSuchFolder)
}
