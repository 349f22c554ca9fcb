//! What a report holds: a plain value, as `--json` prints it. Its fields are a promise.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Month;
use crate::address::Address;
use crate::directory::DecisionKind;
use crate::incident::Incident;

/// A month of the department's mail.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Which.
    pub month: Month,
    /// The department.
    pub organisation: String,
    /// Who reports: the name of the Office.
    pub office: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// The last day that it tells of: the month's, or today.
    pub through: Date,
    /// People, units and mailboxes.
    pub people: People,
    /// Decisions that were applied, in their order.
    pub decisions: Vec<Applied>,
    /// Decisions that wait for their day.
    pub decisions_waiting: usize,
    /// What units owed, by unit and section.
    pub duties: Vec<Owed>,
    /// What units and the department were written, by mailbox.
    pub work: Vec<Work>,
    /// Faults and leaks.
    pub incidents: Incidents,
    /// Who met a limit.
    pub limits: Limits,
    /// Mail by the day.
    pub traffic: Vec<Day>,
    /// Mail of all days of which something is known; none where there is no such day.
    pub traffic_total: Option<Mail>,
    /// What is kept.
    pub storage: Storage,
    /// How the system is.
    pub health: Health,
}

/// People, units and mailboxes: how many there are, and what became of them in the month.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct People {
    /// People who may log in, when the report was made.
    pub active: usize,
    /// People who may not.
    pub suspended: usize,
    /// Open mailboxes of people.
    pub staff_mailboxes: usize,
    /// Open mailboxes of units.
    pub unit_mailboxes: usize,
    /// Open mailboxes of the department.
    pub department_mailboxes: usize,
    /// Mailboxes whose holder has left, until they are archived and removed.
    pub closed_mailboxes: usize,
    /// What became of people in the month.
    pub moved: Moved,
    /// Mailboxes that were opened in the month.
    pub mailboxes_opened: usize,
    /// Mailboxes that were archived and removed.
    pub mailboxes_removed: usize,
}

/// How many people were concerned by each kind of act.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "each field is the act of its name")]
pub struct Moved {
    pub hired: usize,
    pub reinstated: usize,
    pub transferred: usize,
    pub promoted: usize,
    pub departed: usize,
    pub suspended: usize,
    pub resumed: usize,
    pub compromised: usize,
}

/// A decision that was applied in the month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// Its number.
    pub number: String,
    /// The day it was issued.
    pub dated: Date,
    /// The day from which it holds.
    pub effective: Date,
    /// What it is about.
    pub kind: DecisionKind,
    /// Whom and what it changed, by name.
    pub whom: Vec<String>,
}

/// What a unit owed to a section in the month (R7).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owed {
    /// The unit's code.
    pub unit: String,
    /// Its name.
    pub unit_name: String,
    /// Its head, who answers for it.
    pub head: Option<String>,
    /// The section.
    pub section: String,
    /// How often something was published in time.
    pub on_time: usize,
    /// How often after the day.
    pub late: usize,
    /// How often not at all.
    pub missing: usize,
    /// How often the day is not over.
    pub open: usize,
    /// The days for which it was late.
    pub late_days: Vec<Date>,
    /// The days for which nothing came.
    pub missing_days: Vec<Date>,
}

/// What a unit or the department was written (R26).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    /// The mailbox.
    pub address: Option<Address>,
    /// Whose.
    pub name: String,
    /// Items that came in the month.
    pub arrived: u64,
    /// Items that somebody took in the month.
    pub taken: u64,
    /// Items that were dealt with in the month.
    pub done: u64,
    /// The median of the seconds from the coming of these to their end.
    pub median_seconds: Option<u64>,
    /// Items that nobody had dealt with when the report was made.
    pub open: u64,
    /// Those of them that should be.
    pub overdue: u64,
}

/// Faults and leaks (R22).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incidents {
    /// Reported in the month.
    pub opened: usize,
    /// Closed in the month.
    pub closed: usize,
    /// Open when the report was made.
    pub open: usize,
    /// All of these.
    pub list: Vec<Incident>,
}

/// Limits that people met (R21).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Who wanted to send more than they may.
    pub bursts: Vec<Burst>,
    /// Messages that were held for it; none where nothing is known of the month.
    pub held: Option<u64>,
    /// Messages that were left to their senders.
    pub refused: Option<u64>,
}

/// Somebody who wanted to send more than they may.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Burst {
    /// When first.
    pub at: Timestamp,
    /// Their address.
    pub who: String,
    /// What the bound is for: `hour`, `day`, `day, first time`.
    pub per: String,
    /// The bound, in recipients.
    pub recipients: u64,
}

/// A day's mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    /// Which.
    pub day: Date,
    /// None where nothing is known of it.
    pub mail: Option<Mail>,
}

/// Mail of one or several days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// Messages that came from elsewhere.
    pub received: u64,
    /// Messages that people here sent.
    pub submitted: u64,
    /// Recipients elsewhere whose mail the next server took.
    pub relayed: u64,
    /// Recipients who were given up.
    pub bounced: u64,
}

/// How much is kept, by the day; of the month, and of the first day after it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Storage {
    /// As it was measured, once a day.
    pub samples: Vec<Sample>,
    /// From the first to the last of these.
    pub growth_octets: Option<i64>,
}

/// How much was kept, when a day was first looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// The day.
    pub day: Date,
    /// Octets of all mailboxes.
    pub mail_octets: u64,
    /// Octets of the database file and its log.
    pub database_octets: u64,
}

/// How the system was when the report was made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// What somebody should look at, as `status` tells it.
    pub alarms: Vec<String>,
    /// Since when the daemon runs, if it does.
    pub running_since: Option<Timestamp>,
    /// Starts of the daemon in the month; none where nothing is known.
    pub starts: Option<u64>,
    /// Messages that wait to be sent elsewhere.
    pub queue_waiting: i64,
    /// Messages that wait for the administrator.
    pub queue_held: i64,
    /// The day of the last backup, if any is known.
    pub last_backup: Option<Date>,
    /// Entries of the audit.
    pub audit_entries: i64,
    /// Whether each is as it was written.
    pub audit_ok: bool,
    /// When the certificate ends; none where it cannot be read.
    pub certificate_ends: Option<Timestamp>,
    /// Octets free on the disk.
    pub free_octets: u64,
}

impl Owed {
    /// Whether something was late or is missing.
    pub fn is_short(&self) -> bool {
        self.late > 0 || self.missing > 0
    }
}

impl std::ops::AddAssign for Mail {
    fn add_assign(&mut self, more: Self) {
        self.received += more.received;
        self.submitted += more.submitted;
        self.relayed += more.relayed;
        self.bounced += more.bounced;
    }
}
