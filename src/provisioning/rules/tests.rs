//! Lives that people, units and their addresses may lead, as decisions make them.
#![allow(clippy::unwrap_used, clippy::panic)]

use jiff::civil::{Date, date};

use crate::directory::{Owner, Place, Resolution, StaffState, Treatment, UnitKind};
use crate::name::{Label, LocalPart, PersonName};
use crate::period::Period;
use crate::provisioning::tests::{Office, address, decision, hire, order};
use crate::provisioning::{
    Act, CloseUnit, CreateUnit, Depart, DepartReason, Failure, Hire, OpenMailbox, Order, Refusal, Rename, RenameUnit,
    Step, Transfer,
};

fn local(text: &str) -> LocalPart {
    LocalPart::parse(text).unwrap()
}

fn unit(code: &str, parent: Option<&str>) -> Act {
    let name = Label::parse(&format!("Phòng {code}")).unwrap();
    let parent = parent.map(str::to_owned);
    Act::CreateUnit(CreateUnit { code: local(code), name, kind: UnitKind::Division, place: Place::Lan, parent })
}

fn joins(name: &str, unit: &str) -> Act {
    Act::Hire(Hire { unit: unit.to_owned(), ..hire(name) })
}

fn leaves(who: &str, handover_to: Option<&str>) -> Depart {
    let handover_to = handover_to.map(str::to_owned);
    Depart { who: who.to_owned(), reason: DepartReason::Retire, handover_to, grace: None, treatment: None }
}

fn heads(code: &str, who: &str) -> Act {
    Act::AppointHead { code: code.to_owned(), who: who.to_owned() }
}

fn known_by(who: &str, name: &str, address: &str) -> Act {
    let name = PersonName::parse(name).unwrap();
    Act::Rename(Rename { who: who.to_owned(), name, address: Some(local(address)) })
}

/// An order by a decision of its own number, of this day.
fn decided(office: &Office, acts: Vec<Act>) -> Order {
    let entered = format!("{}/QĐ", office.acts.directory.snapshot().version());
    order(Some(decision(&entered, office.acts.clock.today())), acts)
}

async fn done(office: &Office, acts: Vec<Act>) {
    office.acts.execute(decided(office, acts)).await.unwrap();
}

async fn refused(office: &Office, acts: Vec<Act>) -> Refusal {
    match office.acts.execute(decided(office, acts)).await {
        Err(Failure::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

/// Live addresses of whoever is found under one, the primary first.
fn addresses(office: &Office, under: &str) -> Vec<String> {
    let snapshot = office.acts.directory.snapshot();
    let ours = |held: &&crate::directory::Held| held.address.domain() == address("x").domain();
    let held = &snapshot.holder(&address(under)).unwrap().addresses;
    held.iter().filter(ours).map(|held| held.address.local().to_owned()).collect()
}

#[tokio::test]
async fn r3_who_had_an_address_may_have_it_again_as_the_primary_one() {
    let office = Office::open().await;
    done(&office, vec![joins("Nguyễn Thị Đào", "van-phong"), unit("phong-a", None)]).await;
    done(&office, vec![known_by("daont", "Nguyễn Thị Hồng Đào", "daonth")]).await;
    assert_eq!(addresses(&office, "daont"), ["daonth", "daont"]);
    done(&office, vec![known_by("daont", "Nguyễn Thị Đào", "daont")]).await;
    assert_eq!(addresses(&office, "daont"), ["daont", "daonth"]);

    let recoded = |code: &str, new: &str| {
        Act::RenameUnit(RenameUnit { code: code.to_owned(), name: None, new_code: Some(local(new)) })
    };
    // There and back in one order too.
    done(&office, vec![recoded("phong-a", "phong-b")]).await;
    done(&office, vec![recoded("phong-b", "phong-a"), recoded("phong-a", "phong-b"), recoded("phong-b", "phong-a")])
        .await;
    assert_eq!(addresses(&office, "phong-b"), ["phong-a", "phong-b"]);
    office.sound().await;
}

#[tokio::test]
async fn r3_a_further_address_that_rests_is_given_back_to_who_had_it_and_to_nobody_else() {
    let office = Office::open().await;
    done(&office, vec![unit("phong-a", None), unit("phong-b", None), joins("Lê Văn An", "phong-a")]).await;
    let alias = |of: &str| Act::AddAlias { mailbox: address(of), alias: local("tiep-dan") };
    done(&office, vec![alias("phong-a"), Act::RemoveAlias { alias: address("tiep-dan") }]).await;
    for other in ["phong-b", "anlv"] {
        let refusal = refused(&office, vec![alias(other)]).await;
        assert_eq!(refusal.code(), "address_in_quarantine", "{refusal}");
    }
    done(&office, vec![alias("phong-a")]).await;
    assert_eq!(addresses(&office, "tiep-dan"), ["phong-a", "tiep-dan"]);
    // It goes along with the unit, whatever it went through before.
    done(&office, vec![Act::MergeUnit { code: "phong-a".to_owned(), into: "phong-b".to_owned() }]).await;
    assert_eq!(addresses(&office, "tiep-dan"), ["phong-b", "phong-a", "tiep-dan"]);
    assert_eq!(refused(&office, vec![alias("phong-b")]).await.code(), "address_in_use");
    office.sound().await;
}

/// A mailbox would be in the hands of somebody who cannot open it.
#[tokio::test]
async fn r24_nobody_who_is_suspended_or_leaving_takes_a_mailbox_over() {
    let office = Office::open().await;
    let hires = ["Lê Văn An", "Nguyễn Thị Đào", "Đỗ Xuân Bình"].map(|name| joins(name, "van-phong"));
    done(&office, hires.to_vec()).await;
    done(&office, vec![heads("van-phong", "binhdx")]).await;
    done(&office, vec![Act::Suspend { who: "daont".to_owned() }]).await;
    let suspended = |refusal: &Refusal| matches!(refusal, Refusal::Standing { state: StaffState::Suspended, .. });
    let moves = Transfer {
        who: "binhdx".to_owned(),
        to: "van-phong".to_owned(),
        position: Some(Label::parse("Phó Giám đốc").unwrap()),
        handover_to: Some("daont".to_owned()),
    };
    for act in [
        heads("van-phong", "daont"),
        Act::Depart(leaves("binhdx", Some("daont"))),
        Act::Depart(leaves("anlv", Some("daont"))),
        Act::Transfer(moves),
    ] {
        let refusal = refused(&office, vec![act]).await;
        assert!(suspended(&refusal), "{refusal}");
    }
    for who in ["binhdx", "anlv"] {
        assert_eq!(refused(&office, vec![Act::Depart(leaves(who, Some(who)))]).await.code(), "nothing_changes");
    }
    done(&office, vec![Act::Resume { who: "daont".to_owned() }, heads("van-phong", "daont")]).await;
    office.sound().await;
}

#[tokio::test]
async fn r15_new_mail_is_answered_for_the_whole_grace_though_the_decision_is_dated_back() {
    let office = Office::open().await;
    done(&office, vec![joins("Lê Văn An", "van-phong"), joins("Đỗ Xuân Bình", "van-phong"), unit("phong-a", None)])
        .await;
    let back = |number: &str| decision(number, date(2025, 11, 3));
    let until =
        |owner: Owner| office.acts.directory.snapshot().of(owner).unwrap().grace.as_ref().map(|grace| grace.until);
    let binh = office.acts.directory.snapshot().find("binhdx").unwrap().id;
    let part = office.acts.directory.snapshot().unit_by_code("phong-a").unwrap().id;
    office.acts.execute(order(Some(back("90/QĐ")), vec![Act::Depart(leaves("binhdx", None))])).await.unwrap();
    let close =
        CloseUnit { code: "phong-a".to_owned(), grace: Some(Period::months(1)), treatment: Some(Treatment::Refuse) };
    office.acts.execute(order(Some(back("91/QĐ")), vec![Act::CloseUnit(close)])).await.unwrap();
    let (half, month): (Date, Date) = (date(2027, 5, 23), date(2026, 12, 23));
    assert_eq!((until(Owner::Staff(binh)), until(Owner::Unit(part))), (Some(half), Some(month)));
    assert!(office.acts.graces_over().is_empty());
    office.sound().await;
}

#[tokio::test]
async fn r24_an_opening_of_a_units_mailbox_ends_with_its_head() {
    let office = Office::open().await;
    done(&office, vec![joins("Lê Văn An", "van-phong"), joins("Nguyễn Thị Đào", "van-phong")]).await;
    done(&office, vec![heads("van-phong", "anlv")]).await;
    let reason = Label::parse("kiểm tra").unwrap();
    let open = OpenMailbox { mailbox: address("van-phong"), reason, minutes: 30 };
    office.acts.execute(order(None, vec![Act::OpenMailbox(open)])).await.unwrap();
    let generation =
        |office: &Office| office.acts.directory.snapshot().holder(&address("van-phong")).unwrap().generation;
    let before = generation(&office);
    done(&office, vec![heads("van-phong", "daont")]).await;
    assert!(generation(&office) > before);
    office.sound().await;
}

/// The rows of one order refer to each other, whichever of them began or ended in it.
#[tokio::test]
async fn r14_one_order_founds_a_unit_moves_another_below_it_and_closes_that() {
    let office = Office::open().await;
    done(&office, vec![unit("phong-a", None), unit("to-1", Some("phong-a")), joins("Lê Văn An", "phong-a")]).await;
    done(&office, vec![heads("phong-a", "anlv")]).await;
    let merge = |code: &str, into: &str| Act::MergeUnit { code: code.to_owned(), into: into.to_owned() };
    let close = CloseUnit { code: "to-1".to_owned(), grace: None, treatment: None };
    done(
        &office,
        vec![
            unit("phong-moi", None),
            joins("Nguyễn Thị Đào", "phong-moi"),
            heads("phong-moi", "daont"),
            merge("phong-a", "phong-moi"),
            Act::CloseUnit(close),
        ],
    )
    .await;
    assert_eq!(addresses(&office, "phong-a"), ["phong-moi", "phong-a"]);
    office.sound().await;
}

/// Whoever heads a unit from outside it has the department's mailbox by that only: it ends with the unit (R25).
#[tokio::test]
async fn r25_what_is_delegated_to_a_head_ends_with_the_unit() {
    let office = Office::open().await;
    done(&office, vec![unit("phong-a", None), joins("Lê Văn An", "phong-a"), joins("Nguyễn Thị Đào", "van-phong")])
        .await;
    done(&office, vec![heads("phong-a", "anlv")]).await;
    done(&office, vec![Act::Depart(leaves("anlv", Some("daont")))]).await;
    let rights = "read".parse().unwrap();
    let (mailbox, to) = (address("sotuphap"), "daont".to_owned());
    let delegate = crate::provisioning::Delegate { mailbox, to, rights, from: None, until: None };
    done(&office, vec![Act::Delegate(delegate)]).await;
    let close = CloseUnit { code: "phong-a".to_owned(), grace: None, treatment: None };
    let closed = office.acts.execute(decided(&office, vec![Act::CloseUnit(close)])).await.unwrap();
    assert!(closed.acts.iter().flat_map(|act| &act.steps).any(|step| matches!(step, Step::EndDelegation { .. })));
    office.sound().await;
}

#[tokio::test]
async fn r14_a_unit_of_any_name_is_merged() {
    let office = Office::open().await;
    let name = Label::parse("Phòng 100% điện tử * 1/2").unwrap();
    let (code, parent) = (local("phong-a"), None);
    let new = CreateUnit { code, name, kind: UnitKind::Division, place: Place::Lan, parent };
    done(&office, vec![Act::CreateUnit(new)]).await;
    done(&office, vec![Act::MergeUnit { code: "phong-a".to_owned(), into: "van-phong".to_owned() }]).await;
    office.sound().await;
}

#[tokio::test]
async fn r15_only_an_address_that_takes_mail_is_named_as_the_successor() {
    let office = Office::open().await;
    let hires = ["Lê Văn An", "Nguyễn Thị Đào", "Đỗ Xuân Bình"].map(|name| joins(name, "van-phong"));
    done(&office, hires.to_vec()).await;
    let named = || match office.acts.directory.snapshot().resolve(&address("anlv")) {
        Resolution::Relocated { successor, .. } => successor,
        other => panic!("{other:?}"),
    };
    let leaving = Depart { grace: Some(Period::months(60)), ..leaves("anlv", Some("daont")) };
    done(&office, vec![Act::Depart(leaving)]).await;
    assert_eq!(named(), Some(address("daont")));
    done(&office, vec![Act::Suspend { who: "daont".to_owned() }]).await;
    assert_eq!(named(), None);
    done(&office, vec![Act::Depart(leaves("daont", Some("binhdx")))]).await;
    assert_eq!(named(), Some(address("binhdx")));
    // A circle names nobody.
    let back = Depart { treatment: Some(Treatment::Reply(Some(address("anlv")))), ..leaves("binhdx", None) };
    done(&office, vec![Act::Depart(back)]).await;
    assert_eq!(named(), None);
    // Nor is an address named that rests.
    office.acts.clock.set(office.acts.clock.now() + jiff::SignedDuration::from_hours(24 * 200));
    for over in office.acts.graces_over() {
        let held = crate::store::volume(&mut office.acts.db.read().await.unwrap(), over).await.unwrap();
        office.acts.end_grace(over, "test", held).await.unwrap();
    }
    assert_eq!(named(), None);
    office.sound().await;
}
