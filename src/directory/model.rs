//! What the directory knows: people, units, mailboxes and their addresses.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::address::{Address, Domain};
use crate::id::{MailboxId, StaffId, UnitId};
use crate::name::PersonName;

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
    /// Live addresses, the primary one first.
    pub addresses: Vec<Held>,
}

/// A live address of a mailbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Held {
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

/// The domains whose mail is ours, from the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domains {
    /// The department's own: every address in it is given out here (R3).
    pub own: Domain,
    /// The province's: some of its addresses belong to our mailboxes (R4).
    pub provincial: Option<Domain>,
    /// Who reads `postmaster@`, `abuse@` and the like (RFC 5321 §4.5.1); the department's mailbox where none is named.
    pub postmaster: Option<Address>,
}

impl Mailbox {
    /// The address it sends from; a mailbox always has one while it is not removed.
    pub fn primary(&self) -> Option<&Address> {
        self.addresses.iter().find(|held| held.kind == AddressKind::Primary).map(|held| &held.address)
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
