//! To whom outside each person has written before (R21): somebody whose password was stolen is known by the many strangers
//! that they write to all at once.

use sqlx::sqlite::SqliteConnection;

use crate::address::Address;
use crate::db::{DbError, Tx};
use crate::id::StaffId;
use crate::limits;

/// Addresses to whom one person has not written before, one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Strangers(Vec<String>);

impl Strangers {
    /// How many they are.
    pub fn count(&self) -> u32 {
        u32::try_from(self.0.len()).unwrap_or(u32::MAX)
    }
}

/// Those of the addresses that a person never wrote to.
pub async fn strangers(
    connection: &mut SqliteConnection,
    staff: StaffId,
    addresses: impl Iterator<Item = &Address>,
) -> Result<Strangers, DbError> {
    let addresses: Vec<String> = addresses.map(|address| address.to_string().to_lowercase()).collect();
    if addresses.is_empty() {
        return Ok(Strangers::default());
    }
    let unknown = sqlx::query_scalar(
        "SELECT DISTINCT a.value FROM json_each(?2) a WHERE NOT EXISTS \
            (SELECT 1 FROM correspondent c WHERE c.staff = ?1 AND c.address = a.value)",
    )
    .bind(staff)
    .bind(serde_json::json!(addresses).to_string())
    .fetch_all(connection)
    .await?;
    Ok(Strangers(unknown))
}

/// To how many a person wrote for the first time in the day that ends now.
pub async fn met_lately(connection: &mut SqliteConnection, staff: StaffId, now: i64) -> Result<u32, DbError> {
    let since = now - limits::SENDING_DAY_SECONDS;
    let met: i64 = sqlx::query_scalar("SELECT count(*) FROM correspondent WHERE staff = ? AND since > ?")
        .bind(staff)
        .bind(since)
        .fetch_one(connection)
        .await?;
    Ok(u32::try_from(met).unwrap_or(u32::MAX))
}

/// Remembers them.
pub async fn meet(tx: &mut Tx, staff: StaffId, strangers: &Strangers, now: i64) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO correspondent (staff, address, since) SELECT ?1, value, ?3 FROM json_each(?2) WHERE true \
                 ON CONFLICT DO NOTHING",
    )
    .bind(staff)
    .bind(serde_json::json!(strangers.0).to_string())
    .bind(now)
    .execute(tx.connection())
    .await?;
    Ok(())
}
