//! How the audit is kept: cut after its retention, and its head exported day by day.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use jiff::Timestamp;
use serde_json::json;

use super::read::{self, FeedError};
use crate::audit::heads::{self, Head};
use crate::audit::{self, ChangeFile, Entry, Trust, Verified};
use crate::clock::Clock;
use crate::db::{Db, DbError};
use crate::period::Period;
use crate::seal::SealFile;

/// Who acts where nobody asked.
const DAEMON: &str = "hopthu";

/// What the audit is kept with. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Keeper {
    /// The database.
    pub db: Db,
    /// The office's time.
    pub clock: Clock,
    /// The office's key.
    pub seal: SealFile,
    /// Where heads are exported to.
    pub heads: Arc<Path>,
    /// Entries older than this are cut; none where it has no length.
    pub retention: Period,
    /// Whether the province is told of changes: what it was not told yet is not cut.
    pub province: bool,
    /// Why the last export of a head failed.
    pub failed: Arc<ArcSwapOption<String>>,
}

impl Keeper {
    /// What is due: to be called by the hour. What fails is tried again with the next call.
    pub async fn work(&self) {
        match self.cut().await {
            Ok(0) => {}
            Ok(entries) => tracing::info!(entries, "entries past their retention were cut from the audit"),
            Err(error) => tracing::warn!(%error, "the audit is not cut for now"),
        }
        let exported = self.export_head().await;
        if let Err(error) = &exported {
            tracing::warn!(%error, "the audit's head was not exported");
        }
        self.failed.store(exported.err().map(|error| Arc::new(error.to_string())));
    }

    /// Cuts what is older than the retention; how many entries that were.
    ///
    /// # Errors
    /// [`FeedError`]; then nothing was cut.
    pub async fn cut(&self) -> Result<u64, FeedError> {
        let Some(seq) = self.due().await? else { return Ok(0) };
        let mut reader = self.db.read().await?;
        let start = read::start(&mut reader).await?;
        let state = read::advance(&mut reader, start, Some(seq)).await?.write()?;
        drop(reader);
        let (seal, now) = (self.seal.open_or_make()?, self.clock.now().as_second());
        let cut = self.db.write(move |tx| {
            Box::pin(async move {
                let cut = audit::cut(tx, seq, &state, now, &seal).await?;
                audit::append(tx, vec![cut_entry(seq, cut, now)]).await?;
                Ok::<_, DbError>(cut)
            })
        });
        Ok(cut.await?)
    }

    /// The last entry past its retention. Age is counted back from the newest entry where the clock is ahead of it, so
    /// that a clock that jumps by years cuts nothing (hostile F18).
    async fn due(&self) -> Result<Option<i64>, FeedError> {
        let mut reader = self.db.read().await?;
        let newest = audit::newest(&mut reader).await?.and_then(|at| Timestamp::from_second(at).ok());
        let Some(newest) = newest.filter(|_| !self.retention.is_zero()) else { return Ok(None) };
        let before = self.retention.before_moment(newest.min(self.clock.now())).as_second();
        let told = ChangeFile::last(&mut reader).await?.map_or(0, |file| file.to);
        Ok(audit::cuttable(&mut reader, before, self.province.then_some(told)).await?)
    }

    /// Writes today's head, once a day.
    ///
    /// # Errors
    /// [`FeedError`]: the key, the database, or the file, which may lie on another disk.
    pub async fn export_head(&self) -> Result<(), FeedError> {
        let today = self.clock.today();
        let lines = heads::lines(&self.read_heads().await?);
        if lines.last().and_then(|line| line.head.as_ref()).is_some_and(|head| head.date == today) {
            return Ok(());
        }
        let seal = self.seal.open_or_make()?;
        let head = Head::now(&mut *self.db.read().await?, today, &seal).await?;
        let path = self.heads.clone();
        self.on_disk(move || heads::append(&path, &head)).await
    }

    /// Whether the audit is as it was written, by all that is known of it.
    ///
    /// # Errors
    /// [`FeedError`]: the key or the file of heads cannot be read.
    pub async fn verify(&self) -> Result<Verified, FeedError> {
        let key = self.seal.open()?.map(|seal| seal.public());
        let heads = heads::lines(&self.read_heads().await?);
        Ok(audit::verify_with(&mut *self.db.read().await?, &Trust { key, heads }).await?)
    }

    async fn read_heads(&self) -> Result<String, FeedError> {
        let path = self.heads.clone();
        self.on_disk(move || heads::read(&path)).await
    }

    async fn on_disk<T, F>(&self, work: F) -> Result<T, FeedError>
    where
        T: Send + 'static,
        F: FnOnce() -> std::io::Result<T> + Send + 'static,
    {
        let done = tokio::task::spawn_blocking(work).await.map_err(|_| FeedError::Interrupted)?;
        done.map_err(|error| FeedError::Heads { file: PathBuf::from(&*self.heads).display().to_string(), error })
    }
}

fn cut_entry(seq: i64, entries: u64, now: i64) -> Entry {
    Entry {
        at: now,
        actor: DAEMON.to_owned(),
        what: "audit.cut",
        subject: format!("audit:{seq}"),
        decision: None,
        note: None,
        before: None,
        after: Some(json!({ "entries": entries })),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::feed::replay::State;

    struct Kept {
        keeper: Keeper,
        dir: tempfile::TempDir,
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    impl Kept {
        async fn open() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let keeper = Keeper {
                db: Db::open(&dir.path().join("mail.db")).await.unwrap(),
                clock: Clock::standing(at("2026-11-24T01:00:00Z"), TimeZone::UTC),
                seal: SealFile::at(&dir.path().join("keys/office.pem")),
                heads: dir.path().join("heads.jsonl").into(),
                retention: "1y".parse().unwrap(),
                province: false,
                failed: Arc::default(),
            };
            Self { keeper, dir }
        }

        async fn act(&self, person: i64) {
            let entry = Entry {
                at: self.keeper.clock.now().as_second(),
                actor: "root".to_owned(),
                what: "staff.hire",
                subject: format!("staff:{person}"),
                decision: None,
                note: None,
                before: None,
                after: Some(json!({ "id": person })),
            };
            self.keeper.db.write(move |tx| Box::pin(audit::append(tx, vec![entry]))).await.unwrap();
        }

        async fn state(&self) -> State {
            let mut reader = self.keeper.db.read().await.unwrap();
            let start = read::start(&mut reader).await.unwrap();
            read::advance(&mut reader, start, None).await.unwrap()
        }

        async fn whole(&self) -> Verified {
            let verified = self.keeper.verify().await.unwrap();
            assert!(verified.ok, "{verified:?}");
            verified
        }
    }

    #[tokio::test]
    async fn entries_are_cut_after_their_retention_and_the_directory_can_still_be_rebuilt() {
        let kept = Kept::open().await;
        kept.act(1).await;
        kept.act(2).await;
        kept.keeper.work().await;
        kept.keeper.clock.set(at("2027-11-23T01:00:00Z"));
        kept.act(3).await;
        assert_eq!(kept.keeper.cut().await.unwrap(), 0);
        kept.keeper.clock.set(at("2027-11-25T01:00:00Z"));
        kept.act(4).await;
        let before = kept.state().await;
        kept.keeper.work().await;
        let verified = kept.whole().await;
        assert_eq!((verified.entries, verified.cut.unwrap().seq, verified.heads), (3, 2, 2));
        let after = kept.state().await;
        assert_eq!(after.plain(), before.plain());
        assert_eq!(after.plain().len(), 4);
        // The next cut begins from the first one's state.
        kept.keeper.clock.set(at("2028-11-24T01:00:00Z"));
        kept.act(5).await;
        assert_eq!(kept.keeper.cut().await.unwrap(), 1);
        kept.whole().await;
        assert_eq!(kept.state().await.plain().len(), 5);
    }

    #[tokio::test]
    async fn what_the_province_was_not_told_is_not_cut_and_a_jumping_clock_cuts_nothing() {
        let mut kept = Kept::open().await;
        kept.act(1).await;
        kept.keeper.clock.set(at("2036-11-24T01:00:00Z"));
        assert_eq!(kept.keeper.cut().await.unwrap(), 0);
        kept.act(2).await;
        kept.keeper.province = true;
        assert_eq!(kept.keeper.cut().await.unwrap(), 0);
        let told = ChangeFile { number: 1, after: 0, to: 1, made_at: 0, digest: [0; 32] };
        kept.keeper.db.write(move |tx| Box::pin(async move { told.insert(tx).await })).await.unwrap();
        assert_eq!(kept.keeper.cut().await.unwrap(), 1);
        kept.keeper.retention = Period::default();
        kept.keeper.clock.set(at("2056-11-24T01:00:00Z"));
        kept.act(3).await;
        assert_eq!(kept.keeper.cut().await.unwrap(), 0);
    }

    #[tokio::test]
    async fn a_head_is_written_once_a_day_and_a_failure_is_told() {
        let mut kept = Kept::open().await;
        for moment in ["2026-11-24T01:00:00Z", "2026-11-24T02:00:00Z", "2026-11-25T00:00:00Z"] {
            kept.keeper.clock.set(at(moment));
            kept.keeper.work().await;
        }
        let text = std::fs::read_to_string(&*kept.keeper.heads).unwrap();
        assert_eq!(text.lines().count(), 2);
        kept.keeper.heads = kept.dir.path().join("missing/heads.jsonl").into();
        kept.keeper.work().await;
        assert!(kept.keeper.failed.load().as_ref().is_some_and(|why| why.contains("missing/heads.jsonl")));
    }
}
