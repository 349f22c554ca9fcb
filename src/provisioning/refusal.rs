//! Why a rule forbids an act, and what would satisfy it.

use jiff::civil::Date;
use serde::Serialize;

use crate::address::Address;
use crate::credential::Weak;
use crate::directory::{DecisionState, FindError, Snapshot, StaffState};
use crate::id::StaffId;
use crate::language::Language;
use crate::name::{Label, LocalPart, PersonName};

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
    /// R16: the decision holds only from a later day.
    DecisionAhead {
        /// Its number.
        number: Label,
        /// The day from which it holds.
        effective: Date,
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
    /// R9: the person's standing does not allow it.
    Standing {
        /// Who.
        holder: PersonName,
        /// The standing.
        state: StaffState,
    },
    /// R17: the password is too weak.
    Password(Weak),
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
            Self::DecisionAhead { .. } => "decision_ahead",
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
            Self::Standing { .. } => "standing",
            Self::Password(_) => "password_weak",
        }
    }

    /// The row of the regulation that forbids it; none where the command itself names nothing that is there.
    pub fn rule(&self) -> Option<&'static str> {
        match self {
            Self::DecisionMissing | Self::DecisionAlready { .. } | Self::DecisionAhead { .. } => Some("R16"),
            Self::AddressInUse(_)
            | Self::AddressResting { .. }
            | Self::AddressLooksLike { .. }
            | Self::NotAnAddress(_)
            | Self::NoAddress(_)
            | Self::DepartmentExists
            | Self::UnitExists(_) => Some("R3"),
            Self::StaffCodeInUse(_) => Some("R13"),
            Self::Standing { .. } => Some("R9"),
            Self::Password(_) => Some("R17"),
            Self::UnitUnknown(_) | Self::WhoUnknown(_) | Self::WhoAmbiguous { .. } => None,
        }
    }

    /// What is wrong and what would satisfy the rule.
    pub fn message(&self, language: Language) -> String {
        match language {
            Language::Vi => self.in_vietnamese(),
            Language::En => self.in_english(),
        }
    }

    fn in_vietnamese(&self) -> String {
        match self {
            Self::DecisionMissing => {
                "việc này phải có quyết định: ghi số và ngày bằng --decision và --dated".to_owned()
            }
            Self::DecisionAlready { number, dated, state, on } => match state {
                DecisionState::Waiting => {
                    format!(
                        "quyết định {number} ngày {} đã nhập ngày {} và đang chờ hiệu lực",
                        vietnamese(*dated),
                        vietnamese(*on)
                    )
                }
                DecisionState::Applied | DecisionState::Cancelled => format!(
                    "quyết định {number} ngày {} đã được thực hiện ngày {}; mỗi quyết định chỉ thực hiện một lần",
                    vietnamese(*dated),
                    vietnamese(*on)
                ),
            },
            Self::DecisionAhead { number, effective } => {
                let day = vietnamese(*effective);
                format!("quyết định {number} có hiệu lực từ ngày {day}: hãy thực hiện từ ngày đó")
            }
            Self::AddressInUse(address) => format!("địa chỉ {address} đã có người dùng: hãy chọn địa chỉ khác"),
            Self::AddressResting { address, until } => {
                let day = vietnamese(*until);
                format!("địa chỉ {address} còn bị phong toả đến ngày {day}: hãy chọn địa chỉ khác hoặc đợi")
            }
            Self::AddressLooksLike { address, other } => {
                format!("địa chỉ {address} dễ nhầm với {other}: hãy chọn địa chỉ khác")
            }
            Self::NotAnAddress(local) => format!("{local} không dùng làm địa chỉ được: hãy chọn địa chỉ khác"),
            Self::NoAddress(name) => format!("không đặt được địa chỉ cho tên {name}: hãy ghi địa chỉ bằng --address"),
            Self::DepartmentExists => "cơ quan đã có hộp thư".to_owned(),
            Self::UnitExists(code) => format!("đã có đơn vị {code}: hãy chọn mã khác"),
            Self::UnitUnknown(code) => {
                format!("không có đơn vị {code}: xem danh sách bằng \"hopthu unit list\"")
            }
            Self::StaffCodeInUse(code) => format!("mã số {code} đã thuộc người khác"),
            Self::WhoUnknown(who) => format!("không tìm thấy ai theo {who:?}"),
            Self::WhoAmbiguous { name, candidates } => {
                format!("có {} người tên {name}, hãy ghi địa chỉ: {}", candidates.len(), list(candidates))
            }
            Self::Standing { holder, state } => match state {
                StaffState::Active => format!("{holder} không bị tạm ngừng"),
                StaffState::Suspended => format!("{holder} đang bị tạm ngừng"),
                StaffState::Departed => format!("{holder} đã thôi việc"),
            },
            Self::Password(Weak::Short { min }) => format!("mật khẩu phải có ít nhất {min} ký tự"),
        }
    }

    fn in_english(&self) -> String {
        match self {
            Self::DecisionMissing => {
                "this act needs a decision: give its number and date with --decision and --dated".to_owned()
            }
            Self::DecisionAlready { number, dated, state, on } => match state {
                DecisionState::Waiting => {
                    format!("decision {number} of {dated} was entered on {on} and waits for its day")
                }
                DecisionState::Applied | DecisionState::Cancelled => {
                    format!("decision {number} of {dated} was applied on {on}; a decision is applied once")
                }
            },
            Self::DecisionAhead { number, effective } => {
                format!("decision {number} holds from {effective}: apply it from that day on")
            }
            Self::AddressInUse(address) => format!("the address {address} is in use: choose another"),
            Self::AddressResting { address, until } => {
                format!("the address {address} is in quarantine until {until}: choose another, or wait")
            }
            Self::AddressLooksLike { address, other } => {
                format!("the address {address} would be taken for {other}: choose another")
            }
            Self::NotAnAddress(local) => format!("{local} makes no address: choose another"),
            Self::NoAddress(name) => format!("no address can be made from the name {name}: give one with --address"),
            Self::DepartmentExists => "the department has its mailbox already".to_owned(),
            Self::UnitExists(code) => format!("there is a unit {code} already: choose another code"),
            Self::UnitUnknown(code) => format!("there is no unit {code}: \"hopthu unit list\" shows them"),
            Self::StaffCodeInUse(code) => format!("the staff code {code} is somebody else's"),
            Self::WhoUnknown(who) => format!("nobody is known by {who:?}"),
            Self::WhoAmbiguous { name, candidates } => {
                format!("{} people are named {name}, give an address: {}", candidates.len(), list(candidates))
            }
            Self::Standing { holder, state } => match state {
                StaffState::Active => format!("{holder} is not suspended"),
                StaffState::Suspended => format!("{holder} is suspended"),
                StaffState::Departed => format!("{holder} has left"),
            },
            Self::Password(Weak::Short { min }) => format!("a password has at least {min} characters"),
        }
    }
}

/// A day as it is written in Vietnamese.
pub(super) fn vietnamese(day: Date) -> String {
    format!("{:02}/{:02}/{}", day.day(), day.month(), day.year())
}

fn list(candidates: &[Candidate]) -> String {
    let line = |candidate: &Candidate| match (&candidate.address, &candidate.unit) {
        (Some(address), Some(unit)) => format!("{} ({address}, {unit})", candidate.name),
        _ => candidate.name.to_string(),
    };
    candidates.iter().map(line).collect::<Vec<_>>().join("; ")
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
        f.write_str(&self.in_english())
    }
}

impl std::error::Error for Refusal {}
