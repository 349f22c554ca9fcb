//! What is found in the directory by other things than ids is kept current row by row; read whole, it must be the same.
#![allow(clippy::unwrap_used)]

use jiff::civil::date;
use proptest::prelude::*;

use super::model::{AddressKind, AddressState, Addressed, Generation, Mailbox, MailboxState, Owner, Staff, StaffState};
use super::model::{Department, Place, Province, Reach, Unit, UnitKind, UnitState};
use super::row::Row;
use super::snapshot::Snapshot;
use crate::address::Address;
use crate::id::{AddressId, MailboxId, StaffId, UnitId};
use crate::name::PersonName;

/// Any of a few rows, by five small numbers.
fn row((table, id, one, two, three): (u8, i64, usize, usize, usize)) -> Row {
    match table {
        0 => Row::Unit(Unit {
            id: UnitId(id),
            code: ["a", "b", "c"][one].to_owned(),
            name: "Phòng".to_owned(),
            kind: UnitKind::Division,
            place: Place::Lan,
            parent: None,
            head: None,
            state: [UnitState::Open, UnitState::Open, UnitState::Closed][two],
            since: date(2026, 1, 1),
        }),
        1 => Row::Staff(Staff {
            id: StaffId(id),
            code: (id > 1).then(|| format!("CB{id}")),
            name: PersonName::parse(["Lê An", "Lê Ân", "Đỗ Ba"][one]).unwrap(),
            unit: UnitId(1),
            position: None,
            state: StaffState::ALL[two],
            since: date(2026, 1, 1),
        }),
        2 => Row::Mailbox(Mailbox {
            id: MailboxId(id),
            owner: [Owner::Staff(StaffId(id % 2)), Owner::Unit(UnitId(id % 2))][usize::from(id > 3)],
            state: MailboxState::ALL[one],
            quota_bytes: 1,
            reach: Reach::Province,
            generation: Generation(1),
            opened: date(2026, 1, 1),
            grace: None,
            addresses: Vec::new(),
        }),
        _ => {
            let kind = AddressKind::ALL[if id > 4 { 2 } else { one % 2 }];
            let rests = three == 2;
            Row::Address(Addressed {
                id: AddressId(id),
                mailbox: MailboxId(i64::try_from(two).unwrap() + 1),
                address: Address::parse(["an1@x.vn", "anl@x.vn"][usize::try_from(id % 2).unwrap()]).unwrap(),
                kind,
                province: (kind == AddressKind::Provincial).then_some(Province::ALL[one]),
                state: if rests { AddressState::Quarantined } else { AddressState::Live },
                since: date(2026, 1, 1),
                until: rests.then(|| date(2027, i8::try_from(one).unwrap() + 1, 1)),
            })
        }
    }
}

/// Whether the tables would hold both rows at once.
fn agree(one: &Row, other: &Row) -> bool {
    one.key() == other.key()
        || match (one, other) {
            (Row::Unit(one), Row::Unit(other)) => {
                one.code != other.code || one.state == UnitState::Closed || other.state == UnitState::Closed
            }
            (Row::Mailbox(one), Row::Mailbox(other)) => {
                let removed = |row: &Mailbox| row.state == MailboxState::Removed;
                one.owner != other.owner || removed(one) || removed(other)
            }
            (Row::Address(one), Row::Address(other)) => {
                let rests = |row: &Addressed| row.state == AddressState::Quarantined;
                one.address != other.address || rests(one) || rests(other)
            }
            _ => true,
        }
}

/// The rows, read whole.
fn reloaded(rows: impl Iterator<Item = Row>) -> Snapshot {
    let mut fresh = Snapshot::empty(1, Department::of("x.vn"));
    rows.for_each(|row| fresh.put(row));
    fresh
}

proptest! {
    #[test]
    fn rows_put_in_any_order_are_found_as_if_all_were_read_at_once(
        puts in prop::collection::vec((0_u8..4, 1_i64..7, 0_usize..3, 0_usize..3, 0_usize..3), 0..60),
    ) {
        // Addresses refer to mailboxes that are there.
        let mut snapshot = reloaded((1..4).map(|id| row((2, id, 2, 0, 0))));
        for put in puts {
            let next = row(put);
            if snapshot.rows().all(|held| agree(&held, &next)) {
                snapshot.put(next);
            }
        }
        // The order in which the tables are read.
        let rows: Vec<_> = snapshot.rows().collect();
        prop_assert_eq!(&reloaded(rows.into_iter()), &snapshot);
    }
}
