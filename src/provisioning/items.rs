//! Items of work: by when they are due, given to somebody and closed by the administrator, each with its entry in the audit
//! (R26).

use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Provisioning;
use super::by::{By, enter};
use crate::audit::{self, Entry};
use crate::clock::Clock;
use crate::db::{Connection, DbError, Tx};
use crate::directory::Rights;
use crate::id::{ItemId, MailboxId, StaffId};
use crate::language::Language;
use crate::limits;
use crate::name::PersonName;
use crate::store::{self, Item, Items, Standing};
use crate::workday::Workdays;

/// By when mail to units is to be dealt with.
#[derive(Clone, Debug)]
pub struct Terms {
    /// In how many working days after the one on which it came.
    pub answer_within: usize,
    /// On which days the office works.
    pub workdays: Workdays,
}

impl Default for Terms {
    fn default() -> Self {
        Self { answer_within: limits::ANSWER_DAYS, workdays: Workdays::default() }
    }
}

impl Terms {
    /// The last day for what came on a day.
    pub fn due(&self, came: Date) -> Date {
        self.workdays.later(came, self.answer_within)
    }

    /// What came before this second is overdue, if it is not done.
    pub fn overdue_before(&self, clock: &Clock) -> i64 {
        let today = clock.today();
        let days = today.series(-1.day()).take(limits::WORKDAY_SEARCHED_MAX + 7 * self.answer_within);
        let first_in_time = days.take_while(|day| self.due(*day) >= today).last().unwrap_or(today);
        clock.zone().to_timestamp(first_in_time.at(0, 0, 0, 0)).map_or(i64::MIN, jiff::Timestamp::as_second)
    }
}

/// What is not dealt with in a mailbox when it is handed over: it stays with the mailbox (R24, R26).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unfinished {
    /// How many.
    pub open_items_total: u64,
    /// The oldest of them.
    pub open_items: Vec<Open>,
}

/// An item that is open or taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Open {
    /// Its number.
    pub id: ItemId,
    /// What it is about.
    pub subject: String,
    /// Who wrote.
    pub from: String,
    /// The day on which it came.
    pub since: Date,
    /// The last day to deal with it.
    pub due: Date,
    /// Whether somebody has it.
    pub state: Standing,
    /// Who, where it is known.
    pub taken_by: Option<PersonName>,
}

/// Why nothing was done with an item.
#[derive(Debug, thiserror::Error)]
pub enum ItemError {
    /// There is none of this number.
    #[error("there is no item {0}")]
    Unknown(ItemId),
    /// It was dealt with before.
    #[error("item {0} is done")]
    Done(ItemId),
    /// R23: who is to deal with it may not use the mailbox.
    #[error("they may not work in this mailbox")]
    NoRight,
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl ItemError {
    /// What is wrong, for people.
    pub fn message(&self, language: Language) -> String {
        match (self, language) {
            (Self::Unknown(id), Language::Vi) => format!("không có việc {id}"),
            (Self::Done(id), Language::Vi) => format!("việc {id} đã xong"),
            (Self::NoRight, Language::Vi) => "người này không có quyền xử lý thư của hộp thư đó".to_owned(),
            (error, _) => error.to_string(),
        }
    }
}

impl Provisioning {
    /// What is not dealt with in a mailbox.
    pub async fn unfinished(&self, connection: &mut Connection, mailbox: MailboxId) -> Result<Unfinished, DbError> {
        let (open_items_total, items) = store::undone_items(connection, mailbox).await?;
        let snapshot = self.directory.snapshot();
        let open = |item: Item| {
            let since = item.arrived.to_zoned_datetime(self.clock.zone().clone()).date();
            Open {
                id: item.id,
                since,
                due: self.settings.work.due(since),
                state: item.standing(),
                taken_by: item.taken_by.and_then(|staff| Some(snapshot.staff(staff)?.name.clone())),
                subject: item.subject,
                from: item.sender,
            }
        };
        Ok(Unfinished { open_items_total, open_items: items.into_iter().map(open).collect() })
    }

    /// Gives an item to somebody who may work in its mailbox, whoever had it.
    pub async fn assign_item(&self, id: ItemId, to: StaffId, by: By) -> Result<Item, ItemError> {
        let (now, today, snapshot) = (self.clock.now(), self.clock.today(), self.directory.snapshot());
        let written = enter(&self.db, by.manner, move |tx| {
            Box::pin(async move {
                let item = undone(tx, id).await?;
                if !snapshot.rights(to, item.mailbox, today).include(Rights::PROCESS) {
                    return Err(ItemError::NoRight);
                }
                store::assign_item(tx, id, to, now).await?;
                let (before, after) = (json!({ "taken_by": item.taken_by }), json!({ "taken_by": to }));
                let entry = entry(id, "item.assigned", by, now.as_second());
                audit::append(tx, vec![Entry { before: Some(before), after: Some(after), ..entry }]).await?;
                find(tx, id).await
            })
        });
        written.await
    }

    /// Closes an item that was dealt with in another way, which the note tells.
    pub async fn close_item(&self, id: ItemId, by: By) -> Result<Item, ItemError> {
        let now = self.clock.now();
        let written = enter(&self.db, by.manner, move |tx| {
            Box::pin(async move {
                let item = undone(tx, id).await?;
                store::close_item(tx, id, by.note.as_deref(), now).await?;
                let (before, after) = (json!({ "state": item.standing() }), json!({ "state": Standing::Done }));
                let entry = entry(id, "item.closed", by, now.as_second());
                audit::append(tx, vec![Entry { before: Some(before), after: Some(after), ..entry }]).await?;
                find(tx, id).await
            })
        });
        written.await
    }
}

async fn find(tx: &mut Tx, id: ItemId) -> Result<Item, ItemError> {
    let found = store::items(tx.connection(), &Items { id: Some(id), ..Items::default() }).await?;
    found.into_iter().next().ok_or(ItemError::Unknown(id))
}

async fn undone(tx: &mut Tx, id: ItemId) -> Result<Item, ItemError> {
    let item = find(tx, id).await?;
    if item.standing() == Standing::Done { Err(ItemError::Done(id)) } else { Ok(item) }
}

fn entry(id: ItemId, what: &'static str, by: By, at: i64) -> Entry {
    let subject = format!("item:{id}");
    Entry { at, actor: by.actor, what, subject, decision: None, note: by.note, before: None, after: None }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use jiff::civil::date;
    use jiff::tz::TimeZone;

    use super::*;
    use crate::workday::Days;

    #[test]
    fn what_is_overdue_came_before_the_days_that_are_in_time() {
        let holiday = Days::try_from("2026-12-02".to_owned()).unwrap();
        let terms = Terms { answer_within: 2, workdays: Workdays::new(&[holiday], &[]) };
        let clock = |day: Date| Clock::standing(TimeZone::UTC.to_timestamp(day.at(9, 0, 0, 0)).unwrap(), TimeZone::UTC);
        let before = |day: Date| terms.overdue_before(&clock(day));
        let start = |day: Date| TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0)).unwrap().as_second();
        // What came on Monday, the 30th, is due on Thursday: Wednesday is off.
        assert_eq!(terms.due(date(2026, 11, 30)), date(2026, 12, 3));
        assert_eq!(before(date(2026, 12, 3)), start(date(2026, 11, 30)));
        assert_eq!(before(date(2026, 12, 4)), start(date(2026, 12, 1)));
    }
}
