//! The folders of each unit's sections: made where they are missing, and listed.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Section, Sharing};
use crate::directory::{Mailbox, Unit};
use crate::id::MailboxId;
use crate::store::{Folder, StoreError};

/// A section of one unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shelf {
    /// The unit's code.
    pub unit: String,
    /// Its name.
    pub unit_name: String,
    /// The section.
    pub section: String,
    /// As sub-addresses and subjects name it.
    pub tag: String,
    /// Messages in it, those of former years apart.
    pub messages: u32,
}

impl Sharing {
    /// Makes the sections that a unit does not have yet. Returns how many were missing.
    pub async fn make(&self) -> Result<usize, StoreError> {
        let units = self.units();
        let there = self.folders(units.iter().map(|(_, mailbox)| mailbox.id)).await?;
        let names: BTreeSet<_> = there.iter().map(|folder| (folder.mailbox, folder.name.as_str())).collect();
        let mut made = 0;
        for (_, mailbox) in &units {
            let missing = |section: &&Section| !names.contains(&(mailbox.id, section.folder.as_str()));
            for section in self.settings.sections.iter().filter(missing) {
                match self.store.create_folder(mailbox.id, section.folder.clone(), None).await {
                    Ok(_) => made += 1,
                    // Somebody's mail program made it in this moment, or the unit was merged into another.
                    Err(StoreError::AlreadyExists | StoreError::NoSuchFolder) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(made)
    }

    /// Every section of every unit.
    pub async fn list(&self) -> Result<Vec<Shelf>, StoreError> {
        let units = self.units();
        let folders = self.folders(units.iter().map(|(_, mailbox)| mailbox.id)).await?;
        let held: BTreeMap<_, _> =
            folders.iter().map(|folder| ((folder.mailbox, folder.name.as_str()), folder.counters.messages)).collect();
        let show = |(unit, mailbox): &(Unit, Mailbox), section: &Section| Shelf {
            unit: unit.code.clone(),
            unit_name: unit.name.clone(),
            section: section.name.clone(),
            tag: section.tag(),
            messages: held.get(&(mailbox.id, section.folder.as_str())).copied().unwrap_or(0),
        };
        Ok(units
            .iter()
            .flat_map(|unit| self.settings.sections.iter().map(move |section| show(unit, section)))
            .collect())
    }

    pub(super) async fn folders(&self, mailboxes: impl Iterator<Item = MailboxId>) -> Result<Vec<Folder>, StoreError> {
        self.store.folders_of(&mailboxes.collect::<Vec<_>>()).await
    }
}
