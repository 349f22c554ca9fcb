//! What SEARCH looks for, as a condition on one message: RFC 9051 §6.4.4.
//!
//! Most of it the index alone decides; only where it cannot are header or body read. So a condition is asked twice:
//! first [`Condition::by_index`], then, of the messages still in doubt, [`Condition::by_text`].

use std::cell::OnceCell;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::flags;
use super::refusal::Refusal;
use super::session::Selected;
use super::syntax::{Comparison, DateTest, Numbers, SearchField, SearchKey};
use super::{places::Places, sent};
use crate::id::{ModSeq, Uid};
use crate::mime;
use crate::store::{Entry, Flags, Index};
use crate::text::fold;

/// A condition with everything the client named already looked up.
#[derive(Clone, Debug)]
pub enum Condition {
    /// Always the same.
    Always(bool),
    /// All must hold.
    And(Vec<Condition>),
    /// One must hold.
    Or(Box<(Condition, Condition)>),
    /// It must not hold.
    Not(Box<Condition>),
    /// The message is at one of these places.
    At(Places),
    /// It has the flag.
    Flag(Flags),
    /// Its UID is this or a later one.
    From(Uid),
    /// Its internal date is in this span of seconds, the end not included.
    Received(i64, i64),
    /// More octets than this.
    Larger(u64),
    /// Fewer octets than this.
    Smaller(u64),
    /// Changed at this mod-sequence or later.
    Changed(ModSeq),
    /// The day in the Date field compares so.
    Sent(DateTest, Date),
    /// A field of the header holds the folded text; an absent one holds nothing.
    Field(&'static str, String),
    /// Any named field of the header holds the folded text, and is there.
    Header(String, String),
    /// The body holds the folded text.
    Body(String),
    /// Header or body hold the folded text.
    Text(String),
}

/// Which text decides what the index does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Needs {
    /// None.
    Nothing,
    /// The header.
    Header,
    /// All of the message.
    Message,
}

/// What a condition is made for.
pub struct Context<'a> {
    /// The folder.
    pub selected: &'a Selected,
    /// The newest state of it.
    pub index: &'a Index,
    /// The time.
    pub now: Timestamp,
    /// Where days begin.
    pub zone: &'a TimeZone,
}

impl Condition {
    /// Looks up what the client named. Nesting was bounded by the grammar.
    pub fn of(key: &SearchKey, context: &Context<'_>) -> Result<Self, Refusal> {
        let selected = context.selected;
        Ok(match key {
            SearchKey::All => Self::Always(true),
            SearchKey::And(keys) => Self::And(keys.iter().map(|key| Self::of(key, context)).collect::<Result<_, _>>()?),
            SearchKey::Or(keys) => Self::Or(Box::new((Self::of(&keys.0, context)?, Self::of(&keys.1, context)?))),
            SearchKey::Not(key) => Self::Not(Box::new(Self::of(key, context)?)),
            SearchKey::Sequence(messages) => Self::At(selected.places(Numbers::Sequence, messages)?),
            SearchKey::Uid(messages) => Self::At(selected.places(Numbers::Uid, messages)?),
            SearchKey::Flag(flag) => flags::bit(flag, context.index.keywords()).map_or(Self::Always(false), Self::Flag),
            SearchKey::Recent => Self::From(selected.view.recent_from()),
            SearchKey::Field(field, text) => Self::Field(field_name(*field), fold(text)),
            SearchKey::Header(name, text) => Self::Header(name.clone(), fold(text)),
            SearchKey::Body(text) => Self::Body(fold(text)),
            SearchKey::Text(text) => Self::Text(fold(text)),
            SearchKey::Received(test, date) => received(*test, *date, context.zone),
            SearchKey::Sent(test, date) => Self::Sent(*test, *date),
            SearchKey::Size(Comparison::Greater, octets) => Self::Larger(*octets),
            SearchKey::Size(Comparison::Less, octets) => Self::Smaller(*octets),
            SearchKey::Age(comparison, seconds) => age(*comparison, *seconds, context.now),
            SearchKey::ModSeq(modseq) => Self::Changed(*modseq),
        })
    }

    /// What the index says; `None` where text decides.
    pub fn by_index(&self, place: usize, entry: &Entry) -> Option<bool> {
        match self {
            Self::Always(answer) => Some(*answer),
            Self::And(all) => all
                .iter()
                .try_fold(Some(true), |so_far, one| match one.by_index(place, entry) {
                    Some(false) => Err(()),
                    Some(true) => Ok(so_far),
                    None => Ok(None),
                })
                .unwrap_or(Some(false)),
            Self::Or(either) => match (either.0.by_index(place, entry), either.1.by_index(place, entry)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                (None, _) | (_, None) => None,
            },
            Self::Not(condition) => condition.by_index(place, entry).map(|answer| !answer),
            Self::At(places) => Some(places.contains(place)),
            Self::Flag(flag) => Some(entry.flags.contains(*flag)),
            Self::From(uid) => Some(entry.uid >= *uid),
            Self::Received(from, until) => Some((*from..*until).contains(&entry.date)),
            Self::Larger(octets) => Some(u64::from(entry.size) > *octets),
            Self::Smaller(octets) => Some(u64::from(entry.size) < *octets),
            Self::Changed(modseq) => Some(entry.modseq >= *modseq),
            Self::Sent(..) | Self::Field(..) | Self::Header(..) | Self::Body(_) | Self::Text(_) => None,
        }
    }

    /// What the message itself says.
    pub fn by_text(&self, place: usize, entry: &Entry, text: &Text<'_>) -> bool {
        if let Some(answer) = self.by_index(place, entry) {
            return answer;
        }
        match self {
            Self::And(all) => all.iter().all(|one| one.by_text(place, entry, text)),
            Self::Or(either) => either.0.by_text(place, entry, text) || either.1.by_text(place, entry, text),
            Self::Not(condition) => !condition.by_text(place, entry, text),
            Self::Sent(how, date) => text.sent(entry, *how, *date),
            Self::Field(name, needle) => mime::header_field_text(text.raw, name).unwrap_or_default().contains(needle),
            Self::Header(name, needle) => {
                mime::header_field_text(text.raw, name).is_some_and(|text| text.contains(needle))
            }
            Self::Body(needle) => text.body().contains(needle),
            Self::Text(needle) => text.header().contains(needle) || text.body().contains(needle),
            // Decided by the index.
            Self::Always(_)
            | Self::At(_)
            | Self::Flag(_)
            | Self::From(_)
            | Self::Received(..)
            | Self::Larger(_)
            | Self::Smaller(_)
            | Self::Changed(_) => false,
        }
    }

    /// Which text decides what the index does not.
    pub fn needs(&self) -> Needs {
        match self {
            Self::And(all) => all.iter().map(Self::needs).max().unwrap_or(Needs::Nothing),
            Self::Or(either) => either.0.needs().max(either.1.needs()),
            Self::Not(condition) => condition.needs(),
            Self::Sent(..) | Self::Field(..) | Self::Header(..) => Needs::Header,
            Self::Body(_) | Self::Text(_) => Needs::Message,
            Self::Always(_)
            | Self::At(_)
            | Self::Flag(_)
            | Self::From(_)
            | Self::Received(..)
            | Self::Larger(_)
            | Self::Smaller(_)
            | Self::Changed(_) => Needs::Nothing,
        }
    }

    /// Whether it asks for mod-sequences, which the answer then tells: RFC 7162 §3.1.5.
    pub fn asks_mod_seq(&self) -> bool {
        match self {
            Self::And(all) => all.iter().any(Self::asks_mod_seq),
            Self::Or(either) => either.0.asks_mod_seq() || either.1.asks_mod_seq(),
            Self::Not(condition) => condition.asks_mod_seq(),
            Self::Changed(_) => true,
            _ => false,
        }
    }
}

/// The text of a message; decoded at most once, however many conditions look at it.
pub struct Text<'a> {
    raw: &'a [u8],
    zone: &'a TimeZone,
    header: OnceCell<String>,
    body: OnceCell<String>,
}

impl<'a> Text<'a> {
    /// Of a message, or of its header where that is all that is needed.
    pub fn new(raw: &'a [u8], zone: &'a TimeZone) -> Self {
        Self { raw, zone, header: OnceCell::new(), body: OnceCell::new() }
    }

    fn header(&self) -> &str {
        self.header.get_or_init(|| mime::header_text(self.raw))
    }

    fn body(&self) -> &str {
        self.body.get_or_init(|| mime::body_text(self.raw))
    }

    /// By the day in the Date field, whatever its time and zone; by the internal date where there is none (B65).
    fn sent(&self, entry: &Entry, test: DateTest, date: Date) -> bool {
        let internal =
            || Timestamp::from_second(entry.date).map_or(Date::MIN, |t| t.to_zoned_datetime(self.zone.clone()).date());
        let sent = sent::day(self.raw).unwrap_or_else(internal);
        match test {
            DateTest::Before => sent < date,
            DateTest::On => sent == date,
            DateTest::Since => sent >= date,
        }
    }
}

fn field_name(field: SearchField) -> &'static str {
    match field {
        SearchField::Bcc => "bcc",
        SearchField::Cc => "cc",
        SearchField::From => "from",
        SearchField::Subject => "subject",
        SearchField::To => "to",
    }
}

fn received(test: DateTest, date: Date, zone: &TimeZone) -> Condition {
    let begins = |date: Date| date.to_zoned_datetime(zone.clone()).map_or(i64::MAX, |z| z.timestamp().as_second());
    let start = begins(date);
    let end = date.tomorrow().map_or(i64::MAX, begins);
    match test {
        DateTest::Before => Condition::Received(i64::MIN, start),
        DateTest::On => Condition::Received(start, end),
        DateTest::Since => Condition::Received(start, i64::MAX),
    }
}

/// RFC 5032 §3: at least, or at most, so many seconds old.
fn age(comparison: Comparison, seconds: u32, now: Timestamp) -> Condition {
    let then = now.as_second().saturating_sub(seconds.into());
    match comparison {
        Comparison::Greater => Condition::Received(i64::MIN, then.saturating_add(1)),
        Comparison::Less => Condition::Received(then, i64::MAX),
    }
}
