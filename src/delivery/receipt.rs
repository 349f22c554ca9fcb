//! What is said of mail that was to be filed: to its sender that it was, and to whoever reads the department's mail why it was
//! not (R8). Both belong to its conversation.

use jiff::ZonedDateTime;

use super::Tagged;
use super::answer::subject;
use super::filing::Doubt;
use crate::address::Address;
use crate::directory::Unit;
use crate::mime::compose::{ComposeError, Note, Party};
use crate::mime::thread;

/// The message, and who speaks of it.
pub(super) struct About<'a> {
    pub(super) department: Party<'a>,
    /// What was written.
    pub(super) original: &'a [u8],
    pub(super) date: &'a ZonedDateTime,
    /// See [`Note::unique`].
    pub(super) unique: &'a str,
}

/// The receipt.
pub(super) fn filed(about: &About<'_>, to: &Address, unit: &Unit, section: &Tagged) -> Result<Vec<u8>, ComposeError> {
    let (subject, unit, section) = (subject(about.original), &unit.name, &section.name);
    let at = about.date.strftime("%H:%M %d/%m/%Y");
    let text = format!(
        "Thư \"{subject}\" của {unit} đã được lưu lúc {at} vào mục \"{section}\" trong thư mục dùng chung của đơn vị.\n\n\
         The message \"{subject}\" of {unit} was filed at {at} in the section \"{section}\" of the unit's shared folder.\n"
    );
    about.write(to, &format!("Đã lưu vào / Filed in \"{section}\": {subject}"), &text)
}

/// The note beside a message that stays in the INBOX.
pub(super) fn left(about: &About<'_>, from: Option<&Address>, doubt: Doubt) -> Result<Vec<u8>, ComposeError> {
    let subject = subject(about.original);
    let [from_vi, from_en] =
        ["gửi từ", "from"].map(|word| from.map(|from| format!(" {word} <{from}>")).unwrap_or_default());
    let ((vi, en), [todo_vi, todo_en]) = (doubt.words(), doubt.advice());
    let text = format!(
        "Thư \"{subject}\"{from_vi} không được lưu vào mục của đơn vị mà ở lại trong INBOX này, vì {vi}.\n{todo_vi}\n\
         The message \"{subject}\"{from_en} was not filed in a unit's section and stays in this INBOX, since {en}.\n{todo_en}"
    );
    about.write(about.department.address, &format!("Chưa lưu vào mục / Not filed: {subject}"), &text)
}

impl About<'_> {
    fn write(&self, to: &Address, subject: &str, text: &str) -> Result<Vec<u8>, ComposeError> {
        let note = Note {
            from: self.department,
            to: &[Party { name: "", address: to }],
            subject: subject.trim_end(),
            text,
            html: None,
            date: self.date,
            unique: self.unique,
        };
        note.write_answer(&thread(self.original))
    }
}

impl Doubt {
    /// What whoever reads it may do, in both languages; nothing where the unit is no more.
    fn advice(self) -> [&'static str; 2] {
        match self {
            Self::Closed => ["", ""],
            Self::NoRoom => [
                "Hãy đề nghị tăng dung lượng hộp thư của đơn vị, rồi chuyển thư vào mục.\n",
                "Have the unit's mailbox enlarged, then move it into the section.\n",
            ],
            _ => [
                "Nếu thư đúng là của đơn vị, hãy chuyển thư vào đúng mục của đơn vị trong thư mục dùng chung.\n",
                "If it is the unit's, move it into the right section of the unit's shared folder.\n",
            ],
        }
    }

    /// Why, in both languages.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::UnknownSection => ("không có mục nào tên như vậy", "there is no such section"),
            Self::SeveralSections => ("thư ghi nhiều mục", "it names several sections"),
            Self::NoUnit => {
                ("địa chỉ gửi không phải là địa chỉ của một đơn vị", "it was not sent from the address of a unit")
            }
            Self::Closed => ("đơn vị này không còn hoạt động", "this unit is closed"),
            Self::OnNetwork => (
                "đơn vị này đã có trong mạng nội bộ nên tự đưa thư vào mục của mình",
                "this unit is on the network and puts its mail into its sections itself",
            ),
            Self::NotRelayed => (
                "thư không đến qua máy chủ chuyển tiếp tin cậy, có thể bị giả mạo",
                "it did not come over a trusted relay, and may be forged",
            ),
            Self::Differs => (
                "người gửi ghi trong thư (From) khác địa chỉ gửi, có thể bị giả mạo",
                "its From is not the address that it was sent from, and may be forged",
            ),
            Self::Unsigned => (
                "thư không có chữ ký (DKIM) hợp lệ của tên miền gửi, có thể bị giả mạo",
                "the sender's domain did not sign it (DKIM), and it may be forged",
            ),
            Self::Diverted => (
                "thư không ghi địa chỉ này ở phần người nhận (To), có thể là thư cũ bị gửi lại",
                "its To does not name the address that it came to, and it may be an old letter that is sent again",
            ),
            Self::Unregistered => (
                "địa chỉ gửi chưa được đăng ký cho đơn vị",
                "the address that it was sent from is not registered for the unit",
            ),
            Self::Unwanted => ("thư bị đánh dấu là thư rác", "it was marked as unwanted"),
            Self::NoFolder => ("đơn vị chưa có thư mục của mục này", "the unit has no folder for this section"),
            Self::NoRoom => ("hộp thư của đơn vị đã đầy", "the unit's mailbox is full"),
        }
    }
}
