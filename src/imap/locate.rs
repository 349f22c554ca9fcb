//! From the names that clients use to folders, with the rights that are held on each: RFC 4314 over RFC 2342.
//!
//! A folder that does not exist and one that may not be seen are one answer (hostile B46).

use super::connection::Connection;
use super::refusal::Refusal;
use super::syntax::MailboxArg;
use crate::access::{Location, Login};
use crate::acl::Acl;
use crate::id::{FolderId, MailboxId};
use crate::store::{Flags, Folder, FolderName, StoreError};

/// A folder as a session meets it.
#[derive(Clone, Debug)]
pub struct Located {
    /// The folder.
    pub folder: Folder,
    /// What it is called here, with the namespace's prefix.
    pub shown: String,
    /// What may be done with it now.
    pub acl: Acl,
}

impl Located {
    /// Where it lies.
    pub fn location(&self) -> Location {
        Location { mailbox: self.folder.mailbox, name: self.folder.name.clone() }
    }

    /// What its mailbox may hold, in octets.
    pub(super) fn quota(&self, c: &Connection) -> Option<u64> {
        c.services.directory.snapshot().mailbox(self.folder.mailbox).map(|mailbox| mailbox.quota_bytes)
    }
}

/// The flags that may be changed with these rights: RFC 4314 §4.
pub fn permitted(acl: Acl) -> Flags {
    let others = Flags(u64::MAX).without(Flags::SEEN).without(Flags::DELETED);
    let by = [(Acl::SEEN, Flags::SEEN), (Acl::DELETE_MESSAGES, Flags::DELETED), (Acl::WRITE, others)];
    by.iter().filter(|(right, _)| acl.includes(*right)).fold(Flags::default(), |flags, (_, more)| flags.with(*more))
}

/// Where a name leads, whether or not there is a folder, and what may be done with one that would be made there.
pub(super) fn place(c: &Connection, name: &MailboxArg) -> Result<(Location, FolderName, Acl), Refusal> {
    let login = c.session.login()?;
    let shown = FolderName::parse(name.as_str())?;
    let location = login.locate(&shown).ok_or(StoreError::NoSuchFolder)?;
    let acl = login.acl(&location, None);
    Ok((location, shown, acl))
}

/// The folder of a name, if it is there, may be seen, and all of `needs` may be done with it.
pub(super) async fn folder(c: &Connection, name: &MailboxArg, needs: Acl) -> Result<Located, Refusal> {
    let (location, shown, _) = place(c, name)?;
    let folder = c.store()?.folder(location.mailbox, &location.name).await?;
    let acl = c.session.login()?.acl(&location, Some(folder.id));
    if acl.includes(needs) && !acl.is_empty() {
        return Ok(Located { folder, shown: shown.to_string(), acl });
    }
    Err(hidden(acl))
}

/// Why a folder cannot be used: to whoever LIST does not name it, it is not there (RFC 4314 §6).
fn hidden(acl: Acl) -> Refusal {
    if acl.includes(Acl::LOOKUP) { Refusal::NoPermission } else { StoreError::NoSuchFolder.into() }
}

/// The folder that messages are to go to, with the right to put them there. Of a name of which there is none that could
/// be created: TRYCREATE.
pub(super) async fn target(c: &Connection, name: &MailboxArg) -> Result<Located, Refusal> {
    match folder(c, name, Acl::INSERT).await {
        Ok(located) if located.folder.selectable => Ok(located),
        Ok(_) | Err(Refusal::Store(StoreError::NoSuchFolder)) if may_create(c, name)? => Err(Refusal::NoTarget),
        Ok(_) => Err(StoreError::NotSelectable.into()),
        Err(refusal) => Err(refusal),
    }
}

/// Whether a folder of this name could be made.
fn may_create(c: &Connection, name: &MailboxArg) -> Result<bool, Refusal> {
    match place(c, name) {
        Ok((.., acl)) => Ok(acl.includes(Acl::CREATE)),
        Err(Refusal::Store(StoreError::NoSuchFolder)) => Ok(false),
        Err(refusal) => Err(refusal),
    }
}

/// Every folder that may be named, by the name it has here, ascending within each mailbox; the opened one comes first.
pub(super) async fn visible(c: &Connection) -> Result<Vec<Located>, Refusal> {
    visible_where(c, |_| true).await
}

/// The same, of those mailboxes only of which `wanted` says, by the beginning of their folders' names, that they are of
/// interest.
pub(super) async fn visible_where(c: &Connection, wanted: impl Fn(&str) -> bool) -> Result<Vec<Located>, Refusal> {
    let login = c.session.login()?;
    let reached: Vec<_> = login.reach().into_iter().filter(|reached| wanted(&reached.prefix)).collect();
    let mut mailboxes: Vec<MailboxId> = reached.iter().map(|reached| reached.mailbox).collect();
    mailboxes.sort_unstable();
    mailboxes.dedup();
    let folders = c.store()?.folders_of(&mailboxes).await?;
    let located = reached.iter().flat_map(|reached| {
        let theirs = folders.iter().filter(|folder| folder.mailbox == reached.mailbox);
        theirs.filter_map(|folder| {
            let shown = reached.shown(&folder.name)?;
            let acl = acl_of(login, folder);
            // Clients look for one folder of a kind: RFC 6154's uses are of the opened mailbox only.
            let special_use = folder.special_use.filter(|_| reached.prefix.is_empty());
            let folder = Folder { special_use, ..folder.clone() };
            acl.includes(Acl::LOOKUP).then_some(Located { folder, shown, acl })
        })
    });
    Ok(located.collect())
}

/// Names below which folders may be made, whether or not there are any yet.
pub(super) fn roots(c: &Connection) -> Result<Vec<String>, Refusal> {
    let login = c.session.login()?;
    let reached = login.reach().into_iter().filter(|reached| !reached.prefix.is_empty() && login.may_create(reached));
    Ok(reached.map(|reached| reached.prefix).collect())
}

fn acl_of(login: &Login, folder: &Folder) -> Acl {
    login.acl(&Location { mailbox: folder.mailbox, name: folder.name.clone() }, Some(folder.id))
}

/// A folder that is open: the right to read it must last.
#[derive(Clone, Debug)]
pub struct Opened {
    /// Where it lies.
    pub location: Location,
    /// Which it is.
    pub folder: FolderId,
}

impl Opened {
    /// What may be done with it now.
    pub fn acl(&self, login: &Login) -> Acl {
        login.acl(&self.location, Some(self.folder))
    }
}
