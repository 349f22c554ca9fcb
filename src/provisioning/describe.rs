//! Steps as lines of a plan, in both languages.

use super::refusal::vietnamese;
use super::step::Step;
use crate::credential::Standing;
use crate::directory::{AddressKind, Province, StaffState, Treatment};
use crate::language::Language;

impl Step {
    /// The step as a line of a plan.
    pub fn describe(&self, language: Language) -> String {
        match language {
            Language::Vi => self.in_vietnamese(),
            Language::En => self.in_english(),
        }
    }

    fn in_vietnamese(&self) -> String {
        match self {
            Self::EnterUnit(unit) => format!("lập đơn vị {} ({})", unit.name, unit.code),
            Self::RenameUnit { from, to, .. } => format!("đổi tên đơn vị: {from} → {to}"),
            Self::RecodeUnit { from, to, .. } => format!("đổi mã đơn vị: {from} → {to}"),
            Self::MoveUnit { code, to, .. } => format!("đơn vị {code} thuộc {}", to.as_deref().unwrap_or("Sở")),
            Self::CloseUnit { code, .. } => format!("đơn vị {code} chấm dứt hoạt động"),
            Self::Appoint { code, from, to, .. } => match (from, to) {
                (None, Some(to)) => format!("thủ trưởng đơn vị {code}: {to}"),
                (Some(from), Some(to)) => format!("thủ trưởng đơn vị {code}: {from} → {to}"),
                (_, None) => format!("đơn vị {code} không còn thủ trưởng"),
            },
            Self::EnterStaff(person) => {
                format!("ghi tên {} vào danh bạ từ ngày {}", person.name, vietnamese(person.since))
            }
            Self::MoveStaff { holder, from, to, .. } => format!("chuyển {holder}: {from} → {to}"),
            Self::ChangePosition { holder, from, to, .. } => {
                format!("chức vụ của {holder}: {} → {}", shown(from.as_ref()), shown(to.as_ref()))
            }
            Self::RenameStaff { from, to, .. } => format!("đổi họ tên: {from} → {to}"),
            Self::ChangeStanding { holder, to, .. } => match to {
                StaffState::Active => format!("cho {holder} đăng nhập lại"),
                StaffState::Suspended => format!("tạm ngừng quyền đăng nhập của {holder}"),
                StaffState::Departed => format!("ghi nhận {holder} thôi việc"),
            },
            Self::OpenMailbox(mailbox) => format!("mở hộp thư, dung lượng {} MB", megabytes(mailbox.quota_bytes)),
            Self::MakeFolders => "tạo các thư mục".to_owned(),
            Self::ReopenMailbox { address, .. } => format!("mở lại hộp thư {address}"),
            Self::CloseMailbox { address, until, treatment, .. } => {
                let mail = match treatment {
                    Treatment::Reply(Some(to)) => format!("thư mới được trả lời, giới thiệu {to}"),
                    Treatment::Reply(None) => "thư mới được trả lời".to_owned(),
                    Treatment::Forward(to) => format!("thư mới chuyển đến {to}"),
                    Treatment::Refuse => "thư mới bị từ chối".to_owned(),
                };
                format!("đóng hộp thư {address}, lưu trữ và loại bỏ ngày {}; {mail}", vietnamese(*until))
            }
            Self::RemoveMailbox { address, .. } => format!("loại bỏ hộp thư {address}"),
            Self::MoveContents { from, to, under, .. } => {
                format!("chuyển toàn bộ thư của {from} vào {to}, thư mục {under}")
            }
            Self::SetQuota { address, from, to, .. } => {
                format!("dung lượng của {address}: {} → {} MB", megabytes(*from), megabytes(*to))
            }
            Self::GiveAddress { address, kind, .. } => match kind {
                AddressKind::Primary => format!("cấp địa chỉ {address}"),
                AddressKind::Alias => format!("cấp địa chỉ phụ {address}"),
                AddressKind::Provincial => format!("đề nghị tỉnh cấp địa chỉ {address}"),
            },
            Self::RegainAddress { address, kind, .. } => match kind {
                AddressKind::Primary => format!("lại dùng {address} làm địa chỉ chính"),
                AddressKind::Alias | AddressKind::Provincial => format!("lại dùng địa chỉ {address}"),
            },
            Self::DemoteAddress { address, .. } => format!("{address} trở thành địa chỉ phụ"),
            Self::LeadAddress { address, to, .. } => format!("thư gửi {address} từ nay đến {to}"),
            Self::RestAddress { address, until, .. } => {
                format!("phong toả địa chỉ {address} đến ngày {}", vietnamese(*until))
            }
            Self::MarkProvince { address, to, .. } => match to {
                Province::Wanted => format!("{address}: cần đăng ký với tỉnh"),
                Province::Sent => format!("{address}: đã gửi đăng ký"),
                Province::Registered => format!("{address}: tỉnh đã đăng ký"),
                Province::WithdrawalSent => format!("{address}: đã gửi đề nghị huỷ"),
                Province::Withdrawn => format!("{address}: tỉnh đã huỷ"),
            },
            Self::Delegate { address, holder, rights, since, until, .. } => {
                let last = until.map_or_else(String::new, |last| format!(" đến {}", vietnamese(last)));
                format!("uỷ quyền {holder} dùng {address} ({rights}) từ {}{last}", vietnamese(*since))
            }
            Self::EndDelegation { address, holder, .. } => format!("chấm dứt uỷ quyền của {holder} với {address}"),
            Self::HandOver { address, giving, taking, .. } => {
                format!("bàn giao hộp thư {address}: {giving} → {taking}, lập biên bản")
            }
            Self::OpenFolder { address, path, whom, rights, .. } => {
                format!("mở thư mục {path} của {address} cho {whom} ({rights})")
            }
            Self::EndGrant { address, whom, .. } => format!("chấm dứt quyền của {whom} trên thư mục của {address}"),
            Self::SetPassword { address, standing, .. } => match standing {
                Standing::First => format!("cấp mật khẩu lần đầu cho {address}, phải đổi khi dùng"),
                Standing::Chosen => format!("đặt mật khẩu cho {address}"),
            },
            Self::PasswordLater { address } => {
                format!("chưa cấp mật khẩu cho {address}: dùng \"hopthu staff passwd {address} --generate\"")
            }
            Self::AddDevice { address, device, bond, .. } => {
                let bound = bond.as_ref().map(|bond| format!(": {}", bond.describe(Language::Vi))).unwrap_or_default();
                format!("cấp mật khẩu cho thiết bị {device} của {address}{bound}")
            }
            Self::RemoveDevice { address, device, .. } => format!("huỷ mật khẩu của thiết bị {device} của {address}"),
            Self::EndCredentials { address, .. } => format!("huỷ mọi mật khẩu của {address}"),
            Self::Open { address, minutes, .. } => format!("mở hộp thư {address} để xem trong {minutes} phút"),
            Self::Export { address, .. } => format!("xuất mọi thư của {address} ra tệp"),
            Self::EndSessions { address, .. } => format!("ngắt các phiên đang mở của {address}"),
            Self::Welcome { address, .. } => format!("gửi thư hướng dẫn đến {address}"),
            Self::Notify { address, .. } => format!("báo cho {address} bằng thư"),
            Self::OpenIncident { holder, .. } => format!("ghi sự cố lộ mật khẩu của {holder}"),
        }
    }

    fn in_english(&self) -> String {
        match self {
            Self::EnterUnit(unit) => format!("enter the unit {} ({})", unit.name, unit.code),
            Self::RenameUnit { from, to, .. } => format!("rename the unit: {from} → {to}"),
            Self::RecodeUnit { from, to, .. } => format!("change the unit's code: {from} → {to}"),
            Self::MoveUnit { code, to, .. } => {
                format!("the unit {code} belongs to {}", to.as_deref().unwrap_or("the department"))
            }
            Self::CloseUnit { code, .. } => format!("the unit {code} ends"),
            Self::Appoint { code, from, to, .. } => match (from, to) {
                (None, Some(to)) => format!("head of {code}: {to}"),
                (Some(from), Some(to)) => format!("head of {code}: {from} → {to}"),
                (_, None) => format!("{code} has no head any more"),
            },
            Self::EnterStaff(person) => format!("enter {} in the directory from {}", person.name, person.since),
            Self::MoveStaff { holder, from, to, .. } => format!("move {holder}: {from} → {to}"),
            Self::ChangePosition { holder, from, to, .. } => {
                format!("position of {holder}: {} → {}", shown(from.as_ref()), shown(to.as_ref()))
            }
            Self::RenameStaff { from, to, .. } => format!("rename: {from} → {to}"),
            Self::ChangeStanding { holder, to, .. } => match to {
                StaffState::Active => format!("let {holder} log in again"),
                StaffState::Suspended => format!("suspend {holder}'s right to log in"),
                StaffState::Departed => format!("record that {holder} has left"),
            },
            Self::OpenMailbox(mailbox) => format!("open a mailbox of {} MB", megabytes(mailbox.quota_bytes)),
            Self::MakeFolders => "make the folders".to_owned(),
            Self::ReopenMailbox { address, .. } => format!("reopen the mailbox {address}"),
            Self::CloseMailbox { address, until, treatment, .. } => {
                let mail = match treatment {
                    Treatment::Reply(Some(to)) => format!("new mail is answered and {to} named"),
                    Treatment::Reply(None) => "new mail is answered".to_owned(),
                    Treatment::Forward(to) => format!("new mail goes to {to}"),
                    Treatment::Refuse => "new mail is refused".to_owned(),
                };
                format!("close the mailbox {address}, to be archived and removed on {until}; {mail}")
            }
            Self::RemoveMailbox { address, .. } => format!("remove the mailbox {address}"),
            Self::MoveContents { from, to, under, .. } => format!("move all mail of {from} to {to}, folder {under}"),
            Self::SetQuota { address, from, to, .. } => {
                format!("size of {address}: {} → {} MB", megabytes(*from), megabytes(*to))
            }
            Self::GiveAddress { address, kind, .. } => match kind {
                AddressKind::Primary => format!("give the address {address}"),
                AddressKind::Alias => format!("give the further address {address}"),
                AddressKind::Provincial => format!("ask the province for the address {address}"),
            },
            Self::RegainAddress { address, kind, .. } => match kind {
                AddressKind::Primary => format!("{address} becomes the primary address again"),
                AddressKind::Alias | AddressKind::Provincial => format!("use the address {address} again"),
            },
            Self::DemoteAddress { address, .. } => format!("{address} becomes a further address"),
            Self::LeadAddress { address, to, .. } => format!("mail to {address} goes to {to} from now on"),
            Self::RestAddress { address, until, .. } => format!("the address {address} rests until {until}"),
            Self::MarkProvince { address, to, .. } => format!("{address} at the province: {to}"),
            Self::Delegate { address, holder, rights, since, until, .. } => {
                let last = until.map_or_else(String::new, |last| format!(" to {last}"));
                format!("let {holder} use {address} ({rights}) from {since}{last}")
            }
            Self::EndDelegation { address, holder, .. } => format!("end {holder}'s use of {address}"),
            Self::HandOver { address, giving, taking, .. } => {
                format!("hand the mailbox {address} over: {giving} → {taking}, with a record")
            }
            Self::OpenFolder { address, path, whom, rights, .. } => {
                format!("open folder {path} of {address} to {whom} ({rights})")
            }
            Self::EndGrant { address, whom, .. } => format!("end the rights of {whom} on a folder of {address}"),
            Self::SetPassword { address, standing, .. } => match standing {
                Standing::First => format!("issue a first password for {address}, to be changed"),
                Standing::Chosen => format!("set the password of {address}"),
            },
            Self::PasswordLater { address } => {
                format!("no password for {address} yet: \"hopthu staff passwd {address} --generate\" issues one")
            }
            Self::AddDevice { address, device, bond, .. } => {
                let bound = bond.as_ref().map(|bond| format!(": {}", bond.describe(Language::En))).unwrap_or_default();
                format!("issue a password for the device {device} of {address}{bound}")
            }
            Self::RemoveDevice { address, device, .. } => {
                format!("end the password of the device {device} of {address}")
            }
            Self::EndCredentials { address, .. } => format!("end every password of {address}"),
            Self::Open { address, minutes, .. } => {
                format!("open the mailbox {address} for reading, for {minutes} minutes")
            }
            Self::Export { address, .. } => format!("export all mail of {address} to files"),
            Self::EndSessions { address, .. } => format!("cut the open sessions of {address}"),
            Self::Welcome { address, .. } => format!("send a message with settings to {address}"),
            Self::Notify { address, .. } => format!("tell {address} by mail"),
            Self::OpenIncident { holder, .. } => format!("enter the leak of {holder}'s password as an incident"),
        }
    }
}

fn shown(of: Option<&impl ToString>) -> String {
    of.map_or_else(|| "-".to_owned(), ToString::to_string)
}

fn megabytes(octets: u64) -> u64 {
    octets >> 20
}
