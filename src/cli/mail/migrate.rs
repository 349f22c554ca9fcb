//! `mailbox import --imap`: folder by folder from another server, as often as one likes: each time what is new.

use std::fs::File;
use std::io::{IsTerminal, Read, stdin};
use std::net::IpAddr;
use std::process::ExitCode;
use std::str::FromStr;

use crate::archive::found::{Batch, Found, Refused, Why};
use crate::control::{Exit, Failure};
use crate::credential::Secret;
use crate::language::Language;
use crate::limits;
use crate::net::outward::Trust;
use crate::remote::{Folder, Listed, Login, Remote, RemoteError, Target};
use crate::store::FolderName;

use super::super::ask::Asking;
use super::super::output::Output;
use super::Import;
use super::bring::Bringing;

/// `imaps://HOST[:PORT]`, or `imap://` where TLS begins within.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    host: String,
    port: u16,
    tls: bool,
}

impl FromStr for Server {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (scheme, place) = text.split_once("://").ok_or("imaps://HOST[:PORT]")?;
        let tls = match scheme {
            "imaps" => true,
            "imap" => false,
            _ => return Err("imaps://HOST[:PORT] | imap://HOST[:PORT]".to_owned()),
        };
        let place = place.trim_end_matches('/');
        let standard = if tls { 993 } else { 143 };
        let (host, port) = match place.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, rest)) => (host, rest.strip_prefix(':')),
            None => match place.rsplit_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (place, None),
            },
        };
        let port = port.map_or(Ok(standard), str::parse).map_err(|_| "imaps://HOST:993".to_owned())?;
        if host.is_empty() || host.contains(['/', '@', ':']) && host.parse::<IpAddr>().is_err() {
            return Err("imaps://HOST[:PORT]".to_owned());
        }
        Ok(Self { host: host.to_owned(), port, tls })
    }
}

impl Server {
    fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    fn target(&self, plain: bool) -> Target {
        let plain = !self.tls && (plain || self.is_loopback());
        Target { host: self.host.clone(), port: self.port, tls: self.tls, plain }
    }

    fn shown(&self) -> String {
        let scheme = if self.tls { "imaps" } else { "imap" };
        format!("{scheme}://{}:{}", self.host, self.port)
    }
}

pub(super) async fn run(import: Import, asking: &mut Asking<'_>, output: &Output) -> Result<ExitCode, Failure> {
    let language = output.language;
    let (Some(server), Some(name)) = (&import.imap, &import.name) else {
        return Err(Failure::new(Exit::Input, "usage", "--from | --imap"));
    };
    let failed = |error: RemoteError| failed(&error, server, language);
    let login = Login { name: name.to_string(), password: password(&import, language)? };
    let trust = import.ca.as_deref().map_or_else(Trust::of_system, Trust::of_file);
    let trust = trust.map_err(|error| failed(error.into()))?;
    let mut remote = Remote::open(&server.target(import.plain), &trust, &login).await.map_err(failed)?;
    let from = format!("{} {}", server.shown(), login.name);
    let mut bringing = Bringing::begin(&import, from.clone(), asking, output).await?;
    for folder in remote.folders().await.map_err(failed)? {
        let shown = String::from_utf8_lossy(&folder.raw).into_owned();
        match &folder.name {
            Ok(here) => {
                let validity = remote.examine(&folder).await.map_err(failed)?;
                let source = format!("imap {from} {validity} {shown}");
                let walk =
                    Walk { source: &source, here, folder: &folder, place: format!("{}/{shown}", server.shown()) };
                walk.run(&mut remote, &mut bringing).await.map_err(|stopped| match stopped {
                    Stopped::Remote(error) => failed(error),
                    Stopped::Here(failure) => failure,
                })?;
            }
            Err(error) => bringing.refuse(Refused { place: shown, why: Why::FolderName(*error) }),
        }
    }
    remote.close().await;
    bringing.end(output).await
}

/// Why a folder was not read to its end.
enum Stopped {
    Remote(RemoteError),
    Here(Failure),
}

impl From<RemoteError> for Stopped {
    fn from(error: RemoteError) -> Self {
        Self::Remote(error)
    }
}

impl From<Failure> for Stopped {
    fn from(failure: Failure) -> Self {
        Self::Here(failure)
    }
}

/// One folder there, and where it goes.
struct Walk<'a> {
    source: &'a str,
    here: &'a FolderName,
    folder: &'a Folder,
    place: String,
}

impl Walk<'_> {
    async fn run(&self, remote: &mut Remote, bringing: &mut Bringing<'_, '_>) -> Result<(), Stopped> {
        let listed = remote.list().await?;
        let mut wanted = Vec::new();
        for some in listed.chunks(limits::REMOTE_KNOWN_MAX) {
            let keys = some.iter().map(|message| message.uid.to_string()).collect();
            let known = bringing.known(self.source, keys).await?;
            bringing.passed_over(known.len());
            wanted.extend(some.iter().copied().filter(|message| !known.contains(&message.uid.to_string())));
        }
        let most = u32::try_from(limits::IMPORTED_MESSAGE_BYTES_MAX).unwrap_or(u32::MAX);
        for message in wanted.extract_if(.., |message| message.size > most) {
            bringing.refuse(Refused { place: self.place(message.uid), why: Why::TooLarge });
        }
        // The folder is made although nothing is in it.
        bringing.bring(self.source, self.batch(Vec::new())).await?;
        let mut chunks = chunks(&wanted).into_iter();
        let Some(first) = chunks.next() else { return Ok(()) };
        // The server works at what is asked for next while what came is written.
        remote.ask(first).await?;
        loop {
            let next = chunks.next();
            if let Some(next) = next {
                remote.ask(next).await?;
            }
            let fetched = remote.take().await?.into_iter();
            let found = fetched.map(|message| Found {
                place: self.place(message.uid),
                key: message.uid.to_string(),
                flags: message.flags,
                date: message.date,
                bytes: message.bytes,
            });
            bringing.bring(self.source, self.batch(found.collect())).await?;
            if next.is_none() {
                return Ok(());
            }
        }
    }

    fn batch(&self, messages: Vec<Found>) -> Batch {
        Batch { folder: self.here.clone(), special_use: self.folder.special_use.clone(), messages }
    }

    fn place(&self, uid: u32) -> String {
        format!("{} UID {uid}", self.place)
    }
}

/// Messages that are asked for at once: few octets together, or one alone.
fn chunks(mut wanted: &[Listed]) -> Vec<&[Listed]> {
    let mut chunks = Vec::new();
    while !wanted.is_empty() {
        let mut octets = 0;
        let fits = |message: &&Listed| {
            octets += message.size as usize;
            octets <= limits::IMPORT_BATCH_BYTES_MAX
        };
        let count = wanted.iter().take(limits::REMOTE_FETCH_MESSAGES_MAX).take_while(fits).count().max(1);
        let (chunk, rest) = wanted.split_at(count);
        chunks.push(chunk);
        wanted = rest;
    }
    chunks
}

/// The password there: from a file, or asked for. It is never in an argument or in the environment, where others see it.
fn password(import: &Import, language: Language) -> Result<Secret, Failure> {
    let unreadable = |place: &str, error: &dyn std::fmt::Display| {
        Failure::new(Exit::Input, "password_unreadable", &format!("{place}: {error}"))
    };
    let text = match &import.password_file {
        Some(path) => {
            let place = path.display().to_string();
            let mut text = String::new();
            let most = limits::PASSWORD_BYTES_MAX as u64 + 3;
            let read = File::open(path).and_then(|file| file.take(most).read_to_string(&mut text));
            read.map_err(|error| unreadable(&place, &error))?;
            text
        }
        None if stdin().is_terminal() => {
            let prompt = match language {
                Language::Vi => "Mật khẩu ở máy chủ cũ: ",
                Language::En => "Password at the other server: ",
            };
            rpassword::prompt_password(prompt).map_err(|error| unreadable("terminal", &error))?
        }
        None => return Err(unreadable("--password-file", &"FILE")),
    };
    Secret::parse(text.trim_end_matches(['\r', '\n'])).map_err(|error| unreadable("--password-file", &error))
}

fn failed(error: &RemoteError, server: &Server, language: Language) -> Failure {
    let (exit, code) = match error {
        RemoteError::Refused { command: "LOGIN", .. } => (Exit::Input, "remote_login"),
        RemoteError::NoTls => (Exit::Refused, "remote_plain"),
        RemoteError::Trust(_) => (Exit::Input, "remote_trust"),
        _ => (Exit::System, "remote"),
    };
    let message = match (error, language) {
        (RemoteError::NoTls, Language::Vi) => {
            "máy chủ không có TLS nên mật khẩu sẽ đi không mã hoá; thêm --plain nếu mạng tin được".to_owned()
        }
        (RemoteError::NoTls, Language::En) => {
            "the server offers no TLS, so the password would travel in the clear; add --plain if the network is to be trusted".to_owned()
        }
        (RemoteError::Wire(error), Language::Vi) => format!("kết nối hỏng, chạy lại sẽ tiếp tục từ chỗ đã dừng: {error}"),
        (RemoteError::Wire(error), Language::En) => format!("the connection failed; run again, it goes on from there: {error}"),
        (error, _) => error.to_string(),
    };
    Failure::new(exit, code, &format!("{}: {message}", server.shown()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_named_by_a_url() {
        for (text, host, port, tls) in [
            ("imaps://mail.cu.vn", "mail.cu.vn", 993, true),
            ("imap://127.0.0.1:20143/", "127.0.0.1", 20143, false),
            ("imaps://[::1]:9993", "::1", 9993, true),
        ] {
            assert_eq!(text.parse::<Server>().unwrap(), Server { host: host.to_owned(), port, tls });
        }
        for text in ["mail.cu.vn", "http://x", "imaps://", "imaps://a:b", "imaps://x@y", "imaps://x:99999"] {
            assert!(text.parse::<Server>().is_err(), "{text}");
        }
    }

    #[test]
    fn only_this_machine_is_trusted_without_tls() {
        let target = |text: &str, plain| text.parse::<Server>().unwrap().target(plain).plain;
        assert!(target("imap://127.0.0.1", false) && target("imap://cu.vn", true));
        assert!(!target("imap://cu.vn", false) && !target("imaps://127.0.0.1", true));
    }
}
