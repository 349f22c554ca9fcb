//! What whoever answers for a mailbox is told when an administrator looks into it (R20).

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
    let until = opening.until.to_zoned_datetime(clock.zone().clone());
    let until = until.strftime("%H:%M %d/%m/%Y");
    let text = format!(
        "Hộp thư {address} được mở để xem, không sửa đổi được gì, đến {until}.\n\n\
         Người mở: {by}\nLý do: {reason}\n\n\
         Việc này được ghi vào nhật ký. Nếu thấy không đúng, hãy báo ngay cho Văn phòng.\n\n\
         The mailbox {address} is open for reading until {until}.\n\
         Opened by: {by}\nReason: {reason}\n\
         This is recorded in the audit. If it seems wrong, tell the Office at once.\n",
    );
    let postmaster = Address::new("postmaster", to.domain().clone()).unwrap_or_else(|_| to.clone());
    Note {
        from: Party { name: &settings.organisation, address: &postmaster },
        to: &[Party { name: "", address: to }],
        subject: &format!("Hộp thư {address} được mở để xem"),
        text: &text,
        html: None,
        date: &clock.zoned(),
        // Two openings in one second are told apart by nothing else.
        unique: &format!("opened-{mailbox}.{}.{}", clock.now().as_nanosecond(), opening.until.as_second()),
    }
    .write()
}
