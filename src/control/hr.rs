//! `hr …`: the personnel office's file, read by the command line and sent as decisions (R11).

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::directory::DecisionState;
use crate::language::Language;
use crate::name::{Label, PersonName};
use crate::provisioning::sheet::{self, Considered, Outcome, Planned, RowRefusal, SheetError, SheetOrder};
use crate::provisioning::{Act, Applied, FirstPassword};

use super::caller::Caller;
use super::execute::Services;
use super::failure::{Exit, Failure, FaultView};
use super::reply::StepView;
use super::request::Manner;

/// A file to be planned or applied.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// Its decisions.
    pub decisions: Vec<Planned>,
    /// Whether somebody takes slips with first passwords.
    pub slips: bool,
    /// Who at the Office approved it.
    pub approver: Option<Label>,
    /// For the audit.
    pub note: Option<String>,
    /// Whether it is done.
    pub manner: Manner,
}

/// What a file did, or would do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Answer {
    /// Whether nothing was done.
    pub dry_run: bool,
    /// Whether all of it was done before.
    pub already_applied: bool,
    /// Its decisions, in its order.
    pub decisions: Vec<DecisionOutcome>,
    /// For the people who joined: written by the command line, and told nowhere else.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub slips: Vec<SlipView>,
}

/// A decision of the file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DecisionOutcome {
    /// Its number.
    pub number: Label,
    /// The day it was signed.
    pub dated: Date,
    /// The day from which it holds.
    pub effective: Date,
    /// What it is about.
    pub kind: String,
    /// Where it stands.
    pub state: Option<DecisionState>,
    /// Whether it was entered before.
    pub already: bool,
    /// Its rows.
    pub rows: Vec<RowOutcome>,
}

/// A row of the file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RowOutcome {
    /// The line.
    pub line: u32,
    /// Whom or what it is about.
    pub subject: String,
    /// What is done.
    pub act: String,
    /// What changes, a line each.
    pub changes: Vec<String>,
    /// All steps, for scripts.
    pub steps: Vec<StepView>,
}

/// A slip for a person who joined.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SlipView {
    /// The address.
    pub address: Address,
    /// The slip.
    pub text: String,
}

pub(super) async fn execute(
    ask: Ask,
    caller: &Caller,
    services: &Services,
    language: Language,
) -> Result<Answer, Failure> {
    let provisioning = &services.provisioning;
    let order = SheetOrder {
        planned: ask.decisions,
        first_password: if ask.slips { FirstPassword::ToBeChanged } else { FirstPassword::Later },
        approver: ask.approver.map(String::from),
        note: ask.note,
        actor: caller.actor(),
    };
    let manner = match ask.manner {
        Manner::Apply => sheet::Manner::Apply,
        Manner::Rehearse => sheet::Manner::Rehearse,
    };
    let considered = provisioning.execute_sheet(order, manner).await.map_err(|error| match error {
        SheetError::Rows(rows) => refused(&rows, language),
        SheetError::Failed(failure) => Failure::act(&failure, &provisioning.directory.snapshot(), language),
    })?;
    let mut answer = Answer {
        dry_run: ask.manner == Manner::Rehearse,
        already_applied: considered.iter().all(|one| matches!(one.outcome, Outcome::Already(_))),
        decisions: Vec::with_capacity(considered.len()),
        slips: Vec::new(),
    };
    for one in considered {
        let decision = tell(one, &mut answer.slips, language);
        answer.decisions.push(decision);
    }
    Ok(answer)
}

fn tell(considered: Considered, slips: &mut Vec<SlipView>, language: Language) -> DecisionOutcome {
    let Considered { planned: Planned { decision, acts }, outcome } = considered;
    let (state, already, applied) = match outcome {
        Outcome::Done(done) => (done.state, false, done.acts),
        Outcome::Already(state) => (state, true, Vec::new()),
    };
    let mut applied = applied.into_iter();
    let rows = acts.into_iter().map(|row| {
        let applied = applied.next();
        slips.extend(applied.as_ref().and_then(|applied| slip(applied, language)));
        let steps = applied.map_or_else(Vec::new, |applied| applied.steps);
        RowOutcome {
            line: row.line,
            subject: subject(&row.act, row.bears.as_ref().map(PersonName::as_str)),
            act: row.act.what().to_owned(),
            changes: steps.iter().filter(|step| step.is_change()).map(|step| step.describe(language)).collect(),
            steps: steps.iter().map(|step| StepView::of(step, language)).collect(),
        }
    });
    let rows = rows.collect();
    let (kind, state) = (decision.kind.0, Some(state));
    DecisionOutcome {
        number: decision.number,
        dated: decision.dated,
        effective: decision.effective,
        kind,
        state,
        already,
        rows,
    }
}

fn slip(applied: &Applied, language: Language) -> Option<SlipView> {
    let slip = applied.slip.as_ref()?;
    Some(SlipView { address: slip.address.clone(), text: slip.text(language) })
}

/// Whom or what an act is about, as the file names them.
fn subject(act: &Act, name: Option<&str>) -> String {
    let who = match act {
        Act::Hire(hire) => hire.name.as_str(),
        Act::CreateUnit(unit) => unit.code.as_str(),
        Act::RenameUnit(unit) => &unit.code,
        Act::MergeUnit { code, .. } => code,
        Act::SplitUnit(unit) => &unit.code,
        Act::CloseUnit(unit) => &unit.code,
        other => other.person().unwrap_or_default(),
    };
    match name {
        Some(name) => format!("{name} ({who})"),
        None => who.to_owned(),
    }
}

/// Rows that rules refuse; where a rule forbids none of them, the file names what is not there.
fn refused(rows: &[RowRefusal], language: Language) -> Failure {
    let exit = if rows.iter().any(|row| row.refusal.rule().is_some()) { Exit::Refused } else { Exit::Input };
    let message = match language {
        Language::Vi => format!("{} dòng của tệp không thực hiện được, nên không dòng nào được thực hiện", rows.len()),
        Language::En => format!("{} rows of the file cannot be done, so none of it was done", rows.len()),
    };
    let fault = |row: &RowRefusal| FaultView {
        line: row.line,
        column: None,
        header: None,
        code: row.refusal.code().to_owned(),
        rule: row.refusal.rule().map(str::to_owned),
        message: crate::text::printable(&row.refusal.message(language)),
        word: row.refusal.word(),
    };
    let rule = rows.iter().find_map(|row| row.refusal.rule()).map(str::to_owned);
    Failure { rule, faults: rows.iter().map(fault).collect(), ..Failure::new(exit, "rows_refused", &message) }
}
