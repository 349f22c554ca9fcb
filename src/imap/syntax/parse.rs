//! Which grammar belongs to which command: the table's.

use super::cursor::{self, Cursor, Parsed};
use super::{Cause, Command, Dialect, Failure, Input, Tagged};
use crate::imap::table::{self, Row};

/// Reads a command.
///
/// # Errors
/// [`Failure`], with the tag where there is one.
pub fn parse(mut input: Input, dialect: Dialect) -> Result<Tagged, Failure> {
    let tag = cursor::tag_of(&input.text).map_err(|cause| Failure { tag: None, error: cause.at(0) })?;
    match command(&mut input, tag.as_str().len(), dialect) {
        Ok((row, command)) => Ok(Tagged { tag, row, command }),
        Err(error) => Err(Failure { tag: Some(tag), error }),
    }
}

fn command(input: &mut Input, tag_length: usize, dialect: Dialect) -> Parsed<(&'static Row, Command)> {
    if let Some(at) = memchr::memchr(0, &input.text) {
        return Err(Cause::Nul.at(at));
    }
    let mut cursor = Cursor::new(input, dialect);
    cursor.exactly(tag_length);
    cursor.space()?;
    let row = named(&mut cursor)?;
    let command = (row.grammar)(&mut cursor)?;
    cursor.end()?;
    Ok((row, command))
}

/// ```abnf
/// uid = "UID" SP (copy / move / fetch / search / store / uid-expunge)
/// ```
fn named(cursor: &mut Cursor) -> Parsed<&'static Row> {
    let start = cursor.at();
    let mut name = cursor.word();
    if name == "UID" {
        cursor.space()?;
        name.push(' ');
        name.push_str(&cursor.word());
    }
    table::find(&name).ok_or(Cause::UnknownCommand.at(start))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::super::{
        Assembler, Authenticate, Copy, Credentials, Flag, LiteralKind, MailboxArg, Messages, Next, Numbers, Secret,
    };
    use super::*;

    /// Largest message in these tests.
    const MESSAGE_MAX: usize = 1000;

    /// Sends the octets as a client would that never waits, and reads the first command from them.
    pub(crate) fn read_octets(octets: &[u8], dialect: Dialect) -> Result<Tagged, Failure> {
        let mut assembler = Assembler::default();
        let mut rest = octets;
        loop {
            let end = memchr::memmem::find(rest, b"\r\n").unwrap_or(rest.len());
            let line = &rest[..end];
            rest = rest.get(end + 2..).unwrap_or_default();
            match assembler.line(line, MESSAGE_MAX) {
                Next::Command(input) => return parse(input, dialect),
                Next::Literal(awaited) => {
                    assert!(awaited.kind == LiteralKind::Argument || awaited.size <= MESSAGE_MAX);
                    let (literal, after) = rest.split_at(awaited.size.min(rest.len()));
                    assembler.literal(crate::spool::Contents::Here(literal.to_vec()));
                    rest = after;
                }
                Next::Discard(size) => rest = rest.get(usize::try_from(size).unwrap()..).unwrap_or_default(),
                Next::Refused(failure) | Next::Lost(failure) => return Err(failure),
            }
        }
    }

    /// The command in a text without its tag.
    pub(crate) fn read(text: &str) -> Result<Command, Cause> {
        let tagged = read_octets(format!("a1 {text}").as_bytes(), Dialect::Utf7);
        tagged.map(|tagged| tagged.command).map_err(|failure| failure.error.cause)
    }

    pub(crate) fn inbox() -> MailboxArg {
        MailboxArg::decode(b"INBOX", Dialect::Utf7).unwrap()
    }

    #[test]
    fn commands_without_arguments_take_none() {
        for (text, command) in [
            ("CAPABILITY", Command::Capability),
            ("noop", Command::Noop),
            ("Logout", Command::Logout),
            ("STARTTLS", Command::StartTls),
            ("NAMESPACE", Command::Namespace),
            ("IDLE", Command::Idle),
            ("CHECK", Command::Check),
            ("CLOSE", Command::Close),
            ("UNSELECT", Command::Unselect),
            ("EXPUNGE", Command::Expunge(None)),
            ("COMPRESS DEFLATE", Command::Compress),
        ] {
            assert_eq!(read(text), Ok(command));
            assert_eq!(read(&format!("{text} x")), Err(Cause::Trailing), "{text}");
        }
        assert_eq!(read("FROBNICATE"), Err(Cause::UnknownCommand));
        assert_eq!(read("UID NOOP"), Err(Cause::UnknownCommand));
    }

    #[test]
    fn login_takes_atoms_quoted_strings_and_literals() {
        let login = |name: &str, password: &str| {
            Ok(Command::Login(Credentials { name: name.to_owned(), password: Secret(password.to_owned()) }))
        };
        assert_eq!(read("LOGIN SMITH SESAME"), login("SMITH", "SESAME"));
        assert_eq!(read("LOGIN \"a b\" \"p\\\"\\\\q\""), login("a b", "p\"\\q"));
        assert_eq!(read("LOGIN {11}\r\nFRED FOOBAR {7+}\r\nfat man"), login("FRED FOOBAR", "fat man"));
        assert_eq!(read("LOGIN \"\" mật"), Err(Cause::Trailing));
        assert_eq!(read("LOGIN \"\" \"mật\""), login("", "mật"));
        assert!(!format!("{:?}", read("LOGIN a sesame")).contains("sesame"));
    }

    #[test]
    fn authenticate_takes_an_initial_response() {
        let with = |initial: Option<&str>| {
            let initial = initial.map(|initial| Secret(initial.to_owned()));
            Ok(Command::Authenticate(Authenticate { mechanism: "PLAIN".to_owned(), initial }))
        };
        assert_eq!(read("AUTHENTICATE plain"), with(None));
        assert_eq!(read("AUTHENTICATE PLAIN ="), with(Some("")));
        assert_eq!(read("AUTHENTICATE PLAIN dGVzdAB0ZXN0AHRlc3Q="), with(Some("dGVzdAB0ZXN0AHRlc3Q=")));
    }

    #[test]
    fn a_client_says_who_it_is() {
        let field = |name: &str, value: Option<&str>| (name.to_owned(), value.map(str::to_owned));
        assert_eq!(read("ID NIL"), Ok(Command::Id(vec![])));
        assert_eq!(read("ID ()"), Ok(Command::Id(vec![])));
        assert_eq!(
            read("ID (\"name\" \"Thunderbird\" \"version\" NIL)"),
            Ok(Command::Id(vec![field("name", Some("Thunderbird")), field("version", None)]))
        );
    }

    #[test]
    fn names_of_extensions_are_in_upper_case() {
        let names = ["CONDSTORE", "UTF8=ACCEPT"].map(str::to_owned).to_vec();
        assert_eq!(read("ENABLE CondStore utf8=accept"), Ok(Command::Enable(names)));
    }

    #[test]
    fn copy_expunge_and_move_by_uid() {
        let copy = |numbers| Copy { numbers, messages: Messages::Saved, mailbox: inbox() };
        assert_eq!(read("COPY $ inbox"), Ok(Command::Copy(copy(Numbers::Sequence))));
        assert_eq!(read("UID MOVE $ {5}\r\nInBox"), Ok(Command::Move(copy(Numbers::Uid))));
        assert_eq!(read("UID EXPUNGE $"), Ok(Command::Expunge(Some(Messages::Saved))));
        assert_eq!(read("EXPUNGE 1:2"), Err(Cause::Trailing));
    }

    #[test]
    fn a_command_without_a_valid_tag_has_none_to_be_answered_with() {
        let long = "x".repeat(10_000);
        for (text, cause) in [
            ("", Cause::Tag),
            (" NOOP", Cause::Tag),
            ("+ NOOP", Cause::Tag),
            ("* NOOP", Cause::Tag),
            ("a+1 NOOP", Cause::Tag),
            ("\x1b[31m NOOP", Cause::Tag),
            (long.as_str(), Cause::TagTooLong),
        ] {
            let failure = read_octets(text.as_bytes(), Dialect::Utf7).unwrap_err();
            assert_eq!((failure.tag, failure.error.cause), (None, cause));
        }
        let failure = read_octets(b"a1", Dialect::Utf7).unwrap_err();
        assert_eq!(failure.tag.unwrap().as_str(), "a1");
    }

    #[test]
    fn nul_is_refused_everywhere_but_in_a_binary_message() {
        for text in ["LOGIN \"a\0\" b", "LOGIN a\0 b", "LOGIN {2}\r\na\0 b", "NOOP\0", "APPEND x {2}\r\na\0"] {
            assert_eq!(read(text), Err(Cause::Nul), "{}", text.escape_debug());
        }
        assert!(read("APPEND x ~{2}\r\na\0").is_ok());
    }

    #[test]
    fn a_name_may_be_in_utf_8_once_that_is_enabled() {
        let name = |octets: &[u8], dialect| match read_octets(octets, dialect).map(|tagged| tagged.command) {
            Ok(Command::Delete(mailbox)) => Ok(mailbox.as_str().to_owned()),
            Ok(other) => panic!("{other:?}"),
            Err(failure) => Err(failure.error.cause),
        };
        assert_eq!(name(b"a DELETE \"C&APQ-ng v&AQM-n\"", Dialect::Utf7), Ok("Công văn".to_owned()));
        assert_eq!(name("a DELETE \"Công văn & thư\"".as_bytes(), Dialect::Utf8), Ok("Công văn & thư".to_owned()));
        assert_eq!(name("a DELETE \"Co\u{302}ng\"".as_bytes(), Dialect::Utf8), Ok("Công".to_owned()));
        assert_eq!(name("a DELETE \"Công văn\"".as_bytes(), Dialect::Utf7), Err(Cause::MailboxName));
        assert_eq!(name(b"a DELETE \"a&b\"", Dialect::Utf7), Err(Cause::MailboxName));
        assert_eq!(name(b"a DELETE &AAA-", Dialect::Utf7), Err(Cause::MailboxName));
        assert_eq!(name(b"a DELETE \"a\tb\"", Dialect::Utf8), Err(Cause::MailboxName));
        assert_eq!(name(b"a DELETE inbox/X", Dialect::Utf7), Ok("INBOX/X".to_owned()));
        assert_eq!(name(b"a DELETE Inboxes", Dialect::Utf7), Ok("Inboxes".to_owned()));
    }

    const VALID: &[&str] = &[
        "ID (\"name\" \"x\")",
        "AUTHENTICATE PLAIN AGEAYg==",
        "LOGIN {3}\r\nabc \"d\\\"e\"",
        "SELECT INBOX (QRESYNC (67890007 20050715194045000 41,43:211 (1:5 9:13)) CONDSTORE)",
        "CREATE Sent (USE (\\Sent \\Archive))",
        "LIST (SUBSCRIBED RECURSIVEMATCH) \"\" (\"a*\" %) RETURN (CHILDREN STATUS (MESSAGES SIZE))",
        "APPEND x (\\Seen $l) \"17-Jul-1996 02:44:25 -0700\" {5+}\r\nabcde (k) ~{1}\r\nz",
        "UID FETCH 1:*,4 (FLAGS BODY.PEEK[1.2.HEADER.FIELDS (A {1}\r\nb)]<0.10> BINARY[1]) (CHANGEDSINCE 1 VANISHED)",
        "STORE 1 (UNCHANGEDSINCE 5) -FLAGS.SILENT (\\Deleted x)",
        "SEARCH RETURN (MIN SAVE) CHARSET UTF-8 (OR NOT FROM a 2:4) SINCE 1-Feb-1994 MODSEQ \"/f\" all 7 HEADER x \"\"",
        "NOTIFY SET STATUS (selected (MessageNew (UID BODY.PEEK[]) MessageExpunge)) (subtree (a {1}\r\nb) NONE)",
        "SETQUOTA \"\" (STORAGE 512)",
        "SETACL x y +lrs",
    ];

    proptest! {
        #[test]
        fn no_octets_make_it_panic(octets in proptest::collection::vec(any::<u8>(), 0..200)) {
            drop(read_octets(&octets, Dialect::Utf8));
        }

        #[test]
        fn no_damage_to_a_command_makes_it_panic(
            which in 0..VALID.len(),
            damage in proptest::collection::vec((any::<prop::sample::Index>(), "[\\x00-\\xff(){}\"\\\\ 0-9*<>\\[\\].:,~+-]{0,3}"), 0..4),
            dialect in prop_oneof![Just(Dialect::Utf7), Just(Dialect::Utf8)],
        ) {
            let mut octets = format!("a {}", VALID[which]).into_bytes();
            prop_assert!(read_octets(&octets, dialect).is_ok());
            for (place, replacement) in damage {
                let place = place.index(octets.len());
                octets.splice(place..=place, replacement.bytes());
                if octets.is_empty() {
                    break;
                }
            }
            drop(read_octets(&octets, dialect));
        }
    }

    #[test]
    fn flags_of_an_append_are_those_a_client_may_set() {
        let Ok(Command::Append(append)) = read("APPEND saved-messages (\\Seen $x) {3}\r\nabc") else { panic!() };
        assert_eq!(append.messages[0].flags, [Flag::Seen, Flag::Keyword("$x".to_owned())]);
        assert_eq!(read("APPEND x (\\Recent) {3}\r\nabc"), Err(Cause::Flag));
    }
}
