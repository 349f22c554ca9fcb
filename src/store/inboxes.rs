//! Which folder a mailbox's mail arrives in, remembered: it is the same as long as the mailbox has its folders.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use crate::id::{FolderId, MailboxId};

/// What is remembered. There are no more than mailboxes.
#[derive(Debug, Default)]
pub(super) struct Inboxes(RwLock<Known>);

#[derive(Debug, Default)]
struct Known {
    folders: HashMap<MailboxId, FolderId>,
    /// Counts what was forgotten.
    forgotten: u64,
}

/// The moment at which something was not known yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unknown(u64);

impl Inboxes {
    pub(super) fn get(&self, mailbox: MailboxId) -> Result<FolderId, Unknown> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.folders.get(&mailbox).copied().ok_or(Unknown(known.forgotten))
    }

    /// Remembers what was read since. If anything was forgotten meanwhile, it may have been read before that, and is not
    /// remembered.
    pub(super) fn learn(&self, since: Unknown, mailbox: MailboxId, folder: FolderId) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.forgotten == since.0 {
            known.folders.insert(mailbox, folder);
        }
    }

    /// The mailbox's folders are not its own any more.
    pub(super) fn forget(&self, mailbox: MailboxId) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.forgotten += 1;
        known.folders.remove(&mailbox);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_before_it_was_forgotten_is_not_remembered() {
        let (inboxes, mailbox, folder) = (Inboxes::default(), MailboxId(1), FolderId(7));
        let Err(before) = inboxes.get(mailbox) else { panic!("known") };
        inboxes.forget(mailbox);
        inboxes.learn(before, mailbox, folder);
        let Err(after) = inboxes.get(mailbox) else { panic!("remembered") };
        inboxes.learn(after, mailbox, folder);
        assert_eq!(inboxes.get(mailbox).ok(), Some(folder));
    }
}
