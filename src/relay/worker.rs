//! Serving one way: a connection, or a few side by side, and job after job on each.

use std::sync::Arc;

use jiff::SignedDuration;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::connection::Connection;
use super::lane::Served;
use super::settings::{Route, Settings};
use super::transaction::{self, Ended};
use super::trouble::{Lost, Trouble};
use super::{Relay, Services};
use crate::db::DbError;
use crate::delivery::NextTells;
use crate::limits;
use crate::queue::{Fate, HeldFor, Job, Lane, Outcome, Reason, Then};
use crate::store::StoreError;

/// Whether a connection can go on.
enum After {
    /// With the next job.
    GoOn,
    /// Not: the way is down.
    Down,
    /// Not, but another one may: it had been idle, or has taken as much as the server allows.
    Elsewhere(Box<Task>),
}

/// A job that is being tried.
struct Task {
    job: Job,
    /// Recipients whose turn has been.
    done: usize,
    /// Whether one of them is to be tried again.
    deferred: bool,
}

impl From<Job> for Task {
    fn from(job: Job) -> Self {
        Self { job, done: 0, deferred: false }
    }
}

impl Relay {
    /// Does what is due on a way, until nothing is, or it is down, or the daemon drains.
    pub(super) async fn serve(&self, served: &Served, settings: &Settings, drain: &CancellationToken) {
        let done = match &served.lane {
            Lane::Local => self.deliver(served, drain).await,
            Lane::Route(_) | Lane::Direct(_) => self.send(served, settings, drain).await,
        };
        if let Err(error) = done {
            error!(lane = %served.lane, %error, "the queue cannot be read or written");
            sleep(limits::RELAY_RETRY_WAIT).await;
        }
    }

    /// What was held for people here, and is released.
    async fn deliver(&self, served: &Served, drain: &CancellationToken) -> Result<(), DbError> {
        while let Some(job) = self.next(served, drain).await? {
            if let Err(error) = self.services().delivery.deliver_job(&job).await {
                warn!(id = %job.name, %error, "a released message is not delivered yet");
                let later = |r: &crate::queue::Recipient| (r.place, Fate::Deferred(Reason::not_now()));
                let fates = job.recipients.iter().map(later).collect();
                self.mark(&job, fates, self.again(&job, false), NextTells::No).await;
            }
            served.done(job.id).await;
        }
        Ok(())
    }

    async fn send(&self, served: &Served, settings: &Settings, drain: &CancellationToken) -> Result<(), DbError> {
        let Some(job) = self.next(served, drain).await? else { return Ok(()) };
        match self.connect(&served.lane, settings).await {
            Ok((connection, route)) => {
                served.allow(route.connections);
                if served.wants_more_than(1).await {
                    self.services().queue.wake();
                }
                self.work(connection, job, served, settings, drain).await
            }
            Err(Trouble::Later(reason)) => {
                served.done(job.id).await;
                self.down(&served.lane, *reason);
                Ok(())
            }
            Err(Trouble::Never(reason)) => self.refuse(job, &reason, served, drain).await,
        }
    }

    /// One more connection on a way that is being served. If it cannot be had, the others do the work.
    pub(super) async fn help(&self, served: &Served, settings: &Settings, drain: &CancellationToken) {
        let helped = async {
            let Some(job) = self.next(served, drain).await? else { return Ok(()) };
            if let Ok((connection, _)) = self.connect(&served.lane, settings).await {
                // There may be work for one more.
                self.services().queue.wake();
                return self.work(connection, job, served, settings, drain).await;
            }
            served.allow(1);
            served.done(job.id).await;
            Ok::<_, DbError>(())
        };
        if let Err(error) = helped.await {
            error!(lane = %served.lane, %error, "the queue cannot be read or written");
        }
    }

    /// Job after job, on one connection that waits a moment for more.
    async fn work(
        &self,
        mut connection: Connection,
        first: Job,
        served: &Served,
        settings: &Settings,
        drain: &CancellationToken,
    ) -> Result<(), DbError> {
        let mut next = Some(Task::from(first));
        loop {
            let Some(task) = next.take() else {
                connection.quit().await;
                return Ok(());
            };
            let id = task.job.id;
            match self.attempt(&mut connection, task, &served.lane).await {
                After::GoOn => served.done(id).await,
                After::Down => {
                    served.done(id).await;
                    return Ok(());
                }
                After::Elsewhere(task) => match self.connect(&served.lane, settings).await {
                    Ok((another, _)) => {
                        std::mem::replace(&mut connection, another).quit().await;
                        next = Some(*task);
                        continue;
                    }
                    Err(Trouble::Later(reason)) => {
                        served.done(id).await;
                        self.down(&served.lane, *reason);
                        return Ok(());
                    }
                    Err(Trouble::Never(_)) => {
                        served.done(id).await;
                        return Ok(());
                    }
                },
            }
            next = self.next(served, drain).await?.map(Task::from);
            if next.is_none() {
                tokio::select! {
                    () = served.more.notified() => next = self.next(served, drain).await?.map(Task::from),
                    () = drain.cancelled() => {}
                    () = sleep(limits::RELAY_IDLE_MAX) => {}
                }
            }
        }
    }

    async fn next(&self, served: &Served, drain: &CancellationToken) -> Result<Option<Job>, DbError> {
        let Services { db, queue, clock, .. } = self.services();
        if drain.is_cancelled() || queue.health().of(&served.lane).is_some_and(|down| down.until > clock.now()) {
            return Ok(None);
        }
        served.next(db, queue, clock).await
    }

    async fn connect<'s>(&self, lane: &Lane, settings: &'s Settings) -> Result<(Connection, &'s Route), Trouble> {
        let (targets, route) = match lane {
            Lane::Route(name) => {
                let unknown = || Trouble::later(Reason::own("4.4.4", format!("no route {name} is configured")));
                let route = settings.routes.get(name).ok_or_else(unknown)?;
                (settings.resolver.server(&route.host, route.port).await?, route)
            }
            Lane::Direct(domain) => {
                (settings.resolver.mail_servers(domain, settings.direct.port).await?, &settings.direct)
            }
            Lane::Local => return Err(Trouble::later(Reason::not_now())),
        };
        let connection = Connection::open(&targets, route, &settings.hostname, settings.source).await?;
        if self.services().queue.health().works(lane) {
            info!(%lane, host = %connection.host, "mail goes out again");
        }
        Ok((connection, route))
    }

    /// Tries one job for all that wait for it, some hundred at a time.
    async fn attempt(&self, connection: &mut Connection, mut task: Task, lane: &Lane) -> After {
        let tells = if connection.features.dsn { NextTells::Yes } else { NextTells::No };
        let (store, begun) = (&self.services().store, task.done);
        while let Some(left @ [_, ..]) = task.job.recipients.get(task.done..) {
            if connection.is_spent() {
                return After::Elsewhere(Box::new(task));
            }
            let (job, recipients, fresh) = (&task.job, connection.features.together(left), connection.used == 0);
            let (count, is_last) = (recipients.len(), recipients.len() == left.len());
            match transaction::send(connection, job, recipients, store).await {
                Ended::Told(fates) => {
                    task.deferred |= fates.iter().any(|(_, fate)| matches!(fate, Fate::Deferred(_)));
                    let then = match (is_last, task.deferred) {
                        (false, _) => Then::Going,
                        (true, true) => self.again(job, false),
                        (true, false) => Then::End,
                    };
                    self.mark(job, fates, then, tells).await;
                    task.done += count;
                }
                // It was closed while it was idle; nothing was said about the job.
                Ended::Lost(Lost::Wire(_)) if !fresh && task.done == begun => {
                    return After::Elsewhere(Box::new(task));
                }
                Ended::Lost(lost) => {
                    let reason = lost.reason(&connection.host);
                    self.put_off(job, recipients, &reason, self.again(job, false)).await;
                    self.down(lane, reason);
                    return After::Down;
                }
                Ended::Unclear(lost) => {
                    let reason = lost.reason(&connection.host);
                    let then = if job.unclear == 0 { self.again(job, true) } else { Then::Hold(HeldFor::Unclear) };
                    self.services().metrics.unclear.inc();
                    warn!(id = %job.name, %lane, reason = %reason.text, "nobody knows whether the next server has a message");
                    self.put_off(job, recipients, &reason, then).await;
                    self.down(lane, reason);
                    return After::Down;
                }
            }
        }
        After::GoOn
    }

    /// All of a way's jobs fail: there is nobody to bring them to.
    async fn refuse(
        &self,
        first: Job,
        reason: &Reason,
        served: &Served,
        drain: &CancellationToken,
    ) -> Result<(), DbError> {
        let mut next = Some(first);
        while let Some(job) = next {
            let fates = job.recipients.iter().map(|r| (r.place, Fate::Failed(reason.clone()))).collect();
            self.mark(&job, fates, Then::End, NextTells::No).await;
            served.done(job.id).await;
            next = self.next(served, drain).await?;
        }
        Ok(())
    }

    async fn put_off(&self, job: &Job, recipients: &[crate::queue::Recipient], reason: &Reason, then: Then) {
        let fates = recipients.iter().map(|r| (r.place, Fate::Deferred(reason.clone()))).collect();
        self.mark(job, fates, then, NextTells::No).await;
    }

    /// When a job is tried again.
    fn again(&self, job: &Job, unclear: bool) -> Then {
        let Services { queue, clock, .. } = self.services();
        let wait = queue.terms().wait(job.attempts.saturating_add(1), job.id.0.unsigned_abs());
        Then::Again { next: clock.now() + SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX), unclear }
    }

    /// Marks what became of recipients, as often as it takes: what is not marked would be sent once more. A database that
    /// is closed or broken ends the daemon, and with it this.
    async fn mark(&self, job: &Job, fates: Vec<(i64, Fate)>, then: Then, next: NextTells) {
        let metrics = &self.services().metrics;
        for (place, fate) in &fates {
            let to = job.recipients.iter().find(|r| r.place == *place).map(|r| r.address.to_string());
            let (what, counter) = match fate {
                Fate::Relayed(_) => ("relayed", &metrics.relayed),
                Fate::Deferred(_) => ("deferred", &metrics.deferred),
                Fate::Failed(_) => ("failed", &metrics.failed),
            };
            counter.inc();
            let Reason { status, text, host } = fate.reason();
            info!(id = %job.name, lane = %job.lane, to, what, status, said = text, host, "mail out");
        }
        let outcome = Outcome { job: job.id, recipients: fates, then };
        while let Err(error) = self.services().delivery.settle(job, outcome.clone(), next).await {
            error!(id = %job.name, %error, "what became of a message is not marked yet");
            if matches!(error, StoreError::Db(DbError::Closed)) {
                return;
            }
            sleep(limits::RELAY_RETRY_WAIT).await;
        }
    }

    fn down(&self, lane: &Lane, reason: Reason) {
        let Services { queue, clock, .. } = self.services();
        warn!(%lane, reason = %reason.text, "mail does not go out");
        queue.health().failed(lane, reason, &queue.terms(), clock.now());
    }
}

/// A way and who serves it.
pub(super) type Serving = Arc<Served>;
