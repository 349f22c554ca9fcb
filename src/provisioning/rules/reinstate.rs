//! Somebody who left comes back: to their own mailbox while it is there, else to a new one under their old address, which
//! was nobody else's meanwhile (R3, R15).

use super::Case;
use crate::directory::{AddressKind, Owner, Province, Reach, StaffState};
use crate::name::LocalPart;
use crate::provisioning::{Refusal, Registration, Reinstate, Step, Whose};

pub(super) fn plan(reinstate: &Reinstate, case: &Case<'_>) -> Result<Vec<Step>, Refusal> {
    case.decided()?;
    let person = case.anybody(&reinstate.who)?;
    let holder = &person.name;
    if person.state != StaffState::Departed {
        return Err(Refusal::Standing { holder: holder.clone(), state: person.state });
    }
    let unit = match (&reinstate.unit, case.open_unit_of(person)) {
        (Some(code), _) => case.unit(code)?,
        (None, Some(unit)) => unit,
        (None, None) => return Err(Refusal::UnitUnknown(case.unit_of(person))),
    };
    let mut steps = vec![Step::ChangeStanding {
        staff: person.id,
        holder: holder.clone(),
        from: person.state,
        to: StaffState::Active,
    }];
    if unit.id != person.unit {
        let (from, to) = (case.unit_of(person), unit.code.clone());
        steps.push(Step::MoveStaff { staff: person.id, holder: holder.clone(), unit: unit.id, from, to });
    }
    if let Some(position) = reinstate.position.as_ref().filter(|new| person.position.as_deref() != Some(new.as_str())) {
        let (from, to) = (person.position.clone(), Some(position.clone()));
        steps.push(Step::ChangePosition { staff: person.id, holder: holder.clone(), from, to });
    }
    let there = case.snapshot.of(Owner::Staff(person.id)).and_then(|mailbox| Some((mailbox, mailbox.primary()?)));
    if let Some((mailbox, address)) = there {
        steps.push(Step::ReopenMailbox { mailbox: mailbox.id, address: address.clone() });
        let withdrawn = mailbox.addresses.iter().filter(|held| held.kind == AddressKind::Provincial);
        steps.extend(withdrawn.filter_map(|held| {
            let from = held.province.filter(|p| matches!(p, Province::WithdrawalSent | Province::Withdrawn))?;
            Some(Step::MarkProvince { id: held.id, address: held.address.clone(), from, to: Province::Wanted })
        }));
        steps.push(case.first_password(Whose::Known(mailbox.id), address, holder, reinstate.first_password));
        return Ok(steps);
    }
    let before = case.snapshot.all_addresses().filter(|a| {
        a.kind == AddressKind::Primary
            && case.snapshot.mailbox(a.mailbox).is_some_and(|mailbox| mailbox.owner == Owner::Staff(person.id))
    });
    let old = before.max_by_key(|a| a.id).and_then(|a| LocalPart::parse(a.address.key()).ok());
    let again = old.and_then(|local| case.addresses(&local, Registration::Wanted).ok());
    let addresses = match again.filter(|addresses| case.free(addresses, Some(person.id)).is_ok()) {
        Some(addresses) => addresses,
        None => case.by_rule(holder, Registration::Wanted, Some(person.id))?,
    };
    let address = addresses.own.clone();
    steps.extend(case.open(addresses, case.settings.quota_bytes, Reach::Province));
    steps.push(case.first_password(Whose::JustOpened, &address, holder, reinstate.first_password));
    steps.push(Step::Welcome { address, holder: holder.clone() });
    Ok(steps)
}
