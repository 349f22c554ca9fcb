//! `mailbox restore --from`: what a backup holds and the mailbox does not any more comes back. The backup is only read.

use std::collections::HashSet;
use std::path::Path;
use std::process::ExitCode;

use serde_json::json;

use crate::control::audit as audited;
use crate::control::mail::{Ask, Brought, Outcome, Told};
use crate::control::{Exit, Failure, Reply, Request};
use crate::db::{Db, DbError};
use crate::id::MailboxId;
use crate::language::Language;
use crate::limits;
use crate::mime;
use crate::store::{Entry, Flags, Folder, Index, Lost, LostId, Store, copies};
use crate::{audit, clock::Clock};

use super::super::ask::{Asking, unexpected};
use super::super::output::Output;
use super::{Restore, ask, folders, quota};

pub(super) async fn run(
    restore: Restore,
    from: &Path,
    asking: &mut Asking<'_>,
    output: &Output,
) -> Result<ExitCode, Failure> {
    let unfit = |error: DbError| Failure::new(Exit::Input, "backup_unfit", &error.to_string());
    std::fs::metadata(from)
        .map_err(|error| Failure::new(Exit::Input, "file", &format!("{}: {error}", from.display())))?;
    let db = Db::open_copy(from).await.map_err(unfit)?;
    let (mailbox, _) = folders(asking, &restore.address).await?;
    same_office(&db, asking, from, output.language).await?;
    let answer = ask(asking, Ask::Digests(mailbox), Vec::new()).await?;
    let Told::Digests(present) = answer.told else { return Err(unexpected(&Reply::Mail(answer))) };
    let store = Store::open(db.clone(), Clock::system(output.zone.clone())).await?;
    let backup = Backup { db: &db, store, mailbox, present, restore: &restore, output };
    let done = backup.walk(asking, from).await;
    db.close().await;
    done
}

/// Ids mean the same only where the backup's audit is the beginning of this one.
async fn same_office(db: &Db, asking: &mut Asking<'_>, from: &Path, language: Language) -> Result<(), Failure> {
    let newest = audit::Filter { newest: Some(1), ..audit::Filter::default() };
    let last = audit::list(&mut *db.read().await?, &newest).await?.pop();
    let Some(last) = last else { return Err(foreign(from, language)) };
    let page = Request::Audit(audited::Ask::Page { after: last.seq - 1 });
    let reply = asking.ask(page).await?;
    let Reply::Audit(audited::Answer::List { entries }) = reply else { return Err(unexpected(&reply)) };
    let same = entries.first().is_some_and(|entry| entry.seq == last.seq && entry.digest == last.digest);
    if same { Ok(()) } else { Err(foreign(from, language)) }
}

fn foreign(from: &Path, language: Language) -> Failure {
    let place = from.display();
    let message = match language {
        Language::Vi => format!(
            "{place}: không phải bản sao lưu của hệ thống này: nhật ký trong đó không phải phần đầu của nhật ký ở đây"
        ),
        Language::En => {
            format!("{place}: no backup of this installation: its audit is not the beginning of the one here")
        }
    };
    Failure::new(Exit::Input, "backup_foreign", &message)
}

/// A mailbox in a backup.
struct Backup<'a> {
    db: &'a Db,
    store: Store,
    mailbox: MailboxId,
    /// What the mailbox still holds.
    present: HashSet<String>,
    restore: &'a Restore,
    output: &'a Output,
}

/// A message that is not there any more.
struct Missing {
    entry: Entry,
    prefix: usize,
}

impl Backup<'_> {
    async fn walk(&self, asking: &mut Asking<'_>, from: &Path) -> Result<ExitCode, Failure> {
        let (mut lost, mut restored) = (Vec::new(), 0);
        for folder in self.store.folders(self.mailbox).await? {
            let wanted = |name| name == &folder.name;
            if !folder.selectable || !self.restore.folder.as_ref().is_none_or(wanted) {
                continue;
            }
            let index = self.store.watch(folder.id).await?.index();
            let missing = self.missing(&folder, &index).await?;
            for some in missing.chunks(limits::BATCH_MESSAGES_MAX) {
                lost.extend(self.shown(&folder, some).await?);
            }
            if !self.only_told() {
                restored += self.bring(asking, &folder, &index, &missing).await?;
            }
        }
        if restored > 0 {
            let of = json!({ "from": from, "restored": restored });
            let note = self.restore.manner.note.clone().map(String::from);
            ask(asking, Ask::RecordRestore { mailbox: self.mailbox, of, note }, Vec::new()).await?;
        }
        let told = if self.restore.list {
            Told::Lost { messages: lost }
        } else {
            let (dry_run, planned) = (self.restore.manner.dry_run, lost.len());
            Told::Restored { restored: if dry_run { planned } else { restored }, messages: lost, dry_run }
        };
        Ok(self.output.reply(&Reply::Mail(crate::control::mail::Answer { told, octets: Vec::new() })))
    }

    fn only_told(&self) -> bool {
        self.restore.list || self.restore.manner.dry_run
    }

    /// Those that are asked for and that no folder of the mailbox holds.
    async fn missing(&self, folder: &Folder, index: &Index) -> Result<Vec<Missing>, Failure> {
        let copies = copies(&mut *self.db.read().await?, folder.id).await?;
        let moment = |when: Option<super::When>| when.and_then(|when| when.moment(&self.output.zone));
        let (since, until) = (moment(self.restore.since), moment(self.restore.until));
        let ids: Option<HashSet<LostId>> = self.restore.message.as_ref().map(|ids| ids.iter().copied().collect());
        let asked = |entry: &Entry| {
            ids.as_ref().is_none_or(|ids| ids.contains(&LostId::of(folder.id, entry.uid)))
                && since.is_none_or(|since| entry.date >= since.as_second())
                && until.is_none_or(|until| entry.date < until.as_second())
        };
        let missing = |entry: &Entry| {
            let (digest, prefix) = copies.get(&entry.uid)?;
            (!self.present.contains(digest)).then_some(Missing { entry: *entry, prefix: *prefix })
        };
        Ok(index.iter().map(|(_, entry)| entry).filter(|entry| asked(entry)).filter_map(missing).collect())
    }

    async fn shown(&self, folder: &Folder, some: &[Missing]) -> Result<Vec<Lost>, Failure> {
        let asked: Vec<_> = some.iter().map(|missing| (missing.entry.uid, missing.entry.body)).collect();
        let headers = self.store.headers(folder.id, &asked).await?;
        let lost = some.iter().zip(headers.iter()).map(|(Missing { entry, .. }, header)| {
            let field = |name| mime::fields(header).find(|field| field.is(name)).map(|field| field.text());
            Lost {
                id: LostId::of(folder.id, entry.uid),
                folder: folder.name.to_string(),
                date: entry.date,
                expunged: None,
                size: entry.size,
                from: field("from").unwrap_or_default(),
                subject: field("subject").unwrap_or_default(),
            }
        });
        Ok(lost.collect())
    }

    async fn bring(
        &self,
        asking: &mut Asking<'_>,
        folder: &Folder,
        index: &Index,
        missing: &[Missing],
    ) -> Result<usize, Failure> {
        let mut restored = 0;
        let mut rest = missing;
        while !rest.is_empty() {
            let mut octets = 0;
            let fits = |missing: &&Missing| {
                octets += missing.entry.size as usize;
                octets <= limits::IMPORT_BATCH_BYTES_MAX
            };
            let count = rest.iter().take(limits::BATCH_MESSAGES_MAX).take_while(fits).count().max(1);
            let (some, left) = rest.split_at(count);
            rest = left;
            restored += self.bring_some(asking, folder, index, some).await?;
        }
        Ok(restored)
    }

    async fn bring_some(
        &self,
        asking: &mut Asking<'_>,
        folder: &Folder,
        index: &Index,
        some: &[Missing],
    ) -> Result<usize, Failure> {
        let asked: Vec<_> = some.iter().map(|missing| (missing.entry.uid, missing.entry.body)).collect();
        let (octets, _) = self.store.messages(folder.id, &asked).await?.into_parts();
        let brought = some.iter().map(|Missing { entry, prefix }| {
            let system =
                Flags::SYSTEM.iter().filter(|(flag, _)| *flag != Flags::DELETED && entry.flags.contains(*flag));
            let flags = system.map(|(_, name)| *name).chain(index.keywords().of(entry.flags)).map(str::to_owned);
            let key = LostId::of(folder.id, entry.uid).to_string();
            Brought { key, flags: flags.collect(), date: entry.date, size: entry.size as usize, prefix: *prefix }
        });
        let bring = Ask::Bring {
            mailbox: self.mailbox,
            source: None,
            folder: folder.name.to_string(),
            special_use: None,
            messages: brought.collect(),
            quota: quota(self.restore.ignore_quota),
        };
        let answer = ask(asking, bring, octets).await?;
        let Told::Brought(outcomes) = answer.told else { return Err(unexpected(&Reply::Mail(answer))) };
        if outcomes.contains(&Outcome::OverQuota) {
            let message = match self.output.language {
                Language::Vi => {
                    "hộp thư đã đầy: hãy tăng dung lượng (mailbox quota) hoặc thêm --ignore-quota rồi chạy lại"
                }
                Language::En => {
                    "the mailbox is full: raise the quota (mailbox quota) or add --ignore-quota, and run it again"
                }
            };
            return Err(Failure { rule: Some("R18".to_owned()), ..Failure::new(Exit::Refused, "over_quota", message) });
        }
        Ok(outcomes.len())
    }
}
