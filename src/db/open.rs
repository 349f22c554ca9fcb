//! Opening the file: its settings are verified, not assumed.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Row, Sqlite};

use super::write::Writer;
use super::{DbError, Tx, Work, checkpoint};
use crate::limits;

/// The first SQLite that cannot lose a commit when the WAL is reset.
const SQLITE_VERSION_MIN: (u32, u32, u32) = (3, 51, 3);

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!();

/// The open database. Cheap to clone; the last clone closes it.
#[derive(Clone, Debug)]
pub struct Db {
    readers: SqlitePool,
    writer: Writer,
    path: PathBuf,
    copies: Arc<AtomicUsize>,
}

impl Db {
    /// Opens the file or makes it (mode 0600), brings its schema up to date, and starts the writer.
    ///
    /// # Errors
    /// [`DbError::Unfit`] when the library is too old, a PRAGMA did not take, or the file is of a newer release.
    pub async fn open(path: &Path) -> Result<Self, DbError> {
        make_private(path)?;
        let writing = SqliteConnectOptions::new()
            .filename(path)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(limits::DATABASE_BUSY_MAX)
            .pragma("wal_autocheckpoint", "0")
            .pragma("cache_size", "-8192")
            .row_buffer_size(1024);
        let mut connection = writing.connect().await?;
        verify(&mut connection).await?;
        MIGRATIONS.run(&mut connection).await.map_err(|e| DbError::Unfit(e.to_string()))?;
        let reading = SqliteConnectOptions::new()
            .filename(path)
            .read_only(true)
            .busy_timeout(limits::DATABASE_BUSY_MAX)
            .pragma("cache_size", "-2048")
            .row_buffer_size(1024);
        let readers = SqlitePoolOptions::new()
            .max_connections(limits::READERS_MAX)
            .acquire_timeout(limits::READER_WAIT_MAX)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            .connect_lazy_with(reading);
        let copies = Arc::new(AtomicUsize::new(0));
        let checkpointer = checkpoint::start(writing.connect().await?, path, copies.clone());
        Ok(Self { readers, writer: Writer::start(connection, checkpointer), path: path.to_owned(), copies })
    }

    /// Opens a copy that was made with [`Db::copy_to`], for reading only: nothing of it is changed or brought up to date.
    ///
    /// # Errors
    /// [`DbError::Unfit`] when it is no database of ours, or one of a newer release.
    pub async fn open_copy(path: &Path) -> Result<Self, DbError> {
        let reading = SqliteConnectOptions::new().filename(path).read_only(true).immutable(true).row_buffer_size(1024);
        let mut connection = reading.connect().await?;
        let known: Vec<i64> = MIGRATIONS.iter().map(|migration| migration.version).collect();
        let applied: Vec<i64> = sqlx::query_scalar("SELECT version FROM _sqlx_migrations ORDER BY version")
            .fetch_all(&mut connection)
            .await
            .map_err(|error| DbError::Unfit(format!("{}: no database of hopthu: {error}", path.display())))?;
        if let Some(unknown) = applied.iter().find(|version| !known.contains(version)) {
            let newest = known.last().copied().unwrap_or_default();
            return Err(DbError::Unfit(format!(
                "{}: of a newer release: its schema is of version {unknown}, this program knows {newest}",
                path.display()
            )));
        }
        let readers = SqlitePoolOptions::new().max_connections(limits::READERS_MAX).connect_lazy_with(reading.clone());
        let copies = Arc::new(AtomicUsize::new(0));
        let checkpointer = checkpoint::start(reading.connect().await?, path, copies.clone());
        Ok(Self { readers, writer: Writer::start(connection, checkpointer), path: path.to_owned(), copies })
    }

    /// Copies the whole database, as one state of it is, to a new file of mode 0600, while everything goes on. The
    /// write-ahead log grows meanwhile by what is written.
    pub async fn copy_to(&self, to: &Path) -> Result<(), DbError> {
        let reading = SqliteConnectOptions::new().filename(&self.path).read_only(true);
        let mut connection = reading.busy_timeout(limits::DATABASE_BUSY_MAX).connect().await?;
        make_private(to)?;
        self.copies.fetch_add(1, Ordering::AcqRel);
        let copied =
            sqlx::query("VACUUM INTO ?").bind(to.to_string_lossy().into_owned()).execute(&mut connection).await;
        self.copies.fetch_sub(1, Ordering::AcqRel);
        copied?;
        let file = to.to_owned();
        let synced = tokio::task::spawn_blocking(move || std::fs::File::open(file)?.sync_all()).await;
        let synced = synced.unwrap_or_else(|error| Err(std::io::Error::other(error)));
        synced.map_err(|error| DbError::Unfit(format!("{}: {error}", to.display())))
    }

    /// A connection to read from; each statement sees one state of the database and never waits for the writer.
    pub async fn read(&self) -> Result<sqlx::pool::PoolConnection<Sqlite>, DbError> {
        Ok(self.readers.acquire().await?)
    }

    /// Runs one operation in the next commit, in its own savepoint, and answers when it is durable.
    ///
    /// An error of the operation undoes the operation alone. What it registered with [`Tx::after_commit`] has run
    /// before this returns.
    pub async fn write<T, E, F>(&self, operation: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> Work<'t, Result<T, E>> + Send + 'static,
    {
        self.writer.write(operation).await
    }

    /// Runs one of many like operations, together with all the others that wait: see [`super::Joined`].
    pub async fn write_joined<J: super::Joined>(&self, item: J) -> Result<J::Output, J::Error> {
        self.writer.write_joined(item).await
    }

    /// Resolves when the file may no longer be written to: the daemon must end.
    pub async fn failed(&self) -> DbError {
        self.writer.failed().await
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads every page and says what is wrong with them (hostile F13).
    pub async fn damage(&self) -> Result<Vec<String>, DbError> {
        let found: Vec<String> =
            sqlx::query_scalar("PRAGMA integrity_check").fetch_all(&mut *self.read().await?).await?;
        Ok(found.into_iter().filter(|line| line != "ok").collect())
    }

    /// The present length of the write-ahead log: 0 where there is none.
    pub fn wal_bytes(&self) -> u64 {
        let mut wal = self.path.as_os_str().to_owned();
        wal.push("-wal");
        std::fs::metadata(wal).map_or(0, |m| m.len())
    }

    /// Finishes what waits and closes the file, leaving no WAL behind.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

fn make_private(path: &Path) -> Result<(), DbError> {
    use std::os::unix::fs::OpenOptionsExt;
    std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)
        .map(drop)
        .map_err(|e| DbError::Unfit(format!("{}: {e}", path.display())))
}

async fn verify(connection: &mut SqliteConnection) -> Result<(), DbError> {
    let row = sqlx::query(
        "SELECT sqlite_version(), (SELECT journal_mode FROM pragma_journal_mode), \
         (SELECT synchronous FROM pragma_synchronous), (SELECT foreign_keys FROM pragma_foreign_keys)",
    )
    .fetch_one(connection)
    .await?;
    let version: String = row.try_get(0)?;
    let parts: Vec<u32> = version.split('.').filter_map(|n| n.parse().ok()).collect();
    let new_enough = matches!(parts.as_slice(), [a, b, c, ..] if (*a, *b, *c) >= SQLITE_VERSION_MIN);
    if !new_enough {
        return Err(DbError::Unfit(format!("SQLite {version} is older than 3.51.3")));
    }
    let settings: (String, i64, i64) = (row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
    if settings != ("wal".to_owned(), 2, 1) {
        return Err(DbError::Unfit(format!("journal_mode, synchronous, foreign_keys are {settings:?}")));
    }
    Ok(())
}
