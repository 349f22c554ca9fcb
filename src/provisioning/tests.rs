#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::sync::Arc;

use jiff::civil::{Date, date};
use jiff::tz::{TimeZone, offset};
use proptest::prelude::*;

use super::*;
use crate::address::Address;
use crate::credential::Policy;
use crate::db::DbError;
use crate::directory::{
    AddressKind, AddressState, Decision, Department, Place, Reach, Resolution, StaffState, UnitKind,
};
use crate::id::MailboxId;
use crate::language::Language;
use crate::name::{Label, LocalPart, NameRule, PersonName};
use crate::store;

/// A department with one unit, on a database of its own.
pub(crate) struct Office {
    pub(crate) acts: Provisioning,
    pub(crate) today: Date,
    _dir: tempfile::TempDir,
}

pub(crate) fn address(local: &str) -> Address {
    Address::parse(&format!("{local}@daklak.doj.gov.vn")).unwrap()
}

pub(crate) fn decision(number: &str, day: Date) -> Decision {
    Decision {
        number: Label::parse(number).unwrap(),
        dated: day,
        effective: day,
        kind: crate::directory::DecisionKind("staff.hire".to_owned()),
        issuer: None,
        approver: None,
        note: None,
    }
}

pub(crate) fn hire(name: &str) -> Hire {
    Hire {
        name: PersonName::parse(name).unwrap(),
        unit: "van-phong".to_owned(),
        position: Some(Label::parse("Chuyên viên").unwrap()),
        staff_code: None,
        address: None,
        quota_bytes: None,
        reach: Reach::Province,
        registration: Registration::Wanted,
        first_password: FirstPassword::ToBeChanged,
    }
}

pub(crate) fn order(decision: Option<Decision>, acts: Vec<Act>) -> Order {
    Order::new("test", decision, acts)
}

impl Office {
    pub(crate) async fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(&dir.path().join("mail.db")).await.unwrap();
        let today = date(2026, 11, 23);
        let zone = TimeZone::fixed(offset(7));
        let clock = Clock::standing("2026-11-23T02:00:00Z".parse().unwrap(), zone);
        let provincial = Some("daklak.gov.vn".parse().unwrap());
        let department = Department { provincial, ..Department::of("daklak.doj.gov.vn") };
        let endpoint = |port| Endpoint { host: "mail.daklak.doj.gov.vn".to_owned(), port };
        let acts = Provisioning {
            directory: Directory::open(&db, department).await.unwrap(),
            store: Store::open(db.clone(), clock.clone()).await.unwrap(),
            hasher: Hasher::new(),
            clock,
            settings: Arc::new(Settings {
                organisation: "Sở Tư pháp".to_owned(),
                name_rule: NameRule::default(),
                passwords: Policy::default(),
                quota_bytes: 2 << 30,
                requests: Requests::Optional,
                departure: Departure::default(),
                work: super::items::Terms::default(),
                client: ClientSettings { imap: endpoint(993), submission: endpoint(465), page: None },
            }),
            db,
        };
        let office = Self { acts, today, _dir: dir };
        let unit = CreateUnit {
            code: LocalPart::parse("van-phong").unwrap(),
            name: Label::parse("Văn phòng Sở").unwrap(),
            kind: UnitKind::Office,
            place: Place::Lan,
            parent: None,
        };
        let found =
            FoundDepartment { address: LocalPart::parse("sotuphap").unwrap(), registration: Registration::Wanted };
        office.done(None, vec![Act::FoundDepartment(found), Act::CreateUnit(unit)]).await;
        office
    }

    pub(crate) async fn done(&self, decision: Option<Decision>, acts: Vec<Act>) -> Done {
        self.acts.execute(order(decision, acts)).await.unwrap()
    }

    pub(crate) async fn hired(&self, number: &str, name: &str) -> Slip {
        let mut done = self.done(Some(decision(number, self.today)), vec![Act::Hire(hire(name))]).await;
        done.acts.pop().unwrap().slip.unwrap()
    }

    async fn refused(&self, order: Order) -> Refusal {
        match self.acts.execute(order).await {
            Err(Failure::Refused(refusal)) => refusal,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn mailbox(&self, local: &str) -> MailboxId {
        self.acts.directory.snapshot().holder(&address(local)).unwrap().id
    }

    /// Everything that must hold after every test.
    pub(crate) async fn sound(&self) {
        assert_eq!(self.acts.directory.check().await.unwrap(), []);
        let mut connection = self.acts.db.read().await.unwrap();
        assert_eq!(store::check(&mut connection).await.unwrap(), []);
        assert!(audit::verify(&mut connection).await.unwrap().ok);
    }
}

#[tokio::test]
async fn a_hire_gives_address_folders_password_and_welcome_in_one_go() {
    let office = Office::open().await;
    let slip = office.hired("45/QĐ-STP", "Nguyễn Thị Đào").await;
    assert_eq!(slip.address, address("daont"));
    let text = slip.text(Language::Vi);
    for part in ["Nguyễn Thị Đào", "daont@daklak.doj.gov.vn", slip.password.expose(), "cổng 993", "Hãy đổi mật khẩu"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(slip.html(Language::En).contains("<td>daont@daklak.doj.gov.vn</td>"));

    let mailbox = office.mailbox("daont");
    let folders = office.acts.store.folders(mailbox).await.unwrap();
    let mut names: Vec<_> = folders.iter().map(|folder| folder.name.to_string()).collect();
    names.sort();
    assert_eq!(names, ["Archive", "Drafts", "INBOX", "Junk", "Sent", "Trash"]);
    let snapshot = office.acts.directory.snapshot();
    let held: Vec<_> =
        snapshot.mailbox(mailbox).unwrap().addresses.iter().map(|held| held.address.to_string()).collect();
    assert_eq!(held, ["daont@daklak.doj.gov.vn", "daont@daklak.gov.vn"]);
    assert_eq!(snapshot.find("nguyen thi dao").unwrap().since, office.today);
    office.sound().await;
}

#[tokio::test]
async fn a_decision_is_applied_once() {
    let office = Office::open().await;
    office.hired("45/QĐ-STP", "Nguyễn Thị Đào").await;
    for again in ["45/QĐ-STP", "45/qd-stp", " 45/QĐ - STP"] {
        let cause = decision(again, office.today);
        let refusal = office.refused(order(Some(cause), vec![Act::Hire(hire("Nguyễn Thị Đào"))])).await;
        assert_eq!((refusal.rule(), refusal.code()), (Some("R16"), "decision_already_entered"));
        assert!(refusal.message(Language::Vi).contains("đã được thực hiện ngày 23/11/2026"), "{refusal}");
    }
    assert_eq!(office.acts.directory.snapshot().all_staff().count(), 1);
    // Numbers begin anew each year.
    let mut earlier = decision("45/QĐ-STP", date(2025, 11, 23));
    earlier.effective = office.today;
    office.done(Some(earlier), vec![Act::Hire(hire("Nguyễn Thị Đào"))]).await;
    office.sound().await;
}

#[tokio::test]
async fn a_decision_that_is_withdrawn_on_its_day_is_either_done_or_withdrawn() {
    let office = Office::open().await;
    let who = office.hired("1/QĐ", "Nguyễn Thị Đào").await.address.to_string();
    for n in 2..6_i8 {
        let number = format!("{n}/QĐ");
        let day = office.acts.clock.today().tomorrow().unwrap();
        let position = Label::parse(&format!("Bậc {n}")).unwrap();
        let act = Act::Promote { who: who.clone(), position: position.clone() };
        let done = office.done(Some(decision(&number, day)), vec![act]).await;
        assert_eq!(done.state, DecisionState::Waiting);
        office.acts.clock.set(office.acts.clock.now() + jiff::SignedDuration::from_hours(24));
        // Both find it waiting before either writes.
        let number = Label::parse(&number).unwrap();
        let (due, withdrawn) = tokio::join!(office.acts.apply_due(), office.acts.cancel(&number, "test", None));
        let applied = due.unwrap().iter().any(|due| due.outcome.is_ok());
        assert_eq!(applied, withdrawn.is_err(), "{withdrawn:?}");
        let known = Recorded::list(&mut office.acts.db.read().await.unwrap()).await.unwrap();
        let state = known.iter().find(|known| known.decision.number == number).unwrap().state;
        assert_eq!(state == DecisionState::Applied, applied);
        let snapshot = office.acts.directory.snapshot();
        let held = snapshot.find(&who).unwrap().position.clone();
        assert_eq!(held.as_deref() == Some(position.as_str()), applied, "{held:?}");
    }
    office.sound().await;
}

#[tokio::test]
async fn what_a_rule_forbids_is_refused_with_its_number() {
    let office = Office::open().await;
    office.hired("1/QĐ", "Đỗ Xuân Bình").await;
    let cause = || Some(decision("2/QĐ", office.today));
    let at = |local: &str| Hire { address: Some(LocalPart::parse(local).unwrap()), ..hire("Lê Văn An") };
    let cases = [
        (None, hire("Lê Văn An"), Some("R16"), "decision_missing"),
        (cause(), at("binhdx"), Some("R3"), "address_in_use"),
        (cause(), at("van-ph0ng"), Some("R3"), "address_looks_like_another"),
        (cause(), at("van-phong"), Some("R3"), "address_in_use"),
        (cause(), hire("Пётр"), Some("R3"), "no_address_for_name"),
        (cause(), Hire { unit: "phong-x".to_owned(), ..hire("Lê Văn An") }, None, "unit_unknown"),
    ];
    for (cause, hire, rule, code) in cases {
        let refusal = office.refused(order(cause, vec![Act::Hire(hire)])).await;
        assert_eq!((refusal.rule(), refusal.code()), (rule, code));
    }
    assert_eq!(office.acts.directory.snapshot().all_staff().count(), 1);
    office.sound().await;
}

#[tokio::test]
async fn one_name_in_any_normal_form_is_one_address_and_namesakes_are_numbered() {
    let office = Office::open().await;
    let decomposed = "Nguye\u{302}\u{303}n Thi\u{323} \u{110}a\u{300}o";
    assert_eq!(office.hired("1/QĐ", "Nguyễn Thị Đào").await.address, address("daont"));
    assert_eq!(office.hired("2/QĐ", decomposed).await.address, address("daont2"));
    let snapshot = office.acts.directory.snapshot();
    assert!(snapshot.all_staff().all(|person| person.name.as_str() == "Nguyễn Thị Đào"));
    let refusal = office.refused(order(None, vec![Act::Suspend { who: "Nguyễn Thị Đào".to_owned() }])).await;
    let Refusal::WhoAmbiguous { candidates, .. } = &refusal else { panic!("{refusal:?}") };
    assert_eq!(candidates.len(), 2);
    assert_eq!(refusal.rule(), None);
    assert!(refusal.message(Language::Vi).contains("daont2@daklak.doj.gov.vn, van-phong"));
    office.sound().await;
}

#[tokio::test]
async fn hires_side_by_side_get_addresses_of_their_own() {
    let office = Office::open().await;
    let hires = (0..6).map(|n| office.hired_owned(n));
    let mut given: Vec<String> =
        futures_util::future::join_all(hires).await.iter().map(|slip| slip.address.key().to_owned()).collect();
    given.sort();
    assert_eq!(given, ["anlv", "anlv2", "anlv3", "anlv4", "anlv5", "anlv6"]);
    office.sound().await;
}

impl Office {
    async fn hired_owned(&self, n: u32) -> Slip {
        self.hired(&format!("{n}/QĐ"), "Lê Văn An").await
    }
}

#[tokio::test]
async fn a_configuration_read_again_is_not_undone_by_acts_of_the_same_commit() {
    let office = Office::open().await;
    let directory = &office.acts.directory;
    for n in 0..4 {
        let leaders = vec![format!("giam doc {n}")];
        let department = Department { leaders, ..directory.snapshot().department().clone() };
        // Both wait for the writer when it looks, and it commits them together.
        let unit = CreateUnit {
            code: LocalPart::parse(&format!("phong-{n}")).unwrap(),
            name: Label::parse(&format!("Phòng {n}")).unwrap(),
            kind: UnitKind::Division,
            place: Place::Lan,
            parent: None,
        };
        let made = office.done(None, vec![Act::CreateUnit(unit)]);
        let (configured, _) = tokio::join!(directory.configure(department.clone()), made);
        configured.unwrap();
        assert_eq!(directory.snapshot().department(), &department);
    }
    office.sound().await;
}

#[tokio::test]
async fn an_address_at_rest_is_given_to_nobody_else_before_its_day() {
    let office = Office::open().await;
    office.hired("1/QĐ", "Lê Văn An").await;
    let directory = office.acts.directory.clone();
    let mailbox = office.mailbox("anlv");
    let rest = office.acts.db.write(move |tx| {
        Box::pin(async move {
            // As a removal does it; the old mailbox keeps another address.
            let mut draft = directory.draft(tx).await?;
            for held in draft.snapshot().mailbox(mailbox).unwrap().addresses.clone() {
                draft.change_address(held.id, |row| {
                    row.state = AddressState::Quarantined;
                    row.until = Some(date(2026, 12, 1));
                });
            }
            draft.give_address(mailbox, &address("an.le"), AddressKind::Primary, date(2026, 11, 23));
            directory.save(tx, draft).await
        })
    });
    rest.await.map_err(|error: DbError| error).unwrap();
    let snapshot = office.acts.directory.snapshot();
    assert_eq!(snapshot.resolve(&address("anlv")), Resolution::Departed);
    assert_eq!(office.hired("2/QĐ", "Lê Văn An").await.address, address("anlv2"));
    let chosen = Hire { address: Some(LocalPart::parse("anlv").unwrap()), ..hire("Lê Văn An") };
    let refusal = office.refused(order(Some(decision("3/QĐ", office.today)), vec![Act::Hire(chosen.clone())])).await;
    assert_eq!((refusal.rule(), refusal.code()), (Some("R3"), "address_in_quarantine"));
    let later = date(2026, 12, 1);
    office.acts.clock.set("2026-12-01T02:00:00Z".parse().unwrap());
    office.done(Some(decision("3/QĐ", later)), vec![Act::Hire(chosen)]).await;
    assert!(matches!(office.acts.directory.snapshot().resolve(&address("anlv")), Resolution::Mailbox(_)));
    office.sound().await;
}

#[tokio::test]
async fn a_rehearsal_foretells_and_changes_nothing() {
    let office = Office::open().await;
    let before = office.acts.directory.snapshot();
    let entries = audit::verify(&mut office.acts.db.read().await.unwrap()).await.unwrap();
    let asked = || order(Some(decision("1/QĐ", office.today)), vec![Act::Hire(hire("Lê Văn An"))]);
    let foretold = office.acts.rehearse(asked()).await.unwrap();
    assert_eq!(office.acts.directory.snapshot(), before);
    assert_eq!(audit::verify(&mut office.acts.db.read().await.unwrap()).await.unwrap(), entries);
    let done = office.acts.execute(asked()).await.unwrap();
    assert_eq!(foretold.acts[0].steps, done.acts[0].steps);
    office.sound().await;
}

#[tokio::test]
async fn acts_of_one_order_are_done_together_or_not_at_all() {
    let office = Office::open().await;
    let acts =
        vec![Act::Hire(hire("Lê Văn An")), Act::Hire(hire("Lê Văn An")), Act::Suspend { who: "nobody".to_owned() }];
    let refusal = office.refused(order(Some(decision("1/QĐ", office.today)), acts.clone())).await;
    assert_eq!(refusal.code(), "who_unknown");
    assert_eq!(office.acts.directory.snapshot().all_staff().count(), 0);
    let done = office.done(Some(decision("1/QĐ", office.today)), acts[..2].to_vec()).await;
    let given: Vec<_> = done.acts.iter().map(|act| act.slip.as_ref().unwrap().address.key().to_owned()).collect();
    assert_eq!(given, ["anlv", "anlv2"]);
    office.sound().await;
}

#[tokio::test]
async fn what_is_typed_is_data_and_never_sql() {
    let office = Office::open().await;
    for (n, name) in ["x' OR 1=1--", "Robert'); DROP TABLE staff;--", "*)(uid=*", "a%", "b_"].into_iter().enumerate() {
        let typed = Hire { address: Some(LocalPart::parse(&format!("name{n}")).unwrap()), ..hire(name) };
        office.done(Some(decision(&format!("{n}/'--"), office.today)), vec![Act::Hire(typed)]).await;
        assert_eq!(office.acts.directory.snapshot().find(name).unwrap().name.as_str(), name);
    }
    for who in ["%", "_", "' OR ''='", "name%@daklak.doj.gov.vn"] {
        let refusal = office.refused(order(None, vec![Act::Suspend { who: who.to_owned() }])).await;
        assert_eq!(refusal.code(), "who_unknown", "{who}");
    }
    assert!(office.acts.directory.snapshot().all_staff().all(|person| person.state == StaffState::Active));
    office.sound().await;
}

#[tokio::test]
async fn every_change_has_its_entry_and_no_entry_a_password() {
    let office = Office::open().await;
    let slip = office.hired("45/QĐ-STP", "Nguyễn Thị Đào").await;
    let suspend = Order {
        note: Some("vắng mặt".to_owned()),
        ..order(None, vec![Act::Suspend { who: "daont@daklak.doj.gov.vn".to_owned() }])
    };
    office.acts.execute(suspend).await.unwrap();
    let mut connection = office.acts.db.read().await.unwrap();
    let entries = audit::list(&mut connection, &audit::Filter::default()).await.unwrap();
    let what: Vec<_> = entries.iter().map(|entry| entry.what.as_str()).collect();
    let hired = ["decision.applied", "staff.hire", "staff.hire", "staff.hire", "staff.hire", "staff.hire"];
    assert!(what.windows(hired.len()).any(|some| some == hired), "{what:?}");
    let subjects: Vec<_> = entries.iter().rev().take(7).map(|entry| entry.subject.as_str()).collect();
    assert_eq!(subjects, ["mailbox:3", "staff:1", "credential:3", "address:6", "address:5", "mailbox:3", "staff:1"]);
    let suspended = &entries[entries.len() - 2];
    assert_eq!((suspended.what.as_str(), suspended.note.as_deref()), ("staff.suspend", Some("vắng mặt")));
    assert_eq!(suspended.before, Some(serde_json::json!({ "state": "active" })));
    let all = format!("{entries:?}");
    assert!(!all.contains(slip.password.expose()) && !all.contains("$argon2id$"));
}

#[tokio::test]
async fn mail_finds_its_mailbox_by_every_address() {
    let office = Office::open().await;
    office.hired("1/QĐ", "Lê Văn An").await;
    let an = Resolution::Mailbox(office.mailbox("anlv"));
    let department = Resolution::Mailbox(office.mailbox("sotuphap"));
    let resolve = |text: &str| office.acts.directory.snapshot().resolve(&Address::parse(text).unwrap());
    assert_eq!(resolve("ANLV@Daklak.doj.gov.vn"), an);
    assert_eq!(resolve("anlv+viec@daklak.doj.gov.vn"), an);
    assert_eq!(resolve("postmaster@daklak.doj.gov.vn"), department);
    assert_eq!(resolve("Abuse@daklak.doj.gov.vn"), department);
    assert_eq!(resolve("nobody@daklak.doj.gov.vn"), Resolution::Unknown);
    assert_eq!(resolve("anlv@daklak.gov.vn"), Resolution::Foreign, "the province has not registered it yet");
    assert_eq!(resolve("anlv@example.vn"), Resolution::Foreign);
    office.done(None, vec![Act::Suspend { who: "Lê Văn An".to_owned() }]).await;
    assert_eq!(resolve("anlv+viec@daklak.doj.gov.vn"), Resolution::Suspended);
    let refusal = office.refused(order(None, vec![Act::Suspend { who: "anlv@daklak.doj.gov.vn".to_owned() }])).await;
    assert_eq!(refusal.rule(), Some("R9"));
    office.done(None, vec![Act::Resume { who: "Le Van An".to_owned() }]).await;
    assert_eq!(resolve("anlv@daklak.doj.gov.vn"), an);
    office.sound().await;
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]
    /// Whatever is asked in whatever order, what was refused changed nothing and what was done left everything sound.
    #[test]
    fn any_sequence_of_acts_leaves_the_directory_sound(asked in prop::collection::vec((0_u8..4, 0_usize..4), 1..12)) {
        let names = ["Lê Văn An", "Lê Vân An", "Nguyễn Thị Đào", "Y Bhăm Niê"];
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(async {
            let office = Office::open().await;
            for (n, (kind, name)) in asked.into_iter().enumerate() {
                let who = names[name].to_owned();
                let act = match kind {
                    0 => Act::Hire(hire(&who)),
                    1 => Act::Suspend { who },
                    2 => Act::Resume { who },
                    _ => Act::SetPassword { who },
                };
                let before = office.acts.directory.snapshot();
                let cause = decision(&format!("{n}/QĐ"), office.today);
                match office.acts.execute(order(Some(cause), vec![act])).await {
                    Ok(_) => assert!(office.acts.directory.snapshot().version() > before.version()),
                    Err(Failure::Refused(_)) => assert_eq!(office.acts.directory.snapshot(), before),
                    Err(failure) => panic!("{failure}"),
                }
            }
            office.sound().await;
        });
    }
}
