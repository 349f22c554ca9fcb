//! Further addresses of a mailbox, and how much it may hold (R3, R18).

use super::Case;
use crate::address::Address;
use crate::directory::AddressKind;
use crate::name::LocalPart;
use crate::provisioning::{Refusal, Step};

pub(super) fn add(mailbox: &Address, alias: &LocalPart, case: &Case<'_>) -> Result<Vec<Step>, Refusal> {
    let (mailbox, _) = case.mailbox(mailbox)?;
    Ok(vec![case.give(mailbox, alias, AddressKind::Alias)?])
}

pub(super) fn remove(alias: &Address, case: &Case<'_>) -> Result<Vec<Step>, Refusal> {
    let mailbox = case.snapshot.holder(alias).ok_or_else(|| Refusal::NotAnAlias(alias.clone()))?;
    let held = mailbox.addresses.iter().find(|held| held.address == *alias && held.kind == AddressKind::Alias);
    let held = held.ok_or_else(|| Refusal::NotAnAlias(alias.clone()))?;
    let until = case.settings.departure.quarantine.after(case.today);
    Ok(vec![Step::RestAddress { id: held.id, address: held.address.clone(), until }])
}

pub(super) fn quota(mailbox: &Address, quota_bytes: u64, case: &Case<'_>) -> Result<Vec<Step>, Refusal> {
    let (mailbox, address) = case.mailbox(mailbox)?;
    if mailbox.quota_bytes == quota_bytes {
        return Err(Refusal::NothingChanges(address.to_string()));
    }
    let (address, from) = (address.clone(), mailbox.quota_bytes);
    Ok(vec![Step::SetQuota { mailbox: mailbox.id, address, from, to: quota_bytes }])
}
