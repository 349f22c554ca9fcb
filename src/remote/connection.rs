//! A connection to another server: commands and what is answered to them.

use tokio::time::Instant;

use super::syntax::{self, Piece, Value};
use super::{Login, RemoteError, Target};
use crate::limits;
use crate::net::WireError;
use crate::net::outward::{Outward, Trust, connect};

/// A connection on which commands can be given.
pub(super) struct Connection {
    wire: Outward,
    tags: u32,
    answered: u32,
    capabilities: Vec<String>,
    /// How later commands ended that the server finished first (RFC 9051 §5.5).
    early: Vec<(Vec<u8>, Untagged)>,
}

/// An untagged response, its number first where it has one.
pub(super) type Untagged = Vec<Value>;

impl Connection {
    /// Connects, secures the connection as the target says, and logs in.
    pub(super) async fn open(target: &Target, trust: &Trust, login: &Login) -> Result<Self, RemoteError> {
        let stream = connect(&target.host, target.port).await?;
        let wire = if target.tls { trust.secure(&target.host, stream).await? } else { Outward::new(Box::new(stream)) };
        let mut connection = Self { wire, tags: 0, answered: 0, capabilities: Vec::new(), early: Vec::new() };
        connection.greeted().await?;
        if !target.tls && !target.plain {
            connection = connection.start_tls(target, trust).await?;
        }
        connection.log_in(login).await?;
        connection.learn().await?;
        Ok(connection)
    }

    async fn greeted(&mut self) -> Result<(), RemoteError> {
        match self.response().await? {
            (tag, values) if tag == b"*" && values.first().is_some_and(|value| value.is("OK")) => Ok(()),
            (_, values) => Err(RemoteError::Refused { command: "greeting", said: said(&values) }),
        }
    }

    async fn start_tls(mut self, target: &Target, trust: &Trust) -> Result<Self, RemoteError> {
        self.learn().await?;
        if !self.can("STARTTLS") {
            return Err(RemoteError::NoTls);
        }
        self.ask("STARTTLS", b"STARTTLS").await?;
        let Self { wire, tags, answered, .. } = self;
        let wire = trust.secure(&target.host, wire.into_stream()?).await?;
        Ok(Self { wire, tags, answered, capabilities: Vec::new(), early: Vec::new() })
    }

    async fn log_in(&mut self, login: &Login) -> Result<(), RemoteError> {
        self.learn().await?;
        let password = login.password.expose();
        if self.can("AUTH=PLAIN") {
            let response = data_encoding::BASE64.encode(format!("\0{}\0{password}", login.name).as_bytes());
            self.send(b"AUTHENTICATE PLAIN").await?;
            self.continued().await?;
            self.wire.queue(response.as_bytes());
            self.wire.queue(b"\r\n");
            self.wire.flush(limits::WIRE_WRITE_STALL_MAX).await?;
        } else {
            self.send_arguments(b"LOGIN", &[login.name.as_bytes(), password.as_bytes()]).await?;
        }
        self.take("LOGIN", |_| Ok(())).await
    }

    /// Asks what the server can do.
    async fn learn(&mut self) -> Result<(), RemoteError> {
        let mut capabilities = Vec::new();
        self.send(b"CAPABILITY").await?;
        self.take("CAPABILITY", |values| {
            if let [first, rest @ ..] = values.as_slice()
                && first.is("CAPABILITY")
            {
                let names = rest.iter().filter_map(Value::text);
                capabilities.extend(names.map(|name| String::from_utf8_lossy(name).to_ascii_uppercase()));
            }
            Ok(())
        })
        .await?;
        self.capabilities = capabilities;
        Ok(())
    }

    /// Whether the server says that it can do something.
    pub(super) fn can(&self, name: &str) -> bool {
        self.capabilities.iter().any(|known| known == name)
    }

    /// Gives a command and waits for its end.
    pub(super) async fn ask(&mut self, name: &'static str, command: &[u8]) -> Result<Vec<Untagged>, RemoteError> {
        self.send(command).await?;
        self.gather(name).await
    }

    /// All that is answered to the oldest command that is not answered yet.
    async fn gather(&mut self, name: &'static str) -> Result<Vec<Untagged>, RemoteError> {
        let mut all = Vec::new();
        self.take(name, |values| {
            if all.len() >= limits::IMPORTED_FOLDER_MESSAGES_MAX {
                return Err(RemoteError::TooMuch);
            }
            all.push(values);
            Ok(())
        })
        .await?;
        Ok(all)
    }

    /// Gives a command whose arguments are strings, and waits for its end.
    pub(super) async fn ask_about(
        &mut self,
        name: &'static str,
        arguments: &[&[u8]],
    ) -> Result<Vec<Untagged>, RemoteError> {
        self.send_arguments(name.as_bytes(), arguments).await?;
        self.gather(name).await
    }

    /// Gives a command without waiting for its end.
    pub(super) async fn send(&mut self, command: &[u8]) -> Result<(), RemoteError> {
        self.begin(command);
        self.wire.queue(b"\r\n");
        Ok(self.wire.flush(limits::WIRE_WRITE_STALL_MAX).await?)
    }

    async fn send_arguments(&mut self, command: &[u8], arguments: &[&[u8]]) -> Result<(), RemoteError> {
        self.begin(command);
        for argument in arguments {
            self.wire.queue(b" ");
            if let Some(quoted) = syntax::as_quoted(argument) {
                self.wire.queue(&quoted);
            } else {
                self.wire.queue(format!("{{{}}}\r\n", argument.len()).as_bytes());
                self.wire.flush(limits::WIRE_WRITE_STALL_MAX).await?;
                self.continued().await?;
                self.wire.queue(argument);
            }
        }
        self.wire.queue(b"\r\n");
        Ok(self.wire.flush(limits::WIRE_WRITE_STALL_MAX).await?)
    }

    fn begin(&mut self, command: &[u8]) {
        self.tags += 1;
        self.wire.queue(format!("h{} ", self.tags).as_bytes());
        self.wire.queue(command);
    }

    /// Hears out the oldest command that is not answered yet, handing on what is untagged: a server may answer to the next
    /// one meanwhile.
    pub(super) async fn take(
        &mut self,
        name: &'static str,
        mut heard: impl FnMut(Untagged) -> Result<(), RemoteError>,
    ) -> Result<(), RemoteError> {
        self.answered += 1;
        let own = format!("h{}", self.answered);
        loop {
            let early = self.early.iter().position(|(tag, _)| tag == own.as_bytes());
            let (tag, values) = match early {
                Some(place) => self.early.swap_remove(place),
                None => self.response().await?,
            };
            if tag != b"*" && tag != own.as_bytes() && self.early.len() < limits::REMOTE_COMMANDS_MAX {
                self.early.push((tag, values));
                continue;
            }
            if tag == own.as_bytes() {
                let done = values.first().is_some_and(|value| value.is("OK"));
                return if done { Ok(()) } else { Err(RemoteError::Refused { command: name, said: said(&values) }) };
            }
            if values.first().is_some_and(|value| value.is("BYE")) {
                return Err(RemoteError::Refused { command: name, said: said(&values) });
            }
            heard(values)?;
        }
    }

    async fn continued(&mut self) -> Result<(), RemoteError> {
        loop {
            match self.response().await? {
                (tag, _) if tag == b"+" => return Ok(()),
                (tag, _) if tag == b"*" => {}
                (_, values) => return Err(RemoteError::Refused { command: "LOGIN", said: said(&values) }),
            }
        }
    }

    /// The next response: its tag, and what stands behind that. Texts for people are left as they come.
    async fn response(&mut self) -> Result<(Vec<u8>, Untagged), RemoteError> {
        let mut pieces = Vec::new();
        let mut tag = None;
        let mut outside = 0;
        loop {
            let by = Instant::now() + limits::REMOTE_WAIT_MAX;
            let line = self.wire.line(limits::REMOTE_LINE_BYTES_MAX, by).await?.ok_or(WireError::Closed)?;
            outside += line.len();
            if outside > limits::REMOTE_RESPONSE_BYTES_MAX {
                return Err(RemoteError::TooMuch);
            }
            let rest = if tag.is_some() {
                &line[..]
            } else {
                let end = line.iter().position(|octet| *octet == b' ').unwrap_or(line.len());
                let (first, rest) = line.split_at(end);
                tag = Some(first.to_vec());
                if is_status(rest.trim_ascii_start()) {
                    pieces.push(Piece::Text(status(rest.trim_ascii_start())));
                    break;
                }
                rest
            };
            let Some((before, octets)) = syntax::announced(rest) else {
                pieces.push(Piece::Text(rest.to_vec()));
                break;
            };
            pieces.push(Piece::Text(before.to_vec()));
            pieces.push(Piece::Literal(self.literal(octets).await?));
        }
        Ok((tag.unwrap_or_default(), syntax::read(pieces)?))
    }

    /// Some megabytes at a time, each within its time.
    async fn literal(&mut self, octets: usize) -> Result<Vec<u8>, RemoteError> {
        if octets > limits::IMPORTED_MESSAGE_BYTES_MAX {
            return Err(RemoteError::TooMuch);
        }
        let mut text = Vec::new();
        while text.len() < octets {
            let by = Instant::now() + limits::REMOTE_WAIT_MAX;
            let some = (octets - text.len()).min(limits::BATCH_BYTES_MAX);
            self.wire.exact(some, &mut text, by).await?;
        }
        Ok(text)
    }

    /// Says goodbye.
    pub(super) async fn close(mut self) {
        // Everything is in by now; a server that does not answer loses nothing.
        let _ = self.ask("LOGOUT", b"LOGOUT").await;
        self.wire.close(limits::IMAP_FAREWELL_MAX).await;
    }
}

/// Whether a line is a status response, whose text is any.
fn is_status(line: &[u8]) -> bool {
    let word = line.split(|octet| *octet == b' ').next().unwrap_or_default();
    ["OK", "NO", "BAD", "BYE", "PREAUTH"].iter().any(|known| known.as_bytes().eq_ignore_ascii_case(word))
}

/// Its word, its code in brackets, and its text as one string.
fn status(line: &[u8]) -> Vec<u8> {
    let end = line.iter().position(|octet| *octet == b' ').unwrap_or(line.len());
    let (word, text) = line.split_at(end);
    let text: Vec<u8> = text.trim_ascii().iter().copied().filter(|octet| !matches!(octet, b'"' | b'\\')).collect();
    [word, b" \"", &text, b"\""].concat()
}

fn said(values: &[Value]) -> String {
    let words = values.iter().filter_map(Value::text).map(String::from_utf8_lossy);
    words.collect::<Vec<_>>().join(" ")
}
