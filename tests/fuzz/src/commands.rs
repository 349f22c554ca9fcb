//! Any octets at all, read as IMAP commands: the grammar must neither panic nor hang, nor keep more than it may.
#![no_main]

use hopthu::imap::syntax::{Assembler, Command, Dialect, Next, parse};
use hopthu::limits;
use hopthu::spool::Contents;
use libfuzzer_sys::fuzz_target;

/// Largest message: small, so that its bound is met.
const MESSAGE_BYTES_MAX: usize = 4096;

fuzz_target!(|octets: &[u8]| {
    for dialect in [Dialect::Utf7, Dialect::Utf8, Dialect::Utf8Accept] {
        converse(octets, dialect);
    }
});

/// What the connection does with what comes, without waiting for anything.
fn converse(mut rest: &[u8], dialect: Dialect) {
    let mut assembler = Assembler::default();
    while let Some(end) = rest.windows(2).position(|pair| pair == b"\r\n") {
        let line = &rest[..end];
        rest = &rest[end + 2..];
        match assembler.line(line, MESSAGE_BYTES_MAX) {
            Next::Command(input) => {
                if let Ok(tagged) = parse(input, dialect) {
                    check(&tagged.command);
                    assert!(tagged.tag.as_str().len() <= limits::IMAP_TAG_BYTES_MAX);
                }
            }
            Next::Literal(awaited) => {
                assert!(awaited.size <= limits::IMAP_COMMAND_BYTES_MAX.max(MESSAGE_BYTES_MAX));
                let Some((literal, after)) = rest.split_at_checked(awaited.size) else { return };
                assembler.literal(Contents::Here(literal.to_vec()));
                rest = after;
            }
            Next::Discard(size) => {
                let Some(after) = usize::try_from(size).ok().and_then(|size| rest.get(size..)) else { return };
                rest = after;
            }
            Next::Refused(_) => {}
            Next::Lost(_) => return,
        }
    }
}

/// What the grammar promises of the values it makes.
fn check(command: &Command) {
    match command {
        Command::Fetch(fetch) => assert!(!fetch.items.is_empty()),
        Command::Sort(sort) => assert!((1..=9).contains(&sort.criteria.len())),
        Command::MultiSearch(search) => {
            assert!((1..=limits::IMAP_SEARCH_SOURCES_MAX).contains(&search.sources.len()));
            assert!(search.search.returns.as_ref().is_some_and(|returns| !returns.is_empty()));
        }
        Command::Append(append) => assert!(!append.messages.is_empty()),
        Command::List(list) => assert!(!list.patterns.is_empty()),
        Command::Status(status) => assert!(!status.items.is_empty()),
        _ => {}
    }
}
