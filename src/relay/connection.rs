//! A connection to another server: greeted, secured and logged in as the way demands, and then used again and again.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use data_encoding::BASE64;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, timeout};

use super::dns::Target;
use super::settings::{Route, Security};
use super::syntax::{self, Features, Reply};
use super::trouble::{Lost, Trouble};
use crate::limits;
use crate::net::WireError;
use crate::net::outward::{Outward, Trust};
use crate::queue::Reason;

/// A session that can take mail.
pub(super) struct Connection {
    wire: Outward,
    /// The server, by name.
    pub(super) host: String,
    pub(super) features: Features,
    /// How long it may take over an answer, at most.
    patience: Duration,
    /// Messages that were tried on it.
    pub(super) used: u32,
    /// Whether a transaction is left open.
    pub(super) unfinished: bool,
}

/// Whether TLS is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attempt {
    Secure,
    Clear,
}

/// How the making of a session failed.
enum Failed {
    Lost(Lost),
    /// With the server's answer, or our own reason.
    Refused(Reason),
    /// In the handshake.
    Tls(WireError),
}

impl From<Lost> for Failed {
    fn from(lost: Lost) -> Self {
        Self::Lost(lost)
    }
}

impl From<WireError> for Failed {
    fn from(error: WireError) -> Self {
        Self::Lost(error.into())
    }
}

impl Connection {
    /// A session with the first of the servers that gives one.
    pub(super) async fn open(
        targets: &[Target],
        route: &Route,
        hostname: &str,
        source: Option<IpAddr>,
    ) -> Result<Self, Trouble> {
        let mut last = Reason::own("4.4.1", "there is no server to connect to");
        for target in targets {
            let first = if route.security == Security::Never { Attempt::Clear } else { Attempt::Secure };
            let mut opened = Self::attempt(target, route, hostname, source, first).await;
            // A handshake that fails is no reason not to send where TLS is only welcome (RFC 7435).
            if matches!(opened, Err(Failed::Tls(_))) && route.security == Security::IfOffered {
                opened = Self::attempt(target, route, hostname, source, Attempt::Clear).await;
            }
            last = match opened {
                Ok(connection) => return Ok(connection),
                Err(Failed::Refused(reason)) => reason,
                Err(Failed::Lost(why)) => why.reason(&target.host),
                Err(Failed::Tls(error)) => Reason::own("4.7.5", format!("TLS with {}: {error}", target.host)),
            };
        }
        Err(Trouble::later(last))
    }

    async fn attempt(
        target: &Target,
        route: &Route,
        hostname: &str,
        source: Option<IpAddr>,
        attempt: Attempt,
    ) -> Result<Self, Failed> {
        let stream = connect(target.address, source).await.map_err(|error| {
            Failed::Refused(Reason::own("4.4.1", format!("{} ({}): {error}", target.host, target.address)))
        })?;
        let mut connection = Self {
            wire: Outward::new(Box::new(stream)),
            host: target.host.clone(),
            features: Features::default(),
            patience: route.patience,
            used: 0,
            unfinished: false,
        };
        let greeting = connection.reply(limits::RELAY_GREETING_WAIT_MAX).await?;
        if greeting.code != 220 {
            return Err(Lost::Ended(greeting).into());
        }
        connection.hello(hostname).await?;
        if attempt == Attempt::Secure && connection.features.start_tls {
            connection = connection.start_tls(&route.trust).await?;
            connection.hello(hostname).await?;
        } else if route.security == Security::Required {
            let why = format!("{} does not offer TLS, which is required", target.host);
            return Err(Failed::Refused(Reason::own("4.7.4", why)));
        }
        if let Some((name, password)) = &route.login {
            connection.log_in(name, password.expose()).await?;
        }
        Ok(connection)
    }

    /// EHLO, and HELO where that is not known: RFC 5321 §3.2.
    async fn hello(&mut self, hostname: &str) -> Result<(), Failed> {
        let mut said = self.ask(&format!("EHLO {hostname}"), limits::RELAY_COMMAND_WAIT_MAX).await?;
        self.features = Features::default();
        if said.is_success() {
            self.features = said.features();
        } else if !said.is_transient() {
            said = self.ask(&format!("HELO {hostname}"), limits::RELAY_COMMAND_WAIT_MAX).await?;
        }
        if said.is_success() { Ok(()) } else { Err(Failed::Refused(said.reason(&self.host))) }
    }

    async fn start_tls(mut self, trust: &Trust) -> Result<Self, Failed> {
        let said = self.ask("STARTTLS", limits::RELAY_COMMAND_WAIT_MAX).await?;
        if said.code != 220 {
            return Err(Failed::Tls(WireError::Io(std::io::Error::other(said.reason(&self.host).text))));
        }
        let stream = self.wire.into_stream()?;
        let wire = trust.secure(&self.host, stream).await.map_err(Failed::Tls)?;
        Ok(Self { wire, features: Features::default(), ..self })
    }

    /// RFC 4954, with the mechanism that the server has.
    async fn log_in(&mut self, name: &str, password: &str) -> Result<(), Failed> {
        let wait = limits::RELAY_COMMAND_WAIT_MAX;
        let said = if self.features.plain {
            let response = BASE64.encode(format!("\0{name}\0{password}").as_bytes());
            self.ask(&format!("AUTH PLAIN {response}"), wait).await?
        } else if self.features.login {
            let mut said = self.ask("AUTH LOGIN", wait).await?;
            for answer in [name, password] {
                if said.code == 334 {
                    said = self.ask(&BASE64.encode(answer.as_bytes()), wait).await?;
                }
            }
            said
        } else {
            let why = format!("{} offers no login that is known here", self.host);
            return Err(Failed::Refused(Reason::own("4.7.0", why)));
        };
        if said.is_success() { Ok(()) } else { Err(Failed::Refused(said.reason(&self.host))) }
    }

    /// A command, and what is answered.
    pub(super) async fn ask(&mut self, command: &str, wait: Duration) -> Result<Reply, Lost> {
        self.queue(command);
        self.reply(wait).await
    }

    /// Puts a command behind what will be sent next.
    pub(super) fn queue(&mut self, command: &str) {
        self.wire.queue(command.as_bytes());
        self.wire.queue(b"\r\n");
    }

    /// Sends what was put there; nothing is waited for.
    pub(super) async fn flush(&mut self) -> Result<(), Lost> {
        Ok(self.wire.flush(limits::RELAY_DATA_WAIT_MAX.min(self.patience)).await?)
    }

    /// Sends a part of a message.
    pub(super) async fn send(&mut self, bytes: &[u8]) -> Result<(), Lost> {
        Ok(self.wire.send(bytes, limits::RELAY_DATA_WAIT_MAX.min(self.patience)).await?)
    }

    /// Whether it has had as many transactions as the server takes on one connection (RFC 9422 §4.1).
    pub(super) fn is_spent(&self) -> bool {
        self.features.limits.mails.is_some_and(|max| self.used >= max)
    }

    /// The next answer, all of it within the wait.
    pub(super) async fn reply(&mut self, wait: Duration) -> Result<Reply, Lost> {
        let by = Instant::now() + wait.min(self.patience);
        let mut lines = Vec::new();
        loop {
            let line = self.wire.line(limits::RELAY_LINE_BYTES_MAX, by).await?.ok_or(WireError::Closed)?;
            let Some(line) = syntax::line(&line) else { return Err(Lost::Garbage(syntax::kept(&line))) };
            lines.push(syntax::kept(line.text));
            if !line.more {
                let reply = Reply { code: line.code, lines };
                return if reply.code == 421 { Err(Lost::Ended(reply)) } else { Ok(reply) };
            }
            if lines.len() >= limits::RELAY_REPLY_LINES_MAX {
                return Err(Lost::Endless);
            }
        }
    }

    /// Says good-bye.
    pub(super) async fn quit(mut self) {
        if self.ask("QUIT", limits::RELAY_QUIT_WAIT_MAX).await.is_ok() {
            self.wire.close(limits::RELAY_QUIT_WAIT_MAX).await;
        }
    }
}

async fn connect(to: SocketAddr, source: Option<IpAddr>) -> std::io::Result<TcpStream> {
    let socket = if to.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    if let Some(source) = source.filter(|source| source.is_ipv4() == to.is_ipv4()) {
        socket.bind((source, 0).into())?;
    }
    let connected = timeout(limits::REMOTE_CONNECT_WAIT_MAX, socket.connect(to)).await;
    let stream = connected.map_err(|_| std::io::ErrorKind::TimedOut)??;
    stream.set_nodelay(true)?;
    Ok(stream)
}
