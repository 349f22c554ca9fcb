//! `incident …`: faults and leaks, until each is closed (R22).

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::directory::{Mailbox, Snapshot};
use crate::id::IncidentId;
use crate::incident::{self, Incident, Kind, State};
use crate::language::Language;
use crate::name::{Account, Label};
use crate::provisioning::By;
use crate::provisioning::incidents::{IncidentError, Reported};

use super::caller::Caller;
use super::execute::Services;
use super::failure::{Exit, Failure};
use super::request::Manner;

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
        /// For the audit.
        note: Option<String>,
        /// Whether it is done.
        manner: Manner,
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
        /// For the audit.
        note: Option<String>,
        /// Whether it is done.
        manner: Manner,
    },
}

/// The answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Those asked for.
    List {
        /// In the order of their reports.
        incidents: Vec<IncidentView>,
    },
    /// The one reported or closed.
    One {
        /// As it stands, or would stand.
        incident: Box<IncidentView>,
        /// Whether it was only rehearsed.
        dry_run: bool,
    },
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
    let one = |incident, manner| {
        let dry_run = manner == Manner::Rehearse;
        Answer::One { incident: Box::new(IncidentView::of(incident, &snapshot)), dry_run }
    };
    let failed = |error: IncidentError| failure(&error, language);
    match ask {
        Ask::Report { text, by, kind, mailbox, note, manner } => {
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
            let entered = provisioning.report_incident(report, By { actor, note, manner }).await.map_err(failed)?;
            Ok(one(entered, manner))
        }
        Ask::List { all } => {
            let state = (!all).then_some(State::Open);
            let found = incident::list(&mut *provisioning.db.read().await?, state).await?;
            let views = found.into_iter().map(|incident| IncidentView::of(incident, &snapshot));
            Ok(Answer::List { incidents: views.collect() })
        }
        Ask::Close { id, outcome, note, manner } => {
            let hand = By { actor: caller.actor(), note, manner };
            let closed = provisioning.close_incident(id, outcome, hand).await.map_err(failed)?;
            Ok(one(closed, manner))
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
