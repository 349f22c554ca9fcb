//! Who answers for a mailbox, and who may do what with it (R20, R23, R25; invariant I7).

use jiff::civil::Date;

use super::Snapshot;
use crate::directory::model::{Delegation, Mailbox, MailboxState, Owner, Rights, Staff, StaffState, UnitState};
use crate::id::{MailboxId, StaffId, UnitId};

impl Snapshot {
    /// Who answers for a mailbox (P8): the person; the unit's head, and where there is none the head of the unit above it,
    /// then of the Office; the department's leaders. Whoever left is followed by those who answer for their unit.
    pub fn stewards(&self, mailbox: &Mailbox) -> Vec<StaffId> {
        match mailbox.owner {
            Owner::Staff(id) => match self.staff.get(&id) {
                Some(person) if person.state == StaffState::Departed => self.heads(Some(person.unit)),
                _ => vec![id],
            },
            Owner::Unit(id) => self.heads(Some(id)),
            Owner::Department => self.leaders(),
        }
    }

    /// The head of the unit or of the nearest one above it that has one, of the Office, or the leaders.
    fn heads(&self, unit: Option<UnitId>) -> Vec<StaffId> {
        let mut next = unit.and_then(|id| self.units.get(&id));
        // As many steps as there are units: a circle ends too.
        for _ in 0..self.units.len() {
            let Some(unit) = next else { break };
            if let (Some(head), UnitState::Open) = (unit.head, unit.state) {
                return vec![head];
            }
            next = unit.parent.and_then(|id| self.units.get(&id));
        }
        match self.office().and_then(|office| office.head) {
            Some(head) => vec![head],
            None => self.leading().collect(),
        }
    }

    /// Director and deputies; the head of the Office where there is neither.
    fn leaders(&self) -> Vec<StaffId> {
        let leaders: Vec<_> = self.leading().collect();
        if leaders.is_empty() { self.office().and_then(|office| office.head).into_iter().collect() } else { leaders }
    }

    fn leading(&self) -> impl Iterator<Item = StaffId> {
        let leads = |person: &&Staff| {
            person.state != StaffState::Departed && self.department.is_led_by(person.position.as_deref())
        };
        self.staff.values().filter(leads).map(|person| person.id)
    }

    /// What somebody may do with a mailbox on this day (invariant I7): everything with one's own or one that one answers
    /// for, what was delegated with another (R20, R23, R25).
    pub fn rights(&self, person: StaffId, mailbox: MailboxId, today: Date) -> Rights {
        let active = self.staff.get(&person).is_some_and(|person| person.state == StaffState::Active);
        let open = self.mailboxes.get(&mailbox).filter(|mailbox| mailbox.state == MailboxState::Open && active);
        let Some(open) = open else { return Rights::default() };
        if self.stewards(open).contains(&person) {
            return Rights::ALL;
        }
        let theirs = |d: &&Delegation| d.mailbox == mailbox && d.staff == person && d.holds(today);
        self.delegations.values().filter(theirs).fold(Rights::default(), |rights, d| rights.and(d.rights))
    }
}
