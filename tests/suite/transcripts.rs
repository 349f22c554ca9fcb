//! Conversations with the running daemon, one file per claim, under `tests/transcripts/`.
//!
//! Two people exist at the start, Đỗ Xuân Bình `binhdx@daklak.doj.gov.vn` and Nguyễn Thị Đào `daont@…`, with the
//! password `Thu-viec-2026`. A file is a list of lines, done in order:
//!
//! | line | what it does |
//! |---|---|
//! | `# …` | a remark; the first one is the claim |
//! | `set tls.plaintext_login_from = ["127.0.0.0/8"]` | a key of the configuration; before everything else |
//! | `person huongdt Đặng Thị Hương` | hires one more person |
//! | `put binhdx INBOX \Seen` | appends a message: the lines `\| …` that follow, or a small one whose subject is its number |
//! | `deliver binhdx` | sends a message to the person from outside, through port 25: the lines `\| …` that follow, or a small one |
//! | `newcomer huongdt Đặng Thị Hương` | hires one more, whose password is the first one, caught as `{password}` and in `{plain}`, the response of SASL PLAIN |
//! | `head binhdx` | makes the person head of the unit, whose address is `van-phong@…` |
//! | `delegate daont read,send` | lets the person use the unit's mailbox |
//! | `revoke daont` | that ends |
//! | `suspend binhdx` | suspends the person |
//! | `1: imaps` | opens connection 1 to a listener and reads its greeting (`imap imaps smtp submission submissions`) |
//! | `1: imaps as binhdx` | the same, and logs in |
//! | `1: imaps as binhdx in Sent` | the same, and selects a folder |
//! | `1: smtp silent` | opens it and reads nothing |
//! | `1> text` | sends a line |
//! | `1>> text` | sends the text without a line end: several commands in one segment are `a\r\nb\r\n` |
//! | `1< pattern` | the next line must match |
//! | `1< …` | any lines may come before the next that is expected |
//! | `1<\| pattern` | this and the neighbouring lines of the kind come in any order |
//! | `1! pattern` | no such line may come from here to the next command on this connection; waits a moment |
//! | `1~ starttls` | the client goes over to TLS |
//! | `1~ compress` | the client compresses from here on, and expects the server to (RFC 4978) |
//! | `1~ close`, `1~ half` | the client closes the connection, its sending half |
//! | `1~ closed` | the server closes the connection; lines before that are passed over |
//!
//! In what is sent, `\r \n \t \0 \xNN` are bytes, `{repeat:1000:text}` is that text many times, `{base64:text}` its
//! base64, and `{name}` what a pattern caught. A line that ends with `{|}` or `{+|}` sends the lines `| …` below it as a
//! literal, with or without waiting for the server's `+`. In a pattern, `…` is any text and `{name}` catches text or
//! must equal what was caught before.

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use hopthu::provisioning::{Act, Delegate, FirstPassword};

use crate::client::{Client, Heard, PATIENCE};
use crate::harness::{DOMAIN, Daemon, Person, Settings, UNIT, log_in_imap, log_in_smtp, newcomer};
use crate::reader::Reader;

/// How long nothing must come after `1!`.
const QUIET: Duration = Duration::from_millis(200);

struct Line {
    client: Client,
    /// For IMAP: what another grammar makes of what comes.
    reader: Option<Reader>,
    /// Heard, not yet expected.
    waiting: VecDeque<String>,
    /// Whether lines may be passed over before the next that is expected.
    passing: bool,
    /// Patterns that must not come before the next command.
    forbidden: Vec<String>,
}

struct Run {
    daemon: Option<Daemon>,
    settings: Settings,
    lines: BTreeMap<char, Line>,
    caught: BTreeMap<String, String>,
    messages: usize,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts")
}

/// Runs one file; a failure names the line of the file.
fn run(name: &str) {
    let text = fs::read_to_string(folder().join(name)).unwrap();
    let steps: Vec<_> = text.lines().enumerate().map(|(n, line)| (n + 1, line.trim_end())).collect();
    // Sections are made by themselves, and some moment after the start.
    let settings = Settings::default().with("shares.sections", "[]").with("shares.duties", "{}");
    let mut run = Run { daemon: None, settings, lines: BTreeMap::new(), caught: BTreeMap::new(), messages: 0 };
    let mut rest = steps.as_slice();
    while let Some(((number, step), after)) = rest.split_first() {
        let block = after.iter().take_while(|(_, line)| line.starts_with('|'));
        let block: Vec<_> = block.map(|(_, line)| line[1..].strip_prefix(' ').unwrap_or(&line[1..])).collect();
        let any_order = step.get(1..3) == Some("<|");
        let siblings: Vec<_> = if any_order {
            rest.iter()
                .take_while(|(_, line)| line.get(..3) == step.get(..3))
                .map(|(_, line)| line[3..].trim())
                .collect()
        } else {
            Vec::new()
        };
        rest = &rest[1.max(siblings.len()) + block.len()..];
        if step.is_empty() || step.starts_with('#') {
            continue;
        }
        let done = if any_order { run.hear_any_order(step, &siblings) } else { run.step(step, &block) };
        let done = done.and_then(|()| run.lines.values_mut().try_for_each(Line::read));
        done.unwrap_or_else(|why| panic!("{name}:{number}: {step}\n{why}"));
    }
    for (id, line) in &mut run.lines {
        line.check_forbidden().unwrap_or_else(|why| panic!("{name}: connection {id}: {why}"));
    }
}

impl Run {
    fn daemon(&mut self) -> &Daemon {
        let settings = &self.settings;
        self.daemon.get_or_insert_with(|| Daemon::start(settings))
    }

    fn person(&mut self, who: &str) -> Result<Person, String> {
        self.daemon().person(who).ok_or(format!("nobody is called {who}"))
    }

    fn step(&mut self, step: &str, block: &[&str]) -> Result<(), String> {
        if let Some((id, mark, text)) = conversation(step) {
            return self.converse(id, mark, text, block);
        }
        let (verb, rest) = step.split_once(' ').unwrap_or((step, ""));
        match verb {
            "set" => {
                let (key, value) = rest.split_once(" = ").ok_or("key = value")?;
                self.settings.set(key, value);
            }
            "person" => {
                let (local, name) = rest.split_once(' ').ok_or("local part and name")?;
                let person = self.daemon().hire(name);
                if person.local() != local {
                    return Err(format!("the name rule made {}", person.address));
                }
            }
            "put" => {
                let mut words = rest.splitn(3, ' ');
                let who = self.person(words.next().unwrap_or_default())?;
                let folder = words.next().ok_or("a folder")?.to_owned();
                let flags = words.next().unwrap_or_default().to_owned();
                let message = self.message(block);
                let mut client = self.daemon().imap_as(&who);
                // One that is there already stays as it is.
                client.command(&format!("CREATE {folder}"));
                let answer = client.append(&folder, &format!("({flags})"), &message);
                if !answer.starts_with("t OK") {
                    return Err(answer);
                }
            }
            "deliver" => {
                let who = self.person(rest)?;
                let message = self.message(block);
                self.daemon().deliver(&who, &message);
            }
            "newcomer" => {
                let (local, name) = rest.split_once(' ').ok_or("local part and name")?;
                let hire = Act::Hire(newcomer(name, FirstPassword::ToBeChanged));
                let done = self.daemon().decide(vec![hire]).map_err(|error| error.to_string())?;
                let slip = done.acts[0].slip.clone().ok_or("no slip")?;
                if slip.address.key() != local {
                    return Err(format!("the name rule made {}", slip.address));
                }
                let password = slip.password.expose();
                let plain = data_encoding::BASE64.encode(format!("\0{}\0{password}", slip.address).as_bytes());
                self.caught.extend([("password".into(), password.to_owned()), ("plain".into(), plain)]);
            }
            "head" => {
                let who = self.person(rest)?.address;
                let appoint = Act::AppointHead { code: UNIT.into(), who };
                self.daemon().decide(vec![appoint]).map_err(|error| error.to_string())?;
            }
            "delegate" => {
                let (who, rights) = rest.split_once(' ').ok_or("a person and rights")?;
                let to = self.person(who)?.address;
                let mailbox = format!("{UNIT}@{DOMAIN}").parse().map_err(|_| "no address")?;
                let rights = rights.parse().map_err(|_| "no rights")?;
                self.daemon().act(vec![Act::Delegate(Delegate { mailbox, to, rights, from: None, until: None })]);
            }
            "revoke" => {
                let from = self.person(rest)?.address;
                let mailbox = format!("{UNIT}@{DOMAIN}").parse().map_err(|_| "no address")?;
                self.daemon().act(vec![Act::Revoke { mailbox, from }]);
            }
            "suspend" => {
                let who = self.person(rest)?;
                self.daemon().suspend(&who);
            }
            _ => return Err("not a line of a transcript".into()),
        }
        Ok(())
    }

    /// The block as a message, or a small one that is different each time.
    fn message(&mut self, block: &[&str]) -> Vec<u8> {
        self.messages += 1;
        let n = self.messages;
        if block.is_empty() {
            return format!("From: Ngoài <ngoai@example.vn>\r\nSubject: {n}\r\n\r\nText {n}.\r\n").into_bytes();
        }
        block.iter().flat_map(|line| [self.expand(line).as_slice(), b"\r\n"].concat()).collect()
    }

    fn converse(&mut self, id: char, mark: &str, text: &str, block: &[&str]) -> Result<(), String> {
        if mark == ":" {
            let line = self.open(text)?;
            self.lines.insert(id, line);
            return Ok(());
        }
        let sent = if mark.starts_with('>') { self.expand(text) } else { Vec::new() };
        let literal: Vec<u8> = block.iter().flat_map(|line| [self.expand(line).as_slice(), b"\r\n"].concat()).collect();
        let line = self.lines.get_mut(&id).ok_or("this connection is not open")?;
        match mark {
            ">" => line.command(&sent, &literal)?,
            ">>" => {
                line.check_forbidden()?;
                line.client.send(&sent);
            }
            "<" if text == "…" => line.passing = true,
            "<" => line.hear(text, &mut self.caught)?,
            "!" => {
                line.forbidden.push(with_values(text, &self.caught));
                line.listen(QUIET);
                line.check_forbidden_now()?;
            }
            "~" if text == "starttls" => line.client.start_tls(),
            "~" if text == "close" => {
                line.read()?;
                self.lines.remove(&id);
            }
            "~" if text == "compress" => line.client.start_compression(),
            "~" if text == "half" => line.client.half_close(),
            "~" if text == "closed" => line.hear_end()?,
            _ => return Err("not a line of a transcript".into()),
        }
        Ok(())
    }

    /// `imaps`, `imaps as binhdx`, `imaps as binhdx in Sent`, `smtp silent`.
    fn open(&mut self, text: &str) -> Result<Line, String> {
        let words: Vec<_> = text.split(' ').collect();
        let mut client = self.daemon().connect(words[0]);
        let smtp = !words[0].starts_with("imap");
        match words[1..] {
            ["silent"] => {}
            [] if smtp => drop(client.reply()),
            [] => drop(client.expect_line()),
            ["as", who] if smtp => {
                client.reply();
                let who = self.person(who)?;
                log_in_smtp(&mut client, &who);
            }
            ["as", who, ref inside @ ..] => {
                client.expect_line();
                let who = self.person(who)?;
                log_in_imap(&mut client, &who);
                if let ["in", folder] = inside {
                    client.ok(&format!("SELECT {folder}"));
                }
            }
            _ => return Err("how is this connection to be opened?".into()),
        }
        let reader = (!smtp).then(Reader::default);
        Ok(Line { client, reader, waiting: VecDeque::new(), passing: false, forbidden: Vec::new() })
    }

    fn hear_any_order(&mut self, step: &str, patterns: &[&str]) -> Result<(), String> {
        let line = step.chars().next().and_then(|id| self.lines.get_mut(&id)).ok_or("this connection is not open")?;
        let mut left = patterns.to_vec();
        while !left.is_empty() {
            let heard = line.next(PATIENCE)?;
            match left.iter().position(|pattern| matches(pattern, &heard, &mut self.caught)) {
                Some(at) => drop(left.remove(at)),
                None if line.passing => {}
                None => return Err(format!("came: {heard}\nstill expected: {left:#?}")),
            }
        }
        line.passing = false;
        Ok(())
    }

    /// Text as it is sent: escapes and `{…}` replaced.
    fn expand(&self, text: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let taken = match c {
                '\\' => escape(rest, &mut bytes),
                '{' => self.brace(rest, &mut bytes),
                _ => 0,
            };
            let taken = if taken == 0 {
                bytes.extend_from_slice(&rest.as_bytes()[..c.len_utf8()]);
                c.len_utf8()
            } else {
                taken
            };
            rest = &rest[taken..];
        }
        bytes
    }

    /// Replaces one `{…}`; gives its length, 0 where it is not one of ours.
    fn brace(&self, text: &str, bytes: &mut Vec<u8>) -> usize {
        let Some(end) = text.find('}') else { return 0 };
        let inner = &text[1..end];
        if let Some((times, what)) = inner.strip_prefix("repeat:").and_then(|r| r.split_once(':')) {
            bytes.extend(self.expand(what).repeat(times.parse().unwrap()));
        } else if let Some(what) = inner.strip_prefix("base64:") {
            bytes.extend(data_encoding::BASE64.encode(&self.expand(what)).into_bytes());
        } else if let Some(value) = self.caught.get(inner) {
            bytes.extend(value.as_bytes());
        } else {
            return 0;
        }
        end + 1
    }
}

impl Line {
    /// Sends a line; a `{|}` or `{+|}` at its end becomes the size of `literal`, which follows.
    fn command(&mut self, sent: &[u8], literal: &[u8]) -> Result<(), String> {
        self.check_forbidden()?;
        let waits = sent.strip_suffix(b"{|}");
        match waits.or(sent.strip_suffix(b"{+|}")) {
            None => self.client.send(&[sent, b"\r\n"].concat()),
            Some(head) => {
                let plus = if waits.is_some() { "" } else { "+" };
                let size = format!("{{{}{plus}}}\r\n", literal.len());
                self.client.send(&[head, size.as_bytes()].concat());
                if waits.is_some() {
                    let answer = self.next(PATIENCE)?;
                    if !answer.starts_with('+') {
                        return Err(format!("instead of + came: {answer}"));
                    }
                }
                self.client.send(&[literal, b"\r\n"].concat());
            }
        }
        Ok(())
    }

    /// The next line heard.
    fn next(&mut self, wait: Duration) -> Result<String, String> {
        if self.waiting.is_empty() {
            match self.client.line(wait) {
                Heard::Line(line) => self.waiting.push_back(line),
                other => return Err(format!("{other:?} instead of a line")),
            }
        }
        self.check_forbidden_now()?;
        self.waiting.pop_front().ok_or_else(|| "nothing came".into())
    }

    fn hear(&mut self, pattern: &str, caught: &mut BTreeMap<String, String>) -> Result<(), String> {
        let mut passed = Vec::new();
        loop {
            let heard = self.next(PATIENCE).map_err(|why| format!("{why}; passed over: {passed:#?}"))?;
            if matches(pattern, &heard, caught) {
                self.passing = false;
                return Ok(());
            }
            if !self.passing {
                return Err(format!("came: {heard}"));
            }
            passed.push(heard);
        }
    }

    /// Has the other grammar read what has come.
    fn read(&mut self) -> Result<(), String> {
        self.reader.as_mut().map_or(Ok(()), |reader| reader.read(self.client.heard()))
    }

    fn hear_end(&mut self) -> Result<(), String> {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            match self.client.line(PATIENCE) {
                Heard::End => return Ok(()),
                Heard::Line(_) => {}
                Heard::Silence => break,
            }
        }
        Err("the connection is still open".into())
    }

    /// Takes in what comes within the time, for later.
    fn listen(&mut self, time: Duration) {
        let until = Instant::now() + time;
        while let Heard::Line(line) = self.client.line(until.saturating_duration_since(Instant::now())) {
            self.waiting.push_back(line);
        }
    }

    fn check_forbidden_now(&self) -> Result<(), String> {
        let mut nothing = BTreeMap::new();
        for line in &self.waiting {
            if let Some(pattern) = self.forbidden.iter().find(|pattern| matches(pattern, line, &mut nothing)) {
                return Err(format!("{line}\ncame, but must not: {pattern}"));
            }
        }
        Ok(())
    }

    fn check_forbidden(&mut self) -> Result<(), String> {
        let checked = self.check_forbidden_now();
        self.forbidden.clear();
        checked
    }
}

/// A pattern in which what was caught stands instead of its name.
fn with_values(pattern: &str, caught: &BTreeMap<String, String>) -> String {
    caught.iter().fold(pattern.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

/// `1>> text` as connection, mark, text.
fn conversation(step: &str) -> Option<(char, &str, &str)> {
    let id = step.chars().next().filter(char::is_ascii_digit)?;
    let rest = &step[1..];
    let mark = [">>", ">", "<", "!", "~", ":"].into_iter().find(|mark| rest.starts_with(mark))?;
    let text = &rest[mark.len()..];
    Some((id, mark, text.strip_prefix(' ').unwrap_or(text)))
}

/// Replaces one escape; gives its length, 0 where it is not one: `\Seen` is text.
fn escape(text: &str, bytes: &mut Vec<u8>) -> usize {
    let simple = match text.as_bytes().get(1) {
        Some(b'r') => b'\r',
        Some(b'n') => b'\n',
        Some(b't') => b'\t',
        Some(b'0') => 0,
        Some(b'x') => {
            let Some(byte) = text.get(2..4).and_then(|hex| u8::from_str_radix(hex, 16).ok()) else { return 0 };
            bytes.push(byte);
            return 4;
        }
        _ => return 0,
    };
    bytes.push(simple);
    2
}

/// Whether a line matches; catches only if it does.
fn matches(pattern: &str, line: &str, caught: &mut BTreeMap<String, String>) -> bool {
    let mut trial = caught.clone();
    let matched = matches_from(pattern, line, &mut trial);
    if matched {
        *caught = trial;
    }
    matched
}

fn matches_from(pattern: &str, line: &str, caught: &mut BTreeMap<String, String>) -> bool {
    let splits = || line.char_indices().map(|(at, _)| at).chain([line.len()]);
    let Some(c) = pattern.chars().next() else { return line.is_empty() };
    if c == '…' {
        return splits().any(|at| matches_from(&pattern[c.len_utf8()..], &line[at..], caught));
    }
    if let Some((name, rest)) = name_to_catch(pattern) {
        if let Some(value) = caught.get(name).cloned() {
            return line.strip_prefix(value.as_str()).is_some_and(|line| matches_from(rest, line, caught));
        }
        return splits().skip(1).any(|at| {
            caught.insert(name.to_owned(), line[..at].to_owned());
            let matched = matches_from(rest, &line[at..], caught);
            if !matched {
                caught.remove(name);
            }
            matched
        });
    }
    line.strip_prefix(c).is_some_and(|line| matches_from(&pattern[c.len_utf8()..], line, caught))
}

/// `{uid}rest` as `uid`, `rest`; `{12}` is a literal's size.
fn name_to_catch(pattern: &str) -> Option<(&str, &str)> {
    let (name, rest) = pattern.strip_prefix('{')?.split_once('}')?;
    name.starts_with(|c: char| c.is_ascii_lowercase()).then_some((name, rest))
}

#[test]
fn patterns_catch_and_compare() {
    let mut caught = BTreeMap::new();
    assert!(matches("a OK [APPENDUID {v} {uid}] …", "a OK [APPENDUID 7 12] done", &mut caught));
    assert_eq!((caught["v"].as_str(), caught["uid"].as_str()), ("7", "12"));
    assert!(matches("* …{uid})", "* 1 FETCH (UID 12)", &mut caught));
    assert!(!matches("* …{uid})", "* 1 FETCH (UID 13)", &mut caught));
    assert!(matches("BODY[] {12}", "BODY[] {12}", &mut caught));
}

/// One test per file; `every_file_is_run` holds the list complete.
macro_rules! transcripts {
    ($($door:ident { $($name:ident)* })*) => {
        const LISTED: &[&str] = &[$($(concat!(stringify!($door), "/", stringify!($name), ".txt")),*),*];
        $(mod $door {
            $(#[test] fn $name() { super::run(concat!(stringify!($door), "/", stringify!($name), ".txt")); })*
        })*
    };
}

#[test]
fn every_file_is_run() {
    for door in ["smtp", "imap"] {
        for entry in fs::read_dir(folder().join(door)).unwrap() {
            let name = format!("{door}/{}", entry.unwrap().file_name().to_str().unwrap());
            assert!(LISTED.contains(&name.as_str()), "tests/transcripts/{name} is not in the list");
        }
    }
}

transcripts! {
    smtp {
        a_connection_lost_in_data_leaves_nothing
        a_delegate_sends_for_the_unit
        a_device_sends_in_its_own_name_only
        a_display_name_does_not_hide_another_sender
        a_first_password_does_not_send
        a_line_without_end_is_given_up
        a_list_brings_back_what_people_wrote
        a_login_in_clear_is_forgotten_under_tls
        a_message_arrives
        a_message_before_354_is_refused
        a_message_that_went_round_is_refused
        a_suspended_person_cannot_submit
        addresses_that_are_too_long_are_refused
        an_endless_row_of_bad_commands_ends
        bare_line_ends_are_refused_on_port_25
        bare_line_feeds_of_people_are_repaired
        bytes_after_starttls_are_not_commands
        commands_out_of_order_are_refused
        commands_pipelined_in_one_segment_are_answered_in_order
        commands_that_tell_or_turn
        controls_in_names_are_refused
        cr_dot_cr_does_not_end_the_data
        crlf_dot_cr_crlf_does_not_end_the_data
        crlf_dot_lf_does_not_end_the_data
        data_before_its_time_is_not_accepted
        dots_are_unstuffed
        ehlo_lists_what_works
        every_recipient_gets_one_copy
        helo_is_enough
        inside_authors_are_not_believed_from_outside
        inside_senders_are_not_believed_from_outside
        lf_dot_crlf_does_not_end_the_data
        lf_dot_lf_does_not_end_the_data
        line_ends_in_a_path_do_not_start_a_command
        logins_in_every_form
        logins_that_are_none
        long_lines_are_refused
        mail_for_other_domains_is_not_relayed
        nothing_is_kept_across_starttls
        nul_beside_the_dot_is_not_dropped
        old_ways_of_routing_do_not_relay
        other_protocols_are_turned_away
        outside_recipients_are_not_open_yet
        parameters_are_known_and_given_once
        paths_as_clients_write_them
        people_send_as_themselves_only
        recipients_of_one_message_are_bounded
        recipients_who_are_not_there_are_refused_at_once
        rfc3030_chunks_out_of_order_are_read_and_refused
        rfc3030_lines_in_chunks_are_lines
        rfc3030_messages_come_in_chunks
        rfc6409_submitted_mail_is_completed_and_cleaned
        rfc6409_what_would_mean_something_else_elsewhere_is_refused
        rfc6531_what_is_not_ascii_is_announced
        rset_drops_the_transaction
        sizes_are_checked_before_and_after
        starttls_is_offered_once_and_alone
        sub_addresses_arrive
        submission_needs_tls_and_a_login
        submitted_mail_is_completed
        utf8_addresses_need_smtputf8
        where_people_send_from_is_told_or_not
    }
    imap {
        a_conversation_is_found_in_any_order
        a_delegate_reads_the_units_mailbox
        a_deleted_folder_under_a_session
        a_failed_login_tells_nothing
        a_first_password_is_told_of_once
        a_folder_made_again_has_another_validity
        a_message_put_together_is_bounded
        a_message_read_in_every_way
        a_refused_literal_is_no_command
        a_right_that_ends_closes_the_folder
        a_suspended_person_is_cut_off_in_idle
        a_trusted_network_may_log_in_without_tls
        acl_gives_and_takes_rights
        an_empty_folder_takes_every_set
        annotations_are_bounded
        annotations_follow_their_folder
        annotations_of_a_shared_mailbox
        anothers_folder_is_as_if_it_were_not_there
        append_of_what_is_too_big
        append_over_quota
        append_refuses_what_is_no_date_or_flag
        append_stores_and_tells_the_uid
        append_to_a_missing_folder_keeps_in_step
        apple_mail_reads
        arrival_is_told_when_idle_begins
        binary_undoes_the_encoding
        commands_that_are_none
        compression_and_what_is_none
        compression_begins_behind_the_answer
        copy_tells_the_uids
        dates_are_kept_with_their_zone
        deleting_a_folder_keeps_its_children
        expunge_in_every_way
        expunge_is_withheld_during_fetch
        flags_in_every_way
        flags_of_another_session_are_told
        folders_are_made_renamed_deleted
        greeting_and_capability
        id_enable_noop_logout
        imap4rev2_speaks_utf8_and_knows_no_recent
        ios_pipelines_after_idle
        k9_syncs
        keywords_are_bounded
        list_patterns
        list_selects_and_returns
        literals_come_without_being_asked_for
        logging_in_needs_tls
        logins_in_every_form
        mail_comes_in_idle
        mod_sequences_are_told_and_guard_flags
        mod_sequences_that_are_none
        move_takes_away_what_it_copied
        names_that_are_no_folder_names
        nesting_and_length_are_bounded
        news_come_in_idle
        nul_in_a_literal
        one_folder_has_one_name
        one_message_to_two_people_is_two
        outlook_reads_and_deletes
        partials_and_sections_at_the_edges
        parts_of_a_multipart
        patterns_take_no_time
        pipelined_commands_run_in_order
        quota_and_annotations_in_namespaces
        recent_is_told_to_one_session
        renaming_inbox_moves_its_mail
        rfc4314_examples
        rfc4469_messages_are_put_together
        rfc4731_extended_search
        rfc5182_saved_results
        rfc5256_examples
        rfc5258_childinfo
        rfc5258_list_extended
        rfc5267_extended_sort
        rfc5464_metadata
        rfc5465_names_of_folders_are_told
        rfc5465_new_mail_comes_with_what_was_asked
        rfc5465_other_folders_are_told_of
        rfc5465_the_open_folder_is_told_of_at_once
        rfc5465_units_mailboxes_are_told_of
        rfc5465_what_cannot_be_told
        rfc6154_special_use_as_metadata
        rfc7162_a_folder_is_opened_again
        rfc7162_a_guarded_store
        rfc7162_every_way_to_ask_for_mod_sequences
        rfc7162_vanished_instead_of_expunge
        rfc7162_what_is_kept_back_is_not_passed_over
        rfc7162_what_went_since
        rfc7377_search_in_many_folders
        rfc8437_unauthenticate_begins_anew
        rfc8474_ids_of_folders
        rfc8474_ids_of_messages
        rfc8508_a_draft_is_replaced
        rfc8514_savedate
        rfc8970_preview
        rfc9051_a_session
        rfc9051_folders
        rfc9051_messages
        rfc9051_names_that_were_written_otherwise
        rfc9208_a_mailbox_that_is_nearly_full
        rfc9208_quota
        rfc9394_pages
        rfc9590_list_metadata
        rfc9755_utf8_everywhere_once_enabled
        rights_that_are_taken_away_are_gone_at_once
        roundcube_lists_and_reads
        search_beyond_the_last_message
        search_folds_vietnamese
        search_fuzzily
        search_in_an_unknown_charset
        search_in_folders_with_vietnamese_names
        search_keys
        search_reaches_what_may_be_read
        search_returns_what_is_asked_and_saves_it
        select_tells_the_state_of_the_folder
        sets_that_are_none
        something_else_than_done_ends_idle
        sort_and_thread_withhold_expunge
        sort_by_arrival_and_by_date
        sort_by_every_key
        sort_knows_the_vietnamese_alphabet
        sort_tells_mod_sequences
        starttls_begins_anew
        status_without_selecting
        subscriptions
        the_first_folders_and_their_uses
        threads_follow_references
        thunderbird_copies_back_and_deletes
        thunderbird_downloads_for_offline_use
        thunderbird_empties_the_trash
        thunderbird_hears_in_idle_what_came_meanwhile
        thunderbird_logs_in_and_lists
        thunderbird_makes_a_folder_and_moves_mail
        thunderbird_marks_mail
        thunderbird_reads_new_mail
        thunderbird_renames_and_deletes_a_folder
        thunderbird_replies
        thunderbird_saves_a_draft_again
        thunderbird_searches
        thunderbird_sends_and_keeps_a_copy
        thunderbird_starts_again
        thunderbird_subscribes_to_what_is_shared
        thunderbird_watches_other_folders
        thunderbird_works_in_what_is_shared
        units_mailboxes_are_a_namespace
        unknown_parameters_are_refused
        what_another_took_away
        r5_copies_are_seen_by_whoever_saw_the_message
        r5_devices_keep_in_step_of_what_was_read
        r5_what_one_has_read_is_unread_for_others
        what_units_share_is_a_namespace
    }
}
