//! What FETCH answers for one message: RFC 9051 §7.5.2. Pure: from what was read into what is sent.

use std::borrow::Cow;
use std::ops::Range;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::kept::Threads;
use super::lines;
use super::places::Message;
use super::section::{FieldFilter, Found, Opened, Source, UnknownEncoding};
use super::session::Revision;
use super::syntax::{FetchItem, Numbers, Partial, Patience, Rfc822, Section, SectionText, Seen, print};
use crate::id::Uid;
use crate::store::{Derived, EmailId, Entry, Kept, Keywords};

/// What is asked of each message, with all that is the same for every one made once.
pub struct Plan<'a> {
    items: Vec<Item<'a>>,
    source: Option<Source>,
    seen: Seen,
}

/// One item with the name under which it is answered, a space behind it.
struct Item<'a> {
    name: Vec<u8>,
    what: What<'a>,
}

enum What<'a> {
    Uid,
    Flags,
    InternalDate,
    Size,
    ModSeq,
    Kept(KeptItem),
    Preview(Patience),
    Derived(Derived),
    Section(Cut<'a>, Option<Partial>),
    Binary(&'a [u32], Option<Partial>),
    BinarySize(&'a [u32]),
}

/// An item that is looked up beside the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeptItem {
    Email,
    Thread,
    Saved,
}

/// A section, and, where only some fields of the message's own header are wanted, which.
struct Cut<'a> {
    section: Cow<'a, Section>,
    filter: Option<FieldFilter<'a>>,
}

/// What is the same for all messages of a folder.
pub struct Folder<'a> {
    /// The names of keywords.
    pub keywords: &'a Keywords,
    /// From which UID on messages are `\Recent`.
    pub recent_from: Uid,
    /// Whether there is `\Recent` at all.
    pub revision: Revision,
    /// In which internal dates are shown.
    pub zone: &'a TimeZone,
}

/// What was read of one message.
#[derive(Clone, Copy, Default)]
pub struct Read<'a> {
    /// ENVELOPE
    pub envelope: &'a [u8],
    /// BODYSTRUCTURE
    pub structure: &'a [u8],
    /// BODY
    pub basic_structure: &'a [u8],
    /// PREVIEW
    pub preview: &'a [u8],
    /// What is kept of it beside the index; `None` where the message's row was purged.
    pub kept: Option<Kept>,
    /// The header or the whole message, as the plan's source says.
    pub octets: &'a [u8],
}

/// A line whose literals are sent as they lie in the message.
pub struct Streamed {
    /// The line up to such octets, and which those are; `None` behind the last of it.
    pub pieces: Vec<(Vec<u8>, Option<Range<u64>>)>,
    /// As [`Plan::line`] gives it.
    pub result: Result<(), UnknownEncoding>,
}

/// Whether the flags of a message are told although they were not asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unasked {
    /// No.
    Nothing,
    /// To read the message changed them.
    Flags,
    /// The same, for a client that keeps mod-sequences.
    FlagsAndModSeq,
}

impl<'a> Plan<'a> {
    /// `mod_seq`: whether MODSEQ is answered without having been asked for (RFC 7162 §3.1.4.1).
    pub fn new(items: &'a [FetchItem], numbers: Numbers, mod_seq: bool) -> Self {
        let mut plan = Self { items: Vec::with_capacity(items.len() + 2), source: None, seen: Seen::Keep };
        if numbers == Numbers::Uid && !items.contains(&FetchItem::Uid) {
            plan.add(&FetchItem::Uid);
        }
        for item in items {
            plan.add(item);
        }
        if mod_seq && !items.contains(&FetchItem::ModSeq) {
            plan.add(&FetchItem::ModSeq);
        }
        plan
    }

    fn add(&mut self, item: &'a FetchItem) {
        let mut name = Vec::new();
        print::item_name(&mut name, item);
        name.push(b' ');
        let what = match item {
            FetchItem::Uid => What::Uid,
            FetchItem::Flags => What::Flags,
            FetchItem::InternalDate => What::InternalDate,
            FetchItem::Rfc822Size => What::Size,
            FetchItem::ModSeq => What::ModSeq,
            FetchItem::EmailId => What::Kept(KeptItem::Email),
            FetchItem::ThreadId => What::Kept(KeptItem::Thread),
            FetchItem::SaveDate => What::Kept(KeptItem::Saved),
            FetchItem::Preview(patience) => What::Preview(*patience),
            FetchItem::Envelope => What::Derived(Derived::Envelope),
            FetchItem::BodyStructure => What::Derived(Derived::Structure),
            FetchItem::Body => What::Derived(Derived::BasicStructure),
            FetchItem::Rfc822(old) => {
                let (text, seen) = match old {
                    Rfc822::Message => (SectionText::Whole, Seen::Set),
                    Rfc822::Header => (SectionText::Header, Seen::Keep),
                    Rfc822::Text => (SectionText::Text, Seen::Set),
                };
                let section = Section { path: Vec::new(), text };
                self.reads(section.source(), seen);
                What::Section(Cut { section: Cow::Owned(section), filter: None }, None)
            }
            FetchItem::Section { section, partial, seen } => {
                self.reads(section.source(), *seen);
                let filter = FieldFilter::new(&section.text).filter(|_| section.path.is_empty());
                What::Section(Cut { section: Cow::Borrowed(section), filter }, *partial)
            }
            FetchItem::Binary { path, partial, seen } => {
                self.reads(if path.is_empty() { Source::Message } else { Source::Parts }, *seen);
                What::Binary(path, *partial)
            }
            FetchItem::BinarySize(path) => {
                self.reads(Source::Parts, Seen::Keep);
                What::BinarySize(path)
            }
        };
        self.items.push(Item { name, what });
    }

    fn reads(&mut self, source: Source, seen: Seen) {
        self.source = self.source.max(Some(source));
        if seen == Seen::Set {
            self.seen = Seen::Set;
        }
    }

    /// What must be read of each message's octets.
    pub fn source(&self) -> Option<Source> {
        self.source
    }

    /// Whether to answer makes the messages seen.
    pub fn seen(&self) -> Seen {
        self.seen
    }

    /// Whether a derived text must be read.
    pub fn wants(&self, derived: Derived) -> bool {
        self.items.iter().any(|item| matches!(item.what, What::Derived(d) if d == derived))
    }

    /// Whether a message's id, or when it was saved, must be looked up; and whether its conversation must.
    pub fn wants_kept(&self) -> Option<Threads> {
        let wants = |wanted: &dyn Fn(KeptItem) -> bool| {
            self.items.iter().any(|item| matches!(item.what, What::Kept(kept) if wanted(kept)))
        };
        let threads = if wants(&|kept| kept == KeptItem::Thread) { Threads::Asked } else { Threads::NotAsked };
        wants(&|_| true).then_some(threads)
    }

    /// Whether previews are wanted, and whether the client waits for them.
    pub fn wants_previews(&self) -> Option<Patience> {
        let asks =
            |wanted| self.items.iter().any(|item| matches!(&item.what, What::Preview(asked) if *asked == wanted));
        [Patience::Waits, Patience::Lazy].into_iter().find(|patience| asks(*patience))
    }

    /// Whether anything is asked that the index does not have.
    pub fn reads_database(&self) -> bool {
        self.source.is_some()
            || self.items.iter().any(|item| matches!(item.what, What::Derived(_) | What::Kept(_) | What::Preview(_)))
    }

    /// Whether of the message's octets nothing is asked but the message itself, whole or a piece of it: such can be
    /// sent piece by piece.
    pub fn is_streamable(&self) -> bool {
        self.source == Some(Source::Message)
            && self.items.iter().all(|item| match &item.what {
                What::Section(cut, _) => cut.section.source() == Source::Message,
                What::Binary(..) | What::BinarySize(_) => false,
                What::Uid
                | What::Flags
                | What::InternalDate
                | What::Size
                | What::ModSeq
                | What::Derived(_)
                | What::Kept(_)
                | What::Preview(_) => true,
            })
    }

    /// `* n FETCH (…)`
    ///
    /// # Errors
    /// A part that BINARY cannot decode is answered with NIL; the command is to be refused then.
    pub fn line(
        &self,
        out: &mut Vec<u8>,
        folder: &Folder<'_>,
        message: &Message,
        read: Read<'_>,
        unasked: Unasked,
    ) -> Result<(), UnknownEncoding> {
        let opened = Opened::new(read.octets);
        let mut result = Ok(());
        self.items(out, folder, message, unasked, |out, what| match what {
            Asked::Derived(derived) => text_or_nil(out, read.derived(derived)),
            Asked::Kept(item) => folder.kept(out, item, message, read.kept),
            // The message's row was purged since the client was told of it.
            Asked::Octets(_) if read.octets.is_empty() && message.entry.size > 0 => out.extend_from_slice(b"NIL"),
            Asked::Octets(what) => result = result.and(octets(out, what, read.octets, &opened)),
        });
        result
    }

    /// The line of a message that is sent piece by piece. `read` has what is derived, and the message unless
    /// [`Plan::is_streamable`].
    pub fn streamed(&self, folder: &Folder<'_>, message: &Message, read: Read<'_>, unasked: Unasked) -> Streamed {
        let opened = Opened::new(read.octets);
        let size = u64::from(message.entry.size);
        let (mut pieces, mut result) = (Vec::new(), Ok(()));
        let mut out = Vec::new();
        let mut within = |out: &mut Vec<u8>, range: Range<u64>, partial: Option<Partial>| {
            let length = range.end - range.start;
            let part = partial.map_or(0..length, |partial| partial.range(length));
            lines::literal_begin(out, part.end - part.start);
            pieces.push((std::mem::take(out), Some(range.start + part.start..range.start + part.end)));
        };
        self.items(&mut out, folder, message, unasked, |out, what| {
            let (found, partial) = match what {
                Asked::Derived(derived) => return text_or_nil(out, read.derived(derived)),
                Asked::Kept(item) => return folder.kept(out, item, message, read.kept),
                Asked::Octets(What::Section(cut, partial)) if cut.section.source() == Source::Message => {
                    return within(out, 0..size, *partial);
                }
                Asked::Octets(_) if read.octets.is_empty() => return out.extend_from_slice(b"NIL"),
                Asked::Octets(What::Section(Cut { section, filter: None }, partial)) => {
                    (opened.section(section), partial)
                }
                Asked::Octets(What::Binary(path, partial)) => (opened.binary(path).unwrap_or_default(), partial),
                Asked::Octets(_) => (None, &None),
            };
            match (what, found) {
                (Asked::Octets(What::Binary(..)), Some(Found::Within(range)))
                    if memchr::memchr(0, opened.octets(&Found::Within(range.clone()))).is_none() =>
                {
                    within(out, range.start as u64..range.end as u64, *partial);
                }
                (Asked::Octets(What::Section(..)), Some(Found::Within(range))) => {
                    within(out, range.start as u64..range.end as u64, *partial);
                }
                (Asked::Octets(what), _) => result = result.and(octets(out, what, read.octets, &opened)),
                (Asked::Derived(_) | Asked::Kept(_), _) => {}
            }
        });
        pieces.push((out, None));
        Streamed { pieces, result }
    }

    fn items(
        &self,
        out: &mut Vec<u8>,
        folder: &Folder<'_>,
        message: &Message,
        unasked: Unasked,
        mut read: impl FnMut(&mut Vec<u8>, Asked<'_, 'a>),
    ) {
        let entry = &message.entry;
        lines::fetch_begin(out, message.sequence);
        for (place, item) in self.items.iter().enumerate() {
            if place > 0 {
                out.push(b' ');
            }
            // MODSEQ brings its name along.
            if !matches!(item.what, What::ModSeq) {
                out.extend_from_slice(&item.name);
            }
            match &item.what {
                What::Uid => print::number(out, entry.uid.0),
                What::Flags => folder.flags(out, entry),
                What::InternalDate => folder.date(out, entry.date),
                What::Size => print::number(out, entry.size),
                What::ModSeq => lines::mod_seq(out, entry.modseq),
                What::Derived(derived) => read(out, Asked::Derived(*derived)),
                What::Kept(item) => read(out, Asked::Kept(*item)),
                What::Preview(_) => read(out, Asked::Derived(Derived::Preview)),
                octets @ (What::Section(..) | What::Binary(..) | What::BinarySize(_)) => {
                    read(out, Asked::Octets(octets));
                }
            }
        }
        let asked = |what: fn(&What<'a>) -> bool| self.items.iter().any(|item| what(&item.what));
        if unasked != Unasked::Nothing && !asked(|what| matches!(what, What::Flags)) {
            out.extend_from_slice(b" FLAGS ");
            folder.flags(out, entry);
        }
        if unasked == Unasked::FlagsAndModSeq && !asked(|what| matches!(what, What::ModSeq)) {
            out.push(b' ');
            lines::mod_seq(out, entry.modseq);
        }
        lines::fetch_end(out);
    }
}

/// What the index does not have.
#[derive(Clone, Copy)]
enum Asked<'p, 'a> {
    Derived(Derived),
    Kept(KeptItem),
    Octets(&'p What<'a>),
}

impl Folder<'_> {
    fn flags(&self, out: &mut Vec<u8>, entry: &Entry) {
        lines::message_flags(out, entry, self.keywords, self.recent_from, self.revision);
    }

    fn date(&self, out: &mut Vec<u8>, seconds: i64) {
        let when = Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH);
        print::date_time(out, when, self.zone.to_offset(when));
    }

    fn kept(&self, out: &mut Vec<u8>, item: KeptItem, message: &Message, kept: Option<Kept>) {
        match (item, kept) {
            (KeptItem::Email, kept) => {
                let email = kept.map_or(EmailId { body: message.entry.body, variant: 0 }, |kept| kept.email);
                out.extend_from_slice(format!("({email})").as_bytes());
            }
            (KeptItem::Thread, Some(Kept { thread: Some(thread), .. })) => {
                out.extend_from_slice(format!("({thread})").as_bytes());
            }
            (KeptItem::Saved, Some(kept)) => self.date(out, kept.saved),
            (KeptItem::Thread | KeptItem::Saved, _) => out.extend_from_slice(b"NIL"),
        }
    }
}

impl<'a> Read<'a> {
    fn derived(&self, derived: Derived) -> &'a [u8] {
        match derived {
            Derived::Envelope => self.envelope,
            Derived::Structure => self.structure,
            Derived::BasicStructure => self.basic_structure,
            Derived::Preview => self.preview,
        }
    }
}

fn text_or_nil(out: &mut Vec<u8>, text: &[u8]) {
    out.extend_from_slice(if text.is_empty() { b"NIL" } else { text });
}

fn octets(out: &mut Vec<u8>, what: &What<'_>, raw: &[u8], opened: &Opened<'_>) -> Result<(), UnknownEncoding> {
    let part = |partial: &Option<Partial>, octets: &[u8], out: &mut Vec<u8>, print: fn(&mut Vec<u8>, &[u8])| {
        print(out, partial.as_ref().map_or(octets, |partial| partial.of(octets)));
    };
    match what {
        What::Section(Cut { filter: Some(filter), .. }, partial) => {
            let mut kept = Vec::with_capacity(1024);
            filter.filter(raw, &mut kept);
            part(partial, &kept, out, print::literal);
        }
        What::Section(Cut { section, .. }, partial) => match opened.section(section) {
            Some(found) => part(partial, opened.octets(&found), out, print::literal),
            None => out.extend_from_slice(b"NIL"),
        },
        What::Binary(path, partial) => match opened.binary(path) {
            Ok(Some(found)) => part(partial, opened.octets(&found), out, print::binary),
            Ok(None) => out.extend_from_slice(b"NIL"),
            Err(error) => {
                out.extend_from_slice(b"NIL");
                return Err(error);
            }
        },
        What::BinarySize(path) => match opened.binary(path) {
            Ok(octets) => print::number(out, octets.map_or(0, |found| opened.octets(&found).len() as u64)),
            Err(error) => {
                print::number(out, 0_u32);
                return Err(error);
            }
        },
        What::Uid
        | What::Flags
        | What::InternalDate
        | What::Size
        | What::ModSeq
        | What::Derived(_)
        | What::Kept(_)
        | What::Preview(_) => {}
    }
    Ok(())
}
