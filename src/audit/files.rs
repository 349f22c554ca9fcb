//! The province's change files: which places of the audit each tells of. What a file says is written again from the
//! audit; here are only numbers, places and digests (R4).

use sqlx::sqlite::SqliteConnection;

use crate::db::{DbError, Tx};

/// A change file that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeFile {
    /// From 1 without gaps.
    pub number: i64,
    /// It tells of what came after this entry,
    pub after: i64,
    /// up to this one.
    pub to: i64,
    /// When, Unix seconds.
    pub made_at: i64,
    /// SHA-256 of the whole file.
    pub digest: [u8; 32],
}

#[derive(sqlx::FromRow)]
struct Row {
    number: i64,
    after_seq: i64,
    to_seq: i64,
    made_at: i64,
    digest: Vec<u8>,
}

impl Row {
    fn read(self) -> Result<ChangeFile, DbError> {
        let unfit = |_| DbError::Unfit(format!("the digest of change file {} is damaged", self.number));
        let digest = self.digest.try_into().map_err(unfit)?;
        Ok(ChangeFile { number: self.number, after: self.after_seq, to: self.to_seq, made_at: self.made_at, digest })
    }
}

impl ChangeFile {
    /// The newest one.
    pub async fn last(connection: &mut SqliteConnection) -> Result<Option<Self>, DbError> {
        let row: Option<Row> = sqlx::query_as(
            "SELECT number, after_seq, to_seq, made_at, digest FROM change_file ORDER BY number DESC LIMIT 1",
        )
        .fetch_optional(connection)
        .await?;
        row.map(Row::read).transpose()
    }

    /// Those after a number, the oldest first.
    pub async fn after(connection: &mut SqliteConnection, number: i64) -> Result<Vec<Self>, DbError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT number, after_seq, to_seq, made_at, digest FROM change_file WHERE number > ? ORDER BY number",
        )
        .bind(number)
        .fetch_all(connection)
        .await?;
        rows.into_iter().map(Row::read).collect()
    }

    /// Enters one.
    pub async fn insert(&self, tx: &mut Tx) -> Result<(), DbError> {
        sqlx::query("INSERT INTO change_file (number, after_seq, to_seq, made_at, digest) VALUES (?, ?, ?, ?, ?)")
            .bind(self.number)
            .bind(self.after)
            .bind(self.to)
            .bind(self.made_at)
            .bind(self.digest.as_slice())
            .execute(tx.connection())
            .await?;
        Ok(())
    }
}
