//! `mailbox restore`: what is kept of deleted mail is listed, and brought back.

use std::process::ExitCode;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::control::mail::{Ask, Span};
use crate::control::{Failure, Reply};
use crate::language::Language;
use crate::store::Lost;

use super::super::ask::Asking;
use super::super::output::Output;
use super::super::tables;
use super::{Restore, ask, from_backup, quota};

pub(super) async fn run(restore: Restore, asking: &mut Asking<'_>, output: &Output) -> Result<ExitCode, Failure> {
    if let Some(file) = restore.from.clone() {
        return from_backup::run(restore, &file, asking, output).await;
    }
    let Restore { address, list, message, since, until, folder, ignore_quota, manner, .. } = restore;
    let moment = |when: Option<super::When>| when.and_then(|when| when.moment(&output.zone));
    let folder = folder.map(|name| name.to_string());
    let span = Span { ids: message, since: moment(since), until: moment(until), folder };
    let request = if list {
        Ask::Lost(address, span)
    } else {
        let (note, manner) = manner.parts();
        Ask::Restore { mailbox: address, which: span, quota: quota(ignore_quota), note, manner }
    };
    Ok(output.reply(&Reply::Mail(ask(asking, request, Vec::new()).await?)))
}

/// What can be brought back.
pub(super) fn list(lost: &[Lost], language: Language, zone: &TimeZone) -> String {
    if lost.is_empty() {
        return match language {
            Language::Vi => "Không có thư đã xoá nào lấy lại được.\n".to_owned(),
            Language::En => "There is no deleted mail that can be brought back.\n".to_owned(),
        };
    }
    let headings = match language {
        Language::Vi => ["số", "thư mục", "ngày", "người gửi", "chủ đề", "xoá lúc"],
        Language::En => ["id", "folder", "date", "from", "subject", "deleted at"],
    };
    let time = |at| tables::moment(Timestamp::from_second(at).unwrap_or_default(), zone);
    let row = |lost: &Lost| {
        let Lost { id, folder, date, expunged, from, subject, .. } = lost;
        let expunged = tables::text(expunged.map(time).as_ref());
        [id.to_string(), folder.clone(), time(*date), from.clone(), subject.clone(), expunged]
    };
    tables::table(headings, lost.iter().map(row))
}

/// What was brought back.
pub(super) fn restored(
    (restored, messages): (usize, &[Lost]),
    dry_run: bool,
    language: Language,
    zone: &TimeZone,
) -> String {
    let table = list(messages, language, zone);
    if messages.is_empty() {
        return table;
    }
    if dry_run {
        return tables::rehearsed(&table, language);
    }
    let whole = match language {
        Language::Vi => format!("Đã lấy lại {restored} thư vào thư mục cũ.\n"),
        Language::En => format!("Brought back {restored} messages into the folders they were in.\n"),
    };
    table + &whole
}
