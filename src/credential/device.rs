//! Passwords of devices: of people's, which open what their own opens, and of machines of a unit or the department, which
//! are bound to a network and a purpose (R17, R23).

use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteConnection;

use super::records::{self, Kind, Stored};
use super::{Door, Hash};
use crate::db::{DbError, Tx};
use crate::id::MailboxId;
use crate::language::Language;
use crate::name::Label;
use crate::network::Network;

/// A device that has a password of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// What its holder calls it.
    pub name: String,
    /// What binds it; nothing binds a device of a person's own mailbox.
    #[serde(flatten)]
    pub bond: Option<Bond>,
    /// When the password was made, Unix seconds.
    pub set_at: i64,
    /// When it was last used, within ten minutes; never, where there is none.
    pub last_used: Option<i64>,
}

/// What binds the password of a machine: elsewhere, or for anything else, it opens nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bond {
    /// Where it connects from.
    pub networks: Vec<Network>,
    /// What it is there for, for people.
    pub purpose: Label,
    /// What it does.
    #[serde(rename = "for")]
    pub doors: Doors,
}

impl Bond {
    /// In words: what it is there for, what it does, from where.
    pub fn describe(&self, language: Language) -> String {
        let networks: Vec<_> = self.networks.iter().map(ToString::to_string).collect();
        let (does, from) = match (self.doors, language) {
            (Doors::Send, Language::Vi) => ("gửi thư", "từ mạng"),
            (Doors::Read, Language::Vi) => ("đọc thư", "từ mạng"),
            (Doors::Both, Language::Vi) => ("đọc và gửi thư", "từ mạng"),
            (Doors::Send, Language::En) => ("sends", "from"),
            (Doors::Read, Language::En) => ("reads", "from"),
            (Doors::Both, Language::En) => ("reads and sends", "from"),
        };
        format!("{}; {does}, {from} {}", self.purpose, networks.join(", "))
    }
}

/// What a machine does with a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "lowercase")]
#[sqlx(rename_all = "lowercase")]
pub enum Doors {
    /// It sends from its address: a scanner.
    Send,
    /// It reads what is there: a workflow program.
    Read,
    /// Both.
    Both,
}

impl Doors {
    /// All of them, as they are written on the command line.
    pub const ALL: [(Self, &'static str); 3] = [(Self::Send, "send"), (Self::Read, "read"), (Self::Both, "both")];

    /// Whether it comes in here.
    pub fn include(self, door: Door) -> bool {
        match door {
            Door::Smtp => matches!(self, Self::Send | Self::Both),
            Door::Imap => matches!(self, Self::Read | Self::Both),
            Door::Web => false,
        }
    }
}

/// The devices of a mailbox, in the order of their making.
pub async fn devices(connection: &mut SqliteConnection, mailbox: MailboxId) -> Result<Vec<Device>, DbError> {
    // A device's password has no end; what has one is over by then.
    let stored = records::of(connection, mailbox, i64::MAX).await?;
    let devices = stored.into_iter().filter(|stored| stored.kind == Kind::Device);
    Ok(devices
        .filter_map(|Stored { name, bond, set_at, last_used, .. }| {
            Some(Device { name: name?, bond, set_at, last_used })
        })
        .collect())
}

/// Whether any mailbox has a machine.
pub async fn has_machines(connection: &mut SqliteConnection) -> Result<bool, DbError> {
    let found = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM credential WHERE doors IS NOT NULL)");
    Ok(found.fetch_one(connection).await?)
}

/// Adds a device's password. That the name is new and there is room is the caller's to know.
pub async fn add_device(
    tx: &mut Tx,
    mailbox: MailboxId,
    (name, bond): (&str, Option<&Bond>),
    hash: &Hash,
    now: i64,
) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO credential (mailbox, kind, name, hash, standing, set_at, networks, purpose, doors) \
         VALUES (?, 'device', ?, ?, 'chosen', ?, ?, ?, ?)",
    )
    .bind(mailbox)
    .bind(name)
    .bind(&hash.0)
    .bind(now)
    .bind(bond.map(|bond| serde_json::json!(bond.networks).to_string()))
    .bind(bond.map(|bond| bond.purpose.as_str()))
    .bind(bond.map(|bond| bond.doors))
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Removes a device's password; the caller raises the mailbox's generation. Tells whether there was one.
pub async fn remove_device(tx: &mut Tx, mailbox: MailboxId, name: &str) -> Result<bool, DbError> {
    let removed = sqlx::query("DELETE FROM credential WHERE mailbox = ? AND kind = 'device' AND name = ?");
    Ok(removed.bind(mailbox).bind(name).execute(tx.connection()).await?.rows_affected() > 0)
}
