//! Debian's Dovecot, with a configuration and a directory of its own, on loopback: the server that mail is moved in from.
//! By root it drops to ids of its own; by anybody else it runs as them.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub const PASSWORD: &str = "Thu-cu-2026";

/// The server; ended when it is dropped.
pub struct Dovecot {
    child: Child,
    pub imap: SocketAddr,
}

impl Dovecot {
    /// Starts it under `dir`, with a certificate for TLS where one is given.
    pub fn start(dir: &Path, tls: Option<(&Path, &Path)>) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        for name in ["base", "mail"] {
            std::fs::create_dir_all(dir.join(name)).unwrap();
        }
        for name in [".", "mail"] {
            std::fs::set_permissions(dir.join(name), std::fs::Permissions::from_mode(0o777)).unwrap();
        }
        let file = dir.join("dovecot.conf");
        std::fs::write(&file, configuration(dir, port, tls)).unwrap();
        let child = Command::new("/usr/sbin/dovecot")
            .args(["-F", "-c", file.to_str().unwrap()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("dovecot (Debian's package dovecot-imapd)");
        let imap = SocketAddr::from(([127, 0, 0, 1], port));
        let until = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(imap).is_err() {
            let log = std::fs::read_to_string(dir.join("log")).unwrap_or_default();
            assert!(Instant::now() < until, "Dovecot does not start: {log}");
            std::thread::sleep(Duration::from_millis(20));
        }
        Self { child, imap }
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        drop(Command::new("kill").arg(self.child.id().to_string()).status());
        drop(self.child.wait());
    }
}

fn configuration(dir: &Path, port: u16, tls: Option<(&Path, &Path)>) -> String {
    let ssl = match tls {
        Some((certificate, key)) => {
            format!("ssl = yes\nssl_cert = <{}\nssl_key = <{}\n", certificate.display(), key.display())
        }
        None => "ssl = no\n".to_owned(),
    };
    let dir = dir.display();
    let (user, group) = (nix::unistd::geteuid(), nix::unistd::getegid());
    let name = nix::unistd::User::from_uid(user).unwrap().unwrap().name;
    let (own, uid, gid) = if user.is_root() {
        (String::new(), "nobody".to_owned(), "nogroup".to_owned())
    } else {
        let group_name = nix::unistd::Group::from_gid(group).unwrap().unwrap().name;
        let own = format!(
            "default_internal_user = {name}\ndefault_internal_group = {group_name}\ndefault_login_user = {name}\n\
             service anvil {{\n  chroot =\n}}\nservice imap-login {{\n  chroot =\n}}\n"
        );
        (own, user.to_string(), group.to_string())
    };
    format!(
        "base_dir = {dir}/base
state_dir = {dir}/base
log_path = {dir}/log
protocols = imap
listen = 127.0.0.1
{ssl}{own}disable_plaintext_auth = no
mail_location = maildir:{dir}/mail/%n
mail_fsync = never
first_valid_uid = 1
passdb {{
  driver = static
  args = password={PASSWORD}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={dir}/mail/%n allow_all_users=yes
}}
namespace inbox {{
  inbox = yes
  separator = .
  prefix = INBOX.
  mailbox Gửi {{
    auto = create
    special_use = \\Sent
  }}
}}
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
"
    )
}
