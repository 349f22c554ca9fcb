//! Decisions dated ahead: foretold when they are entered, done on their day by the daemon, or withdrawn before it (R16).

use std::collections::HashMap;

use serde_json::{Value, json};

use super::{
    Act, Applied, Done, Failure, Handing, Manner, Order, Provisioning, Record, Refusal, Rejected, Sitting, requests,
};
use crate::audit;
use crate::db::{Connection, Tx};
use crate::directory::{DecisionState, Draft, MailboxState, Pins, Recorded, Snapshot};
use crate::id::MailboxId;
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
    /// What the acts of decisions dated ahead will do, each on what everything that waits for an earlier day will have
    /// left: in the order in which they will be done, whatever the order in which they are entered.
    pub(super) async fn foretell(
        &self,
        tx: &mut Tx,
        sitting: &mut Sitting,
        orders: &[Order],
        done: &mut [Done],
    ) -> Result<(), Failure> {
        let entered = done.iter().enumerate().filter(|(_, done)| done.state == DecisionState::Waiting);
        let entered: HashMap<_, _> = entered.filter_map(|(place, done)| Some((done.decision?, place))).collect();
        let days = entered.values().filter_map(|place| Some(orders.get(*place)?.decision.as_ref()?.effective));
        let Some(last) = days.max() else { return Ok(()) };
        let mut draft = sitting.draft.clone();
        for recorded in Recorded::waiting(tx.connection(), last).await? {
            let Some(place) = entered.get(&recorded.id) else {
                if let Ok(earlier) = due(recorded) {
                    // What is refused then is told on its day.
                    let _ = self.foretold(&mut draft, &earlier);
                }
                continue;
            };
            let (Some(order), Some(done)) = (orders.get(*place), done.get_mut(*place)) else { continue };
            let pins = pinned(order, draft.snapshot());
            if pins != Pins::default() {
                Recorded::pin(tx, recorded.id, &pins).await?;
            }
            for (n, outcome) in self.foretold(&mut draft, &order.unattended())?.into_iter().enumerate() {
                match outcome {
                    Ok(applied) => done.acts.push(applied),
                    Err(refusal) => sitting.rejected.push(Rejected { order: *place, act: Some(n), refusal }),
                }
            }
        }
        Ok(())
    }

    /// What becomes of each act of an order that nobody attends to.
    fn foretold(&self, draft: &mut Draft, order: &Order) -> Result<Vec<Result<Applied, Refusal>>, Failure> {
        let mut forgotten = Vec::new();
        let outcome = |act| match self.act(draft, &mut forgotten, order, act, None, Manner::Rehearse) {
            Ok(outcome) => Ok(Ok(outcome.applied)),
            Err(Failure::Refused(refusal)) => Ok(Err(refusal)),
            Err(failure) => Err(failure),
        };
        order.acts.iter().map(outcome).collect()
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
        cancellable(&mut *self.db.read().await?, number).await
    }

    /// Withdraws a decision before its day. What was asked for by a request may be applied by another one (R12).
    pub async fn cancel(&self, number: &Label, actor: &str, note: Option<String>) -> Result<Recorded, Failure> {
        let order = Order { note, ..Order::new(actor, None, Vec::new()) };
        let (number, now) = (number.clone(), self.clock.now());
        let written = self.db.write(move |tx| {
            Box::pin(async move {
                // Looked for within the write: its day may come at the same moment.
                let found = cancellable(tx.connection(), &number).await?;
                let id = found.id;
                Recorded::settle(tx, id, DecisionState::Cancelled, now.as_second()).await?;
                let record = Record {
                    what: "decision.cancelled",
                    subject: format!("decision:{id}"),
                    before: Some(json!({ "state": "waiting" })),
                    after: Some(json!({ "state": "cancelled" })),
                };
                let records = std::iter::once(record).chain(requests::released(tx, id).await?);
                let entries = records.map(|record| record.signed(&order, Some(id), now)).collect();
                audit::append(tx, entries).await?;
                Ok::<_, Failure>(Recorded { state: DecisionState::Cancelled, ..found })
            })
        });
        written.await
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

/// The newest decision of this number that waits.
async fn cancellable(connection: &mut Connection, number: &Label) -> Result<Recorded, Failure> {
    let known = Recorded::list(connection).await?;
    let mut named = known.into_iter().filter(|recorded| recorded.decision.number.key() == number.key());
    let newest = named.next().ok_or_else(|| Refusal::DecisionUnknown(number.clone()))?;
    let settled = Refusal::DecisionSettled { number: number.clone(), state: newest.state };
    let found = std::iter::once(newest).chain(named).find(|recorded| recorded.state == DecisionState::Waiting);
    Ok(found.ok_or(settled)?)
}

/// Whom and what an order names, as of the directory that its acts will find. What begins with it is named by nobody
/// before.
fn pinned(order: &Order, snapshot: &Snapshot) -> Pins {
    let people = order.acts.iter().flat_map(Act::people);
    let units = order.acts.iter().flat_map(Act::units);
    Pins {
        people: people.filter_map(|who| Some((who.to_owned(), snapshot.find(who).ok()?.id))).collect(),
        units: units.filter_map(|code| Some((code.to_owned(), snapshot.unit_by_code(code)?.id))).collect(),
    }
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::directory::request::{self, Answer, Filing, RequestState};
    use crate::directory::{Decision, Place, UnitKind};
    use crate::name::LocalPart;
    use crate::provisioning::requests::Paper;
    use crate::provisioning::tests::{Office, decision, hire, order};
    use crate::provisioning::{By, CreateUnit, Transfer};

    fn label(text: &str) -> Label {
        Label::parse(text).unwrap()
    }

    /// Enters a hire for tomorrow, and goes on to that day with what the daemon read of it.
    async fn the_day_comes(office: &Office) -> Order {
        let tomorrow = office.today.tomorrow().unwrap();
        let ahead = Decision { effective: tomorrow, ..decision("1/QĐ", office.today) };
        office.acts.execute(order(Some(ahead), vec![Act::Hire(hire("Lê Văn An"))])).await.unwrap();
        office.acts.clock.set(office.acts.clock.now() + SignedDuration::from_hours(24));
        let waiting = Recorded::waiting(&mut office.acts.db.read().await.unwrap(), tomorrow).await.unwrap();
        due(waiting.into_iter().next().unwrap()).unwrap()
    }

    #[tokio::test]
    async fn what_was_withdrawn_since_the_daemon_read_it_is_not_done() {
        let office = Office::open().await;
        let read = the_day_comes(&office).await;
        office.acts.cancel(&label("1/QĐ"), "test", None).await.unwrap();
        let done = office.acts.execute(read).await;
        let state = DecisionState::Cancelled;
        assert!(
            matches!(&done, Err(Failure::Refused(Refusal::DecisionSettled { state: found, .. })) if *found == state),
            "{done:?}"
        );
        assert_eq!(office.acts.directory.snapshot().all_staff().count(), 0);
        office.sound().await;
    }

    #[tokio::test]
    async fn what_was_done_is_done_once_and_cannot_be_withdrawn() {
        let office = Office::open().await;
        let read = the_day_comes(&office).await;
        office.acts.execute(read.clone()).await.unwrap();
        for again in [
            office.acts.execute(read).await.map(drop),
            office.acts.cancel(&label("1/QĐ"), "test", None).await.map(drop),
        ] {
            assert!(matches!(again, Err(Failure::Refused(Refusal::DecisionSettled { .. }))), "{again:?}");
        }
        assert_eq!(office.acts.directory.snapshot().all_staff().count(), 1);
        office.sound().await;
    }

    /// What is done on its day is planned on what is done before that day, wherever it stands in what is asked for.
    #[tokio::test]
    async fn what_waits_is_foretold_in_the_order_of_the_days() {
        let office = Office::open().await;
        let on = |number, days, act| {
            let effective = office.today.saturating_add(jiff::Span::new().days(days));
            order(Some(Decision { effective, ..decision(number, office.today) }), vec![act])
        };
        let moves =
            Transfer { who: "Lê Văn An".to_owned(), to: "phong-moi".to_owned(), position: None, handover_to: None };
        let unit = CreateUnit {
            code: LocalPart::parse("phong-moi").unwrap(),
            name: label("Phòng mới"),
            kind: UnitKind::Division,
            place: Place::Lan,
            parent: None,
        };
        let moves = || Act::Transfer(moves.clone());
        let orders = vec![
            on("1/QĐ", 9, moves()),
            on("2/QĐ", 5, Act::Hire(hire("Lê Văn An"))),
            on("3/QĐ", 0, Act::CreateUnit(unit)),
        ];
        let done = office.acts.execute_all(orders).await.unwrap();
        assert!(done.iter().all(|done| done.acts.len() == 1), "{done:?}");
        // Before anybody is there to be transferred.
        let early = office.acts.execute(on("4/QĐ", 4, moves())).await;
        assert!(matches!(early, Err(Failure::Refused(Refusal::WhoUnknown(_)))), "{early:?}");
        office.acts.clock.set(office.acts.clock.now() + SignedDuration::from_hours(24 * 9));
        for due in office.acts.apply_due().await.unwrap() {
            due.outcome.unwrap();
        }
        assert_eq!(office.acts.directory.snapshot().find("anlv").unwrap().unit.0, 2);
        office.sound().await;
    }

    #[tokio::test]
    async fn r12_a_request_whose_decision_is_withdrawn_may_be_applied_by_another() {
        let office = Office::open().await;
        let act = json!(Act::Hire(hire("Lê Văn An")));
        let filing = Filing { by: label("Phòng Tổ chức"), unit: None, act, reason: None };
        let by = By { actor: "test".to_owned(), note: None, manner: Manner::Apply };
        let id = office.acts.file_request(filing, by.clone()).await.unwrap().id;
        let answer = Answer { state: RequestState::Approved, by: label("Chánh Văn phòng"), reason: None };
        office.acts.answer_request(id, answer, by).await.unwrap();
        let paper = |number, days| Paper {
            number: label(number),
            dated: office.today,
            effective: Some(office.today.saturating_add(jiff::Span::new().days(days))),
        };
        let ahead = office.acts.order_of_request(id, paper("1/QĐ", 9), "test").await.unwrap();
        office.acts.execute(ahead).await.unwrap();
        office.acts.cancel(&label("1/QĐ"), "test", None).await.unwrap();
        let again = office.acts.order_of_request(id, paper("2/QĐ", 0), "test").await.unwrap();
        office.acts.execute(again).await.unwrap();
        let found = request::find(&mut office.acts.db.read().await.unwrap(), id).await.unwrap().unwrap();
        assert_eq!(found.state, RequestState::Applied);
        office.sound().await;
    }
}
