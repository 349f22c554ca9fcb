//! The minutes of a hand-over (biên bản bàn giao) that both sides sign: as text, and as a page of A4 that is readable in
//! black and white. Its form is that of administrative documents (Decree 30/2020/NĐ-CP, annex I); it is in Vietnamese,
//! whoever asks for it.

use std::fmt::Write;

use jiff::ZonedDateTime;
use jiff::civil::Date;

use super::handover::{Handover, Signatory};
use super::items::{Open, Unfinished};
use super::refusal::vietnamese;
use crate::store::{Standing, Sum};
use crate::text::{escaped, grouped, one_line};

const NATION: &str = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM";
const MOTTO: &str = "Độc lập - Tự do - Hạnh phúc";
const TITLE: &str = "BIÊN BẢN";
const HEADINGS: [&str; 5] = ["STT", "Thư mục", "Số thư", "Dung lượng (byte)", "Mã kiểm tra (SHA-256)"];
const OPEN_HEADINGS: [&str; 5] = ["STT", "Nội dung và người gửi", "Ngày đến", "Hạn xử lý", "Người xử lý"];
const SIDES: [&str; 2] = ["BÊN GIAO", "BÊN NHẬN"];
const SIGN: &str = "(Ký, ghi rõ họ tên)";
const PAGE: &str = "\
@page { size: A4; margin: 20mm 15mm 20mm 30mm; }
body { font: 13pt/1.35 \"Times New Roman\", \"Liberation Serif\", serif; color: #000; margin: 0 auto; max-width: 165mm; }
p, ul { margin: 1mm 0; }
header, .signatures { display: flex; justify-content: space-between; text-align: center; }
header { font-size: 11.5pt; gap: 4mm; }
header > *, .signatures > * { flex: 1; margin: 0; }
header > :last-child { flex: none; white-space: nowrap; }
.underlined { text-decoration: underline; text-underline-offset: 4px; }
h1 { font-size: 14pt; text-align: center; margin: 8mm 0 6mm; }
h2 { font-size: 13pt; margin: 4mm 0 1mm; break-after: avoid; }
table { width: 100%; border-collapse: collapse; font-size: 11pt; line-height: 1.2; }
thead { display: table-header-group; }
tr, .signatures { break-inside: avoid; }
th, td { border: 0.5pt solid #000; padding: 1mm; vertical-align: top; text-align: left; }
td { overflow-wrap: anywhere; }
.number { text-align: right; white-space: nowrap; }
code { font: 8.5pt \"Courier New\", \"Liberation Mono\", monospace; word-break: break-all; }
.signatures { margin-top: 8mm; }
.signatures span { display: block; font-weight: normal; font-style: italic; margin-bottom: 25mm; }
";

/// The minutes of one hand-over.
#[derive(Debug)]
pub struct Minutes<'a> {
    handover: &'a Handover,
    organisation: String,
    basis: String,
    opening: String,
    sides: [String; 2],
    total: String,
    unread: String,
    closing: [String; 2],
}

impl<'a> Minutes<'a> {
    /// What is written of it; `organisation` is the department.
    pub fn of(handover: &'a Handover, organisation: &str) -> Self {
        let Handover { address, owner, decision, at, manifest, .. } = handover;
        let volume = manifest.volume();
        let unseen = manifest.folders.iter().map(|folder| folder.unseen).sum();
        let issuer = decision.issuer.as_ref().map(|issuer| format!(" của {issuer}")).unwrap_or_default();
        Self {
            handover,
            organisation: organisation.to_uppercase(),
            basis: format!(
                "Căn cứ Quyết định số {} ngày {}{issuer}, có hiệu lực từ ngày {};",
                decision.number,
                vietnamese(decision.dated),
                vietnamese(decision.effective)
            ),
            opening: format!(
                "Hôm nay, {}, tại {organisation}, hai bên bàn giao hộp thư điện tử {address} của {owner}:",
                moment(at)
            ),
            sides: [side("Bên giao", &handover.giving), side("Bên nhận", &handover.taking)],
            total: format!(
                "Cộng: {} thư mục, {} thư, {} byte",
                grouped(u64::try_from(manifest.folders.len()).unwrap_or(u64::MAX)),
                grouped(volume.messages),
                grouped(volume.bytes)
            ),
            unread: format!("Thư chưa đọc: {}", grouped(unseen)),
            closing: [
                "Từ thời điểm trên, bên nhận quản lý hộp thư và chịu trách nhiệm về việc sử dụng hộp thư. Bên nhận đăng \
                 nhập bằng mật khẩu của chính mình; không giao lại mật khẩu của cá nhân \
                 nào. Mật khẩu riêng của thiết bị, nếu có, được thay như ghi ở mục 3."
                    .to_owned(),
                "Biên bản được lập thành hai bản có giá trị như nhau, mỗi bên giữ một bản; một bản lưu trong hộp thư, mã \
                 kiểm tra ghi trong nhật ký hệ thống."
                    .to_owned(),
            ],
        }
    }

    /// What is said of what is not finished.
    fn open(&self) -> impl Iterator<Item = String> {
        let Unfinished { open_items_total, open_items } = &self.handover.unfinished;
        let more = open_items_total.saturating_sub(open_items.len() as u64);
        let named =
            if more > 0 { format!(", dưới đây là {} thư cũ nhất", open_items.len()) } else { String::new() };
        let items = format!("Thư chờ xử lý, còn lại trong hộp thư: {}{named}", grouped(*open_items_total));
        [self.unread.clone(), items].into_iter()
    }

    /// The items, numbered from one: what, since when, until when, who has it.
    fn open_items(&self) -> impl Iterator<Item = (usize, [String; 4])> {
        let row = |item: &Open| {
            let who = match (&item.taken_by, item.state) {
                (Some(person), _) => person.to_string(),
                (None, Standing::Open) => "chưa ai nhận".to_owned(),
                (None, Standing::Taken | Standing::Done) => "không rõ".to_owned(),
            };
            let subject = if item.subject.trim().is_empty() { "(không có tiêu đề)" } else { &item.subject };
            let what = format!("{} – {}", one_line(subject), one_line(&item.from));
            [what, vietnamese(item.since), vietnamese(item.due), who]
        };
        (1..).zip(self.handover.unfinished.open_items.iter().map(row))
    }

    fn open_table(&self) -> String {
        if self.handover.unfinished.open_items.is_empty() {
            return String::new();
        }
        let headings: String = OPEN_HEADINGS.map(|heading| ["<th>", heading, "</th>"].concat()).concat();
        let rows = self.open_items().map(|(number, row)| {
            let [what, since, due, who] = row.map(|cell| escaped(&cell));
            format!(
                "<tr><td class=\"number\">{number}</td><td>{what}</td><td class=\"number\">{since}</td>\
                 <td class=\"number\">{due}</td><td>{who}</td></tr>\n"
            )
        });
        let rows: String = rows.collect();
        format!("<table>\n<thead><tr>{headings}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n")
    }

    fn subject(&self) -> String {
        format!("Bàn giao hộp thư điện tử {}", self.handover.address)
    }

    /// As plain text.
    pub fn text(&self) -> String {
        let Handover { manifest, ended, giving, taking, .. } = self.handover;
        let [giver, taker] = &self.sides;
        let mut text = format!(
            "{}\n\n{NATION}\n{MOTTO}\n\n{TITLE}\n{}\n\n{}\n{}\n\n- {giver}\n- {taker}\n\n1. Nội dung hộp thư\n",
            self.organisation,
            self.subject(),
            self.basis,
            self.opening
        );
        for (number, row) in rows(&manifest.folders) {
            let [name, messages, bytes, digest] = row;
            // Writing to memory does not fail.
            let _ = write!(text, "{number}. {name}: {messages} thư, {bytes} byte\n   SHA-256 {digest}\n");
        }
        let _ = write!(text, "{}\nMã kiểm tra toàn bộ: {}\n\n2. Việc còn dở\n", self.total, manifest.digest());
        text.extend(self.open().map(|line| format!("- {line}\n")));
        for (number, [what, since, due, who]) in self.open_items() {
            let _ = write!(text, "  {number}. {what}\n     Ngày đến: {since}; hạn xử lý: {due}; người xử lý: {who}\n");
        }
        let _ = write!(text, "- {}\n\n3. Quyền đã kết thúc\n", others());
        text.extend(ended.iter().map(|line| format!("- {line}\n")));
        let [duty, copies] = &self.closing;
        let [left, right] = SIDES;
        let _ = write!(
            text,
            "\n{duty}\n{copies}\n\n{left:<38}{right}\n{SIGN:<38}{SIGN}\n\n\n\n{:<38}{}\n",
            giving.name.as_str(),
            taking.name.as_str()
        );
        text
    }

    /// As a page to be printed and signed.
    pub fn html(&self) -> String {
        let Handover { manifest, ended, giving, taking, .. } = self.handover;
        let item = |line: &String| format!("<li>{}</li>\n", escaped(line));
        let [subject, organisation] = [self.subject(), self.organisation.clone()].map(|text| escaped(&text));
        let [basis, opening, total] = [&self.basis, &self.opening, &self.total].map(|text| escaped(text));
        let [duty, copies] = self.closing.each_ref().map(|text| escaped(text));
        let headings: String = HEADINGS.map(|heading| ["<th>", heading, "</th>"].concat()).concat();
        let row = |(number, row): (usize, [String; 4])| {
            let [name, messages, bytes, digest] = row.map(|cell| escaped(&cell));
            format!(
                "<tr><td class=\"number\">{number}</td><td>{name}</td><td class=\"number\">{messages}</td>\
                 <td class=\"number\">{bytes}</td><td><code>{digest}</code></td></tr>\n"
            )
        };
        let folders: String = rows(&manifest.folders).map(row).collect();
        let sides: String = self.sides.iter().map(item).collect();
        let open: String = self.open().map(|line| item(&line)).collect();
        let (unfinished, others) = (self.open_table(), item(&others()));
        let ended: String = ended.iter().map(item).collect();
        let signature = |(side, who): (&str, &Signatory)| {
            format!("<p><b>{side}</b><span>{SIGN}</span><b>{}</b></p>\n", escaped(who.name.as_str()))
        };
        let signatures: String = SIDES.into_iter().zip([giving, taking]).map(signature).collect();
        format!(
            "<!DOCTYPE html>\n<html lang=\"vi\">\n<head>\n<meta charset=\"utf-8\">\n<title>{subject}</title>\n\
             <style>\n{PAGE}</style>\n</head>\n<body>\n\
             <header>\n<p><b class=\"underlined\">{organisation}</b></p>\n\
             <p><b>{NATION}</b><br><b class=\"underlined\">{MOTTO}</b></p>\n</header>\n\
             <h1>{TITLE}<br>{subject}</h1>\n<p><i>{basis}</i></p>\n<p>{opening}</p>\n<ul>\n{sides}</ul>\n\
             <h2>1. Nội dung hộp thư</h2>\n<table>\n<thead><tr>{headings}</tr></thead>\n<tbody>\n{folders}</tbody>\n\
             </table>\n<p>{total}.</p>\n<p>Mã kiểm tra toàn bộ:<br><code>{digest}</code></p>\n\
             <h2>2. Việc còn dở</h2>\n<ul>\n{open}</ul>\n{unfinished}<ul>\n{others}</ul>\n<h2>3. Quyền đã kết thúc</h2>\n<ul>\n{ended}</ul>\n\
             <p>{duty}</p>\n<p>{copies}</p>\n<div class=\"signatures\">\n{signatures}</div>\n</body>\n</html>\n",
            digest = manifest.digest(),
        )
    }
}

/// Room for what both sides know beside it.
fn others() -> String {
    "Việc khác: ".to_owned() + &".".repeat(60)
}

/// The folders, numbered from one: name, messages, octets, digest.
fn rows(folders: &[Sum]) -> impl Iterator<Item = (usize, [String; 4])> {
    let row =
        |folder: &Sum| [folder.name.clone(), grouped(folder.messages), grouped(folder.bytes), folder.digest.clone()];
    (1..).zip(folders.iter().map(row))
}

fn side(side: &str, who: &Signatory) -> String {
    let position = who.position.as_ref().map(|position| format!(", chức vụ: {position}")).unwrap_or_default();
    format!("{side}: ông (bà) {}{position}", who.name)
}

/// `14 giờ 05 phút ngày 24 tháng 11 năm 2026`; days and months of one digit get a zero where a stroke could change them.
fn moment(at: &ZonedDateTime) -> String {
    let day: Date = at.date();
    let month = if day.month() < 3 { format!("{:02}", day.month()) } else { day.month().to_string() };
    format!("{:02} giờ {:02} phút ngày {:02} tháng {month} năm {}", at.hour(), at.minute(), day.day(), day.year())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_moments_are_written_as_in_vietnamese() {
        assert_eq!([0, 12, 123, 1234, 1_234_567].map(grouped), ["0", "12", "123", "1.234", "1.234.567"]);
        let at = jiff::civil::date(2026, 2, 4).at(9, 5, 0, 0).in_tz("UTC").ok();
        let written = at.as_ref().map(moment);
        assert_eq!(written.as_deref(), Some("09 giờ 05 phút ngày 04 tháng 02 năm 2026"));
    }
}
