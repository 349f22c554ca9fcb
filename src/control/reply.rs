//! What is answered over the control socket. These structs are the JSON that `--json` prints: their fields are a promise.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::address::Address;
use crate::audit::Listed;
use crate::credential::{Bond, Device};
use crate::directory::{
    AddressKind, Decision, DecisionState, Mailbox, MailboxState, Owner, Place, Reach, Recorded, Snapshot, Staff,
    StaffState, Unit, UnitKind, UnitState,
};
use crate::id::{DecisionId, MailboxId, StaffId, UnitId};
use crate::language::Language;
use crate::name::Label;
use crate::network::Network;
use crate::provisioning::items::Unfinished;
use crate::provisioning::{Handover, Replaced, Signatory, Step};
use crate::store::{Manifest, Volume};

use super::{audit, province};

/// The answer to a request that was done.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "each variant is the answer to the request of its name; its field names what it holds")]
pub enum Reply {
    Status(Status),
    Checks(Checks),
    UnitList { units: Vec<UnitView> },
    Unit { unit: UnitView },
    StaffList { staff: Vec<StaffView> },
    Staff { staff: StaffView },
    MailboxList { mailboxes: Vec<MailboxView> },
    Mailbox { mailbox: MailboxView },
    MailboxManifest(ManifestView),
    MailboxRights { rights: Vec<RightView> },
    MailboxDevices { devices: Vec<Device> },
    DecisionList { decisions: Vec<DecisionDetail> },
    DecisionShow { decisions: Vec<DecisionDetail> },
    Audit(audit::Answer),
    Province(province::Answer),
    Guide { guide: Box<super::guide::GuideView> },
    Hr(super::hr::Answer),
    Requested(super::requested::Answer),
    Dns(super::dns::Answer),
    Incident(super::incident::Answer),
    Queue(super::queue::Answer),
    Dkim(super::dkim::Answer),
    Share(super::share::Answer),
    Work(super::work::Answer),
    Report(super::report::Answer),
    Mail(super::mail::Answer),
    Backup { backup: BackupView },
    Done(Box<Done>),
}

impl Reply {
    /// The document that `--json` prints: what the variant holds, without its name.
    pub fn document(&self) -> Result<Value, serde_json::Error> {
        let held = held(serde_json::to_value(self)?);
        // What a noun answers is named once more within.
        let named = matches!(
            self,
            Self::Audit(_)
                | Self::Province(_)
                | Self::Requested(_)
                | Self::Dns(_)
                | Self::Incident(_)
                | Self::Queue(_)
                | Self::Dkim(_)
                | Self::Share(_)
                | Self::Work(_)
                | Self::Mail(_)
        );
        Ok(if named { self::held(held) } else { held })
    }
}

/// What a variant holds, without its name.
fn held(tagged: Value) -> Value {
    match tagged {
        Value::Object(tagged) => tagged.into_iter().next().map_or(Value::Null, |(_, held)| held),
        other => other,
    }
}

/// A copy of everything.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BackupView {
    /// The file.
    pub to: std::path::PathBuf,
    /// Its octets.
    pub bytes: u64,
}

/// What an act did, or would do.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Done {
    /// Whether it was done.
    pub dry_run: bool,
    /// Whom it was about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staff: Option<StaffView>,
    /// The address of the mailbox it was about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mailbox: Option<String>,
    /// Which unit it was about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitView>,
    /// The password that was made or set; shown here and nowhere else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_password: Option<String>,
    /// One by one.
    pub steps: Vec<StepView>,
    /// The paper it rests on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<DecisionView>,
    /// For the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slip: Option<String>,
    /// Mailboxes that were handed over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub handovers: Vec<HandoverView>,
    /// Machines whose passwords were replaced by it; shown here and nowhere else.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub device_passwords: Vec<MachineView>,
}

/// A machine whose password was replaced, or would be.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MachineView {
    /// The mailbox's address.
    pub mailbox: Address,
    /// What it is called.
    pub name: Label,
    /// What binds it.
    #[serde(flatten)]
    pub bond: Bond,
    /// The new password; none where it is still to be made.
    pub password: Option<String>,
}

impl MachineView {
    /// How a machine is shown.
    pub fn of(machine: &Replaced) -> Self {
        let password = machine.password.as_ref().map(|password| password.expose().to_owned());
        Self { mailbox: machine.address.clone(), name: machine.name.clone(), bond: machine.bond.clone(), password }
    }
}

/// A mailbox that was handed over, or would be.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HandoverView {
    /// Who hands it over.
    pub from: Signatory,
    /// Who takes it over.
    pub to: Signatory,
    /// What others could do with it and no longer can.
    pub ended: Vec<String>,
    /// What it holds.
    #[serde(flatten)]
    pub manifest: ManifestView,
    /// The minutes that both sign.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
}

impl HandoverView {
    /// How a hand-over is shown.
    pub fn of(handover: &Handover, record: String) -> Self {
        Self {
            from: handover.giving.clone(),
            to: handover.taking.clone(),
            ended: handover.ended.clone(),
            manifest: ManifestView::of(&handover.address, handover.manifest.clone(), handover.unfinished.clone()),
            record: Some(record),
        }
    }
}

/// What a mailbox holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ManifestView {
    /// Its address.
    pub mailbox: Address,
    /// SHA-256 of the manifest, in hexadecimal.
    pub digest: String,
    /// Messages of all folders.
    pub messages: u64,
    /// Their octets.
    pub bytes: u64,
    /// Folder by folder.
    #[serde(flatten)]
    pub manifest: Manifest,
    /// What is not dealt with.
    #[serde(flatten)]
    pub unfinished: Unfinished,
}

impl ManifestView {
    /// How a manifest is shown.
    pub fn of(mailbox: &Address, manifest: Manifest, unfinished: Unfinished) -> Self {
        let Volume { messages, bytes } = manifest.volume();
        Self { mailbox: mailbox.clone(), digest: manifest.digest(), messages, bytes, manifest, unfinished }
    }
}

/// One planned effect.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StepView {
    /// For people.
    pub text: String,
    /// For scripts.
    #[serde(flatten)]
    pub step: Value,
}

impl StepView {
    /// How a step is shown.
    pub fn of(step: &Step, language: Language) -> Self {
        Self { text: step.describe(language), step: serde_json::to_value(step).unwrap_or_default() }
    }
}

/// The paper that an act rests on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DecisionView {
    /// Its record.
    pub id: Option<DecisionId>,
    /// Applied, or waiting for its day.
    pub state: DecisionState,
    /// What it says.
    #[serde(flatten)]
    pub decision: Decision,
}

/// A decision in the records.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DecisionDetail {
    /// As it was entered.
    #[serde(flatten)]
    pub recorded: Recorded,
    /// It held from a day before it was entered.
    pub backdated: bool,
    /// Of one that waits: what it will do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub plan: Vec<StepView>,
    /// Of one that waits: why it could not be done if its day were today.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// Whom and what it was about, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subjects: Vec<String>,
    /// What it changed, from the audit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entries: Vec<Listed>,
}

/// What somebody may do with a mailbox, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RightView {
    /// The mailbox's address.
    pub mailbox: String,
    /// `staff`, `unit` or `department`.
    pub kind: String,
    /// Who; an administrator's opening names who opened.
    pub who: String,
    /// Their address, where they have one.
    pub address: Option<Address>,
    /// Why they may.
    pub basis: Basis,
    /// What: `read,process,send`; nothing while they may not log in.
    pub rights: String,
    /// From this day.
    pub since: Option<Date>,
    /// To this day, or moment.
    pub until: Option<String>,
    /// Of a machine: only from there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub networks: Vec<Network>,
}

/// Why somebody may use a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// It is their own.
    Owner,
    /// They answer for it.
    Steward,
    /// A steward lets them.
    Delegate,
    /// An administrator opened it.
    Opened,
    /// It is a machine, and nobody.
    Device,
}

/// The daemon at a glance.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Status {
    /// Whether a daemon answered; otherwise this is read from the data directory.
    pub running: bool,
    /// Open sessions by listener.
    pub sessions: BTreeMap<String, i64>,
    /// Mail that waits to be sent elsewhere.
    pub queue: QueueStatus,
    /// The database.
    pub store: StoreStatus,
    /// What somebody should look at.
    pub alarms: Vec<Alarm>,
}

/// Mail on its way out.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct QueueStatus {
    /// Jobs that are tried.
    pub waiting: i64,
    /// Jobs that wait for the administrator.
    pub held: i64,
    /// When the oldest of those that are tried was accepted, Unix seconds.
    pub oldest: Option<i64>,
    /// Ways that are down.
    pub down: Vec<super::queue::DownView>,
}

/// The database in numbers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StoreStatus {
    /// Mailboxes in use.
    pub mailboxes: usize,
    /// Octets of the database file.
    pub database_bytes: u64,
    /// Octets of its write-ahead log.
    pub wal_bytes: u64,
    /// Octets free on its file system.
    pub free_bytes: u64,
}

/// What somebody should look at.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Alarm {
    /// A stable word.
    pub code: String,
    /// For people.
    pub message: String,
}

/// The outcome of all checks.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Checks {
    /// Whether all is well.
    pub ok: bool,
    /// One by one.
    pub checks: Vec<Checked>,
}

/// One check.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Checked {
    /// A stable word.
    pub name: String,
    /// Whether all is well.
    pub ok: bool,
    /// What was found.
    pub detail: String,
}

impl Checked {
    /// A check's outcome: what was found, or what is wrong.
    pub fn new(name: &str, found: Result<String, String>) -> Self {
        let ok = found.is_ok();
        Self { name: name.to_owned(), ok, detail: found.unwrap_or_else(|wrong| wrong) }
    }
}

impl FromIterator<Checked> for Checks {
    fn from_iter<I: IntoIterator<Item = Checked>>(checks: I) -> Self {
        let checks: Vec<_> = checks.into_iter().collect();
        Self { ok: checks.iter().all(|check| check.ok), checks }
    }
}

/// A person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StaffView {
    /// For ever.
    pub id: StaffId,
    /// The personnel office's number.
    pub code: Option<String>,
    /// Full name.
    pub name: String,
    /// Primary address; nobody who left has one.
    pub address: Option<Address>,
    /// Code of the unit.
    pub unit: String,
    /// Position.
    pub position: Option<String>,
    /// Standing.
    pub state: StaffState,
    /// The day of joining.
    pub since: Date,
}

/// A unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UnitView {
    /// For ever.
    pub id: UnitId,
    /// Short name.
    pub code: String,
    /// Full name.
    pub name: String,
    /// What sort.
    pub kind: UnitKind,
    /// On the department's network or not.
    pub place: Place,
    /// Code of the unit it belongs to.
    pub parent: Option<String>,
    /// Name of its head.
    pub head: Option<String>,
    /// In being or not.
    pub state: UnitState,
    /// Address of its mailbox.
    pub address: Option<Address>,
    /// How many people are in it.
    pub staff: usize,
}

/// A mailbox.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MailboxView {
    /// For ever.
    pub id: MailboxId,
    /// Primary address.
    pub address: Option<Address>,
    /// All others that lead to it.
    pub aliases: Vec<Address>,
    /// `staff`, `unit` or `department`.
    pub kind: String,
    /// Whose it is, by name.
    pub owner: String,
    /// In use or not.
    pub state: MailboxState,
    /// How far its mail may go.
    pub reach: Reach,
    /// Octets that it may hold.
    pub quota_bytes: u64,
    /// Octets that it holds.
    pub used_bytes: u64,
}

impl StaffView {
    /// How a person is shown.
    pub fn of(person: &Staff, snapshot: &Snapshot) -> Self {
        let mailbox = snapshot.of(Owner::Staff(person.id));
        Self {
            id: person.id,
            code: person.code.clone(),
            name: person.name.to_string(),
            address: mailbox.and_then(Mailbox::primary).cloned(),
            unit: snapshot.unit(person.unit).map(|unit| unit.code.clone()).unwrap_or_default(),
            position: person.position.clone(),
            state: person.state,
            since: person.since,
        }
    }
}

impl UnitView {
    /// How a unit is shown.
    pub fn of(unit: &Unit, snapshot: &Snapshot) -> Self {
        Self {
            id: unit.id,
            code: unit.code.clone(),
            name: unit.name.clone(),
            kind: unit.kind,
            place: unit.place,
            parent: unit.parent.and_then(|id| snapshot.unit(id)).map(|parent| parent.code.clone()),
            head: unit.head.and_then(|id| snapshot.staff(id)).map(|head| head.name.to_string()),
            state: unit.state,
            address: snapshot.of(Owner::Unit(unit.id)).and_then(Mailbox::primary).cloned(),
            staff: snapshot
                .all_staff()
                .filter(|person| person.unit == unit.id && person.state != StaffState::Departed)
                .count(),
        }
    }
}

impl MailboxView {
    /// How a mailbox is shown.
    pub fn of(mailbox: &Mailbox, used_bytes: u64, snapshot: &Snapshot, organisation: &str) -> Self {
        let (kind, owner) = match mailbox.owner {
            Owner::Staff(id) => ("staff", snapshot.staff(id).map(|person| person.name.to_string())),
            Owner::Unit(id) => ("unit", snapshot.unit(id).map(|unit| unit.name.clone())),
            Owner::Department => ("department", Some(organisation.to_owned())),
        };
        let others = mailbox.addresses.iter().filter(|held| held.kind != AddressKind::Primary);
        Self {
            id: mailbox.id,
            address: mailbox.primary().cloned(),
            aliases: others.map(|held| held.address.clone()).collect(),
            kind: kind.to_owned(),
            owner: owner.unwrap_or_default(),
            state: mailbox.state,
            reach: mailbox.reach,
            quota_bytes: mailbox.quota_bytes,
            used_bytes,
        }
    }
}
