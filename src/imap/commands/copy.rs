//! COPY, MOVE, EXPUNGE: RFC 9051 §6.4.3, §6.4.7, §6.4.8, RFC 4315.

use crate::acl::Acl;
use crate::imap::connection::Connection;
use crate::imap::locate::{self, Located};
use crate::imap::progress::{self, Progress};
use crate::imap::refusal::{Refusal, Stop};
use crate::imap::reply::{self, CopyUid, Done};
use crate::imap::session::Gone;
use crate::imap::syntax::{self, Messages, Numbers, Tag};
use crate::imap::tell;
use crate::imap::view::Tell;
use crate::store::{Copied, Destination, Missing, StoreError, UidRanges};

/// Copies messages, all or none.
pub(super) async fn copy(c: &mut Connection, tag: &Tag, args: syntax::Copy) -> Result<Done, Stop> {
    let selected = c.session.selected()?;
    let (from, uids) = (selected.view.folder(), selected.places(args.numbers, &args.messages)?);
    let uids = uids.uids(selected.view.told());
    let target = locate::target(c, &args.mailbox).await?;
    let to = Destination { quota: target.quota(c), ..destination(&target) };
    let store = c.store()?;
    let copying = store.copy_messages(from, uids, to, missing(args.numbers));
    let copied = progress::told(&mut c.wire, tag, &Progress::default(), copying).await?.map_err(vanished)?;
    super::quota::warn(c, target.folder.mailbox).await?;
    Ok(copy_uid(&copied).map_or(Done::Plainly, Done::Copied))
}

/// Moves messages, all or none. Whoever moves takes away: RFC 4314 §4, RFC 6851 §4.2.
pub(super) async fn move_(c: &mut Connection, tag: &Tag, args: syntax::Copy) -> Result<Done, Stop> {
    let selected = c.session.writable(Acl::DELETE_MESSAGES.and(Acl::EXPUNGE))?;
    let (from, uids) = (selected.view.folder(), selected.places(args.numbers, &args.messages)?);
    let (uids, mailbox) = (uids.uids(selected.view.told()), selected.opened.location.mailbox);
    let target = locate::target(c, &args.mailbox).await?;
    // Within one mailbox nothing is added.
    let quota = target.quota(c).filter(|_| target.folder.mailbox != mailbox);
    let to = Destination { quota, ..destination(&target) };
    let store = c.store()?;
    let moving = store.move_messages(from, uids, to, missing(args.numbers));
    let copied = progress::told(&mut c.wire, tag, &Progress::default(), moving).await?.map_err(vanished)?;
    let Some(copied) = copy_uid(&copied) else { return Ok(Done::Plainly) };
    let mut text = Vec::new();
    reply::moved(&mut text, &copied);
    c.wire.queue(&text);
    removed(c).await
}

/// A sequence number means a message that the client counts; a UID that is gone means nothing.
fn missing(numbers: Numbers) -> Missing {
    match numbers {
        Numbers::Sequence => Missing::Refuse,
        Numbers::Uid => Missing::PassOver,
    }
}

/// Tells what is gone, and up to where the client knows everything then: RFC 7162 §3.2.7 and §3.2.9.
async fn removed(c: &mut Connection) -> Result<Done, Stop> {
    tell::news(c, Tell::Own).await?;
    Ok(match c.session.gone {
        Gone::Expunge => Done::Plainly,
        Gone::Vanished => Done::Settled(c.session.selected()?.view.settled()),
    })
}

fn destination(target: &Located) -> Destination {
    Destination { permitted: locate::permitted(target.acl), ..Destination::of(target.folder.id) }
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

/// Removes what is marked `\Deleted`, of all messages or of those named.
pub(super) async fn expunge(c: &mut Connection, messages: Option<Messages>) -> Result<Done, Stop> {
    let selected = c.session.writable(Acl::EXPUNGE)?;
    let view = &selected.view;
    let uids = match messages {
        None => None,
        Some(messages) => Some(selected.places(Numbers::Uid, &messages)?.uids(view.told())),
    };
    let gone = c.store()?.expunge(view.folder(), uids.as_ref()).await?;
    if gone.uids.is_empty() { Ok(Done::Plainly) } else { removed(c).await }
}
