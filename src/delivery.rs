//! Putting arrived mail into mailboxes: one commit for all recipients of a message, durable before it is acknowledged
//! (invariant I1).

use std::sync::Arc;
use std::time::Duration;

use crate::address::Address;
use crate::clock::Clock;
use crate::db::DbError;
use crate::directory::Directory;
use crate::id::MailboxId;
use crate::limits;
use crate::store::{Append, FlagNames, Prepared, Store, StoreError};

/// Delivers to local mailboxes. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Delivery {
    store: Store,
    directory: Directory,
    clock: Clock,
    /// What mailboxes hold, some seconds old: enough to refuse mail to a full one before it is sent.
    usage: moka::sync::Cache<MailboxId, u64>,
}

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
        Self { store, directory, clock, usage }
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

    /// Delivers a message, trace fields already on top, to all recipients or to none. Returns when it is durable.
    pub async fn accept(&self, envelope: Envelope, message: Vec<u8>) -> Result<(), DeliveryError> {
        let message = Arc::new(prepare(message));
        let date = self.clock.now();
        let mut copies: Vec<Append> = Vec::with_capacity(envelope.to.len());
        for recipient in &envelope.to {
            let folder = self.store.inbox(recipient.mailbox).await?;
            if copies.iter().any(|copy| copy.folder == folder) {
                continue;
            }
            let prefix = prefix(envelope.from.as_ref(), &recipient.address);
            let flags = FlagNames::default();
            copies.push(Append { folder, message: message.clone(), prefix, flags, date, quota: None });
        }
        self.store.append(copies).await?;
        Ok(())
    }
}

/// Parsing takes microseconds for usual mail; what is larger does not hold up the other connections.
pub fn prepare(message: Vec<u8>) -> Prepared {
    if message.len() <= limits::PARSED_IN_PLACE_BYTES_MAX {
        return Prepared::new(message);
    }
    // The runtime has several threads wherever mail arrives.
    tokio::task::block_in_place(|| Prepared::new(message))
}

/// The lines a recipient's copy has on top: RFC 5321 §4.4 asks for Return-Path on final delivery.
fn prefix(from: Option<&Address>, to: &Address) -> Vec<u8> {
    let from = from.map(ToString::to_string).unwrap_or_default();
    format!("Return-Path: <{from}>\r\nDelivered-To: {to}\r\n").into_bytes()
}
