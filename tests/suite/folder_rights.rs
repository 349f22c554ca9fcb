//! Who may do what with which folder: every command of RFC 4314 §4 × everybody who could have something to do with a
//! folder × the three places where folders lie. What is expected is written here as data and is nowhere asked of the
//! program. Hostile B46 holds for all of it: whoever may not find a folder is told what they would be told if it were not
//! there.

use hopthu::directory::{Place, UnitKind};
use hopthu::name::{Label, LocalPart};
use hopthu::provisioning::{Act, CreateUnit, Delegate, OpenMailbox, Transfer};

use crate::client::Client;
use crate::harness::{DOMAIN, Daemon, PASSWORD, Person, Settings, UNIT};

const OTHER: &str = "phong-to-chuc";
const MAIL: &str = "Đơn vị/Văn phòng/Cha";
const SHARED: &str = "Dùng chung/Văn phòng/Cha";
const OWN: &str = "Cha";

/// What a command needs.
#[derive(Clone, Copy)]
enum Needs {
    /// All of these rights.
    All(&'static str),
    /// One of them.
    Any(&'static str),
    /// Without it one is told so, whether or not there is such a folder: nothing is named that is there.
    ToMake(&'static str),
    /// `x`, and then `k` on the folder above the new name.
    ToRename,
    /// In a mailbox that was entered, what is subscribed to is the mailbox's: `s`; in others it is the reader's: `l`.
    ToSubscribe,
    Nothing,
}

/// RFC 4314 §4, "commands in authenticated state": the command, what it needs, what makes it undone. `{f}` is the folder,
/// `{p}` the one above it, on which the same rights are held.
const COMMANDS: &[(&str, Needs, &str)] = &[
    ("STATUS {f} (MESSAGES UNSEEN)", Needs::All("r"), ""),
    ("SELECT {f}", Needs::All("r"), ""),
    ("EXAMINE {f}", Needs::All("r"), ""),
    ("SUBSCRIBE {f}", Needs::ToSubscribe, ""),
    ("MYRIGHTS {f}", Needs::Any("lrikxa"), ""),
    ("GETACL {f}", Needs::All("a"), ""),
    ("LISTRIGHTS {f} {bystander}", Needs::All("a"), ""),
    ("SETACL {f} {bystander} s", Needs::All("a"), ""),
    ("DELETEACL {f} {bystander}", Needs::All("a"), ""),
    ("APPEND {f} {6+}\r\nx: y\r\n", Needs::All("i"), ""),
    ("CREATE {f}/Con", Needs::ToMake("k"), "DELETE {f}/Con"),
    ("RENAME {f} {p}/Moi", Needs::ToRename, "RENAME {p}/Moi {f}"),
    ("DELETE {f}", Needs::All("x"), "CREATE {f}"),
];

/// Somebody, and what they are to be able to do with the folder.
struct Case {
    who: String,
    client: Client,
    /// What the folder above is called here.
    parent: String,
    acl: String,
}

/// The department, and the session of whoever prepares the folders.
struct Office {
    daemon: Daemon,
    steward: Person,
    delegate: Person,
    member: Person,
    outsider: Person,
}

impl Office {
    fn open() -> Self {
        let daemon = Daemon::start(&Settings::default());
        daemon.act(vec![Act::CreateUnit(CreateUnit {
            code: LocalPart::parse(OTHER).unwrap(),
            name: Label::parse("Phòng Tổ chức").unwrap(),
            kind: UnitKind::Division,
            place: Place::Lan,
            parent: None,
        })]);
        let [steward, member] = ["binhdx", "daont"].map(|local| daemon.person(local).unwrap());
        let (delegate, outsider) = (daemon.hire("Đặng Thị Hương"), daemon.hire("Trần Văn Khoa"));
        daemon.decide(vec![Act::AppointHead { code: UNIT.into(), who: steward.address.clone() }]).unwrap();
        let office = Self { daemon, steward, delegate, member, outsider };
        office.transfer(&office.outsider, OTHER);
        office
    }

    fn transfer(&self, who: &Person, to: &str) {
        let transfer = Transfer { who: who.address.clone(), to: to.into(), position: None, handover_to: None };
        self.daemon.decide(vec![Act::Transfer(transfer)]).unwrap();
    }

    fn delegate(&self, rights: &str) {
        self.daemon.act(vec![Act::Delegate(Delegate {
            mailbox: unit_address(),
            to: self.delegate.address.clone(),
            rights: rights.parse().unwrap(),
            from: None,
            until: None,
        })]);
    }

    /// A session with names in UTF-8: of a person's own mailbox, or of the one that they enter.
    fn session(&self, who: &str, enters: &str, password: &str) -> Client {
        let mut client = self.daemon.connect("imaps");
        client.expect_line();
        let plain = data_encoding::BASE64.encode(format!("{enters}\0{who}\0{password}").as_bytes());
        client.ok(&format!("AUTHENTICATE PLAIN {plain}"));
        client.ok("ENABLE IMAP4rev2");
        client
    }

    fn person(&self, who: &Person) -> Client {
        self.session(&who.address, "", PASSWORD)
    }

    /// An administrator's look into a mailbox.
    fn opened(&self, mailbox: &str) -> Client {
        let opening =
            OpenMailbox { mailbox: mailbox.parse().unwrap(), reason: Label::parse("Kiểm tra").unwrap(), minutes: 60 };
        let done = self.daemon.act(vec![Act::OpenMailbox(opening)]);
        self.session(mailbox, "", done.acts[0].slip.as_ref().unwrap().password.expose())
    }

    /// Makes the folders anew, as `manager` names them, with three messages and what is granted on them.
    fn prepare(&self, manager: &mut Client, parent: &str, granted: &str) {
        let child = format!("{parent}/Thu");
        for folder in [&child, parent] {
            manager.command(&format!("DELETE \"{folder}\""));
        }
        for folder in [parent, &child] {
            manager.ok(&format!("CREATE \"{folder}\""));
            if !granted.is_empty() {
                manager.ok(&format!("SETACL \"{folder}\" {} {granted}", self.outsider.address));
            }
        }
        for n in 1..=3 {
            let message = format!("Subject: {n}\r\n\r\n");
            assert!(manager.append(&format!("\"{child}\""), "", message.as_bytes()).starts_with("t OK"));
        }
    }

    /// Looks at everything that somebody tries.
    fn examine(&self, manager: &mut Client, mut case: Case, place: &str) {
        case.finds();
        case.selects(manager, &format!("{place}/Thu"));
        case.commands(manager, place, &self.member.address);
    }
}

fn unit_address() -> hopthu::address::Address {
    format!("{UNIT}@{DOMAIN}").parse().unwrap()
}

/// The last line of the answer, without its tag.
fn said(client: &mut Client, command: &str) -> String {
    client.command(command).pop().unwrap().split_off(2)
}

impl Case {
    fn has(&self, right: char) -> bool {
        self.acl.contains(right)
    }

    fn folder(&self) -> String {
        format!("{}/Thu", self.parent)
    }

    /// What the answer to a command begins with.
    fn expected(&self, needs: Needs) -> &'static str {
        let entered = self.parent == OWN;
        let met = match needs {
            Needs::All(rights) | Needs::ToMake(rights) => rights.chars().all(|right| self.has(right)),
            Needs::Any(rights) => rights.chars().any(|right| self.has(right)),
            Needs::ToRename => self.has('x') && self.has('k'),
            Needs::ToSubscribe => self.has(if entered { 's' } else { 'l' }),
            Needs::Nothing => true,
        };
        match needs {
            _ if met => "OK ",
            Needs::ToMake(_) => "NO [NOPERM] ",
            Needs::ToRename if self.has('x') => "NO [NOPERM] ",
            _ if self.has('l') => "NO [NOPERM] ",
            _ => "NO [NONEXISTENT] ",
        }
    }

    fn expects(&self, command: &str, answer: &str, needs: Needs) {
        let expected = self.expected(needs);
        assert!(answer.starts_with(expected), "{}, who has {:?}: {command}: {answer}", self.who, self.acl);
    }

    /// LIST and LSUB name it to whoever has `l`; numbers of it are for those who may read it.
    fn finds(&mut self) {
        let (folder, who) = (self.folder(), self.who.clone());
        let mut names = |command: &str, start: &str| {
            let lines = self.client.ok(&command.replace("{f}", &format!("\"{folder}\"")));
            lines.iter().any(|line| line.starts_with(start) && line.contains(&folder))
        };
        let listed = names("LIST \"\" {f}", "* LIST");
        let statuses = names("LIST \"\" {f} RETURN (STATUS (MESSAGES))", "* STATUS");
        let rights = names("LIST \"\" {f} RETURN (MYRIGHTS)", "* MYRIGHTS");
        // What is one's own is subscribed to by a command; the rest is until it is hidden.
        let others = self.parent != OWN;
        let subscribed = others.then(|| names("LIST (SUBSCRIBED) \"\" {f}", "* LIST"));
        let lsub = others.then(|| names("LSUB \"\" {f}", "* LSUB"));
        let told = [Some(listed), Some(statuses), Some(rights), subscribed, lsub];
        let (l, r) = (self.has('l'), self.has('r'));
        let seen = others.then_some(l);
        assert_eq!(told, [Some(l), Some(l && r), Some(l), seen, seen], "{who}, who has {:?}", self.acl);
    }

    /// In a folder that is open any of `rights` (each with all its letters) is enough, and a refusal says what it is for.
    fn expects_inside(&self, command: &str, answer: &str, rights: &[&str]) {
        let met = rights.iter().any(|rights| rights.chars().all(|right| self.has(right)));
        let expected = if met { "OK " } else { "NO [NOPERM] " };
        assert!(answer.starts_with(expected), "{}, who has {:?}: {command}: {answer}", self.who, self.acl);
    }

    /// "Commands in selected state", as far as the folder can be selected.
    fn selects(&mut self, manager: &mut Client, place: &str) {
        let folder = self.folder();
        if !self.has('r') {
            return;
        }
        let access = if "swite".chars().any(|right| self.has(right)) { "OK [READ-WRITE]" } else { "OK [READ-ONLY]" };
        let opened = said(&mut self.client, &format!("SELECT \"{folder}\""));
        assert!(opened.starts_with(access), "{}: {opened}", self.who);
        for (flag, right) in [("\\Seen", "s"), ("\\Deleted", "t"), ("\\Flagged", "w"), ("$Viec", "w")] {
            let command = format!("STORE 1 +FLAGS.SILENT ({flag})");
            let answer = said(&mut self.client, &command);
            self.expects_inside(&command, &answer, &[right]);
        }
        let command = "STORE 2 FLAGS (\\Seen \\Deleted \\Flagged)";
        let answer = said(&mut self.client, command);
        self.expects_inside(command, &answer, &["s", "w", "t"]);
        self.client.ok("FETCH 3 BODY[]");
        manager.ok(&format!("SELECT \"{place}\""));
        let (kept, own) = (manager.ok("FETCH 1:3 FLAGS"), self.client.ok("FETCH 1:3 FLAGS"));
        let flags = [("\\Seen", 's'), ("\\Deleted", 't'), ("\\Flagged", 'w')];
        for (line, flags) in [(0, &flags[..]), (1, &flags[..]), (2, &flags[..1])] {
            for (flag, right) in flags {
                // Of what is shared everybody has a `\Seen` of their own.
                let told = place != format!("{SHARED}/Thu") || *flag != "\\Seen" || self.who.starts_with("steward");
                let expected = self.has(*right) && told;
                assert_eq!(kept[line].contains(flag), expected, "{}: {flag} {right}: {kept:?}", self.who);
                assert_eq!(own[line].contains(flag), self.has(*right), "{}: {flag} {right}: {own:?}", self.who);
            }
        }
        manager.ok("STORE 1 FLAGS.SILENT (\\Deleted)");
        manager.ok("STORE 2 FLAGS.SILENT ()");
        for command in ["UID EXPUNGE 100", "EXPUNGE"] {
            let answer = said(&mut self.client, command);
            self.expects_inside(command, &answer, &["e"]);
        }
        let mut left = 3 - usize::from(self.has('e'));
        assert_eq!(count(manager, place), left, "{}: EXPUNGE", self.who);
        let own = if self.client.ok("MYRIGHTS INBOX")[0].contains('i') { "" } else { "nobody" };
        let may = |rights| [if own.is_empty() { rights } else { own }];
        let answer = said(&mut self.client, &format!("COPY {left} INBOX"));
        self.expects_inside("COPY to INBOX", &answer, &may("r"));
        let answer = said(&mut self.client, &format!("MOVE {left} INBOX"));
        self.expects_inside("MOVE to INBOX", &answer, &may("te"));
        left -= usize::from(answer.starts_with("OK"));
        assert_eq!(count(manager, place), left, "{}: MOVE", self.who);
        manager.ok(&format!("SELECT \"{place}\""));
        manager.ok("STORE 1 +FLAGS.SILENT (\\Deleted)");
        self.client.ok("CLOSE");
        assert_eq!(count(manager, place), left - usize::from(self.has('e')), "{}: CLOSE", self.who);
    }

    fn commands(&mut self, manager: &mut Client, place: &str, bystander: &str) {
        let parent = self.parent.clone();
        let fill = |command: &str, parent: &str, child: &str| {
            let name = |name: &str| format!("\"{name}\"");
            let command = command.replace("{f}/Con", &name(&format!("{parent}/{child}/Con")));
            let command = command.replace("{p}/Moi", &name(&format!("{parent}/Moi")));
            command.replace("{f}", &name(&format!("{parent}/{child}"))).replace("{bystander}", bystander)
        };
        // Of a folder that is deleted nobody else is to have it open.
        manager.command("UNSELECT");
        self.client.ok("SELECT INBOX");
        let to_the_folder = [("COPY 1 {f}", Needs::All("i"), ""), ("MOVE 1 {f}", Needs::All("i"), "")];
        let moves = self.client.ok("MYRIGHTS INBOX")[0].contains('e');
        let copying = to_the_folder.iter().filter(|(command, ..)| moves || !command.starts_with("MOVE"));
        for (command, needs, undo) in copying.chain(COMMANDS) {
            let answer = said(&mut self.client, &fill(command, &parent, "Thu"));
            self.expects(command, &answer, *needs);
            if answer.starts_with("OK ") && !undo.is_empty() {
                self.client.command("UNSELECT");
                manager.ok(&fill(undo, place, "Thu"));
                continue;
            }
            if answer.starts_with("NO [NONEXISTENT]") || matches!(needs, Needs::ToMake(_)) {
                // One answer for what is not there and for what may not be seen.
                let missing = said(&mut self.client, &fill(command, &parent, "Khong"));
                assert_eq!(missing, answer, "{}: {command}", self.who);
            }
        }
        let answer = said(&mut self.client, &fill("UNSUBSCRIBE {f}", &parent, "Thu"));
        self.expects("UNSUBSCRIBE", &answer, if parent == OWN { Needs::ToSubscribe } else { Needs::Nothing });
    }
}

fn count(manager: &mut Client, folder: &str) -> usize {
    manager.ok(&format!("SELECT \"{folder}\""));
    let found = manager.ok("SEARCH RETURN (COUNT) ALL");
    found[0].rsplit("COUNT ").next().unwrap().parse().unwrap()
}

/// What the office itself gives.
#[test]
fn everybody_may_do_with_a_folder_what_their_office_says() {
    let office = Office::open();
    let mut manager = office.person(&office.steward);
    let all = "lrswipkxtea";
    let unit = unit_address().to_string();
    office.delegate("read");
    let delegated = ["read", "read,process", "send"];
    for (parent, rights) in [(MAIL, ["lr", "lrswikte", "p"]), (SHARED, ["lrsip", "lrsip", "lrsip"])] {
        let mut examine = |who: &str, client: Client, acl: &str| {
            office.prepare(&mut manager, parent, "");
            let case = Case { who: format!("{who} in {parent}"), client, parent: parent.into(), acl: acl.into() };
            office.examine(&mut manager, case, parent);
        };
        let shares = parent == SHARED;
        examine("steward", office.person(&office.steward), all);
        for (delegation, acl) in delegated.into_iter().zip(rights) {
            office.delegate(delegation);
            examine(delegation, office.person(&office.delegate), acl);
        }
        office.daemon.act(vec![Act::Revoke { mailbox: unit_address(), from: office.delegate.address.clone() }]);
        examine("former delegate", office.person(&office.delegate), if shares { "lrsip" } else { "" });
        examine("member", office.person(&office.member), if shares { "lrsip" } else { "" });
        examine("other unit's", office.person(&office.outsider), if shares { "lrs" } else { "" });
        examine("opening of another", office.opened(&office.member.address), "");
        if shares {
            examine("opening of the unit's", office.opened(&unit), "");
        }
    }
    // The unit's mailbox entered by its address.
    let mut examine = |who: &str, client: Client, acl: &str| {
        office.prepare(&mut manager, MAIL, "");
        let case = Case { who: format!("{who} entered"), client, parent: OWN.into(), acl: acl.into() };
        office.examine(&mut manager, case, MAIL);
    };
    examine("steward", office.session(&office.steward.address, &unit, PASSWORD), all);
    office.delegate("read,process");
    examine("delegate", office.session(&office.delegate.address, &unit, PASSWORD), "lrswikte");
    examine("opening", office.opened(&unit), "lr");
    // One's own.
    let mut owner = office.person(&office.member);
    for (who, client, acl) in [
        ("owner", office.person(&office.member), "lrswipkxte"),
        ("opening of one's own", office.opened(&office.member.address), "lr"),
    ] {
        office.prepare(&mut owner, OWN, "");
        office.examine(&mut owner, Case { who: who.into(), client, parent: OWN.into(), acl: acl.into() }, OWN);
    }
    nobody_names_anothers_own(&office);
}

/// Nobody else's own folder has a name, whatever their office, and nobody enters it (R20).
fn nobody_names_anothers_own(office: &Office) {
    for who in [&office.steward, &office.delegate, &office.outsider] {
        let mut client = office.person(who);
        for name in ["Cha/Thu", "Đơn vị/Nguyễn Thị Đào/Cha/Thu", "Đơn vị/daont/Cha/Thu", "Dùng chung/daont/Cha"]
        {
            let answer = said(&mut client, &format!("STATUS \"{name}\" (MESSAGES)"));
            assert!(answer.starts_with("NO [NONEXISTENT]"), "{}: {name}: {answer}", who.address);
        }
        let mut client = office.daemon.connect("imaps");
        client.expect_line();
        let plain = format!("{}\0{}\0{PASSWORD}", office.member.address, who.address);
        let answer =
            said(&mut client, &format!("AUTHENTICATE PLAIN {}", data_encoding::BASE64.encode(plain.as_bytes())));
        assert!(answer.starts_with("NO [AUTHORIZATIONFAILED]"), "{}: {answer}", who.address);
    }
}

/// Each right of RFC 4314 by itself, given by SETACL to somebody who has nothing else there, or `lrs` (R5); and the two
/// that RENAME needs.
#[test]
fn each_right_gives_what_the_table_of_rfc_4314_says() {
    let office = Office::open();
    let mut manager = office.person(&office.steward);
    let letters = ["l", "r", "s", "w", "i", "p", "k", "x", "t", "e", "a", "kx", "lr", "rs", "rte", "li", "lrkx"];
    for (parent, always) in [(MAIL, ""), (SHARED, "lrs")] {
        for granted in letters {
            office.prepare(&mut manager, parent, granted);
            let case = Case {
                who: format!("grantee of {granted} in {parent}"),
                client: office.person(&office.outsider),
                parent: parent.into(),
                acl: format!("{always}{granted}"),
            };
            office.examine(&mut manager, case, parent);
        }
    }
}
