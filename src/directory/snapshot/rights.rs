//! Who answers for a mailbox, and who may do what with it (R20, R23, R25; invariant I7).

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::Snapshot;
use crate::acl::Acl;
use crate::directory::model::{
    Delegation, DelegationState, Grant, Grantee, Mailbox, MailboxState, Owner, Rights, Staff, StaffState, UnitState,
};
use crate::id::{FolderId, MailboxId, StaffId, UnitId};
use crate::text::fold;

impl Snapshot {
    /// Who answers for a mailbox (P8): the person; the unit's head, and where there is none the head of the unit above it,
    /// then of the Office; the department's leaders. Whoever left is followed by those who answer for their unit.
    pub fn stewards(&self, mailbox: &Mailbox) -> Vec<StaffId> {
        match mailbox.owner {
            Owner::Staff(id) => match self.staff.get(&id) {
                Some(person) if person.state == StaffState::Departed => self.heads(Some(person.unit)),
                _ => vec![id],
            },
            Owner::Unit(id) => self.heads(Some(id)),
            Owner::Department => self.leaders(),
        }
    }

    /// The head of the unit or of the nearest one above it that has one, of the Office, or the leaders.
    fn heads(&self, unit: Option<UnitId>) -> Vec<StaffId> {
        let mut next = unit.and_then(|id| self.units.get(&id));
        // As many steps as there are units: a circle ends too.
        for _ in 0..self.units.len() {
            let Some(unit) = next else { break };
            if let (Some(head), UnitState::Open) = (unit.head, unit.state) {
                return vec![head];
            }
            next = unit.parent.and_then(|id| self.units.get(&id));
        }
        match self.office().and_then(|office| office.head) {
            Some(head) => vec![head],
            None => self.leading().collect(),
        }
    }

    /// Director and deputies; the head of the Office where there is neither.
    fn leaders(&self) -> Vec<StaffId> {
        let leaders: Vec<_> = self.leading().collect();
        if leaders.is_empty() { self.office().and_then(|office| office.head).into_iter().collect() } else { leaders }
    }

    /// Who leads the department: the holders of the first of its leaders' positions that anybody holds.
    pub fn directors(&self) -> Vec<StaffId> {
        let active = |person: &&Staff| person.state == StaffState::Active;
        let hold = |position: &String| -> Vec<StaffId> {
            let holds = |person: &&Staff| person.position.as_deref().is_some_and(|held| fold(held) == *position);
            self.staff.values().filter(active).filter(holds).map(|person| person.id).collect()
        };
        self.department.leaders.iter().map(hold).find(|holders| !holders.is_empty()).unwrap_or_default()
    }

    fn leading(&self) -> impl Iterator<Item = StaffId> {
        let leads = |person: &&Staff| {
            person.state != StaffState::Departed && self.department.is_led_by(person.position.as_deref())
        };
        self.staff.values().filter(leads).map(|person| person.id)
    }

    /// What somebody may do with a mailbox on this day (invariant I7): everything with one's own or one that one answers
    /// for, what was delegated with another (R20, R23, R25).
    pub fn rights(&self, person: StaffId, mailbox: MailboxId, today: Date) -> Rights {
        let active = self.staff.get(&person).is_some_and(|person| person.state == StaffState::Active);
        let open = self.mailboxes.get(&mailbox).filter(|mailbox| mailbox.state == MailboxState::Open && active);
        let Some(open) = open else { return Rights::default() };
        if self.stewards(open).contains(&person) {
            return Rights::ALL;
        }
        let theirs = |d: &&Delegation| d.mailbox == mailbox && d.staff == person && d.holds(today);
        self.delegations.values().filter(theirs).fold(Rights::default(), |rights, d| rights.and(d.rights))
    }
}

/// The namespace of mailboxes that one may use: RFC 2342 "other users' namespace".
pub const UNITS: &str = "Đơn vị";
/// The namespace of what is shared: RFC 2342 "shared namespace". Also what the folder is called that holds it.
pub const SHARED: &str = "Dùng chung";

/// The folders of a unit's or the department's mailbox are of two trees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tree {
    /// Its mail: for its steward and whom the steward lets use it.
    Mail,
    /// What it shares: every unit reads it, its people post, its head manages it (R5).
    Shared,
}

/// What a delegate may do with a mailbox's folders (R23).
const OF_RIGHTS: [(Rights, Acl); 3] = [
    (Rights::READ, READER),
    (Rights::PROCESS, READER.and(WRITER).and(Acl::INSERT).and(Acl::CREATE)),
    (Rights::SEND, Acl::POST),
];
const READER: Acl = Acl::LOOKUP.and(Acl::READ);
/// What everybody may do with what units share: there `\Seen` is each person's own.
const ANYONE: Acl = READER.and(Acl::SEEN);
/// What a unit's people may do with what it shares.
const MEMBER: Acl = ANYONE.and(Acl::INSERT).and(Acl::POST);
const WRITER: Acl = Acl::SEEN.and(Acl::WRITE).and(Acl::DELETE_MESSAGES).and(Acl::EXPUNGE);

impl Snapshot {
    /// What somebody may do with a folder on this day (RFC 4314; R5, R20, R23, R25; invariant I7), where `folder` is none
    /// with one that has not been made yet: what the directory says, and what was granted on this folder.
    pub fn acl(&self, person: StaffId, mailbox: MailboxId, tree: Tree, folder: Option<FolderId>, today: Date) -> Acl {
        let Some(person) = self.staff.get(&person).filter(|person| person.state == StaffState::Active) else {
            return Acl::NONE;
        };
        let Some(open) = self.mailboxes.get(&mailbox).filter(|mailbox| mailbox.state == MailboxState::Open) else {
            return Acl::NONE;
        };
        let to = [Grantee::Staff(person.id), Grantee::Unit(person.unit), Grantee::Anyone];
        let granted = folder.into_iter().flat_map(|folder| self.granted_on(folder));
        let granted = granted.filter(|grant| to.contains(&grant.to));
        granted.fold(self.acl_by_office(person, open, tree, today), |acl, grant| acl.and(grant.rights))
    }

    /// Everybody who may do something with a folder, and what: the list of RFC 4314.
    pub fn acl_of(&self, mailbox: MailboxId, tree: Tree, folder: FolderId, today: Date) -> BTreeMap<Grantee, Acl> {
        let mut list: BTreeMap<Grantee, Acl> = BTreeMap::new();
        let Some(mailbox) = self.mailboxes.get(&mailbox) else { return list };
        let mut people: Vec<StaffId> = self.stewards(mailbox);
        match tree {
            Tree::Mail => {
                let theirs = self.delegations.values().filter(|d| d.mailbox == mailbox.id && d.holds(today));
                people.extend(theirs.map(|d| d.staff));
            }
            Tree::Shared => {
                list.insert(Grantee::Anyone, ANYONE);
                if let Owner::Unit(unit) = mailbox.owner {
                    list.insert(Grantee::Unit(unit), MEMBER);
                }
            }
        }
        let held = people.into_iter().filter_map(|id| self.staff.get(&id));
        let held = held.map(|person| (Grantee::Staff(person.id), self.acl_by_office(person, mailbox, tree, today)));
        for (to, acl) in held.chain(self.granted_on(folder).map(|grant| (grant.to, grant.rights))) {
            let so_far = list.entry(to).or_default();
            *so_far = so_far.and(acl);
        }
        list
    }

    /// Grants on a folder that hold.
    pub fn granted_on(&self, folder: FolderId) -> impl Iterator<Item = &Grant> {
        self.grants.values().filter(move |grant| grant.folder == folder && grant.state == DelegationState::Live)
    }

    /// What somebody may do with a mailbox's folders for what they are.
    fn acl_by_office(&self, person: &Staff, mailbox: &Mailbox, tree: Tree, today: Date) -> Acl {
        match (mailbox.owner, tree) {
            // Nobody else enters it, also not by the holder's leave (R20).
            (Owner::Staff(owner), _) if owner == person.id => Acl::ALL.without(Acl::ADMINISTER),
            (Owner::Staff(_), _) => Acl::NONE,
            (Owner::Unit(_) | Owner::Department, _) if self.stewards(mailbox).contains(&person.id) => Acl::ALL,
            (Owner::Unit(unit), Tree::Shared) if unit == person.unit => MEMBER,
            (Owner::Unit(_) | Owner::Department, Tree::Shared) => ANYONE,
            (Owner::Unit(_) | Owner::Department, Tree::Mail) => {
                let rights = self.rights(person.id, mailbox.id, today);
                OF_RIGHTS
                    .iter()
                    .filter(|(right, _)| rights.include(*right))
                    .fold(Acl::NONE, |acl, (_, of)| acl.and(*of))
            }
        }
    }
}
