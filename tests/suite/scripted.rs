//! A server that mail is relayed to, and that does what a test wants of it: answers well, badly, late, or not at all.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// How it behaves; a test may change it at any time, and what follows is as the test wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mood {
    /// As it should.
    Well,
    /// It accepts connections and says nothing.
    Silent,
    /// It greets with this.
    Greets(&'static str),
    /// It answers RCPT with this for those whose local part begins so.
    Recipient(&'static str, &'static str),
    /// It answers MAIL with this.
    Sender(&'static str),
    /// It answers the message with this.
    Message(&'static str),
    /// It reads the whole message, keeps it, and closes without an answer.
    ClosesAfterMessage,
    /// It closes in the middle of a message.
    ClosesInMessage,
    /// It answers EHLO without an end.
    Endless,
    /// It answers DATA with what is no SMTP.
    Garbage,
    /// It answers each command as well as it should, and goes after each.
    Hasty,
}

/// A message that it took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// MAIL, whole.
    pub mail: String,
    /// Each accepted RCPT, whole.
    pub recipients: Vec<String>,
    /// The message, dots undone.
    pub message: String,
    /// Whether it came under TLS.
    pub secure: bool,
    /// Who had logged in, as base64.
    pub login: Option<String>,
}

/// What it says of itself, beside its mood.
#[derive(Clone)]
pub struct Shape {
    pub features: Vec<&'static str>,
    pub tls: Option<Arc<ServerConfig>>,
}

impl Default for Shape {
    fn default() -> Self {
        Self {
            features: vec!["PIPELINING", "SIZE 50000000", "8BITMIME", "SMTPUTF8", "DSN", "ENHANCEDSTATUSCODES"],
            tls: None,
        }
    }
}

/// The server. It stops when it is dropped.
pub struct Scripted {
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    mood: Mutex<Mood>,
    shape: Shape,
    taken: Mutex<Vec<Taken>>,
    connections: AtomicUsize,
    lines: Mutex<Vec<String>>,
    stopped: AtomicBool,
}

trait Both: Read + Write + Send {}
impl<T: Read + Write + Send> Both for T {}

impl Scripted {
    pub fn start(mood: Mood) -> Self {
        Self::shaped(mood, Shape::default())
    }

    pub fn shaped(mood: Mood, shape: Shape) -> Self {
        Self::at("127.0.0.1:0".parse().unwrap(), mood, shape)
    }

    /// At an address that it may have had before.
    pub fn at(address: SocketAddr, mood: Mood, shape: Shape) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            mood: Mutex::new(mood),
            shape,
            taken: Mutex::default(),
            connections: AtomicUsize::new(0),
            lines: Mutex::default(),
            stopped: AtomicBool::new(false),
        });
        let serving = shared.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if serving.stopped.load(Ordering::Acquire) {
                    return;
                }
                let (Ok(stream), shared) = (stream, serving.clone()) else { continue };
                shared.connections.fetch_add(1, Ordering::AcqRel);
                std::thread::spawn(move || _ = Session { shared, stream, login: None, secure: false }.run());
            }
        });
        Self { address, shared }
    }

    pub fn set(&self, mood: Mood) {
        *self.shared.mood.lock().unwrap() = mood;
    }

    pub fn taken(&self) -> Vec<Taken> {
        self.shared.taken.lock().unwrap().clone()
    }

    /// Everything that was said to it, without what was under TLS before STARTTLS.
    pub fn lines(&self) -> Vec<String> {
        self.shared.lines.lock().unwrap().clone()
    }

    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::Acquire)
    }

    /// Waits until it has taken so many.
    pub fn wait_for(&self, count: usize) -> Vec<Taken> {
        wait_until(|| (self.taken().len() >= count).then(|| self.taken()))
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::Release);
        let _ = TcpStream::connect(self.address);
    }
}

/// Waits for something to be.
pub fn wait_until<T>(mut what: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + Duration::from_secs(40);
    loop {
        if let Some(found) = what() {
            return found;
        }
        assert!(Instant::now() < until, "it did not come");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A certificate and its key as a server uses them; the certificate ends some days from today, before it if negative.
pub fn certificate(name: &str, days: i64, file: &std::path::Path) -> Arc<ServerConfig> {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
    let day = |offset: i64| {
        let date = jiff::Timestamp::now()
            .to_zoned_datetime(jiff::tz::TimeZone::UTC)
            .date()
            .saturating_add(jiff::ToSpan::days(offset));
        rcgen::date_time_ymd(date.year().into(), date.month().unsigned_abs(), date.day().unsigned_abs())
    };
    (params.not_before, params.not_after) = (day(days - 400), day(days));
    let made = params.self_signed(&key).unwrap();
    std::fs::write(file, made.pem()).unwrap();
    let chain = vec![CertificateDer::from_pem_slice(made.pem().as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    Arc::new(config.with_no_client_auth().with_single_cert(chain, key).unwrap())
}

struct Session {
    shared: Arc<Shared>,
    stream: TcpStream,
    login: Option<String>,
    secure: bool,
}

/// How a conversation goes on.
enum Next {
    Over,
    Secure,
}

impl Session {
    fn mood(&self) -> Mood {
        self.shared.mood.lock().unwrap().clone()
    }

    fn run(mut self) -> std::io::Result<()> {
        let mut plain = BufReader::new(Box::new(self.stream.try_clone()?) as Box<dyn Both>);
        match self.mood() {
            Mood::Silent => {
                let _ = plain.read_to_end(&mut Vec::new());
                return Ok(());
            }
            Mood::Greets(line) => {
                say(&mut plain, line)?;
                let _ = plain.read_line(&mut String::new());
                return Ok(());
            }
            _ => say(&mut plain, "220 scripted ESMTP")?,
        }
        if let Next::Secure = self.converse(&mut plain)? {
            drop(plain);
            let session = ServerConnection::new(self.shared.shape.tls.clone().unwrap()).unwrap();
            let secure = StreamOwned::new(session, self.stream.try_clone()?);
            self.secure = true;
            self.converse(&mut BufReader::new(Box::new(secure) as Box<dyn Both>))?;
        }
        Ok(())
    }

    fn converse(&mut self, wire: &mut BufReader<Box<dyn Both>>) -> std::io::Result<Next> {
        let (mut mail, mut recipients) = (String::new(), Vec::new());
        loop {
            let mut line = String::new();
            if wire.read_line(&mut line)? == 0 {
                return Ok(Next::Over);
            }
            let line = line.trim_end().to_owned();
            self.shared.lines.lock().unwrap().push(line.clone());
            let (verb, mood) = (line.split(' ').next().unwrap().to_ascii_uppercase(), self.mood());
            match (verb.as_str(), mood) {
                ("EHLO", Mood::Endless) => loop {
                    say(wire, "250-more")?;
                },
                ("EHLO", _) => {
                    let mut lines = vec!["scripted"];
                    lines.extend(&self.shared.shape.features);
                    lines.extend((self.shared.shape.tls.is_some() && !self.secure).then_some("STARTTLS"));
                    let last = lines.pop().unwrap();
                    let text: String = lines.iter().map(|line| format!("250-{line}\r\n")).collect();
                    say(wire, &format!("{text}250 {last}"))?;
                }
                ("STARTTLS", _) => {
                    say(wire, "220 go")?;
                    return Ok(Next::Secure);
                }
                ("AUTH", _) => {
                    self.login = line.split(' ').nth(2).map(str::to_owned);
                    say(wire, "235 2.7.0 welcome")?;
                }
                ("MAIL", Mood::Sender(answer)) => say(wire, answer)?,
                ("MAIL", _) => {
                    (mail, recipients) = (line, Vec::new());
                    say(wire, "250 2.1.0 ok")?;
                }
                ("RCPT", Mood::Recipient(whom, answer)) if line.contains(&format!("<{whom}")) => say(wire, answer)?,
                ("RCPT", _) if mail.is_empty() => say(wire, "503 5.5.1 MAIL first")?,
                ("RCPT", _) => {
                    recipients.push(line);
                    say(wire, "250 2.1.5 ok")?;
                }
                ("DATA", Mood::Garbage) => say(wire, "<html>hello</html>")?,
                ("DATA", _) if recipients.is_empty() => say(wire, "503 5.5.1 RCPT first")?,
                ("DATA", mood) => {
                    say(wire, "354 go")?;
                    if mood == Mood::ClosesInMessage {
                        wire.read_line(&mut String::new())?;
                        self.stream.shutdown(std::net::Shutdown::Both)?;
                        return Ok(Next::Over);
                    }
                    let message = message(wire)?;
                    let taken = Taken {
                        mail: std::mem::take(&mut mail),
                        recipients: std::mem::take(&mut recipients),
                        message,
                        secure: self.secure,
                        login: self.login.clone(),
                    };
                    // As it is when the message has come, not when it began.
                    match self.mood() {
                        Mood::Message(answer) => say(wire, answer)?,
                        mood => {
                            self.shared.taken.lock().unwrap().push(taken);
                            if mood == Mood::ClosesAfterMessage {
                                return Ok(Next::Over);
                            }
                            say(wire, "250 2.0.0 taken")?;
                            if mood == Mood::Hasty {
                                return Ok(Next::Over);
                            }
                        }
                    }
                }
                ("QUIT", _) => {
                    say(wire, "221 bye")?;
                    return Ok(Next::Over);
                }
                ("RSET", _) => {
                    (mail, recipients) = (String::new(), Vec::new());
                    say(wire, "250 2.0.0 ok")?;
                }
                _ => say(wire, "500 5.5.2 what?")?,
            }
        }
    }
}

fn say(wire: &mut BufReader<Box<dyn Both>>, line: &str) -> std::io::Result<()> {
    wire.get_mut().write_all(format!("{line}\r\n").as_bytes())?;
    wire.get_mut().flush()
}

fn message(wire: &mut BufReader<Box<dyn Both>>) -> std::io::Result<String> {
    let mut text = String::new();
    loop {
        let mut line = Vec::new();
        if wire.read_until(b'\n', &mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if line == b".\r\n" {
            return Ok(text);
        }
        text += &String::from_utf8_lossy(line.strip_prefix(b".").unwrap_or(&line));
    }
}
