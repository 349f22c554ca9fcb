//! STATUS: RFC 9051 §6.3.11.

use std::collections::HashMap;

use crate::acl::Acl;
use crate::id::FolderId;
use crate::imap::connection::Connection;
use crate::imap::locate::{self, Located};
use crate::imap::refusal::Stop;
use crate::imap::reply::{self, Done};
use crate::imap::syntax::{Dialect, Status, StatusItem, print};
use crate::imap::tell;
use crate::store::{Folder, Store, StoreError};

/// Numbers of a folder, from its row.
pub(super) async fn status(c: &mut Connection, args: Status) -> Result<Done, Stop> {
    let mut items = Items::new(c, &args.items);
    let located = locate::folder(c, &args.mailbox, Acl::READ).await?;
    if !located.folder.selectable {
        return Err(StoreError::NotSelectable.into());
    }
    items.look_up(&c.services.store, &[&located]).await?;
    let mut out = Vec::new();
    items.print(&mut out, &located);
    c.wire.queue(&out);
    Ok(Done::Plainly)
}

/// What of each folder is to be told, and how.
pub(super) struct Items {
    asked: Vec<StatusItem>,
    dialect: Dialect,
    append_max: u64,
    /// Octets of the messages that EXPUNGE would remove, of folders that have such.
    deleted_bytes: HashMap<FolderId, u64>,
}

impl Items {
    pub(super) fn new(c: &mut Connection, items: &[StatusItem]) -> Self {
        if items.contains(&StatusItem::HighestModSeq) {
            // RFC 7162 §3.1: who asks for it uses mod-sequences.
            tell::mod_sequences(c);
        }
        let append_max = c.services.settings.message_bytes_max as u64;
        Self { asked: items.to_vec(), dialect: c.session.dialect(), append_max, deleted_bytes: HashMap::new() }
    }

    /// Looks up what the rows of the folders do not have.
    pub(super) async fn look_up(&mut self, store: &Store, folders: &[&Located]) -> Result<(), StoreError> {
        if self.asked.contains(&StatusItem::DeletedStorage) {
            let folders = folders.iter().map(|l| &l.folder).filter(|f| f.counters.deleted > 0).map(|f| f.id);
            self.deleted_bytes = store.deleted_bytes(folders).await?.into_iter().collect();
        }
        Ok(())
    }

    /// `* STATUS name (…)`
    pub(super) fn print(&self, out: &mut Vec<u8>, Located { folder, shown, .. }: &Located) {
        out.extend_from_slice(b"* STATUS ");
        print::mailbox(out, shown, self.dialect);
        out.extend_from_slice(b" (");
        print::spaced(out, &self.asked, |out, item| {
            if *item == StatusItem::MailboxId {
                return out.extend_from_slice(reply::mailbox_id(folder.id).as_bytes());
            }
            let (name, number) = self.value(*item, folder);
            out.extend_from_slice(name.as_bytes());
            out.push(b' ');
            print::number(out, number);
        });
        out.extend_from_slice(b")\r\n");
    }

    fn value(&self, item: StatusItem, folder: &Folder) -> (&'static str, u64) {
        let counters = &folder.counters;
        match item {
            StatusItem::Messages => ("MESSAGES", counters.messages.into()),
            StatusItem::Recent => ("RECENT", counters.recent.into()),
            StatusItem::UidNext => ("UIDNEXT", counters.uid_next.0.into()),
            StatusItem::UidValidity => ("UIDVALIDITY", folder.uid_validity.into()),
            StatusItem::Unseen => ("UNSEEN", counters.unseen.into()),
            StatusItem::Size => ("SIZE", counters.bytes),
            StatusItem::Deleted => ("DELETED", counters.deleted.into()),
            StatusItem::HighestModSeq => ("HIGHESTMODSEQ", counters.highest_modseq.0),
            StatusItem::AppendLimit => ("APPENDLIMIT", self.append_max),
            StatusItem::DeletedStorage => {
                ("DELETED-STORAGE", self.deleted_bytes.get(&folder.id).copied().unwrap_or_default())
            }
            // It is no number.
            StatusItem::MailboxId => ("MAILBOXID", 0),
        }
    }
}
