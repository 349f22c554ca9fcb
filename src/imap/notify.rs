//! What a client wants to hear of which folders, against what it was told of them: RFC 5465.

use std::collections::{BTreeMap, BTreeSet};

use super::listing::parents;
use super::locate::Located;
use super::syntax::{Event, EventGroup, FetchItem, FolderFilter, MailboxArg};
use super::view::Tell;
use crate::acl::Acl;
use crate::id::{FolderId, MailboxId};
use crate::store::{FolderName, Happened, Listener};

/// What a session listens to.
#[derive(Debug)]
pub struct Notifying {
    groups: Vec<EventGroup>,
    listener: Listener,
    known: Known,
}

/// The folders that a client knows of, and the names that are subscribed to.
#[derive(Clone, Debug, Default)]
pub struct Known {
    folders: BTreeMap<FolderId, Located>,
    /// Names of other mailboxes' folders: the others are in the personal namespace.
    others: BTreeSet<String>,
    subscribed: BTreeSet<String>,
}

/// A name of which something is to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameNews {
    /// The name.
    pub name: String,
    /// What the folder was called before.
    pub old_name: Option<String>,
}

impl Known {
    /// From what may be seen now, in the mailbox that was opened and in others.
    pub fn new<'a>(own: MailboxId, folders: &[Located], subscribed: impl Iterator<Item = &'a str>) -> Self {
        let others = folders.iter().filter(|located| located.folder.mailbox != own);
        Self {
            folders: folders.iter().map(|located| (located.folder.id, located.clone())).collect(),
            others: others.map(|located| located.shown.clone()).collect(),
            subscribed: subscribed.map(str::to_owned).collect(),
        }
    }
}

impl Notifying {
    /// Listens with this ear, to nothing before [`Notifying::move_on`].
    pub fn new(mut groups: Vec<EventGroup>, listener: Listener) -> Self {
        for group in &mut groups {
            if let FolderFilter::Subtree(names) | FolderFilter::Mailboxes(names) = &mut group.folders {
                // To be searched for every folder.
                names.sort_unstable_by(|a, b| a.as_str().cmp(b.as_str()));
            }
        }
        Self { groups, listener, known: Known::default() }
    }

    /// What is heard.
    pub fn listener(&self) -> &Listener {
        &self.listener
    }

    /// What may be told of the open folder while no command is in hand, if anything.
    pub fn between_commands(&self) -> Option<Tell> {
        let group = self.selected().filter(|group| !group.events.is_empty())?;
        Some(if group.folders == FolderFilter::Selected { Tell::All } else { Tell::Arrivals })
    }

    /// Whether changed flags of the open folder are to be told.
    pub fn wants_flags(&self) -> bool {
        self.selected().is_some_and(|group| group.events.contains(&Event::FlagChange))
    }

    /// What is to be told of messages that come into the open folder.
    pub fn fetched(&self) -> &[FetchItem] {
        let mut events = self.selected().into_iter().flat_map(|group| &group.events);
        let items = events.find_map(|e| if let Event::MessageNew(items) = e { Some(items.as_slice()) } else { None });
        items.unwrap_or_default()
    }

    fn selected(&self) -> Option<&EventGroup> {
        self.groups.iter().find(|g| matches!(g.folders, FolderFilter::Selected | FolderFilter::SelectedDelayed))
    }

    /// The folders whose messages are heard of.
    pub fn heard(&self) -> impl Iterator<Item = &Located> {
        self.known.folders.values().filter(|located| {
            located.folder.selectable && located.acl.includes(Acl::READ) && self.wants(&located.shown, is_new)
        })
    }

    /// The folder, if what happened there is to be told.
    pub fn telling(&self, folder: FolderId, happened: Happened) -> Option<&Located> {
        let located = self.known.folders.get(&folder)?;
        let flags = self.wants(&located.shown, |event| *event == Event::FlagChange);
        let told = if flags { Happened::MESSAGES.and(Happened::FLAGS) } else { Happened::MESSAGES };
        happened.any(told).then_some(located)
    }

    /// Moves on to what may be seen now, listens to it, and gives the names of which something is to be told.
    pub fn move_on(&mut self, now: Known) -> Vec<NameNews> {
        let mut names = Vec::new();
        // What went, by the groups as they were; what came, by what is subscribed now.
        for (_, gone) in self.known.folders.iter().filter(|(id, _)| !now.folders.contains_key(id)) {
            // A name that stays, for its children or for a folder made anew, is told of as it is now.
            let stays = now.folders.values().any(|located| located.shown == gone.shown);
            if !stays && self.wants(&gone.shown, |event| *event == Event::MailboxName) {
                names.push(NameNews { name: gone.shown.clone(), old_name: None });
            }
        }
        let before = std::mem::replace(&mut self.known, now);
        let heard = self.heard().map(|located| located.folder.id).collect();
        self.listener.attend(heard);
        self.changed(&before, &mut names);
        names
    }

    /// Listens to the names of the folders of these mailboxes.
    pub fn attend_names(&mut self, mailboxes: BTreeSet<MailboxId>) {
        self.listener.attend_names(mailboxes);
    }

    fn changed(&self, before: &Known, names: &mut Vec<NameNews>) {
        let wanted = |name: &str| self.wants(name, |event| *event == Event::MailboxName);
        for (id, now) in &self.known.folders {
            let old = before.folders.get(id);
            let old_name = old.map(|old| old.shown.as_str()).filter(|old| *old != now.shown);
            let is_news =
                old.is_none_or(|old| old.shown != now.shown || old.folder.selectable != now.folder.selectable);
            if is_news && (wanted(&now.shown) || old_name.is_some_and(wanted)) {
                names.push(NameNews { name: now.shown.clone(), old_name: old_name.map(str::to_owned) });
            }
        }
        for name in before.subscribed.symmetric_difference(&self.known.subscribed) {
            if self.wants(name, |event| *event == Event::SubscriptionChange) && names.iter().all(|n| n.name != *name) {
                names.push(NameNews { name: name.clone(), old_name: None });
            }
        }
    }

    /// Of a folder that several groups name the first counts: RFC 5465 §3.1.
    fn wants(&self, name: &str, event: impl Fn(&Event) -> bool) -> bool {
        let group = self.groups.iter().find(|group| self.names(&group.folders, name));
        group.is_some_and(|group| group.events.iter().any(event))
    }

    fn names(&self, filter: &FolderFilter, name: &str) -> bool {
        let among = |names: &[MailboxArg], name: &str| names.binary_search_by(|arg| arg.as_str().cmp(name)).is_ok();
        match filter {
            FolderFilter::Selected | FolderFilter::SelectedDelayed => false,
            FolderFilter::Inboxes => name == FolderName::inbox().as_str(),
            FolderFilter::Personal => !self.known.others.contains(name),
            FolderFilter::Subscribed => self.known.subscribed.contains(name),
            FolderFilter::Subtree(roots) => among(roots, name) || parents(name).any(|parent| among(roots, parent)),
            FolderFilter::Mailboxes(names) => among(names, name),
        }
    }
}

fn is_new(event: &Event) -> bool {
    matches!(event, Event::MessageNew(_))
}
