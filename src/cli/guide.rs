//! `guide WHO`, as a person reads it.

use crate::control::guide::{GuideView, SectionView, UsableView};
use crate::language::Language;

use super::tables::{day, labelled, table, text};

/// The answer for people.
pub(super) fn show(guide: &GuideView, language: Language) -> String {
    let (name, address) = match language {
        Language::Vi => ("Họ và tên", "Địa chỉ, tên đăng nhập"),
        Language::En => ("Name", "Address, name to log in"),
    };
    let person = [(name, guide.name.clone()), (address, guide.address.to_string())];
    let mut parts = vec![labelled(person.into_iter().chain(guide.client.rows(language)))];
    if !guide.mailboxes.is_empty() {
        parts.extend([mailboxes(&guide.mailboxes, language), how_work_is_done(language).to_owned()]);
    }
    if !guide.sections.is_empty() {
        parts.push(sections(&guide.sections, language));
    }
    parts.join("\n")
}

fn mailboxes(mailboxes: &[UsableView], language: Language) -> String {
    let headings = match language {
        Language::Vi => ["thư mục của hộp thư đơn vị", "địa chỉ", "quyền", "đến hết ngày"],
        Language::En => ["folder of the unit's mailbox", "address", "rights", "until"],
    };
    let row = |view: &UsableView| {
        let until = text(view.until.map(|until| day(until, language)).as_ref());
        [view.folder.clone(), view.address.to_string(), view.rights.describe(language), until]
    };
    table(headings, mailboxes.iter().map(row))
}

fn how_work_is_done(language: Language) -> &'static str {
    match language {
        Language::Vi => {
            "Thư vào INBOX của hộp thư đơn vị là một việc phải xử lý.\n\
             Nhận việc: gắn cờ, gắn nhãn hoặc chuyển thư vào thư mục khác.\n\
             Xong việc: trả lời bằng địa chỉ của đơn vị, chuyển thư vào Archive hoặc gắn nhãn $Done.\n"
        }
        Language::En => {
            "Mail in INBOX of a unit's mailbox is work that must be dealt with.\n\
             Take it: flag it, tag it, or move it into another folder.\n\
             Finish it: answer by the unit's address, move it to Archive, or tag it $Done.\n"
        }
    }
}

fn sections(sections: &[SectionView], language: Language) -> String {
    let headings = match language {
        Language::Vi => ["thư mục dùng chung của đơn vị", "gửi thư vào đó qua địa chỉ"],
        Language::En => ["shared folder of the unit", "or by mail to"],
    };
    table(headings, sections.iter().map(|view| [view.folder.clone(), text(view.address.as_ref())]))
}
