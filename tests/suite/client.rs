//! A protocol client that sends exactly the bytes it is given and reads line by line.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use miniz_oxide::deflate::core::{CompressorOxide, TDEFLFlush, compress_to_output, create_comp_flags_from_zip_params};
use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZFlush};
use rustls::client::{ResolvesClientCert, WantsClientCert};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, ConfigBuilder, RootCertStore, StreamOwned};

/// How long an answer may take: the machine may be busy.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// What reading a line ended with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// A line, without its CRLF; bytes that are not UTF-8 are shown as replacement characters.
    Line(String),
    /// Nothing came in the time given.
    Silence,
    /// The server closed the connection.
    End,
}

/// How a client trusts the server: by the certificate that the server made for itself, and by its name.
#[derive(Clone)]
pub struct Trust {
    roots: Arc<RootCertStore>,
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

/// One connection.
pub struct Client {
    stream: Option<Stream>,
    received: Vec<u8>,
    /// All that ever came, under TLS or not, as it is without compression.
    heard: Vec<u8>,
    deflate: Option<Deflate>,
    trust: Trust,
}

/// Compression in both directions, once COMPRESS was answered.
struct Deflate {
    deflater: Box<CompressorOxide>,
    inflater: Box<InflateState>,
}

impl Trust {
    pub fn new(certificate: CertificateDer<'static>, name: &str) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(certificate).unwrap();
        let roots = Arc::new(roots);
        let config = Self::building(&roots).with_no_client_auth();
        Self { roots, config: Arc::new(config), name: ServerName::try_from(name.to_owned()).unwrap() }
    }

    /// The same, of a client that shows a certificate where it is asked for one.
    pub fn showing(&self, shown: Arc<dyn ResolvesClientCert>) -> Self {
        let config = Arc::new(Self::building(&self.roots).with_client_cert_resolver(shown));
        Self { config, ..self.clone() }
    }

    fn building(roots: &Arc<RootCertStore>) -> ConfigBuilder<ClientConfig, WantsClientCert> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let building = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        building.with_root_certificates(roots.clone())
    }
}

impl Client {
    /// Connects in clear text.
    pub fn plain(address: SocketAddr, trust: Trust) -> Self {
        Self::try_plain(address, trust).unwrap()
    }

    /// The same, where the server may be gone.
    pub fn try_plain(address: SocketAddr, trust: Trust) -> Option<Self> {
        let stream = TcpStream::connect(address).ok()?;
        stream.set_nodelay(true).ok()?;
        Some(Self {
            stream: Some(Stream::Plain(stream)),
            received: Vec::new(),
            heard: Vec::new(),
            deflate: None,
            trust,
        })
    }

    /// Connects with TLS from the first byte.
    pub fn tls(address: SocketAddr, trust: Trust) -> Self {
        let mut client = Self::plain(address, trust);
        client.start_tls();
        client
    }

    /// Goes over to TLS; what was received before must have been read.
    pub fn start_tls(&mut self) {
        assert!(self.received.is_empty(), "unread before TLS: {:?}", String::from_utf8_lossy(&self.received));
        self.try_start_tls().expect("TLS handshake");
    }

    /// The same, where the server may be gone.
    pub fn try_start_tls(&mut self) -> Option<()> {
        let Some(Stream::Plain(stream)) = self.stream.take() else { panic!("TLS on a connection that is not plain") };
        stream.set_read_timeout(Some(PATIENCE)).ok()?;
        let session = ClientConnection::new(self.trust.config.clone(), self.trust.name.clone()).unwrap();
        let mut stream = StreamOwned::new(session, stream);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock).ok()?;
        }
        self.stream = Some(Stream::Tls(Box::new(stream)));
        Some(())
    }

    /// Says that nothing more comes under TLS, and goes on with the connection that is below it.
    pub fn close_tls(mut self) -> TcpStream {
        let Some(Stream::Tls(mut stream)) = self.stream.take() else { panic!("a connection without TLS") };
        stream.conn.send_close_notify();
        stream.flush().unwrap();
        stream.sock
    }

    /// Goes on compressed, after COMPRESS was answered.
    pub fn start_compression(&mut self) {
        assert!(self.received.is_empty(), "unread before compression");
        let flags = create_comp_flags_from_zip_params(6, -15, 0);
        let inflater = InflateState::new_boxed(DataFormat::Raw);
        self.deflate = Some(Deflate { deflater: Box::new(CompressorOxide::new(flags)), inflater });
    }

    /// What is sent for these bytes where the connection is compressed.
    fn compressed(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut sent = Vec::new();
        if let Some(deflate) = &mut self.deflate {
            compress_to_output(&mut deflate.deflater, bytes, TDEFLFlush::Sync, |piece| {
                sent.extend_from_slice(piece);
                true
            });
        }
        sent
    }

    /// Sends bytes in one write. A connection that the server has closed is noticed when reading, not here.
    pub fn send(&mut self, bytes: &[u8]) {
        let compressed = self.compressed(bytes);
        let bytes = if self.deflate.is_some() { &compressed } else { bytes };
        let sent = match self.stream.as_mut().unwrap() {
            Stream::Plain(stream) => stream.write_all(bytes),
            Stream::Tls(stream) => stream.write_all(bytes).and_then(|()| stream.flush()),
        };
        drop(sent);
    }

    /// Sends a line.
    pub fn say(&mut self, line: &str) {
        self.send(format!("{line}\r\n").as_bytes());
    }

    /// The next line, if it comes in time.
    pub fn line(&mut self, wait: Duration) -> Heard {
        let until = Instant::now() + wait;
        loop {
            if let Some(end) = self.received.iter().position(|b| *b == b'\n') {
                let line: Vec<u8> = self.received.drain(..=end).collect();
                let line = line.strip_suffix(b"\r\n").map(<[u8]>::to_vec);
                let line = line.unwrap_or_else(|| panic!("the server sent a line that ends without CR"));
                return Heard::Line(String::from_utf8_lossy(&line).into_owned());
            }
            let left = until.saturating_duration_since(Instant::now());
            match self.receive(left.max(Duration::from_millis(1))) {
                Ok(0) => return Heard::End,
                Err(_) if Instant::now() >= until => return Heard::Silence,
                Ok(_) | Err(_) => {}
            }
        }
    }

    /// The next line; fails the test when none comes.
    pub fn expect_line(&mut self) -> String {
        match self.line(PATIENCE) {
            Heard::Line(line) => line,
            other => panic!("a line was expected: {other:?}"),
        }
    }

    /// So many octets, whatever they are.
    pub fn octets(&mut self, count: usize) -> Vec<u8> {
        let until = Instant::now() + PATIENCE;
        while self.received.len() < count {
            assert!(Instant::now() < until, "{} of {count} octets came", self.received.len());
            assert!(!matches!(self.receive(PATIENCE), Ok(0)), "the connection ended");
        }
        self.received.drain(..count).collect()
    }

    /// Says an IMAP command with the tag `t` and gives the octets of its answer, literals and all; the tagged line is the
    /// last.
    pub fn answer(&mut self, command: &str) -> Vec<u8> {
        self.say(&format!("t {command}"));
        let mut answer = Vec::new();
        loop {
            let line = self.expect_line();
            let tagged = line.starts_with("t ");
            answer.extend_from_slice(line.as_bytes());
            answer.extend_from_slice(b"\r\n");
            let literal = line.strip_suffix('}').and_then(|line| line.rsplit_once('{')?.1.parse().ok());
            match literal {
                Some(size) => answer.extend(self.octets(size)),
                None if tagged => return answer,
                None => {}
            }
        }
    }

    /// Reads lines up to and with the one that begins with `start`.
    pub fn until(&mut self, start: &str) -> Vec<String> {
        self.try_until(start).expect("an answer")
    }

    /// The same; nothing where the connection ends.
    pub fn try_until(&mut self, start: &str) -> Option<Vec<String>> {
        let mut lines = Vec::new();
        loop {
            let Heard::Line(line) = self.line(PATIENCE) else { return None };
            let last = line.starts_with(start);
            lines.push(line);
            if last {
                return Some(lines);
            }
        }
    }

    /// Reads an SMTP reply to its last line: the code, and the whole text.
    pub fn reply(&mut self) -> (u16, String) {
        self.try_reply().expect("a reply")
    }

    /// The same; nothing where the connection ends.
    pub fn try_reply(&mut self) -> Option<(u16, String)> {
        let mut text = String::new();
        loop {
            let Heard::Line(line) = self.line(PATIENCE) else { return None };
            text.push_str(&line);
            text.push('\n');
            if line.as_bytes().get(3) != Some(&b'-') {
                let code = line.get(..3).and_then(|code| code.parse().ok());
                return Some((code.unwrap_or_else(|| panic!("not a reply: {line}")), text));
            }
        }
    }

    /// Says an SMTP line and gives the code of its reply.
    pub fn ask(&mut self, line: &str) -> u16 {
        self.say(line);
        self.reply().0
    }

    /// Says an IMAP command with the tag `t` and gives the lines up to the tagged one.
    pub fn command(&mut self, command: &str) -> Vec<String> {
        self.say(&format!("t {command}"));
        self.until("t ")
    }

    /// The same, and the command must succeed.
    pub fn ok(&mut self, command: &str) -> Vec<String> {
        let lines = self.command(command);
        assert!(lines.last().unwrap().starts_with("t OK"), "{command}: {lines:?}");
        lines
    }

    /// Appends a message; gives the tagged line.
    pub fn append(&mut self, folder: &str, arguments: &str, message: &[u8]) -> String {
        let space = if arguments.is_empty() { "" } else { " " };
        self.say(&format!("t APPEND {folder}{space}{arguments} {{{}+}}", message.len()));
        self.send(&[message, b"\r\n"].concat());
        self.until("t ").pop().unwrap()
    }

    /// All that ever came.
    pub fn heard(&self) -> &[u8] {
        &self.heard
    }

    /// Everything up to the end of the connection.
    pub fn rest(&mut self) -> Vec<u8> {
        let until = Instant::now() + PATIENCE;
        while !matches!(self.receive(Duration::from_millis(100)), Ok(0)) {
            assert!(Instant::now() < until, "the server does not close");
        }
        std::mem::take(&mut self.received)
    }

    /// Closes the sending half.
    pub fn half_close(&mut self) {
        drop(self.socket().shutdown(Shutdown::Write));
    }

    /// How long [`Client::send`] waits for a server that does not read.
    pub fn set_write_timeout(&mut self, wait: Duration) {
        self.socket().set_write_timeout(Some(wait)).unwrap();
    }

    fn socket(&self) -> &TcpStream {
        match self.stream.as_ref().unwrap() {
            Stream::Plain(stream) => stream,
            Stream::Tls(stream) => &stream.sock,
        }
    }

    fn receive(&mut self, wait: Duration) -> std::io::Result<usize> {
        let mut buffer = [0; 16 * 1024];
        let read = match self.stream.as_mut().unwrap() {
            Stream::Plain(stream) => {
                stream.set_read_timeout(Some(wait))?;
                stream.read(&mut buffer)
            }
            Stream::Tls(stream) => {
                stream.sock.set_read_timeout(Some(wait))?;
                stream.read(&mut buffer)
            }
        };
        let closed = [ErrorKind::ConnectionReset, ErrorKind::UnexpectedEof, ErrorKind::BrokenPipe];
        let read = match read {
            Err(error) if closed.contains(&error.kind()) => 0,
            read => read?,
        };
        let before = self.received.len();
        match &mut self.deflate {
            Some(deflate) => deflate.inflate(&buffer[..read], &mut self.received),
            None => self.received.extend_from_slice(&buffer[..read]),
        }
        self.heard.extend_from_slice(&self.received[before..]);
        Ok(read)
    }
}

impl Deflate {
    fn inflate(&mut self, mut input: &[u8], into: &mut Vec<u8>) {
        let mut piece = vec![0; 64 * 1024];
        loop {
            let done = inflate(&mut self.inflater, input, &mut piece, MZFlush::None);
            into.extend_from_slice(&piece[..done.bytes_written]);
            input = &input[done.bytes_consumed..];
            if input.is_empty() && done.bytes_written < piece.len() {
                return;
            }
            done.status.expect("the server's stream is deflate");
        }
    }
}
