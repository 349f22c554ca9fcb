//! What units share with each other, and what they owe to it (R5-R8): each unit's shared folder has the same sections, and
//! some of them are to be published by a day of the week or of the month (P4.2).

mod duty;
mod remind;
pub mod schedule;
mod sections;
mod years;

use std::sync::Arc;

use crate::clock::Clock;
use crate::db::Db;
use crate::directory::{Directory, Mailbox, MailboxState, Owner, SHARED, Unit, UnitState};
use crate::store::{FolderName, FolderNameError, Store};
use crate::text::slug;
use crate::workday::Workdays;
use schedule::Rhythm;

pub use duty::{Duty, OwnDay, Published};
pub use sections::Shelf;

/// What each unit's shared folder holds, from the configuration.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// In the order in which they are shown.
    pub sections: Vec<Section>,
    /// On which days the office works.
    pub workdays: Workdays,
    /// Where messages of former years are kept.
    pub years: Years,
}

/// Where messages of former years are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Years {
    /// In a folder of their year, below the section.
    #[default]
    Apart,
    /// In the section, with all others.
    Together,
}

/// One part of a unit's shared folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// As people read it.
    pub name: String,
    /// The folder in a unit's mailbox.
    pub folder: FolderName,
    /// By when something is to be published in it, if anything is.
    pub due: Option<Rhythm>,
}

impl Section {
    /// A section of this name.
    ///
    /// # Errors
    /// If no folder can be called so.
    pub fn new(name: &str, due: Option<Rhythm>) -> Result<Self, FolderNameError> {
        let folder = FolderName::parse(&format!("{SHARED}/{name}"))?;
        Ok(Self { name: name.to_owned(), folder, due })
    }

    /// As sub-addresses and subjects name it, without diacritics: `chuong-trinh-tuan`.
    pub fn tag(&self) -> String {
        slug(&self.name)
    }
}

/// The shared folders. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Sharing {
    /// Where all is written.
    pub db: Db,
    /// Where they lie.
    pub store: Store,
    /// Whose they are.
    pub directory: Directory,
    /// What day it is.
    pub clock: Clock,
    /// What they hold.
    pub settings: Arc<Settings>,
}

impl Sharing {
    /// Units that share, each with its mailbox.
    fn units(&self) -> Vec<(Unit, Mailbox)> {
        let snapshot = self.directory.snapshot();
        let open = snapshot.all_units().filter(|unit| unit.state == UnitState::Open);
        let with_mailbox = open.filter_map(|unit| Some((unit.clone(), snapshot.of(Owner::Unit(unit.id))?.clone())));
        with_mailbox.filter(|(_, mailbox)| mailbox.state == MailboxState::Open).collect()
    }
}
