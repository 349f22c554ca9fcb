//! `hopthu.toml`: every key typed, none unknown, each error with its place (hostile B91).
//!
//! Defaults are written once as [`Default`] here and once, for people, in `config/hopthu.toml`; a test holds them equal.

pub mod authentic;
mod dns;
mod error;
pub mod files;
mod filter;
pub mod relay;
mod report;
mod shares;
mod template;
mod units;
pub mod value;

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::address::Domain;
use crate::clock::Clock;
use crate::directory::TreatmentKind;
use crate::language::Language;
use crate::limits;
use crate::metrics::Listener;
use crate::name::NameRule;
use crate::network::Network;
use crate::period::Period;
use crate::provisioning;
use crate::smtp::SenderTrace;

pub use authentic::Authentic;
pub use dns::Dns;
pub use error::{ConfigError, Position};
pub use filter::Filter;
pub use relay::Relay;
pub use report::Report;
pub use shares::Shares;
pub use template::{Setting, write};
pub use units::Units;
use value::{ListenAddress, Size, Wait, Zone};

/// The whole configuration. Paths are absolute, or relative to the working directory, once loaded.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The daemon itself.
    pub server: Server,
    /// Whose mail it is.
    pub organisation: Organisation,
    /// Where it listens.
    #[serde(default)]
    pub listen: Listen,
    /// Certificate, and who may do without.
    #[serde(default)]
    pub tls: Tls,
    /// What a password must be.
    #[serde(default)]
    pub passwords: Passwords,
    /// Bounds of messages and mailboxes.
    #[serde(default)]
    pub mail: Mail,
    /// Other servers and devices.
    #[serde(default)]
    pub relay: Relay,
    /// What is signed, and what becomes of mail that is not authentic.
    #[serde(default)]
    pub authentic: Authentic,
    /// Filters against spam and viruses, in the order in which they are asked.
    #[serde(default)]
    pub filter: Vec<Filter>,
    /// Its names on the network.
    #[serde(default)]
    pub dns: Dns,
    /// What units share, and by when.
    #[serde(default)]
    pub shares: Shares,
    /// By when what units are written is to be dealt with.
    #[serde(default)]
    pub units: Units,
    /// What the Director is told each month.
    #[serde(default)]
    pub report: Report,
    /// What becomes of mailboxes whose holder leaves.
    #[serde(default)]
    pub departure: Departure,
    /// What the province is told.
    #[serde(default)]
    pub province: Province,
    /// How acts are kept on record.
    #[serde(default)]
    pub audit: Audit,
    /// The file that all this was read from.
    #[serde(skip)]
    pub file: PathBuf,
}

/// `[server]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// The name of this machine in greetings, Received fields and the certificate.
    pub hostname: Domain,
    /// Database, keys and everything else that the daemon writes.
    #[serde(default = "default_data_dir")]
    pub data_dir: PathBuf,
    /// The language of everything that people read.
    #[serde(default)]
    pub language: Language,
    /// The office's time zone.
    #[serde(default = "default_timezone")]
    pub timezone: Zone,
}

/// `[organisation]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organisation {
    /// Its full name.
    pub name: String,
    /// The domain whose mailboxes are here.
    pub domain: Domain,
    /// The province's domain, some of whose addresses belong to mailboxes here.
    #[serde(default)]
    pub provincial_domain: Option<Domain>,
    /// How a name becomes the part before `@`.
    #[serde(default, deserialize_with = "value::parsed")]
    pub name_rule: NameRule,
    /// Positions whose holders lead the department and answer for its mailbox (R25).
    #[serde(default = "default_leaders")]
    pub leaders: Vec<String>,
    /// The code of the unit that is the Office (P5.1).
    #[serde(default = "default_office")]
    pub office: String,
    /// Whether acts on people and units need a request that the Office approved (R12).
    #[serde(default)]
    pub requests: provisioning::Requests,
}

/// `[listen]`: lists of addresses; an empty list closes that port.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Listen {
    /// Mail from other servers and devices.
    pub smtp: Vec<ListenAddress>,
    /// Mail from people, STARTTLS.
    pub submission: Vec<ListenAddress>,
    /// Mail from people, TLS from the first octet (RFC 8314).
    pub submissions: Vec<ListenAddress>,
    /// Reading, STARTTLS.
    pub imap: Vec<ListenAddress>,
    /// Reading, TLS from the first octet.
    pub imaps: Vec<ListenAddress>,
    /// The staff page.
    pub https: Vec<ListenAddress>,
    /// `/metrics` and `/health`, plain HTTP for the office's monitoring.
    pub metrics: Vec<ListenAddress>,
}

/// `[tls]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tls {
    /// Certificate chain, PEM. Without one a self-signed certificate is made in the data directory.
    pub certificate: Option<PathBuf>,
    /// Its private key, PEM, mode 0600.
    pub key: Option<PathBuf>,
    /// Networks from which a login without TLS is allowed.
    pub plaintext_login_from: Vec<Network>,
}

/// `[passwords]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Passwords {
    /// Characters that a new password has at least.
    pub min_length: usize,
    /// Days after which a first password that nobody changed no longer logs in; 0: it always does.
    pub first_password_days: u32,
    /// How guessing is slowed.
    pub throttle: Throttle,
}

/// `[passwords.throttle]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Throttle {
    /// Failures at one name from one network.
    pub pair: Rate,
    /// Failures at one name from networks where its holder never was.
    pub name: Rate,
    /// Failures from one network at names whose holders never were there.
    pub network: Rate,
}

/// How many at once, and how soon another.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// At once.
    pub burst: NonZeroU32,
    /// Until one more.
    pub every: Wait,
}

/// `[mail]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mail {
    /// Octets of a message at most, announced as SIZE.
    pub max_message_size: Size,
    /// Recipients of one message at most.
    pub max_recipients: usize,
    /// What the top of a message tells of the machine that a person sent it from.
    pub sender_trace: SenderTrace,
    /// Octets that a new mailbox may hold.
    pub quota: Size,
    /// Recipients that one person may send to in an hour.
    pub hourly_limit: u32,
    /// Recipients that one person may send to in a day.
    pub daily_limit: u32,
    /// Recipients outside to whom one person may write for the first time in a day.
    pub strangers_limit: u32,
    /// How long an expunged message can be brought back.
    pub expunged_kept: Period,
}

/// `[departure]`: by position, as the ministry's rule 652/QĐ-BTTTT has it (R15).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Departure {
    /// How long a mailbox stays closed before it is archived and removed.
    pub grace: Period,
    /// The same for those who led the department.
    pub grace_leaders: Period,
    /// What becomes of new mail meanwhile, where the decision does not say.
    pub new_mail: TreatmentKind,
    /// How long an address rests after its mailbox is removed.
    pub quarantine: Period,
    /// Where archives are written; in the data directory where none is given.
    pub archive: Option<PathBuf>,
}

fn default_leaders() -> Vec<String> {
    ["Giám đốc", "Phó Giám đốc"].map(str::to_owned).to_vec()
}

fn default_office() -> String {
    "van-phong".to_owned()
}

/// `[province]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Province {
    /// The office's key, PKCS #8 PEM, mode 0600. Without one it is made in the data directory.
    pub signing_key: Option<PathBuf>,
    /// Where change files are put when no other place is named; they are printed where there is none.
    pub target: Option<PathBuf>,
}

/// `[audit]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Audit {
    /// How long entries are kept; no length: for ever.
    pub retention: Period,
    /// Where the audit's head is written day by day. Without one in the data directory.
    pub heads: Option<PathBuf>,
}

fn default_data_dir() -> PathBuf {
    PathBuf::from("/var/lib/hopthu")
}

fn default_timezone() -> Zone {
    Zone(jiff::tz::TimeZone::get("Asia/Ho_Chi_Minh").unwrap_or(jiff::tz::TimeZone::UTC))
}

impl Default for Listen {
    fn default() -> Self {
        let any = |port| vec![ListenAddress((std::net::Ipv4Addr::UNSPECIFIED, port).into())];
        Self {
            smtp: any(25),
            submission: any(587),
            submissions: any(465),
            imap: any(143),
            imaps: any(993),
            https: any(443),
            metrics: vec![ListenAddress((std::net::Ipv4Addr::LOCALHOST, 9118).into())],
        }
    }
}

impl Default for Passwords {
    fn default() -> Self {
        Self {
            min_length: limits::PASSWORD_LENGTH_MIN,
            first_password_days: limits::FIRST_PASSWORD_DAYS,
            throttle: Throttle::default(),
        }
    }
}

impl Default for Throttle {
    fn default() -> Self {
        let rate = |burst, every| Rate { burst: NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN), every: Wait(every) };
        Self {
            pair: rate(limits::LOGIN_PAIR_FAILURES_MAX, limits::LOGIN_PAIR_FAILURE_EVERY),
            name: rate(limits::LOGIN_NAME_FAILURES_MAX, limits::LOGIN_NAME_FAILURE_EVERY),
            network: rate(limits::LOGIN_NETWORK_FAILURES_MAX, limits::LOGIN_NETWORK_FAILURE_EVERY),
        }
    }
}

impl Default for Departure {
    fn default() -> Self {
        let provisioning::Departure { grace, grace_leaders, treatment, quarantine } =
            provisioning::Departure::default();
        Self { grace, grace_leaders, new_mail: treatment, quarantine, archive: None }
    }
}

impl Departure {
    /// The same as the rules use it.
    pub fn terms(&self) -> provisioning::Departure {
        let (grace, grace_leaders, quarantine) = (self.grace, self.grace_leaders, self.quarantine);
        provisioning::Departure { grace, grace_leaders, treatment: self.new_mail, quarantine }
    }
}

impl Default for Audit {
    fn default() -> Self {
        Self { retention: Period::months(120), heads: None }
    }
}

impl Default for Mail {
    fn default() -> Self {
        Self {
            max_message_size: Size(50 << 20),
            max_recipients: 1000,
            sender_trace: SenderTrace::default(),
            quota: Size(2 << 30),
            hourly_limit: 200,
            daily_limit: 1000,
            strangers_limit: 100,
            expunged_kept: Period::days(limits::EXPUNGED_KEPT_DAYS),
        }
    }
}

impl Config {
    /// Where one listener listens.
    pub fn listens(&self, listener: Listener) -> &[ListenAddress] {
        match listener {
            Listener::Smtp => &self.listen.smtp,
            Listener::Submission => &self.listen.submission,
            Listener::Submissions => &self.listen.submissions,
            Listener::Imap => &self.listen.imap,
            Listener::Imaps => &self.listen.imaps,
            Listener::Https => &self.listen.https,
            Listener::Metrics => &self.listen.metrics,
            Listener::Dns => &self.dns.listen,
        }
    }

    /// Reads and checks a configuration file. Relative paths in it are relative to its directory.
    ///
    /// # Errors
    /// [`ConfigError`], naming the place. The files it points to are checked when they are used.
    pub fn load(file: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(file).map_err(|e| ConfigError::read(file, e))?;
        Ok(Self::parse(&text, file)?.relative_to(file.parent().unwrap_or(Path::new(""))))
    }

    /// The same with its paths taken from a directory.
    #[must_use]
    pub fn relative_to(mut self, base: &Path) -> Self {
        self.server.data_dir = base.join(&self.server.data_dir).components().collect();
        self.tls.certificate = self.tls.certificate.map(|path| base.join(path));
        self.tls.key = self.tls.key.map(|path| base.join(path));
        self.departure.archive = self.departure.archive.map(|path| base.join(path));
        self.province.signing_key = self.province.signing_key.map(|path| base.join(path));
        self.province.target = self.province.target.map(|path| base.join(path));
        self.audit.heads = self.audit.heads.map(|path| base.join(path));
        self.relay.trusted_authority = self.relay.trusted_authority.map(|path| base.join(path));
        for file in self.relay.route.iter_mut().flat_map(|route| [&mut route.trust, &mut route.password_file]).flatten()
        {
            *file = base.join(&file);
        }
        self
    }

    /// Reads a configuration text; `file` is what errors call it.
    pub fn parse(text: &str, file: &Path) -> Result<Self, ConfigError> {
        let wrong = |key, at, problem| ConfigError::Key { file: file.to_owned(), at, key, problem };
        let placed = |e: &toml::de::Error| e.span().map(|span| Position::of(text, span.start)).unwrap_or_default();
        let parser = toml::Deserializer::parse(text).map_err(|e| wrong(None, placed(&e), e.message().to_owned()))?;
        let mut config: Self = serde_path_to_error::deserialize(parser).map_err(|e| {
            let key = Some(e.path().to_string()).filter(|path| path != ".");
            wrong(key, placed(e.inner()), e.inner().message().to_owned())
        })?;
        config.file = file.into();
        if config.tls.certificate.is_some() != config.tls.key.is_some() {
            let (given, missing) =
                if config.tls.key.is_some() { ("key", "certificate") } else { ("certificate", "key") };
            let problem = format!("a certificate and its key go together: set tls.{missing} too, or neither");
            return Err(wrong(Some(format!("tls.{given}")), Position::of_key(text, "tls", given), problem));
        }
        if let Err((key, problem)) = config.shares.settings() {
            return Err(wrong(Some(format!("shares.{key}")), Position::of_key(text, "shares", key), problem));
        }
        let organisation = &config.organisation;
        if let Some(problem) = config.report.fault(&organisation.domain, organisation.provincial_domain.as_ref()) {
            let key = Some("report.recipients".to_owned());
            return Err(wrong(key, Position::of_key(text, "report", "recipients"), problem));
        }
        if let Some((key, problem)) = config.relay.fault() {
            return Err(wrong(Some(format!("relay.{key}")), Position::of_key(text, "relay", key), problem));
        }
        if let Some(problem) = filter::fault(&config.filter) {
            return Err(wrong(Some("filter".to_owned()), Position::default(), problem));
        }
        Ok(config)
    }

    /// The error for a value that turned out to be wrong when it was used, with the place of its key.
    pub fn wrong(&self, section: &str, key: &str, problem: String) -> ConfigError {
        // The file was readable a moment ago; if it is no longer, the key still says where to look.
        let text = std::fs::read_to_string(&self.file).unwrap_or_default();
        let at = Position::of_key(&text, section, key);
        ConfigError::Key { file: self.file.clone(), at, key: Some(format!("{section}.{key}")), problem }
    }

    /// The machine's clock, at the office.
    pub fn clock(&self) -> Clock {
        Clock::system(self.server.timezone.0.clone())
    }

    /// Where archives of removed mailboxes are written.
    pub fn archive(&self) -> PathBuf {
        self.departure.archive.clone().unwrap_or_else(|| self.server.data_dir.join("archive"))
    }

    /// The office's key: the one configured, else the one in the data directory.
    pub fn signing_key(&self) -> PathBuf {
        self.province.signing_key.clone().unwrap_or_else(|| self.server.data_dir.join("keys/office.pem"))
    }

    /// The file of the audit's heads: the one configured, else the one in the data directory.
    pub fn audit_heads(&self) -> PathBuf {
        self.audit.heads.clone().unwrap_or_else(|| self.server.data_dir.join("audit-heads.jsonl"))
    }

    /// Certificate and key: those configured, else the self-signed pair in the data directory.
    pub fn tls_files(&self) -> (PathBuf, PathBuf) {
        match (&self.tls.certificate, &self.tls.key) {
            (Some(certificate), Some(key)) => (certificate.clone(), key.clone()),
            _ => (self.server.data_dir.join("tls/certificate.pem"), self.server.data_dir.join("tls/key.pem")),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const REQUIRED: &str = "[server]\nhostname = \"mail.daklak.doj.gov.vn\"\n\
        [organisation]\nname = \"Sở Tư pháp\"\ndomain = \"daklak.doj.gov.vn\"\n";

    fn parse(rest: &str) -> Result<Config, String> {
        Config::parse(&format!("{REQUIRED}{rest}"), Path::new("hopthu.toml")).map_err(|e| e.to_string())
    }

    #[test]
    fn an_error_names_file_line_column_key_and_what_would_be_right() {
        for (text, expected) in [
            (
                "[mail]\nmax_mesage_size = \"1M\"\n",
                "hopthu.toml:7:1: mail.max_mesage_size: unknown field `max_mesage_size`, expected one of `max_message_size`",
            ),
            (
                "[mail]\nquota = \"10 MB\"\n",
                "hopthu.toml:7:9: mail.quota: \"10 MB\" is not a size; write a whole number with k, M or G",
            ),
            (
                "[listen]\nsmtp = [\n \"0.0.0.0:25\",\n \"0.0.0.0:99999\"]\n",
                "hopthu.toml:7:8: listen.smtp[1]: \"0.0.0.0:99999\" is not an address with a port",
            ),
            (
                "[tls]\nplaintext_login_from = [\"10.1.2.3/16\"]\n",
                "hopthu.toml:7:24: tls.plaintext_login_from[0]: bits are set",
            ),
            (
                "[tls]\n\nkey = \"k.pem\"\n",
                "hopthu.toml:8:1: tls.key: a certificate and its key go together: set tls.certificate too",
            ),
            ("[relays]\n", "hopthu.toml:6:2: relays: unknown field `relays`, expected one of `server`"),
            ("[mail\n", "hopthu.toml:6:6: "),
        ] {
            let message = parse(text).unwrap_err();
            assert!(message.starts_with(expected), "{message}\ninstead of\n{expected}");
        }
    }

    #[test]
    fn a_missing_key_is_named() {
        let message =
            Config::parse("[server]\n\n[organisation]\nname = \"x\"\ndomain = \"x.vn\"\n", Path::new("x.toml"))
                .unwrap_err()
                .to_string();
        assert!(message.starts_with("x.toml:1:1: server: missing field `hostname`"), "{message}");
    }

    #[test]
    fn the_commented_file_states_the_defaults() {
        let uncommented = template::uncommented();
        let stated = Config::parse(&uncommented, Path::new("hopthu.toml")).unwrap();
        let required = REQUIRED.replace("Sở Tư pháp", &stated.organisation.name);
        assert_eq!(stated, Config::parse(&required, Path::new("hopthu.toml")).unwrap());
    }

    #[test]
    fn paths_are_relative_to_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("hopthu.toml");
        std::fs::write(&file, REQUIRED.replace("[server]", "[server]\ndata_dir = \"data\"")).unwrap();
        let config = Config::load(&file).unwrap();
        assert_eq!(config.server.data_dir, dir.path().join("data"));
        assert_eq!(config.tls_files().1, dir.path().join("data/tls/key.pem"));
    }
}
