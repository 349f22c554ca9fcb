//! A password was leaked: everything that opens the mailbox ends in every protocol, a new first password is issued, and
//! the leak is kept as an incident (R17).

use super::{Case, Present};
use crate::provisioning::{FirstPassword, Refusal, Step, Whose};

pub(super) fn plan(who: &str, case: &Case<'_>) -> Result<Vec<Step>, Refusal> {
    let Present { person, mailbox, address } = case.person(who)?;
    let (id, holder) = (mailbox.id, &person.name);
    Ok(vec![
        Step::EndCredentials { mailbox: id, address: address.clone() },
        case.first_password(Whose::Known(id), address, holder, FirstPassword::ToBeChanged),
        Step::EndSessions { mailbox: id, address: address.clone() },
        Step::OpenIncident { mailbox: id, holder: holder.clone() },
    ])
}
