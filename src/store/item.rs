//! Work (R26): what comes into the INBOX of a unit's or the department's mailbox is an item, open until somebody takes it and
//! undone until somebody has dealt with it. It is written in the transaction of the change that it follows from, with whoever
//! made that change; nothing is done for the mailboxes of people.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::json::list;
use super::{Deed, Entry, Flags, Keywords, Store, StoreError, Texts, UidRanges, read, thread, trace};
use crate::db::{DbError, Tx};
use crate::id::{BodyId, FolderId, ItemId, MailboxId, StaffId, Uid};
use crate::limits;
use crate::mime;

/// Keywords by which people take what they deal with: Thunderbird's tags, and ours.
const TAKING: [&str; 2] = ["$label", "$Viec"];
/// The keyword that says that something was dealt with.
const DONE: &str = "$Done";
/// Every message of a folder.
const ALL: &str = "[[1,4294967295]]";

/// Whose doing a change is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hand {
    /// Nobody's who is known: mail that arrives, a device of the mailbox, the administrator.
    #[default]
    Unknown,
    /// A person's.
    Staff(StaffId),
    /// An import's: what it brings was dealt with elsewhere.
    Import,
    /// The server's own: what it tells people is to be read, and no work.
    Server,
}

impl Hand {
    /// Whether what is put into a folder of the office may be somebody's work, or an answer.
    fn brings_work(self) -> bool {
        match self {
            Self::Unknown | Self::Staff(_) => true,
            Self::Import | Self::Server => false,
        }
    }

    pub(super) fn staff(self) -> Option<StaffId> {
        match self {
            Self::Staff(staff) => Some(staff),
            Self::Unknown | Self::Import | Self::Server => None,
        }
    }
}

impl From<Option<StaffId>> for Hand {
    fn from(staff: Option<StaffId>) -> Self {
        staff.map_or(Self::Unknown, Self::Staff)
    }
}

/// What a folder is to the work of its mailbox; the view `office_folder` says it, and nothing of a person's folders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(rename_all = "lowercase")]
pub(super) enum Part {
    /// What comes in here is work.
    Inbox,
    /// What is sent in the mailbox's name is kept here, and may be an answer.
    Sent,
    /// What is here was dealt with.
    Archive,
    /// What is here was thrown away.
    Bin,
    /// What is here is shared with everybody: it was taken out of the INBOX, and each has a `\Seen` of their own.
    Shared,
    /// What is here was taken out of the INBOX.
    Other,
}

/// How an item was dealt with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "lowercase")]
#[sqlx(rename_all = "lowercase")]
pub enum How {
    /// It was answered in the mailbox's name, or a mail program says so by `\Answered`.
    Answered,
    /// Somebody set the keyword `$Done`.
    Marked,
    /// It was moved to the archive.
    Archived,
    /// It was deleted without an answer.
    Removed,
    /// It was closed on the command line.
    Closed,
}

/// Where an item stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// Nobody has it.
    Open,
    /// Somebody has it.
    Taken,
    /// It was dealt with.
    Done,
}

/// A message that somebody must deal with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// For ever.
    pub id: ItemId,
    /// The mailbox that it came to.
    pub mailbox: MailboxId,
    /// Its From field, decoded.
    pub sender: String,
    /// Its Subject field, decoded.
    pub subject: String,
    /// When it came.
    pub arrived: Timestamp,
    /// When somebody took it first, or was told to.
    pub taken_at: Option<Timestamp>,
    /// Who; none where nobody is known.
    pub taken_by: Option<StaffId>,
    /// When it was dealt with.
    pub done_at: Option<Timestamp>,
    /// By whom; none where nobody of the staff did.
    pub done_by: Option<StaffId>,
    /// How.
    pub how: Option<How>,
    /// What the administrator said about that.
    pub note: Option<String>,
}

/// Which items are asked for: those that agree with everything that is set.
#[derive(Clone, Debug, Default)]
pub struct Items {
    /// This one.
    pub id: Option<ItemId>,
    /// Of this mailbox.
    pub mailbox: Option<MailboxId>,
    /// Those that nobody has dealt with; they came before this second.
    pub undone_before: Option<i64>,
}

impl Store {
    /// The store, in somebody's hands: what is done with it is their doing, and what it shows is what they have seen.
    #[must_use]
    pub fn by(&self, hand: impl Into<Hand>) -> Self {
        Self { hand: hand.into(), ..self.clone() }
    }
}

/// Items as they came, of more than [`limits::ITEMS_LISTED_MAX`] the newest.
pub async fn items(connection: &mut SqliteConnection, which: &Items) -> Result<Vec<Item>, DbError> {
    let rows = sqlx::query(
        "SELECT * FROM (SELECT id, mailbox_id, sender, subject, arrived, taken_at, taken_by, done_at, done_by, how, note \
         FROM item WHERE (?1 IS NULL OR id = ?1) AND (?2 IS NULL OR mailbox_id = ?2) \
         AND (?3 IS NULL OR done_at IS NULL AND arrived < ?3) ORDER BY id DESC LIMIT ?4) ORDER BY id",
    )
    .bind(which.id)
    .bind(which.mailbox)
    .bind(which.undone_before)
    .bind(limits::ITEMS_LISTED_MAX)
    .fetch_all(connection)
    .await?;
    Ok(rows.iter().map(Item::read).collect::<Result<_, sqlx::Error>>()?)
}

/// What nobody has dealt with in a mailbox: how many, and the oldest [`limits::ITEMS_IN_RECORD_MAX`] of them.
pub async fn undone_items(connection: &mut SqliteConnection, mailbox: MailboxId) -> Result<(u64, Vec<Item>), DbError> {
    let rows = sqlx::query(
        "SELECT *, count(*) OVER () AS total FROM item WHERE mailbox_id = ? AND done_at IS NULL ORDER BY id LIMIT ?",
    );
    let rows = rows.bind(mailbox).bind(limits::ITEMS_IN_RECORD_MAX).fetch_all(connection).await?;
    let total: i64 = rows.first().map(|row| row.try_get("total")).transpose()?.unwrap_or(0);
    Ok((total.unsigned_abs(), rows.iter().map(Item::read).collect::<Result<_, sqlx::Error>>()?))
}

/// Gives an item to somebody.
pub async fn assign_item(tx: &mut Tx, id: ItemId, to: StaffId, at: Timestamp) -> Result<(), DbError> {
    let given = sqlx::query("UPDATE item SET taken_at = ?2, taken_by = ?3 WHERE id = ?1");
    given.bind(id).bind(at.as_second()).bind(to).execute(tx.connection()).await?;
    Ok(())
}

/// Closes an item that was dealt with in another way.
pub async fn close_item(tx: &mut Tx, id: ItemId, note: Option<&str>, at: Timestamp) -> Result<(), DbError> {
    let closed = sqlx::query("UPDATE item SET done_at = ?2, how = ?3, note = ?4 WHERE id = ?1");
    closed.bind(id).bind(at.as_second()).bind(How::Closed).bind(note).execute(tx.connection()).await?;
    Ok(())
}

/// Notes that people are told today what is overdue in a mailbox; whether they were not yet.
pub async fn remind(tx: &mut Tx, mailbox: MailboxId, today: Date) -> Result<bool, DbError> {
    let noted = sqlx::query(
        "INSERT INTO item_reminder (mailbox_id, day) VALUES (?, ?) \
         ON CONFLICT (mailbox_id) DO UPDATE SET day = excluded.day WHERE day <> excluded.day",
    );
    Ok(noted.bind(mailbox).bind(today.to_string()).execute(tx.connection()).await?.rows_affected() > 0)
}

impl Item {
    /// Where it stands.
    pub fn standing(&self) -> Standing {
        match (self.done_at, self.taken_at) {
            (Some(_), _) => Standing::Done,
            (None, Some(_)) => Standing::Taken,
            (None, None) => Standing::Open,
        }
    }

    fn read(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        let time = |second: i64| Timestamp::from_second(second).unwrap_or(Timestamp::UNIX_EPOCH);
        Ok(Self {
            id: row.try_get("id")?,
            mailbox: row.try_get("mailbox_id")?,
            sender: row.try_get("sender")?,
            subject: row.try_get("subject")?,
            arrived: time(row.try_get("arrived")?),
            taken_at: row.try_get::<Option<i64>, _>("taken_at")?.map(time),
            taken_by: row.try_get("taken_by")?,
            done_at: row.try_get::<Option<i64>, _>("done_at")?.map(time),
            done_by: row.try_get("done_by")?,
            how: row.try_get("how")?,
            note: row.try_get("note")?,
        })
    }
}

/// Messages were put into a folder: those in an INBOX are items, those that were sent may answer some.
pub(super) async fn appended(
    tx: &mut Tx,
    store: &Store,
    (folder, part): (FolderId, Option<Part>),
    messages: impl Iterator<Item = (Hand, &Entry)>,
) -> Result<(), DbError> {
    match part {
        Some(Part::Inbox) => {
            let new: Vec<_> = messages.filter(|(hand, _)| hand.brings_work()).map(|(_, entry)| *entry).collect();
            arrived(tx, store, folder, &new).await
        }
        Some(Part::Sent) => {
            for (hand, entry) in messages.filter(|(hand, _)| hand.brings_work()) {
                answered(tx, &store.by(hand), folder, entry).await?;
            }
            Ok(())
        }
        Some(Part::Archive | Part::Bin | Part::Shared | Part::Other) | None => Ok(()),
    }
}

/// Messages came into an INBOX of the office. One that was put away without an answer and comes back is open again.
pub(super) async fn arrived(tx: &mut Tx, store: &Store, inbox: FolderId, entries: &[Entry]) -> Result<(), DbError> {
    for batch in entries.chunks(limits::BATCH_MESSAGES_MAX) {
        let headers = headers(tx, inbox, batch).await?;
        let rows: Vec<_> = batch.iter().zip(headers.iter()).map(|(entry, header)| described(entry, header)).collect();
        sqlx::query(
            "INSERT INTO item (mailbox_id, body_id, variant, reference, sender, subject, arrived) \
             SELECT f.mailbox_id, m.body_id, m.variant, r.value->>1, r.value->>2, r.value->>3, ?3 \
             FROM json_each(?2) r CROSS JOIN folder f ON f.id = ?1 \
             CROSS JOIN message m ON m.folder_id = f.id AND m.uid = r.value->>0 WHERE true \
             ON CONFLICT (mailbox_id, body_id, variant) DO UPDATE SET done_at = NULL, done_by = NULL, how = NULL \
             WHERE how IN ('removed', 'archived')",
        )
        .bind(inbox)
        .bind(serde_json::Value::from(rows).to_string())
        .bind(store.clock.now().as_second())
        .execute(tx.connection())
        .await?;
    }
    Ok(())
}

async fn headers(tx: &mut Tx, folder: FolderId, entries: &[Entry]) -> Result<Texts, DbError> {
    let asked: Vec<(Uid, BodyId)> = entries.iter().map(|entry| (entry.uid, entry.body)).collect();
    read::each(tx.connection(), read::HEADERS, folder, &asked).await
}

/// What an item says of its message.
fn described(entry: &Entry, header: &[u8]) -> serde_json::Value {
    let field = |name: &str| mime::fields(header).find(|field| field.is(name)).map(|field| field.text());
    let short = |text: Option<String>| -> String {
        text.unwrap_or_default().chars().take(limits::ITEM_TEXT_CHARS_MAX).collect()
    };
    let reference = mime::thread(header).message_id.map(|id| thread::reference(&id));
    serde_json::json!([entry.uid.0, reference, short(field("From")), short(field("Subject"))])
}

/// A message came into the folder for what is sent in the mailbox's name.
async fn answered(tx: &mut Tx, store: &Store, sent: FolderId, entry: &Entry) -> Result<(), DbError> {
    let headers = headers(tx, sent, std::slice::from_ref(entry)).await?;
    let Some(header) = headers.iter().next() else { return Ok(()) };
    let of = sqlx::query_scalar("SELECT mailbox_id FROM folder WHERE id = ?");
    let mailbox = of.bind(sent).fetch_one(tx.connection()).await?;
    answer_items(tx, store, mailbox, header).await
}

/// A message was sent in the mailbox's name: what it answers is done. `header` begins with its header block.
pub async fn answer_items(tx: &mut Tx, store: &Store, mailbox: MailboxId, header: &[u8]) -> Result<(), DbError> {
    let named = mime::answered(header);
    if named.is_empty() {
        return Ok(());
    }
    let references: Vec<i64> = named.iter().map(|id| thread::reference(id)).collect();
    trace::answered(tx, store, mailbox, &references).await?;
    sqlx::query(
        "UPDATE item SET done_at = ?3, done_by = ?4, how = ?5 WHERE done_at IS NULL \
         AND mailbox_id = ?1 AND reference IN (SELECT value FROM json_each(?2))",
    )
    .bind(mailbox)
    .bind(list(references))
    .bind(store.clock.now().as_second())
    .bind(store.hand.staff())
    .bind(How::Answered)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Flags of messages of the office changed, each from what it was to what it is.
pub(super) async fn flagged(
    tx: &mut Tx,
    store: &Store,
    (folder, keywords): (FolderId, &Keywords),
    changed: &[(Uid, Flags, Flags)],
) -> Result<(), DbError> {
    let named = |flags: Flags, wanted: fn(&str) -> bool| keywords.of(flags).any(wanted);
    let ranges = |wanted: &dyn Fn(Flags, Flags) -> bool| {
        let those = changed.iter().filter(|(_, before, after)| wanted(*before, *after));
        UidRanges::from_sorted(those.map(|(uid, ..)| *uid))
    };
    let gained = |wanted: &dyn Fn(Flags) -> bool| ranges(&|before, after| wanted(after.without(before)));
    let steps = [
        (Step::Taken, gained(&|new| new.contains(Flags::FLAGGED) || named(new, is_taking))),
        (Step::Done(How::Answered), gained(&|new| new.contains(Flags::ANSWERED))),
        (Step::Done(How::Marked), gained(&|new| named(new, |name| name.eq_ignore_ascii_case(DONE)))),
        (Step::Back, ranges(&|before, after| before.without(after).contains(Flags::DELETED))),
    ];
    for (step, uids) in steps.into_iter().filter(|(_, uids)| !uids.is_empty()) {
        go(tx, store, (folder, uids.to_json()), step).await?;
    }
    for ((deed, detail), uids) in deeds(keywords, changed) {
        trace::leave(tx, store, (folder, &UidRanges::from_sorted(uids).to_json()), deed, &detail).await?;
    }
    let going = gained(&|new| new.contains(Flags::DELETED));
    if going.is_empty() { Ok(()) } else { left(tx, store, folder, &going.to_json()).await }
}

/// What the flags that messages gained say that somebody did, and on which of them.
fn deeds(keywords: &Keywords, changed: &[(Uid, Flags, Flags)]) -> BTreeMap<(Deed, String), Vec<Uid>> {
    let mut deeds: BTreeMap<_, Vec<Uid>> = BTreeMap::new();
    for (uid, before, after) in changed {
        let new = after.without(*before);
        let system = new.contains(Flags::FLAGGED).then_some("\\Flagged");
        let marks = system.into_iter().chain(keywords.of(new)).collect::<Vec<_>>().join(" ");
        let is_marked = !marks.is_empty();
        for (deed, detail, is_done) in [
            (Deed::Opened, String::new(), new.contains(Flags::SEEN)),
            (Deed::Answered, String::new(), new.contains(Flags::ANSWERED)),
            (Deed::Flagged, marks, is_marked),
        ] {
            if is_done {
                deeds.entry((deed, detail)).or_default().push(*uid);
            }
        }
    }
    deeds
}

fn is_taking(keyword: &str) -> bool {
    let begins = |start: &&str| keyword.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start));
    TAKING.iter().any(begins)
}

/// Where a change of flags brings an item.
#[derive(Clone, Copy)]
enum Step {
    Taken,
    Done(How),
    /// What was thrown away is not any more.
    Back,
}

/// Brings the items of messages of a folder so far, unless they are there or beyond.
async fn go(tx: &mut Tx, store: &Store, (folder, uids): (FolderId, String), step: Step) -> Result<(), DbError> {
    macro_rules! of_messages {
        ($change:literal) => {
            concat!(
                "UPDATE item SET ",
                $change,
                " AND id IN (SELECT i.id FROM json_each(?2) r CROSS JOIN folder f ON f.id = ?1 \
                 CROSS JOIN message m ON m.folder_id = f.id AND m.uid BETWEEN r.value->>0 AND r.value->>1 \
                 CROSS JOIN item i ON i.mailbox_id = f.mailbox_id AND i.body_id = m.body_id AND i.variant = m.variant)"
            )
        };
    }
    let statement = match step {
        Step::Taken => of_messages!("taken_at = ?3, taken_by = ?4 WHERE taken_at IS NULL AND done_at IS NULL"),
        Step::Done(_) => of_messages!("done_at = ?3, done_by = ?4, how = ?5 WHERE done_at IS NULL"),
        Step::Back => of_messages!("done_at = NULL, done_by = NULL, how = NULL WHERE how = 'removed'"),
    };
    let (now, by) = (store.clock.now().as_second(), store.hand.staff());
    let query = sqlx::query(statement).bind(folder).bind(uids);
    let query = match step {
        Step::Taken => query.bind(now).bind(by),
        Step::Done(how) => query.bind(now).bind(by).bind(how),
        Step::Back => query,
    };
    query.execute(tx.connection()).await?;
    Ok(())
}

/// Messages are gone from a folder, or marked to go: what becomes of their items is said by where else in the mailbox they
/// are. Programs without MOVE copy first, so that both ways are the same here.
pub(super) async fn left(tx: &mut Tx, store: &Store, folder: FolderId, uids: &str) -> Result<(), DbError> {
    sqlx::query(
        "UPDATE item SET taken_by = CASE WHEN v.place = 2 AND taken_at IS NULL THEN ?4 ELSE taken_by END, \
                taken_at = CASE WHEN v.place = 2 AND taken_at IS NULL THEN ?3 ELSE taken_at END, \
                done_by = CASE WHEN v.place = 2 THEN NULL ELSE ?4 END, \
                done_at = CASE WHEN v.place = 2 THEN NULL ELSE ?3 END, \
                how = CASE v.place WHEN 2 THEN NULL WHEN 3 THEN 'archived' ELSE 'removed' END \
         FROM (SELECT i.id, (SELECT max(CASE o.part WHEN 'inbox' THEN 4 WHEN 'archive' THEN 3 WHEN 'bin' THEN 1 ELSE 2 END) \
                   FROM message c CROSS JOIN state s ON s.folder_id = c.folder_id AND s.uid = c.uid AND NOT s.flags & ?5 \
                   CROSS JOIN office_folder o ON o.id = c.folder_id AND o.mailbox_id = i.mailbox_id \
                   WHERE c.body_id = i.body_id AND c.variant = i.variant) AS place \
               FROM json_each(?2) r CROSS JOIN office_folder f ON f.id = ?1 \
               CROSS JOIN message m ON m.folder_id = f.id AND m.uid BETWEEN r.value->>0 AND r.value->>1 \
               CROSS JOIN item i ON i.mailbox_id = f.mailbox_id AND i.body_id = m.body_id AND i.variant = m.variant) v \
         WHERE item.id = v.id AND item.done_at IS NULL AND v.place IS NOT 4",
    )
    .bind(folder)
    .bind(uids)
    .bind(store.clock.now().as_second())
    .bind(store.hand.staff())
    .bind(Flags::DELETED.to_sql())
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// A folder's messages are gone with it.
pub(super) async fn folder_left(tx: &mut Tx, store: &Store, folder: FolderId) -> Result<(), StoreError> {
    Ok(left(tx, store, folder, ALL).await?)
}

/// Work goes on in the mailbox that another was merged into. What had come to both is there already, once.
pub(super) async fn move_items(tx: &mut Tx, from: MailboxId, to: MailboxId) -> Result<(), DbError> {
    let moved = sqlx::query("UPDATE OR IGNORE item SET mailbox_id = ?2 WHERE mailbox_id = ?1");
    moved.bind(from).bind(to).execute(tx.connection()).await?;
    trace::move_twins(tx, from, to).await?;
    let twins = sqlx::query("DELETE FROM item WHERE mailbox_id = ? AND done_at IS NULL");
    twins.bind(from).execute(tx.connection()).await?;
    Ok(())
}
