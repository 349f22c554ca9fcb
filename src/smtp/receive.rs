//! From 354 to the reply after the last dot: the message comes in within bounds, is looked at, and is delivered.

use std::net::IpAddr;

use tokio::time::Instant;
use tracing::{error, info};

use super::authentic::Disowned;
use super::connection::{Connection, ended};
use super::data::{DataFault, Decoder, Framing, LineEnds};
use super::header::{self, HeaderFault};
use super::incoming::{Incoming, Partial};
use super::plain::plain;
use super::received::{Received, SenderTrace};
use super::refusal::Refusal;
use super::reply::{self, Reply};
use super::session::{Answer, Transaction};
use super::standing::Standing;
use super::syntax::{Body, Mail};
use crate::access::{Access, Login, Withheld};
use crate::delivery::{DeliveryError, Destination, Envelope, Recipient};
use crate::limits;
use crate::milter::Rejected;
use crate::net::{Wire, WireError};
use crate::queue::HeldFor;

/// Why a message was not taken.
pub(super) enum Rejection {
    Data(DataFault),
    Header(HeaderFault),
    Disowned(Disowned),
    Session(Refusal),
    Author(Reply),
    Withheld(Withheld),
    Filter(Rejected),
    Delivery(DeliveryError),
}

impl From<Rejection> for Reply {
    fn from(rejection: Rejection) -> Self {
        match rejection {
            Rejection::Data(fault) => fault.into(),
            Rejection::Header(fault) => fault.into(),
            Rejection::Disowned(disowned) => disowned.into(),
            Rejection::Session(refusal) => refusal.into(),
            Rejection::Author(reply) => reply,
            Rejection::Withheld(withheld) => withheld.into(),
            Rejection::Filter(rejected) => rejected.into(),
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
        let mut partial = self.begin(wire, transaction, Framing::Dots);
        wire.queue(reply::GO_AHEAD.as_bytes());
        match self.read(wire, &mut partial.incoming).await {
            Ok(()) => Ok(Answer::Say(self.finish(partial).await)),
            Err(interruption) => interruption.answer(),
        }
    }

    /// Delivers a message of which all has come; what is said of it.
    pub(super) async fn finish(&self, partial: Partial) -> Reply {
        let Partial { transaction, incoming, trace_len, id, cipher } = partial;
        match self.deliver(transaction, incoming, trace_len, (&id, cipher.as_deref())).await {
            Ok(()) => {
                self.door.services.metrics.messages_accepted.inc();
                Reply::accepted(&id)
            }
            Err(rejection) => self.refused(&id, rejection.into()),
        }
    }

    /// Notes that a message is not taken.
    pub(super) fn refused(&self, id: &str, reply: Reply) -> Reply {
        self.door.services.metrics.messages_refused.inc();
        info!(%id, peer = %self.peer, code = reply.code(), "message refused");
        reply
    }

    /// A message of which nothing has come yet: with its trace field.
    pub(super) fn begin(&self, wire: &Wire, transaction: Transaction, framing: Framing) -> Partial {
        let id = self.door.message_id();
        let trace = self.trace(wire, &transaction, &id);
        let services = &self.door.services;
        let decoder = decoder(self.standing(), transaction.mail.body, framing, services.settings.message_bytes_max);
        let announced = transaction.mail.size.and_then(|size| usize::try_from(size).ok()).unwrap_or(0);
        let incoming = Incoming::new(trace.as_bytes(), announced, decoder, &services.in_flight);
        Partial { transaction, incoming, trace_len: trace.len(), id, cipher: wire.stream().cipher() }
    }

    fn trace(&self, wire: &Wire, transaction: &Transaction, id: &str) -> String {
        let services = &self.door.services;
        let recipient = match transaction.recipients.as_slice() {
            [only] => Some(&only.address),
            _ => None,
        };
        Received {
            hello: self.session.hello(),
            peer: self.shown_peer(),
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

    /// The client's address as recipients see it.
    fn shown_peer(&self) -> Option<IpAddr> {
        let told = match self.standing() {
            Standing::Person(_) | Standing::Device(_) => self.door.services.settings.sender_trace,
            Standing::Trusted | Standing::List | Standing::Stranger => SenderTrace::Address,
        };
        (told == SenderTrace::Address).then(|| self.peer.ip())
    }

    /// Reads to the end of the data. A message that is refused is read too, up to a limit, so that the client is there
    /// to hear why.
    async fn read(&self, wire: &mut Wire, incoming: &mut Incoming) -> Result<(), Interruption> {
        let mut discarded = 0;
        loop {
            let input = self.input(wire, incoming.by).await?;
            let (len, end) = (input.len(), incoming.take(input));
            wire.consume(end.unwrap_or(len));
            if end.is_some() {
                return Ok(());
            }
            if let Some(fault) = incoming.fault() {
                discarded += len;
                if discarded > limits::SMTP_DISCARD_BYTES_MAX {
                    return Err(Interruption::Refused(fault.into()));
                }
            }
        }
    }

    /// The next piece of a message, while whoever sends it may.
    pub(super) async fn input<'w>(&self, wire: &'w mut Wire, by: Instant) -> Result<&'w [u8], Interruption> {
        let by = by.min(Instant::now() + limits::SMTP_DATA_WAIT_MAX);
        let input = tokio::select! {
            biased;
            input = wire.fill(by) => input?,
            () = ended(self.session.login()) => return Err(Refusal::LoginEnded.into()),
        };
        if input.is_empty() { Err(WireError::Closed.into()) } else { Ok(input) }
    }

    /// Looks at the message and gives it to every recipient, or to none.
    async fn deliver(
        &self,
        transaction: Transaction,
        incoming: Incoming,
        trace_len: usize,
        (id, cipher): (&str, Option<&str>),
    ) -> Result<(), Rejection> {
        let (mut bytes, mut room) = incoming.whole().map_err(Rejection::Data)?;
        let message = bytes.get(trace_len..).unwrap_or_default();
        let header = header::block(message);
        header::check_loop(header, &transaction.recipients)?;
        // It may be written anew, and be as long as the message.
        room.grow_to(bytes.capacity() + header.len()).map_err(Rejection::Data)?;
        if self.session.login().is_some_and(|login| !login.holds()) {
            return Err(Rejection::Session(Refusal::LoginEnded));
        }
        let verdict = self.look_at(transaction.mail.from.as_ref(), message, id).await?;
        let origin = self.origin(transaction.mail.from.as_ref(), header, verdict.as_ref());
        let mut spoken_for = None;
        if let Some(header) = self.check_author(&transaction, message, id).map_err(Rejection::Author)? {
            spoken_for = header.spoken_for;
            bytes.reserve_exact(header.text.len().saturating_sub(header.old));
            bytes.splice(trace_len..trace_len + header.old, header.text);
        }
        bytes = plain(bytes, trace_len, (&transaction, self.standing()), &mut room).map_err(Rejection::Data)?;
        self.disclaim(&mut bytes, trace_len);
        let filtered = self.filter(&transaction, &mut bytes, trace_len, id, cipher).await?;
        let filing = self.complete(verdict, &mut bytes, trace_len).max(filtered.filing);
        let fault = self.fault(&transaction, header::block(bytes.get(trace_len..).unwrap_or_default()));
        let len = bytes.len();
        let Transaction { mail: Mail { from, smtputf8, dsn, .. }, recipients: to } = transaction;
        let sender = from.as_ref().map(ToString::to_string).unwrap_or_default();
        let recipients = to.len();
        let login = self.session.login();
        let charged = self.charge(&to).await.map_err(Rejection::Withheld)?;
        let (id_of, mailbox, burst) = (id.to_owned(), login.map(|login| login.mailbox), charged.held);
        let held_for = filtered.held.or(burst);
        let by = login.and_then(Login::staff);
        let held = held_for;
        let envelope = Envelope { id: id_of, from, mailbox, by, smtputf8, dsn, to, held, filing, spoken_for, origin };
        self.door.services.delivery.accept(envelope, bytes).await.map_err(|cause| {
            error!(%id, %cause, "message not delivered");
            charged.take_back();
            Rejection::Delivery(cause)
        })?;
        drop((room, filtered));
        // Who sent it, whatever the address that it was sent from (R19).
        if let (Some(login), Some(text)) = (login, fault) {
            self.report(login, text, id).await;
        }
        let (staff, name) = (by.map(|staff| staff.0), login.map(|login| login.name.as_str()));
        info!(%id, peer = %self.peer, staff, name, %sender, recipients, bytes = len, held = ?held_for, ?filing, "message accepted");
        Ok(())
    }

    /// Counts the recipients of a person's message. What goes beyond the allowance is held for the administrator, up to a
    /// bound beyond which it stays in the mail program (R21).
    async fn charge(&self, to: &[Recipient]) -> Result<Charged<'_>, Withheld> {
        let (services, recipients) = (&self.door.services, u32::try_from(to.len()).unwrap_or(u32::MAX));
        let outside = to.iter().filter(|recipient| matches!(recipient.destination, Destination::Out(_)));
        let outside = outside.map(|recipient| &recipient.address);
        let charged = Charged { access: &services.access, login: self.session.login(), recipients, held: None };
        let Some(login) = charged.login else { return Ok(charged) };
        match services.access.charge(login, recipients, outside, services.settings.allowance).await {
            Ok(()) => Ok(charged),
            Err(Withheld::Enough(_)) if services.delivery.may_hold(Some(login.mailbox)).await? => {
                Ok(Charged { held: Some(HeldFor::Burst), ..charged })
            }
            Err(Withheld::Enough(bound)) => {
                services.delivery.count_refused().await?;
                Err(Withheld::Enough(bound))
            }
            Err(withheld) => Err(withheld),
        }
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

/// What the lines of a message must be.
fn decoder(client: Standing<'_>, body: Body, framing: Framing, max: usize) -> Decoder {
    let ends = match (body, client) {
        (Body::Binary, _) => LineEnds::Any,
        (Body::Text, Standing::Person(_) | Standing::Device(_)) => LineEnds::Repair,
        (Body::Text, Standing::Trusted | Standing::List | Standing::Stranger) => LineEnds::Strict,
    };
    Decoder::new(ends, framing, max)
}

/// What ends the reading of a message before its end.
pub(super) enum Interruption {
    Wire(WireError),
    Refused(Reply),
}

impl Interruption {
    /// What is said before the connection is closed; nothing where it is lost.
    pub(super) fn answer(self) -> Result<Answer, WireError> {
        match self {
            Self::Wire(WireError::TimedOut) => Ok(Answer::HangUp(Refusal::TooSlow.into())),
            Self::Wire(error) => Err(error),
            Self::Refused(reply) => Ok(Answer::HangUp(reply)),
        }
    }
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
