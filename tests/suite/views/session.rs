//! One client: does something at random, and holds every answer against its model.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::model::{Model, Numbers, Slot, between, set};
use crate::client::{Client, Heard, Trust};
use crate::harness::{Person, log_in_imap};

/// The folder all of them are on, and the one that messages are moved to.
const FOLDER: &str = "Chung";
const AWAY: &str = "Khac";
const FLAGS: [&str; 5] = ["\\Seen", "\\Flagged", "\\Answered", "$Viec", "$Gap"];
/// Lines of a conversation that a failure shows.
const SHOWN: usize = 60;

/// Whether a session was told what is not so.
pub static FAILED: AtomicBool = AtomicBool::new(false);

/// What a client has switched on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    One,
    Two,
    CondStore,
    QResync,
    /// QRESYNC, and told of the folder also while no command is in hand.
    Notified,
}

impl Kind {
    fn resyncs(self) -> bool {
        matches!(self, Self::QResync | Self::Notified)
    }
}

/// What all sessions have in common.
pub struct Shared {
    pub address: SocketAddr,
    pub trust: Trust,
    pub person: Person,
    /// The text of every message there ever was, by UID.
    pub texts: Mutex<BTreeMap<u32, String>>,
}

impl Shared {
    fn connect(&self) -> Client {
        let mut client = Client::plain(self.address, self.trust.clone());
        client.expect_line();
        log_in_imap(&mut client, &self.person);
        client
    }

    /// Makes the folders.
    pub fn prepare(&self) {
        let mut client = self.connect();
        client.ok(&format!("CREATE {FOLDER}"));
        client.ok(&format!("CREATE {AWAY}"));
    }
}

pub struct Session {
    shared: Arc<Shared>,
    kind: Kind,
    client: Client,
    model: Model,
    random: u64,
    log: VecDeque<String>,
}

impl Drop for Session {
    fn drop(&mut self) {
        if std::thread::panicking() {
            FAILED.store(true, Ordering::Relaxed);
        }
    }
}

impl Session {
    pub fn open(shared: Arc<Shared>, kind: Kind, seed: u64) -> Self {
        let client = shared.connect();
        let mut session = Self { shared, kind, client, model: Model::default(), random: seed, log: VecDeque::new() };
        session.select();
        session
    }

    /// The next number of a sequence that its seed decides: `SplitMix64`.
    fn random(&mut self, below: usize) -> usize {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % below as u64).unwrap()
    }

    fn note(&mut self, line: String) {
        if self.log.len() == SHOWN {
            self.log.pop_front();
        }
        self.log.push_back(line);
    }

    fn fail(&self, why: &str) -> ! {
        let log: Vec<_> = self.log.iter().map(String::as_str).collect();
        panic!("{why}\nknown: {:?}\n{}", self.model.slots, log.join("\n"));
    }

    fn say(&mut self, text: &str) {
        self.note(format!("> {text}"));
        self.client.say(text);
    }

    /// The next line, with a literal of one line in it put in quotes.
    fn line(&mut self) -> String {
        let mut line = self.client.expect_line();
        if line.ends_with('}') {
            let text = self.client.expect_line();
            let rest = self.client.expect_line();
            line = format!("{line} \"{text}\"{rest}");
        }
        self.note(format!("< {line}"));
        line
    }

    /// A line that is held against the model; given back where it is the tagged answer, or `+`.
    fn hear(&mut self, numbers: Numbers) -> Option<String> {
        let line = self.line();
        self.judge(&line, numbers).then_some(line)
    }

    /// Whether the line ends what is waited for.
    fn judge(&mut self, line: &str, numbers: Numbers) -> bool {
        let untagged = line.starts_with("* ");
        let told = if untagged { self.model.hear(line, numbers) } else { self.model.answered(line) };
        told.unwrap_or_else(|why| self.fail(&format!("{line}: {why}")));
        !untagged
    }

    /// A command and its answer; gives all its lines.
    fn command(&mut self, command: &str, numbers: Numbers) -> Vec<String> {
        self.say(&format!("t {command}"));
        self.answer(numbers)
    }

    fn answer(&mut self, numbers: Numbers) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            let line = self.line();
            let last = self.judge(&line, numbers);
            lines.push(line);
            if last {
                return lines;
            }
        }
    }

    fn ok(&mut self, command: &str, numbers: Numbers) -> Vec<String> {
        let lines = self.command(command, numbers);
        if !lines.last().unwrap().starts_with("t OK") {
            self.fail("refused");
        }
        lines
    }

    /// Switches on what this kind of client does, and opens the folder with what it knows.
    fn select(&mut self) {
        let enable = match self.kind {
            Kind::One => None,
            Kind::Two => Some("IMAP4rev2"),
            Kind::CondStore => Some("CONDSTORE"),
            Kind::QResync | Kind::Notified => Some("QRESYNC"),
        };
        if let Some(enable) = enable {
            self.ok(&format!("ENABLE {enable}"), Numbers::Move);
        }
        if self.kind == Kind::Notified {
            let set = "NOTIFY SET (selected-delayed (MessageNew MessageExpunge FlagChange))";
            self.ok(set, Numbers::Move);
        }
        self.reselect();
    }

    fn reselect(&mut self) {
        let mut parameter = String::new();
        match (self.kind, self.model.known()) {
            (kind, Some(known)) if kind.resyncs() && self.model.synced > 0 => {
                let known = match self.random(3) {
                    0 => format!(" {known}"),
                    1 => format!(" 1:{}{}", u32::MAX, self.matched()),
                    _ => String::new(),
                };
                parameter = format!(" (QRESYNC ({} {}{known}))", self.model.uid_validity, self.model.synced);
                let unknown = self.model.slots.iter().position(|slot| slot.uid.is_none());
                self.model.slots.truncate(unknown.unwrap_or(usize::MAX));
            }
            _ => self.model.slots.clear(),
        }
        self.model.opens();
        let verb = if self.random(5) == 0 { "EXAMINE" } else { "SELECT" };
        self.ok(&format!("{verb} {FOLDER}{parameter}"), Numbers::Stay);
        self.model.opened().unwrap_or_else(|why| self.fail(&why));
        if verb == "EXAMINE" {
            self.learn();
            self.ok("UNSELECT", Numbers::Move);
            self.model.slots.clear();
            self.model.opens();
            self.ok(&format!("SELECT {FOLDER}"), Numbers::Stay);
            self.model.opened().unwrap_or_else(|why| self.fail(&why));
        }
        self.learn();
    }

    /// Some numbers with their UIDs.
    fn matched(&mut self) -> String {
        let known: Vec<(usize, u32)> =
            self.model.slots.iter().enumerate().filter_map(|(n, slot)| Some((n + 1, slot.uid?))).collect();
        let some: Vec<_> = known.iter().step_by(1 + self.random(4)).collect();
        let list = |each: &dyn Fn(&(usize, u32)) -> String| some.iter().map(|p| each(p)).collect::<Vec<_>>().join(",");
        format!(" ({} {})", list(&|p| p.0.to_string()), list(&|p| p.1.to_string()))
    }

    /// Asks for what it does not know of messages that came.
    fn learn(&mut self) {
        let items = match self.kind {
            Kind::One | Kind::Two => "(UID FLAGS)",
            Kind::CondStore | Kind::QResync | Kind::Notified => "(UID FLAGS MODSEQ)",
        };
        if let Some(first) = self.model.slots.iter().position(|slot| slot.uid.is_none() || slot.flags.is_none()) {
            self.ok(&format!("FETCH {}:* {items}", first + 1), Numbers::Stay);
        }
    }

    /// Something at random.
    pub fn operation(&mut self) {
        match self.random(100) {
            _ if self.model.slots.len() < 8 => self.append(),
            0..20 => self.store(),
            20..32 => self.append(),
            32..40 => self.read(),
            40..46 => self.changed(),
            46..50 => self.search(),
            50..56 => self.copy(),
            56..60 => self.move_away(),
            60..70 => self.expunge(),
            70..76 => drop(self.ok("NOOP", Numbers::Move)),
            76..86 => self.idle(),
            86..92 => self.pipeline(),
            92..94 => self.close(),
            _ => self.come_again(),
        }
        self.learn();
    }

    fn number(&mut self) -> usize {
        let count = self.model.slots.len();
        self.random(count) + 1
    }

    /// Some messages, as numbers or as UIDs; and where they are.
    fn some(&mut self, uid: bool) -> (String, Vec<usize>) {
        let (a, b) = (self.number(), self.number());
        let (first, last) = (a.min(b), a.max(b).min(a.min(b) + 3));
        let places: Vec<usize> = (first - 1..last).collect();
        if !uid {
            return (format!("{first}:{last}"), places);
        }
        let uids: Vec<String> = places.iter().filter_map(|p| self.model.slots[*p].uid).map(|u| u.to_string()).collect();
        (uids.join(","), places)
    }

    fn store(&mut self) {
        let uid = self.random(2) == 0;
        let (messages, places) = self.some(uid);
        let flag = FLAGS[self.random(FLAGS.len())];
        let sign = ["+", "-", ""][self.random(3)];
        let silent = self.random(2) == 0;
        let guarded = self.kind != Kind::One && self.kind != Kind::Two && self.random(3) == 0;
        let guard = if guarded { format!(" (UNCHANGEDSINCE {})", self.model.synced) } else { String::new() };
        let silence = if silent { ".SILENT" } else { "" };
        if silent && !guarded {
            // What goes without saying.
            for place in places {
                let Some(flags) = &mut self.model.slots[place].flags else { continue };
                match sign {
                    "+" => drop(flags.insert(flag.to_owned())),
                    "-" => drop(flags.remove(flag)),
                    _ => *flags = BTreeSet::from([flag.to_owned()]),
                }
            }
        }
        let (prefix, numbers) = if uid { ("UID ", Numbers::Move) } else { ("", Numbers::Stay) };
        let lines = self.command(&format!("{prefix}STORE {messages}{guard} {sign}FLAGS{silence} ({flag})"), numbers);
        let last = lines.last().unwrap();
        if !last.starts_with("t OK") && !last.starts_with("t NO [EXPUNGEISSUED]") {
            self.fail("refused");
        }
        if silent && guarded {
            // Which of them are changed the client learns by asking.
            self.ok("FETCH 1:* (UID FLAGS MODSEQ)", Numbers::Stay);
        }
    }

    fn append(&mut self) {
        let count = 1 + self.random(3);
        let mut texts = Vec::new();
        let mut command = format!("t APPEND {FOLDER}");
        for _ in 0..count {
            let text = format!("text {} {}", self.random(1 << 30), self.random(1 << 30));
            command += &format!(" {{{}+}}\r\nSubject: x\r\n\r\n{text}\r\n", text.len() + 16);
            texts.push(text);
        }
        self.say(&command);
        let lines = self.answer(Numbers::Move);
        let code = between(lines.last().unwrap(), "[APPENDUID ", "]").unwrap_or_else(|| self.fail("no APPENDUID"));
        let uids = set(code.split(' ').nth(1).unwrap());
        let mut known = self.shared.texts.lock().unwrap();
        for (uid, text) in uids.into_iter().flat_map(|(first, last)| first..=last).zip(texts) {
            assert_eq!(known.insert(uid, text), None, "{uid} was given twice");
        }
    }

    /// Reads texts, also of messages that others took away.
    fn read(&mut self) {
        let uid = self.random(2) == 0;
        let (messages, _) = self.some(uid);
        let prefix = if uid { "UID " } else { "" };
        // Others may not have told yet what they appended.
        for line in self.ok(&format!("{prefix}FETCH {messages} (UID BODY.PEEK[TEXT])"), Numbers::Stay) {
            let (Some(uid), Some(text)) = (between(&line, "UID ", " "), between(&line, "\"", "\"")) else { continue };
            let known = self.shared.texts.lock().unwrap().get(&uid.parse().unwrap()).cloned();
            if known.is_some_and(|known| known != text) {
                self.fail("the text of another message");
            }
        }
    }

    fn changed(&mut self) {
        match self.kind {
            Kind::One | Kind::Two => drop(self.ok("FETCH 1:* FLAGS", Numbers::Stay)),
            Kind::CondStore => {
                drop(self.ok(&format!("FETCH 1:* (FLAGS) (CHANGEDSINCE {})", self.model.synced), Numbers::Stay));
            }
            Kind::QResync | Kind::Notified => {
                let since = self.model.synced.saturating_sub(self.random(20) as u64).max(1);
                self.ok(&format!("UID FETCH 1:* (FLAGS) (CHANGEDSINCE {since} VANISHED)"), Numbers::Stay);
            }
        }
    }

    /// The client's own numbers, all of them.
    fn search(&mut self) {
        let lines = self.ok("SEARCH RETURN (COUNT) ALL", Numbers::Stay);
        let count = lines.iter().find_map(|line| line.split("COUNT ").nth(1)).unwrap_or_default();
        if count.parse() != Ok(self.model.slots.len()) {
            self.fail("not as many as there are");
        }
    }

    fn copy(&mut self) {
        let uid = self.random(2) == 0;
        let (messages, _) = self.some(uid);
        let prefix = if uid { "UID " } else { "" };
        let lines = self.command(&format!("{prefix}COPY {messages} {FOLDER}"), Numbers::Move);
        let Some(code) = between(lines.last().unwrap(), "[COPYUID ", "]") else { return };
        let uids = |word: usize| set(code.split(' ').nth(word).unwrap()).into_iter().flat_map(|(a, b)| a..=b);
        let mut texts = self.shared.texts.lock().unwrap();
        for (from, to) in uids(1).zip(uids(2)) {
            if let Some(text) = texts.get(&from).cloned() {
                assert_eq!(texts.insert(to, text), None, "{to} was given twice");
            }
        }
    }

    fn move_away(&mut self) {
        let uid = self.random(2) == 0;
        let (messages, _) = self.some(uid);
        let prefix = if uid { "UID " } else { "" };
        self.command(&format!("{prefix}MOVE {messages} {AWAY}"), Numbers::Move);
    }

    fn expunge(&mut self) {
        let (messages, _) = self.some(true);
        self.ok(&format!("UID STORE {messages} +FLAGS (\\Deleted)"), Numbers::Move);
        if self.random(2) == 0 {
            self.ok("EXPUNGE", Numbers::Move);
        } else {
            self.ok(&format!("UID EXPUNGE {messages}"), Numbers::Move);
        }
    }

    fn idle(&mut self) {
        self.say("t IDLE");
        while self.hear(Numbers::Move).is_none() {}
        let time = Duration::from_millis(1 + self.random(20) as u64);
        while let Heard::Line(line) = self.client.line(time) {
            self.note(format!("< {line}"));
            self.judge(&line, Numbers::Move);
        }
        self.say("DONE");
        self.answer(Numbers::Move);
    }

    /// Commands that are sent before the answers to those before them have come.
    fn pipeline(&mut self) {
        let number = self.number();
        self.say(&format!("t NOOP\r\nt STORE {number} +FLAGS (\\Seen)\r\nt FETCH {number} (UID FLAGS)\r\nt NOOP"));
        for numbers in [Numbers::Stay, Numbers::Stay, Numbers::Stay, Numbers::Move] {
            self.answer(numbers);
        }
    }

    fn close(&mut self) {
        // What is deleted goes, and nothing is said of it.
        self.ok("CLOSE", Numbers::Move);
        self.reselect();
    }

    /// The connection is lost, perhaps in the middle of a change, and made again.
    fn come_again(&mut self) {
        match self.random(3) {
            0 => {}
            1 => self.say("t STORE 1:* +FLAGS (\\Flagged)"),
            _ => self.say("t UID STORE 1:* -FLAGS (\\Flagged)\r\nt EXPUNGE"),
        }
        self.note("> (lost)".to_owned());
        self.client = self.shared.connect();
        self.select();
    }

    /// All is quiet: what this session knows is what one sees that comes anew.
    pub fn compare(&mut self) {
        self.ok("NOOP", Numbers::Move);
        self.learn();
        let mut truth = Self::open(self.shared.clone(), Kind::CondStore, 0);
        truth.ok("NOOP", Numbers::Move);
        let told = self.kind == Kind::CondStore || self.kind.resyncs();
        let comparable = |slot: &Slot| Slot { modseq: slot.modseq.filter(|_| told), ..slot.clone() };
        let mine: Vec<Slot> = self.model.slots.iter().map(comparable).collect();
        let theirs: Vec<Slot> = truth.model.slots.iter().map(comparable).collect();
        if mine != theirs {
            self.fail(&format!("the truth: {theirs:?}"));
        }
    }
}
