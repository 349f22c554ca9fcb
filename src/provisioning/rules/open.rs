//! An administrator looks into a mailbox: for a reason, for some minutes, reading only, and whoever answers for it is told
//! (R20).

use jiff::SignedDuration;

use super::Case;
use crate::directory::{Mailbox, Owner};
use crate::limits;
use crate::provisioning::{OpenMailbox, Refusal, Step};

pub(super) fn plan(open: &OpenMailbox, case: &Case<'_>) -> Result<Vec<Step>, Refusal> {
    let (mailbox, address) = case.mailbox(&open.mailbox)?;
    if !(1..=limits::OPENING_MINUTES_MAX).contains(&open.minutes) {
        return Err(Refusal::Minutes { max: limits::OPENING_MINUTES_MAX });
    }
    let until = case.now + SignedDuration::from_mins(i64::from(open.minutes));
    let (mailbox_id, minutes) = (mailbox.id, open.minutes);
    let (to, reason) = (address.clone(), open.reason.clone());
    let mut steps = vec![Step::Open { mailbox: mailbox_id, address: to, reason, minutes, until }];
    steps.extend(notices(mailbox, case));
    Ok(steps)
}

/// Whoever answers for a mailbox is told, and the mailbox itself.
pub(super) fn notices(mailbox: &Mailbox, case: &Case<'_>) -> Vec<Step> {
    let stewards = case.snapshot.stewards(mailbox);
    let theirs = stewards.into_iter().filter_map(|person| case.snapshot.of(Owner::Staff(person)));
    let mut told: Vec<&Mailbox> = theirs.collect();
    if told.iter().all(|other| other.id != mailbox.id) {
        told.push(mailbox);
    }
    let notice = |m: &Mailbox| Some(Step::Notify { mailbox: m.id, address: m.primary()?.clone() });
    told.into_iter().filter_map(notice).collect()
}
