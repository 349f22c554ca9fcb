//! Mail is brought into a mailbox, or brought back, by an administrator: each with its entry in the audit (R18).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Provisioning;
use super::by::By;
use super::order::Manner;
use crate::audit::{self, Entry};
use crate::db::DbError;
use crate::directory::Mailbox;
use crate::id::MailboxId;
use crate::store::{self, Arriving, Came, FolderName, Lost, LostId, SpecialUse, StoreError, Which};

/// Whether mail may make a mailbox hold more than it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quota {
    /// It may not.
    Kept,
    /// The administrator lets it.
    Ignored,
}

/// Messages of one folder elsewhere, for one folder here.
#[derive(Debug)]
pub struct Bringing {
    /// Whose they become.
    pub mailbox: MailboxId,
    /// The folder elsewhere: what its messages' keys are told apart within. None: they may come as often as they are
    /// brought.
    pub source: Option<String>,
    /// The folder here.
    pub folder: FolderName,
    /// What the folder is for, there.
    pub special_use: Option<SpecialUse>,
    /// The messages.
    pub messages: Vec<Arriving>,
    /// Whether the quota counts.
    pub quota: Quota,
}

/// What was brought back.
#[derive(Clone, Debug)]
pub struct Restored {
    /// How many messages.
    pub messages: usize,
    /// Which, as far as they are listed.
    pub lost: Vec<Lost>,
}

/// Why mail was not brought back.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The mailbox has no room for all of it.
    #[error("{needed} octets do not fit: the mailbox holds {used} of {quota}")]
    OverQuota {
        /// Octets of what is to be brought back.
        needed: u64,
        /// Octets that the mailbox holds.
        used: u64,
        /// Octets that it may hold.
        quota: u64,
    },
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<DbError> for RestoreError {
    fn from(error: DbError) -> Self {
        Self::Store(error.into())
    }
}

impl Provisioning {
    /// Records that mail is brought in, and at its end how much it was.
    pub async fn record_import(&self, mailbox: MailboxId, of: Value, by: By) -> Result<(), DbError> {
        let entry = entry("mailbox.import", mailbox, of, &by, self.clock.now().as_second());
        self.db.write(move |tx| Box::pin(async move { audit::append(tx, vec![entry]).await })).await
    }

    /// Records that mail was brought back from a backup.
    pub async fn record_restore(&self, mailbox: MailboxId, of: Value, by: By) -> Result<(), DbError> {
        let entry = entry("mailbox.restore", mailbox, of, &by, self.clock.now().as_second());
        self.db.write(move |tx| Box::pin(async move { audit::append(tx, vec![entry]).await })).await
    }

    /// Brings messages in, each once however often it is brought; says of each what became of it, in their order.
    pub async fn bring(&self, bringing: Bringing) -> Result<Vec<Came>, StoreError> {
        let quota = self.quota(bringing.mailbox, bringing.quota);
        let store = self.store.clone();
        let written = self.db.write(move |tx| {
            Box::pin(async move {
                let Bringing { mailbox, source, folder, special_use, messages, .. } = bringing;
                store::import_in(tx, &store, mailbox, source.as_deref(), (&folder, special_use), &messages, quota).await
            })
        });
        written.await
    }

    /// Brings expunged messages back, some hundred a commit, so that it goes on where it was broken off.
    ///
    /// # Errors
    /// [`RestoreError::OverQuota`] where not all of them fit; then none is brought back.
    pub async fn restore(
        &self,
        mailbox: MailboxId,
        mut which: Which,
        quota: Quota,
        by: By,
    ) -> Result<Restored, RestoreError> {
        // What goes while this is at work is not meant.
        which.until.get_or_insert(self.clock.now().as_second() + 1);
        let lost = self.store.lost(mailbox, &which).await?;
        if let Some(quota) = self.quota(mailbox, quota) {
            let (needed, used) = (self.store.lost_bytes(mailbox, &which).await?, self.store.usage(mailbox).await?);
            if used + needed > quota {
                return Err(RestoreError::OverQuota { needed, used, quota });
            }
        }
        if by.manner == Manner::Rehearse {
            return Ok(Restored { messages: lost.len(), lost });
        }
        let mut messages = 0;
        loop {
            let some = self.restore_some(mailbox, which.clone(), by.clone()).await?;
            messages += some.len();
            if some.is_empty() {
                return Ok(Restored { messages, lost });
            }
        }
    }

    async fn restore_some(
        &self,
        mailbox: MailboxId,
        which: Which,
        by: By,
    ) -> Result<Vec<(LostId, FolderName)>, StoreError> {
        let (store, at) = (self.store.clone(), self.clock.now().as_second());
        let written = self.db.write(move |tx| {
            Box::pin(async move {
                let restored = store::restore_in(tx, &store, mailbox, &which, None).await?;
                if !restored.is_empty() {
                    let mut folders: BTreeMap<&str, Vec<LostId>> = BTreeMap::new();
                    for (id, folder) in &restored {
                        folders.entry(folder.as_str()).or_default().push(*id);
                    }
                    let entry = entry("mailbox.restore", mailbox, json!({ "restored": folders }), &by, at);
                    audit::append(tx, vec![entry]).await?;
                }
                Ok::<_, StoreError>(restored)
            })
        });
        written.await
    }

    fn quota(&self, mailbox: MailboxId, quota: Quota) -> Option<u64> {
        match quota {
            Quota::Kept => self.directory.snapshot().mailbox(mailbox).map(|mailbox: &Mailbox| mailbox.quota_bytes),
            Quota::Ignored => None,
        }
    }
}

fn entry(what: &'static str, mailbox: MailboxId, after: Value, by: &By, at: i64) -> Entry {
    let subject = format!("contents:{mailbox}");
    let (actor, note) = (by.actor.clone(), by.note.clone());
    Entry { at, actor, what, subject, decision: None, note, before: None, after: Some(after) }
}
