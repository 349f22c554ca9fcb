//! The best durable peer: Debian's Postfix handing over to Dovecot by LMTP, with its own configuration and its own
//! directory, on loopback and free ports. Needs root, as both drop to their own ids.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::server::{Person, Running, Server, free_port, wait_for, write};

const DOMAIN: &str = "daklak.doj.gov.vn";
const PASSWORD: &str = "Thu-viec-2026";

/// Starts Dovecot (sdbox, its default syncs) and Postfix under `dir`, with `people` mailboxes.
pub fn start(dir: &Path, people: usize) -> Server {
    let (smtp, imap) = (free_port(), free_port());
    for name in ["dovecot", "postfix", "mail", "queue", "data"] {
        std::fs::create_dir_all(dir.join(name)).expect("a directory");
    }
    for name in [".", "mail"] {
        std::fs::set_permissions(dir.join(name), std::fs::Permissions::from_mode(0o777)).expect("permissions");
    }
    let dovecot = Command::new("dovecot")
        .args(["-F", "-c", &write(&dir.join("dovecot.conf"), &dovecot_conf(dir, imap))])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("dovecot (packages dovecot-imapd dovecot-lmtpd)");
    let config = dir.join("postfix").display().to_string();
    write(&dir.join("postfix/main.cf"), &main_cf(dir));
    write(&dir.join("postfix/master.cf"), &master_cf(smtp));
    run("chown", &["postfix", &dir.join("data").display().to_string()]);
    run("postfix", &["-c", &config, "start"]);
    let master = std::fs::read_to_string(dir.join("queue/pid/master.pid")).expect("Postfix's process id");
    let master: u32 = master.trim().parse().expect("Postfix's process id");
    let address = |port| std::net::SocketAddr::from(([127, 0, 0, 1], port));
    wait_for(address(imap));
    wait_for(address(smtp));
    let person = |n| Person { address: format!("canbo{n}@{DOMAIN}"), password: PASSWORD.into() };
    Server {
        name: "Postfix+Dovecot",
        smtp: address(smtp),
        imap: address(imap),
        people: (0..people).map(person).collect(),
        processes: vec![dovecot.id(), master],
        running: vec![Running::Detached(master), Running::Process(dovecot)],
    }
}

fn run(program: &str, arguments: &[&str]) {
    let output = Command::new(program).args(arguments).output().expect(program);
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
}

fn dovecot_conf(dir: &Path, imap: u16) -> String {
    let dir = dir.display();
    format!(
        "base_dir = {dir}/dovecot
state_dir = {dir}/dovecot
log_path = {dir}/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
mail_location = sdbox:{dir}/mail/%n
first_valid_uid = 1
mail_max_userip_connections = 2000
default_client_limit = 4000
default_process_limit = 2000
passdb {{
  driver = static
  args = password={PASSWORD}
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={dir}/mail/%n allow_all_users=yes
}}
namespace inbox {{
  inbox = yes
  mailbox Drafts {{
    auto = create
  }}
}}
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = 0
  }}
  service_count = 0
}}
service imap {{
  process_limit = 2000
}}
service lmtp {{
  unix_listener lmtp {{
    mode = 0666
  }}
}}
"
    )
}

fn main_cf(dir: &Path) -> String {
    let dir = dir.display();
    format!(
        "compatibility_level = 3.6
queue_directory = {dir}/queue
data_directory = {dir}/data
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = peer.example.vn
mydestination =
mynetworks = 127.0.0.0/8
alias_maps =
virtual_mailbox_domains = {DOMAIN}
virtual_transport = lmtp:unix:{dir}/dovecot/lmtp
smtpd_client_connection_count_limit = 0
smtpd_recipient_restrictions = permit_mynetworks, reject
maillog_file = {dir}/postfix.log
maillog_file_prefixes = {dir}
"
    )
}

fn master_cf(smtp: u16) -> String {
    let mut text = format!("127.0.0.1:{smtp} inet n - n - - smtpd\n");
    for (name, wake, limit) in [("pickup", "60", "1"), ("cleanup", "-", "0"), ("qmgr", "300", "1"), ("showq", "-", "-")]
    {
        text += &format!("{name} unix n - n {wake} {limit} {name}\n");
    }
    for (name, limit, program) in [
        ("rewrite", "-", "trivial-rewrite"),
        ("bounce", "0", "bounce"),
        ("defer", "0", "bounce"),
        ("trace", "0", "bounce"),
        ("verify", "1", "verify"),
        ("proxymap", "-", "proxymap"),
        ("smtp", "-", "smtp"),
        ("lmtp", "-", "lmtp"),
        ("anvil", "1", "anvil"),
        ("scache", "1", "scache"),
        ("error", "-", "error"),
        ("retry", "-", "error"),
    ] {
        text += &format!("{name} unix - - n - {limit} {program}\n");
    }
    text + "flush unix n - n 1000? 0 flush\npostlog unix-dgram n - n - 1 postlogd\n"
}
