//! Finding out whether the audit was tampered with.

use futures_util::TryStreamExt;
use serde::{Deserialize, Serialize};
use sqlx::Connection;
use sqlx::sqlite::SqliteConnection;

use super::Row;
use super::chain::Digest;
use super::checkpoint::{Checkpoint, Cut};
use super::heads::HeadLine;
use crate::db::DbError;
use crate::seal::PublicKey;

/// What the chain is compared with, from outside the database.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// The office's key, where one was made.
    pub key: Option<PublicKey>,
    /// Heads that were exported day by day.
    pub heads: Vec<HeadLine>,
}

/// What the chain says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    /// Entries that were read.
    pub entries: i64,
    /// Whether every one stands where and as it was written.
    pub ok: bool,
    /// The first place at which something was edited, removed, swapped, added or cut off.
    pub broken_at: Option<i64>,
    /// How that was found.
    pub problem: Option<Problem>,
    /// What stands for entries that were older than the retention.
    pub cut: Option<Cut>,
    /// Exported heads that the chain was compared with.
    pub heads: usize,
    /// The last digest, in hexadecimal, to compare with one kept elsewhere: whoever rewrites the whole chain changes it.
    pub head: String,
}

/// How tampering was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "found_by", rename_all = "snake_case")]
pub enum Problem {
    /// An entry is not what its digest, or the digest after it, says.
    Chain,
    /// What stands for the entries that were cut is not signed by the office's key.
    Checkpoint,
    /// A line of the exported heads is not one that the office's key signed.
    HeadForged {
        /// Which line, from 1.
        line: usize,
    },
    /// The chain is not the one whose head was exported on a day.
    HeadDiffers {
        /// Which line, from 1.
        line: usize,
    },
}

/// The first thing that is wrong, and where.
#[derive(Default)]
struct Finding(Option<(i64, Problem)>);

impl Finding {
    fn note(&mut self, place: i64, problem: Problem) {
        if self.0.is_none_or(|(first, _)| place < first) {
            self.0 = Some((place, problem));
        }
    }
}

/// The exported heads, in the order of the places they tell of.
struct Heads<'t> {
    left: std::iter::Peekable<std::vec::IntoIter<(i64, &'t str, usize)>>,
    compared: usize,
}

impl<'t> Heads<'t> {
    /// Every line must be signed; what tells of entries before `first` was cut with them.
    fn of(trust: &'t Trust, first: i64, finding: &mut Finding) -> Self {
        let mut places = Vec::with_capacity(trust.heads.len());
        for line in &trust.heads {
            match &line.head {
                Some(head) if head.is_genuine(trust.key.as_ref()) => {
                    places.push((head.entries, head.digest.as_str(), line.number));
                }
                forged => {
                    let place = forged.as_ref().map_or(first, |head| head.entries);
                    finding.note(place.max(first).max(1), Problem::HeadForged { line: line.number });
                }
            }
        }
        places.retain(|(place, ..)| *place >= first);
        places.sort_unstable();
        Self { left: places.into_iter().peekable(), compared: 0 }
    }

    /// Compares those that tell of this place.
    fn compare(&mut self, place: i64, digest: &Digest, finding: &mut Finding) {
        while let Some((_, told, line)) = self.left.next_if(|(entries, ..)| *entries <= place) {
            self.compared += 1;
            if told != digest.hex() {
                finding.note(place, Problem::HeadDiffers { line });
            }
        }
    }

    /// What is left tells of more entries than there are; how many were compared.
    fn finish(mut self, last: i64, finding: &mut Finding) -> usize {
        if let Some((_, _, line)) = self.left.next() {
            finding.note(last + 1, Problem::HeadDiffers { line });
        }
        self.compared
    }
}

/// Reads the whole chain, as far as the database alone can tell.
pub async fn verify(connection: &mut SqliteConnection) -> Result<Verified, DbError> {
    verify_with(connection, &Trust::default()).await
}

/// Reads the whole chain, from the checkpoint where there is one, and compares it with what was exported.
pub async fn verify_with(connection: &mut SqliteConnection, trust: &Trust) -> Result<Verified, DbError> {
    // One moment for the head and the entries.
    let mut moment = connection.begin().await?;
    let (told, head): (i64, Vec<u8>) =
        sqlx::query_as("SELECT entries, digest FROM audit_head").fetch_one(&mut *moment).await?;
    let mut finding = Finding::default();
    let checkpoint = Checkpoint::load(&mut moment).await?;
    let (first, mut digest) = checkpoint.as_ref().map_or((0, Digest::START), |cut| (cut.seq, cut.digest));
    if checkpoint.as_ref().is_some_and(|checkpoint| !checkpoint.is_genuine(trust.key.as_ref())) {
        finding.note(first, Problem::Checkpoint);
    }
    let mut heads = Heads::of(trust, first, &mut finding);
    heads.compare(first, &digest, &mut finding);
    let (mut entries, mut place) = (0, first);
    {
        let mut rows = sqlx::query_as::<_, Row>(
            "SELECT seq, at, actor, what, subject, decision, note, before, after, digest FROM audit ORDER BY seq",
        )
        .fetch(&mut *moment);
        while let Some(row) = rows.try_next().await? {
            (entries, place) = (entries + 1, place + 1);
            digest = row.link().digest(&digest);
            if row.seq != place || Digest::read(&row.digest) != Some(digest) {
                finding.note(place, Problem::Chain);
            }
            heads.compare(place, &digest, &mut finding);
        }
    }
    if place != told {
        finding.note(place.min(told) + 1, Problem::Chain);
    } else if Digest::read(&head) != Some(digest) {
        finding.note(place, Problem::Chain);
    }
    let heads = heads.finish(place, &mut finding);
    Ok(Verified {
        entries,
        ok: finding.0.is_none(),
        broken_at: finding.0.map(|(place, _)| place),
        problem: finding.0.map(|(_, problem)| problem),
        cut: checkpoint.map(|checkpoint| Cut { seq: checkpoint.seq, at: checkpoint.cut_at }),
        heads,
        head: digest.hex(),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::audit::heads::Head;
    use crate::audit::{Entry, Filter, append, cut, cuttable, list};
    use crate::db::Db;
    use crate::seal::{Seal, SealFile};

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

    fn seal(dir: &tempfile::TempDir) -> Seal {
        SealFile::at(&dir.path().join("office.pem")).open_or_make().unwrap()
    }

    async fn exported(db: &Db, seal: &Seal, day: i8) -> HeadLine {
        let date = jiff::civil::date(2026, 11, day);
        let head = Head::now(&mut db.read().await.unwrap(), date, seal).await.unwrap();
        HeadLine { number: usize::from(day.unsigned_abs()), head: Some(head) }
    }

    async fn found(db: &Db, trust: &Trust) -> (Option<i64>, Option<Problem>, usize) {
        let verified = verify_with(&mut db.read().await.unwrap(), trust).await.unwrap();
        assert_eq!(verified.ok, verified.broken_at.is_none());
        (verified.broken_at, verified.problem, verified.heads)
    }

    #[tokio::test]
    async fn a_chain_is_compared_with_every_exported_head() {
        let (dir, db) = written(3).await;
        let seal = seal(&dir);
        let (_empty, nothing) = written(0).await;
        let first = exported(&nothing, &seal, 1).await;
        let lines = vec![first, exported(&db, &seal, 2).await, exported(&db, &seal, 3).await];
        let trust = Trust { key: Some(seal.public()), heads: lines };
        assert_eq!(found(&db, &trust).await, (None, None, 3));

        // Another office's chain, sound in itself.
        let (_other, shorter) = written(2).await;
        assert_eq!(found(&shorter, &trust).await, (Some(3), Some(Problem::HeadDiffers { line: 2 }), 1));
        let (_other, longer) = written(4).await;
        let mut moved = trust.clone();
        moved.heads[1].head.as_mut().unwrap().entries = 2;
        assert_eq!(found(&longer, &moved).await, (Some(2), Some(Problem::HeadForged { line: 2 }), 2));
        let without = Trust { key: None, ..trust.clone() };
        assert_eq!(found(&db, &without).await.1, Some(Problem::HeadForged { line: 1 }));
        let mut unreadable = trust;
        unreadable.heads.push(HeadLine { number: 4, head: None });
        assert_eq!(found(&db, &unreadable).await, (Some(1), Some(Problem::HeadForged { line: 4 }), 3));
    }

    #[tokio::test]
    async fn what_was_cut_is_stood_for_by_a_signed_checkpoint() {
        let (dir, db) = written(5).await;
        let seal = seal(&dir);
        let heads = vec![exported(&db, &seal, 1).await];
        for bound in [None, Some(2)] {
            let last = cuttable(&mut db.read().await.unwrap(), 1_800_000_000, bound).await.unwrap();
            assert_eq!(last, None, "nothing is old yet");
        }
        let last = async |bound| cuttable(&mut db.read().await.unwrap(), 1_900_000_000, bound).await.unwrap();
        assert_eq!((last(None).await, last(Some(3)).await, last(Some(0)).await), (Some(4), Some(3), None));
        let signing = seal.clone();
        let cut = db.write(move |tx| Box::pin(async move { cut(tx, 3, "{\"x\": 1}", 7, &signing).await }));
        assert_eq!(cut.await.unwrap(), 3);
        assert_eq!(last(Some(3)).await, None);
        let trust = Trust { key: Some(seal.public()), heads };
        let verified = verify_with(&mut db.read().await.unwrap(), &trust).await.unwrap();
        assert_eq!((verified.ok, verified.entries, verified.heads), (true, 2, 1));
        assert_eq!(verified.cut, Some(Cut { seq: 3, at: 7 }));

        for forged in [
            "UPDATE audit_checkpoint SET state = '{}'",
            "UPDATE audit_checkpoint SET cut_at = 8",
            "UPDATE audit_checkpoint SET signature = zeroblob(64)",
        ] {
            let copies = tempfile::tempdir().unwrap();
            let path = copies.path().join("copy.db");
            let sql = format!("VACUUM INTO '{}'", path.display());
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut *db.read().await.unwrap()).await.unwrap();
            let db = Db::open(&path).await.unwrap();
            after(&db, forged).await;
            assert_eq!(found(&db, &trust).await.1, Some(Problem::Checkpoint), "{forged}");
        }
        // A cut that only the database knows of.
        assert_eq!(after(&db, "DELETE FROM audit_checkpoint").await.broken_at, Some(1));
    }
}
