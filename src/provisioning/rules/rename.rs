//! A person's name changes by a decision, or its diacritics are put right. The address stays unless a new one is given;
//! the old one goes on leading to them.

use super::{Case, Present};
use crate::directory::AddressKind;
use crate::provisioning::{Refusal, Registration, Rename, Step, Whose};

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
        let new = case.chosen(local, Registration::None)?.own;
        let primary = mailbox.addresses.iter().find(|held| held.kind == AddressKind::Primary);
        steps.extend(primary.map(|held| Step::DemoteAddress { id: held.id, address: held.address.clone() }));
        steps.push(Step::GiveAddress { mailbox: Whose::Known(mailbox.id), address: new, kind: AddressKind::Primary });
    }
    if steps.is_empty() { Err(Refusal::NothingChanges(person.name.to_string())) } else { Ok(steps) }
}
