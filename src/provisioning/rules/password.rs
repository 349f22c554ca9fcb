//! A new password: the old one is dead in every protocol at once (R10, R17).

use super::{Case, Present};
use crate::address::Address;
use crate::credential::{Habits, Standing};
use crate::directory::Staff;
use crate::provisioning::{Refusal, Step, Whose};

pub(super) fn plan(who: &str, case: &Case<'_>) -> Result<Vec<Step>, Refusal> {
    let Present { person, mailbox, address } = case.person(who)?;
    let standing = match case.password {
        Some(chosen) => {
            case.settings.passwords.admit(chosen, &habits(person, address, case)).map_err(Refusal::Password)?;
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

/// What somebody who guesses knows of the person.
fn habits(person: &Staff, address: &Address, case: &Case<'_>) -> Habits {
    let own = &case.snapshot.department().own;
    let habits = Habits::default()
        .person(&person.name, address, person.code.as_deref())
        .office(&case.settings.organisation, own);
    match case.snapshot.unit(person.unit) {
        Some(unit) => habits.unit(&unit.code, &unit.name),
        None => habits,
    }
}
