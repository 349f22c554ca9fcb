//! Writing what a draft changed: a few statements for each table, whether one row changed or ten thousand.

use serde_json::Value;

use super::draft::{Draft, Numbers, Origin};
use super::model::{AddressKind, AddressState, DelegationState, MailboxState, UnitState};
use super::row::{Row, Table};
use crate::db::{DbError, Tx};
use crate::limits;

/// How rows of a table are added and changed; the argument is a JSON list of rows.
struct Statements {
    insert: &'static str,
    update: &'static str,
}

/// A unit that ends gives up its code before a new one takes it; what else became of it may refer to rows that are new.
const UNIT_ENDS: &str = "UPDATE unit SET state = value->>'state' FROM json_each(?) WHERE unit.id = value->>'id'";

/// Who heads a new unit may be new too, so that is set by the update that follows.
const UNIT: Statements = Statements {
    insert: "INSERT INTO unit (id, code, name, kind, place, parent, state, since) \
             SELECT value->>'id', value->>'code', value->>'name', value->>'kind', value->>'place', value->>'parent', \
             value->>'state', value->>'since' FROM json_each(?)",
    update: "UPDATE unit SET code = value->>'code', name = value->>'name', kind = value->>'kind', \
             place = value->>'place', parent = value->>'parent', head = value->>'head', state = value->>'state', \
             since = value->>'since' FROM json_each(?) WHERE unit.id = value->>'id'",
};

const STAFF: Statements = Statements {
    insert: "INSERT INTO staff (id, code, name, unit, position, state, since) \
             SELECT value->>'id', value->>'code', value->>'name', value->>'unit', value->>'position', \
             value->>'state', value->>'since' FROM json_each(?)",
    update: "UPDATE staff SET code = value->>'code', name = value->>'name', unit = value->>'unit', \
             position = value->>'position', state = value->>'state', since = value->>'since' \
             FROM json_each(?) WHERE staff.id = value->>'id'",
};

const MAILBOX: Statements = Statements {
    insert: "INSERT INTO mailbox (id, kind, staff, unit, quota_bytes, reach, state, generation, opened, until, \
             treatment, target) SELECT value->>'id', value->>'kind', value->>'staff', value->>'unit', \
             value->>'quota_bytes', value->>'reach', value->>'state', value->>'generation', value->>'opened', \
             value->>'until', value->>'treatment', value->>'target' FROM json_each(?)",
    update: "UPDATE mailbox SET quota_bytes = value->>'quota_bytes', reach = value->>'reach', \
             state = value->>'state', generation = value->>'generation', opened = value->>'opened', \
             until = value->>'until', treatment = value->>'treatment', target = value->>'target' \
             FROM json_each(?) WHERE mailbox.id = value->>'id'",
};

const ADDRESS: Statements = Statements {
    insert: "INSERT INTO address (id, mailbox, local, key, domain, kind, province, state, since, until) \
             SELECT value->>'id', value->>'mailbox', value->>'local', value->>'key', value->>'domain', \
             value->>'kind', value->>'province', value->>'state', value->>'since', value->>'until' FROM json_each(?)",
    update: "UPDATE address SET mailbox = value->>'mailbox', kind = value->>'kind', province = value->>'province', \
             state = value->>'state', since = value->>'since', until = value->>'until' \
             FROM json_each(?) WHERE address.id = value->>'id'",
};

const DELEGATION: Statements = Statements {
    insert: "INSERT INTO delegation (id, mailbox, staff, rights, since, until, state) \
             SELECT value->>'id', value->>'mailbox', value->>'staff', value->>'rights', value->>'since', \
             value->>'until', value->>'state' FROM json_each(?)",
    update: "UPDATE delegation SET mailbox = value->>'mailbox', rights = value->>'rights', since = value->>'since', \
             until = value->>'until', state = value->>'state' FROM json_each(?) WHERE delegation.id = value->>'id'",
};

const GRANT: Statements = Statements {
    insert: "INSERT INTO \"grant\" (id, mailbox, folder, staff, unit, rights, state) \
             SELECT value->>'id', value->>'mailbox', value->>'folder', value->>'staff', value->>'unit', \
             value->>'rights', value->>'state' FROM json_each(?)",
    update: "UPDATE \"grant\" SET rights = value->>'rights', state = value->>'state' \
             FROM json_each(?) WHERE \"grant\".id = value->>'id'",
};

/// The rows of one table that changed, in the order in which no index is ever broken.
#[derive(Default)]
struct Pending {
    /// Rows that give something up which another row may take in the same draft: a code, an address.
    releasing: Vec<Value>,
    begun: Vec<Value>,
    others: Vec<Value>,
}

impl Pending {
    fn of(table: Table, rows: &[(Origin, Row)]) -> Self {
        let mut pending = Self::default();
        for (origin, row) in rows.iter().filter(|(_, row)| row.key().table == table) {
            let columns = Value::Object(row.columns());
            match origin {
                Origin::Begun => pending.begun.push(columns),
                Origin::Kept if releases(row) => pending.releasing.push(columns),
                Origin::Kept => pending.others.push(columns),
            }
        }
        pending
    }
}

fn releases(row: &Row) -> bool {
    match row {
        Row::Unit(row) => row.state == UnitState::Closed,
        Row::Staff(_) => false,
        Row::Mailbox(row) => row.state == MailboxState::Removed,
        Row::Address(row) => row.state == AddressState::Quarantined || row.kind != AddressKind::Primary,
        Row::Delegation(row) => row.state == DelegationState::Ended,
        Row::Grant(row) => row.state == DelegationState::Ended,
    }
}

/// Writes every row that a draft changed.
pub(super) async fn save(tx: &mut Tx, draft: &Draft) -> Result<(), DbError> {
    let rows: Vec<_> = draft.rows().collect();
    let [units, people, mailboxes, addresses, delegations, grants] = Table::ALL.map(|table| Pending::of(table, &rows));
    run(tx, UNIT_ENDS, &units.releasing).await?;
    run(tx, UNIT.insert, &units.begun).await?;
    run(tx, STAFF.insert, &people.begun).await?;
    run(tx, STAFF.update, &people.others).await?;
    for changed in [&units.releasing, &units.begun, &units.others] {
        run(tx, UNIT.update, changed).await?;
    }
    let rest = [(MAILBOX, mailboxes), (ADDRESS, addresses), (DELEGATION, delegations), (GRANT, grants)];
    for (statements, pending) in rest {
        run(tx, statements.update, &pending.releasing).await?;
        run(tx, statements.insert, &pending.begun).await?;
        run(tx, statements.update, &pending.others).await?;
    }
    Ok(())
}

async fn run(tx: &mut Tx, statement: &'static str, rows: &[Value]) -> Result<(), DbError> {
    for some in rows.chunks(limits::ROWS_PER_STATEMENT_MAX) {
        sqlx::query(statement).bind(Value::from(some.to_vec()).to_string()).execute(tx.connection()).await?;
    }
    Ok(())
}

/// The last id that each table gave.
pub(super) async fn numbers(tx: &mut Tx) -> Result<Numbers, DbError> {
    let rows: Vec<(String, i64)> =
        sqlx::query_as("SELECT name, seq FROM sqlite_sequence").fetch_all(tx.connection()).await?;
    let last = |table: Table| rows.iter().find(|(name, _)| name == table.name()).map_or(0, |(_, last)| *last);
    Ok(Numbers(Table::ALL.into_iter().map(|table| (table.name(), last(table))).collect()))
}
