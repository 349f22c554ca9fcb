//! People, their mailboxes, and the decisions about them.

use super::show::{bounded, count, day, short};
use crate::report::document::{Block, Cell, Column, Table, Weight};
use crate::report::{Applied, Report};

/// Kinds of decisions as people call them.
const KINDS: [(&str, &str); 14] = [
    ("staff.hire", "Tuyển dụng"),
    ("staff.reinstate", "Tiếp nhận lại"),
    ("staff.transfer", "Điều động"),
    ("staff.promote", "Bổ nhiệm"),
    ("staff.rename", "Đổi họ tên"),
    ("staff.depart", "Rời cơ quan"),
    ("staff.suspend", "Tạm đình chỉ"),
    ("staff.resume", "Trở lại làm việc"),
    ("unit.create", "Thành lập đơn vị"),
    ("unit.rename", "Đổi tên đơn vị"),
    ("unit.merge", "Sáp nhập đơn vị"),
    ("unit.split", "Chia tách đơn vị"),
    ("unit.close", "Giải thể đơn vị"),
    ("unit.appoint", "Bổ nhiệm thủ trưởng đơn vị"),
];

pub(super) fn now(report: &Report) -> Vec<Block> {
    let of = &report.people;
    let mailboxes = format!(
        "{} của cán bộ, {} của đơn vị, {} của cơ quan; {} đã đóng, chờ lưu trữ",
        count(of.staff_mailboxes),
        count(of.unit_mailboxes),
        count(of.department_mailboxes),
        count(of.closed_mailboxes)
    );
    let moved = &of.moved;
    let acts = [
        ("Tuyển dụng", moved.hired),
        ("Tiếp nhận lại", moved.reinstated),
        ("Điều động", moved.transferred),
        ("Bổ nhiệm", moved.promoted),
        ("Rời cơ quan", moved.departed),
        ("Tạm đình chỉ", moved.suspended),
        ("Trở lại làm việc", moved.resumed),
        ("Lộ mật khẩu", moved.compromised),
        ("Hộp thư lập mới", of.mailboxes_opened),
        ("Hộp thư đã xoá", of.mailboxes_removed),
    ];
    vec![
        Block::Facts(vec![
            ("Cán bộ hiện nay", format!("{} đang làm việc, {} tạm đình chỉ", count(of.active), count(of.suspended))),
            ("Hộp thư hiện nay", mailboxes),
        ]),
        Block::Line("Biến động trong tháng:".to_owned()),
        Block::Table(Table {
            columns: acts.iter().map(|(heading, _)| Column::right(*heading, 10)).collect(),
            rows: vec![acts.iter().map(|(_, n)| Cell::of(Weight::when(*n > 0), count(*n))).collect()],
        }),
    ]
}

pub(super) fn decisions(report: &Report) -> Vec<Block> {
    let mut blocks = if report.decisions.is_empty() {
        vec![Block::Line("Không có quyết định nào được thực hiện trong tháng.".to_owned())]
    } else {
        let columns = vec![
            Column::left("Số", 18),
            Column::left("Ngày ký", 13),
            Column::left("Hiệu lực", 13),
            Column::left("Nội dung", 24),
            Column::left("Người, đơn vị", 32),
        ];
        bounded(Table { columns, rows: report.decisions.iter().map(applied).collect() })
    };
    if report.decisions_waiting > 0 {
        blocks.push(Block::Line(format!("Quyết định chờ đến ngày hiệu lực: {}.", report.decisions_waiting)));
    }
    blocks
}

fn applied(decision: &Applied) -> Vec<Cell> {
    let known = KINDS.iter().find(|(code, _)| *code == decision.kind.0);
    let kind = known.map_or(decision.kind.0.as_str(), |(_, words)| *words);
    vec![
        Cell::plain(&decision.number),
        Cell::plain(day(decision.dated)),
        Cell::plain(day(decision.effective)),
        Cell::plain(kind),
        Cell::plain(short(&decision.whom.join(", "))),
    ]
}
