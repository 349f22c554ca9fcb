//! What is asked for at once, and what becomes of it.

use serde::{Deserialize, Serialize};

use super::act::Act;
use super::handover::Handover;
use super::machines::Replaced;
use super::refusal::Refusal;
use super::rules::Handing;
use super::slip::Slip;
use super::step::{Step, Subject};
use crate::credential::{Busy, Secret};
use crate::db::DbError;
use crate::directory::{Decision, DecisionState, Generation, Pins};
use crate::id::{DecisionId, MailboxId, RequestId};
use crate::mime::compose::ComposeError;
use crate::store::StoreError;

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
    /// Where a person asks for their own: the mailbox whose password let them in, and how it stood then. If that has ended
    /// by the time of the write, nothing is done (invariant I7).
    pub by: Option<(MailboxId, Generation)>,
    /// Whether somebody is there to take a slip.
    pub handing: Handing,
    /// Whom the acts name, where the decision has waited: see [`Pins`].
    pub pins: Pins,
    /// The decision's record, where it has waited for its day.
    pub due: Option<DecisionId>,
    /// Who at the Office has approved it.
    pub approval: Approval,
}

/// Whether an act is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Manner {
    /// It is.
    Apply,
    /// It is not: `--dry-run`.
    Rehearse,
}

/// How the Office's approval of an order is known (R12).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Approval {
    /// It is not.
    None,
    /// By the request that the decision applies.
    Request(RequestId),
    /// A personnel file has it: the decision names who gave it.
    File,
}

impl Order {
    /// Acts that somebody asks for now.
    pub fn new(actor: &str, decision: Option<Decision>, acts: Vec<Act>) -> Self {
        let (actor, handing) = (actor.to_owned(), Handing::Slip);
        Self {
            decision,
            acts,
            password: None,
            note: None,
            actor,
            by: None,
            handing,
            pins: Pins::default(),
            due: None,
            approval: Approval::None,
        }
    }
}

/// What was done, or would be.
#[derive(Clone, Debug)]
pub struct Done {
    /// The decision's record.
    pub decision: Option<DecisionId>,
    /// Whether the acts are done, or wait with their decision for its day: then nothing else was changed.
    pub state: DecisionState,
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
    /// Mailboxes that were handed over.
    pub handovers: Vec<Handover>,
    /// Machines whose passwords ended with a hand-over.
    pub machines: Vec<Replaced>,
}

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A rule forbids it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Rules forbid some of what was asked for together.
    #[error("{} acts are refused", .0.len())]
    Several(Vec<Rejected>),
    /// Whoever asked for it may no longer: the password that let them in was replaced, or they were shut out.
    #[error("the right by which it was asked for has ended")]
    Ended,
    /// A mailbox holds other mail than was archived: it is not removed.
    #[error("the mailbox does not hold what was archived of it")]
    Arrived,
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

/// An act of several orders that is refused.
#[derive(Clone, Debug)]
pub struct Rejected {
    /// The order's place in what was asked for.
    pub order: usize,
    /// The act's place in its order; none where the decision itself is refused.
    pub act: Option<usize>,
    /// Why.
    pub refusal: Refusal,
}
