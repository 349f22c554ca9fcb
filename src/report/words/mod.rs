//! A report in words. They are Vietnamese, which everybody who gets it reads; the form is that of administrative documents
//! (Decree 30/2020/NĐ-CP, annex I).

mod notable;
mod people;
mod show;
mod system;
mod traffic;
mod units;

use jiff::tz::TimeZone;

use super::Report;
use super::document::{Block, Document, Section};
use show::{day, zoned};

/// What the report says, with times of the office.
pub(super) fn document(report: &Report, zone: &TimeZone) -> Document {
    let made = zoned(report.made_at, zone);
    let section = |title, blocks: Vec<Block>| Section { title, blocks };
    Document {
        from: [report.organisation.clone(), report.office.clone()],
        dated: made.strftime("Ngày %d tháng %m năm %Y").to_string(),
        subject: format!("Tình hình sử dụng hệ thống thư điện tử {}", name(report)),
        to: format!("Giám đốc {}", report.organisation),
        basis: format!(
            "Số liệu từ ngày {} đến ngày {}; tình trạng hiện tại tính đến {}.",
            day(report.month.first()),
            day(report.through),
            made.strftime("%H:%M ngày %d/%m/%Y")
        ),
        sections: vec![
            section("Điểm cần chú ý", notable::blocks(report, zone)),
            section("Cán bộ và hộp thư", people::now(report)),
            section("Quyết định đã thực hiện", people::decisions(report)),
            section("Cập nhật thư mục dùng chung", units::duties(report)),
            section("Thư gửi đến đơn vị", units::work(report)),
            section("Sự cố", system::incidents(report, zone)),
            section("Mức gửi thư", system::limits(report, zone)),
            section("Lượng thư", traffic::mail(report)),
            section("Dung lượng", traffic::storage(report)),
            section("Tình trạng hệ thống", system::health(report, zone)),
        ],
        closing: "Báo cáo do hệ thống thư điện tử lập tự động từ nhật ký và dữ liệu của hệ thống.".to_owned(),
    }
}

/// The month, as people say it.
pub(super) fn name(report: &Report) -> String {
    report.month.first().strftime("tháng %m năm %Y").to_string()
}
