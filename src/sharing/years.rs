//! Former years: what came into a section in a former year is kept in a folder of its year below it (R5).

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use jiff::civil::date;

use super::{Sharing, Years};
use crate::id::{FolderId, Uid};
use crate::limits;
use crate::store::{Destination, Folder, FolderName, Missing, Saved, SavedMessage, StoreError, UidRanges};

impl Sharing {
    /// Moves what came in former years, some messages at a time, so that nobody waits long. Returns how many it moved.
    pub async fn put_by_year(&self) -> Result<usize, StoreError> {
        if self.settings.years == Years::Together {
            return Ok(0);
        }
        let sections = self.section_folders().await?;
        let mut ids: Vec<FolderId> = sections.keys().copied().collect();
        let this_year = self.clock.zone().to_timestamp(date(self.clock.today().year(), 1, 1).at(0, 0, 0, 0));
        let begun = this_year.map_or(i64::MIN, Timestamp::as_second);
        let mut moved = 0;
        loop {
            let old = self.store.saved_before(&ids, begun, limits::BATCH_MESSAGES_MAX).await?;
            if old.is_empty() {
                return Ok(moved);
            }
            for ((section, year), uids) in self.by_year(old) {
                let Some(folder) = sections.get(&section) else { continue };
                match self.move_to_year(folder, year, uids).await {
                    Ok(some) if some > 0 => moved += some,
                    // The others' go on: it is tried again at the next look.
                    stays => {
                        if let Err(error) = stays {
                            tracing::error!(%error, folder = %folder.name, year, "messages of a former year stay for now");
                        }
                        ids.retain(|id| *id != section);
                    }
                }
            }
        }
    }

    /// The folders of all units' sections that can hold messages.
    async fn section_folders(&self) -> Result<HashMap<FolderId, Folder>, StoreError> {
        let units = self.units();
        let folders = self.folders(units.iter().map(|(_, mailbox)| mailbox.id)).await?;
        let is_section = |folder: &Folder| self.settings.sections.iter().any(|section| section.folder == folder.name);
        let sections = folders.into_iter().filter(|folder| folder.selectable && is_section(folder));
        Ok(sections.map(|folder| (folder.id, folder)).collect())
    }

    fn by_year(&self, messages: Vec<SavedMessage>) -> BTreeMap<(FolderId, i16), Vec<Uid>> {
        let mut by_year: BTreeMap<_, Vec<Uid>> = BTreeMap::new();
        for SavedMessage { folder, uid, saved, .. } in messages {
            let saved = Timestamp::from_second(saved).unwrap_or(Timestamp::UNIX_EPOCH);
            let year = saved.to_zoned_datetime(self.clock.zone().clone()).year();
            by_year.entry((folder, year)).or_default().push(uid);
        }
        by_year
    }

    async fn move_to_year(&self, section: &Folder, year: i16, mut uids: Vec<Uid>) -> Result<usize, StoreError> {
        let name = format!("{}/{year}", section.name.as_str());
        let name = match FolderName::parse(&name) {
            Ok(name) => name,
            Err(error) => {
                tracing::error!(%error, name, "a section's year can have no folder");
                return Ok(0);
            }
        };
        let folder = match self.store.create_folder(section.mailbox, name.clone(), None).await {
            Err(StoreError::AlreadyExists) => self.store.folder(section.mailbox, &name).await?,
            made => made?,
        };
        uids.sort_unstable();
        // Duties go by when it came, and stay done.
        let to = Destination { saved: Saved::Kept, ..Destination::of(folder.id) };
        let moved = self.store.move_messages(section.id, UidRanges::from_sorted(uids), to, Missing::PassOver).await;
        Ok(moved?.pairs.len())
    }
}
