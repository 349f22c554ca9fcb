//! The floors of the design, held: who may import whom, where something may be waited for, where SQL and reply codes
//! are written, and that no bound of `limits.rs` is idle.
//!
//! The floors are read from the table at the head of `src/lib.rs`: there is no second list.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::source::Source;

/// Where each floor's rule differs from "only lower floors or its own folder".
const FLOORS_WHOSE_MODULES_KNOW_EACH_OTHER: [u8; 2] = [0, 5];

/// Files in which nothing is waited for, wherever they stand: grammar, state, plans, replies.
const PLAIN_FILES: [&str; 10] =
    ["syntax", "session", "state", "view", "rules", "plan", "reply", "section", "utf7", "pattern"];

/// Words of `resp-text-code` (RFC 9051 §9, RFC 5530) and of status lines, which only `imap/reply.rs` writes.
const IMAP_REPLY_WORDS: [&str; 18] = [
    "NO [",
    "NO ",
    "BAD ",
    "BAD [",
    "OK [",
    "* BYE",
    "TRYCREATE",
    "ALREADYEXISTS",
    "NONEXISTENT",
    "AUTHENTICATIONFAILED",
    "AUTHORIZATIONFAILED",
    "PRIVACYREQUIRED",
    "OVERQUOTA",
    "BADCHARSET",
    "UNAVAILABLE",
    "SERVERBUG",
    "CLIENTBUG",
    "EXPUNGEISSUED",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every file under `src`, with comments, literals and test modules taken out of its code.
fn sources() -> Vec<Source> {
    fn walk(dir: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs") && !path.ends_with("tests.rs") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&root(), &mut found);
    found.sort();
    found.iter().map(|path| Source::read(&root(), path)).collect()
}

/// Module name to floor, from the table in the crate's documentation.
fn floors() -> BTreeMap<String, u8> {
    let lib = fs::read_to_string(root().join("lib.rs")).unwrap();
    let mut floors = BTreeMap::new();
    for row in lib.lines().filter_map(|line| line.strip_prefix("//! | ")) {
        let Some(floor) = row.chars().next().and_then(|c| c.to_digit(10)) else { continue };
        for name in row.split("[`").skip(1).filter_map(|rest| rest.split('`').next()) {
            floors.insert(name.to_owned(), u8::try_from(floor).unwrap());
        }
    }
    assert!(floors.len() > 10, "the table of floors in src/lib.rs is gone");
    floors
}

/// Fails with every offence at once, each as `file:line: what`.
fn assert_none(offences: &[String]) {
    assert!(offences.is_empty(), "\n{}\n", offences.join("\n"));
}

#[test]
fn every_module_stands_on_a_floor() {
    let floors = floors();
    let lost: Vec<_> = sources().iter().map(|s| s.module.clone()).filter(|m| !floors.contains_key(m)).collect();
    let lost: Vec<_> = lost.into_iter().filter(|m| m != "lib" && m != "main").collect();
    assert_none(&lost);
}

#[test]
fn a_file_imports_only_lower_floors_or_its_own_folder() {
    let floors = floors();
    let mut offences = Vec::new();
    for source in sources() {
        let Some(&own) = floors.get(&source.module) else { continue };
        for (line, target) in source.crate_imports() {
            let Some(&floor) = floors.get(&target) else {
                offences.push(format!("{}:{line}: crate::{target} is on no floor", source.name));
                continue;
            };
            let allowed = target == source.module
                || floor < own
                || (floor == own && FLOORS_WHOSE_MODULES_KNOW_EACH_OTHER.contains(&own));
            if !allowed {
                let module = &source.module;
                offences
                    .push(format!("{}:{line}: {module} (floor {own}) imports {target} (floor {floor})", source.name));
            }
        }
    }
    assert_none(&offences);
}

#[test]
fn nothing_is_waited_for_where_plain_functions_do() {
    let floors = floors();
    let mut offences = Vec::new();
    for source in sources() {
        let pure = floors.get(&source.module) == Some(&0)
            || source.module == "mime"
            || source.components().any(|part| PLAIN_FILES.contains(&part) || part.starts_with("syntax"));
        if pure {
            for word in ["async fn", "async move", "async {", ".await"] {
                offences.extend(source.lines_with(word).map(|line| format!("{}:{line}: {word}", source.name)));
            }
        }
    }
    assert_none(&offences);
}

#[test]
fn sql_is_written_only_by_tools_and_records() {
    let floors = floors();
    let mut offences = Vec::new();
    for source in sources() {
        if matches!(floors.get(&source.module), Some(1 | 2)) {
            continue;
        }
        for word in ["sqlx::query", "query_as(", "query_scalar(", "QueryBuilder", "use sqlx"] {
            offences.extend(source.lines_with(word).map(|line| format!("{}:{line}: {word}", source.name)));
        }
    }
    assert_none(&offences);
}

#[test]
fn reply_codes_are_written_in_two_files() {
    let mut offences = Vec::new();
    for source in sources() {
        if source.name == "smtp/reply.rs" || source.name == "imap/reply.rs" {
            continue;
        }
        let door = matches!(source.module.as_str(), "smtp" | "imap" | "net" | "delivery" | "store" | "access");
        for (line, literal) in source.literals.iter().filter(|_| door) {
            if is_smtp_reply(literal) {
                offences.push(format!("{}:{line}: an SMTP reply code in {literal:?}", source.name));
            }
            if source.module == "imap" && IMAP_REPLY_WORDS.iter().any(|word| literal.contains(word)) {
                offences.push(format!("{}:{line}: an IMAP reply in {literal:?}", source.name));
            }
        }
    }
    assert_none(&offences);
}

/// `250 …`, `550-…` at the start, or an enhanced code (RFC 3463 §2) anywhere.
fn is_smtp_reply(literal: &str) -> bool {
    let bytes = literal.as_bytes();
    let basic = bytes.len() >= 4
        && (b'2'..=b'5').contains(&bytes[0])
        && bytes[1..3].iter().all(u8::is_ascii_digit)
        && matches!(bytes[3], b' ' | b'-');
    let enhanced = literal.split([' ', '-']).any(|word| {
        let mut parts = word.split('.');
        matches!(parts.next(), Some("2" | "4" | "5"))
            && parts.clone().count() == 2
            && parts.all(|part| !part.is_empty() && part.len() <= 3 && part.bytes().all(|b| b.is_ascii_digit()))
    });
    basic || enhanced
}

#[test]
fn nothing_gives_up_by_panic() {
    let mut offences = Vec::new();
    for source in sources() {
        for word in [
            ".unwrap()",
            ".unwrap_err()",
            ".expect(",
            ".expect_err(",
            "todo!",
            "unimplemented!",
            "unreachable!",
            "panic!",
            "dbg!",
            "unsafe ",
            "allow(clippy::unwrap_used",
            "allow(clippy::expect_used",
            "allow(clippy::panic",
        ] {
            offences.extend(source.lines_with(word).map(|line| format!("{}:{line}: {word}", source.name)));
        }
    }
    assert_none(&offences);
}

#[test]
fn no_test_is_switched_off() {
    let offences: Vec<_> = sources()
        .iter()
        .flat_map(|s| s.whole.lines().filter(|l| l.trim_start().starts_with("#[ignore")).map(|_| s.name.clone()))
        .collect();
    assert_none(&offences);
}

#[test]
fn every_bound_is_used() {
    let sources = sources();
    let limits = sources.iter().find(|s| s.name == "limits.rs").unwrap();
    let names = limits.code.split("pub const ").skip(1).filter_map(|rest| rest.split(':').next());
    let mut uses: BTreeMap<&str, usize> = BTreeMap::new();
    for word in sources.iter().flat_map(Source::words) {
        *uses.entry(word).or_default() += 1;
    }
    let idle = names.map(str::trim).filter(|name| uses[name] < 2);
    assert_none(&idle.map(|name| format!("limits::{name} bounds nothing")).collect::<Vec<_>>());
}

#[test]
fn every_wait_has_its_name_in_limits() {
    let mut offences = Vec::new();
    for source in sources().iter().filter(|s| s.name != "limits.rs") {
        for word in ["Duration::from_secs(", "Duration::from_millis(", "Duration::from_mins("] {
            for line in source.lines_with(word) {
                let text = source.code.lines().nth(line - 1).unwrap_or_default();
                let number = text.split(word).nth(1).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
                if number {
                    offences.push(format!("{}:{line}: a wait without a name in limits.rs", source.name));
                }
            }
        }
    }
    assert_none(&offences);
}
