//! What one transaction does about mail: copies into mailboxes, jobs for what goes elsewhere, and what became of jobs.

use std::sync::Arc;

use jiff::ZonedDateTime;
use jiff::civil::Date;

use crate::db::{Answers, DbError, Joined, Tx, Work};
use crate::figure::{self, Figures};
use crate::id::{BodyId, JobId, MailboxId, StaffId};
use crate::queue::{self, NewJob, Outcome, Queue};
use crate::store::{self, Append, Hand, Prepared, Store, StoreError};

use super::Delivery;

/// All of it becomes durable, or none.
#[derive(Clone, Debug, Default)]
pub(super) struct Batch {
    /// What goes into folders here.
    pub(super) copies: Vec<Append>,
    /// Whose doing they are, if it is somebody's of the staff.
    pub(super) by: Option<StaffId>,
    /// What the server itself has to say of it: nobody's work.
    pub(super) notes: Vec<Append>,
    /// The mailbox in whose name a message was sent of which it keeps no copy: the message may answer what came there.
    pub(super) answering: Option<(MailboxId, Arc<Prepared>)>,
    /// What goes elsewhere.
    pub(super) sendings: Vec<Sending>,
    /// What became of jobs.
    pub(super) outcomes: Vec<Outcome>,
    /// Jobs whose senders are told of the delay.
    pub(super) warned: Vec<JobId>,
    /// What the report counts of it (R30).
    pub(super) counted: Figures,
}

/// A message, and the jobs that hold it.
#[derive(Clone, Debug)]
pub(super) struct Sending {
    pub(super) message: Arc<Prepared>,
    pub(super) jobs: Vec<NewJob>,
}

impl Delivery {
    /// Does it, and returns when it is durable. What only fills folders, or only ends jobs, is joined with what others do at
    /// the same time.
    pub(super) async fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        let day = self.clock.today();
        let is_simple =
            batch.sendings.is_empty() && batch.warned.is_empty() && batch.answering.is_none() && batch.notes.is_empty();
        if is_simple && batch.outcomes.is_empty() {
            return self.db.write_joined(Fill { store: self.store.clone(), batch, day }).await;
        }
        if is_simple && batch.copies.is_empty() {
            return Ok(self.db.write_joined(Settle { batch, day }).await?);
        }
        let (store, queue, now) = (self.store.by(batch.by), self.queue.clone(), self.clock.zoned());
        self.db.write(move |tx| Box::pin(async move { write(tx, &store, queue, batch, &now).await })).await
    }
}

async fn write(tx: &mut Tx, store: &Store, queue: Queue, batch: Batch, now: &ZonedDateTime) -> Result<(), StoreError> {
    let appended = store::append_in(tx, store, batch.copies.clone()).await?;
    for Sending { message, jobs } in &batch.sendings {
        let copy = batch.copies.iter().zip(&appended).find(|(copy, _)| Arc::ptr_eq(&copy.message, message));
        let body = match copy {
            Some((_, appended)) => appended.body,
            None => store::keep_body(tx, store, message).await?,
        };
        queue::put(tx, (body, message.len()), jobs, now.timestamp()).await?;
    }
    store::append_in(tx, &store.by(Hand::Server), batch.notes).await?;
    if let Some((mailbox, message)) = &batch.answering {
        store::answer_items(tx, store, *mailbox, message.bytes().unwrap_or_default()).await?;
    }
    queue::mark_warned(tx, &batch.warned).await?;
    settle(tx, &batch.outcomes).await?;
    figure::add(tx, now.date(), &batch.counted).await?;
    tx.after_commit(move || queue.wake());
    Ok(())
}

async fn settle(tx: &mut Tx, outcomes: &[Outcome]) -> Result<(), DbError> {
    let ended: Vec<BodyId> = queue::settle(tx, outcomes).await?;
    if ended.is_empty() { Ok(()) } else { store::release_bodies(tx, &ended).await }
}

/// Copies into folders here, of one message.
struct Fill {
    store: Store,
    batch: Batch,
    day: Date,
}

impl Joined for Fill {
    type Output = ();
    type Error = StoreError;

    fn run_all(tx: &mut Tx, items: Vec<Self>) -> Work<'_, Result<Answers<Self>, DbError>> {
        Box::pin(async move {
            let Some((store, day)) = items.first().map(|item| (item.store.clone(), item.day)) else {
                return Ok(Vec::new());
            };
            let parts = |Self { batch, .. }: Self| ((Hand::from(batch.by), batch.copies), batch.counted);
            let (requests, counted): (Vec<_>, Vec<_>) = items.into_iter().map(parts).unzip();
            let answers = store::append_each(tx, &store, requests).await?;
            let mut sum = Figures::default();
            for (_, more) in answers.iter().zip(&counted).filter(|(answer, _)| answer.is_ok()) {
                sum.add(more);
            }
            figure::add(tx, day, &sum).await?;
            Ok(answers.into_iter().map(|answer| answer.map(drop)).collect())
        })
    }
}

/// What became of jobs, of one worker.
struct Settle {
    batch: Batch,
    day: Date,
}

impl Joined for Settle {
    type Output = ();
    type Error = DbError;

    fn run_all(tx: &mut Tx, items: Vec<Self>) -> Work<'_, Result<Answers<Self>, DbError>> {
        Box::pin(async move {
            let (count, day) = (items.len(), items.first().map(|item| item.day));
            let mut sum = Figures::default();
            for item in &items {
                sum.add(&item.batch.counted);
            }
            let outcomes: Vec<Outcome> = items.into_iter().flat_map(|item| item.batch.outcomes).collect();
            settle(tx, &outcomes).await?;
            if let Some(day) = day {
                figure::add(tx, day, &sum).await?;
            }
            Ok(std::iter::repeat_with(|| Ok(())).take(count).collect())
        })
    }
}
