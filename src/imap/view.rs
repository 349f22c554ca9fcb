//! What a session has been told of its folder, against what is so now.
//!
//! A session counts messages as it was last told; others expunge and add meanwhile. A [`View`] keeps the index of the
//! last telling and makes, from the newest one, what is to be said next: nothing is said of messages that came or went
//! where the command in hand forbids it (RFC 9051 §7.5.1), flags may be told always.

use std::sync::Arc;

use super::lines::count;
use crate::id::{FolderId, ModSeq, Uid};
use crate::limits;
use crate::store::{Changed, Entry, Index};

/// Whether a session may change the folder it selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// SELECT
    ReadWrite,
    /// EXAMINE
    ReadOnly,
}

/// What may be told to a client with the command in hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tell {
    /// The client counts messages in this command, or is downloading and would not act on EXISTS: only changed flags.
    Flags,
    /// Flags and newcomers: sequence numbers stay.
    Arrivals,
    /// Everything, unless a command that counts messages is on its way: sequence numbers may move.
    All,
    /// Everything: the client itself asked for messages to go, and knows that numbers move.
    Own,
}

/// The folder as the client knows it.
#[derive(Clone, Debug)]
pub struct View {
    folder: FolderId,
    access: Access,
    /// The state of the last telling.
    last: Arc<Index>,
    /// The same messages as they were when a command last showed them: one that goes meanwhile stays so.
    told: Arc<Index>,
    /// Changes of flags up to here have been told.
    flags_told: ModSeq,
    /// Changes the client made itself since then, and so knows of.
    own: Vec<ModSeq>,
    keywords_told: usize,
    recent_from: Uid,
    /// UIDNEXT when the folder was selected.
    selected_at: Uid,
}

/// One thing to tell, in the order in which it is to be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// The folder has more keywords than the client knows.
    Keywords,
    /// A message is gone, and all after it move up.
    Expunged {
        /// The sequence number it had.
        sequence: u32,
        /// Its UID.
        uid: Uid,
    },
    /// Flags changed.
    Changed {
        /// The sequence number as of now.
        sequence: u32,
        /// The message as it is.
        entry: Entry,
    },
    /// How many messages there are now.
    Exists(u32),
    /// How many of them this session was told of first (RFC 3501 §7.3.2).
    Recent(u32),
}

impl View {
    /// A view of a folder just selected. Messages from `recent_from` on are `\Recent` for this session.
    pub fn new(folder: FolderId, access: Access, index: Arc<Index>, recent_from: Uid) -> Self {
        let flags_told = index.highest_modseq();
        let keywords_told = index.keywords().names().len();
        let selected_at = index.uid_next();
        Self {
            folder,
            access,
            last: index.clone(),
            told: index,
            flags_told,
            own: Vec::new(),
            keywords_told,
            recent_from,
            selected_at,
        }
    }

    /// The folder that is selected.
    pub fn folder(&self) -> FolderId {
        self.folder
    }

    /// Whether the session may change it.
    pub fn access(&self) -> Access {
        self.access
    }

    /// The messages as the client counts them.
    pub fn told(&self) -> &Arc<Index> {
        &self.told
    }

    /// A command is to show messages as they are now. What is told unasked does not depend on it.
    pub fn look(&mut self, newest: Arc<Index>) {
        self.told = if same_messages(&self.told, &newest) { newest } else { Arc::new(self.told.refreshed(&newest)) };
    }

    /// How many messages of `index` are `\Recent` here.
    pub fn recent(&self, index: &Index) -> u32 {
        count(index.len().saturating_sub(index.lower_bound(self.recent_from)))
    }

    /// Whether messages came, and were told, since the folder was selected.
    pub fn told_newcomers(&self) -> bool {
        self.last.uid_next() > self.selected_at
    }

    /// From which UID on messages are `\\Recent`.
    pub fn recent_from(&self) -> Uid {
        self.recent_from
    }

    /// Up to which change the client was told everything, messages that went included: RFC 7162 §3.2. Flags it may have
    /// been told later ones of.
    pub fn settled(&self) -> ModSeq {
        self.last.highest_modseq()
    }

    /// Whether something is kept back of which later changes of flags were told already.
    pub fn lags(&self) -> bool {
        self.last.highest_modseq() < self.flags_told
    }

    /// Notes a change of flags that the client made itself and has been answered for, or wants no answer to. Where
    /// somebody else's came in between, of which the client was not told, it is told all.
    pub fn made(&mut self, changed: &Changed) {
        let Some(modseq) = changed.modseq.filter(|_| changed.upon <= Some(self.flags_told)) else { return };
        // Forgetting the oldest only means that the client is told of its own change once more.
        if self.own.len() >= limits::OWN_CHANGES_REMEMBERED_MAX {
            self.own.remove(0);
        }
        self.own.push(modseq);
    }

    /// Moves on to the newest state as far as may be told, and gives what is to be said.
    pub fn news(&mut self, newest: &Arc<Index>, tell: Tell) -> News {
        self.look(newest.clone());
        let after = match tell {
            Tell::All | Tell::Own => newest.clone(),
            Tell::Arrivals => Arc::new(self.told.joined_by(newest)),
            Tell::Flags => self.told.clone(),
        };
        let news = News {
            told: Cursor::new(self.last.clone()),
            newest: Cursor::new(newest.clone()),
            after: after.clone(),
            tell,
            flags_told: self.flags_told,
            own: std::mem::take(&mut self.own),
            keywords_told: self.keywords_told,
            recent_from: self.recent_from,
            gone: 0,
            said: Said::Nothing,
        };
        self.flags_told = newest.highest_modseq();
        self.keywords_told = newest.keywords().names().len();
        (self.last, self.told) = (after.clone(), after);
        news
    }
}

/// What is to be told, item by item; owns what it needs, so that it can be written as slowly as the client reads.
#[derive(Debug)]
pub struct News {
    told: Cursor,
    newest: Cursor,
    /// The messages as the client will count them.
    after: Arc<Index>,
    tell: Tell,
    flags_told: ModSeq,
    own: Vec<ModSeq>,
    keywords_told: usize,
    recent_from: Uid,
    gone: usize,
    said: Said,
}

/// How far a telling has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    Nothing,
    Keywords,
    Messages,
    Exists,
    All,
}

impl News {
    /// The state it leads to: what flags and keywords are to be named from.
    pub fn newest(&self) -> &Arc<Index> {
        &self.newest.index
    }

    fn message(&mut self) -> Option<Item> {
        loop {
            if self.told.shares_chunk(&self.newest) {
                self.told.skip_chunk();
                self.newest.skip_chunk();
                continue;
            }
            let old = *self.told.peek()?;
            let sequence = count(self.told.position + 1 - self.gone);
            match self.newest.peek().copied() {
                Some(now) if now.uid < old.uid => self.newest.advance(),
                Some(now) if now.uid == old.uid => {
                    self.told.advance();
                    self.newest.advance();
                    if now.modseq > self.flags_told && !self.own.contains(&now.modseq) {
                        return Some(Item::Changed { sequence, entry: now });
                    }
                }
                _ => {
                    self.told.advance();
                    if matches!(self.tell, Tell::All | Tell::Own) {
                        self.gone += 1;
                        return Some(Item::Expunged { sequence, uid: old.uid });
                    }
                }
            }
        }
    }
}

impl Iterator for News {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        if self.said == Said::Nothing {
            if Arc::ptr_eq(&self.told.index, &self.newest.index) {
                self.said = Said::All;
                return None;
            }
            self.said = Said::Keywords;
            // Before the messages that carry them.
            if self.newest.index.keywords().names().len() > self.keywords_told {
                return Some(Item::Keywords);
            }
        }
        if self.said == Said::Keywords {
            if let Some(item) = self.message() {
                return Some(item);
            }
            let came = self.after.len() > self.told.index.len() - self.gone;
            self.said = if came { Said::Messages } else { Said::All };
        }
        let index = &self.after;
        match self.said {
            Said::Messages => {
                self.said = Said::Exists;
                Some(Item::Exists(count(index.len())))
            }
            Said::Exists => {
                self.said = Said::All;
                Some(Item::Recent(count(index.len().saturating_sub(index.lower_bound(self.recent_from)))))
            }
            Said::Nothing | Said::Keywords | Said::All => None,
        }
    }
}

/// A place in an index that moves forward, by messages or by whole chunks.
#[derive(Debug)]
struct Cursor {
    index: Arc<Index>,
    chunk: usize,
    within: usize,
    position: usize,
}

impl Cursor {
    fn new(index: Arc<Index>) -> Self {
        Self { index, chunk: 0, within: 0, position: 0 }
    }

    fn peek(&self) -> Option<&Entry> {
        self.index.chunks().get(self.chunk)?.get(self.within)
    }

    fn advance(&mut self) {
        self.within += 1;
        self.position += 1;
        if self.index.chunks().get(self.chunk).is_some_and(|c| self.within >= c.len()) {
            self.chunk += 1;
            self.within = 0;
        }
    }

    fn shares_chunk(&self, other: &Self) -> bool {
        let (mine, theirs) = (self.index.chunks().get(self.chunk), other.index.chunks().get(other.chunk));
        self.within == 0 && other.within == 0 && mine.zip(theirs).is_some_and(|(a, b)| Arc::ptr_eq(a, b))
    }

    fn skip_chunk(&mut self) {
        self.position += self.index.chunks().get(self.chunk).map_or(0, |c| c.len());
        self.chunk += 1;
    }
}

fn same_messages(told: &Index, newest: &Index) -> bool {
    told.len() == newest.len() && told.uid_next() == newest.uid_next()
}
