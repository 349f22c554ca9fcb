//! What is told of a message beside its index entry: when it was saved (RFC 8514), which other messages are the same and
//! which belong together (RFC 8474).

use std::fmt;

use sqlx::sqlite::SqliteConnection;

use super::json::sql;
use super::read::{numbers, uid};
use super::{Store, StoreError, UidRanges};
use crate::db::DbError;
use crate::id::{BodyId, FolderId, Uid};
use crate::limits;

/// A message whatever its folder: two with the same id are octet by octet the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EmailId {
    /// Its bytes.
    pub body: BodyId,
    /// Which of the lines it may have on top.
    pub variant: u32,
}

/// A conversation, named by the body of the message that it began with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ThreadId(pub BodyId);

/// What is kept of a message in a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// When it came into this folder, in seconds since 1970.
    pub saved: i64,
    /// Which message it is.
    pub email: EmailId,
    /// Which conversation it belongs to; `None` until [`Store::name_threads`].
    pub thread: Option<ThreadId>,
}

impl EmailId {
    /// ```abnf
    /// email-id = "M" 1*DIGIT ["-" 1*DIGIT]      ; an objectid of RFC 8474 §7
    /// ```
    /// `None` for what this store never wrote.
    pub fn parse(text: &str) -> Option<Self> {
        let (body, variant) = text.strip_prefix('M')?.split_once('-').unwrap_or((text.get(1..)?, "0"));
        let id = Self { body: BodyId(body.parse().ok()?), variant: variant.parse().ok()? };
        (id.to_string() == text).then_some(id)
    }
}

impl fmt::Display for EmailId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "M{}", self.body)?;
        if self.variant > 0 { write!(f, "-{}", self.variant) } else { Ok(()) }
    }
}

impl ThreadId {
    /// ```abnf
    /// thread-id = "T" 1*DIGIT
    /// ```
    /// `None` for what this store never wrote.
    pub fn parse(text: &str) -> Option<Self> {
        let id = Self(BodyId(text.strip_prefix('T')?.parse().ok()?));
        (id.to_string() == text).then_some(id)
    }
}

impl fmt::Display for ThreadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "T{}", self.0)
    }
}

impl Store {
    /// What is kept of the messages in these ranges, ascending; also of those that are expunged and not yet purged.
    pub async fn kept(&self, folder: FolderId, uids: &UidRanges) -> Result<Vec<(Uid, Kept)>, StoreError> {
        let mut reader = self.db.read().await?;
        Ok(kept(&mut reader, folder, uids).await?)
    }
}

pub(super) async fn kept(
    connection: &mut SqliteConnection,
    folder: FolderId,
    uids: &UidRanges,
) -> Result<Vec<(Uid, Kept)>, DbError> {
    let packed: Vec<String> = sqlx::query_scalar(
        "SELECT group_concat(m.uid || ' ' || m.saved || ' ' || m.body_id || ' ' || m.variant || ' ' || coalesce(m.thread, 0), ' ') \
         FROM json_each(?2) r CROSS JOIN message m ON m.folder_id = ?1 AND m.uid BETWEEN r.value->>0 AND r.value->>1 \
         GROUP BY m.uid / ?3",
    )
    .bind(folder)
    .bind(uids.to_json())
    .bind(sql(limits::BATCH_MESSAGES_MAX))
    .fetch_all(connection)
    .await?;
    let read = |[number, saved, body, variant, thread]: [i64; 5]| {
        let email = EmailId { body: BodyId(body), variant: u32::try_from(variant).unwrap_or(u32::MAX) };
        // Bodies are counted from 1.
        let thread = (thread > 0).then_some(ThreadId(BodyId(thread)));
        (uid(number), Kept { saved, email, thread })
    };
    let mut kept: Vec<_> = packed.iter().flat_map(|text| numbers(text)).map(read).collect();
    kept.sort_unstable_by_key(|(uid, _)| *uid);
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_as_they_are_written_and_not_otherwise() {
        for text in ["M1", "M12-3"] {
            assert_eq!(EmailId::parse(text).map(|id| id.to_string()).as_deref(), Some(text));
        }
        for text in ["", "M", "M01", "M1-0", "m1", "T1", "M1-", "M-1", "M1-2-3", "M99999999999999999999"] {
            assert_eq!(EmailId::parse(text), None, "{text}");
        }
        assert_eq!(ThreadId::parse("T7"), Some(ThreadId(BodyId(7))));
        assert!(["T", "T+7", "M7", "T07", "đ"].iter().all(|text| ThreadId::parse(text).is_none()));
    }
}
