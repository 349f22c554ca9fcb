//! Mail to a section of a unit's shared folder: `<unit>+<section>@`, with the section's tag (R5).

use super::{Delivery, Envelope};
use crate::acl::Acl;
use crate::address::Address;
use crate::directory::{Owner, Snapshot, Tree};
use crate::id::{FolderId, MailboxId};
use crate::store::{FolderName, StoreError};
use crate::text::fold;

/// A section that mail may be put into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tagged {
    /// As people read it.
    pub name: String,
    /// As a sub-address names it.
    pub tag: String,
    /// The folder in a unit's mailbox.
    pub folder: FolderName,
}

impl Delivery {
    /// The section that a recipient's sub-address names, if whoever sends the message may post there. All other mail goes
    /// where it would without the tag: none is lost because of it.
    pub(super) async fn section(
        &self,
        mailbox: MailboxId,
        envelope: &Envelope,
        to: &Address,
    ) -> Result<Option<FolderId>, StoreError> {
        let settings = self.settings.load();
        let tag = to.without_tag().map(|(_, tag)| fold(tag));
        let Some(section) = tag.and_then(|tag| settings.sections.iter().find(|section| section.tag == tag)) else {
            return Ok(None);
        };
        let folder = match self.store.folder(mailbox, &section.folder).await {
            Ok(folder) => folder.id,
            Err(StoreError::NoSuchFolder) => return Ok(None),
            Err(error) => return Err(error),
        };
        let snapshot = self.directory.snapshot();
        let may_post = envelope.mailbox.is_some_and(|sender| self.may_post(&snapshot, sender, mailbox, folder));
        Ok(may_post.then_some(folder))
    }

    /// Whoever entered the unit's own mailbox speaks for the unit.
    fn may_post(&self, snapshot: &Snapshot, sender: MailboxId, mailbox: MailboxId, folder: FolderId) -> bool {
        match snapshot.mailbox(sender).map(|sender| sender.owner) {
            Some(Owner::Staff(person)) => {
                let acl = snapshot.acl(person, mailbox, Tree::Shared, Some(folder), self.clock.today());
                acl.includes(Acl::POST)
            }
            Some(Owner::Unit(_) | Owner::Department) => sender == mailbox,
            None => false,
        }
    }
}
