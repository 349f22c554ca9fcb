//! Keeping the index: one step at a time, each of which is one short commit, so that deliveries do not wait and a kill
//! loses a step at most.

use sqlx::Row;
use sqlx::sqlite::SqliteConnection;

use super::bits::Bits;
use super::segment::{self, Body, Source};
use super::{AREAS, BUCKETS_PER_SEGMENT, VERSION, row_id};
use crate::db::{DbError, Tx};
use crate::limits;
use crate::mime::{self, Searched};
use crate::store::json::{Json, list, sql};
use crate::store::read::{self, Texts, numbers};
use crate::store::{Store, StoreError};

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Indexed {
    /// Something; there may be more to do.
    Some,
    /// All is done.
    All,
}

/// The next step.
enum Step {
    /// Another version made the index: it ends.
    Renew,
    /// The texts of the bodies that follow this one.
    Texts(i64),
    /// A segment of the texts that follow this body.
    Segment(i64),
    /// Some rows of a segment that is needed no longer.
    Remove(i64),
    /// Some buckets of a segment that is made of smaller ones.
    Merge(Merging),
    /// The first segments of a level become one.
    Begin { level: i64 },
    /// None.
    Nothing,
}

/// A segment in the making.
struct Merging {
    id: i64,
    level: i64,
    first: i64,
    last: i64,
    made: i64,
}

impl Store {
    /// Resolves when messages came in since it last did.
    pub async fn arrived(&self) {
        self.arrivals.notified().await;
    }

    /// Does the next step of bringing the index up to date.
    pub async fn index_more(&self) -> Result<Indexed, StoreError> {
        match self.next_step().await? {
            Step::Renew => self.renew().await?,
            Step::Texts(after) => self.add_texts(after).await?,
            Step::Segment(after) => self.add_segment(after).await?,
            Step::Remove(segment) => self.remove_segment(segment).await?,
            Step::Begin { level } => self.begin_merge(level).await?,
            Step::Merge(merging) => self.merge(merging).await?,
            Step::Nothing => return Ok(Indexed::All),
        }
        Ok(Indexed::Some)
    }

    async fn next_step(&self) -> Result<Step, DbError> {
        let mut reader = self.db.read().await?;
        let row = sqlx::query(
            "SELECT version, texts, (SELECT coalesce(max(id), 0) FROM body), segmented, \
                (SELECT count(*) >= ?1 OR sum(octet_length(header) + octet_length(body)) >= ?2 FROM \
                    (SELECT header, body FROM search_text WHERE body_id > segmented AND body_id <= texts LIMIT ?1)), \
                (SELECT min(id) FROM search_segment WHERE state = 'ended'), \
                (SELECT min(level) FROM (SELECT level FROM search_segment WHERE state = 'ready' AND level < ?4 \
                    GROUP BY level HAVING count(*) >= ?3)) \
             FROM search_state, (SELECT coalesce(max(last_body), 0) AS segmented FROM search_segment WHERE state = 'ready')",
        )
        .bind(sql(limits::SEARCH_SEGMENT_BODIES))
        .bind(sql(limits::SEARCH_SEGMENT_BYTES))
        .bind(limits::SEARCH_SEGMENTS_MERGED)
        .bind(limits::SEARCH_LEVEL_MAX)
        .fetch_one(&mut *reader)
        .await?;
        let (texts, segmented) = (row.try_get(1)?, row.try_get(3)?);
        if row.try_get::<i64, _>(0)? != VERSION {
            return Ok(Step::Renew);
        }
        if row.try_get::<i64, _>(2)? > texts {
            return Ok(Step::Texts(texts));
        }
        if row.try_get::<Option<bool>, _>(4)?.unwrap_or(false) {
            return Ok(Step::Segment(segmented));
        }
        if let Some(segment) = row.try_get(5)? {
            return Ok(Step::Remove(segment));
        }
        if let Some(merging) = merging(&mut reader).await? {
            return Ok(Step::Merge(merging));
        }
        Ok(row.try_get::<Option<i64>, _>(6)?.map_or(Step::Nothing, |level| Step::Begin { level }))
    }

    /// What is there is not used from here on, and goes step by step.
    async fn renew(&self) -> Result<(), StoreError> {
        self.db
            .write(|tx| {
                Box::pin(async move {
                    run(tx, "UPDATE search_segment SET state = 'ended'").await?;
                    sqlx::query("UPDATE search_state SET version = ?, texts = 0")
                        .bind(VERSION)
                        .execute(tx.connection())
                        .await
                        .map_err(DbError::from)?;
                    Ok(())
                })
            })
            .await
    }

    async fn add_texts(&self, after: i64) -> Result<(), StoreError> {
        let (bodies, messages) = self.read_bodies(after).await?;
        let last = bodies.last().map_or(after, |body| body.id);
        let (rows, bytes, textless) = work(move || text_rows(&bodies, &messages)).await?;
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    write_texts(tx, rows, bytes, textless, last).await?;
                    Ok(())
                })
            })
            .await
    }

    /// Bodies that follow one, as many as may be in memory.
    async fn read_bodies(&self, after: i64) -> Result<(Vec<Whole>, Texts), DbError> {
        let mut reader = self.db.read().await?;
        let sizes: Vec<(i64, i64, i64)> =
            sqlx::query_as("SELECT id, size, header_size FROM body WHERE id > ? ORDER BY id LIMIT ?")
                .bind(after)
                .bind(sql(limits::SEARCH_SEGMENT_BODIES))
                .fetch_all(&mut *reader)
                .await?;
        let mut bytes = 0;
        let mut bodies: Vec<Whole> = Vec::new();
        for (id, size, header_size) in sizes {
            bytes += size;
            if bytes > sql(limits::SEARCH_SEGMENT_BYTES) && !bodies.is_empty() {
                break;
            }
            bodies.push(Whole { id, header_size: usize::try_from(header_size).unwrap_or(0), prefix: Vec::new() });
        }
        let ids: Vec<i64> = bodies.iter().map(|body| body.id).collect();
        let messages = read::bodies(&mut reader, &ids).await?;
        let prefixes: Vec<(i64, Vec<u8>)> = sqlx::query_as(
            "SELECT DISTINCT body_id, prefix FROM message WHERE body_id IN (SELECT value FROM json_each(?))",
        )
        .bind(list(ids.iter().copied()))
        .fetch_all(&mut *reader)
        .await?;
        for (body, prefix) in prefixes {
            if let Some(body) = ids.binary_search(&body).ok().and_then(|at| bodies.get_mut(at)) {
                body.prefix.extend(prefix);
            }
        }
        Ok((bodies, messages))
    }

    async fn add_segment(&self, after: i64) -> Result<(), StoreError> {
        let (bodies, texts) = self.read_texts(after).await?;
        let Some(last) = bodies.last().copied() else { return Ok(()) };
        let rows = work(move || {
            let texts: Vec<&str> = texts.iter().map(|text| std::str::from_utf8(text).unwrap_or_default()).collect();
            let bodies: Vec<Body<'_>> = (bodies.iter().zip(texts.chunks_exact(AREAS)))
                .filter_map(|(body, texts)| {
                    let place = usize::try_from(body - after - 1).ok()?;
                    Some(Body { place, texts: texts.try_into().ok()? })
                })
                .collect();
            segment::build(&bodies)
        })
        .await?;
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let id: i64 = sqlx::query_scalar(
                        "INSERT INTO search_segment (level, first_body, last_body, state) VALUES (0, ?, ?, 'ready') \
                         RETURNING id",
                    )
                    .bind(after + 1)
                    .bind(last)
                    .fetch_one(tx.connection())
                    .await
                    .map_err(DbError::from)?;
                    write_rows(tx, id, rows).await?;
                    Ok(())
                })
            })
            .await
    }

    /// Texts that follow a body, as many as a segment is to have.
    async fn read_texts(&self, after: i64) -> Result<(Vec<i64>, Texts), DbError> {
        let mut reader = self.db.read().await?;
        let sizes: Vec<(i64, Option<i64>)> = sqlx::query_as(
            "SELECT body_id, octet_length(header) + octet_length(body) FROM search_text \
             WHERE body_id > ?1 AND body_id <= (SELECT texts FROM search_state) ORDER BY body_id LIMIT ?2",
        )
        .bind(after)
        .bind(sql(limits::SEARCH_SEGMENT_BODIES))
        .fetch_all(&mut *reader)
        .await?;
        let mut bytes = 0;
        let mut bodies = Vec::new();
        for (body, size) in sizes {
            bodies.push(body);
            bytes += size.unwrap_or(0);
            if bytes >= sql(limits::SEARCH_SEGMENT_BYTES) {
                break;
            }
        }
        let texts = read::joined(
            &mut reader,
            "SELECT group_concat(octet_length(t), ' '), group_concat(t, '') FROM (SELECT coalesce(CASE a.value \
                 WHEN 0 THEN subject WHEN 1 THEN sender WHEN 2 THEN recipients WHEN 3 THEN cc WHEN 4 THEN bcc \
                 WHEN 5 THEN prefix WHEN 6 THEN header ELSE body END, '') AS t \
             FROM json_each(?) r CROSS JOIN json_each('[0,1,2,3,4,5,6,7]') a LEFT JOIN search_text ON body_id = r.value)",
            list(bodies.iter().copied()),
        )
        .await?;
        Ok((bodies, texts))
    }

    async fn remove_segment(&self, segment: i64) -> Result<(), StoreError> {
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let removed = sqlx::query(
                        "DELETE FROM search_term WHERE id IN \
                         (SELECT id FROM search_term WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT ?3)",
                    )
                    .bind(row_id(segment, 0))
                    .bind(row_id(segment + 1, 0))
                    .bind(sql(limits::SEARCH_ROWS_MAX))
                    .execute(tx.connection())
                    .await
                    .map_err(DbError::from)?;
                    if removed.rows_affected() < limits::SEARCH_ROWS_MAX as u64 {
                        sqlx::query("DELETE FROM search_segment WHERE id = ?")
                            .bind(segment)
                            .execute(tx.connection())
                            .await
                            .map_err(DbError::from)?;
                    }
                    Ok(())
                })
            })
            .await
    }

    async fn begin_merge(&self, level: i64) -> Result<(), StoreError> {
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    sqlx::query(
                        "INSERT INTO search_segment (level, first_body, last_body, state) \
                         SELECT ?1 + 1, min(first_body), max(last_body), 'making' FROM (SELECT first_body, last_body \
                         FROM search_segment WHERE state = 'ready' AND level = ?1 ORDER BY first_body LIMIT ?2)",
                    )
                    .bind(level)
                    .bind(limits::SEARCH_SEGMENTS_MERGED)
                    .execute(tx.connection())
                    .await
                    .map_err(DbError::from)?;
                    Ok(())
                })
            })
            .await
    }

    async fn merge(&self, merging: Merging) -> Result<(), StoreError> {
        let buckets = 1_i64 << segment::bucket_bits(u32::try_from(merging.level - 1).unwrap_or(0));
        if merging.made >= buckets {
            return self.end_merge(merging).await;
        }
        let until = merging.made + limits::SEARCH_BUCKETS_MERGED;
        let (sources, alive) = self.read_sources(&merging, until).await?;
        let level = u32::try_from(merging.level).unwrap_or(0);
        let rows = work(move || segment::merge(&sources, level, &alive)).await?;
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    write_rows(tx, merging.id, rows).await?;
                    sqlx::query("UPDATE search_segment SET made = ? WHERE id = ?")
                        .bind(until)
                        .bind(merging.id)
                        .execute(tx.connection())
                        .await
                        .map_err(DbError::from)?;
                    Ok(())
                })
            })
            .await
    }

    async fn read_sources(&self, merging: &Merging, until: i64) -> Result<(Vec<Source>, Bits), DbError> {
        let mut reader = self.db.read().await?;
        let place = |body: i64| usize::try_from(body - merging.first).unwrap_or(usize::MAX);
        let mut alive = Bits::none(place(merging.last) + 1);
        let bodies: Option<String> =
            sqlx::query_scalar("SELECT group_concat(body_id, ' ') FROM search_text WHERE body_id BETWEEN ? AND ?")
                .bind(merging.first)
                .bind(merging.last)
                .fetch_one(&mut *reader)
                .await?;
        numbers(bodies.as_deref().unwrap_or_default()).for_each(|[body]| alive.insert(place(body)));
        let parts: Vec<(i64, i64)> = sqlx::query_as(
            "SELECT id, first_body FROM search_segment WHERE state = 'ready' AND level = ? - 1 \
             AND first_body >= ? AND last_body <= ? ORDER BY first_body",
        )
        .bind(merging.level)
        .bind(merging.first)
        .bind(merging.last)
        .fetch_all(&mut *reader)
        .await?;
        let mut sources = Vec::with_capacity(parts.len());
        for (id, first) in parts {
            let range = list([row_id(id, merging.made), row_id(id, until.min(BUCKETS_PER_SEGMENT))]);
            let rows = read::joined(
                &mut reader,
                "SELECT group_concat(octet_length(entries), ' '), group_concat(entries, '') FROM (SELECT entries \
                 FROM search_term WHERE id >= ?1->>0 AND id < ?1->>1 ORDER BY id)",
                range,
            )
            .await?;
            sources.push(Source { shift: place(first), rows: rows.iter().map(<[u8]>::to_vec).collect() });
        }
        Ok((sources, alive))
    }

    async fn end_merge(&self, merging: Merging) -> Result<(), StoreError> {
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    sqlx::query(
                        "UPDATE search_segment SET state = CASE id WHEN ?1 THEN 'ready' ELSE 'ended' END \
                         WHERE id = ?1 OR (state = 'ready' AND level = ?2 - 1 AND first_body >= ?3 AND last_body <= ?4)",
                    )
                    .bind(merging.id)
                    .bind(merging.level)
                    .bind(merging.first)
                    .bind(merging.last)
                    .execute(tx.connection())
                    .await
                    .map_err(DbError::from)?;
                    Ok(())
                })
            })
            .await
    }
}

async fn merging(connection: &mut SqliteConnection) -> Result<Option<Merging>, DbError> {
    let row = sqlx::query(
        "SELECT id, level, first_body, last_body, made FROM search_segment WHERE state = 'making' ORDER BY id LIMIT 1",
    )
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Merging {
        id: row.try_get(0)?,
        level: row.try_get(1)?,
        first: row.try_get(2)?,
        last: row.try_get(3)?,
        made: row.try_get(4)?,
    }))
}

/// A body, and the lines that its copies have above it.
struct Whole {
    id: i64,
    header_size: usize,
    prefix: Vec<u8>,
}

/// Rows of `search_text`: where in the bytes each text is; and the bodies that have no texts.
fn text_rows(bodies: &[Whole], messages: &Texts) -> (Json, Vec<u8>, Vec<i64>) {
    let (mut rows, mut bytes, mut textless) = (Json::new(), Vec::new(), Vec::new());
    for (whole, message) in bodies.iter().zip(messages.iter()) {
        let Some(texts) = mime::searched(message, whole.header_size) else {
            textless.push(whole.id);
            continue;
        };
        let Searched { subject, from, to, cc, bcc, header, body } = texts;
        let prefix = mime::header_text(&whole.prefix);
        let mut row = vec![whole.id];
        for text in [subject, from, to, cc, bcc, prefix, header, body] {
            row.extend([sql(bytes.len()) + 1, sql(text.len())]);
            bytes.extend_from_slice(text.as_bytes());
        }
        rows.row(&row);
    }
    (rows, bytes, textless)
}

/// A body that was purged meanwhile gets none.
async fn write_texts(tx: &mut Tx, rows: Json, bytes: Vec<u8>, textless: Vec<i64>, last: i64) -> Result<(), DbError> {
    sqlx::query(
        "INSERT OR REPLACE INTO search_text (body_id, subject, sender, recipients, cc, bcc, prefix, header, body) \
         SELECT value->>0, substr(?1, value->>1, value->>2), substr(?1, value->>3, value->>4), \
                substr(?1, value->>5, value->>6), substr(?1, value->>7, value->>8), substr(?1, value->>9, value->>10), \
                substr(?1, value->>11, value->>12), coalesce(substr(?1, value->>13, value->>14), x''), \
                substr(?1, value->>15, value->>16) \
         FROM json_each(?2) WHERE EXISTS (SELECT 1 FROM body WHERE id = value->>0)",
    )
    .bind(bytes)
    .bind(rows.end())
    .execute(tx.connection())
    .await?;
    sqlx::query(
        "INSERT OR REPLACE INTO search_text (body_id) SELECT value FROM json_each(?) \
         WHERE EXISTS (SELECT 1 FROM body WHERE id = value)",
    )
    .bind(list(textless))
    .execute(tx.connection())
    .await?;
    sqlx::query("UPDATE search_state SET texts = ?").bind(last).execute(tx.connection()).await?;
    Ok(())
}

async fn write_rows(tx: &mut Tx, segment: i64, rows: Vec<segment::Row>) -> Result<(), DbError> {
    let (mut json, mut bytes) = (Json::new(), Vec::new());
    for (bucket, entries) in rows {
        json.row(&[row_id(segment, bucket), sql(bytes.len()) + 1, sql(entries.len())]);
        bytes.extend_from_slice(&entries);
    }
    sqlx::query(
        "INSERT INTO search_term (id, entries) SELECT value->>0, substr(?1, value->>1, value->>2) FROM json_each(?2)",
    )
    .bind(bytes)
    .bind(json.end())
    .execute(tx.connection())
    .await?;
    Ok(())
}

async fn run(tx: &mut Tx, statement: &'static str) -> Result<(), DbError> {
    sqlx::query(statement).execute(tx.connection()).await?;
    Ok(())
}

/// Long work, away from the threads that serve.
async fn work<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, DbError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| DbError::Closed)
}
