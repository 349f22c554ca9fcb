//! Folders in use: one index each, kept current by commits, shared by every session on the folder.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::index::{Change, Index};
use crate::id::{FolderId, ModSeq, StaffId};
use crate::limits;

/// A session's hold on a folder's index.
#[derive(Debug)]
pub struct Watch {
    receiver: watch::Receiver<State>,
    // Keeps the folder among those in use.
    _live: Arc<Live>,
}

#[derive(Clone, Debug)]
struct State {
    index: Arc<Index>,
    gone: bool,
}

impl Watch {
    /// The newest state of the folder; every change in it is durable (invariant I3).
    pub fn index(&self) -> Arc<Index> {
        self.receiver.borrow().index.clone()
    }

    /// Whether the folder was deleted, or went to another mailbox.
    pub fn gone(&self) -> bool {
        self.receiver.borrow().gone
    }

    /// Resolves when the folder changed since this or [`Watch::mark_seen`] was last called; at once if it did before.
    pub async fn changed(&mut self) {
        if self.receiver.changed().await.is_err() {
            // The sender lives as long as this watch: it holds the folder.
            std::future::pending::<()>().await;
        }
    }

    /// Forgets changes up to now.
    pub fn mark_seen(&mut self) {
        self.receiver.mark_unchanged();
    }
}

/// One folder in use.
#[derive(Debug, Default)]
struct Live {
    /// Held by the one session that reads the index from the database.
    reading: tokio::sync::Mutex<()>,
    state: Mutex<Loaded>,
}

#[derive(Debug)]
enum Loaded {
    /// Not read yet; changes committed meanwhile wait here.
    NotYet(Vec<(ModSeq, Arc<[Change]>)>),
    Ready(watch::Sender<State>),
    /// Deleted, or moved to another mailbox, before it was read.
    Gone,
}

impl Default for Loaded {
    fn default() -> Self {
        Self::NotYet(Vec::new())
    }
}

impl Live {
    fn watch(self: &Arc<Self>) -> Option<Watch> {
        match &*lock(&self.state) {
            Loaded::NotYet(_) | Loaded::Gone => None,
            Loaded::Ready(sender) => Some(Watch { receiver: sender.subscribe(), _live: self.clone() }),
        }
    }

    /// The index was read: what was committed meanwhile is made up for.
    fn ready(self: &Arc<Self>, index: Index) -> Watch {
        let mut state = lock(&self.state);
        let read_at = index.highest_modseq();
        let mut index = Arc::new(index);
        if let Loaded::NotYet(early) = &*state {
            for (modseq, changes) in early.iter().filter(|(modseq, _)| *modseq > read_at) {
                apply(&mut index, *modseq, changes);
            }
        }
        let gone = matches!(&*state, Loaded::Gone);
        let (sender, receiver) = watch::channel(State { index, gone });
        *state = Loaded::Ready(sender);
        Watch { receiver, _live: self.clone() }
    }

    fn publish(&self, modseq: ModSeq, changes: &Arc<[Change]>) {
        match &mut *lock(&self.state) {
            Loaded::NotYet(early) => early.push((modseq, changes.clone())),
            Loaded::Ready(sender) => sender.send_modify(|state| apply(&mut state.index, modseq, changes)),
            Loaded::Gone => {}
        }
    }

    fn end(&self) {
        let mut loaded = lock(&self.state);
        match &*loaded {
            Loaded::Ready(sender) => sender.send_modify(|state| state.gone = true),
            // Whoever reads the index at this moment learns it when that is done.
            Loaded::NotYet(_) | Loaded::Gone => *loaded = Loaded::Gone,
        }
    }

    fn is_ready(&self) -> bool {
        matches!(&*lock(&self.state), Loaded::Ready(_))
    }
}

fn apply(index: &mut Arc<Index>, modseq: ModSeq, changes: &[Change]) {
    // Cheap where sessions hold the old one: the copy shares all chunks.
    let index = Arc::make_mut(index);
    for change in changes {
        index.apply(change, modseq);
    }
}

/// A folder as all see it, or, where everybody has a `\Seen` of their own, as one person does.
type Shown = (FolderId, Option<StaffId>);

/// All folders in use.
#[derive(Debug, Default)]
pub(super) struct Hub {
    folders: Mutex<BTreeMap<Shown, Arc<Live>>>,
}

/// The folder in everybody's eyes.
fn to_anybody(folder: FolderId) -> RangeInclusive<Shown> {
    (folder, None)..=(folder, Some(StaffId(i64::MAX)))
}

impl Hub {
    /// The folder's index, read by `load` if nobody uses the folder yet.
    pub(super) async fn watch<E>(
        &self,
        folder: Shown,
        load: impl Future<Output = Result<Index, E>>,
    ) -> Result<Watch, E> {
        // From here on commits leave their changes with the folder, so that none is missed while the index is read.
        let live = self.live(folder);
        if let Some(watch) = live.watch() {
            return Ok(watch);
        }
        let _reading = live.reading.lock().await;
        match live.watch() {
            Some(watch) => Ok(watch),
            None => Ok(live.ready(load.await?)),
        }
    }

    fn live(&self, folder: Shown) -> Arc<Live> {
        let mut folders = lock(&self.folders);
        if folders.len() >= limits::FOLDERS_LOADED_MAX {
            folders.retain(|_, live| Arc::strong_count(live) > 1);
        }
        folders.entry(folder).or_default().clone()
    }

    /// Tells all sessions on the folder what a commit changed; nothing to do where there is none.
    pub(super) fn publish(&self, folder: FolderId, modseq: ModSeq, changes: &Arc<[Change]>) {
        let mut folders = lock(&self.folders);
        let mut unread = Vec::new();
        for (shown, live) in folders.range(to_anybody(folder)) {
            // A session that went away while it read the index left the folder unread.
            if Arc::strong_count(live) == 1 && !live.is_ready() {
                unread.push(*shown);
            } else {
                live.publish(modseq, changes);
            }
        }
        for shown in unread {
            folders.remove(&shown);
        }
    }

    /// The folder was deleted, or is another mailbox's from now on.
    pub(super) fn remove(&self, folder: FolderId) {
        let mut folders = lock(&self.folders);
        let ended: Vec<_> = folders.range(to_anybody(folder)).map(|(shown, _)| *shown).collect();
        for live in ended.iter().filter_map(|shown| folders.remove(shown)) {
            live.end();
        }
    }
}

/// A panic elsewhere does not make what the lock protects wrong: every change under it is whole.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
