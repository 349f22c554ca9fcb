//! Whatever decisions come in whatever order: the directory stays sound, somebody answers for every mailbox, and nobody
//! who left holds a right.

use std::sync::Arc;

use hopthu::clock::Clock;
use hopthu::credential::{Hasher, Policy};
use hopthu::db::Db;
use hopthu::directory::{
    Decision, Department, Directory, MailboxState, Owner, Place, Reach, Rights, Snapshot, StaffState, Treatment,
    UnitKind, UnitState,
};
use hopthu::name::{Label, LocalPart, NameRule, PersonName};
use hopthu::provisioning::{
    Act, ClientSettings, CloseUnit, CreateUnit, Delegate, Depart, DepartReason, Departure, Endpoint, Failure,
    FirstPassword, FoundDepartment, Hire, Order, Provisioning, Registration, Reinstate, Rename, RenameUnit, Requests,
    Settings, SplitUnit, Transfer,
};
use hopthu::store::{self, Store};
use jiff::Span;
use jiff::tz::{TimeZone, offset};
use proptest::prelude::*;

use crate::centre::Centre;

const DECISIONS: usize = 500;

/// Numbers from a seed: what to decide next, and about whom (a linear congruential generator, Knuth's MMIX).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound.max(1)
    }

    fn one_of<'a, T>(&mut self, some: &'a [T]) -> Option<&'a T> {
        let place = self.below(some.len());
        some.get(place)
    }
}

/// The acts on a database of their own, without a daemon.
struct Office {
    acts: Provisioning,
    dice: Dice,
    numbers: usize,
    _dir: tempfile::TempDir,
}

fn label(text: &str) -> Label {
    Label::parse(text).unwrap()
}

impl Office {
    async fn open(seed: u64) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(&dir.path().join("mail.db")).await.unwrap();
        let clock = Clock::standing("2026-11-24T02:00:00Z".parse().unwrap(), TimeZone::fixed(offset(7)));
        let department = Department {
            own: "daklak.doj.gov.vn".parse().unwrap(),
            provincial: Some("daklak.gov.vn".parse().unwrap()),
            postmaster: None,
            leaders: vec!["giam doc".into(), "pho giam doc".into()],
            office: "van-phong".into(),
            name: "Sở Tư pháp".into(),
        };
        let endpoint = |port| Endpoint { host: "mail.daklak.doj.gov.vn".to_owned(), port };
        let settings = Settings {
            organisation: "Sở Tư pháp".to_owned(),
            name_rule: NameRule::default(),
            passwords: Policy::default(),
            quota_bytes: 2 << 30,
            departure: Departure::default(),
            requests: Requests::Optional,
            work: hopthu::provisioning::items::Terms::default(),
            client: ClientSettings { imap: endpoint(993), submission: endpoint(465), page: None },
        };
        let acts = Provisioning {
            directory: Directory::open(&db, department).await.unwrap(),
            store: Store::open(db.clone(), clock.clone()).await.unwrap(),
            hasher: Hasher::new(),
            clock,
            settings: Arc::new(settings),
            db,
        };
        let mut office = Self { acts, dice: Dice(seed), numbers: 0, _dir: dir };
        let address = LocalPart::parse("sotuphap").unwrap();
        office
            .decide(Act::FoundDepartment(FoundDepartment { address, registration: Registration::Wanted }))
            .await
            .unwrap();
        office.decide(unit("van-phong", None)).await.unwrap();
        office.decide(hire("Đỗ Xuân Bình", "van-phong")).await.unwrap();
        let head = Act::AppointHead { code: "van-phong".into(), who: "binhdx".into() };
        office.decide(head).await.unwrap();
        office
    }

    /// By a decision of a number of its own, sometimes dated ahead or back.
    async fn decide(&mut self, act: Act) -> Result<(), Failure> {
        self.numbers += 1;
        let today = self.acts.clock.today();
        let effective = match self.dice.below(10) {
            0 if self.numbers > 4 => today.saturating_add(Span::new().days(20)),
            1 => today.saturating_sub(Span::new().days(20)),
            _ => today,
        };
        let decision = Decision {
            number: label(&format!("{}/QĐ-STP", self.numbers)),
            dated: today,
            effective,
            kind: act.kind(),
            issuer: None,
            approver: None,
            note: None,
        };
        self.acts.execute(Order::new("test", Some(decision), vec![act])).await.map(drop)
    }

    /// Something that might be decided about the department as it is.
    fn draw(&mut self, snapshot: &Snapshot) -> Option<Act> {
        let units: Vec<_> = snapshot.all_units().filter(|unit| unit.state == UnitState::Open).collect();
        let addresses = |state: StaffState| -> Vec<String> {
            let those = snapshot.all_staff().filter(|person| person.state == state);
            those.filter_map(|person| Some(snapshot.of(Owner::Staff(person.id))?.primary()?.to_string())).collect()
        };
        let (here, away, left) =
            (addresses(StaffState::Active), addresses(StaffState::Suspended), addresses(StaffState::Departed));
        let dice = &mut self.dice;
        let unit = dice.one_of(&units)?.code.clone();
        let other = dice.one_of(&units)?.code.clone();
        // Somebody must be there to be decided about.
        let Some(who) = dice.one_of(&here).cloned() else { return Some(hire("Lê Văn An", &unit)) };
        let colleague = dice.one_of(&here)?.clone();
        let position = dice.one_of(&[None, Some("Giám đốc"), Some("Chuyên viên")]).copied().flatten().map(label);
        let handover_to = (dice.below(2) == 0).then(|| colleague.clone());
        let names = ["Lê Văn An", "Nguyễn Thị Đào", "Y Bhăm Niê", "H'Linh Êban", "Trần Quốc Ước", "Phạm Văn Đức"];
        let name = *dice.one_of(&names)?;
        let code = format!("dv-{}", self.numbers);
        let alias = format!("phu-{}", dice.below(6));
        Some(match dice.below(23) {
            0..=4 => hire(name, &unit),
            5 | 6 => Act::Transfer(Transfer { who, to: unit, position, handover_to }),
            7 | 8 => {
                let treatment = match dice.below(4) {
                    0 => Some(Treatment::Refuse),
                    1 => colleague.parse_address().map(Treatment::Forward),
                    _ => None,
                };
                let reason = DepartReason::ALL[dice.below(5)].0;
                Act::Depart(Depart { who, reason, handover_to, grace: None, treatment })
            }
            9 => Act::Promote { who, position: position? },
            10 => {
                // New, or one that somebody had.
                let address = LocalPart::parse(&format!("ten-moi-{}", dice.below(40))).ok();
                Act::Rename(Rename { who, name: PersonName::parse(name).unwrap(), address })
            }
            11 => Act::Suspend { who },
            12 => Act::Resume { who: dice.one_of(&away)?.clone() },
            13 => {
                let (who, first_password) = (dice.one_of(&left)?.clone(), FirstPassword::Later);
                Act::Reinstate(Reinstate { who, unit: Some(unit), position, first_password })
            }
            14 => self::unit(&code, Some(unit)),
            15 => Act::AppointHead { code: unit, who },
            16 if units.len() > 4 => Act::MergeUnit { code: unit, into: other },
            17 => Act::SplitUnit(SplitUnit {
                code: unit.clone(),
                new: CreateUnit {
                    code: LocalPart::parse(&code).unwrap(),
                    name: label("Đơn vị tách"),
                    kind: UnitKind::Centre,
                    place: Place::Remote,
                    parent: None,
                },
                staff: vec![who],
            }),
            18 if units.len() > 4 && dice.below(2) == 0 => {
                Act::CloseUnit(CloseUnit { code: unit, grace: None, treatment: None })
            }
            18 if units.len() > 4 => {
                let new_code = LocalPart::parse(&code).ok();
                Act::RenameUnit(RenameUnit { code: unit, name: Some(label("Tên mới")), new_code })
            }
            20 => {
                let mailbox = format!("{unit}@daklak.doj.gov.vn").parse_address()?;
                Act::AddAlias { mailbox, alias: LocalPart::parse(&alias).unwrap() }
            }
            21 => {
                let (mailbox, alias) = (who.parse_address()?, LocalPart::parse(&alias).unwrap());
                Act::AddAlias { mailbox, alias }
            }
            22 => Act::RemoveAlias { alias: format!("{alias}@daklak.doj.gov.vn").parse_address()? },
            _ => {
                let mailbox = format!("{unit}@daklak.doj.gov.vn").parse_address()?;
                let rights = if dice.below(2) == 0 { Rights::READ } else { Rights::ALL };
                Act::Delegate(Delegate { mailbox, to: who, rights, from: None, until: None })
            }
        })
    }

    /// The days go on: what waited is done, what was kept long enough is removed.
    async fn days(&mut self) {
        let on = self.acts.clock.now() + jiff::SignedDuration::from_hours(24 * 15);
        self.acts.clock.set(on);
        self.acts.apply_due().await.unwrap();
        for mailbox in self.acts.graces_over() {
            let held = store::volume(&mut self.acts.db.read().await.unwrap(), mailbox).await.unwrap();
            self.acts.end_grace(mailbox, "test", held).await.unwrap();
        }
    }

    /// What must hold whatever was decided.
    async fn assert_sound(&self) {
        let snapshot = self.acts.directory.snapshot();
        assert_eq!(self.acts.directory.check().await.unwrap(), []);
        let today = self.acts.clock.today();
        for mailbox in snapshot.all_mailboxes().filter(|mailbox| mailbox.state != MailboxState::Removed) {
            assert!(!snapshot.stewards(mailbox).is_empty(), "nobody answers for {}", mailbox.shown());
            for person in snapshot.all_staff().filter(|person| person.state == StaffState::Departed) {
                assert!(!snapshot.stewards(mailbox).contains(&person.id), "{} answers", person.name);
                assert!(snapshot.rights(person.id, mailbox.id, today).is_empty(), "{} has a right", person.name);
            }
        }
        let mut connection = self.acts.db.read().await.unwrap();
        assert_eq!(hopthu::store::check(&mut connection).await.unwrap(), []);
        assert!(hopthu::audit::verify(&mut connection).await.unwrap().ok);
    }
}

trait ParseAddress {
    fn parse_address(&self) -> Option<hopthu::address::Address>;
}

impl ParseAddress for String {
    fn parse_address(&self) -> Option<hopthu::address::Address> {
        hopthu::address::Address::parse(self).ok()
    }
}

fn unit(code: &str, parent: Option<String>) -> Act {
    Act::CreateUnit(CreateUnit {
        code: LocalPart::parse(code).unwrap(),
        name: label(&format!("Đơn vị {code}")),
        kind: UnitKind::Division,
        place: Place::Lan,
        parent,
    })
}

fn hire(name: &str, unit: &str) -> Act {
    Act::Hire(Hire {
        name: PersonName::parse(name).unwrap(),
        unit: unit.into(),
        position: None,
        staff_code: None,
        address: None,
        quota_bytes: None,
        reach: Reach::Province,
        registration: Registration::Wanted,
        first_password: FirstPassword::Later,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2, max_shrink_iters: 0, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn five_hundred_decisions_leave_the_department_sound(seed in any::<u64>()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(async {
            let mut office = Office::open(seed).await;
            let mut centre = Centre::open();
            let mut decided = 0;
            for _ in 0..40 * DECISIONS {
                let snapshot = office.acts.directory.snapshot();
                let Some(act) = office.draw(&snapshot) else { continue };
                match office.decide(act.clone()).await {
                    Ok(()) => decided += 1,
                    Err(Failure::Refused(_)) => {
                        let after = office.acts.directory.snapshot();
                        assert_eq!(after.version(), snapshot.version(), "a refusal changed something: {act:?}");
                    }
                    Err(failure) => panic!("{act:?}: {failure}"),
                }
                if decided % 25 == 0 {
                    office.days().await;
                    office.assert_sound().await;
                    centre.follow(&office.acts).await;
                }
                if decided == DECISIONS {
                    break;
                }
            }
            office.assert_sound().await;
            centre.follow(&office.acts).await;
            assert_eq!(decided, DECISIONS, "nothing is allowed any more");
        });
    }
}
