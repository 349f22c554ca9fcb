//! Whole messages: what real ones look like to IMAP, and what hostile ones must not do.

use proptest::prelude::*;

use super::*;
use crate::limits;

/// A message of tests/messages, its ENVELOPE and its BODYSTRUCTURE; line breaks in these stand for CRLF.
struct Sample {
    raw: &'static [u8],
    envelope: &'static str,
    structure: &'static str,
}

const SAMPLES: &[Sample] = &[
    Sample {
        raw: include_bytes!("../../tests/messages/utf8-base64.eml"),
        envelope: r#"("Mon, 23 Nov 2026 08:00:00 +0700" "=?utf-8?B?QsOhbyBjw6FvIGPDtG5nIHTDoWMgdGjDoW5nIDExOiDEkeG7gSBuZ2jhu4sg?= =?utf-8?B?Y8OhYyDEkcahbiB24buLIGfhu61pIHRyxrDhu5tjIG5nw6B5IDI1?=" (("=?utf-8?B?Tmd1eeG7hW4gVGjhu4sgxJDDoG8=?=" NIL "daont" "daklak.doj.gov.vn")) (("=?utf-8?B?Tmd1eeG7hW4gVGjhu4sgxJDDoG8=?=" NIL "daont" "daklak.doj.gov.vn")) (("=?utf-8?B?Tmd1eeG7hW4gVGjhu4sgxJDDoG8=?=" NIL "daont" "daklak.doj.gov.vn")) (("=?utf-8?B?VsSDbiBwaMOybmcgU+G7nw==?=" NIL "van-phong" "daklak.doj.gov.vn")(NIL NIL "binhdx" "daklak.doj.gov.vn")) (("Tran, Van \"A\"" NIL "tva" "daklak.gov.vn")) NIL "<20261120.7@daklak.gov.vn>" "<20261123.1@daklak.doj.gov.vn>")"#,
        structure: r#"("text" "plain" ("charset" "UTF-8" "format" "flowed") NIL NIL "base64" 186 3 NIL NIL ("vi" "en") NIL)"#,
    },
    Sample {
        raw: include_bytes!("../../tests/messages/windows-1258.eml"),
        envelope: r#"("Tue, 24 Nov 2026 14:30:00 +0700" "=?windows-1258?Q?Th=F4ng_b=E1o_ho=F2p_giao_ban?=" (("=?windows-1258?Q?L=EA_Thi=F2_My=DE_Ha=F2nh?=" NIL "hanhltm" "daklak.doj.gov.vn")) (("=?windows-1258?Q?L=EA_Thi=F2_My=DE_Ha=F2nh?=" NIL "hanhltm" "daklak.doj.gov.vn")) (("=?windows-1258?Q?L=EA_Thi=F2_My=DE_Ha=F2nh?=" NIL "hanhltm" "daklak.doj.gov.vn")) ((NIL NIL "phong-tchc" "daklak.doj.gov.vn")) NIL NIL NIL "<w1258@daklak.doj.gov.vn>")"#,
        structure: r#"("text" "plain" ("charset" "windows-1258") NIL NIL "quoted-printable" 118 2 NIL NIL NIL NIL)"#,
    },
    Sample {
        raw: include_bytes!("../../tests/messages/eight-bit.eml"),
        envelope: r#"("Fri, 27 Nov 2026 07:45:00 +0700" {41}
Quyết định về việc nâng lương (({18}
Phòng Tổ chức NIL "tochuc" "daklak.doj.gov.vn")) (({18}
Phòng Tổ chức NIL "tochuc" "daklak.doj.gov.vn")) (({18}
Phòng Tổ chức NIL "tochuc" "daklak.doj.gov.vn")) (({17}
Đỗ Xuân Bình NIL "binhdx" "daklak.doj.gov.vn")) NIL NIL NIL "<8bit@daklak.doj.gov.vn>")"#,
        structure: r#"("application" "octet-stream" ("name" {19}
Quyết định.doc) NIL NIL "base64" 10 NIL ("attachment" ("filename" {19}
Quyết định.doc)) NIL NIL)"#,
    },
    Sample {
        raw: include_bytes!("../../tests/messages/nested.eml"),
        envelope: r#"("Wed, 25 Nov 2026 09:15:00 +0700" "Cong van 45" (("STP Dak Lak" NIL "vt" "stp.daklak.gov.vn")) ((NIL NIL "van-thu" "stp.daklak.gov.vn")) ((NIL NIL "tra-loi" "stp.daklak.gov.vn")) ((NIL NIL "undisclosed-recipients" NIL)(NIL NIL NIL NIL)) NIL NIL NIL "<nested@stp.daklak.gov.vn>")"#,
        structure: r#"((("text" "plain" ("charset" "utf-8") NIL NIL "8bit" 55 2 NIL NIL NIL NIL)(("text" "html" ("charset" "utf-8") NIL NIL "quoted-printable" 77 1 NIL NIL NIL NIL)("image" "png" ("name" "logo.png") "<logo@x>" NIL "base64" 98 NIL ("inline" ("filename" "logo.png")) NIL NIL) "related" ("type" "text/html" "boundary" "rel") NIL NIL NIL) "alternative" ("boundary" "alt") NIL NIL NIL)("application" "pdf" ("name" "=?utf-8?B?Q8O0bmcgdsSDbiBz4buRIDQ1LnBkZg==?=") NIL "=?utf-8?B?Q8O0bmcgdsSDbg==?=" "base64" 28 NIL ("attachment" ("size" "18" "filename*" "utf-8''C%C3%B4ng%20v%C4%83n%20s%E1%BB%91%2045.pdf")) NIL NIL) "mixed" ("boundary" "mixed") NIL ("vi") "http://stp.daklak.gov.vn/45")"#,
    },
    Sample {
        raw: include_bytes!("../../tests/messages/forward.eml"),
        envelope: r#"("Thu, 26 Nov 2026 10:00:00 +0700" "Fwd: =?utf-8?B?R2nhuqV5IG3hu51pIGjhu41w?=" ((NIL NIL "binhdx" "daklak.doj.gov.vn")) ((NIL NIL "binhdx" "daklak.doj.gov.vn")) ((NIL NIL "binhdx" "daklak.doj.gov.vn")) ((NIL NIL "daont" "daklak.doj.gov.vn")) NIL NIL NIL "<fwd@daklak.doj.gov.vn>")"#,
        structure: r#"(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 10 0 NIL NIL NIL NIL)("message" "rfc822" NIL NIL NIL "7bit" 442 ("Wed, 25 Nov 2026 16:00:00 +0700" "=?utf-8?B?R2nhuqV5IG3hu51pIGjhu41w?=" (("=?utf-8?B?VUJORCB04buJbmg=?=" NIL "ubnd" "daklak.gov.vn")) (("=?utf-8?B?VUJORCB04buJbmg=?=" NIL "ubnd" "daklak.gov.vn")) (("=?utf-8?B?VUJORCB04buJbmg=?=" NIL "ubnd" "daklak.gov.vn")) ((NIL NIL "stp" "daklak.gov.vn")) NIL NIL NIL "<moi@daklak.gov.vn>") (("text" "plain" ("charset" "utf-8") NIL NIL "7bit" 17 0 NIL NIL NIL NIL)("text" "html" ("charset" "utf-8") NIL NIL "7bit" 24 0 NIL NIL NIL NIL) "alternative" ("boundary" "=_inner") NIL NIL NIL) 17 NIL ("attachment" ("filename" "giay moi.eml")) NIL NIL) "mixed" ("boundary" "=_outer") NIL NIL NIL)"#,
    },
    Sample {
        raw: include_bytes!("../../tests/messages/outlook.eml"),
        envelope: r#"("Sat, 28 Nov 2026 11:00:00 -0500" "RE: winmail" (("=?iso-8859-1?Q?Fran=E7ois?= Le" NIL "fle" "example.com")) (("=?iso-8859-1?Q?Fran=E7ois?= Le" NIL "fle" "example.com")) (("=?iso-8859-1?Q?Fran=E7ois?= Le" NIL "fle" "example.com")) ((NIL NIL "root" "")("a@b" NIL "c" "d.example")("John Smith" NIL "js" "e.example")("Kim" NIL "k" "l")) ((NIL NIL "Friends" NIL)(NIL NIL "x" "y.example")("Z" NIL "z" "y.example")(NIL NIL NIL NIL)(NIL NIL "last" "y.example")) NIL NIL "<winmail@example.com>")"#,
        structure: r#"(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 15 1 NIL NIL NIL NIL)("application" "ms-tnef" ("name" "winmail.dat") NIL NIL "base64" 10 NIL ("attachment" ("filename" "winmail.dat")) NIL NIL)("application" "msword" ("name*" "utf-8''B%C3%A1o%20c%C3%A1o.doc") NIL NIL "base64" 12 NIL ("attachment" ("creation-date" "Sat, 28 Nov 2026 10:00:00 GMT" "filename" "Bao cao quy IV nam 2026 cua Van phong.doc")) NIL NIL) "mixed" ("boundary" "----=_NextPart_000_0001_01D8E0A0.12345678") NIL NIL NIL)"#,
    },
    Sample {
        raw: include_bytes!("../../tests/messages/digest.eml"),
        envelope: r#"(NIL "digest" ((NIL NIL "list" "lists.example")) ((NIL NIL "list" "lists.example")) ((NIL NIL "list" "lists.example")) NIL NIL NIL NIL NIL)"#,
        structure: r#"(("message" "rfc822" NIL NIL NIL "7bit" 41 (NIL "one" ((NIL NIL "a" "b.example")) ((NIL NIL "a" "b.example")) ((NIL NIL "a" "b.example")) NIL NIL NIL NIL NIL) ("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 6 0 NIL NIL NIL NIL) 3 NIL NIL NIL NIL)("text" "plain" NIL NIL NIL "7bit" 14 0 NIL NIL NIL NIL) "digest" ("boundary" "d") NIL NIL NIL)"#,
    },
    Sample {
        raw: include_bytes!("../../tests/messages/truncated.eml"),
        envelope: r#"(NIL "cut" ((NIL NIL "a" "b.example")) ((NIL NIL "a" "b.example")) ((NIL NIL "a" "b.example")) NIL NIL NIL NIL NIL)"#,
        structure: r#"(("message" "rfc822" NIL NIL NIL "7bit" 174 (NIL "inner" ((NIL NIL "c" "d.example")) ((NIL NIL "c" "d.example")) ((NIL NIL "c" "d.example")) NIL NIL NIL NIL NIL) (("message" "rfc822" NIL NIL NIL "7bit" 53 (NIL NIL ((NIL NIL "e" "f.example")) ((NIL NIL "e" "f.example")) ((NIL NIL "e" "f.example")) NIL NIL NIL NIL NIL) ("text" "plain" NIL NIL NIL "7bit" 6 0 NIL NIL NIL NIL) 3 NIL NIL NIL NIL) "mixed" ("boundary" "two") NIL NIL NIL) 10 NIL NIL NIL NIL) "mixed" ("boundary" "one") NIL NIL NIL)"#,
    },
];

#[test]
fn real_messages_are_described_as_clients_expect() {
    for sample in SAMPLES {
        let summary = summarise(sample.raw);
        let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace("\r\n", "\n");
        assert_eq!(shown(&summary.envelope), sample.envelope);
        assert_eq!(shown(&summary.structure), sample.structure);
    }
}

#[test]
fn body_is_bodystructure_without_extensions() {
    let body = |index: usize| String::from_utf8_lossy(&summarise(SAMPLES[index].raw).body).into_owned();
    assert_eq!(body(0), r#"("text" "plain" ("charset" "UTF-8" "format" "flowed") NIL NIL "base64" 186 3)"#);
    assert_eq!(
        body(3),
        concat!(
            r#"((("text" "plain" ("charset" "utf-8") NIL NIL "8bit" 55 2)"#,
            r#"(("text" "html" ("charset" "utf-8") NIL NIL "quoted-printable" 77 1)"#,
            r#"("image" "png" ("name" "logo.png") "<logo@x>" NIL "base64" 98) "related") "alternative")"#,
            r#"("application" "pdf" ("name" "=?utf-8?B?Q8O0bmcgdsSDbiBz4buRIDQ1LnBkZg==?=") NIL "#,
            r#""=?utf-8?B?Q8O0bmcgdsSDbg==?=" "base64" 28) "mixed")"#
        )
    );
}

#[test]
fn real_messages_are_found_by_what_they_say() {
    for (index, words) in [
        (0, &["nguyen thi dao", "bao cao cong tac thang 11: de nghi cac don vi", "cac phong, don vi"][..]),
        (1, &["le thi my hanh", "thong bao hop", "duong le duan, buon ma thuot"]),
        (2, &["phong to chuc", "quyet dinh ve viec", "quyet dinh.doc"]),
        (3, &["xem van ban kem theo", "cong van so 45.pdf", "kinh gui quy co quan"]),
        (4, &["giay moi hop", "ubnd tinh", "8 gio ngay", "giay moi.eml"]),
        (5, &["francois le", "winmail.dat", "bao cao quy iv nam 2026 cua van phong.doc"]),
        (7, &["no end", "inner"]),
    ] {
        let text = search_text(SAMPLES[index].raw);
        for word in words {
            assert!(text.contains(word), "{word} in {text}");
        }
    }
}

#[test]
fn sections_are_found_by_number() {
    let raw = SAMPLES[4].raw;
    let root = parts(raw);
    let body = |numbers: &[u32]| root.section(numbers).map(|part| String::from_utf8_lossy(&raw[part.body.clone()]));
    assert_eq!(body(&[1]).unwrap(), "See below.");
    assert_eq!(body(&[2, 1]).unwrap(), "8 gio ngay 30/11.");
    assert_eq!(body(&[2, 2]).unwrap(), "<b>8 gio</b> ngay 30/11.");
    for none in [&[0][..], &[3], &[1, 1], &[2, 3], &[2, 1, 1], &[u32::MAX], &[1; 1000]] {
        assert_eq!(body(none), None, "{none:?}");
    }
    let Content::Message(message) = &root.section(&[2]).unwrap().content else { panic!("{root:?}") };
    let header = &raw[message.header.clone()];
    assert!(header.starts_with(b"From: =?utf-8") && header.ends_with(b"\"=_inner\"\r\n\r\n"));
    // A message that is no multipart has its own body as part 1, and nothing below.
    let single = parts(SAMPLES[1].raw);
    assert_eq!(single.section(&[1]), Some(&single));
    assert_eq!(single.section(&[1, 1]), None);
    let digest = parts(SAMPLES[6].raw);
    assert_eq!(digest.section(&[1, 1]).map(|part| part.body.len()), Some("First.".len()));
    assert_eq!(digest.section(&[1, 1, 1]), None);
}

/// Hostile B58.
#[test]
fn deep_and_wide_messages_are_flattened() {
    let deep = (0..101)
        .map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n"))
        .collect::<Vec<_>>()
        .concat();
    let nested = "Content-Type: message/rfc822\r\n\r\n".repeat(30_000);
    let wide = format!("Content-Type: multipart/mixed; boundary=w\r\n\r\n{}", "--w\r\n\r\nx\r\n".repeat(10_001));
    for raw in [deep, nested, wide] {
        check(raw.as_bytes());
    }
    let Content::Multipart(children) = parts(b"Content-Type: multipart/mixed; boundary=w\r\n\r\n--w--\r\n").content
    else {
        panic!("not a multipart")
    };
    assert!(children.is_empty());
    check(b"Content-Type: multipart/mixed; boundary=w\r\n\r\n--w--\r\n");
}

/// A message/rfc822 in base64, which RFC 2046 §5.2.1 forbids, would have offsets that are not ours.
#[test]
fn an_encoded_message_is_a_file() {
    let raw = b"Content-Type: message/rfc822; name=a.eml\r\nContent-Transfer-Encoding: base64\r\n\r\nU3ViamVjdDogeA0KDQp5\r\n";
    assert_eq!(parts(raw).content, Content::Other);
    let expected = r#"("application" "octet-stream" ("name" "a.eml") NIL NIL "base64" 22)"#;
    assert_eq!(String::from_utf8_lossy(&summarise(raw).body), expected);
}

/// Hostile B59.
#[test]
fn without_a_boundary_that_holds_the_text_is_kept() {
    let long = "x".repeat(2048);
    for boundary in ["", "; boundary=\"\"", "; boundary=absent", &format!("; boundary={long}")] {
        let raw = format!("Content-Type: multipart/mixed{boundary}\r\n\r\nthe text\r\n");
        let body = summarise(raw.as_bytes()).body;
        let expected = r#"("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 10 1)"#;
        assert_eq!(String::from_utf8_lossy(&body), expected, "{boundary}");
        assert!(search_text(raw.as_bytes()).contains("the text"));
    }
    let raw =
        b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nContent-Type: multipart/mixed; boundary=ab\r\n\r\n\
        --ab\r\n\r\none\r\n--ab--\r\n--a\r\n\r\ntwo\r\n--a--\r\n";
    let root = parts(raw);
    assert_eq!(root.section(&[1, 1]).map(|part| &raw[part.body.clone()]), Some(&b"one"[..]));
    assert_eq!(root.section(&[2]).map(|part| &raw[part.body.clone()]), Some(&b"two"[..]));
}

#[test]
fn more_lines_than_any_mail_has_are_one_text() {
    let mut raw = b"Subject: x\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n".to_vec();
    let header = raw.len();
    raw.extend(b"--a\r\nX: y\r\n".repeat(limits::MIME_LINES_MAX));
    let summary = check(&raw);
    assert_eq!(summary.header_len, header);
    assert!(summary.body.starts_with(br#"("text" "plain""#));
    assert_eq!(header_text(&raw), "subject: x\ncontent-type: multipart/mixed; boundary=a");
    assert!(body_text(&raw).starts_with("subject: x"));
}

/// Hostile B61, CVE-2024-23184 and 23185.
#[test]
fn enormous_headers_are_cut() {
    let addresses = format!("To: {}\r\nCc: x@y\r\n\r\n", "a <b@c.example>,\r\n ".repeat(100_000));
    let groups = format!("To: {}\r\n\r\n", "g:".repeat(100_000));
    let subject = format!("Subject: {}\r\nMessage-ID: <a@b>\r\n\r\n", "x".repeat(50 << 20));
    let folds = format!("Subject: {}\r\n\r\n", "x\r\n ".repeat(1 << 20));
    for raw in [addresses, groups, subject, folds] {
        let summary = check(raw.as_bytes());
        assert!(summary.envelope.len() < 2 * limits::ENVELOPE_BYTES_MAX, "{}", summary.envelope.len());
    }
}

/// Hostile B62, B67: nothing in a header can end the list or the string it is shown in.
#[test]
fn names_cannot_break_out() {
    for name in [
        "a\\",
        "\"a\\",
        "(a\\",
        "((",
        "a\"b",
        "a)b(c",
        "../../x",
        "\u{202e}gpj.exe",
        "a\r\n\tb",
        "a\0b",
        "{5}",
        "a\u{1b}[2J",
    ] {
        let raw = format!(
            "From: {name} <a@b>\r\nTo: {name}\r\nSubject: {name}\r\nMessage-ID: {name}\r\nContent-ID: {name}\r\n\
             Content-Type: application/pdf; name=\"{name}\"\r\nContent-Disposition: {name}; filename={name}\r\n\
             Content-Language: {name}, {name}\r\nContent-Location: {name}\r\n\r\n"
        );
        check(raw.as_bytes());
        check(format!("From: {name}").as_bytes());
    }
}

/// Hostile B64.
#[test]
fn thousands_of_parameters_do_no_harm() {
    let pieces = (0..2000).rev().map(|n| format!("; name*{n}*=x; name*{n}=y")).collect::<Vec<_>>().concat();
    let summary = check(format!("Content-Type: text/plain{pieces}\r\n\r\n").as_bytes());
    assert!(summary.structure.len() < limits::FIELD_BYTES_MAX);
}

/// Checks what holds of any bytes: one sound list of the right number of elements each, offsets that nest.
/// All that SEARCH TEXT looks at.
fn search_text(raw: &[u8]) -> String {
    [header_text(raw), body_text(raw)].join("\n")
}

fn check(raw: &[u8]) -> Summary {
    let summary = summarise(raw);
    assert_eq!(elements(&summary.envelope), Some(10), "{}", String::from_utf8_lossy(&summary.envelope));
    for list in [&summary.structure, &summary.body] {
        assert!(elements(list).is_some(), "{}", String::from_utf8_lossy(list));
        assert!(!list.contains(&0));
    }
    let root = parts(raw);
    assert_eq!(root.header.end, summary.header_len);
    assert!(root.body.end <= raw.len());
    assert_nested(&root);
    assert!(search_text(raw).len() <= 2 * limits::SEARCH_TEXT_BYTES_MAX + 1);
    let header = &raw[..summary.header_len];
    assert!(header_text(header).is_empty() || fields(header).next().is_some());
    assert!(thread(header).references.len() <= limits::REFERENCES_MAX);
    summary
}

fn assert_nested(part: &Part) {
    assert!(
        part.header.start <= part.header.end && part.header.end == part.body.start && part.body.start <= part.body.end
    );
    let children = match &part.content {
        Content::Multipart(children) => children.as_slice(),
        Content::Message(message) => std::slice::from_ref(message.as_ref()),
        _ => &[],
    };
    let mut end = part.body.start;
    for child in children {
        assert!(end <= child.header.start && child.body.end <= part.body.end, "{part:?}");
        end = child.body.end;
        assert_nested(child);
    }
}

/// The number of elements of the one list that `bytes` must be; `None` if they are not. The stack is its own, since
/// lists may nest as deep as messages do.
fn elements(bytes: &[u8]) -> Option<usize> {
    let mut open: Vec<usize> = Vec::new();
    let mut rest = bytes;
    loop {
        match rest {
            [b'(', tail @ ..] => {
                open.push(0);
                rest = tail;
                continue;
            }
            [b')', tail @ ..] => {
                let count = open.pop().filter(|count| *count > 0)?;
                rest = tail;
                if open.is_empty() {
                    return rest.is_empty().then_some(count);
                }
            }
            [b'"', tail @ ..] => rest = after_quoted(tail)?,
            [b'{', tail @ ..] => {
                let end = tail.iter().position(|byte| *byte == b'}')?;
                let length: usize = std::str::from_utf8(&tail[..end]).ok()?.parse().ok()?;
                rest = tail[end + 1..].strip_prefix(b"\r\n")?.get(length..)?;
            }
            _ => {
                let end = rest.iter().position(|byte| !byte.is_ascii_alphanumeric())?;
                let is_number = end > 0 && rest[..end].iter().all(u8::is_ascii_digit);
                if !is_number && &rest[..end] != b"NIL" {
                    return None;
                }
                rest = &rest[end..];
            }
        }
        *open.last_mut()? += 1;
        // One space between elements, none before a closing parenthesis or between lists side by side.
        rest = match rest {
            [b' ', b')' | b' ', ..] => return None,
            [b' ', tail @ ..] => tail,
            [b'(' | b')', ..] => rest,
            _ => return None,
        };
    }
}

fn after_quoted(mut rest: &[u8]) -> Option<&[u8]> {
    loop {
        rest = match rest {
            [b'"', tail @ ..] => return Some(tail),
            [b'\\', b'"' | b'\\', tail @ ..] => tail,
            [b' '..=b'~', tail @ ..] if rest[0] != b'\\' => tail,
            _ => return None,
        };
    }
}

/// One change to a message: at a place, some bytes go, others come.
fn change() -> impl Strategy<Value = (prop::sample::Index, usize, Vec<u8>)> {
    let piece = prop_oneof![
        prop::sample::select(PIECES).prop_map(|piece| piece.as_bytes().to_vec()),
        prop::collection::vec(any::<u8>(), 0..8),
    ];
    (any::<prop::sample::Index>(), 0_usize..40, piece)
}

const PIECES: &[&str] = &[
    "\r\n",
    "\n",
    "\r",
    "\r\n\r\n",
    "\0",
    "\"",
    "\\",
    "(",
    ")",
    "<",
    ">",
    "{9}\r\n",
    ";",
    ":",
    ",",
    "=",
    "@",
    "--mixed\r\n",
    "--mixed--",
    "--=_inner\r\n",
    "=?utf-8?B?",
    "=?viscii?Q?",
    "?=",
    "Content-Type: message/rfc822\r\n\r\n",
    "*0*=",
    "\u{1ea1}",
    "Content-Type: multipart/mixed; boundary=mixed\r\n\r\n",
    "Content-Transfer-Encoding: base64\r\n",
    "To: a:b,;\r\n",
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn damaged_messages_are_summarised_soundly(
        sample in prop::sample::select((0..SAMPLES.len()).collect::<Vec<_>>()),
        changes in prop::collection::vec(change(), 1..12),
    ) {
        let mut raw = SAMPLES[sample].raw.to_vec();
        for (place, removed, piece) in changes {
            let begin = place.index(raw.len() + 1);
            let end = raw.len().min(begin + removed);
            raw.splice(begin..end, piece);
        }
        check(&raw);
        body_text(&raw);
    }

    #[test]
    fn any_bytes_are_summarised_soundly(raw in prop::collection::vec(any::<u8>(), 0..400)) {
        check(&raw);
    }
}
