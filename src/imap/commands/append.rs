//! APPEND: RFC 9051 §6.3.12, several messages at once by RFC 3502.

use std::sync::Arc;

use crate::delivery;
use crate::imap::connection::Connection;
use crate::imap::flags::names;
use crate::imap::locate;
use crate::imap::refusal::{Refusal, Stop};
use crate::imap::reply::Done;
use crate::imap::syntax::{self, AppendMessage, Octets};
use crate::store::{Append, StoreError, UidRanges};

/// Stores messages, all or none; they are durable when the answer comes (invariant I1).
pub(super) async fn append(c: &mut Connection, args: syntax::Append) -> Result<Done, Stop> {
    let target = locate::target(c, &args.mailbox).await?;
    let (quota, permitted) = (target.quota(c), locate::permitted(target.acl));
    let mut messages = Vec::with_capacity(args.messages.len());
    for message in args.messages {
        let AppendMessage { flags, date, octets, body } = message;
        if octets == Octets::Binary && memchr::memchr(0, &body).is_some() {
            // RFC 3516 §4.4: it would have to be encoded anew before it can be sent to others.
            return Err(Refusal::UnknownEncoding.into());
        }
        messages.push(Append {
            folder: target.folder.id,
            message: Arc::new(delivery::prepare(body)),
            prefix: Vec::new(),
            flags: names(&flags).within(permitted),
            date: date.unwrap_or_else(|| c.services.clock.now()),
            quota,
        });
    }
    let appended = match c.services.store.append(messages).await {
        // Deleted meanwhile.
        Err(StoreError::NoSuchFolder) => return Err(Refusal::NoTarget.into()),
        appended => appended?,
    };
    super::quota::warn(c, target.folder.mailbox).await?;
    let uids = UidRanges::from_sorted(appended.iter().map(|a| a.uid));
    Ok(appended.first().map_or(Done::Plainly, |first| Done::Appended { uid_validity: first.uid_validity, uids }))
}
