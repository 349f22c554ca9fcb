//! Changing flags: RFC 9051 §6.4.6, RFC 7162 §3.1.3.

use sqlx::Row;

use super::item::{self, Part};
use super::json::sql;
use super::seen::{self, Mark};
use super::{Change, FlagNames, Flags, Keywords, Store, StoreError, UidRanges};
use crate::db::{DbError, Tx};
use crate::id::{FolderId, ModSeq, StaffId, Uid};

/// What STORE does with the flags it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FlagChange {
    /// `+FLAGS`
    Add(FlagNames),
    /// `-FLAGS`
    Remove(FlagNames),
    /// `FLAGS`
    Replace(FlagNames),
}

/// What a change of flags did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// Messages whose flags are now others, ascending.
    pub changed: Vec<Uid>,
    /// Messages left as they were, since they changed after `unchanged_since`, ascending: the MODIFIED code.
    pub unmet: Vec<Uid>,
    /// The mod-sequence of the change; `None` where nothing changed.
    pub modseq: Option<ModSeq>,
    /// The latest change that any of the messages changed had had before.
    pub upon: Option<ModSeq>,
}

impl Store {
    /// Changes the flags of the messages, but of none that changed after `unchanged_since`.
    pub async fn change_flags(
        &self,
        folder: FolderId,
        uids: &UidRanges,
        change: FlagChange,
        unchanged_since: Option<ModSeq>,
    ) -> Result<Changed, StoreError> {
        self.change_permitted_flags(folder, uids, change, unchanged_since, Flags(u64::MAX)).await
    }

    /// The same, but no flags beside those that are `permitted`; all others stay as they are (RFC 4314 §4).
    pub async fn change_permitted_flags(
        &self,
        folder: FolderId,
        uids: &UidRanges,
        change: FlagChange,
        unchanged_since: Option<ModSeq>,
        permitted: Flags,
    ) -> Result<Changed, StoreError> {
        let (store, uids, change) = (self.clone(), uids.to_json(), change.within(permitted));
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let changing = Changing { change: &change, unchanged_since, permitted };
                    change_in(tx, &store, folder, uids, changing).await
                })
            })
            .await
    }
}

impl FlagChange {
    fn within(self, permitted: Flags) -> Self {
        match self {
            Self::Add(names) => Self::Add(names.within(permitted)),
            Self::Remove(names) => Self::Remove(names.within(permitted)),
            Self::Replace(names) => Self::Replace(names.within(permitted)),
        }
    }
}

/// How flags are to change.
#[derive(Clone, Copy)]
struct Changing<'a> {
    change: &'a FlagChange,
    unchanged_since: Option<ModSeq>,
    permitted: Flags,
}

async fn change_in(
    tx: &mut Tx,
    store: &Store,
    folder: FolderId,
    uids: String,
    Changing { change, unchanged_since, permitted }: Changing<'_>,
) -> Result<Changed, StoreError> {
    let (highest, mut keywords, part) = read_folder(tx, folder).await?;
    let known = keywords.names().len();
    let mask = Mask::of(change, permitted, &mut keywords)?;
    let since = unchanged_since.map_or(i64::MAX, |m| i64::try_from(m.0).unwrap_or(i64::MAX));
    // Whose `\Seen` is meant, where everybody has one of their own.
    let eyes = part.filter(|part| *part == Part::Shared).and_then(|_| store.hand.staff());
    let touched = match eyes {
        None => read_touched(tx, folder, uids, mask, since).await?,
        Some(staff) => read_touched_by(tx, staff, folder, uids, mask, since).await?,
    };
    let (unmet, changing): (Vec<Touched>, Vec<Touched>) = touched.into_iter().partition(|t| t.modseq > since);
    let mut done = Changed {
        changed: changing.iter().map(|t| t.uid).collect(),
        unmet: unmet.into_iter().map(|t| t.uid).collect(),
        modseq: None,
        upon: changing.iter().map(|t| ModSeq(t.modseq.unsigned_abs())).max(),
    };
    if changing.is_empty() {
        return Ok(done);
    }
    let modseq = highest + 1;
    done.modseq = Some(ModSeq(modseq.unsigned_abs()));
    let common = eyes.map_or(mask, |_| mask.without(Flags::SEEN));
    let commonly = changing.iter().map(|t| (t.uid, t.common, common.apply(t.common)));
    let commonly: Vec<_> = commonly.filter(|(_, before, after)| before != after).collect();
    let uids = UidRanges::from_sorted(commonly.iter().map(|(uid, ..)| *uid));
    write_flags(tx, folder, &uids, common, modseq).await?;
    let delta = |flag: Flags| -> i64 {
        let count = |flags: &Flags| sql(usize::from(flags.contains(flag)));
        commonly.iter().map(|(_, before, after)| count(after) - count(before)).sum()
    };
    super::count(
        tx,
        folder,
        super::Count { modseq, unseen: -delta(Flags::SEEN), deleted: delta(Flags::DELETED), ..super::Count::default() },
    )
    .await?;
    if part.is_some() {
        item::flagged(tx, store, (folder, &keywords), &commonly).await?;
    }
    let mut changes = Vec::with_capacity(2);
    if keywords.names().len() > known {
        super::write_keywords(tx, folder, &keywords).await?;
        changes.push(Change::Keywords(keywords));
    }
    if !commonly.is_empty() {
        changes.push(Change::Flags(commonly.into_iter().map(|(uid, _, after)| (uid, after)).collect()));
    }
    if let Some(staff) = eyes {
        let modseq = ModSeq(modseq.unsigned_abs());
        let seen = changing.iter().map(|t| (t, mask.apply(t.flags).within(Flags::SEEN)));
        let seen = seen.filter(|(t, seen)| t.flags.within(Flags::SEEN) != *seen);
        let seen: Vec<_> = seen.map(|(t, seen)| Mark { folder, staff, uid: t.uid, seen, modseq }).collect();
        seen::mark(tx, &seen).await?;
        changes.push(Change::Seen(staff, seen.iter().map(|mark| (mark.uid, mark.seen)).collect()));
    }
    store.publish(tx, folder, ModSeq(modseq.unsigned_abs()), changes);
    Ok(done)
}

/// A change as bits: what to keep of the old flags, what to set.
#[derive(Clone, Copy)]
struct Mask {
    keep: Flags,
    set: Flags,
}

impl Mask {
    fn of(change: &FlagChange, permitted: Flags, keywords: &mut Keywords) -> Result<Self, StoreError> {
        let all = Flags(u64::MAX);
        let (names, adds) = match change {
            FlagChange::Add(names) | FlagChange::Replace(names) => (names, true),
            FlagChange::Remove(names) => (names, false),
        };
        let mut bits = names.system;
        for name in &names.keywords {
            let bit = match keywords.bit(name) {
                None if adds => Some(keywords.add(name).ok_or(StoreError::TooManyKeywords)?),
                known => known,
            };
            bits = bits.with(bit.unwrap_or_default());
        }
        Ok(match change {
            FlagChange::Add(_) => Self { keep: all, set: bits },
            FlagChange::Remove(_) => Self { keep: all.without(bits), set: Flags::default() },
            FlagChange::Replace(_) => Self { keep: all.without(permitted), set: bits },
        })
    }

    fn apply(self, flags: Flags) -> Flags {
        Flags(flags.0 & self.keep.0 | self.set.0)
    }

    /// The same, but these flags stay as they are.
    fn without(self, flags: Flags) -> Self {
        Self { keep: self.keep.with(flags), set: self.set.without(flags) }
    }
}

struct Touched {
    uid: Uid,
    /// As they are to whoever changes them.
    flags: Flags,
    modseq: i64,
    /// As they are kept for all.
    common: Flags,
}

async fn read_folder(tx: &mut Tx, folder: FolderId) -> Result<(i64, Keywords, Option<Part>), StoreError> {
    let row = sqlx::query(
        "SELECT highest_modseq, \
                (SELECT group_concat(name, ' ') FROM (SELECT name FROM keyword WHERE folder_id = ?1 ORDER BY bit)), \
                (SELECT part FROM office_folder WHERE id = ?1) \
         FROM folder WHERE id = ?1 AND selectable",
    )
    .bind(folder)
    .fetch_optional(tx.connection())
    .await
    .map_err(DbError::from)?
    .ok_or(StoreError::NoSuchFolder)?;
    let names: Option<&str> = row.try_get(1).map_err(DbError::from)?;
    let keywords = Keywords::new(names.unwrap_or_default().split_ascii_whitespace().map(Into::into).collect());
    Ok((row.try_get(0).map_err(DbError::from)?, keywords, row.try_get(2).map_err(DbError::from)?))
}

/// The messages that would change or must not: all in one row, since each row of a result costs microseconds.
async fn read_touched(
    tx: &mut Tx,
    folder: FolderId,
    uids: String,
    mask: Mask,
    since: i64,
) -> Result<Vec<Touched>, DbError> {
    let packed: Option<String> = sqlx::query_scalar(
        "SELECT group_concat(s.uid || ' ' || s.flags || ' ' || s.modseq, ' ') \
         FROM json_each(?2) r CROSS JOIN state s ON s.folder_id = ?1 AND s.uid BETWEEN r.value->>0 AND r.value->>1 \
         WHERE (s.flags & ?3) | ?4 <> s.flags OR s.modseq > ?5",
    )
    .bind(folder)
    .bind(uids)
    .bind(mask.keep.to_sql())
    .bind(mask.set.to_sql())
    .bind(since)
    .fetch_one(tx.connection())
    .await?;
    let touched = super::read::numbers(packed.as_deref().unwrap_or_default()).map(|[uid, flags, modseq]| {
        let flags = Flags::from_sql(flags);
        Touched { uid: super::read::uid(uid), flags, modseq, common: flags }
    });
    Ok(touched.collect())
}

/// The same as a person has seen them, of a folder where everybody has a `\Seen` of their own.
async fn read_touched_by(
    tx: &mut Tx,
    staff: StaffId,
    folder: FolderId,
    uids: String,
    mask: Mask,
    since: i64,
) -> Result<Vec<Touched>, DbError> {
    let mut entries = super::read::entries(tx.connection(), folder, uids).await?;
    let common: Vec<Flags> = entries.iter().map(|entry| entry.flags).collect();
    seen::through_eyes_of(tx.connection(), staff, folder, &mut entries).await?;
    let touched = entries.iter().zip(common).map(|(entry, common)| Touched {
        uid: entry.uid,
        flags: entry.flags,
        modseq: entry.modseq.0.cast_signed(),
        common,
    });
    Ok(touched.filter(|t| mask.apply(t.flags) != t.flags || t.modseq > since).collect())
}

async fn write_flags(tx: &mut Tx, folder: FolderId, uids: &UidRanges, mask: Mask, modseq: i64) -> Result<(), DbError> {
    // One range, as most are, is gone through where it lies; of many the numbers are looked up first.
    let statement = match uids.as_slice() {
        [_] => {
            "UPDATE state SET flags = (flags & ?3) | ?4, modseq = ?5 WHERE folder_id = ?1 \
             AND uid BETWEEN ?2->>'$[0][0]' AND ?2->>'$[0][1]'"
        }
        _ => {
            "UPDATE state SET flags = (flags & ?3) | ?4, modseq = ?5 WHERE folder_id = ?1 AND uid IN \
             (SELECT s.uid FROM json_each(?2) r CROSS JOIN state s \
              ON s.folder_id = ?1 AND s.uid BETWEEN r.value->>0 AND r.value->>1)"
        }
    };
    sqlx::query(statement)
        .bind(folder)
        .bind(uids.to_json())
        .bind(mask.keep.to_sql())
        .bind(mask.set.to_sql())
        .bind(modseq)
        .execute(tx.connection())
        .await?;
    Ok(())
}
