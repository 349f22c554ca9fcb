#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};

use super::answer::{Answer, Outcome, Problem};
use super::file::{self, Header, Range};
use super::judge::{Told, Verdict, judge, sent};
use super::listing::{Line, What, changes, list};
use super::replay::tests::entry;
use super::replay::{Refusal, State};
use crate::address::Address;
use crate::audit::ChangeFile;
use crate::directory::Province;
use crate::seal::{PublicKey, SealFile};

/// A directory that is folded from what a test tells.
#[derive(Clone, Default)]
struct Office(State);

impl Office {
    fn tell(&mut self, subject: &str, decision: Option<i64>, after: Value) -> &mut Self {
        let next = self.0.last() + 1;
        self.0.fold(&entry(next, subject, decision, after)).unwrap();
        self
    }

    /// One unit with a head, and a person in it with a provincial address.
    fn founded() -> Self {
        let mut office = Self::default();
        office
            .tell("decision:1", None, json!({"decision": {"number": "1/QĐ-STP", "dated": "2026-11-02"}}))
            .tell("unit:1", None, json!({"id": 1, "name": "Văn phòng", "head": null}))
            .tell("mailbox:1", None, json!({"kind": "unit", "unit": 1, "staff": null, "state": "open"}))
            .address(1, 1, "van-phong")
            .person(1, "Đỗ Xuân Bình");
        office
    }

    fn person(&mut self, id: i64, name: &str) -> &mut Self {
        let mailbox = id + 100;
        let local = format!("p{id}");
        self.tell(&format!("staff:{id}"), Some(1), json!({"name": name, "unit": 1, "position": null}))
            .tell(&format!("mailbox:{mailbox}"), Some(1), json!({"kind": "staff", "staff": id, "state": "open"}))
            .address(mailbox, mailbox, &local)
    }

    fn address(&mut self, id: i64, mailbox: i64, local: &str) -> &mut Self {
        let row = json!({"mailbox": mailbox, "local": local, "domain": "x.gov.vn", "kind": "provincial",
            "province": "wanted", "state": "live"});
        self.tell(&format!("address:{id}"), Some(1), row)
    }

    fn mark(&mut self, marks: &[(i64, Province)]) -> &mut Self {
        for (row, mark) in marks {
            self.tell(&format!("address:{row}"), None, json!({"province": mark}));
        }
        self
    }

    /// What a file says now, and the marks that go with it.
    fn export(&mut self, before: &Self) -> Vec<Line> {
        let told = changes(&before.0, &self.0);
        let marks = sent(&told, &self.0);
        self.mark(&marks);
        told
    }
}

fn said(changes: &[Line]) -> Vec<(What, &str, i64)> {
    changes.iter().map(|change| (change.change, change.listing.address.as_str(), change.listing.mailbox.0)).collect()
}

fn told(number: i64, changes: &[Line]) -> Told {
    let file = ChangeFile { number, after: 0, to: 0, made_at: 0, digest: [0; 32] };
    Told { file, changes: Some(changes.to_vec()) }
}

fn answer(file: i64, address: &str, result: Outcome) -> Answer {
    let reason = (result == Outcome::Refused).then(|| "trùng tên".to_owned());
    Answer { file, address: Address::parse(address).unwrap(), result, reason }
}

fn judged(answers: &[Answer], told: &[Told], office: &Office) -> Verdict {
    judge(&answers.iter().cloned().enumerate().collect(), told, &office.0).unwrap()
}

#[test]
fn what_is_said_of_an_address_is_told_when_it_changes_with_its_decision() {
    let mut office = Office::founded();
    let before = Office::default();
    let first = office.export(&before);
    assert_eq!(said(&first), [(What::Register, "van-phong@x.gov.vn", 1), (What::Register, "p1@x.gov.vn", 101)]);
    assert_eq!(first[1].decision.as_ref().unwrap().number, "1/QĐ-STP");
    assert_eq!((first[0].listing.name.as_deref(), first[0].listing.unit.as_deref()), (None, Some("Văn phòng")));

    let sent = office.clone();
    assert!(changes(&sent.0, &office.0).is_empty());
    office
        .tell("decision:2", None, json!({"decision": {"number": "2/QĐ-STP", "dated": "2026-11-03"}}))
        .tell("unit:1", Some(2), json!({"head": 1}))
        .tell("staff:1", None, json!({"state": "suspended"}));
    let second = office.export(&sent);
    assert_eq!(said(&second), [(What::Update, "van-phong@x.gov.vn", 1)]);
    assert_eq!(second[0].listing.name.as_deref(), Some("Đỗ Xuân Bình"));
    assert_eq!(second[0].decision.as_ref().unwrap().number, "2/QĐ-STP");

    let sent = office.clone();
    office.tell("unit:1", None, json!({"name": "Văn phòng Sở"})).tell("mailbox:101", None, json!({"state": "closed"}));
    let third = office.export(&sent);
    assert_eq!(said(&third), [(What::Withdraw, "p1@x.gov.vn", 101), (What::Update, "van-phong@x.gov.vn", 1)]);
    assert_eq!((third[0].seq, third[0].decision.as_ref()), (sent.0.last() + 2, None));
    assert_eq!(list(&office.0).len(), 1);
}

#[test]
fn what_came_and_went_between_two_files_is_in_neither() {
    let mut office = Office::founded();
    office.export(&Office::default());
    let sent = office.clone();
    office.person(2, "Lê Thị Ổi").tell("address:102", None, json!({"state": "quarantined", "until": "2027-11-02"}));
    office.tell("mailbox:101", None, json!({"state": "closed"})).tell("mailbox:101", None, json!({"state": "open"}));
    assert!(office.export(&sent).is_empty());
    let later = office.clone();
    office.tell("mailbox:102", None, json!({"state": "removed"}));
    assert!(office.export(&later).is_empty());
}

#[test]
fn an_address_that_goes_to_somebody_else_is_withdrawn_and_registered() {
    let mut office = Office::founded();
    let first = office.export(&Office::default());
    let sent = office.clone();
    office.tell("address:101", None, json!({"state": "quarantined"}));
    office.person(2, "Lê Thị Ổi").tell("address:102", None, json!({"state": "quarantined"})).address(7, 102, "p1");
    office.tell("mailbox:101", None, json!({"state": "removed"}));
    let second = office.export(&sent);
    assert_eq!(said(&second), [(What::Withdraw, "p1@x.gov.vn", 101), (What::Register, "p1@x.gov.vn", 102)]);

    let files = [told(1, &first), told(2, &second)];
    let both = [answer(2, "P1@x.gov.vn", Outcome::Withdrawn), answer(2, "p1@x.gov.vn", Outcome::Registered)];
    let verdict = judged(&both, &files, &office);
    assert_eq!(verdict.marks, [(101, Province::Withdrawn), (7, Province::Registered)]);
}

#[test]
fn a_merged_units_address_leads_elsewhere() {
    let mut office = Office::founded();
    office.export(&Office::default());
    let sent = office.clone();
    office.tell("mailbox:1", None, json!({"state": "removed"})).tell("address:1", Some(1), json!({"mailbox": 101}));
    assert_eq!(said(&office.export(&sent)), [(What::Update, "van-phong@x.gov.vn", 101)]);
}

#[test]
fn an_answer_is_taken_once_and_a_late_one_changes_nothing() {
    let mut office = Office::founded();
    let first = office.export(&Office::default());
    let sent = office.clone();
    let files = [told(1, &first)];
    let answers = [answer(1, "van-phong@x.gov.vn", Outcome::Registered), answer(1, "p1@x.gov.vn", Outcome::Refused)];
    let verdict = judged(&answers, &files, &office);
    assert_eq!(verdict.marks, [(1, Province::Registered), (101, Province::Wanted)]);
    let refusal = Refusal { row: 101, file: 1, reason: "trùng tên".to_owned() };
    assert_eq!(verdict.refused[&1], std::slice::from_ref(&refusal));
    office.mark(&verdict.marks).tell("change_file:1", None, json!({"refused": [refusal]}));
    assert_eq!(judged(&answers, &files, &office), Verdict { known: 2, ..Verdict::default() });

    // It stays wanted: the next file asks again, and the old answer no longer counts.
    let second = office.export(&sent);
    assert_eq!(said(&second), [(What::Register, "p1@x.gov.vn", 101)]);
    let files = [told(1, &first), told(2, &second)];
    assert_eq!(judged(&answers, &files, &office).known, 2);
    assert_eq!(judged(&[answer(2, "p1@x.gov.vn", Outcome::Registered)], &files, &office).marks.len(), 1);
}

/// What is said of somebody may change while the Centre has not answered yet: its answer counts nevertheless.
#[test]
fn an_address_is_registered_by_a_late_answer_though_an_update_was_told_meanwhile() {
    let mut office = Office::founded();
    let first = office.export(&Office::default());
    let sent = office.clone();
    office.tell("staff:1", None, json!({"position": "Phó Chánh Văn phòng"}));
    let second = office.export(&sent);
    assert_eq!(said(&second), [(What::Update, "p1@x.gov.vn", 101)]);
    let files = [told(1, &first), told(2, &second)];
    let both = [answer(1, "p1@x.gov.vn", Outcome::Registered), answer(2, "p1@x.gov.vn", Outcome::Registered)];
    assert_eq!(judged(&both, &files, &office).marks, [(101, Province::Registered)]);
    // A withdrawal that was told meanwhile is another matter.
    let sent = office.clone();
    office.tell("mailbox:101", None, json!({"state": "closed"}));
    let third = office.export(&sent);
    let files = [told(1, &first), told(2, &second), told(3, &third)];
    assert_eq!(judged(&both, &files, &office), Verdict { known: 2, ..Verdict::default() });
}

#[test]
fn a_withdrawal_that_was_refused_is_asked_for_again_and_what_was_refused_is_not_withdrawn() {
    let mut office = Office::founded();
    let first = office.export(&Office::default());
    office.mark(&[(101, Province::Registered), (1, Province::Wanted)]);
    let sent = office.clone();
    office.tell("mailbox:101", None, json!({"state": "closed"})).tell("mailbox:1", None, json!({"state": "closed"}));
    let second = office.export(&sent);
    assert_eq!(said(&second), [(What::Withdraw, "p1@x.gov.vn", 101)]);
    let files = [told(1, &first), told(2, &second)];
    let refused = judged(&[answer(2, "p1@x.gov.vn", Outcome::Refused)], &files, &office);
    assert_eq!(refused.marks, [(101, Province::Registered)]);
    let sent = office.clone();
    office.mark(&refused.marks);
    assert_eq!(said(&office.export(&sent)), [(What::Withdraw, "p1@x.gov.vn", 101)]);
    let sent = office.clone();
    assert!(office.export(&sent).is_empty());
}

#[test]
fn every_wrong_line_of_an_answer_is_told() {
    let mut office = Office::founded();
    let first = office.export(&Office::default());
    let mut cut = told(1, &first);
    cut.changes = None;
    let answers = [
        answer(9, "p1@x.gov.vn", Outcome::Registered),
        answer(2, "p9@x.gov.vn", Outcome::Registered),
        answer(2, "p1@x.gov.vn", Outcome::Withdrawn),
        answer(1, "p1@x.gov.vn", Outcome::Registered),
        answer(2, "p1@x.gov.vn", Outcome::Registered),
        answer(2, "p1@x.gov.vn", Outcome::Refused),
    ];
    let faults = judge(&answers.iter().cloned().enumerate().collect(), &[cut, told(2, &first)], &office.0).unwrap_err();
    let problems: Vec<_> = faults.into_iter().map(|fault| (fault.line, fault.problem)).collect();
    let address = |text| Address::parse(text).unwrap();
    assert_eq!(
        problems,
        [
            (0, Problem::FileUnknown(9)),
            (1, Problem::AddressUnknown(2, address("p9@x.gov.vn"))),
            (2, Problem::Unasked(2, address("p1@x.gov.vn"))),
            (3, Problem::FileCut(1)),
            (5, Problem::Contradiction(4)),
        ]
    );
}

#[test]
fn a_file_is_written_as_documented_and_its_signature_covers_every_line_before() {
    let mut office = Office::founded();
    let first = office.export(&Office::default());
    let dir = tempfile::tempdir().unwrap();
    let seal = SealFile::at(&dir.path().join("office.pem")).open_or_make().unwrap();
    let header = Header {
        format: file::FORMAT.to_owned(),
        version: file::VERSION,
        file: 1,
        previous: None,
        organisation: "Sở Tư pháp".to_owned(),
        domain: "x.doj.gov.vn".parse().unwrap(),
        provincial_domain: "x.gov.vn".parse().unwrap(),
        made: "2026-11-24T01:02:03Z".parse().unwrap(),
        audit: Range { after: 0, to: 9 },
        changes: first.len(),
        public_key: seal.public().to_string(),
    };
    let body = file::body(&header, &first).unwrap();
    let written = file::sealed(body.clone(), &seal.sign(body.as_bytes())).unwrap();
    let lines: Vec<Value> = written.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["made"], "2026-11-24T01:02:03Z");
    let expected = json!({"seq": 7, "change": "register", "address": "p1@x.gov.vn", "mailbox": 101, "kind": "staff",
        "name": "Đỗ Xuân Bình", "unit": "Văn phòng", "position": null,
        "decision": {"number": "1/QĐ-STP", "dated": "2026-11-02"}});
    assert_eq!((&lines[2], lines.len()), (&expected, 4));
    let signature = crate::seal::Signature::parse(lines[3]["signature"].as_str().unwrap()).unwrap();
    assert!(PublicKey::parse(&header.public_key).unwrap().verifies(body.as_bytes(), &signature));

    let table = super::csv::headings() + &super::csv::rows(1, &first);
    assert!(table.starts_with('\u{feff}'));
    let rows = super::csv::read(&table, b',').unwrap();
    let second = [
        "1",
        "7",
        "Đăng ký",
        "p1@x.gov.vn",
        "101",
        "Cá nhân",
        "Đỗ Xuân Bình",
        "Văn phòng",
        "",
        "1/QĐ-STP",
        "02/11/2026",
    ];
    assert_eq!(rows[2].cells, second);
}

/// Hostile F35: a directory of a release whose audit did not tell rows.
#[tokio::test]
async fn what_an_older_release_left_is_in_the_audit_once() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mail.db");
    let first: Vec<_> = sqlx::migrate!().iter().take(2).cloned().collect();
    let older = sqlx::migrate::Migrator { migrations: first.into(), ..sqlx::migrate::Migrator::DEFAULT };
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let mut connection = sqlx::ConnectOptions::connect(&options).await.unwrap();
    older.run(&mut connection).await.unwrap();
    sqlx::raw_sql(
        "INSERT INTO unit (id, code, name, kind, place, state, since)
             VALUES (1, 'vp', 'Văn phòng', 'office', 'lan', 'open', '2026-01-01');
         INSERT INTO mailbox (id, kind, unit, quota_bytes, reach, state, opened)
             VALUES (1, 'unit', 1, 1, 'province', 'open', '2026-01-01');
         INSERT INTO address (mailbox, local, key, domain, kind, province, state, since)
             VALUES (1, 'vp', 'vp', 'x.gov.vn', 'provincial', 'wanted', 'live', '2026-01-01');
         UPDATE directory SET version = 2;",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    sqlx::Connection::close(connection).await.unwrap();
    let db = crate::db::Db::open(&path).await.unwrap();
    let directory = crate::directory::Directory::open(&db, crate::directory::Department::of("x.vn")).await.unwrap();
    let clock = crate::clock::Clock::system(jiff::tz::TimeZone::UTC);
    assert_eq!(super::adopt(&db, &directory, &clock).await.unwrap(), 3);
    assert_eq!(super::adopt(&db, &directory, &clock).await.unwrap(), 0);
    let state = super::advance(&mut db.read().await.unwrap(), State::default(), None).await.unwrap();
    let told: Vec<_> = state.plain().into_iter().map(|(key, row)| (key.to_owned(), row)).collect();
    let mut rows: Vec<_> = directory.snapshot().rows().map(|row| (row.key().to_string(), row.columns())).collect();
    rows.sort_by(|one, other| one.0.cmp(&other.0));
    assert_eq!(told, rows);
    assert_eq!(list(&state).len(), 1);
}
