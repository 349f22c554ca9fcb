//! From lines and literals to one command: RFC 9051 §4.3 and RFC 7888, and the bounds on what is kept of it.

use super::cursor;
use super::{Cause, Failure};
use crate::limits::{
    IMAP_APPEND_BYTES_MAX, IMAP_COMMAND_BYTES_MAX, IMAP_DISCARD_BYTES_MAX, IMAP_LITERALS_PER_COMMAND_MAX,
};
use crate::spool::Contents;

/// Collects a command. Fed with each line ([`Assembler::line`]) and, when it asks for one, with the literal in between
/// ([`Assembler::literal`]); ready for the next command when it has given a command or refused it.
#[derive(Debug, Default)]
pub struct Assembler {
    input: Input,
    /// Octets of messages so far.
    message_bytes: usize,
    /// Why nothing more is kept: the rest is read only to find the end of the command.
    refused: Option<Failure>,
}

/// A whole command before it is parsed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Input {
    /// The lines, those that end in a literal's size with CRLF behind them.
    pub(super) text: Vec<u8>,
    /// The literals in order, each where it was put as it came.
    pub(super) literals: Vec<Contents>,
}

/// What the connection does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// The command is complete.
    Command(Input),
    /// Read a literal, give it to [`Assembler::literal`], then go on with the next line.
    Literal(Awaited),
    /// Read and forget so many octets, then go on with the next line: the command is refused, but a client that did
    /// not wait to be asked has sent them already.
    Discard(u64),
    /// The command is refused; what comes next is another.
    Refused(Failure),
    /// The command is refused, and there is no telling where the next begins: say BYE and close.
    Lost(Failure),
}

/// A literal to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Awaited {
    /// Octets, within the bounds.
    pub size: usize,
    /// The client waits for a line with `+` before it sends the literal.
    pub synchronising: bool,
    /// What it is for.
    pub kind: LiteralKind,
}

/// What a literal is for, so that a large one can be accounted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LiteralKind {
    /// An argument: small.
    Argument,
    /// A message in APPEND.
    Message,
}

impl Assembler {
    /// Takes the next line, without its CRLF. `message_max`: octets of the largest message that may be appended, 0
    /// for a client that has not logged in.
    pub fn line(&mut self, line: &[u8], message_max: usize) -> Next {
        let literal = announced(line);
        if self.refused.is_none()
            && let Err(cause) = self.keep(line)
        {
            self.refuse(cause);
        }
        match literal {
            None => match self.refused.take() {
                None => Next::Command(self.take()),
                Some(failure) => self.give_up(Next::Refused(failure)),
            },
            Some(literal) => self.announce(literal, message_max),
        }
    }

    /// Whether nothing of a command has come yet.
    pub fn is_between_commands(&self) -> bool {
        self.input.text.is_empty() && self.refused.is_none()
    }

    /// Takes the literal that [`Next::Literal`] asked for.
    pub fn literal(&mut self, octets: Contents) {
        self.input.literals.push(octets);
    }

    /// Forgets the command: a line of it was longer than [`crate::limits::IMAP_LINE_BYTES_MAX`].
    pub fn line_too_long(&mut self) -> Failure {
        let failure = self.failure(Cause::CommandTooLong);
        self.take();
        self.refused = None;
        failure
    }

    fn announce(&mut self, literal: Announced, message_max: usize) -> Next {
        if self.refused.is_none() {
            match self.admit(literal, message_max) {
                Ok(awaited) => {
                    self.input.text.extend_from_slice(b"\r\n");
                    return Next::Literal(awaited);
                }
                Err(cause) => self.refuse(cause),
            }
        }
        let failure = self.refused.clone().unwrap_or_else(|| self.failure(Cause::LiteralSize));
        match literal.size {
            _ if literal.synchronising => self.give_up(Next::Refused(failure)),
            Some(size) if size <= IMAP_DISCARD_BYTES_MAX => Next::Discard(size),
            _ => self.give_up(Next::Lost(failure)),
        }
    }

    /// Whether the literal is within the bounds, before anything is allocated for it (hostile B35, B37).
    fn admit(&mut self, literal: Announced, message_max: usize) -> Result<Awaited, Cause> {
        let size = literal.size.and_then(|size| usize::try_from(size).ok()).ok_or(Cause::LiteralSize)?;
        if self.input.literals.len() >= IMAP_LITERALS_PER_COMMAND_MAX {
            return Err(Cause::TooMany("literals"));
        }
        let kind = if self.expects_message() { LiteralKind::Message } else { LiteralKind::Argument };
        match kind {
            LiteralKind::Message => {
                self.message_bytes = self.message_bytes.saturating_add(size);
                if size > message_max || self.message_bytes > IMAP_APPEND_BYTES_MAX.max(message_max) {
                    return Err(Cause::MessageTooBig);
                }
            }
            LiteralKind::Argument => {
                if self.argument_bytes().saturating_add(size) > IMAP_COMMAND_BYTES_MAX {
                    return Err(Cause::CommandTooLong);
                }
            }
        }
        Ok(Awaited { size, synchronising: literal.synchronising, kind })
    }

    /// Of the literals of an APPEND or REPLACE every one is a message, or text of one, but the folder's name and the URLs of
    /// CATENATE.
    fn expects_message(&self) -> bool {
        let mut words = self.input.text.split(|&octet| octet == b' ').skip(1);
        let mut verb = words.next().unwrap_or_default();
        if verb.eq_ignore_ascii_case(b"UID") {
            verb = words.next().unwrap_or_default();
        }
        if verb.eq_ignore_ascii_case(b"REPLACE") {
            words.next();
        } else if !verb.eq_ignore_ascii_case(b"APPEND") {
            return false;
        }
        let is_name = words.next().is_some_and(|word| word.starts_with(b"{")) && self.input.literals.is_empty();
        !is_name && !self.is_at_url()
    }

    /// Whether what is announced is a URL: `… CATENATE (… URL {n}`. A folder may be called URL.
    fn is_at_url(&self) -> bool {
        let text = &self.input.text;
        let before = text.get(..memchr::memrchr(b'{', text).unwrap_or(0)).unwrap_or_default();
        let count = |wanted| memchr::memchr_iter(wanted, before).count();
        let word = before.len().checked_sub(b"URL ".len()).and_then(|at| before.get(at..)).unwrap_or_default();
        word.eq_ignore_ascii_case(b"URL ") && count(b'(') > count(b')')
    }

    fn argument_bytes(&self) -> usize {
        let literals: usize = self.input.literals.iter().map(Contents::len).sum();
        self.input.text.len() + literals.saturating_sub(self.message_bytes)
    }

    fn keep(&mut self, line: &[u8]) -> Result<(), Cause> {
        if self.argument_bytes().saturating_add(line.len()) > IMAP_COMMAND_BYTES_MAX {
            return Err(Cause::CommandTooLong);
        }
        self.input.text.extend_from_slice(line);
        Ok(())
    }

    fn refuse(&mut self, cause: Cause) {
        self.refused = Some(self.failure(cause));
        self.input.literals = Vec::new();
    }

    fn failure(&self, cause: Cause) -> Failure {
        Failure { tag: cursor::tag_of(&self.input.text).ok(), error: cause.at(self.input.text.len()) }
    }

    fn give_up(&mut self, next: Next) -> Next {
        self.take();
        self.refused = None;
        next
    }

    fn take(&mut self) -> Input {
        self.message_bytes = 0;
        std::mem::take(&mut self.input)
    }
}

/// A literal announced at the end of a line.
#[derive(Clone, Copy)]
struct Announced {
    /// `None`: more than fits 64 bits.
    size: Option<u64>,
    synchronising: bool,
}

/// ```abnf
/// literal  = "{" number64 ["+"] "}" CRLF *CHAR8
/// literal8 = "~{" number64 ["+"] "}" CRLF *OCTET
/// ```
fn announced(line: &[u8]) -> Option<Announced> {
    let inner = line.strip_suffix(b"}")?;
    let start = memchr::memrchr(b'{', inner)?;
    let inner = inner.get(start + 1..)?;
    let digits = inner.strip_suffix(b"+").unwrap_or(inner);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let size = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok());
    Some(Announced { size, synchronising: digits.len() == inner.len() })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::limits::IMAP_LINE_BYTES_MAX;

    const MESSAGE_MAX: usize = 50_000_000;

    fn awaited(size: usize, synchronising: bool, kind: LiteralKind) -> Next {
        Next::Literal(Awaited { size, synchronising, kind })
    }

    fn here(octets: &[u8]) -> Contents {
        Contents::Here(octets.to_vec())
    }

    fn refused(next: Next) -> Cause {
        match next {
            Next::Refused(failure) => {
                assert_eq!(failure.tag.unwrap().as_str(), "a");
                failure.error.cause
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn messages_are_told_from_arguments_by_their_place() {
        let mut assembler = Assembler::default();
        assert_eq!(assembler.line(b"a append {5}", MESSAGE_MAX), awaited(5, true, LiteralKind::Argument));
        assembler.literal(here(b"INBOX"));
        assert_eq!(
            assembler.line(b" (\\Seen) {1438827+}", MESSAGE_MAX),
            awaited(1_438_827, false, LiteralKind::Message)
        );
        assembler.literal(here(&vec![b'x'; 1_438_827]));
        assert_eq!(assembler.line(b" ~{7}", MESSAGE_MAX), awaited(7, true, LiteralKind::Message));
        assembler.literal(here(b"message"));
        let Next::Command(input) = assembler.line(b"", MESSAGE_MAX) else { panic!() };
        assert_eq!(input.text, b"a append {5}\r\n (\\Seen) {1438827+}\r\n ~{7}\r\n");
        assert_eq!(input.literals.iter().map(Contents::len).collect::<Vec<_>>(), [5, 1_438_827, 7]);

        for (line, kind) in [
            ("b APPEND x {10}", LiteralKind::Message),
            ("b APPEND URL {10}", LiteralKind::Message),
            ("b APPEND x (URL) {10}", LiteralKind::Message),
            ("b APPEND x CATENATE (TEXT {10}", LiteralKind::Message),
            ("b APPEND x CATENATE (URL {10}", LiteralKind::Argument),
            ("b append x catenate (url \"/a\" url {10}", LiteralKind::Argument),
            ("b REPLACE 4 Drafts {10}", LiteralKind::Message),
            ("b UID REPLACE 4 {10}", LiteralKind::Argument),
            ("b UID REPLACE 4 x {10}", LiteralKind::Message),
            ("b UID APPEND {10}", LiteralKind::Argument),
            ("b LOGIN {10}", LiteralKind::Argument),
        ] {
            assert_eq!(Assembler::default().line(line.as_bytes(), MESSAGE_MAX), awaited(10, true, kind), "{line}");
        }
    }

    #[test]
    fn what_only_looks_like_a_literal_ends_the_line() {
        for line in ["a X {}", "a X {-1}", "a X {1 }", "a X {+}", "a X {1++}", "a X 1}", "a X \"{1}\""] {
            assert!(matches!(Assembler::default().line(line.as_bytes(), MESSAGE_MAX), Next::Command(_)), "{line}");
        }
    }

    #[test]
    fn a_literal_too_large_is_refused_before_it_is_sent() {
        for (line, cause) in [
            ("a LOGIN {4294967296}", Cause::CommandTooLong),
            ("a LOGIN {99999999999}", Cause::CommandTooLong),
            ("a LOGIN {99999999999999999999}", Cause::LiteralSize),
            ("a APPEND x {50000001}", Cause::MessageTooBig),
        ] {
            assert_eq!(refused(Assembler::default().line(line.as_bytes(), MESSAGE_MAX)), cause, "{line}");
        }
        assert_eq!(refused(Assembler::default().line(b"a APPEND x {1}", 0)), Cause::MessageTooBig);
    }

    #[test]
    fn a_literal_too_large_that_is_on_its_way_is_thrown_away_with_its_command() {
        let mut assembler = Assembler::default();
        assert_eq!(assembler.line(b"a APPEND x {50000001+}", MESSAGE_MAX), Next::Discard(50_000_001));
        assert_eq!(assembler.line(b" {3+}", MESSAGE_MAX), Next::Discard(3));
        assert_eq!(refused(assembler.line(b"", MESSAGE_MAX)), Cause::MessageTooBig);
        assert!(matches!(assembler.line(b"b NOOP", MESSAGE_MAX), Next::Command(_)));
        assert!(matches!(assembler.line(b"a X {99999999999+}", MESSAGE_MAX), Next::Lost(_)));
        assert!(matches!(assembler.line(b"b NOOP", MESSAGE_MAX), Next::Command(_)));
    }

    #[test]
    fn a_thousand_literals_are_too_many() {
        let mut assembler = Assembler::default();
        let mut next = assembler.line(b"a SEARCH BODY {1+}", MESSAGE_MAX);
        let mut taken = 0;
        for _ in 0..1000 {
            if let Next::Literal(_) = next {
                assembler.literal(here(b"x"));
                taken += 1;
            }
            next = assembler.line(b" BODY {1+}", MESSAGE_MAX);
        }
        assert_eq!(taken, IMAP_LITERALS_PER_COMMAND_MAX);
        assert_eq!(refused(assembler.line(b"", MESSAGE_MAX)), Cause::TooMany("literals"));
    }

    #[test]
    fn a_command_is_bounded_over_all_its_lines() {
        let mut assembler = Assembler::default();
        let mut line = b"a SEARCH BODY ".to_vec();
        line.resize(IMAP_LINE_BYTES_MAX - 4, b'x');
        line.extend_from_slice(b"{0+}");
        while let Next::Literal(_) = assembler.line(&line, MESSAGE_MAX) {
            assembler.literal(here(b""));
            assert!(assembler.input.text.len() <= IMAP_COMMAND_BYTES_MAX + 2);
        }
        assert_eq!(refused(assembler.line(b"", MESSAGE_MAX)), Cause::CommandTooLong);
        assert!(matches!(assembler.line(b"a X {1}", MESSAGE_MAX), Next::Literal(_)));
        assert_eq!(assembler.line_too_long().tag.unwrap().as_str(), "a");
        assert!(matches!(assembler.line(b"b NOOP", MESSAGE_MAX), Next::Command(_)));
    }
}
