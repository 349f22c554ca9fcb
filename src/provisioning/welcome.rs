//! The first message in a new mailbox: what to type into a mail program, and what the regulation asks of its holder (R10).

use std::sync::Arc;

use super::settings::{Settings, aligned};
use crate::address::Address;
use crate::clock::Clock;
use crate::id::{FolderId, MailboxId};
use crate::language::Language;
use crate::mime::compose::{ComposeError, Note, Party};
use crate::name::PersonName;
use crate::store::{Append, FlagNames, Prepared};

/// Writes the message. It is in Vietnamese, which everybody who gets it reads.
pub(super) fn message(
    mailbox: MailboxId,
    address: &Address,
    holder: &PersonName,
    settings: &Settings,
    clock: &Clock,
) -> Result<Vec<u8>, ComposeError> {
    let mut rows = vec![("Tên đăng nhập", address.to_string()), ("Mật khẩu", "ghi trong phiếu cấp hộp thư".to_owned())];
    rows.extend(settings.client.rows(Language::Vi));
    let text = format!(
        "Kính gửi {holder},\n\n\
         Hộp thư điện tử {address} của {organisation} đã sẵn sàng.\n\n\
         Cài đặt cho phần mềm thư (Thunderbird, Outlook, điện thoại):\n\n{rows}\n\
         Xin lưu ý:\n\
         - Bảo vệ mật khẩu; không cung cấp mật khẩu cho người khác. Nếu mật khẩu bị lộ, báo ngay cho Văn phòng.\n\
         - Tự quản lý, lưu trữ thư của mình và chịu trách nhiệm về nội dung thư gửi đi.\n\
         - Không phát tán thư rác hoặc thư không đúng mục đích.\n\
         - Khi gặp sự cố về thư điện tử, báo cho Văn phòng.\n",
        organisation = settings.organisation,
        rows = aligned(&rows),
    );
    let postmaster = Address::new("postmaster", address.domain().clone()).unwrap_or_else(|_| address.clone());
    Note {
        from: Party { name: &settings.organisation, address: &postmaster },
        to: &[Party { name: holder.as_str(), address }],
        subject: "Hộp thư điện tử của bạn đã sẵn sàng",
        text: &text,
        html: None,
        date: &clock.zoned(),
        // One welcome for each mailbox, and no mailbox's id is ever used again.
        unique: &format!("welcome-{mailbox}.{}", clock.now().as_second()),
    }
    .write()
}

/// The message as it is put into the new INBOX, delivered like any other.
pub(super) fn copy(message: Vec<u8>, inbox: FolderId, address: &Address, clock: &Clock) -> Append {
    Append {
        folder: inbox,
        message: Arc::new(Prepared::new(message)),
        prefix: format!("Return-Path: <>\r\nDelivered-To: {address}\r\n").into_bytes(),
        flags: FlagNames::default(),
        date: clock.now(),
        quota: None,
    }
}
