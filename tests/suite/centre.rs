//! The province's Centre beside the model of the department: what it knows after every change file is what the
//! directory says, and the audit alone gives the directory back.

use std::collections::BTreeMap;

use hopthu::directory::{AddressKind, AddressState, MailboxState, Province, Snapshot};
use hopthu::feed::answer::{Answer, Outcome};
use hopthu::feed::listing::{Line, Listing, What, list};
use hopthu::feed::{self, Feed, FeedError, Replayed};
use hopthu::id::AddressId;
use hopthu::provisioning::{Act, Order, Provisioning};
use hopthu::seal::SealFile;

/// What the Centre knows, by address, and how it was told.
pub struct Centre {
    feed: Feed,
    known: BTreeMap<String, Listing>,
    /// Counts up; every few lines one is refused.
    lines: usize,
    _keys: tempfile::TempDir,
}

impl Centre {
    pub fn open() -> Self {
        let keys = tempfile::tempdir().unwrap();
        let feed = Feed {
            seal: SealFile::at(&keys.path().join("office.pem")),
            organisation: "Sở Tư pháp".into(),
            domain: "daklak.doj.gov.vn".parse().unwrap(),
            provincial: "daklak.gov.vn".parse().ok(),
        };
        Self { feed, known: BTreeMap::new(), lines: 0, _keys: keys }
    }

    /// A file is made, applied and answered; then the audit is folded and compared.
    pub async fn follow(&mut self, acts: &Provisioning) {
        let replayed = Replayed::read(&mut acts.db.read().await.unwrap()).await.unwrap();
        assert_rebuilt(&replayed, &acts.directory.snapshot());
        let act = feed::Act { actor: "test".into(), note: None, now: acts.clock.now() };
        if let Some((number, changes)) = self.make(acts, replayed, act.clone()).await {
            let answers: Vec<_> = changes.iter().map(|change| self.take(number, change)).collect();
            let replayed = Replayed::read(&mut acts.db.read().await.unwrap()).await.unwrap();
            self.assert_told(&replayed, &answers);
            let verdict = replayed.judge(&answers.into_iter().enumerate().collect()).unwrap();
            let order = marking(verdict.marks.iter().map(|(row, mark)| (AddressId(*row), *mark)).collect());
            let (acts, db) = (acts.clone(), acts.db.clone());
            let taken = db.write(move |tx| {
                Box::pin(async move {
                    Feed::acknowledge(tx, &verdict, &act).await?;
                    acts.execute_in(tx, &order).await.map(drop).unwrap();
                    Ok::<_, FeedError>(())
                })
            });
            taken.await.unwrap();
        }
    }

    async fn make(&self, acts: &Provisioning, replayed: Replayed, act: feed::Act) -> Option<(i64, Vec<Line>)> {
        let (feed, acts, db) = (self.feed.clone(), acts.clone(), acts.db.clone());
        let made = db.write(move |tx| {
            Box::pin(async move {
                let made = feed.make(tx, &replayed, &act).await?;
                if let Some(made) = &made {
                    acts.execute_in(tx, &marking(made.marks.clone())).await.map(drop).unwrap();
                }
                Ok::<_, FeedError>(made)
            })
        });
        let made = made.await.unwrap()?;
        Some((made.told.file.number, made.told.changes.unwrap()))
    }

    /// Does what a line asks for; a new address is refused now and then.
    fn take(&mut self, file: i64, change: &Line) -> Answer {
        self.lines += 1;
        let address = change.listing.address.clone();
        let held = self.known.contains_key(&address);
        assert_eq!(held, change.change != What::Register, "{change:?}");
        let (result, reason) = match change.change {
            What::Withdraw => {
                self.known.remove(&address);
                (Outcome::Withdrawn, None)
            }
            What::Register if self.lines.is_multiple_of(9) => (Outcome::Refused, Some("trùng".to_owned())),
            What::Register | What::Update => {
                self.known.insert(address.clone(), change.listing.clone());
                (Outcome::Registered, None)
            }
        };
        Answer { file, address: hopthu::address::Address::parse(&address).unwrap(), result, reason }
    }

    /// The Centre knows every address that is in use, and what is said of it, but for what it has just refused.
    fn assert_told(&self, replayed: &Replayed, answers: &[Answer]) {
        let refused = |listing: &Listing| {
            let asked = answers.iter().rev().find(|answer| answer.address.to_string() == listing.address);
            asked.is_some_and(|answer| answer.result == Outcome::Refused)
        };
        let used = list(&replayed.state).into_values().filter(|listing| !refused(listing));
        let used: BTreeMap<_, _> = used.map(|listing| (listing.address.clone(), listing)).collect();
        assert_eq!(self.known, used);
    }
}

fn marking(marks: Vec<(AddressId, Province)>) -> Order {
    Order::new("test", None, vec![Act::MarkProvince { marks }])
}

/// Every row of the directory, column by column, and the addresses in use by the directory's own word.
fn assert_rebuilt(replayed: &Replayed, snapshot: &Snapshot) {
    let rows: BTreeMap<_, _> = snapshot.rows().map(|row| (row.key().to_string(), row.columns())).collect();
    let rebuilt: BTreeMap<_, _> =
        replayed.state.plain().into_iter().map(|(subject, row)| (subject.to_owned(), row)).collect();
    assert_eq!(rebuilt, rows);
    let used = snapshot.all_addresses().filter(|held| {
        let open = snapshot.mailbox(held.mailbox).is_some_and(|mailbox| mailbox.state == MailboxState::Open);
        held.kind == AddressKind::Provincial && held.state == AddressState::Live && open
    });
    let used: Vec<_> = used.map(|held| (held.id.0, held.address.to_string(), held.mailbox)).collect();
    let listed: BTreeMap<_, _> = list(&replayed.state);
    assert!(used.iter().all(|(id, address, mailbox)| {
        listed.get(id).is_some_and(|listing| listing.address == *address && listing.mailbox == *mailbox)
    }));
    assert_eq!(listed.len(), used.len());
}
