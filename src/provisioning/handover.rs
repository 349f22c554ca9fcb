//! A mailbox is handed over: what it holds at this moment, who gives and who takes it, and what ended; with a record that
//! is filed in the mailbox, and whose digest is in the audit (R24, R25).

use jiff::ZonedDateTime;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::items::Unfinished;
use super::minutes::Minutes;
use super::{Failure, Manner, Provisioning, Record, welcome};
use crate::address::Address;
use crate::db::Tx;
use crate::directory::{Decision, Staff};
use crate::id::MailboxId;
use crate::mime::compose::{Note, Party};
use crate::name::PersonName;
use crate::store::{self, FolderName, Manifest, StoreError};

/// Where records are filed: in a folder of their own, so that all others are after a hand-over what they were before it.
const FOLDER: &str = "Bàn giao";

/// What is handed over.
#[derive(Clone, Debug)]
pub struct Handover {
    /// Which mailbox.
    pub mailbox: MailboxId,
    /// Its address.
    pub address: Address,
    /// Whose it is, by name: the unit or the department.
    pub owner: String,
    /// Who hands it over.
    pub giving: Signatory,
    /// Who takes it over.
    pub taking: Signatory,
    /// The cause.
    pub decision: Decision,
    /// When.
    pub at: ZonedDateTime,
    /// What others could do and no longer can, in Vietnamese.
    pub ended: Vec<String>,
    /// What it holds.
    pub manifest: Manifest,
    /// What is not dealt with.
    pub unfinished: Unfinished,
}

/// Somebody who signs the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signatory {
    /// Full name.
    pub name: PersonName,
    /// Position.
    pub position: Option<String>,
}

impl Signatory {
    pub(super) fn of(person: &Staff) -> Self {
        Self { name: person.name.clone(), position: person.position.clone() }
    }
}

impl Provisioning {
    /// Finds what is handed over, and files the record of it. Whatever comes in later is not of this hand-over: the writer
    /// is ours until the commit.
    pub(super) async fn hand_over(
        &self,
        tx: &mut Tx,
        handover: &mut Handover,
        manner: Manner,
    ) -> Result<Option<Record>, Failure> {
        handover.manifest = store::manifest(tx.connection(), handover.mailbox).await?;
        handover.unfinished = self.unfinished(tx.connection(), handover.mailbox).await?;
        if manner == Manner::Rehearse {
            return Ok(None);
        }
        self.file(tx, handover).await?;
        let volume = handover.manifest.volume();
        Ok(Some(Record {
            what: "mailbox.handover",
            subject: format!("contents:{}", handover.mailbox),
            before: None,
            after: Some(json!({
                "from": handover.giving,
                "to": handover.taking,
                "manifest": handover.manifest.digest(),
                "folders": handover.manifest.folders.len(),
                "messages": volume.messages,
                "bytes": volume.bytes,
                "open_items": handover.unfinished.open_items_total,
                "ended": handover.ended,
            })),
        }))
    }

    async fn file(&self, tx: &mut Tx, handover: &Handover) -> Result<(), Failure> {
        let Handover { mailbox, address, .. } = handover;
        let name = FolderName::parse(FOLDER).map_err(StoreError::from)?;
        let folder = match store::folder_in(tx, &self.store, *mailbox, &name).await {
            // It has as many folders as it may: the record is not to be lost for that.
            Err(StoreError::TooManyFolders) => store::inbox_in(tx, *mailbox).await?,
            folder => folder?,
        };
        let minutes = Minutes::of(handover, &self.settings.organisation);
        let postmaster = Address::new("postmaster", address.domain().clone()).unwrap_or_else(|_| address.clone());
        let message = Note {
            from: Party { name: &self.settings.organisation, address: &postmaster },
            to: &[Party { name: &handover.owner, address }],
            subject: &format!("Biên bản bàn giao hộp thư điện tử {address}"),
            text: &minutes.text(),
            html: Some(&minutes.html()),
            date: &handover.at,
            // Two hand-overs of a mailbox in one second are of two decisions, and of two manifests: the record of the
            // first is in the second.
            unique: &format!(
                "handover-{mailbox}.{}.{}",
                handover.at.timestamp().as_nanosecond(),
                handover.manifest.digest()
            ),
        }
        .write()?;
        store::append_in(tx, &self.store, vec![welcome::copy(message, folder, address, &self.clock)]).await?;
        Ok(())
    }
}
