//! `report`: what the Director is told of a month (R30), asked for or on its day.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::db::DbError;
use crate::feed::FeedError;
use crate::figure::{self, Figure};
use crate::language::Language;
use crate::net::tls;
use crate::queue;
use crate::report::{Health, Known, Month, Owed, Report, SendError, Sent};
use crate::sharing::Duty;
use crate::sharing::schedule::State;
use crate::store::StoreError;

use super::alarms;
use super::caller::Caller;
use super::execute::Services;
use super::failure::{Exit, Failure};

/// Who sends a report that nobody asked for.
const DAEMON: &str = "hopthu";

/// What is asked about a month; the one before today's, where none is named.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Ask {
    /// `report`
    Show(Option<Month>),
    /// `report --send`
    Send(Option<Month>),
}

/// The answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Answer {
    /// The report.
    #[serde(flatten)]
    pub report: Box<Report>,
    /// Whom it was sent to.
    pub sent_to: Vec<Address>,
}

/// Why a report was not made or not sent.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// It could not be sent.
    #[error(transparent)]
    Send(#[from] SendError),
    /// What units owe could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The audit could not be looked at.
    #[error(transparent)]
    Audit(#[from] FeedError),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

pub(super) async fn execute(
    ask: Ask,
    caller: &Caller,
    services: &Services,
    language: Language,
) -> Result<Answer, Failure> {
    let this = Month::of(services.reports.clock.today());
    let (Ask::Show(month) | Ask::Send(month)) = ask;
    let month = month.unwrap_or_else(|| this.before());
    if month > this {
        let message = match language {
            Language::Vi => format!("tháng {month} chưa đến"),
            Language::En => format!("{month} has not come yet"),
        };
        return Err(Failure::new(Exit::Input, "month_ahead", &message));
    }
    let failed = |error: ReportError| failure(&error, language);
    let report = Box::new(gather(month, services).await.map_err(failed)?);
    let sent_to = match ask {
        Ask::Show(_) => Vec::new(),
        Ask::Send(_) => {
            let sent = services.reports.send(&report, Sent::Again, &caller.actor()).await;
            sent.map_err(|error| failed(error.into()))?
        }
    };
    Ok(Answer { report, sent_to })
}

/// Sends the report that is due, if one is; returns whom it went to.
///
/// # Errors
/// [`ReportError`]; then it is due still.
pub async fn send_due(services: &Services) -> Result<Vec<Address>, ReportError> {
    let Some(month) = services.reports.due().await? else { return Ok(Vec::new()) };
    services.reports.ready()?;
    let report = gather(month, services).await?;
    Ok(services.reports.send(&report, Sent::Once, DAEMON).await?)
}

/// The report, with what only those know who look after the units and the system.
async fn gather(month: Month, services: &Services) -> Result<Report, ReportError> {
    let provisioning = &services.provisioning;
    let duties = services.sharing.duties_due(month.first()..=month.last()).await?;
    let known = Known {
        duties: owed(duties, services),
        overdue_before: provisioning.settings.work.overdue_before(&provisioning.clock),
        health: health(month, services).await?,
    };
    Ok(services.reports.gather(month, known).await?)
}

/// Duties by unit and section, in the order in which they are listed.
fn owed(duties: Vec<Duty>, services: &Services) -> Vec<Owed> {
    let snapshot = services.reports.directory.snapshot();
    let mut places: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut all: Vec<Owed> = Vec::new();
    for duty in duties {
        let head = duty.head.and_then(|head| snapshot.staff(head)).map(|head| head.name.to_string());
        let place = *places.entry((duty.unit.clone(), duty.section.clone())).or_insert(all.len());
        if place == all.len() {
            let (unit, unit_name, section) = (duty.unit, duty.unit_name, duty.section);
            all.push(Owed { unit, unit_name, head, section, ..Owed::default() });
        }
        let Some(owed) = all.get_mut(place) else { continue };
        match duty.state {
            State::OnTime => owed.on_time += 1,
            State::Late => owed.late_days.push(duty.due),
            State::Missing => owed.missing_days.push(duty.due),
            State::Open => owed.open += 1,
        }
        (owed.late, owed.missing) = (owed.late_days.len(), owed.missing_days.len());
    }
    all
}

async fn health(month: Month, services: &Services) -> Result<Health, ReportError> {
    let provisioning = &services.provisioning;
    // Their words are the report's: it is Vietnamese.
    let alarms = alarms::all(services, Language::Vi).await?;
    let audit = services.keeper.verify().await?;
    let mut reader = provisioning.db.read().await?;
    let counts = queue::counts(&mut reader).await?;
    let days = figure::between(&mut reader, (month.first(), month.last())).await?;
    let starts = days.values().map(|figures| figures.of(Figure::Starts));
    Ok(Health {
        alarms: alarms.into_iter().map(|alarm| alarm.message).collect(),
        running_since: services.running_since,
        starts: (!days.is_empty()).then(|| starts.sum()),
        queue_waiting: counts.waiting,
        queue_held: counts.held,
        last_backup: figure::last_day(&mut reader, Figure::Backups).await?,
        audit_entries: audit.entries,
        audit_ok: audit.ok,
        certificate_ends: tls::expiry(&services.certificate).ok(),
        free_octets: alarms::free_bytes(provisioning.db.path()).unwrap_or_default(),
    })
}

fn failure(error: &ReportError, language: Language) -> Failure {
    let vietnamese = match error {
        ReportError::Send(SendError::Nobody) => {
            Some("không có ai nhận: report.recipients để trống và không ai giữ chức Giám đốc".to_owned())
        }
        ReportError::Send(SendError::NoMailbox(address)) => {
            Some(format!("{address} không phải hộp thư ở đây: xem report.recipients"))
        }
        _ => None,
    };
    let message = vietnamese.filter(|_| language == Language::Vi).unwrap_or_else(|| error.to_string());
    let code = match error {
        ReportError::Send(SendError::Nobody) => "no_recipient",
        ReportError::Send(SendError::NoMailbox(_)) => "recipient_unknown",
        ReportError::Send(SendError::Compose(_)) => "internal",
        ReportError::Send(SendError::Store(_)) | ReportError::Store(_) => "store",
        ReportError::Audit(_) => "audit",
        ReportError::Db(_) => "database",
    };
    let exit = if matches!(code, "no_recipient" | "recipient_unknown") { Exit::Refused } else { Exit::System };
    Failure { rule: (exit == Exit::Refused).then(|| "R30".to_owned()), ..Failure::new(exit, code, &message) }
}
