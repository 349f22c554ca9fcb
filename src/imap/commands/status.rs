//! STATUS: RFC 9051 §6.3.11.

use crate::imap::connection::Connection;
use crate::imap::refusal::{Refusal, Stop};
use crate::imap::reply::Done;
use crate::imap::session::CondStore;
use crate::imap::syntax::{Dialect, Status, StatusItem, print};
use crate::store::{Folder, FolderName, StoreError};

/// Numbers of a folder, from its row.
pub(super) async fn status(c: &mut Connection, args: Status) -> Result<Done, Stop> {
    let mailbox = c.session.login()?.mailbox;
    let name = FolderName::parse(args.mailbox.as_str())?;
    let items = Items::new(c, &args.items)?;
    let folder = c.services.store.folder(mailbox, &name).await?;
    if !folder.selectable {
        return Err(StoreError::NotSelectable.into());
    }
    let mut out = Vec::new();
    items.print(&mut out, &folder);
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
    pub(super) fn print(&self, out: &mut Vec<u8>, folder: &Folder) {
        out.extend_from_slice(b"* STATUS ");
        print::mailbox(out, folder.name.as_str(), self.dialect);
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
