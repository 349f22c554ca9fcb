//! A person leaves: the login is closed at once, what they answer for is handed over first, their rights end; the mailbox
//! stays closed for a time by position, then it is archived and removed (R15).

use super::{Case, Present};
use crate::address::Address;
use crate::directory::{Grantee, Mailbox, Owner, Staff, StaffState, Treatment, TreatmentKind};
use crate::provisioning::{Act, Depart, Refusal, Step};

/// What they are head of is handed over first, where somebody is named.
pub(super) fn parts(depart: &Depart, case: &Case<'_>) -> Result<Vec<Act>, Refusal> {
    let treatment = match (&depart.treatment, &depart.handover_to) {
        (None | Some(Treatment::Reply(None)), Some(to)) => {
            treatment(depart, Some(case.person(to)?.address.clone()), case)
        }
        _ => depart.treatment.clone(),
    };
    let last = Act::Depart(Depart { handover_to: None, treatment, ..depart.clone() });
    case.handed_over(&depart.who, depart.handover_to.as_deref(), last)
}

/// A reply names whoever took over; anything else stays as it was asked for or configured.
fn treatment(depart: &Depart, successor: Option<Address>, case: &Case<'_>) -> Option<Treatment> {
    match (&depart.treatment, case.settings.departure.treatment) {
        (Some(Treatment::Reply(None)), _) | (None, TreatmentKind::Reply) => Some(Treatment::Reply(successor)),
        (None, TreatmentKind::Forward) => successor.map(Treatment::Forward),
        (asked, _) => asked.clone(),
    }
}

pub(super) fn plan(depart: &Depart, case: &Case<'_>) -> Result<Vec<Step>, Refusal> {
    case.decided()?;
    let Present { person, mailbox, address } = case.person(&depart.who)?;
    case.no_stewardship(person)?;
    let treatment = treatment(depart, head(person, case), case).unwrap_or(Treatment::Refuse);
    if let Treatment::Forward(to) = &treatment {
        case.forward_target(to, mailbox.id)?;
    }
    let leads = case.snapshot.department().is_led_by(person.position.as_deref());
    let departure = &case.settings.departure;
    let grace = depart.grace.unwrap_or(if leads { departure.grace_leaders } else { departure.grace });
    let mut steps = vec![Step::ChangeStanding {
        staff: person.id,
        holder: person.name.clone(),
        from: person.state,
        to: StaffState::Departed,
    }];
    steps.extend(case.end_delegations(|d| d.staff == person.id));
    steps.extend(case.end_grants(|g| g.to == Grantee::Staff(person.id)));
    let (mailbox, address) = (mailbox.id, address.clone());
    steps.extend([
        Step::EndCredentials { mailbox, address: address.clone() },
        Step::EndSessions { mailbox, address: address.clone() },
        Step::CloseMailbox { mailbox, address, until: case.kept_until(grace), treatment },
    ]);
    Ok(steps)
}

/// The address of whoever heads the unit of somebody who leaves.
fn head(person: &Staff, case: &Case<'_>) -> Option<Address> {
    let head = case.open_unit_of(person)?.head?;
    case.snapshot.of(Owner::Staff(head)).and_then(Mailbox::primary).cloned()
}
