//! What people have read of what is shared (R5), by the programs that they read it with.

use std::collections::BTreeSet;
use std::path::Path;

use crate::clients::{Office, run};
use crate::process::Login;

impl Office {
    /// A folder that the department shares, with three messages, by its name on the wire.
    fn shared_folder(&self) -> String {
        let mut leader = self.process.imap_as(&self.to);
        let listed = leader.ok("LIST \"\" \"D&APk-ng chung/%\"");
        // "Sở …", among the units.
        let department = listed.iter().find_map(|line| line.split("\"D&APk-ng chung/S&").nth(1)).unwrap();
        let folder = format!("D&APk-ng chung/S&{}/Thong-bao", department.trim_end_matches('"'));
        leader.ok(&format!("CREATE \"{folder}\""));
        for n in 1..=3 {
            let message = format!("From: {}\r\nSubject: {n}\r\n\r\nThong bao {n}\r\n", self.to.address);
            assert!(leader.append(&format!("\"{folder}\""), "(\\Seen)", message.as_bytes()).starts_with("t OK"));
        }
        folder
    }

    /// People who may only read there.
    fn readers(&self, folder: &str) -> [Login; 2] {
        let reads = |who: &Login| {
            let rights = self.process.imap_as(who).ok(&format!("MYRIGHTS \"{folder}\""));
            rights[0].ends_with(" lrs")
        };
        let mut readers = self.process.people().into_iter().filter(reads);
        [(); 2].map(|()| readers.next().unwrap())
    }

    /// What curl says that it read in the folder, or of a message of it.
    fn curl(&self, who: &Login, (folder, message): (&str, &str), arguments: &[&str]) -> String {
        let folder = folder.replace('&', "%26").replace(' ', "%20").replace('/', "%2F");
        let url = format!("imaps://127.0.0.1:{}/{folder}{message}", self.process.port("imaps"));
        let (login, certificate) = (format!("{}:{}", who.address, who.password), self.certificate());
        let common = ["-sS", "--cacert", &certificate, "-u", &login];
        String::from_utf8(run("curl", &[&common, arguments, &[&url]].concat(), b"").stdout).unwrap()
    }

    /// Keeps a Maildir and the folder the same.
    fn mbsync(&self, who: &Login, folder: &str, maildir: &Path) -> impl Fn() + use<> {
        let config = format!(
            "IMAPAccount office\nHost 127.0.0.1\nPort {}\nUser {}\nPass \"{}\"\nSSLType IMAPS\nCertificateFile {}\n\
             SystemCertificates no\n\nIMAPStore far\nAccount office\n\nMaildirStore near\nPath {dir}/\nInbox {dir}/INBOX\n\
             SubFolders Verbatim\n\nChannel one\nFar \":far:{folder}\"\nNear :near:thong-bao\nCreate Near\nSyncState *\n",
            self.process.port("imaps"),
            who.address,
            who.password,
            self.certificate(),
            dir = maildir.display(),
        );
        let config = self.write("mbsyncrc", config);
        move || drop(run("mbsync", &["-q", "-c", &config, "one"], b""))
    }

    fn unseen(&self, who: &Login, folder: &str) -> BTreeSet<u32> {
        let mut imap = self.process.imap_as(who);
        let status = imap.ok(&format!("STATUS \"{folder}\" (UNSEEN)"));
        imap.ok(&format!("EXAMINE \"{folder}\""));
        let found = imap.ok("SEARCH UNSEEN");
        let found: BTreeSet<u32> = found[0].split(' ').skip(2).map(|number| number.parse().unwrap()).collect();
        assert!(status[0].ends_with(&format!("(UNSEEN {})", found.len())), "{status:?} {found:?}");
        found
    }
}

#[test]
fn r5_what_one_has_read_is_unread_for_others() {
    let mut office = Office::open();
    let folder = office.shared_folder();
    let [reader, other] = office.readers(&folder);
    let (reader, other) = (&reader, &other);
    let poster = office.to.clone();
    assert_eq!(office.unseen(&poster, &folder), BTreeSet::new(), "who posts has seen it, if they say so");
    // Two devices of one person, and another person (imaplib).
    office.python("seen.py", [reader, other], &folder);
    // The other reads the second (curl).
    let search = ["-X", "UID SEARCH UNSEEN"];
    assert_eq!(office.curl(other, (&folder, ""), &search).trim(), "* SEARCH 1 2 3");
    assert!(office.curl(other, (&folder, ";UID=2"), &[]).contains("Thong bao 2"));
    assert_eq!(office.curl(other, (&folder, ""), &search).trim(), "* SEARCH 1 3");
    assert_eq!(office.curl(reader, (&folder, ""), &search).trim(), "* SEARCH 2 3");
    // The first has read the third while away (mbsync).
    let maildir = office.folder("maildir");
    let sync = office.mbsync(reader, &folder, &maildir);
    sync();
    let near = maildir.join("thong-bao");
    let flags = |sub: &str| {
        let names = std::fs::read_dir(near.join(sub)).unwrap().map(|entry| entry.unwrap().file_name());
        names.map(|name| name.into_string().unwrap()).collect::<BTreeSet<_>>()
    };
    let read = |names: BTreeSet<String>| names.into_iter().filter(|name| name.ends_with(":2,S")).count();
    assert_eq!((flags("new").len() + flags("cur").len(), read(flags("cur"))), (3, 1));
    let third = flags("new")
        .into_iter()
        .find(|name| std::fs::read_to_string(near.join("new").join(name)).unwrap().contains("Thong bao 3"));
    let third = third.unwrap();
    let plain = third.split(":2,").next().unwrap();
    std::fs::rename(near.join("new").join(&third), near.join(format!("cur/{plain}:2,S"))).unwrap();
    sync();
    // All of it lasts.
    let expected = [(reader, [2].into()), (other, [1, 3].into()), (&poster, BTreeSet::new())];
    let look = |office: &Office| expected.each_ref().map(|(who, _)| office.unseen(who, &folder));
    assert_eq!(look(&office), expected.each_ref().map(|(_, unseen)| unseen.clone()));
    office.restart();
    assert_eq!(look(&office), expected.each_ref().map(|(_, unseen)| unseen.clone()));
    // What comes is new to everybody; what goes, goes for everybody.
    let mut leader = office.process.imap_as(&poster);
    assert!(leader.append(&format!("\"{folder}\""), "", b"Subject: 4\r\n\r\nx\r\n").starts_with("t OK"));
    leader.ok(&format!("SELECT \"{folder}\""));
    leader.ok("STORE 2 +FLAGS.SILENT (\\Deleted)");
    leader.ok("EXPUNGE");
    assert_eq!(look(&office), [[3].into(), [1, 2, 3].into(), [3].into()]);
}
