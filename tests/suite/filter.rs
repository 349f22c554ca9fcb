//! A milter that says what a test wants it to say.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// What it does at a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Says these octets, whatever they are.
    Says(Vec<u8>),
    /// Says these octets again and again.
    Repeats(Vec<u8>),
    /// Says these octets and goes.
    Goes(Vec<u8>),
    /// Is silent.
    Nothing,
}

/// What it does at which command; it goes on at those that are not named.
pub type Script = BTreeMap<u8, Act>;

/// The milter. It stops when it is dropped.
pub struct Milter {
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    script: Mutex<Script>,
    heard: Mutex<Vec<(u8, Vec<u8>)>>,
    body: AtomicUsize,
    connections: AtomicUsize,
    stopped: AtomicBool,
}

/// A packet of the protocol.
pub fn packet(command: u8, data: impl AsRef<[u8]>) -> Vec<u8> {
    let data = data.as_ref();
    [&u32::try_from(data.len() + 1).unwrap().to_be_bytes()[..], &[command], data].concat()
}

/// Its answer to the offer, with what it does not want.
pub fn terms(steps: u32) -> Act {
    Act::Says(packet(b'O', [6, 0x1FF, steps].map(u32::to_be_bytes).concat()))
}

/// It does so at one command.
pub fn at(command: u8, act: Act) -> Script {
    Script::from([(command, act)])
}

/// It says these packets at the end.
pub fn at_end(packets: &[Vec<u8>]) -> Script {
    at(b'E', Act::Says(packets.concat()))
}

impl Milter {
    pub fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Shared::new(script);
        let serving = shared.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if serving.stopped.load(Ordering::Acquire) {
                    return;
                }
                let (Ok(stream), shared) = (stream, serving.clone()) else { continue };
                std::thread::spawn(move || _ = shared.converse(stream));
            }
        });
        Self { address, shared }
    }

    /// One that serves a single connection at a socket in the file system.
    pub fn at_socket(path: &Path) -> std::thread::JoinHandle<()> {
        let listener = UnixListener::bind(path).unwrap();
        std::thread::spawn(move || _ = Shared::new(Script::new()).converse(listener.accept().unwrap().0))
    }

    pub fn set(&self, script: Script) {
        *self.shared.script.lock().unwrap() = script;
    }

    /// Every command that it heard, with its data; of the body only the lengths.
    pub fn heard(&self) -> Vec<(u8, Vec<u8>)> {
        self.shared.heard.lock().unwrap().clone()
    }

    pub fn commands(&self) -> String {
        self.heard().iter().map(|(command, _)| char::from(*command)).collect()
    }

    /// Octets of all bodies that it heard.
    pub fn body(&self) -> usize {
        self.shared.body.load(Ordering::Acquire)
    }

    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::Acquire)
    }
}

impl Drop for Milter {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::Release);
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    fn new(script: Script) -> Arc<Self> {
        Arc::new(Self {
            script: Mutex::new(script),
            heard: Mutex::default(),
            body: AtomicUsize::new(0),
            connections: AtomicUsize::new(0),
            stopped: AtomicBool::new(false),
        })
    }

    fn converse(&self, mut stream: impl Read + Write) -> std::io::Result<()> {
        self.connections.fetch_add(1, Ordering::AcqRel);
        let steps = |act: Option<&Act>| match act {
            Some(Act::Says(packet)) if packet.get(4) == Some(&b'O') => packet.get(13..17).map(<[u8]>::to_vec),
            _ => None,
        };
        let script = self.script.lock().unwrap().clone();
        let agreed = steps(script.get(&b'O')).map_or(0, |bytes| u32::from_be_bytes(bytes.try_into().unwrap()));
        loop {
            let mut head = [0; 5];
            stream.read_exact(&mut head)?;
            let length = u32::from_be_bytes(head[..4].try_into().unwrap());
            let (command, mut data) = (head[4], vec![0; length as usize - 1]);
            stream.read_exact(&mut data)?;
            if command == b'B' {
                self.body.fetch_add(data.len(), Ordering::AcqRel);
            }
            let kept = if data.len() > 1000 { data.len().to_string().into_bytes() } else { data };
            self.heard.lock().unwrap().push((command, kept));
            match (script.get(&command), command) {
                (Some(Act::Says(bytes)), _) => stream.write_all(bytes)?,
                (Some(Act::Repeats(bytes)), _) => loop {
                    stream.write_all(bytes)?;
                },
                (Some(Act::Goes(bytes)), _) => return stream.write_all(bytes),
                (Some(Act::Nothing), _) | (None, b'D' | b'A') => {}
                (None, b'O') => stream.write_all(&packet(b'O', [6, 0x1FF, 0].map(u32::to_be_bytes).concat()))?,
                (None, b'Q') => return Ok(()),
                (None, _) if agreed & unanswered(command) != 0 => {}
                (None, _) => stream.write_all(&packet(b'c', ""))?,
            }
        }
    }
}

fn unanswered(command: u8) -> u32 {
    match command {
        b'L' => 0x80,
        b'C' => 0x1000,
        b'H' => 0x2000,
        b'M' => 0x4000,
        b'R' => 0x8000,
        b'T' => 0x1_0000,
        b'N' => 0x4_0000,
        b'B' => 0x8_0000,
        _ => 0,
    }
}
