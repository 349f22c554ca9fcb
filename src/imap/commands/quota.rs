//! GETQUOTA, GETQUOTAROOT, SETQUOTA: RFC 9208. Each mailbox is a quota root of its own, named by its address.

use crate::access::Location;
use crate::acl::Acl;
use crate::id::MailboxId;
use crate::imap::connection::Connection;
use crate::imap::locate;
use crate::imap::refusal::{Refusal, Stop};
use crate::imap::reply::{self, Done};
use crate::imap::session::QuotaTold;
use crate::imap::syntax::{MailboxArg, print};
use crate::limits;
use crate::store::{FolderName, Volume};

/// How much a root holds and may hold.
pub(super) async fn get(c: &mut Connection, root: &str) -> Result<Done, Stop> {
    let reached = c.session.login()?.reach().into_iter().map(|reached| reached.mailbox);
    let mut seen = reached.filter(|mailbox| may_see(c, *mailbox));
    match seen.find(|mailbox| root.eq_ignore_ascii_case(&name(c, *mailbox))) {
        Some(mailbox) => tell(c, mailbox).await,
        None => Err(Refusal::NoQuotaRoot.into()),
    }
}

/// How much a mailbox holds is told to those who read its mail, not to everybody who sees a folder that it shares.
fn may_see(c: &Connection, mailbox: MailboxId) -> bool {
    let inbox = Location { mailbox, name: FolderName::inbox() };
    c.session.login().is_ok_and(|login| login.acl(&inbox, None).includes(Acl::READ))
}

/// The root of a folder, which need not exist (RFC 9208 §4.1.2).
pub(super) async fn get_root(c: &mut Connection, folder: &MailboxArg) -> Result<Done, Stop> {
    let (location, shown, _) = locate::place(c, folder)?;
    let root = may_see(c, location.mailbox).then_some(location.mailbox);
    let mut out = b"* QUOTAROOT ".to_vec();
    print::mailbox(&mut out, shown.as_str(), c.session.dialect());
    if let Some(root) = root {
        out.push(b' ');
        print::astring(&mut out, name(c, root).as_bytes());
    }
    out.extend_from_slice(b"\r\n");
    c.wire.queue(&out);
    match root {
        Some(root) => tell(c, root).await,
        None => Ok(Done::Plainly),
    }
}

/// What a mailbox may hold is set by the office, not here.
pub(super) fn set() -> Result<Done, Stop> {
    Err(Refusal::QuotaIsFixed.into())
}

/// `* QUOTA root (STORAGE used limit MESSAGE used limit)`
async fn tell(c: &mut Connection, mailbox: MailboxId) -> Result<Done, Stop> {
    let used = c.services.store.volume(mailbox).await?;
    let limit = of(c, mailbox).unwrap_or(u64::MAX);
    let mut out = b"* QUOTA ".to_vec();
    print::astring(&mut out, name(c, mailbox).as_bytes());
    for (resource, number) in [
        (" (STORAGE ", used.bytes.div_ceil(limits::QUOTA_UNIT_BYTES)),
        (" ", limit / limits::QUOTA_UNIT_BYTES),
        (" MESSAGE ", used.messages),
        (" ", limits::MESSAGES_PER_MAILBOX_MAX),
    ] {
        out.extend_from_slice(resource.as_bytes());
        print::number(&mut out, number);
    }
    out.extend_from_slice(b")\r\n");
    c.wire.queue(&out);
    Ok(Done::Plainly)
}

/// Octets that a mailbox may hold.
fn of(c: &Connection, mailbox: MailboxId) -> Option<u64> {
    c.services.directory.snapshot().mailbox(mailbox).map(|mailbox| mailbox.quota_bytes)
}

/// One that is closed has no address: it is named by its id.
fn name(c: &Connection, mailbox: MailboxId) -> String {
    let snapshot = c.services.directory.snapshot();
    let address = snapshot.mailbox(mailbox).and_then(|mailbox| mailbox.addresses.first());
    address.map_or_else(|| format!("#{mailbox}"), |held| held.address.to_string())
}

/// Says once in a session that a mailbox is nearly full: when a folder is opened, or something was put into one (R18, RFC
/// 9208 §4.3.1).
pub(super) async fn warn(c: &mut Connection, mailbox: MailboxId) -> Result<(), Stop> {
    if c.session.quota_told == QuotaTold::Yes {
        return Ok(());
    }
    let Some(quota) = of(c, mailbox) else { return Ok(()) };
    let used = c.services.store.volume(mailbox).await?;
    if let Some(percent) = nearly_full(used, quota) {
        c.session.quota_told = QuotaTold::Yes;
        let mut out = Vec::new();
        reply::nearly_full(&mut out, percent, c.services.settings.language);
        c.wire.queue(&out);
    }
    Ok(())
}

/// How full a mailbox is, in percent, where that is to be said.
fn nearly_full(used: Volume, quota: u64) -> Option<u64> {
    let percent = |used: u64, of: u64| used.saturating_mul(100) / of.max(1);
    let percent = percent(used.bytes, quota).max(percent(used.messages, limits::MESSAGES_PER_MAILBOX_MAX));
    (percent >= limits::QUOTA_WARNED_PERCENT).then_some(percent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fullness_is_said_from_the_mark_on() {
        let volume = |messages, bytes| Volume { messages, bytes };
        assert_eq!(nearly_full(volume(1, 899), 1000), None);
        assert_eq!(nearly_full(volume(1, 900), 1000), Some(90));
        assert_eq!(nearly_full(volume(1, 2000), 1000), Some(200));
        assert_eq!(nearly_full(volume(limits::MESSAGES_PER_MAILBOX_MAX, 0), 1000), Some(100));
        assert_eq!(nearly_full(volume(0, 1), 0), Some(100));
    }
}
