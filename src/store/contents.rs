//! All that a mailbox holds, at once: moved below a folder of another mailbox (a unit is merged), or ended (its grace is
//! over).

use std::collections::{BTreeSet, HashMap, HashSet};

use sqlx::sqlite::SqliteConnection;

use super::json::sql;
use super::{FolderName, FolderNameError, Store, StoreError};
use crate::db::{DbError, Tx};
use crate::id::{FolderId, MailboxId};
use crate::limits;

/// Moves every folder of one mailbox, with its messages, flags, keywords and subscriptions, below a folder of another,
/// which is made if it is missing. Ids, UIDs and validities stay; uses (`\Sent` and the like) do not: a mailbox has one
/// folder of each. A name that is taken gets a number. No quota is asked: nothing is to be lost by a merger.
///
/// Afterwards `from` has no folder, not even an INBOX: the caller removes it in the same transaction. Sessions on what
/// was moved learn that it is gone.
///
/// # Errors
/// [`StoreError::TooManyFolders`] and [`StoreError::Name`] where the other mailbox cannot hold them; nothing was changed.
pub async fn move_contents(
    tx: &mut Tx,
    store: &Store,
    from: MailboxId,
    to: MailboxId,
    under: &FolderName,
) -> Result<(), StoreError> {
    let (moved, others) = (folders(tx, from).await?, folders(tx, to).await?);
    let taken: HashSet<&str> = others.iter().map(|(_, name)| name.as_str()).collect();
    let names = places(&moved, &taken, under)?;
    let missing = std::iter::successors(Some(under.clone()), FolderName::parent);
    let missing = missing.filter(|name| !taken.contains(name.as_str())).count();
    if sql(others.len() + moved.len() + missing) > limits::FOLDERS_PER_MAILBOX_MAX {
        return Err(StoreError::TooManyFolders);
    }
    super::folder::ensure(tx, to, under).await?;
    rename(tx, to, &names).await?;
    move_subscriptions(tx, from, to, &moved, &names).await?;
    move_references(tx, from, to).await?;
    super::item::move_items(tx, from, to).await?;
    move_deleted(tx, from, to, under).await?;
    store.names_changed(tx, to);
    leave(tx, store, from, moved.into_iter().map(|(id, _)| id).collect());
    Ok(())
}

/// Ends a mailbox's folders with all their messages: nobody can find them any more, and they are purged after the same
/// time as what people expunge. The caller removes the mailbox in the same transaction.
pub async fn discard_mailbox(tx: &mut Tx, store: &Store, mailbox: MailboxId) -> Result<(), StoreError> {
    let ended = folders(tx, mailbox).await?;
    let now = store.clock.now().as_second();
    for (statement, argument) in [
        (
            "INSERT INTO expunged (folder_id, uid, modseq, at, flags) SELECT s.folder_id, s.uid, s.modseq, ?2, s.flags \
             FROM folder f CROSS JOIN state s ON s.folder_id = f.id WHERE f.mailbox_id = ?1",
            Some(now),
        ),
        ("DELETE FROM state WHERE folder_id IN (SELECT id FROM folder WHERE mailbox_id = ?1)", None),
        ("DELETE FROM folder WHERE mailbox_id = ?1", None),
        ("DELETE FROM subscription WHERE mailbox_id = ?1", None),
        ("DELETE FROM thread_reference WHERE mailbox_id = ?1", None),
        ("DELETE FROM annotation WHERE staff_id = (SELECT staff FROM mailbox WHERE id = ?1)", None),
        ("DELETE FROM seen WHERE staff_id = (SELECT staff FROM mailbox WHERE id = ?1)", None),
        ("DELETE FROM deleted_folder WHERE mailbox_id = ?1", None),
        ("DELETE FROM import_source WHERE mailbox_id = ?1", None),
    ] {
        let query = sqlx::query(statement).bind(mailbox);
        let query = if argument.is_some() { query.bind(argument) } else { query };
        query.execute(tx.connection()).await.map_err(DbError::from)?;
    }
    leave(tx, store, mailbox, ended.into_iter().map(|(id, _)| id).collect());
    Ok(())
}

/// Tells whoever has one of the folders open, and those who look for the INBOX, that they are not there any more.
fn leave(tx: &mut Tx, store: &Store, mailbox: MailboxId, folders: Vec<FolderId>) {
    store.names_changed(tx, mailbox);
    let store = store.clone();
    tx.after_commit(move || {
        store.inboxes.forget(mailbox);
        for folder in folders {
            store.hub.remove(folder);
        }
    });
}

/// How much a mailbox holds, in all its folders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Volume {
    /// Messages.
    pub messages: u64,
    /// Their octets.
    pub bytes: u64,
}

impl Volume {
    /// Whether so much more may come into the mailbox; `quota` bounds its octets, where there is one.
    pub(super) fn admits(self, more: Self, quota: Option<u64>) -> Result<(), StoreError> {
        let fits = self.messages.saturating_add(more.messages) <= limits::MESSAGES_PER_MAILBOX_MAX
            && quota.is_none_or(|quota| self.bytes.saturating_add(more.bytes) <= quota);
        if fits { Ok(()) } else { Err(StoreError::OverQuota) }
    }
}

/// How much a mailbox holds, as the connection sees it.
pub async fn volume(connection: &mut SqliteConnection, mailbox: MailboxId) -> Result<Volume, DbError> {
    let (messages, bytes): (i64, i64) =
        sqlx::query_as("SELECT coalesce(sum(messages), 0), coalesce(sum(bytes), 0) FROM folder WHERE mailbox_id = ?")
            .bind(mailbox)
            .fetch_one(connection)
            .await?;
    Ok(Volume { messages: messages.unsigned_abs(), bytes: bytes.unsigned_abs() })
}

async fn folders(tx: &mut Tx, mailbox: MailboxId) -> Result<Vec<(FolderId, String)>, StoreError> {
    Ok(sqlx::query_as("SELECT id, name FROM folder WHERE mailbox_id = ? ORDER BY name")
        .bind(mailbox)
        .fetch_all(tx.connection())
        .await
        .map_err(DbError::from)?)
}

/// What each folder will be called: its name below `under`, its first level numbered where that is taken.
fn places(
    moved: &[(FolderId, String)],
    taken: &HashSet<&str>,
    under: &FolderName,
) -> Result<Vec<(FolderId, FolderName)>, StoreError> {
    let first = |name: &str| name.split('/').next().unwrap_or_default().to_owned();
    let tops: BTreeSet<String> = moved.iter().map(|(_, name)| first(name)).collect();
    let free = |top: &str| !taken.contains(format!("{under}/{top}").as_str());
    let mut used: HashSet<String> = tops.iter().filter(|top| free(top)).cloned().collect();
    let mut called: HashMap<String, String> = HashMap::new();
    for top in tops {
        let mut name = top.clone();
        let mut number = 1;
        // One of so many numbers is free: there are fewer names than that.
        while !free(&name) || (name != top && used.contains(&name)) {
            number += 1;
            name = format!("{top} {number}");
        }
        used.insert(name.clone());
        called.insert(top, name);
    }
    let place = |(id, name): &(FolderId, String)| {
        let top = first(name);
        let below = name.strip_prefix(&top).unwrap_or_default();
        let renamed = called.get(&top).map_or(top.as_str(), String::as_str);
        FolderName::parse(&format!("{under}/{renamed}{below}")).map(|name| (*id, name))
    };
    moved.iter().map(place).collect::<Result<_, FolderNameError>>().map_err(StoreError::from)
}

async fn rename(tx: &mut Tx, to: MailboxId, names: &[(FolderId, FolderName)]) -> Result<(), StoreError> {
    let rows: Vec<_> = names.iter().map(|(id, name)| (id.0, name.as_str())).collect();
    sqlx::query(
        "UPDATE folder SET mailbox_id = ?1, name = value->>1, special_use = NULL \
         FROM json_each(?2) WHERE folder.id = value->>0",
    )
    .bind(to)
    .bind(serde_json::json!(rows).to_string())
    .execute(tx.connection())
    .await
    .map_err(DbError::from)?;
    Ok(())
}

/// What was deleted before the merger can still be brought back after it. Nothing more comes in from where the other
/// mailbox's mail once was.
async fn move_deleted(tx: &mut Tx, from: MailboxId, to: MailboxId, under: &FolderName) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE deleted_folder SET mailbox_id = ?2, name = ?3 || '/' || name, special_use = NULL WHERE mailbox_id = ?1",
    )
    .bind(from)
    .bind(to)
    .bind(under.as_str())
    .execute(tx.connection())
    .await
    .map_err(DbError::from)?;
    sqlx::query("DELETE FROM import_source WHERE mailbox_id = ?")
        .bind(from)
        .execute(tx.connection())
        .await
        .map_err(DbError::from)?;
    Ok(())
}

/// Names of folders that are not there go; those beyond what a mailbox may have are not subscribed to.
async fn move_subscriptions(
    tx: &mut Tx,
    from: MailboxId,
    to: MailboxId,
    moved: &[(FolderId, String)],
    names: &[(FolderId, FolderName)],
) -> Result<(), StoreError> {
    let rows: Vec<_> = moved.iter().zip(names).map(|((_, old), (_, new))| (old, new.as_str())).collect();
    sqlx::query(
        "INSERT INTO subscription SELECT ?2, r.value->>1 \
         FROM json_each(?3) r CROSS JOIN subscription s ON s.mailbox_id = ?1 AND s.name = r.value->>0 WHERE true \
         LIMIT max(0, ?4 - (SELECT count(*) FROM subscription WHERE mailbox_id = ?2)) ON CONFLICT DO NOTHING",
    )
    .bind(from)
    .bind(to)
    .bind(serde_json::json!(rows).to_string())
    .bind(limits::FOLDERS_PER_MAILBOX_MAX)
    .execute(tx.connection())
    .await
    .map_err(DbError::from)?;
    sqlx::query("DELETE FROM subscription WHERE mailbox_id = ?")
        .bind(from)
        .execute(tx.connection())
        .await
        .map_err(DbError::from)?;
    Ok(())
}

/// Conversations go on in the other mailbox; one that both know keeps the name it has there.
async fn move_references(tx: &mut Tx, from: MailboxId, to: MailboxId) -> Result<(), StoreError> {
    for statement in [
        "UPDATE OR IGNORE thread_reference SET mailbox_id = ?2 WHERE mailbox_id = ?1",
        "DELETE FROM thread_reference WHERE mailbox_id = ?1",
    ] {
        sqlx::query(statement).bind(from).bind(to).execute(tx.connection()).await.map_err(DbError::from)?;
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn placed(moved: &[&str], taken: &[&str], under: &str) -> Result<Vec<String>, StoreError> {
        let moved: Vec<_> = (1..).map(FolderId).zip(moved.iter().map(|name| (*name).to_owned())).collect();
        let names = places(&moved, &taken.iter().copied().collect(), &FolderName::parse(under).unwrap())?;
        Ok(names.into_iter().map(|(_, name)| name.to_string()).collect())
    }

    #[test]
    fn a_name_that_is_taken_gets_a_number_with_all_below_it() {
        let moved = ["INBOX", "INBOX/2025", "Sent", "Sent 2"];
        assert_eq!(placed(&moved, &["INBOX"], "Cũ").unwrap(), ["Cũ/INBOX", "Cũ/INBOX/2025", "Cũ/Sent", "Cũ/Sent 2"]);
        let taken = ["Cũ", "Cũ/INBOX", "Cũ/INBOX 2", "Cũ/Sent"];
        let expected = ["Cũ/INBOX 3", "Cũ/INBOX 3/2025", "Cũ/Sent 3", "Cũ/Sent 2"];
        assert_eq!(placed(&moved, &taken, "Cũ").unwrap(), expected);
    }

    #[test]
    fn names_that_become_too_long_or_too_deep_are_refused() {
        let long = "x".repeat(limits::FOLDER_NAME_BYTES_MAX - 2);
        assert!(matches!(placed(&[&long], &[], "Cũ"), Err(StoreError::Name(FolderNameError::TooLong))));
        let deep = vec!["a"; limits::FOLDER_LEVELS_MAX].join("/");
        assert!(matches!(placed(&[&deep], &[], "Cũ"), Err(StoreError::Name(FolderNameError::TooDeep))));
    }
}
