//! A tiny DNS server, over UDP and alone: it answers as a test wants, or does not.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// What it says of a name.
#[derive(Clone, Debug)]
pub enum Says {
    /// MX records: preference and server; a server of no name is the null MX.
    Mx(Vec<(u16, &'static str)>),
    /// One text, in as many strings as it needs.
    Txt(String),
    /// An address.
    A(Ipv4Addr),
    /// There is no such name.
    NoName,
    /// The server failed.
    Fails,
    /// Nothing at all.
    Nothing,
}

const MX: u16 = 15;
const TXT: u16 = 16;
const A: u16 = 1;

/// The server, for as long as the process runs.
pub struct Names {
    pub address: SocketAddr,
    known: Arc<Mutex<BTreeMap<String, Says>>>,
    asked: Arc<AtomicUsize>,
    silent: Arc<AtomicBool>,
}

impl Names {
    pub fn start(known: &[(&str, Says)]) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        let known = known.iter().map(|(name, says)| ((*name).to_owned(), says.clone())).collect();
        let known: Arc<Mutex<BTreeMap<String, Says>>> = Arc::new(Mutex::new(known));
        let (asked, silent) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let (answers, counts, quiet) = (known.clone(), asked.clone(), silent.clone());
        std::thread::spawn(move || {
            let mut packet = [0; 1500];
            while let Ok((len, peer)) = socket.recv_from(&mut packet) {
                counts.fetch_add(1, Ordering::Relaxed);
                if quiet.load(Ordering::Relaxed) {
                    continue;
                }
                if let Some(answer) = answer(&packet[..len], &answers.lock().unwrap()) {
                    let _ = socket.send_to(&answer, peer);
                }
            }
        });
        Self { address, known, asked, silent }
    }

    /// Nobody gets an answer any more.
    pub fn fall_silent(&self) {
        self.silent.store(true, Ordering::Relaxed);
    }

    /// Questions so far.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    pub fn set(&self, name: &str, says: Says) {
        self.known.lock().unwrap().insert(name.to_owned(), says);
    }
}

/// RFC 1035 §4.1: the question again, and what is known of it.
fn answer(query: &[u8], known: &BTreeMap<String, Says>) -> Option<Vec<u8>> {
    let mut at = 12;
    let mut labels = Vec::new();
    while query[at] != 0 {
        let len = usize::from(query[at]);
        labels.push(String::from_utf8_lossy(&query[at + 1..=at + len]).to_ascii_lowercase());
        at += len + 1;
    }
    let question = &query[12..at + 5];
    let kind = u16::from_be_bytes([query[at + 1], query[at + 2]]);
    let (code, records): (u8, Vec<Vec<u8>>) = match known.get(&labels.join(".")) {
        Some(Says::Nothing) => return None,
        Some(Says::Fails) => (2, Vec::new()),
        Some(Says::Mx(servers)) if kind == MX => (
            0,
            servers
                .iter()
                .map(|(preference, host)| [&preference.to_be_bytes(), name(host).as_slice()].concat())
                .collect(),
        ),
        Some(Says::A(address)) if kind == A => (0, vec![address.octets().to_vec()]),
        Some(Says::Txt(text)) if kind == TXT => {
            let strings = text.as_bytes().chunks(255);
            (0, vec![strings.flat_map(|piece| [&[u8::try_from(piece.len()).unwrap()], piece].concat()).collect()])
        }
        Some(Says::Mx(_) | Says::A(_) | Says::Txt(_)) => (0, Vec::new()),
        Some(Says::NoName) | None => (3, Vec::new()),
    };
    let count = u16::try_from(records.len()).unwrap().to_be_bytes();
    let mut answer = [&query[..2], &[0x81, 0x80 | code, 0, 1], &count, &[0, 0, 0, 0], question].concat();
    for data in records {
        answer.extend([0xc0, 12]);
        answer.extend(kind.to_be_bytes());
        answer.extend([0, 1, 0, 0, 0, 0]);
        answer.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
        answer.extend(data);
    }
    Some(answer)
}

fn name(host: &str) -> Vec<u8> {
    let labels = host.split('.').filter(|label| !label.is_empty());
    let mut bytes: Vec<u8> =
        labels.flat_map(|label| [&[u8::try_from(label.len()).unwrap()], label.as_bytes()].concat()).collect();
    bytes.push(0);
    bytes
}
