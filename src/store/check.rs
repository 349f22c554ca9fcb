//! What must hold of the store's tables, whatever happened: looked at by `hopthu check`, after every test, and on every
//! restored backup.

use sqlx::Row;
use sqlx::sqlite::SqliteConnection;

use crate::db::DbError;

/// Something that must not be: the rule broken, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The rule.
    pub rule: &'static str,
    /// The row that breaks it.
    pub place: String,
}

/// Each rule with the statement that finds the rows breaking it.
const RULES: [(&str, &str); 17] = [
    ("the database file is sound", "SELECT integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'"),
    ("every reference leads somewhere", "SELECT \"table\" || ' ' || coalesce(rowid, '') FROM pragma_foreign_key_check"),
    (
        "a folder's numbers are those of its messages",
        "SELECT 'folder ' || f.id FROM folder f LEFT JOIN ( \
             SELECT s.folder_id, count(*) AS n, sum(s.flags & 1 = 0) AS unseen, sum(s.flags & 8 <> 0) AS deleted, \
                    sum(m.size) AS bytes \
             FROM state s JOIN message m USING (folder_id, uid) GROUP BY s.folder_id) s ON s.folder_id = f.id \
         WHERE (f.messages, f.unseen, f.deleted, f.bytes) IS NOT \
               (coalesce(n, 0), coalesce(s.unseen, 0), coalesce(s.deleted, 0), coalesce(s.bytes, 0))",
    ),
    (
        "UIDNEXT is above every UID (I2)",
        "SELECT 'folder ' || f.id FROM folder f \
         WHERE uid_next <= (SELECT coalesce(max(uid), 0) FROM message m WHERE m.folder_id = f.id)",
    ),
    (
        "no mod-sequence is above the folder's (I2)",
        "SELECT 'folder ' || f.id FROM folder f \
         WHERE highest_modseq < (SELECT coalesce(max(modseq), 0) FROM state s WHERE s.folder_id = f.id) \
            OR highest_modseq < (SELECT coalesce(max(modseq), 0) FROM expunged x WHERE x.folder_id = f.id)",
    ),
    (
        "UIDVALIDITY comes from its one source (I2)",
        "SELECT 'folder ' || id FROM folder WHERE uid_validity > (SELECT last FROM uid_validity) \
         UNION ALL SELECT 'folder ' || min(id) FROM folder GROUP BY uid_validity HAVING count(*) > 1",
    ),
    (
        "a message that is there has its row",
        "SELECT 'folder ' || s.folder_id || ' uid ' || s.uid FROM state s LEFT JOIN message m USING (folder_id, uid) \
         LEFT JOIN folder f ON f.id = s.folder_id WHERE m.uid IS NULL OR f.id IS NULL OR NOT f.selectable",
    ),
    (
        "a message row is either there or expunged",
        "SELECT 'folder ' || m.folder_id || ' uid ' || m.uid FROM message m \
         LEFT JOIN state s USING (folder_id, uid) LEFT JOIN expunged x USING (folder_id, uid) \
         WHERE (s.uid IS NULL) = (x.uid IS NULL)",
    ),
    (
        "what somebody has seen is a message of a shared folder",
        "SELECT 'folder ' || p.folder_id || ' uid ' || p.uid || ' staff ' || p.staff_id FROM seen p \
         LEFT JOIN message m USING (folder_id, uid) LEFT JOIN folder f ON f.id = p.folder_id \
         WHERE m.uid IS NULL OR f.shared IS NOT 1 OR p.modseq > f.highest_modseq",
    ),
    (
        "a message is as long as its prefix and body",
        "SELECT 'folder ' || m.folder_id || ' uid ' || m.uid FROM message m JOIN body b ON b.id = m.body_id \
         WHERE m.size <> octet_length(m.prefix) + b.size",
    ),
    (
        "a body is as long as its pieces",
        "SELECT 'body ' || b.id FROM body b LEFT JOIN ( \
             SELECT id / 4096 AS body_id, sum(octet_length(data)) AS size FROM piece GROUP BY id / 4096) p \
         ON p.body_id = b.id WHERE b.size <> coalesce(p.size, 0) OR b.header_size > b.size",
    ),
    ("a piece belongs to a body", "SELECT 'piece ' || id FROM piece WHERE id / 4096 NOT IN (SELECT id FROM body)"),
    (
        "a body belongs to a message or a job",
        "SELECT 'body ' || id FROM body WHERE id NOT IN (SELECT body_id FROM message) AND id NOT IN (SELECT body_id FROM job)",
    ),
    (
        "the index has the texts of every body that it says it has",
        "SELECT 'body ' || id FROM body, search_state WHERE id <= texts AND id NOT IN (SELECT body_id FROM search_text)",
    ),
    (
        "a body is in one segment of the index",
        "SELECT 'segment ' || a.id FROM search_segment a JOIN search_segment b ON a.id <> b.id \
         AND a.first_body BETWEEN b.first_body AND b.last_body WHERE a.state = 'ready' AND b.state = 'ready'",
    ),
    (
        "a row of the index belongs to a segment",
        "SELECT 'term ' || id FROM search_term WHERE id / 1048576 NOT IN (SELECT id FROM search_segment)",
    ),
    (
        "every mailbox that is not removed has an INBOX, and one that is removed has no folder",
        "SELECT 'mailbox ' || id FROM mailbox m WHERE (m.state = 'removed') = \
         EXISTS (SELECT 1 FROM folder f WHERE f.mailbox_id = m.id AND (m.state = 'removed' OR f.name = 'INBOX'))",
    ),
];

/// Everything that does not hold.
pub async fn check(connection: &mut SqliteConnection) -> Result<Vec<Violation>, DbError> {
    let mut violations = Vec::new();
    for (rule, statement) in RULES {
        for row in sqlx::query(statement).fetch_all(&mut *connection).await? {
            violations.push(Violation { rule, place: row.try_get(0)? });
        }
    }
    Ok(violations)
}
