//! Faults, limits, and how the system is.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::show::{UNKNOWN, bounded, count, day, known, moment, octets, short, zoned};
use crate::incident::{Incident, Kind, State};
use crate::report::document::{Block, Cell, Column, Table, Weight};
use crate::report::{Burst, Report};
use crate::text::grouped;

pub(super) fn incidents(report: &Report, zone: &TimeZone) -> Vec<Block> {
    let of = &report.incidents;
    let (opened, closed, open) = (count(of.opened), count(of.closed), count(of.open));
    let mut blocks =
        vec![Block::Line(format!("Báo trong tháng: {opened}; đã đóng trong tháng: {closed}; hiện chưa đóng: {open}."))];
    if !of.list.is_empty() {
        let columns = vec![
            Column::right("Số", 7),
            Column::left("Báo lúc", 17),
            Column::left("Người báo", 20),
            Column::left("Nội dung", 30),
            Column::left("Tình trạng", 26),
        ];
        blocks.extend(bounded(Table { columns, rows: of.list.iter().map(|one| incident(one, zone)).collect() }));
    }
    blocks
}

fn incident(one: &Incident, zone: &TimeZone) -> Vec<Cell> {
    let at = |second: i64| Timestamp::from_second(second).map_or_else(|_| "–".to_owned(), |at| moment(at, zone));
    let kind = match one.kind {
        Kind::Fault => "",
        Kind::Leak => "Lộ thông tin: ",
    };
    let outcome = match (one.state, one.closed_at) {
        (State::Open, _) => "chưa đóng".to_owned(),
        (State::Closed, Some(closed)) => {
            format!("đóng {}: {}", at(closed), short(one.outcome.as_deref().unwrap_or_default()))
        }
        (State::Closed, None) => "đã đóng".to_owned(),
    };
    vec![
        Cell::plain(one.id.to_string()),
        Cell::plain(at(one.at)),
        Cell::plain(short(&one.reporter)),
        Cell::plain(format!("{kind}{}", short(&one.text))),
        Cell::of(Weight::when(one.state == State::Open), outcome),
    ]
}

pub(super) fn limits(report: &Report, zone: &TimeZone) -> Vec<Block> {
    let of = &report.limits;
    let mut blocks = vec![Block::Facts(vec![
        ("Số lần gửi quá mức", count(of.bursts.len())),
        ("Thư bị giữ lại", known(of.held)),
        ("Thư bị từ chối", known(of.refused)),
    ])];
    if !of.bursts.is_empty() {
        let columns = vec![Column::left("Lúc", 22), Column::left("Ai", 44), Column::left("Mức", 34)];
        blocks.extend(bounded(Table { columns, rows: of.bursts.iter().map(|one| burst(one, zone)).collect() }));
    }
    blocks
}

fn burst(one: &Burst, zone: &TimeZone) -> Vec<Cell> {
    let recipients = grouped(one.recipients);
    let bound = match one.per.as_str() {
        "hour" => format!("{recipients} người nhận một giờ"),
        "day" => format!("{recipients} người nhận một ngày"),
        _ => format!("{recipients} người nhận mới một ngày"),
    };
    vec![Cell::plain(moment(one.at, zone)), Cell::plain(&one.who), Cell::plain(bound)]
}

pub(super) fn health(report: &Report, zone: &TimeZone) -> Vec<Block> {
    let of = &report.health;
    let starts = of.starts.map_or_else(|| UNKNOWN.to_owned(), |starts| format!("{} lần", grouped(starts)));
    let since = of.running_since.map_or_else(|| "không chạy".to_owned(), |since| format!("từ {}", moment(since, zone)));
    let audit = if of.audit_ok { "nguyên vẹn" } else { "KHÔNG NGUYÊN VẸN" };
    let ends = of.certificate_ends.map_or_else(|| "không đọc được".to_owned(), |ends| day(zoned(ends, zone).date()));
    let mut blocks = vec![Block::Facts(vec![
        ("Máy chủ chạy", since),
        ("Khởi động trong tháng", starts),
        ("Thư chờ gửi đi", format!("{}; bị giữ lại {}", of.queue_waiting, of.queue_held)),
        ("Bản sao lưu gần nhất", of.last_backup.map_or_else(|| "chưa ghi nhận".to_owned(), day)),
        ("Nhật ký", format!("{} mục, {audit}", grouped(of.audit_entries.unsigned_abs()))),
        ("Chứng thư hết hạn", ends),
        ("Đĩa còn trống", octets(of.free_octets)),
    ])];
    if of.alarms.is_empty() {
        blocks.push(Block::Line("Không có cảnh báo.".to_owned()));
    } else {
        blocks.push(Block::Line("Cảnh báo hiện nay:".to_owned()));
        blocks.push(Block::List(of.alarms.iter().map(|alarm| short(alarm)).collect()));
    }
    blocks
}
