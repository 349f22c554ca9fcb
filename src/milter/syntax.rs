//! The words of the protocol, version 6, as Sendmail's libmilter and Postfix speak it: bytes in, values out.
//!
//! ```abnf
//! packet  = length command data   ; the length counts command and data
//! length  = 4OCTET                ; most significant first, as all numbers
//! command = OCTET
//! string  = *%x01-FF %x00
//! ```

use crate::limits;
use crate::text::printable;

/// The version that is spoken, and the oldest that a filter may answer with.
const VERSIONS: std::ops::RangeInclusive<u32> = 2..=6;

/// What a filter may do here: `SMFIF_ADDHDRS`, `SMFIF_CHGBODY`, `SMFIF_CHGHDRS`, `SMFIF_QUARANTINE`. Recipients and sender stay
/// as they are: who may send to whom was judged before, and of a message that is accepted for somebody none is taken away.
const ACTIONS: u32 = 0x01 | 0x02 | 0x10 | 0x20;

/// What a filter may do without (`SMFIP_NO…`), may leave unanswered (`SMFIP_NR_…`), and may ask for: an end of the body before
/// its end (`SMFIP_SKIP`), values with the space before them (`SMFIP_HDR_LEADSPC`).
const STEPS: u32 = 0x001F_F7FF;
const LEADING_SPACE: u32 = 0x0010_0000;

/// Offers what is above: `SMFIC_OPTNEG`.
pub const NEGOTIATE: u8 = b'O';
/// Names for what follows: `SMFIC_MACRO`.
pub const MACROS: u8 = b'D';
/// The message is given up: `SMFIC_ABORT`.
pub const ABORT: u8 = b'A';
/// The connection is given up: `SMFIC_QUIT`.
pub const QUIT: u8 = b'Q';

/// A step of the conversation about a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Who connected.
    Connect,
    /// How it greeted.
    Hello,
    /// The sender.
    Sender,
    /// A recipient.
    Recipient,
    /// DATA, which filters know since version 4.
    Data,
    /// A field of the header.
    Field,
    /// The header's end.
    EndOfHeader,
    /// A piece of the body.
    Body,
    /// The message's end: now the filter says what is to change.
    End,
}

/// What a filter wants to hear, and what it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    version: u32,
    steps: u32,
}

/// What a filter says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Go on.
    Continue,
    /// Whatever follows, the message may pass.
    Accept,
    /// Throw the message away, and tell nobody.
    Discard,
    /// Refuse it, with these words where there are any.
    Refuse(Option<String>),
    /// Refuse it for now.
    Later(Option<String>),
    /// No more of the body is needed.
    Skip,
    /// It takes a while.
    Progress,
    /// Something about the header is to be different.
    Change(Change),
    /// The next piece of another body.
    Body(Vec<u8>),
    /// The message is to wait for somebody's judgement, for this reason.
    Quarantine(String),
    /// A change that was not offered.
    Unoffered(char),
    /// The filter cannot go on.
    GivesUp,
}

/// What is to be different about a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A field more, below the others.
    Add(NewField),
    /// A field more, above so many others.
    Insert(u32, NewField),
    /// Another value for the field that is the so-manyth of its name, from 1; none removes it.
    Set(u32, NewField),
}

/// A field that a filter makes: its value may be folded by LF.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewField {
    /// A name that RFC 5322 §3.6.8 allows.
    pub name: Vec<u8>,
    /// The value as it came.
    pub value: Vec<u8>,
}

/// What came is no reply, or not one that has its place here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it said what is no reply to {0:?}")]
pub struct Garbage(pub char);

impl Step {
    /// `SMFIC_…`
    pub fn command(self) -> u8 {
        match self {
            Self::Connect => b'C',
            Self::Hello => b'H',
            Self::Sender => b'M',
            Self::Recipient => b'R',
            Self::Data => b'T',
            Self::Field => b'L',
            Self::EndOfHeader => b'N',
            Self::Body => b'B',
            Self::End => b'E',
        }
    }

    /// `SMFIP_NO…`
    fn unwanted(self) -> u32 {
        match self {
            Self::Connect => 0x01,
            Self::Hello => 0x02,
            Self::Sender => 0x04,
            Self::Recipient => 0x08,
            Self::Body => 0x10,
            Self::Field => 0x20,
            Self::EndOfHeader => 0x40,
            Self::Data => 0x200,
            Self::End => 0,
        }
    }

    /// `SMFIP_NR_…`
    fn unanswered(self) -> u32 {
        match self {
            Self::Field => 0x80,
            Self::Connect => 0x1000,
            Self::Hello => 0x2000,
            Self::Sender => 0x4000,
            Self::Recipient => 0x8000,
            Self::Data => 0x1_0000,
            Self::EndOfHeader => 0x4_0000,
            Self::Body => 0x8_0000,
            Self::End => 0,
        }
    }
}

impl Terms {
    /// Whether a step is to be said to the filter.
    pub fn wants(self, step: Step) -> bool {
        self.steps & step.unwanted() == 0 && (step != Step::Data || self.version >= 4)
    }

    /// Whether it answers to that.
    pub fn answers(self, step: Step) -> bool {
        self.steps & step.unanswered() == 0
    }

    /// Whether values keep the space before them.
    pub fn has_leading_space(self) -> bool {
        self.steps & LEADING_SPACE != 0
    }
}

/// ```abnf
/// offer = version actions steps
/// ```
pub fn offer() -> Vec<u8> {
    [*VERSIONS.end(), ACTIONS, STEPS].iter().flat_map(|number| number.to_be_bytes()).collect()
}

/// ```abnf
/// answer = version actions steps *OCTET   ; then come lists of macros, which all get the same here
/// ```
/// What was not offered does not hold, whatever the filter says: rspamd answers with all that it knows.
pub fn terms(command: u8, data: &[u8]) -> Result<Terms, Garbage> {
    let mut rest = data;
    match (command, number(&mut rest), number(&mut rest), number(&mut rest)) {
        (NEGOTIATE, Some(version), Some(_actions), Some(steps)) if VERSIONS.contains(&version) => {
            Ok(Terms { version, steps: steps & STEPS })
        }
        _ => Err(Garbage(char::from(NEGOTIATE))),
    }
}

/// Reads what a filter answers to a step.
///
/// ```abnf
/// reply     = "c" / "a" / "d" / "r" / "t" / "s" / "p" / "f" / "4" / "y" string
/// change    = "h" name value / "i" position name value / "m" position name value / "b" *OCTET / "q" string
/// unoffered = ( "+" / "-" / "2" / "e" / "l" ) *OCTET
/// ```
pub fn reply(step: Step, command: u8, data: &[u8]) -> Result<Reply, Garbage> {
    let garbage = || Garbage(char::from(step.command()));
    let said = match command {
        b'c' => Reply::Continue,
        b'a' => Reply::Accept,
        b'd' => Reply::Discard,
        b'r' => Reply::Refuse(None),
        b't' => Reply::Later(None),
        b's' if step == Step::Body => Reply::Skip,
        b'p' => Reply::Progress,
        b'f' | b'4' => Reply::GivesUp,
        b'y' => own_words(data).ok_or_else(garbage)?,
        _ if step == Step::End => return change(command, data).ok_or_else(garbage),
        _ => return Err(garbage()),
    };
    Ok(said)
}

fn change(command: u8, data: &[u8]) -> Option<Reply> {
    let mut rest = data;
    let change = match command {
        b'h' => Change::Add(field(rest)?),
        b'i' => Change::Insert(number(&mut rest)?, field(rest)?),
        b'm' => Change::Set(number(&mut rest)?, field(rest)?),
        b'b' => return Some(Reply::Body(data.to_vec())),
        b'q' => return Some(Reply::Quarantine(words(string(&mut rest)))),
        b'+' | b'-' | b'2' | b'e' | b'l' => return Some(Reply::Unoffered(char::from(command))),
        _ => return None,
    };
    Some(Reply::Change(change))
}

fn field(data: &[u8]) -> Option<NewField> {
    let mut rest = data;
    let (name, value) = (string(&mut rest), string(&mut rest));
    // RFC 5322 §3.6.8: ftext
    let plain = !name.is_empty() && name.iter().all(|byte| byte.is_ascii_graphic() && *byte != b':');
    plain.then(|| NewField { name: name.to_vec(), value: value.to_vec() })
}

/// ```abnf
/// own-words = ( "4" / "5" ) 2DIGIT SP [ status SP ] text
/// status    = DIGIT "." 1*3DIGIT "." 1*3DIGIT
/// ```
/// The code is chosen here, from its first digit, and the text is all that is kept.
fn own_words(data: &[u8]) -> Option<Reply> {
    let mut rest = data;
    let line = string(&mut rest).split(|byte| matches!(byte, b'\r' | b'\n')).next().unwrap_or_default();
    let (code, text) = line.split_at_checked(3)?;
    if !code.iter().all(u8::is_ascii_digit) || !matches!(text.first(), None | Some(b' ' | b'-')) {
        return None;
    }
    let text = words(text.get(1..).unwrap_or_default());
    let is_status = |word: &str| word.split('.').count() == 3 && word.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let text = match text.split_once(' ') {
        Some((status, text)) if is_status(status) => text.to_owned(),
        _ => text,
    };
    let text = Some(text).filter(|text| !text.is_empty());
    match code.first() {
        Some(b'4') => Some(Reply::Later(text)),
        Some(b'5') => Some(Reply::Refuse(text)),
        _ => None,
    }
}

/// What can stand in a line of SMTP and in a log: printable ASCII, and not too much of it.
fn words(text: &[u8]) -> String {
    let text = printable(&String::from_utf8_lossy(text)).replace("%%", "%");
    let ascii = text.chars().map(|c| if c.is_ascii() { c } else { '?' });
    ascii.take(limits::RELAY_SAID_CHARS_MAX).collect::<String>().trim().to_owned()
}

/// Takes a number off what is there.
fn number(rest: &mut &[u8]) -> Option<u32> {
    let (bytes, after) = rest.split_first_chunk::<4>()?;
    *rest = after;
    Some(u32::from_be_bytes(*bytes))
}

/// Takes a string off what is there; the last one may have lost its end.
fn string<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let end = memchr::memchr(0, rest).unwrap_or(rest.len());
    let (text, after) = rest.split_at(end);
    *rest = after.get(1..).unwrap_or_default();
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn answer(numbers: [u32; 3]) -> Vec<u8> {
        numbers.iter().flat_map(|number| number.to_be_bytes()).collect()
    }

    #[test]
    fn what_a_filter_does_not_want_or_answer_is_known_from_its_answer() {
        let terms = terms(b'O', &answer([6, 0x1F, 0x10 | 0x80 | 0x1000])).unwrap();
        assert!(!terms.wants(Step::Body) && terms.wants(Step::Field) && terms.wants(Step::End));
        assert!(!terms.answers(Step::Field) && !terms.answers(Step::Connect) && terms.answers(Step::Sender));
    }

    #[test]
    fn what_was_not_offered_does_not_hold() {
        let all = terms(b'O', &answer([6, u32::MAX, u32::MAX])).unwrap();
        assert_eq!(all.steps, STEPS);
        let old = terms(b'O', &answer([2, 0, 0])).unwrap();
        assert!(!old.wants(Step::Data) && old.wants(Step::Body));
    }

    #[test]
    fn an_answer_of_another_protocol_is_none() {
        assert!(terms(b'c', &answer([6, 0, 0])).is_err());
        assert!(terms(b'O', &answer([7, 0, 0])).is_err());
        assert!(terms(b'O', &[0; 11]).is_err());
    }

    #[test]
    fn a_filter_says_why_in_one_line_of_plain_text() {
        let of = |text: &[u8]| reply(Step::End, b'y', text);
        assert_eq!(of(b"550 5.7.1 100%% spam\0"), Ok(Reply::Refuse(Some("100% spam".into()))));
        assert_eq!(of(b"451 later\r\n250 OK\0"), Ok(Reply::Later(Some("later".into()))));
        assert_eq!(of("554 th\u{1b}[0mư".as_bytes()), Ok(Reply::Refuse(Some("th\\u{1b}[0m?".into()))));
        assert_eq!(of(b"550"), Ok(Reply::Refuse(None)));
        for bad in [&b"250 fine\0"[..], b"5x0 no\0", b"", b"55", b"5500 no\0"] {
            assert!(of(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn changes_come_at_the_end_only() {
        let data = b"\0\0\0\x01Subject\0new\n line\0";
        let set = Change::Set(1, NewField { name: b"Subject".to_vec(), value: b"new\n line".to_vec() });
        assert_eq!(reply(Step::End, b'm', data), Ok(Reply::Change(set)));
        assert!(reply(Step::Body, b'm', data).is_err());
        for name in ["", "a b", "a:b", "ă", "a\r\nb"] {
            assert!(reply(Step::End, b'h', format!("{name}\0value\0").as_bytes()).is_err(), "{name:?}");
        }
        assert_eq!(reply(Step::End, b'+', b"<a@x.vn>\0"), Ok(Reply::Unoffered('+')));
    }

    proptest! {
        #[test]
        fn nothing_that_a_filter_says_is_a_panic(command: u8, data in proptest::collection::vec(any::<u8>(), 0..60)) {
            for step in [Step::Connect, Step::Body, Step::End] {
                let _ = reply(step, command, &data);
            }
            let _ = terms(command, &data);
        }
    }
}
