//! Who asks: named in every audit entry of what is done.

use std::net::IpAddr;
use std::os::unix::fs::MetadataExt;

use nix::unistd::{Uid, User};
use serde::{Deserialize, Serialize};

use crate::name::Label;
use crate::text::printable;

/// What `/proc/PID/loginuid` says where nobody logged in: a service, or a system without the kernel's audit.
const NOBODY: u32 = u32::MAX;

/// What the asking program says of where it was started from. Unlike what the kernel tells, it is only said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Origin {
    /// The person behind `sudo`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sudo: Option<Label>,
    /// The machine from which somebody came by SSH.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ssh: Option<IpAddr>,
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The system's name of the process's owner.
    owner: String,
    /// As whom the person logged in, whatever they became since: the kernel keeps it.
    login: Option<String>,
    origin: Origin,
}

impl Origin {
    /// As `sudo` and `sshd` leave it in the environment; anything else in there is nobody's name or address.
    pub fn of_environment(variable: impl Fn(&str) -> Option<String>) -> Self {
        let sudo = variable("SUDO_USER").and_then(|name| Label::parse(&name).ok());
        // "CLIENT PORT SERVER PORT"; a link-local address has its interface behind a percent sign.
        let ssh = variable("SSH_CONNECTION").and_then(|connection| {
            let client = connection.split(' ').next()?;
            client.split('%').next()?.parse().ok()
        });
        Self { sudo, ssh }
    }
}

impl Caller {
    /// The owner of a process, which is known where it runs on this machine.
    pub fn of(uid: u32, pid: Option<i32>, origin: Origin) -> Self {
        let login = pid.and_then(|pid| login_of(uid, pid)).map(name_of);
        Self { owner: name_of(uid), login, origin }
    }

    /// This process.
    pub fn here(origin: Origin) -> Self {
        Self::of(nix::unistd::geteuid().as_raw(), Some(nix::unistd::getpid().as_raw()), origin)
    }

    /// The name that the audit keeps: `root (login: hoa, sudo: hoa, ssh: 10.1.2.3)`.
    pub fn actor(&self) -> String {
        let known = [
            self.login.as_ref().map(|login| format!("login: {}", printable(login))),
            self.origin.sudo.as_ref().map(|sudo| format!("sudo: {}", printable(sudo.as_str()))),
            self.origin.ssh.map(|ssh| format!("ssh: {ssh}")),
        ];
        let known: Vec<_> = known.into_iter().flatten().collect();
        let owner = printable(&self.owner);
        if known.is_empty() { owner } else { format!("{owner} ({})", known.join(", ")) }
    }
}

/// As whom the person behind a process logged in. Nobody where the process is no longer its owner's: its number may
/// belong to another one by now.
fn login_of(uid: u32, pid: i32) -> Option<u32> {
    let directory = format!("/proc/{pid}");
    let owner = std::fs::metadata(&directory).ok()?.uid();
    let login = std::fs::read_to_string(format!("{directory}/loginuid")).ok()?;
    login.trim().parse().ok().filter(|login| *login != NOBODY && owner == uid)
}

fn name_of(uid: u32) -> String {
    let known = User::from_uid(Uid::from_raw(uid)).ok().flatten();
    known.map_or_else(|| format!("uid {uid}"), |known| known.name)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn origin(variables: &[(&str, &str)]) -> Origin {
        let find = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, said)| (*said).to_owned());
        Origin::of_environment(find)
    }

    #[test]
    fn the_environment_is_believed_only_where_it_holds_a_name_and_an_address() {
        let said = origin(&[("SUDO_USER", "hoa"), ("SSH_CONNECTION", "10.1.2.3 50000 10.1.2.1 22")]);
        assert_eq!((said.sudo.as_ref().map(Label::as_str), said.ssh), (Some("hoa"), "10.1.2.3".parse().ok()));
        let local = origin(&[("SSH_CONNECTION", "fe80::1%eth0 50000 fe80::2%eth0 22")]);
        assert_eq!(local.ssh, "fe80::1".parse().ok());
        for text in ["", "x", "10.1.2.3;reboot 1 2 3", "\x1b[31m"] {
            assert_eq!(origin(&[("SSH_CONNECTION", text)]).ssh, None, "{text:?}");
        }
        for text in ["", "a\nb", &"x".repeat(10_000)] {
            assert_eq!(origin(&[("SUDO_USER", text)]).sudo, None, "{text:?}");
        }
        assert!(serde_json::from_str::<Origin>(r#"{"sudo": "a\nb"}"#).is_err());
    }

    #[test]
    fn the_audit_names_everything_that_is_known() {
        let origin = Origin { sudo: Label::parse("hoa").ok(), ssh: "10.1.2.3".parse().ok() };
        let caller =
            |login: Option<&str>, origin| Caller { owner: "root".into(), login: login.map(Into::into), origin };
        assert_eq!(caller(Some("hoa"), origin).actor(), "root (login: hoa, sudo: hoa, ssh: 10.1.2.3)");
        assert_eq!(caller(None, Origin::default()).actor(), "root");
        assert_eq!(Caller::of(4_000_000_000, None, Origin::default()).actor(), "uid 4000000000");
    }

    #[test]
    fn the_login_is_the_kernels_word_and_of_this_process_alone() {
        let told = std::fs::read_to_string("/proc/self/loginuid").ok();
        let told = told.and_then(|text| text.trim().parse().ok()).filter(|login| *login != NOBODY);
        let (uid, pid) = (nix::unistd::geteuid().as_raw(), nix::unistd::getpid().as_raw());
        assert_eq!(login_of(uid, pid), told);
        assert_eq!(login_of(uid.wrapping_add(1), pid), None);
    }
}
