//! APPEND: RFC 9051 §6.3.12, several messages at once by RFC 3502; REPLACE: RFC 8508.

use std::sync::Arc;

use super::catenate;
use crate::acl::Acl;
use crate::delivery;
use crate::id::Uid;
use crate::imap::Services;
use crate::imap::connection::Connection;
use crate::imap::flags::names;
use crate::imap::locate::{self, Located};
use crate::imap::progress::{self, Progress};
use crate::imap::refusal::{Refusal, Stop};
use crate::imap::reply::{self, Done};
use crate::imap::syntax::{self, AppendData, AppendMessage, Octets, Tag};
use crate::spool::{Contents, Nul};
use crate::store::{Append, Prepared, StoreError, UidRanges};

/// Stores messages, all or none; they are durable when the answer comes (invariant I1).
pub(super) async fn append(c: &mut Connection, tag: &Tag, args: syntax::Append) -> Result<Done, Stop> {
    let to = locate::target(c, &args.mailbox).await?;
    let mut messages = Vec::with_capacity(args.messages.len());
    let progress = Progress::towards(args.messages.len());
    for message in args.messages {
        messages.push(take(c, &to, (tag, &progress), message).await?);
    }
    let store = c.store()?;
    let storing = store.append(messages);
    let appended = progress::told(&mut c.wire, tag, &progress, storing).await?.map_err(vanished)?;
    super::quota::warn(c, to.folder.mailbox).await?;
    let uids = UidRanges::from_sorted(appended.iter().map(|a| a.uid));
    Ok(appended.first().map_or(Done::Plainly, |first| Done::Appended { uid_validity: first.uid_validity, uids }))
}

/// Stores a message and takes another out of the selected folder, both or neither; what is gone is told with the news.
/// It is APPEND and EXPUNGE by its rights too: RFC 8508 §4, RFC 4314 §4.
pub(super) async fn replace(c: &mut Connection, tag: &Tag, args: syntax::Replace) -> Result<Done, Stop> {
    let selected = c.session.writable(Acl::DELETE_MESSAGES.and(Acl::EXPUNGE))?;
    let old = selected.places(args.numbers, &args.message)?.uids(selected.view.told());
    let old = old.as_slice().first().map(|uids| Uid(*uids.start())).ok_or(Refusal::NoSuchUid)?;
    let from = selected.view.folder();
    let to = locate::target(c, &args.mailbox).await?;
    let progress = Progress::towards(1);
    let message = take(c, &to, (tag, &progress), args.by).await?;
    let store = c.store()?;
    let storing = store.replace((from, old), message);
    let new = progress::told(&mut c.wire, tag, &progress, storing).await?.map_err(vanished)?;
    let mut text = Vec::new();
    reply::replaced(&mut text, new.uid_validity, new.uid);
    c.wire.queue(&text);
    super::quota::warn(c, to.folder.mailbox).await?;
    Ok(Done::Plainly)
}

/// The target was deleted meanwhile.
fn vanished(error: StoreError) -> Refusal {
    match error {
        StoreError::NoSuchFolder => Refusal::NoTarget,
        error => error.into(),
    }
}

/// A message as it is to be stored there.
async fn take(
    c: &mut Connection,
    to: &Located,
    (tag, progress): (&Tag, &Progress),
    message: AppendMessage,
) -> Result<Append, Stop> {
    let AppendMessage { flags, date, data } = message;
    let contents = match data {
        // RFC 3516 §4.4: it would have to be encoded anew before it can be sent to others.
        AppendData::Literal(Octets::Binary, contents) if contents.nul() == Nul::Present => {
            return Err(Refusal::UnknownEncoding.into());
        }
        AppendData::Literal(_, contents) => contents,
        AppendData::Catenate(parts) => catenate::assemble(c, parts).await?,
    };
    let message = progress::told(&mut c.wire, tag, progress, prepare(&c.services, contents)).await??;
    progress.done(1);
    Ok(Append {
        folder: to.folder.id,
        message: Arc::new(message),
        prefix: Vec::new(),
        flags: names(&flags).within(locate::permitted(to.acl)),
        date: date.unwrap_or_else(|| c.services.clock.now()),
        quota: to.quota(c),
    })
}

/// Parses a message. What was set aside is in memory for that long, one at a time.
async fn prepare(services: &Services, contents: Contents) -> Result<Prepared, Refusal> {
    match contents {
        Contents::Here(octets) => Ok(delivery::prepare(octets)),
        Contents::Aside(slice) => {
            let _turn = services.spool.turn().await?;
            let _held = services.hold(slice.len() as u64).await?;
            Ok(delivery::prepare_aside(slice)?)
        }
    }
}
