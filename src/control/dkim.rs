//! `dkim …`: the keys that sign mail.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::audit::{self, Entry};
use crate::authentic::{KeyError, Keys, Pair};
use crate::language::Language;

use super::caller::Caller;
use super::execute::Services;
use super::failure::{Exit, Failure};
use super::request::Manner;

/// What is asked about keys.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Ask {
    /// `dkim list`
    List,
    /// `dkim rotate|use|retire`
    Change {
        /// What is done.
        act: Act,
        /// For the audit.
        note: Option<String>,
        /// Whether it is done.
        manner: Manner,
    },
}

/// What is done with a pair of keys.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// One is made; it does not sign yet.
    Rotate,
    /// It signs from now on.
    Use(String),
    /// It is removed.
    Retire(String),
}

/// The answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Every pair, with what DNS must say of it.
    List {
        /// By domain and age.
        pairs: Vec<Pair>,
    },
    /// What was done.
    Changed {
        /// With which pair; nothing where none was made.
        pair: Option<String>,
        /// What there is now.
        pairs: Vec<Pair>,
        /// Whether it was only rehearsed.
        dry_run: bool,
    },
}

impl Act {
    fn code(&self) -> &'static str {
        match self {
            Self::Rotate => "dkim.made",
            Self::Use(_) => "dkim.used",
            Self::Retire(_) => "dkim.retired",
        }
    }
}

pub(super) async fn execute(
    ask: Ask,
    caller: &Caller,
    services: &Services,
    language: Language,
) -> Result<Answer, Failure> {
    let keys = &services.keys;
    match ask {
        Ask::List => Ok(Answer::List { pairs: keys.list()? }),
        Ask::Change { act, manner: Manner::Rehearse, .. } => {
            let pair = rehearse(&act, keys).map_err(|error| refused(error, language))?;
            Ok(Answer::Changed { pair, pairs: keys.list()?, dry_run: true })
        }
        Ask::Change { act, note, manner: Manner::Apply } => {
            rehearse(&act, keys).map_err(|error| refused(error, language))?;
            let (at, what) = (services.provisioning.clock.now().as_second(), act.code());
            let today = services.provisioning.clock.today();
            let (done, actor) = (keys.clone(), caller.actor());
            // Making a key takes some hundred milliseconds.
            let carried_out = tokio::task::spawn_blocking(move || carry_out(&act, &done, today)).await;
            let pair = carried_out.unwrap_or(Err(KeyError::Made)).map_err(|error| refused(error, language))?;
            let (subject, after) = ("dkim".to_owned(), Some(json!({ "pair": pair })));
            let entry = Entry { at, actor, what, subject, decision: None, note, before: None, after };
            let db = &services.provisioning.db;
            db.write(move |tx| Box::pin(async move { audit::append(tx, vec![entry]).await })).await?;
            Ok(Answer::Changed { pair: Some(pair), pairs: keys.list()?, dry_run: false })
        }
    }
}

/// What stands in the way.
fn rehearse(act: &Act, keys: &Keys) -> Result<Option<String>, KeyError> {
    match act {
        Act::Rotate => Ok(None),
        Act::Use(pair) => keys.having(pair).map(|_| Some(pair.clone())),
        Act::Retire(pair) => keys.may_retire(pair).map(|()| Some(pair.clone())),
    }
}

fn carry_out(act: &Act, keys: &Keys, today: jiff::civil::Date) -> Result<String, KeyError> {
    match act {
        Act::Rotate => keys.rotate(today),
        Act::Use(pair) => keys.use_pair(pair).map(|()| pair.clone()),
        Act::Retire(pair) => keys.retire(pair).map(|()| pair.clone()),
    }
}

fn refused(error: KeyError, language: Language) -> Failure {
    let (vi, en) = match &error {
        KeyError::Unknown(pair) => {
            return Failure::unknown("pair_unknown", ("cặp khoá", "pair of keys"), pair, language);
        }
        KeyError::InUse(pair) => (
            format!("cặp khoá {pair} đang dùng để ký: trước hết hãy dùng cặp khác (dkim use)"),
            format!("the pair of keys {pair} signs: use another one first (dkim use)"),
        ),
        KeyError::TooMany => (
            "tháng này đã tạo quá nhiều cặp khoá: hãy bỏ bớt (dkim retire)".to_owned(),
            "too many pairs of keys were made this month: retire some (dkim retire)".to_owned(),
        ),
        KeyError::File { .. } | KeyError::Seal(_) | KeyError::Malformed(_) | KeyError::Made => return error.into(),
    };
    let message = match language {
        Language::Vi => vi,
        Language::En => en,
    };
    Failure::new(Exit::Refused, "pair_kept", &message)
}

impl From<KeyError> for Failure {
    fn from(error: KeyError) -> Self {
        Self::new(Exit::System, "keys", &error.to_string())
    }
}
