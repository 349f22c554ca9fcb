//! Passwords of machines at a hand-over: the old ones end with everything else that opens the mailbox, and each machine gets a
//! new one, which belongs to whoever answers for the mailbox from now on (R24). Where nobody is there to take them the
//! machines stay shut out, and the new steward is told.

use serde_json::{Value, json};

use super::apply::Outcome;
use super::effect::Effect;
use super::notice::{News, Told};
use super::rules::Handing;
use super::step::Step;
use super::{Failure, Issued, Made, Manner, Order, Provisioning, Record, Refusal, Sitting, by};
use crate::address::Address;
use crate::credential::{self, Bond, Secret};
use crate::db::Tx;
use crate::directory::{Mailbox, MailboxState};
use crate::id::MailboxId;
use crate::language::Language;
use crate::limits;
use crate::name::Label;

/// A machine whose password ended with a hand-over.
#[derive(Clone, Debug)]
pub struct Replaced {
    /// Of which mailbox.
    pub mailbox: MailboxId,
    /// Its address.
    pub address: Address,
    /// What the machine is called.
    pub name: Label,
    /// What binds it.
    pub bond: Bond,
    /// The password that it has now; none where nobody is there to take one, and where it is only rehearsed.
    pub password: Option<Secret>,
}

/// What the audit says of a device that got a password; never the password.
pub(super) fn device_set(name: &str, bond: Option<&Bond>) -> Value {
    match bond {
        Some(bond) => json!({ "set": "device", "device": name, "bond": bond }),
        None => json!({ "set": "device", "device": name }),
    }
}

impl Provisioning {
    /// Passwords for the machines of mailboxes that orders will hand over, as many as there are of them now. One that is
    /// added in between is shut out like one that nobody attends to.
    pub(super) async fn spare(&self, orders: &[Order]) -> Result<Vec<Issued>, Failure> {
        let attended = orders.iter().filter(|order| order.handing == Handing::Slip);
        let may = attended.flat_map(|order| &order.acts).any(super::Act::may_hand_over);
        if !may || !credential::has_machines(&mut *self.db.read().await?).await? {
            return Ok(Vec::new());
        }
        let (here, again, nothing) = (self.clone(), orders.to_vec(), Made::nothing(orders));
        let foretold = by::enter(&self.db, Manner::Rehearse, move |tx| {
            Box::pin(async move { here.write(tx, &again, nothing, Manner::Rehearse).await })
        });
        // What is refused will be refused again, when it is said why.
        let foretold = foretold.await.unwrap_or_default();
        let machines = foretold.iter().flat_map(|done| &done.acts).map(|applied| applied.machines.len()).sum();
        let mut spare = Vec::new();
        for _ in 0..machines {
            let secret = Secret::generate().map_err(Failure::Randomness)?;
            let hash = self.hasher.hash_made(&secret).await?;
            spare.push(Issued { secret, hash });
        }
        Ok(spare)
    }

    /// Why a device may not be added or removed as an act wants it: what the directory's rules cannot know.
    pub(super) async fn refused_device(&self, tx: &mut Tx, steps: &[Step]) -> Result<Option<Refusal>, Failure> {
        for step in steps {
            let (Step::AddDevice { mailbox, device, .. } | Step::RemoveDevice { mailbox, device, .. }) = step else {
                continue;
            };
            let devices = credential::devices(tx.connection(), *mailbox).await?;
            let known = devices.iter().any(|other| other.name == device.as_str());
            let max = limits::DEVICES_PER_MAILBOX_MAX;
            let refusal = match step {
                Step::AddDevice { .. } if known => Refusal::DeviceKnown(device.clone()),
                Step::AddDevice { .. } if devices.len() >= max => Refusal::DeviceTooMany { max },
                Step::RemoveDevice { .. } if !known => Refusal::DeviceUnknown(device.clone()),
                _ => continue,
            };
            return Ok(Some(refusal));
        }
        Ok(None)
    }

    /// Gives new passwords to the machines of every mailbox that an act hands over.
    pub(super) async fn replace_machines(
        &self,
        tx: &mut Tx,
        sitting: &mut Sitting,
        (order, manner): (&Order, Manner),
        outcome: &mut Outcome,
    ) -> Result<(), Failure> {
        let shut = outcome.applied.steps.iter().filter_map(|step| match step {
            Step::EndCredentials { mailbox, .. } => Some(*mailbox),
            _ => None,
        });
        for mailbox in shut.collect::<Vec<_>>() {
            let found = sitting.draft.snapshot().mailbox(mailbox).filter(|found| found.state == MailboxState::Open);
            let Some(address) = found.and_then(Mailbox::primary).cloned() else { continue };
            let mut lapsed = Vec::new();
            for device in credential::devices(tx.connection(), mailbox).await? {
                // Of a person's own devices nothing is bound, and nothing replaced.
                let (Ok(name), Some(bond)) = (Label::parse(&device.name), device.bond) else { continue };
                let issued = sitting.spare.pop().filter(|_| order.handing == Handing::Slip);
                let password = issued.as_ref().map(|issued| issued.secret.clone());
                match issued {
                    Some(Issued { hash, .. }) => {
                        let (subject, after) =
                            (format!("credential:{mailbox}"), device_set(name.as_str(), Some(&bond)));
                        outcome.records.push(Record {
                            what: "machine.replace",
                            subject,
                            before: None,
                            after: Some(after),
                        });
                        let (device, bond) = (name.clone(), Some(bond.clone()));
                        sitting.effects.push(Effect::AddDevice { mailbox, device, bond, hash });
                    }
                    None if manner == Manner::Apply => lapsed.push(name.to_string()),
                    None => {}
                }
                outcome.applied.machines.push(Replaced { mailbox, address: address.clone(), name, bond, password });
            }
            if !lapsed.is_empty() {
                let news = News { mailbox, address, told: Told::Lapsed { names: lapsed }, by: order.actor.clone() };
                tell_stewards(sitting, &news);
            }
        }
        for handover in &mut outcome.applied.handovers {
            let theirs = outcome.applied.machines.iter().filter(|machine| machine.mailbox == handover.mailbox);
            let foretold = manner == Manner::Rehearse && order.handing == Handing::Slip;
            handover.ended.extend(theirs.map(|machine| {
                let new = if foretold || machine.password.is_some() { Handing::Slip } else { Handing::Nobody };
                machine.in_the_record(new)
            }));
        }
        Ok(())
    }
}

impl Replaced {
    /// A line of the minutes, by whether the new password is handed to somebody.
    fn in_the_record(&self, handing: Handing) -> String {
        let Self { name, bond, .. } = self;
        let new = match handing {
            Handing::Slip => "mật khẩu mới giao cho bên nhận",
            Handing::Nobody => "bên nhận đề nghị cấp mật khẩu mới nếu còn dùng",
        };
        format!("huỷ mật khẩu cũ của thiết bị {name} ({}); {new}", bond.describe(Language::Vi))
    }
}

/// Whoever answers for the mailbox from now on is told.
fn tell_stewards(sitting: &mut Sitting, news: &News) {
    let snapshot = sitting.draft.snapshot();
    let stewards = snapshot.mailbox(news.mailbox).map(|mailbox| snapshot.stewards(mailbox)).unwrap_or_default();
    let theirs = stewards.into_iter().filter_map(|steward| snapshot.own(steward));
    let notices =
        theirs.map(|(mailbox, address)| Effect::Notify { mailbox, address: address.clone(), news: news.clone() });
    sitting.effects.extend(notices.collect::<Vec<_>>());
}
