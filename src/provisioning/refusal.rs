//! Why a rule forbids an act, and what would satisfy it.

use jiff::civil::Date;
use serde::Serialize;

use crate::address::Address;
use crate::credential::Weak;
use crate::directory::request::RequestState;
use crate::directory::{DecisionState, FindError, Snapshot, StaffState};
use crate::id::{RequestId, StaffId};
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
            Self::NotOfUnit { .. } | Self::IsSteward(_) | Self::Days { .. } => Some("R23"),
            Self::IsOffice(_) | Self::RequestStanding { .. } | Self::NotApproved => Some("R12"),
            Self::NotAHead(_) => Some("R25"),
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
            Self::Password(_) | Self::DeviceKnown(_) | Self::DeviceTooMany { .. } => Some("R17"),
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
            Self::DecisionUnknown(number) => format!("không có quyết định {number}: xem \"hopthu decision list\""),
            Self::DecisionSettled { number, state } => match state {
                DecisionState::Cancelled => format!("quyết định {number} đã bị huỷ"),
                DecisionState::Applied | DecisionState::Waiting => {
                    format!("quyết định {number} đã được thực hiện, không huỷ được: cần một quyết định khác")
                }
            },
            Self::StewardshipOpen { holder, units } => format!(
                "{holder} đang quản lý hộp thư đơn vị {}: phải bàn giao trước, ghi người nhận bằng --handover-to hoặc \
                 \"hopthu unit appoint\"",
                units.join(", ")
            ),
            Self::UnitNotEmpty { code, people, units } => format!(
                "đơn vị {code} còn {people} người và {units} đơn vị trực thuộc: hãy chuyển hết, hoặc dùng \"hopthu unit merge\""
            ),
            Self::IsOffice(code) => {
                format!("đơn vị {code} là Văn phòng (organisation.office): hãy ghi mã đơn vị khác vào cấu hình trước")
            }
            Self::IntoItself(code) => format!("không sáp nhập đơn vị {code} vào chính nó được"),
            Self::NothingChanges(what) => format!("{what}: không có gì thay đổi"),
            Self::NotOfUnit { holder, code } => {
                format!("{holder} không thuộc đơn vị {code}: hộp thư đơn vị chỉ uỷ quyền cho người của đơn vị")
            }
            Self::NotAHead(holder) => {
                format!("{holder} không phải thủ trưởng đơn vị: hộp thư cơ quan chỉ uỷ quyền cho thủ trưởng các đơn vị")
            }
            Self::IsSteward(holder) => format!("{holder} là người quản lý hộp thư này, không cần uỷ quyền"),
            Self::Personal(address) => format!("{address} là hộp thư cá nhân, không uỷ quyền cho người khác được"),
            Self::Days { from, until } => {
                let (from, until) = (vietnamese(*from), vietnamese(*until));
                format!("thời hạn uỷ quyền từ {from} đến {until} không có ngày nào: hãy ghi ngày cuối muộn hơn")
            }
            Self::DelegationUnknown(holder) => format!("{holder} không được uỷ quyền dùng hộp thư này"),
            Self::MailboxUnknown(address) => format!("không có hộp thư {address}: xem \"hopthu mailbox list\""),
            Self::NotAnAlias(address) => format!("{address} không phải địa chỉ phụ của hộp thư nào"),
            Self::ForwardNotHere(address) => {
                format!("{address} không phải hộp thư đang mở ở đây: thư chỉ chuyển đến hộp thư đang mở của Sở")
            }
            Self::GraceNotOver(mailbox) => format!("hộp thư {mailbox} còn dùng hoặc chưa hết thời gian lưu"),
            Self::Minutes { max } => format!("thời gian mở hộp thư từ 1 đến {max} phút"),
            Self::DeviceKnown(device) => {
                format!("thiết bị {device} đã có mật khẩu: hãy huỷ mật khẩu đó, hoặc đặt tên khác")
            }
            Self::DeviceUnknown(device) => format!("không có thiết bị {device}"),
            Self::DeviceTooMany { max } => format!("đã có {max} mật khẩu thiết bị: hãy huỷ bớt"),
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
                StaffState::Active => format!("{holder} đang làm việc và đăng nhập được"),
                StaffState::Suspended => format!("{holder} đang bị tạm ngừng: cho đăng nhập lại bằng \"hopthu staff resume\""),
                StaffState::Departed => format!("{holder} đã thôi việc: tiếp nhận lại bằng \"hopthu staff reinstate\""),
            },
            Self::Password(weak) => weak.message(Language::Vi),
            Self::NameDiffers { who, name, given } => format!("{who} là {name}, không phải {given}: hãy xem lại"),
            Self::RequestUnknown(id) => format!("không có đề nghị {id}: xem danh sách bằng \"hopthu request list\""),
            Self::RequestStanding { id, state, wanted } => {
                let told = |state: RequestState| match state {
                    RequestState::Filed => "chờ duyệt",
                    RequestState::Approved => "đã được chấp thuận",
                    RequestState::Rejected => "đã bị từ chối",
                    RequestState::Applied => "đã được thực hiện",
                };
                format!("đề nghị {id} {}; việc này chỉ làm được với đề nghị {}", told(*state), told(*wanted))
            }
            Self::NotApproved => {
                "việc này phải có đề nghị đã được Văn phòng chấp thuận: hãy dùng \"hopthu request file\", rồi approve và \
                 apply; với tệp, ghi --approver"
                    .to_owned()
            }
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
            Self::DecisionUnknown(number) => {
                format!("there is no decision {number}: \"hopthu decision list\" shows them")
            }
            Self::DecisionSettled { number, state } => match state {
                DecisionState::Cancelled => format!("decision {number} was cancelled before"),
                DecisionState::Applied | DecisionState::Waiting => {
                    format!("decision {number} was applied and cannot be cancelled: it takes another decision")
                }
            },
            Self::StewardshipOpen { holder, units } => format!(
                "{holder} answers for the mailbox of {}: it must be handed over first, name who takes over with \
                 --handover-to or \"hopthu unit appoint\"",
                units.join(", ")
            ),
            Self::UnitNotEmpty { code, people, units } => format!(
                "{people} people and {units} units are still in {code}: move them first, or use \"hopthu unit merge\""
            ),
            Self::IsOffice(code) => {
                format!("{code} is the Office (organisation.office): name another unit in the configuration first")
            }
            Self::IntoItself(code) => format!("{code} cannot be merged into itself"),
            Self::NothingChanges(what) => format!("{what}: nothing would change"),
            Self::NotOfUnit { holder, code } => {
                format!("{holder} is not of {code}: a unit's mailbox is delegated to people of the unit")
            }
            Self::NotAHead(holder) => {
                format!("{holder} is not head of a unit: the department's mailbox is delegated to heads of units")
            }
            Self::IsSteward(holder) => format!("{holder} answers for this mailbox and needs no leave"),
            Self::Personal(address) => format!("{address} is a person's own mailbox, which nobody else may use"),
            Self::Days { from, until } => format!("no day is left from {from} to {until}: give a later last day"),
            Self::DelegationUnknown(holder) => format!("nothing of this mailbox is delegated to {holder}"),
            Self::MailboxUnknown(address) => {
                format!("there is no mailbox {address}: \"hopthu mailbox list\" shows them")
            }
            Self::NotAnAlias(address) => format!("{address} is not a further address of a mailbox"),
            Self::ForwardNotHere(address) => {
                format!("{address} is no open mailbox here: mail is forwarded to the department's own mailboxes")
            }
            Self::GraceNotOver(mailbox) => format!("the mailbox {mailbox} is in use, or its time of grace is not over"),
            Self::Minutes { max } => format!("a mailbox is opened for 1 to {max} minutes"),
            Self::DeviceKnown(device) => {
                format!("the device {device} has a password: revoke it, or choose another name")
            }
            Self::DeviceUnknown(device) => format!("there is no device {device}"),
            Self::DeviceTooMany { max } => format!("{max} devices have passwords: revoke some first"),
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
                StaffState::Active => format!("{holder} works here and may log in"),
                StaffState::Suspended => format!("{holder} is suspended: \"hopthu staff resume\" ends that"),
                StaffState::Departed => format!("{holder} has left: \"hopthu staff reinstate\" brings them back"),
            },
            Self::Password(weak) => weak.message(Language::En),
            Self::NameDiffers { who, name, given } => format!("{who} is {name}, not {given}: look again"),
            Self::RequestUnknown(id) => format!("there is no request {id}: \"hopthu request list\" shows them"),
            Self::RequestStanding { id, state, wanted } => {
                format!("request {id} is {}; this is done with one that is {}", state.as_str(), wanted.as_str())
            }
            Self::NotApproved => {
                "this needs a request that the Office approved: use \"hopthu request file\", then approve and apply; with a \
                 file, give --approver"
                    .to_owned()
            }
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
