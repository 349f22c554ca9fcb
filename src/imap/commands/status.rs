//! STATUS: RFC 9051 §6.3.11.

use crate::acl::Acl;
use crate::imap::connection::Connection;
use crate::imap::locate::{self, Located};
use crate::imap::refusal::{Refusal, Stop};
use crate::imap::reply::Done;
use crate::imap::session::CondStore;
use crate::imap::syntax::{Dialect, Status, StatusItem, print};
use crate::store::{Folder, StoreError};

/// Numbers of a folder, from its row.
pub(super) async fn status(c: &mut Connection, args: Status) -> Result<Done, Stop> {
    let items = Items::new(c, &args.items)?;
    let located = locate::folder(c, &args.mailbox, Acl::READ).await?;
    if !located.folder.selectable {
        return Err(StoreError::NotSelectable.into());
    }
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
}

impl Items {
    /// # Errors
    /// Items of extensions that are not offered.
    pub(super) fn new(c: &mut Connection, items: &[StatusItem]) -> Result<Self, Refusal> {
        if items.iter().any(|item| matches!(item, StatusItem::DeletedStorage | StatusItem::MailboxId)) {
            return Err(Refusal::NotOffered);
        }
        if items.contains(&StatusItem::HighestModSeq) {
            // RFC 7162 §3.1: who asks for it uses mod-sequences.
            c.session.cond_store = CondStore::On;
        }
        let append_max = c.services.settings.message_bytes_max as u64;
        Ok(Self { asked: items.to_vec(), dialect: c.session.dialect(), append_max })
    }

    /// `* STATUS name (…)`
    pub(super) fn print(&self, out: &mut Vec<u8>, Located { folder, shown, .. }: &Located) {
        out.extend_from_slice(b"* STATUS ");
        print::mailbox(out, shown, self.dialect);
        out.extend_from_slice(b" (");
        print::spaced(out, &self.asked, |out, item| {
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
            // Refused above.
            StatusItem::DeletedStorage => ("DELETED-STORAGE", 0),
            StatusItem::MailboxId => ("MAILBOXID", 0),
        }
    }
}
