//! The load generator's two clients. They read only as much of an answer as they must, so that what is measured is
//! the server.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A connection with what it has received and not yet looked at.
pub struct Wire {
    stream: TcpStream,
    received: Vec<u8>,
}

/// An SMTP connection past EHLO.
pub struct Smtp(Wire);

/// An IMAP connection past LOGIN.
pub struct Imap(Wire);

impl Wire {
    async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, received: Vec::with_capacity(64 * 1024) })
    }

    async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    async fn receive(&mut self) -> io::Result<()> {
        match self.stream.read_buf(&mut self.received).await? {
            0 => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the server closed the connection")),
            _ => Ok(()),
        }
    }

    /// The next line.
    async fn line(&mut self) -> io::Result<String> {
        loop {
            if let Some(end) = self.received.iter().position(|b| *b == b'\n') {
                let line: Vec<u8> = self.received.drain(..=end).collect();
                return Ok(String::from_utf8_lossy(&line).trim_end().to_owned());
            }
            self.receive().await?;
        }
    }

    /// Passes over an answer to its tagged line, which must be OK; gives the bytes passed over.
    async fn until_tagged(&mut self, tag: &str) -> io::Result<usize> {
        let mut passed = 0;
        loop {
            if let Some(line) = self.last_line(tag) {
                passed += self.received.len();
                self.received.clear();
                return if line.starts_with(&format!("{tag} OK")) { Ok(passed) } else { Err(io::Error::other(line)) };
            }
            // Only the end can hold the tagged line.
            let keep = self.received.len().min(1024);
            let over = self.received.len() - keep;
            if over > 32 * 1024 {
                passed += over;
                self.received.drain(..over);
            }
            self.receive().await?;
        }
    }

    fn last_line(&self, tag: &str) -> Option<String> {
        let whole = self.received.strip_suffix(b"\r\n")?;
        let start = whole.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
        let line = String::from_utf8_lossy(&whole[start..]).into_owned();
        line.strip_prefix(tag).is_some_and(|rest| rest.starts_with(' ')).then_some(line)
    }
}

impl Smtp {
    pub async fn open(address: SocketAddr) -> io::Result<Self> {
        let mut smtp = Self(Wire::open(address).await?);
        smtp.reply("220").await?;
        smtp.0.send(b"EHLO load.example.vn\r\n").await?;
        smtp.reply("250").await?;
        Ok(smtp)
    }

    /// One message in one transaction, its envelope pipelined. The time from the end of data to the reply is the last
    /// thing that happens in here; `before_end` is called just before it starts.
    pub async fn deliver(&mut self, to: &str, message: &[u8], before_end: impl FnOnce()) -> io::Result<()> {
        self.send("so@example.vn", to, message, before_end).await
    }

    /// The same from a sender of the caller's choice.
    pub async fn send(&mut self, from: &str, to: &str, message: &[u8], before_end: impl FnOnce()) -> io::Result<()> {
        let envelope = format!("MAIL FROM:<{from}> BODY=8BITMIME\r\nRCPT TO:<{to}>\r\nDATA\r\n");
        self.0.send(envelope.as_bytes()).await?;
        for code in ["250", "250", "354"] {
            self.reply(code).await?;
        }
        let mut data = Vec::with_capacity(message.len() + 3);
        data.extend(message);
        data.extend(b".\r\n");
        before_end();
        self.0.send(&data).await?;
        self.reply("250").await
    }

    async fn reply(&mut self, code: &str) -> io::Result<()> {
        loop {
            let line = self.0.line().await?;
            if !line.starts_with(code) {
                return Err(io::Error::other(line));
            }
            if line.as_bytes().get(3) != Some(&b'-') {
                return Ok(());
            }
        }
    }
}

impl Imap {
    pub async fn open(address: SocketAddr, name: &str, password: &str) -> io::Result<Self> {
        let mut imap = Self(Wire::open(address).await?);
        imap.0.line().await?;
        imap.command(&format!("LOGIN {name} \"{password}\"")).await?;
        Ok(imap)
    }

    /// A command and its whole answer; gives the answer's bytes.
    pub async fn command(&mut self, command: &str) -> io::Result<usize> {
        self.0.send(format!("Z9 {command}\r\n").as_bytes()).await?;
        self.0.until_tagged("Z9").await
    }

    /// A command and its whole answer as text.
    pub async fn ask(&mut self, command: &str) -> io::Result<String> {
        self.0.send(format!("Z9 {command}\r\n").as_bytes()).await?;
        let mut text = String::new();
        loop {
            let line = self.0.line().await?;
            text += &line;
            if line.starts_with("Z9 ") {
                return if line.starts_with("Z9 OK") { Ok(text) } else { Err(io::Error::other(line)) };
            }
        }
    }

    pub async fn append(&mut self, folder: &str, message: &[u8]) -> io::Result<()> {
        let mut bytes = format!("Z9 APPEND {folder} {{{}+}}\r\n", message.len()).into_bytes();
        bytes.extend(message);
        bytes.extend(b"\r\n");
        self.0.send(&bytes).await?;
        self.0.until_tagged("Z9").await.map(drop)
    }

    /// How many messages a folder has.
    pub async fn count(&mut self, folder: &str) -> io::Result<usize> {
        self.0.send(format!("Z9 STATUS {folder} (MESSAGES)\r\n").as_bytes()).await?;
        let line = self.0.line().await?;
        self.0.until_tagged("Z9").await?;
        let number = line.rsplit(' ').next().and_then(|word| word.trim_end_matches(')').parse().ok());
        number.ok_or_else(|| io::Error::other(line))
    }

    /// Begins IDLE.
    pub async fn idle(&mut self) -> io::Result<()> {
        self.0.send(b"Z9 IDLE\r\n").await?;
        while !self.0.line().await?.starts_with('+') {}
        Ok(())
    }

    /// Waits for EXISTS.
    pub async fn exists(&mut self) -> io::Result<()> {
        while !self.0.line().await?.ends_with("EXISTS") {}
        Ok(())
    }

    /// Ends IDLE.
    pub async fn done(&mut self) -> io::Result<()> {
        self.0.send(b"DONE\r\n").await?;
        self.0.until_tagged("Z9").await.map(drop)
    }
}
