//! Why a request was not done, in the form that both people and scripts read.

use serde::{Deserialize, Serialize};

use crate::db::DbError;
use crate::directory::Snapshot;
use crate::language::Language;
use crate::provisioning::{self, Refusal};
use crate::store::StoreError;
use crate::text::printable;

use super::reply::StaffView;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Exit {
    /// A rule forbids it: 1.
    Refused,
    /// What was given is wrong: 2.
    Input,
    /// The system failed: 3.
    System,
}

/// Why a request was not done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// Whose fault it is.
    pub exit: Exit,
    /// A stable word for scripts.
    pub code: String,
    /// For people, in the language of the call; nothing in it can act on a terminal.
    pub message: String,
    /// The rule that forbids it, where one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Who may have been meant.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<StaffView>,
    /// What is wrong with a file, place by place.
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    pub faults: Box<[FaultView]>,
}

/// What is wrong with a file, at one place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FaultView {
    /// The line, from 1.
    pub line: u32,
    /// The column's number, from 1.
    pub column: Option<u32>,
    /// The column's name in the file.
    pub header: Option<String>,
    /// A stable word for scripts.
    pub code: String,
    /// The rule that forbids it, where one does.
    pub rule: Option<String>,
    /// For people.
    pub message: String,
    /// What the file has there: the command line looks for its column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub word: Option<String>,
}

impl Failure {
    /// A failure without rule or candidates.
    pub fn new(exit: Exit, code: &str, message: &str) -> Self {
        let message = printable(message);
        Self { exit, code: code.to_owned(), message, rule: None, candidates: Vec::new(), faults: Box::default() }
    }

    /// A rule's refusal; where the refusal is that nothing has the name that was given, the command line is wrong.
    pub(super) fn refused(refusal: &Refusal, snapshot: &Snapshot, language: Language) -> Self {
        let exit = if refusal.rule().is_some() { Exit::Refused } else { Exit::Input };
        let candidates = match refusal {
            Refusal::WhoAmbiguous { candidates, .. } => candidates.as_slice(),
            _ => &[],
        };
        let people = candidates.iter().filter_map(|candidate| snapshot.staff(candidate.id));
        Self {
            rule: refusal.rule().map(str::to_owned),
            candidates: people.map(|person| StaffView::of(person, snapshot)).collect(),
            ..Self::new(exit, refusal.code(), &refusal.message(language))
        }
    }

    /// An act that was not done.
    pub(super) fn act(failure: &provisioning::Failure, snapshot: &Snapshot, language: Language) -> Self {
        let code = match failure {
            provisioning::Failure::Refused(refusal) => return Self::refused(refusal, snapshot, language),
            provisioning::Failure::Several(_) => "several",
            provisioning::Failure::Ended => "ended",
            provisioning::Failure::Arrived => "arrived",
            provisioning::Failure::Busy(_) => "busy",
            provisioning::Failure::Randomness(_) => "randomness",
            provisioning::Failure::Welcome(_) | provisioning::Failure::Plan(_) => "internal",
            provisioning::Failure::Store(_) => "store",
            provisioning::Failure::Db(_) => "database",
        };
        Self::new(Exit::System, code, &failure.to_string())
    }

    /// Nothing of this kind has this name.
    pub(super) fn unknown(code: &str, what: (&str, &str), name: &str, language: Language) -> Self {
        let message = match language {
            Language::Vi => format!("không có {} này: {name}", what.0),
            Language::En => format!("there is no such {}: {name}", what.1),
        };
        Self::new(Exit::Input, code, &message)
    }
}

impl From<DbError> for Failure {
    fn from(error: DbError) -> Self {
        Self::new(Exit::System, "database", &error.to_string())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::new(Exit::System, "store", &error.to_string())
    }
}
