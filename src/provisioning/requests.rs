//! Units and the personnel division ask, the Office answers, and what it approved is applied as a decision (R12).

use jiff::civil::Date;
use serde_json::{Value, json};

use super::by::{By, enter};
use super::{Act, Approval, Failure, Order, Provisioning, Record, Refusal};
use crate::audit::{self, Entry};
use crate::db::{DbError, Tx};
use crate::directory::Decision;
use crate::directory::request::{self, Answer, Filing, Request, RequestState};
use crate::id::{DecisionId, RequestId};
use crate::name::Label;

/// The paper by which a request is applied.
#[derive(Clone, Debug)]
pub struct Paper {
    /// Its number.
    pub number: Label,
    /// The day it was signed.
    pub dated: Date,
    /// The day from which it holds; that of signing where none is given.
    pub effective: Option<Date>,
}

impl Provisioning {
    /// Enters a request.
    pub async fn file_request(&self, filing: Filing, by: By) -> Result<Request, Failure> {
        let now = self.clock.now().as_second();
        let written = enter(&self.db, by.manner, move |tx| {
            Box::pin(async move {
                let id = request::insert(tx, &filing, now).await?;
                let after = json!({ "id": id, "filed_at": now, "filed_by": filing.by, "unit": filing.unit,
                    "act": filing.act, "reason": filing.reason, "state": RequestState::Filed });
                let entry = entry(id, "request.file", by, now);
                audit::append(tx, vec![Entry { after: Some(after), ..entry }]).await?;
                found(tx, id).await
            })
        });
        written.await
    }

    /// Enters the Office's answer to a request that waits for it.
    pub async fn answer_request(&self, id: RequestId, answer: Answer, by: By) -> Result<Request, Failure> {
        let now = self.clock.now().as_second();
        let written = enter(&self.db, by.manner, move |tx| {
            Box::pin(async move {
                standing(&found(tx, id).await?, RequestState::Filed)?;
                request::answer(tx, id, &answer, now).await?;
                let what = match answer.state {
                    RequestState::Rejected => "request.reject",
                    RequestState::Filed | RequestState::Approved | RequestState::Applied => "request.approve",
                };
                let before = json!({ "state": RequestState::Filed });
                let after = json!({ "state": answer.state, "decided_at": now, "decided_by": answer.by,
                    "answer": answer.reason });
                let entry = entry(id, what, by, now);
                audit::append(tx, vec![Entry { before: Some(before), after: Some(after), ..entry }]).await?;
                found(tx, id).await
            })
        });
        written.await
    }

    /// The order that applies an approved request: its act, by a decision with whoever approved it.
    pub async fn order_of_request(&self, id: RequestId, paper: Paper, actor: &str) -> Result<Order, Failure> {
        let request = request::find(&mut *self.db.read().await?, id).await?.ok_or(Refusal::RequestUnknown(id))?;
        standing(&request, RequestState::Approved)?;
        let unreadable = |error: serde_json::Error| DbError::Unfit(format!("request {id} cannot be read: {error}"));
        let act: Act = serde_json::from_value(request.act).map_err(unreadable)?;
        let decision = Decision {
            number: paper.number,
            dated: paper.dated,
            effective: paper.effective.unwrap_or(paper.dated),
            kind: act.kind(),
            issuer: None,
            approver: request.decided_by,
            note: None,
        };
        Ok(Order { approval: Approval::Request(id), ..Order::new(actor, Some(decision), vec![act]) })
    }
}

/// Notes in the order's transaction that its request is applied; it may have been already since the order was made.
pub(super) async fn applied(tx: &mut Tx, id: RequestId, decision: DecisionId) -> Result<Record, Failure> {
    standing(&found(tx, id).await?, RequestState::Approved)?;
    request::apply(tx, id, decision).await?;
    Ok(Record {
        what: "request.apply",
        subject: format!("request:{id}"),
        before: Some(json!({ "state": RequestState::Approved, "decision": Value::Null })),
        after: Some(json!({ "state": RequestState::Applied, "decision": decision })),
    })
}

/// Notes that what a request asked for is not done after all: its decision was withdrawn, and another one may apply it.
pub(super) async fn released(tx: &mut Tx, decision: DecisionId) -> Result<Option<Record>, DbError> {
    let released = request::release(tx, decision).await?;
    Ok(released.map(|id| Record {
        what: "request.release",
        subject: format!("request:{id}"),
        before: Some(json!({ "state": RequestState::Applied, "decision": decision })),
        after: Some(json!({ "state": RequestState::Approved, "decision": Value::Null })),
    }))
}

async fn found(tx: &mut Tx, id: RequestId) -> Result<Request, Failure> {
    Ok(request::find(tx.connection(), id).await?.ok_or(Refusal::RequestUnknown(id))?)
}

/// Refuses unless the request stands where it must.
fn standing(request: &Request, wanted: RequestState) -> Result<(), Refusal> {
    let (id, state) = (request.id, request.state);
    if state == wanted { Ok(()) } else { Err(Refusal::RequestStanding { id, state, wanted }) }
}

fn entry(id: RequestId, what: &'static str, by: By, now: i64) -> Entry {
    let subject = format!("request:{id}");
    Entry { at: now, actor: by.actor, what, subject, decision: None, note: by.note, before: None, after: None }
}
