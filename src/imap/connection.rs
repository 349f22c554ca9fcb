//! One client's connection: reads commands, has them done, and writes what there is to say.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::commands;
use super::intake::{Incoming, Intake};
use super::locate::Opened;
use super::refusal::{Farewell, Refusal, Stop};
use super::reply::{self, Done};
use super::session::{Idle, Session};
use super::syntax::{self, Assembler, Awaited, Cause, Command, Failure, Input, LiteralKind, Next, Tag, Tagged};
use super::table::{self, Stage, Standing};
use super::{Services, tell};
use crate::access::Login;
use crate::acl::Acl;
use crate::limits;
use crate::net::{Wire, WireError};
use crate::spool::Contents;
use crate::store::Store;

/// How a conversation ended without the connection having failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// The client goes on under TLS.
    StartTls,
    /// The client goes on compressed.
    Compress,
    /// The last words are said.
    Bye,
}

/// A client and all that is known of it.
pub(super) struct Connection {
    pub(super) wire: Wire,
    pub(super) session: Session,
    pub(super) services: Arc<Services>,
    pub(super) peer: SocketAddr,
    pub(super) drain: CancellationToken,
    assembler: Assembler,
    /// The messages of the command in hand; `Err` when there was no place left for one of them.
    pub(super) intake: Result<Intake, Refusal>,
}

/// What a session was woken by.
pub(super) enum Woken {
    /// A line; none where the client has gone.
    Line(Option<Bytes>),
    /// Something to tell.
    Events,
}

/// What came from the client.
enum Heard {
    Command(Input),
    Failure(Failure),
}

impl Connection {
    pub(super) fn new(wire: Wire, services: Arc<Services>, peer: SocketAddr, drain: CancellationToken) -> Self {
        let (session, assembler) = (Session::new(), Assembler::default());
        Self { wire, session, services, peer, drain, assembler, intake: Ok(Intake::default()) }
    }

    pub(super) fn into_wire(self) -> Wire {
        self.wire
    }

    /// The same session, compressed from here on.
    pub(super) fn compress(self) -> Self {
        Self { wire: self.wire.compress(), ..self }
    }

    /// The store, in the hands of whoever is logged in.
    pub(super) fn store(&self) -> Result<Store, Refusal> {
        Ok(self.services.store.by(self.session.login()?.staff()))
    }

    /// The first words, which spare the client a CAPABILITY.
    pub(super) fn greet(&mut self) {
        let mut text = Vec::new();
        reply::greeting(&mut text, &self.capabilities(), &self.services.settings.hostname);
        self.wire.queue(&text);
    }

    /// What can be done in the state the session is in.
    pub(super) fn capabilities(&self) -> String {
        table::capabilities(Standing {
            stage: self.session.stage(),
            secure: self.wire.stream().is_secure(),
            compressed: self.wire.stream().is_deflated(),
            login_allowed: self.may_send_password(),
            append_max: self.services.settings.message_bytes_max as u64,
        })
    }

    /// Whether a password may be sent as the connection is now.
    pub(super) fn may_send_password(&self) -> bool {
        let networks = &self.services.settings.plaintext_login_from;
        self.wire.stream().is_secure() || networks.iter().any(|n| n.contains(self.peer.ip()))
    }

    /// Does commands until the session ends.
    pub(super) async fn converse(&mut self) -> Result<Ended, WireError> {
        loop {
            match self.turn().await {
                Ok(None) => {}
                Ok(Some(ended)) => return Ok(ended),
                Err(Stop::End(farewell)) => return Ok(self.bye(farewell)),
                Err(Stop::Lost(WireError::TimedOut)) => return Ok(self.bye(Farewell::Idle)),
                Err(Stop::Lost(WireError::Endless)) => return Ok(self.bye(Farewell::Nonsense)),
                Err(Stop::Lost(error)) => return Err(error),
                // Refusals of commands are answered where the tag is known; this one has none.
                Err(Stop::Refused(refusal)) => self.refuse(None, &refusal),
            }
        }
    }

    /// One command, from its first line to its tagged answer.
    async fn turn(&mut self) -> Result<Option<Ended>, Stop> {
        let Some(heard) = self.command().await? else { return Ok(Some(Ended::Bye)) };
        let tagged = match heard {
            Heard::Command(input) => syntax::parse(input, self.session.dialect()),
            Heard::Failure(failure) => Err(failure),
        };
        // What came with the command is kept until it is done.
        let refused = if self.intake.is_err() { self.take_intake().err() } else { None };
        let ended = match tagged {
            Ok(tagged) => self.answer(tagged, refused).await,
            Err(failure) => {
                self.session.nonsense();
                if failure.error.cause == Cause::CharsetOfSaved {
                    self.session.forget_saved();
                }
                self.refuse(failure.tag.as_ref(), &Refusal::Syntax(failure.error));
                self.go_on()
            }
        };
        drop(self.take_intake());
        ended
    }

    fn take_intake(&mut self) -> Result<Intake, Refusal> {
        std::mem::replace(&mut self.intake, Ok(Intake::default()))
    }

    /// Does a command, tells what else is to be told, and says how it ended.
    async fn answer(&mut self, tagged: Tagged, refused: Option<Refusal>) -> Result<Option<Ended>, Stop> {
        let row = tagged.row;
        let ended = match tagged.command {
            Command::StartTls => Some(Ended::StartTls),
            Command::Compress => Some(Ended::Compress),
            Command::Logout => Some(Ended::Bye),
            _ => None,
        };
        let done = match refused.map_or_else(|| self.session.admits(row), Err) {
            Ok(()) => {
                // Whoever loses the right to be here is cut off from a long answer too.
                let here = Here::of(&self.session);
                tokio::select! {
                    biased;
                    () = here.ended() => Err(Stop::End(Farewell::RightsEnded)),
                    done = commands::run(self, &tagged.tag, tagged.command) => done,
                }
            }
            Err(refusal) => Err(refusal.into()),
        };
        self.session.sense();
        let result = match done {
            Ok(done) => Ok(done),
            Err(Stop::Refused(refusal)) => Err(refusal),
            Err(stop) => return Err(stop),
        };
        tell::news(self, row.tell).await?;
        tell::bounds(self);
        let mut text = Vec::new();
        let settings = &self.services.settings;
        reply::tagged(&mut text, tagged.tag.as_str(), row.name, &result, settings.language);
        // Behind the answer: what comes before it may be taken for words about the login.
        if matches!(result, Ok(Done::LoggedIn(_))) && self.session.login().is_ok_and(Login::must_change_password) {
            reply::first_password(&mut text, settings.page.as_deref(), settings.language);
        }
        self.wire.queue(&text);
        if self.wire.is_full() {
            self.wire.flush(limits::WIRE_WRITE_STALL_MAX).await?;
        }
        match ended.filter(|_| result.is_ok()) {
            Some(ended) => {
                self.wire.flush(limits::WIRE_WRITE_STALL_MAX).await?;
                Ok(Some(ended))
            }
            None => self.go_on(),
        }
    }

    /// Lines and literals until a command is whole; `None` when the client has gone.
    async fn command(&mut self) -> Result<Option<Heard>, Stop> {
        loop {
            let line = match self.next_line().await {
                Ok(Some(line)) => line,
                Ok(None) => return Ok(None),
                Err(Stop::Lost(WireError::TooLong)) => {
                    return Ok(Some(Heard::Failure(self.assembler.line_too_long())));
                }
                Err(stop) => return Err(stop),
            };
            let message_max = match self.session.stage() {
                Stage::NotAuthenticated => 0,
                Stage::Authenticated | Stage::Selected => self.services.settings.message_bytes_max,
            };
            match self.assembler.line(&line, message_max) {
                Next::Command(input) => return Ok(Some(Heard::Command(input))),
                Next::Refused(failure) => return Ok(Some(Heard::Failure(failure))),
                Next::Literal(awaited) => self.literal(awaited).await?,
                Next::Discard(octets) => self.discard(octets).await?,
                Next::Lost(failure) => {
                    self.refuse(failure.tag.as_ref(), &Refusal::Syntax(failure.error));
                    return Err(Stop::End(Farewell::OutOfStep));
                }
            }
        }
    }

    /// How long the client may say nothing: RFC 9051 §5.4.
    pub(super) fn patience(&self) -> Duration {
        match self.session.stage() {
            Stage::NotAuthenticated => limits::IMAP_LOGIN_WAIT_MAX,
            Stage::Authenticated | Stage::Selected => limits::IMAP_IDLE_MAX,
        }
    }

    /// The next line of a command; before its first the client is told what it wants to hear unasked.
    async fn next_line(&mut self) -> Result<Option<Bytes>, Stop> {
        if self.session.notify.is_none() || !self.assembler.is_between_commands() {
            return self.line(self.patience()).await;
        }
        let by = Instant::now() + self.patience();
        loop {
            match self.wait(by, Idle::No).await? {
                Woken::Line(line) => return Ok(line),
                // Boxed: a session that waits carries none of it.
                Woken::Events => Box::pin(tell::happened(self, Idle::No)).await?,
            }
        }
    }

    /// The next line, or what happens before it.
    pub(super) async fn wait(&mut self, by: Instant, idle: Idle) -> Result<Woken, Stop> {
        let here = Here::of(&self.session);
        let Self { wire, session, drain, .. } = self;
        let events = session.events(idle);
        tokio::select! {
            biased;
            () = drain.cancelled() => Err(Stop::End(Farewell::Draining)),
            () = here.ended() => Err(Stop::End(Farewell::RightsEnded)),
            line = wire.line(limits::IMAP_LINE_BYTES_MAX, by) => Ok(Woken::Line(line?)),
            () = tell::events(events) => Ok(Woken::Events),
        }
    }

    /// The next line, unless the session ends before it comes.
    pub(super) async fn line(&mut self, within: Duration) -> Result<Option<Bytes>, Stop> {
        let by = Instant::now() + within;
        let here = Here::of(&self.session);
        tokio::select! {
            biased;
            () = self.drain.cancelled() => Err(Stop::End(Farewell::Draining)),
            () = here.ended() => Err(Stop::End(Farewell::RightsEnded)),
            line = self.wire.line(limits::IMAP_LINE_BYTES_MAX, by) => Ok(line?),
        }
    }

    async fn literal(&mut self, awaited: Awaited) -> Result<(), Stop> {
        let size = awaited.size as u64;
        let incoming = match (awaited.kind, &mut self.intake) {
            (LiteralKind::Argument, _) => Ok(Incoming::Here(Vec::with_capacity(awaited.size))),
            (LiteralKind::Message, Ok(intake)) => intake.begin(&self.services, size).await.map_err(Some),
            (LiteralKind::Message, Err(_)) => Err(None),
        };
        if awaited.synchronising {
            let mut text = Vec::new();
            reply::ready_for_literal(&mut text);
            self.wire.queue(&text);
        }
        let contents = match incoming {
            Ok(incoming) => self.receive(awaited.size, incoming).await?,
            // A message there is no place for is read and forgotten, so that client and server stay in step.
            Err(refusal) => {
                self.intake = refusal.map_or_else(|| self.take_intake(), Err);
                self.discard(size).await?;
                Contents::Here(Vec::new())
            }
        };
        self.assembler.literal(contents);
        Ok(())
    }

    /// Reads a literal to its place. Where that fails, the rest is read and forgotten.
    async fn receive(&mut self, mut missing: usize, mut incoming: Incoming) -> Result<Contents, Stop> {
        while missing > 0 {
            let by = Instant::now() + limits::IMAP_LITERAL_STALL_MAX;
            let here = Here::of(&self.session);
            let come = tokio::select! {
                biased;
                () = here.ended() => return Err(Stop::End(Farewell::RightsEnded)),
                come = self.wire.fill(by) => come?,
            };
            let piece = come.get(..missing.min(come.len())).unwrap_or(come);
            if piece.is_empty() {
                return Err(WireError::Closed.into());
            }
            let taken = piece.len();
            let pushed = match &mut self.intake {
                Ok(intake) => intake.push(&mut incoming, piece).await,
                Err(_) => Ok(()),
            };
            if let Err(refusal) = pushed {
                self.intake = Err(refusal);
            }
            self.wire.consume(taken);
            missing -= taken;
        }
        let ended = match &mut self.intake {
            Ok(intake) => intake.end(incoming).await,
            Err(_) => Ok(Contents::Here(Vec::new())),
        };
        Ok(ended.unwrap_or_else(|refusal| {
            self.intake = Err(refusal);
            Contents::Here(Vec::new())
        }))
    }

    async fn discard(&mut self, mut octets: u64) -> Result<(), Stop> {
        while octets > 0 {
            let here = Here::of(&self.session);
            let come = tokio::select! {
                biased;
                () = here.ended() => return Err(Stop::End(Farewell::RightsEnded)),
                come = self.wire.fill(Instant::now() + limits::IMAP_LITERAL_STALL_MAX) => come?.len(),
            };
            if come == 0 {
                return Err(WireError::Closed.into());
            }
            let taken = usize::try_from(octets).unwrap_or(usize::MAX).min(come);
            self.wire.consume(taken);
            octets -= taken as u64;
        }
        Ok(())
    }

    /// The session goes on, unless the client has tried too much.
    fn go_on(&self) -> Result<Option<Ended>, Stop> {
        self.session.tired().map_or(Ok(None), |farewell| Err(Stop::End(farewell)))
    }

    fn refuse(&mut self, tag: Option<&Tag>, refusal: &Refusal) {
        let language = self.services.settings.language;
        let mut text = Vec::new();
        reply::refused(&mut text, tag.map(Tag::as_str), refusal, language);
        self.wire.queue(&text);
    }

    fn bye(&mut self, farewell: Farewell) -> Ended {
        let mut text = Vec::new();
        reply::bye(&mut text, farewell, self.services.settings.language);
        self.wire.queue(&text);
        Ended::Bye
    }
}

/// What a session is here for: the right to it may end at any moment (invariant I7).
struct Here(Option<(Login, Option<Opened>)>);

impl Here {
    fn of(session: &Session) -> Self {
        let opened = session.selected().ok().map(|selected| selected.opened.clone());
        Self(session.login().ok().map(|login| (login.clone(), opened)))
    }

    /// Resolves when the right to be logged in, or to read the folder that is selected, ends; never, where nobody is
    /// logged in.
    async fn ended(&self) {
        let Some((login, opened)) = &self.0 else { return std::future::pending().await };
        let mailbox = opened.as_ref().map(|opened| opened.location.mailbox);
        let reads = |login: &Login| opened.as_ref().is_none_or(|opened| opened.acl(login).includes(Acl::READ));
        login.ended_with(mailbox, reads).await;
    }
}
