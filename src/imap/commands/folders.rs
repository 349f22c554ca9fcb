//! CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE: RFC 9051 §6.3.4 to §6.3.8, with the rights of RFC 4314 §4.

use crate::access::Location;
use crate::acl::Acl;
use crate::imap::connection::Connection;
use crate::imap::locate;
use crate::imap::refusal::{Refusal, Stop};
use crate::imap::reply::Done;
use crate::imap::session::Revision;
use crate::imap::syntax::{self, Create, MailboxArg, Rename};
use crate::store::{FolderName, SpecialUse, StoreError, Subscription};

/// RFC 9051 §6.3.4, with the special uses of RFC 6154 §3.
pub(super) async fn create(c: &mut Connection, args: Create) -> Result<Done, Stop> {
    let location = place_to_create(c, &args.mailbox).await?;
    let special_use = match args.uses.as_slice() {
        [] => None,
        [one] if location.mailbox == c.session.login()?.mailbox => Some(use_of(*one).ok_or(Refusal::SpecialUse)?),
        [_, ..] => return Err(Refusal::SpecialUse.into()),
    };
    let folder = c.services.store.create_folder(location.mailbox, location.name, special_use).await?;
    if let Some(written) = args.mailbox.written() {
        tell_name(c, &args.mailbox, written);
    }
    Ok(Done::Created(folder.id))
}

/// Where a folder would lie that may be made: the right to is that of the nearest folder above it (RFC 4314 §4).
async fn place_to_create(c: &Connection, name: &MailboxArg) -> Result<Location, Refusal> {
    let (location, _, acl) = locate::place(c, name).map_err(|refusal| match refusal {
        // A name that only namespaces have.
        Refusal::Store(StoreError::NoSuchFolder) => Refusal::NoPermission,
        other => other,
    })?;
    let mut above = location.name.parent().filter(|_| !acl.includes(Acl::CREATE));
    while let Some(name) = above {
        match c.services.store.folder(location.mailbox, &name).await {
            Ok(folder) => {
                let parent = Location { mailbox: location.mailbox, name };
                let acl = c.session.login()?.acl(&parent, Some(folder.id));
                return if acl.includes(Acl::CREATE) { Ok(location) } else { Err(Refusal::NoPermission) };
            }
            Err(StoreError::NoSuchFolder) => above = name.parent(),
            Err(error) => return Err(error.into()),
        }
    }
    if acl.includes(Acl::CREATE) { Ok(location) } else { Err(Refusal::NoPermission) }
}

/// The uses that a folder can be made for; `\All` and `\Flagged` would be views of other folders.
pub(super) fn use_of(special_use: syntax::SpecialUse) -> Option<SpecialUse> {
    match special_use {
        syntax::SpecialUse::Archive => Some(SpecialUse::Archive),
        syntax::SpecialUse::Drafts => Some(SpecialUse::Drafts),
        syntax::SpecialUse::Junk => Some(SpecialUse::Junk),
        syntax::SpecialUse::Sent => Some(SpecialUse::Sent),
        syntax::SpecialUse::Trash => Some(SpecialUse::Trash),
        syntax::SpecialUse::All | syntax::SpecialUse::Flagged => None,
    }
}

/// RFC 9051 §6.3.5.
pub(super) async fn delete(c: &mut Connection, name: &MailboxArg) -> Result<Done, Stop> {
    let located = locate::folder(c, name, Acl::DELETE_FOLDER).await?;
    let Location { mailbox, name } = located.location();
    c.store()?.delete_folder(mailbox, name).await?;
    // Its own folder the client knows to be gone.
    if c.session.selected().is_ok_and(|s| s.view.folder() == located.folder.id) {
        c.session.unselect();
    }
    Ok(Done::Plainly)
}

/// RFC 9051 §6.3.6. Mail goes from one mailbox to another by COPY and MOVE, not by a name.
pub(super) async fn rename(c: &mut Connection, args: Rename) -> Result<Done, Stop> {
    let from = locate::folder(c, &args.from, Acl::DELETE_FOLDER).await?;
    let (shown, from) = (from.shown.clone(), from.location());
    let to = place_to_create(c, &args.to).await?;
    if from.mailbox != to.mailbox || from.tree() != to.tree() {
        return Err(Refusal::OtherMailbox.into());
    }
    c.store()?.rename_folder(from.mailbox, from.name, to.name).await?;
    tell_name(c, &args.to, &shown);
    Ok(Done::Plainly)
}

/// What a folder is called now, to clients that know how to hear it: RFC 9051 §6.3.9.7.
fn tell_name(c: &mut Connection, name: &MailboxArg, old: &str) {
    if c.session.revision == Revision::Two {
        let mut out = Vec::new();
        super::list::line(&mut out, name.as_str().trim_end_matches('/'), Some(old), c.session.dialect());
        c.wire.queue(&out);
    }
}

/// RFC 9051 §6.3.7: also a name of which there is no folder, which may come again.
pub(super) async fn subscribe(c: &mut Connection, name: &MailboxArg) -> Result<Done, Stop> {
    set(c, name, Subscription::On).await
}

/// RFC 9051 §6.3.8: no right is needed (RFC 4314 §4), and nobody is subscribed to what is not there. Clients unsubscribe
/// from the old name of a folder after they renamed it.
pub(super) async fn unsubscribe(c: &mut Connection, name: &MailboxArg) -> Result<Done, Stop> {
    match set(c, name, Subscription::Off).await {
        Err(Stop::Refused(Refusal::Store(StoreError::NoSuchFolder))) => Ok(Done::Plainly),
        done => done,
    }
}

async fn set(c: &mut Connection, name: &MailboxArg, to: Subscription) -> Result<Done, Stop> {
    let mailbox = c.session.login()?.mailbox;
    let (location, shown, acl) = locate::place(c, name)?;
    if !is_of_others(&shown, &location) {
        // What is subscribed to is the mailbox's, for all its clients.
        if !acl.includes(Acl::SEEN) {
            return Err(Refusal::NoPermission.into());
        }
        c.services.store.subscribe(mailbox, shown, to).await?;
        return Ok(Done::Plainly);
    }
    let located = locate::folder(c, name, Acl::LOOKUP).await?;
    c.services.store.hide(mailbox, located.folder.id, to).await?;
    Ok(Done::Plainly)
}

/// Whether a name is one that a namespace gives, and not the folder's own.
fn is_of_others(shown: &FolderName, location: &Location) -> bool {
    *shown != location.name
}
