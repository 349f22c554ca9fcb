//! CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE: RFC 9051 §6.3.4 to §6.3.8.

use crate::imap::connection::Connection;
use crate::imap::refusal::{Refusal, Stop};
use crate::imap::reply::Done;
use crate::imap::syntax::{self, Create, MailboxArg, Rename};
use crate::store::{FolderName, SpecialUse, Subscription};

/// RFC 9051 §6.3.4, with the special uses of RFC 6154 §3.
pub(super) async fn create(c: &mut Connection, args: Create) -> Result<Done, Stop> {
    let mailbox = c.session.login()?.mailbox;
    let name = FolderName::parse(args.mailbox.as_str())?;
    let special_use = match args.uses.as_slice() {
        [] => None,
        [one] => Some(use_of(*one).ok_or(Refusal::SpecialUse)?),
        [_, _, ..] => return Err(Refusal::SpecialUse.into()),
    };
    if special_use.is_some() {
        // Clients look for one folder of a kind.
        let taken = c.services.store.folders(mailbox).await?.iter().any(|f| f.special_use == special_use);
        if taken {
            return Err(Refusal::SpecialUse.into());
        }
    }
    c.services.store.create_folder(mailbox, name, special_use).await?;
    Ok(Done::Plainly)
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
    let mailbox = c.session.login()?.mailbox;
    let name = FolderName::parse(name.as_str())?;
    let folder = c.services.store.folder(mailbox, &name).await?;
    c.services.store.delete_folder(mailbox, name).await?;
    // Its own folder the client knows to be gone.
    if c.session.selected().is_ok_and(|s| s.view.folder() == folder.id) {
        c.session.unselect();
    }
    Ok(Done::Plainly)
}

/// RFC 9051 §6.3.6.
pub(super) async fn rename(c: &mut Connection, args: Rename) -> Result<Done, Stop> {
    let mailbox = c.session.login()?.mailbox;
    let (from, to) = (FolderName::parse(args.from.as_str())?, FolderName::parse(args.to.as_str())?);
    c.services.store.rename_folder(mailbox, from, to).await?;
    Ok(Done::Plainly)
}

/// RFC 9051 §6.3.7: also a name of which there is no folder, which may come again.
pub(super) async fn subscribe(c: &mut Connection, name: &MailboxArg) -> Result<Done, Stop> {
    set(c, name, Subscription::On).await
}

/// RFC 9051 §6.3.8.
pub(super) async fn unsubscribe(c: &mut Connection, name: &MailboxArg) -> Result<Done, Stop> {
    set(c, name, Subscription::Off).await
}

async fn set(c: &mut Connection, name: &MailboxArg, to: Subscription) -> Result<Done, Stop> {
    let mailbox = c.session.login()?.mailbox;
    let name = FolderName::parse(name.as_str())?;
    c.services.store.subscribe(mailbox, name, to).await?;
    Ok(Done::Plainly)
}
