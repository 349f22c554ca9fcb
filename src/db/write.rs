//! The writer: one task takes what waits, runs each operation in its own savepoint, commits once, then answers.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use sqlx::Connection;
use sqlx::sqlite::SqliteConnection;
use tokio::sync::{Notify, mpsc, oneshot, watch};

use super::checkpoint::{Checkpointer, Need};
use super::{DbError, Work};
use crate::limits;

/// The transaction an operation writes in. It ends with the operation; the commit is the writer's.
pub struct Tx {
    connection: SqliteConnection,
    after: Vec<Box<dyn FnOnce() + Send>>,
}

impl Tx {
    /// The connection to run statements on.
    pub fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }

    /// Registers what the rest of the program is to learn once this is durable (invariant I3). It runs before the
    /// operation's caller is answered, must not block, and is forgotten if the operation is undone.
    pub fn after_commit(&mut self, publish: impl FnOnce() + Send + 'static) {
        self.after.push(Box::new(publish));
    }

    async fn run(&mut self, sql: &'static str) -> Result<(), DbError> {
        sqlx::query(sql).execute(&mut self.connection).await?;
        Ok(())
    }
}

/// An operation that many callers ask for at once and SQL can do for all of them in a few statements.
pub trait Joined: Sized + Send + 'static {
    /// What one caller gets.
    type Output: Send + 'static;
    /// Why one caller's item was refused; the others are not touched by it.
    type Error: From<DbError> + Send + 'static;

    /// Does all items in the order given and answers each; an `Err` of the whole undoes them all.
    fn run_all(tx: &mut Tx, items: Vec<Self>) -> Work<'_, Result<Answers<Self>, DbError>>;
}

/// The answer to each item of joined operations.
pub type Answers<J> = Vec<Result<<J as Joined>::Output, <J as Joined>::Error>>;

/// How an operation ended, before the commit.
#[derive(Debug)]
enum Ran {
    /// It is part of the commit.
    Kept,
    /// It refused; what it wrote must be undone.
    Refused,
    /// The database failed under it.
    Failed(DbError),
}

/// An operation with its callers.
trait Job: Any + Send {
    fn run<'t>(&'t mut self, tx: &'t mut Tx) -> Work<'t, Ran>;
    /// Answers the callers; with an error instead of the operation's own answer where the batch failed.
    fn answer(self: Box<Self>, failed: Option<DbError>);
    /// Takes the other job in, if both are joined operations of one type.
    fn absorb(&mut self, other: Box<dyn Job>) -> Option<Box<dyn Job>> {
        Some(other)
    }
}

struct Single<T, E, F> {
    operation: Option<F>,
    result: Option<Result<T, E>>,
    caller: oneshot::Sender<Result<T, E>>,
}

impl<T, E, F> Job for Single<T, E, F>
where
    T: Send + 'static,
    E: From<DbError> + Send + 'static,
    F: for<'t> FnOnce(&'t mut Tx) -> Work<'t, Result<T, E>> + Send + 'static,
{
    fn run<'t>(&'t mut self, tx: &'t mut Tx) -> Work<'t, Ran> {
        Box::pin(async move {
            let Some(operation) = self.operation.take() else { return Ran::Failed(DbError::Closed) };
            let result = operation(tx).await;
            let ran = if result.is_ok() { Ran::Kept } else { Ran::Refused };
            self.result = Some(result);
            ran
        })
    }

    fn answer(self: Box<Self>, failed: Option<DbError>) {
        let answer = match (failed, self.result) {
            (None, Some(result)) => result,
            // A refusal stands whatever became of the batch: nothing was to be kept.
            (Some(_), Some(Err(error))) => Err(error),
            (Some(error), _) => Err(error.into()),
            (None, None) => Err(DbError::Closed.into()),
        };
        // A caller who went away no longer wants the answer.
        let _ = self.caller.send(answer);
    }
}

struct Many<J: Joined> {
    items: Vec<J>,
    results: Answers<J>,
    callers: Vec<oneshot::Sender<Result<J::Output, J::Error>>>,
}

impl<J: Joined> Job for Many<J> {
    fn run<'t>(&'t mut self, tx: &'t mut Tx) -> Work<'t, Ran> {
        Box::pin(async move {
            match J::run_all(tx, std::mem::take(&mut self.items)).await {
                Ok(results) => {
                    self.results = results;
                    Ran::Kept
                }
                Err(error) => Ran::Failed(error),
            }
        })
    }

    fn answer(self: Box<Self>, failed: Option<DbError>) {
        let mut results = self.results.into_iter();
        for caller in self.callers {
            let own = results.next();
            let answer = match (&failed, own) {
                (None, Some(result)) => result,
                (Some(_), Some(Err(error))) => Err(error),
                (Some(error), _) => Err(error.clone().into()),
                (None, None) => Err(DbError::Closed.into()),
            };
            let _ = caller.send(answer);
        }
    }

    fn absorb(&mut self, other: Box<dyn Job>) -> Option<Box<dyn Job>> {
        if !(&*other as &dyn Any).is::<Self>() {
            return Some(other);
        }
        let other: Box<dyn Any> = other;
        if let Ok(other) = other.downcast::<Self>() {
            self.items.extend(other.items);
            self.callers.extend(other.callers);
        }
        None
    }
}

/// The caller's end.
#[derive(Clone, Debug)]
pub(super) struct Writer {
    jobs: mpsc::Sender<Box<dyn Job>>,
    state: watch::Receiver<State>,
    close: Arc<Notify>,
}

#[derive(Clone, Debug)]
enum State {
    Open,
    Failed(DbError),
    Closed,
}

impl Writer {
    /// Starts the task on the only connection that ever writes.
    pub(super) fn start(connection: SqliteConnection, checkpointer: Checkpointer) -> Self {
        let (jobs, waiting) = mpsc::channel(limits::WRITES_WAITING_MAX);
        let (state, seen) = watch::channel(State::Open);
        let close = Arc::new(Notify::new());
        let task = Task { tx: Tx { connection, after: Vec::new() }, checkpointer, waiting, close: close.clone() };
        tokio::spawn(async move {
            let end = task.run().await;
            state.send_replace(end);
        });
        Self { jobs, state: seen, close }
    }

    pub(super) async fn write<T, E, F>(&self, operation: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> Work<'t, Result<T, E>> + Send + 'static,
    {
        let (caller, answer) = oneshot::channel();
        self.submit(Box::new(Single { operation: Some(operation), result: None, caller }), answer).await
    }

    pub(super) async fn write_joined<J: Joined>(&self, item: J) -> Result<J::Output, J::Error> {
        let (caller, answer) = oneshot::channel();
        self.submit(Box::new(Many { items: vec![item], results: Vec::new(), callers: vec![caller] }), answer).await
    }

    async fn submit<T, E>(&self, job: Box<dyn Job>, answer: oneshot::Receiver<Result<T, E>>) -> Result<T, E>
    where
        E: From<DbError>,
    {
        if self.jobs.send(job).await.is_err() {
            return Err(self.end().into());
        }
        answer.await.unwrap_or_else(|_| Err(self.end().into()))
    }

    fn end(&self) -> DbError {
        match &*self.state.borrow() {
            State::Failed(error) => error.clone(),
            State::Open | State::Closed => DbError::Closed,
        }
    }

    /// Resolves when a write failed in a way that ends the daemon; never after an orderly close.
    pub(super) async fn failed(&self) -> DbError {
        let mut state = self.state.clone();
        match state.wait_for(|s| matches!(s, State::Failed(_))).await.as_deref() {
            Ok(State::Failed(error)) => error.clone(),
            _ => std::future::pending().await,
        }
    }

    /// Lets what waits finish, then closes the connection.
    pub(super) async fn close(&self) {
        self.close.notify_one();
        let mut state = self.state.clone();
        let _ = state.wait_for(|s| !matches!(s, State::Open)).await;
    }
}

struct Task {
    tx: Tx,
    checkpointer: Checkpointer,
    waiting: mpsc::Receiver<Box<dyn Job>>,
    close: Arc<Notify>,
}

impl Task {
    async fn run(mut self) -> State {
        let mut taken = Vec::with_capacity(limits::WRITES_PER_COMMIT_MAX);
        loop {
            tokio::select! {
                biased;
                n = self.waiting.recv_many(&mut taken, limits::WRITES_PER_COMMIT_MAX) => if n == 0 { break },
                () = self.close.notified() => { self.waiting.close(); continue }
            }
            if let Err(error) = self.batch(join(&mut taken)).await {
                tracing::error!(%error, "the database can no longer be written to");
                // No orderly close: another sync of the same pages might succeed without their data (hostile F5).
                return State::Failed(error);
            }
        }
        self.checkpointer.stop().await;
        if let Err(error) = self.tx.connection.close().await {
            tracing::warn!(%error, "closing the database");
        }
        State::Closed
    }

    /// Runs the jobs and commits once. An error here is fatal; every other failure went to the callers.
    async fn batch(&mut self, mut jobs: Vec<Box<dyn Job>>) -> Result<(), DbError> {
        self.tx.after.clear();
        let ran = match self.tx.run("BEGIN IMMEDIATE").await {
            Ok(()) => self.operations(&mut jobs).await,
            Err(error) => Err(error),
        };
        let ended = match ran {
            Ok(()) => self.tx.run("COMMIT").await,
            Err(error) => Err(error),
        };
        let Err(error) = ended else {
            for publish in self.tx.after.drain(..) {
                publish();
            }
            for job in jobs {
                job.answer(None);
            }
            if self.checkpointer.committed() == Need::Reset {
                self.tx.run("PRAGMA wal_checkpoint(TRUNCATE)").await.or_else(survivable)?;
            }
            return Ok(());
        };
        for job in jobs {
            job.answer(Some(error.clone()));
        }
        if error.is_fatal() {
            return Err(error);
        }
        // SQLite may have rolled back by itself already; then there is nothing to do.
        let _ = self.tx.run("ROLLBACK").await;
        Ok(())
    }

    async fn operations(&mut self, jobs: &mut [Box<dyn Job>]) -> Result<(), DbError> {
        // An operation alone needs no savepoint: undoing it is undoing the transaction.
        if let [job] = jobs {
            return match self.guarded(job).await {
                Ran::Kept => Ok(()),
                Ran::Refused => {
                    self.tx.after.clear();
                    self.tx.run("ROLLBACK").await?;
                    self.tx.run("BEGIN").await
                }
                Ran::Failed(error) => Err(error),
            };
        }
        for job in jobs {
            let published = self.tx.after.len();
            self.tx.run("SAVEPOINT operation").await?;
            match self.guarded(job).await {
                Ran::Kept => {}
                Ran::Refused => {
                    self.tx.after.truncate(published);
                    // Fails where SQLite itself undid the transaction (a full disk): then the batch has failed.
                    self.tx.run("ROLLBACK TO operation").await?;
                }
                Ran::Failed(error) => return Err(error),
            }
            self.tx.run("RELEASE operation").await?;
        }
        Ok(())
    }

    /// An operation that panics is refused like any other; its caller's connection ends, the writer does not.
    async fn guarded(&mut self, job: &mut Box<dyn Job>) -> Ran {
        AssertUnwindSafe(job.run(&mut self.tx)).catch_unwind().await.unwrap_or(Ran::Refused)
    }
}

fn survivable(error: DbError) -> Result<(), DbError> {
    if error.is_fatal() { Err(error) } else { Ok(()) }
}

/// Puts joined operations of one type together, at the place of the first.
fn join(taken: &mut Vec<Box<dyn Job>>) -> Vec<Box<dyn Job>> {
    let mut jobs: Vec<Box<dyn Job>> = Vec::with_capacity(taken.len());
    for job in taken.drain(..) {
        let mut left = Some(job);
        for earlier in &mut jobs {
            left = match left {
                Some(job) => earlier.absorb(job),
                None => break,
            };
        }
        jobs.extend(left);
    }
    jobs
}
