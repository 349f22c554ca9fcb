//! `audit …`: who did what, and whether the record of it is whole.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::audit::{self, Filter, Listed, Verified};
use crate::directory::Recorded;
use crate::feed::FeedError;
use crate::id::DecisionId;
use crate::language::Language;
use crate::limits;
use crate::name::Label;

use super::execute::Services;
use super::failure::{Exit, Failure};

/// What is asked about the audit.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Ask {
    /// `audit list`: entries that agree with everything that is set.
    List {
        /// Only so many, the newest.
        last: u32,
        /// To whom or what, `staff:12`.
        subject: Option<String>,
        /// By the decisions of this number.
        decision: Option<Label>,
        /// From this day on.
        since: Option<Date>,
    },
    /// `audit export`: a page of entries, the first after a place.
    Page {
        /// After this entry.
        after: i64,
    },
    /// `audit verify`
    Verify,
}

/// What is answered.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Entries in their order.
    List {
        /// One by one.
        entries: Vec<Listed>,
    },
    /// What the chain says of itself.
    Verify(Verified),
}

pub(super) async fn execute(ask: Ask, services: &Services, language: Language) -> Result<Answer, Failure> {
    match ask {
        Ask::List { last, subject, decision, since } => {
            let decisions = match decision {
                Some(number) => Some(recorded(&number, services, language).await?),
                None => None,
            };
            let since = since.and_then(|day| beginning(day, services));
            let filter = Filter { newest: Some(last.into()), subject, decisions, since, ..Filter::default() };
            list(&filter, services).await
        }
        Ask::Page { after } => {
            let filter = Filter { after, at_most: Some(limits::AUDIT_PAGE_ENTRIES), ..Filter::default() };
            list(&filter, services).await
        }
        Ask::Verify => Ok(Answer::Verify(services.keeper.verify().await?)),
    }
}

async fn list(filter: &Filter, services: &Services) -> Result<Answer, Failure> {
    let entries = audit::list(&mut *services.provisioning.db.read().await?, filter).await?;
    Ok(Answer::List { entries })
}

/// The decisions of one number: numbers begin again each year.
async fn recorded(number: &Label, services: &Services, language: Language) -> Result<Vec<DecisionId>, Failure> {
    let decisions = Recorded::list(&mut *services.provisioning.db.read().await?).await?;
    let meant = decisions.iter().filter(|recorded| recorded.decision.number.key() == number.key());
    let meant: Vec<_> = meant.map(|recorded| recorded.id).collect();
    if meant.is_empty() {
        let what = ("quyết định", "decision");
        return Err(Failure::unknown("decision_unknown", what, number.as_str(), language));
    }
    Ok(meant)
}

/// Midnight at the office, Unix seconds.
fn beginning(day: Date, services: &Services) -> Option<i64> {
    let zone = services.provisioning.clock.zone().clone();
    day.to_zoned_datetime(zone).ok().map(|midnight| midnight.timestamp().as_second())
}

impl From<FeedError> for Failure {
    fn from(error: FeedError) -> Self {
        let code = match &error {
            FeedError::Db(_) => "database",
            FeedError::Seal(_) => "signing_key",
            FeedError::Gap(_) | FeedError::Checkpoint(_) | FeedError::Changed(_) => "audit",
            FeedError::Heads { .. } => "audit_heads",
            FeedError::Json(_) | FeedError::Interrupted => "internal",
        };
        Self::new(Exit::System, code, &error.to_string())
    }
}
