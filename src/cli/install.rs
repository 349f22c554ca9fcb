//! Making an installation: an empty one, or one to try the program with.

use std::fmt::Write;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use crate::address::local_part_of;
use crate::config::{self, Config, Setting, files};
use crate::control::{self, Call, Caller, Exit, Failure, Origin, Reply, Request, execute};
use crate::language::Language;
use crate::metrics::Listener;
use crate::name::LocalPart;
use crate::provisioning::{Act, FoundDepartment, Registration};
use crate::server::{Installation, database};

use super::ask::{misconfigured, not_opened, unexpected};
use super::sample::Sample;
use super::{args, requests};

/// The configuration's name in a directory made here.
const CONFIGURATION: &str = "hopthu.toml";
/// First passwords of the sample department's people.
const CREDENTIALS: &str = "credentials.txt";

/// `init`: configuration, database, and the department's own mailbox; nobody yet.
pub(super) async fn init(init: args::Init, spoken: Option<Language>, shown: Language) -> Result<PathBuf, Failure> {
    let file = init.dir.join(CONFIGURATION);
    if file.exists() {
        let message = match shown {
            Language::Vi => format!("đã có {}: hãy chọn thư mục khác", file.display()),
            Language::En => format!("{} is there already: choose another directory", file.display()),
        };
        return Err(Failure::new(Exit::Refused, "installation_exists", &message));
    }
    let address = match init.address {
        Some(address) => address,
        None => named_after(init.organisation.as_str())?,
    };
    // Whole, so that the file may be moved to /etc.
    let home = std::path::absolute(&init.dir).unwrap_or_else(|_| init.dir.clone());
    let hostname = init.hostname.map_or_else(|| format!("mail.{}", init.domain), String::from);
    let mut settings = vec![
        set("server", "hostname", &hostname),
        set("server", "data_dir", &home.to_string_lossy()),
        set("organisation", "name", init.organisation.as_str()),
        set("organisation", "domain", init.domain.as_str()),
    ];
    settings.extend(spoken.map(language));
    let registration = if init.provincial_domain.is_some() { Registration::Wanted } else { Registration::None };
    settings.extend(init.provincial_domain.map(|domain| set("organisation", "provincial_domain", domain.as_str())));
    let found = Act::FoundDepartment(FoundDepartment { address, registration });
    make(&init.dir, &settings, vec![requests::plain(found, None)], shown).await?;
    Ok(file)
}

/// `quickstart`: the configuration that is there, or a new one with the sample department and its passwords.
pub(super) async fn quickstart(
    quickstart: &args::Quickstart,
    spoken: Option<Language>,
    shown: Language,
) -> Result<Config, Failure> {
    let file = quickstart.dir.join(CONFIGURATION);
    if !file.exists() {
        let sample = Sample::read().map_err(|error| Failure::new(Exit::System, "sample", &error.to_string()))?;
        let mut settings = vec![
            set("server", "hostname", "localhost"),
            set("server", "data_dir", "."),
            set("organisation", "name", sample.organisation.as_str()),
            set("organisation", "domain", sample.domain.as_str()),
            set("organisation", "provincial_domain", sample.provincial_domain.as_str()),
        ];
        settings.extend(spoken.map(language));
        settings.extend(Listener::ALL.into_iter().filter_map(|listener| {
            let address = listen(listener, quickstart.listen, quickstart.port_base)?;
            Some(Setting { section: "listen", key: listener.name(), value: vec![address].into() })
        }));
        make(&quickstart.dir, &settings, sample.requests(), shown).await?;
    }
    Config::load(&file).map_err(|error| misconfigured(&error))
}

/// Makes the directory and what is in it. The configuration comes last: where it is, everything is.
async fn make(dir: &Path, settings: &[Setting], requests: Vec<Request>, shown: Language) -> Result<(), Failure> {
    let failed =
        |error: std::io::Error| Failure::new(Exit::System, "directory", &format!("{}: {error}", dir.display()));
    files::make_directory(dir).map_err(failed)?;
    if database(dir).exists() {
        let place = dir.display();
        let message = match shown {
            Language::Vi => format!("{place} có cơ sở dữ liệu mà không có {CONFIGURATION}: hãy chọn thư mục khác"),
            Language::En => format!("{place} holds a database and no {CONFIGURATION}: choose another directory"),
        };
        return Err(Failure::new(Exit::Refused, "installation_half_there", &message));
    }
    let text = config::write(settings);
    let file = dir.join(CONFIGURATION);
    let config = Config::parse(&text, &file).map_err(|error| misconfigured(&error))?.relative_to(dir);
    let clock = config.clock();
    let installation = Installation::open(config, clock).await.map_err(|error| not_opened(&error))?;
    let made = credentials(&installation, requests).await;
    installation.close().await;
    let credentials = made?;
    if !credentials.is_empty() {
        files::write_private(&dir.join(CREDENTIALS), credentials.as_bytes()).map_err(failed)?;
    }
    files::write_private(&file, text.as_bytes()).map_err(failed)
}

/// Does the acts, and gathers the passwords that they made: address, TAB, password.
async fn credentials(installation: &Installation, requests: Vec<Request>) -> Result<String, Failure> {
    let services = installation.control(&installation.config, None);
    let caller = Caller::here(Origin::default());
    let mut credentials = String::new();
    for request in requests {
        let (language, origin) = (installation.config.server.language, Origin::default());
        let call = Call { language, origin, request, octets: Vec::new() };
        let done = match execute(call, &caller, &services).await? {
            Reply::Done(done) => done,
            other => return Err(unexpected(&other)),
        };
        if let control::Done { staff: Some(person), first_password: Some(password), .. } = *done {
            let address = person.address.map(|address| address.to_string()).unwrap_or_default();
            let _ = writeln!(credentials, "{address}\t{password}");
        }
    }
    Ok(credentials)
}

/// The standard port of each listener of `[listen]`, above the base; 118 is the one free for monitoring below 1024.
fn listen(listener: Listener, address: IpAddr, base: u16) -> Option<String> {
    let standard = match listener {
        Listener::Smtp => 25,
        Listener::Submission => 587,
        Listener::Submissions => 465,
        Listener::Imap => 143,
        Listener::Imaps => 993,
        Listener::Https => 443,
        Listener::Metrics => 118,
        Listener::Dns => return None,
    };
    let port = if base == 0 { 0 } else { base + standard };
    Some(SocketAddr::new(address, port).to_string())
}

/// The part before `@` of the department's own address: its name in one word.
fn named_after(organisation: &str) -> Result<LocalPart, Failure> {
    let word = local_part_of(organisation).and_then(|word| LocalPart::parse(&word).ok());
    word.ok_or_else(|| Failure::new(Exit::Input, "address", "--address LOCAL"))
}

fn language(spoken: Language) -> Setting {
    let word = match spoken {
        Language::Vi => "vi",
        Language::En => "en",
    };
    set("server", "language", word)
}

fn set(section: &'static str, key: &'static str, value: &str) -> Setting {
    Setting { section, key, value: value.into() }
}

/// The passwords of an installation made to be tried.
pub(super) fn credentials_of(config: &Config) -> PathBuf {
    config.server.data_dir.join(CREDENTIALS)
}

/// How to connect to a daemon that was started to be tried.
pub(super) fn greeting(config: &Config, addresses: &crate::server::Addresses) -> String {
    let mut text = String::new();
    let (serving, passwords, stop) = match config.server.language {
        Language::Vi => ("đang phục vụ", "Địa chỉ và mật khẩu để thử", "Dừng: Ctrl-C"),
        Language::En => ("is served", "Addresses and passwords to try", "Stop: Ctrl-C"),
    };
    let _ = writeln!(text, "{} ({}) {serving}:\n", config.organisation.name, config.organisation.domain);
    for listener in Listener::ALL {
        if let Some(address) = addresses.of(listener) {
            let _ = writeln!(text, "  {:<12} {address}", listener.name());
        }
    }
    let _ = writeln!(text, "\n{passwords}: {}\n{stop}", credentials_of(config).display());
    text
}
