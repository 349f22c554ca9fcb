//! Hostile input on the IMAP port, against the real program. Where each row of the list is shown:
//!
//! | row | test |
//! |---|---|
//! | B33 no tag, a wrong one, a long one | `nothing_of_what_is_no_command_is_echoed`, `commands_that_are_none` |
//! | B34 NUL | `nul_is_refused_everywhere_and_stored_nowhere`, `nul_in_a_literal` |
//! | B35 sizes of literals | `announced_literals_cost_nothing`, `append_of_what_is_too_big` |
//! | B36 a literal that is not waited for | `a_refused_literal_is_no_command` |
//! | B37 nesting, keys, literals | `nesting_keys_and_literals_are_bounded`, `nesting_and_length_are_bounded` |
//! | B38 bytes behind STARTTLS | `starttls_begins_anew` |
//! | B39 a password in clear | `logging_in_needs_tls` |
//! | B40 sequence sets | `sets_and_patterns_take_no_time`, `sets_that_are_none`, `an_empty_folder_takes_every_set` |
//! | B41, B42 partials and sections | `partials_and_sections_at_the_edges` |
//! | B43, B44 names | `names_touch_no_file`, `names_that_are_no_folder_names` |
//! | B45 one name for one folder | `one_folder_has_one_name` |
//! | B46 others' folders | `anothers_folder_is_as_if_it_were_not_there`, and all of `folder_rights` |
//! | B47 DELETE | `deleting_a_folder_keeps_its_children` |
//! | B48 RENAME | `folders_are_made_renamed_deleted` |
//! | B49 APPEND to nowhere | `append_to_a_missing_folder_keeps_in_step` |
//! | B50 over quota, too big | `append_over_quota`, `append_of_what_is_too_big` |
//! | B51 dates and flags | `append_refuses_what_is_no_date_or_flag` |
//! | B52 keywords | `fifty_thousand_keywords_leave_a_few`, `keywords_are_bounded` |
//! | B53 mod-sequences | `mod_sequences_that_are_none` |
//! | B54 charsets | `search_in_an_unknown_charset` |
//! | B55 pipelining | `pipelined_commands_run_in_order` |
//! | B56 what is not DONE | `something_else_than_done_ends_idle`, `ios_pipelines_after_idle` |
//! | B57 answers nobody reads | `hostile::answers_that_nobody_reads_are_bounded` |
//! | B57a LIST patterns | `sets_and_patterns_take_no_time`, `patterns_take_no_time` |
//!
//! The names without a module are transcripts, or tests of this file.

use std::time::{Duration, Instant};

use crate::client::Client;
use crate::process::{Login, Process};

/// What the daemon may grow by, whatever is asked of it here.
const GROWTH_KB_MAX: u64 = 24 * 1024;
/// Processor time for one command that is meant to take much. The program is built without optimising here.
const CPU_MAX: Duration = Duration::from_secs(if cfg!(debug_assertions) { 4 } else { 1 });

/// A daemon, its memory and somebody else's session before anything happened.
struct Target {
    process: Process,
    who: Login,
    other: Client,
    memory_kb: u64,
    _dir: tempfile::TempDir,
}

impl Target {
    fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let process = Process::start(&dir.path().join("hopthu-data"));
        let people = process.people();
        let mut other = process.imap_as(&people[1]);
        other.ok("SELECT INBOX");
        let memory_kb = process.memory_kb();
        Self { who: people[0].clone(), process, other, memory_kb, _dir: dir }
    }

    fn client(&self) -> Client {
        self.process.imap_as(&self.who)
    }

    /// Whoever logs in takes the memory of a hash (19 MiB), once or not at all: it is no part of what is asked from here on.
    fn rest(&mut self) {
        std::thread::sleep(Duration::from_secs(2));
        self.memory_kb = self.process.memory_kb();
    }

    /// The last line of the answer; the command takes no more time than it may.
    fn timed(&self, client: &mut Client, what: &str, command: &str) -> String {
        let before = self.process.cpu();
        let answer = client.command(command).pop().unwrap();
        let taken = self.process.cpu().saturating_sub(before);
        assert!(taken < CPU_MAX, "{what}: {taken:?} of processor time");
        answer
    }

    /// Others were not disturbed, and it costs no memory.
    fn is_well(&mut self) {
        let start = Instant::now();
        self.other.ok("FETCH 1:* FLAGS");
        assert!(start.elapsed() < Duration::from_secs(10), "others wait {:?}", start.elapsed());
        let grown = self.process.memory_kb().saturating_sub(self.memory_kb);
        assert!(grown < GROWTH_KB_MAX, "{grown} kB more");
        self.process.assert_clean();
    }
}

#[test]
fn nothing_of_what_is_no_command_is_echoed() {
    let mut target = Target::start();
    let mut client = target.client();
    let long = vec![b'a'; 10_000];
    for (line, answer) in [
        (&b""[..], "* BAD"),
        (b" NOOP", "* BAD"),
        (b"+ NOOP", "* BAD"),
        (b"* NOOP", "* BAD"),
        (b"a\x07\x1b[2J NOOP", "* BAD"),
        (b"\xff\xfe NOOP", "* BAD"),
        (b"{5} NOOP", "* BAD"),
        (&long, "* BAD"),
        (b"a \x1b[2J\x07", "a BAD"),
        (b"a NOOP \x1b[2J", "a BAD"),
        (b"a SELECT \"\x1b[2J", "a BAD"),
    ] {
        client.send(&[line, b"\r\n"].concat());
        let said = client.expect_line();
        assert!(said.starts_with(answer) && !said.contains(char::is_control), "{}: {said:?}", line.escape_ascii());
        assert!(said.len() < 200 && !said.contains("[2J"), "{said}");
    }
    client.ok("NOOP");
    target.is_well();
}

#[test]
fn nul_is_refused_everywhere_and_stored_nowhere() {
    let mut target = Target::start();
    let mut client = target.client();
    for command in [
        "CREATE \"a\0b\"",
        "CREATE a\0b",
        "CREATE {3+}\r\na\0b",
        "CREATE \"a\\\0b\"",
        "SUBSCRIBE {3+}\r\na\0b",
        "APPEND Drafts {14+}\r\nSubject: a\0\r\n\r",
        "APPEND Drafts (\0) {4+}\r\nx: y",
        "ID (\"name\" \"a\0b\")",
        "LIST \"\" \"*\0\"",
    ] {
        let said = client.command(command).pop().unwrap();
        assert!(said.starts_with("t BAD"), "{}: {said}", command.escape_debug());
    }
    client.ok("SELECT INBOX");
    for command in ["SEARCH SUBJECT {3+}\r\na\0b", "STORE 1 +FLAGS (a\0b)", "SEARCH SUBJECT \"a\0b\""] {
        let said = client.command(command).pop().unwrap();
        assert!(said.starts_with("t BAD"), "{}: {said}", command.escape_debug());
    }
    assert!(!client.ok("LIST \"\" *").concat().contains('\0'));
    assert!(!client.ok("LSUB \"\" *").concat().contains('\0'));
    assert!(client.ok("STATUS Drafts (MESSAGES)")[0].ends_with("(MESSAGES 0)"));
    target.is_well();
}

/// Nobody is given memory for what they only say that they will send.
#[test]
fn announced_literals_cost_nothing() {
    let mut target = Target::start();
    let mut announcing: Vec<_> = (0..20).map(|_| target.client()).collect();
    let before = target.process.memory_kb();
    for client in &mut announcing {
        client.send(b"a APPEND Drafts {40000000+}\r\nSubject: ");
    }
    let mut strangers: Vec<_> = (0..20)
        .map(|_| {
            let mut client = Client::tls(target.process.address("imaps"), target.process.trust());
            client.expect_line();
            client.send(b"a LOGIN {200000000+}\r\nbinh");
            client
        })
        .collect();
    std::thread::sleep(Duration::from_millis(500));
    let grown = target.process.memory_kb().saturating_sub(before);
    assert!(grown < GROWTH_KB_MAX, "{grown} kB more");
    for (line, answer) in [
        ("a LOGIN {99999999999}", "a BAD"),
        ("a LOGIN {4294967296}", "a BAD"),
        ("a LOGIN {-1}", "a BAD"),
        ("a LOGIN {99999999999999999999999}", "a BAD"),
        ("a LOGIN {99999999999+}", "a BAD"),
    ] {
        let mut client = Client::tls(target.process.address("imaps"), target.process.trust());
        client.expect_line();
        client.say(line);
        let said = client.expect_line();
        assert!(said.starts_with(answer), "{line}: {said}");
        if line.ends_with("+}") {
            assert!(client.expect_line().starts_with("* BYE [TOOBIG]"));
        }
    }
    drop((announcing.drain(..), strangers.drain(..)));
    let mut client = target.client();
    assert!(client.append("Drafts", "", b"Subject: x\r\n\r\n").starts_with("t OK"));
    target.is_well();
}

#[test]
fn nesting_keys_and_literals_are_bounded() {
    let mut target = Target::start();
    let mut client = target.client();
    client.ok("SELECT INBOX");
    let many = |what: &str| what.repeat(10_000);
    for (what, command) in [
        ("nested", format!("SEARCH {}ALL{}", many("("), many(")"))),
        ("unclosed", format!("SEARCH {}", many("("))),
        ("NOT", format!("SEARCH {}ALL", many("NOT "))),
        ("OR", format!("SEARCH {}ALL", "OR ALL ".repeat(9_000))),
        ("OR to the left", format!("SEARCH {}ALL", "OR ".repeat(9_000) + &"ALL ".repeat(9_000))),
        ("keys", format!("SEARCH {}", many("ALL ").trim_end())),
        ("FETCH", format!("FETCH 1 ({})", many("FLAGS ").trim_end())),
        ("FETCH nested", format!("FETCH 1 {}FLAGS", many("("))),
        ("LIST", format!("LIST \"\" ({})", many("* ").trim_end())),
        ("STATUS", format!("STATUS INBOX ({})", many("("))),
        ("ID", format!("ID {}", many("("))),
        ("literals", format!("SEARCH {}ALL", "BODY {1+}\r\nx ".repeat(1_000))),
    ] {
        let said = target.timed(&mut client, what, &command);
        assert!(said.starts_with("t BAD"), "{what}: {said}");
        client.ok("NOOP");
    }
    target.is_well();
}

#[test]
fn sets_and_patterns_take_no_time() {
    let mut target = Target::start();
    let mut client = target.client();
    target.rest();
    let messages = " {16+}\r\nSubject: cat\r\n\r\n".repeat(200);
    for _ in 0..10 {
        client.ok(&format!("APPEND Archive{messages}"));
    }
    client.ok("SELECT Archive");
    let ranges = vec!["1:*"; 10_000].join(",");
    for command in
        ["UID FETCH {} (UID)", "FETCH {} (UID)", "UID SEARCH UID {}", "SEARCH {}", "STORE {} +FLAGS.SILENT (\\Seen)"]
    {
        let said = target.timed(&mut client, command, &command.replace("{}", &ranges));
        assert!(said.starts_with("t OK"), "{command}: {said}");
    }
    let scattered = (0..8_000).map(|n| (n * 7_919 % 2_000 + 1).to_string()).collect::<Vec<_>>().join(",");
    let said = target.timed(&mut client, "scattered", &format!("UID FETCH {scattered} (UID)"));
    assert!(said.starts_with("t OK"), "{said}");
    let name = ["a".repeat(90).as_str(), "b".repeat(90).as_str(), "c".repeat(90).as_str()].join("/");
    for n in 0..100 {
        client.ok(&format!("CREATE {name}/{n}"));
    }
    for pattern in ["%*".repeat(1_000), "*a".repeat(500), "%".repeat(2_000), "*a%b".repeat(200) + "*"] {
        let start = Instant::now();
        let said = target.timed(&mut client, "pattern", &format!("LIST \"\" \"{pattern}z\""));
        assert!(said.starts_with("t OK"), "{said}");
        // Hostile B57a says 100 ms, of a program that was optimised on a machine that does nothing else.
        assert!(start.elapsed() < 20 * Duration::from_millis(100), "{:?}", start.elapsed());
    }
    target.is_well();
}

#[test]
fn names_touch_no_file() {
    let mut target = Target::start();
    let mut client = target.client();
    let before = target.process.files();
    let deep = "a/".repeat(1_000);
    let long = "a".repeat(10_000);
    for (name, answer) in [
        ("../x", "t NO [CANNOT]"),
        ("/etc", "t NO [CANNOT]"),
        ("a//b", "t NO [CANNOT]"),
        ("a/../../x", "t NO [CANNOT]"),
        ("..", "t NO [CANNOT]"),
        (".", "t NO [CANNOT]"),
        ("\"\"", "t NO [CANNOT]"),
        ("\"a\u{7f}\"", "t NO [CANNOT]"),
        ("\"a*\"", "t NO [CANNOT]"),
        ("\"a%\"", "t NO [CANNOT]"),
        (&deep, "t NO [CANNOT]"),
        (&long, "t NO [CANNOT]"),
        ("\"&\"", "t NO [CANNOT]"),
        ("\"&AAAA-\"", "t NO [CANNOT]"),
        ("\"&AGE-\"", "t NO [CANNOT]"),
        ("\"&2AA-\"", "t NO [CANNOT]"),
    ] {
        let said = client.command(&format!("CREATE {name}")).pop().unwrap();
        assert!(said.starts_with(answer), "{}: {said}", name.get(..20).unwrap_or(name));
        let said = client.command(&format!("RENAME Drafts {name}")).pop().unwrap();
        assert!(said.starts_with(answer), "RENAME to {}: {said}", name.get(..20).unwrap_or(name));
    }
    assert_eq!(target.process.files(), before);
    target.is_well();
}

#[test]
fn fifty_thousand_keywords_leave_a_few() {
    let mut target = Target::start();
    let mut client = target.client();
    client.ok("SELECT INBOX");
    let mut refused = 0;
    for batch in 0..250 {
        let keywords: Vec<_> = (0..200).map(|n| format!("k{}", batch * 200 + n)).collect();
        let said = client.command(&format!("STORE 1 +FLAGS.SILENT ({})", keywords.join(" "))).pop().unwrap();
        refused += usize::from(said.starts_with("t NO [LIMIT]"));
    }
    assert_eq!(refused, 250, "each is more than a folder has room for");
    for n in 0..100 {
        let said = client.command(&format!("STORE 1 +FLAGS.SILENT (n{n})")).pop().unwrap();
        let expected = if n < 58 { "t OK" } else { "t NO [LIMIT]" };
        assert!(said.starts_with(expected), "{n}: {said}");
    }
    let said = client.command(&format!("STORE 1 +FLAGS ({})", "k".repeat(10_000))).pop().unwrap();
    assert!(said.starts_with("t NO [LIMIT]"), "{said}");
    let flags = client.ok("FETCH 1 FLAGS");
    let kept = flags[0].split([' ', '(', ')']).filter(|flag| flag.starts_with('n')).count();
    assert_eq!(kept, 58, "{flags:?}");
    target.is_well();
}
