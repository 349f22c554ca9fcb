//! Acts on people, units and mailboxes: a personnel decision becomes a plan of steps, and the plan one transaction with
//! its audit entries.
//!
//! `plan` is pure and holds every condition; `apply` is a flat list of effects and decides nothing. Both run inside the
//! write, on the directory as the transaction sees it, so that two acts at once cannot plan the same address.

mod act;
mod apply;
mod refusal;
pub mod rules;
mod settings;
mod slip;
mod step;
mod welcome;

use jiff::Timestamp;

pub use act::{Act, CreateUnit, FirstPassword, FoundDepartment, Hire, Registration};
pub use refusal::{Candidate, Refusal};
pub use settings::{ClientSettings, Endpoint, Settings};
pub use slip::Slip;
pub use step::{Step, Subject, Whose};

use crate::audit::{self, Entry};
use crate::clock::Clock;
use crate::credential::{Busy, Hash, Hasher, Secret};
use crate::db::{Db, DbError, Tx};
use crate::directory::{Decision, Directory, Recorded};
use crate::id::DecisionId;
use crate::mime::compose::ComposeError;
use crate::store::{Store, StoreError};
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

/// What somebody asks for: acts that are done together or not at all.
#[derive(Clone, Debug)]
pub struct Order {
    /// The decision that is the cause. Acts on people's positions need one; it is applied once (R16).
    pub decision: Option<Decision>,
    /// The acts, in their order: each is planned on what the ones before it left.
    pub acts: Vec<Act>,
    /// The password to be set by [`Act::SetPassword`]; one is made where there is none. Kept apart from the acts, which
    /// are recorded.
    pub password: Option<Secret>,
    /// What the actor wishes to add to the audit.
    pub note: Option<String>,
    /// Who asks: the control socket's peer, the SSH user.
    pub actor: String,
}

/// What was done, or would be.
#[derive(Clone, Debug)]
pub struct Done {
    /// The decision's record.
    pub decision: Option<DecisionId>,
    /// One for each act.
    pub acts: Vec<Applied>,
}

/// What became of one act.
#[derive(Clone, Debug)]
pub struct Applied {
    /// The steps, in their order.
    pub steps: Vec<Step>,
    /// Whom or what it was about.
    pub subject: Subject,
    /// For the person, where a password was set.
    pub slip: Option<Slip>,
}

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A rule forbids it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Too many are hashing.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The system has no randomness for a password.
    #[error("no password could be made: {0}")]
    Randomness(std::io::Error),
    /// The welcome message could not be written.
    #[error("the welcome message could not be written: {0}")]
    Welcome(#[from] ComposeError),
    /// A rule made a plan whose steps do not fit each other: a mistake of ours.
    #[error("the plan is not sound: {0}")]
    Plan(&'static str),
    /// The mail store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Why a write ended without being kept.
enum Halt {
    /// It was a rehearsal, and went well.
    Rehearsed(Done),
    Failed(Failure),
}

impl<E: Into<Failure>> From<E> for Halt {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Apply,
    Rehearse,
}

/// A password that was hashed before the write began: hashing must not hold up the writer.
#[derive(Clone, Debug)]
pub(crate) struct Issued {
    secret: Secret,
    hash: Hash,
}

impl Provisioning {
    /// Does what is asked, in one transaction.
    pub async fn execute(&self, order: Order) -> Result<Done, Failure> {
        self.run(order, Mode::Apply).await
    }

    /// Does what is asked and undoes it before anybody sees it: what is reported is what would happen (`--dry-run`).
    pub async fn rehearse(&self, order: Order) -> Result<Done, Failure> {
        self.run(order, Mode::Rehearse).await
    }

    async fn run(&self, order: Order, mode: Mode) -> Result<Done, Failure> {
        let mut issued = Vec::with_capacity(order.acts.len());
        for act in &order.acts {
            issued.push(self.issue(act, &order).await?);
        }
        let here = self.clone();
        let written = self.db.write(move |tx| {
            Box::pin(async move {
                let done = here.write(tx, &order, &issued).await?;
                if mode == Mode::Rehearse { Err(Halt::Rehearsed(done)) } else { Ok(done) }
            })
        });
        match written.await {
            Ok(done) | Err(Halt::Rehearsed(done)) => Ok(done),
            Err(Halt::Failed(failure)) => Err(failure),
        }
    }

    /// The password that an act will set, if it sets one.
    async fn issue(&self, act: &Act, order: &Order) -> Result<Option<Issued>, Failure> {
        let secret = match (act, &order.password) {
            (Act::SetPassword { .. }, Some(chosen)) => chosen.clone(),
            (Act::SetPassword { .. } | Act::Hire(_), _) => Secret::generate().map_err(Failure::Randomness)?,
            (Act::FoundDepartment(_) | Act::CreateUnit(_) | Act::Suspend { .. } | Act::Resume { .. }, _) => {
                return Ok(None);
            }
        };
        let hash = self.hasher.hash(&secret).await?;
        Ok(Some(Issued { secret, hash }))
    }

    async fn write(&self, tx: &mut Tx, order: &Order, issued: &[Option<Issued>]) -> Result<Done, Failure> {
        let now = self.clock.now();
        let decision = self.enter_decision(tx, order, now).await?;
        let mut snapshot = self.directory.within(tx).await?;
        let mut acts = Vec::with_capacity(order.acts.len());
        for (act, issued) in order.acts.iter().zip(issued) {
            let case = Case {
                snapshot: &snapshot,
                settings: &self.settings,
                decision: order.decision.as_ref(),
                password: order.password.as_ref(),
                today: self.clock.today(),
            };
            let steps = rules::plan(act, &case)?;
            let (applied, recorded) = self.apply(tx, steps, issued.as_ref()).await?;
            let entries = recorded.into_iter().map(|r| r.signed(order, decision, now)).collect();
            audit::append(tx, entries).await?;
            snapshot = self.directory.publish(tx).await?;
            acts.push(applied);
        }
        Ok(Done { decision, acts })
    }

    /// Enters the decision, which may not have been applied before (R16, invariant I5).
    async fn enter_decision(&self, tx: &mut Tx, order: &Order, now: Timestamp) -> Result<Option<DecisionId>, Failure> {
        let Some(decision) = &order.decision else { return Ok(None) };
        let earlier = Recorded::find(tx.connection(), decision).await?;
        rules::decision::admit(decision, earlier.as_ref(), &self.clock)?;
        let acts = serde_json::json!(order.acts);
        let id = Recorded::insert_applied(tx, decision, &acts.to_string(), now.as_second()).await?;
        let recorded = Record {
            what: "decision.applied",
            subject: format!("decision:{id}"),
            before: None,
            after: Some(serde_json::json!({ "decision": decision, "acts": acts })),
        };
        audit::append(tx, vec![recorded.signed(order, Some(id), now)]).await?;
        Ok(Some(id))
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
    fn signed(self, order: &Order, decision: Option<DecisionId>, now: Timestamp) -> Entry {
        Entry {
            at: now.as_second(),
            actor: order.actor.clone(),
            what: self.what,
            subject: self.subject,
            decision,
            note: order.note.clone(),
            before: self.before,
            after: self.after,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
