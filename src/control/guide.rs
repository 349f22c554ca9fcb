//! `guide WHO`: what a person types into a mail program, and what they find there beside their own mail (R10).

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::execute::{Services, find};
use super::failure::Failure;
use crate::address::Address;
use crate::directory::{Mailbox, MailboxState, Owner, Rights, SHARED, Snapshot, Staff, UNITS};
use crate::language::Language;
use crate::provisioning::ClientSettings;

/// How somebody uses their mailbox.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GuideView {
    /// The holder.
    pub name: String,
    /// The address, which is also the name to log in with.
    pub address: Address,
    /// The servers.
    #[serde(flatten)]
    pub client: ClientSettings,
    /// Mailboxes of units and of the department that they may use (R23, R25).
    pub mailboxes: Vec<UsableView>,
    /// Where their unit shares what (R5).
    pub sections: Vec<SectionView>,
}

/// A mailbox that somebody may use beside their own.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UsableView {
    /// The folder that it is in their mail program.
    pub folder: String,
    /// Its address.
    pub address: Address,
    /// `read,process,send`, as far as they hold today.
    pub rights: Rights,
    /// The last day, where there is one.
    pub until: Option<Date>,
}

/// A section of a unit's shared folder.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SectionView {
    /// The folder that it is in their mail program.
    pub folder: String,
    /// Mail to this address is put there.
    pub address: Option<Address>,
}

pub(super) fn guide(
    who: &str,
    services: &Services,
    snapshot: &Snapshot,
    language: Language,
) -> Result<GuideView, Failure> {
    let person = find(who, snapshot, language)?;
    let address = snapshot.of(Owner::Staff(person.id)).and_then(|mailbox| mailbox.primary()).cloned();
    let address = address.ok_or_else(|| {
        let name = person.name.as_str();
        Failure::unknown("mailbox_unknown", ("hộp thư của người", "mailbox of a person"), name, language)
    })?;
    let today = services.provisioning.clock.today();
    let office = snapshot.all_mailboxes().filter(|mailbox| !matches!(mailbox.owner, Owner::Staff(_)));
    Ok(GuideView {
        name: person.name.to_string(),
        address,
        client: services.provisioning.settings.client.clone(),
        mailboxes: office.filter_map(|mailbox| usable(mailbox, person, snapshot, today)).collect(),
        sections: sections(person, services, snapshot),
    })
}

fn usable(mailbox: &Mailbox, person: &Staff, snapshot: &Snapshot, today: Date) -> Option<UsableView> {
    let rights = snapshot.rights(person.id, mailbox.id, today);
    let delegated = snapshot.all_delegations().filter(|d| d.mailbox == mailbox.id && d.staff == person.id);
    let until = delegated.filter(|d| d.holds(today)).filter_map(|d| d.until).max();
    let folder = format!("{UNITS}/{}", snapshot.label(mailbox)?);
    let is_steward = snapshot.stewards(mailbox).contains(&person.id);
    let address = mailbox.primary().filter(|_| rights != Rights::default())?.clone();
    Some(UsableView { folder, address, rights, until: until.filter(|_| !is_steward) })
}

fn sections(person: &Staff, services: &Services, snapshot: &Snapshot) -> Vec<SectionView> {
    let mailbox = snapshot.of(Owner::Unit(person.unit)).filter(|mailbox| mailbox.state == MailboxState::Open);
    let Some((mailbox, label)) = mailbox.and_then(|mailbox| Some((mailbox, snapshot.label(mailbox)?))) else {
        return Vec::new();
    };
    let of = |section: &crate::sharing::Section| SectionView {
        folder: format!("{SHARED}/{label}/{}", section.name),
        address: mailbox.primary().and_then(|address| {
            Address::new(&format!("{}+{}", address.local(), section.tag()), address.domain().clone()).ok()
        }),
    };
    services.sharing.settings.sections.iter().map(of).collect()
}
