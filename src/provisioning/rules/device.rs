//! Passwords of devices: each opens the mailbox beside the person's own, and ends alone (R17). A machine of a unit or the
//! department belongs to the steward, who is told of it, and is bound to networks and a purpose (R23).

use super::{Case, Present, open};
use crate::address::Address;
use crate::directory::{Mailbox, Owner};
use crate::limits;
use crate::name::Label;
use crate::network::Network;
use crate::provisioning::{AddMachine, Refusal, Step};

pub(super) fn add(who: &str, device: &Label, case: &Case<'_>) -> Result<Vec<Step>, Refusal> {
    let Present { person, mailbox, address } = case.person(who)?;
    let (mailbox, address, holder) = (mailbox.id, address.clone(), person.name.clone());
    Ok(vec![Step::AddDevice { mailbox, address, holder, device: device.clone(), bond: None }])
}

pub(super) fn remove(who: &str, device: &Label, case: &Case<'_>) -> Result<Vec<Step>, Refusal> {
    let Present { mailbox, address, .. } = case.person(who)?;
    let (mailbox, address) = (mailbox.id, address.clone());
    Ok(vec![
        Step::RemoveDevice { mailbox, address: address.clone(), device: device.clone() },
        Step::EndSessions { mailbox, address },
    ])
}

pub(super) fn add_machine(add: &AddMachine, case: &Case<'_>) -> Result<Vec<Step>, Refusal> {
    let (mailbox, address) = of_office(&add.mailbox, case)?;
    let networks = &add.bond.networks;
    let max = limits::MACHINE_NETWORKS_MAX;
    if !(1..=max).contains(&networks.len()) || networks.iter().any(Network::is_everything) {
        return Err(Refusal::Networks { max });
    }
    let steward = case.snapshot.stewards(mailbox).first().and_then(|steward| case.name_of(*steward));
    let holder = steward.ok_or_else(|| Refusal::NoSteward(address.clone()))?;
    let (device, bond) = (add.device.clone(), Some(add.bond.clone()));
    let mut steps = vec![Step::AddDevice { mailbox: mailbox.id, address: address.clone(), holder, device, bond }];
    steps.extend(open::notices(mailbox, case));
    Ok(steps)
}

pub(super) fn remove_machine(mailbox: &Address, device: &Label, case: &Case<'_>) -> Result<Vec<Step>, Refusal> {
    let (mailbox, address) = of_office(mailbox, case)?;
    let (mailbox, address) = (mailbox.id, address.clone());
    Ok(vec![
        Step::RemoveDevice { mailbox, address: address.clone(), device: device.clone() },
        Step::EndSessions { mailbox, address },
    ])
}

/// People make passwords for their devices themselves.
fn of_office<'a>(address: &Address, case: &Case<'a>) -> Result<(&'a Mailbox, &'a Address), Refusal> {
    let (mailbox, address) = case.mailbox(address)?;
    match mailbox.owner {
        Owner::Staff(_) => Err(Refusal::DevicesTheirs(address.clone())),
        Owner::Unit(_) | Owner::Department => Ok((mailbox, address)),
    }
}
