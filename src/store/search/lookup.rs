//! Asking the index.

use std::ops::Range;

use sqlx::Row;
use sqlx::sqlite::SqliteConnection;

use super::bits::Bits;
use super::gram::{self, Needed};
use super::segment::{self, Key};
use super::{BCC, BODY, CC, FROM, HEADER, PREFIX, SUBJECT, TO, VERSION, phrase, row_id};
use crate::db::DbError;
use crate::id::{BodyId, FolderId, Uid};
use crate::limits;
use crate::mime;
use crate::store::json::list;
use crate::store::read::{self, numbers};
use crate::store::{Store, StoreError};

/// Where in a message a needle is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// The Subject field.
    Subject,
    /// The From field.
    From,
    /// The To field.
    To,
    /// The Cc field.
    Cc,
    /// The Bcc field.
    Bcc,
    /// Any field of the header: it is only told who does not hold the needle.
    Header,
    /// The body.
    Body,
    /// Header or body.
    Text,
}

impl Look {
    /// The areas of a body that it looks at; the lines that a copy alone has are another matter.
    fn areas(self) -> &'static [usize] {
        match self {
            Self::Subject => &[SUBJECT],
            Self::From => &[FROM],
            Self::To => &[TO],
            Self::Cc => &[CC],
            Self::Bcc => &[BCC],
            Self::Header => &[HEADER],
            Self::Body => &[BODY],
            Self::Text => &[HEADER, BODY],
        }
    }

    fn sees_prefix(self) -> bool {
        matches!(self, Self::Header | Self::Text)
    }
}

/// What is asked of each message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Where.
    pub look: Look,
    /// Folded, not empty, and without line breaks.
    pub needle: String,
}

impl Store {
    /// Answers each question for each of a folder's messages; `None` where the message itself must be looked at.
    pub async fn search(
        &self,
        folder: FolderId,
        questions: &[Question],
        messages: &[(Uid, BodyId)],
    ) -> Result<Vec<Vec<Option<bool>>>, StoreError> {
        let mut reader = self.db.read().await?;
        let mut snapshot = sqlx::Connection::begin(&mut *reader).await.map_err(DbError::from)?;
        let index = Index::read(&mut snapshot).await?;
        let bodies = index.known(messages);
        let mut answers = Vec::with_capacity(questions.len());
        for question in questions {
            answers.push(index.answer(&mut snapshot, folder, question, &bodies, messages).await?);
        }
        Ok(answers)
    }
}

/// What the index has of a state of the database.
struct Index {
    texts: i64,
    segments: Vec<Segment>,
    textless: Vec<i64>,
}

struct Segment {
    id: i64,
    level: u32,
    first: i64,
    last: i64,
}

impl Segment {
    /// Which of the bodies, which ascend, are in it.
    fn of(&self, bodies: &[i64]) -> Range<usize> {
        bodies.partition_point(|body| *body < self.first)..bodies.partition_point(|body| *body <= self.last)
    }

    fn span(&self) -> usize {
        usize::try_from(self.last - self.first + 1).unwrap_or(0)
    }

    fn place(&self, body: i64) -> usize {
        usize::try_from(body - self.first).unwrap_or(usize::MAX)
    }
}

/// What the terms say of bodies, by their places among those that are asked about.
struct Likely {
    sure: Bits,
    perhaps: Bits,
}

impl Index {
    async fn read(connection: &mut SqliteConnection) -> Result<Self, DbError> {
        let row = sqlx::query(
            "SELECT texts, \
                (SELECT group_concat(id || ' ' || level || ' ' || first_body || ' ' || last_body, ' ') \
                 FROM search_segment WHERE state = 'ready'), \
                (SELECT group_concat(body_id, ' ') FROM (SELECT body_id FROM search_text WHERE header IS NULL ORDER BY 1)) \
             FROM search_state WHERE version = ?",
        )
        .bind(VERSION)
        .fetch_optional(connection)
        .await?;
        let Some(row) = row else { return Ok(Self { texts: 0, segments: Vec::new(), textless: Vec::new() }) };
        let segments: Option<&str> = row.try_get(1)?;
        let segment =
            |[id, level, first, last]: [i64; 4]| Segment { id, level: u32::try_from(level).unwrap_or(0), first, last };
        let textless: Option<&str> = row.try_get(2)?;
        Ok(Self {
            texts: row.try_get(0)?,
            segments: numbers(segments.unwrap_or_default()).map(segment).collect(),
            textless: numbers(textless.unwrap_or_default()).map(|[body]| body).collect(),
        })
    }

    /// The bodies of these messages whose texts the index has, ascending.
    fn known(&self, messages: &[(Uid, BodyId)]) -> Vec<i64> {
        let has_texts = |body: &i64| *body <= self.texts && self.textless.binary_search(body).is_err();
        let mut bodies: Vec<i64> = messages.iter().map(|(_, body)| body.0).filter(has_texts).collect();
        bodies.sort_unstable();
        bodies.dedup();
        bodies
    }

    async fn answer(
        &self,
        connection: &mut SqliteConnection,
        folder: FolderId,
        question: &Question,
        bodies: &[i64],
        messages: &[(Uid, BodyId)],
    ) -> Result<Vec<Option<bool>>, DbError> {
        let needle = question.needle.as_str();
        let mut holds = Bits::none(bodies.len());
        let mut unsure = Vec::new();
        for area in question.look.areas() {
            let likely = self.likely(connection, *area, needle, bodies).await?;
            holds.unite(&likely.sure);
            unsure.push((*area, likely.perhaps));
        }
        let mut in_prefix = Bits::none(bodies.len());
        if question.look.sees_prefix() {
            let likely = self.likely(connection, PREFIX, needle, bodies).await?;
            in_prefix.unite(&likely.sure);
            in_prefix.unite(&likely.perhaps);
        }
        if question.look == Look::Header {
            // Which field holds it the message must say.
            for (_, perhaps) in &unsure {
                in_prefix.unite(perhaps);
            }
            in_prefix.unite(&holds);
            let verdict = |at| if in_prefix.contains(at) { None } else { Some(false) };
            return Ok(each(messages, bodies, verdict));
        }
        for (area, perhaps) in unsure {
            look(connection, area, needle, bodies, &perhaps, &mut holds).await?;
        }
        let mut answer = each(messages, bodies, |at| Some(holds.contains(at)));
        let only_in_prefix =
            |body: &BodyId| bodies.binary_search(&body.0).is_ok_and(|at| in_prefix.contains(at) && !holds.contains(at));
        let asked: Vec<_> = (messages.iter().zip(&mut answer)).filter(|((_, body), _)| only_in_prefix(body)).collect();
        look_at_prefixes(connection, folder, needle, asked).await?;
        Ok(answer)
    }

    /// What the terms of an area say.
    async fn likely(
        &self,
        connection: &mut SqliteConnection,
        area: usize,
        needle: &str,
        bodies: &[i64],
    ) -> Result<Likely, DbError> {
        let mut likely = Likely { sure: Bits::none(bodies.len()), perhaps: Bits::all(bodies.len()) };
        if bodies.len() <= limits::SEARCH_FEW_BODIES {
            return Ok(likely);
        }
        let Needed { codes, exact } = gram::needed(needle, limits::SEARCH_GRAMS_MAX);
        let mut keys: Vec<Key> = codes.iter().map(|code| Key::new(area, *code)).collect();
        let grams = keys.len();
        keys.extend(phrase::code(needle).filter(|_| !exact).map(|code| Key::new(area, code)));
        let concerned: Vec<&Segment> = self.segments.iter().filter(|segment| !segment.of(bodies).is_empty()).collect();
        for segments in concerned.chunks((limits::SEARCH_ROWS_MAX / keys.len().max(1)).max(1)) {
            let rows = segments.iter().flat_map(|s| keys.iter().map(|key| row_id(s.id, key.bucket(s.level))));
            let rows = read::joined(
                connection,
                "SELECT group_concat(octet_length(t), ' '), group_concat(t, '') FROM (SELECT coalesce(s.entries, '') AS t \
                 FROM json_each(?) r LEFT JOIN search_term s ON s.id = r.value)",
                list(rows),
            )
            .await?;
            let mut rows = rows.iter();
            for segment in segments {
                let span = segment.span();
                let mut held = keys.iter().map(|key| {
                    let packed = rows.next().and_then(|row| segment::find(row, *key, needle));
                    packed.map(|packed| Bits::unpack(packed, span)).unwrap_or(Bits::none(span))
                });
                let mut perhaps = Bits::all(span);
                held.by_ref().take(grams).for_each(|gram| perhaps.intersect(&gram));
                let sure = if exact { perhaps.clone() } else { held.next().unwrap_or(Bits::none(span)) };
                drop(held);
                for at in segment.of(bodies) {
                    let place = bodies.get(at).map_or(usize::MAX, |body| segment.place(*body));
                    if sure.contains(place) {
                        likely.sure.insert(at);
                    }
                    if !perhaps.contains(place) {
                        likely.perhaps.remove(at);
                    }
                }
            }
        }
        Ok(likely)
    }
}

/// A verdict for each message whose body the index knows.
fn each(messages: &[(Uid, BodyId)], bodies: &[i64], verdict: impl Fn(usize) -> Option<bool>) -> Vec<Option<bool>> {
    messages.iter().map(|(_, body)| bodies.binary_search(&body.0).ok().and_then(&verdict)).collect()
}

/// Looks at the texts of those that are unsure, and adds to `holds` those that hold the needle.
async fn look(
    connection: &mut SqliteConnection,
    area: usize,
    needle: &str,
    bodies: &[i64],
    unsure: &Bits,
    holds: &mut Bits,
) -> Result<(), DbError> {
    let statement = match area {
        SUBJECT => {
            "SELECT group_concat(r.key, ' ') FROM json_each(?1) r CROSS JOIN search_text t ON t.body_id = r.value \
             WHERE instr(t.subject, ?2)"
        }
        FROM => {
            "SELECT group_concat(r.key, ' ') FROM json_each(?1) r CROSS JOIN search_text t ON t.body_id = r.value \
             WHERE instr(t.sender, ?2)"
        }
        TO => {
            "SELECT group_concat(r.key, ' ') FROM json_each(?1) r CROSS JOIN search_text t ON t.body_id = r.value \
             WHERE instr(t.recipients, ?2)"
        }
        CC => {
            "SELECT group_concat(r.key, ' ') FROM json_each(?1) r CROSS JOIN search_text t ON t.body_id = r.value \
             WHERE instr(t.cc, ?2)"
        }
        BCC => {
            "SELECT group_concat(r.key, ' ') FROM json_each(?1) r CROSS JOIN search_text t ON t.body_id = r.value \
             WHERE instr(t.bcc, ?2)"
        }
        HEADER => {
            "SELECT group_concat(r.key, ' ') FROM json_each(?1) r CROSS JOIN search_text t ON t.body_id = r.value \
             WHERE instr(t.header, ?2)"
        }
        _ => {
            "SELECT group_concat(r.key, ' ') FROM json_each(?1) r CROSS JOIN search_text t ON t.body_id = r.value \
             WHERE instr(t.body, ?2)"
        }
    };
    let places: Vec<usize> = (0..bodies.len()).filter(|at| unsure.contains(*at) && !holds.contains(*at)).collect();
    for places in places.chunks(limits::SEARCH_LOOKED_AT_MAX) {
        let held: Option<String> = sqlx::query_scalar(statement)
            .bind(list(places.iter().filter_map(|at| bodies.get(*at).copied())))
            .bind(needle.as_bytes())
            .fetch_one(&mut *connection)
            .await?;
        for [key] in numbers(held.as_deref().unwrap_or_default()) {
            if let Some(at) = usize::try_from(key).ok().and_then(|key| places.get(key)) {
                holds.insert(*at);
            }
        }
    }
    Ok(())
}

/// Looks at the lines that the copies alone have.
async fn look_at_prefixes(
    connection: &mut SqliteConnection,
    folder: FolderId,
    needle: &str,
    mut asked: Vec<(&(Uid, BodyId), &mut Option<bool>)>,
) -> Result<(), DbError> {
    for asked in asked.chunks_mut(limits::SEARCH_LOOKED_AT_MAX) {
        let messages: Vec<_> = asked.iter().map(|(message, _)| **message).collect();
        let prefixes = read::each(
            connection,
            "SELECT group_concat(r.key || ' ' || octet_length(m.prefix), ' '), group_concat(m.prefix, '') \
             FROM json_each(?2) r CROSS JOIN message m ON m.folder_id = ?1 AND m.uid = r.value->>0",
            folder,
            &messages,
        )
        .await?;
        for ((_, answer), prefix) in asked.iter_mut().zip(prefixes.iter()) {
            **answer = Some(mime::header_text(prefix).contains(needle));
        }
    }
    Ok(())
}
