//! Filters against spam and viruses: the other side of Sendmail's milter protocol, which rspamd, `ClamAV` and many others
//! speak.
//!
//! The whole conversation is held when a message has come in, before it is acknowledged: filters judge what will be stored,
//! nothing is kept while a client is slow, and what a filter says of a recipient or the sender is said of the message. A
//! filter may refuse a message, put it off, mark it, change its header and body, or have it wait for the administrator; it
//! cannot make one disappear.

mod connection;
mod conversation;
mod draft;
mod health;
mod settings;
mod subject;
mod syntax;

use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};
use tracing::{info, warn};

use crate::limits;
use connection::Failure;
use conversation::{Opinion, Room};
use draft::Draft;
use health::Health;

pub use draft::Changed;
pub use settings::{Direction, Filter, OnFailure, Place};
pub use subject::Subject;

/// All filters, in their order. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Filters(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    settings: ArcSwap<Settings>,
    health: Health,
    /// For bodies that filters make; a permit is a KiB.
    memory: Arc<Semaphore>,
}

/// What the configuration says about filters.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// In the order in which they are asked.
    pub filters: Vec<Filter>,
    /// The largest message, in bytes.
    pub message_bytes_max: usize,
}

/// What becomes of a message that is taken.
#[derive(Debug)]
pub struct Examined {
    /// Where it goes.
    pub verdict: Verdict,
    /// What is different about it; nothing where it stays as it came.
    pub changed: Option<Changed>,
}

/// Where a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Where it was going.
    Good,
    /// There, marked as unwanted.
    Unwanted,
    /// Nowhere until the administrator says so. What a filter would throw away silently is kept like this too.
    Held,
}

/// Why a message is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// A filter will not have it.
    #[error("{}", .0.as_deref().unwrap_or("the message is not accepted"))]
    ForGood(Option<String>),
    /// A filter will not have it now, or cannot look at it.
    #[error("{}", .0.as_deref().unwrap_or("the message cannot be examined at this moment; try again later"))]
    ForNow(Option<String>),
    /// Nobody could look at a header like that.
    #[error("the header is too long")]
    Header,
}

impl Filters {
    /// With none; `memory` is that of messages on their way in.
    pub fn new(memory: Arc<Semaphore>) -> Self {
        Self(Arc::new(Shared { settings: ArcSwap::default(), health: Health::default(), memory }))
    }

    /// What the configuration says now.
    pub fn configure(&self, settings: Settings) {
        self.0.health.keep(|name| settings.filters.iter().any(|filter| filter.name == name));
        self.0.settings.store(Arc::new(settings));
    }

    /// Which filters are down, and why.
    pub fn down(&self) -> Vec<(String, String)> {
        self.0.health.all()
    }

    /// Asks each filter whether it is there.
    pub async fn probe(&self) -> Vec<(String, Result<(), String>)> {
        let mut found = Vec::new();
        for filter in &self.0.settings.load_full().filters {
            let answered = conversation::probe(filter).await.map_err(|failure| failure.to_string());
            found.push((format!("{} ({})", filter.name, filter.place), answered));
        }
        found
    }

    /// Has every filter for this direction look at a message with `header` octets of header, each at what the ones before
    /// made of it.
    pub async fn examine(
        &self,
        direction: Direction,
        subject: &Subject<'_>,
        message: &[u8],
        header: usize,
    ) -> Result<Examined, Rejected> {
        let settings = self.0.settings.load_full();
        let is_chosen = |filter: &&Filter| filter.directions.contains(&direction);
        let chosen: Vec<&Filter> = settings.filters.iter().filter(is_chosen).collect();
        if chosen.is_empty() {
            return Ok(Examined { verdict: Verdict::Good, changed: None });
        }
        if header > limits::FILTER_HEADER_BYTES_MAX {
            return Err(Rejected::Header);
        }
        let mut draft = Draft::new(message, header);
        let mut held = false;
        let room = Room { memory: &self.0.memory, octets_max: settings.message_bytes_max };
        for filter in chosen {
            let opinion = self.ask(filter, subject, &mut draft, room).await;
            if opinion != Some(Opinion::Pass) {
                info!(id = subject.id, filter = filter.name, ?opinion, "a filter does not let the message pass");
            }
            match opinion {
                Some(Opinion::Pass) => {}
                Some(Opinion::Hold(_)) => held = true,
                Some(Opinion::Refuse(why)) => return Err(Rejected::ForGood(why)),
                Some(Opinion::Later(why)) => return Err(Rejected::ForNow(why)),
                None if filter.on_failure == OnFailure::Accept => draft.mark_unseen(&filter.name),
                None => return Err(Rejected::ForNow(None)),
            }
        }
        let verdict = match (held, draft.is_marked()) {
            (true, _) => Verdict::Held,
            (false, true) => Verdict::Unwanted,
            (false, false) => Verdict::Good,
        };
        Ok(Examined { verdict, changed: draft.changed() })
    }

    /// Asks one filter, unless it is known to be down; nothing where it did not look at the message.
    async fn ask(
        &self,
        filter: &Filter,
        subject: &Subject<'_>,
        draft: &mut Draft<'_>,
        room: Room<'_>,
    ) -> Option<Opinion> {
        let health = &self.0.health;
        if !health.may_ask(&filter.name, Instant::now()) {
            return None;
        }
        let asking = timeout(filter.patience, conversation::ask(filter, subject, draft, room));
        match asking.await.unwrap_or(Err(Failure::Slow)) {
            Ok(opinion) => {
                health.works(&filter.name);
                Some(opinion)
            }
            Err(failure) => {
                warn!(id = subject.id, filter = filter.name, %failure, "a filter did not look at the message");
                health.failed(&filter.name, failure.to_string(), Instant::now());
                None
            }
        }
    }
}
