//! What the Director should know first.

use jiff::ToSpan;
use jiff::tz::TimeZone;

use super::show::{day, zoned};
use crate::report::Report;
use crate::report::document::Block;

pub(super) fn blocks(report: &Report, zone: &TimeZone) -> Vec<Block> {
    let found = found(report, zone);
    if found.is_empty() {
        return vec![Block::Line("Không có điểm bất thường.".to_owned())];
    }
    vec![Block::List(found)]
}

fn found(report: &Report, zone: &TimeZone) -> Vec<String> {
    let mut found = Vec::new();
    let short: Vec<_> = report.duties.iter().filter(|owed| owed.is_short()).collect();
    if !short.is_empty() {
        let (missing, late): (usize, usize) =
            (short.iter().map(|owed| owed.missing).sum(), short.iter().map(|owed| owed.late).sum());
        let units = names(short.iter().map(|owed| owed.unit_name.as_str()));
        found.push(format!("Thư mục dùng chung: {missing} kỳ chưa đăng, {late} kỳ đăng trễ ({units})."));
    }
    let behind: Vec<_> = report.work.iter().filter(|work| work.overdue > 0).collect();
    if !behind.is_empty() {
        let overdue: u64 = behind.iter().map(|work| work.overdue).sum();
        let units = names(behind.iter().map(|work| work.name.as_str()));
        found.push(format!("Thư quá hạn trả lời: {overdue} ({units})."));
    }
    if report.incidents.open > 0 {
        found.push(format!("Sự cố chưa xử lý xong: {}.", report.incidents.open));
    }
    if report.people.moved.compromised > 0 {
        found.push(format!("Cán bộ bị lộ mật khẩu: {}.", report.people.moved.compromised));
    }
    if !report.limits.bursts.is_empty() {
        let who = names(report.limits.bursts.iter().map(|burst| burst.who.as_str()));
        found.push(format!("Gửi thư quá mức cho phép: {} lần ({who}).", report.limits.bursts.len()));
    }
    let health = &report.health;
    if !health.audit_ok {
        found.push("Nhật ký không còn nguyên vẹn: cần kiểm tra ngay.".to_owned());
    }
    let today = zoned(report.made_at, zone).date();
    match health.last_backup {
        None => found.push("Chưa ghi nhận bản sao lưu nào.".to_owned()),
        Some(last) if last < today.saturating_sub(7.days()) => {
            found.push(format!("Bản sao lưu gần nhất đã lâu: ngày {}.", day(last)));
        }
        Some(_) => {}
    }
    if !health.alarms.is_empty() {
        found.push(format!("Cảnh báo của hệ thống: {}, xem phần cuối.", health.alarms.len()));
    }
    found
}

/// Each name once.
fn names<'a>(of: impl Iterator<Item = &'a str>) -> String {
    let mut names: Vec<&str> = Vec::new();
    for name in of {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.join(", ")
}
