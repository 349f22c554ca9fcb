//! What a mailbox holds, read from the store, or from the daemon that has it.

use std::ops::Range;

use super::ArchiveError;
use crate::id::{BodyId, FolderId, MailboxId, Uid};
use crate::store::{Entry, FolderName, Store, StoreError, Texts};

/// A mailbox that can be read folder by folder.
#[allow(
    async_fn_in_trait,
    reason = "whoever spawns it knows which mailbox it is, and so whether it may change threads"
)]
pub trait Contents {
    /// Its folders that hold messages.
    async fn folders(&self) -> Result<Vec<Shelf>, ArchiveError>;
    /// What a folder holds.
    async fn index(&self, which: &Shelf) -> Result<Listing, ArchiveError>;
    /// Whole messages, a batch of them.
    async fn messages(&self, which: &Shelf, messages: &[(Uid, BodyId)]) -> Result<Texts, ArchiveError>;
    /// A part of one message.
    async fn range(&self, which: &Shelf, message: (Uid, BodyId), range: Range<u64>) -> Result<Vec<u8>, ArchiveError>;
}

/// A folder of a mailbox.
#[derive(Clone, Debug)]
pub struct Shelf {
    /// Which.
    pub id: FolderId,
    /// Its full name.
    pub name: FolderName,
    /// RFC 9051 §2.3.1.1.
    pub uid_validity: u32,
    /// What it is for: the attribute of RFC 6154 §2.
    pub special_use: Option<String>,
}

/// The messages of a folder.
#[derive(Clone, Debug)]
pub struct Listing {
    /// In the order of their UIDs.
    pub entries: Vec<Entry>,
    /// Keywords in the order of their bits.
    pub keywords: Vec<String>,
}

/// A mailbox of the store in this process.
pub struct Own<'a> {
    /// The store.
    pub store: &'a Store,
    /// The mailbox.
    pub mailbox: MailboxId,
}

impl From<StoreError> for ArchiveError {
    fn from(error: StoreError) -> Self {
        Self::Contents(error.to_string())
    }
}

impl Contents for Own<'_> {
    async fn folders(&self) -> Result<Vec<Shelf>, ArchiveError> {
        let folders = self.store.folders(self.mailbox).await?;
        let which = |folder: crate::store::Folder| Shelf {
            id: folder.id,
            name: folder.name,
            uid_validity: folder.uid_validity,
            special_use: folder.special_use.map(|of| of.attribute().to_owned()),
        };
        Ok(folders.into_iter().filter(|folder| folder.selectable).map(which).collect())
    }

    async fn index(&self, which: &Shelf) -> Result<Listing, ArchiveError> {
        let index = self.store.watch(which.id).await?.index();
        let keywords = index.keywords().names().iter().map(ToString::to_string).collect();
        Ok(Listing { entries: index.iter().map(|(_, entry)| *entry).collect(), keywords })
    }

    async fn messages(&self, which: &Shelf, messages: &[(Uid, BodyId)]) -> Result<Texts, ArchiveError> {
        Ok(self.store.messages(which.id, messages).await?)
    }

    async fn range(&self, which: &Shelf, message: (Uid, BodyId), range: Range<u64>) -> Result<Vec<u8>, ArchiveError> {
        Ok(self.store.range(which.id, message, range).await?)
    }
}
