//! Debian's `ClamAV` and its milter as the filter, with their own configuration and directory, and one virus to know.

use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};

use crate::filters::{block_at, bring, folder, settings};
use crate::harness::Daemon;
use crate::relay::jobs;
use crate::scripted::wait_until;

/// The harmless file that every scanner takes for a virus, in two halves: this file is none.
const EICAR: [&str; 2] = [r"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR", "-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"];

/// The scanner and the milter in front of it; stopped when they are dropped.
struct ClamAv {
    programs: Vec<Child>,
    dir: tempfile::TempDir,
}

impl ClamAv {
    fn start(on_infected: &str) -> Self {
        let dir = tempfile::Builder::new().prefix("clamav").tempdir().unwrap();
        let path = dir.path().display();
        let signature: String = EICAR.concat().bytes().map(|byte| format!("{byte:02x}")).collect();
        std::fs::write(dir.path().join("one.ndb"), format!("Eicar-Test:0:*:{signature}\n")).unwrap();
        let scanner = format!("DatabaseDirectory {path}\nLocalSocket {path}/clamd\nForeground true\n");
        let milter = format!(
            "ClamdSocket unix:{path}/clamd\nMilterSocket {path}/milter\nForeground true\nTemporaryDirectory {path}\n\
             OnInfected {on_infected}\nAddHeader Replace\n"
        );
        let mut clamav = Self { programs: Vec::new(), dir };
        clamav.run("clamd", &scanner, "clamd");
        clamav.run("clamav-milter", &milter, "milter");
        clamav
    }

    /// Starts a program, and waits for its socket.
    fn run(&mut self, name: &str, configuration: &str, socket: &str) {
        let file = self.dir.path().join(format!("{name}.conf"));
        std::fs::write(&file, configuration).unwrap();
        let mut program = Command::new(format!("/usr/sbin/{name}"));
        program.arg("--config-file").arg(file).stdout(Stdio::null()).stderr(Stdio::null());
        self.programs.push(program.spawn().expect("Debian's packages clamav-daemon and clamav-milter"));
        wait_until(|| UnixStream::connect(self.dir.path().join(socket)).ok().map(drop));
    }
}

impl Drop for ClamAv {
    fn drop(&mut self) {
        for program in &mut self.programs {
            let _ = program.kill();
            let _ = program.wait();
        }
    }
}

fn mail(text: &str) -> String {
    format!("From: A <a@example.vn>\r\nSubject: Giay moi hop\r\n\r\n{text}\r\n")
}

#[test]
fn clamav_lets_mail_pass_and_a_virus_is_refused_or_held() {
    for (on_infected, code, held) in [("Reject", 550, 0), ("Quarantine", 250, 1), ("Blackhole", 250, 1)] {
        let clamav = ClamAv::start(on_infected);
        let place = format!("unix:{}/milter", clamav.dir.path().display());
        let daemon = Daemon::start(&settings(&[block_at("clamav", &place, "20s", "")]));
        let who = daemon.person("binhdx").unwrap();
        assert_eq!(bring(&daemon, &mail("Kinh moi")).0, 250);
        assert_eq!(bring(&daemon, &mail(&EICAR.concat())).0, code, "{on_infected}");
        let inbox = folder(&daemon, &who, "INBOX");
        assert_eq!((inbox.len(), jobs(&daemon).len()), (1, held), "{on_infected}");
        assert!(inbox[0].contains("\r\nX-Virus-Status: Clean\r\n"), "{inbox:?}");
    }
}
