//! Putting arrived mail into mailboxes and into the queue: one commit for all recipients of a message, durable before it
//! is acknowledged (invariant I1). What becomes of mail in the queue is marked, and told to its sender, here too.

mod administer;
mod answer;
mod batch;
mod filed;
mod filing;
mod notice;
mod outbound;
mod posting;
mod receipt;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use jiff::{SignedDuration, Timestamp};

use crate::address::Address;
use crate::authentic::Keys;
use crate::clock::Clock;
use crate::db::{Db, DbError};
use crate::directory::{Directory, MailboxState, Owner, Resolution, Snapshot, Treatment};
use crate::figure::{self, Figure, Figures};
use crate::id::{FolderId, MailboxId, StaffId};
use crate::limits;
use crate::mime::compose::Party;
use crate::mime::{fields, is_automatic};
use crate::queue::{
    self, EnvelopeDsn, Form, HeldFor, Lane, NewJob, NewRecipient, Queue, Reason, RecipientDsn, Routing,
};
use crate::spool::Slice;
use crate::store::{Append, FlagNames, Flags, Prepared, SpecialUse, Store, StoreError};
use answer::Answer;
use batch::{Batch, Sending};
use filed::Judged;
use notice::Event;
use outbound::About;

pub use administer::{Change, Changed};
pub use filing::{Origin, Proof};
pub use outbound::NextTells;
pub use posting::Tagged;

/// Delivers to mailboxes here, and to the queue for others. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Delivery {
    db: Db,
    store: Store,
    directory: Directory,
    queue: Queue,
    clock: Clock,
    settings: Arc<ArcSwap<Settings>>,
    /// What mailboxes hold, some seconds old: enough to refuse mail to a full one before it is sent.
    usage: moka::sync::Cache<MailboxId, u64>,
    /// When who was last told that which mailbox is closed.
    answered: moka::sync::Cache<Told, Timestamp>,
    /// Numbers of notices: counted from the microsecond of the start, so that no two runs share one.
    notices: Arc<AtomicU64>,
}

/// What the configuration says about mail that goes elsewhere.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// How this server calls itself.
    pub hostname: String,
    /// Which ways out there are.
    pub routing: Routing,
    /// Signs what the server itself writes.
    pub keys: Keys,
    /// Which sections units share.
    pub sections: Vec<Tagged>,
}

/// A closed mailbox, and the mailbox of somebody who was told so.
type Told = (MailboxId, MailboxId);

/// Whose message it is, and for whom: what MAIL and RCPT said.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// As the log calls the message.
    pub id: String,
    /// The reverse path; `None` is the null sender of a notice.
    pub from: Option<Address>,
    /// The mailbox of whoever is logged in.
    pub mailbox: Option<MailboxId>,
    /// The person who is logged in.
    pub by: Option<StaffId>,
    /// Whether MAIL said SMTPUTF8.
    pub smtputf8: bool,
    /// What the sender wants to be told.
    pub dsn: EnvelopeDsn,
    /// Each recipient; a mailbox that is named twice gets the message once.
    pub to: Vec<Recipient>,
    /// Whether all of it waits for the administrator.
    pub held: Option<HeldFor>,
    /// Where mailboxes here get it.
    pub filing: Filing,
    /// The unit's mailbox in whose name somebody sends: those who share it find what was sent in its Sent folder (R19).
    pub spoken_for: Option<MailboxId>,
    /// What is known of who wrote it.
    pub origin: Origin,
}

impl Envelope {
    /// The unit's mailbox in whose name it is sent, by a person or by the unit's own machine.
    fn in_name_of(&self) -> Option<MailboxId> {
        self.spoken_for.or(self.mailbox.filter(|_| self.by.is_none()))
    }
}

/// The folder that a message is put into; the later is that of whoever trusts it less.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Filing {
    /// INBOX.
    #[default]
    Inbox,
    /// The folder for unwanted mail; INBOX where the mailbox has none.
    Junk,
}

/// A recipient whose mail is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// Where the message goes.
    pub destination: Destination,
    /// The address as it was given, with its sub-address.
    pub address: Address,
    /// What the sender wants to be told.
    pub dsn: RecipientDsn,
}

/// Where a message goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// To the mailbox that the address resolved to.
    Mailbox(MailboxId),
    /// Elsewhere.
    Out(Lane),
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
    /// Over the database and what is in it.
    pub fn new(db: Db, store: Store, directory: Directory, queue: Queue, clock: Clock) -> Self {
        let usage = moka::sync::Cache::builder()
            .max_capacity(limits::USAGE_CACHED_MAX)
            .time_to_live(Duration::from_secs(limits::USAGE_SECONDS_MAX))
            .build();
        let answered = moka::sync::Cache::builder()
            .max_capacity(limits::ANSWERED_MAX)
            .time_to_live(limits::ANSWERED_EVERY)
            .build();
        let notices = Arc::new(AtomicU64::new(u64::try_from(clock.now().as_microsecond()).unwrap_or(0)));
        let settings = Arc::default();
        Self { db, store, directory, queue, clock, settings, usage, answered, notices }
    }

    /// What the configuration says now.
    pub fn configure(&self, settings: Settings) {
        self.settings.store(Arc::new(settings));
    }

    /// The way of a recipient who is not here; none where there is no way.
    pub fn lane(&self, from: Option<&Address>, to: &Address) -> Option<Lane> {
        self.settings.load().routing.lane(from, to.domain())
    }

    /// Whether more of a sender's mail may be held, or more of all who are not from here: what nobody releases must not fill
    /// the disk.
    pub async fn may_hold(&self, mailbox: Option<MailboxId>) -> Result<bool, DbError> {
        let (messages, octets) = queue::held_of(&mut *self.db.read().await?, mailbox).await?;
        Ok(messages < limits::HELD_MESSAGES_MAX && octets < limits::HELD_BYTES_MAX)
    }

    /// Counts a message that its sender keeps, because enough of theirs is held.
    pub async fn count_refused(&self) -> Result<(), DbError> {
        figure::count_one(&self.db, self.clock.today(), Figure::Refused).await
    }

    fn next_notice(&self) -> u64 {
        self.notices.fetch_add(1, Ordering::Relaxed)
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

    /// Takes a message, trace fields already on top, for all recipients or for none: into mailboxes here and into the
    /// queue for others, in one commit. Returns when it is durable.
    pub async fn accept(&self, envelope: Envelope, message: Vec<u8>) -> Result<(), DeliveryError> {
        let message = Arc::new(prepare(message));
        let judged = self.judge(&envelope, &message).await?;
        let mut copies = self.copies(&envelope, &message, judged.as_ref()).await?;
        let sent = self.sent(&envelope, &message).await?;
        let in_name_of = envelope.in_name_of().filter(|_| sent.is_none());
        let answering = in_name_of.map(|mailbox| (mailbox, message.clone()));
        copies.extend(sent);
        let (by, counted) = (envelope.by, counted(&envelope));
        let mut batch = Batch { copies, by, answering, counted, ..Batch::default() };
        let jobs = jobs(&envelope, &message);
        if !jobs.is_empty() {
            batch.sendings.push(Sending { message: message.clone(), jobs });
        }
        let told = if envelope.held.is_some() {
            self.tell_held(&envelope, &message, &mut batch).await?
        } else {
            self.tell_delivered(&envelope, &message, &mut batch).await?;
            if let Some(judged) = &judged {
                self.tell_judged(judged, &envelope, &message, &mut batch).await?;
            }
            self.answer(&envelope, &message, &mut batch).await
        };
        if let Err(error) = self.commit(batch).await {
            for told in &told {
                self.answered.invalidate(told);
            }
            return Err(error.into());
        }
        Ok(())
    }

    /// The copies for mailboxes here; there is none of what is held.
    async fn copies(
        &self,
        envelope: &Envelope,
        message: &Arc<Prepared>,
        judged: Option<&Judged>,
    ) -> Result<Vec<Append>, DeliveryError> {
        let date = self.clock.now();
        let mut copies: Vec<Append> = Vec::with_capacity(envelope.to.len());
        for recipient in envelope.to.iter().filter(|_| envelope.held.is_none()) {
            let Destination::Mailbox(mailbox) = recipient.destination else { continue };
            if self.is_over(mailbox) {
                return Err(DeliveryError::Over);
            }
            let judged = judged.filter(|judged| judged.department == mailbox).map(|judged| judged.folder);
            let folder = match (judged, self.section(mailbox, envelope, &recipient.address).await?) {
                (Some(folder), _) | (None, Some(folder)) => folder,
                (None, None) => self.folder(mailbox, envelope.filing).await?,
            };
            if copies.iter().any(|copy| copy.folder == folder) {
                continue;
            }
            let prefix = prefix(envelope.from.as_ref(), &recipient.address);
            let flags = FlagNames::default();
            copies.push(Append { folder, message: message.clone(), prefix, flags, date, quota: None });
        }
        Ok(copies)
    }

    /// What goes into the Sent folder of the mailbox in whose name it is sent.
    async fn sent(&self, envelope: &Envelope, message: &Arc<Prepared>) -> Result<Option<Append>, DeliveryError> {
        let Some(mailbox) = envelope.spoken_for else { return Ok(None) };
        let Some(folder) = self.store.folder_for(mailbox, SpecialUse::Sent).await? else { return Ok(None) };
        let flags = FlagNames { system: Flags::SEEN, ..FlagNames::default() };
        let (message, date) = (message.clone(), self.clock.now());
        Ok(Some(Append { folder, message, prefix: Vec::new(), flags, date, quota: None }))
    }

    async fn folder(&self, mailbox: MailboxId, filing: Filing) -> Result<FolderId, StoreError> {
        let junk = match filing {
            Filing::Inbox => None,
            Filing::Junk => self.store.folder_for(mailbox, SpecialUse::Junk).await?,
        };
        match junk {
            Some(folder) => Ok(folder),
            None => self.store.inbox(mailbox).await,
        }
    }

    /// Who asked for it is told that the message is in the mailbox (RFC 3461 §4.1).
    async fn tell_delivered(
        &self,
        envelope: &Envelope,
        message: &Prepared,
        batch: &mut Batch,
    ) -> Result<(), DeliveryError> {
        let here = |recipient: &&Recipient| {
            matches!(recipient.destination, Destination::Mailbox(_)) && recipient.dsn.wants_success()
        };
        let told = envelope.to.iter().filter(here);
        let told: Vec<_> = told.map(|r| (&r.address, &r.dsn, Reason::delivered())).collect();
        self.tell_of(Event::Delivered, &told, (envelope, message), batch).await
    }

    /// Whoever sent more than they may is told, once a day, that it waits (R21).
    async fn tell_held(
        &self,
        envelope: &Envelope,
        message: &Prepared,
        batch: &mut Batch,
    ) -> Result<Vec<Told>, DeliveryError> {
        let told = envelope.to.iter().filter(|recipient| recipient.dsn.wants_delay());
        let told: Vec<_> = told.map(|r| (&r.address, &r.dsn, Reason::held())).collect();
        let is_due = |mailbox: &MailboxId| !told.is_empty() && self.is_due((*mailbox, *mailbox));
        let burst = envelope.mailbox.filter(|_| envelope.held == Some(HeldFor::Burst));
        let Some(mailbox) = burst.filter(is_due) else { return Ok(Vec::new()) };
        self.tell_of(Event::Held, &told, (envelope, message), batch).await?;
        Ok(vec![(mailbox, mailbox)])
    }

    /// Adds a notice about a message that is being accepted.
    async fn tell_of(
        &self,
        event: Event,
        told: &[(&Address, &RecipientDsn, Reason)],
        (envelope, message): (&Envelope, &Prepared),
        batch: &mut Batch,
    ) -> Result<(), DeliveryError> {
        let bytes = message.bytes().unwrap_or_default();
        let beginning = bytes.get(..limits::NOTICE_ORIGINAL_BYTES_MAX.min(bytes.len())).unwrap_or_default();
        let (from, dsn, arrival) = (envelope.from.as_ref(), &envelope.dsn, self.clock.now());
        let about = About { from, dsn, arrival, size: bytes.len() as u64, beginning };
        Ok(self.notify(&about, event, told, batch).await?)
    }

    /// For whoever wrote to closed mailboxes from here: what they are told, once a day for each. It is put into their
    /// INBOX in the commit of their message. No answer is no reason to refuse the message.
    async fn answer(&self, envelope: &Envelope, message: &Prepared, batch: &mut Batch) -> Vec<Told> {
        let snapshot = self.directory.snapshot();
        let writer = envelope.from.as_ref().map(|from| (from, snapshot.resolve(from)));
        let Some((from, Resolution::Mailbox(writer))) = writer else { return Vec::new() };
        let original = message.bytes().unwrap_or_default();
        let mut answered = Vec::new();
        for recipient in &envelope.to {
            let Destination::Mailbox(mailbox) = recipient.destination else { continue };
            let Some(treatment) = replied_for(&snapshot, mailbox) else { continue };
            let told = (mailbox, writer);
            if is_automatic(original) || !self.is_due(told) {
                continue;
            }
            let closed = Party { name: &holder(&snapshot, mailbox), address: &recipient.address };
            let unique = format!("answer-{mailbox}-{writer}.{}", self.clock.now().as_nanosecond());
            let (date, message) = (&self.clock.zoned(), original);
            let successor = treatment.target();
            let answer = Answer { closed, successor, writer: from, message, date, unique: &unique };
            match (answer.write(), self.store.inbox(writer).await) {
                (Ok(text), Ok(inbox)) => {
                    batch.copies.push(self.append(inbox, text, from));
                    answered.push(told);
                }
                (Err(error), _) => tracing::warn!(%error, "somebody is not told of a closed mailbox"),
                (_, Err(error)) => tracing::warn!(%error, "somebody is not told of a closed mailbox"),
            }
        }
        answered
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
        let text = self.settings.load().keys.signed(text);
        let (message, flags) = (Arc::new(Prepared::new(text)), FlagNames::default());
        Append { folder: inbox, message, prefix: prefix(None, to), flags, date: self.clock.now(), quota: None }
    }
}

/// What the report counts of a message that is accepted.
fn counted(envelope: &Envelope) -> Figures {
    let came = if envelope.mailbox.is_some() { Figure::Submitted } else { Figure::Received };
    let held = (envelope.held == Some(HeldFor::Burst)).then_some((Figure::Held, 1));
    std::iter::once((came, 1)).chain(held).collect()
}

/// The jobs of a message: one for each way that its recipients go. Held mail to mailboxes here is one too.
fn jobs(envelope: &Envelope, message: &Prepared) -> Vec<NewJob> {
    let mut ways: BTreeMap<Lane, Vec<NewRecipient>> = BTreeMap::new();
    for Recipient { destination, address, dsn } in &envelope.to {
        let lane = match destination {
            Destination::Out(lane) => lane.clone(),
            Destination::Mailbox(_) if envelope.held.is_some() => Lane::Local,
            Destination::Mailbox(_) => continue,
        };
        let of_lane = ways.entry(lane).or_default();
        if !of_lane.iter().any(|named| named.address == *address) {
            of_lane.push(NewRecipient { address: address.clone(), dsn: dsn.clone() });
        }
    }
    let bytes = message.bytes().unwrap_or_default();
    let eight_bit = !bytes.is_ascii();
    let in_header = || fields(bytes).any(|field| !field.raw.is_ascii());
    let internationalised = envelope.from.as_ref().is_some_and(|from| !from.is_ascii())
        || (envelope.smtputf8 && eight_bit && !ways.is_empty() && in_header());
    let job = |(lane, recipients): (Lane, Vec<NewRecipient>)| NewJob {
        name: envelope.id.clone(),
        from: envelope.from.clone(),
        mailbox: envelope.mailbox,
        lane,
        form: Form { eight_bit, utf8: internationalised },
        dsn: envelope.dsn.clone(),
        held: envelope.held,
        recipients,
    };
    ways.into_iter().map(job).collect()
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
