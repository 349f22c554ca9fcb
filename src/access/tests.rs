#![allow(clippy::unwrap_used, clippy::panic)]

use std::net::IpAddr;
use std::time::{Duration, Instant};

use super::*;
use crate::credential::Entered;
use crate::provisioning::tests::{Office, address, order};
use crate::provisioning::{Act, Order};

const HERE: Origin = Origin { door: Door::Imap, peer: IpAddr::V4(std::net::Ipv4Addr::LOCALHOST) };

struct Bench {
    office: Office,
    access: Access,
    password: String,
}

/// One person, `daont`, at a door.
async fn door() -> Bench {
    let office = Office::open().await;
    let password = office.hired("1/QĐ", "Nguyễn Thị Đào").await.password.expose().to_owned();
    let acts = &office.acts;
    let access = Access::new(&acts.db, &acts.directory, &acts.hasher, &acts.clock, Rules::default()).unwrap();
    Bench { office, access, password }
}

impl Bench {
    async fn login(&self, name: &str, password: &str) -> Result<Login, LoginRefusal> {
        self.access.login(name, password, None, HERE).await
    }

    async fn act(&self, act: Act) {
        self.office.done(None, vec![act]).await;
    }
}

fn who() -> String {
    "daont@daklak.doj.gov.vn".to_owned()
}

#[tokio::test]
async fn the_person_is_let_in_by_address_and_password() {
    let door = door().await;
    let login = door.login("DaoNT@daklak.doj.gov.vn", &door.password).await.unwrap();
    assert_eq!((login.address, login.name.as_str()), (address("daont"), "Nguyễn Thị Đào"));
    assert_eq!(login.standing, Standing::First);
    assert_eq!(door.login("daont", &door.password).await.unwrap().mailbox, login.mailbox);
}

#[tokio::test]
async fn everybody_else_is_refused() {
    let door = door().await;
    for (name, password) in [
        ("daont", "wrong"),
        ("nobody", door.password.as_str()),
        ("van-phong", door.password.as_str()),
        ("daont@example.vn", door.password.as_str()),
        ("daont+tag", door.password.as_str()),
    ] {
        assert!(matches!(door.login(name, password).await, Err(LoginRefusal::Wrong)), "{name}");
    }
    let long = "x".repeat(1025);
    for (name, password) in [("", "x"), ("daont", ""), ("daont", &long), ("daont", "a\0b"), ("a\rb", "x"), (&long, "x")]
    {
        assert!(matches!(door.login(name, password).await, Err(LoginRefusal::Malformed)), "{name:?}");
    }
}

#[tokio::test]
async fn nobody_acts_as_somebody_else() {
    let door = door().await;
    for (authzid, allowed) in
        [("", true), ("daont", true), ("daont@daklak.doj.gov.vn", true), ("van-phong", false), ("x", false)]
    {
        let answer = door.access.login("daont", &door.password, Some(authzid), HERE).await;
        match answer {
            Ok(_) => assert!(allowed, "{authzid}"),
            Err(LoginRefusal::AuthzidNotAllowed) => assert!(!allowed, "{authzid}"),
            Err(other) => panic!("{other}"),
        }
    }
}

#[tokio::test]
async fn a_right_password_is_hashed_once_and_a_wrong_one_every_time() {
    let door = door().await;
    door.login("daont", &door.password).await.unwrap();
    let begun = Instant::now();
    for _ in 0..200 {
        door.login("daont", &door.password).await.unwrap();
    }
    // Two hundred hashings take seven seconds.
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    assert!(matches!(door.login("daont", "wrong").await, Err(LoginRefusal::Wrong)));
}

#[tokio::test]
async fn an_unknown_name_takes_as_long_as_a_wrong_password() {
    let door = door().await;
    let many = door.office.hired("2/QĐ", "Đỗ Xuân Bình").await.address;
    for n in 0..6 {
        let device = crate::name::Label::parse(&format!("Máy {n}")).unwrap();
        door.act(Act::AddDevice { who: many.to_string(), device }).await;
    }
    // Turn by turn, so that whatever else the machine does slows all; a unit has no password, and one person seven.
    let names = ["daont", "nobody", "van-phong", many.key()];
    let mut best = [Duration::MAX; 4];
    for _ in 0..6 {
        for (best, name) in best.iter_mut().zip(names) {
            let begun = Instant::now();
            assert!(matches!(door.login(name, "wrong").await, Err(LoginRefusal::Wrong)));
            *best = begun.elapsed().min(*best);
        }
    }
    let times = best.map(|best| best.as_secs_f64());
    let ratio = times.iter().copied().fold(f64::MIN, f64::max) / times.iter().copied().fold(f64::MAX, f64::min);
    // Without a hash it would be a thousand.
    assert!(ratio < 3.0, "{times:?}");
}

#[tokio::test]
async fn guessing_is_throttled_even_where_the_right_password_is_remembered() {
    let door = door().await;
    door.login("daont", &door.password).await.unwrap();
    let elsewhere = Origin { peer: "192.0.2.7".parse().unwrap(), ..HERE };
    let mut guesses = 0;
    while !matches!(door.access.login("daont", "guess", None, elsewhere).await, Err(LoginRefusal::Throttled)) {
        guesses += 1;
        assert!(guesses < 50, "never throttled");
    }
    let right = door.access.login("daont", &door.password, None, elsewhere).await;
    assert!(matches!(right, Err(LoginRefusal::Throttled)));
    door.login("daont", &door.password).await.unwrap();
}

#[tokio::test]
async fn other_rates_hold_from_the_moment_they_are_configured() {
    let door = door().await;
    assert!(matches!(door.login("daont", "wrong").await, Err(LoginRefusal::Wrong)));
    let one = Rate { burst: 1, every: Duration::from_mins(1) };
    door.access.configure(Rules { rates: Rates { pair: one, ..Rates::default() }, ..Rules::default() });
    assert!(matches!(door.login("daont", "wrong").await, Err(LoginRefusal::Wrong)), "counted anew");
    assert!(matches!(door.login("daont", &door.password).await, Err(LoginRefusal::Throttled)));
    door.access.configure(Rules::default());
    door.login("daont", &door.password).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_sessions_of_one_person_at_once_are_all_let_in() {
    let door = door().await;
    let logins = (0..100).map(|_| door.login("daont", &door.password));
    assert!(futures_util::future::join_all(logins).await.into_iter().all(|login| login.is_ok()));
}

#[tokio::test]
async fn a_suspended_person_is_cut_at_once_and_cannot_log_in() {
    let door = door().await;
    let login = door.login("daont", &door.password).await.unwrap();
    let watched = login.clone();
    let cut = tokio::spawn(async move {
        watched.ended().await;
        Instant::now()
    });
    tokio::task::yield_now().await;
    door.act(Act::Suspend { who: who() }).await;
    let committed = Instant::now();
    let cut = tokio::time::timeout(Duration::from_secs(5), cut).await.unwrap().unwrap();
    assert!(cut.saturating_duration_since(committed) < Duration::from_secs(1));
    assert!(!login.holds());
    assert!(matches!(door.login("daont", &door.password).await, Err(LoginRefusal::Suspended)));
    assert!(matches!(door.login("daont", "wrong").await, Err(LoginRefusal::Wrong)));
    door.act(Act::Resume { who: who() }).await;
    assert!(!login.holds(), "an old session does not come back");
    door.login("daont", &door.password).await.unwrap();
}

#[tokio::test]
async fn a_new_password_ends_what_the_old_one_opened() {
    let door = door().await;
    let login = door.login("daont", &door.password).await.unwrap();
    let chosen = "một mật khẩu mới";
    let change = |text: &str| Order {
        password: Some(Secret::parse(text).unwrap()),
        ..order(None, vec![Act::SetPassword { who: who() }])
    };
    let refused = door.office.acts.execute(change("ngắn")).await.unwrap_err();
    assert!(refused.to_string().contains("at least 10"), "{refused}");
    assert!(login.holds());
    door.office.acts.execute(change(chosen)).await.unwrap();
    login.ended().await;
    assert!(matches!(door.login("daont", &door.password).await, Err(LoginRefusal::Wrong)));
    assert_eq!(door.login("daont", chosen).await.unwrap().standing, Standing::Chosen);
}

#[tokio::test]
async fn a_person_sends_as_themselves_only_and_only_while_logged_in() {
    let door = door().await;
    let login = door.login("daont", &door.password).await.unwrap();
    let may = |local: &str| door.access.may_send_as(&login, &address(local));
    assert!(may("daont") && may("daont+viec") && may("DAONT"));
    assert!(!may("van-phong") && !may("postmaster") && !may("nobody"));
    assert!(!door.access.may_send_as(&login, &Address::parse("daont@daklak.gov.vn").unwrap()), "not registered yet");
    door.act(Act::Suspend { who: who() }).await;
    assert!(!may("daont"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guesses_in_a_storm_do_not_hold_up_the_others() {
    let door = door().await;
    let right = door.password.clone();
    let elsewhere = Origin { peer: "192.0.2.7".parse().unwrap(), ..HERE };
    let storm = (0..200).map(|_| door.access.login("nobody", "guess", None, elsewhere));
    let storm = futures_util::future::join_all(storm);
    let others = async {
        let begun = Instant::now();
        door.login("daont", &right).await.unwrap();
        begun.elapsed()
    };
    let (answers, waited) = tokio::join!(storm, others);
    let hashed = answers.iter().filter(|answer| matches!(answer, Err(LoginRefusal::Wrong))).count();
    // Those that wait for a turn are asked again when it comes; the turns under way may pass together.
    assert!(hashed <= 10 + 8, "{hashed} guesses were hashed");
    assert!(waited < Duration::from_secs(5), "{waited:?}");
}

#[tokio::test]
async fn a_first_password_that_was_not_changed_in_time_no_longer_logs_in() {
    let door = door().await;
    door.login("daont", &door.password).await.unwrap();
    let days = |n: i64| jiff::SignedDuration::from_hours(24 * n);
    let clock = &door.office.acts.clock;
    let begun = clock.now();
    clock.set(begun + days(30) - jiff::SignedDuration::from_secs(1));
    door.login("daont", &door.password).await.unwrap();
    clock.set(begun + days(30));
    assert!(matches!(door.login("daont", &door.password).await, Err(LoginRefusal::Expired)));
    assert!(matches!(door.login("daont", "wrong").await, Err(LoginRefusal::Wrong)));
    let later = Access::new(
        &door.office.acts.db,
        &door.office.acts.directory,
        &door.office.acts.hasher,
        clock,
        Rules { first_password_days: 0, ..Rules::default() },
    );
    let later = later.unwrap();
    assert!(later.login("daont", &door.password, None, HERE).await.is_ok(), "nought means never");
}

#[tokio::test]
async fn log_ins_are_shown_at_once_and_written_down_later() {
    let door = door().await;
    let login = door.login("daont", &door.password).await.unwrap();
    door.login("daont", &door.password).await.unwrap();
    let web = Origin { door: Door::Web, peer: "2001:db8::7".parse().unwrap() };
    door.access.login("daont", &door.password, None, web).await.unwrap();
    let shown = door.access.logins(login.mailbox).await.unwrap();
    assert_eq!(shown.len(), 2, "those that are alike are one: {shown:?}");
    assert_eq!(door.access.write_logins().await.unwrap(), 2);
    assert_eq!(door.access.write_logins().await.unwrap(), 0);
    let mut written = door.access.logins(login.mailbox).await.unwrap();
    written.sort_by(|one, other| one.peer.cmp(&other.peer));
    assert_eq!(
        written.iter().map(|seen| (seen.door, seen.peer.as_str())).collect::<Vec<_>>(),
        [(Door::Imap, "127.0.0.1"), (Door::Web, "2001:db8::7")]
    );
    door.login("daont", "wrong").await.unwrap_err();
    assert_eq!(door.access.write_logins().await.unwrap(), 0, "a refused log-in is none");
}

#[tokio::test]
async fn of_the_log_ins_of_a_mailbox_the_newest_are_kept_and_the_device_knows_its_last_use() {
    let door = door().await;
    let login = door.login("daont", &door.password).await.unwrap();
    let (db, mailbox) = (&door.office.acts.db, login.mailbox);
    let device = Secret::parse("mật khẩu của điện thoại").unwrap();
    let hash = door.office.acts.hasher.hash(&device).await.unwrap();
    let now = door.office.acts.clock.now().as_second();
    let stored = db.write(move |tx| {
        Box::pin(async move {
            credential::add_device(tx, mailbox, ("Điện thoại", None), &hash, now).await?;
            credential::of(tx.connection(), mailbox, now).await
        })
    });
    let stored: Vec<Stored> = stored.await.unwrap();
    let device = stored.iter().find(|stored| stored.kind == Kind::Device).unwrap();
    let entered = |at| Entered {
        mailbox,
        at,
        door: Door::Imap,
        peer: HERE.peer,
        device: device.name.clone(),
        credential: device.id,
    };
    let many: Vec<Entered> = (now..now + 60).map(entered).collect();
    db.write(move |tx| Box::pin(async move { credential::record(tx, &many).await })).await.unwrap();
    let mut reader = db.read().await.unwrap();
    let kept = credential::logins(&mut reader, mailbox).await.unwrap();
    assert_eq!((kept.len(), kept[0].at, kept[49].at), (50, now + 59, now + 10));
    let devices = credential::devices(&mut reader, mailbox).await.unwrap();
    assert_eq!((devices.len(), devices[0].last_used), (1, Some(now + 59)));
}

#[tokio::test]
async fn a_device_logs_in_with_its_own_password_until_it_is_removed() {
    let door = door().await;
    let mailbox = door.login("daont", &door.password).await.unwrap().mailbox;
    let acts = &door.office.acts;
    let device = Secret::parse("mật khẩu của điện thoại").unwrap();
    let hash = acts.hasher.hash(&device).await.unwrap();
    let now = acts.clock.now().as_second();
    let add = acts.db.write(move |tx| {
        Box::pin(async move { credential::add_device(tx, mailbox, ("Điện thoại", None), &hash, now).await })
    });
    add.await.unwrap();
    let login = door.login("daont", device.expose()).await.unwrap();
    assert_eq!((login.kind, login.standing), (Kind::Device, Standing::Chosen));
    assert_eq!(door.login("daont", &door.password).await.unwrap().kind, Kind::Own);
    let remove =
        acts.db.write(move |tx| Box::pin(async move { credential::remove_device(tx, mailbox, "Điện thoại").await }));
    let removed: Result<bool, DbError> = remove.await;
    assert!(removed.unwrap());
    // What is remembered of it is forgotten with the generation, which the act raises.
    door.act(Act::Suspend { who: who() }).await;
    door.act(Act::Resume { who: who() }).await;
    assert!(matches!(door.login("daont", device.expose()).await, Err(LoginRefusal::Wrong)));
}

#[tokio::test]
async fn what_was_opened_for_a_while_ends_with_it() {
    let door = door().await;
    let mailbox = door.login("daont", &door.password).await.unwrap().mailbox;
    let acts = &door.office.acts;
    let opening = Secret::generate().unwrap();
    let hash = acts.hasher.hash(&opening).await.unwrap();
    let now = acts.clock.now().as_second();
    let open = acts.db.write(move |tx| {
        Box::pin(async move { credential::open_until(tx, mailbox, "quản trị", &hash, now, now + 1800).await })
    });
    open.await.unwrap();
    let login = door.login("daont", opening.expose()).await.unwrap();
    assert_eq!(login.kind, Kind::Opened);
    assert!(login.holds());
    acts.clock.set(jiff::Timestamp::from_second(now + 1800).unwrap());
    assert!(!login.holds());
    login.ended().await;
    assert!(matches!(door.login("daont", opening.expose()).await, Err(LoginRefusal::Wrong)));
    let ended = acts.db.write(move |tx| Box::pin(async move { credential::end_openings(tx, now + 1800).await }));
    let ended: Result<u64, DbError> = ended.await;
    assert_eq!(ended.unwrap(), 1);
}

#[tokio::test]
async fn the_holders_own_act_renews_what_it_ended_and_nothing_more() {
    let door = door().await;
    let login = door.login("daont", &door.password).await.unwrap();
    assert!(login.renewed().is_none(), "nothing was raised");
    let raise = || async {
        let order = Order {
            password: Some(Secret::parse("một mật khẩu mới").unwrap()),
            ..order(None, vec![Act::SetPassword { who: who() }])
        };
        door.office.acts.execute(order).await.unwrap();
    };
    raise().await;
    assert!(!login.holds());
    assert!(login.renewed().unwrap().holds());
    raise().await;
    assert!(login.renewed().is_none(), "somebody else's change came between");
}

#[tokio::test]
async fn a_machine_is_let_in_from_its_networks_for_its_purpose_and_otherwise_told_nothing() {
    let door = door().await;
    let appoint = Act::AppointHead { code: "van-phong".to_owned(), who: who() };
    let appointed = crate::provisioning::tests::decision("2/QĐ", door.office.today);
    door.office.done(Some(appointed), vec![appoint]).await;
    let networks = ["10.20.0.0/24", "fd20::/64"].map(|network| crate::network::Network::parse(network).unwrap());
    let label = |text: &str| crate::name::Label::parse(text).unwrap();
    let bond = Bond { networks: networks.to_vec(), purpose: label("quét"), doors: credential::Doors::Send };
    let add = crate::provisioning::AddMachine { mailbox: address("van-phong"), device: label("Máy quét"), bond };
    let made = door.office.done(None, vec![Act::AddMachine(add)]).await;
    let password = made.acts[0].slip.as_ref().unwrap().password.expose().to_owned();
    let from = |peer: &str, through| Origin { door: through, peer: peer.parse().unwrap() };
    let enter = async |origin| door.access.login("van-phong", &password, None, origin).await;
    for peer in ["10.20.0.7", "::ffff:10.20.0.7", "fd20::9"] {
        let login = enter(from(peer, Door::Smtp)).await.unwrap();
        assert_eq!((login.who.clone(), login.staff()), (Who::Machine("Máy quét".to_owned()), None));
        assert_eq!(login.actor(), "Máy quét (van-phong@daklak.doj.gov.vn)");
        assert!(login.may_send_as(&address("van-phong")) && !login.may_send_as(&address("daont")));
    }
    // Also where the right password is remembered from elsewhere: it costs a hash and counts as a guess.
    for peer in ["10.20.1.7", "fd21::9", "127.0.0.1"] {
        let begun = Instant::now();
        assert!(matches!(enter(from(peer, Door::Smtp)).await, Err(LoginRefusal::MachineElsewhere)), "{peer}");
        assert!(begun.elapsed() > Duration::from_millis(2), "{:?}", begun.elapsed());
    }
    for through in [Door::Imap, Door::Web] {
        assert!(matches!(enter(from("10.20.0.7", through)).await, Err(LoginRefusal::MachinePurpose)));
    }
    let as_other = door.access.login("van-phong", &password, Some("daont"), from("10.20.0.7", Door::Smtp)).await;
    assert!(matches!(as_other, Err(LoginRefusal::AuthzidNotAllowed)));
    let mut guesses = 0;
    while !matches!(enter(from("127.0.0.1", Door::Smtp)).await, Err(LoginRefusal::Throttled)) {
        guesses += 1;
        assert!(guesses < 50, "never throttled");
    }
}
