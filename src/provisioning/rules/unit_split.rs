//! Some of a unit's people make a new one: it is created, and they are transferred to it (R14).

use super::{Case, Present};
use crate::provisioning::{Act, Refusal, SplitUnit, Transfer};

pub(super) fn parts(split: &SplitUnit, case: &Case<'_>) -> Result<Vec<Act>, Refusal> {
    case.decided()?;
    let unit = case.unit(&split.code)?;
    let mut parts = vec![Act::CreateUnit(split.new.clone())];
    for who in &split.staff {
        let Present { person, .. } = case.person(who)?;
        if person.unit != unit.id {
            return Err(Refusal::NotOfUnit { holder: person.name.clone(), code: unit.code.clone() });
        }
        let to = split.new.code.to_string();
        parts.push(Act::Transfer(Transfer { who: who.clone(), to, position: None, handover_to: None }));
    }
    Ok(parts)
}
