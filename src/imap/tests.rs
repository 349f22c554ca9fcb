//! What sessions are told, on a real store.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::date;
use jiff::tz::TimeZone;

use super::condition::{Condition, Context, Known, Needs, Text};
use super::kept::LookedUp;
use super::places::{Places, Walk};
use super::refusal::Refusal;
use super::syntax::{Assembler, Command, Dialect, Messages, Next, Numbers, SequenceSet, parse};
use super::view::{Access, Item, Tell, View};
use crate::clock::Clock;
use crate::db::{Db, DbError};
use crate::id::{FolderId, Uid};
use crate::store::{
    Append, FlagChange, FlagNames, Flags, Index, Prepared, Store, StoreError, UidRanges, Watch, create_default_folders,
};

struct Rig {
    store: Store,
    inbox: FolderId,
    _dir: tempfile::TempDir,
}

impl Rig {
    /// An inbox with so many messages.
    async fn with(messages: usize) -> (Self, Watch, View) {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(&dir.path().join("mail.db")).await.unwrap();
        let store = Store::open(db.clone(), Clock::system(TimeZone::UTC)).await.unwrap();
        let inbox = db
            .write(move |tx| {
                Box::pin(async move {
                    let mailbox = sqlx::query_scalar(
                        "INSERT INTO mailbox (kind, quota_bytes, reach, state, opened) \
                         VALUES ('department', 1000000, 'province', 'open', '2026-11-23') RETURNING id",
                    )
                    .fetch_one(tx.connection())
                    .await
                    .map_err(DbError::from)?;
                    create_default_folders(tx, mailbox).await
                })
            })
            .await
            .map_err(|e: StoreError| e)
            .unwrap();
        let rig = Self { store, inbox, _dir: dir };
        rig.arrive(messages).await;
        let watch = rig.store.watch(inbox).await.unwrap();
        let view = View::new(inbox, Access::ReadWrite, watch.index(), watch.index().uid_next());
        (rig, watch, view)
    }

    async fn arrive(&self, count: usize) {
        let message = Arc::new(Prepared::new(MESSAGE.as_bytes().to_vec()));
        let append = || Append {
            folder: self.inbox,
            message: message.clone(),
            prefix: Vec::new(),
            flags: FlagNames::default(),
            date: Timestamp::from_second(1_000_000_000).unwrap(),
            quota: None,
        };
        self.store.append((0..count).map(|_| append()).collect()).await.unwrap();
    }

    async fn flag(&self, uids: &[u32], flags: FlagNames) -> crate::store::Changed {
        let uids = UidRanges::from_sorted(uids.iter().map(|u| Uid(*u)));
        self.store.change_flags(self.inbox, &uids, FlagChange::Add(flags), None).await.unwrap()
    }

    async fn expunge(&self, uids: &[u32]) {
        self.flag(uids, system(Flags::DELETED)).await;
        self.store.expunge(self.inbox, None).await.unwrap();
    }
}

const MESSAGE: &str = "From: \"Nguyễn Thị Đào\" <daont@x.vn>\r\nSubject: =?utf-8?B?QsOhbyBjw6Fv?=\r\n\
    Date: Mon, 23 Nov 2026 23:30:00 -0700\r\n\r\nĐường dài\r\n";

fn system(flags: Flags) -> FlagNames {
    FlagNames { system: flags, keywords: Vec::new() }
}

fn told(view: &mut View, watch: &Watch, tell: Tell) -> Vec<String> {
    let news = view.news(&watch.index(), tell);
    news.map(|item| match item {
        Item::Keywords => "keywords".to_owned(),
        Item::Expunged { sequence, .. } => format!("{sequence} gone"),
        Item::Changed { sequence, entry } => format!("{sequence} is {}", entry.uid),
        Item::Exists(count) => format!("{count} there"),
        Item::Recent(count) => format!("{count} recent"),
    })
    .collect()
}

fn command(line: &str) -> Command {
    let Next::Command(input) = Assembler::default().line(format!("a {line}").as_bytes(), 0) else { panic!("{line}") };
    parse(input, Dialect::Utf7).unwrap().command
}

fn set(text: &str) -> SequenceSet {
    match command(&format!("UID EXPUNGE {text}")) {
        Command::Expunge(Some(Messages::Set(set))) => set,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn expunge_is_withheld_where_messages_are_counted() {
    let (rig, watch, mut view) = Rig::with(5).await;
    rig.expunge(&[2, 4]).await;
    rig.flag(&[5], system(Flags::SEEN)).await;
    assert_eq!(told(&mut view, &watch, Tell::Flags), ["5 is 5"]);
    assert_eq!(view.told().len(), 5);
    assert_eq!(told(&mut view, &watch, Tell::Flags), [""; 0]);
    assert_eq!(told(&mut view, &watch, Tell::All), ["2 gone", "3 gone"]);
    assert_eq!(told(&mut view, &watch, Tell::All), [""; 0]);
    assert_eq!(view.told().len(), 3);
}

#[tokio::test]
async fn arrivals_are_kept_back_and_not_forgotten() {
    let (rig, watch, mut view) = Rig::with(1).await;
    rig.arrive(2).await;
    assert_eq!(told(&mut view, &watch, Tell::Flags), [""; 0]);
    rig.flag(&[1, 3], system(Flags::SEEN)).await;
    // Of a message that was not announced nothing is said.
    assert_eq!(told(&mut view, &watch, Tell::Flags), ["1 is 1"]);
    assert_eq!(told(&mut view, &watch, Tell::All), ["3 there", "2 recent"]);
    assert!(view.told_newcomers());
}

#[tokio::test]
async fn a_session_is_not_told_of_what_it_did_itself() {
    let (rig, watch, mut view) = Rig::with(3).await;
    let own = rig.flag(&[1, 2], system(Flags::SEEN)).await;
    view.made(&own);
    rig.flag(&[2], system(Flags::FLAGGED)).await;
    assert_eq!(told(&mut view, &watch, Tell::All), ["2 is 2"]);
}

#[tokio::test]
async fn what_came_between_is_told_with_ones_own_change() {
    let (rig, watch, mut view) = Rig::with(2).await;
    // Somebody's change that the session was not told of, and its own upon that.
    rig.flag(&[1], system(Flags::FLAGGED)).await;
    let own = rig.flag(&[1, 2], system(Flags::SEEN)).await;
    view.made(&own);
    assert_eq!(told(&mut view, &watch, Tell::Flags), ["1 is 1", "2 is 2"]);
}

#[tokio::test]
async fn what_was_shown_of_a_message_stays_shown_when_it_goes() {
    let (rig, watch, mut view) = Rig::with(3).await;
    rig.flag(&[2], system(Flags::SEEN)).await;
    view.look(watch.index());
    rig.expunge(&[2]).await;
    view.look(watch.index());
    assert!(view.told().entry(1).is_some_and(|entry| entry.flags.contains(Flags::SEEN)));
    // To have shown it is not to have told it.
    rig.flag(&[3], system(Flags::SEEN)).await;
    view.look(watch.index());
    assert_eq!(told(&mut view, &watch, Tell::Flags), ["3 is 3"]);
    assert!(view.lags());
    assert_eq!(told(&mut view, &watch, Tell::All), ["2 gone"]);
    assert!(!view.lags() && view.settled() == watch.index().highest_modseq());
}

#[tokio::test]
async fn arrivals_are_told_while_numbers_stay() {
    let (rig, watch, mut view) = Rig::with(3).await;
    rig.expunge(&[1]).await;
    rig.arrive(2).await;
    let before = view.settled();
    assert_eq!(told(&mut view, &watch, Tell::Arrivals), ["5 there", "2 recent"]);
    assert_eq!((view.told().len(), view.settled()), (5, before));
    rig.arrive(1).await;
    assert_eq!(told(&mut view, &watch, Tell::All), ["1 gone", "5 there", "3 recent"]);
}

#[tokio::test]
async fn a_new_keyword_is_named_before_it_is_used() {
    let (rig, watch, mut view) = Rig::with(1).await;
    rig.flag(&[1], FlagNames { system: Flags::default(), keywords: vec!["$Label1".to_owned()] }).await;
    assert_eq!(told(&mut view, &watch, Tell::Flags), ["keywords", "1 is 1"]);
    assert_eq!(told(&mut view, &watch, Tell::All), [""; 0]);
}

#[tokio::test]
async fn news_hold_over_chunks_of_the_index() {
    let (rig, watch, mut view) = Rig::with(1500).await;
    rig.expunge(&(1..=1500).filter(|u| u % 2 == 0).collect::<Vec<_>>()).await;
    rig.flag(&[1499], system(Flags::SEEN)).await;
    rig.arrive(1).await;
    let mut expected: Vec<String> = (2..=750).map(|n| format!("{n} gone")).collect();
    expected.push("750 is 1499".to_owned());
    expected.extend(["751 gone", "751 there", "1 recent"].map(str::to_owned));
    assert_eq!(told(&mut view, &watch, Tell::All), expected);
    assert_eq!(view.told().len(), watch.index().len());
}

#[tokio::test]
async fn sets_name_what_the_client_was_told_of() {
    let (rig, watch, mut view) = Rig::with(6).await;
    rig.expunge(&[1, 3]).await;
    told(&mut view, &watch, Tell::All);
    let uids = |text: &str, numbers| {
        Places::resolve(&set(text), numbers, view.told()).map(|places| places.uids(view.told()).as_slice().to_vec())
    };
    for (text, numbers, expected) in [
        ("1:*", Numbers::Sequence, vec![2..=2, 4..=6]),
        ("*", Numbers::Sequence, vec![6..=6]),
        ("2,1:2,2", Numbers::Sequence, vec![2..=2, 4..=4]),
        ("1:3", Numbers::Uid, vec![2..=2]),
        ("9:*", Numbers::Uid, vec![6..=6]),
        ("100,200:300", Numbers::Uid, vec![]),
    ] {
        assert_eq!(uids(text, numbers).unwrap(), expected, "{text}");
    }
    assert!(matches!(uids("5", Numbers::Sequence), Err(Refusal::NoSuchMessage)));
    let empty = Rig::with(0).await.1.index();
    for numbers in [Numbers::Sequence, Numbers::Uid] {
        assert!(Places::resolve(&set("1:*"), numbers, &empty).unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_walk_sees_messages_as_they_are_within_its_bounds() {
    let (rig, watch, view) = Rig::with(2000).await;
    let size = u64::from(watch.index().entry(0).unwrap().size);
    rig.flag(&[700], system(Flags::SEEN)).await;
    rig.expunge(&[1, 900]).await;
    let places = Places::resolve(&set("1:1200,1900:2000"), Numbers::Sequence, view.told()).unwrap();
    let mut walk = Walk::new(view.told().clone(), watch.index(), places);
    let mut seen = Vec::new();
    loop {
        let batch = walk.batch(100, size * 30 + 1);
        if batch.is_empty() {
            break;
        }
        assert!(batch.len() <= 30);
        seen.extend(batch);
    }
    let numbers: Vec<u32> = seen.iter().map(|m| m.sequence).collect();
    assert_eq!(numbers, (1..=1200).chain(1900..=2000).collect::<Vec<_>>());
    assert!(seen.iter().all(|m| m.entry.uid.0 == m.sequence));
    assert!(seen.iter().all(|m| m.entry.flags.contains(Flags::SEEN) == (m.sequence == 700)));
    // One that is larger than a batch may be comes alone.
    let places = Places::all(2);
    assert_eq!(Walk::new(view.told().clone(), watch.index(), places).batch(100, 1).len(), 1);
}

fn holds(view: &View, index: &Index, search: &str) -> (bool, Needs) {
    let Command::Search(search) = command(&format!("SEARCH {search}")) else { panic!() };
    let zone = TimeZone::UTC;
    let now = Timestamp::from_second(1_000_000_100).unwrap();
    let saved = UidRanges::default();
    let (told, recent_from) = (view.told(), view.recent_from());
    let context = Context { told, saved: &saved, recent_from, index, kept: &LookedUp::default(), now, zone: &zone };
    let condition = Condition::of(&search.key, &context).unwrap();
    let entry = index.entry(0).unwrap();
    let answer = condition
        .by_index(0, entry, Known::default())
        .unwrap_or_else(|| condition.by_text(0, entry, Known::default(), &Text::new(MESSAGE.as_bytes(), &zone)));
    (answer, condition.needs(Known::default()))
}

#[tokio::test]
async fn search_keys_hold_as_defined() {
    let (rig, watch, view) = Rig::with(1).await;
    rig.flag(&[1], FlagNames { system: Flags::FLAGGED, keywords: vec!["$Label1".to_owned()] }).await;
    let index = watch.index();
    for (search, expected, needs) in [
        ("ALL", true, Needs::Nothing),
        ("FLAGGED UNSEEN KEYWORD $LABEL1 UNKEYWORD other", true, Needs::Nothing),
        ("KEYWORD other", false, Needs::Nothing),
        ("NOT FLAGGED", false, Needs::Nothing),
        ("OR SEEN UID 1:5", true, Needs::Nothing),
        ("1:100", true, Needs::Nothing),
        ("OR 2:100 $", false, Needs::Nothing),
        ("ON 9-Sep-2001", true, Needs::Nothing),
        ("BEFORE 9-Sep-2001", false, Needs::Nothing),
        ("SINCE 9-Sep-2001 LARGER 10 SMALLER 100000", true, Needs::Nothing),
        ("OLDER 100 YOUNGER 100", true, Needs::Nothing),
        ("OLDER 101", false, Needs::Nothing),
        ("SENTON 23-Nov-2026", true, Needs::Header),
        ("SENTBEFORE 23-Nov-2026", false, Needs::Header),
        ("SUBJECT \"bao cao\"", true, Needs::Header),
        ("FROM DAO NOT FROM x.com", true, Needs::Header),
        ("HEADER Subject \"\" NOT HEADER X-Other \"\"", true, Needs::Header),
        ("CC x", false, Needs::Header),
        ("BODY duong", true, Needs::Message),
        ("BODY daont", false, Needs::Message),
        ("TEXT daont", true, Needs::Message),
        ("OR TEXT nowhere SEEN", false, Needs::Message),
        ("UNFLAGGED TEXT duong", false, Needs::Message),
    ] {
        assert_eq!(holds(&view, &index, search), (expected, needs), "{search}");
    }
    assert_eq!(super::sent::day(MESSAGE.as_bytes()), Some(date(2026, 11, 23)));
}
