//! Many folders heard of at once, without their indexes: what kind of thing happened in which, and whether names changed.
//!
//! Nothing is queued: of a folder it is remembered that something happened, however often, so that a listener that is
//! slow costs no more than one that is fast, and never misses anything.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;
use std::sync::{Arc, Mutex, Weak};

use tokio::sync::Notify;

use super::Store;
use super::index::Change;
use super::watch::lock;
use crate::db::Tx;
use crate::id::{FolderId, MailboxId, StaffId};

/// What happened in a folder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Happened(u8);

impl Happened {
    /// Messages came or went.
    pub const MESSAGES: Self = Self(1);
    /// Flags changed.
    pub const FLAGS: Self = Self(2);

    /// Whether any of `others` is among it.
    pub fn any(self, others: Self) -> bool {
        self.0 & others.0 != 0
    }

    /// Both together.
    #[must_use]
    pub fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// What it is to a person, or to nobody in particular.
    fn to(eyes: Option<StaffId>, changes: &[Change]) -> Self {
        changes.iter().fold(Self::default(), |all, change| match change {
            Change::Appended(_) | Change::Expunged(_) => all.and(Self::MESSAGES),
            Change::Flags(_) => all.and(Self::FLAGS),
            Change::Seen(staff, _) if eyes == Some(*staff) => all.and(Self::FLAGS),
            Change::Seen(..) | Change::Keywords(_) => all,
        })
    }
}

/// What a listener has not yet been told.
#[derive(Debug, Default)]
pub struct Heard {
    /// The folders where something happened.
    pub folders: BTreeMap<FolderId, Happened>,
    /// Whether folders were made, renamed, deleted, or subscribed to, in one of the mailboxes.
    pub names: Names,
}

/// Whether the names of folders are what they were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Names {
    #[default]
    Same,
    Changed,
}

#[derive(Debug, Default)]
struct Ear {
    /// Who listens.
    eyes: Option<StaffId>,
    heard: Mutex<Heard>,
    woken: Notify,
}

impl Ear {
    fn hear(&self, note: impl FnOnce(&mut Heard)) {
        note(&mut lock(&self.heard));
        self.woken.notify_one();
    }
}

/// A session's ear for some mailboxes' names and some folders.
#[derive(Debug)]
pub struct Listener {
    ear: Arc<Ear>,
    posts: Arc<Posts>,
    mailboxes: BTreeSet<MailboxId>,
    folders: BTreeSet<FolderId>,
}

impl Listener {
    /// Listens to the names of these mailboxes' folders, and no longer to others.
    pub fn attend_names(&mut self, mailboxes: BTreeSet<MailboxId>) {
        attend(&mut lock(&self.posts.mailboxes), &self.ear, &self.mailboxes, &mailboxes);
        self.mailboxes = mailboxes;
    }

    /// Listens to these folders, and no longer to others.
    pub fn attend(&mut self, folders: BTreeSet<FolderId>) {
        attend(&mut lock(&self.posts.folders), &self.ear, &self.folders, &folders);
        self.folders = folders;
    }

    /// Resolves when there is something to [`Listener::take`].
    pub async fn woken(&self) {
        self.ear.woken.notified().await;
    }

    /// What happened since this was last asked.
    pub fn take(&self) -> Heard {
        std::mem::take(&mut lock(&self.ear.heard))
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.attend(BTreeSet::new());
        self.attend_names(BTreeSet::new());
    }
}

type Ears<K> = HashMap<K, Vec<Weak<Ear>>>;

fn attend<K: Copy + Eq + Hash + Ord>(posts: &mut Ears<K>, ear: &Arc<Ear>, before: &BTreeSet<K>, now: &BTreeSet<K>) {
    for key in before.difference(now) {
        if let Some(ears) = posts.get_mut(key) {
            ears.retain(|other| other.as_ptr() != Arc::as_ptr(ear));
            if ears.is_empty() {
                posts.remove(key);
            }
        }
    }
    for key in now.difference(before) {
        posts.entry(*key).or_default().push(Arc::downgrade(ear));
    }
}

/// Who listens to what. A session holds no lock of it while it waits.
#[derive(Debug, Default)]
pub(super) struct Posts {
    folders: Mutex<Ears<FolderId>>,
    mailboxes: Mutex<Ears<MailboxId>>,
}

impl Posts {
    /// A commit changed a folder.
    pub(super) fn folder(&self, folder: FolderId, changes: &[Change]) {
        for ear in lock(&self.folders).get(&folder).into_iter().flatten().filter_map(Weak::upgrade) {
            let happened = Happened::to(ear.eyes, changes);
            if happened == Happened::default() {
                continue;
            }
            ear.hear(|heard| {
                let so_far = heard.folders.entry(folder).or_default();
                *so_far = so_far.and(happened);
            });
        }
    }

    /// A commit changed a mailbox's names.
    fn names(&self, mailbox: MailboxId) {
        for ear in lock(&self.mailboxes).get(&mailbox).into_iter().flatten().filter_map(Weak::upgrade) {
            ear.hear(|heard| heard.names = Names::Changed);
        }
    }
}

impl Store {
    /// An ear of whoever has this handle, for nothing yet.
    pub fn listen(&self) -> Listener {
        let ear = Arc::new(Ear { eyes: self.hand.staff(), ..Ear::default() });
        let posts = self.posts.clone();
        Listener { ear, posts, mailboxes: BTreeSet::new(), folders: BTreeSet::new() }
    }

    /// Once this is durable, who listens to the mailbox learns that its names changed.
    pub(super) fn names_changed(&self, tx: &mut Tx, mailbox: MailboxId) {
        let posts = self.posts.clone();
        tx.after_commit(move || posts.names(mailbox));
    }
}
