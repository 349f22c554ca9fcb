//! Acts on people, units and mailboxes: a personnel decision becomes a plan of steps, and the plan one transaction with
//! its audit entries.
//!
//! `plan` is pure and holds every condition; `apply` is a flat list of effects and decides nothing. Both run inside the
//! write, on the directory as the transaction sees it, so that two acts at once cannot plan the same address.

mod act;
mod apply;
mod by;
mod describe;
mod due;
mod duties;
mod effect;
mod handover;
pub mod incidents;
pub mod items;
mod machines;
pub mod mail;
mod minutes;
mod notice;
mod order;
mod refusal;
mod reminder;
pub mod requests;
pub mod rules;
mod settings;
pub mod sheet;
mod slip;
mod step;
mod welcome;

use futures_util::TryStreamExt;
use futures_util::stream::FuturesOrdered;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;

pub use act::{
    Act, AddMachine, CloseUnit, CreateUnit, Delegate, Depart, DepartReason, FirstPassword, FoundDepartment, HandOver,
    Hire, OpenFolder, OpenMailbox, Registration, Reinstate, Rename, RenameUnit, SplitUnit, To, Transfer,
};
pub use by::By;
pub use due::Due;
pub use handover::{Handover, Signatory};
pub use machines::Replaced;
pub use minutes::Minutes;
pub use order::{Applied, Approval, Done, Failure, Manner, Order, Rejected};
pub use refusal::{Candidate, Refusal};
pub use rules::Handing;
pub use settings::{ClientSettings, Departure, Endpoint, Requests, Settings};
pub use slip::Slip;
pub use step::{Step, Subject, Whose};

use crate::audit::{self, Entry};
use crate::clock::Clock;
use crate::credential::{Hash, Hasher, Secret};
use crate::db::{Db, Tx};
use crate::directory::{DecisionState, Directory, Draft, Entering, Recorded, Snapshot};
use crate::id::DecisionId;
use crate::limits;
use crate::store::Store;
use apply::{Outcome, Progress};
use effect::Effect;
use rules::Case;

/// What acts need. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Provisioning {
    /// The database.
    pub db: Db,
    /// The directory.
    pub directory: Directory,
    /// Where mail is kept.
    pub store: Store,
    /// Hashes first passwords.
    pub hasher: Hasher,
    /// Today, at the office.
    pub clock: Clock,
    /// What the configuration says about acts.
    pub settings: std::sync::Arc<Settings>,
}

/// A password that was hashed before the write began: hashing must not hold up the writer.
#[derive(Clone, Debug)]
pub(crate) struct Issued {
    secret: Secret,
    hash: Hash,
}

/// Passwords for the acts of an order, made and hashed before the write began.
type Passwords = Vec<Option<Issued>>;

/// Passwords that were made for orders.
struct Made {
    /// For the acts of each.
    of_orders: Vec<Passwords>,
    /// For the machines of mailboxes that are handed over.
    spare: Vec<Issued>,
}

impl Made {
    /// None.
    fn nothing(orders: &[Order]) -> Self {
        Self { of_orders: orders.iter().map(|order| vec![None; order.acts.len()]).collect(), spare: Vec::new() }
    }
}

/// What orders leave behind until it is written.
struct Sitting {
    draft: Draft,
    effects: Vec<Effect>,
    entries: Vec<Entry>,
    rejected: Vec<Rejected>,
    spare: Vec<Issued>,
}

impl Provisioning {
    /// Does what is asked, in one transaction.
    pub async fn execute(&self, order: Order) -> Result<Done, Failure> {
        single(self.run(vec![order], Manner::Apply).await)
    }

    /// Finds out what would happen, and changes nothing (`--dry-run`).
    pub async fn rehearse(&self, order: Order) -> Result<Done, Failure> {
        single(self.run(vec![order], Manner::Rehearse).await)
    }

    /// Does what several orders ask for, all in one transaction or none.
    ///
    /// # Errors
    /// [`Failure::Several`] with every refusal, not only the first.
    pub async fn execute_all(&self, orders: Vec<Order>) -> Result<Vec<Done>, Failure> {
        self.run(orders, Manner::Apply).await
    }

    /// The same, changing nothing.
    pub async fn rehearse_all(&self, orders: Vec<Order>) -> Result<Vec<Done>, Failure> {
        self.run(orders, Manner::Rehearse).await
    }

    /// Does what is asked within a transaction that records more than it: no act that sets a password.
    pub async fn execute_in(&self, tx: &mut Tx, order: &Order) -> Result<Done, Failure> {
        let orders = std::slice::from_ref(order);
        let done = self.write(tx, orders, Made::nothing(orders), Manner::Apply).await?;
        done.into_iter().next().ok_or(Failure::Plan("an order without an answer"))
    }

    async fn run(&self, orders: Vec<Order>, manner: Manner) -> Result<Vec<Done>, Failure> {
        let made = match manner {
            Manner::Apply => Made { of_orders: self.issue(&orders).await?, spare: self.spare(&orders).await? },
            Manner::Rehearse => Made::nothing(&orders),
        };
        let here = self.clone();
        by::enter(&self.db, manner, move |tx| Box::pin(async move { here.write(tx, &orders, made, manner).await }))
            .await
    }

    /// The passwords that orders will set, as many hashed at a time as there are cores. An order that waits for its day
    /// sets none now.
    async fn issue(&self, orders: &[Order]) -> Result<Vec<Passwords>, Failure> {
        let today = self.clock.today();
        let ahead = |order: &Order| order.decision.as_ref().is_some_and(|decision| decision.effective > today);
        let mut hashing = FuturesOrdered::new();
        let mut made = Vec::new();
        for order in orders {
            let handed = order.handing == Handing::Slip && !ahead(order);
            for act in &order.acts {
                if hashing.len() >= limits::HASHES_OF_ORDERS_MAX {
                    made.extend(hashing.try_next().await?);
                }
                let set = handed && act.sets_password();
                hashing.push_back(async move {
                    if set { self.make_password(act, order).await.map(Some) } else { Ok(None) }
                });
            }
        }
        while let Some(issued) = hashing.try_next().await? {
            made.push(issued);
        }
        let mut made = made.into_iter();
        Ok(orders.iter().map(|order| made.by_ref().take(order.acts.len()).collect()).collect())
    }

    async fn make_password(&self, act: &Act, order: &Order) -> Result<Issued, Failure> {
        let secret = match (act, &order.password) {
            (Act::SetPassword { .. }, Some(chosen)) => chosen.clone(),
            _ => Secret::generate().map_err(Failure::Randomness)?,
        };
        let hash = match act {
            Act::AddDevice { .. } | Act::AddMachine(_) | Act::OpenMailbox(_) => self.hasher.hash_made(&secret).await?,
            _ => self.hasher.hash(&secret).await?,
        };
        Ok(Issued { secret, hash })
    }

    /// Plans every order on what the ones before it left; then, if nothing is refused, writes all of it.
    async fn write(
        &self,
        tx: &mut Tx,
        orders: &[Order],
        Made { of_orders, spare }: Made,
        manner: Manner,
    ) -> Result<Vec<Done>, Failure> {
        let draft = self.directory.draft(tx).await?;
        let mut sitting = Sitting { draft, effects: Vec::new(), entries: Vec::new(), rejected: Vec::new(), spare };
        let mut done = Vec::with_capacity(orders.len());
        for (place, (order, issued)) in orders.iter().zip(&of_orders).enumerate() {
            done.push(self.order(tx, &mut sitting, (place, order), issued, manner).await?);
        }
        self.foretell(tx, &mut sitting, orders, &mut done).await?;
        if !sitting.rejected.is_empty() {
            return Err(Failure::Several(sitting.rejected));
        }
        match manner {
            Manner::Apply => self.keep(tx, sitting, orders, &mut done).await?,
            Manner::Rehearse => drop(self.hand_over_all(tx, orders, &mut done, manner).await?),
        }
        Ok(done)
    }

    /// Plans one order: its decision is entered, its acts are done in the draft, or wait for their day and are foretold
    /// when everything that is done today is.
    async fn order(
        &self,
        tx: &mut Tx,
        sitting: &mut Sitting,
        (place, order): (usize, &Order),
        issued: &Passwords,
        manner: Manner,
    ) -> Result<Done, Failure> {
        // A password takes its time to be hashed: whoever was let in before may be shut out by now.
        if let Some((mailbox, then)) = order.by {
            let snapshot = sitting.draft.snapshot();
            let own = snapshot.mailbox(mailbox).filter(|mailbox| mailbox.generation == then).ok_or(Failure::Ended)?;
            if !order.acts.iter().all(|act| act.is_for(own.owner, snapshot)) {
                return Err(Failure::Ended);
            }
        }
        let (id, state) = match self.enter_decision(tx, sitting, order).await {
            Ok(entered) => entered,
            Err(Failure::Refused(refusal)) => {
                sitting.rejected.push(Rejected { order: place, act: None, refusal });
                (None, DecisionState::Applied)
            }
            Err(failure) => return Err(failure),
        };
        let mut acts = Vec::with_capacity(order.acts.len());
        if state == DecisionState::Waiting {
            return Ok(Done { decision: id, state, acts });
        }
        for (n, (act, issued)) in order.acts.iter().zip(issued).enumerate() {
            let (draft, effects) = (&mut sitting.draft, &mut sitting.effects);
            match self.act(draft, effects, order, act, issued.as_ref(), manner) {
                Ok(mut outcome) => {
                    if let Some(refusal) = self.refused_device(tx, &outcome.applied.steps).await? {
                        sitting.rejected.push(Rejected { order: place, act: Some(n), refusal });
                    }
                    self.replace_machines(tx, sitting, (order, manner), &mut outcome).await?;
                    let now = self.clock.now();
                    sitting.entries.extend(outcome.records.into_iter().map(|record| record.signed(order, id, now)));
                    acts.push(outcome.applied);
                }
                Err(Failure::Refused(refusal)) => {
                    sitting.rejected.push(Rejected { order: place, act: Some(n), refusal });
                }
                Err(failure) => return Err(failure),
            }
        }
        Ok(Done { decision: id, state, acts })
    }

    /// Plans one act, part by part, and does it in the draft.
    fn act(
        &self,
        draft: &mut Draft,
        effects: &mut Vec<Effect>,
        order: &Order,
        act: &Act,
        issued: Option<&Issued>,
        manner: Manner,
    ) -> Result<Outcome, Failure> {
        let today = self.clock.today();
        let mut steps = Vec::new();
        let mut records = Vec::new();
        let (mut subject, mut slip, mut handovers) = (Subject::default(), None, Vec::new());
        for part in rules::parts(act, &self.case(draft.snapshot(), order, today))? {
            let plan = rules::plan(&part, &self.case(draft.snapshot(), order, today))?;
            let progress = Progress::new(draft, effects, (&self.settings, &self.clock), order, issued, manner);
            let outcome = progress.apply(act, plan)?;
            steps.extend(outcome.applied.steps);
            records.extend(outcome.records);
            handovers.extend(outcome.applied.handovers);
            // What an act is about is what its last part is about; only the first of a split makes something new.
            subject = outcome.applied.subject.or(subject);
            slip = outcome.applied.slip.or(slip);
        }
        Ok(Outcome { applied: Applied { steps, subject, slip, handovers, machines: Vec::new() }, records })
    }

    fn case<'a>(&'a self, snapshot: &'a Snapshot, order: &'a Order, today: Date) -> Case<'a> {
        Case {
            snapshot,
            settings: &self.settings,
            decision: order.decision.as_ref(),
            password: order.password.as_ref(),
            pins: &order.pins,
            handing: order.handing,
            now: self.clock.now(),
            today,
        }
    }

    /// Writes the draft's rows, does what else is to be done, and records it all.
    async fn keep(
        &self,
        tx: &mut Tx,
        mut sitting: Sitting,
        orders: &[Order],
        done: &mut [Done],
    ) -> Result<(), Failure> {
        self.directory.save(tx, sitting.draft).await?;
        self.perform(tx, sitting.effects).await?;
        sitting.entries.extend(self.hand_over_all(tx, orders, done, Manner::Apply).await?);
        let mut entries = sitting.entries.into_iter().peekable();
        while entries.peek().is_some() {
            audit::append(tx, entries.by_ref().take(limits::ROWS_PER_STATEMENT_MAX).collect()).await?;
        }
        Ok(())
    }

    /// Hands over what acts hand over, when everything else is done; what waits for its day is handed over then.
    async fn hand_over_all(
        &self,
        tx: &mut Tx,
        orders: &[Order],
        done: &mut [Done],
        manner: Manner,
    ) -> Result<Vec<Entry>, Failure> {
        let mut entries = Vec::new();
        for (order, done) in orders.iter().zip(done).filter(|(_, done)| done.state == DecisionState::Applied) {
            for handover in done.acts.iter_mut().flat_map(|applied| &mut applied.handovers) {
                let record = self.hand_over(tx, handover, manner).await?;
                entries.extend(record.map(|record| record.signed(order, done.decision, self.clock.now())));
            }
        }
        Ok(entries)
    }

    /// Enters the decision, which may not have been entered before (R16, invariant I5).
    async fn enter_decision(
        &self,
        tx: &mut Tx,
        sitting: &mut Sitting,
        order: &Order,
    ) -> Result<(Option<DecisionId>, DecisionState), Failure> {
        rules::decision::approved(order, &self.settings)?;
        let Some(decision) = &order.decision else { return Ok((None, DecisionState::Applied)) };
        let now = self.clock.now();
        let acts = json!(order.acts);
        let (id, state) = if let Some(due) = order.due {
            let before = Recorded::settle(tx, due, DecisionState::Applied, now.as_second()).await?;
            rules::decision::waits(&decision.number, before)?;
            (due, DecisionState::Applied)
        } else {
            let earlier = Recorded::find(tx.connection(), decision).await?;
            let state = rules::decision::admit(decision, earlier.as_ref(), &self.clock)?;
            let entering = Entering { decision, acts: &acts, state, now: now.as_second() };
            (Recorded::enter(tx, entering).await?, state)
        };
        let record = Record {
            what: if state == DecisionState::Applied { "decision.applied" } else { "decision.entered" },
            subject: format!("decision:{id}"),
            before: None,
            after: Some(json!({ "decision": decision, "acts": acts, "state": state })),
        };
        sitting.entries.push(record.signed(order, Some(id), now));
        if let Approval::Request(request) = order.approval {
            let record = requests::applied(tx, request, id).await?;
            sitting.entries.push(record.signed(order, Some(id), now));
        }
        Ok((Some(id), state))
    }
}

/// The answer to a single order; the first refusal is told as it is.
fn single(answer: Result<Vec<Done>, Failure>) -> Result<Done, Failure> {
    match answer {
        Ok(done) => done.into_iter().next().ok_or(Failure::Plan("an order without an answer")),
        Err(Failure::Several(rejected)) => match rejected.into_iter().next() {
            Some(first) => Err(first.refusal.into()),
            None => Err(Failure::Plan("nothing is refused")),
        },
        Err(failure) => Err(failure),
    }
}

/// What an effect changed, before it is said who did it and why.
struct Record {
    what: &'static str,
    subject: String,
    before: Option<serde_json::Value>,
    after: Option<serde_json::Value>,
}

impl Record {
    /// By nobody yet, and for no decision.
    fn plain(self, at: i64) -> Entry {
        Entry {
            at,
            actor: String::new(),
            what: self.what,
            subject: self.subject,
            decision: None,
            note: None,
            before: self.before,
            after: self.after,
        }
    }

    fn signed(self, order: &Order, decision: Option<DecisionId>, now: Timestamp) -> Entry {
        Entry { actor: order.actor.clone(), decision, note: order.note.clone(), ..self.plain(now.as_second()) }
    }
}

#[cfg(test)]
pub(crate) mod tests;
