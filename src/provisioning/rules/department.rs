//! The department's own mailbox: the leaders manage it, and `postmaster@` leads to it (R25, RFC 5321 §4.5.1).

use super::Case;
use crate::directory::{Owner, Reach};
use crate::provisioning::{FoundDepartment, Refusal, Step};

pub(super) fn plan(found: &FoundDepartment, case: &Case<'_>) -> Result<Vec<Step>, Refusal> {
    if case.snapshot.of(Owner::Department).is_some() {
        return Err(Refusal::DepartmentExists);
    }
    let addresses = case.chosen(&found.address, found.registration)?;
    Ok(case.open(addresses, case.settings.quota_bytes, Reach::Province))
}
