//! Which folders LIST and LSUB name, and what they say of each: RFC 9051 §6.3.9, RFC 5258, RFC 3501 §6.3.9.
//!
//! A folder's parents are folders too (the store makes them), but for those that only namespaces have; a subscribed name
//! need not exist.

use std::collections::{BTreeMap, BTreeSet};

use super::locate::Located;
use super::pattern::Pattern;

/// Which folders are meant, beside those whose names match.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Only subscribed names, also such as do not exist.
    pub subscribed: bool,
    /// Only folders with a special use.
    pub special_use: bool,
    /// Also parents of folders that are meant but do not match.
    pub recursive: bool,
}

/// One line of the answer.
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is a mark on the line of its own")]
pub struct Listed<'a> {
    /// The name.
    pub name: &'a str,
    /// The folder, if there is one.
    pub located: Option<&'a Located>,
    /// Whether there are folders below it.
    pub children: Children,
    /// Whether only a namespace has the name.
    pub of_namespace: bool,
    /// Whether the name is subscribed.
    pub subscribed: bool,
    /// Whether it is meant itself, and not only something below it.
    pub meant: bool,
    /// Whether something below it is meant: CHILDINFO.
    pub child_meant: bool,
    /// What the folder was called before, where that is news: OLDNAME.
    pub old_name: Option<&'a str>,
}

impl<'a> Listed<'a> {
    /// The folder, unless it is named for its children alone: then nothing more is told of it (RFC 5819 §2).
    pub fn itself(&self) -> Option<&'a Located> {
        self.located.filter(|_| self.meant)
    }
}

/// Whether a folder has others below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Children {
    Some,
    None,
}

/// Everything there is to name.
pub struct Names<'a> {
    folders: BTreeMap<&'a str, &'a Located>,
    subscribed: BTreeSet<&'a str>,
    parents: BTreeSet<&'a str>,
    roots: &'a [String],
}

impl<'a> Names<'a> {
    /// From the folders that may be named, names below which some may be made, and the names that are subscribed to.
    pub fn new(folders: &'a [Located], roots: &'a [String], subscribed: impl Iterator<Item = &'a str>) -> Self {
        let folders: BTreeMap<_, _> = folders.iter().map(|located| (located.shown.as_str(), located)).collect();
        let parents = folders.keys().copied().chain(roots.iter().map(String::as_str)).flat_map(parents).collect();
        Self { folders, subscribed: subscribed.collect(), parents, roots }
    }

    /// The answer to LIST, by name.
    pub fn list(&self, patterns: &[Pattern], selection: Selection) -> Vec<Listed<'a>> {
        let meant = |name: &str| {
            let special_use = || self.folders.get(name).is_some_and(|located| located.folder.special_use.is_some());
            (!selection.subscribed || self.subscribed.contains(name)) && (!selection.special_use || special_use())
        };
        let matches = |name: &str| patterns.iter().any(|pattern| pattern.matches(name));
        let subscribed = self.subscribed.iter().filter(|_| selection.subscribed);
        let names = self.folders.keys().chain(&self.parents).chain(subscribed).copied();
        let names = names.chain(self.roots.iter().map(String::as_str));
        let all: BTreeSet<&str> = names.filter(|name| meant(name)).collect();
        let mut listed: BTreeMap<&str, bool> = all.iter().filter(|n| matches(n)).map(|n| (*n, false)).collect();
        if selection.recursive {
            for name in &all {
                for parent in parents(name).filter(|parent| matches(parent)) {
                    // A name that is not meant is told only for a child that is not told itself: RFC 9051 §6.3.9.6.
                    if all.contains(parent) || !matches(name) {
                        listed.insert(parent, true);
                    }
                }
            }
        }
        listed.into_iter().map(|(name, child)| self.listed(name, all.contains(name), child)).collect()
    }

    /// The answer to LSUB: subscribed names, and, where the pattern ends in `%`, the parents of such as lie deeper, which
    /// are then `\Noselect` (RFC 3501 §6.3.9). The second of the pair: whether the name itself is subscribed.
    pub fn lsub(&self, pattern: &Pattern, with_parents: bool) -> Vec<(&'a str, bool)> {
        let above = self.subscribed.iter().filter(|_| with_parents).flat_map(|name| parents(name));
        let listed: BTreeSet<&str> =
            self.subscribed.iter().copied().chain(above).filter(|name| pattern.matches(name)).collect();
        listed.into_iter().map(|name| (name, self.subscribed.contains(name))).collect()
    }

    /// What there is to say of a name.
    pub fn listed(&self, name: &'a str, meant: bool, child_meant: bool) -> Listed<'a> {
        let (located, subscribed) = (self.folders.get(name).copied(), self.subscribed.contains(name));
        let begins = || self.parents.contains(name) || self.roots.iter().any(|root| root == name);
        Listed {
            name,
            located,
            of_namespace: located.is_none() && !subscribed && begins(),
            children: if self.parents.contains(name) { Children::Some } else { Children::None },
            subscribed,
            meant,
            child_meant,
            old_name: None,
        }
    }
}

/// The names above a name.
pub(super) fn parents(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('/').filter_map(|(at, _)| name.get(..at))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::acl::Acl;
    use crate::id::{FolderId, MailboxId, ModSeq, Uid};
    use crate::store::{Counters, Folder, FolderName, SeenBy, SpecialUse};

    fn folder(name: &str, special_use: Option<SpecialUse>) -> Located {
        let folder = Folder {
            id: FolderId(1),
            mailbox: MailboxId(1),
            name: FolderName::parse(name).unwrap(),
            special_use,
            selectable: true,
            uid_validity: 1,
            seen_by: SeenBy::All,
            counters: Counters {
                messages: 0,
                unseen: 0,
                deleted: 0,
                bytes: 0,
                uid_next: Uid(1),
                highest_modseq: ModSeq(1),
                recent: 0,
            },
        };
        Located { folder, shown: name.to_owned(), acl: Acl::ALL }
    }

    fn listed(pattern: &str, selection: Selection) -> Vec<String> {
        let folders = [
            folder("INBOX", None),
            folder("Sent", Some(SpecialUse::Sent)),
            folder("Việc", None),
            folder("Việc/2026", None),
            folder("Việc/2026/Quý 1", None),
        ];
        let subscriptions = ["INBOX", "Sent", "Việc/2026/Quý 1", "Đã mất/x"];
        let names = Names::new(&folders, &[], subscriptions.into_iter());
        let told = names.list(&[Pattern::new("", pattern)], selection);
        told.iter()
            .map(|l| {
                let mark = |is: bool, mark: &'static str| if is { mark } else { "" };
                let marks = [
                    mark(l.located.is_none(), "?"),
                    mark(l.children == Children::Some, "+"),
                    mark(l.subscribed, "*"),
                    mark(l.child_meant, "^"),
                ];
                format!("{}{}", l.name, marks.concat())
            })
            .collect()
    }

    #[test]
    fn names_are_listed_with_what_holds_for_them() {
        let all = Selection::default();
        assert_eq!(listed("*", all), ["INBOX*", "Sent*", "Việc+", "Việc/2026+", "Việc/2026/Quý 1*"]);
        assert_eq!(listed("%", all), ["INBOX*", "Sent*", "Việc+"]);
        assert_eq!(listed("inbox", all), ["INBOX*"]);
        assert_eq!(listed("*", Selection { special_use: true, ..all }), ["Sent*"]);
    }

    #[test]
    fn subscriptions_may_name_what_is_not_there() {
        let subscribed = Selection { subscribed: true, ..Selection::default() };
        assert_eq!(listed("*", subscribed), ["INBOX*", "Sent*", "Việc/2026/Quý 1*", "Đã mất/x?*"]);
        assert_eq!(listed("%", Selection { recursive: true, ..subscribed }), ["INBOX*", "Sent*", "Việc+^", "Đã mất?^"]);
    }

    #[test]
    fn lsub_shows_parents_of_what_lies_deeper() {
        let names = Names::new(&[], &[], ["Sent", "a/b", "a/b/c"].into_iter());
        assert_eq!(names.lsub(&Pattern::new("", "%"), true), [("Sent", true), ("a", false)]);
        assert_eq!(names.lsub(&Pattern::new("", "*"), false), [("Sent", true), ("a/b", true), ("a/b/c", true)]);
    }
}
