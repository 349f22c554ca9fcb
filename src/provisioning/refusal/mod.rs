//! Why a rule forbids an act, and what would satisfy it.

mod words;

use jiff::civil::Date;
use serde::Serialize;

use crate::address::Address;
use crate::credential::Weak;
use crate::directory::request::RequestState;
use crate::directory::{DecisionState, FindError, Snapshot, StaffState};
use crate::id::{RequestId, StaffId};
use crate::language::Language;
use crate::name::{Label, LocalPart, PersonName};
pub(super) use words::vietnamese;

/// A rule's refusal. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// R16: the act needs a decision.
    DecisionMissing,
    /// R16: the decision was entered before.
    DecisionAlready {
        /// Its number.
        number: Label,
        /// Its date.
        dated: Date,
        /// Where it stands.
        state: DecisionState,
        /// The day it was applied, or entered while it waits.
        on: Date,
    },
    /// R3: somebody has the address.
    AddressInUse(Address),
    /// R3: the address is in quarantine.
    AddressResting {
        /// The address.
        address: Address,
        /// The first day on which it may be given out again.
        until: Date,
    },
    /// R3: the address would be taken for another one.
    AddressLooksLike {
        /// The address.
        address: Address,
        /// The one that is there.
        other: Box<Address>,
    },
    /// R3: the part before `@` makes no address at our domain.
    NotAnAddress(LocalPart),
    /// R3: the rule finds no address for the name.
    NoAddress(PersonName),
    /// R3: the department has its mailbox.
    DepartmentExists,
    /// R3: an open unit has this code.
    UnitExists(String),
    /// No open unit has this code.
    UnitUnknown(String),
    /// Somebody has this staff code.
    StaffCodeInUse(Label),
    /// Nobody is known by this.
    WhoUnknown(String),
    /// Several people bear this name.
    WhoAmbiguous {
        /// The name.
        name: String,
        /// Who bear it.
        candidates: Vec<Candidate>,
    },
    /// No decision has this number.
    DecisionUnknown(Label),
    /// R16: the decision waits no longer.
    DecisionSettled {
        /// Its number.
        number: Label,
        /// Where it stands.
        state: DecisionState,
    },
    /// R15: whoever leaves or moves answers for units, which must be handed over first.
    StewardshipOpen {
        /// Who.
        holder: PersonName,
        /// The units' codes.
        units: Vec<String>,
    },
    /// R14: a unit that ends has people or units in it.
    UnitNotEmpty {
        /// Its code.
        code: String,
        /// How many people.
        people: usize,
        /// How many units.
        units: usize,
    },
    /// R12: it is the Office, which answers where nobody else does, and is known by its code.
    IsOffice(String),
    /// R14: a unit cannot go over into itself.
    IntoItself(String),
    /// R14: everything is already as it is asked for.
    NothingChanges(String),
    /// R23: a unit's mailbox is delegated to people of the unit.
    NotOfUnit {
        /// Who.
        holder: PersonName,
        /// The unit's code.
        code: String,
    },
    /// R25: the department's mailbox is delegated to heads of units.
    NotAHead(PersonName),
    /// R25: the department's mailbox is handed over to one of its leaders.
    NotALeader(PersonName),
    /// R24: only whoever answers for a mailbox hands it over.
    NotSteward {
        /// Who does not.
        holder: PersonName,
        /// For which.
        address: Address,
    },
    /// R23: whoever answers for a mailbox needs no leave.
    IsSteward(PersonName),
    /// R20: a person's own mailbox is used by nobody else.
    Personal(Address),
    /// R23: it would end before it begins, or has ended.
    Days {
        /// The first day.
        from: Date,
        /// The last.
        until: Date,
    },
    /// Nothing is delegated to this person.
    DelegationUnknown(PersonName),
    /// No mailbox has this address.
    MailboxUnknown(Address),
    /// R3: it is not a further address of a mailbox.
    NotAnAlias(Address),
    /// R15: mail can be forwarded to an open mailbox here.
    ForwardNotHere(Address),
    /// R15: the mailbox is in use, or its grace is not over.
    GraceNotOver(String),
    /// R20: a mailbox is opened for some minutes.
    Minutes {
        /// At most.
        max: u32,
    },
    /// R17: a device of this name has a password.
    DeviceKnown(Label),
    /// No device of this name has a password.
    DeviceUnknown(Label),
    /// R17: enough devices have passwords.
    DeviceTooMany {
        /// At most.
        max: usize,
    },
    /// R17: people make passwords for their devices themselves.
    DevicesTheirs(Address),
    /// R23: a machine is bound to networks.
    Networks {
        /// At most so many.
        max: usize,
    },
    /// R23: nobody answers for the mailbox.
    NoSteward(Address),
    /// R9: the person's standing does not allow it.
    Standing {
        /// Who.
        holder: PersonName,
        /// The standing.
        state: StaffState,
    },
    /// R17: the password is too weak.
    Password(Weak),
    /// Whoever is named by address or code bears another name than was given.
    NameDiffers {
        /// By what they are named.
        who: String,
        /// The name they bear.
        name: PersonName,
        /// The name that was given.
        given: PersonName,
    },
    /// There is no request of this number.
    RequestUnknown(RequestId),
    /// R12: the request stands elsewhere.
    RequestStanding {
        /// Which.
        id: RequestId,
        /// Where it stands.
        state: RequestState,
        /// Where it would have to stand.
        wanted: RequestState,
    },
    /// R12: the Office has not approved it.
    NotApproved,
}

/// One of several people of a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Candidate {
    /// The person's id.
    pub id: StaffId,
    /// The full name.
    pub name: PersonName,
    /// The personnel office's own number.
    pub staff_code: Option<String>,
    /// The address.
    pub address: Option<Address>,
    /// The code of the unit.
    pub unit: Option<String>,
}

impl Refusal {
    /// A lookup's failure, with what tells the candidates apart.
    pub fn of_find(error: FindError, snapshot: &Snapshot) -> Self {
        match error {
            FindError::Unknown(who) => Self::WhoUnknown(who),
            FindError::Ambiguous { name, candidates } => Self::WhoAmbiguous {
                name,
                candidates: candidates.into_iter().filter_map(|id| Candidate::of(id, snapshot)).collect(),
            },
        }
    }

    /// A stable code for scripts.
    pub fn code(&self) -> &'static str {
        match self {
            Self::DecisionMissing => "decision_missing",
            Self::DecisionAlready { .. } => "decision_already_entered",
            Self::AddressInUse(_) => "address_in_use",
            Self::AddressResting { .. } => "address_in_quarantine",
            Self::AddressLooksLike { .. } => "address_looks_like_another",
            Self::NotAnAddress(_) => "not_an_address",
            Self::NoAddress(_) => "no_address_for_name",
            Self::DepartmentExists => "department_exists",
            Self::UnitExists(_) => "unit_exists",
            Self::UnitUnknown(_) => "unit_unknown",
            Self::StaffCodeInUse(_) => "staff_code_in_use",
            Self::WhoUnknown(_) => "who_unknown",
            Self::WhoAmbiguous { .. } => "who_ambiguous",
            Self::DecisionUnknown(_) => "decision_unknown",
            Self::DecisionSettled { .. } => "decision_settled",
            Self::StewardshipOpen { .. } => "stewardship_open",
            Self::UnitNotEmpty { .. } => "unit_not_empty",
            Self::IsOffice(_) => "is_office",
            Self::IntoItself(_) => "into_itself",
            Self::NothingChanges(_) => "nothing_changes",
            Self::NotOfUnit { .. } => "not_of_unit",
            Self::NotAHead(_) => "not_a_head",
            Self::IsSteward(_) => "is_steward",
            Self::NotALeader(_) => "not_a_leader",
            Self::NotSteward { .. } => "not_steward",
            Self::Personal(_) => "personal_mailbox",
            Self::Days { .. } => "days",
            Self::DelegationUnknown(_) => "delegation_unknown",
            Self::MailboxUnknown(_) => "mailbox_unknown",
            Self::NotAnAlias(_) => "not_an_alias",
            Self::ForwardNotHere(_) => "forward_not_here",
            Self::GraceNotOver(_) => "grace_not_over",
            Self::Minutes { .. } => "minutes",
            Self::DeviceKnown(_) => "device_known",
            Self::DeviceUnknown(_) => "device_unknown",
            Self::DeviceTooMany { .. } => "device_too_many",
            Self::DevicesTheirs(_) => "personal_devices",
            Self::Networks { .. } => "networks",
            Self::NoSteward(_) => "no_steward",
            Self::Standing { .. } => "standing",
            Self::Password(_) => "password_weak",
            Self::NameDiffers { .. } => "name_differs",
            Self::RequestUnknown(_) => "request_unknown",
            Self::RequestStanding { .. } => "request_standing",
            Self::NotApproved => "not_approved",
        }
    }

    /// What it names and finds fault with, as it was given: a file is searched for it.
    pub fn word(&self) -> Option<String> {
        match self {
            Self::UnitUnknown(word) | Self::UnitExists(word) | Self::WhoUnknown(word) | Self::IntoItself(word) => {
                Some(word.clone())
            }
            Self::WhoAmbiguous { name, .. } => Some(name.clone()),
            Self::AddressInUse(address)
            | Self::AddressResting { address, .. }
            | Self::AddressLooksLike { address, .. } => Some(address.local().to_owned()),
            Self::NotAnAddress(local) => Some(local.to_string()),
            Self::NoAddress(name) => Some(name.to_string()),
            Self::StaffCodeInUse(code) => Some(code.to_string()),
            Self::DecisionAlready { number, .. } => Some(number.to_string()),
            Self::NameDiffers { given, .. } => Some(given.to_string()),
            _ => None,
        }
    }

    /// The row of the regulation that forbids it; none where the command itself names nothing that is there.
    pub fn rule(&self) -> Option<&'static str> {
        match self {
            Self::DecisionMissing | Self::DecisionAlready { .. } | Self::DecisionSettled { .. } => Some("R16"),
            Self::StewardshipOpen { .. } | Self::ForwardNotHere(_) | Self::GraceNotOver(_) => Some("R15"),
            Self::UnitNotEmpty { .. } | Self::IntoItself(_) | Self::NothingChanges(_) => Some("R14"),
            Self::NotOfUnit { .. }
            | Self::IsSteward(_)
            | Self::Days { .. }
            | Self::Networks { .. }
            | Self::NoSteward(_) => Some("R23"),
            Self::IsOffice(_) | Self::RequestStanding { .. } | Self::NotApproved => Some("R12"),
            Self::NotSteward { .. } => Some("R24"),
            Self::NotAHead(_) | Self::NotALeader(_) => Some("R25"),
            Self::Personal(_) | Self::Minutes { .. } => Some("R20"),
            Self::AddressInUse(_)
            | Self::AddressResting { .. }
            | Self::AddressLooksLike { .. }
            | Self::NotAnAddress(_)
            | Self::NoAddress(_)
            | Self::DepartmentExists
            | Self::UnitExists(_)
            | Self::NotAnAlias(_) => Some("R3"),
            Self::StaffCodeInUse(_) => Some("R13"),
            Self::Standing { .. } => Some("R9"),
            Self::Password(_) | Self::DeviceKnown(_) | Self::DeviceTooMany { .. } | Self::DevicesTheirs(_) => {
                Some("R17")
            }
            Self::UnitUnknown(_)
            | Self::WhoUnknown(_)
            | Self::WhoAmbiguous { .. }
            | Self::DecisionUnknown(_)
            | Self::DelegationUnknown(_)
            | Self::MailboxUnknown(_)
            | Self::DeviceUnknown(_)
            | Self::NameDiffers { .. }
            | Self::RequestUnknown(_) => None,
        }
    }
}

impl Candidate {
    fn of(id: StaffId, snapshot: &Snapshot) -> Option<Self> {
        let person = snapshot.staff(id)?;
        let mailbox = snapshot.of(crate::directory::Owner::Staff(id));
        Some(Self {
            id,
            name: person.name.clone(),
            staff_code: person.code.clone(),
            address: mailbox.and_then(|mailbox| mailbox.primary()).cloned(),
            unit: snapshot.unit(person.unit).map(|unit| unit.code.clone()),
        })
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message(Language::En))
    }
}

impl std::error::Error for Refusal {}
