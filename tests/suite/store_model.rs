//! The store beside a model of it in memory: whatever is appended, flagged, copied, moved, expunged, renamed or
//! deleted in whatever order and by whomever, both say the same to everybody, also after the database was closed and
//! opened again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hopthu::clock::Clock;
use hopthu::db::{Db, DbError};
use hopthu::id::{FolderId, MailboxId, ModSeq, StaffId, Uid};
use hopthu::store::{
    self, Append, Destination, Entry, FlagChange, FlagNames, Flags, FolderName, Missing, Prepared, Store, StoreError,
    UidRanges,
};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use proptest::test_runner::Config;

/// Folders at the start; the first is INBOX.
const FOLDERS: [&str; 5] = ["INBOX", "Việc", "Việc/Đã xong", "Dùng chung/Mục", "Dùng chung/Cũ"];
const FLAGS: [&str; 5] = ["\\Seen", "\\Flagged", "\\Deleted", "$Viec", "$Gap"];

/// Below here everybody has a `\Seen` of their own.
const SHARED: &str = "Dùng chung/";
const SEEN: &str = "\\Seen";
/// Who does something, or looks: nobody in particular, or one of two people.
const HANDS: [Option<StaffId>; 3] = [None, Some(StaffId(1)), Some(StaffId(2))];

/// An operation; folders are named by their place in the model.
#[derive(Clone, Debug)]
enum Op {
    Append { by: Option<StaffId>, folder: usize, text: u8, flags: BTreeSet<usize> },
    Flags { by: Option<StaffId>, folder: usize, uids: (u32, u32), how: usize, flags: BTreeSet<usize> },
    Copy { by: Option<StaffId>, from: usize, uids: (u32, u32), to: usize },
    Move { by: Option<StaffId>, from: usize, uids: (u32, u32), to: usize },
    Expunge { folder: usize, uids: Option<(u32, u32)> },
    Rename { folder: usize, name: u8 },
    Remake { folder: usize },
    Reopen,
}

/// A message of the model: its flags, who has seen it where that is everybody's own, and which text it has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Message {
    flags: BTreeSet<String>,
    seen: BTreeSet<StaffId>,
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
    /// What everybody was shown last of each message.
    told: BTreeMap<(Option<StaffId>, u32), (ModSeq, BTreeSet<String>)>,
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

fn hand() -> impl Strategy<Value = Option<StaffId>> {
    (0..HANDS.len()).prop_map(|at| HANDS[at])
}

fn uids() -> impl Strategy<Value = (u32, u32)> {
    (1_u32..12, 0_u32..6).prop_map(|(first, more)| (first, first + more))
}

fn flags() -> impl Strategy<Value = BTreeSet<usize>> {
    prop::collection::btree_set(0..FLAGS.len(), 0..3)
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => (hand(), folder(), 0_u8..4, flags())
            .prop_map(|(by, folder, text, flags)| Op::Append { by, folder, text, flags }),
        4 => (hand(), folder(), uids(), 0..3_usize, flags())
            .prop_map(|(by, folder, uids, how, flags)| Op::Flags { by, folder, uids, how, flags }),
        2 => (hand(), folder(), uids(), folder()).prop_map(|(by, from, uids, to)| Op::Copy { by, from, uids, to }),
        2 => (hand(), folder(), uids(), folder()).prop_map(|(by, from, uids, to)| Op::Move { by, from, uids, to }),
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
                    sqlx::raw_sql(
                        "INSERT INTO unit (id, code, name, kind, place, state, since) \
                         VALUES (1, 'vp', 'Văn phòng', 'office', 'lan', 'open', '2026-01-01'); \
                         INSERT INTO staff (id, name, unit, state, since) \
                         VALUES (1, 'An', 1, 'active', '2026-01-01'), (2, 'Bình', 1, 'active', '2026-01-01')",
                    )
                    .execute(tx.connection())
                    .await
                    .map_err(DbError::from)?;
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
        Folder {
            name: name.into(),
            messages: BTreeMap::new(),
            uid_next: 1,
            modseq: 0,
            uid_validity: made.uid_validity,
            told: BTreeMap::new(),
        }
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
            Op::Append { by, folder, text: n, flags } => {
                let append = Append {
                    folder: self.id(*folder).await,
                    message: Arc::new(Prepared::new(text(*n))),
                    prefix: Vec::new(),
                    flags: flag_names(flags),
                    date: Timestamp::UNIX_EPOCH,
                    quota: None,
                };
                let appended = self.store.by(*by).append(vec![append]).await.unwrap();
                let message = Message { flags: named(flags), text: *n, ..Message::default() };
                let uid = self.folders[*folder].add(message, *by);
                assert_eq!(appended[0].uid, Uid(uid));
            }
            Op::Flags { by, folder, uids, how, flags } => {
                let change = [FlagChange::Add, FlagChange::Remove, FlagChange::Replace][*how](flag_names(flags));
                let id = self.id(*folder).await;
                self.store.by(*by).change_flags(id, &ranges(*uids), change, None).await.unwrap();
                let flags = named(flags);
                let own = by.filter(|_| self.folders[*folder].is_shared());
                for (_, message) in self.folders[*folder].messages.range_mut(uids.0..=uids.1) {
                    let mut shown = message.shown(own);
                    match how {
                        0 => shown.extend(flags.iter().cloned()),
                        1 => shown.retain(|flag| !flags.contains(flag)),
                        _ => shown.clone_from(&flags),
                    }
                    message.keep(shown, own);
                }
            }
            Op::Copy { by, from, uids, to } => {
                let (source, target) = (self.id(*from).await, self.id(*to).await);
                let copied = self
                    .store
                    .by(*by)
                    .copy_messages(source, ranges(*uids), Destination::of(target), Missing::PassOver)
                    .await
                    .unwrap();
                let pairs = self.copy(*by, *from, *uids, *to);
                assert_eq!(copied.pairs, pairs);
            }
            Op::Move { by, from, uids, to } => {
                let (source, target) = (self.id(*from).await, self.id(*to).await);
                let moved = self
                    .store
                    .by(*by)
                    .move_messages(source, ranges(*uids), Destination::of(target), Missing::PassOver)
                    .await
                    .unwrap();
                let pairs = self.copy(*by, *from, *uids, *to);
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

    fn copy(&mut self, by: Option<StaffId>, from: usize, uids: (u32, u32), to: usize) -> Vec<(Uid, Uid)> {
        let own = by.filter(|_| self.folders[from].is_shared());
        let copies = self.folders[from].messages.range(uids.0..=uids.1);
        let copies: Vec<_> = copies.map(|(u, m)| (*u, Message { flags: m.shown(own), ..m.clone() })).collect();
        copies.into_iter().map(|(uid, message)| (Uid(uid), Uid(self.folders[to].add(message, by)))).collect()
    }

    /// A folder keeps everything but its name; INBOX stays, and its messages go.
    async fn rename(&mut self, folder: usize, name: u8) {
        let old = self.folders[folder].name.clone();
        let new = if self.folders[folder].is_shared() { format!("{SHARED}Kho {name}") } else { format!("Kho {name}") };
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

    /// Index and counters of every folder are to everybody what the model says.
    async fn compare(&mut self, op: &Op) {
        for at in 0..self.folders.len() {
            for eyes in HANDS {
                self.compare_through(at, eyes, op).await;
            }
        }
    }

    async fn compare_through(&mut self, at: usize, eyes: Option<StaffId>, op: &Op) {
        let store = self.store.by(eyes);
        let name = FolderName::parse(&self.folders[at].name).unwrap();
        let found = store.folder(self.mailbox, &name).await.unwrap();
        let index = store.watch_own(&found).await.unwrap().index();
        let model = &mut self.folders[at];
        let own = eyes.filter(|_| model.is_shared());
        let shown = |entry: &Entry| {
            let system = Flags::SYSTEM.iter().filter(|(bit, _)| entry.flags.contains(*bit));
            let system = system.map(|(_, name)| (*name).to_owned());
            system.chain(index.keywords().of(entry.flags).map(str::to_owned)).collect::<BTreeSet<_>>()
        };
        let live: Vec<_> = index.iter().map(|(_, entry)| (entry.uid.0, shown(entry))).collect();
        let expected: Vec<_> = model.messages.iter().map(|(uid, m)| (*uid, m.shown(own))).collect();
        assert_eq!(live, expected, "{} to {eyes:?} after {op:?}", model.name);
        let counters = found.counters;
        let count = |flag: &str| model.messages.values().filter(|m| m.shown(own).contains(flag)).count();
        assert_eq!(counters.messages as usize, model.messages.len(), "messages of {}", model.name);
        assert_eq!(
            counters.unseen as usize,
            model.messages.len() - count(SEEN),
            "unseen of {} to {eyes:?}",
            model.name
        );
        assert_eq!(counters.deleted as usize, count("\\Deleted"), "deleted of {}", model.name);
        assert_eq!(counters.uid_next, Uid(model.uid_next), "next UID of {}", model.name);
        assert_eq!(found.uid_validity, model.uid_validity, "validity of {}", model.name);
        let bytes: usize = model.messages.values().map(|m| text(m.text).len()).sum();
        assert_eq!(counters.bytes as usize, bytes, "octets of {}", model.name);
        let ModSeq(highest) = counters.highest_modseq;
        assert!(highest >= model.modseq, "the mod-sequence of {} fell", model.name);
        assert!(index.iter().all(|(_, entry)| entry.modseq.0 <= highest));
        model.modseq = highest;
        // Whatever was shown, nobody is told of a change that was not.
        for (_, entry) in index.iter() {
            let now = (entry.modseq, shown(entry));
            let before = model.told.insert((eyes, entry.uid.0), now.clone());
            assert!(before.is_none_or(|before| before == now || before.0 < now.0), "{} to {eyes:?}", model.name);
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

impl Message {
    /// Its flags as they are to somebody who has a `\Seen` of their own, or to all.
    fn shown(&self, own: Option<StaffId>) -> BTreeSet<String> {
        let mut shown = self.flags.clone();
        match own {
            Some(staff) if self.seen.contains(&staff) => drop(shown.insert(SEEN.into())),
            Some(_) => drop(shown.remove(SEEN)),
            None => {}
        }
        shown
    }

    /// Its flags are these from now on.
    fn keep(&mut self, mut shown: BTreeSet<String>, own: Option<StaffId>) {
        if let Some(staff) = own {
            if shown.remove(SEEN) {
                self.seen.insert(staff)
            } else {
                self.seen.remove(&staff)
            };
            shown.extend(self.flags.get(SEEN).cloned());
        }
        self.flags = shown;
    }
}

impl Folder {
    fn is_shared(&self) -> bool {
        self.name.starts_with(SHARED)
    }

    /// Puts in a message with its flags as they are to whoever does.
    fn add(&mut self, mut message: Message, by: Option<StaffId>) -> u32 {
        let uid = self.uid_next;
        match by.filter(|_| self.is_shared()) {
            _ if !self.is_shared() => message.seen.clear(),
            Some(staff) if message.flags.remove(SEEN) => drop(message.seen.insert(staff)),
            _ => {}
        }
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
