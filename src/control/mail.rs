//! `mailbox export`, `mailbox import`, `mailbox restore`: mail goes through the socket some megabytes at a time, as the
//! daemon need not be able to read or write the administrator's files.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::audit;
use crate::db::Db;
use crate::directory::{Mailbox, MailboxState, Snapshot};
use crate::id::{BodyId, FolderId, MailboxId, ModSeq, Uid};
use crate::language::Language;
use crate::limits;
use crate::provisioning::By;
use crate::provisioning::mail::{Bringing, Quota, RestoreError};
use crate::store::{
    Arriving, Came, Entry, FlagNames, Flags, Folder, FolderName, Lost, LostId, Prepared, SpecialUse, Which, digests,
};

use super::caller::Caller;
use super::execute::Services;
use super::failure::{Exit, Failure};
use super::request::Manner;

/// What is asked about a mailbox's mail.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Ask {
    /// Which mailbox it is, and its folders; an export must have been recorded for more.
    Folders(Address),
    /// The messages of a folder.
    Index(Place),
    /// Some messages, whole.
    Messages(Place, Vec<(u32, BodyId)>),
    /// A part of one message.
    Range(Place, (u32, BodyId), std::ops::Range<u64>),
    /// Mail is going to be brought in, or was.
    RecordImport {
        /// Into which mailbox.
        mailbox: MailboxId,
        /// From where, or how much.
        of: serde_json::Value,
        /// For the audit.
        note: Option<String>,
    },
    /// Which of these came in before.
    Imported {
        /// Into which mailbox.
        mailbox: MailboxId,
        /// From which folder elsewhere.
        source: String,
        /// What the messages are known by there.
        keys: Vec<String>,
    },
    /// Messages to bring in; they travel behind the request.
    Bring {
        /// Into which mailbox.
        mailbox: MailboxId,
        /// From which folder elsewhere; none of what comes back from a backup.
        source: Option<String>,
        /// Into which folder.
        folder: String,
        /// The attribute of a folder that is for something: `\Sent`.
        special_use: Option<String>,
        /// Each message.
        messages: Vec<Brought>,
        /// Whether the quota counts.
        quota: Quota,
    },
    /// The digests of all that a mailbox holds.
    Digests(MailboxId),
    /// Mail was brought back from a backup.
    RecordRestore {
        /// Into which mailbox.
        mailbox: MailboxId,
        /// From where, and how much.
        of: serde_json::Value,
        /// For the audit.
        note: Option<String>,
    },
    /// `mailbox restore --list`
    Lost(Address, Span),
    /// `mailbox restore`
    Restore {
        /// In which mailbox.
        mailbox: Address,
        /// Which messages.
        which: Span,
        /// Whether the quota counts.
        quota: Quota,
        /// For the audit.
        note: Option<String>,
        /// Whether it is done.
        manner: Manner,
    },
}

/// A folder of a mailbox.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Place {
    /// Whose.
    pub mailbox: MailboxId,
    /// Which.
    pub folder: FolderId,
}

/// A message that is brought in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Brought {
    /// What it is known by where it comes from.
    pub key: String,
    /// Its flags there, as IMAP spells them.
    pub flags: Vec<String>,
    /// INTERNALDATE, Unix seconds.
    pub date: i64,
    /// Octets.
    pub size: usize,
    /// How many of them are header lines of this copy alone.
    #[serde(default)]
    pub prefix: usize,
}

/// Which expunged messages are meant.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Span {
    /// These.
    pub ids: Option<Vec<LostId>>,
    /// Expunged at or after this.
    pub since: Option<Timestamp>,
    /// Expunged before this.
    pub until: Option<Timestamp>,
    /// From this folder.
    pub folder: Option<String>,
}

/// The answer, and the messages behind it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Answer {
    /// What is told.
    #[serde(flatten)]
    pub told: Told,
    /// Messages, one behind the other; they travel behind the response's frame.
    #[serde(skip)]
    pub octets: Vec<u8>,
}

/// What is told.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    /// The mailbox and its folders.
    Folders {
        /// Which mailbox it is.
        mailbox: MailboxId,
        /// By name.
        folders: Vec<Shelf>,
    },
    /// A folder's messages.
    Index {
        /// Its keywords in the order of their bits.
        keywords: Vec<String>,
        /// UID, octets, flags, date and body of each.
        entries: Vec<(u32, u32, u64, i64, BodyId)>,
    },
    /// Octets follow: where each message ends.
    Octets(Vec<usize>),
    /// Of each body, in hexadecimal.
    Digests(HashSet<String>),
    /// It is written down.
    Recorded,
    /// What came in before.
    Imported(HashSet<String>),
    /// What became of each message.
    Brought(Vec<Outcome>),
    /// What can be brought back.
    Lost {
        /// The latest deleted first.
        messages: Vec<Lost>,
    },
    /// What was brought back, or would be.
    Restored {
        /// How many.
        restored: usize,
        /// Which.
        messages: Vec<Lost>,
        /// Whether it was only rehearsed.
        dry_run: bool,
    },
}

/// A folder to be exported.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[allow(missing_docs, reason = "each field is the thing of its name")]
pub struct Shelf {
    pub id: FolderId,
    pub name: String,
    pub uid_validity: u32,
    pub special_use: Option<String>,
    pub messages: u32,
}

/// What became of a message that was brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "they are those of the store")]
pub enum Outcome {
    In,
    WithoutKeywords,
    Before,
    OverQuota,
    FolderFull,
}

impl From<Came> for Outcome {
    fn from(came: Came) -> Self {
        match came {
            Came::In => Self::In,
            Came::WithoutKeywords => Self::WithoutKeywords,
            Came::Before => Self::Before,
            Came::OverQuota => Self::OverQuota,
            Came::FolderFull => Self::FolderFull,
        }
    }
}

/// A folder's messages as they travel.
pub fn entries(rows: &[(u32, u32, u64, i64, BodyId)]) -> Vec<Entry> {
    let entry = |&(uid, size, flags, date, body): &(u32, u32, u64, i64, BodyId)| Entry {
        uid: Uid(uid),
        size,
        flags: Flags(flags),
        modseq: ModSeq(0),
        date,
        body,
    };
    rows.iter().map(entry).collect()
}

impl Shelf {
    fn of(folder: &Folder) -> Self {
        Self {
            id: folder.id,
            name: folder.name.to_string(),
            uid_validity: folder.uid_validity,
            special_use: folder.special_use.map(|of| of.attribute().to_owned()),
            messages: folder.counters.messages,
        }
    }
}

pub(super) async fn execute(
    ask: Ask,
    octets: Vec<u8>,
    caller: &Caller,
    services: &Services,
    language: Language,
) -> Result<Answer, Failure> {
    let provisioning = &services.provisioning;
    let (store, snapshot) = (&provisioning.store, provisioning.directory.snapshot());
    let by = |note, manner| By { actor: caller.actor(), note, manner };
    let told = match ask {
        Ask::Folders(address) => {
            let mailbox = mailbox(&address, &snapshot, language)?;
            let folders = store.folders(mailbox).await?;
            let folders = folders.iter().filter(|folder| folder.selectable).map(Shelf::of).collect();
            Told::Folders { mailbox, folders }
        }
        Ask::Index(place) => {
            exported(place, services, language).await?;
            let index = store.watch(place.folder).await?.index();
            let row = |entry: &Entry| (entry.uid.0, entry.size, entry.flags.0, entry.date, entry.body);
            Told::Index {
                keywords: index.keywords().names().iter().map(ToString::to_string).collect(),
                entries: index.iter().map(|(_, entry)| row(entry)).collect(),
            }
        }
        Ask::Messages(place, messages) => {
            exported(place, services, language).await?;
            let asked: Vec<_> = messages.into_iter().map(|(uid, body)| (Uid(uid), body)).collect();
            let texts = store.messages(place.folder, &asked).await?;
            let (octets, ends) = texts.into_parts();
            return Ok(Answer { told: Told::Octets(ends), octets });
        }
        Ask::Range(place, (uid, body), range) => {
            exported(place, services, language).await?;
            let octets = store.range(place.folder, (Uid(uid), body), range).await?;
            return Ok(Answer { told: Told::Octets(vec![octets.len()]), octets });
        }
        Ask::RecordImport { mailbox, of, note } => {
            provisioning.record_import(mailbox, of, by(note, Manner::Apply)).await?;
            Told::Recorded
        }
        Ask::RecordRestore { mailbox, of, note } => {
            provisioning.record_restore(mailbox, of, by(note, Manner::Apply)).await?;
            Told::Recorded
        }
        Ask::Digests(mailbox) => Told::Digests(digests(&mut *provisioning.db.read().await?, mailbox).await?),
        Ask::Imported { mailbox, source, keys } => Told::Imported(store.imported(mailbox, &source, &keys).await?),
        Ask::Bring { mailbox, source, folder, special_use, messages, quota } => {
            let folder = name(&folder)?;
            let special_use = special_use.as_deref().and_then(SpecialUse::from_attribute);
            let prepared = tokio::task::spawn_blocking(move || arriving(messages, octets));
            let messages = prepared.await.ok().flatten().ok_or_else(cut_short)?;
            let bringing = Bringing { mailbox, source, folder, special_use, messages, quota };
            Told::Brought(provisioning.bring(bringing).await?.into_iter().map(Outcome::from).collect())
        }
        Ask::Lost(address, span) => {
            let mailbox = mailbox(&address, &snapshot, language)?;
            Told::Lost { messages: store.lost(mailbox, &which(span)?).await? }
        }
        Ask::Restore { mailbox: address, which: span, quota, note, manner } => {
            let mailbox = mailbox(&address, &snapshot, language)?;
            let restored = provisioning.restore(mailbox, which(span)?, quota, by(note, manner)).await;
            let restored = restored.map_err(|error| not_restored(&error, language))?;
            let dry_run = manner == Manner::Rehearse;
            Told::Restored { restored: restored.messages, messages: restored.lost, dry_run }
        }
    };
    Ok(Answer { told, octets: Vec::new() })
}

/// The mailbox of an address, closed or not.
fn mailbox(address: &Address, snapshot: &Snapshot, language: Language) -> Result<MailboxId, Failure> {
    let found = snapshot.holder(address).filter(|mailbox: &&Mailbox| mailbox.state != MailboxState::Removed);
    let unknown = || Failure::unknown("mailbox_unknown", ("hộp thư", "mailbox"), &address.to_string(), language);
    found.map(|mailbox| mailbox.id).ok_or_else(unknown)
}

fn name(text: &str) -> Result<FolderName, Failure> {
    FolderName::parse(text).map_err(|error| Failure::new(Exit::Input, "folder_name", &format!("{text}: {error}")))
}

fn which(Span { ids, since, until, folder }: Span) -> Result<Which, Failure> {
    let folder = folder.as_deref().map(name).transpose()?;
    Ok(Which { ids, since: since.map(Timestamp::as_second), until: until.map(Timestamp::as_second), folder })
}

/// The messages behind a request, parsed; nothing where their octets are not what it says.
fn arriving(messages: Vec<Brought>, octets: Vec<u8>) -> Option<Vec<Arriving>> {
    let mut arriving = Vec::with_capacity(messages.len());
    let whole = messages.len() == 1;
    let mut octets = octets;
    let mut at = 0;
    for Brought { key, flags: names, date, size, prefix } in messages {
        let mut bytes = if whole && octets.len() == size {
            at = size;
            std::mem::take(&mut octets)
        } else {
            let bytes = octets.get(at..at.checked_add(size)?)?.to_vec();
            at += size;
            bytes
        };
        let mut flags = FlagNames::default();
        for name in &names {
            flags.add(name);
        }
        let date = Timestamp::from_second(date).ok()?;
        let body = bytes.split_off(prefix.min(bytes.len()));
        let (prefix, body) = if prefix == 0 { (Vec::new(), body) } else { (bytes, body) };
        arriving.push(Arriving { key, flags, date, prefix, message: Prepared::new(body).into() });
    }
    (octets.is_empty() || at == octets.len()).then_some(arriving)
}

fn cut_short() -> Failure {
    Failure::new(Exit::System, "octets", "the messages behind the request are not those it tells of")
}

/// Whether all that is in a mailbox may be read now: whoever answers for it was told, and it is in the audit (R20).
async fn exported(place: Place, services: &Services, language: Language) -> Result<(), Failure> {
    let Place { mailbox, folder } = place;
    let provisioning = &services.provisioning;
    let since = provisioning.clock.now() - SignedDuration::from_hours(limits::EXPORT_HOURS_MAX);
    let folders = provisioning.store.folders(mailbox).await?;
    if folders.iter().any(|known| known.id == folder) && recorded(&provisioning.db, mailbox, since).await? {
        return Ok(());
    }
    let message = match language {
        Language::Vi => "việc xuất thư này chưa được ghi vào nhật ký: dùng hopthu mailbox export",
        Language::En => "this export is not in the audit: use hopthu mailbox export",
    };
    Err(Failure { rule: Some("R20".to_owned()), ..Failure::new(Exit::Refused, "export_not_recorded", message) })
}

async fn recorded(db: &Db, mailbox: MailboxId, since: Timestamp) -> Result<bool, Failure> {
    let subject = Some(format!("opening:{mailbox}"));
    let filter = audit::Filter { since: Some(since.as_second()), subject, ..audit::Filter::default() };
    let entries = audit::list(&mut *db.read().await?, &filter).await?;
    Ok(entries.iter().any(|entry| entry.what == "mailbox.export"))
}

fn not_restored(error: &RestoreError, language: Language) -> Failure {
    match (error, language) {
        (RestoreError::Store(error), _) => Failure::new(Exit::System, "store", &error.to_string()),
        (RestoreError::OverQuota { needed, used, quota }, language) => {
            let message = match language {
                Language::Vi => format!(
                    "không đủ chỗ cho {needed} byte: hộp thư đang giữ {used} trong {quota}; chưa lấy lại thư nào. Hãy tăng \
                     dung lượng (mailbox quota), chọn ít thư hơn, hoặc thêm --ignore-quota"
                ),
                Language::En => format!(
                    "{needed} octets do not fit: the mailbox holds {used} of {quota}; nothing was brought back. Raise the \
                     quota (mailbox quota), choose fewer messages, or add --ignore-quota"
                ),
            };
            Failure { rule: Some("R18".to_owned()), ..Failure::new(Exit::Refused, "over_quota", &message) }
        }
    }
}
