//! Rows put in, one at a time: what is found by them is kept current.

use std::collections::HashMap;

use super::Snapshot;
use crate::address::Address;
use crate::directory::model::{AddressState, Addressed, Held, Mailbox, MailboxState, Staff, Unit, UnitState};
use crate::directory::row::Row;
use crate::name::LocalPart;
use crate::text::fold;

impl Snapshot {
    /// Adds a row, or replaces the one of its id.
    pub(in crate::directory) fn put(&mut self, row: Row) {
        match row {
            Row::Staff(row) => self.put_staff(row),
            Row::Unit(row) => self.put_unit(row),
            Row::Mailbox(row) => self.put_mailbox(row),
            Row::Address(row) => self.put_address(row),
            Row::Delegation(row) => _ = self.delegations.insert(row.id, row),
            Row::Grant(row) => _ = self.grants.insert(row.id, row),
        }
    }

    fn put_staff(&mut self, row: Staff) {
        if let Some(old) = self.staff.get(&row.id) {
            if let Some(code) = &old.code {
                self.by_code.remove(&fold(code));
            }
            unlink(&mut self.by_name, &old.name.key(), old.id);
        }
        if let Some(code) = &row.code {
            self.by_code.insert(fold(code), row.id);
        }
        link(&mut self.by_name, row.name.key(), row.id);
        self.staff.insert(row.id, row);
    }

    fn put_unit(&mut self, row: Unit) {
        if let Some(old) = self.units.get(&row.id).filter(|old| self.unit_by_code.get(&old.code) == Some(&old.id)) {
            self.unit_by_code.remove(&old.code);
        }
        if row.state == UnitState::Open {
            self.unit_by_code.insert(row.code.clone(), row.id);
        }
        self.units.insert(row.id, row);
    }

    fn put_mailbox(&mut self, mut row: Mailbox) {
        // Addresses are rows of their own.
        row.addresses = self.mailboxes.remove(&row.id).map(|old| old.addresses).unwrap_or_default();
        if row.state != MailboxState::Removed {
            self.of.insert(row.owner, row.id);
        } else if self.of.get(&row.owner) == Some(&row.id) {
            self.of.remove(&row.owner);
        }
        self.mailboxes.insert(row.id, row);
    }

    fn put_address(&mut self, row: Addressed) {
        if let Some(old) = self.addresses.remove(&row.id) {
            self.forget(&old);
        }
        match row.state {
            AddressState::Live => {
                self.live.insert(row.address.clone(), row.id);
                if let Some(appearance) = self.appearance(&row.address) {
                    link(&mut self.appearances, appearance, row.id);
                }
                if let Some(mailbox) = self.mailboxes.get_mut(&row.mailbox) {
                    mailbox.addresses.push(Held::of(&row));
                    mailbox.addresses.sort_by_key(|held| (held.kind, held.id));
                }
            }
            AddressState::Quarantined => self.rest(&row),
        }
        self.addresses.insert(row.id, row);
    }

    /// Of several rests of one address the last to end counts.
    fn rest(&mut self, row: &Addressed) {
        let known = self.resting.get(&row.address).and_then(|id| self.addresses.get(id));
        if known.is_none_or(|known| (known.until, known.id) < (row.until, row.id)) {
            self.resting.insert(row.address.clone(), row.id);
        }
    }

    fn forget(&mut self, old: &Addressed) {
        if self.live.get(&old.address) == Some(&old.id) {
            self.live.remove(&old.address);
        }
        if let Some(appearance) = self.appearance(&old.address) {
            unlink(&mut self.appearances, &appearance, old.id);
        }
        if let Some(mailbox) = self.mailboxes.get_mut(&old.mailbox) {
            mailbox.addresses.retain(|held| held.id != old.id);
        }
        if self.resting.get(&old.address) == Some(&old.id) {
            self.resting.remove(&old.address);
            let others = self.addresses.values().filter(|a| a.address == old.address && a.until.is_some());
            if let Some(last) = others.max_by_key(|a| (a.until, a.id)) {
                self.resting.insert(last.address.clone(), last.id);
            }
        }
    }

    fn appearance(&self, address: &Address) -> Option<String> {
        let ours = *address.domain() == self.department.own;
        ours.then(|| LocalPart::parse(address.key()).ok()).flatten().map(|local| local.appearance())
    }
}

impl Held {
    fn of(row: &Addressed) -> Self {
        Self { id: row.id, address: row.address.clone(), kind: row.kind, province: row.province }
    }
}

/// Lists are kept in the order of ids, whatever the order in which rows came.
fn link<T: Copy + Ord>(index: &mut HashMap<String, Vec<T>>, key: String, id: T) {
    let list = index.entry(key).or_default();
    if let Err(place) = list.binary_search(&id) {
        list.insert(place, id);
    }
}

fn unlink<T: Copy + Ord>(index: &mut HashMap<String, Vec<T>>, key: &str, id: T) {
    let Some(list) = index.get_mut(key) else { return };
    list.retain(|known| *known != id);
    if list.is_empty() {
        index.remove(key);
    }
}
