//! `queue …`: mail on its way out.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::delivery::{Change, Changed};
use crate::id::JobId;
use crate::language::Language;
use crate::queue::{self, Down, Lane, Listed, ListedRecipient, Selection};

use super::caller::Caller;
use super::execute::Services;
use super::failure::{Exit, Failure};
use super::request::Manner;

/// What is asked about the queue.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Ask {
    /// `queue list`
    List(Selection),
    /// `queue show ID`
    Show(JobId),
    /// `queue retry|hold|release|reroute|drop`
    Change {
        /// What is done.
        act: Act,
        /// With which.
        selection: Selection,
        /// For the audit.
        note: Option<String>,
        /// Whether it is done.
        manner: Manner,
    },
}

/// What is done with jobs.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// They are tried at once.
    Retry,
    /// They wait until released.
    Hold,
    /// Those held go on.
    Release,
    /// They take the route of this name.
    Reroute(String),
    /// They end, and nobody is told.
    Drop,
}

/// The answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Those asked for, the oldest first.
    List {
        /// A bounded number of them.
        jobs: Vec<Listed>,
        /// Ways that are down.
        down: Vec<DownView>,
    },
    /// One, and everybody it is for.
    Show {
        /// The job.
        job: Listed,
        /// In the order in which they were named.
        recipients: Vec<ListedRecipient>,
    },
    /// What was done.
    Changed {
        /// Jobs that were meant.
        meant: usize,
        /// Those of them that it made, or would make, a difference to.
        changed: u64,
        /// Whether it was only rehearsed.
        dry_run: bool,
    },
}

/// A way that is down.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DownView {
    /// Which.
    pub lane: String,
    /// Since when.
    pub since: Timestamp,
    /// When it is tried again.
    pub next: Timestamp,
    /// Attempts since then.
    pub failures: u32,
    /// Why.
    pub reason: String,
}

/// Every way that is down, as long as the daemon runs that knows it.
pub(super) fn down(services: &Services) -> Vec<DownView> {
    let view = |(lane, Down { since, failures, until, reason }): (Lane, Down)| DownView {
        lane: lane.to_string(),
        since,
        next: until,
        failures,
        reason: reason.text,
    };
    services.queue.health().all().into_iter().map(view).collect()
}

pub(super) async fn execute(
    ask: Ask,
    caller: &Caller,
    services: &Services,
    language: Language,
) -> Result<Answer, Failure> {
    let db = &services.provisioning.db;
    match ask {
        Ask::List(selection) => {
            let jobs = queue::list(&mut *db.read().await?, &selection).await?;
            Ok(Answer::List { jobs, down: down(services) })
        }
        Ask::Show(id) => {
            let mut reader = db.read().await?;
            let one = Selection { jobs: vec![id], ..Selection::default() };
            let unknown = || Failure::unknown("job_unknown", ("thư chờ gửi", "job"), &id.to_string(), language);
            let job = queue::list(&mut reader, &one).await?.pop().ok_or_else(unknown)?;
            Ok(Answer::Show { job, recipients: queue::recipients(&mut reader, id).await? })
        }
        Ask::Change { act, selection, note, manner } => {
            let change = change(act, services, language)?;
            let Changed { meant, changed } = match manner {
                Manner::Apply => services.delivery.change_jobs(change, selection, (caller.actor(), note)).await?,
                Manner::Rehearse => services.delivery.would_change(&selection).await?,
            };
            Ok(Answer::Changed { meant, changed, dry_run: manner == Manner::Rehearse })
        }
    }
}

fn change(act: Act, services: &Services, language: Language) -> Result<Change, Failure> {
    Ok(match act {
        Act::Retry => Change::Retry,
        Act::Hold => Change::Hold,
        Act::Release => Change::Release,
        Act::Drop => Change::Drop,
        Act::Reroute(name) => {
            let known = services.delivery.routes();
            if !known.contains(&name) {
                let known = known.join(", ");
                let message = match language {
                    Language::Vi => format!("không có đường gửi {name} trong cấu hình; có: {known}"),
                    Language::En => format!("no route {name} is configured; there are: {known}"),
                };
                return Err(Failure::new(Exit::Input, "route_unknown", &message));
            }
            Change::Reroute(Lane::Route(name))
        }
    })
}
