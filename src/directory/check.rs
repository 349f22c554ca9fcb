//! What must hold of the directory's rows beyond what their table definitions enforce.

use serde::Serialize;
use sqlx::sqlite::SqliteConnection;

use crate::db::DbError;

/// Something that must never be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "violation", content = "what", rename_all = "snake_case")]
pub enum Violation {
    /// A mailbox in use without a primary address, or with the address of a removed one: its id.
    MailboxWithoutAddress(i64),
    /// A live address of a removed mailbox.
    AddressOfRemovedMailbox(String),
    /// A live address whose earlier holder is another mailbox and whose quarantine had not ended when it was given out.
    AddressGivenTooEarly(String),
    /// A person who is here without a mailbox: the id.
    StaffWithoutMailbox(i64),
    /// An open unit without a mailbox, or one led by somebody who has left: its code.
    Unit(String),
    /// A person who left, and whose mailbox is open: the id.
    DepartedWithMailbox(i64),
    /// A mailbox that is closed without an end, or in use with one: its id.
    Grace(i64),
    /// A delegation that holds, to somebody who left or of a mailbox that is not in use: its id.
    Delegation(i64),
    /// A grant that holds, to somebody who left or on a folder of a mailbox that is not in use: its id.
    Grant(i64),
    /// A unit within itself: its code.
    UnitLoop(String),
    /// A row that names one that is not there: the table.
    Reference(String),
    /// What is in memory differs from the rows.
    Snapshot,
}

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::MailboxWithoutAddress(id) => write!(f, "mailbox {id} is in use and has no primary address"),
            Self::AddressOfRemovedMailbox(address) => write!(f, "{address} leads to a mailbox that is removed"),
            Self::AddressGivenTooEarly(address) => write!(f, "{address} was given out before its quarantine ended"),
            Self::StaffWithoutMailbox(id) => write!(f, "person {id} has no mailbox"),
            Self::Unit(code) => write!(f, "unit {code} is open and has no mailbox, or its head has left"),
            Self::DepartedWithMailbox(id) => write!(f, "person {id} has left, and their mailbox is open"),
            Self::Grace(id) => write!(f, "mailbox {id} is closed without an end, or in use with one"),
            Self::Delegation(id) => write!(f, "delegation {id} holds, but its person or its mailbox is gone"),
            Self::Grant(id) => write!(f, "grant {id} holds, but its person, unit or mailbox is gone"),
            Self::UnitLoop(code) => write!(f, "unit {code} is within itself"),
            Self::Reference(table) => write!(f, "a row of {table} names one that is not there"),
            Self::Snapshot => f.write_str("the directory in memory differs from the database"),
        }
    }
}

/// Verifies the rows; an empty answer is a sound directory.
pub async fn check(connection: &mut SqliteConnection) -> Result<Vec<Violation>, DbError> {
    let mut violations = Vec::new();
    let ids = |rows: Vec<i64>, violation: fn(i64) -> Violation| rows.into_iter().map(violation);
    let texts = |rows: Vec<String>, violation: fn(String) -> Violation| rows.into_iter().map(violation);
    let found = sqlx::query_scalar(
        "SELECT id FROM mailbox m WHERE state <> 'removed' AND NOT EXISTS \
         (SELECT 1 FROM address WHERE mailbox = m.id AND kind = 'primary' AND state = 'live')",
    );
    violations.extend(ids(found.fetch_all(&mut *connection).await?, Violation::MailboxWithoutAddress));
    let found = sqlx::query_scalar(
        "SELECT a.local || '@' || a.domain FROM address a JOIN mailbox m ON m.id = a.mailbox \
         WHERE a.state = 'live' AND m.state = 'removed'",
    );
    violations.extend(texts(found.fetch_all(&mut *connection).await?, Violation::AddressOfRemovedMailbox));
    let found = sqlx::query_scalar(
        "SELECT a.local || '@' || a.domain FROM address a JOIN address old \
         ON old.domain = a.domain AND old.key = a.key AND old.mailbox <> a.mailbox \
         JOIN mailbox had ON had.id = old.mailbox JOIN mailbox gets ON gets.id = a.mailbox \
         WHERE old.state = 'quarantined' AND old.id < a.id AND old.until > a.since \
         AND (had.staff IS NULL OR gets.staff IS NOT had.staff)",
    );
    violations.extend(texts(found.fetch_all(&mut *connection).await?, Violation::AddressGivenTooEarly));
    let found = sqlx::query_scalar(
        "SELECT id FROM staff s WHERE state <> 'departed' AND NOT EXISTS \
         (SELECT 1 FROM mailbox WHERE staff = s.id AND state = 'open')",
    );
    violations.extend(ids(found.fetch_all(&mut *connection).await?, Violation::StaffWithoutMailbox));
    let found = sqlx::query_scalar(
        "SELECT u.code FROM unit u LEFT JOIN staff h ON h.id = u.head WHERE u.state = 'open' AND (h.state = 'departed' \
         OR NOT EXISTS (SELECT 1 FROM mailbox WHERE unit = u.id AND state = 'open'))",
    );
    violations.extend(texts(found.fetch_all(&mut *connection).await?, Violation::Unit));
    let found = sqlx::query_scalar(
        "SELECT s.id FROM staff s JOIN mailbox m ON m.staff = s.id WHERE s.state = 'departed' AND m.state = 'open'",
    );
    violations.extend(ids(found.fetch_all(&mut *connection).await?, Violation::DepartedWithMailbox));
    let found = sqlx::query_scalar(
        "SELECT id FROM mailbox WHERE (state = 'closed') <> (until IS NOT NULL) \
         OR (state = 'closed') <> (treatment IS NOT NULL)",
    );
    violations.extend(ids(found.fetch_all(&mut *connection).await?, Violation::Grace));
    let found = sqlx::query_scalar(
        "SELECT d.id FROM delegation d JOIN staff s ON s.id = d.staff JOIN mailbox m ON m.id = d.mailbox \
         WHERE d.state = 'live' AND (s.state = 'departed' OR m.state <> 'open')",
    );
    violations.extend(ids(found.fetch_all(&mut *connection).await?, Violation::Delegation));
    let found = sqlx::query_scalar(
        "SELECT g.id FROM \"grant\" g JOIN mailbox m ON m.id = g.mailbox LEFT JOIN staff s ON s.id = g.staff \
         LEFT JOIN unit u ON u.id = g.unit \
         WHERE g.state = 'live' AND (s.state IS 'departed' OR u.state IS 'closed' OR m.state <> 'open')",
    );
    violations.extend(ids(found.fetch_all(&mut *connection).await?, Violation::Grant));
    let found = sqlx::query_scalar(
        "WITH RECURSIVE above (start, at) AS (SELECT id, parent FROM unit WHERE parent IS NOT NULL \
         UNION SELECT above.start, unit.parent FROM above JOIN unit ON unit.id = above.at WHERE unit.parent IS NOT NULL) \
         SELECT unit.code FROM above JOIN unit ON unit.id = above.start WHERE above.at = above.start",
    );
    violations.extend(texts(found.fetch_all(&mut *connection).await?, Violation::UnitLoop));
    let found = sqlx::query_scalar("SELECT DISTINCT \"table\" FROM pragma_foreign_key_check");
    violations.extend(texts(found.fetch_all(&mut *connection).await?, Violation::Reference));
    Ok(violations)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::db::Db;

    /// One unit with its mailbox, one person with theirs.
    const SOUND: &str = "
        INSERT INTO unit (id, code, name, kind, place, state, since)
            VALUES (1, 'vp', 'Văn phòng', 'office', 'lan', 'open', '2026-01-01');
        INSERT INTO staff (id, name, unit, state, since) VALUES (1, 'Lê Văn An', 1, 'active', '2026-01-01');
        INSERT INTO mailbox (id, kind, staff, unit, quota_bytes, reach, state, opened) VALUES
            (1, 'staff', 1, NULL, 1, 'province', 'open', '2026-01-01'),
            (2, 'unit', NULL, 1, 1, 'province', 'open', '2026-01-01');
        INSERT INTO address (mailbox, local, key, domain, kind, state, since) VALUES
            (1, 'anlv', 'anlv', 'x.vn', 'primary', 'live', '2026-01-01'),
            (2, 'vp', 'vp', 'x.vn', 'primary', 'live', '2026-01-01');";

    async fn after(changes: &'static str) -> Result<Vec<Violation>, DbError> {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(&dir.path().join("mail.db")).await.unwrap();
        let verified = db.write(move |tx| {
            Box::pin(async move {
                sqlx::raw_sql(SOUND).execute(tx.connection()).await?;
                sqlx::raw_sql(changes).execute(tx.connection()).await?;
                check(tx.connection()).await
            })
        });
        verified.await
    }

    #[tokio::test]
    async fn what_must_not_be_is_found() {
        let address = || "anlv@x.vn".to_owned();
        for (changes, found) in [
            ("", vec![]),
            ("DELETE FROM address WHERE local = 'vp'", vec![Violation::MailboxWithoutAddress(2)]),
            (
                "UPDATE mailbox SET state = 'removed' WHERE id = 1; UPDATE staff SET state = 'departed'",
                vec![Violation::AddressOfRemovedMailbox(address())],
            ),
            (
                "UPDATE mailbox SET state = 'closed', until = '2027-01-01', treatment = 'refuse' WHERE id = 1",
                vec![Violation::StaffWithoutMailbox(1)],
            ),
            (
                "UPDATE unit SET head = 1; UPDATE staff SET state = 'departed';
                 UPDATE mailbox SET state = 'closed' WHERE id = 1",
                vec![Violation::Unit("vp".to_owned()), Violation::Grace(1)],
            ),
            ("UPDATE staff SET state = 'departed'", vec![Violation::DepartedWithMailbox(1)]),
            ("UPDATE mailbox SET until = '2027-01-01'", vec![Violation::Grace(1), Violation::Grace(2)]),
            (
                "INSERT INTO delegation (mailbox, staff, rights, since, state) VALUES (2, 1, 'read', '2026-01-01', 'live');
                 UPDATE staff SET state = 'departed'; UPDATE mailbox SET state = 'removed' WHERE id = 1;
                 DELETE FROM address WHERE mailbox = 1",
                vec![Violation::Delegation(1)],
            ),
            (
                "INSERT INTO unit (id, code, name, kind, place, parent, state, since)
                     VALUES (2, 'a', 'A', 'office', 'lan', 1, 'closed', '2026-01-01');
                 UPDATE unit SET parent = 2 WHERE id = 1",
                vec![Violation::UnitLoop("vp".to_owned()), Violation::UnitLoop("a".to_owned())],
            ),
            (
                "INSERT INTO address (id, mailbox, local, key, domain, kind, state, since, until)
                     VALUES (-1, 2, 'anlv', 'anlv', 'x.vn', 'alias', 'quarantined', '2025-01-01', '2026-06-01')",
                vec![Violation::AddressGivenTooEarly(address())],
            ),
        ] {
            assert_eq!(after(changes).await.unwrap(), found, "{changes}");
        }
    }

    #[tokio::test]
    async fn what_the_tables_themselves_forbid_cannot_be_written() {
        for changes in [
            // A second holder of an address, and a holder before the quarantine has ended.
            "INSERT INTO address (mailbox, local, key, domain, kind, state, since)
                 VALUES (2, 'Anlv', 'anlv', 'x.vn', 'alias', 'live', '2026-01-02')",
            "UPDATE address SET state = 'quarantined', until = '2026-06-01' WHERE key = 'anlv';
             INSERT INTO address (mailbox, local, key, domain, kind, state, since)
                 VALUES (2, 'anlv', 'anlv', 'x.vn', 'alias', 'live', '2026-05-31')",
            "INSERT INTO mailbox (kind, staff, quota_bytes, reach, state, opened)
                 VALUES ('staff', 1, 1, 'province', 'open', '2026-01-01')",
            "INSERT INTO mailbox (kind, quota_bytes, reach, state, opened)
                 VALUES ('staff', 1, 'province', 'open', '2026-01-01')",
            "UPDATE staff SET since = '2026-02-30'",
            "UPDATE staff SET unit = 99",
            "UPDATE unit SET parent = 1",
        ] {
            assert!(after(changes).await.is_err(), "{changes}");
        }
    }
}
