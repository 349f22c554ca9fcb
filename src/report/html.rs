//! A report as HTML that mail programs show as it is, Outlook's too, and that prints on A4: tables with widths and styles of
//! their own, bars that are cells with a ground and a border, nothing fetched, no script, black on white.

use jiff::tz::TimeZone;

use super::Report;
use super::document::{Bar, Block, Cell, Column, Document, Section, Side, Table, Weight};
use super::words;
use crate::text::{escaped, one_line};

/// Pixels of the page's width: 170 mm, between the margins of A4.
const WIDTH: usize = 640;
/// Pixels of the longest bar, of a column as wide as this part of the page.
const BAR_SHARE: usize = 55;
/// Pixels of the figure before a bar.
const FIGURE: usize = 54;
const FONT: &str = "font-family:'Times New Roman','Liberation Serif',serif;color:#000000;";
/// For printing; mail programs that drop it lose nothing but margins.
const PRINT: &str = "@page{size:A4;margin:15mm 20mm}\
    @media print{body{margin:0}tr{page-break-inside:avoid}h2{page-break-after:avoid}}\
    *{-webkit-print-color-adjust:exact;print-color-adjust:exact}";
const NATION: [&str; 2] = ["CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc"];

/// The report, with times of the office.
pub fn html(report: &Report, zone: &TimeZone) -> String {
    let Document { from, dated, subject, to, basis, sections, closing } = words::document(report, zone);
    let [organisation, office] = from.map(|text| safe(&text.to_uppercase()));
    let [dated, subject, to, basis, closing] = [dated, subject, to, basis, closing].map(|text| safe(&text));
    let [nation, motto] = NATION;
    let body: String = (1..).zip(&sections).map(|(number, section)| self::section(number, section)).collect();
    format!(
        "<!DOCTYPE html>\n<html lang=\"vi\">\n<head>\n<meta charset=\"utf-8\">\n<title>{subject}</title>\n\
         <style>{PRINT}</style>\n</head>\n<body style=\"background-color:#ffffff;{FONT}font-size:15px\">\n\
         <table align=\"center\" width=\"{WIDTH}\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" \
         style=\"width:{WIDTH}px;{FONT}font-size:15px;line-height:1.35\"><tr><td>\n\
         <table width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" style=\"{FONT}font-size:13px\"><tr>\n\
         <td width=\"43%\" valign=\"top\" align=\"center\">{organisation}<br><b><u>{office}</u></b></td>\n\
         <td width=\"57%\" valign=\"top\" align=\"center\"><b>{nation}</b><br><b><u>{motto}</u></b><br>\
         <i>{dated}</i></td>\n</tr></table>\n\
         <p align=\"center\" style=\"margin:22px 0 4px;font-size:18px\"><b>BÁO CÁO</b></p>\n\
         <p align=\"center\" style=\"margin:0 0 16px;font-size:16px\"><b>{subject}</b></p>\n\
         <p align=\"center\" style=\"margin:0 0 14px\">Kính gửi: {to}</p>\n<p style=\"margin:0\"><i>{basis}</i></p>\n\
         {body}<p style=\"margin:18px 0 0;border-top:1px solid #000000;padding-top:4px;font-size:12px\"><i>{closing}</i></p>\n\
         </td></tr></table>\n</body>\n</html>\n"
    )
}

fn section(number: usize, Section { title, blocks }: &Section) -> String {
    let blocks: String = blocks.iter().map(block).collect();
    format!("<h2 style=\"margin:16px 0 4px;font-size:15px\">{number}. {title}</h2>\n{blocks}")
}

fn block(block: &Block) -> String {
    match block {
        Block::Line(line) => format!("<p style=\"margin:3px 0\">{}</p>\n", safe(line)),
        Block::List(items) => {
            let item = |item: &String| format!("<li style=\"margin:2px 0\">{}</li>\n", safe(item));
            let items: String = items.iter().map(item).collect();
            format!("<ul style=\"margin:3px 0 3px 22px;padding:0\">\n{items}</ul>\n")
        }
        Block::Facts(facts) => {
            let fact = |(label, known): &(&str, String)| {
                format!(
                    "<tr><td width=\"34%\" valign=\"top\" style=\"padding:1px 8px 1px 0\">{}:</td>\
                     <td valign=\"top\" style=\"padding:1px 0\">{}</td></tr>\n",
                    safe(label),
                    safe(known)
                )
            };
            let facts: String = facts.iter().map(fact).collect();
            format!(
                "<table width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" \
                 style=\"{FONT}font-size:15px\">\n{facts}</table>\n"
            )
        }
        Block::Table(of) => table(of),
    }
}

fn table(Table { columns, rows }: &Table) -> String {
    let heading = |column: &Column| {
        format!(
            "<th width=\"{}%\" align=\"{}\" valign=\"bottom\" bgcolor=\"#e6e6e6\" style=\"{CELL}background-color:#e6e6e6\">{}</th>",
            column.share,
            side(column.side),
            safe(&column.heading)
        )
    };
    let row = |row: &Vec<Cell>| {
        let cells: String = columns.iter().zip(row).map(|(column, cell)| self::cell(column, cell)).collect();
        format!("<tr>{cells}</tr>\n")
    };
    let (headings, rows): (String, String) = (columns.iter().map(heading).collect(), rows.iter().map(row).collect());
    format!(
        "<table width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" \
         style=\"border-collapse:collapse;{FONT}font-size:13px;line-height:1.25;margin:4px 0\">\n\
         <thead><tr>{headings}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n"
    )
}

const CELL: &str = "border:1px solid #000000;padding:2px 5px;";

fn cell(column: &Column, Cell { text, weight, bar }: &Cell) -> String {
    let text = match weight {
        Weight::Plain => safe(text),
        Weight::Strong => format!("<b>{}</b>", safe(text)),
    };
    let inner = bar.map_or_else(|| text.clone(), |bar| beside(bar, column, &text));
    format!("<td align=\"{}\" valign=\"top\" style=\"{CELL}\">{inner}</td>", side(column.side))
}

/// A bar behind its figure. A printer that leaves grounds out prints its border.
fn beside(bar: Bar, column: &Column, text: &str) -> String {
    let longest = u64::try_from(WIDTH * column.share * BAR_SHARE / 10_000).unwrap_or_default();
    let length = bar.length(longest);
    let drawn = if length == 0 {
        "<td></td>".to_owned()
    } else {
        format!(
            "<td width=\"{length}\" height=\"9\" bgcolor=\"#505050\" style=\"width:{length}px;height:9px;padding:0;\
             background-color:#505050;border:1px solid #000000;font-size:1px;line-height:1px\">&nbsp;</td>"
        )
    };
    format!(
        "<table cellpadding=\"0\" cellspacing=\"0\" border=\"0\" style=\"{FONT}font-size:13px;line-height:1.25\"><tr>\
         <td width=\"{FIGURE}\" align=\"right\" style=\"width:{FIGURE}px;padding:0 6px 0 0;white-space:nowrap\">{text}</td>\
         {drawn}</tr></table>"
    )
}

fn side(side: Side) -> &'static str {
    match side {
        Side::Left => "left",
        Side::Right => "right",
    }
}

/// What others wrote, as text and nothing else.
fn safe(text: &str) -> String {
    escaped(&one_line(text))
}
