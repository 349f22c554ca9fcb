//! A plan's effects, one after another, with what the audit will say of each. Nothing is decided here.

use serde_json::{Value, json};

use super::slip::Slip;
use super::step::{Step, Subject, Whose};
use super::{Applied, Failure, Issued, Provisioning, Record, welcome};
use crate::db::Tx;
use crate::directory::{Owner, write};
use crate::id::{FolderId, MailboxId};
use crate::{credential, store};

/// A plan in the middle of its steps.
#[derive(Default)]
struct Progress {
    subject: Subject,
    inbox: Option<FolderId>,
    slip: Option<Slip>,
    records: Vec<Record>,
}

impl Progress {
    fn record(&mut self, what: &'static str, subject: String, before: Option<Value>, after: Value) {
        self.records.push(Record { what, subject, before, after: Some(after) });
    }

    /// What `OpenMailbox` opened. A plan that uses it before is a mistake of its rule, here and below.
    fn opened(&self) -> Result<MailboxId, Failure> {
        self.subject.mailbox.ok_or(Failure::Plan("a mailbox is used before it is opened"))
    }

    fn inbox(&self) -> Result<FolderId, Failure> {
        self.inbox.ok_or(Failure::Plan("a folder is used before it is made"))
    }

    /// Whose the mailbox to be opened is: whoever was just entered.
    fn owner(&self) -> Owner {
        match self.subject {
            Subject { staff: Some(staff), .. } => Owner::Staff(staff),
            Subject { unit: Some(unit), .. } => Owner::Unit(unit),
            Subject { .. } => Owner::Department,
        }
    }
}

impl Provisioning {
    pub(super) async fn apply(
        &self,
        tx: &mut Tx,
        steps: Vec<Step>,
        issued: Option<&Issued>,
    ) -> Result<(Applied, Vec<Record>), Failure> {
        let mut progress = Progress::default();
        for step in &steps {
            self.effect(tx, step, issued, &mut progress).await?;
        }
        Ok((Applied { steps, subject: progress.subject, slip: progress.slip }, progress.records))
    }

    async fn effect(
        &self,
        tx: &mut Tx,
        step: &Step,
        issued: Option<&Issued>,
        progress: &mut Progress,
    ) -> Result<(), Failure> {
        match step {
            Step::EnterUnit(unit) => {
                let id = write::insert_unit(tx, unit).await?;
                progress.subject.unit = Some(id);
                progress.record("unit.created", format!("unit:{id}"), None, json!(unit));
            }
            Step::EnterStaff(person) => {
                let id = write::insert_staff(tx, person).await?;
                progress.subject.staff = Some(id);
                progress.record("staff.entered", format!("staff:{id}"), None, json!(person));
            }
            Step::OpenMailbox(mailbox) => {
                let owner = progress.owner();
                let id = write::insert_mailbox(tx, owner, mailbox).await?;
                progress.subject.mailbox = Some(id);
                let after = json!({ "owner": owner.to_string(), "mailbox": mailbox });
                progress.record("mailbox.opened", format!("mailbox:{id}"), None, after);
            }
            Step::GiveAddress { address, kind } => {
                let id = progress.opened()?;
                write::insert_address(tx, id, address, *kind, self.clock.today()).await?;
                let after = json!({ "address": address, "kind": kind });
                progress.record("address.given", format!("mailbox:{id}"), None, after);
            }
            Step::MakeFolders => {
                progress.inbox = Some(store::create_default_folders(tx, progress.opened()?).await?);
            }
            Step::SetPassword { mailbox, address, holder, standing } => {
                let id = match mailbox {
                    Whose::JustOpened => progress.opened()?,
                    Whose::Known(id) => *id,
                };
                progress.subject.mailbox = Some(id);
                let issued = issued.ok_or(Failure::Plan("a password is set that was not made"))?;
                credential::set_own(tx, id, &issued.hash, *standing, self.clock.now().as_second()).await?;
                progress.slip = Some(Slip::new(holder, address, &issued.secret, *standing, &self.settings));
                progress.record("password.set", format!("mailbox:{id}"), None, json!({ "standing": standing }));
            }
            Step::Welcome { address, holder } => {
                let message = welcome::message(progress.opened()?, address, holder, &self.settings, &self.clock)?;
                let copy = welcome::copy(message, progress.inbox()?, address, &self.clock);
                store::append_in(tx, &self.store, vec![copy]).await?;
            }
            Step::ChangeStanding { staff, from, to, .. } => {
                write::set_staff_state(tx, *staff, *to).await?;
                progress.subject.staff = Some(*staff);
                let (before, after) = (json!({ "state": from }), json!({ "state": to }));
                progress.record("staff.standing", format!("staff:{staff}"), Some(before), after);
            }
            Step::EndSessions { mailbox, .. } => write::raise_generation(tx, *mailbox).await?,
        }
        Ok(())
    }
}
