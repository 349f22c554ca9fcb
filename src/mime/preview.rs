//! The beginning of a message's text, for PREVIEW (RFC 8970): what its sender wrote, without the mail it answers.

use std::borrow::Cow;

use encoding_rs::Encoding as Encoded;
use mail_parser::html_to_text;
use unicode_normalization::char::is_combining_mark;

use super::field::fields;
use super::media::{parameters, word};
use super::nstring;
use super::part::{Content, Encoding, Part, parts};
use super::vietnamese::Charset;
use crate::limits;
use crate::text::nfc;

/// The PREVIEW of a message, ready to send; `""` where there is no text. Of a message that is cut off somewhere it is
/// made of what is there.
pub fn preview(raw: &[u8]) -> Vec<u8> {
    preview_of(raw, &parts(raw))
}

/// The same, of a message whose parts are known.
pub(super) fn preview_of(raw: &[u8], root: &Part) -> Vec<u8> {
    let mut texts = Vec::new();
    gather(root, raw, &mut texts);
    let text = texts.into_iter().map(|part| beginning(&written(raw, part))).find(|text| !text.is_empty());
    let mut out = Vec::new();
    nstring::string(&mut out, text.unwrap_or_default().as_bytes());
    out
}

/// The first text parts that are no files, in order: the plain form of an alternative comes before HTML.
fn gather<'p>(part: &'p Part, raw: &[u8], texts: &mut Vec<&'p Part>) {
    match &part.content {
        Content::Multipart(children) => {
            for child in children {
                if texts.len() == limits::PREVIEW_PARTS_MAX {
                    return;
                }
                gather(child, raw, texts);
            }
        }
        Content::Text | Content::Html if !is_file(part, raw) => texts.push(part),
        // A message within this one was written by somebody else.
        Content::Text | Content::Html | Content::Other | Content::Message(_) => {}
    }
}

fn is_file(part: &Part, raw: &[u8]) -> bool {
    field(part, raw, "content-disposition").and_then(|value| word(&value)).is_some_and(|kind| kind == b"attachment")
}

fn field<'a>(part: &Part, raw: &'a [u8], name: &str) -> Option<Cow<'a, [u8]>> {
    let header = raw.get(part.header.clone()).unwrap_or_default();
    // Of a repeated field the last counts, as for the structure.
    fields(header).filter(|field| field.is(name)).last().map(|field| field.unfolded())
}

/// The text of a part up to the mail it answers, its marks of quoting gone.
fn written(raw: &[u8], part: &Part) -> String {
    match part.content {
        Content::Html => {
            let html = decoded(raw, part, limits::PREVIEW_HTML_BYTES_MAX);
            let lower = html.to_ascii_lowercase();
            let own = lower.find("<blockquote").and_then(|quote| html.get(..quote)).map(html_to_text);
            match own {
                Some(own) if !own.trim().is_empty() => own,
                _ => html_to_text(&html),
            }
        }
        _ => unquoted(&decoded(raw, part, limits::PREVIEW_TEXT_BYTES_MAX)),
    }
}

/// Without lines that quote, the line that announces them ("… wrote:"), and all from a signature (RFC 3676 §4.3) or a
/// line like `-----Original Message-----` on.
fn unquoted(text: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut quoting = false;
    for line in text.lines().map(str::trim_end) {
        let dashed = line.len() > 10 && line.starts_with("-----") && line.ends_with("-----");
        if line == "--" || dashed {
            break;
        }
        let quotes = line.starts_with('>');
        if quotes && !quoting {
            while kept.pop_if(|last| last.is_empty()).is_some() {}
            let _announced = kept.pop_if(|last| last.ends_with(':'));
        }
        if !quotes {
            kept.push(line);
        }
        quoting = quotes;
    }
    kept.join("\n")
}

/// The first `most` octets of a part as text. What does not say its charset is read as UTF-8, and so is what says
/// US-ASCII.
fn decoded(raw: &[u8], part: &Part, most: usize) -> String {
    // Both encodings grow what they encode, lines included, to less than four times its length.
    let source = if part.encoding == Encoding::Identity { most } else { most.saturating_mul(4) };
    let end = part.body.end.min(part.body.start.saturating_add(source));
    let bytes = Part { body: part.body.start..end, content: Content::Text, header: 0..0, ..*part }.decoded(raw);
    let bytes = bytes.get(..most).unwrap_or(&bytes);
    let kind = field(part, raw, "content-type");
    let parameters = kind.as_deref().map(parameters).unwrap_or_default();
    let label = parameters.iter().find(|(name, _)| name == b"charset").map(|(_, label)| label.trim_ascii());
    match label {
        None => String::from_utf8_lossy(bytes).into_owned(),
        Some(label) if label.eq_ignore_ascii_case(b"us-ascii") => String::from_utf8_lossy(bytes).into_owned(),
        Some(label) => match Charset::of(label) {
            Some(charset) => charset.decode(bytes),
            None => Encoded::for_label_no_replacement(label).unwrap_or(encoding_rs::UTF_8).decode(bytes).0.into_owned(),
        },
    }
}

/// The first [`limits::PREVIEW_CHARS_MAX`] characters in NFC, white space as single blanks. No letter loses its marks.
fn beginning(text: &str) -> String {
    // Marks that come apart are put together: four characters never become less than one.
    let most = limits::PREVIEW_CHARS_MAX * 4;
    let mut gathered = String::new();
    let mut length = 0;
    for c in text.chars().filter(|c| !is_invisible(*c)) {
        let blank = c.is_whitespace() || c.is_control();
        if blank && (gathered.is_empty() || gathered.ends_with(' ')) {
            continue;
        }
        gathered.push(if blank { ' ' } else { c });
        length += 1;
        if length == most {
            break;
        }
    }
    whole_letters(&nfc(&gathered)).trim_end().to_owned()
}

/// As many letters with all their marks as there is room for; of a letter with more marks than that, the first of them.
fn whole_letters(text: &str) -> &str {
    let bound = |n: usize| text.char_indices().nth(n).map_or(text.len(), |(at, _)| at);
    let end = bound(limits::PREVIEW_CHARS_MAX);
    let joins =
        |c: char| is_combining_mark(c) || matches!(c, '\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}');
    if !text.get(end..).and_then(|rest| rest.chars().next()).is_some_and(joins) {
        return text.get(..end).unwrap_or_default();
    }
    let head = text.get(..end).unwrap_or_default();
    let start = head.char_indices().rev().find(|(_, c)| !joins(*c)).map_or(0, |(at, _)| at);
    if start == 0 { head } else { head.get(..start).unwrap_or_default() }
}

/// Characters that show nothing, with which senders fill what programs show of their mail, and those that turn the
/// direction of what follows (hostile B67).
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200c}' | '\u{200e}' | '\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fffc}')
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn text(raw: &[u8]) -> String {
        let shown = preview(raw);
        let shown = std::str::from_utf8(&shown).unwrap();
        match shown.split_once("}\r\n") {
            Some((size, text)) => {
                assert_eq!(size, format!("{{{}", text.len()));
                text.to_owned()
            }
            None => shown.strip_prefix('"').unwrap().strip_suffix('"').unwrap().to_owned(),
        }
    }

    #[test]
    fn the_text_of_any_charset_is_composed_and_keeps_its_marks() {
        for (kind, encoding, body) in [
            ("text/plain; charset=utf-8", "8bit", "Đắk\r\n\t Lắk".as_bytes()),
            ("text/plain; charset=utf-8", "8bit", "Đắk Lắk".as_bytes()),
            ("text/plain; charset=windows-1258", "quoted-printable", b"=D0=E3=ECk L=E3=ECk"),
            ("text/plain; charset=viscii", "8bit", b"\xd0\xa1k L\xa1k"),
            ("text/plain; charset=x-viet-tcvn5712", "base64", b"p75rIEy+aw=="),
            ("text/plain; charset=x-viet-vni", "8bit", b"\xd1a\xe9k La\xe9k"),
            ("text/html; charset=us-ascii", "7bit", b"<style>p { x: y }</style><p>&#272;&#7855;k<b> L&#7855;k</b></p>"),
            ("text/plain", "8bit", "Đắk Lắk".as_bytes()),
            ("text/plain; charset=us-ascii", "8bit", "Đắk Lắk".as_bytes()),
            ("text/plain; charset=x-bogus", "8bit", "Đắk Lắk".as_bytes()),
        ] {
            let mut raw = format!("Content-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n").into_bytes();
            raw.extend_from_slice(body);
            let expected = if encoding == "base64" { "Đắk Lắk".to_lowercase() } else { "Đắk Lắk".to_owned() };
            assert_eq!(text(&raw).to_lowercase(), expected.to_lowercase(), "{kind} {encoding}");
        }
    }

    #[test]
    fn what_is_answered_and_signed_is_left_out() {
        for (body, expected) in [
            ("Đồng ý.\r\n\r\nNgày 3/2, Bình viết:\r\n> Họp lúc 9 giờ?\r\n\r\n-- \r\nĐào", "Đồng ý."),
            ("> Họp?\r\nVâng.\r\n> Mấy giờ?\r\nChín giờ.", "Vâng. Chín giờ."),
            ("Vâng.\r\n-----Original Message-----\r\nFrom: x", "Vâng."),
            ("a\u{200b}\u{202e}\u{34f} \u{a0}\u{feff} b", "a b"),
            ("> nothing of one's own", ""),
        ] {
            assert_eq!(text(format!("Subject: x\r\n\r\n{body}\r\n").as_bytes()), expected);
        }
        let html = "Content-Type: text/html\r\n\r\n<p>Vâng.</p><BLOCKQUOTE>Họp?</BLOCKQUOTE>";
        assert_eq!(text(html.as_bytes()), "Vâng.");
        let only = "Content-Type: text/html\r\n\r\n<blockquote>Họp?</blockquote>";
        assert_eq!(text(only.as_bytes()), "Họp?");
    }

    #[test]
    fn the_first_part_with_text_is_taken_and_no_file() {
        let mixed = |parts: &str| {
            let raw = format!("Content-Type: multipart/mixed; boundary=b\r\n\r\n{parts}--b--\r\n");
            text(raw.as_bytes())
        };
        let file = "--b\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\nfile\r\n";
        let empty = "--b\r\nContent-Type: text/plain\r\n\r\n\r\n";
        let html = "--b\r\nContent-Type: text/html\r\n\r\n<i>chữ</i>\r\n";
        assert_eq!(mixed(&[file, empty, html].concat()), "chữ");
        assert_eq!(mixed(file), "");
        assert_eq!(text(b"Content-Type: image/png\r\n\r\nx"), "");
        assert_eq!(text(b""), "");
    }

    #[test]
    fn the_end_splits_no_letter() {
        let long = format!("\r\n{}", "ở ".repeat(300));
        assert_eq!(text(long.as_bytes()).chars().count(), limits::PREVIEW_CHARS_MAX - 1);
        let fill = "x".repeat(limits::PREVIEW_CHARS_MAX - 1);
        assert_eq!(text(format!("\r\n{fill}q\u{323}\u{302}").as_bytes()), fill);
        assert_eq!(text(format!("\r\n{fill}e\u{323}\u{302}").as_bytes()), format!("{fill}ệ"));
        let marks = format!("\r\nq{}", "\u{301}".repeat(5000));
        assert_eq!(text(marks.as_bytes()).chars().count(), limits::PREVIEW_CHARS_MAX);
    }
}
