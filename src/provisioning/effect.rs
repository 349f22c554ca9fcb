//! What acts do beside the directory's rows: passwords, folders, mail. Done in the same transaction, after the rows are
//! written, as many at once as there are.

use jiff::Timestamp;
use serde_json::json;

use super::notice::{self, News};
use super::{Failure, Provisioning, Record, welcome};
use crate::address::Address;
use crate::audit::{self, Entry};
use crate::credential::{self, Bond, Hash, Standing};
use crate::db::Tx;
use crate::id::{FolderId, MailboxId};
use crate::incident;
use crate::limits;
use crate::name::{Label, PersonName};
use crate::store::{self, Append, FolderName, Hand};

/// An effect that waits for the rows it refers to.
#[derive(Clone, Debug)]
pub(super) enum Effect {
    MakeFolders(MailboxId),
    SetPassword { mailbox: MailboxId, hash: Hash, standing: Standing },
    AddDevice { mailbox: MailboxId, device: Label, bond: Option<Bond>, hash: Hash },
    RemoveDevice { mailbox: MailboxId, device: Label },
    EndCredentials(MailboxId),
    Open { mailbox: MailboxId, hash: Hash, until: Timestamp, by: String },
    Welcome { mailbox: MailboxId, address: Address, holder: PersonName },
    Notify { mailbox: MailboxId, address: Address, news: News },
    MoveContents { from: MailboxId, to: MailboxId, under: String },
    Discard(MailboxId),
    OpenIncident { mailbox: MailboxId, text: String, actor: String },
}

impl Provisioning {
    /// Does all of them, in their order but for folders, which everything else may need, and mail, which needs folders.
    pub(super) async fn perform(&self, tx: &mut Tx, effects: Vec<Effect>) -> Result<(), Failure> {
        let mut made = Vec::new();
        let mut mail = Vec::new();
        for effect in &effects {
            if let Effect::MakeFolders(mailbox) = effect {
                made.push(*mailbox);
            }
        }
        let inboxes = store::create_default_folders_of(tx, &made).await?;
        let made: std::collections::HashMap<_, _> = made.into_iter().zip(inboxes).collect();
        for effect in effects {
            match effect {
                Effect::Welcome { .. } | Effect::Notify { .. } => mail.push(effect),
                other => self.perform_one(tx, other).await?,
            }
        }
        for some in mail.chunks(limits::ROWS_PER_STATEMENT_MAX) {
            let mut copies = Vec::with_capacity(some.len());
            for effect in some {
                copies.extend(self.letter(tx, effect, &made).await?);
            }
            store::append_in(tx, &self.store.by(Hand::Server), copies).await?;
        }
        Ok(())
    }

    async fn perform_one(&self, tx: &mut Tx, effect: Effect) -> Result<(), Failure> {
        let now = self.clock.now().as_second();
        match effect {
            Effect::SetPassword { mailbox, hash, standing } => {
                credential::set_own(tx, mailbox, &hash, standing, now).await?;
            }
            Effect::AddDevice { mailbox, device, bond, hash } => {
                credential::add_device(tx, mailbox, (device.as_str(), bond.as_ref()), &hash, now).await?;
            }
            Effect::RemoveDevice { mailbox, device } => {
                credential::remove_device(tx, mailbox, device.as_str()).await?;
            }
            Effect::EndCredentials(mailbox) => credential::end_all(tx, mailbox).await?,
            Effect::Open { mailbox, hash, until, by } => {
                credential::open_until(tx, mailbox, &by, &hash, now, until.as_second()).await?;
            }
            Effect::MoveContents { from, to, under } => {
                let under = FolderName::parse(&under).map_err(store::StoreError::from)?;
                store::move_contents(tx, &self.store, from, to, &under).await?;
            }
            Effect::Discard(mailbox) => store::discard_mailbox(tx, &self.store, mailbox).await?,
            Effect::OpenIncident { mailbox, text, actor } => self.incident(tx, mailbox, &text, actor).await?,
            Effect::MakeFolders(_) | Effect::Welcome { .. } | Effect::Notify { .. } => {}
        }
        Ok(())
    }

    async fn incident(&self, tx: &mut Tx, mailbox: MailboxId, text: &str, actor: String) -> Result<(), Failure> {
        let at = self.clock.now().as_second();
        let report =
            incident::Report { at, reporter: &actor, kind: incident::Kind::Leak, mailbox: Some(mailbox), text };
        let id = incident::open(tx, &report).await?;
        let after = json!({ "kind": report.kind, "mailbox": mailbox, "text": text, "state": "open" });
        let record =
            Record { what: "incident.opened", subject: format!("incident:{id}"), before: None, after: Some(after) };
        audit::append(tx, vec![Entry { actor, ..record.plain(at) }]).await?;
        Ok(())
    }

    /// A letter of ours, for the mailbox it goes to.
    async fn letter(
        &self,
        tx: &mut Tx,
        effect: &Effect,
        made: &std::collections::HashMap<MailboxId, FolderId>,
    ) -> Result<Option<Append>, Failure> {
        let (mailbox, address, message) = match effect {
            Effect::Welcome { mailbox, address, holder } => {
                (mailbox, address, welcome::message(*mailbox, address, holder, &self.settings, &self.clock)?)
            }
            Effect::Notify { mailbox, address, news } => {
                (mailbox, address, notice::letter(*mailbox, address, news, &self.settings, &self.clock)?)
            }
            _ => return Ok(None),
        };
        let inbox = match made.get(mailbox) {
            Some(inbox) => *inbox,
            None => store::inbox_in(tx, *mailbox).await?,
        };
        Ok(Some(welcome::copy(message, inbox, address, &self.clock)))
    }
}
