//! One client's connection: hears lines, has the session say what they mean, does it and answers.

use std::net::SocketAddr;

use bytes::Bytes;
use tokio::time::Instant;
use tracing::info;

use super::door::Door;
use super::incoming::Partial;
use super::refusal::Refusal;
use super::reply::{self, Reply};
use super::session::{Action, Answer, Session};
use crate::access::{self, Login, Origin};
use crate::limits;
use crate::net::sasl::{Credentials, Exchange, Turn};
use crate::net::{Wire, WireError};

/// Why a connection stopped hearing commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Everything is said; the wire is to be closed.
    Over,
    /// The handshake is next.
    StartTls,
}

/// A client, and what is known of it.
pub(super) struct Connection<'a> {
    pub(super) door: &'a Door,
    pub(super) peer: SocketAddr,
    pub(super) session: Session<Login, Partial>,
    /// Whether the client showed a certificate that is known.
    pub(super) is_known: bool,
    /// Octets of chunks that were thrown away since a message was last begun.
    pub(super) discarded: usize,
}

/// What came instead of a command.
enum Heard {
    Line(Bytes),
    TooLong,
    Gone,
    End(Refusal),
}

impl<'a> Connection<'a> {
    pub(super) fn new(door: &'a Door, peer: SocketAddr, session: Session<Login, Partial>) -> Self {
        Self { door, peer, session, is_known: false, discarded: 0 }
    }

    /// After the handshake.
    pub(super) fn secured(&mut self, wire: &Wire) {
        self.is_known = self.door.tls.knows(wire.stream());
        self.session.secured();
    }

    /// Does commands until the session ends or goes on under TLS. The replies may still be queued then.
    pub(super) async fn run(&mut self, wire: &mut Wire) -> Result<Outcome, WireError> {
        loop {
            let action = match self.hear(wire).await? {
                Heard::Line(line) => self.session.command(&line),
                Heard::TooLong => Action::Answer(self.session.endless_line()),
                Heard::Gone => return Ok(Outcome::Over),
                Heard::End(refusal) => Action::Answer(Answer::HangUp(refusal.into())),
            };
            let answer = match action {
                Action::Answer(answer) => answer,
                Action::Sender(mail) => {
                    let allowed = self.judge_sender(&mail);
                    Answer::Say(self.session.sender(mail, allowed))
                }
                Action::Recipient(path, dsn) => Answer::Say(self.recipient(path, dsn).await),
                Action::Receive(transaction) => self.receive(wire, transaction).await?,
                Action::Chunk(chunk, of) => self.chunk(wire, chunk, of).await?,
                Action::Login(exchange, initial) => self.log_in(wire, exchange, initial).await?,
                // What came behind STARTTLS in clear would be executed as if it had come under TLS.
                Action::StartTls if wire.has_input() => Answer::HangUp(Refusal::AheadOfReply.into()),
                Action::StartTls => {
                    wire.queue(reply::START_TLS.as_bytes());
                    return Ok(Outcome::StartTls);
                }
            };
            match answer {
                Answer::Say(reply) => wire.queue(reply.as_bytes()),
                Answer::HangUp(reply) => {
                    wire.queue(reply.as_bytes());
                    return Ok(Outcome::Over);
                }
            }
            if wire.is_full() {
                wire.flush(limits::WIRE_WRITE_STALL_MAX).await?;
            }
        }
    }

    /// The next line, or why there is none. A line that is here already is taken without a look at anything else,
    /// except whether the right to be logged in still holds.
    async fn hear(&self, wire: &mut Wire) -> Result<Heard, WireError> {
        let login = self.session.login();
        if login.is_some_and(|login| !login.holds()) {
            return Ok(Heard::End(Refusal::LoginEnded));
        }
        let command = Instant::now() + limits::SMTP_COMMAND_WAIT_MAX;
        let by = self.session.collecting().map_or(command, |partial| partial.incoming.by.min(command));
        let line = async {
            if self.session.hello().is_none() && wire.fill(by).await?.first().copied().is_some_and(is_foreign) {
                return Ok(Heard::End(Refusal::NotSmtp));
            }
            Ok(wire.line(limits::SMTP_AUTH_LINE_BYTES_MAX, by).await?.map_or(Heard::Gone, Heard::Line))
        };
        let heard = tokio::select! {
            biased;
            heard = line => heard,
            () = self.door.drain.cancelled() => Ok(Heard::End(Refusal::ShuttingDown)),
            () = ended(login) => Ok(Heard::End(Refusal::LoginEnded)),
        };
        match heard {
            Err(WireError::TooLong) => Ok(Heard::TooLong),
            Err(WireError::Endless) => Ok(Heard::End(Refusal::LineTooLong)),
            Err(WireError::TimedOut) => Ok(Heard::End(Refusal::TooSlow)),
            heard => heard,
        }
    }

    /// Carries a SASL exchange through: RFC 4954 §4.
    async fn log_in(
        &mut self,
        wire: &mut Wire,
        mut exchange: Exchange,
        initial: Option<String>,
    ) -> Result<Answer, WireError> {
        let mut response = initial.map(Bytes::from);
        loop {
            let line = if let Some(line) = response.take() {
                line
            } else {
                wire.queue(Reply::challenge(exchange.challenge()).as_bytes());
                match self.hear(wire).await? {
                    Heard::Line(line) => line,
                    Heard::TooLong => return Ok(self.session.endless_line()),
                    // Nobody is there to hear it.
                    Heard::Gone => return Ok(Answer::HangUp(reply::BYE)),
                    Heard::End(refusal) => return Ok(Answer::HangUp(refusal.into())),
                }
            };
            match exchange.answer(&line) {
                Ok(Turn::Ask(next)) => exchange = next,
                Ok(Turn::Done(credentials)) => return Ok(self.check(credentials).await),
                Err(error) => return Ok(self.session.bad(error.into())),
            }
        }
    }

    async fn check(&mut self, credentials: Credentials) -> Answer {
        let services = &self.door.services;
        let Credentials { authzid, authcid, password } = credentials;
        let from = Origin { door: access::Door::Smtp, peer: self.peer.ip() };
        match services.access.login(&authcid, &password, authzid.as_deref(), from).await {
            Ok(login) => {
                info!(peer = %self.peer, address = %login.address, name = login.name, "logged in");
                Answer::Say(self.session.logged_in(login))
            }
            Err(refusal) => {
                services.metrics.logins_failed.inc();
                info!(peer = %self.peer, name = ?authcid, %refusal, "login refused");
                self.session.bad(refusal.into())
            }
        }
    }
}

/// The first byte of a TLS handshake, or of something else that begins no line of text (hostile B26).
fn is_foreign(first: u8) -> bool {
    first.is_ascii_control() && !first.is_ascii_whitespace()
}

/// Resolves when the right to be logged in ends; never, for strangers.
pub(super) async fn ended(login: Option<&Login>) {
    match login {
        Some(login) => login.ended().await,
        None => std::future::pending().await,
    }
}
