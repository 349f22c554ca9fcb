//! COPY, MOVE, EXPUNGE: RFC 9051 §6.4.3, §6.4.7, §6.4.8, RFC 4315.

use crate::id::MailboxId;
use crate::imap::connection::Connection;
use crate::imap::refusal::{Refusal, Stop};
use crate::imap::reply::{self, CopyUid, Done};
use crate::imap::syntax::{self, Messages, Numbers};
use crate::store::{Copied, Folder, FolderName, StoreError, UidRanges};

/// The folder that messages are to go to. A name of which there is none could be created: TRYCREATE.
pub(super) async fn target(c: &Connection, mailbox: MailboxId, name: &FolderName) -> Result<Folder, Refusal> {
    match c.services.store.folder(mailbox, name).await {
        Ok(folder) if folder.selectable => Ok(folder),
        Ok(_) | Err(StoreError::NoSuchFolder) => Err(Refusal::NoTarget),
        Err(error) => Err(error.into()),
    }
}

/// Copies messages, all or none.
pub(super) async fn copy(c: &mut Connection, args: syntax::Copy) -> Result<Done, Stop> {
    let (from, uids, to, mailbox) = prepare(c, &args).await?;
    let quota = c.services.directory.snapshot().mailbox(mailbox).map(|m| m.quota_bytes);
    let copied = c.services.store.copy_messages(from, uids, to.id, quota).await.map_err(vanished)?;
    Ok(copy_uid(&copied).map_or(Done::Plainly, Done::Copied))
}

/// Moves messages, all or none; what is gone is told with the news.
pub(super) async fn move_(c: &mut Connection, args: syntax::Copy) -> Result<Done, Stop> {
    c.session.writable()?;
    let (from, uids, to, _) = prepare(c, &args).await?;
    let copied = c.services.store.move_messages(from, uids, to.id).await.map_err(vanished)?;
    if let Some(copied) = copy_uid(&copied) {
        let mut text = Vec::new();
        reply::moved(&mut text, &copied);
        c.wire.queue(&text);
    }
    Ok(Done::Plainly)
}

async fn prepare(
    c: &Connection,
    args: &syntax::Copy,
) -> Result<(crate::id::FolderId, UidRanges, Folder, MailboxId), Stop> {
    let selected = c.session.selected()?;
    let mailbox = c.session.login()?.mailbox;
    let uids = selected.places(args.numbers, &args.messages)?.uids(selected.view.told());
    let name = FolderName::parse(args.mailbox.as_str())?;
    let to = target(c, mailbox, &name).await?;
    Ok((selected.view.folder(), uids, to, mailbox))
}

/// The target was deleted meanwhile.
fn vanished(error: StoreError) -> Refusal {
    match error {
        StoreError::NoSuchFolder => Refusal::NoTarget,
        error => error.into(),
    }
}

fn copy_uid(copied: &Copied) -> Option<CopyUid> {
    if copied.pairs.is_empty() {
        return None;
    }
    Some(CopyUid {
        uid_validity: copied.uid_validity,
        from: UidRanges::from_sorted(copied.pairs.iter().map(|(from, _)| *from)),
        to: UidRanges::from_sorted(copied.pairs.iter().map(|(_, to)| *to)),
    })
}

/// Removes what is marked `\Deleted`, of all messages or of those named; told with the news.
pub(super) async fn expunge(c: &mut Connection, messages: Option<Messages>) -> Result<Done, Stop> {
    let selected = c.session.writable()?;
    let view = &selected.view;
    let uids = match messages {
        None => None,
        Some(messages) => Some(selected.places(Numbers::Uid, &messages)?.uids(view.told())),
    };
    c.services.store.expunge(view.folder(), uids.as_ref()).await?;
    Ok(Done::Plainly)
}
