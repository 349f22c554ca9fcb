//! What a refusal says: what is wrong and what would satisfy the rule, in both languages.

use jiff::civil::Date;

use super::{Candidate, Refusal};
use crate::directory::request::RequestState;
use crate::directory::{DecisionState, StaffState};
use crate::language::Language;

impl Refusal {
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
                format!("{holder} không thuộc đơn vị {code}: hộp thư đơn vị chỉ giao cho người của đơn vị")
            }
            Self::NotAHead(holder) => {
                format!("{holder} không phải thủ trưởng đơn vị: hộp thư cơ quan chỉ uỷ quyền cho thủ trưởng các đơn vị")
            }
            Self::NotALeader(holder) => format!(
                "{holder} không phải lãnh đạo cơ quan: hộp thư cơ quan chỉ bàn giao cho Giám đốc hoặc Phó Giám đốc \
                 (\"hopthu staff promote\")"
            ),
            Self::NotSteward { holder, address } => format!(
                "{holder} không quản lý hộp thư {address}: \"hopthu mailbox rights {address}\" cho biết ai quản lý"
            ),
            Self::IsSteward(holder) => format!("{holder} là người quản lý hộp thư này, không cần uỷ quyền"),
            Self::Personal(address) => format!("{address} là hộp thư cá nhân, không giao cho người khác được"),
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
            Self::DevicesTheirs(address) => {
                format!("{address} là hộp thư cá nhân: chủ hộp thư tự cấp mật khẩu cho thiết bị ở trang cán bộ")
            }
            Self::Networks { max } => {
                format!("thiết bị phải gắn với từ 1 đến {max} mạng, không mạng nào bao gồm mọi địa chỉ: ghi bằng --network")
            }
            Self::NoSteward(address) => format!("chưa có ai quản lý hộp thư {address}: hãy bổ nhiệm trước"),
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
                format!("{holder} is not of {code}: a unit's mailbox is for people of the unit")
            }
            Self::NotAHead(holder) => {
                format!("{holder} is not head of a unit: the department's mailbox is delegated to heads of units")
            }
            Self::NotALeader(holder) => format!(
                "{holder} does not lead the department: its mailbox is handed over to the Director or a deputy \
                 (\"hopthu staff promote\")"
            ),
            Self::NotSteward { holder, address } => format!(
                "{holder} does not answer for {address}: \"hopthu mailbox rights {address}\" shows who does"
            ),
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
            Self::DevicesTheirs(address) => {
                format!("{address} is a person's own: they make passwords for their devices at the staff page")
            }
            Self::Networks { max } => {
                format!("a device is bound to 1 to {max} networks, none of which is every address: give --network")
            }
            Self::NoSteward(address) => format!("nobody answers for {address}: appoint somebody first"),
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
pub(in crate::provisioning) fn vietnamese(day: Date) -> String {
    format!("{:02}/{:02}/{}", day.day(), day.month(), day.year())
}

fn list(candidates: &[Candidate]) -> String {
    let line = |candidate: &Candidate| match (&candidate.address, &candidate.unit) {
        (Some(address), Some(unit)) => format!("{} ({address}, {unit})", candidate.name),
        _ => candidate.name.to_string(),
    };
    candidates.iter().map(line).collect::<Vec<_>>().join("; ")
}
