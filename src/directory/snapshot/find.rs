//! Whom a WHO means.

use super::Snapshot;
use crate::address::Address;
use crate::directory::model::{Owner, Staff, StaffState};
use crate::id::{StaffId, UnitId};
use crate::text::{fold, nfc};

/// Why a WHO names nobody.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FindError {
    /// No such address, staff code or name.
    #[error("nobody is known by {0:?}")]
    Unknown(String),
    /// Several people bear the name.
    #[error("{name:?} is the name of {} people", candidates.len())]
    Ambiguous {
        /// What was asked for.
        name: String,
        /// Who bear it.
        candidates: Vec<StaffId>,
    },
}

impl Snapshot {
    /// The name of the person or the unit that a subject of the audit means: `staff:12`.
    pub fn named(&self, subject: &str) -> Option<String> {
        let (table, id) = subject.split_once(':')?;
        let id = id.parse().ok()?;
        match table {
            "staff" => self.staff(StaffId(id)).map(|person| person.name.to_string()),
            "unit" => self.unit(UnitId(id)).map(|unit| unit.name.clone()),
            _ => None,
        }
    }

    /// Finds a person by address, staff code or unambiguous full name. A name is found without diacritics too; written
    /// with them it means exactly that name, and those who are here come before those who left.
    pub fn find(&self, who: &str) -> Result<&Staff, FindError> {
        let unknown = || FindError::Unknown(who.to_owned());
        if let Ok(address) = Address::parse(who) {
            let id = self.live.get(&address).or_else(|| self.resting.get(&address));
            let mailbox = id.and_then(|id| self.addresses.get(id)).and_then(|held| self.mailboxes.get(&held.mailbox));
            return match mailbox.map(|mailbox| mailbox.owner) {
                Some(Owner::Staff(id)) => self.staff(id).ok_or_else(unknown),
                _ => Err(unknown()),
            };
        }
        let name = nfc(&who.split_whitespace().collect::<Vec<_>>().join(" "));
        if let Some(person) = self.staff_by_code(&name) {
            return Ok(person);
        }
        let namesakes: Vec<&Staff> =
            self.by_name.get(&fold(&name)).into_iter().flatten().filter_map(|id| self.staff.get(id)).collect();
        let written = name.to_lowercase();
        let exact = narrowed(namesakes, |person| person.name.as_str().to_lowercase() == written);
        match narrowed(exact, |person| person.state != StaffState::Departed).as_slice() {
            [] => self.find(&self.at_home(&name).ok_or_else(unknown)?.to_string()),
            [one] => Ok(one),
            several => Err(FindError::Ambiguous { name, candidates: several.iter().map(|person| person.id).collect() }),
        }
    }

    /// The address of our own domain that a lone word is the local part of.
    fn at_home(&self, word: &str) -> Option<Address> {
        Address::new(word, self.department.own.clone()).ok().filter(|address| self.live.contains_key(address))
    }
}

/// Those of whom it holds; all of them where it holds of none.
fn narrowed(people: Vec<&Staff>, holds: impl Fn(&Staff) -> bool) -> Vec<&Staff> {
    if people.iter().any(|person| holds(person)) {
        people.into_iter().filter(|person| holds(person)).collect()
    } else {
        people
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::directory::{Department, Row};
    use crate::id::UnitId;
    use crate::name::PersonName;

    fn people(named: &[(&str, StaffState)]) -> Snapshot {
        let person = |(n, (name, state)): (i64, &(&str, StaffState))| Staff {
            id: StaffId(n),
            code: Some(format!("CB{n}")),
            name: PersonName::parse(name).unwrap(),
            unit: UnitId(1),
            position: None,
            state: *state,
            since: date(2026, 1, 1),
        };
        let mut snapshot = Snapshot::empty(1, Department::of("x.vn"));
        (1..).zip(named).map(person).for_each(|person| snapshot.put(Row::Staff(person)));
        snapshot
    }

    #[test]
    fn a_person_is_found_by_code_or_by_a_name_that_is_theirs_alone() {
        let (here, left) = (StaffState::Active, StaffState::Departed);
        let snapshot = people(&[
            ("Nguyễn Thị Đào", here),
            ("Nguyễn Thị Dào", here),
            ("Lê Văn An", left),
            ("Lê Văn An", here),
            ("Đỗ Xuân Bình", left),
        ]);
        for (who, id) in [
            ("cb2", 2),
            ("Nguyễn Thị Đào", 1),
            ("NGUYỄN  THỊ ĐÀO", 1),
            ("Nguye\u{302}\u{303}n Thi\u{323} Da\u{300}o", 2),
            ("le van an", 4),
            ("do xuan binh", 5),
        ] {
            assert_eq!(snapshot.find(who).map(|person| person.id), Ok(StaffId(id)), "{who}");
        }
        let candidates = vec![StaffId(1), StaffId(2)];
        let name = "nguyen thi dao".to_owned();
        assert_eq!(snapshot.find("nguyen thi dao"), Err(FindError::Ambiguous { name, candidates }));
        for who in ["", "Nguyễn", "%", "CB9", "a@x.vn"] {
            assert_eq!(snapshot.find(who), Err(FindError::Unknown(who.to_owned())));
        }
    }
}
