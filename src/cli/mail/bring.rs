//! Bringing messages in, wherever they come from: some megabytes a commit, each message once.

use std::collections::HashSet;
use std::process::ExitCode;

use indicatif::ProgressBar;
use serde_json::{Value, json};

use crate::archive::found::{Batch, Found, Refused, Why};
use crate::control::mail::{Answer, Ask, Brought, Outcome, Told};
use crate::control::{Exit, Failure, Reply};
use crate::id::MailboxId;
use crate::language::Language;
use crate::limits;
use crate::provisioning::mail::Quota;
use crate::store::FolderName;

use super::super::ask::{Asking, unexpected};
use super::super::output::Output;
use super::{Import, ask, folders, progress, quota};

/// An import at work.
pub(super) struct Bringing<'a, 'c> {
    asking: &'a mut Asking<'c>,
    mailbox: MailboxId,
    /// Where it comes from, as the audit says it.
    from: String,
    below: Option<FolderName>,
    quota: Quota,
    note: Option<String>,
    dry_run: bool,
    language: Language,
    counts: Counts,
    bar: ProgressBar,
}

/// How much came in.
#[derive(Default)]
struct Counts {
    imported: u64,
    octets: u64,
    before: u64,
    without_keywords: u64,
    refused: Vec<Refused>,
    refused_more: u64,
    folders: HashSet<String>,
}

impl<'a, 'c> Bringing<'a, 'c> {
    /// Begins, and records that it does.
    pub(super) async fn begin(
        import: &Import,
        from: String,
        asking: &'a mut Asking<'c>,
        output: &Output,
    ) -> Result<Self, Failure> {
        let (mailbox, _) = folders(asking, &import.address).await?;
        let mut bringing = Self {
            asking,
            mailbox,
            from,
            below: import.folder.clone(),
            quota: quota(import.ignore_quota),
            note: import.manner.note.clone().map(String::from),
            dry_run: import.manner.dry_run,
            language: output.language,
            counts: Counts::default(),
            bar: progress::bar(None),
        };
        bringing.record(json!({ "state": "begun" })).await?;
        Ok(bringing)
    }

    async fn record(&mut self, mut of: Value) -> Result<(), Failure> {
        if self.dry_run {
            return Ok(());
        }
        if let Some(of) = of.as_object_mut() {
            of.insert("from".to_owned(), json!(self.from));
        }
        let record = Ask::RecordImport { mailbox: self.mailbox, of, note: self.note.clone() };
        self.tell(record, Vec::new()).await.map(drop)
    }

    async fn tell(&mut self, ask: Ask, octets: Vec<u8>) -> Result<Answer, Failure> {
        self::ask(self.asking, ask, octets).await
    }

    /// Which of these came in before.
    pub(super) async fn known(&mut self, source: &str, keys: Vec<String>) -> Result<HashSet<String>, Failure> {
        let ask = Ask::Imported { mailbox: self.mailbox, source: source.to_owned(), keys };
        let answer = self.tell(ask, Vec::new()).await?;
        match answer.told {
            Told::Imported(known) => Ok(known),
            _ => Err(unexpected(&Reply::Mail(answer))),
        }
    }

    /// Counts what came in before and was left where it is.
    pub(super) fn passed_over(&mut self, messages: usize) {
        self.counts.before += messages as u64;
        self.bar.inc(messages as u64);
    }

    /// Counts what does not come in.
    pub(super) fn refuse(&mut self, refused: Refused) {
        if self.counts.refused.len() < limits::IMPORT_REFUSED_SHOWN_MAX {
            self.counts.refused.push(refused);
        } else {
            self.counts.refused_more += 1;
        }
    }

    /// Brings the messages of a batch in that did not come in before.
    pub(super) async fn batch(&mut self, source: &str, mut batch: Batch) -> Result<(), Failure> {
        let keys = batch.messages.iter().map(|found| found.key.clone()).collect();
        let known = self.known(source, keys).await?;
        self.passed_over(known.len());
        batch.messages.retain(|found| !known.contains(&found.key));
        self.bring(source, batch).await
    }

    /// Brings messages in.
    pub(super) async fn bring(&mut self, source: &str, batch: Batch) -> Result<(), Failure> {
        let Batch { folder, special_use, messages } = batch;
        let (folder, special_use) = match &self.below {
            Some(below) if folder.is_inbox() => (below.to_string(), None),
            Some(below) => (format!("{below}/{folder}"), None),
            None => (folder.to_string(), special_use),
        };
        self.counts.folders.insert(folder.clone());
        let places: Vec<_> = messages.iter().map(|found| (found.place.clone(), found.bytes.len() as u64)).collect();
        let outcomes = if self.dry_run {
            vec![Outcome::In; messages.len()]
        } else {
            let (brought, octets) = packed(messages);
            let (mailbox, quota, source) = (self.mailbox, self.quota, Some(source.to_owned()));
            let ask = Ask::Bring { mailbox, source, folder, special_use, messages: brought, quota };
            let answer = self.tell(ask, octets).await?;
            let Told::Brought(outcomes) = answer.told else { return Err(unexpected(&Reply::Mail(answer))) };
            outcomes
        };
        self.bar.inc(places.len() as u64);
        for ((place, octets), outcome) in places.into_iter().zip(outcomes) {
            match outcome {
                Outcome::In | Outcome::WithoutKeywords => {
                    self.counts.imported += 1;
                    self.counts.octets += octets;
                    self.counts.without_keywords += u64::from(outcome == Outcome::WithoutKeywords);
                }
                Outcome::Before => self.counts.before += 1,
                Outcome::OverQuota => return Err(self.full(&place).await),
                Outcome::FolderFull => self.refuse(Refused { place, why: Why::TooMany }),
            }
        }
        Ok(())
    }

    /// The mailbox has no room: where it stopped, and how it goes on.
    async fn full(&mut self, place: &str) -> Failure {
        self.bar.finish_and_clear();
        let counted = json!({ "state": "over_quota", "imported": self.counts.imported, "before": self.counts.before });
        if let Err(failure) = self.record(counted).await {
            return failure;
        }
        let imported = self.counts.imported;
        let message = match self.language {
            Language::Vi => format!(
                "hộp thư đã đầy, dừng ở {place}: đã nhập {imported} thư. Hãy tăng dung lượng (mailbox quota) hoặc thêm \
                 --ignore-quota rồi chạy lại: việc nhập tiếp tục từ chỗ đã dừng"
            ),
            Language::En => format!(
                "the mailbox is full, stopped at {place}: {imported} messages came in. Raise the quota (mailbox quota) or \
                 add --ignore-quota, and run it again: it goes on from there"
            ),
        };
        Failure { rule: Some("R18".to_owned()), ..Failure::new(Exit::Refused, "over_quota", &message) }
    }

    /// Ends, and says how much it was; 2 where something did not come in.
    pub(super) async fn end(mut self, output: &Output) -> Result<ExitCode, Failure> {
        self.bar.finish_and_clear();
        let refused = self.counts.refused.len() as u64 + self.counts.refused_more;
        let Counts { imported, octets, before, without_keywords, .. } = self.counts;
        self.record(json!({ "state": "done", "imported": imported, "before": before, "refused": refused })).await?;
        let language = output.language;
        let named: Vec<_> =
            self.counts.refused.iter().map(|refused| (&refused.place, why(&refused.why, language))).collect();
        let document = json!({
            "dry_run": self.dry_run,
            "imported": imported,
            "octets": octets,
            "before": before,
            "without_keywords": without_keywords,
            "folders": self.counts.folders.len(),
            "refused": named.iter().map(|(place, why)| json!({ "place": place, "why": why })).collect::<Vec<_>>(),
            "refused_in_all": refused,
        });
        let mut words = match (language, self.dry_run) {
            (Language::Vi, false) => {
                format!("Đã nhập {imported} thư; đã nhập từ trước: {before}; không nhập được: {refused}\n")
            }
            (Language::En, false) => {
                format!("Imported {imported} messages; imported before: {before}; refused: {refused}\n")
            }
            (Language::Vi, true) => {
                format!("Sẽ nhập {imported} thư; đã nhập từ trước: {before}; không nhập được: {refused}\n")
            }
            (Language::En, true) => {
                format!("Would import {imported} messages; imported before: {before}; refused: {refused}\n")
            }
        };
        if without_keywords > 0 {
            words.push_str(&labels_lost(without_keywords, language));
        }
        words.extend(named.iter().map(|(place, why)| format!("  {place}: {why}\n")));
        let shown = output.made(&document, &words);
        Ok(if refused > 0 { ExitCode::from(2) } else { shown })
    }
}

fn labels_lost(messages: u64, language: Language) -> String {
    match language {
        Language::Vi => format!("Số thư mất nhãn vì thư mục không còn chỗ cho nhãn mới: {messages}\n"),
        Language::En => format!("Without their labels, as the folder has no room for more: {messages}\n"),
    }
}

/// Messages as they travel; one alone is not copied.
fn packed(messages: Vec<Found>) -> (Vec<Brought>, Vec<u8>) {
    let mut octets = Vec::new();
    let mut brought = Vec::with_capacity(messages.len());
    for Found { key, flags, date, bytes, .. } in messages {
        brought.push(Brought { key, flags, date, size: bytes.len(), prefix: 0 });
        if octets.is_empty() {
            octets = bytes;
        } else {
            octets.extend_from_slice(&bytes);
        }
    }
    (brought, octets)
}

fn why(why: &Why, language: Language) -> String {
    let most = limits::IMPORTED_MESSAGE_BYTES_MAX >> 20;
    match (why, language) {
        (Why::TooLarge, Language::Vi) => format!("thư lớn hơn {most} MB"),
        (Why::TooLarge, Language::En) => format!("larger than {most} MB"),
        (Why::NotMbox, Language::Vi) => {
            "không phải tệp mbox: dòng này phải bắt đầu bằng \"From \" và có ngày giờ".to_owned()
        }
        (Why::NotMbox, Language::En) => "not mbox: this line must begin with \"From \" and hold a date".to_owned(),
        (Why::FolderName(error), _) => error.to_string(),
        (Why::Encoding, Language::Vi) => "tên không phải UTF-8".to_owned(),
        (Why::Encoding, Language::En) => "the name is not UTF-8".to_owned(),
        (Why::NotAFile, Language::Vi) => "không phải tệp thường; liên kết không được đi theo".to_owned(),
        (Why::NotAFile, Language::En) => "not a regular file; links are not followed".to_owned(),
        (Why::Unreadable(reason), _) => reason.clone(),
        (Why::TooMany, Language::Vi) => "thư mục có quá nhiều thư".to_owned(),
        (Why::TooMany, Language::En) => "the folder has too many messages".to_owned(),
    }
}
