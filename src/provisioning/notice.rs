//! What whoever answers for a mailbox is told when an administrator looks into it or exports it (R20).

use super::effect::Opening;
use super::settings::Settings;
use crate::address::Address;
use crate::clock::Clock;
use crate::id::MailboxId;
use crate::mime::compose::{ComposeError, Note, Party};

/// Writes the message: Vietnamese first, then English.
pub(super) fn opened(
    mailbox: MailboxId,
    to: &Address,
    opening: &Opening,
    settings: &Settings,
    clock: &Clock,
) -> Result<Vec<u8>, ComposeError> {
    let Opening { address, reason, by, .. } = opening;
    let until = opening.until.map(|until| until.to_zoned_datetime(clock.zone().clone()));
    let (subject, what, what_in_english) = match until.as_ref().map(|until| until.strftime("%H:%M %d/%m/%Y")) {
        Some(until) => (
            format!("Hộp thư {address} được mở để xem"),
            format!("Hộp thư {address} được mở để xem, không sửa đổi được gì, đến {until}."),
            format!("The mailbox {address} is open for reading until {until}."),
        ),
        None => (
            format!("Thư của hộp thư {address} được xuất ra tệp"),
            format!("Mọi thư của hộp thư {address} được xuất ra tệp."),
            format!("All mail of the mailbox {address} is exported to files."),
        ),
    };
    let text = format!(
        "{what}\n\nNgười thực hiện: {by}\nLý do: {reason}\n\n\
         Việc này được ghi vào nhật ký. Nếu thấy không đúng, hãy báo ngay cho Văn phòng.\n\n\
         {what_in_english}\nDone by: {by}\nReason: {reason}\n\
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
        // Two openings in one second are told apart by nothing else.
        unique: &format!(
            "opened-{mailbox}.{}.{}",
            clock.now().as_nanosecond(),
            opening.until.map_or(0, jiff::Timestamp::as_second)
        ),
    }
    .write()
}
