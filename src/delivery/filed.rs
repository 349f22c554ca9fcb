//! What is done about mail that is to be filed: where it is put, and who is told, in the commit of its delivery (R8).

use super::answer::subject;
use super::batch::Batch;
use super::filing::{Addressing, Doubt, Letter, Plan, Writer, plan};
use super::receipt::{self, About};
use super::{Delivery, DeliveryError, Destination, Envelope, Recipient, Tagged};
use crate::address::Address;
use crate::directory::{Owner, Snapshot, Unit};
use crate::id::{FolderId, MailboxId};
use crate::mime::compose::Party;
use crate::mime::is_automatic;
use crate::store::{Prepared, StoreError};
use crate::text::fold;

/// A message to the department that asks to be filed.
pub(super) struct Judged {
    /// The department's mailbox, which gets it in no other folder.
    pub(super) department: MailboxId,
    /// Where it goes.
    pub(super) folder: FolderId,
    /// The unit and the section that it is filed in.
    outcome: Result<(Unit, Tagged), Doubt>,
}

impl Delivery {
    /// Finds out whether a message asks to be filed, and where it goes if it does. What is held has time.
    pub(super) async fn judge(&self, envelope: &Envelope, message: &Prepared) -> Result<Option<Judged>, DeliveryError> {
        let snapshot = self.directory.snapshot();
        let Some(department) = snapshot.of(Owner::Department).filter(|_| envelope.held.is_none()) else {
            return Ok(None);
        };
        let settings = self.settings.load_full();
        let outcome = match decide(envelope, message, &settings.sections, &snapshot) {
            None | Some(Plan::Ordinary) => return Ok(None),
            Some(Plan::Doubtful(doubt)) => Err(doubt),
            Some(Plan::Filed(unit, section)) => Ok((unit.clone(), section.clone())),
        };
        let placed = match &outcome {
            Ok((unit, section)) => self.place(&snapshot, unit, section, message.len() as u64).await?,
            Err(doubt) => Err(*doubt),
        };
        let (folder, outcome) = match placed {
            Ok(folder) => (folder, outcome),
            // The INBOX even of what looks unwanted: somebody is to see it.
            Err(doubt) => (self.store.inbox(department.id).await?, Err(doubt)),
        };
        log(envelope, &outcome);
        Ok(Some(Judged { department: department.id, folder, outcome }))
    }

    /// The folder of a unit's section, if it is there and the unit has room.
    async fn place(
        &self,
        snapshot: &Snapshot,
        unit: &Unit,
        section: &Tagged,
        octets: u64,
    ) -> Result<Result<FolderId, Doubt>, DeliveryError> {
        let Some(mailbox) = snapshot.of(Owner::Unit(unit.id)) else { return Ok(Err(Doubt::Closed)) };
        match self.admit(mailbox.id, octets).await {
            Ok(()) => {}
            Err(DeliveryError::OverQuota) => return Ok(Err(Doubt::NoRoom)),
            Err(error) => return Err(error),
        }
        match self.store.folder(mailbox.id, &section.folder).await {
            Ok(folder) if folder.selectable => Ok(Ok(folder.id)),
            Ok(_) | Err(StoreError::NoSuchFolder) => Ok(Err(Doubt::NoFolder)),
            Err(error) => Err(error.into()),
        }
    }

    /// Tells the sender that it was filed, or whoever reads the department's mail why it was not. A message is filed though
    /// nobody can be told.
    pub(super) async fn tell_judged(
        &self,
        judged: &Judged,
        envelope: &Envelope,
        message: &Prepared,
        batch: &mut Batch,
    ) -> Result<(), StoreError> {
        let snapshot = self.directory.snapshot();
        let Some(address) = snapshot.mailbox(judged.department).and_then(|mailbox| mailbox.primary()) else {
            return Ok(());
        };
        let original = message.bytes().unwrap_or_default();
        let department = Party { name: &snapshot.department().name, address };
        let unique = format!("filing-{}", self.next_notice());
        let about = About { department, original, date: &self.clock.zoned(), unique: &unique };
        let (written, to) = match (&judged.outcome, &envelope.from) {
            // RFC 3834 §2: nobody answers a notice, nor what a program wrote.
            (Ok(_), Some(_)) if is_automatic(original) => return Ok(()),
            (Ok(_), None) => return Ok(()),
            (Ok((unit, section)), Some(from)) => (receipt::filed(&about, from, unit, section), from),
            (Err(doubt), from) => (receipt::left(&about, from.as_ref(), *doubt), address),
        };
        match written {
            Ok(text) => {
                let mut told = Batch::default();
                self.send_back(to, text, unique, &mut told).await?;
                batch.notes.extend(told.copies);
                batch.sendings.extend(told.sendings);
                Ok(())
            }
            Err(error) => {
                tracing::error!(id = %envelope.id, %error, "nobody is told what became of a message to be filed");
                Ok(())
            }
        }
    }
}

/// Who filed what where is found again by the message's name in the log.
fn log(envelope: &Envelope, outcome: &Result<(Unit, Tagged), Doubt>) {
    let (id, by) = (&envelope.id, envelope.by.map(|staff| staff.0));
    let from = envelope.from.as_ref().map(ToString::to_string).unwrap_or_default();
    match outcome {
        Ok((unit, section)) => {
            let (unit, section) = (&unit.code, &section.tag);
            tracing::info!(%id, %unit, %section, %from, by, "a message is filed in a unit's section");
        }
        Err(doubt) => tracing::info!(%id, ?doubt, %from, by, "a message that asks to be filed stays in the INBOX"),
    }
}

/// The plan for a message; nothing where the department's own address is not among its recipients.
fn decide<'a>(
    envelope: &Envelope,
    message: &Prepared,
    sections: &'a [Tagged],
    snapshot: &'a Snapshot,
) -> Option<Plan<'a>> {
    let department = snapshot.of(Owner::Department)?;
    let here = envelope.to.iter().filter(|recipient| recipient.destination == Destination::Mailbox(department.id));
    // Not postmaster@ and whatever else leads there.
    let is_own = |address: &Address| department.addresses.iter().any(|held| held.address == *address);
    let own = here.filter_map(|Recipient { address, .. }| match address.without_tag() {
        Some((base, tag)) => is_own(&base).then_some((address, Some(tag))),
        None => is_own(address).then_some((address, None)),
    });
    let (own, sub_addresses): (Vec<&Address>, Vec<Option<&str>>) = own.unzip();
    let is_named = |address: &&Address| {
        let as_given = fold(&address.to_string());
        envelope.origin.addressees.iter().any(|named| fold(&named.to_string()) == as_given)
    };
    sub_addresses.first()?;
    let bytes = message.bytes().unwrap_or_default();
    let letter = Letter {
        sub_addresses: sub_addresses.into_iter().flatten().collect(),
        subject: &subject(bytes),
        addressing: if own.iter().all(is_named) { Addressing::Named } else { Addressing::Diverted },
        writer: if is_automatic(bytes) { Writer::Program } else { Writer::Person },
        from: envelope.from.as_ref(),
        origin: &envelope.origin,
        speaker: envelope.spoken_for.or(envelope.mailbox),
        filing: envelope.filing,
    };
    Some(plan(&letter, sections, snapshot))
}
