//! Mail on its way out. What is acknowledged and goes elsewhere is a job: one message for those recipients that go one
//! way, written in the commit of the acceptance, ended in the commit that marks its last recipient.
//!
//! The daemon owns the database alone, so who works on a job is known in memory only: a crash gives all of them back, and
//! taking one costs no write. A way that is down is remembered in memory too ([`Health`]): its jobs are not touched, and
//! one attempt is made for all of them when its back-off is over.

mod check;
mod dsn;
mod health;
mod lane;
mod list;
mod put;
pub mod schedule;
mod settle;
mod take;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;
use tokio::sync::Notify;

pub use check::{Violation, check};
pub use dsn::{EnvelopeDsn, Notify as NotifyOn, RecipientDsn, Return};
pub use health::{Down, Health};
pub use lane::{Default as DefaultRoute, DomainPattern, Lane, LaneError, Origin, Routing, Rule};
pub use list::{Counts, Listed, ListedRecipient, Selection, counts, held_of, list, recipients, select};
pub use put::{Form, NewJob, NewRecipient, put};
pub use schedule::Terms;
pub use settle::{Fate, Outcome, Settled, Then, drop_jobs, hold, mark_warned, release, reroute, retry, settle};
pub use take::{Job, Recipient, lanes, overdue, take};

/// Why mail is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HeldFor {
    /// Its sender sent more than allowed (R21).
    Burst,
    /// The administrator wished so.
    Administrator,
    /// The next server twice took the whole message and did not say whether it has it: once more might be a third copy.
    Unclear,
}

/// What became of a recipient at an attempt, in the words of RFC 3463 and of whoever said so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// RFC 3463, `4.4.1`.
    pub status: String,
    /// One line that can be shown: what the server answered, or our own words.
    pub text: String,
    /// The server that answered.
    pub host: Option<String>,
}

/// The queue's memory, beside its tables. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Queue(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    health: Health,
    wake: Notify,
    changes: AtomicU64,
    terms: ArcSwap<Terms>,
}

impl Queue {
    /// With nothing known of any way.
    pub fn new(terms: Terms) -> Self {
        Self(Arc::new(Shared {
            health: Health::default(),
            wake: Notify::new(),
            changes: AtomicU64::new(0),
            terms: ArcSwap::from_pointee(terms),
        }))
    }

    /// What the configuration says now.
    pub fn configure(&self, terms: Terms) {
        self.0.terms.store(Arc::new(terms));
        self.wake();
    }

    /// How long is waited, and for how long tried.
    pub fn terms(&self) -> Terms {
        **self.0.terms.load()
    }

    /// Which ways are down.
    pub fn health(&self) -> &Health {
        &self.0.health
    }

    /// Says that there may be something to do.
    pub fn wake(&self) {
        self.0.wake.notify_one();
    }

    /// Says that jobs were changed by hand: what was read of them before is not true any more.
    pub fn changed(&self) {
        self.0.changes.fetch_add(1, Ordering::Release);
        self.wake();
    }

    /// Counts how often that was said.
    pub fn changes(&self) -> u64 {
        self.0.changes.load(Ordering::Acquire)
    }

    /// Resolves when somebody said so since it last did.
    pub async fn woken(&self) {
        self.0.wake.notified().await;
    }
}

impl HeldFor {
    fn code(self) -> &'static str {
        match self {
            Self::Burst => "burst",
            Self::Administrator => "administrator",
            Self::Unclear => "unclear",
        }
    }

    fn of(code: &str) -> Self {
        match code {
            "burst" => Self::Burst,
            "unclear" => Self::Unclear,
            _ => Self::Administrator,
        }
    }
}

impl Reason {
    /// In our own words.
    pub fn own(status: &str, text: impl Into<String>) -> Self {
        Self { status: status.to_owned(), text: text.into(), host: None }
    }
}

impl Reason {
    /// The message is in a mailbox here.
    pub fn delivered() -> Self {
        Self::own("2.1.5", "delivered to the mailbox")
    }

    /// It was tried for as long as it may be; why not, the last attempt says.
    pub fn expired(last: Option<&Self>) -> Self {
        let status = "4.4.7".to_owned();
        last.map_or_else(
            || Self::own(&status, "not tried in time"),
            |last| Self { status: status.clone(), ..last.clone() },
        )
    }

    /// Nothing was said yet.
    pub fn none_yet() -> Self {
        Self::own("4.0.0", "not tried yet")
    }

    /// It waits for the administrator (R21).
    pub fn held() -> Self {
        Self::own("4.7.28", "held until the administrator lets it go")
    }

    /// The mailbox is not there any more.
    pub fn no_mailbox() -> Self {
        Self::own("5.1.1", "this mailbox takes no mail any more")
    }

    /// The mailbox cannot be written to at present.
    pub fn not_now() -> Self {
        Self::own("4.3.0", "the mailbox could not be written to")
    }
}
