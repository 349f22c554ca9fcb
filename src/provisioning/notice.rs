//! What whoever answers for a mailbox is told: that an administrator looks into it or exports it (R20), that a machine was let
//! in, or that machines no longer are (R23, R24); and whoever may use one from now on (R23, R25).

use jiff::Timestamp;
use jiff::civil::Date;

use super::settings::Settings;
use crate::address::Address;
use crate::clock::Clock;
use crate::credential::Bond;
use crate::directory::Rights;
use crate::id::MailboxId;
use crate::language::Language;
use crate::mime::compose::{ComposeError, Note, Party};
use crate::name::Label;

/// What became of a mailbox.
#[derive(Clone, Debug)]
pub(super) struct News {
    pub(super) mailbox: MailboxId,
    pub(super) address: Address,
    pub(super) told: Told,
    pub(super) by: String,
}

/// What is told of it.
#[derive(Clone, Debug)]
pub(super) enum Told {
    /// An administrator can read it until a moment.
    Opened { reason: Label, until: Timestamp },
    /// An administrator takes its mail out to files.
    Exported { reason: Label },
    /// A machine got a password.
    Machine { name: Label, bond: Bond },
    /// Whoever is told may use it, as this folder of their mail program.
    Delegated { folder: String, rights: Rights, since: Date, until: Option<Date> },
    /// With a hand-over that nobody attended passwords of machines ended.
    Lapsed { names: Vec<String> },
}

/// In both languages: the subject, which is Vietnamese alone, what happened, and what else is to be known of it.
struct Words {
    subject: String,
    what: [String; 2],
    more: [String; 2],
}

impl News {
    fn words(&self, clock: &Clock) -> Words {
        let Self { address, told, .. } = self;
        let because = |reason: &Label| [format!("Lý do: {reason}"), format!("Reason: {reason}")];
        match told {
            Told::Opened { reason, until } => {
                let until = until.to_zoned_datetime(clock.zone().clone());
                let until = until.strftime("%H:%M %d/%m/%Y");
                Words {
                    subject: format!("Hộp thư {address} được mở để xem"),
                    what: [
                        format!("Hộp thư {address} được mở để xem, không sửa đổi được gì, đến {until}."),
                        format!("The mailbox {address} is open for reading until {until}."),
                    ],
                    more: because(reason),
                }
            }
            Told::Exported { reason } => Words {
                subject: format!("Thư của hộp thư {address} được xuất ra tệp"),
                what: [
                    format!("Mọi thư của hộp thư {address} được xuất ra tệp."),
                    format!("All mail of the mailbox {address} is exported to files."),
                ],
                more: because(reason),
            },
            Told::Machine { name, bond } => Words {
                subject: format!("Cấp mật khẩu cho thiết bị {name} của hộp thư {address}"),
                what: [
                    format!("Thiết bị {name} được cấp mật khẩu riêng để dùng hộp thư {address}."),
                    format!("The device {name} got a password of its own for the mailbox {address}."),
                ],
                more: [
                    format!("Mục đích: {}", bond.describe(Language::Vi)),
                    format!("Purpose: {}", bond.describe(Language::En)),
                ],
            },
            Told::Delegated { folder, rights, since, until } => {
                let day = |day: &Date| day.strftime("%d/%m/%Y").to_string();
                let last = until.as_ref().map(day);
                let (vi, en) = (
                    last.as_ref().map(|day| format!(" đến hết ngày {day}")),
                    last.as_ref().map(|day| format!(" to {day}")),
                );
                let (from, vi, en) = (day(since), vi.unwrap_or_default(), en.unwrap_or_default());
                Words {
                    subject: format!("Bạn được uỷ quyền sử dụng hộp thư {address}"),
                    what: [
                        format!(
                            "Bạn được uỷ quyền sử dụng hộp thư {address} từ ngày {from}{vi}: {}.",
                            rights.describe(Language::Vi)
                        ),
                        format!(
                            "You may use the mailbox {address} from {from}{en}: {}.",
                            rights.describe(Language::En)
                        ),
                    ],
                    more: [
                        format!("Mở bằng phần mềm thư và mật khẩu của chính bạn: thư mục \"{folder}\"."),
                        format!("Open it with your own mail program and password: the folder \"{folder}\"."),
                    ],
                }
            }
            Told::Lapsed { names } => Words {
                subject: format!("Thiết bị của hộp thư {address} cần mật khẩu mới"),
                what: [
                    format!(
                        "Hộp thư {address} đã được bàn giao; mật khẩu của các thiết bị dưới đây không còn dùng được."
                    ),
                    format!("The mailbox {address} was handed over; the passwords of these devices ended."),
                ],
                more: [
                    format!(
                        "Thiết bị: {}. Nếu còn cần dùng, đề nghị người quản trị cấp mật khẩu mới.",
                        names.join(", ")
                    ),
                    format!(
                        "Devices: {}. Ask the administrator for new passwords if they are still needed.",
                        names.join(", ")
                    ),
                ],
            },
        }
    }
}

/// Writes the message: Vietnamese first, then English.
pub(super) fn letter(
    mailbox: MailboxId,
    to: &Address,
    news: &News,
    settings: &Settings,
    clock: &Clock,
) -> Result<Vec<u8>, ComposeError> {
    let by = &news.by;
    let Words { subject, what: [what, what_in_english], more: [more, more_in_english] } = news.words(clock);
    let text = format!(
        "{what}\n\nNgười thực hiện: {by}\n{more}\n\n\
         Việc này được ghi vào nhật ký. Nếu thấy không đúng, hãy báo ngay cho Văn phòng.\n\n\
         {what_in_english}\nDone by: {by}\n{more_in_english}\n\
         This is recorded in the audit. If it seems wrong, tell the Office at once.\n",
    );
    let postmaster = Address::new("postmaster", to.domain().clone()).unwrap_or_else(|_| to.clone());
    Note {
        from: Party { name: &settings.organisation, address: &postmaster },
        to: &[Party { name: "", address: to }],
        subject: &subject,
        text: &text,
        html: None,
        date: &clock.zoned(),
        // Two openings in one moment are told apart by nothing else.
        unique: &format!("news-{mailbox}-{}.{}.{}", news.mailbox, clock.now().as_nanosecond(), news.number()),
    }
    .write()
}

impl News {
    /// Tells two openings of one mailbox in one moment apart; of everything else there is one.
    fn number(&self) -> i64 {
        match &self.told {
            Told::Opened { until, .. } => until.as_second(),
            Told::Exported { .. } | Told::Machine { .. } | Told::Delegated { .. } | Told::Lapsed { .. } => 0,
        }
    }
}
