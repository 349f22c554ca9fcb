//! What each person has seen of what units share (R5): in these folders `\Seen` is everybody's own.
//!
//! A person's change of `\Seen` takes one of the folder's mod-sequences, as every change does, and keeps it beside the
//! message's own: a message changed for somebody when either did. So a person's programs keep in step (RFC 7162), and
//! nobody is told what others read. It is asked for by the hand that a [`Store`] is in: see [`Store::by`]. Where that is no
//! person's (mail that arrives, an import, an archive, a device of the mailbox) it is the common flag, which no person is shown.
//!
//! What was seen goes with a message from one such folder to another, and comes back with it. It ends when the message is
//! purged, when the folder is no longer shared (the trigger `seen_ends`), and with the mailbox of whoever left.

use sqlx::sqlite::SqliteConnection;

use super::json::Json;
use super::{Change, Entry, Flags, read};
use crate::db::{DbError, Tx};
use crate::id::{FolderId, ModSeq, StaffId, Uid};

/// Whose `\Seen` a folder keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeenBy {
    /// One for all who read it.
    All,
    /// Everybody's own.
    Each,
}

/// That a message was seen by somebody, or is not any more.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    pub(super) folder: FolderId,
    pub(super) staff: StaffId,
    pub(super) uid: Uid,
    /// [`Flags::SEEN`] or nothing.
    pub(super) seen: Flags,
    pub(super) modseq: ModSeq,
}

/// Makes messages, ascending, what they are to a person, if their folder keeps everybody's own `\Seen`.
pub(super) async fn through_eyes_of(
    connection: &mut SqliteConnection,
    staff: StaffId,
    folder: FolderId,
    entries: &mut [Entry],
) -> Result<(), DbError> {
    let (Some(first), Some(last)) = (entries.first(), entries.last()) else { return Ok(()) };
    let kept: Option<Option<String>> = sqlx::query_scalar(
        "SELECT (SELECT group_concat(uid || ' ' || seen || ' ' || modseq, ' ') FROM seen \
                 WHERE folder_id = ?1 AND staff_id = ?2 AND uid BETWEEN ?3 AND ?4) FROM folder WHERE id = ?1 AND shared",
    )
    .bind(folder)
    .bind(staff)
    .bind(first.uid.0)
    .bind(last.uid.0)
    .fetch_optional(connection)
    .await?;
    let Some(kept) = kept else { return Ok(()) };
    for entry in &mut *entries {
        entry.flags = entry.flags.without(Flags::SEEN);
    }
    for [uid, seen, modseq] in read::numbers(kept.as_deref().unwrap_or_default()) {
        let at = entries.binary_search_by_key(&read::uid(uid), |entry| entry.uid);
        if let Some(entry) = at.ok().and_then(|at| entries.get_mut(at)) {
            entry.flags = entry.flags.with(Flags::from_sql(seen));
            entry.modseq = entry.modseq.max(ModSeq(modseq.unsigned_abs()));
        }
    }
    Ok(())
}

/// Keeps marks.
pub(super) async fn mark(tx: &mut Tx, marks: &[Mark]) -> Result<(), DbError> {
    if marks.is_empty() {
        return Ok(());
    }
    let mut rows = Json::new();
    for Mark { folder, staff, uid, seen, modseq } in marks {
        rows.row(&[folder.0, staff.0, uid.0.into(), seen.to_sql(), modseq.0.cast_signed()]);
    }
    sqlx::query(
        "INSERT INTO seen (folder_id, staff_id, uid, seen, modseq) \
         SELECT value->>0, value->>1, value->>2, value->>3, value->>4 FROM json_each(?) WHERE true \
         ON CONFLICT DO UPDATE SET seen = excluded.seen, modseq = excluded.modseq",
    )
    .bind(rows.end())
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Whoever has seen the messages, by their old numbers, has seen the copies, by their new ones. Gives what all their
/// sessions are to be told of the copies, what was marked before included.
pub(super) async fn copy(
    tx: &mut Tx,
    (from, to): (FolderId, FolderId),
    pairs: &[(Uid, Uid)],
    modseq: ModSeq,
) -> Result<Vec<Change>, DbError> {
    let mut rows = Json::new();
    for (old, new) in pairs {
        rows.row(&[old.0.into(), new.0.into()]);
    }
    sqlx::query(
        "INSERT INTO seen (folder_id, staff_id, uid, seen, modseq) SELECT ?2, p.staff_id, r.value->>1, 1, ?4 \
         FROM json_each(?3) r CROSS JOIN seen p INDEXED BY seen_message ON p.folder_id = ?1 AND p.uid = r.value->>0 \
         WHERE p.seen ON CONFLICT DO NOTHING",
    )
    .bind(from)
    .bind(to)
    .bind(rows.end())
    .bind(modseq.0.cast_signed())
    .execute(tx.connection())
    .await?;
    let each: Vec<(StaffId, String)> = sqlx::query_as(
        "SELECT staff_id, group_concat(uid, ' ') FROM (SELECT staff_id, uid FROM seen INDEXED BY seen_message WHERE folder_id = ? AND uid >= ? \
         ORDER BY staff_id, uid) GROUP BY staff_id",
    )
    .bind(to)
    .bind(pairs.first().map_or(u32::MAX, |(_, new)| new.0))
    .fetch_all(tx.connection())
    .await?;
    let uids = |packed: &str| read::numbers(packed).map(|[uid]| (read::uid(uid), Flags::SEEN)).collect();
    Ok(each.iter().map(|(staff, packed)| Change::Seen(*staff, uids(packed))).collect())
}
