//! `request …`: what units and the personnel division ask for, until it is applied or rejected (R12).

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::directory::Snapshot;
use crate::directory::request::{self, Filing, Request, RequestState};
use crate::id::{DecisionId, RequestId};
use crate::language::Language;
use crate::name::{Account, Label};
use crate::provisioning::requests::Paper;
use crate::provisioning::{Act, By, Refusal};

use super::caller::Caller;
use super::execute::{Services, carry_out};
use super::failure::Failure;
use super::reply::Reply;
use super::request::{Manner, SlipForm};

/// What is asked about requests.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Ask {
    /// `request file`
    File {
        /// Who asks.
        by: Label,
        /// For the unit of this code; the personnel division's own has none.
        unit: Option<String>,
        /// What.
        act: Box<Act>,
        /// Why.
        reason: Option<Account>,
        /// For the audit.
        note: Option<String>,
        /// Whether it is done.
        manner: Manner,
    },
    /// `request list`
    List,
    /// `request show N`
    Show(RequestId),
    /// `request approve N`, `request reject N`
    Answer {
        /// Which.
        id: RequestId,
        /// Who answers.
        by: Label,
        /// How.
        verdict: Verdict,
        /// Why.
        reason: Option<Account>,
        /// For the audit.
        note: Option<String>,
        /// Whether it is done.
        manner: Manner,
    },
    /// `request apply N`
    Apply {
        /// Which.
        id: RequestId,
        /// The number of the decision.
        number: Label,
        /// The day it was signed.
        dated: Date,
        /// The day from which it holds.
        effective: Option<Date>,
        /// For the audit.
        note: Option<String>,
        /// Whether it is done.
        manner: Manner,
        /// The form of the slip, where the act makes one.
        slip: SlipForm,
    },
}

/// How the Office answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It may be applied.
    Approve,
    /// It may not.
    Reject,
}

/// The answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// All of them.
    List {
        /// In the order of their filing.
        requests: Vec<RequestView>,
    },
    /// One.
    One {
        /// As it stands, or would stand.
        request: RequestView,
        /// Whether it was only rehearsed.
        dry_run: bool,
    },
}

/// A request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RequestView {
    /// For ever.
    pub id: RequestId,
    /// When it was filed, Unix seconds.
    pub filed_at: i64,
    /// By whom.
    pub filed_by: String,
    /// Code of the unit; the personnel division's own has none.
    pub unit: Option<String>,
    /// What is asked for.
    pub act: serde_json::Value,
    /// Why.
    pub reason: Option<String>,
    /// Where it stands.
    pub state: RequestState,
    /// When it was answered, Unix seconds.
    pub decided_at: Option<i64>,
    /// By whom.
    pub decided_by: Option<String>,
    /// Why it was answered so.
    pub answer: Option<String>,
    /// By which decision it was applied.
    pub decision: Option<DecisionId>,
}

impl RequestView {
    fn of(request: Request, snapshot: &Snapshot) -> Self {
        let unit = request.unit.and_then(|id| snapshot.unit(id));
        Self {
            id: request.id,
            filed_at: request.filed_at,
            filed_by: request.filed_by,
            unit: unit.map(|unit| unit.code.clone()),
            act: request.act,
            reason: request.reason,
            state: request.state,
            decided_at: request.decided_at,
            decided_by: request.decided_by,
            answer: request.answer,
            decision: request.decision,
        }
    }
}

pub(super) async fn execute(
    ask: Ask,
    caller: &Caller,
    services: &Services,
    language: Language,
) -> Result<Reply, Failure> {
    let provisioning = &services.provisioning;
    let snapshot = provisioning.directory.snapshot();
    let refused = |refusal: &Refusal| Failure::refused(refusal, &snapshot, language);
    let one = |request: Request, manner| {
        let dry_run = manner == Manner::Rehearse;
        Reply::Requested(Answer::One { request: RequestView::of(request, &snapshot), dry_run })
    };
    let done = match ask {
        Ask::File { by, unit, act, reason, note, manner } => {
            let unit = match unit {
                Some(code) => {
                    Some(snapshot.unit_by_code(&code).ok_or_else(|| refused(&Refusal::UnitUnknown(code)))?.id)
                }
                None => None,
            };
            let act = serde_json::to_value(act).unwrap_or_default();
            let hand = By { actor: caller.actor(), note, manner };
            provisioning.file_request(Filing { by, unit, act, reason }, hand).await.map(|filed| one(filed, manner))
        }
        Ask::List => {
            let found = request::list(&mut *provisioning.db.read().await?).await?;
            let views = found.into_iter().map(|request| RequestView::of(request, &snapshot)).collect();
            return Ok(Reply::Requested(Answer::List { requests: views }));
        }
        Ask::Show(id) => {
            let found = request::find(&mut *provisioning.db.read().await?, id).await?;
            return found.map(|found| one(found, Manner::Apply)).ok_or_else(|| refused(&Refusal::RequestUnknown(id)));
        }
        Ask::Answer { id, by, verdict, reason, note, manner } => {
            let state = match verdict {
                Verdict::Approve => RequestState::Approved,
                Verdict::Reject => RequestState::Rejected,
            };
            let answer = request::Answer { state, by, reason };
            let hand = By { actor: caller.actor(), note, manner };
            provisioning.answer_request(id, answer, hand).await.map(|answered| one(answered, manner))
        }
        Ask::Apply { id, number, dated, effective, note, manner, slip } => {
            let order = provisioning.order_of_request(id, Paper { number, dated, effective }, &caller.actor()).await;
            let mut order = order.map_err(|failure| Failure::act(&failure, &snapshot, language))?;
            order.note = note;
            return carry_out(order, manner, slip, services, language).await;
        }
    };
    done.map_err(|failure| Failure::act(&failure, &snapshot, language))
}
