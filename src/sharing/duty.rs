//! What units owe: each section with a day, its term of today and the one before, and who published what when (R6, R7).

use std::ops::RangeInclusive;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::schedule::{Due, Rhythm, State, Term};
use super::{Section, Sharing};
use crate::directory::Unit;
use crate::duty;
use crate::id::{FolderId, StaffId};
use crate::limits;
use crate::mime;
use crate::store::{Folder, StoreError};

/// What a unit owes to a section at one time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Duty {
    /// The unit's code.
    pub unit: String,
    /// Its name.
    pub unit_name: String,
    /// Its head, who answers for it.
    pub head: Option<StaffId>,
    /// The section.
    pub section: String,
    /// The last day.
    pub due: Date,
    /// What has become of it.
    pub state: State,
    /// What was published first.
    pub published: Option<Published>,
}

/// A day that a unit has of its own for a section, instead of the configuration's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnDay {
    /// The unit's code.
    pub unit: String,
    /// Its name.
    pub unit_name: String,
    /// The section.
    pub section: String,
    /// By when.
    pub due: Due,
    /// The day it was set.
    pub since: Date,
}

/// A message that does a duty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    /// When it came into the folder.
    pub at: Timestamp,
    /// As its From says.
    pub by: String,
    /// Its subject.
    pub subject: String,
}

impl Sharing {
    /// All duties: the terms of today, and before them those that have just passed.
    pub async fn duties(&self) -> Result<Vec<Duty>, StoreError> {
        let today = self.clock.today();
        self.owed(|rhythm| {
            let term = rhythm.term(today, &self.settings.workdays);
            vec![rhythm.before(term, &self.settings.workdays), term]
        })
        .await
    }

    /// All duties whose last day is one of these.
    pub async fn duties_due(&self, days: RangeInclusive<Date>) -> Result<Vec<Duty>, StoreError> {
        let office = &self.settings.workdays;
        self.owed(|rhythm| {
            let last = rhythm.term(days.end().saturating_add(limits::DUTY_LATER_DAYS_MAX.days()), office);
            let terms = std::iter::successors(Some(last), |term| Some(rhythm.before(*term, office)));
            let mut due: Vec<Term> =
                terms.take_while(|term| term.due >= *days.start()).filter(|term| days.contains(&term.due)).collect();
            due.reverse();
            due
        })
        .await
    }

    async fn owed(&self, terms: impl Fn(Rhythm) -> Vec<Term>) -> Result<Vec<Duty>, StoreError> {
        let units = self.units();
        let folders = self.folders(units.iter().map(|(_, mailbox)| mailbox.id)).await?;
        let own = self.days_set().await?;
        let mut duties = Vec::new();
        for (unit, mailbox) in &units {
            for section in &self.settings.sections {
                let below = |folder: &&Folder| folder.mailbox == mailbox.id && section.holds(folder);
                let folders: Vec<FolderId> = folders.iter().filter(below).map(|folder| folder.id).collect();
                for Rule { rhythm, since, until } in rules(unit, section, &own) {
                    // What was made or set during a term did not hold when it opened: it is owed from the next one on. What was
                    // due before another day was set stays owed.
                    let holds = |term: &Term| since < term.opens && until.is_none_or(|until| term.due < until);
                    for term in terms(rhythm).into_iter().filter(holds) {
                        duties.push(self.duty(unit, section, term, &folders).await?);
                    }
                }
            }
        }
        Ok(duties)
    }

    /// The days that units have of their own now.
    pub async fn own_days(&self) -> Result<Vec<OwnDay>, StoreError> {
        let mut days = self.days_set().await?;
        // The last of each stands behind those before it.
        days.reverse();
        days.dedup_by(|older, newer| (&older.unit, &older.section) == (&newer.unit, &newer.section));
        days.reverse();
        Ok(days)
    }

    /// Every day that was set for a unit, those that hold no more included.
    async fn days_set(&self) -> Result<Vec<OwnDay>, StoreError> {
        let snapshot = self.directory.snapshot();
        let days = duty::own_days(&mut *self.db.read().await?).await?;
        let shown = |day: duty::OwnDay| {
            let unit = snapshot.unit(day.unit)?;
            let due =
                day.due.try_into().inspect_err(|error| tracing::error!(%error, unit = %unit.code, "a unit's day"));
            let (section, since) = (day.section, day.since);
            Some(OwnDay { unit: unit.code.clone(), unit_name: unit.name.clone(), section, due: due.ok()?, since })
        };
        Ok(days.into_iter().filter_map(shown).collect())
    }

    async fn duty(&self, unit: &Unit, section: &Section, term: Term, folders: &[FolderId]) -> Result<Duty, StoreError> {
        let published = self.published(folders, term).await?;
        let day = |published: &Published| published.at.to_zoned_datetime(self.clock.zone().clone()).date();
        Ok(Duty {
            unit: unit.code.clone(),
            unit_name: unit.name.clone(),
            head: unit.head,
            section: section.name.clone(),
            due: term.due,
            state: term.state(published.as_ref().map(day), self.clock.today()),
            published,
        })
    }

    async fn published(&self, folders: &[FolderId], term: Term) -> Result<Option<Published>, StoreError> {
        let start = |day: Date| self.clock.zone().to_timestamp(day.at(0, 0, 0, 0));
        let moment = |day: Date| start(day).map_or(i64::MAX, Timestamp::as_second);
        let span = moment(term.opens)..moment(term.closes.saturating_add(1.day()));
        let Some(first) = self.store.first_saved(folders, span).await? else { return Ok(None) };
        let headers = self.store.headers(first.folder, &[(first.uid, first.body)]).await?;
        let header = headers.iter().next().unwrap_or_default();
        let field =
            |name| mime::fields(header).find(|field| field.is(name)).map(|field| field.text()).unwrap_or_default();
        let at = Timestamp::from_second(first.saved).unwrap_or(Timestamp::UNIX_EPOCH);
        Ok(Some(Published { at, by: field("From"), subject: field("Subject") }))
    }
}

/// How often a unit owes something to a section, while that holds.
struct Rule {
    rhythm: Rhythm,
    since: Date,
    /// The day on which something else was set.
    until: Option<Date>,
}

/// The configuration's, from the unit's beginning on, and those that were set for the unit.
fn rules(unit: &Unit, section: &Section, own: &[OwnDay]) -> Vec<Rule> {
    let own = own.iter().filter(|own| own.unit == unit.code && own.section == section.name);
    let set = own.map(|own| match own.due {
        Due::Never => (None, own.since),
        Due::Each(rhythm) => (Some(rhythm), own.since),
    });
    let all: Vec<(Option<Rhythm>, Date)> = std::iter::once((section.due, unit.since)).chain(set).collect();
    let ends = all.iter().skip(1).map(|(_, since)| Some(*since)).chain([None]);
    let rule = |((rhythm, since), until): (&(Option<Rhythm>, Date), _)| {
        Some(Rule { rhythm: (*rhythm)?, since: unit.since.max(*since), until })
    };
    all.iter().zip(ends).filter_map(rule).collect()
}

impl Section {
    /// Whether a folder is the section's, or one of those that it keeps former years in.
    fn holds(&self, folder: &Folder) -> bool {
        let below = folder.name.as_str().strip_prefix(self.folder.as_str());
        below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}
