//! The list of provincial addresses as one state of the directory has it, and what changed between two of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::judge::{self, Told};
use super::replay::{Cell, Paper, Row, State, id, text};
use crate::directory::Province;
use crate::id::{DecisionId, MailboxId};

/// Whose mailbox an address leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A person's.
    Staff,
    /// A unit's.
    Unit,
    /// The department's.
    Department,
}

/// A provincial address that is in use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// The address.
    pub address: String,
    /// The mailbox that it leads to: the same for ever, whatever its holder is called.
    pub mailbox: MailboxId,
    /// Whose it is.
    pub kind: Kind,
    /// The person's name; of a unit, its head's.
    pub name: Option<String>,
    /// The unit's name; of a person, that of the unit where the person works.
    pub unit: Option<String>,
    /// The person's position.
    pub position: Option<String>,
}

/// The entry that made something as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Cause {
    seq: i64,
    decision: Option<DecisionId>,
}

/// A listing with the entries that made it so.
#[derive(Clone, Debug)]
struct Caused {
    listing: Listing,
    /// That the address is in use.
    used: Cause,
    /// What is said of it.
    said: Cause,
}

/// What is to become of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum What {
    /// It is no longer in use. Comes first: the same address may go to somebody else in the same file.
    Withdraw,
    /// It is, and something else is said of it.
    Update,
    /// It is now.
    Register,
}

/// A line of a change file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The entry of the audit that is the cause.
    pub seq: i64,
    /// What is to be done.
    pub change: What,
    /// To which address, and what is said of it.
    #[serde(flatten)]
    pub listing: Listing,
    /// The decision behind it, where there is one.
    pub decision: Option<Paper>,
    /// The row of the address.
    #[serde(skip)]
    pub row: i64,
}

impl Cause {
    fn of(cell: &Cell) -> Self {
        Self { seq: cell.seq, decision: cell.decision }
    }

    /// The newest of several columns.
    fn newest<'c>(cells: impl IntoIterator<Item = Option<&'c Cell>>) -> Self {
        cells.into_iter().flatten().map(Self::of).max().unwrap_or_default()
    }
}

/// Every listed address, by the id of its row: live, at the province's domain, of a mailbox that is open.
pub fn list(state: &State) -> BTreeMap<i64, Listing> {
    caused(state).into_iter().map(|(id, caused)| (id, caused.listing)).collect()
}

fn caused(state: &State) -> BTreeMap<i64, Caused> {
    let of = |(row_id, address)| Some((row_id, one(state, address)?));
    state.rows("address").filter_map(of).collect()
}

/// The address as it is written.
pub(super) fn address_of(row: &Row) -> Option<String> {
    Some(format!("{}@{}", text(row, "local")?, text(row, "domain")?))
}

/// The mailbox that a row of a provincial address leads to, if it is in use.
fn one(state: &State, address: &Row) -> Option<Caused> {
    if text(address, "kind") != Some("provincial") || text(address, "state") != Some("live") {
        return None;
    }
    let mailbox_id = id(address, "mailbox")?;
    let mailbox = state.row("mailbox", mailbox_id)?;
    if text(mailbox, "state") != Some("open") {
        return None;
    }
    let used = Cause::newest([address.get("state"), address.get("mailbox"), mailbox.get("state")]);
    let (holder, cells) = said(state, mailbox)?;
    let said = Cause::newest(cells.into_iter().chain([address.get("mailbox")]));
    let listing = Listing { address: address_of(address)?, mailbox: MailboxId(mailbox_id), ..holder };
    Some(Caused { listing, used, said })
}

/// What is said of a mailbox's holder, with the columns that say it.
fn said<'s>(state: &'s State, mailbox: &'s Row) -> Option<(Listing, Vec<Option<&'s Cell>>)> {
    let nobody =
        |kind| Listing { address: String::new(), mailbox: MailboxId(0), kind, name: None, unit: None, position: None };
    let owned = |row: Option<&Row>, column| row.and_then(|row| text(row, column)).map(str::to_owned);
    let cell = |row: Option<&'s Row>, column| row.and_then(|row| row.get(column));
    match text(mailbox, "kind")? {
        "staff" => {
            let person = id(mailbox, "staff").and_then(|id| state.row("staff", id));
            let unit = person.and_then(|person| id(person, "unit")).and_then(|id| state.row("unit", id));
            let name = owned(person, "name");
            let position = owned(person, "position");
            let listing = Listing { name, unit: owned(unit, "name"), position, ..nobody(Kind::Staff) };
            let cells = ["name", "unit", "position"].map(|column| cell(person, column));
            Some((listing, cells.into_iter().chain([cell(unit, "name"), mailbox.get("staff")]).collect()))
        }
        "unit" => {
            let unit = id(mailbox, "unit").and_then(|id| state.row("unit", id));
            let head = unit.and_then(|unit| id(unit, "head")).and_then(|id| state.row("staff", id));
            let listing = Listing { name: owned(head, "name"), unit: owned(unit, "name"), ..nobody(Kind::Unit) };
            let cells = vec![cell(unit, "name"), cell(unit, "head"), cell(head, "name"), mailbox.get("unit")];
            Some((listing, cells))
        }
        _ => Some((nobody(Kind::Department), Vec::new())),
    }
}

/// What the province's Centre must be told between two places of the audit: withdrawals, then updates, then
/// registrations, each in the order of their causes. What came and went between the two is not in it.
pub fn changes(before: &State, after: &State) -> Vec<Line> {
    let (old, new) = (list(before), caused(after));
    let withdrawn = old.iter().filter(|(row, _)| !new.contains_key(row)).filter_map(|(row, listing)| {
        // What the Centre refused is not there to be withdrawn.
        let known = province(after, *row) != Some(Province::Wanted);
        known.then(|| change(What::Withdraw, *row, listing.clone(), ended(after, *row), after))
    });
    // A withdrawal that was refused is asked for again.
    let again = after.rows("address").filter(|(row, _)| !old.contains_key(row) && !new.contains_key(row));
    let again = again.filter_map(|(row, _)| {
        let refused = matches!(province(after, row)?, Province::Sent | Province::Registered);
        refused.then(|| Some(change(What::Withdraw, row, gone(after, row)?, ended(after, row), after)))?
    });
    let told = new.iter().filter_map(|(row, caused)| {
        let what = match old.get(row) {
            // The Centre refused what an earlier file asked for: it is asked for again.
            Some(_) if province(after, *row) == Some(Province::Wanted) => What::Register,
            Some(listing) if *listing == caused.listing => return None,
            Some(_) => What::Update,
            None => What::Register,
        };
        let cause = if what == What::Update { caused.said } else { caused.used };
        Some(change(what, *row, caused.listing.clone(), cause, after))
    });
    let mut changes: Vec<_> = withdrawn.chain(again).chain(told).collect();
    changes.sort_by_key(|change| (change.change, change.seq, change.row));
    changes
}

fn change(what: What, row: i64, listing: Listing, cause: Cause, state: &State) -> Line {
    let decision = cause.decision.and_then(|id| state.paper(id)).cloned();
    Line { seq: cause.seq, change: what, listing, decision, row }
}

/// Why an address is no longer in use: it rests, or else its mailbox is closed.
fn ended(state: &State, row: i64) -> Cause {
    let Some(address) = state.row("address", row) else { return Cause::default() };
    if text(address, "state") != Some("live") {
        return Cause::newest([address.get("state")]);
    }
    let mailbox = id(address, "mailbox").and_then(|id| state.row("mailbox", id));
    Cause::newest([mailbox.and_then(|mailbox| mailbox.get("state"))])
}

/// What is left to say of an address that is not in use.
pub(super) fn gone(state: &State, row: i64) -> Option<Listing> {
    let address = state.row("address", row)?;
    let mailbox_id = id(address, "mailbox")?;
    let (holder, _) = said(state, state.row("mailbox", mailbox_id)?)?;
    Some(Listing { address: address_of(address)?, mailbox: MailboxId(mailbox_id), ..holder })
}

/// An address and where it stands with the Centre.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The address, and what is said of it.
    #[serde(flatten)]
    pub listing: Listing,
    /// Where it stands.
    pub state: Province,
    /// Whether it is in use: it belongs on the Centre's list.
    pub in_use: bool,
    /// Why the Centre refused what the newest file asked, where it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// Every provincial address that is in use or was ever told of, by address.
pub fn standings(state: &State, told: &[Told]) -> Vec<Standing> {
    let (used, newest) = (list(state), judge::newest(told));
    let of = |(row, address): (i64, &Row)| {
        if text(address, "kind") != Some("provincial") {
            return None;
        }
        let standing = province(state, row)?;
        let in_use = used.contains_key(&row);
        // What came and went before anybody was told.
        if !in_use && standing == Province::Wanted {
            return None;
        }
        let refusal =
            state.refusals().get(&row).filter(|refusal| newest.get(&row).is_none_or(|file| refusal.file >= *file));
        let listing = used.get(&row).cloned().or_else(|| gone(state, row))?;
        Some(Standing { listing, state: standing, in_use, refused: refusal.map(|refusal| refusal.reason.clone()) })
    };
    let mut standings: Vec<_> = state.rows("address").filter_map(of).collect();
    standings.sort_by(|one, other| (&one.listing.address, !one.in_use).cmp(&(&other.listing.address, !other.in_use)));
    standings
}

/// Where the address of a row stands with the Centre.
pub(super) fn province(state: &State, row: i64) -> Option<Province> {
    let word = text(state.row("address", row)?, "province")?;
    Province::ALL.iter().copied().find(|province| province.as_str() == word)
}
