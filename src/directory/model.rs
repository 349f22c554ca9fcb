//! What the directory knows: people, units, mailboxes and their addresses.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::acl::Acl;
use crate::address::{Address, Domain};
use crate::id::{AddressId, DelegationId, FolderId, GrantId, MailboxId, StaffId, UnitId};
use crate::language::Language;
use crate::name::PersonName;
use crate::text::fold;

/// Declares a closed list of words: one spelling in the database, in JSON and on the command line.
macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $variant:ident = $text:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type)]
        pub enum $name {
            $($(#[$about])* #[serde(rename = $text)] #[sqlx(rename = $text)] $variant,)*
        }

        impl $name {
            /// All of them, in the order of their declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    )*};
}

words! {
    /// What sort of unit: regulation P4.
    UnitKind {
        /// The Office (văn phòng), and the leadership it serves.
        Office = "office",
        /// A professional division (phòng).
        Division = "division",
        /// A centre (trung tâm).
        Centre = "centre",
        /// Civil judgment enforcement (thi hành án dân sự).
        Enforcement = "enforcement",
        /// A notary office (phòng công chứng).
        Notary = "notary",
    }

    /// Whether the unit's machines are on the department's network (R8).
    Place {
        /// They are.
        Lan = "lan",
        /// They reach the Office by mail only.
        Remote = "remote",
    }

    /// A unit's life.
    UnitState {
        /// It works.
        Open = "open",
        /// Merged, split or dissolved.
        Closed = "closed",
    }

    /// A person's standing.
    StaffState {
        /// May log in.
        Active = "active",
        /// May not, until resumed (R9).
        Suspended = "suspended",
        /// Has left (R15).
        Departed = "departed",
    }

    /// A mailbox's life.
    MailboxState {
        /// In use.
        Open = "open",
        /// In its grace period after a departure.
        Closed = "closed",
        /// Exported and removed; its id is never used again.
        Removed = "removed",
    }

    /// How far mail from a mailbox may go (R27).
    Reach {
        /// The department and the province.
        Province = "province",
        /// Everywhere.
        Internet = "internet",
    }

    /// What an address is to its mailbox.
    AddressKind {
        /// The one it sends from.
        Primary = "primary",
        /// Another one at our domain.
        Alias = "alias",
        /// The one at the province's domain (R4).
        Provincial = "provincial",
    }

    /// An address's life.
    AddressState {
        /// Mail to it is ours.
        Live = "live",
        /// Out of use; nobody else may have it before a day (R3).
        Quarantined = "quarantined",
    }

    /// A delegation's or a grant's life.
    DelegationState {
        /// It holds; a delegation between its days.
        Live = "live",
        /// Revoked, or ended by a decision.
        Ended = "ended",
    }

    /// What becomes of new mail to a closed mailbox (R15).
    TreatmentKind {
        /// The sender is told whom to write to instead.
        Reply = "reply",
        /// It goes to somebody else.
        Forward = "forward",
        /// It is refused.
        Refuse = "refuse",
    }

    /// Where a provincial address stands with the province's Centre (R4).
    Province {
        /// To be registered.
        Wanted = "wanted",
        /// In a change file that is not answered yet.
        Sent = "sent",
        /// The Centre has it.
        Registered = "registered",
        /// Its removal is in a change file that is not answered yet.
        WithdrawalSent = "withdrawal-sent",
        /// The Centre has removed it.
        Withdrawn = "withdrawn",
    }
}

/// A person of the department.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Staff {
    /// For ever.
    pub id: StaffId,
    /// The personnel office's own number.
    pub code: Option<String>,
    /// Full name.
    pub name: PersonName,
    /// The unit of today.
    pub unit: UnitId,
    /// Position, as the decision names it.
    pub position: Option<String>,
    /// Standing.
    pub state: StaffState,
    /// The day of joining.
    pub since: Date,
}

/// A unit of the department.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unit {
    /// For ever.
    pub id: UnitId,
    /// Short name; also the local part of its address.
    pub code: String,
    /// Full name.
    pub name: String,
    /// What sort.
    pub kind: UnitKind,
    /// On the network or not.
    pub place: Place,
    /// The unit it belongs to.
    pub parent: Option<UnitId>,
    /// Who answers for it.
    pub head: Option<StaffId>,
    /// In being or not.
    pub state: UnitState,
    /// The day of its creation.
    pub since: Date,
}

/// Whose a mailbox is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Owner {
    /// A person's own.
    Staff(StaffId),
    /// A unit's, answered for by its head.
    Unit(UnitId),
    /// The department's, answered for by its leaders.
    Department,
}

/// A mailbox and the addresses that lead to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mailbox {
    /// For ever, whatever its addresses.
    pub id: MailboxId,
    /// Whose.
    pub owner: Owner,
    /// In use or not.
    pub state: MailboxState,
    /// Octets of mail it may hold.
    pub quota_bytes: u64,
    /// How far its mail may go.
    pub reach: Reach,
    /// Rises with every change of password, state or right.
    pub generation: Generation,
    /// The day it was opened.
    pub opened: Date,
    /// While it is closed: until when, and what becomes of new mail.
    pub grace: Option<Grace>,
    /// Live addresses, the primary one first.
    pub addresses: Vec<Held>,
}

/// The time between the closing of a mailbox and its removal (R15).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Grace {
    /// The day on which the mailbox is archived and removed.
    pub until: Date,
    /// What becomes of new mail until then.
    pub treatment: Treatment,
}

/// What becomes of new mail to a closed mailbox (R15).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Treatment {
    /// The sender is told that the holder has left, and whom to write to instead where somebody took over.
    Reply(Option<Address>),
    /// It is put into the mailbox of this address.
    Forward(Address),
    /// It is refused.
    Refuse,
}

/// An address that was given out: live, or at rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addressed {
    /// For ever.
    pub id: AddressId,
    /// Whose it is, or was.
    pub mailbox: MailboxId,
    /// The address.
    pub address: Address,
    /// What it is to the mailbox.
    pub kind: AddressKind,
    /// Where it stands with the province; only a provincial one has this.
    pub province: Option<Province>,
    /// In use or not.
    pub state: AddressState,
    /// The day it was given.
    pub since: Date,
    /// At rest: the first day on which anybody may have it.
    pub until: Option<Date>,
}

/// What somebody may do with a mailbox that is not their own, by leave of its steward (R23, R25).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Delegation {
    /// For ever.
    pub id: DelegationId,
    /// Which mailbox.
    pub mailbox: MailboxId,
    /// Who.
    pub staff: StaffId,
    /// What.
    pub rights: Rights,
    /// From this day.
    pub since: Date,
    /// To this day, where it does not last until it is revoked.
    pub until: Option<Date>,
    /// Whether it was ended before.
    pub state: DelegationState,
}

/// What others may do with one folder, by leave of whoever answers for its mailbox (RFC 4314, R5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Grant {
    /// For ever.
    pub id: GrantId,
    /// Whose folder.
    pub mailbox: MailboxId,
    /// Which; it may be gone by now.
    pub folder: FolderId,
    /// To whom.
    #[serde(flatten)]
    pub to: Grantee,
    /// What.
    pub rights: Acl,
    /// Whether it was ended.
    pub state: DelegationState,
}

/// To whom a folder is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grantee {
    /// One person.
    Staff(StaffId),
    /// Whoever is of a unit.
    Unit(UnitId),
    /// Everybody of the department.
    Anyone,
}

/// What one may do with a mailbox: written `read,process,send` (R23).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Rights(u8);

/// Not a list of rights.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no right: write some of read, process, send, parted by commas")]
pub struct RightsError(String);

/// A live address of a mailbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Held {
    /// For ever.
    pub id: AddressId,
    /// The address.
    pub address: Address,
    /// What it is to the mailbox.
    pub kind: AddressKind,
    /// Where it stands with the province; only a provincial one has this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub province: Option<Province>,
}

/// Counts changes of what a mailbox's holder may do: what was granted under an older one has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, sqlx::Type)]
#[sqlx(transparent)]
#[serde(transparent)]
pub struct Generation(pub i64);

/// What the configuration says of the whole organisation: whose mail is ours, and who leads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Department {
    /// The department's own: every address in it is given out here (R3).
    pub own: Domain,
    /// The province's: some of its addresses belong to our mailboxes (R4).
    pub provincial: Option<Domain>,
    /// Who reads `postmaster@`, `abuse@` and the like (RFC 5321 §4.5.1); the department's mailbox where none is named.
    pub postmaster: Option<Address>,
    /// Positions whose holders lead the department, folded: they answer for its mailbox (R25).
    pub leaders: Vec<String>,
    /// The code of the unit that is the Office (P5.1).
    pub office: String,
    /// What the organisation calls itself.
    pub name: String,
}

impl Department {
    /// One domain, and everything else as it is where nothing is configured.
    #[cfg(test)]
    #[allow(clippy::unwrap_used, clippy::missing_panics_doc)]
    pub fn of(domain: &str) -> Self {
        let leaders = ["giam doc", "pho giam doc"].map(str::to_owned).to_vec();
        let own = domain.parse().unwrap();
        Self {
            own,
            provincial: None,
            postmaster: None,
            leaders,
            office: "van-phong".to_owned(),
            name: "Sở Tư pháp".to_owned(),
        }
    }

    /// Whether a position is one of its leaders'.
    pub fn is_led_by(&self, position: Option<&str>) -> bool {
        position.is_some_and(|position| self.leaders.contains(&fold(position)))
    }
}

impl Rights {
    /// To see what is there.
    pub const READ: Self = Self(1);
    /// To change, move, file and delete what is there; needs to see it.
    pub const PROCESS: Self = Self(3);
    /// To send from its address.
    pub const SEND: Self = Self(4);
    /// Everything: the owner's, and a steward's.
    pub const ALL: Self = Self(7);

    const WORDS: [(&'static str, &'static str, Self); 3] =
        [("read", "đọc", Self::READ), ("process", "xử lý", Self::PROCESS), ("send", "gửi", Self::SEND)];

    /// Whether all of these are among them.
    pub fn include(self, wanted: Self) -> bool {
        self.0 & wanted.0 == wanted.0
    }

    /// These and those.
    #[must_use]
    pub fn and(self, more: Self) -> Self {
        Self(self.0 | more.0)
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// As people say them.
    pub fn describe(self, language: Language) -> String {
        let held = Self::WORDS.iter().filter(|(.., one)| self.include(*one));
        let words = held.map(|(english, vietnamese, _)| match language {
            Language::Vi => *vietnamese,
            Language::En => *english,
        });
        words.collect::<Vec<_>>().join(", ")
    }
}

impl std::fmt::Display for Rights {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words: Vec<_> = Self::WORDS.iter().filter(|(.., one)| self.include(*one)).map(|(word, ..)| *word).collect();
        f.write_str(&words.join(","))
    }
}

impl std::str::FromStr for Rights {
    type Err = RightsError;

    fn from_str(text: &str) -> Result<Self, RightsError> {
        text.split(',').map(str::trim).try_fold(Self::default(), |rights, word| {
            let known = Self::WORDS.iter().find(|(name, ..)| *name == word);
            known.map(|(.., right)| rights.and(*right)).ok_or_else(|| RightsError(text.to_owned()))
        })
    }
}

impl TryFrom<String> for Rights {
    type Error = RightsError;

    fn try_from(text: String) -> Result<Self, RightsError> {
        text.parse()
    }
}

impl From<Rights> for String {
    fn from(rights: Rights) -> Self {
        rights.to_string()
    }
}

impl Treatment {
    /// Its kind.
    pub fn kind(&self) -> TreatmentKind {
        match self {
            Self::Reply(_) => TreatmentKind::Reply,
            Self::Forward(_) => TreatmentKind::Forward,
            Self::Refuse => TreatmentKind::Refuse,
        }
    }

    /// The address that goes with it.
    pub fn target(&self) -> Option<&Address> {
        match self {
            Self::Reply(successor) => successor.as_ref(),
            Self::Forward(to) => Some(to),
            Self::Refuse => None,
        }
    }
}

impl Delegation {
    /// Whether it holds on this day.
    pub fn holds(&self, today: Date) -> bool {
        let begun = self.since <= today && self.until.is_none_or(|last| today <= last);
        begun && self.state == DelegationState::Live
    }
}

impl Mailbox {
    /// The address it sends from; a mailbox always has one while it is not removed.
    pub fn primary(&self) -> Option<&Address> {
        self.addresses.iter().find(|held| held.kind == AddressKind::Primary).map(|held| &held.address)
    }

    /// Whether what comes in is the work of a unit or the department (R26).
    pub fn holds_work(&self) -> bool {
        self.state == MailboxState::Open && !matches!(self.owner, Owner::Staff(_))
    }

    /// The address that people know it by: the primary one, or for a removed mailbox nothing.
    pub fn shown(&self) -> String {
        self.primary().map_or_else(|| format!("mailbox:{}", self.id), ToString::to_string)
    }
}

impl std::fmt::Display for Owner {
    /// The subject of an audit entry: `staff:12`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Staff(id) => write!(f, "staff:{id}"),
            Self::Unit(id) => write!(f, "unit:{id}"),
            Self::Department => f.write_str("department"),
        }
    }
}
