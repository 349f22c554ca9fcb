//! What a mailbox holds, folder by folder, in digests that anybody can make again: two manifests are equal when the
//! messages are (R24).

use aws_lc_rs::digest::{Context, SHA256};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sqlx::Connection;
use sqlx::sqlite::SqliteConnection;

use super::{Store, Volume};
use crate::db::DbError;
use crate::id::{FolderId, MailboxId};
use crate::limits;

/// What a mailbox holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// In the order of their names.
    pub folders: Vec<Sum>,
}

/// What a folder holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    /// Its full name.
    pub name: String,
    /// RFC 9051 §2.3.1.1.
    pub uid_validity: u32,
    /// How many messages.
    pub messages: u64,
    /// Their octets.
    pub bytes: u64,
    /// How many of them nobody has read.
    pub unseen: u64,
    /// SHA-256, in hexadecimal, over a line for each message in the order of UIDs: the UID, a space, SHA-256 of the message
    /// in hexadecimal, LF.
    pub digest: String,
}

impl Manifest {
    /// SHA-256, in hexadecimal, over a line for each folder: name, tab, UIDVALIDITY, tab, messages, tab, octets, tab,
    /// digest, LF. What was read is not in it: reading takes nothing away.
    pub fn digest(&self) -> String {
        let mut context = Context::new(&SHA256);
        for Sum { name, uid_validity, messages, bytes, digest, .. } in &self.folders {
            context.update(format!("{name}\t{uid_validity}\t{messages}\t{bytes}\t{digest}\n").as_bytes());
        }
        HEXLOWER.encode(context.finish().as_ref())
    }

    /// All of it together.
    pub fn volume(&self) -> Volume {
        let add = |sum: Volume, folder: &Sum| Volume {
            messages: sum.messages + folder.messages,
            bytes: sum.bytes + folder.bytes,
        };
        self.folders.iter().fold(Volume { messages: 0, bytes: 0 }, add)
    }
}

impl Store {
    /// What a mailbox holds at one moment.
    pub async fn manifest(&self, mailbox: MailboxId) -> Result<Manifest, DbError> {
        let mut reader = self.db.read().await?;
        let mut moment = reader.begin().await?;
        manifest(&mut moment, mailbox).await
    }
}

/// What a mailbox holds, as the connection's transaction sees it; some milliseconds for each thousand messages.
pub async fn manifest(connection: &mut SqliteConnection, mailbox: MailboxId) -> Result<Manifest, DbError> {
    let found: Vec<(FolderId, String, u32, i64)> = sqlx::query_as(
        "SELECT id, name, uid_validity, iif(shared, (SELECT count(*) FROM state s WHERE s.folder_id = f.id \
             AND s.uid NOT IN (SELECT uid FROM seen WHERE folder_id = f.id AND seen)), unseen) \
         FROM folder f WHERE mailbox_id = ? AND selectable ORDER BY name",
    )
    .bind(mailbox)
    .fetch_all(&mut *connection)
    .await?;
    let mut folders = Vec::with_capacity(found.len());
    for (id, name, uid_validity, unseen) in found {
        let (Volume { messages, bytes }, digest) = folder(connection, id).await?;
        folders.push(Sum { name, uid_validity, messages, bytes, unseen: unseen.unsigned_abs(), digest });
    }
    Ok(Manifest { folders })
}

async fn folder(connection: &mut SqliteConnection, folder: FolderId) -> Result<(Volume, String), DbError> {
    let mut context = Context::new(&SHA256);
    let mut volume = Volume { messages: 0, bytes: 0 };
    let mut last = 0_i64;
    loop {
        let (messages, bytes, uid, lines): (i64, i64, i64, String) = sqlx::query_as(
            "SELECT count(*), coalesce(sum(size), 0), coalesce(max(uid), 0), coalesce(group_concat(line, ''), '') \
             FROM (SELECT s.uid, m.size, s.uid || ' ' || lower(hex(b.digest)) || char(10) AS line FROM state s \
             CROSS JOIN message m ON m.folder_id = s.folder_id AND m.uid = s.uid \
             CROSS JOIN body b ON b.id = m.body_id WHERE s.folder_id = ?1 AND s.uid > ?2 ORDER BY s.uid LIMIT ?3)",
        )
        .bind(folder)
        .bind(last)
        .bind(super::json::sql(limits::INDEX_BATCH_MESSAGES_MAX))
        .fetch_one(&mut *connection)
        .await?;
        if messages == 0 {
            return Ok((volume, HEXLOWER.encode(context.finish().as_ref())));
        }
        context.update(lines.as_bytes());
        volume.messages += messages.unsigned_abs();
        volume.bytes += bytes.unsigned_abs();
        last = uid;
    }
}
