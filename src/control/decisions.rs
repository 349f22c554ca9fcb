//! `decision …`: what is in the records, what one will do or did, and withdrawing one before its day (R16).

use jiff::Timestamp;

use super::caller::Caller;
use super::execute::Services;
use super::failure::Failure;
use super::reply::{DecisionDetail, Reply, StepView};
use super::request::Manner;
use crate::audit::{self, Filter};
use crate::clock::Clock;
use crate::db::DbError;
use crate::directory::{DecisionState, Recorded};
use crate::language::Language;
use crate::name::Label;
use crate::provisioning;

pub(super) async fn list(services: &Services) -> Result<Reply, Failure> {
    let decisions = recorded(services).await?;
    let clock = &services.provisioning.clock;
    Ok(Reply::DecisionList { decisions: decisions.into_iter().map(|found| detail(found, clock)).collect() })
}

async fn recorded(services: &Services) -> Result<Vec<Recorded>, DbError> {
    Recorded::list(&mut *services.provisioning.db.read().await?).await
}

/// As it is in the list.
fn detail(recorded: Recorded, clock: &Clock) -> DecisionDetail {
    let entered = Timestamp::from_second(recorded.recorded_at).unwrap_or_default();
    let entered = entered.to_zoned_datetime(clock.zone().clone()).date();
    let backdated = recorded.decision.effective < entered;
    DecisionDetail { recorded, backdated, plan: Vec::new(), refused: None, subjects: Vec::new(), entries: Vec::new() }
}

/// Those of one number, the newest first: numbers begin again each year.
pub(super) async fn show(number: &Label, services: &Services, language: Language) -> Result<Reply, Failure> {
    let mut named = recorded(services).await?;
    named.retain(|recorded| recorded.decision.number.key() == number.key());
    if named.is_empty() {
        let what = ("quyết định", "decision");
        return Err(Failure::unknown("decision_unknown", what, number.as_str(), language));
    }
    let mut decisions = Vec::with_capacity(named.len());
    for found in named {
        decisions.push(whole(found, services, language).await?);
    }
    Ok(Reply::DecisionShow { decisions })
}

/// With what it will do, or did.
async fn whole(recorded: Recorded, services: &Services, language: Language) -> Result<DecisionDetail, Failure> {
    let provisioning = &services.provisioning;
    let mut detail = detail(recorded, &provisioning.clock);
    let filter = Filter { decisions: Some(vec![detail.recorded.id]), ..Filter::default() };
    detail.entries = audit::list(&mut *provisioning.db.read().await?, &filter).await?;
    let snapshot = provisioning.directory.snapshot();
    // One that waits has changed nothing yet, and means people it knows.
    let meant = detail.recorded.pins.people.values().filter_map(|id| snapshot.staff(*id));
    let changed = detail.entries.iter().filter_map(|entry| snapshot.named(&entry.subject));
    let names: Vec<_> = meant.map(|person| person.name.to_string()).chain(changed).collect();
    for name in names {
        if !detail.subjects.contains(&name) {
            detail.subjects.push(name);
        }
    }
    if detail.recorded.state == DecisionState::Waiting {
        match provisioning.foresee(detail.recorded.clone()).await {
            Ok(done) => {
                let steps = done.acts.iter().flat_map(|applied| &applied.steps);
                detail.plan = steps.map(|step| StepView::of(step, language)).collect();
            }
            Err(provisioning::Failure::Refused(refusal)) => detail.refused = Some(refusal.message(language)),
            Err(failure) => return Err(Failure::act(&failure, &provisioning.directory.snapshot(), language)),
        }
    }
    Ok(detail)
}

pub(super) async fn cancel(
    number: &Label,
    note: Option<String>,
    manner: Manner,
    caller: &Caller,
    services: &Services,
    language: Language,
) -> Result<Reply, Failure> {
    let provisioning = &services.provisioning;
    let cancelled = match manner {
        Manner::Apply => provisioning.cancel(number, &caller.actor(), note).await,
        Manner::Rehearse => provisioning.cancellable(number).await,
    };
    let snapshot = provisioning.directory.snapshot();
    let cancelled = cancelled.map_err(|failure| Failure::act(&failure, &snapshot, language))?;
    Ok(Reply::DecisionList { decisions: vec![detail(cancelled, &provisioning.clock)] })
}
