//! Untagged lines about messages: RFC 9051 §7.3 to §7.5. Written into memory, as fast as the index can be read.

use super::session::{CondStore, Revision};
use super::syntax::{Numbers, print};
use crate::id::{ModSeq, Uid};
use crate::limits;
use crate::store::{Entry, Flags, Index, Keywords, UidRanges};

/// `* n WORD`
pub fn numbered(out: &mut Vec<u8>, number: u32, word: &str) {
    out.extend_from_slice(b"* ");
    print::number(out, number);
    out.push(b' ');
    out.extend_from_slice(word.as_bytes());
    out.extend_from_slice(b"\r\n");
}

/// The flags that messages of the folder may have: `* FLAGS (…)`.
pub fn flags(out: &mut Vec<u8>, index: &Index) {
    out.extend_from_slice(b"* FLAGS ");
    let all = Flags(u64::MAX);
    flag_list(out, all, index.keywords(), []);
    out.extend_from_slice(b"\r\n");
}

/// Flags of a message, as FETCH tells them unasked.
#[derive(Clone, Copy)]
pub struct Flagged<'a> {
    /// Its number as of now.
    pub sequence: u32,
    /// The message.
    pub entry: &'a Entry,
    /// The names of its keywords.
    pub keywords: &'a Keywords,
    /// From which UID on messages are `\Recent`.
    pub recent_from: Uid,
    /// `\Recent` is of RFC 3501 only.
    pub revision: Revision,
    /// Whether MODSEQ goes with it.
    pub cond_store: CondStore,
    /// Whether the command that made it so spoke of UIDs.
    pub numbers: Numbers,
}

/// `* n FETCH (UID u FLAGS (…))`: with the UID where RFC 9051 §7.5.2 and RFC 7162 §3.2.4 want it.
pub fn flagged(out: &mut Vec<u8>, flagged: Flagged<'_>) {
    let Flagged { sequence, entry, keywords, recent_from, revision, cond_store, numbers } = flagged;
    fetch_begin(out, sequence);
    if numbers == Numbers::Uid || revision == Revision::Two || cond_store == CondStore::On {
        out.extend_from_slice(b"UID ");
        print::number(out, entry.uid.0);
        out.push(b' ');
    }
    out.extend_from_slice(b"FLAGS ");
    message_flags(out, entry, keywords, recent_from, revision);
    if cond_store == CondStore::On {
        out.push(b' ');
        mod_seq(out, entry.modseq);
    }
    fetch_end(out);
}

/// `* VANISHED 1:3,7`, in as many lines as it takes to keep each short.
pub fn vanished(out: &mut Vec<u8>, when: Vanished, uids: &UidRanges) {
    for ranges in uids.as_slice().chunks(limits::VANISHED_RANGES_PER_LINE_MAX) {
        out.extend_from_slice(b"* VANISHED ");
        out.extend_from_slice(match when {
            Vanished::Now => b"",
            Vanished::Earlier => b"(EARLIER) ",
        });
        for (place, range) in ranges.iter().enumerate() {
            if place > 0 {
                out.push(b',');
            }
            print::number(out, *range.start());
            if range.start() < range.end() {
                out.push(b':');
                print::number(out, *range.end());
            }
        }
        out.extend_from_slice(b"\r\n");
    }
}

/// What VANISHED is about: RFC 7162 §3.2.10.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vanished {
    /// Messages that the client counts until this line.
    Now,
    /// Messages that it does not count: what it remembers is older.
    Earlier,
}

/// `* n FETCH (`
pub fn fetch_begin(out: &mut Vec<u8>, sequence: u32) {
    out.extend_from_slice(b"* ");
    print::number(out, sequence);
    out.extend_from_slice(b" FETCH (");
}

/// The end of a FETCH line.
pub fn fetch_end(out: &mut Vec<u8>) {
    out.extend_from_slice(b")\r\n");
}

/// `MODSEQ (n)`
pub fn mod_seq(out: &mut Vec<u8>, modseq: ModSeq) {
    out.extend_from_slice(b"MODSEQ (");
    print::number(out, modseq.0);
    out.push(b')');
}

/// The flags of a message in parentheses.
pub fn message_flags(out: &mut Vec<u8>, entry: &Entry, keywords: &Keywords, recent_from: Uid, revision: Revision) {
    let recent = revision == Revision::One && entry.uid >= recent_from;
    flag_list(out, entry.flags, keywords, recent.then_some("\\Recent"));
}

/// Flags in parentheses, with more behind them.
pub fn flag_list<'a>(out: &mut Vec<u8>, flags: Flags, keywords: &'a Keywords, more: impl IntoIterator<Item = &'a str>) {
    out.push(b'(');
    let start = out.len();
    let system = Flags::SYSTEM.iter().filter(|(flag, _)| flags.contains(*flag)).map(|(_, name)| *name);
    for name in system.chain(keywords.of(flags)).chain(more) {
        if out.len() > start {
            out.push(b' ');
        }
        out.extend_from_slice(name.as_bytes());
    }
    out.push(b')');
}

/// Messages are counted in 32 bits: there are no more UIDs.
pub fn count(messages: usize) -> u32 {
    u32::try_from(messages).unwrap_or(u32::MAX)
}

/// `{n}`, before that many octets.
pub fn literal_begin(out: &mut Vec<u8>, octets: u64) {
    out.push(b'{');
    print::number(out, octets);
    out.extend_from_slice(b"}\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::BodyId;

    #[test]
    fn a_line_about_flags() {
        let entry = Entry {
            uid: Uid(9),
            size: 1,
            flags: Flags::SEEN.with(Flags::ANSWERED),
            modseq: ModSeq(12),
            date: 0,
            body: BodyId(1),
        };
        let keywords = Keywords::default();
        let mut flagged = Flagged {
            sequence: 3,
            entry: &entry,
            keywords: &keywords,
            recent_from: Uid(9),
            revision: Revision::One,
            cond_store: CondStore::On,
            numbers: Numbers::Sequence,
        };
        let mut out = Vec::new();
        super::flagged(&mut out, flagged);
        assert_eq!(out, b"* 3 FETCH (UID 9 FLAGS (\\Answered \\Seen \\Recent) MODSEQ (12))\r\n");
        (flagged.revision, flagged.cond_store) = (Revision::Two, CondStore::Off);
        out.clear();
        super::flagged(&mut out, flagged);
        assert_eq!(out, b"* 3 FETCH (UID 9 FLAGS (\\Answered \\Seen))\r\n");
        (flagged.revision, flagged.recent_from) = (Revision::One, Uid(10));
        out.clear();
        super::flagged(&mut out, flagged);
        assert_eq!(out, b"* 3 FETCH (FLAGS (\\Answered \\Seen))\r\n");
    }
}
