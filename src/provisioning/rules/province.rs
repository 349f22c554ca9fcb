//! What the province was told of an address, or answered (R4).

use super::Case;
use crate::directory::Province;
use crate::id::AddressId;
use crate::provisioning::Step;

pub(super) fn plan(marks: &[(AddressId, Province)], case: &Case<'_>) -> Vec<Step> {
    let mark = |(id, to): &(AddressId, Province)| {
        let held = case.snapshot.address(*id)?;
        let from = held.province.filter(|from| from != to)?;
        Some(Step::MarkProvince { id: *id, address: held.address.clone(), from, to: *to })
    };
    marks.iter().filter_map(mark).collect()
}
