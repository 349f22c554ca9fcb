#![allow(clippy::unwrap_used)]

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use super::*;
use crate::access::{Access, Door, Origin, Rules};
use crate::provisioning::Act;
use crate::provisioning::tests::{Office, order};

const HERE: Origin = Origin { door: Door::Web, peer: IpAddr::V4(Ipv4Addr::LOCALHOST) };

async fn signed_in() -> (Office, Sessions, Login) {
    let office = Office::open().await;
    let password = office.hired("1/QĐ", "Nguyễn Thị Đào").await.password.expose().to_owned();
    let acts = &office.acts;
    let access = Access::new(&acts.db, &acts.directory, &acts.hasher, &acts.clock, Rules::default()).unwrap();
    let login = access.login("daont", &password, None, HERE).await.unwrap();
    (office, Sessions::new().unwrap(), login)
}

#[tokio::test]
async fn a_session_ends_when_nothing_is_done_and_after_a_working_day() {
    let (_office, sessions, login) = signed_in().await;
    let begun = Instant::now();
    let idle = sessions.open(login.clone(), None, begun).unwrap();
    let busy = sessions.open(login, None, begun).unwrap();
    let step = limits::WEB_IDLE_MAX.checked_sub(Duration::from_secs(1)).unwrap();
    let mut now = begun;
    while now + step < begun + limits::WEB_SESSION_MAX {
        now += step;
        assert!(sessions.of(&busy, now).is_some(), "{:?}", now - begun);
    }
    assert!(sessions.of(&busy, begun + limits::WEB_SESSION_MAX).is_none());
    assert!(sessions.of(&idle, begun + limits::WEB_IDLE_MAX).is_none());
    assert!(sessions.of(&busy, begun).is_none(), "what ended does not come back");
}

#[tokio::test]
async fn a_session_ends_with_the_right_to_it() {
    let (office, sessions, login) = signed_in().await;
    let token = sessions.open(login.clone(), None, Instant::now()).unwrap();
    assert!(sessions.of(&token, Instant::now()).is_some());
    office.acts.execute(order(None, vec![Act::Suspend { who: login.address.to_string() }])).await.unwrap();
    assert!(sessions.of(&token, Instant::now()).is_none());
}

#[tokio::test]
async fn a_person_has_a_few_sessions_and_the_idlest_gives_way() {
    let (_office, sessions, login) = signed_in().await;
    let begun = Instant::now();
    let at = |n: usize| begun + Duration::from_secs(u64::try_from(n).unwrap());
    let open = |n| sessions.open(login.clone(), None, at(n)).unwrap();
    let tokens: Vec<String> = (0..limits::WEB_SESSIONS_PER_PERSON_MAX).map(open).collect();
    assert!(sessions.of(&tokens[0], at(10)).is_some());
    let last = open(11);
    assert!(sessions.of(&tokens[1], at(12)).is_none(), "the idlest");
    assert!(sessions.of(&tokens[0], at(12)).is_some() && sessions.of(&last, at(12)).is_some());
    sessions.close(&last);
    assert!(sessions.of(&last, at(12)).is_none());
}

#[tokio::test]
async fn a_notice_is_told_once() {
    let (_office, sessions, login) = signed_in().await;
    let token = sessions.open(login, Some(Notice::PasswordChanged), Instant::now()).unwrap();
    assert_eq!(sessions.notice(&token), Some(Notice::PasswordChanged));
    assert_eq!(sessions.notice(&token), None);
}

#[test]
fn a_form_belongs_to_one_browser_and_one_run() {
    let (sessions, others) = (Sessions::new().unwrap(), Sessions::new().unwrap());
    let (mine, yours) = (token().unwrap(), token().unwrap());
    assert_ne!(mine, yours);
    assert_eq!(mine.len(), 43);
    let form = sessions.form_token(&mine);
    assert!(sessions.made_for(&mine, &form));
    assert!(!sessions.made_for(&yours, &form) && !others.made_for(&mine, &form));
    for wrong in ["", "x", "====", &form[1..], &format!("{form}A")] {
        assert!(!sessions.made_for(&mine, wrong), "{wrong:?}");
    }
}
