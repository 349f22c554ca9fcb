//! Finding out whether the audit was tampered with.

use futures_util::TryStreamExt;
use serde::{Deserialize, Serialize};
use sqlx::Connection;
use sqlx::sqlite::SqliteConnection;

use super::Row;
use super::chain::Digest;
use crate::db::DbError;

/// What the chain says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    /// Entries that were read.
    pub entries: i64,
    /// Whether every one stands where and as it was written.
    pub ok: bool,
    /// The first place at which something was edited, removed, swapped, added or cut off.
    pub broken_at: Option<i64>,
    /// The last digest, in hexadecimal, to compare with one kept elsewhere: whoever rewrites the whole chain changes it.
    pub head: String,
}

/// Reads the whole chain.
pub async fn verify(connection: &mut SqliteConnection) -> Result<Verified, DbError> {
    // One moment for the head and the entries.
    let mut moment = connection.begin().await?;
    let (told, head): (i64, Vec<u8>) =
        sqlx::query_as("SELECT entries, digest FROM audit_head").fetch_one(&mut *moment).await?;
    let mut digest = Digest::START;
    let (mut entries, mut broken_at) = (0, None);
    {
        let mut rows = sqlx::query_as::<_, Row>(
            "SELECT seq, at, actor, what, subject, decision, note, before, after, digest FROM audit ORDER BY seq",
        )
        .fetch(&mut *moment);
        while let Some(row) = rows.try_next().await? {
            entries += 1;
            digest = row.link().digest(&digest);
            let sound = row.seq == entries && Digest::read(&row.digest) == Some(digest);
            if !sound && broken_at.is_none() {
                broken_at = Some(entries);
            }
        }
    }
    if broken_at.is_none() && entries != told {
        broken_at = Some(entries.min(told) + 1);
    }
    if broken_at.is_none() && Digest::read(&head) != Some(digest) {
        broken_at = Some(entries);
    }
    Ok(Verified { entries, ok: broken_at.is_none(), broken_at, head: digest.hex() })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::audit::{Entry, Filter, append, list};
    use crate::db::Db;

    async fn written(entries: usize) -> (tempfile::TempDir, Db) {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(&dir.path().join("mail.db")).await.unwrap();
        let entry = |n: usize| Entry {
            at: 1_800_000_000,
            actor: "root".to_owned(),
            what: "staff.suspended",
            subject: format!("staff:{n}"),
            decision: None,
            note: n.is_multiple_of(2).then(|| "ghi chú \"'".to_owned()),
            before: Some(serde_json::json!({"state": "active"})),
            after: Some(serde_json::json!({"state": "suspended", "n": n})),
        };
        for n in 1..=entries {
            let entry = entry(n);
            db.write(move |tx| Box::pin(append(tx, vec![entry]))).await.unwrap();
        }
        (dir, db)
    }

    async fn after(db: &Db, tampering: &'static str) -> Verified {
        db.write(move |tx| {
            Box::pin(async move {
                sqlx::raw_sql(tampering).execute(tx.connection()).await?;
                Ok::<_, DbError>(())
            })
        })
        .await
        .unwrap();
        verify(&mut db.read().await.unwrap()).await.unwrap()
    }

    #[tokio::test]
    async fn an_untouched_chain_is_whole() {
        let (_dir, db) = written(5).await;
        let mut connection = db.read().await.unwrap();
        let verified = verify(&mut connection).await.unwrap();
        assert_eq!((verified.entries, verified.ok, verified.broken_at), (5, true, None));
        let listed = list(&mut connection, &Filter { after: 3, ..Filter::default() }).await.unwrap();
        assert_eq!(listed.iter().map(|e| e.subject.as_str()).collect::<Vec<_>>(), ["staff:4", "staff:5"]);
        assert_eq!(listed.last().unwrap().digest, verified.head);
        assert_eq!(listed.first().unwrap().note.as_deref(), Some("ghi chú \"'"));
    }

    #[tokio::test]
    async fn an_edit_a_removal_a_swap_and_a_cut_are_found_where_they_are() {
        for (tampering, place) in [
            ("UPDATE audit SET actor = 'nobody' WHERE seq = 3", 3),
            ("UPDATE audit SET note = '' WHERE seq = 3", 3),
            ("UPDATE audit SET after = NULL WHERE seq = 4", 4),
            ("DELETE FROM audit WHERE seq = 2", 2),
            ("DELETE FROM audit WHERE seq = 2; UPDATE audit SET seq = seq - 1 WHERE seq > 2", 2),
            (
                "UPDATE audit SET seq = -1 WHERE seq = 2; UPDATE audit SET seq = 2 WHERE seq = 4; \
              UPDATE audit SET seq = 4 WHERE seq = -1",
                2,
            ),
            ("DELETE FROM audit WHERE seq = 5", 5),
            ("DELETE FROM audit", 1),
            ("UPDATE audit_head SET entries = 4", 5),
            ("UPDATE audit_head SET digest = zeroblob(32)", 5),
        ] {
            let (_dir, db) = written(5).await;
            let verified = after(&db, tampering).await;
            assert_eq!((verified.ok, verified.broken_at), (false, Some(place)), "{tampering}");
        }
    }
}
