//! `share …`: the shared folders of units, and what is due there (R5-R7).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::acl::Acl;
use crate::directory::{Owner, SHARED, Unit, UnitState};
use crate::language::Language;
use crate::provisioning::{Act, By, OpenFolder, Order, To};
use crate::sharing::schedule::{Due, State};
use crate::sharing::{Duty, OwnDay, Section, Sharing, Shelf};
use crate::store::StoreError;
use crate::text::slug;

use super::caller::Caller;
use super::execute::{Services, carry_out};
use super::failure::Failure;
use super::reply::Reply;
use super::request::{Manner, SlipForm};

/// What is asked about shared folders.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Ask {
    /// `share list`
    List,
    /// `share duty list`
    Duties,
    /// `share overdue`
    Overdue,
    /// `share duty set UNIT SECTION`
    SetDuty {
        /// Where.
        place: Place,
        /// By when it publishes there.
        due: Due,
        /// For the audit.
        note: Option<String>,
        /// Whether it is done.
        manner: Manner,
    },
    /// `share grant UNIT SECTION`, `share revoke UNIT SECTION`
    Grant {
        /// Where.
        place: Place,
        /// A person, the code of a unit, or `anyone`.
        to: String,
        /// What they may do there from now on.
        rights: Acl,
        /// For the audit.
        note: Option<String>,
        /// Whether it is done.
        manner: Manner,
    },
}

/// A section of a unit.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Place {
    /// The unit's code.
    pub unit: String,
    /// The section's name, or as addresses write it.
    pub section: String,
}

/// The answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Every section of every unit.
    List {
        /// By unit.
        shelves: Vec<Shelf>,
    },
    /// What is due, or was missed.
    Duties {
        /// By unit, section and day.
        duties: Vec<DutyView>,
        /// Of units that have another day than the configuration says; not told of what is overdue.
        own: Vec<OwnDay>,
    },
    /// A unit's day for a section.
    Set {
        /// As it is, or would be.
        own: OwnDay,
        /// Whether it was only rehearsed.
        dry_run: bool,
    },
}

/// A duty, and who answers for it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DutyView {
    /// What is owed.
    #[serde(flatten)]
    pub duty: Duty,
    /// The name of the unit's head.
    pub head_name: Option<String>,
}

pub(super) async fn execute(
    ask: Ask,
    caller: &Caller,
    services: &Services,
    language: Language,
) -> Result<Reply, Failure> {
    let sharing = &services.sharing;
    Ok(Reply::Share(match ask {
        Ask::List => Answer::List { shelves: sharing.list().await? },
        Ask::Duties => Answer::Duties { duties: duties(sharing, |_| true).await?, own: sharing.own_days().await? },
        Ask::Overdue => {
            let overdue = duties(sharing, |duty| duty.state == State::Missing).await?;
            Answer::Duties { duties: overdue, own: Vec::new() }
        }
        Ask::SetDuty { place, due, note, manner } => {
            let by = By { actor: caller.actor(), note, manner };
            let (unit, section) = place.find(services, language)?;
            let name = section.name.clone();
            let set = services.provisioning.set_duty(&unit, name, due.to_string(), by).await?;
            let (unit, unit_name) = (unit.code, unit.name);
            let own = OwnDay { unit, unit_name, section: set.section, due, since: set.since };
            Answer::Set { own, dry_run: manner == Manner::Rehearse }
        }
        Ask::Grant { place, to, rights, note, manner } => {
            let act = Act::OpenFolder(open(&place, to, rights, services, language).await?);
            let order = Order { note, ..Order::new(&caller.actor(), None, vec![act]) };
            return carry_out(order, manner, SlipForm::Text, services, language).await;
        }
    }))
}

async fn duties(sharing: &Sharing, asked: impl Fn(&Duty) -> bool) -> Result<Vec<DutyView>, Failure> {
    let snapshot = sharing.directory.snapshot();
    let view = |duty: Duty| {
        let head_name = duty.head.and_then(|head| snapshot.staff(head)).map(|head| head.name.to_string());
        DutyView { duty, head_name }
    };
    Ok(sharing.duties().await?.into_iter().filter(asked).map(view).collect())
}

/// The act that opens the folder of a section, as a mail program's SETACL does.
async fn open(
    place: &Place,
    to: String,
    rights: Acl,
    services: &Services,
    language: Language,
) -> Result<OpenFolder, Failure> {
    let (unit, section) = place.find(services, language)?;
    let snapshot = services.provisioning.directory.snapshot();
    let missing = || Failure::unknown("folder_unknown", ("thư mục", "folder"), &place.to_string(), language);
    let mailbox = snapshot.of(Owner::Unit(unit.id)).ok_or_else(missing)?;
    let folder = match services.provisioning.store.folder(mailbox.id, &section.folder).await {
        Err(StoreError::NoSuchFolder) => return Err(missing()),
        found => found?.id,
    };
    let to = match to.as_str() {
        "anyone" => To::Anyone,
        code if snapshot.unit_by_code(code).is_some() => To::Unit(to),
        _ => To::Staff(to),
    };
    let path = format!("{SHARED}/{}/{}", unit.name, section.name);
    Ok(OpenFolder { mailbox: mailbox.primary().cloned().ok_or_else(missing)?, folder, path, to, rights })
}

impl Place {
    fn find(&self, services: &Services, language: Language) -> Result<(Unit, Section), Failure> {
        let snapshot = services.provisioning.directory.snapshot();
        let unknown = |code, what, name: &str| Failure::unknown(code, what, name, language);
        let unit = snapshot.unit_by_code(&self.unit).filter(|unit| unit.state == UnitState::Open);
        let unit = unit.ok_or_else(|| unknown("unit_unknown", ("đơn vị", "unit"), &self.unit))?;
        let tag = slug(&self.section);
        let section = services.sharing.settings.sections.iter().find(|section| section.tag() == tag);
        let section = section.ok_or_else(|| unknown("section_unknown", ("mục", "section"), &self.section))?;
        Ok((unit.clone(), section.clone()))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.unit, self.section)
    }
}
