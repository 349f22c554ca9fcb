//! A daemon with a small department, in this process, on free ports and in a directory of its own. When a test is done
//! with it, it is shut down and everything that it kept is checked.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use hopthu::clock::Clock;
use hopthu::config::Config;
use hopthu::credential::Secret;
use hopthu::directory::{Decision, DecisionKind, Place, Reach, UnitKind};
use hopthu::metrics::Listener;
use hopthu::name::{Label, LocalPart, PersonName};
use hopthu::provisioning::{Act, CreateUnit, Done, Failure, FirstPassword, FoundDepartment, Hire, Order, Registration};
use hopthu::server::{Running, Server};
use hopthu::{audit, db, directory, queue, server, store};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio::runtime::Runtime;

use crate::client::{Client, Trust};

pub const HOSTNAME: &str = "mail.daklak.doj.gov.vn";
pub const DOMAIN: &str = "daklak.doj.gov.vn";
/// Everybody's password.
pub const PASSWORD: &str = "Thu-viec-2026";
/// The unit that everybody belongs to.
pub const UNIT: &str = "van-phong";

/// Keys of the configuration, as `section.key`, and their values in TOML.
#[derive(Clone, Debug)]
pub struct Settings(BTreeMap<String, String>);

/// Somebody of the department.
#[derive(Clone, Debug)]
pub struct Person {
    pub address: String,
}

/// The daemon.
pub struct Daemon {
    runtime: Runtime,
    running: Option<Running>,
    data_dir: tempfile::TempDir,
    people: Mutex<Vec<Person>>,
    decisions: AtomicUsize,
    trust: Trust,
}

impl Default for Settings {
    fn default() -> Self {
        let mut keys = Self(BTreeMap::new());
        keys.set("server.hostname", &format!("{HOSTNAME:?}"));
        keys.set("organisation.name", "\"Sở Tư pháp tỉnh Đắk Lắk\"");
        keys.set("organisation.domain", &format!("{DOMAIN:?}"));
        // Tests that are about it bring their own DNS.
        keys.set("authentic.verify", "\"off\"");
        for listener in Listener::ALL.into_iter().filter(|listener| *listener != Listener::Dns) {
            keys.set(&format!("listen.{}", listener.name()), "[\"127.0.0.1:0\"]");
        }
        keys
    }
}

impl Settings {
    pub fn set(&mut self, key: &str, value: &str) {
        self.0.insert(key.to_owned(), value.to_owned());
    }

    /// With one more key.
    pub fn with(mut self, key: &str, value: &str) -> Self {
        self.set(key, value);
        self
    }

    pub fn toml(&self) -> String {
        self.0.iter().map(|(key, value)| format!("{key} = {value}\n")).collect()
    }
}

impl Person {
    pub fn local(&self) -> &str {
        self.address.split('@').next().unwrap()
    }
}

impl Daemon {
    /// A department with one unit, and in it Đỗ Xuân Bình and Nguyễn Thị Đào.
    pub fn start(settings: &Settings) -> Self {
        Self::start_at(settings, None)
    }

    /// The same at a time of its own, which moves by [`Clock::set`] only.
    pub fn start_at(settings: &Settings, clock: Option<Clock>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let private = std::fs::Permissions::from_mode(0o700);
        let data_dir = tempfile::Builder::new().permissions(private).tempdir().unwrap();
        let config = config(settings, &data_dir);
        let clock = clock.unwrap_or_else(|| config.clock());
        let running = runtime.block_on(async { Server::start(config, clock).await.unwrap() });
        let certificate = data_dir.path().join("tls/certificate.pem");
        let trust = Trust::new(CertificateDer::from_pem_file(certificate).unwrap(), HOSTNAME);
        let daemon = Self {
            runtime,
            running: Some(running),
            data_dir,
            people: Mutex::default(),
            decisions: AtomicUsize::new(1),
            trust,
        };
        daemon.act(vec![
            Act::FoundDepartment(FoundDepartment {
                address: LocalPart::parse("sotuphap").unwrap(),
                registration: Registration::None,
            }),
            Act::CreateUnit(CreateUnit {
                code: LocalPart::parse(UNIT).unwrap(),
                name: Label::parse("Văn phòng").unwrap(),
                kind: UnitKind::Office,
                place: Place::Lan,
                parent: None,
            }),
        ]);
        daemon.hire("Đỗ Xuân Bình");
        daemon.hire("Nguyễn Thị Đào");
        daemon
    }

    /// Hires a person by a decision, with the password that all have here.
    pub fn hire(&self, name: &str) -> Person {
        let done = self.try_hire(name, &format!("{}/QĐ-STP", self.people.lock().unwrap().len() + 1)).unwrap();
        let address = done.acts[0].slip.as_ref().unwrap().address.to_string();
        self.set_password(&address, PASSWORD);
        let person = Person { address };
        self.people.lock().unwrap().push(person.clone());
        person
    }

    /// Somebody whose mailbox may write to the Internet.
    pub fn hire_with_internet(&self, name: &str) -> Person {
        let hire = Hire { reach: Reach::Internet, ..newcomer(name, FirstPassword::MayStay) };
        let done = self.decide(vec![Act::Hire(hire)]).unwrap();
        let address = done.acts[0].slip.as_ref().unwrap().address.to_string();
        self.set_password(&address, PASSWORD);
        Person { address }
    }

    /// The act alone, with what becomes of it.
    pub fn try_hire(&self, name: &str, number: &str) -> Result<Done, Failure> {
        let act = Act::Hire(newcomer(name, FirstPassword::MayStay));
        let dated = jiff::civil::date(2026, 11, 2);
        let decision = Decision {
            number: Label::parse(number).unwrap(),
            dated,
            effective: dated,
            kind: DecisionKind(act.kind().0),
            issuer: None,
            approver: None,
            note: None,
        };
        self.order(vec![act], Some(decision), None)
    }

    pub fn set_password(&self, who: &str, password: &str) {
        let secret = Secret::parse(password).unwrap();
        self.order(vec![Act::SetPassword { who: who.into() }], None, Some(secret)).unwrap();
    }

    pub fn suspend(&self, who: &Person) {
        self.act(vec![Act::Suspend { who: who.address.clone() }]);
    }

    pub fn act(&self, acts: Vec<Act>) -> Done {
        self.order(acts, None, None).unwrap()
    }

    /// Acts by a decision of today, the next of its kind.
    pub fn decide(&self, acts: Vec<Act>) -> Result<Done, Failure> {
        let today = self.running().installation().clock.today();
        let number = format!("{}/QĐ-TEST", self.decisions.fetch_add(1, Ordering::Relaxed));
        let decision = Decision {
            number: Label::parse(&number).unwrap(),
            dated: today,
            effective: today,
            kind: acts[0].kind(),
            issuer: None,
            approver: None,
            note: None,
        };
        self.order(acts, Some(decision), None)
    }

    fn order(&self, acts: Vec<Act>, decision: Option<Decision>, password: Option<Secret>) -> Result<Done, Failure> {
        let installation = self.running().installation();
        let services = installation.control(&installation.config, Some(self.running().addresses()));
        let order = Order { password, ..Order::new("tests", decision, acts) };
        self.runtime.block_on(services.provisioning.execute(order))
    }

    /// Stops the daemon, lets `meanwhile` happen, and starts it again on the same data.
    pub fn restart(&mut self, meanwhile: impl FnOnce()) {
        let installation = self.running().installation();
        let (config, clock) = (installation.config.clone(), installation.clock.clone());
        let running = self.running.take().unwrap();
        self.runtime.block_on(running.shutdown());
        meanwhile();
        self.running = Some(self.runtime.block_on(async { Server::start(config, clock).await.unwrap() }));
    }

    /// A command of the program about this daemon, which answers it.
    pub fn command(&self, arguments: &[&str]) -> std::process::Output {
        let config = self.data_dir.path().join("hopthu.toml");
        let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_hopthu"));
        program.arg("--config").arg(config).args(arguments).stdin(std::process::Stdio::null()).output().unwrap()
    }

    /// Where it keeps everything.
    pub fn data_dir(&self) -> &std::path::Path {
        self.data_dir.path()
    }

    /// The person whose address begins so.
    pub fn person(&self, local: &str) -> Option<Person> {
        self.people.lock().unwrap().iter().find(|person| person.local() == local).cloned()
    }

    pub fn trust(&self) -> Trust {
        self.trust.clone()
    }

    /// Waits for something of the daemon's own.
    pub fn wait<T>(&self, what: impl Future<Output = T>) -> T {
        self.runtime.block_on(what)
    }

    pub fn running(&self) -> &Running {
        self.running.as_ref().unwrap()
    }

    pub fn address(&self, door: &str) -> SocketAddr {
        let listener = Listener::ALL.into_iter().find(|listener| listener.name() == door).unwrap();
        self.running().addresses().of(listener).unwrap()
    }

    /// A connection to a listener; with TLS where its name ends so.
    pub fn connect(&self, door: &str) -> Client {
        let connect = if door.ends_with('s') { Client::tls } else { Client::plain };
        connect(self.address(door), self.trust())
    }

    /// An IMAP connection on which the person has logged in.
    pub fn imap_as(&self, who: &Person) -> Client {
        let mut client = self.connect("imaps");
        client.expect_line();
        log_in_imap(&mut client, who);
        client
    }

    /// Sends a message to the person from outside.
    pub fn deliver(&self, to: &Person, message: &[u8]) {
        let mut client = self.connect("smtp");
        client.reply();
        assert_eq!(client.ask("EHLO ngoai.example.vn"), 250);
        assert_eq!(client.ask("MAIL FROM:<ngoai@example.vn>"), 250);
        assert_eq!(client.ask(&format!("RCPT TO:<{}>", to.address)), 250);
        assert_eq!(client.ask("DATA"), 354);
        client.send(&[message, b".\r\n"].concat());
        let (code, text) = client.reply();
        assert_eq!(code, 250, "{text}");
    }
}

/// Somebody to be hired.
pub fn newcomer(name: &str, first_password: FirstPassword) -> Hire {
    Hire {
        name: PersonName::parse(name).unwrap(),
        unit: UNIT.into(),
        position: None,
        staff_code: None,
        address: None,
        quota_bytes: None,
        reach: Reach::Province,
        registration: Registration::None,
        first_password,
    }
}

pub fn log_in_imap(client: &mut Client, who: &Person) {
    client.ok(&format!("LOGIN {} {PASSWORD}", who.address));
}

pub fn log_in_smtp(client: &mut Client, who: &Person) {
    assert_eq!(client.ask("EHLO x.example.vn"), 250);
    let login = data_encoding::BASE64.encode(format!("\0{}\0{PASSWORD}", who.address).as_bytes());
    assert_eq!(client.ask(&format!("AUTH PLAIN {login}")), 235);
}

/// The configuration, written and read as an administrator's would be.
fn config(settings: &Settings, data_dir: &tempfile::TempDir) -> Config {
    let settings = settings.clone().with("server.data_dir", &format!("\"{}\"", data_dir.path().display()));
    let file = data_dir.path().join("hopthu.toml");
    std::fs::write(&file, settings.toml()).unwrap();
    Config::load(&file).unwrap()
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let Some(running) = self.running.take() else { return };
        self.runtime.block_on(running.shutdown());
        if std::thread::panicking() {
            return;
        }
        let file = server::database(self.data_dir.path());
        let violations = self.runtime.block_on(check(&file));
        assert!(violations.is_empty(), "after the test: {violations:#?}");
    }
}

/// Everything that must hold of a database that nobody has open.
pub async fn check(file: &std::path::Path) -> Vec<String> {
    let db = db::Db::open(file).await.unwrap();
    let mut connection = db.read().await.unwrap();
    let mut violations = Vec::new();
    violations.extend(store::check(&mut connection).await.unwrap().iter().map(|v| format!("{v:?}")));
    violations.extend(queue::check(&mut connection).await.unwrap().iter().map(|v| format!("{v:?}")));
    violations.extend(directory::check(&mut connection).await.unwrap().iter().map(|v| format!("{v:?}")));
    let verified = audit::verify(&mut connection).await.unwrap();
    if !verified.ok {
        violations.push(format!("the audit is broken at {:?}", verified.broken_at));
    }
    drop(connection);
    db.close().await;
    violations
}
