//! Mail that came and went, and what is kept, week by week.

use jiff::civil::{Date, Weekday};

use super::show::{UNKNOWN, day, growth, octets};
use crate::report::document::{Bar, Block, Cell, Column, Table, Weight};
use crate::report::{Day, Mail, Report, Sample};
use crate::text::grouped;

/// Some days of the month, up to a Sunday.
struct Week<'a> {
    days: &'a [Day],
}

pub(super) fn mail(report: &Report) -> Vec<Block> {
    let Some(total) = report.traffic_total else { return vec![nothing()] };
    let known: Vec<Day> = report.traffic.iter().filter(|day| day.day <= report.through).copied().collect();
    let weeks = weeks(&known);
    let most = weeks.iter().filter_map(Week::mail).map(|mail| mail.received.max(mail.submitted)).max().unwrap_or(0);
    let columns = vec![
        Column::left("Ngày", 20),
        Column::left("Nhận từ nơi khác", 27),
        Column::left("Cán bộ gửi", 27),
        Column::right("Chuyển ra ngoài", 13),
        Column::right("Không gửi được", 13),
    ];
    let mut rows: Vec<_> = weeks.iter().map(|week| week.row(most)).collect();
    // Below the bars, where their figures stand.
    let none = |n| Cell { weight: Weight::Strong, ..Cell::bar(grouped(n), Bar { value: 0, longest: most }) };
    let strong = |n| Cell::strong(grouped(n));
    let sums = [none(total.received), none(total.submitted), strong(total.relayed), strong(total.bounced)];
    rows.push(std::iter::once(Cell::strong("Cả tháng")).chain(sums).collect());
    let mut blocks = vec![
        Block::Line("Nhận và gửi tính theo thư; chuyển ra ngoài và không gửi được tính theo người nhận.".to_owned()),
        Block::Table(Table { columns, rows }),
    ];
    let missing = known.iter().filter(|day| day.mail.is_none()).count();
    if missing > 0 {
        blocks.push(Block::Line(format!("{missing} ngày {UNKNOWN}, không tính vào tổng.")));
    }
    blocks
}

fn nothing() -> Block {
    Block::Line(format!("Trong tháng {UNKNOWN}."))
}

/// The days of a month, parted behind each Sunday.
fn weeks(days: &[Day]) -> Vec<Week<'_>> {
    let week = |days| Week { days };
    days.chunk_by(|day, _| day.day.weekday() != Weekday::Sunday).map(week).collect()
}

impl Week<'_> {
    /// None where nothing is known of any of its days.
    fn mail(&self) -> Option<Mail> {
        self.days.iter().filter_map(|day| day.mail).reduce(|mut sum, more| {
            sum += more;
            sum
        })
    }

    fn row(&self, most: u64) -> Vec<Cell> {
        let Some(mail) = self.mail() else {
            let unknown = std::iter::repeat_with(|| Cell::plain("–")).take(3);
            return [self.name(), Cell::plain(UNKNOWN)].into_iter().chain(unknown).collect();
        };
        let bar = |value| Cell::bar(grouped(value), Bar { value, longest: most });
        let (relayed, bounced) =
            (grouped(mail.relayed), Cell::of(Weight::when(mail.bounced > 0), grouped(mail.bounced)));
        vec![self.name(), bar(mail.received), bar(mail.submitted), Cell::plain(relayed), bounced]
    }

    fn name(&self) -> Cell {
        let text = match (self.days.first(), self.days.last()) {
            (Some(first), Some(last)) if first.day < last.day => span(first.day, last.day),
            (Some(only), _) => only.day.strftime("%d/%m").to_string(),
            (None, _) => String::new(),
        };
        Cell::plain(text)
    }
}

fn span(first: Date, last: Date) -> String {
    format!("{}–{}", first.strftime("%d"), last.strftime("%d/%m"))
}

pub(super) fn storage(report: &Report) -> Vec<Block> {
    let samples = &report.storage.samples;
    let (Some(first), Some(last)) = (samples.first(), samples.last()) else { return vec![nothing()] };
    let at = |sample: &Sample| {
        let (mail, file) = (octets(sample.mail_octets), octets(sample.database_octets));
        format!("{mail} (tệp dữ liệu {file}), đo ngày {}", day(sample.day))
    };
    let mut facts = vec![("Lần đo đầu", at(first)), ("Lần đo cuối", at(last))];
    facts.extend(report.storage.growth_octets.map(|octets| ("Thay đổi", growth(octets))));
    let most = samples.iter().map(|sample| sample.mail_octets).max().unwrap_or(0);
    // The first of each week shows how it went.
    let of_week = |(before, sample): (Option<&Sample>, &Sample)| {
        let is_first = before.is_none_or(|before| week_of(before.day) != week_of(sample.day));
        is_first.then(|| {
            let bar = Bar { value: sample.mail_octets, longest: most };
            vec![Cell::plain(day(sample.day)), Cell::bar(octets(sample.mail_octets), bar)]
        })
    };
    let before = std::iter::once(None).chain(samples.iter().map(Some));
    let rows = before.zip(samples).filter_map(of_week).collect();
    let columns = vec![Column::left("Ngày đo", 20), Column::left("Thư trong các hộp thư", 80)];
    vec![Block::Facts(facts), Block::Table(Table { columns, rows })]
}

/// The same for all days from a Monday to a Sunday.
fn week_of(day: Date) -> (i16, i8) {
    let week = day.iso_week_date();
    (week.year(), week.week())
}
