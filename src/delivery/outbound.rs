//! What became of mail on its way out: marked, and told to its sender, in one transaction.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::batch::{Batch, Sending};
use super::notice::{self, Event, Notice};
use super::{Delivery, DeliveryError, prefix, prepare};
use crate::address::Address;
use crate::directory::Resolution;
use crate::figure::Figure;
use crate::id::JobId;
use crate::limits;
use crate::mime::compose::Party;
use crate::queue::{EnvelopeDsn, Fate, Form, Job, NewJob, NewRecipient, Outcome, Reason, RecipientDsn, Return, Then};
use crate::store::{Append, FlagNames, StoreError};

/// What a notice is about.
pub(super) struct About<'a> {
    /// Who sent the message; nobody is told of what has the null sender.
    pub(super) from: Option<&'a Address>,
    pub(super) dsn: &'a EnvelopeDsn,
    pub(super) arrival: Timestamp,
    /// Octets of the message.
    pub(super) size: u64,
    /// As much of it as may come back, if there is that much.
    pub(super) beginning: &'a [u8],
}

/// Whether the next server tells senders of deliveries itself (RFC 3461 §5.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextTells {
    /// What was asked for was passed on.
    Yes,
    /// It does not know how.
    No,
}

impl Delivery {
    /// Marks what became of a job's recipients at an attempt, and writes the notices that follow from it.
    ///
    /// # Errors
    /// The store's. Then nothing was marked, and the job will be tried again.
    pub async fn settle(&self, job: &Job, outcome: Outcome, next: NextTells) -> Result<(), StoreError> {
        let mut batch = Batch { outcomes: vec![outcome.clone()], ..Batch::default() };
        let mut failed = Vec::new();
        let mut relayed = Vec::new();
        for (place, fate) in &outcome.recipients {
            let Some(recipient) = job.recipients.iter().find(|recipient| recipient.place == *place) else { continue };
            let about = (&recipient.address, &recipient.dsn, fate.reason().clone());
            match fate {
                Fate::Failed(_) if recipient.dsn.wants_failure() => failed.push(about),
                Fate::Relayed(_) if recipient.dsn.wants_success() && next == NextTells::No => relayed.push(about),
                Fate::Failed(_) | Fate::Relayed(_) | Fate::Deferred(_) => {}
            }
            match fate {
                Fate::Failed(_) => batch.counted.count(Figure::Bounced, 1),
                Fate::Relayed(_) => batch.counted.count(Figure::Relayed, 1),
                Fate::Deferred(_) => {}
            }
        }
        self.tell(job, Event::Failed, &failed, &mut batch).await?;
        self.tell(job, Event::Relayed, &relayed, &mut batch).await?;
        self.commit(batch).await
    }

    /// Gives up a job whose time is over, or tells its sender that it takes long. `last` is why its way is down, if it is.
    pub async fn overdue(&self, job: &Job, last: Option<&Reason>) -> Result<(), StoreError> {
        let terms = self.queue.terms();
        let after = |wait| job.accepted + SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX);
        let (now, end) = (self.clock.now(), after(terms.give_up_after));
        let known = |recipient: &crate::queue::Recipient| last.cloned().or_else(|| recipient.last.clone());
        if now >= end {
            let failed = |r: &crate::queue::Recipient| (r.place, Fate::Failed(Reason::expired(known(r).as_ref())));
            let recipients = job.recipients.iter().map(failed).collect();
            return self.settle(job, Outcome { job: job.id, recipients, then: Then::End }, NextTells::No).await;
        }
        let mut batch = Batch { warned: vec![job.id], ..Batch::default() };
        let told = job.recipients.iter().filter(|recipient| recipient.dsn.wants_delay());
        let told: Vec<_> = told
            .map(|recipient| (&recipient.address, &recipient.dsn, known(recipient).unwrap_or_else(Reason::none_yet)))
            .collect();
        self.tell(job, Event::Delayed(end), &told, &mut batch).await?;
        self.commit(batch).await
    }

    /// Puts a released job into mailboxes here. What cannot be put there now stays.
    pub async fn deliver_job(&self, job: &Job) -> Result<(), DeliveryError> {
        let snapshot = self.directory.snapshot();
        let bytes = self.store.beginning(job.body, usize::try_from(job.size).unwrap_or(usize::MAX)).await?;
        let message = Arc::new(prepare(bytes));
        let mut batch = Batch::default();
        let mut fates = Vec::new();
        let mut delivered = Vec::new();
        let mut failed = Vec::new();
        for recipient in &job.recipients {
            let about = |reason: &Reason| (&recipient.address, &recipient.dsn, reason.clone());
            let mailbox = match snapshot.resolve(&recipient.address) {
                Resolution::Mailbox(mailbox) | Resolution::Relocated { mailbox, .. } => Some(mailbox),
                Resolution::Suspended | Resolution::Departed | Resolution::Unknown | Resolution::Foreign => None,
            };
            let Some(mailbox) = mailbox.filter(|mailbox| !self.is_over(*mailbox)) else {
                let reason = Reason::no_mailbox();
                failed.extend(recipient.dsn.wants_failure().then(|| about(&reason)));
                fates.push((recipient.place, Fate::Failed(reason)));
                batch.counted.count(Figure::Bounced, 1);
                continue;
            };
            let folder = self.store.inbox(mailbox).await?;
            if !batch.copies.iter().any(|copy| copy.folder == folder) {
                let prefix = prefix(job.from.as_ref(), &recipient.address);
                let (message, flags, date) = (message.clone(), FlagNames::default(), self.clock.now());
                batch.copies.push(Append { folder, message, prefix, flags, date, quota: None });
            }
            let reason = Reason::delivered();
            delivered.extend(recipient.dsn.wants_success().then(|| about(&reason)));
            fates.push((recipient.place, Fate::Relayed(reason)));
        }
        self.tell(job, Event::Failed, &failed, &mut batch).await?;
        self.tell(job, Event::Delivered, &delivered, &mut batch).await?;
        batch.outcomes.push(Outcome { job: job.id, recipients: fates, then: Then::End });
        Ok(self.commit(batch).await?)
    }

    /// Adds a notice about a job.
    async fn tell(
        &self,
        job: &Job,
        event: Event,
        recipients: &[(&Address, &RecipientDsn, Reason)],
        batch: &mut Batch,
    ) -> Result<(), StoreError> {
        if recipients.is_empty() || job.from.is_none() {
            return Ok(());
        }
        let beginning = self.store.beginning(job.body, limits::NOTICE_ORIGINAL_BYTES_MAX).await?;
        let (from, dsn) = (job.from.as_ref(), &job.dsn);
        let about = About { from, dsn, arrival: job.accepted, size: job.size, beginning: &beginning };
        self.notify(&about, event, recipients, batch).await
    }

    /// Adds a notice: into the sender's INBOX, or out again. A sender who cannot be reached is nobody's fault: the message
    /// is dealt with all the same.
    pub(super) async fn notify(
        &self,
        about: &About<'_>,
        event: Event,
        recipients: &[(&Address, &RecipientDsn, Reason)],
        batch: &mut Batch,
    ) -> Result<(), StoreError> {
        let Some(to) = about.from.filter(|_| !recipients.is_empty()) else { return Ok(()) };
        let snapshot = self.directory.snapshot();
        let Ok(daemon) = Address::new("postmaster", snapshot.department().own.clone()) else { return Ok(()) };
        let unique = format!("notice-{}", self.next_notice());
        let settings = self.settings.load_full();
        let notice = Notice {
            event,
            to,
            from: Party { name: &snapshot.department().name, address: &daemon },
            hostname: &settings.hostname,
            envid: about.dsn.envid.as_deref(),
            arrival: about.arrival,
            recipients,
            original: notice::original(about.beginning, about.size, about.dsn.ret == Some(Return::Headers)),
            date: &self.clock.zoned(),
            unique: &unique,
        };
        let message = match notice.write() {
            Ok(message) => message,
            Err(error) => {
                tracing::error!(%error, %to, "a sender is not told what became of a message");
                return Ok(());
            }
        };
        self.send_back(to, message, unique, batch).await
    }

    /// Adds what the server wrote to a sender: into the sender's INBOX, or out again.
    pub(super) async fn send_back(
        &self,
        to: &Address,
        message: Vec<u8>,
        unique: String,
        batch: &mut Batch,
    ) -> Result<(), StoreError> {
        let (snapshot, settings) = (self.directory.snapshot(), self.settings.load_full());
        match (snapshot.resolve(to), settings.routing.lane(None, to.domain())) {
            (Resolution::Mailbox(mailbox) | Resolution::Relocated { mailbox, .. }, _) => {
                let inbox = self.store.inbox(mailbox).await?;
                batch.copies.push(self.append(inbox, message, to));
            }
            (Resolution::Foreign, Some(lane)) => {
                let form = Form { eight_bit: !message.is_ascii(), utf8: !to.is_ascii() };
                let recipients = vec![NewRecipient { address: to.clone(), dsn: RecipientDsn::default() }];
                let message = Arc::new(prepare(settings.keys.signed(message)));
                let dsn = EnvelopeDsn::default();
                let job = NewJob { name: unique, from: None, mailbox: None, lane, form, dsn, held: None, recipients };
                batch.sendings.push(Sending { message, jobs: vec![job] });
            }
            (resolution, _) => tracing::warn!(%to, ?resolution, "a sender cannot be told what became of a message"),
        }
        Ok(())
    }

    /// Jobs that somebody's time is over for, with the moments that it is reckoned from.
    pub async fn overdue_jobs(&self, taken: &[JobId]) -> Result<Vec<Job>, StoreError> {
        let (terms, now) = (self.queue.terms(), self.clock.now());
        let before = |wait| now - SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX);
        let mut reader = self.db.read().await?;
        let since = (before(terms.warn_after), before(terms.give_up_after));
        Ok(crate::queue::overdue(&mut reader, since, taken).await?)
    }
}
