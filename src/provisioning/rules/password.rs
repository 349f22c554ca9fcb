//! A new password: the old one is dead in every protocol at once (R10, R17).

use super::{Case, Present};
use crate::credential::Standing;
use crate::provisioning::{Refusal, Step, Whose};

pub(super) fn plan(who: &str, case: &Case<'_>) -> Result<Vec<Step>, Refusal> {
    let Present { person, mailbox, address } = case.person(who)?;
    let standing = match case.password {
        Some(chosen) => {
            case.settings.passwords.admit(chosen).map_err(Refusal::Password)?;
            Standing::Chosen
        }
        None => Standing::First,
    };
    let (mailbox, address, holder) = (mailbox.id, address.clone(), person.name.clone());
    Ok(vec![
        Step::SetPassword { mailbox: Whose::Known(mailbox), address: address.clone(), holder, standing },
        Step::EndSessions { mailbox, address },
    ])
}
