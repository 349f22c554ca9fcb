//! Which folders somebody who is logged in can name, and what they may do with them: RFC 2342's namespaces over the
//! mailboxes of the directory.
//!
//! ```text
//! ""                                  the mailbox that was opened
//! Đơn vị/<unit>/<folder>              mailboxes of units and of the department that one may use (R23, R25)
//! Dùng chung/<unit>/<section>         what units share with each other (R5)
//! ```
//! What a unit shares lies in its own mailbox, below a folder that is called like the namespace and shown nowhere else:
//! it follows the unit when that is renamed or merged, and is in its archive and its hand-over.

use crate::acl::Acl;
use crate::directory::{Mailbox, MailboxState, Owner, SHARED, Snapshot, Tree, UNITS};
use crate::id::{FolderId, MailboxId};
use crate::store::FolderName;

use super::login::{Login, Who};

/// Where a name leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// Whose folder.
    pub mailbox: MailboxId,
    /// Its name there.
    pub name: FolderName,
}

impl Location {
    /// Of which tree the folder is.
    pub fn tree(&self) -> Tree {
        tree_of(&self.name)
    }
}

/// A mailbox whose folders, or some of them, have names here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// Which.
    pub mailbox: MailboxId,
    /// Which of its folders.
    pub tree: Tree,
    /// What their names begin with: empty, or `Đơn vị/<unit>`, `Dùng chung/<unit>`.
    pub prefix: String,
}

impl Reached {
    /// What a folder of the mailbox is called here; `None` if it is not of this tree.
    pub fn shown(&self, name: &FolderName) -> Option<String> {
        let rest = match self.tree {
            Tree::Mail if self.prefix.is_empty() => return (!is_reserved(name)).then(|| name.to_string()),
            Tree::Mail if tree_of(name) == Tree::Mail => name.as_str(),
            Tree::Shared => name.as_str().strip_prefix(SHARED)?.strip_prefix('/')?,
            Tree::Mail => return None,
        };
        Some(format!("{}/{rest}", self.prefix))
    }
}

impl Login {
    /// Everything whose folders have names here; the opened mailbox first.
    pub fn reach(&self) -> Vec<Reached> {
        let snapshot = self.directory.snapshot();
        let own = Reached { mailbox: self.mailbox, tree: Tree::Mail, prefix: String::new() };
        let others = snapshot.all_mailboxes().filter(|mailbox| mailbox.state == MailboxState::Open);
        let named = others.filter_map(|mailbox| Some((mailbox, snapshot.label(mailbox)?)));
        let reached = named.flat_map(|(mailbox, label)| {
            let of = |tree, space| Reached { mailbox: mailbox.id, tree, prefix: format!("{space}/{label}") };
            let theirs = mailbox.id != self.mailbox && self.may_use(&snapshot, mailbox);
            let shared = self.staff().is_some();
            [theirs.then(|| of(Tree::Mail, UNITS)), shared.then(|| of(Tree::Shared, SHARED))].into_iter().flatten()
        });
        std::iter::once(own).chain(reached).collect()
    }

    /// Where a name leads, whether or not there is such a folder; `None` where none can be.
    pub fn locate(&self, name: &FolderName) -> Option<Location> {
        if !is_reserved(name) {
            return Some(Location { mailbox: self.mailbox, name: name.clone() });
        }
        self.reach().into_iter().find_map(|reached| {
            let rest = name.as_str().strip_prefix(&reached.prefix)?.strip_prefix('/')?;
            let inner = match reached.tree {
                Tree::Mail => FolderName::parse(rest),
                Tree::Shared => FolderName::parse(&format!("{SHARED}/{rest}")),
            };
            inner
                .ok()
                .filter(|inner| tree_of(inner) == reached.tree)
                .map(|name| Location { mailbox: reached.mailbox, name })
        })
    }

    /// What may be done now with a folder, or, where it has no id yet, with one that would be called so (invariant I7).
    pub fn acl(&self, location: &Location, folder: Option<FolderId>) -> Acl {
        match &self.who {
            Who::Staff(staff) => {
                self.directory.snapshot().acl(*staff, location.mailbox, location.tree(), folder, self.clock.today())
            }
            Who::Opener(_) | Who::Machine(_) if location.mailbox == self.mailbox => Acl::LOOKUP.and(Acl::READ),
            Who::Opener(_) | Who::Machine(_) => Acl::NONE,
        }
    }

    /// Whether a folder holds mail to a unit or to the department.
    pub fn is_office(&self, location: &Location) -> bool {
        let owner = self.directory.snapshot().mailbox(location.mailbox).map(|mailbox| mailbox.owner);
        location.tree() == Tree::Mail && matches!(owner, Some(Owner::Unit(_) | Owner::Department))
    }

    /// Whether folders may be made among those of a tree.
    pub fn may_create(&self, reached: &Reached) -> bool {
        let today = self.clock.today();
        let acl = |staff| self.directory.snapshot().acl(staff, reached.mailbox, reached.tree, None, today);
        self.staff().is_some_and(|staff| acl(staff).includes(Acl::CREATE))
    }

    /// Whether any of the mailbox's own mail may be seen, by office, by leave, or by a grant on one folder.
    fn may_use(&self, snapshot: &Snapshot, mailbox: &Mailbox) -> bool {
        let Some(staff) = self.staff() else { return false };
        let today = self.clock.today();
        let granted = || snapshot.all_grants().filter(|grant| grant.mailbox == mailbox.id);
        let acl = |folder| snapshot.acl(staff, mailbox.id, Tree::Mail, folder, today);
        !acl(None).is_empty() || granted().any(|grant| !acl(Some(grant.folder)).is_empty())
    }
}

/// Of which tree a folder of a mailbox is.
fn tree_of(name: &FolderName) -> Tree {
    if level(name) == SHARED { Tree::Shared } else { Tree::Mail }
}

/// Whether a name begins like a namespace other than one's own.
fn is_reserved(name: &FolderName) -> bool {
    matches!(level(name), UNITS | SHARED)
}

fn level(name: &FolderName) -> &str {
    name.as_str().split_once('/').map_or(name.as_str(), |(first, _)| first)
}
