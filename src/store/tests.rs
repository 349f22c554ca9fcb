#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::*;
use crate::id::{StaffId, Uid};
use crate::{limits, mime};

struct Rig {
    store: Store,
    mailbox: MailboxId,
    inbox: FolderId,
    db: Db,
    _dir: tempfile::TempDir,
}

impl Rig {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(&dir.path().join("mail.db")).await.unwrap();
        let store = Store::open(db.clone(), Clock::system(TimeZone::UTC)).await.unwrap();
        let (mailbox, inbox) = db
            .write(move |tx| {
                Box::pin(async move {
                    let mailbox = sqlx::query_scalar(
                        "INSERT INTO mailbox (kind, quota_bytes, reach, state, opened) \
                         VALUES ('department', 1000000, 'province', 'open', '2026-11-23') RETURNING id",
                    )
                    .fetch_one(tx.connection())
                    .await
                    .map_err(DbError::from)?;
                    let inbox = create_default_folders(tx, mailbox).await?;
                    Ok::<_, StoreError>((mailbox, inbox))
                })
            })
            .await
            .unwrap();
        Self { store, mailbox, inbox, db, _dir: dir }
    }

    async fn put(&self, folder: FolderId, messages: &[&str], flags: FlagNames) -> Vec<Uid> {
        let append = |text: &&str| Append {
            folder,
            message: Arc::new(Prepared::new(text.as_bytes().to_vec())),
            prefix: b"Delivered-To: a@b.vn\r\n".to_vec(),
            flags: flags.clone(),
            date: Timestamp::from_second(1_000_000).unwrap(),
            quota: None,
        };
        let messages = messages.iter().map(append).collect();
        self.store.append(messages).await.unwrap().into_iter().map(|a| a.uid).collect()
    }

    async fn folder(&self, name: &str) -> Folder {
        self.store.folder(self.mailbox, &FolderName::parse(name).unwrap()).await.unwrap()
    }

    async fn uids(&self, folder: FolderId) -> Vec<u32> {
        self.store.watch(folder).await.unwrap().index().iter().map(|(_, e)| e.uid.0).collect()
    }

    async fn holds(&self) {
        assert_eq!(check(&mut self.db.read().await.unwrap()).await.unwrap(), []);
        // The index in memory is what the database says.
        let folders = self.store.folders(self.mailbox).await.unwrap();
        for folder in folders.into_iter().filter(|f| f.selectable) {
            let live: Vec<Entry> = self.store.watch(folder.id).await.unwrap().index().iter().map(|(_, e)| *e).collect();
            let read: Vec<Entry> =
                self.store.read_index(folder.id, None).await.unwrap().iter().map(|(_, e)| *e).collect();
            assert_eq!(live, read, "{}", folder.name);
        }
    }
}

fn keyword(name: &str) -> FlagNames {
    FlagNames { system: Flags::default(), keywords: vec![name.to_owned()] }
}

/// Bytes that no text may hold come back as they were.
const BINARY: &str = "Subject: a\0b\r\n\r\n\0\u{1}body\0";

const MESSAGE: &str = "Subject: ch\u{e0}o\r\nTo: b@c.vn\r\n\r\nbody\r\n";

#[tokio::test]
async fn what_was_appended_is_read_back_whole() {
    let rig = Rig::new().await;
    let large = format!("Subject: large\r\n\r\n{}", "0123456789abcdef\r\n".repeat(60_000));
    let uids = rig.put(rig.inbox, &[MESSAGE, &large, BINARY, ""], FlagNames::default()).await;
    assert_eq!(uids, [1, 2, 3, 4].map(Uid));
    let index = rig.store.watch(rig.inbox).await.unwrap().index();
    let mut asked: Vec<_> = index.iter().map(|(_, e)| (e.uid, e.body)).collect();
    asked.insert(2, (Uid(99), BodyId(99)));
    let prefix = "Delivered-To: a@b.vn\r\n";
    let texts = rig.store.messages(rig.inbox, &asked).await.unwrap();
    let whole: Vec<&[u8]> = texts.iter().collect();
    let expected = [
        format!("{prefix}{MESSAGE}"),
        format!("{prefix}{large}"),
        String::new(),
        format!("{prefix}{BINARY}"),
        prefix.into(),
    ];
    assert!(whole == expected.iter().map(String::as_bytes).collect::<Vec<_>>());
    let headers = rig.store.headers(rig.inbox, &asked).await.unwrap();
    let blocks =
        ["Subject: ch\u{e0}o\r\nTo: b@c.vn\r\n\r\n", "Subject: large\r\n\r\n", "", "Subject: a\0b\r\n\r\n", ""];
    for (place, (block, header)) in blocks.iter().zip(headers.iter()).enumerate() {
        let expected = if place == 2 { String::new() } else { format!("{prefix}{block}") };
        assert_eq!(String::from_utf8_lossy(header), expected);
    }
    for wanted in [0..10, 15..40, 262_100..600_000, 1_080_000..9_999_999, 9_999_990..9_999_999] {
        let got = rig.store.range(rig.inbox, asked[1], wanted.clone()).await.unwrap();
        let text = whole[1];
        let (start, end) = (usize::try_from(wanted.start).unwrap(), usize::try_from(wanted.end).unwrap());
        assert_eq!(got, text[start.min(text.len())..end.min(text.len())], "{wanted:?}");
    }
    let bodies: Vec<_> = asked.iter().map(|(_, body)| *body).collect();
    let structures = rig.store.derived(Derived::Structure, &bodies).await.unwrap();
    let expected = mime::summarise(MESSAGE.as_bytes()).structure;
    assert_eq!(structures.iter().next(), Some(expected.as_slice()));
    assert_eq!(structures.iter().nth(2), Some(&b""[..]));
    rig.holds().await;
}

#[tokio::test]
async fn a_watch_sees_a_change_when_it_is_durable() {
    let rig = Rig::new().await;
    let mut watch = rig.store.watch(rig.inbox).await.unwrap();
    assert!(watch.index().is_empty());
    rig.put(rig.inbox, &[MESSAGE], keyword("$Label1")).await;
    watch.changed().await;
    let index = watch.index();
    assert_eq!((index.len(), index.uid_next()), (1, Uid(2)));
    let flags = index.entry(0).unwrap().flags;
    assert_eq!(index.keywords().of(flags).collect::<Vec<_>>(), ["$Label1"]);
    rig.holds().await;
}

#[tokio::test]
async fn flags_change_only_where_they_may() {
    let rig = Rig::new().await;
    rig.put(rig.inbox, &[MESSAGE; 4], FlagNames::default()).await;
    let seen = FlagNames { system: Flags::SEEN, keywords: vec![] };
    let one = UidRanges::new(vec![1..=1]);
    let all = UidRanges::new(vec![1..=u32::MAX]);
    let first = rig.store.change_flags(rig.inbox, &one, FlagChange::Add(seen.clone()), None).await.unwrap();
    assert_eq!(first.changed, [Uid(1)]);
    let before = rig.store.watch(rig.inbox).await.unwrap().index().entry(1).unwrap().modseq;
    let rest = rig.store.change_flags(rig.inbox, &all, FlagChange::Add(seen.clone()), Some(before)).await.unwrap();
    assert_eq!((rest.changed, rest.unmet), (vec![Uid(2), Uid(3), Uid(4)], vec![Uid(1)]));
    assert_eq!(rig.folder("INBOX").await.counters.unseen, 0);
    let none = rig.store.change_flags(rig.inbox, &all, FlagChange::Add(seen), None).await.unwrap();
    assert_eq!(none, Changed::default());
    rig.store.change_flags(rig.inbox, &all, FlagChange::Replace(keyword("k")), None).await.unwrap();
    rig.store.change_flags(rig.inbox, &one, FlagChange::Remove(keyword("K")), None).await.unwrap();
    rig.store.change_flags(rig.inbox, &one, FlagChange::Remove(keyword("unknown")), None).await.unwrap();
    let index = rig.store.watch(rig.inbox).await.unwrap().index();
    let named: Vec<usize> = index.iter().map(|(_, e)| index.keywords().of(e.flags).count()).collect();
    assert_eq!(named, [0, 1, 1, 1]);
    assert_eq!(rig.folder("INBOX").await.counters.unseen, 4);
    rig.holds().await;
}

#[tokio::test]
async fn moved_and_expunged_messages_leave_their_numbers_behind() {
    let rig = Rig::new().await;
    rig.put(rig.inbox, &[MESSAGE; 5], keyword("k")).await;
    let trash = rig.folder("Trash").await;
    let moved = rig
        .store
        .move_messages(rig.inbox, UidRanges::new(vec![2..=3]), Destination::of(trash.id), Missing::PassOver)
        .await
        .unwrap();
    assert_eq!(moved.pairs, [(Uid(2), Uid(1)), (Uid(3), Uid(2))]);
    assert_eq!(moved.uid_validity, trash.uid_validity);
    let deleted = FlagNames { system: Flags::DELETED, keywords: vec![] };
    let last = UidRanges::new(vec![5..=5]);
    rig.store.change_flags(rig.inbox, &last, FlagChange::Add(deleted), None).await.unwrap();
    let kept = rig.store.expunge(rig.inbox, Some(&UidRanges::new(vec![1..=4]))).await.unwrap().uids;
    assert_eq!(kept, []);
    assert_eq!(rig.store.expunge(rig.inbox, None).await.unwrap().uids, [Uid(5)]);
    assert_eq!(rig.put(rig.inbox, &[MESSAGE], FlagNames::default()).await, [Uid(6)]);
    assert_eq!((rig.uids(rig.inbox).await, rig.uids(trash.id).await), (vec![1, 4, 6], vec![1, 2]));
    let copied = rig
        .store
        .copy_messages(trash.id, UidRanges::new(vec![1..=9]), Destination::of(trash.id), Missing::PassOver)
        .await
        .unwrap();
    assert_eq!(copied.pairs, [(Uid(1), Uid(3)), (Uid(2), Uid(4))]);
    let over = rig
        .store
        .copy_messages(
            trash.id,
            UidRanges::new(vec![1..=9]),
            Destination { quota: Some(1), ..Destination::of(rig.inbox) },
            Missing::PassOver,
        )
        .await;
    assert!(matches!(over, Err(StoreError::OverQuota)));
    rig.holds().await;
}

#[tokio::test]
async fn a_refused_append_leaves_the_others_of_its_commit_alone() {
    let rig = Rig::new().await;
    let append = |folder, quota| {
        let message = Arc::new(Prepared::new(MESSAGE.as_bytes().to_vec()));
        let flags = FlagNames::default();
        vec![Append { folder, message, prefix: vec![], flags, date: Timestamp::UNIX_EPOCH, quota }]
    };
    let (good, full, missing) = tokio::join!(
        rig.store.append(append(rig.inbox, None)),
        rig.store.append(append(rig.inbox, Some(10))),
        rig.store.append(append(FolderId(999), None)),
    );
    assert_eq!(good.unwrap().len(), 1);
    assert!(matches!(full, Err(StoreError::OverQuota)));
    assert!(matches!(missing, Err(StoreError::NoSuchFolder)));
    assert_eq!(rig.uids(rig.inbox).await, [1]);
    rig.holds().await;
}

#[tokio::test]
async fn folders_are_made_renamed_and_deleted_with_what_is_in_them() {
    let rig = Rig::new().await;
    let name = |text: &str| FolderName::parse(text).unwrap();
    let deep = rig.store.create_folder(rig.mailbox, name("Hồ sơ/2026/Quý 4"), None).await.unwrap();
    rig.put(deep.id, &[MESSAGE], FlagNames::default()).await;
    let again = rig.store.create_folder(rig.mailbox, name("Hồ sơ/2026"), None).await;
    assert!(matches!(again, Err(StoreError::AlreadyExists)));
    rig.store.rename_folder(rig.mailbox, name("Hồ sơ"), name("Lưu trữ/Hồ sơ")).await.unwrap();
    assert_eq!(rig.folder("Lưu trữ/Hồ sơ/2026/Quý 4").await.id, deep.id);
    let inside = rig.store.rename_folder(rig.mailbox, name("Lưu trữ"), name("Lưu trữ/x")).await;
    assert!(matches!(inside, Err(StoreError::IntoItself)));
    let taken = rig.store.rename_folder(rig.mailbox, name("Lưu trữ"), name("Sent")).await;
    assert!(matches!(taken, Err(StoreError::AlreadyExists)));
    rig.put(rig.inbox, &[MESSAGE], FlagNames::default()).await;
    rig.store.rename_folder(rig.mailbox, FolderName::inbox(), name("Cũ")).await.unwrap();
    assert_eq!((rig.folder("Cũ").await.counters.messages, rig.folder("INBOX").await.counters.messages), (1, 0));
    rig.store.delete_folder(rig.mailbox, name("Lưu trữ/Hồ sơ/2026")).await.unwrap();
    assert!(!rig.folder("Lưu trữ/Hồ sơ/2026").await.selectable);
    let watch = rig.store.watch(deep.id).await.unwrap();
    rig.store.delete_folder(rig.mailbox, name("Lưu trữ/Hồ sơ/2026/Quý 4")).await.unwrap();
    assert!(watch.gone());
    assert!(matches!(rig.store.delete_folder(rig.mailbox, FolderName::inbox()).await, Err(StoreError::IsInbox)));
    let new = rig.store.create_folder(rig.mailbox, name("Lưu trữ/Hồ sơ/2026/Quý 4"), None).await.unwrap();
    assert!(new.uid_validity > deep.uid_validity);
    rig.holds().await;
}

#[tokio::test]
async fn the_purge_removes_what_nothing_holds_any_more() {
    let rig = Rig::new().await;
    rig.put(rig.inbox, &[MESSAGE; 3], FlagNames::default()).await;
    let trash = rig.folder("Trash").await;
    rig.store
        .copy_messages(rig.inbox, UidRanges::new(vec![1..=1]), Destination::of(trash.id), Missing::PassOver)
        .await
        .unwrap();
    let deleted = FlagNames { system: Flags::DELETED, keywords: vec![] };
    let all = UidRanges::new(vec![1..=u32::MAX]);
    rig.store.change_flags(rig.inbox, &all, FlagChange::Add(deleted), None).await.unwrap();
    let index = rig.store.watch(rig.inbox).await.unwrap().index();
    rig.store.expunge(rig.inbox, None).await.unwrap();
    // A session that has not been told can still read it.
    let entry = index.entry(1).unwrap();
    let texts = rig.store.messages(rig.inbox, &[(entry.uid, entry.body)]).await.unwrap();
    assert!(texts.iter().next().unwrap().ends_with(MESSAGE.as_bytes()));
    assert_eq!(rig.store.purge(Timestamp::MAX).await.unwrap(), 0);
    let later = Clock::standing(Timestamp::now() + limits::EXPUNGED_KEPT_MIN * 2, TimeZone::UTC);
    let store = Store { clock: later, ..rig.store.clone() };
    assert_eq!(store.purge(Timestamp::MAX).await.unwrap(), 3);
    let kept: Vec<i64> =
        sqlx::query_scalar("SELECT id FROM body").fetch_all(&mut *rig.db.read().await.unwrap()).await.unwrap();
    assert_eq!(kept, [index.entry(0).unwrap().body.0]);
    rig.holds().await;
}

impl Rig {
    /// Another mailbox: a unit's.
    async fn unit(&self) -> MailboxId {
        self.db
            .write(|tx| {
                Box::pin(async move {
                    sqlx::query(
                        "INSERT INTO unit (code, name, kind, place, state, since) \
                         VALUES ('u', 'U', 'division', 'lan', 'open', '2026-11-23')",
                    )
                    .execute(tx.connection())
                    .await
                    .map_err(DbError::from)?;
                    let mailbox = sqlx::query_scalar(
                        "INSERT INTO mailbox (kind, unit, quota_bytes, reach, state, opened) \
                         VALUES ('unit', last_insert_rowid(), 1000000, 'province', 'open', '2026-11-23') RETURNING id",
                    )
                    .fetch_one(tx.connection())
                    .await
                    .map_err(DbError::from)?;
                    create_default_folders(tx, mailbox).await?;
                    Ok::<_, StoreError>(mailbox)
                })
            })
            .await
            .unwrap()
    }

    /// What an act does with a mailbox that it removes.
    async fn ending(&self, mailbox: MailboxId, to: Option<(MailboxId, FolderName)>) -> Result<(), StoreError> {
        let store = self.store.clone();
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    match &to {
                        Some((to, under)) => move_contents(tx, &store, mailbox, *to, under).await?,
                        None => discard_mailbox(tx, &store, mailbox).await?,
                    }
                    let removed = sqlx::query("UPDATE mailbox SET state = 'removed' WHERE id = ?").bind(mailbox);
                    removed.execute(tx.connection()).await.map_err(DbError::from)?;
                    Ok(())
                })
            })
            .await
    }

    /// Everything below a level: names without it, validity, flags by name and text of each message.
    async fn contents(&self, mailbox: MailboxId, level: &str) -> Vec<(String, u32, Vec<String>)> {
        let mut contents = Vec::new();
        for folder in self.store.folders(mailbox).await.unwrap() {
            let Some(name) = folder.name.as_str().strip_prefix(level) else { continue };
            let mut messages = Vec::new();
            if folder.selectable {
                let index = self.store.watch(folder.id).await.unwrap().index();
                for (_, entry) in index.iter() {
                    let texts = self.store.messages(folder.id, &[(entry.uid, entry.body)]).await.unwrap();
                    let text = String::from_utf8_lossy(texts.iter().next().unwrap()).into_owned();
                    let flags: Vec<_> = index.keywords().of(entry.flags).collect();
                    messages.push(format!("{:?} {:?} {flags:?} {} {text}", entry.uid, entry.modseq, entry.date));
                }
            }
            contents.push((name.to_owned(), folder.uid_validity, messages));
        }
        contents
    }
}

#[tokio::test]
async fn many_mailboxes_get_the_folders_that_one_gets() {
    let rig = Rig::new().await;
    let ids: Vec<MailboxId> =
        sqlx::query_scalar("SELECT id FROM mailbox").fetch_all(&mut *rig.db.read().await.unwrap()).await.unwrap();
    assert_eq!(ids, [rig.mailbox]);
    let inboxes = rig
        .db
        .write(|tx| {
            Box::pin(async move {
                let mailboxes: Vec<MailboxId> = sqlx::query_scalar(
                    "INSERT INTO mailbox (kind, quota_bytes, reach, state, opened) \
                     SELECT 'department', 1, 'province', 'removed', '2026-11-23' FROM json_each('[1,2,3]') RETURNING id",
                )
                .fetch_all(tx.connection())
                .await
                .map_err(DbError::from)?;
                let inboxes = create_default_folders_of(tx, &mailboxes).await?;
                assert_eq!(create_default_folders_of(tx, &[]).await?, []);
                Ok::<_, StoreError>((mailboxes, inboxes))
            })
        })
        .await
        .unwrap();
    let like: Vec<_> =
        rig.store.folders(rig.mailbox).await.unwrap().into_iter().map(|f| (f.name, f.special_use)).collect();
    let mut validities = Vec::new();
    for (mailbox, inbox) in inboxes.0.into_iter().zip(inboxes.1) {
        assert_eq!(rig.store.inbox(mailbox).await.unwrap(), inbox);
        let folders = rig.store.folders(mailbox).await.unwrap();
        validities.extend(folders.iter().map(|f| f.uid_validity));
        assert_eq!(folders.into_iter().map(|f| (f.name, f.special_use)).collect::<Vec<_>>(), like);
        assert_eq!(rig.store.subscriptions(mailbox).await.unwrap().len(), like.len());
    }
    let before = rig.folder("Trash").await.uid_validity;
    let after = rig.store.create_folder(rig.mailbox, FolderName::parse("x").unwrap(), None).await.unwrap().uid_validity;
    validities.sort_unstable();
    validities.dedup();
    assert_eq!(validities.len(), 18);
    assert!(validities.iter().all(|validity| (before + 1..after).contains(validity)));
}

#[tokio::test]
async fn a_mailbox_that_is_merged_is_found_whole_below_a_folder_of_the_other() {
    let rig = Rig::new().await;
    let unit = rig.unit().await;
    let name = |text: &str| FolderName::parse(text).unwrap();
    let inbox = rig.store.inbox(unit).await.unwrap();
    rig.put(inbox, &[MESSAGE, BINARY], keyword("$Label1")).await;
    let deep = rig.store.create_folder(unit, name("Hồ sơ/2026"), None).await.unwrap();
    rig.put(deep.id, &[MESSAGE], FlagNames::default()).await;
    rig.store.subscribe(unit, deep.name.clone(), Subscription::On).await.unwrap();
    rig.store.create_folder(rig.mailbox, name("Đơn vị cũ/Sent"), None).await.unwrap();
    let before = rig.contents(unit, "").await;
    let watch = rig.store.watch(inbox).await.unwrap();
    rig.ending(unit, Some((rig.mailbox, name("Đơn vị cũ")))).await.unwrap();
    assert!(watch.gone());
    assert!(matches!(rig.store.inbox(unit).await, Err(StoreError::NoSuchFolder)));
    let after = rig.contents(rig.mailbox, "Đơn vị cũ/").await;
    let kept = |contents: &[(String, u32, Vec<String>)]| {
        let mut kept: Vec<_> = contents.iter().map(|(_, validity, messages)| (*validity, messages.clone())).collect();
        kept.sort();
        kept
    };
    let ours: Vec<_> = after.iter().filter(|(name, ..)| name != "Sent").cloned().collect();
    assert_eq!(kept(&ours), kept(&before));
    assert_eq!(rig.folder("Đơn vị cũ/Sent 2").await.special_use, None);
    assert_eq!(rig.folder("Đơn vị cũ/INBOX").await.id, inbox);
    let subscribed = rig.store.subscriptions(rig.mailbox).await.unwrap();
    assert!(subscribed.contains(&name("Đơn vị cũ/Hồ sơ/2026")), "{subscribed:?}");
    assert_eq!(rig.store.watch(inbox).await.unwrap().index().len(), 2);
    let late = rig.store.create_folder(unit, name("Dùng chung/Mục"), None).await;
    assert!(matches!(late, Err(StoreError::NoSuchFolder)), "the mailbox that was removed gets a folder: {late:?}");
    rig.put(inbox, &[MESSAGE], FlagNames::default()).await;
    rig.holds().await;
}

#[tokio::test]
async fn a_mailbox_with_too_many_folders_is_not_moved_at_all() {
    let rig = Rig::new().await;
    let unit = rig.unit().await;
    let mailbox = rig.mailbox;
    rig.db
        .write(move |tx| {
            Box::pin(async move {
                sqlx::query(
                    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2) \
                     INSERT INTO folder (mailbox_id, name, uid_validity) SELECT ?1, 'f' || i, i FROM n",
                )
                .bind(mailbox)
                .bind(limits::FOLDERS_PER_MAILBOX_MAX - 6 - 6)
                .execute(tx.connection())
                .await
                .map_err(DbError::from)?;
                Ok::<_, StoreError>(())
            })
        })
        .await
        .unwrap();
    let refused = rig.ending(unit, Some((rig.mailbox, FolderName::parse("Cũ").unwrap()))).await;
    assert!(matches!(refused, Err(StoreError::TooManyFolders)));
    rig.ending(unit, Some((rig.mailbox, FolderName::parse("f1").unwrap()))).await.unwrap();
    rig.holds().await;
}

#[tokio::test]
async fn a_mailbox_that_ends_leaves_nothing_after_the_grace() {
    let rig = Rig::new().await;
    let unit = rig.unit().await;
    let inbox = rig.store.inbox(unit).await.unwrap();
    rig.put(inbox, &[MESSAGE; 3], keyword("k")).await;
    rig.store
        .copy_messages(inbox, UidRanges::new(vec![1..=1]), Destination::of(rig.inbox), Missing::PassOver)
        .await
        .unwrap();
    let watch = rig.store.watch(inbox).await.unwrap();
    rig.ending(unit, None).await.unwrap();
    assert!(watch.gone());
    assert!(matches!(rig.store.inbox(unit).await, Err(StoreError::NoSuchFolder)));
    assert_eq!(rig.store.usage(unit).await.unwrap(), 0);
    assert_eq!(rig.store.subscriptions(unit).await.unwrap(), []);
    rig.holds().await;
    let later = Clock::standing(Timestamp::now() + limits::EXPUNGED_KEPT_MIN * 2, TimeZone::UTC);
    let store = Store { clock: later, ..rig.store.clone() };
    assert_eq!(store.purge(Timestamp::MAX).await.unwrap(), 3);
    assert_eq!(rig.uids(rig.inbox).await, [1]);
    rig.holds().await;
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(16))]

    /// Whatever two mailboxes hold, a merger loses nothing and keeps every number.
    #[test]
    fn a_merger_loses_nothing(
        ours in proptest::collection::vec("(Sent|INBOX|[ab])( 2)?(/[ab]( 2)?){0,2}", 0..8),
        theirs in proptest::collection::vec("(Cũ/)?(Sent|INBOX|[ab])( [23])?(/[ab])?", 0..8),
        under in "(Cũ|INBOX|Mới/Cũ|Sent)",
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(async {
            let rig = Rig::new().await;
            let unit = rig.unit().await;
            for (mailbox, names) in [(unit, ours), (rig.mailbox, theirs)] {
                for text in names {
                    let name = FolderName::parse(&text).unwrap();
                    let _there_already = rig.store.create_folder(mailbox, name.clone(), None).await;
                    let folder = rig.store.folder(mailbox, &name).await.unwrap();
                    rig.put(folder.id, &[&format!("Subject: {text}\r\n\r\n")], keyword("k")).await;
                }
            }
            let everything = |contents: Vec<(String, u32, Vec<String>)>| contents.into_iter().map(|(_, validity, messages)| (validity, messages));
            let mut before: Vec<_> = everything(rig.contents(unit, "").await).collect();
            before.extend(everything(rig.contents(rig.mailbox, "").await));
            rig.ending(unit, Some((rig.mailbox, FolderName::parse(&under).unwrap()))).await.unwrap();
            let mut after: Vec<_> = everything(rig.contents(rig.mailbox, "").await).collect();
            // What had to be made above the moved folders is empty.
            after.retain(|kept| before.contains(kept) || !kept.1.is_empty());
            before.sort();
            after.sort();
            assert_eq!(after, before);
            rig.holds().await;
        });
    }
}

#[tokio::test]
async fn the_id_of_a_body_is_never_given_twice() {
    let rig = Rig::new().await;
    rig.put(rig.inbox, &[MESSAGE], FlagNames { system: Flags::DELETED, keywords: vec![] }).await;
    let last = rig.store.watch(rig.inbox).await.unwrap().index().entry(0).unwrap().body;
    rig.store.expunge(rig.inbox, None).await.unwrap();
    let later = Clock::standing(Timestamp::now() + limits::EXPUNGED_KEPT_MIN * 2, TimeZone::UTC);
    let store = Store { clock: later, ..rig.store.clone() };
    assert_eq!(store.purge(Timestamp::MAX).await.unwrap(), 1);
    let opened_again = Store::open(rig.db.clone(), Clock::system(TimeZone::UTC)).await.unwrap();
    assert!(opened_again.next_body() > last);
}

#[tokio::test]
async fn a_body_from_before_previews_is_given_one() {
    let rig = Rig::new().await;
    rig.put(rig.inbox, &[MESSAGE], FlagNames::default()).await;
    let body = rig.store.watch(rig.inbox).await.unwrap().index().entry(0).unwrap().body;
    let preview = async || {
        let texts = rig.store.derived(Derived::Preview, &[body]).await.unwrap();
        texts.iter().next().unwrap().to_vec()
    };
    assert_eq!(preview().await, b"\"body\"");
    rig.db
        .write(move |tx| {
            Box::pin(async move {
                let forget = sqlx::query("UPDATE body SET preview = NULL");
                forget.execute(tx.connection()).await.map_err(DbError::from)?;
                Ok::<_, StoreError>(())
            })
        })
        .await
        .unwrap();
    assert_eq!(preview().await, b"");
    assert_eq!(rig.store.make_preview(body).await.unwrap(), b"\"body\"");
    assert_eq!(preview().await, b"\"body\"");
}

#[test]
fn a_mailbox_holds_no_more_than_it_may() {
    let holds = Volume { messages: limits::MESSAGES_PER_MAILBOX_MAX - 1, bytes: 90 };
    let more = |messages, bytes, quota| holds.admits(Volume { messages, bytes }, quota).is_ok();
    assert!(more(1, 10, Some(100)) && more(1, 1000, None));
    assert!(!more(1, 11, Some(100)) && !more(2, 1, None) && !more(1, u64::MAX, Some(100)));
}

#[tokio::test]
async fn what_went_is_named_while_it_is_known_and_never_too_little_afterwards() {
    let rig = Rig::new().await;
    rig.put(rig.inbox, &[MESSAGE; 6], FlagNames::default()).await;
    let watch = rig.store.watch(rig.inbox).await.unwrap();
    let gone = async |store: &Store, uids: &[u32]| {
        let uids = UidRanges::from_sorted(uids.iter().map(|uid| Uid(*uid)));
        let deleted = FlagNames { system: Flags::DELETED, keywords: vec![] };
        store.change_flags(rig.inbox, &uids, FlagChange::Add(deleted), None).await.unwrap();
        store.expunge(rig.inbox, None).await.unwrap();
        watch.index()
    };
    let vanished = async |since: &Index, now: &Index| {
        let uids = rig.store.vanished(rig.inbox, since.highest_modseq(), now).await.unwrap();
        uids.as_slice().to_vec()
    };
    let start = watch.index();
    let first = gone(&rig.store, &[1, 2]).await;
    let later = Clock::standing(Timestamp::now() + limits::EXPUNGED_KEPT_MIN * 2, TimeZone::UTC);
    let store = Store { clock: later, ..rig.store.clone() };
    let second = gone(&store, &[5]).await;
    assert_eq!(vanished(&start, &second).await, [1..=2, 5..=5]);
    assert_eq!(vanished(&first, &second).await, [5..=5]);
    // What went after the state that is told waits for its turn.
    assert_eq!(vanished(&start, &first).await, [1..=2]);
    assert_eq!(vanished(&second, &second).await, []);
    assert_eq!(store.purge(Timestamp::MAX).await.unwrap(), 2);
    let third = gone(&store, &[6]).await;
    assert_eq!(vanished(&first, &third).await, [5..=6]);
    // Too much is named where it is not known any more.
    assert_eq!(vanished(&start, &third).await, [1..=2, 5..=6]);
    rig.holds().await;
}

impl Rig {
    async fn execute(&self, statements: &'static str) {
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    sqlx::raw_sql(statements).execute(tx.connection()).await.map_err(DbError::from)?;
                    Ok::<_, StoreError>(())
                })
            })
            .await
            .unwrap();
    }

    /// What a person has seen of a folder.
    async fn seen_by(&self, staff: StaffId, mailbox: MailboxId, name: &str) -> Vec<u32> {
        let store = self.store.by(Some(staff));
        let folder = store.folder(mailbox, &FolderName::parse(name).unwrap()).await.unwrap();
        let index = store.watch_own(&folder).await.unwrap().index();
        let seen: Vec<u32> =
            index.iter().filter(|(_, e)| e.flags.contains(Flags::SEEN)).map(|(_, e)| e.uid.0).collect();
        assert_eq!(folder.counters.unseen as usize, index.len() - seen.len(), "{staff} {name}");
        seen
    }
}

/// R5: what each has seen comes back with what was expunged, ends when that is purged, and is common where a unit is merged.
#[tokio::test]
async fn what_each_has_seen_lasts_as_long_as_the_message_and_the_folder_is_shared() {
    const PEOPLE: &str = "INSERT INTO staff (id, name, unit, state, since) VALUES \
        (1, 'An', (SELECT max(id) FROM unit), 'active', '2026-01-01'), (2, 'Bình', (SELECT max(id) FROM unit), 'active', '2026-01-01')";
    let rig = Rig::new().await;
    let unit = rig.unit().await;
    rig.execute(PEOPLE).await;
    let [an, binh] = [1, 2].map(StaffId);
    let name = "Dùng chung/Mục";
    let folder = rig.store.create_folder(unit, FolderName::parse(name).unwrap(), None).await.unwrap();
    rig.put(folder.id, &[MESSAGE, MESSAGE, MESSAGE], FlagNames::default()).await;
    let flag = |system| FlagChange::Add(FlagNames { system, keywords: Vec::new() });
    let uids = |uids: &[u32]| UidRanges::from_sorted(uids.iter().map(|uid| Uid(*uid)));
    for (staff, seen) in [(an, &[1, 2][..]), (binh, &[2])] {
        rig.store.by(Some(staff)).change_flags(folder.id, &uids(seen), flag(Flags::SEEN), None).await.unwrap();
    }
    let unread =
        || async { rig.store.manifest(unit).await.unwrap().folders.iter().find(|f| f.name == name).unwrap().unseen };
    assert_eq!(unread().await, 1, "nobody has read the third");
    rig.store.change_flags(folder.id, &uids(&[2]), flag(Flags::DELETED), None).await.unwrap();
    rig.store.expunge(folder.id, None).await.unwrap();
    let (store, db) = (rig.store.clone(), rig.db.clone());
    db.write(move |tx| Box::pin(async move { restore_in(tx, &store, unit, &Which::default(), None).await }))
        .await
        .unwrap();
    assert_eq!((rig.seen_by(an, unit, name).await, rig.seen_by(binh, unit, name).await), (vec![1, 4], vec![4]));
    let later = rig.store.clock.now() + limits::EXPUNGED_KEPT_MIN * 2;
    let store = Store { clock: Clock::standing(later, TimeZone::UTC), ..rig.store.clone() };
    assert_eq!(store.purge(Timestamp::MAX).await.unwrap(), 1);
    rig.holds().await;
    // Whoever left, and whose mailbox ends, has read nothing any more.
    rig.execute(
        "INSERT INTO staff (id, name, unit, state, since) VALUES (3, 'Chi', 1, 'departed', '2026-01-01');
         INSERT INTO mailbox (id, kind, staff, quota_bytes, reach, state, opened)
             VALUES (30, 'staff', 3, 1, 'province', 'open', '2026-01-01')",
    )
    .await;
    let chi = StaffId(3);
    rig.store.by(Some(chi)).change_flags(folder.id, &uids(&[3]), flag(Flags::SEEN), None).await.unwrap();
    assert_eq!((rig.seen_by(chi, unit, name).await, unread().await), (vec![3], 0));
    rig.ending(MailboxId(30), None).await.unwrap();
    assert_eq!(unread().await, 1);
    rig.ending(unit, Some((rig.mailbox, FolderName::parse("Đơn vị cũ").unwrap()))).await.unwrap();
    for staff in [an, binh] {
        assert_eq!(
            rig.seen_by(staff, rig.mailbox, "Đơn vị cũ/Dùng chung/Mục").await,
            [1, 4],
            "read by anybody is read"
        );
    }
    rig.holds().await;
}
