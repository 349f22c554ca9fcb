//! What units owed, and what they were written.

use super::show::{UNKNOWN, bounded, days, duration};
use crate::limits;
use crate::report::document::{Block, Cell, Column, Table, Weight};
use crate::report::{Owed, Report, Work};
use crate::text::grouped;

pub(super) fn duties(report: &Report) -> Vec<Block> {
    let mut sections: Vec<&str> = Vec::new();
    for owed in &report.duties {
        if !sections.contains(&owed.section.as_str()) {
            sections.push(&owed.section);
        }
    }
    if sections.is_empty() {
        return vec![Block::Line("Trong tháng không có kỳ nào đến hạn.".to_owned())];
    }
    let mut blocks = vec![Block::Line("Mỗi ô: số kỳ đúng hạn / trễ / chưa đăng.".to_owned())];
    for some in sections.chunks(limits::REPORT_COLUMNS_MAX) {
        blocks.extend(bounded(matrix(&report.duties, some)));
    }
    let short: Vec<_> = report.duties.iter().filter(|owed| owed.is_short()).collect();
    if !short.is_empty() {
        let columns = vec![
            Column::left("Đơn vị", 27),
            Column::left("Thủ trưởng", 18),
            Column::left("Mục", 20),
            Column::left("Trễ, kỳ hạn", 12),
            Column::left("Chưa đăng, kỳ hạn", 23),
        ];
        blocks.push(Block::Line("Những kỳ trễ hoặc chưa đăng:".to_owned()));
        // A unit is named once, above all that it owes.
        let before = std::iter::once(None).chain(short.iter().map(|owed| Some(&owed.unit)));
        let rows = before.zip(&short).map(|(before, owed)| shortfall(owed, before)).collect();
        blocks.extend(bounded(Table { columns, rows }));
    }
    blocks
}

/// A line for each unit, a column for each section.
fn matrix(duties: &[Owed], sections: &[&str]) -> Table {
    let mut units: Vec<(&str, &str)> = Vec::new();
    for owed in duties {
        if !units.contains(&(&owed.unit, &owed.unit_name)) {
            units.push((&owed.unit, &owed.unit_name));
        }
    }
    let cell = |unit: &str, section: &str| {
        let owed = duties.iter().find(|owed| owed.unit == unit && owed.section == section);
        owed.map_or_else(
            || Cell::plain("–"),
            |owed| {
                let open = if owed.open > 0 { format!(" (còn {})", owed.open) } else { String::new() };
                Cell::of(
                    Weight::when(owed.is_short()),
                    format!("{} / {} / {}{open}", owed.on_time, owed.late, owed.missing),
                )
            },
        )
    };
    let share = 68 / sections.len().max(1);
    let columns = std::iter::once(Column::left("Đơn vị", 32))
        .chain(sections.iter().map(|section| Column::right(*section, share)))
        .collect();
    let row = |(code, name): &(&str, &str)| {
        let cells = sections.iter().map(|section| cell(code, section));
        std::iter::once(Cell::plain(*name)).chain(cells).collect()
    };
    Table { columns, rows: units.iter().map(row).collect() }
}

fn shortfall(owed: &Owed, before: Option<&String>) -> Vec<Cell> {
    let (unit, head) = match before {
        Some(before) if *before == owed.unit => ("", ""),
        _ => (owed.unit_name.as_str(), owed.head.as_deref().unwrap_or("–")),
    };
    let shown = |of: &[jiff::civil::Date]| if of.is_empty() { "–".to_owned() } else { days(of) };
    vec![
        Cell::plain(unit),
        Cell::plain(head),
        Cell::plain(&owed.section),
        Cell::plain(shown(&owed.late_days)),
        Cell::of(Weight::when(owed.missing > 0), shown(&owed.missing_days)),
    ]
}

pub(super) fn work(report: &Report) -> Vec<Block> {
    if report.work.is_empty() {
        return vec![Block::Line("Chưa có hộp thư đơn vị nào.".to_owned())];
    }
    let columns = vec![
        Column::left("Hộp thư", 35),
        Column::right("Thư đến", 9),
        Column::right("Có người nhận", 10),
        Column::right("Đã xong", 10),
        Column::right("Thời gian xử lý", 16),
        Column::right("Còn lại", 10),
        Column::right("Quá hạn", 10),
    ];
    let told = "Còn lại và quá hạn tính đến thời điểm lập báo cáo. Thời gian xử lý là trung vị: một nửa số thư đã xong trong \
                tháng không quá mức này.";
    let table = bounded(Table { columns, rows: report.work.iter().map(line).collect() });
    std::iter::once(Block::Line(told.to_owned())).chain(table).collect()
}

fn line(work: &Work) -> Vec<Cell> {
    let median = match work.median_seconds {
        Some(seconds) => duration(seconds),
        None if work.done == 0 => "–".to_owned(),
        None => UNKNOWN.to_owned(),
    };
    vec![
        Cell::plain(&work.name),
        Cell::plain(grouped(work.arrived)),
        Cell::plain(grouped(work.taken)),
        Cell::plain(grouped(work.done)),
        Cell::plain(median),
        Cell::plain(grouped(work.open)),
        Cell::of(Weight::when(work.overdue > 0), grouped(work.overdue)),
    ]
}
