//! From 354 to the reply after the last dot: the message comes in within bounds, is looked at, and is delivered.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use tracing::{error, info};

use super::authentic::Disowned;
use super::connection::{Connection, ended};
use super::data::{DataFault, Decoder, LineEnds};
use super::header::{self, HeaderFault};
use super::received::Received;
use super::refusal::Refusal;
use super::reply::{self, Reply};
use super::session::{Answer, Kind, Transaction};
use super::submission::{self, Repair};
use super::syntax::Mail;
use crate::access::{Access, Login, Withheld};
use crate::delivery::{DeliveryError, Envelope};
use crate::limits;
use crate::net::{Wire, WireError};
use crate::queue::HeldFor;

/// Why a message was not taken.
enum Rejection {
    Data(DataFault),
    Header(HeaderFault),
    Disowned(Disowned),
    Session(Refusal),
    Withheld(Withheld),
    Delivery(DeliveryError),
}

impl From<Rejection> for Reply {
    fn from(rejection: Rejection) -> Self {
        match rejection {
            Rejection::Data(fault) => fault.into(),
            Rejection::Header(fault) => fault.into(),
            Rejection::Disowned(disowned) => disowned.into(),
            Rejection::Session(refusal) => refusal.into(),
            Rejection::Withheld(withheld) => withheld.into(),
            Rejection::Delivery(error) => error.into(),
        }
    }
}

impl From<HeaderFault> for Rejection {
    fn from(fault: HeaderFault) -> Self {
        Self::Header(fault)
    }
}

impl From<Disowned> for Rejection {
    fn from(disowned: Disowned) -> Self {
        Self::Disowned(disowned)
    }
}

impl Connection<'_> {
    /// Receives the message of a transaction and delivers it.
    pub(super) async fn receive(&mut self, wire: &mut Wire, transaction: Transaction) -> Result<Answer, WireError> {
        if wire.has_input() {
            // It did not wait for 354, so what came is neither message nor command for certain (hostile B27).
            return Ok(Answer::HangUp(Refusal::AheadOfReply.into()));
        }
        let id = self.door.message_id();
        let trace = self.trace(wire, &transaction, &id);
        let mut incoming = self.incoming(&transaction, &trace);
        wire.queue(reply::GO_AHEAD.as_bytes());
        match self.read(wire, &mut incoming).await {
            Ok(()) => {}
            Err(Interruption::Wire(WireError::TimedOut)) => return Ok(Answer::HangUp(Refusal::TooSlow.into())),
            Err(Interruption::Wire(error)) => return Err(error),
            Err(Interruption::Refused(reply)) => return Ok(Answer::HangUp(reply)),
        }
        let reply = match self.deliver(transaction, incoming, trace.len(), &id).await {
            Ok(()) => {
                self.door.services.metrics.messages_accepted.inc();
                Reply::accepted(&id)
            }
            Err(rejection) => {
                self.door.services.metrics.messages_refused.inc();
                let reply = Reply::from(rejection);
                info!(%id, peer = %self.peer, code = reply.code(), "message refused");
                reply
            }
        };
        Ok(Answer::Say(reply))
    }

    fn trace(&self, wire: &Wire, transaction: &Transaction, id: &str) -> String {
        let services = &self.door.services;
        let recipient = match transaction.recipients.as_slice() {
            [only] => Some(&only.address),
            _ => None,
        };
        Received {
            hello: self.session.hello(),
            peer: self.peer.ip(),
            hostname: &services.settings.hostname,
            cipher: wire.stream().cipher().as_deref(),
            logged_in: self.session.login().is_some(),
            smtputf8: transaction.mail.smtputf8,
            id,
            recipient,
            date: &services.clock.zoned(),
        }
        .field()
    }

    fn incoming(&self, transaction: &Transaction, trace: &str) -> Incoming {
        let services = &self.door.services;
        let ends = match self.session.terms().kind {
            Kind::Relay => LineEnds::Strict,
            Kind::Submission | Kind::Submissions => LineEnds::Repair,
        };
        let decoder = Decoder::new(ends, services.settings.message_bytes_max);
        let announced = transaction.mail.size.and_then(|size| usize::try_from(size).ok()).unwrap_or(0);
        let mut incoming = Incoming { bytes: Vec::new(), decoder, room: Arc::clone(&services.in_flight), held: None };
        incoming.make_room(trace.len() + announced.min(limits::SMTP_RESERVE_BYTES));
        incoming.bytes.extend_from_slice(trace.as_bytes());
        incoming
    }

    /// Reads to the end of the data. A message that is refused is read too, up to a limit, so that the client is there
    /// to hear why.
    async fn read(&self, wire: &mut Wire, incoming: &mut Incoming) -> Result<(), Interruption> {
        let last = Instant::now() + limits::SMTP_MESSAGE_WAIT_MAX;
        let mut discarded = 0;
        loop {
            let by = last.min(Instant::now() + limits::SMTP_DATA_WAIT_MAX);
            let input = tokio::select! {
                biased;
                input = wire.fill(by) => input?,
                () = ended(self.session.login()) => return Err(Refusal::LoginEnded.into()),
            };
            if input.is_empty() {
                return Err(WireError::Closed.into());
            }
            let (len, end) = (input.len(), incoming.take(input));
            wire.consume(end.unwrap_or(len));
            if end.is_some() {
                return Ok(());
            }
            if let Some(fault) = incoming.decoder.fault() {
                discarded += len;
                if discarded > limits::SMTP_DISCARD_BYTES_MAX {
                    return Err(Interruption::Refused(fault.into()));
                }
            }
        }
    }

    /// Looks at the message and gives it to every recipient, or to none.
    async fn deliver(
        &self,
        transaction: Transaction,
        incoming: Incoming,
        trace_len: usize,
        id: &str,
    ) -> Result<(), Rejection> {
        if let Some(fault) = incoming.decoder.fault() {
            return Err(Rejection::Data(fault));
        }
        let Incoming { mut bytes, held, .. } = incoming;
        let message = bytes.get(trace_len..).unwrap_or_default();
        header::check_loop(header::block(message), &transaction.recipients)?;
        if let Some(login) = self.session.login() {
            if !login.holds() {
                return Err(Rejection::Session(Refusal::LoginEnded));
            }
            let missing = self.check_submission(login, &transaction, message, id)?;
            bytes.reserve_exact(missing.len());
            bytes.splice(trace_len..trace_len, missing);
        }
        let filing = self.authenticate(transaction.mail.from.as_ref(), &mut bytes, trace_len, id).await?;
        let fault = self.fault(&transaction, header::block(bytes.get(trace_len..).unwrap_or_default()));
        let len = bytes.len();
        let Transaction { mail: Mail { from, smtputf8, dsn, .. }, recipients: to } = transaction;
        let sender = from.as_ref().map(ToString::to_string).unwrap_or_default();
        let recipients = to.len();
        let login = self.session.login();
        let charged = self.charge(recipients).await.map_err(Rejection::Withheld)?;
        let (id_of, mailbox, burst) = (id.to_owned(), login.map(|login| login.mailbox), charged.held);
        let envelope = Envelope { id: id_of, from, mailbox, smtputf8, dsn, to, held: burst, filing };
        self.door.services.delivery.accept(envelope, bytes).await.map_err(|cause| {
            error!(%id, %cause, "message not delivered");
            charged.take_back();
            Rejection::Delivery(cause)
        })?;
        drop(held);
        // Who sent it, whatever the address that it was sent from (R19).
        if let (Some(login), Some(text)) = (login, fault) {
            self.report(login, text, id).await;
        }
        let (staff, name) = (login.and_then(Login::staff).map(|staff| staff.0), login.map(|login| login.name.as_str()));
        info!(%id, peer = %self.peer, staff, name, %sender, recipients, bytes = len, held = ?burst, "message accepted");
        Ok(())
    }

    /// Counts the recipients of a person's message. What goes beyond the allowance is held for the administrator, up to a
    /// bound beyond which it stays in the mail program (R21).
    async fn charge(&self, recipients: usize) -> Result<Charged<'_>, Withheld> {
        let (services, recipients) = (&self.door.services, u32::try_from(recipients).unwrap_or(u32::MAX));
        let charged = Charged { access: &services.access, login: self.session.login(), recipients, held: None };
        let Some(login) = charged.login else { return Ok(charged) };
        match services.access.charge(login, recipients, services.settings.allowance).await {
            Ok(()) => Ok(charged),
            Err(Withheld::Enough(_)) if services.delivery.may_hold(login.mailbox).await? => {
                Ok(Charged { held: Some(HeldFor::Burst), ..charged })
            }
            Err(withheld) => Err(withheld),
        }
    }

    /// Whether the message speaks for nobody but its sender; and what it lacks.
    fn check_submission(
        &self,
        login: &Login,
        transaction: &Transaction,
        message: &[u8],
        id: &str,
    ) -> Result<Vec<u8>, HeaderFault> {
        let services = &self.door.services;
        let header = header::strict_block(message)?;
        submission::check(header, |address| services.access.may_send_as(login, address))?;
        let from = transaction.mail.from.as_ref().unwrap_or(&login.address);
        let (date, hostname) = (&services.clock.zoned(), services.settings.hostname.as_str());
        Ok(Repair { from, date, id, hostname }.missing(message, header))
    }
}

/// Recipients that were counted for somebody; nothing for strangers.
struct Charged<'a> {
    access: &'a Access,
    login: Option<&'a Login>,
    recipients: u32,
    /// What is held was not counted.
    held: Option<HeldFor>,
}

impl Charged<'_> {
    fn take_back(&self) {
        if let (Some(login), None) = (self.login, self.held) {
            self.access.take_back(login, self.recipients);
        }
    }
}

/// What ends the reading of a message before its end.
enum Interruption {
    Wire(WireError),
    Refused(Reply),
}

impl From<WireError> for Interruption {
    fn from(error: WireError) -> Self {
        Self::Wire(error)
    }
}

impl From<Refusal> for Interruption {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal.into())
    }
}

/// A message on its way in, with the memory that was set aside for it out of that of all connections.
struct Incoming {
    bytes: Vec<u8>,
    decoder: Decoder,
    room: Arc<Semaphore>,
    held: Option<OwnedSemaphorePermit>,
}

impl Incoming {
    /// Takes what came; `Some` with the length of what belonged to the message when its end was there.
    fn take(&mut self, input: &[u8]) -> Option<usize> {
        if self.decoder.fault().is_none() {
            self.make_room(input.len());
        }
        let end = self.decoder.feed(input, &mut self.bytes);
        if self.decoder.fault().is_some() {
            self.bytes = Vec::new();
            self.held = None;
        }
        end
    }

    /// Sets memory aside before it is used: what the buffer is to grow to, doubling, in KiB.
    fn make_room(&mut self, more: usize) {
        let needed = self.bytes.len() + more;
        if needed <= self.bytes.capacity() {
            return;
        }
        let grown = needed.max(self.bytes.capacity() * 2);
        let held = self.held.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let missing = u32::try_from(grown.div_ceil(1024).saturating_sub(held)).unwrap_or(u32::MAX);
        match Arc::clone(&self.room).try_acquire_many_owned(missing) {
            Ok(permit) => {
                match &mut self.held {
                    Some(held) => held.merge(permit),
                    None => self.held = Some(permit),
                }
                self.bytes.reserve_exact(grown - self.bytes.len());
            }
            Err(_) => self.decoder.refuse(DataFault::NoRoom),
        }
    }
}
