//! What SEARCH looks for, as a condition on one message: RFC 9051 §6.4.4.
//!
//! Most of it the folder's index alone decides, and of what is left most the store's index of texts; only where neither
//! can are header or body read. So a condition is asked up to three times: [`Condition::by_index`] with nothing known of
//! the texts, then with the answers to [`Condition::questions`], then, of the messages still in doubt,
//! [`Condition::by_text`].

use std::cell::OnceCell;
use std::ops::Range;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::flags;
use super::kept::LookedUp;
use super::refusal::Refusal;
use super::syntax::{Comparison, DateTest, Messages, Numbers, SearchField, SearchKey};
use super::{places::Places, sent};
use crate::id::{ModSeq, Uid};
use crate::store::{Entry, Flags, Index, Look, Question, UidRanges};
use crate::text::fold;
use crate::{limits, mime};

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
    /// Some text of the message holds the needle.
    Holds(Question),
    /// A field of the header, named, is there and holds the needle.
    Header(String, Question),
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
    /// The folder as the client knows it, which is how it counts.
    pub told: &'a Index,
    /// What `$` stands for.
    pub saved: &'a UidRanges,
    /// From which UID on messages are `\Recent`.
    pub recent_from: Uid,
    /// The newest state of the folder.
    pub index: &'a Index,
    /// What was looked up of the messages beforehand.
    pub kept: &'a LookedUp,
    /// The time.
    pub now: Timestamp,
    /// Where days begin.
    pub zone: &'a TimeZone,
}

impl Condition {
    /// Looks up what the client named. Nesting was bounded by the grammar.
    pub fn of(key: &SearchKey, context: &Context<'_>) -> Result<Self, Refusal> {
        Self::read(key, context, Reading::Exact(Grade::Words))
    }

    /// What makes a message more relevant where the key is fuzzy, each as much: that it holds the texts whole, that its
    /// subject holds their words, that its subject holds them whole. RFC 6203 §4 leaves the choice.
    pub fn relevant(key: &SearchKey, context: &Context<'_>) -> Result<[Self; 3], Refusal> {
        let graded = |grade| Self::read(key, context, Reading::Exact(grade));
        Ok([graded(Grade::Whole)?, graded(Grade::SubjectWords)?, graded(Grade::SubjectWhole)?])
    }

    fn read(key: &SearchKey, context: &Context<'_>, reading: Reading) -> Result<Self, Refusal> {
        let read = |key| Self::read(key, context, reading);
        Ok(match key {
            SearchKey::All => Self::Always(true),
            SearchKey::And(keys) => Self::And(keys.iter().map(read).collect::<Result<_, _>>()?),
            SearchKey::Or(keys) => Self::Or(Box::new((read(&keys.0)?, read(&keys.1)?))),
            SearchKey::Not(key) => Self::Not(Box::new(read(key)?)),
            SearchKey::Fuzzy(key) => Self::read(key, context, reading.fuzzily())?,
            SearchKey::Sequence(Messages::Set(set)) => Self::At(Places::within(set, context.told)),
            SearchKey::Uid(Messages::Set(set)) => Self::At(Places::resolve(set, Numbers::Uid, context.told)?),
            SearchKey::Sequence(Messages::Saved) | SearchKey::Uid(Messages::Saved) => {
                Self::At(Places::of_uids(context.saved, context.told))
            }
            SearchKey::Flag(flag) => flags::bit(flag, context.index.keywords()).map_or(Self::Always(false), Self::Flag),
            SearchKey::Recent => Self::From(context.recent_from),
            SearchKey::Field(field, text) => reading.of(text, |text| holds(look_of(*field), text)),
            SearchKey::Header(name, text) => reading.of(text, |text| header(name, text)),
            SearchKey::Body(text) => reading.of(text, |text| holds(Look::Body, text)),
            SearchKey::Text(text) => reading.of(text, |text| holds(Look::Text, text)),
            SearchKey::Received(test, date) => received(*test, *date, context.zone),
            SearchKey::Sent(test, date) => Self::Sent(*test, *date),
            SearchKey::Size(Comparison::Greater, octets) => Self::Larger(*octets),
            SearchKey::Size(Comparison::Less, octets) => Self::Smaller(*octets),
            SearchKey::Age(comparison, seconds) => age(*comparison, *seconds, context.now),
            SearchKey::ModSeq(modseq) => Self::Changed(*modseq),
            SearchKey::Kept(key) => Self::At(Places::of_uids(context.kept.of(key), context.told)),
        })
    }

    /// What the folder's index says, and what is known of the texts; `None` where neither decides.
    pub fn by_index(&self, place: usize, entry: &Entry, known: Known<'_>) -> Option<bool> {
        match self {
            Self::Always(answer) => Some(*answer),
            Self::And(all) => all
                .iter()
                .try_fold(Some(true), |so_far, one| match one.by_index(place, entry, known) {
                    Some(false) => Err(()),
                    Some(true) => Ok(so_far),
                    None => Ok(None),
                })
                .unwrap_or(Some(false)),
            Self::Or(either) => {
                match (either.0.by_index(place, entry, known), either.1.by_index(place, entry, known)) {
                    (Some(true), _) | (_, Some(true)) => Some(true),
                    (Some(false), Some(false)) => Some(false),
                    (None, _) | (_, None) => None,
                }
            }
            Self::Not(condition) => condition.by_index(place, entry, known).map(|answer| !answer),
            Self::At(places) => Some(places.contains(place)),
            Self::Flag(flag) => Some(entry.flags.contains(*flag)),
            Self::From(uid) => Some(entry.uid >= *uid),
            Self::Received(from, until) => Some((*from..*until).contains(&entry.date)),
            Self::Larger(octets) => Some(u64::from(entry.size) > *octets),
            Self::Smaller(octets) => Some(u64::from(entry.size) < *octets),
            Self::Changed(modseq) => Some(entry.modseq >= *modseq),
            Self::Holds(question) | Self::Header(_, question) => known.of(question),
            Self::Sent(..) => None,
        }
    }

    /// What the message itself says.
    pub fn by_text(&self, place: usize, entry: &Entry, known: Known<'_>, text: &Text<'_>) -> bool {
        if let Some(answer) = self.by_index(place, entry, known) {
            return answer;
        }
        match self {
            Self::And(all) => all.iter().all(|one| one.by_text(place, entry, known, text)),
            Self::Or(either) => {
                either.0.by_text(place, entry, known, text) || either.1.by_text(place, entry, known, text)
            }
            Self::Not(condition) => !condition.by_text(place, entry, known, text),
            Self::Sent(how, date) => text.sent(entry, *how, *date),
            Self::Holds(question) => text.holds(question),
            Self::Header(name, question) => text.field(name).is_some_and(|text| text.contains(&question.needle)),
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

    /// Which text decides what is not known.
    pub fn needs(&self, known: Known<'_>) -> Needs {
        match self {
            Self::And(all) => all.iter().map(|one| one.needs(known)).max().unwrap_or(Needs::Nothing),
            Self::Or(either) => either.0.needs(known).max(either.1.needs(known)),
            Self::Not(condition) => condition.needs(known),
            Self::Holds(question) | Self::Header(_, question) if known.of(question).is_some() => Needs::Nothing,
            Self::Holds(Question { look: Look::Body | Look::Text, .. }) => Needs::Message,
            Self::Sent(..) | Self::Holds(_) | Self::Header(..) => Needs::Header,
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

    /// What the store's index may know, each question once and no more than [`limits::SEARCH_QUESTIONS_MAX`].
    pub fn questions(&self) -> Vec<Question> {
        let mut questions = Vec::new();
        self.gather(&mut questions);
        questions
    }

    fn gather(&self, questions: &mut Vec<Question>) {
        match self {
            Self::And(all) => all.iter().for_each(|one| one.gather(questions)),
            Self::Or(either) => [&either.0, &either.1].into_iter().for_each(|one| one.gather(questions)),
            Self::Not(condition) => condition.gather(questions),
            Self::Holds(question) | Self::Header(_, question)
                if questions.len() < limits::SEARCH_QUESTIONS_MAX
                    && is_asked(&question.needle)
                    && !questions.contains(question) =>
            {
                questions.push(question.clone());
            }
            _ => {}
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

/// A needle that holds a line break could lie across two fields of which only one is the body's: the index is not asked.
fn is_asked(needle: &str) -> bool {
    !needle.is_empty() && !needle.contains('\n')
}

/// What the store's index says of one message.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known<'a> {
    questions: &'a [Question],
    answers: Answers,
}

/// The answers to some questions.
#[derive(Clone, Copy, Debug, Default)]
pub struct Answers {
    yes: u64,
    no: u64,
}

impl Answers {
    /// Notes an answer.
    pub fn note(&mut self, question: usize, answer: Option<bool>) {
        match answer {
            Some(true) => self.yes |= 1 << question,
            Some(false) => self.no |= 1 << question,
            None => {}
        }
    }
}

impl<'a> Known<'a> {
    /// These answers to these questions.
    pub fn new(questions: &'a [Question], answers: Answers) -> Self {
        Self { questions, answers }
    }

    fn of(&self, question: &Question) -> Option<bool> {
        let at = self.questions.iter().position(|asked| asked == question)?;
        let (yes, no) = (self.answers.yes >> at & 1 == 1, self.answers.no >> at & 1 == 1);
        (yes || no).then_some(yes)
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

    fn holds(&self, question: &Question) -> bool {
        let needle = question.needle.as_str();
        let field = |name| self.field(name).is_some_and(|text| text.contains(needle));
        match question.look {
            Look::Subject => field("subject"),
            Look::From => field("from"),
            Look::To => field("to"),
            Look::Cc => field("cc"),
            Look::Bcc => field("bcc"),
            Look::Header => self.header().contains(needle),
            Look::Body => self.body().contains(needle),
            Look::Text => self.header().contains(needle) || self.body().contains(needle),
        }
    }

    fn field(&self, name: &str) -> Option<String> {
        mime::header_field_text(self.raw, name)
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

/// How the texts of keys are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    /// As they are; where FUZZY begins, so fuzzily.
    Exact(Grade),
    /// Fuzzily.
    Fuzzy(Grade),
}

/// How fuzzily.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Grade {
    /// All words are there, in any order, each as a part of any word.
    Words,
    /// The text is there whole.
    Whole,
    /// The subject has all words.
    SubjectWords,
    /// The subject has the text whole.
    SubjectWhole,
}

impl Reading {
    fn fuzzily(self) -> Self {
        let (Self::Exact(grade) | Self::Fuzzy(grade)) = self;
        Self::Fuzzy(grade)
    }

    /// The condition that a text stands for, which is `exact` of it where it is not fuzzy.
    fn of(self, text: &str, exact: impl Fn(&str) -> Condition) -> Condition {
        let words = || text.split_whitespace().take(limits::SEARCH_FUZZY_WORDS_MAX);
        match self {
            Self::Exact(_) | Self::Fuzzy(Grade::Whole) => exact(text),
            Self::Fuzzy(Grade::Words) => Condition::And(words().map(exact).collect()),
            Self::Fuzzy(Grade::SubjectWords) => {
                Condition::And(words().map(|word| holds(Look::Subject, word)).collect())
            }
            Self::Fuzzy(Grade::SubjectWhole) => holds(Look::Subject, text),
        }
    }
}

/// Every message holds an empty text: RFC 9051 §6.4.4 has it as a substring.
fn holds(look: Look, text: &str) -> Condition {
    let needle = fold(text);
    if needle.is_empty() { Condition::Always(true) } else { Condition::Holds(Question { look, needle }) }
}

/// An empty text asks whether the field is there: RFC 9051 §6.4.4.
fn header(name: &str, text: &str) -> Condition {
    let fields =
        [("subject", Look::Subject), ("from", Look::From), ("to", Look::To), ("cc", Look::Cc), ("bcc", Look::Bcc)];
    let needle = fold(text);
    match fields.iter().find(|(field, _)| field.eq_ignore_ascii_case(name)) {
        Some((_, look)) if !needle.is_empty() => Condition::Holds(Question { look: *look, needle }),
        _ => Condition::Header(name.to_owned(), Question { look: Look::Header, needle }),
    }
}

fn look_of(field: SearchField) -> Look {
    match field {
        SearchField::Bcc => Look::Bcc,
        SearchField::Cc => Look::Cc,
        SearchField::From => Look::From,
        SearchField::Subject => Look::Subject,
        SearchField::To => Look::To,
    }
}

fn received(test: DateTest, date: Date, zone: &TimeZone) -> Condition {
    let Range { start, end } = span(test, date, zone);
    Condition::Received(start, end)
}

/// The seconds that a day compares so with.
pub(super) fn span(test: DateTest, date: Date, zone: &TimeZone) -> Range<i64> {
    let begins = |date: Date| date.to_zoned_datetime(zone.clone()).map_or(i64::MAX, |z| z.timestamp().as_second());
    let start = begins(date);
    let end = date.tomorrow().map_or(i64::MAX, begins);
    match test {
        DateTest::Before => i64::MIN..start,
        DateTest::On => start..end,
        DateTest::Since => start..i64::MAX,
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
