//! `share …`: the shared folders of units, and what is due there (R5-R7).

use serde::{Deserialize, Serialize};

use crate::sharing::schedule::State;
use crate::sharing::{Duty, Shelf};

use super::execute::Services;
use super::failure::Failure;

/// What is asked about shared folders.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Ask {
    /// `share list`
    List,
    /// `share duty list`
    Duties,
    /// `share overdue`
    Overdue,
}

/// The answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Every section of every unit.
    List {
        /// By unit.
        shelves: Vec<Shelf>,
    },
    /// What is due, or was missed.
    Duties {
        /// By unit, section and day.
        duties: Vec<DutyView>,
    },
}

/// A duty, and who answers for it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DutyView {
    /// What is owed.
    #[serde(flatten)]
    pub duty: Duty,
    /// The name of the unit's head.
    pub head_name: Option<String>,
}

pub(super) async fn execute(ask: Ask, services: &Services) -> Result<Answer, Failure> {
    let sharing = &services.sharing;
    let asked: fn(&Duty) -> bool = match ask {
        Ask::List => return Ok(Answer::List { shelves: sharing.list().await? }),
        Ask::Duties => |_| true,
        Ask::Overdue => |duty| duty.state == State::Missing,
    };
    let snapshot = sharing.directory.snapshot();
    let view = |duty: Duty| {
        let head_name = duty.head.and_then(|head| snapshot.staff(head)).map(|head| head.name.to_string());
        DutyView { duty, head_name }
    };
    Ok(Answer::Duties { duties: sharing.duties().await?.into_iter().filter(asked).map(view).collect() })
}
