//! `work …`: what units must deal with, and who did (R26).

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::directory::{Mailbox, Snapshot};
use crate::id::{ItemId, StaffId};
use crate::language::Language;
use crate::provisioning::items::ItemError;
use crate::provisioning::{By, Provisioning};
use crate::store::{self, Item, Items, Standing, Trace};

use super::caller::Caller;
use super::execute::{Services, find};
use super::failure::{Exit, Failure};
use super::request::Manner;

/// What is asked about work.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Ask {
    /// `work list`
    List {
        /// Of this mailbox.
        mailbox: Option<Address>,
        /// Which.
        which: Which,
    },
    /// `work show ID`
    Show {
        /// Which.
        id: ItemId,
    },
    /// `work assign ID --to WHO`
    Assign {
        /// Which.
        id: ItemId,
        /// Who is to deal with it.
        to: String,
        /// For the audit.
        note: Option<String>,
        /// Whether it is done.
        manner: Manner,
    },
    /// `work close ID`
    Close {
        /// Which.
        id: ItemId,
        /// How it ended; for the audit, too.
        note: Option<String>,
        /// Whether it is done.
        manner: Manner,
    },
}

/// Which items are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Which {
    /// All, those that are done too.
    All,
    /// Those that should be done and are not.
    Overdue,
}

/// The answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Those asked for.
    List {
        /// As they came.
        items: Vec<ItemView>,
    },
    /// One, and what people did with it.
    Show {
        /// As it stands.
        item: Box<ItemView>,
        /// As it happened.
        history: Vec<TraceView>,
    },
    /// The one given to somebody, or closed.
    One {
        /// As it stands, or would stand.
        item: Box<ItemView>,
        /// Whether it was only rehearsed.
        dry_run: bool,
    },
}

/// What somebody did with an item (R23).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TraceView {
    /// What is in the records.
    #[serde(flatten)]
    pub trace: Trace,
    /// Whose doing it is.
    pub name: Option<String>,
}

/// An item, with the names of those concerned.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ItemView {
    /// What is in the records.
    #[serde(flatten)]
    pub item: Item,
    /// Where it stands.
    pub state: Standing,
    /// The address of the mailbox that it came to.
    pub address: Option<Address>,
    /// The last day to deal with it.
    pub due: Date,
    /// The name of who has it.
    pub taken_by_name: Option<String>,
    /// The name of who dealt with it.
    pub done_by_name: Option<String>,
}

impl ItemView {
    fn of(item: Item, provisioning: &Provisioning, snapshot: &Snapshot) -> Self {
        let name = |staff: Option<StaffId>| Some(snapshot.staff(staff?)?.name.to_string());
        let came = item.arrived.to_zoned_datetime(provisioning.clock.zone().clone()).date();
        Self {
            state: item.standing(),
            address: snapshot.mailbox(item.mailbox).and_then(Mailbox::primary).cloned(),
            due: provisioning.settings.work.due(came),
            taken_by_name: name(item.taken_by),
            done_by_name: name(item.done_by),
            item,
        }
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
    let one = |item, manner| {
        let item = Box::new(ItemView::of(item, provisioning, &snapshot));
        Answer::One { item, dry_run: manner == Manner::Rehearse }
    };
    let failed = |error: ItemError| failure(&error, language);
    let actor = caller.actor();
    match ask {
        Ask::List { mailbox, which } => {
            let unknown = |address: &Address| {
                Failure::unknown("mailbox_unknown", ("hộp thư", "mailbox"), &address.to_string(), language)
            };
            let mailbox = match &mailbox {
                Some(address) => Some(snapshot.holder(address).ok_or_else(|| unknown(address))?.id),
                None => None,
            };
            let overdue = || provisioning.settings.work.overdue_before(&provisioning.clock);
            let undone_before = (which == Which::Overdue).then(overdue);
            let asked = Items { mailbox, undone_before, ..Items::default() };
            let found = store::items(&mut *provisioning.db.read().await?, &asked).await?;
            let views = found.into_iter().map(|item| ItemView::of(item, provisioning, &snapshot));
            Ok(Answer::List { items: views.collect() })
        }
        Ask::Show { id } => {
            let mut reader = provisioning.db.read().await?;
            let found = store::items(&mut reader, &Items { id: Some(id), ..Items::default() }).await?;
            let item = found.into_iter().next().ok_or_else(|| failed(ItemError::Unknown(id)))?;
            let view = |trace: Trace| TraceView {
                name: snapshot.staff(trace.staff).map(|person| person.name.to_string()),
                trace,
            };
            let history = store::traces(&mut reader, id).await?.into_iter().map(view).collect();
            Ok(Answer::Show { item: Box::new(ItemView::of(item, provisioning, &snapshot)), history })
        }
        Ask::Assign { id, to, note, manner } => {
            let to = find(&to, &snapshot, language)?.id;
            let given = provisioning.assign_item(id, to, By { actor, note, manner }).await.map_err(failed)?;
            Ok(one(given, manner))
        }
        Ask::Close { id, note, manner } => {
            let closed = provisioning.close_item(id, By { actor, note, manner }).await.map_err(failed)?;
            Ok(one(closed, manner))
        }
    }
}

fn failure(error: &ItemError, language: Language) -> Failure {
    let message = error.message(language);
    let refused =
        |rule: &str, code| Failure { rule: Some(rule.to_owned()), ..Failure::new(Exit::Refused, code, &message) };
    match error {
        ItemError::Unknown(_) => Failure::new(Exit::Input, "item_unknown", &message),
        ItemError::Done(_) => refused("R26", "item_done"),
        ItemError::NoRight => refused("R23", "no_right"),
        ItemError::Db(_) => Failure::new(Exit::System, "database", &message),
    }
}
