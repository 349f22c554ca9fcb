//! Incidents are reported and closed, each with its entry in the audit (R22).

use serde_json::json;

use super::Provisioning;
use super::by::{By, enter};
use crate::audit::{self, Entry};
use crate::db::DbError;
use crate::id::{IncidentId, MailboxId};
use crate::incident::{self, Closing, Incident, Kind, Report, State};
use crate::language::Language;
use crate::name::{Account, Label};

/// What somebody reports.
#[derive(Clone, Debug)]
pub struct Reported {
    /// Who reports it.
    pub reporter: Label,
    /// What it is.
    pub kind: Kind,
    /// The mailbox concerned, where one is.
    pub mailbox: Option<MailboxId>,
    /// What happened.
    pub text: Account,
}

/// Why an incident was not closed, or not found.
#[derive(Debug, thiserror::Error)]
pub enum IncidentError {
    /// There is none of this number.
    #[error("there is no incident {0}")]
    Unknown(IncidentId),
    /// R22: it was closed before.
    #[error("incident {0} is closed")]
    Closed(IncidentId),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl IncidentError {
    /// What is wrong, for people.
    pub fn message(&self, language: Language) -> String {
        match (self, language) {
            (Self::Unknown(id), Language::Vi) => format!("không có sự cố {id}"),
            (Self::Closed(id), Language::Vi) => format!("sự cố {id} đã đóng: hãy báo sự cố mới nếu còn lỗi"),
            (Self::Closed(id), Language::En) => format!("incident {id} is closed: report another if it goes on"),
            (error, _) => error.to_string(),
        }
    }
}

impl Provisioning {
    /// Enters a report.
    pub async fn report_incident(&self, reported: Reported, by: By) -> Result<Incident, IncidentError> {
        let at = self.clock.now().as_second();
        let written = enter(&self.db, by.manner, move |tx| {
            Box::pin(async move {
                let Reported { reporter, kind, mailbox, text } = reported;
                let report = Report { at, reporter: reporter.as_str(), kind, mailbox, text: text.as_str() };
                let id = incident::open(tx, &report).await?;
                let after = json!({ "id": id, "at": at, "reporter": reporter, "kind": kind, "mailbox": mailbox,
                    "text": text, "state": State::Open });
                let entry = entry(id, "incident.opened", by, at);
                audit::append(tx, vec![Entry { after: Some(after), ..entry }]).await?;
                incident::find(tx.connection(), id).await?.ok_or(IncidentError::Unknown(id))
            })
        });
        written.await
    }

    /// Closes an incident with its outcome.
    pub async fn close_incident(&self, id: IncidentId, outcome: Account, by: By) -> Result<Incident, IncidentError> {
        let at = self.clock.now().as_second();
        let written = enter(&self.db, by.manner, move |tx| {
            Box::pin(async move {
                let found = incident::find(tx.connection(), id).await?.ok_or(IncidentError::Unknown(id))?;
                if found.state == State::Closed {
                    return Err(IncidentError::Closed(id));
                }
                let closing = Closing { at, by: &by.actor, outcome: outcome.as_str() };
                incident::close(tx, id, &closing).await?;
                let before = json!({ "state": State::Open });
                let after =
                    json!({ "state": State::Closed, "closed_at": at, "closed_by": by.actor, "outcome": outcome });
                let entry = entry(id, "incident.closed", by, at);
                audit::append(tx, vec![Entry { before: Some(before), after: Some(after), ..entry }]).await?;
                incident::find(tx.connection(), id).await?.ok_or(IncidentError::Unknown(id))
            })
        });
        written.await
    }
}

fn entry(id: IncidentId, what: &'static str, by: By, at: i64) -> Entry {
    let subject = format!("incident:{id}");
    Entry { at, actor: by.actor, what, subject, decision: None, note: by.note, before: None, after: None }
}
