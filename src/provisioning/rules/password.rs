//! A new password: the old one is dead in every protocol at once (R10, R17).

use super::Case;
use crate::credential::Standing;
use crate::provisioning::{Refusal, Step, Whose};

pub(super) fn plan(who: &str, case: &Case<'_>) -> Result<Vec<Step>, Refusal> {
    let (person, mailbox, address) = case.person(who)?;
    let standing = match case.password {
        Some(chosen) => {
            case.settings.passwords.admit(chosen).map_err(Refusal::Password)?;
            Standing::Chosen
        }
        None => Standing::First,
    };
    Ok(vec![
        Step::SetPassword {
            mailbox: Whose::Known(mailbox.id),
            address: address.clone(),
            holder: person.name.clone(),
            standing,
        },
        Step::EndSessions { mailbox: mailbox.id, address: address.clone() },
    ])
}
