//! The index of SEARCH beside a look at every message: whatever came, was copied, moved, expunged, purged, and however
//! far the index had come, both say the same.

use std::sync::Arc;

use hopthu::clock::Clock;
use hopthu::db::{Db, DbError};
use hopthu::id::{BodyId, FolderId, Uid};
use hopthu::mime;
use hopthu::store::{
    self, Append, Destination, FlagNames, FolderName, Indexed, Look, Missing, Prepared, Question, Store, StoreError,
    UidRanges,
};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::test_runner::Config;

const LOOKS: [Look; 8] =
    [Look::Subject, Look::From, Look::To, Look::Cc, Look::Bcc, Look::Header, Look::Body, Look::Text];
const WORDS: &str = "Kế hoạch công tác tuần báo cáo quyết định ĐƯỜNG Hồ Chí Minh số 77/QĐ-STP hoặc các cách sách nguyễn \
     thị đào – “trích yếu” zebra a b 日本 café straße ﬁle x_y 12.5% <thẻ> &amp; https://a.vn/?b=c";

proptest! {
    #![proptest_config(Config { cases: 4, failure_persistence: None, ..Config::default() })]

    #[test]
    fn the_index_answers_as_a_look_at_every_message(seed in any::<u64>()) {
        runtime().block_on(async {
            let mut world = World::new(seed).await;
            for _ in 0..30 {
                world.act().await;
                world.compare(3).await;
            }
            world.end().await;
        });
    }
}

/// Enough for small segments to become a large one.
#[test]
fn segments_that_were_merged_answer_the_same() {
    runtime().block_on(async {
        let mut world = World::new(7).await;
        for round in 0..5 {
            for _ in 0..6 {
                world.append(100).await;
            }
            if round == 2 {
                world.expunge(300).await;
                world.purge().await;
            }
            for _ in 0..world.random(60) {
                world.store.index_more().await.unwrap();
            }
            world.compare(4).await;
        }
        while world.store.index_more().await.unwrap() == Indexed::Some {}
        let merged: i64 = sqlx::query_scalar("SELECT count(*) FROM search_segment WHERE level = 1 AND state = 'ready'")
            .fetch_one(&mut *world.db.read().await.unwrap())
            .await
            .unwrap();
        assert_eq!(merged, 1, "the test tests no merge");
        world.compare(40).await;
        world.end().await;
    });
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

struct World {
    dir: tempfile::TempDir,
    clock: Clock,
    db: Db,
    store: Store,
    folders: Vec<FolderId>,
    seed: u64,
    asked: usize,
    answered: usize,
}

impl World {
    async fn new(seed: u64) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Clock::standing(Timestamp::UNIX_EPOCH, TimeZone::UTC);
        let (db, store) = open(&dir, &clock).await;
        let mailbox = db
            .write(|tx| {
                Box::pin(async move {
                    let mailbox = sqlx::query_scalar(
                        "INSERT INTO mailbox (kind, quota_bytes, reach, state, opened) \
                         VALUES ('department', 1000000, 'province', 'open', '2026-11-23') RETURNING id",
                    )
                    .fetch_one(tx.connection())
                    .await
                    .map_err(DbError::from)?;
                    store::create_default_folders(tx, mailbox).await?;
                    Ok::<_, StoreError>(mailbox)
                })
            })
            .await
            .unwrap();
        let mut folders = Vec::new();
        for name in ["INBOX", "Drafts"] {
            folders.push(store.folder(mailbox, &FolderName::parse(name).unwrap()).await.unwrap().id);
        }
        Self { dir, clock, db, store, folders, seed, asked: 0, answered: 0 }
    }

    /// Below `end`.
    fn random(&mut self, end: usize) -> usize {
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.seed >> 33).unwrap() % end
    }

    fn words(&mut self, count: usize) -> String {
        let words: Vec<&str> = WORDS.split_whitespace().collect();
        (0..count)
            .map(|_| words[self.random(words.len())].to_owned() + [" ", " ", " ", "-", ", ", "\r\n"][self.random(6)])
            .collect()
    }

    async fn act(&mut self) {
        match self.random(12) {
            0..4 => {
                let count = self.random(70) + 1;
                self.append(count).await;
            }
            4 => {
                let uids = self.some_uids();
                self.store
                    .copy_messages(self.folders[0], uids, Destination::of(self.folders[1]), Missing::PassOver)
                    .await
                    .unwrap();
            }
            5 => {
                let uids = self.some_uids();
                self.store
                    .move_messages(self.folders[1], uids, Destination::of(self.folders[0]), Missing::PassOver)
                    .await
                    .unwrap();
            }
            6 => self.expunge(20).await,
            7 => self.purge().await,
            8 => self.renew().await,
            _ => {
                for _ in 0..self.random(8) {
                    self.store.index_more().await.unwrap();
                }
            }
        }
    }

    fn some_uids(&mut self) -> UidRanges {
        let first = u32::try_from(self.random(200)).unwrap() + 1;
        UidRanges::new(vec![first..=first + u32::try_from(self.random(40)).unwrap()])
    }

    async fn append(&mut self, count: usize) {
        let mut all = Vec::new();
        for _ in 0..count {
            let message = Arc::new(Prepared::new(self.message()));
            for folder in self.folders.clone().into_iter().take(self.random(2) + 1) {
                let prefix = match self.random(3) {
                    0 => String::new(),
                    n => format!("Return-Path: <gui{n}@daklak.vn>\r\nDelivered-To: den{}@x.vn\r\n", self.random(3)),
                };
                let (flags, date) = (FlagNames::default(), Timestamp::UNIX_EPOCH);
                all.push(Append { folder, message: message.clone(), prefix: prefix.into(), flags, date, quota: None });
            }
        }
        self.store.append(all).await.unwrap();
    }

    fn message(&mut self) -> Vec<u8> {
        let (subject, from, count) =
            (self.words(3).replace("\r\n", " "), self.words(1).replace("\r\n", ""), self.random(30));
        let text = self.words(count);
        let header = format!("Subject: {subject}\r\nFrom: {from} <a@b.vn>\r\nTo: <c@d.vn>\r\nCC: x{count}@y\r\n");
        let nfd: String = unicode_normalization::UnicodeNormalization::nfd(text.as_str()).collect();
        let base64 = data_encoding::BASE64.encode(text.as_bytes());
        let encoded = format!("Subject: =?utf-8?B?{}?=\r\n", data_encoding::BASE64.encode(subject.as_bytes()));
        match self.random(13) {
            0 => format!("{header}\r\n{nfd}").into_bytes(),
            1 => format!("{encoded}Content-Type: text/html; charset=utf-8\r\n\r\n<p>{text}<b>x</b> y</p>").into_bytes(),
            2 => format!("{header}Content-Transfer-Encoding: base64\r\n\r\n{base64}").into_bytes(),
            3 => [format!("{header}Content-Type: text/plain; charset=windows-1258\r\n\r\n").as_bytes(), b"Quy\xea\xect \xd0\xe3\xeck"].concat(),
            4 => format!(
                "{encoded}Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\r\n{text}\r\n--a\r\n\
                 Content-Type: application/pdf; name=\"kế hoạch {count}.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\n\
                 AAAA\r\n--a\r\nContent-Type: message/rfc822\r\n\r\n{header}\r\nbên trong {nfd}\r\n--a--\r\n"
            )
            .into_bytes(),
            5 => text.into_bytes(),
            6 => format!(" {header}\r\n{text}").into_bytes(),
            7 => Vec::new(),
            8 => format!("\r\n{text}").into_bytes(),
            9 => format!("{header}subject: hai {text}\r\nBcc: kín@z.vn\r\nX-Dài: {}\r\n\r\nx", self.words(9).replace("\r\n", "\r\n ")).into_bytes(),
            10 => (0..200).map(|_| u8::try_from(self.random(256)).unwrap()).collect(),
            11 => [header.as_bytes(), b"\r\n\0\xff\xfe", nfd.as_bytes()].concat(),
            _ => format!("{header}\r\n{text}").into_bytes(),
        }
    }

    async fn expunge(&mut self, most: usize) {
        let at = self.random(2);
        let folder = self.folders[at];
        let mut ranges = Vec::new();
        for _ in 0..self.random(most) {
            let uid = u32::try_from(self.random(400)).unwrap() + 1;
            ranges.push(uid..=uid);
        }
        let uids = UidRanges::new(ranges);
        let deleted = FlagNames { system: store::Flags::DELETED, keywords: Vec::new() };
        let change = store::FlagChange::Add(deleted);
        self.store.change_flags(folder, &uids, change, None).await.unwrap();
        self.store.expunge(folder, Some(&uids)).await.unwrap();
    }

    /// All that was expunged ends, and the daemon starts anew.
    async fn purge(&mut self) {
        self.clock.set(self.clock.now() + SignedDuration::from_hours(2));
        self.store.purge(Timestamp::MAX).await.unwrap();
        self.db.close().await;
        (self.db, self.store) = open(&self.dir, &self.clock).await;
        self.check().await;
    }

    /// As after a release whose texts are others.
    async fn renew(&mut self) {
        self.db
            .write(|tx| {
                Box::pin(async move {
                    sqlx::query("UPDATE search_state SET version = 0").execute(tx.connection()).await?;
                    Ok::<_, DbError>(())
                })
            })
            .await
            .unwrap();
    }

    async fn check(&self) {
        assert_eq!(store::check(&mut self.db.read().await.unwrap()).await.unwrap(), []);
    }

    async fn compare(&mut self, questions: usize) {
        for folder in self.folders.clone() {
            let watch = self.store.watch(folder).await.unwrap();
            let messages: Vec<(Uid, BodyId)> = watch.index().iter().map(|(_, entry)| (entry.uid, entry.body)).collect();
            let mut raws = Vec::new();
            for chunk in messages.chunks(100) {
                let texts = self.store.messages(folder, chunk).await.unwrap();
                raws.extend(texts.iter().map(<[u8]>::to_vec));
            }
            let questions: Vec<Question> = (0..questions).map(|_| self.question(&raws)).collect();
            let answers = self.store.search(folder, &questions, &messages).await.unwrap();
            for (question, answers) in questions.iter().zip(answers) {
                for (raw, answer) in raws.iter().zip(answers) {
                    self.asked += 1;
                    let Some(answer) = answer else { continue };
                    self.answered += 1;
                    assert_eq!(answer, holds(raw, question), "{question:?} in {}", String::from_utf8_lossy(raw));
                }
            }
        }
    }

    fn question(&mut self, raws: &[Vec<u8>]) -> Question {
        let look = LOOKS[self.random(LOOKS.len())];
        let text = match (self.random(4), raws.len()) {
            (0, _) | (_, 0) => hopthu::text::fold(self.words(2).trim()),
            (_, len) => text(&raws[self.random(len)], look),
        };
        let chars: Vec<char> = text.chars().collect();
        let start = self.random(chars.len().max(1));
        let len = self.random(14) + 1;
        let needle: String = chars.iter().skip(start).take(len).filter(|c| **c != '\n').collect();
        Question { look, needle: if needle.is_empty() { "x".to_owned() } else { needle } }
    }

    async fn end(mut self) {
        while self.store.index_more().await.unwrap() == Indexed::Some {}
        self.check().await;
        (self.asked, self.answered) = (0, 0);
        self.compare(20).await;
        // Of odd messages, and of those that may have the needle in some field of the header, it knows nothing.
        assert!(self.answered * 10 >= self.asked * 4, "{} of {} are answered", self.answered, self.asked);
        self.db.close().await;
    }
}

async fn open(dir: &tempfile::TempDir, clock: &Clock) -> (Db, Store) {
    let db = Db::open(&dir.path().join("mail.db")).await.unwrap();
    let store = Store::open(db.clone(), clock.clone()).await.unwrap();
    (db, store)
}

/// What SEARCH looks at, as it is read from the message itself.
fn text(raw: &[u8], look: Look) -> String {
    let field = |name| mime::header_field_text(raw, name).unwrap_or_default();
    match look {
        Look::Subject => field("subject"),
        Look::From => field("from"),
        Look::To => field("to"),
        Look::Cc => field("cc"),
        Look::Bcc => field("bcc"),
        Look::Header => mime::header_text(raw),
        Look::Body => mime::body_text(raw),
        Look::Text => mime::header_text(raw) + "\n" + &mime::body_text(raw),
    }
}

fn holds(raw: &[u8], question: &Question) -> bool {
    text(raw, question.look).contains(&question.needle)
}
