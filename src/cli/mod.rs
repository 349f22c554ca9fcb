//! The command line: reads arguments, asks the daemon or does it itself, shows the answer, and ends with its exit code.

pub mod args;
mod ask;
mod audit;
mod backup;
mod dkim;
mod dns;
mod guide;
mod hr;
mod incident;
mod install;
mod logs;
mod mail;
mod new_file;
mod output;
mod province;
mod queue;
mod report;
mod requested;
mod requests;
mod sample;
mod share;
mod tables;
mod usage;
mod work;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use jiff::tz::TimeZone;
use serde_json::json;

use crate::config::Config;
use crate::control::{Asked, Checked, Exit, Failure, Manner, Reply, Request};
use crate::directory::DecisionState;
use crate::language::Language;
use crate::server::{self, daemon};

use args::{Cli, Command, Installed};
use new_file::NewFile;
use output::Output;

/// Where the configuration is looked for, in this order.
const CONFIGURATIONS: [&str; 2] = ["hopthu.toml", "/etc/hopthu/hopthu.toml"];

/// Runs one command line, the program's name first.
pub fn run(arguments: &[OsString]) -> ExitCode {
    let early = early(arguments);
    if let Some(refused) = arguments.iter().find(|argument| !is_plain(argument)) {
        return early.failure(&not_plain(refused, early.language));
    }
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(usage) => {
            let language = wished(arguments).or_else(|| configured(arguments)).unwrap_or_default();
            return Output { language, ..early }.usage(&usage);
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return early.failure(&Failure::new(Exit::System, "runtime", &error.to_string())),
    };
    runtime.block_on(command(cli, &early))
}

/// How to show what is wrong before the command line is understood.
fn early(arguments: &[OsString]) -> Output {
    let language = wished(arguments).unwrap_or_default();
    Output { json: arguments.iter().any(|argument| argument == "--json"), language, zone: TimeZone::UTC }
}

/// The language that the command line or the environment asks for.
fn wished(arguments: &[OsString]) -> Option<Language> {
    match value(arguments, "--lang").or_else(|| std::env::var_os("HOPTHU_LANG"))?.to_str()? {
        "vi" => Some(Language::Vi),
        "en" => Some(Language::En),
        _ => None,
    }
}

/// The language of the configuration, where it can be read.
fn configured(arguments: &[OsString]) -> Option<Language> {
    let named = value(arguments, "--config").or_else(|| std::env::var_os("HOPTHU_CONFIG")).map(PathBuf::from);
    configuration(named.as_deref(), Language::default()).ok().map(|config| config.server.language)
}

/// What stands behind an option, last of all, before the command line is understood.
fn value(arguments: &[OsString], option: &str) -> Option<OsString> {
    let mut found = None;
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.to_str().and_then(|text| text.strip_prefix(option)) {
            Some("") => found = rest.next().cloned(),
            Some(text) => found = text.strip_prefix('=').map(OsString::from).or(found),
            None => {}
        }
    }
    found
}

/// Whether an argument is text that no terminal, header or log can be led astray with (hostile B83).
fn is_plain(argument: &OsString) -> bool {
    argument.to_str().is_some_and(|text| crate::text::printable(text) == text)
}

fn not_plain(argument: &OsString, language: Language) -> Failure {
    let shown = argument.to_string_lossy();
    let message = match language {
        Language::Vi => format!("tham số có ký tự điều khiển hoặc không phải UTF-8: {shown}"),
        Language::En => format!("an argument holds control characters or is not UTF-8: {shown}"),
    };
    Failure::new(Exit::Input, "argument", &message)
}

async fn command(cli: Cli, early: &Output) -> ExitCode {
    let done = match cli.command {
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "hopthu", &mut script);
            Ok(early.write(&script))
        }
        Command::Man => {
            let mut page = Vec::new();
            // Rendering into memory does not fail.
            let _ = clap_mangen::Man::new(Cli::command()).render(&mut page);
            Ok(early.write(&page))
        }
        Command::Quickstart(quickstart) => self::quickstart(&quickstart, cli.lang, early).await,
        Command::Restore(restore) => backup::restore(&restore, early).await,
        Command::Init(init) => self::init(init, cli.lang, early).await,
        Command::Installed(command) => installed(command, cli.config.as_deref(), cli.lang, early).await,
    };
    done.unwrap_or_else(|failure| early.failure(&failure))
}

/// The commands of an installation that is there.
async fn installed(
    command: Installed,
    file: Option<&Path>,
    language: Option<Language>,
    early: &Output,
) -> Result<ExitCode, Failure> {
    let config = configuration(file, early.language)?;
    let language = language.unwrap_or(config.server.language);
    let output = Output { json: early.json, language, zone: config.server.timezone.0.clone() };
    match Box::pin(with_configuration(command, config, &output)).await {
        Ok(code) => Ok(code),
        Err(failure) => Ok(output.failure(&failure)),
    }
}

async fn with_configuration(command: Installed, config: Config, output: &Output) -> Result<ExitCode, Failure> {
    let (mut slip, mut record) = (None, None);
    let request = match command {
        Installed::Serve => return serve(config, |_| ()).await,
        Installed::Check { config_only } => return check(&config, config_only, output).await,
        Installed::Hr(command) => return hr::run(command, &config, output).await,
        Installed::Backup(backup) => return backup::backup(backup, &config, output).await,
        Installed::Status => Request::Status,
        Installed::Unit(unit) => {
            if let args::Unit::Appoint { record: file, .. } = &unit {
                record = NewFile::wanted("--record", file.as_deref())?;
            }
            requests::unit(unit)
        }
        Installed::Staff(staff) => {
            slip = NewFile::wanted("--slip", staff.slip())?;
            requests::staff(staff, &config, output.language)?
        }
        Installed::Mailbox(args::Mailboxes::Mail(mail)) => return mail::run(mail, &config, output).await,
        Installed::Mailbox(args::Mailboxes::Mailbox(mailbox)) => {
            if let args::Mailbox::Handover(args::HandOver { record: file, .. }) = &mailbox {
                record = NewFile::wanted("--record", file.as_deref())?;
            }
            requests::mailbox(mailbox)
        }
        Installed::Decision(decision) => requests::decision(decision),
        Installed::Request(request) => {
            if let requested::Request::Apply { slip: file, .. } = &request {
                slip = NewFile::wanted("--slip", file.as_deref())?;
            }
            requested::request(request, &config, output.language)?
        }
        Installed::Incident(incident) => incident::request(incident),
        Installed::Queue(queue) => queue::request(queue),
        Installed::Dkim(dkim) => dkim::request(dkim),
        Installed::Dns(dns) => return dns::run(dns, &config, output).await,
        Installed::Report(report) => return report::run(report, &config, output).await,
        Installed::Share(share) => share::request(share),
        Installed::Work(work) => work::request(work),
        Installed::Province(province) => return province::run(province, &config, output).await,
        Installed::Audit(audit::Audit::Export { since, out }) => {
            return audit::export(since, out.as_deref(), &config, output).await;
        }
        Installed::Audit(audit) => Request::Audit(audit.ask()),
        Installed::Guide { who } => Request::Guide(who),
    };
    if record.is_some() {
        made_today(&request, &config, output.language).await?;
    }
    let mut reply = ask::ask(&config, output.language, request).await?;
    if let (Some(file), Reply::Done(done)) = (slip, &mut reply)
        && let Some(text) = &done.slip
    {
        match file.write(text) {
            // It is in the file, and nowhere else.
            Ok(()) => (done.slip, done.first_password) = (None, None),
            Err(failure) => {
                output.reply(&reply);
                return Err(failure);
            }
        }
    }
    if let (Some(file), Reply::Done(done)) = (record, &mut reply)
        && !done.dry_run
        && let Some(text) = done.handovers.iter_mut().find_map(|handover| handover.record.take())
        && let Err(failure) = file.write(&text)
    {
        output.reply(&reply);
        return Err(failure);
    }
    Ok(output.reply(&reply))
}

/// Refuses an act whose record is to be written now where it waits for its day: it is made then, and filed in the mailbox.
async fn made_today(request: &Request, config: &Config, language: Language) -> Result<(), Failure> {
    let Request::Act(asked) = request else { return Ok(()) };
    let rehearsed = Request::Act(Box::new(Asked { manner: Manner::Rehearse, ..(**asked).clone() }));
    let Reply::Done(done) = ask::ask(config, language, rehearsed).await? else { return Ok(()) };
    let Some(ahead) = done.decision.filter(|decision| decision.state == DecisionState::Waiting) else { return Ok(()) };
    let day = tables::day(ahead.decision.effective, language);
    let message = match language {
        Language::Vi => format!(
            "quyết định có hiệu lực từ {day}: biên bản được lập ngày đó và lưu trong thư mục Bàn giao của hộp thư; hãy bỏ --record"
        ),
        Language::En => format!(
            "the decision takes effect on {day}: the record is made then, and filed in the mailbox's folder Bàn giao; leave \
             out --record"
        ),
    };
    Err(Failure { rule: Some("R24".to_owned()), ..Failure::new(Exit::Refused, "record_ahead", &message) })
}

/// The configuration named, or the first one found.
fn configuration(named: Option<&Path>, language: Language) -> Result<Config, Failure> {
    let found = CONFIGURATIONS.iter().map(PathBuf::from).find(|path| path.exists());
    let Some(file) = named.map(Path::to_owned).or(found) else {
        let places = CONFIGURATIONS.join(", ");
        let message = match language {
            Language::Vi => format!("không có cấu hình: hãy ghi --config TỆP, hoặc đặt tệp ở {places} (hopthu init)"),
            Language::En => format!("no configuration: give --config FILE, or put it at {places} (hopthu init)"),
        };
        return Err(Failure::new(Exit::Input, "configuration_missing", &message));
    };
    Config::load(&file).map_err(|error| ask::misconfigured(&error))
}

async fn init(init: args::Init, language: Option<Language>, output: &Output) -> Result<ExitCode, Failure> {
    let file = install::init(init, language, output.language).await?;
    let shown = file.display();
    let words = match output.language {
        Language::Vi => {
            format!("Đã tạo {shown}.\nTiếp theo: hopthu --config {shown} unit create …, staff hire …, rồi serve.\n")
        }
        Language::En => {
            format!("Made {shown}.\nNext: hopthu --config {shown} unit create ..., staff hire ..., then serve.\n")
        }
    };
    Ok(output.made(&json!({ "configuration": file }), &words))
}

async fn quickstart(
    quickstart: &args::Quickstart,
    language: Option<Language>,
    output: &Output,
) -> Result<ExitCode, Failure> {
    let config = install::quickstart(quickstart, language, output.language).await?;
    let shown = config.clone();
    serve(config, move |addresses| {
        let document = json!({ "addresses": addresses, "credentials": install::credentials_of(&shown) });
        output.made(&document, &install::greeting(&shown, addresses));
    })
    .await
}

async fn serve(config: Config, started: impl FnOnce(&server::Addresses)) -> Result<ExitCode, Failure> {
    logs::start();
    Box::pin(daemon::run(config, started)).await.map(|()| ExitCode::SUCCESS).map_err(|error| ask::not_started(&error))
}

/// The configuration and its certificate first; the rest needs the database.
async fn check(config: &Config, config_only: bool, output: &Output) -> Result<ExitCode, Failure> {
    let mut checks = vec![Checked::new("configuration", Ok(config.file.display().to_string()))];
    if config_only {
        let certificate = server::check_certificate(config).map(|tls| tls.expires().to_string());
        checks.push(Checked::new("certificate", certificate.map_err(|error| error.to_string())));
    } else {
        match ask::ask(config, output.language, Request::Check).await? {
            Reply::Checks(more) => checks.extend(more.checks),
            other => return Err(ask::unexpected(&other)),
        }
    }
    Ok(output.reply(&Reply::Checks(checks.into_iter().collect())))
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt;

    use super::*;

    #[test]
    fn arguments_that_could_act_on_a_terminal_are_not_taken() {
        for octets in [&b"a\r\nb"[..], b"\x1b[31m", b"\xff\xfe", "\u{202e}abc".as_bytes(), b"\0"] {
            assert!(!is_plain(&OsString::from_vec(octets.to_vec())), "{octets:?}");
        }
        assert!(is_plain(&OsString::from("Nguyễn Thị Đào")));
    }
}
