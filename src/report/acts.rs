//! What the audit says of a month, folded page by page: the audit is the outbox, there is no second list.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Applied, Burst, Month, Moved};
use crate::audit::{self, Filter, Listed};
use crate::db::{Connection, DbError};
use crate::directory::{Decision, Recorded, Snapshot};
use crate::id::DecisionId;
use crate::limits;

/// What was done in the month.
#[derive(Debug, Default)]
pub(super) struct Acts {
    people: BTreeMap<String, BTreeSet<String>>,
    decisions: BTreeMap<DecisionId, Vec<String>>,
    pub(super) mailboxes_opened: usize,
    pub(super) mailboxes_removed: usize,
    pub(super) bursts: Vec<Burst>,
}

impl Acts {
    /// Reads the entries of a month.
    pub(super) async fn of(
        connection: &mut Connection,
        (month, zone): (Month, &TimeZone),
        snapshot: &Snapshot,
    ) -> Result<Self, DbError> {
        let span = month.seconds(zone);
        let mut acts = Self::default();
        let mut after = 0;
        loop {
            let filter = Filter {
                after,
                since: Some(span.start),
                until: Some(span.end),
                at_most: Some(limits::AUDIT_PAGE_ENTRIES),
                ..Filter::default()
            };
            let page = audit::list(connection, &filter).await?;
            let Some(last) = page.last() else { return Ok(acts) };
            after = last.seq;
            for entry in &page {
                acts.fold(entry, snapshot);
            }
        }
    }

    fn fold(&mut self, entry: &Listed, snapshot: &Snapshot) {
        // Its own entry comes first; one that waits or is cancelled has another.
        if let (Some(decision), "decision.applied") = (entry.decision, entry.what.as_str()) {
            self.decisions.entry(decision).or_default();
        }
        if let Some(whom) = entry.decision.and_then(|decision| self.decisions.get_mut(&decision)) {
            // A unit that gets a head: the head, too.
            let head = entry.after.as_ref().and_then(|after| after.get("head")?.as_i64());
            let head = head.and_then(|head| snapshot.named(&format!("staff:{head}")));
            for name in snapshot.named(&entry.subject).into_iter().chain(head) {
                if !whom.contains(&name) {
                    whom.push(name);
                }
            }
        }
        let state = |of: Option<&serde_json::Value>| Some(of?.get("state")?.as_str()?.to_owned());
        match entry.subject.split_once(':') {
            Some(("staff", _)) => {
                self.people.entry(entry.what.clone()).or_default().insert(entry.subject.clone());
            }
            Some(("mailbox", _)) => {
                self.mailboxes_opened += usize::from(entry.before.is_none() && state(entry.after.as_ref()).is_some());
                self.mailboxes_removed += usize::from(state(entry.after.as_ref()).as_deref() == Some("removed"));
            }
            Some(("burst", _)) => self.bursts.extend(burst(entry)),
            _ => {}
        }
    }

    /// How many people each kind of act concerned.
    pub(super) fn moved(&self) -> Moved {
        let people = |what| self.people.get(what).map_or(0, BTreeSet::len);
        Moved {
            hired: people("staff.hire"),
            reinstated: people("staff.reinstate"),
            transferred: people("staff.transfer"),
            promoted: people("staff.promote"),
            departed: people("staff.depart"),
            suspended: people("staff.suspend"),
            resumed: people("staff.resume"),
            compromised: people("staff.compromised"),
        }
    }

    /// The decisions that changed something, in the order of their entry.
    pub(super) fn applied(&mut self, recorded: Vec<Recorded>) -> Vec<Applied> {
        let applied = |found: Recorded| {
            let whom = self.decisions.remove(&found.id)?;
            let Decision { number, dated, effective, kind, .. } = found.decision;
            Some(Applied { number: number.to_string(), dated, effective, kind, whom })
        };
        // They are read with the newest first.
        recorded.into_iter().rev().filter_map(applied).collect()
    }
}

fn burst(entry: &Listed) -> Option<Burst> {
    let after = entry.after.as_ref()?;
    Some(Burst {
        at: Timestamp::from_second(entry.at).ok()?,
        who: entry.actor.clone(),
        per: after.get("per")?.as_str()?.to_owned(),
        recipients: after.get("recipients")?.as_u64()?,
    })
}
