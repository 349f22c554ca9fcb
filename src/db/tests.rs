#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("refused")]
    Refused,
    #[error(transparent)]
    Db(#[from] DbError),
}

struct Rig {
    db: Db,
    published: Arc<AtomicUsize>,
    _dir: tempfile::TempDir,
}

impl Rig {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(&dir.path().join("mail.db")).await.unwrap();
        let rig = Self { db, published: Arc::default(), _dir: dir };
        rig.db
            .write(|tx| {
                Box::pin(async move {
                    run(tx, "CREATE TABLE thing (name TEXT PRIMARY KEY)").await?;
                    Ok::<_, Failure>(())
                })
            })
            .await
            .unwrap();
        rig
    }

    /// Adds a row and registers what is to be published, then ends as told.
    async fn add(&self, name: &'static str, end: Result<(), Failure>) -> Result<(), Failure> {
        let published = self.published.clone();
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    sqlx::query("INSERT INTO thing VALUES (?)")
                        .bind(name)
                        .execute(tx.connection())
                        .await
                        .map_err(DbError::from)?;
                    tx.after_commit(move || {
                        published.fetch_add(1, Ordering::SeqCst);
                    });
                    end
                })
            })
            .await
    }

    async fn things(&self) -> Vec<String> {
        sqlx::query_scalar("SELECT name FROM thing ORDER BY name")
            .fetch_all(&mut *self.db.read().await.unwrap())
            .await
            .unwrap()
    }
}

async fn run(tx: &mut Tx, sql: &'static str) -> Result<(), DbError> {
    sqlx::query(sql).execute(tx.connection()).await?;
    Ok(())
}

#[tokio::test]
async fn a_refused_operation_is_undone_alone() {
    let rig = Rig::new().await;
    let (a, b, c) = tokio::join!(rig.add("a", Ok(())), rig.add("b", Err(Failure::Refused)), rig.add("c", Ok(())));
    assert!(a.is_ok() && matches!(b, Err(Failure::Refused)) && c.is_ok());
    assert!(matches!(rig.add("d", Err(Failure::Refused)).await, Err(Failure::Refused)));
    assert_eq!(rig.things().await, ["a", "c"]);
    // I3: nothing of what was undone was published.
    assert_eq!(rig.published.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn an_operation_that_panics_ends_alone() {
    let rig = Rig::new().await;
    let panics = rig.db.write(|tx| {
        Box::pin(async move {
            run(tx, "INSERT INTO thing VALUES ('p')").await?;
            let nothing: Vec<Result<(), Failure>> = Vec::new();
            nothing.into_iter().next().unwrap()
        })
    });
    let (panicked, kept) = tokio::join!(panics, rig.add("k", Ok(())));
    assert!(matches!(panicked, Err(Failure::Db(DbError::Closed))) && kept.is_ok());
    assert_eq!(rig.things().await, ["k"]);
}

#[tokio::test]
async fn an_error_of_the_database_refuses_the_operation_and_the_writer_goes_on() {
    let rig = Rig::new().await;
    rig.add("a", Ok(())).await.unwrap();
    assert!(matches!(rig.add("a", Ok(())).await, Err(Failure::Db(DbError::Other(_)))));
    rig.add("b", Ok(())).await.unwrap();
    assert_eq!(rig.things().await, ["a", "b"]);
}

#[tokio::test]
async fn what_was_committed_is_there_after_reopening_and_a_closed_database_says_so() {
    let rig = Rig::new().await;
    rig.add("a", Ok(())).await.unwrap();
    rig.db.close().await;
    assert!(matches!(rig.add("b", Ok(())).await, Err(Failure::Db(DbError::Closed))));
    assert!(!rig.db.path().with_extension("db-wal").exists());
    let reopened = Db::open(rig.db.path()).await.unwrap();
    let things: Vec<String> =
        sqlx::query_scalar("SELECT name FROM thing").fetch_all(&mut *reopened.read().await.unwrap()).await.unwrap();
    assert_eq!(things, ["a"]);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mail.db");
    let garbage = "not a database, but long enough to be read as one\n".repeat(100);
    std::fs::write(&path, &garbage).unwrap();
    assert!(matches!(Db::open(&path).await, Err(DbError::Damaged(_) | DbError::Unfit(_))));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), garbage);
}

/// Hostile F35: a database of the schema before decisions did more than hire, with somebody in it.
#[tokio::test]
async fn an_older_database_is_brought_up_to_date_with_what_it_holds() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mail.db");
    let whole = sqlx::migrate!();
    let first: Vec<_> = whole.iter().take(2).cloned().collect();
    let older = sqlx::migrate::Migrator { migrations: first.into(), ..sqlx::migrate::Migrator::DEFAULT };
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let mut connection = sqlx::ConnectOptions::connect(&options).await.unwrap();
    older.run(&mut connection).await.unwrap();
    sqlx::raw_sql(
        "INSERT INTO unit (id, code, name, kind, place, state, since)
             VALUES (1, 'vp', 'Văn phòng', 'office', 'lan', 'open', '2026-01-01');
         INSERT INTO staff (id, name, unit, state, since) VALUES (1, 'Lê Văn An', 1, 'active', '2026-01-01');
         INSERT INTO mailbox (id, kind, staff, quota_bytes, reach, state, opened)
             VALUES (1, 'staff', 1, 1, 'province', 'open', '2026-01-01');
         INSERT INTO credential (id, mailbox, kind, hash, standing, set_at)
             VALUES (7, 1, 'own', '$argon2id$v=19$x', 'first', 5);",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    sqlx::Connection::close(connection).await.unwrap();
    let db = Db::open(&path).await.unwrap();
    let kept: (i64, String, i64, Option<i64>) =
        sqlx::query_as("SELECT id, standing, set_at, until FROM credential WHERE mailbox = 1")
            .fetch_one(&mut *db.read().await.unwrap())
            .await
            .unwrap();
    assert_eq!(kept, (7, "first".to_owned(), 5, None));
}
