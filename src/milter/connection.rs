//! A connection to a filter, for one message.
//!
//! A connection for each message costs a tenth of a millisecond on the same machine. In return nothing that a filter said
//! about one message is ever taken for an answer about another, and no connection is found to be dead with a message in hand.

use std::time::Duration;

use tokio::net::{TcpStream, UnixStream};
use tokio::time::{Instant, timeout};

use super::conversation::Opinion;
use super::settings::{Filter, Place};
use super::syntax::{self, Garbage, Reply, Step, Terms};
use crate::limits;
use crate::net::WireError;
use crate::net::outward::{Link, Outward};

/// Why a filter did not look at a message.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("it does not answer: {0}")]
    Unreachable(std::io::Error),
    #[error(transparent)]
    Lost(#[from] WireError),
    #[error(transparent)]
    Garbage(#[from] Garbage),
    #[error("it sent a packet of {0} octets")]
    Packet(u32),
    #[error("it asked for more changes than a message is worth")]
    Changes,
    #[error(transparent)]
    TooMuch(#[from] super::draft::TooMuch),
    #[error("it took longer than it may")]
    Slow,
    #[error("it gave up")]
    GivesUp,
}

/// Where the conversation ends before the message does.
#[derive(Debug)]
pub(super) enum Stop {
    Decided(Opinion),
    Failed(Failure),
}

/// Whether more of the same is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    Go,
    Skip,
}

impl<E: Into<Failure>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl Stop {
    /// What an answer that is no leave to go on comes to.
    pub(super) fn of(step: Step, reply: Reply) -> Self {
        match reply {
            Reply::Accept | Reply::Continue => Self::Decided(Opinion::Pass),
            Reply::Discard => Self::Decided(Opinion::Hold("it would throw the message away".to_owned())),
            Reply::Refuse(why) => Self::Decided(Opinion::Refuse(why)),
            Reply::Later(why) => Self::Decided(Opinion::Later(why)),
            Reply::GivesUp => Failure::GivesUp.into(),
            Reply::Skip
            | Reply::Progress
            | Reply::Change(_)
            | Reply::Body(_)
            | Reply::Quarantine(_)
            | Reply::Unoffered(_) => Garbage(char::from(step.command())).into(),
        }
    }
}

/// A filter that listens.
pub(super) struct Connection {
    wire: Outward,
    pub(super) terms: Terms,
}

impl Connection {
    /// Connects, and finds out what the filter wants.
    pub(super) async fn open(filter: &Filter) -> Result<Self, Failure> {
        let connecting = timeout(limits::FILTER_CONNECT_WAIT_MAX, connect(&filter.place));
        let link = connecting.await.unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into()));
        let mut wire = Outward::new(link.map_err(Failure::Unreachable)?);
        queue(&mut wire, syntax::NEGOTIATE, &syntax::offer());
        let (command, data) = packet(&mut wire, limits::FILTER_REPLY_WAIT_MAX).await?;
        let terms = syntax::terms(command, &data)?;
        Ok(Self { wire, terms })
    }

    /// Says a step, if the filter wants to hear it, and hears what it answers.
    pub(super) async fn say(&mut self, step: Step, macros: &[u8], data: &[u8]) -> Result<Next, Stop> {
        if !self.terms.wants(step) {
            return Ok(Next::Go);
        }
        self.begin(step, macros, data).await?;
        if !self.terms.answers(step) {
            return Ok(Next::Go);
        }
        loop {
            match self.reply(step, limits::FILTER_REPLY_WAIT_MAX).await? {
                Reply::Continue => return Ok(Next::Go),
                Reply::Skip => return Ok(Next::Skip),
                Reply::Progress => {}
                reply => return Err(Stop::of(step, reply)),
            }
        }
    }

    /// Says a step, with the macros that go with it.
    pub(super) async fn begin(&mut self, step: Step, macros: &[u8], data: &[u8]) -> Result<(), WireError> {
        if !macros.is_empty() {
            queue(&mut self.wire, syntax::MACROS, &[&[step.command()], macros].concat());
        }
        let within = limits::FILTER_REPLY_WAIT_MAX;
        self.wire.send(&head(step.command(), data.len()), within).await?;
        self.wire.send(data, within).await
    }

    /// The next answer.
    pub(super) async fn reply(&mut self, step: Step, wait: Duration) -> Result<Reply, Failure> {
        let (command, data) = packet(&mut self.wire, wait).await?;
        Ok(syntax::reply(step, command, &data)?)
    }

    /// Ends it with these commands.
    pub(super) async fn close(mut self, commands: &[u8]) {
        for command in commands {
            queue(&mut self.wire, *command, &[]);
        }
        self.wire.close(limits::FILTER_FAREWELL_MAX).await;
    }
}

async fn connect(place: &Place) -> std::io::Result<Box<dyn Link>> {
    Ok(match place {
        Place::Tcp(address) => {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            Box::new(stream)
        }
        Place::Unix(path) => Box::new(UnixStream::connect(path).await?),
    })
}

fn head(command: u8, data: usize) -> [u8; 5] {
    let [a, b, c, d] = u32::try_from(data + 1).unwrap_or(u32::MAX).to_be_bytes();
    [a, b, c, d, command]
}

fn queue(wire: &mut Outward, command: u8, data: &[u8]) {
    wire.queue(&head(command, data.len()));
    wire.queue(data);
}

/// The next packet of a filter, all of it in time.
async fn packet(wire: &mut Outward, wait: Duration) -> Result<(u8, Vec<u8>), Failure> {
    let by = Instant::now() + wait;
    let mut length = Vec::with_capacity(4);
    wire.exact(4, &mut length, by).await?;
    let length = length.iter().fold(0, |number: u32, byte| number << 8 | u32::from(*byte));
    let octets = usize::try_from(length).ok().filter(|octets| (1..=limits::FILTER_PACKET_BYTES_MAX).contains(octets));
    let octets = octets.ok_or(Failure::Packet(length))?;
    let (mut command, mut data) = (Vec::with_capacity(1), Vec::new());
    wire.exact(1, &mut command, by).await?;
    wire.exact(octets - 1, &mut data, by).await?;
    Ok((command.first().copied().unwrap_or_default(), data))
}
