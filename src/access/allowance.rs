//! How much a person may send (R21). What goes beyond it is held in the queue; whoever looks after the server learns of it
//! once, by an alarm and an entry of the audit.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde_json::json;
use tokio::sync::OnceCell;

use super::Login;
use crate::address::Address;
use crate::audit::{self, Entry};
use crate::clock::Clock;
use crate::db::{Db, DbError, Tx};
use crate::id::{MailboxId, StaffId};
use crate::limits;
use crate::sending::{self, Counts, Row, Step, Strangers};

/// Recipients that a person may send to, from the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// In an hour.
    pub hourly: u32,
    /// In a day.
    pub daily: u32,
    /// Outside, and never written to before, in a day.
    pub strangers: u32,
}

/// Which bound was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// So many in an hour.
    Hour(u32),
    /// So many in a day.
    Day(u32),
    /// So many in a day to whom the person never wrote before.
    Strangers(u32),
}

/// Why somebody may not send now. Later they may.
#[derive(Debug, thiserror::Error)]
pub enum Withheld {
    /// Enough was sent.
    #[error("the person has sent to as many recipients as they may for now")]
    Enough(Bound),
    /// What was sent before a restart could not be read.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Somebody who wanted to send more than they may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Burst {
    /// Their own mailbox.
    pub mailbox: MailboxId,
    /// When it was last tried.
    pub last: Timestamp,
}

/// Counts what people send. Cheap to clone.
#[derive(Clone)]
pub(super) struct Meter(Arc<Shared>);

struct Shared {
    db: Db,
    clock: Clock,
    state: Mutex<State>,
    loaded: OnceCell<()>,
}

#[derive(Default)]
struct State {
    counts: Counts,
    /// Counts that are not kept yet.
    changed: BTreeSet<(StaffId, Step)>,
    /// Whether somebody will keep them soon.
    scheduled: bool,
    /// When those who were refused tried last, Unix seconds.
    bursts: BTreeMap<MailboxId, i64>,
}

impl Meter {
    pub(super) fn new(db: Db, clock: Clock) -> Self {
        Self(Arc::new(Shared { db, clock, state: Mutex::default(), loaded: OnceCell::new() }))
    }

    /// Counts recipients, if there are not too many, and not too many strangers among those outside: all of them or none.
    pub(super) async fn charge(
        &self,
        login: &Login,
        recipients: u32,
        outside: impl Iterator<Item = &Address>,
        allowance: Allowance,
    ) -> Result<(), Withheld> {
        self.load().await?;
        let Some(staff) = login.staff() else { return Ok(()) };
        let now = self.step();
        let charged = {
            let mut state = self.state();
            let admitted = admit(&state.counts, staff, now, recipients, allowance);
            if admitted.is_ok() {
                state.counts.add(staff, now, recipients);
                self.change(&mut state, staff);
            }
            admitted
        };
        self.told(login, charged).await?;
        let met = self.meet(staff, outside, allowance.strangers).await;
        if !matches!(met, Ok(Ok(()))) {
            self.take_back(login, recipients);
        }
        self.told(login, met?).await
    }

    /// Those outside are known to the person from here on, unless too many of them are new.
    async fn meet(
        &self,
        staff: StaffId,
        outside: impl Iterator<Item = &Address>,
        max: u32,
    ) -> Result<Result<(), Bound>, DbError> {
        let strangers = sending::strangers(&mut *self.0.db.read().await?, staff, outside).await?;
        if strangers.count() == 0 {
            return Ok(Ok(()));
        }
        let now = self.now();
        self.0.db.write(move |tx| Box::pin(async move { meet(tx, staff, &strangers, now, max).await })).await
    }

    /// Takes back what was counted and could not be sent.
    pub(super) fn take_back(&self, login: &Login, recipients: u32) {
        let Some(staff) = login.staff() else { return };
        let mut state = self.state();
        state.counts.take_back(staff, recipients);
        self.change(&mut state, staff);
    }

    /// Who was refused within the last hour.
    pub(super) fn bursts(&self) -> Vec<Burst> {
        let since = self.now() - limits::SENDING_BURST_SECONDS;
        let state = self.state();
        let recent = state.bursts.iter().filter(|(_, last)| **last > since);
        recent
            .filter_map(|(mailbox, last)| Some(Burst { mailbox: *mailbox, last: Timestamp::from_second(*last).ok()? }))
            .collect()
    }

    /// Keeps what was counted since it was last kept.
    pub(super) async fn keep(&self) -> Result<(), DbError> {
        let (rows, changed): (Vec<Row>, _) = {
            let mut state = self.state();
            state.scheduled = false;
            let changed = std::mem::take(&mut state.changed);
            (changed.iter().filter_map(|(staff, step)| state.counts.row(*staff, *step)).collect(), changed)
        };
        if rows.is_empty() {
            return Ok(());
        }
        let since = self.step().day();
        let kept = self.0.db.write(move |tx| Box::pin(async move { sending::keep(tx, &rows, since).await })).await;
        if kept.is_err() {
            self.state().changed.extend(changed);
        }
        kept
    }

    /// What was sent before the daemon started counts.
    async fn load(&self) -> Result<(), DbError> {
        let read = || async {
            let rows = sending::load(&mut *self.0.db.read().await?, self.step().day()).await?;
            self.state().counts = Counts::new(rows);
            Ok(())
        };
        self.0.loaded.get_or_try_init(read).await.copied()
    }

    /// Counts are kept some seconds later, for all who sent meanwhile at once: a commit for each message would cost as
    /// much as the message.
    fn change(&self, state: &mut State, staff: StaffId) {
        state.changed.extend(state.counts.last(staff).map(|step| (staff, step)));
        if std::mem::replace(&mut state.scheduled, true) {
            return;
        }
        let meter = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(limits::SENDING_KEPT_AFTER).await;
            if let Err(error) = meter.keep().await {
                tracing::warn!(%error, "what people sent is not kept yet");
            }
        });
    }

    /// The first refusal of a burst goes into the audit.
    async fn told(&self, login: &Login, admitted: Result<(), Bound>) -> Result<(), Withheld> {
        let Err(bound) = admitted else { return Ok(()) };
        let now = self.now();
        let before = {
            let mut state = self.state();
            state.bursts.retain(|_, last| *last > now - limits::SENDING_BURST_SECONDS);
            state.bursts.insert(login.key, now)
        };
        if before.is_none() {
            tracing::warn!(address = %login.address, ?bound, "more is sent than allowed");
            let recorded = self.record(login, bound, now).await;
            recorded.inspect_err(|_| _ = self.state().bursts.remove(&login.key))?;
        }
        Err(Withheld::Enough(bound))
    }

    async fn record(&self, login: &Login, bound: Bound, now: i64) -> Result<(), DbError> {
        let (per, recipients) = match bound {
            Bound::Hour(recipients) => ("hour", recipients),
            Bound::Day(recipients) => ("day", recipients),
            Bound::Strangers(recipients) => ("day, first time", recipients),
        };
        let entry = Entry {
            at: now,
            actor: login.address.to_string(),
            what: "mail.burst",
            subject: format!("burst:{}", login.key),
            decision: None,
            note: None,
            before: None,
            after: Some(json!({ "staff": login.staff(), "per": per, "recipients": recipients })),
        };
        self.0.db.write(move |tx| Box::pin(async move { audit::append(tx, vec![entry]).await })).await
    }

    fn now(&self) -> i64 {
        self.0.clock.now().as_second()
    }

    fn step(&self) -> Step {
        Step::of(self.now())
    }

    /// A panic elsewhere does not make the counts wrong: every change under the lock is whole.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn meet(
    tx: &mut Tx,
    staff: StaffId,
    strangers: &Strangers,
    now: i64,
    max: u32,
) -> Result<Result<(), Bound>, DbError> {
    let met = sending::met_lately(tx.connection(), staff, now).await?;
    if met.saturating_add(strangers.count()) > max {
        return Ok(Err(Bound::Strangers(max)));
    }
    sending::meet(tx, staff, strangers, now).await.map(Ok)
}

fn admit(counts: &Counts, staff: StaffId, now: Step, more: u32, allowance: Allowance) -> Result<(), Bound> {
    let within = |since, max: u32| counts.since(staff, since).saturating_add(more) <= max;
    if !within(now.day(), allowance.daily) {
        Err(Bound::Day(allowance.daily))
    } else if !within(now.hour(), allowance.hourly) {
        Err(Bound::Hour(allowance.hourly))
    } else {
        Ok(())
    }
}
