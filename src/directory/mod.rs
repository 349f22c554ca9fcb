//! Who is in the department, in which unit, with which mailbox and addresses.
//!
//! The whole directory is held in memory as a [`Snapshot`], replaced after each commit that changed it: questions are
//! answered without waiting, and never by half of a change.

mod check;
mod decision;
mod draft;
mod load;
mod model;
pub mod request;
mod row;
mod save;
mod snapshot;

use std::sync::Arc;

use arc_swap::ArcSwap;
use sqlx::Connection;
use tokio::sync::watch;

pub use check::{Violation, check};
pub use decision::{Decision, DecisionKind, DecisionState, Entering, Pins, Recorded};
pub use draft::{Changed, Draft, NewDelegation, NewMailbox, NewStaff, NewUnit};
pub use model::{
    AddressKind, AddressState, Addressed, Delegation, DelegationState, Department, Generation, Grace, Grant, Grantee,
    Held, Mailbox, MailboxState, Owner, Place, Province, Reach, Rights, RightsError, Staff, StaffState, Treatment,
    TreatmentKind, Unit, UnitKind, UnitState,
};
pub use row::{Key, Row, Table};
pub use snapshot::{Availability, FindError, Resolution, SHARED, Snapshot, Tree, UNITS};

use crate::db::{Db, DbError, Tx};

/// The directory as the whole program shares it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Directory(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    db: Db,
    current: ArcSwap<Snapshot>,
    /// What the configuration says now. A snapshot that is made in the same commit as another must not bring back what
    /// it said before.
    department: ArcSwap<Department>,
    changed: watch::Sender<i64>,
}

impl Directory {
    /// Reads the directory. What the configuration says of it comes with it; see [`Directory::configure`].
    pub async fn open(db: &Db, department: Department) -> Result<Self, DbError> {
        let snapshot = load::load(&mut *db.read().await?, department.clone()).await?;
        let changed = watch::Sender::new(snapshot.version());
        let (db, department) = (db.clone(), ArcSwap::from_pointee(department));
        Ok(Self(Arc::new(Shared { db, current: ArcSwap::from_pointee(snapshot), department, changed })))
    }

    /// The directory as of the last commit.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.0.current.load_full()
    }

    /// Tells when the snapshot was replaced.
    pub fn changes(&self) -> watch::Receiver<i64> {
        self.0.changed.subscribe()
    }

    /// The directory as the transaction sees it, with what it and those before it in the same commit have written.
    pub async fn within(&self, tx: &mut Tx) -> Result<Arc<Snapshot>, DbError> {
        let (current, department) = (self.snapshot(), self.0.department.load_full());
        if load::version(tx.connection()).await? == current.version() && current.department() == &*department {
            return Ok(current);
        }
        Ok(Arc::new(load::load(tx.connection(), Department::clone(&department)).await?))
    }

    /// The directory as the transaction sees it, to be changed.
    pub async fn draft(&self, tx: &mut Tx) -> Result<Draft, DbError> {
        let snapshot = self.within(tx).await?;
        Ok(Draft::new((*snapshot).clone(), save::numbers(tx).await?))
    }

    /// Writes what a draft changed; everybody sees it after the commit.
    pub async fn save(&self, tx: &mut Tx, draft: Draft) -> Result<Arc<Snapshot>, DbError> {
        save::save(tx, &draft).await?;
        sqlx::query("UPDATE directory SET version = version + 1").execute(tx.connection()).await?;
        let snapshot = Arc::new(draft.finish());
        let (shared, published) = (self.0.clone(), snapshot.clone());
        tx.after_commit(move || shared.replace(published));
        Ok(snapshot)
    }

    /// Whether rows are there that the audit has never told, from a release before it told rows; true only once.
    pub async fn take_untold(&self, tx: &mut Tx) -> Result<bool, DbError> {
        let taken = sqlx::query("UPDATE directory SET told = 1 WHERE told = 0").execute(tx.connection()).await?;
        Ok(taken.rows_affected() > 0)
    }

    /// Takes over what a reloaded configuration says.
    pub async fn configure(&self, department: Department) -> Result<(), DbError> {
        let shared = self.0.clone();
        let before = self.0.department.swap(Arc::new(department.clone()));
        let configured = self.0.db.write(move |tx| {
            Box::pin(async move {
                let snapshot = Arc::new(load::load(tx.connection(), department).await?);
                tx.after_commit(move || shared.replace(snapshot));
                Ok::<(), DbError>(())
            })
        });
        configured.await.inspect_err(|_| self.0.department.store(before))
    }

    /// Everything that is wrong with the directory's rows, and whether memory says the same as they do.
    pub async fn check(&self) -> Result<Vec<Violation>, DbError> {
        let mut connection = self.0.db.read().await?;
        // One moment for all that is read.
        let mut moment = connection.begin().await?;
        let mut violations = check(&mut moment).await?;
        let held = self.snapshot();
        let stored = load::load(&mut moment, held.department().clone()).await?;
        // A commit that is seen on one side only is no disagreement.
        if stored.version() == held.version() && stored != *held {
            violations.push(Violation::Snapshot);
        }
        Ok(violations)
    }
}

impl Shared {
    fn replace(&self, snapshot: Arc<Snapshot>) {
        let version = snapshot.version();
        self.current.store(snapshot);
        self.changed.send_replace(version);
    }
}

#[cfg(test)]
mod tests;
