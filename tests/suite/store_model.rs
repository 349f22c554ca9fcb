//! The store beside a model of it in memory: whatever is appended, flagged, copied, moved, expunged, renamed or
//! deleted in whatever order, both say the same, also after the database was closed and opened again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hopthu::clock::Clock;
use hopthu::db::{Db, DbError};
use hopthu::id::{FolderId, MailboxId, ModSeq, Uid};
use hopthu::store::{
    self, Append, Destination, Entry, FlagChange, FlagNames, Flags, FolderName, Missing, Prepared, Store, StoreError,
    UidRanges,
};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use proptest::test_runner::Config;

/// Folders at the start; the first is INBOX.
const FOLDERS: [&str; 3] = ["INBOX", "Việc", "Việc/Đã xong"];
const FLAGS: [&str; 5] = ["\\Seen", "\\Flagged", "\\Deleted", "$Viec", "$Gap"];

/// An operation; folders are named by their place in the model.
#[derive(Clone, Debug)]
enum Op {
    Append { folder: usize, text: u8, flags: BTreeSet<usize> },
    Flags { folder: usize, uids: (u32, u32), how: usize, flags: BTreeSet<usize> },
    Copy { from: usize, uids: (u32, u32), to: usize },
    Move { from: usize, uids: (u32, u32), to: usize },
    Expunge { folder: usize, uids: Option<(u32, u32)> },
    Rename { folder: usize, name: u8 },
    Remake { folder: usize },
    Reopen,
}

/// A message of the model: its flags, and which text it has.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Message {
    flags: BTreeSet<String>,
    text: u8,
}

#[derive(Clone, Debug)]
struct Folder {
    name: String,
    messages: BTreeMap<u32, Message>,
    uid_next: u32,
    /// What was seen of the store: it may only grow.
    modseq: u64,
    uid_validity: u32,
}

struct World {
    dir: tempfile::TempDir,
    db: Db,
    store: Store,
    mailbox: MailboxId,
    folders: Vec<Folder>,
    validities: BTreeSet<u32>,
}

fn folder() -> impl Strategy<Value = usize> {
    0..FOLDERS.len()
}

fn uids() -> impl Strategy<Value = (u32, u32)> {
    (1_u32..12, 0_u32..6).prop_map(|(first, more)| (first, first + more))
}

fn flags() -> impl Strategy<Value = BTreeSet<usize>> {
    prop::collection::btree_set(0..FLAGS.len(), 0..3)
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => (folder(), 0_u8..4, flags()).prop_map(|(folder, text, flags)| Op::Append { folder, text, flags }),
        4 => (folder(), uids(), 0..3_usize, flags())
            .prop_map(|(folder, uids, how, flags)| Op::Flags { folder, uids, how, flags }),
        2 => (folder(), uids(), folder()).prop_map(|(from, uids, to)| Op::Copy { from, uids, to }),
        2 => (folder(), uids(), folder()).prop_map(|(from, uids, to)| Op::Move { from, uids, to }),
        2 => (folder(), prop::option::of(uids())).prop_map(|(folder, uids)| Op::Expunge { folder, uids }),
        1 => (folder(), 0_u8..4).prop_map(|(folder, name)| Op::Rename { folder, name }),
        1 => folder().prop_map(|folder| Op::Remake { folder }),
        1 => Just(Op::Reopen),
    ]
}

proptest! {
    #![proptest_config(Config { cases: 40, failure_persistence: None, ..Config::default() })]

    #[test]
    fn the_store_is_what_its_model_is(ops in prop::collection::vec(op(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(async {
            let mut world = World::new().await;
            for op in ops {
                world.apply(&op).await;
                world.compare(&op).await;
            }
            world.reopen().await;
            world.compare(&Op::Reopen).await;
            world.compare_texts().await;
            assert_eq!(store::check(&mut world.db.read().await.unwrap()).await.unwrap(), []);
            world.db.close().await;
        });
    }
}

fn text(n: u8) -> Vec<u8> {
    // One of them in several pieces.
    let times = if n == 3 { 20_000 } else { 1 };
    format!("Subject: thư {n}\r\n\r\n{}", format!("Nội dung {n}.\r\n").repeat(times)).into_bytes()
}

fn named(flags: &BTreeSet<usize>) -> BTreeSet<String> {
    flags.iter().map(|at| FLAGS[*at].to_owned()).collect()
}

fn flag_names(flags: &BTreeSet<usize>) -> FlagNames {
    let mut names = FlagNames::default();
    for name in named(flags) {
        match Flags::SYSTEM.iter().find(|(_, system)| *system == name) {
            Some((bit, _)) => names.system = names.system.with(*bit),
            None => names.keywords.push(name),
        }
    }
    names
}

fn ranges((first, last): (u32, u32)) -> UidRanges {
    UidRanges::new(vec![first..=last])
}

impl World {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (db, store) = open(&dir).await;
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
        let mut world = Self { dir, db, store, mailbox, folders: Vec::new(), validities: BTreeSet::new() };
        for name in FOLDERS {
            if name != "INBOX" {
                world.store.create_folder(mailbox, FolderName::parse(name).unwrap(), None).await.unwrap();
            }
            let folder = world.fresh(name).await;
            world.folders.push(folder);
        }
        world
    }

    /// The model of a folder that was just made.
    async fn fresh(&mut self, name: &str) -> Folder {
        let made = self.store.folder(self.mailbox, &FolderName::parse(name).unwrap()).await.unwrap();
        assert!(self.validities.insert(made.uid_validity), "validity {} was given before", made.uid_validity);
        Folder { name: name.into(), messages: BTreeMap::new(), uid_next: 1, modseq: 0, uid_validity: made.uid_validity }
    }

    async fn reopen(&mut self) {
        self.db.clone().close().await;
        (self.db, self.store) = open(&self.dir).await;
    }

    async fn id(&self, folder: usize) -> FolderId {
        self.found(folder).await.id
    }

    async fn found(&self, folder: usize) -> store::Folder {
        let name = FolderName::parse(&self.folders[folder].name).unwrap();
        self.store.folder(self.mailbox, &name).await.unwrap()
    }

    async fn apply(&mut self, op: &Op) {
        match op {
            Op::Append { folder, text: n, flags } => {
                let append = Append {
                    folder: self.id(*folder).await,
                    message: Arc::new(Prepared::new(text(*n))),
                    prefix: Vec::new(),
                    flags: flag_names(flags),
                    date: Timestamp::UNIX_EPOCH,
                    quota: None,
                };
                let appended = self.store.append(vec![append]).await.unwrap();
                let uid = self.folders[*folder].add(Message { flags: named(flags), text: *n });
                assert_eq!(appended[0].uid, Uid(uid));
            }
            Op::Flags { folder, uids, how, flags } => {
                let change = [FlagChange::Add, FlagChange::Remove, FlagChange::Replace][*how](flag_names(flags));
                let id = self.id(*folder).await;
                self.store.change_flags(id, &ranges(*uids), change, None).await.unwrap();
                let flags = named(flags);
                for (_, message) in self.folders[*folder].messages.range_mut(uids.0..=uids.1) {
                    match how {
                        0 => message.flags.extend(flags.iter().cloned()),
                        1 => message.flags.retain(|flag| !flags.contains(flag)),
                        _ => message.flags.clone_from(&flags),
                    }
                }
            }
            Op::Copy { from, uids, to } => {
                let (source, target) = (self.id(*from).await, self.id(*to).await);
                let copied = self
                    .store
                    .copy_messages(source, ranges(*uids), Destination::of(target), Missing::PassOver)
                    .await
                    .unwrap();
                let pairs = self.copy(*from, *uids, *to);
                assert_eq!(copied.pairs, pairs);
            }
            Op::Move { from, uids, to } => {
                let (source, target) = (self.id(*from).await, self.id(*to).await);
                let moved = self
                    .store
                    .move_messages(source, ranges(*uids), Destination::of(target), Missing::PassOver)
                    .await
                    .unwrap();
                let pairs = self.copy(*from, *uids, *to);
                assert_eq!(moved.pairs, pairs);
                for (old, _) in pairs {
                    self.folders[*from].messages.remove(&old.0);
                }
            }
            Op::Expunge { folder, uids } => {
                let id = self.id(*folder).await;
                let gone = self.store.expunge(id, uids.map(ranges).as_ref()).await.unwrap().uids;
                let (first, last) = uids.unwrap_or((1, u32::MAX));
                let messages = &mut self.folders[*folder].messages;
                let deleted = messages.range(first..=last).filter(|(_, m)| m.flags.contains("\\Deleted"));
                let deleted: Vec<_> = deleted.map(|(uid, _)| Uid(*uid)).collect();
                messages.retain(|uid, _| !deleted.contains(&Uid(*uid)));
                assert_eq!(gone, deleted);
            }
            Op::Rename { folder, name } => self.rename(*folder, *name).await,
            Op::Remake { folder } => self.remake(*folder).await,
            Op::Reopen => self.reopen().await,
        }
    }

    fn copy(&mut self, from: usize, uids: (u32, u32), to: usize) -> Vec<(Uid, Uid)> {
        let copies: Vec<_> = self.folders[from].messages.range(uids.0..=uids.1).map(|(u, m)| (*u, m.clone())).collect();
        copies.into_iter().map(|(uid, message)| (Uid(uid), Uid(self.folders[to].add(message)))).collect()
    }

    /// A folder keeps everything but its name; INBOX stays, and its messages go.
    async fn rename(&mut self, folder: usize, name: u8) {
        let (old, new) = (self.folders[folder].name.clone(), format!("Kho {name}"));
        let taken = self.folders.iter().any(|f| f.name == new);
        let from = FolderName::parse(&old).unwrap();
        if folder == 0 || taken {
            return;
        }
        self.store.rename_folder(self.mailbox, from, FolderName::parse(&new).unwrap()).await.unwrap();
        for folder in &mut self.folders {
            if let Some(below) = folder.name.strip_prefix(&old).filter(|rest| rest.is_empty() || rest.starts_with('/'))
            {
                folder.name = format!("{new}{below}");
            }
        }
    }

    /// Deletes a folder without children and makes it again under the same name.
    async fn remake(&mut self, folder: usize) {
        let name = self.folders[folder].name.clone();
        let parent = self.folders.iter().any(|f| f.name.starts_with(&format!("{name}/")));
        if folder == 0 || parent {
            return;
        }
        let parsed = FolderName::parse(&name).unwrap();
        self.store.delete_folder(self.mailbox, parsed.clone()).await.unwrap();
        self.store.create_folder(self.mailbox, parsed, None).await.unwrap();
        self.folders[folder] = self.fresh(&name).await;
    }

    /// Index and counters of every folder are what the model says.
    async fn compare(&mut self, op: &Op) {
        for at in 0..self.folders.len() {
            let found = self.found(at).await;
            let index = self.store.watch(found.id).await.unwrap().index();
            let model = &mut self.folders[at];
            let shown = |entry: &Entry| {
                let system = Flags::SYSTEM.iter().filter(|(bit, _)| entry.flags.contains(*bit));
                let system = system.map(|(_, name)| (*name).to_owned());
                system.chain(index.keywords().of(entry.flags).map(str::to_owned)).collect::<BTreeSet<_>>()
            };
            let live: Vec<_> = index.iter().map(|(_, entry)| (entry.uid.0, shown(entry))).collect();
            let expected: Vec<_> = model.messages.iter().map(|(uid, m)| (*uid, m.flags.clone())).collect();
            assert_eq!(live, expected, "{} after {op:?}", model.name);
            let counters = found.counters;
            let count = |flag: &str| model.messages.values().filter(|m| m.flags.contains(flag)).count();
            assert_eq!(counters.messages as usize, model.messages.len(), "messages of {}", model.name);
            assert_eq!(counters.unseen as usize, model.messages.len() - count("\\Seen"), "unseen of {}", model.name);
            assert_eq!(counters.deleted as usize, count("\\Deleted"), "deleted of {}", model.name);
            assert_eq!(counters.uid_next, Uid(model.uid_next), "next UID of {}", model.name);
            assert_eq!(found.uid_validity, model.uid_validity, "validity of {}", model.name);
            let bytes: usize = model.messages.values().map(|m| text(m.text).len()).sum();
            assert_eq!(counters.bytes as usize, bytes, "octets of {}", model.name);
            let ModSeq(highest) = counters.highest_modseq;
            assert!(highest >= model.modseq, "the mod-sequence of {} fell", model.name);
            assert!(index.iter().all(|(_, entry)| entry.modseq.0 <= highest));
            model.modseq = highest;
        }
    }

    async fn compare_texts(&self) {
        for (at, model) in self.folders.iter().enumerate() {
            let id = self.id(at).await;
            let index = self.store.watch(id).await.unwrap().index();
            let asked: Vec<_> = index.iter().map(|(_, entry)| (entry.uid, entry.body)).collect();
            let texts = self.store.messages(id, &asked).await.unwrap();
            let expected: Vec<_> = model.messages.values().map(|m| text(m.text)).collect();
            assert_eq!(texts.iter().map(<[u8]>::to_vec).collect::<Vec<_>>(), expected, "{}", model.name);
        }
    }
}

impl Folder {
    fn add(&mut self, message: Message) -> u32 {
        let uid = self.uid_next;
        self.messages.insert(uid, message);
        self.uid_next += 1;
        uid
    }
}

async fn open(dir: &tempfile::TempDir) -> (Db, Store) {
    let db = Db::open(&dir.path().join("mail.db")).await.unwrap();
    let store = Store::open(db.clone(), Clock::system(TimeZone::UTC)).await.unwrap();
    (db, store)
}
