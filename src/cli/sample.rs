//! The sample department: loaded by the same acts as an administrator would ask for.

use jiff::civil::Date;
use serde::Deserialize;

use crate::address::Domain;
use crate::control::Request;
use crate::directory::{Place, Reach, UnitKind};
use crate::name::{Label, LocalPart, PersonName};
use crate::provisioning::{Act, CreateUnit, FirstPassword, FoundDepartment, Hire, Registration};

use super::requests::{paper, plain};

const TEXT: &str = include_str!("../../config/sample/so-tu-phap.toml");

/// A department on paper.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sample {
    pub(super) organisation: Label,
    pub(super) domain: Domain,
    pub(super) provincial_domain: Domain,
    address: LocalPart,
    unit: Vec<Unit>,
    staff: Vec<Person>,
    head: Vec<Head>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unit {
    code: LocalPart,
    name: Label,
    kind: UnitKind,
    #[serde(default)]
    remote: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Person {
    name: PersonName,
    unit: String,
    position: Label,
    decision: Label,
    dated: Date,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    unit: String,
    who: PersonName,
    decision: Label,
    dated: Date,
}

impl Sample {
    /// Reads the sample that the program carries.
    pub(super) fn read() -> Result<Self, toml::de::Error> {
        toml::from_str(TEXT)
    }

    /// The acts that make it, in their order.
    pub(super) fn requests(self) -> Vec<Request> {
        let found = FoundDepartment { address: self.address, registration: Registration::Wanted };
        let mut requests = vec![plain(Act::FoundDepartment(found), None)];
        requests.extend(self.unit.into_iter().map(|unit| plain(unit.act(), None)));
        requests.extend(self.staff.into_iter().map(|person| {
            let (number, dated) = (person.decision.clone(), person.dated);
            let act = person.act();
            let decision = paper(number, dated, &act);
            plain(act, Some(decision))
        }));
        requests.extend(self.head.into_iter().map(|head| {
            let act = Act::AppointHead { code: head.unit, who: head.who.to_string() };
            let decision = paper(head.decision, head.dated, &act);
            plain(act, Some(decision))
        }));
        requests
    }
}

impl Unit {
    fn act(self) -> Act {
        let place = if self.remote { Place::Remote } else { Place::Lan };
        Act::CreateUnit(CreateUnit { code: self.code, name: self.name, kind: self.kind, place, parent: None })
    }
}

impl Person {
    fn act(self) -> Act {
        Act::Hire(Hire {
            name: self.name,
            unit: self.unit,
            position: Some(self.position),
            staff_code: None,
            address: None,
            quota_bytes: None,
            reach: Reach::Province,
            registration: Registration::Wanted,
            first_password: FirstPassword::MayStay,
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_has_the_shape_of_the_regulation() {
        let sample = Sample::read().unwrap();
        let remote: Vec<_> = sample.unit.iter().filter(|u| u.remote).map(|u| u.code.as_str()).collect();
        assert_eq!(remote, ["cong-chung-2", "cong-chung-3", "tro-giup-phap-ly", "dau-gia", "thi-hanh-an"]);
        assert!(sample.staff.len() >= 12);
        assert!(sample.staff.iter().all(|p| sample.unit.iter().any(|u| u.code.as_str() == p.unit)));
    }
}
