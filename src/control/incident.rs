//! `incident …`: faults and leaks, until each is closed (R22).

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::directory::{Mailbox, Snapshot};
use crate::id::IncidentId;
use crate::incident::{self, Incident, Kind, State};
use crate::language::Language;
use crate::name::{Account, Label};
use crate::provisioning::incidents::{IncidentError, Reported};

use super::caller::Caller;
use super::execute::Services;
use super::failure::{Exit, Failure};

/// What is asked about incidents.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Ask {
    /// `incident report`
    Report {
        /// What happened.
        text: Account,
        /// Who tells of it, if not the caller.
        by: Option<Label>,
        /// What sort.
        kind: Kind,
        /// The mailbox concerned.
        mailbox: Option<Address>,
    },
    /// `incident list`
    List {
        /// The closed ones too.
        all: bool,
    },
    /// `incident close N`
    Close {
        /// Which.
        id: IncidentId,
        /// How it ended.
        outcome: Account,
    },
}

/// The answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Those asked for.
    Incidents(Vec<IncidentView>),
    /// The one reported or closed.
    Incident(IncidentView),
}

/// An incident.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct IncidentView {
    /// What is in the records.
    #[serde(flatten)]
    pub incident: Incident,
    /// The address of the mailbox concerned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
}

impl IncidentView {
    fn of(incident: Incident, snapshot: &Snapshot) -> Self {
        let mailbox = incident.mailbox.and_then(|id| snapshot.mailbox(id));
        Self { incident, address: mailbox.and_then(Mailbox::primary).cloned() }
    }
}

pub(super) async fn execute(
    ask: Ask,
    caller: &Caller,
    services: &Services,
    language: Language,
) -> Result<Answer, Failure> {
    let provisioning = &services.provisioning;
    let snapshot = provisioning.directory.snapshot();
    let failed = |error: IncidentError| failure(&error, language);
    match ask {
        Ask::Report { text, by, kind, mailbox } => {
            let unknown = |address: &Address| {
                Failure::unknown("mailbox_unknown", ("hộp thư", "mailbox"), &address.to_string(), language)
            };
            let mailbox = match &mailbox {
                Some(address) => Some(snapshot.holder(address).ok_or_else(|| unknown(address))?.id),
                None => None,
            };
            let actor = caller.actor();
            let caller =
                || Label::parse(&actor).map_err(|error| Failure::new(Exit::Input, "reporter", &error.to_string()));
            let reporter = by.map_or_else(caller, Ok)?;
            let report = Reported { reporter, kind, mailbox, text };
            let entered = provisioning.report_incident(report, actor).await.map_err(failed)?;
            Ok(Answer::Incident(IncidentView::of(entered, &snapshot)))
        }
        Ask::List { all } => {
            let state = (!all).then_some(State::Open);
            let found = incident::list(&mut *provisioning.db.read().await?, state).await?;
            Ok(Answer::Incidents(found.into_iter().map(|incident| IncidentView::of(incident, &snapshot)).collect()))
        }
        Ask::Close { id, outcome } => {
            let closed = provisioning.close_incident(id, outcome, caller.actor()).await.map_err(failed)?;
            Ok(Answer::Incident(IncidentView::of(closed, &snapshot)))
        }
    }
}

fn failure(error: &IncidentError, language: Language) -> Failure {
    let message = error.message(language);
    match error {
        IncidentError::Unknown(_) => Failure::new(Exit::Input, "incident_unknown", &message),
        IncidentError::Closed(_) => {
            Failure { rule: Some("R22".to_owned()), ..Failure::new(Exit::Refused, "incident_closed", &message) }
        }
        IncidentError::Db(_) => Failure::new(Exit::System, "database", &message),
    }
}
