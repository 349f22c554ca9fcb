//! A plan's effects, one after another: the directory's in the draft, all others kept for after it is written. Nothing is
//! decided here.

use serde_json::{Value, json};

use super::act::Act;
use super::effect::Effect;
use super::handover::{Handover, Signatory};
use super::items::Unfinished;
use super::machines::device_set;
use super::notice::{News, Told};
use super::slip::{Purpose, Slip};
use super::step::{Step, Subject, Whose};
use super::{Applied, Failure, Issued, Manner, Order, Record, Settings};
use crate::address::Address;
use crate::clock::Clock;
use crate::credential::Standing;
use crate::directory::{
    AddressKind, AddressState, DelegationState, Draft, Generation, Grace, MailboxState, NewDelegation, Owner, UNITS,
    UnitState,
};
use crate::id::{MailboxId, StaffId};
use crate::language::Language;
use crate::store::Manifest;

/// A plan in the middle of its steps.
pub(super) struct Progress<'a> {
    pub(super) draft: &'a mut Draft,
    pub(super) effects: &'a mut Vec<Effect>,
    pub(super) settings: &'a Settings,
    pub(super) order: &'a Order,
    pub(super) issued: Option<&'a Issued>,
    pub(super) manner: Manner,
    pub(super) clock: &'a Clock,
    subject: Subject,
    slip: Option<Slip>,
    news: Option<News>,
    handovers: Vec<Handover>,
    records: Vec<Record>,
}

/// What one act did, and what the audit says of it.
pub(super) struct Outcome {
    pub(super) applied: Applied,
    pub(super) records: Vec<Record>,
}

impl<'a> Progress<'a> {
    pub(super) fn new(
        draft: &'a mut Draft,
        effects: &'a mut Vec<Effect>,
        (settings, clock): (&'a Settings, &'a Clock),
        order: &'a Order,
        issued: Option<&'a Issued>,
        manner: Manner,
    ) -> Self {
        let (subject, slip, news) = (Subject::default(), None, None);
        let (handovers, records) = (Vec::new(), Vec::new());
        Self { draft, effects, settings, order, issued, manner, clock, subject, slip, news, handovers, records }
    }

    /// Takes all steps. What became of the directory's rows is recorded as it is, whatever step it came from.
    pub(super) fn apply(mut self, act: &Act, steps: Vec<Step>) -> Result<Outcome, Failure> {
        for step in &steps {
            self.take(step)?;
        }
        let changes = self.draft.take_changes().into_iter().map(|changed| Record {
            what: act.what(),
            subject: changed.key.to_string(),
            before: changed.before.map(Value::Object),
            after: Some(Value::Object(changed.after)),
        });
        let effects = self.records.into_iter().map(|record| Record { what: act.what(), ..record });
        let records = changes.chain(effects).collect();
        let (subject, slip, mut handovers) = (self.subject, self.slip, self.handovers);
        for handover in &mut handovers {
            handover.ended = steps.iter().filter(|step| step.ends()).map(|step| step.describe(Language::Vi)).collect();
        }
        Ok(Outcome { applied: Applied { steps, subject, slip, handovers, machines: Vec::new() }, records })
    }

    /// What changes beside the directory's rows is recorded by name.
    fn record(&mut self, subject: String, after: Value) {
        self.records.push(Record { what: "", subject, before: None, after: Some(after) });
    }

    /// What `OpenMailbox` opened. A plan that uses it before is a mistake of its rule.
    fn known(&self, mailbox: Whose) -> Result<MailboxId, Failure> {
        match mailbox {
            Whose::Known(id) => Ok(id),
            Whose::JustOpened => self.subject.mailbox.ok_or(Failure::Plan("a mailbox is used before it is opened")),
        }
    }

    /// Whose the mailbox to be opened is: whoever was just entered.
    fn owner(&self) -> Owner {
        match self.subject {
            Subject { staff: Some(staff), .. } => Owner::Staff(staff),
            Subject { unit: Some(unit), .. } => Owner::Unit(unit),
            Subject { .. } => Owner::Department,
        }
    }

    /// The password that was made before the write began; a rehearsal has none.
    fn issued(&self) -> Result<Option<&'a Issued>, Failure> {
        match (self.issued, self.manner) {
            (None, Manner::Apply) => Err(Failure::Plan("a password is set that was not made")),
            (issued, _) => Ok(issued),
        }
    }

    fn take(&mut self, step: &Step) -> Result<(), Failure> {
        match step {
            Step::EnterUnit(_)
            | Step::RenameUnit { .. }
            | Step::RecodeUnit { .. }
            | Step::MoveUnit { .. }
            | Step::CloseUnit { .. }
            | Step::Appoint { .. } => self.unit(step),
            Step::EnterStaff(_)
            | Step::MoveStaff { .. }
            | Step::ChangePosition { .. }
            | Step::RenameStaff { .. }
            | Step::ChangeStanding { .. } => self.staff(step),
            Step::GiveAddress { .. }
            | Step::RegainAddress { .. }
            | Step::DemoteAddress { .. }
            | Step::LeadAddress { .. }
            | Step::RestAddress { .. }
            | Step::MarkProvince { .. } => self.address(step)?,
            Step::Delegate { .. } | Step::EndDelegation { .. } | Step::OpenFolder { .. } | Step::EndGrant { .. } => {
                self.delegation(step);
            }
            Step::OpenMailbox(_)
            | Step::MakeFolders
            | Step::ReopenMailbox { .. }
            | Step::CloseMailbox { .. }
            | Step::RemoveMailbox { .. }
            | Step::MoveContents { .. }
            | Step::SetQuota { .. }
            | Step::EndSessions { .. } => self.mailbox(step)?,
            Step::SetPassword { .. }
            | Step::PasswordLater { .. }
            | Step::AddDevice { .. }
            | Step::RemoveDevice { .. }
            | Step::EndCredentials { .. }
            | Step::Open { .. }
            | Step::Export { .. }
            | Step::OpenIncident { .. } => self.credential(step)?,
            Step::HandOver { mailbox, address, from, to, .. } => {
                let handover = self.handover(*mailbox, address, *from, *to)?;
                self.handovers.push(handover);
            }
            Step::Welcome { address, holder } => {
                let mailbox = self.known(Whose::JustOpened)?;
                self.effects.push(Effect::Welcome { mailbox, address: address.clone(), holder: holder.clone() });
            }
            Step::Notify { mailbox, address } => {
                let news = self.news.clone().ok_or(Failure::Plan("a notice of nothing"))?;
                self.effects.push(Effect::Notify { mailbox: *mailbox, address: address.clone(), news });
            }
        }
        Ok(())
    }

    fn unit(&mut self, step: &Step) {
        match step {
            Step::EnterUnit(unit) => self.subject.unit = Some(self.draft.enter_unit(unit)),
            Step::RenameUnit { unit, to, .. } => {
                self.subject.unit = Some(*unit);
                self.draft.change_unit(*unit, |row| row.name = to.to_string());
            }
            Step::RecodeUnit { unit, to, .. } => {
                self.subject.unit = Some(*unit);
                self.draft.change_unit(*unit, |row| row.code = to.to_string());
            }
            Step::MoveUnit { unit, parent, .. } => self.draft.change_unit(*unit, |row| row.parent = *parent),
            Step::CloseUnit { unit, .. } => {
                self.subject.unit = Some(*unit);
                self.draft.change_unit(*unit, |row| {
                    row.state = UnitState::Closed;
                    row.head = None;
                });
            }
            Step::Appoint { unit, staff, .. } => {
                self.subject.unit = Some(*unit);
                self.draft.change_unit(*unit, |row| row.head = *staff);
            }
            _ => {}
        }
    }

    fn staff(&mut self, step: &Step) {
        self.subject.staff = match step {
            Step::EnterStaff(person) => Some(self.draft.enter_staff(person)),
            Step::MoveStaff { staff, .. }
            | Step::ChangePosition { staff, .. }
            | Step::RenameStaff { staff, .. }
            | Step::ChangeStanding { staff, .. } => Some(*staff),
            _ => None,
        };
        match step {
            Step::MoveStaff { staff, unit, .. } => self.draft.change_staff(*staff, |row| row.unit = *unit),
            Step::ChangePosition { staff, to, .. } => {
                self.draft.change_staff(*staff, |row| row.position = to.as_ref().map(ToString::to_string));
            }
            Step::RenameStaff { staff, to, .. } => self.draft.change_staff(*staff, |row| row.name = to.clone()),
            Step::ChangeStanding { staff, to, .. } => self.draft.change_staff(*staff, |row| row.state = *to),
            _ => {}
        }
    }

    fn address(&mut self, step: &Step) -> Result<(), Failure> {
        match step {
            Step::GiveAddress { mailbox, address, kind } => {
                let id = self.known(*mailbox)?;
                self.draft.give_address(id, address, *kind, self.clock.today());
            }
            Step::RegainAddress { id, kind, .. } => self.draft.change_address(*id, |row| {
                row.state = AddressState::Live;
                row.until = None;
                row.kind = *kind;
            }),
            Step::DemoteAddress { id, .. } => self.draft.change_address(*id, |row| row.kind = AddressKind::Alias),
            Step::LeadAddress { id, kind, mailbox, .. } => self.draft.change_address(*id, |row| {
                row.mailbox = *mailbox;
                row.kind = *kind;
            }),
            Step::RestAddress { id, until, .. } => self.draft.change_address(*id, |row| {
                row.state = AddressState::Quarantined;
                row.until = Some(*until);
            }),
            Step::MarkProvince { id, to, .. } => self.draft.change_address(*id, |row| row.province = Some(*to)),
            _ => {}
        }
        Ok(())
    }

    fn delegation(&mut self, step: &Step) {
        match step {
            Step::Delegate { mailbox, address, staff, rights, since, until, .. } => {
                let (mailbox, staff, rights, since, until) = (*mailbox, *staff, *rights, *since, *until);
                self.draft.delegate(NewDelegation { mailbox, staff, rights, since, until });
                let snapshot = self.draft.snapshot();
                let label = snapshot.mailbox(mailbox).and_then(|mailbox| snapshot.label(mailbox)).unwrap_or_default();
                let told = Told::Delegated { folder: format!("{UNITS}/{label}"), rights, since, until };
                self.news = Some(self.news(mailbox, address, told));
            }
            Step::EndDelegation { delegation, .. } => {
                self.draft.change_delegation(*delegation, |row| row.state = DelegationState::Ended);
            }
            Step::OpenFolder { mailbox, folder, to, rights, .. } => {
                self.draft.open_folder(*mailbox, *folder, *to, *rights);
            }
            Step::EndGrant { grant, .. } => self.draft.change_grant(*grant, |row| row.state = DelegationState::Ended),
            _ => {}
        }
    }

    fn mailbox(&mut self, step: &Step) -> Result<(), Failure> {
        match step {
            Step::OpenMailbox(mailbox) => {
                let owner = self.owner();
                self.subject.mailbox = Some(self.draft.open_mailbox(owner, mailbox));
            }
            Step::MakeFolders => self.effects.push(Effect::MakeFolders(self.known(Whose::JustOpened)?)),
            Step::ReopenMailbox { mailbox, .. } => self.draft.change_mailbox(*mailbox, |row| {
                row.state = MailboxState::Open;
                row.grace = None;
                row.generation = Generation(row.generation.0 + 1);
            }),
            Step::CloseMailbox { mailbox, until, treatment, .. } => {
                self.subject.mailbox = Some(*mailbox);
                self.draft.change_mailbox(*mailbox, |row| {
                    row.state = MailboxState::Closed;
                    row.grace = Some(Grace { until: *until, treatment: treatment.clone() });
                });
            }
            Step::RemoveMailbox { mailbox, .. } => {
                self.draft.change_mailbox(*mailbox, |row| {
                    row.state = MailboxState::Removed;
                    row.grace = None;
                });
                self.effects.push(Effect::Discard(*mailbox));
                self.record(format!("contents:{mailbox}"), json!({ "removed": true }));
            }
            Step::MoveContents { mailbox, target, under, .. } => {
                self.effects.push(Effect::MoveContents { from: *mailbox, to: *target, under: under.clone() });
                self.record(format!("contents:{mailbox}"), json!({ "to": target, "under": under }));
            }
            Step::SetQuota { mailbox, to, .. } => {
                self.subject.mailbox = Some(*mailbox);
                self.draft.change_mailbox(*mailbox, |row| row.quota_bytes = *to);
            }
            Step::EndSessions { mailbox, .. } => self.draft.raise_generation(*mailbox),
            _ => {}
        }
        Ok(())
    }

    fn credential(&mut self, step: &Step) -> Result<(), Failure> {
        match step {
            Step::SetPassword { mailbox, address, holder, standing } => {
                let mailbox = self.known(*mailbox)?;
                self.subject.mailbox = Some(mailbox);
                if let Some(Issued { secret, hash }) = self.issued()? {
                    self.effects.push(Effect::SetPassword { mailbox, hash: hash.clone(), standing: *standing });
                    self.slip = Some(Slip::new(holder, address, secret, Purpose::Own(*standing), self.settings));
                }
                self.record(format!("credential:{mailbox}"), json!({ "set": "own", "standing": standing }));
            }
            Step::AddDevice { mailbox, address, holder, device, bond } => {
                self.subject.mailbox = bond.as_ref().map(|_| *mailbox);
                if let Some(Issued { secret, hash }) = self.issued()? {
                    let (device, bond, hash) = (device.clone(), bond.clone(), hash.clone());
                    let purpose = match &bond {
                        Some(bond) => Purpose::Machine { name: device.clone(), bond: bond.clone() },
                        None => Purpose::Own(Standing::Chosen),
                    };
                    self.slip = Some(Slip::new(holder, address, secret, purpose, self.settings));
                    self.effects.push(Effect::AddDevice { mailbox: *mailbox, device, bond, hash });
                }
                if let Some(bond) = bond {
                    let told = Told::Machine { name: device.clone(), bond: bond.clone() };
                    self.news = Some(self.news(*mailbox, address, told));
                }
                self.record(format!("credential:{mailbox}"), device_set(device.as_str(), bond.as_ref()));
            }
            Step::RemoveDevice { mailbox, device, .. } => {
                self.effects.push(Effect::RemoveDevice { mailbox: *mailbox, device: device.clone() });
                self.record(format!("credential:{mailbox}"), json!({ "ended": "device", "device": device }));
            }
            Step::EndCredentials { mailbox, .. } => {
                self.effects.push(Effect::EndCredentials(*mailbox));
                self.record(format!("credential:{mailbox}"), json!({ "ended": "all" }));
            }
            Step::Open { mailbox, address, reason, minutes, until } => {
                self.open(*mailbox, address, reason, *minutes, *until)?;
            }
            Step::Export { mailbox, address, reason } => {
                self.subject.mailbox = Some(*mailbox);
                self.news = Some(self.news(*mailbox, address, Told::Exported { reason: reason.clone() }));
                self.record(format!("opening:{mailbox}"), json!({ "reason": reason, "exported": true }));
            }
            Step::OpenIncident { mailbox, holder } => {
                let text = format!("Lộ mật khẩu hộp thư của {holder}");
                self.effects.push(Effect::OpenIncident { mailbox: *mailbox, text, actor: self.order.actor.clone() });
            }
            _ => {}
        }
        Ok(())
    }

    /// What is handed over; what it holds is found when everything else is done.
    fn handover(
        &mut self,
        mailbox: MailboxId,
        address: &Address,
        from: StaffId,
        to: StaffId,
    ) -> Result<Handover, Failure> {
        self.subject.mailbox = Some(mailbox);
        let snapshot = self.draft.snapshot();
        let signatory = |person| {
            let person = snapshot.staff(person).ok_or(Failure::Plan("somebody hands over who is not there"))?;
            Ok::<_, Failure>(Signatory::of(person))
        };
        let unit = match snapshot.mailbox(mailbox).map(|mailbox| mailbox.owner) {
            Some(Owner::Unit(unit)) => snapshot.unit(unit),
            _ => None,
        };
        Ok(Handover {
            mailbox,
            address: address.clone(),
            owner: unit.map_or(&self.settings.organisation, |unit| &unit.name).clone(),
            giving: signatory(from)?,
            taking: signatory(to)?,
            decision: self.order.decision.clone().ok_or(Failure::Plan("a hand-over without a decision"))?,
            at: self.clock.zoned(),
            ended: Vec::new(),
            manifest: Manifest::default(),
            unfinished: Unfinished::default(),
        })
    }

    fn news(&self, mailbox: MailboxId, address: &Address, told: Told) -> News {
        News { mailbox, address: address.clone(), told, by: self.order.actor.clone() }
    }

    fn open(
        &mut self,
        mailbox: MailboxId,
        address: &Address,
        reason: &crate::name::Label,
        minutes: u32,
        until: jiff::Timestamp,
    ) -> Result<(), Failure> {
        self.subject.mailbox = Some(mailbox);
        if let Some(Issued { secret, hash }) = self.issued()? {
            let (hash, by) = (hash.clone(), self.order.actor.clone());
            self.effects.push(Effect::Open { mailbox, hash, until, by });
            let holder = crate::name::PersonName::parse(&self.order.actor).ok();
            let purpose = Purpose::Reading { minutes };
            self.slip = holder.map(|holder| Slip::new(&holder, address, secret, purpose, self.settings));
        }
        self.news = Some(self.news(mailbox, address, Told::Opened { reason: reason.clone(), until }));
        self.record(format!("opening:{mailbox}"), json!({ "reason": reason, "until": until }));
        Ok(())
    }
}
