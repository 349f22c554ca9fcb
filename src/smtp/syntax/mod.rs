//! SMTP commands: bytes in, values out (RFC 5321 §4.1). No store, no socket, no state.

mod parameter;
mod path;

use std::fmt;

pub use path::ForwardPath;

use crate::address::{Address, AddressError};
use crate::limits;
use crate::net::sasl::Mechanism;
use crate::queue::{EnvelopeDsn, RecipientDsn};
use crate::text::printable;

/// A command that is well formed. Whether it may come now is the session's to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// RFC 5321 §4.1.1.1.
    Helo(ClientName),
    /// RFC 5321 §4.1.1.1.
    Ehlo(ClientName),
    /// RFC 5321 §4.1.1.2.
    Mail(Mail),
    /// RFC 5321 §4.1.1.3.
    Rcpt(ForwardPath, RecipientDsn),
    /// RFC 5321 §4.1.1.4.
    Data,
    /// RFC 3030 §2.
    Bdat(Chunk),
    /// RFC 5321 §4.1.1.5.
    Rset,
    /// RFC 5321 §4.1.1.6.
    Vrfy,
    /// RFC 5321 §4.1.1.8.
    Help,
    /// RFC 5321 §4.1.1.9.
    Noop,
    /// RFC 5321 §4.1.1.10.
    Quit,
    /// RFC 3207.
    StartTls,
    /// RFC 4954, with the initial response if there is one, still in base64.
    Auth(Mechanism, Option<String>),
}

/// How the client calls itself: what it said, which proves nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientName(String);

/// The arguments of MAIL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mail {
    /// The reverse-path; `None` is the null one, `<>`.
    pub from: Option<Address>,
    /// What the client says the message will take: RFC 1870, in bytes.
    pub size: Option<u64>,
    /// What the message is made of.
    pub body: Body,
    /// Whether addresses and headers may hold UTF-8: RFC 6531.
    pub smtputf8: bool,
    /// What the sender wants to be told: RFC 3461.
    pub dsn: EnvelopeDsn,
}

/// BODY of MAIL: RFC 6152, RFC 3030 §3. Of text it does not matter whether it was said to have eight bits: every octet is
/// kept as it came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Body {
    /// Lines.
    #[default]
    Text,
    /// Octets of any kind, in parts that say so.
    Binary,
}

/// The arguments of BDAT: so many octets follow the command's line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// How many.
    pub size: u64,
    /// Whether more of the message comes.
    pub place: ChunkPlace,
}

/// Where in its message a chunk stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChunkPlace {
    /// Others follow.
    Within,
    /// It is the last.
    Last,
}

/// Why a line is not a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SyntaxError {
    /// No such command.
    #[error("unknown command")]
    Unknown,
    /// A command of SMTP that this server does not have.
    #[error("command not implemented")]
    NotImplemented,
    /// The client speaks HTTP (hostile B26).
    #[error("this is a mail server")]
    Http,
    /// The arguments are not what [`VERBS`] says; here is what it says.
    #[error("syntax: {0}")]
    Arguments(&'static str),
    /// BDAT without a size: nobody knows what belongs to the chunk and what is a command.
    #[error("syntax: BDAT octets [LAST]")]
    Chunk,
    /// A control or bidirectional character, or bytes that are not UTF-8 (hostile B29).
    #[error("control characters and bytes that are not UTF-8 are not allowed")]
    Characters,
    /// The path of MAIL.
    #[error("sender: {0}")]
    Sender(PathError),
    /// The path of RCPT.
    #[error("recipient: {0}")]
    Recipient(PathError),
    /// A parameter that was not offered in the answer to EHLO.
    #[error("parameter not known")]
    UnknownParameter,
    /// A parameter given twice (hostile B24).
    #[error("parameter given twice")]
    RepeatedParameter,
    /// A parameter's value is not what its extension says, or missing.
    #[error("parameter with a bad value")]
    ParameterValue,
    /// A SASL mechanism that is not offered.
    #[error("authentication mechanism not known")]
    Mechanism,
}

/// Why a path is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// Not in angle brackets.
    #[error("an address stands in angle brackets")]
    Brackets,
    /// A source route that is malformed.
    #[error("malformed source route")]
    Route,
    /// Control or bidirectional characters, or no UTF-8 (hostile B16).
    #[error("character not allowed")]
    Characters,
    /// What is in the brackets is not an address.
    #[error("{0}")]
    Address(#[from] AddressError),
}

/// A command's name, its syntax as HELP shows it, and how its arguments are read.
pub struct Verb {
    /// In upper case.
    pub name: &'static str,
    /// The whole command, for HELP and for the answer to malformed arguments.
    pub syntax: &'static str,
    parse: fn(&str) -> Result<Command, SyntaxError>,
}

/// Every command of this server: the one list from which they are found and HELP is made.
pub const VERBS: &[Verb] = &[
    Verb { name: "EHLO", syntax: "EHLO host-name", parse: |arguments| client_name(arguments).map(Command::Ehlo) },
    Verb { name: "HELO", syntax: "HELO host-name", parse: |arguments| client_name(arguments).map(Command::Helo) },
    Verb { name: "MAIL", syntax: "MAIL FROM:<address>", parse: mail },
    Verb { name: "RCPT", syntax: "RCPT TO:<address>", parse: rcpt },
    Verb { name: "DATA", syntax: "DATA", parse: |arguments| alone(arguments, Command::Data) },
    Verb { name: "BDAT", syntax: "BDAT octets [LAST]", parse: bdat },
    Verb { name: "RSET", syntax: "RSET", parse: |arguments| alone(arguments, Command::Rset) },
    Verb { name: "NOOP", syntax: "NOOP", parse: |_| Ok(Command::Noop) },
    Verb { name: "QUIT", syntax: "QUIT", parse: |arguments| alone(arguments, Command::Quit) },
    Verb { name: "VRFY", syntax: "VRFY address", parse: |arguments| some(arguments, Command::Vrfy) },
    Verb { name: "HELP", syntax: "HELP", parse: |_| Ok(Command::Help) },
    Verb { name: "STARTTLS", syntax: "STARTTLS", parse: |arguments| alone(arguments, Command::StartTls) },
    Verb { name: "AUTH", syntax: "AUTH mechanism [response]", parse: auth },
];

/// Commands that exist elsewhere: RFC 5321 §3.5 and §7.3, RFC 1985, and those of RFC 821 that are obsolete.
const NOT_IMPLEMENTED: &[&str] = &["EXPN", "ETRN", "TURN", "ATRN", "SEND", "SOML", "SAML"];

/// What browsers, and attacks by way of them, begin with.
const HTTP: &[&str] = &["GET", "POST", "PUT", "HEAD", "OPTIONS", "CONNECT", "DELETE", "PATCH"];

/// ```abnf
/// command = verb [SP arguments] CRLF
/// ```
/// The line comes without its CRLF. White space at its end, which RFC 5321 §4.1.1 asks to be tolerated, is.
pub fn command(line: &[u8]) -> Result<Command, SyntaxError> {
    let (name, arguments) = split_at_space(line);
    let Some(verb) = VERBS.iter().find(|verb| name.eq_ignore_ascii_case(verb.name.as_bytes())) else {
        let is_in = |list: &[&str]| list.iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes()));
        return Err(match () {
            () if is_in(NOT_IMPLEMENTED) => SyntaxError::NotImplemented,
            () if is_in(HTTP) => SyntaxError::Http,
            () => SyntaxError::Unknown,
        });
    };
    let arguments = text(arguments).ok_or(match verb.name {
        "MAIL" => SyntaxError::Sender(PathError::Characters),
        "RCPT" => SyntaxError::Recipient(PathError::Characters),
        "BDAT" => SyntaxError::Chunk,
        _ => SyntaxError::Characters,
    })?;
    (verb.parse)(arguments.trim_end_matches([' ', '\t'])).map_err(|error| match error {
        SyntaxError::Arguments(_) => SyntaxError::Arguments(verb.syntax),
        other => other,
    })
}

/// Whether the line is an AUTH command, which may be longer than others.
pub fn is_auth(line: &[u8]) -> bool {
    split_at_space(line).0.eq_ignore_ascii_case(b"AUTH")
}

fn split_at_space(line: &[u8]) -> (&[u8], &[u8]) {
    let mut parts = line.splitn(2, |byte| *byte == b' ');
    (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
}

/// Text that can be shown and logged as it is.
fn text(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    let plain = text.bytes().all(|byte| (b' '..=b'~').contains(&byte) || byte == b'\t');
    (plain || printable(text) == text).then_some(text)
}

fn alone(arguments: &str, command: Command) -> Result<Command, SyntaxError> {
    if arguments.is_empty() { Ok(command) } else { Err(SyntaxError::Arguments("")) }
}

fn some(arguments: &str, command: Command) -> Result<Command, SyntaxError> {
    if arguments.is_empty() { Err(SyntaxError::Arguments("")) } else { Ok(command) }
}

/// ```abnf
/// ehlo = "EHLO" SP ( Domain / address-literal ) CRLF
/// helo = "HELO" SP Domain CRLF
/// ```
/// Taken wider: clients call themselves by whatever their machine is called, and nothing here relies on it.
fn client_name(arguments: &str) -> Result<ClientName, SyntaxError> {
    let name = arguments.trim();
    if name.is_empty() || name.len() > limits::DOMAIN_BYTES_MAX || name.contains([' ', '\t']) {
        return Err(SyntaxError::Arguments(""));
    }
    Ok(ClientName(name.to_owned()))
}

/// ```abnf
/// mail = "MAIL FROM:" Reverse-path [SP Mail-parameters] CRLF
/// ```
fn mail(arguments: &str) -> Result<Command, SyntaxError> {
    let path = after(arguments, "FROM:")?;
    let (from, parameters) = path::reverse_path(path).map_err(SyntaxError::Sender)?;
    let mut mail = Mail { from, ..Mail::default() };
    parameter::mail(parameters, &mut mail)?;
    Ok(Command::Mail(mail))
}

/// ```abnf
/// rcpt = "RCPT TO:" ( "<Postmaster>" / Forward-path ) [SP Rcpt-parameters] CRLF
/// ```
fn rcpt(arguments: &str) -> Result<Command, SyntaxError> {
    let path = after(arguments, "TO:")?;
    let (recipient, parameters) = path::forward_path(path).map_err(SyntaxError::Recipient)?;
    Ok(Command::Rcpt(recipient, parameter::rcpt(parameters)?))
}

/// ```abnf
/// bdat-cmd   = "BDAT" SP chunk-size [ SP end-marker ] CRLF
/// chunk-size = 1*DIGIT
/// end-marker = "LAST"
/// ```
/// RFC 3030 §2.
fn bdat(arguments: &str) -> Result<Command, SyntaxError> {
    let mut words = arguments.split(' ').filter(|word| !word.is_empty());
    let size = words.next().filter(|size| size.bytes().all(|byte| byte.is_ascii_digit()));
    let size = size.and_then(|size| size.parse().ok()).ok_or(SyntaxError::Chunk)?;
    let place = match words.next() {
        None => ChunkPlace::Within,
        Some(word) if word.eq_ignore_ascii_case("LAST") => ChunkPlace::Last,
        Some(_) => return Err(SyntaxError::Chunk),
    };
    if words.next().is_some() { Err(SyntaxError::Chunk) } else { Ok(Command::Bdat(Chunk { size, place })) }
}

/// What follows the keyword, in any case; the space that some clients put behind the colon is skipped.
fn after<'a>(arguments: &'a str, keyword: &str) -> Result<&'a str, SyntaxError> {
    let arguments = arguments.trim_start_matches(' ');
    match arguments.split_at_checked(keyword.len()) {
        Some((start, rest)) if start.eq_ignore_ascii_case(keyword) => Ok(rest.trim_start_matches(' ')),
        _ => Err(SyntaxError::Arguments("")),
    }
}

/// ```abnf
/// auth-command = "AUTH" SP sasl-mech [SP initial-response] CRLF
/// ```
/// RFC 4954 §8.
fn auth(arguments: &str) -> Result<Command, SyntaxError> {
    let mut words = arguments.split(' ').filter(|word| !word.is_empty());
    let name = words.next().ok_or(SyntaxError::Arguments(""))?;
    let initial = words.next().map(str::to_owned);
    if words.next().is_some() {
        return Err(SyntaxError::Arguments(""));
    }
    let mechanism = Mechanism::named(name).ok_or(SyntaxError::Mechanism)?;
    Ok(Command::Auth(mechanism, initial))
}

impl ClientName {
    /// What the client said.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ClientName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn from(line: &str) -> Result<Mail, SyntaxError> {
        match command(line.as_bytes())? {
            Command::Mail(mail) => Ok(mail),
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn commands_are_read_in_any_case_and_with_space_at_the_end() {
        assert_eq!(command(b"data"), Ok(Command::Data));
        assert_eq!(command(b"RSET \t"), Ok(Command::Rset));
        assert_eq!(command(b"NOOP whatever"), Ok(Command::Noop));
        assert_eq!(command(b"Ehlo [127.0.0.1]"), Ok(Command::Ehlo(ClientName("[127.0.0.1]".into()))));
        assert_eq!(command(b"auth login"), Ok(Command::Auth(Mechanism::Login, None)));
        assert_eq!(command(b"AUTH PLAIN AGEAYg=="), Ok(Command::Auth(Mechanism::Plain, Some("AGEAYg==".into()))));
    }

    #[test]
    fn what_is_no_command_says_why() {
        for (line, error) in [
            (&b"DEBUG"[..], SyntaxError::Unknown),
            (b"", SyntaxError::Unknown),
            (b"EXPN staff", SyntaxError::NotImplemented),
            (b"GET / HTTP/1.1", SyntaxError::Http),
            (b"DATA now", SyntaxError::Arguments("DATA")),
            (b"STARTTLS x", SyntaxError::Arguments("STARTTLS")),
            (b"EHLO", SyntaxError::Arguments("EHLO host-name")),
            (b"EHLO a b", SyntaxError::Arguments("EHLO host-name")),
            (b"EHLO a\x1b[31m", SyntaxError::Characters),
            (b"EHLO a\rb", SyntaxError::Characters),
            (b"EHLO \xc2\x9b31m", SyntaxError::Characters),
            ("EHLO a\u{202e}b".as_bytes(), SyntaxError::Characters),
            (b"MAIL FROM:<\"a\nb\"@x.vn>", SyntaxError::Sender(PathError::Characters)),
            (b"RCPT TO:<\"a\rb\"@x.vn>", SyntaxError::Recipient(PathError::Characters)),
            (b"MAIL <a@x.vn>", SyntaxError::Arguments("MAIL FROM:<address>")),
            (b"AUTH", SyntaxError::Arguments("AUTH mechanism [response]")),
            (b"AUTH GSSAPI", SyntaxError::Mechanism),
        ] {
            assert_eq!(command(line), Err(error), "{:?}", String::from_utf8_lossy(line));
        }
    }

    #[test]
    fn chunks_have_a_size_and_perhaps_are_the_last() {
        let chunk = |size, place| Ok(Command::Bdat(Chunk { size, place }));
        assert_eq!(command(b"BDAT 86"), chunk(86, ChunkPlace::Within));
        assert_eq!(command(b"bdat 0 last "), chunk(0, ChunkPlace::Last));
        assert_eq!(from("MAIL FROM:<a@x.vn> BODY=BinaryMime").unwrap().body, Body::Binary);
        for bad in [
            "BDAT",
            "BDAT x",
            "BDAT -1",
            "BDAT +1",
            "BDAT 1 FIRST",
            "BDAT 1 LAST x",
            "BDAT 1\u{a0}LAST",
            "BDAT 99999999999999999999",
        ] {
            assert_eq!(command(bad.as_bytes()), Err(SyntaxError::Chunk), "{bad}");
        }
    }

    #[test]
    fn parameters_of_mail() {
        let mail = from("MAIL FROM:<a@x.vn> SIZE=1000 body=8bitmime SMTPUTF8 AUTH=a+40x.vn").unwrap();
        assert_eq!((mail.size, mail.smtputf8), (Some(1000), true));
        for (parameters, error) in [
            ("SIZE=-1", SyntaxError::ParameterValue),
            ("SIZE=99999999999999999999", SyntaxError::ParameterValue),
            ("SIZE=", SyntaxError::ParameterValue),
            ("SIZE", SyntaxError::ParameterValue),
            ("SIZE=1 SIZE=1", SyntaxError::RepeatedParameter),
            ("BODY=BINARY", SyntaxError::ParameterValue),
            ("SMTPUTF8=yes", SyntaxError::ParameterValue),
            ("AUTH=a+0Ab", SyntaxError::ParameterValue),
            ("AUTH=a+4", SyntaxError::ParameterValue),
            ("MT-PRIORITY=3", SyntaxError::UnknownParameter),
            ("RET=ALL", SyntaxError::ParameterValue),
            ("ENVID=a+0Ab", SyntaxError::ParameterValue),
            ("ENVID=a=b", SyntaxError::ParameterValue),
            ("=x", SyntaxError::ParameterValue),
        ] {
            assert_eq!(from(&format!("MAIL FROM:<a@x.vn> {parameters}")), Err(error), "{parameters}");
        }
        assert_eq!(command(b"RCPT TO:<a@x.vn> SIZE=1"), Err(SyntaxError::UnknownParameter));
    }

    #[test]
    fn what_senders_ask_to_be_told() {
        let to = |parameters: &str| match command(format!("RCPT TO:<a@x.vn> {parameters}").as_bytes()) {
            Ok(Command::Rcpt(_, dsn)) => Ok(dsn),
            Ok(other) => unreachable!("{other:?}"),
            Err(error) => Err(error),
        };
        let dsn = to("NOTIFY=success,DELAY ORCPT=rfc822;b+2B@y.vn").unwrap();
        assert!(dsn.wants_success() && dsn.wants_delay() && !dsn.wants_failure());
        assert_eq!(dsn.orcpt.as_deref(), Some("rfc822;b+2B@y.vn"));
        let utf8 = |text| to(text).unwrap().orcpt.unwrap();
        assert_eq!(utf8("ORCPT=utf-8;đ+2B@y.vn"), "utf-8;\\x{111}+2B@y.vn");
        assert_eq!(utf8("ORCPT=UTF-8;\\x{111}@y.vn"), "UTF-8;\\x{111}@y.vn");
        assert!(!to("NOTIFY=NEVER").unwrap().wants_failure());
        let default = to("").unwrap();
        assert!(default.wants_failure() && default.wants_delay() && !default.wants_success());
        for bad in [
            "NOTIFY=NEVER,DELAY",
            "NOTIFY=",
            "NOTIFY=x",
            "ORCPT=b@y.vn",
            "ORCPT=rfc822;",
            "ORCPT=rfc822;a+0D+0Ab",
            "ORCPT=rfc822;đ@y.vn",
            "ORCPT=utf-8;\\x{A}@y.vn",
            "ORCPT=utf-8;a\\b@y.vn",
            "ORCPT=utf-8;\\x{D800}",
        ] {
            assert_eq!(to(bad), Err(SyntaxError::ParameterValue), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_line_makes_the_grammar_panic(line in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = command(&line);
        }

        #[test]
        fn an_address_printed_into_a_command_is_read_back(local in "[ -~À-ỹ]{1,20}", tagged in any::<bool>()) {
            let domain = crate::address::Domain::parse("x.vn").unwrap();
            let local = if tagged { format!("{local}+t") } else { local };
            let address = Address::new(&local, domain).unwrap();
            let read = command(format!("RCPT TO:<{address}>").as_bytes());
            prop_assert_eq!(read, Ok(Command::Rcpt(ForwardPath::Address(address.clone()), RecipientDsn::default())));
            let read = from(&format!("mail from: < {address} > SIZE=7")).unwrap();
            prop_assert_eq!(read, Mail { from: Some(address), size: Some(7), ..Mail::default() });
        }
    }
}
