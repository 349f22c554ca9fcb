//! Whoever answers for a unit's or the department's mailbox opens one of its folders to a person, a unit or everybody
//! (RFC 4314, R5). Nobody's own mailbox is opened to others (R20).

use super::{Case, Present};
use crate::directory::{DelegationState, Grant, Grantee, Owner};
use crate::provisioning::{OpenFolder, Refusal, Step, To};

pub(super) fn plan(open: &OpenFolder, case: &Case<'_>) -> Result<Vec<Step>, Refusal> {
    let (mailbox, address) = case.mailbox(&open.mailbox)?;
    if let Owner::Staff(_) = mailbox.owner {
        return Err(Refusal::Personal(address.clone()));
    }
    let (to, whom) = match &open.to {
        To::Staff(who) => {
            let Present { person, .. } = case.person(who)?;
            (Grantee::Staff(person.id), person.name.to_string())
        }
        To::Unit(code) => {
            let unit = case.unit(code)?;
            (Grantee::Unit(unit.id), unit.name.clone())
        }
        To::Anyone => (Grantee::Anyone, "anyone".to_owned()),
    };
    let same = |grant: &&Grant| grant.folder == open.folder && grant.to == to && grant.state == DelegationState::Live;
    let before = case.snapshot.all_grants().find(same);
    if before.map(|grant| grant.rights).unwrap_or_default() == open.rights {
        return Ok(Vec::new());
    }
    let mut steps = case.end_grants(|grant| same(&grant));
    if !open.rights.is_empty() {
        let (mailbox, address, path, rights) = (mailbox.id, address.clone(), open.path.clone(), open.rights);
        steps.push(Step::OpenFolder { mailbox, address, folder: open.folder, path, to, whom, rights });
    }
    Ok(steps)
}

impl Case<'_> {
    /// The end of what is granted on folders.
    pub(super) fn end_grants(&self, which: impl Fn(&Grant) -> bool) -> Vec<Step> {
        let live = self.snapshot.all_grants().filter(|grant| grant.state == DelegationState::Live && which(grant));
        live.filter_map(|grant| {
            Some(Step::EndGrant {
                grant: grant.id,
                address: self.snapshot.mailbox(grant.mailbox)?.primary()?.clone(),
                whom: self.whom(grant.to)?,
            })
        })
        .collect()
    }

    fn whom(&self, to: Grantee) -> Option<String> {
        Some(match to {
            Grantee::Staff(id) => self.name_of(id)?.to_string(),
            Grantee::Unit(id) => self.snapshot.unit(id).map(|unit| unit.name.clone())?,
            Grantee::Anyone => "anyone".to_owned(),
        })
    }
}
