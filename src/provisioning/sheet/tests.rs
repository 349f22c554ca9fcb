//! Files as offices write them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use proptest::prelude::*;

use super::*;
use crate::language::Language;
use crate::name::PersonName;
use crate::provisioning::FirstPassword;
use crate::provisioning::tests::Office;

const OFFICE: &str = "\
STT;Số quyết định;Ngày ký;Hiệu lực;Người ký;Loại;Họ và tên;Mã cán bộ;Đơn vị;Đơn vị mới;Chức vụ;Địa chỉ;Tên mới;Bàn giao cho
1;45/QĐ-STP;02/11/2026;15/11/2026;Nguyễn Văn A;Tuyển dụng;Đặng Thị Huế;CB101;van-phong;;Chuyên viên;-;;
2;45/QĐ-STP;02/11/2026;;;tuyển dụng;Lê Văn Lộc;CB102;van-phong;;;loc.lv;;

3;46/QĐ-STP;2026-11-03;;;ĐIỀU ĐỘNG;Nguyễn Thị Đào;CB007;;to-chuc;Phó trưởng phòng;;;
4;47/QĐ-STP;2026-11-03;;;nghỉ hưu;Phạm Văn Đức;;;;;;;CB007
5;45/QĐ-STP;02/11/2026;15/11/2026;;doi ten;;CB003;;;;;Trần Thị Mười;
";

fn planned(text: &str) -> Vec<Planned> {
    let sheet = read(text.as_bytes(), Encoding::Recognised);
    sheet.unwrap_or_else(|faults| panic!("{}", told(&faults).join("\n"))).planned
}

fn told(faults: &[Fault]) -> Vec<String> {
    let place = |fault: &Fault| fault.place.as_ref().map_or(0, |place| place.number);
    faults.iter().map(|fault| format!("{}:{} {}", fault.line, place(fault), fault.code())).collect()
}

fn faults(text: &str) -> Vec<String> {
    told(&read(text.as_bytes(), Encoding::Recognised).unwrap_err())
}

#[test]
fn rows_of_one_number_are_one_decision() {
    let planned = planned(OFFICE);
    let outline: Vec<_> = planned
        .iter()
        .map(|planned| {
            let lines: Vec<_> = planned.acts.iter().map(|row| row.line).collect();
            (planned.decision.number.as_str(), planned.decision.effective.to_string(), lines)
        })
        .collect();
    assert_eq!(
        outline,
        [
            ("45/QĐ-STP", "2026-11-15".to_owned(), vec![2, 3, 7]),
            ("46/QĐ-STP", "2026-11-03".to_owned(), vec![5]),
            ("47/QĐ-STP", "2026-11-03".to_owned(), vec![6]),
        ]
    );
    assert_eq!(planned[0].decision.issuer.as_deref(), Some("Nguyễn Văn A"));
    let transfer = &planned[1].acts[0];
    assert_eq!(transfer.bears.as_ref().map(PersonName::as_str), Some("Nguyễn Thị Đào"));
    let retires = &planned[2].acts[0];
    assert_eq!(retires.bears, None, "a name that names the person is looked up");
}

#[test]
fn every_fault_of_a_file_is_told_with_line_and_column() {
    let text = "\
decision,dated,effective,kind,name,unit,to,position,pay
,2026-11-02,,hire,A,van-phong,,,
1/QĐ,31/02/2026,,hire,B,,,=cmd,
2/QĐ,2026-11-02,,thăng thiên,C,,,,
3/QĐ,2026-11-02,,transfer,D,van-phong,,,9
3/QĐ,2026-11-02,2026-11-05,transfer,E,,van-phong,,
3/QĐ,2026-11-03,2026-11-06,transfer,F,,van-phong,,,x
";
    assert_eq!(
        faults(text),
        [
            "1:9 column_unknown",
            "2:1 cell_needed",
            "3:2 date",
            "3:6 cell_needed",
            "3:8 formula",
            "4:4 kind_unknown",
            "5:6 cell_not_used",
            "5:7 cell_needed",
            "7:2 decision_disagrees",
            "7:3 decision_disagrees",
            "7:10 column_unknown",
        ]
    );
}

/// Hostile B88.
#[test]
fn what_may_be_there_once_is_refused_with_the_line_of_the_first() {
    let text = "\
decision,dated,kind,name,unit,staff code,address,unit name,unit kind
1,2026-11-02,hire,Lê Văn An,van-phong,CB1,anlv,,
1,2026-11-02,hire,Lê Văn An,van-phong,cb1,,,
1,2026-11-02,hire,Lê Văn Anh,van-phong,CB3,AnLV,,
1,2026-11-02,hire,Lê Văn An,van-phong,CB4,,,
1,2026-11-02,hire,Lê Văn An,van-phong,CB4,,,
2,2026-11-02,unit create,,anlv,,,Phòng A,division
";
    assert_eq!(
        faults(text),
        ["3:6 staff_code_twice", "4:7 address_twice", "6:0 row_repeated", "6:6 staff_code_twice", "7:5 unit_twice"]
    );
    let namesakes = "decision,dated,kind,name,unit\n1,2026-11-02,hire,Lê Văn An,a\n2,2026-11-02,hire,Lê Văn An,a\n";
    assert_eq!(planned(namesakes).len(), 2, "two people may bear one name");
}

#[test]
fn a_split_and_a_departure_read_their_columns() {
    let text = "\
Số QĐ,Ngày ký,Loại,Đơn vị,Mã mới,Tên đơn vị,Loại đơn vị,Nơi,Cán bộ chuyển sang,Ai,Lý do
1,2/11/2026,chia tách đơn vị,to-chuc,phap-che,Phòng Pháp chế,Phòng,Ở xa,\"CB1; CB2;
Lê Văn An\",,
2,2/11/2026,rời cơ quan,,,,,,,cb9@x.vn,từ trần
3,2/11/2026,đổi tên đơn vị,to-chuc,,,,,,,
";
    assert_eq!(faults(text), ["5:0 nothing_new"]);
    let text: String = text.split_inclusive('\n').take(4).collect();
    let planned = planned(&text);
    assert_eq!(planned[1].acts[0].line, 4);
    assert_eq!(format!("{:?}", planned[0].acts[0].act).matches("CB2").count(), 1);
}

/// R11: a file that was done changes nothing, whatever the people in it are called since.
#[tokio::test]
async fn a_file_with_the_names_of_then_may_be_given_again() {
    let office = Office::open().await;
    let text = "số quyết định;ngày ký;loại;họ và tên;mã cán bộ;đơn vị;chức vụ;tên mới\n\
                1/QĐ;02/11/2026;tuyển dụng;Nguyễn Thị Đào;CB1;van-phong;;\n\
                2/QĐ;03/11/2026;bổ nhiệm;Nguyễn Thị Đào;CB1;;Phó phòng;\n\
                3/QĐ;04/11/2026;đổi tên;Nguyễn Thị Đào;CB1;;;Nguyễn Thị Hồng Đào\n";
    let order = || SheetOrder {
        planned: planned(text),
        first_password: FirstPassword::Later,
        approver: None,
        note: None,
        actor: "test".to_owned(),
    };
    office.acts.execute_sheet(order(), Manner::Apply).await.unwrap();
    for manner in [Manner::Rehearse, Manner::Apply] {
        let again = office.acts.execute_sheet(order(), manner).await.unwrap();
        assert!(again.iter().all(|one| matches!(one.outcome, Outcome::Already(_))), "{again:?}");
    }
    office.sound().await;
}

#[test]
fn a_word_that_a_rule_refuses_is_found_again() {
    let sheet = read(OFFICE.as_bytes(), Encoding::Recognised).unwrap();
    let place = |line, word| sheet.place(line, word).map(|place| (place.number, place.header.unwrap()));
    assert_eq!(place(5, "TO-CHUC"), Some((10, "Đơn vị mới".to_owned())));
    assert_eq!(place(6, "cb007"), Some((14, "Bàn giao cho".to_owned())));
    assert_eq!(place(6, "to-chuc"), None);
}

#[test]
fn every_fault_has_its_words() {
    let all = [OFFICE.replace("CB101", "=1"), OFFICE.replace("ĐIỀU ĐỘNG", "x"), OFFICE.replace("STT", "Lương")];
    for fault in all.iter().flat_map(|text| read(text.as_bytes(), Encoding::Recognised).unwrap_err()) {
        assert_ne!(fault.message(Language::Vi), fault.message(Language::En));
    }
}

fn cell() -> impl Strategy<Value = String> {
    "[A-Za-zĐđÀ-ỹ0-9.,;\t\"' \r\n]{0,20}"
}

fn quoted(cells: &[Vec<String>], separator: char) -> String {
    let line = |row: &Vec<String>| {
        let cells: Vec<_> = row.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
        cells.join(&separator.to_string()) + "\r\n"
    };
    cells.iter().map(line).collect()
}

proptest! {
    #[test]
    fn no_octets_are_too_much(octets in prop::collection::vec(any::<u8>(), 0..400)) {
        for encoding in [Encoding::Recognised, Encoding::Utf8, Encoding::Utf16Le, Encoding::Utf16Be, Encoding::Windows1258] {
            if let Err(faults) = read(&octets, encoding) {
                prop_assert!(!faults.is_empty());
            }
        }
    }

    #[test]
    fn no_table_is_too_much(
        rows in prop::collection::vec(prop::collection::vec(cell(), 14), 0..6),
        separator in prop::sample::select(vec![',', ';', '\t']),
    ) {
        let header = OFFICE.lines().next().unwrap().split(';').map(str::to_owned).collect();
        let text = quoted(&[vec![header], rows].concat(), separator);
        if let Err(faults) = read(text.as_bytes(), Encoding::Recognised) {
            prop_assert!(faults.iter().all(|fault| fault.line >= 1 && !fault.message(Language::Vi).is_empty()));
        }
    }

    /// One table, in every encoding and with every separator, reads the same (hostile B87).
    #[test]
    fn form_makes_no_difference(
        names in prop::collection::vec(
            "[A-ZĐÂÊÔƠƯÁỲ][a-zàáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵ]{1,6} [A-ZĐ][a-zđ]{1,6}",
            1..6
        ),
        separator in prop::sample::select(vec![',', ';', '\t']),
    ) {
        let mut cells: Vec<Vec<String>> =
            vec![["số quyết định", "ngày ký", "loại", "họ và tên", "đơn vị"].map(str::to_owned).into()];
        let row = |(n, name): (usize, &String)| vec![n.to_string(), "2/11/2026".into(), "tuyển dụng".into(), name.clone(), "a".into()];
        cells.extend(names.iter().enumerate().map(row));
        let expected = read(quoted(&cells, ',').as_bytes(), Encoding::Recognised).map(|sheet| sheet.planned);
        prop_assert!(expected.is_ok(), "{expected:?}");
        let text = quoted(&cells, separator);
        let wide = |unit: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(unit).collect::<Vec<_>>();
        for octets in [text.as_bytes().to_vec(), format!("\u{feff}{text}").into_bytes(), wide(u16::to_le_bytes), wide(u16::to_be_bytes)] {
            prop_assert_eq!(&read(&octets, Encoding::Recognised).map(|sheet| sheet.planned), &expected);
        }
        // What windows-1258 can write, decomposed as it must be, comes back composed.
        let decomposed: String = text.chars().flat_map(unwindowed).collect();
        let (octets, _, lost) = encoding_rs::WINDOWS_1258.encode(&decomposed);
        if !lost {
            prop_assert_eq!(&read(&octets, Encoding::Windows1258).map(|sheet| sheet.planned), &expected);
        }
    }
}

/// A letter as windows-1258 can write it: letters with tones as a letter and a mark, others whole.
fn unwindowed(letter: char) -> Vec<char> {
    use unicode_normalization::UnicodeNormalization;
    let tones = ['\u{300}', '\u{301}', '\u{303}', '\u{309}', '\u{323}'];
    let marks: Vec<char> = std::iter::once(letter).nfd().collect();
    let (tone, base): (Vec<char>, Vec<char>) = marks.into_iter().partition(|mark| tones.contains(mark));
    base.into_iter().nfc().chain(tone).collect()
}
