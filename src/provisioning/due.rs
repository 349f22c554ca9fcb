//! Decisions dated ahead: foretold when they are entered, done on their day by the daemon, or withdrawn before it (R16).

use serde_json::{Value, json};

use super::{
    Act, Applied, Done, Failure, Halt, Handing, Mode, Order, Provisioning, Record, Refusal, Rejected, Sitting, rules,
};
use crate::audit;
use crate::db::Tx;
use crate::directory::{Decision, DecisionState, Draft, MailboxState, Pins, Recorded, Snapshot};
use crate::id::{DecisionId, MailboxId};
use crate::limits;
use crate::name::Label;
use crate::store::{self, Volume};

/// Who does what is due.
const DAEMON: &str = "hopthu";

/// What became of a decision on its day.
#[derive(Debug)]
pub struct Due {
    /// Which.
    pub recorded: Recorded,
    /// Its acts are done; or why they are not: it waits on, and is tried again.
    pub outcome: Result<Done, Failure>,
}

impl Provisioning {
    /// What the acts of a decision dated ahead will do, on what everything before it will have left.
    pub(super) async fn foretell(
        &self,
        tx: &mut Tx,
        sitting: &mut Sitting,
        (place, order): (usize, &Order),
        id: Option<DecisionId>,
    ) -> Result<Vec<Applied>, Failure> {
        let Some(decision) = &order.decision else { return Ok(Vec::new()) };
        let mut draft = match sitting.ahead.take() {
            // Of one order after the other with the same day only the first looks at all that wait.
            Some((day, draft)) if day == decision.effective => draft,
            _ => self.ahead(tx, sitting.draft.clone(), decision).await?,
        };
        let pins = pinned(order, draft.snapshot());
        if let (Some(id), false) = (id, pins.is_empty()) {
            Recorded::pin(tx, id, &pins).await?;
        }
        let mut forgotten = Vec::new();
        let mut acts = Vec::with_capacity(order.acts.len());
        for (n, act) in order.acts.iter().enumerate() {
            match self.act(&mut draft, &mut forgotten, &order.unattended(), act, None, Mode::Rehearse) {
                Ok(outcome) => acts.push(outcome.applied),
                Err(Failure::Refused(refusal)) => {
                    sitting.rejected.push(Rejected { order: place, act: Some(n), refusal });
                }
                Err(failure) => return Err(failure),
            }
        }
        sitting.ahead = Some((decision.effective, draft));
        Ok(acts)
    }

    /// A draft with everything done that waits for a day up to this decision's; the decision is among what waits.
    async fn ahead(&self, tx: &mut Tx, mut draft: Draft, decision: &Decision) -> Result<Draft, Failure> {
        let mut forgotten = Vec::new();
        for earlier in Recorded::waiting(tx.connection(), decision.effective).await? {
            if earlier.decision != *decision
                && let Ok(earlier) = due(earlier)
            {
                for act in &earlier.acts {
                    // What will be refused then changes nothing.
                    let _ = self.act(&mut draft, &mut forgotten, &earlier, act, None, Mode::Rehearse);
                }
            }
        }
        Ok(draft)
    }

    /// Does every decision whose day has come, in order, each in a transaction of its own. One that is refused waits on.
    pub async fn apply_due(&self) -> Result<Vec<Due>, Failure> {
        let waiting = Recorded::waiting(&mut *self.db.read().await?, self.clock.today()).await?;
        let mut outcomes = Vec::with_capacity(waiting.len());
        for recorded in waiting {
            let outcome = match due(recorded.clone()) {
                Ok(order) => self.execute(order).await,
                Err(failure) => Err(failure),
            };
            outcomes.push(Due { recorded, outcome });
        }
        Ok(outcomes)
    }

    /// What a decision that waits would do if its day were today.
    pub async fn foresee(&self, recorded: Recorded) -> Result<Done, Failure> {
        self.rehearse(due(recorded)?).await
    }

    /// The decision of this number that waits and can be withdrawn.
    pub async fn cancellable(&self, number: &Label) -> Result<Recorded, Failure> {
        let known = Recorded::list(&mut *self.db.read().await?).await?;
        let mut named = known.into_iter().filter(|recorded| recorded.decision.number.key() == number.key());
        let newest = named.next().ok_or_else(|| Refusal::DecisionUnknown(number.clone()))?;
        let settled = Refusal::DecisionSettled { number: number.clone(), state: newest.state };
        let found = std::iter::once(newest).chain(named).find(|recorded| recorded.state == DecisionState::Waiting);
        Ok(found.ok_or(settled)?)
    }

    /// Withdraws a decision before its day.
    pub async fn cancel(&self, number: &Label, actor: &str, note: Option<String>) -> Result<Recorded, Failure> {
        let found = self.cancellable(number).await?;
        let order = Order { note, ..Order::new(actor, None, Vec::new()) };
        let (id, number, now) = (found.id, number.clone(), self.clock.now());
        let written = self.db.write(move |tx| {
            Box::pin(async move {
                let before = Recorded::settle(tx, id, DecisionState::Cancelled, now.as_second()).await?;
                rules::decision::waits(&number, before)?;
                let record = Record {
                    what: "decision.cancelled",
                    subject: format!("decision:{id}"),
                    before: Some(json!({ "state": "waiting" })),
                    after: Some(json!({ "state": "cancelled" })),
                };
                audit::append(tx, vec![record.signed(&order, Some(id), now)]).await?;
                Ok::<_, Halt>(())
            })
        });
        match written.await {
            Ok(()) | Err(Halt::Rehearsed(_)) => Ok(Recorded { state: DecisionState::Cancelled, ..found }),
            Err(Halt::Failed(failure)) => Err(failure),
        }
    }

    /// Mailboxes whose grace is over: to be archived, then removed with [`Provisioning::end_grace`].
    pub fn graces_over(&self) -> Vec<MailboxId> {
        let (snapshot, today) = (self.directory.snapshot(), self.clock.today());
        let over = |mailbox: &&crate::directory::Mailbox| {
            mailbox.state == MailboxState::Closed && mailbox.grace.as_ref().is_some_and(|grace| grace.until <= today)
        };
        snapshot.all_mailboxes().filter(over).map(|mailbox| mailbox.id).take(limits::GRACES_AT_ONCE_MAX).collect()
    }

    /// Removes a mailbox whose grace is over; `archive` is where what it held was written, and `kept` how much that was.
    ///
    /// # Errors
    /// [`Failure::Arrived`] where a message that was on its way when the grace ended came in behind the archive: it was
    /// acknowledged, and is lost to nobody (invariant I9).
    pub async fn end_grace(&self, mailbox: MailboxId, archive: &str, kept: Volume) -> Result<Done, Failure> {
        let order = Order::new(DAEMON, None, vec![Act::RemoveMailbox { mailbox }]);
        let order = Order { note: Some(archive.to_owned()), ..order };
        let here = self.clone();
        let removed = self.db.write(move |tx| {
            Box::pin(async move {
                if store::volume(tx.connection(), mailbox).await? != kept {
                    return Err(Failure::Arrived);
                }
                here.execute_in(tx, &order).await
            })
        });
        removed.await
    }
}

impl Order {
    /// The same without anybody there to take a slip.
    fn unattended(&self) -> Self {
        Self { handing: Handing::Nobody, ..self.clone() }
    }
}

/// Whom an order names, as of the directory that its acts will find. Whoever joins by it is named by nobody before.
fn pinned(order: &Order, snapshot: &Snapshot) -> Pins {
    let named = order.acts.iter().flat_map(Act::people);
    named.filter_map(|who| Some((who.to_owned(), snapshot.find(who).ok()?.id))).collect()
}

/// A waiting decision as an order, to be done by the daemon.
fn due(recorded: Recorded) -> Result<Order, Failure> {
    let Recorded { id, decision, acts, pins, .. } = recorded;
    let acts = match acts {
        Value::Array(acts) => acts.into_iter().map(serde_json::from_value).collect::<Result<Vec<Act>, _>>(),
        other => serde_json::from_value(other),
    };
    let acts = acts.map_err(|_| Failure::Plan("a waiting decision holds acts that cannot be read"))?;
    let note = decision.note.clone();
    let order = Order { note, pins, due: Some(id), ..Order::new(DAEMON, Some(decision), acts) };
    Ok(order.unattended())
}
