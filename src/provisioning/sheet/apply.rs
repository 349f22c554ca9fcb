//! A file's decisions, planned on what is there and done together, or not at all (hostile B89).

use std::collections::{HashMap, HashSet};

use super::rows::Planned;
use crate::directory::{Decision, DecisionState, Recorded, Snapshot};
use crate::provisioning::{
    Act, Approval, Done, Failure, FirstPassword, Hire, Order, Provisioning, Refusal, Reinstate, Rejected, Rename,
};
use crate::text::fold;

/// What is asked for with a file.
#[derive(Clone, Debug)]
pub struct SheetOrder {
    /// Its decisions.
    pub planned: Vec<Planned>,
    /// Whether somebody takes slips with first passwords.
    pub first_password: FirstPassword,
    /// Who at the Office approved it, where that is told (R12).
    pub approver: Option<String>,
    /// For the audit.
    pub note: Option<String>,
    /// Who asks.
    pub actor: String,
}

/// Whether a file is done, or only told what it would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// It is done.
    Apply,
    /// It is not.
    Rehearse,
}

/// A decision of a file and what became of it.
#[derive(Clone, Debug)]
pub struct Considered {
    /// The decision.
    pub planned: Planned,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of a decision of a file.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// This was done, or would be.
    Done(Done),
    /// It was entered before with the same acts, and stands so.
    Already(DecisionState),
}

/// Why nothing of a file was done.
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    /// Rows that rules refuse, in the order of the file.
    #[error("{} rows are refused", .0.len())]
    Rows(Vec<RowRefusal>),
    /// Something else failed.
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// A row that is refused.
#[derive(Clone, Debug)]
pub struct RowRefusal {
    /// The line of the file.
    pub line: u32,
    /// Why.
    pub refusal: Refusal,
}

impl Provisioning {
    /// Does what a file asks for, in one transaction; or tells every row for which it cannot be done. Decisions that were
    /// entered before with the same acts are left as they are, so that a file may be given twice.
    pub async fn execute_sheet(&self, order: SheetOrder, manner: Manner) -> Result<Vec<Considered>, SheetError> {
        let entered = self.entered().await?;
        let approved = |mut planned: Planned| {
            planned.decision.approver.clone_from(&order.approver);
            let before = again(&planned, &entered);
            (planned, before)
        };
        let considered: Vec<_> = order.planned.iter().cloned().map(approved).collect();
        let new: Vec<_> =
            considered.iter().filter(|(_, before)| before.is_none()).map(|(planned, _)| planned).collect();
        let mut refused = misnamed(&new, &order.planned, &self.directory.snapshot());
        let orders = new.iter().map(|planned| order.of(planned)).collect();
        let done = match manner {
            Manner::Apply if refused.is_empty() => self.apply_orders(orders, order.first_password).await,
            // What else is wrong is told too.
            Manner::Apply | Manner::Rehearse => self.rehearse_all(orders).await,
        };
        match done {
            Ok(done) if refused.is_empty() => Ok(outcomes(considered, done)),
            Ok(_) => Err(SheetError::Rows(refused)),
            Err(Failure::Several(rejected)) => {
                refused.extend(rows(rejected, &new));
                refused.sort_by_key(|row| row.line);
                Err(SheetError::Rows(refused))
            }
            Err(failure) => Err(failure.into()),
        }
    }

    /// Applies orders. Hashing the passwords of a large file takes minutes: it is not begun for one that is refused.
    async fn apply_orders(&self, orders: Vec<Order>, first_password: FirstPassword) -> Result<Vec<Done>, Failure> {
        if first_password != FirstPassword::Later {
            self.rehearse_all(orders.clone()).await?;
        }
        self.execute_all(orders).await
    }

    /// Every decision that was entered and not cancelled, by number and year.
    async fn entered(&self) -> Result<HashMap<(String, i16), Recorded>, Failure> {
        let all = Recorded::list(&mut *self.db.read().await?).await?;
        let live = all.into_iter().filter(|recorded| recorded.state != DecisionState::Cancelled);
        Ok(live.map(|recorded| (key(&recorded.decision), recorded)).collect())
    }
}

impl SheetOrder {
    fn of(&self, planned: &Planned) -> Order {
        let acts = planned.acts.iter().map(|row| with_password(&row.act, self.first_password)).collect();
        let approval = if self.approver.is_some() { Approval::File } else { Approval::None };
        Order { note: self.note.clone(), approval, ..Order::new(&self.actor, Some(planned.decision.clone()), acts) }
    }
}

/// An act that hands out a first password in this way, if it hands out one.
fn with_password(act: &Act, first_password: FirstPassword) -> Act {
    match act {
        Act::Hire(hire) => Act::Hire(Hire { first_password, ..hire.clone() }),
        Act::Reinstate(person) => Act::Reinstate(Reinstate { first_password, ..person.clone() }),
        other => other.clone(),
    }
}

fn key(decision: &Decision) -> (String, i16) {
    (decision.number.key(), decision.dated.year())
}

/// Where a decision stands that was entered before and asked for the same; how passwords were handed out is no matter.
fn again(planned: &Planned, entered: &HashMap<(String, i16), Recorded>) -> Option<DecisionState> {
    let before = entered.get(&key(&planned.decision))?;
    let acts: Vec<Act> = serde_json::from_value(before.acts.clone()).ok()?;
    let dates = |decision: &Decision| (decision.dated, decision.effective);
    let plain = |act: &Act| with_password(act, FirstPassword::Later);
    let same = dates(&planned.decision) == dates(&before.decision)
        && acts.iter().map(plain).eq(planned.acts.iter().map(|row| plain(&row.act)));
    same.then_some(before.state)
}

fn outcomes(considered: Vec<(Planned, Option<DecisionState>)>, done: Vec<Done>) -> Vec<Considered> {
    let mut done = done.into_iter();
    let outcome = |(planned, before): (Planned, Option<DecisionState>)| {
        let outcome = match before {
            Some(state) => Outcome::Already(state),
            None => Outcome::Done(done.next()?),
        };
        Some(Considered { planned, outcome })
    };
    considered.into_iter().filter_map(outcome).collect()
}

/// Refusals at their lines. Where a decision is refused as a whole, what its acts would have met is beside the point.
fn rows(rejected: Vec<Rejected>, planned: &[&Planned]) -> Vec<RowRefusal> {
    let whole: HashSet<_> = rejected.iter().filter(|one| one.act.is_none()).map(|one| one.order).collect();
    let told = rejected.into_iter().filter(|one| one.act.is_none() || !whole.contains(&one.order));
    let at = |one: Rejected| {
        let row = planned.get(one.order)?.acts.get(one.act.unwrap_or(0))?;
        Some(RowRefusal { line: row.line, refusal: one.refusal })
    };
    told.filter_map(at).collect()
}

/// Rows that name a person by address or code and call them otherwise than they are called: a code was mistyped. Whoever
/// the file itself renames or hires is not looked at, nor a decision that was entered before: it has the name of then.
fn misnamed(new: &[&Planned], all: &[Planned], snapshot: &Snapshot) -> Vec<RowRefusal> {
    let renamed: HashSet<_> = all
        .iter()
        .flat_map(|planned| &planned.acts)
        .filter_map(|row| match &row.act {
            Act::Rename(Rename { name, .. }) => Some(name.key()),
            _ => None,
        })
        .collect();
    let misnamed = new.iter().flat_map(|planned| &planned.acts).filter_map(|row| {
        let (who, name) = (row.act.person()?, row.bears.as_ref()?);
        let person = snapshot.find(who).ok()?;
        let other = fold(person.name.as_str()) != name.key() && !renamed.contains(&name.key());
        let refusal = || Refusal::NameDiffers { who: who.to_owned(), name: person.name.clone(), given: name.clone() };
        other.then(|| RowRefusal { line: row.line, refusal: refusal() })
    });
    misnamed.collect()
}

impl Act {
    /// The person already here whom an act of a file is about, as the file names them.
    pub fn person(&self) -> Option<&str> {
        match self {
            Self::Reinstate(person) => Some(&person.who),
            Self::Transfer(person) => Some(&person.who),
            Self::Rename(person) => Some(&person.who),
            Self::Depart(person) => Some(&person.who),
            Self::Promote { who, .. }
            | Self::Suspend { who }
            | Self::Resume { who }
            | Self::AppointHead { who, .. } => Some(who),
            _ => None,
        }
    }
}
