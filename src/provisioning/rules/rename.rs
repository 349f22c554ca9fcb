//! A person's name changes by a decision, or its diacritics are put right. The address stays unless a new one is given;
//! the old one goes on leading to them.

use super::{Case, Present};
use crate::provisioning::{Refusal, Rename, Step};

pub(super) fn plan(rename: &Rename, case: &Case<'_>) -> Result<Vec<Step>, Refusal> {
    let Present { person, mailbox, address } = case.person(&rename.who)?;
    if person.name.key() != rename.name.key() {
        case.decided()?;
    }
    let mut steps = Vec::new();
    if person.name != rename.name {
        steps.push(Step::RenameStaff { staff: person.id, from: person.name.clone(), to: rename.name.clone() });
    }
    if let Some(local) = rename.address.as_ref().filter(|local| local.as_str() != address.key()) {
        steps.extend(case.readdress(mailbox, local)?);
    }
    if steps.is_empty() { Err(Refusal::NothingChanges(person.name.to_string())) } else { Ok(steps) }
}
