//! Which grammar belongs to which command.

use super::cursor::{self, Cursor, Parsed};
use super::{
    Authenticate, Cause, Command, Copy, Credentials, Dialect, Failure, Input, Numbers, Secret, Tagged, append, fetch,
    flag, folder, list, rights, search, sequence,
};
use crate::limits::{IMAP_ENABLE_NAMES_MAX, IMAP_ID_FIELDS_MAX, IMAP_ID_NAME_BYTES_MAX, IMAP_ID_VALUE_BYTES_MAX};

/// Reads a command.
///
/// # Errors
/// [`Failure`], with the tag where there is one.
pub fn parse(mut input: Input, dialect: Dialect) -> Result<Tagged, Failure> {
    let tag = cursor::tag_of(&input.text).map_err(|cause| Failure { tag: None, error: cause.at(0) })?;
    match command(&mut input, tag.as_str().len(), dialect) {
        Ok(command) => Ok(Tagged { tag, command }),
        Err(error) => Err(Failure { tag: Some(tag), error }),
    }
}

fn command(input: &mut Input, tag_length: usize, dialect: Dialect) -> Parsed<Command> {
    if let Some(at) = memchr::memchr(0, &input.text) {
        return Err(Cause::Nul.at(at));
    }
    let mut cursor = Cursor::new(input, dialect);
    cursor.exactly(tag_length);
    cursor.space()?;
    let command = named(&mut cursor, COMMANDS)?;
    cursor.end()?;
    Ok(command)
}

/// Reads the arguments of a command, from behind its name.
type Grammar = fn(&mut Cursor) -> Parsed<Command>;

fn named(cursor: &mut Cursor, commands: &[(&str, Grammar)]) -> Parsed<Command> {
    let start = cursor.at();
    match cursor.one_of("command", commands) {
        Ok(arguments) => arguments(cursor),
        Err(_) => Err(Cause::UnknownCommand.at(start)),
    }
}

const COMMANDS: &[(&str, Grammar)] = &[
    ("CAPABILITY", |_| Ok(Command::Capability)),
    ("NOOP", |_| Ok(Command::Noop)),
    ("LOGOUT", |_| Ok(Command::Logout)),
    ("ID", id),
    ("STARTTLS", |_| Ok(Command::StartTls)),
    ("AUTHENTICATE", authenticate),
    ("LOGIN", login),
    ("ENABLE", enable),
    ("SELECT", |cursor| folder::select(cursor).map(Command::Select)),
    ("EXAMINE", |cursor| folder::select(cursor).map(Command::Examine)),
    ("CREATE", |cursor| folder::create(cursor).map(Command::Create)),
    ("DELETE", |cursor| folder::name(cursor).map(Command::Delete)),
    ("RENAME", |cursor| folder::rename(cursor).map(Command::Rename)),
    ("SUBSCRIBE", |cursor| folder::name(cursor).map(Command::Subscribe)),
    ("UNSUBSCRIBE", |cursor| folder::name(cursor).map(Command::Unsubscribe)),
    ("LIST", |cursor| list::list(cursor).map(Command::List)),
    ("LSUB", |cursor| list::lsub(cursor).map(Command::Lsub)),
    ("NAMESPACE", |_| Ok(Command::Namespace)),
    ("STATUS", |cursor| folder::status(cursor).map(Command::Status)),
    ("APPEND", |cursor| append::append(cursor).map(Command::Append)),
    ("IDLE", |_| Ok(Command::Idle)),
    ("CHECK", |_| Ok(Command::Check)),
    ("CLOSE", |_| Ok(Command::Close)),
    ("UNSELECT", |_| Ok(Command::Unselect)),
    ("EXPUNGE", |_| Ok(Command::Expunge(None))),
    ("SEARCH", |cursor| search::search(cursor, Numbers::Sequence).map(Command::Search)),
    ("FETCH", |cursor| fetch::fetch(cursor, Numbers::Sequence).map(Command::Fetch)),
    ("STORE", |cursor| flag::store(cursor, Numbers::Sequence).map(Command::Store)),
    ("COPY", |cursor| copy(cursor, Numbers::Sequence).map(Command::Copy)),
    ("MOVE", |cursor| copy(cursor, Numbers::Sequence).map(Command::Move)),
    ("UID", uid),
    ("SETACL", |cursor| rights::set_acl(cursor).map(Command::SetAcl)),
    ("DELETEACL", |cursor| rights::entry(cursor).map(Command::DeleteAcl)),
    ("GETACL", |cursor| folder::name(cursor).map(Command::GetAcl)),
    ("LISTRIGHTS", |cursor| rights::entry(cursor).map(Command::ListRights)),
    ("MYRIGHTS", |cursor| folder::name(cursor).map(Command::MyRights)),
    ("GETQUOTA", |cursor| rights::quota_root(cursor).map(Command::GetQuota)),
    ("GETQUOTAROOT", |cursor| folder::name(cursor).map(Command::GetQuotaRoot)),
    ("SETQUOTA", |cursor| rights::set_quota(cursor).map(Command::SetQuota)),
    ("COMPRESS", compress),
];

/// ```abnf
/// uid = "UID" SP (copy / move / fetch / search / store / uid-expunge)
/// ```
fn uid(cursor: &mut Cursor) -> Parsed<Command> {
    const COMMANDS: &[(&str, Grammar)] = &[
        ("EXPUNGE", uid_expunge),
        ("SEARCH", |cursor| search::search(cursor, Numbers::Uid).map(Command::Search)),
        ("FETCH", |cursor| fetch::fetch(cursor, Numbers::Uid).map(Command::Fetch)),
        ("STORE", |cursor| flag::store(cursor, Numbers::Uid).map(Command::Store)),
        ("COPY", |cursor| copy(cursor, Numbers::Uid).map(Command::Copy)),
        ("MOVE", |cursor| copy(cursor, Numbers::Uid).map(Command::Move)),
    ];
    cursor.space()?;
    named(cursor, COMMANDS)
}

/// ```abnf
/// uid-expunge = "UID" SP "EXPUNGE" SP sequence-set
/// ```
fn uid_expunge(cursor: &mut Cursor) -> Parsed<Command> {
    cursor.space()?;
    Ok(Command::Expunge(Some(sequence::messages(cursor)?)))
}

/// ```abnf
/// copy = "COPY" SP sequence-set SP mailbox
/// move = "MOVE" SP sequence-set SP mailbox
/// ```
fn copy(cursor: &mut Cursor, numbers: Numbers) -> Parsed<Copy> {
    cursor.space()?;
    let messages = sequence::messages(cursor)?;
    cursor.space()?;
    Ok(Copy { numbers, messages, mailbox: cursor.mailbox()? })
}

/// ```abnf
/// id       = "ID" SP id-params-list
/// id-params-list = "(" *(string SP nstring SP) ")" / nil
/// ```
fn id(cursor: &mut Cursor) -> Parsed<Command> {
    cursor.space()?;
    if cursor.take_word("NIL") {
        return Ok(Command::Id(Vec::new()));
    }
    let fields = cursor.list("ID fields", IMAP_ID_FIELDS_MAX, |cursor| {
        let name = cursor.string()?.into_owned();
        cursor.space()?;
        let value = cursor.nstring()?;
        let lossy = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
        if name.len() > IMAP_ID_NAME_BYTES_MAX {
            return cursor.fail(Cause::TooMany("octets in the name of an ID field"));
        }
        if value.as_ref().is_some_and(|value| value.len() > IMAP_ID_VALUE_BYTES_MAX) {
            return cursor.fail(Cause::TooMany("octets in an ID field"));
        }
        Ok((lossy(&name), value.map(|value| lossy(&value))))
    })?;
    Ok(Command::Id(fields))
}

/// ```abnf
/// authenticate = "AUTHENTICATE" SP auth-type [SP initial-resp]
/// initial-resp = base64 / "="
/// ```
fn authenticate(cursor: &mut Cursor) -> Parsed<Command> {
    cursor.space()?;
    let mechanism = cursor.atom("mechanism")?.to_ascii_uppercase();
    let mut initial = None;
    if cursor.take(b' ') {
        // Whether it is base64 is found out where the client's other answers are decoded.
        let response = cursor.atom("initial response")?;
        initial = Some(Secret(if response == "=" { String::new() } else { response }));
    }
    Ok(Command::Authenticate(Authenticate { mechanism, initial }))
}

/// ```abnf
/// login = "LOGIN" SP userid SP password
/// ```
fn login(cursor: &mut Cursor) -> Parsed<Command> {
    cursor.space()?;
    let name = cursor.utf8()?;
    cursor.space()?;
    Ok(Command::Login(Credentials { name, password: Secret(cursor.utf8()?) }))
}

/// ```abnf
/// enable = "ENABLE" 1*(SP capability)
/// ```
fn enable(cursor: &mut Cursor) -> Parsed<Command> {
    cursor.space()?;
    let names = cursor.spaced("capabilities", IMAP_ENABLE_NAMES_MAX, |cursor| cursor.atom("capability"))?;
    Ok(Command::Enable(names.into_iter().map(|name| name.to_ascii_uppercase()).collect()))
}

/// ```abnf
/// compress = "COMPRESS" SP "DEFLATE"
/// ```
fn compress(cursor: &mut Cursor) -> Parsed<Command> {
    cursor.space()?;
    cursor.one_of("DEFLATE", &[("DEFLATE", ())])?;
    Ok(Command::Compress)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::super::{Assembler, Flag, LiteralKind, MailboxArg, Messages, Next};
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
                    assembler.literal(literal.to_vec());
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
