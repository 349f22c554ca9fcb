//! A message while filters look at it: its header as it will be, and another body where a filter made one.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::syntax::{Change, NewField};
use crate::limits;
use crate::mime::{Field, fields};

/// Fields by which a filter says that a message is unwanted. From anybody else they say nothing.
const MARKS: [&str; 2] = ["X-Spam", "X-Spam-Flag"];
/// The field that names a filter which did not see the message.
const UNSEEN: &str = "X-Filter-Missing";

/// A message of which only the header is copied: bodies are large.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    header: Vec<u8>,
    original: &'a [u8],
    other: Option<Replaced>,
    is_changed: bool,
}

/// The body that a filter made, with the memory that was set aside for it.
#[derive(Debug, Default)]
pub(super) struct Replaced {
    bytes: Vec<u8>,
    room: Option<OwnedSemaphorePermit>,
}

/// What is different about a message.
#[derive(Debug)]
pub struct Changed {
    /// Its header, up to the blank line.
    pub header: Vec<u8>,
    /// Its body, without the blank line before it, where it is another one.
    pub body: Option<Vec<u8>>,
    /// The memory for that.
    pub room: Option<OwnedSemaphorePermit>,
}

/// Why a filter may not change a message so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum TooMuch {
    /// The header would be longer than [`limits::FILTER_HEADER_BYTES_MAX`].
    #[error("it makes the header too long")]
    Header,
    /// No memory is left, or the message would be larger than one may be.
    #[error("there is no room for the body that it makes")]
    Body,
}

impl<'a> Draft<'a> {
    /// A message with `header` octets of header, which is short enough to be copied; what others wrote in the name of
    /// filters is gone.
    pub(super) fn new(message: &'a [u8], header: usize) -> Self {
        let (header, original) = message.split_at_checked(header).unwrap_or((message, &[]));
        let is_false = |field: &Field<'_>| MARKS.iter().chain([&UNSEEN]).any(|name| field.is(name));
        let (mut kept, mut rest) = (Vec::with_capacity(header.len()), header);
        for field in fields(header).filter(is_false) {
            let (before, after) = rest.split_at_checked(place(rest, &field).0).unwrap_or_default();
            kept.extend_from_slice(before);
            rest = after.get(field.raw.len()..).unwrap_or_default();
        }
        kept.extend_from_slice(rest);
        let is_changed = kept.len() != header.len();
        Self { header: kept, original, other: None, is_changed }
    }

    pub(super) fn fields(&self) -> impl Iterator<Item = Field<'_>> {
        fields(&self.header)
    }

    /// The body without the blank line before it.
    pub(super) fn body(&self) -> &[u8] {
        match &self.other {
            Some(other) => &other.bytes,
            None => self.original.strip_prefix(b"\r\n").unwrap_or(self.original),
        }
    }

    /// Whether a filter marked the message as unwanted.
    pub(super) fn is_marked(&self) -> bool {
        let yes = |field: &Field<'_>| field.unfolded().get(..3).is_some_and(|word| word.eq_ignore_ascii_case(b"yes"));
        self.fields().any(|field| MARKS.iter().any(|name| field.is(name)) && yes(&field))
    }

    /// Notes that a filter did not see the message.
    pub(super) fn mark_unseen(&mut self, filter: &str) {
        self.is_changed = true;
        self.insert(self.header.len(), &written(UNSEEN.as_bytes(), format!(" {filter}").as_bytes()));
    }

    /// Does what a filter asked for.
    pub(super) fn apply(&mut self, change: &Change, form: Form) -> Result<(), TooMuch> {
        self.is_changed = true;
        match change {
            Change::Add(field) => self.insert(self.header.len(), &form.write(field)),
            Change::Insert(index, field) => {
                let above = usize::try_from(*index).unwrap_or(usize::MAX);
                let place = self.fields().nth(above).map(|field| place(&self.header, &field).0);
                self.insert(place.unwrap_or(self.header.len()), &form.write(field));
            }
            Change::Set(nth, field) => {
                let text = if field.value.is_empty() { Vec::new() } else { form.write(field) };
                if !self.replace(*nth, &field.name, &text) {
                    self.insert(self.header.len(), &text);
                }
            }
        }
        if self.header.len() > limits::FILTER_HEADER_BYTES_MAX { Err(TooMuch::Header) } else { Ok(()) }
    }

    pub(super) fn replace_body(&mut self, other: Replaced) {
        self.is_changed = true;
        self.other = Some(other);
    }

    pub(super) fn changed(self) -> Option<Changed> {
        let (body, room) = self.other.map_or((None, None), |other| (Some(other.bytes), other.room));
        self.is_changed.then_some(Changed { header: self.header, body, room })
    }

    /// Puts a text in the place of the field that is the so-manyth of its name; whether there is one.
    fn replace(&mut self, nth: u32, name: &[u8], text: &[u8]) -> bool {
        let before = usize::try_from(nth.saturating_sub(1)).unwrap_or(usize::MAX);
        let found = self.fields().filter(|field| field.name.eq_ignore_ascii_case(name)).nth(before);
        let Some((start, end)) = found.map(|field| place(&self.header, &field)) else { return false };
        self.header.splice(start..end, text.iter().copied());
        true
    }

    fn insert(&mut self, place: usize, text: &[u8]) {
        self.header.splice(place..place, text.iter().copied());
    }
}

impl Replaced {
    /// Takes the next piece, with the memory that it needs.
    pub(super) fn push(&mut self, piece: &[u8], memory: &Arc<Semaphore>, max: usize) -> Result<(), TooMuch> {
        if self.bytes.len() + piece.len() > max {
            return Err(TooMuch::Body);
        }
        // A buffer that grows may be twice as large as what is in it.
        let kibibytes = u32::try_from(piece.len().div_ceil(512)).map_err(|_| TooMuch::Body)?;
        let more = memory.clone().try_acquire_many_owned(kibibytes).map_err(|_| TooMuch::Body)?;
        match &mut self.room {
            Some(room) => room.merge(more),
            None => self.room = Some(more),
        }
        self.bytes.extend_from_slice(piece);
        Ok(())
    }
}

/// Where a field stands in the header that it is part of: its beginning, and its end.
fn place(header: &[u8], field: &Field<'_>) -> (usize, usize) {
    let start = field.raw.as_ptr().addr().saturating_sub(header.as_ptr().addr());
    (start, start + field.raw.len())
}

/// How a filter writes values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Without the space between colon and value.
    Plain,
    /// With it, if there is to be one.
    WithSpace,
}

impl Form {
    fn write(self, field: &NewField) -> Vec<u8> {
        match self {
            Self::WithSpace => written(&field.name, &field.value),
            Self::Plain => written(&field.name, &[b" ", field.value.as_slice()].concat()),
        }
    }
}

/// A field that ends where it should: every line of it but the first begins with white space (RFC 5322 §2.2.3), so that no
/// value becomes another field, or the header's end.
fn written(name: &[u8], value: &[u8]) -> Vec<u8> {
    let mut text = [name, b":"].concat();
    let lines = value.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    for (at, line) in lines.enumerate() {
        if at > 0 && line.trim_ascii().is_empty() {
            continue;
        }
        if at > 0 {
            text.extend_from_slice(if matches!(line.first(), Some(b' ' | b'\t')) { b"\r\n" } else { b"\r\n\t" });
        }
        text.extend(line.iter().filter(|byte| !matches!(byte, 0 | b'\r')));
    }
    text.extend_from_slice(b"\r\n");
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MESSAGE: &[u8] = b"From: a@x.vn\r\nSubject: one\r\nX-Spam: Yes\r\nSubject: two\r\n\r\nbody\r\n";

    fn draft() -> Draft<'static> {
        Draft::new(MESSAGE, MESSAGE.len() - 8)
    }

    fn field(name: &str, value: &str) -> NewField {
        NewField { name: name.into(), value: value.into() }
    }

    fn after(changes: &[Change]) -> String {
        let mut draft = draft();
        for change in changes {
            draft.apply(change, Form::Plain).unwrap();
        }
        String::from_utf8(draft.changed().unwrap().header).unwrap()
    }

    #[test]
    fn what_strangers_say_about_spam_is_gone_and_what_filters_say_counts() {
        let mut draft = draft();
        assert!(!draft.is_marked());
        assert_eq!(draft.body(), b"body\r\n");
        draft.apply(&Change::Set(1, field("X-Spam", "Yes")), Form::Plain).unwrap();
        assert!(draft.is_marked());
    }

    #[test]
    fn fields_are_added_changed_and_removed_where_the_filter_says() {
        let rest = "From: a@x.vn\r\nSubject: one\r\nSubject: two\r\n";
        assert_eq!(after(&[Change::Add(field("A", "b"))]), format!("{rest}A: b\r\n"));
        assert_eq!(after(&[Change::Insert(0, field("A", "b"))]), format!("A: b\r\n{rest}"));
        assert_eq!(after(&[Change::Insert(9, field("A", "b"))]), format!("{rest}A: b\r\n"));
        assert_eq!(
            after(&[Change::Insert(1, field("A", "b"))]),
            "From: a@x.vn\r\nA: b\r\nSubject: one\r\nSubject: two\r\n"
        );
        assert_eq!(after(&[Change::Set(2, field("SUBJECT", "c"))]), "From: a@x.vn\r\nSubject: one\r\nSUBJECT: c\r\n");
        assert_eq!(after(&[Change::Set(1, field("Subject", ""))]), "From: a@x.vn\r\nSubject: two\r\n");
        assert_eq!(after(&[Change::Set(3, field("Subject", ""))]), rest);
    }

    #[test]
    fn a_value_cannot_become_another_field() {
        let changed = after(&[Change::Add(field("A", "b\nBcc: c@x.vn\r\n\r\nbody\n\td\0\n"))]);
        assert!(changed.ends_with("A: b\r\n\tBcc: c@x.vn\r\n\tbody\r\n\td\r\n"), "{changed:?}");
    }

    #[test]
    fn another_body_has_its_memory_or_is_not_taken() {
        let memory = Arc::new(Semaphore::new(4));
        let mut body = Replaced::default();
        body.push(&[b'x'; 1024], &memory, 10_000).unwrap();
        assert_eq!(body.push(&[b'x'; 2000], &memory, 2000), Err(TooMuch::Body));
        assert_eq!(body.push(&[b'x'; 1025], &memory, 10_000), Err(TooMuch::Body));
        let mut draft = draft();
        draft.replace_body(body);
        assert_eq!((draft.body().len(), memory.available_permits()), (1024, 2));
        drop(draft);
        assert_eq!(memory.available_permits(), 4);
    }

    proptest! {
        #[test]
        fn a_header_stays_a_header(value in proptest::collection::vec(any::<u8>(), 0..40), nth in 0u32..5) {
            for change in [Change::Add(NewField { name: b"A".to_vec(), value: value.clone() }),
                Change::Insert(nth, NewField { name: b"A".to_vec(), value: value.clone() }),
                Change::Set(nth, NewField { name: b"Subject".to_vec(), value: value.clone() })] {
                let mut draft = draft();
                draft.apply(&change, Form::WithSpace).unwrap();
                let header = draft.changed().unwrap().header;
                let whole: usize = fields(&header).map(|field| field.raw.len()).sum();
                prop_assert_eq!(whole, header.len());
                prop_assert!(fields(&header).count() <= 4);
            }
        }
    }
}
