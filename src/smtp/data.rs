//! The message between 354 and its end: dots removed, and never a second opinion on where it ends (RFC 5321 §4.5.2).
//!
//! Only CRLF ends a line and only `CRLF . CRLF` ends a message. Servers that also took `LF . LF`, `LF . CRLF` or
//! `CR . CR` for an end could be made to see two messages where the next server saw one (CVE-2023-51764 and its kin).
//! So a message with a bare CR or LF is read to its real end, and refused. What comes in chunks (RFC 3030) has no dots and
//! no end to look for, and is held to the same lines, unless it was said to be binary.

use memchr::memchr3;

/// What to do with a bare LF.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineEnds {
    /// Refuse it: another server sent it, or something that pretends to be one.
    Strict,
    /// Make it CRLF: a program of one of our own people wrote it (RFC 6409 §8). What could pass for an end of data
    /// is refused here too.
    Repair,
    /// Take every octet as it is: the message was said to be binary (RFC 3030 §3).
    Any,
}

/// How the end of a message is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// By a line that holds a dot only; other dots that begin a line are doubled.
    Dots,
    /// The client tells beforehand how much comes.
    Chunks,
}

/// Why a message will be refused when its end has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DataFault {
    /// A CR or LF alone (hostile B1-B4, B6, B7).
    #[error("lines end with CRLF, and CR and LF come only together")]
    LineEnd,
    /// A NUL (hostile B5).
    #[error("the message holds a NUL")]
    Nul,
    /// More than is taken here, which was announced with SIZE.
    #[error("the message is too large")]
    TooLarge,
    /// No memory is left for messages on their way in.
    #[error("too many messages are coming in at this moment")]
    NoRoom,
}

/// Where in a line the next byte stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Start,
    /// Behind a dot that began a line.
    Dot,
    /// Behind such a dot and CR.
    DotCr,
    Inside,
    /// Behind CR.
    Cr,
    /// Behind a bare LF that was repaired.
    Repaired,
}

/// Takes a message out of the bytes of a connection.
#[derive(Debug)]
pub struct Decoder {
    ends: LineEnds,
    framing: Framing,
    place: Place,
    /// How many bytes the message may still grow by.
    left: usize,
    fault: Option<DataFault>,
}

impl Decoder {
    /// A decoder for a message of at most `max` bytes.
    pub fn new(ends: LineEnds, framing: Framing, max: usize) -> Self {
        Self { ends, framing, place: Place::Start, left: max, fault: None }
    }

    /// Says that nothing more comes of a message in chunks.
    pub fn end(&mut self) {
        if self.place == Place::Cr {
            self.refuse(DataFault::LineEnd);
        }
    }

    /// Why the message is to be refused, once its end was found.
    pub fn fault(&self) -> Option<DataFault> {
        self.fault
    }

    /// Gives up the message, which is still to be read to its end. The first reason stands.
    pub fn refuse(&mut self, fault: DataFault) {
        self.fault.get_or_insert(fault);
    }

    /// Appends what the input holds of the message to `message`. `Some(n)` says that the end was found and that `n`
    /// bytes belonged to it; `None` that all of the input did. A message with a fault is not collected further.
    pub fn feed(&mut self, input: &[u8], message: &mut Vec<u8>) -> Option<usize> {
        if self.ends == LineEnds::Any {
            self.push(input, message);
            return None;
        }
        let mut rest = input;
        while let Some((byte, after)) = rest.split_first() {
            if self.place == Place::Inside {
                let plain = memchr3(b'\r', b'\n', 0, rest).unwrap_or(rest.len());
                if plain > 0 {
                    let (run, after) = rest.split_at(plain);
                    self.push(run, message);
                    rest = after;
                    continue;
                }
            }
            rest = after;
            if self.step(*byte, message) {
                return Some(input.len() - rest.len());
            }
        }
        None
    }

    /// Takes one byte; whether it was the last of the message.
    fn step(&mut self, byte: u8, message: &mut Vec<u8>) -> bool {
        match (self.place, byte) {
            (Place::Start, b'.') if self.framing == Framing::Dots => self.place = Place::Dot,
            (Place::Dot, b'\r') => self.place = Place::DotCr,
            (Place::DotCr, b'\n') => return true,
            (Place::Cr, b'\n') => {
                self.push(b"\r\n", message);
                self.place = Place::Start;
            }
            (Place::DotCr | Place::Cr, _) => {
                self.refuse(DataFault::LineEnd);
                self.inside(byte, message);
            }
            (Place::Dot, b'\n') => self.pretended_end(),
            (Place::Repaired, b'.') if self.framing == Framing::Dots => self.pretended_end(),
            (Place::Start | Place::Dot | Place::Inside | Place::Repaired, _) => self.inside(byte, message),
        }
        false
    }

    fn pretended_end(&mut self) {
        self.refuse(DataFault::LineEnd);
        self.place = Place::Inside;
    }

    fn inside(&mut self, byte: u8, message: &mut Vec<u8>) {
        self.place = Place::Inside;
        match byte {
            b'\r' => self.place = Place::Cr,
            b'\n' if self.ends == LineEnds::Repair => {
                self.push(b"\r\n", message);
                self.place = Place::Repaired;
            }
            b'\n' => self.refuse(DataFault::LineEnd),
            0 => self.refuse(DataFault::Nul),
            byte => self.push(&[byte], message),
        }
    }

    fn push(&mut self, bytes: &[u8], message: &mut Vec<u8>) {
        if self.fault.is_some() {
            return;
        }
        match self.left.checked_sub(bytes.len()) {
            Some(left) => {
                self.left = left;
                message.extend_from_slice(bytes);
            }
            None => self.refuse(DataFault::TooLarge),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Feeds `sent` cut at `cuts`; the message, its fault, and what was left behind its end.
    fn decode(ends: LineEnds, pieces: &[&[u8]]) -> Option<(Vec<u8>, Option<DataFault>, Vec<u8>)> {
        let mut decoder = Decoder::new(ends, Framing::Dots, 10_000);
        let mut message = Vec::new();
        for (at, piece) in pieces.iter().enumerate() {
            if let Some(taken) = decoder.feed(piece, &mut message) {
                let rest = [&piece[taken..], &pieces[at + 1..].concat()].concat();
                return Some((message, decoder.fault(), rest));
            }
        }
        None
    }

    #[test]
    fn dots_are_removed_wherever_the_bytes_are_split() {
        let sent = b"..one\r\n.two\r\nth.ree\r\n...\r\n\r\n.\r\nQUIT\r\n";
        let expected = b".one\r\ntwo\r\nth.ree\r\n..\r\n\r\n".to_vec();
        for first in 0..=sent.len() {
            for second in first..=sent.len() {
                let pieces = [&sent[..first], &sent[first..second], &sent[second..]];
                let (message, fault, rest) = decode(LineEnds::Strict, &pieces).unwrap();
                assert_eq!((message, fault, rest), (expected.clone(), None, b"QUIT\r\n".to_vec()));
            }
        }
    }

    #[test]
    fn an_empty_message_ends_at_its_first_line() {
        assert_eq!(decode(LineEnds::Strict, &[b".\r\n"]), Some((vec![], None, vec![])));
    }

    #[test]
    fn nothing_but_crlf_dot_crlf_ends_a_message() {
        for middle in [
            "\n.\r\n",
            "\n.\n",
            "\r.\r",
            "\r.\r\n",
            "\r\n.\n",
            "\r\n.\r",
            "\r\n.\r\r\n",
            "\r\n\0.\r\n",
            "\r\n.\0\r\n",
            "\n\n.\n",
        ] {
            let sent = format!("a{middle}MAIL FROM:<x@x.vn>\r\n.\r\nQUIT\r\n");
            for ends in [LineEnds::Strict, LineEnds::Repair] {
                for cut in 0..sent.len() {
                    let (before, after) = sent.as_bytes().split_at(cut);
                    let (_, fault, rest) = decode(ends, &[before, after]).unwrap();
                    let expected = if middle.contains('\0') { DataFault::Nul } else { DataFault::LineEnd };
                    assert_eq!(
                        (fault, rest.as_slice()),
                        (Some(expected), &b"QUIT\r\n"[..]),
                        "{middle:?} {ends:?} {cut}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_bare_lf_is_refused_from_servers_and_repaired_for_people() {
        let sent: &[u8] = b"a\nb\n\nc\r\n.\r\n";
        assert_eq!(decode(LineEnds::Strict, &[sent]).unwrap().1, Some(DataFault::LineEnd));
        let (message, fault, _) = decode(LineEnds::Repair, &[sent]).unwrap();
        assert_eq!((message.as_slice(), fault), (&b"a\r\nb\r\n\r\nc\r\n"[..], None));
    }

    #[test]
    fn chunks_are_lines_wherever_they_are_cut() {
        let collect = |ends, sent: &[u8]| {
            let mut all = Vec::new();
            for cut in 0..=sent.len() {
                let (mut decoder, mut message) = (Decoder::new(ends, Framing::Chunks, 10_000), Vec::new());
                let (before, after) = sent.split_at(cut);
                assert_eq!((decoder.feed(before, &mut message), decoder.feed(after, &mut message)), (None, None));
                decoder.end();
                all.push((message, decoder.fault()));
            }
            all.dedup_by(|a, b| a.1 == b.1 && (a.1.is_some() || a.0 == b.0));
            assert_eq!(all.len(), 1, "{:?}", String::from_utf8_lossy(sent));
            all.remove(0)
        };
        let dots = b".\r\n..a\r\n.\r\n\r\n.";
        assert_eq!(collect(LineEnds::Strict, dots), (dots.to_vec(), None));
        assert_eq!(collect(LineEnds::Repair, b"a\n.\nb"), (b"a\r\n.\r\nb".to_vec(), None));
        for (bad, fault) in [
            (&b"a\nb\r\n"[..], DataFault::LineEnd),
            (b"a\rb\r\n", DataFault::LineEnd),
            (b"a\r\nb\r", DataFault::LineEnd),
            (b"a\0\r\n", DataFault::Nul),
        ] {
            assert_eq!(collect(LineEnds::Strict, bad).1, Some(fault), "{bad:?}");
            assert_eq!(collect(LineEnds::Any, bad), (bad.to_vec(), None));
        }
    }

    #[test]
    fn a_message_over_the_limit_is_read_to_its_end() {
        let mut decoder = Decoder::new(LineEnds::Strict, Framing::Dots, 5);
        let mut message = Vec::new();
        assert_eq!(decoder.feed(b"123\r\n", &mut message), None);
        assert_eq!(decoder.fault(), None);
        assert_eq!(decoder.feed(b"6\r\n.\r\n", &mut message), Some(6));
        assert_eq!(decoder.fault(), Some(DataFault::TooLarge));
    }

    proptest! {
        #[test]
        fn what_is_stuffed_is_unstuffed(lines in proptest::collection::vec("[.a-c]{0,5}", 0..20), cut in 0usize..100) {
            let message: Vec<String> = lines.iter().map(|line| format!("{line}\r\n")).collect();
            let dot = |line: &String| if line.starts_with('.') { "." } else { "" };
            let stuffed: Vec<String> = message.iter().map(|line| format!("{}{line}", dot(line))).collect();
            let (message, stuffed) = (message.concat(), stuffed.concat());
            let sent = format!("{stuffed}.\r\n");
            let (before, after) = sent.as_bytes().split_at(cut.min(sent.len()));
            prop_assert_eq!(decode(LineEnds::Strict, &[before, after]), Some((message.into_bytes(), None, vec![])));
        }
    }
}
