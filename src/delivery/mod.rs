//! Putting arrived mail into mailboxes: one commit for all recipients of a message, durable before it is acknowledged
//! (invariant I1).

mod answer;

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::address::Address;
use crate::clock::Clock;
use crate::db::DbError;
use crate::directory::{Directory, MailboxState, Owner, Resolution, Snapshot, Treatment};
use crate::id::{FolderId, MailboxId};
use crate::limits;
use crate::mime::compose::Party;
use crate::mime::is_automatic;
use crate::spool::Slice;
use crate::store::{Append, FlagNames, Prepared, Store, StoreError};
use answer::Answer;

/// Delivers to local mailboxes. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Delivery {
    store: Store,
    directory: Directory,
    clock: Clock,
    /// What mailboxes hold, some seconds old: enough to refuse mail to a full one before it is sent.
    usage: moka::sync::Cache<MailboxId, u64>,
    /// When who was last told that which mailbox is closed.
    answered: moka::sync::Cache<Told, Timestamp>,
}

/// A closed mailbox, and the mailbox of somebody who was told so.
type Told = (MailboxId, MailboxId);

/// Whose message it is, and for whom: what MAIL and RCPT said.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// The reverse path; `None` is the null sender of a notice.
    pub from: Option<Address>,
    /// Each recipient; a mailbox that is named twice gets the message once.
    pub to: Vec<Recipient>,
}

/// A local recipient.
#[derive(Clone, Debug)]
pub struct Recipient {
    /// The mailbox that the address resolved to.
    pub mailbox: MailboxId,
    /// The address as it was given, with its sub-address.
    pub address: Address,
}

/// Why a message was not delivered. Nobody got it.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// The mailbox holds as much as it may.
    #[error("the mailbox is full")]
    OverQuota,
    /// The grace of a closed mailbox ended while the message came in: what is put there now is in no archive.
    #[error("the mailbox was closed for good")]
    Over,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<DbError> for DeliveryError {
    fn from(error: DbError) -> Self {
        Self::Store(error.into())
    }
}

impl Delivery {
    /// Over the store and the directory.
    pub fn new(store: Store, directory: Directory, clock: Clock) -> Self {
        let usage = moka::sync::Cache::builder()
            .max_capacity(limits::USAGE_CACHED_MAX)
            .time_to_live(Duration::from_secs(limits::USAGE_SECONDS_MAX))
            .build();
        let answered = moka::sync::Cache::builder()
            .max_capacity(limits::ANSWERED_MAX)
            .time_to_live(limits::ANSWERED_EVERY)
            .build();
        Self { store, directory, clock, usage, answered }
    }

    /// Whether a mailbox has room for a message of this many octets, as RCPT asks. What was acknowledged here is
    /// taken even if the mailbox fills up meanwhile: a sender is not told twice.
    pub async fn admit(&self, mailbox: MailboxId, octets: u64) -> Result<(), DeliveryError> {
        let quota = self.directory.snapshot().mailbox(mailbox).map_or(0, |m| m.quota_bytes);
        let used = if let Some(used) = self.usage.get(&mailbox) {
            used
        } else {
            let used = self.store.usage(mailbox).await?;
            self.usage.insert(mailbox, used);
            used
        };
        if used.saturating_add(octets) > quota { Err(DeliveryError::OverQuota) } else { Ok(()) }
    }

    /// Whether a closed mailbox is about to be archived and removed, so that nothing may come in any more (R15).
    pub fn is_over(&self, mailbox: MailboxId) -> bool {
        let snapshot = self.directory.snapshot();
        let grace = snapshot.mailbox(mailbox).and_then(|mailbox| mailbox.grace.as_ref());
        grace.is_some_and(|grace| grace.until <= self.clock.today())
    }

    /// Delivers a message, trace fields already on top, to all recipients or to none. Returns when it is durable.
    pub async fn accept(&self, envelope: Envelope, message: Vec<u8>) -> Result<(), DeliveryError> {
        let message = Arc::new(prepare(message));
        let date = self.clock.now();
        let mut copies: Vec<Append> = Vec::with_capacity(envelope.to.len());
        for recipient in &envelope.to {
            if self.is_over(recipient.mailbox) {
                return Err(DeliveryError::Over);
            }
            let folder = self.store.inbox(recipient.mailbox).await?;
            if copies.iter().any(|copy| copy.folder == folder) {
                continue;
            }
            let prefix = prefix(envelope.from.as_ref(), &recipient.address);
            let flags = FlagNames::default();
            copies.push(Append { folder, message: message.clone(), prefix, flags, date, quota: None });
        }
        let answers = self.answers(&envelope, &message).await;
        copies.extend(answers.iter().map(|(_, answer)| answer.clone()));
        if let Err(error) = self.store.append(copies).await {
            for (told, _) in &answers {
                self.answered.invalidate(told);
            }
            return Err(error.into());
        }
        Ok(())
    }

    /// For whoever wrote to closed mailboxes from here: what they are told, once a day for each. It is put into their
    /// INBOX in the commit of their message. No answer is no reason to refuse the message.
    async fn answers(&self, envelope: &Envelope, message: &Prepared) -> Vec<(Told, Append)> {
        let snapshot = self.directory.snapshot();
        let writer = envelope.from.as_ref().map(|from| (from, snapshot.resolve(from)));
        let Some((from, Resolution::Mailbox(writer))) = writer else { return Vec::new() };
        let original = message.bytes().unwrap_or_default();
        let mut answers = Vec::new();
        for recipient in &envelope.to {
            let Some(treatment) = replied_for(&snapshot, recipient.mailbox) else { continue };
            let told = (recipient.mailbox, writer);
            if is_automatic(original) || !self.is_due(told) {
                continue;
            }
            let closed = Party { name: &holder(&snapshot, recipient.mailbox), address: &recipient.address };
            let unique = format!("answer-{}-{writer}.{}", recipient.mailbox, self.clock.now().as_nanosecond());
            let (date, message) = (&self.clock.zoned(), original);
            let successor = treatment.target();
            let answer = Answer { closed, successor, writer: from, message, date, unique: &unique };
            match (answer.write(), self.store.inbox(writer).await) {
                (Ok(text), Ok(inbox)) => answers.push((told, self.append(inbox, text, from))),
                (Err(error), _) => tracing::warn!(%error, "somebody is not told of a closed mailbox"),
                (_, Err(error)) => tracing::warn!(%error, "somebody is not told of a closed mailbox"),
            }
        }
        answers
    }

    /// Whether somebody was not told within the last day; from here on they were.
    fn is_due(&self, told: Told) -> bool {
        let now = self.clock.now();
        let day = SignedDuration::try_from(limits::ANSWERED_EVERY).unwrap_or(SignedDuration::MAX);
        let due = self.answered.get(&told).is_none_or(|last| now.duration_since(last) >= day);
        if due {
            self.answered.insert(told, now);
        }
        due
    }

    fn append(&self, inbox: FolderId, text: Vec<u8>, to: &Address) -> Append {
        let (message, flags) = (Arc::new(Prepared::new(text)), FlagNames::default());
        Append { folder: inbox, message, prefix: prefix(None, to), flags, date: self.clock.now(), quota: None }
    }
}

/// What becomes of mail to a closed mailbox, where whoever writes to it is told so.
fn replied_for(snapshot: &Snapshot, mailbox: MailboxId) -> Option<&Treatment> {
    let closed = snapshot.mailbox(mailbox).filter(|mailbox| mailbox.state == MailboxState::Closed)?;
    closed.grace.as_ref().map(|grace| &grace.treatment).filter(|treatment| matches!(treatment, Treatment::Reply(_)))
}

/// The name of a mailbox's holder, as people know it.
fn holder(snapshot: &Snapshot, mailbox: MailboxId) -> String {
    let name = match snapshot.mailbox(mailbox).map(|mailbox| mailbox.owner) {
        Some(Owner::Staff(staff)) => snapshot.staff(staff).map(|person| person.name.to_string()),
        Some(Owner::Unit(unit)) => snapshot.unit(unit).map(|unit| unit.name.clone()),
        Some(Owner::Department) | None => None,
    };
    name.unwrap_or_default()
}

/// Parsing takes microseconds for usual mail; what is larger does not hold up the other connections.
pub fn prepare(message: Vec<u8>) -> Prepared {
    if message.len() <= limits::PARSED_IN_PLACE_BYTES_MAX {
        return Prepared::new(message);
    }
    // The runtime has several threads wherever mail arrives.
    tokio::task::block_in_place(|| Prepared::new(message))
}

/// The same of a message that was set aside.
pub fn prepare_aside(message: Slice) -> std::io::Result<Prepared> {
    tokio::task::block_in_place(|| Prepared::aside(message))
}

/// The lines a recipient's copy has on top: RFC 5321 §4.4 asks for Return-Path on final delivery.
fn prefix(from: Option<&Address>, to: &Address) -> Vec<u8> {
    let from = from.map(ToString::to_string).unwrap_or_default();
    format!("Return-Path: <{from}>\r\nDelivered-To: {to}\r\n").into_bytes()
}
